package sts

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sigv4/sigv4http"
)

const (
	apiVersion = "2011-06-15"
	// maxResponse bounds what is read of an answer. AWS says that the size of a
	// session token is not fixed; those in use stay below 16 KiB.
	maxResponse = 256 << 10
)

// Client calls STS. Region and Provider are needed; the other fields have
// defaults. It is safe for concurrent use and must not be copied or changed
// after its first use.
type Client struct {
	// Region is signed for, and names the endpoint.
	Region string
	// Endpoint is the URL of another STS; "" is AWS's in the region.
	Endpoint string
	// Provider gives the base credentials: those that may assume the role.
	Provider sigv4.Provider
	// Base sends the signed requests; nil means http.DefaultTransport.
	Base http.RoundTripper
	// Now is the clock; nil means time.Now.
	Now func() time.Time

	once      sync.Once
	transport *sigv4http.Transport
	url       string
	err       error // what is wrong with the fields
}

// ready checks the fields once and makes the transport.
func (c *Client) ready() error {
	c.once.Do(func() {
		var signerErr, endpointErr, providerErr error
		signer, err := sigv4.NewSigner("sts", c.Region, nil)
		if err != nil {
			signerErr = &InputError{Field: "Region", Problem: "cannot be signed for: " + err.Error()}
		}
		if c.Endpoint != "" {
			c.url, endpointErr = custom(c.Endpoint)
		} else if signerErr == nil {
			c.url, endpointErr = regional(c.Region)
		}
		if c.Provider == nil {
			providerErr = &InputError{Field: "Provider", Problem: "is nil: expecting the base credentials"}
		}
		c.err = errors.Join(signerErr, endpointErr, providerErr)
		c.transport = &sigv4http.Transport{Signer: signer, Provider: c.Provider, Base: c.Base, Now: c.Now}
	})
	return c.err
}

// call posts one operation and decodes the answer into out, a pointer to a
// struct for the whole document. Actions of the query protocol are forms
// (AWS Security Token Service API Reference, "Making Query Requests").
func (c *Client) call(ctx context.Context, operation string, params url.Values, out any) (requestID string, err error) {
	params.Set("Action", operation)
	params.Set("Version", apiVersion)
	body := []byte(params.Encode())
	ctx = sigv4http.WithPayload(ctx, sigv4.PayloadOf(body))
	// The body is a bytes.Reader, so NewRequest sets GetBody, for retries.
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return "", fmt.Errorf("sts: %s: %w", operation, err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	// No http.Client: STS redirects nowhere, and whatever does must not be given
	// a signed request.
	resp, err := c.transport.RoundTrip(req)
	if err != nil {
		return "", fmt.Errorf("sts: %s: %w", operation, err)
	}
	if resp.StatusCode != http.StatusOK {
		return "", refused(operation, sigv4http.ReadError(resp))
	}
	defer resp.Body.Close()
	requestID = resp.Header.Get("X-Amzn-Requestid")
	bad := func(problem string) error {
		return &ResponseError{Operation: operation, Problem: problem, RequestID: requestID}
	}
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxResponse+1))
	switch {
	case err != nil:
		return "", fmt.Errorf("sts: %s: reading the answer: %w", operation, err)
	case len(answer) > maxResponse:
		return "", bad(fmt.Sprintf("is larger than %d bytes", maxResponse))
	case xml.Unmarshal(answer, out) != nil: // whose text may quote the answer
		return "", bad("is no " + operation + "Response document")
	}
	return requestID, nil
}
