package s3client

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/sigvier/sigvier/s3client/checksum"
	"github.com/sigvier/sigvier/sigv4/sigv4http/awsxml"
)

// CopySource is the object to copy, or to copy a part of, and on which conditions:
// one that does not hold is [ErrPreconditionFailed] (Amazon S3 API Reference,
// "CopyObject" and "UploadPartCopy", x-amz-copy-source). The connection's restrictions
// hold for it as they do for an object to read.
type CopySource struct {
	Bucket            string // or the ARN of an access point in the region of the copy
	Key               string
	VersionID         string      // "" is the current version
	IfMatch           string      // an ETag: only if the source still has it
	IfNoneMatch       string      // an ETag: only if the source has another
	IfModifiedSince   time.Time   // only if the source was
	IfUnmodifiedSince time.Time   // only if the source was not
	CustomerKey       CustomerKey // of a source that is encrypted with SSE-C
	// ExpectedBucketOwner is the ID of the account that must own the source's bucket; ""
	// is the connection's BucketOwner. If that is set, another is [ErrRestricted].
	ExpectedBucketOwner string
}

const copySource = "X-Amz-Copy-Source"

func (in CopySource) set(c *Client, k *call) {
	k.source = &in
	path := in.Bucket + "/" + in.Key
	if strings.HasPrefix(in.Bucket, "arn:") {
		arn, err := parseAccessPoint(in.Bucket)
		if err != nil {
			k.fail(err)
		}
		if arn.region == "" || arn.service == serviceObjectLambda {
			k.fail(fmt.Errorf("the source of the copy is %s, and S3 copies from buckets and from access points of one Region alone", in.Bucket))
		}
		path = in.Bucket + "/object/" + in.Key
	}
	source := escapePath(path)
	if in.VersionID != "" {
		source += "?versionId=" + escape(in.VersionID)
	}
	k.set(copySource, source)
	k.set(copySource+"-If-Match", in.IfMatch)
	k.set(copySource+"-If-None-Match", in.IfNoneMatch)
	k.setTime(copySource+"-If-Modified-Since", in.IfModifiedSince)
	k.setTime(copySource+"-If-Unmodified-Since", in.IfUnmodifiedSince)
	in.CustomerKey.set(k, copySource+"-Server-Side-Encryption-Customer-")
	owner := cmp.Or(in.ExpectedBucketOwner, c.bucketOwner)
	if c.bucketOwner != "" && owner != c.bucketOwner {
		k.fail(fmt.Errorf("the source of the copy: %w to buckets of the account %s, and the expected owner is %q", ErrRestricted, c.bucketOwner, owner))
	}
	k.set("X-Amz-Source-Expected-Bucket-Owner", owner)
}

// readCopied reads what S3 says of a copy, be it of an object or of a part.
func readCopied(d *awsxml.Decoder) (etag string, modified time.Time, sum checksum.Value, err error) {
	var sums checksumElements
	for name := range d.Children {
		switch string(name) {
		case "ETag":
			etag = d.Text()
		case "LastModified":
			modified = d.Time()
		default:
			sums.read(d, name)
		}
	}
	sum, err = sums.value()
	return etag, modified, sum, err
}
