package sigv4_test

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/sigvier/sigvier/sigv4"
)

// What a small change of the code could break without any other test of this
// package noticing, as the run in testvectors/interop/mutation has shown.

// TestPlusInAPathIsSentToS3Escaped: S3 would read a plus there as a blank.
func TestPlusInAPathIsSentToS3Escaped(t *testing.T) {
	for _, row := range []struct {
		name, service string
		url           url.URL
		want          string
	}{
		{"S3", "s3", url.URL{Path: "/a+b"}, "/a%2Bb"},
		{"S3, with a raw path", "s3", url.URL{Path: "/a+b/c", RawPath: "/a+b%2Fc"}, "/a%2Bb%2Fc"},
		{"S3, with a plus in the query", "s3", url.URL{Path: "/a+b", RawQuery: "c+d"}, "/a%2Bb?c%20d"},
		{"S3, with a plus in the query alone", "s3", url.URL{Path: "/a%b", RawQuery: "c+d"}, "/a%25b?c%20d"},
		{"S3, an opaque path", "s3", url.URL{Opaque: "/a+b"}, "/a%2Bb"},
		{"another service", "service", url.URL{Path: "/a+b"}, "/a+b"},
		{"another service, an opaque path", "service", url.URL{Opaque: "/a+b"}, "/a+b"},
		{"another service, with a plus in the query", "service", url.URL{Path: "/a+b", RawQuery: "c+d"}, "/a+b?c%20d"},
	} {
		t.Run(row.name, func(t *testing.T) {
			req := requestTo(row.url)
			given, before := req.URL, *req.URL
			if err := newSigner(t, row.service, nil).Sign(req, longTerm, sigv4.EmptyPayload(), moment); err != nil {
				t.Fatal(err)
			}
			if got := req.URL.RequestURI(); got != row.want {
				t.Errorf("request target after Sign = %q, want %q", got, row.want)
			}
			if diff := cmp.Diff(before, *given); diff != "" {
				t.Errorf("the caller's URL has changed (-before +after):\n%s", diff)
			}
		})
	}
}

// TestRegionSetIsTheAlgorithms: X-Amz-Region-Set is the signer's own with an
// Algorithm, and a header or parameter like any other without one.
func TestRegionSetIsTheAlgorithms(t *testing.T) {
	for _, row := range []struct {
		name string
		opts *sigv4.Options
		want string
	}{
		{"without an Algorithm", nil, "theirs"},
		{"with an Algorithm", &sigv4.Options{Algorithm: otherAlgorithm{}}, "us-east-1"},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := newSigner(t, "service", row.opts)
			request := func() *http.Request {
				req := newRequest(t, "GET", "https://example.amazonaws.com/?a=b")
				req.Header["Range"] = []string{"bytes=0-9"}
				return req
			}

			req := request()
			req.Header["X-Amz-Region-Set"] = []string{"theirs"}
			const signed = "host;range;x-amz-date;x-amz-region-set"
			c := trace(t, s, req)
			if got, _ := c.header("x-amz-region-set"); got != row.want || c.signed != signed {
				t.Errorf("signed x-amz-region-set = %q in %q, want %q in %q", got, c.signed, row.want, signed)
			}
			if err := s.Sign(req, longTerm, sigv4.EmptyPayload(), moment); err != nil {
				t.Fatal(err)
			}
			if got := req.Header["X-Amz-Region-Set"]; len(got) != 1 || got[0] != row.want {
				t.Errorf("X-Amz-Region-Set after Sign = %q, want %q alone", got, row.want)
			}
			if _, err := s.Verify(req, known(longTerm), sigv4.EmptyPayload(), moment); err != nil {
				t.Errorf("Verify of the header form = %v", err)
			}

			req = request()
			req.URL.RawQuery = "X-Amz-Region-Set=theirs&a=b"
			p, err := s.Presign(req, longTerm, sigv4.EmptyPayload(), moment, time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			u, err := url.Parse(p.URL)
			if err != nil {
				t.Fatal(err)
			}
			if got := u.Query(); len(got["X-Amz-Region-Set"]) != 1 || got.Get("X-Amz-Region-Set") != row.want || got.Get("a") != "b" {
				t.Errorf("Presign gives %s, want X-Amz-Region-Set=%s once, and a=b", p.URL, row.want)
			}
			if diff := cmp.Diff(http.Header{"Range": {"bytes=0-9"}}, p.Header); diff != "" {
				t.Errorf("headers to send with the URL (-want +got):\n%s", diff)
			}
			if _, err := s.Verify(requestOf(t, "GET", p), known(longTerm), sigv4.EmptyPayload(), moment); err != nil {
				t.Errorf("Verify of the query form = %v", err)
			}
		})
	}
}

func TestRegionSetTwiceIsRefused(t *testing.T) {
	s := newSigner(t, "service", &sigv4.Options{Algorithm: otherAlgorithm{}})
	req := newRequest(t, "GET", "https://example.amazonaws.com/")
	if err := s.Sign(req, longTerm, sigv4.EmptyPayload(), moment); err != nil {
		t.Fatal(err)
	}
	req.Header["X-Amz-Region-Set"] = []string{"us-east-1", "us-east-1"}
	verified, err := s.Verify(req, known(longTerm), sigv4.EmptyPayload(), moment)
	isDenied(t, "Verify with two region sets", verified, err, "AccessDenied", http.StatusForbidden)
}

// noKey is an Algorithm to which no credentials are good.
type noKey struct{ otherAlgorithm }

var errNoKey = errors.New("no key of these credentials")

func (noKey) Key(sigv4.Credentials) (sigv4.Key, error) { return nil, errNoKey }

func TestAlgorithmWithoutAKeySignsNothing(t *testing.T) {
	s := newSigner(t, "service", &sigv4.Options{Algorithm: noKey{}})
	for range 2 { // the second time, too: no failure is kept for a key
		a := newAttempt(t)
		before := snapshotOf(a.req)
		for _, name := range bothForms.calls() {
			if _, err := a.call(s, name); !errors.Is(err, errNoKey) {
				t.Errorf("%s = %v, want the error that the Algorithm gave", name, err)
			}
			untouched(t, name, before, a.req)
		}
	}
}

// TestPresignedHeadersHaveValues: a header without a value is not sent and not
// signed, so the caller is not told to send it.
func TestPresignedHeadersHaveValues(t *testing.T) {
	req := newRequest(t, "GET", "https://example.amazonaws.com/")
	req.Header = http.Header{"Range": {"bytes=0-9"}, "X-None": nil, "X-Empty": {}, "X-Blank": {""}}
	p, err := newSigner(t, "s3", nil).Presign(req, longTerm, sigv4.UnsignedPayload(), moment, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(http.Header{"Range": {"bytes=0-9"}, "X-Blank": {""}}, p.Header); diff != "" {
		t.Errorf("headers to send with the URL (-want +got):\n%s", diff)
	}
	if want := "X-Amz-SignedHeaders=host%3Brange%3Bx-blank&"; !strings.Contains(p.URL, want) {
		t.Errorf("Presign gives %s, want %s in it", p.URL, want)
	}
}

// TestPresignHoldsThePayloadHashToTheHeader: it comes once and is what is signed.
func TestPresignHoldsThePayloadHashToTheHeader(t *testing.T) {
	const key = "X-Amz-Content-Sha256"
	s, empty := newSigner(t, "s3", nil), sigv4.EmptyPayload()
	for _, row := range []struct {
		name   string
		values []string
		good   bool
	}{
		{"none", nil, true},
		{"the payload hash", []string{empty.String()}, true},
		{"the payload hash twice", []string{empty.String(), empty.String()}, false},
		{"another", []string{"UNSIGNED-PAYLOAD"}, false},
		{"empty", []string{""}, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			req := newRequest(t, "GET", "https://example.amazonaws.com/")
			if row.values != nil {
				req.Header[key] = row.values
			}
			p, err := s.Presign(req, longTerm, empty, moment, time.Minute)
			if !row.good {
				isRefused(t, "Presign", err, sigv4.ErrRequest, "header \""+key+"\"", longTerm)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(row.values, p.Header[key]); diff != "" {
				t.Errorf("%s to send with the URL (-want +got):\n%s", key, diff)
			}
			if _, err := s.Verify(requestOf(t, "GET", p), known(longTerm), empty, moment); err != nil {
				t.Errorf("Verify = %v", err)
			}
		})
	}
}

// TestTheFirstYearIsSignedAndVerified by signers that have seen no other time.
func TestTheFirstYearIsSignedAndVerified(t *testing.T) {
	for _, at := range []time.Time{time.Unix(0, 0), time.Unix(1, 0), time.Date(1970, 12, 31, 23, 59, 59, 0, time.UTC)} {
		req := newRequest(t, "GET", "https://example.amazonaws.com/")
		if err := newSigner(t, "service", nil).Sign(req, longTerm, sigv4.EmptyPayload(), at); err != nil {
			t.Errorf("Sign at %v = %v", at, err)
			continue
		}
		v, err := newSigner(t, "service", nil).Verify(req, known(longTerm), sigv4.EmptyPayload(), at)
		if err != nil || !v.SignedAt.Equal(at) {
			t.Errorf("Verify at %v = %v, signed at %v, want the time of the signature", at, err, v.SignedAt)
		}
	}
}

// TestQueryFormNamesItsParameters: whichever of them is missing, the client is told
// of all, and not what would be wrong with an empty one.
func TestQueryFormNamesItsParameters(t *testing.T) {
	s := newSigner(t, "s3", nil)
	for _, name := range []string{"X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders", "X-Amz-Signature"} {
		a := queryArrival(t, s)
		a.withoutParam(name)
		verified, err := a.verify(s)
		denied := isDenied(t, "Verify without "+name, verified, err, "AuthorizationQueryParametersError", http.StatusBadRequest)
		if !strings.HasPrefix(denied.Message, "Query-string authentication version 4 requires ") || !strings.Contains(denied.Message, name) {
			t.Errorf("Verify without %s = %q, want the parameters that are required", name, denied.Message)
		}
	}
}
