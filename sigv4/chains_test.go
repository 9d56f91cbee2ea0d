package sigv4

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sigvier/sigvier/testvectors"
)

// TestChainVectors signs every published chain of HMAC signatures piece by piece,
// from the request that begins it where that was published, and as the server
// does too. The chains of SigV4a are for its own package.
func TestChainVectors(t *testing.T) {
	chains, err := testvectors.Chains()
	if err != nil {
		t.Fatal(err)
	}
	compared := map[string]int{}
	for _, c := range chains {
		if c.Algorithm != algorithm {
			continue
		}
		compared["chains"]++
		t.Run(c.Name, func(t *testing.T) { testChain(t, c, compared) })
	}
	if got, want := fmt.Sprint(compared), "map[chains:10 chunk:24 event:8 requests:3 trailer:4]"; got != want {
		t.Errorf("compared %s, want %s", got, want)
	}
	t.Logf("chains: %d, requests %d, chunks %d, events %d, trailers %d",
		compared["chains"], compared["requests"], compared["chunk"], compared["event"], compared["trailer"])
}

func testChain(t *testing.T, c testvectors.Chain, compared map[string]int) {
	s, cred := chainSigner(t, c)
	signed, verified := seedOf(t, c)
	if c.Request != nil {
		signed, verified = signedRequest(t, s, cred, c)
		compared["requests"]++
	}
	signer, err := s.ChunkSigner(signed, cred)
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := s.ChunkVerifier(verified, cred)
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range c.Pieces {
		compared[p.Kind]++
		got := string(signPiece(t, signer, p))
		if toSign := string(signer.toSign); toSign != p.StringToSign {
			t.Errorf("piece %d: string to sign\n%s\nwant\n%s", i+1, toSign, p.StringToSign)
		}
		if got != p.Signature {
			t.Fatalf("piece %d: signature %s, want %s", i+1, got, p.Signature)
		}
		if !verifyPiece(verifier, p) {
			t.Fatalf("piece %d: the verifier refuses the signature %s", i+1, p.Signature)
		}
	}
}

// chainSigner makes a signer from the secret, or where there is none, or one that
// is too short, puts the published key into its cache. HMAC pads its key with
// zeros, so with them it is the same key, long enough for FIPS 140.
func chainSigner(t *testing.T, c testvectors.Chain) (*Signer, Credentials) {
	t.Helper()
	if len(c.SecretAccessKey) < minSecret {
		key, err := hex.DecodeString(c.SigningKey)
		if err != nil {
			t.Fatal(err)
		}
		return ready(c.Service, c.Region, c.Time[:dateLen], append(key, make([]byte, 32)...))
	}
	s, err := NewSigner(c.Service, c.Region, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s, NewCredentials(c.AccessKeyID, c.SecretAccessKey, "")
}

// seedOf makes a request that has the seed for its signature, and what its
// verification would give.
func seedOf(t *testing.T, c testvectors.Chain) (*http.Request, Verified) {
	t.Helper()
	at, err := time.Parse(timeFormat, c.Time)
	if err != nil {
		t.Fatal(err)
	}
	header := http.Header{
		headerDate:          {c.Time},
		headerAuthorization: {algorithm + " Credential=a, SignedHeaders=b, Signature=" + c.Seed},
	}
	return &http.Request{Header: header}, Verified{SignedAt: at, Signature: c.Seed}
}

// signedRequest signs the request that begins the chain and verifies it.
func signedRequest(t *testing.T, s *Signer, cred Credentials, c testvectors.Chain) (*http.Request, Verified) {
	t.Helper()
	at, err := time.Parse(timeFormat, c.Time)
	if err != nil {
		t.Fatal(err)
	}
	payload, err := ParsePayloadHash(c.Request.PayloadHash)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(c.Request.URL())
	if err != nil {
		t.Fatal(err)
	}
	req := &http.Request{Method: c.Request.Method, URL: u, Host: u.Host, Header: http.Header{}}
	for _, h := range c.Request.Headers {
		switch {
		case strings.EqualFold(h[0], "Content-Length"):
			if req.ContentLength, err = strconv.ParseInt(h[1], 10, 64); err != nil {
				t.Fatal(err)
			}
			fallthrough
		case !strings.EqualFold(h[0], "Host"):
			req.Header.Set(h[0], h[1])
		}
	}
	trace, err := s.Explain(req, cred, payload, at)
	if err != nil {
		t.Fatal(err)
	}
	if want := c.Request.Header; trace.CanonicalRequest != want.CanonicalRequest || trace.StringToSign != want.StringToSign || trace.Signature != c.Seed {
		t.Errorf("the request is signed as\n%+v\nwant\n%+v", trace, *want)
	}
	if err := s.Sign(req, cred, payload, at); err != nil {
		t.Fatal(err)
	}
	lookup := func(context.Context, string, string) (Credentials, error) { return cred, nil }
	verified, err := s.Verify(req, lookup, PayloadHash{}, at)
	if err != nil || verified.Signature != c.Seed || verified.Payload != payload {
		t.Fatalf("Verify of the request = %+v, %v, want the signature %s", verified, err, c.Seed)
	}
	return req, verified
}

// verifyPiece checks a piece's signature, where the verifier knows its kind.
func verifyPiece(chain *ChunkVerifier, p testvectors.Piece) bool {
	switch p.Kind {
	case "chunk":
		return chain.Chunk(sha256.Sum256(p.Data), p.Signature)
	case "trailer":
		return chain.Trailer(sha256.Sum256(trailerLines(p)), p.Signature)
	}
	return true
}

func trailerLines(p testvectors.Piece) (lines []byte) {
	for _, f := range p.Trailers {
		lines = append(lines, f[0]+":"+f[1]+"\n"...)
	}
	return lines
}

func signPiece(t *testing.T, chain *ChunkSigner, p testvectors.Piece) []byte {
	t.Helper()
	switch p.Kind {
	case "chunk":
		return chain.Chunk(sha256.Sum256(p.Data))
	case "trailer":
		return chain.Trailer(sha256.Sum256(trailerLines(p)))
	}
	at, err := time.Parse(timeFormat, p.Time)
	if err != nil {
		t.Fatal(err)
	}
	signature, err := chain.Event(at, sha256.Sum256(p.Headers), sha256.Sum256(p.Data))
	if err != nil {
		t.Fatal(err)
	}
	return signature
}
