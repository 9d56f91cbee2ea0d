package s3test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/sigvier/sigvier/sigv4"
)

func TestBadSignaturesAreRefused(t *testing.T) {
	now := at("2026-11-23T12:00:00Z")
	srv := start(t, Config{Now: now})
	newClient(srv).put(t, "/data/key", "content")
	const otherSecret = "another/secret/key/that/is/long/enough"
	for _, test := range []struct {
		name     string
		change   func(*client)
		status   int
		code     string
		elements []string
	}{
		{"good", func(*client) {}, 200, "", nil},
		{"unsigned", func(c *client) {
			c.spoil = func(r *http.Request) { r.Header.Del("Authorization") }
		}, 403, "AccessDenied", nil},
		{"unknown key", func(c *client) { c.cred = sigv4.NewCredentials("AKIAUNKNOWN", otherSecret, "") },
			403, "InvalidAccessKeyId", []string{"AWSAccessKeyId", "AKIAUNKNOWN"}},
		{"wrong secret", func(c *client) { c.cred = sigv4.NewCredentials(testKey, otherSecret, "") },
			403, "SignatureDoesNotMatch", []string{"AWSAccessKeyId", testKey}},
		{"wrong region", func(c *client) { c.region = "eu-west-1" },
			400, "AuthorizationHeaderMalformed", []string{"Region", "us-east-1"}},
		{"token with a user's key", func(c *client) { c.cred = sigv4.NewCredentials(testKey, testSecret, "token") },
			400, "InvalidToken", nil},
		{"fifteen minutes slow", func(c *client) { c.now = at("2026-11-23T11:45:00Z") }, 200, "", nil},
		{"slower", func(c *client) { c.now = at("2026-11-23T11:44:59Z") }, 403, "RequestTimeTooSkewed",
			[]string{"RequestTime", "20261123T114459Z", "ServerTime", "2026-11-23T12:00:00Z", "MaxAllowedSkewMilliseconds", "900000"}},
		{"fast", func(c *client) { c.now = at("2026-11-23T12:15:01Z") }, 403, "RequestTimeTooSkewed", nil},
		{"another path", func(c *client) {
			c.spoil = func(r *http.Request) { r.URL.Path = "/data/other" }
		}, 403, "SignatureDoesNotMatch", nil},
		{"another query", func(c *client) {
			c.spoil = func(r *http.Request) { r.URL.RawQuery = "x=y" }
		}, 403, "SignatureDoesNotMatch", nil},
		{"another method", func(c *client) {
			c.spoil = func(r *http.Request) { r.Method = "DELETE" }
		}, 403, "SignatureDoesNotMatch", nil},
		{"another host", func(c *client) {
			c.spoil = func(r *http.Request) { r.Host = "localhost" }
		}, 403, "SignatureDoesNotMatch", nil},
		{"tampered header", func(c *client) {
			c.spoil = func(r *http.Request) { r.Header.Set("Range", "bytes=0-1") }
		}, 403, "SignatureDoesNotMatch", nil},
		{"header slipped in", func(c *client) {
			c.spoil = func(r *http.Request) { r.Header.Set("X-Amz-Acl", "private") }
		}, 403, "AccessDenied", nil},
		{"digest of a body that is not there", func(c *client) {
			c.spoil = nil
		}, 400, "XAmzContentSHA256Mismatch", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := newClient(srv)
			test.change(c)
			headers := []string{"Range", "bytes=0-2"}
			if test.code == "XAmzContentSHA256Mismatch" {
				headers = append(headers, "X-Amz-Content-Sha256", sigv4.PayloadOf([]byte("other")).String())
			}
			r := c.do(t, "GET", "/data/key", "", headers...)
			if test.code == "" {
				r.want(t, 206, "")
				return
			}
			r.want(t, test.status, test.code)
			r.wantElements(t, test.elements...)
			if test.code == "SignatureDoesNotMatch" {
				wantExplanation(t, r)
			}
			if strings.Contains(r.body, testSecret) || strings.Contains(r.body, otherSecret) {
				t.Error("the answer tells a secret")
			}
		})
	}
}

func wantExplanation(t *testing.T, r result) {
	t.Helper()
	canonical, toSign := r.element(t, "CanonicalRequest"), r.element(t, "StringToSign")
	if !strings.Contains(canonical, "\nhost:") || !strings.HasPrefix(toSign, "AWS4-HMAC-SHA256\n") {
		t.Errorf("no explanation: %q %q", canonical, toSign)
	}
	r.wantElements(t, "CanonicalRequestBytes", fmt.Sprintf("% x", canonical), "StringToSignBytes", fmt.Sprintf("% x", toSign))
	if len(r.element(t, "SignatureProvided")) != 64 {
		t.Error(r.body)
	}
}

func TestEverySignedHeaderCounts(t *testing.T) {
	c := newClient(start(t, Config{}))
	for _, name := range []string{"Content-Type", "X-Amz-Meta-A", "Cache-Control", "If-Match", "Content-Md5"} {
		c.spoil = func(r *http.Request) { r.Header.Set(name, "tampered") }
		r := c.do(t, "PUT", "/data/key", "x", name, "signed")
		r.want(t, 403, "SignatureDoesNotMatch")
	}
	c.spoil = nil
	c.do(t, "GET", "/data/key", "").want(t, 404, "NoSuchKey")
}

func (c *client) presign(t testing.TB, method, target string, expires time.Duration) *http.Request {
	t.Helper()
	req := c.request(t, method, target, "")
	req.Body, req.ContentLength = nil, 0
	signer, err := sigv4.NewSigner("s3", c.region, nil)
	if err != nil {
		t.Fatal(err)
	}
	p, err := signer.Presign(req, c.cred, sigv4.UnsignedPayload(), c.now(), expires)
	if err != nil {
		t.Fatal(err)
	}
	signed := c.request(t, method, "", "")
	if signed.URL, err = url.Parse(p.URL); err != nil {
		t.Fatal(err)
	}
	for name, values := range p.Header {
		signed.Header[name] = values
	}
	signed.Body, signed.ContentLength = nil, 0
	return signed
}

func TestPresignedURLs(t *testing.T) {
	clock := at("2026-11-23T12:00:00Z")
	srv := start(t, Config{Now: func() time.Time { return clock() }})
	c := newClient(srv)
	c.now = at("2026-11-23T12:00:00Z")
	c.put(t, "/data/a%20b", "content")

	get := c.presign(t, "GET", "/data/a%20b", time.Hour)
	if r := c.send(t, get); r.status != 200 || r.body != "content" {
		t.Fatalf("%d %s", r.status, r.body)
	}
	// A range may be added, for only the host is signed.
	get.Header.Set("Range", "bytes=0-2")
	if r := c.send(t, get); r.status != 206 || r.body != "con" {
		t.Errorf("%d %s", r.status, r.body)
	}

	spoiled := c.presign(t, "GET", "/data/a%20b", time.Hour)
	spoiled.URL.RawQuery += "&response-content-type=text/html"
	c.send(t, spoiled).want(t, 403, "SignatureDoesNotMatch")
	spoiled = c.presign(t, "GET", "/data/a%20b", time.Hour)
	spoiled.Method = "DELETE"
	c.send(t, spoiled).want(t, 403, "SignatureDoesNotMatch")
	longer := c.presign(t, "GET", "/data/a%20b", time.Hour)
	longer.URL.RawQuery = strings.Replace(longer.URL.RawQuery, "X-Amz-Expires=3600", "X-Amz-Expires=7200", 1)
	c.send(t, longer).want(t, 403, "SignatureDoesNotMatch")
	both := c.presign(t, "GET", "/data/a%20b", time.Hour)
	both.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=a/b/c/s3/aws4_request, SignedHeaders=host, Signature=x")
	c.send(t, both).want(t, 400, "InvalidArgument")

	put := c.presign(t, "PUT", "/data/uploaded", time.Hour)
	body := c.request(t, "PUT", "", "anything")
	put.Body, put.ContentLength = body.Body, body.ContentLength
	c.send(t, put).want(t, 200, "")

	version2 := c.request(t, "GET", "/data/a%20b?AWSAccessKeyId=x&Signature=y&Expires=1", "")
	c.send(t, version2).want(t, 400, "InvalidRequest")

	clock = at("2026-11-23T13:00:01Z")
	r := c.send(t, c.presign(t, "GET", "/data/a%20b", time.Hour))
	r.want(t, 403, "AccessDenied")
	r.wantElements(t, "Message", "Request has expired", "X-Amz-Expires", "3600", "Expires", "2026-11-23T13:00:00Z", "ServerTime", "2026-11-23T13:00:01Z")
}
