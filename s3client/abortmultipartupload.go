package s3client

import (
	"context"
	"net/http"
)

// AbortMultipartUploadInput names the upload to give up.
type AbortMultipartUploadInput struct {
	Bucket, Key, UploadID string
	Common
}

// AbortMultipartUploadOutput is the answer to AbortMultipartUpload.
type AbortMultipartUploadOutput struct {
	RequestCharged string // "requester", if that is who pays
}

func (in AbortMultipartUploadInput) call(c *Client) call {
	// Whoever may write may also leave nothing behind.
	k := call{op: "AbortMultipartUpload", method: http.MethodDelete, bucket: in.Bucket, key: in.Key, subject: aKey, needs: MayWrite}
	k.addUploadID(in.UploadID)
	in.Common.set(&k)
	return k
}

// AbortMultipartUpload gives up an upload and removes its parts (Amazon S3 API
// Reference, "AbortMultipartUpload"). A part that is being uploaded meanwhile may
// survive: abort again when it has ended, until the error is [ErrNoSuchUpload].
func (c *Client) AbortMultipartUpload(ctx context.Context, in AbortMultipartUploadInput) (AbortMultipartUploadOutput, error) {
	k := in.call(c)
	h, err := c.doEmpty(ctx, &k)
	if err != nil {
		return AbortMultipartUploadOutput{}, err
	}
	return AbortMultipartUploadOutput{RequestCharged: h.Get("X-Amz-Request-Charged")}, nil
}
