package sts_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sts"
)

// issuer gives sessions, numbered, of a length and after a delay, or fails.
type issuer struct {
	length time.Duration // 0: without end
	delay  time.Duration

	mu    sync.Mutex
	calls []time.Time // when each began
	err   error
}

func (i *issuer) fetch(ctx context.Context) (sigv4.Credentials, error) {
	i.mu.Lock()
	i.calls = append(i.calls, time.Now())
	n, delay, err := len(i.calls), i.delay, i.err
	i.mu.Unlock()
	select {
	case <-time.After(delay):
	case <-ctx.Done():
		return sigv4.Credentials{}, ctx.Err()
	}
	if err != nil {
		return sigv4.Credentials{}, err
	}
	cred := sigv4.NewCredentials(fmt.Sprintf("ASIA%d", n), secret, sessionToken)
	if i.length != 0 {
		cred.Expires = time.Now().Add(i.length)
	}
	return cred, nil
}

// is makes later fetches take that long and fail so.
func (i *issuer) is(delay time.Duration, err error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.delay, i.err = delay, err
}

func (i *issuer) fetches() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return len(i.calls)
}

// provider makes one that leaves nothing to chance: it begins as early as it may.
func (i *issuer) provider() *sts.Provider {
	p := sts.NewProvider(i.fetch)
	p.Rand = func() float64 { return 0 }
	return p
}

var errDown = errors.New("STS is down")

// want asks for credentials and checks which, and how long it took.
func want(t *testing.T, p *sts.Provider, id string, wait time.Duration) {
	t.Helper()
	start := time.Now()
	cred, err := p.Credentials(t.Context())
	if err != nil || cred.AccessKeyID != id {
		t.Errorf("got %v, %v, want %s", cred, err, id)
	}
	if took := time.Since(start); took != wait {
		t.Errorf("it took %v, want %v", took, wait)
	}
}

// wantError asks for credentials and checks that there are none, and why.
func wantError(t *testing.T, p *sts.Provider, want error) {
	t.Helper()
	if cred, err := p.Credentials(t.Context()); !errors.Is(err, want) || cred != (sigv4.Credentials{}) {
		t.Errorf("got %v, %v, want %v", cred, err, want)
	}
}

// wantFetches checks how many there have been, when what is under way is done.
func wantFetches(t *testing.T, i *issuer, want int) {
	t.Helper()
	synctest.Wait()
	if got := i.fetches(); got != want {
		t.Errorf("%d fetches, want %d", got, want)
	}
}

func TestProviderRefreshesInTime(t *testing.T) {
	for _, test := range []struct {
		name       string
		length     time.Duration
		soon, must time.Duration // before the end
	}{
		{"an hour", time.Hour, 20 * time.Minute, time.Minute},
		{"twelve hours", 12 * time.Hour, time.Hour, time.Minute},
		{"a quarter of an hour", 15 * time.Minute, 5 * time.Minute, 45 * time.Second},
	} {
		for _, chance := range []struct {
			name string
			x    float64
			soon time.Duration
		}{
			{"as early as can be", 0, test.soon},
			{"as late as can be", math.Nextafter(1, 0), test.soon * 2 / 3},
			{"between", 0.5, test.soon * 5 / 6},
		} {
			t.Run(test.name+", in the background, "+chance.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					i := &issuer{length: test.length, delay: time.Second}
					p := i.provider()
					p.Rand = func() float64 { return chance.x }
					want(t, p, "ASIA1", time.Second)
					want(t, p, "ASIA1", 0)
					time.Sleep(test.length - chance.soon - 10*time.Nanosecond)
					want(t, p, "ASIA1", 0)
					wantFetches(t, i, 1)
					time.Sleep(20 * time.Nanosecond)
					want(t, p, "ASIA1", 0) // which begins it
					want(t, p, "ASIA1", 0)
					time.Sleep(2 * time.Second)
					want(t, p, "ASIA2", 0)
					wantFetches(t, i, 2)
				})
			})
		}
		t.Run(test.name+", while the caller waits", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				i := &issuer{length: test.length, delay: time.Second}
				p := i.provider()
				want(t, p, "ASIA1", time.Second)
				time.Sleep(test.length - test.must)
				want(t, p, "ASIA2", time.Second)
			})
		})
		t.Run(test.name+", after the end", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				i := &issuer{length: test.length, delay: time.Second}
				p := i.provider()
				want(t, p, "ASIA1", time.Second)
				time.Sleep(test.length + time.Hour)
				want(t, p, "ASIA2", time.Second)
			})
		})
	}
}

func TestProviderDoesNothingWhileNobodyAsks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{length: time.Hour}
		want(t, i.provider(), "ASIA1", 0)
		time.Sleep(100 * time.Hour)
		wantFetches(t, i, 1)
	})
}

func TestProviderKeepsCredentialsWithoutEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{}
		p := i.provider()
		want(t, p, "ASIA1", 0)
		time.Sleep(1000 * time.Hour)
		want(t, p, "ASIA1", 0)
		wantFetches(t, i, 1)
	})
}

func TestProviderFetchesOnceForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{length: time.Hour, delay: time.Second}
		p := i.provider()
		for range 3 { // at first, and after each end
			var wg sync.WaitGroup
			for range 100 {
				wg.Go(func() {
					if _, err := p.Credentials(t.Context()); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			time.Sleep(time.Hour)
		}
		wantFetches(t, i, 3)
	})
}

func TestProviderCancelledWaiterLeavesAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{length: time.Hour, delay: 10 * time.Second}
		p := i.provider()
		gone := errors.New("the user left")
		ctx, cancel := context.WithCancelCause(t.Context())
		start := time.Now()
		var wg sync.WaitGroup
		wg.Go(func() { // the first to come, whose call begins the fetch
			_, err := p.Credentials(ctx)
			if !errors.Is(err, gone) || time.Since(start) != time.Second {
				t.Errorf("got %v after %v, want %v after 1s", err, time.Since(start), gone)
			}
		})
		synctest.Wait()
		for range 3 {
			wg.Go(func() { want(t, p, "ASIA1", 10*time.Second) })
		}
		time.Sleep(time.Second)
		cancel(gone)
		wg.Wait()
		wantFetches(t, i, 1)
	})
}

// Callers with a second each, at a service that takes ten: the eleventh has
// credentials, of the one fetch that the first has begun.
func TestProviderFetchGoesOnWhenAllHaveLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{length: time.Hour, delay: 10 * time.Second}
		p := i.provider()
		for range 9 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			if cred, err := p.Credentials(ctx); !errors.Is(err, context.DeadlineExceeded) || cred != (sigv4.Credentials{}) {
				t.Errorf("got %v, %v, want %v", cred, err, context.DeadlineExceeded)
			}
			cancel()
		}
		time.Sleep(time.Second) // nobody waits when it ends
		want(t, p, "ASIA1", 0)
		wantFetches(t, i, 1)
	})
}

func TestProviderCallerWhoHasLeftBeginsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{length: time.Hour}
		gone := errors.New("the user left")
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(gone)
		_, err := i.provider().Credentials(ctx)
		if want := "sts: waiting for credentials: the user left"; !errors.Is(err, gone) || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
		wantFetches(t, i, 0)
	})
}

func TestProviderFetchHasNothingOfTheCallersContext(t *testing.T) {
	type key struct{}
	p := sts.NewProvider(func(ctx context.Context) (sigv4.Credentials, error) {
		if ctx.Value(key{}) != nil {
			t.Error("the fetch has the caller's values")
		}
		return base, nil
	})
	if _, err := p.Credentials(context.WithValue(t.Context(), key{}, 1)); err != nil {
		t.Fatal(err)
	}
}

func TestProviderFetchIsBounded(t *testing.T) {
	for _, test := range []struct{ timeout, want time.Duration }{
		{0, time.Minute},
		{-1, time.Minute},
		{5 * time.Minute, 5 * time.Minute},
	} {
		synctest.Test(t, func(t *testing.T) {
			p := (&issuer{delay: time.Hour}).provider()
			p.Timeout = test.timeout
			start := time.Now()
			wantError(t, p, context.DeadlineExceeded)
			if took := time.Since(start); took != test.want {
				t.Errorf("with a timeout of %v it took %v, want %v", test.timeout, took, test.want)
			}
		})
	}
}

// The pauses between fetches that fail grow up to a minute, and shrink as the
// end of the credentials comes near.
func TestProviderFailureIsNotFatalWhileCredentialsAreGood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{length: time.Hour}
		p := i.provider()
		want(t, p, "ASIA1", 0)
		end := time.Now().Add(time.Hour)
		i.is(0, errDown)
		for time.Now().Before(end) {
			want(t, p, "ASIA1", 0)
			time.Sleep(time.Second)
		}
		synctest.Wait()

		var left []time.Duration // at each fetch
		for _, call := range i.calls[1:] {
			left = append(left, end.Sub(call))
		}
		second := time.Second
		for _, part := range []struct {
			from int
			want []time.Duration
		}{
			{0, []time.Duration{1200 * second, 1190 * second, 1170 * second, 1130 * second, 1070 * second, 1010 * second, 950 * second}}, // 10 s, doubled to 1 min
			{18, []time.Duration{230 * second, 172 * second, 129 * second, 96 * second, 72 * second, 54 * second}},                       // a quarter of the rest, rounded up to a request
			{30, []time.Duration{6 * second, 4 * second, 3 * second, 2 * second, 1 * second}},
		} {
			if got := left[part.from:min(len(left), part.from+len(part.want))]; !slices.Equal(got, part.want) {
				t.Errorf("it fetched this long before the end:\n%v, want\n%v", got, part.want)
			}
		}
		if len(left) != 35 {
			t.Errorf("%d fetches, want 35: %v", len(left), left)
		}

		wantError(t, p, errDown) // at the end
		i.is(0, nil)
		time.Sleep(2 * time.Second)
		want(t, p, fmt.Sprintf("ASIA%d", i.fetches()+1), 0)
	})
}

func TestProviderDoesNotWaitForASlowServiceUntilTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{length: time.Hour}
		p := i.provider()
		want(t, p, "ASIA1", 0)
		i.is(50*time.Second, nil)
		time.Sleep(time.Hour - 40*time.Second)
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(func() { want(t, p, "ASIA1", 20*time.Second) })
		}
		wg.Wait()
		want(t, p, "ASIA1", 10*time.Second)
		time.Sleep(5 * time.Second)
		want(t, p, "ASIA1", 2500*time.Millisecond)
		time.Sleep(2500 * time.Millisecond)
		want(t, p, "ASIA2", 10*time.Second) // nothing good is left
		wantFetches(t, i, 2)
	})
}

func TestProviderFirstFailureIsTheCallers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{err: errDown}
		p := i.provider()
		wantError(t, p, errDown)
		i.is(0, nil)
		want(t, p, "ASIA2", 0)
	})
}

// Without credentials callers learn of a failure that is theirs, not of an old
// one, and the service is not overrun.
func TestProviderWithoutCredentialsPausesBetweenFetches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{err: errDown}
		p := i.provider()
		start := time.Now()
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() {
				for time.Since(start) < 10*time.Second {
					time.Sleep(time.Millisecond)
					wantError(t, p, errDown)
				}
			})
		}
		wg.Wait()
		var pauses []time.Duration
		for n, call := range i.calls[1:] {
			pauses = append(pauses, call.Sub(i.calls[n]))
		}
		ms := time.Millisecond
		if want := []time.Duration{500 * ms, 1000 * ms, 2000 * ms, 2000 * ms, 2000 * ms, 2000 * ms, 2000 * ms}; pauses[0] > ms || !slices.Equal(pauses[1:], want) {
			t.Errorf("it paused\n%v, want at most 1ms and then\n%v", pauses, want)
		}
	})
}

func TestProviderTakesNothingThatIsWorse(t *testing.T) {
	for _, test := range []struct {
		name string
		next sigv4.Credentials
		ends time.Duration // before the end of those at hand
		want string
	}{
		{"without a secret", sigv4.NewCredentials("ASIAOTHER", "", sessionToken), -time.Hour,
			"sts: the source gave credentials that cannot sign: sigv4: invalid credentials: secret access key is empty or too short: at least 10 characters"},
		{"nothing at all", sigv4.Credentials{}, -time.Hour,
			"sts: the source gave credentials that cannot sign: sigv4: invalid credentials: access key ID is empty, or has a blank, a control byte, a slash or a comma"},
		{"ending sooner", sigv4.NewCredentials("ASIAOTHER", secret, sessionToken), time.Second,
			"sts: the source gave credentials that end at 2000-01-01T00:59:59Z, before those at hand"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cred := sigv4.NewCredentials("ASIA1", secret, sessionToken)
				cred.Expires = time.Now().Add(time.Hour)
				p := sts.NewProvider(func(context.Context) (sigv4.Credentials, error) { return cred, nil })
				p.Rand = func() float64 { return 0 }
				var got error
				p.OnRefresh = func(e sts.RefreshEvent) { got = e.Err }
				want(t, p, "ASIA1", 0)
				test.next.Expires = cred.Expires.Add(-test.ends)
				synctest.Wait()
				cred = test.next

				time.Sleep(50 * time.Minute)
				want(t, p, "ASIA1", 0)
				synctest.Wait()
				want(t, p, "ASIA1", 0)
				if got == nil || got.Error() != test.want {
					t.Errorf("got  %v\nwant %s", got, test.want)
				}
			})
		})
	}
}

func TestProviderWithoutASource(t *testing.T) {
	for name, p := range map[string]*sts.Provider{"nil": sts.NewProvider(nil), "zero": {}} {
		_, err := p.Credentials(t.Context())
		if want := "sts: the provider has no source: expecting one that NewProvider made"; err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %s", name, err, want)
		}
		p.Renew(base)
	}
}

func TestProviderRenews(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{length: time.Hour}
		p := i.provider()
		first, err := p.Credentials(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		p.Renew(first)
		p.Renew(first)
		want(t, p, "ASIA2", 0)
		p.Renew(first) // as another request, that was under way with them
		want(t, p, "ASIA2", 0)
		p.Renew(sigv4.NewCredentials("ASIA2", secret, "another token")) // an ID may be given again with another token
		want(t, p, "ASIA2", 0)
		wantFetches(t, i, 2)

		// What was refused is not given again, even if no other is to be had.
		second, err := p.Credentials(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		p.Renew(second)
		i.is(0, errDown)
		wantError(t, p, errDown)
		i.is(0, nil)
		want(t, p, "ASIA4", 0)
	})
}

func TestProviderRenewsWhatHasNoEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{}
		p := i.provider()
		first, err := p.Credentials(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		p.Renew(first)
		want(t, p, "ASIA2", 0)
	})
}

// A fetch that had begun before the refusal serves as well.
func TestProviderRenewJoinsTheFetchUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{length: time.Hour}
		p := i.provider()
		first, err := p.Credentials(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		i.is(10*time.Second, nil)
		time.Sleep(50 * time.Minute)
		want(t, p, "ASIA1", 0)
		time.Sleep(4 * time.Second)
		p.Renew(first)
		want(t, p, "ASIA2", 6*time.Second)
		wantFetches(t, i, 2)
	})
}

// A source that has only what was refused gives it again, and requests get the
// service's word and not the source's; but it is not asked for each of them.
func TestProviderSourceThatInsistsIsNotOverrun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cred := sigv4.NewCredentials("ASIA1", secret, sessionToken)
		var fetches int
		p := sts.NewProvider(func(context.Context) (sigv4.Credentials, error) {
			fetches++
			return cred, nil
		})
		p.Rand = func() float64 { return 0 }
		for range 600 { // ten minutes
			got, err := p.Credentials(t.Context())
			if err != nil || got != cred {
				t.Fatalf("got %v, %v", got, err)
			}
			p.Renew(got)
			time.Sleep(time.Second)
		}
		if fetches != 2 {
			t.Errorf("%d fetches, want 2", fetches)
		}
		time.Sleep(time.Second)
		want(t, p, "ASIA1", 0)
		p.Renew(cred)
		cred = sigv4.NewCredentials("ASIA2", secret, sessionToken)
		want(t, p, "ASIA2", 0)
	})
}

// With a clock that is hours ahead, every session seems to have ended.
func TestProviderWithAClockAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{length: time.Hour}
		p := i.provider()
		p.Now = func() time.Time { return time.Now().Add(5 * time.Hour) }
		for range 2 * 3600 {
			cred, err := p.Credentials(t.Context())
			if err != nil || !time.Now().Before(cred.Expires) {
				t.Fatalf("got %v until %v, %v", cred, cred.Expires, err)
			}
			time.Sleep(time.Second)
		}
		wantFetches(t, i, 12)
	})
}

// With a clock that is hours behind, no session seems to end.
func TestProviderWithAClockBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{length: time.Hour, delay: time.Second}
		p := i.provider()
		p.Now = func() time.Time { return time.Now().Add(-5 * time.Hour) }
		p.MaxAge = time.Hour
		for range 2 * 3600 {
			cred, err := p.Credentials(t.Context())
			if err != nil || !time.Now().Before(cred.Expires) {
				t.Fatalf("got %v until %v, %v", cred, cred.Expires, err)
			}
			time.Sleep(time.Second)
		}
		wantFetches(t, i, 3)
	})
}

// A provider that has made its plans by a clock which is then set right.
func TestProviderWhoseClockIsSetBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{length: time.Hour}
		p := i.provider()
		ahead := 5 * time.Hour
		p.Now = func() time.Time { return time.Now().Add(ahead) }
		want(t, p, "ASIA1", 0)
		ahead -= 59 * time.Second // such steps are usual
		want(t, p, "ASIA1", 0)
		wantFetches(t, i, 1)
		ahead = 0
		want(t, p, "ASIA1", 0)
		wantFetches(t, i, 2)
		want(t, p, "ASIA2", 0)
		time.Sleep(45 * time.Minute)
		want(t, p, "ASIA2", 0)
		wantFetches(t, i, 3)

		// Nor does a pause outlast it.
		i = &issuer{err: errDown}
		p = i.provider()
		p.Now = func() time.Time { return time.Now().Add(ahead) }
		for range 3 {
			wantError(t, p, errDown)
		}
		ahead = -5 * time.Hour
		i.is(0, nil)
		want(t, p, "ASIA4", 2*time.Second)
	})
}

func TestProviderMaxAge(t *testing.T) {
	for _, test := range []struct {
		name              string
		length, age, want time.Duration
	}{
		{"of credentials without end", 0, time.Hour, time.Hour},
		{"of credentials that say more", 2 * time.Hour, time.Hour, time.Hour},
		{"of credentials that say less", time.Hour, 2 * time.Hour, time.Hour},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				i := &issuer{length: test.length}
				p := i.provider()
				p.MaxAge = test.age
				want(t, p, "ASIA1", 0)
				i.is(0, errDown)
				time.Sleep(test.want - 1)
				want(t, p, "ASIA1", 0)
				time.Sleep(time.Nanosecond)
				wantError(t, p, errDown)
			})
		})
	}
}

func TestProviderBearsWithAnyRand(t *testing.T) {
	for _, x := range []float64{-1, 1, 1e300, math.NaN(), math.Inf(1), math.Inf(-1)} {
		synctest.Test(t, func(t *testing.T) {
			i := &issuer{length: time.Hour}
			p := i.provider()
			p.Rand = func() float64 { return x }
			want(t, p, "ASIA1", 0)
			time.Sleep(40*time.Minute - 1)
			want(t, p, "ASIA1", 0)
			wantFetches(t, i, 1)
			time.Sleep(time.Nanosecond)
			want(t, p, "ASIA1", 0)
			wantFetches(t, i, 2)
		})
	}
}

func TestAssumeRoleProviderSurvivesTheEndOfSessions(t *testing.T) {
	s := newServer(t, answer{200, assumeRoleResponse})
	now := time.Date(2019, 11, 9, 12, 34, 41, 0, time.UTC)
	p := s.client().AssumeRoleProvider(role)
	p.Now = func() time.Time { return now }
	for _, step := range []struct {
		after time.Duration
		calls int
	}{
		{0, 1},
		{39 * time.Minute, 1},
		{20*time.Minute + time.Second, 2}, // the last minute
	} {
		now = now.Add(step.after)
		if cred, err := p.Credentials(t.Context()); err != nil || cred.AccessKeyID != sessionKeyID {
			t.Errorf("at %v: got %v, %v", now, cred, err)
		}
		if len(s.forms) != step.calls {
			t.Errorf("at %v: %d calls, want %d", now, len(s.forms), step.calls)
		}
	}
}

func TestAssumeRoleProviderNamesTheRole(t *testing.T) {
	p := newServer(t, refusal(403, "AccessDenied")).client().AssumeRoleProvider(role)
	_, err := p.Credentials(t.Context())
	if !errors.Is(err, sts.ErrAccessDenied) {
		t.Errorf("got %v, want %v", err, sts.ErrAccessDenied)
	}
	if want := "role " + roleARN + ": sts: AssumeRole: access denied: AccessDenied: because (HTTP 403, request ID request-2)"; err.Error() != want {
		t.Errorf("got  %s\nwant %s", err, want)
	}
}
