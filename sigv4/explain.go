package sigv4

import (
	"net/http"
	"time"
)

// Every intermediate value of a signature, for auditors.

// Trace holds the stages of one signature; it never holds the key. The canonical
// request of a presigned URL holds its session token.
type Trace struct {
	CanonicalRequest string
	StringToSign     string
	SignedHeaders    string // host;x-amz-date
	Signature        string // 64 digits of lower-case hex
}

// TraceSign gives the stages of [Signer.Sign] and leaves the request as it is.
func (s *Signer) TraceSign(req *http.Request, cred Credentials, payload PayloadHash, t time.Time) (Trace, error) {
	w := s.pool.Get().(*work)
	defer s.release(w)
	if _, err := s.signHeader(w, req, cred, payload, t); err != nil {
		return Trace{}, err
	}
	return w.trace(), nil
}

// TracePresign gives the stages of [Signer.Presign].
func (s *Signer) TracePresign(req *http.Request, cred Credentials, payload PayloadHash, t time.Time, expires time.Duration) (Trace, error) {
	w := s.pool.Get().(*work)
	defer s.release(w)
	if _, err := s.signQuery(w, req, cred, payload, t, expires); err != nil {
		return Trace{}, err
	}
	return w.trace(), nil
}

func (w *work) trace() Trace {
	return Trace{string(w.canonical), string(w.toSign), string(w.signed), string(w.signature)}
}
