package oracle

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/sigvier/sigvier/sigv4"
)

// stages is a request on its way to a signature, in parts that can be varied one
// by one: the faults of signers and of what lies between client and server are
// faults in a part. Package sigv4 cannot do this, for it refuses to be wrong.
type stages struct {
	method, uri string
	query       []string // name=value, encoded
	headers     [][2]string
	signed      string // host;x-amz-date
	payload     string

	algorithm, time string
	scope           []string // date, region, service, aws4_request

	// The ways to go wrong after that; nil and "" are right.
	touchCanonical func(canonical string) string
	touchToSign    func(toSign, canonical string) string
	key            func(secret string) []byte // in place of the derivation
	keyScope       []string                   // what the key is derived for, if not the scope
	touchSecret    func(secret string) string
}

func (s stages) canonical() string {
	var b strings.Builder
	b.WriteString(s.method + "\n" + s.uri + "\n" + strings.Join(s.query, "&") + "\n")
	for _, h := range s.headers {
		b.WriteString(h[0] + ":" + h[1] + "\n")
	}
	b.WriteString("\n" + s.signed + "\n" + s.payload)
	if s.touchCanonical != nil {
		return s.touchCanonical(b.String())
	}
	return b.String()
}

func (s stages) toSign() string {
	canonical := s.canonical()
	sum := sha256.Sum256([]byte(canonical))
	text := s.algorithm + "\n" + s.time + "\n" + strings.Join(s.scope, "/") + "\n" + hex.EncodeToString(sum[:])
	if s.touchToSign != nil {
		return s.touchToSign(text, canonical)
	}
	return text
}

// mac is the signature, and false if the secret is too short to sign.
func (s stages) mac(secret string) ([]byte, bool) {
	if s.touchSecret != nil {
		secret = s.touchSecret(secret)
	}
	parts := s.keyScope
	if parts == nil {
		parts = s.scope
	}
	key := deriveKey("AWS4"+secret, parts)
	if s.key != nil {
		key = s.key(secret)
	}
	return sum(key, s.toSign())
}

// deriveKey is step 4 for any list of parts.
func deriveKey(start string, parts []string) []byte {
	key := []byte(start)
	for _, part := range parts {
		var ok bool
		if key, ok = sum(key, part); !ok {
			return nil
		}
	}
	return key
}

// sum is the HMAC. A key below 14 bytes, which no AWS secret gives, is refused: in
// FIPS mode crypto/hmac panics of it.
func sum(key []byte, text string) ([]byte, bool) {
	if len(key) < 14 {
		return nil, false
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(text))
	return mac.Sum(nil), true
}

// parseStages takes a canonical request and a string to sign apart again. It is
// lossless for what has the right shape; ok says whether these have.
func parseStages(canonical, toSign string) (s stages, ok bool) {
	lines := strings.Split(canonical, "\n")
	sts := strings.Split(toSign, "\n")
	n := len(lines)
	if n < 6 || len(sts) != 4 || lines[n-3] != "" {
		return stages{}, false
	}
	s = stages{method: lines[0], uri: lines[1], signed: lines[n-2], payload: lines[n-1],
		algorithm: sts[0], time: sts[1], scope: strings.Split(sts[2], "/")}
	if lines[2] != "" {
		s.query = strings.Split(lines[2], "&")
	}
	for _, line := range lines[3 : n-3] {
		name, value, _ := strings.Cut(line, ":")
		s.headers = append(s.headers, [2]string{name, value})
	}
	return s, s.canonical() == canonical
}

// trace gives the stages for a comparison, without what must not be shown.
func (s stages) trace() sigv4.Trace {
	return sigv4.Trace{CanonicalRequest: hideInCanonical(s.canonical()), StringToSign: s.toSign()}
}

// header is the value of a canonical header.
func (s stages) header(name string) string {
	for _, h := range s.headers {
		if h[0] == name {
			return h[1]
		}
	}
	return ""
}

// with gives a copy whose lists may be changed.
func (s stages) with() *stages {
	s.query, s.headers, s.scope = slices.Clone(s.query), slices.Clone(s.headers), slices.Clone(s.scope)
	return &s
}

// stages makes the stages that a server has to come to if it gets the request as
// it is written here. A request that carries no signature yet is signed for it; of
// one that does, the signature says which headers and which scope. Unlike package
// sigv4 it does so also for a request with which something is wrong.
func (r Request) stages() (stages, error) {
	if r.Claim == nil {
		secretless := r.withToken()
		secretless.Credentials = sigv4.NewCredentials(shownID(r.Credentials.AccessKeyID), "", secretless.Credentials.SessionToken())
		t, err := secretless.Trace()
		if err != nil {
			return stages{}, err
		}
		s, _ := parseStages(t.CanonicalRequest, t.StringToSign)
		return s, nil
	}
	c := r.Claim
	s := stages{method: r.Method, signed: strings.Join(c.SignedHeaders, ";"), payload: r.claimedPayload(),
		algorithm: c.Algorithm, time: r.Time, scope: []string{c.Date, c.Region, c.Service, "aws4_request"}}
	if s.method == "" {
		s.method = "GET"
	}
	wirePath, wireQuery := r.wire()
	s.uri = r.canonicalURI(wirePath)
	for p := range strings.SplitSeq(wireQuery, "&") {
		name, value, _ := strings.Cut(p, "=")
		name = recoded(name)
		if p != "" && !(c.Query && (name == "X-Amz-Signature" || name == "X-Amz-Security-Token" && r.SignToken != nil && !*r.SignToken)) {
			s.query = append(s.query, name+"="+recoded(value))
		}
	}
	sortParams(s.query)
	for _, name := range c.SignedHeaders {
		s.headers = append(s.headers, [2]string{name, r.canonicalHeader(name, ",", canonicalValue)})
	}
	return s, nil
}

// shownID is an access key ID that can be signed with: it is in no stage but a
// presigned URL's credential.
func shownID(id string) string {
	if id == "" || strings.ContainsAny(id, " \t\r\n/,") {
		return "UNKNOWN"
	}
	return id
}

// wire gives the path and the query as they stand in the URL.
func (r Request) wire() (wirePath, query string) {
	_, rest, _ := strings.Cut(r.URL, "://")
	rest, _, _ = strings.Cut(rest, "#")
	rest, query, _ = strings.Cut(rest, "?")
	if i := strings.IndexByte(rest, '/'); i >= 0 {
		return rest[i:], query
	}
	return "/", query
}

// isS3 reports whether the service has S3's rules, as package sigv4 has it.
func (r Request) isS3() bool {
	return slices.Contains([]string{"s3", "s3express", "s3-outposts", "s3-object-lambda"}, r.Service)
}

func (r Request) canonicalURI(wirePath string) string {
	plain, double, normalize := wirePath, !r.isS3(), !r.isS3()
	if r.DoubleEncode != nil {
		double = *r.DoubleEncode
	}
	if r.NormalizePath != nil {
		normalize = *r.NormalizePath
	}
	if !double {
		plain = decoded(plain)
	}
	if normalize {
		plain = cleanPath(plain)
	}
	return encoded(plain, "/")
}

func cleanPath(p string) string {
	clean := path.Clean("/" + p)
	if strings.HasSuffix(p, "/") && clean != "/" {
		clean += "/"
	}
	return clean
}

// hostSent is the Host header.
func (r Request) hostSent() string {
	if r.Host != "" {
		return r.Host
	}
	scheme, rest, _ := strings.Cut(r.URL, "://")
	host := rest
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		host = rest[:i]
	}
	return strings.TrimSuffix(host, map[string]string{"https": ":443", "http": ":80"}[strings.ToLower(scheme)])
}

// canonicalHeader joins the values of a header as they are sent.
func (r Request) canonicalHeader(name, join string, value func(string) string) string {
	if strings.EqualFold(name, "host") {
		return value(r.hostSent())
	}
	var values []string
	for _, h := range r.Headers {
		if strings.EqualFold(h[0], name) {
			values = append(values, value(h[1]))
		}
	}
	return strings.Join(values, join)
}

func canonicalValue(v string) string {
	return strings.Join(strings.FieldsFunc(v, func(c rune) bool { return c == ' ' || c == '\t' }), " ")
}

// claimedPayload is the last line of the canonical request, "" if it cannot be
// known.
func (r Request) claimedPayload() string {
	switch said := strings.TrimSpace(r.header("X-Amz-Content-Sha256")); {
	case r.PayloadHash != "":
		return r.PayloadHash
	case said != "":
		return said
	case r.Claim.Query && r.isS3():
		return sigv4.UnsignedPayload().String()
	case r.Claim.Query:
		return sigv4.EmptyPayload().String()
	case r.BodyUnknown:
		return ""
	}
	return sigv4.PayloadOf(r.Body).String()
}

// encoded writes every byte but the unreserved ones (RFC 3986 section 2.3) and
// those of keep as %XY.
func encoded(s, keep string) string {
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-._~"+keep, c) >= 0 {
			b.WriteByte(c)
		} else {
			b.WriteString("%" + strings.ToUpper(hex.EncodeToString([]byte{c})))
		}
	}
	return b.String()
}

// decoded undoes every %XY and leaves a % that is none.
func decoded(s string) string {
	if plain, err := url.PathUnescape(s); err == nil {
		return plain
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if c, err := hex.DecodeString(s[i+1 : i+3]); err == nil {
				b.WriteByte(c[0])
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// recoded brings a part of a query into the encoding that is signed; a plus is a
// blank.
func recoded(s string) string { return encoded(decoded(strings.ReplaceAll(s, "+", " ")), "") }

// sortParams sorts by name, then by value.
func sortParams(params []string) {
	slices.SortStableFunc(params, func(a, b string) int {
		nameA, valueA, _ := strings.Cut(a, "=")
		nameB, valueB, _ := strings.Cut(b, "=")
		if nameA != nameB {
			return strings.Compare(nameA, nameB)
		}
		return strings.Compare(valueA, valueB)
	})
}
