package main

import (
	"math"
	"testing"
	"time"
)

// The cores of a small machine in a cloud are often threads of one core, whose
// other threads belong to somebody else. While they work, most code runs at little
// more than half its speed; not so SHA-256, whose instructions wait for one another
// in any case: the ratio of a signature to its floor would be the neighbour's. So a
// batch counts only if a probe before it and one behind it find the core alone.
//
// What the collector does meanwhile on another core may be such a neighbour, too;
// it is BenchmarkServer that has everybody pay for it.

// alone is how much slower than the fastest a probe may be.
const alone = 1.08

// neighbour watches for one.
type neighbour struct {
	probe   func() time.Duration
	fastest time.Duration
}

// watch takes enough probes that one of them meets nobody.
func watch() *neighbour {
	n := &neighbour{probe, math.MaxInt64}
	for range 200 {
		n.away()
	}
	return n
}

// away reports whether the neighbour rests at this moment.
func (n *neighbour) away() bool {
	took := n.probe()
	n.fastest = min(n.fastest, took)
	return float64(took) <= alone*float64(n.fastest)
}

// waitUntilAway returns when a thousand probes in a row have met nobody, which is
// some milliseconds, or when it has waited long enough: then what comes is
// measured as it is.
func (n *neighbour) waitUntilAway() {
	for end, row := time.Now().Add(300*time.Millisecond), 0; row < 1000 && time.Now().Before(end); row++ {
		if !n.away() {
			row = 0
		}
	}
}

// probe is a loop of some microseconds that keeps all units of a core busy.
func probe() time.Duration {
	start := time.Now()
	a, b, c, d, e, f := uint64(1), uint64(2), uint64(3), uint64(4), uint64(5), uint64(6)
	for i := range uint64(4000) {
		a += b ^ i
		b += c
		c ^= d + 1
		d += e
		e ^= f + 3
		f += i
	}
	probed += a + b + c + d + e + f
	return time.Since(start)
}

var probed uint64 // or the compiler would see that nobody wants the result

// spent is the time of calls: of all, and of those in batches that count.
type spent struct {
	all, alone           time.Duration
	callsAll, callsAlone int
}

func (s *spent) add(took time.Duration, calls int, alone bool) {
	s.all, s.callsAll = s.all+took, s.callsAll+calls
	if alone {
		s.alone, s.callsAlone = s.alone+took, s.callsAlone+calls
	}
}

// report gives the time of a call, and the percentage of calls that count. If that
// is next to none, all do.
func (s *spent) report(b *testing.B) {
	perCall, percentage := s.perCall()
	b.ReportMetric(perCall, "ns/op")
	b.ReportMetric(percentage, "%alone")
}

func (s *spent) perCall() (ns, percentage float64) {
	percentage = 100 * float64(s.callsAlone) / float64(s.callsAll)
	if percentage < 2 {
		return float64(s.all) / float64(s.callsAll), percentage
	}
	return float64(s.alone) / float64(s.callsAlone), percentage
}

func TestOnlyBatchesAloneCount(t *testing.T) {
	var s spent
	s.add(10*time.Microsecond, 10, true)
	s.add(90*time.Microsecond, 30, false)
	if ns, percentage := s.perCall(); ns != 1000 || percentage != 25 {
		t.Errorf("perCall() = %v ns, %v %%, want 1000 of the quarter that was alone", ns, percentage)
	}
	s.add(900*time.Microsecond, 960, false)
	if ns, percentage := s.perCall(); ns != 1000 || percentage != 1 {
		t.Errorf("perCall() = %v ns, %v %%, want 1000 of all", ns, percentage)
	}
}

func TestANeighbourIsNoticed(t *testing.T) {
	var took time.Duration
	n := &neighbour{func() time.Duration { return took }, math.MaxInt64}
	for _, probe := range []struct {
		took time.Duration
		away bool
	}{{200, true}, {100, true}, {108, true}, {109, false}, {200, false}, {100, true}} {
		if took = probe.took; n.away() != probe.away {
			t.Errorf("away() after a probe of %d ns is not %v", probe.took, probe.away)
		}
	}
}

func TestAProbeTakesTime(t *testing.T) {
	if n := watch(); n.fastest <= 0 || n.fastest > time.Second {
		t.Errorf("the fastest probe took %v, want some microseconds", n.fastest)
	}
}
