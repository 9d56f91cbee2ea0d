package s3test

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/sigvier/sigvier/s3client/checksum"
)

// The beginning and the breaking off of multipart uploads (Amazon S3 API
// Reference, "CreateMultipartUpload", "AbortMultipartUpload"). Their parts are in
// uploadpart.go, their end is in completeupload.go, their listings are in
// listparts.go.

func (s *Server) createMultipartUpload(w *answer, r *http.Request, q *request) error {
	o, err := s.describe(q, r.Header)
	if err != nil {
		return err
	}
	u := &multipartUpload{ID: newUploadID(s.now()), Initiated: s.now(), Object: *o}
	if u.Algorithm, u.Composite, err = partChecksums(r.Header); err != nil {
		return err
	}
	if err := s.store.createUpload(q.bucket, u); err != nil {
		return q.storeError(err)
	}
	h := w.Header()
	o.Crypt.setHeaders(h)
	if u.Algorithm != "" {
		h.Set("X-Amz-Checksum-Algorithm", u.Algorithm.String())
		h.Set("X-Amz-Checksum-Type", checksumType(u.Composite))
	}
	var x xmlDoc
	x.start("InitiateMultipartUploadResult", s3Namespace)
	x.element("Bucket", q.bucket)
	x.element("Key", q.key)
	x.element("UploadId", u.ID)
	x.end("InitiateMultipartUploadResult")
	x.write(w, r, http.StatusOK)
	return nil
}

// newUploadID makes IDs that sort by their age.
func newUploadID(now time.Time) string { return fmt.Sprintf("%016x", now.UnixNano()) + rand.Text() }

// partChecksums finds the algorithm of the parts' checksums, and whether that of
// the whole is one of theirs (Amazon S3 User Guide, "Checking object integrity",
// Full object and composite checksum types).
func partChecksums(h http.Header) (a checksum.Algorithm, composite bool, err error) {
	named, kind := h.Get("X-Amz-Checksum-Algorithm"), h.Get("X-Amz-Checksum-Type")
	if named == "" {
		if kind != "" {
			return "", false, errorf("InvalidRequest", "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.")
		}
		return "", false, nil
	}
	if a, err = algorithmFor(named); err != nil {
		return "", false, err
	}
	t, err := checksum.ParseType(kind)
	switch {
	case err != nil:
		return "", false, errorf("InvalidRequest", "Value for x-amz-checksum-type header is invalid.")
	case t != "" && !a.Allows(t):
		return "", false, errorf("InvalidRequest", "The "+kind+" checksum type cannot be used with the "+strings.ToLower(a.String())+" checksum algorithm.")
	}
	return a, t == checksum.Composite || t == "" && a.Allows(checksum.Composite), nil
}

func (s *Server) abortMultipartUpload(w *answer, _ *http.Request, q *request) error {
	if err := s.store.abortUpload(q.bucket, q.key, q.query.Get("uploadId")); err != nil {
		return q.storeError(err)
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// maxParts is the highest part number (Amazon S3 User Guide, "Amazon S3 multipart
// upload limits").
const maxParts = 10000

func partNumber(s string) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > maxParts {
		return 0, invalidArgument("Part number must be an integer between 1 and 10000, inclusive", "partNumber", s)
	}
	return n, nil
}

func decimal(n int64) string { return strconv.FormatInt(n, 10) }
