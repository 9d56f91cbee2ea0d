package sigv4http

import (
	"context"
	"errors"
	"fmt"
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
	if from := req.Response; from != nil && from.Request != nil && from.Request.URL.Host != req.URL.Host {
		return nil, &notSentError{"following a redirection", errors.New("it leads to another host, which would get a signature and the session token: send a request there by itself")}
	}
	payload, err := payloadOf(req)
	if err != nil {
		return nil, err
	}
	attempts := t.MaxAttempts
	if attempts < 1 {
		attempts = 4
	}
	if req.Body != nil && req.Body != http.NoBody && req.GetBody == nil {
		attempts = 1
	}
	var corrected, renewed bool
	for attempt := 1; ; attempt++ {
		skew := t.skew.Load()
		resp, cred, err := t.attempt(req, payload, skew, attempt)
		if err == nil && resp.StatusCode < 400 {
			t.budget.refill()
			return resp, nil
		}
		if req.Context().Err() != nil {
			return resp, err
		}
		var again bool // the clock and the credentials are put right for later requests even if this one ends
		var wait time.Duration
		switch judge(resp, err) {
		case clockSkewed:
			again = !corrected && t.correctClock(resp, skew)
			corrected = true
		case credentialsExpired:
			again = !renewed && t.renew(cred)
			renewed = true
		case transient:
			again = attempt < attempts && t.budget.take()
			wait = backoff(attempt, resp)
		}
		if !again || attempt == attempts {
			return resp, err
		}
		if resp != nil {
			peekError(resp) // to its end, so that the connection is free while we wait
		}
		if !sleep(req.Context(), wait) {
			if err != nil {
				err = fmt.Errorf("%w (waiting to try again: %w)", err, context.Cause(req.Context()))
			}
			return resp, err // the service's last word, which tells more than the cancellation
		}
		if resp != nil {
			resp.Body.Close()
		}
	}
}

// attempt signs a copy of the request and sends it.
func (t *Transport) attempt(req *http.Request, payload sigv4.PayloadHash, skew int64, n int) (*http.Response, sigv4.Credentials, error) {
	cred, err := t.Provider.Credentials(req.Context())
	if err != nil {
		return nil, cred, &notSentError{"getting credentials", err}
	}
	signed := req.Clone(req.Context())
	if n > 1 && req.GetBody != nil {
		if signed.Body, err = req.GetBody(); err != nil {
			return nil, cred, &notSentError{"rewinding the body for a retry", err}
		}
	}
	now := t.now().Add(time.Duration(skew))
	if chunking, ok := req.Context().Value(chunkingKey{}).(Chunking); ok {
		err = chunking.sign(signed, t.Signer, cred, now)
	} else {
		err = t.Signer.Sign(signed, cred, payload, now)
	}
	if err != nil {
		if signed.Body != nil {
			signed.Body.Close()
		}
		return nil, cred, &notSentError{"signing", err}
	}
	base := t.Base
	if base == nil {
		base = http.DefaultTransport
	}
	resp, err := base.RoundTrip(signed)
	return resp, cred, err
}

func (t *Transport) now() time.Time {
	if t.Now != nil {
		return t.Now()
	}
	return time.Now()
}

// correctClock takes the server's clock from an answer's Date and reports
// whether that is more than a few seconds off what the attempt was signed with.
// It compares with that skew and not with the present one: another request may
// have corrected the clock meanwhile, and this one is to be tried again all the
// same.
func (t *Transport) correctClock(resp *http.Response, used int64) bool {
	date, err := http.ParseTime(resp.Header.Get("Date"))
	if err != nil {
		return false
	}
	skew := date.Sub(t.now())
	if (skew - time.Duration(used)).Abs() < 5*time.Second {
		return false
	}
	t.skew.Store(int64(skew))
	return true
}

func (t *Transport) renew(cred sigv4.Credentials) bool {
	r, ok := t.Provider.(Renewer)
	if ok {
		r.Renew(cred)
	}
	return ok
}

// notSentError says why a request was not sent.
type notSentError struct {
	doing string
	err   error
}

func (e *notSentError) Error() string { return "sigv4http: " + e.doing + ": " + e.err.Error() }
func (e *notSentError) Unwrap() error { return e.err }

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
