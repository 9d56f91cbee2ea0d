package http1

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRequestIsWritten(t *testing.T) {
	for _, test := range []struct {
		name  string
		req   *http.Request
		proxy *url.URL
		want  []string // lines, the header's sorted
	}{
		{"plain", &http.Request{Method: "GET", URL: &url.URL{Scheme: "http", Host: "h:8080", Path: "/a b", RawQuery: "x=y&z"}}, nil,
			[]string{"GET /a%20b?x=y&z HTTP/1.1", "Host: h:8080"}},
		{"without a method", &http.Request{URL: &url.URL{Scheme: "http", Host: "h"}}, nil, []string{"GET / HTTP/1.1", "Host: h"}},
		{"the path as it is encoded", &http.Request{Method: "HEAD", URL: &url.URL{Scheme: "https", Host: "h", Path: "/a+b", RawPath: "/a%2Bb"}}, nil,
			[]string{"HEAD /a%2Bb HTTP/1.1", "Host: h"}},
		{"no path", &http.Request{Method: "DELETE", URL: &url.URL{Scheme: "https", Host: "[::1]:9"}}, nil, []string{"DELETE / HTTP/1.1", "Host: [::1]:9"}},
		{"no body where there might be one", &http.Request{Method: "PUT", URL: &url.URL{Scheme: "https", Host: "h"}, Header: http.Header{"Content-Length": {"0"}}}, nil,
			[]string{"PUT / HTTP/1.1", "Host: h", "Content-Length: 0"}},
		{"another host", &http.Request{Method: "GET", Host: "other", URL: &url.URL{Scheme: "https", Host: "h", Path: "/"}}, nil,
			[]string{"GET / HTTP/1.1", "Host: other"}},
		{"to close", &http.Request{Method: "GET", Close: true, URL: &url.URL{Scheme: "https", Host: "h", Path: "/"}}, nil,
			[]string{"GET / HTTP/1.1", "Host: h", "Connection: close"}},
		{"a header", &http.Request{Method: "GET", URL: &url.URL{Scheme: "https", Host: "h", Path: "/"},
			Header: http.Header{"Range": {"bytes=0-4"}, "x-amz-date": {"1", "\xc3\xa4\t!"}, "Empty": {""}, "None": {}}}, nil,
			[]string{"GET / HTTP/1.1", "Host: h", "Empty: ", "Range: bytes=0-4", "X-Amz-Date: 1", "X-Amz-Date: \xc3\xa4\t!"}},
		{"what is not the header's to say", &http.Request{Method: "GET", URL: &url.URL{Scheme: "https", Host: "h", Path: "/"},
			Header: http.Header{"Host": {"x"}, "Content-Length": {"5"}, "transfer-encoding": {"chunked"}, "CONTENT-LENGTH": {"5"}, "Trailer": {"A"}}}, nil,
			[]string{"GET / HTTP/1.1", "Host: h"}},
		{"to a proxy", &http.Request{Method: "GET", URL: &url.URL{Scheme: "http", Host: "h:80", Path: "/a", RawQuery: "b"}}, &url.URL{Scheme: "http", Host: "p", User: url.UserPassword("u", "p:w")},
			[]string{"GET http://h:80/a?b HTTP/1.1", "Host: h:80", "Proxy-Authorization: Basic dTpwOnc="}},
		{"through a proxy's tunnel", &http.Request{Method: "GET", URL: &url.URL{Scheme: "https", Host: "h", Path: "/a"}}, &url.URL{Scheme: "http", Host: "p", User: url.User("u")},
			[]string{"GET /a HTTP/1.1", "Host: h"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			head, err := appendHead([]byte("before"), test.req, test.proxy)
			if err != nil {
				t.Fatal(err)
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

// What would end a line early, or is not for this package to send, is refused unsent.
func TestRequestIsRefused(t *testing.T) {
	refused := func(*http.Request) (*url.URL, error) { return nil, nil }
	for name, change := range map[string]func(*http.Request){
		"a method with a line break":        func(r *http.Request) { r.Method = "GET / HTTP/1.1\r\nA: b\r\n\r\nGET" },
		"CONNECT":                           func(r *http.Request) { r.Method = "CONNECT" },
		"a body":                            func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader("x")) },
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
		"a proxy of SOCKS": func(r *http.Request) {
			refused = func(*http.Request) (*url.URL, error) { return &url.URL{Scheme: "socks5", Host: "p:1"}, nil }
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, func(_ int, p *peer) { t.Errorf("it was sent: %q", p.request()) })
			tr := newTransport(t)
			refused = func(*http.Request) (*url.URL, error) { return nil, nil }
			req := request(t, "GET", s.url)
			req.Header.Set("Authorization", "secret")
			change(req)
			tr.Proxy = refused
			resp, err := tr.RoundTrip(req)
			wantErr(t, err, ErrRequest)
			if resp != nil || err != nil && strings.Contains(err.Error(), "secret") {
				t.Errorf("beside the error: %v; or a secret in %v", resp, err)
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
			head, err := appendHead(nil, req, nil)
			if err != nil || name == "opaque" && c == '%' { // that begins no escape
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

// Other methods are sent here, too, if there is no body.
func TestOtherMethods(t *testing.T) {
	s := serve(t, func(_ int, p *peer) {
		for {
			head := p.request()
			if head == "" {
				return
			}
			method, _, _ := strings.Cut(head, " ")
			p.say("HTTP/1.1 200 OK\r\nX-Method: " + method + "\r\nContent-Length: 0\r\n\r\n")
		}
	})
	tr := newTransport(t)
	for _, method := range []string{"PUT", "POST", "DELETE", "OPTIONS", "PATCH"} {
		resp, err := tr.RoundTrip(request(t, method, s.url))
		if err != nil || resp.Header.Get("X-Method") != method {
			t.Errorf("%s: %v, %v", method, resp, err)
		}
	}
	if n := s.accepted(); n != 1 {
		t.Errorf("%d connections, want 1", n)
	}
}

// A body goes over net/http's connections, made as ours are.
func TestBodiesGoOverNetHTTP(t *testing.T) {
	srv, trust := secure(t, func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		io.WriteString(w, r.Proto+" "+string(b))
	})
	_, port, _ := net.SplitHostPort(srv.Listener.Addr().String())
	tr := new(Transport)
	defer tr.CloseIdleConnections()
	tr.TLS = trust
	tr.Dialer = &Dialer{Lookup: func(context.Context, string) ([]netip.Addr, error) { return []netip.Addr{loopback}, nil }}
	req, err := http.NewRequestWithContext(t.Context(), "PUT", "https://example.com:"+port, strings.NewReader("body"))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := tr.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if b, err := io.ReadAll(resp.Body); string(b) != "HTTP/1.1 body" || err != nil {
		t.Errorf("the server got %q, %v", b, err)
	}
	if over := tr.NetHTTP(); over != tr.NetHTTP() {
		t.Error("there are two of net/http's")
	}
	req = request(t, "PUT", "https://example.com:"+port)
	if resp, err = tr.RoundTrip(req); err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if b, err := io.ReadAll(resp.Body); string(b) != "HTTP/1.1 " || err != nil {
		t.Errorf("the server got %q, %v", b, err)
	}
}
