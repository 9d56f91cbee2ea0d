package s3client

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sigv4/sigv4http"
	"github.com/sigvier/sigvier/sigv4/sigv4http/awsxml"
)

// The way of a call: it is admitted, then exchanged for an answer, at the place
// where its bucket is.

// do admits a call and exchanges it.
func (c *Client) do(ctx context.Context, k *call) (*http.Response, error) {
	if err := c.admit(k); err != nil {
		return nil, err
	}
	return c.exchange(ctx, k)
}

// admit refuses what the connection is restricted from, and malformed input, before
// anything is signed or read.
func (c *Client) admit(k *call) error {
	if err := c.guard.check(k); err != nil {
		return k.wrap(err)
	}
	if owner := k.header.Get(headerBucketOwner); c.bucketOwner != "" && owner != "" && owner != c.bucketOwner {
		return k.wrap(fmt.Errorf("%w to buckets of the account %s, and the expected owner is %q", ErrRestricted, c.bucketOwner, owner))
	}
	if k.wrong != nil {
		return k.wrap(k.wrong)
	}
	return nil
}

// exchange sends a call, a second time if its bucket turns out to be in another
// region. The answer is one that says no error; its body is the caller's to close.
func (c *Client) exchange(ctx context.Context, k *call) (*http.Response, error) {
	if k.body != nil {
		if err := k.body.prepare(c.checksums, k); err != nil {
			return nil, k.wrap(err)
		}
	}
	region := cmp.Or(k.region, c.regions.of(k.bucket))
	for again := false; ; again = true {
		resp, err := c.send(ctx, k, region)
		if err == nil && resp.StatusCode < 300 {
			return resp, nil
		}
		var other string
		if err == nil {
			location := resp.Header.Get("Location")
			api := sigv4http.ReadError(resp)
			if err = api; !again && !c.stay {
				if other = c.movedTo(ctx, k, api, location, region); other != "" {
					api.Region = other
				}
			}
		}
		if other == "" {
			return nil, k.wrap(c.explain(ctx, k, err))
		}
		c.regions.learn(k.bucket, other)
		if region = other; k.body != nil {
			if why := k.body.rewindable(); why != nil {
				return nil, k.wrap(fmt.Errorf("%w (not tried again there: %w)", err, why))
			}
		}
	}
}

// send sends a call to its place in a region.
func (c *Client) send(ctx context.Context, k *call, region string) (*http.Response, error) {
	at, err := c.network.place(k, region)
	if err != nil {
		return nil, err
	}
	transport, err := c.transport(at, k.bucket)
	if err != nil {
		return nil, err
	}
	req, base := c.request(k, at), c.base
	if k.body != nil {
		ctx = k.body.attach(ctx, req)
		base = &watchedErrors{k.body.over(base.base), base.window}
	} else {
		ctx = sigv4http.WithPayload(ctx, sigv4.EmptyPayload())
	}
	return transport.RoundTripOver(base, req.WithContext(ctx))
}

// request is a call at its place, without the body.
func (c *Client) request(k *call, at place) *http.Request {
	if k.bucket != "" && c.bucketOwner != "" && k.header[headerBucketOwner] == nil {
		k.set(headerBucketOwner, c.bucketOwner)
	}
	if k.header == nil {
		k.header = make(http.Header, 2)
	}
	k.header["User-Agent"] = userAgent
	// Left to net/http it may ask for gzip, and unpack what it gets.
	k.header["Accept-Encoding"] = identity
	return &http.Request{Method: k.method, URL: at.url(k.key, string(k.query)), Header: k.header, Body: http.NoBody,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1}
}

const (
	headerBucketOwner  = "X-Amz-Expected-Bucket-Owner"
	headerRequestPayer = "X-Amz-Request-Payer"
)

var (
	userAgent = []string{"sigvier"}
	identity  = []string{"identity"}
)

// explain says of an error what the service does not, and only the client knows.
func (c *Client) explain(ctx context.Context, k *call, err error) error {
	api, ok := find[*APIError](err)
	if !ok {
		return err
	}
	if ctx.Err() != nil { // it was cancelled while it waited to try again
		err = fmt.Errorf("%w (%w)", err, ctx.Err())
	}
	if k.bucket == "" || api.Code != "AccessDenied" && api.Code != "Forbidden" {
		return err
	}
	if c.bucketOwner != "" {
		err = fmt.Errorf("%w (the bucket may belong to another account than %s, which is its bucket_owner here)", err, c.bucketOwner)
	}
	if c.hidesMissing && k.key != "" && (k.method == http.MethodGet || k.method == http.MethodHead) {
		err = fmt.Errorf("%w (there may be no such key: S3 does not tell a session that is restricted so)", err)
	}
	return err
}

// doEmpty is do for an answer that has nothing to read but its header.
func (c *Client) doEmpty(ctx context.Context, k *call) (http.Header, error) {
	if err := c.admit(k); err != nil {
		return nil, err
	}
	resp, err := c.exchangeDocument(ctx, k)
	if err != nil {
		return nil, err
	}
	discard(resp)
	return resp.Header, nil
}

// exchangeDocument is exchange for an answer that is read here and now, and fails if it
// stalls.
func (c *Client) exchangeDocument(ctx context.Context, k *call) (*http.Response, error) {
	resp, err := c.exchange(ctx, k)
	if err == nil {
		resp.Body = watchDocument(resp.Body, c.stallTimeout)
	}
	return resp, err
}

// discard reads the little that an empty answer may have, so that the connection is
// there for the next call.
func discard(resp *http.Response) {
	io.CopyN(io.Discard, resp.Body, 64<<10)
	resp.Body.Close()
}

// maxDocument bounds an XML answer: a page of 1,000 keys of 1,024 bytes, each byte
// escaped, is below half of it.
const maxDocument = 16 << 20

// doXML is do for an answer that is a document with the given root element, which
// read goes through, or with one of others that servers are known to have for it.
func (c *Client) doXML(ctx context.Context, k *call, root string, read func(*awsxml.Decoder) error, others ...string) (http.Header, error) {
	if err := c.admit(k); err != nil {
		return nil, err
	}
	return c.exchangeXML(ctx, k, root, read, others...)
}

func (c *Client) exchangeXML(ctx context.Context, k *call, root string, read func(*awsxml.Decoder) error, others ...string) (http.Header, error) {
	resp, err := c.exchangeDocument(ctx, k)
	if err == nil && k.mayFailLate {
		resp, err = c.late(ctx, k, resp)
	}
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	begin := make([]byte, 80) // who else answered?
	n, _ := io.ReadFull(resp.Body, begin)
	d := awsxml.NewDecoder(io.MultiReader(bytes.NewReader(begin[:n]), resp.Body), maxDocument)
	d.Root(append(others, root)...)
	wrong := read(d)
	err = d.End()
	if syntax := (*awsxml.SyntaxError)(nil); errors.As(err, &syntax) {
		return nil, k.wrap(fmt.Errorf("the answer is no %s document (%w), it begins with %q", root, err, firstLine(begin[:n])))
	}
	if err != nil {
		return nil, k.wrap(fmt.Errorf("reading the answer: %w", err))
	}
	if wrong != nil {
		return nil, k.wrap(wrong)
	}
	return resp.Header, nil
}

func firstLine(b []byte) []byte {
	line, _, _ := bytes.Cut(bytes.TrimSpace(b), []byte("\n"))
	return line
}

// lateAttempts bounds how often a call is made whose failures come late.
const lateAttempts = 3

// late looks into an answer of status 200 for the error that S3 may have put there,
// since it had begun to answer before it failed (Amazon S3 API Reference,
// "CompleteMultipartUpload" and "CopyObject": a 200 OK response can contain an error),
// and tries again what is the service's own failure.
func (c *Client) late(ctx context.Context, k *call, resp *http.Response) (*http.Response, error) {
	for attempt := 1; ; attempt++ {
		data, err := io.ReadAll(io.LimitReader(resp.Body, maxLateDocument))
		resp.Body.Close()
		if err != nil {
			return nil, k.wrap(fmt.Errorf("reading the answer: %w", err))
		}
		resp.Body = io.NopCloser(bytes.NewReader(data))
		if awsxml.NewDecoder(bytes.NewReader(data), maxLateDocument).Root("Error") == "" {
			return resp, nil
		}
		api := sigv4http.ReadError(resp)
		if attempt == lateAttempts || !isTransient(api) {
			return nil, k.wrap(c.explain(ctx, k, api))
		}
		select {
		case <-ctx.Done():
			return nil, k.wrap(c.explain(ctx, k, api))
		case <-time.After(lateDelay << (attempt - 1)):
		}
		if resp, err = c.exchangeDocument(ctx, k); err != nil {
			return nil, err
		}
	}
}

const (
	maxLateDocument = 1 << 20
	lateDelay       = 200 * time.Millisecond
)

// isTransient tells the service's own failures, which another attempt may be spared.
func isTransient(e *APIError) bool {
	switch e.Code {
	case "InternalError", "SlowDown", "ServiceUnavailable", "RequestTimeout", "OperationAborted":
		return true
	}
	return false
}
