package awsxml

import (
	"io"
	"strings"
)

// maxDepth bounds how many elements are in each other. S3's documents have six.
const maxDepth = 64

// Decoder goes through a document once, element by element. The first error ends
// it: from there on there are no children, and all values are empty. So a caller
// may ask for the error once, with [Decoder.End].
type Decoder struct {
	in  input
	err error

	stack      []element // those that the decoder is in
	names      []byte    // their names, one behind the other
	began      bool      // there was markup: the XML declaration may not come any more
	done       bool      // the root element has ended
	selfClosed bool      // the current element ends with its start tag
	unread     bool      // of the current element only the start tag was read

	run     []byte // a run of text, valid until the next token
	decoded []byte // where that is if it does not stand so in the document
	value   []byte // the text of an element that has several runs
}

// element is where its name stands in names, and where that goes on behind the
// prefix.
type element struct{ name, local int }

// NewDecoder gives a decoder of the document that r has, which may be maxBytes
// long. The document is to end with the reader: the decoder reads up to 128 KiB
// ahead of what it gives.
func NewDecoder(r io.Reader, maxBytes int64) *Decoder {
	return &Decoder{in: input{r: r, most: maxBytes}}
}

// Root goes to the root element and gives its name, which must be one of names: a
// document with another one is something else's answer.
func (d *Decoder) Root(names ...string) string {
	if d.next() != start {
		return ""
	}
	for _, name := range names {
		if string(d.local()) == name {
			return name
		}
	}
	d.fail(0, "the root element is <%s>, expected <%s>", clip(d.local()), strings.Join(names, "> or <"))
	return ""
}

// Children goes through the elements in the current one: that of Root, or that of
// the loop around. It is there to be ranged over:
//
//	for name := range d.Children {
//
// The name is without prefix, and valid until the decoder is used. What the loop's
// body does not read of the child, text or children, is skipped.
func (d *Decoder) Children(yield func(name []byte) bool) {
	if !d.take() {
		return
	}
	for depth := len(d.stack); ; {
		switch d.next() {
		case start:
			if len(d.stack) == depth+1 && !yield(d.local()) {
				return
			}
		case end:
			if len(d.stack) < depth {
				return
			}
		case none:
			return
		}
	}
}

// Bytes reads the text of the current element, without that of its children. It is
// valid until the decoder is used again.
func (d *Decoder) Bytes() []byte {
	if !d.take() {
		return nil
	}
	d.value = d.value[:0]
	for depth := len(d.stack); ; {
		switch d.next() {
		case text:
			if len(d.stack) > depth {
				continue
			}
			if len(d.value) == 0 && d.closes(d.in.buf[d.in.pos:d.in.end]) {
				return d.run // as nearly always
			}
			if len(d.value)+len(d.run) > maxToken {
				d.tooLarge("<%s> has a text of more than %d bytes", clip(d.local()), maxToken)
				return nil
			}
			d.value = append(d.value, d.run...)
		case end:
			if len(d.stack) < depth {
				return d.value
			}
		case none:
			return nil
		}
	}
}

// Text is Bytes as a string of its own.
func (d *Decoder) Text() string { return string(d.Bytes()) }

// End reads the document to its end and gives what was wrong with it: a
// [*SyntaxError], [ErrTooLarge], or what the reader said.
func (d *Decoder) End() error {
	for d.next() != none {
	}
	return d.err
}

// take notes that the current element is read now, which is possible once.
func (d *Decoder) take() bool {
	if !d.unread {
		d.fail(0, "the program reads an element that it has read before, or none") // its mistake, not the document's
	}
	d.unread = false
	return d.err == nil
}

// local gives the name of the current element, without prefix.
func (d *Decoder) local() []byte {
	if len(d.stack) == 0 {
		return nil
	}
	return d.names[d.stack[len(d.stack)-1].local:]
}

// push goes into an element, of which local is the name behind the prefix.
func (d *Decoder) push(name, local []byte) {
	d.stack = append(d.stack, element{name: len(d.names), local: len(d.names) + len(name) - len(local)})
	d.names = append(d.names, name...)
}

// pop goes out of an element.
func (d *Decoder) pop() {
	last := len(d.stack) - 1
	d.names = d.names[:d.stack[last].name]
	d.stack = d.stack[:last]
	d.done = last == 0
}

// top gives the whole name of the element that the decoder is in.
func (d *Decoder) top() []byte { return d.names[d.stack[len(d.stack)-1].name:] }
