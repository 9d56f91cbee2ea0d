package transfer_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/s3client/checksum"
	"github.com/sigvier/sigvier/s3client/s3test"
	"github.com/sigvier/sigvier/transfer"
)

// writerAt is a sink in memory.
type writerAt []byte

func (w writerAt) WriteAt(p []byte, off int64) (int, error) { return copy(w[off:], p), nil }

func TestDownloadAt(t *testing.T) {
	_, client := serve(t, s3test.Config{})
	data := random(100_000)
	put(t, client, "k", data)
	for _, threads := range []int{1, 2, 8} {
		w := make(writerAt, len(data))
		report, err := transfer.DownloadAt(t.Context(), client, transfer.DownloadInput{Bucket: "data", Key: "k", Threads: threads, PartSize: 7000}, w)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(w, data) || report.Verified != transfer.FullObject {
			t.Errorf("%d threads: verified %s, and the bytes are right: %t", threads, report.Verified, bytes.Equal(w, data))
		}
	}
}

func TestReader(t *testing.T) {
	srv, client := serve(t, s3test.Config{})
	for _, size := range []int{0, 1, 1001, 1_500_000} {
		data := random(size)
		put(t, client, "k", data)
		for _, threads := range []int{1, 2, 8, transfer.Auto} {
			for _, window := range []int64{0, 1, 600_000} {
				r, err := transfer.NewReader(t.Context(), client, transfer.DownloadInput{
					Bucket: "data", Key: "k", Threads: threads, PartSize: 100_000, Window: window})
				if err != nil {
					t.Fatal(err)
				}
				if r.Size() != int64(size) {
					t.Errorf("Size = %d, want %d", r.Size(), size)
				}
				if size < 2000 {
					if err := iotest.TestReader(r, data); err != nil {
						t.Errorf("%d bytes, %d threads, window %d: %v", size, threads, window, err)
					}
				} else {
					got, err := io.ReadAll(r)
					if err != nil || !bytes.Equal(got, data) {
						t.Errorf("%d bytes, %d threads, window %d: %d bytes come, and %v", size, threads, window, len(got), err)
					}
				}
				if got := r.Report(); got.Size != int64(size) || got.Verified != verifiedAs(size) {
					t.Errorf("the report is %+v", got)
				}
				if err := r.Close(); err != nil {
					t.Error(err)
				}
			}
		}
	}
	before := srv.Requests()["GetObject"]
	if _, err := transfer.NewReader(t.Context(), client, transfer.DownloadInput{Bucket: "data", Key: "no such"}); !errors.Is(err, s3client.ErrNoSuchKey) {
		t.Errorf("%v is no ErrNoSuchKey", err)
	}
	if got := srv.Requests()["GetObject"] - before; got != 1 {
		t.Errorf("%d requests for what is not there", got)
	}
}

// The first range is asked for before the window is known, or may be longer than it: a
// worker that waits for room holds up nobody whom the reader waits for.
func TestReaderWithASmallWindow(t *testing.T) {
	o := newObject(9 << 20)
	for _, in := range []transfer.DownloadInput{
		{Window: 1 << 20},
		{Window: 1},
		{Window: 1 << 20, PartSize: 8 << 20},
		{Budget: transfer.NewBudget(0, 1<<20)},
	} {
		in.Bucket, in.Key, in.Threads = "data", "k", 4
		r, err := transfer.NewReader(t.Context(), o, in)
		if err != nil {
			t.Fatal(err)
		}
		hung := time.AfterFunc(30*time.Second, func() { panic("the reader hangs") })
		var got []byte
		for err == nil {
			p := make([]byte, 10_000) // less than a worker brings at once
			_, err = io.ReadFull(r, p)
			got = append(got, p...)
			time.Sleep(time.Millisecond) // so that idle workers look for work meanwhile
		}
		if !bytes.HasPrefix(got, o.data) || err != io.ErrUnexpectedEOF {
			t.Errorf("window %d, parts of %d: %d bytes come, and %v", in.Window, in.PartSize, len(got), err)
		}
		hung.Stop()
		r.Close()
	}
}

// No byte is called the last before all were found to be right.
func TestReaderOfAFlippedByte(t *testing.T) {
	for _, threads := range []int{1, 8} {
		_, client := serve(t, s3test.Config{Faults: faults(t, "flip=5000,op=GetObject,times=1")})
		put(t, client, "k", random(200_000))
		r, err := transfer.NewReader(t.Context(), client, transfer.DownloadInput{Bucket: "data", Key: "k", Threads: threads, PartSize: 10_000})
		if err != nil {
			t.Fatal(err)
		}
		if n, err := io.Copy(io.Discard, r); !errors.Is(err, transfer.ErrIntegrity) {
			t.Errorf("%d threads: %d bytes, and %v is no ErrIntegrity", threads, n, err)
		}
		r.Close()
	}
}

// A reader that is closed early ends its workers, whatever they wait for.
func TestReaderThatIsClosedEarly(t *testing.T) {
	for _, test := range []struct {
		name    string
		faults  string
		threads int
		read    int64
	}{
		{"at once", "", 8, 0},
		{"at once, one thread", "", 1, 0},
		{"in the middle", "", 8, 30_000},
		{"while bodies stall", "stall=1m,op=GetObject,skip=1", 8, 2_000},
		{"while the only body stalls", "stall=1m,op=GetObject", 1, 2_000},
	} {
		t.Run(test.name, func(t *testing.T) {
			before := quiet()
			srv, client := serveCancellable(t, s3test.Config{}, test.faults)
			r, err := transfer.NewReader(t.Context(), client, transfer.DownloadInput{
				Bucket: "data", Key: "k", Threads: test.threads, PartSize: 10_000, Window: 20_000})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.CopyN(io.Discard, r, test.read); err != nil {
				t.Fatal(err)
			}
			start := time.Now()
			r.Close()
			if took := time.Since(start); took > time.Second {
				t.Errorf("Close took %v", took)
			}
			if n, err := r.Read(make([]byte, 10)); n != 0 || err == nil || err == io.EOF {
				t.Errorf("Read after Close gives %d, %v", n, err)
			}
			r.Close()
			srv.stop()
			goroutines(t, before)
		})
	}
}

// A reader that nobody reads takes no more than its window.
func TestReaderKeepsToItsWindow(t *testing.T) {
	o := newObject(4 << 20)
	r, err := transfer.NewReader(t.Context(), o, transfer.DownloadInput{Bucket: "data", Key: "k", Threads: 4, PartSize: 128 << 10, Window: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(100 * time.Millisecond)
	o.mu.Lock()
	sent := 0
	for _, n := range o.sent {
		sent += int(n)
	}
	o.mu.Unlock()
	if sent > 1<<20+4*(256<<10) {
		t.Errorf("%d bytes came ahead of the reader, whose window is 1 MiB", sent)
	}
	got, err := io.ReadAll(r)
	if err != nil || !bytes.Equal(got, o.data) {
		t.Errorf("%d bytes come, and %v", len(got), err)
	}
	r.Close()
}

func TestObjectReadAt(t *testing.T) {
	_, client := serve(t, s3test.Config{})
	data := random(100_000)
	put(t, client, "k", data)
	o, err := transfer.Open(t.Context(), client, transfer.DownloadInput{Bucket: "data", Key: "k", Threads: 4, PartSize: 30_000})
	if err != nil {
		t.Fatal(err)
	}
	if o.Size() != int64(len(data)) {
		t.Errorf("Size = %d, want %d", o.Size(), len(data))
	}
	if err := iotest.TestReader(io.NewSectionReader(o, 0, 2000), data[:2000]); err != nil {
		t.Error(err)
	}
	for _, test := range []struct {
		off  int64
		n    int
		want int
		err  error
	}{
		{0, 100_000, 100_000, nil}, {0, 100_001, 100_000, io.EOF}, {99_999, 1, 1, nil}, {99_999, 2, 1, io.EOF},
		{100_000, 1, 0, io.EOF}, {200_000, 1, 0, io.EOF}, {5, 0, 0, nil}, {12_345, 67_890, 67_890, nil},
	} {
		p := make([]byte, test.n)
		n, err := o.ReadAt(p, test.off)
		if n != test.want || err != test.err || !bytes.Equal(p[:n], data[min(test.off, 100_000):min(test.off, 100_000)+int64(n)]) {
			t.Errorf("ReadAt(%d bytes, %d) = %d, %v; want %d, %v and the object's bytes", test.n, test.off, n, err, test.want, test.err)
		}
	}
	if _, err := o.ReadAt(make([]byte, 1), -1); err == nil {
		t.Error("a negative offset is taken")
	}
	put(t, client, "k", random(100_000)[1:])
	if n, err := o.ReadAt(make([]byte, 10), 0); n != 0 || !errors.Is(err, transfer.ErrChanged) {
		t.Errorf("of an object that changed ReadAt gives %d, %v", n, err)
	}
}

// uploadParts stores an object of parts with their composite checksum.
func uploadParts(t *testing.T, client *s3client.Client, key string, a checksum.Algorithm, kind checksum.Type, parts ...[]byte) {
	t.Helper()
	up, err := client.CreateMultipartUpload(t.Context(), s3client.CreateMultipartUploadInput{Bucket: "data", Key: key, ChecksumAlgorithm: a, ChecksumType: kind})
	if err != nil {
		t.Fatal(err)
	}
	var done []s3client.CompletedPart
	for i, p := range parts {
		out, err := client.UploadPart(t.Context(), s3client.UploadPartInput{Bucket: "data", Key: key, UploadID: up.UploadID, PartNumber: i + 1,
			Body: bytes.NewReader(p), ChecksumAlgorithm: a})
		if err != nil {
			t.Fatal(err)
		}
		done = append(done, s3client.CompletedPart{PartNumber: i + 1, ETag: out.ETag, Checksum: out.Checksum})
	}
	if _, err := client.CompleteMultipartUpload(t.Context(), s3client.CompleteMultipartUploadInput{Bucket: "data", Key: key, UploadID: up.UploadID, Parts: done}); err != nil {
		t.Fatal(err)
	}
}

// The checksum of an object of parts is compared, whatever its kind and however the
// bytes come.
func TestObjectsOfPartsAreVerified(t *testing.T) {
	parts := [][]byte{random(70_001), random(60_000), random(80_003), random(5)}
	whole := bytes.Join(parts, nil)
	_, client := serve(t, s3test.Config{MinPartSize: 1})
	for _, a := range checksum.Algorithms() {
		for _, kind := range []checksum.Type{checksum.Composite, checksum.FullObject} {
			if !a.Allows(kind) {
				continue
			}
			want := transfer.FullObject
			if kind == checksum.Composite {
				want = transfer.PerPart
			}
			uploadParts(t, client, "k", a, kind, parts...)
			for _, threads := range []int{1, 4} {
				in := transfer.DownloadInput{Bucket: "data", Key: "k", Threads: threads, PartSize: 20_000, RequireChecksum: true}
				path := filepath.Join(t.TempDir(), "file")
				report, err := transfer.Download(t.Context(), client, in, path)
				if err != nil {
					t.Fatalf("%s, %s, %d threads: %v", a, kind, threads, err)
				}
				wantFile(t, path, whole)
				if report.Verified != want {
					t.Errorf("%s, %s, %d threads: verified %s, want %s", a, kind, threads, report.Verified, want)
				}
				var out bytes.Buffer
				report, err = transfer.DownloadTo(t.Context(), client, in, &out)
				if err != nil || !bytes.Equal(out.Bytes(), whole) || report.Verified != want {
					t.Errorf("%s, %s, %d threads, to a stream: %d bytes, verified %s, %v", a, kind, threads, out.Len(), report.Verified, err)
				}
			}
		}
	}
}

// flipping turns over one byte of all that a client gets.
type flipping struct {
	*s3client.Client
	at int64
}

func (f flipping) GetObject(ctx context.Context, in s3client.GetObjectInput) (s3client.GetObjectOutput, error) {
	out, err := f.Client.GetObject(ctx, in)
	if err == nil {
		first, last, _, _ := s3client.ParseContentRange(out.ContentRange)
		if first <= f.at && f.at <= last {
			b, _ := io.ReadAll(out.Body)
			b[f.at-first] ^= 1
			out.Body = io.NopCloser(bytes.NewReader(b))
		}
	}
	return out, err
}

// headOnly hides that the client can tell of parts.
type headOnly struct{ transfer.Source }

func TestAFlippedByteInAPartIsFoundOut(t *testing.T) {
	_, client := serve(t, s3test.Config{MinPartSize: 1})
	for _, a := range []checksum.Algorithm{checksum.CRC32C, checksum.SHA256} {
		uploadParts(t, client, "k", a, checksum.Composite, random(50_000), random(50_000)[1:])
		for _, src := range []transfer.Source{flipping{client, 70_000}, headOnly{flipping{client, 70_000}}} {
			for _, threads := range []int{1, 4} {
				in := transfer.DownloadInput{Bucket: "data", Key: "k", Threads: threads, PartSize: 20_000}
				dir := t.TempDir()
				report, err := transfer.Download(t.Context(), src, in, filepath.Join(dir, "file"))
				wantFailure(t, dir, report, err, transfer.ErrIntegrity)
				if _, ok := src.(flipping); ok && !strings.Contains(err.Error(), "part 2") {
					t.Errorf("%v does not name the part", err)
				}
				if _, err := transfer.DownloadTo(t.Context(), src, in, io.Discard); !errors.Is(err, transfer.ErrIntegrity) {
					t.Errorf("to a stream: %v is no ErrIntegrity", err)
				}
			}
		}
	}
}

// Where the service has no checksum, RequireChecksum says so before the bytes come.
func TestRequireChecksum(t *testing.T) {
	o := newObject(1000)
	dir := t.TempDir()
	report, err := transfer.Download(t.Context(), o, transfer.DownloadInput{Bucket: "data", Key: "k", RequireChecksum: true}, filepath.Join(dir, "file"))
	wantFailure(t, dir, report, err, transfer.ErrUnverified, transfer.ErrIntegrity)
	if errors.Is(err, transfer.ErrChanged) {
		t.Errorf("%v is ErrChanged", err)
	}
	if n := o.sent[0]; n != 0 {
		t.Error("bytes came")
	}
}

// The ETag of what was put at once is its MD5, and is compared on demand only.
func TestVerifyMD5(t *testing.T) {
	_, client := serve(t, s3test.Config{})
	put(t, client, "k", random(50_000))
	for _, threads := range []int{1, 4} {
		in := transfer.DownloadInput{Bucket: "data", Key: "k", Threads: threads, PartSize: 10_000, VerifyMD5: true}
		dir := t.TempDir()
		if _, err := checksum.NewMD5(); err != nil { // in FIPS 140-only mode
			report, err := transfer.Download(t.Context(), client, in, filepath.Join(dir, "file"))
			wantFailure(t, dir, report, err, checksum.ErrFIPS)
			continue
		}
		report, err := transfer.Download(t.Context(), withoutChecksums{client}, in, filepath.Join(dir, "file"))
		if err != nil || report.Verified != transfer.FullObject {
			t.Errorf("%d threads: verified %s, %v", threads, report.Verified, err)
		}
		for _, to := range []string{"file", "stream"} {
			src := withoutChecksums{flipping{client, 20_000}}
			if to == "file" {
				_, err = transfer.Download(t.Context(), src, in, filepath.Join(dir, "another"))
			} else {
				_, err = transfer.DownloadTo(t.Context(), src, in, io.Discard)
			}
			if !errors.Is(err, transfer.ErrIntegrity) || !strings.Contains(err.Error(), "MD5") {
				t.Errorf("%d threads, %s: %v does not say that the MD5 is another", threads, to, err)
			}
		}
		wantFolder(t, dir, "file")
	}
}

// withoutChecksums is a service that keeps none.
type withoutChecksums struct{ transfer.Source }

func (s withoutChecksums) HeadObject(ctx context.Context, in s3client.HeadObjectInput) (s3client.HeadObjectOutput, error) {
	out, err := s.Source.HeadObject(ctx, in)
	out.Checksums, out.ChecksumType = nil, ""
	return out, err
}

// One thread can do without an ETag, as long as nothing breaks off.
func TestNoETag(t *testing.T) {
	o := newObject(1000)
	o.etag = ""
	path := filepath.Join(t.TempDir(), "file")
	report, err := transfer.Download(t.Context(), o, transfer.DownloadInput{Bucket: "data", Key: "k"}, path)
	if err != nil || report.Verified != transfer.None {
		t.Errorf("verified %s, %v; want none", report.Verified, err)
	}
	wantFile(t, path, o.data)
	o = newObject(1000)
	o.etag = ""
	o.get = func(n int, _ s3client.GetObjectInput, out *s3client.GetObjectOutput) error {
		out.Body = breaking(out.Body, 500, io.ErrUnexpectedEOF)
		return nil
	}
	dir := t.TempDir()
	report, err = transfer.Download(t.Context(), o, transfer.DownloadInput{Bucket: "data", Key: "k"}, filepath.Join(dir, "file"))
	wantFailure(t, dir, report, err, transfer.ErrIntegrity)
}
