package chain

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/netip"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/sigvier/sigvier/sigv4"
)

// local asks a service on the machine, or beside it: never through a proxy, never
// where a redirect points, and not for long. Its connections end with it.
type local struct {
	base    http.RoundTripper
	own     *http.Transport // nil if the base was given
	timeout time.Duration
}

// newLocal makes one; allowed says which addresses may be dialled, nil is all.
func newLocal(base http.RoundTripper, timeout time.Duration, allowed func(netip.Addr) bool) *local {
	l := &local{base: base, timeout: timeout}
	if base == nil {
		dialer := &net.Dialer{Timeout: timeout, Control: func(_, address string, _ syscall.RawConn) error {
			to, err := netip.ParseAddrPort(address)
			if allowed != nil && (err != nil || !allowed(to.Addr())) {
				return errNotAllowed
			}
			return nil
		}}
		l.own = &http.Transport{DialContext: dialer.DialContext, TLSHandshakeTimeout: timeout, DisableCompression: true}
		l.base = l.own
	}
	return l
}

var errNotAllowed = errors.New("the host's address is not one of those allowed")

func (l *local) close() {
	if l.own != nil {
		l.own.CloseIdleConnections()
	}
}

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

func (l *local) ask(ctx context.Context, method, url string, header http.Header) (answer, *noAnswer) {
	ctx, cancel := context.WithTimeout(ctx, l.timeout)
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
	resp, err := l.base.RoundTrip(req)
	if err != nil {
		return failed(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxOutput+1))
	if err != nil {
		return failed(fmt.Errorf("reading the answer: %w", err))
	}
	if len(body) > maxOutput {
		return failed(fmt.Errorf("the answer has %w", errTooMuch))
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
	if len(s) > 64 {
		return "an unknown error"
	}
	for _, r := range s {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '.' && r != '_' {
			return "an unknown error"
		}
	}
	return s
}
