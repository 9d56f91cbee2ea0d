package sigv4_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/testvectors"
)

const unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"

// encoded is the specification's UriEncode of one byte, said another way.
func encoded(c byte) string {
	if strings.IndexByte(unreserved, c) >= 0 {
		return string(c)
	}
	return fmt.Sprintf("%%%02X", c)
}

// encodedTwice is what double encoding makes of a byte that the URL has encoded.
func encodedTwice(c byte) string { return strings.ReplaceAll(encoded(c), "%", "%25") }

// TestPathOfEveryByte puts each of the 256 bytes into a path, decoded and raw.
func TestPathOfEveryByte(t *testing.T) {
	s3, other := newSigner(t, "s3", nil), newSigner(t, "service", nil)
	for i := range 256 {
		c := byte(i)
		decoded := requestTo(url.URL{Path: "/a" + string([]byte{c}) + "b"})
		wantS3 := "/a" + encoded(c) + "b"
		if c == '/' {
			wantS3 = "/a/b"
		}
		if got := trace(t, s3, decoded).path; got != wantS3 {
			t.Errorf("s3: canonical path of byte %#02x = %q, want %q", c, got, wantS3)
		}
		// What net/url leaves as it is, is encoded once; the rest twice.
		wantOther := "/a" + encodedTwice(c) + "b"
		if strings.IndexByte("$&+,/:;=@", c) >= 0 {
			wantOther = wantS3
		}
		if got := trace(t, other, decoded).path; got != wantOther {
			t.Errorf("service: canonical path of byte %#02x = %q, want %q", c, got, wantOther)
		}

		for _, hex := range []string{fmt.Sprintf("%%%02X", c), fmt.Sprintf("%%%02x", c)} {
			raw := requestTo(url.URL{Opaque: "/a" + hex + "b"})
			if got := trace(t, s3, raw).path; got != wantS3 {
				t.Errorf("s3: canonical path of %s = %q, want %q", hex, got, wantS3)
			}
			want := "/a%25" + hex[1:] + "b"
			if got := trace(t, other, raw).path; got != want {
				t.Errorf("service: canonical path of %s = %q, want %q", hex, got, want)
			}
		}
		if c == '%' || c == '?' || c == '#' || c == '/' {
			continue // escape, delimiters
		}
		for _, s := range []*sigv4.Signer{s3, other} {
			want := "/a" + encoded(c) + "b"
			if got := trace(t, s, requestTo(url.URL{Opaque: "/a" + string([]byte{c}) + "b"})).path; got != want {
				t.Errorf("canonical path of the opaque URL's byte %#02x = %q, want %q", c, got, want)
			}
		}
	}
}

// TestQueryOfEveryByte puts each of the 256 bytes into names and values.
func TestQueryOfEveryByte(t *testing.T) {
	s := newSigner(t, "s3", nil)
	for i := range 256 {
		c := byte(i)
		want := "n" + encoded(c) + "m=v" + encoded(c) + "w"
		spellings := []string{fmt.Sprintf("%%%02X", c), fmt.Sprintf("%%%02x", c)}
		switch c {
		case '%', '&', '+': // escape, separator, blank
		case ' ':
			spellings = append(spellings, " ", "+")
		default:
			spellings = append(spellings, string([]byte{c}))
		}
		for _, spelling := range spellings {
			query := "n" + spelling + "m=v" + spelling + "w"
			if spelling == "=" {
				query, want = "nm=v=w", "nm=v%3Dw" // in a name it ends the name
			}
			for form, req := range map[string]*http.Request{
				"plain":  requestTo(url.URL{Path: "/", RawQuery: query}),
				"opaque": requestTo(url.URL{Opaque: "/", RawQuery: query}),
			} {
				if got := trace(t, s, req).query; got != want {
					t.Errorf("%s: canonical query of %q = %q, want %q", form, query, got, want)
				}
			}
		}
	}
}

func TestCanonicalPath(t *testing.T) {
	yes, no := sigv4.Yes, sigv4.No
	for _, row := range []struct {
		service string
		opts    *sigv4.Options
		url     url.URL
		want    string
	}{
		// One encoding for S3, one more for the others.
		{"s3", nil, url.URL{Path: "/a b"}, "/a%20b"},
		{"s3express", nil, url.URL{Path: "/a b"}, "/a%20b"},
		{"s3-outposts", nil, url.URL{Path: "/a b"}, "/a%20b"},
		{"s3-object-lambda", nil, url.URL{Path: "/a b"}, "/a%20b"},
		{"s3tables", nil, url.URL{Path: "/a b"}, "/a%2520b"},
		{"s3-control", nil, url.URL{Path: "/a b"}, "/a%2520b"},
		{"service", nil, url.URL{Path: "/a b"}, "/a%2520b"},
		{"service", &sigv4.Options{DoubleEncode: no}, url.URL{Path: "/a b"}, "/a%20b"},
		{"service", &sigv4.Options{DoubleEncode: yes}, url.URL{Path: "/a b"}, "/a%2520b"},
		{"s3", &sigv4.Options{DoubleEncode: yes}, url.URL{Path: "/a b"}, "/a%2520b"},
		{"s3", &sigv4.Options{DoubleEncode: no}, url.URL{Path: "/a b"}, "/a%20b"},

		// The URL's own spelling counts where the path on the wire is signed.
		{"s3", nil, url.URL{Path: "/a/b", RawPath: "/a%2Fb"}, "/a/b"},
		{"s3", nil, url.URL{Path: "/a/b", RawPath: "/a%2fb"}, "/a/b"},
		{"service", nil, url.URL{Path: "/a/b", RawPath: "/a%2Fb"}, "/a%252Fb"},
		{"service", nil, url.URL{Path: "/a/b", RawPath: "/a%2fb"}, "/a%252fb"},
		{"service", nil, url.URL{Path: "/a/b", RawPath: "/not/it"}, "/a/b"},
		{"service", nil, url.URL{Path: "/a%2Fb"}, "/a%25252Fb"},
		{"s3", nil, url.URL{Path: "/a%2Fb"}, "/a%252Fb"},
		{"s3", nil, url.URL{Path: "/a+b"}, "/a%2Bb"},
		{"service", nil, url.URL{Path: "/a+b"}, "/a%2Bb"},
		{"s3", nil, url.URL{Path: "/ሴ"}, "/%E1%88%B4"},
		{"service", nil, url.URL{Path: "/ሴ"}, "/%25E1%2588%25B4"},
		{"s3", nil, url.URL{Path: "/\xff\x00"}, "/%FF%00"},

		// Opaque URLs go out as they stand.
		{"s3", nil, url.URL{Opaque: "/a%20b"}, "/a%20b"},
		{"s3", nil, url.URL{Opaque: "/a+b"}, "/a%2Bb"},
		{"s3", nil, url.URL{Opaque: "/a%2Fb"}, "/a/b"},
		{"service", nil, url.URL{Opaque: "/a%20b"}, "/a%2520b"},
		{"service", nil, url.URL{Opaque: "/a%2fb"}, "/a%252fb"},
		{"s3", nil, url.URL{Opaque: "//example.amazonaws.com/a%20b"}, "/a%20b"},
		{"service", nil, url.URL{Opaque: "//example.amazonaws.com/a%20b"}, "/a%2520b"},
		{"s3", nil, url.URL{Opaque: "//example.amazonaws.com"}, "/"},
		{"s3", nil, url.URL{Opaque: "//example.amazonaws.com/"}, "/"},
		{"s3", nil, url.URL{Opaque: "//example.amazonaws.com//"}, "//"},
		{"service", nil, url.URL{Opaque: "//example.amazonaws.com//a//"}, "/a/"},
		{"s3", nil, url.URL{Opaque: "/ignored", Path: "/b"}, "/ignored"},

		// The empty path is a slash.
		{"s3", nil, url.URL{}, "/"},
		{"service", nil, url.URL{}, "/"},

		// Nothing is normalised for S3, unless asked for.
		{"s3", nil, url.URL{Path: "//a/./b/../c//"}, "//a/./b/../c//"},
		{"s3", &sigv4.Options{NormalizePath: yes}, url.URL{Path: "//a/./b/../c//"}, "/a/c/"},
		{"s3", &sigv4.Options{NormalizePath: yes}, url.URL{Path: "/a b/../c d"}, "/c%20d"},
		{"service", &sigv4.Options{NormalizePath: no}, url.URL{Path: "//a/./b/../c//"}, "//a/./b/../c//"},

		// Normalisation takes the path as it is on the wire.
		{"service", nil, url.URL{Path: "/a/../b", RawPath: "/a/%2E%2E/b"}, "/a/%252E%252E/b"},
		{"service", nil, url.URL{Path: "/a//b", RawPath: "/a/%2Fb"}, "/a/%252Fb"},
	} {
		if got := trace(t, newSigner(t, row.service, row.opts), requestTo(row.url)).path; got != row.want {
			t.Errorf("%s, %+v: canonical path of {Path: %q, RawPath: %q, Opaque: %q} = %q, want %q",
				row.service, row.opts, row.url.Path, row.url.RawPath, row.url.Opaque, got, row.want)
		}
	}
}

func TestNormalizedPath(t *testing.T) {
	s := newSigner(t, "service", nil)
	for path, want := range map[string]string{
		"/": "/", "//": "/", "///": "/",
		"/.": "/", "/./": "/", "/..": "/", "/../": "/", "/../..": "/", "/../../": "/",
		"/a": "/a", "/a/": "/a/", "//a": "/a", "/a//": "/a/", "//a//": "/a/", "/a//b": "/a/b", "/a///b": "/a/b",
		"/a/.": "/a", "/a/./": "/a/", "/./a": "/a", "/a/./b": "/a/b",
		"/a/..": "/", "/a/../": "/", "/a/b/..": "/a", "/a/b/../": "/a/", "/a/../b": "/b", "/../a": "/a", "/a/../../b": "/b",
		"/a/b/../../c": "/c", "/a/b/c/../../d": "/a/d", "/a/./../b": "/b", "/a/.././b": "/b", "//../a": "/a", "/a//../b": "/b",
		"/.a": "/.a", "/..a": "/..a", "/...": "/...", "/a.": "/a.", "/a..": "/a..", "/a/.../b": "/a/.../b", "/.../..": "/",
		"/a.b/c": "/a.b/c", "/.a/../b": "/b", "/.a//b": "/.a/b",
	} {
		if got := trace(t, s, requestTo(url.URL{Path: path})).path; got != want {
			t.Errorf("canonical path of %q = %q, want %q", path, got, want)
		}
	}
}

func TestCanonicalQuery(t *testing.T) {
	for _, row := range []struct{ query, want string }{
		{"", ""},
		{"a", "a="},
		{"a=", "a="},
		{"a=b", "a=b"},
		{"lifecycle", "lifecycle="},
		{"b&a", "a=&b="},
		{"a&a", "a=&a="},
		{"=", "="},
		{"=b", "=b"},
		{"a=b=c", "a=b%3Dc"},
		{"a==", "a=%3D"},

		// No pair is dropped, as url.ParseQuery would one with a semicolon.
		{"a=1;b=2&c=3", "a=1%3Bb%3D2&c=3"},
		{";", "%3B="},
		{"a;b", "a%3Bb="},

		// Empty pairs say nothing.
		{"&", ""},
		{"&&", ""},
		{"&a=1&&b=2&", "a=1&b=2"},

		// Sorting comes after encoding: % sorts before - and letters.
		{"a-b=1&a%2Fb=2", "a%2Fb=2&a-b=1"},
		{"a/b=2&a-b=1", "a%2Fb=2&a-b=1"},
		{"a-b&a/b", "a%2Fb=&a-b="},
		{"Param-3=Value3&Param=Value2&%E1%88%B4=Value1", "%E1%88%B4=Value1&Param=Value2&Param-3=Value3"},
		{"Param-3=1&Param=2", "Param=2&Param-3=1"},
		{"ab=1&a=2", "a=2&ab=1"},
		{"a%00=1&a=2", "a=2&a%00=1"},
		{"b=1&B=2&a=3&A=4", "A=4&B=2&a=3&b=1"},
		{"~=1&%7F=2&%80=3", "%7F=2&%80=3&~=1"},

		// Equal names are sorted by value, likewise encoded.
		{"a=2&a=1", "a=1&a=2"},
		{"a=b&a=B&a=", "a=&a=B&a=b"},
		{"a=-&a=/", "a=%2F&a=-"},
		{"a=10&a=9&a=1", "a=1&a=10&a=9"},
		{"a=1&a=1", "a=1&a=1"},
		{"b=1&a=2&b=0&a=1", "a=1&a=2&b=0&b=1"},

		// One spelling for each character.
		{"a=%7E&%61=b%2db", "a=b-b&a=~"},
		{"a=%2f", "a=%2F"},
		{"a=%E1%88%B4&b=ሴ", "a=%E1%88%B4&b=%E1%88%B4"},
		{"a=b+c&d=e%20f&g=h%2Bi", "a=b%20c&d=e%20f&g=h%2Bi"},
		{"a+b", "a%20b="},
		{"a=%25", "a=%25"},
		{"a=%2541", "a=%2541"},

		// The query form's parameters are like others where there is no signature.
		{"X-Amz-Date=x&X-Amz-Meta=y", "X-Amz-Date=x&X-Amz-Meta=y"},
		{"x-amz-signature=x", "x-amz-signature=x"},
	} {
		for service, s := range map[string]*sigv4.Signer{"s3": newSigner(t, "s3", nil), "service": newSigner(t, "service", nil)} {
			if got := trace(t, s, requestTo(url.URL{Path: "/", RawQuery: row.query})).query; got != row.want {
				t.Errorf("%s: canonical query of %q = %q, want %q", service, row.query, got, row.want)
			}
		}
	}
}

// TestPresignedQuery checks what Presign adds to a query and what it replaces.
func TestPresignedQuery(t *testing.T) {
	const own = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20150830%2Fus-east-1%2Fs3%2Faws4_request&" +
		"X-Amz-Date=20150830T123600Z&X-Amz-Expires=3600&"
	token := "X-Amz-Security-Token=" + url.QueryEscape(exampleToken) + "&"
	const signed = "X-Amz-SignedHeaders=host"
	for _, row := range []struct {
		query string
		cred  sigv4.Credentials
		want  string
	}{
		{"", longTerm, own + signed},
		{"", temporary, own + token + signed},
		{"a=b+c&Z=;", longTerm, own + signed + "&Z=%3B&a=b%20c"},
		{"A=1", longTerm, "A=1&" + own + signed},
		{"X-Amz-Meta=1&X-Amz=2&X-Amz-=3", longTerm, "X-Amz=2&X-Amz-=3&" + own + "X-Amz-Meta=1&" + signed},
		{"X-Amz-Algorithm=a&X-Amz-Credential=b&X-Amz-Date=c&X-Amz-Expires=d&X-Amz-SignedHeaders=e&X-Amz-Security-Token=f&X-Amz-Signature=g",
			longTerm, own + signed},
		{"X%2DAmz-Signature=g&X-Amz-Signature=h&X-Amz-Signature", longTerm, own + signed},
		{"x-amz-signature=g", longTerm, own + signed + "&x-amz-signature=g"},
	} {
		s := newSigner(t, "s3", nil)
		req := requestTo(url.URL{Path: "/", RawQuery: row.query})
		tr, err := s.ExplainPresign(req, row.cred, sigv4.UnsignedPayload(), moment, time.Hour)
		if err != nil {
			t.Fatalf("ExplainPresign(%q) = %v", row.query, err)
		}
		if diff := cmp.Diff(row.want, parseCanonical(t, tr.CanonicalRequest).query); diff != "" {
			t.Errorf("canonical query of %q presigned (-want +got):\n%s", row.query, diff)
		}
		p, err := s.Presign(req, row.cred, sigv4.UnsignedPayload(), moment, time.Hour)
		if err != nil {
			t.Fatalf("Presign(%q) = %v", row.query, err)
		}
		if want := "https://example.amazonaws.com/?" + row.want + "&X-Amz-Signature=" + tr.Signature; p.URL != want {
			t.Errorf("Presign(%q).URL\n got %s\nwant %s", row.query, p.URL, want)
		}
	}
}

func TestPresignedURL(t *testing.T) {
	for _, row := range []struct {
		service string
		url     url.URL
		host    string
		want    string // up to the query
	}{
		{"s3", url.URL{Path: "/a b+c"}, "", "https://example.amazonaws.com/a%20b%2Bc"},
		{"service", url.URL{Path: "/a b+c"}, "", "https://example.amazonaws.com/a%20b+c"},
		{"s3", url.URL{Path: "/a/b", RawPath: "/a%2Fb"}, "", "https://example.amazonaws.com/a/b"},
		{"service", url.URL{Path: "/a/b", RawPath: "/a%2Fb"}, "", "https://example.amazonaws.com/a%2Fb"},
		{"s3", url.URL{Opaque: "//example.amazonaws.com/a%2bb"}, "", "https://example.amazonaws.com/a%2Bb"},
		{"service", url.URL{Opaque: "//example.amazonaws.com/a%2bb"}, "", "https://example.amazonaws.com/a%2bb"},
		{"s3", url.URL{Opaque: "//example.amazonaws.com"}, "", "https://example.amazonaws.com/"},
		{"service", url.URL{Opaque: "//example.amazonaws.com"}, "", "https://example.amazonaws.com/"},
		{"s3", url.URL{}, "", "https://example.amazonaws.com/"},
		{"service", url.URL{}, "", "https://example.amazonaws.com/"},
		{"service", url.URL{Path: "/a/../b"}, "", "https://example.amazonaws.com/a/../b"},
		{"s3", url.URL{Path: "/", Scheme: "http", Host: "127.0.0.1:9000"}, "", "http://127.0.0.1:9000/"},
		{"s3", url.URL{Path: "/", Scheme: "http", Host: "example.org:80"}, "", "http://example.org/"},
		{"s3", url.URL{Path: "/", Fragment: "f", User: url.UserPassword("u", "p")}, "", "https://example.amazonaws.com/"},
		{"s3", url.URL{Path: "/"}, "bucket.example.org", "https://bucket.example.org/"},
	} {
		req := requestTo(row.url)
		req.Host = row.host
		p, err := newSigner(t, row.service, nil).Presign(req, longTerm, sigv4.EmptyPayload(), moment, time.Hour)
		if err != nil {
			t.Errorf("%s: Presign(%v) = %v", row.service, row.url, err)
			continue
		}
		if got, _, _ := strings.Cut(p.URL, "?"); got != row.want {
			t.Errorf("%s: Presign(%v).URL = %s, want %s", row.service, row.url, got, row.want)
		}
	}
	req := requestTo(url.URL{Path: "/"})
	req.URL.Scheme = ""
	p, err := newSigner(t, "s3", nil).Presign(req, longTerm, sigv4.EmptyPayload(), moment, time.Hour)
	if err != nil || !strings.HasPrefix(p.URL, "https://") {
		t.Errorf("Presign without a scheme = %q, %v, want https", p.URL, err)
	}
}

// TestPresignedTokenUnsigned checks the service that wants the token after
// signing.
func TestPresignedTokenUnsigned(t *testing.T) {
	s := newSigner(t, "iotdevicegateway", nil)
	p, err := s.Presign(newRequest(t, "GET", "https://iot.example.org/mqtt"), temporary, sigv4.EmptyPayload(), moment, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	tr, err := s.ExplainPresign(newRequest(t, "GET", "https://iot.example.org/mqtt"), longTerm, sigv4.EmptyPayload(), moment, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	want := "&X-Amz-SignedHeaders=host&X-Amz-Security-Token=" + url.QueryEscape(exampleToken) + "&X-Amz-Signature=" + tr.Signature
	if !strings.HasSuffix(p.URL, want) {
		t.Errorf("Presign(…).URL = %s, want it to end in %s", p.URL, want)
	}
	if _, err := s.Verify(requestOf(t, "GET", p), known(temporary), sigv4.EmptyPayload(), moment); err != nil {
		t.Errorf("Verify of the URL = %v", err)
	}
}

// TestDeniedHeadersAreNotSigned names each header of the deny list, and some
// near them that are signed.
func TestDeniedHeadersAreNotSigned(t *testing.T) {
	denied := []string{
		"user-agent", "x-amzn-trace-id", "expect", "accept-encoding", "connection", "proxy-connection", "keep-alive", "te", "trailer",
		"transfer-encoding", "upgrade", "proxy-authorization", "proxy-authenticate", "via", "forwarded",
		"x-forwarded-for", "x-forwarded-host", "x-forwarded-port", "x-forwarded-proto", "x-real-ip",
	}
	kept := []string{
		"accept", "cache-control", "content-type", "cookie", "date", "if-match", "range", "referer", "x-amz-acl", "x-amz-meta-a",
		"x-amzn-trace", "x-forwarded", "x-user-agent", "proxy", "x-authorization",
	}
	for service, s := range map[string]*sigv4.Signer{"s3": newSigner(t, "s3", nil), "service": newSigner(t, "service", nil)} {
		for _, name := range slices.Concat(denied, kept) {
			for _, key := range []string{name, http.CanonicalHeaderKey(name), strings.ToUpper(name)} {
				req := newRequest(t, "GET", "https://example.amazonaws.com/")
				req.Header[key] = []string{"value"}
				c := trace(t, s, req)
				_, inHeaders := c.header(name)
				inList := slices.Contains(strings.Split(c.signed, ";"), name)
				if want := slices.Contains(kept, name); inHeaders != want || inList != want {
					t.Errorf("%s: header %q signed = %t, in the list = %t, want %t", service, key, inHeaders, inList, want)
				}
			}
		}
		req := newRequest(t, "GET", "https://example.amazonaws.com/")
		req.Header.Set("Authorization", "Basic stale")
		if c := trace(t, s, req); slices.Contains(strings.Split(c.signed, ";"), "authorization") {
			t.Errorf("%s: authorization is signed: %s", service, c.signed)
		}
	}
}

func TestExactListOfHeaders(t *testing.T) {
	for _, row := range []struct {
		list    []string
		service string
		cred    sigv4.Credentials
		want    []string
	}{
		{[]string{"host"}, "service", longTerm, []string{"host:example.amazonaws.com"}},
		{[]string{"Host", "RANGE"}, "service", longTerm, []string{"host:example.amazonaws.com", "range:bytes=0-9"}},
		{[]string{"range", "host", "range", "HOST"}, "service", longTerm, []string{"host:example.amazonaws.com", "range:bytes=0-9"}},
		{[]string{"user-agent", "host"}, "service", longTerm, []string{"host:example.amazonaws.com", "user-agent:test"}},
		{[]string{"host", "x-amz-date"}, "service", longTerm, []string{"host:example.amazonaws.com", "x-amz-date:20150830T123600Z"}},
		{[]string{"host", "x-amz-date", "x-amz-content-sha256", "x-amz-security-token"}, "s3", temporary, []string{
			"host:example.amazonaws.com", "x-amz-content-sha256:" + sigv4.EmptyPayload().String(),
			"x-amz-date:20150830T123600Z", "x-amz-security-token:" + exampleToken,
		}},
	} {
		s := newSigner(t, row.service, &sigv4.Options{SignedHeaders: row.list})
		req := newRequest(t, "GET", "https://example.amazonaws.com/")
		req.Header.Set("Range", "bytes=0-9")
		req.Header.Set("User-Agent", "test")
		req.Header.Set("X-Other", "value")
		tr, err := s.Explain(req, row.cred, sigv4.EmptyPayload(), moment)
		if err != nil {
			t.Errorf("Explain with the list %q = %v", row.list, err)
			continue
		}
		if diff := cmp.Diff(row.want, parseCanonical(t, tr.CanonicalRequest).headers); diff != "" {
			t.Errorf("headers signed by the list %q (-want +got):\n%s", row.list, diff)
		}
	}
}

func TestHeaderValuesAreTrimmed(t *testing.T) {
	pairs, err := testvectors.SpaceCollapse()
	if err != nil {
		t.Fatal(err)
	}
	for _, pair := range pairs { // a tab is a blank, too
		pairs = append(pairs, [2]string{strings.ReplaceAll(pair[0], " ", "\t"), pair[1]})
	}
	pairs = append(pairs, [][2]string{
		{" ", ""}, {"\t", ""}, {" \t ", ""}, {"a", "a"}, {"\ta\t", "a"}, {"a\tb", "a b"}, {"a \t b", "a b"},
		{"\u00a0a\u00a0\u00a0b\u00a0", "\u00a0a\u00a0\u00a0b\u00a0"}, // NBSP is a character
		{"\u2003a\u3000", "\u2003a\u3000"},
		{"\xa0a", "\xa0a"},
		{`"a   b"`, `"a b"`}, // quotes protect nothing
		{"a,  b ,c", "a, b ,c"},
		{"ሴ  ሴ", "ሴ ሴ"},
	}...)
	s := newSigner(t, "service", nil)
	for _, pair := range pairs {
		for _, rest := range []struct{ first, want string }{{"", ""}, {"x", "x,"}} { // alone, and as the second value
			values := []string{pair[0]}
			if rest.first != "" {
				values = []string{rest.first, pair[0]}
			}
			req := newRequest(t, "GET", "https://example.amazonaws.com/")
			req.Header["X-Spaced"] = values
			if got, ok := trace(t, s, req).header("x-spaced"); !ok || got != rest.want+pair[1] {
				t.Errorf("canonical value of %q = %q (signed %t), want %q", values, got, ok, rest.want+pair[1])
			}
		}
	}
}

func TestRepeatedHeadersAreMerged(t *testing.T) {
	s := newSigner(t, "service", nil)
	for _, row := range []struct {
		header http.Header
		want   []string
	}{
		{http.Header{"A": {"1", "2"}}, []string{"a:1,2"}},
		{http.Header{"A": {"2", "1", "2"}}, []string{"a:2,1,2"}},
		{http.Header{"A": {" 1 ", "", " 2  3"}}, []string{"a:1,,2 3"}},
		{http.Header{"A": {"1,2", "3"}}, []string{"a:1,2,3"}},
		{http.Header{"A": {""}}, []string{"a:"}},
		{http.Header{"A": {}}, nil},
		{http.Header{"A": {"1"}, "a": {}}, []string{"a:1"}},
		{http.Header{"B": {"2"}, "A": {"1"}, "C": {"3"}}, []string{"a:1", "b:2", "c:3"}},
		{http.Header{"Foo-Bar": {"1"}, "Foo": {"2"}, "Foo.Bar": {"3"}, "Foo_bar": {"4"}}, []string{"foo:2", "foo-bar:1", "foo.bar:3", "foo_bar:4"}},
		{http.Header{"Z": {"1"}, "_": {"2"}}, []string{"_:2", "host:example.amazonaws.com", "z:1"}},
	} {
		for range 8 { // the order of a map must not count
			req := newRequest(t, "GET", "https://example.amazonaws.com/")
			req.Header = row.header.Clone()
			c := trace(t, s, req)
			var names []string
			var rest []string
			for _, line := range c.headers {
				name, _, _ := strings.Cut(line, ":")
				names = append(names, name)
				if name != "x-amz-date" && (name != "host" || slices.Contains(row.want, line)) {
					rest = append(rest, line)
				}
			}
			if diff := cmp.Diff(row.want, rest); diff != "" {
				t.Fatalf("canonical headers of %q (-want +got):\n%s", row.header, diff)
			}
			if got := strings.Join(names, ";"); got != c.signed {
				t.Fatalf("signed headers of %q = %q, want %q, the order of the lines", row.header, c.signed, got)
			}
		}
	}
}

func TestSignedHost(t *testing.T) {
	for _, row := range []struct {
		scheme, urlHost, reqHost string
		want                     string
		wantReqHost              string
	}{
		{"https", "example.org", "", "example.org", ""},
		{"https", "example.org:443", "", "example.org", "example.org"},
		{"http", "example.org:80", "", "example.org", "example.org"},
		{"https", "example.org:80", "", "example.org:80", ""},
		{"http", "example.org:443", "", "example.org:443", ""},
		{"https", "example.org:4443", "", "example.org:4443", ""},
		{"https", "example.org:8443", "", "example.org:8443", ""},
		{"http", "example.org:8080", "", "example.org:8080", ""},
		{"https", "example.org:", "", "example.org", "example.org"},
		{"ftp", "example.org:80", "", "example.org:80", ""},
		{"https", "example.org", "bucket.example.org", "bucket.example.org", "bucket.example.org"},
		{"https", "example.org:443", "example.org:443", "example.org", "example.org"}, // as http.NewRequest makes it
		{"https", "example.org:443", "bucket.example.org:443", "bucket.example.org:443", "bucket.example.org:443"},
		{"https", "EXAMPLE.org", "", "EXAMPLE.org", ""},
		{"http", "127.0.0.1:9000", "", "127.0.0.1:9000", ""},
		{"http", "[::1]", "", "[::1]", ""},
		{"http", "[::1]:80", "", "[::1]", "[::1]"},
		{"http", "[::1]:9000", "", "[::1]:9000", ""},
		{"http", "[fe80::1%eth0]", "", "[fe80::1]", "[fe80::1]"},
		{"http", "[fe80::1%eth0]:80", "", "[fe80::1]", "[fe80::1]"},
		{"https", "[fe80::1%25]:9000", "", "[fe80::1]:9000", "[fe80::1]:9000"},
	} {
		req := requestTo(url.URL{Scheme: row.scheme, Host: row.urlHost, Path: "/"})
		req.Host = row.reqHost
		s := newSigner(t, "s3", nil)
		if got, _ := trace(t, s, req).header("host"); got != row.want {
			t.Errorf("signed host of %s://%s with Host %q = %q, want %q", row.scheme, row.urlHost, row.reqHost, got, row.want)
		}
		if req.Host != row.reqHost {
			t.Errorf("Explain of %s://%s sets Host to %q", row.scheme, row.urlHost, req.Host)
		}
		if err := s.Sign(req, longTerm, sigv4.EmptyPayload(), moment); err != nil {
			t.Errorf("Sign of %s://%s = %v", row.scheme, row.urlHost, err)
		}
		if req.Host != row.wantReqHost || req.URL.Host != row.urlHost {
			t.Errorf("after Sign of %s://%s with Host %q: Host = %q and URL.Host = %q, want %q and no change",
				row.scheme, row.urlHost, row.reqHost, req.Host, req.URL.Host, row.wantReqHost)
		}
	}
}

// TestHostInTheHeaderMapIsNotSigned: net/http never sends it.
func TestHostInTheHeaderMapIsNotSigned(t *testing.T) {
	req := newRequest(t, "GET", "https://example.amazonaws.com/")
	req.Header.Set("Host", "elsewhere.example.org")
	c := trace(t, newSigner(t, "s3", nil), req)
	if got, _ := c.header("host"); got != "example.amazonaws.com" || strings.Count(c.signed, "host") != 1 {
		t.Errorf("signed host = %q in %q, want example.amazonaws.com, once", got, c.signed)
	}
}

func TestPlusBecomesABlankInWhatIsSent(t *testing.T) {
	req := newRequest(t, "GET", "https://example.amazonaws.com/a+b?c+d=e+f&g=h%2Bi")
	given := req.URL
	s := newSigner(t, "s3", nil)
	if got, want := trace(t, s, req).query, "c%20d=e%20f&g=h%2Bi"; got != want {
		t.Errorf("canonical query = %q, want %q", got, want)
	}
	if err := s.Sign(req, longTerm, sigv4.EmptyPayload(), moment); err != nil {
		t.Fatal(err)
	}
	if want := "c%20d=e%20f&g=h%2Bi"; req.URL.RawQuery != want {
		t.Errorf("RawQuery after Sign = %q, want %q", req.URL.RawQuery, want)
	}
	if req.URL.Path != "/a+b" {
		t.Errorf("Path after Sign = %q, want /a+b", req.URL.Path)
	}
	if given == req.URL || given.RawQuery != "c+d=e+f&g=h%2Bi" {
		t.Errorf("the caller's URL has query %q (replaced %t), want it left alone", given.RawQuery, given != req.URL)
	}
}

// TestMethodIsSignedAsSent covers the empty method, which net/http sends as GET.
func TestMethodIsSignedAsSent(t *testing.T) {
	s := newSigner(t, "s3", nil)
	for method, want := range map[string]string{"": "GET", "GET": "GET", "get": "get", "PUT": "PUT", "M-SEARCH": "M-SEARCH"} {
		req := requestTo(url.URL{Path: "/"})
		req.Method = method
		if got := trace(t, s, req).method; got != want {
			t.Errorf("canonical method of %q = %q, want %q", method, got, want)
		}
		if req.Method != method {
			t.Errorf("method after Explain = %q, want %q", req.Method, method)
		}
	}
}

// TestHeadersOfTheSigner checks which headers Sign sets, replaces and removes.
func TestHeadersOfTheSigner(t *testing.T) {
	empty := sigv4.EmptyPayload()
	for _, row := range []struct {
		name, service string
		opts          *sigv4.Options
		cred          sigv4.Credentials
		payload       sigv4.PayloadHash
		header        http.Header
		want          http.Header // without Authorization
		signed        string
	}{
		{"another service", "service", nil, longTerm, empty, http.Header{},
			http.Header{"X-Amz-Date": {"20150830T123600Z"}}, "host;x-amz-date"},
		{"S3", "s3", nil, longTerm, empty, http.Header{},
			http.Header{"X-Amz-Date": {"20150830T123600Z"}, "X-Amz-Content-Sha256": {empty.String()}}, "host;x-amz-content-sha256;x-amz-date"},
		{"S3 told not to", "s3", &sigv4.Options{ContentSHA256: sigv4.No}, longTerm, empty, http.Header{},
			http.Header{"X-Amz-Date": {"20150830T123600Z"}}, "host;x-amz-date"},
		{"S3 told not to, unsigned payload", "s3", &sigv4.Options{ContentSHA256: sigv4.No}, longTerm, sigv4.UnsignedPayload(), http.Header{},
			http.Header{"X-Amz-Date": {"20150830T123600Z"}, "X-Amz-Content-Sha256": {"UNSIGNED-PAYLOAD"}}, "host;x-amz-content-sha256;x-amz-date"},
		{"another service told to", "service", &sigv4.Options{ContentSHA256: sigv4.Yes}, longTerm, empty, http.Header{},
			http.Header{"X-Amz-Date": {"20150830T123600Z"}, "X-Amz-Content-Sha256": {empty.String()}}, "host;x-amz-content-sha256;x-amz-date"},
		{"another service, unsigned payload", "service", nil, longTerm, sigv4.UnsignedPayload(), http.Header{},
			http.Header{"X-Amz-Date": {"20150830T123600Z"}, "X-Amz-Content-Sha256": {"UNSIGNED-PAYLOAD"}}, "host;x-amz-content-sha256;x-amz-date"},
		{"another service, header there", "service", nil, longTerm, empty, http.Header{"X-Amz-Content-Sha256": {"stale"}},
			http.Header{"X-Amz-Date": {"20150830T123600Z"}, "X-Amz-Content-Sha256": {empty.String()}}, "host;x-amz-content-sha256;x-amz-date"},
		{"session token", "service", nil, temporary, empty, http.Header{},
			http.Header{"X-Amz-Date": {"20150830T123600Z"}, "X-Amz-Security-Token": {exampleToken}}, "host;x-amz-date;x-amz-security-token"},
		{"session token unsigned", "service", &sigv4.Options{SignToken: sigv4.No}, temporary, empty, http.Header{},
			http.Header{"X-Amz-Date": {"20150830T123600Z"}, "X-Amz-Security-Token": {exampleToken}}, "host;x-amz-date"},
		{"session token by the device gateway", "iotdevicegateway", nil, temporary, empty, http.Header{},
			http.Header{"X-Amz-Date": {"20150830T123600Z"}, "X-Amz-Security-Token": {exampleToken}}, "host;x-amz-date"},
		{"session token by the device gateway told to", "iotdevicegateway", &sigv4.Options{SignToken: sigv4.Yes}, temporary, empty, http.Header{},
			http.Header{"X-Amz-Date": {"20150830T123600Z"}, "X-Amz-Security-Token": {exampleToken}}, "host;x-amz-date;x-amz-security-token"},
		{"all of an earlier signature", "s3", nil, longTerm, empty,
			http.Header{"Authorization": {"a", "b"}, "X-Amz-Date": {"c", "d"}, "X-Amz-Security-Token": {"e", "f"}, "X-Amz-Content-Sha256": {"g", "h"}},
			http.Header{"X-Amz-Date": {"20150830T123600Z"}, "X-Amz-Content-Sha256": {empty.String()}}, "host;x-amz-content-sha256;x-amz-date"},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := newSigner(t, row.service, row.opts)
			req := newRequest(t, "GET", "https://example.amazonaws.com/")
			req.Header = row.header.Clone()
			for i := range 2 { // signed again, the result is the same
				// Another zone, and a fraction of a second, change nothing.
				if err := s.Sign(req, row.cred, row.payload, moment.In(time.FixedZone("", -7*3600)).Add(999*time.Millisecond)); err != nil {
					t.Fatal(err)
				}
				got := req.Header.Clone()
				auth := got["Authorization"]
				delete(got, "Authorization")
				if diff := cmp.Diff(row.want, got); diff != "" {
					t.Errorf("headers after Sign %d (-want +got):\n%s", i+1, diff)
				}
				start := "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/" + row.service + "/aws4_request, SignedHeaders=" + row.signed + ", Signature="
				if len(auth) != 1 || !strings.HasPrefix(auth[0], start) || len(auth[0]) != len(start)+64 {
					t.Errorf("Authorization after Sign %d = %q, want %s and 64 digits", i+1, auth, start)
				}
				if _, err := s.Verify(req, known(row.cred), row.payload, moment); err != nil {
					t.Errorf("Verify after Sign %d = %v", i+1, err)
				}
			}
			// The values share one array; none may reach into its neighbour.
			for key := range row.want {
				req.Header.Add(key, "more")
			}
			req.Header.Add("Authorization", "more")
			for key, values := range req.Header {
				if len(values) != 2 || values[1] != "more" {
					t.Errorf("%s with a value added = %q, want that value second", key, values)
				}
			}
		})
	}
}

// TestMalformedHostsAreRefused: what no URL can hold, net/http cannot send.
func TestMalformedHostsAreRefused(t *testing.T) {
	for host, good := range map[string]bool{
		"[": false, "]": false, "[]": false, "a[b": false, "[::1": false, "::1]": false, "[::1]x": false, "[a b]": false, "a:b": false, "a:9:0": false, "a:9000x": false, ":9000": false, "[[::1]]": false,
		"a:9000": true, "[::1]": true, "[::1]:9000": true, "a_b.c-d~e": true, "127.0.0.1:65535": true,
	} {
		signer := newSigner(t, "s3", nil)
		for range 2 { // the second time a good one is known
			req := requestTo(url.URL{Path: "/"})
			req.Host = host
			if _, err := signer.Explain(req, longTerm, sigv4.EmptyPayload(), moment); (err == nil) != good || err != nil && !errors.Is(err, sigv4.ErrRequest) {
				t.Errorf("Explain with the host %q = %v, want it good: %t", host, err, good)
			}
		}
	}
}
