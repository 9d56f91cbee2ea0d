package sts

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sigv4/sigv4http"
)

const (
	// Credentials are fetched anew in their last five minutes, in the background,
	// and in the last minute of those with the caller waiting. Sessions shorter
	// than twenty minutes have a quarter of their time, and a fifth of that.
	refreshWindow = 5 * time.Minute
	// retryAfter is the pause after a fetch that failed or that gave credentials
	// which are as good as ended. Without it, each request would fetch.
	retryAfter = 10 * time.Second
	// fetchTimeout bounds one fetch, for it has no caller who could cancel it.
	fetchTimeout = time.Minute
)

// Provider is a [sigv4.Provider] of temporary credentials that it fetches when
// they are first asked for and again before they end. It is safe for concurrent
// use and must not be copied.
//
// There is one fetch at a time, however many callers wait for it, and it is
// nobody's: a caller who is cancelled leaves, and the fetch goes on for the
// others. A fetch that fails while the credentials are still good fails nobody.
type Provider struct {
	// Now is the clock; nil means time.Now. Set it before the first use.
	Now func() time.Time

	fetch  func(context.Context) (sigv4.Credentials, error)
	flight singleflight.Group

	mu    sync.Mutex
	cred  sigv4.Credentials
	good  bool      // cred has been fetched and not been refused
	due   time.Time // when to fetch, in the background while cred is good; zero: never
	must  time.Time // when to fetch with the caller waiting
	pause time.Time // no fetch before, while cred is good
}

var (
	_ sigv4.Provider    = (*Provider)(nil)
	_ sigv4http.Renewer = (*Provider)(nil)
)

// NewProvider makes a provider of what fetch gives. Credentials without Expires
// are kept until a service refuses them. The context that fetch gets ends after
// a minute and holds nothing of the callers'.
func NewProvider(fetch func(context.Context) (sigv4.Credentials, error)) *Provider {
	return &Provider{fetch: fetch}
}

// Credentials gives the credentials, and waits for them only if it must.
func (p *Provider) Credentials(ctx context.Context) (sigv4.Credentials, error) {
	cred, need := p.current()
	if need == none {
		return cred, nil
	}
	result := p.flight.DoChan("", p.refresh)
	if need == soon {
		return cred, nil
	}
	select {
	case <-ctx.Done():
		return sigv4.Credentials{}, fmt.Errorf("sts: waiting for credentials: %w", context.Cause(ctx))
	case r := <-result:
		if r.Err == nil {
			return r.Val.(sigv4.Credentials), nil
		}
		if cred, need := p.current(); need != now {
			return cred, nil // still good, though not for long
		}
		return sigv4.Credentials{}, r.Err
	}
}

// Renew drops the credentials if they are those which were refused. Others have
// been fetched meanwhile then, and stay.
func (p *Provider) Renew(refused sigv4.Credentials) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cred.AccessKeyID == refused.AccessKeyID && p.cred.SessionToken() == refused.SessionToken() {
		p.good = false
	}
}

// String names the access key ID, which is no secret, and nothing else.
func (p *Provider) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return "sts.Provider(" + p.cred.AccessKeyID + ", secret redacted)"
}

// Format implements [fmt.Formatter] for every verb.
func (p *Provider) Format(f fmt.State, _ rune) { io.WriteString(f, p.String()) }

// MarshalText implements [encoding.TextMarshaler], and so JSON.
func (p *Provider) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// need says how urgent a fetch is.
type need int

const (
	none need = iota
	soon      // the credentials are good for now
	now
)

func (p *Provider) current() (sigv4.Credentials, need) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch t := p.now(); {
	case !p.good:
		return sigv4.Credentials{}, now
	case p.due.IsZero() || t.Before(p.due) || t.Before(p.pause):
		return p.cred, none
	case t.Before(p.must):
		return p.cred, soon
	}
	return p.cred, now
}

// refresh fetches, unless another has done so since the caller looked.
func (p *Provider) refresh() (any, error) {
	if cred, need := p.current(); need == none {
		return cred, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), fetchTimeout)
	defer cancel()
	cred, err := p.fetch(ctx)

	p.mu.Lock()
	defer p.mu.Unlock()
	t := p.now()
	if err != nil {
		if p.pause = t.Add(retryAfter); p.pause.After(p.cred.Expires) {
			p.pause = p.cred.Expires
		}
		return nil, err
	}
	p.cred, p.good, p.due, p.must = cred, true, time.Time{}, time.Time{}
	// Services give out nothing that has ended: if it seems so, it is the clock
	// here that is wrong, and the credentials are worth a try.
	p.pause = t.Add(retryAfter)
	if !cred.Expires.IsZero() {
		window := min(refreshWindow, max(0, cred.Expires.Sub(t))/4)
		p.due, p.must = cred.Expires.Add(-window), cred.Expires.Add(-window/5)
	}
	return cred, nil
}

func (p *Provider) now() time.Time {
	if p.Now != nil {
		return p.Now()
	}
	return time.Now()
}
