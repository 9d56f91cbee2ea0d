package s3test

import (
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/sigvier/sigvier/sigv4"
)

func TestConnectionsAreCounted(t *testing.T) {
	c := newClient(start(t, Config{}))
	for n := range 3 {
		if got := c.srv.Connections(); got != n {
			t.Errorf("%d connections, want %d", got, n)
		}
		c.do(t, "HEAD", "/data", "").want(t, 200, "") // on a connection of its own
	}
}

// TestEachNthConnectionIsStruck, in all its requests.
func TestEachNthConnectionIsStruck(t *testing.T) {
	srv := start(t, Config{Faults: []Fault{parseFault(t, "error=SlowDown,every-conn=3")}})
	for conn := 1; conn <= 6; conn++ {
		own := ownTransport(t, srv, false)
		for range 3 {
			err := newClient(srv).over(t, own, "HEAD", "/data", "")
			if struck := err != nil; struck != (conn%3 == 0) {
				t.Errorf("connection %d: %v", conn, err)
			}
		}
	}
	if got := srv.Connections(); got != 6 {
		t.Errorf("%d connections, want 6", got)
	}
}

// TestResetsEverywhere: over TLS, over HTTP/2, on a connection that is paced, and behind
// a listener of someone else's.
func TestResetsEverywhere(t *testing.T) {
	for _, test := range []struct {
		name  string
		cfg   Config
		h2    bool
		outer bool
	}{
		{name: "HTTP/1.1"},
		{name: "paced", cfg: Config{Bandwidth: 1 << 20}},
		{name: "TLS", cfg: Config{TLS: true}},
		{name: "TLS, paced", cfg: Config{TLS: true, Bandwidth: 1 << 20}},
		{name: "HTTP/2", cfg: Config{TLS: true}, h2: true},
		{name: "another listener", outer: true},
	} {
		for spec, method := range map[string]string{"reset": "GET", "reset-at=5": "GET", "upload-reset=5": "PUT"} {
			t.Run(test.name+" "+spec, func(t *testing.T) {
				test.cfg.Faults = []Fault{parseFault(t, spec+",key=struck,times=1,op="+map[string]string{"GET": "GetObject", "PUT": "PutObject"}[method])}
				c := newClient(start(t, test.cfg))
				if test.outer {
					outer := httptest.NewServer(c.srv)
					defer outer.Close()
					c.srv.URL = outer.URL
				}
				own := ownTransport(t, c.srv, test.h2)
				for _, key := range []string{"other", "struck"}[:1+b2i(method == "GET")] {
					if err := c.over(t, own, "PUT", "/data/"+key, faultBody); err != nil {
						t.Fatal(err)
					}
				}
				own.CloseIdleConnections() // net/http tries again on another than a used one
				if err := c.over(t, own, method, "/data/struck", strings.Repeat("x", 20*b2i(method == "PUT"))); err == nil {
					t.Errorf("%s is answered, want a reset", method)
				}
				if err := c.over(t, own, "GET", "/data/other", ""); err != nil {
					t.Errorf("what follows: %v", err)
				}
			})
		}
	}
}

// ownTransport keeps its connections, and trusts the server.
func ownTransport(t *testing.T, srv *Server, h2 bool) *http.Transport {
	own := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: srv.CertPool()}, ForceAttemptHTTP2: h2}
	t.Cleanup(own.CloseIdleConnections)
	return own
}

// over sends a request and reads the whole answer.
func (c *client) over(t *testing.T, own *http.Transport, method, target, body string) error {
	t.Helper()
	req := c.request(t, method, target, body)
	c.sign(t, "s3", req, sigv4.PayloadOf([]byte(body)))
	req.GetBody = nil // net/http is not to try again
	resp, err := own.RoundTrip(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if want := 1 + b2i(own.ForceAttemptHTTP2); resp.ProtoMajor != want {
		t.Errorf("the answer is %s, want HTTP/%d", resp.Proto, want)
	}
	if resp.StatusCode != 200 {
		return errors.New(resp.Status)
	}
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// TestDropOverHTTP2 ends a stream, not the connection that all share.
func TestDropOverHTTP2(t *testing.T) {
	c := newClient(start(t, Config{TLS: true, Faults: []Fault{parseFault(t, "drop,op=HeadBucket,times=1")}}))
	own := ownTransport(t, c.srv, true)
	if err := c.over(t, own, "HEAD", "/data", ""); err == nil {
		t.Error("HEAD is answered, want none")
	}
	if err := c.over(t, own, "HEAD", "/data", ""); err != nil {
		t.Error(err)
	}
	if got := c.srv.Connections(); got != 1 {
		t.Errorf("%d connections, want 1", got)
	}
}
