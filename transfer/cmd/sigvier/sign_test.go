package main

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sigvier/sigvier/testvectors"
)

// request is a line of input as others write it: by the specified names.
type request map[string]any

const (
	signKeyID  = "AKIDSIGN"
	signSecret = "sign-secret-0123456789"
	signToken  = "sign-token-9876543210"
	signTime   = "20150830T123600Z"
)

// aRequest is a request that can be signed, changed by pairs of name and value;
// the value nil takes a field away.
func aRequest(changes ...any) request {
	r := request{
		"name": "x", "service": "iam", "region": "us-east-1", "access_key": signKeyID, "secret": signSecret,
		"time": signTime, "method": "GET", "url": "https://example.com/", "mode": "header",
	}
	for i := 0; i < len(changes); i += 2 {
		name := changes[i].(string)
		if r[name] = changes[i+1]; changes[i+1] == nil {
			delete(r, name)
		}
	}
	return r
}

func (r request) line(t *testing.T) string {
	t.Helper()
	line, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(line)
}

// answer is a line of output.
type answer struct {
	Name             string      `json:"name"`
	CanonicalRequest string      `json:"canonical_request"`
	StringToSign     string      `json:"string_to_sign"`
	Signature        string      `json:"signature"`
	SignedHeaders    string      `json:"signed_headers"`
	Headers          [][2]string `json:"headers"`
	URL              string      `json:"url"`
	Fields           [][2]string `json:"fields"`
	Error            string      `json:"error"`
}

// runSign signs a text of lines.
func runSign(t *testing.T, text string) (answers []answer, code int) {
	t.Helper()
	r := shell{stdin: input(t, text)}.run(t, "sign")
	if r.stderr != "" {
		t.Errorf("stderr is %q, want nothing", r.stderr)
	}
	for line := range strings.Lines(r.stdout) {
		var a answer
		if err := json.Unmarshal([]byte(line), &a); err != nil {
			t.Fatalf("the line %q is no JSON: %v", line, err)
		}
		answers = append(answers, a)
	}
	return answers, r.code
}

// signOne signs one request that must succeed.
func signOne(t *testing.T, r request) answer {
	t.Helper()
	answers, code := runSign(t, r.line(t))
	if len(answers) != 1 || code != exitDone || answers[0].Error != "" {
		t.Fatalf("sign = %v, exit code %d, want one good answer", answers, code)
	}
	return answers[0]
}

// canonicalLine is a line of the canonical request: 0 the method, 1 the path, 2
// the query, -1 the payload hash.
func (a answer) canonicalLine(i int) string {
	lines := strings.Split(a.CanonicalRequest, "\n")
	return lines[(i+len(lines))%len(lines)]
}

// header gives all values of a header.
func (a answer) header(name string) []string {
	var values []string
	for _, h := range a.Headers {
		if strings.EqualFold(h[0], name) {
			values = append(values, h[1])
		}
	}
	return values
}

// vector is a published case in one form.
type vector struct {
	request request
	want    testvectors.Expected
	query   bool
	c       testvectors.Case
}

// published gives AWS's cases as lines, with no option that follows from the
// service: so the defaults are tested too.
func published(t *testing.T) []vector {
	t.Helper()
	var all []vector
	for _, load := range []func() ([]testvectors.Case, error){testvectors.V4, testvectors.Legacy2015, testvectors.Documents} {
		cases, err := load()
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range cases {
			if c.Header != nil {
				all = append(all, vector{headerRequest(c), *c.Header, false, c})
			}
			if c.Query != nil {
				all = append(all, vector{queryRequest(c), *c.Query, true, c})
			}
		}
	}
	return all
}

const emptySHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

func vectorRequest(c testvectors.Case, form, payload string) request {
	r := request{
		"name": c.Family + "/" + c.Name + "/" + form, "service": c.Service, "region": c.Region,
		"access_key": c.AccessKeyID, "secret": c.SecretAccessKey, "time": c.Time,
		"method": c.Method, "url": c.URL(), "mode": form,
	}
	if c.SessionToken != "" {
		r["token"] = c.SessionToken
	}
	if len(c.Body) > 0 {
		r["body_base64"] = base64.StdEncoding.EncodeToString(c.Body)
	}
	isS3 := c.Service == "s3"
	if c.DoubleEncode == isS3 {
		r["double_encode"] = c.DoubleEncode
	}
	if c.NormalizePath == isS3 {
		r["normalize_path"] = c.NormalizePath
	}
	if !c.SignToken {
		r["sign_token"] = false
	}
	if c.PayloadHash != payload {
		r["payload_hash"] = c.PayloadHash
	}
	return r
}

func headerRequest(c testvectors.Case) request {
	sum := sha256.Sum256(c.Body)
	r := vectorRequest(c, "header", hex.EncodeToString(sum[:]))
	headers := slices.Clone(c.Headers)
	if c.ContentSHA256 && c.Service != "s3" {
		headers = append(headers, [2]string{"X-Amz-Content-Sha256", c.PayloadHash})
	}
	r["headers"] = headers
	return r
}

func queryRequest(c testvectors.Case) request {
	payload := emptySHA256
	if c.Service == "s3" {
		payload = "UNSIGNED-PAYLOAD"
	}
	r := vectorRequest(c, "query", payload)
	r["headers"], r["expires"] = c.Headers, c.Expires
	return r
}

func TestSignGivesThePublishedFigures(t *testing.T) {
	vectors := published(t)
	if n := 2*38 + 34 + 10; len(vectors) != n {
		t.Fatalf("%d cases, want %d", len(vectors), n)
	}
	var text strings.Builder
	for _, v := range vectors {
		text.WriteString(v.request.line(t) + "\n")
	}
	answers, code := runSign(t, text.String())
	if code != exitDone || len(answers) != len(vectors) {
		t.Fatalf("sign gave exit code %d and %d lines, want 0 and %d", code, len(answers), len(vectors))
	}
	for i, v := range vectors {
		got := answers[i]
		if got.Name != v.request["name"] {
			t.Fatalf("line %d is %q, want %q: the order is lost", i, got.Name, v.request["name"])
		}
		t.Run(got.Name, func(t *testing.T) {
			want := answer{Name: got.Name, CanonicalRequest: v.want.CanonicalRequest, StringToSign: v.want.StringToSign,
				Signature: v.want.Signature, SignedHeaders: v.want.SignedHeaders}
			if v.query {
				checkURL(t, got, v)
				want.URL = got.URL
			} else {
				want.Headers = sentHeaders(v)
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
		})
	}
}

// sentHeaders are the headers that a header answer must have: Host, those that
// were given, those that the signer adds.
func sentHeaders(v vector) [][2]string {
	host, _, _ := strings.Cut(strings.TrimPrefix(v.c.URL(), "https://"), "/")
	all := [][2]string{{"Host", host}}
	for _, h := range v.c.Headers {
		if !strings.EqualFold(h[0], "Host") {
			all = append(all, h)
		}
	}
	all = append(all, [2]string{"X-Amz-Date", v.c.Time})
	if v.c.SessionToken != "" {
		all = append(all, [2]string{"X-Amz-Security-Token", v.c.SessionToken})
	}
	if v.c.ContentSHA256 {
		all = append(all, [2]string{"X-Amz-Content-SHA256", v.c.PayloadHash})
	}
	scope := v.c.Time[:8] + "/" + v.c.Region + "/" + v.c.Service + "/aws4_request"
	return append(all, [2]string{"Authorization", "AWS4-HMAC-SHA256 Credential=" + v.c.AccessKeyID + "/" + scope +
		", SignedHeaders=" + v.want.SignedHeaders + ", Signature=" + v.want.Signature})
}

func checkURL(t *testing.T, got answer, v vector) {
	t.Helper()
	u, err := url.Parse(got.URL)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	for name, want := range map[string]string{
		"X-Amz-Algorithm":      "AWS4-HMAC-SHA256",
		"X-Amz-Credential":     v.c.AccessKeyID + "/" + v.c.Time[:8] + "/" + v.c.Region + "/" + v.c.Service + "/aws4_request",
		"X-Amz-Date":           v.c.Time,
		"X-Amz-Expires":        strconv.Itoa(v.c.Expires),
		"X-Amz-SignedHeaders":  v.want.SignedHeaders,
		"X-Amz-Security-Token": v.c.SessionToken,
		"X-Amz-Signature":      v.want.Signature,
	} {
		if got := q.Get(name); got != want || len(q[name]) > 1 {
			t.Errorf("the URL's %s is %q, want %q", name, q[name], want)
		}
	}
	if host, _, _ := strings.Cut(strings.TrimPrefix(v.c.URL(), "https://"), "/"); u.Host != host {
		t.Errorf("the URL's host is %q, want %q", u.Host, host)
	}
}

func TestSignGivesThePublishedPolicies(t *testing.T) {
	policies, err := testvectors.Policies()
	if err != nil || len(policies) != 2 {
		t.Fatalf("%d policies, %v, want 2", len(policies), err)
	}
	for _, p := range policies {
		t.Run(p.Name, func(t *testing.T) {
			got := signOne(t, request{"name": p.Name, "service": p.Service, "region": p.Region, "access_key": p.AccessKeyID,
				"secret": p.SecretAccessKey, "time": p.Time, "mode": "post", "policy_base64": p.PolicyBase64})
			if got.StringToSign != p.PolicyBase64 || got.Signature != p.Signature || got.CanonicalRequest != "" || got.SignedHeaders != "" {
				t.Errorf("sign = %+v, want the policy as string to sign and signature %s", got, p.Signature)
			}
			fields := map[string]string{}
			for _, f := range got.Fields {
				fields[strings.ToLower(f[0])] = f[1]
			}
			for _, f := range p.Fields {
				if strings.HasPrefix(strings.ToLower(f[0]), "x-amz-") && !strings.HasPrefix(strings.ToLower(f[0]), "x-amz-meta-") && f[0] != "x-amz-server-side-encryption" {
					if fields[strings.ToLower(f[0])] != f[1] {
						t.Errorf("field %s = %q, want %q", f[0], fields[strings.ToLower(f[0])], f[1])
					}
				}
			}
			if len(got.Fields) != 5 || fields["policy"] != p.PolicyBase64 || fields["x-amz-signature"] != p.Signature {
				t.Errorf("fields = %v, want policy, algorithm, credential, date and signature", got.Fields)
			}
		})
	}
}

func TestSignOfAPolicyCarriesTheToken(t *testing.T) {
	got := signOne(t, aRequest("mode", "post", "token", signToken, "policy_base64", "e30="))
	if !slices.Contains(got.Fields, [2]string{"X-Amz-Security-Token", signToken}) {
		t.Errorf("fields = %v, want the token among them", got.Fields)
	}
}

func TestSignAnswersWithTheFieldsOfTheMode(t *testing.T) {
	common := []string{"canonical_request", "name", "signature", "signed_headers", "string_to_sign"}
	for mode, field := range map[string]string{"header": "headers", "query": "url", "post": "fields"} {
		r := shell{stdin: input(t, aRequest("mode", mode, "expires", 60, "policy_base64", "e30=").line(t))}.run(t, "sign")
		want := slices.Sorted(slices.Values(append(slices.Clone(common), field)))
		if got := objects(t, r.stdout); len(got) != 1 || !slices.Equal(keysOf(got[0]), want) {
			t.Errorf("mode %s answers %s, want the fields %v", mode, r.stdout, want)
		}
	}
}

// badRequests are requests that must be refused, and a part of the reason.
var badRequests = []struct {
	name   string
	line   string  // or
	change request // of a good one
	reason string
}{
	{name: "a word", line: `hello`, reason: "JSON"},
	{name: "a broken-off object", line: `{"name":"x","secret":"` + signSecret, reason: "JSON"},
	{name: "an array", line: `[]`, reason: "JSON"},
	{name: "a string", line: `"` + signSecret + `"`, reason: "JSON"},
	{name: "null", line: `null`, reason: "service"},
	{name: "two objects in a line", line: `{"name":"x"} {"name":"y"}`, reason: "follows"},
	{name: "an object and a word", line: `{"name":"x"}x`, reason: "follows"},
	{name: "no UTF-8", line: "{\"name\":\"x\",\"url\":\"https://h/\xff\"}", reason: "UTF-8"},
	{name: "name of a wrong type", change: request{"name": 7}, reason: "JSON"},
	{name: "secret of a wrong type", change: request{"secret": int64(1234567890123)}, reason: "secret of type string"},
	{name: "headers of a wrong type", change: request{"headers": map[string]string{"A": "b"}}, reason: "headers"},
	{name: "header of one part", change: request{"headers": [][]string{{"A"}}}, reason: "1 parts"},
	{name: "header of three parts", change: request{"headers": [][]string{{"A", "b", "c"}}}, reason: "3 parts"},
	{name: "double_encode of a wrong type", change: request{"double_encode": "yes"}, reason: "double_encode"},
	{name: "unknown field", change: request{"normalise_path": true}, reason: `unknown field "normalise_path"`},

	{name: "time missing", change: request{"time": ""}, reason: "20150830T123600Z is expected"},
	{name: "time with hyphens", change: request{"time": "2015-08-30T12:36:00Z"}, reason: "20150830T123600Z is expected"},
	{name: "time without Z", change: request{"time": "20150830T123600"}, reason: "20150830T123600Z is expected"},
	{name: "time that never was", change: request{"time": "20150230T123600Z"}, reason: "20150830T123600Z is expected"},
	{name: "time with a fraction", change: request{"time": "20150830T123600.5Z"}, reason: "20150830T123600Z is expected"},
	{name: "time before 1970", change: request{"time": "19690830T123600Z"}, reason: "time"},
	{name: "mode unknown", change: request{"mode": "Header"}, reason: "header, query or post is expected"},

	{name: "access key missing", change: request{"access_key": ""}, reason: "access key ID"},
	{name: "access key with a slash", change: request{"access_key": "AK/ID"}, reason: "access key ID"},
	{name: "secret missing", change: request{"secret": ""}, reason: "secret access key"},
	{name: "secret short", change: request{"secret": "tooshort"}, reason: "secret access key"},
	{name: "secret with its line end", change: request{"secret": signSecret + "\n"}, reason: "secret access key"},
	{name: "token with its line end", change: request{"token": signToken + "\n"}, reason: "session token"},
	{name: "service missing", change: request{"service": ""}, reason: "service"},
	{name: "service with a slash", change: request{"service": "s3/x"}, reason: "service"},
	{name: "region missing", change: request{"region": ""}, reason: "region"},
	{name: "region with a line end", change: request{"region": "us-east-1\n"}, reason: "region"},
	{name: "region with a blank", change: request{"region": "us east"}, reason: "region"},

	{name: "header with a line end", change: request{"headers": [][]string{{"A", "b\nc"}}}, reason: "header \"A\""},
	{name: "header with a zero byte", change: request{"headers": [][]string{{"A", "b\x00c"}}}, reason: "header \"A\""},
	{name: "header name with a blank", change: request{"headers": [][]string{{"A b", "c"}}}, reason: "header"},
	{name: "header name empty", change: request{"headers": [][]string{{"", "c"}}}, reason: "header"},
	{name: "Content-Length no number", change: request{"headers": [][]string{{"Content-Length", "many"}}}, reason: "a number is expected"},
	{name: "method with a blank", change: request{"method": "GET /"}, reason: "method"},

	{name: "expires missing", change: request{"mode": "query"}, reason: "604800"},
	{name: "expires 0", change: request{"mode": "query", "expires": 0}, reason: "604800"},
	{name: "expires negative", change: request{"mode": "query", "expires": -1}, reason: "604800"},
	{name: "expires that wraps to an hour", change: request{"mode": "query", "expires": int64(3600 - 1<<55)}, reason: "604800"},
	{name: "expires a second too long", change: request{"mode": "query", "expires": 604801}, reason: "604800"},
	{name: "expires that wraps to an hour from above", change: request{"mode": "query", "expires": int64(3600 + 1<<55)}, reason: "604800"},
	{name: "expires beyond 64 bits", change: request{"mode": "query", "expires": 1e30}, reason: "expires"},
	{name: "expires a fraction", change: request{"mode": "query", "expires": 1.5}, reason: "expires"},
	{name: "expires a string", change: request{"mode": "query", "expires": "60"}, reason: "expires"},

	{name: "body no base64", change: request{"body_base64": "@@@@"}, reason: "base64"},
	{name: "body base64 without padding", change: request{"body_base64": "YQ"}, reason: "base64"},
	{name: "policy missing", change: request{"mode": "post"}, reason: "policy"},
	{name: "policy no base64", change: request{"mode": "post", "policy_base64": "@@@@"}, reason: "policy"},
	{name: "payload_hash a word of nobody's", change: request{"payload_hash": "unsigned"}, reason: "payload hash"},
	{name: "payload_hash in upper case", change: request{"payload_hash": strings.ToUpper(emptySHA256)}, reason: "payload hash"},
	{name: "payload_hash and another header", change: request{"payload_hash": emptySHA256, "headers": [][]string{{"X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD"}}}, reason: "differ"},

	{name: "url missing", change: request{"url": ""}, reason: "url: https://HOST"},
	{name: "url without a host", change: request{"url": "https:///path"}, reason: "url: https://HOST"},
	{name: "url without a scheme", change: request{"url": "/path"}, reason: "url: https://HOST"},
	{name: "url of another scheme", change: request{"url": "ftp://example.com/"}, reason: "url: https://HOST"},
	{name: "url with a password", change: request{"url": "https://me:" + signSecret + "@example.com/"}, reason: "without a user"},
	{name: "url with a bad port", change: request{"url": "https://example.com:port/"}, reason: "url: "},
	{name: "url with a bad escape in the path", change: request{"url": "https://example.com/%zz"}, reason: "url: "},
	{name: "url with a bad escape in the query", change: request{"url": "https://example.com/?a=%zz"}, reason: "query"},
	{name: "url with a broken-off escape in the query", change: request{"url": "https://example.com/?a=%4"}, reason: "query"},
	{name: "url with a control byte", change: request{"url": "https://example.com/\x01"}, reason: "url: "},
	{name: "url with a signature already", change: request{"url": "https://example.com/?X-Amz-Signature=0"}, reason: "X-Amz-Signature"},

	{name: "query form of a bad url", change: request{"mode": "query", "expires": 60, "url": "https://example.com/%zz"}, reason: "url: "},
	{name: "query form of a bad payload_hash", change: request{"mode": "query", "expires": 60, "payload_hash": "x"}, reason: "payload hash"},
	{name: "query form with a header of control bytes", change: request{"mode": "query", "expires": 60, "headers": [][]string{{"A", "\r"}}}, reason: "header \"A\""},
	{name: "query form with a short secret", change: request{"mode": "query", "expires": 60, "secret": "tooshort"}, reason: "secret access key"},
	{name: "post form with a short secret", change: request{"mode": "post", "policy_base64": "e30=", "secret": "tooshort"}, reason: "secret access key"},

	{name: "signed_headers empty", change: request{"signed_headers": []string{}}, reason: "host"},
	{name: "signed_headers without host", change: request{"signed_headers": []string{"x-amz-date"}}, reason: "host"},
	{name: "signed_headers with one that is not there", change: request{"signed_headers": []string{"host", "x-foo"}}, reason: "signed headers"},
	{name: "signed_headers with the signature", change: request{"signed_headers": []string{"host", "authorization"}}, reason: "authorization"},
}

func TestSignRefusesBadLinesInTheirPlaceAndGoesOn(t *testing.T) {
	good := aRequest("name", "good").line(t)
	var text strings.Builder
	for _, bad := range badRequests {
		line := bad.line
		if line == "" {
			r := aRequest("token", signToken)
			maps.Copy(r, bad.change)
			line = r.line(t)
		}
		text.WriteString(line + "\n" + good + "\n")
	}
	answers, code := runSign(t, text.String())
	if code != exitFailed {
		t.Errorf("exit code %d, want %d", code, exitFailed)
	}
	if len(answers) != 2*len(badRequests) {
		t.Fatalf("%d lines, want %d", len(answers), 2*len(badRequests))
	}
	for i, bad := range badRequests {
		t.Run(bad.name, func(t *testing.T) {
			got, next := answers[2*i], answers[2*i+1]
			want := answer{Error: got.Error}
			if bad.change["name"] == nil && (bad.line == "" || strings.HasPrefix(bad.line, `{"name":"x"}`) || strings.Contains(bad.line, "\xff")) {
				want.Name = "x"
			}
			if d := cmp.Diff(want, got); d != "" || got.Error == "" {
				t.Errorf("want name and error only (-want +got)\n%s", d)
			}
			if !strings.Contains(got.Error, bad.reason) {
				t.Errorf("error is %q, want %q in it", got.Error, bad.reason)
			}
			for _, private := range []string{signSecret, signToken, "tooshort", "1234567890123"} {
				if strings.Contains(got.Error, private) {
					t.Errorf("the error %q holds %q", got.Error, private)
				}
			}
			if next.Name != "good" || next.Error != "" || len(next.Signature) != 64 {
				t.Errorf("the good line behind it gave %+v", next)
			}
		})
	}
}

func TestSignErrorsHaveTheSpecifiedFields(t *testing.T) {
	for _, line := range []string{"x", `{"name":"n"}`} {
		r := shell{stdin: input(t, line)}.run(t, "sign")
		if got := objects(t, r.stdout); len(got) != 1 || !slices.Equal(keysOf(got[0]), []string{"error", "name"}) {
			t.Errorf("sign of %s = %s, want name and error", line, r.stdout)
		}
	}
}

func TestSignReadsLinesAsTheyCome(t *testing.T) {
	a, b := aRequest("name", "a").line(t), aRequest("name", "b").line(t)
	for name, test := range map[string]struct {
		text string
		want []string
	}{
		"nothing":             {"", nil},
		"an empty line":       {"\n", nil},
		"one line":            {a + "\n", []string{"a"}},
		"no newline":          {a + "\n" + b, []string{"a", "b"}},
		"blank lines":         {"\n" + a + "\n\n  \t\n" + b + "\n\n", []string{"a", "b"}},
		"CRLF":                {a + "\r\n\r\n" + b + "\r\n", []string{"a", "b"}},
		"blanks around":       {"  " + a + "\t\n", []string{"a"}},
		"the same line twice": {b + "\n" + b + "\n", []string{"b", "b"}},
	} {
		t.Run(name, func(t *testing.T) {
			answers, code := runSign(t, test.text)
			var names []string
			for _, a := range answers {
				names = append(names, a.Name)
			}
			if !slices.Equal(names, test.want) || code != exitDone {
				t.Errorf("sign answers %q with exit code %d, want %q and 0", names, code, test.want)
			}
		})
	}
}

func TestSignTakesALineOfSeveralMegabytes(t *testing.T) {
	body := []byte(pattern(3 << 20))
	got := signOne(t, aRequest("method", "PUT", "body_base64", base64.StdEncoding.EncodeToString(body)))
	if sum := sha256.Sum256(body); got.canonicalLine(-1) != hex.EncodeToString(sum[:]) {
		t.Errorf("payload hash is %s, want the body's", got.canonicalLine(-1))
	}
}

func TestSignBoundsALine(t *testing.T) {
	f := input(t, "")
	if err := os.Truncate(f.Name(), maxLine+1); err != nil {
		t.Fatal(err)
	}
	shell{stdin: f}.run(t, "sign").want(t, exitFailed, "a line is longer than 64.0 MiB")
}

func TestSignOfAnInputThatFails(t *testing.T) {
	dir, err := os.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	shell{stdin: dir}.run(t, "sign").want(t, exitFailed, "reading requests: ")
}

func TestSignAnswersBeforeTheNextLineComes(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	out, stdout := io.Pipe()
	a := &app{stdin: r, stdout: stdout, stderr: io.Discard, getenv: func(string) string { return "" }}
	code := make(chan int, 1)
	go func() { code <- a.run(t.Context(), []string{"sign"}) }()
	answers := json.NewDecoder(out)
	for _, name := range []string{"first", "second"} {
		io.WriteString(w, aRequest("name", name).line(t)+"\n")
		var got answer
		if err := answers.Decode(&got); err != nil || got.Name != name {
			t.Fatalf("answer %q, %v, want %q", got.Name, err, name)
		}
	}
	w.Close()
	if c := <-code; c != exitDone {
		t.Errorf("exit code %d, want 0", c)
	}
}

func TestSignPathRules(t *testing.T) {
	for _, test := range []struct {
		service, path string
		options       []any
		want          string
	}{
		{"iam", "/a//b/../c%20d", nil, "/a/c%2520d"},
		{"iam", "/a//b/../c%20d", []any{"double_encode", true, "normalize_path", true}, "/a/c%2520d"},
		{"iam", "/a//b/../c%20d", []any{"double_encode", false}, "/a/c%20d"},
		{"iam", "/a//b/../c%20d", []any{"normalize_path", false}, "/a//b/../c%2520d"},
		{"s3", "/a//b/../c%20d", nil, "/a//b/../c%20d"},
		{"s3", "/a//b/../c%20d", []any{"double_encode", false, "normalize_path", false}, "/a//b/../c%20d"},
		{"s3", "/a//b/../c%20d", []any{"double_encode", true}, "/a//b/../c%2520d"},
		{"s3", "/a//b/../c%20d", []any{"normalize_path", true}, "/a/c%20d"},

		{"s3", "", nil, "/"},
		{"s3", "/", nil, "/"},
		{"s3", "//", nil, "//"},
		{"s3", "/./../a/.", nil, "/./../a/."},
		{"s3", "/a+b", nil, "/a%2Bb"},
		{"s3", "/a%2Bb", nil, "/a%2Bb"},
		{"s3", "/a%2fb", nil, "/a/b"},
		{"s3", "/a%252Fb", nil, "/a%252Fb"},
		{"s3", "/~*'()!@$&=:,;", nil, "/~%2A%27%28%29%21%40%24%26%3D%3A%2C%3B"},
		{"s3", "/ü/日本", nil, "/%C3%BC/%E6%97%A5%E6%9C%AC"},
		{"s3", "/a b", nil, "/a%20b"},
		{"s3-outposts", "/a//b%20", nil, "/a//b%20"},
		{"iam", "", nil, "/"},
		{"iam", "/a/..", nil, "/"},
		{"iam", "/a+b", nil, "/a%2Bb"},
	} {
		t.Run(test.service+test.path, func(t *testing.T) {
			options := append([]any{"service", test.service, "url", "https://example.com" + test.path}, test.options...)
			if got := signOne(t, aRequest(options...)).canonicalLine(1); got != test.want {
				t.Errorf("%v: path %s, want %s", test.options, got, test.want)
			}
			options = append(options, "mode", "query", "expires", 60)
			if got := signOne(t, aRequest(options...)).canonicalLine(1); got != test.want {
				t.Errorf("%v: path of the query form %s, want %s", test.options, got, test.want)
			}
		})
	}
}

func TestSignQueryRules(t *testing.T) {
	for _, test := range []struct{ query, want string }{
		{"", ""},
		{"?", ""},
		{"?a", "a="},
		{"?b=2&a=1", "a=1&b=2"},
		{"?a=2&a=1&a", "a=&a=1&a=2"},
		{"?a=1+2", "a=1%202"},
		{"?a=1%2B2", "a=1%2B2"},
		{"?a=1;b=2&c=3", "a=1%3Bb%3D2&c=3"},
		{"?ü=日", "%C3%BC=%E6%97%A5"},
		{"?%61=%7e", "a=~"},
		{"?=x", "=x"},
		{"?&&a=b&", "a=b"},
		{"?a=b=c", "a=b%3Dc"},
		{"?a=/?:@", "a=%2F%3F%3A%40"},
		{"?a=1#fragment", "a=1"},
		{"?A=1&a=2&B=3", "A=1&B=3&a=2"},
	} {
		t.Run(test.query, func(t *testing.T) {
			if got := signOne(t, aRequest("url", "https://example.com/"+test.query)).canonicalLine(2); got != test.want {
				t.Errorf("query %s, want %s", got, test.want)
			}
		})
	}
}

func TestSignHost(t *testing.T) {
	for _, test := range []struct{ url, want string }{
		{"https://example.com/", "example.com"},
		{"https://example.com", "example.com"},
		{"https://example.com:443/", "example.com"},
		{"http://example.com:80/", "example.com"},
		{"https://example.com:80/", "example.com:80"},
		{"http://example.com:443/", "example.com:443"},
		{"http://127.0.0.1:9000/", "127.0.0.1:9000"},
		{"http://[::1]:9000/", "[::1]:9000"},
	} {
		t.Run(test.url, func(t *testing.T) {
			r := aRequest("url", test.url, "headers", [][]string{{"host", "other.example.com"}, {"X-A", "1"}, {"Host", "third"}})
			got := signOne(t, r)
			if !strings.Contains(got.CanonicalRequest, "\nhost:"+test.want+"\n") {
				t.Errorf("canonical request %q, want host %s", got.CanonicalRequest, test.want)
			}
			if d := cmp.Diff([]string{test.want}, got.header("Host")); d != "" {
				t.Errorf("Host headers (-want +got)\n%s", d)
			}
			r["mode"], r["expires"] = "query", 60
			if got := signOne(t, r); !strings.HasPrefix(strings.SplitN(got.URL, "://", 2)[1], test.want+"/?") {
				t.Errorf("url %s, want host %s", got.URL, test.want)
			}
		})
	}
}

func TestSignKeepsHeadersInOrderWithRepeats(t *testing.T) {
	given := [][2]string{{"x-b", " two  words "}, {"X-A", "1"}, {"X-B", "3"}, {"User-Agent", "test"}, {"x-a", ""}}
	got := signOne(t, aRequest("headers", given))
	if d := cmp.Diff(given, got.Headers[1:1+len(given)]); d != "" {
		t.Errorf("headers (-want +got)\n%s", d)
	}
	if want := "\nx-a:1,\nx-amz-date:" + signTime + "\nx-b:two words,3\n"; !strings.Contains(got.CanonicalRequest, want) {
		t.Errorf("canonical request %q, want %q in it", got.CanonicalRequest, want)
	}
	if got.SignedHeaders != "host;x-a;x-amz-date;x-b" {
		t.Errorf("signed headers %s, want host;x-a;x-amz-date;x-b: User-Agent is not signed", got.SignedHeaders)
	}
}

func TestSignReplacesItsOwnHeaders(t *testing.T) {
	got := signOne(t, aRequest("headers", [][]string{{"X-Amz-Date", "20010101T000000Z"}, {"authorization", "old"}}))
	var names []string
	for _, h := range got.Headers {
		names = append(names, h[0])
	}
	if d := cmp.Diff([]string{"Host", "X-Amz-Date", "Authorization"}, names); d != "" {
		t.Errorf("headers (-want +got)\n%s", d)
	}
	if got.Headers[1][1] != signTime {
		t.Errorf("X-Amz-Date is %s, want %s", got.Headers[1][1], signTime)
	}
}

func TestSignToken(t *testing.T) {
	for _, test := range []struct {
		name    string
		service string
		options []any
		signed  bool
	}{
		{"by default", "iam", []any{"token", signToken}, true},
		{"asked for", "iam", []any{"token", signToken, "sign_token", true}, true},
		{"not wanted", "iam", []any{"token", signToken, "sign_token", false}, false},
		{"by default for IoT", "iotdevicegateway", []any{"token", signToken}, false},
		{"asked for for IoT", "iotdevicegateway", []any{"token", signToken, "sign_token", true}, true},
		{"as a header", "iam", []any{"headers", [][]string{{"x-amz-security-token", signToken}}}, true},
		{"as a header, not wanted", "iam", []any{"headers", [][]string{{"x-amz-security-token", signToken}}, "sign_token", false}, false},
		{"in both places", "iam", []any{"token", signToken, "headers", [][]string{{"X-Amz-Security-Token", signToken}}}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := aRequest(append([]any{"service", test.service}, test.options...)...)
			got := signOne(t, r)
			if signed := strings.Contains(got.SignedHeaders, "x-amz-security-token"); signed != test.signed {
				t.Errorf("signed headers %s, want the token among them: %v", got.SignedHeaders, test.signed)
			}
			if d := cmp.Diff([]string{signToken}, got.header("X-Amz-Security-Token")); d != "" {
				t.Errorf("token headers (-want +got)\n%s", d)
			}
			r["mode"], r["expires"] = "query", 60
			got = signOne(t, r)
			if signed := strings.Contains(got.canonicalLine(2), "X-Amz-Security-Token="+signToken); signed != test.signed {
				t.Errorf("canonical query %s, want the token in it: %v", got.canonicalLine(2), test.signed)
			}
			if strings.Count(got.URL, "X-Amz-Security-Token="+signToken) != 1 {
				t.Errorf("url %s, want the token once", got.URL)
			}
		})
	}
}

func TestSignPayloadHash(t *testing.T) {
	const digest = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	const bodySum = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824" // of hello
	tests := []struct {
		name    string
		options []any
		want    string
		sent    bool // X-Amz-Content-SHA256
	}{
		{"of an empty body", nil, emptySHA256, false},
		{"of the body", []any{"body_base64", "aGVsbG8="}, bodySum, false},
		{"of the body for S3", []any{"body_base64", "aGVsbG8=", "service", "s3"}, bodySum, true},
		{"given", []any{"body_base64", "aGVsbG8=", "payload_hash", digest}, digest, false},
		{"given for S3", []any{"service", "s3", "payload_hash", digest}, digest, true},
		{"given as a header", []any{"headers", [][]string{{"x-amz-content-sha256", digest}}}, digest, true},
		{"given twice", []any{"payload_hash", digest, "headers", [][]string{{"x-amz-content-sha256", digest}}}, digest, true},
		{"of the query form", []any{"mode", "query", "expires", 60, "body_base64", "aGVsbG8="}, emptySHA256, false},
		{"of the query form for S3", []any{"mode", "query", "expires", 60, "service", "s3"}, "UNSIGNED-PAYLOAD", false},
		{"given for the query form", []any{"mode", "query", "expires", 60, "service", "s3", "payload_hash", digest}, digest, false},
	}
	for _, word := range []string{
		"UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
		"STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
		"STREAMING-AWS4-HMAC-SHA256-EVENTS",
	} {
		tests = append(tests, struct {
			name    string
			options []any
			want    string
			sent    bool
		}{word, []any{"payload_hash", word}, word, true})
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := signOne(t, aRequest(test.options...))
			if got.canonicalLine(-1) != test.want {
				t.Errorf("payload hash %s, want %s", got.canonicalLine(-1), test.want)
			}
			var want []string
			if test.sent {
				want = []string{test.want}
			}
			if d := cmp.Diff(want, got.header("X-Amz-Content-SHA256")); d != "" {
				t.Errorf("X-Amz-Content-SHA256 (-want +got)\n%s", d)
			}
			if strings.Contains(got.SignedHeaders, "x-amz-content-sha256") != test.sent {
				t.Errorf("signed headers are %s, want x-amz-content-sha256 among them: %v", got.SignedHeaders, test.sent)
			}
		})
	}
}

func TestSignSignsExactlyTheNamedHeaders(t *testing.T) {
	headers := [][]string{{"X-A", "1"}, {"X-B", "2"}, {"User-Agent", "me"}}
	for _, test := range []struct {
		list any
		want string
	}{
		{nil, "host;x-a;x-amz-date;x-b"},
		{[]string{"host"}, "host"},
		{[]string{"X-B", "HOST", "x-amz-date"}, "host;x-amz-date;x-b"},
		{[]string{"host", "user-agent"}, "host;user-agent"},
	} {
		got := signOne(t, aRequest("headers", headers, "signed_headers", test.list))
		if got.SignedHeaders != test.want {
			t.Errorf("signed_headers %v: %s, want %s", test.list, got.SignedHeaders, test.want)
		}
	}
}

func TestWhatIsSignedIsAccepted(t *testing.T) {
	s := newSite(t)
	s.store(t, "a+b//../ü~*", "content")
	target := s.URL + "/" + bucket + "/a%2Bb//../%C3%BC~%2A"
	r := aRequest("service", "s3", "access_key", keyID, "secret", secret, "url", target, "time", time.Now().UTC().Format("20060102T150405Z"))

	got := signOne(t, r)
	req, err := http.NewRequest("GET", target, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range got.Headers {
		if h[0] != "Host" {
			req.Header.Add(h[0], h[1])
		}
	}
	checkAnswer(t, req, "content")

	r["mode"], r["expires"] = "query", 60
	if req, err = http.NewRequest("GET", signOne(t, r).URL, nil); err != nil {
		t.Fatal(err)
	}
	checkAnswer(t, req, "content")
}

func checkAnswer(t *testing.T, req *http.Request, want string) {
	t.Helper()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK || string(body) != want {
		t.Errorf("%s %s = %d %q, %v, want 200 %q", req.Method, req.URL.Path, resp.StatusCode, body, err, want)
	}
}
