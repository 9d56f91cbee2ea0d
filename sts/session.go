package sts

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/sigvier/sigvier/sigv4"
)

// What the operations that give credentials have in common.

// session is the part of their answers.
type session struct {
	Credentials     issued
	AssumedRoleUser struct {
		ARN string `xml:"Arn"`
		ID  string `xml:"AssumedRoleId"`
	}
	PackedPolicySize int
}

// issued is the Credentials element of an answer (AWS Security Token Service
// API Reference, "Credentials": all four are required).
type issued struct {
	AccessKeyID     string `xml:"AccessKeyId"`
	SecretAccessKey string
	SessionToken    string
	Expiration      string
}

// credentials checks them. Blanks and line ends around the values are the
// document's: the API Reference's sample has its token on a line of its own.
func (s *session) credentials(operation, requestID string) (sigv4.Credentials, error) {
	bad := func(problem string) (sigv4.Credentials, error) {
		return sigv4.Credentials{}, &ResponseError{Operation: operation, Problem: problem, RequestID: requestID}
	}
	got := &s.Credentials
	for _, part := range [...]struct {
		name  string
		value *string
	}{
		{"AccessKeyId", &got.AccessKeyID}, {"SecretAccessKey", &got.SecretAccessKey},
		{"SessionToken", &got.SessionToken}, {"Expiration", &got.Expiration},
	} {
		if *part.value = strings.TrimSpace(*part.value); *part.value == "" {
			return bad("lacks " + part.name)
		}
	}
	expires, err := time.Parse(time.RFC3339, got.Expiration)
	if err != nil || expires.IsZero() {
		return bad("has an Expiration that is no time of ISO 8601")
	}
	cred := sigv4.NewCredentials(got.AccessKeyID, got.SecretAccessKey, got.SessionToken)
	cred.Expires = expires
	return cred, nil
}

// provider makes a provider of sessions that last as long as was asked for (0 is
// as long as they say), by the client's clock. The ARNs are those of the roles that
// lead to it, the last one's of its own; errors say which role that is, for whoever
// gets them may not know.
func (c *Client) provider(roles []string, length time.Duration, fetch func(context.Context) (sigv4.Credentials, error)) *Provider {
	p := &Provider{Now: c.Now, MaxAge: length, roles: roles}
	p.fetch = func(ctx context.Context) (sigv4.Credentials, error) {
		cred, err := fetch(ctx)
		if role := p.role(); err != nil && role != "" {
			err = fmt.Errorf("role %s: %w", role, err)
		}
		return cred, err
	}
	return p
}

// Fixed gives the same text whenever it is asked: a token or code that the caller
// has already, for the fields that are functions. It cannot be printed.
func Fixed(text string) func(context.Context) (string, error) {
	return func(context.Context) (string, error) { return text, nil }
}

func setDuration(params url.Values, d time.Duration) {
	if d != 0 {
		params.Set("DurationSeconds", strconv.Itoa(int(d/time.Second)))
	}
}

func setIf(params url.Values, name, value string) {
	if value != "" {
		params.Set(name, value)
	}
}

// member names a parameter of an element of a list, counted from 1 (AWS Security
// Token Service API Reference, "AssumeRole": PolicyArns.member.N).
func member(list string, index int, field string) string {
	name := list + ".member." + strconv.Itoa(index+1)
	if field != "" {
		name += "." + field
	}
	return name
}
