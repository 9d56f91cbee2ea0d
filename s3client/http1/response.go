package http1

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// ErrMalformed is the error for an answer that is not as RFC 9112 has it, or that leaves
// room for doubt where it ends: a line that ends otherwise than with CR LF, a byte that
// may not be in a header, a name that is none, a head of more than 64 KiB, both
// Content-Length and Transfer-Encoding, two Content-Lengths, a transfer coding other
// than chunked, a change of the protocol, a version other than 1.1 and 1.0.
var ErrMalformed = errors.New("the answer is no HTTP/1.1")

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: it has "+format, append([]any{ErrMalformed}, args...)...)
}

// parseHead takes a head apart, from the status line to the empty line (RFC 9112,
// sections 4 and 5), and writes over it.
func (a *answer) parseHead(raw []byte) error {
	fields := 0
	for at, line := range linesOf(raw) {
		switch name, value, colon := bytes.Cut(line, []byte{':'}); {
		case at == 0:
			if !isStatusLine(line) {
				return malformed("the status line %.80q", line)
			}
		case fields > 0 && (line[0] == ' ' || line[0] == '\t') && areAll(line, inValue):
			raw[at-2], raw[at-1] = ' ', ' ' // a line that goes on (section 5.2)
		case !colon || !canonicalise(name) || !areAll(value, inValue):
			return malformed("the line %.80q, which is no header", line)
		default:
			fields++
		}
	}
	// All strings are parts of one, and all values of one slice.
	line, rest, _ := strings.Cut(string(raw), "\r\n")
	a.Proto, a.Status = line[:8], line[9:]
	a.ProtoMajor, a.ProtoMinor = 1, int(line[7]-'0')
	a.StatusCode, _ = strconv.Atoi(line[9:12])
	a.Header = make(http.Header, fields)
	values := make([]string, 0, fields)
	for range fields {
		line, rest, _ = strings.Cut(rest, "\r\n")
		name, value, _ := strings.Cut(line, ":")
		values = append(values, strings.Trim(value, " \t"))
		if n := len(values); a.Header[name] == nil {
			a.Header[name] = values[n-1 : n : n]
		} else {
			a.Header[name] = append(a.Header[name], values[n-1])
		}
	}
	return nil
}

// linesOf gives the lines of a head, and where each begins, without the empty one.
func linesOf(raw []byte) func(yield func(at int, line []byte) bool) {
	return func(yield func(int, []byte) bool) {
		for at := 0; ; {
			n := bytes.Index(raw[at:], []byte("\r\n"))
			if n == 0 && at > 0 || !yield(at, raw[at:at+n]) {
				return
			}
			at += n + 2
		}
	}
}

// isStatusLine tells "HTTP/1.1 200 OK"; the blank before a reason that is empty may be
// missing.
func isStatusLine(line []byte) bool {
	const example = "HTTP/1.1 200"
	if len(line) < len(example) || string(line[:7]) != "HTTP/1." || line[7] != '1' && line[7] != '0' || line[8] != ' ' {
		return false
	}
	code, reason := line[9:12], line[12:]
	return '1' <= code[0] && code[0] <= '9' && isDigit(code[1]) && isDigit(code[2]) &&
		(len(reason) == 0 || reason[0] == ' ') && areAll(reason, inValue)
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// frame finds where the body ends (RFC 9112, section 6.3), and gives the response with
// what reads it. The head, which is still in the buffer, has a size.
func (a *answer) frame(c *connection, size int) (*http.Response, error) {
	codings, lengths := a.Header["Transfer-Encoding"], a.Header["Content-Length"]
	a.ContentLength = -1
	if len(lengths) > 0 {
		n, err := strconv.ParseUint(lengths[0], 10, 63)
		if len(lengths) > 1 || err != nil {
			return nil, malformed("the Content-Length %.80q", lengths)
		}
		a.ContentLength = int64(n)
	}
	if len(codings) > 0 && (len(codings) > 1 || !strings.EqualFold(codings[0], "chunked") || len(lengths) > 0 || a.ProtoMinor == 0) {
		return nil, malformed("Transfer-Encoding %.80q and Content-Length %.80q in %s", codings, lengths, a.Proto)
	}
	a.Close = a.Request.Close || a.ProtoMinor == 0 || hasClose(a.Header["Connection"])
	resp, b := &a.Response, &a.body
	b.reuse, b.source, b.left = !a.Close, c.in, a.ContentLength
	switch {
	case a.Request.Method == http.MethodHead || a.StatusCode == http.StatusNotModified:
		b.left = 0
	case a.StatusCode == http.StatusNoContent:
		b.reuse = b.reuse && a.ContentLength <= 0 && len(codings) == 0 // which it must not have (RFC 9110, section 8.6)
		a.ContentLength, b.left = 0, 0
	case len(codings) > 0:
		// The chunks and the trailers are net/http's to read, and so the head once more.
		var err error
		if resp, err = http.ReadResponse(c.in, a.Request); err != nil {
			return nil, err
		}
		resp.TLS, b.source, size = a.TLS, resp.Body, 0
	case len(lengths) == 0:
		b.reuse, a.Close = false, true // its end is the connection's
	}
	c.in.Discard(size)
	if resp.Body = b; b.left == 0 {
		resp.Body = http.NoBody
		b.release()
	} else if b.left < 0 || int64(c.in.Buffered()) < b.left {
		c.socket.SetDeadline(time.Time{})
	}
	return resp, nil
}

// hasClose tells the connection option close (RFC 9112, section 9.6).
func hasClose(connection []string) bool {
	for _, value := range connection {
		for option := range strings.SplitSeq(value, ",") {
			if strings.EqualFold(strings.Trim(option, " \t"), "close") {
				return true
			}
		}
	}
	return false
}
