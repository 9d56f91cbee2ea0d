package s3test

import (
	"os"
	"strings"
	"testing"
	"time"
)

func TestParseFault(t *testing.T) {
	for spec, want := range map[string]Fault{
		"drop":                                   {Kind: FaultDrop},
		"error=SlowDown,op=GetObject,times=3":    {Kind: FaultError, Code: "SlowDown", Op: "GetObject", Times: 3},
		"truncate=1000,op=GetObject,skip=1":      {Kind: FaultTruncate, N: 1000, Op: "GetObject", Skip: 1},
		"truncate=0":                             {Kind: FaultTruncate},
		"late-error=InternalError,op=CopyObject": {Kind: FaultLateError, Code: "InternalError", Op: "CopyObject"},
		"html=502,times=1":                       {Kind: FaultHTML, N: 502, Times: 1},
		"truncate=random,op=GetObject+HeadObject,rate=0.05":                                   {Kind: FaultTruncate, Random: true, Op: "GetObject+HeadObject", Rate: 0.05},
		"flip=0,bucket=data,key=a%25b%2Cc/,conn=3,every-conn=8,skip=1,every=2,rate=1,times=3": {Kind: FaultFlip, Bucket: "data", Key: "a%b,c/", Conn: 3, EveryConn: 8, Skip: 1, Every: 2, Rate: 1, Times: 3},
		"throttle=5500,op=GetObject+HeadObject,key=logs/":                                     {Kind: FaultThrottle, N: 5500, Op: "GetObject+HeadObject", Key: "logs/"},
		"stall-at=7,for=1s,jitter=500ms":                                                      {Kind: FaultStallAt, N: 7, Delay: time.Second, Jitter: 500 * time.Millisecond},
		"upload-stall=random":                                                                 {Kind: FaultUploadStall, Random: true},
		"latency=30ms,jitter=5ms":                                                             {Kind: FaultLatency, Delay: 30 * time.Millisecond, Jitter: 5 * time.Millisecond},
		"slow=1000":                                                                           {Kind: FaultSlow, N: 1000},
		"stall=1.5s":                                                                          {Kind: FaultStall, Delay: 1500 * time.Millisecond},
		"flip=7,op=AssumeRole,skip=2,times=1":                                                 {Kind: FaultFlip, N: 7, Op: "AssumeRole", Skip: 2, Times: 1},
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
		"":                                 "kinds are error=CODE, error-after-body=CODE, late-error=CODE, throttle=RATE, html=STATUS, drop, reset",
		"explode":                          "kinds are",
		"drop=1":                           "drop takes no value",
		"slow=0":                           "not 0",
		"html=99":                          "200 to 599",
		"html=x":                           "html=STATUS",
		"late-error=X":                     "SlowDown",
		"late-error=SlowDown,op=PutObject": "CopyObject",
		"truncate":                         "truncate=N",
		"truncate=x":                       "truncate=N|random",
		"truncate=Random":                  "truncate=N|random",
		"slow=random":                      "slow=N",
		"latency=5":                        "latency=DURATION",
		"throttle":                         "throttle=RATE",
		"throttle=0":                       "not 0",
		"throttle=5/s":                     "throttle=RATE",
		"upload-slow=0":                    "not 0",
		"error-after-body":                 "error-after-body=CODE",
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
		"drop,times=1,times=2":             "times is given twice",
		"drop,op=GetObject+":               "\"\" is no operation",
		"drop,op=GetObject+Get":            "\"Get\" is no operation",
		"drop,bucket=":                     "bucket's name",
		"drop,bucket=Data":                 "Data",
		"drop,key=":                        "begin with",
		"drop,key=100%":                    "%25",
		"drop,conn=0":                      "conn wants a number, 1 or more",
		"drop,every-conn=x":                "every-conn wants a number, 1 or more",
		"drop,every=0":                     "every wants a number, 1 or more",
		"drop,rate=0":                      "such as 0.05 or 5%",
		"drop,rate=1.5":                    "such as 0.05 or 5%",
		"drop,rate=101%":                   "such as 0.05 or 5%",
		"drop,rate=NaN":                    "such as 0.05 or 5%",
		"drop,rate=-1":                     "such as 0.05 or 5%",
		"drop,for=1s":                      "for is not for drop",
		"stall=1s,for=1s":                  "for is not for stall",
		"drop,jitter=1s":                   "jitter is not for drop",
		"stall-at=5,for=1":                 "for wants a duration",
		"stall-at=5,for=-1s":               "negative",
		"latency=1s,jitter=0":              "jitter wants a duration",
		"stall-at=5,jitter=1s":             "lasts for ever",
		"drop,often=1":                     "options are op=OPERATION, bucket=NAME, key=PREFIX, conn=N",
		"drop, op=GetObject":               "options are",
	} {
		_, err := ParseFault(spec)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", spec, err, want)
		}
	}
}

func TestRatesInPercent(t *testing.T) {
	for spec, want := range map[string]float64{"5%": 0.05, "100%": 1, "0.5%": 0.005, "1e-3": 0.001} {
		if f, err := ParseFault("drop,rate=" + spec); err != nil || f.Rate != want {
			t.Errorf("rate=%s is %v, %v, want %v", spec, f.Rate, err, want)
		}
	}
}

// TestFaultsThatContradictThemselves cannot come from a text.
func TestFaultsThatContradictThemselves(t *testing.T) {
	for _, f := range []Fault{
		{Kind: FaultDrop, N: 1},
		{Kind: FaultDrop, Code: "SlowDown"},
		{Kind: FaultDrop, Delay: time.Second},
		{Kind: FaultSlow, N: 1, Random: true},
		{Kind: FaultTruncate, N: 1, Random: true},
		{Kind: FaultDrop, Rate: 2},
		{Kind: FaultDrop, Every: -1},
		{Kind: FaultDrop, EveryConn: -1},
	} {
		if err := f.check(); err == nil {
			t.Errorf("%#v is taken", f)
		}
	}
}

// TestTheDocumentationHasAllFaults: it says what the command's help says.
func TestTheDocumentationHasAllFaults(t *testing.T) {
	source, err := os.ReadFile("faultspec.go")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(FaultUsage()), "\n")
	if want := len(faultKinds) + len(faultOptions); len(lines) != want {
		t.Errorf("%d lines, want %d", len(lines), want)
	}
	for _, line := range lines {
		if !strings.Contains(string(source), "//\t"+line+"\n") {
			t.Errorf("the comment of ParseFault has no line %q", line)
		}
	}
}

// FuzzParseFault: what is read is what is written, and what is refused is refused with
// the specification in the error.
func FuzzParseFault(f *testing.F) {
	for _, k := range faultKinds {
		value := map[string]string{"": "", "CODE": "=SlowDown", "RATE": "=5500", "STATUS": "=502", "DURATION": "=30ms", "N": "=7", "N|random": "=random"}[k.value]
		f.Add(string(k.kind) + value)
		f.Add(string(k.kind) + value + ",skip=1,every=2,rate=5%,times=3,conn=1,every-conn=8,bucket=data,key=a%2Cb/,op=GetObject+PutObject")
		f.Add(string(k.kind) + value + ",for=1s,jitter=1ms")
	}
	f.Fuzz(func(t *testing.T, spec string) {
		fault, err := ParseFault(spec)
		if err != nil {
			if fault != (Fault{}) || !strings.HasPrefix(err.Error(), "fault ") {
				t.Fatalf("%q: %#v, %v", spec, fault, err)
			}
			return
		}
		again, err := ParseFault(fault.String())
		if err != nil || again != fault {
			t.Fatalf("%q is %#v; %q is %#v, %v", spec, fault, fault, again, err)
		}
	})
}
