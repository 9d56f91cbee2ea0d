package sigv4http

import (
	"bufio"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/sigvier/sigvier/sigv4"
)

// The errors of a body in chunks, for errors.Is.
var (
	// ErrChunkSignature: a chunk or the trailers are not what was signed.
	ErrChunkSignature = errors.New("the signature of a chunk does not match")
	// ErrChunkFormat: the encoding is broken.
	ErrChunkFormat = errors.New("malformed aws-chunked body")

	errTrailerName = fmt.Errorf("%w: more trailers than are taken, or one that cannot be a trailer", ErrChunkFormat)
)

const (
	maxChunkLine   = 1 << 10 // of a chunk's head or a trailer
	maxTrailers    = 16
	maxChunkLength = 1 << 40

	blanks = " \t" // around a value (RFC 9110 section 5.5)
)

// ChunkedReader decodes an aws-chunked body and checks its signatures, on the
// server's side. The data of a chunk is given out before its signature, which
// stands at the next chunk's head, is known to fit: only at io.EOF is all of it
// verified, and nothing must be kept before.
type ChunkedReader struct {
	body   *bufio.Reader
	signer *sigv4.ChunkVerifier // nil: unsigned
	padded bool                 // its signatures are ECDSA's
	hash   hash.Hash            // of the chunk's data
	sign   string               // that the chunk must have
	left   int64                // of the chunk
	total  int64                // that has been decoded
	want   int64                // decoded length
	began  bool
	named  map[string]bool // trailers that were announced
	// Trailer has the trailers at io.EOF.
	Trailer http.Header
	err     error
}

// NewChunkedReader decodes the body of a request that [sigv4.Signer.Verify] has
// accepted with a STREAMING-… payload hash. signer is the chain of its
// signatures, from [sigv4.Signer.ChunkVerifier]; nil where the payload hash says
// that the chunks are unsigned.
func NewChunkedReader(req *http.Request, signer *sigv4.ChunkVerifier) (*ChunkedReader, error) {
	want, err := strconv.ParseUint(req.Header.Get("X-Amz-Decoded-Content-Length"), 10, 63)
	if err != nil {
		return nil, fmt.Errorf("%w: X-Amz-Decoded-Content-Length is missing or no length", ErrChunkFormat)
	}
	r := &ChunkedReader{body: bufio.NewReaderSize(req.Body, 64<<10), signer: signer, hash: sha256.New(), want: int64(want),
		named: map[string]bool{}, Trailer: http.Header{},
		padded: strings.HasPrefix(req.Header.Get("X-Amz-Content-Sha256"), "STREAMING-"+ecdsa+"-")}
	for _, list := range req.Header["X-Amz-Trailer"] {
		for name := range strings.SplitSeq(list, ",") {
			name = strings.Trim(name, blanks)
			if !isTrailerName(name) || len(r.named) == maxTrailers {
				return nil, fmt.Errorf("%w: X-Amz-Trailer names %.80q", errTrailerName, name)
			}
			r.named[http.CanonicalHeaderKey(name)] = true
		}
	}
	return r, nil
}

// Read decodes.
func (r *ChunkedReader) Read(p []byte) (int, error) {
	for r.err == nil && r.left == 0 {
		r.err = r.next()
	}
	if r.err != nil || len(p) == 0 {
		return 0, r.err
	}
	n, err := r.body.Read(p[:min(int64(len(p)), r.left)])
	r.left -= int64(n)
	r.total += int64(n)
	if r.signer != nil {
		r.hash.Write(p[:n])
	}
	if err != nil {
		r.err = fmt.Errorf("%w: it breaks off in a chunk: %w", ErrChunkFormat, noEOF(err))
	}
	return n, r.err
}

// next finishes a chunk and begins the one behind it, or ends the body.
func (r *ChunkedReader) next() error {
	if r.began {
		switch line, err := r.line(); {
		case errors.Is(err, io.ErrUnexpectedEOF):
			return err
		case err != nil || line != "":
			return fmt.Errorf("%w: a chunk is longer than its length", ErrChunkFormat)
		}
		if err := r.check(r.sum()); err != nil {
			return err
		}
	}
	r.began = true
	line, err := r.line()
	if err != nil {
		return err
	}
	length, signature, signed := strings.Cut(line, chunkSignature)
	n, err := strconv.ParseInt(length, 16, 64)
	if err != nil || strconv.FormatInt(n, 16) != strings.ToLower(length) || n < 0 || n > maxChunkLength || signed != (r.signer != nil) {
		return fmt.Errorf("%w: the head of a chunk is %.80q", ErrChunkFormat, line)
	}
	if r.sign, r.left = signature, n; r.total+n > r.want {
		return fmt.Errorf("%w: more than the %d bytes of X-Amz-Decoded-Content-Length", ErrChunkFormat, r.want)
	}
	if n > 0 {
		return nil
	}
	if err := r.check(r.sum()); err != nil {
		return err
	}
	return r.end()
}

// end reads the trailers.
func (r *ChunkedReader) end() error {
	if r.total != r.want {
		return fmt.Errorf("%w: %d bytes instead of the %d of X-Amz-Decoded-Content-Length", ErrChunkFormat, r.total, r.want)
	}
	var canonical strings.Builder
	signature := ""
	for {
		line, err := r.line()
		switch {
		case err != nil:
			return err
		case line == "":
			if len(r.Trailer) != len(r.named) {
				return fmt.Errorf("%w: not the trailers that X-Amz-Trailer announced", ErrChunkFormat)
			}
			if r.signer != nil && len(r.named) > 0 && !r.signer.Trailer(sha256.Sum256([]byte(canonical.String())), r.unpadded(signature)) {
				return fmt.Errorf("%w: that of the trailers", ErrChunkSignature)
			}
			return r.behind()
		case signature != "":
			return fmt.Errorf("%w: something follows the trailers' signature", ErrChunkFormat)
		case strings.HasPrefix(line, trailerSignature) && r.signer != nil && len(r.named) > 0:
			signature = line[len(trailerSignature):]
			continue
		}
		name, value, _ := strings.Cut(line, ":")
		key, value := http.CanonicalHeaderKey(name), strings.Trim(value, blanks)
		switch {
		case !r.named[key] || r.Trailer[key] != nil:
			return fmt.Errorf("%w: the trailer %.80q was not announced, or comes twice", ErrChunkFormat, name)
		case !isTrailerValue(value):
			return fmt.Errorf("%w: the value of the trailer %.80q is not in visible ASCII", ErrChunkFormat, name)
		}
		r.Trailer[key] = []string{value} // as it was signed
		canonical.WriteString(strings.ToLower(name) + ":" + value + "\n")
	}
}

// behind sees to it that the body ends where its encoding does.
func (r *ChunkedReader) behind() error {
	switch _, err := r.body.Peek(1); err {
	case io.EOF:
		return io.EOF
	case nil:
		return fmt.Errorf("%w: something follows its end", ErrChunkFormat)
	default:
		return fmt.Errorf("%w: its end: %w", ErrChunkFormat, err)
	}
}

func (r *ChunkedReader) sum() (sum [sha256.Size]byte) {
	r.hash.Sum(sum[:0])
	r.hash.Reset()
	return sum
}

func (r *ChunkedReader) check(sum [sha256.Size]byte) error {
	if r.signer != nil && !r.signer.Chunk(sum, r.unpadded(r.sign)) {
		return fmt.Errorf("%w: that of the chunk before byte %d", ErrChunkSignature, r.total)
	}
	return nil
}

// unpadded takes off what a signature is filled up with, all of which must be
// there.
func (r *ChunkedReader) unpadded(signature string) string {
	switch {
	case !r.padded:
		return signature
	case len(signature) != signatureLength(ecdsa):
		return "" // which is no signature
	}
	return strings.TrimRight(signature, string(padding))
}

// line reads a line up to its CRLF.
func (r *ChunkedReader) line() (string, error) {
	line, err := r.body.ReadSlice('\n')
	switch {
	case err == bufio.ErrBufferFull || len(line) > maxChunkLine:
		return "", fmt.Errorf("%w: a line is too long", ErrChunkFormat)
	case err != nil:
		return "", fmt.Errorf("%w: it breaks off: %w", ErrChunkFormat, noEOF(err))
	case !strings.HasSuffix(string(line), "\r\n"):
		return "", fmt.Errorf("%w: a line does not end with CRLF", ErrChunkFormat)
	}
	return string(line[:len(line)-2]), nil
}
