package sigv4a

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/asn1"
	"encoding/hex"
	"math/big"
	"strings"
	"testing"

	"github.com/sigvier/sigvier/sigv4"
)

// TestSignaturesAreThoseOfRFC6979: RFC 6979 appendix A.2.5, P-256 with SHA-256.
func TestSignaturesAreThoseOfRFC6979(t *testing.T) {
	d, err := hex.DecodeString("c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721")
	if err != nil {
		t.Fatal(err)
	}
	private, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), d)
	if err != nil {
		t.Fatal(err)
	}
	for message, want := range map[string]string{
		"sample": "3046022100efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716" +
			"022100f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8",
		"test": "3045022100f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367" +
			"0220019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083",
	} {
		k := &key{private}
		if got := string(k.AppendSignature([]byte("before "), []byte(message))); got != "before "+want {
			t.Errorf("AppendSignature(before, %q) = %s, want %s behind it", message, got, want)
		}
		if !k.Matches([]byte(message), want) || k.Matches([]byte(message+"x"), want) {
			t.Errorf("Matches(%q) is wrong of RFC 6979's signature", message)
		}
		if !Verify(&private.PublicKey, []byte(message), want) {
			t.Errorf("Verify(%q) = false of RFC 6979's signature", message)
		}
	}
}

// integers are those of a signature in DER.
type integers struct{ R, S *big.Int }

func parse(t testing.TB, signature string) (v integers) {
	t.Helper()
	der, err := hex.DecodeString(signature)
	if err != nil {
		t.Fatal(err)
	}
	if rest, err := asn1.Unmarshal(der, &v); err != nil || len(rest) > 0 {
		t.Fatalf("the signature %s is no DER: %v", signature, err)
	}
	return v
}

func encode(t testing.TB, r, s *big.Int) string {
	t.Helper()
	der, err := asn1.Marshal(integers{r, s})
	if err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(der)
}

// aSignature is one whose integers are both positive without a leading zero, so
// that a test can move their bytes about.
func aSignature(t testing.TB) (public *ecdsa.PublicKey, toSign []byte, signature string) {
	t.Helper()
	private, err := derive("AKIDEXAMPLE", testSecret)
	if err != nil {
		t.Fatal(err)
	}
	for n := range 100 {
		toSign = []byte("text " + strings.Repeat("x", n))
		signature = string((&key{private}).AppendSignature(nil, toSign))
		if len(signature) == 2*70 && strings.HasPrefix(signature, "30440220") {
			return &private.PublicKey, toSign, signature
		}
	}
	t.Fatal("no signature of 70 bytes in 100")
	return nil, nil, ""
}

func TestVerifyRefusesWhatIsNoSignature(t *testing.T) {
	public, toSign, good := aSignature(t)
	if !Verify(public, toSign, good) {
		t.Fatalf("Verify(%s) = false, want true", good)
	}
	v, order := parse(t, good), elliptic.P256().Params().N
	zero, one := new(big.Int), big.NewInt(1)
	r, s := good[8:72], good[76:]
	for name, bad := range map[string]string{
		"empty":                              "",
		"upper case":                         strings.ToUpper(good),
		"half a byte more":                   good + "0",
		"half a byte less":                   good[:len(good)-1],
		"a byte more":                        good + "00",
		"a byte less":                        good[:len(good)-2],
		"a byte more within":                 "3045" + good[4:] + "00",
		"a blank":                            good + " ",
		"a line end":                         good + "\n",
		"filled up with asterisks":           good + "****",
		"no hex":                             strings.Replace(good, "0220", "02g0", 1),
		"0x":                                 "0x" + good,
		"an HMAC":                            strings.Repeat("0f", 32),
		"r and s without DER":                r + s,
		"r and s in another place":           encode(t, v.S, v.R),
		"r alone":                            "3022" + good[4:72],
		"a third integer":                    "3047" + good[4:] + "020101",
		"a set in place of a sequence":       "31" + good[2:],
		"octets in place of an integer":      strings.Replace(good, "0220", "0420", 1),
		"a length in its long form":          "308144" + good[4:],
		"a length without an end":            "3080" + good[4:] + "0000",
		"an integer with a zero before":      "3045022100" + good[8:],
		"the negative of r":                  encode(t, new(big.Int).Neg(v.R), v.S),
		"the negative of s":                  encode(t, v.R, new(big.Int).Neg(v.S)),
		"r of another sign by its first bit": "3044" + "0220" + "ff" + good[10:],
		"r 0":                                encode(t, zero, v.S),
		"s 0":                                encode(t, v.R, zero),
		"r and s 0":                          encode(t, zero, zero),
		"r and s 1":                          encode(t, one, one),
		"r + N":                              encode(t, new(big.Int).Add(v.R, order), v.S),
		"s + N":                              encode(t, v.R, new(big.Int).Add(v.S, order)),
		"r is N":                             encode(t, order, v.S),
		"s is N":                             encode(t, v.R, order),
		"N - r":                              encode(t, new(big.Int).Sub(order, v.R), v.S),
		"r of a thousand bits":               encode(t, new(big.Int).Add(v.R, new(big.Int).Lsh(order, 744)), v.S),
		"twice":                              good + good,
	} {
		if Verify(public, toSign, bad) {
			t.Errorf("Verify(%s) = true: %s", name, bad)
		}
	}
	for i := range len(good) {
		for bit := range 4 {
			digit, err := hex.DecodeString("0" + good[i:i+1])
			if err != nil {
				t.Fatal(err)
			}
			changed := good[:i] + hex.EncodeToString([]byte{digit[0] ^ 1<<bit})[1:] + good[i+1:]
			if Verify(public, toSign, changed) {
				t.Errorf("Verify() = true with bit %d of digit %d changed: %s", bit, i, changed)
			}
		}
	}
	for i := range toSign {
		changed := append([]byte(nil), toSign...)
		if changed[i] ^= 1; Verify(public, changed, good) {
			t.Errorf("Verify() = true with byte %d of the string to sign changed", i)
		}
	}
}

// TestVerifyTakesTheTwin: doc.go says why.
func TestVerifyTakesTheTwin(t *testing.T) {
	public, toSign, good := aSignature(t)
	v := parse(t, good)
	twin := encode(t, v.R, new(big.Int).Sub(elliptic.P256().Params().N, v.S))
	if twin == good || !Verify(public, toSign, twin) {
		t.Errorf("Verify(%s) = false of the twin of %s, want true", twin, good)
	}
}

func TestVerifyRefusesWhatIsNoKeyOfP256(t *testing.T) {
	public, toSign, good := aSignature(t)
	x, y := elliptic.P256().Params().Gx, elliptic.P256().Params().Gy
	other, err := PublicKey(sigv4.NewCredentials("AKIDEXAMPLF", testSecret, ""))
	if err != nil {
		t.Fatal(err)
	}
	p384 := elliptic.P384().Params()
	for name, key := range map[string]*ecdsa.PublicKey{
		"nil":           nil,
		"empty":         {},
		"no point":      {Curve: elliptic.P256()},
		"infinity":      {Curve: elliptic.P256(), X: new(big.Int), Y: new(big.Int)},
		"off the curve": {Curve: elliptic.P256(), X: x, Y: new(big.Int).Add(y, big.NewInt(1))},
		"negative":      {Curve: elliptic.P256(), X: new(big.Int).Neg(x), Y: y},
		"too large":     {Curve: elliptic.P256(), X: new(big.Int).Lsh(x, 300), Y: y},
		"another curve": {Curve: elliptic.P384(), X: p384.Gx, Y: p384.Gy},
		"another's":     other,
		"without curve": {X: x, Y: y},
		"without Y":     {Curve: elliptic.P256(), X: x},
		"generic curve": {Curve: elliptic.P256().Params(), X: x, Y: y},
		"the generator": {Curve: elliptic.P256(), X: x, Y: y},
	} {
		if Verify(key, toSign, good) {
			t.Errorf("Verify() with the key %q = true, want false", name)
		}
	}
	if !Verify(public, toSign, good) {
		t.Error("Verify() = false with the right key")
	}
}
