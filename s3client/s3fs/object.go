package s3fs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/sigvier/sigvier/s3client"
)

// object is the one object that an open file is about: what the first answer
// said, and every later one must say too.
type object struct {
	src         Source
	bucket, key string
	size        int64
	etag        string
}

// pin takes from the first answer what holds from now on.
func (f *FS) pin(key string, first s3client.ObjectInfo) (*object, error) {
	switch {
	case first.ContentLength < 0:
		return nil, fmt.Errorf("%w: the answer has no Content-Length", ErrIntegrity)
	case first.ETag == "":
		return nil, fmt.Errorf("%w: the answer has no ETag to hold the others against", ErrIntegrity)
	}
	return &object{src: f.src, bucket: f.bucket, key: key, size: first.ContentLength, etag: first.ETag}, nil
}

// get asks for the bytes from first to last and checks the answer.
func (o *object) get(ctx context.Context, first, last int64) (io.ReadCloser, error) {
	in := s3client.GetObjectInput{Bucket: o.bucket, Key: o.key, IfMatch: o.etag}
	status, contentRange := http.StatusOK, ""
	if first > 0 || last < o.size-1 {
		in.Range = fmt.Sprintf("bytes=%d-%d", first, last)
		status, contentRange = http.StatusPartialContent, fmt.Sprintf("bytes %d-%d/%d", first, last, o.size)
	}
	out, err := o.src.GetObject(ctx, in)
	if errors.Is(err, s3client.ErrPreconditionFailed) || errors.Is(err, s3client.ErrNotFound) || errors.Is(err, s3client.ErrInvalidRange) {
		return nil, fmt.Errorf("%w: %w", ErrChanged, err)
	}
	if err != nil {
		return nil, err
	}
	switch {
	case out.ETag != o.etag:
		err = fmt.Errorf("%w: its ETag was %s, and now is %s", ErrChanged, o.etag, out.ETag)
	case out.Status != status:
		err = fmt.Errorf("%w: the answer has status %d, and %d is expected", ErrIntegrity, out.Status, status)
	case out.ContentRange != contentRange:
		err = fmt.Errorf("%w: the answer has Content-Range %q, and %q is expected", ErrIntegrity, out.ContentRange, contentRange)
	case out.ContentLength >= 0 && out.ContentLength != last-first+1:
		err = fmt.Errorf("%w: the answer has %d bytes, and %d are expected", ErrIntegrity, out.ContentLength, last-first+1)
	}
	if err != nil {
		out.Body.Close()
		return nil, err
	}
	return out.Body, nil
}
