package oracle

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

const (
	told       = "GET\n/a&b\n\nhost:example.com\nx-amz-date:20261123T120000Z\n\nhost;x-amz-date\ne3b0"
	toldToSign = "AWS4-HMAC-SHA256\n20261123T120000Z\n20261123/us-east-1/sts/aws4_request\nabcd"
	prose      = "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
)

func TestRefusalsAreReadInEveryForm(t *testing.T) {
	full := prose + "\n\nThe Canonical String for this request should have been\n'" + told + "'\n\nThe String-to-Sign should have been\n'" + toldToSign + "'\n"
	inJSON := strings.NewReplacer("\n", `\n`).Replace(full)
	for _, test := range []struct {
		name, answer string
		want         Refusal
	}{
		{"S3's document", errorDocument("Code", "SignatureDoesNotMatch", "Message", "No.", "AWSAccessKeyId", "AKIA", "StringToSign", toldToSign, "SignatureProvided", "0123", "StringToSignBytes", hexBytes(toldToSign), "CanonicalRequest", told, "CanonicalRequestBytes", hexBytes(told), "HostId", "h"),
			Refusal{Form: "xml", Code: "SignatureDoesNotMatch", Message: "No.", AccessKeyID: "AKIA", SignatureProvided: "0123", StringToSign: toldToSign, CanonicalRequest: told, RequestID: "4442587FB7D0A2F9", HostID: "h"}},
		{"the bytes are the truth", errorDocument("Code", "C", "CanonicalRequest", "GET\n/a\ufffd", "CanonicalRequestBytes", hexBytes("GET\r\n/a\x01")),
			Refusal{Form: "xml", Code: "C", CanonicalRequest: "GET\r\n/a\x01", RequestID: "4442587FB7D0A2F9"}},
		{"bytes that are none", errorDocument("Code", "C", "StringToSign", "text", "StringToSignBytes", "xx"),
			Refusal{Form: "xml", Code: "C", StringToSign: "text", RequestID: "4442587FB7D0A2F9"}},
		{"times", errorDocument("Code", "RequestTimeTooSkewed", "Message", "m", "RequestTime", "20261123T120000Z", "ServerTime", "2026-11-23T13:00:00Z", "MaxAllowedSkewMilliseconds", "900000"),
			Refusal{Form: "xml", Code: "RequestTimeTooSkewed", Message: "m", RequestTime: "20261123T120000Z", ServerTime: "2026-11-23T13:00:00Z", MaxSkew: 15 * time.Minute, RequestID: "4442587FB7D0A2F9"}},
		{"region, endpoint, hashes", errorDocument("Code", "C", "Region", "eu-west-1", "Endpoint", "e", "ClientComputedContentSHA256", "c", "S3ComputedContentSHA256", "s", "HeadersNotSigned", "x-amz-acl", "Expires", "2026-11-23T13:00:00Z"),
			Refusal{Form: "xml", Code: "C", Region: "eu-west-1", Endpoint: "e", ClientSHA256: "c", ServerSHA256: "s", HeadersNotSigned: "x-amz-acl", Expires: "2026-11-23T13:00:00Z", RequestID: "4442587FB7D0A2F9"}},
		{"STS", `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>SignatureDoesNotMatch</Code><Message>` + strings.ReplaceAll(full, "&", "&amp;") + `</Message></Error><RequestId>r</RequestId></ErrorResponse>`,
			Refusal{Form: "xml", Code: "SignatureDoesNotMatch", Message: prose, CanonicalRequest: told, StringToSign: toldToSign, RequestID: "r"}},
		{"JSON", `{"__type":"com.amazon.coral.service#InvalidSignatureException","message":"` + inJSON + `"}`,
			Refusal{Form: "json", Code: "InvalidSignatureException", Message: prose, CanonicalRequest: told, StringToSign: toldToSign}},
		{"JSON with the code in a header", "HTTP/1.1 403 Forbidden\r\nx-amzn-ErrorType: InvalidSignatureException:http://internal.amazon.com/\r\nx-amzn-RequestId: r\r\nDate: Mon, 23 Nov 2026 12:00:00 GMT\r\n\r\n" + `{"message":"` + inJSON + `"}`,
			Refusal{Form: "json", Status: 403, Date: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC), Code: "InvalidSignatureException", Message: prose, CanonicalRequest: told, StringToSign: toldToSign, RequestID: "r"}},
		{"JSON in a list", `{"errors":[{"message":"m","code":"InvalidSignature","details":""}]}`, Refusal{Form: "json", Code: "InvalidSignature", Message: "m"}},
		{"botocore's message", "\nAn error occurred (SignatureDoesNotMatch) when calling the ListQueues operation: " + full,
			Refusal{Form: "text", Code: "SignatureDoesNotMatch", Message: prose, CanonicalRequest: told, StringToSign: toldToSign}},
		{"the Go SDK's message", "operation error S3: GetObject, https response error StatusCode: 403, RequestID: x, HostID: y, api error SignatureDoesNotMatch: No.",
			Refusal{Form: "text", Code: "SignatureDoesNotMatch", Message: "No."}},
		{"a proxy's page", "HTTP/1.1 502 Bad Gateway\nServer: nginx\n\n<html>\n<head><title>502 Bad\n Gateway</title></head></html>", Refusal{Form: "html", Status: 502, Message: "502 Bad Gateway"}},
		{"an S3 website's page", "<html><head><title>403 Forbidden</title></head><body><ul><li>Code: AccessDenied</li><li>Message: Access Denied</li></ul></body></html>", Refusal{Form: "html", Code: "AccessDenied", Message: "Access Denied"}},
		{"no document", "HTTP/1.1 403 Forbidden\r\nx-amz-request-id: r\r\nx-amz-id-2: h\r\nx-amz-bucket-region: eu-west-1\r\n\r\n", Refusal{Form: "empty", Status: 403, RequestID: "r", HostID: "h", Region: "eu-west-1"}},
		{"MinIO's answer to HEAD", "HTTP/1.1 403 Forbidden\r\nX-Minio-Error-Code: SignatureDoesNotMatch\r\nX-Minio-Error-Desc: \"No.\"\r\n\r\n", Refusal{Form: "empty", Status: 403, Code: "SignatureDoesNotMatch", Message: "No."}},
		{"chunks", "HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n<Error><Code>Ab<\r\nf\r\n/Code></Error>\n\r\n0\r\n\r\n", Refusal{Form: "xml", Status: 403, Code: "Ab"}},
		{"chunks that are undone", "HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n<Error><Code>Ab</Code></Error>", Refusal{Form: "xml", Status: 403, Code: "Ab"}},
		{"the answer behind 100 Continue", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 403 Forbidden\r\n\r\n<Error><Code>C</Code></Error>", Refusal{Form: "xml", Status: 403, Code: "C"}},
		{"curl -v", "*   Trying 127.0.0.1:9000...\n> GET / HTTP/1.1\n> Host: x\n>\n< HTTP/1.1 403 Forbidden\n< Date: Mon, 23 Nov 2026 12:00:00 GMT\n<\n{ [13 bytes data]\n<Error><Code>C</Code></Error>\n* Connection #0 to host left intact\n",
			Refusal{Form: "xml", Status: 403, Date: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC), Code: "C"}},
		{"something before the document", "ERROR 2026-11-23 got:\n<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n<Error><Code>C</Code></Error>", Refusal{Form: "xml", Code: "C"}},
		{"a document that breaks off", "<Error><Code>SignatureDoesNotMatch</Code><Message>The req", Refusal{Form: "xml", Code: "SignatureDoesNotMatch"}},
		{"control bytes", "<Error><Code>C</Code><Message>a\x01b</Message></Error>", Refusal{Form: "xml", Code: "C", Message: "a\ufffdb"}},
		{"another XML document", `<?xml version="1.0"?><Fault><Reason>no</Reason></Fault>`, Refusal{Form: "xml"}},
		{"a text with a status", "HTTP/1.1 403 Forbidden\n\nRequest blocked.\nGo away.", Refusal{Form: "text", Status: 403, Message: "Request blocked."}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := ParseRefusal([]byte(test.answer))
			if err != nil {
				t.Fatalf("ParseRefusal() = %v", err)
			}
			if diff := cmp.Diff(test.want, got, cmpopts.IgnoreUnexported(Refusal{})); diff != "" {
				t.Errorf("ParseRefusal() (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRefusalsThatAreNone(t *testing.T) {
	for answer, want := range map[string]string{
		"":                                  "the server's answer is empty: give the error document, or the whole HTTP answer",
		" \n":                               "the server's answer is empty: give the error document, or the whole HTTP answer",
		"hello":                             "the server's answer is neither an error document (XML or JSON) nor an HTTP answer with a status line",
		`{"a":1}`:                           "the server's answer is neither an error document (XML or JSON) nor an HTTP answer with a status line",
		"HTTP/1.1 403 No\n\n\x1f\x8b\x08zz": "the server's answer is compressed: ask for it without Accept-Encoding, or unpack it",
		strings.Repeat("<", maxRefusal+1):   "the server's answer is longer than 1 MiB: only the error document is needed",
	} {
		got, err := ParseRefusal([]byte(answer))
		if err == nil || err.Error() != want {
			t.Errorf("ParseRefusal(%.20q) = %v, want %s", answer, err, want)
		}
		if diff := cmp.Diff(Refusal{}, got, cmpopts.IgnoreUnexported(Refusal{})); diff != "" {
			t.Errorf("ParseRefusal(%.20q) gives something beside its error:\n%s", answer, diff)
		}
	}
}

// TestRefusalsHideSecrets: services repeat the headers, and the session token is
// one of them.
func TestRefusalsHideSecrets(t *testing.T) {
	const secret = "FwoGZXIvYXdzEBYaDEXAMPLE+/="
	query := strings.NewReplacer("+", "%2B", "/", "%2F", "=", "%3D").Replace(secret)
	for _, canonical := range []string{
		"GET\n/\n\nhost:h\nx-amz-security-token:" + secret + "\n\nhost;x-amz-security-token\ne3b0",
		"GET\n/\nX-Amz-Security-Token=" + query + "&a=b\nhost:h\n\nhost\nUNSIGNED-PAYLOAD",
		"GET\n/\n\nhost:h\nx-amz-server-side-encryption-customer-key:" + secret + "\n\nhost\ne3b0",
		"GET\n/\n\nhost:h\nx-amz-s3session-token:" + secret + "\n\nhost\ne3b0",
		"GET\n/\n\ncookie:" + secret + "\nhost:h\n\nhost\ne3b0",
		"GET\n/\n\nhost:h\nx-amz-access-token:" + secret + "\n\nhost\ne3b0",
	} {
		refusal, err := ParseRefusal([]byte(errorDocument("Code", "SignatureDoesNotMatch", "CanonicalRequest", canonical, "CanonicalRequestBytes", hexBytes(canonical))))
		if err != nil {
			t.Fatal(err)
		}
		text := fmt.Sprintf("%+v %#v", refusal, refusal)
		if strings.Contains(text, secret) || strings.Contains(text, query) {
			t.Errorf("the refusal tells a secret: %s", text)
		}
		if !strings.Contains(refusal.CanonicalRequest, "[27 characters, SHA-256 ccdbe9ad…]") {
			t.Errorf("the secret has left no trace: %q", refusal.CanonicalRequest)
		}
		if again := hideInCanonical(refusal.CanonicalRequest); again != refusal.CanonicalRequest {
			t.Errorf("hiding twice gives %q, want %q", again, refusal.CanonicalRequest)
		}
	}
}
