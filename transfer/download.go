package transfer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sigvier/sigvier/s3client"
)

// Source is what a download reads from; an [*s3client.Client] is one.
type Source interface {
	GetObject(context.Context, s3client.GetObjectInput) (s3client.GetObjectOutput, error)
	HeadObject(context.Context, s3client.HeadObjectInput) (s3client.HeadObjectOutput, error)
}

// DownloadInput says what to download and how.
type DownloadInput struct {
	Bucket, Key, VersionID string
	Threads                int       // workers, 1 to 256; 0 means 1; [Auto]
	PartSize               int64     // bytes of a range when there are several workers; 0 means [DefaultPartSize]
	Progress               *Progress // counts, if not nil
}

func (in DownloadInput) check() error {
	if in.Threads < Auto || in.Threads > 256 {
		return fmt.Errorf("transfer: %d threads: 1 to 256 are expected", in.Threads)
	}
	if in.PartSize < 0 {
		return fmt.Errorf("transfer: a part size of %d bytes: at least 1 is expected", in.PartSize)
	}
	return nil
}

// Download downloads an object into a file. Path is replaced in one step when
// all is there and on disk; on any error, cancellation included, it stays as it
// was and nothing is left beside it. An error is an [*IntegrityError], one of
// package s3client, or the file system's.
func Download(ctx context.Context, src Source, in DownloadInput, path string) (Report, error) {
	if err := in.check(); err != nil {
		return Report{}, err
	}
	file, err := openPartial(path, false)
	if err != nil {
		return Report{}, err
	}
	defer file.discard()
	report, err := download(ctx, src, in, func(size int64) (io.WriterAt, error) { return file, file.reserve(size) })
	if err != nil {
		return Report{}, err
	}
	if err := ctx.Err(); err != nil {
		return Report{}, err
	}
	if err := file.commit(); err != nil {
		return Report{}, err
	}
	return report, nil
}

// DownloadTo downloads an object into a stream, in order, by one worker. What was
// written before an error is the object's beginning.
func DownloadTo(ctx context.Context, src Source, in DownloadInput, w io.Writer) (Report, error) {
	if err := in.check(); err != nil {
		return Report{}, err
	}
	in.Threads = 1
	return download(ctx, src, in, func(int64) (io.WriterAt, error) { return &inOrder{w: w}, nil })
}

// inOrder is a sink for the one worker of DownloadTo, whose writes come in order.
type inOrder struct {
	w   io.Writer
	off int64
}

func (s *inOrder) WriteAt(p []byte, off int64) (int, error) {
	if off != s.off {
		return 0, fmt.Errorf("transfer: internal error: a write at %d, and %d comes next", off, s.off)
	}
	n, err := s.w.Write(p)
	s.off += int64(n)
	if err == nil && n < len(p) {
		err = io.ErrShortWrite
	}
	return n, err
}

// run is one download under way.
type run struct {
	src  Source
	in   DownloadInput
	pin  pin
	plan Plan // none for an object without bytes
	sink io.WriterAt

	head     chan s3client.HeadObjectOutput // the answer to the HEAD beside the first GET, if it is a good one; then closed
	verifier *verifier

	requests, resumed atomic.Int64
}

func download(ctx context.Context, src Source, in DownloadInput, open func(size int64) (io.WriterAt, error)) (Report, error) {
	start := time.Now()
	in.Threads = workers(in.Threads)
	in.PartSize = cmp.Or(in.PartSize, DefaultPartSize)
	if in.Progress == nil {
		in.Progress = new(Progress)
	}
	d := &run{src: src, in: in}
	ctx, cancel := context.WithCancel(ctx)
	d.askChecksum(ctx)
	defer func() {
		cancel()
		<-d.head // leave no goroutine behind
	}()
	first, err := d.first(ctx)
	if err != nil {
		return Report{}, err
	}
	defer first.Body.Close()
	in.Progress.total.Store(d.pin.size)
	if d.sink, err = open(d.pin.size); err != nil {
		return Report{}, err
	}
	if len(d.plan.Ranges) > 0 {
		d.verifier = d.newVerifier(ctx, len(d.plan.Ranges))
	}
	if err := d.work(ctx, cancel, first); err != nil {
		return Report{}, err
	}
	verified, err := d.verifier.verify(d.pin)
	if err != nil {
		return Report{}, err
	}
	return Report{
		Size: d.pin.size, ETag: d.pin.etag, VersionID: d.pin.versionID,
		Threads: d.plan.Threads, Requests: int(d.requests.Load()), Resumed: int(d.resumed.Load()),
		Verified: verified, Elapsed: time.Since(start),
	}, nil
}

// first asks for the first range, and takes the pin from its answer: no other
// round trip comes before the bytes.
func (d *run) first(ctx context.Context) (s3client.GetObjectOutput, error) {
	ask := "bytes=0-"
	if d.in.Threads > 1 {
		ask = fmt.Sprintf("bytes=0-%d", d.in.PartSize-1)
	}
	out, err := d.src.GetObject(ctx, s3client.GetObjectInput{Bucket: d.in.Bucket, Key: d.in.Key, VersionID: d.in.VersionID, Range: ask})
	if errors.Is(err, s3client.ErrInvalidRange) {
		return d.firstOfEmpty(ctx, err)
	}
	if err != nil {
		return out, err
	}
	d.requests.Add(1)
	d.pin, err = newPin(d.in, out)
	if err == nil && d.in.Threads > 1 && d.pin.size/d.in.PartSize >= maxParts {
		err = d.pin.broken(fmt.Sprintf("the answer says that the object has %d bytes, which are too many parts of %d", d.pin.size, d.in.PartSize))
	}
	if err == nil && d.pin.size > 0 {
		d.plan = NewPlan(d.pin.size, d.in.PartSize, d.in.Threads)
		err = d.pin.check(out, d.plan.Ranges[0])
	}
	if err != nil {
		out.Body.Close()
	}
	return out, err
}

// firstOfEmpty makes sure that the object has no bytes, of which there is no range.
func (d *run) firstOfEmpty(ctx context.Context, cause error) (s3client.GetObjectOutput, error) {
	head, ok := <-d.head
	if !ok { // it failed: this one says why
		var err error
		if head, err = d.src.HeadObject(ctx, s3client.HeadObjectInput{Bucket: d.in.Bucket, Key: d.in.Key, VersionID: d.in.VersionID}); err != nil {
			return s3client.GetObjectOutput{}, err
		}
	}
	if head.ContentLength != 0 {
		return s3client.GetObjectOutput{}, cause
	}
	out := s3client.GetObjectOutput{ObjectInfo: head.ObjectInfo, Body: io.NopCloser(eof{}), Status: http.StatusOK}
	var err error
	d.pin, err = newPin(d.in, out)
	return out, err
}

type eof struct{}

func (eof) Read([]byte) (int, error) { return 0, io.EOF }

// work runs the plan: each worker takes the next range until there is none. The
// first one begins with the answer that is there already.
func (d *run) work(ctx context.Context, cancel func(), first s3client.GetObjectOutput) error {
	var next atomic.Int64
	group, ctx := errgroup.WithContext(ctx)
	context.AfterFunc(ctx, cancel) // the first answer came before the group
	for range d.plan.Threads {
		group.Go(func() error {
			buf := make([]byte, bufferSize)
			for {
				i := int(next.Add(1)) - 1
				if i >= len(d.plan.Ranges) {
					return nil
				}
				var body io.ReadCloser
				if i == 0 {
					body = first.Body
				}
				h := d.verifier.hash()
				if err := d.fetch(ctx, d.plan.Ranges[i], body, h, buf); err != nil {
					return err
				}
				d.verifier.done(i, d.plan.Ranges[i], h)
			}
		})
	}
	return group.Wait()
}
