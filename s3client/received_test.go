package s3client_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/s3client/checksum"
	"github.com/sigvier/sigvier/s3client/http1"
	"github.com/sigvier/sigvier/s3client/s3test"
)

// dripping is a body that comes in pieces, each after a pause, until it is closed.
type dripping struct {
	pause  time.Duration
	pieces int
	size   int
	text   string        // in the place of pieces: comes byte by byte
	last   time.Duration // the pause before the end

	closed chan struct{}
}

func (d *dripping) Read(p []byte) (int, error) {
	pause := d.pause
	if d.pieces == 0 && d.last != 0 {
		pause = d.last
	}
	select {
	case <-d.closed:
		return 0, net.ErrClosed
	case <-time.After(pause):
	}
	if d.text != "" {
		p[0], d.text = d.text[0], d.text[1:]
		return 1, nil
	}
	if d.pieces--; d.pieces < 0 {
		return 0, io.EOF
	}
	n := min(len(p), d.size)
	clear(p[:n])
	return n, nil
}

func (d *dripping) Close() error {
	select {
	case <-d.closed:
	default:
		close(d.closed)
	}
	return nil
}

func (d *dripping) ReadLate(pool http1.Pool) ([]byte, error) {
	p := pool.Get()
	n, err := d.Read(p)
	return p[:n], err
}

// onePool has one buffer, for whoever asks.
type onePool []byte

func (p onePool) Get() []byte { return p }
func (p onePool) Put([]byte)  {}

// slowPool is one whose buffer is with somebody else for a while.
type slowPool struct {
	onePool
	wait time.Duration
}

func (p slowPool) Get() []byte {
	time.Sleep(p.wait)
	return p.onePool
}

// A body may be slow, but not slower than was asked for, and its reader may.
func TestBodiesThatStall(t *testing.T) {
	for _, test := range []struct {
		name       string
		body       dripping
		timeout    time.Duration // 0: the default
		rate       int64
		readerTake time.Duration
		stalls     time.Duration // when; 0: never
	}{
		{"it hangs", dripping{pause: 1000 * time.Hour, pieces: 1, size: 1}, 0, 0, 0, 30 * time.Second},
		{"it hangs in the middle", dripping{pause: 4 * time.Second, pieces: 3, size: 1, last: time.Hour}, 10 * time.Second, 0, 0, 22 * time.Second},
		{"it hangs, and may", dripping{pause: 24 * time.Hour, pieces: 1, size: 1}, -1, 0, 0, 0},
		{"it hangs, and little is waited for", dripping{pause: time.Hour, pieces: 1, size: 1}, 5 * time.Second, 0, 0, 5 * time.Second},
		{"slow without a rate", dripping{pause: 29 * time.Second, pieces: 20, size: 1}, 0, 0, 0, 0},
		{"at the rate", dripping{pause: time.Second, pieces: 100, size: 1000}, 10 * time.Second, 900, 0, 0},
		{"below the rate", dripping{pause: time.Second, pieces: 100, size: 1000}, 10 * time.Second, 2000, 0, 10 * time.Second},
		{"a slow reader", dripping{pause: time.Millisecond, pieces: 10, size: 1000}, 10 * time.Second, 1000, time.Hour, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				body := test.body
				body.closed = make(chan struct{})
				base := roundTripper(func(req *http.Request) (*http.Response, error) {
					return &http.Response{StatusCode: 200, Header: http.Header{}, ContentLength: -1, Body: &body, Request: req}, nil
				})
				c := open(t, awsForm("us-east-1"), &s3client.Options{Base: base, StallTimeout: test.timeout, MinRate: test.rate})
				out, err := c.GetObject(t.Context(), s3client.GetObjectInput{Bucket: "data", Key: "k"})
				if err != nil {
					t.Fatal(err)
				}
				defer out.Body.Close()
				began, p := time.Now(), make([]byte, 4096)
				for late := false; err == nil; late = !late {
					if late {
						_, err = out.Body.(lateReader).ReadLate(slowPool{onePool(p), test.readerTake})
					} else {
						_, err = out.Body.Read(p)
					}
					time.Sleep(test.readerTake)
				}
				if test.stalls == 0 {
					if err != io.EOF {
						t.Errorf("after %v: %v, want its end", time.Since(began), err)
					}
					return
				}
				wantErr(t, err, s3client.ErrStalled)
				if took := time.Since(began); took < test.stalls || took > test.stalls+time.Second {
					t.Errorf("it took %v, want %v", took, test.stalls)
				}
				var e *s3client.Error
				if !errors.As(err, &e) || e.Op != "GetObject" || e.Key != "k" {
					t.Errorf("%v does not say of what", err)
				}
			})
		})
	}
}

// What is no object's is watched too, for as long as nothing comes: documents, answers
// that should be empty, errors, and what makes a completed upload's wait bearable.
func TestDocumentsThatStall(t *testing.T) {
	const (
		list     = `<ListBucketResult><IsTruncated>false</IsTruncated><KeyCount>0</KeyCount>`
		complete = `<?xml version="1.0" encoding="UTF-8"?>`
	)
	listing := func(ctx context.Context, c *s3client.Client) error {
		_, err := c.ListObjectsV2(ctx, s3client.ListObjectsV2Input{Bucket: "data"})
		return err
	}
	completion := func(ctx context.Context, c *s3client.Client) error {
		_, err := c.CompleteMultipartUpload(ctx, s3client.CompleteMultipartUploadInput{Bucket: "data", Key: "k", UploadID: "u",
			Parts: []s3client.CompletedPart{{PartNumber: 1, ETag: `"e"`}}})
		return err
	}
	blanks := strings.Repeat(" ", 40)
	for _, test := range []struct {
		name   string
		call   func(context.Context, *s3client.Client) error
		status int
		begin  string // comes at once
		rest   string // comes byte by byte
		pause  time.Duration
		stalls bool
		text   string
	}{
		{"a listing", listing, 200, list, "</ListBucketResult>", time.Hour, true, "ListObjectsV2 s3://data"},
		{"a listing, before it begins", listing, 200, "", list, time.Hour, true, "ListObjectsV2 s3://data"},
		{"a slow listing", listing, 200, list, "</ListBucketResult>", 9 * time.Second, false, ""},
		{"a copy", copyKey, 200, complete, blanks, time.Hour, true, "CopyObject s3://data/copy"},
		{"a completion", completion, 200, complete, blanks, time.Hour, true, "CompleteMultipartUpload s3://data/k"},
		{"a completion that takes its time", completion, 200, complete, blanks + "<CompleteMultipartUploadResult><ETag>e</ETag></CompleteMultipartUploadResult>", 9 * time.Second, false, ""},
		{"a document that is given on", func(ctx context.Context, c *s3client.Client) error {
			_, err := c.GetBucketCors(ctx, s3client.GetBucketCorsInput{Bucket: "data"})
			return err
		}, 200, "<CORSConfiguration>", "</CORSConfiguration>", time.Hour, true, "GetBucketCors s3://data"},
		// What these have said is said, and what else comes is not waited for.
		{"an error", listing, 403, "<Error><Code>AccessDenied</Code>", "</Error>", time.Hour, false, "AccessDenied"},
		{"an empty answer", func(ctx context.Context, c *s3client.Client) error {
			_, err := c.DeleteObject(ctx, s3client.DeleteObjectInput{Bucket: "data", Key: "k"})
			return err
		}, 200, "", "x", time.Hour, false, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				rest := &dripping{pause: test.pause, text: test.rest, closed: make(chan struct{})}
				base := roundTripper(func(req *http.Request) (*http.Response, error) {
					body := struct {
						io.Reader
						io.Closer
					}{io.MultiReader(strings.NewReader(test.begin), rest), rest}
					return &http.Response{StatusCode: test.status, Header: http.Header{}, ContentLength: -1, Body: body, Request: req}, nil
				})
				c := open(t, awsForm("us-east-1"), &s3client.Options{Base: base, StallTimeout: 10 * time.Second, MinRate: 1000})
				began := time.Now()
				err := test.call(t.Context(), c)
				switch took := time.Since(began); {
				case test.pause == time.Hour && took != 10*time.Second:
					t.Errorf("it took %v, want 10 s", took)
				case errors.Is(err, s3client.ErrStalled) != test.stalls:
					t.Errorf("%v, want stalled: %v", err, test.stalls)
				case (err != nil) != (test.text != "") || err != nil && !strings.Contains(err.Error(), test.text):
					t.Errorf("%v, want %q", err, test.text)
				}
				select {
				case <-rest.closed:
				default:
					t.Error("the body is still open")
				}
			})
		})
	}
}

// A body that ends before its length, or whose connection breaks, says so, of what.
func TestBodiesThatBreakOff(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "10")
		io.WriteString(w, "01234")
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}))
	defer srv.Close()
	f := awsForm("")
	f.Endpoint = srv.URL
	out, err := open(t, f, nil).GetObject(t.Context(), s3client.GetObjectInput{Bucket: "data", Key: "k"})
	if err != nil {
		t.Fatal(err)
	}
	defer out.Body.Close()
	b, err := io.ReadAll(out.Body)
	wantErr(t, err, io.ErrUnexpectedEOF)
	var e *s3client.Error
	if string(b) != "01234" || !errors.As(err, &e) || e.Op != "GetObject" || e.Bucket != "data" || e.Key != "k" {
		t.Errorf("%q, %v, want five bytes and an error that says of what", b, err)
	}
}

// What is verified is the whole of an object, against a checksum of the whole.
func TestDownloadsAreVerified(t *testing.T) {
	nvme := crc64nvme(text)
	for _, test := range []struct {
		name     string
		status   int
		headers  []string
		verifies bool
		matches  bool
	}{
		{"CRC64NVME", 200, []string{"X-Amz-Checksum-Crc64nvme", nvme, "X-Amz-Checksum-Type", "FULL_OBJECT"}, true, true},
		{"CRC64NVME without its type", 200, []string{"X-Amz-Checksum-Crc64nvme", nvme}, true, true},
		{"CRC32", 200, []string{"X-Amz-Checksum-Crc32", "poTHxg=="}, true, true},
		{"CRC32 of other bytes", 200, []string{"X-Amz-Checksum-Crc32", "poTHxw=="}, true, false},
		{"SHA-256", 200, []string{"X-Amz-Checksum-Sha256", "hNiYd/DUBB77a/kaFvAkjy/Vc+avBcGflr7bn4gveII="}, true, true},
		{"CRC64NVME of other bytes", 200, []string{"X-Amz-Checksum-Crc64nvme", crc64nvme("other")}, true, false},
		{"none", 200, nil, false, true},
		{"a composite", 200, []string{"X-Amz-Checksum-Crc32c", "AAAAAA==-3", "X-Amz-Checksum-Type", "COMPOSITE"}, false, true},
		{"a composite without its type", 200, []string{"X-Amz-Checksum-Sha256", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=-3"}, false, true},
		{"a range", 206, []string{"X-Amz-Checksum-Crc64nvme", crc64nvme("other"), "Content-Range", "bytes 0-9/100"}, false, true},
		{"an algorithm that nobody knows", 200, []string{"X-Amz-Checksum-Xxhash128", "AAAAAAAAAAA="}, false, true},
		{"an algorithm that nobody knows beside one", 200, []string{"X-Amz-Checksum-Xxhash128", "AAAAAAAAAAA=", "X-Amz-Checksum-Crc64nvme", nvme}, true, true},
		{"a value that is none", 200, []string{"X-Amz-Checksum-Crc64nvme", "no base64"}, false, true},
		{"chunks that were kept as they came", 200, []string{"X-Amz-Checksum-Crc64nvme", crc64nvme("other"), "Content-Encoding", "aws-chunked"}, false, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			net := &recorder{answers: []answer{says(test.status, text, test.headers...)}}
			c := open(t, awsForm("us-east-1"), &s3client.Options{Base: net})
			out, err := c.GetObject(t.Context(), s3client.GetObjectInput{Bucket: "data", Key: "k", ChecksumMode: true})
			if err != nil {
				t.Fatal(err)
			}
			if got := net.requests[0].Header.Get("X-Amz-Checksum-Mode"); got != "ENABLED" {
				t.Errorf("x-amz-checksum-mode is %q, want ENABLED", got)
			}
			if out.Verifies != test.verifies {
				t.Errorf("Verifies is %v, want %v", out.Verifies, test.verifies)
			}
			defer out.Body.Close()
			b, err := io.ReadAll(out.Body)
			if string(b) != text {
				t.Errorf("the bytes are %q", b)
			}
			if test.matches {
				if err != nil {
					t.Error(err)
				}
				return
			}
			wantErr(t, err, checksum.ErrMismatch)
			var mismatch *checksum.MismatchError
			var e *s3client.Error
			if !errors.As(err, &mismatch) || !errors.As(err, &e) || e.Key != "k" {
				t.Errorf("%v is no mismatch of what was read", err)
			}
			if _, again := out.Body.Read(make([]byte, 1)); !errors.Is(again, checksum.ErrMismatch) {
				t.Errorf("read again: %v, want the mismatch", again)
			}
		})
	}
}

// Nobody is asked for a checksum who was not to be.
func TestChecksumsOfDownloadsAreAskedForByPolicy(t *testing.T) {
	for _, test := range []struct {
		policy s3client.ChecksumPolicy
		mode   bool
		want   string
	}{
		{"", false, ""}, {s3client.ChecksumsWhenRequired, false, ""}, {s3client.ChecksumsNever, false, ""},
		{s3client.ChecksumsAlways, false, "ENABLED"}, {"", true, "ENABLED"}, {s3client.ChecksumsNever, true, "ENABLED"},
	} {
		net := &recorder{answers: []answer{says(200, "")}}
		f := awsForm("us-east-1")
		f.Checksums = test.policy
		out, err := open(t, f, &s3client.Options{Base: net}).GetObject(t.Context(), s3client.GetObjectInput{Bucket: "data", Key: "k", ChecksumMode: test.mode})
		if err != nil {
			t.Fatal(err)
		}
		out.Body.Close()
		if got := strings.Join(net.requests[0].Header.Values("X-Amz-Checksum-Mode"), ","); got != test.want {
			t.Errorf("with %q and ChecksumMode %v: %q, want %q", test.policy, test.mode, got, test.want)
		}
	}
}

type lateReader interface {
	ReadLate(http1.Pool) ([]byte, error)
}

// Whose bytes are verified, and who knows of no other way, is read by Read.
func TestReadLate(t *testing.T) {
	srv := serve(t, s3test.Config{})
	c := open(t, form(srv), nil)
	const content = "0123456789"
	put(t, c, "data", "k", content)
	for _, test := range []struct {
		name   string
		in     s3client.GetObjectInput
		client *s3client.Client
		want   error
	}{
		{"as it comes", s3client.GetObjectInput{}, c, nil},
		{"verified", s3client.GetObjectInput{ChecksumMode: true}, c, errors.ErrUnsupported},
		{"over net/http", s3client.GetObjectInput{}, open(t, form(srv), &s3client.Options{Base: http.DefaultTransport}), errors.ErrUnsupported},
	} {
		test.in.Bucket, test.in.Key = "data", "k"
		out, err := test.client.GetObject(t.Context(), test.in)
		if err != nil {
			t.Fatal(err)
		}
		p, err := out.Body.(lateReader).ReadLate(onePool(make([]byte, 4)))
		if err != test.want || err == nil && string(p) != content[:len(p)] {
			t.Errorf("%s: %q, %v, want %v", test.name, p, err, test.want)
		}
		rest, err := io.ReadAll(out.Body)
		if got := string(p) + string(rest); got != content || err != nil {
			t.Errorf("%s: all of it is %q, %v", test.name, got, err)
		}
		out.Body.Close()
	}
}
