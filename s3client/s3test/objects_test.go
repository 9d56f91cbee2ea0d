package s3test

import (
	"bufio"
	"bytes"
	"crypto/fips140"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sigvier/sigvier/s3client/checksum"
)

func base64Of(b []byte) string { return base64.StdEncoding.EncodeToString(b) }

func TestObjectComesBackAsItWent(t *testing.T) {
	c := newClient(start(t, Config{Now: at("2026-11-23T12:00:00.7Z")}))
	put := c.put(t, "/data/dir/hello", "hello, world",
		"Content-Type", "text/plain", "Cache-Control", "no-cache", "Content-Disposition", "inline",
		"Content-Encoding", "identity", "Content-Language", "la", "Expires", "Tue, 24 Nov 2026 00:00:00 GMT",
		"X-Amz-Meta-Colour", "blue", "X-Amz-Meta-Shape", "round")
	put.wantHeader(t, "ETag", etagOf("hello, world"))
	put.wantHeader(t, "X-Amz-Checksum-Crc64nvme", sum("CRC64NVME", "hello, world"))

	for _, method := range []string{"GET", "HEAD"} {
		r := c.do(t, method, "/data/dir/hello", "")
		r.want(t, 200, "")
		if want := map[string]string{"GET": "hello, world"}[method]; r.body != want {
			t.Errorf("%s: body %q, want %q", method, r.body, want)
		}
		for name, want := range map[string]string{
			"Content-Length": "12", "Content-Type": "text/plain", "Cache-Control": "no-cache",
			"Content-Disposition": "inline", "Content-Encoding": "identity", "Content-Language": "la",
			"Expires": "Tue, 24 Nov 2026 00:00:00 GMT", "X-Amz-Meta-Colour": "blue", "X-Amz-Meta-Shape": "round",
			"ETag": etagOf("hello, world"), "Last-Modified": "Mon, 23 Nov 2026 12:00:00 GMT", "Accept-Ranges": "bytes",
			"Server": "sigvier-s3test", "Date": "Mon, 23 Nov 2026 12:00:00 GMT", "X-Amz-Checksum-Crc64nvme": "",
		} {
			r.wantHeader(t, name, want)
		}
		if r.header.Get("X-Amz-Request-Id") == "" || r.header.Get("X-Amz-Id-2") == "" {
			t.Error("the request has no ID")
		}
	}

	r := c.do(t, "GET", "/data/dir/hello?response-content-type=text%2Fhtml&response-cache-control=x", "")
	r.wantHeader(t, "Content-Type", "text/html")
	r.wantHeader(t, "Cache-Control", "x")

	c.do(t, "DELETE", "/data/dir/hello", "").want(t, 204, "")
	c.do(t, "GET", "/data/dir/hello", "").want(t, 404, "NoSuchKey")
	c.do(t, "DELETE", "/data/dir/hello", "").want(t, 204, "")
}

func TestEmptyObject(t *testing.T) {
	c := newClient(start(t, Config{}))
	c.put(t, "/data/empty", "")
	r := c.do(t, "GET", "/data/empty", "")
	r.want(t, 200, "")
	r.wantHeader(t, "Content-Length", "0")
	r.wantHeader(t, "Content-Type", "binary/octet-stream")
	c.do(t, "GET", "/data/empty", "", "Range", "bytes=0-").want(t, 416, "InvalidRange")
}

func TestMissingObjectAndBucket(t *testing.T) {
	c := newClient(start(t, Config{}))
	for _, test := range []struct {
		method, target string
		status         int
		code           string
		elements       []string
	}{
		{"GET", "/data/no%20key", 404, "NoSuchKey", []string{"Key", "no key", "Resource", "/data/no%20key", "Message", "The specified key does not exist."}},
		{"GET", "/nothing/key", 404, "NoSuchBucket", []string{"BucketName", "nothing"}},
		{"PUT", "/nothing/key", 404, "NoSuchBucket", []string{"BucketName", "nothing"}},
		{"DELETE", "/nothing/key", 404, "NoSuchBucket", []string{"BucketName", "nothing"}},
		{"GET", "/nothing?list-type=2", 404, "NoSuchBucket", []string{"BucketName", "nothing"}},
		{"GET", "/nothing", 404, "NoSuchBucket", []string{"BucketName", "nothing"}},
		{"GET", "/nothing?location", 404, "NoSuchBucket", []string{"BucketName", "nothing"}},
		{"DELETE", "/nothing", 404, "NoSuchBucket", []string{"BucketName", "nothing"}},
		{"GET", "/Not_A_Bucket/key", 400, "InvalidBucketName", []string{"BucketName", "Not_A_Bucket"}},
		{"HEAD", "/data/key", 404, "", nil},
		{"HEAD", "/nothing/key", 404, "", nil},
		{"HEAD", "/nothing", 404, "", nil},
	} {
		t.Run(test.method+test.target, func(t *testing.T) {
			r := c.do(t, test.method, test.target, "")
			r.want(t, test.status, test.code)
			r.wantElements(t, test.elements...)
			if test.method == "HEAD" {
				if r.body != "" {
					t.Errorf("HEAD has a body: %q", r.body)
				}
				return
			}
			r.wantHeader(t, "Content-Type", "application/xml")
			r.wantElements(t, "RequestId", r.header.Get("X-Amz-Request-Id"), "HostId", r.header.Get("X-Amz-Id-2"))
		})
	}
}

func TestRanges(t *testing.T) {
	c := newClient(start(t, Config{}))
	c.put(t, "/data/digits", "0123456789")
	for _, test := range []struct {
		header, body, contentRange string
	}{
		{"bytes=0-0", "0", "bytes 0-0/10"},
		{"bytes=2-5", "2345", "bytes 2-5/10"},
		{"bytes=0-9", "0123456789", "bytes 0-9/10"},
		{"bytes=9-9", "9", "bytes 9-9/10"},
		{"bytes=7-", "789", "bytes 7-9/10"},
		{"bytes=-3", "789", "bytes 7-9/10"},
		{"bytes=-100", "0123456789", "bytes 0-9/10"},
		{"bytes=5-100", "56789", "bytes 5-9/10"},
		{"bytes=5-99999999999999999999", "56789", "bytes 5-9/10"},
		{"Bytes=1-2", "12", "bytes 1-2/10"},
		{"bytes=10-", "", "bytes */10"},
		{"bytes=10-20", "", "bytes */10"},
		{"bytes=99999999999999999999-", "", "bytes */10"},
		{"bytes=-0", "", "bytes */10"},
		{"bytes=5-2", "0123456789", ""},
		{"bytes=", "0123456789", ""},
		{"bytes=-", "0123456789", ""},
		{"bytes=a-b", "0123456789", ""},
		{"bytes=0-1,4-5", "0123456789", ""},
		{"bytes=+1-2", "0123456789", ""},
		{"bytes=1--2", "0123456789", ""},
		{"bytes 0-1", "0123456789", ""},
		{"lines=0-1", "0123456789", ""},
	} {
		t.Run(test.header, func(t *testing.T) {
			for _, method := range []string{"GET", "HEAD"} {
				r := c.do(t, method, "/data/digits", "", "Range", test.header)
				r.wantHeader(t, "Content-Range", test.contentRange)
				if strings.HasPrefix(test.contentRange, "bytes */") {
					if method == "GET" {
						r.want(t, 416, "InvalidRange")
						r.wantElements(t, "RangeRequested", test.header, "ActualObjectSize", "10")
					} else {
						r.want(t, 416, "")
					}
					continue
				}
				status := 206
				if test.contentRange == "" {
					status = 200
				}
				r.want(t, status, "")
				r.wantHeader(t, "Content-Length", fmt.Sprint(len(test.body)))
				if method == "GET" && r.body != test.body {
					t.Errorf("body %q, want %q", r.body, test.body)
				}
			}
		})
	}
}

func TestConditionsOfReading(t *testing.T) {
	c := newClient(start(t, Config{Now: at("2026-11-23T12:00:00Z")}))
	c.put(t, "/data/key", "content")
	const (
		before = "Mon, 23 Nov 2026 11:59:59 GMT"
		same   = "Mon, 23 Nov 2026 12:00:00 GMT"
	)
	good, bad := etagOf("content"), anotherETag
	for _, test := range []struct {
		name      string
		headers   []string
		status    int
		condition string
	}{
		{"If-Match holds", []string{"If-Match", good}, 200, ""},
		{"If-Match without quotes", []string{"If-Match", strings.Trim(good, `"`)}, 200, ""},
		{"If-Match any", []string{"If-Match", "*"}, 200, ""},
		{"If-Match one of two", []string{"If-Match", bad + ", " + good}, 200, ""},
		{"If-Match fails", []string{"If-Match", bad}, 412, "If-Match"},
		{"If-Match fails before the range", []string{"If-Match", bad, "Range", "bytes=100-"}, 412, "If-Match"},
		{"If-None-Match fails", []string{"If-None-Match", good}, 304, ""},
		{"If-None-Match holds", []string{"If-None-Match", bad}, 200, ""},
		{"If-Modified-Since fails", []string{"If-Modified-Since", same}, 304, ""},
		{"If-Modified-Since holds", []string{"If-Modified-Since", before}, 200, ""},
		{"If-Unmodified-Since fails", []string{"If-Unmodified-Since", before}, 412, "If-Unmodified-Since"},
		{"If-Unmodified-Since holds", []string{"If-Unmodified-Since", same}, 200, ""},
		{"If-Match outranks If-Unmodified-Since", []string{"If-Match", good, "If-Unmodified-Since", before}, 200, ""},
		{"If-None-Match outranks If-Modified-Since", []string{"If-None-Match", good, "If-Modified-Since", before}, 304, ""},
		{"a time that is none", []string{"If-Modified-Since", "yesterday"}, 200, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			code := ""
			if test.status == 412 {
				code = "PreconditionFailed"
			}
			r := c.do(t, "GET", "/data/key", "", test.headers...)
			r.want(t, test.status, code)
			if test.condition != "" {
				r.wantElements(t, "Condition", test.condition)
			}
			if test.status == 304 {
				r.wantHeader(t, "ETag", good)
				if r.body != "" {
					t.Errorf("304 has a body: %q", r.body)
				}
			}
			c.do(t, "HEAD", "/data/key", "", test.headers...).want(t, test.status, "")
		})
	}
}

func TestConditionsOfWriting(t *testing.T) {
	c := newClient(start(t, Config{}))
	c.do(t, "PUT", "/data/key", "x", "If-Match", anotherETag).want(t, 404, "NoSuchKey")
	c.put(t, "/data/key", "one", "If-None-Match", "*")
	c.do(t, "PUT", "/data/key", "two", "If-None-Match", "*").want(t, 412, "PreconditionFailed")
	c.do(t, "PUT", "/data/key", "two", "If-Match", anotherETag).want(t, 412, "PreconditionFailed")
	r := c.do(t, "PUT", "/data/key", "two", "If-None-Match", anotherETag)
	r.want(t, 501, "NotImplemented")
	r.wantElements(t, "Header", "If-None-Match")
	if got := c.do(t, "GET", "/data/key", "").body; got != "one" {
		t.Fatalf("a refused PUT stored %q", got)
	}
	c.put(t, "/data/key", "two", "If-Match", etagOf("one"))
}

// Of many writers with If-None-Match: * exactly one may win.
func TestOneOfManyConditionalWritersWins(t *testing.T) {
	c := newClient(start(t, Config{}))
	var wg sync.WaitGroup
	statuses := make([]int, 8)
	for i := range statuses {
		wg.Go(func() { statuses[i] = c.do(t, "PUT", "/data/lock", "x", "If-None-Match", "*").status })
	}
	wg.Wait()
	won := 0
	for _, s := range statuses {
		if s == 200 {
			won++
		} else if s != 412 {
			t.Errorf("status %d", s)
		}
	}
	if won != 1 {
		t.Errorf("%d writers won", won)
	}
}

func TestBodyIsHeldAgainstWhatWasSaidOfIt(t *testing.T) {
	c := newClient(start(t, Config{}))
	other := strings.Repeat("0", 64)
	md5Code := "BadDigest"
	if fips140.Enabled() {
		md5Code = "NotImplemented"
	}
	statusOf := map[string]int{"NotImplemented": 501, "NoSuchKey": 404}
	for _, test := range []struct {
		name    string
		headers []string
		code    string
	}{
		{"another digest was signed", []string{"X-Amz-Content-Sha256", other}, "XAmzContentSHA256Mismatch"},
		{"Content-MD5 of another body", []string{"Content-Md5", base64Of(make([]byte, 16))}, md5Code},
		{"Content-MD5 that is none", []string{"Content-Md5", "dummy"}, "InvalidDigest"},
		{"CRC32 of another body", []string{"X-Amz-Checksum-Crc32", sum("CRC32", "other")}, "BadDigest"},
		{"CRC32C of another body", []string{"X-Amz-Checksum-Crc32c", sum("CRC32C", "other")}, "BadDigest"},
		{"CRC64NVME of another body", []string{"X-Amz-Checksum-Crc64nvme", sum("CRC64NVME", "other")}, "BadDigest"},
		{"SHA-256 of another body", []string{"X-Amz-Checksum-Sha256", sum("SHA256", "other")}, "BadDigest"},
		{"checksum that is none", []string{"X-Amz-Checksum-Crc32", "AAAA"}, "InvalidRequest"},
		{"unknown checksum", []string{"X-Amz-Checksum-Crc16", "AAAA"}, "NotImplemented"},
		{"two checksums", []string{"X-Amz-Checksum-Crc32", sum("CRC32", "body"), "X-Amz-Checksum-Crc32c", sum("CRC32C", "body")}, "InvalidRequest"},
		{"algorithm without value", []string{"X-Amz-Sdk-Checksum-Algorithm", "CRC32"}, "InvalidRequest"},
		{"algorithm of another value", []string{"X-Amz-Sdk-Checksum-Algorithm", "CRC32C", "X-Amz-Checksum-Crc32", sum("CRC32", "body")}, "InvalidRequest"},
		{"chunks without their length", []string{"X-Amz-Content-Sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"}, "MissingContentLength"},
		{"no chunks", []string{"X-Amz-Content-Sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "X-Amz-Decoded-Content-Length", "4"}, "IncompleteBody"},
		{"chunks of another algorithm", []string{"X-Amz-Content-Sha256", "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD"}, "NotImplemented"},
		{"copy of nothing", []string{"X-Amz-Copy-Source", "/data/a"}, "NoSuchKey"},
		{"customer key", []string{"X-Amz-Server-Side-Encryption-Customer-Algorithm", "AES256"}, "InvalidArgument"},
		{"storage class", []string{"X-Amz-Storage-Class", "COLD"}, "InvalidStorageClass"},
		{"public", []string{"X-Amz-Acl", "public-read"}, "AccessControlListNotSupported"},
		{"metadata", []string{"X-Amz-Meta-Long", strings.Repeat("x", 2045)}, "MetadataTooLarge"},
	} {
		t.Run(test.name, func(t *testing.T) {
			status := statusOf[test.code]
			if test.code == "MissingContentLength" {
				status = 411
			}
			if status == 0 {
				status = 400
			}
			r := c.do(t, "PUT", "/data/key", "body", test.headers...)
			r.want(t, status, test.code)
			if test.code == "XAmzContentSHA256Mismatch" {
				r.wantElements(t, "ClientComputedContentSHA256", other,
					"S3ComputedContentSHA256", "230d8358dc8e8890b4c58deeb62912ee2f20357ae92a5cc861b98e68fe31acb5")
			}
			c.do(t, "GET", "/data/key", "").want(t, 404, "NoSuchKey")
		})
	}
}

func TestChecksums(t *testing.T) {
	c := newClient(start(t, Config{}))
	for _, a := range checksum.Algorithms() {
		if _, err := a.New(); err != nil {
			c.do(t, "PUT", "/data/key", "body", "X-Amz-Checksum-Sha1", base64Of(make([]byte, 20))).want(t, 501, "NotImplemented")
			continue
		}
		header, want := a.Header(), sum(a, "body")
		put := c.put(t, "/data/key", "body", header, want, "X-Amz-Sdk-Checksum-Algorithm", a.String())
		put.wantHeader(t, header, want)
		for _, method := range []string{"GET", "HEAD"} {
			r := c.do(t, method, "/data/key", "", "X-Amz-Checksum-Mode", "ENABLED")
			r.wantHeader(t, header, want)
			r.wantHeader(t, "X-Amz-Checksum-Type", "FULL_OBJECT")
			c.do(t, method, "/data/key", "").wantHeader(t, header, "")
			// A part's checksum is not the object's.
			c.do(t, method, "/data/key", "", "X-Amz-Checksum-Mode", "ENABLED", "Range", "bytes=0-1").wantHeader(t, header, "")
		}
		c.do(t, "GET", "/data?list-type=2", "").wantElements(t, "ChecksumAlgorithm", a.String())
	}
	// The check values of the "Catalogue of parametrised CRC algorithms".
	for name, want := range map[checksum.Algorithm]string{"CRC32": "y/Q5Jg==", "CRC32C": "4waSgw==", "CRC64NVME": "rosUhgp5mIg="} {
		if got := sum(name, "123456789"); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
}

func TestUnsignedPayload(t *testing.T) {
	c := newClient(start(t, Config{}))
	c.put(t, "/data/key", "body", "X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD")
	if got := c.do(t, "GET", "/data/key", "").body; got != "body" {
		t.Errorf("got %q", got)
	}
}

func TestContentMD5(t *testing.T) {
	if fips140.Enabled() {
		return // TestBodyIsHeldAgainstWhatWasSaidOfIt has this case
	}
	c := newClient(start(t, Config{}))
	h := newETagHash()
	h.Write([]byte("body"))
	c.put(t, "/data/key", "body", "Content-Md5", base64Of(h.Sum(nil)))
}

// raw sends the head of a signed PUT and what the test gives for a body.
func raw(t *testing.T, c *client, contentLength, transferEncoding, body string) (*bufio.Reader, net.Conn) {
	t.Helper()
	req := c.request(t, "PUT", "/data/raw", "", "X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD")
	payload := parsePayload(t, "UNSIGNED-PAYLOAD")
	req.Body, req.ContentLength = nil, 0
	c.sign(t, "s3", req, payload)
	var b bytes.Buffer
	fmt.Fprintf(&b, "PUT /data/raw HTTP/1.1\r\nHost: %s\r\n", req.URL.Host)
	if contentLength != "" {
		fmt.Fprintf(&b, "Content-Length: %s\r\n", contentLength)
	}
	if transferEncoding != "" {
		fmt.Fprintf(&b, "Transfer-Encoding: %s\r\n", transferEncoding)
	}
	req.Header.Write(&b)
	b.WriteString("\r\n" + body)
	conn, err := net.Dial("tcp", req.URL.Host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := conn.Write(b.Bytes()); err != nil {
		t.Fatal(err)
	}
	return bufio.NewReader(conn), conn
}

func TestInterruptedUploadLeavesNothing(t *testing.T) {
	for _, dir := range []string{"", t.TempDir()} {
		c := newClient(start(t, Config{Dir: dir}))
		answer, conn := raw(t, c, "100", "", "only this")
		conn.(*net.TCPConn).CloseWrite()
		resp, err := http.ReadResponse(answer, nil)
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		b.ReadFrom(resp.Body)
		resp.Body.Close()
		result{resp.StatusCode, resp.Header, b.String(), nil}.want(t, 400, "IncompleteBody")
		c.do(t, "GET", "/data/raw", "").want(t, 404, "NoSuchKey")
		wantFiles(t, dir, 1) // bucket.json
	}
}

func TestContentLengthIsNeeded(t *testing.T) {
	c := newClient(start(t, Config{}))
	answer, _ := raw(t, c, "", "chunked", "3\r\nabc\r\n0\r\n\r\n")
	resp, err := http.ReadResponse(answer, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusLengthRequired {
		t.Errorf("status %d", resp.StatusCode)
	}
}

func TestTooLargeUploadIsRefusedUnread(t *testing.T) {
	c := newClient(start(t, Config{}))
	answer, _ := raw(t, c, fmt.Sprint(maxPut+1), "", "")
	resp, err := http.ReadResponse(answer, nil)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	b.ReadFrom(resp.Body)
	resp.Body.Close()
	result{resp.StatusCode, resp.Header, b.String(), nil}.want(t, 400, "EntityTooLarge")
}

func TestKeysAreOpaque(t *testing.T) {
	keys := map[string]string{ // on the wire: as it is
		"a/b": "a/b", "a//b": "a//b", "/a": "/a", "a/": "a/", "a/./b": "a/./b", "a/../b": "a/../b", "../x": "../x",
		"a%2Fb": "a/b#", "a%252Fb": "a%2Fb", "a%20b": "a b", "a+b": "a+b", "a%2Bb": "a+b#", "%7E": "~", "*": "*",
		"%E2%82%AC": "€", "%F0%9F%98%80": "😀", "e%CC%81": "e\u0301", "%C3%A9": "\u00e9", "%26%3C%22": "&<\"",
		"a%3Fb": "a?b", "a%23b": "a#b", "A": "A", "a": "a", "con": "con", "x%5Cy": `x\y`, "%01": "\x01", "%7F": "\x7f",
	}
	for _, dir := range []string{"", t.TempDir()} {
		c := newClient(start(t, Config{Dir: dir}))
		want := make(map[string]bool)
		for wire, key := range keys {
			key, same := strings.CutSuffix(key, "#")
			if same {
				continue // another spelling of a key that is there
			}
			c.put(t, "/data/"+wire, "body of "+key)
			want[key] = true
		}
		for wire, key := range keys {
			key, _ = strings.CutSuffix(key, "#")
			r := c.do(t, "GET", "/data/"+wire, "")
			r.want(t, 200, "")
			if r.body != "body of "+key {
				t.Errorf("/data/%s has %q", wire, r.body)
			}
		}
		for _, encoded := range c.do(t, "GET", "/data?list-type=2&encoding-type=url", "").elements(t, "Contents/Key") {
			if key := decodeKey(t, encoded); !want[key] {
				t.Errorf("listed %q", key)
			} else {
				delete(want, key)
			}
		}
		for key := range want {
			t.Errorf("not listed: %q", key)
		}
	}
}

func TestKeyThatCannotBe(t *testing.T) {
	c := newClient(start(t, Config{}))
	c.put(t, "/data/"+strings.Repeat("k", 1024), "x")
	r := c.do(t, "PUT", "/data/"+strings.Repeat("k", 1025), "x")
	r.want(t, 400, "KeyTooLongError")
	r.wantElements(t, "Size", "1025", "MaxSizeAllowed", "1024")
	c.do(t, "PUT", "/data/%FF", "x").want(t, 400, "InvalidURI")
}

func TestConcurrentPutsAndGets(t *testing.T) {
	for _, dir := range []string{"", t.TempDir()} {
		c := newClient(start(t, Config{Dir: dir}))
		bodies := make(map[string]bool)
		for i := range 4 {
			bodies[strings.Repeat(fmt.Sprint(i), 50000)] = true
		}
		c.put(t, "/data/key", strings.Repeat("0", 50000))
		var wg sync.WaitGroup
		for body := range bodies {
			wg.Go(func() {
				for range 5 {
					if r := c.do(t, "PUT", "/data/key", body); r.status != 200 {
						t.Errorf("PUT: %d %v", r.status, r.err)
					}
				}
			})
			wg.Go(func() {
				for range 10 {
					r := c.do(t, "GET", "/data/key", "")
					if r.err != nil || !bodies[r.body] || r.header.Get("ETag") != etagOf(r.body) {
						t.Errorf("GET: %d %v, %d bytes", r.status, r.err, len(r.body))
					}
				}
			})
		}
		wg.Wait()
		if r := c.do(t, "GET", "/data?list-type=2", ""); len(r.elements(t, "Key")) != 1 {
			t.Error(r.body)
		}
		wantFiles(t, dir, 3) // bucket.json, the object's JSON and data
	}
}
