package s3test

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/sigvier/sigvier/s3client/checksum"
)

// beginUpload starts a multipart upload of /data/key, and gives what its requests go to.
func (c *client) beginUpload(t *testing.T, headers ...string) (target string) {
	t.Helper()
	r := c.do(t, "POST", "/data/key?uploads", "", headers...)
	r.want(t, 200, "")
	r.wantElements(t, "Bucket", "data", "Key", "key")
	return "/data/key?uploadId=" + r.element(t, "UploadId")
}

func (c *client) putPart(t *testing.T, target string, number int, body string, headers ...string) result {
	t.Helper()
	r := c.do(t, "PUT", target+"&partNumber="+fmt.Sprint(number), body, headers...)
	r.want(t, 200, "")
	return r
}

// listOf is the body of CompleteMultipartUpload; what an answer to UploadPart has of
// checksums goes into it.
func listOf(numbers []int, parts ...result) string {
	var b strings.Builder
	for i, p := range parts {
		fmt.Fprintf(&b, "<Part><PartNumber>%d</PartNumber><ETag>%s</ETag>", numbers[i], p.header.Get("ETag"))
		for _, a := range checksum.Algorithms() {
			if v := p.header.Get(a.Header()); v != "" {
				name := "Checksum" + a.String()
				fmt.Fprintf(&b, "<%s>%s</%s>", name, v, name)
			}
		}
		b.WriteString("</Part>")
	}
	return `<CompleteMultipartUpload xmlns="` + s3Namespace + `">` + b.String() + "</CompleteMultipartUpload>"
}

func (r result) wantPart(t testing.TB, body string) {
	t.Helper()
	if r.want(t, 206, ""); r.body != body {
		t.Errorf("got %q, want %q", r.body, body)
	}
}

func TestMultipartUpload(t *testing.T) {
	inBothStores(t, func(t *testing.T, c *client) {
		target := c.beginUpload(t, "Content-Type", "text/plain", "X-Amz-Meta-Colour", "red", "X-Amz-Tagging", "a=1", "X-Amz-Storage-Class", "STANDARD_IA")
		c.putPart(t, target, 1, "overwritten")
		bodies := []string{"part one", "part two!", "end"}
		var parts []result
		for i, n := range []int{1, 5, 10000} { // numbers need not be consecutive
			parts = append(parts, c.putPart(t, target, n, bodies[i]))
			parts[i].wantHeader(t, "ETag", etagOf(bodies[i]))
		}
		c.putPart(t, target, 7, "not listed")
		c.do(t, "GET", "/data/key", "").want(t, 404, "NoSuchKey")

		done := c.do(t, "POST", target, listOf([]int{1, 5, 10000}, parts...))
		done.want(t, 200, "")
		whole := strings.Join(bodies, "")
		etag := wholeETag([]listedPart{{ETag: etagOf(bodies[0])}, {ETag: etagOf(bodies[1])}, {ETag: etagOf(bodies[2])}})
		if !strings.HasSuffix(etag, `-3"`) {
			t.Fatal(etag)
		}
		done.wantElements(t, "ETag", etag, "Key", "key", "Bucket", "data", "ChecksumCRC64NVME", sum("CRC64NVME", whole), "ChecksumType", "FULL_OBJECT",
			"Location", c.srv.URL+"/data/key")
		r := c.do(t, "GET", "/data/key", "", "X-Amz-Checksum-Mode", "ENABLED")
		r.wantBody(t, whole)
		for name, want := range map[string]string{
			"ETag": etag, "Content-Type": "text/plain", "X-Amz-Meta-Colour": "red", "X-Amz-Tagging-Count": "1",
			"X-Amz-Storage-Class": "STANDARD_IA", "X-Amz-Checksum-Crc64nvme": sum("CRC64NVME", whole), "X-Amz-Mp-Parts-Count": "",
		} {
			r.wantHeader(t, name, want)
		}

		// Ranges go across the parts.
		for a := range len(whole) {
			for b := a; b < len(whole); b++ {
				r := c.do(t, "GET", "/data/key", "", "Range", fmt.Sprintf("bytes=%d-%d", a, b))
				if r.status != 206 || r.body != whole[a:b+1] {
					t.Fatalf("bytes %d-%d: %d %q", a, b, r.status, r.body)
				}
			}
		}
		// Parts are counted anew, and come one by one.
		for i, body := range bodies {
			r := c.do(t, "GET", "/data/key?partNumber="+fmt.Sprint(i+1), "")
			r.wantPart(t, body)
			r.wantHeader(t, "X-Amz-Mp-Parts-Count", "3")
		}
		c.do(t, "HEAD", "/data/key?partNumber=2", "").wantHeader(t, "Content-Range", "bytes 8-16/20")
		c.do(t, "GET", "/data/key?partNumber=4", "").want(t, 416, "InvalidPartNumber")
		c.do(t, "GET", "/data/key?partNumber=0", "").want(t, 400, "InvalidArgument")
		c.do(t, "GET", "/data/key?partNumber=1", "", "Range", "bytes=0-1").want(t, 400, "InvalidRequest")

		// Asked again, because the answer was lost.
		c.do(t, "POST", target, listOf([]int{1, 5, 10000}, parts...)).wantElements(t, "ETag", etag)
		c.do(t, "POST", target, listOf([]int{1}, parts[:1]...)).want(t, 404, "NoSuchUpload")
		c.do(t, "PUT", target+"&partNumber=1", "x").want(t, 404, "NoSuchUpload")
		c.do(t, "DELETE", target, "").want(t, 404, "NoSuchUpload")
	})
}

func TestPartNumberOfAnObjectFromOnePut(t *testing.T) {
	c := newClient(start(t, Config{}))
	c.put(t, "/data/key", "body")
	r := c.do(t, "GET", "/data/key?partNumber=1", "", "X-Amz-Checksum-Mode", "ENABLED")
	r.wantPart(t, "body")
	r.wantHeader(t, "X-Amz-Mp-Parts-Count", "")
	r.wantHeader(t, "X-Amz-Checksum-Crc64nvme", sum("CRC64NVME", "body"))
	c.do(t, "GET", "/data/key?partNumber=2", "").want(t, 416, "InvalidPartNumber")
}

func TestMultipartChecksums(t *testing.T) {
	bodies := []string{"part one", "part two!", "end"}
	whole := strings.Join(bodies, "")
	for _, test := range []struct {
		algorithm   checksum.Algorithm
		asked, kind string
	}{
		{"CRC32", "", "COMPOSITE"}, {"CRC32", "FULL_OBJECT", "FULL_OBJECT"}, {"CRC32", "COMPOSITE", "COMPOSITE"},
		{"CRC32C", "", "COMPOSITE"}, {"CRC32C", "FULL_OBJECT", "FULL_OBJECT"},
		{"CRC64NVME", "", "FULL_OBJECT"}, {"SHA256", "", "COMPOSITE"},
	} {
		t.Run(test.algorithm.String()+test.asked, func(t *testing.T) {
			c := newClient(start(t, Config{MinPartSize: 8}))
			headers := []string{"X-Amz-Checksum-Algorithm", test.algorithm.String()}
			if test.asked != "" {
				headers = append(headers, "X-Amz-Checksum-Type", test.asked)
			}
			r := c.do(t, "POST", "/data/key?uploads", "", headers...)
			r.wantHeader(t, "X-Amz-Checksum-Algorithm", test.algorithm.String())
			r.wantHeader(t, "X-Amz-Checksum-Type", test.kind)
			target := "/data/key?uploadId=" + r.element(t, "UploadId")
			header := test.algorithm.Header()
			var parts []result
			var sums []byte
			for i, body := range bodies {
				p := c.putPart(t, target, i+1, body, header, sum(test.algorithm, body))
				p.wantHeader(t, header, sum(test.algorithm, body))
				parts = append(parts, p)
				one, _ := base64.StdEncoding.DecodeString(sum(test.algorithm, body))
				sums = append(sums, one...)
			}
			c.do(t, "PUT", target+"&partNumber=4", "x", header, sum(test.algorithm, "y")).want(t, 400, "BadDigest")
			want := sum(test.algorithm, whole)
			if test.kind == "COMPOSITE" {
				want = sum(test.algorithm, string(sums)) + "-3"
			}
			list := listOf([]int{1, 2, 3}, parts...)
			c.do(t, "POST", target, list, header, sum(test.algorithm, "other")).want(t, 400, "BadDigest")
			c.do(t, "POST", target, list, "X-Amz-Checksum-Type", map[string]string{"COMPOSITE": "FULL_OBJECT", "FULL_OBJECT": "COMPOSITE"}[test.kind]).want(t, 400, "InvalidRequest")
			done := c.do(t, "POST", target, list, header, want, "X-Amz-Checksum-Type", test.kind, "X-Amz-Mp-Object-Size", fmt.Sprint(len(whole)))
			done.want(t, 200, "")
			done.wantElements(t, "Checksum"+test.algorithm.String(), want, "ChecksumType", test.kind)
			r = c.do(t, "HEAD", "/data/key", "", "X-Amz-Checksum-Mode", "ENABLED")
			r.wantHeader(t, header, want)
			r.wantHeader(t, "X-Amz-Checksum-Type", test.kind)
			r = c.do(t, "GET", "/data/key?partNumber=2", "", "X-Amz-Checksum-Mode", "ENABLED")
			r.wantHeader(t, header, sum(test.algorithm, bodies[1]))
			c.do(t, "GET", "/data/key", "").wantHeader(t, header, "")
			c.do(t, "GET", "/data/key", "", "X-Amz-Checksum-Mode", "ENABLED", "Range", "bytes=0-3").wantHeader(t, header, "")
		})
	}
}

func TestMultipartUploadsAreRefused(t *testing.T) {
	c := newClient(start(t, Config{MinPartSize: 8}))
	for _, headers := range [][]string{
		{"X-Amz-Checksum-Algorithm", "CRC16"},
		{"X-Amz-Checksum-Type", "COMPOSITE"},
		{"X-Amz-Checksum-Algorithm", "CRC32", "X-Amz-Checksum-Type", "HALF"},
		{"X-Amz-Checksum-Algorithm", "CRC64NVME", "X-Amz-Checksum-Type", "COMPOSITE"},
		{"X-Amz-Checksum-Algorithm", "SHA256", "X-Amz-Checksum-Type", "FULL_OBJECT"},
	} {
		c.do(t, "POST", "/data/key?uploads", "", headers...).want(t, 400, "InvalidRequest")
	}
	c.do(t, "POST", "/none/key?uploads", "").want(t, 404, "NoSuchBucket")
	c.do(t, "POST", "/data?uploads", "").want(t, 501, "NotImplemented")

	target := c.beginUpload(t)
	for _, n := range []string{"0", "10001", "-1", "x", ""} {
		c.do(t, "PUT", target+"&partNumber="+n, "x").want(t, 400, "InvalidArgument")
	}
	c.do(t, "PUT", "/data/other?partNumber=1&"+strings.TrimPrefix(target, "/data/key?"), "x").want(t, 404, "NoSuchUpload")
	c.do(t, "PUT", "/data/key?partNumber=1&uploadId=x", "x").want(t, 404, "NoSuchUpload")
	one, two, three := c.putPart(t, target, 1, "part one"), c.putPart(t, target, 2, "short"), c.putPart(t, target, 3, "end")
	wrong := result{header: map[string][]string{"Etag": {anotherETag}}}
	for _, test := range []struct {
		name    string
		body    string
		headers []string
		status  int
		code    string
	}{
		{"nothing", "", nil, 400, "MalformedXML"},
		{"no parts", listOf(nil), nil, 400, "MalformedXML"},
		{"another element", "<Delete><Part/></Delete>", nil, 400, "MalformedXML"},
		{"order", listOf([]int{3, 1}, three, one), nil, 400, "InvalidPartOrder"},
		{"twice", listOf([]int{1, 1}, one, one), nil, 400, "InvalidPartOrder"},
		{"number", listOf([]int{0}, one), nil, 400, "InvalidArgument"},
		{"part that is not there", listOf([]int{1, 4}, one, three), nil, 400, "InvalidPart"},
		{"ETag of another part", listOf([]int{1, 3}, one, two), nil, 400, "InvalidPart"},
		{"another ETag", listOf([]int{1}, wrong), nil, 400, "InvalidPart"},
		{"small part", listOf([]int{1, 2, 3}, one, two, three), nil, 400, "EntityTooSmall"},
		{"size", listOf([]int{1, 3}, one, three), []string{"X-Amz-Mp-Object-Size", "12"}, 400, "InvalidRequest"},
		{"checksum of another algorithm", listOf([]int{1, 3}, one, three), []string{"X-Amz-Checksum-Crc32", sum("CRC32", "x")}, 400, "InvalidRequest"},
		{"condition of an object that is not there", listOf([]int{1}, one), []string{"If-Match", anotherETag}, 404, "NoSuchKey"},
		{"condition that is none", listOf([]int{1}, one), []string{"If-None-Match", anotherETag}, 501, "NotImplemented"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c.do(t, "POST", target, test.body, test.headers...).want(t, test.status, test.code)
			c.do(t, "GET", "/data/key", "").want(t, 404, "NoSuchKey")
		})
	}
	c.put(t, "/data/key", "there")
	c.do(t, "POST", target, listOf([]int{1, 3}, one, three), "If-None-Match", "*").want(t, 412, "PreconditionFailed")
	c.do(t, "POST", target, listOf([]int{1, 3}, one, three), "If-Match", etagOf("there")).want(t, 200, "")
}

// TestTenThousandParts is as many as there may be. Their bytes are those of the first.
func TestTenThousandParts(t *testing.T) {
	srv := start(t, Config{MinPartSize: 1})
	c := newClient(srv)
	target := c.beginUpload(t, "X-Amz-Checksum-Algorithm", "SHA256")
	first := c.putPart(t, target, 1, "x")
	srv.store.mu.Lock()
	for _, u := range srv.store.buckets["data"].uploads {
		for n := 2; n <= maxParts; n++ {
			p := *u.parts[1]
			p.Number = n
			u.parts[n] = &p
		}
	}
	srv.store.mu.Unlock()
	var numbers []int
	var parts []result
	for n := range maxParts + 1 {
		numbers, parts = append(numbers, n+1), append(parts, first)
	}
	c.do(t, "POST", target, listOf(numbers, parts...)).want(t, 400, "MalformedXML")
	r := c.do(t, "POST", target, listOf(numbers[:maxParts], parts[:maxParts]...))
	r.want(t, 200, "")
	if sum := r.element(t, "ChecksumSHA256"); !strings.HasSuffix(sum, "-10000") {
		t.Errorf("checksum %s", sum)
	}
	c.do(t, "GET", "/data/key", "").wantBody(t, strings.Repeat("x", maxParts))
	c.do(t, "GET", "/data/key?partNumber=10000", "").wantPart(t, "x")
}

// TestPartsKeepTheAlgorithm that their upload was begun with.
func TestPartsKeepTheAlgorithm(t *testing.T) {
	c := newClient(start(t, Config{}))
	target := c.beginUpload(t, "X-Amz-Checksum-Algorithm", "CRC32")
	c.do(t, "PUT", target+"&partNumber=1", "x", "X-Amz-Checksum-Sha256", sum("SHA256", "x")).want(t, 400, "InvalidRequest")
	one := c.putPart(t, target, 1, "x") // of which S3 computes the checksum itself
	one.wantHeader(t, "X-Amz-Checksum-Crc32", sum("CRC32", "x"))
	without := result{header: map[string][]string{"Etag": one.header["Etag"]}}
	c.do(t, "POST", target, listOf([]int{1}, without)).want(t, 400, "InvalidRequest")
	c.do(t, "POST", target, listOf([]int{2}, one)).want(t, 400, "InvalidPart")
	c.putPart(t, target, 2, "x")
	c.do(t, "POST", target, listOf([]int{2}, one)).want(t, 500, "InternalError") // as documented, where there are checksums
	c.do(t, "POST", target, listOf([]int{1}, one)).want(t, 200, "")
}

func TestUploadsAreBrokenOff(t *testing.T) {
	inBothStores(t, func(t *testing.T, c *client) {
		target := c.beginUpload(t)
		c.putPart(t, target, 1, "x")
		c.do(t, "DELETE", target, "").want(t, 204, "")
		c.do(t, "DELETE", target, "").want(t, 404, "NoSuchUpload")
		c.do(t, "GET", target, "").want(t, 404, "NoSuchUpload")
		if dir := c.srv.cfg.Dir; dir != "" {
			wantFiles(t, dir, 1)
		}
		c.putPart(t, c.beginUpload(t), 1, "x")
		c.do(t, "DELETE", "/data", "").want(t, 204, "") // uploads keep no bucket
	})
}

func TestPartsAreCopied(t *testing.T) {
	inBothStores(t, func(t *testing.T, c *client) {
		const content = "0123456789abcdef"
		c.put(t, "/data/source", content)
		target := c.beginUpload(t)
		one := c.copy(t, "data/source", target+"&partNumber=1", copySourceHeader+"-Range", "bytes=4-12")
		one.want(t, 200, "")
		one.wantElements(t, "ETag", etagOf(content[4:13]))
		two := c.copy(t, "/data/source", target+"&partNumber=2")
		for _, p := range []*result{&one, &two} {
			p.header = map[string][]string{"Etag": {p.element(t, "ETag")}}
		}
		c.do(t, "POST", target, listOf([]int{1, 2}, one, two)).want(t, 200, "")
		c.do(t, "GET", "/data/key", "").wantBody(t, content[4:13]+content)
		// A copy of an object in parts is one piece.
		c.copy(t, "data/key", "/data/copy").wantElements(t, "ETag", etagOf(content[4:13]+content))

		target = c.beginUpload(t)
		for _, test := range []struct {
			source, ranged string
			status         int
			code           string
		}{
			{"data/none", "", 404, "NoSuchKey"},
			{"data/source", "bytes=0-16", 400, "InvalidArgument"},
			{"data/source", "bytes=3-2", 400, "InvalidArgument"},
			{"data/source", "bytes=3-", 400, "InvalidArgument"},
			{"data/source", "3-4", 400, "InvalidArgument"},
		} {
			c.copy(t, test.source, target+"&partNumber=1", copySourceHeader+"-Range", test.ranged).want(t, test.status, test.code)
		}
		c.copy(t, "data/source", target+"&partNumber=1", copySourceHeader+"-If-Match", anotherETag).want(t, 412, "PreconditionFailed")
	})
}

func TestPartsAreListed(t *testing.T) {
	c := newClient(start(t, Config{}))
	target := c.beginUpload(t, "X-Amz-Checksum-Algorithm", "CRC32", "X-Amz-Storage-Class", "STANDARD_IA")
	for _, n := range []int{9, 2, 5, 100} {
		c.putPart(t, target, n, fmt.Sprint(n))
	}
	r := c.do(t, "GET", target, "")
	if got := r.elements(t, "PartNumber"); !slices.Equal(got, []string{"2", "5", "9", "100"}) {
		t.Errorf("parts %q", got)
	}
	r.wantElements(t, "Bucket", "data", "Key", "key", "IsTruncated", "false", "MaxParts", "1000", "StorageClass", "STANDARD_IA",
		"ChecksumAlgorithm", "CRC32", "ChecksumType", "COMPOSITE", "Owner/ID", ownerID, "Initiator/ID", ownerID)
	r = c.do(t, "GET", target+"&max-parts=1&part-number-marker=2", "")
	r.wantElements(t, "PartNumber", "5", "ETag", etagOf("5"), "Size", "1", "ChecksumCRC32", sum("CRC32", "5"),
		"PartNumberMarker", "2", "NextPartNumberMarker", "5", "IsTruncated", "true", "MaxParts", "1")
	for _, query := range []string{"max-parts=-1", "max-parts=x", "part-number-marker=x", "part-number-marker=-1"} {
		c.do(t, "GET", target+"&"+query, "").want(t, 400, "InvalidArgument")
	}
}

func TestUploadsAreListed(t *testing.T) {
	inBothStores(t, func(t *testing.T, c *client) {
		var ids []string
		for _, key := range []string{"b/1", "a", "c%20d", "a", "b/2"} {
			ids = append(ids, c.do(t, "POST", "/data/"+key+"?uploads", "").element(t, "UploadId"))
		}
		r := c.do(t, "GET", "/data?uploads", "")
		if got := r.elements(t, "Upload/Key"); !slices.Equal(got, []string{"a", "a", "b/1", "b/2", "c d"}) {
			t.Errorf("keys %q", got)
		}
		if got := r.elements(t, "Upload/UploadId"); !slices.Equal(got, []string{ids[1], ids[3], ids[0], ids[4], ids[2]}) {
			t.Errorf("uploads %q of %q", got, ids)
		}
		r = c.do(t, "GET", "/data?uploads&delimiter=/&encoding-type=url&max-uploads=3", "")
		r.wantElements(t, "CommonPrefixes/Prefix", "b/", "NextKeyMarker", "b/", "IsTruncated", "true", "MaxUploads", "3")
		r = c.do(t, "GET", "/data?uploads&delimiter=/&encoding-type=url&key-marker=b/", "")
		r.wantElements(t, "Upload/Key", "c+d", "IsTruncated", "false", "EncodingType", "url")
		r = c.do(t, "GET", "/data?uploads&max-uploads=1&key-marker=a&upload-id-marker="+url.QueryEscape(ids[1]), "")
		r.wantElements(t, "Upload/UploadId", ids[3], "NextUploadIdMarker", ids[3], "NextKeyMarker", "a")
		c.do(t, "GET", "/data?uploads&prefix=b/2", "").wantElements(t, "Upload/UploadId", ids[4])
		c.do(t, "GET", "/data?uploads&max-uploads=x", "").want(t, 400, "InvalidArgument")
		c.do(t, "GET", "/none?uploads", "").want(t, 404, "NoSuchBucket")
	})
}

// TestUploadsOnDiskAreFoundAgain, and go on where they were.
func TestUploadsOnDiskAreFoundAgain(t *testing.T) {
	dir := t.TempDir()
	first := start(t, Config{Dir: dir, MinPartSize: 8})
	c := newClient(first)
	c.put(t, "/data?versioning", versioned)
	id := c.put(t, "/data/key", "old").header.Get("X-Amz-Version-Id")
	target := c.beginUpload(t, "X-Amz-Meta-A", "b")
	one := c.putPart(t, target, 1, "part one")
	c.do(t, "DELETE", "/data/other", "").want(t, 204, "")
	first.Close()

	second := start(t, Config{Dir: dir, MinPartSize: 8})
	c = newClient(second)
	two := c.putPart(t, target, 2, "two")
	c.do(t, "POST", target, listOf([]int{1, 2}, one, two)).want(t, 200, "")
	second.Close()

	c = newClient(start(t, Config{Dir: dir}))
	r := c.do(t, "GET", "/data/key", "")
	r.wantBody(t, "part onetwo")
	r.wantHeader(t, "X-Amz-Meta-A", "b")
	c.do(t, "GET", "/data/key?versionId="+id, "").wantBody(t, "old")
	c.do(t, "GET", "/data?versioning", "").wantElements(t, "Status", "Enabled")
	c.do(t, "GET", "/data?versions", "").wantElements(t, "DeleteMarker/Key", "other")
	wantFiles(t, dir, 6) // bucket.json, two keys' JSON, three data files
}
