package http1

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRequestIsWritten(t *testing.T) {
	for _, test := range []struct {
		name string
		req  *http.Request
		want []string // lines, the header's sorted
	}{
		{"plain", &http.Request{Method: "GET", URL: &url.URL{Scheme: "http", Host: "h:8080", Path: "/a b", RawQuery: "x=y&z"}},
			[]string{"GET /a%20b?x=y&z HTTP/1.1", "Host: h:8080"}},
		{"the path as it is encoded", &http.Request{Method: "HEAD", URL: &url.URL{Scheme: "https", Host: "h", Path: "/a+b", RawPath: "/a%2Bb"}},
			[]string{"HEAD /a%2Bb HTTP/1.1", "Host: h"}},
		{"no path", &http.Request{Method: "GET", URL: &url.URL{Scheme: "https", Host: "[::1]:9"}}, []string{"GET / HTTP/1.1", "Host: [::1]:9"}},
		{"another host", &http.Request{Method: "GET", Host: "other", URL: &url.URL{Scheme: "https", Host: "h", Path: "/"}},
			[]string{"GET / HTTP/1.1", "Host: other"}},
		{"a header", &http.Request{Method: "GET", URL: &url.URL{Scheme: "https", Host: "h", Path: "/"},
			Header: http.Header{"Range": {"bytes=0-4"}, "x-amz-date": {"1", "\xc3\xa4\t!"}, "Empty": {""}, "None": {}}},
			[]string{"GET / HTTP/1.1", "Host: h", "Empty: ", "Range: bytes=0-4", "X-Amz-Date: 1", "X-Amz-Date: \xc3\xa4\t!"}},
		{"what is not the header's to say", &http.Request{Method: "GET", URL: &url.URL{Scheme: "https", Host: "h", Path: "/"},
			Header: http.Header{"Host": {"x"}, "Content-Length": {"5"}, "transfer-encoding": {"chunked"}, "CONTENT-LENGTH": {"5"}, "Trailer": {"A"}}},
			[]string{"GET / HTTP/1.1", "Host: h"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			head, ok := appendHead([]byte("before"), test.req)
			if !ok || !isPlain(test.req) {
				t.Fatal("the request is not written here")
			}
			text, ended := strings.CutSuffix(strings.TrimPrefix(string(head), "before"), "\r\n\r\n")
			lines := strings.Split(text, "\r\n")
			slices.Sort(lines[2:])
			if diff := cmp.Diff(test.want, lines); diff != "" || !ended {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if req, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(head[len("before"):]))); err != nil || req.ContentLength != 0 {
				t.Errorf("net/http reads %v, %v", req, err)
			}
		})
	}
}

// What would end a line early, or is net/http's to act on, is not written here.
func TestRequestIsLeftToNetHTTP(t *testing.T) {
	for name, change := range map[string]func(*http.Request){
		"a POST":                            func(r *http.Request) { r.Method = "POST" },
		"a DELETE":                          func(r *http.Request) { r.Method = "DELETE" },
		"no method":                         func(r *http.Request) { r.Method = "" },
		"a method with a line break":        func(r *http.Request) { r.Method = "GET / HTTP/1.1\r\nA: b\r\n\r\nGET" },
		"a body":                            func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader("x")) },
		"a length":                          func(r *http.Request) { r.ContentLength = 1 },
		"a coding":                          func(r *http.Request) { r.TransferEncoding = []string{"chunked"} },
		"a trailer":                         func(r *http.Request) { r.Trailer = http.Header{"A": nil} },
		"to close":                          func(r *http.Request) { r.Close = true },
		"Connection":                        func(r *http.Request) { r.Header.Set("Connection", "close") },
		"connection, in small letters":      func(r *http.Request) { r.Header["connection"] = []string{"close"} },
		"Expect":                            func(r *http.Request) { r.Header.Set("Expect", "100-continue") },
		"Upgrade":                           func(r *http.Request) { r.Header.Set("Upgrade", "h2c") },
		"no URL":                            func(r *http.Request) { r.URL = nil },
		"no host":                           func(r *http.Request) { r.URL.Host = "" },
		"another scheme":                    func(r *http.Request) { r.URL.Scheme = "ftp" },
		"a host that is not ASCII":          func(r *http.Request) { r.URL.Host = "b\u00fccher.example" },
		"a host with a zone":                func(r *http.Request) { r.URL.Host = "[fe80::1%25eth0]" },
		"a host with a line break":          func(r *http.Request) { r.URL.Host = "h\r\nA: b" },
		"a Host with a line break":          func(r *http.Request) { r.Host = "h\r\nA: b" },
		"a Host with a slash":               func(r *http.Request) { r.Host = "h/x" },
		"a path with a line break":          func(r *http.Request) { r.URL.Opaque = "/\r\nA: b" },
		"a path with a blank":               func(r *http.Request) { r.URL.Opaque = "/ HTTP/1.1" },
		"a query with a line break":         func(r *http.Request) { r.URL.RawQuery = "a\r\nA: b" },
		"a query with a blank":              func(r *http.Request) { r.URL.RawQuery = "a b" },
		"a query that is not ASCII":         func(r *http.Request) { r.URL.RawQuery = "\xe4" },
		"a name with a line break":          func(r *http.Request) { r.Header["A\r\nB"] = []string{"x"} },
		"a name with a colon":               func(r *http.Request) { r.Header["A:"] = []string{"x"} },
		"an empty name":                     func(r *http.Request) { r.Header[""] = []string{"x"} },
		"a value with a line break":         func(r *http.Request) { r.Header["A"] = []string{"x\r\nB: y"} },
		"a value with a LF":                 func(r *http.Request) { r.Header["A"] = []string{"x\nB: y"} },
		"a value with a CR":                 func(r *http.Request) { r.Header["A"] = []string{"x\rB: y"} },
		"a value with a NUL":                func(r *http.Request) { r.Header["A"] = []string{"x\x00"} },
		"a value with a line break, second": func(r *http.Request) { r.Header["A"] = []string{"x", "y\r\n"} },
	} {
		t.Run(name, func(t *testing.T) {
			req := request(t, "GET", "http://h/")
			if _, ok := appendHead(nil, req); !ok || !isPlain(req) {
				t.Fatal("even without the change")
			}
			if change(req); isPlain(req) {
				if head, ok := appendHead(nil, req); ok {
					t.Errorf("%q is written here", head)
				}
			}
		})
	}
}

// All bytes, in every place: what a server sees is one request, and nothing that the
// place did not mean.
func TestNoByteEndsALineEarly(t *testing.T) {
	for c := range 256 {
		bad := "x" + string([]byte{byte(c)}) + "y"
		for name, req := range map[string]*http.Request{
			"path":   {Method: "GET", URL: &url.URL{Scheme: "http", Host: "h", Path: "/" + bad}},
			"opaque": {Method: "GET", URL: &url.URL{Scheme: "http", Host: "h", Opaque: "/" + bad}},
			"query":  {Method: "GET", URL: &url.URL{Scheme: "http", Host: "h", RawQuery: bad}},
			"host":   {Method: "GET", Host: bad, URL: &url.URL{Scheme: "http", Host: "h"}},
			"name":   {Method: "GET", URL: &url.URL{Scheme: "http", Host: "h"}, Header: http.Header{bad: {"v"}}},
			"value":  {Method: "GET", URL: &url.URL{Scheme: "http", Host: "h"}, Header: http.Header{"N": {bad}}},
		} {
			head, ok := appendHead(nil, req)
			if !ok || name == "opaque" && c == '%' { // that begins no escape
				continue
			}
			lines := 3
			if name == "name" || name == "value" {
				lines++
			}
			in := bufio.NewReader(bytes.NewReader(head))
			got, err := http.ReadRequest(in)
			if err != nil || in.Buffered() > 0 || strings.Count(string(head), "\r\n") != lines || strings.Count(string(head), "\n") != lines || strings.Count(string(head), "\r") != lines {
				t.Errorf("%s with byte %#x: %q, %v", name, c, head, err)
				continue
			}
			switch {
			case name == "value" && got.Header.Get("N") != bad, name == "path" && got.URL.Path != "/"+bad,
				name == "query" && got.URL.RawQuery != bad, name == "host" && got.Host != bad:
				t.Errorf("%s with byte %#x: the server reads %+v", name, c, got)
			}
		}
	}
}

func TestWhatIsLeftToNetHTTPIsSentOrRefused(t *testing.T) {
	s := serve(t, func(_ int, p *peer) {
		for {
			head := p.request()
			if head == "" {
				return
			}
			if strings.Contains(head, "Injected") {
				t.Errorf("the server got %q", head)
			}
			method, _, _ := strings.Cut(head, " ")
			if method == "PUT" {
				io.ReadFull(p.in, make([]byte, 4))
			}
			p.say("HTTP/1.1 200 OK\r\nX-Method: " + method + "\r\nContent-Length: 0\r\n\r\n")
		}
	})
	tr := newTransport(t)
	for _, method := range []string{"PUT", "POST", "DELETE", "OPTIONS"} {
		req := request(t, method, s.url)
		if method == "PUT" {
			req.Body, req.ContentLength = io.NopCloser(strings.NewReader("body")), 4
		}
		resp, err := tr.RoundTrip(req)
		if err != nil || resp.Header.Get("X-Method") != method {
			t.Errorf("%s: %v, %v", method, resp, err)
			continue
		}
		resp.Body.Close()
	}
	for _, change := range []func(*http.Request){
		func(r *http.Request) { r.Header["A"] = []string{"x\r\nInjected: y"} },
		func(r *http.Request) { r.Header["A\r\nInjected"] = []string{"x"} },
		func(r *http.Request) { r.URL.RawQuery = "a HTTP/1.1\r\nInjected: y" },
	} {
		req := request(t, "GET", s.url)
		change(req)
		if resp, err := tr.RoundTrip(req); err == nil {
			t.Errorf("it was sent: %v", resp)
		}
	}
}
