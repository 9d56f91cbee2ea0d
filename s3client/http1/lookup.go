package http1

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"time"
)

// host is what DNS says of one.
type host struct {
	addresses []*address
	until     time.Time     // when it is asked again
	asking    chan struct{} // closed at the end of the question under way; nil if there is none
	err       error         // of the last one
}

// lookup gives the addresses of a host. Of those who ask at the same time, one does.
func (d *Dialer) lookup(ctx context.Context, name string) ([]*address, error) {
	if ip, err := netip.ParseAddr(name); err == nil {
		d.mu.Lock()
		defer d.mu.Unlock()
		return []*address{d.address(ip)}, nil
	}
	for {
		d.mu.Lock()
		h := d.hosts[name]
		if h == nil {
			h = new(host)
			d.forget()
			d.hosts[name] = h
		}
		if time.Now().Before(h.until) {
			defer d.mu.Unlock()
			return h.addresses, nil
		}
		asking := h.asking
		if asking == nil {
			h.asking = make(chan struct{})
			d.mu.Unlock()
			return d.ask(ctx, name, h)
		}
		d.mu.Unlock()
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-asking:
		}
		d.mu.Lock()
		err := h.err
		d.mu.Unlock()
		if err != nil {
			return nil, err
		}
	}
}

// ask asks DNS.
func (d *Dialer) ask(ctx context.Context, name string, h *host) ([]*address, error) {
	find := d.Lookup
	if find == nil {
		find = func(ctx context.Context, name string) ([]netip.Addr, error) {
			return net.DefaultResolver.LookupNetIP(ctx, "ip", name)
		}
	}
	ips, err := find(ctx, name)
	if err == nil && len(ips) == 0 {
		err = &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	close(h.asking)
	h.asking, h.err = nil, nil
	if err != nil {
		if ctx.Err() == nil { // else the others ask by themselves
			h.err = err
		}
		return nil, err
	}
	h.addresses = nil
	for _, ip := range ips {
		if a := d.address(ip.Unmap()); !slices.Contains(h.addresses, a) {
			h.addresses = append(h.addresses, a)
		}
	}
	h.until = time.Now().Add(lookupLifetime)
	return h.addresses, nil
}

// address gives what is known of an address, which outlives what DNS says: S3 gives
// others with each answer.
func (d *Dialer) address(ip netip.Addr) *address {
	a := d.addresses[ip]
	if a == nil {
		if a = (&address{dialer: d, ip: ip}); d.addresses == nil {
			d.addresses = map[netip.Addr]*address{}
		}
		d.addresses[ip] = a
	}
	return a
}

// forget drops what nobody needs any more.
func (d *Dialer) forget() {
	now := time.Now()
	for name, h := range d.hosts {
		if h.asking == nil && now.After(h.until) {
			delete(d.hosts, name)
		}
	}
	for ip, a := range d.addresses {
		if a.open == 0 && now.After(a.avoided) {
			delete(d.addresses, ip)
		}
	}
	if d.hosts == nil {
		d.hosts = map[string]*host{}
	}
}
