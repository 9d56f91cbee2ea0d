package sigv4http_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sigv4/sigv4http"
)

// What the tests stand on: a service behind a fake base RoundTripper, without a
// network, so that time can be virtual.

var longTerm = sigv4.NewCredentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "")

// attempt is one signed request as the service gets it.
type attempt struct {
	*http.Request
	body string
	at   time.Time
}

// service answers each attempt with the next of its answers, the last again and
// again. It is an http.RoundTripper.
type service struct {
	t       *testing.T
	answers []answer

	mu       sync.Mutex
	attempts []attempt
	open     int // bodies of answers that are not closed
}

type answer func(attempt) (*http.Response, error)

func (s *service) RoundTrip(req *http.Request) (*http.Response, error) {
	// As it goes over the wire and comes out of net/http's server.
	var wire bytes.Buffer
	if err := req.Write(&wire); err != nil { // closes the body
		return nil, err
	}
	got, err := http.ReadRequest(bufio.NewReader(&wire))
	if err != nil {
		s.t.Errorf("what was sent is no request: %v", err)
		return nil, err
	}
	body, err := io.ReadAll(got.Body)
	if err != nil {
		return nil, err
	}
	a := attempt{Request: got, body: string(body), at: time.Now()}

	s.mu.Lock()
	s.attempts = append(s.attempts, a)
	next := s.answers[min(len(s.attempts), len(s.answers))-1]
	s.mu.Unlock()
	resp, err := next(a)
	if resp != nil {
		resp.Request = req
		s.mu.Lock()
		s.open++
		s.mu.Unlock()
		resp.Body = &closer{Reader: resp.Body, closed: func() {
			s.mu.Lock()
			s.open--
			s.mu.Unlock()
		}}
	}
	return resp, err
}

// waits are the times between the attempts.
func (s *service) waits() []time.Duration {
	var waits []time.Duration
	for i := 1; i < len(s.attempts); i++ {
		waits = append(waits, s.attempts[i].at.Sub(s.attempts[i-1].at))
	}
	return waits
}

// closer calls closed at the first Close.
type closer struct {
	io.Reader
	once   sync.Once
	closed func()
}

func (c *closer) Close() error {
	c.once.Do(c.closed)
	return nil
}

func status(code int, body string, headers ...string) answer {
	return func(attempt) (*http.Response, error) {
		h := http.Header{}
		for i := 0; i < len(headers); i += 2 {
			h.Set(headers[i], headers[i+1])
		}
		return &http.Response{StatusCode: code, Header: h, Body: io.NopCloser(strings.NewReader(body))}, nil
	}
}

func fails(err error) answer {
	return func(attempt) (*http.Response, error) { return nil, err }
}

func s3Error(code string) string {
	return `<?xml version="1.0" encoding="UTF-8"?><Error><Code>` + code + `</Code><Message>m</Message></Error>`
}

func stsError(code string) string {
	return `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>` + code +
		`</Code><Message>m</Message></Error><RequestId>r</RequestId></ErrorResponse>`
}

var ok = status(http.StatusOK, "fine")

var errReset = errors.New("read: connection reset by peer")

func newSigner(t testing.TB, service string) *sigv4.Signer {
	t.Helper()
	signer, err := sigv4.NewSigner(service, "us-east-1", nil)
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

// newTransport makes a transport to a service that answers so.
func newTransport(t *testing.T, answers ...answer) (*sigv4http.Transport, *service) {
	t.Helper()
	s := &service{t: t, answers: answers}
	return &sigv4http.Transport{Signer: newSigner(t, "s3"), Provider: longTerm, Base: s}, s
}

func newRequest(t *testing.T, method string, body io.Reader) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, "https://bucket.s3.amazonaws.com/key?versionId=1", body)
	if err != nil {
		t.Fatal(err)
	}
	return req
}

// do sends a request, reads and closes the answer, and gives its status.
func do(t *testing.T, transport http.RoundTripper, req *http.Request) (int, string, error) {
	t.Helper()
	resp, err := transport.RoundTrip(req)
	if err != nil {
		if resp != nil {
			t.Errorf("RoundTrip gave an answer beside the error %v", err)
		}
		return 0, "", err
	}
	body, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	return resp.StatusCode, string(body), err
}

// verify checks an attempt's signature at the time it was made.
func verify(t *testing.T, a attempt, signer *sigv4.Signer, cred sigv4.Credentials, at time.Time) {
	t.Helper()
	lookup := func(context.Context, string, string) (sigv4.Credentials, error) { return cred, nil }
	if _, err := signer.Verify(a.Request, lookup, sigv4.PayloadHash{}, at); err != nil {
		t.Errorf("the attempt's signature does not verify: %v", err)
	}
}
