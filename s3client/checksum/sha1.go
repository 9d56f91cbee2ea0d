//go:build go1.26

package checksum

import (
	"crypto/fips140"
	"crypto/sha1"
	"hash"
)

// SHA-1 is here as a checksum against accidents, which S3 or the caller has named;
// nothing is kept safe by it, so FIPS 140-only mode need not forbid it.

func sha1Sum(p []byte) (sum [sha1.Size]byte, err error) {
	fips140.WithoutEnforcement(func() { sum = sha1.Sum(p) })
	return sum, nil
}

// exempt is a SHA-1 that works in every mode.
type exempt struct{ hash.Hash }

func newSHA1() (hash.Hash, error) { return exempt{sha1.New()}, nil }

func (e exempt) Write(p []byte) (n int, err error) {
	fips140.WithoutEnforcement(func() { n, err = e.Hash.Write(p) })
	return n, err
}

func (e exempt) Sum(b []byte) (sum []byte) {
	fips140.WithoutEnforcement(func() { sum = e.Hash.Sum(b) })
	return sum
}
