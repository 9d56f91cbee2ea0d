package sts_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sts"
)

// A session of an hour, two failures in its last third, and the end.
func TestOnRefreshIsToldOfEachFetch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{length: time.Hour, delay: time.Second}
		p := i.provider()
		var got []sts.RefreshEvent
		p.OnRefresh = func(e sts.RefreshEvent) { got = append(got, e) }
		ask := func(ok bool) {
			if _, err := p.Credentials(t.Context()); (err == nil) != ok {
				t.Error(err)
			}
			time.Sleep(2 * time.Second)
		}
		start := time.Now()
		ask(true)
		end := start.Add(time.Second + time.Hour)
		i.is(time.Second, errDown)
		time.Sleep(39*time.Minute + 59*time.Second)
		ask(true)
		time.Sleep(10 * time.Second)
		ask(true)
		time.Sleep(20 * time.Minute)
		ask(false)
		i.is(0, nil)
		ask(true)
		synctest.Wait()

		want := []sts.RefreshEvent{
			{Serving: true, AccessKeyID: "ASIA1", Expires: end, Next: end.Add(-20 * time.Minute), Took: time.Second},
			{Err: errDown, Failures: 1, Serving: true, AccessKeyID: "ASIA1", Expires: end, Next: end.Add(-20*time.Minute + 12*time.Second), Took: time.Second},
			{Err: errDown, Failures: 2, Serving: true, AccessKeyID: "ASIA1", Expires: end, Next: end.Add(-20*time.Minute + 34*time.Second), Took: time.Second},
			{Err: errDown, Failures: 3, Next: end.Add(17 * time.Second), Took: time.Second},
			{Serving: true, AccessKeyID: "ASIA5", Expires: end.Add(time.Hour + 18*time.Second), Next: end.Add(40*time.Minute + 18*time.Second)},
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateErrors()); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
}

func TestOnRefreshOfCredentialsWithoutEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := (&issuer{}).provider()
		var got sts.RefreshEvent
		p.OnRefresh = func(e sts.RefreshEvent) { got = e }
		want(t, p, "ASIA1", 0)
		synctest.Wait()
		if want := (sts.RefreshEvent{Serving: true, AccessKeyID: "ASIA1"}); got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	})
}

// It is called while nothing is locked, for one event at a time.
func TestOnRefreshMayUseTheProvider(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{length: time.Hour}
		p := i.provider()
		var seen []string
		p.OnRefresh = func(e sts.RefreshEvent) {
			seen = append(seen, e.AccessKeyID)
			if len(seen) < 3 {
				cred, err := p.Credentials(t.Context())
				if err != nil {
					t.Error(err)
				}
				p.Renew(cred)
				if _, err = p.Credentials(t.Context()); err != nil {
					t.Error(err)
				}
			}
		}
		want(t, p, "ASIA1", 0)
		synctest.Wait()
		if want := []string{"ASIA1", "ASIA2", "ASIA3"}; !slices.Equal(seen, want) {
			t.Errorf("got %v, want %v", seen, want)
		}
	})
}

// Requests go on while the callback hangs; what it missed is told, the latest 16
// events of it.
func TestOnRefreshHoldsUpNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{length: time.Hour}
		p := i.provider()
		var got []string
		hang := make(chan struct{})
		p.OnRefresh = func(e sts.RefreshEvent) {
			<-hang
			got = append(got, e.AccessKeyID)
		}
		var all []string
		for n := range 30 {
			id := fmt.Sprintf("ASIA%d", n+1)
			want(t, p, id, 0)
			p.Renew(sigv4.NewCredentials(id, secret, sessionToken))
			all = append(all, id)
			if n == 0 {
				synctest.Wait() // it hangs with the first
			}
		}
		close(hang)
		synctest.Wait()
		if want := append(all[:1:1], all[14:]...); !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
}

func TestRefreshEventHoldsNoSecret(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := sts.NewProvider(func(context.Context) (sigv4.Credentials, error) {
			return sigv4.NewCredentials("ASIA1", sessionKey, sessionToken), nil
		})
		p.OnRefresh = func(e sts.RefreshEvent) {
			encoded, err := json.Marshal(e)
			noSecret(t, fmt.Sprintf("%v %+v %#v %s %v", e, e, &e, encoded, err))
		}
		want(t, p, "ASIA1", 0)
	})
	synctest.Test(t, func(t *testing.T) {
		p := sts.NewProvider(func(context.Context) (sigv4.Credentials, error) { // that cannot sign
			return sigv4.NewCredentials("", sessionKey, sessionToken), nil
		})
		p.OnRefresh = func(e sts.RefreshEvent) { noSecret(t, fmt.Sprintf("%v %+v %#v", e, e, e.Err)) }
		if _, err := p.Credentials(t.Context()); !errors.Is(err, sigv4.ErrCredentials) {
			t.Errorf("got %v, want %v", err, sigv4.ErrCredentials)
		}
	})
}
