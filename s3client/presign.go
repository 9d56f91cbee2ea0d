package s3client

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/sigvier/sigvier/sigv4"
)

// PresignInput says what a presigned URL allows.
type PresignInput struct {
	Method      string // GET, HEAD, PUT or DELETE
	Bucket, Key string
	VersionID   string
	Expires     time.Duration // 1 s to 7 days
}

// presignable are the methods that a URL can be for, and what they need.
var presignable = map[string]Permissions{
	http.MethodGet: MayRead, http.MethodHead: MayRead, http.MethodPut: MayWrite, http.MethodDelete: MayDelete,
}

// Presign makes a URL that allows one operation on one object to whoever has it,
// until it expires or the credentials do. Nothing is sent but, if need be, the
// assumption of the role.
func (c *Client) Presign(ctx context.Context, in PresignInput) (sigv4.Presigned, error) {
	k := call{op: "Presign", method: in.Method, bucket: in.Bucket, key: in.Key}
	needed, known := presignable[in.Method]
	if !known {
		return sigv4.Presigned{}, k.wrap(errors.New("the method must be GET, HEAD, PUT or DELETE"))
	}
	if err := c.guard.checkKey(in.Bucket, in.Key, needed); err != nil {
		return sigv4.Presigned{}, k.wrap(err)
	}
	cred, err := c.provider.Credentials(ctx)
	if err != nil {
		return sigv4.Presigned{}, k.wrap(err)
	}
	k.query.addIf("versionId", in.VersionID)
	// In the query, so that a browser can use the URL. There S3 heeds the name in
	// lower case only (github.com/aws/aws-sdk-go-v2 issue 2508).
	k.query.addIf("x-amz-expected-bucket-owner", c.bucketOwner)
	req := &http.Request{Method: in.Method, URL: c.endpoint.url(in.Bucket, in.Key, string(k.query)), Header: http.Header{}}
	p, err := c.signer.Presign(req, cred, sigv4.UnsignedPayload(), c.now(), in.Expires)
	if err != nil {
		return sigv4.Presigned{}, k.wrap(err)
	}
	return p, nil
}
