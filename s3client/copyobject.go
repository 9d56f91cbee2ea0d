package s3client

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/sigvier/sigvier/s3client/checksum"
	"github.com/sigvier/sigvier/sigv4/sigv4http/awsxml"
)

// CopyObjectInput is a copy to make.
type CopyObjectInput struct {
	Bucket, Key string // of the copy
	CopySource  CopySource
	// MetadataDirective is "COPY", the default, or "REPLACE": whether content headers and
	// Metadata are those of the source, or those given here.
	MetadataDirective string
	// TaggingDirective is the same for the Tags.
	TaggingDirective string
	// ChecksumAlgorithm is that of the checksum that S3 is to compute for the copy; "" is
	// the source's.
	ChecksumAlgorithm checksum.Algorithm
	// ObjectHeaders are what the copy is stored with. StorageClass, ACL, Encryption,
	// ObjectLock and WebsiteRedirectLocation are never copied from the source.
	ObjectHeaders
	IfMatch     string // an ETag: only if what the copy overwrites still has it
	IfNoneMatch string // "*": only if the copy's key does not exist
	Common
}

// CopyObjectOutput is the answer to CopyObject.
type CopyObjectOutput struct {
	ETag                string
	LastModified        time.Time
	Checksum            checksum.Value // that S3 keeps of the copy, if it says one
	VersionID           string         // of the copy
	CopySourceVersionID string
	EncryptedWith
	Expiration     string // by the lifecycle: expiry-date="…", rule-id="…"
	RequestCharged string // "requester", if that is who pays
}

const (
	directiveCopy    = "COPY"
	directiveReplace = "REPLACE"
)

func (in CopyObjectInput) call(c *Client) call {
	k := call{op: "CopyObject", method: http.MethodPut, bucket: in.Bucket, key: in.Key, subject: aKey, needs: MayWrite, mayFailLate: true}
	in.CopySource.set(c, &k)
	k.setDirective("X-Amz-Metadata-Directive", in.MetadataDirective, "MetadataDirective", in.describes(), "Metadata and content headers")
	k.setDirective("X-Amz-Tagging-Directive", in.TaggingDirective, "TaggingDirective", len(in.Tags) > 0, "Tags")
	k.set("X-Amz-Checksum-Algorithm", in.ChecksumAlgorithm.String())
	in.ObjectHeaders.set(&k)
	k.set("If-Match", in.IfMatch)
	k.set("If-None-Match", in.IfNoneMatch)
	in.Common.set(&k)
	return k
}

// setDirective sets one of the two. With COPY, S3 would drop without a word what is
// given in the place of the source's.
func (k *call) setDirective(header, value, field string, given bool, what string) {
	switch {
	case value != "" && value != directiveCopy && value != directiveReplace:
		k.fail(fmt.Errorf("the %s is %q: COPY or REPLACE is expected", field, value))
	case value != directiveReplace && given:
		k.fail(fmt.Errorf("the copy has %s of its own, and would get the source's: set %s to REPLACE", what, field))
	}
	k.set(header, value)
}

// describes reports whether there is any of what MetadataDirective is about.
func (o ObjectHeaders) describes() bool {
	return len(o.Metadata) > 0 || !o.Expires.IsZero() ||
		o.CacheControl+o.ContentDisposition+o.ContentEncoding+o.ContentLanguage+o.ContentType != ""
}

// CopyObject makes a copy of an object of up to 5 GiB, in the service, without its
// bytes coming here (Amazon S3 API Reference, "CopyObject"). An error that S3 puts into
// an answer of status 200 is an error here.
func (c *Client) CopyObject(ctx context.Context, in CopyObjectInput) (CopyObjectOutput, error) {
	k := in.call(c)
	var out CopyObjectOutput
	h, err := c.doXML(ctx, &k, "CopyObjectResult", out.read)
	if err != nil {
		return CopyObjectOutput{}, err
	}
	if err := in.CustomerKey.kept(&k, h); err != nil {
		return CopyObjectOutput{}, err
	}
	out.VersionID = h.Get("X-Amz-Version-Id")
	out.CopySourceVersionID = h.Get("X-Amz-Copy-Source-Version-Id")
	out.EncryptedWith = encryptedWith(h)
	out.Expiration = h.Get("X-Amz-Expiration")
	out.RequestCharged = h.Get("X-Amz-Request-Charged")
	return out, nil
}

// read reads a CopyObjectResult.
func (out *CopyObjectOutput) read(d *awsxml.Decoder) error {
	var err error
	out.ETag, out.LastModified, out.Checksum, err = readCopied(d)
	return err
}
