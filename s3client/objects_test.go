package s3client_test

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/s3client/s3test"
)

// keys are those that clients and servers get wrong.
var keys = []string{
	"plain", "with space", " ", "ends in a space ", "a+b", "100%", "%41", "%2F", "%2f..%2f", "a%20b", "%",
	"ünïcödé", "日本/語", "🚀", "e\u0301 is not \u00e9", "\ufeff", "\u2028",
	"a//b", "a///", "/a", "//a", "/", "//", "trailing/", "a/b/c/d",
	"..", ".", "a/../b", "../a", "../../../etc/passwd", "a/./b", "./a", "a/..", "...", ".hidden",
	"~a", "a~", "a*b", "what?", "what?x=1&y=2", "a#b", "#", "a&b=c", "a;b", "a=b", "a:b", "a@b", "a,b", "a$b", "a!b",
	"'quoted'", `"quoted"`, "(a)", "[a]", "{a}", "<a>", "a|b", "a^b", "a`b", `back\slash`, `..\..\a`, "http://evil.example/x",
	"tab\there", "line\nend", "car\rriage", "\x01", "\x1f", "\x7f", "ctl\x02\x03/\x04",
	"?list-type=2", "?acl", "index.html?versionId=1",
	strings.Repeat("k", 1024), strings.Repeat("é", 512), strings.Repeat("/", 1024), strings.Repeat("%", 1024),
}

func TestKeys(t *testing.T) {
	styles(t, s3test.Config{}, func(t *testing.T, srv *s3test.Server, c *s3client.Client) {
		ctx := t.Context()
		anyone := &http.Client{Transport: dialing(t, srv)}
		for i, key := range keys {
			body := fmt.Sprintf("body %d", i)
			stored := put(t, c, "data", key, body)
			if got := get(t, c, "data", key); got != body {
				t.Errorf("GetObject(%q) = %q, want %q", key, got, body)
			}
			head, err := c.HeadObject(ctx, s3client.HeadObjectInput{Bucket: "data", Key: key})
			if err != nil || head.ETag != stored.ETag {
				t.Errorf("HeadObject(%q) = %s, %v, want %s", key, head.ETag, err, stored.ETag)
			}
			list, err := c.ListObjectsV2(ctx, s3client.ListObjectsV2Input{Bucket: "data", Prefix: key, MaxKeys: 1})
			if err != nil || len(list.Contents) != 1 || list.Contents[0].Key != key {
				t.Errorf("ListObjectsV2 with the prefix %q = %+v, %v", key, list.Contents, err)
			}
			p, err := c.Presign(ctx, s3client.PresignInput{Operation: s3client.GetObjectInput{Bucket: "data", Key: key}, Expires: time.Minute})
			if err != nil {
				t.Errorf("Presign(%q): %v", key, err)
				continue
			}
			resp, err := anyone.Get(p.URL)
			if err != nil {
				t.Errorf("GET of the presigned URL of %q: %v", key, err)
				continue
			}
			if got := readAll(t, resp.Body); resp.StatusCode != 200 || got != body {
				t.Errorf("GET of the presigned URL of %q = %d %q, want %q", key, resp.StatusCode, got, body)
			}
		}
		// The same bytes, in their order, on pages and with a delimiter.
		want := slices.Sorted(slices.Values(keys))
		var got []string
		for page, err := range c.ListObjectsV2Pages(ctx, s3client.ListObjectsV2Input{Bucket: "data", MaxKeys: 7}) {
			if err != nil {
				t.Fatal(err)
			}
			for _, o := range page.Contents {
				got = append(got, o.Key)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("the listing is %q, want %q", got, want)
		}
		for _, key := range keys {
			if _, err := c.DeleteObject(ctx, s3client.DeleteObjectInput{Bucket: "data", Key: key}); err != nil {
				t.Errorf("DeleteObject(%q): %v", key, err)
			}
			_, err := c.GetObject(ctx, s3client.GetObjectInput{Bucket: "data", Key: key})
			wantErr(t, err, s3client.ErrNotFound)
		}
		if out, err := c.ListObjectsV2(ctx, s3client.ListObjectsV2Input{Bucket: "data"}); err != nil || out.KeyCount != 0 {
			t.Errorf("after all were deleted there are %d, %v", out.KeyCount, err)
		}
	})
}

// Every byte, escaped as S3 wants it signed.
func TestKeysAreEscaped(t *testing.T) {
	net := &recorder{answers: []answer{says(200, "")}}
	c := awsForm("us-east-1")
	c.PathStyle = true
	client := open(t, c, &s3client.Options{Base: net})
	for b := range 256 {
		if _, err := client.HeadObject(t.Context(), s3client.HeadObjectInput{Bucket: "data", Key: "k" + string([]byte{byte(b)})}); err != nil {
			t.Fatal(err)
		}
		want := fmt.Sprintf("%%%02X", b)
		if strings.IndexByte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/", byte(b)) >= 0 {
			want = string([]byte{byte(b)})
		}
		if got := net.requests[b].URL.RequestURI(); got != "/data/k"+want {
			t.Errorf("byte %#x goes out as %s, want /data/k%s", b, got, want)
		}
	}
}

func TestConditions(t *testing.T) {
	srv := serve(t, s3test.Config{})
	c := open(t, form(srv), nil)
	ctx := t.Context()
	old := put(t, c, "data", "k", "old").ETag
	now := put(t, c, "data", "k", "new").ETag

	_, err := c.GetObject(ctx, s3client.GetObjectInput{Bucket: "data", Key: "k", IfMatch: old})
	wantErr(t, err, s3client.ErrPreconditionFailed)
	_, err = c.HeadObject(ctx, s3client.HeadObjectInput{Bucket: "data", Key: "k", IfMatch: old})
	wantErr(t, err, s3client.ErrPreconditionFailed) // by its status: HEAD has no document
	_, err = c.GetObject(ctx, s3client.GetObjectInput{Bucket: "data", Key: "k", IfNoneMatch: now})
	wantErr(t, err, s3client.ErrNotModified)
	out, err := c.GetObject(ctx, s3client.GetObjectInput{Bucket: "data", Key: "k", IfMatch: now, IfNoneMatch: old})
	if err != nil {
		t.Fatal(err)
	}
	if got := readAll(t, out.Body); got != "new" {
		t.Errorf("got %q, want new", got)
	}
}

func TestDeleteIfMatchIsSent(t *testing.T) {
	net := &recorder{answers: []answer{says(412, "<Error><Code>PreconditionFailed</Code></Error>"), says(204, "")}}
	c := open(t, aws(), &s3client.Options{Base: net})
	_, err := c.DeleteObject(t.Context(), s3client.DeleteObjectInput{Bucket: "data", Key: "k", IfMatch: "*"})
	wantErr(t, err, s3client.ErrPreconditionFailed)
	if _, err := c.DeleteObject(t.Context(), s3client.DeleteObjectInput{Bucket: "data", Key: "k"}); err != nil {
		t.Fatal(err)
	}
	if got, none := net.requests[0].Header.Get("If-Match"), net.requests[1].Header["If-Match"]; got != "*" || none != nil {
		t.Errorf("If-Match is %q, and without one %q", got, none)
	}
}

func TestParseContentRange(t *testing.T) {
	for _, test := range []struct {
		in                string
		first, last, size int64
	}{
		{"bytes 0-0/1", 0, 0, 1},
		{"bytes 0-1023/4096", 0, 1023, 4096},
		{"bytes 4095-4095/4096", 4095, 4095, 4096},
		{"bytes 0-9223372036854775806/9223372036854775807", 0, 1<<63 - 2, 1<<63 - 1},
	} {
		first, last, size, err := s3client.ParseContentRange(test.in)
		if err != nil || first != test.first || last != test.last || size != test.size {
			t.Errorf("ParseContentRange(%q) = %d, %d, %d, %v", test.in, first, last, size, err)
		}
	}
	for _, in := range refusedContentRanges {
		first, last, size, err := s3client.ParseContentRange(in)
		if err == nil || first != 0 || last != 0 || size != 0 {
			t.Errorf("ParseContentRange(%q) = %d, %d, %d, %v, want an error and nothing else", in, first, last, size, err)
		} else if !strings.Contains(err.Error(), "Content-Range") {
			t.Errorf("%q does not say what it is about", err)
		}
	}
}

var refusedContentRanges = []string{
	"", "bytes", "bytes ", "bytes 0-1", "bytes 0-1/", "bytes 0-1/*", "bytes */10", "bytes -1/10", "bytes 0-/10", "bytes 1-0/10",
	"bytes 0-10/10", "bytes 0-9/9", "bytes 10-10/10", "bytes 0-0/0", "bytes=0-1/10", "Bytes 0-1/10", "byte 0-1/10", "0-1/10",
	" bytes 0-1/10", "bytes  0-1/10", "bytes 0-1/10 ", "bytes 0 -1/10", "bytes 0- 1/10", "bytes 0-1 /10",
	"bytes +0-1/10", "bytes 0-+1/10", "bytes 00-1/10", "bytes 0-01/10", "bytes 0-1/010", "bytes -0-1/10", "bytes 0--1/10",
	"bytes 0-1/-10", "bytes 0x0-1/10", "bytes 0-1/1e1", "bytes 0_0-1/10", "bytes 0-1/10/10", "bytes 0-1-2/10", "bytes 0-1/10\n",
	"bytes 0-1/9223372036854775808", "bytes 0-9223372036854775808/9223372036854775809", "bytes ٠-١/١٠",
}

// What is accepted is what one would write oneself.
func FuzzParseContentRange(f *testing.F) {
	for _, in := range append(refusedContentRanges, "bytes 0-0/1", "bytes 5-9/10") {
		f.Add(in)
	}
	f.Fuzz(func(t *testing.T, in string) {
		first, last, size, err := s3client.ParseContentRange(in)
		if err != nil {
			if first != 0 || last != 0 || size != 0 {
				t.Errorf("beside the error of %q there are %d, %d, %d", in, first, last, size)
			}
			return
		}
		if out := fmt.Sprintf("bytes %d-%d/%d", first, last, size); out != in {
			t.Errorf("ParseContentRange(%q) formats to %q", in, out)
		}
		if first < 0 || last < first || size <= last {
			t.Errorf("ParseContentRange(%q) = %d, %d, %d", in, first, last, size)
		}
	})
}

// A body that is not read to its end can be closed.
func TestBodyClosedEarly(t *testing.T) {
	srv := serve(t, s3test.Config{})
	c := open(t, form(srv), nil)
	put(t, c, "data", "k", strings.Repeat("x", 1<<20))
	for range 3 {
		out, err := c.GetObject(t.Context(), s3client.GetObjectInput{Bucket: "data", Key: "k"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.CopyN(io.Discard, out.Body, 10); err != nil {
			t.Error(err)
		}
		if err := out.Body.Close(); err != nil {
			t.Error(err)
		}
	}
}
