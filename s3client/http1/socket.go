package http1

import (
	"io"
	"net"
	"sync"
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

// ReadFrom implements [io.ReaderFrom], by which net/http sends bodies, with a buffer that
// is larger than its own: a system call has its price, whatever it carries.
func (s *socket) ReadFrom(r io.Reader) (n int64, err error) {
	buffer := bodyBuffers.Get().(*[]byte)
	defer bodyBuffers.Put(buffer)
	return io.CopyBuffer(struct{ io.Writer }{s.Conn}, r, *buffer)
}

var bodyBuffers = sync.Pool{New: func() any { b := make([]byte, 128<<10); return &b }}

func (s *socket) reportSlow() {
	s.slow.Store(true)
	s.to.avoid()
}

func (s *socket) isSlow() bool { return s.slow.Load() }
