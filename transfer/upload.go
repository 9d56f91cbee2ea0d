package transfer

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/sigv4"
)

// MaxPut is the most bytes that S3 takes in one PutObject: 5 GiB.
const MaxPut = 5 << 30

// Destination is what an upload writes to; an [*s3client.Client] is one.
type Destination interface {
	PutObject(context.Context, s3client.PutObjectInput) (s3client.PutObjectOutput, error)
}

// UploadInput says what to upload and how.
type UploadInput struct {
	Bucket, Key string
	ContentType string
	Progress    *Progress // counts, if not nil
}

// Upload stores a file as an object, in one PutObject whose body is signed: the
// service holds the bytes that arrive against their SHA-256. What cannot seek,
// such as a pipe, is kept in a temporary file first.
func Upload(ctx context.Context, dst Destination, in UploadInput, file *os.File) (Report, error) {
	start := time.Now()
	if in.Progress == nil {
		in.Progress = new(Progress)
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		spooled, err := spool(ctx, file)
		if err != nil {
			return Report{}, err
		}
		defer os.Remove(spooled.Name())
		defer spooled.Close()
		file = spooled
	}
	if info, err := file.Stat(); err == nil && info.Size() > MaxPut { // before it is read for its hash
		return Report{}, fmt.Errorf("%s has %d bytes, and one PutObject takes %d (5 GiB)", file.Name(), info.Size(), int64(MaxPut))
	}
	h := sha256.New()
	size, err := io.Copy(h, contextReader{ctx, file})
	if err != nil {
		return Report{}, fmt.Errorf("reading %s: %w", file.Name(), err)
	}
	in.Progress.total.Store(size)
	out, err := dst.PutObject(ctx, s3client.PutObjectInput{
		Bucket: in.Bucket, Key: in.Key, ObjectHeaders: s3client.ObjectHeaders{ContentType: in.ContentType},
		Body:    io.NewSectionReader(&counted{file, in.Progress}, 0, size),
		Payload: sigv4.PayloadDigest([sha256.Size]byte(h.Sum(nil))),
	})
	if err != nil {
		return Report{}, err
	}
	return Report{Size: size, ETag: out.ETag, VersionID: out.VersionID, Threads: 1, Requests: 1,
		Verified: FullObject, Elapsed: time.Since(start)}, nil
}

// counted counts what is read: the furthest byte, for a retry begins again.
type counted struct {
	io.ReaderAt
	progress *Progress
}

func (c *counted) ReadAt(p []byte, off int64) (int, error) {
	n, err := c.ReaderAt.ReadAt(p, off)
	for end := off + int64(n); ; {
		done := c.progress.done.Load()
		if end <= done || c.progress.done.CompareAndSwap(done, end) {
			return n, err
		}
	}
}

func spool(ctx context.Context, r *os.File) (*os.File, error) {
	f, err := os.CreateTemp("", "sigvier-upload-*")
	if err != nil {
		return nil, err
	}
	_, err = io.Copy(f, contextReader{ctx, r})
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		f.Close()
		os.Remove(f.Name())
		return nil, fmt.Errorf("keeping %s in a temporary file: %w", r.Name(), err)
	}
	return f, nil
}

// contextReader ends reading when the context does.
type contextReader struct {
	ctx context.Context
	io.Reader
}

func (r contextReader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.Reader.Read(p)
}
