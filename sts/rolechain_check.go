package sts

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// What STS refuses of a role because of those that come before it in a chain.

// maxChained is how long the session of a chained role lasts at most, whatever
// the role's own maximum: AssumeRole fails if it is asked for more (AWS Security
// Token Service API Reference, "AssumeRole", DurationSeconds; IAM User Guide,
// "Roles terms and concepts", Role chaining).
const maxChained = time.Hour

// baseRoles are the ARNs of the roles whose sessions lead to the client's
// credentials, none if that is not so or not known. It is the caller's to change.
func (c *Client) baseRoles() []string {
	if p, _ := c.Provider.(*Provider); p != nil {
		return slices.Clone(p.roles)
	}
	return nil
}

// checkChained checks how long a role is assumed for with the client's
// credentials.
func (c *Client) checkChained(d time.Duration) error {
	if len(c.baseRoles()) == 0 {
		return nil
	}
	return chainedDuration(d)
}

func chainedDuration(d time.Duration) error {
	if d <= maxChained || CheckDuration(d) != nil { // which is said already
		return nil
	}
	return &InputError{Field: "DurationSeconds", Problem: fmt.Sprintf(
		"is %v: expecting 3600 (1 hour) at most, since another role's session assumes this role", d)}
}

// checkChain checks each role by itself and against those before it.
func (c *Client) checkChain(roles []AssumeRoleInput) []error {
	errs := make([]error, len(roles))
	in := inherited{roles: map[string]string{}, tags: map[string]int{}}
	for _, arn := range c.baseRoles() {
		in.roles[arn] = "the base credentials"
	}
	for i, role := range roles {
		var durationErr error
		if i > 0 {
			durationErr = chainedDuration(role.Duration)
		} else {
			durationErr = c.checkChained(role.Duration)
		}
		errs[i] = errors.Join(role.Check(), c.checkAccount(role.RoleARN), durationErr, in.check(role))
		in.add(i+1, role)
	}
	return errs
}

// inherited is what a session has from those before it in the chain.
type inherited struct {
	roles      map[string]string // that have been assumed: ARN -> whose it is
	tags       map[string]int    // that are transitive: key in lower case -> link
	identity   string            // source identity
	identityOf int               // link
}

func (in *inherited) check(role AssumeRoleInput) error {
	var errs []error
	bad := func(field, problem string) {
		errs = append(errs, &InputError{Field: field, Problem: problem})
	}
	// STS would allow it to a role that trusts itself; but a chain that comes back
	// to a role is a mistake, and what it gains is to be had from the first time.
	if whose, ok := in.roles[role.RoleARN]; ok {
		bad("RoleArn", "is that of "+whose+" already: expecting each role once in a chain")
	}
	// "If you pass a session tag with the same key as an inherited tag, the
	// operation fails" ("AssumeRole", Tags).
	for i, tag := range role.Tags {
		if link, ok := in.tags[strings.ToLower(tag.Key)]; ok {
			bad(member("Tags", i, "Key"), fmt.Sprintf("%q is a transitive tag of role %d, which this session inherits: expecting another key", tag.Key, link))
		}
	}
	// "The value that is set cannot be changed during the role session" (IAM User
	// Guide, "Monitor and control actions taken with assumed roles").
	if in.identity != "" && role.SourceIdentity != "" && role.SourceIdentity != in.identity {
		bad("SourceIdentity", fmt.Sprintf("%q is another than that of role %d, which this session inherits: expecting the same or none", role.SourceIdentity, in.identityOf))
	}
	return errors.Join(errs...)
}

func (in *inherited) add(link int, role AssumeRoleInput) {
	if _, ok := in.roles[role.RoleARN]; !ok && role.RoleARN != "" {
		in.roles[role.RoleARN] = fmt.Sprintf("role %d", link)
	}
	for _, key := range role.TransitiveTagKeys {
		in.tags[strings.ToLower(key)] = link
	}
	if in.identity == "" && role.SourceIdentity != "" {
		in.identity, in.identityOf = role.SourceIdentity, link
	}
}
