package main

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/sigvier/sigvier/s3client/s3test"
	"github.com/sigvier/sigvier/transfer"
)

func TestGetNamesTheFile(t *testing.T) {
	s := newSite(t)
	for _, key := range []string{"k", "folder/k.txt", "folder/", ".hidden", "a/..b"} {
		s.store(t, key, "content of "+key)
	}
	for _, test := range []struct {
		name, key, argument string // from the working folder, in which there is a folder "sub"
		file                string // "" is a refusal
		code                int
	}{
		{"the key's last part", "k", "", "k", exitDone},
		{"the key's last part, without folders", "folder/k.txt", "", "k.txt", exitDone},
		{"a hidden name", ".hidden", "", ".hidden", exitDone},
		{"dots that are no step up", "a/..b", "", "..b", exitDone},
		{"a file", "k", "other", "other", exitDone},
		{"a file in a folder", "k", "sub/other", "sub/other", exitDone},
		{"a folder", "folder/k.txt", "sub", "sub/k.txt", exitDone},
		{"a folder with a slash", "folder/k.txt", "sub/", "sub/k.txt", exitDone},
		{"the working folder", "folder/k.txt", ".", "k.txt", exitDone},
		{"a folder's object with a file's name", "folder/", "named", "named", exitDone},
		{"a folder's object into a folder", "folder/", "sub", "", exitUsage},
		{"a folder that is not there", "k", "none/", "", exitFailed},
		{"a file in a folder that is not there", "k", "none/file", "", exitFailed},
		{"below a file", "k", "file/k", "", exitFailed},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			t.Chdir(dir)
			if err := os.Mkdir("sub", 0o700); err != nil {
				t.Fatal(err)
			}
			writeFile(t, dir, "file", "")
			args := []string{"get", "s3://data/" + test.key}
			if test.argument != "" {
				args = append(args, filepath.FromSlash(test.argument))
			}
			r := s.run(t, args...)
			r.want(t, test.code)
			if test.file == "" {
				if got := listDir(t, "."); !slices.Equal(got, []string{"file", "sub"}) || len(listDir(t, "sub")) > 0 || strings.Contains(r.stderr, ".part") {
					t.Errorf("the folder has %q, want nothing new; stderr %s", got, r.stderr)
				}
				return
			}
			if got, err := os.ReadFile(test.file); err != nil || string(got) != "content of "+test.key {
				t.Errorf("the file holds %q, %v, want the object's content", got, err)
			}
			if want := "s3://data/" + test.key + " -> " + filepath.FromSlash(test.file) + ": "; !strings.HasPrefix(r.stdout, want) {
				t.Errorf("stdout is %q, want %q at its beginning", r.stdout, want)
			}
		})
	}
}

func TestGetReplacesAFileWhenAllIsThere(t *testing.T) {
	s := newSite(t)
	s.store(t, "k", "new")
	file := writeFile(t, t.TempDir(), "f", "old and longer")
	s.run(t, "get", "s3://data/none", file).want(t, exitNotFound)
	if got, _ := os.ReadFile(file); string(got) != "old and longer" {
		t.Errorf("after a failure the file holds %q, want what it held", got)
	}
	s.run(t, "get", "s3://data/k", file).want(t, exitDone)
	if got, _ := os.ReadFile(file); string(got) != "new" {
		t.Errorf("the file holds %q, want new", got)
	}
}

func TestGetSizesAndParts(t *testing.T) {
	s := newSite(t)
	for _, size := range []int{0, 1, 99, 100, 101, 1000} {
		s.store(t, "k", pattern(size))
		for _, threads := range []string{"1", "4"} {
			file := filepath.Join(t.TempDir(), "f")
			s.run(t, "get", "s3://data/k", file, "--threads", threads, "--part-size", "100").want(t, exitDone)
			if got, err := os.ReadFile(file); err != nil || string(got) != pattern(size) {
				t.Errorf("%d bytes with %s threads: the file differs from the object (%v)", size, threads, err)
			}
		}
	}
}

func TestGetToStdout(t *testing.T) {
	s := newSite(t)
	s.store(t, "k", pattern(100000))
	t.Chdir(t.TempDir())
	r := s.run(t, "get", "s3://data/k", "-", "--threads", "8")
	if r.code != exitDone || r.stdout != pattern(100000) || !strings.HasPrefix(r.stderr, "s3://data/k -> -: 97.7 KiB in ") {
		t.Errorf("exit code %d, %d bytes, stderr %q, want the object and its report", r.code, len(r.stdout), r.stderr)
	}
	if got := listDir(t, "."); len(got) > 0 {
		t.Errorf("the folder has %q, want nothing", got)
	}
}

func TestGetReports(t *testing.T) {
	s := newSite(t, withFaults(t, "truncate=300,op=GetObject,times=1"))
	s.store(t, "k", pattern(1000))
	file := filepath.Join(t.TempDir(), "f")
	s.run(t, "get", "s3://data/k", file).want(t, exitDone, "s3://data/k -> "+file+": 1000 B in ", "1 thread,", "verified: ", "broken off and resumed: 1")
	r := s.run(t, "get", "s3://data/k", file, "--json", "--threads", "2", "--part-size", "500")
	r.want(t, exitDone)
	got := objects(t, r.stdout)
	if len(got) != 1 {
		t.Fatalf("%d lines, want 1", len(got))
	}
	want := []string{"bucket", "etag", "file", "key", "requests", "resumed", "seconds", "size", "threads", "verified"}
	if !slices.Equal(keysOf(got[0]), want) {
		t.Errorf("fields %q, want %q", keysOf(got[0]), want)
	}
	if o := got[0]; o["bucket"] != "data" || o["key"] != "k" || o["file"] != file || o["size"] != 1000.0 || o["requests"] != 2.0 || o["threads"] != 2.0 || o["resumed"] != 0.0 {
		t.Errorf("got %v", o)
	}
}

// The service says where the bucket is, and the rest goes there.
func TestGetFromAnotherRegion(t *testing.T) {
	s := newSite(t)
	s.store(t, "k", pattern(1000))
	file := filepath.Join(t.TempDir(), "f")
	s.run(t, "get", "s3://data/k", file, "--region", "eu-west-1", "--threads", "4", "--part-size", "100").want(t, exitDone, "1000 B")
}

func TestGetThatFailsLeavesNothing(t *testing.T) {
	for _, test := range []struct {
		name   string
		faults []string
		env    []string
		from   string
		args   []string
		code   int
		text   string
	}{
		{"missing key", nil, nil, "s3://data/none", nil, exitNotFound, "NoSuchKey"},
		{"missing bucket", nil, nil, "s3://none/k", nil, exitNotFound, "NoSuchBucket"},
		{"wrong secret", nil, []string{"AWS_SECRET_ACCESS_KEY=a-wrong-secret-access-key"}, "s3://data/k", nil, exitDenied, "SignatureDoesNotMatch"},
		{"wrong key ID", nil, []string{"AWS_ACCESS_KEY_ID=AKIDNOBODY"}, "s3://data/k", nil, exitDenied, "InvalidAccessKeyId"},
		{"restricted", nil, nil, "s3://data/k", []string{"--restrict-to-bucket", "other"}, exitDenied, "restricted"},
		{"denied", []string{"error=AccessDenied,op=GetObject"}, nil, "s3://data/k", nil, exitDenied, "AccessDenied"},
		{"a server that ignores Range", []string{"ignore-range"}, nil, "s3://data/k", []string{"--threads", "4"}, exitIntegrity, "Range"},
		{"a server that ignores Range, to one thread", []string{"ignore-range"}, nil, "s3://data/k", nil, exitIntegrity, "Range"},
		{"an object that changes", []string{"change-object,op=GetObject,times=1"}, nil, "s3://data/k", []string{"--threads", "4"}, exitIntegrity, "changed"},
		{"another ETag each time", []string{"wrong-etag,op=GetObject,skip=1"}, nil, "s3://data/k", []string{"--threads", "4"}, exitIntegrity, "ETag"},
		{"an ETag that is nobody's", []string{"wrong-etag,op=GetObject"}, nil, "s3://data/k", []string{"--threads", "4"}, exitIntegrity, "ETag"},
		{"no ETag", []string{"no-etag"}, nil, "s3://data/k", []string{"--threads", "4"}, exitIntegrity, "ETag"},
		{"another place", []string{"wrong-content-range"}, nil, "s3://data/k", []string{"--threads", "4"}, exitIntegrity, "k"},
		{"no server", nil, []string{"AWS_ENDPOINT_URL=http://127.0.0.1:1"}, "s3://data/k", nil, exitFailed, "127.0.0.1:1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, withFaults(t, test.faults...))
			s.store(t, "k", pattern(1000))
			dir := t.TempDir()
			args := append([]string{"get", test.from, filepath.Join(dir, "f"), "--part-size", "100"}, test.args...)
			s.with(test.env...).run(t, args...).want(t, test.code, test.text)
			if got := listDir(t, dir); len(got) > 0 {
				t.Errorf("the folder has %q, want nothing", got)
			}
		})
	}
}

func TestGetThatIsInterruptedBeforeItsStart(t *testing.T) {
	s := newSite(t)
	s.store(t, "k", "content")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	dir := t.TempDir()
	s.runContext(t, ctx, "get", "s3://data/k", filepath.Join(dir, "f")).want(t, exitInterrupted, "interrupted")
	if got := listDir(t, dir); len(got) > 0 {
		t.Errorf("the folder has %q, want nothing", got)
	}
}

func TestGetDoesNotReplaceWhatIsNoFile(t *testing.T) {
	s := newSite(t, func(cfg *s3test.Config) {})
	s.store(t, "k", "content")
	s.run(t, "get", "s3://data/k", os.DevNull).want(t, exitFailed, os.DevNull)
}

func TestFileForKeepsToTheFolder(t *testing.T) {
	for _, key := range []string{"a/..", "..", ".", "a/.", "a/", "/", "a\x00"} {
		if name, err := fileFor(location{"b", key}, ""); err == nil {
			t.Errorf("fileFor(%q) = %q, want an error", key, name)
		}
	}
	if runtime.GOOS == "windows" {
		for _, key := range []string{`a\b`, `..\b`, "C:b", "NUL"} {
			if name, err := fileFor(location{"b", key}, ""); err == nil {
				t.Errorf("fileFor(%q) = %q, want an error", key, name)
			}
		}
	}
}

func TestSummary(t *testing.T) {
	for _, test := range []struct {
		report transfer.Report
		want   string
	}{
		{transfer.Report{Size: 2 << 20, Threads: 8, Elapsed: 2e9, Verified: transfer.FullObject}, "2.0 MiB in 2s, 1.0 MiB/s, 8 threads, verified: full-object"},
		{transfer.Report{Size: 10, Threads: 1, Elapsed: 1234567, Verified: transfer.ETagOnly, Resumed: 3}, "10 B in 1ms, 7.9 KiB/s, 1 thread, verified: etag-only, broken off and resumed: 3"},
		{transfer.Report{Threads: 0, Verified: transfer.ETagOnly}, "0 B in 0s, 0 B/s, 0 threads, verified: etag-only"},
	} {
		if got := summary(test.report); got != test.want {
			t.Errorf("summary(%+v) = %q, want %q", test.report, got, test.want)
		}
	}
}
