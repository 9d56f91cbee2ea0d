package sts

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/sigvier/sigvier/sigv4"
)

// AssumeRoleInput says which role, and for how long.
type AssumeRoleInput struct {
	RoleARN     string
	ExternalID  string        // "" sends none
	SessionName string        // stands in the account's logs
	Duration    time.Duration // whole seconds, 15 minutes to 12 hours; 0 is 1 hour
}

// AssumeRoleOutput is what the role's session is.
type AssumeRoleOutput struct {
	Credentials    sigv4.Credentials // with Expires
	AssumedRoleARN string            // "" from MinIO
	AssumedRoleID  string            // "" from MinIO
}

// AssumeRole begins a session of a role. Every field that is wrong, here or in
// the client, is reported at once, and nothing is sent then.
func (c *Client) AssumeRole(ctx context.Context, in AssumeRoleInput) (AssumeRoleOutput, error) {
	if err := errors.Join(c.ready(), in.check()); err != nil {
		return AssumeRoleOutput{}, err
	}
	const operation = "AssumeRole"
	var doc struct {
		XMLName xml.Name `xml:"AssumeRoleResponse"`
		Result  struct {
			Credentials     session
			AssumedRoleUser struct {
				ARN string `xml:"Arn"`
				ID  string `xml:"AssumedRoleId"`
			}
		} `xml:"AssumeRoleResult"`
	}
	requestID, err := c.call(ctx, operation, in.params(), &doc)
	if err != nil {
		return AssumeRoleOutput{}, err
	}
	cred, problem := doc.Result.Credentials.credentials()
	if problem != "" {
		return AssumeRoleOutput{}, &ResponseError{Operation: operation, Problem: problem, RequestID: requestID}
	}
	user := doc.Result.AssumedRoleUser
	return AssumeRoleOutput{Credentials: cred, AssumedRoleARN: user.ARN, AssumedRoleID: user.ID}, nil
}

func (in AssumeRoleInput) check() error {
	var externalID error
	if in.ExternalID != "" {
		externalID = CheckExternalID(in.ExternalID)
	}
	return errors.Join(CheckRoleARN(in.RoleARN), externalID, CheckSessionName(in.SessionName), CheckDuration(in.Duration))
}

func (in AssumeRoleInput) params() url.Values {
	duration := in.Duration
	if duration == 0 {
		duration = defaultDuration
	}
	params := url.Values{
		"RoleArn":         {in.RoleARN},
		"RoleSessionName": {in.SessionName},
		"DurationSeconds": {strconv.Itoa(int(duration / time.Second))},
	}
	if in.ExternalID != "" {
		params.Set("ExternalId", in.ExternalID)
	}
	return params
}

// session is the Credentials element of an answer (AWS Security Token Service
// API Reference, "Credentials": all four are required).
type session struct {
	AccessKeyID     string `xml:"AccessKeyId"`
	SecretAccessKey string
	SessionToken    string
	Expiration      string
}

// credentials checks them; problem says, of the answer, what it lacks. Blanks and
// line ends around the values are the document's: the API Reference's sample has
// its token on a line of its own.
func (s session) credentials() (cred sigv4.Credentials, problem string) {
	for _, part := range [...]struct {
		name  string
		value *string
	}{
		{"AccessKeyId", &s.AccessKeyID}, {"SecretAccessKey", &s.SecretAccessKey},
		{"SessionToken", &s.SessionToken}, {"Expiration", &s.Expiration},
	} {
		if *part.value = strings.TrimSpace(*part.value); *part.value == "" {
			return sigv4.Credentials{}, "lacks " + part.name
		}
	}
	expires, err := time.Parse(time.RFC3339, s.Expiration)
	if err != nil || expires.IsZero() {
		return sigv4.Credentials{}, "has an Expiration that is no time of ISO 8601"
	}
	cred = sigv4.NewCredentials(s.AccessKeyID, s.SecretAccessKey, s.SessionToken)
	cred.Expires = expires
	return cred, ""
}

// AssumeRoleProvider is a [Provider] of the role's credentials: it assumes the
// role when first asked, and again before each session ends.
func (c *Client) AssumeRoleProvider(in AssumeRoleInput) *Provider {
	return &Provider{Now: c.Now, fetch: func(ctx context.Context) (sigv4.Credentials, error) {
		out, err := c.AssumeRole(ctx, in)
		if err != nil {
			return sigv4.Credentials{}, fmt.Errorf("role %s: %w", in.RoleARN, err)
		}
		return out.Credentials, nil
	}}
}
