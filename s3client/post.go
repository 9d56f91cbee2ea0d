package s3client

import (
	"context"
	"errors"
	"time"

	"github.com/sigvier/sigvier/sigv4/sigv4http"
)

// PresignPostInput says what a browser's form may upload.
type PresignPostInput struct {
	Bucket string
	// Key is the one key that is written, or KeyPrefix what the key that the
	// browser chooses begins with: one of the two is needed.
	Key, KeyPrefix string
	// MinSize and MaxSize bound the file, in bytes. MaxSize 0 is 5 GiB, the most
	// that S3 takes in one request.
	MinSize, MaxSize int64
	// Conditions are on further fields. They can only narrow what is above.
	Conditions []sigv4http.Condition
	Expires    time.Duration // 1 s to 7 days
}

// PresignedPost is a form that carries its own authorization. It is a secret
// while it lives: do not log it.
type PresignedPost struct {
	URL     string      // where the form is posted to
	Fields  [][2]string // those of the browser's choice, and as the last one file, are still to be added
	Expires time.Time   // when it ends
}

// maxPutSize is the most that one request may upload (Amazon S3 User Guide,
// "Amazon S3 multipart upload limits"; Amazon S3 API Reference, "PutObject").
const maxPutSize = 5 << 30

// PresignPost makes a form that allows one upload after the other to whoever has
// it, until it expires or the credentials do (Amazon S3 API Reference, "POST
// Policy"). Nothing is sent but, if need be, the assumption of the role.
//
// That the bucket is its expected owner's cannot be demanded of a browser, whose
// forms have no headers.
func (c *Client) PresignPost(ctx context.Context, in PresignPostInput) (PresignedPost, error) {
	k := &call{op: "PresignPost", bucket: in.Bucket, key: in.Key, subject: aBucket}
	key, err := c.postedKey(in)
	if err != nil {
		return PresignedPost{}, k.wrap(err)
	}
	at, err := c.network.place(k, c.regions.of(in.Bucket))
	if err != nil {
		return PresignedPost{}, k.wrap(err)
	}
	transport, err := c.transport(at, in.Bucket)
	if err != nil {
		return PresignedPost{}, k.wrap(err)
	}
	cred, err := transport.Provider.Credentials(ctx)
	if err != nil {
		return PresignedPost{}, k.wrap(err)
	}
	if in.MaxSize == 0 {
		in.MaxSize = maxPutSize
	}
	now := c.now()
	// All conditions must hold, so those of the caller's take nothing away.
	form, err := sigv4http.PostPolicy{
		Expires: now.Add(in.Expires),
		Conditions: append([]sigv4http.Condition{
			sigv4http.Exact("bucket", in.Bucket), key, sigv4http.LengthRange(in.MinSize, in.MaxSize),
		}, in.Conditions...),
	}.Sign(transport.Signer, cred, now)
	if err != nil {
		return PresignedPost{}, k.wrap(err)
	}
	return PresignedPost{URL: at.url("", "").String(), Fields: form.Fields, Expires: form.Expires}, nil
}

// postedKey is the condition on the form's key.
func (c *Client) postedKey(in PresignPostInput) (key sigv4http.Condition, err error) {
	switch {
	case (in.Key == "") == (in.KeyPrefix == ""):
		return key, errors.New("expecting Key, the one key to upload to, or KeyPrefix, what the browser's keys begin with, and not both")
	case in.Key != "":
		return sigv4http.Exact("key", in.Key), c.guard.checkKey(in.Bucket, in.Key, MayWrite)
	}
	return sigv4http.StartsWith("key", in.KeyPrefix), c.guard.checkPrefix(in.Bucket, in.KeyPrefix, MayWrite)
}
