package main

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/sigvier/sigvier/sigv4"
)

// BenchmarkParallel signs with one signer from one core and from all. The floor
// beside it has nothing to share: it tells what the machine can give, which is
// often less than twice as much for twice the cores. Each core signs its one
// request again and again, for one core's clock cannot be stopped; where one core
// is compared with all, that is the same on both sides.
func BenchmarkParallel(b *testing.B) {
	for _, procs := range []struct {
		name string
		n    int
	}{{"one", 1}, {"all", runtime.GOMAXPROCS(0)}} {
		b.Run(fmt.Sprintf("procs=%s/signer=floor", procs.name), func(b *testing.B) {
			runParallel(b, procs.n, func() func() error {
				call := floor(traceSign(b, longTerm))
				return func() error {
					call()
					return nil
				}
			})
		})
		b.Run(fmt.Sprintf("procs=%s/signer=sigvier", procs.name), func(b *testing.B) {
			s := newSigner(b)
			runParallel(b, procs.n, func() func() error {
				req := newRangedRequest(b)
				return func() error { return s.Sign(req, longTerm, sigv4.EmptyPayload(), moment) }
			})
		})
	}
}

// runParallel measures calls on n cores, each core with a call of its own.
func runParallel(b *testing.B, n int, prepare func() func() error) {
	b.Helper()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(n))
	calls := make(chan func() error, n)
	for range n {
		call := prepare()
		if err := call(); err != nil {
			b.Fatal(err)
		}
		calls <- call
	}
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		call := <-calls
		for pb.Next() {
			if err := call(); err != nil {
				b.Error(err)
				return
			}
		}
	})
}
