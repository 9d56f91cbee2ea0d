package chain_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sts/chain"
)

// What the tests stand on: an environment that is a map, and a home directory
// that is a temporary one. The real ones are never touched.

const (
	secret  = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
	secret2 = "je7MtGbClwBF/2Zp9Utk+h3yCo8nvbEXAMPLEKEY"
	token   = "AQoDYXdzEPT//////////wEXAMPLE=="
)

// setup is what a chain finds.
type setup struct {
	env         map[string]string
	credentials string // ~/.aws/credentials, "" for none
	config      string // ~/.aws/config, "" for none
	profile     string

	sts, sso http.Handler                                             // nil: asking it is an error
	metadata http.Handler                                             // of the container or the instance, likewise
	mfa      func(ctx context.Context, serial string) (string, error) // Chain.MFA
	now      time.Time                                                // zero is the clock's
}

// chain makes the chain and gives its home directory.
func (s setup) chain(t *testing.T) (*chain.Chain, string) {
	t.Helper()
	home := t.TempDir()
	if s.credentials != "" {
		write(t, filepath.Join(home, ".aws", "credentials"), s.credentials)
	}
	if s.config != "" {
		write(t, filepath.Join(home, ".aws", "config"), s.config)
	}
	// Without a service that a test runs there is none to ask.
	env := map[string]string{"AWS_EC2_METADATA_DISABLED": "true"}
	for name, value := range s.env {
		env[name] = strings.ReplaceAll(value, "HOME", home)
	}
	c := &chain.Chain{Env: func(name string) string { return env[name] }, Home: home, Profile: s.profile, MFA: s.mfa}
	c.Base = hosts{"sts.eu-central-1.amazonaws.com": s.sts, "portal.sso.eu-central-1.amazonaws.com": s.sso}.serve(t)
	c.Metadata = hosts{"169.254.170.2": s.metadata, "169.254.169.254": s.metadata}.serve(t)
	if !s.now.IsZero() {
		c.Now = func() time.Time { return s.now }
	}
	return c, home
}

// hosts are services by name. What is none of them is not dialled.
type hosts map[string]http.Handler

// serve runs a server for each, and gives what sends requests to them, whatever
// their scheme and port.
func (h hosts) serve(t *testing.T) http.RoundTripper {
	addresses := map[string]string{}
	for host, handler := range h {
		if handler != nil {
			server := httptest.NewServer(handler)
			t.Cleanup(server.Close)
			addresses[host] = server.Listener.Addr().String()
		}
	}
	return roundTripper(func(req *http.Request) (*http.Response, error) {
		address := addresses[req.URL.Hostname()]
		if address == "" {
			return nil, fmt.Errorf("the test has no %s", req.URL.Hostname())
		}
		there := req.Clone(req.Context())
		there.Host = req.URL.Host // which is signed
		there.URL.Scheme, there.URL.Host = "http", address
		return http.DefaultTransport.RoundTrip(there)
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// show makes credentials comparable: ID/secret/token.
func show(c sigv4.Credentials) string {
	if c == (sigv4.Credentials{}) {
		return ""
	}
	return c.AccessKeyID + "|" + c.SecretAccessKey() + "|" + c.SessionToken()
}

// noSecret checks that an error repeats nothing that was read.
func noSecret(t *testing.T, err error) {
	t.Helper()
	text := fmt.Sprintf("%v %+v %#v", err, err, err)
	for _, s := range []string{secret, secret2, token, "SECRETIVE"} {
		if strings.Contains(text, s) {
			t.Errorf("the error repeats what was read: %s", text)
		}
	}
}

// replaceHome puts the home directory into the config file for HOME.
func replaceHome(t *testing.T, home string) {
	t.Helper()
	name := filepath.Join(home, ".aws", "config")
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	write(t, name, strings.ReplaceAll(string(text), "HOME", home))
}

// chainSource is a chain where a source is wanted.
type chainSource struct{ *chain.Chain }

func (c chainSource) Fetch(ctx context.Context) (sigv4.Credentials, error) { return c.Credentials(ctx) }
