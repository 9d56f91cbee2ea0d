package s3client_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/s3client/checksum"
	"github.com/sigvier/sigvier/s3client/s3test"
	"github.com/sigvier/sigvier/sigv4"
)

// anyone uses a presigned URL: a client that knows nothing of AWS.
func anyone(t *testing.T, net http.RoundTripper, method string, p s3client.PresignedRequest, body string) (status int, answer string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, p.URL, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range p.Header {
		req.Header[name] = values
	}
	resp, err := (&http.Client{Transport: net}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, readAll(t, resp.Body)
}

// operationFor is the operation on an object that has the method.
func operationFor(method, bucket, key string) s3client.Operation {
	switch method {
	case http.MethodHead:
		return s3client.HeadObjectInput{Bucket: bucket, Key: key}
	case http.MethodPut:
		return s3client.PutObjectInput{Bucket: bucket, Key: key}
	case http.MethodDelete:
		return s3client.DeleteObjectInput{Bucket: bucket, Key: key}
	}
	return s3client.GetObjectInput{Bucket: bucket, Key: key}
}

func TestPresign(t *testing.T) {
	styles(t, s3test.Config{}, func(t *testing.T, srv *s3test.Server, c *s3client.Client) {
		net := dialing(t, srv)
		presign := func(method, key string) s3client.PresignedRequest {
			t.Helper()
			p, err := c.Presign(t.Context(), s3client.PresignInput{Operation: operationFor(method, "data", key), Expires: time.Minute})
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(p.URL, secret) {
				t.Error("the secret is in the URL")
			}
			return p
		}
		before := len(srv.Requests())
		p := presign(http.MethodPut, "a b/c+d")
		if n := len(srv.Requests()); n != before {
			t.Errorf("Presign has sent something: %v", srv.Requests())
		}
		if status, body := anyone(t, net, http.MethodPut, p, "from a browser"); status != 200 {
			t.Fatalf("PUT gives %d %s", status, body)
		}
		if got := get(t, c, "data", "a b/c+d"); got != "from a browser" {
			t.Errorf("the object is %q", got)
		}
		if status, body := anyone(t, net, http.MethodGet, presign(http.MethodGet, "a b/c+d"), ""); status != 200 || body != "from a browser" {
			t.Errorf("GET gives %d %q", status, body)
		}
		if status, _ := anyone(t, net, http.MethodHead, presign(http.MethodHead, "a b/c+d"), ""); status != 200 {
			t.Errorf("HEAD gives %d", status)
		}
		// It is for one method and one key.
		for _, method := range []string{http.MethodPut, http.MethodDelete} {
			if status, body := anyone(t, net, method, presign(http.MethodGet, "a b/c+d"), ""); status != 403 || !strings.Contains(body, "SignatureDoesNotMatch") {
				t.Errorf("%s with a URL for GET gives %d %s", method, status, body)
			}
		}
		other := presign(http.MethodGet, "a b/c+d")
		other.URL = strings.Replace(other.URL, "c%2Bd", "c%2Be", 1)
		if status, body := anyone(t, net, http.MethodGet, other, ""); status != 403 || !strings.Contains(body, "SignatureDoesNotMatch") {
			t.Errorf("GET of another key gives %d %s", status, body)
		}
		if status, _ := anyone(t, net, http.MethodDelete, presign(http.MethodDelete, "a b/c+d"), ""); status != 204 {
			t.Errorf("DELETE gives %d", status)
		}
	})
}

func TestPresignedURLsExpire(t *testing.T) {
	now := &clock{t: moment}
	srv := serve(t, s3test.Config{Now: now.now})
	c := open(t, form(srv), &s3client.Options{Now: now.now})
	put(t, c, "data", "k", "x")
	p, err := c.Presign(t.Context(), s3client.PresignInput{Operation: s3client.GetObjectInput{Bucket: "data", Key: "k"}, Expires: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	if want := moment.Add(time.Hour); !p.Expires.Equal(want) {
		t.Errorf("Expires is %v, want %v", p.Expires, want)
	}
	net := dialing(t, srv)
	now.advance(59 * time.Minute)
	if status, body := anyone(t, net, http.MethodGet, p, ""); status != 200 || body != "x" {
		t.Errorf("before it expires: %d %q", status, body)
	}
	now.advance(2 * time.Minute)
	if status, body := anyone(t, net, http.MethodGet, p, ""); status != 403 || !strings.Contains(body, "expired") {
		t.Errorf("after it has expired: %d %q", status, body)
	}
}

// The session's token is part of a role's presigned URL.
func TestPresignByARole(t *testing.T) {
	srv := serve(t, s3test.Config{Roles: []s3test.Role{{ARN: roleARN, ExternalID: externalID}}})
	c := open(t, roleForm(srv), nil)
	put(t, c, "data", "k", "x")
	p, err := c.Presign(t.Context(), s3client.PresignInput{Operation: s3client.GetObjectInput{Bucket: "data", Key: "k"}, Expires: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	if status, body := anyone(t, dialing(t, srv), http.MethodGet, p, ""); status != 200 || body != "x" {
		t.Errorf("GET gives %d %q", status, body)
	}
	u, err := url.Parse(p.URL)
	if err != nil || u.Query().Get("X-Amz-Security-Token") == "" {
		t.Errorf("the URL has no token: %v", err)
	}
}

func TestPresignVersion(t *testing.T) {
	c := open(t, aws(), &s3client.Options{Now: func() time.Time { return moment }})
	p, err := c.Presign(t.Context(), s3client.PresignInput{Operation: s3client.GetObjectInput{Bucket: "data", Key: "k", VersionID: "v 1"}, Expires: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(p.URL, "versionId=v%201&") && !strings.HasSuffix(p.URL, "versionId=v%201") {
		t.Errorf("the URL names no version: %s", p.URL)
	}
}

// A checksum in the URL's operation is one that the service holds the body against.
func TestPresignedUploadWithAChecksum(t *testing.T) {
	srv := serve(t, s3test.Config{})
	c, net := open(t, form(srv), nil), dialing(t, srv)
	sum, err := checksum.Parse(checksum.CRC32, crc32Of(text), checksum.FullObject)
	if err != nil {
		t.Fatal(err)
	}
	p, err := c.Presign(t.Context(), s3client.PresignInput{Operation: s3client.PutObjectInput{Bucket: "data", Key: "k", Checksum: sum}, Expires: time.Minute})
	if err != nil || p.Header.Get("X-Amz-Checksum-Crc32") != sum.String() {
		t.Fatalf("the header to send is %v, %v", p.Header, err)
	}
	if status, answer := anyone(t, net, p.Method, p, "other bytes"); status != 400 || !strings.Contains(answer, "BadDigest") {
		t.Errorf("other bytes: %d %s", status, answer)
	}
	if status, answer := anyone(t, net, p.Method, p, text); status != 200 {
		t.Errorf("%d %s", status, answer)
	}
}

func TestPresignRefuses(t *testing.T) {
	c := open(t, aws(), nil)
	good := s3client.PresignInput{Operation: s3client.GetObjectInput{Bucket: "data", Key: "k"}, Expires: time.Minute}
	for _, test := range []struct {
		name string
		edit func(*s3client.PresignInput)
		want error
	}{
		{"no operation", func(in *s3client.PresignInput) { in.Operation = nil }, nil},
		{"no key", func(in *s3client.PresignInput) { in.Operation = s3client.GetObjectInput{Bucket: "data"} }, nil},
		{"a checksum of what is not known", func(in *s3client.PresignInput) {
			in.Operation = s3client.PutObjectInput{Bucket: "data", Key: "k", ChecksumAlgorithm: checksum.CRC32C}
		}, nil},
		{"no expiry", func(in *s3client.PresignInput) { in.Expires = 0 }, sigv4.ErrExpires},
		{"before now", func(in *s3client.PresignInput) { in.Expires = -time.Second }, sigv4.ErrExpires},
		{"parts of a second", func(in *s3client.PresignInput) { in.Expires = 1500 * time.Millisecond }, sigv4.ErrExpires},
		{"more than seven days", func(in *s3client.PresignInput) { in.Expires = 7*24*time.Hour + time.Second }, sigv4.ErrExpires},
	} {
		in := good
		test.edit(&in)
		p, err := c.Presign(t.Context(), in)
		if wantErr(t, err); test.want != nil {
			wantErr(t, err, test.want)
		}
		if p.URL != "" {
			t.Errorf("%s: there is a URL beside the error", test.name)
		}
	}
}
