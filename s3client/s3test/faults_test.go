package s3test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"
)

const faultBody = "0123456789abcdefghij"

func faulty(t *testing.T, specs ...string) *client {
	t.Helper()
	var faults []Fault
	for _, spec := range specs {
		f, err := ParseFault(spec)
		if err != nil {
			t.Fatal(err)
		}
		faults = append(faults, f)
	}
	c := newClient(start(t, Config{Faults: faults, Roles: []Role{{ARN: openRole}}}))
	c.put(t, "/data/key", faultBody)
	return c
}

func TestFaultError(t *testing.T) {
	c := faulty(t, "error=SlowDown,op=GetObject,skip=1,times=2", "error=InternalError,op=AssumeRole")
	for i, want := range []int{200, 503, 503, 200, 200} {
		if r := c.do(t, "GET", "/data/key", ""); r.status != want {
			t.Errorf("answer %d: %d, want %d", i, r.status, want)
		}
	}
	r := c.sts(t, assume(openRole))
	r.want(t, 500, "InternalError")
	r.wantElements(t, "Type", "Receiver")

	c = faulty(t, "error=SlowDown,op=HeadObject")
	if r := c.do(t, "HEAD", "/data/key", ""); r.status != 503 || r.body != "" {
		t.Errorf("HEAD: %d %q", r.status, r.body)
	}
}

func TestFaultsSpareBadSignatures(t *testing.T) {
	c := faulty(t, "error=SlowDown,op=GetObject,times=1")
	bad := *c
	bad.spoil = func(r *http.Request) { r.Header.Set("Range", "bytes=0-1") }
	bad.do(t, "GET", "/data/key", "", "Range", "bytes=0-2").want(t, 403, "SignatureDoesNotMatch")
	c.do(t, "GET", "/data/key", "").want(t, 503, "SlowDown")
}

func TestFaultDrop(t *testing.T) {
	c := faulty(t, "drop,op=GetObject,times=1")
	if r := c.do(t, "GET", "/data/key", ""); r.err == nil {
		t.Errorf("answer %d", r.status)
	}
	c.do(t, "GET", "/data/key", "").want(t, 200, "")
}

func TestFaultTruncate(t *testing.T) {
	for spec, want := range map[string]string{"truncate=0": "", "truncate=7": faultBody[:7], "truncate=19": faultBody[:19]} {
		c := faulty(t, spec+",op=GetObject")
		r := c.do(t, "GET", "/data/key", "")
		if r.err == nil || !strings.Contains(r.err.Error(), "unexpected EOF") || r.body != want {
			t.Errorf("%s: %q, %v", spec, r.body, r.err)
		}
		r = c.do(t, "GET", "/data/key", "", "Range", "bytes=0-99")
		r.wantHeader(t, "Content-Length", "20")
	}
	c := faulty(t, "truncate=20,op=GetObject")
	if r := c.do(t, "GET", "/data/key", ""); r.err != nil || r.body != faultBody {
		t.Errorf("%q, %v", r.body, r.err)
	}
}

func TestFaultsOfTheAnswer(t *testing.T) {
	for _, test := range []struct {
		spec          string
		status        int
		body          string
		contentRange  string
		etag          string
		contentLength string
	}{
		{"no-etag,op=DeleteObject", 206, faultBody[2:12], "bytes 2-11/20", etagOf(faultBody), "10"},
		{"flip=3,op=GetObject", 206, string(flipByte(faultBody[2:12], 3)), "bytes 2-11/20", etagOf(faultBody), "10"},
		{"flip=10,op=GetObject", 206, faultBody[2:12], "bytes 2-11/20", etagOf(faultBody), "10"},
		{"short-content-length=4,op=GetObject", 206, faultBody[2:8], "bytes 2-11/20", etagOf(faultBody), "6"},
		{"short-content-length=400,op=GetObject", 206, "", "bytes 2-11/20", etagOf(faultBody), "0"},
		{"ignore-range,op=GetObject", 200, faultBody, "", etagOf(faultBody), "20"},
		{"wrong-content-range,op=GetObject", 206, faultBody[2:12], "bytes 3-12/20", etagOf(faultBody), "10"},
		{"wrong-total,op=GetObject", 206, faultBody[2:12], "bytes 2-11/21", etagOf(faultBody), "10"},
		{"wrong-etag,op=GetObject", 206, faultBody[2:12], "bytes 2-11/20", anotherETag, "10"},
		{"no-etag,op=GetObject", 206, faultBody[2:12], "bytes 2-11/20", "", "10"},
		{"short-range=4,op=GetObject", 206, faultBody[2:8], "bytes 2-7/20", etagOf(faultBody), "6"},
		{"short-range=400,op=GetObject", 206, faultBody[2:3], "bytes 2-2/20", etagOf(faultBody), "1"},
		{"no-content-range,op=GetObject", 206, faultBody[2:12], "", etagOf(faultBody), "10"},
		{"no-content-length,op=GetObject", 206, faultBody[2:12], "bytes 2-11/20", etagOf(faultBody), ""},
	} {
		t.Run(test.spec, func(t *testing.T) {
			c := faulty(t, test.spec)
			r := c.do(t, "GET", "/data/key", "", "Range", "bytes=2-11")
			r.want(t, test.status, "")
			if r.body != test.body {
				t.Errorf("body %q, want %q", r.body, test.body)
			}
			r.wantHeader(t, "Content-Range", test.contentRange)
			r.wantHeader(t, "ETag", test.etag)
			r.wantHeader(t, "Content-Length", test.contentLength)
		})
	}
}

func flipByte(s string, i int) []byte {
	b := []byte(s)
	b[i] ^= 0xff
	return b
}

func TestFlipLeavesTheObjectAlone(t *testing.T) {
	c := faulty(t, "flip=0,op=GetObject,times=1")
	c.do(t, "GET", "/data/key", "")
	if got := c.do(t, "GET", "/data/key", "").body; got != faultBody {
		t.Errorf("now %q", got)
	}
}

func TestFaultIgnoreIfMatch(t *testing.T) {
	c := faulty(t, "ignore-if-match,op=GetObject,times=1")
	c.do(t, "GET", "/data/key", "", "If-Match", anotherETag).want(t, 200, "")
	c.do(t, "GET", "/data/key", "", "If-Match", anotherETag).want(t, 412, "PreconditionFailed")
}

func TestFaultChangeObject(t *testing.T) {
	for _, dir := range []string{"", t.TempDir()} {
		c := newClient(start(t, Config{Dir: dir, Faults: []Fault{{Kind: FaultChangeObject, Op: "GetObject", Skip: 1, Times: 1}}}))
		c.put(t, "/data/key", faultBody, "X-Amz-Meta-A", "b")
		for i, want := range []bool{true, true, false, false} {
			r := c.do(t, "GET", "/data/key", "", "X-Amz-Checksum-Mode", "ENABLED")
			r.want(t, 200, "")
			if same := r.body == faultBody; same != want || len(r.body) != len(faultBody) {
				t.Errorf("answer %d: %q", i, r.body)
			}
			r.wantHeader(t, "ETag", etagOf(r.body))
			r.wantHeader(t, "X-Amz-Checksum-Crc64nvme", sum("CRC64NVME", r.body))
			r.wantHeader(t, "X-Amz-Meta-A", "b")
		}
		c.do(t, "GET", "/data/key", "", "If-Match", etagOf(faultBody)).want(t, 412, "PreconditionFailed")
		wantFiles(t, dir, 3)
	}
}

func TestFaultStall(t *testing.T) {
	c := faulty(t, "stall=60ms,op=GetObject", "stall=60ms,op=HeadObject", "flip=1,op=GetObject")
	for _, method := range []string{"GET", "HEAD"} {
		start := time.Now()
		r := c.do(t, method, "/data/key", "")
		if took := time.Since(start); took < 60*time.Millisecond {
			t.Errorf("%s took %v", method, took)
		}
		if method == "GET" && r.body != string(flipByte(faultBody, 1)) {
			t.Errorf("body %q", r.body)
		}
	}
	// Close does not wait for a stalled answer.
	c = faulty(t, "stall=1h,op=GetObject")
	resp, err := transport.RoundTrip(func() *http.Request {
		req := c.request(t, "GET", "/data/key", "")
		c.sign(t, "s3", req, parsePayload(t, "UNSIGNED-PAYLOAD"))
		return req
	}())
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	c.srv.Close()
}

func TestFaultResetAt(t *testing.T) {
	c := faulty(t, "reset-at=7,op=GetObject")
	r := c.do(t, "GET", "/data/key", "")
	if r.err == nil || !resetByPeer.MatchString(r.err.Error()) || !strings.HasPrefix(faultBody[:7], r.body) {
		t.Errorf("%q, %v, want a reset after 7 bytes", r.body, r.err)
	}
}

func TestFaultWrongChecksum(t *testing.T) {
	c := faulty(t, "wrong-checksum")
	right := sum("CRC64NVME", faultBody)
	wrong := c.do(t, "HEAD", "/data/key", "", "X-Amz-Checksum-Mode", "ENABLED")
	if got := wrong.header.Get("X-Amz-Checksum-Crc64nvme"); got == right || len(got) != len(right) {
		t.Errorf("checksum %q of HEAD, where %q is right", got, right)
	}
	if got := wrong.header.Get("X-Amz-Checksum-Type"); got != "FULL_OBJECT" {
		t.Errorf("type %q", got)
	}
	attributes := c.do(t, "GET", "/data/key?attributes", "", "X-Amz-Object-Attributes", "Checksum,ETag")
	if strings.Contains(attributes.body, right) || !strings.Contains(attributes.body, "<ChecksumCRC64NVME>") {
		t.Errorf("attributes %s, with the checksum that is right", attributes.body)
	}
	if got := anotherSum("MTIz-7"); got == "MTIz-7" || !strings.HasSuffix(got, "-7") {
		t.Errorf("a composite checksum becomes %q", got)
	}
}

// TestFaultETagInADocument: a completion has the ETag in its body.
func TestFaultETagInADocument(t *testing.T) {
	for spec, want := range map[string]string{"wrong-etag,op=CompleteMultipartUpload": anotherETag, "no-etag,op=CompleteMultipartUpload": ""} {
		c := faulty(t, spec)
		target := c.beginUpload(t)
		one := c.putPart(t, target, 1, "x")
		r := c.do(t, "POST", target, listOf([]int{1}, one))
		r.want(t, 200, "")
		if want == "" {
			if strings.Contains(r.body, "ETag") {
				t.Errorf("%s: %s", spec, r.body)
			}
			continue
		}
		r.wantElements(t, "ETag", want)
	}
}

// TestFaultLostAnswer: it has been done, and nobody says so.
func TestFaultLostAnswer(t *testing.T) {
	c := faulty(t, "lost-answer,op=PutObject,skip=1,times=1", "lost-answer,op=HeadObject")
	if r := c.do(t, "PUT", "/data/lost", "stored"); r.err == nil {
		t.Errorf("answer %d", r.status)
	}
	c.do(t, "GET", "/data/lost", "").wantBody(t, "stored")
	if r := c.do(t, "HEAD", "/data/nothing", ""); r.err == nil {
		t.Errorf("answer %d", r.status)
	}
}

func TestFaultLatency(t *testing.T) {
	c := faulty(t, "latency=30ms,op=GetObject,times=1", "latency=0,jitter=40ms,op=GetObject,times=1")
	start := time.Now()
	c.do(t, "GET", "/data/key", "").wantBody(t, faultBody)
	if took := time.Since(start); took < 30*time.Millisecond {
		t.Errorf("took %v", took)
	}
}

func TestFaultStallAt(t *testing.T) {
	c := faulty(t, "stall-at=0,for=40ms,op=GetObject,times=1", "stall-at=random,for=30ms,jitter=10ms,op=GetObject,times=1", "stall-at=20,op=GetObject")
	start := time.Now()
	c.do(t, "GET", "/data/key", "").wantBody(t, faultBody)
	if took := time.Since(start); took < 70*time.Millisecond {
		t.Errorf("took %v", took)
	}
}

// TestAStallForEver ends with the client, or with the server.
func TestAStallForEver(t *testing.T) {
	for _, spec := range []string{"stall-at=5,op=GetObject", "stall=0,op=GetObject"} {
		c := faulty(t, spec)
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		req := c.request(t, "GET", "/data/key", "").WithContext(ctx)
		c.sign(t, "s3", req, parsePayload(t, "UNSIGNED-PAYLOAD"))
		if r := c.send(t, req); r.body != faultBody[:len(r.body)] || len(r.body) == 0 || r.err == nil {
			t.Errorf("%s: %q, %v", spec, r.body, r.err)
		}
		c.srv.Close()
	}
}
