package s3client

import (
	"context"
	"net/http"
	"time"

	"github.com/sigvier/sigvier/sigv4/sigv4http/awsxml"
)

// CreateBucketInput names the bucket to make; it is made in the connection's region.
type CreateBucketInput struct{ Bucket string }

// CreateBucketOutput is the answer to CreateBucket.
type CreateBucketOutput struct{ Location string }

// CreateBucket makes a bucket (Amazon S3 API Reference, "CreateBucket").
func (c *Client) CreateBucket(ctx context.Context, in CreateBucketInput) (CreateBucketOutput, error) {
	k := call{op: "CreateBucket", method: http.MethodPut, bucket: in.Bucket}
	if err := c.guard.checkWholeBucket(in.Bucket, MayWrite); err != nil {
		return CreateBucketOutput{}, k.wrap(err)
	}
	if err := CheckBucketName(in.Bucket); err != nil {
		return CreateBucketOutput{}, k.wrap(err)
	}
	if c.region != "us-east-1" { // which S3 wants left unsaid
		doc := []byte(awsxml.Header + `<CreateBucketConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">`)
		doc = awsxml.AppendElement(doc, "LocationConstraint", c.region)
		doc = append(doc, "</CreateBucketConfiguration>"...)
		k.body = bytesBody(doc)
	}
	h, err := c.doEmpty(ctx, k)
	if err != nil {
		return CreateBucketOutput{}, err
	}
	return CreateBucketOutput{Location: h.Get("Location")}, nil
}

// HeadBucketInput names the bucket to look at.
type HeadBucketInput struct{ Bucket string }

// HeadBucketOutput is the answer to HeadBucket.
type HeadBucketOutput struct{ Region string }

// HeadBucket finds out whether a bucket is there and may be looked at (Amazon S3
// API Reference, "HeadBucket").
func (c *Client) HeadBucket(ctx context.Context, in HeadBucketInput) (HeadBucketOutput, error) {
	k := call{op: "HeadBucket", method: http.MethodHead, bucket: in.Bucket}
	if err := c.guard.checkBucket(in.Bucket); err != nil {
		return HeadBucketOutput{}, k.wrap(err)
	}
	h, err := c.doEmpty(ctx, k)
	if err != nil {
		return HeadBucketOutput{}, err
	}
	return HeadBucketOutput{Region: h.Get("X-Amz-Bucket-Region")}, nil
}

// DeleteBucketInput names the bucket to remove, which must be empty.
type DeleteBucketInput struct{ Bucket string }

// DeleteBucketOutput is the answer to DeleteBucket.
type DeleteBucketOutput struct{}

// DeleteBucket removes an empty bucket (Amazon S3 API Reference, "DeleteBucket").
func (c *Client) DeleteBucket(ctx context.Context, in DeleteBucketInput) (DeleteBucketOutput, error) {
	k := call{op: "DeleteBucket", method: http.MethodDelete, bucket: in.Bucket}
	if err := c.guard.checkWholeBucket(in.Bucket, MayDelete); err != nil {
		return DeleteBucketOutput{}, k.wrap(err)
	}
	_, err := c.doEmpty(ctx, k)
	return DeleteBucketOutput{}, err
}

// ListBucketsInput asks for a page of the caller's buckets.
type ListBucketsInput struct {
	ContinuationToken string
	MaxBuckets        int    // 0: the service's choice
	Prefix            string // only names that begin so
}

// ListBucketsOutput is a page of buckets.
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

// ListBuckets lists a page of the caller's buckets (Amazon S3 API Reference,
// "ListBuckets"); ListBucketsPages lists them all.
func (c *Client) ListBuckets(ctx context.Context, in ListBucketsInput) (ListBucketsOutput, error) {
	k := call{op: "ListBuckets", method: http.MethodGet}
	if err := c.guard.checkService(); err != nil {
		return ListBucketsOutput{}, k.wrap(err)
	}
	k.query.addIf("continuation-token", in.ContinuationToken)
	k.query.addInt("max-buckets", in.MaxBuckets)
	k.query.addIf("prefix", in.Prefix)
	var out ListBucketsOutput
	if err := c.doXML(ctx, k, "ListAllMyBucketsResult", out.read); err != nil {
		return ListBucketsOutput{}, err
	}
	return out, nil
}
