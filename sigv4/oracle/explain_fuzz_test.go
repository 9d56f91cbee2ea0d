package oracle

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/testvectors"
)

// leaks gives the secrets that can be found in an explanation.
func leaks(t *testing.T, x Explanation, secrets ...string) (found []string) {
	t.Helper()
	asJSON, err := json.Marshal(x)
	if err != nil {
		t.Fatal(err)
	}
	all := x.String() + string(asJSON) + fmt.Sprintf("%#v", x)
	for _, secret := range secrets {
		for _, form := range []string{secret, encoded(secret, ""), encoded(encoded(secret, ""), ""), encoded(secret, "/")} {
			if len(secret) > 3 && strings.Contains(all, form) {
				found = append(found, form)
			}
		}
	}
	return found
}

// TestExplainTellsNoSecret plays every scene with a session token and looks for
// the secrets in all that comes out.
func TestExplainTellsNoSecret(t *testing.T) {
	for _, s := range scenes() {
		for _, cred := range []sigv4.Credentials{sigv4.NewCredentials(sceneID, sceneSecret, ""), tempCred} {
			if s.meant.Mode == "query" && strings.HasPrefix(s.name, "token") {
				continue
			}
			s.meant.Credentials = cred
			s.meant.SignedHeaders = nil
			req, refusal := s.play(t)
			got, err := explain(req, refusal, 1<<20)
			if err != nil {
				t.Fatal(err)
			}
			if found := leaks(t, got, sceneSecret, sceneToken, "something else altogether"); len(found) > 0 {
				t.Errorf("%s: the explanation tells %q", s.name, found)
			}
		}
	}
}

// FuzzParseRefusal: whatever a server sends is read without a panic, in bounds,
// and what is read once is read again from what S3 would write of it.
func FuzzParseRefusal(f *testing.F) {
	for _, s := range scenes() {
		if s.answer != "" {
			f.Add([]byte(s.answer))
		}
	}
	f.Add([]byte(errorDocument("Code", "SignatureDoesNotMatch", "CanonicalRequest", told, "CanonicalRequestBytes", hexBytes(told), "StringToSign", toldToSign)))
	f.Add([]byte("< HTTP/1.1 403 x\n< \n<Error><Code>C</Code>"))
	f.Add([]byte("HTTP/1.1 403\r\ntransfer-encoding: chunked\r\n\r\nffffffff\r\n<Error>"))
	f.Add([]byte(`{"errors":[{"a":{"b":[[["c"]]]}}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := ParseRefusal(data)
		if err != nil {
			if r != (Refusal{}) {
				t.Errorf("ParseRefusal(%q) gives %+v beside its error", data, r)
			}
			return
		}
		if r.Form == "" || len(r.CanonicalRequest) > 20*len(data) {
			t.Errorf("ParseRefusal(%q) = %+v", data, r)
		}
	})
}

// FuzzExplain: no request and no answer make it panic, tell a secret, or leave it
// without a cause.
func FuzzExplain(f *testing.F) {
	f.Add("GET /a%20b?x=y HTTP/1.1\r\nHost: h\r\nX-Amz-Date: 20261123T120000Z\r\nAuthorization: AWS4-HMAC-SHA256 Credential=AKIA/20261123/us-east-1/s3/aws4_request, SignedHeaders=host;x-amz-date, Signature=0123456789abcdef\r\n\r\n", told, toldToSign, "SignatureDoesNotMatch", "m", "0123456789abcdef")
	f.Add("GET https://h/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIA%2F20261123%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20261123T120000Z&X-Amz-Expires=9&X-Amz-SignedHeaders=host&X-Amz-Security-Token=t&X-Amz-Signature=00\n\n", "", "", "AccessDenied", "Request has expired", "")
	f.Add("POST / HTTP/1.1\nHost: h\nX-Amz-Security-Token: "+sceneToken+"\nAuthorization: AWS4-HMAC-SHA256 Credential=A/2/r/sts, SignedHeaders=, Signature=\n\nbody", "a\nb", "c\n", "InvalidSignatureException", "Signature expired: x", "zz")
	f.Add(`{"service":"s3","region":"us-east-1","access_key":"AKIA","url":"https://h/","time":"20261123T120000Z"}`, told, toldToSign, "", "signature we calculated does not match", "")
	f.Fuzz(func(t *testing.T, request, canonical, toSign, code, message, provided string) {
		req, err := Parse([]byte(request))
		if err != nil || len(request)+len(canonical) > 4096 {
			return
		}
		req.Credentials = sigv4.NewCredentials(req.Credentials.AccessKeyID, sceneSecret, sceneToken)
		refusal, err := ParseRefusal([]byte(errorDocument("Code", code, "Message", message, "StringToSign", toSign, "CanonicalRequestBytes", hexBytes(canonical), "SignatureProvided", provided)))
		if err != nil {
			return
		}
		got, err := explain(req, refusal, 1<<19)
		if err != nil {
			return
		}
		if len(got.Causes) == 0 || got.Summary == "" {
			t.Errorf("Explain() = %+v", got)
		}
		for _, c := range got.Causes {
			if c.Why == "" || c.Fix == "" || c.What == "" {
				t.Errorf("a cause without words: %+v", c)
			}
		}
		if strings.Contains(request+canonical+toSign+code+message+provided, sceneSecret[:8]) || strings.Contains(code+message, sceneToken[:8]) {
			return // the fuzzer has found the constants
		}
		if found := leaks(t, got, sceneSecret, sceneToken); len(found) > 0 {
			t.Errorf("the explanation tells %q", found)
		}
	})
}

// TestStagesAreTheSigners: what Explain varies is, unvaried, what package sigv4
// signs: for the published vectors, and for requests at random.
func TestStagesAreTheSigners(t *testing.T) {
	cases, err := testvectors.V4()
	if err != nil {
		t.Fatal(err)
	}
	compared := 0
	compare := func(name string, r Request) {
		t.Helper()
		want, err := r.Trace()
		if err != nil {
			return // what sigv4 refuses
		}
		compared++
		plain, err := r.stages()
		if err != nil {
			t.Fatalf("%s: stages() = %v", name, err)
		}
		// The same, from the signature that the request carries.
		scope := strings.Split(strings.Split(want.StringToSign, "\n")[2], "/")
		c := &Claim{Algorithm: "AWS4-HMAC-SHA256", AccessKeyID: r.Credentials.AccessKeyID, Date: scope[0], Region: scope[1], Service: scope[2], Time: r.Time,
			SignedHeaders: strings.Split(want.SignedHeaders, ";"), Signature: want.Signature}
		claimed := r
		claimed.Claim, claimed.Headers = c, append(slices.Clone(r.Headers), [2]string{"X-Amz-Date", r.Time})
		if strings.Contains(want.SignedHeaders, "x-amz-content-sha256") && r.header("X-Amz-Content-Sha256") == "" {
			claimed.Headers = append(claimed.Headers, [2]string{"X-Amz-Content-Sha256", want.CanonicalRequest[strings.LastIndexByte(want.CanonicalRequest, '\n')+1:]})
		}
		if token := r.Credentials.SessionToken(); token != "" && r.header("X-Amz-Security-Token") == "" {
			claimed.Headers = append(claimed.Headers, [2]string{"X-Amz-Security-Token", token})
		}
		captured, err := claimed.stages()
		if err != nil {
			t.Fatalf("%s: stages() = %v", name, err)
		}
		for how, got := range map[string]stages{"as meant": plain, "as captured": captured} {
			if got.canonical() != want.CanonicalRequest || got.toSign() != want.StringToSign {
				t.Errorf("%s %s: stages() =\n%s\n%s\nwant\n%s\n%s", name, how, got.canonical(), got.toSign(), want.CanonicalRequest, want.StringToSign)
			}
			if mac, ok := got.mac(r.Credentials.SecretAccessKey()); !ok || fmt.Sprintf("%x", mac) != want.Signature {
				t.Errorf("%s %s: the signature is %x, want %s", name, how, mac, want.Signature)
			}
		}
	}
	for _, c := range cases {
		compare(c.Name, Request{Service: c.Service, Region: c.Region, Credentials: sigv4.NewCredentials(c.AccessKeyID, c.SecretAccessKey, c.SessionToken),
			Time: c.Time, Method: c.Method, URL: c.URL(), Headers: c.Headers, Body: c.Body, NormalizePath: &c.NormalizePath, DoubleEncode: &c.DoubleEncode, SignToken: &c.SignToken})
	}
	if compared < 30 {
		t.Errorf("%d published vectors were compared, want at least 30", compared)
	}
	random := rand.New(rand.NewPCG(1, 2))
	pick := func(words ...string) string { return words[random.IntN(len(words))] }
	for range 2000 {
		r := Request{Service: pick("s3", "s3-outposts", "s3express", "s3-object-lambda", "s3tables", "sts", "execute-api"), Region: "us-east-1", Time: sceneTime, Method: pick("GET", "PUT", ""), Credentials: sigv4.NewCredentials(sceneID, sceneSecret, pick("", sceneToken))}
		r.URL = pick("http", "https") + "://" + pick("example.com", "example.com:8080", "example.com:443", "bucket.s3.amazonaws.com")
		for range random.IntN(4) {
			r.URL += pick("/", "/a", "/%2F", "/..", "/.", "//", "/b%20c", "/é", "/~", "/a+b", "/%25", "/*")
		}
		r.URL += pick("", "?")
		for range random.IntN(4) {
			r.URL += pick("?", "&", "&a=1", "&a=2", "&A", "&b=%20+", "&c=%2f", "&é=x", "&d==", "&e=/")
		}
		for range random.IntN(3) {
			r.Headers = append(r.Headers, [2]string{pick("X-Amz-Meta-A", "Content-Type", "x-amz-meta-a", "User-Agent", "Range"), pick("a", " a  b ", "a,b", "", "\tx", "é")})
		}
		compare(fmt.Sprintf("%s %q", r.URL, r.Headers), r)
	}
	if compared < 1500 {
		t.Errorf("%d requests were compared, want at least 1500", compared)
	}
}

// TestExplainIsQuick bounds the work: a signature that nothing explains must not
// keep anyone waiting, however long request and answer are.
func TestExplainIsQuick(t *testing.T) {
	wrong := secretIs(func(string) string { return "something else altogether" })
	many := Request{URL: bucketURL + "/"}
	for i := range 900 {
		many.Headers = append(many.Headers, [2]string{fmt.Sprintf("X-Amz-Meta-Token-%d", i), "value"})
	}
	for name, s := range map[string]scene{
		"a long parameter": {meant: at(bucketURL + "/a?x=" + strings.Repeat("%20a", 5000)), silent: true, fault: wrong},
		"many parameters":  {meant: at(bucketURL + "/a?b" + strings.Repeat("&x-token=a", 20000)), fault: wrong},
		"many headers":     {meant: many, fault: wrong},
		"many other headers": {fault: wrong, way: func(s *stages) {
			for i := range 10000 {
				s.headers = append(s.headers, [2]string{fmt.Sprintf("z%d", i), "v"})
			}
		}},
	} {
		req, refusal := s.play(t)
		start := time.Now()
		got, err := Explain(req, refusal)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %v, %d trials", name, time.Since(start), got.Trials)
		if got.Causes[0].Sure == Certain || len(got.Differences) > maxShown || len(got.Summary) > 20000 {
			t.Errorf("%s: Explain() = %s, %d differences, %d bytes", name, got.Causes[0].ID, len(got.Differences), len(got.Summary))
		}
		if took := time.Since(start); took > 30*time.Second { // below two seconds is usual
			t.Errorf("%s: Explain() took %v", name, took)
		}
	}
}

func TestExplainRefusesWhatItCannotExplain(t *testing.T) {
	refusal := Refusal{Form: "xml", Code: "SignatureDoesNotMatch"}
	for want, in := range map[string]struct {
		req     Request
		refusal Refusal
	}{
		"there is no refusal to explain: give the server's answer":                                                                                     {Request{}, Refusal{}},
		"mode is post: only requests that are signed in their headers or their query can be explained, a form's signature is that of its policy alone": {Request{Mode: "post"}, refusal},
	} {
		got, err := Explain(in.req, in.refusal)
		if err == nil || err.Error() != want || got.Summary != "" {
			t.Errorf("Explain() = %+v, %v; want %s", got, err, want)
		}
	}
}

func TestTextCannotMoveTheCursor(t *testing.T) {
	x := Explanation{Code: "C\x1b[2J", Causes: []Cause{{ID: "host-port", Sure: Certain, What: "w\x1b]0;\a", Why: "y", Fix: "f"}}, More: 2,
		Differences: []Difference{{Part: "header", Name: "host", Client: "host:a  b\x1b[2J\u202e\r", Server: "host:é\t\n"}, {Part: "method", Client: "GET"}}}
	const want = "C·[2J\n\n" +
		"  header host\n  - client host:a␣␣b·[2J··\n  + server host:é⇥⏎ \n" +
		"  method\n  - client GET\n  + server (not there)\n  … and 2 more\n\n" +
		"host-port (certain)\n  w·]0;·\n  Why: y\n  Fix: f\n"
	if diff := cmp.Diff(want, x.String()); diff != "" {
		t.Errorf("String() (-want +got):\n%s", diff)
	}
}
