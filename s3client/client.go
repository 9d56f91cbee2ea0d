package s3client

import (
	"bytes"
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

// Client has one method for each S3 operation. It is safe for concurrent use.
type Client struct {
	endpoint  endpoint
	region    string
	guard     guard
	threads   int
	signer    *sigv4.Signer
	provider  sigv4.Provider
	transport *sigv4http.Transport
	now       func() time.Time
	// bucketOwner is whose the buckets must be, "" for whosoever.
	bucketOwner string
	// hidesMissing: the session may not list the whole bucket, so that S3 denies
	// what is not there.
	hidesMissing bool
}

// Options are what a program, rather than a user, decides of a client. The zero
// value, like nil, means the defaults.
type Options struct {
	// Credentials are used in place of the access key, which may then be left out of
	// the form, or of the base credentials that assume the role.
	Credentials sigv4.Provider
	// Base sends the requests; nil means a transport of the client's own, with
	// HTTP/1.1 connections, one for each worker.
	Base http.RoundTripper
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// LookupEnv gives the environment variables that secrets refer to; nil means
	// os.LookupEnv.
	LookupEnv func(name string) (value string, found bool)
}

// ready is the connection with its values in the place of references.
func (c Connection) ready(opts *Options) (Connection, error) {
	if opts.Credentials == nil {
		if err := c.Validate(); err != nil {
			return c, err
		}
		return c.resolve(opts.LookupEnv)
	}
	form := c
	if c.AuthorizationType == AccessKey && c.AccessKeyID == "" && c.SecretAccessKey.IsZero() && c.SessionToken.IsZero() {
		form.AccessKeyID, form.SecretAccessKey = "in-the-options", NewSecret("in-the-options")
	}
	return c, form.Validate()
}

// Open validates the connection, follows the references to its secrets and gives
// its client. Nothing is sent until the first operation, which also assumes the
// role. The references are followed this once: who changes a secret opens anew.
func (c Connection) Open(opts *Options) (*Client, error) {
	if opts == nil {
		opts = &Options{}
	}
	c, err := c.ready(opts)
	if err != nil {
		return nil, err
	}
	ep, err := c.endpoint()
	if err != nil {
		return nil, fmt.Errorf("s3client: %w", err)
	}
	signer, err := sigv4.NewSigner("s3", c.region(), nil)
	if err != nil {
		return nil, fmt.Errorf("s3client: %w", err)
	}
	base := opts.Base
	if base == nil {
		base = newTransport(c.Threads())
	}
	provider := c.credentials(opts, base)
	return &Client{
		endpoint:  ep,
		region:    c.region(),
		guard:     guard{c.RestrictToBucket, c.RestrictToPath, c.Permissions},
		threads:   c.Threads(),
		signer:    signer,
		provider:  provider,
		transport: &sigv4http.Transport{Signer: signer, Provider: provider, Base: base, Now: opts.Now},
		now:       cmpNow(opts.Now),

		bucketOwner:  c.BucketOwner,
		hidesMissing: c.SessionPolicy() != "" && (c.RestrictToPath != "" || !c.Permissions.allows(MayList)),
	}, nil
}

func cmpNow(now func() time.Time) func() time.Time {
	if now == nil {
		return time.Now
	}
	return now
}

// newTransport makes a transport that keeps one HTTP/1.1 connection for each
// worker. Over one shared HTTP/2 connection the workers would wait for each
// other, and a body that is unpacked on the way is not the bytes of its range.
func newTransport(threads int) *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.Protocols = new(http.Protocols)
	t.Protocols.SetHTTP1(true)
	t.ForceAttemptHTTP2 = false
	t.DisableCompression = true
	t.MaxIdleConnsPerHost = max(threads, 8) + 2 // 8 is what a transfer takes of itself
	t.MaxIdleConns = 0
	t.ResponseHeaderTimeout = time.Minute
	t.ReadBufferSize = 64 << 10
	t.WriteBufferSize = 64 << 10
	return t
}

// DownloadThreads is the connection's number of workers for a download.
func (c *Client) DownloadThreads() int { return c.threads }

// Credentials gives what the client signs with, assuming the role if need be.
func (c *Client) Credentials(ctx context.Context) (sigv4.Credentials, error) {
	return c.provider.Credentials(ctx)
}

// call is one request to make.
type call struct {
	op, method  string
	bucket, key string
	query       query
	header      http.Header
	body        *body
}

// do sends a call that its guard has admitted. The answer is one that says no
// error; its body is the caller's to close.
func (c *Client) do(ctx context.Context, k call) (*http.Response, error) {
	req := &http.Request{
		Method: k.method,
		URL:    c.endpoint.url(k.bucket, k.key, string(k.query)),
		Header: k.header,
		Body:   http.NoBody,
	}
	if req.Header == nil {
		req.Header = http.Header{}
	}
	req.Header.Set("User-Agent", "sigvier")
	// Left to net/http it may ask for gzip, and unpack what it gets.
	req.Header.Set("Accept-Encoding", "identity")
	if k.bucket != "" {
		setIf(req.Header, headerBucketOwner, c.bucketOwner)
	}
	if k.body != nil {
		k.body.attach(req)
	}
	resp, err := c.transport.RoundTrip(req.WithContext(c.withPayload(ctx, k.body)))
	if err != nil {
		return nil, k.wrap(err)
	}
	if resp.StatusCode >= 300 {
		err := error(sigv4http.ReadError(resp))
		if ctx.Err() != nil { // it was cancelled while it waited to try again
			err = fmt.Errorf("%w (%w)", err, ctx.Err())
		}
		return nil, k.wrap(c.explainDenial(k, err))
	}
	return resp, nil
}

const headerBucketOwner = "X-Amz-Expected-Bucket-Owner"

// explainDenial says of a denial what the service does not, and only the
// connection knows: what else it may be meant for.
func (c *Client) explainDenial(k call, err error) error {
	var api *APIError
	if k.bucket == "" || !errors.As(err, &api) || api.Code != "AccessDenied" && api.Code != "Forbidden" {
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

// withPayload says what is signed of a body. One that can be read only once is
// signed chunk by chunk, or over TLS, which protects it as well, not at all.
func (c *Client) withPayload(ctx context.Context, b *body) context.Context {
	switch {
	case b == nil:
		return sigv4http.WithPayload(ctx, sigv4.EmptyPayload())
	case b.payload != sigv4.PayloadHash{}:
		return sigv4http.WithPayload(ctx, b.payload)
	case c.endpoint.scheme == "http" && b.length > 0:
		return sigv4http.WithChunks(ctx, sigv4http.Chunking{})
	}
	return sigv4http.WithPayload(ctx, sigv4.UnsignedPayload())
}

func (k call) wrap(err error) error {
	return &Error{Op: k.op, Bucket: k.bucket, Key: k.key, Err: err}
}

// doEmpty sends a call whose answer has nothing to read.
func (c *Client) doEmpty(ctx context.Context, k call) (http.Header, error) {
	resp, err := c.do(ctx, k)
	if err != nil {
		return nil, err
	}
	io.CopyN(io.Discard, resp.Body, 64<<10)
	resp.Body.Close()
	return resp.Header, nil
}

// maxDocument bounds an XML answer: a page of 1,000 keys of 1,024 bytes, each
// byte escaped, is below half of it.
const maxDocument = 16 << 20

// doXML sends a call whose answer is a document with the given root element, which
// read reads.
func (c *Client) doXML(ctx context.Context, k call, root string, read func(*awsxml.Decoder) error) error {
	resp, err := c.do(ctx, k)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	begin := make([]byte, 80) // who else answered?
	n, _ := io.ReadFull(resp.Body, begin)
	d := awsxml.NewDecoder(io.MultiReader(bytes.NewReader(begin[:n]), resp.Body), maxDocument)
	d.Root(root)
	wrong := read(d)
	err = d.End()
	if syntax := (*awsxml.SyntaxError)(nil); errors.As(err, &syntax) {
		return k.wrap(fmt.Errorf("the answer is no %s document (%w), it begins with %q", root, err, begin[:n]))
	}
	if err != nil {
		return k.wrap(fmt.Errorf("reading the answer: %w", err))
	}
	if wrong != nil {
		return k.wrap(wrong)
	}
	return nil
}
