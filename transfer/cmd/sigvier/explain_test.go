package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sigv4/oracle"
)

// refusal is a request and the answer to it, as two captures.
type refusal struct{ request, answer string }

// refuse signs a GET for the site, changes it on its way, and writes both down:
// the request as it was meant, or as it arrived.
func refuse(t *testing.T, s site, secret string, asSent bool, change func(*http.Request)) refusal {
	t.Helper()
	signer, err := sigv4.NewSigner("s3", "us-east-1", nil)
	if err != nil {
		t.Fatal(err)
	}
	req := httptest.NewRequest("GET", s.URL+"/"+bucket+"/k?b=1&a=2", nil)
	req.RequestURI = ""
	req.Header.Set("X-Amz-Meta-A", "one two")
	if err := signer.Sign(req, sigv4.NewCredentials(keyID, secret, ""), sigv4.EmptyPayload(), time.Now()); err != nil {
		t.Fatal(err)
	}
	meant := dump(t, req)
	if change != nil {
		change(req)
	}
	if asSent {
		meant = dump(t, req)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := httputil.DumpResponse(resp, true)
	if err != nil {
		t.Fatal(err)
	}
	return refusal{meant, string(answer)}
}

func dump(t *testing.T, req *http.Request) string {
	t.Helper()
	text, err := httputil.DumpRequest(req, false)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// explainJSON runs explain and decodes what it prints.
func explainJSON(t *testing.T, s shell, args ...string) (explained, result) {
	t.Helper()
	r := s.run(t, append([]string{"explain"}, args...)...)
	var x explained
	if err := json.Unmarshal([]byte(r.stdout), &x); err != nil || strings.Count(r.stdout, "\n") != 1 {
		t.Fatalf("explain %q gives %+v: %v", args, r, err)
	}
	for _, private := range []string{secret, signSecret, signToken} {
		if strings.Contains(r.stdout+r.stderr, private) {
			t.Errorf("the output holds %q", private)
		}
	}
	return x, r
}

func (x explained) ids() (ids []string) {
	for _, c := range x.Causes {
		ids = append(ids, c.ID)
	}
	return ids
}

func TestExplainNamesTheCause(t *testing.T) {
	s := newSite(t)
	for _, test := range []struct {
		name   string
		secret string
		change func(*http.Request)
		cause  string
	}{
		{"the secret", secret + "x", nil, "secret-wrong"},
		{"a header on its way", secret, func(r *http.Request) { r.Header.Set("X-Amz-Meta-A", "one") }, "header-rewritten"},
		{"the path on its way", secret, func(r *http.Request) { r.URL.Path = "/" + bucket + "/K" }, "path-rewritten"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := refuse(t, s, test.secret, false, test.change)
			answer := writeFile(t, t.TempDir(), "answer", r.answer)
			x, got := explainJSON(t, s.shell.reading(t, r.request), "--error", answer)
			if !x.Found || got.code != exitDone || got.stderr != "" || len(x.Causes) == 0 || x.Causes[0].ID != test.cause {
				t.Errorf("explain = %v, %+v, want the cause %s", x.ids(), got, test.cause)
			}
			if x.Client == nil || x.Server == nil || !strings.HasPrefix(x.Client.CanonicalRequest, "GET\n/data/k\na=2&b=1\n") || !strings.Contains(x.Server.StringToSign, "/s3/aws4_request") {
				t.Errorf("explain = %+v, %+v, want the texts of both sides", x.Client, x.Server)
			}
			if same := x.Client.CanonicalRequest == x.Server.CanonicalRequest; same != (test.change == nil) {
				t.Errorf("the canonical requests are the same: %v\n%s\n%s", same, x.Client.CanonicalRequest, x.Server.CanonicalRequest)
			}
		})
	}
}

// The request may be in any of the three forms, in a file or on stdin, and so may
// the answer; what "curl -v" prints has both.
func TestExplainReadsFilesAndStdin(t *testing.T) {
	s := newSite(t)
	r := refuse(t, s, secret+"x", false, nil)
	dir := t.TempDir()
	request, answer := writeFile(t, dir, "request", r.request), writeFile(t, dir, "answer", r.answer)
	verbose := "* Connected\n"
	for line := range strings.Lines(r.request) {
		verbose += "> " + line
	}
	head, body, _ := strings.Cut(r.answer, "\r\n\r\n")
	for line := range strings.Lines(head + "\r\n\r\n") {
		verbose += "< " + line
	}
	verbose += body
	both := writeFile(t, dir, "both", verbose)
	for name, test := range map[string]struct {
		stdin string
		args  []string
	}{
		"two files":                {"", []string{"--error", answer, request}},
		"the request on stdin":     {r.request, []string{"--error", answer, "-"}},
		"the request, unsaid":      {r.request, []string{"--error", answer}},
		"the answer on stdin":      {r.answer, []string{request, "--error", "-"}},
		"both in a file":           {"", []string{both}},
		"both on stdin":            {verbose, nil},
		"both on stdin, said":      {verbose, []string{"-", "--error", "-"}},
		"the document alone":       {r.request, []string{"--error", writeFile(t, dir, "xml", body)}},
		"JSON, although no matter": {r.request, []string{"--json", "--error", answer}},
	} {
		t.Run(name, func(t *testing.T) {
			if x, _ := explainJSON(t, s.shell.reading(t, test.stdin), test.args...); !slices.Equal(x.ids(), []string{"secret-wrong"}) {
				t.Errorf("explain = %v, want secret-wrong", x.ids())
			}
		})
	}
}

// A command line that leaves the time to curl is explained with the server's.
func TestExplainOfARequestThatIsSignedLater(t *testing.T) {
	s := newSite(t)
	r := refuse(t, s, secret+"x", false, nil)
	answer := writeFile(t, t.TempDir(), "answer", r.answer)
	curl := "curl --aws-sigv4 aws:amz:us-east-1:s3 -u \"$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY\" -H 'X-Amz-Meta-A: one two' '" + s.URL + "/data/k?a=2&b=1'"
	for _, text := range []string{
		curl,
		`{"method":"GET","url":"` + s.URL + `/data/k?a=2&b=1","headers":[["x-amz-meta-a","one two"]]}`,
	} {
		x, _ := explainJSON(t, s.shell.reading(t, text), "--error", answer)
		if !slices.Equal(x.ids(), []string{"secret-wrong"}) || x.Client.CanonicalRequest != x.Server.CanonicalRequest {
			t.Errorf("explain of %s = %v, %q, %q, want secret-wrong", text, x.ids(), x.Client.CanonicalRequest, x.Server.CanonicalRequest)
		}
	}
	x, _ := explainJSON(t, s.shell.reading(t, strings.Replace(curl, "aws:amz:us-east-1", "aws:amz:eu-west-1", 1)), "--error", answer)
	if len(x.Differences) == 0 || x.Differences[0].Part != "credential scope" {
		t.Errorf("explain for another region = %v, %+v, want the scope to differ", x.ids(), x.Differences)
	}
	x, _ = explainJSON(t, s.shell.reading(t, `{"url":"`+s.URL+`/data/k?a=2&b=1","headers":[["x-amz-meta-a","one two"]]}`), "--error", answer, "--service", "sts", "--region", "eu-west-1")
	if !strings.Contains(x.Client.StringToSign, "/eu-west-1/sts/aws4_request") {
		t.Errorf("string to sign %q, want the scope of the flags", x.Client.StringToSign)
	}
}

func TestExplainWithoutACauseFails(t *testing.T) {
	answer := writeFile(t, t.TempDir(), "answer", "<Error><Code>SignatureDoesNotMatch</Code></Error>")
	x, r := explainJSON(t, shell{}.reading(t, capture(t)), "--error", answer)
	if r.code != exitFailed || x.Found || r.stderr != "" || !slices.Equal(x.ids(), []string{"unexplained"}) {
		t.Errorf("explain = %v, %+v, want exit code 1 and nothing found", x.ids(), r)
	}
	r = shell{}.reading(t, capture(t)).run(t, "explain", "--error", answer, "--text")
	if r.code != exitFailed || !strings.HasPrefix(r.stdout, "unexplained (possible)\n") || r.stderr != "" {
		t.Errorf("explain --text = %+v, want the same as text", r)
	}
}

func TestExplainRefusesWhatItCannotUse(t *testing.T) {
	dir := t.TempDir()
	request, answer := writeFile(t, dir, "request", capture(t)), writeFile(t, dir, "answer", "<Error><Code>SignatureDoesNotMatch</Code></Error>")
	shell{}.run(t, "explain", request).want(t, exitUsage, "the server's answer is missing: name its file with --error")
	shell{}.run(t, "explain", request, "--error", request).want(t, exitUsage, "the server's answer is missing")
	shell{}.run(t, "explain", "--error", answer).want(t, exitFailed, "the request: it is empty")
	shell{}.run(t, "explain", "--error", request, answer).want(t, exitFailed, "it is a server's answer")
	shell{}.run(t, "explain", "--error", filepath.Join(dir, "none"), request).want(t, exitFailed, "none")
	shell{}.run(t, "explain", "--error", writeFile(t, dir, "empty", ""), request).want(t, exitFailed, "empty")
}

func TestExplainUsesTheSecretOfTheAccessKeyOnly(t *testing.T) {
	s := newSite(t)
	r := refuse(t, s, secret+"x", false, nil)
	s.shell = s.with("AWS_SECRET_ACCESS_KEY=" + secret + "x") // the client's, which proves it
	answer := writeFile(t, t.TempDir(), "answer", r.answer)
	for name, test := range map[string]struct {
		shell  shell
		sure   oracle.Certainty
		stderr string
	}{
		"its secret":            {s.shell, oracle.Certain, ""},
		"a secret without ID":   {s.with("AWS_ACCESS_KEY_ID="), oracle.Certain, ""},
		"no secret":             {s.with("AWS_SECRET_ACCESS_KEY="), oracle.Likely, ""},
		"another's secret":      {s.with("AWS_ACCESS_KEY_ID=AKIDOTHER"), oracle.Likely, "the request is signed by " + keyID + " and AWS_ACCESS_KEY_ID is AKIDOTHER: it is explained without a secret\n"},
		"a token, and no claim": {s.with("AWS_SESSION_TOKEN=" + signToken), oracle.Certain, ""},
	} {
		t.Run(name, func(t *testing.T) {
			x, got := explainJSON(t, test.shell.reading(t, r.request), "--error", answer)
			if len(x.Causes) != 1 || x.Causes[0].ID != "secret-wrong" || x.Causes[0].Sure != test.sure || got.stderr != test.stderr {
				t.Errorf("explain = %+v, stderr %q, want secret-wrong, %s, stderr %q", x.Causes, got.stderr, test.sure, test.stderr)
			}
		})
	}
}

func TestExplainHidesTokens(t *testing.T) {
	answer := writeFile(t, t.TempDir(), "answer", "<Error><Code>SignatureDoesNotMatch</Code><StringToSign>x</StringToSign>"+
		"<CanonicalRequest>GET\n/\n\nhost:example.com\nx-amz-date:"+signTime+"\nx-amz-security-token:"+signToken+"x\n\nhost;x-amz-date;x-amz-security-token\n"+emptySHA256+"</CanonicalRequest></Error>")
	for _, mode := range []string{"--json", "--text"} {
		r := account().reading(t, capture(t, "token", signToken)).run(t, "explain", "--error", answer, mode)
		if strings.Contains(r.stdout+r.stderr, signToken) || strings.Contains(r.stdout+r.stderr, signSecret) {
			t.Errorf("%s shows a secret: %s%s", mode, r.stdout, r.stderr)
		}
		if strings.Count(r.stdout, "x-amz-security-token:[21 characters, SHA-256 ") == 0 || strings.Count(r.stdout, "x-amz-security-token:[22 characters, SHA-256 ") == 0 {
			t.Errorf("%s = %s, want both tokens by length and short hash", mode, r.stdout)
		}
	}
}

// The text of a whole explanation, whose words are the oracle's.
func TestExplanationAsText(t *testing.T) {
	x := explained{
		Explanation: oracle.Explanation{
			Causes: []oracle.Cause{
				{ID: "path-plus", Sure: oracle.Certain, What: "The path differs.", Why: strings.Repeat("word ", 20), Fix: "Write \x1b[2J %20."},
				{ID: "clock", Sure: oracle.Possible, What: "Late."},
			},
			Differences: []oracle.Difference{
				{Part: "canonical URI", Client: "/a%20b", Server: "/a%2Bb"},
				{Part: "query parameter", Name: "x", Client: "", Server: "x=\u00a0"},
				{Part: "header", Name: "a", Client: "a:one ", Server: "a:one"},
				{Part: "header", Name: "b", Client: "b:gone\t", Server: ""},
				{Part: "signed headers", Client: "a;b;host", Server: "a;host"},
				{Part: "time", Client: "20150830T123600Z", Server: "20150830T123700Z"},
			},
		},
		Client: &texts{"client", "client"},
		Server: &texts{"GET\n/a%2Bb\nw=1&x=\u00a0&y=2\na:one\nhost:h\n\na;host\n" + emptySHA256, "AWS4-HMAC-SHA256\n20150830T123700Z\n20150830/r/s/aws4_request\n00"},
	}
	const want = `- what the client signed
+ what the server computed

canonical request
  GET
- /a%20b
    ^^^
+ /a%2Bb
    ^^^
  w=1
+ x=\u00a0
  y=2
- a:one·
       ^
+ a:one
  host:h
- b:gone→
  
- a;b;host
    ^^
+ a;host
  ` + emptySHA256 + `

string to sign
  AWS4-HMAC-SHA256
- 20150830T123600Z
              ^
+ 20150830T123700Z
              ^
  20150830/r/s/aws4_request
  00

path-plus (certain)
  The path differs.
  Why: word word word word word word word word word word word word word word
  word word word word word word
  Fix: Write \x1b[2J %20.

clock (possible)
  Late.
`
	if got := (painter{}).explanation(x); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	coloured := painter{colours: true}.explanation(x)
	for _, text := range []string{
		"\x1b[2m  GET\x1b[0m\n", "\x1b[31m- /a\x1b[0m\x1b[31;4m%20\x1b[0m\x1b[31mb\x1b[0m\n", "\x1b[32m+ /a\x1b[0m\x1b[32;4m%2B\x1b[0m\x1b[32mb\x1b[0m\n",
		"\x1b[31m- b:gone→\x1b[0m\n", "\x1b[1mpath-plus\x1b[0m (\x1b[31mcertain\x1b[0m)\n", "\x1b[1mclock\x1b[0m (possible)\n", `\x1b[2J`,
	} {
		if !strings.Contains(coloured, text) {
			t.Errorf("the coloured text lacks %q:\n%q", text, coloured)
		}
	}
	if strings.Contains(coloured, "^") || strings.Contains(coloured, "\x1b[2J") {
		t.Errorf("the coloured text has carets, or an escape that came from outside:\n%q", coloured)
	}
}

// Where a whole part is in another order, both orders stand there as wholes.
func TestExplanationOfAnOrder(t *testing.T) {
	var b strings.Builder
	x := explained{Explanation: oracle.Explanation{Differences: []oracle.Difference{{Part: "query parameter", Client: "b=1\na=1", Server: "a=1\nb=1"}}},
		Client: &texts{"GET\n/\na=1&b=1\nhost:h\n\nhost\nx", ""}}
	b.WriteString(painter{}.explanation(x))
	if want := "\n  /\n- b=1\n- a=1\n+ a=1\n+ b=1\n  host:h\n"; !strings.Contains(b.String(), want) || strings.Contains(b.String(), "string to sign") {
		t.Errorf("got\n%s\nwant in it\n%s", b.String(), want)
	}
}

// Differences show also where the texts they belong to cannot be had.
func TestExplanationWithoutTexts(t *testing.T) {
	x := explained{Explanation: oracle.Explanation{Differences: []oracle.Difference{{Part: "method", Client: "GET", Server: "HEAD"}, {Part: "credential scope", Client: "a", Server: "b"}}}}
	got := painter{}.explanation(x)
	if want := "\ncanonical request\n- GET\n  ^^^\n+ HEAD\n  ^^^^\n\nstring to sign\n- a\n  ^\n+ b\n  ^\n"; !strings.Contains(got, want) {
		t.Errorf("got\n%s\nwant in it\n%s", got, want)
	}
}

func TestVisible(t *testing.T) {
	for _, test := range []struct {
		s    string
		ends bool
		want string
	}{
		{"plain ü 日本", true, "plain ü 日本"},
		{" a  b ", true, "·a  b·"},
		{" a  b ", false, " a  b "},
		{"  ", true, "··"},
		{"a\tb\rc\n\x00\x1b\x7f", true, `a→b␍c\n\x00\x1b\x7f`},
		{"\xff\u200b\u00a0\u202e", true, `\xff\u200b\u00a0\u202e`},
		{"", true, ""},
	} {
		if got := visible(test.s, test.ends); got != test.want {
			t.Errorf("visible(%q, %v) = %s, want %s", test.s, test.ends, got, test.want)
		}
	}
}

func TestWhatIsCommonCutsNoCharacter(t *testing.T) {
	for _, test := range []struct{ a, b, want string }{
		{"abc", "abc", "abc||"},
		{"abc", "axc", "a|b/x|c"},
		{"a%20b", "a%2Bb", "a|%20/%2B|b"},
		{"a%20b", "a%30b", "a|%20/%30|b"},
		{"a%20b", "a b", "a|%20/ |b"},
		{"ü", "ö", "|ü/ö|"},
		{"aüb", "aõb", "a|ü/õ|b"},
		{"a", "ab", "a|/b|"},
		{"ab", "b", "|a/|b"},
		{"aa", "aaa", "aa|/a|"},
		{"%2", "%", "|%2/%|"},
		{"", "x", "|/x|"},
	} {
		start, endA, endB := common(test.a, test.b)
		changed := test.a[start:endA] + "/" + test.b[start:endB]
		if changed == "/" {
			changed = "|"
		} else {
			changed = "|" + changed + "|"
		}
		if got := test.a[:start] + changed + test.a[endA:]; got != strings.Replace(test.want, "||", "|", 1) {
			t.Errorf("common(%q, %q) = %s, want %s", test.a, test.b, got, test.want)
		}
	}
}

// Whatever differs, what is shown loses nothing: without the marks it is the two
// lines again.
func TestAChangeShowsBothLines(t *testing.T) {
	lines := []string{"a:b", "a:b ", " a:b", "%2", "%20%2", "é", "e\u0301", "a:\xff", "x%C3%A9", "x%C3%89", "日", "月"}
	for _, client := range lines {
		for _, server := range lines {
			var b strings.Builder
			painter{}.change(&b, oracle.Difference{Client: client, Server: server})
			var got []string
			for line := range strings.SplitSeq(b.String(), "\n") {
				if strings.HasPrefix(line, "- ") || strings.HasPrefix(line, "+ ") {
					got = append(got, strings.ReplaceAll(line[2:], "·", " "))
				}
			}
			if want := []string{visible(client, false), visible(server, false)}; !slices.Equal(got, want) {
				t.Errorf("change(%q, %q) shows %q, want %q", client, server, got, want)
			}
		}
	}
}

// For an answer that says nothing, the trials tell what the client did.
func TestExplainShowsWhatATrialFound(t *testing.T) {
	signed, err := oracle.Request{Service: "s3", Region: "us-east-1", Credentials: sigv4.NewCredentials(signKeyID, signSecret, ""), Time: signTime,
		Method: "GET", URL: "https://example.com/a%20b", DoubleEncode: new(bool)}.Sign()
	if err != nil {
		t.Fatal(err)
	}
	yes := true
	double, err := oracle.Request{Service: "s3", Region: "us-east-1", Credentials: sigv4.NewCredentials(signKeyID, signSecret, ""), Time: signTime,
		Method: "GET", URL: "https://example.com/a%20b", DoubleEncode: &yes}.Sign()
	if err != nil {
		t.Fatal(err)
	}
	text := "GET /a%20b HTTP/1.1\n"
	for _, h := range double.Headers {
		text += fmt.Sprintf("%s: %s\n", h[0], h[1])
	}
	answer := writeFile(t, t.TempDir(), "answer", "<Error><Code>SignatureDoesNotMatch</Code></Error>")
	r := account().reading(t, text+"\n").run(t, "explain", "--text", "--error", answer)
	r.want(t, exitDone, "canonical request\n  GET\n- /a%2520b\n    ^^^^^\n+ /a%20b\n    ^^^\n  \n", "path-encoded-twice (certain)")
	if x, _ := explainJSON(t, account().reading(t, text+"\n"), "--error", answer); x.Server != nil || x.Client.CanonicalRequest != signed.CanonicalRequest {
		t.Errorf("explain = %+v, %+v, want no text of the server's, and the right one of the client's", x.Server, x.Client)
	}
}
