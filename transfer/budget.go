package transfer

import (
	"container/list"
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/sigv4/sigv4http"
)

// What [NewBudget] takes for 0, and the process's own budget has.
const (
	// DefaultBudgetWorkers is as much as the most threads of one transfer, and with a
	// connection each below the 1,024 open files that many systems allow.
	DefaultBudgetWorkers = 256
	// DefaultBudgetMemory is 256 MiB: 1 MiB for each worker.
	DefaultBudgetMemory = 256 << 20
)

// Budget bounds what all transfers that share it use together: workers, which are
// requests under way and so connections, and memory for buffers. It also knows of each
// bucket how many requests the service bears at present: where that answers 503 Slow
// Down, fewer are let out, and more again as it serves them.
//
// Workers for which there is no room wait, without using the processor: those first
// whose transfer has no request under way, then one of each transfer in turn, whatever
// its number of threads. So the bound holds for any number of transfers, and each of
// them gets on. There is one exception. A request whose bytes nobody takes, of a reader
// for instance whose user is waiting for another transfer, would hold up that other
// one for ever; if in 5 s no request has ended, a transfer that has none is let in
// above the bound.
//
// A nil *Budget is the process's own, which all transfers share that name no other.
type Budget struct {
	workers int

	mu           sync.Mutex
	underWay     int
	memory       int64     // that is left; below zero if the least that transfers need is more than there was
	moved        time.Time // when a request began or ended last
	destinations map[place]*destination
	waiting      list.List   // of the *destination that shares wait for, whose turn it is in front
	timer        *time.Timer // for what only time lets in; nil if there is nothing
}

// NewBudget gives a budget of so many requests under way and so many bytes of buffers.
// Of either, less than 1 means the default.
func NewBudget(workers int, memory int64) *Budget {
	if workers < 1 {
		workers = DefaultBudgetWorkers
	}
	if memory < 1 {
		memory = DefaultBudgetMemory
	}
	return &Budget{workers: workers, memory: memory, destinations: map[place]*destination{}}
}

var processBudget = NewBudget(0, 0)

const (
	// patience is for how long nothing may move before a transfer without any request
	// is let in above the bound.
	patience = 5 * time.Second
	// remembered is for how long a limit counts of a bucket that nobody uses any more.
	remembered = time.Minute
)

// place is where requests go: a bucket as a client reaches it. Whatever else requests
// are sent by is all one.
type place struct {
	client *s3client.Client // or nil
	bucket string
}

// destination is what is known of a place, and who waits to send requests there.
type destination struct {
	rule     aimd
	underWay int
	dice     float64   // for rule.allowed
	rested   time.Time // from when on there may be another request, if the limit is below 1
	moved    time.Time // when a request began or ended last
	shares   int       // that have not left

	idle, busy list.List     // of the *share that wait: without a request under way, and with some
	inLine     *list.Element // of Budget.waiting, if anybody waits
}

// share is the part of one transfer in a budget.
type share struct {
	budget   *Budget
	to       *destination
	events   *Events
	held     int64 // bytes
	underWay int
	waiters  list.List     // of *waiter
	since    time.Time     // when it began to wait without a request under way
	line     *list.List    // of the destination, if it waits
	inLine   *list.Element // of line
}

// waiter is a worker that waits for its permit.
type waiter struct {
	permit *permit // when there is one; it is there when ready is closed
	ready  chan struct{}
}

// join gives a transfer its part; it must leave. Client is the transfer's [Source] or
// [Destination].
func (b *Budget) join(client any, bucket string, events *Events) *share {
	if b == nil {
		b = processBudget
	}
	at := place{bucket: bucket}
	at.client, _ = client.(*s3client.Client)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.forget()
	to := b.destinations[at]
	if to == nil {
		to = &destination{rule: newAIMD(b.workers)}
		b.destinations[at] = to
	}
	to.shares++
	return &share{budget: b, to: to, events: events}
}

// leave gives all back. The transfer has no request under way any more.
func (s *share) leave() {
	b := s.budget
	b.mu.Lock()
	defer b.mu.Unlock()
	b.memory += s.held
	s.held = 0
	s.to.shares--
}

// forget leaves out the destinations that nobody uses, unless they have been throttled
// lately.
func (b *Budget) forget() {
	for at, d := range b.destinations {
		if d.shares == 0 && (at.client == nil || !d.rule.limits() || time.Since(d.moved) > remembered) {
			delete(b.destinations, at)
		}
	}
}

// memory gives as many of the bytes wanted as are left, and never less than the least.
// They are the transfer's until it leaves.
func (s *share) memory(want, least int64) int64 {
	b := s.budget
	b.mu.Lock()
	defer b.mu.Unlock()
	got := max(min(want, b.memory), least, 0)
	b.memory -= got
	s.held += got
	return got
}

// begin waits until the transfer may have one more request under way. The request must
// carry the context that it gives, in which the attempts are watched.
func (s *share) begin(ctx context.Context) (context.Context, *permit, error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	b, w := s.budget, &waiter{ready: make(chan struct{})}
	b.mu.Lock()
	at := s.waiters.PushBack(w)
	s.queue()
	b.admit()
	b.mu.Unlock()

	select {
	case <-w.ready:
	case <-ctx.Done():
		b.mu.Lock()
		if w.permit == nil {
			s.waiters.Remove(at)
			s.queue()
			b.admit() // which sets the timer for those that still wait
		}
		b.mu.Unlock()
		w.permit.end()
		return nil, nil, ctx.Err()
	}
	return sigv4http.WithOnAttempt(ctx, w.permit.attempt), w.permit, nil
}

// queue puts the share into the line where it belongs now, or out of all.
func (s *share) queue() {
	d, b := s.to, s.budget
	var belongs *list.List
	switch {
	case s.waiters.Len() == 0:
	case s.underWay == 0:
		belongs = &d.idle
	default:
		belongs = &d.busy
	}
	if belongs != s.line {
		if s.line != nil {
			s.line.Remove(s.inLine)
		}
		if s.line = belongs; belongs != nil {
			s.inLine, s.since = belongs.PushBack(s), time.Now()
		}
	}
	switch waits := d.idle.Len()+d.busy.Len() > 0; {
	case waits && d.inLine == nil:
		d.inLine = b.waiting.PushBack(d)
	case !waits && d.inLine != nil:
		b.waiting.Remove(d.inLine)
		d.inLine = nil
	}
}

// admit lets in all that may begin now, and comes back when time lets in another.
func (b *Budget) admit() {
	for {
		now := time.Now()
		next, later := b.next(now)
		if next == nil {
			if b.timer != nil {
				b.timer.Stop()
				b.timer = nil
			}
			if !later.IsZero() {
				b.timer = time.AfterFunc(later.Sub(now), func() {
					b.mu.Lock()
					defer b.mu.Unlock()
					b.admit()
				})
			}
			return
		}
		next.admit(now)
	}
}

// next is the share whose turn it is to begin a request. If there is none, later is
// when there may be one though nothing else happens; zero: never.
func (b *Budget) next(now time.Time) (next *share, later time.Time) {
	soonest := func(at time.Time) bool {
		if now.Before(at) && (later.IsZero() || at.Before(later)) {
			later = at
		}
		return !now.Before(at)
	}
	if b.waiting.Len() > 0 && b.underWay >= b.workers && !soonest(b.moved.Add(patience)) {
		return nil, later
	}
	var busy *share
	for e := b.waiting.Front(); e != nil; e = e.Next() {
		d := e.Value.(*destination)
		if d.rule.limit < 1 && d.underWay == 0 && !soonest(d.rested) {
			continue
		}
		full, since := b.underWay >= b.workers, b.moved
		if d.underWay >= d.rule.allowed(d.dice) {
			full, since = true, d.moved
		}
		if first := d.idle.Front(); first != nil {
			s := first.Value.(*share)
			if s.since.After(since) {
				since = s.since
			}
			if !full || soonest(since.Add(patience)) {
				return s, time.Time{}
			}
		}
		if first := d.busy.Front(); first != nil && !full && busy == nil {
			busy = first.Value.(*share)
		}
	}
	return busy, later
}

// admit lets the share's first waiter in, and has the next of its kind first then.
func (s *share) admit(now time.Time) {
	d, b := s.to, s.budget
	w := s.waiters.Remove(s.waiters.Front()).(*waiter)
	w.permit = &permit{share: s, began: now}
	close(w.ready)
	s.underWay++
	d.underWay++
	b.underWay++
	d.moved, b.moved = now, now
	if s.line == &d.busy {
		s.line.MoveToBack(s.inLine)
	}
	if d.inLine != nil {
		b.waiting.MoveToBack(d.inLine)
	}
	s.queue()
}

// permit is for one request, from before it is sent until its body is read.
type permit struct {
	share    *share
	began    time.Time
	attempts int // that were reported
	ended    bool
}

// end says that the request and its body are over, and may be said again.
func (p *permit) end() {
	if p == nil {
		return
	}
	s := p.share
	d, b := s.to, s.budget
	b.mu.Lock()
	defer b.mu.Unlock()
	if p.ended {
		return
	}
	p.ended = true
	now := time.Now()
	s.underWay--
	d.underWay--
	b.underWay--
	d.moved, b.moved = now, now
	d.dice = rand.Float64()
	d.rested = now.Add(d.rule.rest(rand.Float64()))
	s.queue()
	b.admit()
}

// attempt sees each attempt of the request as it is answered.
func (p *permit) attempt(a sigv4http.Attempt) {
	now := time.Now()
	switch {
	case a.Throttled:
		p.refused(now.Add(-a.Duration), now)
	case a.Err == nil && a.Status < 500:
		p.served(now.Add(-a.Duration))
	}
}

// answered takes how the request came out, for a source that does not report attempts.
func (p *permit) answered(err error) {
	p.share.budget.mu.Lock()
	seen := p.attempts > 0
	p.share.budget.mu.Unlock()
	switch {
	case seen:
	case isThrottling(err):
		p.refused(p.began, time.Now())
	case err == nil:
		p.served(p.began)
	}
}

func (p *permit) refused(began, now time.Time) {
	s := p.share
	s.budget.mu.Lock()
	p.attempts++
	fell := s.to.rule.refused(began, now, s.to.underWay)
	limit := s.to.rule.limit
	s.budget.mu.Unlock()
	if fell {
		s.events.emit(Event{Kind: Throttled, Limit: limit})
	}
}

func (p *permit) served(began time.Time) {
	s := p.share
	s.budget.mu.Lock()
	defer s.budget.mu.Unlock()
	p.attempts++
	s.to.rule.served(began, s.to.underWay)
	s.budget.admit()
}
