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

// look reads from a socket without waiting.
type look struct {
	looking bool
	came    bool            // something, at the last look
	raw     syscall.RawConn // nil if there is none to be had
	read    func(fd uintptr) (done bool)
	peek    func(fd uintptr) (done bool)
	p       []byte
	n       int
	err     error
}

func (l *look) at(c net.Conn) {
	if s, ok := c.(syscall.Conn); ok {
		l.raw, _ = s.SyscallConn()
	}
	l.peek = func(fd uintptr) bool {
		var b [1]byte
		_, _, l.err = syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK)
		return l.err != syscall.EAGAIN && l.err != syscall.EINTR
	}
	l.read = func(fd uintptr) bool {
		l.n, l.err = syscall.Read(int(fd), l.p)
		return true
	}
}

// able reports whether readNow can.
func (l *look) able() bool { return l.raw != nil }

// wait waits until something has come, which stays where it is; but an error of the
// network is told once.
func (l *look) wait() error {
	if err := l.raw.Read(l.peek); err != nil {
		return err
	}
	return os.NewSyscallError("read", l.err)
}

// readNow reads, and says errQuiet where it would have to wait.
func (l *look) readNow(p []byte) (int, error) {
	if l.raw == nil {
		return 0, io.EOF
	}
	l.p = p
	err := l.raw.Read(l.read)
	l.p = nil
	switch {
	case err != nil:
		return 0, err
	case l.err == syscall.EAGAIN || l.err == syscall.EINTR:
		return 0, errQuiet
	case l.err != nil:
		return 0, os.NewSyscallError("read", l.err)
	case l.n == 0:
		return 0, io.EOF
	}
	l.came = true
	return l.n, nil
}
