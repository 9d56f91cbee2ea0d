package s3client_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/s3client/checksum"
	"github.com/sigvier/sigvier/sigv4"
)

// The checksum of a body that can be rewound is a header, that of any other comes
// behind it, and without being asked for there is none.
func TestChecksumsOfUploads(t *testing.T) {
	seekable := func() io.Reader { return strings.NewReader(text) }
	once := func() io.Reader { return ioPipe(text) }
	const sum, trailer = "X-Amz-Checksum-Crc64nvme", "x-amz-checksum-crc64nvme"
	digest := sigv4.PayloadOf([]byte(text)).String()
	given, err := checksum.Parse(checksum.CRC32, "poTHxg==", checksum.FullObject)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name    string
		policy  s3client.ChecksumPolicy
		scheme  string
		body    func() io.Reader
		edit    func(*s3client.PutObjectInput)
		payload string
		header  string // with its value
		trailer string
	}{
		{"default", "", "https", seekable, nil, digest, "", ""},
		{"default over http", "", "http", seekable, nil, digest, "", ""},
		{"default, read once", "", "https", once, nil, "UNSIGNED-PAYLOAD", "", ""},
		{"default, read once, over http", "", "http", once, nil, "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "", ""},
		{"never", s3client.ChecksumsNever, "https", seekable, nil, digest, "", ""},
		{"never, read once", s3client.ChecksumsNever, "https", once, nil, "UNSIGNED-PAYLOAD", "", ""},
		{"always", s3client.ChecksumsAlways, "https", seekable, nil, digest, sum + ": " + crc64nvme(text), ""},
		{"always over http", s3client.ChecksumsAlways, "http", seekable, nil, digest, sum + ": " + crc64nvme(text), ""},
		{"always, read once", s3client.ChecksumsAlways, "https", once, nil, "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "", trailer},
		{"always, read once, over http", s3client.ChecksumsAlways, "http", once, nil, "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", "", trailer},
		{"always, nil", s3client.ChecksumsAlways, "https", func() io.Reader { return nil }, nil, sigv4.EmptyPayload().String(), sum + ": AAAAAAAAAAA=", ""},
		{"asked for", "", "https", seekable, func(in *s3client.PutObjectInput) { in.ChecksumAlgorithm = checksum.CRC32 }, digest, "X-Amz-Checksum-Crc32: poTHxg==", ""},
		{"asked for, against the policy", s3client.ChecksumsNever, "https", once, func(in *s3client.PutObjectInput) { in.ChecksumAlgorithm = checksum.SHA256 },
			"STREAMING-UNSIGNED-PAYLOAD-TRAILER", "", "x-amz-checksum-sha256"},
		{"given", s3client.ChecksumsAlways, "https", seekable, func(in *s3client.PutObjectInput) { in.Checksum = given }, digest, "X-Amz-Checksum-Crc32: poTHxg==", ""},
		{"given, read once", s3client.ChecksumsAlways, "https", once, func(in *s3client.PutObjectInput) { in.Checksum = given }, "UNSIGNED-PAYLOAD", "X-Amz-Checksum-Crc32: poTHxg==", ""},
		{"required by Object Lock", "", "https", seekable, func(in *s3client.PutObjectInput) { in.ObjectLockLegalHoldStatus = "ON" }, digest, "X-Amz-Checksum-Crc32: poTHxg==", ""},
		{"required by Object Lock, always", s3client.ChecksumsAlways, "https", seekable, func(in *s3client.PutObjectInput) { in.ObjectLockLegalHoldStatus = "ON" }, digest, sum + ": " + crc64nvme(text), ""},
		{"required by Object Lock, read once", "", "https", once, func(in *s3client.PutObjectInput) { in.ObjectLockLegalHoldStatus = "ON" }, "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "", "x-amz-checksum-crc32"},
	} {
		t.Run(test.name, func(t *testing.T) {
			net := &recorder{answers: []answer{says(200, "")}}
			f := awsForm("us-east-1")
			f.Endpoint, f.Checksums = test.scheme+"://s3.example.org", test.policy
			in := s3client.PutObjectInput{Bucket: "data", Key: "k", Body: test.body()}
			if in.Body != nil {
				in.ContentLength = int64(len(text))
			}
			if test.edit != nil {
				test.edit(&in)
			}
			if _, err := open(t, f, &s3client.Options{Base: net}).PutObject(t.Context(), in); err != nil {
				t.Fatal(err)
			}
			h := net.requests[0].Header
			if got := h.Get("X-Amz-Content-Sha256"); got != test.payload {
				t.Errorf("the payload is signed as %s, want %s", got, test.payload)
			}
			if got := h.Get("X-Amz-Trailer"); got != test.trailer {
				t.Errorf("x-amz-trailer is %q, want %q", got, test.trailer)
			}
			var sums []string
			for name := range h {
				if strings.HasPrefix(name, "X-Amz-Checksum-") {
					sums = append(sums, name+": "+h.Get(name))
				}
			}
			if got := strings.Join(sums, ", "); got != test.header {
				t.Errorf("the checksums are %q, want %q", got, test.header)
			}
			if test.trailer != "" && !strings.Contains(net.bodies[0], "\r\n"+test.trailer+":") {
				t.Errorf("%q has no %s behind it", net.bodies[0], test.trailer)
			}
			if got := h.Get("Content-Md5"); got != "" {
				t.Errorf("there is a Content-MD5, %s", got)
			}
		})
	}
}

// From one mebibyte on a body is sent only where it is welcome.
func TestLargeUploadIsRefusedUnread(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		io.WriteString(w, "<Error><Code>AccessDenied</Code></Error>")
	}))
	defer srv.Close()
	f := awsForm("")
	f.Endpoint = srv.URL
	for name, body := range map[string]io.Reader{
		"seekable":  bytes.NewReader(make([]byte, 1<<20)),
		"read once": bytes.NewBuffer(make([]byte, 1<<20)),
	} {
		_, err := open(t, f, nil).PutObject(t.Context(), s3client.PutObjectInput{Bucket: "data", Key: "k", Body: body, ContentLength: 1 << 20})
		wantErr(t, err, s3client.ErrAccessDenied)
		if b, ok := body.(*bytes.Buffer); ok && b.Len() != 1<<20 {
			t.Errorf("%s: %d bytes are left of the body, want all", name, b.Len())
		}
	}
	// A smaller one is not asked for.
	net := &recorder{answers: []answer{says(200, "")}}
	for size, want := range map[int]string{1<<20 - 1: "", 1 << 20: "100-continue"} {
		c := open(t, awsForm("us-east-1"), &s3client.Options{Base: net})
		if _, err := c.PutObject(t.Context(), s3client.PutObjectInput{Bucket: "data", Key: "k", Body: bytes.NewReader(make([]byte, size))}); err != nil {
			t.Fatal(err)
		}
		req := net.requests[len(net.requests)-1]
		if got := req.Header.Get("Expect"); got != want {
			t.Errorf("of %d bytes Expect is %q, want %q", size, got, want)
		}
		if strings.Contains(req.Header.Get("Authorization"), "expect") {
			t.Error("Expect is signed, which a proxy may answer itself")
		}
	}
}

// What can be read only once is sent again as long as nobody has read of it, and then
// no more: the error says what failed, and why that was all.
func TestRetryOfABodyThatIsReadOnce(t *testing.T) {
	unread := func(a answer) http.RoundTripper {
		first := true
		return roundTripper(func(req *http.Request) (*http.Response, error) {
			if first {
				first = false
				return a(req)
			}
			io.Copy(io.Discard, req.Body)
			return says(200, "")(req)
		})
	}
	fails := func(*http.Request) (*http.Response, error) { return nil, syscall.ECONNRESET }
	busy := says(503, "<Error><Code>SlowDown</Code></Error>")
	for _, test := range []struct {
		name string
		base http.RoundTripper
		want error
	}{
		{"busy, unread", unread(busy), nil},
		{"reset, unread", unread(fails), nil},
		{"busy", &recorder{answers: []answer{busy}}, &s3client.APIError{Code: "SlowDown"}},
		{"reset", &recorder{answers: []answer{fails}}, syscall.ECONNRESET},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := open(t, awsForm("us-east-1"), &s3client.Options{Base: test.base})
				_, err := c.PutObject(t.Context(), s3client.PutObjectInput{Bucket: "data", Key: "k", Body: bytes.NewBufferString(text), ContentLength: 10})
				if test.want == nil {
					if err != nil {
						t.Error(err)
					}
					return
				}
				wantErr(t, err, test.want, s3client.ErrBodyUsed)
				if r := test.base.(*recorder); len(r.requests) != 1 {
					t.Errorf("%d attempts, want 1", len(r.requests))
				}
				var e *s3client.Error
				if !errors.As(err, &e) || !strings.Contains(err.Error(), "not tried again") {
					t.Errorf("%q does not say that it was not tried again", err)
				}
			})
		})
	}
}

// A length that the body has not is no object, and nothing is sent.
func TestBodiesThatAreNotOfTheirLength(t *testing.T) {
	for name, body := range map[string]io.Reader{"none": nil, "empty": strings.NewReader(""), "a shorter one": strings.NewReader(text[:4])} {
		net := &recorder{}
		_, err := open(t, aws(), &s3client.Options{Base: net}).PutObject(t.Context(), s3client.PutObjectInput{Bucket: "data", Key: "k", Body: body, ContentLength: 5})
		if wantErr(t, err); len(net.requests) != 0 || !strings.Contains(err.Error(), "and ContentLength is 5") {
			t.Errorf("%s: %v after %d requests", name, err, len(net.requests))
		}
	}
}
