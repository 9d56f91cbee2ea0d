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

// Transport is an [http.RoundTripper] over HTTP/1.1. The zero value is ready for use. It
// is safe for concurrent use, and must not be copied or changed after its first use.
//
// It adds no header but Host, asks for no compression, and undoes none. It tells an
// [httptrace.ClientTrace] what net/http does, but for each header that is written.
type Transport struct {
	// Dialer opens the connections; nil means one of the transport's own.
	Dialer *Dialer
	// TLS configures https; nil means the defaults of crypto/tls. The name of the server,
	// unless it is set, and the protocol are added.
	TLS *tls.Config
	// Proxy gives the proxy of a request, or nil; nil means [http.ProxyFromEnvironment].
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

	once sync.Once
	idle idle
	rest http.Transport // for what is not done here
}

var _ http.RoundTripper = (*Transport)(nil)

func (t *Transport) setUp() {
	if t.Dialer == nil {
		t.Dialer = new(Dialer)
	}
	if t.Proxy == nil {
		t.Proxy = http.ProxyFromEnvironment
	}
	t.HandshakeTimeout = cmp.Or(t.HandshakeTimeout, 10*time.Second)
	t.HeadTimeout = cmp.Or(t.HeadTimeout, time.Minute)
	t.idle.most, t.idle.timeout = cmp.Or(t.MaxIdle, 10), cmp.Or(t.IdleTimeout, 90*time.Second)

	r := &t.rest
	r.Proxy, r.DialContext, r.TLSClientConfig = t.Proxy, t.Dialer.DialContext, t.TLS.Clone()
	r.Protocols = new(http.Protocols)
	r.Protocols.SetHTTP1(true)
	r.DisableCompression = true
	r.MaxIdleConnsPerHost, r.IdleConnTimeout = t.idle.most, t.idle.timeout
	r.TLSHandshakeTimeout, r.ResponseHeaderTimeout, r.ExpectContinueTimeout = t.HandshakeTimeout, t.HeadTimeout, time.Second
	r.ReadBufferSize, r.WriteBufferSize = bufferSize, bufferSize
}

// RoundTrip implements [http.RoundTripper]. What the connection or the answer does wrong
// is its error; [ErrMalformed] is one. If the request's context ends, its cause is.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	t.once.Do(t.setUp)
	if !canLook || !isPlain(req) {
		return t.rest.RoundTrip(req)
	}
	if proxy, err := t.Proxy(req); proxy != nil || err != nil {
		return t.rest.RoundTrip(req)
	}
	buffer := heads.Get().(*[]byte)
	defer heads.Put(buffer)
	head, ok := appendHead((*buffer)[:0], req)
	if *buffer = head; !ok {
		return t.rest.RoundTrip(req)
	}
	return t.roundTrip(req, head)
}

var heads = sync.Pool{New: func() any { return new([]byte) }}

// roundTrip sends a request on an idle connection, or on a new one.
func (t *Transport) roundTrip(req *http.Request, head []byte) (*http.Response, error) {
	ctx := req.Context()
	trace := httptrace.ContextClientTrace(ctx)
	if trace == nil {
		trace = noTrace
	}
	to := origin{req.URL.Scheme == "https", req.URL.Host}
	if trace.GetConn != nil {
		trace.GetConn(to.address())
	}
	if err := ctx.Err(); err != nil {
		return nil, context.Cause(ctx)
	}
	if c, since := t.idle.take(to, t.HeadTimeout); c != nil {
		if trace.GotConn != nil {
			trace.GotConn(httptrace.GotConnInfo{Conn: c.stream, Reused: true, WasIdle: true, IdleTime: time.Since(since)})
		}
		resp, err := t.send(c, req, head, trace)
		if !errors.Is(err, errStale) {
			return resp, err
		}
	}
	c, err := t.open(ctx, to, trace)
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
func (t *Transport) CloseIdleConnections() {
	t.once.Do(t.setUp)
	t.idle.close()
	t.rest.CloseIdleConnections()
}
