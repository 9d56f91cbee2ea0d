package s3client

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/sigvier/sigvier/s3client/checksum"
)

// Encryption says how S3 encrypts an object that is stored (Amazon S3 User Guide,
// "Protecting data with server-side encryption"). The zero value leaves it to the
// bucket, whose default is SSE-S3.
type Encryption struct {
	ServerSideEncryption    string // "AES256" (SSE-S3), "aws:kms" or "aws:kms:dsse"
	SSEKMSKeyID             string // with aws:kms: the key's ID, ARN or alias; "" is AWS's own
	SSEKMSEncryptionContext string // with aws:kms: base64 of a JSON object of strings
	BucketKeyEnabled        *bool  // with aws:kms: whether a bucket key serves; nil is the bucket's setting
	// CustomerKey encrypts with a key that S3 does not keep (SSE-C), and that is needed
	// to read the object again.
	CustomerKey CustomerKey
}

func (o Encryption) set(k *call) {
	k.set("X-Amz-Server-Side-Encryption", o.ServerSideEncryption)
	k.set("X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id", o.SSEKMSKeyID)
	k.set("X-Amz-Server-Side-Encryption-Context", o.SSEKMSEncryptionContext)
	if o.BucketKeyEnabled != nil {
		k.set("X-Amz-Server-Side-Encryption-Bucket-Key-Enabled", strconv.FormatBool(*o.BucketKeyEnabled))
	}
	o.CustomerKey.set(k, "X-Amz-Server-Side-Encryption-Customer-")
}

// CustomerKey is a key of SSE-C. However it is printed, the key does not appear. The
// zero value is none.
type CustomerKey struct{ key *[32]byte }

// NewCustomerKey takes the 32 bytes of a key for AES-256.
func NewCustomerKey(key []byte) (CustomerKey, error) {
	if len(key) != 32 {
		return CustomerKey{}, fmt.Errorf("s3client: the customer key has %d bytes: AES-256 expects 32", len(key))
	}
	return CustomerKey{(*[32]byte)(append([]byte(nil), key...))}, nil
}

// String says no more than that there is one.
func (c CustomerKey) String() string {
	if c.key == nil {
		return "none"
	}
	return redacted
}

// GoString is String for %#v.
func (c CustomerKey) GoString() string { return "s3client.CustomerKey(" + c.String() + ")" }

// MarshalText implements [encoding.TextMarshaler], and so JSON.
func (c CustomerKey) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// set sets the three headers of a key. S3 wants its MD5, as a checksum of the key on
// the way (Amazon S3 User Guide, "Using server-side encryption with customer-provided
// keys (SSE-C)").
func (c CustomerKey) set(k *call, prefix string) {
	if c.key == nil {
		return
	}
	sum, err := checksum.ContentMD5(c.key[:])
	if err != nil {
		k.fail(fmt.Errorf("SSE-C sends the MD5 of its key: %w", err))
		return
	}
	k.customerKey = true
	k.set(prefix+"Algorithm", "AES256")
	k.set(prefix+"Key", base64Of(c.key[:]))
	k.set(prefix+"Key-Md5", sum)
}

// errKeyIgnored is for servers that do not know SSE-C, and store the object all the same.
var errKeyIgnored = errors.New("the service has stored the object, and not encrypted with the customer key: it does not know SSE-C; remove the object if it must not be there as it is")

// kept looks at the answer to what was to be stored with the key.
func (c CustomerKey) kept(k *call, answer http.Header) error {
	if c.key != nil && first(answer, "X-Amz-Server-Side-Encryption-Customer-Algorithm") == "" {
		return k.wrap(errKeyIgnored)
	}
	return nil
}

func base64Of(b []byte) string { return base64.StdEncoding.EncodeToString(b) }
