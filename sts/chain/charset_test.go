package chain

import (
	"strconv"
	"strings"
	"testing"
)

func TestOnlyTheCharactersOfASet(t *testing.T) {
	for _, test := range []struct {
		text, set string
		want      bool
	}{
		{"", digits, true},
		{"0123456789", digits, true},
		{"1x1", digits, false},
		{"x11", digits, false},
		{"11x", digits, false},
		{"1\n", digits, false},
		{"١", digits, false}, // a digit, and none of these
		{"1\xff", digits, false},
		{"\ufffd", digits, false},
		{"Az09", alphanumeric, true},
		{"A-z", alphanumeric, false},
		{"A-z", alphanumeric + "-", true},
		{"é", alphanumeric, false},
	} {
		if got := only(test.text, test.set); got != test.want {
			t.Errorf("only(%q, %q) = %v, want %v", test.text, test.set, got, test.want)
		}
	}
}

func TestNameIsWrittenForACommandLine(t *testing.T) {
	for name, plain := range map[string]bool{
		"work": true, "work-1.eu_b@c%d+e:f/g,h": true,
		"": false, "my work": false, "a;b": false, "a\nb": false, "a$b": false, "größe": false,
	} {
		want := name
		if !plain {
			want = strconv.Quote(name)
		}
		if got := argument(name); got != want {
			t.Errorf("argument(%q) = %s, want %s", name, got, want)
		}
	}
}

func TestOnlyACodeStandsInAnError(t *testing.T) {
	for text, code := range map[string]bool{
		"AccessDenied": true, "Throttling.Rate_2": true, strings.Repeat("a", 64): true,
		strings.Repeat("a", 65): false, "two words": false, "wJalr/XUtn": false, "a\n": false,
	} {
		want := text
		if !code {
			want = "an unknown error"
		}
		if got := codeWord(text); got != want {
			t.Errorf("codeWord(%q) = %q, want %q", text, got, want)
		}
	}
}
