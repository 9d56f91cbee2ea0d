package sts_test

import (
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sigvier/sigvier/sts"
)

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

// Sessions that are shorter than the windows before the end of others.
func TestProviderOfShortSessions(t *testing.T) {
	for _, length := range []time.Duration{2 * time.Second, 10 * time.Second, time.Minute, 61 * time.Second, 5 * time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			i := &issuer{length: length, delay: length / 100}
			p := sts.NewProvider(i.fetch)
			p.Rand = func() float64 { return 0.5 }
			waited := 0
			for range 1000 { // over 20 sessions
				start := time.Now()
				cred, err := p.Credentials(t.Context())
				if err != nil || !time.Now().Before(cred.Expires) {
					t.Fatalf("%v after the start of a session of %v: got %v until %v, %v", time.Since(start), length, cred, cred.Expires, err)
				}
				if time.Since(start) > 0 {
					waited++
				}
				time.Sleep(length / 50)
			}
			synctest.Wait()
			if n := i.fetches(); n < 20 || n > 30 {
				t.Errorf("sessions of %v: %d fetches, want one for each of 20 and up to 30, as they are renewed before their end", length, n)
			}
			if waited != 1 {
				t.Errorf("sessions of %v: %d requests waited, want the first alone", length, waited)
			}
		})
	}
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

// A source that gives what has ended already, from a cache that nobody renews. It
// may be the clock here that is wrong, so requests get the service's word and not
// ours; but it is told, and the source is not asked for each request.
func TestProviderOfCredentialsThatHadEndedWhenTheyCame(t *testing.T) {
	for _, ended := range []time.Duration{0, time.Second / 2, -time.Nanosecond, -time.Hour, -1000 * time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			i := &issuer{length: ended}
			if ended == 0 {
				i.length = -time.Nanosecond
			}
			p := i.provider()
			var events []sts.RefreshEvent
			p.OnRefresh = func(e sts.RefreshEvent) { events = append(events, e) }
			for range 20 * 60 {
				if _, err := p.Credentials(t.Context()); err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Second)
			}
			wantFetches(t, i, 2)
			i.length = time.Hour // somebody has renewed it
			want(t, p, "ASIA2", 0)
			synctest.Wait()
			want(t, p, "ASIA3", 0)
			synctest.Wait()
			if len(events) != 3 || !events[0].ExpiredOnArrival || !events[0].Serving || events[0].Err != nil || !events[1].ExpiredOnArrival || events[2].ExpiredOnArrival {
				t.Errorf("OnRefresh was told %+v, want that all serve and the first two had ended", events)
			}
		})
	}
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
		{"of less than a second", time.Hour, 500 * time.Millisecond, 500 * time.Millisecond},
		{"of less than a second, without end", 0, time.Millisecond, time.Millisecond},
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

// What is too old when it comes serves those who waited for it, and nobody else.
func TestProviderMaxAgeThatIsOverWhenTheCredentialsCome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{length: time.Hour, delay: 3 * time.Second}
		p := i.provider()
		p.MaxAge = 2 * time.Second
		want(t, p, "ASIA1", 3*time.Second)
		want(t, p, "ASIA2", 3*time.Second)
		wantFetches(t, i, 2)
	})
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
