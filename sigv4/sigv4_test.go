package sigv4_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/sigvier/sigvier/sigv4"
)

// What the tests of this package share: credentials from AWS's documents, one
// moment, and short ways from a request to the lines of its canonical request.

const (
	exampleID     = "AKIDEXAMPLE"
	exampleSecret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
	exampleToken  = "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQ=="
)

var (
	moment    = time.Date(2015, time.August, 30, 12, 36, 0, 0, time.UTC)
	longTerm  = sigv4.NewCredentials(exampleID, exampleSecret, "")
	temporary = sigv4.NewCredentials(exampleID, exampleSecret, exampleToken)
)

func newSigner(t testing.TB, service string, opts *sigv4.Options) *sigv4.Signer {
	t.Helper()
	s, err := sigv4.NewSigner(service, "us-east-1", opts)
	if err != nil {
		t.Fatalf("NewSigner(%q, us-east-1) = %v, want a signer", service, err)
	}
	return s
}

func newRequest(t testing.TB, method, target string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, target, nil)
	if err != nil {
		t.Fatal(err)
	}
	return req
}

// requestTo is a request whose URL no parser has seen.
func requestTo(u url.URL) *http.Request {
	if u.Scheme == "" {
		u.Scheme = "https"
	}
	if u.Host == "" {
		u.Host = "example.amazonaws.com"
	}
	return &http.Request{Method: http.MethodGet, URL: &u, Header: http.Header{}, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1}
}

func known(cred sigv4.Credentials) sigv4.Lookup {
	return func(context.Context, string, string) (sigv4.Credentials, error) { return cred, nil }
}

// canonicalRequest gives the lines of the canonical request of the header form.
type canonicalRequest struct {
	method, path, query string
	headers             []string // "name:value"
	signed, payload     string
}

func trace(t testing.TB, s *sigv4.Signer, req *http.Request) canonicalRequest {
	t.Helper()
	tr, err := s.Explain(req, longTerm, sigv4.EmptyPayload(), moment)
	if err != nil {
		t.Fatalf("Explain(%q, %v) = %v, want a trace", req.URL, req.Header, err)
	}
	return parseCanonical(t, tr.CanonicalRequest)
}

func parseCanonical(t testing.TB, text string) canonicalRequest {
	t.Helper()
	lines := strings.Split(text, "\n")
	n := len(lines)
	if n < 7 || lines[n-3] != "" {
		t.Fatalf("canonical request %q has not the seven parts", text)
	}
	return canonicalRequest{lines[0], lines[1], lines[2], lines[3 : n-3], lines[n-2], lines[n-1]}
}

// header gives the value of one canonical header.
func (c canonicalRequest) header(name string) (value string, ok bool) {
	for _, line := range c.headers {
		if v, found := strings.CutPrefix(line, name+":"); found {
			return v, true
		}
	}
	return "", false
}

func hmacSHA256(key []byte, text string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(text))
	return mac.Sum(nil)
}

// throughWire writes the request as net/http's client does and reads it as its
// server does.
func throughWire(req *http.Request) (*http.Request, error) {
	var wire bytes.Buffer
	if err := req.Clone(req.Context()).Write(&wire); err != nil {
		return nil, err
	}
	return http.ReadRequest(bufio.NewReader(&wire))
}

// requestOf is what a client makes of a presigned URL.
func requestOf(t testing.TB, method string, p sigv4.Presigned) *http.Request {
	t.Helper()
	req := newRequest(t, method, p.URL)
	req.Header = p.Header.Clone()
	return req
}

// snapshot is all of a request that a signer could change.
type snapshot struct {
	Method, Host  string
	URL           *url.URL
	Header        http.Header
	ContentLength int64
}

func snapshotOf(req *http.Request) snapshot {
	if req == nil {
		return snapshot{}
	}
	s := snapshot{Method: req.Method, Host: req.Host, Header: req.Header.Clone(), ContentLength: req.ContentLength}
	if req.URL != nil {
		u := *req.URL
		s.URL = &u
	}
	return s
}

// untouched fails the test if the request is not as it was.
func untouched(t *testing.T, what string, before snapshot, req *http.Request) {
	t.Helper()
	if diff := cmp.Diff(before, snapshotOf(req)); diff != "" {
		t.Errorf("%s changed the request (-before +after):\n%s", what, diff)
	}
}

// serve starts a server that verifies what arrives and answers the request's
// error, or nothing.
func serve(t *testing.T, s *sigv4.Signer, cred sigv4.Credentials, payload func(body []byte) sigv4.PayloadHash) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			_, err = s.Verify(r, known(cred), payload(body), moment)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusForbidden)
		}
	}))
	t.Cleanup(server.Close)
	return server
}

// answer sends the request and gives the status and the body.
func answer(t *testing.T, server *httptest.Server, req *http.Request) (status int, body string) {
	t.Helper()
	resp, err := server.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}
