package s3test

import (
	"cmp"
	"net/http"
	"regexp"
	"strings"

	"github.com/sigvier/sigvier/s3client/checksum"
)

// The parts of a multipart upload (Amazon S3 API Reference, "UploadPart",
// "UploadPartCopy").

func (s *Server) uploadPart(w *answer, r *http.Request, q *request) error {
	if err := s.checkLength(r); err != nil {
		return err
	}
	u, p, err := s.newPart(r, q)
	if err != nil {
		return err
	}
	sums, err := partSums(r.Header, q, u)
	if err != nil {
		return err
	}
	up, err := s.store.stage(q.bucket, r.ContentLength)
	if err != nil {
		return q.storeError(err)
	}
	if _, err := receive(up, r, q, sums); err != nil {
		up.discard()
		return err
	}
	if err := s.commitPart(up, q, u, p, sums); err != nil {
		return err
	}
	h := w.Header()
	h.Set("ETag", p.ETag)
	u.Object.Crypt.setHeaders(h)
	if u.Algorithm != "" || sums.want != "" {
		h.Set(sums.sum.Algorithm().Header(), p.Sum)
	}
	h.Set("Content-Length", "0")
	w.WriteHeader(http.StatusOK)
	return nil
}

// newPart finds the upload, and makes a part that has no bytes yet.
func (s *Server) newPart(r *http.Request, q *request) (*multipartUpload, *uploadedPart, error) {
	n, err := partNumber(q.query.Get("partNumber"))
	if err != nil {
		return nil, nil, err
	}
	u, _, err := s.store.upload(q.bucket, q.key, q.query.Get("uploadId"))
	if err != nil {
		return nil, nil, q.storeError(err)
	}
	if err := u.Object.Crypt.unlockPart(r.Header); err != nil {
		return nil, nil, err
	}
	return u, &uploadedPart{Number: n}, nil
}

// unlockPart wants the customer's key that the upload began with.
func (e encryption) unlockPart(h http.Header) error {
	key, _, err := customerKey(h, customerHeader)
	switch {
	case err != nil:
		return err
	case key == nil && e.KeyMD5 != "":
		return errorf("InvalidRequest", "The multipart upload initiate requested encryption. Subsequent part requests must include the appropriate encryption parameters.")
	case key != nil && e.KeyMD5 == "":
		return errorf("InvalidRequest", "The multipart upload initiate did not request encryption. Please resend the request without sending encryption parameters.")
	}
	if e.unlock(h, customerHeader) != nil {
		return errorf("InvalidRequest", "The provided encryption parameters did not match the ones used originally.")
	}
	return nil
}

// algorithm is that of the checksums of the parts. One that was not named is S3's
// own.
func (u *multipartUpload) algorithm() checksum.Algorithm { return cmp.Or(u.Algorithm, defaultChecksum) }

// partSums has the checksum that the upload was begun with, whether or not the
// part comes with it.
func partSums(h http.Header, q *request, u *multipartUpload) (*checksums, error) {
	sums, err := newChecksums(h, q.trailer)
	if err != nil {
		return nil, err
	}
	switch a := sums.sum.Algorithm(); {
	case a == u.algorithm():
	case sums.want != "" || q.trailer != "":
		return nil, errorf("InvalidRequest", "Checksum Type mismatch occurred, expected checksum Type: "+
			strings.ToLower(cmp.Or(u.Algorithm, "null").String())+", actual checksum Type: "+strings.ToLower(a.String()))
	default:
		sums.compute(u.algorithm())
	}
	return sums, nil
}

func (s *Server) commitPart(up *upload, q *request, u *multipartUpload, p *uploadedPart, sums *checksums) error {
	p.ETag = u.Object.Crypt.etag(sums)
	p.Sum = sums.sum.Value().String()
	p.Modified = s.now().Truncate(1e9)
	if err := up.commitPart(q.key, u.ID, p); err != nil {
		return q.storeError(err)
	}
	return nil
}

func (s *Server) uploadPartCopy(w *answer, r *http.Request, q *request) error {
	u, p, err := s.newPart(r, q)
	if err != nil {
		return err
	}
	source, from, err := s.copySource(r, q)
	if err != nil {
		return err
	}
	offset, length, err := copyRange(r.Header.Get(copySourceHeader+"-Range"), source.Size)
	if err != nil {
		return err
	}
	if length > s.cfg.MaxPutSize {
		return tooLargeToCopy(s.cfg.MaxPutSize)
	}
	sums := newSums(u.algorithm())
	up, err := s.copyBytes(q.bucket, from, source, offset, length, sums)
	if err != nil {
		return q.storeError(err)
	}
	if err := s.commitPart(up, q, u, p, sums); err != nil {
		return err
	}
	h := w.Header()
	u.Object.Crypt.setHeaders(h)
	s.setSourceVersion(h, from, source)
	var x xmlDoc
	x.start("CopyPartResult", s3Namespace)
	x.element("LastModified", p.Modified.Format(timestamp))
	x.element("ETag", p.ETag)
	if u.Algorithm != "" {
		x.checksum(u.Algorithm, p.Sum)
	}
	x.end("CopyPartResult")
	x.write(w, r, http.StatusOK)
	return nil
}

var copyRangeForm = regexp.MustCompile(`^bytes=(\d+)-(\d+)$`)

// copyRange is stricter than a range of GET: both ends have to be there, and in
// the object.
func copyRange(header string, size int64) (offset, length int64, err error) {
	if header == "" {
		return 0, size, nil
	}
	m := copyRangeForm.FindStringSubmatch(header)
	name := strings.ToLower(copySourceHeader) + "-range"
	if m == nil || saturated(m[1]) > saturated(m[2]) {
		return 0, 0, invalidArgument("The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy", name, header)
	}
	first, last := saturated(m[1]), saturated(m[2])
	if last >= size {
		return 0, 0, invalidArgument("Range specified is not valid for source object of size: "+decimal(size), name, header)
	}
	return first, last - first + 1, nil
}
