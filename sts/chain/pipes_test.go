package chain_test

import (
	"context"
	"net"
	"net/http"
	"testing"
)

// pipes are a network in memory. In a bubble of synctest, time passes only while
// everybody who is on it waits.
type pipes chan net.Conn

// serve runs a service, and gives the way to it. It ends with the test.
func (p pipes) serve(t *testing.T, service http.Handler) http.RoundTripper {
	server := &http.Server{Handler: service}
	go server.Serve(p)
	way := &http.Transport{DialContext: p.dial, DisableKeepAlives: true}
	t.Cleanup(func() {
		way.CloseIdleConnections()
		server.Close()
	})
	return way
}

func (p pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case p <- far:
		return near, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p pipes) Accept() (net.Conn, error) {
	if conn, ok := <-p; ok {
		return conn, nil
	}
	return nil, net.ErrClosed
}

func (p pipes) Close() error { close(p); return nil }

func (p pipes) Addr() net.Addr { return &net.UnixAddr{Net: "pipe"} }
