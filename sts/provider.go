package sts

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sigv4/sigv4http"
)

const defaultTimeout = time.Minute

// Provider is a [sigv4.Provider] of temporary credentials that it fetches when
// they are first asked for and again before they end. It is safe for concurrent
// use and must not be copied; its fields are set before the first use.
//
// # When it fetches
//
// In the advisory window, the last third of their time and the last hour of a
// long one, credentials are fetched anew in the background while the old ones
// still serve. Where in the window's first third this begins is left to chance, so
// that processes which were started together do not ask together. In the mandatory
// window, the last twentieth of their time and the last minute of a long one,
// callers wait for the fetch, but for no longer than half of what is left: then
// they get the old credentials. Only calls of Credentials begin a fetch, so there
// is nothing to stop or to close, and an idle provider does nothing.
//
// # When a fetch fails
//
// A fetch that fails while the credentials are good fails nobody. OnRefresh is
// told, and the next is tried after a pause that grows, and that shrinks again
// as the end comes near. Without good credentials its error goes to those who
// waited for it, and the next call fetches again, after a pause of two seconds
// at most.
//
// # Who waits
//
// There is one fetch at a time, however many callers wait for it, and it is
// nobody's: a caller who is cancelled leaves, and the fetch goes on for the
// others. It goes on as well when all have left, until its Timeout, and what it
// gives is kept. So callers with less patience than the service takes time get
// their credentials at a later call, and do not begin anew each time.
//
// # Which clock
//
// Expires is compared with the clock here. If that is behind, MaxAge ends the
// credentials in time. If it is so far ahead that they seem to have ended when
// they come, they are served all the same and fetched anew every few minutes:
// services are the judges, and Renew is how their word is heard. OnRefresh is told
// of it, for it may be the source that gives old ones. A clock that is set back has
// them fetched anew.
type Provider struct {
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// OnRefresh, if it is not nil, is told of each fetch when it has ended. It is
	// called for one event after the other, in their order, and holds up nobody:
	// if it takes its time, up to 16 events wait, and then the oldest are lost.
	OnRefresh func(RefreshEvent)
	// Rand gives numbers in [0, 1) and is safe for concurrent use; nil means
	// Float64 of math/rand/v2.
	Rand func() float64
	// Timeout bounds one fetch, for it has no caller who could cancel it; 0 is a
	// minute. A fetch that asks a person for something wants more.
	Timeout time.Duration
	// MaxAge is how long credentials last at most, from when their fetch began;
	// 0 is as long as they say. It is for sources which do not say, and for
	// clocks that are wrong.
	MaxAge time.Duration

	fetch func(context.Context) (sigv4.Credentials, error)
	roles []string  // ARNs of those whose sessions lead here, the last one's of its own; empty if it is no role
	last  *Provider // in a chain of roles: the last, whose fields count; nil for itself
	depth int       // in a chain of roles: from 0

	flight   singleflight.Group
	fetching atomic.Bool             // spares a caller in the advisory window from joining
	held     atomic.Pointer[holding] // nil at first

	mu     sync.Mutex // for changing held
	events events
}

var (
	_ sigv4.Provider    = (*Provider)(nil)
	_ sigv4http.Renewer = (*Provider)(nil)
)

var errNoSource = errors.New("sts: the provider has no source: expecting one that NewProvider made")

// NewProvider makes a provider of what fetch gives. Credentials without Expires
// are kept until a service refuses them. The context that fetch gets ends after
// Timeout and holds nothing of the callers'; fetch must end with it.
func NewProvider(fetch func(context.Context) (sigv4.Credentials, error)) *Provider {
	return &Provider{fetch: fetch}
}

// Credentials gives the credentials, and waits for them only if it must.
func (p *Provider) Credentials(ctx context.Context) (sigv4.Credentials, error) {
	h := p.held.Load()
	switch h.need(p) {
	case nothing:
		return h.cred, nil
	case soon:
		if !p.fetching.Load() {
			p.flight.DoChan("", p.refresh)
		}
		return h.cred, nil
	}
	return p.wait(ctx, h)
}

// wait begins a fetch or joins the one that is under way.
func (p *Provider) wait(ctx context.Context, h *holding) (sigv4.Credentials, error) {
	left := func() (sigv4.Credentials, error) {
		return sigv4.Credentials{}, fmt.Errorf("sts: waiting for credentials: %w", context.Cause(ctx))
	}
	if ctx.Err() != nil {
		return left()
	}
	result := p.flight.DoChan("", p.refresh)
	var enough <-chan time.Time
	if now := p.now(); h.serves(now) {
		timer := time.NewTimer(h.end.Sub(now) / 2)
		defer timer.Stop()
		enough = timer.C
	}
	for {
		var err error
		select {
		case <-ctx.Done():
			return left()
		case <-enough:
		case r := <-result:
			if r.Err == nil {
				return r.Val.(*holding).cred, nil
			}
			err = r.Err
		}
		if h := p.held.Load(); h.serves(p.now()) {
			return h.cred, nil // for a little while yet
		}
		if err != nil {
			return sigv4.Credentials{}, err
		}
	}
}

// Renew drops the credentials if they are those which were refused. Others have
// been fetched meanwhile then, and stay. So do, for some minutes, credentials
// which the source gave a second time after they had been refused: it has no
// others, and is not to be asked for each request.
func (p *Provider) Renew(refused sigv4.Credentials) {
	p.mu.Lock()
	defer p.mu.Unlock()
	h := p.held.Load()
	if h == nil || h.refused || !same(h.cred, refused) || p.now().Before(h.insists) {
		return
	}
	dropped := *h
	dropped.refused = true
	p.held.Store(&dropped)
}

// refresh fetches, unless another has done so since the caller looked. It runs
// as the one flight.
func (p *Provider) refresh() (any, error) {
	p.fetching.Store(true)
	defer p.fetching.Store(false)
	h := p.held.Load()
	if h.need(p) == nothing {
		return h, nil
	}
	if now := p.now(); h != nil && !h.serves(now) {
		time.Sleep(min(h.again.Sub(now), maxWait)) // at most, in case the clock was set back
	}
	start := p.now()
	cred, err := p.fetched()
	return p.settle(cred, err, start)
}

// fetched gives credentials that can sign, or an error.
func (p *Provider) fetched() (sigv4.Credentials, error) {
	if p.fetch == nil {
		return sigv4.Credentials{}, errNoSource
	}
	links := time.Duration(1 + p.depth) // this one and those before it
	timeout := min(p.timeout(), math.MaxInt64/links) * links
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	cred, err := p.fetch(ctx)
	if err == nil {
		if err = cred.Validate(); err != nil {
			err = fmt.Errorf("sts: the source gave credentials that cannot sign: %w", err)
		}
	}
	return cred, err
}

// settle puts what a fetch gave in the place of what was held.
func (p *Provider) settle(cred sigv4.Credentials, err error, start time.Time) (*holding, error) {
	p.mu.Lock()
	old, now := p.held.Load(), p.now() // old may have been refused meanwhile
	if err == nil && old.serves(now) && !cred.Expires.IsZero() && cred.Expires.Before(old.cred.Expires) {
		err = fmt.Errorf("sts: the source gave credentials that end at %s, before those at hand", cred.Expires.UTC().Format(time.RFC3339))
	}
	var h *holding
	if err == nil {
		h = p.renewed(old, cred, start, now)
	} else {
		h = p.failed(old, now)
	}
	h.since = now.Add(-setBack)
	p.held.Store(h)
	e := RefreshEvent{Role: p.role(), Err: err, Failures: h.failures, Took: now.Sub(start)}
	if e.Serving = h.serves(now); e.Serving {
		e.AccessKeyID, e.Expires, e.Next = h.cred.AccessKeyID, h.cred.Expires, h.quiet
		e.ExpiredOnArrival = h.end.IsZero() && !h.cred.Expires.IsZero()
	} else {
		e.Next = h.again
	}
	p.settings().report(e)
	p.mu.Unlock()
	return h, err
}

func same(a, b sigv4.Credentials) bool {
	return a.AccessKeyID == b.AccessKeyID && a.SessionToken() == b.SessionToken()
}

// role is the ARN of the role whose credentials these are, "" if they are no role's.
func (p *Provider) role() string {
	if len(p.roles) == 0 {
		return ""
	}
	return p.roles[len(p.roles)-1]
}

// settings is the provider whose fields count.
func (p *Provider) settings() *Provider {
	if p.last != nil {
		return p.last
	}
	return p
}

// timeout is the time of one fetch, or of one link's own in a chain of roles.
func (p *Provider) timeout() time.Duration {
	if timeout := p.settings().Timeout; timeout > 0 {
		return timeout
	}
	return defaultTimeout
}

// now is the time of the wall.
func (p *Provider) now() time.Time {
	if clock := p.settings().Now; clock != nil {
		return clock().Round(0)
	}
	return time.Now().Round(0)
}

// String names the access key ID, which is no secret, and nothing else.
func (p *Provider) String() string {
	var id string
	if h := p.held.Load(); h != nil {
		id = h.cred.AccessKeyID
	}
	return "sts.Provider(" + id + ", secret redacted)"
}

// Format implements [fmt.Formatter] for every verb.
func (p *Provider) Format(f fmt.State, _ rune) { io.WriteString(f, p.String()) }

// MarshalText implements [encoding.TextMarshaler], and so JSON.
func (p *Provider) MarshalText() ([]byte, error) { return []byte(p.String()), nil }
