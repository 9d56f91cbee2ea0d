package transfer

import (
	"math"
	"math/rand/v2"
	"time"
)

// simulation is a world of events in virtual time. One seed always gives one history.
type simulation struct {
	*rand.Rand
	elapsed time.Duration
	pending eventQueue
	number  int
}

func newSimulation(seed uint64) *simulation { return &simulation{Rand: rand.New(rand.NewPCG(seed, 0))} }

// now is the virtual time as what is simulated takes it.
func (s *simulation) now() time.Time { return at(s.elapsed) }

// after has something happen later; what happens at one moment happens in the order in
// which it was asked for.
func (s *simulation) after(d time.Duration, happens func()) {
	s.number++
	s.pending.push(pendingEvent{s.elapsed + d, s.number, happens})
}

// run lets the world go on until that time, or until nothing happens any more.
func (s *simulation) run(until time.Duration) {
	for len(s.pending) > 0 && s.pending[0].at <= until {
		e := s.pending.pop()
		s.elapsed = e.at
		e.happens()
	}
	s.elapsed = max(s.elapsed, until)
}

// about is a duration that varies as those of networks do, with a long tail upwards.
func (s *simulation) about(d time.Duration) time.Duration {
	return time.Duration(float64(d) * math.Exp(0.3*s.NormFloat64()))
}

// upTo is a duration below that, all of them alike.
func (s *simulation) upTo(d time.Duration) time.Duration {
	return time.Duration(s.Float64() * float64(d))
}

type pendingEvent struct {
	at      time.Duration
	number  int
	happens func()
}

func (e pendingEvent) before(f pendingEvent) bool {
	return e.at < f.at || e.at == f.at && e.number < f.number
}

// eventQueue is a heap, the next event in front. It spares container/heap's interfaces,
// since there are millions of events.
type eventQueue []pendingEvent

func (q *eventQueue) push(e pendingEvent) {
	*q = append(*q, e)
	h, i := *q, len(*q)-1
	for ; i > 0 && e.before(h[(i-1)/2]); i = (i - 1) / 2 {
		h[i] = h[(i-1)/2]
	}
	h[i] = e
}

func (q *eventQueue) pop() pendingEvent {
	h, last := *q, len(*q)-1
	first, e := h[0], h[last]
	h[last].happens = nil
	h = h[:last]
	*q = h
	if last == 0 {
		return first
	}
	i := 0
	for child := 1; child < last; child = 2*i + 1 {
		if child+1 < last && h[child+1].before(h[child]) {
			child++
		}
		if !h[child].before(e) {
			break
		}
		h[i], i = h[child], child
	}
	h[i] = e
	return first
}
