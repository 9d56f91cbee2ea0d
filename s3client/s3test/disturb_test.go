package s3test

import (
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestErrorsAfterTheAnswerHasBegun: the status says 200, the body says what went wrong,
// and nothing has been done.
func TestErrorsAfterTheAnswerHasBegun(t *testing.T) {
	c := faulty(t, "late-error=InternalError,times=3")
	target := c.beginUpload(t)
	one := c.putPart(t, target, 1, "x")
	for _, r := range []result{
		c.copy(t, "data/key", "/data/copy"),
		c.copy(t, "data/key", target+"&partNumber=2"),
		c.do(t, "POST", target, listOf([]int{1}, one)),
	} {
		r.want(t, 200, "")
		r.wantElements(t, "Error/Code", "InternalError")
		if !strings.HasPrefix(r.body, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\n ") {
			t.Errorf("no white space before the error: %q", r.body)
		}
	}
	c.do(t, "GET", "/data/copy", "").want(t, 404, "NoSuchKey")
	c.do(t, "GET", target, "").wantElements(t, "PartNumber", "1")
	c.do(t, "POST", target, listOf([]int{1}, one)).wantElements(t, "Key", "key")
}

func TestAProxyAnswers(t *testing.T) {
	c := faulty(t, "html=502,op=GetObject,times=1", "html=200,op=AssumeRole,times=1")
	r := c.do(t, "GET", "/data/key", "")
	if r.status != 502 || !strings.Contains(r.body, "<h1>502 Bad Gateway</h1>") {
		t.Errorf("%d %q", r.status, r.body)
	}
	r.wantHeader(t, "Content-Type", "text/html; charset=utf-8")
	r.wantHeader(t, "X-Amz-Request-Id", "")
	r = c.sts(t, assume(openRole))
	r.wantHeader(t, "X-Amzn-Requestid", "")
	if r.status != 200 || !strings.HasPrefix(r.body, "<!DOCTYPE html>") {
		t.Errorf("%d %q", r.status, r.body)
	}
	c.do(t, "GET", "/data/key", "").wantBody(t, faultBody)
}

// resetByPeer is as Unix and Windows call it.
var resetByPeer = regexp.MustCompile("reset by peer|forcibly closed")

func TestFaultReset(t *testing.T) {
	for _, cfg := range []Config{{}, {Bandwidth: 1 << 20}} {
		cfg.Faults = []Fault{{Kind: FaultReset, Op: "GetObject", Times: 1}}
		c := newClient(start(t, cfg))
		c.put(t, "/data/key", "x")
		if r := c.do(t, "GET", "/data/key", ""); r.err == nil || !resetByPeer.MatchString(r.err.Error()) {
			t.Errorf("%d, %v, want a reset", r.status, r.err)
		}
		c.do(t, "GET", "/data/key", "").want(t, 200, "")
	}
}

func TestFaultSlow(t *testing.T) {
	c := faulty(t, "slow=100,op=GetObject,times=1")
	begin := time.Now()
	c.do(t, "GET", "/data/key", "").wantBody(t, faultBody)
	if took := time.Since(begin); took < 120*time.Millisecond { // 200 ms, less what may be caught up
		t.Errorf("20 bytes at 100 a second took %v", took)
	}
}

func TestRedirectionsByFault(t *testing.T) {
	c := faulty(t, "error=TemporaryRedirect,op=GetObject,times=1", "error=PermanentRedirect,op=HeadObject,times=1", "error=AuthorizationHeaderMalformed,op=ListObjectsV2,times=1")
	r := c.do(t, "GET", "/data/key?versionId=null", "")
	r.want(t, 307, "TemporaryRedirect")
	r.wantHeader(t, "Location", c.srv.URL+"/data/key?versionId=null")
	r.wantHeader(t, "X-Amz-Bucket-Region", "us-east-1")
	r.wantElements(t, "Endpoint", strings.TrimPrefix(c.srv.URL, "http://"), "Bucket", "data")
	r = c.do(t, "HEAD", "/data/key", "")
	r.want(t, 301, "")
	r.wantHeader(t, "X-Amz-Bucket-Region", "us-east-1")
	r = c.do(t, "GET", "/data?list-type=2", "")
	r.want(t, 400, "AuthorizationHeaderMalformed")
	r.wantElements(t, "Region", "us-east-1")
	r.wantHeader(t, "X-Amz-Bucket-Region", "us-east-1")
}
