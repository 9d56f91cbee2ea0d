package s3test

import (
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sigv4/sigv4http"
)

// Bodies in chunks, whose signatures are checked while they are decoded (Amazon
// S3 API Reference, "Signature Calculations for the Authorization Header:
// Transferring Payload in Multiple Chunks").

// dechunk puts the decoder in front of the body and makes the request what it
// were without chunks.
func (s *Server) dechunk(r *http.Request, q *request, v sigv4.Verified) error {
	var chain *sigv4.ChunkSigner
	switch word := v.Payload.String(); word {
	case "STREAMING-UNSIGNED-PAYLOAD-TRAILER":
	case "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER":
		cred, err := s.lookup(r.Context(), v.AccessKeyID, r.Header.Get("X-Amz-Security-Token"))
		if err != nil {
			return s.s3AuthError(err, r, q)
		}
		if chain, err = s.s3.ChunkVerifier(v, cred); err != nil {
			return err
		}
	default:
		return notImplemented("Bodies of this kind are not implemented",
			field{"Header", "x-amz-content-sha256"}, field{"additionalMessage", word})
	}
	body, err := sigv4http.NewChunkedReader(r, chain)
	if err != nil {
		return standard("MissingContentLength")
	}
	q.chunks = body
	r.Body = struct {
		io.Reader
		io.Closer
	}{body, r.Body}
	if r.ContentLength, err = strconv.ParseInt(r.Header.Get("X-Amz-Decoded-Content-Length"), 10, 64); err != nil {
		return standard("MissingContentLength")
	}
	for name := range strings.SplitSeq(r.Header.Get("X-Amz-Trailer"), ",") {
		if name = http.CanonicalHeaderKey(strings.TrimSpace(name)); strings.HasPrefix(name, "X-Amz-Checksum-") {
			q.trailer = name
		} else if name != "" {
			return errorf("InvalidRequest", "The value specified in the x-amz-trailer header is not supported")
		}
	}
	r.Header.Del("X-Amz-Trailer")
	var kept []string
	for encoding := range strings.SplitSeq(r.Header.Get("Content-Encoding"), ",") {
		if encoding = strings.TrimSpace(encoding); encoding != "aws-chunked" && encoding != "" {
			kept = append(kept, encoding)
		}
	}
	r.Header.Del("Content-Encoding")
	if len(kept) > 0 {
		r.Header.Set("Content-Encoding", strings.Join(kept, ","))
	}
	return nil
}

// bodyError says what a body that ended with an error is to S3.
func bodyError(err error) error {
	switch {
	case errors.Is(err, sigv4http.ErrChunkSignature):
		return standard("SignatureDoesNotMatch")
	case errors.Is(err, sigv4http.ErrChunkFormat) && !errors.Is(err, io.ErrUnexpectedEOF):
		return errorf("InvalidRequest", "The body is not in the aws-chunked encoding that its headers announce.")
	}
	return standard("IncompleteBody")
}
