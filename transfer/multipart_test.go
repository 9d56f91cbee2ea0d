package transfer_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/s3client/checksum"
	"github.com/sigvier/sigvier/s3client/s3test"
	"github.com/sigvier/sigvier/transfer"
)

// small has a server take parts of 1,000 bytes on, and at most 100 of them.
var small = transfer.Limits{MinPart: 1000, MaxPart: 64_000, MaxParts: 100, GrowEvery: 10}

func serveSmall(t *testing.T, specs ...string) (*s3test.Server, *s3client.Client) {
	t.Helper()
	return serve(t, s3test.Config{MinPartSize: small.MinPart, Faults: faults(t, specs...)})
}

// inParts is the input of an upload to such a server.
func inParts(threads int) transfer.UploadInput {
	return transfer.UploadInput{Bucket: "data", Key: "k", Threads: threads, PartSize: 1000, Progress: new(transfer.Progress)}.WithLimits(small)
}

// wantNoUpload checks that no upload is left under way.
func wantNoUpload(t *testing.T, client *s3client.Client) {
	t.Helper()
	if n := uploadsUnderWay(t, client); n != 0 {
		t.Errorf("%d uploads are left under way", n)
	}
}

func uploadsUnderWay(t *testing.T, client *s3client.Client) (n int) {
	t.Helper()
	for page, err := range client.ListMultipartUploadsPages(context.WithoutCancel(t.Context()), s3client.ListMultipartUploadsInput{Bucket: "data"}) {
		if err != nil {
			t.Fatal(err)
		}
		n += len(page.Uploads)
	}
	return n
}

// wantNoObject checks that the upload has not made one.
func wantNoObject(t *testing.T, client *s3client.Client, key string) {
	t.Helper()
	if _, err := client.HeadObject(t.Context(), s3client.HeadObjectInput{Bucket: "data", Key: key}); !errors.Is(err, s3client.ErrNotFound) {
		t.Errorf("the object is there: %v", err)
	}
}

// asStream hides that a file is one.
type asStream struct{ io.Reader }

// The two ways in, of the same bytes.
var ways = map[string]func(context.Context, transfer.Destination, transfer.UploadInput, []byte, *testing.T) (transfer.Report, error){
	"file": func(ctx context.Context, dst transfer.Destination, in transfer.UploadInput, data []byte, t *testing.T) (transfer.Report, error) {
		return transfer.Upload(ctx, dst, in, file(t, data))
	},
	"stream": func(ctx context.Context, dst transfer.Destination, in transfer.UploadInput, data []byte, t *testing.T) (transfer.Report, error) {
		return transfer.UploadFrom(ctx, dst, in, asStream{bytes.NewReader(data)})
	},
}

func TestUploadInParts(t *testing.T) {
	for way, upload := range ways {
		for _, size := range []int{0, 1, 999, 1000, 1001, 2000, 2001, 9_999, 10_000, 64_000} {
			for _, threads := range []int{1, 8} {
				t.Run(fmt.Sprintf("%s of %d bytes by %d", way, size, threads), func(t *testing.T) {
					srv, client := serveSmall(t)
					data := random(size)
					in := inParts(threads)
					in.Metadata = map[string]string{"color": "red"}
					in.ContentType = "text/plain"
					report, err := upload(t.Context(), client, in, data, t)
					if err != nil {
						t.Fatal(err)
					}
					if !bytes.Equal(contentOf(t, client, "k"), data) {
						t.Error("the object has other bytes")
					}
					head, err := client.HeadObject(t.Context(), s3client.HeadObjectInput{Bucket: "data", Key: "k", ChecksumMode: true})
					if err != nil {
						t.Fatal(err)
					}
					sum, _ := checksum.CRC64NVME.Sum(data)
					if head.Checksums["crc64nvme"] != sum.String() || head.ChecksumType != "FULL_OBJECT" {
						t.Errorf("its checksum is %v, %s, want %s", head.Checksums, head.ChecksumType, sum)
					}
					if head.ContentType != "text/plain" || head.Metadata["color"] != "red" {
						t.Errorf("its headers are %q, %v", head.ContentType, head.Metadata)
					}
					if in.Progress.Done() != int64(size) || in.Progress.Total() != int64(size) {
						t.Errorf("progress is %d of %d, want %d", in.Progress.Done(), in.Progress.Total(), size)
					}
					got := srv.Requests()
					parts := got["UploadPart"]
					if single := got["PutObject"] == 1 && parts == 0; single != (size < 1000 || size == 1000 && way == "file") {
						t.Errorf("the requests are %v", got)
					} else if !single && way == "file" && parts != (size+999)/1000 {
						t.Errorf("there are %d parts, want %d", parts, (size+999)/1000)
					}
					want := transfer.Report{Size: int64(size), ETag: head.ETag, Threads: max(1, min(threads, parts)), Requests: parts + 2, Verified: transfer.FullObject}
					if parts == 0 {
						want.Threads, want.Requests = 1, 1
					}
					wantReport(t, report, want)
					wantNoUpload(t, client)
				})
			}
		}
	}
}

// The parts of a stream become longer, and their number suffices.
func TestUploadOfAStreamGrowsItsParts(t *testing.T) {
	_, client := serveSmall(t)
	sizes := map[int]int64{}
	var mu sync.Mutex
	dst := partsSeen{client, func(in s3client.UploadPartInput) {
		n, _ := in.Body.(io.Seeker).Seek(0, io.SeekEnd)
		in.Body.(io.Seeker).Seek(0, io.SeekStart)
		mu.Lock()
		defer mu.Unlock()
		sizes[in.PartNumber] = n
	}}
	data := random(100_000)
	if _, err := transfer.UploadFrom(t.Context(), dst, inParts(3), iotest.HalfReader(bytes.NewReader(data))); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(contentOf(t, client, "k"), data) {
		t.Error("the object has other bytes")
	}
	want := map[int]int64{}
	left := int64(len(data))
	for n := 1; left > 0; n++ {
		want[n] = min(left, 1000<<((n-1)/10))
		left -= want[n]
	}
	if diff := cmp.Diff(want, sizes); diff != "" {
		t.Errorf("the parts' sizes (-want +got)\n%s", diff)
	}
}

// partsSeen sees the parts.
type partsSeen struct {
	transfer.Destination
	see func(s3client.UploadPartInput)
}

func (d partsSeen) UploadPart(ctx context.Context, in s3client.UploadPartInput) (s3client.UploadPartOutput, error) {
	d.see(in)
	return d.Destination.UploadPart(ctx, in)
}

func TestUploadBeyondTheLimits(t *testing.T) {
	srv, client := serveSmall(t)
	in := inParts(2)
	tight := small
	tight.MaxParts, tight.MaxPart = 10, 2000
	for _, test := range []struct {
		name     string
		size     int
		partSize int64
		good     bool
	}{
		{"as much as fits", 20_000, 0, true},
		{"a byte more", 20_001, 0, false},
		{"as many parts as there may be", 15_000, 1500, true},
		{"one too many", 15_001, 1500, false},
		{"part too small", 10, 999, false},
		{"part too large", 10, 2001, false},
		{"negative part", 10, -1, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			in := in.WithLimits(tight)
			in.PartSize = test.partSize
			before := srv.Requests()["CreateMultipartUpload"]
			_, err := transfer.Upload(t.Context(), client, in, file(t, random(test.size)))
			if (err == nil) != test.good || err != nil && !errors.Is(err, transfer.ErrLimits) {
				t.Errorf("got %v, want it good: %v", err, test.good)
			}
			if got := srv.Requests()["CreateMultipartUpload"] - before; err != nil && got != 0 {
				t.Error("a request was sent")
			}
		})
	}
	t.Run("stream", func(t *testing.T) {
		_, err := transfer.UploadFrom(t.Context(), client, inParts(2).WithLimits(transfer.Limits{MinPart: 1000, MaxPart: 1000, MaxParts: 5, GrowEvery: 1}), bytes.NewReader(random(5001)))
		if !errors.Is(err, transfer.ErrLimits) {
			t.Errorf("got %v, want %v", err, transfer.ErrLimits)
		}
		wantNoUpload(t, client)
	})
	t.Run("threads", func(t *testing.T) {
		for _, n := range []int{-2, 257} {
			in := inParts(n)
			if _, err := transfer.Upload(t.Context(), client, in, file(t, random(10))); err == nil {
				t.Errorf("%d threads are taken", n)
			}
		}
	})
}

// What goes wrong on the way is put right, or is an error, and no upload is left.
func TestUploadThroughFaults(t *testing.T) {
	for _, test := range []struct {
		specs string
		want  error // nil: it comes to its end
	}{
		{"error=SlowDown,op=UploadPart,times=3", nil},
		{"error=SlowDown,op=UploadPart,skip=2,times=6", nil}, // more than one call's attempts
		{"error=InternalError,op=UploadPart,skip=1,times=2", nil},
		{"error=RequestTimeout,op=UploadPart,times=2", nil},
		{"drop,op=UploadPart,skip=1,times=3", nil},
		{"reset,op=UploadPart,times=5", nil},
		{"html=502,op=UploadPart,times=2", nil},
		{"error=BadDigest,op=UploadPart,times=1", nil},
		{"drop,op=CreateMultipartUpload,times=1", nil},
		{"drop,op=CompleteMultipartUpload,times=1", nil},
		{"late-error=InternalError,op=CompleteMultipartUpload,times=1", nil},
		{"error=SlowDown,op=CompleteMultipartUpload,times=2", nil},
		{"lost-answer,op=UploadPart,times=2", nil},
		{"lost-answer,op=CompleteMultipartUpload,times=1", nil},
		{"error-after-body=InternalError,op=UploadPart,times=2", nil},
		{"upload-reset=500,op=UploadPart,skip=1,times=2", nil},
		{"upload-flip=500,op=UploadPart,skip=1,times=1", nil}, // which the checksum tells
		{"wrong-checksum,op=UploadPart,times=1", transfer.ErrIntegrity},
		{"error=AccessDenied,op=CreateMultipartUpload", s3client.ErrAccessDenied},
		{"error=AccessDenied,op=UploadPart,skip=3,times=1", s3client.ErrAccessDenied},
		{"error=NoSuchUpload,op=UploadPart,times=1", s3client.ErrNoSuchUpload},
		{"error=AccessDenied,op=CompleteMultipartUpload", s3client.ErrAccessDenied},
		{"late-error=InvalidPart,op=CompleteMultipartUpload", s3client.ErrInvalidPart},
		{"wrong-etag,op=UploadPart,times=1", s3client.ErrInvalidPart},
		{"no-etag,op=UploadPart,times=1", transfer.ErrIntegrity},
	} {
		for way, upload := range ways {
			for _, threads := range []int{1, 8} {
				t.Run(fmt.Sprintf("%s,%s,%d", test.specs, way, threads), func(t *testing.T) {
					t.Parallel()
					_, client := serveSmall(t, test.specs)
					data := random(10_500)
					in := inParts(threads)
					report, err := upload(t.Context(), client, in, data, t)
					wantNoUpload(t, client)
					if test.want != nil {
						if !errors.Is(err, test.want) || report != (transfer.Report{}) {
							t.Errorf("got %+v, %v, want %v", report, err, test.want)
						}
						wantNoObject(t, client, "k")
						return
					}
					if err != nil {
						t.Fatal(err)
					}
					if !bytes.Equal(contentOf(t, client, "k"), data) {
						t.Error("the object has other bytes")
					}
					if report.Size != 10_500 || report.Verified != transfer.FullObject || in.Progress.Done() != 10_500 {
						t.Errorf("the report is %+v, progress is %d", report, in.Progress.Done())
					}
				})
			}
		}
	}
}

// A reader that fails makes no object, also where it says that it was cut off.
func TestUploadOfAReaderThatFails(t *testing.T) {
	_, client := serveSmall(t)
	failure := errors.New("the disk is gone")
	for _, n := range []int{0, 10, 1000, 2500} {
		for _, cause := range []error{failure, io.ErrUnexpectedEOF, os.ErrClosed} {
			r := io.MultiReader(bytes.NewReader(random(n)), iotest.ErrReader(cause))
			report, err := transfer.UploadFrom(t.Context(), client, inParts(2), r)
			if !errors.Is(err, cause) || report != (transfer.Report{}) {
				t.Errorf("%v after %d bytes: got %+v, %v", cause, n, report, err)
			}
		}
	}
	wantNoObject(t, client, "k")
	wantNoUpload(t, client)
	if _, err := transfer.UploadFrom(t.Context(), client, inParts(1), lazy{}); !errors.Is(err, io.ErrNoProgress) {
		t.Errorf("a reader that gives nothing: %v", err)
	}
}

type lazy struct{}

func (lazy) Read([]byte) (int, error) { return 0, nil }

// A file that is written to while its parts are read is no object.
func TestUploadInPartsOfAFileThatChanges(t *testing.T) {
	for name, change := range map[string]func(*os.File) error{
		"a byte of a part that is sent": func(f *os.File) error { _, err := f.WriteAt([]byte("x"), 10); return err },
		"a byte of one to come":         func(f *os.File) error { _, err := f.WriteAt([]byte("x"), 9990); return err },
		"cut off":                       func(f *os.File) error { return f.Truncate(5000) },
		"grown":                         func(f *os.File) error { _, err := f.WriteAt([]byte("more"), 10_000); return err },
	} {
		t.Run(name, func(t *testing.T) {
			_, client := serveSmall(t)
			f := file(t, random(10_000))
			var once sync.Once
			dst := partsSeen{client, func(in s3client.UploadPartInput) {
				if in.PartNumber > 2 {
					once.Do(func() {
						if err := change(f); err != nil {
							t.Error(err)
						}
					})
				}
			}}
			report, err := transfer.Upload(t.Context(), dst, inParts(1), f)
			wantFailure(t, t.TempDir(), report, err, transfer.ErrSourceChanged)
			wantNoObject(t, client, "k")
			wantNoUpload(t, client)
		})
	}
}

// If-None-Match spares the bytes where the key is taken, and counts at the end.
func TestUploadOfANewKeyOnly(t *testing.T) {
	srv, client := serveSmall(t)
	put(t, client, "k", []byte("old"))
	for way, upload := range ways {
		for _, size := range []int{10, 5000} {
			in := inParts(2)
			in.IfNoneMatch = "*"
			report, err := upload(t.Context(), client, in, random(size), t)
			wantFailure(t, t.TempDir(), report, err, s3client.ErrPreconditionFailed)
			if !strings.Contains(err.Error(), "the key exists") {
				t.Errorf("the error is %v", err)
			}
			in.Key = fmt.Sprint("new", way, size)
			if _, err := upload(t.Context(), client, in, random(size), t); err != nil {
				t.Error(err)
			}
		}
	}
	if got := string(contentOf(t, client, "k")); got != "old" {
		t.Errorf("the object is now %q", got)
	}
	if n := srv.Requests()["UploadPart"]; n != 10 {
		t.Errorf("%d parts were sent, want 10", n)
	}
	// It is taken while the upload is under way.
	in := inParts(1)
	in.Key, in.IfNoneMatch = "race", "*"
	var once sync.Once
	dst := partsSeen{client, func(s3client.UploadPartInput) { once.Do(func() { put(t, client, "race", []byte("first")) }) }}
	report, err := transfer.Upload(t.Context(), dst, in, file(t, random(5000)))
	wantFailure(t, t.TempDir(), report, err, s3client.ErrPreconditionFailed)
	if got := string(contentOf(t, client, "race")); got != "first" {
		t.Errorf("the object is %q", got)
	}
	wantNoUpload(t, client)
}

// What a service keeps is compared with what was sent.
func TestUploadIsHeldAgainstTheAnswers(t *testing.T) {
	_, client := serveSmall(t)
	other, _ := checksum.CRC64NVME.Sum([]byte("other"))
	for name, dst := range map[string]transfer.Destination{
		"part":   answers{Destination: client, part: func(out *s3client.UploadPartOutput) { out.Checksum = other }},
		"object": answers{Destination: client, whole: func(out *s3client.CompleteMultipartUploadOutput) { out.Checksum = other }},
	} {
		report, err := transfer.Upload(t.Context(), dst, inParts(2), file(t, random(5000)))
		if !errors.Is(err, transfer.ErrIntegrity) || report != (transfer.Report{}) {
			t.Errorf("%s: got %+v, %v", name, report, err)
		}
	}
	// A service that says no checksums.
	mute := answers{Destination: client,
		part:  func(out *s3client.UploadPartOutput) { out.Checksum = checksum.Value{} },
		whole: func(out *s3client.CompleteMultipartUploadOutput) { out.Checksum = checksum.Value{} }}
	for dst, want := range map[transfer.Destination]transfer.Verified{
		&mute:                 transfer.FullObject, // by a look at the object
		blind{&mute}:          transfer.ETagOnly,
		exposed{blind{&mute}}: transfer.PerPart, // by their signatures
	} {
		report, err := transfer.Upload(t.Context(), dst, inParts(2), file(t, random(5000)))
		if err != nil || report.Verified != want {
			t.Errorf("got %+v, %v, want %s", report, err, want)
		}
	}
}

// exposed goes through a network.
type exposed struct{ transfer.Destination }

func (exposed) ProtectedInTransit() bool { return false }

// blind may not look at objects.
type blind struct{ transfer.Destination }

func (blind) HeadObject(context.Context, s3client.HeadObjectInput) (s3client.HeadObjectOutput, error) {
	return s3client.HeadObjectOutput{}, s3client.ErrAccessDenied
}

// answers changes answers.
type answers struct {
	transfer.Destination
	part  func(*s3client.UploadPartOutput)
	whole func(*s3client.CompleteMultipartUploadOutput)
}

func (d answers) UploadPart(ctx context.Context, in s3client.UploadPartInput) (s3client.UploadPartOutput, error) {
	out, err := d.Destination.UploadPart(ctx, in)
	if d.part != nil {
		d.part(&out)
	}
	return out, err
}

func (d answers) CompleteMultipartUpload(ctx context.Context, in s3client.CompleteMultipartUploadInput) (s3client.CompleteMultipartUploadOutput, error) {
	out, err := d.Destination.CompleteMultipartUpload(ctx, in)
	if d.whole != nil {
		d.whole(&out)
	}
	return out, err
}

// A completion whose answer was lost has come to its end; one that was refused has not.
func TestUploadWhoseAnswerIsLost(t *testing.T) {
	lost := errors.New("the connection broke")
	_, noMD5 := checksum.NewMD5() // in FIPS 140-only mode, which leaves nothing to compare without checksums
	for _, test := range []struct {
		name    string
		sums    s3client.ChecksumPolicy
		done    bool // the service has completed it
		removed bool // the service has lost it
		answer  error
		good    bool
	}{
		{"done, and no answer", s3client.ChecksumsWhenRequired, true, false, lost, true},
		{"done, and asked again", s3client.ChecksumsWhenRequired, true, false, s3client.ErrNoSuchUpload, true},
		{"done, and asked again on a condition", s3client.ChecksumsWhenRequired, true, false, s3client.ErrPreconditionFailed, true},
		{"done without checksums", s3client.ChecksumsNever, true, false, lost, noMD5 == nil},
		{"not done, and no answer", s3client.ChecksumsWhenRequired, false, false, lost, false},
		{"refused on a condition", s3client.ChecksumsWhenRequired, false, false, s3client.ErrPreconditionFailed, false},
		{"removed", s3client.ChecksumsWhenRequired, false, true, s3client.ErrNoSuchUpload, false},
		{"removed without checksums", s3client.ChecksumsNever, false, true, s3client.ErrNoSuchUpload, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			srv, _ := serveSmall(t)
			client := connectWith(t, srv, test.sums)
			put(t, client, "k", []byte("old"))
			dst := completes{client, func(ctx context.Context, in s3client.CompleteMultipartUploadInput) (out s3client.CompleteMultipartUploadOutput, err error) {
				if test.done {
					_, err = client.CompleteMultipartUpload(ctx, in)
				}
				if test.removed {
					_, err = client.AbortMultipartUpload(ctx, s3client.AbortMultipartUploadInput{Bucket: in.Bucket, Key: in.Key, UploadID: in.UploadID})
				}
				if err != nil {
					t.Error(err)
				}
				return out, test.answer
			}}
			data := random(4500)
			report, err := transfer.Upload(t.Context(), dst, inParts(2), file(t, data))
			wantNoUpload(t, client)
			if !test.good {
				wantFailure(t, t.TempDir(), report, err, test.answer)
				if test.done {
					return
				}
				if got := string(contentOf(t, client, "k")); got != "old" {
					t.Errorf("the object has %d other bytes", len(got))
				}
				return
			}
			if err != nil || report.ETag == "" || report.Verified == transfer.ETagOnly {
				t.Errorf("got %+v, %v", report, err)
			}
			if !bytes.Equal(contentOf(t, client, "k"), data) {
				t.Error("the object has other bytes")
			}
		})
	}
}

// completes answers completions by itself.
type completes struct {
	transfer.Destination
	complete func(context.Context, s3client.CompleteMultipartUploadInput) (s3client.CompleteMultipartUploadOutput, error)
}

func (d completes) CompleteMultipartUpload(ctx context.Context, in s3client.CompleteMultipartUploadInput) (s3client.CompleteMultipartUploadOutput, error) {
	return d.complete(ctx, in)
}

// A service that does not know CRC64NVME gets none, unless it has to be.
func TestUploadToAServiceWithoutChecksums(t *testing.T) {
	for _, size := range []int{500, 4500} {
		for _, refusal := range []error{s3client.ErrInvalidRequest, s3client.ErrInvalidArgument, s3client.ErrNotImplemented} {
			srv, _ := serveSmall(t)
			dst := ignorant{connectWith(t, srv, s3client.ChecksumsWhenRequired), refusal}
			report, err := transfer.Upload(t.Context(), dst, inParts(2), file(t, random(size)))
			want := transfer.FullObject // of one PutObject, whose SHA-256 is signed
			if size > 1000 {
				want = transfer.PerPart
			}
			if err != nil || report.Verified != want {
				t.Errorf("%d bytes, %v: got %+v, %v", size, refusal, report, err)
			}
			dst.Destination = connectWith(t, srv, s3client.ChecksumsAlways)
			report, err = transfer.Upload(t.Context(), dst, inParts(2), file(t, random(size)))
			if !errors.Is(err, refusal) || !strings.Contains(err.Error(), "set the connection's checksums to never") {
				t.Errorf("%d bytes, %v: got %+v, %v", size, refusal, report, err)
			}
		}
	}
}

// ignorant refuses what it does not know.
type ignorant struct {
	transfer.Destination
	refusal error
}

func (d ignorant) PutObject(ctx context.Context, in s3client.PutObjectInput) (s3client.PutObjectOutput, error) {
	if !in.Checksum.IsZero() {
		return s3client.PutObjectOutput{}, &s3client.Error{Op: "PutObject", Err: d.refusal}
	}
	return d.Destination.PutObject(ctx, in)
}

func (d ignorant) CreateMultipartUpload(ctx context.Context, in s3client.CreateMultipartUploadInput) (s3client.CreateMultipartUploadOutput, error) {
	if in.ChecksumAlgorithm != "" {
		return s3client.CreateMultipartUploadOutput{}, &s3client.Error{Op: "CreateMultipartUpload", Err: d.refusal}
	}
	return d.Destination.CreateMultipartUpload(ctx, in)
}

// What is signed, and which checksums go with it.
func TestUploadProvesItsBytes(t *testing.T) {
	for _, test := range []struct {
		sums     s3client.ChecksumPolicy
		tls      bool
		echo     bool // the service says that it compares the checksum
		sum      bool
		signed   bool
		verified transfer.Verified
	}{
		{s3client.ChecksumsWhenRequired, false, true, true, true, transfer.FullObject},
		{s3client.ChecksumsWhenRequired, true, true, true, false, transfer.FullObject},
		{s3client.ChecksumsWhenRequired, true, false, true, true, transfer.FullObject},
		{s3client.ChecksumsAlways, true, true, true, false, transfer.FullObject},
		{s3client.ChecksumsNever, false, true, false, true, transfer.PerPart},
		{s3client.ChecksumsNever, true, true, false, true, transfer.PerPart},
	} {
		srv, _ := serveSmall(t)
		dst := &proofs{Destination: connectWith(t, srv, test.sums), tls: test.tls, echo: test.echo}
		report, err := transfer.Upload(t.Context(), dst, inParts(1), file(t, random(4500)))
		if err != nil || report.Verified != test.verified {
			t.Errorf("%+v: got %+v, %v", test, report, err)
		}
		if len(dst.parts) != 5 {
			t.Fatalf("%d parts were sent, want 5", len(dst.parts))
		}
		for _, p := range dst.parts {
			if p.Checksum.IsZero() == test.sum || p.Payload.IsDigest() != test.signed || p.Payload.String() == "" {
				t.Errorf("%+v: a part has the checksum %v and the payload %s", test, p.Checksum, p.Payload)
			}
		}
	}
}

// proofs sees what goes with the parts.
type proofs struct {
	transfer.Destination
	tls, echo bool
	parts     []s3client.UploadPartInput
}

func (d *proofs) ProtectedInTransit() bool { return d.tls }

func (d *proofs) CreateMultipartUpload(ctx context.Context, in s3client.CreateMultipartUploadInput) (s3client.CreateMultipartUploadOutput, error) {
	out, err := d.Destination.CreateMultipartUpload(ctx, in)
	if !d.echo {
		out.ChecksumAlgorithm = ""
	}
	return out, err
}

func (d *proofs) UploadPart(ctx context.Context, in s3client.UploadPartInput) (s3client.UploadPartOutput, error) {
	d.parts = append(d.parts, in)
	return d.Destination.UploadPart(ctx, in)
}
