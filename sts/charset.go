package sts

import "strings"

// The forms that AWS's documents give as regular expressions are matched by hand:
// the package regexp would cost a small program 266 KB.

const (
	digits  = "0123456789"
	lower   = "abcdefghijklmnopqrstuvwxyz"
	letters = lower + "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	word    = letters + digits + "_" // \w
)

// only tells whether a text has no characters but those of a set.
func only(text, set string) bool { return strings.Trim(text, set) == "" }

// visible tells whether a text has no characters but [!-~].
func visible(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool { return r < '!' || r > '~' }) < 0
}

// isPartition matches [a-z][a-z0-9-]*.
func isPartition(s string) bool {
	return s != "" && only(s[:1], lower) && only(s, lower+digits+"-")
}

// isAccountID matches [0-9]{12}.
func isAccountID(s string) bool { return len(s) == 12 && only(s, digits) }

// isTenant matches ([A-Za-z_][A-Za-z0-9_]*)?: nothing, or a tenant of Ceph's.
func isTenant(s string) bool { return s == "" || only(s[:1], letters+"_") && only(s, word) }

// isPathAndName matches ([!-~]+/)?[\w+=,.@-]+: a role or a policy.
func isPathAndName(s string) bool {
	slash := strings.LastIndexByte(s, '/')
	name := s[slash+1:]
	return slash != 0 && visible(s[:slash+1]) && name != "" && only(name, word+"+=,.@-")
}

// isRegion matches [a-z]+(-[a-z]+)+-[0-9]+: words and a number, all of which become
// one label of a host name, as in eu-central-1. Those of the SDKs that stand for an
// endpoint are none: aws-global, us-east-1-fips.
func isRegion(s string) bool {
	words := strings.Split(s, "-")
	last := len(words) - 1
	for _, w := range words[:last] {
		if w == "" || !only(w, lower) {
			return false
		}
	}
	return last >= 2 && words[last] != "" && only(words[last], digits)
}
