//go:build !go1.26

package checksum

import (
	"crypto/sha1"
	"hash"
)

// Go 1.25 has no exception from FIPS 140-only mode, and does not say whether it is
// on; but its SHA-1 refuses bytes then, before it panics at their sum.

func newSHA1() (hash.Hash, error) {
	h := sha1.New()
	if _, err := h.Write(nil); err != nil {
		return nil, &Error{Kind: ErrFIPS, Subject: "SHA1", Problem: "is forbidden by GODEBUG=fips140=only: " +
			"a program built with Go 1.26 or later is expected, or another algorithm"}
	}
	return h, nil
}

func sha1Sum(p []byte) (sum [sha1.Size]byte, err error) {
	if _, err := newSHA1(); err != nil {
		return sum, err
	}
	return sha1.Sum(p), nil
}
