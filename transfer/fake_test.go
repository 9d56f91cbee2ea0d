package transfer_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/s3client/s3test"
	"github.com/sigvier/sigvier/transfer"
)

// What the tests stand on: the embedded server for what travels over a network,
// and a Source in memory for what no server does on demand.

const (
	keyID  = "AKIDEXAMPLE"
	secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
)

var users = []s3test.User{{AccessKeyID: keyID, SecretAccessKey: secret}}

// random are bytes of which no two runs look alike.
func random(n int) []byte {
	b := make([]byte, n)
	r := rand.NewChaCha8([32]byte{byte(n), byte(n >> 8), byte(n >> 16)})
	r.Read(b)
	return b
}

// serve starts an embedded server with the bucket "data", and connects to it.
func serve(t testing.TB, cfg s3test.Config) (*s3test.Server, *s3client.Client) {
	t.Helper()
	cfg.Users, cfg.Buckets = users, []string{"data"}
	srv, err := s3test.Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { srv.Close() })
	return srv, connect(t, srv, nil)
}

func connect(t testing.TB, srv *s3test.Server, opts *s3client.Options) *s3client.Client {
	t.Helper()
	client, err := s3client.Connection{
		AuthorizationType: s3client.AccessKey,
		AccessKeyID:       keyID,
		SecretAccessKey:   s3client.NewSecret(secret),
		Endpoint:          srv.URL,
	}.Open(opts)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func put(t testing.TB, client *s3client.Client, key string, data []byte) (etag string) {
	t.Helper()
	out, err := client.PutObject(t.Context(), s3client.PutObjectInput{Bucket: "data", Key: key, Body: bytes.NewReader(data)})
	if err != nil {
		t.Fatal(err)
	}
	return out.ETag
}

// faults reads specifications, as the command's --fault does.
func faults(t testing.TB, specs ...string) []s3test.Fault {
	t.Helper()
	var list []s3test.Fault
	for _, spec := range specs {
		f, err := s3test.ParseFault(spec)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, f)
	}
	return list
}

// object is a Source with one object in memory.
type object struct {
	data          []byte
	etag, version string

	// get, if not nil, may change the honest answer to the nth GET (0, 1, …) or
	// give an error in its place.
	get func(n int, in s3client.GetObjectInput, out *s3client.GetObjectOutput) error
	// head is the answer to HEAD; nil is an error.
	head func() (s3client.HeadObjectOutput, error)

	mu    sync.Mutex
	asked []s3client.GetObjectInput
	heads int
	sent  []uint8 // how often a byte was read
	open  int     // bodies that are not closed
}

func newObject(size int) *object {
	return &object{data: random(size), etag: `"e1"`, sent: make([]uint8, size)}
}

func (o *object) GetObject(ctx context.Context, in s3client.GetObjectInput) (s3client.GetObjectOutput, error) {
	o.mu.Lock()
	n := len(o.asked)
	o.asked = append(o.asked, in)
	o.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return s3client.GetObjectOutput{}, err
	}
	out, first, err := o.honest(in)
	if err == nil && o.get != nil {
		err = o.get(n, in, &out)
	}
	if err != nil {
		return s3client.GetObjectOutput{}, err
	}
	o.mu.Lock()
	o.open++
	o.mu.Unlock()
	out.Body = &counting{ReadCloser: out.Body, o: o, at: first}
	return out, nil
}

func (o *object) honest(in s3client.GetObjectInput) (out s3client.GetObjectOutput, first int64, err error) {
	size, last := int64(len(o.data)), int64(0)
	if n, _ := fmt.Sscanf(in.Range, "bytes=%d-%d", &first, &last); n == 1 {
		last = size - 1
	} else if n != 2 {
		return out, 0, fmt.Errorf("the range %q was asked for", in.Range)
	}
	if first >= size {
		return out, 0, &s3client.Error{Op: "GetObject", Err: &s3client.APIError{Status: 416, Code: "InvalidRange"}}
	}
	last = min(last, size-1)
	return s3client.GetObjectOutput{
		ObjectInfo:   s3client.ObjectInfo{ContentLength: last - first + 1, ETag: o.etag, VersionID: o.version},
		Body:         io.NopCloser(bytes.NewReader(o.data[first : last+1])),
		Status:       206,
		ContentRange: fmt.Sprintf("bytes %d-%d/%d", first, last, size),
	}, first, nil
}

func (o *object) HeadObject(context.Context, s3client.HeadObjectInput) (s3client.HeadObjectOutput, error) {
	o.mu.Lock()
	o.heads++
	o.mu.Unlock()
	if o.head == nil {
		return s3client.HeadObjectOutput{}, errors.New("nobody expected a HEAD")
	}
	return o.head()
}

// counting counts the bytes of an answer that were read.
type counting struct {
	io.ReadCloser
	o      *object
	at     int64
	closed bool
}

func (c *counting) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	c.o.mu.Lock()
	defer c.o.mu.Unlock()
	for range n {
		if c.at < int64(len(c.o.sent)) {
			c.o.sent[c.at]++
		}
		c.at++
	}
	return n, err
}

func (c *counting) Close() error {
	c.o.mu.Lock()
	defer c.o.mu.Unlock()
	if !c.closed {
		c.closed = true
		c.o.open--
	}
	return c.ReadCloser.Close()
}

// wantOnce checks that each byte was sent once, and that all bodies are closed.
func (o *object) wantOnce(t *testing.T) {
	t.Helper()
	o.mu.Lock()
	defer o.mu.Unlock()
	for i, n := range o.sent {
		if n != 1 {
			t.Fatalf("byte %d was sent %d times, want once", i, n)
		}
	}
	if o.open != 0 {
		t.Errorf("%d bodies are still open", o.open)
	}
}

// ranges are those that were asked for.
func (o *object) ranges() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	var list []string
	for _, in := range o.asked {
		list = append(list, strings.TrimPrefix(in.Range, "bytes="))
	}
	return list
}

// breaking is a body that ends with an error after n bytes.
func breaking(body io.Reader, n int64, err error) io.ReadCloser {
	return io.NopCloser(io.MultiReader(io.LimitReader(body, n), failing{err}))
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// stalled is a body that gives nothing until its request is cancelled.
type stalled struct{ ctx context.Context }

func (s stalled) Read([]byte) (int, error) {
	<-s.ctx.Done()
	return 0, s.ctx.Err()
}

func (stalled) Close() error { return nil }

// sourceFunc is a Source whose GetObject sees the context too.
type sourceFunc func(context.Context, s3client.GetObjectInput) (s3client.GetObjectOutput, error)

func (f sourceFunc) GetObject(ctx context.Context, in s3client.GetObjectInput) (s3client.GetObjectOutput, error) {
	return f(ctx, in)
}

func (f sourceFunc) HeadObject(context.Context, s3client.HeadObjectInput) (s3client.HeadObjectOutput, error) {
	return s3client.HeadObjectOutput{}, errors.New("nobody expected a HEAD")
}

// wantFile checks a file's bytes.
func wantFile(t testing.TB, path string, want []byte) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s has %d bytes that are not the %d expected", filepath.Base(path), len(got), len(want))
	}
}

// wantFolder checks what is in a folder: these names and nothing else.
func wantFolder(t testing.TB, dir string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if diff := cmp.Diff(names, got); diff != "" {
		t.Errorf("the folder (-want +got)\n%s", diff)
	}
}

// wantFailure checks that a download left no trace but its error.
func wantFailure(t testing.TB, dir string, report transfer.Report, err error, targets ...error) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, and the report %+v", report)
	}
	for _, target := range targets {
		if !errors.Is(err, target) {
			t.Errorf("%v is no %v", err, target)
		}
	}
	if report != (transfer.Report{}) {
		t.Errorf("beside the error there is a report: %+v", report)
	}
	wantFolder(t, dir)
	if strings.Contains(err.Error(), secret) {
		t.Error("the secret is in the error")
	}
}

// wantReport checks a report; how long it took is only to be more than nothing.
func wantReport(t testing.TB, got, want transfer.Report) {
	t.Helper()
	if got.Elapsed < 0 || got.Elapsed > time.Minute {
		t.Errorf("Elapsed is %v", got.Elapsed)
	}
	got.Elapsed = 0
	got.Hedged = 0 // a machine that is busy may look like a slow connection
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the report (-want +got)\n%s", diff)
	}
}
