package transfer

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/s3client/checksum"
)

// Copier is a [Destination] that copies by itself; an [*s3client.Client] is one.
type Copier interface {
	Destination
	CopyObject(context.Context, s3client.CopyObjectInput) (s3client.CopyObjectOutput, error)
	UploadPartCopy(context.Context, s3client.UploadPartCopyInput) (s3client.UploadPartCopyOutput, error)
	GetObjectTagging(context.Context, s3client.GetObjectTaggingInput) (s3client.GetObjectTaggingOutput, error)
}

var _ Copier = (*s3client.Client)(nil)

// DefaultCopyPartSize is that of the parts that are copied: 128 MiB. Their bytes do not
// come here, and to ask for one takes the service long enough.
const DefaultCopyPartSize = 128 << 20

// CopyInput says what to copy and how.
type CopyInput struct {
	Bucket, Key string // of the copy
	CopySource  s3client.CopySource
	// MetadataDirective is "COPY", the default, or "REPLACE": whether content headers and
	// Metadata are those of the source, or those given here; TaggingDirective is the same
	// for the Tags. All other headers are those given here.
	MetadataDirective, TaggingDirective string
	s3client.ObjectHeaders

	Threads int // requests at once, 1 to 256; 0 means 1; [Auto]
	// PartSize is that of the parts, in bytes, 5 MiB to 5 GiB; 0 means
	// [DefaultCopyPartSize], and more for what has more than 10,000 of those.
	PartSize int64

	IfMatch     string // an ETag: only if the object that is overwritten still has it
	IfNoneMatch string // "*": only if the key does not exist, else [s3client.ErrPreconditionFailed]
	s3client.Common

	Progress   *Progress               // counts, if not nil
	OnProgress func(done, total int64) // is told of the counts, from one goroutine, at most ten times a second
	Events     *Events                 // tells what happens, if not nil
	Budget     *Budget                 // bounds requests of all that share it; nil is the process's own

	limits *limits // of the service; nil is S3's
}

// Copy makes a copy of an object in the service, without its bytes coming here: of up to
// 5 GiB by one CopyObject; a larger one in parts, and so also what is larger than one
// part, if there are several Threads or a PartSize is asked for.
//
// The source is one object from the first request to the last, by its ETag and version:
// one that changes meanwhile is [ErrChanged]. In parts, too, the copy has its content
// headers, metadata and tags, but for an Expires that is no date. Where the source has
// the checksum of its full content, that of the copy is compared with it.
//
// On any error there is no copy, and its parts are removed.
func Copy(ctx context.Context, dst Copier, in CopyInput) (Report, error) {
	u, err := newUpload(dst, UploadInput{Bucket: in.Bucket, Key: in.Key, ObjectHeaders: in.ObjectHeaders, Threads: in.Threads, PartSize: in.PartSize,
		IfMatch: in.IfMatch, IfNoneMatch: in.IfNoneMatch, Common: in.Common,
		Progress: in.Progress, OnProgress: in.OnProgress, Events: in.Events, Budget: in.Budget, limits: in.limits})
	if err != nil {
		return Report{}, err
	}
	c := &copying{multipart: multipart{upload: u}, dst: dst, in: in, source: in.CopySource}
	return u.run(ctx, func() (Report, error) { return c.copy(ctx) })
}

// copying is one copy under way.
type copying struct {
	multipart
	dst    Copier
	in     CopyInput
	source s3client.CopySource // pinned
	head   s3client.HeadObjectOutput
	sum    checksum.Value // of the full source, if it is known
}

func (c *copying) copy(ctx context.Context) (Report, error) {
	if err := c.pin(ctx); err != nil {
		return Report{}, err
	}
	size, limits := c.head.ContentLength, c.upload.in.limits
	partSize, err := limits.partSize(size, c.in.PartSize, DefaultCopyPartSize)
	if err != nil {
		return Report{}, err
	}
	c.began(size)
	if size <= partSize || size <= limits.maxPart && c.in.PartSize == 0 && c.upload.in.Threads == 1 {
		return c.atOnce(ctx)
	}
	return c.inParts(ctx, partSize)
}

// pin looks at the source, and has every further request be about what is there now.
func (c *copying) pin(ctx context.Context) error {
	s := &c.source
	in := s3client.HeadObjectInput{Bucket: s.Bucket, Key: s.Key, VersionID: s.VersionID, ChecksumMode: true, CustomerKey: s.CustomerKey,
		IfMatch: s.IfMatch, IfNoneMatch: s.IfNoneMatch, IfModifiedSince: s.IfModifiedSince, IfUnmodifiedSince: s.IfUnmodifiedSince,
		Common: s3client.Common{ExpectedBucketOwner: s.ExpectedBucketOwner, RequestPayer: c.in.RequestPayer}}
	err := c.persist(ctx, nil, func(ctx context.Context) (err error) {
		c.head, err = c.dst.HeadObject(ctx, in)
		return err
	})
	switch {
	case errors.Is(err, s3client.ErrNotModified): // what a copy calls otherwise
		return fmt.Errorf("%w: %w", s3client.ErrPreconditionFailed, err)
	case err != nil:
		return err
	case c.head.ETag == "" || c.head.ContentLength < 0:
		return &IntegrityError{Bucket: s.Bucket, Key: s.Key, Problem: "the answer has no ETag and length to hold the copy against"}
	}
	s.IfMatch, s.IfNoneMatch, s.IfModifiedSince, s.IfUnmodifiedSince = c.head.ETag, "", time.Time{}, time.Time{}
	if v := c.head.VersionID; v != "null" && v != "" {
		s.VersionID = v
	}
	for _, a := range checksum.Algorithms() {
		if c.sum = fullChecksum(c.head.ObjectInfo, a); !c.sum.IsZero() {
			break
		}
	}
	return nil
}

// atOnce makes the copy by one request.
func (c *copying) atOnce(ctx context.Context) (Report, error) {
	var out s3client.CopyObjectOutput
	p := &uploadPart{number: 1, length: c.head.ContentLength}
	err := c.persist(ctx, p, func(ctx context.Context) (err error) {
		out, err = c.dst.CopyObject(ctx, s3client.CopyObjectInput{Bucket: c.in.Bucket, Key: c.in.Key, CopySource: c.source,
			MetadataDirective: c.in.MetadataDirective, TaggingDirective: c.in.TaggingDirective, ObjectHeaders: c.in.ObjectHeaders,
			IfMatch: c.in.IfMatch, IfNoneMatch: c.in.IfNoneMatch, Common: c.in.Common})
		return err
	})
	if err != nil {
		return Report{}, c.explainCopy(ctx, err)
	}
	if !sameKind(out.Checksum, c.sum) {
		out.Checksum = c.keptChecksum(ctx, out.ETag, c.sum)
	}
	if err := c.compare(out.Checksum, c.sum, "the copy"); err != nil {
		return Report{}, err
	}
	p.count(c.upload.in.Progress, p.length)
	return c.verified(Report{Size: p.length, ETag: out.ETag, VersionID: out.VersionID, Threads: 1}, out.Checksum), nil
}

func (c *copying) verified(r Report, sum checksum.Value) Report {
	r.Verified = ETagOnly
	if sameKind(sum, c.sum) {
		r.Verified = FullObject
	}
	return r
}

// inParts makes the copy of parts of the source.
func (c *copying) inParts(ctx context.Context, partSize int64) (Report, error) {
	headers, err := c.headers(ctx)
	if err != nil {
		return Report{}, err
	}
	if err := c.mayCreate(ctx); err != nil {
		return Report{}, err
	}
	algorithm := checksum.CRC64NVME
	if a := c.sum.Algorithm(); a.CanCombine() {
		algorithm = a
	}
	for {
		if err := c.create(ctx, headers, algorithm); err != nil {
			return Report{}, err
		}
		report, err := c.copyParts(ctx, partSize)
		if err == nil {
			return report, nil
		}
		c.abort(ctx)
		if c.algorithm == "" || c.checksums == s3client.ChecksumsAlways || !unknownChecksum(err) {
			return Report{}, c.explainCopy(ctx, err)
		}
		algorithm = "" // MinIO wants the checksum of a copied part, for which there is no place
		c.done = nil
	}
}

func (c *copying) copyParts(ctx context.Context, partSize int64) (Report, error) {
	size := c.head.ContentLength
	parts := (size + partSize - 1) / partSize
	threads := int(min(int64(c.upload.in.Threads), parts))
	var begun atomic.Int64
	group, groupCtx := errgroup.WithContext(ctx)
	for range threads {
		group.Go(func() error {
			for {
				n := begun.Add(1)
				if n > parts {
					return nil
				}
				first := (n - 1) * partSize
				if err := c.copyPart(groupCtx, &uploadPart{number: int(n), first: first, length: min(partSize, size-first)}); err != nil {
					return err
				}
			}
		})
	}
	if err := group.Wait(); err != nil {
		return Report{}, err
	}
	var sum checksum.Value
	if c.algorithm != "" {
		var err error
		if sum, err = c.whole(); err != nil {
			return Report{}, err
		}
		if err := c.compare(sum, c.sum, "the parts of the copy"); err != nil {
			return Report{}, fmt.Errorf("%w (it may not know those of copied parts, as versitygw: then set the connection's checksums to never)", err)
		}
	}
	report, err := c.complete(ctx)
	if err != nil {
		return Report{}, err
	}
	report.Threads = threads
	if report.Verified == FullObject {
		report = c.verified(report, sum)
	}
	return report, nil
}

func (c *copying) copyPart(ctx context.Context, p *uploadPart) error {
	var out s3client.UploadPartCopyOutput
	err := c.persist(ctx, p, func(ctx context.Context) (err error) {
		out, err = c.dst.UploadPartCopy(ctx, s3client.UploadPartCopyInput{Bucket: c.in.Bucket, Key: c.in.Key, UploadID: c.id, PartNumber: p.number,
			CopySource: c.source, CopySourceRange: fmt.Sprintf("bytes=%d-%d", p.first, p.first+p.length-1),
			CustomerKey: c.in.CustomerKey, Common: c.in.Common})
		return err
	})
	if err != nil {
		return err
	}
	sum := out.Checksum
	if sum.Algorithm() != c.algorithm || sum.Type() != checksum.FullObject {
		sum = checksum.Value{} // the service says none
	}
	p.count(c.upload.in.Progress, p.length)
	c.took(p.number, donePart{s3client.CompletedPart{PartNumber: p.number, ETag: out.ETag, Checksum: sum}, p.length, false})
	return nil
}

// headers are what CopyObject would store the copy with.
func (c *copying) headers(ctx context.Context) (s3client.ObjectHeaders, error) {
	h := c.in.ObjectHeaders
	switch c.in.MetadataDirective {
	case "REPLACE":
	case "", "COPY":
		if len(h.Metadata) > 0 || !h.Expires.IsZero() || h.CacheControl+h.ContentDisposition+h.ContentEncoding+h.ContentLanguage+h.ContentType != "" {
			return h, errors.New("transfer: the copy has Metadata and content headers of its own, and would get the source's: set MetadataDirective to REPLACE")
		}
		from := c.head.ObjectInfo
		h.CacheControl, h.ContentDisposition, h.ContentEncoding, h.ContentLanguage = from.CacheControl, from.ContentDisposition, from.ContentEncoding, from.ContentLanguage
		h.ContentType, h.Metadata = from.ContentType, from.Metadata
		h.Expires, _ = http.ParseTime(from.Expires)
	default:
		return h, fmt.Errorf("transfer: the MetadataDirective is %q: COPY or REPLACE is expected", c.in.MetadataDirective)
	}
	switch c.in.TaggingDirective {
	case "REPLACE":
		return h, nil
	case "", "COPY":
	default:
		return h, fmt.Errorf("transfer: the TaggingDirective is %q: COPY or REPLACE is expected", c.in.TaggingDirective)
	}
	if len(h.Tags) > 0 {
		return h, errors.New("transfer: the copy has Tags of its own, and would get the source's: set TaggingDirective to REPLACE")
	}
	err := c.persist(ctx, nil, func(ctx context.Context) error {
		out, err := c.dst.GetObjectTagging(ctx, s3client.GetObjectTaggingInput{Bucket: c.source.Bucket, Key: c.source.Key, VersionID: c.source.VersionID,
			Common: s3client.Common{ExpectedBucketOwner: c.source.ExpectedBucketOwner, RequestPayer: c.in.RequestPayer}})
		h.Tags = out.TagSet
		return err
	})
	if err != nil && !errors.Is(err, s3client.ErrNotImplemented) && !errors.Is(err, s3client.ErrMethodNotAllowed) && !errors.Is(err, s3client.ErrNoSuchTagSet) {
		return h, fmt.Errorf("%w (to copy without the source's tags, set TaggingDirective to REPLACE)", err)
	}
	return h, nil
}

// explainCopy tells a source that changed from a condition on the copy that does not
// hold: S3 calls both by one name.
func (c *copying) explainCopy(ctx context.Context, err error) error {
	s := c.source
	changed := func(problem string) error {
		return &IntegrityError{Bucket: s.Bucket, Key: s.Key, Problem: "the object changed while it was copied: " + problem, Changed: true}
	}
	switch {
	case errors.Is(err, s3client.ErrNoSuchKey), errors.Is(err, s3client.ErrNoSuchVersion):
		return changed("it was removed")
	case !errors.Is(err, s3client.ErrPreconditionFailed):
		return c.explain(err)
	}
	if c.in.IfMatch != "" || c.in.IfNoneMatch != "" {
		_, gone := c.dst.HeadObject(ctx, s3client.HeadObjectInput{Bucket: s.Bucket, Key: s.Key, VersionID: s.VersionID, IfMatch: s.IfMatch, CustomerKey: s.CustomerKey,
			Common: s3client.Common{ExpectedBucketOwner: s.ExpectedBucketOwner, RequestPayer: c.in.RequestPayer}})
		if gone == nil {
			return c.explain(err)
		}
	}
	return changed("its ETag is no longer " + s.IfMatch)
}
