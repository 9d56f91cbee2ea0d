package s3test

import (
	"hash"
	"hash/crc32"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sigv4/sigv4http"
)

// putChunks puts a body in chunks; change sees it on its way.
func putChunks(t *testing.T, srv *Server, chunking sigv4http.Chunking, body string, change func(string) string) result {
	t.Helper()
	c := newClient(srv)
	signer, err := sigv4.NewSigner("s3", "us-east-1", nil)
	if err != nil {
		t.Fatal(err)
	}
	base := roundTripper(func(req *http.Request) (*http.Response, error) {
		sent, err := io.ReadAll(req.Body)
		if err != nil {
			return nil, err
		}
		wire := change(string(sent))
		req.Body, req.ContentLength = io.NopCloser(strings.NewReader(wire)), int64(len(wire))
		return transport.RoundTrip(req)
	})
	signing := &sigv4http.Transport{Signer: signer, Provider: c.cred, Base: base, MaxAttempts: 1}
	req, err := http.NewRequestWithContext(sigv4http.WithChunks(t.Context(), chunking), http.MethodPut, srv.URL+"/data/key", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Encoding", "gzip")
	resp, err := signing.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return result{status: resp.StatusCode, header: resp.Header, body: string(answer)}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// fixed is a hash that says what it was told to.
type fixed struct{ hash.Hash }

func (fixed) Sum(b []byte) []byte { return append(b, 1, 2, 3, 4) }

func TestBodiesInChunks(t *testing.T) {
	as := func(name string, h func() hash.Hash) func() []sigv4http.Trailer {
		return func() []sigv4http.Trailer { return []sigv4http.Trailer{{Name: name, Hash: h()}} }
	}
	crc := func() hash.Hash { return crc32.NewIEEE() }
	asSent := func(s string) string { return s }
	body := strings.Repeat("0123456789", 2000)
	for _, test := range []struct {
		name     string
		chunking sigv4http.Chunking
		change   func(string) string
		status   int
		code     string
	}{
		{"signed", sigv4http.Chunking{Size: 8192}, asSent, 200, ""},
		{"signed, with a checksum", sigv4http.Chunking{Trailers: as("x-amz-checksum-crc32", crc)}, asSent, 200, ""},
		{"unsigned, with a checksum", sigv4http.Chunking{Unsigned: true, Trailers: as("x-amz-checksum-crc32", crc)}, asSent, 200, ""},
		{"wrong checksum", sigv4http.Chunking{Trailers: as("x-amz-checksum-crc32", func() hash.Hash { return fixed{crc32.NewIEEE()} })}, asSent, 400, "BadDigest"},
		{"unknown checksum", sigv4http.Chunking{Trailers: as("x-amz-checksum-crc16", crc)}, asSent, 501, "NotImplemented"},
		{"unknown trailer", sigv4http.Chunking{Trailers: as("x-amz-meta-a", crc)}, asSent, 400, "InvalidRequest"},
		{"a byte changed", sigv4http.Chunking{}, func(s string) string { return strings.Replace(s, "01234", "01235", 1) }, 403, "SignatureDoesNotMatch"},
		{"a byte changed where only the checksum sees it", sigv4http.Chunking{Unsigned: true, Trailers: as("x-amz-checksum-crc32", crc)},
			func(s string) string { return strings.Replace(s, "01234", "01235", 1) }, 400, "BadDigest"},
		{"cut", sigv4http.Chunking{}, func(s string) string { return s[:1000] }, 400, "IncompleteBody"},
		{"no chunks", sigv4http.Chunking{}, func(s string) string { return body + "\r\n" }, 400, "InvalidRequest"},
	} {
		t.Run(test.name, func(t *testing.T) {
			srv := start(t, Config{Buckets: []string{"data"}})
			r := putChunks(t, srv, test.chunking, body, test.change)
			r.want(t, test.status, test.code)
			stored := newClient(srv).do(t, "GET", "/data/key", "")
			if test.status != 200 {
				stored.want(t, 404, "NoSuchKey")
				return
			}
			stored.want(t, 200, "")
			stored.wantHeader(t, "Content-Encoding", "gzip")
			if stored.body != body {
				t.Errorf("stored %d bytes, want the %d that were sent", len(stored.body), len(body))
			}
		})
	}
}
