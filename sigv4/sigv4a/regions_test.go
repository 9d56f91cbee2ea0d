package sigv4a

import (
	"strings"
	"testing"
)

func TestCovers(t *testing.T) {
	for _, test := range []struct {
		set, region string
		want        bool
	}{
		{"us-east-1", "us-east-1", true},
		{"us-east-1", "us-east-2", false},
		{"us-east-1", "us-east-11", false},
		{"us-east-11", "us-east-1", false},
		{"us-east-1", "us-east-*", false},
		{"us-east-1", "", false},
		{"", "us-east-1", false},
		{"", "", false},
		{"*", "us-east-1", true},
		{"*", "*", true},
		{"**", "us-east-1", true},
		{"us-*", "us-", true},
		{"us-*", "us-*", true},
		{"us-*", "us", false},
		{"us-*", "eu-us-1", false},
		{"*-1", "us-east-1", true},
		{"*-1", "us-east-12", false},
		{"us-*-1", "us-east-1", true},
		{"us-*-1", "us-1", false},
		{"us-*-1", "us-1-1-1", true},
		{"*a*b*", "xaxbx", true},
		{"*a*b*", "xbxax", false},
		{"*ab*ab", "ab", false},
		{"*ab*ab", "abab", true},
		{"us-east-1,eu-*", "eu-west-1", true},
		{"us-east-1,eu-*", "us-east-2", false},
		{"us-east-1,us-east-2", "us-east-2", true},
		{"us-east-1,us-east-2", "us-east-1,us-east-2", true},
		{"us-east-2,us-east-1", "us-east-1,us-east-2", true},
		{"us-*", "us-east-1,us-east-2", true},
		{"us-*", "us-east-1,eu-west-1", false}, // which a * would match as one text
		{"us-east-1", "us-east-1,us-east-2", false},
		// What a set must not have, though the region is in it.
		{"us-east-1,", "us-east-1", false},
		{",us-east-1", "us-east-1", false},
		{"us-east-1, us-east-2", "us-east-1", false},
		{"us-east-?", "us-east-1", false},
		{"us-east-[12]", "us-east-1", false},
		{"us-east-1,[", "us-east-1", false},
		{"us-east-1\r\n", "us-east-1", false},
	} {
		if got := (algorithm{}).Covers(test.set, test.region); got != test.want {
			t.Errorf("Covers(%q, %q) = %t, want %t", test.set, test.region, got, test.want)
		}
	}
}

// TestPatternsTakeLittleTime: a set comes from whoever sends a request.
func TestPatternsTakeLittleTime(t *testing.T) {
	set := strings.Repeat("a*", 10000) + "b," + strings.Repeat("*a", 10000) + "*b"
	if (algorithm{}).Covers(set, strings.Repeat("a", 20000)) {
		t.Error("Covers(a*a*…b, aaa…) = true, want false")
	}
}
