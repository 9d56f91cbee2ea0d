package s3client

import (
	"context"
	"io"
	"net/http"

	"github.com/sigvier/sigvier/s3client/checksum"
	"github.com/sigvier/sigvier/sigv4"
)

// PutObjectInput is an object to store.
type PutObjectInput struct {
	Bucket, Key string
	// Body is read from where it stands to its end. One that also is an
	// io.ReaderAt and io.Seeker (a file, a bytes.Reader) is hashed first and can
	// be sent again after a failure. Nil is empty.
	Body io.Reader
	// ContentLength is needed for a Body that cannot seek; else 0 means to its end.
	ContentLength int64
	// Payload says what is signed of Body where that is known already; left unset
	// it is found by hashing; where Body cannot be rewound, the body is signed chunk
	// by chunk, or is UNSIGNED-PAYLOAD over TLS.
	Payload sigv4.PayloadHash
	// Checksum is that of the bytes, where it is known already; S3 verifies it.
	Checksum checksum.Value
	// ChecksumAlgorithm is that of the checksum to compute and to send; "" is what the
	// connection's Checksums say.
	ChecksumAlgorithm checksum.Algorithm
	ObjectHeaders
	IfMatch     string // an ETag: only if the object still has it
	IfNoneMatch string // "*": only if the key does not exist
	Common
}

// upload is what PutObject and UploadPart have in common.
type upload struct {
	body      io.Reader
	length    int64
	payload   sigv4.PayloadHash
	sum       checksum.Value
	algorithm checksum.Algorithm
	required  bool // S3 does not take it without a checksum
}

func (in upload) set(k *call) {
	length := in.length
	if length == 0 {
		length = -1
	}
	b, err := newBody(in.body, length, in.payload)
	if err != nil {
		k.fail(err)
		return
	}
	if in.algorithm != "" {
		if _, err := in.algorithm.New(); err != nil {
			k.fail(err)
		}
	}
	b.sum, b.algorithm, b.required = in.sum, in.algorithm, in.required
	k.body = b
}

// PutObjectOutput is the answer to PutObject.
type PutObjectOutput struct {
	ETag, VersionID string
	Checksum        checksum.Value // that S3 keeps, if it says one
}

func (in PutObjectInput) call(c *Client) call {
	k := call{op: "PutObject", method: http.MethodPut, bucket: in.Bucket, key: in.Key, subject: aKey, needs: MayWrite}
	// Amazon S3 API Reference, "PutObject": with Object Lock a checksum is required.
	upload{in.Body, in.ContentLength, in.Payload, in.Checksum, in.ChecksumAlgorithm, !in.ObjectLock.isZero()}.set(&k)
	in.ObjectHeaders.set(&k)
	k.set("If-Match", in.IfMatch)
	k.set("If-None-Match", in.IfNoneMatch)
	in.Common.set(&k)
	return k
}

// PutObject stores an object in one request, up to 5 GiB (Amazon S3 API
// Reference, "PutObject").
func (c *Client) PutObject(ctx context.Context, in PutObjectInput) (PutObjectOutput, error) {
	k := in.call(c)
	h, err := c.doEmpty(ctx, &k)
	if err != nil {
		return PutObjectOutput{}, err
	}
	if err := in.CustomerKey.kept(&k, h); err != nil {
		return PutObjectOutput{}, err
	}
	return PutObjectOutput{ETag: h.Get("Etag"), VersionID: h.Get("X-Amz-Version-Id"), Checksum: checksumOf(h)}, nil
}
