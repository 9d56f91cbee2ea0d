package sigv4

import (
	"net/http"
	"time"
)

// What lies between a request and its signature, for auditors and for finding
// out why a server computes another one: package oracle holds a trace against what
// a server says, and names the cause in words.

// Trace has every intermediate value of a signature, but never a key. The
// canonical request holds the session token where that is signed.
type Trace struct {
	CanonicalRequest string
	StringToSign     string
	SignedHeaders    string // host;x-amz-date
	Signature        string // 64 digits of lower-case hex
}

// Explain gives the stages of [Signer.Sign] and leaves the request as it is.
func (s *Signer) Explain(req *http.Request, cred Credentials, payload PayloadHash, t time.Time) (Trace, error) {
	w, err := s.signHeader(req, cred, payload, t)
	return w.trace(err)
}

// ExplainPresign gives the stages of [Signer.Presign].
func (s *Signer) ExplainPresign(req *http.Request, cred Credentials, payload PayloadHash, t time.Time, expires time.Duration) (Trace, error) {
	w, _, err := s.signQuery(req, cred, payload, t, expires)
	return w.trace(err)
}

func (w *work) trace(err error) (Trace, error) {
	if err != nil {
		return Trace{}, err
	}
	t := Trace{string(w.canonical), string(w.toSign), string(w.signed), string(w.signature)}
	return t, w.free()
}
