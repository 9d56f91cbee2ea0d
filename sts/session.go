package sts

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sigv4/sigv4http/awsxml"
)

// What the operations that give credentials have in common.

// session is the part of their answers.
type session struct {
	accessKeyID, secretAccessKey, sessionToken, expiration string // required

	assumedRoleARN, assumedRoleID, sourceIdentity string
	packedPolicySize                              int
}

// read reads an element of a result (AWS Security Token Service API Reference,
// "AssumeRole", Response Elements; "Credentials").
func (s *session) read(d *awsxml.Decoder, name []byte) {
	switch string(name) {
	case "Credentials", "AssumedRoleUser":
		for name := range d.Children {
			s.readMember(d, name)
		}
	case "SourceIdentity":
		s.sourceIdentity = d.Text()
	case "PackedPolicySize":
		s.packedPolicySize = d.Int()
	}
}

func (s *session) readMember(d *awsxml.Decoder, name []byte) {
	switch string(name) {
	case "AccessKeyId":
		s.accessKeyID = d.Text()
	case "SecretAccessKey":
		s.secretAccessKey = d.Text()
	case "SessionToken":
		s.sessionToken = d.Text()
	case "Expiration":
		s.expiration = d.Text()
	case "Arn":
		s.assumedRoleARN = d.Text()
	case "AssumedRoleId":
		s.assumedRoleID = d.Text()
	}
}

// credentials checks them. Blanks and line ends around the values are the
// document's: the API Reference's sample has its token on a line of its own.
func (s *session) credentials(operation, requestID string) (sigv4.Credentials, error) {
	bad := func(problem string) (sigv4.Credentials, error) {
		return sigv4.Credentials{}, &ResponseError{Operation: operation, Problem: problem, RequestID: requestID}
	}
	for _, part := range [...]struct {
		name  string
		value *string
	}{
		{"AccessKeyId", &s.accessKeyID}, {"SecretAccessKey", &s.secretAccessKey},
		{"SessionToken", &s.sessionToken}, {"Expiration", &s.expiration},
	} {
		if *part.value = strings.TrimSpace(*part.value); *part.value == "" {
			return bad("lacks " + part.name)
		}
	}
	expires, err := time.Parse(time.RFC3339, s.expiration)
	if err != nil || expires.IsZero() {
		return bad("has an Expiration that is no time of ISO 8601")
	}
	cred := sigv4.NewCredentials(s.accessKeyID, s.secretAccessKey, s.sessionToken)
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
