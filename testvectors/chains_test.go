package testvectors

import (
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
)

// TestChainsAgreeWithThemselves builds every string to sign out of the inputs and
// signs it with the published key.
func TestChainsAgreeWithThemselves(t *testing.T) {
	chains, err := Chains()
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]int{}
	for _, c := range chains {
		t.Run(c.Name, func(t *testing.T) {
			kinds[c.Algorithm]++
			scope := strings.Join([]string{c.Time[:8], c.Region, c.Service, "aws4_request"}, "/")
			if c.Algorithm == algorithmECDSA {
				scope = strings.Join([]string{c.Time[:8], c.Service, "aws4_request"}, "/")
			}
			checkChainKey(t, c)
			if c.Request != nil {
				checkChainRequest(t, c)
			}
			previous := c.Seed
			if c.Algorithm == algorithmECDSA {
				previous = previousWord
			}
			for _, p := range c.Pieces {
				kinds[p.Kind]++
				want := []string{c.Algorithm + "-PAYLOAD", p.Time, scope, previous, hexSum(p.Headers), hexSum(p.Data)}
				if p.Kind == "trailer" {
					var lines strings.Builder
					for _, f := range p.Trailers {
						fmt.Fprintf(&lines, "%s:%s\n", f[0], f[1])
					}
					want = []string{c.Algorithm + "-TRAILER", p.Time, scope, previous, hexSum([]byte(lines.String()))}
				}
				if want := strings.Join(want, "\n"); p.StringToSign != want {
					t.Errorf("%s: string to sign %q, want %q", p.Kind, p.StringToSign, want)
				}
				if c.Algorithm == algorithmECDSA {
					if got := p.StringToSignAfter("3045"); strings.Contains(got, previousWord) || strings.Split(got, "\n")[3] != "3045" {
						t.Errorf("StringToSignAfter(3045) = %q", got)
					}
					continue
				}
				key, err := hex.DecodeString(c.SigningKey)
				if err != nil {
					t.Fatal(err)
				}
				if got := hex.EncodeToString(mac(key, p.StringToSign)); got != p.Signature {
					t.Errorf("%s: signature %s, but the string to sign gives %s", p.Kind, p.Signature, got)
				}
				previous = p.Signature
			}
		})
	}
	if got, want := fmt.Sprint(kinds), "map[AWS4-ECDSA-P256-SHA256:2 AWS4-HMAC-SHA256:10 chunk:30 event:8 trailer:5]"; got != want {
		t.Errorf("kinds %s, want %s", got, want)
	}
}

func checkChainKey(t *testing.T, c Chain) {
	t.Helper()
	if c.Algorithm == algorithmECDSA {
		publicKey(t, c.PublicKeyX, c.PublicKeyY)
		return
	}
	if c.SecretAccessKey == "" {
		if c.AccessKeyID != "" || c.Request != nil {
			t.Error("a request or an access key without a secret")
		}
		return
	}
	if got := hex.EncodeToString(chain(c.SecretAccessKey, c.Time[:8], c.Region, c.Service)[3]); got != c.SigningKey {
		t.Errorf("signing key %s, but the secret leads to %s", c.SigningKey, got)
	}
}

func checkChainRequest(t *testing.T, c Chain) {
	t.Helper()
	if c.Request.Name != c.Name || c.Request.AccessKeyID != c.AccessKeyID || c.Request.Time != c.Time {
		t.Errorf("the request %s is not that of the chain", c.Request.Name)
	}
	if !strings.HasPrefix(c.Request.PayloadHash, "STREAMING-"+c.Algorithm) {
		t.Errorf("payload hash %s of a chain with %s", c.Request.PayloadHash, c.Algorithm)
	}
	if last := c.Pieces[len(c.Pieces)-1].Kind == "trailer"; last != strings.HasSuffix(c.Request.PayloadHash, "-TRAILER") {
		t.Errorf("payload hash %s, signed trailers: %t", c.Request.PayloadHash, last)
	}
	if c.Algorithm == algorithmECDSA {
		checkV4aForm(t, *c.Request, *c.Request.Header)
		return
	}
	checkForm(t, *c.Request, *c.Request.Header)
	checkHeaderForm(t, *c.Request)
}

// TestFramingsAgreeWithThemselves frames the payloads again.
func TestFramingsAgreeWithThemselves(t *testing.T) {
	framings, err := Framings()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range framings {
		var want strings.Builder
		for rest := f.Payload; len(rest) > 0; {
			chunk := rest[:min(f.ChunkSize, len(rest))]
			rest = rest[len(chunk):]
			fmt.Fprintf(&want, "%x\r\n%s\r\n", len(chunk), chunk)
		}
		want.WriteString("0\r\n")
		for _, h := range f.Trailers {
			fmt.Fprintf(&want, "%s:%s\r\n", h[0], h[1])
		}
		want.WriteString("\r\n")
		if f.Encoded != want.String() {
			t.Errorf("%s: encoded %q, but the payload makes %q", f.Name, f.Encoded, want.String())
		}
	}
	if len(framings) != 6 {
		t.Errorf("%d framings, not 6", len(framings))
	}
}
