package s3client_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/s3client/s3test"
	"github.com/sigvier/sigvier/sigv4"
)

// file is a file with that content, read up to an offset.
func file(t *testing.T, content string, offset int64) *os.File {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	if _, err := f.Seek(offset, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	return f
}

// osPipe is a pipe of the system, an *os.File that cannot seek.
func osPipe(t *testing.T, content string) io.Reader {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	go func() {
		io.WriteString(w, content)
		w.Close()
	}()
	return r
}

func ioPipe(content string) io.Reader {
	r, w := io.Pipe()
	go func() {
		io.WriteString(w, content)
		w.Close()
	}()
	return r
}

const text = "0123456789"

func skipping(r io.ReadSeeker, n int64) io.Reader {
	r.Seek(n, io.SeekStart)
	return r
}

func TestPutObjectBodies(t *testing.T) {
	srv := serve(t, s3test.Config{})
	net := dialing(t, srv)
	for _, test := range []struct {
		name   string
		body   func(t *testing.T) io.Reader
		length int64
		want   string
		signed bool // the bytes, too
	}{
		{"nil", func(t *testing.T) io.Reader { return nil }, 0, "", true},
		{"bytes.Reader", func(t *testing.T) io.Reader { return bytes.NewReader([]byte(text)) }, 0, text, true},
		{"strings.Reader", func(t *testing.T) io.Reader { return strings.NewReader(text) }, 0, text, true},
		{"with its length", func(t *testing.T) io.Reader { return strings.NewReader(text) }, 10, text, true},
		{"its beginning", func(t *testing.T) io.Reader { return strings.NewReader(text) }, 4, "0123", true},
		{"from where it stands", func(t *testing.T) io.Reader { return skipping(strings.NewReader(text), 3) }, 0, "3456789", true},
		{"at its end", func(t *testing.T) io.Reader { return skipping(strings.NewReader(text), 10) }, 0, "", true},
		{"empty", func(t *testing.T) io.Reader { return bytes.NewReader(nil) }, 0, "", true},
		{"file", func(t *testing.T) io.Reader { return file(t, text, 0) }, 0, text, true},
		{"file from an offset", func(t *testing.T) io.Reader { return file(t, text, 7) }, 0, "789", true},
		{"part of a file", func(t *testing.T) io.Reader { return file(t, text, 2) }, 3, "234", true},
		{"empty file", func(t *testing.T) io.Reader { return file(t, "", 0) }, 0, "", true},
		{"SectionReader", func(t *testing.T) io.Reader { return io.NewSectionReader(strings.NewReader(text), 2, 5) }, 0, "23456", true},
		{"large", func(t *testing.T) io.Reader { return strings.NewReader(strings.Repeat(text, 1e5)) }, 0, strings.Repeat(text, 1e5), true},
		{"os.Pipe with a length", func(t *testing.T) io.Reader { return osPipe(t, text) }, 10, text, false},
		{"io.Pipe with a length", func(t *testing.T) io.Reader { return ioPipe(text) }, 10, text, false},
		{"Buffer with a length", func(t *testing.T) io.Reader { return bytes.NewBufferString(text) }, 10, text, false},
		{"byte by byte", func(t *testing.T) io.Reader { return iotest.OneByteReader(strings.NewReader(text)) }, 10, text, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			var payload string
			watch := roundTripper(func(req *http.Request) (*http.Response, error) {
				payload = req.Header.Get("X-Amz-Content-Sha256")
				return net.RoundTrip(req)
			})
			c := open(t, form(srv), &s3client.Options{Base: watch})
			_, err := c.PutObject(t.Context(), s3client.PutObjectInput{Bucket: "data", Key: test.name, Body: test.body(t), ContentLength: test.length})
			if err != nil {
				t.Fatal(err)
			}
			want := "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
			if test.signed {
				want = sigv4.PayloadOf([]byte(test.want)).String()
			}
			if payload != want {
				t.Errorf("the payload is signed as %s, want %s", payload, want)
			}
			if got := get(t, c, "data", test.name); got != test.want {
				t.Errorf("the object has %d bytes, want %d", len(got), len(test.want))
			}
		})
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

func TestPutObjectWantsALength(t *testing.T) {
	silent, w := io.Pipe() // nothing may be read of it either
	defer w.Close()
	for name, body := range map[string]io.Reader{
		"os.Pipe":     osPipe(t, text),
		"io.Pipe":     silent,
		"Buffer":      bytes.NewBufferString(text),
		"MultiReader": io.MultiReader(strings.NewReader(text)),
	} {
		net := &recorder{answers: []answer{says(200, "")}}
		c := open(t, aws(), &s3client.Options{Base: net})
		_, err := c.PutObject(t.Context(), s3client.PutObjectInput{Bucket: "data", Key: "k", Body: body})
		wantErr(t, err, s3client.ErrLengthRequired)
		if len(net.requests) != 0 {
			t.Errorf("%s: %d requests were sent", name, len(net.requests))
		}
	}
}

func TestPutObjectLengthThatIsWrong(t *testing.T) {
	srv := serve(t, s3test.Config{})
	c := open(t, form(srv), nil)
	for _, test := range []struct {
		name    string
		body    io.Reader
		length  int64
		hashed  bool // so it is seen before anything is sent
		arrives bool // what was promised came, so the service may keep it before we see that there is more
	}{
		{"seekable and too short", strings.NewReader(text), 11, true, false},
		{"file and too short", file(t, text, 5), 6, true, false},
		{"pipe and too short", ioPipe(text), 11, false, false},
		{"pipe and too long", bytes.NewBufferString(text), 9, false, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			before := srv.Requests()["PutObject"]
			_, err := c.PutObject(t.Context(), s3client.PutObjectInput{Bucket: "data", Key: test.name, Body: test.body, ContentLength: test.length})
			wantErr(t, err)
			if got := srv.Requests()["PutObject"]; test.hashed && got != before {
				t.Errorf("%d requests were sent", got-before)
			}
			if !strings.Contains(err.Error(), "ContentLength") {
				t.Errorf("%q does not say that ContentLength is wrong", err)
			}
			if _, err := c.HeadObject(t.Context(), s3client.HeadObjectInput{Bucket: "data", Key: test.name}); !test.arrives && !errors.Is(err, s3client.ErrNotFound) {
				t.Errorf("the object is there: %v", err)
			}
		})
	}
}

func TestPutObjectIsRetriedWithTheSameBytes(t *testing.T) {
	for name, body := range map[string]func() io.Reader{
		"reader": func() io.Reader { return skipping(strings.NewReader("--"+text), 2) },
		"file":   func() io.Reader { return file(t, "--"+text, 2) },
		"nil":    func() io.Reader { return nil },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				net := &recorder{answers: []answer{
					says(503, "<Error><Code>SlowDown</Code></Error>"),
					func(*http.Request) (*http.Response, error) { return nil, errors.New("connection reset") },
					says(200, "", "ETag", `"e"`)}}
				c := open(t, aws(), &s3client.Options{Base: net})
				r := body()
				out, err := c.PutObject(t.Context(), s3client.PutObjectInput{Bucket: "data", Key: "k", Body: r})
				if err != nil || out.ETag != `"e"` {
					t.Fatalf("PutObject = %+v, %v", out, err)
				}
				want := text
				if r == nil {
					want = ""
				}
				if len(net.bodies) != 3 {
					t.Fatalf("%d attempts, want 3", len(net.bodies))
				}
				for i, got := range net.bodies {
					if got != want || net.requests[i].ContentLength != int64(len(want)) {
						t.Errorf("attempt %d sends %q with length %d, want %q", i+1, got, net.requests[i].ContentLength, want)
					}
				}
				// It stands where it stood: the caller may send it once more.
				if r != nil {
					if b, err := io.ReadAll(r); err != nil || string(b) != text {
						t.Errorf("afterwards the body reads %q, %v, want %q", b, err, text)
					}
				}
			})
		})
	}
}

// What can be read only once is sent only once.
func TestPutObjectOfAPipeIsNotRetried(t *testing.T) {
	srv := serve(t, s3test.Config{Faults: []s3test.Fault{{Kind: s3test.FaultError, Code: "SlowDown", Op: "PutObject"}}})
	c := open(t, form(srv), nil)
	_, err := c.PutObject(t.Context(), s3client.PutObjectInput{Bucket: "data", Key: "k", Body: ioPipe(text), ContentLength: 10})
	wantErr(t, err, &s3client.APIError{Code: "SlowDown"})
	if got := srv.Requests()["PutObject"]; got != 1 {
		t.Errorf("%d attempts, want 1", got)
	}
}

// A digest that is known already is taken at its word, and the service checks it.
func TestPutObjectPayload(t *testing.T) {
	srv := serve(t, s3test.Config{})
	c := open(t, form(srv), nil)
	for name, body := range map[string]func() io.Reader{
		"reader": func() io.Reader { return strings.NewReader(text) },
		"pipe":   func() io.Reader { return ioPipe(text) },
	} {
		t.Run(name, func(t *testing.T) {
			in := s3client.PutObjectInput{Bucket: "data", Key: name, Body: body(), ContentLength: 10, Payload: sigv4.PayloadOf([]byte(text))}
			if _, err := c.PutObject(t.Context(), in); err != nil {
				t.Error(err)
			}
			in.Key, in.Body, in.Payload = name+" wrong", body(), sigv4.PayloadOf([]byte("other bytes"))
			_, err := c.PutObject(t.Context(), in)
			wantErr(t, err, &s3client.APIError{Code: "XAmzContentSHA256Mismatch"})
			_, err = c.HeadObject(t.Context(), s3client.HeadObjectInput{Bucket: "data", Key: in.Key})
			wantErr(t, err, s3client.ErrNotFound)
			in.Key, in.Body, in.Payload = name+" unsigned", body(), sigv4.UnsignedPayload()
			if _, err := c.PutObject(t.Context(), in); err != nil {
				t.Error(err)
			}
		})
	}
}

// brokenFile fails where it is read.
type brokenFile struct{ *strings.Reader }

var errDisk = errors.New("input/output error")

func (brokenFile) ReadAt([]byte, int64) (int, error) { return 0, errDisk }

// brokenSeeker fails at its end, as a file may that is on a network.
type brokenSeeker struct{ *strings.Reader }

func (s brokenSeeker) Seek(off int64, whence int) (int64, error) {
	if whence == io.SeekEnd {
		return 0, errDisk
	}
	return s.Reader.Seek(off, whence)
}

func TestPutObjectBodyThatCannotBeRead(t *testing.T) {
	for _, body := range []io.Reader{brokenFile{strings.NewReader(text)}, brokenSeeker{strings.NewReader(text)}} {
		net := &recorder{answers: []answer{says(200, "")}}
		c := open(t, aws(), &s3client.Options{Base: net})
		_, err := c.PutObject(t.Context(), s3client.PutObjectInput{Bucket: "data", Key: "k", Body: body})
		wantErr(t, err, errDisk)
		if len(net.requests) != 0 {
			t.Errorf("%T: %d requests were sent", body, len(net.requests))
		}
	}
}

func TestStreamsOverTLSGoUnsigned(t *testing.T) {
	net := &recorder{answers: []answer{says(200, "")}}
	c := open(t, aws(), &s3client.Options{Base: net})
	if _, err := c.PutObject(t.Context(), s3client.PutObjectInput{Bucket: "data", Key: "k", Body: ioPipe(text), ContentLength: int64(len(text))}); err != nil {
		t.Fatal(err)
	}
	if got := net.requests[0].Header.Get("X-Amz-Content-Sha256"); got != "UNSIGNED-PAYLOAD" {
		t.Errorf("the payload is signed as %s, want UNSIGNED-PAYLOAD", got)
	}
}
