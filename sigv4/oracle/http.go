package oracle

import (
	"bytes"
	"io"
	"net/http/httputil"
	"strconv"
	"strings"
)

// maxHead bounds the lines before the body, and maxFields how many they are: more
// than any server takes.
const (
	maxHead   = 1 << 20
	maxFields = 1000
)

// reader reads the head of a request, line by line.
type reader struct {
	rest []byte
	line int
}

func (r *reader) fail(problem string) error {
	return &ParseError{Form: "HTTP request", Line: r.line, Problem: problem}
}

// next gives the next line without its end, CRLF or LF (RFC 9112 section 2.2).
func (r *reader) next() (line string, err error) {
	head := r.rest[:min(len(r.rest), maxHead)]
	text, _, found := bytes.Cut(head, []byte("\n"))
	r.line++
	if !found && len(r.rest) > maxHead {
		return "", r.fail("the head is longer than 1 MiB")
	}
	r.rest = r.rest[min(len(text)+1, len(r.rest)):]
	line = strings.TrimSuffix(string(text), "\r")
	if strings.ContainsAny(line, "\r\x00") {
		return "", r.fail("there is a NUL or a CR without its LF in the line")
	}
	return line, nil
}

// parseHTTP reads a raw request. RFC numbers are of sections of RFC 9112.
func parseHTTP(data []byte) (Request, error) {
	in := &reader{rest: data}
	line, err := in.next()
	if err != nil {
		return Request{}, err
	}
	var r Request
	target, authority := "", ""
	if strings.HasPrefix(line, ":") {
		in.rest, in.line = data, 0
		target, authority, err = in.pseudo(&r)
	} else {
		target, err = in.requestLine(&r, line)
	}
	if err != nil {
		return Request{}, err
	}
	hosts, err := in.fields(&r)
	if err != nil {
		return Request{}, err
	}
	if authority == "" && len(hosts) > 0 {
		authority = hosts[0]
	}
	if len(hosts) > 1 {
		return Request{}, &ParseError{Form: "HTTP request", Problem: "there is more than one Host header"}
	}
	if err := r.setTarget(target, authority); err != nil {
		return Request{}, err
	}
	if err := r.setBody(in.rest); err != nil {
		return Request{}, err
	}
	if _, err := r.HTTP(); err != nil {
		return Request{}, &ParseError{Form: "HTTP request", Problem: err.Error()}
	}
	return r, nil
}

// requestLine splits METHOD SP TARGET SP VERSION (3). A blank in the target,
// which no sender may write, stays in it; the version may be missing.
func (in *reader) requestLine(r *Request, line string) (target string, err error) {
	method, target, ok := strings.Cut(line, " ")
	if i := strings.LastIndex(target, " "); i >= 0 && strings.HasPrefix(target[i+1:], "HTTP/") {
		target = target[:i]
	} else if strings.ToUpper(method) != method || !isURL(target) && !strings.HasPrefix(target, "/") {
		ok = false
	}
	if !ok || !isToken(method) || target == "" {
		return "", &ParseError{Line: in.line, Problem: "it looks like nothing that is known: a JSON object, a request line (METHOD TARGET HTTP/1.1), a URL or a curl command line is expected"}
	}
	r.Method = method
	return target, nil
}

// pseudo reads the fields that HTTP/2 has in place of a request line (RFC 9113
// section 8.3.1), which stand before all others.
func (in *reader) pseudo(r *Request) (target, authority string, err error) {
	fields := map[string]string{}
	for bytes.HasPrefix(in.rest, []byte(":")) {
		line, err := in.next()
		if err != nil {
			return "", "", err
		}
		name, value, ok := strings.Cut(line[1:], ":")
		if _, twice := fields[name]; !ok || twice {
			return "", "", in.fail("one each of :method, :scheme, :authority and :path is expected")
		}
		fields[name] = strings.Trim(value, " \t")
	}
	for name := range fields {
		if name != "method" && name != "scheme" && name != "authority" && name != "path" {
			return "", "", in.fail(":method, :scheme, :authority and :path are expected, and nothing else with a colon")
		}
	}
	r.Method, target = fields["method"], fields["path"]
	if !isToken(r.Method) || !strings.HasPrefix(target, "/") {
		return "", "", in.fail(":method and a :path that begins with a slash are expected")
	}
	return target, fields["authority"], nil
}

// fields reads the header fields up to the empty line (5), and sets those of Host
// apart.
func (in *reader) fields(r *Request) (hosts []string, err error) {
	start := len(in.rest)
	for len(in.rest) > 0 {
		line, err := in.next()
		if err != nil {
			return nil, err
		}
		if line == "" {
			break
		}
		name, value, ok := strings.Cut(line, ":")
		switch {
		case line[0] == ' ' || line[0] == '\t':
			return nil, in.fail("it continues the line before, which is obsolete (RFC 9112 section 5.2) and read differently by everyone: write the value in one line")
		case !ok || !isToken(name):
			return nil, in.fail("a header field NAME: VALUE is expected, with no blank before the colon")
		case start-len(in.rest) > maxHead:
			return nil, in.fail("the head is longer than 1 MiB")
		case len(r.Headers) == maxFields:
			return nil, in.fail("there are more than 1000 header fields")
		}
		value = strings.Trim(value, " \t")
		if strings.EqualFold(name, "Host") {
			hosts = append(hosts, value)
			continue
		}
		r.Headers = append(r.Headers, [2]string{name, value})
	}
	return hosts, nil
}

// setTarget makes the URL from the request target, in origin form or absolute
// form (3.2). In the latter its host counts, not the header's (3.2.2).
func (r *Request) setTarget(target, authority string) error {
	fail := func(problem string) error {
		return &ParseError{Form: "HTTP request", Line: 1, Problem: problem}
	}
	switch {
	case strings.Contains(target, "#"):
		return fail("there is a # in the target: write %23")
	case strings.HasPrefix(target, "/"):
		if authority == "" {
			return fail("the Host header is missing")
		}
		target = "https://" + authority + target
	case isURL(target):
		scheme, rest, _ := strings.Cut(target, "://")
		authority = rest
		if i := strings.IndexAny(rest, "/?"); i >= 0 {
			authority = rest[:i]
		}
		target = strings.ToLower(scheme) + "://" + rest
	default:
		return fail("the target is neither /PATH?QUERY nor a URL: only such requests are signed")
	}
	if strings.ContainsAny(authority, "@/\\? \t") {
		return fail("the host is malformed: HOST or HOST:PORT is expected, without a user")
	}
	r.URL, r.Host = target, authority
	return nil
}

// setBody takes the rest for the body, by the rules of RFC 9112 section 6. A
// capture may lack the body, or have a line end behind it that is an editor's.
func (r *Request) setBody(rest []byte) error {
	var lengths []string
	chunked := false
	for _, h := range r.Headers {
		switch {
		case strings.EqualFold(h[0], "Content-Length"):
			lengths = append(lengths, h[1])
		case strings.EqualFold(h[0], "Transfer-Encoding"):
			chunked = strings.EqualFold(h[1], "chunked")
		}
	}
	switch {
	case len(lengths) > 1:
		return &ParseError{Form: "HTTP request", Problem: "there is more than one Content-Length header"}
	case len(lengths) == 1:
		n, err := strconv.ParseUint(lengths[0], 10, 63)
		if err != nil {
			return &ParseError{Form: "HTTP request", Problem: "the header Content-Length is no number"}
		}
		r.Body = rest
		for _, end := range []string{"\n", "\r"} {
			if uint64(len(r.Body)) > n {
				r.Body = bytes.TrimSuffix(r.Body, []byte(end))
			}
		}
		r.BodyUnknown = uint64(len(r.Body)) != n
	case chunked:
		body, err := io.ReadAll(httputil.NewChunkedReader(bytes.NewReader(rest)))
		if r.Body = body; err != nil { // the tool has put it together, or left it out
			r.Body, r.BodyUnknown = nil, true
		}
	case len(bytes.Trim(rest, "\r\n")) > 0: // HTTP/2 needs no length
		r.Body = rest
	}
	if r.BodyUnknown || len(r.Body) == 0 {
		r.Body = nil
	}
	return nil
}

// isToken reports whether s is a token (RFC 9110 section 5.6.2).
func isToken(s string) bool {
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c >= 0x7f || strings.IndexByte("\"(),/:;<=>?@[\\]{}", c) >= 0 {
			return false
		}
	}
	return s != ""
}
