package sigv4

import (
	"crypto/sha256"
	"encoding/hex"
)

// The last line of the canonical request: what the signature says of the body.

// The words that may stand for a digest (Amazon S3 API Reference, "Signature
// Calculations for the Authorization Header": x-amz-content-sha256).
const (
	emptySHA256     = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	unsignedPayload = "UNSIGNED-PAYLOAD"
)

// PayloadHash is what the signature says of the body: its SHA-256, or a word
// that says why there is none. The zero value is invalid: callers choose, the
// signer never guesses and never reads a body.
type PayloadHash struct{ s string }

// PayloadOf hashes a body that is in memory; nil is the empty body.
func PayloadOf(body []byte) PayloadHash {
	if len(body) == 0 {
		return EmptyPayload()
	}
	return PayloadDigest(sha256.Sum256(body))
}

// PayloadDigest takes the SHA-256 of the body, computed elsewhere.
func PayloadDigest(sum [sha256.Size]byte) PayloadHash { return PayloadHash{hex.EncodeToString(sum[:])} }

// EmptyPayload is the hash of the empty body.
func EmptyPayload() PayloadHash { return PayloadHash{emptySHA256} }

// UnsignedPayload leaves the body out of the signature, which S3 allows; use it
// over TLS only, for nothing else then protects the body.
func UnsignedPayload() PayloadHash { return PayloadHash{unsignedPayload} }

// ParsePayloadHash takes the value of an X-Amz-Content-Sha256 header: 64 digits
// of lower-case hex, UNSIGNED-PAYLOAD, or one of S3's STREAMING-… words.
func ParsePayloadHash(s string) (PayloadHash, error) {
	switch s {
	case emptySHA256, unsignedPayload, "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "STREAMING-AWS4-HMAC-SHA256-EVENTS",
		"STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
		"STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD", "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER":
		return PayloadHash{s}, nil
	}
	if !isDigest(s) {
		return PayloadHash{}, refuse(ErrPayloadHash, "payload hash",
			"is neither 64 lower-case hex digits nor UNSIGNED-PAYLOAD nor a STREAMING-… word")
	}
	return PayloadHash{s}, nil
}

// String is the value as it stands in the canonical request, "" if unset.
func (h PayloadHash) String() string { return h.s }

// IsDigest reports whether the body's SHA-256 is known, rather than a word.
func (h PayloadHash) IsDigest() bool { return len(h.s) == 2*sha256.Size }

func isDigest(s string) bool {
	return len(s) == 2*sha256.Size && only(s, func(c byte) bool { return c-'0' < 10 || c-'a' < 6 })
}
