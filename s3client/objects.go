package s3client

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

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
	Payload     sigv4.PayloadHash
	ContentType string            // the service's default: application/octet-stream
	Metadata    map[string]string // x-amz-meta-…
	IfNoneMatch string            // "*": only if the key does not exist
}

// PutObjectOutput is the answer to PutObject.
type PutObjectOutput struct{ ETag, VersionID string }

// PutObject stores an object in one request, up to 5 GiB (Amazon S3 API
// Reference, "PutObject").
func (c *Client) PutObject(ctx context.Context, in PutObjectInput) (PutObjectOutput, error) {
	k := call{op: "PutObject", method: http.MethodPut, bucket: in.Bucket, key: in.Key, header: http.Header{}}
	if err := c.guard.checkKey(in.Bucket, in.Key, MayWrite); err != nil {
		return PutObjectOutput{}, k.wrap(err)
	}
	length := in.ContentLength
	if length == 0 {
		length = -1
	}
	var err error
	if k.body, err = newBody(in.Body, length, in.Payload); err != nil {
		return PutObjectOutput{}, k.wrap(err)
	}
	setIf(k.header, "Content-Type", in.ContentType)
	setIf(k.header, "If-None-Match", in.IfNoneMatch)
	for name, value := range in.Metadata {
		k.header.Set("X-Amz-Meta-"+name, value)
	}
	h, err := c.doEmpty(ctx, k)
	if err != nil {
		return PutObjectOutput{}, err
	}
	return PutObjectOutput{ETag: h.Get("ETag"), VersionID: h.Get("X-Amz-Version-Id")}, nil
}

// GetObjectInput asks for an object or a part of it.
type GetObjectInput struct {
	Bucket, Key string
	Range       string // "bytes=0-1023"; "" is the whole object
	IfMatch     string // an ETag: only if the object still has it
	IfNoneMatch string // an ETag: only if it has another; else ErrNotModified
	VersionID   string
	// ChecksumMode asks for the checksum that S3 keeps of the object.
	ChecksumMode bool
}

// GetObjectOutput is an object's body and what the service says of it.
type GetObjectOutput struct {
	ObjectInfo
	Body io.ReadCloser // must be closed
	// Status is 200 for the whole object and 206 for a part of it. A server may
	// answer a range with the whole: look before you use the body.
	Status       int
	ContentRange string // "bytes 0-1023/4096", with 206
}

// ObjectInfo is what the headers of an object say.
type ObjectInfo struct {
	ContentLength int64 // of this answer, bytes; -1 if unknown
	ContentType   string
	ETag          string
	LastModified  time.Time
	VersionID     string
	StorageClass  string
	Metadata      map[string]string // x-amz-meta-…, names in lower case
	// Checksums are those that the service gave, by name in lower case ("crc32c"),
	// in base64. ChecksumType is FULL_OBJECT or COMPOSITE.
	Checksums    map[string]string
	ChecksumType string
}

// GetObject reads an object (Amazon S3 API Reference, "GetObject").
func (c *Client) GetObject(ctx context.Context, in GetObjectInput) (GetObjectOutput, error) {
	k := call{op: "GetObject", method: http.MethodGet, bucket: in.Bucket, key: in.Key, header: http.Header{}}
	if err := c.guard.checkKey(in.Bucket, in.Key, MayRead); err != nil {
		return GetObjectOutput{}, k.wrap(err)
	}
	setIf(k.header, "Range", in.Range)
	setIf(k.header, "If-Match", in.IfMatch)
	setIf(k.header, "If-None-Match", in.IfNoneMatch)
	if in.ChecksumMode {
		k.header.Set("X-Amz-Checksum-Mode", "ENABLED")
	}
	k.query.addIf("versionId", in.VersionID)
	resp, err := c.do(ctx, k)
	if err != nil {
		return GetObjectOutput{}, err
	}
	return GetObjectOutput{ObjectInfo: objectInfo(resp), Body: resp.Body, Status: resp.StatusCode,
		ContentRange: resp.Header.Get("Content-Range")}, nil
}

// HeadObjectInput names the object to look at.
type HeadObjectInput struct {
	Bucket, Key  string
	IfMatch      string
	VersionID    string
	ChecksumMode bool
}

// HeadObjectOutput is what the service says of an object.
type HeadObjectOutput struct{ ObjectInfo }

// HeadObject looks at an object without reading it (Amazon S3 API Reference,
// "HeadObject"). The answer to a failure has no document: errors.Is with
// [ErrNotFound] and [ErrDenied] tells what is to be told.
func (c *Client) HeadObject(ctx context.Context, in HeadObjectInput) (HeadObjectOutput, error) {
	k := call{op: "HeadObject", method: http.MethodHead, bucket: in.Bucket, key: in.Key, header: http.Header{}}
	if err := c.guard.checkKey(in.Bucket, in.Key, MayRead); err != nil {
		return HeadObjectOutput{}, k.wrap(err)
	}
	setIf(k.header, "If-Match", in.IfMatch)
	if in.ChecksumMode {
		k.header.Set("X-Amz-Checksum-Mode", "ENABLED")
	}
	k.query.addIf("versionId", in.VersionID)
	resp, err := c.do(ctx, k)
	if err != nil {
		return HeadObjectOutput{}, err
	}
	resp.Body.Close()
	return HeadObjectOutput{objectInfo(resp)}, nil
}

// DeleteObjectInput names the object to remove.
type DeleteObjectInput struct {
	Bucket, Key, VersionID string
	IfMatch                string // an ETag: only if the object still has it; "*": only if there is one
}

// DeleteObjectOutput is the answer to DeleteObject.
type DeleteObjectOutput struct {
	DeleteMarker bool
	VersionID    string
}

// DeleteObject removes an object; that there was none is no error (Amazon S3 API
// Reference, "DeleteObject").
func (c *Client) DeleteObject(ctx context.Context, in DeleteObjectInput) (DeleteObjectOutput, error) {
	k := call{op: "DeleteObject", method: http.MethodDelete, bucket: in.Bucket, key: in.Key, header: http.Header{}}
	if err := c.guard.checkKey(in.Bucket, in.Key, MayDelete); err != nil {
		return DeleteObjectOutput{}, k.wrap(err)
	}
	setIf(k.header, "If-Match", in.IfMatch)
	k.query.addIf("versionId", in.VersionID)
	h, err := c.doEmpty(ctx, k)
	if err != nil {
		return DeleteObjectOutput{}, err
	}
	return DeleteObjectOutput{DeleteMarker: h.Get("X-Amz-Delete-Marker") == "true", VersionID: h.Get("X-Amz-Version-Id")}, nil
}

func objectInfo(resp *http.Response) ObjectInfo {
	h := resp.Header
	info := ObjectInfo{
		ContentLength: resp.ContentLength,
		ContentType:   h.Get("Content-Type"),
		ETag:          h.Get("ETag"),
		VersionID:     h.Get("X-Amz-Version-Id"),
		StorageClass:  h.Get("X-Amz-Storage-Class"),
		ChecksumType:  h.Get("X-Amz-Checksum-Type"),
	}
	info.LastModified, _ = http.ParseTime(h.Get("Last-Modified")) // zero where the service says none
	for name, values := range h {
		if meta, ok := strings.CutPrefix(name, "X-Amz-Meta-"); ok {
			put(&info.Metadata, strings.ToLower(meta), strings.Join(values, ","))
		}
		if algorithm, ok := strings.CutPrefix(name, "X-Amz-Checksum-"); ok && algorithm != "Type" {
			put(&info.Checksums, strings.ToLower(algorithm), values[0])
		}
	}
	return info
}

func put(m *map[string]string, name, value string) {
	if *m == nil {
		*m = map[string]string{}
	}
	(*m)[name] = value
}

func setIf(h http.Header, name, value string) {
	if value != "" {
		h.Set(name, value)
	}
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
