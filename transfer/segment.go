package transfer

import (
	"io"
	"sync"
	"time"

	"github.com/sigvier/sigvier/s3client/checksum"
)

// segment is a run of the object's bytes on its way. One connection feeds it, or
// several, when the first is slow. Whoever brings the byte at the frontier has it
// written and summed; what comes behind another's back is dropped. So the bytes in
// the sink are those of the sum, each written once, whoever brought them.
type segment struct {
	sink   io.WriterAt
	ledger *ledger

	writing sync.Mutex // one write at a time; the sink may take as long as it likes

	mu      sync.Mutex     // never held while the sink writes: the schedule waits for it
	first   int64          // of the piece that is growing
	next    int64          // the frontier: all before it is written
	claimed int64          // behind the last byte that is written or being written
	end     int64          // behind the last byte; a thief brings it forward
	hash    *checksum.Hash // of the bytes from first to next; nil if no sum is wanted
	ended   bool           // what came is in the ledger

	feeds []*feed // guarded by the schedule's mutex
}

func newSegment(r Range, sink io.WriterAt, l *ledger) *segment {
	return &segment{sink: sink, ledger: l, first: r.First, next: r.First, claimed: r.First, end: r.Last + 1, hash: l.hash()}
}

// accept takes bytes of the object from an offset that is not behind the frontier. It
// says how many were new, and whether the segment has all then.
func (s *segment) accept(p []byte, off int64) (fresh int64, complete bool, err error) {
	s.writing.Lock()
	defer s.writing.Unlock()
	for {
		b, at := s.claim(p, off)
		if len(b) == 0 {
			return fresh, s.complete(), nil
		}
		if _, err := s.sink.WriteAt(b, at); err != nil {
			return fresh, false, err
		}
		s.wrote(b)
		fresh += int64(len(b))
	}
}

// claim gives those of the bytes that are to be written next, up to the end of a part.
// Until they are, no thief takes them.
func (s *segment) claim(p []byte, off int64) (b []byte, at int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	from := s.next - off // how many of them are known
	to := min(int64(len(p)), min(s.end, s.ledger.cut(s.first))-off)
	if s.ended || from >= to {
		return nil, 0
	}
	s.claimed = off + to
	return p[from:to], s.next
}

// wrote notes what is written.
func (s *segment) wrote(b []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.hash != nil {
		s.hash.Write(b)
	}
	s.next += int64(len(b))
	if s.next >= s.end || s.next == s.ledger.cut(s.first) {
		s.close()
	}
	s.ended = s.next >= s.end
}

func (s *segment) complete() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ended
}

// close puts what has come into the ledger, and begins the next piece.
func (s *segment) close() {
	p := s.growing()
	s.ledger.add(p)
	s.first = s.next
	if s.hash != nil {
		s.hash.Reset()
	}
}

// stop ends the segment, complete or not: what has come is in the ledger.
func (s *segment) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.ended {
		s.close()
		s.ended = true
	}
}

func (s *segment) growing() piece {
	p := piece{first: s.first, length: s.next - s.first}
	if s.hash != nil {
		p.sum = s.hash.Value()
	}
	return p
}

// sofar is the piece that is growing.
func (s *segment) sofar() piece {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return piece{}
	}
	return s.growing()
}

// rest is what has not come yet; both are the same when nothing is missing.
func (s *segment) rest() (next, end int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.next, s.end
}

// isWriting reports whether the sink takes bytes at present.
func (s *segment) isWriting() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.claimed > s.next
}

// shorten gives the tail from an offset on away, if the frontier is well before it.
func (s *segment) shorten(at int64) (tail Range, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended || at <= s.next || at < s.claimed || at >= s.end {
		return Range{}, false
	}
	tail = Range{at, s.end - 1}
	s.end = at
	return tail, true
}

// feed is the work of one worker on a segment.
type feed struct {
	segment *segment
	kind    EventKind // Stolen, Hedged, or "" for a range that waited

	// The rest is guarded by the schedule's mutex.
	cancel    func()    // ends what is under way
	asked     time.Time // when the request was sent; zero: it waits for its turn to be sent
	answered  bool
	got       int64     // bytes since
	last      time.Time // when some came
	mark      [2]mark
	abandoned int
}

// mark is how much had come at a time. The younger of the two is up to half a window
// old, and the older up to a whole one.
type mark struct {
	at  time.Time
	got int64
}

// rateWindow is for how long a connection's rate is looked at.
const rateWindow = time.Second

// begin notes that a request is sent.
func (f *feed) begin(now time.Time) {
	f.asked, f.answered, f.got, f.last = now, false, 0, now
	f.mark = [2]mark{{at: now}, {at: now}}
}

// brought notes that bytes came.
func (f *feed) brought(n int64, now time.Time) {
	f.got += n
	f.last = now
	if !f.answered { // what came with the answer took no time of its own
		f.answered = true
		f.mark = [2]mark{{now, f.got}, {now, f.got}}
	}
	if now.Sub(f.mark[1].at) >= rateWindow/2 {
		f.mark[0], f.mark[1] = f.mark[1], mark{now, f.got}
	}
}

// rate is in bytes a second, lately; 0 if nothing came.
func (f *feed) rate(now time.Time) float64 {
	took := now.Sub(f.mark[0].at).Seconds()
	if f.asked.IsZero() || f.got == f.mark[0].got || took <= 0 {
		return 0
	}
	return float64(f.got-f.mark[0].got) / took
}
