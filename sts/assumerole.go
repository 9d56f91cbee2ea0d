package sts

import (
	"cmp"
	"context"
	"errors"
	"net/url"
	"time"

	"github.com/sigvier/sigvier/sigv4"
)

// AssumeRoleInput says which role, for how long, and with what of its
// permissions. RoleARN and SessionName are needed.
type AssumeRoleInput struct {
	RoleARN     string
	ExternalID  string        // what the role's trust policy may ask for; "" sends none
	SessionName string        // stands in the logs of the role's account
	Duration    time.Duration // whole seconds, 15 minutes to 12 hours, 1 hour with a role's credentials; 0 is 1 hour

	// Policy is an inline session policy, a JSON document: the session may do
	// what both it and the role allow. "" narrows nothing.
	Policy string
	// PolicyARNs name up to 10 managed policies that narrow the session likewise.
	PolicyARNs []string
	// Tags are up to 50 session tags, and TransitiveTagKeys those of them that
	// the sessions have, too, which are begun with this one.
	Tags              []Tag
	TransitiveTagKeys []string
	// SourceIdentity stands in the logs of this session and of all that are begun
	// with it, and none of them can change it.
	SourceIdentity string
	// MFASerial is the serial number or ARN of the caller's MFA device, and
	// MFACode gives its present code: it is called before each call, so that a
	// provider asks the user anew at each refresh ([Provider.Timeout] is how long
	// the user may take). A code serves only once.
	MFASerial string
	MFACode   func(context.Context) (string, error)
	// Contexts are up to 5 assertions of trusted context providers, signed and
	// encrypted by STS.
	Contexts []ProvidedContext
}

// AssumeRoleOutput is what the role's session is.
type AssumeRoleOutput struct {
	Credentials      sigv4.Credentials // with Expires
	AssumedRoleARN   string            // "" from MinIO
	AssumedRoleID    string            // "" from MinIO
	SourceIdentity   string
	PackedPolicySize int // percent of the space that policies and tags may take; 0 without them
}

// AssumeRole begins a session of a role. Every field that is wrong, here or in
// the client, is reported at once, and nothing is sent then, nor is MFACode
// called.
//
// With the credentials of another role's session, this is role chaining, and the
// session lasts for an hour at most ([Client.RoleChainProvider]). A longer Duration
// is refused here if the client's Provider is known to be a role's; else STS says
// it, and the error matches [ErrMalformed].
func (c *Client) AssumeRole(ctx context.Context, in AssumeRoleInput) (AssumeRoleOutput, error) {
	const operation = "AssumeRole"
	if err := errors.Join(c.ready(), in.Check(), c.checkAccount(in.RoleARN), c.checkChained(in.Duration)); err != nil {
		return AssumeRoleOutput{}, err
	}
	params, err := in.params(ctx)
	if err != nil {
		return AssumeRoleOutput{}, err
	}
	var s session
	requestID, err := c.call(ctx, operation, params, s.read)
	if err != nil {
		return AssumeRoleOutput{}, err
	}
	cred, err := s.credentials(operation, requestID)
	if err != nil {
		return AssumeRoleOutput{}, err
	}
	return AssumeRoleOutput{
		Credentials:      cred,
		AssumedRoleARN:   s.assumedRoleARN,
		AssumedRoleID:    s.assumedRoleID,
		SourceIdentity:   s.sourceIdentity,
		PackedPolicySize: s.packedPolicySize,
	}, nil
}

// Check reports every field that STS would refuse by its form, each in an
// [*InputError].
func (in AssumeRoleInput) Check() error {
	return errors.Join(
		CheckRoleARN(in.RoleARN),
		optional(CheckExternalID, in.ExternalID),
		CheckSessionName(in.SessionName),
		CheckDuration(in.Duration),
		checkPolicies(in.Policy, in.PolicyARNs),
		checkTags(in.Tags, in.TransitiveTagKeys),
		optional(CheckSourceIdentity, in.SourceIdentity),
		checkMFA(in.MFASerial, in.MFACode),
		checkContexts(in.Contexts),
	)
}

func (in AssumeRoleInput) params(ctx context.Context) (url.Values, error) {
	params := url.Values{"RoleArn": {in.RoleARN}, "RoleSessionName": {in.SessionName}}
	setDuration(params, cmp.Or(in.Duration, defaultDuration))
	setIf(params, "ExternalId", in.ExternalID)
	setPolicies(params, in.Policy, in.PolicyARNs)
	setTags(params, in.Tags, in.TransitiveTagKeys)
	setIf(params, "SourceIdentity", in.SourceIdentity)
	if err := setContexts(ctx, params, in.Contexts); err != nil {
		return nil, err
	}
	// Last, for a code is good for half a minute, and a person is asked for it.
	return params, setMFA(ctx, params, in.MFASerial, in.MFACode)
}

// AssumeRoleProvider is a [Provider] of the role's credentials: it assumes the
// role when first asked, and again before each session ends.
func (c *Client) AssumeRoleProvider(in AssumeRoleInput) *Provider {
	return c.provider(append(c.baseRoles(), in.RoleARN), cmp.Or(in.Duration, defaultDuration), func(ctx context.Context) (sigv4.Credentials, error) {
		out, err := c.AssumeRole(ctx, in)
		return out.Credentials, err
	})
}
