package sigv4http_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/sigvier/sigvier/sigv4/sigv4http"
)

func TestThrottledAttempts(t *testing.T) {
	for _, test := range []struct {
		name   string
		answer answer
		want   bool
	}{
		{"S3's SlowDown", status(503, s3Error("SlowDown")), true},
		{"ServiceUnavailable", status(503, s3Error("ServiceUnavailable")), true},
		{"503 without a document, as of a HEAD", status(503, ""), true},
		{"429", status(429, ""), true},
		{"400 RequestLimitExceeded", status(400, stsError("RequestLimitExceeded")), true},
		{"400 Throttling", status(400, stsError("Throttling")), true},
		{"400 that says something else", status(400, s3Error("InvalidArgument")), false},
		{"400 RequestTimeout", status(400, s3Error("RequestTimeout")), false},
		{"500", status(500, s3Error("InternalError")), false},
		{"502 of a proxy", status(502, "<html>"), false},
		{"404", status(404, s3Error("NoSuchKey")), false},
		{"200", ok, false},
		{"no answer", fails(errReset), false},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				transport, _ := newTransport(t, test.answer)
				transport.MaxAttempts = 1
				var got []sigv4http.Attempt
				ctx := sigv4http.WithOnAttempt(t.Context(), func(a sigv4http.Attempt) { got = append(got, a) })
				code, body, err := do(t, transport, newRequest(t, http.MethodGet, nil).WithContext(ctx))
				if len(got) != 1 || got[0].Throttled != test.want || got[0].Status != code {
					t.Errorf("told of %+v, want one of status %d with Throttled %v", got, code, test.want)
				}
				if err == nil && code == 400 && !strings.Contains(body, "<Code>") {
					t.Errorf("the error's document is read away: %q is left", body)
				}
			})
		})
	}
}

// Both that listen are told of all attempts, and the innermost of the contexts counts.
func TestWithOnAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		type told struct {
			who            string
			number, status int
		}
		var got []told
		listen := func(who string) func(sigv4http.Attempt) {
			return func(a sigv4http.Attempt) { got = append(got, told{who, a.Number, a.Status}) }
		}
		transport, _ := newTransport(t, status(503, s3Error("SlowDown")), ok, ok)
		transport.OnAttempt = func(_ context.Context, a sigv4http.Attempt) { listen("transport")(a) }
		outer := sigv4http.WithOnAttempt(t.Context(), listen("outer"))
		inner := sigv4http.WithOnAttempt(outer, listen("inner"))
		do(t, transport, newRequest(t, http.MethodGet, nil).WithContext(inner))
		do(t, transport, newRequest(t, http.MethodGet, nil).WithContext(sigv4http.WithOnAttempt(outer, nil)))
		want := []told{{"transport", 1, 503}, {"inner", 1, 503}, {"transport", 2, 200}, {"inner", 2, 200}, {"transport", 1, 200}}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(told{})); diff != "" {
			t.Errorf("told (-want +got)\n%s", diff)
		}
	})
}
