package s3client_test

import (
	"bytes"
	"encoding/base64"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/s3client/s3test"
	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sigv4/sigv4http"
)

// browser posts a form with fields of its own choice and a file.
func browser(t *testing.T, net http.RoundTripper, p s3client.PresignedPost, file string, own ...string) (status int, answer string) {
	t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for _, field := range p.Fields {
		w.WriteField(field[0], field[1])
	}
	for i := 0; i < len(own); i += 2 {
		w.WriteField(own[i], own[i+1])
	}
	f, err := w.CreateFormFile("file", "picture.png")
	if err != nil {
		t.Fatal(err)
	}
	f.Write([]byte(file))
	w.Close()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.URL, &body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", w.FormDataContentType())
	resp, err := (&http.Client{Transport: net}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, readAll(t, resp.Body)
}

func TestPresignPost(t *testing.T) {
	styles(t, s3test.Config{}, func(t *testing.T, srv *s3test.Server, c *s3client.Client) {
		net := dialing(t, srv)
		presign := func(in s3client.PresignPostInput) s3client.PresignedPost {
			t.Helper()
			in.Bucket, in.Expires = "data", time.Minute
			before := len(srv.Requests())
			p, err := c.PresignPost(t.Context(), in)
			if err != nil {
				t.Fatal(err)
			}
			if n := len(srv.Requests()); n != before {
				t.Errorf("PresignPost has sent something: %v", srv.Requests())
			}
			return p
		}
		one := presign(s3client.PresignPostInput{Key: "a b/c+d"})
		if status, body := browser(t, net, one, "from a browser"); status != 204 {
			t.Fatalf("POST gives %d %s", status, body)
		}
		if got := get(t, c, "data", "a b/c+d"); got != "from a browser" {
			t.Errorf("the object is %q", got)
		}
		several := presign(s3client.PresignPostInput{KeyPrefix: "user/eric/", MinSize: 2, MaxSize: 5,
			Conditions: []sigv4http.Condition{sigv4http.Exact("success_action_status", "201")}})
		if status, body := browser(t, net, several, "12345", "key", "user/eric/${filename}"); status != 201 {
			t.Fatalf("POST gives %d %s", status, body)
		}
		if got := get(t, c, "data", "user/eric/picture.png"); got != "12345" {
			t.Errorf("the object is %q", got)
		}
		for name, refused := range map[string]struct {
			form s3client.PresignedPost
			file string
			own  []string
		}{
			"another key":       {several, "1234", []string{"key", "user/erica/x"}},
			"a second key":      {one, "1234", []string{"key", "other"}},
			"too short":         {several, "1", []string{"key", "user/eric/x"}},
			"too long":          {several, "123456", []string{"key", "user/eric/x"}},
			"a field of others": {one, "1234", []string{"acl", "public-read"}},
		} {
			if status, body := browser(t, net, refused.form, refused.file, refused.own...); status < 400 {
				t.Errorf("%s: POST gives %d %s", name, status, body)
			}
		}
	})
}

// The policy has the bucket and the key in it whatever the caller's conditions say.
func TestPresignPostConditionsOnlyNarrow(t *testing.T) {
	srv := serve(t, s3test.Config{Buckets: []string{"data", "other"}})
	f := form(srv)
	f.RestrictToBucket, f.RestrictToPath = "data", "reports/"
	c := open(t, f, nil)
	for name, conditions := range map[string][]sigv4http.Condition{
		"another key":    {sigv4http.Exact("key", "payroll")},
		"any key":        {sigv4http.StartsWith("key", "")},
		"another bucket": {sigv4http.StartsWith("bucket", "other")},
		"any length":     {sigv4http.LengthRange(0, 1<<30)},
	} {
		p, err := c.PresignPost(t.Context(), s3client.PresignPostInput{Bucket: "data", KeyPrefix: "reports/", MaxSize: 1, Conditions: conditions, Expires: time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		own := []string{"key", "payroll"}
		if name == "another key" {
			own = nil // which the form has
		}
		for _, url := range []string{p.URL, strings.Replace(p.URL, "data", "other", 1)} {
			p.URL = url
			if status, body := browser(t, nil, p, "x", own...); status < 400 {
				t.Errorf("%s: POST to %s gives %d %s", name, url, status, body)
			}
		}
	}
}

func TestPresignPostByDefaultTakesWhatS3Takes(t *testing.T) {
	p, err := open(t, aws(), &s3client.Options{Now: func() time.Time { return moment }}).PresignPost(t.Context(),
		s3client.PresignPostInput{Bucket: "data", Key: "k", Expires: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	if want := "https://data.s3.eu-central-1.amazonaws.com/"; p.URL != want {
		t.Errorf("the form is posted to %s, want %s", p.URL, want)
	}
	if want := moment.Add(time.Hour); !p.Expires.Equal(want) {
		t.Errorf("Expires is %v, want %v", p.Expires, want)
	}
	for _, field := range p.Fields {
		if field[0] != "Policy" {
			continue
		}
		text, err := base64.StdEncoding.DecodeString(field[1])
		if err != nil || !strings.Contains(string(text), `["content-length-range",0,5368709120]`) {
			t.Errorf("the policy is %s, %v", text, err)
		}
	}
}

func TestPresignPostRefuses(t *testing.T) {
	good := s3client.PresignPostInput{Bucket: "data", Key: "k", Expires: time.Minute}
	for _, test := range []struct {
		name string
		edit func(*s3client.PresignPostInput)
		want string
		is   error
	}{
		{"no key", func(in *s3client.PresignPostInput) { in.Key = "" }, "expecting Key", nil},
		{"a key and a prefix", func(in *s3client.PresignPostInput) { in.KeyPrefix = "k" }, "expecting Key", nil},
		{"a key that the file names", func(in *s3client.PresignPostInput) { in.Key = "a/${filename}" }, "${filename}", sigv4.ErrRequest},
		{"no bucket", func(in *s3client.PresignPostInput) { in.Bucket = "" }, "the bucket is empty", nil},
		{"no expiry", func(in *s3client.PresignPostInput) { in.Expires = 0 }, "expiry", sigv4.ErrExpires},
		{"more than seven days", func(in *s3client.PresignPostInput) { in.Expires = 7*24*time.Hour + time.Second }, "expiry", sigv4.ErrExpires},
		{"no size", func(in *s3client.PresignPostInput) { in.MinSize, in.MaxSize = 2, 1 }, "is no range", sigv4.ErrRequest},
		{"a negative size", func(in *s3client.PresignPostInput) { in.MinSize = -1 }, "is no range", sigv4.ErrRequest},
		{"another exact key", func(in *s3client.PresignPostInput) {
			in.Conditions = []sigv4http.Condition{sigv4http.Exact("Key", "other")}
		}, "has an exact value already", sigv4.ErrRequest},
		{"another exact bucket", func(in *s3client.PresignPostInput) {
			in.Conditions = []sigv4http.Condition{sigv4http.Exact("bucket", "other")}
		}, "has an exact value already", sigv4.ErrRequest},
	} {
		in := good
		test.edit(&in)
		p, err := open(t, aws(), nil).PresignPost(t.Context(), in)
		if wantErr(t, err); test.is != nil {
			wantErr(t, err, test.is)
		}
		if !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v does not say %q", test.name, err, test.want)
		}
		if p.URL != "" || p.Fields != nil {
			t.Errorf("%s: there is a form beside the error", test.name)
		}
	}
}
