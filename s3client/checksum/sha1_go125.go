//go:build !go1.26

package checksum

import (
	"crypto/sha1"
	"hash"
	"sync"
)

// Go 1.25 has no exception from FIPS 140-only mode, and does not say whether it is
// on; but its SHA-1 refuses bytes then, before it panics at their sum.

var sha1Forbidden = sync.OnceValue(func() bool {
	_, err := sha1.New().Write(nil)
	return err != nil
})

var errSHA1 = &Error{Kind: ErrFIPS, Subject: "SHA1", Problem: "is forbidden by GODEBUG=fips140=only: " +
	"a program built with Go 1.26 or later is expected, or another algorithm"}

func newSHA1() (hash.Hash, error) {
	if sha1Forbidden() {
		return nil, errSHA1
	}
	return sha1.New(), nil
}

func sha1Sum(p []byte) (sum [sha1.Size]byte, err error) {
	if sha1Forbidden() {
		return sum, errSHA1
	}
	return sha1.Sum(p), nil
}
