package sigv4

import (
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
	headerRegionSet     = "X-Amz-Region-Set"
)

// Sign signs the request as of time t and sets, in place of what may be there:
//
//   - X-Amz-Date,
//   - X-Amz-Security-Token, when the credentials have a session token (else it is
//     removed),
//   - X-Amz-Region-Set, with an [Options.Algorithm],
//   - X-Amz-Content-Sha256, for S3, when the payload hash is no digest, or when
//     the request already has it,
//   - Authorization.
//
// It signs the host, these headers but the last, and every other header that the
// request carries save authorization, user-agent, x-amzn-trace-id, expect,
// accept-encoding, the hop-by-hop headers (connection, keep-alive, te, trailer,
// transfer-encoding, upgrade, proxy-connection, proxy-authorization and
// proxy-authenticate) and those that proxies write (via, forwarded, x-real-ip,
// x-forwarded-for, -host, -port and -proto); or exactly [Options.SignedHeaders].
// Content-Length is signed if the header is set, and must then be the length that
// net/http sends.
//
// What is signed is what net/http sends. To that end req.Host is set where the
// URL's host has a default port, and a plus or blank in the query, which both
// stand for a blank, becomes %20, and a plus in a path for S3, which would read it
// as a blank, %2B (in a copy of the URL).
//
// On error the request is untouched.
func (s *Signer) Sign(req *http.Request, cred Credentials, payload PayloadHash, t time.Time) error {
	w, err := s.signHeader(req, cred, payload, t)
	if err != nil {
		return err
	}
	// AWS4-HMAC-SHA256 Credential=ID/scope, SignedHeaders=a;b, Signature=hex
	authorization := w.key.authorization + string(w.signed) + ", Signature=" + string(w.signature)
	values := []string{authorization, w.timestamp, w.hash, cred.SessionToken(), s.regionSet} // behind the slices of one
	// With nothing but what was collected, there is no old token.
	if len(req.Header) > len(w.headers) {
		delete(req.Header, headerToken)
	}
	for i, key := range [...]string{headerAuthorization, headerDate, headerContentSHA256, headerToken, headerRegionSet} {
		if values[i] != "" {
			req.Header[key] = values[i : i+1 : i+1]
		}
	}
	if w.host != req.URL.Host || req.Host != "" {
		req.Host = w.host
	}
	if w.plus {
		u := *req.URL
		u.RawQuery = strings.NewReplacer("+", "%20", " ", "%20").Replace(u.RawQuery)
		if !s.doubleEncode {
			u.RawPath, u.Opaque = strings.ReplaceAll(u.EscapedPath(), "+", "%2B"), strings.ReplaceAll(u.Opaque, "+", "%2B")
		}
		req.URL = &u
	}
	return w.free()
}

// signHeader makes the stages of the header form.
func (s *Signer) signHeader(req *http.Request, cred Credentials, payload PayloadHash, t time.Time) (*work, error) {
	w, err := s.begin(req, cred, payload, t)
	if err != nil {
		return nil, err
	}
	if s.contentSHA256 || !payload.IsDigest() || len(req.Header[headerContentSHA256]) > 0 {
		w.hash = payload.s
	}
	w.collectHeaders(s.own)
	w.finishHeaders([2]string{"host", w.host}, [2]string{"x-amz-content-sha256", w.hash}, [2]string{"x-amz-date", w.timestamp},
		[2]string{"x-amz-region-set", s.regionSet}, [2]string{"x-amz-security-token", w.token})
	w.collectQuery(func(name []byte, _ string) bool {
		if string(name) == "X-Amz-Signature" || string(name) == "X-Amz-Algorithm" {
			w.fail(ErrRequest, "query", "has "+string(name)+" already: a request is signed in its headers or in its query, not both")
		}
		return false
	})
	return w, w.finish(payload)
}

// begin checks the inputs that both forms have and starts the work.
func (s *Signer) begin(req *http.Request, cred Credentials, payload PayloadHash, t time.Time) (*work, error) {
	w := s.pool.Get().(*work)
	w.req, w.exact = req, s.exact
	if second := t.Unix(); second != w.second || w.timestamp == "" {
		w.timestamp, w.err = formatTime(t)
		w.second = second
	}
	if w.err == nil {
		w.key, w.err = s.key(cred, w.timestamp[:dateLen])
	}
	if payload.s == "" {
		w.fail(ErrPayloadHash, "payload hash", "is not set: use PayloadOf, PayloadDigest, EmptyPayload or UnsignedPayload")
	}
	if req == nil || req.URL == nil || req.Header == nil {
		w.fail(ErrRequest, "request", "is nil, or has no URL or no Header: make it with http.NewRequest")
	}
	if w.err != nil {
		return nil, w.free()
	}
	if w.setHost(); s.signToken {
		w.token = cred.SessionToken()
	}
	return w, nil
}

// sendsLength reports whether net/http will send this Content-Length, or has
// received it: then RequestURI is set, as it must not be to send.
func sendsLength(req *http.Request, length []string) bool {
	n, put := req.ContentLength, req.Method == http.MethodPost || req.Method == http.MethodPut || req.Method == http.MethodPatch
	return len(length) == 1 && (n > 0 || n == 0 && (put || req.RequestURI != "") && (req.Body == nil || req.Body == http.NoBody)) &&
		len(req.TransferEncoding) == 0 && length[0] == strconv.FormatInt(n, 10)
}
