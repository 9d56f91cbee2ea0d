package sigv4_test

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/testvectors"
)

// seeds gives each request of the published cases to add, and fails when there
// are fewer than were published.
func seeds(f *testing.F, add func(c testvectors.Case, path, query string)) {
	f.Helper()
	n := 0
	for _, load := range []func() ([]testvectors.Case, error){testvectors.V4, testvectors.Legacy2015, testvectors.Documents} {
		cases, err := load()
		if err != nil {
			f.Fatal(err)
		}
		for _, c := range cases {
			path, query, _ := strings.Cut(c.Target, "?")
			add(c, path, query)
			n++
		}
	}
	if n < 82 {
		f.Fatalf("%d seeds from the vectors, want at least 82", n)
	}
}

// FuzzSignVerify: what the signer accepts in one of its forms, Verify accepts,
// as the signer left it and as net/http sends and reads it.
func FuzzSignVerify(f *testing.F) {
	seeds(f, func(c testvectors.Case, path, query string) {
		value := ""
		for _, h := range c.Headers {
			value = h[1]
		}
		f.Add(c.Method, path, query, value, c.NormalizePath)
	})
	f.Add("GET", "/a b+c%2F", "a=1;b=2&c=3&d=e+f&&=", " a \t b ", true)
	f.Add("M-SEARCH", "", "%41=%7e", "\u00a0\xff", false)
	s3, other := newSigner(f, "s3", nil), newSigner(f, "service", nil)
	f.Fuzz(func(t *testing.T, method, path, query, value string, normalize bool) {
		s := s3
		if normalize {
			s = other
		}
		request := func() *http.Request {
			req := requestTo(url.URL{Path: path, RawQuery: query})
			req.Method = method
			req.Header["X-Fuzzed"] = []string{value, "second"}
			return req
		}
		req := request()
		before := snapshotOf(req)
		if err := s.Sign(req, temporary, sigv4.EmptyPayload(), moment); err != nil {
			isInputError(t, "Sign", err)
			untouched(t, "Sign", before, req)
		} else {
			req.Host = before.URL.Host // as the server has it
			verifies(t, s, req)
			overTheWire(t, s, req)
		}

		req = request()
		p, err := s.Presign(req, temporary, sigv4.EmptyPayload(), moment, time.Hour)
		untouched(t, "Presign", before, req)
		if err != nil {
			isInputError(t, "Presign", err)
			return
		}
		follower, err := http.NewRequest(method, p.URL, nil)
		if err != nil {
			t.Fatalf("Presign(%q) gives the URL %q: %v", path, p.URL, err)
		}
		follower.Header = p.Header
		verifies(t, s, follower)
		overTheWire(t, s, follower)
	})
}

func isInputError(t *testing.T, what string, err error) {
	t.Helper()
	var input *sigv4.InputError
	if !errors.As(err, &input) {
		t.Fatalf("%s = %v (%T), want an InputError", what, err, err)
	}
}

func verifies(t *testing.T, s *sigv4.Signer, req *http.Request) {
	t.Helper()
	if _, err := s.Verify(req, known(temporary), sigv4.EmptyPayload(), moment); err != nil {
		t.Fatalf("Verify of what was signed, %s %q with %q = %v", req.Method, req.URL, req.Header, err)
	}
}

// overTheWire verifies what a server reads, if net/http writes and reads the
// request at all.
func overTheWire(t *testing.T, s *sigv4.Signer, req *http.Request) {
	t.Helper()
	if req.Method == http.MethodConnect {
		return // its target is no path
	}
	if arrived, err := throughWire(req); err == nil {
		verifies(t, s, arrived)
	}
}

// FuzzQuery: the canonical query is a fixed point, it has the pairs of the query
// that was given, and it is sorted.
func FuzzQuery(f *testing.F) {
	seeds(f, func(_ testvectors.Case, _, query string) { f.Add(query) })
	for _, query := range []string{"a=1;b=2&c=3", "a+b=c%20d", "a%2Fb=1&a-b=2", "&&", "=", "%", "a=%4", "%zz", "X-Amz-Signature=1", "\xff=%ff"} {
		f.Add(query)
	}
	s := newSigner(f, "s3", nil)
	f.Fuzz(func(t *testing.T, query string) {
		canonical, ok := canonicalQuery(t, s, query)
		want, valid := pairs(query)
		if signed := slices.ContainsFunc(want, func(pair string) bool { return strings.HasPrefix(pair, "X-Amz-Signature=") }); ok != (valid && !signed) {
			t.Fatalf("query %q is accepted: %t, but well formed: %t, and presigned: %t", query, ok, valid, signed)
		}
		if !ok {
			return
		}
		if again, ok := canonicalQuery(t, s, canonical); !ok || again != canonical {
			t.Fatalf("canonical query of %q is %q, and of that %q", query, canonical, again)
		}
		slices.SortFunc(want, func(a, b string) int {
			an, av, _ := strings.Cut(a, "=")
			bn, bv, _ := strings.Cut(b, "=")
			return slices.Compare([]string{an, av}, []string{bn, bv})
		})
		if got := strings.Join(want, "&"); got != canonical {
			t.Fatalf("canonical query of %q = %q, want %q", query, canonical, got)
		}
	})
}

func canonicalQuery(t *testing.T, s *sigv4.Signer, query string) (canonical string, ok bool) {
	t.Helper()
	tr, err := s.Explain(requestTo(url.URL{Path: "/", RawQuery: query}), longTerm, sigv4.EmptyPayload(), moment)
	if err != nil {
		isInputError(t, "Explain", err)
		return "", false
	}
	return strings.Split(tr.CanonicalRequest, "\n")[2], true
}

// pairs is the slow and obvious way to the encoded pairs of a query.
func pairs(query string) (encodedPairs []string, valid bool) {
	encode := func(s string) string {
		var b strings.Builder
		for i := range len(s) {
			b.WriteString(encoded(s[i]))
		}
		return b.String()
	}
	for pair := range strings.SplitSeq(query, "&") {
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		decodedName, err1 := url.QueryUnescape(name)
		decodedValue, err2 := url.QueryUnescape(value)
		if err1 != nil || err2 != nil {
			return nil, false
		}
		encodedPairs = append(encodedPairs, encode(decodedName)+"="+encode(decodedValue))
	}
	return encodedPairs, true
}

// FuzzVerify: nothing that arrives makes Verify panic, give an error that is no
// VerifyError, or believe what was not signed.
func FuzzVerify(f *testing.F) {
	s := newSigner(f, "s3", nil)
	header, query := headerArrival(f, s), queryArrival(f, s)
	var made []string
	for _, a := range []*arrival{header, query} {
		v, err := a.verify(s)
		if err != nil {
			f.Fatal(err)
		}
		made = append(made, v.Signature)
	}
	for _, c := range []struct{ authorization, date, query string }{
		{header.req.Header.Get("Authorization"), header.req.Header.Get("X-Amz-Date"), "c=1&d=2&e"},
		{"", "", query.req.URL.RawQuery},
		{"AWS4-HMAC-SHA256 Credential=a/b/c/d/aws4_request, SignedHeaders=host, Signature=00", "00010101T000000Z", ""},
		{"AWS4-HMAC-SHA256 ,,,===", "99991231T235959Z", "X-Amz-Algorithm&X-Amz-Signature&X-Amz-Date=%"},
	} {
		f.Add(c.authorization, c.date, c.query)
	}
	f.Fuzz(func(t *testing.T, authorization, date, query string) {
		req := header.req.Clone(t.Context())
		req.URL.RawQuery = query
		req.Header.Set("X-Amz-Date", date)
		if authorization == "" {
			req.Header = http.Header{}
		} else {
			req.Header.Set("Authorization", authorization)
		}
		v, err := s.Verify(req, known(temporary), sigv4.PayloadHash{}, moment)
		var denied *sigv4.VerifyError
		switch {
		case err == nil && !slices.Contains(made, v.Signature):
			t.Fatalf("Verify of %q, %q, %q believes a signature that nobody made: %+v", authorization, date, query, v)
		case err != nil && (!errors.As(err, &denied) || denied.Code == "" || denied.Status < 400 || denied.Message == ""):
			t.Fatalf("Verify of %q, %q, %q = %v (%T), want a VerifyError", authorization, date, query, err, err)
		}
	})
}
