//go:build unix

package http1

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"
)

func TestCancelAnywhere(t *testing.T) {
	silent := func(_ int, p *peer) { p.request(); p.request() }
	inBody := func(_ int, p *peer) {
		p.request()
		p.say("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nh")
		p.request()
	}
	hangs := func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
	for _, test := range []struct {
		name   string
		serve  func(int, *peer)
		change func(*Bodiless)
		scheme string
		first  bool // an answer, so that the connection had been idle
	}{
		{"in the lookup", silent, func(tr *Bodiless) {
			tr.Dialer = &Dialer{Lookup: func(ctx context.Context, _ string) ([]netip.Addr, error) { return nil, hangs(ctx) }}
		}, "http", false},
		{"while it connects", silent, func(tr *Bodiless) {
			tr.Dialer = &Dialer{Dial: func(ctx context.Context, _, _ string) (net.Conn, error) { return nil, hangs(ctx) },
				Lookup: func(context.Context, string) ([]netip.Addr, error) { return []netip.Addr{loopback}, nil }}
		}, "http", false},
		{"in the handshake", silent, nil, "https", false},
		{"before the head", silent, nil, "http", false},
		{"before the head, on a connection that had been idle", func(_ int, p *peer) {
			p.request()
			p.say("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
			silent(1, p)
		}, nil, "http", true},
		{"in the head", func(_ int, p *peer) { p.request(); p.say("HTTP/1.1 200 OK\r\n"); p.request() }, nil, "http", false},
		{"in the body", inBody, nil, "http", false},
		{"in chunks", func(_ int, p *peer) {
			p.request()
			p.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nh")
			p.request()
		}, nil, "http", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := serve(t, test.serve)
			tr := newTransport(t)
			host := s.url[len("http://"):]
			if test.change != nil {
				test.change(tr)
				host = "host.example"
			}
			url := test.scheme + "://" + host
			if test.first {
				wantGet(t, tr, url, "")
			}
			reason := errors.New("the user has gone")
			ctx, cancel := context.WithCancelCause(t.Context())
			var began time.Time
			time.AfterFunc(30*time.Millisecond, func() { began = time.Now(); cancel(reason) })
			resp, err := tr.RoundTrip(request(t, "GET", url).WithContext(ctx))
			if err == nil {
				_, err = io.ReadAll(resp.Body)
				resp.Body.Close()
			}
			wantErr(t, err, reason)
			if took := time.Since(began); took > time.Second { // nothing that it waits for ends in less than 10 s
				t.Errorf("it took %v to end", took)
			}
			if n := s.accepted(); n > 1 {
				t.Errorf("a cancelled request opened %d connections", n)
			}
		})
	}
}

func TestRequestThatIsCancelledAlreadyIsNotSent(t *testing.T) {
	s := serve(t, answers(small))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := newTransport(t).RoundTrip(request(t, "GET", s.url).WithContext(ctx))
	wantErr(t, err, context.Canceled)
	if n := s.accepted(); n != 0 {
		t.Errorf("%d connections, want none", n)
	}
}

// A context that ends while the request takes its connection ends it, too.
func TestCancelAsTheConnectionIsTaken(t *testing.T) {
	s := serve(t, func(_ int, p *peer) { p.request(); p.request() })
	for range 20 {
		ctx, cancel := context.WithCancel(t.Context())
		trace := &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { cancel() }}
		_, err := newTransport(t).RoundTrip(request(t, "GET", s.url).WithContext(httptrace.WithClientTrace(ctx, trace)))
		wantErr(t, err, context.Canceled)
	}
}

// A context that ends after the body does not touch the connection, which others use.
func TestCancelAfterTheBodyClosesNothing(t *testing.T) {
	s := serve(t, answers(small))
	tr := newTransport(t)
	for range 20 {
		ctx, cancel := context.WithCancel(t.Context())
		resp, err := tr.RoundTrip(request(t, "GET", s.url).WithContext(ctx))
		if err != nil {
			t.Fatal(err)
		}
		if b, err := io.ReadAll(resp.Body); string(b) != "hello" || err != nil {
			t.Errorf("the body is %q, %v", b, err)
		}
		cancel()
		resp.Body.Close()
	}
	if n := s.accepted(); n != 1 {
		t.Errorf("%d connections, want 1", n)
	}
}

// Whoever is first, the end of the body or of the context: another request on the
// connection gets its own answer.
func TestCancelAtTheEndOfTheBody(t *testing.T) {
	s := serve(t, answers(small))
	tr := newTransport(t)
	for n := range 300 {
		ctx, cancel := context.WithCancel(t.Context())
		resp, err := tr.RoundTrip(request(t, "GET", s.url).WithContext(ctx))
		if err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(time.Duration(n%30)*time.Microsecond, cancel)
		b, err := io.ReadAll(resp.Body)
		if string(b) != "hello" && err == nil || err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("the body is %q, %v", b, err)
		}
		wantGet(t, tr, s.url, "hello")
		cancel()
	}
}

func TestHeadThatDoesNotComeInTime(t *testing.T) {
	for name, one := range map[string]func(int, *peer){
		"nothing":      func(_ int, p *peer) { p.request(); p.request() },
		"a bit of it":  func(_ int, p *peer) { p.request(); p.say("HTTP/1.1 2"); p.request() },
		"interim ones": func(_ int, p *peer) { p.request(); p.say("HTTP/1.1 100 Continue\r\n\r\n"); p.request() },
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, one)
			tr := newTransport(t)
			tr.HeadTimeout = 50 * time.Millisecond
			_, err := get(t, tr, s.url)
			wantErr(t, err, os.ErrDeadlineExceeded)
			if timeout := net.Error(nil); !errors.As(err, &timeout) || !timeout.Timeout() || !strings.Contains(err.Error(), "no answer in 50ms") {
				t.Errorf("the error is no timeout that says of what: %v", err)
			}
		})
	}
}

// The body may take its time.
func TestBodyHasNoTimeout(t *testing.T) {
	s := serve(t, func(_ int, p *peer) {
		for p.request() != "" {
			p.say("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe")
			time.Sleep(150 * time.Millisecond)
			p.say("llo")
		}
	})
	tr := newTransport(t)
	tr.HeadTimeout = 50 * time.Millisecond
	for range 2 {
		wantGet(t, tr, s.url, "hello")
	}
	if n := s.accepted(); n != 1 {
		t.Errorf("%d connections, want 1", n)
	}
}

// Without a context that ends, and with http.Client's timeout.
func TestClientTimeout(t *testing.T) {
	s := serve(t, func(_ int, p *peer) {
		p.request()
		p.say("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe")
		p.request()
	})
	resp, err := (&http.Client{Transport: newTransport(t), Timeout: 50 * time.Millisecond}).Get(s.url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	_, err = io.ReadAll(resp.Body)
	wantErr(t, err, context.DeadlineExceeded)
}
