package oracle_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sigv4/oracle"
)

// The examples of the Amazon S3 API Reference, "Authenticating Requests: Using the
// Authorization Header" (GET Object) and "Using Query Parameters".
const (
	docKeyID        = "AKIAIOSFODNN7EXAMPLE"
	docSecret       = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
	docTime         = "20130524T000000Z"
	emptySHA256     = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	headerSignature = "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
	querySignature  = "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
	authorization   = "AWS4-HMAC-SHA256 Credential=" + docKeyID + "/20130524/us-east-1/s3/aws4_request,SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,Signature=" + headerSignature
	presigned       = "https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=" + docKeyID +
		"%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature=" + querySignature

	token = "FwoGZXIvYXdzEXAMPLE/session+token=="
)

// captured is the GET Object example as sent.
const captured = "GET /test.txt HTTP/1.1\r\nHost: examplebucket.s3.amazonaws.com\r\nAuthorization: " + authorization +
	"\r\nRange: bytes=0-9\r\nx-amz-content-sha256:" + emptySHA256 + "\r\nx-amz-date: " + docTime + "\r\nUser-Agent: me\r\n\r\n"

// withSecret gives the request the secret of the examples, under the access key
// that it names.
func withSecret(r oracle.Request) oracle.Request {
	r.Credentials = sigv4.NewCredentials(docKeyID, docSecret, r.Credentials.SessionToken())
	return r
}

// mustParse parses what must be good.
func mustParse(t testing.TB, text string) oracle.Request {
	t.Helper()
	r, err := oracle.Parse([]byte(text))
	if err != nil {
		t.Fatalf("Parse(%.200q) = %v", text, err)
	}
	return r
}

func TestEveryFormOfARequestGivesThePublishedSignature(t *testing.T) {
	const host = "https://examplebucket.s3.amazonaws.com"
	lines := strings.Split(strings.TrimSuffix(captured, "\r\n\r\n"), "\r\n")
	verbose := "*   Trying 192.0.2.1:443...\r\n* Connected\n"
	for _, line := range append(lines, "") {
		verbose += "> " + line + "\r\n"
	}
	verbose += "< HTTP/1.1 403 Forbidden\r\n> GET /other HTTP/1.1\r\n"
	curlHeaders := "-H 'Range: bytes=0-9' -H 'x-amz-content-sha256: " + emptySHA256 + "' -H 'x-amz-date: " + docTime + "'"
	headersJSON := `[["Range","bytes=0-9"],["x-amz-content-sha256","` + emptySHA256 + `"],["x-amz-date","` + docTime + `"],["Authorization","` + authorization + `"]]`
	for name, test := range map[string]struct{ text, signature string }{
		"JSON, to be signed": {`{"service":"s3","region":"us-east-1","access_key":"` + docKeyID + `","time":"` + docTime + `","method":"GET","url":"` + host + `/test.txt","headers":[["Range","bytes=0-9"]]}`, headerSignature},
		"JSON, captured":     {"{\n\t\"url\": \"" + host + "/test.txt\",\r\n\t\"headers\": " + headersJSON + "\n}\n", headerSignature},
		"raw, CRLF":          {captured, headerSignature},
		"raw, LF":            {strings.ReplaceAll(captured, "\r\n", "\n"), headerSignature},
		"raw, without the empty line": {
			strings.Join(lines, "\r\n"), headerSignature},
		"raw, behind empty lines and a byte order mark": {"\ufeff\r\n\r\n" + captured, headerSignature},
		"raw, absolute form":                            {strings.Replace(captured, "GET ", "GET https://examplebucket.s3.amazonaws.com", 1), headerSignature},
		"raw, HTTP/2 in the line":                       {strings.Replace(captured, "HTTP/1.1", "HTTP/2", 1), headerSignature},
		"raw, no version":                               {strings.Replace(captured, " HTTP/1.1", "", 1), headerSignature},
		"HTTP/2 with pseudo-headers": {":method: GET\n:scheme: https\n:authority: examplebucket.s3.amazonaws.com\n:path: /test.txt\n" +
			strings.ReplaceAll(strings.SplitN(captured, "\r\n", 3)[2], "\r\n", "\n"), headerSignature},
		"curl -v":                       {verbose, headerSignature},
		"curl -v behind a progress bar": {"  % Total    % Received\n\r  0     0 --:--:--     0*   Trying\n" + verbose, headerSignature},
		"curl with Authorization":       {"curl " + curlHeaders + " \\\n  -H \"Authorization: " + authorization + "\" " + host + "/test.txt", headerSignature},
		"curl with --aws-sigv4":         {"$ curl --aws-sigv4 aws:amz:us-east-1:s3 --user " + docKeyID + ":" + docSecret + " " + curlHeaders + " '" + host + "/test.txt'\n", headerSignature},
		"curl with variables":           {"% /usr/bin/curl --aws-sigv4 \"aws:amz:us-east-1:s3\" -u \"$AWS_ACCESS_KEY_ID:${AWS_SECRET_ACCESS_KEY}\" " + curlHeaders + " '" + host + "/test.txt'", headerSignature},

		"URL":                    {presigned, querySignature},
		"URL with blanks around": {"\n  " + presigned + " \r\n", querySignature},
		"method and URL":         {"GET " + presigned, querySignature},
		"raw, presigned":         {"GET " + strings.TrimPrefix(presigned, host) + " HTTP/1.1\r\nHost: examplebucket.s3.amazonaws.com\r\n\r\n", querySignature},
		"curl, presigned":        {"curl -s '" + presigned + "' | jq .", querySignature},
		"JSON, presigned":        {`{"url":"` + presigned + `"}`, querySignature},
		"JSON, to be presigned":  {`{"service":"s3","region":"us-east-1","time":"` + docTime + `","url":"` + host + `/test.txt","mode":"query","expires":86400}`, querySignature},
	} {
		t.Run(name, func(t *testing.T) {
			r := mustParse(t, test.text)
			got, err := withSecret(r).Sign()
			if err != nil || got.Signature != test.signature {
				t.Errorf("Sign() = %s, %v, want %s\n%s", got.Signature, err, test.signature, got.CanonicalRequest)
			}
			trace, err := r.Trace()
			wantSignature := ""
			if r.Credentials.SecretAccessKey() != "" {
				wantSignature = test.signature
			}
			if r.Credentials.AccessKeyID == "" {
				r.Credentials = sigv4.NewCredentials(docKeyID, "", "")
				trace, err = r.Trace()
			}
			if err != nil || trace.CanonicalRequest != got.CanonicalRequest || trace.StringToSign != got.StringToSign || trace.Signature != wantSignature {
				t.Errorf("Trace() = %+v, %v, want the steps of Sign and the signature %q", trace, err, wantSignature)
			}
		})
	}
}

func TestParseTakesWhatIsOpenFromTheSignature(t *testing.T) {
	r := mustParse(t, strings.Replace(captured, "Range:", "X-Amz-Security-Token: "+token+"\r\nRange:", 1))
	if r.Claim == nil || r.Service != "s3" || r.Region != "us-east-1" || r.Time != docTime || r.Credentials.AccessKeyID != docKeyID || r.Credentials.SessionToken() != token {
		t.Errorf("service %s, region %s, time %s, %s, claim %+v: not as signed", r.Service, r.Region, r.Time, r.Credentials, r.Claim)
	}
	want := &oracle.Claim{Algorithm: "AWS4-HMAC-SHA256", AccessKeyID: docKeyID, Date: "20130524", Region: "us-east-1", Service: "s3",
		Time: docTime, SignedHeaders: []string{"host", "range", "x-amz-content-sha256", "x-amz-date"}, Signature: headerSignature}
	if diff := cmp.Diff(want, r.Claim); diff != "" {
		t.Errorf("claim (-want +got)\n%s", diff)
	}

	said := mustParse(t, `{"service":"sts","region":"eu-west-1","time":"20200101T000000Z","access_key":"AKIDMINE","token":"mine","url":"`+presigned+`&X-Amz-Security-Token=theirs"}`)
	if said.Service != "sts" || said.Region != "eu-west-1" || said.Time != "20200101T000000Z" || said.Credentials.AccessKeyID != "AKIDMINE" || said.Credentials.SessionToken() != "mine" {
		t.Errorf("%s %s %s %s: what the JSON says itself must stay", said.Service, said.Region, said.Time, said.Credentials)
	}
	if said.Claim.Service != "s3" || !said.Claim.Query || said.Expires != 86400 || said.Mode != "query" || said.Claim.Expires != "86400" {
		t.Errorf("claim %+v, expires %d, mode %s: not as signed", said.Claim, said.Expires, said.Mode)
	}
}

// A claim that a server would refuse is read all the same, as far as it goes.
func TestParseReadsBrokenClaims(t *testing.T) {
	for name, test := range map[string]struct {
		authorization string
		want          *oracle.Claim
	}{
		"no parts":      {"AWS4-HMAC-SHA256 x", &oracle.Claim{Algorithm: "AWS4-HMAC-SHA256"}},
		"short scope":   {"AWS4-HMAC-SHA256 Credential=ID/20130524", &oracle.Claim{Algorithm: "AWS4-HMAC-SHA256", AccessKeyID: "ID"}},
		"slash in ID":   {"AWS4-HMAC-SHA256 Credential=I/D/20130524/r/s/aws4_request", &oracle.Claim{Algorithm: "AWS4-HMAC-SHA256", AccessKeyID: "I/D", Date: "20130524", Region: "r", Service: "s"}},
		"blanks":        {"AWS4-HMAC-SHA256   Credential=ID/20130524/r/s/aws4_request ,  SignedHeaders=host;b", &oracle.Claim{Algorithm: "AWS4-HMAC-SHA256", AccessKeyID: "ID", Date: "20130524", Region: "r", Service: "s", SignedHeaders: []string{"host", "b"}}},
		"another kind":  {"Basic AAAA", nil},
		"the old kind":  {"AWS ID:signature", nil},
		"one word":      {"AWS4-HMAC-SHA256", nil},
		"no value":      {"", nil},
		"another AWS4":  {"AWS4-ECDSA-P256-SHA256 Signature=00", &oracle.Claim{Algorithm: "AWS4-ECDSA-P256-SHA256", Signature: "00"}},
		"only a secret": {"AWS4-HMAC-SHA256 " + docSecret, &oracle.Claim{Algorithm: "AWS4-HMAC-SHA256"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := mustParse(t, "GET / HTTP/1.1\nHost: h\nAuthorization: "+test.authorization+"\n\n")
			if diff := cmp.Diff(test.want, r.Claim, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("claim (-want +got)\n%s", diff)
			}
		})
	}
	r := mustParse(t, "GET / HTTP/1.1\nHost: h\nDate: Fri, 24 May 2013 00:00:00 GMT\nAuthorization: AWS4-HMAC-SHA256 x\n\n")
	if r.Time != docTime {
		t.Errorf("time %q, want that of the header Date, %s", r.Time, docTime)
	}
}

func TestParseRefusesWhatIsNoRequest(t *testing.T) {
	for _, test := range []struct{ name, text, form, problem string }{
		{"nothing", "", "", "it is empty"},
		{"blank lines", " \r\n\n\t", "", "it is empty"},
		{"a word", "hello", "", "looks like nothing"},
		{"binary", "\x7fELF\x02\x01", "", "looks like nothing"},
		{"an answer", "HTTP/1.1 403 Forbidden\r\n\r\n", "", "a server's answer"},
		{"an error document", "<?xml version=\"1.0\"?><Error/>", "", "a server's answer"},
		{"another command", "wget http://h/", "", "looks like nothing"},
		{"a URL and more", "https://h/ x\nhttps://h/", "", "looks like nothing"},
		{"a URL of another scheme", "ftp://h/", "", "looks like nothing"},
		{"two URLs", "https://h/\nhttps://h/", "", "looks like nothing"},
		{"broken-off JSON", `{"secret":"` + docSecret, "JSON", "breaks off"},
		{"two objects", `{"url":"https://h/"}{}`, "JSON", "something follows"},
		{"unknown field", `{"uri":"https://h/"}`, "JSON", `unknown field "uri"`},
		{"header of one part", `{"headers":[["a"]]}`, "JSON", "1 parts"},
		{"no UTF-8", "{\"url\":\"\xff\"}", "JSON", "not UTF-8"},
		{"an array", `[{}]`, "", "looks like nothing"},
		{"curl without anything", "curl", "curl command line", "there is no URL"},
		{"long", strings.Repeat("a", oracle.MaxInput+1), "", "longer than 64 MiB"},
	} {
		t.Run(test.name, func(t *testing.T) { refused(t, test.text, test.form, 0, test.problem) })
	}
}

// refused checks that a text is refused with a ParseError which holds nothing of
// the example's secrets; line 0 is not compared.
func refused(t *testing.T, text, form string, line int, problem string) {
	t.Helper()
	got, err := oracle.Parse([]byte(text))
	var failure *oracle.ParseError
	if !errors.As(err, &failure) {
		t.Fatalf("Parse(%.200q) = %v, %v, want a ParseError", text, got, err)
	}
	if failure.Form != form || line > 0 && failure.Line != line || !strings.Contains(failure.Problem, problem) {
		t.Errorf("Parse(%.200q) = form %q, line %d, %q, want form %q, line %d, %q", text, failure.Form, failure.Line, failure.Problem, form, line, problem)
	}
	if diff := cmp.Diff(fmt.Sprintf("%#v", oracle.Request{}), fmt.Sprintf("%#v", got)); diff != "" {
		t.Errorf("Parse gives a request beside the error: %s", diff)
	}
	for _, private := range []string{docSecret, token, headerSignature, querySignature} {
		if strings.Contains(err.Error(), private) {
			t.Errorf("the error %q holds %q", err, private)
		}
	}
}

// What Go prints or encodes of a request holds no secret.
func TestARequestRedactsItself(t *testing.T) {
	const text = `{"access_key":"` + docKeyID + `","secret":"` + docSecret + `","token":"` + token + `",
		"url":"https://h/p?X-Amz-Security-Token=FwoGZXIvYXdzEXAMPLE%2Fsession%2Btoken%3D%3D&x-amz-security-token=` + token + `&a=b&X-Amz-Signature=0123456789",
		"headers":[["x-AMZ-security-token","` + token + `"],["Cookie","session=` + docSecret + `"],["X-Other","plain"]]}`
	r := mustParse(t, text)
	inside := struct{ R oracle.Request }{r}
	slice, pointer := []oracle.Request{r}, &r
	var shown []string
	for _, v := range []any{r, inside, slice, pointer, map[string]oracle.Request{"x": r}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%t", "%10.3f", "%T%[1]v"} {
			shown = append(shown, fmt.Sprintf(verb, v))
		}
		encoded, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		shown = append(shown, string(encoded))
		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Info("x", "v", v)
		slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "v", v)
		shown = append(shown, log.String())
	}
	for _, s := range shown {
		for _, private := range []string{docSecret, token, "FwoGZXIvYXdzEXAMPLE", "0123456789"} {
			if strings.Contains(s, private) {
				t.Errorf("%q holds %q", s, private)
			}
		}
	}
	encoded, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(encoded, []byte(`["X-Other","plain"]`)) || !bytes.Contains(encoded, []byte("a=b")) || !strings.Contains(r.String(), docKeyID) {
		t.Errorf("the JSON %s or the text %s lacks what is no secret", encoded, r)
	}
}

// The JSON form is written as it is read.
func TestARequestKeepsItsJSON(t *testing.T) {
	const text = `{"name":"n","service":"s3","region":"r","access_key":"","time":"t","method":"PUT","url":"https://h/a%2Fb?c","headers":[["B","1"],["a","2"],["B",""]],` +
		`"body_base64":"AAE=","mode":"query","expires":7,"policy_base64":"e30=","payload_hash":"p","double_encode":false,"normalize_path":true,"sign_token":false,"signed_headers":["host"]}`
	var r oracle.Request
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		t.Fatal(err)
	}
	encoded, err := json.Marshal(r)
	if err != nil || string(encoded) != text {
		t.Errorf("Marshal = %s, %v, want %s", encoded, err, text)
	}
}

// Files as people have them, each beside what is read out of it.
func TestCapturesInFiles(t *testing.T) {
	names, err := filepath.Glob("testdata/captures/*[^n]")
	if err != nil || len(names) != 5 {
		t.Fatalf("%d captures, %v, want 5", len(names), err)
	}
	for _, name := range names {
		t.Run(filepath.Base(name), func(t *testing.T) {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			want, err := os.ReadFile(name + ".json")
			if err != nil {
				t.Fatal(err)
			}
			var got bytes.Buffer
			e := json.NewEncoder(&got)
			e.SetEscapeHTML(false)
			e.SetIndent("", "  ")
			if err := e.Encode(mustParse(t, string(text))); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got.String()); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}
