package oracle

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sigvier/sigvier/sigv4"
)

// ErrNoSecret: a signature is to be verified, and the secret access key is not
// known.
var ErrNoSecret = fmt.Errorf("%w: the secret access key is not known", sigv4.ErrCredentials)

// errUnknownKey is what a server says of it is [sigv4.VerifyError]'s.
var errUnknownKey = errors.New("another access key")

// Verify does with a captured request what a server does that knows
// r.Credentials and expects r.Service and r.Region: it checks the signature at the
// time now. A body that is known is held against what was signed of it. The error
// is a [*sigv4.VerifyError], unless the request or the credentials cannot be used.
//
// The signatures inside of an aws-chunked body (a STREAMING-… payload hash) are
// not checked.
func (r Request) Verify(now time.Time) (sigv4.Verified, error) {
	req, err := r.HTTP()
	if err != nil {
		return sigv4.Verified{}, err
	}
	if r.Claim == nil { // whatever the rest is
		return sigv4.Verified{}, &sigv4.VerifyError{Code: "AccessDenied", Status: 403, Message: "Access Denied: the request is not signed"}
	}
	signer, err := sigv4.NewSigner(r.Service, r.Region, r.options())
	if err != nil {
		return sigv4.Verified{}, err
	}
	req.Host = r.hostSent()
	payload, err := r.verifiedPayload()
	if err != nil {
		return sigv4.Verified{}, err
	}
	noSecret := false
	lookup := func(_ context.Context, accessKeyID, _ string) (sigv4.Credentials, error) {
		if accessKeyID != r.Credentials.AccessKeyID {
			return sigv4.Credentials{}, errUnknownKey
		}
		noSecret = r.Credentials.SecretAccessKey() == ""
		return r.Credentials, nil
	}
	verified, err := signer.Verify(req, lookup, payload, now)
	if noSecret {
		return sigv4.Verified{}, ErrNoSecret
	}
	var denied *sigv4.VerifyError
	if errors.As(err, &denied) {
		denied.CanonicalRequest = hideInCanonical(denied.CanonicalRequest)
	}
	return verified, err
}

// BodyVerified reports whether Verify holds the body against its hash: the body
// is known, and its SHA-256 is signed.
func (r Request) BodyVerified() bool {
	payload, err := r.verifiedPayload()
	return err == nil && payload != sigv4.PayloadHash{} && r.PayloadHash == ""
}

// verifiedPayload is the hash that the service has to find in the signature. It
// is unset where that is to be believed.
func (r Request) verifiedPayload() (sigv4.PayloadHash, error) {
	if r.PayloadHash != "" {
		return sigv4.ParsePayloadHash(r.PayloadHash)
	}
	said, err := sigv4.ParsePayloadHash(r.header("X-Amz-Content-Sha256"))
	isWord := err == nil && !said.IsDigest()
	presignedS3 := r.isS3() && r.Claim != nil && r.Claim.Query && r.header("X-Amz-Content-Sha256") == ""
	if r.BodyUnknown || isWord || presignedS3 {
		return sigv4.PayloadHash{}, nil
	}
	return sigv4.PayloadOf(r.Body), nil
}
