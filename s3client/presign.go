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

// Presign makes a URL that allows one operation on one object to whoever has it,
// until it expires or the credentials do. Nothing is sent but, if need be, the
// assumption of the role.
func (c *Client) Presign(ctx context.Context, in PresignInput) (sigv4.Presigned, error) {
	k := call{op: "Presign", method: in.Method, bucket: in.Bucket, key: in.Key}
	if err := c.guard.checkKey(in.Bucket, in.Key); err != nil {
		return sigv4.Presigned{}, k.wrap(err)
	}
	switch in.Method {
	case http.MethodGet, http.MethodHead, http.MethodPut, http.MethodDelete:
	default:
		return sigv4.Presigned{}, k.wrap(errors.New("the method must be GET, HEAD, PUT or DELETE"))
	}
	cred, err := c.provider.Credentials(ctx)
	if err != nil {
		return sigv4.Presigned{}, k.wrap(err)
	}
	k.query.addIf("versionId", in.VersionID)
	req := &http.Request{Method: in.Method, URL: c.endpoint.url(in.Bucket, in.Key, string(k.query)), Header: http.Header{}}
	p, err := c.signer.Presign(req, cred, sigv4.UnsignedPayload(), c.now(), in.Expires)
	if err != nil {
		return sigv4.Presigned{}, k.wrap(err)
	}
	return p, nil
}
