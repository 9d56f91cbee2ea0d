package chain

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/netip"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/sigvier/sigvier/sigv4"
)

// service asks a service for credentials: never where a redirect points, and not
// for long.
type service struct {
	base     http.RoundTripper
	timeout  time.Duration // of each request
	attempts int           // how often a request is made
}

// local makes a transport to a service on the machine or beside it, which is not
// asked through a proxy; allowed says which addresses may be dialled, nil is all.
func local(timeout time.Duration, allowed func(netip.Addr) bool) *http.Transport {
	dialer := &net.Dialer{Timeout: timeout, Control: func(_, address string, _ syscall.RawConn) error {
		to, err := netip.ParseAddrPort(address)
		if allowed != nil && (err != nil || !allowed(to.Addr())) {
			return errNotAllowed
		}
		return nil
	}}
	// Nothing is kept open, for there is nobody who would close it.
	return &http.Transport{DialContext: dialer.DialContext, TLSHandshakeTimeout: timeout, DisableCompression: true, DisableKeepAlives: true}
}

var errNotAllowed = errors.New("the host's address is not one of those allowed")

// answer is what a service said.
type answer struct {
	status int
	body   []byte
}

// noAnswer is why it said nothing.
type noAnswer struct {
	reached bool // there was a connection
	timeout bool
	err     error
}

func (e *noAnswer) Error() string {
	switch {
	case e.timeout && e.reached:
		return "no answer in time"
	case e.timeout:
		return "no connection in time"
	}
	return e.err.Error()
}

func (e *noAnswer) Unwrap() error { return e.err }

// pause is how long a service is left alone before the second attempt; before each
// further one it doubles.
const pause = 100 * time.Millisecond

// ask asks again, as often as is set, while there is no answer or one which says
// that the service cannot give it now.
func (s *service) ask(ctx context.Context, method, url string, header http.Header) (a answer, failure *noAnswer) {
	for n := range s.attempts {
		if n > 0 {
			select {
			case <-time.After(pause << min(n-1, 5)):
			case <-ctx.Done():
				return a, failure
			}
		}
		a, failure = s.once(ctx, method, url, header)
		if failure == nil && a.status < http.StatusInternalServerError && a.status != http.StatusTooManyRequests {
			break
		}
	}
	return a, failure
}

func (s *service) once(ctx context.Context, method, url string, header http.Header) (answer, *noAnswer) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	var reached atomic.Bool
	trace := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { reached.Store(true) }})
	failed := func(err error) (answer, *noAnswer) {
		return answer{}, &noAnswer{reached: reached.Load(), timeout: timedOut(ctx, err), err: err}
	}
	req, err := http.NewRequestWithContext(trace, method, url, nil)
	if err != nil { // whose text has the URL
		return failed(errors.New("the URL cannot be asked"))
	}
	req.Header = header
	resp, err := s.base.RoundTrip(req)
	if err != nil {
		return failed(err)
	}
	defer resp.Body.Close()
	body, err := readUpTo(maxAnswer, resp.Body)
	if err != nil {
		return failed(fmt.Errorf("reading the answer: %w", err))
	}
	return answer{resp.StatusCode, body}, nil
}

func timedOut(ctx context.Context, err error) bool {
	var e net.Error
	return errors.Is(ctx.Err(), context.DeadlineExceeded) || errors.As(err, &e) && e.Timeout()
}

// credentials takes the credentials of an answer, in the form that containers and
// instances share. code is the service's word for what is wrong, if it has one.
func (a answer) credentials() (cred sigv4.Credentials, code, problem string) {
	var doc struct {
		Code            string
		AccessKeyID     string `json:"AccessKeyId"`
		SecretAccessKey string
		Token           string
		Expiration      string
	}
	if json.Unmarshal(a.body, &doc) != nil { // whose error may quote what it read
		return cred, "", "is no JSON of the form {\"AccessKeyId\": …}"
	}
	if doc.Code != "" && doc.Code != "Success" {
		return cred, codeWord(doc.Code), ""
	}
	switch "" {
	case doc.Token:
		return cred, "", "lacks Token"
	case doc.Expiration:
		return cred, "", "lacks Expiration"
	}
	cred, problem = temporary(doc.AccessKeyID, doc.SecretAccessKey, doc.Token, doc.Expiration)
	return cred, "", problem
}

// codeWord is an error code if it looks like one, so that nothing else that was
// answered stands in an error.
func codeWord(s string) string {
	if len(s) > 64 || !only(s, alphanumeric+"._") {
		return "an unknown error"
	}
	return s
}
