package s3test

import (
	"cmp"
	"context"
	"crypto/subtle"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sigv4/sigv4http"
)

// Directory buckets of S3 Express One Zone, as far as access to them is another
// (Amazon S3 User Guide, "Authorizing Zonal endpoint API operations with
// CreateSession"; Amazon S3 API Reference, "CreateSession"). What is in them is kept
// and listed as elsewhere.

const expressService = "s3express"

// directoryName is NAME--ZONE--x-s3 ("Directory bucket naming rules").
var directoryName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?--[a-z0-9]+(-[a-z0-9]+)*-az[0-9]+--x-s3$`)

func isDirectory(bucket string) bool { return len(bucket) <= 63 && directoryName.MatchString(bucket) }

// directoryOperations are those that directory buckets have; sessionless are those for
// which the caller's own credentials are enough.
var (
	directoryOperations = append(strings.Fields(`ListObjectsV2 ListMultipartUploads DeleteObjects PutObject GetObject HeadObject DeleteObject
		GetObjectAttributes CreateMultipartUpload UploadPart CompleteMultipartUpload AbortMultipartUpload ListParts`), sessionless...)
	sessionless = strings.Fields("CreateBucket DeleteBucket HeadBucket CreateSession CopyObject UploadPartCopy")
)

const (
	sessionTokenHeader = "X-Amz-S3session-Token"
	sessionLasts       = 5 * time.Minute
)

// createSession gives credentials for one bucket.
func (s *Server) createSession(w *answer, r *http.Request, q *request) error {
	if !isDirectory(q.bucket) {
		return notImplemented("CreateSession is for directory buckets")
	}
	if !s.store.hasBucket(q.bucket) {
		return q.storeError(errNoSuchBucket)
	}
	mode := cmp.Or(r.Header.Get("X-Amz-Create-Session-Mode"), "ReadWrite")
	if mode != "ReadWrite" && mode != "ReadOnly" {
		return invalidArgument("Invalid session mode", "x-amz-create-session-mode", mode)
	}
	own := session{user: q.caller.user}
	if q.caller.session != nil {
		own = *q.caller.session
	}
	own.bucket, own.readOnly, own.policies = q.bucket, mode == "ReadOnly", nil
	t := s.beginSession(&own, sessionLasts)

	w.Header().Set(sseHeader, "AES256")
	var x xmlDoc
	x.start("CreateSessionResult", s3Namespace)
	x.start("Credentials", "")
	x.element("SessionToken", t.token)
	x.element("SecretAccessKey", t.secret)
	x.element("AccessKeyId", t.accessKeyID)
	x.element("Expiration", t.expires.Format(timestamp))
	x.end("Credentials")
	x.end("CreateSessionResult")
	x.write(w, r, http.StatusOK)
	return nil
}

// expressVerifier finds the session of a request, whose token has a header of its own,
// or a parameter of that name.
func (s *Server) expressVerifier(v *sigv4http.Verifier, r *http.Request, q *request) *sigv4http.Verifier {
	token := cmp.Or(r.Header.Get(sessionTokenHeader), q.query.Get(sessionTokenHeader))
	if token == "" {
		return v
	}
	with := *v
	with.Lookup = func(_ context.Context, accessKeyID, _ string) (sigv4.Credentials, error) {
		t, ok := s.sessions.get(accessKeyID)
		switch {
		case !ok:
			return sigv4.Credentials{}, verifyError("InvalidAccessKeyId", accessKeyID)
		case t.bucket != q.bucket || subtle.ConstantTimeCompare([]byte(token), []byte(t.token)) != 1:
			return sigv4.Credentials{}, verifyError("InvalidToken", accessKeyID)
		case !s.now().Before(t.expires):
			return sigv4.Credentials{}, verifyError("ExpiredToken", accessKeyID)
		}
		return sigv4.NewCredentials(t.accessKeyID, t.secret, ""), nil
	}
	return &with
}

// authorizeExpress decides on a request to a directory bucket, unless that is a matter
// of policies. CreateSession has asked these for the session.
func (q *request) authorizeExpress(r *http.Request) (decided bool, err error) {
	t := q.caller.session
	within := t != nil && t.bucket != ""
	switch {
	case !slices.Contains(directoryOperations, q.op):
		return true, notImplemented("This operation is not supported by directory buckets")
	case !within && !slices.Contains(sessionless, q.op):
		return true, errorf("AccessDenied", "Access Denied: the operation wants the credentials of CreateSession, and their x-amz-s3session-token")
	case within && t.readOnly && r.Method != http.MethodGet && r.Method != http.MethodHead:
		return true, errorf("AccessDenied", "Access Denied: the session is ReadOnly")
	}
	return within, nil
}

// checkDirectoryListing refuses what listings of directories do not have.
func checkDirectoryListing(l listing, q *request) error {
	switch {
	case q.query.Get("start-after") != "":
		return notImplemented("Directory buckets do not support start-after")
	case l.delimiter != "" && l.delimiter != "/":
		return invalidArgument("Directory buckets support only / as a delimiter", "delimiter", l.delimiter)
	case l.prefix != "" && !strings.HasSuffix(l.prefix, "/"):
		return invalidArgument("A prefix of a directory bucket must end in /", "prefix", l.prefix)
	}
	return nil
}
