package awsxml

import (
	"bytes"
	"strconv"
	"unicode/utf8"
)

// plain are the characters of text that stand for themselves and end nothing; the
// others of ASCII, and those beyond, are looked at one by one.
var plain = func() (t [256]bool) {
	for c := byte(' '); c < utf8.RuneSelf; c++ {
		t[c] = c != '<' && c != '&' && c != ']' && c != '"' && c != '\''
	}
	t['\t'], t['\n'] = true, true
	return t
}()

// nameByte are the characters of names (XML 1.0, "2.3 Common Syntactic Constructs"),
// as far as they are ASCII.
var nameByte = func() (t [256]bool) {
	for c := byte(0); c < utf8.RuneSelf; c++ {
		t[c] = 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' ||
			c == '_' || c == ':' || c == '-' || c == '.'
	}
	return t
}()

// isChar is XML's Char (XML 1.0, "2.2 Characters").
func isChar(r rune) bool {
	return r == '\t' || r == '\n' || r == '\r' ||
		r >= ' ' && r <= 0xD7FF || r >= 0xE000 && r <= 0xFFFD || r >= 0x10000 && r <= 0x10FFFF
}

// name reads the name that begins at i. Its local part is what stands behind the
// prefix (Namespaces in XML 1.0, "4 Qualified Names").
func (d *Decoder) name(w []byte, i int) (name, local []byte) {
	j := i
	for j < len(w) && nameByte[w[j]] {
		j++
	}
	name = w[i:j]
	switch {
	case j == len(w):
		d.short(w, "the end of a name")
	case j == i, name[0] == '-', name[0] == '.', '0' <= name[0] && name[0] <= '9':
		d.fail(i, "%q where a name was expected", w[i])
	case w[j] >= utf8.RuneSelf:
		d.fail(j, "a name that is not ASCII")
	}
	colon := bytes.IndexByte(name, ':')
	if colon <= 0 || colon == len(name)-1 {
		return name, name
	}
	if bytes.IndexByte(name[colon+1:], ':') >= 0 {
		d.fail(i, "a name with two colons")
	}
	return name, name[colon+1:]
}

// characters reads the text that begins at i, and what its references stand for, up
// to the delimiter: < ends text between tags, ] a CDATA section (with ]> behind it),
// and a quotation mark the value of an attribute (XML 1.0, "2.4 Character Data and
// Markup", "2.7 CDATA Sections", "2.3 Common Syntactic Constructs"). It gives where
// the delimiter is.
func (d *Decoder) characters(w []byte, i int, delimiter byte) (text []byte, next int) {
	first, from := i, i // w[from:i] stands for itself and is not in out yet
	out := d.decoded[:0]
	for d.err == nil {
		for i < len(w) && plain[w[i]] {
			i++
		}
		if i == len(w) {
			d.short(w, "the end of a text")
			break
		}
		var r rune
		size := 1 // of what stands for r, if that is not 0
		switch c := w[i]; {
		case c == delimiter && (c != ']' || bytes.HasPrefix(w[i:], endCDATA)):
			if from == first {
				return w[first:i], i
			}
			d.decoded = append(out, w[from:i]...)
			return d.decoded, i
		case c == '&' && delimiter != ']':
			r, size = d.reference(w, i)
		case c == '\r': // XML 1.0, "2.11 End-of-Line Handling"
			r = '\n'
			if bytes.HasPrefix(w[i+1:], []byte("\n")) {
				size = 2
			}
		case c == ']' && delimiter == '<' && bytes.HasPrefix(w[i:], endCDATA):
			d.fail(i, "]]> outside a CDATA section")
		case c == '<' && delimiter != ']':
			d.fail(i, "< in the value of an attribute")
		default:
			i += d.character(w, i)
		}
		if r != 0 {
			out = utf8.AppendRune(append(out, w[from:i]...), r)
			i += size
			from = i
		}
	}
	return nil, 0
}

// character gives the length of the character w[i:].
func (d *Decoder) character(w []byte, i int) int {
	r, size := utf8.DecodeRune(w[i:])
	switch {
	case r == utf8.RuneError && size == 1 && !utf8.FullRune(w[i:]):
		d.short(w, "the rest of a character")
	case r == utf8.RuneError && size == 1:
		d.fail(i, "the byte 0x%02x where UTF-8 was expected", w[i])
	case !isChar(r):
		d.fail(i, "the character %U, which XML does not allow", r)
	}
	return size
}

// reference reads the reference w[i:] (XML 1.0, "4.1 Character and Entity
// References"). There are no entities but those of "4.6 Predefined Entities".
func (d *Decoder) reference(w []byte, i int) (r rune, size int) {
	j := i + 1
	for j < len(w) && (nameByte[w[j]] || w[j] == '#') {
		j++
	}
	if j == len(w) {
		d.short(w, "the ; of a reference")
		return 0, 0
	}
	if name := w[i+1 : j]; w[j] == ';' {
		switch string(name) {
		case "lt":
			r = '<'
		case "gt":
			r = '>'
		case "amp":
			r = '&'
		case "apos":
			r = '\''
		case "quot":
			r = '"'
		default:
			r = number(name)
		}
	}
	if r == 0 {
		d.fail(i, "& begins none of &lt; &gt; &amp; &apos; &quot; and no number of a character")
	}
	return r, j + 1 - i
}

// number gives the character that #65 or #x41 stands for, 0 if it is none. It may be
// one that XML 1.0 does not allow, which XML 1.1 does in a reference: S3 writes keys
// with control characters so where an operation has no encoding-type, such as
// "CreateMultipartUpload" and "ListParts" (github.com/aws/aws-sdk-php issue 169).
func number(name []byte) rune {
	digits, ok := bytes.CutPrefix(name, []byte("#"))
	if !ok {
		return 0
	}
	base := 10
	if hex, ok := bytes.CutPrefix(digits, []byte("x")); ok {
		digits, base = hex, 16
	}
	n, err := strconv.ParseUint(string(digits), base, 32)
	if err != nil || n > utf8.MaxRune || !utf8.ValidRune(rune(n)) {
		return 0
	}
	return rune(n)
}
