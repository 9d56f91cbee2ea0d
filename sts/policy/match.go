package policy

import "strings"

// A pattern is a text of a policy with its wildcards told apart from characters:
// characters are their code points, and the two wildcards are below zero.
type pattern []rune

const (
	anyText rune = -1 - iota // * stands for any characters, also none
	anyChar                  // ? stands for one character
)

// Bytes that are no UTF-8 become code points of their own, so that two different
// keys never look alike.
const invalidByte = 0x110000

// literal is a text without wildcards.
func literal(s string) pattern { return appendLiteral(nil, s) }

func appendLiteral(p pattern, s string) pattern {
	for i, r := range s {
		if r == '\uFFFD' && !strings.HasPrefix(s[i:], "\uFFFD") {
			r = invalidByte + rune(s[i])
		}
		p = append(p, r)
	}
	return p
}

// wildcards is a text in which * and ? are wildcards.
//
// IAM User Guide, "IAM JSON policy elements: Resource", Using wildcards in
// resource ARNs; the same in "Action" and under StringLike.
func wildcards(s string) pattern { return appendWildcards(nil, s) }

func appendWildcards(p pattern, s string) pattern {
	start := len(p)
	p = appendLiteral(p, s)
	for i := start; i < len(p); i++ {
		switch p[i] {
		case '*':
			p[i] = anyText
		case '?':
			p[i] = anyChar
		}
	}
	return p
}

// matches reports whether the whole of s fits. It takes time in proportion to
// both lengths multiplied, whatever the pattern: on a mismatch only the last *
// is tried again, for what an earlier one took can always be taken by it.
func (p pattern) matches(s string) bool {
	text := literal(s)
	i, star, from := 0, -1, 0
	for j := 0; j < len(text); {
		switch {
		case i < len(p) && p[i] == anyText:
			star, from = i, j
			i++
		case i < len(p) && (p[i] == anyChar || p[i] == text[j]):
			i++
			j++
		case star >= 0:
			from++
			i, j = star+1, from
		default:
			return false
		}
	}
	for i < len(p) && p[i] == anyText {
		i++
	}
	return i == len(p)
}

// isOpen reports whether a text has a wildcard.
func isOpen(s string) bool { return strings.ContainsAny(s, "*?") }

// expand replaces the policy variables of a text: "${aws:username}" by its value
// in the request, "${aws:username, 'none'}" by the value or else the default,
// "${*}", "${?}" and "${$}" by the character. What is put in is no pattern. If wild,
// * and ? elsewhere are wildcards. It fails if a variable has no value, or more
// than one.
//
// IAM User Guide, "IAM policy elements: Variables and tags": Using variables in
// policies, Specifying default values, Request information that you can use for
// policy variables, Special characters.
func (c context) expand(s string, wild bool) (pattern, bool) {
	add := appendLiteral
	if wild {
		add = appendWildcards
	}
	var p pattern
	for c.variables {
		before, rest, ok := strings.Cut(s, "${")
		if !ok {
			break
		}
		inner, after, ok := strings.Cut(rest, "}")
		if !ok {
			break
		}
		value, ok := c.variable(inner)
		if !ok {
			return nil, false
		}
		p = appendLiteral(add(p, before), value)
		s = after
	}
	return add(p, s), true
}

// variable is the value of what stands between "${" and "}".
func (c context) variable(inner string) (string, bool) {
	if inner == "*" || inner == "?" || inner == "$" {
		return inner, true
	}
	name, fallback, hasFallback := strings.Cut(inner, ",")
	if values := c.values(strings.TrimSpace(name)); len(values) == 1 {
		return values[0], true
	} else if len(values) > 1 { // IAM takes single-valued keys only
		return "", false
	}
	fallback = strings.TrimSpace(fallback)
	if !hasFallback || len(fallback) < 2 || fallback[0] != '\'' || fallback[len(fallback)-1] != '\'' {
		return "", false
	}
	return fallback[1 : len(fallback)-1], true
}

// escape writes a text so that the policy language reads it as itself.
//
// IAM User Guide, "IAM policy elements: Variables and tags", Special characters.
func escape(s string) string { return escaper.Replace(s) }

var escaper = strings.NewReplacer("*", "${*}", "?", "${?}", "$", "${$}")
