package transfer

import (
	"context"
	"errors"
	"math"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// Whatever the rate, the size of the pieces and the number of those who share it, what
// passes in some seconds is what the limit says.
func TestBandwidthIsExact(t *testing.T) {
	for _, test := range []struct {
		name    string
		rate    int64
		n       int
		workers int
	}{
		{"one worker", 10_000_000, 256 << 10, 1},
		{"eight workers", 10_000_000, 256 << 10, 8},
		{"small pieces", 1_000_000, 1000, 4},
		{"pieces that take less than a timer can wait", 1_000_000_000, 32 << 10, 4},
		{"pieces of more than a second", 100_000, 256 << 10, 3},
		{"a byte per second", 1, 1, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := NewBandwidth(test.rate)
				start := time.Now()
				pieces := max(8, int(10*test.rate)/test.n/test.workers)
				var group sync.WaitGroup
				for range test.workers {
					group.Go(func() {
						for range pieces {
							if err := b.wait(t.Context(), test.n); err != nil {
								t.Error(err)
							}
						}
					})
				}
				group.Wait()
				want := float64(pieces) * float64(test.workers) * float64(test.n) / float64(test.rate)
				if got := time.Since(start).Seconds(); math.Abs(got-want) > 0.02*want {
					t.Errorf("it took %.3f s, want %.3f", got, want)
				}
			})
		})
	}
}

// After a time without use no more than a fiftieth of a second is made up for.
func TestBandwidthBurstIsSmall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const rate = 1_000_000
		b := NewBandwidth(rate)
		b.wait(t.Context(), 1000)
		time.Sleep(time.Hour)
		passed, start := 0, time.Now()
		for time.Since(start) < time.Second {
			b.wait(t.Context(), 1000)
			passed += 1000
		}
		if passed > rate*103/100 || passed < rate*99/100 {
			t.Errorf("%d bytes pass in the first second after a pause, want %d to %d", passed, rate, rate*102/100)
		}
	})
}

// They are let through in the order in which they came, and none is overtaken for ever
// by smaller ones.
func TestBandwidthIsInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBandwidth(1000)
		passed := make(chan int, 4)
		for i, n := range []int{5000, 10, 2000, 1} {
			go func() {
				b.wait(t.Context(), n)
				passed <- i
			}()
			synctest.Wait()
		}
		for want := range 4 {
			if got := <-passed; got != want {
				t.Errorf("number %d passes as number %d", got, want)
			}
		}
	})
}

func TestBandwidthCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBandwidth(1000)
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		start := time.Now()
		if err := b.wait(ctx, math.MaxInt); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want %v", err, context.DeadlineExceeded)
		}
		if took := time.Since(start); took != 100*time.Millisecond {
			t.Errorf("it ended after %v, want 100 ms", took)
		}
		// What did not pass keeps nobody waiting.
		if err := b.wait(t.Context(), 1000); err != nil {
			t.Error(err)
		}
		if took := time.Since(start); took > 1100*time.Millisecond {
			t.Errorf("1,000 bytes after a wait that was cancelled passed at %v", took)
		}
	})
}

func TestNoBandwidthLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		for _, b := range []*Bandwidth{nil, NewBandwidth(0), NewBandwidth(-5)} {
			if err := b.wait(t.Context(), math.MaxInt); err != nil {
				t.Error(err)
			}
		}
		one := NewBandwidth(1)
		for _, n := range []int{0, -1} {
			if err := one.wait(t.Context(), n); err != nil {
				t.Error(err)
			}
		}
		if took := time.Since(start); took != 0 {
			t.Errorf("it took %v", took)
		}
	})
}

func TestPiecesOfABandwidth(t *testing.T) {
	for _, test := range []struct {
		rate, n int
		want    int
	}{{0, 1000, 1000}, {1_000_000, 1000, 1000}, {1000, 1000, 50}, {1, 1000, 1}, {math.MaxInt, 1000, 1000}} {
		if got := NewBandwidth(int64(test.rate)).piece(test.n); got != test.want {
			t.Errorf("of %d bytes at %d a second a piece has %d, want %d", test.n, test.rate, got, test.want)
		}
	}
}
