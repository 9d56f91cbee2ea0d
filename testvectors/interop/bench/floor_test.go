package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/sigvier/sigvier/sigv4"
)

// floorCall gives the hash of the canonical request and the signature.
type floorCall func() (hash [sha256.Size]byte, signature []byte)

// floor is the least that a signature can cost with the standard library: the
// SHA-256 of its canonical request and the HMAC, with a key that is ready, of its
// string to sign. Making these two texts is left out.
func floor(trace sigv4.Trace) floorCall {
	canonical, toSign := []byte(trace.CanonicalRequest), []byte(trace.StringToSign)
	key := []byte("AWS4" + secretKey)
	for _, part := range [...]string{moment.Format("20060102"), region, "s3", "aws4_request"} {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(part))
		key = mac.Sum(nil)
	}
	mac, sum := hmac.New(sha256.New, key), make([]byte, 0, sha256.Size)
	return func() (hash [sha256.Size]byte, signature []byte) {
		hash = sha256.Sum256(canonical)
		mac.Reset()
		mac.Write(toSign)
		return hash, mac.Sum(sum)
	}
}

func runFloor(b *testing.B, trace sigv4.Trace) {
	b.Helper()
	call := floor(trace)
	run(b, func() ([]byte, error) {
		_, signature := call()
		return signature, nil
	})
}

func traceSign(tb testing.TB, cred sigv4.Credentials) sigv4.Trace {
	tb.Helper()
	trace, err := newSigner(tb).Explain(newRangedRequest(tb), cred, sigv4.EmptyPayload(), moment)
	if err != nil {
		tb.Fatalf("Explain() = %v", err)
	}
	return trace
}

func tracePresign(tb testing.TB, cred sigv4.Credentials) sigv4.Trace {
	tb.Helper()
	trace, err := newSigner(tb).ExplainPresign(newRequest(tb), cred, sigv4.UnsignedPayload(), moment, expires)
	if err != nil {
		tb.Fatalf("ExplainPresign() = %v", err)
	}
	return trace
}

func TestTheFloorIsTheSignature(t *testing.T) {
	for _, id := range identities {
		for name, trace := range map[string]sigv4.Trace{"sign": traceSign(t, id.cred), "presign": tracePresign(t, id.cred)} {
			call := floor(trace)
			call()
			hash, signature := call()
			if got := hex.EncodeToString(hash[:]); !strings.HasSuffix(trace.StringToSign, "\n"+got) {
				t.Errorf("%s, %s: the floor's hash = %s, want that of the string to sign\n%s", name, id.name, got, trace.StringToSign)
			}
			if got := hex.EncodeToString(signature); got != trace.Signature {
				t.Errorf("%s, %s: the floor's signature = %s, want %s", name, id.name, got, trace.Signature)
			}
		}
	}
}
