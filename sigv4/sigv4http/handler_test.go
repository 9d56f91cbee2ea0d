package sigv4http_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sigv4/sigv4a"
	"github.com/sigvier/sigvier/sigv4/sigv4http"
)

// answered is what a client gets.
type answered struct {
	status int
	header http.Header
	body   string
}

// element is the text of an element of an error document.
func (a answered) element(t *testing.T, name string) string {
	t.Helper()
	var doc struct {
		XMLName xml.Name `xml:"Error"`
		All     []struct {
			XMLName xml.Name
			Text    string `xml:",chardata"`
		} `xml:",any"`
	}
	if err := xml.Unmarshal([]byte(a.body), &doc); err != nil {
		t.Fatalf("the answer is no error document: %v\n%s", err, a.body)
	}
	for _, e := range doc.All {
		if e.XMLName.Local == name {
			return e.Text
		}
	}
	return ""
}

// seen is what a handler got.
type seen struct {
	called  bool
	caller  *sigv4.Verified
	request *http.Request
	body    string
	err     error
}

// serve has a request, as a client has signed it, pass the wire and the verifier
// to a handler, which reads the body and answers with its error.
func serve(t *testing.T, v *sigv4http.Verifier, signed *http.Request) (answered, seen) {
	t.Helper()
	var got seen
	server := httptest.NewServer(v.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = seen{called: true, caller: sigv4http.VerifiedFrom(r.Context()), request: r}
		var body []byte
		body, got.err = io.ReadAll(r.Body)
		got.body = string(body)
		if got.err != nil {
			sigv4http.WriteError(w, r, got.err)
		}
	})))
	defer server.Close()
	address, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	if signed.Host == "" {
		signed.Host = signed.URL.Host
	}
	signed.URL.Host, signed.URL.Scheme = address.Host, "http"
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DisableCompression: true}}
	resp, err := client.Do(signed)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answered{resp.StatusCode, resp.Header, string(body)}, got
}

func put(t *testing.T, body io.Reader) *http.Request {
	t.Helper()
	req, err := http.NewRequest(http.MethodPut, "https://photos.s3.amazonaws.com/key", body)
	if err != nil {
		t.Fatal(err)
	}
	return req
}

// signPut signs a PUT with a digest.
func signPut(t *testing.T, v *sigv4http.Verifier, body io.Reader, digestOf string) *http.Request {
	t.Helper()
	req := put(t, body)
	if err := v.Signer.Sign(req, longTerm, sigv4.PayloadOf([]byte(digestOf)), postTime); err != nil {
		t.Fatal(err)
	}
	return req
}

func TestTheHandlerSeesWhoSigned(t *testing.T) {
	v := inBucket(t, "photos", postTime)
	presigned := func() *http.Request {
		p, err := v.Signer.Presign(put(t, nil), longTerm, sigv4.UnsignedPayload(), postTime, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		req, err := http.NewRequest(http.MethodPut, p.URL, strings.NewReader("any"))
		if err != nil {
			t.Fatal(err)
		}
		return req
	}
	unsigned := func() *http.Request {
		req := put(t, strings.NewReader("any"))
		if err := v.Signer.Sign(req, session, sigv4.UnsignedPayload(), postTime); err != nil {
			t.Fatal(err)
		}
		return req
	}
	posted := func() *http.Request {
		req := postRequest(t, form(t, longTerm, bucketAndKey, [2]string{"key", "user/a"}), "a", "any")
		req.RequestURI = ""
		return req
	}
	for _, row := range []struct {
		name  string
		req   *http.Request
		id    string
		body  string
		query bool
	}{
		{"digest in the headers", signPut(t, v, strings.NewReader("content"), "content"), longTerm.AccessKeyID, "content", false},
		{"no body", signPut(t, v, nil, ""), longTerm.AccessKeyID, "", false},
		{"body of unknown length", signPut(t, v, io.MultiReader(strings.NewReader("content")), "content"), longTerm.AccessKeyID, "content", false},
		{"unsigned body, by a session", unsigned(), session.AccessKeyID, "any", false},
		{"query", presigned(), longTerm.AccessKeyID, "any", true},
		{"form", posted(), longTerm.AccessKeyID, "any", false},
	} {
		t.Run(row.name, func(t *testing.T) {
			answer, got := serve(t, v, row.req)
			if answer.status != 200 || got.err != nil || got.body != row.body {
				t.Fatalf("the answer is %d %s, and the handler got %q, %v", answer.status, answer.body, got.body, got.err)
			}
			if got.caller == nil || got.caller.AccessKeyID != row.id || got.caller.Query != row.query {
				t.Errorf("the caller is %+v, want %s", got.caller, row.id)
			}
			if isForm := sigv4http.PostedFormFrom(got.request.Context()) != nil; isForm != (row.name == "form") {
				t.Errorf("the handler sees a form: %t", isForm)
			}
		})
	}
	if sigv4http.VerifiedFrom(t.Context()) != nil || sigv4http.PostedFormFrom(t.Context()) != nil {
		t.Error("a context without a request has a caller or a form")
	}
}

func TestABodyIsHeldAgainstItsDigest(t *testing.T) {
	v := inBucket(t, "photos", postTime)
	for _, row := range []struct {
		name   string
		body   io.Reader
		digest string
		called bool
	}{
		{"other bytes", strings.NewReader("content"), "CONTENT", true},
		{"other bytes of unknown length", io.MultiReader(strings.NewReader("content")), "CONTENT", true},
		{"many other bytes", strings.NewReader(strings.Repeat("x", 1<<20)), "x", true},
		{"nothing where something was signed", nil, "content", false},
		{"something where nothing was signed", strings.NewReader("x"), "", true},
	} {
		t.Run(row.name, func(t *testing.T) {
			answer, got := serve(t, v, signPut(t, v, row.body, row.digest))
			sum := sha256.Sum256([]byte(row.digest))
			if answer.status != 400 || answer.element(t, "Code") != "XAmzContentSHA256Mismatch" || answer.element(t, "ClientComputedContentSHA256") != hex.EncodeToString(sum[:]) {
				t.Errorf("the answer is %d %s", answer.status, answer.body)
			}
			if got.called != row.called {
				t.Errorf("the handler was called: %t, want %t", got.called, row.called)
			}
		})
	}
}

// TestTheLastBytesAreWithheld: also from a handler that reads Content-Length
// bytes and never looks for the end.
func TestTheLastBytesAreWithheld(t *testing.T) {
	v := inBucket(t, "photos", postTime)
	for _, size := range []int{1, 3, 7} {
		req := signPut(t, v, nil, "CONTENT")
		received := httptest.NewRequest(http.MethodPut, "/key", strings.NewReader("content"))
		received.Host, received.Header = "photos.s3.amazonaws.com", req.Header
		verified, err := v.Verify(received)
		if err != nil {
			t.Fatal(err)
		}
		var all []byte
		for len(all) < 7 {
			p := make([]byte, size)
			n, err := verified.Body.Read(p)
			all = append(all, p[:n]...)
			if err != nil {
				isRefusal(t, err, 400, "XAmzContentSHA256Mismatch", "")
				_, again := verified.Body.Read(p)
				isRefusal(t, again, 400, "XAmzContentSHA256Mismatch", "")
				break
			}
		}
		if len(all) == 7 {
			t.Errorf("all bytes of a body were read that is not what was signed, %d at a time", size)
		}
	}
}

func TestABodyThatBreaksOffIsIncomplete(t *testing.T) {
	v := inBucket(t, "photos", postTime)
	received := httptest.NewRequest(http.MethodPut, "/key", io.MultiReader(strings.NewReader("con"), broken{}))
	received.Host, received.Header = "photos.s3.amazonaws.com", signPut(t, v, nil, "content").Header
	verified, err := v.Verify(received)
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.ReadAll(verified.Body)
	isRefusal(t, err, 400, "IncompleteBody", "")
	if !errors.Is(err, errReset) {
		t.Errorf("the error %v hides its cause", err)
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errReset }

// chunks sends a body in chunks, as change leaves it.
func chunks(t *testing.T, v *sigv4http.Verifier, chunking sigv4http.Chunking, change func(http.Header, string) string) *http.Request {
	t.Helper()
	var s sent
	transport := &sigv4http.Transport{Signer: v.Signer, Provider: longTerm, Base: &s, MaxAttempts: 1, Now: atPostTime}
	req := put(t, strings.NewReader(strings.Repeat("0123456789", 2000)))
	req.Header.Set("Content-Encoding", "gzip")
	if _, err := transport.RoundTrip(req.WithContext(sigv4http.WithChunks(t.Context(), chunking))); err != nil {
		t.Fatal(err)
	}
	wire := s.body
	if change != nil {
		wire = change(s.header, wire)
	}
	req = put(t, strings.NewReader(wire))
	req.Header = s.header
	return req
}

func TestAHandlerSeesNoChunks(t *testing.T) {
	v := inBucket(t, "photos", postTime)
	trailers := func() []sigv4http.Trailer {
		return []sigv4http.Trailer{{Name: "x-amz-checksum-crc32", Hash: crc32.NewIEEE()}}
	}
	for name, chunking := range map[string]sigv4http.Chunking{
		"signed": {}, "with trailers": {Size: 8 << 10, Trailers: trailers}, "unsigned, with trailers": {Unsigned: true, Trailers: trailers},
	} {
		t.Run(name, func(t *testing.T) {
			answer, got := serve(t, v, chunks(t, v, chunking, nil))
			if answer.status != 200 || got.err != nil || got.body != strings.Repeat("0123456789", 2000) {
				t.Fatalf("the answer is %d %s, and the handler got %d bytes, %v", answer.status, answer.body, len(got.body), got.err)
			}
			r := got.request
			if r.ContentLength != 20000 || r.Header.Get("Content-Encoding") != "gzip" {
				t.Errorf("the handler saw length %d, encoding %q", r.ContentLength, r.Header["Content-Encoding"])
			}
			if got := r.Trailer.Get("X-Amz-Checksum-Crc32"); (got != "") != (chunking.Trailers != nil) {
				t.Errorf("the trailer is %q", got)
			}
		})
	}
}

func TestBadChunksAreRefused(t *testing.T) {
	v := inBucket(t, "photos", postTime)
	for _, row := range []struct {
		name   string
		change func(http.Header, string) string
		status int
		code   string
	}{
		{"a byte changed", func(_ http.Header, s string) string { return strings.Replace(s, "01234", "01235", 1) }, 403, "SignatureDoesNotMatch"},
		{"cut", func(_ http.Header, s string) string { return s[:1000] }, 400, "IncompleteBody"},
		{"no chunks", func(http.Header, string) string { return "0123456789\r\n" }, 400, "InvalidRequest"},
		{"the words of SigV4a", func(h http.Header, s string) string {
			req := put(t, nil)
			req.Header.Set("X-Amz-Decoded-Content-Length", "20000")
			word, err := sigv4.ParsePayloadHash("STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD")
			if err == nil {
				err = v.Signer.Sign(req, longTerm, word, postTime)
			}
			if err != nil {
				t.Fatal(err)
			}
			clear(h)
			for name, values := range req.Header {
				h[name] = values
			}
			return s
		}, 501, "NotImplemented"},
		{"something behind the end", func(_ http.Header, s string) string { return s + "0\r\n\r\n" }, 400, "InvalidRequest"},
		{"a trailer that may be none", func(h http.Header, s string) string {
			req := put(t, nil)
			req.Header.Set("X-Amz-Decoded-Content-Length", "0")
			req.Header.Set("X-Amz-Trailer", "Content-Length")
			word, err := sigv4.ParsePayloadHash("STREAMING-UNSIGNED-PAYLOAD-TRAILER")
			if err == nil {
				err = v.Signer.Sign(req, longTerm, word, postTime)
			}
			if err != nil {
				t.Fatal(err)
			}
			clear(h)
			for name, values := range req.Header {
				h[name] = values
			}
			return "0\r\ncontent-length:5\r\n\r\n"
		}, 400, "InvalidRequest"},
		{"no length of the decoded", func(h http.Header, s string) string {
			req := put(t, nil)
			word, err := sigv4.ParsePayloadHash("STREAMING-AWS4-HMAC-SHA256-PAYLOAD")
			if err == nil {
				err = v.Signer.Sign(req, longTerm, word, postTime)
			}
			if err != nil {
				t.Fatal(err)
			}
			clear(h)
			for name, values := range req.Header {
				h[name] = values
			}
			return s
		}, 411, "MissingContentLength"},
	} {
		t.Run(row.name, func(t *testing.T) {
			answer, _ := serve(t, v, chunks(t, v, sigv4http.Chunking{Size: 8 << 10}, row.change))
			if answer.status != row.status || answer.element(t, "Code") != row.code {
				t.Errorf("the answer is %d %s, want %d %s", answer.status, answer.body, row.status, row.code)
			}
		})
	}
}

func TestRefusalsAreWrittenAsS3Does(t *testing.T) {
	for _, row := range []struct {
		name     string
		change   func(*http.Request)
		now      time.Time
		status   int
		code     string
		elements []string // of which some have a value that is known
	}{
		{"wrong secret", func(r *http.Request) { r.URL.Path = "/other" }, postTime, 403, "SignatureDoesNotMatch", []string{
			"AWSAccessKeyId", longTerm.AccessKeyID, "StringToSign", "", "SignatureProvided", "", "StringToSignBytes", "", "CanonicalRequest", "", "CanonicalRequestBytes", ""}},
		{"unsigned", func(r *http.Request) { r.Header.Del("Authorization") }, postTime, 403, "AccessDenied", nil},
		{"unknown key", func(r *http.Request) {
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), longTerm.AccessKeyID, "AKIAUNKNOWN", 1))
		}, postTime, 403, "InvalidAccessKeyId", []string{"AWSAccessKeyId", "AKIAUNKNOWN"}},
		{"other region", func(r *http.Request) {
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), "us-east-1", "eu-west-1", 1))
		}, postTime, 400, "AuthorizationHeaderMalformed", []string{"Region", "us-east-1"}},
		{"late", func(*http.Request) {}, postTime.Add(16 * time.Minute), 403, "RequestTimeTooSkewed", []string{
			"RequestTime", "20261124T120000Z", "ServerTime", "2026-11-24T12:16:00Z", "MaxAllowedSkewMilliseconds", "900000"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			v := inBucket(t, "photos", row.now)
			req := signPut(t, v, nil, "")
			row.change(req)
			answer, got := serve(t, v, req)
			if got.called {
				t.Error("the handler was called")
			}
			if answer.status != row.status || answer.element(t, "Code") != row.code || answer.element(t, "Message") == "" {
				t.Errorf("the answer is %d %s, want %d %s", answer.status, answer.body, row.status, row.code)
			}
			if id := answer.header.Get("X-Amz-Request-Id"); id == "" || answer.element(t, "RequestId") != id || answer.header.Get("Content-Type") != "application/xml" {
				t.Errorf("the answer is %v %s", answer.header, answer.body)
			}
			for pair := range slices.Chunk(row.elements, 2) {
				if value := answer.element(t, pair[0]); value == "" || pair[1] != "" && value != pair[1] {
					t.Errorf("<%s> is %q, want %q", pair[0], value, pair[1])
				}
			}
			if row.code == "SignatureDoesNotMatch" {
				if got := answer.element(t, "StringToSignBytes"); got != fmt.Sprintf("% x", answer.element(t, "StringToSign")) {
					t.Errorf("<StringToSignBytes> is %q", got)
				}
			}
			if strings.Contains(answer.body, longTerm.SecretAccessKey()) {
				t.Error("the answer tells the secret")
			}
		})
	}
	t.Run("expired URL", func(t *testing.T) {
		v := inBucket(t, "photos", postTime.Add(2*time.Hour))
		p, err := v.Signer.Presign(put(t, nil), longTerm, sigv4.UnsignedPayload(), postTime, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		req, err := http.NewRequest(http.MethodPut, p.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, _ := serve(t, v, req)
		for name, want := range map[string]string{"Code": "AccessDenied", "Message": "Request has expired", "X-Amz-Expires": "3600",
			"Expires": "2026-11-24T13:00:00Z", "ServerTime": "2026-11-24T14:00:00Z"} {
			if got := answer.element(t, name); got != want {
				t.Errorf("<%s> is %q, want %q", name, got, want)
			}
		}
	})
}

func TestAnErrorOfTheServersOwnTellsNothing(t *testing.T) {
	w := httptest.NewRecorder()
	sigv4http.WriteError(w, httptest.NewRequest(http.MethodGet, "/a%20b", nil), errors.New("disk /var/secret is full"))
	if w.Code != 500 || !strings.Contains(w.Body.String(), "<Code>InternalError</Code>") || strings.Contains(w.Body.String(), "secret") {
		t.Errorf("the answer is %d %s", w.Code, w.Body)
	}
	if !strings.Contains(w.Body.String(), "<Resource>/a%20b</Resource>") {
		t.Errorf("the answer is %s, want the path as it was sent", w.Body)
	}
	w = httptest.NewRecorder()
	w.Header().Set("X-Amz-Request-Id", "4442587FB7D0A2F9")
	sigv4http.WriteError(w, httptest.NewRequest(http.MethodGet, "/", nil), &sigv4http.Refusal{VerifyError: &sigv4.VerifyError{Code: "A<B", Status: 400, Message: "\x00"}})
	if got := w.Body.String(); w.Code != 400 || !strings.Contains(got, "<Code>A&lt;B</Code>") || !strings.Contains(got, "<RequestId>4442587FB7D0A2F9</RequestId>") {
		t.Errorf("the answer is %d %s", w.Code, got)
	}
}

// TestServicesThatDoNotSendTheDigest is about those that sign the body's digest
// and send no X-Amz-Content-Sha256.
func TestServicesThatDoNotSendTheDigest(t *testing.T) {
	signer, err := sigv4.NewSigner("sqs", "us-east-1", nil)
	if err != nil {
		t.Fatal(err)
	}
	v := &sigv4http.Verifier{Signer: signer, Lookup: knownKeys, Now: atPostTime, MaxBody: 100}
	request := func(body, signed string) *http.Request {
		req, err := http.NewRequest(http.MethodPost, "https://sqs.us-east-1.amazonaws.com/", strings.NewReader(body))
		if err == nil {
			err = signer.Sign(req, longTerm, sigv4.PayloadOf([]byte(signed)), postTime)
		}
		if err != nil {
			t.Fatal(err)
		}
		return req
	}
	hundred := strings.Repeat("a", 100)
	for _, row := range []struct {
		name, body, signed string
		status             int
		code               string
	}{
		{"good", "Action=ListQueues", "Action=ListQueues", 200, ""},
		{"as long as may be", hundred, hundred, 200, ""},
		{"too long", hundred + "a", hundred + "a", 400, "MaxMessageLengthExceeded"},
		{"other bytes", "Action=DeleteQueue", "Action=ListQueues", 403, "SignatureDoesNotMatch"},
		{"nothing", "", "Action=ListQueues", 403, "SignatureDoesNotMatch"},
	} {
		t.Run(row.name, func(t *testing.T) {
			answer, got := serve(t, v, request(row.body, row.signed))
			if row.code == "" {
				if answer.status != 200 || got.body != row.body || got.err != nil {
					t.Errorf("the answer is %d %s, and the handler got %q, %v", answer.status, answer.body, got.body, got.err)
				}
				return
			}
			if got.called || answer.status != row.status || answer.element(t, "Code") != row.code {
				t.Errorf("the answer is %d %s, want %d %s", answer.status, answer.body, row.status, row.code)
			}
		})
	}
	t.Run("a presigned URL with a body", func(t *testing.T) {
		p, err := signer.Presign(request("", ""), longTerm, sigv4.EmptyPayload(), postTime, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		req, err := http.NewRequest(http.MethodPost, p.URL, strings.NewReader("Action=DeleteQueue"))
		if err != nil {
			t.Fatal(err)
		}
		if answer, _ := serve(t, v, req); answer.element(t, "Code") != "XAmzContentSHA256Mismatch" {
			t.Errorf("the answer is %d %s, want the body refused, which was not signed", answer.status, answer.body)
		}
	})
}

func TestAFormIsNoRequestWithoutABucket(t *testing.T) {
	v := inBucket(t, "photos", postTime)
	v.Bucket = nil
	_, _, _, err := upload(v, postRequest(t, form(t, longTerm, bucketAndKey, [2]string{"key", "user/a"}), "a", "content"))
	isRefusal(t, err, 403, "AccessDenied", "")
}

// TestALookUpsOwnErrorIsGiven in every form.
func TestALookUpsOwnErrorIsGiven(t *testing.T) {
	v := inBucket(t, "photos", postTime)
	own := &sigv4.VerifyError{Code: "InvalidToken", Status: 400, Message: "of its own"}
	v.Lookup = func(context.Context, string, string) (sigv4.Credentials, error) { return sigv4.Credentials{}, own }
	_, _, _, err := upload(v, postRequest(t, form(t, longTerm, bucketAndKey, [2]string{"key", "user/a"}), "a", "content"))
	isRefusal(t, err, 400, "InvalidToken", "of its own")
	received := httptest.NewRequest(http.MethodPut, "/key", nil)
	received.Host, received.Header = "photos.s3.amazonaws.com", signPut(t, v, nil, "").Header
	_, err = v.Verify(received)
	isRefusal(t, err, 400, "InvalidToken", "of its own")

	v.Lookup = func(context.Context, string, string) (sigv4.Credentials, error) { return sigv4.Credentials{}, nil }
	_, _, _, err = upload(v, postRequest(t, form(t, longTerm, bucketAndKey, [2]string{"key", "user/a"}), "a", "content"))
	isRefusal(t, err, 500, "InternalError", "")
}

// TestARequestTargetWithoutAPath: "GET x:%2Fkey" has the signature of /key, but not
// where the next handler looks for it.
func TestARequestTargetWithoutAPath(t *testing.T) {
	v := inBucket(t, "photos", postTime)
	signed := signPut(t, v, nil, "")
	for _, row := range []struct {
		target string
		code   string
	}{
		{"/key", ""},
		{"http://photos.s3.amazonaws.com/key", ""},
		{"x:/key", ""},
		{"x:%2Fkey", "InvalidURI"},
		{"photos.s3.amazonaws.com:%2fkey", "InvalidURI"},
		{"x:key", "InvalidURI"},
	} {
		var wire bytes.Buffer
		fmt.Fprintf(&wire, "PUT %s HTTP/1.1\r\nHost: photos.s3.amazonaws.com\r\n", row.target)
		if err := signed.Header.Write(&wire); err != nil {
			t.Fatal(err)
		}
		wire.WriteString("\r\n")
		received, err := http.ReadRequest(bufio.NewReader(&wire))
		if err != nil {
			t.Fatal(err)
		}
		verified, err := v.Verify(received)
		switch {
		case row.code != "":
			isRefusal(t, err, 400, row.code, "")
		case err != nil:
			t.Errorf("Verify(PUT %s) = %v", row.target, err)
		case verified.URL.Path != "/key":
			t.Errorf("Verify(PUT %s) gives the path %q", row.target, verified.URL.Path)
		}
	}
	_, err := v.Verify(&http.Request{Method: http.MethodPut, Header: signed.Header})
	refusal := isRefusal(t, err, 400, "InvalidURI", "")
	answer := httptest.NewRecorder()
	sigv4http.WriteError(answer, &http.Request{}, refusal)
	if answer.Code != 400 {
		t.Errorf("WriteError of a request without a URL answers %d, want 400", answer.Code)
	}
}

// TestTrailersOfHTTPAreNotGiven: nobody has signed them.
func TestTrailersOfHTTPAreNotGiven(t *testing.T) {
	v := inBucket(t, "photos", postTime)
	for _, payload := range []sigv4.PayloadHash{sigv4.PayloadOf([]byte("content")), sigv4.UnsignedPayload()} {
		req := put(t, io.MultiReader(strings.NewReader("content"))) // of a length that is not known
		req.Trailer = http.Header{"X-Amz-Acl": {"public-read"}}
		if err := v.Signer.Sign(req, longTerm, payload, postTime); err != nil {
			t.Fatal(err)
		}
		answer, got := serve(t, v, req)
		if answer.status != 200 || got.body != "content" {
			t.Fatalf("the answer is %d %s, the body %q", answer.status, answer.body, got.body)
		}
		if len(got.request.Trailer) > 0 {
			t.Errorf("with %s the handler sees the trailers %v", payload, got.request.Trailer)
		}
	}
}

// TestABodyThatSaysThatItIsEmpty: with the digest of nothing and a length of 0, a
// handler sees nothing.
func TestABodyThatSaysThatItIsEmpty(t *testing.T) {
	v := inBucket(t, "photos", postTime)
	received := httptest.NewRequest(http.MethodPut, "/key", nil)
	received.Host, received.Header = "photos.s3.amazonaws.com", signPut(t, v, nil, "").Header
	received.Body, received.ContentLength = io.NopCloser(strings.NewReader("content")), 0
	verified, err := v.Verify(received)
	if err != nil {
		t.Fatal(err)
	}
	if body, err := io.ReadAll(verified.Body); err != nil || len(body) > 0 {
		t.Errorf("the handler reads %q, %v, which was not signed", body, err)
	}
}

// TestAnyBoundForBodies: none of them cuts a body off without a word.
func TestAnyBoundForBodies(t *testing.T) {
	for _, bound := range []int64{math.MinInt64, -1, 0, 7, math.MaxInt64 - 1, math.MaxInt64} {
		v := &sigv4http.Verifier{Signer: newSigner(t, "sts"), Now: func() time.Time { return postTime }, MaxBody: bound,
			Lookup: func(context.Context, string, string) (sigv4.Credentials, error) { return longTerm, nil }}
		for _, signedBody := range []string{"content", ""} {
			req := httptest.NewRequest(http.MethodPost, "https://sts.amazonaws.com/", strings.NewReader("content"))
			req.RequestURI = ""
			if err := v.Signer.Sign(req, longTerm, sigv4.PayloadOf([]byte(signedBody)), postTime); err != nil {
				t.Fatal(err)
			}
			verified, err := v.Verify(req)
			if signedBody == "" {
				isRefusal(t, err, 403, "SignatureDoesNotMatch", "")
				continue
			} else if err != nil {
				t.Errorf("with a bound of %d: %v", bound, err)
				continue
			}
			if body, err := io.ReadAll(verified.Body); string(body) != "content" || err != nil {
				t.Errorf("with a bound of %d the handler reads %q, %v", bound, body, err)
			}
		}
	}
}

// TestALongRequestGetsAShortAnswer: who has no secret must not have a server write
// many times what was sent.
func TestALongRequestGetsAShortAnswer(t *testing.T) {
	v := inBucket(t, "photos", postTime)
	for _, row := range []struct {
		length int
		told   bool
	}{{1 << 10, true}, {16 << 10, false}} {
		received := httptest.NewRequest(http.MethodPut, "/key?"+strings.Repeat("a", row.length), nil)
		received.Host, received.Header = "photos.s3.amazonaws.com", signPut(t, v, nil, "").Header
		_, err := v.Verify(received)
		refusal := isRefusal(t, err, 403, "SignatureDoesNotMatch", "")
		told := slices.ContainsFunc(refusal.Elements, func(e [2]string) bool { return e[0] == "CanonicalRequest" })
		if told != row.told {
			t.Errorf("of a query of %d bytes, the answer has the canonical request: %v, want %v", row.length, told, row.told)
		}
	}
}

// TestNilErrorsOfOtherTypes: a look-up's nil pointer in an error is no good.
func TestNilErrorsOfOtherTypes(t *testing.T) {
	v := inBucket(t, "photos", postTime)
	v.Lookup = func(context.Context, string, string) (sigv4.Credentials, error) {
		var none *sigv4.VerifyError
		return longTerm, none
	}
	_, _, _, err := upload(v, postRequest(t, form(t, longTerm, bucketAndKey, [2]string{"key", "user/a"}), "a", "content"))
	isRefusal(t, err, 403, "InvalidAccessKeyId", "")
	answer := httptest.NewRecorder()
	sigv4http.WriteError(answer, httptest.NewRequest(http.MethodGet, "/", nil), (*sigv4http.Refusal)(nil))
	if answer.Code != 500 {
		t.Errorf("WriteError of a nil Refusal answers %d, want 500", answer.Code)
	}
}

// TestAHandlersRequestIsACopy: the caller's request stays as it is.
func TestAHandlersRequestIsACopy(t *testing.T) {
	v := inBucket(t, "photos", postTime)
	signed := chunks(t, v, sigv4http.Chunking{}, nil)
	body, err := io.ReadAll(signed.Body)
	if err != nil {
		t.Fatal(err)
	}
	received := httptest.NewRequest(http.MethodPut, "/key", bytes.NewReader(body))
	received.Host, received.Header = "photos.s3.amazonaws.com", signed.Header
	before, length := received.Header.Clone(), received.ContentLength
	if _, err := v.Verify(received); err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(received.Header) != fmt.Sprint(before) || received.ContentLength != length || received.Trailer != nil || sigv4http.VerifiedFrom(received.Context()) != nil {
		t.Errorf("Verify changed the request: %v, length %d, trailer %v", received.Header, received.ContentLength, received.Trailer)
	}
}

// TestTheHandlerTakesSigV4a where its signer is one of SigV4a.
func TestTheHandlerTakesSigV4a(t *testing.T) {
	signer, err := sigv4a.NewSigner("s3", "us-east-1", nil)
	if err != nil {
		t.Fatal(err)
	}
	v := &sigv4http.Verifier{Signer: signer, Lookup: knownKeys, Now: atPostTime}
	answer, got := serve(t, v, signPut(t, v, strings.NewReader("content"), "content"))
	if answer.status != 200 || got.body != "content" || got.caller.AccessKeyID != longTerm.AccessKeyID {
		t.Errorf("the answer to digest is %d %s", answer.status, answer.body)
	}
	answer, got = serve(t, v, chunks(t, v, sigv4http.Chunking{Size: 8 << 10}, nil))
	if answer.status != 200 || len(got.body) != 20000 {
		t.Errorf("the answer to chunks is %d %s", answer.status, answer.body)
	}
	answer, _ = serve(t, v, chunks(t, v, sigv4http.Chunking{Size: 8 << 10}, func(_ http.Header, s string) string { return strings.Replace(s, "01234", "01235", 1) }))
	if answer.status != 403 || answer.element(t, "Code") != "SignatureDoesNotMatch" {
		t.Errorf("the answer to a changed chunk is %d %s", answer.status, answer.body)
	}
	answer, got = serve(t, v, signPut(t, inBucket(t, "photos", postTime), nil, ""))
	if got.called || answer.status < 400 {
		t.Errorf("the answer to SigV4 is %d %s, want it refused", answer.status, answer.body)
	}
}
