package sigv4a

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"math/bits"

	"github.com/sigvier/sigvier/sigv4"
)

// Step 4 of "Create a signed AWS API request", as SigV4a has it: derive the key
// pair of an access key. The IAM User Guide says that it is derived from the secret
// access key ("How AWS SigV4a works"); how, AWS shows in its own signers and their
// test vectors (awslabs/aws-c-auth, key_derivation.c).

// maxCounter is the last byte that the derivation tries.
const maxCounter = 254

// derive computes the private key of an access key, by NIST SP 800-108 Rev. 1
// section 4.1, "KDF in Counter Mode", with HMAC-SHA256 under the key "AWS4A" +
// secret. One round gives the 256 bits that are asked for:
//
//	00000001  "AWS4-ECDSA-P256-SHA256"  00  access key ID, counter  00000100
//	round     label                         context                 bits
//
// The counter goes up from 1 until the output is a key's.
func derive(accessKeyID, secretAccessKey string) (*ecdsa.PrivateKey, error) {
	mac := hmac.New(sha256.New, []byte("AWS4A"+secretAccessKey))
	d, err := search(func(counter byte) (candidate [sha256.Size]byte) {
		mac.Reset()
		mac.Write([]byte{0, 0, 0, 1})
		mac.Write([]byte(Name))
		mac.Write([]byte{0})
		mac.Write([]byte(accessKeyID))
		mac.Write([]byte{counter})
		mac.Write([]byte{0, 0, 1, 0})
		mac.Sum(candidate[:0])
		return candidate
	})
	if err != nil {
		return nil, err
	}
	return ecdsa.ParseRawPrivateKey(elliptic.P256(), d[:])
}

// search gives the key of the first candidate that makes one. Each fails with a
// chance of 1 in 2³².
func search(candidate func(counter byte) [sha256.Size]byte) (d [sha256.Size]byte, err error) {
	for counter := byte(1); counter <= maxCounter; counter++ {
		if d, ok := privateKey(candidate(counter)); ok {
			return d, nil
		}
	}
	return d, &sigv4.InputError{Kind: sigv4.ErrCredentials, Field: "access key", Problem: "has no signing key for " + Name + ": use another access key"}
}

// privateKey gives candidate + 1 if the candidate is at most N - 2, N being the
// order of P-256 (FIPS 186-5 appendix A.2.2, "ECDSA Key Pair Generation by
// Rejection Sampling"). Its time does not depend on the candidate.
func privateKey(candidate [sha256.Size]byte) (d [sha256.Size]byte, ok bool) {
	last := [...]uint64{0xffffffff00000000, 0xffffffffffffffff, 0xbce6faada7179e84, 0xf3b9cac2fc632550} // N - 1
	carry, borrow := uint64(1), uint64(0)
	for i := len(last) - 1; i >= 0; i-- {
		word := binary.BigEndian.Uint64(candidate[8*i:])
		_, borrow = bits.Sub64(word, last[i], borrow)
		word, carry = bits.Add64(word, 0, carry)
		binary.BigEndian.PutUint64(d[8*i:], word)
	}
	return d, borrow == 1
}

// PublicKey gives the key that verifies what these credentials sign. It is no
// secret, and good for as long as the access key.
func PublicKey(cred sigv4.Credentials) (*ecdsa.PublicKey, error) {
	if err := cred.Validate(); err != nil {
		return nil, err
	}
	key, err := derive(cred.AccessKeyID, cred.SecretAccessKey())
	if err != nil {
		return nil, err
	}
	return &key.PublicKey, nil
}
