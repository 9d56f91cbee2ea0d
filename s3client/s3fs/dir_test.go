package s3fs_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"runtime"
	"slices"
	"testing"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/s3client/s3fs"
	"github.com/sigvier/sigvier/s3client/s3test"
)

// pagesOf lists n pages of 1,000 keys and counts those that were asked for; then
// comes err, if it is one.
func pagesOf(n int, asked *int, err error) *memory {
	return &memory{list: func(in s3client.ListObjectsV2Input) iter.Seq2[s3client.ListObjectsV2Output, error] {
		return func(yield func(s3client.ListObjectsV2Output, error) bool) {
			for i := range n {
				*asked++
				out := s3client.ListObjectsV2Output{IsTruncated: i < n-1 || err != nil}
				for j := range 1000 {
					out.Contents = append(out.Contents, s3client.Object{Key: fmt.Sprintf("%s%08d", in.Prefix, i*1000+j), LastModified: moment})
				}
				if !yield(out, nil) {
					return
				}
			}
			if err != nil {
				yield(s3client.ListObjectsV2Output{}, err)
			}
		}
	}}
}

func TestReadDirInPieces(t *testing.T) {
	_, client := serve(t, s3test.Config{}, "dir/", "dir/a", "dir/b/x", "dir/c", "dir/d/")
	fsys := s3fs.New(t.Context(), client, "data", "")
	for n := 1; n < 6; n++ {
		for _, size := range []int{1, 2, 1000} {
			d := openDir(t, s3fs.New(t.Context(), smallPages{client, size}, "data", ""), "dir")
			got := []string{}
			for {
				entries, err := d.ReadDir(n)
				if err == io.EOF && len(entries) == 0 {
					break
				}
				if err != nil || len(entries) == 0 || len(entries) > n {
					t.Fatalf("ReadDir(%d) = %d entries, %v", n, len(entries), err)
				}
				got = append(got, names(entries)...)
			}
			if !slices.Equal(got, []string{"a", "b/", "c", "d/"}) {
				t.Errorf("by %d, in pages of %d: %q", n, size, got)
			}
			if rest, err := d.ReadDir(-1); err != nil || len(rest) != 0 {
				t.Errorf("then ReadDir(-1) = %q, %v", rest, err)
			}
		}
	}
	// Of an empty directory both ends are seen.
	d := openDir(t, fsys, "dir/d")
	if rest, err := d.ReadDir(0); err != nil || rest == nil || len(rest) != 0 {
		t.Errorf("ReadDir(0) = %v, %v", rest, err)
	}
	if _, err := d.ReadDir(1); err != io.EOF {
		t.Errorf("ReadDir(1) = %v, want EOF", err)
	}
}

// A directory of a hundred thousand entries takes the memory of a page.
func TestReadDirInConstantMemory(t *testing.T) {
	asked := 0
	d := openDir(t, s3fs.New(t.Context(), pagesOf(100, &asked, nil), "data", ""), ".")
	heap := func() int64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	if _, err := d.ReadDir(1); err != nil || asked != 1 {
		t.Fatalf("for the first entry %d pages were asked for, %v", asked, err)
	}
	before, most, n := heap(), int64(0), 1
	for {
		entries, err := d.ReadDir(1500)
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if n += len(entries); n%15_000 < 1500 {
			most = max(most, heap()-before)
		}
	}
	if n != 100_000 || most > 2<<20 {
		t.Errorf("%d entries, and %d bytes more on the heap", n, most)
	}
}

// A listing that fails in the middle gives what it had, and then the error, again
// and again.
func TestReadDirFails(t *testing.T) {
	asked := 0
	denied := apiError("ListObjectsV2", 403, "AccessDenied")
	fsys := s3fs.New(t.Context(), pagesOf(2, &asked, denied), "data", "")
	d := openDir(t, fsys, ".")
	entries, err := d.ReadDir(5000)
	if len(entries) != 2000 || err != nil {
		t.Errorf("ReadDir(5000) = %d entries, %v", len(entries), err)
	}
	for range 2 {
		entries, err = d.ReadDir(5000)
		wantErr(t, err, ".", fs.ErrPermission, s3client.ErrDenied)
		if len(entries) != 0 {
			t.Errorf("beside the error there are %d entries", len(entries))
		}
	}
	entries, err = openDir(t, fsys, ".").ReadDir(-1)
	wantErr(t, err, ".", fs.ErrPermission)
	if len(entries) != 2000 {
		t.Errorf("ReadDir(-1) gives %d entries before its error", len(entries))
	}
	entries, err = fsys.ReadDir(".")
	wantErr(t, err, ".", fs.ErrPermission)
	if len(entries) != 2000 {
		t.Errorf("FS.ReadDir gives %d entries before its error", len(entries))
	}
	if _, err := fsys.Glob("*"); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("Glob() = %v", err)
	}
}

// Close ends a ReadDir that waits.
func TestCloseWhileListing(t *testing.T) {
	waiting := make(chan struct{})
	d := openDir(t, s3fs.New(t.Context(), &hangingList{pagesOf(1, new(int), nil), waiting}, "data", ""), ".")
	done := make(chan error)
	go func() {
		_, err := d.ReadDir(-1)
		done <- err
	}()
	<-waiting
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	wantErr(t, <-done, ".", fs.ErrClosed)
}

// hangingList has a second page that does not come until its context ends.
type hangingList struct {
	*memory
	waiting chan struct{}
}

func (h *hangingList) ListObjectsV2Pages(ctx context.Context, in s3client.ListObjectsV2Input) iter.Seq2[s3client.ListObjectsV2Output, error] {
	return func(yield func(s3client.ListObjectsV2Output, error) bool) {
		for page := range h.list(in) {
			page.IsTruncated = true
			if !yield(page, nil) {
				return
			}
		}
		close(h.waiting)
		<-ctx.Done()
		yield(s3client.ListObjectsV2Output{}, ctx.Err())
	}
}

// What is closed before its end stops asking.
func TestDirStops(t *testing.T) {
	asked := 0
	d := openDir(t, s3fs.New(t.Context(), pagesOf(9, &asked, nil), "data", ""), ".")
	if err := d.Close(); err != nil || asked != 1 {
		t.Errorf("Close() = %v, after %d pages", err, asked)
	}
}
