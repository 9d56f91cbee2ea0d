package sigv4http

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/sigvier/sigvier/sigv4"
)

// Transport is an [http.RoundTripper] that signs. Signer and Provider are
// needed; the other fields have defaults. It is safe for concurrent use and must
// not be copied or changed after its first use.
type Transport struct {
	Signer   *sigv4.Signer
	Provider sigv4.Provider
	// Base sends the signed requests; nil means http.DefaultTransport.
	Base http.RoundTripper
	// MaxAttempts bounds the attempts of one request; 0 means 4, 1 no retries.
	MaxAttempts int
	// Now is the clock; nil means time.Now.
	Now func() time.Time

	skew   atomic.Int64 // nanoseconds that the server's clock is ahead of ours
	budget budget
}

var _ http.RoundTripper = (*Transport)(nil)

// Renewer is what a [sigv4.Provider] also is when it can be told that a service
// has refused the credentials as expired, whatever their own date says.
type Renewer interface {
	// Renew makes the next call of Credentials fetch new ones, unless that has
	// happened already since these were given out.
	Renew(refused sigv4.Credentials)
}

// RoundTrip signs and sends the request, which stays as it is, and gives the
// answer of the last attempt, also one that says an error. The body is signed as
// [WithPayload] says, else by hashing it, which needs GetBody. A retry needs
// GetBody too; without it the first attempt is the last.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := t.roundTrip(req)
	if err != nil && req.Body != nil {
		req.Body.Close() // the contract of RoundTripper; closing twice does no harm
	}
	return resp, err
}

func (t *Transport) roundTrip(req *http.Request) (*http.Response, error) {
	payload, err := payloadOf(req)
	if err != nil {
		return nil, err
	}
	attempts := t.MaxAttempts
	if attempts == 0 {
		attempts = 4
	}
	if req.Body != nil && req.Body != http.NoBody && req.GetBody == nil {
		attempts = 1
	}
	var corrected, renewed bool
	for attempt := 1; ; attempt++ {
		resp, cred, err := t.attempt(req, payload, attempt)
		if err == nil && resp.StatusCode < 400 {
			t.budget.refill()
			return resp, nil
		}
		if ctxErr := req.Context().Err(); ctxErr != nil || attempt == attempts {
			return resp, err
		}
		var wait time.Duration
		switch v := judge(resp, err); {
		case v == clockSkewed && !corrected && t.correctClock(resp):
			corrected = true
		case v == credentialsExpired && !renewed && t.renew(cred):
			renewed = true
		case v == transient && t.budget.take():
			wait = backoff(attempt, resp)
		default:
			return resp, err
		}
		if !sleep(req.Context(), wait) {
			return resp, err // the service's last word, which tells more than the cancellation
		}
		if resp != nil {
			discard(resp.Body)
		}
	}
}

// attempt signs a copy of the request and sends it.
func (t *Transport) attempt(req *http.Request, payload sigv4.PayloadHash, n int) (*http.Response, sigv4.Credentials, error) {
	cred, err := t.Provider.Credentials(req.Context())
	if err != nil {
		return nil, cred, &credentialsError{err}
	}
	signed := req.Clone(req.Context())
	if n > 1 && req.GetBody != nil {
		if signed.Body, err = req.GetBody(); err != nil {
			return nil, cred, fmt.Errorf("sigv4http: rewinding the body for a retry: %w", err)
		}
	}
	if err := t.Signer.Sign(signed, cred, payload, t.now()); err != nil {
		return nil, cred, &notSentError{err}
	}
	base := t.Base
	if base == nil {
		base = http.DefaultTransport
	}
	resp, err := base.RoundTrip(signed)
	return resp, cred, err
}

func (t *Transport) now() time.Time {
	now := time.Now
	if t.Now != nil {
		now = t.Now
	}
	return now().Add(time.Duration(t.skew.Load()))
}

// correctClock takes the server's clock from an answer's Date and reports
// whether that changes ours by more than a few seconds.
func (t *Transport) correctClock(resp *http.Response) bool {
	date, err := http.ParseTime(resp.Header.Get("Date"))
	if err != nil {
		return false
	}
	off := date.Sub(t.now())
	if off.Abs() < 5*time.Second {
		return false
	}
	t.skew.Add(int64(off))
	return true
}

func (t *Transport) renew(cred sigv4.Credentials) bool {
	r, ok := t.Provider.(Renewer)
	if ok {
		r.Renew(cred)
	}
	return ok
}

// credentialsError says that no credentials were to be had.
type credentialsError struct{ err error }

func (e *credentialsError) Error() string { return "getting credentials: " + e.err.Error() }
func (e *credentialsError) Unwrap() error { return e.err }

// notSentError says that a request could not be signed.
type notSentError struct{ err error }

func (e *notSentError) Error() string { return "signing: " + e.err.Error() }
func (e *notSentError) Unwrap() error { return e.err }

// isLocal reports whether an error arose before anything was sent.
func isLocal(err error) bool {
	var c *credentialsError
	var n *notSentError
	return errors.As(err, &c) || errors.As(err, &n)
}

// discard reads the little that is left of an error's body, so that the
// connection can be used again, and closes it.
func discard(body io.ReadCloser) {
	io.CopyN(io.Discard, body, maxErrorBody)
	body.Close()
}

func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
