package chain_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

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
	env := map[string]string{}
	for name, value := range s.env {
		env[name] = strings.ReplaceAll(value, "HOME", home)
	}
	return &chain.Chain{Env: func(name string) string { return env[name] }, Home: home, Profile: s.profile}, home
}

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
