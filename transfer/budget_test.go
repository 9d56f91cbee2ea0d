package transfer

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/sigv4/sigv4http"
)

// counter counts what is under way, and the most that ever was.
type counter struct {
	mu        sync.Mutex
	now, most int
}

func (c *counter) begin() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now++
	c.most = max(c.most, c.now)
}

func (c *counter) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now--
}

// permitOf is share.begin for what cannot fail.
func permitOf(t *testing.T, s *share) *permit {
	t.Helper()
	_, p, err := s.begin(t.Context())
	if err != nil {
		t.Error(err)
	}
	return p
}

// wantNothingHeld makes sure that a budget is as it was.
func wantNothingHeld(t *testing.T, b *Budget, memory int64) {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.underWay != 0 || b.memory != memory || b.waiting.Len() != 0 || b.timer != nil {
		t.Errorf("%d requests are under way, %d bytes are left of %d, %d destinations are waited for, and the timer is %v",
			b.underWay, b.memory, memory, b.waiting.Len(), b.timer)
	}
	for at, d := range b.destinations {
		if d.shares != 0 || d.underWay != 0 {
			t.Errorf("%s has %d shares and %d requests under way", at.bucket, d.shares, d.underWay)
		}
	}
}

// A hundred transfers of sixteen threads never have more requests under way than the
// budget's 32, all finish, and all are served alike.
func TestBudgetOfAHundredTransfers(t *testing.T) {
	for _, buckets := range []int{1, 3, 100} {
		t.Run(fmt.Sprintf("%d buckets", buckets), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const workers, transfers, threads, requests = 32, 100, 16, 64
				b := NewBudget(workers, 1<<20)
				var all counter
				finished := make([]time.Duration, transfers)
				start := time.Now()
				var group sync.WaitGroup
				for i := range transfers {
					group.Go(func() {
						s := b.join(nil, fmt.Sprint("bucket", i%buckets), nil)
						defer s.leave()
						s.memory(64<<10, 8<<10)
						var left sync.WaitGroup
						for range threads {
							left.Go(func() {
								for range requests / threads {
									p := permitOf(t, s)
									all.begin()
									time.Sleep(50*time.Millisecond + rand.N(20*time.Millisecond))
									all.end()
									p.end()
								}
							})
						}
						left.Wait()
						finished[i] = time.Since(start)
					})
				}
				group.Wait()
				if all.most != workers {
					t.Errorf("there were %d requests under way, want %d", all.most, workers)
				}
				first, last := slices.Min(finished), slices.Max(finished)
				t.Logf("%d transfers of %d threads and %d requests under a budget of %d: at most %d under way, the first is done after %v, the last after %v",
					transfers, threads, requests, workers, all.most, first, last)
				if ideal := transfers * requests * 60 * time.Millisecond / workers; last > ideal*11/10 {
					t.Errorf("it took %v, want about %v", last, ideal)
				}
				if first < last*7/10 { // one that comes when all is free has a start of sixteen requests
					t.Errorf("the first was done after %v, the last after %v", first, last)
				}
				wantNothingHeld(t, b, 1<<20)
			})
		})
	}
}

// What a transfer gets does not depend on its number of threads.
func TestThreadsDoNotPush(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBudget(8, 0)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		served := map[int]int{}
		var mu sync.Mutex
		var group sync.WaitGroup
		for _, threads := range []int{8, 16, 256} {
			s := b.join(nil, "data", nil)
			for range threads {
				group.Go(func() {
					for {
						_, p, err := s.begin(ctx)
						if err != nil {
							return
						}
						time.Sleep(50 * time.Millisecond)
						p.end()
						mu.Lock()
						served[threads]++
						mu.Unlock()
					}
				})
			}
		}
		group.Wait()
		for threads, n := range served {
			if want := 8 * 60 * 20 / 3; n < want*9/10 || n > want*11/10 {
				t.Errorf("the transfer of %d threads had %d requests, want about %d", threads, n, want)
			}
		}
	})
}

// A transfer without any request comes before those that have some, and the threads of
// one transfer come in their order.
func TestOrderOfWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBudget(2, 0)
		one, two := b.join(nil, "data", nil), b.join(nil, "data", nil)
		held := []*permit{permitOf(t, one), permitOf(t, one)}
		began := make(chan string, 3)
		wait := func(name string, s *share) {
			go func() {
				p := permitOf(t, s)
				began <- name
				time.Sleep(time.Second)
				p.end()
			}()
			synctest.Wait()
		}
		wait("one's third", one)
		wait("one's fourth", one)
		wait("two's first", two)
		if len(began) != 0 {
			t.Errorf("%s began above the bound", <-began)
		}
		held[0].end()
		order := []string{<-began, <-began, <-began}
		if want := []string{"two's first", "one's third", "one's fourth"}; !slices.Equal(order, want) {
			t.Errorf("they began in the order %q, want %q", order, want)
		}
		held[1].end()
		time.Sleep(time.Minute) // until the last is over
	})
}

// A permit is given back once, however often it is ended.
func TestPermitEndsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBudget(2, 0)
		s := b.join(nil, "data", nil)
		p, other := permitOf(t, s), permitOf(t, s)
		p.end()
		p.end()
		next := permitOf(t, s)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, _, err := s.begin(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a third request gives %v, want %v", err, context.DeadlineExceeded)
		}
		next.end()
		other.end()
		s.leave()
		wantNothingHeld(t, b, DefaultBudgetMemory)
	})
}

// Who is cancelled waits no longer, and its place is not lost to the others.
func TestCancelledWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBudget(1, 0)
		one, two := b.join(nil, "data", nil), b.join(nil, "data", nil)
		p := permitOf(t, one)
		ctx, cancel := context.WithCancel(t.Context())
		gone := make(chan error)
		go func() { _, _, err := two.begin(ctx); gone <- err }()
		synctest.Wait()
		came := make(chan *permit)
		go func() { came <- permitOf(t, one) }()
		synctest.Wait()
		start := time.Now()
		cancel()
		if err := <-gone; !errors.Is(err, context.Canceled) || time.Since(start) != 0 {
			t.Errorf("got %v after %v, want %v at once", err, time.Since(start), context.Canceled)
		}
		p.end()
		(<-came).end()
		if _, _, err := two.begin(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("a request of a transfer that was cancelled gives %v, want %v", err, context.Canceled)
		}
		one.leave()
		two.leave()
		wantNothingHeld(t, b, DefaultBudgetMemory)
	})
}

// Cancellation and permission at the same moment lose no permit.
func TestCancelledAtRandom(t *testing.T) {
	b := NewBudget(3, 0)
	var all counter
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			s := b.join(nil, "data", nil)
			defer s.leave()
			for range 200 {
				ctx, cancel := context.WithTimeout(t.Context(), rand.N(100*time.Microsecond))
				_, p, err := s.begin(ctx)
				if err == nil {
					all.begin()
					all.end()
					p.end()
				} else if !errors.Is(err, context.DeadlineExceeded) {
					t.Error(err)
				}
				cancel()
			}
		})
	}
	group.Wait()
	if all.most > 3 {
		t.Errorf("%d requests were under way, want at most 3", all.most)
	}
	wantNothingHeld(t, b, DefaultBudgetMemory)
}

// A transfer that waits for another which waits for it gets in all the same; and nobody
// else gets above the bound.
func TestNoDeadlock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBudget(2, 0)
		start := time.Now()
		reader := b.join(nil, "data", nil)
		first, second := permitOf(t, reader), permitOf(t, reader) // nobody takes their bytes until the other is done
		ctx, cancel := context.WithCancel(t.Context())
		third := make(chan error)
		go func() { _, _, err := reader.begin(ctx); third <- err }()

		other := b.join(nil, "data", nil)
		for i := range 3 {
			p := permitOf(t, other)
			if took := time.Since(start); took != time.Duration(i+1)*patience {
				t.Errorf("request %d of the other began after %v, want %v", i+1, took, time.Duration(i+1)*patience)
			}
			p.end()
		}
		other.leave()
		synctest.Wait()
		select {
		case err := <-third:
			t.Errorf("the reader's third request came to %v above the bound", err)
		default:
		}
		cancel()
		<-third
		first.end()
		second.end()
		reader.leave()
		wantNothingHeld(t, b, DefaultBudgetMemory)
	})
}

// While anything moves, nobody gets above the bound.
func TestPatienceIsForWhatStandsStill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBudget(4, 0)
		var all counter
		var group sync.WaitGroup
		for range 30 {
			group.Go(func() {
				s := b.join(nil, "data", nil)
				defer s.leave()
				p := permitOf(t, s)
				all.begin()
				time.Sleep(4 * time.Second) // most wait for much longer than is patient
				all.end()
				p.end()
			})
		}
		group.Wait()
		if all.most != 4 {
			t.Errorf("%d requests were under way, want 4", all.most)
		}
	})
}

func TestMemoryOfABudget(t *testing.T) {
	b := NewBudget(1, 1000)
	one, two := b.join(nil, "data", nil), b.join(nil, "data", nil)
	for i, test := range []struct {
		s                 *share
		want, least, gets int64
	}{
		{one, 600, 100, 600},
		{two, 600, 100, 400},
		{two, 600, 100, 100}, // without which it could not go on
		{one, 5, 0, 0},
		{one, 5, 7, 7},
		{one, -5, -7, 0},
	} {
		if got := test.s.memory(test.want, test.least); got != test.gets {
			t.Errorf("%d: %d bytes, want %d", i, got, test.gets)
		}
	}
	one.leave()
	if got := two.memory(1000, 0); got != 500 {
		t.Errorf("%d bytes after one has left, want the 500 that are above what the other has", got)
	}
	two.leave()
	wantNothingHeld(t, b, 1000)
}

func TestBudgetDefaults(t *testing.T) {
	for _, n := range []int{0, -1} {
		if b := NewBudget(n, int64(n)); b.workers != DefaultBudgetWorkers || b.memory != DefaultBudgetMemory {
			t.Errorf("NewBudget(%d, %d) has %d workers and %d bytes", n, n, b.workers, b.memory)
		}
	}
	var none *Budget
	s := none.join(nil, "data", nil)
	defer s.leave()
	if s.budget != processBudget {
		t.Error("a nil budget is not the process's")
	}
}

// attempt is as the transport reports one that was just answered.
func attempt(p *permit, status int) {
	p.attempt(sigv4http.Attempt{Status: status, Throttled: status == 503 || status == 429})
}

// Throttled attempts make the requests under way to a bucket fewer, for all transfers
// of it and for no others; those that are served make them more again.
func TestThrottlingShrinksWhatIsUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const threads = 20
		b := NewBudget(100, 0)
		var busy, calm counter
		var status, fine atomic.Int64
		status.Store(503)
		fine.Store(200)
		ctx, cancel := context.WithCancel(t.Context())
		var group sync.WaitGroup
		run := func(bucket string, c *counter, status *atomic.Int64) {
			s := b.join(nil, bucket, nil)
			for range threads {
				group.Go(func() {
					for {
						_, p, err := s.begin(ctx)
						if err != nil {
							return
						}
						c.begin()
						time.Sleep(50 * time.Millisecond)
						attempt(p, int(status.Load()))
						c.end()
						p.end()
					}
				})
			}
		}
		run("busy", &busy, &status)
		run("busy", &busy, &status)
		run("calm", &calm, &fine)
		most := func(c *counter, d time.Duration) int {
			c.mu.Lock()
			c.most = c.now
			c.mu.Unlock()
			time.Sleep(d)
			c.mu.Lock()
			defer c.mu.Unlock()
			return c.most
		}
		if one, other := most(&busy, 10*time.Millisecond), most(&calm, time.Second); one != 2*threads || other != threads {
			t.Errorf("%d and %d requests are under way at first, want %d and %d", one, other, 2*threads, threads)
		}
		time.Sleep(10 * time.Second)
		if got := most(&busy, 20*time.Second); got != 1 {
			t.Errorf("%d requests are under way to a service that refuses all, want 1 now and then", got)
		}
		if got := most(&calm, time.Second); got != threads {
			t.Errorf("%d requests are under way to the other bucket, want %d", got, threads)
		}
		status.Store(200)
		time.Sleep(20 * time.Second)
		if got := most(&busy, time.Second); got != 2*threads {
			t.Errorf("%d requests are under way 20 s after the service is well, want %d", got, 2*threads)
		}
		cancel()
		group.Wait()
	})
}

// Below one request at once, they are spaced in time.
func TestPacing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBudget(100, 0)
		s := b.join(nil, "data", nil)
		start := time.Now()
		var gaps []time.Duration
		for range 40 {
			last := time.Now()
			p := permitOf(t, s)
			gaps = append(gaps, time.Since(last))
			attempt(p, 503)
			p.end()
		}
		for i, gap := range gaps[15:] {
			if gap < 950*time.Millisecond || gap > 2850*time.Millisecond {
				t.Errorf("request %d came %v after the one before it, want 0.95 to 2.85 s", i+15, gap)
			}
		}
		if took := time.Since(start); took < 40*time.Second || took > 80*time.Second {
			t.Errorf("40 requests took %v, want 2 s each on average, when all are refused", took)
		}
		if slices.Max(gaps[15:])-slices.Min(gaps[15:]) < 500*time.Millisecond {
			t.Errorf("there is no jitter in %v", gaps[15:])
		}
		s.leave()
		wantNothingHeld(t, b, DefaultBudgetMemory)
	})
}

// What neither throttles nor serves says nothing of the rate; what a client answers with
// an error of its own was served.
func TestWhatCountsAsThrottled(t *testing.T) {
	slowDown := &s3client.Error{Op: "GetObject", Err: &s3client.APIError{Status: 503, Code: "SlowDown"}}
	for _, test := range []struct {
		name string
		told func(*permit)
		want float64 // of a limit of 10
	}{
		{"503", func(p *permit) { attempt(p, 503) }, 0.7},
		{"429", func(p *permit) { attempt(p, 429) }, 0.7},
		{"500", func(p *permit) { attempt(p, 500) }, 10},
		{"no answer", func(p *permit) { p.attempt(sigv4http.Attempt{Err: errors.New("reset")}) }, 10},
		{"an error that says so", func(p *permit) { p.answered(slowDown) }, 0.7},
		{"an error after attempts that said so", func(p *permit) { attempt(p, 503); p.answered(slowDown) }, 0.7},
		{"another error", func(p *permit) { p.answered(errors.New("reset")) }, 10},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := NewBudget(10, 0).join(nil, "data", nil)
			p := permitOf(t, s)
			test.told(p)
			wantLimit(t, &s.to.rule, test.want)
			p.end()
		})
	}
	for _, status := range []int{200, 206, 304, 403, 404, 412} {
		s := NewBudget(10, 0).join(nil, "data", nil)
		p := permitOf(t, s)
		attempt(p, 503)
		time.Sleep(time.Millisecond)
		attempt(p, status)
		if s.to.rule.limit <= 0.7 {
			t.Errorf("an answer of status %d counts for nothing", status)
		}
		p.end()
	}
}

// The transfer whose request is refused says so, with the new limit.
func TestThrottlingIsAnEvent(t *testing.T) {
	b := NewBudget(10, 0)
	mine, others := new(Events), new(Events)
	s, other := b.join(nil, "data", mine), b.join(nil, "data", others)
	p := permitOf(t, s)
	attempt(p, 503)
	attempt(p, 503)
	p.end()
	mine.close()
	others.close()
	var limits []float64
	for event := range mine.All() {
		if event.Kind != Throttled {
			t.Errorf("there is an event %q", event)
		}
		limits = append(limits, event.Limit)
	}
	if len(limits) == 0 || limits[0] != 0.7 {
		t.Errorf("the limits of the events are %v, want 0.7 first", limits)
	}
	for event := range others.All() {
		t.Errorf("another transfer has an event %q", event)
	}
	s.leave()
	other.leave()
}

// A client's limit of a bucket outlives its transfers for a while, and costs nothing
// where there is none.
func TestLimitIsRememberedForAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBudget(10, 0)
		client := new(s3client.Client)
		once := func(client any, bucket string, status int) float64 {
			s := b.join(client, bucket, nil)
			defer s.leave()
			limit := s.to.rule.limit
			p := permitOf(t, s)
			attempt(p, status)
			p.end()
			return limit
		}
		once(client, "busy", 503)
		once(client, "calm", 200)
		once("a test's", "busy", 503)
		for _, test := range []struct {
			after  time.Duration
			client any
			bucket string
			want   float64
		}{
			{30 * time.Second, client, "busy", 0.7},
			{0, client, "calm", 10},
			{0, new(s3client.Client), "busy", 10},
			{0, "a test's", "busy", 10},
			{61 * time.Second, client, "busy", 10},
		} {
			time.Sleep(test.after)
			if got := once(test.client, test.bucket, 404); got < test.want || got > test.want+0.1 {
				t.Errorf("the limit of %s for %T is %v, want %v", test.bucket, test.client, got, test.want)
			}
		}
		for i := range 1000 {
			once(client, fmt.Sprint(i), 200)
		}
		if n := len(b.destinations); n > 2 {
			t.Errorf("%d destinations are kept", n)
		}
	})
}

// The context of a permit brings what the transport sees of the attempts to the rule.
func TestAttemptsAreSeenThroughTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewBudget(10, 0).join(nil, "data", nil)
		ctx, p, err := s.begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		attempts := 0
		client, err := s3client.Connection{
			AuthorizationType: s3client.AccessKey, Region: "us-east-1",
			AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: s3client.NewSecret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
		}.Open(&s3client.Options{Base: roundTrip(func(*http.Request) (*http.Response, error) {
			if attempts++; attempts < 3 {
				return &http.Response{StatusCode: 503, Header: http.Header{}, Body: http.NoBody}, nil
			}
			return &http.Response{StatusCode: 200, Header: http.Header{}, Body: http.NoBody}, nil
		})})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.HeadObject(ctx, s3client.HeadObjectInput{Bucket: "data", Key: "k"}); err != nil {
			t.Error(err)
		}
		p.answered(nil)
		p.end()
		// Two attempts take it to 0.49, and one doubles it, since none was ever served before;
		// answered does not count that again.
		if got := s.to.rule.limit; attempts != 3 || got < 0.97 || got > 0.99 {
			t.Errorf("after %d attempts the limit is %v, want 0.98 after 3", attempts, got)
		}
	})
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }
