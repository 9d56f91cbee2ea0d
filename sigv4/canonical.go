package sigv4

import (
	"bytes"
	"cmp"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Step 1 of "Create a signed AWS API request": the canonical request.
//
//	method LF
//	canonical URI LF
//	canonical query string LF
//	canonical headers, each with its LF, LF
//	signed headers LF
//	payload hash
//
// with no final LF. It is made from what net/http sends: the escaped path, the
// raw query, the host as it goes out.

// work is one signature under way: what it is made from, and buffers that the
// next signature uses again. After the first failure the rest is idle.
type work struct {
	req  *http.Request
	host string // as net/http sends it
	wire string // the path as net/http sends it, where that is what is signed
	err  error  // the first failure

	timestamp []byte          // 20150830T123600Z
	scope     []byte          // 20150830/us-east-1/s3/aws4_request
	exact     map[string]bool // the headers to sign; nil: all but those denied
	headers   []pair          // lower-case name and canonical value
	params    []pair          // encoded
	arena     []byte          // behind both
	signed    []byte          // host;x-amz-date
	path      []byte          // the canonical URI, in canonical
	canonical []byte
	toSign    []byte
	signature []byte // hex
	line      []byte // scratch
}

type pair struct{ name, value []byte }

func (w *work) fail(kind error, field, problem string) {
	w.err = cmp.Or(w.err, refuse(kind, field, problem))
}

func (w *work) failHeader(key, why string) { w.fail(ErrRequest, "header "+strconv.Quote(key), why) }

// release gives w back for the next signature, without the request's strings.
func (s *Signer) release(w *work) {
	*w = work{timestamp: w.timestamp[:0], scope: w.scope[:0], headers: w.headers[:0], params: w.params[:0], arena: w.arena[:0],
		signed: w.signed[:0], canonical: w.canonical[:0], toSign: w.toSign[:0], signature: w.signature[:0], line: w.line[:0]}
	s.pool.Put(w)
}

// canonicalize writes w.canonical from the parts that were collected.
func (s *Signer) canonicalize(w *work, payload PayloadHash) {
	method := cmp.Or(w.req.Method, http.MethodGet) // as net/http has it
	if !only(method, isTokenByte) {
		w.fail(ErrRequest, "method", "is no HTTP token")
	}
	w.canonical = append(append(w.canonical, method...), '\n')
	start := len(w.canonical)
	s.appendPath(w)
	w.path = w.canonical[start:]
	w.canonical = appendQuery(append(w.canonical, '\n'), w.params)
	w.canonical = append(w.canonical, '\n')
	for _, h := range w.headers {
		w.canonical = append(append(w.canonical, h.name...), ':')
		w.canonical = append(append(w.canonical, h.value...), '\n')
	}
	w.canonical = append(append(w.canonical, '\n'), w.signed...)
	w.canonical = append(append(w.canonical, '\n'), payload.s...)
}

// appendPath appends the canonical URI: for S3 the object key, encoded once; for
// every other service the path as it is on the wire, normalised and encoded once
// more.
func (s *Signer) appendPath(w *work) {
	u, plain := w.req.URL, w.req.URL.Path
	if u.Opaque != "" { // which net/http sends as it stands
		var err error
		w.wire = cmp.Or(strings.TrimPrefix(u.Opaque, "//"+u.Host), "/")
		if plain, err = url.PathUnescape(w.wire); err != nil && !s.doubleEncode {
			w.fail(ErrRequest, "path", "has a % that two hex digits do not follow: write %25")
		}
		if strings.Contains(w.wire, "?") || strings.HasPrefix(u.Opaque, "//") && w.wire == u.Opaque {
			w.fail(ErrRequest, "opaque URL", "is neither /PATH nor //HOST/PATH with the URL's host")
		}
	} else if s.doubleEncode {
		w.wire = cmp.Or(u.EscapedPath(), "/")
	}
	if s.doubleEncode {
		plain = w.wire
	}
	if plain = cmp.Or(plain, "/"); plain[0] != '/' {
		w.fail(ErrRequest, "path", "does not begin with a slash")
	}
	if s.normalizePath {
		// A final slash stays if there is one, so "/a/b/.." is "/a": AWS's own signers
		// agree on this where RFC 3986 section 5.2.4 would leave a slash.
		slash := strings.HasSuffix(plain, "/")
		if plain = path.Clean(plain); slash && plain != "/" {
			plain += "/"
		}
	}
	w.canonical = appendEncoded(w.canonical, plain, true)
}

// appendEncoded appends s with every byte but the unreserved ones (RFC 3986
// section 2.3), and the slash if it is to be kept, as %XY in upper case.
func appendEncoded(dst []byte, s string, keepSlash bool) []byte {
	for i := range len(s) {
		if s[i] == '/' && keepSlash {
			dst = append(dst, '/')
		} else {
			dst = appendEncodedByte(dst, s[i])
		}
	}
	return dst
}

func appendEncodedByte(dst []byte, c byte) []byte {
	const hex = "0123456789ABCDEF"
	if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '.' || c == '_' || c == '~' {
		return append(dst, c)
	}
	return append(dst, '%', hex[c>>4], hex[c&15])
}

// collectQuery takes the parameters of the raw query, split at & and the first =
// and nowhere else, so that none is lost; skip says which to leave out.
func (w *work) collectQuery(skip func(name []byte) bool) {
	for rest := w.req.URL.RawQuery; rest != ""; {
		var p string
		if p, rest, _ = strings.Cut(rest, "&"); p == "" {
			continue
		}
		name, value, _ := strings.Cut(p, "=")
		if encoded := w.recode(name); !skip(encoded) {
			w.params = append(w.params, pair{encoded, w.recode(value)})
		}
	}
	sortPairs(w.params)
}

// recode brings a part of a query into the one encoding that is signed. A plus
// is a blank, as every server of HTML forms and net/url have it; [Signer.Sign]
// sends it as %20.
func (w *work) recode(s string) []byte {
	start := len(w.arena)
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '+':
			c = ' '
		case c == '%':
			v, err := strconv.ParseUint(s[min(i+1, len(s)):min(i+3, len(s))], 16, 8)
			if err != nil || i+2 >= len(s) {
				w.fail(ErrRequest, "query", "has a % that two hex digits do not follow: write %25")
			}
			c, i = byte(v), i+2
		}
		w.arena = appendEncodedByte(w.arena, c)
	}
	return w.arena[start:]
}

// sortPairs sorts by name, then by value, both as encoded.
func sortPairs(pairs []pair) {
	slices.SortFunc(pairs, func(a, b pair) int {
		return cmp.Or(bytes.Compare(a.name, b.name), bytes.Compare(a.value, b.value))
	})
}

// appendQuery appends the canonical query string; a parameter without a value
// has its equals sign all the same.
func appendQuery(dst []byte, params []pair) []byte {
	for i, p := range params {
		if i > 0 {
			dst = append(dst, '&')
		}
		dst = append(append(append(dst, p.name...), '='), p.value...)
	}
	return dst
}

// collectHeaders takes the headers to sign from the request, but for the host,
// which net/http takes from elsewhere, and those for which own answers true: they
// are the signer's, which adds them with addHeader.
func (w *work) collectHeaders(own func(name []byte) bool) {
	for key, values := range w.req.Header {
		name := w.lower(key)
		switch {
		case len(values) == 0: // net/http sends none
		case string(name) == "host" || own(name):
			if canonical := http.CanonicalHeaderKey(key); key != canonical {
				w.failHeader(key, "must be spelled "+canonical+" in the header map, or would be sent twice")
			}
		case len(values) > 1 && (string(name) == "content-length" || string(name) == "user-agent") && w.signs(name):
			w.failHeader(key, "has several values, of which net/http sends one")
		default:
			start := len(w.arena)
			for i, v := range values {
				if i > 0 {
					w.arena = append(w.arena, ',')
				}
				w.appendTrimmed(key, v)
			}
			if w.signs(name) {
				w.headers = append(w.headers, pair{name, w.arena[start:]})
			}
		}
	}
}

// addHeader adds a header of the signer's own, if it is to be signed.
func (w *work) addHeader(name, value string) {
	if start := len(w.arena); w.signs([]byte(name)) {
		w.arena = append(append(w.arena, name...), value...)
		w.headers = append(w.headers, pair{w.arena[start : start+len(name)], w.arena[start+len(name):]})
	}
}

// finishHeaders sorts the headers and writes the list of their names.
func (w *work) finishHeaders() {
	sortPairs(w.headers)
	for i, h := range w.headers {
		if i > 0 {
			w.signed = append(w.signed, ';')
			if bytes.Equal(h.name, w.headers[i-1].name) {
				w.failHeader(string(h.name), "is in the header map under two spellings")
			}
		}
		w.signed = append(w.signed, h.name...)
	}
	if w.exact != nil && len(w.headers) != len(w.exact) {
		w.fail(ErrRequest, "signed headers", "name a header that the request does not have; it has "+string(w.signed))
	}
}

// signs says whether a header is signed: by the exact list, or by the deny list.
func (w *work) signs(name []byte) bool {
	if w.exact != nil {
		return w.exact[string(name)]
	}
	switch string(name) {
	case "authorization", "user-agent", "x-amzn-trace-id", "expect", "accept-encoding",
		"connection", "proxy-connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade",
		"proxy-authorization", "proxy-authenticate", "via", "forwarded",
		"x-forwarded-for", "x-forwarded-host", "x-forwarded-port", "x-forwarded-proto", "x-real-ip":
		return false
	}
	return true
}

// appendTrimmed appends a header value without blanks around it and with single
// blanks in it. Control bytes are no part of one (RFC 9110 section 5.5).
func (w *work) appendTrimmed(key, v string) {
	blank, start := false, len(w.arena)
	for i := range len(v) {
		switch c := v[i]; {
		case c == ' ' || c == '\t':
			blank = true
		case c < ' ' || c == 0x7f:
			w.failHeader(key, "has a control byte in its value")
		default:
			if blank && len(w.arena) > start {
				w.arena = append(w.arena, ' ')
			}
			blank = false
			w.arena = append(w.arena, c)
		}
	}
}

// lower puts a header's name into lower case.
func (w *work) lower(key string) []byte {
	start := len(w.arena)
	for i := range len(key) {
		c := key[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		w.arena = append(w.arena, c)
	}
	if !only(key, isTokenByte) {
		w.failHeader(key, "has a name that is no HTTP token")
	}
	return w.arena[start:]
}

// setHost finds the value of the Host header. Of the URL's own host, which
// http.NewRequest puts into req.Host too, the default port is dropped, as
// browsers and curl do, and of any host an IPv6 zone, as net/http does.
func (w *work) setHost() {
	u := w.req.URL
	w.host = cmp.Or(w.req.Host, u.Host)
	if w.host == u.Host {
		port := ":443"
		if u.Scheme == "http" {
			port = ":80"
		}
		w.host = strings.TrimSuffix(strings.TrimSuffix(w.host, port), ":")
	}
	if address, rest, ok := strings.Cut(w.host, "%"); ok && address[:min(1, len(address))] == "[" {
		_, port, _ := strings.Cut(rest, "]")
		w.host = address + "]" + port
	}
	if !only(w.host, isVisible) || strings.ContainsAny(w.host, "/?#@,%") {
		w.fail(ErrRequest, "host", "is empty or malformed: a host name, and a port if it is not the default, in ASCII")
	}
}

// only reports whether s is made of bytes that are ok, and is not empty.
func only(s string, ok func(c byte) bool) bool {
	for i := range len(s) {
		if !ok(s[i]) {
			return false
		}
	}
	return s != ""
}

// isVisible says which bytes are visible ASCII.
func isVisible(c byte) bool { return ' ' < c && c < 0x7f }

// isTokenByte says which bytes make a token of RFC 9110 section 5.6.2, letters first.
func isTokenByte(c byte) bool {
	return c|0x20-'a' < 26 || isVisible(c) && strings.IndexByte("\"(),/:;<=>?@[\\]{}", c) < 0
}
