package oracle

import (
	"bytes"
	"encoding/hex"
	"encoding/xml"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/sigvier/sigvier/sigv4"
)

var updateExplanations = flag.Bool("update-explanations", false, "write testdata/explain anew")

const (
	sceneID     = "AKIAIOSFODNN7EXAMPLE"
	sceneTempID = "ASIAIOSFODNN7EXAMPLE"
	sceneSecret = "wJalr+UtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
	sceneToken  = "FwoGZXIvYXdzEBYaDEXAMPLE/TOKEN+with==signs"
	sceneTime   = "20261123T120000Z"
)

// scene is one refusal: a request is signed, rightly or with a fault, goes through
// whatever is between, and is refused by a server that tells what it computed, or
// by one that does not.
type scene struct {
	name  string // the cause, with a word behind it where a cause has several scenes
	also  []string
	sure  Certainty
	meant Request // what is signed; zero fields are those of a GET of S3

	fault func(s *stages)  // how the client signs it
	sent  func(r *Request) // what becomes of the request before it is captured
	way   func(s *stages)  // what becomes of it on the way to the server
	given func(r *Request) // what Explain is told otherwise

	silent bool   // the server does not tell
	answer string // in place of SignatureDoesNotMatch
	plain  bool   // Explain is given what was meant, not what was captured
}

// cause is the id that the scene's name begins with.
func (s scene) cause() string { id, _, _ := strings.Cut(s.name, "/"); return id }

// play gives what Explain gets.
func (s scene) play(t *testing.T) (Request, Refusal) {
	t.Helper()
	meant := s.meant
	if meant.Service == "" {
		meant.Service = "s3"
	}
	meant.Region, meant.Time = "us-east-1", sceneTime
	if meant.URL == "" {
		meant.URL = "https://examplebucket.s3.us-east-1.amazonaws.com/photos/a%20b.jpg?versionId=x%20y&partNumber=2"
	}
	if meant.Credentials == (sigv4.Credentials{}) {
		meant.Credentials = sigv4.NewCredentials(sceneID, sceneSecret, "")
	}
	result, err := meant.Sign()
	if err != nil {
		t.Fatalf("Sign() = %v", err)
	}
	captured := capture(t, meant, result)
	right, err := captured.stages()
	if err != nil {
		t.Fatalf("stages() = %v", err)
	}
	if right.canonical() != result.CanonicalRequest || right.toSign() != result.StringToSign {
		t.Fatalf("stages() of the captured request (-signer +stages):\n%s", cmp.Diff(result.CanonicalRequest+"\n"+result.StringToSign, right.canonical()+"\n"+right.toSign()))
	}
	signed := right.with()
	if s.fault != nil {
		s.fault(signed)
		mac, ok := signed.mac(sceneSecret)
		if !ok {
			t.Fatal("the fault leaves no key")
		}
		captured.Claim.Signature = hex.EncodeToString(mac)
	}
	if s.sent != nil {
		s.sent(&captured)
	}
	seen, err := captured.stages()
	if err != nil {
		t.Fatalf("stages() = %v", err)
	}
	server := seen.with()
	if s.way != nil {
		s.way(server)
	}
	document := s.answer
	switch {
	case document == "" && s.silent:
		document = errorDocument("Code", "SignatureDoesNotMatch", "Message", "The request signature we calculated does not match the signature you provided. Check your key and signing method.")
	case document == "":
		document = errorDocument("Code", "SignatureDoesNotMatch", "Message", "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
			"AWSAccessKeyId", captured.Credentials.AccessKeyID, "StringToSign", server.toSign(), "SignatureProvided", captured.Claim.Signature,
			"StringToSignBytes", hexBytes(server.toSign()), "CanonicalRequest", server.canonical(), "CanonicalRequestBytes", hexBytes(server.canonical()))
	}
	refusal, err := ParseRefusal([]byte(document))
	if err != nil {
		t.Fatalf("ParseRefusal() = %v", err)
	}
	if s.plain {
		captured = meant
	}
	if s.given != nil {
		s.given(&captured)
	}
	return captured, refusal
}

// capture makes the raw request out of a signature and reads it.
func capture(t *testing.T, meant Request, result Result) Request {
	t.Helper()
	target, query := meant.wire()
	if query != "" {
		target += "?" + query
	}
	if result.URL != "" {
		_, rest, _ := strings.Cut(result.URL, "://")
		target = rest[strings.IndexByte(rest, '/'):]
	}
	var raw bytes.Buffer
	method := meant.Method
	if method == "" {
		method = "GET"
	}
	fmt.Fprintf(&raw, "%s %s HTTP/1.1\r\n", method, target)
	headers := result.Headers
	if result.URL != "" {
		headers = append([][2]string{{"Host", meant.hostSent()}}, meant.Headers...)
	}
	for _, h := range headers {
		fmt.Fprintf(&raw, "%s: %s\r\n", h[0], h[1])
	}
	if len(meant.Body) > 0 {
		fmt.Fprintf(&raw, "Content-Length: %d\r\n", len(meant.Body))
	}
	raw.WriteString("\r\n")
	raw.Write(meant.Body)
	captured, err := Parse(raw.Bytes())
	if err != nil {
		t.Fatalf("Parse() = %v\n%s", err, raw.Bytes())
	}
	captured.Credentials = sigv4.NewCredentials(captured.Credentials.AccessKeyID, meant.Credentials.SecretAccessKey(), captured.Credentials.SessionToken())
	return captured
}

// errorDocument is S3's, of names and values.
func errorDocument(fields ...string) string {
	var b strings.Builder
	b.WriteString(xml.Header + "<Error>")
	for i := 0; i < len(fields); i += 2 {
		b.WriteString("<" + fields[i] + ">")
		_ = xml.EscapeText(&b, []byte(fields[i+1])) // a strings.Builder takes everything
		b.WriteString("</" + fields[i] + ">")
	}
	return b.String() + "<RequestId>4442587FB7D0A2F9</RequestId></Error>"
}

func hexBytes(s string) string {
	parts := make([]string, len(s))
	for i := range len(s) {
		parts[i] = fmt.Sprintf("%02x", s[i])
	}
	return strings.Join(parts, " ")
}

// The small changes that scenes are made of.

func uri(to string) func(*stages)     { return func(s *stages) { s.uri = to } }
func payload(to string) func(*stages) { return func(s *stages) { s.payload = to } }
func params(to ...string) func(*stages) {
	return func(s *stages) { s.query = to }
}
func header(name, to string) func(*stages) {
	return func(s *stages) {
		for i := range s.headers {
			if s.headers[i][0] == name {
				s.headers[i][1] = to
			}
		}
	}
}
func both(changes ...func(*stages)) func(*stages) {
	return func(s *stages) {
		for _, change := range changes {
			change(s)
		}
	}
}
func secretIs(touch func(string) string) func(*stages) {
	return func(s *stages) { s.touchSecret = touch }
}

func withHeaders(h ...[2]string) Request { return Request{Headers: h} }
func at(url string) Request              { return Request{URL: url} }

func presigned(method string, h ...[2]string) Request {
	return Request{Method: method, Mode: "query", Expires: 900, Headers: h, URL: "https://examplebucket.s3.us-east-1.amazonaws.com/report.pdf"}
}

const bucketURL = "https://examplebucket.s3.us-east-1.amazonaws.com"

var (
	stsCall  = Request{Service: "sts", Method: "POST", URL: "https://sts.us-east-1.amazonaws.com/", Body: []byte("Action=GetCallerIdentity&Version=2011-06-15\n"), Headers: [][2]string{{"Content-Type", "application/x-www-form-urlencoded"}}}
	apiCall  = Request{Service: "execute-api", URL: "https://abc123.execute-api.us-east-1.amazonaws.com/prod/my%20items/x"}
	yes, no  = true, false
	tempCred = sigv4.NewCredentials(sceneTempID, sceneSecret, sceneToken)
)

func scenes() []scene {
	mismatchProse := func(code, more string) string {
		return `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>` + code + `</Code><Message>` + more + `</Message></Error><RequestId>b8b9</RequestId></ErrorResponse>`
	}
	code := func(code, message string, more ...string) string {
		return errorDocument(append([]string{"Code", code, "Message", message}, more...)...)
	}
	return []scene{
		// What the server saw differs from what the client signed.
		{name: "method-differs/told", sure: Certain, meant: presigned("GET"), way: func(s *stages) { s.method = "HEAD" }},
		{name: "method-differs/silent", sure: Certain, meant: presigned("PUT"), sent: func(r *Request) { r.Method = "POST" }, silent: true},
		{name: "path-encoded-again", sure: Certain, way: uri("/photos/a%2520b.jpg")},
		{name: "path-decoded", sure: Certain, meant: at(bucketURL + "/100%2525.txt"), way: uri("/100%25.txt")},
		{name: "path-encoded-twice/silent", sure: Certain, fault: uri("/photos/a%2520b.jpg"), silent: true},
		{name: "path-encoded-twice/told", sure: Certain, fault: uri("/photos/a%2520b.jpg")},
		{name: "path-encoded-twice/option", sure: Likely, plain: true, given: func(r *Request) { r.DoubleEncode = &yes; r.Credentials = sigv4.NewCredentials(sceneID, "", "") }},
		{name: "path-encoded-once/told", sure: Certain, meant: apiCall, fault: uri("/prod/my%20items/x")},
		{name: "path-encoded-once/option", sure: Likely, meant: apiCall, plain: true, given: func(r *Request) { r.DoubleEncode = &no; r.Credentials = sigv4.NewCredentials(sceneID, "", "") }},
		{name: "path-not-encoded", sure: Certain, fault: uri("/photos/a b.jpg"), silent: true},
		{name: "path-percent-case/silent", sure: Certain, meant: at(bucketURL + "/a%3Ab"), fault: uri("/a%3ab"), silent: true},
		{name: "path-percent-case/way", sure: Certain, meant: at(bucketURL + "/a%3Ab"), way: uri("/a%3ab")},
		{name: "path-plus/silent", sure: Certain, fault: uri("/photos/a+b.jpg"), silent: true},
		{name: "path-plus/way", sure: Certain, way: uri("/photos/a%2Bb.jpg")},
		{name: "path-characters/silent", sure: Certain, meant: at(bucketURL + "/a%28b%29.txt"), fault: uri("/a(b).txt"), silent: true},
		{name: "path-characters/way", sure: Certain, meant: at(bucketURL + "/a%40b"), way: uri("/a@b")},
		{name: "path-slash-encoded/silent", sure: Certain, fault: uri("/photos%2Fa%20b.jpg"), silent: true},
		{name: "path-slash-encoded/way", sure: Certain, meant: Request{Service: "execute-api", URL: "https://abc.execute-api.us-east-1.amazonaws.com/v1/a%2Fb"}, way: uri("/v1/a/b")},
		{name: "path-slashes-merged", sure: Certain, meant: at(bucketURL + "/logs//2026/x"), way: uri("/logs/2026/x")},
		{name: "path-dot-segments/way", sure: Certain, meant: at(bucketURL + "/a/../b"), way: uri("/b")},
		{name: "path-dot-segments/silent", sure: Certain, meant: at(bucketURL + "/a/../b"), fault: uri("/b"), silent: true},
		{name: "path-trailing-slash/way", sure: Certain, meant: at(bucketURL + "/photos"), way: uri("/photos/")},
		{name: "path-trailing-slash/behind", sure: Certain, meant: at(bucketURL + "/photos"), sent: func(r *Request) { r.URL = bucketURL + "/photos/" }, silent: true},
		{name: "path-prefix/way", sure: Certain, way: uri("/storage/photos/a%20b.jpg")},
		{name: "path-prefix/behind", sure: Certain, meant: at(bucketURL + "/s3/photos"), sent: func(r *Request) {
			r.URL = bucketURL + "/photos"
			r.Headers = append(r.Headers, [2]string{"X-Forwarded-Prefix", "/s3/"})
		}, silent: true},
		{name: "path-bucket/way", also: []string{"host-rewritten"}, sure: Certain, way: both(uri("/examplebucket/photos/a%20b.jpg"), header("host", "s3.us-east-1.amazonaws.com"))},
		{name: "path-bucket/silent", sure: Certain, fault: uri("/examplebucket/photos/a%20b.jpg"), silent: true},
		{name: "path-unicode", sure: Certain, meant: at(bucketURL + "/caf%C3%A9"), way: uri("/cafe%CC%81")},
		{name: "path-query-in-path/silent", sure: Certain, fault: both(uri("/photos/a%20b.jpg?versionId=x%20y&partNumber=2"), params()), silent: true},
		{name: "path-rewritten/way", sure: Certain, way: uri("/thumbnails/17.jpg")},
		{name: "path-rewritten/behind", sure: Certain, meant: at(bucketURL + "/a/b"), sent: func(r *Request) {
			r.URL = bucketURL + "/c"
			r.Headers = append(r.Headers, [2]string{"X-Original-URI", "/a/b?x=1"})
		}, silent: true},

		{name: "url-html-escaped/way", sure: Certain, meant: at(bucketURL + "/?list-type=2&prefix=a"), way: params("amp%3Bprefix=a", "list-type=2")},
		{name: "url-html-escaped/request", sure: Certain, meant: presigned("GET"), sent: func(r *Request) { r.URL = strings.ReplaceAll(r.URL, "&", "&amp;") }, given: func(r *Request) { r.Claim = nil },
			answer: code("AuthorizationQueryParametersError", "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters."), also: []string{"presign-parameters"}},
		{name: "url-encoded-again", sure: Certain, meant: presigned("GET"), sent: func(r *Request) { r.URL = strings.ReplaceAll(r.URL, "%", "%25") }, also: []string{"presign-parameters"},
			answer: code("AuthorizationQueryParametersError", `Error parsing the X-Amz-Credential parameter; the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".`)},
		{name: "url-trailing", sure: Certain, meant: presigned("GET"), sent: func(r *Request) { r.URL += ")."; r.Claim.Signature += ")." }, silent: true},
		{name: "query-order/silent", sure: Certain, fault: params("versionId=x%20y", "partNumber=2"), silent: true},
		{name: "query-order/way", sure: Certain, way: params("versionId=x%20y", "partNumber=2")},
		{name: "query-plus/silent", sure: Certain, fault: params("partNumber=2", "versionId=x+y"), silent: true},
		{name: "query-plus/way", sure: Certain, way: params("partNumber=2", "versionId=x%2By")},
		{name: "query-encoded-twice/silent", sure: Certain, fault: params("partNumber=2", "versionId=x%2520y"), silent: true},
		{name: "query-encoded-twice/way", sure: Certain, way: params("partNumber=2", "versionId=x%2520y")},
		{name: "query-characters/silent", sure: Certain, meant: at(bucketURL + "/?prefix=a%2Fb"), fault: params("prefix=a/b"), silent: true},
		{name: "query-characters/way", sure: Certain, meant: at(bucketURL + "/?prefix=a%2Fb"), way: params("prefix=a%2fb")},
		{name: "query-equals-sign/silent", sure: Certain, meant: at(bucketURL + "/?acl"), fault: params("acl"), silent: true},
		{name: "query-equals-sign/way", sure: Certain, meant: at(bucketURL + "/?acl"), way: params("acl")},
		{name: "query-left-out", sure: Certain, fault: params(), silent: true},
		{name: "query-parameter-added/way", sure: Certain, way: params("partNumber=2", "utm_source=mail", "versionId=x%20y")},
		{name: "query-parameter-added/silent", sure: Certain, meant: presigned("GET"), sent: func(r *Request) { r.URL += "&response-content-disposition=attachment" }, silent: true},
		{name: "query-parameter-dropped", sure: Certain, way: params("partNumber=2")},
		{name: "query-parameter-rewritten", sure: Certain, way: params("partNumber=3", "versionId=x%20y")},

		{name: "host-rewritten/way", sure: Certain, way: header("host", "backend.internal")},
		{name: "host-rewritten/behind", sure: Certain, sent: func(r *Request) {
			r.URL = strings.Replace(r.URL, "examplebucket.s3.us-east-1.amazonaws.com", "127.0.0.1:9000", 1)
			r.Host = ""
			r.Headers = append(r.Headers, [2]string{"X-Forwarded-Host", "examplebucket.s3.us-east-1.amazonaws.com"})
		}, silent: true},
		{name: "host-port/way", sure: Certain, meant: at("https://minio.example.com:9000/b/k"), way: header("host", "minio.example.com")},
		{name: "host-port/silent", sure: Certain, fault: header("host", "examplebucket.s3.us-east-1.amazonaws.com:443"), silent: true},
		{name: "header-dropped/way", sure: Certain, meant: withHeaders([2]string{"X-Amz-Meta-Owner", "me"}), way: header("x-amz-meta-owner", "")},
		{name: "header-dropped/request", sure: Certain, meant: presigned("PUT", [2]string{"X-Amz-Acl", "private"}), sent: func(r *Request) { r.Headers = nil },
			answer: code("AccessDenied", "There were headers present in the request which were not signed"), given: func(r *Request) { r.Claim.SignedHeaders = append(r.Claim.SignedHeaders, "x-amz-acl") }},
		{name: "header-dropped/behind", sure: Certain, meant: withHeaders([2]string{"X-Amz-Meta-Owner", "me"}), sent: func(r *Request) {
			r.Headers = slices.DeleteFunc(r.Headers, func(h [2]string) bool { return h[0] == "X-Amz-Meta-Owner" })
		}},
		{name: "header-dropped/minio", sure: Likely, also: []string{"header-unsigned"}, answer: code("AccessDenied", "There were headers present in the request which were not signed")},
		{name: "host-rewritten/ports", sure: Certain, meant: at("http://127.0.0.1:8080/b/k"), way: header("host", "127.0.0.1:9000")},
		{name: "header-added", sure: Likely, plain: true, way: func(s *stages) { s.insert("amz-sdk-request", "attempt=1; max=3"); s.signed = namesOf(s.headers) }, given: func(r *Request) { r.Credentials = sigv4.NewCredentials(sceneID, "", "") }},
		{name: "header-rewritten", sure: Certain, meant: withHeaders([2]string{"Cache-Control", "max-age=60"}), way: header("cache-control", "max-age=60, public")},
		{name: "header-whitespace/silent", sure: Certain, meant: withHeaders([2]string{"X-Amz-Meta-T", "a  b"}), fault: header("x-amz-meta-t", "a  b"), silent: true},
		{name: "header-whitespace/way", sure: Certain, meant: withHeaders([2]string{"X-Amz-Meta-T", "a b"}), way: header("x-amz-meta-t", "a  b")},
		{name: "header-joined/silent", sure: Certain, meant: withHeaders([2]string{"X-Amz-Meta-T", "a"}, [2]string{"X-Amz-Meta-T", "b"}), fault: header("x-amz-meta-t", "a, b"), silent: true},
		{name: "header-joined/way", sure: Certain, meant: withHeaders([2]string{"X-Amz-Meta-T", "a"}, [2]string{"X-Amz-Meta-T", "b"}), way: header("x-amz-meta-t", "b")},
		{name: "header-encoding/silent", sure: Certain, meant: withHeaders([2]string{"X-Amz-Meta-T", "café"}), fault: header("x-amz-meta-t", "caf\xe9"), silent: true},
		{name: "header-encoding/way", sure: Certain, meant: withHeaders([2]string{"X-Amz-Meta-T", "café"}), way: header("x-amz-meta-t", "cafÃ©")},
		{name: "header-order/silent", sure: Certain, fault: func(s *stages) {
			for i := range s.headers {
				s.headers[i][0] = map[string]string{"host": "Host", "x-amz-content-sha256": "X-Amz-Content-Sha256", "x-amz-date": "X-Amz-Date"}[s.headers[i][0]]
			}
		}, silent: true},
		{name: "header-order/way", sure: Certain, way: func(s *stages) { slices.Reverse(s.headers) }},
		{name: "content-type-charset/silent", sure: Certain, meant: stsCall, fault: header("content-type", "application/x-www-form-urlencoded; charset=utf-8"), silent: true},
		{name: "content-type-charset/way", sure: Certain, meant: stsCall, way: header("content-type", "application/x-www-form-urlencoded;charset=UTF-8")},
		{name: "accept-encoding-rewritten/way", sure: Certain, meant: acceptEncoding(), way: header("accept-encoding", "gzip")},
		{name: "accept-encoding-rewritten/silent", sure: Certain, meant: acceptEncoding(), fault: header("accept-encoding", "gzip, deflate, br"), silent: true},
		{name: "user-agent-rewritten", sure: Certain, meant: signedToo("User-Agent", "app/1"), way: header("user-agent", "corporate proxy")},
		{name: "hop-by-hop-signed", sure: Certain, meant: signedToo("Connection", "keep-alive"), way: header("connection", "")},
		{name: "proxy-header-signed", sure: Certain, meant: signedToo("X-Forwarded-For", "10.0.0.1"), way: header("x-forwarded-for", "10.0.0.1, 10.0.0.2")},
		{name: "header-unsigned", sure: Certain, meant: presigned("PUT"), sent: func(r *Request) { r.Headers = append(r.Headers, [2]string{"X-Amz-Acl", "public-read"}) },
			answer: code("AccessDenied", "There were headers present in the request which were not signed", "HeadersNotSigned", "x-amz-acl")},
		{name: "signed-headers-list/silent", sure: Certain, fault: func(s *stages) { s.signed = strings.ReplaceAll(s.signed, ";", ",") }, silent: true},
		{name: "signed-headers-list/way", sure: Certain, way: func(s *stages) { s.signed = "host" }},

		{name: "body-dropped/way", sure: Certain, meant: stsCall, way: payload(sigv4.EmptyPayload().String())},
		{name: "body-changed/way", sure: Certain, meant: stsCall, way: payload(sigv4.PayloadOf([]byte("another")).String())},
		{name: "body-changed/code", sure: Certain, meant: Request{Method: "PUT", Body: []byte("one")}, answer: code("XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed.",
			"ClientComputedContentSHA256", sigv4.PayloadOf([]byte("one")).String(), "S3ComputedContentSHA256", sigv4.PayloadOf([]byte("another")).String())},
		{name: "body-line-ends/silent", sure: Certain, meant: stsCall, fault: payload(sigv4.PayloadOf([]byte("Action=GetCallerIdentity&Version=2011-06-15")).String()), silent: true},
		{name: "body-line-ends/way", sure: Certain, meant: stsCall, way: payload(sigv4.PayloadOf([]byte("Action=GetCallerIdentity&Version=2011-06-15")).String())},
		{name: "body-line-ends/request", sure: Certain, meant: Request{Method: "PUT", Body: []byte("one\n")}, sent: func(r *Request) { r.Body = []byte("one") }, silent: true},
		{name: "payload-empty/silent", sure: Certain, meant: stsCall, fault: payload(sigv4.EmptyPayload().String()), silent: true},
		{name: "payload-empty/told", sure: Certain, meant: stsCall, fault: payload(sigv4.EmptyPayload().String())},
		{name: "payload-unsigned/silent", sure: Certain, meant: stsCall, fault: payload("UNSIGNED-PAYLOAD"), silent: true},
		{name: "payload-unsigned/way", sure: Certain, meant: presigned("PUT"), way: payload(sigv4.PayloadOf([]byte("x")).String())},
		{name: "payload-streaming", sure: Certain, meant: Request{Method: "PUT", Body: []byte("x"), PayloadHash: "STREAMING-UNSIGNED-PAYLOAD-TRAILER"}, way: both(payload("STREAMING-AWS4-HMAC-SHA256-PAYLOAD"), header("x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"))},
		{name: "chunk-signature", sure: Certain, meant: Request{Method: "PUT", Body: []byte("x"), PayloadHash: "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"}, answer: code("SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided.",
			"StringToSign", "AWS4-HMAC-SHA256-PAYLOAD\n20261123T120000Z\n20261123/us-east-1/s3/aws4_request\n"+strings.Repeat("ab", 32)+"\n"+sigv4.EmptyPayload().String()+"\n"+sigv4.EmptyPayload().String())},
		{name: "payload-form/silent", sure: Certain, meant: stsCall, fault: func(s *stages) { s.payload = strings.ToUpper(s.payload) }, silent: true},
		{name: "payload-form/code", sure: Certain, answer: code("InvalidArgument", "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, or a valid sha256 value.")},

		{name: "canonical-form", sure: Certain, fault: func(s *stages) { s.touchCanonical = func(c string) string { return c + "\n" } }, silent: true},
		{name: "string-to-sign-form", sure: Certain, fault: func(s *stages) { s.touchToSign = func(t, _ string) string { return t + "\n" } }, silent: true},
		{name: "time-differs/silent", sure: Certain, fault: func(s *stages) { s.time = "20261123T140000Z" }, silent: true},
		{name: "time-differs/way", sure: Certain, way: func(s *stages) { s.time = "20261123T120001Z"; header("x-amz-date", s.time)(s) }},
		{name: "scope-date/silent", sure: Certain, fault: func(s *stages) { s.scope[0] = "20261122" }, silent: true},
		{name: "scope-date/way", sure: Certain, way: func(s *stages) { s.scope[0] = "20261124" }},
		{name: "scope-date/code", sure: Certain, sent: func(r *Request) { r.Claim.Date = "20261122" }, answer: mismatchProse("SignatureDoesNotMatch", "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20261122' != '20261123', from '20261123T120000Z'.")},
		{name: "scope-region/silent", sure: Certain, fault: func(s *stages) { s.scope[1] = "eu-west-1" }, silent: true},
		{name: "scope-region/way", sure: Certain, way: func(s *stages) { s.scope[1] = "eu-central-1" }},
		{name: "scope-region/code", sure: Certain, answer: code("AuthorizationHeaderMalformed", "The authorization header is malformed; the region 'us-east-1' is wrong; expecting 'eu-central-1'", "Region", "eu-central-1")},
		{name: "scope-region/sts", sure: Certain, meant: stsCall, answer: mismatchProse("SignatureDoesNotMatch", "Credential should be scoped to a valid region.")},
		{name: "scope-service/silent", sure: Certain, meant: apiCall, fault: func(s *stages) { s.scope[2] = "lambda" }, silent: true},
		{name: "scope-service/sts", sure: Certain, meant: Request{Service: "iam", URL: stsCall.URL}, answer: mismatchProse("SignatureDoesNotMatch", "Credential should be scoped to correct service: 'sts'. ")},
		{name: "scope-form/silent", sure: Certain, fault: func(s *stages) { s.scope = s.scope[:3] }, silent: true},
		{name: "scope-form/code", sure: Certain, meant: stsCall, answer: mismatchProse("SignatureDoesNotMatch", "Credential should be scoped with a valid terminator: 'aws4_request'.")},
		{name: "algorithm-differs", sure: Certain, fault: func(s *stages) { s.algorithm = "AWS4-HMAC-SHA1" }, silent: true},

		{name: "secret-wrong/told", sure: Certain},
		{name: "secret-wrong/another", sure: Likely, fault: secretIs(func(string) string { return "something else altogether" })},
		{name: "secret-wrong/unknown", sure: Likely, given: func(r *Request) { r.Credentials = sigv4.NewCredentials(sceneID, "", "") }},
		{name: "secret-wrong/meant", sure: Certain, plain: true},
		{name: "secret-blanks/silent", sure: Certain, fault: secretIs(func(s string) string { return s + "\n" }), silent: true},
		{name: "secret-blanks/told", sure: Certain, fault: secretIs(func(s string) string { return s + " " })},
		{name: "secret-quoted", sure: Certain, fault: secretIs(func(s string) string { return `"` + s + `"` }), silent: true},
		{name: "secret-url-encoded", sure: Certain, fault: secretIs(func(s string) string { return strings.ReplaceAll(s, "+", " ") }), silent: true},
		{name: "secret-cut", sure: Certain, fault: secretIs(func(s string) string { return s[1:] }), silent: true},
		{name: "secret-case", sure: Certain, fault: secretIs(strings.ToLower), silent: true},
		{name: "secret-swapped/silent", sure: Certain, fault: secretIs(func(string) string { return sceneID }), silent: true},
		{name: "secret-swapped/request", sure: Certain, plain: true, given: func(r *Request) { r.Credentials = sigv4.NewCredentials(sceneSecret, sceneID, "") },
			answer: code("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.", "AWSAccessKeyId", sceneSecret), also: []string{"access-key-unknown"}},
		{name: "key-derivation", sure: Certain, fault: func(s *stages) {
			scope := s.scope
			s.key = func(secret string) []byte { return deriveKey(secret, scope) }
		}, silent: true},
		{name: "key-scope", sure: Certain, fault: func(s *stages) { s.keyScope = []string{"20261122", s.scope[1], s.scope[2], s.scope[3]} }, silent: true},
		{name: "signature-form", sure: Certain, sent: func(r *Request) { r.Claim.Signature = strings.ToUpper(r.Claim.Signature) }, silent: true},
		{name: "signature-cut/silent", sure: Certain, sent: func(r *Request) { r.Claim.Signature = r.Claim.Signature[:48] }, silent: true},
		{name: "signature-cut/told", sure: Certain, given: func(r *Request) { r.Claim.Signature += "00" }},
		{name: "signature-changed", sure: Certain, given: func(r *Request) { r.Claim.Signature = strings.Repeat("ab", 32) }},
		{name: "signature-right", also: []string{"secret-wrong"}, sure: Certain, silent: true},
		{name: "signature-right/risky", also: []string{"secret-wrong", "accept-encoding-rewritten", "path-slashes-merged", "host-rewritten"}, sure: Certain, silent: true,
			meant: Request{URL: "http://minio.example.com:9000/b//k", Headers: acceptEncoding().Headers, SignedHeaders: acceptEncoding().SignedHeaders}},
		{name: "unexplained/tried", sure: Likely, fault: secretIs(func(string) string { return "something else altogether" }), silent: true},
		{name: "unexplained/no-secret", sure: Possible, silent: true, given: func(r *Request) { r.Credentials = sigv4.NewCredentials(sceneID, "", "") }},
		{name: "unexplained/no-signature", sure: Possible, silent: true, plain: true},

		{name: "token-unsigned/silent", sure: Certain, meant: Request{Credentials: tempCred}, fault: func(s *stages) {
			s.headers = slices.DeleteFunc(s.headers, func(h [2]string) bool { return h[0] == "x-amz-security-token" })
			s.signed = namesOf(s.headers)
		}, silent: true},
		{name: "token-unsigned/query", sure: Certain, meant: Request{Mode: "query", Expires: 60, Credentials: tempCred}, fault: func(s *stages) {
			s.query = slices.DeleteFunc(s.query, func(p string) bool { return strings.HasPrefix(p, "X-Amz-Security-Token=") })
		}},
		{name: "token-rewritten", sure: Certain, meant: Request{Credentials: tempCred}, way: header("x-amz-security-token", "another/token")},
		{name: "token-missing", sure: Certain, meant: Request{Credentials: tempCred}, also: []string{"access-key-unknown"}, sent: func(r *Request) {
			r.Headers = slices.DeleteFunc(r.Headers, func(h [2]string) bool { return h[0] == "X-Amz-Security-Token" })
			r.Claim.SignedHeaders = []string{"host", "x-amz-content-sha256", "x-amz-date"}
			r.Credentials = sigv4.NewCredentials(sceneTempID, sceneSecret, "")
		}, answer: code("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.", "AWSAccessKeyId", sceneTempID)},
		{name: "token-expired", sure: Certain, meant: Request{Credentials: tempCred}, answer: code("ExpiredToken", "The provided token has expired.", "Token-0", sceneToken)},
		{name: "token-invalid/s3", sure: Certain, meant: Request{Credentials: tempCred}, answer: code("InvalidToken", "The provided token is malformed or otherwise invalid.", "Token-0", sceneToken)},
		{name: "token-invalid/sts", sure: Likely, meant: Request{Service: "sts", URL: stsCall.URL, Credentials: tempCred}, also: []string{"access-key-unknown"}, answer: mismatchProse("InvalidClientTokenId", "The security token included in the request is invalid.")},
		{name: "access-key-unknown", sure: Certain, answer: code("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.", "AWSAccessKeyId", sceneID)},
		{name: "access-key-differs", sure: Certain, also: []string{"access-key-unknown"}, answer: code("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.", "AWSAccessKeyId", "AKIAI44QH8DHBEXAMPLE")},

		{name: "clock-skew/s3", sure: Certain, answer: code("RequestTimeTooSkewed", "The difference between the request time and the current time is too large.", "RequestTime", sceneTime, "ServerTime", "2026-11-23T13:17:05Z", "MaxAllowedSkewMilliseconds", "900000")},
		{name: "clock-skew/zone", sure: Certain, answer: "HTTP/1.1 403 Forbidden\r\nDate: Mon, 23 Nov 2026 10:00:02 GMT\r\n\r\n" + code("RequestTimeTooSkewed", "The difference between the request time and the server's time is too large.")},
		{name: "clock-skew/sts", sure: Certain, meant: stsCall, answer: mismatchProse("SignatureDoesNotMatch", "Signature expired: 20261123T120000Z is now earlier than 20261123T122500Z (20261123T123000Z - 5 min.)")},
		{name: "clock-skew/json", sure: Certain, meant: apiCall, answer: `{"__type":"com.amazon.coral.service#InvalidSignatureException","message":"Signature not yet current: 20261123T120000Z is still later than 20261123T113500Z (20261123T113000Z + 5 min.)"}`},
		{name: "authorization-malformed", sure: Certain, meant: stsCall, answer: mismatchProse("IncompleteSignature", "Authorization header requires 'Signature' parameter. Authorization=AWS4-HMAC-SHA256")},
		{name: "authorization-missing/sts", sure: Certain, meant: stsCall, answer: mismatchProse("MissingAuthenticationToken", "Request is missing Authentication Token")},
		{name: "authorization-twice", sure: Certain, meant: presigned("GET"), sent: func(r *Request) {
			r.Headers = append(r.Headers, [2]string{"Authorization", "AWS4-HMAC-SHA256 Credential=x"})
		},
			answer: code("InvalidArgument", "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified")},
		{name: "signature-version", sure: Certain, answer: code("InvalidRequest", "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.")},
		{name: "presign-expired", sure: Certain, meant: presigned("GET"), answer: code("AccessDenied", "Request has expired", "X-Amz-Expires", "900", "Expires", "2026-11-23T12:15:00Z", "ServerTime", "2026-11-23T14:02:00Z")},
		{name: "presign-not-yet", sure: Certain, meant: presigned("GET"), answer: code("AccessDenied", "Request is not valid yet")},
		{name: "presign-parameters", sure: Certain, meant: presigned("GET"), answer: code("AuthorizationQueryParametersError", "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds")},
		{name: "content-sha256-missing", sure: Certain, answer: code("InvalidRequest", "Missing required header for this request: x-amz-content-sha256")},
		{name: "header-missing", sure: Certain, answer: code("AccessDenied", "AWS authentication requires a valid Date or x-amz-date header")},
		{name: "endpoint-wrong/document", sure: Certain, answer: code("PermanentRedirect", "The bucket you are attempting to access must be addressed using the specified endpoint.", "Endpoint", "examplebucket.s3.eu-central-1.amazonaws.com")},
		{name: "endpoint-wrong/head", sure: Likely, answer: "HTTP/1.1 301 Moved Permanently\r\nx-amz-bucket-region: eu-central-1\r\n\r\n"},
		{name: "not-the-service", sure: Likely, answer: "HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\n\r\n<html><head><title>502 Bad Gateway</title></head></html>"},
		{name: "answer-without-document", sure: Certain, answer: "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"},
		{name: "not-the-signature/policy", sure: Likely, answer: code("AccessDenied", "User: arn:aws:iam::123456789012:user/a is not authorized to perform: s3:GetObject")},
		{name: "not-the-signature/bucket", sure: Likely, answer: code("NoSuchBucket", "The specified bucket does not exist")},
		{name: "request-malformed", sure: Certain, plain: true, given: func(r *Request) { r.URL = "https:///" }},
	}
}

func signedToo(name, value string) Request {
	return Request{Headers: [][2]string{{name, value}}, SignedHeaders: []string{strings.ToLower(name), "host", "x-amz-content-sha256", "x-amz-date"}}
}

func acceptEncoding() Request { return signedToo("Accept-Encoding", "identity") }

func TestExplainNamesTheCause(t *testing.T) {
	told := map[string]bool{}
	for _, s := range scenes() {
		told[s.cause()] = true
		t.Run(s.name, func(t *testing.T) {
			req, refusal := s.play(t)
			got, err := Explain(req, refusal)
			if err != nil {
				t.Fatalf("Explain() = %v", err)
			}
			var ids []string
			for _, c := range got.Causes {
				ids = append(ids, c.ID)
				if c.What == "" || c.Why == "" || c.Fix == "" {
					t.Errorf("the cause %s lacks words: %+v", c.ID, c)
				}
			}
			want := append([]string{s.cause()}, s.also...)
			slices.Sort(want[1:])
			slices.Sort(ids[1:])
			if diff := cmp.Diff(want, ids); diff != "" {
				t.Errorf("Explain() names other causes (-want +got):\n%s", diff)
			}
			if got.Causes[0].Sure != s.sure {
				t.Errorf("Explain() is %s, want %s", got.Causes[0].Sure, s.sure)
			}
			golden := filepath.Join("testdata", "explain", strings.ReplaceAll(s.name, "/", "-")+".txt")
			if *updateExplanations {
				if err := os.WriteFile(golden, []byte(got.String()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			file, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.ReplaceAll(string(file), "\r\n", "\n"), got.String()); diff != "" {
				t.Errorf("String() (-want +got):\n%s", diff)
			}
		})
	}
	for _, c := range causes {
		if !told[c.id] {
			t.Errorf("no scene has the cause %s", c.id)
		}
	}
}

// TestEveryCauseIsListed reads the sources, for an id that is not in the list
// would give a cause without words.
func TestEveryCauseIsListed(t *testing.T) {
	ids := map[string]bool{}
	for _, c := range Causes() {
		if ids[c.ID] || c.Why == "" || c.Fix == "" {
			t.Errorf("the cause %s is there twice or has no words", c.ID)
		}
		ids[c.ID] = true
	}
	if len(ids) < 80 {
		t.Errorf("%d causes, want at least 80", len(ids))
	}
	quotedID := regexp.MustCompile(`"((?:method|path|url|query|host|header|content|accept|user|hop|proxy|signed|body|payload|canonical|string|time|scope|algorithm|secret|key|signature|token|access|clock|authorization|presign|endpoint|not|answer|request|unexplained|chunk)-[a-z0-9-]+)"`)
	other := regexp.MustCompile(`^(content-(type|length)|user-agent|accept-encoding|proxy-(connection|author.*|authenticate))$`)
	for _, file := range []string{"explain.go", "differences.go", "codes.go", "variations.go"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		found := quotedID.FindAllStringSubmatch(string(text), -1)
		if len(found) < 3 {
			t.Errorf("%s: %d ids found", file, len(found))
		}
		for _, m := range found {
			if !ids[m[1]] && !other.MatchString(m[1]) {
				t.Errorf("%s: the cause %s is not listed", file, m[1])
			}
		}
	}
}
