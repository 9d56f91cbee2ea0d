package s3client

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/sigvier/sigvier/sigv4"
)

// PresignInput says what a presigned URL allows.
type PresignInput struct {
	// Operation is what whoever has the URL may do: a [GetObjectInput], a
	// [PutObjectInput] without Body, or any other.
	Operation Operation
	Expires   time.Duration // 1 s to 7 days
}

// PresignedRequest is a URL that carries its own authorization, and what has to be
// sent with it. It is a secret while it lives: do not log it.
type PresignedRequest struct {
	sigv4.Presigned
	Method string
	// Body is the document that some operations send, such as that of
	// CompleteMultipartUpload; nil for what uploads bytes of the user's own.
	Body []byte
}

// Presign makes a URL that allows one operation to whoever has it, until it expires or
// the credentials do. Nothing is sent but, if need be, what gets the credentials.
//
// Of PutObject and UploadPart the body is left to whoever has the URL. A Checksum is not:
// S3 takes the body that has it, and no other.
func (c *Client) Presign(ctx context.Context, in PresignInput) (PresignedRequest, error) {
	if in.Operation == nil {
		return PresignedRequest{}, &Error{Op: "Presign", Err: fmt.Errorf("there is no Operation: a GetObjectInput or another input is expected")}
	}
	asked := in.Operation.call(c)
	k := asked
	k.op = "Presign"
	if err := c.admit(&k); err != nil {
		return PresignedRequest{}, err
	}
	fail := func(err error) (PresignedRequest, error) { return PresignedRequest{}, k.wrap(err) }
	out := PresignedRequest{Method: k.method}
	if k.body != nil {
		var err error
		if out.Body, err = k.body.document(); err != nil {
			return fail(err)
		}
	}
	if out.Body != nil {
		if err := k.body.prepare(c.checksums, &k); err != nil {
			return fail(err)
		}
	}
	if err := k.signChecksum(); err != nil {
		return fail(err)
	}
	at, err := c.network.place(&asked, cmp.Or(k.region, c.regions.of(k.bucket)))
	if err != nil {
		return fail(err)
	}
	transport, err := c.transport(at, k.bucket)
	if err != nil {
		return fail(err)
	}
	cred, err := transport.Provider.Credentials(ctx)
	if err != nil {
		return fail(err)
	}
	if at.session {
		k.query.add(sessionToken, cred.SessionToken())
		cred = withoutToken(cred)
	}
	if k.bucket != "" && k.header[headerBucketOwner] == nil {
		k.set(headerBucketOwner, c.bucketOwner)
	}
	k.hoist(headerBucketOwner)
	k.hoist(headerRequestPayer)
	if k.header == nil {
		k.header = http.Header{}
	}
	req := &http.Request{Method: k.method, URL: at.url(k.key, string(k.query)), Header: k.header}
	if out.Presigned, err = transport.Signer.Presign(req, cred, sigv4.UnsignedPayload(), c.now(), in.Expires); err != nil {
		return fail(err)
	}
	return out, nil
}

// signChecksum makes the checksum of what somebody else is to upload one of the headers
// that are signed, and have to be sent.
func (k *call) signChecksum() error {
	switch b, ok := k.body.(*body); {
	case !ok || b.own:
	case !b.sum.IsZero():
		k.set(http.CanonicalHeaderKey(b.sum.Algorithm().Header()), b.sum.String())
	case b.algorithm != "":
		return fmt.Errorf("the %s of what is uploaded with the URL is not known: give it as Checksum, or leave ChecksumAlgorithm out", b.algorithm)
	}
	return nil
}

// hoist moves a header into the query, so that a browser can use the URL. There S3
// heeds the name in lower case only (github.com/aws/aws-sdk-go-v2 issue 2508).
func (k *call) hoist(name string) {
	if value := k.header.Get(name); value != "" {
		k.header = k.header.Clone()
		k.header.Del(name)
		k.query.add(strings.ToLower(name), value)
	}
}
