package differential

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
)

// The model is the canonical request in the plainest form there is: parts that a
// row can change before they are written down ("Create a signed AWS API
// request", IAM User Guide). Without a row it must be sigvier's.
type model struct {
	request *request
	method  string
	path    string
	query   []param
	headers []field // lower case; those that are signed
	payload string
	secret  string

	before func(a, b param) bool // the order of the query
}

// param is a parameter of the query, as it was written and as it is signed.
type param struct{ raw, name, value string }

// field is a header with all its values as the caller gave them.
type field struct {
	name   string
	values []string
	trim   func(string) string
}

// newModel follows sigvier's choices; list is the headers to sign, nil for those
// of sigvier's policy.
func newModel(r *request, list []string) *model {
	m := &model{request: r, method: r.Method, payload: r.Payload, secret: r.Secret}
	m.before = func(a, b param) bool { return a.name < b.name || a.name == b.name && a.value < b.value }
	m.setPath()
	m.setHeaders(list)
	m.setQuery()
	return m
}

func (m *model) setPath() {
	wire := m.request.wirePath()
	if wire == "" {
		wire = "/"
	}
	if m.request.s3() {
		m.path = encode(decode(wire, false), true)
		return
	}
	m.path = encode(withoutDots(wire), true)
}

// withoutDots removes dot segments and empty segments.
func withoutDots(path string) string {
	var kept []string
	for _, segment := range strings.Split(path, "/") {
		switch segment {
		case "", ".":
		case "..":
			kept = kept[:max(0, len(kept)-1)]
		default:
			kept = append(kept, segment)
		}
	}
	if len(kept) > 0 && strings.HasSuffix(path, "/") {
		kept = append(kept, "")
	}
	return "/" + strings.Join(kept, "/")
}

func (m *model) setHeaders(list []string) {
	r := m.request
	m.add("host", r.sentHost())
	if r.Expires == 0 {
		m.add("x-amz-date", timestamp())
		if r.Token != "" {
			m.add("x-amz-security-token", r.Token)
		}
		if r.sendsPayloadHash() {
			m.add("x-amz-content-sha256", r.Payload)
		}
	}
	if slices.Contains(list, "content-length") && r.contentLength() != "" {
		m.add("content-length", r.contentLength())
	}
	for _, h := range r.Headers {
		switch name := strings.ToLower(h[0]); name {
		case "x-amz-date", "x-amz-security-token":
			if r.Expires != 0 && slices.Contains(list, name) {
				m.add(name, h[1])
			}
		case "content-length":
			if m.header(name) == nil {
				m.add(name, h[1])
			}
		default:
			m.add(name, h[1])
		}
	}
	m.headers = slices.DeleteFunc(m.headers, func(f field) bool {
		if list != nil {
			return !slices.Contains(list, f.name)
		}
		return neverSigned(f.name)
	})
}

func (m *model) add(name, value string) {
	if f := m.header(name); f != nil {
		f.values = append(f.values, value)
		return
	}
	m.headers = append(m.headers, field{name, []string{value}, trimAll})
}

func (m *model) header(name string) *field {
	for i := range m.headers {
		if m.headers[i].name == name {
			return &m.headers[i]
		}
	}
	return nil
}

// trimAll removes blanks and tabs around a value and leaves one blank of those in it.
func trimAll(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(c rune) bool { return c == ' ' || c == '\t' }), " ")
}

// neverSigned is sigvier's policy; [sigv4.Signer.Sign] has the list.
func neverSigned(name string) bool {
	return name == "user-agent" || name == "x-amzn-trace-id" || name == "expect" || name == "transfer-encoding" ||
		hopByHop(name) || changedByProxies(name)
}

// hopByHop names headers of which the IAM User Guide says not to sign them.
func hopByHop(name string) bool {
	switch name {
	case "connection", "keep-alive", "te", "trailer", "upgrade", "proxy-authorization", "proxy-authenticate":
		return true
	}
	return false
}

// changedByProxies names headers that proxies write or that clients add late.
func changedByProxies(name string) bool {
	switch name {
	case "accept-encoding", "via", "forwarded", "proxy-connection", "x-real-ip",
		"x-forwarded-for", "x-forwarded-host", "x-forwarded-port", "x-forwarded-proto":
		return true
	}
	return false
}

// sentHost is the Host header that goes out. The default port is dropped from a
// URL's own host, an IPv6 zone from any.
func (r *request) sentHost() string {
	if r.Virtual != "" {
		return r.Virtual
	}
	port := map[string]string{"http": ":80", "https": ":443"}[r.Scheme]
	host := strings.TrimSuffix(r.Host, port)
	if before, zone, ok := strings.Cut(host, "%25"); ok {
		_, after, _ := strings.Cut(zone, "]")
		host = before + "]" + after
	}
	return host
}

func (m *model) setQuery() {
	r := m.request
	m.query = nil
	for _, pair := range strings.Split(r.Query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		name, value = encode(decode(name, true), false), encode(decode(value, true), false)
		if pair == "" || r.Expires != 0 && isAuthParam(name) {
			continue
		}
		m.query = append(m.query, param{pair, name, value})
	}
	if r.Expires == 0 {
		return
	}
	m.set("X-Amz-Algorithm", "AWS4-HMAC-SHA256")
	m.set("X-Amz-Credential", accessKeyID+"/"+r.scope())
	m.set("X-Amz-Date", timestamp())
	m.set("X-Amz-Expires", strconv.Itoa(r.Expires))
	if r.Token != "" {
		m.set("X-Amz-Security-Token", r.Token)
	}
}

func isAuthParam(name string) bool {
	switch name {
	case "X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders", "X-Amz-Security-Token", "X-Amz-Signature":
		return true
	}
	return false
}

func (m *model) set(name, value string) {
	m.query = append(m.query, param{"", encode(name, false), encode(value, false)})
}

// list is SignedHeaders.
func (m *model) list() []string {
	var names []string
	for _, f := range m.headers {
		names = append(names, f.name)
	}
	slices.Sort(names)
	return names
}

// canonical writes the canonical request down.
func (m *model) canonical() string {
	list := strings.Join(m.list(), ";")
	query := slices.Clone(m.query)
	if m.request.Expires != 0 {
		query = append(query, param{"", "X-Amz-SignedHeaders", encode(list, false)})
	}
	slices.SortStableFunc(query, func(a, b param) int {
		if m.before(a, b) {
			return -1
		}
		if m.before(b, a) {
			return 1
		}
		return 0
	})
	var pairs []string
	for _, p := range query {
		pairs = append(pairs, p.name+"="+p.value)
	}
	out := m.method + "\n" + m.path + "\n" + strings.Join(pairs, "&") + "\n"
	for _, name := range m.list() {
		f := m.header(name)
		var values []string
		for _, v := range f.values {
			values = append(values, f.trim(v))
		}
		out += name + ":" + strings.Join(values, ",") + "\n"
	}
	return out + "\n" + list + "\n" + m.payload
}

// signature signs the canonical request.
func (m *model) signature() string {
	toSign := "AWS4-HMAC-SHA256\n" + timestamp() + "\n" + m.request.scope() + "\n" + digestOf(m.canonical())
	key := []byte("AWS4" + m.secret)
	for _, part := range append(strings.Split(m.request.scope(), "/"), toSign) {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(part))
		key = mac.Sum(nil)
	}
	return hex.EncodeToString(key)
}

func timestamp() string { return signingTime.Format("20060102T150405Z") }

func (r *request) scope() string {
	return timestamp()[:8] + "/" + r.Region + "/" + r.Service + "/aws4_request"
}

// encode is UriEncode of the document.
func encode(s string, keepSlash bool) string {
	var out strings.Builder
	for _, c := range []byte(s) {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._~", c) >= 0 || c == '/' && keepSlash {
			out.WriteByte(c)
			continue
		}
		out.WriteString("%" + strings.ToUpper(hex.EncodeToString([]byte{c})))
	}
	return out.String()
}

// decode undoes percent-encoding; what is not encoded rightly stays.
func decode(s string, plus bool) string {
	var out []byte
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '+' && plus {
			c = ' '
		}
		if c == '%' && i+2 < len(s) {
			if b, err := hex.DecodeString(s[i+1 : i+3]); err == nil {
				c, i = b[0], i+2
			}
		}
		out = append(out, c)
	}
	return string(out)
}
