package s3test

import (
	"bytes"
	"encoding/xml"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/sigvier/sigvier/s3client/checksum"
	"github.com/sigvier/sigvier/sigv4"
)

const (
	testKey    = "AKIAIOSFODNN7EXAMPLE"
	testSecret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
)

func start(t testing.TB, cfg Config) *Server {
	t.Helper()
	if cfg.Users == nil {
		cfg.Users = []User{{AccessKeyID: testKey, SecretAccessKey: testSecret}}
	}
	if cfg.Buckets == nil {
		cfg.Buckets = []string{"data"}
	}
	srv, err := Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { srv.Close() })
	return srv
}

// client signs as a real one does, and lets a test spoil the request.
type client struct {
	srv    *Server
	cred   sigv4.Credentials
	region string
	now    func() time.Time
	spoil  func(*http.Request) // after signing
	host   string              // Host header, when it is not the address
}

func newClient(srv *Server) *client {
	return &client{srv: srv, cred: sigv4.NewCredentials(testKey, testSecret, ""), region: srv.cfg.Region, now: srv.now}
}

func (c *client) as(cred sigv4.Credentials) *client {
	d := *c
	d.cred = cred
	return &d
}

type result struct {
	status int
	header http.Header
	body   string
	err    error // from reading the body
}

// Requests of the tests do not share connections with each other, and none
// stays open after a test.
var transport = &http.Transport{DisableKeepAlives: true, DisableCompression: true}

func (c *client) request(t testing.TB, method, target, body string, headers ...string) *http.Request {
	t.Helper()
	req, err := http.NewRequest(method, c.srv.URL+target, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Host = c.host
	if len(headers)%2 != 0 {
		t.Fatal("headers must be pairs")
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	return req
}

func (c *client) do(t testing.TB, method, target, body string, headers ...string) result {
	t.Helper()
	req := c.request(t, method, target, body, headers...)
	payload := sigv4.PayloadOf([]byte(body))
	if v := req.Header.Get("X-Amz-Content-Sha256"); v != "" {
		var err error
		if payload, err = sigv4.ParsePayloadHash(v); err != nil {
			t.Fatal(err)
		}
	}
	c.sign(t, "s3", req, payload)
	return c.send(t, req)
}

func (c *client) sign(t testing.TB, service string, req *http.Request, payload sigv4.PayloadHash) {
	t.Helper()
	signer, err := sigv4.NewSigner(service, c.region, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := signer.Sign(req, c.cred, payload, c.now()); err != nil {
		t.Fatal(err)
	}
	if c.spoil != nil {
		c.spoil(req)
	}
}

func (c *client) send(t testing.TB, req *http.Request) result {
	t.Helper()
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return result{err: err}
	}
	defer resp.Body.Close()
	var b bytes.Buffer
	_, err = b.ReadFrom(resp.Body)
	return result{resp.StatusCode, resp.Header, b.String(), err}
}

func (c *client) sts(t testing.TB, form url.Values) result {
	t.Helper()
	body := form.Encode()
	req := c.request(t, http.MethodPost, "/", body, "Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	c.sign(t, "sts", req, sigv4.PayloadOf([]byte(body)))
	return c.send(t, req)
}

// put stores an object that a test needs.
func (c *client) put(t testing.TB, target, body string, headers ...string) result {
	t.Helper()
	r := c.do(t, http.MethodPut, target, body, headers...)
	r.want(t, 200, "")
	return r
}

// want checks status and error code; "" is success.
func (r result) want(t testing.TB, status int, code string) {
	t.Helper()
	if r.err != nil {
		t.Fatalf("no answer: %v", r.err)
	}
	if r.status != status || r.code(t) != code {
		t.Fatalf("got %d %s, want %d %s\n%s", r.status, r.code(t), status, code, r.body)
	}
}

func (r result) wantHeader(t testing.TB, name, want string) {
	t.Helper()
	if got := r.header.Get(name); got != want {
		t.Errorf("%s is %q, want %q", name, got, want)
	}
}

// wantElements checks the text of elements of an XML answer, wherever they are.
func (r result) wantElements(t testing.TB, pairs ...string) {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		got := r.elements(t, pairs[i])
		if len(got) != 1 || got[0] != pairs[i+1] {
			t.Errorf("<%s> is %q, want %q", pairs[i], got, pairs[i+1])
		}
	}
}

func (r result) code(t testing.TB) string {
	t.Helper()
	if r.status < 300 || r.body == "" {
		return ""
	}
	return r.element(t, "Code")
}

func (r result) element(t testing.TB, name string) string {
	t.Helper()
	all := r.elements(t, name)
	if len(all) != 1 {
		t.Fatalf("<%s> is there %d times in:\n%s", name, len(all), r.body)
	}
	return all[0]
}

// elements are the texts of all elements of a name, in order; "A/B" is B within A.
func (r result) elements(t testing.TB, path string) []string {
	t.Helper()
	want := strings.Split(path, "/")
	var all, stack []string
	var text strings.Builder
	d := xml.NewDecoder(strings.NewReader(r.body))
	for {
		token, err := d.Token()
		if err == io.EOF {
			return all
		}
		if err != nil {
			t.Fatalf("%v in:\n%s", err, r.body)
		}
		switch token := token.(type) {
		case xml.StartElement:
			stack = append(stack, token.Name.Local)
			text.Reset()
		case xml.CharData:
			text.Write(token)
		case xml.EndElement:
			if n := len(stack) - len(want); n >= 0 && strings.Join(stack[n:], "/") == path {
				all = append(all, text.String())
			}
			stack = stack[:len(stack)-1]
			text.Reset()
		}
	}
}

func etagOf(body string) string {
	c := &checksums{tag: newETagHash()}
	c.tag.Write([]byte(body))
	return c.etag()
}

func at(s string) func() time.Time {
	now, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return func() time.Time { return now }
}

func sum(a checksum.Algorithm, body string) string {
	v, err := a.Sum([]byte(body))
	if err != nil {
		panic(err)
	}
	return v.String()
}

func newCredentials(accessKeyID, secret string) sigv4.Credentials {
	return sigv4.NewCredentials(accessKeyID, secret, "")
}
