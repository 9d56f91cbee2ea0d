package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"hash"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	minio "github.com/minio/minio-go/v7/pkg/signer"

	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sigv4/sigv4http"
)

// A chunk, and what it is on the wire:
//
//	10000;chunk-signature=SIGNATURE CRLF  DATA CRLF
const (
	chunkSize  = 64 << 10
	headLength = len("10000;chunk-signature=") + 2*sha256.Size + 2
	wireLength = headLength + chunkSize + 2
)

// endless is a body that does not end before the benchmark does.
const endless = 1 << 50

// BenchmarkChunk signs a chunk of 64 KiB. The floor here is the SHA-256 of its
// data, which nothing that signs a chunk can do without.
//
// The two that are called reader do the rest of an upload's work too: they read
// the data from a body and give out the encoded chunk. The SDK and smithy-go
// cannot sign chunks.
func BenchmarkChunk(b *testing.B) {
	data := make([]byte, chunkSize)
	b.Run("signer=floor", func(b *testing.B) {
		b.SetBytes(chunkSize)
		var sum [sha256.Size]byte
		run(b, func() ([]byte, error) {
			sum = sha256.Sum256(data)
			return sum[:], nil
		})
	})
	b.Run("signer=sigvier", func(b *testing.B) {
		b.SetBytes(chunkSize)
		chunks := newChunkSigner(b)
		run(b, func() ([]byte, error) { return chunks.Chunk(sha256.Sum256(data)), nil })
	})
	for _, r := range chunkReaders {
		b.Run("signer="+r.name+"-reader", func(b *testing.B) {
			b.SetBytes(chunkSize)
			wire := make([]byte, wireLength)
			r.upload(b, func(_ *http.Request, body io.Reader) {
				run(b, func() (int, error) { return io.ReadFull(body, wire) })
			})
		})
	}
}

// chunkReaders give use the signed request of an endless upload and its body as
// it is sent.
var chunkReaders = []struct {
	name   string
	upload func(tb testing.TB, use func(signed *http.Request, body io.Reader))
}{
	{"sigvier", uploadSigvier},
	{"minio-go", uploadMinio},
}

func newChunkSigner(tb testing.TB) *sigv4.ChunkSigner {
	tb.Helper()
	payload, err := sigv4.ParsePayloadHash("STREAMING-AWS4-HMAC-SHA256-PAYLOAD")
	if err != nil {
		tb.Fatalf("ParsePayloadHash() = %v", err)
	}
	s, req := newSigner(tb), newUpload(tb)
	if err := s.Sign(req, longTerm, payload, moment); err != nil {
		tb.Fatalf("Sign() = %v", err)
	}
	return chain(tb, s, req)
}

func chain(tb testing.TB, s *sigv4.Signer, signed *http.Request) *sigv4.ChunkSigner {
	tb.Helper()
	chunks, err := s.ChunkSigner(signed, longTerm)
	if err != nil {
		tb.Fatalf("ChunkSigner() = %v", err)
	}
	return chunks
}

func newUpload(tb testing.TB) *http.Request {
	tb.Helper()
	req, err := http.NewRequest(http.MethodPut, objectURL, io.NopCloser(zeros{}))
	if err != nil {
		tb.Fatalf("NewRequest() = %v", err)
	}
	req.ContentLength = endless
	return req
}

// uploadSigvier reads where the base transport of package sigv4http does.
func uploadSigvier(tb testing.TB, use func(*http.Request, io.Reader)) {
	req := newUpload(tb)
	req = req.WithContext(sigv4http.WithChunks(req.Context(), sigv4http.Chunking{Size: chunkSize}))
	transport := &sigv4http.Transport{
		Signer:   newSigner(tb),
		Provider: longTerm,
		Now:      func() time.Time { return moment },
		Base: roundTripper(func(signed *http.Request) (*http.Response, error) {
			use(signed, signed.Body)
			return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Request: signed}, nil
		}),
	}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		tb.Fatalf("RoundTrip() = %v", err)
	}
	resp.Body.Close()
}

func uploadMinio(tb testing.TB, use func(*http.Request, io.Reader)) {
	req := newUpload(tb)
	signed := minio.StreamingSignV4(req, longTerm.AccessKeyID, secretKey, "", region, endless, moment, minioHash{sha256.New()})
	use(signed, signed.Body)
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// zeros is a body that costs next to nothing to read: who reads it finds zeros,
// for that is what its memory held before.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

// minioHash is the hash that minio-go's client gives its signer: the standard
// library's with a Close.
type minioHash struct{ hash.Hash }

func (minioHash) Close() {}

func TestChunksAreSigned(t *testing.T) {
	data := make([]byte, chunkSize)
	for _, r := range chunkReaders {
		t.Run(r.name, func(t *testing.T) {
			r.upload(t, func(signed *http.Request, body io.Reader) {
				want := chain(t, newSigner(t), signed)
				wire := make([]byte, wireLength)
				for i := range 3 {
					if _, err := io.ReadFull(body, wire); err != nil {
						t.Fatalf("chunk %d: %v", i, err)
					}
					head := fmt.Sprintf("%s;chunk-signature=%s\r\n", strconv.FormatInt(chunkSize, 16), want.Chunk(sha256.Sum256(data)))
					if got := string(wire[:headLength]); got != head {
						t.Errorf("chunk %d begins %q, want %q", i, got, head)
					}
					if !bytes.Equal(wire[headLength:], append(data[:chunkSize:chunkSize], "\r\n"...)) {
						t.Errorf("chunk %d does not hold the data", i)
					}
				}
			})
		})
	}
	if got := string(newChunkSigner(t).Chunk(sha256.Sum256(data))); len(strings.Trim(got, "0123456789abcdef")) > 0 || len(got) != 2*sha256.Size {
		t.Errorf("Chunk() = %q, want %d hex digits", got, 2*sha256.Size)
	}
}
