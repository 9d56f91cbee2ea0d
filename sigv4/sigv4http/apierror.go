package sigv4http

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"unicode"

	"github.com/sigvier/sigvier/sigv4/sigv4http/awsxml"
)

// maxErrorBody bounds what is read of an error document.
const maxErrorBody = 64 << 10

// APIError is a service's answer that says an error.
type APIError struct {
	Status    int    // HTTP status
	Code      string // the service's code, "NoSuchKey"; without a document, one made from the status: "NotFound"
	Message   string
	RequestID string
	HostID    string // S3's x-amz-id-2
	Resource  string
	Region    string // S3: the bucket's region, where the request named another
	Bucket    string
	Key       string

	// What S3 says it computed, with SignatureDoesNotMatch.
	CanonicalRequest, StringToSign string
}

// Error gives code, message, status and request ID.
func (e *APIError) Error() string {
	var b strings.Builder
	b.WriteString(e.Code)
	if e.Message != "" {
		b.WriteString(": " + e.Message)
	}
	if e.Status == 0 { // a code to compare with
		return b.String()
	}
	fmt.Fprintf(&b, " (HTTP %d", e.Status)
	if e.RequestID != "" {
		b.WriteString(", request ID " + e.RequestID)
	}
	return printable(b.String() + ")")
}

// Is makes errors.Is match by code: target is an *APIError with only Code set.
func (e *APIError) Is(target error) bool {
	t, ok := target.(*APIError)
	return ok && *t == APIError{Code: e.Code}
}

// ReadError reads the error that an answer holds, at most 64 KiB of it, and
// closes the body. It knows the documents of S3 and of the query services (STS),
// and says so when something else answered, a proxy's page for instance.
func ReadError(resp *http.Response) *APIError {
	defer resp.Body.Close()
	return peekError(resp)
}

// peekError is ReadError that leaves the body for the next reader.
func peekError(resp *http.Response) *APIError {
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody)) // what came is what there is to say
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(body), resp.Body), resp.Body}
	body = redact(body, resp.Request)

	e := &APIError{Status: resp.StatusCode,
		RequestID: firstOf(resp.Header, "X-Amz-Request-Id", "X-Amzn-Requestid"),
		HostID:    resp.Header.Get("X-Amz-Id-2"),
		Region:    resp.Header.Get("X-Amz-Bucket-Region"),
	}
	if e.parse(body); e.Code == "" {
		e.Code = strings.ReplaceAll(http.StatusText(resp.StatusCode), " ", "")
		if e.Code == "" {
			e.Code = fmt.Sprintf("Status%d", resp.StatusCode)
		}
		if line := firstLine(body); line != "" {
			e.Message = fmt.Sprintf("the answer is no AWS error document, it begins with %q", line)
		}
	}
	return e
}

// parse fills e from an error document: S3's <Error>, or the query services'
// <ErrorResponse>, which has one in it. Of a document that breaks off, or is wrong
// further on, the elements count that came whole: the code is the first.
func (e *APIError) parse(body []byte) {
	d := awsxml.NewDecoder(bytes.NewReader(body), maxErrorBody)
	d.Root("Error", "ErrorResponse")
	e.parseElement(d)
}

func (e *APIError) parseElement(d *awsxml.Decoder) {
	for name := range d.Children {
		switch string(name) {
		case "Error":
			e.parseElement(d)
		case "Code":
			e.Code = d.Text()
		case "Message":
			e.Message = d.Text()
		case "Resource":
			e.Resource = d.Text()
		case "BucketName":
			e.Bucket = d.Text()
		case "Key":
			e.Key = d.Text()
		case "CanonicalRequest":
			e.CanonicalRequest = d.Text()
		case "StringToSign":
			e.StringToSign = d.Text()
		case "Region":
			setIf(&e.Region, d.Text())
		case "RequestId":
			setIf(&e.RequestID, d.Text())
		case "HostId":
			setIf(&e.HostID, d.Text())
		}
	}
}

// redact takes the session token out of an error document. With
// SignatureDoesNotMatch, services give back the canonical request, and the token
// is one of the headers in it.
func redact(body []byte, sent *http.Request) []byte {
	if sent == nil {
		return body
	}
	for _, name := range [...]string{"X-Amz-Security-Token", "X-Amz-S3session-Token"} {
		if token := sent.Header.Get(name); token != "" {
			body = bytes.ReplaceAll(body, []byte(token), []byte("[session token redacted]"))
		}
	}
	return body
}

// printable keeps control characters, which may be a key's or an attacker's, from the
// terminals that errors are printed on.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}

func setIf(dst *string, s string) {
	if s != "" {
		*dst = s
	}
}

func firstOf(h http.Header, keys ...string) string {
	for _, key := range keys {
		if v := h.Get(key); v != "" {
			return v
		}
	}
	return ""
}

func firstLine(body []byte) string {
	line, _, _ := bytes.Cut(bytes.TrimSpace(body), []byte("\n"))
	return string(line[:min(len(line), 120)])
}
