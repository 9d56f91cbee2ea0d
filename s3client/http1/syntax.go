package http1

// What a byte may be part of.
const (
	visible = 1 << iota // VCHAR (RFC 5234, appendix B.1)
	inToken             // tchar (RFC 9110, section 5.6.2)
	inValue             // field-vchar, SP and HTAB (section 5.5)
	inHost              // of a host name or an address, and a port
)

var classes = func() (classes [256]uint8) {
	for c := range classes {
		letter := 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9'
		if c > ' ' && c < 0x7f {
			classes[c] |= visible
		}
		if c >= ' ' && c != 0x7f || c == '\t' {
			classes[c] |= inValue
		}
		if letter {
			classes[c] |= inToken | inHost
		}
	}
	for _, c := range []byte("!#$%&'*+-.^_`|~") {
		classes[c] |= inToken
	}
	for _, c := range []byte("-._:[]") {
		classes[c] |= inHost
	}
	return classes
}()

func areAll(b []byte, class uint8) bool {
	for _, c := range b {
		if classes[c]&class == 0 {
			return false
		}
	}
	return true
}

// canonicalise gives a field's name the form that it has in an [http.Header], and
// reports whether it is one.
func canonicalise(name []byte) bool {
	first := true
	for i, c := range name {
		if classes[c]&inToken == 0 {
			return false
		}
		if first && 'a' <= c && c <= 'z' || !first && 'A' <= c && c <= 'Z' {
			name[i] = c ^ 0x20
		}
		first = c == '-'
	}
	return len(name) > 0
}
