package transfer_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/s3client/s3test"
	"github.com/sigvier/sigvier/transfer"
)

// goroutines waits until there are no more than that, for connections take a
// moment to end.
func goroutines(t *testing.T, want int) {
	t.Helper()
	var n int
	for range 500 {
		if n = runtime.NumGoroutine(); n <= want {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	stacks := make([]byte, 1<<20)
	t.Errorf("there are %d goroutines, and there were %d\n%s", n, want, stacks[:runtime.Stack(stacks, true)])
}

// quiet waits until the number of goroutines stays the same.
func quiet() int {
	n := runtime.NumGoroutine()
	for same := 0; same < 5; same++ {
		time.Sleep(2 * time.Millisecond)
		if now := runtime.NumGoroutine(); now != n {
			n, same = now, 0
		}
	}
	return n
}

// Whenever it is cancelled, a download ends at once and leaves nothing behind:
// no file, no connection, no goroutine.
func TestCancel(t *testing.T) {
	const prompt = 100 * time.Millisecond
	at := func(done int64) func(*s3test.Server, *transfer.Progress) bool {
		return func(_ *s3test.Server, p *transfer.Progress) bool { return p.Done() >= done }
	}
	asked := func(n int) func(*s3test.Server, *transfer.Progress) bool {
		return func(srv *s3test.Server, _ *transfer.Progress) bool { return srv.Requests()["GetObject"] >= n }
	}
	for _, test := range []struct {
		name    string
		cfg     s3test.Config
		faults  string
		threads int
		when    func(*s3test.Server, *transfer.Progress) bool
	}{
		{"before it begins", s3test.Config{}, "", 1, nil},
		{"before it begins with threads", s3test.Config{}, "", 8, nil},
		{"while the first answer is awaited", s3test.Config{Latency: time.Minute}, "", 8, asked(1)},
		{"in the only body", s3test.Config{}, "stall=1m,op=GetObject", 1, at(50_000)},
		{"in the first body", s3test.Config{}, "stall=1m,op=GetObject,times=1", 2, at(5_000)},
		{"in all bodies", s3test.Config{}, "stall=1m,op=GetObject", 8, at(40_000)},
		{"in a later body", s3test.Config{}, "stall=1m,op=GetObject,skip=3", 2, at(40_000)},
		{"while bytes trickle", s3test.Config{Bandwidth: 50_000}, "", 4, at(1)},
		{"while the server is busy", s3test.Config{}, "error=SlowDown,op=GetObject,skip=1", 4, asked(3)},
	} {
		t.Run(test.name, func(t *testing.T) {
			before := quiet()
			srv, client := serveCancellable(t, test.cfg, test.faults)
			took := time.Hour
			for try := 0; try < 3 && took > prompt; try++ { // a busy machine may need another try
				dir := t.TempDir()
				progress := new(transfer.Progress)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				cancelled := make(chan time.Time, 1)
				stop := func() { cancelled <- time.Now(); cancel() }
				if test.when == nil {
					stop()
				} else {
					go func() {
						for !test.when(srv.Server, progress) && ctx.Err() == nil {
							time.Sleep(time.Millisecond)
						}
						stop()
					}()
				}
				in := transfer.DownloadInput{Bucket: "data", Key: "k", Threads: test.threads, PartSize: 10_000, Progress: progress}
				report, err := transfer.Download(ctx, client, in, filepath.Join(dir, "file"))
				took = time.Since(<-cancelled)
				wantFailure(t, dir, report, err, context.Canceled)
				if errors.Is(err, transfer.ErrIntegrity) {
					t.Errorf("%v is an integrity error", err)
				}
			}
			if took > prompt {
				t.Errorf("it ended %v after it was cancelled, and %v are expected", took, prompt)
			}
			if got := srv.Requests()["GetObject"]; test.when == nil && got != 0 {
				t.Errorf("%d requests were sent", got)
			}
			srv.stop()
			goroutines(t, before)
		})
	}
}

// cancellable is a server with all that belongs to it.
type cancellable struct {
	*s3test.Server
	base *http.Transport
}

func (c cancellable) stop() {
	c.base.CloseIdleConnections()
	c.Close()
}

// serveCancellable starts a server that has 100,000 bytes under "k".
func serveCancellable(t *testing.T, cfg s3test.Config, specs string) (cancellable, *s3client.Client) {
	t.Helper()
	cfg.Dir = t.TempDir()
	sound, client := serve(t, s3test.Config{Dir: cfg.Dir})
	put(t, client, "k", random(100_000))
	sound.Close()
	cfg.Faults = faults(t, strings.Fields(specs)...)
	srv, _ := serve(t, cfg)
	base := &http.Transport{DisableCompression: true}
	return cancellable{srv, base}, connect(t, srv, &s3client.Options{Base: base})
}

// A finished download leaves no goroutine either.
func TestNoGoroutineIsLeft(t *testing.T) {
	before := quiet()
	srv, client := serveCancellable(t, s3test.Config{}, "truncate=5000,op=GetObject,times=4")
	for _, threads := range []int{1, 16} {
		in := transfer.DownloadInput{Bucket: "data", Key: "k", Threads: threads, PartSize: 10_000}
		if _, err := transfer.Download(t.Context(), client, in, filepath.Join(t.TempDir(), "file")); err != nil {
			t.Error(err)
		}
	}
	// With the connections that idle for the next download, still: only those.
	srv.stop()
	goroutines(t, before)
}

// A deadline is a cancellation with another name.
func TestDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := sourceFunc(func(ctx context.Context, in s3client.GetObjectInput) (s3client.GetObjectOutput, error) {
			out, _, err := newObject(30).honest(in)
			out.Body = stalled{ctx}
			return out, err
		})
		dir := t.TempDir()
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		start := time.Now()
		report, err := transfer.Download(ctx, src, transfer.DownloadInput{Bucket: "data", Key: "k", Threads: 2, PartSize: 10}, filepath.Join(dir, "file"))
		wantFailure(t, dir, report, err, context.DeadlineExceeded)
		if took := time.Since(start); took != time.Hour {
			t.Errorf("it took %v, want 1 h", took)
		}
	})
}

// The pause after a fruitless body ends too.
func TestCancelInAPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newObject(30)
		o.get = func(n int, _ s3client.GetObjectInput, out *s3client.GetObjectOutput) error {
			out.Body = breaking(out.Body, 0, io.ErrUnexpectedEOF)
			return nil
		}
		dir := t.TempDir()
		ctx, cancel := context.WithTimeout(t.Context(), 350*time.Millisecond) // in the third pause
		defer cancel()
		start := time.Now()
		report, err := transfer.Download(ctx, o, transfer.DownloadInput{Bucket: "data", Key: "k"}, filepath.Join(dir, "file"))
		wantFailure(t, dir, report, err, context.DeadlineExceeded)
		if took := time.Since(start); took != 350*time.Millisecond || len(o.asked) != 3 {
			t.Errorf("it took %v and %d requests, want 350 ms and 3", took, len(o.asked))
		}
	})
}

// Cancelled when the last byte is there, but not yet its name.
func TestCancelAtTheEnd(t *testing.T) {
	for _, threads := range []int{1, 2} {
		ctx, cancel := context.WithCancel(t.Context())
		o := newObject(30)
		o.get = func(_ int, _ s3client.GetObjectInput, out *s3client.GetObjectOutput) error {
			if strings.HasSuffix(out.ContentRange, "-29/30") {
				out.Body = struct {
					io.Reader
					closeFunc
				}{out.Body, closeFunc(cancel)}
			}
			return nil
		}
		dir := t.TempDir()
		report, err := transfer.Download(ctx, o, transfer.DownloadInput{Bucket: "data", Key: "k", Threads: threads, PartSize: 10}, filepath.Join(dir, "file"))
		wantFailure(t, dir, report, err, context.Canceled)
	}
}

type closeFunc func()

func (f closeFunc) Close() error { f(); return nil }

// A worker that fails stops the others, even those that wait for bytes.
func TestOneFailureStopsAll(t *testing.T) {
	denied := refused(403, "AccessDenied")
	for _, threads := range []int{2, 8} {
		t.Run(fmt.Sprintf("%d threads", threads), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := newObject(30)
				calls := make(chan int, 100)
				src := sourceFunc(func(ctx context.Context, in s3client.GetObjectInput) (s3client.GetObjectOutput, error) {
					n := len(calls)
					calls <- n
					out, _, err := o.honest(in)
					if n > 0 && strings.HasPrefix(in.Range, "bytes=10-") {
						time.Sleep(time.Second) // until all have begun
						return out, denied
					}
					out.Body = stalled{ctx} // the first answer too, which came before the workers
					return out, err
				})
				dir := t.TempDir()
				start := time.Now()
				report, err := transfer.Download(t.Context(), src, transfer.DownloadInput{Bucket: "data", Key: "k", Threads: threads, PartSize: 10}, filepath.Join(dir, "file"))
				wantFailure(t, dir, report, err, denied)
				if took := time.Since(start); took != time.Second {
					t.Errorf("it took %v, want 1 s", took)
				}
			})
		})
	}
	t.Run("against a server", func(t *testing.T) {
		srv, client := serveCancellable(t, s3test.Config{}, "stall=1m,op=GetObject,times=1 error=AccessDenied,op=GetObject,skip=2")
		defer srv.stop()
		dir := t.TempDir()
		start := time.Now()
		report, err := transfer.Download(t.Context(), client, transfer.DownloadInput{Bucket: "data", Key: "k", Threads: 4, PartSize: 10_000}, filepath.Join(dir, "file"))
		wantFailure(t, dir, report, err, s3client.ErrAccessDenied)
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("it took %v", took)
		}
	})
}

// A file system that refuses the bytes ends the download at once.
func TestDownloadWithoutRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := sourceFunc(func(ctx context.Context, in s3client.GetObjectInput) (s3client.GetObjectOutput, error) {
			return s3client.GetObjectOutput{
				ObjectInfo:   s3client.ObjectInfo{ContentLength: 1<<63 - 1, ETag: `"e1"`},
				Body:         stalled{ctx},
				Status:       206,
				ContentRange: "bytes 0-9223372036854775806/9223372036854775807",
			}, nil
		})
		dir := t.TempDir()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		report, err := transfer.Download(ctx, src, transfer.DownloadInput{Bucket: "data", Key: "k"}, filepath.Join(dir, "file"))
		wantFailure(t, dir, report, err)
	})
}

// A reader whose context has ended says so, wherever the bytes were then.
func TestDeadlineOfAReader(t *testing.T) {
	for _, size := range []int{30, 10 << 20} { // all of it is in the window; most is not
		for _, threads := range []int{1, 4} {
			t.Run(fmt.Sprintf("%d bytes, %d threads", size, threads), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					ctx, cancel := context.WithTimeout(t.Context(), time.Second)
					defer cancel()
					r, err := transfer.NewReader(ctx, newObject(size), transfer.DownloadInput{Bucket: "data", Key: "k", Threads: threads, PartSize: 100_000, Window: 300_000})
					if err != nil {
						t.Fatal(err)
					}
					defer r.Close()
					time.Sleep(2 * time.Second)
					if _, err := io.ReadAll(r); !errors.Is(err, context.DeadlineExceeded) {
						t.Errorf("got %v, want %v", err, context.DeadlineExceeded)
					}
				})
			})
		}
	}
}
