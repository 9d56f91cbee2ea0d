package s3client

import (
	"context"
	"iter"
	"net/http"
	"time"
)

// ListBucketsInput asks for a page of the caller's buckets.
type ListBucketsInput struct {
	ContinuationToken string
	MaxBuckets        int // 0: the service's choice
	Prefix            string
	BucketRegion      string // only those in this region
}

// ListBucketsOutput is a page of buckets, by name.
type ListBucketsOutput struct {
	Buckets           []Bucket
	ContinuationToken string // of the next page; "" on the last
}

// Bucket is one bucket of a listing.
type Bucket struct {
	Name         string
	CreationDate time.Time
	Region       string // where the service says it
}

func (in ListBucketsInput) call(c *Client) call {
	k := call{op: "ListBuckets", method: http.MethodGet, subject: service, needs: MayList}
	k.query.addIf("bucket-region", in.BucketRegion)
	k.query.addIf("continuation-token", in.ContinuationToken)
	k.query.addInt("max-buckets", in.MaxBuckets)
	k.query.addIf("prefix", in.Prefix)
	return k
}

// ListBuckets lists a page of the caller's buckets (Amazon S3 API Reference,
// "ListBuckets"); ListBucketsPages lists them all.
func (c *Client) ListBuckets(ctx context.Context, in ListBucketsInput) (ListBucketsOutput, error) {
	k := in.call(c)
	var out ListBucketsOutput
	if _, err := c.doXML(ctx, &k, "ListAllMyBucketsResult", out.read); err != nil {
		return ListBucketsOutput{}, err
	}
	return out, nil
}

// ListBucketsPages lists all pages of the caller's buckets.
func (c *Client) ListBucketsPages(ctx context.Context, in ListBucketsInput) iter.Seq2[ListBucketsOutput, error] {
	return pages(call{op: "ListBuckets"}, in.ContinuationToken, func(token string) (ListBucketsOutput, bool, string, error) {
		in := in
		in.ContinuationToken = token
		out, err := c.ListBuckets(ctx, in)
		return out, out.ContinuationToken != "", out.ContinuationToken, err
	})
}
