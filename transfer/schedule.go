package transfer

import (
	"math"
	"slices"
	"sync"
	"time"
)

// schedule says who brings what. Each worker takes a long range of its own, so that
// the way to the first byte is paid once; who is done then steals the tail of the one
// that would be done last, and when the tails are too short for that, brings the same
// bytes once more beside a slow one (hedging). What is decided follows from what the
// schedule was told, and from the time that it is given: it can be simulated.
type schedule struct {
	cut    func(Range) *segment
	steals bool
	paced  bool // bytes come as slowly as we let them: no connection is slow

	mu      sync.Mutex
	workers int        // that may work at once: at first as many as there are ranges, later all
	all     int        // workers that there are
	waiting []Range    // that nobody works on, in order
	part    int64      // the most of a waiting range that is given away at once; 0 is all
	limit   int64      // bytes from here on are not wanted yet
	active  []*segment // that somebody works on
	usual   float64    // rate of a connection, bytes a second; 0 is unknown
	rates   []float64  // typical's, so that idle workers who look for work leave no garbage
	latency time.Duration
	changed chan struct{} // closed when there may be something else to do
	over    chan struct{} // closed when all is done
	stolen  int
	hedged  int
}

const (
	// leastSteal is a range that is worth a request of its own.
	leastSteal = 1 << 20
	// leastGain is the time that stealing or hedging must win.
	leastGain = 20 * time.Millisecond
	// leastHedge is the time that must be won by bringing bytes twice.
	leastHedge = 300 * time.Millisecond
	// leastTry is how long a little must take to be asked for again when nobody knows
	// whether another connection is faster.
	leastTry = 3 * time.Second
	// feedsOfOne is how many connections feed a segment at most.
	feedsOfOne = 2
)

func newSchedule(waiting []Range, part int64, steals bool, cut func(Range) *segment) *schedule {
	return &schedule{cut: cut, waiting: waiting, part: part, steals: steals, limit: math.MaxInt64, changed: make(chan struct{}), over: make(chan struct{})}
}

// begin gives so many workers what they begin with, the first one the segment that is
// answered already, if it is not nil: each has a range before anybody has a second. Those
// that get nil may help, later.
func (s *schedule) begin(workers int, answered *segment, now time.Time) []*feed {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = workers
	feeds := make([]*feed, workers)
	for i := range feeds {
		if i > 0 || answered == nil {
			r, ok := s.dequeue()
			if !ok {
				break
			}
			answered = s.cut(r)
		}
		feeds[i] = s.start(answered, now)
		s.workers++
	}
	return feeds
}

// take gives an idle worker its work. Without any it says whether all is done, or what
// to wait for.
func (s *schedule) take(now time.Time) (f *feed, wait <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r, ok := s.dequeue(); ok {
		return s.start(s.cut(r), now), nil
	}
	if len(s.waiting) == 0 && len(s.active) == 0 {
		return nil, nil
	}
	if s.queues() || s.idle() <= 0 { // one more request would only wait behind that, or be too many
		return nil, s.changed
	}
	if f := s.steal(now); f != nil {
		return f, nil
	}
	if f := s.hedge(now); f != nil {
		return f, nil
	}
	return nil, s.changed
}

// idle is how many more may work.
func (s *schedule) idle() int {
	n := s.workers
	for _, seg := range s.active {
		n -= len(seg.feeds)
	}
	return n
}

// queues reports whether a request waits for its turn to be sent.
func (s *schedule) queues() bool {
	for _, seg := range s.active {
		for _, f := range seg.feeds {
			if f.asked.IsZero() {
				return true
			}
		}
	}
	return false
}

func (s *schedule) dequeue() (Range, bool) {
	if len(s.waiting) == 0 {
		return Range{}, false
	}
	r := s.next()
	if r.Last >= s.limit {
		return Range{}, false
	}
	if s.waiting[0].First = r.Last + 1; s.waiting[0].Len() == 0 {
		s.waiting = s.waiting[1:]
	}
	return r, true
}

// next is the range that is given away next.
func (s *schedule) next() Range {
	r := s.waiting[0]
	if s.part > 0 {
		r.Last = r.First + min(s.part, r.Len()) - 1
	}
	return r
}

// start has one more feed work on a segment.
func (s *schedule) start(seg *segment, now time.Time) *feed {
	f := &feed{segment: seg}
	seg.feeds = append(seg.feeds, f)
	if len(seg.feeds) == 1 {
		s.active = append(s.active, seg)
	}
	return f
}

// steal takes the tail of the segment that would be done last, so much of it that this is
// done when all could be, if everybody helped: others may steal from the thief in turn.
func (s *schedule) steal(now time.Time) *feed {
	if !s.steals {
		return nil
	}
	victim, left, wait := s.last(now, math.MaxInt)
	rate := s.typical(now, nil)
	if victim == nil || rate == 0 {
		return nil
	}
	all := s.together(now, rate)
	gain := left - all
	if gain < max(leastGain, s.latency) {
		return nil
	}
	next, end := victim.rest()
	keeps := int64(0)
	if left != forever && all > wait {
		keeps = int64(float64(end-next) * (all - wait).Seconds() / (left - wait).Seconds())
	}
	const page = 64 << 10
	at := max((next+keeps+page-1)/page*page, next+bufferSize)
	if end-at < leastSteal && (gain < leastHedge || s.paced) {
		return nil
	}
	r, ok := victim.shorten(at)
	if !ok {
		return nil
	}
	s.stolen++
	f := s.start(s.cut(r), now)
	f.kind = Stolen
	return f
}

// together is how long all takes, if those that are idle, or will be, bring bytes at a rate
// and share with those at work as well as can be.
func (s *schedule) together(now time.Time, rate float64) (all time.Duration) {
	for range 3 { // each time it is known better who will be idle before all is done
		bytes, rates := 0.0, 0.0
		helpers := float64(max(s.idle(), 1))
		later := helpers * s.latency.Seconds() // until they bring something, together
		for _, seg := range s.active {
			left, wait := s.left(seg, now)
			next, end := seg.rest()
			switch {
			case left == 0: // nobody knows yet
			case left+s.latency < all:
				helpers++
				later += (left + s.latency).Seconds()
			case left == forever:
				bytes += float64(end - next)
			default:
				r := float64(end-next) / max(left-wait, 1).Seconds()
				rates += r
				bytes += float64(end-next) + r*wait.Seconds()
			}
		}
		worth := min(1, max(bytes/leastSteal, 1)/helpers) // of them there is something for
		all = seconds((bytes + worth*later*rate) / (rates + worth*helpers*rate))
	}
	return all
}

// hedge feeds the slowest segment a second time, if that brings its end well forward.
func (s *schedule) hedge(now time.Time) *feed {
	if s.paced {
		return nil
	}
	victim, left, _ := s.last(now, feedsOfOne)
	if victim == nil || victim.isWriting() { // it is not the connection that is slow
		return nil
	}
	next, end := victim.rest()
	again := s.latency
	if rate := s.typical(now, victim); rate > 0 {
		again += seconds(float64(end-next) / rate)
	} else if !s.silent(victim, now) && (left < leastTry || end-next > leastSteal) {
		return nil
	}
	if left-again < max(leastHedge, left/2) {
		return nil
	}
	s.hedged++
	f := s.start(victim, now)
	f.kind = Hedged
	return f
}

const forever = time.Duration(math.MaxInt64)

// last is the segment that would be done last, of those with fewer feeds than that,
// and when, and how long it waits for its next byte.
func (s *schedule) last(now time.Time, feeds int) (last *segment, left, wait time.Duration) {
	for _, seg := range s.active {
		if next, end := seg.rest(); next >= end || len(seg.feeds) >= feeds {
			continue
		}
		if l, w := s.left(seg, now); l > left {
			last, left, wait = seg, l, w
		}
	}
	return last, left, wait
}

// left is how long a segment will take yet, and how much of that it waits for a byte.
// Zero: it is too early to know.
func (s *schedule) left(seg *segment, now time.Time) (left, wait time.Duration) {
	next, end := seg.rest()
	left = forever
	for _, f := range seg.feeds {
		rate, waits := s.rate(f, now), time.Duration(0)
		if rate == 0 && now.Sub(f.mark[0].at) < s.early() {
			if rate = s.usual; rate == 0 {
				return 0, 0
			}
			if !f.answered {
				waits = max(s.latency-now.Sub(f.asked), 0)
			}
		}
		if rate == 0 {
			continue
		}
		l := waits + seconds(float64(end-next)/rate)
		if silent := now.Sub(f.last); silent > s.early() { // and likely to be for as long again
			l = max(l, silent)
		}
		if l < left {
			left, wait = l, waits
		}
	}
	return left, wait
}

func seconds(s float64) time.Duration {
	if s >= forever.Seconds() {
		return forever
	}
	return time.Duration(s * float64(time.Second))
}

// rate is what a feed's connection gives, bytes a second; 0 is unknown. Some bytes come at
// once when an answer begins: at first no more is believed than is usual.
func (s *schedule) rate(f *feed, now time.Time) float64 {
	r := f.rate(now)
	if s.usual > 0 && now.Sub(f.mark[0].at) < rateWindow/10 {
		r = min(r, s.usual)
	}
	return r
}

// silent reports whether a segment's connections give nothing, for longer than they should.
func (s *schedule) silent(seg *segment, now time.Time) bool {
	return !slices.ContainsFunc(seg.feeds, func(f *feed) bool { return now.Sub(f.last) <= s.early() })
}

// early is how long nothing is concluded from a connection that gives nothing.
func (s *schedule) early() time.Duration { return 3*s.latency + leastHedge }

// typical is the rate of the connection in the middle, of another segment than that,
// bytes a second; 0 is unknown.
func (s *schedule) typical(now time.Time, but *segment) float64 {
	rates := s.rates[:0]
	for _, seg := range s.active {
		if seg == but {
			continue
		}
		for _, f := range seg.feeds {
			if r := s.rate(f, now); r > 0 {
				rates = append(rates, r)
			}
		}
	}
	if s.usual > 0 {
		rates = append(rates, s.usual)
	}
	if s.rates = rates; len(rates) == 0 {
		return 0
	}
	slices.Sort(rates)
	return rates[len(rates)/2]
}

// asks notes that a feed sends a request.
func (s *schedule) asks(f *feed, now time.Time, cancel func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	waited := f.asked.IsZero()
	f.begin(now)
	f.cancel = cancel
	if waited && !s.queues() {
		s.signal()
	}
}

// waits notes that a feed has no request under way, until it asks. Cancel ends the wait.
func (s *schedule) waits(f *feed, cancel func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f.asked, f.cancel = time.Time{}, cancel
}

// brought notes that a feed's connection gave bytes.
func (s *schedule) brought(f *feed, n int64, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if first := !f.answered; first {
		took := now.Sub(f.asked)
		if s.latency == 0 {
			s.latency = took
		}
		s.latency += (took - s.latency) / 4
	}
	f.brought(n, now)
}

// leave notes that a feed has ended. If the segment is complete its other feeds may
// end, too.
func (s *schedule) leave(f *feed, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := f.rate(now); r > 0 && (f.got >= leastSteal || s.usual == 0) {
		if s.usual == 0 {
			s.usual = r
		}
		s.usual += (r - s.usual) / 4
	}
	seg := f.segment
	seg.feeds = slices.DeleteFunc(seg.feeds, func(g *feed) bool { return g == f })
	next, end := seg.rest()
	if next >= end {
		for _, other := range seg.feeds {
			if other.cancel != nil {
				other.cancel()
			}
		}
	}
	if len(seg.feeds) == 0 {
		seg.stop()
		s.active = slices.DeleteFunc(s.active, func(g *segment) bool { return g == seg })
		if len(s.active) == 0 && len(s.waiting) == 0 {
			close(s.over)
		}
	}
	s.signal()
}

// signal wakes who waits for work.
func (s *schedule) signal() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// grow notes that there are more workers, who may work at once.
func (s *schedule) grow(more int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all += more
	s.workers += more
}

// want moves the limit.
func (s *schedule) want(limit int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.limit
	if s.limit = limit; len(s.waiting) > 0 {
		if last := s.next().Last; last >= before && last < limit {
			s.signal()
		}
	}
}

// growing gives the pieces that are on their way.
func (s *schedule) growing() (pieces []piece) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, seg := range s.active {
		if p := seg.sofar(); p.length > 0 {
			pieces = append(pieces, p)
		}
	}
	return pieces
}

// look wakes idle workers, for rates change by themselves, and gives up connections
// that are so slow beside the others that a new one is worth while. From then on all
// workers help: what is over before is not worth more requests.
func (s *schedule) look(now time.Time) (slow []*feed) {
	s.mu.Lock()
	defer s.mu.Unlock()
	usual := 0.0
	if !s.paced {
		s.workers, usual = s.all, s.typical(now, nil)
	}
	for _, seg := range s.active {
		for _, f := range seg.feeds {
			if !f.asked.IsZero() && now.Sub(f.asked) >= s.latency+rateWindow && f.cancel != nil && f.abandoned < abandonMost && f.rate(now) < usual/slowBelow && s.others(f, now) >= 2 {
				f.abandoned++
				f.cancel()
				slow = append(slow, f)
			}
		}
	}
	s.signal()
	return slow
}

const (
	// slowBelow: a connection is slow with less than this part of the usual rate.
	slowBelow = 4
	// abandonMost is how often a feed's connection is given up for being slow.
	abandonMost = 3
)

// others counts the feeds beside one that bring bytes.
func (s *schedule) others(f *feed, now time.Time) (n int) {
	for _, seg := range s.active {
		for _, g := range seg.feeds {
			if g != f && g.rate(now) > 0 {
				n++
			}
		}
	}
	return n
}
