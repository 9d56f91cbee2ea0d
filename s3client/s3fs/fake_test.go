package s3fs_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/s3client/s3fs"
	"github.com/sigvier/sigvier/s3client/s3test"
)

// What the tests stand on: the embedded server for what travels over a network,
// and a Source in memory for what no server does on demand.

const (
	keyID      = "AKIDEXAMPLE"
	secret     = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
	roleARN    = "arn:aws:iam::123456789012:role/reader"
	externalID = "customer-4711"
)

// random are bytes of which no two runs look alike.
func random(n int) []byte {
	b := make([]byte, n)
	r := rand.NewChaCha8([32]byte{byte(n), byte(n >> 8), byte(n >> 16)})
	r.Read(b)
	return b
}

// serve starts an embedded server with the bucket "data", in which each key has
// itself as its body, and connects to it.
func serve(t testing.TB, cfg s3test.Config, keys ...string) (*s3test.Server, *s3client.Client) {
	t.Helper()
	cfg.Users, cfg.Buckets = []s3test.User{{AccessKeyID: keyID, SecretAccessKey: secret}}, []string{"data"}
	cfg.Roles = []s3test.Role{{ARN: roleARN, ExternalID: externalID}}
	srv, err := s3test.Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { srv.Close() })
	client := connect(t, form(srv))
	for _, key := range keys {
		body := key
		if strings.HasSuffix(key, "/") {
			body = "" // a directory's marker
		}
		put(t, client, key, body)
	}
	return srv, client
}

func form(srv *s3test.Server) s3client.Connection {
	return s3client.Connection{
		AuthorizationType: s3client.AccessKey,
		AccessKeyID:       keyID,
		SecretAccessKey:   s3client.NewSecret(secret),
		Endpoint:          srv.URL,
	}
}

func roleForm(srv *s3test.Server) s3client.Connection {
	c := form(srv)
	c.AuthorizationType, c.IAMRoleARN, c.ExternalID = s3client.IAMRole, roleARN, externalID
	return c
}

func connect(t testing.TB, c s3client.Connection) *s3client.Client {
	t.Helper()
	client, err := c.Open(nil)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func put(t testing.TB, client *s3client.Client, key, body string) {
	t.Helper()
	if _, err := client.PutObject(t.Context(), s3client.PutObjectInput{Bucket: "data", Key: key, Body: strings.NewReader(body)}); err != nil {
		t.Fatal(err)
	}
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

// sent gives the requests to a server since the last call, without the uploads.
func sent(srv *s3test.Server) func() string {
	before := srv.Requests()
	return func() string {
		now := srv.Requests()
		var list []string
		for _, op := range []string{"GetObject", "HeadObject", "ListObjectsV2"} {
			if n := now[op] - before[op]; n > 0 {
				list = append(list, fmt.Sprintf("%d %s", n, op))
			}
		}
		before = now
		return strings.Join(list, ", ")
	}
}

func open(t testing.TB, fsys fs.FS, name string) fs.File {
	t.Helper()
	f, err := fsys.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func openFile(t testing.TB, fsys fs.FS, name string) *s3fs.File {
	t.Helper()
	f, ok := open(t, fsys, name).(*s3fs.File)
	if !ok {
		t.Fatalf("Open(%q) gives no *s3fs.File", name)
	}
	return f
}

func openDir(t testing.TB, fsys fs.FS, name string) *s3fs.Dir {
	t.Helper()
	d, ok := open(t, fsys, name).(*s3fs.Dir)
	if !ok {
		t.Fatalf("Open(%q) gives no *s3fs.Dir", name)
	}
	return d
}

// names are those of entries, a directory's with a slash behind it.
func names(entries []fs.DirEntry) []string {
	list := []string{}
	for _, e := range entries {
		name := e.Name()
		if e.IsDir() {
			name += "/"
		}
		list = append(list, name)
	}
	return list
}

// wantErr checks what an error is: a PathError of that name, and by errors.Is.
func wantErr(t testing.TB, err error, path string, targets ...error) {
	t.Helper()
	var at *fs.PathError
	if !errors.As(err, &at) || at != err || at.Path != path {
		t.Fatalf("the error is %v, want a PathError of %q", err, path)
	}
	for _, target := range targets {
		if !errors.Is(err, target) {
			t.Errorf("%v is no %q", err, target)
		}
	}
	for _, s := range []string{secret, externalID} {
		if strings.Contains(err.Error(), s) {
			t.Errorf("a secret is in %q", err)
		}
	}
}

// memory is a Source in memory, with the object "file".
type memory struct {
	data          []byte
	etag, version string

	// get, if not nil, may change the honest answer to the nth GET (0, 1, …) or
	// give an error in its place.
	get func(n int, in s3client.GetObjectInput, out *s3client.GetObjectOutput) error
	// head is the same for HEAD.
	head func(out *s3client.HeadObjectOutput) error
	// list gives the pages of a listing.
	list func(in s3client.ListObjectsV2Input) iter.Seq2[s3client.ListObjectsV2Output, error]

	mu    sync.Mutex
	asked []s3client.GetObjectInput
	open  int // bodies that are not closed
}

func newMemory(size int) *memory { return &memory{data: random(size), etag: `"e1"`} }

// moment is when all objects in memory were stored.
var moment = time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)

func (m *memory) info(length int64) s3client.ObjectInfo {
	return s3client.ObjectInfo{ContentLength: length, ETag: m.etag, VersionID: m.version, LastModified: moment}
}

func apiError(op string, status int, code string) error {
	return &s3client.Error{Op: op, Bucket: "data", Key: "file", Err: &s3client.APIError{Status: status, Code: code}}
}

func (m *memory) GetObject(ctx context.Context, in s3client.GetObjectInput) (s3client.GetObjectOutput, error) {
	m.mu.Lock()
	n := len(m.asked)
	m.asked = append(m.asked, in)
	m.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return s3client.GetObjectOutput{}, err
	}
	out, err := m.honest(in)
	if err == nil && m.get != nil {
		err = m.get(n, in, &out)
	}
	if err != nil {
		return s3client.GetObjectOutput{}, err
	}
	m.mu.Lock()
	m.open++
	m.mu.Unlock()
	out.Body = &counted{ReadCloser: out.Body, m: m}
	return out, nil
}

func (m *memory) honest(in s3client.GetObjectInput) (out s3client.GetObjectOutput, err error) {
	size := int64(len(m.data))
	if in.Key != "file" {
		return out, apiError("GetObject", 404, "NoSuchKey")
	}
	if in.IfMatch != "" && in.IfMatch != m.etag {
		return out, apiError("GetObject", 412, "PreconditionFailed")
	}
	if in.Range == "" {
		return s3client.GetObjectOutput{ObjectInfo: m.info(size), Status: 200, Body: io.NopCloser(bytes.NewReader(m.data))}, nil
	}
	var first, last int64
	if n, _ := fmt.Sscanf(in.Range, "bytes=%d-%d", &first, &last); n != 2 {
		return out, fmt.Errorf("the range %q was asked for", in.Range)
	}
	if first >= size {
		return out, apiError("GetObject", 416, "InvalidRange")
	}
	last = min(last, size-1)
	return s3client.GetObjectOutput{
		ObjectInfo: m.info(last - first + 1), Status: 206, ContentRange: fmt.Sprintf("bytes %d-%d/%d", first, last, size),
		Body: io.NopCloser(bytes.NewReader(m.data[first : last+1])),
	}, nil
}

func (m *memory) HeadObject(_ context.Context, in s3client.HeadObjectInput) (out s3client.HeadObjectOutput, err error) {
	if in.Key != "file" {
		return out, apiError("HeadObject", 404, "NotFound")
	}
	out.ObjectInfo = m.info(int64(len(m.data)))
	if m.head != nil {
		err = m.head(&out)
	}
	return out, err
}

func (m *memory) ListObjectsV2Pages(ctx context.Context, in s3client.ListObjectsV2Input) iter.Seq2[s3client.ListObjectsV2Output, error] {
	if m.list == nil {
		return func(yield func(s3client.ListObjectsV2Output, error) bool) { yield(s3client.ListObjectsV2Output{}, nil) }
	}
	return m.list(in)
}

// page is a source of one page of a listing.
func page(out s3client.ListObjectsV2Output) *memory {
	return &memory{list: func(s3client.ListObjectsV2Input) iter.Seq2[s3client.ListObjectsV2Output, error] {
		return func(yield func(s3client.ListObjectsV2Output, error) bool) { yield(out, nil) }
	}}
}

// counted is a body of which it is known whether it is closed.
type counted struct {
	io.ReadCloser
	m    *memory
	once sync.Once
}

func (c *counted) Close() error {
	c.once.Do(func() {
		c.m.mu.Lock()
		defer c.m.mu.Unlock()
		c.m.open--
	})
	return c.ReadCloser.Close()
}

// ranges are those that were asked for; "" is the whole.
func (m *memory) ranges() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	list := []string{}
	for _, in := range m.asked {
		list = append(list, strings.TrimPrefix(in.Range, "bytes="))
	}
	return list
}

// wantClosed checks that no body is open.
func (m *memory) wantClosed(t testing.TB) {
	t.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.open != 0 {
		t.Errorf("%d bodies are still open", m.open)
	}
}

// breaking is a body that ends with an error after n bytes.
func breaking(body io.Reader, n int64, err error) io.ReadCloser {
	return io.NopCloser(io.MultiReader(io.LimitReader(body, n), failing{err}))
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
