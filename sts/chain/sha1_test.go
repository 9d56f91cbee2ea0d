package chain

import (
	"strings"
	"testing"
)

func TestSHA1(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		// FIPS 180-2, Appendix A.
		{"abc", "a9993e364706816aba3e25717850c26c9cd0d89d"},
		{"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "84983e441c3bd26ebaae4aa1f95129e5e54670f1"},
		{strings.Repeat("a", 1_000_000), "34aa973cd4c4daa4f61eeb2bdbad27316534016f"},
		// Where the length still fits into the block, and where it does not: as sha1sum has it.
		{"", "da39a3ee5e6b4b0d3255bfef95601890afd80709"},
		{strings.Repeat("a", 55), "c1c8bbdc22796e28c0e15163d20899b65621d65a"},
		{strings.Repeat("a", 56), "c2db330f6083854c99d4b5bfb6e8f29f201be699"},
		{strings.Repeat("a", 64), "0098ba824b5c16427bd7a1122a5a442a25ec644d"},
	} {
		if got := sha1Hex(test.text); got != test.want {
			t.Errorf("SHA-1 of %d bytes is %s, want %s", len(test.text), got, test.want)
		}
	}
}
