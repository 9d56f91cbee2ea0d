package s3test

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
)

// The connections that [Start] accepts: their numbers, and how they are broken off.

// connection is known to the requests that come over it.
type connection struct {
	net.Conn
	number int // from 1, in the order of acceptance
}

type connectionKey struct{}

// accepted is the server's ConnContext.
func (s *Server) accepted(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connectionKey{}, &connection{c, int(s.connections.Add(1))})
}

// Connections counts the connections that Start's listener has accepted so far: a
// client that means to have one for each worker can be seen to do so.
func (s *Server) Connections() int { return int(s.connections.Load()) }

// connectionOf gives nil if another listener than Start's has accepted it.
func connectionOf(r *http.Request) *connection {
	c, _ := r.Context().Value(connectionKey{}).(*connection)
	return c
}

// connectionNumber is 0 if another listener than Start's has accepted it.
func connectionNumber(r *http.Request) int {
	if c := connectionOf(r); c != nil {
		return c.number
	}
	return 0
}

// drop closes the connection, or the stream of HTTP/2, that the answer would go to.
func drop() { panic(http.ErrAbortHandler) }

// reset breaks the connection off instead of going on with the answer.
func reset(w *answer, r *http.Request) {
	breakOff(w, r)
	drop()
}

// breakOff resets the connection, as a crashed peer or a firewall does.
func breakOff(w *answer, r *http.Request) {
	var c net.Conn
	if known := connectionOf(r); known != nil {
		c = known.Conn
	} else if hijacked, _, err := http.NewResponseController(w.ResponseWriter).Hijack(); err == nil {
		c = hijacked
		w.ResponseWriter = gone{} // net/http does not want to be asked any more
	}
	for c != nil {
		switch wrapped := c.(type) {
		case *tls.Conn:
			c = wrapped.NetConn()
			continue
		case *pacedConn:
			c = wrapped.Conn
			continue
		case *net.TCPConn:
			_ = wrapped.SetLinger(0)
		}
		c.Close()
		return
	}
}

// gone is an answer that goes nowhere.
type gone struct{}

func (gone) Header() http.Header         { return http.Header{} }
func (gone) WriteHeader(int)             {}
func (gone) Write(p []byte) (int, error) { return 0, io.ErrClosedPipe }
