package sts

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sigv4/sigv4http"
	"github.com/sigvier/sigvier/sigv4/sigv4http/awsxml"
)

const (
	apiVersion = "2011-06-15"
	// maxResponse bounds what is read of an answer. AWS says that the size of a
	// session token is not fixed; those in use stay below 16 KiB.
	maxResponse = 256 << 10
)

// Client calls STS. Region and Provider are needed, save for
// [Client.AssumeRoleWithWebIdentity]; the other fields have defaults. It is safe
// for concurrent use and must not be copied or changed after its first use.
type Client struct {
	// Region is signed for, and names the endpoint.
	Region string
	// Endpoint is the URL of another STS; "" is AWS's in the region.
	Endpoint string
	// FIPS and DualStack choose AWS's endpoint with validated cryptography, and
	// the one that has IPv6 addresses, too. Neither goes with Endpoint.
	FIPS, DualStack bool
	// Provider gives the base credentials: those that may assume the role.
	Provider sigv4.Provider
	// Base sends the signed requests; nil means http.DefaultTransport.
	Base http.RoundTripper
	// Now is the clock; nil means time.Now.
	Now func() time.Time

	once     sync.Once
	signer   *sigv4.Signer
	signed   *sigv4http.Transport
	unsigned *sigv4http.Transport
	url      string
	err      error // what is wrong with the fields
	errURL   error // and with those alone that say where to
}

// ready checks the fields for a signed call.
func (c *Client) ready() error {
	c.once.Do(c.setUp)
	return c.err
}

// readyUnsigned checks the fields for a call that no credentials sign.
func (c *Client) readyUnsigned() error {
	c.once.Do(c.setUp)
	return c.errURL
}

func (c *Client) setUp() {
	var signerErr, providerErr error
	c.url, c.errURL = c.endpoint()
	// A presigned URL ends with the credentials, which may be sooner than asked.
	signer, err := sigv4.NewSigner("sts", c.Region, &sigv4.Options{ShortenExpires: true})
	if err != nil && (c.Endpoint != "" || c.errURL == nil) { // else it is said already
		signerErr = &InputError{Field: "Region", Problem: "cannot be signed for: " + err.Error()}
	}
	if c.Provider == nil {
		providerErr = &InputError{Field: "Provider", Problem: "is nil: expecting the base credentials"}
	}
	c.err = errors.Join(signerErr, c.errURL, providerErr)
	c.signer = signer
	c.signed = &sigv4http.Transport{Signer: signer, Provider: c.Provider, Base: c.Base, Now: c.Now}
	c.unsigned = newUnsigned(c.Base)
}

// checkAccount checks that a role at AWS has an account with an ID; others leave
// it out.
func (c *Client) checkAccount(roleARN string) error {
	if c.Endpoint != "" || CheckRoleARN(roleARN) != nil || isAccountID(strings.Split(roleARN, ":")[4]) {
		return nil
	}
	return &InputError{Field: "RoleArn", Problem: fmt.Sprintf("%q has an account ID that is not twelve digits", roleARN)}
}

func (c *Client) now() time.Time {
	if c.Now != nil {
		return c.Now()
	}
	return time.Now()
}

// call posts one operation, signed, and gives the elements of its result to read.
func (c *Client) call(ctx context.Context, operation string, params url.Values, read func(d *awsxml.Decoder, name []byte)) (requestID string, err error) {
	return c.post(ctx, c.signed, operation, params, read)
}

func (c *Client) post(ctx context.Context, transport *sigv4http.Transport, operation string, params url.Values, read func(d *awsxml.Decoder, name []byte)) (requestID string, err error) {
	req, body, err := c.request(ctx, operation, params)
	if err != nil {
		return "", err
	}
	// No http.Client: STS redirects nowhere, and whatever does must not be given
	// a signed request.
	resp, err := transport.RoundTrip(req.WithContext(sigv4http.WithPayload(ctx, sigv4.PayloadOf(body))))
	if err != nil {
		return "", fmt.Errorf("sts: %s: %w", operation, err)
	}
	if resp.StatusCode != http.StatusOK {
		return "", refused(operation, readError(resp, params))
	}
	defer resp.Body.Close()
	requestID = cmp.Or(resp.Header.Get("X-Amzn-Requestid"), resp.Header.Get("X-Amz-Request-Id")) // the latter from MinIO
	bad := func(problem string) error {
		return &ResponseError{Operation: operation, Problem: problem, RequestID: requestID}
	}
	d := awsxml.NewDecoder(resp.Body, maxResponse)
	d.Root(operation + "Response")
	for name := range d.Children {
		if string(name) == operation+"Result" {
			for name := range d.Children {
				read(d, name)
			}
		}
	}
	err = d.End()
	var syntax *awsxml.SyntaxError
	switch {
	case errors.Is(err, awsxml.ErrTooLarge):
		return "", bad(fmt.Sprintf("is larger than %d bytes, or has a part that is too large", maxResponse))
	case errors.As(err, &syntax): // whose text may quote the answer
		return "", bad("is no " + operation + "Response document")
	case err != nil:
		return "", fmt.Errorf("sts: %s: reading the answer: %w", operation, err)
	}
	return requestID, nil
}

// request makes the request of one operation. Actions of the query protocol are
// forms (AWS Security Token Service API Reference, "Making Query Requests").
func (c *Client) request(ctx context.Context, operation string, params url.Values) (*http.Request, []byte, error) {
	params.Set("Action", operation)
	params.Set("Version", apiVersion)
	body := []byte(params.Encode())
	// The body is a bytes.Reader, so NewRequest sets GetBody, for retries.
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return nil, nil, fmt.Errorf("sts: %s: %w", operation, err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	return req, body, nil
}
