package s3client

import (
	"context"
	"net/http"
)

// What becomes of a bucket's objects with time (Amazon S3 User Guide, "Managing the
// lifecycle of objects").

const lifecycleRoot = "LifecycleConfiguration"

// GetBucketLifecycleConfigurationInput names the bucket to look at.
type GetBucketLifecycleConfigurationInput struct {
	Bucket string
	Common
}

// GetBucketLifecycleConfigurationOutput is the answer to
// GetBucketLifecycleConfiguration.
type GetBucketLifecycleConfigurationOutput struct {
	LifecycleConfiguration []byte // the XML document, as the service wrote it
	// TransitionDefaultMinimumObjectSize is "varies_by_storage_class" or
	// "all_storage_classes_128K".
	TransitionDefaultMinimumObjectSize string
}

func (in GetBucketLifecycleConfigurationInput) call(c *Client) call {
	k := call{op: "GetBucketLifecycleConfiguration", method: http.MethodGet, bucket: in.Bucket, subject: wholeBucket, needs: MayRead}
	k.query.add("lifecycle", "")
	in.Common.set(&k)
	return k
}

// GetBucketLifecycleConfiguration gives a bucket's lifecycle rules (Amazon S3 API
// Reference, "GetBucketLifecycleConfiguration"). For one without any the error is
// [ErrNoSuchLifecycleConfiguration].
func (c *Client) GetBucketLifecycleConfiguration(ctx context.Context, in GetBucketLifecycleConfigurationInput) (GetBucketLifecycleConfigurationOutput, error) {
	k := in.call(c)
	doc, h, err := c.doDocument(ctx, &k, lifecycleRoot)
	if err != nil {
		return GetBucketLifecycleConfigurationOutput{}, err
	}
	return GetBucketLifecycleConfigurationOutput{doc, h.Get(transitionMinimum)}, nil
}

const transitionMinimum = "X-Amz-Transition-Default-Minimum-Object-Size"

// PutBucketLifecycleConfigurationInput has the rules that are to be the bucket's, in
// place of those it has.
type PutBucketLifecycleConfigurationInput struct {
	Bucket                             string
	LifecycleConfiguration             []byte // an XML document with that root element
	TransitionDefaultMinimumObjectSize string // "": the service's choice
	Common
}

// PutBucketLifecycleConfigurationOutput is the answer to
// PutBucketLifecycleConfiguration.
type PutBucketLifecycleConfigurationOutput struct{ TransitionDefaultMinimumObjectSize string }

func (in PutBucketLifecycleConfigurationInput) call(c *Client) call {
	// A rule may remove objects.
	k := call{op: "PutBucketLifecycleConfiguration", method: http.MethodPut, bucket: in.Bucket, subject: wholeBucket, needs: MayWrite | MayDelete}
	k.query.add("lifecycle", "")
	k.setDocument(in.LifecycleConfiguration, lifecycleRoot)
	k.set(transitionMinimum, in.TransitionDefaultMinimumObjectSize)
	in.Common.set(&k)
	return k
}

// PutBucketLifecycleConfiguration sets a bucket's lifecycle rules (Amazon S3 API
// Reference, "PutBucketLifecycleConfiguration"). As they may remove objects, they need
// the permission to delete, too.
func (c *Client) PutBucketLifecycleConfiguration(ctx context.Context, in PutBucketLifecycleConfigurationInput) (PutBucketLifecycleConfigurationOutput, error) {
	k := in.call(c)
	h, err := c.doEmpty(ctx, &k)
	if err != nil {
		return PutBucketLifecycleConfigurationOutput{}, err
	}
	return PutBucketLifecycleConfigurationOutput{h.Get(transitionMinimum)}, nil
}

// DeleteBucketLifecycleInput names the bucket that is to have no lifecycle rules.
type DeleteBucketLifecycleInput struct {
	Bucket string
	Common
}

// DeleteBucketLifecycleOutput is the answer to DeleteBucketLifecycle.
type DeleteBucketLifecycleOutput struct{}

func (in DeleteBucketLifecycleInput) call(c *Client) call {
	// IAM knows no other permission than that to set them.
	k := call{op: "DeleteBucketLifecycle", method: http.MethodDelete, bucket: in.Bucket, subject: wholeBucket, needs: MayWrite | MayDelete}
	k.query.add("lifecycle", "")
	in.Common.set(&k)
	return k
}

// DeleteBucketLifecycle removes a bucket's lifecycle rules (Amazon S3 API Reference,
// "DeleteBucketLifecycle").
func (c *Client) DeleteBucketLifecycle(ctx context.Context, in DeleteBucketLifecycleInput) (DeleteBucketLifecycleOutput, error) {
	k := in.call(c)
	_, err := c.doEmpty(ctx, &k)
	return DeleteBucketLifecycleOutput{}, err
}
