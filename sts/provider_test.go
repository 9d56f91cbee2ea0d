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
	calls int
	err   error
}

func (i *issuer) fetch(ctx context.Context) (sigv4.Credentials, error) {
	select {
	case <-time.After(i.delay):
	case <-ctx.Done():
		return sigv4.Credentials{}, ctx.Err()
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.calls++
	if i.err != nil {
		return sigv4.Credentials{}, i.err
	}
	cred := sigv4.NewCredentials(fmt.Sprintf("ASIA%d", i.calls), secret, sessionToken)
	if i.length != 0 {
		cred.Expires = time.Now().Add(i.length)
	}
	return cred, nil
}

func (i *issuer) fail(err error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.err = err
}

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

func TestProviderRefreshesInTime(t *testing.T) {
	for _, test := range []struct {
		name       string
		length     time.Duration
		soon, must time.Duration // before the end
	}{
		{"an hour", time.Hour, 5 * time.Minute, time.Minute},
		{"twelve hours", 12 * time.Hour, 5 * time.Minute, time.Minute},
		{"a quarter of an hour", 15 * time.Minute, 225 * time.Second, 45 * time.Second},
	} {
		t.Run(test.name+", in the background", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				i := &issuer{length: test.length, delay: time.Second}
				p := sts.NewProvider(i.fetch)
				want(t, p, "ASIA1", time.Second)
				want(t, p, "ASIA1", 0)
				time.Sleep(test.length - test.soon - time.Second - time.Nanosecond)
				want(t, p, "ASIA1", 0)
				time.Sleep(2 * time.Second) // long enough for a fetch, had there been one
				want(t, p, "ASIA1", 0)      // which begins it
				want(t, p, "ASIA1", 0)
				time.Sleep(2 * time.Second)
				want(t, p, "ASIA2", 0)
				if i.calls != 2 {
					t.Errorf("%d fetches, want 2", i.calls)
				}
			})
		})
		t.Run(test.name+", while the caller waits", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				i := &issuer{length: test.length, delay: time.Second}
				p := sts.NewProvider(i.fetch)
				want(t, p, "ASIA1", time.Second)
				time.Sleep(test.length - test.must)
				want(t, p, "ASIA2", time.Second)
			})
		})
		t.Run(test.name+", after the end", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				i := &issuer{length: test.length, delay: time.Second}
				p := sts.NewProvider(i.fetch)
				want(t, p, "ASIA1", time.Second)
				time.Sleep(test.length + time.Hour)
				want(t, p, "ASIA2", time.Second)
			})
		})
	}
}

func TestProviderKeepsCredentialsWithoutEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{}
		p := sts.NewProvider(i.fetch)
		want(t, p, "ASIA1", 0)
		time.Sleep(1000 * time.Hour)
		want(t, p, "ASIA1", 0)
	})
}

func TestProviderFetchesOnceForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{length: time.Hour, delay: time.Second}
		p := sts.NewProvider(i.fetch)
		for range 3 { // at first, and at each end
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
		if i.calls != 3 {
			t.Errorf("%d fetches, want 3", i.calls)
		}
	})
}

func TestProviderCancelledWaiterLeavesAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{length: time.Hour, delay: 10 * time.Second}
		p := sts.NewProvider(i.fetch)
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
		if i.calls != 1 {
			t.Errorf("%d fetches, want 1", i.calls)
		}
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
	synctest.Test(t, func(t *testing.T) {
		p := sts.NewProvider((&issuer{delay: time.Hour}).fetch)
		start := time.Now()
		if _, err := p.Credentials(t.Context()); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Minute {
			t.Errorf("got %v after %v, want a deadline after 1m", err, time.Since(start))
		}
	})
}

func TestProviderFailureIsNotFatalWhileCredentialsAreGood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		down := errors.New("STS is down")
		i := &issuer{length: time.Hour}
		p := sts.NewProvider(i.fetch)
		want(t, p, "ASIA1", 0)
		i.fail(down)

		time.Sleep(56 * time.Minute) // in the background
		for range 10 {
			want(t, p, "ASIA1", 0)
			synctest.Wait()
		}
		if i.calls != 2 {
			t.Errorf("%d fetches, want 2: a failed one is not repeated with each call", i.calls)
		}
		time.Sleep(10 * time.Second)
		want(t, p, "ASIA1", 0)
		synctest.Wait()
		if i.calls != 3 {
			t.Errorf("%d fetches, want 3: after a pause there is another", i.calls)
		}

		time.Sleep(3*time.Minute + 45*time.Second) // with the caller waiting, 5 s before the end
		want(t, p, "ASIA1", 0)
		time.Sleep(4 * time.Second)
		want(t, p, "ASIA1", 0)

		time.Sleep(time.Second) // the end
		if cred, err := p.Credentials(t.Context()); !errors.Is(err, down) || cred != (sigv4.Credentials{}) {
			t.Errorf("got %v, %v, want %v", cred, err, down)
		}

		i.fail(nil)
		want(t, p, fmt.Sprintf("ASIA%d", i.calls+1), 0)
	})
}

func TestProviderFirstFailureIsTheCallers(t *testing.T) {
	down := errors.New("STS is down")
	i := &issuer{err: down}
	p := sts.NewProvider(i.fetch)
	if cred, err := p.Credentials(t.Context()); !errors.Is(err, down) || cred != (sigv4.Credentials{}) {
		t.Errorf("got %v, %v, want %v", cred, err, down)
	}
	i.fail(nil)
	second, err := p.Credentials(t.Context())
	if err != nil || second.AccessKeyID != "ASIA2" {
		t.Errorf("got %v, %v after the failure, want ASIA2", second, err)
	}
}

func TestProviderRenews(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{length: time.Hour}
		p := sts.NewProvider(i.fetch)
		first, err := p.Credentials(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		p.Renew(first)
		want(t, p, "ASIA2", 0)
		p.Renew(first) // as another request, that was under way with them
		want(t, p, "ASIA2", 0)
		p.Renew(sigv4.NewCredentials("ASIA2", secret, "another token")) // an ID may be given again with another token
		want(t, p, "ASIA2", 0)
		if i.calls != 2 {
			t.Errorf("%d fetches, want 2", i.calls)
		}

		// What was refused is not given again, even if no other is to be had.
		second, err := p.Credentials(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		p.Renew(second)
		i.fail(errors.New("down"))
		if cred, err := p.Credentials(t.Context()); err == nil {
			t.Errorf("got %v, want an error", cred)
		}
	})
}

// With a clock that is hours ahead, every session seems to have ended.
func TestProviderWithAWrongClockDoesNotFetchForEachRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{length: time.Hour}
		p := sts.NewProvider(i.fetch)
		p.Now = func() time.Time { return time.Now().Add(5 * time.Hour) }
		for range 100 {
			if _, err := p.Credentials(t.Context()); err != nil {
				t.Fatal(err)
			}
			time.Sleep(100 * time.Millisecond)
		}
		if i.calls != 1 {
			t.Errorf("%d fetches in 10 s, want 1", i.calls)
		}
	})
}

// Ten thousand requests over fifty ends, STS failing now and then, and no request
// without good credentials.
func TestProviderNeverLetsARequestDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{length: time.Hour, delay: time.Second}
		p := sts.NewProvider(func(ctx context.Context) (sigv4.Credentials, error) {
			cred, err := i.fetch(ctx)
			if i.calls%3 == 2 { // never twice in a row
				return sigv4.Credentials{}, errors.New("down")
			}
			return cred, err
		})
		for n := range 10_000 {
			cred, err := p.Credentials(t.Context())
			if err != nil || !time.Now().Before(cred.Expires) {
				t.Fatalf("request %d: got %v until %v, %v", n, cred, cred.Expires, err)
			}
			time.Sleep(50 * time.Hour / 10_000)
		}
		if i.calls < 50 || i.calls > 100 {
			t.Errorf("%d fetches, want 50 to 100", i.calls)
		}
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
		{54 * time.Minute, 1},
		{5*time.Minute + time.Second, 2}, // the last minute
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
