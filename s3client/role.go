package s3client

import (
	"cmp"
	"net/http"
	"time"

	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sts"
	"github.com/sigvier/sigvier/sts/chain"
)

// STS gives a client of the STS at which the connection's role is assumed, with
// the credentials that assume it; for an access key it is the one that knows whose
// it is. Like [Connection.Open] it validates the form and follows its references,
// and sends nothing.
func (c Connection) STS(opts *Options) (*sts.Client, error) {
	if opts == nil {
		opts = &Options{}
	}
	c, err := c.ready(opts)
	if err != nil {
		return nil, err
	}
	return c.stsClient(opts, withBodies(opts.Base)), nil
}

func (c Connection) stsClient(opts *Options, base http.RoundTripper) *sts.Client {
	client := &sts.Client{Region: c.region(), Endpoint: c.stsEndpoint(), Provider: c.ownCredentials(opts), Base: base, Now: opts.Now}
	if client.Endpoint == "" {
		client.FIPS, client.DualStack = c.FIPS, c.DualStack
	}
	return client
}

// AssumeRoleInput is what the client of an IAM role assumes it with.
func (c Connection) AssumeRoleInput() sts.AssumeRoleInput {
	return sts.AssumeRoleInput{
		RoleARN:     c.IAMRoleARN,
		ExternalID:  c.ExternalID,
		SessionName: cmp.Or(c.SessionName, "sigvier"),
		Duration:    time.Duration(c.DurationSeconds) * time.Second,
		Policy:      c.SessionPolicy(),
	}
}

// ownCredentials are the access key, or the base credentials of the role.
func (c Connection) ownCredentials(opts *Options) sigv4.Provider {
	switch {
	case opts.Credentials != nil:
		return opts.Credentials
	case c.AccessKeyID != "":
		return sigv4.NewCredentials(c.AccessKeyID, c.SecretAccessKey.Reveal(), c.SessionToken.Reveal())
	}
	return &chain.Chain{}
}

// credentials are what signs requests to S3: the access key, or the role's.
func (c Connection) credentials(opts *Options, base http.RoundTripper) sigv4.Provider {
	if c.AuthorizationType == AccessKey {
		return c.ownCredentials(opts)
	}
	return c.stsClient(opts, base).AssumeRoleProvider(c.AssumeRoleInput())
}
