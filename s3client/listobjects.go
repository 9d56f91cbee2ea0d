package s3client

import (
	"context"
	"iter"
	"net/http"
	"time"
)

// ListObjectsV2Input asks for a page of a bucket's keys.
type ListObjectsV2Input struct {
	Bucket            string
	Prefix            string // only keys that begin so
	Delimiter         string // rolls up keys behind its next occurrence; usually "/"
	StartAfter        string // only keys behind this one
	ContinuationToken string // of the page before
	MaxKeys           int    // 0: the service's choice, 1,000
	FetchOwner        bool   // asks for the owner of each
	Common
}

// ListObjectsV2Output is a page of keys, in UTF-8 binary order.
type ListObjectsV2Output struct {
	Contents              []Object
	CommonPrefixes        []string
	KeyCount              int
	IsTruncated           bool
	NextContinuationToken string
}

// Object is one key of a listing.
type Object struct {
	Key          string
	Size         int64 // bytes
	ETag         string
	LastModified time.Time
	StorageClass string
	Owner        string // the account's canonical ID, if it was asked for
}

func (in ListObjectsV2Input) call(c *Client) call {
	k := call{op: "ListObjectsV2", method: http.MethodGet, bucket: in.Bucket, subject: aPrefix, prefix: in.Prefix, needs: MayList}
	k.query.addIf("continuation-token", in.ContinuationToken)
	k.query.addIf("delimiter", in.Delimiter)
	k.query.add("encoding-type", "url") // XML has no way to write control characters
	if in.FetchOwner {
		k.query.add("fetch-owner", "true")
	}
	k.query.add("list-type", "2")
	k.query.addInt("max-keys", in.MaxKeys)
	k.query.addIf("prefix", in.Prefix)
	k.query.addIf("start-after", in.StartAfter)
	in.Common.set(&k)
	return k
}

// ListObjectsV2 lists a page of a bucket's keys (Amazon S3 API Reference,
// "ListObjectsV2"); ListObjectsV2Pages lists them all.
func (c *Client) ListObjectsV2(ctx context.Context, in ListObjectsV2Input) (ListObjectsV2Output, error) {
	k := in.call(c)
	var out ListObjectsV2Output
	if _, err := c.doXML(ctx, &k, "ListBucketResult", out.read); err != nil {
		return ListObjectsV2Output{}, err
	}
	return out, nil
}

// ListObjectsV2Pages lists all pages from the one that in asks for. It ends at
// the first error, which it yields.
func (c *Client) ListObjectsV2Pages(ctx context.Context, in ListObjectsV2Input) iter.Seq2[ListObjectsV2Output, error] {
	k := call{op: "ListObjectsV2", bucket: in.Bucket}
	return pages(k, in.ContinuationToken, func(token string) (ListObjectsV2Output, bool, string, error) {
		in := in
		in.ContinuationToken = token
		out, err := c.ListObjectsV2(ctx, in)
		return out, out.IsTruncated, out.NextContinuationToken, err
	})
}
