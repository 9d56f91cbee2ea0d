package s3client

import (
	"slices"
	"strings"
)

// The patterns of names are matched by hand: package regexp costs a small program
// 266 KB.

const (
	lower  = "abcdefghijklmnopqrstuvwxyz"
	upper  = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	digits = "0123456789"
)

// consists reports whether s has at least one character, and none but those given.
func consists(s, of string) bool { return s != "" && strings.Trim(s, of) == "" }

// isAccountID matches twelve digits.
func isAccountID(s string) bool { return len(s) == 12 && consists(s, digits) }

// isNumberedRegion matches the name of a region of AWS: words and a number, with
// hyphens between.
func isNumberedRegion(s string) bool {
	words := strings.Split(s, "-")
	last := len(words) - 1
	return last >= 2 && consists(words[last], digits) && all(words[:last], lower)
}

// isRegion matches the name of a region of whatever service.
func isRegion(s string) bool { return len(s) <= 63 && all(strings.Split(s, "-"), lower+digits) }

// isZone matches the name of an Availability Zone: a region and a letter.
func isZone(s string) bool {
	return s != "" && consists(s[len(s)-1:], lower) && isNumberedRegion(s[:len(s)-1])
}

func all(words []string, of string) bool {
	return !slices.ContainsFunc(words, func(word string) bool { return !consists(word, of) })
}

// isHostLabel matches what can be a label of a host name.
func isHostLabel(s string) bool {
	return len(s) <= 63 && consists(s, lower+digits+"-") && s[0] != '-' && s[len(s)-1] != '-'
}

// isIPv4 matches what looks like an IPv4 address.
func isIPv4(s string) bool {
	parts := strings.Split(s, ".")
	return len(parts) == 4 && all(parts, digits)
}
