package sigv4http

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/sigvier/sigvier/sigv4"
)

// Uploads in the aws-chunked encoding (Amazon S3 API Reference, "Signature
// Calculations for the Authorization Header: Transferring Payload in Multiple
// Chunks" and "… Including Trailing Headers"):
//
//	HEX-LENGTH;chunk-signature=SIGNATURE CRLF  DATA CRLF     for each chunk
//	0;chunk-signature=SIGNATURE CRLF                         the last
//	NAME:VALUE CRLF                                          for each trailer
//	x-amz-trailer-signature:SIGNATURE CRLF                   behind trailers
//	CRLF
//
// Unsigned, the lines have no signatures. Those of SigV4a vary in length; they are
// filled up with asterisks to that of the longest, which makes the encoded body's
// length known before, and the next chunk signs them without.

const (
	// MinChunk is the shortest chunk that S3 takes, but for the last: 8 KiB.
	MinChunk = 8 << 10
	// DefaultChunk is the length of a chunk where none is asked for.
	DefaultChunk = 64 << 10
)

// Trailer is a trailing header: a fixed value, or a hash of the body that is
// known when all of it has passed, in base64.
type Trailer struct {
	Name  string    // such as "x-amz-checksum-crc64nvme"
	Value string    // of visible ASCII, and blanks within
	Hash  hash.Hash // if not nil, in place of Value; it must be fresh
}

func (t Trailer) length() int {
	if t.Hash != nil {
		return base64.StdEncoding.EncodedLen(t.Hash.Size())
	}
	return len(t.Value)
}

func (t Trailer) value() string {
	if t.Hash != nil {
		return base64.StdEncoding.EncodeToString(t.Hash.Sum(nil))
	}
	return t.Value
}

// Chunking says how a body is sent in chunks.
type Chunking struct {
	// Size of a chunk, at least [MinChunk]; 0 means [DefaultChunk].
	Size int
	// Unsigned leaves the chunks unsigned, for use over TLS; S3 then wants a
	// trailer with a checksum.
	Unsigned bool
	// Trailers makes the trailers of one attempt; nil means that there are none.
	Trailers func() []Trailer
}

func (c Chunking) size() int {
	if c.Size == 0 {
		return DefaultChunk
	}
	return c.Size
}

func (c Chunking) trailers() []Trailer {
	if c.Trailers == nil {
		return nil
	}
	return c.Trailers()
}

type chunkingKey struct{}

// encoder signs a request while it encodes its body, as a [Chunking] does. The
// transport knows no more of it than this, so that a program that never uploads in
// chunks does not link them.
type encoder interface {
	sign(req *http.Request, signer *sigv4.Signer, cred sigv4.Credentials, now time.Time) error
}

// WithChunks has the bodies of the requests that carry this context sent in
// chunks, each signed while it passes, so that a body that can be read only once
// is signed too. The request's ContentLength must be the body's own length; the
// header fields that S3 wants are added.
func WithChunks(ctx context.Context, c Chunking) context.Context {
	return context.WithValue(ctx, chunkingKey{}, encoder(c))
}

// checkTrailers refuses trailers that would say something else on the wire than
// they do here, or that no reader takes.
func checkTrailers(trailers []Trailer) error {
	seen := map[string]bool{}
	for _, t := range trailers {
		name, problem := strings.ToLower(t.Name), ""
		switch {
		case !isTrailerName(t.Name):
			problem = "cannot be a trailer: a header's name is expected, such as x-amz-checksum-crc32, and none that frames, routes or signs the request"
		case seen[name]:
			problem = "is there twice: each trailer is sent once"
		case t.Hash == nil && !isTrailerValue(t.Value):
			problem = "has a value with a control byte, a byte that is not ASCII, or a blank around it: visible ASCII and single blanks within are expected"
		}
		if problem != "" {
			return refused(sigv4.ErrRequest, fmt.Sprintf("trailer %q", t.Name), problem)
		}
		seen[name] = true
	}
	if len(trailers) > maxTrailers {
		return refused(sigv4.ErrRequest, "trailers", fmt.Sprintf("are %d: at most %d are expected", len(trailers), maxTrailers))
	}
	return nil
}

// isTrailerName reports whether a header may stand behind the body: not where it
// says how the message is framed, routed, authorized or read, which is settled by
// then (RFC 9110 section 6.5.1, "Limitations on Use of Trailers"), and not where the
// signature has it in the head.
func isTrailerName(name string) bool {
	if name == "" || strings.Trim(name, fieldBytes+"$") != "" {
		return false // it is no token
	}
	name = strings.ToLower(name)
	switch name {
	case "authorization", "cache-control", "connection", "content-encoding", "content-length", "content-range", "content-type",
		"cookie", "expect", "host", "keep-alive", "max-forwards", "pragma", "range", "set-cookie", "te", "trailer",
		"transfer-encoding", "upgrade", "www-authenticate",
		"x-amz-content-sha256", "x-amz-date", "x-amz-decoded-content-length", "x-amz-region-set", "x-amz-security-token",
		"x-amz-trailer", strings.TrimSuffix(trailerSignature, ":"):
		return false
	}
	return !strings.HasPrefix(name, "if-") && !strings.HasPrefix(name, "proxy-")
}

// isTrailerValue takes visible ASCII, and blanks within.
func isTrailerValue(value string) bool {
	return strings.Trim(value, " ") == value && !strings.ContainsFunc(value, func(c rune) bool { return c < ' ' || c > '~' })
}

// payload is the payload hash that the request is signed with.
func (c Chunking) payload(algorithm string, trailers []Trailer) (sigv4.PayloadHash, error) {
	switch {
	case c.size() < MinChunk:
		return sigv4.PayloadHash{}, refused(sigv4.ErrRequest, "chunk size", fmt.Sprintf("is %d: S3 takes at least %d bytes", c.size(), MinChunk))
	case c.Unsigned:
		return sigv4.ParsePayloadHash("STREAMING-UNSIGNED-PAYLOAD-TRAILER")
	case len(trailers) > 0:
		return sigv4.ParsePayloadHash("STREAMING-" + algorithm + "-PAYLOAD-TRAILER")
	}
	return sigv4.ParsePayloadHash("STREAMING-" + algorithm + "-PAYLOAD")
}

// encodedLength is the Content-Length of a body of n bytes in chunks, whose
// signatures have this length.
func (c Chunking) encodedLength(n int64, trailers []Trailer, signature int) int64 {
	size := int64(c.size())
	total := n/size*c.chunkLength(size, signature) + c.headLength(0, signature) + 2
	if rest := n % size; rest > 0 {
		total += c.chunkLength(rest, signature)
	}
	for _, t := range trailers {
		total += int64(len(t.Name) + len(":") + t.length() + 2)
	}
	if len(trailers) > 0 && !c.Unsigned {
		total += int64(len(trailerSignature) + signature + 2)
	}
	return total
}

func (c Chunking) chunkLength(n int64, signature int) int64 {
	return c.headLength(n, signature) + n + 2
}

func (c Chunking) headLength(n int64, signature int) int64 {
	length := len(strconv.FormatInt(n, 16)) + 2
	if !c.Unsigned {
		length += len(chunkSignature) + signature
	}
	return int64(length)
}

const (
	chunkSignature   = ";chunk-signature="
	trailerSignature = "x-amz-trailer-signature:"
	padding          = '*'

	ecdsa = "AWS4-ECDSA-P256-SHA256"
)

// signatureLength is that of a signature as it is sent: an HMAC in hex, or the
// longest of ECDSA over P-256, which has 72 bytes.
func signatureLength(algorithm string) int {
	if algorithm == ecdsa {
		return 2 * 72
	}
	return 2 * sha256.Size
}

// appendSignature appends a signature as it is sent.
func appendSignature(dst, signature []byte, length int) []byte {
	dst = append(dst, signature...)
	for range length - len(signature) {
		dst = append(dst, padding)
	}
	return dst
}

// chunkedReader encodes a body while it is read.
type chunkedReader struct {
	body     io.ReadCloser
	left     int64 // bytes of the body that are still to come
	signer   *sigv4.ChunkSigner
	length   int // of a signature
	trailers []Trailer
	chunk    []byte // room for the data of one chunk
	out      []byte // encoded, and not read yet
	frame    []byte // behind out
	done     bool
	err      error
}

var _ io.ReadCloser = (*chunkedReader)(nil)

func (r *chunkedReader) Close() error { return r.body.Close() }

func (r *chunkedReader) Read(p []byte) (int, error) {
	for len(r.out) == 0 {
		if r.err == nil && r.done {
			r.err = io.EOF
		}
		if r.err != nil {
			return 0, r.err
		}
		r.err = r.next()
	}
	n := copy(p, r.out)
	r.out = r.out[n:]
	return n, nil
}

// next encodes the next chunk, or the end.
func (r *chunkedReader) next() error {
	data := r.chunk[:min(int64(len(r.chunk)), r.left)]
	if _, err := io.ReadFull(r.body, data); err != nil {
		return fmt.Errorf("the body ended up to %d bytes before its ContentLength: %w", r.left, noEOF(err))
	}
	if len(data) == 0 {
		// Found out before the last chunk, it is no upload yet. A body may have an
		// error in place of its end, to say that it is not what it should be.
		switch n, err := io.ReadFull(r.body, r.chunk[:1]); {
		case n > 0:
			return errors.New("the body goes on behind its ContentLength")
		case err != io.EOF:
			return fmt.Errorf("the body's end: %w", err)
		}
	}
	r.left -= int64(len(data))
	for _, t := range r.trailers {
		if t.Hash != nil {
			t.Hash.Write(data)
		}
	}
	r.frame = strconv.AppendInt(r.frame[:0], int64(len(data)), 16)
	if r.signer != nil {
		r.frame = appendSignature(append(r.frame, chunkSignature...), r.signer.Chunk(sha256.Sum256(data)), r.length)
	}
	r.frame = append(r.frame, "\r\n"...)
	if len(data) > 0 {
		r.frame = append(append(r.frame, data...), "\r\n"...)
	} else {
		r.end()
	}
	r.out = r.frame
	return nil
}

// end encodes what follows the last chunk.
func (r *chunkedReader) end() {
	r.done = true
	var signed strings.Builder
	for _, t := range r.trailers {
		line := strings.ToLower(t.Name) + ":" + t.value()
		signed.WriteString(line + "\n")
		r.frame = append(append(r.frame, line...), "\r\n"...)
	}
	if r.signer != nil && len(r.trailers) > 0 {
		signature := r.signer.Trailer(sha256.Sum256([]byte(signed.String())))
		r.frame = append(appendSignature(append(r.frame, trailerSignature...), signature, r.length), "\r\n"...)
	}
	r.frame = append(r.frame, "\r\n"...)
}

func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// Sign signs a request whose body is to be sent in chunks and puts the encoder in
// front of it: what is read from req.Body is the encoded body, of just
// req.ContentLength bytes, with each chunk signed while it is read. The request's
// ContentLength must be the body's own length before. [Transport] does so for
// requests made with [WithChunks]. On error the request is untouched.
func (c Chunking) Sign(req *http.Request, signer *sigv4.Signer, cred sigv4.Credentials, t time.Time) error {
	header, length := req.Header.Clone(), req.ContentLength
	err := c.sign(req, signer, cred, t)
	if err != nil {
		req.Header, req.ContentLength = header, length
	}
	return err
}

func (c Chunking) sign(req *http.Request, signer *sigv4.Signer, cred sigv4.Credentials, now time.Time) error {
	n, trailers := req.ContentLength, c.trailers()
	if n < 0 || n == 0 && req.Body != nil && req.Body != http.NoBody {
		return refused(sigv4.ErrRequest, "ContentLength", "is not set: a body in chunks needs its length")
	}
	if err := checkTrailers(trailers); err != nil {
		return err
	}
	payload, err := c.payload(signer.Algorithm(), trailers)
	if err != nil {
		return err
	}
	encoding := "aws-chunked"
	if own := strings.TrimPrefix(strings.Join(req.Header.Values("Content-Encoding"), ","), encoding); own != "" {
		encoding += "," + strings.TrimPrefix(own, ",")
	}
	req.Header.Set("Content-Encoding", encoding)
	req.Header.Set("X-Amz-Decoded-Content-Length", strconv.FormatInt(n, 10))
	req.Header.Del("X-Amz-Trailer") // none but those that are sent
	for _, t := range trailers {
		req.Header.Add("X-Amz-Trailer", strings.ToLower(t.Name))
	}
	length := signatureLength(signer.Algorithm())
	req.ContentLength = c.encodedLength(n, trailers, length)
	if err := signer.Sign(req, cred, payload, now); err != nil {
		return err
	}
	body := &chunkedReader{body: req.Body, left: n, length: length, trailers: trailers,
		chunk: make([]byte, min(int64(c.size()), max(n, 1)))}
	if body.body == nil {
		body.body = http.NoBody
	}
	if !c.Unsigned {
		if body.signer, err = signer.ChunkSigner(req, cred); err != nil {
			return err
		}
	}
	req.Body, req.GetBody = body, nil // which would give the body without its chunks
	return nil
}
