package sts_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sts"
)

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
