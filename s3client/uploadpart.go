package s3client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/sigvier/sigvier/s3client/checksum"
	"github.com/sigvier/sigvier/sigv4"
)

// UploadPartInput is one part of an upload. One that has the number of an earlier one
// takes its place.
type UploadPartInput struct {
	Bucket, Key, UploadID string
	PartNumber            int // 1 to 10,000
	// Body is as in [PutObjectInput]: 5 MiB to 5 GiB, the last part also less.
	Body          io.Reader
	ContentLength int64
	Payload       sigv4.PayloadHash
	// Checksum is that of the part, where it is known already; ChecksumAlgorithm is that
	// of the one to compute. Where the upload was created with an algorithm, it is the
	// same for all of its parts.
	Checksum          checksum.Value
	ChecksumAlgorithm checksum.Algorithm
	CustomerKey       CustomerKey // the one that the upload was created with
	Common
}

// UploadPartOutput is the answer to UploadPart.
type UploadPartOutput struct {
	ETag     string
	Checksum checksum.Value // that S3 keeps of the part, if it says one
	EncryptedWith
	RequestCharged string // "requester", if that is who pays
}

// Part is what CompleteMultipartUpload is to be told of the part.
func (out UploadPartOutput) Part(number int) CompletedPart {
	return CompletedPart{PartNumber: number, ETag: out.ETag, Checksum: out.Checksum}
}

func (in UploadPartInput) call(c *Client) call {
	k := call{op: "UploadPart", method: http.MethodPut, bucket: in.Bucket, key: in.Key, subject: aKey, needs: MayWrite}
	k.addPartNumber(in.PartNumber)
	k.addUploadID(in.UploadID)
	upload{in.Body, in.ContentLength, in.Payload, in.Checksum, in.ChecksumAlgorithm, false}.set(&k)
	in.CustomerKey.set(&k, "X-Amz-Server-Side-Encryption-Customer-")
	in.Common.set(&k)
	return k
}

// maxParts is the highest part number (Amazon S3 User Guide, "Amazon S3 multipart
// upload limits").
const maxParts = 10_000

func (k *call) addPartNumber(n int) {
	if n < 1 || n > maxParts {
		k.fail(fmt.Errorf("the part number is %d: 1 to %d is expected", n, maxParts))
	}
	k.query.addInt("partNumber", n)
}

// addUploadID never leaves it out: without it, the request would be one for the
// object.
func (k *call) addUploadID(id string) {
	if id == "" {
		k.fail(errors.New("the upload ID is empty: that of CreateMultipartUpload's answer is expected"))
	}
	k.query.add("uploadId", id)
}

// UploadPart uploads a part (Amazon S3 API Reference, "UploadPart").
func (c *Client) UploadPart(ctx context.Context, in UploadPartInput) (UploadPartOutput, error) {
	k := in.call(c)
	h, err := c.doEmpty(ctx, &k)
	if err != nil {
		return UploadPartOutput{}, err
	}
	return UploadPartOutput{ETag: h.Get("Etag"), Checksum: checksumOf(h), EncryptedWith: encryptedWith(h),
		RequestCharged: h.Get("X-Amz-Request-Charged")}, nil
}
