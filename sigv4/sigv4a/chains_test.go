package sigv4a_test

import (
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/hex"
	"math/big"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sigv4/sigv4a"
	"github.com/sigvier/sigvier/testvectors"
)

// TestChainVectors: a body that is signed piece by piece. Each string to sign
// is the published one with our signature of the piece before it.
func TestChainVectors(t *testing.T) {
	all, err := testvectors.Chains()
	if err != nil {
		t.Fatal(err)
	}
	chains, pieces, trailers := 0, 0, 0
	for _, c := range all {
		if c.Algorithm != sigv4a.Name {
			continue
		}
		chains++
		t.Run(c.Name, func(t *testing.T) {
			public := publicKey(t, c.PublicKeyX, c.PublicKeyY)
			holdsOf := func(what, stringToSign, signature string) {
				t.Helper()
				if !sigv4a.Verify(public, []byte(stringToSign), signature) {
					t.Errorf("%s: Verify() = false of %s", what, signature)
				}
				if err := holds(c.PublicKeyX, c.PublicKeyY, stringToSign, signature); err != nil {
					t.Errorf("%s: %v", what, err)
				}
			}
			v := newVector(t, *c.Request, c.SecretAccessKey, nil)
			req := v.request(v.Target)
			tr, err := v.signer.Explain(req, v.cred, v.payload, v.time)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.Request.Header.CanonicalRequest, tr.CanonicalRequest); diff != "" {
				t.Errorf("canonical request (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.Request.Header.StringToSign, tr.StringToSign); diff != "" {
				t.Errorf("string to sign (-want +got):\n%s", diff)
			}
			holdsOf("the request", c.Request.Header.StringToSign, tr.Signature)

			if err := v.signer.Sign(req, v.cred, v.payload, v.time); err != nil {
				t.Fatal(err)
			}
			signer, err := v.signer.ChunkSigner(req, v.cred)
			if err != nil {
				t.Fatal(err)
			}
			verifier := func(seed string) *sigv4.ChunkVerifier {
				chain, err := v.signer.ChunkVerifier(sigv4.Verified{SignedAt: v.time, Signature: seed}, v.cred)
				if err != nil {
					t.Fatal(err)
				}
				return chain
			}
			chain, before := verifier(tr.Signature), tr.Signature
			for i, p := range c.Pieces {
				pieces++
				sum, sign, check := sha256.Sum256(p.Data), signer.Chunk, (*sigv4.ChunkVerifier).Chunk
				if p.Kind == "trailer" {
					trailers++
					var text strings.Builder
					for _, field := range p.Trailers {
						text.WriteString(field[0] + ":" + field[1] + "\n")
					}
					sum, sign, check = sha256.Sum256([]byte(text.String())), signer.Trailer, (*sigv4.ChunkVerifier).Trailer
				}
				signature := string(sign(sum))
				holdsOf(p.Kind, p.StringToSignAfter(before), signature)
				if !check(chain, sum, signature) {
					t.Errorf("piece %d: the verifier refuses %s", i, signature)
				}
				for what, bad := range map[string]string{
					"a changed signature": changeLast(signature), "one that is filled up": signature + "*", "the one before": before, "none": "",
				} {
					if check(verifier(before), sum, bad) {
						t.Errorf("piece %d: the verifier takes %s, %s", i, what, bad)
					}
				}
				if check(verifier(changeLast(before)), sum, signature) || check(verifier(before), sha256.Sum256([]byte("other")), signature) {
					t.Errorf("piece %d: the verifier takes a signature of another chain or of other data", i)
				}
				if other := twin(t, signature); !check(verifier(before), sum, other) {
					t.Errorf("piece %d: the verifier refuses %s, which another signer may give", i, other)
				}
				before = signature
			}
		})
	}
	t.Logf("chains: %d, pieces %d, of them trailers %d", chains, pieces, trailers)
	if chains != 2 || pieces != 7 || trailers != 1 {
		t.Errorf("%d chains with %d pieces, of which %d are trailers; want 2, 7, 1", chains, pieces, trailers)
	}
}

// twin is the other signature with the same r.
func twin(t testing.TB, signature string) string {
	t.Helper()
	der, err := hex.DecodeString(signature)
	if err != nil {
		t.Fatal(err)
	}
	var v struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(der, &v); err != nil {
		t.Fatal(err)
	}
	v.S.Sub(elliptic.P256().Params().N, v.S)
	if der, err = asn1.Marshal(v); err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(der)
}
