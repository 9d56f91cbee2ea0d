package sigv4_test

// This file is an executable specification: Signature Version 4 as AWS's
// documents tell it, one function for each of their steps, in their order. It
// is slow and obvious on purpose, uses nothing of package sigv4, and was
// written without a look at that package's code. specfuzz_test.go holds the
// fast signer against it.
//
// The documents, as the comments cite them:
//
//	IAM   AWS IAM User Guide, "Create a signed AWS API request"
//	S3H   Amazon S3 API Reference, "Signature Calculations for the Authorization
//	      Header: Transferring Payload in a Single Chunk (AWS Signature Version 4)"
//	S3Q   same, "Authenticating Requests: Using Query Parameters"
//	S3C   same, "… Transferring Payload in Multiple Chunks (Chunked Upload)"
//	S3T   same, "Signature calculations for trailing headers (chunked uploads)"
//	S3P   same, "Authenticating Requests in Browser-Based Uploads Using POST"
//	EVT   Amazon Transcribe Developer Guide, "Setting up a streaming
//	      transcription" (event stream encoding)
//	REST  Amazon S3 API Reference, "Signing and authenticating REST requests"
//
// Where the documents leave a choice, the comment says which one stands here
// and why.

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"sort"
	"strings"
)

// specPair is a name with its value: a header, a query parameter, a trailer or
// a form field.
type specPair struct{ name, value string }

// specRequest is a request as its bytes stand on the wire.
type specRequest struct {
	method  string
	host    string     // the Host header
	path    string     // up to the question mark
	query   string     // behind it
	headers []specPair // in order; without Host
	payload string     // HashedPayload: 64 hex digits, or one of S3's words
}

// specSigner is who signs, for which service, when, and by whose rules.
type specSigner struct {
	accessKeyID, secret, token string
	region, service            string
	time                       string // 20150830T123600Z

	doubleEncode  bool     // IAM step 1: the path is encoded twice; not for S3
	normalizePath bool     // IAM step 1: the path is normalized; not for S3
	tokenLast     bool     // IAM "Temporary security credentials": added after signing
	contentSHA256 bool     // S3H: x-amz-content-sha256 is sent
	only          []string // if not nil, exactly these headers are signed
}

// specSigned is a signature with all that led to it.
type specSigned struct {
	canonicalRequest string
	signedHeaders    string
	stringToSign     string
	signature        string
}

// specForService gives the rules that the documents name for a service: S3
// neither normalizes nor encodes twice and wants the payload hash in a header
// (S3H); IoT's device gateway wants the token after the signature (AWS IoT Core
// Developer Guide, "MQTT over the WebSocket protocol").
func specForService(service string) specSigner {
	s3 := service == "s3"
	return specSigner{
		service:       service,
		doubleEncode:  !s3,
		normalizePath: !s3,
		contentSHA256: s3,
		tokenLast:     service == "iotdevicegateway",
	}
}

// The header form.

// signHeader signs a request with the Authorization header and gives the
// headers that are sent, without Host.
func (s specSigner) signHeader(r specRequest) (specSigned, []specPair) {
	// The signer's own headers replace what stands there.
	sendsHash := s.contentSHA256 || !specIsDigest(r.payload) || specHas(r.headers, "x-amz-content-sha256")
	sent := specWithout(r.headers, "authorization", "x-amz-date", "x-amz-security-token", "x-amz-content-sha256")

	// IAM step 1, CanonicalHeaders: host and all x-amz-* headers are signed.
	sent = append(sent, specPair{"x-amz-date", s.time})
	if sendsHash {
		sent = append(sent, specPair{"x-amz-content-sha256", r.payload})
	}
	if s.token != "" && !s.tokenLast {
		sent = append(sent, specPair{"x-amz-security-token", s.token})
	}
	signed := s.headersToSign(r.host, sent)

	out := s.sign(specCanonicalRequest(
		r.method,
		specCanonicalURI(r.path, s.doubleEncode, s.normalizePath),
		specCanonicalQuery(specPairsOfQuery(r.query)),
		signed,
		r.payload,
	), signed)

	if s.token != "" && s.tokenLast {
		sent = append(sent, specPair{"x-amz-security-token", s.token})
	}
	return out, append(sent, specPair{"authorization", s.authorization(out)})
}

// authorization is the value of the header. IAM step 5: no comma behind the
// algorithm, commas between the other elements.
func (s specSigner) authorization(out specSigned) string {
	return "AWS4-HMAC-SHA256 Credential=" + s.accessKeyID + "/" + s.scope() +
		", SignedHeaders=" + out.signedHeaders +
		", Signature=" + out.signature
}

// The query form.

// specQueryNames are the parameters of the query form (S3Q, the table of
// parameters; the token from IAM).
var specQueryNames = []string{
	"X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires",
	"X-Amz-SignedHeaders", "X-Amz-Security-Token", "X-Amz-Signature",
}

// presign signs a request with query parameters and gives all that are sent, in
// the order of the canonical query; what is added after signing comes last.
func (s specSigner) presign(r specRequest, expires int) (specSigned, []specPair) {
	signed := s.headersToSign(r.host, specWithout(r.headers, "authorization", "x-amz-date", "x-amz-security-token"))

	// S3Q: all parameters are in the canonical query but the signature.
	query := specWithoutParameters(specPairsOfQuery(r.query), specQueryNames...)
	query = append(query,
		specPair{"X-Amz-Algorithm", "AWS4-HMAC-SHA256"},
		specPair{"X-Amz-Credential", s.accessKeyID + "/" + s.scope()},
		specPair{"X-Amz-Date", s.time},
		specPair{"X-Amz-Expires", fmt.Sprint(expires)},
		specPair{"X-Amz-SignedHeaders", specSignedHeaders(signed)},
	)
	if s.token != "" && !s.tokenLast {
		query = append(query, specPair{"X-Amz-Security-Token", s.token})
	}

	out := s.sign(specCanonicalRequest(
		r.method,
		specCanonicalURI(r.path, s.doubleEncode, s.normalizePath),
		specCanonicalQuery(query),
		signed,
		r.payload,
	), signed)

	query = specSortQuery(query)
	if s.token != "" && s.tokenLast {
		query = append(query, specPair{"X-Amz-Security-Token", s.token})
	}
	return out, append(query, specPair{"X-Amz-Signature", out.signature})
}

// Step 1, the canonical request.

// specCanonicalRequest joins the six parts by newlines; each canonical header
// ends with a newline of its own (IAM step 1).
func specCanonicalRequest(method, uri, query string, signed []specPair, payload string) string {
	headers := ""
	for _, h := range signed {
		headers += h.name + ":" + h.value + "\n"
	}
	return strings.Join([]string{method, uri, query, headers, specSignedHeaders(signed), payload}, "\n")
}

// specCanonicalURI is the URI-encoded path (IAM step 1, CanonicalUri; S3H).
func specCanonicalURI(path string, double, normalize bool) string {
	if !double {
		// S3H: the encoded object key. The key is what the wire's escapes stand
		// for; its slashes are not encoded.
		path = specPercentDecode(path)
	}
	if normalize {
		// Choice: of a path that is encoded once it is the key whose segments are
		// removed, also where a dot was escaped. No service wants both.
		path = specNormalizePath(path)
	}
	if path == "" {
		path = "/" // "If the absolute path is empty, use a forward slash"
	}
	return specURIEncode(path, true)
}

// specNormalizePath removes redundant and relative path components. Of RFC 3986
// the documents say no more than its number; that empty segments go, too, is
// from AWS's test suite (get-slashes). Choice: ".." removes the segment before
// it that is left, and only a slash at the path's end stays one; so do
// aws-c-auth, which holds the suite, and botocore.
func specNormalizePath(path string) string {
	var kept []string
	for _, segment := range strings.Split(path, "/") {
		switch {
		case segment == "" || segment == ".":
		case segment == ".." && len(kept) > 0:
			kept = kept[:len(kept)-1]
		case segment == "..":
		default:
			kept = append(kept, segment)
		}
	}
	normal := "/" + strings.Join(kept, "/")
	if strings.HasSuffix(path, "/") && len(kept) > 0 {
		normal += "/"
	}
	return normal
}

// specURIEncode encodes every byte but letters, digits, '-', '.', '_' and '~',
// as '%' and two upper-case hex digits; the slash is left only in paths (S3H
// and IAM, UriEncode).
func specURIEncode(s string, path bool) string {
	const unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
	out := ""
	for _, b := range []byte(s) {
		if strings.IndexByte(unreserved, b) >= 0 || b == '/' && path {
			out += string(rune(b))
		} else {
			out += fmt.Sprintf("%%%02X", b)
		}
	}
	return out
}

// specPercentDecode is RFC 3986 section 2.1 backwards. What is no escape stays
// as it is.
func specPercentDecode(s string) string {
	out := ""
	for len(s) > 0 {
		if len(s) >= 3 && s[0] == '%' {
			if b, err := hex.DecodeString(s[1:3]); err == nil {
				out += string(b)
				s = s[3:]
				continue
			}
		}
		out += s[:1]
		s = s[1:]
	}
	return out
}

// specPairsOfQuery gives the parameters that a query on the wire stands for. A
// name without "=" has the empty value (S3H, CanonicalQueryString: the
// parameter acl becomes "acl="). Nothing stands between two ampersands that
// touch.
func specPairsOfQuery(query string) []specPair {
	var pairs []specPair
	for _, part := range strings.Split(query, "&") {
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		pairs = append(pairs, specPair{specPercentDecode(name), specPercentDecode(value)})
	}
	return pairs
}

// specCanonicalQuery encodes names and values one by one, then sorts, then
// joins (IAM step 1, CanonicalQueryString).
func specCanonicalQuery(pairs []specPair) string {
	var parts []string
	for _, p := range specSortQuery(pairs) {
		parts = append(parts, specURIEncode(p.name, false)+"="+specURIEncode(p.value, false))
	}
	return strings.Join(parts, "&")
}

// specSortQuery sorts by the encoded name, and what has the same name by the
// encoded value (the latter from the test suite, get-vanilla-query-order-value).
func specSortQuery(pairs []specPair) []specPair {
	pairs = slices.Clone(pairs)
	sort.SliceStable(pairs, func(i, j int) bool {
		a, b := specURIEncode(pairs[i].name, false), specURIEncode(pairs[j].name, false)
		if a != b {
			return a < b
		}
		return specURIEncode(pairs[i].value, false) < specURIEncode(pairs[j].value, false)
	})
	return pairs
}

// headersToSign gives the canonical headers: of those that are sent and of the
// host (IAM step 1, CanonicalHeaders).
func (s specSigner) headersToSign(host string, sent []specPair) []specPair {
	var chosen []specPair
	for _, h := range append([]specPair{{"host", host}}, sent...) {
		if s.signs(strings.ToLower(h.name)) {
			chosen = append(chosen, h)
		}
	}
	return specCanonicalHeaders(chosen)
}

// signs tells which headers are signed. The documents demand host and x-amz-*
// and allow any other; the rest is the policy that [sigv4.Signer.Sign]
// documents.
func (s specSigner) signs(name string) bool {
	if s.only != nil {
		return slices.Contains(s.only, name)
	}
	switch name {
	case "authorization", "user-agent", "x-amzn-trace-id", "expect", "accept-encoding",
		"connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade",
		"via", "forwarded", "x-real-ip":
		return false
	}
	return !strings.HasPrefix(name, "proxy-") && !strings.HasPrefix(name, "x-forwarded-")
}

// specCanonicalHeaders brings names to lower case, trims values, joins those of
// the same name by commas in their order, and sorts by name.
func specCanonicalHeaders(headers []specPair) []specPair {
	values := map[string][]string{}
	for _, h := range headers {
		name := strings.ToLower(h.name)
		values[name] = append(values[name], specTrim(h.value))
	}
	var names []string
	for name := range values {
		names = append(names, name)
	}
	sort.Strings(names)
	var canonical []specPair
	for _, name := range names {
		canonical = append(canonical, specPair{name, strings.Join(values[name], ",")})
	}
	return canonical
}

// specTrim removes whitespace at both ends and makes one space of sequential
// spaces (IAM step 1, CanonicalHeaders; Trim).
func specTrim(value string) string {
	value = strings.Trim(value, " \t")
	for strings.Contains(value, "  ") {
		value = strings.ReplaceAll(value, "  ", " ")
	}
	return value
}

// specSignedHeaders is the list of names, separated by semicolons.
func specSignedHeaders(canonical []specPair) string {
	var names []string
	for _, h := range canonical {
		names = append(names, h.name)
	}
	return strings.Join(names, ";")
}

// Steps 2 and 3, its hash and the string to sign.

func specSHA256(s string) string {
	return fmt.Sprintf("%x", sha256.Sum256([]byte(s)))
}

func (s specSigner) stringToSign(canonicalRequest string) string {
	return strings.Join([]string{"AWS4-HMAC-SHA256", s.time, s.scope(), specSHA256(canonicalRequest)}, "\n")
}

// scope is YYYYMMDD/region/service/aws4_request.
func (s specSigner) scope() string {
	return strings.Join([]string{s.time[:8], s.region, s.service, "aws4_request"}, "/")
}

// Step 4, the signing key and the signature.

// specHMAC is RFC 2104: H(key XOR opad, H(key XOR ipad, data)), where the key is
// filled up with zeros to the hash's block of 64 bytes, and hashed first if it
// is longer.
func specHMAC(key []byte, data string) []byte {
	if len(key) > 64 {
		sum := sha256.Sum256(key)
		key = sum[:]
	}
	var ipad, opad [64]byte
	copy(ipad[:], key)
	copy(opad[:], key)
	for i := range ipad {
		ipad[i] ^= 0x36
		opad[i] ^= 0x5c
	}
	inner := sha256.Sum256(append(ipad[:], data...))
	outer := sha256.Sum256(append(opad[:], inner[:]...))
	return outer[:]
}

// signingKeys gives kDate, kRegion, kService and kSigning.
func (s specSigner) signingKeys() [4][]byte {
	kDate := specHMAC([]byte("AWS4"+s.secret), s.time[:8])
	kRegion := specHMAC(kDate, s.region)
	kService := specHMAC(kRegion, s.service)
	kSigning := specHMAC(kService, "aws4_request")
	return [4][]byte{kDate, kRegion, kService, kSigning}
}

func (s specSigner) signature(stringToSign string) string {
	return fmt.Sprintf("%x", specHMAC(s.signingKeys()[3], stringToSign))
}

// sign goes through steps 2 to 4.
func (s specSigner) sign(canonicalRequest string, signed []specPair) specSigned {
	stringToSign := s.stringToSign(canonicalRequest)
	return specSigned{canonicalRequest, specSignedHeaders(signed), stringToSign, s.signature(stringToSign)}
}

// Bodies in pieces. Each signature holds the one before it; the first holds the
// signature of the request.

// chunkSignature signs one chunk. S3C, "Calculating the chunk signature": the
// hash of the empty string stands between the previous signature and the hash of
// the data.
func (s specSigner) chunkSignature(previous, data string) string {
	return s.signature(strings.Join([]string{
		"AWS4-HMAC-SHA256-PAYLOAD", s.time, s.scope(), previous, specSHA256(""), specSHA256(data),
	}, "\n"))
}

// trailerSignature signs the trailing headers, each as name, colon, value and
// newline (S3T).
func (s specSigner) trailerSignature(previous string, trailers []specPair) string {
	text := ""
	for _, t := range trailers {
		text += strings.ToLower(t.name) + ":" + t.value + "\n"
	}
	return s.signature(strings.Join([]string{
		"AWS4-HMAC-SHA256-TRAILER", s.time, s.scope(), previous, specSHA256(text),
	}, "\n"))
}

// eventSignature signs one message of an event stream. EVT: the message has a
// time of its own, and the hash of its encoded headers stands where a chunk has
// the hash of the empty string.
func (s specSigner) eventSignature(previous, time, headers, payload string) string {
	s.time = time
	return s.signature(strings.Join([]string{
		"AWS4-HMAC-SHA256-PAYLOAD", s.time, s.scope(), previous, specSHA256(headers), specSHA256(payload),
	}, "\n"))
}

// specChunks cuts data into chunks of one size and the empty one that ends them.
func specChunks(data string, size int) []string {
	var chunks []string
	for len(data) > size {
		chunks = append(chunks, data[:size])
		data = data[size:]
	}
	if data != "" {
		chunks = append(chunks, data)
	}
	return append(chunks, "")
}

// signedBody is the body that is sent, with each chunk signed. S3C: the length in
// hex, ";chunk-signature=" and the signature, CRLF, the data, CRLF. S3T: behind
// the head of the empty chunk come the trailers and their signature as lines, and
// an empty line. trailers is nil where none were announced. Choice: their names
// are sent in lower case, as they are hashed; HTTP does not mind.
func (s specSigner) signedBody(seed, data string, size int, trailers []specPair) string {
	var body bytes.Buffer
	previous := seed
	for _, chunk := range specChunks(data, size) {
		previous = s.chunkSignature(previous, chunk)
		fmt.Fprintf(&body, "%x;chunk-signature=%s\r\n", len(chunk), previous)
		if chunk != "" {
			fmt.Fprintf(&body, "%s\r\n", chunk)
		}
	}
	if trailers != nil {
		for _, t := range trailers {
			fmt.Fprintf(&body, "%s:%s\r\n", strings.ToLower(t.name), t.value)
		}
		fmt.Fprintf(&body, "x-amz-trailer-signature:%s\r\n", s.trailerSignature(previous, trailers))
	}
	return body.String() + "\r\n"
}

// specUnsignedBody is the same for STREAMING-UNSIGNED-PAYLOAD-TRAILER: nothing is
// signed (Amazon S3 User Guide, "Checking object integrity for data uploads").
func specUnsignedBody(data string, size int, trailers []specPair) string {
	var body bytes.Buffer
	for _, chunk := range specChunks(data, size) {
		fmt.Fprintf(&body, "%x\r\n", len(chunk))
		if chunk != "" {
			fmt.Fprintf(&body, "%s\r\n", chunk)
		}
	}
	for _, t := range trailers {
		fmt.Fprintf(&body, "%s:%s\r\n", strings.ToLower(t.name), t.value)
	}
	return body.String() + "\r\n"
}

// policyFields are the form fields that authenticate a POST. S3P: the string to
// sign is the policy in base64 itself.
func (s specSigner) policyFields(policyBase64 string) []specPair {
	fields := []specPair{
		{"policy", policyBase64},
		{"X-Amz-Algorithm", "AWS4-HMAC-SHA256"},
		{"X-Amz-Credential", s.accessKeyID + "/" + s.scope()},
		{"X-Amz-Date", s.time},
	}
	if s.token != "" {
		fields = append(fields, specPair{"X-Amz-Security-Token", s.token})
	}
	return append(fields, specPair{"X-Amz-Signature", s.signature(policyBase64)})
}

// Small things.

// specIsDigest reports whether a payload hash is 64 digits of lower-case hex.
func specIsDigest(payload string) bool {
	b, err := hex.DecodeString(payload)
	return err == nil && len(b) == sha256.Size && payload == strings.ToLower(payload)
}

// specHas reports whether a header is among the pairs, in whatever case.
func specHas(pairs []specPair, name string) bool {
	return slices.ContainsFunc(pairs, func(p specPair) bool { return strings.EqualFold(p.name, name) })
}

// specWithoutParameters gives the parameters that have none of the names; the
// case counts, as it does in the canonical query.
func specWithoutParameters(pairs []specPair, names ...string) []specPair {
	return slices.DeleteFunc(slices.Clone(pairs), func(p specPair) bool { return slices.Contains(names, p.name) })
}

// specWithout gives the headers that have none of the names, in whatever case.
func specWithout(pairs []specPair, names ...string) []specPair {
	var kept []specPair
	for _, p := range pairs {
		if !slices.ContainsFunc(names, func(name string) bool { return strings.EqualFold(name, p.name) }) {
			kept = append(kept, p)
		}
	}
	return kept
}
