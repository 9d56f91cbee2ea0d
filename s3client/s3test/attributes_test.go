package s3test

import (
	"slices"
	"strings"
	"testing"
)

func TestObjectAttributes(t *testing.T) {
	c := newClient(start(t, Config{MinPartSize: 8, Now: at("2026-11-23T12:00:00Z")}))
	const all = "ETag,Checksum,ObjectParts, StorageClass,ObjectSize"
	c.put(t, "/data/key", "body")
	r := c.do(t, "GET", "/data/key?attributes", "", attributesHeader, all)
	r.want(t, 200, "")
	r.wantElements(t, "ETag", strings.Trim(etagOf("body"), `"`), "ChecksumCRC64NVME", sum("CRC64NVME", "body"), "ChecksumType", "FULL_OBJECT", "StorageClass", "STANDARD", "ObjectSize", "4")
	r.wantHeader(t, "Last-Modified", "Mon, 23 Nov 2026 12:00:00 GMT")
	if got := r.elements(t, "ObjectParts"); got != nil {
		t.Errorf("parts %q", got)
	}
	r = c.do(t, "GET", "/data/key?attributes", "", attributesHeader, "ObjectSize")
	r.wantElements(t, "ObjectSize", "4")
	if got := r.elements(t, "ETag"); got != nil {
		t.Errorf("an ETag that nobody asked for: %q", got)
	}

	target := c.beginUpload(t, "X-Amz-Checksum-Algorithm", "SHA256")
	one, two, three := c.putPart(t, target, 1, "part one"), c.putPart(t, target, 2, "part two!"), c.putPart(t, target, 3, "end")
	done := c.do(t, "POST", target, listOf([]int{1, 2, 3}, one, two, three))
	done.want(t, 200, "")
	r = c.do(t, "GET", "/data/key?attributes", "", attributesHeader, all)
	whole := done.element(t, "ChecksumSHA256")
	r.wantElements(t, "Checksum/ChecksumSHA256", whole[:len(whole)-2], "ChecksumType", "COMPOSITE", "ObjectParts/PartsCount", "3", "ObjectParts/IsTruncated", "false", "ObjectSize", "20")
	if got := r.elements(t, "Part/Size"); !slices.Equal(got, []string{"8", "9", "3"}) {
		t.Errorf("sizes %q", got)
	}
	r = c.do(t, "GET", "/data/key?attributes", "", attributesHeader, "ObjectParts", "X-Amz-Max-Parts", "1", "X-Amz-Part-Number-Marker", "1")
	r.wantElements(t, "PartNumber", "2", "Size", "9", "ChecksumSHA256", sum("SHA256", "part two!"), "PartNumberMarker", "1", "NextPartNumberMarker", "2", "MaxParts", "1", "IsTruncated", "true")

	// Without a checksum of their own, parts are only counted.
	target = c.beginUpload(t)
	one = c.putPart(t, target, 1, "x")
	c.do(t, "POST", target, listOf([]int{1}, one)).want(t, 200, "")
	r = c.do(t, "GET", "/data/key?attributes", "", attributesHeader, all)
	r.wantElements(t, "PartsCount", "1")
	if got := r.elements(t, "Part"); got != nil {
		t.Errorf("parts %q", got)
	}

	c.do(t, "GET", "/data/key?attributes", "").want(t, 400, "InvalidRequest")
	c.do(t, "GET", "/data/key?attributes", "", attributesHeader, "ETag,Owner").want(t, 400, "InvalidArgument")
	c.do(t, "GET", "/data/key?attributes", "", attributesHeader, "ETag", "X-Amz-Max-Parts", "x").want(t, 400, "InvalidArgument")
	c.do(t, "GET", "/data/none?attributes", "", attributesHeader, "ETag").want(t, 404, "NoSuchKey")
}
