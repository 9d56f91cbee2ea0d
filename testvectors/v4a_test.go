package testvectors

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// publicKey is the key of two coordinates in hex; one off the curve is refused.
func publicKey(t *testing.T, x, y string) *ecdsa.PublicKey {
	t.Helper()
	point, err := hex.DecodeString("04" + x + y)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestV4aAgreesWithItself(t *testing.T) {
	cases, err := V4a()
	if err != nil {
		t.Fatal(err)
	}
	verified := 0
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			checkInputs(t, c.Case)
			key := publicKey(t, c.PublicKeyX, c.PublicKeyY)
			for _, e := range []Expected{*c.Header, *c.Query} {
				checkV4aForm(t, c.Case, e)
				signature, err := hex.DecodeString(e.Signature)
				if err != nil {
					t.Fatal(err)
				}
				sum := sha256.Sum256([]byte(e.StringToSign))
				if !ecdsa.VerifyASN1(key, sum[:], signature) {
					t.Errorf("signature %s does not verify", e.Signature)
				}
				verified++
			}
			query := "&" + strings.Split(c.Query.CanonicalRequest, "\n")[2] + "&"
			for _, part := range []string{"X-Amz-Expires=" + strconv.Itoa(c.Expires), "X-Amz-Region-Set=" + c.Region, "X-Amz-Date=" + c.Time} {
				if !strings.Contains(query, "&"+part+"&") {
					t.Errorf("no %s in the query", part)
				}
			}
		})
	}
	if len(cases) != 38 || verified != 76 {
		t.Errorf("%d cases with %d signatures, want 38 with 76", len(cases), verified)
	}
}

// checkV4aForm checks a string to sign: its scope has no region, which is a
// header or a parameter of the request.
func checkV4aForm(t *testing.T, c Case, e Expected) {
	t.Helper()
	toSign := strings.Join([]string{"AWS4-ECDSA-P256-SHA256", c.Time, c.Time[:8] + "/" + c.Service + "/aws4_request", hexSum([]byte(e.CanonicalRequest))}, "\n")
	if e.StringToSign != toSign {
		t.Errorf("string to sign %q, want %q", e.StringToSign, toSign)
	}
	if !strings.HasSuffix(e.CanonicalRequest, "\n\n"+e.SignedHeaders+"\n"+c.PayloadHash) {
		t.Errorf("canonical request does not end in %s and %s", e.SignedHeaders, c.PayloadHash)
	}
}

func TestV4aStringsAgreeWithThemselves(t *testing.T) {
	cases, err := V4aStrings()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		checkInputs(t, c)
		checkV4aForm(t, c, *c.Header)
		checkHeaderForm(t, c)
		if !hasLine(c.Header.CanonicalRequest, "x-amz-region-set:"+c.Region) || c.Header.Signature != "" {
			t.Errorf("%s: region set %s, signature %q", c.Name, c.Region, c.Header.Signature)
		}
	}
	if len(cases) != 6 {
		t.Errorf("%d cases, not 6", len(cases))
	}
}

// TestV4aKeysAgreeWithThemselves derives nothing: a private key must lead to its
// public key, and the suites must use the keys that stand here.
func TestV4aKeysAgreeWithThemselves(t *testing.T) {
	keys, err := V4aKeys()
	if err != nil {
		t.Fatal(err)
	}
	secrets := map[string][2]string{}
	for _, k := range keys {
		raw, err := hex.DecodeString(k.PrivateKey)
		if err != nil {
			t.Fatal(err)
		}
		private, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), raw)
		if err != nil {
			t.Fatal(err)
		}
		if !private.PublicKey.Equal(publicKey(t, k.PublicKeyX, k.PublicKeyY)) {
			t.Errorf("%s: the private key has another public key", k.Name)
		}
		secrets[k.AccessKeyID+" "+k.SecretAccessKey] = [2]string{k.PublicKeyX, k.PublicKeyY}
	}
	if len(keys) != 3 || len(secrets) != 3 {
		t.Errorf("%d keys of %d secrets, want 3 of 3", len(keys), len(secrets))
	}
	cases, err := V4a()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		if got := secrets[c.AccessKeyID+" "+c.SecretAccessKey]; got != [2]string{c.PublicKeyX, c.PublicKeyY} {
			t.Errorf("%s: another public key than among the keys", c.Name)
		}
	}
	chains, err := Chains()
	if err != nil {
		t.Fatal(err)
	}
	withKey := 0
	for _, c := range chains {
		if c.Algorithm != algorithmECDSA {
			continue
		}
		if got := secrets[c.AccessKeyID+" "+c.SecretAccessKey]; got != [2]string{c.PublicKeyX, c.PublicKeyY} {
			t.Errorf("%s: another public key than among the keys", c.Name)
		}
		withKey++
	}
	if withKey != 2 {
		t.Errorf("%d chains of SigV4a, want 2", withKey)
	}
}

// TestV4aSignsWhatV4Signs: the two suites have the same requests.
func TestV4aSignsWhatV4Signs(t *testing.T) {
	v4 := families(t)["v4"]
	cases, err := V4a()
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range cases {
		same := v4[i]
		if c.Name != same.Name || c.URL() != same.URL() || c.Method != same.Method || !slices.Equal(c.Headers, same.Headers) ||
			string(c.Body) != string(same.Body) || c.NormalizePath != same.NormalizePath || c.SessionToken != same.SessionToken {
			t.Errorf("%s and %s differ", c.Name, same.Name)
		}
	}
}
