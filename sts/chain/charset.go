package chain

import "strings"

// Forms are matched by hand: regular expressions would cost a small program 266 KB.

const (
	digits       = "0123456789"
	alphanumeric = digits + "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
)

// only tells whether a text has no characters but those of a set.
func only(text, set string) bool { return strings.Trim(text, set) == "" }
