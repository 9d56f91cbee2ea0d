package awsxml

import (
	"bytes"
	"io"
	"strings"
)

// token is what the decoder has come to.
type token byte

const (
	none  token = iota // nothing: the document has ended, or something is wrong
	start              // an element that begins; it is the last on the stack
	text               // character data: d.run
	end                // an element that ends; it is off the stack
)

var (
	byteOrderMark = []byte("\uFEFF")
	beginComment  = []byte("<!--")
	beginCDATA    = []byte("<![CDATA[")
	endCDATA      = []byte("]]>")
)

// next goes on to the next token. The grammar is that of Extensible Markup Language
// (XML) 1.0, "2.1 Well-Formed XML Documents".
func (d *Decoder) next() token {
	d.unread = false
	if d.selfClosed {
		d.selfClosed = false
		d.pop()
		return end
	}
	for d.err == nil {
		w := d.in.window()
		if len(d.stack) == 0 {
			if n := d.between(w); n > 0 {
				d.in.pos += n
				continue
			}
			if d.done && len(w) == 0 && d.in.err == io.EOF {
				return none
			}
		}
		switch {
		case len(w) == 0:
			d.short(w, "the end of <"+clip(d.local())+">")
		case w[0] != '<':
			return d.text(w, 0, '<', 0)
		case len(w) == 1:
			d.short(w, "a tag")
		case w[1] == '/':
			return d.endTag(w)
		case w[1] == '?':
			d.instruction(w)
		case w[1] != '!':
			return d.startTag(w)
		case bytes.HasPrefix(w, beginComment):
			d.comment(w)
		case bytes.HasPrefix(w, beginCDATA):
			return d.text(w, len(beginCDATA), ']', len(endCDATA))
		case len(w) < len(beginCDATA):
			d.short(w, "the rest of <!")
		default:
			// What a document type declares may be fetched from elsewhere, or grow
			// without bound when it is expanded.
			d.fail(0, "<! begins neither a comment nor CDATA; a DOCTYPE is refused")
		}
	}
	return none
}

// between gives the length of what w begins with and means nothing between the
// markup outside the root element: white space, and the byte order mark. S3 sends
// the former, even before the declaration, to keep a connection alive while it works
// (Amazon S3 API Reference, "CompleteMultipartUpload").
func (d *Decoder) between(w []byte) int {
	if d.in.offset() == 0 && bytes.HasPrefix(w, byteOrderMark) {
		return len(byteOrderMark)
	}
	return skipSpace(w, 0)
}

// skipSpace gives where in w the white space that begins at i has ended.
func skipSpace(w []byte, i int) int {
	for i < len(w) && (w[i] == ' ' || w[i] == '\n' || w[i] == '\r' || w[i] == '\t') {
		i++
	}
	return i
}

// text reads a run of text that begins at i and ends with the given delimiter, of
// which the size is not to be read again.
func (d *Decoder) text(w []byte, i int, delimiter byte, size int) token {
	if len(d.stack) == 0 {
		d.fail(0, "text outside the root element")
		return none
	}
	run, next := d.characters(w, i, delimiter)
	if next == 0 {
		return none
	}
	d.run = run
	d.in.pos += next + size
	return text
}

// startTag reads <name attribute="value"> and <name/> (XML 1.0, "3.1 Start-Tags,
// End-Tags, and Empty-Element Tags").
func (d *Decoder) startTag(w []byte) token {
	name, local := d.name(w, 1)
	for i := 1 + len(name); d.err == nil; {
		i = skipSpace(w, i)
		switch {
		case i < len(w) && w[i] == '>', i+1 < len(w) && w[i] == '/' && w[i+1] == '>':
			d.selfClosed = w[i] == '/'
			return d.startElement(name, local, i)
		case i+1 >= len(w):
			d.short(w, "the > of a tag")
		default:
			_, _, i = d.attribute(w, i)
		}
	}
	return none
}

// startElement goes into an element, whose tag is closed at i of the window.
func (d *Decoder) startElement(name, local []byte, i int) token {
	switch {
	case d.done:
		d.fail(0, "a second root element")
		return none
	case len(d.stack) == maxDepth:
		d.tooLarge("more than %d elements in each other", maxDepth)
		return none
	}
	d.push(name, local)
	d.in.pos += i + 1
	if d.selfClosed {
		d.in.pos++
	}
	d.began, d.unread = true, true
	return start
}

// attribute reads the attribute that begins at i and gives where it has ended.
func (d *Decoder) attribute(w []byte, i int) (name, value []byte, next int) {
	name, _ = d.name(w, i)
	i = skipSpace(w, i+len(name))
	switch {
	case d.err != nil:
		return nil, nil, 0
	case i < len(w) && w[i] != '=':
		d.fail(i, "%q where = was expected", w[i])
		return nil, nil, 0
	}
	i = skipSpace(w, i+1)
	switch {
	case i >= len(w):
		d.short(w, "the value of an attribute")
		return nil, nil, 0
	case w[i] != '"' && w[i] != '\'':
		d.fail(i, "%q where a quoted value was expected", w[i])
		return nil, nil, 0
	}
	value, next = d.characters(w, i+1, w[i])
	return name, value, next + 1
}

// endTag reads </name>.
func (d *Decoder) endTag(w []byte) token {
	if len(d.stack) > 0 && d.closes(w) {
		return end
	}
	name, _ := d.name(w, 2)
	i := skipSpace(w, 2+len(name))
	switch {
	case d.err != nil:
	case i == len(w):
		d.short(w, "the > of a tag")
	case w[i] != '>':
		d.fail(i, "%q where > was expected", w[i])
	case len(d.stack) == 0:
		d.fail(0, "</%s> outside the root element", clip(name))
	case !bytes.Equal(name, d.top()):
		d.fail(0, "</%s> where </%s> was expected", clip(name), clip(d.top()))
	default:
		d.in.pos += i + 1
		d.pop()
		return end
	}
	return none
}

// closes goes out of the element if w begins with its end tag, as all write it.
func (d *Decoder) closes(w []byte) bool {
	name := d.top()
	n := 2 + len(name)
	if len(w) <= n || w[0] != '<' || w[1] != '/' || w[n] != '>' || !bytes.Equal(w[2:n], name) {
		return false
	}
	d.in.pos += n + 1
	d.pop()
	return true
}

// comment skips a comment (XML 1.0, "2.5 Comments").
func (d *Decoder) comment(w []byte) {
	i := bytes.Index(w[len(beginComment):], []byte("--")) + len(beginComment)
	switch {
	case i < len(beginComment), i+2 == len(w):
		d.short(w, "-->")
	case w[i+2] != '>':
		d.fail(i, "-- in a comment")
	default:
		d.in.pos += i + 3
		d.began = true
	}
}

// instruction skips a processing instruction (XML 1.0, "2.6 Processing
// Instructions"), or checks the XML declaration ("2.8 Prolog and Document Type
// Declaration").
func (d *Decoder) instruction(w []byte) {
	target, _ := d.name(w, 2)
	i := 2 + len(target)
	switch {
	case d.err != nil:
		return
	case string(target) != "xml":
		n := bytes.Index(w[i:], []byte("?>"))
		if n < 0 {
			d.short(w, "?>")
			return
		}
		i += n
	case d.began:
		d.fail(0, "an XML declaration that is not the document's beginning")
		return
	default:
		if i = d.declaration(w, i); d.err != nil {
			return
		}
	}
	d.in.pos += i + 2
	d.began = true
}

// declaration checks what the XML declaration says and gives where its ?> is.
func (d *Decoder) declaration(w []byte, i int) int {
	for d.err == nil {
		i = skipSpace(w, i)
		if i+1 >= len(w) {
			d.short(w, "?>")
			return i
		}
		if w[i] == '?' && w[i+1] == '>' {
			return i
		}
		name, value, next := d.attribute(w, i)
		switch {
		case string(name) == "version" && string(value) != "1.0":
			d.fail(i, "XML version %q, expected 1.0", clip(value))
		case string(name) == "encoding" && !strings.EqualFold(string(value), "UTF-8"):
			d.fail(i, "encoding %q, expected UTF-8", clip(value))
		}
		i = next
	}
	return i
}
