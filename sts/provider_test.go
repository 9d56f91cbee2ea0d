package sts_test

import (
	"context"
	"errors"
	"fmt"
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

// Callers come and go, the service hangs, and nobody asks again. The clock stands
// still when the test's function has returned, and synctest fails it if a goroutine
// is left then.
func TestProviderLeavesNoGoroutineBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{length: time.Hour, delay: time.Hour}
		p := i.provider()
		p.OnRefresh = func(sts.RefreshEvent) {}
		var wg sync.WaitGroup
		for n := range 100 {
			wg.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(n+1)*time.Second/2)
				defer cancel()
				if _, err := p.Credentials(ctx); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("got %v, want %v", err, context.DeadlineExceeded)
				}
			})
		}
		wg.Wait()
		wantFetches(t, i, 1)
		time.Sleep(10 * time.Second) // the fetch's Timeout of a minute is over
	})
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
