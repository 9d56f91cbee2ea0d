package sigv4

import (
	"cmp"
	"net/http"
	"net/url"
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
	Expires time.Time
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
// Headers are signed by the same policy as in [Signer.Sign] and must be sent
// along with the URL.
func (s *Signer) Presign(req *http.Request, cred Credentials, payload PayloadHash, t time.Time, expires time.Duration) (Presigned, error) {
	w := s.pool.Get().(*work)
	defer s.release(w)
	host, err := s.signQuery(w, req, cred, payload, t, expires)
	if err != nil {
		return Presigned{}, err
	}
	p := Presigned{Header: http.Header{}, Expires: t.Add(expires)}
	p.URL = string(s.appendURL(w, req.URL, host, cred))
	for _, h := range w.headers {
		if h.values != nil {
			p.Header[h.key] = append([]string(nil), h.values...)
		}
	}
	return p, nil
}

// appendURL puts the presigned URL together in w.line: the query in canonical
// order, and after it what is not signed.
func (s *Signer) appendURL(w *work, u *url.URL, host string, cred Credentials) []byte {
	dst := append(w.line[:0], cmp.Or(u.Scheme, "https")...)
	dst = append(append(dst, "://"...), host...)
	if path, decoded := wirePath(u); !s.doubleEncode {
		dst = append(dst, w.path...) // leaves no doubt, as url.URL would of a plus
	} else if decoded {
		dst = append(dst, cmp.Or(u.EscapedPath(), "/")...)
	} else {
		dst = append(dst, cmp.Or(path, "/")...)
	}
	dst = appendQuery(append(dst, '?'), w.params)
	if token := cred.SessionToken(); token != "" && !s.signToken {
		dst = appendEncoded(append(dst, "&X-Amz-Security-Token="...), token, false)
	}
	dst = append(append(dst, "&X-Amz-Signature="...), w.signature...)
	w.line = dst
	return dst
}

// signQuery fills w with the stages of the query form.
func (s *Signer) signQuery(w *work, req *http.Request, cred Credentials, payload PayloadHash, t time.Time, expires time.Duration) (host string, err error) {
	if expires < time.Second || expires > MaxExpires || expires%time.Second != 0 {
		return "", refuse(ErrExpires, "expiry", "is not a whole number of seconds from 1 to 604800 (seven days)")
	}
	host, _, err = s.begin(w, req, cred, payload, t)
	if err != nil {
		return "", err
	}
	if err := w.collectHeaders(req, isHeaderFormOnly); err != nil {
		return "", err
	}
	w.addHeader("Host", host)
	if err := w.finishHeaders(); err != nil {
		return "", err
	}
	if err := w.collectQuery(req.URL.RawQuery, isAuthParam); err != nil {
		return "", err
	}
	w.addParam("X-Amz-Algorithm", []byte(algorithm))
	w.line = append(append(append(w.line[:0], cred.AccessKeyID...), '/'), w.scope...)
	w.addParam("X-Amz-Credential", w.line)
	w.addParam("X-Amz-Date", w.timestamp)
	w.line = strconv.AppendInt(w.line[:0], int64(expires/time.Second), 10)
	w.addParam("X-Amz-Expires", w.line)
	if token := cred.SessionToken(); token != "" && s.signToken {
		w.addParam("X-Amz-Security-Token", []byte(token))
	}
	w.addParam("X-Amz-SignedHeaders", w.signed)
	w.line = w.line[:0]
	return host, s.finish(w, req, cred, payload)
}

// isHeaderFormOnly names the headers of the header form, which a presigned URL
// has as parameters instead.
func isHeaderFormOnly(name []byte) bool {
	return string(name) == "authorization" || string(name) == "x-amz-date" || string(name) == "x-amz-security-token"
}

// isAuthParam names the parameters that the query form is made of.
func isAuthParam(name []byte) bool {
	rest, ok := strings.CutPrefix(string(name), "X-Amz-")
	if !ok {
		return false
	}
	switch rest {
	case "Algorithm", "Credential", "Date", "Expires", "SignedHeaders", "Security-Token", "Signature":
		return true
	}
	return false
}
