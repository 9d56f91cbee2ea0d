package sigv4a_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sigv4/sigv4a"
)

const exampleSecret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"

var (
	longTerm  = sigv4.NewCredentials("AKIAIOSFODNN7EXAMPLE", exampleSecret, "")
	temporary = sigv4.NewCredentials("AKIAIOSFODNN7EXAMPLE", exampleSecret, "AQoDYXdzEPT//////////wEXAMPLE==")
	moment    = time.Date(2013, time.May, 24, 0, 0, 0, 0, time.UTC)
)

func newSigner(t testing.TB, regionSet string) *sigv4.Signer {
	t.Helper()
	s, err := sigv4a.NewSigner("s3", regionSet, nil)
	if err != nil {
		t.Fatalf("NewSigner(s3, %q) = %v, want a signer", regionSet, err)
	}
	return s
}

func newRequest(t testing.TB) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://mfzwi23gnjvgw.mrap.accesspoint.s3-global.amazonaws.com/a%20key?versionId=a%2Fb", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Range", "bytes=0-9")
	return req
}

// signed is a request as it arrives at a server.
func signed(t testing.TB, s *sigv4.Signer, cred sigv4.Credentials) *http.Request {
	t.Helper()
	req := newRequest(t)
	if err := s.Sign(req, cred, sigv4.EmptyPayload(), moment); err != nil {
		t.Fatal(err)
	}
	return throughWire(t, req)
}

func presigned(t testing.TB, s *sigv4.Signer, cred sigv4.Credentials) *http.Request {
	t.Helper()
	p, err := s.Presign(newRequest(t), cred, sigv4.UnsignedPayload(), moment, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header = p.Header
	return throughWire(t, req)
}

func throughWire(t testing.TB, req *http.Request) *http.Request {
	t.Helper()
	var wire bytes.Buffer
	if err := req.Write(&wire); err != nil {
		t.Fatal(err)
	}
	arrived, err := http.ReadRequest(bufio.NewReader(&wire))
	if err != nil {
		t.Fatal(err)
	}
	return arrived
}

func verify(s *sigv4.Signer, req *http.Request, cred sigv4.Credentials) error {
	_, err := s.Verify(req, known(cred), sigv4.PayloadHash{}, moment)
	return err
}

func TestSignedIsVerified(t *testing.T) {
	for _, set := range []string{"us-east-1", "us-east-1,us-west-1", "us-east-1,eu-*", "us-*", "*", "*,*", "*-east-*", "local"} {
		for name, cred := range map[string]sigv4.Credentials{"long-term": longTerm, "temporary": temporary} {
			s := newSigner(t, set)
			req := signed(t, s, cred)
			if err := verify(s, req, cred); err != nil {
				t.Errorf("Verify of the header form for %q, %s credentials = %v", set, name, err)
			}
			if scope := "/20130524/s3/aws4_request, "; !strings.Contains(req.Header.Get("Authorization"), scope) {
				t.Errorf("Authorization = %s, want the scope %s", req.Header.Get("Authorization"), scope)
			}
			req = presigned(t, s, cred)
			if err := verify(s, req, cred); err != nil {
				t.Errorf("Verify of the query form for %q, %s credentials = %v", set, name, err)
			}
			if got := req.URL.Query()["X-Amz-Region-Set"]; len(got) != 1 || got[0] != set || req.Header["X-Amz-Region-Set"] != nil {
				t.Errorf("the presigned URL has X-Amz-Region-Set %q and the header %q, want %s once in the query", got, req.Header["X-Amz-Region-Set"], set)
			}
		}
	}
}

func TestSameRequestHasTheSameSignature(t *testing.T) {
	s := newSigner(t, "*")
	want := signed(t, newSigner(t, "*"), longTerm).Header.Get("Authorization")
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 10 {
				req := newRequest(t)
				if err := s.Sign(req, longTerm, sigv4.EmptyPayload(), moment); err != nil || req.Header.Get("Authorization") != want {
					t.Errorf("Sign = %v with %s, want %s", err, req.Header.Get("Authorization"), want)
				}
			}
		})
	}
	wg.Wait()
}

func TestRegionSetOfTheRequestIsReplaced(t *testing.T) {
	s := newSigner(t, "us-east-1")
	req := newRequest(t)
	req.Header["X-Amz-Region-Set"] = []string{"eu-west-1", "*"}
	req.URL.RawQuery = "X-Amz-Region-Set=*"
	p, err := s.Presign(req, longTerm, sigv4.UnsignedPayload(), moment, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Count(p.URL, "Region-Set") != 1 || !strings.Contains(p.URL, "&X-Amz-Region-Set=us-east-1&") || len(p.Header["X-Amz-Region-Set"]) > 0 {
		t.Errorf("Presign = %s, %v; want X-Amz-Region-Set=us-east-1 once in the URL", p.URL, p.Header)
	}
	req = newRequest(t)
	req.Header["X-Amz-Region-Set"] = []string{"eu-west-1", "*"}
	if err := s.Sign(req, longTerm, sigv4.EmptyPayload(), moment); err != nil {
		t.Fatal(err)
	}
	if got := req.Header["X-Amz-Region-Set"]; len(got) != 1 || got[0] != "us-east-1" {
		t.Errorf("X-Amz-Region-Set = %q, want us-east-1 once", got)
	}
	if err := verify(s, throughWire(t, req), longTerm); err != nil {
		t.Errorf("Verify = %v", err)
	}
}

// TestChangedRequestsAreRefused changes what is signed, one thing at a time.
func TestChangedRequestsAreRefused(t *testing.T) {
	s := newSigner(t, "us-east-1,us-west-1")
	replace := func(old, new string) func(req *http.Request) {
		return func(req *http.Request) {
			for key := range req.Header {
				req.Header[key][0] = strings.Replace(req.Header[key][0], old, new, 1)
			}
			req.URL.RawQuery = strings.Replace(req.URL.RawQuery, strings.ReplaceAll(old, "/", "%2F"), strings.ReplaceAll(new, "/", "%2F"), 1)
		}
	}
	for name, change := range map[string]func(req *http.Request){
		"method":                      func(req *http.Request) { req.Method = http.MethodDelete },
		"path":                        func(req *http.Request) { req.URL.Path = "/another key" },
		"query":                       func(req *http.Request) { req.URL.RawQuery += "&uploads=" },
		"host":                        func(req *http.Request) { req.Host = "other.s3-global.amazonaws.com" },
		"header":                      func(req *http.Request) { req.Header.Set("Range", "bytes=0-10") },
		"smuggled header":             func(req *http.Request) { req.Header.Set("X-Amz-Acl", "public-read") },
		"smuggled region set":         func(req *http.Request) { req.Header.Add("X-Amz-Region-Set", "us-east-1,us-west-1") },
		"date":                        replace("20130524T000000Z", "20130524T000001Z"),
		"service":                     replace("/s3/", "/sts/"),
		"a region in the scope":       replace("/s3/", "/us-east-1/s3/"),
		"a region for the service":    replace("/s3/", "/us-east-1/"),
		"region set wider":            replace("us-east-1,us-west-1", "*"),
		"region set narrower":         replace("us-east-1,us-west-1", "us-east-1"),
		"region set in another order": replace("us-east-1,us-west-1", "us-west-1,us-east-1"),
		"region set empty":            replace("us-east-1,us-west-1", ""),
		"no region set": func(req *http.Request) {
			req.Header.Del("X-Amz-Region-Set")
			req.URL.RawQuery = strings.Replace(req.URL.RawQuery, "&X-Amz-Region-Set=us-east-1%2Cus-west-1", "", 1)
		},
		"no region set, and none in the list": func(req *http.Request) {
			req.Header.Del("X-Amz-Region-Set")
			replace(";x-amz-region-set", "")(req)
			req.URL.RawQuery = strings.Replace(req.URL.RawQuery, "&X-Amz-Region-Set=us-east-1%2Cus-west-1", "", 1)
		},
		"a region set that is not in the list": func(req *http.Request) {
			replace(";x-amz-region-set", "")(req)
			req.URL.RawQuery = strings.Replace(req.URL.RawQuery, "&X-Amz-Region-Set=us-east-1%2Cus-west-1", "", 1)
			req.Header.Set("X-Amz-Region-Set", "us-east-1,us-west-1")
		},
		"another access key":   replace("AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLF"),
		"SigV4's name":         replace("AWS4-ECDSA-P256-SHA256", "AWS4-HMAC-SHA256"),
		"a longer name":        replace("AWS4-ECDSA-P256-SHA256", "AWS4-ECDSA-P256-SHA256-PAYLOAD"),
		"signature upper case": func(req *http.Request) { resign(req, strings.ToUpper) },
		"signature padded": func(req *http.Request) {
			resign(req, func(s string) string { return s + strings.Repeat("*", 144-len(s)) })
		},
		"signature longer":  func(req *http.Request) { resign(req, func(s string) string { return s + "00" }) },
		"signature shorter": func(req *http.Request) { resign(req, func(s string) string { return s[:len(s)-2] }) },
		"garbage":           func(req *http.Request) { resign(req, func(string) string { return "30060201010201" }) },
		"r and s 0":         func(req *http.Request) { resign(req, func(string) string { return "3006020100020100" }) },
		"no hex":            func(req *http.Request) { resign(req, func(s string) string { return "zz" + s[2:] }) },
	} {
		forms := 0
		for form, req := range map[string]*http.Request{"header": signed(t, s, longTerm), "query": presigned(t, s, longTerm)} {
			if err := verify(s, req, longTerm); err != nil {
				t.Fatalf("Verify of the %s form = %v", form, err)
			}
			before := fmt.Sprint(req.Method, req.Host, req.URL, req.Header)
			change(req)
			if fmt.Sprint(req.Method, req.Host, req.URL, req.Header) == before {
				continue // there is nothing of this in this form
			}
			forms++
			err := verify(s, req, longTerm)
			var denied *sigv4.VerifyError
			if !errors.As(err, &denied) || denied.Status/100 != 4 {
				t.Errorf("Verify of the %s form with another %s = %v, want a refusal", form, name, err)
			}
		}
		if forms == 0 {
			t.Errorf("%s: nothing was changed", name)
		}
	}
}

// resign puts another signature into a request.
func resign(req *http.Request, change func(signature string) string) {
	if authorization := req.Header.Get("Authorization"); authorization != "" {
		before, signature, _ := strings.Cut(authorization, "Signature=")
		req.Header.Set("Authorization", before+"Signature="+change(signature))
		return
	}
	before, signature, _ := strings.Cut(req.URL.RawQuery, "Signature=")
	req.URL.RawQuery = before + "Signature=" + change(signature)
}

func TestVerifierStandsInARegionOfTheSet(t *testing.T) {
	for set, regions := range map[string]struct{ in, out string }{
		"us-east-1":           {"us-east-1", "us-east-2 us-east-11 us-east- us-east s-east-1 US-EAST-1 * us-east-* us-east-1,us-west-1"},
		"us-east-1,us-west-2": {"us-east-1 us-west-2", "us-west-1 us-east-2 east-1,us"},
		"us-*":                {"us-east-1 us-gov-west-1 us-*", "eu-west-1 xus-east-1 us *"},
		"us-east-1,eu-*":      {"us-east-1 eu-west-3", "us-east-2 ap-east-1"},
		"*-east-1":            {"us-east-1 ap-east-1", "us-east-2 us-east-11"},
		"*":                   {"us-east-1 eu-west-1 local", ""},
	} {
		s := newSigner(t, set)
		for want, list := range map[bool]string{true: regions.in, false: regions.out} {
			for _, region := range strings.Fields(list) {
				verifier := newSigner(t, region)
				for form, req := range map[string]*http.Request{"header": signed(t, s, longTerm), "query": presigned(t, s, longTerm)} {
					if err := verify(verifier, req, longTerm); (err == nil) != want || err != nil && !strings.Contains(code(err), "Malformed") && !strings.Contains(code(err), "ParametersError") {
						t.Errorf("Verify in %s of the %s form for %s = %v, want it good: %t", region, form, set, err, want)
					}
				}
			}
		}
	}
}

func TestVerifierOfAnotherAccessKeyRefuses(t *testing.T) {
	s := newSigner(t, "*")
	for name, cred := range map[string]sigv4.Credentials{
		"another secret": sigv4.NewCredentials(longTerm.AccessKeyID, exampleSecret[:39]+"Z", ""),
		"another ID":     sigv4.NewCredentials("AKIAIOSFODNN7EXAMPLF", exampleSecret, ""),
	} {
		whoever := func(context.Context, string, string) (sigv4.Credentials, error) { return cred, nil }
		if _, err := s.Verify(signed(t, s, longTerm), whoever, sigv4.PayloadHash{}, moment); code(err) != "SignatureDoesNotMatch" {
			t.Errorf("Verify with %s = %v, want SignatureDoesNotMatch", name, err)
		}
	}
}

// TestAlgorithmsAreNotConfused: no verifier takes what the other algorithm made,
// also under the wrong name, nor an HMAC under the public key, which all know.
func TestAlgorithmsAreNotConfused(t *testing.T) {
	ecdsa := newSigner(t, "us-east-1")
	hmac, err := sigv4.NewSigner("s3", "us-east-1", nil)
	if err != nil {
		t.Fatal(err)
	}
	public, err := sigv4a.PublicKey(longTerm)
	if err != nil {
		t.Fatal(err)
	}
	point, err := public.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	known := sigv4.NewCredentials(longTerm.AccessKeyID, hex.EncodeToString(point), "")
	const ecdsaName, hmacName = "AWS4-ECDSA-P256-SHA256", "AWS4-HMAC-SHA256"
	rename := func(from, to, scope, otherScope string) func(req *http.Request) {
		return func(req *http.Request) {
			a := req.Header.Get("Authorization")
			a = strings.Replace(strings.Replace(a, from, to, 1), scope, otherScope, 1)
			if a != "" {
				req.Header.Set("Authorization", a)
			}
			q := strings.Replace(req.URL.RawQuery, from, to, 1)
			req.URL.RawQuery = strings.Replace(q, strings.ReplaceAll(scope, "/", "%2F"), strings.ReplaceAll(otherScope, "/", "%2F"), 1)
		}
	}
	withRegionSet := func(req *http.Request) { // as an attacker would
		rename(hmacName, ecdsaName, "/us-east-1/s3/", "/s3/")(req)
		if req.Header.Get("Authorization") != "" {
			req.Header.Set("X-Amz-Region-Set", "us-east-1")
			req.Header.Set("Authorization", strings.Replace(req.Header.Get("Authorization"), "x-amz-date", "x-amz-date;x-amz-region-set", 1))
		} else {
			req.URL.RawQuery += "&X-Amz-Region-Set=us-east-1"
		}
	}
	for _, test := range []struct {
		name     string
		from, to *sigv4.Signer
		cred     sigv4.Credentials
		change   func(req *http.Request)
	}{
		{"an HMAC for ECDSA", hmac, ecdsa, longTerm, func(*http.Request) {}},
		{"an HMAC for ECDSA, renamed", hmac, ecdsa, longTerm, rename(hmacName, ecdsaName, "/us-east-1/s3/", "/s3/")},
		{"an HMAC for ECDSA, renamed, with a region set", hmac, ecdsa, longTerm, withRegionSet},
		{"an HMAC under the public key", hmac, ecdsa, known, withRegionSet},
		{"ECDSA for an HMAC", ecdsa, hmac, longTerm, func(*http.Request) {}},
		{"ECDSA for an HMAC, renamed", ecdsa, hmac, longTerm, rename(ecdsaName, hmacName, "/s3/", "/us-east-1/s3/")},
	} {
		for form, req := range map[string]*http.Request{"header": signed(t, test.from, test.cred), "query": presigned(t, test.from, test.cred)} {
			test.change(req)
			if err := verify(test.to, req, longTerm); code(err) == "" {
				t.Errorf("Verify of %s, %s form = nil, want a refusal", test.name, form)
			}
		}
	}
}

func TestNewSignerRefusesScopes(t *testing.T) {
	for _, set := range []string{
		"", ",", "us-east-1,", ",us-east-1", "us-east-1,,us-west-1", "us-east-1, us-west-1", " us-east-1", "us-east-1 ", "us east 1",
		"us-east-1\n", "us-east-1\r\nX-Amz-Acl: public-read", "us/east", "us-\x00", "us-\x7f", "us-\u00e9", "\xff",
		"us-[ew]*", "us-?", "us-\\*", "us;east", "us=east", "us-east-1,[",
	} {
		s, err := sigv4a.NewSigner("s3", set, nil)
		const want = "sigv4: invalid credential scope: region set is empty or malformed: regions with commas and no blanks between them, such as \"us-east-1,eu-*\" or \"*\", are expected"
		if s != nil || !errors.Is(err, sigv4.ErrScope) || err.Error() != want {
			t.Errorf("NewSigner(s3, %q) = %v, %v; want the error %s", set, s, err, want)
		}
	}
	for _, service := range []string{"", "s3/x", "s 3", "s3,x", "s3\n"} {
		if s, err := sigv4a.NewSigner(service, "us-east-1", nil); s != nil || !errors.Is(err, sigv4.ErrScope) {
			t.Errorf("NewSigner(%q) = %v, %v; want ErrScope", service, s, err)
		}
	}
	if s, err := sigv4a.NewSigner("s3", "*", &sigv4.Options{SignedHeaders: []string{"range"}}); s != nil || !errors.Is(err, sigv4.ErrRequest) {
		t.Errorf("NewSigner with signed headers without host = %v, %v; want ErrRequest", s, err)
	}
}

func TestOptionsAreTakenAndLeftAsTheyAre(t *testing.T) {
	opts := sigv4.Options{ContentSHA256: sigv4.No, SignedHeaders: []string{"host", "x-amz-region-set"}}
	s, err := sigv4a.NewSigner("s3", "*", &opts)
	if err != nil {
		t.Fatal(err)
	}
	tr, err := s.Explain(newRequest(t), longTerm, sigv4.EmptyPayload(), moment)
	if err != nil || tr.SignedHeaders != "host;x-amz-region-set" {
		t.Errorf("Explain = %q, %v; want host;x-amz-region-set", tr.SignedHeaders, err)
	}
	if opts.Algorithm != nil {
		t.Errorf("Options.Algorithm = %v after NewSigner, want it untouched", opts.Algorithm)
	}
}

func TestCredentialsThatCannotSignAreRefused(t *testing.T) {
	s := newSigner(t, "*")
	for name, cred := range map[string]sigv4.Credentials{
		"none": {}, "a short secret": sigv4.NewCredentials("AKIDEXAMPLE", "123456789", ""), "no ID": sigv4.NewCredentials("", exampleSecret, ""),
	} {
		req := newRequest(t)
		if err := s.Sign(req, cred, sigv4.EmptyPayload(), moment); !errors.Is(err, sigv4.ErrCredentials) || len(req.Header) != 1 {
			t.Errorf("Sign with %s = %v and the header %v, want ErrCredentials and no change", name, err, req.Header)
		}
		lookup := func(context.Context, string, string) (sigv4.Credentials, error) { return cred, nil }
		if _, err := s.Verify(signed(t, s, longTerm), lookup, sigv4.PayloadHash{}, moment); code(err) != "InternalError" {
			t.Errorf("Verify with %s = %v, want InternalError", name, err)
		}
	}
}

func TestNoSecretIsPrinted(t *testing.T) {
	s := newSigner(t, "*")
	if err := verify(s, signed(t, s, temporary), temporary); err != nil {
		t.Fatal(err)
	}
	opts := sigv4.Options{}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		text := fmt.Sprintf(verb, s) + fmt.Sprintf(verb, &struct{ S *sigv4.Signer }{s}) + fmt.Sprintf(verb, opts)
		if strings.Contains(text, exampleSecret) || strings.Contains(text, hex.EncodeToString([]byte(exampleSecret))) {
			t.Errorf("%s prints the secret access key: %s", verb, text)
		}
	}
}
