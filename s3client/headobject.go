package s3client

import (
	"context"
	"net/http"
	"time"
)

// HeadObjectInput names the object to look at.
type HeadObjectInput struct {
	Bucket, Key       string
	PartNumber        int
	IfMatch           string    // an ETag: only if the object still has it, else ErrPreconditionFailed
	IfNoneMatch       string    // an ETag: only if it has another, else ErrNotModified
	IfModifiedSince   time.Time // else ErrNotModified
	IfUnmodifiedSince time.Time // else ErrPreconditionFailed
	VersionID         string
	ChecksumMode      bool
	CustomerKey       CustomerKey // of an object that is encrypted with SSE-C
	Common
}

// HeadObjectOutput is what the service says of an object.
type HeadObjectOutput struct{ ObjectInfo }

func (in HeadObjectInput) call(c *Client) call {
	k := call{op: "HeadObject", method: http.MethodHead, bucket: in.Bucket, key: in.Key, subject: aKey, needs: MayRead}
	GetObjectInput{PartNumber: in.PartNumber, IfMatch: in.IfMatch, IfNoneMatch: in.IfNoneMatch,
		IfModifiedSince: in.IfModifiedSince, IfUnmodifiedSince: in.IfUnmodifiedSince, VersionID: in.VersionID, ChecksumMode: in.ChecksumMode,
		CustomerKey: in.CustomerKey, Common: in.Common}.set(c, &k)
	return k
}

// HeadObject looks at an object without reading it (Amazon S3 API Reference,
// "HeadObject"). The answer to a failure has no document: errors.Is with
// [ErrNotFound] and [ErrDenied] tells what is to be told.
func (c *Client) HeadObject(ctx context.Context, in HeadObjectInput) (HeadObjectOutput, error) {
	k := in.call(c)
	resp, err := c.do(ctx, &k)
	if err != nil {
		return HeadObjectOutput{}, err
	}
	resp.Body.Close()
	return HeadObjectOutput{objectInfo(resp)}, nil
}
