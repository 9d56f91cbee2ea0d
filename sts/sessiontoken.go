package sts

import (
	"context"
	"errors"
	"net/url"
	"time"

	"github.com/sigvier/sigvier/sigv4"
)

// GetSessionTokenInput says for how long, and with which MFA device.
type GetSessionTokenInput struct {
	// Duration is in whole seconds, 15 minutes to 36 hours; 0 is the service's
	// default, 12 hours for an IAM user and 1 hour, which is then the most, for
	// the account's root user.
	Duration  time.Duration
	MFASerial string                                // as in [AssumeRoleInput]
	MFACode   func(context.Context) (string, error) // as in [AssumeRoleInput]
}

// GetSessionToken gives temporary credentials with the caller's own permissions,
// and the mark that the caller has shown an MFA code, if so. The client's
// credentials must be long-term ones. AWS only.
func (c *Client) GetSessionToken(ctx context.Context, in GetSessionTokenInput) (sigv4.Credentials, error) {
	const operation = "GetSessionToken"
	if err := errors.Join(c.ready(), in.Check()); err != nil {
		return sigv4.Credentials{}, err
	}
	params := url.Values{}
	setDuration(params, in.Duration)
	if err := setMFA(ctx, params, in.MFASerial, in.MFACode); err != nil {
		return sigv4.Credentials{}, err
	}
	var s session
	requestID, err := c.call(ctx, operation, params, s.read)
	if err != nil {
		return sigv4.Credentials{}, err
	}
	return s.credentials(operation, requestID)
}

// Check reports every field that STS would refuse by its form, each in an
// [*InputError] (AWS Security Token Service API Reference, "GetSessionToken",
// Request Parameters).
func (in GetSessionTokenInput) Check() error {
	return errors.Join(checkDuration(in.Duration, maxUserDuration), checkMFA(in.MFASerial, in.MFACode))
}

// GetSessionTokenProvider is a [Provider] of such credentials. With an MFA device
// it asks for a code at each refresh.
func (c *Client) GetSessionTokenProvider(in GetSessionTokenInput) *Provider {
	return c.provider(nil, in.Duration, func(ctx context.Context) (sigv4.Credentials, error) {
		return c.GetSessionToken(ctx, in)
	})
}
