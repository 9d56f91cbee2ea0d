package s3test

import (
	"errors"
	"net/http"
	"net/netip"
	"regexp"
	"strings"
	"time"
)

// What buckets are called, where they are, and their end.

const (
	ownerID   = "75aa57f09aa0c8caeab4f8c24e99d10f8e7faeebf76c078efc7c6caea54ba06a"
	ownerName = "s3test"
)

// timestamp is how S3's XML writes a time.
const timestamp = "2006-01-02T15:04:05.000Z"

func (x *xmlDoc) owner() {
	x.start("Owner", "")
	x.element("ID", ownerID)
	x.element("DisplayName", ownerName)
	x.end("Owner")
}

func (s *Server) headBucket(w *answer, _ *http.Request, q *request) error {
	// Also with an error: clients find the region this way.
	w.Header().Set("X-Amz-Bucket-Region", s.regionOf(q.bucket))
	if !s.store.hasBucket(q.bucket) {
		return q.storeError(errNoSuchBucket)
	}
	w.WriteHeader(http.StatusOK)
	return nil
}

func (s *Server) getBucketLocation(w *answer, r *http.Request, q *request) error {
	set, err := s.store.settings(q.bucket)
	if err != nil {
		return q.storeError(err)
	}
	location := set.Region
	if location == "us-east-1" {
		location = ""
	}
	// "GetBucketLocation": the root element itself holds the constraint.
	var x xmlDoc
	x.start("LocationConstraint", s3Namespace)
	x.text(location)
	x.end("LocationConstraint")
	x.write(w, r, http.StatusOK)
	return nil
}

func (s *Server) deleteBucket(w *answer, _ *http.Request, q *request) error {
	if err := s.store.deleteBucket(q.bucket); err != nil {
		return q.storeError(err)
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// storeError says in S3's words what the store said.
func (q *request) storeError(err error) error {
	name := field{"BucketName", q.bucket}
	switch {
	case errors.Is(err, errNoSuchBucket) && !validBucketName(q.bucket):
		return standard("InvalidBucketName", name)
	case errors.Is(err, errNoSuchBucket):
		return standard("NoSuchBucket", name)
	case errors.Is(err, errBucketExists):
		return standard("BucketAlreadyOwnedByYou", name)
	case errors.Is(err, errBucketNotEmpty):
		return standard("BucketNotEmpty", name)
	case errors.Is(err, errNoSuchKey):
		return standard("NoSuchKey", field{"Key", q.key})
	case errors.Is(err, errNoSuchVersion):
		return standard("NoSuchVersion", field{"Key", q.key}, field{"VersionId", q.version})
	case errors.Is(err, errNoSuchUpload):
		return standard("NoSuchUpload", field{"UploadId", q.query.Get("uploadId")})
	}
	return err
}

var bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)

// validBucketName holds a name against the Amazon S3 User Guide, "General
// purpose bucket naming rules" and "Directory bucket naming rules".
func validBucketName(name string) bool {
	if isDirectory(name) {
		return true
	}
	if !bucketName.MatchString(name) || strings.Contains(name, "..") {
		return false
	}
	if _, err := netip.ParseAddr(name); err == nil {
		return false
	}
	for _, prefix := range []string{"xn--", "sthree-", "amzn-s3-demo-"} {
		if strings.HasPrefix(name, prefix) {
			return false
		}
	}
	for _, suffix := range []string{"-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"} {
		if strings.HasSuffix(name, suffix) {
			return false
		}
	}
	return true
}

func httpTime(t time.Time) string { return t.UTC().Format(http.TimeFormat) }
