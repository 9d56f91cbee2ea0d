package main

import (
	"bytes"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/s3client/s3test"
	"github.com/sigvier/sigvier/sigv4"
)

func TestLsBuckets(t *testing.T) {
	s := newSite(t, func(cfg *s3test.Config) { cfg.Buckets = []string{"one", "two"} })
	for _, args := range [][]string{{"ls"}, {"ls", "s3://"}} {
		r := s.run(t, args...)
		r.want(t, exitDone, "Z  one\n", "Z  two\n")
		if strings.Count(r.stdout, "\n") != 2 {
			t.Errorf("%q = %q, want two lines", args, r.stdout)
		}
	}
	got := objects(t, s.run(t, "ls", "--json").stdout)
	if len(got) != 2 || got[0]["bucket"] != "one" || !slices.Equal(keysOf(got[0]), []string{"bucket", "creation_date"}) {
		t.Errorf("ls --json = %v, want bucket and creation_date of two", got)
	}
	newSite(t, func(cfg *s3test.Config) { cfg.Buckets = nil }).run(t, "ls").want(t, exitDone)
}

func TestLsKeys(t *testing.T) {
	s := newSite(t)
	for _, key := range []string{"a", "folder/b", "folder/deep/c", "other/d", "folder-not"} {
		s.store(t, key, key)
	}
	for _, test := range []struct {
		args []string
		want []string // last columns
	}{
		{[]string{"s3://data"}, []string{"folder folder/", "folder other/", "1 a", "10 folder-not"}},
		{[]string{"s3://data/"}, []string{"folder folder/", "folder other/", "1 a", "10 folder-not"}},
		{[]string{"s3://data/folder"}, []string{"folder folder/", "10 folder-not"}},
		{[]string{"s3://data/folder/"}, []string{"folder folder/deep/", "8 folder/b"}},
		{[]string{"s3://data", "--recursive"}, []string{"1 a", "10 folder-not", "8 folder/b", "13 folder/deep/c", "7 other/d"}},
		{[]string{"--recursive", "s3://data/folder/"}, []string{"8 folder/b", "13 folder/deep/c"}},
		{[]string{"s3://data/none"}, nil},
	} {
		r := s.run(t, append([]string{"ls"}, test.args...)...)
		r.want(t, exitDone)
		var got []string
		for line := range strings.Lines(r.stdout) {
			columns := strings.Fields(line)
			got = append(got, strings.Join(columns[len(columns)-2:], " "))
		}
		if d := cmp.Diff(test.want, got); d != "" {
			t.Errorf("ls %q (-want +got)\n%s", test.args, d)
		}
	}
}

func TestLsAsJSON(t *testing.T) {
	s := newSite(t)
	s.store(t, "folder/k", "content")
	s.store(t, "k", "content")
	got := objects(t, s.run(t, "ls", "--json", "s3://data").stdout)
	if len(got) != 2 || !slices.Equal(keysOf(got[0]), []string{"prefix"}) || got[0]["prefix"] != "folder/" {
		t.Fatalf("ls --json = %v, want a prefix and a key", got)
	}
	if o := got[1]; o["key"] != "k" || o["size"] != 7.0 || !strings.HasPrefix(o["etag"].(string), `"`) || o["last_modified"] == nil {
		t.Errorf("ls --json = %v, want key, size, etag and last_modified", o)
	}
}

// oddKeys are keys, and how a terminal may see them.
var oddKeys = map[string]string{
	"a b":                 "a b",
	"ü/日本":                "ü/日本",
	`quote"backslash\`:    `quote"backslash\`,
	"tab\tnewline\nend":   `"tab\tnewline\nend"`,
	"\x1b[31mred":         `"\x1b[31mred"`,
	"right\u202eleft":     `"right\u202eleft"`,
	"no-break\u00a0space": `"no-break\u00a0space"`,
	"zero-width\u200b":    `"zero-width\u200b"`,
	"<&>%2F+?#":           "<&>%2F+?#",
}

func TestLsPrintsOddKeysSafely(t *testing.T) {
	s := newSite(t)
	for key := range oddKeys {
		s.store(t, "odd/"+key, "x")
	}
	var want, wantKeys []string
	for key, shown := range oddKeys {
		wantKeys = append(wantKeys, "odd/"+key)
		if unquoted, ok := strings.CutPrefix(shown, `"`); ok {
			want = append(want, `"odd/`+unquoted)
		} else {
			want = append(want, "odd/"+shown)
		}
	}
	slices.Sort(want)
	slices.Sort(wantKeys)

	var got, gotKeys []string
	r := s.run(t, "ls", "s3://data", "--recursive")
	r.want(t, exitDone)
	for line := range strings.Lines(r.stdout) {
		got = append(got, strings.TrimSuffix(strings.SplitN(line, "1  ", 2)[1], "\n"))
	}
	slices.Sort(got)
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("ls (-want +got)\n%s", d)
	}
	for _, o := range objects(t, s.run(t, "ls", "s3://data", "--recursive", "--json").stdout) {
		gotKeys = append(gotKeys, o["key"].(string))
	}
	slices.Sort(gotKeys)
	if d := cmp.Diff(wantKeys, gotKeys); d != "" {
		t.Errorf("ls --json (-want +got)\n%s", d)
	}
	for key, shown := range oddKeys {
		s.run(t, "head", "s3://data/odd/"+key).want(t, exitDone, strings.TrimPrefix(shown, `"`)+"\n")
		s.run(t, "rm", "s3://data/odd/"+key).want(t, exitDone, strings.TrimPrefix(shown, `"`)+"\n")
	}
}

func TestPrintable(t *testing.T) {
	for key, want := range oddKeys {
		if got := printable(key); got != want {
			t.Errorf("printable(%q) = %s, want %s", key, got, want)
		}
	}
	if got := printable("\xff"); got != `"\xff"` {
		t.Errorf("printable of a byte that is no UTF-8 = %s, want it quoted", got)
	}
}

func TestHeadOfAnObject(t *testing.T) {
	s := newSite(t)
	in := s3client.PutObjectInput{Bucket: bucket, Key: "k", Body: strings.NewReader("content"), Payload: sigv4.PayloadOf([]byte("content")),
		ObjectHeaders: s3client.ObjectHeaders{ContentType: "text/x-mine", Metadata: map[string]string{"b": "2", "a": "1"}}}
	if _, err := s.client(t).PutObject(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	r := s.run(t, "head", "s3://data/k")
	r.want(t, exitDone, "key: k\nsize: 7\netag: \"", "\nlast modified: 20", "\ncontent type: text/x-mine\n", "\nmetadata a: 1\nmetadata b: 2\n")
	r = s.run(t, "head", "s3://data/k", "--json")
	r.want(t, exitDone)
	got := objects(t, r.stdout)
	if len(got) != 1 || got[0]["bucket"] != "data" || got[0]["key"] != "k" || got[0]["size"] != 7.0 || got[0]["content_type"] != "text/x-mine" {
		t.Errorf("head --json = %s", r.stdout)
	}
	if d := cmp.Diff(map[string]any{"a": "1", "b": "2"}, got[0]["metadata"]); d != "" {
		t.Errorf("metadata (-want +got)\n%s", d)
	}
	s.run(t, "head", "s3://data/none").want(t, exitNotFound, "s3://data/none")
	s.run(t, "head", "s3://none/k").want(t, exitNotFound, "s3://none/k")
	s.with("AWS_SECRET_ACCESS_KEY=a-wrong-secret-access-key").run(t, "head", "s3://data/k").want(t, exitDenied, "credentials")
}

func TestHeadOfABucket(t *testing.T) {
	s := newSite(t)
	s.run(t, "head", "s3://data").want(t, exitDone, "bucket: data\nregion: us-east-1\n")
	s.run(t, "head", "s3://data/", "--json").want(t, exitDone, `{"bucket":"data","region":"us-east-1"}`+"\n")
	s.run(t, "head", "s3://none").want(t, exitNotFound, "s3://none")
}

func TestBucketsAreMadeAndRemoved(t *testing.T) {
	s := newSite(t)
	s.run(t, "mb", "s3://fresh").want(t, exitDone, "made s3://fresh\n")
	s.run(t, "mb", "s3://fresh").want(t, exitFailed, "BucketAlreadyOwnedByYou")
	s.run(t, "rb", "--json", "s3://fresh").want(t, exitDone, `{"removed":"s3://fresh"}`+"\n")
	s.run(t, "rb", "s3://fresh").want(t, exitNotFound, "NoSuchBucket")
	s.run(t, "mb", "--json", "s3://fresh/").want(t, exitDone, `{"made":"s3://fresh"}`+"\n")
	s.store(t, "k", "content")
	s.run(t, "rb", "s3://data").want(t, exitFailed, "BucketNotEmpty")
	before := s.Requests()["CreateBucket"]
	for _, name := range []string{"A", "ab", "UPPER", "under_score", "-x-", "1.2.3.4"} {
		s.run(t, "mb", "s3://"+name).want(t, exitUsage, "the bucket name")
	}
	if n := s.Requests()["CreateBucket"] - before; n > 0 {
		t.Errorf("%d bad names were sent", n)
	}
}

func TestRmRemovesTheObject(t *testing.T) {
	s := newSite(t)
	s.store(t, "folder/k", "content")
	s.run(t, "rm", "s3://data/folder/k").want(t, exitDone, "removed s3://data/folder/k\n")
	s.run(t, "head", "s3://data/folder/k").want(t, exitNotFound)
	s.run(t, "rm", "--json", "s3://data/folder/k").want(t, exitDone, `{"removed":"s3://data/folder/k"}`+"\n") // S3 says the same
	s.run(t, "rm", "s3://none/k").want(t, exitNotFound, "NoSuchBucket")
}

func TestPresignedURLs(t *testing.T) {
	s := newSite(t)
	const key = "folder/a+b ü~*"
	for _, test := range []struct {
		method, body string
		status       int
		want         string
	}{
		{"PUT", "content", http.StatusOK, ""},
		{"GET", "", http.StatusOK, "content"},
		{"HEAD", "", http.StatusOK, ""},
		{"DELETE", "", http.StatusNoContent, ""},
	} {
		t.Run(test.method, func(t *testing.T) {
			before := s.Requests()
			r := s.run(t, "presign", "s3://data/"+key, "--method", test.method, "--expires", "30s")
			r.want(t, exitDone, "X-Amz-Expires=30&")
			if d := cmp.Diff(before, s.Requests()); d != "" {
				t.Errorf("requests were sent (-before +after)\n%s", d)
			}
			resp := send(t, test.method, strings.TrimSuffix(r.stdout, "\n"), test.body)
			if resp.status != test.status || resp.body != test.want {
				t.Errorf("%s = %d %q, want %d %q", test.method, resp.status, resp.body, test.status, test.want)
			}
			if other := "PATCH"; send(t, other, strings.TrimSpace(r.stdout), "").status == http.StatusOK {
				t.Errorf("the URL for %s allows %s", test.method, other)
			}
		})
	}
	r := s.run(t, "presign", "s3://data/k", "--json")
	r.want(t, exitDone)
	got := objects(t, r.stdout)
	if len(got) != 1 || !slices.Equal(keysOf(got[0]), []string{"expires", "url"}) {
		t.Fatalf("presign --json = %s, want url and expires", r.stdout)
	}
	expires, err := time.Parse(time.RFC3339, got[0]["expires"].(string))
	if left := time.Until(expires); err != nil || left < 14*time.Minute || left > 15*time.Minute {
		t.Errorf("expires %v, %v, want in 15 minutes", got[0]["expires"], err)
	}
}

type httpAnswer struct {
	status int
	body   string
}

// send sends a request as a client that knows nothing of signatures.
func send(t *testing.T, method, url, body string) httpAnswer {
	t.Helper()
	req, err := http.NewRequest(method, url, bytes.NewReader([]byte(body)))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := new(http.Client).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return httpAnswer{resp.StatusCode, string(data)}
}
