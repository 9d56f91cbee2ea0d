package sigv4

import (
	"net/http"
	"time"
)

// Every intermediate value of a signature, for auditors.

// Trace holds the stages of one signature; it never holds the key. The canonical
// request holds the session token where that is signed.
type Trace struct {
	CanonicalRequest string
	StringToSign     string
	SignedHeaders    string // host;x-amz-date
	Signature        string // 64 digits of lower-case hex
}

// TraceSign gives the stages of [Signer.Sign] and leaves the request as it is.
func (s *Signer) TraceSign(req *http.Request, cred Credentials, payload PayloadHash, t time.Time) (Trace, error) {
	return s.trace(s.signHeader(req, cred, payload, t))
}

// TracePresign gives the stages of [Signer.Presign].
func (s *Signer) TracePresign(req *http.Request, cred Credentials, payload PayloadHash, t time.Time, expires time.Duration) (Trace, error) {
	w, _ := s.signQuery(req, cred, payload, t, expires)
	return s.trace(w)
}

func (s *Signer) trace(w *work) (Trace, error) {
	defer s.release(w)
	if w.err != nil {
		return Trace{}, w.err
	}
	return Trace{string(w.canonical), string(w.toSign), string(w.signed), string(w.signature)}, nil
}
