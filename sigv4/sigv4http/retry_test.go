package sigv4http_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sigvier/sigvier/sigv4/sigv4http"
)

func TestRetriesWhatMayPass(t *testing.T) {
	dialTimeout := &timeoutError{}
	for _, test := range []struct {
		name  string
		fault answer
		want  int // attempts
	}{
		{"500", status(500, s3Error("InternalError")), 2},
		{"502 of a proxy", status(502, "<html>"), 2},
		{"503", status(503, s3Error("SlowDown")), 2},
		{"504", status(504, ""), 2},
		{"429", status(429, ""), 2},
		{"400 RequestTimeout", status(400, s3Error("RequestTimeout")), 2},
		{"400 Throttling", status(400, stsError("Throttling")), 2},
		{"400 IDPCommunicationError", status(400, stsError("IDPCommunicationError")), 2},
		{"connection reset", fails(syscall.ECONNRESET), 2},
		{"end of file", fails(io.ErrUnexpectedEOF), 2},
		{"the base's own timeout", fails(dialTimeout), 2},

		{"301", status(301, s3Error("PermanentRedirect")), 1},
		{"304", status(304, ""), 1},
		{"400", status(400, s3Error("InvalidArgument")), 1},
		{"403", status(403, s3Error("AccessDenied")), 1},
		{"403 of a wrong secret", status(403, s3Error("SignatureDoesNotMatch")), 1},
		{"403 without a document", status(403, ""), 1},
		{"404", status(404, s3Error("NoSuchKey")), 1},
		{"412", status(412, s3Error("PreconditionFailed")), 1},
		{"416", status(416, s3Error("InvalidRange")), 1},
		{"501", status(501, s3Error("NotImplemented")), 1},
		{"400 ExpiredToken, credentials that cannot be renewed", status(400, s3Error("ExpiredToken")), 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				transport, s := newTransport(t, test.fault, ok)
				code, _, err := do(t, transport, newRequest(t, http.MethodGet, nil))
				if len(s.attempts) != test.want {
					t.Errorf("%d attempts, want %d", len(s.attempts), test.want)
				}
				if test.want == 2 && (code != 200 || err != nil) {
					t.Errorf("got %d, %v after the retry, want 200", code, err)
				}
			})
		})
	}
}

// timeoutError is as net's: it matches context.DeadlineExceeded though no
// context has ended.
type timeoutError struct{}

func (*timeoutError) Error() string { return "dial: i/o timeout" }
func (*timeoutError) Is(target error) bool {
	return target == context.DeadlineExceeded || target == os.ErrDeadlineExceeded
}

func TestMaxAttempts(t *testing.T) {
	for _, test := range []struct{ max, want int }{
		{0, 4}, // the default
		{-1, 4},
		{1, 1},
		{2, 2},
		{7, 7},
	} {
		t.Run(fmt.Sprint(test.max), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				transport, s := newTransport(t, status(500, s3Error("InternalError")))
				transport.MaxAttempts = test.max
				code, body, err := do(t, transport, newRequest(t, http.MethodGet, nil))
				if len(s.attempts) != test.want {
					t.Errorf("%d attempts, want %d", len(s.attempts), test.want)
				}
				if code != 500 || body != s3Error("InternalError") || err != nil {
					t.Errorf("got %d, %q, %v, want the last answer whole", code, body, err)
				}
			})
		})
	}
}

func TestBackoffIsFullJitterUpToAGrowingBound(t *testing.T) {
	const rounds = 50
	bounds := []time.Duration{100 * time.Millisecond, 200 * time.Millisecond, 400 * time.Millisecond,
		800 * time.Millisecond, 1600 * time.Millisecond, 3200 * time.Millisecond, 6400 * time.Millisecond,
		12800 * time.Millisecond, 20 * time.Second, 20 * time.Second}
	low, high := make([]float64, len(bounds)), make([]float64, len(bounds))
	for range rounds {
		synctest.Test(t, func(t *testing.T) {
			transport, s := newTransport(t, status(503, ""))
			transport.MaxAttempts = len(bounds) + 1
			do(t, transport, newRequest(t, http.MethodGet, nil))
			for i, wait := range s.waits() {
				if wait >= bounds[i] {
					t.Errorf("wait %d is %v, want less than %v", i+1, wait, bounds[i])
				}
				share := float64(wait) / float64(bounds[i])
				if share < 0.5 {
					low[i]++
				} else {
					high[i]++
				}
			}
		})
	}
	for i := range bounds {
		// Both halves of the range are met: the odds against are 2^49.
		if low[i] == 0 || high[i] == 0 || low[i]+high[i] != rounds {
			t.Errorf("wait %d: %v in the lower half of its range, %v in the upper, of %d", i+1, low[i], high[i], rounds)
		}
	}
}

func TestRetryAfterIsTheLeastWait(t *testing.T) {
	for _, test := range []struct {
		value    string
		min, max time.Duration
	}{
		{"3", 3 * time.Second, 3 * time.Second},
		{"600", 20 * time.Second, 20 * time.Second}, // nobody waits ten minutes
		{"0", 0, 100 * time.Millisecond},
		{"-5", 0, 100 * time.Millisecond},
		{"soon", 0, 100 * time.Millisecond},
	} {
		t.Run(test.value, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				transport, s := newTransport(t, status(503, "", "Retry-After", test.value), ok)
				do(t, transport, newRequest(t, http.MethodGet, nil))
				if wait := s.waits()[0]; wait < test.min || wait > test.max {
					t.Errorf("waited %v, want %v to %v", wait, test.min, test.max)
				}
			})
		})
	}
}

func TestBudgetBoundsTheRetriesOfAllRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		transport, s := newTransport(t, status(503, ""))
		const requests = 60
		for range requests {
			do(t, transport, newRequest(t, http.MethodGet, nil))
		}
		if retries := len(s.attempts) - requests; retries != 100 { // 500 tokens at 5 each
			t.Errorf("%d retries, want 100", retries)
		}

		// Five successes pay for one more.
		s.answers = []answer{ok}
		for range 5 {
			do(t, transport, newRequest(t, http.MethodGet, nil))
		}
		s.answers, s.attempts = []answer{status(503, "")}, nil
		do(t, transport, newRequest(t, http.MethodGet, nil))
		if len(s.attempts) != 2 {
			t.Errorf("%d attempts after five successes, want 2", len(s.attempts))
		}
	})
}

// A retry that helped has cost nothing: requests that fail once each may go on so for ever.
func TestBudgetGetsBackWhatARetryThatHelpedHasCost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		transport, s := newTransport(t)
		for n := range 300 {
			s.answers, s.attempts = []answer{status(503, ""), ok}, nil
			do(t, transport, newRequest(t, http.MethodGet, nil))
			if len(s.attempts) != 2 {
				t.Fatalf("request %d: %d attempts, want 2", n+1, len(s.attempts))
			}
		}
	})
}

func TestCancellationEndsTheBackoff(t *testing.T) {
	for _, test := range []struct {
		name  string
		fault answer
		want  error // nil: the service's answer is given
	}{
		{"an answer", status(503, s3Error("SlowDown"), "Retry-After", "20"), nil},
		{"a connection error", fails(errReset), errReset},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				transport, s := newTransport(t, test.fault)
				transport.MaxAttempts = 100
				ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
				defer cancel()
				start := time.Now()
				resp, err := transport.RoundTrip(newRequest(t, http.MethodGet, nil).WithContext(ctx))
				if took := time.Since(start); took != 5*time.Second {
					t.Errorf("returned after %v, want 5s", took)
				}
				if test.want == nil {
					if err != nil {
						t.Fatal(err)
					}
					// The last word of the service, whole although the context has ended.
					if e := sigv4http.ReadError(resp); e.Code != "SlowDown" {
						t.Errorf("got %v, want SlowDown", e)
					}
				} else if !errors.Is(err, test.want) || !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("got %v, want %v and the deadline", err, test.want)
				}
				if s.open != 0 {
					t.Errorf("%d answers' bodies are left open", s.open)
				}
			})
		})
	}
}

func TestCancelledRequestIsNotRetried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		transport, s := newTransport(t, func(attempt) (*http.Response, error) {
			cancel()
			return nil, ctx.Err()
		})
		_, _, err := do(t, transport, newRequest(t, http.MethodGet, nil).WithContext(ctx))
		if !errors.Is(err, context.Canceled) || len(s.attempts) != 1 {
			t.Errorf("got %v after %d attempts, want %v after 1", err, len(s.attempts), context.Canceled)
		}
	})
}

func TestConnectionIsFreeDuringTheBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var rest *strings.Reader
		transport, _ := newTransport(t, func(attempt) (*http.Response, error) {
			rest = strings.NewReader(s3Error("SlowDown"))
			return &http.Response{StatusCode: 503, Header: http.Header{"Retry-After": {"10"}}, Body: io.NopCloser(rest)}, nil
		}, ok)
		go func() {
			time.Sleep(time.Second)
			synctest.Wait()
			if rest.Len() != 0 {
				t.Errorf("%d bytes of the error are unread while waiting", rest.Len())
			}
		}()
		do(t, transport, newRequest(t, http.MethodGet, nil))
	})
}
