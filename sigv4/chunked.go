package sigv4

import (
	"crypto/sha256"
	"net/http"
	"strings"
	"time"
)

// A body that is signed piece by piece, each piece with the signature of the one
// before, and the first with that of the request, the seed (Amazon S3 API
// Reference, "Signature Calculations for the Authorization Header: Transferring
// Payload in Multiple Chunks" and "Including Trailing Headers"; Amazon Transcribe
// Developer Guide, "Event stream encoding"). The string to sign is
//
//	AWS4-HMAC-SHA256-PAYLOAD LF  timestamp LF  scope LF  signature before LF  hash LF  hash
//
// of a chunk with the hash of nothing and that of its data, of an event with
// those of its headers and its payload; and, with one hash, that of the trailers,
//
//	AWS4-HMAC-SHA256-TRAILER LF  timestamp LF  scope LF  signature before LF  hash

// ChunkSigner signs the pieces of one body in their order. It is not safe for
// concurrent use. The framing is package sigv4http's.
type ChunkSigner struct {
	signer    *Signer
	cred      Credentials
	key       *signingKey
	timestamp string
	signature []byte // of the piece before
	toSign    []byte
}

// ChunkSigner begins the chain of a request that [Signer.Sign] has signed with
// these credentials and a STREAMING-… payload hash.
func (s *Signer) ChunkSigner(signed *http.Request, cred Credentials) (*ChunkSigner, error) {
	_, seed, ok := strings.Cut(signed.Header.Get(headerAuthorization), "Signature=")
	if timestamp := signed.Header.Get(headerDate); ok && len(timestamp) == len(timeFormat) {
		return s.chain(cred, timestamp, seed)
	}
	return nil, refuse(ErrRequest, "request", "has not been signed in its headers, which gives the chunks their seed")
}

// ChunkVerifier begins the chain of a request that [Signer.Verify] has accepted.
func (s *Signer) ChunkVerifier(v Verified, cred Credentials) (*ChunkVerifier, error) {
	c, err := s.chain(cred, v.SignedAt.UTC().Format(timeFormat), v.Signature)
	return (*ChunkVerifier)(c), err
}

func (s *Signer) chain(cred Credentials, timestamp, seed string) (*ChunkSigner, error) {
	c := &ChunkSigner{signer: s, cred: cred, timestamp: timestamp, signature: []byte(seed)}
	var err error
	if c.key, err = s.key(cred, c.timestamp[:dateLen]); err != nil {
		return nil, err
	}
	return c, nil
}

// Chunk signs a chunk, given the SHA-256 of its data; the last is empty. The
// signature, in hex, is good until the next call.
func (c *ChunkSigner) Chunk(data [sha256.Size]byte) []byte {
	return c.sign("-PAYLOAD", emptySHA256, data)
}

// Trailer signs the trailers, given the SHA-256 of "name:value LF" for each, the
// names in lower case.
func (c *ChunkSigner) Trailer(trailers [sha256.Size]byte) []byte {
	return c.sign("-TRAILER", "", trailers)
}

// Event signs a message of an event stream, which has a time of its own, given
// the SHA-256 of its encoded headers and of its payload.
func (c *ChunkSigner) Event(t time.Time, headers, payload [sha256.Size]byte) ([]byte, error) {
	timestamp, err := formatTime(t)
	if err != nil {
		return nil, err
	}
	if c.key, err = c.signer.key(c.cred, timestamp[:dateLen]); err != nil {
		return nil, err
	}
	c.timestamp = timestamp
	return c.sign("-PAYLOAD", PayloadDigest(headers).s, payload), nil
}

func (c *ChunkSigner) sign(kind, before string, hash [sha256.Size]byte) []byte {
	c.signature = c.key.AppendSignature(c.signature[:0], c.stringToSign(kind, before, hash))
	return c.signature
}

func (c *ChunkSigner) stringToSign(kind, before string, hash [sha256.Size]byte) []byte {
	dst := append(append(append(c.toSign[:0], c.signer.name...), kind...), '\n')
	dst = append(append(append(dst, c.timestamp...), '\n'), c.key.scope...)
	dst = append(append(append(dst, '\n'), c.signature...), '\n')
	if before != "" {
		dst = append(append(dst, before...), '\n')
	}
	c.toSign = appendHex(dst, &hash)
	return c.toSign
}

// ChunkVerifier checks the signatures of the pieces of one body in their order,
// up to the first that does not fit. It is not safe for concurrent use.
type ChunkVerifier ChunkSigner

// Chunk checks the signature, in hex, of a chunk with the SHA-256 of its data.
func (c *ChunkVerifier) Chunk(data [sha256.Size]byte, signature string) bool {
	return c.verify("-PAYLOAD", emptySHA256, data, signature)
}

// Trailer checks that of the trailers, like [ChunkSigner.Trailer].
func (c *ChunkVerifier) Trailer(trailers [sha256.Size]byte, signature string) bool {
	return c.verify("-TRAILER", "", trailers, signature)
}

func (c *ChunkVerifier) verify(kind, before string, hash [sha256.Size]byte, signature string) bool {
	ok := c.key.Matches((*ChunkSigner)(c).stringToSign(kind, before, hash), signature)
	c.signature = append(c.signature[:0], signature...)
	return ok
}
