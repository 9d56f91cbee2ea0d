package sigv4http_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sigv4/sigv4http"
)

// timely is a service whose clock is ahead of ours, and which minds.
func timely(t *testing.T, signer *sigv4.Signer, ahead time.Duration, refuse func(date string) answer) answer {
	lookup := func(context.Context, string, string) (sigv4.Credentials, error) { return longTerm, nil }
	return func(a attempt) (*http.Response, error) {
		now := time.Now().Add(ahead)
		if _, err := signer.Verify(a.Request, lookup, sigv4.PayloadHash{}, now); err != nil {
			return refuse(now.UTC().Format(http.TimeFormat))(a)
		}
		return ok(a)
	}
}

func tooSkewed(date string) answer {
	return status(403, s3Error("RequestTimeTooSkewed"), "Date", date)
}

func TestClockIsCorrectedOnceFromTheServersDateAndRemembered(t *testing.T) {
	for _, test := range []struct {
		name   string
		ahead  time.Duration
		method string
		refuse func(date string) answer
	}{
		{"server ahead", 2 * time.Hour, http.MethodGet, tooSkewed},
		{"server behind", -26 * time.Hour, http.MethodGet, tooSkewed},
		{"as STS says it", time.Hour, http.MethodGet, func(date string) answer {
			return status(403, stsError("SignatureDoesNotMatch"), "Date", date)
		}},
		{"HEAD, which has no document", time.Hour, http.MethodHead, func(date string) answer { return status(403, "", "Date", date) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				transport, s := newTransport(t)
				s.answers = []answer{timely(t, transport.Signer, test.ahead, test.refuse)}
				for i, want := range []int{2, 3, 4} { // attempts in all: only the first request needs a second
					if code, _, err := do(t, transport, newRequest(t, test.method, nil)); code != 200 || err != nil {
						t.Fatalf("request %d: got %d, %v, want 200", i+1, code, err)
					}
					if len(s.attempts) != want {
						t.Errorf("%d attempts after %d requests, want %d", len(s.attempts), i+1, want)
					}
				}
				if wait := s.waits()[0]; wait != 0 {
					t.Errorf("waited %v before the corrected attempt, want no wait", wait)
				}
			})
		})
	}
}

func TestClockIsLeftAloneWithoutReason(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now().UTC()
		for _, test := range []struct{ name, date string }{
			{"no Date", ""},
			{"a Date that is none", "yesterday"},
			{"a Date as ours", now.Format(http.TimeFormat)},
			{"a Date a little off", now.Add(-4 * time.Second).Format(http.TimeFormat)},
		} {
			transport, s := newTransport(t, status(403, s3Error("RequestTimeTooSkewed"), "Date", test.date))
			if code, _, err := do(t, transport, newRequest(t, http.MethodGet, nil)); code != 403 || err != nil {
				t.Errorf("%s: got %d, %v, want 403", test.name, code, err)
			}
			if len(s.attempts) != 1 {
				t.Errorf("%s: %d attempts, want 1", test.name, len(s.attempts))
			}
		}
	})
}

func TestClockThatCannotBeCorrectedIsTriedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var hours time.Duration
		transport, s := newTransport(t, func(a attempt) (*http.Response, error) {
			hours++ // a server that never agrees with itself
			return tooSkewed(time.Now().Add(hours * time.Hour).UTC().Format(http.TimeFormat))(a)
		})
		if code, _, err := do(t, transport, newRequest(t, http.MethodGet, nil)); code != 403 || err != nil {
			t.Errorf("got %d, %v, want 403", code, err)
		}
		if len(s.attempts) != 2 {
			t.Errorf("%d attempts, want 2", len(s.attempts))
		}
	})
}

// Several requests meet the same wrong clock at once: each is tried again, and
// the clock is corrected by its error once, not once for each.
func TestConcurrentRequestsCorrectTheClockTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		transport, s := newTransport(t)
		serve := timely(t, transport.Signer, time.Hour, tooSkewed)
		s.answers = []answer{func(a attempt) (*http.Response, error) {
			time.Sleep(time.Second) // so that all first attempts are under way together
			return serve(a)
		}}
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				if code, _, err := do(t, transport, newRequest(t, http.MethodGet, nil)); code != 200 || err != nil {
					t.Errorf("got %d, %v, want 200", code, err)
				}
			})
		}
		wg.Wait()
		if len(s.attempts) != 16 {
			t.Errorf("%d attempts, want 16", len(s.attempts))
		}
	})
}

func TestClockIsLearntFromARequestThatCannotBeRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		transport, s := newTransport(t)
		s.answers = []answer{timely(t, transport.Signer, time.Hour, tooSkewed)}
		for _, want := range []int{403, 200} {
			req := newRequest(t, http.MethodPut, strings.NewReader("content"))
			req.GetBody = nil
			req = req.WithContext(sigv4http.WithPayload(req.Context(), sigv4.UnsignedPayload()))
			if code, _, err := do(t, transport, req); code != want || err != nil {
				t.Errorf("got %d, %v, want %d", code, err, want)
			}
		}
	})
}

func TestClockIsNow(t *testing.T) {
	at := time.Date(2015, 8, 30, 12, 36, 0, 0, time.UTC)
	transport, s := newTransport(t, ok)
	transport.Now = func() time.Time { return at }
	do(t, transport, newRequest(t, http.MethodGet, nil))
	if got := s.attempts[0].Header.Get("X-Amz-Date"); got != "20150830T123600Z" {
		t.Errorf("X-Amz-Date is %s, want 20150830T123600Z", got)
	}
}
