package sts_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sts"
)

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
