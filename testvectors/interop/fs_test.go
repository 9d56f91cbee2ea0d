package interop

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"testing/iotest"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/s3client/s3fs"
)

// trees are buckets' keys, each of which a file system shows as it is.
var trees = []struct {
	name   string
	prefix string
	keys   []string
}{
	{"empty prefix", "nothing/", nil},
	{"names that URLs and XML spoil", "", []string{"plain", "a b/c d", "a+b/c+d", "100%/100%25", "%2F", "ünïcode/☃/日本語", "~tilde", "star*",
		"q?x=1&y", "hash#tag", "semi;colon", "quo'te\"s", "<xml>&", "$dollar@at:,=!()[]{}|^`", "tab\tkey", ".hidden", "..a/...b", "a/b/c/d/e/f/g"}},
	{"markers", "", []string{"empty/", "full/", "full/x", "deep/er/"}},
	{"names between a directory and its slash", "", []string{"a!/x", "a-b", "a.txt", "a/b-c", "a/b/c", "a0", "b"}},
	{"below a prefix", "reports/daily/", []string{"reports/daily/1", "reports/daily/2/3", "reports/daily-old/4", "reports/weekly/5"}},
}

// TestFS runs testing/fstest's checks of a file system against each server and
// says how many trees, files and directories it was.
func TestFS(t *testing.T) {
	each(t, func(t *testing.T, s server) {
		c := open(t, s.connection())
		passing := 0
		for i, tree := range trees {
			t.Run(tree.name, func(t *testing.T) {
				bucket := makeBucket(t, c, fmt.Sprintf("interop-fs-%d", i))
				var expected []string
				for _, key := range tree.keys {
					body := key
					if strings.HasSuffix(key, "/") {
						body = ""
					}
					put(t, c, bucket, key, body)
					if name, below := strings.CutPrefix(strings.TrimSuffix(key, "/"), tree.prefix); below {
						expected = append(expected, name)
					}
				}
				fsys := s3fs.New(t.Context(), c, bucket, tree.prefix)
				files, dirs := 0, 0
				if err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
					if err != nil || d.IsDir() {
						dirs++
						return err
					}
					files++
					b, err := fs.ReadFile(fsys, name)
					if err == nil && !strings.HasSuffix(string(b), name) {
						err = fmt.Errorf("%s holds %q", name, b)
					}
					return err
				}); err != nil {
					t.Error(err)
				}
				if err := fstest.TestFS(fsys, expected...); err != nil {
					t.Error(err)
				}
				t.Logf("%-10s %-42s %4d files, %3d directories", s.name, tree.name, files, dirs)
				if !t.Failed() {
					passing++
				}
			})
		}
		t.Logf("%-10s fstest passing: %d of %d trees", s.name, passing, len(trees))
	})
}

// A directory of more than a page, in one piece and in many.
func TestFSPages(t *testing.T) {
	each(t, func(t *testing.T, s server) {
		c := open(t, s.connection())
		bucket := makeBucket(t, c, "interop-fs-pages")
		var want []string
		for i := range 1100 {
			name := fmt.Sprintf("%04d", i)
			if i%10 == 0 {
				put(t, c, bucket, "many/"+name+"/x", "x")
			} else {
				put(t, c, bucket, "many/"+name, name)
			}
			want = append(want, name)
		}
		fsys := s3fs.New(t.Context(), c, bucket, "")
		whole, err := fsys.ReadDir("many")
		if err != nil || len(whole) != len(want) {
			t.Fatalf("ReadDir() = %d entries, %v, want %d", len(whole), err, len(want))
		}
		f, err := fsys.Open("many")
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		var got []string
		for {
			entries, err := f.(fs.ReadDirFile).ReadDir(333)
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range entries {
				got = append(got, e.Name())
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("in pieces there are %d names, or they are in another order", len(got))
		}
		if names, err := fsys.Glob("many/00?[05]"); err != nil || len(names) != 20 {
			t.Errorf("Glob() = %q, %v, want 20 names", names, err)
		}
	})
}

// A file is one object while it is open.
func TestFSFile(t *testing.T) {
	each(t, func(t *testing.T, s server) {
		c := open(t, s.connection())
		bucket := makeBucket(t, c, "interop-fs-file")
		data := bytes.Repeat([]byte("0123456789abcdef"), 20) // TestReader asks for each byte
		put(t, c, bucket, "dir/file", string(data))
		f, err := s3fs.New(t.Context(), c, bucket, "").Open("dir/file")
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if err := iotest.TestReader(f, data); err != nil {
			t.Error(err)
		}
		put(t, c, bucket, "dir/file", strings.Repeat("x", len(data)))
		if _, err := f.(io.ReaderAt).ReadAt(make([]byte, 10), 10); !errors.Is(err, s3fs.ErrChanged) || !errors.Is(err, s3client.ErrPreconditionFailed) {
			t.Errorf("ReadAt() of what was replaced = %v, want ErrChanged", err)
		}
		if _, err := c.DeleteObject(context.Background(), s3client.DeleteObjectInput{Bucket: bucket, Key: "dir/file"}); err != nil {
			t.Fatal(err)
		}
		if _, err := f.(io.ReaderAt).ReadAt(make([]byte, 10), 10); !errors.Is(err, s3fs.ErrChanged) {
			t.Errorf("ReadAt() of what was removed = %v, want ErrChanged", err)
		}
	})
}

func TestFSErrors(t *testing.T) {
	each(t, func(t *testing.T, s server) {
		c := open(t, s.connection())
		bucket := makeBucket(t, c, "interop-fs-errors")
		put(t, c, bucket, "dir/file", "body")
		wrong := s.connection()
		wrong.SecretAccessKey = s3client.NewSecret("not-the-secret-of-root")
		for _, test := range []struct {
			condition string
			fsys      *s3fs.FS
			name      string
			want      error
		}{
			{"missing", s3fs.New(t.Context(), c, bucket, ""), "missing", fs.ErrNotExist},
			{"below a file", s3fs.New(t.Context(), c, bucket, ""), "dir/file/x", fs.ErrNotExist},
			{"no bucket", s3fs.New(t.Context(), c, "interop-missing", ""), "dir", fs.ErrNotExist},
			{"wrong secret", s3fs.New(t.Context(), open(t, wrong), bucket, ""), "dir/file", fs.ErrPermission},
		} {
			for op, call := range map[string]func() error{
				"Open":     func() error { _, err := test.fsys.Open(test.name); return err },
				"Stat":     func() error { _, err := test.fsys.Stat(test.name); return err },
				"ReadFile": func() error { _, err := test.fsys.ReadFile(test.name); return err },
				"ReadDir":  func() error { _, err := test.fsys.ReadDir(test.name); return err },
			} {
				err := call()
				var at *fs.PathError
				if !errors.Is(err, test.want) || !errors.As(err, &at) || at.Path != test.name {
					t.Errorf("%s, %s(%s) = %v, want %v", test.condition, op, test.name, err, test.want)
				}
			}
		}
		// That a key is no directory is an error of its own.
		if _, err := s3fs.New(t.Context(), c, bucket, "").ReadDir("dir/file"); !errors.Is(err, fs.ErrInvalid) {
			t.Errorf("ReadDir(dir/file) = %v, want ErrInvalid", err)
		}
	})
}
