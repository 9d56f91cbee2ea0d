package interop

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/transfer"
)

// uploadDeviations are those of package transfer's uploads and copies.
var uploadDeviations = []deviation{
	// The checksum that it says of a part that is a range of an object is the whole object's.
	{"versitygw", "Copy: in parts of 5242880, checksums when_required", "set the connection's checksums to never"},
	{"versitygw", "Copy: in parts of 5242880, checksums always", "set the connection's checksums to never"},
	// It does not copy a part into an upload with checksums; these are always asked for.
	{"minio", "Copy: in parts of 5242880, checksums always", "set the connection's checksums to never"},
}

// Package transfer against each server: what it uploads and copies is there, and
// verified as far as its report says.
func TestUploadsAndCopies(t *testing.T) {
	each(t, func(t *testing.T, s server) {
		for _, policy := range []s3client.ChecksumPolicy{s3client.ChecksumsWhenRequired, s3client.ChecksumsAlways, s3client.ChecksumsNever} {
			conn := s.connection()
			conn.Checksums = policy
			x := &uploadCases{t: t, s: s, policy: policy, c: open(t, conn)}
			x.bucket = makeBucket(t, x.c, "interop-uploads-"+strings.ReplaceAll(string(policy), "_", "-"))
			x.run()
		}
	})
	checkRows(t, uploadDeviations)
}

type uploadCases struct {
	t      *testing.T
	s      server
	policy s3client.ChecksumPolicy
	c      *s3client.Client
	bucket string
}

// bytesOf are so many bytes of which no two parts are alike.
func bytesOf(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i>>16 + i>>8*7 + i)
	}
	return b
}

func (x *uploadCases) agrees(what string, run func() error) {
	x.t.Helper()
	agrees(x.t, x.s, uploadDeviations, what+", checksums "+string(x.policy), run)
}

// holds checks an object's bytes.
func (x *uploadCases) holds(key string, want []byte) error {
	out, err := x.c.GetObject(context.Background(), s3client.GetObjectInput{Bucket: x.bucket, Key: key})
	if err != nil {
		return err
	}
	defer out.Body.Close()
	got, err := io.ReadAll(out.Body)
	if err == nil && !bytes.Equal(got, want) {
		err = fmt.Errorf("the object has %d bytes, and others than the %d that were uploaded", len(got), len(want))
	}
	return err
}

// inParts is how far parts are verified.
func (x *uploadCases) inParts() transfer.Verified {
	if x.policy == s3client.ChecksumsNever {
		return transfer.PerPart // by their signatures
	}
	return transfer.FullObject
}

func (x *uploadCases) file(data []byte) *os.File {
	f, err := os.Create(filepath.Join(x.t.TempDir(), "file"))
	if err != nil {
		x.t.Fatal(err)
	}
	x.t.Cleanup(func() { f.Close() })
	if _, err := f.Write(data); err != nil {
		x.t.Fatal(err)
	}
	return f
}

func (x *uploadCases) run() {
	ctx := context.Background()
	large, small := bytesOf(2*partSize+1000), []byte("small")
	in := func(key string) transfer.UploadInput {
		return transfer.UploadInput{Bucket: x.bucket, Key: key, Threads: 3, PartSize: partSize,
			ObjectHeaders: s3client.ObjectHeaders{ContentType: "text/plain", Metadata: map[string]string{"color": "red"}}}
	}
	verified := func(report transfer.Report, err error, want transfer.Verified) error {
		if err == nil && report.Verified != want {
			err = fmt.Errorf("it is verified %s, want %s", report.Verified, want)
		}
		return err
	}
	for key, test := range map[string]struct {
		data     []byte
		verified transfer.Verified
	}{"large": {large, x.inParts()}, "small": {small, transfer.FullObject}, "empty": {nil, transfer.FullObject}} {
		x.agrees("Upload: "+key, func() error {
			report, err := transfer.Upload(ctx, x.c, in(key), x.file(test.data))
			return errors.Join(verified(report, err, test.verified), x.holds(key, test.data))
		})
		x.agrees("UploadFrom: "+key, func() error {
			report, err := transfer.UploadFrom(ctx, x.c, in(key+"-stream"), bytes.NewReader(test.data))
			return errors.Join(verified(report, err, test.verified), x.holds(key+"-stream", test.data))
		})
	}
	x.agrees("Upload: of a new key only", func() error {
		in := in("large")
		in.IfNoneMatch = "*"
		_, err := transfer.Upload(ctx, x.c, in, x.file(large))
		return wants(err, s3client.ErrPreconditionFailed)
	})
	x.agrees("Upload: goes on", func() error { return x.goesOn(ctx, in("resumed"), large) })
	x.agrees("Upload: a completion whose answer is lost", func() error {
		dst := loses{x.c}
		report, err := transfer.Upload(ctx, dst, in("lost"), x.file(large))
		want := transfer.PerPart
		if x.policy != s3client.ChecksumsNever {
			want = transfer.FullObject
		}
		return errors.Join(verified(report, err, want), x.holds("lost", large))
	})
	for _, size := range []int64{0, partSize} {
		x.agrees(fmt.Sprintf("Copy: in parts of %d", size), func() error {
			report, err := transfer.Copy(ctx, x.c, transfer.CopyInput{Bucket: x.bucket, Key: "copy", Threads: 3, PartSize: size,
				CopySource: s3client.CopySource{Bucket: x.bucket, Key: "large"}})
			if err != nil {
				return err
			}
			head, err := x.c.HeadObject(ctx, s3client.HeadObjectInput{Bucket: x.bucket, Key: "copy"})
			if err == nil && (head.ContentType != "text/plain" || head.Metadata["color"] != "red") {
				err = fmt.Errorf("the copy has the type %q and the metadata %v", head.ContentType, head.Metadata)
			}
			want := transfer.FullObject
			if x.policy == s3client.ChecksumsNever && report.Verified != want || x.s.name == "minio" && size > 0 {
				want = transfer.ETagOnly
			}
			return errors.Join(err, verified(report, nil, want), x.holds("copy", large))
		})
	}
	x.agrees("Copy: of a source that changed", func() error {
		_, err := transfer.Copy(ctx, changes{x.c}, transfer.CopyInput{Bucket: x.bucket, Key: "copy2", PartSize: partSize, CopySource: s3client.CopySource{Bucket: x.bucket, Key: "large"}})
		return wants(err, transfer.ErrChanged)
	})
	x.agrees("no upload is left", func() error {
		for page, err := range x.c.ListMultipartUploadsPages(ctx, s3client.ListMultipartUploadsInput{Bucket: x.bucket, Prefix: "l"}) {
			if err != nil || len(page.Uploads) > 0 {
				return fmt.Errorf("there are %v, %w", page.Uploads, err)
			}
		}
		return nil
	})
}

// goesOn breaks an upload off, and lets another go on.
func (x *uploadCases) goesOn(ctx context.Context, in transfer.UploadInput, data []byte) error {
	x.t.Setenv("XDG_CACHE_HOME", x.t.TempDir())
	in.Resume, in.Threads = true, 1
	f := x.file(data)
	var kept *transfer.ResumableError
	if _, err := transfer.Upload(ctx, &breaks{Client: x.c, after: 2}, in, f); !errors.As(err, &kept) || kept.Done != 2*partSize {
		return fmt.Errorf("the upload that was to break off: %w", err)
	}
	report, err := transfer.Upload(ctx, x.c, in, f)
	if err == nil && report.Kept != 2*partSize {
		err = fmt.Errorf("%d bytes were kept (begun afresh because %q), want %d", report.Kept, report.Afresh, 2*partSize)
	}
	return errors.Join(err, x.holds(in.Key, data))
}

// breaks fails after so many parts.
type breaks struct {
	*s3client.Client
	after int64
	parts atomic.Int64
}

func (b *breaks) UploadPart(ctx context.Context, in s3client.UploadPartInput) (s3client.UploadPartOutput, error) {
	if b.parts.Add(1) > b.after {
		return s3client.UploadPartOutput{}, errors.New("broken off")
	}
	return b.Client.UploadPart(ctx, in)
}

// loses loses the answer to a completion, and asks again.
type loses struct{ *s3client.Client }

func (l loses) CompleteMultipartUpload(ctx context.Context, in s3client.CompleteMultipartUploadInput) (s3client.CompleteMultipartUploadOutput, error) {
	if out, err := l.Client.CompleteMultipartUpload(ctx, in); err != nil {
		return out, err
	}
	return l.Client.CompleteMultipartUpload(ctx, in)
}

// changes replaces the source before its first part is copied.
type changes struct{ *s3client.Client }

func (c changes) UploadPartCopy(ctx context.Context, in s3client.UploadPartCopyInput) (s3client.UploadPartCopyOutput, error) {
	_, err := c.PutObject(ctx, s3client.PutObjectInput{Bucket: in.CopySource.Bucket, Key: in.CopySource.Key, Body: bytes.NewReader(bytesOf(3 * partSize))})
	if err != nil {
		return s3client.UploadPartCopyOutput{}, err
	}
	return c.Client.UploadPartCopy(ctx, in)
}
