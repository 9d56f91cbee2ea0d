package http1

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync"
	"time"
)

// Bodiless is an [http.RoundTripper] over HTTP/1.1, for requests without a body; others are
// [ErrRequest]. A program that needs no others does not link net/http's transport. The
// zero value is ready for use. It is safe for concurrent use, and must not be copied or
// changed after its first use.
//
// It adds no header but Host and, with methods that have a body elsewhere,
// Content-Length; it asks for no compression, and undoes none. It tells an
// [httptrace.ClientTrace] what net/http does, but for each header that is written.
//
// The body of a response has a method Slow(), to be called before its end or Close: new
// connections then avoid the address for some time, and this one is not used again. And
// it has a method ReadLate([Pool]) ([]byte, error), by which a buffer is needed only when
// something has come. A Read gives all that has come, as far as there is room.
type Bodiless struct {
	// Dialer opens the connections; nil means one of the transport's own.
	Dialer *Dialer
	// TLS configures https; nil means the defaults of crypto/tls. The name of the server,
	// unless it is set, and the protocol are added.
	TLS *tls.Config
	// Proxy gives the proxy of a request, or nil; nil means [http.ProxyFromEnvironment].
	// Its scheme is http or https.
	Proxy func(*http.Request) (*url.URL, error)
	// MaxIdle bounds the idle connections of a host; 0 means 10.
	MaxIdle int
	// IdleTimeout is for how long they are kept; 0 means 90 s.
	IdleTimeout time.Duration
	// HandshakeTimeout bounds the handshake of TLS; 0 means 10 s.
	HandshakeTimeout time.Duration
	// HeadTimeout bounds the time from when a connection is there to the end of the
	// answer's head; 0 means 1 min.
	HeadTimeout time.Duration

	ready sync.Once
	idle  idle

	mu     sync.Mutex
	theirs closer // net/http's, once NetHTTP has been called
}

// closer is a RoundTripper that has idle connections.
type closer interface {
	http.RoundTripper
	CloseIdleConnections()
}

var _ closer = (*Bodiless)(nil)

func (t *Bodiless) setUp() {
	if t.Dialer == nil {
		t.Dialer = new(Dialer)
	}
	if t.Proxy == nil {
		t.Proxy = http.ProxyFromEnvironment
	}
	t.HandshakeTimeout = cmp.Or(t.HandshakeTimeout, 10*time.Second)
	t.HeadTimeout = cmp.Or(t.HeadTimeout, time.Minute)
	t.idle.most, t.idle.timeout = cmp.Or(t.MaxIdle, 10), cmp.Or(t.IdleTimeout, 90*time.Second)
}

// RoundTrip implements [http.RoundTripper]. Its errors are [ErrRequest], before anything
// is sent, what the connection does wrong, or [ErrMalformed]. If the request's context
// ends, its cause is the error.
func (t *Bodiless) RoundTrip(req *http.Request) (*http.Response, error) {
	if !canLook {
		return withoutLook(t).RoundTrip(req)
	}
	t.ready.Do(t.setUp)
	to, proxy, err := t.routeOf(req)
	if err != nil {
		return nil, err
	}
	buffer := heads.Get().(*[]byte)
	defer heads.Put(buffer)
	head, err := appendHead((*buffer)[:0], req, proxy)
	if *buffer = head; err != nil {
		return nil, err
	}
	return t.roundTrip(req, to, proxy, head)
}

var heads = sync.Pool{New: func() any { return new([]byte) }}

// roundTrip sends a request on an idle connection, or on a new one.
func (t *Bodiless) roundTrip(req *http.Request, to route, proxy *url.URL, head []byte) (*http.Response, error) {
	ctx := req.Context()
	trace := httptrace.ContextClientTrace(ctx)
	if trace == nil {
		trace = noTrace
	}
	if trace.GetConn != nil {
		trace.GetConn(to.address())
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if c, since := t.idle.take(to, t.HeadTimeout); c != nil {
		if trace.GotConn != nil {
			trace.GotConn(httptrace.GotConnInfo{Conn: c.stream, Reused: true, WasIdle: true, IdleTime: time.Since(since)})
		}
		resp, err := t.send(c, req, head, trace)
		if !errors.Is(err, errStale) || !isSafe(req.Method) {
			return resp, err
		}
	}
	c, err := t.open(ctx, to, proxy, trace)
	if err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return nil, fmt.Errorf("http1: %w", err)
	}
	if trace.GotConn != nil {
		trace.GotConn(httptrace.GotConnInfo{Conn: c.stream})
	}
	return t.send(c, req, head, trace)
}

var noTrace = new(httptrace.ClientTrace)

// CloseIdleConnections closes those that no request uses.
func (t *Bodiless) CloseIdleConnections() {
	t.idle.close()
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.theirs != nil {
		t.theirs.CloseIdleConnections()
	}
}
