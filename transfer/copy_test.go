package transfer_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/s3client/checksum"
	"github.com/sigvier/sigvier/s3client/s3test"
	"github.com/sigvier/sigvier/transfer"
)

// serveCopies starts a server that copies no more than 5,000 bytes by one request, and
// has an object "source" of so many.
func serveCopies(t *testing.T, size int, specs ...string) (*s3test.Server, *s3client.Client) {
	t.Helper()
	dir := t.TempDir()
	whole, client := serve(t, s3test.Config{Dir: dir})
	_, err := client.PutObject(t.Context(), s3client.PutObjectInput{Bucket: "data", Key: "source", Body: bytes.NewReader(random(size)), ObjectHeaders: described})
	if err != nil {
		t.Fatal(err)
	}
	whole.Close()
	return serve(t, s3test.Config{Dir: dir, MinPartSize: small.MinPart, MaxPutSize: 5000, Faults: faults(t, specs...)})
}

var described = s3client.ObjectHeaders{
	ContentType: "text/plain", CacheControl: "no-cache", ContentDisposition: "inline", ContentLanguage: "de", ContentEncoding: "x",
	Expires:  time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC),
	Metadata: map[string]string{"color": "grün"},
	Tags:     []s3client.Tag{{Key: "a", Value: "b c"}},
}

func copyOf(threads int, partSize int64) transfer.CopyInput {
	l := small
	l.MaxPart = 5000
	return transfer.CopyInput{Bucket: "data", Key: "copy", CopySource: s3client.CopySource{Bucket: "data", Key: "source"},
		Threads: threads, PartSize: partSize, Progress: new(transfer.Progress)}.WithLimits(l)
}

func TestCopy(t *testing.T) {
	for _, test := range []struct {
		size, threads int
		partSize      int64
		parts         int
	}{
		{0, 1, 0, 0}, {0, 8, 0, 0}, {1, 1, 0, 0}, {1, 8, 0, 0},
		{5000, 1, 0, 0}, {5000, 8, 0, 0}, // within the default part
		{5000, 1, 1000, 5}, {5000, 8, 1000, 5}, {999, 8, 1000, 0},
		{5001, 1, 0, 2}, {12_345, 8, 0, 3}, {12_345, 3, 1000, 13},
	} {
		t.Run(fmt.Sprintf("%d bytes by %d in parts of %d", test.size, test.threads, test.partSize), func(t *testing.T) {
			srv, client := serveCopies(t, test.size)
			in := copyOf(test.threads, test.partSize)
			report, err := transfer.Copy(t.Context(), client, in)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(contentOf(t, client, "copy"), random(test.size)) {
				t.Error("the copy has other bytes")
			}
			head, err := client.HeadObject(t.Context(), s3client.HeadObjectInput{Bucket: "data", Key: "copy", ChecksumMode: true})
			if err != nil {
				t.Fatal(err)
			}
			source, err := client.HeadObject(t.Context(), s3client.HeadObjectInput{Bucket: "data", Key: "source", ChecksumMode: true})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(source.ContentHeaders, head.ContentHeaders) + cmp.Diff(source.Metadata, head.Metadata) +
				cmp.Diff(source.ContentType, head.ContentType) + cmp.Diff(source.Checksums, head.Checksums); diff != "" {
				t.Errorf("what it is stored with (-source +copy)\n%s", diff)
			}
			tags, err := client.GetObjectTagging(t.Context(), s3client.GetObjectTaggingInput{Bucket: "data", Key: "copy"})
			if diff := cmp.Diff(described.Tags, tags.TagSet); err != nil || diff != "" {
				t.Errorf("the tags: %v, (-want +got)\n%s", err, diff)
			}
			if n := srv.Requests()["UploadPartCopy"]; n != test.parts {
				t.Errorf("%d parts were copied, want %d", n, test.parts)
			}
			if report.Size != int64(test.size) || report.Verified != transfer.FullObject || report.ETag != head.ETag || report.Threads != max(1, min(test.parts, test.threads)) {
				t.Errorf("the report is %+v", report)
			}
			if in.Progress.Done() != int64(test.size) || in.Progress.Total() != int64(test.size) {
				t.Errorf("progress is %d of %d", in.Progress.Done(), in.Progress.Total())
			}
			wantNoUpload(t, client)
		})
	}
}

// A copy's own headers take the place of the source's where that is asked for.
func TestCopyReplacesHeaders(t *testing.T) {
	for _, partSize := range []int64{0, 1000} {
		_, client := serveCopies(t, 4500)
		in := copyOf(2, partSize)
		in.ContentType = "text/html"
		if _, err := transfer.Copy(t.Context(), client, in); err == nil || !strings.Contains(err.Error(), "MetadataDirective to REPLACE") {
			t.Errorf("parts of %d: without the directive: %v", partSize, err)
		}
		in.MetadataDirective, in.TaggingDirective = "REPLACE", "REPLACE"
		in.Tags = []s3client.Tag{{Key: "x", Value: "y"}}
		if _, err := transfer.Copy(t.Context(), client, in); err != nil {
			t.Fatal(err)
		}
		head, err := client.HeadObject(t.Context(), s3client.HeadObjectInput{Bucket: "data", Key: "copy"})
		if err != nil || head.ContentType != "text/html" || head.CacheControl != "" || len(head.Metadata) != 0 {
			t.Errorf("parts of %d: it is stored with %+v, %v", partSize, head, err)
		}
		tags, err := client.GetObjectTagging(t.Context(), s3client.GetObjectTaggingInput{Bucket: "data", Key: "copy"})
		if diff := cmp.Diff(in.Tags, tags.TagSet); err != nil || diff != "" {
			t.Errorf("the tags: %v, (-want +got)\n%s", err, diff)
		}
		for _, directive := range []string{"copy", "x"} {
			in.MetadataDirective = directive
			if _, err := transfer.Copy(t.Context(), client, in); err == nil {
				t.Errorf("the directive %q is taken", directive)
			}
		}
	}
}

// copies is a Copier that lets something happen before each request to copy.
type copies struct {
	*s3client.Client
	before func()
}

func (c copies) CopyObject(ctx context.Context, in s3client.CopyObjectInput) (s3client.CopyObjectOutput, error) {
	c.before()
	return c.Client.CopyObject(ctx, in)
}

func (c copies) UploadPartCopy(ctx context.Context, in s3client.UploadPartCopyInput) (s3client.UploadPartCopyOutput, error) {
	c.before()
	return c.Client.UploadPartCopy(ctx, in)
}

// A source that changes meanwhile is never mixed up.
func TestCopyOfASourceThatChanges(t *testing.T) {
	for name, change := range map[string]func(*s3client.Client) error{
		"replaced": func(c *s3client.Client) error {
			_, err := c.PutObject(context.Background(), s3client.PutObjectInput{Bucket: "data", Key: "source", Body: strings.NewReader(strings.Repeat("x", 4500))})
			return err
		},
		"removed": func(c *s3client.Client) error {
			_, err := c.DeleteObject(context.Background(), s3client.DeleteObjectInput{Bucket: "data", Key: "source"})
			return err
		},
	} {
		for _, partSize := range []int64{0, 1000} {
			for _, condition := range []string{"", "*"} {
				_, client := serveCopies(t, 4500)
				var once sync.Once
				in := copyOf(2, partSize)
				in.IfNoneMatch = condition
				report, err := transfer.Copy(t.Context(), copies{client, func() {
					once.Do(func() {
						if err := change(client); err != nil {
							t.Error(err)
						}
					})
				}}, in)
				if !errors.Is(err, transfer.ErrChanged) || report != (transfer.Report{}) {
					t.Errorf("%s, parts of %d, %q: got %+v, %v", name, partSize, condition, report, err)
				}
				wantNoObject(t, client, "copy")
				wantNoUpload(t, client)
			}
		}
	}
}

func TestCopyThatFails(t *testing.T) {
	for _, test := range []struct {
		name   string
		specs  string
		change func(*transfer.CopyInput)
		want   error
	}{
		{"no source", "", func(in *transfer.CopyInput) { in.CopySource.Key = "none" }, s3client.ErrNotFound},
		{"no bucket", "", func(in *transfer.CopyInput) { in.Bucket = "none" }, s3client.ErrNoSuchBucket},
		{"another ETag", "", func(in *transfer.CopyInput) { in.CopySource.IfMatch = `"x"` }, s3client.ErrPreconditionFailed},
		{"not modified", "", func(in *transfer.CopyInput) { in.CopySource.IfNoneMatch = "*" }, s3client.ErrPreconditionFailed},
		{"the key is taken", "", func(in *transfer.CopyInput) { in.Key, in.IfNoneMatch = "source", "*" }, s3client.ErrPreconditionFailed},
		{"denied", "error=AccessDenied,op=UploadPartCopy,skip=2", nil, s3client.ErrAccessDenied},
		{"denied late", "late-error=AccessDenied,op=UploadPartCopy,skip=2", nil, s3client.ErrAccessDenied},
		{"tags that may not be read", "error=AccessDenied,op=GetObjectTagging", nil, s3client.ErrAccessDenied},
		{"small parts", "", func(in *transfer.CopyInput) { in.PartSize = 999 }, transfer.ErrLimits},
		{"busy for a while", "error=SlowDown,op=UploadPartCopy,times=6", nil, nil},
		{"broken off", "drop,op=UploadPartCopy,times=2", nil, nil},
		{"failing late", "late-error=InternalError,op=UploadPartCopy,times=4", nil, nil},
		{"without tags", "error=NotImplemented,op=GetObjectTagging", nil, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, client := serveCopies(t, 4500, specsOf(test.specs)...)
			in := copyOf(2, 1000)
			if test.change != nil {
				test.change(&in)
			}
			report, err := transfer.Copy(t.Context(), client, in)
			wantNoUpload(t, client)
			if test.want == nil {
				if err != nil || !bytes.Equal(contentOf(t, client, "copy"), random(4500)) {
					t.Errorf("got %+v, %v", report, err)
				}
				return
			}
			if !errors.Is(err, test.want) || report != (transfer.Report{}) || errors.Is(err, transfer.ErrIntegrity) {
				t.Errorf("got %+v, %v, want %v", report, err, test.want)
			}
			if in.Bucket == "data" && in.Key == "copy" {
				wantNoObject(t, client, "copy")
			}
		})
	}
}

// The copy's checksum is of the source's kind where that can be, and compared with it.
func TestCopyComparesChecksums(t *testing.T) {
	for _, test := range []struct {
		algorithm checksum.Algorithm
		want      transfer.Verified
	}{
		{checksum.CRC32, transfer.FullObject}, {checksum.CRC32C, transfer.FullObject}, {checksum.CRC64NVME, transfer.FullObject},
		{checksum.SHA256, transfer.ETagOnly}, // which is not that of parts
	} {
		_, client := serveCopies(t, 10)
		data := random(4500)
		_, err := client.PutObject(t.Context(), s3client.PutObjectInput{Bucket: "data", Key: "source", Body: bytes.NewReader(data), ChecksumAlgorithm: test.algorithm})
		if err != nil {
			t.Fatal(err)
		}
		if report, err := transfer.Copy(t.Context(), client, copyOf(2, 1000)); err != nil || report.Verified != test.want {
			t.Errorf("%s: got %+v, %v, want %s", test.algorithm, report, err, test.want)
		}
	}
	_, client := serveCopies(t, 4500)
	other, _ := checksum.CRC64NVME.Sum([]byte("other"))
	report, err := transfer.Copy(t.Context(), wrongParts{client, other}, copyOf(2, 1000))
	if !errors.Is(err, transfer.ErrIntegrity) || report != (transfer.Report{}) {
		t.Errorf("got %+v, %v", report, err)
	}
	wantNoObject(t, client, "copy")
	wantNoUpload(t, client)
}

// wrongParts says of each part that it has other bytes.
type wrongParts struct {
	*s3client.Client
	sum checksum.Value
}

func (c wrongParts) UploadPartCopy(ctx context.Context, in s3client.UploadPartCopyInput) (s3client.UploadPartCopyOutput, error) {
	out, err := c.Client.UploadPartCopy(ctx, in)
	out.Checksum = c.sum
	return out, err
}

// A service that has no place for the checksum of a part that it copies is asked for
// none, unless it has to be.
func TestCopyToAServiceWithoutChecksumsOfCopies(t *testing.T) {
	for policy, good := range map[s3client.ChecksumPolicy]bool{s3client.ChecksumsWhenRequired: true, s3client.ChecksumsAlways: false, s3client.ChecksumsNever: true} {
		srv, _ := serveCopies(t, 4500)
		client := connectWith(t, srv, policy)
		report, err := transfer.Copy(t.Context(), &likeMinIO{Client: client}, copyOf(2, 1000))
		wantNoUpload(t, client)
		if !good {
			if !errors.Is(err, s3client.ErrInvalidArgument) || !strings.Contains(err.Error(), "checksums to never") {
				t.Errorf("%s: got %+v, %v", policy, report, err)
			}
			continue
		}
		if err != nil || report.Verified != transfer.ETagOnly || !bytes.Equal(contentOf(t, client, "copy"), random(4500)) {
			t.Errorf("%s: got %+v, %v", policy, report, err)
		}
	}
}

// likeMinIO refuses to copy a part into an upload with checksums.
type likeMinIO struct {
	*s3client.Client
	summed bool
}

func (c *likeMinIO) CreateMultipartUpload(ctx context.Context, in s3client.CreateMultipartUploadInput) (s3client.CreateMultipartUploadOutput, error) {
	out, err := c.Client.CreateMultipartUpload(ctx, in)
	c.summed = out.ChecksumAlgorithm != ""
	return out, err
}

func (c *likeMinIO) UploadPartCopy(ctx context.Context, in s3client.UploadPartCopyInput) (s3client.UploadPartCopyOutput, error) {
	if c.summed {
		return s3client.UploadPartCopyOutput{}, &s3client.Error{Op: "UploadPartCopy", Err: s3client.ErrInvalidArgument}
	}
	return c.Client.UploadPartCopy(ctx, in)
}
