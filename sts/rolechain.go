package sts

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sigv4/sigv4http"
)

// RoleChainProvider is a [Provider] of the last role's credentials. The client's
// base credentials assume the first role, that role's session assumes the second,
// and so on, through as many roles as there are. Each link has its own session,
// external ID and duration, and is assumed again when it is due and not sooner:
// a session lives on when the one that began it has ended.
//
// What is wrong with the roles or the client is reported at once, and nothing is
// sent. That includes what is wrong with their order: a role that comes twice; a
// duration of more than an hour, which AWS grants to the first role only, and not
// even to that one if the base credentials are a role's themselves; a tag or a
// source identity that a session cannot have because it inherits another one. It
// is known of base credentials from [Client.AssumeRoleProvider] and its siblings
// that they are a role's; of others STS says it. What is wrong with a role, then or
// later, is reported in a [*RoleChainError], which names the link.
//
// The fields of the provider count for all links, and OnRefresh is told of each
// link's fetches. Rand may then be called at the same time by several.
func (c *Client) RoleChainProvider(roles ...AssumeRoleInput) (*Provider, error) {
	if len(roles) == 0 {
		return nil, &InputError{Field: "RoleArn", Problem: "is missing: expecting at least one role"}
	}
	roles = slices.Clone(roles) // the caller's may change
	link := func(n int, err error) *RoleChainError {
		e := &RoleChainError{Link: n, Links: len(roles), Err: err}
		if n > 0 {
			e.RoleARN = roles[n-1].RoleARN
		}
		return e
	}
	var problems []error
	for i, err := range c.checkChain(roles) {
		if err != nil {
			problems = append(problems, link(i+1, err))
		}
	}
	before := named(c.Provider, func(err error) error { return link(0, err) })
	if err := errors.Join(c.with(before).ready(), errors.Join(problems...)); err != nil {
		return nil, err
	}

	last, arns := &Provider{Now: c.Now}, c.baseRoles()
	for i, role := range roles {
		p, client, earlier := &Provider{last: last}, c.with(before), before
		if i == len(roles)-1 {
			p = last
		}
		arns = append(arns, role.RoleARN)
		p.roles, p.depth = arns, i
		p.MaxAge = cmp.Or(role.Duration, defaultDuration)
		p.fetch = func(ctx context.Context) (sigv4.Credentials, error) {
			// The links before it have their time first, and this one has its own: a
			// call that hangs is not to take theirs as well, when they need none.
			if _, err := earlier.Credentials(ctx); err != nil {
				return sigv4.Credentials{}, err
			}
			ctx, cancel := context.WithTimeout(ctx, p.timeout())
			defer cancel()
			out, err := client.AssumeRole(ctx, role)
			if err == nil {
				return out.Credentials, nil
			}
			if named := (*RoleChainError)(nil); errors.As(err, &named) {
				return sigv4.Credentials{}, named
			}
			return sigv4.Credentials{}, link(i+1, err)
		}
		before = named(p, func(err error) error { return link(i+1, err) })
	}
	return last, nil
}

// with is a client like c that signs with another's credentials.
func (c *Client) with(p sigv4.Provider) *Client {
	return &Client{Region: c.Region, Endpoint: c.Endpoint, FIPS: c.FIPS, DualStack: c.DualStack, Provider: p, Base: c.Base, Now: c.Now}
}

// RoleChainError says which link of a chain of roles failed.
type RoleChainError struct {
	Link    int    // from 1; 0 is the base credentials
	Links   int    // how many there are
	RoleARN string // "" for the base credentials
	Err     error
}

func (e *RoleChainError) Error() string {
	if e.Link == 0 {
		return fmt.Sprintf("base credentials of a chain of %d: %v", e.Links, e.Err)
	}
	return fmt.Sprintf("role %d of %d, %s: %v", e.Link, e.Links, e.RoleARN, e.Err)
}

func (e *RoleChainError) Unwrap() error { return e.Err }

// named is p, whose errors say which link they come from, unless they do already.
// It can renew if p can: else a session that was refused would be asked for twice.
func named(p sigv4.Provider, link func(error) error) sigv4.Provider {
	if p == nil {
		return nil
	}
	n := namedLink{p, link}
	if r, ok := p.(sigv4http.Renewer); ok {
		return struct {
			namedLink
			sigv4http.Renewer
		}{n, r}
	}
	return n
}

type namedLink struct {
	provider sigv4.Provider
	link     func(error) error
}

func (n namedLink) Credentials(ctx context.Context) (sigv4.Credentials, error) {
	cred, err := n.provider.Credentials(ctx)
	if err == nil {
		return cred, nil
	}
	if named := (*RoleChainError)(nil); !errors.As(err, &named) {
		err = n.link(err)
	}
	return sigv4.Credentials{}, err
}
