package s3client

import (
	"context"
	"net/http"
)

// Which web pages may use a bucket (Amazon S3 User Guide, "Using cross-origin resource
// sharing (CORS)").

const corsRoot = "CORSConfiguration"

// GetBucketCorsInput names the bucket to look at.
type GetBucketCorsInput struct {
	Bucket string
	Common
}

// GetBucketCorsOutput is the answer to GetBucketCors.
type GetBucketCorsOutput struct {
	CORSConfiguration []byte // the XML document, as the service wrote it
}

func (in GetBucketCorsInput) call(c *Client) call {
	k := call{op: "GetBucketCors", method: http.MethodGet, bucket: in.Bucket, subject: wholeBucket, needs: MayRead}
	k.query.add("cors", "")
	in.Common.set(&k)
	return k
}

// GetBucketCors gives a bucket's CORS rules (Amazon S3 API Reference, "GetBucketCors").
// For one without any the error is [ErrNoSuchCORSConfiguration].
func (c *Client) GetBucketCors(ctx context.Context, in GetBucketCorsInput) (GetBucketCorsOutput, error) {
	k := in.call(c)
	doc, _, err := c.doDocument(ctx, &k, corsRoot)
	if err != nil {
		return GetBucketCorsOutput{}, err
	}
	return GetBucketCorsOutput{doc}, nil
}

// PutBucketCorsInput has the rules that are to be the bucket's, in place of those it
// has.
type PutBucketCorsInput struct {
	Bucket            string
	CORSConfiguration []byte // an XML document with that root element
	Common
}

// PutBucketCorsOutput is the answer to PutBucketCors.
type PutBucketCorsOutput struct{}

func (in PutBucketCorsInput) call(c *Client) call {
	k := call{op: "PutBucketCors", method: http.MethodPut, bucket: in.Bucket, subject: wholeBucket, needs: MayWrite}
	k.query.add("cors", "")
	k.setDocument(in.CORSConfiguration, corsRoot)
	in.Common.set(&k)
	return k
}

// PutBucketCors sets a bucket's CORS rules (Amazon S3 API Reference, "PutBucketCors").
func (c *Client) PutBucketCors(ctx context.Context, in PutBucketCorsInput) (PutBucketCorsOutput, error) {
	k := in.call(c)
	_, err := c.doEmpty(ctx, &k)
	return PutBucketCorsOutput{}, err
}

// DeleteBucketCorsInput names the bucket that is to have no CORS rules.
type DeleteBucketCorsInput struct {
	Bucket string
	Common
}

// DeleteBucketCorsOutput is the answer to DeleteBucketCors.
type DeleteBucketCorsOutput struct{}

func (in DeleteBucketCorsInput) call(c *Client) call {
	k := call{op: "DeleteBucketCors", method: http.MethodDelete, bucket: in.Bucket, subject: wholeBucket, needs: MayWrite}
	k.query.add("cors", "")
	in.Common.set(&k)
	return k
}

// DeleteBucketCors removes a bucket's CORS rules (Amazon S3 API Reference,
// "DeleteBucketCors").
func (c *Client) DeleteBucketCors(ctx context.Context, in DeleteBucketCorsInput) (DeleteBucketCorsOutput, error) {
	k := in.call(c)
	_, err := c.doEmpty(ctx, &k)
	return DeleteBucketCorsOutput{}, err
}
