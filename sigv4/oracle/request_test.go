package oracle_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sigv4/oracle"
)

// good is a request that can be signed.
func good() oracle.Request {
	return oracle.Request{Name: "n", Service: "s3", Region: "us-east-1", Credentials: sigv4.NewCredentials(docKeyID, docSecret, ""),
		Time: docTime, Method: "GET", URL: "https://h/a", Expires: 60}
}

func TestSignGivesWhatTheModeNeeds(t *testing.T) {
	r := good()
	r.Headers = [][2]string{{"X-B", "1"}, {"x-amz-security-token", token}, {"Host", "other"}}
	got, err := r.Sign()
	if err != nil || got.Name != "n" || got.URL != "" || got.Fields != nil {
		t.Fatalf("Sign() = %+v, %v", got, err)
	}
	want := [][2]string{{"Host", "h"}, {"X-B", "1"}, {"X-Amz-Date", docTime}, {"X-Amz-Security-Token", token}, {"X-Amz-Content-SHA256", emptySHA256}}
	if diff := cmp.Diff(want, got.Headers[:len(got.Headers)-1]); diff != "" || got.Headers[len(got.Headers)-1][0] != "Authorization" {
		t.Errorf("headers (-want +got)\n%s", diff)
	}
	if r.Headers[1][1] != token || r.Credentials.SessionToken() != "" {
		t.Error("Sign has changed the request")
	}

	r = good()
	r.Mode = "query"
	if got, err = r.Sign(); err != nil || !strings.HasPrefix(got.URL, "https://h/a?X-Amz-Algorithm=") || got.Headers != nil || got.Fields != nil {
		t.Errorf("Sign() = %+v, %v, want a URL", got, err)
	}

	r = good()
	r.Mode, r.Policy = "post", "e30="
	if got, err = r.Sign(); err != nil || got.StringToSign != "e30=" || len(got.Fields) != 5 || got.Fields[4] != [2]string{"X-Amz-Signature", got.Signature} || got.CanonicalRequest != "" {
		t.Errorf("Sign() = %+v, %v, want the fields of a form", got, err)
	}
	if trace, err := r.Trace(); err == nil || trace != (sigv4.Trace{}) {
		t.Errorf("Trace() = %+v, %v of a form, want an error", trace, err)
	}
}

// A plus in a path is a plus, for every service.
func TestAPlusInAPathIsAPlus(t *testing.T) {
	yes, no := true, false
	for _, test := range []struct {
		service string
		double  *bool
		want    string
	}{{"s3", nil, "/a%2Bb"}, {"s3", &yes, "/a%2Bb"}, {"iam", nil, "/a%2Bb"}, {"iam", &no, "/a%2Bb"}, {"s3tables", nil, "/a%2Bb"}} {
		r := good()
		r.Service, r.DoubleEncode, r.URL = test.service, test.double, "https://h/a+b"
		trace, err := r.Trace()
		if err != nil || strings.Split(trace.CanonicalRequest, "\n")[1] != test.want {
			t.Errorf("%s: Trace() = %q, %v, want the path %s", test.service, trace.CanonicalRequest, err, test.want)
		}
	}
}

func TestSignRefuses(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*oracle.Request)
		text   string
	}{
		{"no service", func(r *oracle.Request) { r.Service = "" }, "service"},
		{"no time", func(r *oracle.Request) { r.Time = "" }, `time is "": the form 20150830T123600Z is expected`},
		{"a time of another form", func(r *oracle.Request) { r.Time = "2015-08-30T12:36:00Z" }, "the form 20150830T123600Z is expected"},
		{"an unknown mode", func(r *oracle.Request) { r.Mode = "Header" }, "header, query or post is expected"},
		{"a URL of another scheme", func(r *oracle.Request) { r.URL = "ftp://h/" }, "https://HOST/PATH?QUERY is expected"},
		{"a URL with a password", func(r *oracle.Request) { r.URL = "https://me:" + docSecret + "@h/" }, "without a user"},
		{"a URL that is none", func(r *oracle.Request) { r.URL = "https://h:port/" }, "url: invalid port"},
		{"a length that is none", func(r *oracle.Request) { r.Headers = [][2]string{{"Content-Length", "x"}} }, "a number is expected"},
		{"two payload hashes", func(r *oracle.Request) {
			r.PayloadHash, r.Headers = emptySHA256, [][2]string{{"X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD"}}
		}, "differ"},
		{"a payload hash that is none", func(r *oracle.Request) { r.PayloadHash = "x" }, "payload hash"},
		{"a short secret", func(r *oracle.Request) { r.Credentials = sigv4.NewCredentials("ID", "short", "") }, "secret access key"},
		{"a broken escape", func(r *oracle.Request) { r.URL = "https://h/?a=%zz" }, "query"},
	} {
		for _, mode := range []string{"header", "query"} {
			t.Run(test.name+"/"+mode, func(t *testing.T) {
				r := good()
				r.Mode = mode
				test.change(&r)
				got, err := r.Sign()
				if err == nil || !strings.Contains(err.Error(), test.text) || strings.Contains(err.Error(), docSecret) || got.Signature != "" {
					t.Errorf("Sign() = %+v, %v, want %q", got, err, test.text)
				}
			})
		}
	}
	r := good()
	if r.BodyUnknown = true; r.Mode == "" {
		if got, err := r.Sign(); err == nil || !strings.Contains(err.Error(), "the body is not known") {
			t.Errorf("Sign() = %+v, %v, want that the body is not known", got, err)
		}
	}
	r.Mode = "query"
	if _, err := r.Sign(); err != nil { // S3 does not sign it
		t.Errorf("Sign() = %v of a presigned URL whose body is not known", err)
	}
	r.Expires = 0
	if _, err := r.Sign(); !errors.Is(err, sigv4.ErrExpires) {
		t.Errorf("Sign() = %v, want ErrExpires", err)
	}
	var odd oracle.Request
	if err := json.Unmarshal([]byte(`{"service":"s3","region":"r","time":"`+docTime+`","url":"https://h/","headers":[["a","b","c"]]}`), &odd); err != nil {
		t.Fatal(err)
	}
	if got, err := odd.Sign(); err == nil || !strings.Contains(err.Error(), "one has 3 parts") {
		t.Errorf("Sign() = %+v, %v, want that a header is no pair", got, err)
	}
}

func TestShownHidesTheToken(t *testing.T) {
	for name, text := range map[string]string{
		"signed":           strings.Replace(strings.Replace(captured, "x-amz-date,", "x-amz-date;x-amz-security-token,", 1), "Range", "X-Amz-Security-Token: "+token+"\r\nRange", 1),
		"not yet signed":   `{"service":"s3","region":"r","time":"` + docTime + `","url":"https://h/","token":"` + token + `"}`,
		"to be presigned":  `{"service":"s3","region":"r","time":"` + docTime + `","url":"https://h/","token":"` + token + `","mode":"query","expires":60}`,
		"out of the usual": strings.Replace(captured, "/20130524/us-east-1/s3/aws4_request", "", 1),
	} {
		trace, err := mustParse(t, text).Shown()
		if err != nil || strings.Contains(trace.CanonicalRequest, token) || !strings.Contains(trace.CanonicalRequest, "x-amz-date") && !strings.Contains(trace.CanonicalRequest, "X-Amz-Date") || trace.Signature != "" {
			t.Errorf("%s: Shown() = %+v, %v, want both texts without token and signature", name, trace, err)
		}
		if strings.Contains(text, token) != strings.Contains(trace.CanonicalRequest, "characters, SHA-256 ") {
			t.Errorf("%s: Shown() = %q, want the token's length and a short hash", name, trace.CanonicalRequest)
		}
	}
	if trace, err := mustParse(t, "curl https://h/").Shown(); err == nil || trace != (sigv4.Trace{}) {
		t.Errorf("Shown() = %+v, %v of a request that says no scope, want an error", trace, err)
	}
}

func TestFilledFromTakesOnlyWhatIsOpen(t *testing.T) {
	refusal := oracle.Refusal{StringToSign: "AWS4-HMAC-SHA256\n20150830T123600Z\n20150830/eu-west-1/iam/aws4_request\n00"}
	r := oracle.Request{}.FilledFrom(refusal)
	if r.Time != "20150830T123600Z" || r.Region != "eu-west-1" || r.Service != "iam" {
		t.Errorf("FilledFrom gives %s, %s, %s, want what the server says", r.Time, r.Region, r.Service)
	}
	if r = good().FilledFrom(refusal); r.Time != docTime || r.Region != "us-east-1" || r.Service != "s3" {
		t.Errorf("FilledFrom gives %s, %s, %s, want what the request says", r.Time, r.Region, r.Service)
	}
	for _, text := range []string{"", "x", "x\n\n", "\n\n/\n"} {
		if r = (oracle.Request{}).FilledFrom(oracle.Refusal{StringToSign: text}); r.Time+r.Region+r.Service != "" {
			t.Errorf("FilledFrom(%q) gives %s, %s, %s, want nothing", text, r.Time, r.Region, r.Service)
		}
	}
}
