package chain

import (
	"context"
	"os"
	"sync"

	"github.com/sigvier/sigvier/sigv4"
)

// Chain finds credentials, region and endpoints. The zero value looks where the
// AWS tools look; nothing is read until it is asked. It is safe for concurrent
// use and must not be copied or changed after its first use.
type Chain struct {
	// Env looks up an environment variable; nil means os.Getenv.
	Env func(name string) string
	// Home is the home directory; "" means os.UserHomeDir.
	Home string
	// Profile is the profile asked for; "" means AWS_PROFILE, else "default".
	Profile string

	mu   sync.Mutex
	cred sigv4.Credentials
	have bool
}

var _ sigv4.Provider = (*Chain)(nil)

// Credentials gives the first credentials found, and then keeps them.
func (c *Chain) Credentials(context.Context) (sigv4.Credentials, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.have {
		return c.cred, nil
	}
	cred, err := c.find()
	if err != nil {
		return sigv4.Credentials{}, err
	}
	c.cred, c.have = cred, true
	return cred, nil
}

// Renew makes the next call of Credentials look again, if those that were
// refused are the ones that this chain gave: whoever keeps a session in the
// shared credentials file may have put the next one there.
func (c *Chain) Renew(refused sigv4.Credentials) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cred.AccessKeyID == refused.AccessKeyID && c.cred.SessionToken() == refused.SessionToken() {
		c.have = false
	}
}

func (c *Chain) find() (sigv4.Credentials, error) {
	var tried []Attempt
	if c.Profile == "" {
		cred, ok, err := c.environment()
		if err != nil || ok {
			return cred, err
		}
		tried = append(tried, Attempt{"environment", "AWS_ACCESS_KEY_ID is not set"})
	} else {
		tried = append(tried, Attempt{"environment", "not looked at, for a profile was asked for"})
	}

	p, err := c.profile()
	if err != nil {
		return sigv4.Credentials{}, err
	}
	// A role goes before an access key, which is then what it is assumed with.
	if err := p.unsupported("role_arn"); err != nil {
		return sigv4.Credentials{}, err
	}
	cred, ok, err := p.accessKey()
	if err != nil || ok {
		return cred, err
	}
	if err := p.unsupported(otherWays[:]...); err != nil {
		return sigv4.Credentials{}, err
	}
	tried = append(tried,
		Attempt{sourceName(p.credentials, "shared credentials file"), p.without(p.credentials, p.inCred)},
		Attempt{sourceName(p.config, "shared config file"), p.without(p.config, p.inConfig)})
	return sigv4.Credentials{}, &NoCredentialsError{Tried: tried}
}

// environment gives the environment's access key; half of one is an error.
func (c *Chain) environment() (cred sigv4.Credentials, ok bool, err error) {
	const idName, secretName = "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"
	id, secret := c.env(idName), c.env(secretName)
	missing, present := "", ""
	switch {
	case id == "" && secret == "":
		return sigv4.Credentials{}, false, nil
	case id == "":
		missing, present = idName, secretName
	case secret == "":
		missing, present = secretName, idName
	default:
		return sigv4.NewCredentials(id, secret, c.env("AWS_SESSION_TOKEN")), true, nil
	}
	return sigv4.Credentials{}, false, &SettingError{Kind: ErrIncomplete, Source: "environment",
		Setting: missing, Problem: "is not set, and " + present + " is"}
}

func sourceName(f file, otherwise string) string {
	if f.name == "" {
		return otherwise
	}
	return f.name
}

// without says why a file has no access key of the profile.
func (p profile) without(f file, s section) string {
	switch {
	case f.name == "":
		return "there is no home directory to look in"
	case f.sections == nil:
		return "is not there"
	case s == nil:
		return "has no profile " + p.name
	}
	return "has no aws_access_key_id in profile " + p.name
}

func (c *Chain) env(name string) string {
	if c.Env != nil {
		return c.Env(name)
	}
	return os.Getenv(name)
}

func (c *Chain) home() string {
	if c.Home != "" {
		return c.Home
	}
	home, _ := os.UserHomeDir() // without one the files are not there
	return home
}
