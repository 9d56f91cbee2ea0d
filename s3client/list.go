package s3client

import (
	"context"
	"errors"
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
}

// ListObjectsV2 lists a page of a bucket's keys (Amazon S3 API Reference,
// "ListObjectsV2"); ListObjectsV2Pages lists them all.
func (c *Client) ListObjectsV2(ctx context.Context, in ListObjectsV2Input) (ListObjectsV2Output, error) {
	k := call{op: "ListObjectsV2", method: http.MethodGet, bucket: in.Bucket}
	if err := c.guard.checkPrefix(in.Bucket, in.Prefix, MayList); err != nil {
		return ListObjectsV2Output{}, k.wrap(err)
	}
	k.query.addIf("continuation-token", in.ContinuationToken)
	k.query.addIf("delimiter", in.Delimiter)
	k.query.add("encoding-type", "url") // XML has no way to write control characters
	k.query.add("list-type", "2")
	k.query.addInt("max-keys", in.MaxKeys)
	k.query.addIf("prefix", in.Prefix)
	k.query.addIf("start-after", in.StartAfter)
	var out ListObjectsV2Output
	if err := c.doXML(ctx, k, "ListBucketResult", out.read); err != nil {
		return ListObjectsV2Output{}, err
	}
	return out, nil
}

// ListObjectsV2Pages lists all pages from the one that in asks for. It ends at
// the first error, which it yields.
func (c *Client) ListObjectsV2Pages(ctx context.Context, in ListObjectsV2Input) iter.Seq2[ListObjectsV2Output, error] {
	k := call{op: "ListObjectsV2", bucket: in.Bucket}
	return pages(k, in.ContinuationToken, func(token string) (ListObjectsV2Output, string, error) {
		in := in
		in.ContinuationToken = token
		out, err := c.ListObjectsV2(ctx, in)
		next := ""
		if err == nil && out.IsTruncated {
			if next = out.NextContinuationToken; next == "" {
				err = k.wrap(errLoop)
			}
		}
		return out, next, err
	})
}

// ListBucketsPages lists all pages of the caller's buckets.
func (c *Client) ListBucketsPages(ctx context.Context, in ListBucketsInput) iter.Seq2[ListBucketsOutput, error] {
	return pages(call{op: "ListBuckets"}, in.ContinuationToken, func(token string) (ListBucketsOutput, string, error) {
		in := in
		in.ContinuationToken = token
		out, err := c.ListBuckets(ctx, in)
		return out, out.ContinuationToken, err
	})
}

var errLoop = errors.New("the service says that the listing goes on, but not from where")

// pages yields pages until one has no next token. A token that comes again would
// go round for ever; one is remembered, at distances that double (Brent's cycle
// detection), for there may be millions.
func pages[T any](k call, first string, fetch func(token string) (page T, next string, err error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		token, mark := first, first
		for n, power := 1, 1; ; n++ {
			page, next, err := fetch(token)
			if err == nil && next != "" && (next == token || next == mark) {
				err = k.wrap(errLoop)
			}
			if err != nil {
				yield(*new(T), err)
				return
			}
			if !yield(page, nil) || next == "" {
				return
			}
			if token = next; n == power {
				mark, power = next, 2*power
			}
		}
	}
}
