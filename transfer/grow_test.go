package transfer_test

import (
	"context"
	"fmt"
	"io"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/transfer"
)

// paced is a body that gives so many bytes a second, in virtual time.
type paced struct {
	left   int64
	rate   func() float64
	open   *atomic.Int64
	closed bool
}

func (p *paced) Read(b []byte) (int, error) {
	if p.left == 0 {
		return 0, io.EOF
	}
	n := min(int64(len(b)), p.left, 20_000)
	p.left -= n
	time.Sleep(time.Duration(float64(n) / p.rate() * float64(time.Second)))
	return int(n), nil
}

func (p *paced) Close() error {
	if !p.closed {
		p.closed = true
		p.open.Add(-1)
	}
	return nil
}

// nowhere is a sink.
type nowhere struct{}

func (nowhere) WriteAt(p []byte, _ int64) (int, error) { return len(p), nil }

// Auto finds out how many workers help.
func TestAutoThreads(t *testing.T) {
	const each = 1_000_000
	for _, test := range []struct {
		name        string
		size        int64
		all         float64 // bytes a second of all connections together
		least, most int
	}{
		{"each connection is slow", 100_000_000, 1e12, 27, 64},
		{"all together are slow", 60_000_000, 8 * each, 8, 12},
		{"twelve are enough", 60_000_000, 12 * each, 12, 18},
		{"two parts, and slow", 12_000_000, 1e12, 8, 8},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var open atomic.Int64
				src := sourceFunc(func(_ context.Context, in s3client.GetObjectInput) (out s3client.GetObjectOutput, err error) {
					first, last := int64(0), int64(0)
					fmt.Sscanf(in.Range, "bytes=%d-%d", &first, &last)
					open.Add(1)
					out.ETag, out.ContentLength, out.Status = `"e"`, last-first+1, 206
					out.ContentRange = fmt.Sprintf("bytes %d-%d/%d", first, last, test.size)
					out.Body = &paced{left: last - first + 1, open: &open, rate: func() float64 { return min(each, test.all/float64(open.Load())) }}
					return out, nil
				})
				report, err := transfer.DownloadAt(t.Context(), src, transfer.DownloadInput{Bucket: "data", Key: "k", Threads: transfer.Auto}, nowhere{})
				if err != nil {
					t.Fatal(err)
				}
				if report.Threads < test.least || report.Threads > test.most {
					t.Errorf("%d threads, want %d to %d; it took %v", report.Threads, test.least, test.most, report.Elapsed)
				}
			})
		})
	}
}
