package oracle

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"path"
	"strconv"
	"strings"
	"unicode/utf8"
)

// MaxInput bounds what [Parse] takes, in bytes.
const MaxInput = 64 << 20

// ParseError says what in a written request cannot be read. Its text never holds
// a value out of the request.
type ParseError struct {
	Form    string // "JSON", "HTTP request", "curl command line", or "" if it looks like none
	Line    int    // from 1; 0 if it is no matter of one line
	Problem string // what is wrong and what is expected
}

func (e *ParseError) Error() string {
	where := "the request"
	if e.Form != "" {
		where = "the " + e.Form
	}
	if e.Line > 0 {
		where += ", line " + strconv.Itoa(e.Line)
	}
	return where + ": " + e.Problem
}

// Parse reads a request in whichever form it is written:
//
//   - the JSON of "sigvier sign", one object;
//   - a raw HTTP/1.1 request as captured: request line, header fields, an empty
//     line, the body. Lines may end with CRLF or LF. HTTP/2 and 3 are read as tools
//     print them, with :method, :path and :authority. Of what "curl -v" prints, the
//     lines with > are taken;
//   - a URL alone, such as a presigned one, or a method and a URL;
//   - a curl command line, as for a POSIX shell.
//
// What the fields of the Request then leave open is taken from the signature that
// the request carries, if it does. The error is a [*ParseError].
func Parse(data []byte) (Request, error) {
	r, err := parse(data)
	if err != nil {
		return Request{}, err
	}
	r.settle()
	return r, nil
}

func parse(data []byte) (Request, error) {
	if len(data) > MaxInput {
		return Request{}, &ParseError{Problem: "it is longer than " + strconv.Itoa(MaxInput>>20) + " MiB"}
	}
	text := bytes.TrimLeft(bytes.TrimPrefix(data, []byte("\ufeff")), " \t\r\n")
	first, rest, _ := bytes.Cut(text, []byte("\n"))
	word, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(string(first), "$ "), "% "), " ")
	switch word = path.Base(strings.TrimRight(word, "\r\t\\")); {
	case len(text) == 0:
		return Request{}, &ParseError{Problem: "it is empty: a request as JSON, as raw HTTP or as a curl command line is expected"}
	case text[0] == '{':
		return parseJSON(text)
	case word == "curl", word == "curl.exe":
		return parseCurl(string(text))
	case isURL(string(first)) && len(bytes.TrimSpace(rest)) == 0:
		return parseHTTP([]byte("GET " + strings.TrimSpace(string(first)) + "\n\n"))
	case text[0] == '<' && !bytes.HasPrefix(text, []byte("< ")), bytes.HasPrefix(text, []byte("HTTP/")):
		return Request{}, &ParseError{Problem: "it is a server's answer: the request that was answered so is expected"}
	}
	if sent, ok := cutVerbose(text); ok {
		r, err := parseHTTP(sent)
		r.BodyUnknown = r.header("Content-Length") != "" && r.header("Content-Length") != "0" // -v does not show it
		return r, err
	}
	return parseHTTP(text)
}

// isURL reports whether a line is a URL, as far as its beginning goes.
func isURL(line string) bool {
	scheme, _, ok := strings.Cut(line, "://")
	return ok && (strings.EqualFold(scheme, "https") || strings.EqualFold(scheme, "http"))
}

// cutVerbose takes the request out of what "curl -v" prints.
func cutVerbose(text []byte) (sent []byte, ok bool) {
	if !bytes.HasPrefix(text, []byte("* ")) && !bytes.HasPrefix(text, []byte("> ")) && !bytes.HasPrefix(text, []byte("% Total ")) {
		return nil, false
	}
	for line := range bytes.Lines(text) {
		line, out := bytes.CutPrefix(line, []byte(">"))
		if !out {
			if len(sent) > 0 && bytes.HasPrefix(line, []byte("<")) {
				break // the answer: what comes later is another request
			}
			continue
		}
		sent = append(sent, bytes.TrimPrefix(line, []byte(" "))...)
		if len(bytes.TrimSpace(line)) == 0 {
			break
		}
	}
	return sent, len(sent) > 0
}

func parseJSON(data []byte) (Request, error) {
	if !utf8.Valid(data) { // which would be replaced, and something else read
		return Request{}, &ParseError{Form: "JSON", Problem: "it is not UTF-8"}
	}
	var r Request
	d := json.NewDecoder(bytes.NewReader(data))
	if err := d.Decode(&r); errors.Is(err, io.ErrUnexpectedEOF) {
		return Request{}, &ParseError{Form: "JSON", Problem: "it breaks off"}
	} else if err != nil {
		return Request{}, &ParseError{Form: "JSON", Problem: err.Error()}
	}
	if _, err := d.Token(); err != io.EOF {
		return Request{}, &ParseError{Form: "JSON", Problem: "something follows the object: one request is expected"}
	}
	if r.malformed != nil {
		return Request{}, &ParseError{Form: "JSON", Problem: r.malformed.Error()}
	}
	return r, nil
}
