package s3client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/sigvier/sigvier/s3client/checksum"
	"github.com/sigvier/sigvier/sigv4/sigv4http/awsxml"
)

// CreateMultipartUploadInput begins an object that is uploaded in parts.
type CreateMultipartUploadInput struct {
	Bucket, Key string
	// ChecksumAlgorithm is that of the parts' checksums, each of which is then uploaded
	// with one; "" leaves it to the service, or is CRC64NVME if the connection's
	// Checksums say always.
	ChecksumAlgorithm checksum.Algorithm
	// ChecksumType is what the object's checksum is of: "FULL_OBJECT" or "COMPOSITE"; ""
	// is the algorithm's default. It goes with ChecksumAlgorithm.
	ChecksumType checksum.Type
	ObjectHeaders
	Common
}

// CreateMultipartUploadOutput is the answer to CreateMultipartUpload.
type CreateMultipartUploadOutput struct {
	UploadID          string
	ChecksumAlgorithm checksum.Algorithm // "" if the service says none
	ChecksumType      checksum.Type
	AbortDate         time.Time // when the bucket's lifecycle aborts the upload; zero is never
	AbortRuleID       string
	EncryptedWith
	RequestCharged string // "requester", if that is who pays
}

func (in CreateMultipartUploadInput) call(c *Client) call {
	k := call{op: "CreateMultipartUpload", method: http.MethodPost, bucket: in.Bucket, key: in.Key, subject: aKey, needs: MayWrite}
	k.query.add("uploads", "")
	if in.ChecksumAlgorithm == "" && in.ChecksumType == "" && c.checksums == ChecksumsAlways {
		in.ChecksumAlgorithm = checksum.CRC64NVME // as the parts have then
	}
	k.setChecksumAlgorithm(in.ChecksumAlgorithm, in.ChecksumType)
	in.ObjectHeaders.set(&k)
	in.Common.set(&k)
	return k
}

// setChecksumAlgorithm sets that of the checksums of an upload's parts (Amazon S3 User
// Guide, "Checking object integrity in Amazon S3", Full object and composite checksum
// types).
func (k *call) setChecksumAlgorithm(a checksum.Algorithm, t checksum.Type) {
	if a == "" {
		if t != "" {
			k.fail(fmt.Errorf("there is the ChecksumType %q and no ChecksumAlgorithm, with which it goes", t))
		}
		return
	}
	if a.Size() == 0 {
		k.fail(fmt.Errorf("the ChecksumAlgorithm is %q: %v are expected", string(a), checksum.Algorithms()))
	} else if t != "" && !a.Allows(t) {
		k.fail(fmt.Errorf("the ChecksumType is %q, and S3 has no such checksum of %v: %s is expected", string(t), a, a.DefaultType()))
	}
	k.set("X-Amz-Checksum-Algorithm", a.String())
	k.set("X-Amz-Checksum-Type", t.String())
}

// CreateMultipartUpload begins an upload in parts (Amazon S3 API Reference,
// "CreateMultipartUpload"). It costs what its parts cost until it is completed or
// aborted.
func (c *Client) CreateMultipartUpload(ctx context.Context, in CreateMultipartUploadInput) (CreateMultipartUploadOutput, error) {
	k := in.call(c)
	var out CreateMultipartUploadOutput
	h, err := c.doXML(ctx, &k, "InitiateMultipartUploadResult", func(d *awsxml.Decoder) error {
		for name := range d.Children {
			if string(name) == "UploadId" {
				out.UploadID = d.Text()
			}
		}
		if out.UploadID == "" {
			return errors.New("the answer has no UploadId")
		}
		return nil
	})
	if err != nil {
		return CreateMultipartUploadOutput{}, err
	}
	out.ChecksumAlgorithm = checksum.Algorithm(h.Get("X-Amz-Checksum-Algorithm"))
	out.ChecksumType = checksum.Type(h.Get("X-Amz-Checksum-Type"))
	out.AbortDate, _ = http.ParseTime(h.Get("X-Amz-Abort-Date")) // zero where the service says none
	out.AbortRuleID = h.Get("X-Amz-Abort-Rule-Id")
	out.EncryptedWith = encryptedWith(h)
	out.RequestCharged = h.Get("X-Amz-Request-Charged")
	return out, nil
}
