package transfer

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/s3client/checksum"
)

// The checksum of the whole object. S3 gives none with a range, so it is asked for by
// a HEAD beside the first GET, and computed while the bytes pass, piece by piece: the
// CRCs of the pieces are combined in the end (Amazon S3 User Guide, "Checking object
// integrity in Amazon S3"). Of an object with a composite checksum the lengths of the
// parts must be known, too. What cannot be combined is computed by reading the bytes
// back.

// headGrace is how long the bytes wait for the HEAD once the first GET is
// answered. Without its answer they go unverified, and the report says so.
const headGrace = 2 * time.Second

// expectation is what the service says that the object's bytes are.
type expectation struct {
	object checksum.Value // of all bytes, or of the parts' checksums; the zero value if there is none
	parts  []objectPart   // of a composite one
	md5    string         // in hex: the ETag, where it is one and the caller wants it compared
}

// objectPart is one of those that the object was uploaded in.
type objectPart struct {
	Range
	sum checksum.Value // the zero value if the service does not say
}

// askChecksum sends the HEAD.
func (d *run) askChecksum(ctx context.Context) {
	d.head = make(chan s3client.HeadObjectOutput, 1)
	go func() {
		defer close(d.head)
		out, err := patiently(ctx, func() (s3client.HeadObjectOutput, error) { return d.src.HeadObject(ctx, d.headInput()) })
		if err == nil { // an error that matters is one of the GET's, too
			d.head <- out
		}
	}()
}

func (d *run) headInput() s3client.HeadObjectInput {
	return s3client.HeadObjectInput{Bucket: d.in.Bucket, Key: d.in.Key, VersionID: d.in.VersionID, ChecksumMode: true,
		CustomerKey: d.in.CustomerKey, Common: d.in.Common}
}

// headAnswer waits a while for the HEAD's answer, which is the zero value if it does
// not come, or is not of the pinned object.
func (d *run) headAnswer(ctx context.Context) s3client.HeadObjectOutput {
	timer := time.NewTimer(headGrace)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	case head := <-d.head:
		if d.pin.isOf(head.ObjectInfo) {
			return head
		}
	}
	return s3client.HeadObjectOutput{}
}

// expect finds out what to compare the bytes with.
func (d *run) expect(ctx context.Context, head s3client.HeadObjectOutput) (e expectation, err error) {
	if d.pin.size == 0 {
		return e, nil
	}
	for _, a := range checksum.Algorithms() {
		text := head.Checksums[strings.ToLower(a.String())]
		if text == "" {
			continue
		}
		kind, _ := checksum.ParseType(head.ChecksumType)
		v, err := checksum.Parse(a, text, kind)
		if err != nil && kind == checksum.Composite {
			continue // there is no such thing
		}
		if err != nil {
			return e, d.pin.broken(fmt.Sprintf("the service says that the object has the %s %q: %v", a, text, err))
		}
		if _, err := a.New(); err != nil { // as it is for SHA-1 where FIPS 140-only mode forbids it
			continue
		}
		if v.Type() != checksum.Composite {
			e.object = v
			break
		}
		if parts := d.parts(ctx, v); parts != nil && e.object.IsZero() {
			e.object, e.parts = v, parts
		}
	}
	if d.in.VerifyMD5 {
		// Amazon S3 API Reference, "Object", ETag: of what was put at once, and is not
		// encrypted with a key of the caller's or of KMS.
		if _, err := checksum.NewMD5(); err != nil {
			return e, fmt.Errorf("transfer: VerifyMD5: %w", err)
		}
		tag := strings.Trim(d.pin.etag, `"`)
		if raw, err := hex.DecodeString(tag); err == nil && len(raw) == 16 && (head.ServerSideEncryption == "" || head.ServerSideEncryption == "AES256") && head.SSECustomerAlgorithm == "" {
			e.md5 = tag
		}
	}
	if d.in.RequireChecksum && e.object.IsZero() && e.md5 == "" {
		return e, d.pin.unverifiable()
	}
	return e, nil
}

// attributesSource is a [Source] that also tells of an object's parts, as an
// [*s3client.Client] does.
type attributesSource interface {
	GetObjectAttributesPages(context.Context, s3client.GetObjectAttributesInput) iter.Seq2[s3client.GetObjectAttributesOutput, error]
}

// parts finds the parts that a composite checksum is of; nil if that fails.
func (d *run) parts(ctx context.Context, composite checksum.Value) []objectPart {
	if src, ok := d.src.(attributesSource); ok {
		if parts := d.listParts(ctx, src); len(parts) > 0 && (composite.Parts() <= 0 || composite.Parts() == len(parts)) {
			return parts
		}
	}
	// Without the permission for that, or from a server that does not know it: most
	// uploads have parts of one length. If it is not so the checksum will not fit; so it
	// is tried only where the numbers agree.
	in := d.headInput()
	in.PartNumber = 1
	first, err := d.src.HeadObject(ctx, in)
	n := int64(cmp.Or(composite.Parts(), first.PartsCount))
	if err != nil || first.ETag != d.pin.etag || first.ContentLength <= 0 || n <= 0 ||
		n != (d.pin.size+first.ContentLength-1)/first.ContentLength {
		return nil
	}
	var parts []objectPart
	for at := int64(0); at < d.pin.size; at += first.ContentLength {
		parts = append(parts, objectPart{Range: Range{at, min(at+first.ContentLength, d.pin.size) - 1}})
	}
	return parts
}

// listParts asks for the parts; nil if they are not all the object's bytes, in order.
func (d *run) listParts(ctx context.Context, src attributesSource) (parts []objectPart) {
	at := int64(0)
	in := s3client.GetObjectAttributesInput{Bucket: d.in.Bucket, Key: d.in.Key, VersionID: d.versionID(),
		ObjectAttributes: []string{"ETag", "ObjectParts", "ObjectSize"}, CustomerKey: d.in.CustomerKey, Common: d.in.Common}
	for page, err := range src.GetObjectAttributesPages(ctx, in) {
		if err != nil || page.ETag != "" && page.ETag != d.pin.etag {
			return nil
		}
		for _, p := range page.ObjectParts.Parts {
			if p.Size <= 0 {
				return nil
			}
			parts = append(parts, objectPart{Range{at, at + p.Size - 1}, p.Checksum})
			at += p.Size
		}
	}
	if at != d.pin.size {
		return nil
	}
	return parts
}

// newLedger makes the ledger for what is to be compared.
func (e expectation) newLedger() *ledger {
	l := new(ledger)
	if a := e.object.Algorithm(); a.CanCombine() {
		l.algorithm = a
		for _, p := range e.parts {
			if p.First > 0 {
				l.cuts = append(l.cuts, p.First)
			}
		}
	}
	return l
}

// ranges are those whose checksums are needed.
func (e expectation) ranges(size int64) (ranges []Range) {
	for _, p := range e.parts {
		ranges = append(ranges, p.Range)
	}
	if ranges == nil {
		ranges = []Range{{0, size - 1}}
	}
	return ranges
}

// errNoBytes: the sink does not give back what it took.
var errNoBytes = errors.New("the bytes cannot be read back")

// verify compares, and reports how far the bytes are verified then.
func (d *run) verify(ctx context.Context) (Verified, error) {
	verified := ETagOnly
	if d.pin.etag == "" {
		verified = None
	}
	if d.window != nil && (d.passed.hash != nil || d.passed.md5 != nil) {
		if err := d.window.drained(); err != nil { // they are of what the reader takes
			return "", err
		}
	}
	if e := d.expected; !e.object.IsZero() {
		sums, err := d.sums(ctx, e.ranges(d.pin.size))
		switch {
		case errors.Is(err, errNoBytes):
		case err != nil:
			return "", err
		default:
			if err := d.compare(sums); err != nil {
				return "", err
			}
			if verified = FullObject; e.parts != nil {
				verified = PerPart
			}
		}
	}
	if d.expected.md5 != "" {
		got, err := d.md5(ctx)
		switch {
		case errors.Is(err, errNoBytes):
		case err != nil:
			return "", err
		case got != d.expected.md5:
			return "", d.pin.broken(fmt.Sprintf("the MD5 of the bytes that came is %s, and the ETag is %s", got, d.pin.etag))
		case verified == ETagOnly:
			verified = FullObject
		}
	}
	if d.in.RequireChecksum && verified != FullObject && verified != PerPart && d.pin.size > 0 {
		return "", d.pin.unverifiable()
	}
	return verified, nil
}

// compare holds the checksums of the ranges against what was expected.
func (d *run) compare(sums []checksum.Value) error {
	want, got := d.expected.object, sums[0]
	for i, p := range d.expected.parts {
		if !p.sum.IsZero() && !p.sum.Equal(sums[i]) {
			return d.pin.broken(fmt.Sprintf("the %s of the bytes %d-%d that came is %s, and that of the object's part %d is %s",
				want.Algorithm(), p.First, p.Last, sums[i], i+1, p.sum))
		}
	}
	if d.expected.parts != nil {
		var err error
		if got, err = checksum.CompositeOf(sums...); err != nil {
			return err
		}
	}
	if !got.Equal(want) {
		return d.pin.broken(fmt.Sprintf("the %s of the bytes that came is %s, and that of the object is %s", want.Algorithm(), got, want))
	}
	return nil
}

// sums gives the checksums of ranges: from the ledger, from what passed in order, or by
// reading the bytes back.
func (d *run) sums(ctx context.Context, ranges []Range) ([]checksum.Value, error) {
	if d.passed != nil && d.passed.hash != nil {
		return d.passed.sums, nil
	}
	sums := make([]checksum.Value, len(ranges))
	pieces := d.ledger.all()
	var missing []int
	for i, r := range ranges {
		j, found := slices.BinarySearchFunc(pieces, r.First, func(p piece, first int64) int { return cmp.Compare(p.first, first) })
		if found && pieces[j].length == r.Len() && pieces[j].sum.Algorithm() == d.expected.object.Algorithm() {
			sums[i] = pieces[j].sum
		} else {
			missing = append(missing, i)
		}
	}
	return sums, readBack(ctx, d.sink, d.in.Threads, missing, func(i int, buf []byte, r io.ReaderAt) error {
		h, err := d.expected.object.Algorithm().New()
		if err != nil {
			return err
		}
		if err := readRange(ctx, r, ranges[i], h, buf); err != nil {
			return err
		}
		sums[i] = h.Value()
		return nil
	})
}

// md5 is the MD5 of all bytes, in hex.
func (d *run) md5(ctx context.Context) (string, error) {
	if d.passed != nil && d.passed.md5 != nil {
		return hex.EncodeToString(d.passed.md5.Sum(nil)), nil
	}
	h, err := checksum.NewMD5()
	if err != nil {
		return "", err
	}
	err = readBack(ctx, d.sink, 1, []int{0}, func(_ int, buf []byte, r io.ReaderAt) error {
		return readRange(ctx, r, Range{0, d.pin.size - 1}, h, buf)
	})
	return hex.EncodeToString(h.Sum(nil)), err
}
