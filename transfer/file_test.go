package transfer_test

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/transfer"
)

func TestDownloadReplacesAFile(t *testing.T) {
	for _, old := range []string{"", "the old content, which is longer than the new one"} {
		o := newObject(30)
		dir := t.TempDir()
		path := filepath.Join(dir, "file")
		if err := os.WriteFile(path, []byte(old), 0o644); err != nil {
			t.Fatal(err)
		}
		o.get = func(int, s3client.GetObjectInput, *s3client.GetObjectOutput) error {
			wantFile(t, path, []byte(old)) // until all is there
			return nil
		}
		if _, err := transfer.Download(t.Context(), o, transfer.DownloadInput{Bucket: "data", Key: "k", Threads: 2, PartSize: 10}, path); err != nil {
			t.Fatal(err)
		}
		wantFile(t, path, o.data)
		wantFolder(t, dir, "file")
	}
}

func TestFailedDownloadKeepsTheOldFile(t *testing.T) {
	o := newObject(30)
	o.get = func(n int, _ s3client.GetObjectInput, out *s3client.GetObjectOutput) error {
		if n == 2 {
			out.ETag = `"e2"`
		}
		return nil
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	if err := os.WriteFile(path, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := transfer.Download(t.Context(), o, transfer.DownloadInput{Bucket: "data", Key: "k", Threads: 2, PartSize: 10}, path); !errors.Is(err, transfer.ErrChanged) {
		t.Errorf("got %v, want %v", err, transfer.ErrChanged)
	}
	wantFile(t, path, []byte("old"))
	wantFolder(t, dir, "file")
}

// What cannot become the file is refused before anything is sent.
func TestDownloadRefusesThePath(t *testing.T) {
	for _, test := range []struct {
		name string
		path func(t *testing.T, dir string) string
		want error // nil: any
		text string
	}{
		{"nothing", func(t *testing.T, dir string) string { return "" }, nil, ""},
		{"a folder", func(t *testing.T, dir string) string { return dir }, nil, "it is a folder"},
		{"this folder", func(t *testing.T, dir string) string { return "." }, nil, "it is a folder"},
		{"in a missing folder", func(t *testing.T, dir string) string { return filepath.Join(dir, "missing", "file") }, fs.ErrNotExist, ""},
		{"a missing folder", func(t *testing.T, dir string) string {
			return filepath.Join(dir, "missing") + string(filepath.Separator)
		}, fs.ErrNotExist, ""},
		{"a name that is too long", func(t *testing.T, dir string) string { return filepath.Join(dir, strings.Repeat("x", 300)) }, nil, ""},
		{"a name with a zero byte", func(t *testing.T, dir string) string { return filepath.Join(dir, "a\x00b") }, nil, ""},
		{"in a file", func(t *testing.T, dir string) string {
			path := filepath.Join(dir, "file")
			if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { wantFile(t, path, []byte("old")) })
			return filepath.Join(path, "file")
		}, nil, ""},
		{"a socket", func(t *testing.T, dir string) string {
			// Its name must be short.
			short, err := os.MkdirTemp("", "s")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { os.RemoveAll(short) })
			path := filepath.Join(short, "s")
			l, err := net.Listen("unix", path)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { l.Close() })
			return path
		}, nil, "no regular file"},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := newObject(30)
			o.get = func(int, s3client.GetObjectInput, *s3client.GetObjectOutput) error {
				return errors.New("this must not be asked")
			}
			dir := t.TempDir()
			path := test.path(t, dir)
			before, err := os.ReadDir(dir)
			if err != nil {
				t.Fatal(err)
			}
			report, err := transfer.Download(t.Context(), o, transfer.DownloadInput{Bucket: "data", Key: "k", Threads: 2, PartSize: 10}, path)
			if err == nil || !strings.Contains(err.Error(), test.text) || test.want != nil && !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v %q", err, test.want, test.text)
			}
			if report != (transfer.Report{}) || len(o.asked) != 0 {
				t.Errorf("%d requests were sent, and the report is %+v", len(o.asked), report)
			}
			after, err := os.ReadDir(dir)
			if err != nil || len(after) != len(before) {
				t.Errorf("the folder had %v and has %v, %v", before, after, err)
			}
		})
	}
}

// A folder that comes to stand where the file should go.
func TestDownloadThatCannotBeRenamed(t *testing.T) {
	o := newObject(30)
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	o.get = func(int, s3client.GetObjectInput, *s3client.GetObjectOutput) error { return os.MkdirAll(path, 0o700) }
	report, err := transfer.Download(t.Context(), o, transfer.DownloadInput{Bucket: "data", Key: "k"}, path)
	if err == nil || report != (transfer.Report{}) {
		t.Errorf("got %+v, %v, want an error and nothing else", report, err)
	}
	wantFolder(t, dir, "file")
}

// A relative path is one of the working folder.
func TestDownloadToARelativePath(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	o := newObject(30)
	if _, err := transfer.Download(t.Context(), o, transfer.DownloadInput{Bucket: "data", Key: "k"}, "file"); err != nil {
		t.Fatal(err)
	}
	wantFile(t, filepath.Join(dir, "file"), o.data)
	wantFolder(t, dir, "file")
}
