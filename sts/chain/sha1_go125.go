//go:build !go1.26

package chain

import (
	"crypto/sha1"
	"encoding/hex"
)

// sha1Hex is the SHA-1 of a text, as in sha1.go. Go 1.25 panics in FIPS 140-only
// mode, has no exception from it, and does not say whether it is on.
func sha1Hex(text string) (hash string, err error) {
	defer func() {
		if recover() != nil {
			err = &SettingError{Kind: ErrUnsupported, Source: ssoName, Setting: "GODEBUG=fips140=only",
				Problem: "leaves no SHA-1, which names the file of a cached sign-in: expecting a program built with Go 1.26 or later, or another way to credentials"}
		}
	}()
	sum := sha1.Sum([]byte(text))
	return hex.EncodeToString(sum[:]), nil
}
