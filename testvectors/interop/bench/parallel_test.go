package main

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/sigvier/sigvier/sigv4"
)

// BenchmarkParallel signs with one signer from one core and from all, and from all
// with a signer for each (sigvier-each), which have nothing to share: were there a
// lock, it would show between these two. What more cores give at all, it cannot
// show: where two cores are two threads of one, most code gains little by the
// second, and the floor, whose instructions wait for one another, a whole core. Each
// core signs its one request again and again.
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
		shared := newSigner(b)
		for _, signer := range []struct {
			name string
			make func() *sigv4.Signer
		}{
			{"sigvier", func() *sigv4.Signer { return shared }},
			{"sigvier-each", func() *sigv4.Signer { return newSigner(b) }},
		} {
			b.Run(fmt.Sprintf("procs=%s/signer=%s", procs.name, signer.name), func(b *testing.B) {
				runParallel(b, procs.n, func() func() error {
					s, req := signer.make(), newRangedRequest(b)
					return func() error { return s.Sign(req, longTerm, sigv4.EmptyPayload(), moment) }
				})
			})
		}
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
