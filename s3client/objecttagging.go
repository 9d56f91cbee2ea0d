package s3client

import (
	"context"
	"net/http"

	"github.com/sigvier/sigvier/sigv4/sigv4http/awsxml"
)

// GetObjectTaggingInput names the object whose tags to read.
type GetObjectTaggingInput struct {
	Bucket, Key, VersionID string
	Common
}

// GetObjectTaggingOutput is the answer to GetObjectTagging.
type GetObjectTaggingOutput struct {
	TagSet    []Tag // none, if it has none
	VersionID string
}

func (in GetObjectTaggingInput) call(c *Client) call {
	k := objectTagging("GetObjectTagging", http.MethodGet, in.Bucket, in.Key, in.VersionID, MayRead)
	in.Common.set(&k)
	return k
}

// objectTagging is what the three operations have in common.
func objectTagging(op, method, bucket, key, version string, needs Permissions) call {
	k := call{op: op, method: method, bucket: bucket, key: key, subject: aKey, needs: needs}
	k.query.add("tagging", "")
	k.query.addIf("versionId", version)
	return k
}

// GetObjectTagging reads an object's tags (Amazon S3 API Reference,
// "GetObjectTagging").
func (c *Client) GetObjectTagging(ctx context.Context, in GetObjectTaggingInput) (GetObjectTaggingOutput, error) {
	k := in.call(c)
	var out GetObjectTaggingOutput
	h, err := c.doXML(ctx, &k, "Tagging", func(d *awsxml.Decoder) error {
		out.TagSet = readTagging(d)
		return nil
	})
	if err != nil {
		return GetObjectTaggingOutput{}, err
	}
	out.VersionID = h.Get("X-Amz-Version-Id")
	return out, nil
}

// PutObjectTaggingInput says which tags an object is to have.
type PutObjectTaggingInput struct {
	Bucket, Key, VersionID string
	TagSet                 []Tag // in the place of all that it has
	Common
}

// PutObjectTaggingOutput is the answer to PutObjectTagging.
type PutObjectTaggingOutput struct{ VersionID string }

func (in PutObjectTaggingInput) call(c *Client) call {
	k := objectTagging("PutObjectTagging", http.MethodPut, in.Bucket, in.Key, in.VersionID, MayWrite)
	doc, err := taggingDocument(in.TagSet)
	if err != nil {
		k.fail(err)
	}
	k.body = summedBody(doc)
	in.Common.set(&k)
	return k
}

// PutObjectTagging gives an object its tags (Amazon S3 API Reference,
// "PutObjectTagging").
func (c *Client) PutObjectTagging(ctx context.Context, in PutObjectTaggingInput) (PutObjectTaggingOutput, error) {
	k := in.call(c)
	h, err := c.doEmpty(ctx, &k)
	if err != nil {
		return PutObjectTaggingOutput{}, err
	}
	return PutObjectTaggingOutput{VersionID: h.Get("X-Amz-Version-Id")}, nil
}

// DeleteObjectTaggingInput names the object whose tags to remove.
type DeleteObjectTaggingInput struct {
	Bucket, Key, VersionID string
	Common
}

// DeleteObjectTaggingOutput is the answer to DeleteObjectTagging.
type DeleteObjectTaggingOutput struct{ VersionID string }

func (in DeleteObjectTaggingInput) call(c *Client) call {
	// What is written to is the object, which stays.
	k := objectTagging("DeleteObjectTagging", http.MethodDelete, in.Bucket, in.Key, in.VersionID, MayWrite)
	in.Common.set(&k)
	return k
}

// DeleteObjectTagging removes all tags of an object (Amazon S3 API Reference,
// "DeleteObjectTagging").
func (c *Client) DeleteObjectTagging(ctx context.Context, in DeleteObjectTaggingInput) (DeleteObjectTaggingOutput, error) {
	k := in.call(c)
	h, err := c.doEmpty(ctx, &k)
	if err != nil {
		return DeleteObjectTaggingOutput{}, err
	}
	return DeleteObjectTaggingOutput{VersionID: h.Get("X-Amz-Version-Id")}, nil
}
