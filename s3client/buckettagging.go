package s3client

import (
	"context"
	"net/http"

	"github.com/sigvier/sigvier/sigv4/sigv4http/awsxml"
)

// Tags of a bucket (Amazon S3 User Guide, "Using cost allocation S3 bucket tags").

// GetBucketTaggingInput names the bucket to look at.
type GetBucketTaggingInput struct {
	Bucket string
	Common
}

// GetBucketTaggingOutput is the answer to GetBucketTagging.
type GetBucketTaggingOutput struct{ TagSet []Tag }

func (in GetBucketTaggingInput) call(c *Client) call {
	k := call{op: "GetBucketTagging", method: http.MethodGet, bucket: in.Bucket, subject: wholeBucket, needs: MayRead}
	k.query.add("tagging", "")
	in.Common.set(&k)
	return k
}

// GetBucketTagging gives a bucket's tags (Amazon S3 API Reference, "GetBucketTagging").
// For one without any the error is [ErrNoSuchTagSet].
func (c *Client) GetBucketTagging(ctx context.Context, in GetBucketTaggingInput) (GetBucketTaggingOutput, error) {
	k := in.call(c)
	var out GetBucketTaggingOutput
	_, err := c.doXML(ctx, &k, "Tagging", func(d *awsxml.Decoder) error {
		out.TagSet = readTagging(d)
		return nil
	})
	if err != nil {
		return GetBucketTaggingOutput{}, err
	}
	return out, nil
}

// PutBucketTaggingInput has the tags that are to be the bucket's, in place of those it
// has.
type PutBucketTaggingInput struct {
	Bucket string
	TagSet []Tag
	Common
}

// PutBucketTaggingOutput is the answer to PutBucketTagging.
type PutBucketTaggingOutput struct{}

func (in PutBucketTaggingInput) call(c *Client) call {
	k := call{op: "PutBucketTagging", method: http.MethodPut, bucket: in.Bucket, subject: wholeBucket, needs: MayWrite}
	doc, err := taggingDocument(in.TagSet)
	if err != nil {
		k.fail(err)
	}
	k.query.add("tagging", "")
	k.body = summedBody(doc)
	in.Common.set(&k)
	return k
}

// PutBucketTagging sets a bucket's tags (Amazon S3 API Reference, "PutBucketTagging").
func (c *Client) PutBucketTagging(ctx context.Context, in PutBucketTaggingInput) (PutBucketTaggingOutput, error) {
	k := in.call(c)
	_, err := c.doEmpty(ctx, &k)
	return PutBucketTaggingOutput{}, err
}

// DeleteBucketTaggingInput names the bucket that is to have no tags.
type DeleteBucketTaggingInput struct {
	Bucket string
	Common
}

// DeleteBucketTaggingOutput is the answer to DeleteBucketTagging.
type DeleteBucketTaggingOutput struct{}

func (in DeleteBucketTaggingInput) call(c *Client) call {
	// To have none is to change them: IAM knows no other permission for it, either.
	k := call{op: "DeleteBucketTagging", method: http.MethodDelete, bucket: in.Bucket, subject: wholeBucket, needs: MayWrite}
	k.query.add("tagging", "")
	in.Common.set(&k)
	return k
}

// DeleteBucketTagging removes a bucket's tags (Amazon S3 API Reference,
// "DeleteBucketTagging").
func (c *Client) DeleteBucketTagging(ctx context.Context, in DeleteBucketTaggingInput) (DeleteBucketTaggingOutput, error) {
	k := in.call(c)
	_, err := c.doEmpty(ctx, &k)
	return DeleteBucketTaggingOutput{}, err
}
