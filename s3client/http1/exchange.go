package http1

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"os"
)

// errStale is the error of a connection that the server has closed while it was idle, or
// just then.
var errStale = errors.New("http1: the connection was closed while it was idle")

// answer is a response with its body.
type answer struct {
	http.Response
	body body
}

// send sends a request on a connection, which is the body's of the answer then, or
// closed.
func (t *Bodiless) send(c *connection, req *http.Request, head []byte, trace *httptrace.ClientTrace) (*http.Response, error) {
	a := &answer{body: body{ctx: req.Context(), idle: &t.idle, putIdle: trace.PutIdleConn}}
	a.Request, a.TLS = req, c.tls
	a.body.hold(c)
	used := c.used // behind an answer without a body it is another request's
	begun, resp, err := false, (*http.Response)(nil), write(c, head, trace)
	if err == nil {
		begun, resp, err = a.await(c, trace)
	}
	if err == nil && !(used && a.StatusCode == http.StatusRequestTimeout && a.Close) {
		return resp, nil
	}
	a.body.abort()
	switch ctx := req.Context(); {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, fmt.Errorf("http1: %s gave no answer in %v: %w", req.URL.Host, t.HeadTimeout, err)
	case used && !begun, err == nil: // a 408 is what some say before they close (RFC 9110, section 15.5.9)
		return nil, errStale
	case !begun && err == io.EOF:
		return nil, fmt.Errorf("http1: %s closed the connection without an answer: %w", req.URL.Host, err)
	}
	return nil, fmt.Errorf("http1: reading the answer of %s: %w", req.URL.Host, noEOF(err))
}

// write writes the head of a request, which is all of it.
func write(c *connection, head []byte, trace *httptrace.ClientTrace) error {
	_, err := c.stream.Write(head)
	if trace.WroteHeaders != nil && err == nil {
		trace.WroteHeaders()
	}
	if trace.WroteRequest != nil {
		trace.WroteRequest(httptrace.WroteRequestInfo{Err: err})
	}
	return err
}

// await reads the head of the answer, and those of interim answers before it. It reports
// whether one has begun.
func (a *answer) await(c *connection, trace *httptrace.ClientTrace) (begun bool, resp *http.Response, err error) {
	if _, err = c.in.Peek(1); err != nil {
		return false, nil, err
	}
	if trace.GotFirstResponseByte != nil {
		trace.GotFirstResponseByte()
	}
	for interim := 0; ; interim++ {
		raw, err := c.head()
		if err == nil {
			err = a.parseHead(raw)
		}
		switch {
		case err != nil:
			return true, nil, err
		case a.StatusCode >= 200:
			resp, err = a.frame(c, len(raw))
			return true, resp, err
		case a.StatusCode == http.StatusSwitchingProtocols || interim == maxInterim:
			return true, nil, malformed("status %d, which was not asked for", a.StatusCode)
		case trace.Got1xxResponse != nil:
			if err = trace.Got1xxResponse(a.StatusCode, textproto.MIMEHeader(a.Header)); err != nil {
				return true, nil, err
			}
		}
		c.in.Discard(len(raw)) // an interim answer has no body (RFC 9110, section 15.2)
	}
}

// maxInterim bounds the interim answers, as net/http does.
const maxInterim = 5

// head waits for a head, which stays in the buffer.
func (c *connection) head() ([]byte, error) {
	for n := 1; ; {
		if n > maxHead {
			return nil, malformed("a head of more than %d bytes", maxHead)
		}
		if n > c.in.Size() {
			c.grow()
		}
		if _, err := c.in.Peek(n); err != nil {
			return nil, err
		}
		raw, _ := c.in.Peek(c.in.Buffered())
		if end := bytes.Index(raw, []byte("\r\n\r\n")); end >= 0 {
			return raw[:end+4], nil
		}
		n = len(raw) + 1
	}
}

// grow makes the buffer large enough for any head.
func (c *connection) grow() {
	came, _ := c.in.Peek(c.in.Buffered())
	c.in = bufio.NewReaderSize(io.MultiReader(bytes.NewReader(came), c.stream), maxHead)
}

// noEOF makes of the end of a connection one that comes too early.
func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
