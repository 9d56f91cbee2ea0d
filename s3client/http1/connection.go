package http1

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http/httptrace"
	"net/url"
	"time"
)

// route is where a connection leads.
type route struct {
	tls   bool
	host  string // with its port, if the URL has one
	proxy string // the URL of one; "" if there is none
}

// address is the host with its port.
func (r route) address() string {
	for i := len(r.host) - 1; i >= 0 && r.host[i] != ']'; i-- {
		if r.host[i] == ':' {
			return r.host
		}
	}
	if r.tls {
		return r.host + ":443"
	}
	return r.host + ":80"
}

const (
	// bufferSize is what a connection keeps: more than the head of most answers, while
	// bodies go by it.
	bufferSize = 4 << 10
	// maxHead bounds the head of an answer, for which the buffer grows.
	maxHead = 64 << 10
)

// connection is one that has at most one request under way.
type connection struct {
	to     route
	socket *socket
	stream net.Conn // the socket, or TLS over it
	in     *bufio.Reader
	tls    *tls.ConnectionState
	used   bool // for a request before
}

// open opens a connection, through a proxy if there is one.
func (t *Bodiless) open(ctx context.Context, to route, proxy *url.URL, trace *httptrace.ClientTrace) (*connection, error) {
	next := to
	if proxy != nil {
		next = route{tls: proxy.Scheme == "https", host: proxy.Host}
	}
	s, err := t.Dialer.dial(ctx, "tcp", next.address())
	if err != nil {
		return nil, err
	}
	if ctx.Done() != nil {
		defer context.AfterFunc(ctx, func() { s.Close() })()
	}
	c := &connection{to: to, socket: s, stream: s, in: bufio.NewReaderSize(s, bufferSize)}
	if next.tls {
		err = t.protect(c, next, trace)
	}
	if err == nil && proxy != nil && to.tls {
		if err = t.tunnel(c, proxy); err == nil {
			err = t.protect(c, to, trace)
		}
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	s.SetDeadline(time.Now().Add(t.HeadTimeout))
	return c, nil
}

// protect puts TLS over the stream.
func (t *Bodiless) protect(c *connection, peer route, trace *httptrace.ClientTrace) error {
	config := t.TLS.Clone()
	if config == nil {
		config = new(tls.Config)
	}
	if config.ServerName == "" {
		config.ServerName, _, _ = net.SplitHostPort(peer.address())
	}
	config.NextProtos = []string{"http/1.1"}
	over := tls.Client(c.stream, config)
	if trace.TLSHandshakeStart != nil {
		trace.TLSHandshakeStart()
	}
	c.socket.SetDeadline(time.Now().Add(t.HandshakeTimeout))
	err := over.Handshake()
	state := over.ConnectionState()
	if trace.TLSHandshakeDone != nil {
		trace.TLSHandshakeDone(state, err)
	}
	if err != nil {
		return fmt.Errorf("TLS handshake with %s: %w", peer.address(), err)
	}
	c.stream, c.tls = over, &state
	c.in.Reset(over)
	return nil
}

// tunnel has the proxy connect to the host (RFC 9110, section 9.3.6, CONNECT).
func (t *Bodiless) tunnel(c *connection, proxy *url.URL) error {
	address := c.to.address()
	c.socket.SetDeadline(time.Now().Add(t.HeadTimeout))
	head := append(append(append([]byte("CONNECT "), address...), " HTTP/1.1\r\nHost: "...), address...)
	head = append(appendProxyAuthorization(append(head, "\r\n"...), proxy.User), "\r\n"...)
	_, err := c.stream.Write(head)
	var a answer
	for err == nil && a.StatusCode < 200 { // interim answers, as many as come in time
		var raw []byte
		if raw, err = c.head(); err == nil {
			err = a.parseHead(raw)
			c.in.Discard(len(raw))
		}
	}
	switch {
	case err != nil:
		return fmt.Errorf("the proxy %s, asked for %s: %w", proxy.Host, address, noEOF(err))
	case a.StatusCode >= 300:
		return fmt.Errorf("the proxy %s refuses to connect to %s: it answers %q", proxy.Host, address, a.Status)
	case c.in.Buffered() > 0: // TLS begins with the client
		return fmt.Errorf("the proxy %s, asked for %s: %w", proxy.Host, address, malformed("bytes behind its end"))
	}
	return nil
}

// isQuiet reports whether nothing has come, no end either, since the last answer. What
// comes without having been asked for would be taken for the next answer.
func (c *connection) isQuiet() bool {
	c.socket.looking, c.socket.came = true, false
	_, err := c.in.Peek(1)
	c.socket.looking = false
	return err == errQuiet && !c.socket.came
}

// readNow reads what has come, or says errQuiet.
func (c *connection) readNow(p []byte) (int, error) {
	c.socket.looking = true
	n, err := c.stream.Read(p)
	c.socket.looking = false
	return n, err
}

// errQuiet is the error of a look at a socket that has nothing. To crypto/tls it is one
// after which it can go on.
var errQuiet error = quiet{}

type quiet struct{}

func (quiet) Error() string   { return "http1: nothing has come" }
func (quiet) Timeout() bool   { return true }
func (quiet) Temporary() bool { return true }
