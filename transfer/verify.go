package transfer

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/s3client/checksum"
)

// The checksum of the whole object. S3 gives none with a range, so it is asked
// for by a HEAD beside the first GET, computed range by range while the bytes
// pass, and combined in the end.

// headGrace is how long the bytes wait for the HEAD once the first GET is
// answered. Without its answer they go unverified, and the report says so.
const headGrace = 2 * time.Second

// verifier computes the checksum that S3 keeps of the object; nil if it keeps none
// that can be found from ranges.
type verifier struct {
	algorithm checksum.Algorithm
	want      string
	parts     []part
}

// part is a range's length and checksum.
type part struct {
	length int64
	sum    checksum.Value
}

// askChecksum sends the HEAD.
func (d *run) askChecksum(ctx context.Context) {
	d.head = make(chan s3client.HeadObjectOutput, 1)
	go func() {
		defer close(d.head)
		out, err := d.src.HeadObject(ctx, s3client.HeadObjectInput{
			Bucket: d.in.Bucket, Key: d.in.Key, VersionID: d.in.VersionID, ChecksumMode: true})
		if err == nil { // an error that matters is one of the GET's, too
			d.head <- out
		}
	}()
}

// newVerifier takes the checksum from the HEAD's answer, if that is of the pinned
// object, for a plan of so many ranges.
func (d *run) newVerifier(ctx context.Context, ranges int) *verifier {
	timer := time.NewTimer(headGrace)
	defer timer.Stop()
	var head s3client.HeadObjectOutput
	select {
	case <-ctx.Done():
	case <-timer.C:
	case head = <-d.head:
	}
	if head.ETag != d.pin.etag || head.VersionID != d.pin.versionID || head.ContentLength != d.pin.size {
		return nil
	}
	for _, a := range checksum.Algorithms() {
		want := head.Checksums[strings.ToLower(a.String())]
		composite := head.ChecksumType == string(checksum.Composite) || strings.Contains(want, "-")
		if want == "" || composite || !a.CanCombine() && ranges > 1 {
			continue
		}
		if _, err := a.New(); err == nil { // as it is not for SHA-1 where FIPS 140-only mode forbids it
			return &verifier{algorithm: a, want: want, parts: make([]part, ranges)}
		}
	}
	return nil
}

// hash is for the bytes of one range, in their order; nil if nothing is computed.
func (v *verifier) hash() *checksum.Hash {
	if v == nil {
		return nil
	}
	h, _ := v.algorithm.New() // which newVerifier has tried
	return h
}

// done takes the sum of a range.
func (v *verifier) done(i int, r Range, h *checksum.Hash) {
	if v != nil {
		v.parts[i] = part{r.Len(), h.Value()}
	}
}

// verify compares, and reports how far the bytes are verified then.
func (v *verifier) verify(p pin) (Verified, error) {
	if v == nil {
		return ETagOnly, nil
	}
	got := v.parts[0].sum
	for _, next := range v.parts[1:] {
		var err error
		if got, err = checksum.Combine(got, next.sum, next.length); err != nil {
			return "", err
		}
	}
	if got.String() != v.want {
		return "", p.broken(fmt.Sprintf("the %s of the bytes that came is %s, and that of the object is %s", v.algorithm, got, v.want))
	}
	return FullObject, nil
}
