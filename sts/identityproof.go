package sts

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/sigvier/sigvier/sigv4"
)

// A signed GetCallerIdentity that is not sent proves to somebody else who one is:
// they send it to STS, which tells them. A header of theirs that is signed, too,
// keeps them from passing it on as their own to a third.

const (
	defaultProof = time.Minute
	// STS takes no request that is older than this (AWS Security Token Service API
	// Reference, "Common Error Types", RequestExpired), and EKS refuses a URL that
	// says more.
	maxProof = 15 * time.Minute
)

// PresignGetCallerIdentity makes a URL that tells whoever gets it whose
// credentials the client has. EKS and aws-iam-authenticator take it as a token;
// they want the header x-k8s-aws-id with the name of the cluster, and 60 seconds.
//
// All headers are signed and must be sent along; nil is none. The life is 1
// second to 15 minutes in whole seconds, 0 is a minute, and ends with the
// credentials. It is what the URL says: STS has been seen to take one for 15
// minutes in any case, so treat it as a secret for as long.
func (c *Client) PresignGetCallerIdentity(ctx context.Context, header http.Header, life time.Duration) (sigv4.Presigned, error) {
	if err := c.readyFor(life); err != nil {
		return sigv4.Presigned{}, err
	}
	if life == 0 {
		life = defaultProof
	}
	cred, err := c.Provider.Credentials(ctx)
	if err != nil {
		return sigv4.Presigned{}, fmt.Errorf("sts: presigning GetCallerIdentity: getting credentials: %w", err)
	}
	query := url.Values{"Action": {"GetCallerIdentity"}, "Version": {apiVersion}}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.url+"?"+query.Encode(), nil)
	if err != nil {
		return sigv4.Presigned{}, fmt.Errorf("sts: presigning GetCallerIdentity: %w", err)
	}
	setHeader(req, header)
	p, err := c.signer.Presign(req, cred, c.signer.PresignPayload(), c.now(), life)
	if err != nil {
		return sigv4.Presigned{}, fmt.Errorf("sts: presigning GetCallerIdentity: %w", err)
	}
	return p, nil
}

// SignGetCallerIdentity makes the same proof as a request that is ready to be
// sent, with the signature in a header. Vault takes its method, URL, headers and
// body; if it was set up so, it wants the header X-Vault-AWS-IAM-Server-ID. The
// request is good for up to 15 minutes and a secret while it is, for it carries
// the session token.
func (c *Client) SignGetCallerIdentity(ctx context.Context, header http.Header) (*http.Request, error) {
	if err := c.ready(); err != nil {
		return nil, err
	}
	cred, err := c.Provider.Credentials(ctx)
	if err != nil {
		return nil, fmt.Errorf("sts: signing GetCallerIdentity: getting credentials: %w", err)
	}
	req, body, err := c.request(ctx, "GetCallerIdentity", url.Values{})
	if err != nil {
		return nil, err
	}
	setHeader(req, header)
	if err := c.signer.Sign(req, cred, sigv4.PayloadOf(body), c.now()); err != nil {
		return nil, fmt.Errorf("sts: signing GetCallerIdentity: %w", err)
	}
	return req, nil
}

func (c *Client) readyFor(life time.Duration) error {
	var lifeErr error
	if life != 0 && (life < time.Second || life > maxProof || life%time.Second != 0) {
		lifeErr = &InputError{Field: "X-Amz-Expires", Problem: fmt.Sprintf("is %v: expecting whole seconds, 1 to %d (15 minutes)", life, maxProof/time.Second)}
	}
	return errors.Join(c.ready(), lifeErr)
}

func setHeader(req *http.Request, header http.Header) {
	for name, values := range header {
		req.Header[http.CanonicalHeaderKey(name)] = slices.Clone(values)
	}
}
