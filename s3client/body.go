package s3client

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"sync/atomic"

	"github.com/sigvier/sigvier/s3client/checksum"
	"github.com/sigvier/sigvier/s3client/http1"
	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sigv4/sigv4http"
)

var (
	// ErrLengthRequired is the error for an upload whose length is not known.
	ErrLengthRequired = errors.New("S3 wants to know the length of an upload beforehand: set ContentLength, or give a body that can seek, such as a file")
	// ErrBodyUsed is the error for an upload that would have to be sent again, and
	// whose body cannot be read again.
	ErrBodyUsed = errors.New("the body can be read only once, and some of it has been: give one that can seek, such as a file")
)

// body is what a call uploads.
type body struct {
	length  int64
	own     bool              // a document that the operation writes
	payload sigv4.PayloadHash // unset for a body that can be read only once
	open    func() io.Reader  // from the beginning; nil if the body can be read only once
	once    *onceReader

	sum       checksum.Value     // that the caller gave
	algorithm checksum.Algorithm // of the one to send; "": as the policy says
	required  bool               // S3 does not take the call without one
	trailer   checksum.Algorithm // of the one that comes behind the body
}

// documentBody is an XML document.
func documentBody(doc []byte) *body {
	return &body{length: int64(len(doc)), own: true, open: func() io.Reader { return bytes.NewReader(doc) }}
}

// summedBody is one that S3 takes with a checksum only.
func summedBody(doc []byte) *body {
	b := documentBody(doc)
	b.required = true
	return b
}

// seekable is a body that several attempts can read, each by itself: a file, a
// bytes.Reader, a strings.Reader.
type seekable interface {
	io.ReaderAt
	io.Seeker
}

// newBody takes the body of an upload from where it stands. Where the length is not
// given, the body must be able to seek to its end.
func newBody(r io.Reader, length int64, payload sigv4.PayloadHash) (*body, error) {
	if r == nil {
		return &body{length: max(length, 0), open: func() io.Reader { return http.NoBody }}, nil
	}
	rw, ok := r.(seekable)
	var start int64
	if ok {
		var err error
		start, err = rw.Seek(0, io.SeekCurrent)
		ok = err == nil // a pipe is an *os.File too
	}
	if !ok {
		if length < 0 {
			return nil, ErrLengthRequired
		}
		return &body{length: length, payload: payload, once: &onceReader{r: r}}, nil
	}
	if length < 0 {
		end, err := rw.Seek(0, io.SeekEnd)
		if err != nil {
			return nil, err
		}
		if _, err := rw.Seek(start, io.SeekStart); err != nil {
			return nil, err
		}
		length = end - start
	}
	return &body{length: length, payload: payload, open: func() io.Reader { return io.NewSectionReader(rw, start, length) }}, nil
}

// prepare finds what has to be known of a body before it is sent: one that can be
// rewound is hashed, unless its hash is given, so that its bytes are signed, and its
// checksum is taken on the way. That of any other comes behind it.
func (b *body) prepare(policy ChecksumPolicy, k *call) error {
	algorithm := policy.forUpload(b)
	if b.sum != (checksum.Value{}) {
		k.set(http.CanonicalHeaderKey(b.sum.Algorithm().Header()), b.sum.String())
		algorithm = ""
	}
	if b.length >= expectLength {
		k.set("Expect", "100-continue")
	}
	if b.open == nil {
		b.trailer = algorithm
		if algorithm != "" {
			b.payload = sigv4.PayloadHash{} // S3 takes no trailer with it
		}
		return nil
	}
	wantsMD5 := b.required && algorithm == "" && b.sum == (checksum.Value{})
	if algorithm == "" && b.payload != (sigv4.PayloadHash{}) && !wantsMD5 {
		return nil
	}
	var sum *checksum.Hash
	var digest, md5 hash.Hash
	var hashes []io.Writer
	if wantsMD5 {
		var err error
		if md5, err = checksum.NewMD5(); err != nil {
			return fmt.Errorf("%s wants a checksum, which the connection's checksums say never to send, or the MD5 in its place: %w", k.op, err)
		}
		hashes = append(hashes, md5)
	}
	if algorithm != "" {
		var err error
		if sum, err = algorithm.New(); err != nil {
			return err
		}
		hashes = append(hashes, sum)
	}
	if b.payload == (sigv4.PayloadHash{}) {
		digest = sha256.New()
		hashes = append(hashes, digest)
	}
	n, err := io.Copy(io.MultiWriter(hashes...), b.open())
	if err != nil {
		return fmt.Errorf("reading the body to hash it: %w", err)
	}
	if n != b.length {
		return fmt.Errorf("the body has %d bytes, and ContentLength is %d", n, b.length)
	}
	if sum != nil {
		b.sum = sum.Value()
		k.set(http.CanonicalHeaderKey(algorithm.Header()), b.sum.String())
	}
	if md5 != nil {
		k.set("Content-Md5", base64Of(md5.Sum(nil)))
	}
	if digest != nil {
		b.payload = sigv4.PayloadDigest([sha256.Size]byte(digest.Sum(nil)))
	}
	return nil
}

// expectLength is that of a body for which it pays to ask first whether it is welcome
// (RFC 9110 section 10.1.1, "Expect"): what is refused or redirected is then not sent.
const expectLength = 1 << 20

// trailers makes the trailers of an attempt.
func (b *body) trailers() func() []sigv4http.Trailer {
	if b.trailer == "" {
		return nil
	}
	return func() []sigv4http.Trailer {
		h, err := b.trailer.New()
		if err != nil {
			return nil // newBody's caller has tried
		}
		return []sigv4http.Trailer{{Name: b.trailer.Header(), Hash: h}}
	}
}

// attach gives the request the body. One that can be read only once is signed chunk by
// chunk, or over TLS, which protects it as well, not at all.
func (b *body) attach(ctx context.Context, req *http.Request) context.Context {
	req.ContentLength = b.length
	switch {
	case b.length == 0:
	case b.open == nil:
		req.Body = b.once
		req.GetBody = func() (io.ReadCloser, error) { return b.once, b.once.untouched() }
	default:
		req.Body = io.NopCloser(b.open())
		req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(b.open()), nil }
	}
	overTLS := req.URL.Scheme == "https"
	switch {
	case b.length == 0 && b.trailer == "":
		return sigv4http.WithPayload(ctx, sigv4.EmptyPayload())
	case b.payload != sigv4.PayloadHash{}:
		return sigv4http.WithPayload(ctx, b.payload)
	case !overTLS || b.trailer != "":
		return sigv4http.WithChunks(ctx, sigv4http.Chunking{Unsigned: overTLS, Trailers: b.trailers()})
	}
	return sigv4http.WithPayload(ctx, sigv4.UnsignedPayload())
}

// over gives what sends it.
func (b *body) over(base http.RoundTripper) http.RoundTripper { return withBodies(base) }

// withBodies gives what sends requests that have a body, too, and links it.
func withBodies(base http.RoundTripper) http.RoundTripper {
	if own, ok := base.(*http1.Bodiless); ok {
		return own.NetHTTP()
	}
	return base
}

// document is what the operation writes.
func (b *body) document() ([]byte, error) {
	if !b.own {
		return nil, nil
	}
	return io.ReadAll(b.open())
}

// rewindable says why a body cannot be sent again, if it cannot.
func (b *body) rewindable() error {
	if b.once == nil {
		return nil
	}
	return b.once.untouched()
}

// onceReader is a body that can be sent again only while nobody has read of it: a
// server that was asked first may refuse or redirect it unread. Closing it does
// nothing; it is the caller's to close.
type onceReader struct {
	r    io.Reader
	used atomic.Bool
}

func (o *onceReader) Read(p []byte) (int, error) {
	o.used.Store(true)
	return o.r.Read(p)
}

func (o *onceReader) Close() error { return nil }

func (o *onceReader) untouched() error {
	if o.used.Load() {
		return ErrBodyUsed
	}
	return nil
}
