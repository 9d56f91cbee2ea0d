package interop

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sigv4/oracle"
)

// refused is one refusal to provoke: a request, how it is signed, and what lies
// between it and the server.
type refused struct {
	name   string
	causes map[string]string // the first cause by server; "" is for those not named
	sure   oracle.Certainty
	unsure string // the server whose answer leaves it at likely

	method string // GET if ""
	target string // /BUCKET/a%20b.txt?x-id=GetObject if ""
	header [2]string
	body   string
	mode   string
	id     string
	secret string // of the client; the server's if ""
	region string
	late   time.Duration // how far the client's clock is behind
	age    time.Duration // of a presigned URL of a minute

	fault  func(r oracle.Result) (canonical string) // what the client signs instead
	edit   func(raw string) string                  // what becomes of the raw request before it is sent
	proxy  func(p *httputil.ProxyRequest)           // what a proxy does to it
	behind bool                                     // captured behind the proxy, not before
	tell   string                                   // the secret that Explain is given, if not the client's
}

// For a server that does not tell what it computed, the other cause.
func unlessTold(silent, told string) map[string]string {
	return map[string]string{"minio": silent, "": told}
}

func always(id string) map[string]string { return map[string]string{"": id} }

// fields takes the parts of a canonical request, changes one and joins them again.
func field(i int, change func(string) string) func(oracle.Result) string {
	return func(r oracle.Result) string {
		lines := strings.Split(r.CanonicalRequest, "\n")
		lines[i] = change(lines[i])
		return strings.Join(lines, "\n")
	}
}

var refusedOnes = []refused{
	{name: "wrong secret", causes: unlessTold("signature-right", "secret-wrong"), sure: oracle.Certain, secret: "not-" + rootSecret},
	{name: "secret with its line end", causes: always("secret-blanks"), sure: oracle.Certain, secret: rootSecret + "\n", tell: rootSecret},
	{name: "unknown access key", causes: always("access-key-unknown"), sure: oracle.Certain, id: "AKIAIOSFODNN7EXAMPLE"},
	{name: "wrong region", causes: always("scope-region"), sure: oracle.Certain, region: "eu-central-1"},
	{name: "clock behind", causes: always("clock-skew"), sure: oracle.Certain, late: 2 * time.Hour},
	{name: "path encoded twice", causes: always("path-encoded-twice"), sure: oracle.Certain,
		fault: field(1, func(s string) string { return strings.ReplaceAll(s, "%", "%25") })},
	{name: "path not encoded", causes: always("path-not-encoded"), sure: oracle.Certain,
		fault: field(1, func(s string) string { return strings.ReplaceAll(s, "%20", " ") })},
	{name: "query in the order of the URL", causes: always("query-order"), sure: oracle.Certain, target: "/BUCKET?prefix=a&list-type=2",
		fault: field(2, func(string) string { return "prefix=a&list-type=2" })},
	{name: "proxy rewrites Host", causes: unlessTold("signature-right", "host-rewritten"), sure: oracle.Certain,
		proxy: func(p *httputil.ProxyRequest) { p.Out.Host = p.Out.URL.Host }},
	{name: "proxy rewrites Host, captured behind it", causes: always("host-rewritten"), sure: oracle.Certain, behind: true,
		proxy: func(p *httputil.ProxyRequest) { p.Out.Host = p.Out.URL.Host; p.SetXForwarded() }},
	{name: "proxy adds a slash", causes: unlessTold("signature-right", "path-trailing-slash"), sure: oracle.Certain, target: "/BUCKET/plain",
		proxy: func(p *httputil.ProxyRequest) { p.Out.URL.Path += "/" }},
	{name: "proxy adds a slash, captured behind it", causes: always("path-trailing-slash"), sure: oracle.Certain, target: "/BUCKET/plain", behind: true,
		proxy: func(p *httputil.ProxyRequest) { p.Out.URL.Path += "/" }},
	{name: "proxy drops a header", causes: always("header-dropped"), unsure: "minio", sure: oracle.Certain, header: [2]string{"X-Amz-Meta-Owner", "me"},
		proxy: func(p *httputil.ProxyRequest) { p.Out.Header.Del("X-Amz-Meta-Owner") }},
	{name: "proxy drops a header, captured behind it", causes: always("header-dropped"), sure: oracle.Certain, header: [2]string{"X-Amz-Meta-Owner", "me"}, behind: true,
		proxy: func(p *httputil.ProxyRequest) { p.Out.Header.Del("X-Amz-Meta-Owner") }},
	{name: "proxy rewrites Accept-Encoding", causes: unlessTold("signature-right", "accept-encoding-rewritten"), sure: oracle.Certain, header: [2]string{"Accept-Encoding", "identity"},
		proxy: func(p *httputil.ProxyRequest) { p.Out.Header.Set("Accept-Encoding", "gzip, br") }},
	{name: "body changed", causes: always("body-changed"), sure: oracle.Certain, method: "PUT", body: "as it was signed", behind: true,
		proxy: func(p *httputil.ProxyRequest) { setBody(p.Out, "AS IT WAS SIGNED") }},
	{name: "presigned for GET, used with PUT", causes: always("method-differs"), sure: oracle.Certain, mode: "query",
		edit: func(raw string) string { return strings.Replace(raw, "GET ", "PUT ", 1) }},
	{name: "presigned URL with one parameter more", causes: always("query-parameter-added"), sure: oracle.Certain, mode: "query",
		edit: func(raw string) string { return strings.Replace(raw, " HTTP/1.1", "&utm_source=mail HTTP/1.1", 1) }},
	{name: "presigned URL that has ended", causes: always("presign-expired"), sure: oracle.Certain, mode: "query", age: time.Hour},
}

func setBody(r *http.Request, body string) {
	r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
	r.Header.Del("Content-Length")
}

// TestExplainOfRealRefusals provokes refusals by a client that writes its requests
// itself, and wants their causes named.
func TestExplainOfRealRefusals(t *testing.T) {
	each(t, func(t *testing.T, s server) {
		client := open(t, s.connection())
		bucket := makeBucket(t, client, "interop-explain")
		put(t, client, bucket, "a b.txt", "text")
		for _, test := range refusedOnes {
			t.Run(test.name, func(t *testing.T) {
				raw, answer := provoke(t, s, bucket, test)
				request, err := oracle.Parse(raw)
				if err != nil {
					t.Fatalf("Parse() = %v\n%s", err, raw)
				}
				request.Credentials = sigv4.NewCredentials(request.Credentials.AccessKeyID, cmp.Or(test.tell, test.secret, rootSecret), "")
				refusal, err := oracle.ParseRefusal(answer)
				if err != nil {
					t.Fatalf("ParseRefusal() = %v\n%s", err, answer)
				}
				got, err := oracle.Explain(request, refusal)
				if err != nil {
					t.Fatalf("Explain() = %v", err)
				}
				t.Logf("\n%s", got)
				want, ok := test.causes[s.name]
				if !ok {
					want = test.causes[""]
				}
				sure := test.sure
				if test.unsure == s.name {
					sure = oracle.Likely
				}
				if got.Causes[0].ID != want || got.Causes[0].Sure != sure {
					t.Errorf("Explain() = %s, %s; want %s, %s\n%s\n%s", got.Causes[0].ID, got.Causes[0].Sure, want, sure, raw, answer)
				}
				if strings.Contains(got.String(), rootSecret) {
					t.Errorf("the explanation tells the secret:\n%s", got)
				}
			})
		}
	})
}

// provoke sends the request and gives it as captured, with the whole answer.
func provoke(t *testing.T, s server, bucket string, test refused) (raw, answer []byte) {
	t.Helper()
	backend, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	host := backend.Host
	var captured []byte
	if test.proxy != nil {
		front := httptest.NewServer(&httputil.ReverseProxy{
			Rewrite: func(p *httputil.ProxyRequest) {
				p.Out.URL.Scheme, p.Out.URL.Host, p.Out.Host = backend.Scheme, backend.Host, p.In.Host
				test.proxy(p)
				var err error
				if captured, err = httputil.DumpRequestOut(p.Out, true); err != nil {
					t.Error(err)
				}
			},
		})
		defer front.Close()
		host = front.Listener.Addr().String()
	}
	target := strings.Replace(cmp.Or(test.target, "/BUCKET/a%20b.txt?x-id=GetObject"), "BUCKET", bucket, 1)
	request := oracle.Request{
		Service: "s3", Region: cmp.Or(test.region, "us-east-1"), Method: cmp.Or(test.method, "GET"), URL: "http://" + host + target, Mode: test.mode, Expires: 60,
		Time: time.Now().UTC().Add(-test.late - test.age).Format("20060102T150405Z"), Body: []byte(test.body),
		// The trimmed secret is one that can sign; the signature is made again below.
		Credentials: sigv4.NewCredentials(cmp.Or(test.id, rootID), strings.TrimSpace(cmp.Or(test.secret, rootSecret)), ""),
	}
	if test.header[0] != "" {
		request.Headers = [][2]string{test.header}
		request.SignedHeaders = []string{"host", "x-amz-content-sha256", "x-amz-date", strings.ToLower(test.header[0])}
	}
	signed, err := request.Sign()
	if err != nil {
		t.Fatalf("Sign() = %v", err)
	}
	head := fmt.Sprintf("%s %s HTTP/1.1\r\n", request.Method, target)
	if test.mode == "query" {
		u, err := url.Parse(signed.URL)
		if err != nil {
			t.Fatal(err)
		}
		head = fmt.Sprintf("%s %s HTTP/1.1\r\nHost: %s\r\n", request.Method, u.RequestURI(), host)
	}
	for _, h := range signed.Headers {
		head += h[0] + ": " + h[1] + "\r\n"
	}
	text := head + fmt.Sprintf("Content-Length: %d\r\nConnection: close\r\n\r\n", len(test.body)) + test.body
	if test.fault != nil || test.secret != "" {
		canonical := signed.CanonicalRequest
		if test.fault != nil {
			canonical = test.fault(signed)
		}
		text = strings.Replace(text, signed.Signature, signAgain(signed, canonical, cmp.Or(test.secret, rootSecret)), 1)
	}
	if test.edit != nil {
		text = test.edit(text)
	}
	conn, err := net.Dial("tcp", host)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
	answer, err = io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	if test.behind {
		return captured, answer
	}
	return []byte(text), answer
}

// signAgain signs another canonical request, with any secret, in the scope of a
// signature.
func signAgain(signed oracle.Result, canonical, secret string) string {
	lines := strings.Split(signed.StringToSign, "\n")
	sum := sha256.Sum256([]byte(canonical))
	lines[3] = hex.EncodeToString(sum[:])
	key := []byte("AWS4" + secret)
	for _, text := range append(strings.Split(lines[2], "/"), strings.Join(lines, "\n")) {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(text))
		key = mac.Sum(nil)
	}
	return hex.EncodeToString(key)
}
