package http1

import (
	"net"
	"sync/atomic"
)

// socket is a connection to an address that counts those that are open.
type socket struct {
	net.Conn
	to     *address
	closed atomic.Bool
	slow   atomic.Bool
	look
}

func (s *socket) Close() error {
	if !s.closed.Swap(true) {
		s.to.release()
	}
	return s.Conn.Close()
}

// Read reads, or looks only, without waiting.
func (s *socket) Read(p []byte) (int, error) {
	if s.looking {
		return s.readNow(p)
	}
	return s.Conn.Read(p)
}

func (s *socket) reportSlow() {
	s.slow.Store(true)
	s.to.avoid()
}

func (s *socket) isSlow() bool { return s.slow.Load() }
