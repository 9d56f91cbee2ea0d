package transfer

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestOnProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const total = 1000
		p := new(Progress)
		type call struct {
			at          time.Duration
			done, total int64
		}
		var calls []call // without a lock: they come from one goroutine, and none after stop
		start := time.Now()
		stop := p.watch(func(done, total int64) { calls = append(calls, call{time.Since(start), done, total}) })
		p.total.Store(total)
		for range total {
			time.Sleep(5 * time.Millisecond)
			p.done.Add(1)
		}
		stop()
		stop()
		p.done.Add(1)
		time.Sleep(time.Second)
		if len(calls) < 40 || len(calls) > 51 {
			t.Errorf("%d calls in 5 s, want ten a second and the last", len(calls))
		}
		for i, c := range calls[:len(calls)-1] {
			if i > 0 && (c.at-calls[i-1].at < progressEvery || c.done <= calls[i-1].done) || c.total != total {
				t.Errorf("call %d is %+v after %+v", i, c, calls[max(i-1, 0)])
			}
		}
		if last := calls[len(calls)-1]; last.done != total || last.total != total {
			t.Errorf("the last call is %+v, want %d of %d", last, total, total)
		}
	})
}

// A transfer that stands still is no news, and its end is.
func TestOnProgressOfNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, calls := new(Progress), 0
		stop := p.watch(func(int64, int64) { calls++ })
		time.Sleep(time.Minute)
		synctest.Wait()
		if calls != 0 {
			t.Errorf("%d calls while nothing happened", calls)
		}
		stop()
		if calls != 1 {
			t.Errorf("%d calls, want one at the end", calls)
		}
		p.watch(nil)()
	})
}

// A callback that takes its time is waited for, and never runs twice at once.
func TestSlowOnProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := new(Progress)
		running, calls := false, 0
		stop := p.watch(func(int64, int64) {
			if running {
				t.Error("two calls at once")
			}
			running = true
			time.Sleep(350 * time.Millisecond)
			running = false
			calls++
		})
		for range 100 {
			p.done.Add(1)
			time.Sleep(10 * time.Millisecond)
		}
		stop()
		if running || calls < 3 {
			t.Errorf("%d calls, one still runs: %v", calls, running)
		}
	})
}
