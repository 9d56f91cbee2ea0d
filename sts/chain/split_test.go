package chain

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCommandIsSplitWithoutAShell(t *testing.T) {
	for _, test := range []struct {
		command string
		windows bool
		want    []string // nil: it cannot be
	}{
		// AWS CLI User Guide, "Sourcing credentials with an external process in the
		// AWS CLI", Syntax.
		{`/opt/bin/awscreds-custom --username helen`, false, []string{"/opt/bin/awscreds-custom", "--username", "helen"}},
		{`"C:\Path\To\credentials.cmd" parameterWithoutSpaces "parameter with spaces"`, true, []string{`C:\Path\To\credentials.cmd`, "parameterWithoutSpaces", "parameter with spaces"}},
		{`"/Users/Dave/path/to/credentials.sh" parameterWithoutSpaces "parameter with spaces"`, false, []string{"/Users/Dave/path/to/credentials.sh", "parameterWithoutSpaces", "parameter with spaces"}},
		{"a  b\t c\nd", false, []string{"a", "b", "c", "d"}},
		{`a "" ''`, false, []string{"a", "", ""}},
		{`a 'b "c" \d' "e 'f' \g \" \\"`, false, []string{"a", `b "c" \d`, `e 'f' \g " \`}},
		{`--x="y z"w`, false, []string{"--x=y zw"}},
		{`a\ b \"c`, false, []string{"a b", `"c`}},
		{`C:\a\b 'c d'`, true, []string{`C:\a\b`, "'c", "d'"}},
		{`a $HOME ~ | b; c > d && e`, false, []string{"a", "$HOME", "~", "|", "b;", "c", ">", "d", "&&", "e"}},
		{`a\`, false, []string{`a\`}},
		{`a "b`, false, nil},
		{`a 'b`, false, nil},
		{" \t\n", false, nil},
	} {
		got, ok := split(test.command, test.windows)
		if !ok {
			got = nil
		}
		if diff := cmp.Diff(test.want, got); diff != "" || ok != (test.want != nil) {
			t.Errorf("split(%q, %v) (-want +got):\n%s", test.command, test.windows, diff)
		}
	}
}

// Words in quotation marks come out as they went in.
func FuzzSplit(f *testing.F) {
	f.Add("a b", "")
	f.Add(`\`, `"`)
	f.Fuzz(func(t *testing.T, a, b string) {
		quote := strings.NewReplacer(`\`, `\\`, `"`, `\"`)
		got, ok := split(`"`+quote.Replace(a)+`" "`+quote.Replace(b)+`"`, false)
		if !ok || !slices.Equal(got, []string{a, b}) {
			t.Errorf("%q and %q came out as %q, %v", a, b, got, ok)
		}
		split(a, true)
		split(a, false)
	})
}
