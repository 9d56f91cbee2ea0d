package sigv4a

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/hex"
)

// Step 4 of "Create a signed AWS API request", as SigV4a has it: the signature is
// that of ECDSA over P-256 and the SHA-256 of the string to sign, in the DER of
// SEQUENCE { INTEGER r, INTEGER s }, in lower-case hex.

// maxSignature is the length of the longest: 2 bytes of head, and 2 and at most 33
// for each integer.
const maxSignature = 2 * (2 + 2*(2+33))

// Verify reports whether a signature, in hex, is one that the owner of the public
// key has put under a string to sign. For a whole request see
// [sigv4.Signer.Verify].
func Verify(pub *ecdsa.PublicKey, stringToSign []byte, signature string) bool {
	if pub == nil || pub.Curve != elliptic.P256() || pub.X == nil || pub.Y == nil || len(signature) > maxSignature {
		return false
	}
	der, err := hex.DecodeString(signature)
	if err != nil || hex.EncodeToString(der) != signature {
		return false // it is no hex, or in upper case
	}
	sum := sha256.Sum256(stringToSign)
	return ecdsa.VerifyASN1(pub, sum[:], der)
}

// key signs and verifies. It is a pointer's width, and printing it shows no more.
type key struct{ private *ecdsa.PrivateKey }

// AppendSignature appends the one signature that a key always puts under a string
// to sign (FIPS 186-5 section 6.3.2; RFC 6979). Of P-256 and SHA-256 there are no
// errors; if there were one, nothing would be appended.
func (k *key) AppendSignature(dst, stringToSign []byte) []byte {
	sum := sha256.Sum256(stringToSign)
	der, err := k.private.Sign(nil, sum[:], crypto.SHA256)
	if err != nil {
		return dst
	}
	return hex.AppendEncode(dst, der)
}

func (k *key) Matches(stringToSign []byte, signature string) bool {
	return Verify(&k.private.PublicKey, stringToSign, signature)
}
