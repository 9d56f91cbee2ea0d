package http1

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"
)

// Dialer opens TCP connections, and spreads them over all addresses that DNS gives for a
// host (Amazon S3 User Guide, "Performance design patterns for Amazon S3": applications
// that spread over DNS's addresses). The zero value is ready for use. It is safe for
// concurrent use, and must not be copied or changed after its first use.
//
// A connection goes to the address with the fewest open ones, among equals to the one
// whose turn it is. Where there is no connection in 300 ms, the next address is tried
// beside it (RFC 8305, section 5). One that fails, or is so late, or is reported slow,
// comes last for the next 30 s.
type Dialer struct {
	// Lookup finds the addresses of a host; nil means those of [net.DefaultResolver]. They
	// are asked for again after 5 s.
	Lookup func(ctx context.Context, host string) ([]netip.Addr, error)
	// Dial connects to one address; nil means a [net.Dialer] with a timeout of 30 s.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)

	mu        sync.Mutex
	hosts     map[string]*host
	addresses map[netip.Addr]*address
	turn      int
}

const (
	lookupLifetime = 5 * time.Second
	fallbackDelay  = 300 * time.Millisecond
	avoidance      = 30 * time.Second
	connectTimeout = 30 * time.Second
)

// address is one, and what is known of it.
type address struct {
	dialer *Dialer
	ip     netip.Addr

	// Of the dialer's lock:
	open    int       // connections, and attempts to make some
	turn    int       // when it was chosen last
	avoided time.Time // until when
}

// DialContext connects to a host and port. It is what [http.Transport].DialContext is.
func (d *Dialer) DialContext(ctx context.Context, network, hostPort string) (net.Conn, error) {
	s, err := d.dial(ctx, network, hostPort)
	if err != nil {
		return nil, err // and no nil *socket, which would be a net.Conn
	}
	return s, nil
}

func (d *Dialer) dial(ctx context.Context, network, hostPort string) (*socket, error) {
	name, port, err := net.SplitHostPort(hostPort)
	if err != nil {
		return nil, err
	}
	all, err := d.lookup(ctx, name)
	if err != nil {
		return nil, err
	}
	dialing, cancel := context.WithCancel(ctx)
	defer cancel() // the others
	results := make(chan dialed)
	next := time.NewTimer(0)
	defer next.Stop()
	var failed []error
	for tried := []*address(nil); ; {
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-next.C:
			if a := d.choose(all, tried); a != nil {
				tried = append(tried, a)
				go a.connect(dialing, network, port, results)
				next.Reset(fallbackDelay)
			}
		case r := <-results:
			if r.err == nil {
				return r.socket, nil
			}
			if failed = append(failed, r.err); len(failed) == len(all) {
				return nil, joined(failed)
			}
			next.Reset(0)
		}
	}
}

// joined is what failed, which is most often the same with all addresses.
func joined(failed []error) error {
	if len(failed) == 1 {
		return failed[0]
	}
	return fmt.Errorf("none of its %d addresses can be reached: %w", len(failed), errors.Join(failed...))
}

// choose gives the best of the addresses that have not been tried, or nil.
func (d *Dialer) choose(all, tried []*address) *address {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := time.Now()
	var best *address
next:
	for _, a := range all {
		for _, t := range tried {
			if a == t {
				continue next
			}
		}
		if best == nil || a.before(best, now) {
			best = a
		}
	}
	if best != nil {
		d.turn++
		best.turn = d.turn
		best.open++
	}
	return best
}

func (a *address) before(b *address, now time.Time) bool {
	if x, y := a.avoided.After(now), b.avoided.After(now); x != y {
		return y
	}
	if a.open != b.open {
		return a.open < b.open
	}
	return a.turn < b.turn
}

// dialed is what came of an attempt.
type dialed struct {
	socket *socket
	err    error
}

func (a *address) connect(ctx context.Context, network, port string, results chan<- dialed) {
	dial := a.dialer.Dial
	if dial == nil {
		dial = (&net.Dialer{Timeout: connectTimeout}).DialContext
	}
	began := time.Now()
	c, err := dial(ctx, network, net.JoinHostPort(a.ip.String(), port))
	if err != nil && ctx.Err() == nil || time.Since(began) >= fallbackDelay {
		a.avoid()
	}
	var s *socket
	if err != nil {
		a.release()
	} else {
		s = &socket{Conn: c, to: a}
		s.at(c)
	}
	select {
	case results <- dialed{s, err}:
	case <-ctx.Done(): // another was first
		if s != nil {
			s.Close()
		}
	}
}

// release takes a connection from those that are open.
func (a *address) release() {
	a.dialer.mu.Lock()
	defer a.dialer.mu.Unlock()
	a.open--
}

// avoid puts the address behind the others.
func (a *address) avoid() {
	a.dialer.mu.Lock()
	defer a.dialer.mu.Unlock()
	a.avoided = time.Now().Add(avoidance)
}
