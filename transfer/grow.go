package transfer

import (
	"context"
	"time"
)

// With [Auto] a download begins with a few workers and gets more as long as these bring
// more bytes. What a connection brings depends on the service and the way to it; what
// all bring together, on this machine's own.

const (
	// autoThreads is how many there are at first, at most.
	autoThreads = 8
	// autoMost is how many there are in the end, at most.
	autoMost = 64
	// growTime is for how long a number of workers is tried.
	growTime = time.Second
	// growLeast is what the rate must grow by for half as many workers more.
	growLeast = 1.1
)

// grow adds workers until they bring nothing more, or there is not much left to do.
func (d *run) grow(ctx context.Context, add func()) {
	tick := time.NewTicker(growTime)
	defer tick.Stop()
	last, before := d.in.Progress.Done(), 0.0
	for {
		select {
		case <-ctx.Done():
			return
		case <-d.schedule.over:
			return
		case <-tick.C:
		}
		now := d.in.Progress.Done()
		rate := float64(now-last) / growTime.Seconds()
		more := min(d.threads/2, autoMost-d.threads)
		if rate < growLeast*before || float64(d.pin.size-now) < 2*rate || more < 1 {
			return
		}
		last, before = now, rate
		d.threads += more
		d.schedule.grow(more)
		for range more {
			add()
		}
	}
}
