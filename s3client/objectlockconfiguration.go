package s3client

import (
	"context"
	"net/http"
)

// What locks the objects of a bucket by default (Amazon S3 User Guide, "Locking objects
// with Object Lock").

const objectLockRoot = "ObjectLockConfiguration"

// GetObjectLockConfigurationInput names the bucket to look at.
type GetObjectLockConfigurationInput struct {
	Bucket string
	Common
}

// GetObjectLockConfigurationOutput is the answer to GetObjectLockConfiguration.
type GetObjectLockConfigurationOutput struct {
	ObjectLockConfiguration []byte // the XML document, as the service wrote it
}

func (in GetObjectLockConfigurationInput) call(c *Client) call {
	k := call{op: "GetObjectLockConfiguration", method: http.MethodGet, bucket: in.Bucket, subject: wholeBucket, needs: MayRead}
	k.query.add("object-lock", "")
	in.Common.set(&k)
	return k
}

// GetObjectLockConfiguration gives a bucket's default for locks (Amazon S3 API
// Reference, "GetObjectLockConfiguration"). For one without Object Lock the error is
// [ErrObjectLockNotConfigured].
func (c *Client) GetObjectLockConfiguration(ctx context.Context, in GetObjectLockConfigurationInput) (GetObjectLockConfigurationOutput, error) {
	k := in.call(c)
	doc, _, err := c.doDocument(ctx, &k, objectLockRoot)
	if err != nil {
		return GetObjectLockConfigurationOutput{}, err
	}
	return GetObjectLockConfigurationOutput{doc}, nil
}

// PutObjectLockConfigurationInput has what is to lock the bucket's new objects.
type PutObjectLockConfigurationInput struct {
	Bucket                  string
	ObjectLockConfiguration []byte // an XML document with that root element
	// Token is from AWS Support, which older buckets needed to get Object Lock.
	Token string
	Common
}

// PutObjectLockConfigurationOutput is the answer to PutObjectLockConfiguration.
type PutObjectLockConfigurationOutput struct {
	RequestCharged string // "requester", if that is who pays
}

func (in PutObjectLockConfigurationInput) call(c *Client) call {
	k := call{op: "PutObjectLockConfiguration", method: http.MethodPut, bucket: in.Bucket, subject: wholeBucket, needs: MayWrite}
	k.query.add("object-lock", "")
	k.setDocument(in.ObjectLockConfiguration, objectLockRoot)
	k.set("X-Amz-Bucket-Object-Lock-Token", in.Token)
	in.Common.set(&k)
	return k
}

// PutObjectLockConfiguration sets a bucket's default for locks, and turns Object Lock
// on, which cannot be turned off again (Amazon S3 API Reference,
// "PutObjectLockConfiguration").
func (c *Client) PutObjectLockConfiguration(ctx context.Context, in PutObjectLockConfigurationInput) (PutObjectLockConfigurationOutput, error) {
	k := in.call(c)
	h, err := c.doEmpty(ctx, &k)
	if err != nil {
		return PutObjectLockConfigurationOutput{}, err
	}
	return PutObjectLockConfigurationOutput{RequestCharged: h.Get("X-Amz-Request-Charged")}, nil
}
