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
	s     *Signer
	req   *http.Request
	key   *signingKey
	exact []string // the headers to sign, sorted; nil: all but those denied
	err   error    // the first failure
	plus  bool     // in the path, for S3, or in the query, where a blank counts too

	host, goodHost string // as net/http sends it; one that was so before, without a port
	wire           string // the path as net/http sends it, where that is what is signed
	token, hash    string // to be signed, X-Amz-Content-Sha256 in the header form only; "" if it is not

	headers, params              []pair // names in lower case with canonical values; encoded
	arena                        []byte // behind both
	second                       int64  // of the timestamp, which is kept for the next signature
	timestamp, signed            []byte // 20150830T123600Z; host;x-amz-date
	canonical, toSign, signature []byte // what the steps give, the last in hex
	line                         []byte // scratch
}

// pair is a name and its value in the arena: name is arena[start:middle], value
// is arena[middle:end]. Without pointers, it costs the garbage collector nothing.
type pair struct{ start, middle, end int }

func (w *work) name(p pair) []byte  { return w.arena[p.start:p.middle] }
func (w *work) value(p pair) []byte { return w.arena[p.middle:p.end] }

func (w *work) fail(kind error, field, problem string) {
	w.err = cmp.Or(w.err, refuse(kind, field, problem))
}

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
	err, w.err, w.req, w.key, w.exact, w.plus, w.host, w.wire, w.token, w.hash = w.err, nil, nil, nil, nil, false, "", "", "", ""
	w.headers, w.params, w.arena, w.signed = w.headers[:0], w.params[:0], w.arena[:0], w.signed[:0]
	w.canonical, w.toSign, w.signature, w.line = w.canonical[:0], w.toSign[:0], w.signature[:0], w.line[:0]
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
	dst = append(w.appendQuery(append(dst, '\n')), '\n')
	for _, h := range w.headers {
		dst = append(append(append(append(dst, w.name(h)...), ':'), w.value(h)...), '\n')
	}
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
	return w.appendEncoded(dst, plain, true, false)
}

// appendEncoded appends a text with every byte but the unreserved ones (RFC 3986
// section 2.3), and the slash if it is to be kept, as %XY in upper case. A query
// is decoded first, to bring it into this one encoding; a plus in it is a blank, as
// every server of HTML forms and net/url have it: [Signer.Sign] sends it as %20.
func (w *work) appendEncoded(dst []byte, text string, keepSlash, query bool) []byte {
	const hex = "0123456789ABCDEF"
	done, unreserved := 0, &w.s.unreserved
	for i := 0; i < len(text); i++ {
		c := text[i]
		if unreserved[c] || c == '/' && keepSlash {
			continue
		}
		dst = append(dst, text[done:i]...)
		w.plus = w.plus || c == '+' && (query || !w.s.doubleEncode) || c == ' ' && query
		switch {
		case query && c == '+':
			c = ' '
		case query && c == '%':
			v, err := strconv.ParseUint(text[min(i+1, len(text)):min(i+3, len(text))], 16, 8)
			if err != nil || i+2 >= len(text) {
				w.fail(ErrRequest, "query", "has a % that two hex digits do not follow: write %25")
			}
			c, i = byte(v), i+2
		}
		if done = i + 1; unreserved[c] {
			dst = append(dst, c)
		} else {
			dst = append(dst, '%', hex[c>>4], hex[c&15])
		}
	}
	return append(dst, text[min(done, len(text)):]...)
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
		w.arena = w.appendEncoded(w.arena, name, false, true)
		p.middle = len(w.arena)
		w.arena = w.appendEncoded(w.arena, value, false, true)
		if p.end = len(w.arena); !skip(w.name(p), value) {
			w.params = append(w.params, p)
		}
	}
	w.sort(w.params)
}

// sort sorts by name, then by value, both as encoded.
func (w *work) sort(pairs []pair) {
	slices.SortFunc(pairs, func(a, b pair) int {
		if order := bytes.Compare(w.name(a), w.name(b)); order != 0 {
			return order
		}
		return bytes.Compare(w.value(a), w.value(b))
	})
}

// appendQuery appends the canonical query string; a parameter without a value
// has its equals sign all the same.
func (w *work) appendQuery(dst []byte) []byte {
	for i, p := range w.params {
		if i > 0 {
			dst = append(dst, '&')
		}
		dst = append(append(append(dst, w.name(p)...), '='), w.value(p)...)
	}
	return dst
}

// collectHeaders takes the headers to sign from the request, but for those that
// are the signer's own, which it adds with addHeader. It returns an x-amz- header
// that is not signed.
func (w *work) collectHeaders(own func(name []byte) bool) (unsigned string) {
	for key, values := range w.req.Header {
		h := pair{start: len(w.arena), middle: len(w.arena) + len(key)}
		name := w.lower(key)
		switch {
		case len(values) == 0: // net/http sends none
		case own(name):
			if canonical := http.CanonicalHeaderKey(key); key != canonical {
				w.failHeader(key, "must be spelled "+canonical+" in the header map, or would be sent twice")
			}
		case (string(name) == "content-length" && !sendsLength(w.req, values) || string(name) == "user-agent" && len(values) > 1) && w.signs(name):
			w.failHeader(key, "is not what net/http sends: one value, and for Content-Length what follows from the request's ContentLength, Body and TransferEncoding")
		default:
			for i, v := range values {
				if i > 0 {
					w.arena = append(w.arena, ',')
				}
				w.appendValue(key, v)
			}
			if h.end = len(w.arena); w.signs(name) {
				w.headers = append(w.headers, h)
			} else if bytes.HasPrefix(name, []byte("x-amz-")) && (w.s.signToken || string(name) != "x-amz-security-token") {
				unsigned = string(name)
			}
		}
	}
	w.sort(w.headers)
	return unsigned
}

// addHeader puts a header of the signer's own in its place, if it has a value and
// is to be signed.
func (w *work) addHeader(name, value string) {
	own := pair{len(w.arena), len(w.arena) + len(name), len(w.arena) + len(name) + len(value)}
	w.arena = append(append(w.arena, name...), value...)
	if value != "" && (w.exact == nil || w.signs(w.name(own))) {
		w.headers = append(w.headers, own)
		for i := len(w.headers) - 1; i > 0 && string(w.name(w.headers[i-1])) > name; i-- {
			w.headers[i-1], w.headers[i] = own, w.headers[i-1]
		}
	}
}

// finishHeaders writes the list of the headers' names.
func (w *work) finishHeaders() {
	for i, h := range w.headers {
		if i > 0 {
			w.signed = append(w.signed, ';')
			if bytes.Equal(w.name(h), w.name(w.headers[i-1])) {
				w.failHeader(string(w.name(h)), "is in the header map under two spellings")
			}
		}
		w.signed = append(w.signed, w.name(h)...)
	}
	if w.exact != nil && len(w.headers) != len(w.exact) {
		w.fail(ErrRequest, "signed headers", "name a header that the request does not have; it has "+string(w.signed))
	}
}

// signs says whether a header is signed: by the exact list, or by the deny list.
func (w *work) signs(name []byte) bool {
	if w.exact != nil {
		_, found := slices.BinarySearch(w.exact, string(name))
		return found
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
	start := len(w.arena)
	if only(v, isVisible) {
		w.arena = append(w.arena, v...)
		return
	}
	for word := range strings.FieldsFuncSeq(v, func(c rune) bool { return c == ' ' || c == '\t' }) {
		if len(w.arena) > start {
			w.arena = append(w.arena, ' ')
		}
		w.arena = append(w.arena, word...)
	}
	if strings.ContainsFunc(v, func(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f }) {
		w.failHeader(key, "has a control byte in its value")
	}
}

// lower puts a header's name into lower case, at the arena's end.
func (w *work) lower(key string) []byte {
	dst, valid := append(w.arena, key...), key != ""
	name := dst[len(w.arena):]
	for i, c := range name {
		name[i] = w.s.lower[c]
		valid = valid && name[i] != notToken
	}
	if w.arena = dst; !valid {
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
	return c|0x20-'a' < 26 || c-'0' < 10 || c == '-' || c == '.' || c == '_' || c == '~'
}

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
