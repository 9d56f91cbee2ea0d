package s3client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/sigvier/sigvier/s3client/checksum"
	"github.com/sigvier/sigvier/sigv4/sigv4http/awsxml"
)

// CompleteMultipartUploadInput says of which parts the object is made.
type CompleteMultipartUploadInput struct {
	Bucket, Key, UploadID string
	// Parts are those of the object, in the order of their numbers. Where the upload was
	// created with a checksum algorithm, they are numbered without a gap.
	Parts []CompletedPart
	// Checksum is that of the whole object, where it is known; S3 verifies it.
	Checksum checksum.Value
	// ChecksumType must be the one that the upload was created with; "" leaves it unsaid.
	ChecksumType checksum.Type
	// MpuObjectSize is the size of the whole object, which S3 verifies; 0 leaves it
	// unsaid.
	MpuObjectSize int64
	IfMatch       string      // an ETag: only if the object that is overwritten still has it
	IfNoneMatch   string      // "*": only if the key does not exist
	CustomerKey   CustomerKey // the one that the upload was created with, if also with checksums
	Common
}

// CompletedPart is a part as UploadPart's answer has it, or that of ListParts.
type CompletedPart struct {
	PartNumber int // 1 to 10,000
	ETag       string
	Checksum   checksum.Value // needed where the object's checksum is a composite
}

// CompleteMultipartUploadOutput is the answer to CompleteMultipartUpload.
type CompleteMultipartUploadOutput struct {
	Location  string // a URL of the object
	ETag      string
	VersionID string
	Checksum  checksum.Value // that S3 keeps of the object, if it says one
	EncryptedWith
	Expiration     string // by the lifecycle: expiry-date="…", rule-id="…"
	RequestCharged string // "requester", if that is who pays
}

func (in CompleteMultipartUploadInput) call(c *Client) call {
	k := call{op: "CompleteMultipartUpload", method: http.MethodPost, bucket: in.Bucket, key: in.Key, subject: aKey, needs: MayWrite, mayFailLate: true}
	k.addUploadID(in.UploadID)
	if err := checkParts(in.Parts); err != nil {
		k.fail(err)
	}
	k.body = documentBody(completion(in.Parts))
	if in.Checksum != (checksum.Value{}) {
		// Of the object, and not of the document.
		k.set(http.CanonicalHeaderKey(in.Checksum.Algorithm().Header()), in.Checksum.String())
	}
	k.set("X-Amz-Checksum-Type", in.ChecksumType.String())
	switch {
	case in.MpuObjectSize < 0:
		k.fail(fmt.Errorf("the MpuObjectSize is %d: the object's size in bytes is expected", in.MpuObjectSize))
	case in.MpuObjectSize > 0:
		k.set("X-Amz-Mp-Object-Size", strconv.FormatInt(in.MpuObjectSize, 10))
	}
	k.set("If-Match", in.IfMatch)
	k.set("If-None-Match", in.IfNoneMatch)
	in.CustomerKey.set(&k, "X-Amz-Server-Side-Encryption-Customer-")
	in.Common.set(&k)
	return k
}

// checkParts says what S3 would, after it has made its caller wait.
func checkParts(parts []CompletedPart) error {
	switch {
	case len(parts) == 0:
		return errors.New("there are no Parts: one at least is expected, which may be empty")
	case len(parts) > maxParts:
		return fmt.Errorf("there are %d Parts, and S3 takes %d", len(parts), maxParts)
	}
	last := 0
	for i, p := range parts {
		switch {
		case p.PartNumber < 1 || p.PartNumber > maxParts:
			return fmt.Errorf("the entry Parts[%d] has the number %d: 1 to %d is expected", i, p.PartNumber, maxParts)
		case p.PartNumber <= last:
			return fmt.Errorf("the entry Parts[%d] has the number %d, and the one before it %d: ascending numbers are expected", i, p.PartNumber, last)
		case p.ETag == "":
			return fmt.Errorf("the entry Parts[%d], number %d, has no ETag: that of UploadPart's answer is expected", i, p.PartNumber)
		}
		last = p.PartNumber
	}
	return nil
}

// completion writes the parts.
func completion(parts []CompletedPart) []byte {
	doc := make([]byte, 0, 200+160*len(parts))
	doc = append(append(doc, awsxml.Header...), `<CompleteMultipartUpload xmlns="`+namespace+`">`...)
	for _, p := range parts {
		doc = append(doc, "<Part>"...)
		if p.Checksum != (checksum.Value{}) {
			doc = awsxml.AppendElement(doc, "Checksum"+p.Checksum.Algorithm().String(), p.Checksum.String())
		}
		doc = awsxml.AppendElement(doc, "ETag", p.ETag)
		doc = awsxml.AppendElement(doc, "PartNumber", strconv.Itoa(p.PartNumber))
		doc = append(doc, "</Part>"...)
	}
	return append(doc, "</CompleteMultipartUpload>"...)
}

// CompleteMultipartUpload makes the object of the parts (Amazon S3 API Reference,
// "CompleteMultipartUpload"). It may take minutes. An error that S3 puts into an
// answer of status 200 is an error here; after one the upload is still there.
func (c *Client) CompleteMultipartUpload(ctx context.Context, in CompleteMultipartUploadInput) (CompleteMultipartUploadOutput, error) {
	k := in.call(c)
	var out CompleteMultipartUploadOutput
	h, err := c.doXML(ctx, &k, "CompleteMultipartUploadResult", out.read)
	if err != nil {
		return CompleteMultipartUploadOutput{}, err
	}
	out.VersionID = h.Get("X-Amz-Version-Id")
	out.EncryptedWith = encryptedWith(h)
	out.Expiration = h.Get("X-Amz-Expiration")
	out.RequestCharged = h.Get("X-Amz-Request-Charged")
	return out, nil
}

// read reads a CompleteMultipartUploadResult.
func (out *CompleteMultipartUploadOutput) read(d *awsxml.Decoder) error {
	var sums checksumElements
	for name := range d.Children {
		switch string(name) {
		case "Location":
			out.Location = d.Text()
		case "ETag":
			out.ETag = d.Text()
		default:
			sums.read(d, name)
		}
	}
	if out.ETag == "" {
		return errors.New("the answer has no ETag of the object")
	}
	var err error
	out.Checksum, err = sums.value()
	return err
}
