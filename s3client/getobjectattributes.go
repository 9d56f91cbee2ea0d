package s3client

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/sigvier/sigvier/s3client/checksum"
	"github.com/sigvier/sigvier/sigv4/sigv4http/awsxml"
)

// GetObjectAttributesInput asks what is known of an object.
type GetObjectAttributesInput struct {
	Bucket, Key, VersionID string
	// ObjectAttributes are those to give: "ETag", "Checksum", "ObjectParts",
	// "StorageClass", "ObjectSize"; none means all.
	ObjectAttributes []string
	MaxParts         int         // 0: the service's choice, 1,000
	PartNumberMarker int         // only parts behind this one
	CustomerKey      CustomerKey // of an object that is encrypted with SSE-C
	Common
}

// GetObjectAttributesOutput is the answer to GetObjectAttributes. What was not asked
// for, and what S3 does not keep, is zero.
type GetObjectAttributesOutput struct {
	ETag         string         // in quotes, as everywhere, though S3 leaves them out here
	Checksum     checksum.Value // of a composite one S3 does not say the number of parts here
	ObjectParts  ObjectParts
	StorageClass string
	ObjectSize   int64 // bytes

	LastModified   time.Time
	VersionID      string
	DeleteMarker   bool
	RequestCharged string // "requester", if that is who pays
}

// ObjectParts is a page of the parts of an object that was uploaded in parts.
type ObjectParts struct {
	TotalPartsCount      int
	Parts                []ObjectPart // only those of an object that has checksums of them
	IsTruncated          bool
	MaxParts             int
	PartNumberMarker     int
	NextPartNumberMarker int // where the next page begins
}

// ObjectPart is one part of an object.
type ObjectPart struct {
	PartNumber int   // from 1
	Size       int64 // bytes
	Checksum   checksum.Value
}

const allAttributes = "ETag,Checksum,ObjectParts,StorageClass,ObjectSize"

func (in GetObjectAttributesInput) call(c *Client) call {
	k := call{op: "GetObjectAttributes", method: http.MethodGet, bucket: in.Bucket, key: in.Key, subject: aKey, needs: MayRead}
	k.query.add("attributes", "")
	k.query.addIf("versionId", in.VersionID)
	attributes := allAttributes
	if len(in.ObjectAttributes) > 0 {
		attributes = strings.Join(in.ObjectAttributes, ",")
	}
	k.set("X-Amz-Object-Attributes", attributes)
	if in.MaxParts != 0 {
		k.set("X-Amz-Max-Parts", strconv.Itoa(in.MaxParts))
	}
	if in.PartNumberMarker != 0 {
		k.set("X-Amz-Part-Number-Marker", strconv.Itoa(in.PartNumberMarker))
	}
	in.CustomerKey.set(&k, "X-Amz-Server-Side-Encryption-Customer-")
	in.Common.set(&k)
	return k
}

// GetObjectAttributes says what is known of an object and of its parts (Amazon S3 API
// Reference, "GetObjectAttributes"); GetObjectAttributesPages goes on to all parts.
func (c *Client) GetObjectAttributes(ctx context.Context, in GetObjectAttributesInput) (GetObjectAttributesOutput, error) {
	k := in.call(c)
	var out GetObjectAttributesOutput
	h, err := c.doXML(ctx, &k, "GetObjectAttributesResponse", out.read,
		"getObjectAttributesResponse") // MinIO's
	if err != nil {
		return GetObjectAttributesOutput{}, err
	}
	out.LastModified, _ = http.ParseTime(h.Get("Last-Modified"))
	out.VersionID = h.Get("X-Amz-Version-Id")
	out.DeleteMarker = h.Get("X-Amz-Delete-Marker") == "true"
	out.RequestCharged = h.Get("X-Amz-Request-Charged")
	return out, nil
}

// GetObjectAttributesPages gives all pages of parts from the one that in asks for. It
// ends at the first error, which it yields.
func (c *Client) GetObjectAttributesPages(ctx context.Context, in GetObjectAttributesInput) iter.Seq2[GetObjectAttributesOutput, error] {
	k := call{op: "GetObjectAttributes", bucket: in.Bucket, key: in.Key}
	return pages(k, in.PartNumberMarker, func(marker int) (GetObjectAttributesOutput, bool, int, error) {
		in := in
		in.PartNumberMarker = marker
		out, err := c.GetObjectAttributes(ctx, in)
		return out, out.ObjectParts.IsTruncated, behindPart(out.ObjectParts.NextPartNumberMarker, marker), err
	})
}

// read reads a GetObjectAttributesResponse.
func (out *GetObjectAttributesOutput) read(d *awsxml.Decoder) (err error) {
	for name := range d.Children {
		switch string(name) {
		case "ETag":
			if etag := strings.Trim(d.Text(), `"`); etag != "" {
				out.ETag = `"` + etag + `"`
			}
		case "Checksum":
			var sums checksumElements
			for name := range d.Children {
				sums.read(d, name)
			}
			if out.Checksum, err = sums.value(); err != nil {
				return err
			}
		case "ObjectParts":
			if err := out.ObjectParts.read(d); err != nil {
				return err
			}
		case "StorageClass":
			out.StorageClass = d.Text()
		case "ObjectSize":
			out.ObjectSize = d.Int64()
		}
	}
	return nil
}

func (out *ObjectParts) read(d *awsxml.Decoder) error {
	for name := range d.Children {
		switch string(name) {
		case "PartsCount":
			out.TotalPartsCount = d.Int()
		case "PartNumberMarker":
			out.PartNumberMarker = d.Int()
		case "NextPartNumberMarker":
			out.NextPartNumberMarker = d.Int()
		case "MaxParts":
			out.MaxParts = d.Int()
		case "IsTruncated":
			out.IsTruncated = d.Bool()
		case "Part":
			p, err := readObjectPart(d)
			if err != nil {
				return err
			}
			out.Parts = append(out.Parts, p)
		}
	}
	return nil
}

func readObjectPart(d *awsxml.Decoder) (p ObjectPart, err error) {
	var sums checksumElements
	for name := range d.Children {
		switch string(name) {
		case "PartNumber":
			p.PartNumber = d.Int()
		case "Size":
			p.Size = d.Int64()
		default:
			sums.read(d, name)
		}
	}
	if p.Checksum, err = sums.value(); err != nil {
		return ObjectPart{}, fmt.Errorf("part %d: %w", p.PartNumber, err)
	}
	return p, nil
}
