package awsxml

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// node is an element, with the text of its own.
type node struct {
	Name, Text string
	Children   []node
}

// ours reads a document into nodes, token by token.
func ours(r io.Reader) (node, error) {
	d := NewDecoder(r, 1<<20)
	if d.next() != start {
		return node{}, d.End()
	}
	root := ourNode(d)
	if err := d.End(); err != nil {
		return node{}, err
	}
	return root, nil
}

func ourNode(d *Decoder) node {
	n := node{Name: string(d.local())}
	for {
		switch d.next() {
		case start:
			n.Children = append(n.Children, ourNode(d))
		case text:
			n.Text += string(d.run)
		default:
			return n
		}
	}
}

// walk reads the current element as callers do, who want its text or its children, and
// compares it with the node that it is.
func walk(t *testing.T, d *Decoder, want node) {
	if len(want.Children) == 0 {
		if got := d.Text(); got != want.Text {
			t.Errorf("<%s> has the text %q, want %q", want.Name, got, want.Text)
		}
		return
	}
	i := 0
	for name := range d.Children {
		switch {
		case i == len(want.Children):
			t.Fatalf("<%s> has more children than %d", want.Name, i)
		case string(name) != want.Children[i].Name:
			t.Fatalf("<%s> has the child <%s>, want <%s>", want.Name, name, want.Children[i].Name)
		case i%3 != 2: // every third is skipped
			walk(t, d, want.Children[i])
		}
		i++
	}
	if i < len(want.Children) {
		t.Errorf("<%s> has %d children, want %d", want.Name, i, len(want.Children))
	}
}

// theirs reads a document with encoding/xml. It tells, too, whether it is of the kind
// that this package reads: encoding/xml does not mind several root elements, text
// around them, and more that is not well-formed or that AWS does not send.
func theirs(doc []byte) (root node, ofTheKind bool, err error) {
	d := xml.NewDecoder(strings.NewReader(strings.TrimPrefix(string(doc), "\uFEFF")))
	stack := []*node{{}}
	ofTheKind = !otherReference.Match(doc)
	first := true
	for {
		token, err := d.Token()
		if err == io.EOF {
			all := stack[0]
			ofTheKind = ofTheKind && len(all.Children) == 1 && strings.Trim(all.Text, " \t\r\n") == ""
			if len(all.Children) > 0 {
				root = all.Children[0]
			}
			return root, ofTheKind, nil
		} else if err != nil {
			return node{}, false, err
		}
		top := stack[len(stack)-1]
		switch token := token.(type) {
		case xml.StartElement:
			ofTheKind = ofTheKind && ascii(token.Name.Local+token.Name.Space) && len(stack) <= maxDepth
			for _, a := range token.Attr {
				ofTheKind = ofTheKind && ascii(a.Name.Local) && ascii(a.Name.Space)
			}
			top.Children = append(top.Children, node{Name: token.Name.Local})
			stack = append(stack, &top.Children[len(top.Children)-1])
		case xml.EndElement:
			stack = stack[:len(stack)-1]
		case xml.CharData:
			top.Text += string(token)
			if len(stack) == 1 && strings.Trim(string(token), " \t\r\n") == "" {
				continue // may precede the declaration
			}
			ofTheKind = ofTheKind && len(stack) > 1
		case xml.ProcInst:
			ofTheKind = ofTheKind && ascii(token.Target) && len(token.Target) > 0 &&
				(token.Target != "xml" || first && declaration.Match(token.Inst))
		case xml.Directive:
			ofTheKind = false
		}
		first = false
	}
}

var (
	declaration = regexp.MustCompile(`^version=["']1\.0["'](\s+encoding=["'](?i:utf-8)["'])?\s*$`)

	// otherReference is the number of what may be a surrogate, which is no character.
	otherReference = regexp.MustCompile(`&#(x0*[dD][89a-fA-F]|0*5[5-7])`)

	// controlReference is the number of a character that XML 1.0 does not allow.
	controlReference = regexp.MustCompile(`&#(x0*1?[0-9a-fA-F]|0*[1-3]?[0-9]|x0*[fF]{3}[eEfF]|0*6553[45]);`)
)

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// FuzzAgainstEncodingXML holds the decoder against encoding/xml. What it accepts the
// other accepts, and has in it the same elements and texts; and what the other accepts
// it accepts, too, where it is of the kind. How the reader cuts a document makes no
// difference, nor does how the caller reads it.
func FuzzAgainstEncodingXML(f *testing.F) {
	files, err := filepath.Glob("testdata/*.xml")
	if err != nil || len(files) == 0 {
		f.Fatal("no documents in testdata: ", err)
	}
	for _, name := range files {
		doc, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(doc)
	}
	for _, doc := range []string{
		whole,
		"<a>1\r2\r\n3\n4\r\r5<![CDATA[\r\n]] ]]></a>",
		"<a b='&#65;\r\n' c=\"'\"d='\"'>&#x41;&lt;<b/>]] ></a >\n<!-- --->",
		"<a:b xmlns:a='x'><:c/><d:/></a:b>",
		"<a><b><c/></b><!----><b>x</b></a>",
		"<a/><?xml version='1.0'?>",
	} {
		f.Add([]byte(doc))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		if len(doc) >= maxToken {
			return
		}
		got, err := ours(bytes.NewReader(doc))
		again, errAgain := ours(iotest.OneByteReader(bytes.NewReader(doc)))
		if diff := cmp.Diff(got, again); diff != "" || says(err) != says(errAgain) {
			t.Fatalf("byte by byte: %s%v, want %v", diff, errAgain, err)
		}
		want, ofTheKind, theirErr := theirs(doc)
		if err != nil {
			if theirErr == nil && ofTheKind && !errors.Is(err, ErrTooLarge) {
				t.Fatalf("refused, and encoding/xml accepts it: %v", err)
			}
			return
		}
		if theirErr != nil {
			if controlReference.Match(doc) {
				return
			}
			t.Fatalf("accepted, and encoding/xml says: %v", theirErr)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("not as encoding/xml reads it (-want +got)\n%s", diff)
		}
		d := NewDecoder(bytes.NewReader(doc), int64(len(doc)))
		d.Root(want.Name)
		walk(t, d, want)
		if err := d.End(); err != nil {
			t.Error(err)
		}
		d = NewDecoder(bytes.NewReader(doc), int64(len(doc)))
		d.Root(want.Name)
		if got := d.Text(); got != want.Text {
			t.Errorf("the root element has the text %q, want %q", got, want.Text)
		}
	})
}

func says(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func FuzzAppendText(f *testing.F) {
	f.Add("a<b>&\"'\r\n\t]]>\u0085\uFFFE\x00")
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > maxToken/6 {
			return
		}
		got, err := read(string(AppendElement([]byte(Header), "a", s)))
		if err != nil {
			t.Fatal(err)
		}
		if ValidText(s) != (got == s) {
			t.Errorf("%q is read back as %q; valid: %v", s, got, ValidText(s))
		}
		var buf strings.Builder
		xml.EscapeText(&buf, []byte(s))
		if want := buf.String(); want != string(AppendText(nil, s)) {
			t.Errorf("%q, encoding/xml has %q", AppendText(nil, s), want)
		}
	})
}
