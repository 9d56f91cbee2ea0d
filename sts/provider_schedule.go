package sts

import (
	"math/rand/v2"
	"time"

	"github.com/sigvier/sigvier/sigv4"
)

// When a [Provider] fetches.

const (
	// The advisory window is the last third of a session, an hour at most: there
	// the credentials are fetched anew while they still serve.
	advisoryWindow, advisoryShare = time.Hour, 3
	// The mandatory window is the last twentieth, a minute at most: there a caller
	// waits for the fetch, since its request may arrive after the end.
	mandatoryWindow, mandatoryShare = time.Minute, 20

	// The pause after a fetch that failed doubles between these two while there
	// are credentials to serve, and is a quarter of their time at most.
	minPause, maxPause = 10 * time.Second, time.Minute
	// Without credentials to serve, the first repetition is at once, and the
	// pause before the others doubles between these two.
	minWait, maxWait = 500 * time.Millisecond, 2 * time.Second

	// doubtPause is the pause after credentials that had ended when they came, or
	// that came again although a service had refused them.
	doubtPause = 10 * time.Minute
	// tooShort is a session that had ended when it came, give or take rounding.
	tooShort = time.Second
	// setBack is how far a clock goes back without anything being made of it.
	setBack = time.Minute
)

// holding is what a provider has, and when it will look for more. It does not
// change once it is held. Its times have no monotonic reading: Expires has none,
// and the monotonic clock may stand still while a machine sleeps.
type holding struct {
	cred    sigv4.Credentials
	refused bool      // by a service; or there have never been any
	since   time.Time // a clock that shows less has been set back, and the rest is void
	end     time.Time // of cred by the clock here; zero: none that is known
	quiet   time.Time // no fetch before, while cred serves; zero: never
	must    time.Time // with the caller waiting; zero: never

	failures int       // in a row
	again    time.Time // no fetch before, when there is nothing to serve
	insists  time.Time // no Renew before: the source has given what was refused
}

// need says how urgent a fetch is.
type need int

const (
	nothing need = iota
	soon         // the credentials serve meanwhile
	urgent
)

func (h *holding) need(p *Provider) need {
	if h == nil || h.refused {
		return urgent
	}
	if h.quiet.IsZero() {
		return nothing
	}
	switch now := p.now(); {
	case now.Before(h.since):
		return soon
	case now.Before(h.quiet):
		return nothing
	case h.must.IsZero() || now.Before(h.must):
		return soon
	}
	return urgent
}

// serves says whether the credentials can be given out.
func (h *holding) serves(now time.Time) bool {
	return h != nil && !h.refused && (h.end.IsZero() || now.Before(h.end))
}

// renewed is what is held after a fetch that gave cred.
func (p *Provider) renewed(old *holding, cred sigv4.Credentials, start, now time.Time) *holding {
	h := &holding{cred: cred}
	end := cred.Expires
	if aged := start.Add(p.MaxAge); p.MaxAge > 0 && (end.IsZero() || aged.Before(end)) {
		end = aged
	}
	switch left := max(end.Sub(now), 0); {
	case end.IsZero():
	case !cred.Expires.IsZero() && cred.Expires.Sub(now) < tooShort:
		h.quiet = now.Add(p.spread(doubtPause))
	default:
		h.end = end
		h.quiet = end.Add(-p.spread(min(advisoryWindow, left/advisoryShare)))
		h.must = end.Add(-min(mandatoryWindow, left/mandatoryShare))
	}
	if old != nil && old.refused && same(old.cred, cred) {
		h.insists = now.Add(p.spread(doubtPause))
	}
	return h
}

// failed is what is held after a fetch that gave nothing.
func (p *Provider) failed(old *holding, now time.Time) *holding {
	h := &holding{refused: true}
	if old != nil {
		*h = *old
	}
	h.failures++
	h.again = now
	if h.failures > 1 {
		h.again = now.Add(p.spread(doubled(minWait, h.failures-2, maxWait)))
	}
	pause := p.spread(doubled(minPause, h.failures-1, maxPause))
	if !h.end.IsZero() {
		left := h.end.Sub(now)
		pause = min(pause, max(left/4, time.Second), max(left, 0))
	}
	h.quiet = now.Add(pause)
	return h
}

// doubled is d, times two as often as is said, up to most.
func doubled(d time.Duration, times int, most time.Duration) time.Duration {
	for ; times > 0 && d < most; times-- {
		d *= 2
	}
	return min(d, most)
}

// spread is between two thirds of d and d, as chance will have it.
func (p *Provider) spread(d time.Duration) time.Duration {
	chance := rand.Float64
	if r := p.settings().Rand; r != nil {
		chance = r
	}
	x := chance()
	if !(x >= 0 && x < 1) { // NaN included
		x = 0
	}
	return d - time.Duration(x*float64(d/3))
}
