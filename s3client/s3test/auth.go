package s3test

import (
	"context"
	"crypto/subtle"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sigv4/sigv4http"
)

// Who asks, and whether the body is the one that was signed.

// authenticateS3 gives the request whose body is verified while it is read.
func (s *Server) authenticateS3(r *http.Request, q *request) (*http.Request, error) {
	switch {
	case signed(r, q) || q.op == "PostObject" && isForm(r):
	case q.op == "PostObject":
		_, err := sigv4http.ReadPostedForm(r) // says what it is not
		return r, err
	case q.query.Has("AWSAccessKeyId"):
		// Signature Version 2, which boto3 presigns with unless it is told s3v4.
		return r, errorf("InvalidRequest", "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.")
	default:
		return r, standard("AccessDenied")
	}
	verifier, err := s.verifierFor(r, q)
	if err != nil {
		return r, err
	}
	if isDirectory(q.bucket) {
		verifier = s.expressVerifier(verifier, r, q)
	}
	verified, err := verifier.Verify(r)
	if err != nil {
		return r, err
	}
	caller := sigv4http.VerifiedFrom(verified.Context())
	if q.caller, err = s.callerOf(caller.AccessKeyID); err != nil {
		return r, err
	}
	if strings.HasPrefix(caller.Payload.String(), "STREAMING-") {
		return verified, q.announced(verified.Header)
	}
	return verified, nil
}

// bucketOf is what the policies of forms are held against.
func (s *Server) bucketOf(r *http.Request) string {
	var q request
	if err := q.locate(r, s.cfg.Domains); err != nil {
		return ""
	}
	return q.bucket
}

// announced finds the checksum that is to follow a body in chunks.
func (q *request) announced(h http.Header) error {
	for name := range strings.SplitSeq(h.Get("X-Amz-Trailer"), ",") {
		if name = http.CanonicalHeaderKey(strings.TrimSpace(name)); strings.HasPrefix(name, "X-Amz-Checksum-") {
			q.trailer = name
		} else if name != "" {
			return errorf("InvalidRequest", "The value specified in the x-amz-trailer header is not supported")
		}
	}
	h.Del("X-Amz-Trailer")
	return nil
}

func isForm(r *http.Request) bool {
	mediaType, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	return strings.EqualFold(strings.TrimSpace(mediaType), "multipart/form-data")
}

func signed(r *http.Request, q *request) bool {
	return r.Header.Get("Authorization") != "" || q.query.Has("X-Amz-Algorithm") || q.query.Has("X-Amz-Signature")
}

// lookup implements [sigv4.Lookup]. It finds the secrets; that the token belongs
// to the key is for it to check.
func (s *Server) lookup(_ context.Context, accessKeyID, token string) (sigv4.Credentials, error) {
	if u, ok := s.users[accessKeyID]; ok {
		if token != "" {
			return sigv4.Credentials{}, verifyError("InvalidToken", accessKeyID)
		}
		return sigv4.NewCredentials(u.AccessKeyID, u.SecretAccessKey, ""), nil
	}
	t, ok := s.sessions.get(accessKeyID)
	switch {
	case !ok || token == "" || t.bucket != "":
		return sigv4.Credentials{}, verifyError("InvalidAccessKeyId", accessKeyID)
	case subtle.ConstantTimeCompare([]byte(token), []byte(t.token)) != 1:
		return sigv4.Credentials{}, verifyError("InvalidToken", accessKeyID)
	case !s.now().Before(t.expires):
		return sigv4.Credentials{}, verifyError("ExpiredToken", accessKeyID)
	}
	return sigv4.NewCredentials(t.accessKeyID, t.secret, t.token), nil
}

func verifyError(code, accessKeyID string) *sigv4.VerifyError {
	return &sigv4.VerifyError{Code: code, Status: statuses[code].status, Message: statuses[code].message, AccessKeyID: accessKeyID}
}

// refused makes a refusal an error as this server writes them.
func refused(e *sigv4http.Refusal) *apiError {
	answer := &apiError{Code: e.Code, Status: e.Status, Message: e.Message}
	for _, element := range e.Elements {
		answer.Fields = append(answer.Fields, field{element[0], element[1]})
	}
	return answer
}

// maxForm bounds the bodies that are read into memory: XML and forms.
const maxForm = 1 << 20

// maxLong bounds those that list parts or keys: 10,000 with their checksums, or
// 1,000 of 1,024 bytes.
const maxLong = 8 << 20

// readBody reads a small body.
func readBody(r *http.Request, limit int64) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, limit+1))
	switch {
	case err != nil:
		return nil, bodyError(err)
	case int64(len(body)) > limit:
		return nil, standard("MaxMessageLengthExceeded", field{"MaxMessageLengthBytes", limit})
	}
	return body, nil
}

// readSummed reads the body of an operation that stores none, and holds it
// against the digest or the checksum that comes with it.
func readSummed(r *http.Request, q *request) ([]byte, error) {
	limit := int64(maxForm)
	if q.operation.is(long) {
		limit = maxLong
	}
	body, err := readBody(r, limit)
	if err != nil || q.operation.is(sumsAnObject) {
		return body, err
	}
	sums, err := newChecksums(r.Header, q.trailer)
	if err != nil {
		return nil, err
	}
	if q.trailer != "" {
		sums.want = r.Trailer.Get(q.trailer)
	}
	if q.operation.is(summed) && sums.contentMD5 == nil && sums.want == "" {
		return nil, errorf("InvalidRequest", "Missing required header for this request: Content-MD5 OR x-amz-checksum-*")
	}
	for _, w := range sums.writers() {
		w.Write(body)
	}
	return body, sums.verify()
}

// bodyError says what a body that ended with an error is to S3: not what was
// signed, or not there.
func bodyError(err error) error {
	if e := (*sigv4http.Refusal)(nil); errors.As(err, &e) {
		return e
	}
	if e := (*http.MaxBytesError)(nil); errors.As(err, &e) {
		return standard("EntityTooLarge", field{"MaxSizeAllowed", e.Limit})
	}
	return standard("IncompleteBody")
}
