package sigv4

import (
	"bytes"
	"cmp"
	"net/http"
	"net/url"
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
// next signature uses again.
type work struct {
	timestamp []byte   // 20150830T123600Z
	scope     []byte   // 20150830/us-east-1/s3/aws4_request
	exact     []string // the exact list of headers to sign, sorted; nil: the deny list
	headers   []header
	params    []param
	arena     []byte // behind header names and encoded parameters
	signed    []byte // host;x-amz-date
	path      []byte // the canonical URI, in canonical
	canonical []byte
	toSign    []byte
	signature []byte // hex
	line      []byte // scratch
}

// header is one header to sign: with the request's values, or, where the signer
// adds it, with the one in added.
type header struct {
	name   []byte // lower case
	key    string // as in http.Header
	values []string
	added  []byte
}

// param is one query parameter, encoded.
type param struct{ name, value []byte }

// release gives w back for the next signature, without the request's strings.
func (s *Signer) release(w *work) {
	clear(w.headers)
	w.headers, w.params, w.arena, w.signed = w.headers[:0], w.params[:0], w.arena[:0], w.signed[:0]
	w.canonical, w.toSign, w.signature, w.line = w.canonical[:0], w.toSign[:0], w.signature[:0], w.line[:0]
	s.pool.Put(w)
}

// canonicalize writes w.canonical from the parts that were collected.
func (s *Signer) canonicalize(w *work, method string, u *url.URL, payload PayloadHash) error {
	switch {
	case method == "":
		method = http.MethodGet // as net/http has it
	case !isToken(method):
		return refuse(ErrRequest, "method", "is no HTTP token")
	}
	w.canonical = append(append(w.canonical, method...), '\n')
	start := len(w.canonical)
	if err := s.appendPath(w, u); err != nil {
		return err
	}
	w.path = w.canonical[start:]
	w.canonical = append(w.canonical, '\n')
	w.canonical = appendQuery(w.canonical, w.params)
	w.canonical = append(w.canonical, '\n')
	w.canonical = appendHeaders(w.canonical, w.headers)
	w.canonical = append(w.canonical, '\n')
	w.canonical = append(append(w.canonical, w.signed...), '\n')
	w.canonical = append(w.canonical, payload.s...)
	return nil
}

// appendPath appends the canonical URI: for S3 the object key, encoded once; for
// every other service the path as it is on the wire, normalised and encoded once
// more.
func (s *Signer) appendPath(w *work, u *url.URL) error {
	path, decoded := wirePath(u)
	switch {
	case s.doubleEncode && decoded:
		path = u.EscapedPath()
	case !s.doubleEncode && !decoded:
		var err error
		if path, err = url.PathUnescape(path); err != nil {
			return refuse(ErrRequest, "path", "has a % that two hex digits do not follow: write %25")
		}
	}
	if path == "" {
		path = "/"
	}
	if path[0] != '/' {
		return refuse(ErrRequest, "path", "does not begin with a slash")
	}
	if s.normalizePath {
		path = normalize(path)
	}
	w.canonical = appendEncoded(w.canonical, path, true)
	return nil
}

// wirePath returns the path of a URL, and whether it is decoded. An opaque URL,
// which net/http sends as it stands, gives the raw path.
func wirePath(u *url.URL) (path string, decoded bool) {
	if u.Opaque == "" {
		return u.Path, true
	}
	path = u.Opaque
	if rest, ok := strings.CutPrefix(path, "//"); ok { // //authority/path
		path = ""
		if i := strings.IndexByte(rest, '/'); i >= 0 {
			path = rest[i:]
		}
	}
	return path, false
}

// normalize removes empty segments and dot segments. A final slash stays if the
// path has one, so "/a/.." is "/", "/a/b/.." is "/a": AWS's own signers agree on
// this where RFC 3986 section 5.2.4 would keep a slash.
func normalize(path string) string {
	if !strings.Contains(path, "//") && !strings.Contains(path, "/.") {
		return path
	}
	var kept []string
	for segment := range strings.SplitSeq(path, "/") {
		switch segment {
		case "", ".":
		case "..":
			kept = kept[:max(0, len(kept)-1)]
		default:
			kept = append(kept, segment)
		}
	}
	clean := "/" + strings.Join(kept, "/")
	if len(kept) > 0 && path[len(path)-1] == '/' {
		clean += "/"
	}
	return clean
}

const upperHex = "0123456789ABCDEF"

// appendEncoded appends s with every byte but the unreserved ones (RFC 3986
// section 2.3), and the slash if it is to be kept, as %XY in upper case.
func appendEncoded(dst []byte, s string, keepSlash bool) []byte {
	for i := range len(s) {
		dst = appendEncodedByte(dst, s[i], keepSlash)
	}
	return dst
}

func appendEncodedByte(dst []byte, c byte, keepSlash bool) []byte {
	if isUnreserved(c) || c == '/' && keepSlash {
		return append(dst, c)
	}
	return append(dst, '%', upperHex[c>>4], upperHex[c&15])
}

func isUnreserved(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' ||
		c == '-' || c == '.' || c == '_' || c == '~'
}

// collectQuery takes the parameters of a raw query, split at & and the first =
// and nowhere else, so that none is lost; skip says which to leave out.
func (w *work) collectQuery(raw string, skip func(name []byte) bool) error {
	for raw != "" {
		var pair string
		pair, raw, _ = strings.Cut(raw, "&")
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		var p param
		var ok [2]bool
		p.name, ok[0] = w.recode(name)
		p.value, ok[1] = w.recode(value)
		if !ok[0] || !ok[1] {
			return refuse(ErrRequest, "query", "has a % that two hex digits do not follow: write %25")
		}
		if skip == nil || !skip(p.name) {
			w.params = append(w.params, p)
		}
	}
	return nil
}

// addParam adds a parameter of the signer's own.
func (w *work) addParam(name string, value []byte) {
	n := len(w.arena)
	w.arena = append(w.arena, name...)
	v := len(w.arena)
	for _, c := range value {
		w.arena = appendEncodedByte(w.arena, c, false)
	}
	w.params = append(w.params, param{w.arena[n:v:v], w.arena[v:len(w.arena):len(w.arena)]})
}

// recode brings a part of a query into the one encoding that is signed. A plus
// is a blank, as every server of HTML forms and net/url have it; [Signer.Sign]
// sends it as %20.
func (w *work) recode(s string) (encoded []byte, ok bool) {
	start := len(w.arena)
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch c {
		case '%':
			if i+2 >= len(s) {
				return nil, false
			}
			hi, lo := unhex(s[i+1]), unhex(s[i+2])
			if hi < 0 || lo < 0 {
				return nil, false
			}
			c = byte(hi<<4 | lo)
			i += 2
		case '+':
			c = ' '
		}
		w.arena = appendEncodedByte(w.arena, c, false)
	}
	return w.arena[start:len(w.arena):len(w.arena)], true
}

func unhex(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// sortParams sorts by encoded name, then by encoded value.
func (w *work) sortParams() {
	slices.SortFunc(w.params, func(a, b param) int {
		return cmp.Or(bytes.Compare(a.name, b.name), bytes.Compare(a.value, b.value))
	})
}

// appendQuery appends the canonical query string; a parameter without a value
// has its equals sign all the same.
func appendQuery(dst []byte, params []param) []byte {
	for i, p := range params {
		if i > 0 {
			dst = append(dst, '&')
		}
		dst = append(append(append(dst, p.name...), '='), p.value...)
	}
	return dst
}

// collectHeaders takes the headers to sign from the request. Those for which own
// answers true are the signer's, which adds them with addHeader.
func (w *work) collectHeaders(req *http.Request, own func(name []byte) bool) error {
	for key, values := range req.Header {
		if len(values) == 0 {
			continue // net/http sends none
		}
		if !isToken(key) {
			return refuseHeader(key, "has a name that is no HTTP token")
		}
		for _, v := range values {
			if !isFieldValue(v) {
				return refuseHeader(key, "has a control byte in its value")
			}
		}
		name := w.lower(key)
		switch {
		case string(name) == "host" || own(name):
			// net/http sends req.Host and what the signer sets under the canonical
			// key; another spelling would go out beside it.
			if key != http.CanonicalHeaderKey(key) {
				return refuseHeader(key, "must be spelled "+http.CanonicalHeaderKey(key)+" in the header map")
			}
		case !w.signs(name):
		case string(name) == "content-length" && values[0] != strconv.FormatInt(req.ContentLength, 10):
			return refuseHeader(key, "is not the request's ContentLength, which is what net/http sends")
		default:
			w.headers = append(w.headers, header{name: name, key: key, values: values})
		}
	}
	return nil
}

func refuseHeader(key, problem string) error {
	return refuse(ErrRequest, "header "+strconv.Quote(key), problem)
}

// addHeader adds a header of the signer's own, if it is to be signed.
func (w *work) addHeader(key, value string) {
	name := w.lower(key)
	if !w.signs(name) {
		return
	}
	start := len(w.arena)
	w.arena = append(w.arena, value...)
	w.headers = append(w.headers, header{name: name, key: key, added: w.arena[start:len(w.arena):len(w.arena)]})
}

// finishHeaders sorts the headers and writes the list of their names. Two keys
// that differ in case only are one header, its values in net/http's order.
func (w *work) finishHeaders() error {
	slices.SortFunc(w.headers, func(a, b header) int {
		return cmp.Or(bytes.Compare(a.name, b.name), strings.Compare(a.key, b.key))
	})
	count := 0
	for i, h := range w.headers {
		if i > 0 && bytes.Equal(h.name, w.headers[i-1].name) {
			continue
		}
		if count > 0 {
			w.signed = append(w.signed, ';')
		}
		w.signed = append(w.signed, h.name...)
		count++
	}
	if w.exact != nil && count != len(w.exact) {
		return refuse(ErrRequest, "signed headers", "name a header that the request does not have: "+
			strings.Join(w.exact, ";")+" were asked for, "+string(w.signed)+" are there")
	}
	return nil
}

// signs says whether a header is signed: by the exact list, or by the deny list.
func (w *work) signs(name []byte) bool {
	if w.exact != nil {
		_, found := slices.BinarySearchFunc(w.exact, name, func(a string, b []byte) int {
			return strings.Compare(a, string(b))
		})
		return found
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

// appendHeaders appends "name:value LF" for each header, values joined by commas.
func appendHeaders(dst []byte, headers []header) []byte {
	for i, h := range headers {
		switch {
		case i > 0 && bytes.Equal(h.name, headers[i-1].name):
			dst[len(dst)-1] = ',' // go on in the same line
		default:
			dst = append(append(dst, h.name...), ':')
		}
		dst = append(dst, h.added...)
		for j, v := range h.values {
			if j > 0 {
				dst = append(dst, ',')
			}
			dst = appendTrimmed(dst, v)
		}
		dst = append(dst, '\n')
	}
	return dst
}

// appendTrimmed appends a header value without blanks around it and with single
// blanks in it.
func appendTrimmed(dst []byte, v string) []byte {
	blank, start := false, len(dst)
	for i := range len(v) {
		switch c := v[i]; {
		case c == ' ' || c == '\t':
			blank = true
		default:
			if blank && len(dst) > start {
				dst = append(dst, ' ')
			}
			blank = false
			dst = append(dst, c)
		}
	}
	return dst
}

func (w *work) lower(s string) []byte {
	start := len(w.arena)
	for i := range len(s) {
		c := s[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		w.arena = append(w.arena, c)
	}
	return w.arena[start:len(w.arena):len(w.arena)]
}

// wireHost returns the value of the Host header. Of the URL's own host, which
// http.NewRequest puts into req.Host too, the default port and an IPv6 zone are
// dropped, as browsers and curl do; changed says that req.Host must be set for
// net/http to do the same.
func wireHost(req *http.Request) (host string, changed bool, err error) {
	host = req.Host
	if host == "" || host == req.URL.Host {
		host = req.URL.Host
		switch req.URL.Scheme {
		case "https":
			host = strings.TrimSuffix(host, ":443")
		case "http":
			host = strings.TrimSuffix(host, ":80")
		}
		if i, j := strings.IndexByte(host, '%'), strings.LastIndexByte(host, ']'); 0 <= i && i < j {
			host = host[:i] + host[j:]
		}
		host = strings.TrimSuffix(host, ":")
		changed = host != req.URL.Host
	}
	if host == "" || !printable(host) || strings.ContainsAny(host, "/?#@,") {
		return "", false, refuse(ErrRequest, "host", "is empty or malformed: a host name, and a port if it is not the default, in ASCII")
	}
	return host, changed, nil
}

// isToken reports whether s is a token of RFC 9110 section 5.6.2.
func isToken(s string) bool {
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c >= 0x7f || strings.IndexByte("\"(),/:;<=>?@[\\]{}", c) >= 0 {
			return false
		}
	}
	return s != ""
}

// isFieldValue reports whether v is free of control bytes but the tab (RFC 9110
// section 5.5).
func isFieldValue(v string) bool {
	for i := range len(v) {
		if c := v[i]; c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}
