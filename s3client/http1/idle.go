package http1

import (
	"sync"
	"time"
)

// idle are the connections that wait for a request. The one that came last goes first:
// the others then reach their timeout when fewer are needed.
type idle struct {
	most    int // of a route
	timeout time.Duration

	mu    sync.Mutex
	conns map[route][]waiting
	timer *time.Timer // set while there are some
}

type waiting struct {
	*connection
	since time.Time
}

// take gives a connection on which a request can be sent, whose answer is awaited until
// a timeout, or nil.
func (p *idle) take(to route, timeout time.Duration) (*connection, time.Time) {
	for {
		p.mu.Lock()
		all := p.conns[to]
		if len(all) == 0 {
			p.mu.Unlock()
			return nil, time.Time{}
		}
		last := len(all) - 1
		c := all[last]
		all[last] = waiting{}
		p.conns[to] = all[:last]
		p.mu.Unlock()
		now := time.Now()
		if now.Sub(c.since) < p.timeout && c.socket.SetDeadline(now.Add(timeout)) == nil && c.isQuiet() {
			c.used = true
			return c.connection, c.since
		}
		c.socket.Close()
	}
}

// put takes a connection back, or closes it.
func (p *idle) put(c *connection) {
	now := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.conns[c.to]) >= p.most {
		c.socket.Close()
		return
	}
	if p.conns == nil {
		p.conns = map[route][]waiting{}
	}
	p.conns[c.to] = append(p.conns[c.to], waiting{c, now})
	if p.timer == nil {
		p.timer = time.AfterFunc(p.timeout, p.expire)
	}
}

// expire closes what has waited for too long.
func (p *idle) expire() {
	p.mu.Lock()
	defer p.mu.Unlock()
	now, next := time.Now(), time.Duration(-1)
	for to, all := range p.conns {
		n := 0
		for n < len(all) && now.Sub(all[n].since) >= p.timeout {
			all[n].socket.Close()
			n++
		}
		if n == len(all) {
			delete(p.conns, to)
			continue
		}
		p.conns[to] = append([]waiting(nil), all[n:]...)
		if rest := p.timeout - now.Sub(all[n].since); next < 0 || rest < next {
			next = rest
		}
	}
	if p.timer = nil; next >= 0 {
		p.timer = time.AfterFunc(next, p.expire)
	}
}

// close closes them all.
func (p *idle) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, all := range p.conns {
		for _, c := range all {
			c.socket.Close()
		}
	}
	p.conns = nil
	if p.timer != nil {
		p.timer.Stop()
		p.timer = nil
	}
}
