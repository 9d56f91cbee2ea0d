package chain

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sts"
)

// Chain finds credentials, region and endpoints. The zero value looks where the
// AWS tools look; nothing is read, started or dialled until it is asked. It is
// safe for concurrent use and must not be copied or changed after its first use.
//
// It has all sources of this package. A program that wants only some of them
// gives them to [New].
type Chain struct {
	// Env looks up an environment variable; nil means os.Getenv.
	Env func(name string) string
	// Home is the home directory; "" means os.UserHomeDir.
	Home string
	// Profile is the profile asked for; "" means AWS_PROFILE, else AWS_DEFAULT_PROFILE, else
	// "default".
	Profile string
	// MFA gives the present code of an MFA device, where a profile has mfa_serial.
	// It is called each time such a role is assumed, again before its session ends.
	MFA func(ctx context.Context, serial string) (code string, err error)
	// Base sends the requests to STS and IAM Identity Center; nil means
	// http.DefaultTransport.
	Base http.RoundTripper
	// Metadata sends the requests to the service of a container or an instance;
	// nil means a transport without a proxy.
	Metadata http.RoundTripper
	// Now is the clock; nil means time.Now.
	Now func() time.Time

	once     sync.Once
	provider *sts.Provider
}

var _ sigv4.Provider = (*Chain)(nil)

// Credentials gives the first credentials found. It keeps them, and looks again
// before they end.
func (c *Chain) Credentials(ctx context.Context) (sigv4.Credentials, error) {
	return c.keep().Credentials(ctx)
}

// Renew makes the next call of Credentials look again, if those that were
// refused are the ones that this chain gave: whoever keeps a session in the
// shared credentials file may have put the next one there.
func (c *Chain) Renew(refused sigv4.Credentials) { c.keep().Renew(refused) }

// String names nothing of what was found.
func (c *Chain) String() string { return "chain.Chain(secrets redacted)" }

// Format implements [fmt.Formatter] for every verb: a chain may be printed while
// it is searched.
func (c *Chain) Format(f fmt.State, _ rune) { io.WriteString(f, c.String()) }

func (c *Chain) keep() *sts.Provider {
	c.once.Do(func() {
		c.provider = sts.NewProvider(c.find)
		c.provider.Now = c.Now
		if c.MFA != nil {
			c.provider.Timeout = mfaTimeout
		}
	})
	return c.provider
}

// mfaTimeout bounds a search that may have to wait for somebody who types.
const mfaTimeout = 5 * time.Minute

// find is one search.
func (c *Chain) find(ctx context.Context) (sigv4.Credentials, error) {
	s := c.shared()
	profile := &profileSearch{Profile: &Profile{MFA: c.MFA, Base: c.Base, Now: c.Now}, shared: s, metadata: c.Metadata}
	var environment Source = fetch(func(context.Context) (sigv4.Credentials, error) {
		return sigv4.Credentials{}, none("environment", "not looked at, for a profile was asked for")
	})
	if c.Profile == "" {
		environment = Environment{Env: s.env, Now: c.Now}
		profile.webIdentity = fetch(profile.environmentWebIdentity)
	}
	instance := fetch(func(ctx context.Context) (sigv4.Credentials, error) {
		p, _ := s.profile() // an error has ended the search before
		return (&InstanceMetadata{Env: s.env, Base: c.Metadata, profile: p}).Fetch(ctx)
	})
	return Sources{environment, profile, &Container{Env: s.env, Base: c.Metadata}, instance}.Fetch(ctx)
}

func (c *Chain) shared() *shared {
	return &shared{env: envOr(c.Env), home: c.Home, name: c.Profile}
}
