package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/sigvier/sigvier/s3client/s3test"
)

func TestCpNamesTheKey(t *testing.T) {
	s := newSite(t, func(cfg *s3test.Config) { cfg.Buckets = append(cfg.Buckets, "other") })
	s.store(t, "folder/k ü", "content")
	for _, test := range []struct{ to, key string }{
		{"s3://data/copy", "copy"},
		{"s3://data", "k ü"},
		{"s3://data/", "k ü"},
		{"s3://data/new/", "new/k ü"},
		{"s3://data//x", "/x"},
	} {
		s.run(t, "cp", "s3://data/folder/k ü", test.to).want(t, exitDone, "s3://data/folder/k ü -> s3://data/"+test.key+": 7 B in ", "verified: full-object")
		if got := s.stored(t, test.key); got != "content" {
			t.Errorf("cp to %s stored %q", test.to, got)
		}
	}
	s.run(t, "cp", "s3://data/copy", "s3://other").want(t, exitDone)
	s.run(t, "ls", "s3://other").want(t, exitDone, "copy")
}

func TestCpInParts(t *testing.T) {
	s := newSite(t)
	content := strings.Repeat(pattern(5<<20), 2) + "the end"
	s.store(t, "k", content)
	r := s.run(t, "cp", "s3://data/k", "s3://data/copy", "--threads", "4", "--part-size", "5242880", "--json")
	r.want(t, exitDone)
	got := objects(t, r.stdout)[0]
	want := []string{"bucket", "etag", "key", "requests", "seconds", "size", "source", "threads", "verified"}
	if !slices.Equal(keysOf(got), want) || got["threads"] != 3.0 || got["verified"] != "full-object" || got["source"] != "s3://data/k" {
		t.Errorf("cp --json = %s, want one object with %q", r.stdout, want)
	}
	if s.stored(t, "copy") != content {
		t.Error("the copy has other bytes")
	}
	if n := s.Requests()["UploadPartCopy"]; n != 3 {
		t.Errorf("%d parts were copied, want 3", n)
	}
}

func TestCpThatFails(t *testing.T) {
	s := newSite(t)
	s.store(t, "k", "content")
	s.store(t, "taken", "content")
	for _, test := range []struct {
		name string
		args []string
		code int
		text string
	}{
		{"from a file", []string{"file", "s3://data/k"}, exitUsage, "s3:// is expected"},
		{"to a file", []string{"s3://data/k", "file"}, exitUsage, "s3:// is expected"},
		{"no key", []string{"s3://data", "s3://data/k"}, exitUsage, "a bucket and a key are expected"},
		{"no name", []string{"s3://data/folder/", "s3://data/"}, exitUsage, "no name to take"},
		{"missing source", []string{"s3://data/none", "s3://data/copy"}, exitNotFound, "s3://data/none"},
		{"missing bucket", []string{"s3://data/k", "s3://none/k"}, exitNotFound, "NoSuchBucket"},
		{"key that is taken", []string{"s3://data/k", "s3://data/taken", "--no-clobber"}, exitFailed, "the key exists"},
		{"small parts", []string{"s3://data/k", "s3://data/copy", "--part-size", "1"}, exitUsage, "5 MiB"},
		{"restricted", []string{"s3://data/k", "s3://data/copy", "--restrict-to-bucket", "data", "--restrict-to-path", "copy"}, exitDenied, "restricted"},
	} {
		t.Run(test.name, func(t *testing.T) { s.run(t, append([]string{"cp"}, test.args...)...).want(t, test.code, test.text) })
	}
}
