package s3test

import (
	"errors"
	"net/http"

	"github.com/sigvier/sigvier/s3client/checksum"
)

// Objects from one request (Amazon S3 API Reference, "PutObject").

// maxPut is the largest object of one PUT (Amazon S3 User Guide, "Uploading
// objects").
const maxPut int64 = 5 << 30

func (s *Server) putObject(w *answer, r *http.Request, q *request) error {
	if err := s.checkLength(r); err != nil {
		return err
	}
	o, err := s.storeObject(r, q, r.Header)
	if err != nil {
		return err
	}
	s.setStored(w.Header(), q, o)
	w.Header().Set("Content-Length", "0")
	w.WriteHeader(http.StatusOK)
	return nil
}

// checkLength is for bodies that become an object or a part.
func (s *Server) checkLength(r *http.Request) error {
	switch {
	case r.ContentLength < 0:
		return standard("MissingContentLength")
	case r.ContentLength > s.cfg.MaxPutSize:
		return standard("EntityTooLarge", field{"ProposedSize", r.ContentLength}, field{"MaxSizeAllowed", s.cfg.MaxPutSize})
	}
	return nil
}

// setStored says in an answer what has been stored.
func (s *Server) setStored(h http.Header, q *request, o *object) {
	h.Set("ETag", o.ETag)
	o.setChecksum(h)
	o.Crypt.setHeaders(h)
	s.setVersion(h, q.bucket, o)
}

func (o *object) setChecksum(h http.Header) {
	if o.Sum != "" {
		h.Set(o.Checksum.Header(), o.Sum)
		h.Set("X-Amz-Checksum-Type", o.checksumType())
	}
}

func (o *object) checksumType() string { return checksumType(o.Composite) }

func checksumType(composite bool) string {
	if composite {
		return checksum.Composite.String()
	}
	return checksum.FullObject.String()
}

// setVersion names the version, which a bucket has that never had more than one
// of each object.
func (s *Server) setVersion(h http.Header, bucket string, o *object) {
	if set, err := s.store.settings(bucket); o.Version != "" || err == nil && set.Versioning != "" {
		h.Set("X-Amz-Version-Id", o.versionID())
	}
}

// storeObject stores the body of a request under q's key. The headers are the
// request's, or the fields of its form; the length is negative if it is not known.
func (s *Server) storeObject(r *http.Request, q *request, h http.Header) (*object, error) {
	o, err := s.describe(q, h)
	if err != nil {
		return nil, err
	}
	sums, err := newChecksums(h, q.trailer)
	if err != nil {
		return nil, err
	}
	if o.Lock.set() && sums.contentMD5 == nil && sums.want == "" && q.trailer == "" {
		return nil, errorf("InvalidRequest", "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters")
	}
	permit, err := putCondition(h)
	if err != nil {
		return nil, err
	}
	// The condition is checked again when the object is committed; now it saves
	// the client from sending a body in vain.
	old, err := s.store.get(q.bucket, q.key, "")
	if err != nil && !errors.Is(err, errNoSuchKey) {
		return nil, q.storeError(err)
	}
	if err != nil {
		old = nil // or a delete marker
	}
	if err := permit(old); err != nil {
		return nil, err
	}

	up, err := s.store.stage(q.bucket, max(r.ContentLength, 0))
	if err != nil {
		return nil, q.storeError(err)
	}
	if o.Size, err = receive(up, r, q, sums); err != nil {
		up.discard()
		return nil, err
	}
	o.ETag = o.Crypt.etag(sums)
	o.Checksum, o.Sum = sums.sum.Algorithm(), sums.sum.Value().String()
	o.Modified = s.now().Truncate(1e9) // S3 keeps whole seconds
	if err := up.commit(o, permit); err != nil {
		return nil, q.storeError(err)
	}
	if q.change {
		s.change(q.bucket, o)
	}
	return o, nil
}
