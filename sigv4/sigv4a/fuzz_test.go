package sigv4a_test

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sigv4/sigv4a"
	"github.com/sigvier/sigvier/testvectors"
)

// FuzzSignVerify: what is signed in one of the forms verifies, and no longer does
// with one byte of the signature or of the query changed.
func FuzzSignVerify(f *testing.F) {
	cases, err := testvectors.V4a()
	if err != nil || len(cases) != 38 {
		f.Fatalf("%d seeds from the vectors, %v; want 38", len(cases), err)
	}
	for i, c := range cases {
		path, query, _ := strings.Cut(c.Target, "?")
		f.Add(c.Method, path, query, c.Headers[len(c.Headers)-1][1], c.Region, i)
	}
	f.Add("GET", "/a b+c%2F", "a=1;b=2&c=3&d=e+f&&=", " a \t b ", "us-*,*", 1<<20)
	f.Fuzz(func(t *testing.T, method, path, query, value, regionSet string, at int) {
		s, err := sigv4a.NewSigner("s3", regionSet, nil)
		if err != nil {
			isInputError(t, err)
			return
		}
		header := &http.Request{Method: method, Host: "example.amazonaws.com", Header: http.Header{"X-Fuzzed": {value}},
			URL: &url.URL{Scheme: "https", Host: "example.amazonaws.com", Path: path, RawQuery: query}}
		p, err := s.Presign(header, temporary, sigv4.EmptyPayload(), moment, time.Hour)
		if err != nil {
			isInputError(t, err)
		} else if follower, err := http.NewRequest(method, p.URL, nil); err != nil {
			t.Fatalf("Presign(%q) gives the URL %q: %v", path, p.URL, err)
		} else {
			follower.Header = p.Header
			verifiesUnlessChanged(t, s, follower, at)
		}
		if err := s.Sign(header, temporary, sigv4.EmptyPayload(), moment); err != nil {
			isInputError(t, err)
			return
		}
		verifiesUnlessChanged(t, s, header, at)
	})
}

func isInputError(t *testing.T, err error) {
	t.Helper()
	var input *sigv4.InputError
	if !errors.As(err, &input) {
		t.Fatalf("the error is %v (%T), want an InputError", err, err)
	}
}

func verifiesUnlessChanged(t *testing.T, s *sigv4.Signer, req *http.Request, at int) {
	t.Helper()
	v, err := s.Verify(req, known(temporary), sigv4.EmptyPayload(), moment)
	if err != nil {
		t.Fatalf("Verify of what was signed, %s %q with %q = %v", req.Method, req.URL, req.Header, err)
	}
	resign(req, func(signature string) string {
		i := int(uint(at) % uint(len(signature)))
		digit := byte('0')
		if signature[i] == digit {
			digit = '1'
		}
		return signature[:i] + string(digit) + signature[i+1:]
	})
	if _, err := s.Verify(req, known(temporary), sigv4.EmptyPayload(), moment); code(err) != "SignatureDoesNotMatch" {
		t.Fatalf("Verify with digit %d of the signature changed = %v, want SignatureDoesNotMatch", at, err)
	}
	resign(req, func(string) string { return v.Signature })
	req.URL.RawQuery = "fuzz=" + "&" + req.URL.RawQuery
	if _, err := s.Verify(req, known(temporary), sigv4.EmptyPayload(), moment); code(err) != "SignatureDoesNotMatch" {
		t.Fatalf("Verify with a parameter more = %v, want SignatureDoesNotMatch", err)
	}
}

// FuzzVerify: nothing makes Verify panic, and it believes no signature but those
// that were made, and their twins.
func FuzzVerify(f *testing.F) {
	cases, err := testvectors.V4a()
	if err != nil || len(cases) != 38 {
		f.Fatalf("%d seeds from the vectors, %v; want 38", len(cases), err)
	}
	for _, c := range cases {
		f.Add(c.Header.StringToSign, c.Header.Signature)
	}
	f.Add("", "3006020101020101")
	f.Add("text", strings.Repeat("0f", 32))
	public := publicKey(f, cases[0].PublicKeyX, cases[0].PublicKeyY)
	f.Fuzz(func(t *testing.T, stringToSign, signature string) {
		got := sigv4a.Verify(public, []byte(stringToSign), signature)
		second := holds(cases[0].PublicKeyX, cases[0].PublicKeyY, stringToSign, signature)
		if got && second != nil {
			t.Fatalf("Verify(%q, %q) = true, but the textbook says: %v", stringToSign, signature, second)
		}
	})
}
