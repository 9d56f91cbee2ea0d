package transfer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"sync/atomic"
	"time"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/s3client/checksum"
)

// Destination is what an upload writes to; an [*s3client.Client] is one. HeadObject is
// asked where an answer was lost, and for a condition, and may be refused.
type Destination interface {
	Checksums() s3client.ChecksumPolicy // which to send
	ProtectedInTransit() bool           // a part that has a checksum need not be signed, too
	PutObject(context.Context, s3client.PutObjectInput) (s3client.PutObjectOutput, error)
	CreateMultipartUpload(context.Context, s3client.CreateMultipartUploadInput) (s3client.CreateMultipartUploadOutput, error)
	UploadPart(context.Context, s3client.UploadPartInput) (s3client.UploadPartOutput, error)
	ListPartsPages(context.Context, s3client.ListPartsInput) iter.Seq2[s3client.ListPartsOutput, error]
	CompleteMultipartUpload(context.Context, s3client.CompleteMultipartUploadInput) (s3client.CompleteMultipartUploadOutput, error)
	AbortMultipartUpload(context.Context, s3client.AbortMultipartUploadInput) (s3client.AbortMultipartUploadOutput, error)
	HeadObject(context.Context, s3client.HeadObjectInput) (s3client.HeadObjectOutput, error)
}

var _ Destination = (*s3client.Client)(nil)

// UploadInput says what to upload and how.
type UploadInput struct {
	Bucket, Key            string
	s3client.ObjectHeaders // what the object is stored with

	Threads int // workers, 1 to 256; 0 means 1; [Auto]
	// PartSize is that of the parts, in bytes, 5 MiB to 5 GiB. 0 means [DefaultPartSize],
	// and more for what has more than 10,000 of those. What fits into one part is sent by
	// one PutObject. Where the length is not known, the size doubles every 1,000 parts.
	PartSize int64

	IfMatch     string // an ETag: only if the object that is overwritten still has it
	IfNoneMatch string // "*": only if the key does not exist, else [s3client.ErrPreconditionFailed]

	// Resume has an upload in parts that does not come to its end gone on with by the next
	// one of the same file to the same key; it is then kept by the service, and costs what
	// its parts cost. Which upload that is stands in a file in the user's cache folder
	// ([os.UserCacheDir], sigvier/uploads). Without Resume, and where there is no such
	// folder, an upload that fails is aborted.
	Resume bool

	s3client.Common

	Progress   *Progress               // counts, if not nil
	OnProgress func(done, total int64) // is told of the counts, from one goroutine, at most ten times a second
	Events     *Events                 // tells what happens, if not nil
	Bandwidth  *Bandwidth              // limits the bytes per second; nil does not
	Budget     *Budget                 // bounds requests and memory of all that share it; nil is the process's own

	limits *limits // of the service; nil is S3's
}

func (in UploadInput) check() error {
	if err := checkThreads(in.Threads); err != nil {
		return err
	}
	return in.limits.checkPart(in.PartSize)
}

func checkThreads(n int) error {
	if n < Auto || n > 256 {
		return fmt.Errorf("transfer: %d threads: 1 to 256 are expected", n)
	}
	return nil
}

// Upload stores a file as an object: a small one in one PutObject, a larger one in
// parts, by Threads workers. What is no regular file, such as a pipe, is uploaded as
// [UploadFrom] does.
//
// The service holds the bytes against what is sent with them: the SHA-256 that is
// signed with a PutObject, and with each part its CRC64NVME and, unless it is protected
// on the way, by TLS or since it stays on this machine, its SHA-256, too. The CRC64NVME of the whole, combined from those of the parts,
// goes with the completion, and is compared with the answer's. If the connection's
// checksums are "never", the SHA-256 of each part is all.
//
// On any error, cancellation included, there is no new object, unless the last request
// was under way already, whose answer never came; the upload is aborted, or kept, with
// Resume, as a [*ResumableError] says. A file that changes while it is read is
// [ErrSourceChanged].
func Upload(ctx context.Context, dst Destination, in UploadInput, file *os.File) (Report, error) {
	u, err := newUpload(dst, in)
	if err != nil {
		return Report{}, err
	}
	info, err := file.Stat()
	switch {
	case err != nil:
		return Report{}, err
	case info.IsDir():
		return Report{}, fmt.Errorf("transfer: %s is a folder: a file is expected", file.Name())
	case !info.Mode().IsRegular() || info.Size() == 0: // as files of /proc say of themselves
		file.Seek(0, io.SeekStart)
		return u.stream(ctx, file)
	}
	src := &fileSource{file: file, info: info}
	if src.partSize, err = u.in.limits.partSize(info.Size(), u.in.PartSize, DefaultPartSize); err != nil {
		return Report{}, err
	}
	return u.run(ctx, func() (Report, error) {
		u.began(info.Size())
		if info.Size() > src.partSize {
			return u.multipart(ctx, src)
		}
		p, err := src.next(ctx)
		if err != nil {
			return Report{}, err
		}
		return u.put(ctx, p, src.unchanged)
	})
}

// UploadFrom stores what a reader gives until io.EOF, whose length need not be known:
// less than one part in one PutObject, else in parts. Memory holds one part for each of
// the Threads workers and one that is being read, each of PartSize; nothing is kept on
// disk, and so nothing can be resumed. It may grow to 7.8 TiB from the default part size;
// larger inputs need a larger one to begin with.
//
// A reader that has a SetReadDeadline, such as a pipe or a connection, is interrupted
// by it when ctx ends. Others are left where they wait.
func UploadFrom(ctx context.Context, dst Destination, in UploadInput, r io.Reader) (Report, error) {
	u, err := newUpload(dst, in)
	if err != nil {
		return Report{}, err
	}
	return u.stream(ctx, r)
}

// stream uploads what has no known length.
func (u *upload) stream(ctx context.Context, r io.Reader) (Report, error) {
	return u.run(ctx, func() (Report, error) {
		partSize := cmp.Or(u.in.PartSize, DefaultPartSize)
		src, stop := newStreamSource(ctx, r, u.in.limits, partSize, u.in.Threads+1, u.share.memory)
		defer stop()
		first, err := src.first(ctx)
		if err != nil {
			return Report{}, err
		}
		if first != nil {
			u.began(first.length)
			return u.put(ctx, first, nil)
		}
		u.began(0)
		return u.multipart(ctx, src)
	})
}

// upload is one upload, or copy, under way.
type upload struct {
	dst       Destination
	in        UploadInput
	checksums s3client.ChecksumPolicy
	protected bool // on the way
	share     *share
	start     time.Time

	requests, resent atomic.Int64
}

func newUpload(dst Destination, in UploadInput) (*upload, error) {
	if in.limits == nil {
		in.limits = &s3Limits
	}
	if in.Progress == nil {
		in.Progress = new(Progress)
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	in.Threads = workers(in.Threads, autoThreads, 1)
	return &upload{dst: dst, in: in, checksums: dst.Checksums(), protected: dst.ProtectedInTransit(), start: time.Now()}, nil
}

// run does the work, with all that goes with it.
func (u *upload) run(ctx context.Context, work func() (Report, error)) (Report, error) {
	if err := ctx.Err(); err != nil {
		return Report{}, err
	}
	u.share = u.in.Budget.join(u.dst, u.in.Bucket, u.in.Events)
	defer u.share.leave()
	stop := u.in.Progress.watch(u.in.OnProgress)
	defer stop()
	report, err := work()
	if err == nil {
		report.Requests, report.Resumed, report.Elapsed = int(u.requests.Load()), int(u.resent.Load()), time.Since(u.start)
		u.in.Events.emit(Event{Kind: Checked, Verified: report.Verified})
	}
	u.in.Events.emit(Event{Kind: Done, Err: err})
	u.in.Events.close()
	return report, err
}

// began tells the size, 0 if it is not known.
func (u *upload) began(size int64) {
	u.in.Progress.total.Store(size)
	u.in.Events.emit(Event{Kind: Began, Bytes: size})
}

// put stores the one part that is everything by one PutObject. Its SHA-256 is always
// signed, so that the service compares all that there is.
func (u *upload) put(ctx context.Context, p *uploadPart, unchanged func() error) (Report, error) {
	if err := p.hash(ctx, u.checksums != s3client.ChecksumsNever, true); err != nil {
		return Report{}, err
	}
	if unchanged != nil {
		if err := unchanged(); err != nil {
			return Report{}, err
		}
	}
	in := s3client.PutObjectInput{Bucket: u.in.Bucket, Key: u.in.Key, ObjectHeaders: u.in.ObjectHeaders,
		IfMatch: u.in.IfMatch, IfNoneMatch: u.in.IfNoneMatch, Payload: p.payload, Checksum: p.sum, Common: u.in.Common}
	var out s3client.PutObjectOutput
	err := u.persist(ctx, p, func(ctx context.Context) (err error) {
		in.Body = p.body(ctx, u)
		out, err = u.dst.PutObject(ctx, in)
		if u.checksums != s3client.ChecksumsAlways && unknownChecksum(err) {
			in.Checksum, in.Body = checksum.Value{}, p.body(ctx, u)
			out, err = u.dst.PutObject(ctx, in)
		}
		return err
	})
	if err != nil {
		return Report{}, u.explain(err)
	}
	if err := u.compare(out.Checksum, p.sum, "the object"); err != nil {
		return Report{}, err
	}
	if out.ETag == "" { // as with a proxy's page, of status 200
		return Report{}, &IntegrityError{Bucket: u.in.Bucket, Key: u.in.Key, Problem: "the answer has no ETag: nothing says that the object is stored"}
	}
	return Report{Size: p.length, ETag: out.ETag, VersionID: out.VersionID, Threads: 1, Verified: FullObject}, nil
}

// unknownChecksum reports whether a service that does not know CRC64NVME may have
// refused a request for its sake. (It may have done so for another reason: then it does
// so again without.)
func unknownChecksum(err error) bool {
	return errors.Is(err, s3client.ErrInvalidRequest) || errors.Is(err, s3client.ErrInvalidArgument) || errors.Is(err, s3client.ErrNotImplemented)
}

// explain says of an error what the service does not.
func (u *upload) explain(err error) error {
	switch {
	case errors.Is(err, s3client.ErrPreconditionFailed) && u.in.IfNoneMatch != "":
		return fmt.Errorf("%w: the key exists, and was to be made only if it does not (If-None-Match: %s)", err, u.in.IfNoneMatch)
	case errors.Is(err, s3client.ErrPreconditionFailed) && u.in.IfMatch != "":
		return fmt.Errorf("%w: the object has no longer the ETag %s, with which it was to be overwritten", err, u.in.IfMatch)
	case u.checksums == s3client.ChecksumsAlways && unknownChecksum(err):
		return fmt.Errorf("%w (if the service does not know CRC64NVME, set the connection's checksums to never)", err)
	}
	return err
}

// compare holds a checksum that an answer has, if it is comparable, against ours.
func (u *upload) compare(got, want checksum.Value, what string) error {
	if sameKind(got, want) && got != want {
		return &IntegrityError{Bucket: u.in.Bucket, Key: u.in.Key,
			Problem: fmt.Sprintf("the service says that the %s of %s is %s, and it should be %s", want.Algorithm(), what, got, want)}
	}
	return nil
}

func sameKind(got, want checksum.Value) bool {
	return !want.IsZero() && got.Algorithm() == want.Algorithm() && got.Type() == want.Type()
}
