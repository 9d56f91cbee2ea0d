//go:build go1.26

package chain

import (
	"crypto/fips140"
	"crypto/sha1"
	"encoding/hex"
)

// sha1Hex is the SHA-1 of a text, for the one place that needs it: the name of a
// file that another program has chosen. Nothing is kept safe by it, so FIPS
// 140-only mode need not forbid it.
func sha1Hex(text string) (hash string, err error) {
	fips140.WithoutEnforcement(func() {
		sum := sha1.Sum([]byte(text))
		hash = hex.EncodeToString(sum[:])
	})
	return hash, nil
}
