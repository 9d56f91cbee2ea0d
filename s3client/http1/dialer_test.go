package http1

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// network is one that a test makes: DNS, and what happens at each address.
type network struct {
	mu      sync.Mutex
	answers [][]string // of DNS, in turn; the last for ever
	lookups int
	takes   map[string]time.Duration // to connect or to fail; less than 0: for ever
	fails   map[string]error
	dialed  []string // host and port, in order
}

func (n *network) dialer() *Dialer { return &Dialer{Lookup: n.lookup, Dial: n.dial} }

func (n *network) lookup(ctx context.Context, host string) ([]netip.Addr, error) {
	time.Sleep(10 * time.Millisecond)
	n.mu.Lock()
	defer n.mu.Unlock()
	n.lookups++
	if len(n.answers) == 0 {
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	var all []netip.Addr
	for _, ip := range n.answers[min(n.lookups, len(n.answers))-1] {
		all = append(all, netip.MustParseAddr(ip))
	}
	return all, nil
}

func (n *network) dial(ctx context.Context, _, hostPort string) (net.Conn, error) {
	host, _, _ := net.SplitHostPort(hostPort)
	n.mu.Lock()
	n.dialed = append(n.dialed, hostPort)
	takes, fails := n.takes[host], n.fails[host]
	n.mu.Unlock()
	if takes < 0 {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-time.After(takes):
	}
	if fails != nil {
		return nil, fails
	}
	return wire{}, nil
}

// opened gives the hosts that were dialed since the last time.
func (n *network) opened() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	var hosts []string
	for _, d := range n.dialed {
		host, _, _ := net.SplitHostPort(d)
		hosts = append(hosts, host)
	}
	n.dialed = nil
	return strings.Join(hosts, " ")
}

func open(t *testing.T, d *Dialer) *socket {
	t.Helper()
	c, err := d.DialContext(t.Context(), "tcp", "s3.example:443")
	if err != nil {
		t.Fatal(err)
	}
	return c.(*socket)
}

var errRefused = errors.New("connection refused")

func TestConnectionsSpreadOverAllAddresses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &network{answers: [][]string{{"192.0.2.1", "2001:db8::1", "::ffff:192.0.2.2", "192.0.2.2"}}}
		d := n.dialer()
		var all []*socket
		for range 7 {
			all = append(all, open(t, d))
		}
		if got, want := n.opened(), "192.0.2.1 2001:db8::1 192.0.2.2 192.0.2.1 2001:db8::1 192.0.2.2 192.0.2.1"; got != want {
			t.Errorf("connections went to %s, want %s", got, want)
		}
		// The address with the fewest is next, however they were opened.
		for _, i := range []int{1, 4, 4} {
			all[i].Close()
		}
		for range 3 {
			open(t, d)
		}
		if got, want := n.opened(), "2001:db8::1 2001:db8::1 192.0.2.2"; got != want {
			t.Errorf("connections went to %s, want %s", got, want)
		}
	})
}

func TestManyAtOnceSpreadToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &network{answers: [][]string{{"192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"}}, takes: map[string]time.Duration{}}
		for i := range 4 {
			n.takes[fmt.Sprintf("192.0.2.%d", i+1)] = 20 * time.Millisecond
		}
		d := n.dialer()
		var group sync.WaitGroup
		for range 64 {
			group.Go(func() { open(t, d) })
		}
		group.Wait()
		got := map[string]int{}
		for _, ip := range strings.Fields(n.opened()) {
			got[ip]++
		}
		if diff := cmp.Diff(map[string]int{"192.0.2.1": 16, "192.0.2.2": 16, "192.0.2.3": 16, "192.0.2.4": 16}, got); diff != "" {
			t.Errorf("connections (-want +got)\n%s", diff)
		}
		if n.lookups != 1 {
			t.Errorf("%d lookups, want 1 for all", n.lookups)
		}
	})
}

func TestAddressesAreAskedForAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &network{answers: [][]string{{"192.0.2.1", "192.0.2.2"}, {"192.0.2.2", "192.0.2.3"}}}
		d := n.dialer()
		for range 4 {
			open(t, d)
		}
		time.Sleep(lookupLifetime - time.Millisecond)
		open(t, d)
		if n.lookups != 1 {
			t.Errorf("%d lookups before the answer's time has come, want 1", n.lookups)
		}
		time.Sleep(time.Millisecond)
		n.opened()
		for range 4 { // 192.0.2.2 has its connections still
			open(t, d)
		}
		if got, want := n.opened(), "192.0.2.3 192.0.2.3 192.0.2.2 192.0.2.3"; got != want || n.lookups != 2 {
			t.Errorf("connections went to %s after %d lookups, want %s after 2", got, n.lookups, want)
		}
	})
}

func TestFailedAddressIsAvoidedForAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &network{answers: [][]string{{"192.0.2.1", "192.0.2.2"}}, fails: map[string]error{"192.0.2.1": errRefused}}
		d := n.dialer()
		began := time.Now()
		for range 3 {
			open(t, d)
		}
		if got, want := n.opened(), "192.0.2.1 192.0.2.2 192.0.2.2 192.0.2.2"; got != want {
			t.Errorf("connections went to %s, want %s", got, want)
		}
		if took := time.Since(began); took >= fallbackDelay {
			t.Errorf("it took %v, though the other address is there at once", took)
		}
		n.fails = nil
		time.Sleep(avoidance)
		open(t, d)
		if got, want := n.opened(), "192.0.2.1"; got != want {
			t.Errorf("after a while connections go to %s, want %s", got, want)
		}
	})
}

func TestSilentAddressIsNotWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &network{answers: [][]string{{"192.0.2.1", "192.0.2.2", "192.0.2.3"}}, takes: map[string]time.Duration{"192.0.2.1": -1, "192.0.2.2": -1}}
		d := n.dialer()
		open(t, d) // asks DNS, and meets the silence
		synctest.Wait()
		n.opened()
		began := time.Now()
		if s := open(t, d); s.to.ip != netip.MustParseAddr("192.0.2.3") {
			t.Errorf("the connection is to %v", s.to.ip)
		}
		if took := time.Since(began); took != 0 {
			t.Errorf("it took %v: who is silent is not tried first again", took)
		}
	})
}

func TestNextAddressIsTriedBesideASlowOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &network{answers: [][]string{{"192.0.2.1", "192.0.2.2"}}, takes: map[string]time.Duration{"192.0.2.1": 500 * time.Millisecond, "192.0.2.2": time.Second}}
		d := n.dialer()
		began := time.Now()
		if s := open(t, d); s.to.ip != netip.MustParseAddr("192.0.2.1") {
			t.Errorf("the connection is to %v, want the one that was there first", s.to.ip)
		}
		if took := time.Since(began); took != 510*time.Millisecond { // with the lookup
			t.Errorf("it took %v", took)
		}
		synctest.Wait()
		if a := d.addresses[netip.MustParseAddr("192.0.2.2")]; a.open != 0 {
			t.Errorf("the other address has %d connections", a.open)
		}
	})
}

func TestSlowAddressIsAvoided(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &network{answers: [][]string{{"192.0.2.1", "192.0.2.2"}}}
		d := n.dialer()
		open(t, d).reportSlow()
		for range 3 {
			open(t, d)
		}
		if got, want := n.opened(), "192.0.2.1 192.0.2.2 192.0.2.2 192.0.2.2"; got != want {
			t.Errorf("connections went to %s, want %s", got, want)
		}
	})
}

func TestAllAddressesFail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reset := errors.New("reset")
		n := &network{answers: [][]string{{"192.0.2.1", "192.0.2.2"}}, fails: map[string]error{"192.0.2.1": errRefused, "192.0.2.2": reset}}
		d := n.dialer()
		for range 2 { // avoided is not forbidden
			c, err := d.DialContext(t.Context(), "tcp", "s3.example:443")
			wantErr(t, err, errRefused)
			wantErr(t, err, reset)
			if c != nil {
				t.Errorf("there is a connection beside the error: %v", c)
			}
		}
		for ip, a := range d.addresses {
			if a.open != 0 {
				t.Errorf("%v has %d connections", ip, a.open)
			}
		}
	})
}

func TestNoSuchHost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := new(network)
		d := n.dialer()
		var group sync.WaitGroup
		for range 10 {
			group.Go(func() {
				_, err := d.DialContext(t.Context(), "tcp", "s3.example:443")
				if e := (*net.DNSError)(nil); !errors.As(err, &e) || !e.IsNotFound {
					t.Errorf("the error is %v", err)
				}
			})
		}
		group.Wait()
		if n.lookups != 1 {
			t.Errorf("%d lookups, want 1 for those who ask together", n.lookups)
		}
		n.answers = [][]string{{"192.0.2.1"}}
		open(t, d) // an error is not kept
		n.answers = [][]string{{}}
		d.Lookup = n.lookup
		time.Sleep(lookupLifetime)
		if _, err := d.DialContext(t.Context(), "tcp", "s3.example:443"); err == nil {
			t.Error("there is a connection to no address")
		}
	})
}

// Who asks for the others and goes does not take them along.
func TestCancelledLookupIsNobodyElses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &network{answers: [][]string{{"192.0.2.1"}}}
		d := n.dialer()
		first := true
		d.Lookup = func(ctx context.Context, host string) ([]netip.Addr, error) {
			if first {
				first = false
				<-ctx.Done()
				return nil, ctx.Err()
			}
			return n.lookup(ctx, host)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var group sync.WaitGroup
		group.Go(func() {
			_, err := d.DialContext(ctx, "tcp", "s3.example:443")
			wantErr(t, err, context.DeadlineExceeded)
		})
		synctest.Wait()
		for range 5 {
			group.Go(func() { open(t, d) })
		}
		group.Wait()
		if n.lookups != 1 {
			t.Errorf("%d lookups, want 1", n.lookups)
		}
	})
}

func TestAddressesNeedNoLookup(t *testing.T) {
	n := new(network)
	d := n.dialer()
	for _, hostPort := range []string{"192.0.2.7:80", "[2001:db8::7]:443", "[fe80::1%eth0]:80"} {
		if _, err := d.DialContext(t.Context(), "tcp", hostPort); err != nil {
			t.Error(err)
		}
	}
	if diff := cmp.Diff([]string{"192.0.2.7:80", "[2001:db8::7]:443", "[fe80::1%eth0]:80"}, n.dialed); diff != "" || n.lookups != 0 {
		t.Errorf("%d lookups; connections (-want +got)\n%s", n.lookups, diff)
	}
	if _, err := d.DialContext(t.Context(), "tcp", "no-port"); err == nil {
		t.Error("there is a connection to no port")
	}
}

// What is known of hosts and addresses does not grow for ever.
func TestOldAddressesAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &Dialer{Dial: new(network).dial}
		next := byte(0)
		d.Lookup = func(context.Context, string) ([]netip.Addr, error) {
			next++
			return []netip.Addr{netip.AddrFrom4([4]byte{192, 0, 2, next})}, nil
		}
		for n := range 100 {
			c, err := d.DialContext(t.Context(), "tcp", fmt.Sprintf("bucket-%d.s3.example:443", n))
			if err != nil {
				t.Fatal(err)
			}
			c.Close()
			time.Sleep(time.Second)
		}
		if len(d.hosts) > 10 || len(d.addresses) > 10 {
			t.Errorf("%d hosts and %d addresses are known after 100", len(d.hosts), len(d.addresses))
		}
	})
}
