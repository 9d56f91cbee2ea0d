package transfer

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/sigvier/sigvier/s3client/checksum"
)

// discard takes bytes that are at their offset.
type discard struct{}

func (discard) WriteAt(p []byte, off int64) (int, error) { return len(p), nil }

// simulated is one worker in virtual time: its connection's first byte and rate.
type simulated struct {
	latency time.Duration
	rate    float64 // bytes a second
}

// simulate has workers do a schedule's work, by steps of a millisecond, and says how
// long it takes, how many bytes came and how many requests were sent.
func simulate(t *testing.T, size int64, waiting []Range, part int64, steals bool, workers []simulated) (took time.Duration, brought int64, requests int, s *schedule, l *ledger) {
	t.Helper()
	l = new(ledger)
	s = newSchedule(waiting, part, steals, func(r Range) *segment { return newSegment(r, discard{}, l) })
	s.workers, s.all = len(workers), len(workers)
	const step = time.Millisecond
	type state struct {
		f      *feed
		at     int64
		asked  time.Duration
		credit float64
		gone   bool
	}
	states := make([]state, len(workers))
	epoch := time.Unix(0, 0)
	zeros := make([]byte, 1<<20)
	for now := time.Duration(0); now < time.Hour; now += step {
		done := true
		for i := range states {
			w := &states[i]
			if w.f == nil && !w.gone {
				f, wait := s.take(epoch.Add(now))
				if f == nil && wait == nil {
					w.gone = true
				}
				if f != nil {
					next, _ := f.segment.rest()
					*w = state{f: f, at: next, asked: now}
					s.asks(f, epoch.Add(now), func() {})
					requests++
				}
			}
			done = done && w.gone
			if w.f == nil {
				continue
			}
			complete := false
			if next, end := w.f.segment.rest(); next >= end {
				complete = true
			} else if now-w.asked >= workers[i].latency {
				w.credit += workers[i].rate * step.Seconds()
				if n := min(int64(w.credit), int64(len(zeros)), end-w.at); n > 0 {
					w.credit -= float64(n)
					_, complete, _ = w.f.segment.accept(zeros[:n], w.at)
					w.at += n
					brought += n
					s.brought(w.f, n, epoch.Add(now))
				} else {
					complete = w.at >= end
				}
			}
			if complete {
				s.leave(w.f, epoch.Add(now))
				*w = state{}
			}
		}
		if done {
			if missing := l.missing(size); len(missing) > 0 {
				t.Fatalf("%v are missing", missing)
			}
			return now, brought, requests, s, l
		}
	}
	t.Fatal("it takes more than an hour")
	return
}

func same(n int, w simulated) (workers []simulated) {
	for range n {
		workers = append(workers, w)
	}
	return workers
}

// Long ranges pay the way to the first byte once; whoever is slow loses most of its
// range to the others.
func TestSchedule(t *testing.T) {
	const (
		MB    = 1_000_000
		large = 512 << 20
		rate  = 40 * MB
		first = 30 * time.Millisecond
	)
	fast := simulated{first, rate}
	for _, test := range []struct {
		name    string
		size    int64
		part    int64
		workers []simulated
		atMost  float64 // × what the connections can do together
		twice   float64 // part of the bytes that may come twice
	}{
		{"one", large, 0, []simulated{fast}, 1.01, 0},
		{"eight", large, 0, same(8, fast), 1.04, 0.01},
		{"256", large, 0, same(256, fast), 2.5, 0.01}, // 2 MB each, which come in 52 ms
		{"one in eight at a tenth", large, 0, append(same(7, fast), simulated{first, rate / 10}), 1.1, 0.02},
		{"seven in eight at a tenth", large, 0, append(same(7, simulated{first, rate / 10}), fast), 1.3, 0.15},
		{"all different", large, 0, []simulated{{first, rate}, {2 * first, rate / 2}, {first, rate / 3}, {first, rate / 7}}, 1.06, 0.02},
		{"one in eight at a tenth, of 64 MiB", 64 << 20, 0, append(same(7, fast), simulated{first, rate / 10}), 1.4, 0.02}, // which the others have in 240 ms
		{"one that gives nothing", large, 0, append(same(7, fast), simulated{first, 0}), 1.2, 0.05},
		{"eight, in parts", large, 8 << 20, same(8, fast), 1.25, 0.01},
		{"one in eight at a tenth, in parts", large, 8 << 20, append(same(7, fast), simulated{first, rate / 10}), 1.3, 0.03},
	} {
		t.Run(test.name, func(t *testing.T) {
			size := test.size
			waiting := []Range{{0, size - 1}}
			if test.part == 0 {
				waiting = spread(waiting, len(test.workers))
			}
			took, brought, requests, s, _ := simulate(t, size, waiting, test.part, true, test.workers)
			sum := 0.0
			for _, w := range test.workers {
				sum += w.rate
			}
			ideal := float64(size) / sum
			twice := float64(brought)/float64(size) - 1
			t.Logf("%.2f × the ideal, %d requests, %d stolen, %d hedged, %.1f %% twice", took.Seconds()/ideal, requests, s.stolen, s.hedged, 100*twice)
			if took.Seconds() > test.atMost*ideal {
				t.Errorf("it takes %v, which is %.2f × %.2fs, and %.2f is expected at most", took, took.Seconds()/ideal, ideal, test.atMost)
			}
			if twice > test.twice {
				t.Errorf("%.2f %% of the bytes come twice, and %.2f are expected at most", 100*twice, 100*test.twice)
			}
		})
	}
}

// Whatever happens to them, the pieces of a ledger are the object in the end, and
// their sums combine to its checksum.
func TestLedger(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for round := range 200 {
		data := make([]byte, 1+r.IntN(5000))
		for i := range data {
			data[i] = byte(r.Uint32())
		}
		l := &ledger{algorithm: checksum.CRC32C}
		if round%2 == 1 {
			for at := int64(0); ; l.cuts = append(l.cuts, at) {
				if at += 1 + r.Int64N(1000); at >= int64(len(data)) {
					break
				}
			}
		}
		var segments []*segment
		for at := int64(0); at < int64(len(data)); {
			n := min(1+r.Int64N(700), int64(len(data))-at)
			segments = append(segments, newSegment(Range{at, at + n - 1}, discard{}, l))
			at += n
		}
		for len(segments) > 0 {
			i := r.IntN(len(segments))
			s := segments[i]
			next, end := s.rest()
			if r.IntN(4) == 0 && end-next > 1 {
				if tail, ok := s.shorten(next + 1 + r.Int64N(end-next-1)); ok {
					segments = append(segments, newSegment(tail, discard{}, l))
				}
				continue
			}
			from := max(next-r.Int64N(10), s.first) // what came already comes again, beside another's back
			to := min(from+1+r.Int64N(300), int64(len(data)))
			if _, complete, err := s.accept(data[from:to], from); err != nil {
				t.Fatal(err)
			} else if complete {
				segments = slices.Delete(segments, i, i+1)
			}
		}
		pieces := l.all()
		if got, want := len(pieces), len(l.cuts)+1; got != want {
			t.Fatalf("round %d: there are %d pieces, want %d: %v", round, got, want, pieces)
		}
		at := int64(0)
		for _, p := range pieces {
			want, _ := checksum.CRC32C.Sum(data[p.first:p.end()])
			if p.first != at || p.sum != want {
				t.Fatalf("round %d: the piece at %d of %d bytes has the sum %s, want one at %d with %s", round, p.first, p.length, p.sum, at, want)
			}
			at = p.end()
		}
		if missing := l.missing(int64(len(data))); missing != nil {
			t.Fatalf("round %d: %v are missing", round, missing)
		}
	}
}

func TestLedgerMissing(t *testing.T) {
	l := new(ledger)
	for _, p := range []piece{{first: 10, length: 5}, {first: 30, length: 10}, {first: 15, length: 1}} {
		l.add(p)
	}
	for size, want := range map[int64]string{50: "[{0 9} {16 29} {40 49}]", 40: "[{0 9} {16 29}]", 41: "[{0 9} {16 29} {40 40}]"} {
		if got := fmt.Sprint(l.missing(size)); got != want {
			t.Errorf("of %d bytes %s are missing, want %s", size, got, want)
		}
	}
}
