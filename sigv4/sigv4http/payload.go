package sigv4http

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/sigvier/sigvier/sigv4"
)

// ErrBody is the error for a body that can neither be hashed nor rewound.
var ErrBody = errors.New("the request's body can be read only once: set GetBody, or say what to sign with WithPayload")

type payloadKey struct{}

// WithPayload says what is signed of the body of the requests that carry this
// context, which spares hashing it: a digest that is known already, or
// [sigv4.UnsignedPayload].
func WithPayload(ctx context.Context, payload sigv4.PayloadHash) context.Context {
	return context.WithValue(ctx, payloadKey{}, payload)
}

func payloadOf(req *http.Request) (sigv4.PayloadHash, error) {
	if payload, ok := req.Context().Value(payloadKey{}).(sigv4.PayloadHash); ok {
		return payload, nil
	}
	_, chunked := req.Context().Value(chunkingKey{}).(encoder)
	if req.Body == nil || req.Body == http.NoBody || chunked { // chunks bring a payload hash of their own
		return sigv4.EmptyPayload(), nil
	}
	if req.GetBody == nil {
		return sigv4.PayloadHash{}, fmt.Errorf("sigv4http: %w", ErrBody)
	}
	body, err := req.GetBody()
	if err != nil {
		return sigv4.PayloadHash{}, fmt.Errorf("sigv4http: reading the body to hash it: %w", err)
	}
	defer body.Close()
	h := sha256.New()
	if _, err := io.Copy(h, body); err != nil {
		return sigv4.PayloadHash{}, fmt.Errorf("sigv4http: reading the body to hash it: %w", err)
	}
	return sigv4.PayloadDigest([sha256.Size]byte(h.Sum(nil))), nil
}
