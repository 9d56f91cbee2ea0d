package http1

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http/httptrace"
	"time"
)

// origin is where a connection leads.
type origin struct {
	tls  bool
	host string // with its port, if the URL has one
}

// address is the host with its port.
func (o origin) address() string {
	for i := len(o.host) - 1; i >= 0 && o.host[i] != ']'; i-- {
		if o.host[i] == ':' {
			return o.host
		}
	}
	if o.tls {
		return o.host + ":443"
	}
	return o.host + ":80"
}

// bufferSize is how much is read at once, and so what bounds the head of an answer.
const bufferSize = 64 << 10

// connection is one that has at most one request under way.
type connection struct {
	to     origin
	socket *socket
	stream net.Conn // the socket, or TLS over it
	in     *bufio.Reader
	tls    *tls.ConnectionState
	used   bool // for a request before
}

// open opens a connection.
func (t *Transport) open(ctx context.Context, to origin, trace *httptrace.ClientTrace) (*connection, error) {
	s, err := t.Dialer.dial(ctx, "tcp", to.address())
	if err != nil {
		return nil, err
	}
	c := &connection{to: to, socket: s, stream: s}
	if to.tls {
		if err := c.protect(ctx, t.TLS, t.HandshakeTimeout, trace); err != nil {
			s.Close()
			return nil, fmt.Errorf("TLS handshake with %s: %w", to.address(), err)
		}
	}
	c.in = bufio.NewReaderSize(c.stream, bufferSize)
	s.SetDeadline(time.Now().Add(t.HeadTimeout))
	return c, nil
}

// protect puts TLS over the socket.
func (c *connection) protect(ctx context.Context, config *tls.Config, timeout time.Duration, trace *httptrace.ClientTrace) error {
	if config = config.Clone(); config == nil {
		config = new(tls.Config)
	}
	if config.ServerName == "" {
		config.ServerName, _, _ = net.SplitHostPort(c.to.address())
	}
	config.NextProtos = []string{"http/1.1"}
	over := tls.Client(c.socket, config)
	if trace.TLSHandshakeStart != nil {
		trace.TLSHandshakeStart()
	}
	c.socket.SetDeadline(time.Now().Add(timeout))
	err := over.HandshakeContext(ctx)
	state := over.ConnectionState()
	if trace.TLSHandshakeDone != nil {
		trace.TLSHandshakeDone(state, err)
	}
	c.stream, c.tls = over, &state
	return err
}

// isQuiet reports whether nothing has come, no end either, since the last answer. What
// comes without having been asked for would be taken for the next answer.
func (c *connection) isQuiet() bool {
	c.socket.looking, c.socket.came = true, false
	_, err := c.in.Peek(1)
	c.socket.looking = false
	return err == errQuiet && !c.socket.came
}

// errQuiet is the error of a look at a socket that has nothing. To crypto/tls it is one
// after which it can go on.
var errQuiet error = quiet{}

type quiet struct{}

func (quiet) Error() string   { return "http1: nothing has come" }
func (quiet) Timeout() bool   { return true }
func (quiet) Temporary() bool { return true }
