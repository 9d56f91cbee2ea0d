package sigv4

import (
	"bytes"
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Step 5 in its other form: the signature in the query string, a presigned URL
// (Amazon S3 API Reference, "Authenticating Requests: Using Query Parameters").

// MaxExpires is the longest life of a presigned URL: seven days.
const MaxExpires = 7 * 24 * time.Hour

// Presigned is a URL that carries its own authorization. It is a secret while it
// lives: do not log it.
type Presigned struct {
	URL     string
	Header  http.Header // signed headers that must be sent with it; Host comes from the URL
	Expires time.Time   // when it ends
}

// PresignPayload is what the service takes for the payload hash of a presigned
// URL whose body is not known: [UnsignedPayload] for S3, for others [EmptyPayload].
func (s *Signer) PresignPayload() PayloadHash {
	if s.s3 {
		return UnsignedPayload()
	}
	return EmptyPayload()
}

// Presign makes a URL that is valid from t for a time of 1 second to
// [MaxExpires], in whole seconds. The request, which stays untouched, gives
// method, URL and headers. What it has of X-Amz-… authentication parameters is
// replaced. See [Signer.PresignPayload] for the payload hash.
//
// A URL ends with the credentials that signed it. One that is to live longer than
// they do is refused, or shortened with [Options.ShortenExpires];
// [Presigned.Expires] is when it really ends.
//
// Headers are signed by the same policy as in [Signer.Sign] and must be sent
// along with the URL.
func (s *Signer) Presign(req *http.Request, cred Credentials, payload PayloadHash, t time.Time, expires time.Duration) (Presigned, error) {
	w, end, err := s.signQuery(req, cred, payload, t, expires)
	if err != nil {
		return Presigned{}, err
	}
	p := Presigned{URL: w.url(), Header: http.Header{}, Expires: end}
	for key, values := range req.Header {
		if len(values) > 0 && !slices.Contains(s.ownInQuery(), key) && w.signs(w.lower(key)) {
			p.Header[key] = slices.Clone(values)
		}
	}
	return p, w.free()
}

// url puts the presigned URL together: the query in canonical order, and behind it
// what is not signed.
func (w *work) url() string {
	_, lines, _ := bytes.Cut(w.canonical, []byte("\n"))
	path, lines, _ := bytes.Cut(lines, []byte("\n")) // leaves no doubt, as url.URL would of a plus
	query, _, _ := bytes.Cut(lines, []byte("\n"))
	if w.s.doubleEncode {
		path = []byte(w.wire)
	}
	token := ""
	if w.key.sessionToken != "" && !w.s.signToken {
		token = "&X-Amz-Security-Token=" + w.key.tokenInQuery
	}
	return cmp.Or(w.req.URL.Scheme, "https") + "://" + w.host + string(path) + "?" + string(query) + token + "&X-Amz-Signature=" + string(w.signature)
}

// signQuery makes the stages of the query form, which is good until end.
func (s *Signer) signQuery(req *http.Request, cred Credentials, payload PayloadHash, t time.Time, expires time.Duration) (w *work, end time.Time, err error) {
	if w, err = s.begin(req, cred, payload, t); err != nil {
		return nil, end, err
	}
	if left := cred.Expires.Sub(t.Truncate(time.Second)).Truncate(time.Second); !cred.Expires.IsZero() && expires > left {
		if !s.shortenExpires {
			w.fail(ErrExpires, "expiry", "is later than that of the credentials, "+cred.Expires.UTC().Format(time.RFC3339)+", with which the URL ends: ask for less, or set Options.ShortenExpires")
		}
		expires = left
	}
	if expires < time.Second || expires > MaxExpires || expires%time.Second != 0 {
		w.fail(ErrExpires, "expiry", "is not a whole number of seconds from 1 to 604800 (seven days)")
	}
	if hash := req.Header[headerContentSHA256]; len(hash) > 0 && (len(hash) > 1 || hash[0] != payload.s) {
		w.failHeader(headerContentSHA256, "is not the payload hash that is to be signed")
	}
	if u := req.URL; u.Scheme != "" && !only(u.Scheme, isUnreserved) || strings.ContainsAny(u.Opaque, "#\x00\t\n\r") {
		w.fail(ErrRequest, "URL", "has a malformed scheme, or a # or control byte in its opaque part")
	}
	w.collectHeaders(s.ownInQuery())
	w.finishHeaders([2]string{"host", w.host})
	var life [8]byte
	w.addParam("X-Amz-Algorithm", s.name, false)
	w.addParam("X-Amz-Credential", w.key.credentialInQuery, true)
	w.addParam("X-Amz-Date", w.timestamp, true)
	w.addParam("X-Amz-Expires", string(strconv.AppendInt(life[:0], int64(expires/time.Second), 10)), true)
	w.addParam("X-Amz-Region-Set", s.regionSet, false)
	if s.signToken {
		w.addParam("X-Amz-Security-Token", w.key.tokenInQuery, true)
	}
	w.addParam("X-Amz-SignedHeaders", string(w.signed), false)
	w.collectQuery(s.isAuthParam)
	return w, t.Truncate(time.Second).Add(expires), w.finish(payload)
}

// addParam adds a parameter of the signer's own, if it has a value.
func (w *work) addParam(name, value string, encoded bool) {
	p := pair{start: len(w.arena), middle: len(w.arena) + len(name)}
	if w.arena = append(w.arena, name...); encoded {
		w.arena = append(w.arena, value...)
	} else {
		w.arena = w.appendEncoded(w.arena, value, &w.s.unreserved, false)
	}
	if p.end = len(w.arena); value != "" {
		w.params = append(w.params, p)
	}
}

// ownInQuery names the headers that a presigned URL has as parameters instead.
func (s *Signer) ownInQuery() []string { return s.own[1:] }

// isAuthParam names the parameters that the query form is made of.
func (s *Signer) isAuthParam(name []byte, _ string) bool {
	return new(claim).field(string(name)) != nil && (s.regionSet != "" || string(name) != headerRegionSet)
}
