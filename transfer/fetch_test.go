package transfer_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/s3client/s3test"
	"github.com/sigvier/sigvier/transfer"
)

// A body that breaks off is resumed at its last good byte: none is sent twice.
func TestResume(t *testing.T) {
	reset := errors.New("read: connection reset by peer")
	for _, test := range []struct {
		name    string
		threads int
		spoil   func(n int, out *s3client.GetObjectOutput)
		want    []string // the ranges that are asked for
		resumed int
	}{
		{"an error", 1, func(n int, out *s3client.GetObjectOutput) {
			if n < 2 {
				out.Body = breaking(out.Body, 7, reset)
			}
		}, []string{"0-", "7-29", "14-29"}, 2},
		{"an end too early", 1, func(n int, out *s3client.GetObjectOutput) {
			if n == 0 {
				out.Body = breaking(out.Body, 29, io.EOF)
			}
		}, []string{"0-", "29-29"}, 1},
		{"a byte with an error", 1, func(n int, out *s3client.GetObjectOutput) {
			if n == 0 {
				out.Body = io.NopCloser(iotest.DataErrReader(breaking(out.Body, 1, reset)))
			}
		}, []string{"0-", "1-29"}, 1},
		{"the last byte with an error", 1, func(n int, out *s3client.GetObjectOutput) {
			out.Body = io.NopCloser(iotest.DataErrReader(breaking(out.Body, 30, reset)))
		}, []string{"0-"}, 0},
		{"an error where the end should be", 1, func(n int, out *s3client.GetObjectOutput) {
			out.Body = breaking(out.Body, 30, reset)
		}, []string{"0-"}, 0},
		{"nothing at first", 1, func(n int, out *s3client.GetObjectOutput) {
			if n == 0 {
				out.Body = breaking(out.Body, 0, reset)
			}
		}, []string{"0-", "0-29"}, 1},
		{"tiny bodies to the end", 1, func(n int, out *s3client.GetObjectOutput) {
			out.Body = breaking(out.Body, 1, io.EOF)
		}, nil, 29},
		{"several parts", 2, func(n int, out *s3client.GetObjectOutput) {
			if out.ContentLength == 10 {
				out.Body = breaking(out.Body, 4, reset)
			}
		}, nil, 3},
		{"without lengths", 2, func(n int, out *s3client.GetObjectOutput) {
			if out.ContentLength == 10 {
				out.Body = breaking(out.Body, 4, io.EOF)
			}
			out.ContentLength = -1
		}, nil, 3},
		{"byte by byte", 2, func(n int, out *s3client.GetObjectOutput) {
			out.Body = io.NopCloser(iotest.OneByteReader(out.Body))
		}, nil, 0},
		{"fruitless bodies between fruitful ones", 1, func(n int, out *s3client.GetObjectOutput) {
			if n%5 != 4 { // never five in a row
				out.Body = breaking(out.Body, 0, reset)
			} else {
				out.Body = breaking(out.Body, 10, reset)
			}
		}, nil, 14},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // it waits after a fruitless body
				o := newObject(30)
				o.get = func(n int, _ s3client.GetObjectInput, out *s3client.GetObjectOutput) error {
					test.spoil(n, out)
					return nil
				}
				dir := t.TempDir()
				path := filepath.Join(dir, "file")
				in := transfer.DownloadInput{Bucket: "data", Key: "k", Threads: test.threads, PartSize: 10, Progress: new(transfer.Progress)}
				report, err := transfer.Download(t.Context(), o, in, path)
				if err != nil {
					t.Fatal(err)
				}
				wantFile(t, path, o.data)
				wantFolder(t, dir, "file")
				o.wantOnce(t)
				if got := o.ranges(); test.want != nil && !slices.Equal(got, test.want) {
					t.Errorf("the ranges are %q, want %q", got, test.want)
				}
				if report.Resumed != test.resumed || report.Requests != len(o.asked) {
					t.Errorf("%d resumed and %d requests, want %d and %d", report.Resumed, report.Requests, test.resumed, len(o.asked))
				}
				if got := in.Progress.Done(); got != 30 {
					t.Errorf("progress is %d, want 30", got)
				}
			})
		})
	}
}

// Over the network: the bytes that arrived are kept, whatever the way they end.
func TestResumeAgainstAServer(t *testing.T) {
	data := random(100_000)
	for _, test := range []struct {
		faults  string
		threads int
		resumed int
	}{
		{"truncate=12345,op=GetObject,times=3", 1, 3},
		{"truncate=1,op=GetObject,times=4", 1, 4},
		{"truncate=400,op=GetObject,times=20", 4, 20}, // fewer bytes than a part has, if one worker is struck each time
		{"truncate=99999,op=GetObject,times=1", 1, 1},
		{"truncate=0,op=GetObject,times=1", 1, 1},
		{"truncate=5000,op=GetObject,skip=1,times=1 error=SlowDown,op=GetObject,skip=2,times=2", 2, 1},
		{"drop,op=GetObject,skip=1,times=2", 2, 0}, // that is the transport's to try again
	} {
		t.Run(test.faults, func(t *testing.T) {
			srv, client := serve(t, s3test.Config{Faults: faults(t, strings.Fields(test.faults)...)})
			etag := put(t, client, "k", data)
			path := filepath.Join(t.TempDir(), "file")
			progress := new(transfer.Progress)
			in := transfer.DownloadInput{Bucket: "data", Key: "k", Threads: test.threads, PartSize: 10_000, Progress: progress}
			report, err := transfer.Download(t.Context(), client, in, path)
			if err != nil {
				t.Fatal(err)
			}
			wantFile(t, path, data)
			parts := 10
			if test.threads == 1 {
				parts = 1
			}
			wantReport(t, report, transfer.Report{Size: int64(len(data)), ETag: etag, Threads: test.threads,
				Requests: parts + test.resumed, Resumed: test.resumed, Verified: transfer.FullObject})
			if got := srv.Requests()["GetObject"]; got < report.Requests {
				t.Errorf("the server saw %d requests, fewer than the %d reported", got, report.Requests)
			}
			if progress.Done() != int64(len(data)) {
				t.Errorf("progress is %d, want %d", progress.Done(), len(data))
			}
		})
	}
}

func TestFruitlessBodies(t *testing.T) {
	reset := errors.New("read: connection reset by peer")
	for _, good := range []int64{0, 12} {
		t.Run(fmt.Sprintf("after %d bytes", good), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := newObject(30)
				o.get = func(n int, _ s3client.GetObjectInput, out *s3client.GetObjectOutput) error {
					if n > 0 || good == 0 {
						out.Body = breaking(out.Body, 0, reset)
					} else {
						out.Body = breaking(out.Body, good, reset)
					}
					return nil
				}
				dir := t.TempDir()
				start := time.Now()
				report, err := transfer.Download(t.Context(), o, transfer.DownloadInput{Bucket: "data", Key: "k"}, filepath.Join(dir, "file"))
				wantFailure(t, dir, report, err, reset)
				if errors.Is(err, transfer.ErrIntegrity) {
					t.Errorf("%v is an integrity error", err)
				}
				if want := fmt.Sprintf("5 bodies in a row broke off at byte %d", good); !strings.Contains(err.Error(), want) {
					t.Errorf("%q does not say %q", err, want)
				}
				want := 5
				if good > 0 {
					want++
				}
				if len(o.asked) != want {
					t.Errorf("%d requests, want %d", len(o.asked), want)
				}
				// 100, 200, 400 and 800 ms between the five.
				if took := time.Since(start); took != 1500*time.Millisecond {
					t.Errorf("it took %v, want 1.5 s", took)
				}
				if o.open != 0 {
					t.Errorf("%d bodies are still open", o.open)
				}
			})
		})
	}
}

// A body that gives neither bytes nor an error is broken too.
func TestBodyThatGivesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newObject(30)
		o.get = func(_ int, _ s3client.GetObjectInput, out *s3client.GetObjectOutput) error {
			out.Body = io.NopCloser(silent{})
			return nil
		}
		dir := t.TempDir()
		report, err := transfer.Download(t.Context(), o, transfer.DownloadInput{Bucket: "data", Key: "k"}, filepath.Join(dir, "file"))
		wantFailure(t, dir, report, err, io.ErrNoProgress)
	})
}

type silent struct{}

func (silent) Read([]byte) (int, error) { return 0, nil }

var errFull = errors.New("no space left on device")

// filling is a Writer that takes a number of bytes.
type filling struct {
	bytes.Buffer
	room int
	err  error // nil: it takes what fits and says nothing
}

func (f *filling) Write(p []byte) (int, error) {
	n := min(len(p), f.room-f.Len())
	f.Buffer.Write(p[:n])
	if n < len(p) {
		return n, f.err
	}
	return n, nil
}

func TestSinkThatFails(t *testing.T) {
	for _, test := range []struct {
		name string
		room int
		err  error
		want error
	}{
		{"at once", 0, errFull, errFull},
		{"in the middle", 12, errFull, errFull},
		{"at the last byte", 29, errFull, errFull},
		{"silently", 12, nil, io.ErrShortWrite},
		{"silently at the last byte", 29, nil, io.ErrShortWrite},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := newObject(30)
			o.get = func(_ int, _ s3client.GetObjectInput, out *s3client.GetObjectOutput) error {
				out.Body = io.NopCloser(iotest.HalfReader(out.Body))
				return nil
			}
			w := &filling{room: test.room, err: test.err}
			report, err := transfer.DownloadTo(t.Context(), o, transfer.DownloadInput{Bucket: "data", Key: "k"}, w)
			wantFailure(t, t.TempDir(), report, err, test.want)
			if !bytes.Equal(w.Bytes(), o.data[:test.room]) {
				t.Errorf("%d bytes were written, want %d", w.Len(), test.room)
			}
			if len(o.asked) != 1 || o.open != 0 { // to ask again would not help
				t.Errorf("%d requests, %d bodies still open, want 1 and none", len(o.asked), o.open)
			}
		})
	}
}
