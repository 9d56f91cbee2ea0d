package s3client

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/sigvier/sigvier/sigv4"
)

// Workers that share one HTTP/2 connection would wait for each other.
func TestOwnTransportSpeaksHTTP1(t *testing.T) {
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, r.Proto)
	}))
	srv.EnableHTTP2 = true
	srv.StartTLS()
	defer srv.Close()
	own := newTransport(1)
	defer own.CloseIdleConnections()
	own.TLS = srv.Client().Transport.(*http.Transport).TLSClientConfig
	for _, test := range []struct {
		method string
		body   io.Reader
		over   http.RoundTripper
	}{{http.MethodGet, nil, own}, {http.MethodPut, strings.NewReader("x"), withBodies(own)}} {
		req, err := http.NewRequestWithContext(t.Context(), test.method, srv.URL, test.body)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := (&http.Client{Transport: test.over}).Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if got, err := io.ReadAll(resp.Body); string(got) != "HTTP/1.1" || err != nil {
			t.Errorf("%s: the client speaks %s, %v, want HTTP/1.1", test.method, got, err)
		}
	}
}

// What a transfer engine says of a body reaches its connection.
func TestBodyCanBeCalledSlow(t *testing.T) {
	var conns atomic.Int64
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "hello")
	}))
	srv.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			conns.Add(1)
		}
	}
	srv.Start()
	defer srv.Close()
	c, err := Connection{Endpoint: srv.URL, PathStyle: true, Region: "us-east-1"}.OpenWith(sigv4.NewCredentials("AKIAIOSFODNN7EXAMPLE", "not-a-secret-at-all", ""), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, slow := range []bool{true, false, false} {
		out, err := c.GetObject(t.Context(), GetObjectInput{Bucket: "data", Key: "k"})
		if err != nil {
			t.Fatal(err)
		}
		if slow {
			out.Body.(interface{ Slow() }).Slow()
		}
		if b, err := io.ReadAll(out.Body); string(b) != "hello" || err != nil {
			t.Errorf("the body is %q, %v", b, err)
		}
		out.Body.Close()
	}
	if n := conns.Load(); runtime.GOOS != "windows" && n != 2 {
		t.Errorf("%d connections, want 2: the slow one is not used again", n)
	}
}
