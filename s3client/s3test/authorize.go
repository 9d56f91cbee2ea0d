package s3test

import (
	"cmp"
	"crypto/tls"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Whether the caller may do what a request to S3 asks for.

// authorize decides whether the caller may do what the request asks for. The
// headers are the request's, or the fields of its form.
func (s *Server) authorize(r *http.Request, q *request, h http.Header) error {
	if q.op != "ListBuckets" && q.op != "CreateBucket" && !s.store.hasBucket(q.bucket) {
		// That a bucket is not there, S3 tells everybody, also those without a
		// signature: there is nobody whose policy could say anything about it.
		if q.op == "HeadBucket" {
			return nil // whose answer has more than the error
		}
		return q.storeError(errNoSuchBucket)
	}
	n, ok := s3Needs[q.op]
	if !ok {
		return fmt.Errorf("s3test: s3Needs has no line for %s", q.op)
	}
	if isDirectory(q.bucket) {
		if decided, err := q.authorizeExpress(r); decided {
			return cmp.Or(err, s.checkOwner(q, h))
		}
	}
	if !n.batch {
		if err := s.authorizeObject(r, q, h, q.on()); err != nil {
			return err
		}
	}
	return s.checkOwner(q, h)
}

// authorizeObject decides on one target. The handlers of operations that name
// their objects in the body ask it for each.
func (s *Server) authorizeObject(r *http.Request, q *request, h http.Header, on location) error {
	if q.caller.unlimited() {
		return nil
	}
	for _, n := range q.needed(on, h, s.keysOf(r, q, h)) {
		if d := q.caller.permit(n, false); d != nil {
			return s.deny(d)
		}
	}
	return nil
}

// headerKeys are the condition keys s3:NAME that have the value of the header NAME,
// or of x-amz-NAME if it is about object lock.
var headerKeys = strings.Fields(`
	x-amz-acl x-amz-content-sha256 x-amz-copy-source x-amz-grant-full-control x-amz-grant-read
	x-amz-grant-read-acp x-amz-grant-write x-amz-grant-write-acp x-amz-metadata-directive
	x-amz-object-ownership x-amz-server-side-encryption x-amz-server-side-encryption-aws-kms-key-id
	x-amz-server-side-encryption-customer-algorithm x-amz-storage-class x-amz-website-redirect-location
	object-lock-legal-hold object-lock-mode object-lock-retain-until-date
	if-match if-none-match`)

// s3Context has the condition keys that are the same for all that a request to S3
// needs. A parameter that is not in the request is no key, whereas an empty one is:
// a listing without a prefix is not one with the prefix "".
func (s *Server) s3Context(r *http.Request, q *request, h http.Header) map[string][]string {
	keys := s.context(r, q.caller)
	set := func(key, value string) { keys["s3:"+key] = []string{value} }
	set("signatureversion", "AWS4-HMAC-SHA256")
	switch {
	case q.op == "PostObject":
		set("authType", "POST")
	case q.query.Has("X-Amz-Signature"):
		set("authType", "REST-QUERY-STRING")
		if signed, err := time.Parse("20060102T150405Z", q.query.Get("X-Amz-Date")); err == nil {
			set("signatureAge", strconv.FormatInt(s.now().Sub(signed).Milliseconds(), 10))
		}
	default:
		set("authType", "REST-HEADER")
	}
	if r.TLS != nil {
		set("TlsVersion", strings.TrimPrefix(tls.VersionName(r.TLS.Version), "TLS "))
	}
	for _, name := range headerKeys {
		header := name
		if strings.HasPrefix(name, "object-lock-") {
			header = "x-amz-" + name
		}
		if v := h.Get(header); v != "" {
			set(name, v)
		}
	}
	if s3Needs[q.op].lists {
		set("max-keys", "1000") // which it is if nothing is said
		for _, name := range []string{"prefix", "delimiter", "max-keys"} {
			if q.query.Has(name) {
				set(name, q.query.Get(name))
			}
		}
	}
	return keys
}

// keysOf adds to the condition keys of a request those that depend on the action and
// on what it is about.
func (s *Server) keysOf(r *http.Request, q *request, h http.Header) func(action string, on location) map[string][]string {
	all := s.s3Context(r, q, h)
	return func(action string, on location) map[string][]string {
		keys := maps.Clone(all)
		if on.bucket != "" {
			owner := []string{s.owner(on.bucket)}
			keys["s3:ResourceAccount"], keys["aws:ResourceAccount"] = owner, owner
		}
		if on.version != "" {
			keys["s3:VersionId"] = []string{on.version}
		}
		if action == "s3:PutObject" {
			keys["s3:ObjectCreationOperation"] = []string{strconv.FormatBool(s3Needs[q.op].creates)}
		}
		return keys
	}
}

// missing is the answer for an object that is not there, which only those get to
// know who may list the bucket (Amazon S3 API Reference, "GetObject",
// Permissions). The request has no prefix, so a permission to list that depends
// on one does not hold.
func (s *Server) missing(r *http.Request, q *request) error {
	if !q.caller.unlimited() {
		bucket := location{bucket: q.bucket}
		list := q.need("s3:ListBucket", bucket)
		list.Context = s.keysOf(r, q, r.Header)(list.Action, bucket)
		if d := q.caller.permit(list, false); d != nil {
			return s.deny(d)
		}
	}
	return q.storeError(errNoSuchKey)
}

func (s *Server) owner(bucket string) string { return cmp.Or(s.cfg.Owners[bucket], account) }

// checkOwner compares who owns the bucket with whom the client expects (Amazon S3
// User Guide, "Verifying bucket ownership with bucket owner condition"). The
// header is a parameter in the query of presigned URLs that hold it there.
func (s *Server) checkOwner(q *request, h http.Header) error {
	if q.op == "ListBuckets" || q.op == "CreateBucket" { // which do not have it
		return nil
	}
	const name = "X-Amz-Expected-Bucket-Owner"
	expected := cmp.Or(h.Get(name), q.query.Get(name), q.query.Get(strings.ToLower(name)))
	if err := s.expectOwner(q.bucket, expected); err != nil {
		return err
	}
	if from, err := parseCopySource(h.Get(copySourceHeader)); err == nil {
		return s.expectOwner(from.bucket, h.Get("X-Amz-Source-Expected-Bucket-Owner"))
	}
	return nil
}

func (s *Server) expectOwner(bucket, expected string) error {
	switch {
	case expected == "":
		return nil
	case !accountID.MatchString(expected):
		return standard("InvalidBucketOwnerAWSAccountID")
	case expected != s.owner(bucket):
		return standard("AccessDenied")
	}
	return nil
}
