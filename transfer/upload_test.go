package transfer_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/s3client/s3test"
	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/transfer"
)

// file is an open file with that content.
func file(t *testing.T, data []byte) *os.File {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "file"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	if _, err := f.Write(data); err != nil { // which leaves it at its end
		t.Fatal(err)
	}
	return f
}

// pipe gives that content and cannot seek.
func pipe(t *testing.T, data []byte) *os.File {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	go func() {
		w.Write(data)
		w.Close()
	}()
	return r
}

// temporary is where temporary files go, and must not stay.
func temporary(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"TMPDIR", "TMP", "TEMP"} {
		t.Setenv(name, dir)
	}
	return dir
}

func contentOf(t *testing.T, client *s3client.Client, key string) []byte {
	t.Helper()
	out, err := client.GetObject(t.Context(), s3client.GetObjectInput{Bucket: "data", Key: key})
	if err != nil {
		t.Fatal(err)
	}
	defer out.Body.Close()
	b, err := io.ReadAll(out.Body)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestUpload(t *testing.T) {
	for _, test := range []struct {
		name string
		size int
		open func(*testing.T, []byte) *os.File
	}{
		{"file", 300_000, file}, {"file of a byte", 1, file}, {"empty file", 0, file},
		{"pipe", 300_000, pipe}, {"pipe of a byte", 1, pipe}, {"empty pipe", 0, pipe},
	} {
		t.Run(test.name, func(t *testing.T) {
			// Busy at first: it is sent again, and counted once.
			srv, client := serve(t, s3test.Config{Faults: faults(t, "error=SlowDown,op=PutObject,times=1")})
			data := random(test.size)
			f := test.open(t, data)
			temp := temporary(t)
			progress := new(transfer.Progress)
			report, err := transfer.Upload(t.Context(), client, transfer.UploadInput{Bucket: "data", Key: "k", ObjectHeaders: s3client.ObjectHeaders{ContentType: "text/plain"}, Progress: progress}, f)
			if err != nil {
				t.Fatal(err)
			}
			wantFolder(t, temp)
			if !bytes.Equal(contentOf(t, client, "k"), data) {
				t.Error("the object has other bytes")
			}
			head, err := client.HeadObject(t.Context(), s3client.HeadObjectInput{Bucket: "data", Key: "k"})
			if err != nil || head.ContentType != "text/plain" {
				t.Errorf("the object's type is %q, %v, want text/plain", head.ContentType, err)
			}
			wantReport(t, report, transfer.Report{Size: int64(test.size), ETag: head.ETag, Threads: 1, Requests: 1, Verified: transfer.FullObject})
			if progress.Done() != int64(test.size) || progress.Total() != int64(test.size) {
				t.Errorf("progress is %d of %d, want %d", progress.Done(), progress.Total(), test.size)
			}
			if got := srv.Requests()["PutObject"]; got != 2 {
				t.Errorf("%d attempts, want 2", got)
			}
		})
	}
}

// destination is a Destination that sees what PutObject is given.
type destination struct {
	transfer.Destination
	put func(context.Context, s3client.PutObjectInput) (s3client.PutObjectOutput, error)
}

func (d destination) PutObject(ctx context.Context, in s3client.PutObjectInput) (s3client.PutObjectOutput, error) {
	return d.put(ctx, in)
}

// overHTTP is a Destination that has no more than it says of itself.
type overHTTP struct{ transfer.Destination }

func (overHTTP) Checksums() s3client.ChecksumPolicy { return s3client.ChecksumsWhenRequired }
func (overHTTP) ProtectedInTransit() bool           { return false }

func TestUploadGivesADestination(t *testing.T) {
	data := random(1000)
	for name, open := range map[string]func(*testing.T, []byte) *os.File{"file": file, "pipe": pipe} {
		t.Run(name, func(t *testing.T) {
			temp := temporary(t)
			progress := new(transfer.Progress)
			dst := destination{Destination: overHTTP{}, put: func(_ context.Context, in s3client.PutObjectInput) (s3client.PutObjectOutput, error) {
				if progress.Done() != 0 || progress.Total() != 1000 {
					t.Errorf("before it is sent progress is %d of %d, want 0 of 1000", progress.Done(), progress.Total())
				}
				if in.Payload != sigv4.PayloadOf(data) {
					t.Errorf("the payload is %s, want %s", in.Payload, sigv4.PayloadOf(data))
				}
				wantFolder(t, temp)
				got, err := io.ReadAll(in.Body)
				if err != nil || !bytes.Equal(got, data) {
					t.Errorf("the body has %d other bytes, %v", len(got), err)
				}
				if progress.Done() != 1000 {
					t.Errorf("when it is sent progress is %d, want 1000", progress.Done())
				}
				return s3client.PutObjectOutput{ETag: `"e1"`, VersionID: "v1"}, nil
			}}
			report, err := transfer.Upload(t.Context(), dst, transfer.UploadInput{Bucket: "data", Key: "k", Progress: progress}, open(t, data))
			if err != nil {
				t.Fatal(err)
			}
			wantReport(t, report, transfer.Report{Size: 1000, ETag: `"e1"`, VersionID: "v1", Threads: 1, Requests: 1, Verified: transfer.FullObject})
			wantFolder(t, temp)
		})
	}
}

// A file that changes after it was hashed is not what was signed.
func TestUploadOfAFileThatChanges(t *testing.T) {
	_, client := serve(t, s3test.Config{})
	for _, test := range []struct {
		name   string
		change func(f *os.File) error
		good   bool
	}{
		{"a byte", func(f *os.File) error { _, err := f.WriteAt([]byte("x"), 500); return err }, false},
		{"cut off", func(f *os.File) error { return f.Truncate(500) }, false},
		{"emptied", func(f *os.File) error { return f.Truncate(0) }, false},
		{"grown", func(f *os.File) error { _, err := f.WriteAt([]byte("more"), 1000); return err }, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			data := bytes.Repeat([]byte("0123456789"), 100)
			f := file(t, data)
			dst := destination{Destination: client, put: func(ctx context.Context, in s3client.PutObjectInput) (s3client.PutObjectOutput, error) {
				if err := test.change(f); err != nil {
					t.Fatal(err)
				}
				return client.PutObject(ctx, in)
			}}
			report, err := transfer.Upload(t.Context(), dst, transfer.UploadInput{Bucket: "data", Key: test.name}, f)
			if test.good { // what was hashed is what is sent
				if err != nil || !bytes.Equal(contentOf(t, client, test.name), data) {
					t.Errorf("got %v, want the file as it was", err)
				}
				return
			}
			wantFailure(t, t.TempDir(), report, err, transfer.ErrSourceChanged)
			if _, err := client.HeadObject(t.Context(), s3client.HeadObjectInput{Bucket: "data", Key: test.name}); !errors.Is(err, s3client.ErrNotFound) {
				t.Errorf("the object is there: %v", err)
			}
		})
	}
}

func TestUploadThatFails(t *testing.T) {
	srv, client := serve(t, s3test.Config{})
	temp := temporary(t)
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	folder, err := os.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	closed := file(t, nil)
	closed.Close()
	for _, test := range []struct {
		name   string
		ctx    context.Context
		bucket string
		file   *os.File
		want   error // nil: any
		sent   int
	}{
		{"missing bucket", t.Context(), "missing", file(t, random(10)), s3client.ErrNoSuchBucket, 1},
		{"pipe to a missing bucket", t.Context(), "missing", pipe(t, random(10)), s3client.ErrNoSuchBucket, 1},
		{"cancelled", cancelled, "data", file(t, random(10)), context.Canceled, 0},
		{"cancelled pipe", cancelled, "data", pipe(t, random(10)), context.Canceled, 0},
		{"folder", t.Context(), "data", folder, nil, 0},
		{"closed file", t.Context(), "data", closed, fs.ErrClosed, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			before := srv.Requests()["PutObject"]
			report, err := transfer.Upload(test.ctx, client, transfer.UploadInput{Bucket: test.bucket, Key: "k"}, test.file)
			wantFailure(t, temp, report, err)
			if test.want != nil && !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
			if got := srv.Requests()["PutObject"] - before; got != test.sent {
				t.Errorf("%d requests were sent, want %d", got, test.sent)
			}
		})
	}
	t.Run("cancelled under way", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		dst := destination{Destination: client, put: func(ctx context.Context, in s3client.PutObjectInput) (s3client.PutObjectOutput, error) {
			cancel()
			return client.PutObject(ctx, in)
		}}
		report, err := transfer.Upload(ctx, dst, transfer.UploadInput{Bucket: "data", Key: "k"}, pipe(t, random(10)))
		wantFailure(t, temp, report, err, context.Canceled)
	})
}
