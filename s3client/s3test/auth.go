package s3test

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/sigvier/sigvier/sigv4"
)

// Who asks, and whether the body is the one that was signed.

// caller is an authenticated identity: a user, or a role's session.
type caller struct {
	accessKeyID string
	session     *session // nil for a user
}

func (s *Server) authenticateS3(r *http.Request, q *request) error {
	if !signed(r, q) {
		if q.query.Has("AWSAccessKeyId") {
			// Signature Version 2, which boto3 presigns with unless it is told s3v4.
			return errorf("InvalidRequest", "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.")
		}
		return standard("AccessDenied")
	}
	v, err := s.s3.Verify(r, s.lookup, sigv4.PayloadHash{}, s.now())
	if err != nil {
		return s.s3AuthError(err, r, q)
	}
	q.caller = s.callerOf(v.AccessKeyID)
	if strings.HasPrefix(v.Payload.String(), "STREAMING-") {
		return s.dechunk(r, q, v)
	}
	if v.Payload.IsDigest() {
		q.payload.want = v.Payload.String()
	}
	return nil
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
	case !ok || token == "":
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

func (s *Server) callerOf(accessKeyID string) caller {
	c := caller{accessKeyID: accessKeyID}
	if t, ok := s.sessions.get(accessKeyID); ok {
		c.session = &t
	}
	return c
}

// s3AuthError adds the elements that S3 gives with the code.
func (s *Server) s3AuthError(err error, r *http.Request, q *request) error {
	var v *sigv4.VerifyError
	if !errors.As(err, &v) {
		return err
	}
	e := &apiError{Code: v.Code, Status: v.Status, Message: v.Message}
	add := func(name string, value any) { e.Fields = append(e.Fields, field{name, value}) }
	switch v.Code {
	case "SignatureDoesNotMatch":
		add("AWSAccessKeyId", v.AccessKeyID)
		add("StringToSign", v.StringToSign)
		add("SignatureProvided", v.SignatureProvided)
		add("StringToSignBytes", hexBytes(v.StringToSign))
		add("CanonicalRequest", v.CanonicalRequest)
		add("CanonicalRequestBytes", hexBytes(v.CanonicalRequest))
	case "InvalidAccessKeyId":
		add("AWSAccessKeyId", v.AccessKeyID)
	case "AuthorizationHeaderMalformed":
		if v.Region != "" {
			add("Region", v.Region)
		}
	case "RequestTimeTooSkewed":
		add("RequestTime", r.Header.Get("X-Amz-Date"))
		add("ServerTime", s.now().Format(time.RFC3339))
		add("MaxAllowedSkewMilliseconds", 900000)
	case "AccessDenied":
		signedAt, err := time.Parse("20060102T150405Z", q.query.Get("X-Amz-Date"))
		seconds, err2 := strconv.Atoi(q.query.Get("X-Amz-Expires"))
		if err == nil && err2 == nil {
			add("X-Amz-Expires", seconds)
			add("Expires", signedAt.Add(time.Duration(seconds)*time.Second).Format(time.RFC3339))
			add("ServerTime", s.now().Format(time.RFC3339))
		}
	}
	return e
}

// payloadCheck holds the body against the digest that was signed.
type payloadCheck struct {
	want string // hex; "" when the signature does not cover the body
	sum  hash.Hash
}

// writer is where the body must pass; nil when nothing was promised.
func (p *payloadCheck) writer() io.Writer {
	if p.want == "" {
		return nil
	}
	p.sum = sha256.New()
	return p.sum
}

func (p *payloadCheck) verify() error {
	if p.want == "" {
		return nil
	}
	if p.sum == nil {
		p.sum = sha256.New()
	}
	if got := hex.EncodeToString(p.sum.Sum(nil)); got != p.want {
		return standard("XAmzContentSHA256Mismatch",
			field{"ClientComputedContentSHA256", p.want}, field{"S3ComputedContentSHA256", got})
	}
	return nil
}

// maxForm bounds the bodies that are read into memory: XML and forms.
const maxForm = 1 << 20

// readBody reads a small body and holds it against its digest. Every operation
// without a body of its own calls it too, for a digest may be signed all the same.
func (q *request) readBody(r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxForm+1))
	if err != nil {
		return nil, bodyError(err)
	}
	if len(body) > maxForm {
		return nil, standard("MaxMessageLengthExceeded", field{"MaxMessageLengthBytes", maxForm})
	}
	if w := q.payload.writer(); w != nil {
		w.Write(body)
	}
	return body, q.payload.verify()
}
