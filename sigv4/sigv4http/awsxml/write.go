package awsxml

import "unicode/utf8"

// Header is the declaration that a document begins with.
const Header = `<?xml version="1.0" encoding="UTF-8"?>` + "\n"

// AppendElement appends <name>text</name>, with what means something in XML escaped
// in the text. The name is not looked at.
func AppendElement(dst []byte, name, text string) []byte {
	dst = append(append(append(dst, '<'), name...), '>')
	dst = AppendText(dst, text)
	return append(append(append(dst, '<', '/'), name...), '>')
}

// AppendText appends a text, escaped. A reader gets it back as it is, line ends
// included. Bytes that XML has no way to write, see [ValidText], become U+FFFD.
func AppendText(dst []byte, text string) []byte {
	for _, r := range text {
		switch r {
		case '<':
			dst = append(dst, "&lt;"...)
		case '>':
			dst = append(dst, "&gt;"...)
		case '&':
			dst = append(dst, "&amp;"...)
		case '"':
			dst = append(dst, "&#34;"...)
		case '\'':
			dst = append(dst, "&#39;"...)
		case '\t':
			dst = append(dst, "&#x9;"...)
		case '\n':
			dst = append(dst, "&#xA;"...)
		case '\r':
			dst = append(dst, "&#xD;"...)
		default:
			if !isChar(r) {
				r = utf8.RuneError
			}
			dst = utf8.AppendRune(dst, r)
		}
	}
	return dst
}

// ValidText tells whether XML can write the text: whether it is UTF-8 without the
// characters that XML does not allow, most control characters among them. Keys of S3
// may have those.
func ValidText(text string) bool {
	for _, r := range text {
		if !isChar(r) {
			return false
		}
	}
	return utf8.ValidString(text)
}
