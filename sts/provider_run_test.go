package sts_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sigv4/sigv4http"
	"github.com/sigvier/sigvier/sts"
)

// Long runs in virtual time, at a service that has a hard time.

// troubled makes faults: a service that takes up to twenty seconds, fails one
// time in three, hangs one time in twenty, but a role no more than three times in a
// row, and is down for six minutes of each hour, at a random minute, with twice
// as much at least in between. What is worse nobody could get through: six minutes and
// three hangs, with the pauses between them, are just within the advisory window.
func troubled() func(role string) (delay time.Duration, ok bool) {
	var mu sync.Mutex
	chance := rand.New(rand.NewPCG(1, 2))
	start := time.Now()
	downAt := map[int]time.Duration{}
	inRow := map[string]int{}
	return func(role string) (time.Duration, bool) {
		mu.Lock()
		defer mu.Unlock()
		since := time.Since(start)
		hour := int(since / time.Hour)
		for n := len(downAt); n <= hour; n++ {
			downAt[n] = 6*time.Minute + time.Duration(chance.Int64N(int64(42*time.Minute)))
		}
		delay := time.Duration(chance.Int64N(int64(20 * time.Second)))
		luck := chance.Float64()
		into := since % time.Hour
		switch down := downAt[hour]; {
		case since < time.Minute: // it begins well
			return delay, true
		case into >= down && into < down+6*time.Minute:
			return delay / 10, false
		case luck >= 0.38 || inRow[role] == 3:
			inRow[role] = 0
			return delay, true
		}
		inRow[role]++
		if luck < 0.05 {
			return time.Hour, false
		}
		return delay, false
	}
}

// Ten thousand requests over fifty expiries of sessions: none fails, none has
// credentials that end before it does, and only the first has to wait.
func TestProviderNeverLetsARequestDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fault := troubled()
		var refreshes, failures int
		p := sts.NewProvider(func(ctx context.Context) (sigv4.Credentials, error) {
			refreshes++
			delay, ok := fault("")
			select {
			case <-time.After(delay):
			case <-ctx.Done():
				return sigv4.Credentials{}, ctx.Err()
			}
			if !ok {
				return sigv4.Credentials{}, errDown
			}
			cred := sigv4.NewCredentials(fmt.Sprintf("ASIA%d", refreshes), secret, sessionToken)
			cred.Expires = time.Now().Add(time.Hour)
			return cred, nil
		})
		chance := rand.New(rand.NewPCG(3, 4))
		p.Rand = chance.Float64
		p.OnRefresh = func(e sts.RefreshEvent) {
			if e.Err != nil {
				failures++
			}
		}
		const requests, takes = 10_000, time.Second
		var failed, waited, expiries int
		var next time.Time // the end of one of the sessions that were given out; behind it, that of the one then in use
		start := time.Now()
		for n := range requests {
			asked := time.Now()
			cred, err := p.Credentials(t.Context())
			if time.Since(asked) > 0 {
				waited++
			}
			time.Sleep(takes)
			switch {
			case err != nil:
				failed++
				t.Errorf("request %d, %v after the start: %v", n, time.Since(start), err)
			case !time.Now().Before(cred.Expires):
				failed++
				t.Errorf("request %d, %v after the start, had credentials that ended before it", n, time.Since(start))
			case next.IsZero():
				next = cred.Expires
			case !time.Now().Before(next):
				expiries++
				next = cred.Expires
			}
			time.Sleep(51*time.Hour/requests - takes)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		t.Logf("requests %d, of which failed %d and waited %d; refreshes %d, of which failed %d; expiries %d; in %v of virtual time",
			requests, failed, waited, refreshes, failures, expiries, time.Since(start))
		if expiries < 50 || failures < 40 {
			t.Errorf("%d expiries and %d failures make no trial: want 50 and 40 at least", expiries, failures)
		}
		if waited != 1 {
			t.Errorf("%d requests waited, want the first alone", waited)
		}
		if refreshes > 300 {
			t.Errorf("%d refreshes, want 300 at most", refreshes)
		}
	})
}

// The same from a hundred goroutines at once, whose requests are signed, sent and
// verified, with the credentials of the last of three roles.
func TestRoleChainNeverLetsARequestDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &cloud{fault: troubled()}
		p := c.chainOf(t, 3)
		chance := rand.New(rand.NewPCG(5, 6))
		var mu sync.Mutex
		p.Rand = func() float64 {
			mu.Lock()
			defer mu.Unlock()
			return chance.Float64()
		}
		var failures, ends int
		serving := true
		p.OnRefresh = func(e sts.RefreshEvent) {
			switch last := strings.HasSuffix(e.Role, "/link-3"); {
			case e.Err != nil:
				failures++
				serving = serving && (e.Serving || !last)
			case last:
				ends++
			}
		}
		signer, err := sigv4.NewSigner("s3", "eu-central-1", nil)
		if err != nil {
			t.Fatal(err)
		}
		client := http.Client{Transport: &sigv4http.Transport{Signer: signer, Provider: p, Base: c}}
		const workers, each = 100, 100
		start := time.Now()
		var wg sync.WaitGroup
		for w := range workers {
			wg.Go(func() {
				time.Sleep(time.Duration(w) * 50 * time.Hour / each / workers) // one after the other
				for range each {
					resp, err := client.Get("https://bucket.s3.eu-central-1.amazonaws.com/key")
					if err != nil {
						t.Errorf("%v after the start: %v", time.Since(start), err)
						return
					}
					if _, err := io.Copy(io.Discard, resp.Body); err != nil || resp.StatusCode != 200 {
						t.Errorf("%v after the start: %v, %v", time.Since(start), resp.Status, err)
					}
					resp.Body.Close()
					time.Sleep(50 * time.Hour / each)
				}
			})
		}
		wg.Wait()
		time.Sleep(time.Hour)
		synctest.Wait()
		t.Logf("%d requests in %v with %d sessions of the last of 3 roles: none failed; the roles were assumed %d times, and %d fetches failed",
			workers*each, time.Since(start), ends, len(c.assumed), failures)
		if c.refused > 0 || !serving {
			t.Errorf("%d requests had a session that had ended, and it is %v that there was always one", c.refused, serving)
		}
		if ends <= 50 || failures < 20 {
			t.Errorf("%d sessions and %d failures make no trial: want more than 50 and 20", ends, failures)
		}
	})
}

// A thousand goroutines that ask, cancel and refuse as they like, while the
// service is well: all that stay get credentials, and they are good ones.
func TestProviderFromManyGoroutines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{length: 15 * time.Minute, delay: 3 * time.Second}
		p := sts.NewProvider(i.fetch)
		var events atomic.Int64
		p.OnRefresh = func(sts.RefreshEvent) { events.Add(1) }
		var left, asked atomic.Int64
		var wg sync.WaitGroup
		for w := range 1000 {
			wg.Go(func() {
				chance := rand.New(rand.NewPCG(uint64(w), 5))
				for range 20 {
					time.Sleep(time.Duration(chance.Int64N(int64(6 * time.Minute))))
					ctx, cancel := context.WithTimeout(t.Context(), time.Duration(1+chance.Int64N(int64(10*time.Second))))
					cred, err := p.Credentials(ctx)
					cancel()
					asked.Add(1)
					switch {
					case errors.Is(err, context.DeadlineExceeded):
						left.Add(1)
					case err != nil:
						t.Error(err)
					case !time.Now().Before(cred.Expires):
						t.Errorf("got %v, which ended at %v", cred, cred.Expires)
					case chance.IntN(1000) == 0:
						p.Renew(cred)
					}
				}
			})
		}
		wg.Wait()
		synctest.Wait()
		t.Logf("%d requests, of which %d left while they waited: %d fetches", asked.Load(), left.Load(), i.fetches())
		if int(events.Load()) != i.fetches() {
			t.Errorf("%d events of %d fetches", events.Load(), i.fetches())
		}
		if n := i.fetches(); n > 60 { // an hour's, and twenty refusals
			t.Errorf("%d fetches, want 60 at most", n)
		}
	})
}

// Five hundred processes that were started in the same second: each has its own
// moment for asking again, at the first end already.
func TestProvidersOfManyProcessesDoNotAskTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const processes = 500
		var mu sync.Mutex
		perSecond := map[int]int{}
		start := time.Now()
		var wg sync.WaitGroup
		for n := range processes {
			wg.Go(func() {
				p := sts.NewProvider(func(context.Context) (sigv4.Credentials, error) {
					mu.Lock()
					defer mu.Unlock()
					perSecond[int(time.Since(start)/time.Second)]++
					cred := sigv4.NewCredentials("ASIA", secret, sessionToken)
					cred.Expires = time.Now().Add(time.Hour)
					return cred, nil
				})
				p.Rand = rand.New(rand.NewPCG(uint64(n), 6)).Float64
				if _, err := p.Credentials(t.Context()); err != nil {
					t.Error(err)
				}
				time.Sleep(39 * time.Minute)
				for range 8 * 60 { // each asks in each second
					if _, err := p.Credentials(t.Context()); err != nil {
						t.Error(err)
					}
					time.Sleep(time.Second)
				}
			})
		}
		wg.Wait()
		most, first, last := 0, 3600, 0
		for second, n := range perSecond {
			if second > 0 {
				most, first, last = max(most, n), min(first, second), max(last, second)
			}
		}
		t.Logf("%d processes asked at first in one second, then from %v to %v, at most %d in one second",
			perSecond[0], time.Duration(first)*time.Second, time.Duration(last)*time.Second, most)
		if perSecond[0] != processes || most > 10 || first > 41*60 || last < 46*60 {
			t.Errorf("want %d in the first second, then from 40m to 46m40s, at most 10 in one", processes)
		}
	})
}

// What each request pays while the credentials are good.
func TestProviderAllocatesNothingWhileCredentialsAreGood(t *testing.T) {
	for name, length := range map[string]time.Duration{"with an end": time.Hour, "without": 0} {
		p := (&issuer{length: length}).provider()
		ctx := t.Context()
		if n := testing.AllocsPerRun(100, func() {
			if _, err := p.Credentials(ctx); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("credentials %s: %v allocations for a request, want 0", name, n)
		}
	}
}

func BenchmarkProvider(b *testing.B) {
	for _, bench := range []struct {
		name   string
		length time.Duration
		block  bool // the second fetch, in the advisory window, never ends
	}{
		{"good", time.Hour, false},
		{"WithoutEnd", 0, false},
		{"Refreshing", time.Hour, true},
	} {
		b.Run(bench.name, func(b *testing.B) {
			var fetches atomic.Int64
			i := &issuer{length: bench.length}
			p := sts.NewProvider(func(ctx context.Context) (sigv4.Credentials, error) {
				if fetches.Add(1) > 1 {
					<-ctx.Done()
					return sigv4.Credentials{}, ctx.Err()
				}
				return i.fetch(ctx)
			})
			if _, err := p.Credentials(b.Context()); err != nil {
				b.Fatal(err)
			}
			if bench.block {
				p.Timeout = time.Hour
				p.Now = func() time.Time { return time.Now().Add(55 * time.Minute) }
			}
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				ctx := context.Background()
				for pb.Next() {
					if _, err := p.Credentials(ctx); err != nil {
						b.Fatal(err)
					}
				}
			})
		})
	}
}
