package transfer_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/s3client/s3test"
	"github.com/sigvier/sigvier/transfer"
)

// Whenever it is cancelled, an upload ends at once and leaves nothing behind: no
// object, no upload under way, no connection, no goroutine.
func TestCancelAnUpload(t *testing.T) {
	const prompt = 100 * time.Millisecond
	data := random(50_000)
	file := func(t *testing.T, ctx context.Context, dst transfer.Destination, in transfer.UploadInput) (transfer.Report, error) {
		return transfer.Upload(ctx, dst, in, file(t, data))
	}
	// endless gives some bytes, and then waits for more.
	endless := func(n int) func(*testing.T, context.Context, transfer.Destination, transfer.UploadInput) (transfer.Report, error) {
		return func(t *testing.T, ctx context.Context, dst transfer.Destination, in transfer.UploadInput) (transfer.Report, error) {
			r, w, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			defer w.Close()
			go w.Write(data[:n])
			return transfer.UploadFrom(ctx, dst, in, r)
		}
	}
	asked := func(op string, n int) func(*s3test.Server, *transfer.Progress) bool {
		return func(srv *s3test.Server, _ *transfer.Progress) bool { return srv.Requests()[op] >= n }
	}
	for _, test := range []struct {
		name    string
		faults  string
		threads int
		when    func(*s3test.Server, *transfer.Progress) bool
		upload  func(*testing.T, context.Context, transfer.Destination, transfer.UploadInput) (transfer.Report, error)
	}{
		{"before it begins", "", 1, nil, file},
		{"while it is created", "stall=1m,op=CreateMultipartUpload", 8, asked("CreateMultipartUpload", 1), file},
		{"in the first part", "stall=1m,op=UploadPart", 1, asked("UploadPart", 1), file},
		{"in all parts", "stall=1m,op=UploadPart", 8, asked("UploadPart", 8), file},
		{"in a later part", "stall=1m,op=UploadPart,skip=5", 2, asked("UploadPart", 7), file},
		{"while the server is busy", "error=SlowDown,op=UploadPart,skip=1", 4, asked("UploadPart", 6), file},
		{"while it is completed", "stall=1m,op=CompleteMultipartUpload", 4, asked("CompleteMultipartUpload", 1), file},
		{"while the input is awaited", "", 4, asked("", 0), endless(0)},
		{"while more input is awaited", "", 4, asked("UploadPart", 10), endless(10_500)},
	} {
		t.Run(test.name, func(t *testing.T) {
			before := quiet()
			srv, _ := serveSmall(t, specsOf(test.faults)...)
			base := &http.Transport{DisableCompression: true}
			client := connect(t, srv, &s3client.Options{Base: base})
			took := time.Hour
			for try := 0; try < 3 && took > prompt; try++ { // a busy machine may need another try
				in := inParts(test.threads)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				cancelled := make(chan time.Time, 1)
				stop := func() { cancelled <- time.Now(); cancel() }
				if test.when == nil {
					stop()
				} else {
					go func() {
						for !test.when(srv, in.Progress) && ctx.Err() == nil {
							time.Sleep(time.Millisecond)
						}
						stop()
					}()
				}
				report, err := test.upload(t, ctx, client, in)
				took = time.Since(<-cancelled)
				wantFailure(t, t.TempDir(), report, err, context.Canceled)
			}
			if took > prompt {
				t.Errorf("it ended %v after it was cancelled, and %v are expected", took, prompt)
			}
			if n := uploadsUnderWay(t, client); n != 0 && test.name != "while it is created" {
				t.Errorf("%d uploads are left under way", n)
			}
			if test.name != "while it is completed" { // which may be too late
				wantNoObject(t, client, "k")
			}
			base.CloseIdleConnections()
			srv.Close()
			goroutines(t, before)
		})
	}
}

func specsOf(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}

// A reader that cannot be interrupted does not hold the upload up.
func TestCancelAnUploadOfAReaderThatWaits(t *testing.T) {
	_, client := serveSmall(t)
	r, w := io.Pipe()
	defer w.Close()
	go w.Write(random(2500))
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := transfer.UploadFrom(ctx, client, inParts(2), r); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	wantNoUpload(t, client)
}

// A pipe can be read on after an upload that was cancelled.
func TestCancelledUploadLeavesThePipe(t *testing.T) {
	_, client := serveSmall(t)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := transfer.UploadFrom(ctx, client, inParts(2), r); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	w.WriteString("more")
	w.Close()
	if got, err := io.ReadAll(r); string(got) != "more" || err != nil {
		t.Errorf("it gives %q, %v", got, err)
	}
}
