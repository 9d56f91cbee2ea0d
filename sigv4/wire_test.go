package sigv4_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/sigvier/sigvier/sigv4"
)

// TestWhatIsSignedIsWhatIsSent writes each request as net/http's client does and
// verifies what its server reads. The signer may refuse a request; one that it
// has signed must verify on the other side. Opaque paths with blanks, which are
// no HTTP, are left to the published vectors: they want them signed.
func TestWhatIsSignedIsWhatIsSent(t *testing.T) {
	parsed := func(target string) func(req *http.Request) {
		return func(req *http.Request) {
			made, err := http.NewRequest(req.Method, target, nil)
			if err != nil {
				t.Fatal(err)
			}
			*req = *made
		}
	}
	header := func(key string, values ...string) func(req *http.Request) {
		return func(req *http.Request) { req.Header[key] = values }
	}
	body := func(method, text string) func(req *http.Request) {
		return func(req *http.Request) {
			req.Method, req.Body, req.ContentLength = method, io.NopCloser(strings.NewReader(text)), int64(len(text))
		}
	}
	for name, change := range map[string]func(req *http.Request){
		"a plain request":                  func(*http.Request) {},
		"no Host":                          func(req *http.Request) { req.Host = "" },
		"the default port":                 parsed("https://example.amazonaws.com:443/"),
		"the default port in the URL only": func(req *http.Request) { req.Host, req.URL.Host = "", "example.amazonaws.com:443" },
		"the other scheme's default port":  parsed("http://example.amazonaws.com:443/"),
		"an empty port":                    parsed("https://example.amazonaws.com:/"),
		"an empty port in the URL only":    func(req *http.Request) { req.Host, req.URL.Host = "", "example.amazonaws.com:" },
		"an IPv6 host":                     parsed("http://[::1]:9000/"),
		"an IPv6 zone":                     parsed("http://[fe80::1%25eth0]:9000/"),
		"an IPv6 zone in the URL only":     func(req *http.Request) { req.Host, req.URL.Host = "", "[fe80::1%eth0]:9000" },
		"an IPv6 zone in another Host":     func(req *http.Request) { req.Host = "[fe80::1%eth0]:9000" },
		"a host in upper case":             parsed("https://EXAMPLE.amazonaws.com/"),
		"another Host":                     func(req *http.Request) { req.Host = "bucket.example.org" },
		"a Host in the header map":         header("Host", "elsewhere.example.org"),
		"a user in the URL":                parsed("https://user:password@example.amazonaws.com/"),
		"a fragment in the URL":            parsed("https://example.amazonaws.com/a#b"),

		"no path":                         parsed("https://example.amazonaws.com"),
		"an encoded path":                 parsed("https://example.amazonaws.com/a%2fb%7E+%20"),
		"a path of two slashes":           func(req *http.Request) { req.URL.Path = "//" },
		"a path with a question mark":     func(req *http.Request) { req.URL.Path = "/a?b#c" },
		"an opaque path":                  func(req *http.Request) { req.URL.Opaque = "/a%2fb%7E+%20" },
		"an opaque path and an authority": func(req *http.Request) { req.URL.Opaque = "//example.amazonaws.com/a%2fb" },
		"an opaque URL with another authority": func(req *http.Request) {
			req.URL.Opaque = "//example.org/a"
		},
		"an opaque path with a question mark": func(req *http.Request) { req.URL.Opaque = "/a?b=c" },

		"a query with semicolons":      func(req *http.Request) { req.URL.RawQuery = "a=1;b=2&c=3" },
		"a query with a plus":          func(req *http.Request) { req.URL.RawQuery = "a=b+c&d=%2B" },
		"a query of odd bytes":         func(req *http.Request) { req.URL.RawQuery = "a=ሴ&b=\xff&c=<>\"`{}|\\^'" },
		"a query with a hash":          func(req *http.Request) { req.URL.RawQuery = "a=#b" },
		"a query with a blank":         func(req *http.Request) { req.URL.RawQuery = "a=b c" },
		"a query that is forced":       func(req *http.Request) { req.URL.ForceQuery = true },
		"a query with an algorithm":    func(req *http.Request) { req.URL.RawQuery = "X-Amz-Algorithm=AWS4-HMAC-SHA256" },
		"a query with two dates":       func(req *http.Request) { req.URL.RawQuery = "X-Amz-Date=a&X-Amz-Date=b" },
		"a query with a date":          func(req *http.Request) { req.URL.RawQuery = "X-Amz-Date=a" },
		"a query with upper-case auth": func(req *http.Request) { req.URL.RawQuery = "X-AMZ-SIGNATURE=a" },

		"a method in lower case": func(req *http.Request) { req.Method = "get" },
		"no method":              func(req *http.Request) { req.Method = "" },

		"blanks around a value":  header("X-Foo", " \t a  b\t "),
		"NBSP around a value":    header("X-Foo", "\u00a0a\u00a0"),
		"an empty value":         header("X-Foo", ""),
		"no values":              header("X-Foo"),
		"values of one name":     header("X-Foo", "a", "", "b"),
		"a header in lower case": header("x-foo", "a"),
		"headers that differ in case": func(req *http.Request) {
			req.Header["X-FOO"] = []string{"2"}
			req.Header["x-foo"] = []string{"1"}
			req.Header["X-Foo"] = []string{"3"}
		},
		"a user agent":                 header("User-Agent", "a", "b"),
		"no user agent":                header("User-Agent"),
		"a cookie":                     header("Cookie", "a=b", "c=d"),
		"an Accept-Encoding":           header("Accept-Encoding", "gzip"),
		"a Connection header":          header("Connection", "close"),
		"a Transfer-Encoding header":   header("Transfer-Encoding", "chunked"),
		"a Trailer header":             header("Trailer", "X-Foo"),
		"an earlier signature":         header("Authorization", "AWS4-HMAC-SHA256 Credential=…"),
		"a content hash that is stale": header("X-Amz-Content-Sha256", "stale"),

		"a body":                                  body("PUT", "body"),
		"a body and its Content-Length":           func(req *http.Request) { body("PUT", "body")(req); req.Header.Set("Content-Length", "4") },
		"Content-Length in lower case":            func(req *http.Request) { body("PUT", "body")(req); req.Header["content-length"] = []string{"4"} },
		"Content-Length twice":                    func(req *http.Request) { body("PUT", "body")(req); req.Header["Content-Length"] = []string{"4", "4"} },
		"Content-Length with another second":      func(req *http.Request) { body("PUT", "body")(req); req.Header["Content-Length"] = []string{"4", "5"} },
		"Content-Length 0 of a PUT without body":  func(req *http.Request) { req.Method = "PUT"; req.Header.Set("Content-Length", "0") },
		"Content-Length 0 of a POST without body": func(req *http.Request) { req.Method = "POST"; req.Header.Set("Content-Length", "0") },
		"Content-Length 0 of a GET":               header("Content-Length", "0"),
		"Content-Length 0 of a HEAD":              func(req *http.Request) { req.Method = "HEAD"; req.Header.Set("Content-Length", "0") },
		"Content-Length 0 of a DELETE":            func(req *http.Request) { req.Method = "DELETE"; req.Header.Set("Content-Length", "0") },
		"Content-Length 0 beside a body of unknown length": func(req *http.Request) {
			body("PUT", "body")(req)
			req.ContentLength = 0
			req.Header.Set("Content-Length", "0")
		},
		"Content-Length -1 beside a body of unknown length": func(req *http.Request) {
			body("PUT", "body")(req)
			req.ContentLength = -1
			req.Header.Set("Content-Length", "-1")
		},
		"Content-Length of a body in chunks": func(req *http.Request) {
			body("PUT", "body")(req)
			req.TransferEncoding = []string{"chunked"}
			req.Header.Set("Content-Length", "4")
		},
	} {
		for _, service := range []string{"s3", "service"} {
			t.Run(name+"/"+service, func(t *testing.T) {
				s := newSigner(t, service, nil)
				req := newRequest(t, "GET", "https://example.amazonaws.com/a")
				change(req)
				err := s.Sign(req, temporary, sigv4.EmptyPayload(), moment)
				if err != nil {
					isRefused(t, "Sign", err, sigv4.ErrRequest, "", temporary)
					return
				}
				arrives(t, s, req)
			})
		}
	}

	for name, row := range map[string]struct {
		list   []string
		change func(req *http.Request)
	}{
		"an unsigned header that is asked for": {[]string{"host", "x-amz-date", "accept-encoding"}, header("Accept-Encoding", "gzip")},
		"the user agent":                       {[]string{"host", "x-amz-date", "user-agent"}, header("User-Agent", "a")},
		"two user agents":                      {[]string{"host", "x-amz-date", "user-agent"}, header("User-Agent", "a", "b")},
		"transfer-encoding":                    {[]string{"host", "x-amz-date", "transfer-encoding"}, header("Transfer-Encoding", "chunked")},
		"trailer":                              {[]string{"host", "x-amz-date", "trailer"}, header("Trailer", "X-Foo")},
	} {
		t.Run("an exact list with "+name, func(t *testing.T) {
			s, err := sigv4.NewSigner("service", "us-east-1", &sigv4.Options{SignedHeaders: row.list})
			if err != nil {
				isRefused(t, "NewSigner", err, sigv4.ErrRequest, "signed headers", longTerm)
				return
			}
			req := newRequest(t, "GET", "https://example.amazonaws.com/a")
			row.change(req)
			if err := s.Sign(req, longTerm, sigv4.EmptyPayload(), moment); err != nil {
				isRefused(t, "Sign", err, sigv4.ErrRequest, "", longTerm)
				return
			}
			arrived, err := throughWire(req)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.Verify(arrived, known(longTerm), sigv4.EmptyPayload(), moment); err != nil {
				t.Errorf("Verify of what was sent = %v", err)
			}
		})
	}
}

// arrives sends a signed request and verifies it.
func arrives(t *testing.T, s *sigv4.Signer, req *http.Request) {
	t.Helper()
	arrived, err := throughWire(req)
	if err != nil {
		t.Errorf("signed, but not to be sent: %v", err)
		return
	}
	if _, err := s.Verify(arrived, known(temporary), sigv4.EmptyPayload(), moment); err != nil {
		t.Errorf("Verify of what was sent = %v", err)
		var denied *sigv4.VerifyError
		if errors.As(err, &denied) && denied.CanonicalRequest != "" {
			t.Logf("the server's canonical request:\n%s", denied.CanonicalRequest)
		}
	}
}

// TestPresignedIsWhatIsSent follows presigned URLs as a client would that has
// nothing but the text and the headers to send along.
func TestPresignedIsWhatIsSent(t *testing.T) {
	for name, change := range map[string]func(req *http.Request){
		"a plain request":                 func(*http.Request) {},
		"the default port":                func(req *http.Request) { req.Host, req.URL.Host = "", "example.amazonaws.com:443" },
		"the default port as Host":        func(req *http.Request) { req.Host = "example.amazonaws.com:443" },
		"an IPv6 zone":                    func(req *http.Request) { req.Host, req.URL.Host = "", "[fe80::1%eth0]:9000" },
		"another Host":                    func(req *http.Request) { req.Host = "bucket.example.org" },
		"no scheme":                       func(req *http.Request) { req.URL.Scheme = "" },
		"no path":                         func(req *http.Request) { req.URL.Path = "" },
		"a path of slashes and dots":      func(req *http.Request) { req.URL.Path = "//a/../b/./" },
		"a path with a question mark":     func(req *http.Request) { req.URL.Path = "/a?b#c%d" },
		"a path in another encoding":      func(req *http.Request) { req.URL.Path, req.URL.RawPath = "/a/b~", "/a%2fb%7e" },
		"an opaque path":                  func(req *http.Request) { req.URL.Opaque = "/a%2fb%7E+%20" },
		"a query of odd bytes":            func(req *http.Request) { req.URL.RawQuery = "a=ሴ&b=\xff&c=<>\"`{}|\\^'&d=b c+d;e&&f=#" },
		"a query with an older signature": func(req *http.Request) { req.URL.RawQuery = "X-Amz-Signature=00&X-Amz-Algorithm=a&b=c" },
		"headers that differ in case": func(req *http.Request) {
			req.Header["x-foo"] = []string{"2"}
			req.Header["X-Foo"] = []string{" 1 ", ""}
		},
		"headers of an earlier header form": func(req *http.Request) { mustSign(t, req) },
		"the content hash":                  func(req *http.Request) { req.Header.Set("X-Amz-Content-Sha256", sigv4.EmptyPayload().String()) },
		"another content hash": func(req *http.Request) {
			req.Header.Set("X-Amz-Content-Sha256", sigv4.PayloadOf([]byte("body")).String())
		},
		"a stale content hash":         func(req *http.Request) { req.Header.Set("X-Amz-Content-Sha256", "stale") },
		"a content hash in lower case": func(req *http.Request) { req.Header["x-amz-content-sha256"] = []string{sigv4.EmptyPayload().String()} },
		"a user agent":                 func(req *http.Request) { req.Header.Set("User-Agent", "a") },
	} {
		for _, service := range []string{"s3", "service"} {
			t.Run(name+"/"+service, func(t *testing.T) {
				s := newSigner(t, service, nil)
				req := newRequest(t, "GET", "https://example.amazonaws.com/a")
				change(req)
				p, err := s.Presign(req, temporary, sigv4.EmptyPayload(), moment, time.Hour)
				if err != nil {
					isRefused(t, "Presign", err, sigv4.ErrRequest, "", temporary)
					return
				}
				follower, err := http.NewRequest("GET", p.URL, nil)
				if err != nil {
					t.Fatalf("the URL cannot be parsed: %v", err)
				}
				follower.Header = p.Header
				arrives(t, s, follower)
			})
		}
	}
}

func mustSign(t *testing.T, req *http.Request) {
	t.Helper()
	if err := newSigner(t, "s3", nil).Sign(req, temporary, sigv4.EmptyPayload(), moment); err != nil {
		t.Fatal(err)
	}
}

// TestPresignedExpiresWhenTheServerSays: the URL says whole seconds only.
func TestPresignedExpiresWhenTheServerSays(t *testing.T) {
	s := newSigner(t, "s3", nil)
	for _, fraction := range []time.Duration{0, 1, 500 * time.Millisecond, time.Second - 1} {
		p, err := s.Presign(newRequest(t, "GET", "https://example.amazonaws.com/a"), longTerm, sigv4.UnsignedPayload(), moment.Add(fraction), time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		v, err := s.Verify(requestOf(t, "GET", p), known(longTerm), sigv4.PayloadHash{}, moment)
		if err != nil {
			t.Fatal(err)
		}
		if !p.Expires.Equal(v.ExpiresAt) {
			t.Errorf("signed %v after the second: Presigned.Expires = %v, want %v as the server has it", fraction, p.Expires, v.ExpiresAt)
		}
	}
}

// TestPresignedHeaderIsTheCallersOwn: no slice is shared with the request.
func TestPresignedHeaderIsTheCallersOwn(t *testing.T) {
	req := newRequest(t, "GET", "https://example.amazonaws.com/a")
	req.Header["X-Foo"] = []string{"a", "b"}
	before := snapshotOf(req)
	p, err := newSigner(t, "s3", nil).Presign(req, longTerm, sigv4.UnsignedPayload(), moment, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(http.Header{"X-Foo": {"a", "b"}}, p.Header); diff != "" {
		t.Errorf("Presigned.Header (-want +got):\n%s", diff)
	}
	p.Header["X-Foo"][0] = "changed"
	p.Header.Set("X-Bar", "added")
	untouched(t, "changing Presigned.Header", before, req)
}

// TestSignedOverHTTP shows the bytes of one signed request, whole.
func TestSignedOverHTTP(t *testing.T) {
	req := newRequest(t, "GET", "https://examplebucket.s3.amazonaws.com/test.txt")
	req.Header.Set("Range", "bytes=0-9")
	req.Header.Set("User-Agent", "test")
	when := time.Date(2013, time.May, 24, 0, 0, 0, 0, time.UTC)
	cred := sigv4.NewCredentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "")
	if err := newSigner(t, "s3", nil).Sign(req, cred, sigv4.EmptyPayload(), when); err != nil {
		t.Fatal(err)
	}
	var wire bytes.Buffer
	if err := req.Write(&wire); err != nil {
		t.Fatal(err)
	}
	want := strings.ReplaceAll(`GET /test.txt HTTP/1.1
Host: examplebucket.s3.amazonaws.com
User-Agent: test
Authorization: AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41
Range: bytes=0-9
X-Amz-Content-Sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
X-Amz-Date: 20130524T000000Z

`, "\n", "\r\n")
	if diff := cmp.Diff(want, wire.String()); diff != "" {
		t.Errorf("bytes sent (-want +got):\n%s", diff)
	}
}

// TestOpaqueURLsKeepTheirText: Sign changes nothing of an opaque URL but a plus
// in its query.
func TestOpaqueURLsKeepTheirText(t *testing.T) {
	req := requestTo(url.URL{Opaque: "/a%2fb+c", RawQuery: "d=e+f"})
	if err := newSigner(t, "service", nil).Sign(req, longTerm, sigv4.EmptyPayload(), moment); err != nil {
		t.Fatal(err)
	}
	if got, want := req.URL.RequestURI(), "/a%2fb+c?d=e%20f"; got != want {
		t.Errorf("RequestURI after Sign = %q, want %q", got, want)
	}
}
