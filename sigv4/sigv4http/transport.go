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
	// Prepare, if not nil, puts the credentials of an attempt into its request where a
	// service wants them elsewhere than the signer has them, and gives those that sign.
	Prepare func(req *http.Request, cred sigv4.Credentials) sigv4.Credentials
	// OnAttempt, if not nil, is told of each attempt when its answer's head is there.
	// [LogAttempts] writes them to a log.
	OnAttempt func(ctx context.Context, a Attempt)

	skew   atomic.Int64 // nanoseconds that the server's clock is ahead of ours
	budget budget
	futile atomic.Int64 // when credentials were renewed on a guess that was wrong, in Unix seconds
	origin *Transport   // whose skew and budget count; nil: its own
}

// With gives a transport that signs otherwise, and shares all else with this one:
// what is known of the server's clock, and the budget of retries.
func (t *Transport) With(signer *sigv4.Signer, provider sigv4.Provider) *Transport {
	return &Transport{Signer: signer, Provider: provider, Base: t.Base, MaxAttempts: t.MaxAttempts, Now: t.Now,
		Prepare: t.Prepare, OnAttempt: t.OnAttempt, origin: t.shared()}
}

func (t *Transport) shared() *Transport {
	if t.origin != nil {
		return t.origin
	}
	return t
}

var _ http.RoundTripper = (*Transport)(nil)

// Renewer is what a [sigv4.Provider] also is when it can be told that a service
// has refused the credentials as expired, whatever their own date says. S3 cannot say
// so of a HEAD; that it answers 400 is taken for it if they are a session's.
type Renewer interface {
	// Renew makes the next call of Credentials fetch new ones, unless that has
	// happened already since these were given out.
	Renew(refused sigv4.Credentials)
}

// RoundTrip signs and sends the request, which stays as it is, and gives the
// answer of the last attempt, also one that says an error. The body is signed as
// [WithPayload] says, else by hashing it, which needs GetBody. A retry needs
// GetBody too: without it the first attempt is the last. If it fails, the error holds
// what failed before, an [*APIError] or the network's, and why it was not tried again.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	base := t.Base
	if base == nil {
		base = http.DefaultTransport
	}
	return t.RoundTripOver(base, req)
}

// RoundTripOver is RoundTrip over another base. A program that calls no other method
// does not link net/http's transport, which is a tenth of a small one.
func (t *Transport) RoundTripOver(base http.RoundTripper, req *http.Request) (*http.Response, error) {
	resp, err := t.roundTrip(base, req)
	if err != nil && req.Body != nil {
		req.Body.Close() // the contract of RoundTripper; closing twice does no harm
	}
	return resp, err
}

func (t *Transport) roundTrip(base http.RoundTripper, req *http.Request) (*http.Response, error) {
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
	shared, body := t.shared(), req.Body
	var corrected, renewed, guessed bool
	for attempt := 1; ; attempt++ {
		skew := shared.skew.Load()
		began := time.Now()
		resp, cred, err := t.attempt(base, req, body, payload, skew)
		t.report(req, resp, err, attempt, began)
		if err == nil && resp.StatusCode < 400 {
			shared.budget.refill(attempt)
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
		case unexplained:
			again = !corrected && t.correctClock(resp, skew)
			corrected = true
			if guessed {
				t.futile.Store(t.now().Unix())
			}
			if !again && !renewed && t.mayBeExpired(resp, req.Method, cred) {
				again = t.renew(cred)
				renewed, guessed = true, true
			}
		case transient:
			again = attempt < attempts && shared.budget.take()
			wait = backoff(attempt, resp)
		}
		if !again || attempt == attempts {
			return resp, err
		}
		if body, again, err = rewind(req, resp, err); !again {
			return answered(resp, err)
		}
		if resp != nil {
			peekError(resp) // to its end, so that the connection is free while we wait
		}
		if !sleep(req.Context(), wait) {
			body.Close()
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

// answered gives one of the two, as net/http wants it.
func answered(resp *http.Response, err error) (*http.Response, error) {
	if err != nil {
		return nil, err
	}
	return resp, nil
}

// rewind gives the body for the next attempt. Where there is none, the error, if there
// is to be one, has what failed in this attempt and why it was the last.
func rewind(req *http.Request, resp *http.Response, failure error) (body io.ReadCloser, ok bool, err error) {
	if req.Body == nil || req.Body == http.NoBody {
		return http.NoBody, true, failure
	}
	if req.GetBody == nil {
		return nil, false, failure
	}
	body, err = req.GetBody()
	if err == nil {
		return body, true, failure
	}
	if failure == nil {
		failure = ReadError(resp)
	}
	return nil, false, fmt.Errorf("%w (not tried again: rewinding the body: %w)", failure, err)
}

// attempt signs a copy of the request and sends it.
func (t *Transport) attempt(base http.RoundTripper, req *http.Request, body io.ReadCloser, payload sigv4.PayloadHash, skew int64) (*http.Response, sigv4.Credentials, error) {
	cred, err := t.Provider.Credentials(req.Context())
	if err != nil {
		if body != nil {
			body.Close()
		}
		return nil, cred, &notSentError{"getting credentials", err}
	}
	signed := req.WithContext(req.Context()) // a copy; signing changes of it only what is copied here
	signed.Header = req.Header.Clone()
	if signed.Header == nil {
		signed.Header = http.Header{}
	}
	if signed.Body != nil {
		signed.Body = body
	}
	signing := cred
	if t.Prepare != nil {
		signing = t.Prepare(signed, cred)
	}
	now := t.now().Add(time.Duration(skew))
	if chunking, ok := req.Context().Value(chunkingKey{}).(encoder); ok {
		err = chunking.sign(signed, t.Signer, signing, now)
	} else {
		err = t.Signer.Sign(signed, signing, payload, now)
	}
	if err != nil {
		if signed.Body != nil {
			signed.Body.Close()
		}
		return nil, cred, &notSentError{"signing", err}
	}
	resp, err := base.RoundTrip(signed)
	if resp != nil && resp.Request == nil {
		resp.Request = signed // whose token is not to be in the error that is read of it
	}
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
	t.shared().skew.Store(int64(skew))
	return true
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
