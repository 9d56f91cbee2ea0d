package policy

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
)

// Each form is held against its pattern, over texts that come close to it.
func TestFormsAreThoseOfTheirPatterns(t *testing.T) {
	for _, test := range []struct {
		name    string
		form    func(string) bool
		pattern string
		parts   string // separated by blanks; texts are made of them
	}{
		{"isAction", isAction, `^([A-Za-z0-9_.-]+:[A-Za-z0-9_.*?-]+|\*)$`, "s3 s3: : * ? Get_.- é / \n"},
		{"isPrincipalID", isPrincipalID, `^A[A-Z0-9]{15,127}$`, "AIDA A 01234567 ABCDEFGH 0123456789012345678901234567890123456789012345678901234567890123 a é \n"},
		{"isAccountID", isAccountID, `^[0-9]{12}$`, "123456 123456 0123 9 a ١ \n"},
		{"isNumber", isNumber, `^[+-]?[0-9]{1,40}(\.[0-9]{1,40})?$`, "+ - . 0 12345678901234567890 12345678901234567890 e ١ \n"},
		{"seconds", func(s string) bool { return isDigits(s, 5, 12) }, `^[0-9]{5,12}$`, "0 1234 123456 - . \n"},
		{"canBeSent", canBeSent, `^[\w+=,.@:/-]{2,1000}$`, "a Z 9 _ + = , . @ : / - é \xff \ufffd"},
		{"hasGuessable", hasGuessable, `(?i)example|sample|test|demo|changeme|password|secret|external|1234|abcd`,
			"exam ple SAMPLE te st De mo change me pass word Secret ext ernal 12 34 ab cd"},
	} {
		pattern := regexp.MustCompile(test.pattern)
		parts := append(strings.Split(test.parts, " "), " ")
		random := rand.New(rand.NewPCG(4, 3))
		fit, unfit := 0, 0
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
		if min(fit, unfit) < 20 {
			t.Errorf("%s: %d texts fit and %d do not: the parts say too little", test.name, fit, unfit)
		}
	}
}

func TestHalfCharacterIsFound(t *testing.T) {
	for _, test := range []struct {
		text string
		want int
	}{
		{``, -1},
		{`\`, -1},
		{`\u`, -1},
		{`\ud83`, -1}, // no JSON at all
		{`\uzzzz`, -1},
		{`a\u0041\n\\`, -1},
		{`\ud83d\ude00`, -1},
		{`\uD83D\uDE00\ud83d\ude00`, -1},
		{`\\ud83d`, -1},
		{`\\\ud83d`, 2},
		{`\ud83d`, 0},
		{`\ude00`, 0},
		{`\ude00\ud83d`, 0},
		{`a\ud83da\ude00`, 1},
		{`\ud83d\ude00\ude00`, 12},
		{`\ud83d\ud83d\ude00`, 0},
		{`\ud83d\\ude00`, 0},
		{`\ud7ff\ue000`, -1},
	} {
		if got := halfCharacter([]byte(test.text)); got != test.want {
			t.Errorf("halfCharacter(%s) = %d, want %d", test.text, got, test.want)
		}
	}
	// The same in random order.
	escapes := regexp.MustCompile(`\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.`)
	parts := []string{`\`, `\u`, `\ud83d`, `\udE00`, `d83d`, `\u0041`, `n`, `é`}
	random := rand.New(rand.NewPCG(4, 3))
	for range 5_000 {
		text := ""
		for range random.IntN(8) {
			text += parts[random.IntN(len(parts))]
		}
		want := -1
		for _, at := range escapes.FindAllStringIndex(text, -1) {
			if one := text[at[0]:at[1]]; len(one) == 6 && strings.ToLower(one)[:3] == `\ud` && one[3] >= '8' {
				want = at[0]
				break
			}
		}
		if got := halfCharacter([]byte(text)); got != want {
			t.Fatalf("halfCharacter(%s) = %d, want %d", text, got, want)
		}
	}
}
