package sigv4a_test

import (
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"math/big"
	"strings"
	"testing"

	"github.com/sigvier/sigvier/testvectors"
)

// The textbook's arithmetic, slow and without crypto/ecdsa: a second opinion on
// signatures. Of package elliptic it takes the constants alone.

// holds verifies a signature with the textbook's arithmetic and nothing of
// crypto/ecdsa (FIPS 186-5 section 6.4.2).
func holds(publicX, publicY, stringToSign, signature string) error {
	der, err := hex.DecodeString(signature)
	if err != nil {
		return err
	}
	var v struct{ R, S *big.Int }
	if rest, err := asn1.Unmarshal(der, &v); err != nil || len(rest) > 0 {
		return errors.New("no DER")
	}
	x, okX := new(big.Int).SetString(publicX, 16)
	y, okY := new(big.Int).SetString(publicY, 16)
	if !okX || !okY {
		return errors.New("no public key")
	}
	n := elliptic.P256().Params().N
	if v.R.Sign() <= 0 || v.S.Sign() <= 0 || v.R.Cmp(n) >= 0 || v.S.Cmp(n) >= 0 {
		return errors.New("r or s is out of range")
	}
	sum := sha256.Sum256([]byte(stringToSign))
	w := new(big.Int).ModInverse(v.S, n)
	u1, u2 := new(big.Int).SetBytes(sum[:]), new(big.Int).Mul(v.R, w)
	u1.Mod(u1.Mul(u1, w), n)
	u2.Mod(u2, n)
	generator := &point{elliptic.P256().Params().Gx, elliptic.P256().Params().Gy}
	sumPoint := add(times(u1, generator), times(u2, &point{x, y}))
	if sumPoint == nil || new(big.Int).Mod(sumPoint.x, n).Cmp(v.R) != 0 {
		return errors.New("the signature does not hold")
	}
	return nil
}

// point is one of P-256 in affine coordinates; nil is infinity.
type point struct{ x, y *big.Int }

func add(a, b *point) *point {
	if a == nil {
		return b
	}
	if b == nil {
		return a
	}
	p := elliptic.P256().Params().P
	top, bottom := new(big.Int).Sub(b.y, a.y), new(big.Int).Sub(b.x, a.x)
	if a.x.Cmp(b.x) == 0 {
		if a.y.Cmp(b.y) != 0 {
			return nil
		}
		// The slope of the tangent: (3x² - 3) / 2y.
		top.Mul(a.x, a.x).Sub(top, big.NewInt(1)).Mul(top, big.NewInt(3))
		bottom.Lsh(a.y, 1)
	}
	slope := top.Mul(top, bottom.ModInverse(bottom.Mod(bottom, p), p))
	slope.Mod(slope, p)
	x := new(big.Int).Mul(slope, slope)
	x.Sub(x, a.x).Sub(x, b.x).Mod(x, p)
	y := new(big.Int).Sub(a.x, x)
	y.Mul(y, slope).Sub(y, a.y).Mod(y, p)
	return &point{x, y}
}

func times(k *big.Int, q *point) (sum *point) {
	for i := k.BitLen() - 1; i >= 0; i-- {
		if sum = add(sum, sum); k.Bit(i) == 1 {
			sum = add(sum, q)
		}
	}
	return sum
}

// TestTheTextbookSaysNo: a second opinion is worth something only if it can
// differ.
func TestTheTextbookSaysNo(t *testing.T) {
	cases, err := testvectors.V4a()
	if err != nil {
		t.Fatal(err)
	}
	c := cases[0]
	text, signature := c.Header.StringToSign, c.Header.Signature
	if err := holds(c.PublicKeyX, c.PublicKeyY, text, signature); err != nil {
		t.Errorf("holds() = %v of a published signature", err)
	}
	for name, err := range map[string]error{
		"another text":      holds(c.PublicKeyX, c.PublicKeyY, text+" ", signature),
		"another signature": holds(c.PublicKeyX, c.PublicKeyY, text, changeLast(signature)),
		"another form's":    holds(c.PublicKeyX, c.PublicKeyY, text, c.Query.Signature),
		"another key":       holds(elliptic.P256().Params().Gx.Text(16), elliptic.P256().Params().Gy.Text(16), text, signature),
		"no signature":      holds(c.PublicKeyX, c.PublicKeyY, text, strings.Repeat("0f", 32)),
		"zeros":             holds(c.PublicKeyX, c.PublicKeyY, text, "3006020100020100"),
	} {
		if err == nil {
			t.Errorf("holds() = nil of %s", name)
		}
	}
}
