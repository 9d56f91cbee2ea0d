package sigv4

import (
	"net/http"
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
// Content-Length is signed if the header is set, and must then be the request's
// ContentLength.
//
// What is signed is what net/http sends. To that end req.Host is set where the
// URL's host has a default port, and a plus in the query, which stands for a
// blank, becomes %20 (in a copy of the URL).
//
// On error the request is untouched.
func (s *Signer) Sign(req *http.Request, cred Credentials, payload PayloadHash, t time.Time) error {
	w := s.pool.Get().(*work)
	defer s.release(w)
	host, err := s.signHeader(w, req, cred, payload, t)
	if err != nil {
		return err
	}

	// One string behind all values, and one array behind all slices of one.
	w.line = appendAuthorization(w.line, cred.AccessKeyID, w)
	n := len(w.line)
	text := string(append(w.line, w.timestamp...))
	values := [...]string{text[:n], text[n:], cred.SessionToken(), payload.s}
	slots := values[:]
	req.Header[headerAuthorization] = slots[0:1:1]
	req.Header[headerDate] = slots[1:2:2]
	delete(req.Header, headerToken)
	if cred.SessionToken() != "" {
		req.Header[headerToken] = slots[2:3:3]
	}
	if s.sendsContentSHA256(req, payload) {
		req.Header[headerContentSHA256] = slots[3:4:4]
	}
	if host != "" {
		req.Host = host
	}
	if strings.Contains(req.URL.RawQuery, "+") {
		u := *req.URL
		u.RawQuery = strings.ReplaceAll(u.RawQuery, "+", "%20")
		req.URL = &u
	}
	return nil
}

// signHeader fills w with the stages of the header form. host is what req.Host
// must become, "" if it may stay.
func (s *Signer) signHeader(w *work, req *http.Request, cred Credentials, payload PayloadHash, t time.Time) (setHost string, err error) {
	host, changed, err := s.begin(w, req, cred, payload, t)
	if err != nil {
		return "", err
	}
	sendsHash := s.sendsContentSHA256(req, payload)
	err = w.collectHeaders(req, func(name []byte) bool {
		switch string(name) {
		case "authorization", "x-amz-date", "x-amz-security-token":
			return true
		case "x-amz-content-sha256":
			return sendsHash
		}
		return false
	})
	if err != nil {
		return "", err
	}
	w.addHeader("Host", host)
	w.addHeader(headerDate, string(w.timestamp))
	if token := cred.SessionToken(); token != "" && s.signToken {
		w.addHeader(headerToken, token)
	}
	if sendsHash {
		w.addHeader(headerContentSHA256, payload.s)
	}
	if err := w.finishHeaders(); err != nil {
		return "", err
	}
	var presigned bool
	err = w.collectQuery(req.URL.RawQuery, func(name []byte) bool {
		presigned = presigned || string(name) == "X-Amz-Signature"
		return false
	})
	if err != nil {
		return "", err
	}
	if presigned {
		return "", refuse(ErrRequest, "query", "has an X-Amz-Signature already: a request is signed in its headers or in its query, not both")
	}
	if err := s.finish(w, req, cred, payload); err != nil {
		return "", err
	}
	if changed {
		setHost = host
	}
	return setHost, nil
}

// begin checks the inputs that both forms have and starts w.
func (s *Signer) begin(w *work, req *http.Request, cred Credentials, payload PayloadHash, t time.Time) (host string, changed bool, err error) {
	if err := cred.check(); err != nil {
		return "", false, err
	}
	if err := payload.check(); err != nil {
		return "", false, err
	}
	if err := checkTime(t); err != nil {
		return "", false, err
	}
	if req == nil || req.URL == nil || req.Header == nil {
		return "", false, refuse(ErrRequest, "request", "is nil, or has no URL or no Header: make it with http.NewRequest")
	}
	w.exact = s.signedHeaders
	w.timestamp = t.UTC().AppendFormat(w.timestamp[:0], timeFormat)
	w.scope = appendScope(w.scope[:0], w.timestamp[:dateLen], s.region, s.service)
	return wireHost(req)
}

// finish makes the canonical request, the string to sign and the signature.
func (s *Signer) finish(w *work, req *http.Request, cred Credentials, payload PayloadHash) error {
	w.sortParams()
	if err := s.canonicalize(w, req.Method, req.URL, payload); err != nil {
		return err
	}
	w.toSign = appendStringToSign(w.toSign, w.timestamp, w.scope, w.canonical)
	key := s.keys.get(cred.SecretAccessKey(), w.timestamp[:dateLen], s.region, s.service)
	w.signature = key.appendSignature(w.signature, w.toSign)
	return nil
}

func (s *Signer) sendsContentSHA256(req *http.Request, payload PayloadHash) bool {
	return s.contentSHA256 || !payload.IsDigest() || len(req.Header[headerContentSHA256]) > 0
}

// appendAuthorization appends the value of the Authorization header:
//
//	AWS4-HMAC-SHA256 Credential=ID/scope, SignedHeaders=a;b, Signature=hex
func appendAuthorization(dst []byte, accessKeyID string, w *work) []byte {
	dst = append(dst, algorithm+" Credential="...)
	dst = append(append(append(dst, accessKeyID...), '/'), w.scope...)
	dst = append(append(dst, ", SignedHeaders="...), w.signed...)
	return append(append(dst, ", Signature="...), w.signature...)
}
