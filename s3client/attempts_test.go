package s3client_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/s3client/s3test"
	"github.com/sigvier/sigvier/sigv4/sigv4http"
)

// told keeps what OnAttempt is told.
type told struct {
	mu       sync.Mutex
	attempts []sigv4http.Attempt
}

func (o *told) attempt(_ context.Context, a sigv4http.Attempt) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.attempts = append(o.attempts, a)
}

func TestOnAttemptIsToldOfEachAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		net := &recorder{answers: []answer{
			says(503, "<Error><Code>SlowDown</Code></Error>", "X-Amz-Request-Id", "first"),
			func(*http.Request) (*http.Response, error) { return nil, context.DeadlineExceeded },
			says(301, permanentRedirect, "X-Amz-Bucket-Region", "eu-west-1"),
			says(200, "", "X-Amz-Request-Id", "last"),
		}}
		var log told
		c := open(t, awsForm("us-east-1"), &s3client.Options{Base: net, OnAttempt: log.attempt})
		if err := getKey(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		type row struct {
			Host, Path, RequestID string
			Number, Status        int
			Failed                bool
		}
		const home, there = "data.s3.us-east-1.amazonaws.com", "data.s3.eu-west-1.amazonaws.com"
		var got []row
		for _, a := range log.attempts {
			got = append(got, row{a.Host, a.Path, a.RequestID, a.Number, a.Status, a.Err != nil})
		}
		want := []row{{home, "/k", "first", 1, 503, false}, {home, "/k", "", 2, 0, true}, {home, "/k", "", 3, 301, false}, {there, "/k", "last", 1, 200, false}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("attempts (-want +got)\n%s", diff)
		}
	})
}

// What is logged of a request has nothing of its query and of its headers, whatever
// is in them, and in whatever form it is logged.
func TestLogHoldsNoSecret(t *testing.T) {
	if !md5Allowed(t) {
		return
	}
	const customerKey = "0123456789abcdef0123456789abcdef"
	var buf bytes.Buffer
	level := &slog.HandlerOptions{Level: slog.LevelDebug}
	for name, handler := range map[string]slog.Handler{"JSON": slog.NewJSONHandler(&buf, level), "text": slog.NewTextHandler(&buf, level)} {
		t.Run(name, func(t *testing.T) {
			buf.Reset()
			net := &express{}
			f := awsForm("us-east-1")
			f.SessionToken = s3client.NewSecret(token)
			c := open(t, f, &s3client.Options{Base: net, OnAttempt: sigv4http.LogAttempts(slog.New(handler))})
			key, err := s3client.NewCustomerKey([]byte(customerKey))
			if err != nil {
				t.Fatal(err)
			}
			in := s3client.GetObjectInput{Bucket: "data", Key: "the key", VersionID: "the-version", CustomerKey: key}
			net.within = func(req *http.Request) (*http.Response, error) {
				return says(403, "<Error><Code>AccessDenied</Code><Message>"+req.Header.Get("X-Amz-Security-Token")+req.Header.Get("X-Amz-S3session-Token")+"</Message></Error>", "X-Amz-Request-Id", "id-of-the-request")(req)
			}
			_, err = c.GetObject(t.Context(), in)
			wantErr(t, err, s3client.ErrAccessDenied)
			in.Bucket = directory
			_, err = c.GetObject(t.Context(), in)
			wantErr(t, err, s3client.ErrAccessDenied)
			if strings.Contains(err.Error(), "token-1") {
				t.Errorf("the session's token is in %q", err)
			}
			if _, err := c.Presign(t.Context(), s3client.PresignInput{Operation: in, Expires: time.Minute}); err != nil {
				t.Fatal(err)
			}

			text := buf.String()
			if n := strings.Count(text, "\n"); n != 3 { // the object, the session, the object in it
				t.Errorf("%d lines are logged, want 3:\n%s", n, text)
			}
			for _, want := range []string{"/the key", "id-of-the-request", "data.s3.us-east-1.amazonaws.com", "WARN", "403", "DEBUG", "200"} {
				if !strings.Contains(text, want) {
					t.Errorf("%s is not in the log:\n%s", want, text)
				}
			}
			noSecret(t, text)
			for _, hidden := range []string{customerKey, "MDEyMzQ1Njc4OWFi", "token-1", "the/secret/of/session", "the-version", "versionId", "Signature", "Authorization", "Credential", keyID, "?"} {
				if strings.Contains(text, hidden) {
					t.Errorf("%s is in the log:\n%s", hidden, text)
				}
			}
		})
	}
}

// A trace of the caller's sees the connections of a request.
func TestHTTPTraceIsKept(t *testing.T) {
	srv := serve(t, s3test.Config{})
	var got, wrote int
	trace := &httptrace.ClientTrace{
		GotConn:      func(httptrace.GotConnInfo) { got++ },
		WroteRequest: func(httptrace.WroteRequestInfo) { wrote++ },
	}
	c := open(t, form(srv), nil)
	put(t, c, "data", "k", text)
	if err := getKey(httptrace.WithClientTrace(t.Context(), trace), c); err != nil {
		t.Fatal(err)
	}
	if got != 1 || wrote != 1 {
		t.Errorf("the trace sees %d connections and %d requests, want 1 and 1", got, wrote)
	}
}

// The caller's own RoundTripper gets requests that are signed and whole, and its
// context's values.
func TestOwnRoundTripper(t *testing.T) {
	srv := serve(t, s3test.Config{})
	type key struct{}
	var seen []any
	base := roundTripper(func(req *http.Request) (*http.Response, error) {
		seen = append(seen, req.Context().Value(key{}))
		if req.Header.Get("Authorization") == "" || req.URL.Host == "" {
			t.Errorf("the request is not ready to be sent: %v", req.Header)
		}
		return http.DefaultTransport.RoundTrip(req)
	})
	c := open(t, form(srv), &s3client.Options{Base: base})
	put(t, c, "data", "k", text)
	if err := getKey(context.WithValue(t.Context(), key{}, "mine"), c); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]any{nil, "mine"}, seen); diff != "" {
		t.Errorf("the context's values (-want +got)\n%s", diff)
	}
}
