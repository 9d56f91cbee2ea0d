package s3client

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/sigvier/sigvier/s3client/checksum"
)

// GetObjectInput asks for an object or a part of it.
type GetObjectInput struct {
	Bucket, Key       string
	Range             string    // "bytes=0-1023"; "" is the whole object
	PartNumber        int       // of a multipart upload, 1 to 10,000, in place of Range; 0 is the whole object
	IfMatch           string    // an ETag: only if the object still has it, else ErrPreconditionFailed
	IfNoneMatch       string    // an ETag: only if it has another, else ErrNotModified
	IfModifiedSince   time.Time // else ErrNotModified
	IfUnmodifiedSince time.Time // else ErrPreconditionFailed
	VersionID         string
	// ChecksumMode asks for the checksum that S3 keeps of the object. If the whole
	// object comes, and S3 keeps a checksum of all its bytes, they are verified: the end
	// of Body is then a [*checksum.MismatchError] if they do not have it.
	ChecksumMode bool
	CustomerKey  CustomerKey // of an object that is encrypted with SSE-C
	Response     ResponseHeaders
	Common
}

func (k *call) setTime(name string, t time.Time) {
	if !t.IsZero() {
		k.set(name, t.UTC().Format(http.TimeFormat))
	}
}

// ResponseHeaders are headers that the answer is to have in place of the object's.
type ResponseHeaders struct {
	CacheControl, ContentDisposition, ContentEncoding, ContentLanguage, ContentType, Expires string
}

func (o ResponseHeaders) set(k *call) {
	if o == (ResponseHeaders{}) {
		return
	}
	k.query.addIf("response-cache-control", o.CacheControl)
	k.query.addIf("response-content-disposition", o.ContentDisposition)
	k.query.addIf("response-content-encoding", o.ContentEncoding)
	k.query.addIf("response-content-language", o.ContentLanguage)
	k.query.addIf("response-content-type", o.ContentType)
	k.query.addIf("response-expires", o.Expires)
}

// GetObjectOutput is an object's body and what the service says of it.
type GetObjectOutput struct {
	ObjectInfo
	// Body must be closed. Its errors are an [*Error], with [ErrStalled] or
	// io.ErrUnexpectedEOF in it if it did not come to its end. It has a method Slow(),
	// by which a program says, before it closes it, that it comes too slowly: package
	// http1 then avoids the address. And it has a method ReadLate(http1.Pool) ([]byte,
	// error), that asks for a buffer when something has come, so that a few do for many
	// bodies; its error is [errors.ErrUnsupported] where only Read can be used.
	Body io.ReadCloser
	// Status is 200 for the whole object and 206 for a part of it. A server may
	// answer a range with the whole: look before you use the body.
	Status       int
	ContentRange string // "bytes 0-1023/4096", with 206
	// Verifies says that the end of Body comes only if the bytes had S3's checksum.
	Verifies bool
}

func (in GetObjectInput) call(c *Client) call {
	k := call{op: "GetObject", method: http.MethodGet, bucket: in.Bucket, key: in.Key, subject: aKey, needs: MayRead}
	in.set(c, &k)
	in.Response.set(&k)
	return k
}

// set sets what GetObject and HeadObject have in common.
func (in GetObjectInput) set(c *Client, k *call) {
	k.set("Range", in.Range)
	k.set("If-Match", in.IfMatch)
	k.set("If-None-Match", in.IfNoneMatch)
	k.setTime("If-Modified-Since", in.IfModifiedSince)
	k.setTime("If-Unmodified-Since", in.IfUnmodifiedSince)
	if in.ChecksumMode || c.checksums == ChecksumsAlways {
		k.set("X-Amz-Checksum-Mode", "ENABLED")
	}
	k.query.addInt("partNumber", in.PartNumber)
	k.query.addIf("versionId", in.VersionID)
	in.CustomerKey.set(k, "X-Amz-Server-Side-Encryption-Customer-")
	in.Common.set(k)
}

// GetObject reads an object (Amazon S3 API Reference, "GetObject").
func (c *Client) GetObject(ctx context.Context, in GetObjectInput) (GetObjectOutput, error) {
	k := in.call(c)
	resp, err := c.do(ctx, &k)
	if err != nil {
		return GetObjectOutput{}, err
	}
	out := GetObjectOutput{ObjectInfo: objectInfo(resp), Status: resp.StatusCode, ContentRange: resp.Header.Get("Content-Range")}
	var want checksum.Value
	// What S3 sends of a composite or of a range cannot be held against a checksum of
	// all bytes.
	if resp.StatusCode == http.StatusOK && resp.Header.Get("Content-Encoding") != "aws-chunked" {
		want = checksumOf(resp.Header)
	}
	body := c.receive(&k, resp.Body, want)
	out.Body, out.Verifies = body, body.verify != nil
	return out, nil
}

// ObjectInfo is what the headers of an object say.
type ObjectInfo struct {
	ContentLength int64 // of this answer, bytes; -1 if unknown
	ContentType   string
	ETag          string
	LastModified  time.Time
	VersionID     string
	StorageClass  string
	PartsCount    int               // of a multipart upload, if PartNumber was asked for
	Metadata      map[string]string // x-amz-meta-…, names in lower case
	// Checksums are those that the service gave, by name in lower case ("crc32c"),
	// in base64. ChecksumType is FULL_OBJECT or COMPOSITE.
	Checksums    map[string]string
	ChecksumType string
	ContentHeaders
	EncryptedWith
	ObjectLock
	Expiration              string // by the lifecycle: expiry-date="…", rule-id="…"
	Restore                 string // of an archived object: ongoing-request="…"
	ReplicationStatus       string
	TagCount                int
	RequestCharged          string // "requester", if that is who pays
	DeleteMarker            bool
	WebsiteRedirectLocation string
}

// ContentHeaders are those that the object was stored with, or those that were asked
// for in their place.
type ContentHeaders struct {
	CacheControl, ContentDisposition, ContentEncoding, ContentLanguage, Expires string
}

// EncryptedWith says how an object is encrypted.
type EncryptedWith struct {
	ServerSideEncryption string // "AES256", "aws:kms" or "aws:kms:dsse"
	SSEKMSKeyID          string
	SSECustomerAlgorithm string // "AES256" with SSE-C
	BucketKeyEnabled     bool
}

func objectInfo(resp *http.Response) ObjectInfo {
	h := resp.Header
	info := ObjectInfo{
		ContentLength: resp.ContentLength,
		ContentType:   first(h, "Content-Type"),
		ETag:          first(h, "Etag"),
		VersionID:     first(h, "X-Amz-Version-Id"),
		StorageClass:  first(h, "X-Amz-Storage-Class"),
		ChecksumType:  first(h, "X-Amz-Checksum-Type"),
		ContentHeaders: ContentHeaders{first(h, "Cache-Control"), first(h, "Content-Disposition"), first(h, "Content-Encoding"),
			first(h, "Content-Language"), first(h, "Expires")},
		EncryptedWith:           encryptedWith(h),
		ObjectLock:              ObjectLock{ObjectLockMode: first(h, "X-Amz-Object-Lock-Mode"), ObjectLockLegalHoldStatus: first(h, "X-Amz-Object-Lock-Legal-Hold")},
		Expiration:              first(h, "X-Amz-Expiration"),
		Restore:                 first(h, "X-Amz-Restore"),
		ReplicationStatus:       first(h, "X-Amz-Replication-Status"),
		RequestCharged:          first(h, "X-Amz-Request-Charged"),
		DeleteMarker:            first(h, "X-Amz-Delete-Marker") == "true",
		WebsiteRedirectLocation: first(h, "X-Amz-Website-Redirect-Location"),
	}
	info.TagCount = count(h, "X-Amz-Tagging-Count")
	info.PartsCount = count(h, "X-Amz-Mp-Parts-Count")
	info.LastModified, _ = http.ParseTime(first(h, "Last-Modified")) // zero where the service says none
	if until := first(h, "X-Amz-Object-Lock-Retain-Until-Date"); until != "" {
		info.ObjectLockRetainUntilDate, _ = time.Parse(time.RFC3339, until)
	}
	for name, values := range h {
		if meta, ok := strings.CutPrefix(name, metadataPrefix); ok {
			put(&info.Metadata, strings.ToLower(meta), decodeMetadata(strings.Join(values, ",")))
		}
		if algorithm, ok := strings.CutPrefix(name, "X-Amz-Checksum-"); ok && algorithm != "Type" {
			put(&info.Checksums, strings.ToLower(algorithm), values[0])
		}
	}
	return info
}

func encryptedWith(h http.Header) EncryptedWith {
	const prefix = "X-Amz-Server-Side-Encryption"
	return EncryptedWith{first(h, prefix), first(h, prefix+"-Aws-Kms-Key-Id"), first(h, prefix+"-Customer-Algorithm"),
		first(h, prefix+"-Bucket-Key-Enabled") == "true"}
}

// first is Header.Get for a name in canonical form.
func first(h http.Header, name string) string {
	if values := h[name]; len(values) > 0 {
		return values[0]
	}
	return ""
}

// count is a number in a header, 0 if there is none: then no error is made of it.
func count(h http.Header, name string) int {
	text := first(h, name)
	if text == "" {
		return 0
	}
	n, _ := strconv.Atoi(text)
	return n
}

func put(m *map[string]string, name, value string) {
	if *m == nil {
		*m = map[string]string{}
	}
	(*m)[name] = value
}

// ParseContentRange takes "bytes first-last/size" apart, strictly.
func ParseContentRange(s string) (first, last, size int64, err error) {
	spec, ok := strings.CutPrefix(s, "bytes ")
	span, total, ok2 := strings.Cut(spec, "/")
	a, b, ok3 := strings.Cut(span, "-")
	if ok && ok2 && ok3 {
		var n [3]int64
		valid := true
		for i, digits := range [...]string{a, b, total} {
			v, err := strconv.ParseInt(digits, 10, 64)
			valid = valid && err == nil && strconv.FormatInt(v, 10) == digits && v >= 0
			n[i] = v
		}
		if valid && n[0] <= n[1] && n[1] < n[2] {
			return n[0], n[1], n[2], nil
		}
	}
	return 0, 0, 0, fmt.Errorf("Content-Range is %q, and bytes FIRST-LAST/SIZE is expected", s)
}
