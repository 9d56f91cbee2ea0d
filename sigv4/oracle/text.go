package oracle

import (
	"fmt"
	"strings"
	"unicode"
)

// String is the explanation in words for people: the lines that differ, then each
// cause, in lines of at most 78 characters.
func (x Explanation) String() string {
	var b strings.Builder
	if x.Code != "" {
		b.WriteString(visible(x.Code) + "\n\n")
	}
	line := func(who, s string) {
		if s == "" {
			s = "(not there)"
		}
		b.WriteString("  " + who + " " + visible(s) + "\n")
	}
	for _, d := range x.Differences {
		b.WriteString("  " + strings.TrimSpace(visible(d.Part+" "+d.Name)) + "\n")
		line("- client", d.Client)
		line("+ server", d.Server)
	}
	if x.More > 0 {
		fmt.Fprintf(&b, "  … and %d more\n", x.More)
	}
	if len(x.Differences) > 0 {
		b.WriteString("\n")
	}
	for i, c := range x.Causes {
		if i > 0 {
			b.WriteString("\n")
		}
		b.WriteString(c.ID + " (" + string(c.Sure) + ")\n")
		for _, text := range [...]string{c.What, "Why: " + c.Why, "Fix: " + c.Fix} {
			wrap(&b, visible(text))
		}
	}
	return b.String()
}

// visible shows what would not be seen, or would move a terminal's cursor.
func visible(s string) string {
	var b strings.Builder
	for i, c := range s {
		switch {
		case c == ' ' && (strings.HasPrefix(s[i+1:], " ") || strings.HasSuffix(s[:i], " ")):
			b.WriteString("␣")
		case c == '\n':
			b.WriteString("⏎ ")
		case c == '\t':
			b.WriteString("⇥")
		case !unicode.IsPrint(c):
			b.WriteString("·")
		default:
			b.WriteRune(c)
		}
	}
	return b.String()
}

// wrap writes a text in indented lines.
func wrap(b *strings.Builder, text string) {
	const indent, most = "  ", 76
	width := 0
	for _, word := range strings.Fields(text) {
		n := len([]rune(word))
		switch {
		case width == 0:
			b.WriteString(indent)
		case width+1+n > most:
			b.WriteString("\n" + indent)
			width = 0
		default:
			b.WriteString(" ")
			width++
		}
		b.WriteString(word)
		width += n
	}
	b.WriteString("\n")
}
