package sigv4

import (
	"bytes"
	"cmp"
	"net/http"
	"net/url"
	"path"
	"slices"
	"sort"
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
	s     *Signer
	req   *http.Request
	key   *signingKey
	exact []string // the headers to sign, sorted; nil: all but those denied
	err   error    // the first failure
	plus  bool     // in the path, for S3, or in the query, where a blank counts too

	host, goodHost string // as net/http sends it; one that was so before, without a port
	wire           string // the path as net/http sends it, where that is what is signed
	token, hash    string // to be signed, X-Amz-Content-Sha256 in the header form only; "" if it is not
	clean          string // a parameter's value that is known to be encoded as it must be
	timestamp      string // 20150830T123600Z
	second         int64  // of the timestamp, which is kept for the next signature

	headers, params              []pair   // in lower case with canonical values; encoded
	arena, lines, signed         []byte   // behind both; of the headers; host;x-amz-date
	names                        []string // Verify's exact list
	canonical, toSign, signature []byte   // what the steps give, the last in hex
}

// pair is a name and its value in the arena: name is arena[start:middle], value
// is arena[middle:end]. Without pointers, it costs the garbage collector nothing.
type pair struct{ start, middle, end int }

func (w *work) name(p pair) []byte  { return w.arena[p.start:p.middle] }
func (w *work) value(p pair) []byte { return w.arena[p.middle:p.end] }

func (w *work) fail(kind error, field, why string) { w.err = cmp.Or(w.err, refuse(kind, field, why)) }

func (w *work) failHeader(key, why string) { w.fail(ErrRequest, "header "+strconv.Quote(key), why) }

// finish makes the canonical request, the string to sign and the signature. If it
// fails, w is free.
func (w *work) finish(payload PayloadHash) error {
	if w.canonicalize(payload); w.err != nil {
		return w.free()
	}
	w.appendStringToSign()
	w.signature = w.key.AppendSignature(w.signature, w.toSign)
	return nil
}

// free gives w back for the next signature, which may find the same second and the
// same host, and returns the failure.
func (w *work) free() (err error) {
	err, w.err, w.req, w.key, w.exact, w.plus, w.host, w.wire, w.token, w.hash, w.clean = w.err, nil, nil, nil, nil, false, "", "", "", "", ""
	w.headers, w.params, w.arena, w.lines, w.signed = w.headers[:0], w.params[:0], w.arena[:0], w.lines[:0], w.signed[:0]
	w.canonical, w.toSign, w.signature = w.canonical[:0], w.toSign[:0], w.signature[:0]
	w.s.pool.Put(w)
	return err
}

// canonicalize writes w.canonical from the parts that were collected.
func (w *work) canonicalize(payload PayloadHash) {
	method := cmp.Or(w.req.Method, http.MethodGet) // as net/http has it
	if !only(method, isTokenByte) {
		w.fail(ErrRequest, "method", "is no HTTP token")
	}
	dst := w.appendPath(append(append(w.canonical, method...), '\n'))
	dst = append(append(w.appendQuery(append(dst, '\n')), '\n'), w.lines...)
	dst = append(append(append(dst, '\n'), w.signed...), '\n')
	w.canonical = append(dst, payload.s...)
}

// appendPath appends the canonical URI: for S3 the object key, encoded once; for
// every other service the path as it is on the wire, normalised and encoded once
// more.
func (w *work) appendPath(dst []byte) []byte {
	u, plain := w.req.URL, w.req.URL.Path
	if u.Opaque != "" { // which net/http sends as it stands
		var err error
		w.wire = cmp.Or(strings.TrimPrefix(u.Opaque, "//"+u.Host), "/")
		if plain, err = url.PathUnescape(w.wire); err != nil && !w.s.doubleEncode {
			w.fail(ErrRequest, "path", "has a % that two hex digits do not follow: write %25")
		}
		if strings.Contains(w.wire, "?") || strings.HasPrefix(u.Opaque, "//") && w.wire == u.Opaque {
			w.fail(ErrRequest, "opaque URL", "is neither /PATH nor //HOST/PATH with the URL's host")
		}
	} else if w.s.doubleEncode {
		w.wire = cmp.Or(u.EscapedPath(), "/")
	}
	if w.s.doubleEncode {
		plain = w.wire
	}
	if plain = cmp.Or(plain, "/"); plain[0] != '/' || w.wire != "" && w.wire[0] != '/' {
		w.fail(ErrRequest, "path", "does not begin with a slash")
	}
	if w.s.normalizePath {
		// A final slash stays if there is one, so "/a/b/.." is "/a": AWS's own signers
		// agree on this where RFC 3986 section 5.2.4 would leave a slash.
		slash := strings.HasSuffix(plain, "/")
		if plain = path.Clean(plain); slash && plain != "/" {
			plain += "/"
		}
	}
	return w.appendEncoded(dst, plain, &w.s.inPath, false)
}

// appendEncoded appends a text with every byte but those to be kept, which are the
// unreserved ones (RFC 3986 section 2.3) and in a path the slash, as %XY in upper
// case. A query is decoded first, to bring it into this one encoding; a plus in it
// is a blank, as every server of HTML forms and net/url have it: [Signer.Sign]
// sends it as %20.
func (w *work) appendEncoded(dst []byte, text string, keep *[256]bool, query bool) []byte {
	const hex = "0123456789ABCDEF"
	if text == w.clean {
		return append(dst, text...)
	}
	for {
		n := 0
		for n < len(text) && keep[text[n]] {
			n++
		}
		dst = append(dst, text[:n]...)
		if n == len(text) {
			return dst
		}
		c := text[n]
		w.plus = w.plus || c == '+' && (query || !w.s.doubleEncode) || c == ' ' && query
		switch text = text[n+1:]; {
		case query && c == '+':
			c = ' '
		case query && c == '%':
			if len(text) < 2 || !isHex(text[0]) || !isHex(text[1]) {
				w.fail(ErrRequest, "query", "has a % that two hex digits do not follow: write %25")
				return dst
			}
			c, text = unhex(text), text[2:]
		}
		if keep[c] {
			dst = append(dst, c)
		} else {
			dst = append(dst, '%', hex[c>>4], hex[c&15])
		}
	}
}

// collectQuery takes the parameters of the raw query, split at & and the first =
// and nowhere else, so that none is lost; skip says which to leave out, by the name
// as encoded and the value as it came.
func (w *work) collectQuery(skip func(name []byte, raw string) bool) {
	for rest := w.req.URL.RawQuery; rest != ""; {
		var param string
		if param, rest, _ = strings.Cut(rest, "&"); param == "" {
			continue
		}
		name, value, _ := strings.Cut(param, "=")
		p := pair{start: len(w.arena)}
		w.arena = w.appendEncoded(w.arena, name, &w.s.unreserved, true)
		if p.middle = len(w.arena); skip(w.name(p), value) {
			continue
		}
		w.arena = w.appendEncoded(w.arena, value, &w.s.unreserved, true)
		p.end = len(w.arena)
		w.params = append(w.params, p)
	}
	w.sort(w.params)
}

// sort sorts by name, then by value, both as encoded. It returns a name that is
// there twice.
func (w *work) sort(pairs []pair) (twice []byte) {
	slices.SortFunc(pairs, func(a, b pair) int {
		order := bytes.Compare(w.name(a), w.name(b))
		if order == 0 {
			twice, order = w.name(a), bytes.Compare(w.value(a), w.value(b))
		}
		return order
	})
	return twice
}

// appendQuery appends the canonical query string; a parameter without a value
// has its equals sign all the same.
func (w *work) appendQuery(dst []byte) []byte {
	for _, p := range w.params {
		dst = append(append(append(append(dst, w.name(p)...), '='), w.value(p)...), '&')
	}
	return bytes.TrimSuffix(dst, []byte("&"))
}

// collectHeaders takes the headers to sign from the request, but for those that
// are the signer's own, which finishHeaders adds. It returns an x-amz- header
// that is not signed.
func (w *work) collectHeaders(own []string) (unsigned string) {
	for key, values := range w.req.Header {
		if len(values) == 0 || slices.Contains(own, key) { // net/http sends none of the first
			continue
		}
		if slices.ContainsFunc(own, func(o string) bool { return len(o) == len(key) && strings.EqualFold(o, key) }) {
			w.failHeader(key, "must be spelled "+http.CanonicalHeaderKey(key)+" in the header map, or would be sent twice")
		}
		h := pair{start: len(w.arena), middle: len(w.arena) + len(key)}
		name := w.lower(key)
		for i, v := range values {
			if i > 0 {
				w.arena = append(w.arena, ',')
			}
			w.appendValue(key, v)
		}
		h.end = len(w.arena)
		switch {
		case !w.signs(name):
			if bytes.HasPrefix(name, []byte("x-amz-")) && (w.s.signToken || string(name) != "x-amz-security-token") {
				unsigned = string(name)
			}
		case string(name) == "content-length" && !sendsLength(w.req, values), string(name) == "user-agent" && len(values) > 1:
			w.failHeader(key, "is not what net/http sends: one value, and for Content-Length what follows from the request's ContentLength, Body and TransferEncoding")
		default:
			w.headers = append(w.headers, h)
		}
	}
	if twice := w.sort(w.headers); twice != nil {
		w.failHeader(string(twice), "is in the header map under two spellings")
	}
	return unsigned
}

// finishHeaders writes the lines of the headers and the list of their names. The
// signer's own, each a name and a value, come in order; what has no value is not sent.
func (w *work) finishHeaders(own ...[2]string) {
	lines, signed, headers, n := w.lines, w.signed, w.headers, len(w.headers)
	for i := 0; i <= len(own); i++ {
		for len(headers) > 0 && (i == len(own) || string(w.name(headers[0])) < own[i][0]) {
			name, value := w.name(headers[0]), w.value(headers[0])
			lines = append(append(append(append(lines, name...), ':'), value...), '\n')
			signed, headers = append(append(signed, name...), ';'), headers[1:]
		}
		if i == len(own) || own[i][1] == "" || w.exact != nil && !w.signs([]byte(own[i][0])) {
			continue
		}
		lines = append(append(append(append(lines, own[i][0]...), ':'), own[i][1]...), '\n')
		signed, n = append(append(signed, own[i][0]...), ';'), n+1
	}
	w.lines, w.signed = lines, bytes.TrimSuffix(signed, []byte(";"))
	if w.exact != nil && n != len(w.exact) {
		w.fail(ErrRequest, "signed headers", "name a header that the request does not have; it has "+string(w.signed))
	}
}

// signs says whether a header is signed: by the exact list, or by the deny list.
func (w *work) signs(name []byte) bool {
	if w.exact != nil {
		i := slices.IndexFunc(w.exact[:min(16, len(w.exact))], func(e string) bool { return e == string(name) })
		if i < 0 && len(w.exact) > 16 {
			i = sort.Search(len(w.exact), func(i int) bool { return w.exact[i] >= string(name) })
		}
		return i >= 0 && i < len(w.exact) && w.exact[i] == string(name)
	}
	switch string(name) {
	case "authorization", "user-agent", "x-amzn-trace-id", "expect", "accept-encoding", "connection", "proxy-connection",
		"keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "proxy-authorization", "proxy-authenticate",
		"via", "forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-port", "x-forwarded-proto", "x-real-ip":
		return false
	}
	return true
}

// appendValue appends a header value without blanks around it and with single
// blanks in it. Control bytes are no part of one (RFC 9110 section 5.5).
func (w *work) appendValue(key, v string) {
	if v == w.token || v == w.hash || only(v, isVisible) { // the first two are known to be
		w.arena = append(w.arena, v...)
		return
	}
	for word := range strings.FieldsFuncSeq(v, func(c rune) bool { return c == ' ' || c == '\t' }) {
		w.arena = append(append(w.arena, word...), ' ')
	}
	w.arena = bytes.TrimSuffix(w.arena, []byte(" "))
	if strings.ContainsFunc(v, func(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f }) {
		w.failHeader(key, "has a control byte in its value")
	}
}

// lower puts a header's name into lower case, at the arena's end.
func (w *work) lower(key string) []byte {
	dst, lower := append(w.arena, key...), &w.s.lower
	name := dst[len(w.arena):]
	for i, c := range name {
		name[i] = lower[c]
	}
	if w.arena = dst; key == "" || bytes.IndexByte(name, notToken) >= 0 {
		w.failHeader(key, "has a name that is no HTTP token")
	}
	return name
}

// setHost finds the value of the Host header. Of the URL's own host, which
// http.NewRequest puts into req.Host too, the default port is dropped, as
// browsers and curl do, and of any host an IPv6 zone, as net/http does.
func (w *work) setHost() {
	u := w.req.URL
	if w.host = cmp.Or(w.req.Host, u.Host); w.host == w.goodHost && w.host != "" {
		return
	}
	name, port := w.host, ""
	if colon := strings.LastIndexByte(name, ':'); colon > strings.LastIndexByte(name, ']') {
		name, port = name[:colon], name[colon:]
	}
	if w.host == u.Host && (port == ":" || port == ":80" && u.Scheme == "http" || port == ":443" && u.Scheme != "http") {
		w.host, port = name, ""
	}
	if zone := strings.IndexByte(name, '%'); zone != -1 && name[0] == '[' {
		name, w.host = name[:zone]+"]", name[:zone]+"]"+port
	}
	address := strings.HasPrefix(name, "[") && strings.HasSuffix(name, "]")
	if !address && !only(name, isUnreserved) || address && !only(name[1:len(name)-1], isAddressByte) || strings.Trim(port, ":0123456789") != "" {
		w.fail(ErrRequest, "host", "is empty or malformed: a host name, and a port if it is not the default, in ASCII")
		return
	}
	w.goodHost = name
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

// isUnreserved says which bytes URI encoding leaves alone (RFC 3986 section 2.3).
func isUnreserved(c byte) bool {
	return c|32-'a' < 26 || c-'0' < 10 || strings.IndexByte("-._~", c) >= 0
}

// isHex says which bytes are hex digits, and unhex what byte two of them are.
func isHex(c byte) bool   { return c-'0' < 10 || c|0x20-'a' < 6 }
func unhex(d string) byte { return (d[0]&15+d[0]>>6*9)<<4 | d[1]&15 + d[1]>>6*9 }

// isVisible says which bytes are visible ASCII.
func isVisible(c byte) bool { return c-'!' <= '~'-'!' }

// isAddressByte says which bytes make an IP address in brackets.
func isAddressByte(c byte) bool { return isUnreserved(c) || c == ':' }

// notToken is what [Signer]'s table says of bytes that are not of a token.
const notToken = 'A'

// isTokenByte says which bytes make a token of RFC 9110 section 5.6.2.
func isTokenByte(c byte) bool {
	return isUnreserved(c) || isVisible(c) && strings.IndexByte("\"(),/:;<=>?@[\\]{}", c) < 0
}
