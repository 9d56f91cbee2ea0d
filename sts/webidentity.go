package sts

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sigv4/sigv4http"
	"github.com/sigvier/sigvier/sigv4/sigv4http/awsxml"
)

// AssumeRoleWithWebIdentityInput says which role, and with whose token. RoleARN,
// SessionName and Token are needed.
type AssumeRoleWithWebIdentityInput struct {
	RoleARN     string
	SessionName string // stands in the logs of the role's account
	// Token gives the token of the identity provider, for instance that in the
	// file of a Kubernetes service account. It is asked for before each call, for
	// tokens end, too; [Fixed] is for one that is there already. Blanks and line
	// ends around it are left out.
	Token func(context.Context) (string, error)
	// ProviderID is "www.amazon.com" or "graph.facebook.com", with their OAuth 2.0
	// access tokens; "" with an OpenID Connect token.
	ProviderID string
	Duration   time.Duration // whole seconds, 15 minutes to 12 hours; 0 is the service's default, 1 hour at AWS
	Policy     string        // as in [AssumeRoleInput]
	PolicyARNs []string      // as in [AssumeRoleInput]
}

// AssumeRoleWithWebIdentityOutput is what the role's session is, and what STS
// read in the token.
type AssumeRoleWithWebIdentityOutput struct {
	Credentials      sigv4.Credentials // with Expires
	AssumedRoleARN   string            // "" from MinIO
	AssumedRoleID    string            // "" from MinIO
	Subject          string            // the token's sub
	Provider         string            // its iss, or the input's ProviderID
	Audience         string            // its aud
	SourceIdentity   string
	PackedPolicySize int // percent of the space that policies and tags may take
}

// AssumeRoleWithWebIdentity begins a session of a role for the bearer of a token.
// The request is not signed: the client needs no Provider, and, if it has an
// Endpoint, no Region. Every field that is wrong is reported at once.
func (c *Client) AssumeRoleWithWebIdentity(ctx context.Context, in AssumeRoleWithWebIdentityInput) (AssumeRoleWithWebIdentityOutput, error) {
	const operation = "AssumeRoleWithWebIdentity"
	if err := errors.Join(c.readyUnsigned(), in.Check(), c.checkAccount(in.RoleARN)); err != nil {
		return AssumeRoleWithWebIdentityOutput{}, err
	}
	params, err := in.params(ctx)
	if err != nil {
		return AssumeRoleWithWebIdentityOutput{}, err
	}
	var s session
	var out AssumeRoleWithWebIdentityOutput
	requestID, err := c.post(ctx, c.unsigned, operation, params, func(d *awsxml.Decoder, name []byte) {
		switch string(name) {
		case "SubjectFromWebIdentityToken":
			out.Subject = d.Text()
		case "Provider":
			out.Provider = d.Text()
		case "Audience":
			out.Audience = d.Text()
		default:
			s.read(d, name)
		}
	})
	if err != nil {
		return AssumeRoleWithWebIdentityOutput{}, err
	}
	out.Credentials, err = s.credentials(operation, requestID)
	if err != nil {
		return AssumeRoleWithWebIdentityOutput{}, err
	}
	out.AssumedRoleARN, out.AssumedRoleID = s.assumedRoleARN, s.assumedRoleID
	out.SourceIdentity, out.PackedPolicySize = s.sourceIdentity, s.packedPolicySize
	return out, nil
}

// Check reports every field that STS would refuse by its form, each in an
// [*InputError] (AWS Security Token Service API Reference,
// "AssumeRoleWithWebIdentity", Request Parameters). The token is checked when
// there is one.
func (in AssumeRoleWithWebIdentityInput) Check() error {
	var tokenErr error
	if in.Token == nil {
		tokenErr = &InputError{Field: "WebIdentityToken", Problem: "is nil: expecting a function that gives the identity provider's token"}
	}
	return errors.Join(
		CheckRoleARN(in.RoleARN),
		CheckSessionName(in.SessionName),
		tokenErr,
		optional(checkProviderID, in.ProviderID),
		CheckDuration(in.Duration),
		checkPolicies(in.Policy, in.PolicyARNs),
	)
}

// checkProviderID checks 4 to 2048 characters of a host: without URL scheme and
// port.
func checkProviderID(id string) error {
	if strings.ContainsAny(id, ":/") {
		return &InputError{Field: "ProviderId", Problem: fmt.Sprintf("%q has a scheme, port or path: expecting a host such as www.amazon.com", id)}
	}
	return checkLength("ProviderId", id, 4, 2048)
}

func (in AssumeRoleWithWebIdentityInput) params(ctx context.Context) (url.Values, error) {
	token, err := in.Token(ctx)
	if err != nil {
		return nil, fmt.Errorf("sts: asking for the web identity token: %w", err)
	}
	token = strings.TrimSpace(token) // of the file that it may be from
	if err := checkLength("WebIdentityToken", token, 4, 20000); err != nil {
		return nil, err
	}
	params := url.Values{"RoleArn": {in.RoleARN}, "RoleSessionName": {in.SessionName}, "WebIdentityToken": {token}}
	setIf(params, "ProviderId", in.ProviderID)
	setDuration(params, in.Duration)
	setPolicies(params, in.Policy, in.PolicyARNs)
	return params, nil
}

// AssumeRoleWithWebIdentityProvider is a [Provider] of the role's credentials,
// which asks for a token at each refresh.
func (c *Client) AssumeRoleWithWebIdentityProvider(in AssumeRoleWithWebIdentityInput) *Provider {
	return c.provider([]string{in.RoleARN}, in.Duration, func(ctx context.Context) (sigv4.Credentials, error) {
		out, err := c.AssumeRoleWithWebIdentity(ctx, in)
		return out.Credentials, err
	})
}

// newUnsigned makes a transport that retries as the signing one does, for it is
// one: what it signs with is of no account, and what it adds is taken off again.
func newUnsigned(base http.RoundTripper) *sigv4http.Transport {
	signer, err := sigv4.NewSigner("sts", "us-east-1", nil)
	if err != nil {
		panic("sts: internal error: " + err.Error()) // of two constants
	}
	return &sigv4http.Transport{Signer: signer, Provider: sigv4.NewCredentials("unsigned", "not-a-secret", ""), Base: bare{base}}
}

// bare takes the signature off.
type bare struct{ base http.RoundTripper }

func (b bare) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	req.Header.Del("Authorization")
	req.Header.Del("X-Amz-Date")
	if b.base == nil {
		return http.DefaultTransport.RoundTrip(req)
	}
	return b.base.RoundTrip(req)
}
