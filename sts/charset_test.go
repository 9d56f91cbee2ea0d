package sts

import (
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Each form is held against its pattern, as AWS's documents or AWS's ARNs have it,
// over texts that come close to it.
func TestFormsAreThoseOfTheirPatterns(t *testing.T) {
	for _, test := range []struct {
		name    string
		form    func(string) bool
		pattern string
		parts   string // separated by blanks; texts are made of them
	}{
		{"visible", visible, `^[!-~]*$`, "! ~ a / é \x7f \n \xff \ufffd \x00"},
		{"isPartition", isPartition, `^[a-z][a-z0-9-]*$`, "aws - cn us-gov 1 A é \n"},
		{"isAccountID", isAccountID, `^[0-9]{12}$`, "123456 123456 0123 9 a ١ \n"},
		{"isTenant", isTenant, `^([A-Za-z_][A-Za-z0-9_]*)?$`, "a Z _ 0 9 - é \n"},
		{"isPathAndName", isPathAndName, `^([!-~]+/)?[\w+=,.@-]+$`, "a / / +=,.@- : ! ~ é \x7f \n"},
		{"isRegion", isRegion, `^[a-z]+(-[a-z]+)+-[0-9]+$`, "us us -gov -east -east -1 -1 -2 - A"},
		{"notOfTags", func(s string) bool { return !strings.ContainsFunc(s, notOfTags) }, `^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$`,
			"a É 字 ١ Ⅷ ½ \u00a0 \u2003 _.:/=+-@ \t \u0301 € * \xff \ufffd"},
		{"the characters of a name", func(s string) bool { return only(s, word+"+=,.@-") }, `^[\w+=,.@-]*$`, "a Z 9 _ + = , . @ - / : é \xff \ufffd"},
	} {
		pattern := regexp.MustCompile(test.pattern)
		parts := append(strings.Split(test.parts, " "), " ")
		random := rand.New(rand.NewPCG(4, 3))
		var fit, unfit int
		for range 5_000 {
			var text strings.Builder
			for range random.IntN(6) {
				text.WriteString(parts[random.IntN(len(parts))])
			}
			want := pattern.MatchString(text.String())
			if got := test.form(text.String()); got != want {
				t.Fatalf("%s: %q = %v, but %s says %v", test.name, &text, got, test.pattern, want)
			}
			if want {
				fit++
			} else {
				unfit++
			}
		}
		if slices.Min([]int{fit, unfit}) < 20 {
			t.Errorf("%s: %d texts fit and %d do not: the parts say too little", test.name, fit, unfit)
		}
	}
}

func TestWordIsReplaced(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"", ""},
		{"123456", "X"},
		{"123456 is wrong: 123456.", "X is wrong: X."},
		{"(123456)\xff123456é", "(X)\xffXé"},
		{"1234567 0123456 a123456 123456_ _123456", "1234567 0123456 a123456 123456_ _123456"},
		{"123456123456", "123456123456"},
		{"12345", "12345"},
	} {
		if got := string(replaceWord([]byte(test.text), "123456", []byte("X"))); got != test.want {
			t.Errorf("%q = %q, want %q", test.text, got, test.want)
		}
		if want := regexp.MustCompile(`\b123456\b`).ReplaceAllLiteralString(test.text, "X"); want != test.want {
			t.Errorf("%q: the pattern says %q, the test %q", test.text, want, test.want)
		}
	}
}
