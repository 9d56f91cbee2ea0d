package s3client

import (
	"cmp"
	"context"
	"net/http"

	"github.com/sigvier/sigvier/sigv4/sigv4http/awsxml"
)

// HeadBucketInput names the bucket to look at.
type HeadBucketInput struct {
	Bucket string
	Common
}

// HeadBucketOutput is the answer to HeadBucket.
type HeadBucketOutput struct{ Region string }

func (in HeadBucketInput) call(c *Client) call {
	k := call{op: "HeadBucket", method: http.MethodHead, bucket: in.Bucket, subject: aBucket}
	in.Common.set(&k)
	return k
}

// HeadBucket finds out whether a bucket is there and may be looked at (Amazon S3
// API Reference, "HeadBucket").
func (c *Client) HeadBucket(ctx context.Context, in HeadBucketInput) (HeadBucketOutput, error) {
	k := in.call(c)
	h, err := c.doEmpty(ctx, &k)
	if err != nil {
		return HeadBucketOutput{}, err
	}
	return HeadBucketOutput{Region: h.Get("X-Amz-Bucket-Region")}, nil
}

// GetBucketLocationInput names the bucket to look for.
type GetBucketLocationInput struct {
	Bucket string
	Common
}

// GetBucketLocationOutput is the answer to GetBucketLocation.
type GetBucketLocationOutput struct{ Region string }

func (in GetBucketLocationInput) call(c *Client) call {
	k := call{op: "GetBucketLocation", method: http.MethodGet, bucket: in.Bucket, subject: aBucket}
	k.query.add("location", "")
	in.Common.set(&k)
	return k
}

// GetBucketLocation says in which region a bucket is (Amazon S3 API Reference,
// "GetBucketLocation"). The two that the service has other words for, an empty one
// for us-east-1 and EU for eu-west-1, are given by their names.
func (c *Client) GetBucketLocation(ctx context.Context, in GetBucketLocationInput) (GetBucketLocationOutput, error) {
	k := in.call(c)
	var out GetBucketLocationOutput
	_, err := c.doXML(ctx, &k, "LocationConstraint", func(d *awsxml.Decoder) error {
		out.Region = readLocation(d)
		return nil
	})
	if err != nil {
		return GetBucketLocationOutput{}, err
	}
	return out, nil
}

func readLocation(d *awsxml.Decoder) string {
	if location := cmp.Or(d.Text(), "us-east-1"); location != "EU" {
		return location
	}
	return "eu-west-1"
}

// DeleteBucketInput names the bucket to remove, which must be empty.
type DeleteBucketInput struct {
	Bucket string
	Common
}

// DeleteBucketOutput is the answer to DeleteBucket.
type DeleteBucketOutput struct{}

func (in DeleteBucketInput) call(c *Client) call {
	k := call{op: "DeleteBucket", method: http.MethodDelete, bucket: in.Bucket, subject: wholeBucket, needs: MayDelete}
	in.Common.set(&k)
	return k
}

// DeleteBucket removes an empty bucket (Amazon S3 API Reference, "DeleteBucket").
func (c *Client) DeleteBucket(ctx context.Context, in DeleteBucketInput) (DeleteBucketOutput, error) {
	k := in.call(c)
	_, err := c.doEmpty(ctx, &k)
	return DeleteBucketOutput{}, err
}
