package sigv4a

import (
	"bytes"
	"crypto/elliptic"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/testvectors"
)

// These tests stand inside the package: private keys do not show from without.

const testSecret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"

// secondTry is an access key whose first candidate is not below N - 1. It was
// searched for, and its keys computed with another program: of the published
// keys each is the first candidate's.
var secondTry = testvectors.V4aKey{
	Name: "second try", AccessKeyID: "AKIAEXAMPLEAABIOOOX6", SecretAccessKey: testSecret, Counter: 2,
	PrivateKey: "fbe892e1b107de18e61e244ac20726c75a55e37b607adc46ffcc171e341bfb23",
	PublicKeyX: "5a445c3c469f3a841eb9e6ce1b7ce9fb1cf2b71abd8c82cdc092cafc0f98af98",
	PublicKeyY: "8c90ff33750cda3e9649750cb60b7a307ca5a1ccc82202eadfe24f4c00a5ad23",
}

func TestKeyVectors(t *testing.T) {
	keys, err := testvectors.V4aKeys()
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("keys: %d published, 1 of our own", len(keys))
	for _, k := range append(keys, secondTry) {
		t.Run(k.Name, func(t *testing.T) {
			private, err := derive(k.AccessKeyID, k.SecretAccessKey)
			if err != nil {
				t.Fatal(err)
			}
			d, err := private.Bytes()
			if err != nil || hex.EncodeToString(d) != k.PrivateKey {
				t.Errorf("derive() = %x, %v; want %s", d, err, k.PrivateKey)
			}
			public, err := PublicKey(sigv4.NewCredentials(k.AccessKeyID, k.SecretAccessKey, "token"))
			if err != nil {
				t.Fatal(err)
			}
			point, err := public.Bytes()
			if want := "04" + k.PublicKeyX + k.PublicKeyY; err != nil || hex.EncodeToString(point) != want {
				t.Errorf("PublicKey() = %x, %v; want %s", point, err, want)
			}
		})
	}
}

// TestCandidatesAtTheEdges compares with arithmetic on big integers.
func TestCandidatesAtTheEdges(t *testing.T) {
	order, one := elliptic.P256().Params().N, big.NewInt(1)
	var values []*big.Int
	for _, middle := range []*big.Int{
		new(big.Int), new(big.Int).Lsh(one, 64), new(big.Int).Lsh(one, 128), new(big.Int).Lsh(one, 192),
		new(big.Int).Lsh(one, 224), order, new(big.Int).Sub(order, new(big.Int).Lsh(one, 64)),
		new(big.Int).Sub(order, new(big.Int).Lsh(one, 128)), new(big.Int).Add(order, new(big.Int).Lsh(one, 192)),
		new(big.Int).Sub(new(big.Int).Lsh(one, 256), one),
	} {
		for off := int64(-3); off <= 3; off++ {
			if v := new(big.Int).Add(middle, big.NewInt(off)); v.Sign() >= 0 && v.BitLen() <= 256 {
				values = append(values, v)
			}
		}
	}
	accepted := 0
	for _, v := range values {
		var candidate [32]byte
		v.FillBytes(candidate[:])
		d, ok := privateKey(candidate)
		want := new(big.Int).Add(v, one)
		if fits := want.Cmp(order) < 0; ok != fits {
			t.Errorf("privateKey(%x) is accepted: %t, want %t", v, ok, fits)
		}
		if ok {
			accepted++
			if new(big.Int).SetBytes(d[:]).Cmp(want) != 0 {
				t.Errorf("privateKey(%x) = %x, want %x", v, d, want)
			}
		}
	}
	if accepted < 30 || len(values)-accepted < 10 {
		t.Errorf("%d candidates were accepted and %d refused, want at least 30 and 10", accepted, len(values)-accepted)
	}
}

func TestSearchTakesTheFirstCandidateThatFits(t *testing.T) {
	for _, first := range []int{1, 2, 3, 127, 128, 254} {
		var tried []byte
		d, err := search(func(counter byte) [32]byte {
			if tried = append(tried, counter); int(counter) < first {
				return [32]byte(bytes.Repeat([]byte{0xff}, 32))
			}
			return [32]byte{31: counter}
		})
		if want := ([32]byte{31: byte(first + 1)}); err != nil || d != want {
			t.Errorf("search() with candidate %d = %x, %v; want %x", first, d, err, want)
		}
		if len(tried) != first || tried[0] != 1 || int(tried[first-1]) != first {
			t.Errorf("search() tried %d, want 1 to %d", tried, first)
		}
	}
}

func TestSearchEnds(t *testing.T) {
	tries := 0
	_, err := search(func(byte) [32]byte {
		tries++
		return [32]byte(bytes.Repeat([]byte{0xff}, 32))
	})
	const want = "sigv4: invalid credentials: access key has no signing key for AWS4-ECDSA-P256-SHA256: use another access key"
	if !errors.Is(err, sigv4.ErrCredentials) || err.Error() != want || tries != 254 {
		t.Errorf("search() without a key = %v after %d tries, want %q after 254", err, tries, want)
	}
}

func TestNoPrivateKeyIsPrinted(t *testing.T) {
	k, err := algorithm{}.Key(sigv4.NewCredentials("AKIDEXAMPLE", testSecret, ""))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := k.(*key).private.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	d := new(big.Int).SetBytes(raw)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d", "%x"} {
		if text := fmt.Sprintf(verb, struct{ K sigv4.Key }{k}); strings.Contains(text, d.String()) || strings.Contains(text, d.Text(16)) || strings.Contains(text, testSecret) {
			t.Errorf("%s prints the key: %s", verb, text)
		}
	}
}

func TestPublicKeyRefusesCredentialsThatCannotSign(t *testing.T) {
	for name, cred := range map[string]sigv4.Credentials{
		"none":                     {},
		"without a secret":         sigv4.NewCredentials("AKIDEXAMPLE", "", ""),
		"a short secret":           sigv4.NewCredentials("AKIDEXAMPLE", "123456789", ""),
		"a secret with a line end": sigv4.NewCredentials("AKIDEXAMPLE", testSecret+"\n", ""),
		"without an ID":            sigv4.NewCredentials("", testSecret, ""),
	} {
		key, err := PublicKey(cred)
		if key != nil || !errors.Is(err, sigv4.ErrCredentials) {
			t.Errorf("PublicKey(%s) = %v, %v; want ErrCredentials", name, key, err)
		}
		if secret := cred.SecretAccessKey(); err != nil && secret != "" && strings.Contains(err.Error(), secret) {
			t.Errorf("PublicKey(%s) tells the secret: %v", name, err)
		}
	}
}
