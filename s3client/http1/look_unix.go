//go:build unix

package http1

import (
	"io"
	"net"
	"net/http"
	"os"
	"syscall"
)

// canLook: whether something has come can be found without waiting for it.
const canLook = true

func withoutLook(t *Bodiless) http.RoundTripper { return t }

// look reads from a socket without waiting, or waits without a buffer.
type look struct {
	looking bool
	came    bool            // something, at the last look
	raw     syscall.RawConn // nil if there is none to be had
	now     func(fd uintptr) (done bool)
	late    func(fd uintptr) (done bool)

	wakes int // the bytes that wake a reader; 0 is one

	// What these have and give.
	pool Pool
	most int64
	p    []byte
	n    int
	err  error
}

func (l *look) at(c net.Conn) {
	if s, ok := c.(syscall.Conn); ok {
		l.raw, _ = s.SyscallConn()
	}
	l.now = func(fd uintptr) bool {
		l.n, l.err = syscall.Read(int(fd), l.p)
		return true
	}
	l.late = func(fd uintptr) bool {
		if l.p = l.pool.Get(); len(l.p) == 0 {
			l.n, l.err = 0, errNoBuffer
			return true
		}
		for l.err = syscall.EINTR; l.err == syscall.EINTR; {
			l.n, l.err = syscall.Read(int(fd), l.p[:min(int64(len(l.p)), l.most)])
		}
		if l.err == syscall.EAGAIN {
			l.pool.Put(l.p)
			return false
		}
		return true
	}
}

// able reports whether readNow and readLate can.
func (l *look) able() bool { return l.raw != nil }

// readNow reads, and says errQuiet where it would have to wait.
func (l *look) readNow(p []byte) (n int, err error) {
	if l.raw == nil {
		return 0, io.EOF
	}
	l.p = p
	err = l.raw.Read(l.now)
	l.p = nil
	if err != nil {
		return 0, err
	}
	return l.outcome()
}

// readLate waits until something has come, and reads at most so much into a buffer of a
// pool, which it gives if it reads anything.
func (l *look) readLate(pool Pool, most int64) (p []byte, err error) {
	l.pool, l.most = pool, most
	err = l.raw.Read(l.late)
	p = l.p
	l.pool, l.p = nil, nil
	if err != nil {
		return nil, err
	}
	n, err := l.outcome()
	if n == 0 && p != nil {
		pool.Put(p)
		p = nil
	}
	return p[:n], err
}

func (l *look) outcome() (int, error) {
	switch {
	case l.err == syscall.EAGAIN || l.err == syscall.EINTR:
		return 0, errQuiet
	case l.err == errNoBuffer:
		return 0, l.err
	case l.err != nil:
		return 0, os.NewSyscallError("read", l.err)
	case l.n == 0:
		return 0, io.EOF
	}
	l.came = true
	return l.n, nil
}
