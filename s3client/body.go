package s3client

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/sigvier/sigvier/sigv4"
)

// ErrLengthRequired is the error for an upload whose length is not known.
var ErrLengthRequired = errors.New("S3 wants to know the length of an upload beforehand: set ContentLength, or give a body that can seek, such as a file")

// body is what a call uploads.
type body struct {
	length  int64
	payload sigv4.PayloadHash // unset for a body that can be read only once
	open    func() io.Reader  // from the beginning; nil if the body can be read only once
	once    io.Reader
}

func bytesBody(b []byte) *body {
	return &body{length: int64(len(b)), payload: sigv4.PayloadOf(b), open: func() io.Reader { return bytes.NewReader(b) }}
}

// rewindable is a body that several attempts can read, each by itself: a file, a
// bytes.Reader, a strings.Reader.
type rewindable interface {
	io.ReaderAt
	io.Seeker
}

// newBody takes the body of an upload from where it stands. One that can be
// rewound is hashed first, unless its hash is given, so that its bytes are signed,
// and is sent again on a retry. Of any other the length must be given, and the
// hash is left unset unless that is given too.
func newBody(r io.Reader, length int64, payload sigv4.PayloadHash) (*body, error) {
	if r == nil {
		return bytesBody(nil), nil
	}
	rw, ok := r.(rewindable)
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
		return &body{length: length, payload: payload, once: r}, nil
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
	b := &body{length: length, payload: payload, open: func() io.Reader { return io.NewSectionReader(rw, start, length) }}
	if payload != (sigv4.PayloadHash{}) {
		return b, nil
	}
	h := sha256.New()
	n, err := io.Copy(h, b.open())
	if err != nil {
		return nil, fmt.Errorf("reading the body to hash it: %w", err)
	}
	if n != length {
		return nil, fmt.Errorf("the body has %d bytes, and ContentLength is %d", n, length)
	}
	b.payload = sigv4.PayloadDigest([sha256.Size]byte(h.Sum(nil)))
	return b, nil
}

func (b *body) attach(req *http.Request) {
	req.ContentLength = b.length
	switch {
	case b.length == 0:
	case b.open == nil:
		req.Body = io.NopCloser(b.once)
	default:
		req.Body = io.NopCloser(b.open())
		req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(b.open()), nil }
	}
}
