package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sigvier/sigvier/s3client"
)

func TestPutNamesTheKey(t *testing.T) {
	s := newSite(t)
	dir := t.TempDir()
	file := writeFile(t, dir, "file.json", "{}")
	for _, test := range []struct{ to, key string }{
		{"s3://data", "file.json"},
		{"s3://data/", "file.json"},
		{"s3://data/folder/", "folder/file.json"},
		{"s3://data/folder/other", "folder/other"},
		{"s3://data//x", "/x"},
		{"s3://data/a b+c%20~*ü//../d", "a b+c%20~*ü//../d"},
	} {
		s.run(t, "put", file, test.to).want(t, exitDone, file+" -> s3://data/"+test.key+": 2 B in ", "verified: full-object")
		if got := s.stored(t, test.key); got != "{}" {
			t.Errorf("put to %s stored %q, want {}", test.to, got)
		}
	}
}

func TestPutSaysTheContentType(t *testing.T) {
	s := newSite(t)
	dir := t.TempDir()
	for _, test := range []struct {
		file string
		args []string
		want string
	}{
		{"a.html", nil, "text/html; charset=utf-8"},
		{"a.html", []string{"--content-type", "text/plain"}, "text/plain"},
		{"a", []string{"--content-type", "image/x-mine"}, "image/x-mine"},
		{"a.no-such-extension", nil, "application/octet-stream"},
	} {
		s.run(t, append([]string{"put", writeFile(t, dir, test.file, "x"), "s3://data/k"}, test.args...)...).want(t, exitDone)
		out, err := s.client(t).HeadObject(t.Context(), s3client.HeadObjectInput{Bucket: bucket, Key: "k"})
		if err != nil || out.ContentType != test.want && !(test.want == "application/octet-stream" && out.ContentType == "binary/octet-stream") {
			t.Errorf("%s %q: type %q, %v, want %q", test.file, test.args, out.ContentType, err, test.want)
		}
	}
}

func TestPutFromStdin(t *testing.T) {
	s := newSite(t)
	t.Setenv("TMPDIR", t.TempDir())
	s.stdin = input(t, "from a file")
	s.run(t, "put", "-", "s3://data/file").want(t, exitDone, "- -> s3://data/file: 11 B in ")
	if got := s.stored(t, "file"); got != "from a file" {
		t.Errorf("stored %q, want the file's content", got)
	}

	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		w.WriteString(pattern(300000))
		w.Close()
	}()
	s.stdin = r
	s.run(t, "put", "-", "s3://data/pipe").want(t, exitDone, "- -> s3://data/pipe: 293.0 KiB in ")
	if got := s.stored(t, "pipe"); got != pattern(300000) {
		t.Errorf("stored %d bytes that differ from the pipe's", len(got))
	}
	if got := listDir(t, os.Getenv("TMPDIR")); len(got) > 0 {
		t.Errorf("the folder for temporary files has %q, want nothing", got)
	}
}

// A large file goes in parts, by several threads, and so does a pipe.
func TestPutInParts(t *testing.T) {
	s := newSite(t)
	content := strings.Repeat(pattern(5<<20), 3)
	file := writeFile(t, t.TempDir(), "f", content)
	s.run(t, "put", file, "s3://data/file", "--threads", "auto", "--part-size", "5242880").want(t, exitDone, "15.0 MiB in ", "3 threads, verified: full-object")
	if s.stored(t, "file") != content {
		t.Error("the object has other bytes")
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		w.WriteString(content)
		w.Close()
	}()
	s.stdin = r
	s.run(t, "put", "-", "s3://data/pipe").want(t, exitDone, "- -> s3://data/pipe: 15.0 MiB in ", "verified: full-object")
	if s.stored(t, "pipe") != content {
		t.Error("the object has other bytes")
	}
	if got := s.Requests()["UploadPart"]; got != 3+2 {
		t.Errorf("%d parts were sent, want 3 and 2", got)
	}
}

func TestPutNoClobber(t *testing.T) {
	s := newSite(t)
	file := writeFile(t, t.TempDir(), "f", "new")
	s.run(t, "put", file, "s3://data/k", "--no-clobber").want(t, exitDone)
	s.run(t, "put", file, "s3://data/k", "--no-clobber").want(t, exitFailed, "the key exists")
	s.run(t, "put", file, "s3://data/k").want(t, exitDone)
}

// An upload that fails is kept, for the next run, or is not.
func TestPutResumes(t *testing.T) {
	for _, flags := range [][]string{nil, {"--no-resume"}} {
		s := newSite(t, withFaults(t, "error=AccessDenied,op=UploadPart,skip=2,times=1"))
		file := writeFile(t, t.TempDir(), "f", strings.Repeat(pattern(5<<20), 3))
		args := append([]string{"put", file, "s3://data/k", "--part-size", "5242880"}, flags...)
		kept, uploads, text := 10<<20, 1, "the same upload goes on from there"
		if flags != nil {
			kept, uploads, text = 0, 0, "AccessDenied"
		}
		s.run(t, args...).want(t, exitDenied, text)
		if out, err := s.client(t).ListMultipartUploads(t.Context(), s3client.ListMultipartUploadsInput{Bucket: bucket}); err != nil || len(out.Uploads) != uploads {
			t.Errorf("%q: uploads under way are %v, %v, want %d", flags, out.Uploads, err, uploads)
		}
		r := s.run(t, append(args, "--json")...)
		r.want(t, exitDone)
		if got := objects(t, r.stdout)[0]["kept"]; got != float64(kept) && !(kept == 0 && got == nil) {
			t.Errorf("%q: %v bytes were there, want %d", flags, got, kept)
		}
	}
}

// An input that breaks off must never become an object.
func TestPutOfAnInputThatFails(t *testing.T) {
	s := newSite(t)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	defer w.Close()
	s.stdin = r
	s.run(t, "put", "-", "s3://data/k").want(t, exitFailed)
	s.run(t, "head", "s3://data/k").want(t, exitNotFound)
}

func TestPutThatFails(t *testing.T) {
	s := newSite(t)
	dir := t.TempDir()
	file := writeFile(t, dir, "f", "content")
	for _, test := range []struct {
		name string
		args []string
		env  []string
		code int
		text string
	}{
		{"folder", []string{dir, "s3://data/k"}, nil, exitUsage, dir + " is a folder"},
		{"missing file", []string{filepath.Join(dir, "none"), "s3://data/k"}, nil, exitFailed, "none"},
		{"missing bucket", []string{file, "s3://none/k"}, nil, exitNotFound, "NoSuchBucket"},
		{"wrong secret", []string{file, "s3://data/k"}, []string{"AWS_SECRET_ACCESS_KEY=a-wrong-secret-access-key"}, exitDenied, "SignatureDoesNotMatch"},
		{"small parts", []string{file, "s3://data/k", "--part-size", "1000"}, nil, exitUsage, "5 MiB"},
		{"key too long", []string{file, "s3://data/" + strings.Repeat("k", 1025)}, nil, exitFailed, "1024"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s.with(test.env...).run(t, append([]string{"put"}, test.args...)...).want(t, test.code, test.text)
		})
	}
	s.run(t, "ls", "s3://data").want(t, exitDone)
}

func TestPutReportsAsJSON(t *testing.T) {
	s := newSite(t)
	file := writeFile(t, t.TempDir(), "f", "content")
	r := s.run(t, "put", "--json", file, "s3://data/k")
	r.want(t, exitDone)
	got := objects(t, r.stdout)
	want := []string{"bucket", "etag", "file", "key", "requests", "resumed", "seconds", "size", "threads", "verified"}
	if len(got) != 1 || !slices.Equal(keysOf(got[0]), want) || got[0]["size"] != 7.0 || got[0]["verified"] != "full-object" || got[0]["file"] != file {
		t.Errorf("put --json = %s, want one object with %q", r.stdout, want)
	}
}
