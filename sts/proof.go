package sts

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
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

	// What "aws eks get-token" says of its URL, and of the token: STS takes it for
	// 15 minutes, of which one is left for the way.
	tokenURLLife = time.Minute
	tokenLife    = 14 * time.Minute
)

// PresignGetCallerIdentity makes a URL that tells whoever gets it whose
// credentials the client has.
//
// All headers are signed and must be sent along; nil is none. One that is never
// signed, such as User-Agent, is refused, for it would bind nobody. The life is 1
// second to 15 minutes in whole seconds, 0 is a minute, and ends with the
// credentials. It is what the URL says: STS has been seen to take one for 15
// minutes in any case, so treat it as a secret for as long.
func (c *Client) PresignGetCallerIdentity(ctx context.Context, header http.Header, life time.Duration) (sigv4.Presigned, error) {
	p, _, err := c.presign(ctx, header, life)
	return p, err
}

// presign gives the credentials' end, too.
func (c *Client) presign(ctx context.Context, header http.Header, life time.Duration) (p sigv4.Presigned, end time.Time, err error) {
	if err := c.readyFor(life); err != nil {
		return sigv4.Presigned{}, time.Time{}, err
	}
	failed := func(err error) (sigv4.Presigned, time.Time, error) {
		return sigv4.Presigned{}, time.Time{}, fmt.Errorf("sts: presigning GetCallerIdentity: %w", err)
	}
	cred, err := c.Provider.Credentials(ctx)
	if err != nil {
		return failed(fmt.Errorf("getting credentials: %w", err))
	}
	query := url.Values{"Action": {"GetCallerIdentity"}, "Version": {apiVersion}}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.url+"?"+query.Encode(), nil)
	if err != nil {
		return failed(err)
	}
	setHeader(req, header)
	p, err = c.signer.Presign(req, cred, c.signer.PresignPayload(), c.now(), cmp.Or(life, defaultProof))
	if err == nil {
		err = checkSigned(header, p.Header)
	}
	if err != nil {
		return failed(err)
	}
	return p, cred.Expires, nil
}

// EKSToken makes the token that logs in to a cluster of EKS, or of another
// Kubernetes with aws-iam-authenticator: "k8s-aws-v1." and a presigned URL in
// base64url, which signs the cluster's name in the header x-k8s-aws-id (as
// "aws eks get-token" does). It is good until expires, 14 minutes or as long as the
// credentials, and a secret for as long.
func (c *Client) EKSToken(ctx context.Context, cluster string) (token string, expires time.Time, err error) {
	var clusterErr error
	if cluster == "" {
		clusterErr = &InputError{Field: "ClusterName", Problem: "is empty: expecting that of the cluster"}
	}
	if err := errors.Join(c.ready(), clusterErr); err != nil {
		return "", time.Time{}, err
	}
	p, end, err := c.presign(ctx, http.Header{"X-K8s-Aws-Id": {cluster}}, tokenURLLife)
	if err != nil {
		return "", time.Time{}, err
	}
	// The URL may have been cut to the credentials' end.
	expires = c.now().Add(tokenLife)
	if !end.IsZero() && end.Before(expires) {
		expires = end
	}
	return "k8s-aws-v1." + base64.RawURLEncoding.EncodeToString([]byte(p.URL)), expires, nil
}

// SignGetCallerIdentity makes the same proof as a request that is ready to be
// sent, with the signature in a header. Vault takes its method, URL, headers and
// body; if it was set up so, it wants the header X-Vault-AWS-IAM-Server-ID. A Vault
// whose sts_endpoint is not set sends the proof to the global endpoint: that wants
// the Region us-east-1 and the Endpoint https://sts.amazonaws.com. The headers are
// signed as in [Client.PresignGetCallerIdentity]. The request is good for up to 15
// minutes and a secret while it is, for it carries the session token.
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
	err = c.signer.Sign(req, cred, sigv4.PayloadOf(body), c.now())
	if err == nil {
		err = checkSigned(header, signedHeader(req))
	}
	if err != nil {
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

// signedHeader is what the signature of a request covers of its header.
func signedHeader(req *http.Request) http.Header {
	_, list, _ := strings.Cut(req.Header.Get("Authorization"), "SignedHeaders=")
	list, _, _ = strings.Cut(list, ",")
	signed := http.Header{}
	for name := range strings.SplitSeq(list, ";") {
		name = http.CanonicalHeaderKey(name)
		signed[name] = req.Header[name]
	}
	signed.Set("Host", req.Host) // whatever stands in Header
	return signed
}

// checkSigned checks that all of a header is signed, and as it was given.
func checkSigned(header, signed http.Header) error {
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(header)) {
		if !slices.Equal(header[name], signed[http.CanonicalHeaderKey(name)]) {
			errs = append(errs, &InputError{Field: name, Problem: "is a header that would not be signed as it is: expecting one of the other side's own, once, such as X-K8s-Aws-Id"})
		}
	}
	return errors.Join(errs...)
}
