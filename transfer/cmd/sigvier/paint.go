package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/sigvier/sigvier/sigv4/oracle"
)

// painter writes an explanation for people, with colours on a terminal.
type painter struct{ colours bool }

// The colours, by the terminal's own palette.
const (
	bold      = "1"
	dim       = "2"
	underline = "4"
	red       = "31"
	green     = "32"
	yellow    = "33"
)

func (p painter) paint(style, s string) string {
	if !p.colours || s == "" || style == "" {
		return s
	}
	return "\x1b[" + style + "m" + s + "\x1b[0m"
}

// explanation is the whole text: the lines that differ, then the causes.
func (p painter) explanation(x explained) string {
	var b strings.Builder
	var shown texts
	switch {
	case x.Server != nil:
		shown = *x.Server
	case x.Client != nil:
		shown = *x.Client
	}
	if len(x.Differences) > 0 {
		who := "what the client signed"
		b.WriteString(p.paint(red, "- "+who) + "\n" + p.paint(green, "+ what the server computed") + "\n")
		p.section(&b, "canonical request", canonicalParts(shown.CanonicalRequest), x.Differences)
		p.section(&b, "string to sign", toSignParts(shown.StringToSign), x.Differences)
		b.WriteString("\n")
	}
	for i, c := range x.Causes {
		if i > 0 {
			b.WriteString("\n")
		}
		style := map[oracle.Certainty]string{oracle.Certain: red, oracle.Likely: yellow}[c.Sure]
		b.WriteString(p.paint(bold, c.ID) + " (" + p.paint(style, string(c.Sure)) + ")\n")
		for _, line := range [][2]string{{"", c.What}, {"Why: ", c.Why}, {"Fix: ", c.Fix}} {
			if line[1] != "" {
				b.WriteString(wrap(visible(line[0]+line[1], false), "  ", 78) + "\n")
			}
		}
	}
	return b.String()
}

// part is a piece of one of the two texts, in lines.
type part struct {
	name  string
	lines []string
}

func canonicalParts(text string) []part {
	lines := strings.Split(text, "\n")
	n := len(lines)
	if n < 6 {
		return []part{{"method", nil}, {"canonical URI", nil}, {"query parameter", nil}, {"header", nil}, {"signed headers", nil}, {"payload hash", nil}}
	}
	return []part{{"method", lines[:1]}, {"canonical URI", lines[1:2]}, {"query parameter", strings.Split(lines[2], "&")},
		{"header", lines[3 : n-3]}, {"", lines[n-3 : n-2]}, {"signed headers", lines[n-2 : n-1]}, {"payload hash", lines[n-1:]}}
}

func toSignParts(text string) []part {
	lines := append(strings.Split(text, "\n"), "", "", "")
	if text == "" {
		return []part{{"algorithm", nil}, {"time", nil}, {"credential scope", nil}, {"canonical request hash", nil}}
	}
	return []part{{"algorithm", lines[:1]}, {"time", lines[1:2]}, {"credential scope", lines[2:3]}, {"canonical request hash", lines[3:4]}}
}

// section writes one text with the lines that differ in place, unless none does.
func (p painter) section(b *strings.Builder, title string, parts []part, all []oracle.Difference) {
	touched := func(d oracle.Difference) bool {
		return slices.ContainsFunc(parts, func(at part) bool { return at.name == d.Part })
	}
	if !slices.ContainsFunc(all, touched) {
		return
	}
	b.WriteString("\n" + p.paint(bold, title) + "\n")
	for _, at := range parts {
		var differences []oracle.Difference
		for _, d := range all {
			if d.Part == at.name {
				differences = append(differences, d)
			}
		}
		p.part(b, at, differences)
	}
}

// part writes one part. Its lines are the server's, which stand behind the
// client's; what only the client has comes last.
func (p painter) part(b *strings.Builder, at part, differences []oracle.Difference) {
	if len(differences) == 0 && len(at.lines) > 1 && at.name == "query parameter" {
		at.lines = []string{strings.Join(at.lines, "&")}
	}
	for _, line := range at.lines {
		i := slices.IndexFunc(differences, func(d oracle.Difference) bool { return d.Server == line && line != "" })
		switch whole := slices.IndexFunc(differences, func(d oracle.Difference) bool { return d.Name == "" && strings.Contains(d.Server, "\n") }); {
		case whole >= 0: // all of them, in another order
		case i >= 0:
			p.change(b, differences[i])
			differences = slices.Delete(slices.Clone(differences), i, i+1)
		case line != "" || len(differences) == 0:
			b.WriteString(p.paint(dim, "  "+visible(line, true)) + "\n")
		}
	}
	for _, d := range differences {
		p.change(b, d)
	}
}

// change writes both sides of a difference, with what differs within the lines
// marked.
func (p painter) change(b *strings.Builder, d oracle.Difference) {
	client, server := strings.Split(d.Client, "\n"), strings.Split(d.Server, "\n")
	if len(client) > 1 || len(server) > 1 || d.Client == "" || d.Server == "" {
		p.side(b, "-", red, d.Client, client)
		p.side(b, "+", green, d.Server, server)
		return
	}
	start, endClient, endServer := common(d.Client, d.Server)
	for _, side := range []struct {
		sign, style, line string
		end               int
	}{{"- ", red, d.Client, endClient}, {"+ ", green, d.Server, endServer}} {
		before, changed, after := side.line[:start], side.line[start:side.end], side.line[side.end:]
		before, after = visibleAround(before, false), visibleAround(after, true)
		if changed = visible(changed, true); p.colours {
			b.WriteString(p.paint(side.style, side.sign+before) + p.paint(side.style+";"+underline, changed) + p.paint(side.style, after) + "\n")
			continue
		}
		b.WriteString(side.sign + before + changed + after + "\n")
		if n := utf8.RuneCountInString(changed); n > 0 {
			b.WriteString("  " + strings.Repeat(" ", utf8.RuneCountInString(before)) + strings.Repeat("^", n) + "\n")
		}
	}
}

func (p painter) side(b *strings.Builder, sign, style, text string, lines []string) {
	if text == "" {
		return
	}
	for _, line := range lines {
		b.WriteString(p.paint(style, sign+" "+visible(line, true)) + "\n")
	}
}

// common gives where two lines begin to differ, and where each ceases to, without
// cutting through a character or a percent-escape.
func common(a, b string) (start, endA, endB int) {
	for start < min(len(a), len(b)) && a[start] == b[start] {
		start++
	}
	for start > 0 && (within(a, start) || within(b, start)) {
		start--
	}
	endA, endB = len(a), len(b)
	for endA > start && endB > start && a[endA-1] == b[endB-1] {
		endA, endB = endA-1, endB-1
	}
	for endA < len(a) && (within(a, endA) || within(b, endB)) {
		endA, endB = endA+1, endB+1
	}
	return start, endA, endB
}

// within reports whether i lies inside of a character or an escape.
func within(s string, i int) bool {
	return i < len(s) && !utf8.RuneStart(s[i]) || i > 0 && i < len(s) && s[i-1] == '%' || i > 1 && i < len(s) && s[i-2] == '%'
}

// visible shows what a terminal would not, and keeps it from doing what it should
// not: control characters, blanks that are none; with ends, blanks at the ends.
func visible(s string, ends bool) string {
	var b strings.Builder
	trimmed := strings.Trim(s, " ")
	first := strings.Index(s, trimmed)
	last := first + len(trimmed)
	for i, width := 0, 0; i < len(s); i += width {
		c, w := utf8.DecodeRuneInString(s[i:])
		width = w
		switch {
		case c == ' ' && ends && (i < first || i >= last || trimmed == ""):
			b.WriteRune('·')
		case c == '\t':
			b.WriteRune('→')
		case c == '\r':
			b.WriteRune('␍')
		case c == utf8.RuneError && w == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case !strconv.IsPrint(c):
			b.WriteString(strings.Trim(strconv.QuoteRune(c), "'"))
		default:
			b.WriteRune(c)
		}
	}
	return b.String()
}

// visibleAround is visible of what stands before or after what differs, which
// has an end of the line on one side only.
func visibleAround(s string, atEnd bool) string {
	inner := strings.TrimRight(s, " ")
	if !atEnd {
		inner = strings.TrimLeft(s, " ")
		return strings.Repeat("·", len(s)-len(inner)) + visible(inner, false)
	}
	return visible(inner, false) + strings.Repeat("·", len(s)-len(inner))
}

// wrap breaks a text at blanks.
func wrap(s, indent string, width int) string {
	var b strings.Builder
	column := 0
	for i, word := range strings.Fields(s) {
		n := utf8.RuneCountInString(word)
		switch {
		case i == 0:
			b.WriteString(indent)
			column = len(indent)
		case column+1+n > width:
			b.WriteString("\n" + indent)
			column = len(indent)
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += n
	}
	return b.String()
}
