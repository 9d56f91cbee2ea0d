package transfer

import (
	"sync"
	"sync/atomic"
	"time"
)

// Progress counts a transfer's bytes while it runs; any goroutine may look. Its
// zero value is ready, for one transfer.
type Progress struct{ done, total atomic.Int64 }

// Done is the number of bytes that have arrived where they belong.
func (p *Progress) Done() int64 { return p.done.Load() }

// Total is the size of the object, 0 until it is known.
func (p *Progress) Total() int64 { return p.total.Load() }

// progressEvery is the least time between two calls of an OnProgress.
const progressEvery = 100 * time.Millisecond

// watch calls f, from one goroutine, when the counts have changed, at most ten times a
// second, and a last time when stop is called, which returns when f has. Stop may be
// called again. A nil f is never called.
func (p *Progress) watch(f func(done, total int64)) (stop func()) {
	if f == nil {
		return func() {}
	}
	var once sync.Once
	over, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(progressEvery)
		defer tick.Stop()
		for done, total := int64(0), int64(0); ; {
			select {
			case <-over:
				f(p.Done(), p.Total())
				return
			case <-tick.C:
			}
			if d, t := p.Done(), p.Total(); d != done || t != total {
				done, total = d, t
				f(d, t)
			}
		}
	}()
	return func() {
		once.Do(func() { close(over) })
		<-ended
	}
}
