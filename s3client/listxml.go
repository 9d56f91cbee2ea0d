package s3client

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/sigvier/sigvier/s3client/checksum"
	"github.com/sigvier/sigvier/sigv4/sigv4http/awsxml"
)

// The documents of listings, read entry by entry (Amazon S3 API Reference, at the
// operation that each answers). What entries say alike, one after another, such as
// the storage class, has memory once.

// read reads a ListBucketResult ("ListObjectsV2").
func (out *ListObjectsV2Output) read(d *awsxml.Decoder) error {
	var keys keyEncoding
	var last Object
	for name := range d.Children {
		switch string(name) {
		case "Contents":
			last = readObject(d, last)
			out.Contents = append(out.Contents, last)
		case "CommonPrefixes":
			out.CommonPrefixes = append(out.CommonPrefixes, readPrefix(d))
		case "EncodingType":
			keys.read(d)
		case "KeyCount":
			out.KeyCount = d.Int()
		case "IsTruncated":
			out.IsTruncated = d.Bool()
		case "NextContinuationToken":
			out.NextContinuationToken = d.Text()
		}
	}
	for i := range out.Contents {
		keys.decode(&out.Contents[i].Key)
	}
	keys.decodeAll(out.CommonPrefixes)
	return keys.err
}

func readObject(d *awsxml.Decoder, last Object) (o Object) {
	for name := range d.Children {
		o.readElement(d, name, last)
	}
	return o
}

func (o *Object) readElement(d *awsxml.Decoder, name []byte, last Object) {
	switch string(name) {
	case "Key":
		o.Key = d.Text()
	case "Size":
		o.Size = d.Int64()
	case "ETag":
		o.ETag = d.Text()
	case "LastModified":
		o.LastModified = d.Time()
	case "StorageClass":
		o.StorageClass = readLike(d, last.StorageClass)
	case "Owner":
		for name := range d.Children {
			if string(name) == "ID" {
				o.Owner = readLike(d, last.Owner)
			}
		}
	}
}

// A ListObjectVersionsOutput is a page of versions, those of a key from the newest to
// the oldest.
type ListObjectVersionsOutput struct {
	Versions            []ObjectVersion
	DeleteMarkers       []DeleteMarker
	CommonPrefixes      []string
	IsTruncated         bool
	NextKeyMarker       string // with the next, where the next page begins
	NextVersionIDMarker string
}

// ObjectVersion is one version of a key.
type ObjectVersion struct {
	Object
	VersionID string // "null" if it is from a time without versioning
	IsLatest  bool
}

// DeleteMarker stands for a deletion among a key's versions.
type DeleteMarker struct {
	Key          string
	VersionID    string
	IsLatest     bool
	LastModified time.Time
}

// read reads a ListVersionsResult ("ListObjectVersions").
func (out *ListObjectVersionsOutput) read(d *awsxml.Decoder) error {
	var keys keyEncoding
	var last ObjectVersion
	for name := range d.Children {
		switch string(name) {
		case "Version":
			last = readVersion(d, last)
			out.Versions = append(out.Versions, last)
		case "DeleteMarker":
			v := readVersion(d, ObjectVersion{})
			out.DeleteMarkers = append(out.DeleteMarkers, DeleteMarker{v.Key, v.VersionID, v.IsLatest, v.LastModified})
		case "CommonPrefixes":
			out.CommonPrefixes = append(out.CommonPrefixes, readPrefix(d))
		case "EncodingType":
			keys.read(d)
		case "IsTruncated":
			out.IsTruncated = d.Bool()
		case "NextKeyMarker":
			out.NextKeyMarker = d.Text()
		case "NextVersionIdMarker":
			out.NextVersionIDMarker = d.Text()
		}
	}
	for i := range out.Versions {
		keys.decode(&out.Versions[i].Key)
	}
	for i := range out.DeleteMarkers {
		keys.decode(&out.DeleteMarkers[i].Key)
	}
	keys.decodeAll(out.CommonPrefixes)
	keys.decode(&out.NextKeyMarker)
	return keys.err
}

func readVersion(d *awsxml.Decoder, last ObjectVersion) (v ObjectVersion) {
	for name := range d.Children {
		switch string(name) {
		case "VersionId":
			v.VersionID = readLike(d, last.VersionID)
		case "IsLatest":
			v.IsLatest = d.Bool()
		default:
			v.readElement(d, name, last.Object)
		}
	}
	return v
}

// ListMultipartUploadsOutput is a page of uploads that are under way.
type ListMultipartUploadsOutput struct {
	Uploads            []MultipartUpload
	CommonPrefixes     []string
	IsTruncated        bool
	NextKeyMarker      string // with the next, where the next page begins
	NextUploadIDMarker string
}

// MultipartUpload is an upload that is neither completed nor aborted.
type MultipartUpload struct {
	Key          string
	UploadID     string
	Initiated    time.Time
	StorageClass string
}

// read reads a ListMultipartUploadsResult ("ListMultipartUploads").
func (out *ListMultipartUploadsOutput) read(d *awsxml.Decoder) error {
	var keys keyEncoding
	for name := range d.Children {
		switch string(name) {
		case "Upload":
			out.Uploads = append(out.Uploads, readUpload(d))
		case "CommonPrefixes":
			out.CommonPrefixes = append(out.CommonPrefixes, readPrefix(d))
		case "EncodingType":
			keys.read(d)
		case "IsTruncated":
			out.IsTruncated = d.Bool()
		case "NextKeyMarker":
			out.NextKeyMarker = d.Text()
		case "NextUploadIdMarker":
			out.NextUploadIDMarker = d.Text()
		}
	}
	for i := range out.Uploads {
		keys.decode(&out.Uploads[i].Key)
	}
	keys.decodeAll(out.CommonPrefixes)
	keys.decode(&out.NextKeyMarker)
	return keys.err
}

func readUpload(d *awsxml.Decoder) (u MultipartUpload) {
	for name := range d.Children {
		switch string(name) {
		case "Key":
			u.Key = d.Text()
		case "UploadId":
			u.UploadID = d.Text()
		case "Initiated":
			u.Initiated = d.Time()
		case "StorageClass":
			u.StorageClass = d.Text()
		}
	}
	return u
}

// ListPartsOutput is a page of the parts that an upload has so far.
type ListPartsOutput struct {
	Parts                []Part
	IsTruncated          bool
	NextPartNumberMarker int
	StorageClass         string
	ChecksumAlgorithm    checksum.Algorithm
	ChecksumType         checksum.Type
}

// Part is one part of an upload.
type Part struct {
	PartNumber   int // from 1
	Size         int64
	ETag         string
	LastModified time.Time
	Checksum     checksum.Value // zero if the service keeps none
}

// read reads a ListPartsResult ("ListParts").
func (out *ListPartsOutput) read(d *awsxml.Decoder) error {
	for name := range d.Children {
		switch string(name) {
		case "Part":
			p, err := readPart(d)
			if err != nil {
				return err
			}
			out.Parts = append(out.Parts, p)
		case "IsTruncated":
			out.IsTruncated = d.Bool()
		case "NextPartNumberMarker":
			out.NextPartNumberMarker = d.Int()
		case "StorageClass":
			out.StorageClass = d.Text()
		case "ChecksumAlgorithm":
			out.ChecksumAlgorithm = checksum.Algorithm(d.Text())
		case "ChecksumType":
			out.ChecksumType = checksum.Type(d.Text())
		}
	}
	return nil
}

func readPart(d *awsxml.Decoder) (p Part, err error) {
	for name := range d.Children {
		switch string(name) {
		case "PartNumber":
			p.PartNumber = d.Int()
		case "Size":
			p.Size = d.Int64()
		case "ETag":
			p.ETag = d.Text()
		case "LastModified":
			p.LastModified = d.Time()
		default:
			algorithm, ok := strings.CutPrefix(string(name), "Checksum")
			if !ok {
				continue
			}
			a, unknown := checksum.ParseAlgorithm(algorithm)
			if unknown != nil {
				continue // one that S3 has learnt since
			}
			if p.Checksum, err = checksum.Parse(a, d.Text(), checksum.FullObject); err != nil {
				return Part{}, fmt.Errorf("part %d: %w", p.PartNumber, err)
			}
		}
	}
	return p, nil
}

// read reads a ListAllMyBucketsResult ("ListBuckets").
func (out *ListBucketsOutput) read(d *awsxml.Decoder) error {
	for name := range d.Children {
		switch string(name) {
		case "Buckets":
			for range d.Children {
				out.Buckets = append(out.Buckets, readBucket(d))
			}
		case "ContinuationToken":
			out.ContinuationToken = d.Text()
		}
	}
	return nil
}

func readBucket(d *awsxml.Decoder) (b Bucket) {
	for name := range d.Children {
		switch string(name) {
		case "Name":
			b.Name = d.Text()
		case "CreationDate":
			b.CreationDate = d.Time()
		case "BucketRegion":
			b.Region = d.Text()
		}
	}
	return b
}

// readPrefix reads an element CommonPrefixes, which in spite of its name has one.
func readPrefix(d *awsxml.Decoder) (prefix string) {
	for name := range d.Children {
		if string(name) == "Prefix" {
			prefix = d.Text()
		}
	}
	return prefix
}

// readLike reads a text, which needs no memory if the last one was the same.
func readLike(d *awsxml.Decoder, last string) string {
	if text := d.Bytes(); string(text) != last {
		return string(text)
	}
	return last
}

// keyEncoding is how a page writes keys, prefixes and delimiters, if EncodingType is
// url ("ListObjectsV2", at EncodingType). Not all servers say so before they write
// the first, so they are decoded when the page has ended.
type keyEncoding struct {
	url bool
	err error // the first
}

func (k *keyEncoding) read(d *awsxml.Decoder) { k.url = string(d.Bytes()) == "url" }

func (k *keyEncoding) decode(key *string) {
	if !k.url || k.err != nil {
		return
	}
	decoded, err := url.QueryUnescape(*key)
	if err != nil {
		k.err = fmt.Errorf("the answer has a malformed key: %w", err)
		return
	}
	*key = decoded
}

func (k *keyEncoding) decodeAll(keys []string) {
	for i := range keys {
		k.decode(&keys[i])
	}
}
