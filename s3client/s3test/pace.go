package s3test

import (
	"net"
	"sync"
	"time"
)

// Bytes at a limited rate: of a connection, or of a body.

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

// Read gives bytes once they have passed, as Write does.
func (c *pacedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p[:min(len(p), c.in.quantum())])
	c.in.wait(n, c.closed)
	return n, err
}

func (c *pacedConn) Write(p []byte) (n int, err error) {
	for n < len(p) && err == nil {
		next := p[n:min(len(p), n+c.out.quantum())]
		c.out.wait(len(next), c.closed)
		var m int
		m, err = c.Conn.Write(next)
		n += m
	}
	return n, err
}

func (c *pacedConn) Close() error {
	c.once.Do(func() { close(c.closed) })
	return c.Conn.Close()
}

// pace is one direction. Reads and writes of a direction do not overlap.
//
// Bytes wait before they pass, so that nothing comes sooner than a line of this rate
// would have brought it, and what the clock's late wake-ups cost is made good by the
// next bytes, so that in the long run the rate is exact. Time in which there was
// nothing to send is not made good: no burst follows it.
type pace struct {
	rate int64
	due  time.Time // when all bytes so far have passed at the rate
	woke time.Time // when the last of them were let pass
}

const (
	paceTick  = 8 * time.Millisecond   // how much passes at a time
	paceIdle  = 5 * time.Millisecond   // a longer time between two waits is the sender's or the receiver's
	paceCatch = 200 * time.Millisecond // how much of a late wake-up is made good
	paceShort = 200 * time.Microsecond // not worth a wait of its own: the next one has it
)

func (p *pace) quantum() int {
	return int(min(max(p.rate*int64(paceTick)/int64(time.Second), 1), 1<<20))
}

// wait lets n bytes take their time.
func (p *pace) wait(n int, stop <-chan struct{}) {
	now := time.Now()
	earliest := now.Add(-paceCatch)
	if now.Sub(p.woke) > paceIdle {
		earliest = now
	}
	if p.due.Before(earliest) {
		p.due = earliest
	}
	p.due = p.due.Add(time.Duration(float64(n) / float64(p.rate) * float64(time.Second)))
	p.woke = now
	if d := p.due.Sub(now); d > paceShort {
		t := time.NewTimer(d)
		defer t.Stop()
		select {
		case <-t.C:
		case <-stop:
		}
		p.woke = time.Now()
	}
}
