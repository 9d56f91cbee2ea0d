package sigv4http_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sigv4/sigv4http"
)

func TestReadErrorKnowsTheDocuments(t *testing.T) {
	const limit = 64 << 10
	for _, test := range []struct {
		name   string
		status int
		header http.Header
		body   string
		want   sigv4http.APIError
		text   string // of Error, "" if it does not matter
	}{
		{
			name:   "S3",
			status: 404,
			header: http.Header{"X-Amz-Request-Id": {"of the header"}, "X-Amz-Id-2": {"host of the header"}},
			body: `<?xml version="1.0" encoding="UTF-8"?>
<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message><Key>a &amp; b</Key><BucketName>bucket</BucketName><Resource>/bucket/a</Resource><RequestId>4442587FB7D0A2F9</RequestId><HostId>h</HostId></Error>`,
			want: sigv4http.APIError{Status: 404, Code: "NoSuchKey", Message: "The specified key does not exist.",
				Key: "a & b", Bucket: "bucket", Resource: "/bucket/a", RequestID: "4442587FB7D0A2F9", HostID: "h"},
			text: "NoSuchKey: The specified key does not exist. (HTTP 404, request ID 4442587FB7D0A2F9)",
		},
		{
			name:   "control characters do not reach the terminal",
			status: 400,
			body:   "<Error><Code>Bad</Code><Message>no\n&#27;[2Jkey</Message></Error>",
			want:   sigv4http.APIError{Status: 400, Code: "Bad", Message: "no\n\x1b[2Jkey"},
			text:   "Bad: no\n\uFFFD[2Jkey (HTTP 400)",
		},
		{
			name:   "S3 with the region of the bucket",
			status: 400,
			body:   `<Error><Code>AuthorizationHeaderMalformed</Code><Message>m</Message><Region>eu-west-1</Region></Error>`,
			want:   sigv4http.APIError{Status: 400, Code: "AuthorizationHeaderMalformed", Message: "m", Region: "eu-west-1"},
		},
		{
			name:   "S3 with what it computed",
			status: 403,
			body: `<Error><Code>SignatureDoesNotMatch</Code><Message>m</Message><StringToSign>AWS4-HMAC-SHA256
20150830T123600Z</StringToSign><CanonicalRequest>GET
/</CanonicalRequest></Error>`,
			want: sigv4http.APIError{Status: 403, Code: "SignatureDoesNotMatch", Message: "m",
				StringToSign: "AWS4-HMAC-SHA256\n20150830T123600Z", CanonicalRequest: "GET\n/"},
			text: "SignatureDoesNotMatch: m (HTTP 403)",
		},
		{
			name:   "STS",
			status: 403,
			body: `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <Error><Type>Sender</Type><Code>AccessDenied</Code><Message>User: x is not authorized</Message></Error>
  <RequestId>c6104cbe-af31-11e0-8154-cbc7ccf896c7</RequestId>
</ErrorResponse>`,
			want: sigv4http.APIError{Status: 403, Code: "AccessDenied", Message: "User: x is not authorized",
				RequestID: "c6104cbe-af31-11e0-8154-cbc7ccf896c7"},
		},
		{
			name:   "empty, as the answer to HEAD",
			status: 404,
			header: http.Header{"X-Amz-Request-Id": {"r"}, "X-Amz-Id-2": {"h"}, "X-Amz-Bucket-Region": {"eu-west-1"}},
			want:   sigv4http.APIError{Status: 404, Code: "NotFound", RequestID: "r", HostID: "h", Region: "eu-west-1"},
			text:   "NotFound (HTTP 404, request ID r)",
		},
		{
			name:   "a query service's header",
			status: 503,
			header: http.Header{"X-Amzn-Requestid": {"r"}},
			want:   sigv4http.APIError{Status: 503, Code: "ServiceUnavailable", RequestID: "r"},
		},
		{
			name:   "a status without a name",
			status: 599,
			want:   sigv4http.APIError{Status: 599, Code: "Status599"},
		},
		{
			name:   "a proxy's page",
			status: 502,
			body:   "\n<html><head><title>502</title></head>\n<body>Bad Gateway</body></html>",
			want: sigv4http.APIError{Status: 502, Code: "BadGateway",
				Message: `the answer is no AWS error document, it begins with "<html><head><title>502</title></head>"`},
		},
		{
			name:   "XML of somebody else",
			status: 400,
			body:   `<Fault><Code>x</Code></Fault>`,
			want: sigv4http.APIError{Status: 400, Code: "BadRequest",
				Message: `the answer is no AWS error document, it begins with "<Fault><Code>x</Code></Fault>"`},
		},
		{
			name:   "an error without a code",
			status: 400,
			body:   `<Error><Message>m</Message></Error>`,
			want: sigv4http.APIError{Status: 400, Code: "BadRequest",
				Message: `the answer is no AWS error document, it begins with "<Error><Message>m</Message></Error>"`},
		},
		{
			name:   "breaks off behind the code",
			status: 404,
			body:   `<Error><Code>NoSuchKey</Code><Message>The spec`,
			want:   sigv4http.APIError{Status: 404, Code: "NoSuchKey"},
		},
		{
			name:   "breaks off in the code",
			status: 404,
			body:   `<Error><Code>NoSuch`,
			want: sigv4http.APIError{Status: 404, Code: "NotFound",
				Message: `the answer is no AWS error document, it begins with "<Error><Code>NoSuch"`},
		},
		{
			name:   "a message that is not escaped",
			status: 403,
			body:   `<Error><Code>AccessDenied</Code><Message>a & b</Message></Error>`,
			want:   sigv4http.APIError{Status: 403, Code: "AccessDenied"},
		},
		{
			name:   "a document type",
			status: 500,
			body:   `<!DOCTYPE Error [<!ENTITY e "x">]><Error><Code>&e;</Code></Error>`,
			want: sigv4http.APIError{Status: 500, Code: "InternalServerError",
				Message: `the answer is no AWS error document, it begins with "<!DOCTYPE Error [<!ENTITY e \"x\">]><Error><Code>&e;</Code></Error>"`},
		},
		{
			name:   "garbage",
			status: 500,
			body:   "\x00\xff\x1b[2J",
			want: sigv4http.APIError{Status: 500, Code: "InternalServerError",
				Message: `the answer is no AWS error document, it begins with "\x00\xff\x1b[2J"`},
		},
		{
			name:   "too large",
			status: 500,
			body:   "<Error><Code>A</Code><Message>" + strings.Repeat("x", limit) + "</Message></Error>",
			want:   sigv4http.APIError{Status: 500, Code: "A"},
		},
		{
			name:   "deep",
			status: 500,
			body:   strings.Repeat("<a>", limit/3),
			want: sigv4http.APIError{Status: 500, Code: "InternalServerError",
				Message: `the answer is no AWS error document, it begins with "` + strings.Repeat("<a>", 40) + `"`},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			closed := false
			resp := &http.Response{StatusCode: test.status, Header: test.header,
				Body: &closer{Reader: strings.NewReader(test.body), closed: func() { closed = true }}}
			got := sigv4http.ReadError(resp)
			if diff := cmp.Diff(&test.want, got); diff != "" {
				t.Errorf("ReadError (-want +got):\n%s", diff)
			}
			if test.text != "" && got.Error() != test.text {
				t.Errorf("Error() = %q, want %q", got.Error(), test.text)
			}
			if !closed {
				t.Error("the body is left open")
			}
		})
	}
}

func TestReadErrorTakesWhatCame(t *testing.T) {
	broken := io.MultiReader(strings.NewReader(s3Error("SlowDown")), iotest.ErrReader(errReset))
	got := sigv4http.ReadError(&http.Response{StatusCode: 503, Body: io.NopCloser(broken)})
	if got.Code != "SlowDown" {
		t.Errorf("got %v, want SlowDown", got)
	}
}

func TestReadErrorReadsNoMoreThanItsBound(t *testing.T) {
	body := strings.NewReader(strings.Repeat("x", 1<<20))
	sigv4http.ReadError(&http.Response{StatusCode: 500, Body: io.NopCloser(body)})
	if read := 1<<20 - body.Len(); read > 64<<10 {
		t.Errorf("%d bytes were read, want at most 64 KiB", read)
	}
}

func TestErrorsIsMatchesByCode(t *testing.T) {
	err := fmt.Errorf("getting it: %w", &sigv4http.APIError{Status: 404, Code: "NoSuchKey", Message: "m", RequestID: "r"})
	for _, test := range []struct {
		target error
		want   bool
	}{
		{&sigv4http.APIError{Code: "NoSuchKey"}, true},
		{&sigv4http.APIError{Code: "NoSuchBucket"}, false},
		{&sigv4http.APIError{Code: "NoSuchKey", Status: 404}, false}, // only Code may be set
		{&sigv4http.APIError{}, false},
		{errors.New("NoSuchKey"), false},
	} {
		if got := errors.Is(err, test.target); got != test.want {
			t.Errorf("errors.Is(err, %#v) = %v, want %v", test.target, got, test.want)
		}
	}
}

// The canonical request that a service gives back holds the session token.
func TestErrorHoldsNoSessionToken(t *testing.T) {
	const token = "IQoJb3JpZ2luX2VjEXAMPLE//////////wEaCXVzLWVhc3QtMSJHMEUC=="
	for _, test := range []struct{ name, body string }{
		{"S3", `<Error><Code>SignatureDoesNotMatch</Code><Message>m</Message><CanonicalRequest>GET
x-amz-security-token:` + token + `</CanonicalRequest></Error>`},
		{"STS", `<ErrorResponse><Error><Code>SignatureDoesNotMatch</Code><Message>The Canonical String should have been 'POST
x-amz-security-token:` + token + `'</Message></Error></ErrorResponse>`},
		{"an echoing proxy", "X-Amz-Security-Token: " + token},
	} {
		t.Run(test.name, func(t *testing.T) {
			transport, _ := newTransport(t, status(403, test.body))
			transport.Provider = sigv4.NewCredentials("ASIAEXAMPLE", "wJalrXUtnFEMI", token)
			resp, err := transport.RoundTrip(newRequest(t, http.MethodGet, nil))
			if err != nil {
				t.Fatal(err)
			}
			e := sigv4http.ReadError(resp)
			if text := fmt.Sprintf("%v %+v %#v", e, *e, e); strings.Contains(text, token) || !strings.Contains(text, "redacted") {
				t.Errorf("the error holds the session token: %s", text)
			}
		})
	}
}

func TestTransportLeavesTheErrorToItsCaller(t *testing.T) {
	long := s3Error("AccessDenied") + strings.Repeat(" ", 100<<10)
	transport, _ := newTransport(t, status(403, long)) // a status whose document the transport reads itself
	if _, body, err := do(t, transport, newRequest(t, http.MethodGet, nil)); body != long || err != nil {
		t.Errorf("got %d bytes, %v, want all %d", len(body), err, len(long))
	}
}
