package s3test

import (
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
	flipped := []byte(faultBody)
	flipped[3] ^= 0xff
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

func TestParseFault(t *testing.T) {
	for spec, want := range map[string]Fault{
		"drop":                                   {Kind: FaultDrop},
		"error=SlowDown,op=GetObject,times=3":    {Kind: FaultError, Code: "SlowDown", Op: "GetObject", Times: 3},
		"truncate=1000,op=GetObject,skip=1":      {Kind: FaultTruncate, N: 1000, Op: "GetObject", Skip: 1},
		"truncate=0":                             {Kind: FaultTruncate},
		"late-error=InternalError,op=CopyObject": {Kind: FaultLateError, Code: "InternalError", Op: "CopyObject"},
		"html=502,times=1":                       {Kind: FaultHTML, N: 502, Times: 1},
		"slow=1000":                              {Kind: FaultSlow, N: 1000},
		"stall=1.5s":                             {Kind: FaultStall, Delay: 1500 * time.Millisecond},
		"flip=7,op=AssumeRole,skip=2,times=1":    {Kind: FaultFlip, N: 7, Op: "AssumeRole", Skip: 2, Times: 1},
	} {
		got, err := ParseFault(spec)
		if err != nil || got != want {
			t.Errorf("%s: %+v, %v", spec, got, err)
		}
		if got.String() != spec {
			t.Errorf("%s comes back as %s", spec, got)
		}
	}
	for spec, want := range map[string]string{
		"":                                 "kinds are error=CODE, late-error=CODE, html=STATUS, drop, reset, truncate=N",
		"explode":                          "kinds are",
		"drop=1":                           "drop takes no value",
		"slow=0":                           "not 0",
		"html=99":                          "200 to 599",
		"html=x":                           "html=STATUS",
		"late-error=X":                     "SlowDown",
		"late-error=SlowDown,op=PutObject": "CopyObject",
		"truncate":                         "truncate=N",
		"truncate=x":                       "truncate=N",
		"truncate=-1":                      "negative",
		"flip=":                            "flip=N",
		"stall=5":                          "stall=DURATION",
		"stall":                            "stall=DURATION",
		"error=Nonsense":                   "SlowDown",
		"error=":                           "SlowDown",
		"error":                            "error=CODE",
		"drop,op=Get":                      "GetObject",
		"drop,op=":                         "GetObject",
		"drop,skip=x":                      "skip wants a number",
		"drop,times=-1":                    "negative",
		"drop,often=1":                     "options are op=OPERATION, skip=N and times=N",
		"drop, op=GetObject":               "options are",
	} {
		_, err := ParseFault(spec)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", spec, err, want)
		}
	}
}
