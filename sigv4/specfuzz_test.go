package sigv4_test

// The fast signer against the specification in spec_test.go. Each fuzz target
// states one property; without -fuzz its seeds run as tests, and
// TestSpecTargetsHaveTheirSeeds counts them.
//
// What the signer may refuse is written down in mayRefuse, and what AWS's
// documents do not decide in undecided. Everything else must be accepted and
// must agree, so that a signer that refuses too much fails.

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sigvier/sigvier/sigv4"
)

const (
	specAccessKeyID = "AKIDEXAMPLE"
	specSecret      = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
	specTimeFormat  = "20060102T150405Z"
)

// What names are made of; an HTTP token by RFC 9110, section 5.6.2.
const (
	specAlphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	specTokenBytes   = specAlphanumeric + "!#$%&'*+-.^_`|~"
)

// specInput is what a fuzz target makes of its arguments: a request and how it
// is signed.
type specInput struct {
	method, host   string
	target         string // path and query as on the wire
	headers        string // lines of name:value
	region, token  string
	service        string
	rules, payload uint8 // bits, see below; index of specPayloads
	seconds        int64 // Unix time of the signature
}

// specPayloads are the payload hashes to choose from.
var specPayloads = []string{
	specSHA256(""),
	specSHA256("Action=ListUsers&Version=2010-05-08"),
	"UNSIGNED-PAYLOAD",
	"STREAMING-UNSIGNED-PAYLOAD-TRAILER",
	"STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
	"STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
	"STREAMING-AWS4-HMAC-SHA256-EVENTS",
}

// The bits of specInput.rules; without specRuleExplicit the rules are those of
// the service.
const (
	specRuleDoubleEncode = 1 << iota
	specRuleNormalizePath
	specRuleTokenLast
	specRuleContentSHA256
	specRuleExplicit
)

// spec gives the specification's view of the input.
func (in specInput) spec() (specSigner, specRequest) {
	s := specForService(in.service)
	if in.rules&specRuleExplicit != 0 {
		s.doubleEncode = in.rules&specRuleDoubleEncode != 0
		s.normalizePath = in.rules&specRuleNormalizePath != 0
		s.tokenLast = in.rules&specRuleTokenLast != 0
		s.contentSHA256 = in.rules&specRuleContentSHA256 != 0
	}
	s.accessKeyID, s.secret, s.token, s.region = specAccessKeyID, specSecret, in.token, in.region
	s.time = in.time().Format(specTimeFormat)

	r := specRequest{method: in.method, payload: in.payloadHash()}
	if r.method == "" {
		r.method = "GET" // as net/http has it
	}
	r.path, r.query, _ = strings.Cut(in.url().RequestURI(), "?") // what net/http sends
	// [sigv4.Signer.Sign] changes these two before it signs: plus and blank in
	// the query become %20, and the scheme's own port is not sent.
	r.query = strings.NewReplacer("+", "%20", " ", "%20").Replace(r.query)
	r.host = strings.TrimSuffix(in.host, ":443")
	r.headers = specWithout(in.headerPairs(), "host") // net/http does not send that one
	return s, r
}

func (in specInput) payloadHash() string { return specPayloads[int(in.payload)%len(specPayloads)] }
func (in specInput) time() time.Time     { return time.Unix(in.seconds, 0).UTC() }

func (in specInput) headerPairs() []specPair {
	var pairs []specPair
	for line := range strings.SplitSeq(in.headers, "\n") {
		if name, value, found := strings.Cut(line, ":"); found {
			pairs = append(pairs, specPair{name, value})
		}
	}
	return pairs
}

// url holds the target so that net/http sends it as it is written, where that is
// a valid request target.
func (in specInput) url() *url.URL {
	path, query, _ := strings.Cut(in.target, "?")
	u := &url.URL{Scheme: "https", Host: in.host, Path: path, RawQuery: query}
	if decoded, err := url.PathUnescape(path); err == nil {
		u.Path, u.RawPath = decoded, path
	}
	return u
}

// request gives the input to net/http.
func (in specInput) request() *http.Request {
	req := &http.Request{Method: in.method, URL: in.url(), Header: http.Header{}}
	for _, h := range in.headerPairs() {
		req.Header.Add(h.name, h.value)
	}
	return in.withBody(req)
}

// length is what a Content-Length header says, if net/http can be made to send
// it; else 0.
func (in specInput) length() int {
	n := 0
	for _, h := range in.headerPairs() {
		if strings.EqualFold(h.name, "content-length") {
			v, err := strconv.Atoi(h.value)
			if err != nil || n != 0 || v < 1 || v > 4096 || h.value != strconv.Itoa(v) {
				return 0
			}
			n = v
		}
	}
	return n
}

// withBody gives a request the body that its Content-Length header announces,
// for net/http sends the length of the body and not the header.
func (in specInput) withBody(req *http.Request) *http.Request {
	if n := in.length(); n > 0 {
		req.Body = io.NopCloser(strings.NewReader(strings.Repeat("b", n)))
		req.ContentLength = int64(n)
	}
	return req
}

// signer gives the fast signer, its credentials and the payload hash.
func (in specInput) signer() (*sigv4.Signer, sigv4.Credentials, sigv4.PayloadHash, error) {
	var opts *sigv4.Options
	if in.rules&specRuleExplicit != 0 {
		choice := func(bit uint8) sigv4.Choice {
			if in.rules&bit != 0 {
				return sigv4.Yes
			}
			return sigv4.No
		}
		opts = &sigv4.Options{
			DoubleEncode:  choice(specRuleDoubleEncode),
			NormalizePath: choice(specRuleNormalizePath),
			SignToken:     sigv4.Yes,
			ContentSHA256: choice(specRuleContentSHA256),
		}
		if in.rules&specRuleTokenLast != 0 {
			opts.SignToken = sigv4.No
		}
	}
	signer, err := sigv4.NewSigner(in.service, in.region, opts)
	if err != nil {
		return nil, sigv4.Credentials{}, sigv4.PayloadHash{}, err
	}
	payload, err := sigv4.ParsePayloadHash(in.payloadHash())
	return signer, sigv4.NewCredentials(specAccessKeyID, specSecret, in.token), payload, err
}

// undecided says why the documents do not tell what the signature of an input
// is, "" if they do.
func (in specInput) undecided() string {
	if specInnerTab(in.headerPairs()) {
		return "a tab inside a header value"
	}
	for _, h := range in.headerPairs() {
		// Which other headers are signed is free (IAM step 1); this package lists
		// "proxy-…" and "x-forwarded-…" without naming each.
		name := strings.ToLower(h.name)
		if strings.HasPrefix(name, "proxy-") || strings.HasPrefix(name, "x-forwarded-") {
			return "a header of the proxies"
		}
	}
	return ""
}

// specInnerTab reports whether a header's value has a tab inside. IAM step 1 trims
// "whitespace" but collapses "spaces", and AWS's own implementations differ:
// aws-c-auth keeps such a tab, botocore makes it a space.
func specInnerTab(headers []specPair) bool {
	return slices.ContainsFunc(headers, func(h specPair) bool {
		return strings.Contains(strings.Trim(h.value, " \t"), "\t")
	})
}

// mayRefuse says why the signer may refuse an input, "" if it must accept it:
// what HTTP cannot send, what AWS has no meaning for, or what this package
// documents as refused.
func (in specInput) mayRefuse() string {
	const scope = specAlphanumeric + "-_."
	switch {
	case in.method != "" && !specMadeOf(in.method, specTokenBytes):
		return "the method is no HTTP token"
	case in.method == http.MethodConnect:
		return "CONNECT has no path"
	case !specMadeOf(in.service, scope) || !specMadeOf(in.region, scope):
		return "service or region is of no form that AWS uses"
	case strings.ContainsFunc(in.token, func(r rune) bool { return r <= ' ' || r > '~' }):
		return "the session token is not visible ASCII"
	case in.time().Year() < 1970 || in.time().Year() > 9999:
		return "the year is out of range"
	}

	if why := in.oddHost(); why != "" {
		return why
	}

	path, query, _ := strings.Cut(in.target, "?")
	switch {
	case path != "" && path[0] != '/':
		return "the path is not absolute"
	case strings.ContainsFunc(in.target, func(r rune) bool { return r < ' ' || r > '~' }):
		return "the target has raw bytes that HTTP does not allow"
	case specBrokenEscape(path) || specBrokenEscape(query):
		return "the target has a broken escape"
	}
	for _, h := range in.headerPairs() {
		switch {
		case !specMadeOf(h.name, specTokenBytes):
			return "a header's name is no HTTP token"
		case strings.ContainsFunc(h.value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }):
			return "a header's value has a control byte"
		case strings.EqualFold(h.name, "host"):
			return "a Host in the header map is not sent"
		case strings.EqualFold(h.name, "content-length") && in.length() == 0:
			return "the header may not be the length that is sent"
		}
	}
	return ""
}

// mayRefuseSign is mayRefuse for the header form.
func (in specInput) mayRefuseSign() string {
	_, query, _ := strings.Cut(in.target, "?")
	for _, p := range specPairsOfQuery(query) {
		if slices.Contains(specQueryNames, p.name) {
			return "the query is signed already (IAM step 5: not both)"
		}
	}
	return in.mayRefuse()
}

// mayRefusePresign is mayRefuse for the query form. S3Q: the payload of a
// presigned URL is not known, so a chunked one cannot be meant.
func (in specInput) mayRefusePresign(expires int) string {
	switch {
	case expires < 1 || expires > 604800:
		return "X-Amz-Expires is from 1 to 604800 (S3Q)"
	case strings.HasPrefix(in.payloadHash(), "STREAMING-"):
		return "a presigned URL has no body in chunks"
	case specHas(in.headerPairs(), "x-amz-content-sha256"):
		return "the header may not be the payload hash"
	case in.service == "s3" && specIsDigest(in.payloadHash()):
		return "the payload hash of a presigned URL is UNSIGNED-PAYLOAD (S3Q)"
	}
	return in.mayRefuse()
}

// oddHost says why a host may be refused. If it is not, the specification does
// not foretell how it is sent, only that it is sent as it was signed.
func (in specInput) oddHost() string {
	name, port, hasPort := strings.Cut(in.host, ":")
	if !specMadeOf(name, specAlphanumeric+"-.") {
		return "the host is no name"
	}
	if n, err := strconv.Atoi(port); hasPort && (err != nil || n < 1 || n > 65535 || port != strconv.Itoa(n)) {
		return "the port is no number"
	}
	return ""
}

// specMadeOf reports whether a string has bytes, and these of a set only.
func specMadeOf(s, set string) bool { return s != "" && strings.Trim(s, set) == "" }

func specBrokenEscape(s string) bool {
	_, err := url.PathUnescape(s)
	return err != nil
}

// specIsRefusal reports whether an error is one by which the signer says no.
func specIsRefusal(err error) bool {
	var refused *sigv4.InputError
	return errors.As(err, &refused)
}

// specOutcome is the outcome of one input, for counting.
type specOutcome string

const (
	specAgreed  specOutcome = "agreed"
	specRefused specOutcome = "refused"
	specSkipped specOutcome = "skipped" // nothing to compare: undecided, or it may be refused
)

// refusal judges an error of the fast signer.
func (in specInput) refusal(t testing.TB, err error, why string) specOutcome {
	t.Helper()
	if !specIsRefusal(err) {
		t.Fatalf("%+v: error %v is no *sigv4.InputError", in, err)
	}
	if why == "" {
		t.Fatalf("%+v: refused with %v, but must be accepted", in, err)
	}
	return specRefused
}

// specCheckSign: Sign does what the specification says, and what net/http then
// sends verifies by the specification.
func specCheckSign(t testing.TB, in specInput) specOutcome {
	t.Helper()
	if in.undecided() != "" {
		return specSkipped
	}
	signer, cred, payload, err := in.signer()
	if err != nil {
		return in.refusal(t, err, in.mayRefuseSign())
	}
	req := in.request()
	if err := signer.Sign(req, cred, payload, in.time()); err != nil {
		return in.refusal(t, err, in.mayRefuseSign())
	}

	if in.oddHost() == "" {
		in.compareSigned(t, req)
	}

	s, _ := in.spec()
	wire, ok := specSentBytes(req)
	if !ok {
		if in.mayRefuseSign() == "" {
			t.Fatalf("%+v: net/http cannot send it", in)
		}
		return specAgreed
	}
	if err := s.verify(specParseWire(wire), in.payloadHash()); err != nil {
		t.Fatalf("%+v: on the wire the specification finds: %v\n%s", in, err, wire)
	}
	return specAgreed
}

// compareSigned holds a request that Sign has signed against the specification:
// every stage, and the headers that were set.
func (in specInput) compareSigned(t testing.TB, req *http.Request) {
	t.Helper()
	signer, cred, payload, err := in.signer()
	if err != nil {
		t.Fatalf("%+v: %v", in, err)
	}
	s, r := in.spec()
	want, sent := s.signHeader(r)
	trace, err := signer.Explain(in.request(), cred, payload, in.time())
	if err != nil {
		t.Fatalf("%+v: Explain: %v after Sign succeeded", in, err)
	}
	specCompareStages(t, in, want, trace)
	for _, name := range []string{"authorization", "x-amz-date", "x-amz-content-sha256", "x-amz-security-token"} {
		got := req.Header.Values(name)
		if !specHas(sent, name) {
			if len(got) != 0 {
				t.Fatalf("%+v: %s = %q, want none", in, name, got)
			}
			continue
		}
		i := slices.IndexFunc(sent, func(p specPair) bool { return p.name == name })
		if len(got) != 1 || got[0] != sent[i].value {
			t.Fatalf("%+v: %s = %q, want %q", in, name, got, sent[i].value)
		}
	}
}

// specCheckPresign: Presign does what the specification says, and a request by
// the URL verifies by the specification.
func specCheckPresign(t testing.TB, in specInput, expires int) specOutcome {
	t.Helper()
	if in.undecided() != "" {
		return specSkipped
	}
	why := in.mayRefusePresign(expires)
	signer, cred, payload, err := in.signer()
	if err != nil {
		return in.refusal(t, err, why)
	}
	life := time.Duration(expires) * time.Second
	got, err := signer.Presign(in.request(), cred, payload, in.time(), life)
	if err != nil {
		return in.refusal(t, err, why)
	}

	if in.oddHost() == "" {
		in.comparePresigned(t, got, life)
	}

	s, _ := in.spec()
	wire, ok := specSentBytes(in.follow(t, got))
	if !ok {
		t.Fatalf("%+v: net/http cannot send %s", in, got.URL)
	}
	if err := s.verify(specParseWire(wire), in.payloadHash()); err != nil {
		t.Fatalf("%+v: on the wire the specification finds: %v\n%s", in, err, wire)
	}
	return specAgreed
}

// comparePresigned holds a URL that Presign has made against the specification:
// every stage, its parameters and its end.
func (in specInput) comparePresigned(t testing.TB, got sigv4.Presigned, life time.Duration) {
	t.Helper()
	signer, cred, payload, err := in.signer()
	if err != nil {
		t.Fatalf("%+v: %v", in, err)
	}
	s, r := in.spec()
	want, query := s.presign(r, int(life/time.Second))
	trace, err := signer.ExplainPresign(in.request(), cred, payload, in.time(), life)
	if err != nil {
		t.Fatalf("%+v: ExplainPresign: %v after Presign succeeded", in, err)
	}
	specCompareStages(t, in, want, trace)
	if !got.Expires.Equal(in.time().Add(life)) {
		t.Fatalf("%+v: Expires = %v, want %v", in, got.Expires, in.time().Add(life))
	}

	_, rawQuery, _ := strings.Cut(got.URL, "?")
	if diff := cmp.Diff(specSortQuery(query), specSortQuery(specPairsOfQuery(rawQuery)), cmp.AllowUnexported(specPair{})); diff != "" {
		t.Fatalf("%+v: parameters of the URL (-want +got):\n%s", in, diff)
	}
}

// follow makes the request that uses a presigned URL.
func (in specInput) follow(t testing.TB, p sigv4.Presigned) *http.Request {
	t.Helper()
	req, err := http.NewRequest(in.method, p.URL, nil)
	if err != nil {
		t.Fatalf("%+v: %s: %v", in, p.URL, err)
	}
	req.Header = p.Header.Clone()
	if req.Header == nil {
		req.Header = http.Header{}
	}
	return in.withBody(req)
}

func specCompareStages(t testing.TB, in specInput, want specSigned, got sigv4.Trace) {
	t.Helper()
	fast := specSigned{got.CanonicalRequest, got.SignedHeaders, got.StringToSign, got.Signature}
	if diff := cmp.Diff(want, fast, cmp.AllowUnexported(specSigned{})); diff != "" {
		t.Fatalf("%+v: the specification and the fast signer differ (-spec +fast):\n%s", in, diff)
	}
}

// specSentBytes are the bytes by which net/http sends a request; false if it does
// not.
func specSentBytes(req *http.Request) ([]byte, bool) {
	var wire bytes.Buffer
	if err := req.Write(&wire); err != nil {
		return nil, false
	}
	return wire.Bytes(), true
}

// specParseWire reads a request's head as plainly as can be.
func specParseWire(wire []byte) specRequest {
	head, _, _ := strings.Cut(strings.ReplaceAll(string(wire), "\r\n", "\n"), "\n\n")
	lines := strings.Split(head, "\n")
	var r specRequest
	r.method, lines[0], _ = strings.Cut(lines[0], " ")
	target := lines[0]
	if i := strings.LastIndex(target, " "); i >= 0 {
		target = target[:i]
	}
	r.path, r.query, _ = strings.Cut(target, "?")
	for _, line := range lines[1:] {
		name, value, _ := strings.Cut(line, ":")
		if strings.EqualFold(name, "host") {
			r.host = specTrim(value)
			continue
		}
		r.headers = append(r.headers, specPair{name, value})
	}
	return r
}

// verify is the server's side by the documents: take apart what came, compute
// the signature of the rest, compare. payload is the hash for a request that
// does not say it in a header.
func (s specSigner) verify(r specRequest, payload string) error {
	header := func(name string) string { // "" if it is not there once
		return specOnlyValue(r.headers, func(h specPair) bool { return strings.EqualFold(h.name, name) })
	}
	query := specPairsOfQuery(r.query)
	parameter := func(name string) string {
		return specOnlyValue(query, func(p specPair) bool { return p.name == name })
	}
	if r.payload = header("x-amz-content-sha256"); r.payload == "" {
		r.payload = payload
	}
	var credential, signedHeaders, signature string

	if authorization := header("authorization"); authorization != "" {
		rest, ok := strings.CutPrefix(authorization, "AWS4-HMAC-SHA256 ")
		if !ok {
			return fmt.Errorf("algorithm of %q", authorization)
		}
		for part := range strings.SplitSeq(rest, ",") {
			name, v, _ := strings.Cut(strings.TrimSpace(part), "=")
			switch name {
			case "Credential":
				credential = v
			case "SignedHeaders":
				signedHeaders = v
			case "Signature":
				signature = v
			}
		}
		s.time = header("x-amz-date")
	} else {
		if algorithm := parameter("X-Amz-Algorithm"); algorithm != "AWS4-HMAC-SHA256" {
			return fmt.Errorf("algorithm %q", algorithm)
		}
		credential = parameter("X-Amz-Credential")
		signedHeaders = parameter("X-Amz-SignedHeaders")
		signature = parameter("X-Amz-Signature")
		s.time = parameter("X-Amz-Date")
		query = specWithoutParameters(query, "X-Amz-Signature")
		if s.tokenLast {
			query = specWithoutParameters(query, "X-Amz-Security-Token")
		}
	}

	if _, err := time.Parse(specTimeFormat, s.time); err != nil {
		return fmt.Errorf("time: %w", err)
	}
	if want := s.accessKeyID + "/" + s.scope(); credential != want {
		return fmt.Errorf("credential %q, want %q", credential, want)
	}
	s.only = strings.Split(signedHeaders, ";")
	for _, h := range append([]specPair{{"host", ""}}, r.headers...) {
		name := strings.ToLower(h.name)
		must := name == "host" || strings.HasPrefix(name, "x-amz-") &&
			name != "x-amzn-trace-id" && (name != "x-amz-security-token" || !s.tokenLast)
		if must && !slices.Contains(s.only, name) {
			return fmt.Errorf("header %s is not signed", name)
		}
	}
	signed := s.headersToSign(r.host, r.headers)
	if got := specSignedHeaders(signed); got != signedHeaders {
		return fmt.Errorf("signed headers %q, but there are %q", signedHeaders, got)
	}
	want := s.sign(specCanonicalRequest(
		r.method, specCanonicalURI(r.path, s.doubleEncode, s.normalizePath), specCanonicalQuery(query), signed, r.payload,
	), signed)
	if signature != want.signature {
		return fmt.Errorf("signature %s, want %s for\n%s", signature, want.signature, want.canonicalRequest)
	}
	return nil
}

// specOnlyValue is the value of the one pair that is meant, "" if there are more.
func specOnlyValue(pairs []specPair, meant func(specPair) bool) string {
	var found []string
	for _, p := range pairs {
		if meant(p) {
			found = append(found, specTrim(p.value))
		}
	}
	if len(found) != 1 {
		return ""
	}
	return found[0]
}

// received gives the bytes to net/http's server side and the fast verifier.
func (in specInput) received(wire []byte, payloadSent bool) error {
	req, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(wire)))
	if err != nil {
		return err
	}
	signer, cred, payload, err := in.signer()
	if err != nil {
		return err
	}
	if payloadSent {
		payload = sigv4.PayloadHash{} // to be taken from the request
	}
	lookup := func(_ context.Context, id, token string) (sigv4.Credentials, error) {
		if id != specAccessKeyID || token != in.token {
			return sigv4.Credentials{}, errors.New("unknown")
		}
		return cred, nil
	}
	_, err = signer.Verify(req, lookup, payload, in.time())
	return err
}

// wireOf signs an input in one of the forms and gives the bytes that are sent.
// false where the input is refused, undecided or cannot be sent.
func (in specInput) wireOf(t testing.TB, query bool) (wire []byte, payloadSent, ok bool) {
	t.Helper()
	why := in.mayRefuseSign()
	if query {
		why = in.mayRefusePresign(1)
	}
	if in.undecided() != "" || why != "" {
		return nil, false, false
	}
	signer, cred, payload, err := in.signer()
	if err != nil {
		t.Fatalf("%+v: %v", in, err)
	}
	if query {
		p, err := signer.Presign(in.request(), cred, payload, in.time(), time.Second)
		if err != nil {
			t.Fatalf("%+v: %v", in, err)
		}
		wire, ok = specSentBytes(in.follow(t, p))
		return wire, false, ok
	}
	req := in.request()
	if err := signer.Sign(req, cred, payload, in.time()); err != nil {
		t.Fatalf("%+v: %v", in, err)
	}
	wire, ok = specSentBytes(req)
	return wire, req.Header.Get("X-Amz-Content-Sha256") != "", ok
}

// specCheckVerify: what was signed is accepted.
func specCheckVerify(t testing.TB, in specInput, query bool) specOutcome {
	t.Helper()
	wire, payloadSent, ok := in.wireOf(t, query)
	if !ok {
		return specSkipped
	}
	if err := in.received(wire, payloadSent); err != nil {
		t.Fatalf("%+v: Verify: %v\n%s", in, err, wire)
	}
	return specAgreed
}

// specCheckMutation: with one byte of the request changed, Verify refuses it,
// save where the change means nothing: in what is not signed, or in two spellings
// of the same. Which changes these are the specification says: it must accept
// them, too.
func specCheckMutation(t testing.TB, in specInput, query bool, at int, mask byte) specOutcome {
	t.Helper()
	wire, payloadSent, ok := in.wireOf(t, query)
	if !ok || mask == 0 {
		return specSkipped
	}
	wire = slices.Clone(wire)
	wire[at%len(wire)] ^= mask
	if err := in.received(wire, payloadSent); err != nil {
		return specRefused
	}
	changed := specParseWire(wire)
	if specInnerTab(changed.headers) {
		return specSkipped
	}
	s, _ := in.spec()
	if err := s.verify(changed, in.payloadHash()); err != nil {
		t.Fatalf("%+v: byte %d changed: Verify accepts, the specification says %v\n%s", in, at%len(wire), err, wire)
	}
	return specAgreed
}

// specSeeds are the inputs of all published cases and some that are known to go
// wrong elsewhere. The cases' own keys give way to those of the tests.
func specSeeds(t testing.TB) []specInput {
	t.Helper()
	var seeds []specInput
	for _, c := range specCases(t) {
		s, r := specOfCase(c)
		in := specInput{
			method: r.method, host: r.host, target: c.Target,
			region: s.region, service: s.service, token: s.token,
			rules: specRuleExplicit,
		}
		for bit, set := range map[uint8]bool{
			specRuleDoubleEncode: s.doubleEncode, specRuleNormalizePath: s.normalizePath,
			specRuleTokenLast: s.tokenLast, specRuleContentSHA256: s.contentSHA256,
		} {
			if set {
				in.rules |= bit
			}
		}
		for _, h := range r.headers {
			in.headers += h.name + ":" + h.value + "\n"
		}
		in.payload = uint8(max(0, slices.Index(specPayloads, c.PayloadHash)))
		when, err := time.Parse(specTimeFormat, c.Time)
		if err != nil {
			t.Fatal(err)
		}
		in.seconds = when.Unix()
		seeds = append(seeds, in)
	}
	get := func(service, target, headers string) specInput {
		return specInput{
			method: "GET", host: "example.com", target: target, headers: headers,
			region: "us-east-1", service: service, seconds: 1700000000, payload: 2,
		}
	}
	return append(seeds,
		get("s3", "/a?a=1;b=2&c=3", ""),           // a pair that parsers drop
		get("s3", "/?a%2Fb=1&a-b=2&a=3&a=", ""),   // sorted before encoding
		get("sqs", "/a/b/../c/./d//e/..", ""),     // dot segments
		get("s3", "/a/b/../c/./d//e/..", ""),      // left alone
		get("sqs", "/%2e%2e/a%2Fb/%E2%82%AC", ""), // escapes that look like them
		get("s3", "/%2e%2e/a%2fb/%e2%82%ac", ""),  // escapes of the object key
		get("s3", "/a+b%2Bc?d+e=f%2Bg h", ""),     // plus and blank
		get("s3", "/?&&=&=a&b&&c=&", ""),          // empty names and values
		get("s3", "/?X-Amz-Expires=5&x-amz-date=6&%58-Amz-Algorithm=7", ""),
		get("s3", "/", "X-Foo: a   b \nx-foo:\nX-FOO:\t c\nX-Amz-Meta-A:\xc3\xa9\xff"),
		get("s3", "/", "User-Agent:x\nAuthorization:y\nX-Amz-Date:z\nX-Amzn-Trace-Id:1\nCookie:a=b; c=d"),
		get("s3", "/", "X-Amz-Content-Sha256:x\nX-Amz-Security-Token:y\nExpect:100-continue\nVia:1"),
		specInput{ // the token comes last
			method: "GET", host: "example.com", target: "/mqtt", region: "us-east-1", service: "iotdevicegateway",
			token: "token/+=", seconds: 1700000000,
		},
	)
}

const specSeedCount = 38 + 34 + 10 + 13

// specFuzzInputs runs a property over inputs; extra is for what else it needs.
func specFuzzInputs(f *testing.F, property func(t *testing.T, in specInput, extra uint32)) {
	for i, in := range specSeeds(f) {
		f.Add(in.method, in.host, in.target, in.headers, in.region, in.service, in.token, in.rules, in.payload, in.seconds, uint32(i)*7919+3600)
	}
	f.Fuzz(func(t *testing.T, method, host, target, headers, region, service, token string, rules, payload uint8, seconds int64, extra uint32) {
		property(t, specInput{
			method: method, host: host, target: target, headers: headers,
			region: region, service: service, token: token,
			rules: rules, payload: payload, seconds: seconds,
		}, extra)
	})
}

// Property: Sign gives the stages and headers of the specification, and what
// net/http sends verifies by it.
func FuzzSpecSign(f *testing.F) {
	specFuzzInputs(f, func(t *testing.T, in specInput, _ uint32) { specCheckSign(t, in) })
}

// Property: Presign gives the stages and parameters of the specification, and
// what net/http sends for the URL verifies by it.
func FuzzSpecPresign(f *testing.F) {
	specFuzzInputs(f, func(t *testing.T, in specInput, extra uint32) {
		specCheckPresign(t, in, int(extra%700000)) // some beyond the limit of 604800
	})
}

// Property: a request that was signed is accepted by Verify.
func FuzzSpecSignVerify(f *testing.F) {
	specFuzzInputs(f, func(t *testing.T, in specInput, _ uint32) { specCheckVerify(t, in, false) })
}

// Property: a URL that was presigned is accepted by Verify.
func FuzzSpecPresignVerify(f *testing.F) {
	specFuzzInputs(f, func(t *testing.T, in specInput, _ uint32) { specCheckVerify(t, in, true) })
}

// Property: after the change of one byte Verify refuses a signed request, save
// where the specification, too, sees no change.
func FuzzSpecSignMutation(f *testing.F) {
	specFuzzInputs(f, func(t *testing.T, in specInput, extra uint32) {
		specCheckMutation(t, in, false, int(extra>>8), byte(extra))
	})
}

// Property: the same for presigned URLs.
func FuzzSpecPresignMutation(f *testing.F) {
	specFuzzInputs(f, func(t *testing.T, in specInput, extra uint32) {
		specCheckMutation(t, in, true, int(extra>>8), byte(extra))
	})
}

// Property: SignPolicy gives the specification's form fields.
func FuzzSpecPolicy(f *testing.F) {
	f.Add("eyJjb25kaXRpb25zIjpbXX0=", "", int64(1451347200))
	f.Add("eyJjb25kaXRpb25zIjpbXX0=", "token/+=", int64(1375747200))
	f.Add("e30=", "", int64(0))
	f.Fuzz(func(t *testing.T, policy, token string, seconds int64) {
		in := specInput{method: "POST", host: "example.com", target: "/", region: "us-east-1", service: "s3", token: token, seconds: seconds}
		signer, cred, _, err := in.signer()
		if err != nil {
			t.Fatal(err)
		}
		got, err := signer.SignPolicy(policy, cred, in.time())
		if err != nil {
			why := in.mayRefuse()
			if why == "" && !specIsBase64(policy) {
				why = "the policy is not base64"
			}
			in.refusal(t, err, why)
			return
		}
		s, _ := in.spec()
		want := s.policyFields(policy)
		if len(got) != len(want) {
			t.Fatalf("fields %q, want %q", got, want)
		}
		for i, w := range want {
			// S3P spells the first one policy in its table and Policy in its form.
			if !strings.EqualFold(got[i][0], w.name) || got[i][1] != w.value {
				t.Fatalf("field %d = %q, want %q", i, got[i], w)
			}
		}
	})
}

func specIsBase64(s string) bool {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	trimmed := strings.TrimRight(s, "=")
	return s != "" && len(s)%4 == 0 && len(s)-len(trimmed) <= 2 && strings.Trim(trimmed, alphabet) == ""
}

// specSum is for the calls that take a digest.
func specSum(s string) [sha256.Size]byte { return sha256.Sum256([]byte(s)) }
