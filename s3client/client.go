package s3client

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/sigvier/sigvier/s3client/http1"
	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sigv4/sigv4http"
)

// Client has one method for each S3 operation. It is safe for concurrent use.
type Client struct {
	network  network
	guard    guard
	threads  int
	provider sigv4.Provider
	now      func() time.Time
	// bucketOwner is whose the buckets must be, "" for whosoever.
	bucketOwner string
	// hidesMissing: the session may not list the whole bucket, so that S3 denies
	// what is not there.
	hidesMissing bool
	checksums    ChecksumPolicy
	stallTimeout time.Duration
	minRate      int64

	base    *watchedErrors       // sends
	home    *sigv4http.Transport // signs for S3 in the connection's region
	regions bucketRegions
	stay    bool // in the connection's region

	mu         sync.Mutex
	transports map[signedFor]*sigv4http.Transport // for all else
}

// Options are what a program, rather than a user, decides of a client. The zero
// value, like nil, means the defaults.
type Options struct {
	// Credentials are used in place of the access key, which may then be left out of
	// the form, or of the base credentials that assume the role.
	Credentials sigv4.Provider
	// Base sends the requests; nil means an [http1.Transport] of the client's own: HTTP/1.1
	// connections, one for each worker, spread over all addresses that DNS gives.
	Base http.RoundTripper
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// LookupEnv gives the environment variables that secrets refer to; nil means
	// os.LookupEnv.
	LookupEnv func(name string) (value string, found bool)
	// MaxAttempts bounds the attempts of one request; 0 means 4, 1 no retries.
	MaxAttempts int
	// OnAttempt is told of each attempt of a request, and of nothing secret;
	// [sigv4http.LogAttempts] writes to a [log/slog.Logger].
	OnAttempt func(ctx context.Context, a sigv4http.Attempt)
	// StallTimeout is for how long an object's body may come more slowly than MinRate
	// before its reader gets [ErrStalled]; 0 means 30 s, less than 0 for ever. The time
	// that the reader takes for itself does not count. Of a document, such as a page of a
	// listing or the answer to a completed upload, it is for how long nothing may come.
	StallTimeout time.Duration
	// MinRate is the least that must come of an object, in bytes per second; 0 means
	// anything at all.
	MinRate int64
	// StayInRegion takes it for an error that a bucket is in another region than the
	// connection's. Without it the client goes on there, and remembers it.
	StayInRegion bool
	// Endpoints are where requests go about access points and directory buckets:
	// [AllEndpoints], which [Connection.Open] sets. [Connection.OpenWith] leaves them out
	// of programs that do not need them.
	Endpoints Endpoints
}

const defaultStallTimeout = 30 * time.Second

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
	var o Options
	if opts != nil {
		o = *opts
	}
	c, err := c.ready(&o)
	if err != nil {
		return nil, err
	}
	if o.Base == nil {
		o.Base = newTransport(c.Threads())
	}
	if o.Endpoints == nil {
		o.Endpoints = AllEndpoints
	}
	client, err := c.newClient(c.credentials(&o, withBodies(o.Base)), o)
	if err != nil {
		return nil, err
	}
	client.hidesMissing = c.SessionPolicy() != "" && (c.RestrictToPath != "" || !c.Permissions.allows(MayList))
	return client, nil
}

// OpenWith gives a client that signs with what the provider gives, for a program that
// gets its credentials by itself and counts its bytes: how the form authorizes does
// not count, and what Open brings for that (roles, their policies, the credentials of
// AWS's tools, SigV4a) is not linked; nor is net/http's transport, if it uploads nothing.
func (c Connection) OpenWith(provider sigv4.Provider, opts *Options) (*Client, error) {
	var o Options
	if opts != nil {
		o = *opts
	}
	if err := c.validateUse(); err != nil {
		return nil, err
	}
	if provider == nil {
		return nil, errNoProvider
	}
	if o.Base == nil {
		o.Base = newTransport(c.Threads())
	}
	return c.newClient(provider, o)
}

var errNoProvider = errors.New("s3client: there are no credentials: OpenWith expects a provider, such as sigv4.NewCredentials gives")

// newClient makes the client of a valid connection.
func (c Connection) newClient(provider sigv4.Provider, o Options) (*Client, error) {
	network, err := c.network()
	if err != nil {
		return nil, fmt.Errorf("s3client: %w", err)
	}
	network.endpoints = o.Endpoints
	signer, err := sigv4.NewSigner(serviceS3, network.region, nil)
	if err != nil {
		return nil, fmt.Errorf("s3client: %w", err)
	}
	stallTimeout := cmp.Or(o.StallTimeout, defaultStallTimeout)
	return &Client{
		network:      network,
		guard:        guard{c.RestrictToBucket, c.RestrictToPath, c.Permissions},
		threads:      c.Threads(),
		provider:     provider,
		now:          cmpNow(o.Now),
		bucketOwner:  c.BucketOwner,
		checksums:    c.Checksums,
		stallTimeout: stallTimeout,
		minRate:      o.MinRate,
		base:         &watchedErrors{o.Base, stallTimeout},
		home:         &sigv4http.Transport{Signer: signer, Provider: provider, Now: o.Now, MaxAttempts: o.MaxAttempts, OnAttempt: o.OnAttempt},
		stay:         o.StayInRegion,
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
func newTransport(threads int) *http1.Bodiless {
	return &http1.Bodiless{MaxIdle: max(threads, 8) + 2} // 8 is what a transfer takes of itself
}

// DownloadThreads is the connection's number of workers for a download.
func (c *Client) DownloadThreads() int { return c.threads }

// Credentials gives what the client signs with, assuming the role if need be.
func (c *Client) Credentials(ctx context.Context) (sigv4.Credentials, error) {
	return c.provider.Credentials(ctx)
}

// signedFor is what requests are signed for, and, in a session, for which bucket.
type signedFor struct{ service, region, session string }

// transport gives what signs for a place and sends there. All share what is known of
// the service's clock, and the budget of retries.
func (c *Client) transport(at place, bucket string) (*sigv4http.Transport, error) {
	if at.service == serviceS3 && at.region == c.network.region {
		return c.home, nil
	}
	what := signedFor{service: at.service, region: at.region}
	provider := c.provider
	if at.session {
		what.session = bucket
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if t, known := c.transports[what]; known {
		return t, nil
	}
	if at.session {
		provider = c.network.endpoints.session(c, bucket)
	}
	signer, err := c.signer(at)
	if err != nil {
		return nil, err
	}
	t := c.home.With(signer, provider)
	if at.session {
		t.Prepare = prepareSession
	}
	if c.transports == nil {
		c.transports = map[signedFor]*sigv4http.Transport{}
	}
	c.transports[what] = t
	return t, nil
}

// signer makes the signer of a place.
func (c *Client) signer(at place) (*sigv4.Signer, error) {
	if at.region != allRegions {
		return sigv4.NewSigner(at.service, at.region, nil)
	}
	return c.network.endpoints.multiRegion(at.service)
}
