package sigv4http_test

import (
	"context"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math/big"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sigv4/sigv4a"
	"github.com/sigvier/sigvier/sigv4/sigv4http"
)

// Bodies in chunks whose signatures are SigV4a's: of varying length, random where
// another has signed, and filled up on the wire.

func sigv4aSigner(t testing.TB) *sigv4.Signer {
	t.Helper()
	signer, err := sigv4a.NewSigner("s3", "*", nil)
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

func crc32Trailer() []sigv4http.Trailer {
	return []sigv4http.Trailer{{Name: "x-amz-checksum-crc32", Hash: crc32.NewIEEE()}}
}

func TestSigV4aChunksRoundTrip(t *testing.T) {
	signature := regexp.MustCompile(`signature[=:]([0-9a-f*]*)\r\n`)
	for _, length := range []int{0, 1, 8191, 8192, 8193, 100000} {
		for name, chunking := range map[string]sigv4http.Chunking{
			"signed":               {Size: 8192},
			"signed with trailers": {Size: 8192, Trailers: crc32Trailer},
			"unsigned":             {Size: 8192, Trailers: crc32Trailer, Unsigned: true},
		} {
			t.Run(fmt.Sprintf("%s, %d bytes", name, length), func(t *testing.T) {
				body := strings.Repeat("0123456789", length/10+1)[:length]
				got, decoded, err := sendChunksSignedBy(t, sigv4aSigner(t), body, chunking, nil)
				if err != nil || decoded != body {
					t.Fatalf("decoded %d bytes, %v; want the %d that were sent", len(decoded), err, length)
				}
				if got.length != int64(len(got.body)) {
					t.Errorf("Content-Length = %d for a body of %d bytes", got.length, len(got.body))
				}
				want, word := (length+8191)/8192+1, "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD"
				if chunking.Trailers != nil {
					want, word = want+1, word+"-TRAILER"
				}
				if chunking.Unsigned {
					want, word = 0, "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
				}
				if sent := got.header.Get("X-Amz-Content-Sha256"); sent != word {
					t.Errorf("X-Amz-Content-Sha256 = %s, want %s", sent, word)
				}
				found := signature.FindAllStringSubmatch(got.body, -1)
				if len(found) != want {
					t.Errorf("%d signatures, want %d", len(found), want)
				}
				for _, s := range found {
					der := strings.TrimRight(s[1], "*")
					if len(s[1]) != 144 || strings.Contains(der, "*") || !strings.HasPrefix(der, "30") {
						t.Errorf("the signature is sent as %s, want DER in hex, filled up with asterisks to 144", s[1])
					}
				}
			})
		}
	}
}

func TestChangedSigV4aChunksAreRefused(t *testing.T) {
	trailers := sigv4http.Chunking{Size: 8192, Trailers: crc32Trailer}
	signatures := regexp.MustCompile(`(signature[=:])([0-9a-f]*)(\**)\r\n`)
	// Of each signature, what is put into its place.
	each := func(with string) func(string) string {
		return func(s string) string { return signatures.ReplaceAllString(s, with+"\r\n") }
	}
	for _, test := range []struct {
		name   string
		change func(s string) string
		want   error
	}{
		{"a byte of data", func(s string) string { return strings.Replace(s, "01234", "01235", 1) }, sigv4http.ErrChunkSignature},
		{"a digit of a chunk's signature", func(s string) string { return strings.Replace(s, "signature=304", "signature=314", 1) }, sigv4http.ErrChunkSignature},
		{"signatures without asterisks", each("$1$2"), sigv4http.ErrChunkSignature},
		{"an asterisk more", each("$1$2$3*"), sigv4http.ErrChunkSignature},
		{"asterisks in front", each("$1$3$2"), sigv4http.ErrChunkSignature},
		{"zeros for asterisks", func(s string) string {
			return signatures.ReplaceAllStringFunc(s, func(s string) string { return strings.ReplaceAll(s, "*", "0") })
		}, sigv4http.ErrChunkSignature},
		{"asterisks alone", each("${1}" + strings.Repeat("*", 144)), sigv4http.ErrChunkSignature},
		{"HMACs", each("${1}" + strings.Repeat("0f", 32)), sigv4http.ErrChunkSignature},
		{"no signature", each("$1"), sigv4http.ErrChunkSignature},
		{"chunks that change places", func(s string) string {
			second := strings.Index(s[5:], "2000;") + 5
			third := strings.Index(s[second+5:], "e20;") + second + 5
			return s[second:third] + s[:second] + s[third:]
		}, sigv4http.ErrChunkSignature},
		{"a trailer's value", func(s string) string { return strings.Replace(s, "crc32:", "crc32:A", 1) }, sigv4http.ErrChunkSignature},
		{"the trailers' signature left out", func(s string) string {
			return s[:strings.Index(s, "x-amz-trailer-signature")] + "\r\n"
		}, sigv4http.ErrChunkSignature},
		{"the twin of a chunk's signature, which the next one did not sign", func(s string) string {
			i := strings.Index(s, "signature=") + len("signature=")
			return s[:i] + padded(twin(t, strings.TrimRight(s[i:i+144], "*"))) + s[i+144:]
		}, sigv4http.ErrChunkSignature},
		{"cut before the end", func(s string) string { return s[:len(s)-2] }, io.ErrUnexpectedEOF},
	} {
		t.Run(test.name, func(t *testing.T) {
			body := strings.Repeat("0123456789", 2000)
			if _, _, err := sendChunksSignedBy(t, sigv4aSigner(t), body, trailers, test.change); !errors.Is(err, test.want) {
				t.Errorf("decoding = %v, want %v", err, test.want)
			}
		})
	}
}

func padded(signature string) string { return signature + strings.Repeat("*", 144-len(signature)) }

// twin is the other signature of the same text, as a signer that draws lots may
// have made it.
func twin(t *testing.T, signature string) string {
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

// TestSigV4aChunksOfAnotherSigner: whoever signs at random gives other signatures
// than we do, each of which the next piece signs.
func TestSigV4aChunksOfAnotherSigner(t *testing.T) {
	signer, cred := sigv4aSigner(t), sigv4.NewCredentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "")
	now := time.Date(2013, 5, 24, 0, 0, 0, 0, time.UTC)
	payload, err := sigv4.ParsePayloadHash("STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER")
	if err != nil {
		t.Fatal(err)
	}
	pieces := []string{strings.Repeat("a", 8192), "end", ""}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, "https://s3.amazonaws.com/bucket/key", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Amz-Decoded-Content-Length", strconv.Itoa(len(pieces[0])+len(pieces[1])))
	req.Header.Set("X-Amz-Trailer", "x-amz-meta-a")
	if err := signer.Sign(req, cred, payload, now); err != nil {
		t.Fatal(err)
	}
	lookup := func(context.Context, string, string) (sigv4.Credentials, error) { return cred, nil }
	v, err := signer.Verify(req, lookup, sigv4.PayloadHash{}, now)
	if err != nil {
		t.Fatal(err)
	}
	// A chain for each piece, which begins with the signature that was sent.
	var wire strings.Builder
	last := v.Signature
	next := func(sign func(c *sigv4.ChunkSigner) []byte) string {
		c, err := signer.ChunkVerifier(sigv4.Verified{SignedAt: now, Signature: last}, cred)
		if err != nil {
			t.Fatal(err)
		}
		last = twin(t, string(sign((*sigv4.ChunkSigner)(c))))
		return padded(last)
	}
	for _, piece := range pieces {
		signature := next(func(c *sigv4.ChunkSigner) []byte { return c.Chunk(sha256.Sum256([]byte(piece))) })
		fmt.Fprintf(&wire, "%x;chunk-signature=%s\r\n%s", len(piece), signature, piece)
		if piece != "" {
			wire.WriteString("\r\n")
		}
	}
	signature := next(func(c *sigv4.ChunkSigner) []byte { return c.Trailer(sha256.Sum256([]byte("x-amz-meta-a:1\n"))) })
	wire.WriteString("x-amz-meta-a:1\r\nx-amz-trailer-signature:" + signature + "\r\n\r\n")

	chain, err := signer.ChunkVerifier(v, cred)
	if err != nil {
		t.Fatal(err)
	}
	req.Body = io.NopCloser(strings.NewReader(wire.String()))
	r, err := sigv4http.NewChunkedReader(req, chain)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(r)
	if err != nil || string(data) != strings.Join(pieces, "") || r.Trailer.Get("X-Amz-Meta-A") != "1" {
		t.Errorf("decoded %d bytes with the trailers %v, %v; want %d and a trailer", len(data), r.Trailer, err, 8195)
	}
}
