package awsxml

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// read gives the text of the root element a, and what was wrong with the document.
func read(doc string) (string, error) {
	d := NewDecoder(strings.NewReader(doc), 1<<20)
	d.Root("a")
	got := d.Text()
	return got, d.End()
}

func TestText(t *testing.T) {
	for _, tt := range []struct{ name, doc, want string }{
		{"plain", "<a>text</a>", "text"},
		{"empty", "<a></a>", ""},
		{"empty element", "<a/>", ""},
		{"white space in tags", "<a\n x = '1'\ty=\"2\" >text</a\r\n>", "text"},
		{"predefined entities", "<a>&lt;&gt;&amp;&apos;&quot;</a>", `<>&'"`},
		{"character references", "<a>&#65;&#x42;&#x1F600;&#" + strings.Repeat("0", 99) + "67;&#13;&#xA;</a>", "AB😀C\r\n"},
		{"references to control characters, as S3 writes them of keys", "<a>&#x1;&#27;&#x1f;&#xFFFE;</a>", "\x01\x1b\x1f\uFFFE"},
		{"an entity is expanded once", "<a>&amp;lt;</a>", "&lt;"},
		{"CDATA", "<a>x<![CDATA[<b>&amp;]] ]>]]>y</a>", "x<b>&amp;]] ]>y"},
		{"comments", "<a>x<!-- <b> & -->y</a><!--> -->", "xy"},
		{"instructions", "<?b?><a>x<?c <d> ?>y</a><?e f?>", "xy"},
		{"of a child nothing", "<a>x<b>no<c>no</c></b>y</a>", "xy"},
		{"ends of lines", "<a>1\r2\r\n3\n4\r\r5<![CDATA[\r\n]]></a>", "1\n2\n3\n4\n\n5\n"},
		{"declaration", "<?xml version=\"1.0\" encoding='utf-8' standalone=\"yes\" ?>\n<a>ä</a>\n", "ä"},
		{"white space that keeps the connection alive", " \n \n<?xml version=\"1.0\"?>  \n <a>x</a>", "x"},
		{"byte order mark", "\uFEFF<?xml version=\"1.0\"?><a>x</a>", "x"},
		{"a byte order mark in text is a character", "<a>\uFEFFx</a>", "\uFEFFx"},
		{"prefix", "<n:a xmlns:n='urn:n'>x</n:a>", "x"},
		{"references and quotes in attributes", `<a x="&lt;'>]]>" y='"'>x</a>`, "x"},
		{"quotes, brackets", `<a>"]'] ]></a>`, `"]'] ]>`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got, err := read(tt.doc); err != nil || got != tt.want {
				t.Errorf("%q, %v, want %q", got, err, tt.want)
			}
		})
	}
}

func TestSyntaxErrors(t *testing.T) {
	for _, tt := range []struct {
		doc    string
		offset int64
		want   string
	}{
		{"<a></b>", 3, "</b> where </a> was expected"},
		{"<a></A>", 3, "</A> where </a> was expected"},
		{"<x:a></y:a>", 5, "</y:a> where </x:a> was expected"},
		{"<html>", 6, "the root element is <html>, expected <a>"},
		{"x<a/>", 0, "text outside the root element"},
		{"<a/>x", 4, "text outside the root element"},
		{"<a/><![CDATA[]]>", 4, "text outside the root element"},
		{"<a/><a/>", 4, "a second root element"},
		{"<a/></a>", 4, "</a> outside the root element"},
		{"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", 0, "DOCTYPE is refused"},
		{"<a>&b;</a>", 3, "& begins none of"},
		{"<a>&amp</a>", 3, "& begins none of"},
		{"<a>&#0;</a>", 3, "& begins none of"},
		{"<a>&#xD800;</a>", 3, "& begins none of"},
		{"<a>&#x110000;</a>", 3, "& begins none of"},
		{"<a>&#x;&#+1;</a>", 3, "& begins none of"},
		{"<a>x]]></a>", 4, "]]> outside a CDATA section"},
		{"<a>\x01</a>", 3, "the character U+0001, which XML does not allow"},
		{"<a>\uFFFE</a>", 3, "the character U+FFFE"},
		{"<a><![CDATA[\xff]]></a>", 12, "the byte 0xff where UTF-8 was expected"},
		{"<a b='<'/>", 6, "< in the value of an attribute"},
		{"<a b='&c;'/>", 6, "& begins none of"},
		{"<a b=c/>", 5, "'c' where a quoted value was expected"},
		{"<a b/>", 4, "'/' where = was expected"},
		{"<a / >", 3, "'/' where a name was expected"},
		{"<1a/>", 1, "'1' where a name was expected"},
		{"< a/>", 1, "' ' where a name was expected"},
		{"<ä/>", 1, "where a name was expected"},
		{"<aä/>", 2, "a name that is not ASCII"},
		{"<a:b:c/>", 1, "a name with two colons"},
		{"<a><!-- -- --></a>", 8, "-- in a comment"},
		{"<a/><?xml version='1.0'?>", 4, "not the document's beginning"},
		{"<!-- --><?xml version='1.0'?><a/>", 8, "not the document's beginning"},
		{"<?xml version='1.1'?><a/>", 6, `XML version "1.1", expected 1.0`},
		{"<?xml version='1.0' encoding='ISO-8859-1'?><a/>", 20, `encoding "ISO-8859-1", expected UTF-8`},
	} {
		t.Run(tt.doc, func(t *testing.T) {
			_, err := read(tt.doc)
			var syntax *SyntaxError
			if !errors.As(err, &syntax) || syntax.Offset != tt.offset || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %q at %d", err, tt.want, tt.offset)
			}
			if errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("%v is said to break off", err)
			}
		})
	}
}

const whole = "\uFEFF<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<!-- c --><?i j?>" +
	"<n:a xmlns:n=\"&lt;\">&amp;ä<b c='d'/><![CDATA[e]]><!-- f --><?g h?></n:a>"

func TestADocumentThatBreaksOffIsNoDocument(t *testing.T) {
	for n := range len(whole) {
		if 0 < n && n < len(byteOrderMark) {
			continue // which may be anything
		}
		_, err := read(whole[:n])
		if !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%q: %v, want io.ErrUnexpectedEOF in its chain", whole[:n], err)
		}
	}
	if got, err := read(whole); err != nil || got != "&äe" {
		t.Errorf("the whole document: %q, %v", got, err)
	}
}

func TestTheReadersErrorIsGivenAsItIs(t *testing.T) {
	broken := errors.New("connection reset")
	d := NewDecoder(io.MultiReader(strings.NewReader("<a><b>1</b>"), iotest.ErrReader(broken)), 100)
	d.Root("a")
	n := 0
	for range d.Children {
		n += d.Int()
	}
	if err := d.End(); err != broken || n != 1 {
		t.Errorf("%d children's sum and %v, want 1 and %v", n, err, broken)
	}
	d = NewDecoder(emptyReader{}, 100)
	if d.Root("a"); d.End() != io.ErrNoProgress {
		t.Errorf("%v, want %v", d.End(), io.ErrNoProgress)
	}
}

type emptyReader struct{}

func (emptyReader) Read([]byte) (int, error) { return 0, nil }

func TestLimits(t *testing.T) {
	long := strings.Repeat("x", maxToken)
	for _, tt := range []struct {
		name, doc string
		max       int64
		large     bool
	}{
		{"as long as allowed", "<a>x</a>", 8, false},
		{"longer by a byte", "<a>x</a>", 7, true},
		{"longer by white space", "<a>x</a> ", 8, true},
		{"nothing allowed", "<a/>", 0, true},
		{"as deep as allowed", nested(maxDepth), 1 << 20, false},
		{"deeper by one", nested(maxDepth + 1), 1 << 20, true},
		{"a text as long as allowed", "<a>" + long[1:] + "</a>", 1 << 20, false},
		{"a longer text", "<a>" + long + "</a>", 1 << 20, true},
		{"a longer text in pieces", "<a>" + long[1:] + "<![CDATA[xx]]></a>", 1 << 20, true},
		{"a longer tag", "<a x='" + long + "'/>", 1 << 20, true},
		{"a longer name", "<" + long + "/>", 1 << 20, true},
		{"a longer comment", "<!--" + long + "--><a/>", 1 << 20, true},
		{"white space of any length outside", strings.Repeat(" ", 3*maxToken) + "<a/>" + strings.Repeat("\n", 3*maxToken), 1 << 20, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for name, r := range map[string]io.Reader{
				"whole":     strings.NewReader(tt.doc),
				"in halves": iotest.HalfReader(strings.NewReader(tt.doc)),
				"in bytes":  iotest.OneByteReader(strings.NewReader(tt.doc)),
				"EOF early": iotest.DataErrReader(strings.NewReader(tt.doc)),
			} {
				d := NewDecoder(r, tt.max)
				d.Root("a")
				d.Bytes()
				if err := d.End(); errors.Is(err, ErrTooLarge) != tt.large || !tt.large && err != nil {
					t.Errorf("%s: %v, want too large: %v", name, err, tt.large)
				}
			}
		})
	}
}

func nested(n int) string { return strings.Repeat("<a>", n) + strings.Repeat("</a>", n) }

func TestMemoryDoesNotGrowWithTheDocument(t *testing.T) {
	item := []byte("<b>" + strings.Repeat("x", 1000) + "</b>")
	d := NewDecoder(io.MultiReader(strings.NewReader("<a>"), iotest.HalfReader(bytes.NewReader(bytes.Repeat(item, 10_000))), strings.NewReader("</a>")), 1<<30)
	d.Root("a")
	n := 0
	for range d.Children {
		n += len(d.Bytes())
	}
	if err := d.End(); err != nil || n != 10_000_000 {
		t.Fatalf("%d bytes, %v", n, err)
	}
	if len(d.in.buf) > lastBuffer {
		t.Errorf("the buffer has %d bytes, want at most %d", len(d.in.buf), lastBuffer)
	}
}

// TestChildren reads some children, parts of others and others not at all.
func TestChildren(t *testing.T) {
	const doc = `<a>1<b>2<c>3</c>4</b><d/><b><c>5<e>6</e></c><c>7</c></b><f><f>8</f></f>9</a>`
	d := NewDecoder(strings.NewReader(doc), 1000)
	var got []string
	d.Root("z", "a")
	for name := range d.Children {
		got = append(got, string(name))
		if string(name) != "b" {
			continue
		}
		for range d.Children {
			got = append(got, d.Text())
			break
		}
	}
	if err := d.End(); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff([]string{"b", "3", "d", "b", "5", "f"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestAnElementIsReadOnce(t *testing.T) {
	for name, misuse := range map[string]func(d *Decoder){
		"before the root":     func(d *Decoder) { d.Text() },
		"twice":               func(d *Decoder) { d.Root("a"); d.Text(); d.Text() },
		"children after text": func(d *Decoder) { d.Root("a"); d.Text(); d.Children(func([]byte) bool { return true }) },
	} {
		d := NewDecoder(strings.NewReader("<a>x</a>"), 100)
		if misuse(d); d.End() == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestValues(t *testing.T) {
	type values struct {
		Int   int
		Int64 int64
		Bool  bool
		Time  time.Time
	}
	decode := func(doc string) (v values, err error) {
		d := NewDecoder(strings.NewReader(doc), 1000)
		d.Root("a")
		for name := range d.Children {
			switch string(name) {
			case "Int":
				v.Int = d.Int()
			case "Int64":
				v.Int64 = d.Int64()
			case "Bool":
				v.Bool = d.Bool()
			case "Time":
				v.Time = d.Time()
			}
		}
		return v, d.End()
	}
	for doc, want := range map[string]values{
		"<a><Int>-1</Int><Int64>9223372036854775807</Int64><Bool>true</Bool><Time>2009-10-12T17:50:30.000Z</Time></a>": {
			-1, 1<<63 - 1, true, time.Date(2009, 10, 12, 17, 50, 30, 0, time.UTC)},
		"<a><Int/><Int64></Int64><Bool/><Time/></a>": {},
		"<a><Int>\n1 </Int><Bool> false</Bool><Time> 2009-10-12T17:50:30Z\n</Time><Int64>&#50;</Int64></a>": {
			1, 2, false, time.Date(2009, 10, 12, 17, 50, 30, 0, time.UTC)},
	} {
		if got, err := decode(doc); err != nil || got != want {
			t.Errorf("%s: %v, %v, want %v", doc, got, err, want)
		}
	}
	for doc, want := range map[string]string{
		"<a><Int>x</Int></a>":                               `<Int> is "x", expected an integer`,
		"<a><Int64>9223372036854775808</Int64></a>":         `<Int64> is "9223372036854775808", expected an integer`,
		"<a><n:Bool>yes</n:Bool></a>":                       `<Bool> is "yes", expected true or false`,
		"<a><Time>12.10.2009</Time><Int>1</Int></a>":        `<Time> is "12.10.2009", expected a time`,
		"<a><Int>" + strings.Repeat("9", 99) + "</Int></a>": strings.Repeat("9", 64) + "…",
	} {
		if _, err := decode(doc); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", doc, err, want)
		}
	}
}

func TestReadingTakesNoMemoryOfItsOwn(t *testing.T) {
	doc := []byte("<a><b>1</b><b>2009-10-12T17:50:30.000Z</b><b>true</b><b>&quot;x&quot;</b></a>")
	r := bytes.NewReader(doc)
	d := NewDecoder(r, 1000)
	got := testing.AllocsPerRun(100, func() {
		r.Reset(doc)
		*d = Decoder{in: input{r: r, buf: d.in.buf, most: 1000}, stack: d.stack[:0], names: d.names[:0], decoded: d.decoded, value: d.value}
		i := 0
		d.Root("a")
		for range d.Children {
			switch i++; i {
			case 1:
				d.Int()
			case 2:
				d.Time()
			case 3:
				d.Bool()
			case 4:
				d.Bytes()
			}
		}
		if err := d.End(); err != nil || i != 4 {
			t.Fatal(i, err)
		}
	})
	if got > 0 {
		t.Errorf("%v allocations, want none", got)
	}
}
