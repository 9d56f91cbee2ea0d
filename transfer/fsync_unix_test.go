//go:build unix

package transfer_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/transfer"
)

// Disks that take their time to sync, or fail. (On Windows, everybody waits.)

// hanging is a sync that waits until it is told how it came out.
type hanging struct {
	begun chan struct{} // closed when it waits
	ends  chan error
}

// hang has a sync of a file with such a name hang: the first, or one behind it.
func hang(t *testing.T, skip int64, is func(name string) bool) *hanging {
	t.Helper()
	h := &hanging{make(chan struct{}), make(chan error, 1)}
	var seen atomic.Int64
	t.Cleanup(transfer.ReplaceFsync(func(file *os.File) error {
		if !is(file.Name()) || seen.Add(1) != skip+1 {
			return file.Sync()
		}
		close(h.begun)
		return <-h.ends
	}))
	return h
}

func ending(with string) func(string) bool {
	return func(name string) bool { return strings.HasSuffix(name, with) }
}

// trickling is an object that comes a byte a second.
func trickling(o *object) sourceFunc {
	return func(ctx context.Context, in s3client.GetObjectInput) (s3client.GetObjectOutput, error) {
		out, _, err := o.honest(in)
		out.Body = struct {
			io.Reader
			io.Closer
		}{trickle{ctx, out.Body}, out.Body}
		return out, err
	}
}

type trickle struct {
	ctx  context.Context
	from io.Reader
}

func (r trickle) Read(p []byte) (int, error) {
	select {
	case <-time.After(time.Second):
		return r.from.Read(p[:min(1, len(p))])
	case <-r.ctx.Done():
		return 0, r.ctx.Err()
	}
}

// snapshot is what is in a folder.
func snapshot(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files[e.Name()] = string(b)
	}
	return files
}

// ended is what a download came to.
type ended struct {
	report transfer.Report
	err    error
}

// start begins a download of what trickles.
func start(ctx context.Context, o *object, resume bool, path string) <-chan ended {
	ends := make(chan ended, 1)
	go func() {
		report, err := transfer.Download(ctx, trickling(o), transfer.DownloadInput{Bucket: "data", Key: "k", Threads: 2, PartSize: 10, Resume: resume}, path)
		ends <- ended{report, err}
	}()
	return ends
}

// Who is cancelled does not wait for the disk, and what it does later changes nothing:
// were the download to wait, the time that the clock of these tests has would not go on.
func TestCancelDuringASync(t *testing.T) {
	folder := func(name string) bool { return !strings.Contains(filepath.Base(name), ".") }
	for _, test := range []struct {
		name   string
		resume bool
		skip   int64
		is     func(name string) bool
		done   int64 // bytes that are kept; 0 is none
	}{
		{"of the bytes under way", true, 0, ending(".part"), 10},
		{"of the journal", true, 0, ending(".journal.new"), 10},
		{"of the journal's folder", true, 0, folder, 10},
		{"of all bytes", true, 4, ending(".part"), 30}, // behind those of 5, 10, 15 and 20 s
		{"of all bytes, without resume", false, 0, ending(".part"), 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := hang(t, test.skip, test.is)
				o, dir := newObject(30), t.TempDir()
				path := filepath.Join(dir, "file")
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				ends := start(ctx, o, test.resume, path)
				<-h.begun
				begun := time.Now()
				cancel()
				got := <-ends
				if took := time.Since(begun); took != 0 {
					t.Errorf("it ended %v after it was cancelled", took)
				}
				if !errors.Is(got.err, context.Canceled) || got.report != (transfer.Report{}) {
					t.Errorf("got %+v, %v, want %v", got.report, got.err, context.Canceled)
				}
				before := snapshot(t, dir)
				var kept *transfer.ResumableError
				switch {
				case !test.resume && len(before) != 0:
					t.Errorf("the folder has %v", before)
				case test.resume && (len(before) != 2 || !errors.As(got.err, &kept) || kept.Done < test.done):
					t.Errorf("the folder has %d files, and the error is %v, want two and that %d bytes are kept", len(before), got.err, test.done)
				}
				h.ends <- nil
				synctest.Wait()
				if after := snapshot(t, dir); !maps.Equal(before, after) {
					t.Error("the sync that came back has changed what is in the folder")
				}
				again := <-start(t.Context(), o, true, path)
				if again.err != nil || again.report.Kept < test.done || again.report.Afresh != "" {
					t.Errorf("the next one gives %+v, %v, want that it goes on", again.report, again.err)
				}
				wantFile(t, path, o.data)
				wantFolder(t, dir, "file")
			})
		})
	}
}

// When the file has its name, the download is done, whoever waits for the folder.
func TestCancelWhenItHasItsName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, dir := newObject(3), t.TempDir()
		h := hang(t, 0, func(name string) bool { return name == dir })
		path := filepath.Join(dir, "file")
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		ends := start(ctx, o, true, path)
		<-h.begun
		cancel()
		if got := <-ends; got.err != nil || got.report.Size != 3 {
			t.Errorf("got %+v, %v", got.report, got.err)
		}
		wantFile(t, path, o.data)
		wantFolder(t, dir, "file")
		h.ends <- nil
	})
}

// The system tells an error of the disk once: a sync that began before all bytes were
// there may be the one that hears of it, and those behind it come out well.
func TestSyncThatFails(t *testing.T) {
	for _, test := range []struct {
		name string
		skip int64
		at   time.Duration // of the failure
	}{
		{"under way", 0, 6 * time.Second},
		{"when all bytes are there", 0, time.Minute},
		{"the last", 2, time.Minute},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := hang(t, test.skip, ending(".part"))
				o, dir := newObject(30), t.TempDir()
				begun := time.Now()
				path := filepath.Join(dir, "file")
				ends := start(t.Context(), o, true, path)
				time.AfterFunc(test.at, func() { h.ends <- &fs.PathError{Op: "sync", Path: "a temporary name", Err: syscall.EIO} })
				got := <-ends
				if took := time.Since(begun); took < test.at || took > test.at+time.Second {
					t.Errorf("it ended after %v, want %v", took, test.at)
				}
				wantFailure(t, dir, got.report, got.err)
				var named *fs.PathError
				if !errors.As(got.err, &named) || named.Path != path {
					t.Errorf("the error is %v, want the disk's, of the file", got.err)
				}
			})
		})
	}
}

// A sync that nobody waited for has failed: nothing goes on with these bytes, unless
// somebody does already, whom the system tells.
func TestSyncThatFailsAfterACancel(t *testing.T) {
	for _, another := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			h := hang(t, 0, ending(".part"))
			o, dir := newObject(30), t.TempDir()
			path := filepath.Join(dir, "file")
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			ends := start(ctx, o, true, path)
			<-h.begun
			cancel()
			<-ends
			if another {
				ends = start(t.Context(), o, true, path)
				time.Sleep(time.Second)
			}
			h.ends <- syscall.EIO
			synctest.Wait()
			if !another {
				wantFolder(t, dir)
				return
			}
			if got := <-ends; got.err != nil || got.report.Kept < 5 {
				t.Errorf("got %+v, %v, want that it goes on", got.report, got.err)
			}
			wantFile(t, path, o.data)
		})
	}
}
