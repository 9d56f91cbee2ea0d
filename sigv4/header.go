package sigv4

import (
	"cmp"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Step 5 of "Create a signed AWS API request": add the signature to the headers.

// The headers that are the signer's own, in net/http's canonical form.
const (
	headerAuthorization = "Authorization"
	headerDate          = "X-Amz-Date"
	headerToken         = "X-Amz-Security-Token"
	headerContentSHA256 = "X-Amz-Content-Sha256"
)

// Sign signs the request as of time t and sets, in place of what may be there:
//
//   - X-Amz-Date,
//   - X-Amz-Security-Token, when the credentials have a session token (else it is
//     removed),
//   - X-Amz-Content-Sha256, for S3, when the payload hash is no digest, or when
//     the request already has it,
//   - Authorization.
//
// It signs the host, these headers but the last, and every other header that the
// request carries save authorization, user-agent, x-amzn-trace-id, expect,
// accept-encoding, the hop-by-hop headers (connection, keep-alive, te, trailer,
// transfer-encoding, upgrade, proxy-…) and those that proxies write (via,
// forwarded, x-forwarded-…, x-real-ip); or exactly [Options.SignedHeaders].
// Content-Length is signed if the header is set, and must then be the length that
// net/http sends.
//
// What is signed is what net/http sends. To that end req.Host is set where the
// URL's host has a default port, and a plus or blank in the query, which both
// stand for a blank, becomes %20 (in a copy of the URL).
//
// On error the request is untouched.
func (s *Signer) Sign(req *http.Request, cred Credentials, payload PayloadHash, t time.Time) error {
	w := s.signHeader(req, cred, payload, t)
	defer s.release(w)
	if w.err != nil {
		return w.err
	}
	// One string behind all values, and one array behind all slices of one.
	w.line = appendAuthorization(w.line, cred.AccessKeyID, w)
	text := string(append(w.line, w.timestamp...))
	slots := []string{text[:len(w.line)], text[len(w.line):], cred.SessionToken(), payload.s}
	req.Header[headerAuthorization] = slots[0:1:1]
	req.Header[headerDate] = slots[1:2:2]
	delete(req.Header, headerToken)
	if cred.SessionToken() != "" {
		req.Header[headerToken] = slots[2:3:3]
	}
	if s.sendsContentSHA256(req, payload) {
		req.Header[headerContentSHA256] = slots[3:4:4]
	}
	if w.host != cmp.Or(req.Host, req.URL.Host) {
		req.Host = w.host
	}
	if strings.ContainsAny(req.URL.RawQuery, "+ ") {
		u := *req.URL
		u.RawQuery = strings.NewReplacer("+", "%20", " ", "%20").Replace(u.RawQuery)
		req.URL = &u
	}
	return nil
}

// signHeader makes the stages of the header form.
func (s *Signer) signHeader(req *http.Request, cred Credentials, payload PayloadHash, t time.Time) *work {
	w := s.begin(req, cred, payload, t)
	if w.err != nil {
		return w
	}
	w.collectHeaders(isOwnHeader)
	w.addHeader("host", w.host)
	w.addHeader("x-amz-date", string(w.timestamp))
	if token := cred.SessionToken(); token != "" && s.signToken {
		w.addHeader("x-amz-security-token", token)
	}
	if s.sendsContentSHA256(req, payload) {
		w.addHeader("x-amz-content-sha256", payload.s)
	}
	w.finishHeaders()
	w.collectQuery(func(name []byte) bool {
		if string(name) == "X-Amz-Signature" || string(name) == "X-Amz-Algorithm" {
			w.fail(ErrRequest, "query", "has "+string(name)+" already: a request is signed in its headers or in its query, not both")
		}
		return false
	})
	s.finish(w, cred, payload)
	return w
}

// begin checks the inputs that both forms have and starts the work.
func (s *Signer) begin(req *http.Request, cred Credentials, payload PayloadHash, t time.Time) *work {
	w := s.pool.Get().(*work)
	w.req, w.exact = req, s.signedHeaders
	if w.err = cred.Validate(); w.err == nil {
		w.timestamp, w.err = appendTime(w.timestamp, t)
	}
	if payload.s == "" {
		w.fail(ErrPayloadHash, "payload hash", "is not set: use PayloadOf, PayloadDigest, EmptyPayload or UnsignedPayload")
	}
	if req == nil || req.URL == nil || req.Header == nil {
		w.fail(ErrRequest, "request", "is nil, or has no URL or no Header: make it with http.NewRequest")
	}
	if w.err != nil {
		return w
	}
	w.scope = appendScope(w.scope, w.timestamp[:dateLen], s.region, s.service)
	w.setHost()
	if length := req.Header["Content-Length"]; len(length) > 0 && w.signs([]byte("content-length")) && !sendsLength(req, length[0]) {
		w.failHeader("Content-Length", "is not what net/http sends: that goes by the request's ContentLength, Body and TransferEncoding")
	}
	return w
}

// sendsLength reports whether net/http will send this Content-Length.
func sendsLength(req *http.Request, length string) bool {
	n, put := req.ContentLength, req.Method == http.MethodPost || req.Method == http.MethodPut || req.Method == http.MethodPatch
	return (n > 0 || n == 0 && put && (req.Body == nil || req.Body == http.NoBody)) &&
		len(req.TransferEncoding) == 0 && length == strconv.FormatInt(n, 10)
}

// finish makes the canonical request, the string to sign and the signature.
func (s *Signer) finish(w *work, cred Credentials, payload PayloadHash) {
	if s.canonicalize(w, payload); w.err != nil {
		return
	}
	w.toSign = appendStringToSign(w.toSign, w.timestamp, w.scope, w.canonical)
	key := s.keys.get(cred.SecretAccessKey(), w.timestamp[:dateLen], s.region, s.service)
	w.signature = key.appendSignature(w.signature, w.toSign)
}

func (s *Signer) sendsContentSHA256(req *http.Request, payload PayloadHash) bool {
	return s.contentSHA256 || !payload.IsDigest() || len(req.Header[headerContentSHA256]) > 0
}

// isOwnHeader names the headers that Sign sets.
func isOwnHeader(name []byte) bool {
	return isHeaderFormOnly(name) || string(name) == "x-amz-content-sha256"
}

// isHeaderFormOnly names those that a presigned URL has as parameters instead.
func isHeaderFormOnly(name []byte) bool {
	return string(name) == "authorization" || string(name) == "x-amz-date" || string(name) == "x-amz-security-token"
}

// appendAuthorization appends the value of the Authorization header:
//
//	AWS4-HMAC-SHA256 Credential=ID/scope, SignedHeaders=a;b, Signature=hex
func appendAuthorization(dst []byte, accessKeyID string, w *work) []byte {
	dst = append(append(dst, algorithm+" Credential="...), accessKeyID...)
	dst = append(append(dst, '/'), w.scope...)
	dst = append(append(dst, ", SignedHeaders="...), w.signed...)
	return append(append(dst, ", Signature="...), w.signature...)
}
