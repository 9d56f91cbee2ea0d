package s3test

import (
	"context"
	"strings"
	"testing"
	"time"
)

// TestUploadsBreakOff: nothing is stored, nothing is left, and what follows is well.
func TestUploadsBreakOff(t *testing.T) {
	body := strings.Repeat("x", 100_000)
	for _, dir := range []string{"", t.TempDir()} {
		for _, spec := range []string{"upload-reset=0,times=1", "upload-reset=5000,times=1", "upload-reset=99999,times=1", "upload-reset=random,times=1"} {
			c := newClient(start(t, Config{Dir: dir, Faults: []Fault{parseFault(t, spec)}}))
			if r := c.do(t, "PUT", "/data/key", body); r.err == nil {
				t.Errorf("%s: answer %d", spec, r.status)
			}
			c.do(t, "GET", "/data/key", "").want(t, 404, "NoSuchKey")
			c.do(t, "PUT", "/data/key", body).want(t, 200, "")
			c.do(t, "DELETE", "/data/key", "").want(t, 204, "")
			c.srv.Close()
			wantFiles(t, dir, 1)
		}
	}
}

func TestUploadsComeSlowly(t *testing.T) {
	for _, spec := range []string{"upload-stall=10,for=60ms", "upload-stall=random,for=60ms", "upload-slow=250"} {
		c := faulty(t, spec+",skip=1")
		start := time.Now()
		c.do(t, "PUT", "/data/other", faultBody).want(t, 200, "")
		if took := time.Since(start); took < 60*time.Millisecond {
			t.Errorf("%s: took %v", spec, took)
		}
		c.do(t, "GET", "/data/other", "").wantBody(t, faultBody)
	}
}

// TestUploadsThatAreChanged on the way are refused for what was said of them: the
// signed digest, the checksum. Without, they are stored as they came, and the ETag says
// so.
func TestUploadsThatAreChanged(t *testing.T) {
	c := faulty(t, "upload-flip=3,skip=1")
	changed := string(flipByte(faultBody, 3))
	c.do(t, "PUT", "/data/other", faultBody).want(t, 400, "XAmzContentSHA256Mismatch")
	c.do(t, "PUT", "/data/other", faultBody, "X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD", "X-Amz-Checksum-Crc32", sum("CRC32", faultBody)).want(t, 400, "BadDigest")
	c.do(t, "GET", "/data/other", "").want(t, 404, "NoSuchKey")
	r := c.do(t, "PUT", "/data/other", faultBody, "X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD")
	r.want(t, 200, "")
	r.wantHeader(t, "ETag", etagOf(changed))
	c.do(t, "GET", "/data/other", "").wantBody(t, changed)
}

func TestAnErrorAfterTheBody(t *testing.T) {
	c := faulty(t, "error-after-body=InternalError,op=PutObject,skip=1,times=1", "error-after-body=SlowDown,op=GetObject,times=1")
	c.do(t, "PUT", "/data/other", strings.Repeat("x", 1<<20)).want(t, 500, "InternalError")
	c.do(t, "GET", "/data/other", "").want(t, 503, "SlowDown")
	c.do(t, "GET", "/data/other", "").want(t, 404, "NoSuchKey")
}

// TestFaultsOfUploadsNeedABody: a request without one is not counted either.
func TestFaultsOfUploadsNeedABody(t *testing.T) {
	c := faulty(t, "upload-reset=0,skip=1,times=1")
	for range 3 {
		c.do(t, "GET", "/data/key", "").wantBody(t, faultBody)
	}
	if r := c.do(t, "PUT", "/data/key", "x"); r.err == nil {
		t.Errorf("answer %d", r.status)
	}
}

// TestAnUploadThatStallsForEver ends with the server.
func TestAnUploadThatStallsForEver(t *testing.T) {
	c := faulty(t, "upload-stall=5,op=PutObject,skip=1")
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	req := c.request(t, "PUT", "/data/other", faultBody).WithContext(ctx)
	c.sign(t, "s3", req, parsePayload(t, "UNSIGNED-PAYLOAD"))
	if r := c.send(t, req); r.err == nil {
		t.Errorf("answer %d", r.status)
	}
	c.do(t, "GET", "/data/other", "").want(t, 404, "NoSuchKey")
	c.srv.Close()
}
