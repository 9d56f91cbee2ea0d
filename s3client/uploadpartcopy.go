package s3client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/sigvier/sigvier/s3client/checksum"
	"github.com/sigvier/sigvier/sigv4/sigv4http/awsxml"
)

// UploadPartCopyInput makes a part of an upload from an object, or from a range of
// one.
type UploadPartCopyInput struct {
	Bucket, Key, UploadID string
	PartNumber            int // 1 to 10,000
	CopySource            CopySource
	// CopySourceRange is "bytes=0-1023", both ends within the source; "" is the whole
	// source, up to 5 GiB.
	CopySourceRange string
	CustomerKey     CustomerKey // the one that the upload was created with
	Common
}

// UploadPartCopyOutput is the answer to UploadPartCopy.
type UploadPartCopyOutput struct {
	ETag                string
	LastModified        time.Time
	Checksum            checksum.Value // that S3 keeps of the part, if it says one
	CopySourceVersionID string
	EncryptedWith
	RequestCharged string // "requester", if that is who pays
}

// Part is what CompleteMultipartUpload is to be told of the part.
func (out UploadPartCopyOutput) Part(number int) CompletedPart {
	return CompletedPart{PartNumber: number, ETag: out.ETag, Checksum: out.Checksum}
}

func (in UploadPartCopyInput) call(c *Client) call {
	k := call{op: "UploadPartCopy", method: http.MethodPut, bucket: in.Bucket, key: in.Key, subject: aKey, needs: MayWrite, mayFailLate: true}
	k.addPartNumber(in.PartNumber)
	k.addUploadID(in.UploadID)
	in.CopySource.set(c, &k)
	if in.CopySourceRange != "" && !isWholeRange(in.CopySourceRange) {
		k.fail(fmt.Errorf("the CopySourceRange is %q: bytes=FIRST-LAST with both ends is expected", in.CopySourceRange))
	}
	k.set("X-Amz-Copy-Source-Range", in.CopySourceRange)
	in.CustomerKey.set(&k, "X-Amz-Server-Side-Encryption-Customer-")
	in.Common.set(&k)
	return k
}

// isWholeRange reports whether a range says both of its ends ("UploadPartCopy",
// x-amz-copy-source-range), as it need not elsewhere.
func isWholeRange(s string) bool {
	span, ok := strings.CutPrefix(s, "bytes=")
	a, b, ok2 := strings.Cut(span, "-")
	first, err := strconv.ParseUint(a, 10, 63)
	last, err2 := strconv.ParseUint(b, 10, 63)
	return ok && ok2 && err == nil && err2 == nil && first <= last
}

// UploadPartCopy makes a part from an object, in the service, without its bytes coming
// here (Amazon S3 API Reference, "UploadPartCopy"). An error that S3 puts into an
// answer of status 200 is an error here.
func (c *Client) UploadPartCopy(ctx context.Context, in UploadPartCopyInput) (UploadPartCopyOutput, error) {
	k := in.call(c)
	var out UploadPartCopyOutput
	h, err := c.doXML(ctx, &k, "CopyPartResult", out.read)
	if err != nil {
		return UploadPartCopyOutput{}, err
	}
	out.CopySourceVersionID = h.Get("X-Amz-Copy-Source-Version-Id")
	out.EncryptedWith = encryptedWith(h)
	out.RequestCharged = h.Get("X-Amz-Request-Charged")
	return out, nil
}

// read reads a CopyPartResult.
func (out *UploadPartCopyOutput) read(d *awsxml.Decoder) error {
	var err error
	out.ETag, out.LastModified, out.Checksum, err = readCopied(d)
	if out.ETag == "" {
		return errors.New("the answer has no ETag of the part")
	}
	return err
}
