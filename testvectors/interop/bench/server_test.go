package main

import (
	"net/http"
	"runtime"
	"sync"
	"testing"
	"time"
)

// BenchmarkServer signs as a busy server does: from all cores at once, beside 16
// MiB that live. The other benchmarks have one core of an idle machine and nothing
// that lives, which is what the floor wants, but flatters whoever makes garbage:
// another core takes it away meanwhile, and finds nothing to look through. Here
// ns/op is what one signature takes of a core's time.
func BenchmarkServer(b *testing.B) {
	live := newHeap(16 << 20)
	for _, id := range identities {
		for _, c := range contenders {
			b.Run("sign/cred="+id.name+"/signer="+c.name, func(b *testing.B) {
				runServer(b, newRangedRequest, func() func(*http.Request) error {
					sign := c.sign(b, id.cred)
					return func(req *http.Request) error { _, err := sign(req); return err }
				})
			})
		}
	}
	for _, id := range identities {
		for _, c := range contenders {
			b.Run("presign/cred="+id.name+"/signer="+c.name, func(b *testing.B) {
				runServer(b, newRequest, func() func(*http.Request) error {
					presign := c.presign(b, id.cred)
					return func(req *http.Request) error { _, err := presign(req); return err }
				})
			})
		}
	}
	runtime.KeepAlive(live)
}

// object stands for what a program keeps: small things that point to others.
type object struct {
	next, other *object
	_           [4]uint64
}

func newHeap(size int) *object {
	const objectSize = 48
	var first, last *object
	for range size / objectSize {
		last = &object{next: last, other: first}
		if first == nil {
			first = last
		}
	}
	return last
}

// runServer measures calls on all cores, each with a call and requests of its own.
func runServer(b *testing.B, newRequest func(testing.TB) *http.Request, prepare func() func(*http.Request) error) {
	b.Helper()
	cores := runtime.GOMAXPROCS(0)
	calls, all := make([]func(*http.Request) error, cores), make([]*requests, cores)
	for core := range cores {
		calls[core], all[core] = prepare(), newRequests(b, newRequest)
		if err := calls[core](all[core].fresh(1)[0]); err != nil {
			b.Fatal(err)
		}
	}
	spent := make([]time.Duration, cores)
	var group sync.WaitGroup
	b.ReportAllocs()
	b.ResetTimer()
	for core := range cores {
		group.Go(func() {
			for left := share(b.N, core, cores); left > 0; left -= batch {
				fresh := all[core].fresh(min(left, batch))
				start := time.Now()
				for _, req := range fresh {
					if err := calls[core](req); err != nil {
						b.Error(err)
						return
					}
				}
				spent[core] += time.Since(start)
			}
		})
	}
	group.Wait()
	total := time.Duration(0)
	for _, s := range spent {
		total += s
	}
	b.ReportMetric(float64(total.Nanoseconds())/float64(b.N), "ns/op")
}

// share is a core's part of n calls.
func share(n, core, cores int) int { return n*(core+1)/cores - n*core/cores }

func TestSharesAreTheWhole(t *testing.T) {
	for _, n := range [...]int{0, 1, 2, 63, 64, 1000} {
		for _, cores := range [...]int{1, 2, 3, 64} {
			sum := 0
			for core := range cores {
				sum += share(n, core, cores)
			}
			if sum != n {
				t.Errorf("the shares of %d calls on %d cores are %d, want all", n, cores, sum)
			}
		}
	}
}

func TestTheHeapLives(t *testing.T) {
	n := 0
	for o := newHeap(4800); o != nil; o = o.next {
		n++
	}
	if n != 100 {
		t.Errorf("a heap of 4800 bytes has %d objects, want 100 of 48 bytes", n)
	}
}
