package sigv4_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/sigvier/sigvier/sigv4"
)

// arrival is a signed request at the server, with what the server knows.
type arrival struct {
	req     *http.Request
	lookup  sigv4.Lookup
	payload sigv4.PayloadHash
	now     time.Time
}

// headerArrival is a request in the header form that verifies.
func headerArrival(t testing.TB, s *sigv4.Signer) *arrival {
	t.Helper()
	req := newRequest(t, "PUT", "https://example.amazonaws.com/a/b?c=1&d=2&e")
	req.Header.Set("Range", "bytes=0-9")
	req.Header.Set("X-Amz-Meta-Name", "value")
	if err := s.Sign(req, temporary, sigv4.PayloadOf([]byte("body")), moment); err != nil {
		t.Fatal(err)
	}
	return &arrival{req, known(temporary), sigv4.PayloadOf([]byte("body")), moment}
}

// queryArrival is a presigned request that verifies.
func queryArrival(t testing.TB, s *sigv4.Signer) *arrival {
	t.Helper()
	req := newRequest(t, "PUT", "https://example.amazonaws.com/a/b?c=1&d=2&e")
	req.Header.Set("Range", "bytes=0-9")
	req.Header.Set("X-Amz-Meta-Name", "value")
	p, err := s.Presign(req, temporary, sigv4.UnsignedPayload(), moment, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return &arrival{requestOf(t, "PUT", p), known(temporary), sigv4.PayloadHash{}, moment}
}

// param replaces a parameter's raw value, by name.
func (a *arrival) param(name, value string) {
	pairs := strings.Split(a.req.URL.RawQuery, "&")
	for i, pair := range pairs {
		if strings.HasPrefix(pair, name+"=") {
			pairs[i] = name + "=" + value
		}
	}
	a.req.URL.RawQuery = strings.Join(pairs, "&")
}

// withoutParam removes a parameter.
func (a *arrival) withoutParam(name string) {
	var kept []string
	for pair := range strings.SplitSeq(a.req.URL.RawQuery, "&") {
		if !strings.HasPrefix(pair, name+"=") {
			kept = append(kept, pair)
		}
	}
	a.req.URL.RawQuery = strings.Join(kept, "&")
}

// authorization replaces text in the Authorization header.
func (a *arrival) authorization(t *testing.T, old, new string) {
	t.Helper()
	before := a.req.Header.Get("Authorization")
	after := strings.Replace(before, old, new, 1)
	if before == after {
		t.Fatalf("Authorization %q has no %q", before, old)
	}
	a.req.Header.Set("Authorization", after)
}

func (a *arrival) verify(s *sigv4.Signer) (sigv4.Verified, error) {
	return s.Verify(a.req, a.lookup, a.payload, a.now)
}

// resign signs the canonical request that a client of other habits would make,
// so that only what is under test is wrong: it takes the computed signature out
// of the server's own error.
func (a *arrival) resign(t *testing.T, s *sigv4.Signer) {
	t.Helper()
	_, err := a.verify(s)
	var denied *sigv4.VerifyError
	if !errors.As(err, &denied) || denied.Code != "SignatureDoesNotMatch" {
		t.Fatalf("Verify = %v, want SignatureDoesNotMatch", err)
	}
	signature := sign(exampleSecret, denied.StringToSign)
	a.param("X-Amz-Signature", signature)
	if auth := a.req.Header.Get("Authorization"); auth != "" {
		a.req.Header.Set("Authorization", auth[:strings.Index(auth, "Signature=")]+"Signature="+signature)
	}
}

// sign signs a string to sign from its own scope.
func sign(secretAccessKey, stringToSign string) string {
	scope := strings.Split(strings.Split(stringToSign, "\n")[2], "/")
	return fmt.Sprintf("%x", hmacSHA256(sigv4.Derive(secretAccessKey, scope[0], scope[1], scope[2]), stringToSign))
}

// isDenied checks a VerifyError.
func isDenied(t *testing.T, what string, verified sigv4.Verified, err error, code string, status int) *sigv4.VerifyError {
	t.Helper()
	var denied *sigv4.VerifyError
	if !errors.As(err, &denied) {
		t.Errorf("%s = %v (%T), want a VerifyError with code %s", what, err, err, code)
		return &sigv4.VerifyError{}
	}
	if denied.Code != code || denied.Status != status || denied.Message == "" {
		t.Errorf("%s = %s, status %d, %q, want %s, status %d and a message", what, denied.Code, denied.Status, denied.Message, code, status)
	}
	if diff := cmp.Diff(sigv4.Verified{}, verified, cmp.AllowUnexported(sigv4.PayloadHash{})); diff != "" {
		t.Errorf("%s gives a result beside the error (-none +got):\n%s", what, diff)
	}
	for _, text := range []string{denied.Error(), denied.Message, denied.StringToSign} {
		if leaks(text) != "" {
			t.Errorf("%s = %q, which holds the %s", what, text, leaks(text))
		}
	}
	return denied
}

func TestVerifyRefuses(t *testing.T) {
	const (
		malformedHeader = "AuthorizationHeaderMalformed"
		malformedQuery  = "AuthorizationQueryParametersError"
		bad, forbidden  = http.StatusBadRequest, http.StatusForbidden
	)
	type row struct {
		name   string
		code   string
		status int
		change func(t *testing.T, a *arrival)
	}
	replaced := func(old, new string) func(t *testing.T, a *arrival) {
		return func(t *testing.T, a *arrival) { a.authorization(t, old, new) }
	}
	header := func(key string, values ...string) func(t *testing.T, a *arrival) {
		return func(_ *testing.T, a *arrival) { a.req.Header[key] = values }
	}
	at := func(d time.Duration) func(t *testing.T, a *arrival) {
		return func(_ *testing.T, a *arrival) { a.now = moment.Add(d) }
	}
	answers := func(c sigv4.Credentials, err error) func(t *testing.T, a *arrival) {
		return func(_ *testing.T, a *arrival) {
			a.lookup = func(context.Context, string, string) (sigv4.Credentials, error) { return c, err }
		}
	}
	expired := temporary
	expired.Expires = moment.Add(-1)
	both := []row{
		{"an unknown access key", "InvalidAccessKeyId", forbidden, answers(sigv4.Credentials{}, errors.New("no such key: "+exampleSecret))},
		{"an access key that the lookup refuses", "AccountProblem", 402, answers(sigv4.Credentials{}, &sigv4.VerifyError{Code: "AccountProblem", Status: 402, Message: "unpaid"})},
		{"an access key that the lookup refuses in wrapping", "AccountProblem", 402, answers(sigv4.Credentials{}, fmt.Errorf("lookup: %w", &sigv4.VerifyError{Code: "AccountProblem", Status: 402, Message: "unpaid"}))},
		{"another secret", "SignatureDoesNotMatch", forbidden, answers(sigv4.NewCredentials(exampleID, strings.ToLower(exampleSecret), exampleToken), nil)},
		{"a token that the credentials do not have", "InvalidToken", bad, answers(longTerm, nil)},
		{"another token", "InvalidToken", bad, answers(sigv4.NewCredentials(exampleID, exampleSecret, strings.ToLower(exampleToken)), nil)},
		{"a token of the same beginning", "InvalidToken", bad, answers(sigv4.NewCredentials(exampleID, exampleSecret, exampleToken+"A"), nil)},
		{"expired credentials", "ExpiredToken", bad, answers(expired, nil)},
		{"the wrong secret of expired credentials", "SignatureDoesNotMatch", forbidden, func(t *testing.T, a *arrival) {
			c := sigv4.NewCredentials(exampleID, strings.ToLower(exampleSecret), exampleToken)
			c.Expires = moment.Add(-1)
			answers(c, nil)(t, a)
		}},
		{"an x-amz- header smuggled in", "AccessDenied", forbidden, header("X-Amz-Acl", "public-read")},
		{"an x-amz- header smuggled in, in lower case", "AccessDenied", forbidden, header("x-amz-acl", "public-read")},
		{"an x-amz- header smuggled in, empty", "AccessDenied", forbidden, header("X-Amz-Acl", "")},
		{"a signed header that is missing", "InvalidRequest", bad, func(_ *testing.T, a *arrival) { a.req.Header.Del("Range") }},
		{"a malformed query", "InvalidRequest", bad, func(_ *testing.T, a *arrival) { a.req.URL.RawQuery += "&a=%zz" }},
		{"a header with a control byte", "InvalidRequest", bad, header("Range", "bytes=0-9\x00")},
		{"an unsigned header with a control byte", "InvalidRequest", bad, header("User-Agent", "a\nb")},
		{"a method that is no token", "InvalidRequest", bad, func(_ *testing.T, a *arrival) { a.req.Method = "P T" }},
		{"a path without a slash", "InvalidRequest", bad, func(_ *testing.T, a *arrival) { a.req.URL.Path, a.req.URL.RawPath = "*", "" }},
		{"no signature at all", "AccessDenied", forbidden, func(_ *testing.T, a *arrival) {
			a.req.Header.Del("Authorization")
			a.req.URL.RawQuery = "c=1&d=2&e"
		}},
		{"both forms", "InvalidArgument", bad, func(t *testing.T, a *arrival) {
			other := queryArrival(t, newSigner(t, "s3", nil))
			if a.req.Header.Get("Authorization") == "" {
				a.req.Header.Set("Authorization", headerArrival(t, newSigner(t, "s3", nil)).req.Header.Get("Authorization"))
			} else {
				a.req.URL.RawQuery = other.req.URL.RawQuery
			}
		}},
		{"another authorization beside a signature", "InvalidArgument", bad, func(_ *testing.T, a *arrival) {
			a.req.Header.Set("Authorization", "Basic dTpw")
			if !strings.Contains(a.req.URL.RawQuery, "X-Amz-Signature=") {
				a.req.URL.RawQuery += "&X-Amz-Signature=00"
			}
		}},
	}
	inHeader := append([]row{
		{"x-amz-content-sha256 twice", "InvalidArgument", bad, header("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD", "UNSIGNED-PAYLOAD")},
		{"two Authorization headers", malformedHeader, bad, func(_ *testing.T, a *arrival) {
			a.req.Header.Add("Authorization", a.req.Header.Get("Authorization"))
		}},
		{"an empty Authorization header", "InvalidRequest", bad, header("Authorization", "")},
		{"another scheme", "InvalidRequest", bad, header("Authorization", "Basic dTpw")},
		{"the algorithm alone", "InvalidRequest", bad, header("Authorization", "AWS4-HMAC-SHA256")},
		{"the algorithm and a blank", malformedHeader, bad, header("Authorization", "AWS4-HMAC-SHA256 ")},
		{"another algorithm", "InvalidRequest", bad, replaced("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256")},
		{"a longer algorithm", "InvalidRequest", bad, replaced("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256-PAYLOAD")},
		{"the algorithm in lower case", "InvalidRequest", bad, replaced("AWS4-HMAC-SHA256", "aws4-hmac-sha256")},
		{"no Credential", malformedHeader, bad, replaced("Credential=AKIDEXAMPLE/20150830/us-east-1/s3/aws4_request, ", "")},
		{"no Signature", malformedHeader, bad, func(t *testing.T, a *arrival) {
			auth := a.req.Header.Get("Authorization")
			a.req.Header.Set("Authorization", auth[:strings.Index(auth, ", Signature=")])
		}},
		{"an empty Signature", malformedHeader, bad, func(t *testing.T, a *arrival) {
			auth := a.req.Header.Get("Authorization")
			a.req.Header.Set("Authorization", auth[:strings.Index(auth, "Signature=")+len("Signature=")])
		}},
		{"no SignedHeaders", malformedHeader, bad, replaced("SignedHeaders=host;range;x-amz-content-sha256;x-amz-date;x-amz-meta-name;x-amz-security-token, ", "")},
		{"an empty SignedHeaders", malformedHeader, bad, replaced("SignedHeaders=host;range;x-amz-content-sha256;x-amz-date;x-amz-meta-name;x-amz-security-token", "SignedHeaders=")},
		{"Credential twice", malformedHeader, bad, replaced(" Credential=", " Credential=AKIDEXAMPLE/20150830/us-east-1/s3/aws4_request, Credential=")},
		{"Signature twice", malformedHeader, bad, replaced(", Signature=", ", Signature=00, Signature=")},
		{"Signature twice and no SignedHeaders", malformedHeader, bad, replaced("SignedHeaders=host;range;x-amz-content-sha256;x-amz-date;x-amz-meta-name;x-amz-security-token", "Signature=00")},
		{"an unknown part", malformedHeader, bad, replaced(", Signature=", ", Region=us-east-1, Signature=")},
		{"an unknown part for Signature", malformedHeader, bad, replaced(", Signature=", ", signature=")},
		{"a part without a value", malformedHeader, bad, replaced(", Signature=", ", Region, Signature=")},
		{"an empty part", malformedHeader, bad, replaced(", Signature=", ",, Signature=")},
		{"parts without commas", malformedHeader, bad, replaced(", Signature=", " Signature=")},
		{"a tab between the parts", malformedHeader, bad, replaced(", Signature=", ",\tSignature=")},
		{"another service", malformedHeader, bad, replaced("/s3/", "/sts/")},
		{"another region", malformedHeader, bad, replaced("/us-east-1/", "/us-east-2/")},
		{"another date in the scope", malformedHeader, bad, replaced("/20150830/", "/20150831/")},
		{"no X-Amz-Date", "AccessDenied", forbidden, func(_ *testing.T, a *arrival) { a.req.Header.Del("X-Amz-Date") }},
		{"X-Amz-Date twice", "AccessDenied", forbidden, header("X-Amz-Date", "20150830T123600Z", "20150830T123600Z")},
		{"the session token twice", "AccessDenied", forbidden, header("X-Amz-Security-Token", exampleToken, exampleToken)},
		{"no session token", "InvalidToken", bad, func(_ *testing.T, a *arrival) { a.req.Header.Del("X-Amz-Security-Token") }},
		{"no x-amz-content-sha256 and no payload", "InvalidRequest", bad, func(_ *testing.T, a *arrival) {
			a.req.Header.Del("X-Amz-Content-Sha256")
			a.payload = sigv4.PayloadHash{}
		}},
		{"a malformed x-amz-content-sha256", "InvalidArgument", bad, header("X-Amz-Content-Sha256", "required")},
		{"an x-amz-content-sha256 in upper case", "InvalidArgument", bad, func(_ *testing.T, a *arrival) {
			a.req.Header.Set("X-Amz-Content-Sha256", strings.ToUpper(a.payload.String()))
		}},
		{"an empty x-amz-content-sha256", "InvalidArgument", bad, header("X-Amz-Content-Sha256", "")},
		{"an x-amz-content-sha256 of another body", "XAmzContentSHA256Mismatch", bad, header("X-Amz-Content-Sha256", sigv4.EmptyPayload().String())},
		{"another body", "XAmzContentSHA256Mismatch", bad, func(_ *testing.T, a *arrival) { a.payload = sigv4.PayloadOf([]byte("tampered")) }},
		{"an unsigned payload where the body is known", "XAmzContentSHA256Mismatch", bad, header("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD")},
		{"a clock that is a second too early", "RequestTimeTooSkewed", forbidden, at(-sigv4.MaxSkew - time.Second)},
		{"a clock that is a nanosecond too early", "RequestTimeTooSkewed", forbidden, at(-sigv4.MaxSkew - 1)},
		{"a clock that is a second too late", "RequestTimeTooSkewed", forbidden, at(sigv4.MaxSkew + time.Second)},
		{"a clock that is a nanosecond too late", "RequestTimeTooSkewed", forbidden, at(sigv4.MaxSkew + 1)},
		{"a clock that is years late", "RequestTimeTooSkewed", forbidden, at(1<<63 - 1)},
		{"a Signature in upper case", "SignatureDoesNotMatch", forbidden, func(t *testing.T, a *arrival) {
			auth := a.req.Header.Get("Authorization")
			i := strings.Index(auth, "Signature=") + len("Signature=")
			a.req.Header.Set("Authorization", auth[:i]+strings.ToUpper(auth[i:]))
		}},
		{"a shorter Signature", "SignatureDoesNotMatch", forbidden, func(t *testing.T, a *arrival) {
			auth := a.req.Header.Get("Authorization")
			a.req.Header.Set("Authorization", auth[:len(auth)-1])
		}},
		{"a longer Signature", "SignatureDoesNotMatch", forbidden, func(t *testing.T, a *arrival) {
			a.req.Header.Set("Authorization", a.req.Header.Get("Authorization")+"0")
		}},
	}, both...)
	inQuery := append([]row{
		{"X-Amz-Signature twice", malformedQuery, bad, func(_ *testing.T, a *arrival) { a.req.URL.RawQuery += "&X-Amz-Signature=00" }},
		{"X-Amz-Signature twice, one encoded", malformedQuery, bad, func(_ *testing.T, a *arrival) { a.req.URL.RawQuery = "X%2dAmz-Signature=00&" + a.req.URL.RawQuery }},
		{"X-Amz-Credential twice", malformedQuery, bad, func(_ *testing.T, a *arrival) { a.req.URL.RawQuery += "&X-Amz-Credential=a" }},
		{"X-Amz-Expires twice", malformedQuery, bad, func(_ *testing.T, a *arrival) { a.req.URL.RawQuery += "&X-Amz-Expires=3600" }},
		{"X-Amz-Date malformed in its encoding", malformedQuery, bad, func(_ *testing.T, a *arrival) { a.param("X-Amz-Date", "%zz") }},
		{"another algorithm", malformedQuery, bad, func(_ *testing.T, a *arrival) { a.param("X-Amz-Algorithm", "AWS4-ECDSA-P256-SHA256") }},
		{"the algorithm in lower case", malformedQuery, bad, func(_ *testing.T, a *arrival) { a.param("X-Amz-Algorithm", "aws4-hmac-sha256") }},
		{"the algorithm empty", malformedQuery, bad, func(_ *testing.T, a *arrival) { a.param("X-Amz-Algorithm", "") }},
		{"another service", malformedQuery, bad, func(_ *testing.T, a *arrival) {
			a.param("X-Amz-Credential", "AKIDEXAMPLE%2F20150830%2Fus-east-1%2Fsts%2Faws4_request")
		}},
		{"another region", malformedQuery, bad, func(_ *testing.T, a *arrival) {
			a.param("X-Amz-Credential", "AKIDEXAMPLE%2F20150830%2Fus-east-2%2Fs3%2Faws4_request")
		}},
		{"another date in the scope", malformedQuery, bad, func(_ *testing.T, a *arrival) {
			a.param("X-Amz-Credential", "AKIDEXAMPLE%2F20150831%2Fus-east-1%2Fs3%2Faws4_request")
		}},
		{"a life that ended a second ago", "AccessDenied", forbidden, at(time.Hour + time.Second)},
		{"a life that ended a nanosecond ago", "AccessDenied", forbidden, at(time.Hour + 1)},
		{"a life that begins too far ahead", "AccessDenied", forbidden, at(-sigv4.MaxSkew - time.Second)},
		{"a life that begins a nanosecond too far ahead", "AccessDenied", forbidden, at(-sigv4.MaxSkew - 1)},
		{"another token in the query", "InvalidToken", bad, func(_ *testing.T, a *arrival) { a.param("X-Amz-Security-Token", "other") }},
		{"no token in the query", "InvalidToken", bad, func(_ *testing.T, a *arrival) { a.withoutParam("X-Amz-Security-Token") }},
		{"an x-amz-content-sha256 that is not signed", "AccessDenied", forbidden, header("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD")},
		{"an x-amz-date header that is not signed", "AccessDenied", forbidden, header("X-Amz-Date", "20150830T123600Z")},
		{"a body where none was signed", "SignatureDoesNotMatch", forbidden, func(_ *testing.T, a *arrival) { a.payload = sigv4.PayloadOf([]byte("body")) }},
	}, both...)
	for _, name := range []string{"X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders", "X-Amz-Signature"} {
		inQuery = append(inQuery,
			row{"no " + name, malformedQuery, bad, func(_ *testing.T, a *arrival) { a.withoutParam(name) }},
			row{"an empty " + name, malformedQuery, bad, func(_ *testing.T, a *arrival) { a.param(name, "") }})
	}
	for _, v := range []string{
		"a", "-1", "%2B3600", "+3600", "03600", "00", "3600.0", "3600s", "1e3", "0x10", "3_600", "604801", "4294967295", "4294967296", "4294970896",
		"18446744073709551616", "99999999999999999999999", "%203600", "3600%00", "3600,3600", "%D9%A3",
	} {
		inQuery = append(inQuery, row{"X-Amz-Expires " + v, malformedQuery, bad, func(_ *testing.T, a *arrival) { a.param("X-Amz-Expires", v) }})
	}
	for _, c := range []string{
		"AKIDEXAMPLE", "AKIDEXAMPLE/20150830/us-east-1/s3", "AKIDEXAMPLE/20150830/us-east-1/s3/aws4_request/", "/AKIDEXAMPLE/20150830/us-east-1/s3/aws4_request",
		"AKID/EXAMPLE/20150830/us-east-1/s3/aws4_request", "/20150830/us-east-1/s3/aws4_request", "AKIDEXAMPLE//us-east-1/s3/aws4_request",
		"AKIDEXAMPLE/20150830//s3/aws4_request", "AKIDEXAMPLE/20150830/us-east-1//aws4_request", "AKIDEXAMPLE/20150830/us-east-1/s3/",
		"AKIDEXAMPLE/20150830/us-east-1/s3/aws5_request", "AKIDEXAMPLE/20150830/us-east-1/s3/AWS4_REQUEST", "AKIDEXAMPLE/20150830/us-east-1/aws4_request/s3",
	} {
		inHeader = append(inHeader, row{"Credential " + c, malformedHeader, bad, replaced("AKIDEXAMPLE/20150830/us-east-1/s3/aws4_request", c)})
		inQuery = append(inQuery, row{"Credential " + c, malformedQuery, bad, func(_ *testing.T, a *arrival) { a.param("X-Amz-Credential", url.QueryEscape(c)) }})
	}
	for _, date := range []string{
		"20150830T123600", "20150830T123600z", "20150830 123600Z", "2015-08-30T12:36:00Z", "20150830T123600.000Z", "20150830T1236Z", "20151330T123600Z",
		"20150832T123600Z", "20150830T243600Z", "20150830T126000Z", "20150830T123660Z", "Sun, 30 Aug 2015 12:36:00 GMT", "1440938160", "20150830T123600Z ", "20150830T123600,5Z",
	} {
		inHeader = append(inHeader, row{"X-Amz-Date " + date, "AccessDenied", forbidden, header("X-Amz-Date", date)})
		inQuery = append(inQuery, row{"X-Amz-Date " + date, "AccessDenied", forbidden, func(_ *testing.T, a *arrival) { a.param("X-Amz-Date", url.QueryEscape(date)) }})
	}
	const signed = "host;range;x-amz-content-sha256;x-amz-date;x-amz-meta-name;x-amz-security-token"
	for name, list := range map[string]string{
		"not sorted":        "range;host;x-amz-content-sha256;x-amz-date;x-amz-meta-name;x-amz-security-token",
		"in upper case":     "Host;range;x-amz-content-sha256;x-amz-date;x-amz-meta-name;x-amz-security-token",
		"with a repetition": "host;host;range;x-amz-content-sha256;x-amz-date;x-amz-meta-name;x-amz-security-token",
		"without host":      "range;x-amz-content-sha256;x-amz-date;x-amz-meta-name;x-amz-security-token",
		"with an empty one": "host;;range;x-amz-content-sha256;x-amz-date;x-amz-meta-name;x-amz-security-token",
		"begun by ;":        ";" + signed,
		"ended by ;":        signed + ";",
		"with a blank":      "host;range ;x-amz-content-sha256;x-amz-date;x-amz-meta-name;x-amz-security-token",
		"with a line end":   "host\n;range;x-amz-content-sha256;x-amz-date;x-amz-meta-name;x-amz-security-token",
		"of host in hiding": "xhost;y",
	} {
		inHeader = append(inHeader, row{"SignedHeaders " + name, malformedHeader, bad, replaced(signed, list)})
		inQuery = append(inQuery, row{"SignedHeaders " + name, malformedQuery, bad, func(_ *testing.T, a *arrival) { a.param("X-Amz-SignedHeaders", url.QueryEscape(list)) }})
	}
	for _, name := range []string{"x-amz-content-sha256", "x-amz-date", "x-amz-meta-name", "x-amz-security-token"} {
		inHeader = append(inHeader, row{name + " unsigned", "AccessDenied", forbidden,
			replaced("SignedHeaders="+signed, "SignedHeaders="+strings.Replace(signed, ";"+name, "", 1))})
	}
	inHeader = append(inHeader,
		row{"a signed header that is not there", "InvalidRequest", bad, replaced("SignedHeaders=host;", "SignedHeaders=host;if-match;")},
		row{"a shorter list of signed headers", "SignatureDoesNotMatch", forbidden, replaced("SignedHeaders=host;range;", "SignedHeaders=host;")},
		row{"an access key ID in other letters", "SignatureDoesNotMatch", forbidden, func(t *testing.T, a *arrival) {
			replaced("Credential=AKID", "Credential=akid")(t, a)
			a.lookup = func(_ context.Context, id, token string) (sigv4.Credentials, error) {
				if id != "akidEXAMPLE" || token != exampleToken {
					t.Errorf("lookup(%q, %q), want the ID and the token of the request", id, token)
				}
				return sigv4.NewCredentials(id, strings.ToLower(exampleSecret), token), nil
			}
		}},
	)

	s := newSigner(t, "s3", nil)
	for form, rows := range map[string][]row{"header": inHeader, "query": inQuery} {
		for _, row := range rows {
			t.Run(form+"/"+row.name, func(t *testing.T) {
				a := headerArrival(t, s)
				if form == "query" {
					a = queryArrival(t, s)
				}
				if _, err := a.verify(s); err != nil {
					t.Fatalf("Verify before the change = %v, want it accepted", err)
				}
				row.change(t, a)
				before := snapshotOf(a.req)
				verified, err := a.verify(s)
				denied := isDenied(t, "Verify", verified, err, row.code, row.status)
				untouched(t, "Verify", before, a.req)
				wantRegion := ""
				if row.name == "another region" {
					wantRegion = "us-east-1"
				}
				if denied.Region != wantRegion {
					t.Errorf("VerifyError.Region = %q, want %q", denied.Region, wantRegion)
				}
				if shown := denied.CanonicalRequest != ""; shown != (denied.Code == "SignatureDoesNotMatch") {
					t.Errorf("%s shows a canonical request: %t", denied.Code, shown)
				}
				if row.code == "InvalidAccessKeyId" && denied.AccessKeyID != exampleID {
					t.Errorf("VerifyError.AccessKeyID = %q, want %q", denied.AccessKeyID, exampleID)
				}
			})
		}
	}
}

// TestVerifyShowsBothSidesOfAMismatch: the server's error has what it computed.
func TestVerifyShowsBothSidesOfAMismatch(t *testing.T) {
	s := newSigner(t, "s3", nil)
	for form, a := range map[string]*arrival{"header": headerArrival(t, s), "query": queryArrival(t, s)} {
		accepted, err := a.verify(s)
		if err != nil {
			t.Fatal(err)
		}
		a.lookup = known(sigv4.NewCredentials(exampleID, strings.ToLower(exampleSecret), exampleToken))
		verified, err := a.verify(s)
		denied := isDenied(t, form, verified, err, "SignatureDoesNotMatch", 403)
		if denied.AccessKeyID != exampleID || denied.SignatureProvided != accepted.Signature {
			t.Errorf("%s: AccessKeyID = %q and SignatureProvided = %q, want %q and %q", form, denied.AccessKeyID, denied.SignatureProvided, exampleID, accepted.Signature)
		}
		if got := sign(exampleSecret, denied.StringToSign); got != accepted.Signature {
			t.Errorf("%s: StringToSign %q signs to %s, want the signature %s", form, denied.StringToSign, got, accepted.Signature)
		}
		if want := strings.Split(denied.StringToSign, "\n")[3]; sigv4.PayloadOf([]byte(denied.CanonicalRequest)).String() != want {
			t.Errorf("%s: CanonicalRequest %q does not hash to %s of the string to sign", form, denied.CanonicalRequest, want)
		}
		if want := "sigv4: SignatureDoesNotMatch: " + denied.Message; denied.Error() != want {
			t.Errorf("%s: Error() = %q, want %q", form, denied.Error(), want)
		}
	}
}

// TestVerifyErrorIsAlwaysOne: what Verify's comment promises holds for a lookup
// that gives credentials no request can be signed with, too.
func TestVerifyErrorIsAlwaysOne(t *testing.T) {
	s := newSigner(t, "s3", nil)
	for form, a := range map[string]*arrival{"header": headerArrival(t, s), "query": queryArrival(t, s)} {
		for name, cred := range map[string]sigv4.Credentials{
			"no secret":        sigv4.NewCredentials(exampleID, "", exampleToken),
			"a short secret":   sigv4.NewCredentials(exampleID, "K7MDENGbP", exampleToken),
			"no access key ID": sigv4.NewCredentials("", exampleSecret+"\n", exampleToken),
		} {
			a.lookup = known(cred)
			verified, err := a.verify(s)
			var denied *sigv4.VerifyError
			if !errors.As(err, &denied) || denied.Code == "" || denied.Status < 400 {
				t.Errorf("%s: Verify where the lookup gives %s = %v (%T), want a VerifyError", form, name, err, err)
			}
			if verified.AccessKeyID != "" {
				t.Errorf("%s: Verify where the lookup gives %s = %+v beside an error", form, name, verified)
			}
		}
	}
}

func TestVerifyAcceptsAtTheBounds(t *testing.T) {
	s := newSigner(t, "s3", nil)
	expiring := temporary
	expiring.Expires = moment
	for name, row := range map[string]struct {
		arrive func(testing.TB, *sigv4.Signer) *arrival
		change func(t *testing.T, a *arrival)
	}{
		"a clock exactly 15 minutes early":            {headerArrival, func(_ *testing.T, a *arrival) { a.now = moment.Add(-15 * time.Minute) }},
		"a clock exactly 15 minutes late":             {headerArrival, func(_ *testing.T, a *arrival) { a.now = moment.Add(15 * time.Minute) }},
		"a clock in another zone":                     {headerArrival, func(_ *testing.T, a *arrival) { a.now = moment.In(time.FixedZone("", 5*3600)) }},
		"a presigned URL's last moment":               {queryArrival, func(_ *testing.T, a *arrival) { a.now = moment.Add(time.Hour) }},
		"a presigned URL 15 minutes early":            {queryArrival, func(_ *testing.T, a *arrival) { a.now = moment.Add(-15 * time.Minute) }},
		"credentials in their last moment":            {headerArrival, func(_ *testing.T, a *arrival) { a.lookup = known(expiring) }},
		"credentials in their last moment, presigned": {queryArrival, func(_ *testing.T, a *arrival) { a.lookup = known(expiring) }},
		"the payload taken from the header":           {headerArrival, func(_ *testing.T, a *arrival) { a.payload = sigv4.PayloadHash{} }},
		"the unsigned payload given":                  {queryArrival, func(_ *testing.T, a *arrival) { a.payload = sigv4.UnsignedPayload() }},
		"headers that proxies add": {headerArrival, func(_ *testing.T, a *arrival) {
			a.req.Header.Set("Via", "1.1 proxy")
			a.req.Header.Set("X-Forwarded-For", "192.0.2.1")
			a.req.Header.Set("If-None-Match", "*")
		}},
		"parts without blanks":   {headerArrival, func(t *testing.T, a *arrival) { a.authorization(t, ", Signature", ",Signature") }},
		"parts with more blanks": {headerArrival, func(t *testing.T, a *arrival) { a.authorization(t, ", Signature", " ,  Signature") }},
		"parts in another order": {headerArrival, reorder},
		"the query in other order": {queryArrival, func(_ *testing.T, a *arrival) {
			a.req.URL.RawQuery = "e&" + strings.Replace(a.req.URL.RawQuery, "&e=", "", 1)
		}},
		"the query encoded otherwise": {queryArrival, func(_ *testing.T, a *arrival) {
			a.req.URL.RawQuery = strings.ReplaceAll(a.req.URL.RawQuery, "X-Amz-", "X%2dAmz%2D")
			a.req.URL.RawQuery = strings.ReplaceAll(a.req.URL.RawQuery, "%2F", "/")
		}},
		"the longest life": {queryArrival, func(t *testing.T, a *arrival) { a.param("X-Amz-Expires", "604800"); a.resign(t, s) }},
		"the leap second of a date": {headerArrival, func(t *testing.T, a *arrival) {
			a.now = time.Date(2016, 2, 29, 23, 59, 59, 0, time.UTC)
			a.req.Header.Set("X-Amz-Date", "20160229T235959Z")
			a.authorization(t, "/20150830/", "/20160229/")
			a.resign(t, s)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			a := row.arrive(t, s)
			row.change(t, a)
			if _, err := a.verify(s); err != nil {
				t.Errorf("Verify = %v, want it accepted", err)
			}
		})
	}
}

func reorder(t *testing.T, a *arrival) {
	parts := strings.Split(strings.TrimPrefix(a.req.Header.Get("Authorization"), "AWS4-HMAC-SHA256 "), ", ")
	if len(parts) != 3 {
		t.Fatalf("Authorization has the parts %q, want three", parts)
	}
	a.req.Header.Set("Authorization", "AWS4-HMAC-SHA256 "+parts[2]+", "+parts[1]+", "+parts[0])
}

// TestVerifyOfAnotherService covers the services that do not send
// x-amz-content-sha256: the payload is given, or the request is refused.
func TestVerifyOfAnotherService(t *testing.T) {
	s := newSigner(t, "sts", nil)
	body := sigv4.PayloadOf([]byte("Action=GetCallerIdentity"))
	req := newRequest(t, "POST", "https://sts.amazonaws.com/")
	if err := s.Sign(req, longTerm, body, moment); err != nil {
		t.Fatal(err)
	}
	if v, err := s.Verify(req, known(longTerm), body, moment); err != nil || v.Payload != body || v.Query {
		t.Errorf("Verify with the payload given = %+v, %v, want it accepted", v, err)
	}
	v, err := s.Verify(req, known(longTerm), sigv4.PayloadHash{}, moment)
	isDenied(t, "Verify without a payload", v, err, "InvalidRequest", 400)
	v, err = s.Verify(req, known(longTerm), sigv4.EmptyPayload(), moment)
	isDenied(t, "Verify of another body", v, err, "SignatureDoesNotMatch", 403)

	p, err := s.Presign(newRequest(t, "GET", "https://sts.amazonaws.com/?Action=GetCallerIdentity"), longTerm, sigv4.EmptyPayload(), moment, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if v, err := s.Verify(requestOf(t, "GET", p), known(longTerm), sigv4.EmptyPayload(), moment); err != nil || !v.ExpiresAt.Equal(moment.Add(time.Minute)) || !v.Query {
		t.Errorf("Verify of the presigned URL = %+v, %v, want it accepted until %v", v, err, moment.Add(time.Minute))
	}
	if v, err := s.Verify(requestOf(t, "GET", p), known(longTerm), sigv4.PayloadHash{}, moment); err != nil || v.Payload != s.PresignPayload() {
		t.Errorf("Verify of the presigned URL without a payload = %+v, %v, want it accepted with the payload %v", v, err, s.PresignPayload())
	}
	v, err = s.Verify(requestOf(t, "GET", p), known(longTerm), body, moment)
	isDenied(t, "Verify of the presigned URL with a body", v, err, "SignatureDoesNotMatch", 403)
}

// TestEveryChangeIsRefused changes one thing after another in a signed request.
func TestEveryChangeIsRefused(t *testing.T) {
	s3, sts := newSigner(t, "s3", nil), newSigner(t, "sts", nil)
	for name, arrive := range map[string]func() (*sigv4.Signer, *arrival){
		"s3 header":  func() (*sigv4.Signer, *arrival) { return s3, headerArrival(t, s3) },
		"s3 query":   func() (*sigv4.Signer, *arrival) { return s3, queryArrival(t, s3) },
		"sts header": func() (*sigv4.Signer, *arrival) { return sts, headerArrival(t, sts) },
	} {
		s, signed := arrive()
		changes := map[string]func(a *arrival){
			"method":        func(a *arrival) { a.req.Method = "GET" },
			"method's case": func(a *arrival) { a.req.Method = "put" },
			"path":          func(a *arrival) { a.req.URL.Path = "/a/c" },
			"path's end":    func(a *arrival) { a.req.URL.Path += "/" },
			"path's case":   func(a *arrival) { a.req.URL.Path = "/A/b" },
			"host":          func(a *arrival) { a.req.Host = "example.org" },
			"host's port":   func(a *arrival) { a.req.Host += ":8443" },
			"host's case":   func(a *arrival) { a.req.Host = "Example.amazonaws.com" },
			"payload hash":  func(a *arrival) { a.payload = sigv4.PayloadOf([]byte("other")); changeHash(a) },
			"payload hash's word": func(a *arrival) {
				a.payload, _ = sigv4.ParsePayloadHash("STREAMING-UNSIGNED-PAYLOAD-TRAILER")
				changeHash(a)
			},
			"a pair more":        func(a *arrival) { a.req.URL.RawQuery += "&f" },
			"a pair before":      func(a *arrival) { a.req.URL.RawQuery = "f=&" + a.req.URL.RawQuery },
			"time in the header": func(a *arrival) { shiftTime(a, "20150830T123601Z") },
			"time by a minute":   func(a *arrival) { shiftTime(a, "20150830T123500Z") },
		}
		for pair := range strings.SplitSeq(signed.req.URL.RawQuery, "&") {
			name, value, _ := strings.Cut(pair, "=")
			change := func(how, with string) {
				changes["query "+pair+" "+how] = func(a *arrival) {
					query := "&" + a.req.URL.RawQuery + "&"
					a.req.URL.RawQuery = strings.Trim(strings.Replace(query, "&"+pair+"&", with, 1), "&")
				}
			}
			change("removed", "&")
			change("doubled", "&"+pair+"&"+pair+"&")
			change("renamed", "&x"+pair+"&")
			change("changed", "&"+name+"="+value+"0&")
			change("without its end", "&"+name+"="+value[:max(0, len(value)-1)]+"~&")
		}
		for key, values := range signed.req.Header {
			if key == "Authorization" {
				continue
			}
			changes["header "+key+" removed"] = func(a *arrival) { a.req.Header.Del(key) }
			changes["header "+key+" doubled"] = func(a *arrival) { a.req.Header.Add(key, values[0]) }
			changes["header "+key+" changed"] = func(a *arrival) { a.req.Header.Set(key, values[0]+"0") }
			changes["header "+key+" emptied"] = func(a *arrival) { a.req.Header.Set(key, "") }
			changes["header "+key+" with a value more"] = func(a *arrival) { a.req.Header.Add(key, "") }
		}
		if len(changes) < 30 {
			t.Fatalf("%s: %d changes, want at least 30", name, len(changes))
		}
		for change, apply := range changes {
			t.Run(name+"/"+change, func(t *testing.T) {
				s, a := arrive()
				before := snapshotOf(a.req)
				apply(a)
				if cmp.Equal(before, snapshotOf(a.req)) && !strings.Contains(change, "payload") {
					t.Fatal("the change changes nothing")
				}
				verified, err := a.verify(s)
				var denied *sigv4.VerifyError
				if !errors.As(err, &denied) || verified.AccessKeyID != "" {
					t.Errorf("Verify = %+v, %v, want a VerifyError", verified, err)
				}
			})
		}
		if _, err := signed.verify(s); err != nil {
			t.Errorf("%s: Verify of the request as it was = %v, want it accepted", name, err)
		}
	}
}

// changeHash makes the header agree with another payload hash.
func changeHash(a *arrival) {
	if a.req.Header.Get("X-Amz-Content-Sha256") != "" {
		a.req.Header.Set("X-Amz-Content-Sha256", a.payload.String())
	}
}

func shiftTime(a *arrival, timestamp string) {
	if a.req.Header.Get("X-Amz-Date") != "" {
		a.req.Header.Set("X-Amz-Date", timestamp)
	}
	a.param("X-Amz-Date", timestamp)
}

// TestSignedHeadersHaveNoValueMore adds a second value to headers of which
// clients send one only: a server must see it.
func TestSignedHeadersHaveNoValueMore(t *testing.T) {
	for _, key := range []string{"User-Agent", "Accept-Encoding", "Content-Type", "Referer"} {
		s := newSigner(t, "s3", &sigv4.Options{SignedHeaders: []string{"host", key, "x-amz-content-sha256", "x-amz-date"}})
		req := newRequest(t, "GET", "https://example.amazonaws.com/")
		req.Header.Set(key, "value")
		if err := s.Sign(req, longTerm, sigv4.EmptyPayload(), moment); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Verify(req, known(longTerm), sigv4.EmptyPayload(), moment); err != nil {
			t.Errorf("Verify with %s signed = %v, want it accepted", key, err)
		}
		req.Header.Add(key, "smuggled")
		v, err := s.Verify(req, known(longTerm), sigv4.EmptyPayload(), moment)
		if key == "User-Agent" { // of which no client sends two, so no signature is tried
			isDenied(t, "Verify with a second value of "+key, v, err, "InvalidRequest", 400)
			continue
		}
		isDenied(t, "Verify with a second value of "+key, v, err, "SignatureDoesNotMatch", 403)
	}
}

// TestEveryByteOfTheSignatureCounts changes each digit to each other.
func TestEveryByteOfTheSignatureCounts(t *testing.T) {
	s := newSigner(t, "s3", nil)
	a := headerArrival(t, s)
	auth := a.req.Header.Get("Authorization")
	for i := len(auth) - 64; i < len(auth); i++ {
		for _, digit := range "0123456789abcdefA" {
			changed := auth[:i] + string(digit) + auth[i+1:]
			a.req.Header.Set("Authorization", changed)
			if _, err := a.verify(s); (err == nil) != (changed == auth) {
				t.Errorf("Verify with digit %d of the signature as %c = %v", i-len(auth)+64, digit, err)
			}
		}
	}
}

// TestRoundTripThroughAServer sends signed requests by http.Client to a real
// server, with every byte in path, query and, where HTTP allows it, in a header.
func TestRoundTripThroughAServer(t *testing.T) {
	for _, service := range []string{"s3", "sts"} {
		s := newSigner(t, service, nil)
		server := serve(t, s, temporary, sigv4.PayloadOf)
		base, err := url.Parse(server.URL)
		if err != nil {
			t.Fatal(err)
		}
		send := func(name string, u url.URL, value string, body string) {
			t.Helper()
			req := newRequest(t, "PUT", server.URL)
			u.Scheme, u.Host = base.Scheme, base.Host
			req.URL = &u
			req.Header["X-Amz-Meta-Value"] = []string{value, "  two  blanks "}
			req.Body, req.ContentLength = http.NoBody, int64(len(body))
			if body != "" {
				req.Body = io.NopCloser(strings.NewReader(body))
			}
			req.Header.Set("Content-Length", fmt.Sprint(len(body)))
			if err := s.Sign(req, temporary, sigv4.PayloadOf([]byte(body)), moment); err != nil {
				t.Errorf("%s %s: Sign = %v", service, name, err)
				return
			}
			if status, text := answer(t, server, req); status != http.StatusOK {
				t.Errorf("%s %s: the server answers %d, %s", service, name, status, text)
			}
		}
		for i := range 256 {
			c := string([]byte{byte(i)})
			escaped := fmt.Sprintf("%%%02x", i)
			value := c
			if i < ' ' && i != '\t' || i == 0x7f {
				value = "none"
			}
			send(fmt.Sprintf("byte %#02x", i), url.URL{Path: "/a" + c + "b", RawQuery: "a=" + escaped + "&" + escaped + "=b"}, value, c)
		}
		for _, path := range []string{"", "/", "//", "///a", "/a//b//", "/./a/../b/.", "/..", "/a b+c%d~e*f", "/ሴ/é", "/%2F%25", "/a;b=c,d:e@f!g$h&i'(j)", "/\xff\xfe"} {
			send(fmt.Sprintf("path %q", path), url.URL{Path: path}, "value", "")
		}
		send("raw path", url.URL{Path: "/a/b", RawPath: "/a%2Fb"}, "value", "")
		send("raw path in lower case", url.URL{Path: "/a/b~", RawPath: "/a%2fb%7e"}, "value", "")
		send("opaque path", url.URL{Opaque: "/a%2fb%7e+c"}, "value", "")
		for _, query := range []string{"a=1;b=2&c=3", "a+b=c+d", "&&a&&", "a==b", "=", "b=1&a=2&a=1", "A=%E1%88%B4", "a=\xe1\x88\xb4", "'\"<>`{}|\\^", "a?b=c/d", "uploads", "a=#b"} {
			send(fmt.Sprintf("query %q", query), url.URL{Path: "/", RawQuery: query}, "value", "")
		}
	}
}

// TestPresignedRoundTripThroughAServer follows presigned URLs, as text, with
// every byte in path and query.
func TestPresignedRoundTripThroughAServer(t *testing.T) {
	for service, payload := range map[string]sigv4.PayloadHash{"s3": sigv4.UnsignedPayload(), "sts": sigv4.EmptyPayload()} {
		s := newSigner(t, service, nil)
		server := serve(t, s, temporary, func([]byte) sigv4.PayloadHash { return payload })
		base, err := url.Parse(server.URL)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 256 {
			req := newRequest(t, "GET", server.URL)
			u := url.URL{Scheme: base.Scheme, Host: base.Host, Path: "/a" + string([]byte{byte(i)}) + "b", RawQuery: fmt.Sprintf("a=%%%02x&b=+", i)}
			req.URL = &u
			req.Header.Set("X-Amz-Meta-Value", " a  b ")
			p, err := s.Presign(req, temporary, payload, moment, time.Hour)
			if err != nil {
				t.Errorf("%s, byte %#02x: Presign = %v", service, i, err)
				continue
			}
			if status, text := answer(t, server, requestOf(t, "GET", p)); status != http.StatusOK {
				t.Errorf("%s, byte %#02x: %s: the server answers %d, %s", service, i, p.URL, status, text)
			}
		}
	}
}

// TestVerifyKeepsNoBadTime: a signer keeps the last timestamp it has read, and must
// not take a malformed one for it, the first time or again.
func TestVerifyKeepsNoBadTime(t *testing.T) {
	for _, date := range []string{"", "x", "20150830T123600", "20150830T123660Z", "19691231T235959Z", "99991231T235959Y", "2015083oT123600Z"} {
		signer := newSigner(t, "s3", nil)
		a := headerArrival(t, newSigner(t, "s3", nil))
		a.req.Header.Set("X-Amz-Date", date)
		for range 3 {
			_, err := signer.Verify(a.req, a.lookup, sigv4.PayloadHash{}, a.now)
			if refused := (*sigv4.VerifyError)(nil); !errors.As(err, &refused) || refused.Code != "AccessDenied" {
				t.Errorf("Verify with the date %q = %v, want AccessDenied", date, err)
			}
		}
		if err := signer.Sign(newRequest(t, "GET", "https://example.org/"), longTerm, sigv4.EmptyPayload(), time.Time{}); !errors.Is(err, sigv4.ErrTime) {
			t.Errorf("Sign at the zero time after the date %q = %v, want ErrTime", date, err)
		}
		good := headerArrival(t, newSigner(t, "s3", nil))
		if _, err := signer.Verify(good.req, good.lookup, sigv4.PayloadHash{}, good.now); err != nil {
			t.Errorf("Verify of a good request after the date %q = %v", date, err)
		}
	}
}

// TestVerifyWantsAPath: "GET x:%2Fbucket%2Fkey" has an opaque URL and no path, but
// decodes to the key that was signed.
func TestVerifyWantsAPath(t *testing.T) {
	for _, service := range []string{"s3", "execute-api"} {
		signer := newSigner(t, service, nil)
		p, err := signer.Presign(newRequest(t, "GET", "https://example.org/bucket/key"), longTerm, signer.PresignPayload(), moment, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		lookup := func(context.Context, string, string) (sigv4.Credentials, error) { return longTerm, nil }
		for target, want := range map[string]string{"/bucket/key": "", "x:%2Fbucket%2Fkey": "InvalidRequest", "x:bucket/key": "InvalidRequest"} {
			_, query, _ := strings.Cut(p.URL, "?")
			req, err := http.ReadRequest(bufio.NewReader(strings.NewReader("GET " + target + "?" + query + " HTTP/1.1\r\nHost: example.org\r\n\r\n")))
			if err != nil {
				t.Fatal(err)
			}
			_, err = signer.Verify(req, lookup, sigv4.PayloadHash{}, moment)
			if refused := (*sigv4.VerifyError)(nil); want == "" && err != nil || want != "" && (!errors.As(err, &refused) || refused.Code != want) {
				t.Errorf("%s: Verify of %s = %v, want %q", service, target, err, want)
			}
		}
	}
}

// TestVerifyTakesOneForm: a parameter that only the query form leaves out of its
// signature makes the request one of the query form, whatever its value.
func TestVerifyTakesOneForm(t *testing.T) {
	for _, row := range []struct {
		query string
		opts  *sigv4.Options
	}{
		{"X-Amz-Signature=", nil},
		{"X-Amz-Signature=anything&X-Amz-Signature=", nil},
		{"%58-Amz-Signature=anything&X-Amz-Signature=", nil},
		{"X-Amz-Algorithm=", nil},
		{"X-Amz-Security-Token=evil", &sigv4.Options{SignToken: sigv4.No}},
	} {
		signer := newSigner(t, "s3", row.opts)
		req := newRequest(t, "GET", "https://example.org/bucket/key")
		if err := signer.Sign(req, longTerm, sigv4.EmptyPayload(), moment); err != nil {
			t.Fatal(err)
		}
		lookup := func(context.Context, string, string) (sigv4.Credentials, error) { return longTerm, nil }
		if _, err := signer.Verify(req, lookup, sigv4.PayloadHash{}, moment); err != nil {
			t.Fatal(err)
		}
		req.URL.RawQuery = row.query
		_, err := signer.Verify(req, lookup, sigv4.PayloadHash{}, moment)
		if refused := (*sigv4.VerifyError)(nil); !errors.As(err, &refused) || refused.Status != http.StatusBadRequest {
			t.Errorf("Verify with %q beside a signature in the headers = %v, want a refusal of status 400", row.query, err)
		}
	}
}

// TestVerifyRefusesNoRequest, and a look-up that answers with a nil refusal.
func TestVerifyRefusesNoRequest(t *testing.T) {
	signer := newSigner(t, "s3", nil)
	a := headerArrival(t, signer)
	for name, req := range map[string]*http.Request{"no request": nil, "no URL": {Header: a.req.Header}} {
		_, err := signer.Verify(req, a.lookup, sigv4.PayloadHash{}, a.now)
		if refused := (*sigv4.VerifyError)(nil); !errors.As(err, &refused) || refused.Code != "InvalidRequest" {
			t.Errorf("Verify of %s = %v, want InvalidRequest", name, err)
		}
	}
	nothing := func(context.Context, string, string) (sigv4.Credentials, error) {
		return sigv4.Credentials{}, (*sigv4.VerifyError)(nil)
	}
	_, err := signer.Verify(a.req, nothing, sigv4.PayloadHash{}, a.now)
	if refused := (*sigv4.VerifyError)(nil); !errors.As(err, &refused) || refused.Code != "InvalidAccessKeyId" {
		t.Errorf("Verify with a nil refusal = %v, want InvalidAccessKeyId", err)
	}
}

func TestPresignRefusesURLsThatNoHeaderLineHolds(t *testing.T) {
	signer := newSigner(t, "execute-api", nil)
	for name, change := range map[string]func(*http.Request){
		"scheme":     func(req *http.Request) { req.URL.Scheme = "https\r\nX: y" },
		"fragment":   func(req *http.Request) { req.URL.Opaque = "/a#b" },
		"line end":   func(req *http.Request) { req.URL.Opaque = "/a\nb" },
		"NUL":        func(req *http.Request) { req.URL.Opaque = "/a\x00b" },
		"tab":        func(req *http.Request) { req.URL.Opaque = "/a\tb" },
		"a CR":       func(req *http.Request) { req.URL.Opaque = "/a\rb" },
		"blank host": func(req *http.Request) { req.Host = "a b" },
	} {
		req := newRequest(t, "GET", "https://example.org/a")
		change(req)
		if p, err := signer.Presign(req, longTerm, sigv4.EmptyPayload(), moment, time.Hour); !errors.Is(err, sigv4.ErrRequest) {
			t.Errorf("%s: Presign = %q, %v, want ErrRequest", name, p.URL, err)
		}
	}
}

// TestLongListOfSignedHeaders has lists that are searched, where short ones are
// gone through: each header of a list is found, and no other.
func TestLongListOfSignedHeaders(t *testing.T) {
	for _, n := range []int{2, 15, 16, 17, 18, 100} { // names, host and x-amz-date among them
		list := []string{"host"}
		req := newRequest(t, "GET", "https://example.amazonaws.com/key")
		for i := range n - 2 {
			list = append(list, fmt.Sprintf("q-%03d", 2*i))
			req.Header.Set(fmt.Sprintf("Q-%03d", 2*i), "value")
			req.Header.Set(fmt.Sprintf("Q-%03d", 2*i+1), "not signed")
		}
		list = append(list, "x-amz-date")
		req.Header.Set("Z", "behind all that are signed, and not signed")
		s, err := sigv4.NewSigner("sts", "us-east-1", &sigv4.Options{SignedHeaders: list})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Sign(req, longTerm, sigv4.EmptyPayload(), moment); err != nil {
			t.Fatalf("Sign of %d headers = %v", n, err)
		}
		a := &arrival{req, known(longTerm), sigv4.EmptyPayload(), moment}
		v, err := s.Verify(a.req, a.lookup, a.payload, a.now)
		if want := strings.Join(list, ";"); err != nil || v.SignedHeaders != want {
			t.Errorf("Verify of %d signed headers = %q, %v, want %q", n, v.SignedHeaders, err, want)
		}
		for _, name := range list[1:] {
			values := req.Header.Values(name)
			if req.Header.Del(name); name == "x-amz-date" {
				break
			}
			if _, err := s.Verify(a.req, a.lookup, a.payload, a.now); err == nil {
				t.Errorf("Verify of %d signed headers without %s = nil, want an error", n, name)
			}
			req.Header.Set(name, values[0])
		}
	}
}

// TestCachedKeysChangeNothing verifies URLs with a signer that has the key and
// with one that has not, in each encoding of the same values.
func TestCachedKeysChangeNothing(t *testing.T) {
	s := newSigner(t, "s3", nil)
	req := newRequest(t, "GET", "https://example.amazonaws.com/key")
	cred := sigv4.NewCredentials(exampleID, exampleSecret, "a+b/c==%2F")
	p, err := s.Presign(req, cred, sigv4.UnsignedPayload(), moment, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	for name, url := range map[string]string{
		"as it was made":         p.URL,
		"lower-case escapes":     strings.NewReplacer("%2F", "%2f", "%2B", "%2b", "%3D", "%3d").Replace(p.URL),
		"slashes as they are":    strings.ReplaceAll(p.URL, "%2F", "/"),
		"more escapes than need": strings.Replace(p.URL, "Credential=A", "Credential=%41", 1),
	} {
		var want sigv4.Verified
		fresh := newSigner(t, "s3", nil)
		for i, by := range []*sigv4.Signer{fresh, fresh, s} {
			got, err := by.Verify(newRequest(t, "GET", url), known(cred), sigv4.PayloadHash{}, moment)
			if err != nil {
				t.Errorf("%s, time %d: Verify = %v", name, i+1, err)
			}
			if i == 0 {
				want = got
			}
			if diff := cmp.Diff(want, got, cmp.AllowUnexported(sigv4.PayloadHash{})); diff != "" {
				t.Errorf("%s, time %d: Verify differs from the first:\n%s", name, i+1, diff)
			}
			other := sigv4.NewCredentials(exampleID, exampleSecret, "a+b/c==%2f")
			if _, err := by.Verify(newRequest(t, "GET", url), known(other), sigv4.PayloadHash{}, moment); err == nil {
				t.Errorf("%s, time %d: Verify with another token = nil, want an error", name, i+1)
			}
		}
	}
}
