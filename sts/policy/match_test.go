package policy

import (
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestWildcards(t *testing.T) {
	for _, test := range []struct {
		pattern, s string
		want       bool
	}{
		{"", "", true},
		{"", "a", false},
		{"*", "", true},
		{"*", "a/b:c", true},
		{"?", "", false},
		{"?", "ü", true},
		{"?", "ab", false},
		{"a*c", "abc", true},
		{"a*c", "ac", true},
		{"a*c", "acb", false},
		{"a*c", "abcbc", true},
		{"a**c", "abc", true},
		{"*a*b*", "xxaxxbxx", true},
		{"*a*b*", "xxbxxaxx", false},
		{"a?c*", "abc", true},
		{"a?c*", "ac", false},
		{"*.csv", "daily/2026.csv", true},
		{"*.csv", "daily/2026.csv.bak", false},
		{"arn:aws:s3:::b/reports/*", "arn:aws:s3:::b/reports/", true},
		{"arn:aws:s3:::b/reports/*", "arn:aws:s3:::b/reports", false},
		{"arn:aws:s3:::b/reports/*", "arn:aws:s3:::b/reports2/x", false},
		{"ABC", "abc", false},
		{"[a-c]", "b", false},
		{`\*`, `\x`, true},
		{"\xff", "\xff", true},
		{"\xff", "\xfe", false},
		{"\xff", "\uFFFD", false},
		{"?", "\xff", true},
	} {
		if got := wildcards(test.pattern).matches(test.s); got != test.want {
			t.Errorf("%q matches %q = %v, want %v", test.pattern, test.s, got, test.want)
		}
	}
}

// What backtracking at every * would take longer than the universe for.
func TestWildcardsTakeNoLongerForHostilePatterns(t *testing.T) {
	start := time.Now()
	for _, pattern := range []string{strings.Repeat("a*", 500) + "b", strings.Repeat("*", 500) + "b", "*" + strings.Repeat("a", 500) + "b", strings.Repeat("*a?", 300) + "*b"} {
		if wildcards(pattern).matches(strings.Repeat("a", 5000)) {
			t.Errorf("%.10q…, which ends in b, matches a text without", pattern)
		}
	}
	if spent := time.Since(start); spent > 10*time.Second {
		t.Errorf("took %v", spent)
	}
}

func FuzzWildcards(f *testing.F) {
	for _, seed := range [][2]string{{"a*b?c", "axxbyc"}, {"**", ""}, {"*a*a*a", "aaaa"}, {"?", "\xff"}, {"ü*", "ü\xc3"}} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, pattern, s string) {
		if len(pattern) > 200 || len(s) > 200 {
			return
		}
		got := wildcards(pattern).matches(s)
		if utf8.ValidString(pattern) && utf8.ValidString(s) {
			if want := toRegexp(pattern).MatchString(s); got != want {
				t.Errorf("%q matches %q = %v, a regular expression says %v", pattern, s, got, want)
			}
		}
		if p, ok := newContext(Request{}, true).expand(escape(s), true); !ok || !p.matches(s) {
			t.Errorf("escape(%q) = %q, which does not match the text itself", s, escape(s))
		}
	})
}

// toRegexp is the matcher's independent twin.
func toRegexp(pattern string) *regexp.Regexp {
	quoted := regexp.QuoteMeta(pattern)
	quoted = strings.ReplaceAll(quoted, `\*`, `.*`)
	quoted = strings.ReplaceAll(quoted, `\?`, `.`)
	return regexp.MustCompile(`(?s)^` + quoted + `$`)
}

func TestPolicyVariables(t *testing.T) {
	c := newContext(Request{
		Principal: "arn:aws:iam::123456789012:user/team/ann",
		Context:   map[string][]string{"aws:PrincipalTag/Team": {"a*"}, "aws:TagKeys": {"x", "y"}},
	}, true)
	for _, test := range []struct {
		text, matches, not string
	}{
		{"home/${aws:username}/*", "home/ann/x", "home/bob/x"},
		{"home/${AWS:UserName}", "home/ann", "home/${AWS:UserName}"},
		{"${ aws:username }", "ann", ""},
		{"${aws:PrincipalArn}", "arn:aws:iam::123456789012:user/team/ann", "ann"},
		{"${aws:PrincipalAccount}", "123456789012", ""},
		{"${aws:PrincipalType}", "User", ""},
		{"${aws:PrincipalTag/team}?", "a*b", "abb"}, // what is put in is no pattern
		{"${aws:PrincipalTag/other, 'all'}/${aws:username}", "all/ann", ""},
		{"${aws:PrincipalTag/other,''}x", "x", ""},
		{"${aws:username, 'all'}", "ann", "all"},
		{"a${*}b", "a*b", "axb"},
		{"a${?}b", "a?b", "axb"},
		{"${$}{aws:username}", "${aws:username}", "ann"},
		{"${aws:username", "${aws:username", "ann"},
		{"$", "$", ""},
	} {
		p, ok := c.expand(test.text, true)
		if !ok || !p.matches(test.matches) || p.matches(test.not) {
			t.Errorf("%q: ok %v; matches %q %v, want true; matches %q %v, want false", test.text, ok, test.matches, p.matches(test.matches), test.not, p.matches(test.not))
		}
	}
	for _, text := range []string{"${aws:PrincipalTag/other}", "${}", "${aws:TagKeys}", "${aws:PrincipalTag/other, all}", "${aws:PrincipalTag/other, '}", "${aws:PrincipalTag/other, 'a}", "${aws:PrincipalTag/other, a'}", "x${aws:nothing}${aws:username}"} {
		if p, ok := c.expand(text, true); ok {
			t.Errorf("%q = %q, want none: the variable has no value", text, string(p))
		}
	}
	c.variables = false
	if p, _ := c.expand("${aws:username}", true); !p.matches("${aws:username}") {
		t.Error("the version 2008-10-17 replaces variables")
	}
}

func TestParseARN(t *testing.T) {
	for s, want := range map[string]bool{
		"arn:aws:iam::123456789012:role/x": true, "arn:aws:s3:::b/k:c": true, "arn:aws:s3:::": true,
		"": false, "arn": false, "arn:aws:s3::b": false, "urn:aws:s3:::b": false, "arn::s3:::b": false, "arn:aws::::b": false,
	} {
		if a, ok := parseARN(s); ok != want || !ok && a != (arn{}) {
			t.Errorf("parseARN(%q) = %+v, %v, want %v", s, a, ok, want)
		}
	}
}

func TestRoleOfAnARN(t *testing.T) {
	for s, want := range map[string]string{
		"arn:aws:iam::123456789012:role/a/b/x": "x", "arn:aws:sts::123456789012:assumed-role/x/job": "x",
		"arn:aws:iam::123456789012:assumed-role/x/job": "", "arn:aws:sts::123456789012:role/x": "", "arn:aws:sts::123456789012:federated-user/x": "",
		"arn:aws:iam::123456789012:user/x": "", "arn:aws:iam::123456789012:root": "",
	} {
		a, _ := parseARN(s)
		if got, ok := a.role(); got != want || ok != (want != "") {
			t.Errorf("the role of %s is %q, %v, want %q", s, got, ok, want)
		}
	}
}

func TestWhatCanBeSentAsExternalID(t *testing.T) {
	for id, want := range map[string]bool{
		"ab": true, "a": false, "": false, "a b": false, "a*": false, "äb": false, "aZ09_+=,.@:/-": true,
		strings.Repeat("x", 1224): true, strings.Repeat("x", 1225): false,
	} {
		if got := canBeSent(id); got != want {
			t.Errorf("canBeSent(%.20q, %d characters) = %v, want %v", id, len(id), got, want)
		}
	}
}
