package s3client

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
)

// Operation is the input of one of S3's operations, such as a [GetObjectInput].
// Each is given to the [Client]'s method of its name, or to [Client.Presign].
type Operation interface {
	call(c *Client) call
}

// call is one operation, as it is asked for: what it is about, for the guard, and
// what its request will hold.
type call struct {
	op, method  string
	bucket, key string
	region      string // of a bucket that is to be made; "" is where it is
	subject     subject
	prefix      string           // of an operation about what begins with it
	keys        iter.Seq[string] // of an operation about some
	needs       Permissions
	query       query
	header      http.Header
	body        content     // nil if there is none
	source      *CopySource // of a copy: the guard admits it, too
	customerKey bool        // the header has a key of SSE-C
	wrong       error       // what is wrong with the input, if anything
	// mayFailLate: the service answers 200 before it knows whether it succeeds.
	mayFailLate bool
}

// content is what a call uploads, a *body. It is an interface so that a program that
// only reads does not link what uploads.
type content interface {
	// prepare finds what has to be known before it is sent.
	prepare(policy ChecksumPolicy, k *call) error
	// attach gives it to the request, and to the context what is signed of it.
	attach(ctx context.Context, req *http.Request) context.Context
	// over gives what sends it in place of a base.
	over(base http.RoundTripper) http.RoundTripper
	// rewindable says why it cannot be sent again, if it cannot.
	rewindable() error
	// document is what an operation writes itself, nil if it is the user's bytes.
	document() ([]byte, error)
}

// subject is what an operation is about.
type subject int

const (
	nothing     subject = iota // which no operation is
	aKey                       // one key of a bucket
	someKeys                   // several keys of a bucket
	aPrefix                    // what begins so
	aBucket                    // a bucket, and nothing of its keys
	wholeBucket                // a bucket with all that is in it
	service                    // all buckets
)

// check admits a call, or says why not. There is no way round it to the network.
func (g guard) check(k *call) error {
	if err := g.checkSubject(k); err != nil || k.source == nil {
		return err
	}
	if err := g.checkKey(k.source.Bucket, k.source.Key, MayRead); err != nil {
		return fmt.Errorf("the source of the copy: %w", err)
	}
	return nil
}

func (g guard) checkSubject(k *call) error {
	switch k.subject {
	case aKey:
		return g.checkKey(k.bucket, k.key, k.needs)
	case someKeys:
		return g.checkKeys(k.bucket, k.keys, k.needs)
	case aPrefix:
		return g.checkPrefix(k.bucket, k.prefix, k.needs)
	case aBucket:
		if err := g.checkBucket(k.bucket); err != nil || k.needs == 0 {
			return err
		}
		return g.checkPermission(k.needs)
	case wholeBucket:
		return g.checkWholeBucket(k.bucket, k.needs)
	case service:
		return g.checkService()
	}
	return errors.New("it does not say what it is about")
}

// Common is what every operation on a bucket can be asked with.
type Common struct {
	// ExpectedBucketOwner is the ID of the account that must own the bucket; "" is the
	// connection's BucketOwner. If that is set, another is [ErrRestricted].
	ExpectedBucketOwner string
	// RequestPayer is "requester", to agree to pay for the request where the bucket's
	// owner wants it so.
	RequestPayer string
}

func (o Common) set(k *call) {
	k.set(headerBucketOwner, o.ExpectedBucketOwner)
	k.set(headerRequestPayer, o.RequestPayer)
}

// set sets a header, if it has a value.
func (k *call) set(name, value string) {
	if value == "" {
		return
	}
	if k.header == nil {
		k.header = make(http.Header, 8)
	}
	k.header[name] = []string{value}
}

// fail notes what is wrong with the input; the first counts.
func (k *call) fail(err error) {
	if k.wrong == nil {
		k.wrong = err
	}
}

func (k *call) wrap(err error) error {
	return &Error{Op: k.op, Bucket: k.bucket, Key: k.key, Err: err}
}
