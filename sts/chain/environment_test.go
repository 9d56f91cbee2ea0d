package chain_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sts/chain"
)

func TestEnvironmentServesAlone(t *testing.T) {
	env := map[string]string{}
	e := chain.Environment{Env: func(name string) string { return env[name] }}
	if _, err := e.Fetch(t.Context()); !errors.Is(err, chain.ErrNoCredentials) {
		t.Errorf("got %v, want %v", err, chain.ErrNoCredentials)
	}
	env["AWS_ACCESS_KEY_ID"] = "AKID"
	if _, err := e.Fetch(t.Context()); !errors.Is(err, chain.ErrIncomplete) {
		t.Errorf("got %v, want %v", err, chain.ErrIncomplete)
	}
	env["AWS_SECRET_ACCESS_KEY"] = secret
	if cred, err := e.Fetch(t.Context()); err != nil || show(cred) != "AKID|"+secret+"|" {
		t.Errorf("got %v, %v", cred, err)
	}
}

func TestEnvironmentSaysWhenItsCredentialsEnd(t *testing.T) {
	now := time.Date(2026, 1, 2, 15, 4, 5, 0, time.UTC)
	for _, test := range []struct {
		end  string
		want string // a part of the error, "" for none
	}{
		{"", ""},
		{"2026-01-02T15:04:06Z", ""},
		{"2026-01-02T16:04:06+01:00", ""}, // as the AWS CLI writes it
		{"2026-01-02T15:04:05Z", "environment has credentials that ended at 2026-01-02T15:04:05Z (AWS_CREDENTIAL_EXPIRATION)"},
		{"2026-01-02T15:04:05+01:00", "ended at 2026-01-02T14:04:05Z"},
		{"tomorrow", "AWS_CREDENTIAL_EXPIRATION is no time of ISO 8601"},
		{"0001-01-01T00:00:00Z", "AWS_CREDENTIAL_EXPIRATION is no time of ISO 8601"}, // which would be no end
	} {
		env := map[string]string{"AWS_ACCESS_KEY_ID": "ASIAENV", "AWS_SECRET_ACCESS_KEY": secret, "AWS_SESSION_TOKEN": token, "AWS_CREDENTIAL_EXPIRATION": test.end}
		alone := chain.Environment{Env: func(name string) string { return env[name] }, Now: func() time.Time { return now }}
		first, _ := setup{env: env, credentials: "[default]\n" + key("AKIDCRED", secret2), now: now}.chain(t)
		for source, fetch := range map[string]func() (sigv4.Credentials, error){
			"alone":            func() (sigv4.Credentials, error) { return alone.Fetch(t.Context()) },
			"first in a chain": func() (sigv4.Credentials, error) { return first.Credentials(t.Context()) },
		} {
			cred, err := fetch()
			if test.want != "" {
				if err == nil || !strings.Contains(err.Error(), test.want) || cred != (sigv4.Credentials{}) {
					t.Errorf("%s, %q: got %v, %v, want %s", source, test.end, cred, err, test.want)
				}
				continue
			}
			end, _ := time.Parse(time.RFC3339, test.end)
			if err != nil || show(cred) != "ASIAENV|"+secret+"|"+token || !cred.Expires.Equal(end) {
				t.Errorf("%s, %q: got %v until %v, %v", source, test.end, cred, cred.Expires, err)
			}
		}
	}
}
