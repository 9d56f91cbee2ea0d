package s3fs_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/s3client/s3fs"
	"github.com/sigvier/sigvier/s3client/s3test"
)

// tree are names that a URL, an XML document or a sloppy client would spoil.
var tree = []string{
	"plain.txt", "empty/", "a b/c d.txt", " blank ", "a+b/c+d", "100%", "100%25", "%2F", "ünïcode/☃/日本語", "e\u0301/é", "~tilde",
	"star*", "q?x=1&y", "hash#tag", "semi;colon", "quo'te\"s", "<xml>&/a", "$dollar@at:,=!()[]{}|^`", "tab\tkey", "line\nkey",
	"dir/1", "dir/2", "dir/sub/3", "dir/sub/deep/", "dir-1", "dir0", "..a/b", "a../...", ".hidden", "CON", "\U0010FFFF", "x.\u0000.y",
}

// files are those of the tree, below a prefix.
func files(prefix string) (keys, names []string) {
	for _, name := range tree {
		keys = append(keys, prefix+name)
		names = append(names, strings.TrimSuffix(name, "/"))
	}
	return keys, names
}

func TestIsAFileSystem(t *testing.T) {
	for _, prefix := range []string{"", "reports/", "a b/ü%+/", "/", "x//", "./../"} {
		t.Run(prefix, func(t *testing.T) {
			keys, names := files(prefix)
			_, client := serve(t, s3test.Config{}, keys...)
			if prefix != "" {
				put(t, client, "other/x", "x")
			}
			fsys := s3fs.New(t.Context(), client, "data", prefix)
			if err := fstest.TestFS(fsys, names...); err != nil {
				t.Error(err)
			}
			for i, key := range keys {
				if strings.HasSuffix(key, "/") {
					continue
				}
				if b, err := fsys.ReadFile(names[i]); err != nil || string(b) != key {
					t.Errorf("ReadFile(%q) = %q, %v", names[i], b, err)
				}
			}
		})
	}
	t.Run("empty", func(t *testing.T) {
		_, client := serve(t, s3test.Config{}, "other/x")
		if err := fstest.TestFS(s3fs.New(t.Context(), client, "data", "nothing")); err != nil {
			t.Error(err)
		}
	})
	t.Run("on disk", func(t *testing.T) {
		_, client := serve(t, s3test.Config{Dir: t.TempDir()}, tree...)
		_, names := files("")
		if err := fstest.TestFS(s3fs.New(t.Context(), client, "data", ""), names...); err != nil {
			t.Error(err)
		}
	})
	t.Run("in pieces", func(t *testing.T) { // whatever the listing's pages are
		_, client := serve(t, s3test.Config{}, tree...)
		for _, size := range []int{1, 2, 3, 7} {
			_, names := files("")
			if err := fstest.TestFS(s3fs.New(t.Context(), smallPages{client, size}, "data", ""), names...); err != nil {
				t.Errorf("in pages of %d: %v", size, err)
			}
		}
	})
}

// smallPages lists in pages of that size.
type smallPages struct {
	s3fs.Source
	size int
}

func (s smallPages) ListObjectsV2Pages(ctx context.Context, in s3client.ListObjectsV2Input) iter.Seq2[s3client.ListObjectsV2Output, error] {
	in.MaxKeys = s.size
	return s.Source.ListObjectsV2Pages(ctx, in)
}

// A connection that is restricted to a path works with the file system of that
// path, and of what lies in it, also where the service enforces it as well.
func TestRestrictedConnection(t *testing.T) {
	keys, names := files("reports/")
	srv, _ := serve(t, s3test.Config{}, append(keys, "reports", "reports-old/x", "other")...)
	for _, form := range []s3client.Connection{form(srv), roleForm(srv)} {
		for _, path := range []string{"reports/", "reports"} {
			c := form
			c.RestrictToBucket, c.RestrictToPath, c.Permissions = "data", path, s3client.MayList|s3client.MayRead
			t.Run(fmt.Sprint(c.AuthorizationType, " ", path), func(t *testing.T) {
				client := connect(t, c)
				if err := fstest.TestFS(s3fs.New(t.Context(), client, "data", "reports"), names...); err != nil {
					t.Error(err)
				}
				if err := fstest.TestFS(s3fs.New(t.Context(), client, "data", "reports/dir"), "1", "2", "sub/3"); err != nil {
					t.Error(err)
				}
				// A name that is not there is not there, though S3 denies it to a session
				// that may not list the whole bucket.
				fsys := s3fs.New(t.Context(), client, "data", "reports")
				for op, call := range operations {
					if op == "Glob" {
						continue // there, it is no error
					}
					err := call(fsys, "missing")
					wantErr(t, err, "missing", fs.ErrNotExist)
					if errors.Is(err, fs.ErrPermission) {
						t.Errorf("%s: %v is an ErrPermission, too", op, err)
					}
				}
				for _, prefix := range []string{"", "other", "reports-old", "reports/../other"} {
					fsys := s3fs.New(t.Context(), client, "data", prefix)
					for op, call := range operations {
						name := "x"
						if strings.HasPrefix(op, "ReadDir") {
							name = "."
						}
						err := call(fsys, name)
						wantErr(t, err, name, fs.ErrPermission, s3client.ErrRestricted)
						if want := fmt.Sprintf("restricted to the path %q", path); strings.Count(err.Error(), want) != 1 {
							t.Errorf("%s with prefix %q: %v, want %s, once", op, prefix, err, want)
						}
					}
				}
				err := operations["Stat"](s3fs.New(t.Context(), client, "elsewhere", ""), ".")
				wantErr(t, err, ".", fs.ErrPermission, s3client.ErrRestricted)
			})
		}
	}
}

// A connection that may only read, or only list, does that.
func TestPermissions(t *testing.T) {
	srv, _ := serve(t, s3test.Config{}, "dir/file")
	for _, form := range []s3client.Connection{form(srv), roleForm(srv)} {
		form.RestrictToBucket = "data"
		form.Permissions = s3client.MayRead
		fsys := s3fs.New(t.Context(), connect(t, form), "data", "")
		for _, op := range []string{"Open", "Stat", "ReadFile"} {
			if err := operations[op](fsys, "dir/file"); err != nil {
				t.Errorf("%s with read alone: %v", op, err)
			}
		}
		for _, op := range []string{"ReadDir", "Glob"} {
			if err := operations[op](fsys, "dir"); !errors.Is(err, fs.ErrPermission) {
				t.Errorf("%s with read alone: %v, want ErrPermission", op, err)
			}
		}
		form.Permissions = s3client.MayList
		fsys = s3fs.New(t.Context(), connect(t, form), "data", "")
		var walked []string
		if err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
			walked = append(walked, name)
			return err
		}); err != nil || !slices.Equal(walked, []string{".", "dir", "dir/file"}) {
			t.Errorf("a walk with list alone: %q, %v", walked, err)
		}
		for _, op := range []string{"Open", "Stat", "ReadFile"} {
			wantErr(t, operations[op](fsys, "dir/file"), "dir/file", fs.ErrPermission)
			wantErr(t, operations[op](fsys, "dir/missing"), "dir/missing", fs.ErrNotExist)
		}
	}
}

// operations are all that take a name.
var operations = map[string]func(fsys *s3fs.FS, name string) error{
	"Open": func(fsys *s3fs.FS, name string) error {
		f, err := fsys.Open(name)
		if err == nil {
			err = f.Close()
		} else if f != nil {
			return fmt.Errorf("beside the error %w there is a file", err)
		}
		return err
	},
	"Stat": func(fsys *s3fs.FS, name string) error {
		info, err := fsys.Stat(name)
		if err != nil && info != nil {
			return fmt.Errorf("beside the error %w there is an info", err)
		}
		return err
	},
	"ReadFile": func(fsys *s3fs.FS, name string) error {
		data, err := fsys.ReadFile(name)
		if err != nil && data != nil {
			return fmt.Errorf("beside the error %w there are bytes", err)
		}
		return err
	},
	"ReadDir": func(fsys *s3fs.FS, name string) error {
		_, err := fsys.ReadDir(name)
		return err
	},
	"Glob": func(fsys *s3fs.FS, name string) error {
		pattern := name + "/*"
		if name == "." {
			pattern = "*"
		}
		_, err := fsys.Glob(pattern)
		return err
	},
}

// The requests are those that the package's documentation lists.
func TestRequests(t *testing.T) {
	keys := []string{"file", "dir/file", "marked/", "unnamed//x", "name", "name/x"}
	for i := range 2500 {
		keys = append(keys, fmt.Sprintf("many/%04d", i))
	}
	srv, client := serve(t, s3test.Config{}, keys...)
	fsys := s3fs.New(t.Context(), client, "data", "")
	count := sent(srv)
	for _, test := range []struct {
		name string
		do   func() error
		want string
	}{
		{"New", func() error { s3fs.New(t.Context(), client, "data", "dir"); return nil }, ""},
		{"Sub", func() error { _, err := fsys.Sub("dir"); return err }, ""},
		{"ReadFile", func() error { _, err := fsys.ReadFile("file"); return err }, "1 GetObject"},
		{"fs.ReadFile", func() error { _, err := fs.ReadFile(fsys, "dir/file"); return err }, "1 GetObject"},
		{"Stat of a file", func() error { _, err := fsys.Stat("file"); return err }, "1 HeadObject"},
		{"Stat of a file and a directory", func() error { _, err := fsys.Stat("name"); return err }, "1 HeadObject"},
		{"Stat of a directory", func() error { _, err := fsys.Stat("dir"); return err }, "1 HeadObject, 1 ListObjectsV2"},
		{"Stat of a directory with a marker", func() error { _, err := fsys.Stat("marked"); return err }, "1 HeadObject, 1 ListObjectsV2"},
		{"Stat of many", func() error { _, err := fsys.Stat("many"); return err }, "1 HeadObject, 1 ListObjectsV2"},
		{"Stat of the root", func() error { _, err := fsys.Stat("."); return err }, "1 ListObjectsV2"},
		{"Open", func() error { return operations["Open"](fsys, "file") }, "1 HeadObject"},
		{"Open and Stat", func() error {
			f := openFile(t, fsys, "file")
			_, err := f.Stat()
			return errors.Join(err, f.Close())
		}, "1 HeadObject"},
		{"io.Copy", func() error {
			f := openFile(t, fsys, "file")
			_, err := io.Copy(io.Discard, f)
			return errors.Join(err, f.Close())
		}, "1 GetObject, 1 HeadObject"},
		{"byte by byte", func() error {
			f := openFile(t, fsys, "file")
			for {
				if _, err := f.Read(make([]byte, 1)); err == io.EOF {
					return f.Close()
				} else if err != nil {
					return err
				}
			}
		}, "1 GetObject, 1 HeadObject"},
		{"there and back", func() error {
			f := openFile(t, fsys, "file")
			f.Seek(0, io.SeekEnd)
			f.Seek(0, io.SeekStart)
			f.Read(make([]byte, 2))
			f.Seek(1, io.SeekStart)
			f.Seek(1, io.SeekCurrent)
			_, err := io.ReadAll(f)
			return errors.Join(err, f.Close())
		}, "1 GetObject, 1 HeadObject"},
		{"Seek elsewhere", func() error {
			f := openFile(t, fsys, "file")
			f.Read(make([]byte, 2))
			f.Seek(1, io.SeekStart)
			_, err := io.ReadAll(f)
			return errors.Join(err, f.Close())
		}, "2 GetObject, 1 HeadObject"},
		{"ReadAt", func() error {
			f := openFile(t, fsys, "file")
			for i := range int64(3) {
				if _, err := f.ReadAt(make([]byte, 2), i); err != nil && err != io.EOF {
					return err
				}
			}
			f.ReadAt(make([]byte, 2), 4)
			f.ReadAt(nil, 0)
			return f.Close()
		}, "3 GetObject, 1 HeadObject"},
		{"ReadDir", func() error { _, err := fsys.ReadDir("many"); return err }, "3 ListObjectsV2"},
		{"ReadDir of the root", func() error { _, err := fsys.ReadDir("."); return err }, "1 ListObjectsV2"},
		{"ReadDir of an empty directory", func() error { _, err := fsys.ReadDir("marked"); return err }, "1 ListObjectsV2"},
		{"Open and ReadDir", func() error {
			d := openDir(t, fsys, "many")
			_, err := d.ReadDir(-1)
			return errors.Join(err, d.Close())
		}, "1 HeadObject, 3 ListObjectsV2"},
		{"Open and ReadDir of the beginning", func() error {
			d := openDir(t, fsys, "many")
			_, err := d.ReadDir(1000)
			return errors.Join(err, d.Close())
		}, "1 HeadObject, 1 ListObjectsV2"},
		{"Open and ReadDir of the root", func() error {
			d := openDir(t, fsys, ".")
			_, err := d.ReadDir(-1)
			return errors.Join(err, d.Close())
		}, "1 ListObjectsV2"},
		{"walk", func() error {
			n := 0
			err := fs.WalkDir(fsys, ".", func(string, fs.DirEntry, error) error { n++; return nil })
			if want := 2500 + 8; n != want {
				return fmt.Errorf("%d names, want %d", n, want)
			}
			return err
		}, "8 ListObjectsV2"}, // the root twice, many three times, and three more
		{"invalid names", func() error {
			for op, call := range operations {
				for _, name := range []string{"", "/", "a/", "/a", "a//b", "..", "a/..", "./a", "a/.", "\xff"} {
					if err := call(fsys, name); op != "Glob" && !errors.Is(err, fs.ErrInvalid) {
						return fmt.Errorf("%s(%q) = %w", op, name, err)
					}
				}
			}
			return nil
		}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			count()
			if err := test.do(); err != nil {
				t.Error(err)
			}
			if got := count(); got != test.want {
				t.Errorf("the requests are %q, want %q", got, test.want)
			}
		})
	}
}

// What no name of io/fs can spell is left out, and does no harm to what is there.
func TestKeysWithoutAName(t *testing.T) {
	hidden := []string{"/lead", "a//b", "a//", "b/./c", "b/../c", ".", "..", "../x", "d/", "e/f/", "e//", "//"}
	_, client := serve(t, s3test.Config{}, append(hidden, "a/1", "b/1", "file", "g/h//i")...)
	fsys := s3fs.New(t.Context(), client, "data", "")
	if err := fstest.TestFS(fsys, "a/1", "b/1", "file", "d", "e/f", "g/h"); err != nil {
		t.Error(err)
	}
	var walked []string
	if err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		walked = append(walked, name)
		return err
	}); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff([]string{".", "a", "a/1", "b", "b/1", "d", "e", "e/f", "file", "g", "g/h"}, walked); diff != "" {
		t.Errorf("the walk (-want +got)\n%s", diff)
	}
	for prefix, want := range map[string][]string{"/": {"lead"}, "a//": {"b"}, "b/..": {"c"}, "g/h//": {"i"}} {
		entries, err := s3fs.New(t.Context(), client, "data", prefix).ReadDir(".")
		if got := names(entries); err != nil || !slices.Equal(got, want) {
			t.Errorf("with prefix %q there are %q, %v, want %q", prefix, got, err, want)
		}
	}

	// What no server should list.
	odd := page(s3client.ListObjectsV2Output{
		Contents:       []s3client.Object{{Key: "dir/"}, {Key: "dir/\xff"}, {Key: "dir/a"}, {Key: "dir/b/c"}, {Key: "elsewhere"}},
		CommonPrefixes: []string{"dir/\xfe/", "dir/d/", "dir/e//", "dir//", "f/"},
	})
	entries, err := s3fs.New(t.Context(), odd, "data", "").ReadDir("dir")
	if got := names(entries); err != nil || !slices.Equal(got, []string{"a", "d/"}) {
		t.Errorf("ReadDir() = %q, %v", got, err)
	}
}

// A key with a slash at its end is a directory, whatever is in it.
func TestMarkers(t *testing.T) {
	_, client := serve(t, s3test.Config{}, "empty/", "full/", "full/x")
	put(t, client, "heavy/", "with bytes")
	fsys := s3fs.New(t.Context(), client, "data", "")
	if err := fstest.TestFS(fsys, "empty", "full/x", "heavy"); err != nil {
		t.Error(err)
	}
	for name, want := range map[string][]string{"empty": {}, "full": {"x"}, "heavy": {}} {
		info, err := fsys.Stat(name)
		if err != nil || !info.IsDir() || info.Size() != 0 || !info.ModTime().IsZero() || info.Sys() != nil {
			t.Errorf("Stat(%s) = %v, %v", name, info, err)
		}
		entries, err := fsys.ReadDir(name)
		if got := names(entries); err != nil || !slices.Equal(got, want) {
			t.Errorf("ReadDir(%s) = %q, %v, want %q", name, got, err, want)
		}
	}
}

// A name is the file where there is both.
func TestFileAndDirectoryOfOneName(t *testing.T) {
	// Between a and a/ there may be many, some of them both, too.
	keys := []string{"a", "a!", "a+/x", "a-", "a-/x", "a-b", "a-b/y", "a/b", "a/b/c", "a0", "b/x", "c"}
	_, client := serve(t, s3test.Config{}, keys...)
	want := []string{"a", "a!", "a+/", "a-", "a-b", "a0", "b/", "c"}
	for size := range 5 {
		fsys := s3fs.New(t.Context(), smallPages{client, size}, "data", "")
		if err := fstest.TestFS(fsys, "a", "a!", "a+/x", "a-", "a-b", "a0", "b/x", "c"); err != nil {
			t.Error(err)
		}
		entries, err := fsys.ReadDir(".")
		if got := names(entries); err != nil || !slices.Equal(got, want) {
			t.Errorf("in pages of %d: ReadDir(.) = %q, %v, want %q", size, got, err, want)
		}
		for _, name := range []string{"a", "a-b", "a/b"} {
			if b, err := fsys.ReadFile(name); err != nil || string(b) != name {
				t.Errorf("ReadFile(%s) = %q, %v", name, b, err)
			}
			if info, err := fsys.Stat(name); err != nil || !info.Mode().IsRegular() {
				t.Errorf("Stat(%s) = %v, %v", name, info, err)
			}
		}
		// What stands below is there for who asks for it.
		for name, want := range map[string][]string{"a": {"b"}, "a/b": {"c"}, "a-b": {"y"}} {
			entries, err := fsys.ReadDir(name)
			if got := names(entries); err != nil || !slices.Equal(got, want) {
				t.Errorf("ReadDir(%s) = %q, %v, want %q", name, got, err, want)
			}
		}
		sub, err := fs.Sub(fsys, "a/b")
		if err != nil {
			t.Fatal(err)
		}
		if err := fstest.TestFS(sub, "c"); err != nil {
			t.Error(err)
		}
	}
}

func TestErrorsOfNames(t *testing.T) {
	srv, client := serve(t, s3test.Config{}, "file", "dir/x", strings.Repeat("k", 1024))
	wrong := form(srv)
	wrong.SecretAccessKey = s3client.NewSecret("another/secret/that/is/not/the/right/one")
	stranger := connect(t, wrong)
	long := strings.Repeat("l", 1025)
	for _, test := range []struct {
		condition string
		fsys      *s3fs.FS
		name      string
		ops       string
		want      []error
		service   bool // the service says so
	}{
		{"missing", s3fs.New(t.Context(), client, "data", ""), "missing", "Open Stat ReadFile", []error{fs.ErrNotExist, s3client.ErrNotFound}, true},
		{"missing", s3fs.New(t.Context(), client, "data", ""), "missing", "ReadDir", []error{fs.ErrNotExist}, false},
		{"below a file", s3fs.New(t.Context(), client, "data", ""), "file/x", "Open Stat ReadFile", []error{fs.ErrNotExist}, true},
		{"no bucket", s3fs.New(t.Context(), client, "nowhere", ""), "file", "Open Stat ReadFile ReadDir", []error{fs.ErrNotExist, s3client.ErrNoSuchBucket}, true},
		{"no bucket", s3fs.New(t.Context(), client, "nowhere", ""), ".", "Open Stat ReadDir", []error{fs.ErrNotExist, s3client.ErrNoSuchBucket}, true},
		{"wrong secret", s3fs.New(t.Context(), stranger, "data", ""), "file", "Open Stat ReadFile ReadDir", []error{fs.ErrPermission, s3client.ErrDenied}, true},
		{"wrong secret", s3fs.New(t.Context(), stranger, "data", ""), ".", "Open Stat ReadDir", []error{fs.ErrPermission, s3client.ErrSignatureDoesNotMatch}, true},
		{"a directory", s3fs.New(t.Context(), client, "data", ""), "dir", "ReadFile", []error{fs.ErrInvalid}, false},
		{"the root", s3fs.New(t.Context(), client, "data", ""), ".", "ReadFile", []error{fs.ErrInvalid}, false},
		{"not a directory", s3fs.New(t.Context(), client, "data", ""), "file", "ReadDir", []error{fs.ErrInvalid}, false},
		{"the longest key", s3fs.New(t.Context(), client, "data", ""), strings.Repeat("k", 1024), "ReadDir", []error{fs.ErrInvalid}, false},
		{"a missing key of that length", s3fs.New(t.Context(), client, "data", ""), strings.Repeat("x", 1024), "Open Stat ReadFile", []error{fs.ErrNotExist}, true},
		{"too long", s3fs.New(t.Context(), client, "data", ""), long, "Open Stat ReadFile ReadDir", []error{fs.ErrInvalid}, false},
		{"too long with its prefix", s3fs.New(t.Context(), client, "data", "p"), long[:1023], "Open Stat ReadFile ReadDir", []error{fs.ErrInvalid}, false},
	} {
		for op := range strings.FieldsSeq(test.ops) {
			t.Run(test.condition+" "+op, func(t *testing.T) {
				err := operations[op](test.fsys, test.name)
				wantErr(t, err, test.name, test.want...)
				var of *s3client.Error
				var api *s3client.APIError
				if test.service && (!errors.As(err, &of) || !errors.As(err, &api)) {
					t.Errorf("%v holds no *s3client.Error, or no *APIError", err)
				}
				for _, other := range []error{fs.ErrNotExist, fs.ErrPermission, fs.ErrInvalid, fs.ErrClosed, s3fs.ErrIntegrity} {
					if errors.Is(err, other) && !slices.Contains(test.want, other) {
						t.Errorf("%v is %q, too", err, other)
					}
				}
			})
		}
	}
}

// What goes wrong is never taken for a name that is not there.
func TestFailuresAreNotAbsence(t *testing.T) {
	for _, test := range []struct{ fault, name, ops string }{
		{"error=InvalidRequest,op=HeadObject", "file", "Open Stat"},
		{"error=InvalidRequest,op=GetObject", "file", "ReadFile"},
		{"error=InvalidRequest,op=ListObjectsV2", "missing", "Open Stat ReadFile ReadDir"},
		{"error=InvalidRequest,op=ListObjectsV2", ".", "Open Stat ReadDir Glob"},
		{"error=InvalidRequest,op=ListObjectsV2,skip=1", "file", "ReadDir"},
	} {
		for op := range strings.FieldsSeq(test.ops) {
			srv, client := serve(t, s3test.Config{Faults: faults(t, test.fault)}, "file")
			_ = srv
			err := operations[op](s3fs.New(t.Context(), client, "data", ""), test.name)
			var api *s3client.APIError
			if !errors.As(err, &api) || errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s(%s) with %s = %v", op, test.name, test.fault, err)
			}
		}
	}
	// Who may not list cannot tell a missing file from a directory, and is told so.
	_, client := serve(t, s3test.Config{Faults: faults(t, "error=AccessDenied,op=ListObjectsV2")}, "dir/x")
	for _, op := range []string{"Open", "Stat", "ReadFile"} {
		err := operations[op](s3fs.New(t.Context(), client, "data", ""), "dir")
		wantErr(t, err, "dir", fs.ErrNotExist)
		if !strings.Contains(err.Error(), "whether it is a directory cannot be told") {
			t.Errorf("%s() = %v", op, err)
		}
	}
}

func TestInfo(t *testing.T) {
	_, client := serve(t, s3test.Config{}, "dir/a")
	out, err := client.PutObject(t.Context(), s3client.PutObjectInput{Bucket: "data", Key: "dir/file",
		Body: strings.NewReader("0123456789"), ObjectHeaders: s3client.ObjectHeaders{ContentType: "text/plain", Metadata: map[string]string{"owner": "sigvier"}}})
	if err != nil {
		t.Fatal(err)
	}
	fsys := s3fs.New(t.Context(), client, "data", "")
	stat, err := fsys.Stat("dir/file")
	if err != nil {
		t.Fatal(err)
	}
	opened, err := open(t, fsys, "dir/file").Stat()
	if err != nil {
		t.Fatal(err)
	}
	entries, err := fsys.ReadDir("dir")
	if err != nil {
		t.Fatal(err)
	}
	listed, err := entries[1].Info()
	if err != nil {
		t.Fatal(err)
	}
	for _, info := range []fs.FileInfo{stat, opened, listed} {
		if info.Name() != "file" || info.Size() != 10 || info.Mode() != 0o444 || info.IsDir() || info.ModTime() != stat.ModTime() || info.ModTime().IsZero() {
			t.Errorf("the info is %v", info)
		}
	}
	for _, info := range []fs.FileInfo{stat, opened} {
		if o := info.Sys().(*s3client.ObjectInfo); o.ETag != out.ETag || o.ContentType != "text/plain" || o.Metadata["owner"] != "sigvier" {
			t.Errorf("Sys() of a file is %+v", o)
		}
	}
	if o := listed.Sys().(*s3client.Object); o.Key != "dir/file" || o.ETag != out.ETag || o.StorageClass != "STANDARD" {
		t.Errorf("Sys() of an entry is %+v", o)
	}
	// MinIO and versitygw list fractions of a second, which their HEAD does not have.
	fine := page(s3client.ListObjectsV2Output{Contents: []s3client.Object{{Key: "file", LastModified: moment.Add(999_999_999)}}})
	entries, err = s3fs.New(t.Context(), fine, "data", "").ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	if info, err := entries[0].Info(); err != nil || !info.ModTime().Equal(moment) {
		t.Errorf("the time is %v, %v, want whole seconds", info.ModTime(), err)
	}
	dir, err := fsys.Stat("dir")
	if err != nil || dir.Name() != "dir" || dir.Mode() != fs.ModeDir|0o555 || !dir.IsDir() {
		t.Errorf("Stat(dir) = %v, %v", dir, err)
	}
	root, err := fsys.Stat(".")
	if err != nil || root.Name() != "." || !root.IsDir() {
		t.Errorf("Stat(.) = %v, %v", root, err)
	}
}

func TestContext(t *testing.T) {
	_, client := serve(t, s3test.Config{}, "dir/file")
	fsys := s3fs.New(t.Context(), client, "data", "")
	ctx, cancel := context.WithCancel(t.Context())
	bound := s3fs.New(ctx, client, "data", "")
	f := openFile(t, bound, "dir/file")
	if _, err := f.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	sub, err := fs.Sub(bound, "dir")
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	for op, call := range operations {
		if op != "Glob" {
			wantErr(t, call(bound, "dir"), "dir", context.Canceled)
		}
		if err := call(fsys, "dir/file"); err != nil && !strings.HasPrefix(op, "ReadDir") {
			t.Errorf("%s without that context: %v", op, err)
		}
	}
	_, err = fs.Stat(sub, "file")
	wantErr(t, err, "file", context.Canceled)
	_, err = f.ReadAt(make([]byte, 1), 0)
	wantErr(t, err, "dir/file", context.Canceled)
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		t.Error(err)
	}
	_, err = f.Read(make([]byte, 1))
	wantErr(t, err, "dir/file", context.Canceled)
	if err := f.Close(); err != nil {
		t.Error(err)
	}
}

func TestSub(t *testing.T) {
	keys, names := files("deep/")
	_, client := serve(t, s3test.Config{}, keys...)
	fsys := s3fs.New(t.Context(), client, "data", "")
	sub, err := fs.Sub(fsys, "deep")
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := sub.(*s3fs.FS); !ok {
		t.Errorf("Sub gives a %T", sub)
	}
	if err := fstest.TestFS(sub, names...); err != nil {
		t.Error(err)
	}
	same, err := fsys.Sub(".")
	if err != nil {
		t.Fatal(err)
	}
	if b, err := fs.ReadFile(same, "deep/dir/1"); err != nil || string(b) != "deep/dir/1" {
		t.Errorf("ReadFile() of Sub(.) = %q, %v", b, err)
	}
	_, err = fsys.Sub("../x")
	wantErr(t, err, "../x", fs.ErrInvalid)
	_, err = sub.Open("missing")
	wantErr(t, err, "missing", fs.ErrNotExist)
}

// To a disk and back.
func TestCopyFS(t *testing.T) {
	_, client := serve(t, s3test.Config{}, "a", "b/c", "b/d/e", "empty/")
	dir := t.TempDir()
	if err := os.CopyFS(dir, s3fs.New(t.Context(), client, "data", "")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a", "b/c", "b/d/e"} {
		if b, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name))); err != nil || string(b) != name {
			t.Errorf("%s holds %q, %v", name, b, err)
		}
	}
	if info, err := os.Stat(filepath.Join(dir, "empty")); err != nil || !info.IsDir() {
		t.Errorf("empty is %v, %v", info, err)
	}
}

// TestFS's one complaint about a name with a backslash is that it has one.
func TestBackslash(t *testing.T) {
	_, client := serve(t, s3test.Config{}, `a\b`, `dir\x/y`)
	fsys := s3fs.New(t.Context(), client, "data", "")
	entries, err := fsys.ReadDir(".")
	if got := names(entries); err != nil || !slices.Equal(got, []string{`a\b`, `dir\x/`}) {
		t.Errorf("ReadDir(.) = %q, %v", got, err)
	}
	if b, err := fsys.ReadFile(`a\b`); err != nil || !bytes.Equal(b, []byte(`a\b`)) {
		t.Errorf("ReadFile() = %q, %v", b, err)
	}
	if err := fstest.TestFS(fsys, `a\b`); err == nil || !strings.Contains(err.Error(), "backslash") {
		t.Errorf("TestFS() = %v", err)
	}
}
