package policy

import "strings"

// Forms are matched by hand: the package regexp would cost a small program 266 KB.

const (
	digits  = "0123456789"
	upper   = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	letters = upper + "abcdefghijklmnopqrstuvwxyz"
	word    = letters + digits + "_" // \w
)

// only tells whether a text has no characters but those of a set.
func only(text, set string) bool { return strings.Trim(text, set) == "" }

// isDigits matches [0-9]{min,max}.
func isDigits(s string, min, max int) bool {
	return len(s) >= min && len(s) <= max && only(s, digits)
}
