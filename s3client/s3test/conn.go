package s3test

import (
	"net"
	"sync"
	"time"
)

// Connections of a limited bandwidth.

type pacedListener struct {
	net.Listener
	rate int64 // bytes a second
}

func (l *pacedListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &pacedConn{Conn: c, in: pace{rate: l.rate}, out: pace{rate: l.rate}, closed: make(chan struct{})}, nil
}

type pacedConn struct {
	net.Conn
	in, out pace
	once    sync.Once
	closed  chan struct{}
}

func (c *pacedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p[:min(len(p), c.in.quantum())])
	c.in.wait(n, c.closed)
	return n, err
}

func (c *pacedConn) Write(p []byte) (n int, err error) {
	for n < len(p) && err == nil {
		var m int
		m, err = c.Conn.Write(p[n:min(len(p), n+c.out.quantum())])
		n += m
		c.out.wait(m, c.closed)
	}
	return n, err
}

func (c *pacedConn) Close() error {
	c.once.Do(func() { close(c.closed) })
	return c.Conn.Close()
}

// pace is one direction. Reads and writes of a direction do not overlap.
type pace struct {
	rate int64
	due  time.Time // when all bytes so far would have passed at the rate
}

const (
	paceTick  = 10 * time.Millisecond
	paceCatch = 50 * time.Millisecond // how much a late wake-up may be made good
)

func (p *pace) quantum() int {
	return int(min(max(p.rate*int64(paceTick)/int64(time.Second), 1), 1<<20))
}

func (p *pace) wait(n int, closed <-chan struct{}) {
	now := time.Now()
	if earliest := now.Add(-paceCatch); p.due.Before(earliest) {
		p.due = earliest
	}
	p.due = p.due.Add(time.Duration(float64(n) / float64(p.rate) * float64(time.Second)))
	d := p.due.Sub(now)
	if d <= 0 {
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-closed:
	}
}
