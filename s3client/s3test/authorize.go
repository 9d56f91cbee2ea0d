package s3test

import (
	"cmp"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/sigvier/sigvier/sts/policy"
)

// Which permissions an S3 request needs (Service Authorization Reference,
// "Actions, resources, and condition keys for Amazon S3"; Amazon S3 User Guide,
// "Required permissions for Amazon S3 API operations").

// s3Actions are the actions by operation.
var s3Actions = map[string]string{
	"ListBuckets":       "s3:ListAllMyBuckets",
	"CreateBucket":      "s3:CreateBucket",
	"HeadBucket":        "s3:ListBucket",
	"GetBucketLocation": "s3:GetBucketLocation",
	"DeleteBucket":      "s3:DeleteBucket",
	"ListObjects":       "s3:ListBucket",
	"ListObjectsV2":     "s3:ListBucket",
	"PutObject":         "s3:PutObject",
	"PostObject":        "s3:PutObject",
	"GetObject":         "s3:GetObject",
	"HeadObject":        "s3:GetObject",
	"DeleteObject":      "s3:DeleteObject",
}

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
	if !q.caller.unlimited() {
		for _, needed := range s.needed(r, q, h) {
			if d := q.caller.permit(needed, false); d != nil {
				return s.deny(d)
			}
		}
	}
	return s.checkOwner(q, h)
}

// needed is the permission for the operation itself, and those for what its
// headers ask for besides.
func (s *Server) needed(r *http.Request, q *request, h http.Header) []policy.Request {
	action := s3Actions[q.op]
	if q.query.Has("versionId") && (action == "s3:GetObject" || action == "s3:DeleteObject") {
		action += "Version"
	}
	context := s.s3Context(r, q, h)
	all := []policy.Request{q.need(action, q.bucket, q.key, context)}
	if action != "s3:PutObject" {
		return all
	}
	if h.Get("X-Amz-Acl") != "" {
		all = append(all, q.need("s3:PutObjectAcl", q.bucket, q.key, context))
	}
	if h.Get("X-Amz-Tagging") != "" {
		all = append(all, q.need("s3:PutObjectTagging", q.bucket, q.key, context))
	}
	if h.Get("If-Match") != "" {
		// Amazon S3 User Guide, "How to prevent object overwrites with conditional
		// writes": who compares the ETag gets to know it.
		all = append(all, q.need("s3:GetObject", q.bucket, q.key, context))
	}
	if source := h.Get("X-Amz-Copy-Source"); source != "" {
		action, bucket, key := copySource(source)
		all = append(all, q.need(action, bucket, key, context))
	}
	return all
}

func (q *request) need(action, bucket, key string, context map[string][]string) policy.Request {
	resource := "arn:" + partitionOf(q.caller.arn()) + ":s3:::"
	switch {
	case bucket == "":
		resource += "*"
	case key == "":
		resource += bucket
	default:
		resource += bucket + "/" + key
	}
	return policy.Request{Principal: q.caller.arn(), Action: action, Resource: resource, Context: context}
}

// copySource reads BUCKET/KEY[?versionId=ID], encoded like a URL (Amazon S3 API
// Reference, "CopyObject").
func copySource(source string) (action, bucket, key string) {
	action = "s3:GetObject"
	path, query, _ := strings.Cut(source, "?")
	if strings.HasPrefix(query, "versionId=") {
		action = "s3:GetObjectVersion"
	}
	if decoded, err := url.PathUnescape(path); err == nil {
		path = decoded
	}
	bucket, key, _ = strings.Cut(strings.TrimPrefix(path, "/"), "/")
	return action, bucket, key
}

// headerKeys are the condition keys s3:NAME that have the value of the header.
var headerKeys = strings.Fields(`
	x-amz-acl x-amz-content-sha256 x-amz-copy-source x-amz-grant-full-control x-amz-grant-read
	x-amz-grant-read-acp x-amz-grant-write x-amz-grant-write-acp x-amz-metadata-directive
	x-amz-object-ownership x-amz-server-side-encryption x-amz-server-side-encryption-aws-kms-key-id
	x-amz-server-side-encryption-customer-algorithm x-amz-storage-class x-amz-website-redirect-location
	if-match if-none-match`)

// s3Context has the condition keys of a request to S3. A parameter that is not in
// the request is no key, whereas an empty one is: a listing without a prefix is
// not one with the prefix "".
func (s *Server) s3Context(r *http.Request, q *request, h http.Header) map[string][]string {
	keys := s.context(r, q.caller)
	keys["s3:signatureversion"] = []string{"AWS4-HMAC-SHA256"}
	switch {
	case q.op == "PostObject":
		keys["s3:authType"] = []string{"POST"}
	case q.query.Has("X-Amz-Signature"):
		keys["s3:authType"] = []string{"REST-QUERY-STRING"}
		if signed, err := time.Parse("20060102T150405Z", q.query.Get("X-Amz-Date")); err == nil {
			keys["s3:signatureAge"] = []string{strconv.FormatInt(s.now().Sub(signed).Milliseconds(), 10)}
		}
	default:
		keys["s3:authType"] = []string{"REST-HEADER"}
	}
	if q.bucket != "" {
		owner := []string{s.owner(q.bucket)}
		keys["s3:ResourceAccount"], keys["aws:ResourceAccount"] = owner, owner
	}
	for _, name := range headerKeys {
		if v := h.Get(name); v != "" {
			keys["s3:"+name] = []string{v}
		}
	}
	for _, name := range []string{"prefix", "delimiter", "max-keys"} {
		if listing := q.op == "ListObjects" || q.op == "ListObjectsV2"; listing && q.query.Has(name) {
			keys["s3:"+name] = []string{q.query.Get(name)}
		}
	}
	if q.query.Has("versionId") {
		keys["s3:VersionId"] = q.query["versionId"]
	}
	return keys
}

// missing is the answer for an object that is not there, which only those get to
// know who may list the bucket (Amazon S3 API Reference, "GetObject",
// Permissions). The request has no prefix, so a permission to list that depends
// on one does not hold.
func (s *Server) missing(r *http.Request, q *request) error {
	if !q.caller.unlimited() {
		context := s.s3Context(r, q, r.Header)
		if d := q.caller.permit(q.need("s3:ListBucket", q.bucket, "", context), false); d != nil {
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
	if source := h.Get("X-Amz-Copy-Source"); source != "" {
		_, bucket, _ := copySource(source)
		return s.expectOwner(bucket, h.Get("X-Amz-Source-Expected-Bucket-Owner"))
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
