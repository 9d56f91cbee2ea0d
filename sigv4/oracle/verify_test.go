package oracle_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sigv4/oracle"
	"github.com/sigvier/sigvier/testvectors"
)

func at(t testing.TB, timestamp string) time.Time {
	t.Helper()
	moment, err := time.Parse("20060102T150405Z", timestamp)
	if err != nil {
		t.Fatal(err)
	}
	return moment
}

// verifies checks that a captured request of a published case is accepted with
// its secret, and with no other.
func verifies(t *testing.T, r oracle.Request, c testvectors.Case) {
	t.Helper()
	r.SignToken = &c.SignToken
	if c.SessionToken == "" {
		r.SignToken = nil
	}
	r.Credentials = sigv4.NewCredentials(c.AccessKeyID, c.SecretAccessKey, c.SessionToken)
	v, err := r.Verify(at(t, c.Time))
	if err != nil || v.AccessKeyID != c.AccessKeyID || v.Signature != c.Header.Signature {
		t.Errorf("Verify() = %+v, %v, want signature %s", v, err, c.Header.Signature)
	}
	r.Credentials = sigv4.NewCredentials(c.AccessKeyID, c.SecretAccessKey+"x", c.SessionToken)
	denied(t, r, at(t, c.Time), "SignatureDoesNotMatch")
}

// denied checks that a request is refused with one of S3's codes.
func denied(t *testing.T, r oracle.Request, now time.Time, code string) *sigv4.VerifyError {
	t.Helper()
	v, err := r.Verify(now)
	var failure *sigv4.VerifyError
	if !errors.As(err, &failure) || failure.Code != code {
		t.Fatalf("Verify() = %+v, %v, want %s", v, err, code)
	}
	for _, private := range []string{docSecret, token} {
		if strings.Contains(failure.Error()+failure.CanonicalRequest+failure.StringToSign, private) {
			t.Errorf("%v, %q, %q holds %q", failure, failure.CanonicalRequest, failure.StringToSign, private)
		}
	}
	return failure
}

func TestVerifyRefusesByS3sNames(t *testing.T) {
	now := at(t, docTime)
	text := func(old, new string) func(*string) {
		return func(s *string) {
			if !strings.Contains(*s, old) {
				t.Fatalf("the capture has no %q", old)
			}
			*s = strings.Replace(*s, old, new, 1)
		}
	}
	for _, test := range []struct {
		name   string
		text   func(*string)
		change func(*oracle.Request)
		now    time.Time
		code   string
	}{
		{name: "an altered header", text: text("bytes=0-9", "bytes=0-8"), code: "SignatureDoesNotMatch"},
		{name: "an altered path", text: text("/test.txt", "/test%2Etxt?"), code: ""}, // the same key
		{name: "another path", text: text("/test.txt", "/Test.txt"), code: "SignatureDoesNotMatch"},
		{name: "another host", text: text("Host: e", "Host: E"), code: "SignatureDoesNotMatch"},
		{name: "another port", text: text("amazonaws.com\r", "amazonaws.com:443\r"), code: "SignatureDoesNotMatch"},
		{name: "another method", text: text("GET", "HEAD"), code: "SignatureDoesNotMatch"},
		{name: "another header", text: text("Range", "X-Amz-Acl: public-read\r\nRange"), code: "AccessDenied"},
		{name: "an unsigned header", text: text("Range", "X-Other: a\r\nRange"), code: ""},
		{name: "a header that is gone", text: text("Range: bytes=0-9\r\n", ""), code: "InvalidRequest"},
		{name: "an altered signature", text: text("Signature=f", "Signature=0"), code: "SignatureDoesNotMatch"},
		{name: "no signature", text: text("Authorization", "X-Was-Authorization"), code: "AccessDenied"},
		{name: "two signatures", text: text("Range", "Authorization: x\r\nRange"), code: "AuthorizationHeaderMalformed"},
		{name: "a body that was not there", text: text("\r\n\r\n", "\r\nContent-Length: 1\r\n\r\nx"), code: "XAmzContentSHA256Mismatch"},
		{name: "another region", change: func(r *oracle.Request) { r.Region = "eu-west-1" }, code: "AuthorizationHeaderMalformed"},
		{name: "another service", change: func(r *oracle.Request) { r.Service = "s3-outposts" }, code: "AuthorizationHeaderMalformed"},
		{name: "another access key", change: func(r *oracle.Request) { r.Credentials = sigv4.NewCredentials("AKIDOTHER", docSecret, "") }, code: "InvalidAccessKeyId"},
		{name: "another secret", change: func(r *oracle.Request) { r.Credentials = sigv4.NewCredentials(docKeyID, docSecret[1:], "") }, code: "SignatureDoesNotMatch"},
		{name: "a token that is not sent", change: func(r *oracle.Request) { r.Credentials = sigv4.NewCredentials(docKeyID, docSecret, token) }, code: "InvalidToken"},
		{name: "a token that is not signed", text: text("Range", "X-Amz-Security-Token: "+token+"\r\nRange"), code: "AccessDenied"},
		{name: "a quarter of an hour later", now: now.Add(15 * time.Minute), code: ""},
		{name: "a second later still", now: now.Add(15*time.Minute + time.Second), code: "RequestTimeTooSkewed"},
	} {
		t.Run(test.name, func(t *testing.T) {
			capture := captured
			if test.text != nil {
				test.text(&capture)
			}
			r := withSecret(mustParse(t, capture))
			if test.change != nil {
				test.change(&r)
			}
			if test.now.IsZero() {
				test.now = now
			}
			if test.code != "" {
				denied(t, r, test.now, test.code)
			} else if _, err := r.Verify(test.now); err != nil {
				t.Errorf("Verify() = %v", err)
			}
		})
	}
}

func TestVerifyOfAPresignedURL(t *testing.T) {
	now := at(t, docTime)
	r := withSecret(mustParse(t, presigned))
	v, err := r.Verify(now.Add(24 * time.Hour))
	if err != nil || !v.Query || !v.ExpiresAt.Equal(now.Add(24*time.Hour)) || v.Signature != querySignature {
		t.Errorf("Verify() = %+v, %v, want a good signature for a day", v, err)
	}
	if r.BodyVerified() {
		t.Errorf("BodyVerified() = true of a presigned URL of S3, which does not sign it")
	}
	denied(t, r, now.Add(24*time.Hour+time.Second), "AccessDenied")
	denied(t, withSecret(mustParse(t, presigned+"&x-id=GetObject")), now, "SignatureDoesNotMatch")
	denied(t, withSecret(mustParse(t, strings.Replace(presigned, "86400", "604801", 1))), now, "AuthorizationQueryParametersError")
}

// A mismatch shows what the server computes, without the token.
func TestVerifyShowsItsCanonicalRequestWithoutTheToken(t *testing.T) {
	signed, err := oracle.Request{Service: "s3", Region: "us-east-1", Credentials: sigv4.NewCredentials(docKeyID, docSecret, token),
		Time: docTime, URL: "https://examplebucket.s3.amazonaws.com/k", Mode: "query", Expires: 60}.Sign()
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"query":  signed.URL,
		"header": strings.Replace(strings.Replace(captured, "x-amz-date,", "x-amz-date;x-amz-security-token,", 1), "Range", "X-Amz-Security-Token: "+token+"\r\nRange", 1),
	} {
		r := mustParse(t, text)
		if r.Credentials.SessionToken() != token {
			t.Errorf("%s form: the token is %q", name, r.Credentials.SessionToken())
		}
		r.Credentials = sigv4.NewCredentials(docKeyID, docSecret+"x", token)
		failure := denied(t, r, at(t, docTime), "SignatureDoesNotMatch")
		if !strings.Contains(failure.CanonicalRequest, "characters, SHA-256 ") || !strings.Contains(failure.StringToSign, "20130524/us-east-1/s3/aws4_request") {
			t.Errorf("%s form: %q, %q, want the canonical request with a short hash for the token", name, failure.CanonicalRequest, failure.StringToSign)
		}
	}
}

func TestVerifyHoldsTheBodyAgainstItsHash(t *testing.T) {
	sign := func(body, hash string) string {
		out, err := oracle.Request{Service: "s3", Region: "us-east-1", Credentials: sigv4.NewCredentials(docKeyID, docSecret, ""),
			Time: docTime, Method: "PUT", URL: "https://h/k", Body: []byte(body), PayloadHash: hash}.Sign()
		if err != nil {
			t.Fatal(err)
		}
		text := "PUT /k HTTP/1.1\r\n"
		for _, h := range out.Headers {
			text += h[0] + ": " + h[1] + "\r\n"
		}
		return text + "\r\n"
	}
	for _, test := range []struct {
		name, text string
		verified   bool
		code       string
	}{
		{"the body", sign("body", "") + "body", true, ""},
		{"another body", sign("body", "") + "nobody", true, "XAmzContentSHA256Mismatch"},
		{"no body", sign("body", ""), false, ""},
		{"an unsigned body", sign("body", "UNSIGNED-PAYLOAD") + "whatever", false, ""},
		{"a body in chunks", sign("body", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD") + "4;chunk-signature=0\r\nbody", false, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := withSecret(mustParse(t, test.text))
			if r.BodyVerified() != test.verified {
				t.Errorf("BodyVerified() = %v, want %v", r.BodyVerified(), test.verified)
			}
			if test.code != "" {
				denied(t, r, at(t, docTime), test.code)
			} else if _, err := r.Verify(at(t, docTime)); err != nil {
				t.Errorf("Verify() = %v", err)
			}
		})
	}
}

func TestVerifyNeedsASecret(t *testing.T) {
	v, err := mustParse(t, captured).Verify(at(t, docTime))
	if !errors.Is(err, oracle.ErrNoSecret) || !errors.Is(err, sigv4.ErrCredentials) {
		t.Errorf("Verify() = %v, want ErrNoSecret", err)
	}
	if diff := cmp.Diff(sigv4.Verified{}, v, cmp.AllowUnexported(sigv4.PayloadHash{})); diff != "" {
		t.Errorf("a result beside the error: %s", diff)
	}
	// But a request that is wrong whatever the secret is refused for that.
	denied(t, mustParse(t, captured), at(t, "20130525T000000Z"), "RequestTimeTooSkewed")
}
