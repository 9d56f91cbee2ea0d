package testvectors

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

// minimal is a text of one case that the parser accepts.
const minimal = `# remark
default region us-east-1
default normalize-path yes

case one
source here
access-key A
secret-key S
service s
time 20150830T123600Z
method GET
target /
header Host:h
double-encode yes
header-canonical-request
| GET
| /
|
| host:h
|
| host
| UNSIGNED-PAYLOAD
header-string-to-sign
| AWS4-HMAC-SHA256
| 20150830T123600Z
| 20150830/us-east-1/s/aws4_request
| 00
header-signature 0000000000000000000000000000000000000000000000000000000000000000
`

func minimalSuite() suite {
	return suite{family: "test", file: "test.txt", cases: 1, header: 1}
}

func TestParseMinimal(t *testing.T) {
	cases, err := minimalSuite().parse(minimal)
	if err != nil {
		t.Fatal(err)
	}
	c := cases[0]
	if c.Region != "us-east-1" || !c.NormalizePath || c.Header.SignedHeaders != "host" || c.PayloadHash != "UNSIGNED-PAYLOAD" ||
		!strings.HasPrefix(c.Header.CanonicalRequest, "GET\n/\n\nhost:h\n\n") || c.Query != nil || c.Body != nil || !c.SignToken {
		t.Errorf("read %+v, %+v", c, *c.Header)
	}
}

func TestParseQuoted(t *testing.T) {
	text := strings.Replace(minimal, "header Host:h\n", "header Host:h\nheader \"A: b\\r \"\nbody \"a\\r\\n\\xff \"\n", 1)
	cases, err := minimalSuite().parse(text)
	if err != nil {
		t.Fatal(err)
	}
	if c := cases[0]; string(c.Body) != "a\r\n\xff " || c.Headers[1] != [2]string{"A", " b\r "} {
		t.Errorf("read body %q, headers %q", c.Body, c.Headers)
	}
}

func TestParseRefuses(t *testing.T) {
	second := minimal[strings.Index(minimal, "case one"):]
	for _, tt := range []struct {
		name     string
		old, new string // what is replaced in minimal; old empty: new is appended
		want     string
	}{
		{"unknown key", "service s", "servise s", `test.txt:9: unknown key "servise" in case one`},
		{"unknown key at the end", "", "extra x\n", `unknown key "extra"`},
		{"unknown default", "default region", "default regio", `test.txt:2: no default can be given for "regio"`},
		{"default for a repeated key", "default region us-east-1", "default header a:b", "no default"},
		{"default twice", "default normalize-path yes", "default region x", "again, first in line 2"},
		{"default too late", "", "default region x\n", "default after the first record"},
		{"default without a value", "default region us-east-1", "default region", "without a value"},
		{"key before a record", "# remark", "source x", "before the first record"},
		{"record of another text", "", "policy two\n", `unknown key "policy"`},
		{"name twice", "", second, "test.txt:29: case one again, first in line 5"},
		{"no name", "case one", "case", "case without a name"},
		{"key twice", "service s", "service s\nservice s", "test.txt:10: key \"service\" again, first in line 9"},
		{"block twice", "", "header-string-to-sign\n| a\n", "again"},
		{"no value", "service s", "service", "without a value"},
		{"empty quoted value", "service s", `service ""`, "test.txt:9: case one: no service"},
		{"bad quotes", "service s", `service "s`, "not a quoted Go string"},
		{"missing key", "service s\n", "", "test.txt:5: case one: no service"},
		{"missing source", "source here\n", "", "no source"},
		{"missing flag", "double-encode yes\n", "", "no double-encode"},
		{"flag of another word", "double-encode yes", "double-encode true", "not yes or no"},
		{"bad time", "20150830T123600Z\nmethod", "2015-08-30\nmethod", "test.txt:10: case one: time"},
		{"no host", "header Host:h", "header Range:h", "0 Host headers"},
		{"two hosts", "header Host:h", "header Host:h\nheader host:h", "2 Host headers"},
		{"header without colon", "header Host:h", "header Host:h\nheader x", "header is not NAME:VALUE"},
		{"header of the signer", "header Host:h", "header Host:h\nheader X-Amz-Date:x", "the signer's to add"},
		{"sign-token alone", "double-encode yes", "double-encode yes\nsign-token no", "sign-token without session-token"},
		{"expires alone", "double-encode yes", "double-encode yes\nexpires 5", "expires without a query form"},
		{"no stage", "header-signature 0000000000000000000000000000000000000000000000000000000000000000\n", "", "no header-signature"},
		{"short signature", "header-signature 00", "header-signature 0", "64 digits"},
		{"upper case signature", "header-signature 00", "header-signature AA", "lowercase hex"},
		{"cut canonical request", "| host\n| UNSIGNED-PAYLOAD\n", "", "not a whole canonical request"},
		{"cut string to sign", "| 00\n", "", "has not four lines"},
		{"block without lines", "| AWS4-HMAC-SHA256\n| 20150830T123600Z\n| 20150830/us-east-1/s/aws4_request\n| 00\n", "", "no | lines after"},
		{"block on the key's line", "header-string-to-sign\n", "header-string-to-sign x\n", "belongs on | lines"},
		{"block lines without a key", "service s", "service s\n| x", "| line without a key"},
		{"block line torn off", "| 00\n", "\n| 00\n", "| line without a key"},
		{"no blank after bar", "| 00\n", "|00\n", "no blank after |"},
		{"carriage return", "service s\n", "service s\r\n", "test.txt:9: control character"},
		{"blank at the end", "service s\n", "service s \n", "blank at the end"},
		{"not UTF-8", "service s\n", "service \xff\n", "not UTF-8"},
		{"query without expires", "", "query-canonical-request\n| GET\n| /\n|\n| host:h\n|\n| host\n| UNSIGNED-PAYLOAD\n" +
			"query-string-to-sign\n| a\n| b\n| c\n| d\nquery-signature " + strings.Repeat("0", 64) + "\n", "no expires"},
		{"payloads differ", "", "expires 1\nquery-canonical-request\n| GET\n| /\n|\n| host:h\n|\n| host\n| OTHER\n" +
			"query-string-to-sign\n| a\n| b\n| c\n| d\nquery-signature " + strings.Repeat("0", 64) + "\n", "different payloads"},
		{"last line cut", "0000\n", "0000", "no line end"},
		{"one more", "", strings.Replace(second, "case one", "default2", 1), "unknown key"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text := minimal + tt.new
			if tt.old != "" {
				if !strings.Contains(minimal, tt.old) {
					t.Fatalf("%q is not in the text", tt.old)
				}
				text = strings.Replace(minimal, tt.old, tt.new, 1)
			}
			cases, err := minimalSuite().parse(text)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("error %v, want one with %q", err, tt.want)
			}
			if !strings.HasPrefix(err.Error(), "test.txt:") {
				t.Errorf("error %v does not begin with file and line", err)
			}
			if cases != nil {
				t.Errorf("cases next to an error")
			}
		})
	}
}

// TestLostAndAddedEntries takes entries out of the real texts and puts others
// in: every loader must notice.
func TestLostAndAddedEntries(t *testing.T) {
	count := func(parse func(string) ([]Case, error)) func(string) error {
		return func(text string) error { _, err := parse(text); return err }
	}
	loaders := []struct {
		file, opens string
		parse       func(string) error
	}{
		{"v4.txt", "case ", count(v4Suite().parse)},
		{"legacy2015.txt", "case ", count(legacySuite().parse)},
		{"documents.txt", "case ", count(documentSuite().parse)},
		{"documents.txt", "policy ", func(text string) error { _, err := parsePolicies(text); return err }},
		{"keys.txt", "signing-key ", func(text string) error { _, err := parseSigningKeys(text); return err }},
		{"spaces.txt", "pair ", func(text string) error { _, err := parseSpaces(text); return err }},
		{"v4a.txt", "case ", func(text string) error { _, err := parseV4a(text); return err }},
		{"v4astrings.txt", "case ", count(parseV4aStrings)},
		{"v4akeys.txt", "v4a-key ", func(text string) error { _, err := parseV4aKeys(text); return err }},
		{chainsFile, "chain ", func(text string) error { _, err := parseChains(text); return err }},
		{chainsFile, "chunk ", func(text string) error { _, err := parseChains(text); return err }},
		{chainsFile, "event ", func(text string) error { _, err := parseChains(text); return err }},
		{chainsFile, "trailer ", func(text string) error { _, err := parseChains(text); return err }},
		{chainsFile, "framing ", func(text string) error { _, err := parseFramings(text); return err }},
		{flawsFile, "scenario ", func(text string) error { _, _, err := parseFlaws(text); return err }},
		{flawsFile, "flag ", func(text string) error { _, _, err := parseFlaws(text); return err }},
	}
	for _, l := range loaders {
		t.Run(l.file+" "+l.opens, func(t *testing.T) {
			raw, err := texts.ReadFile(l.file)
			if err != nil {
				t.Fatal(err)
			}
			text := string(raw)
			if err := l.parse(text); err != nil {
				t.Fatal(err)
			}
			starts := recordStarts(text)
			for i, start := range starts {
				if !strings.HasPrefix(text[start:], l.opens) || l.opens == "scenario " && i%17 != 0 { // a sample of the many
					continue
				}
				end := len(text)
				if i+1 < len(starts) {
					end = starts[i+1]
				}
				entry := text[start:end]
				name, _, _ := strings.Cut(entry, "\n")
				if err := l.parse(text[:start] + text[end:]); err == nil {
					t.Errorf("not missed: %s", name)
				}
				if err := l.parse(text[:start]); err == nil {
					t.Errorf("not missed: all from %s", name)
				}
				if l.opens == "pair " {
					entry = strings.Replace(entry, `pair "`, `pair "copy`, 1)
				} else {
					entry = strings.Replace(entry, name, name+"-copy", 1)
				}
				if err := l.parse(text + entry); err == nil || !strings.Contains(err.Error(), ", not ") && !strings.Contains(err.Error(), "the next piece is") && !strings.Contains(err.Error(), "no scenario shows it") && !strings.Contains(err.Error(), "is not in one piece") {
					t.Errorf("one more, made of %s: error %v", name, err)
				}
			}
		})
	}
}

// recordStarts finds the lines that open a record: all but pairs stand below an
// empty line or a remark, which tells the record signing-key from the key of a chain.
func recordStarts(text string) []int {
	var starts []int
	at := 0
	before := "\n"
	for line := range strings.Lines(text) {
		for _, kind := range []string{"case ", "policy ", "signing-key ", "pair ", "v4a-key ", "chain ", "chunk ", "event ", "trailer ", "framing ", "flag ", "scenario "} {
			if strings.HasPrefix(line, kind) && (before == "\n" || before[0] == '#' || kind == "pair ") {
				starts = append(starts, at)
			}
		}
		before = line
		at += len(line)
	}
	return starts
}

// TestEveryLineCounts takes out one line at a time: the text must be refused or
// say something else. A line that changes nothing would be one that is not read.
func TestEveryLineCounts(t *testing.T) {
	for file, read := range map[string]func(string) (any, error){
		"legacy2015.txt": func(text string) (any, error) { return legacySuite().parse(text) },
		"documents.txt": func(text string) (any, error) {
			cases, err1 := documentSuite().parse(text)
			policies, err2 := parsePolicies(text)
			return []any{cases, policies}, errors.Join(err1, err2)
		},
		"keys.txt":       func(text string) (any, error) { return parseSigningKeys(text) },
		"spaces.txt":     func(text string) (any, error) { return parseSpaces(text) },
		"v4astrings.txt": func(text string) (any, error) { return parseV4aStrings(text) },
		"v4akeys.txt":    func(text string) (any, error) { return parseV4aKeys(text) },
		chainsFile: func(text string) (any, error) {
			chains, err1 := parseChains(text)
			framings, err2 := parseFramings(text)
			return []any{chains, framings}, errors.Join(err1, err2)
		},
		flawsFile: func(text string) (any, error) {
			flags, scenarios, err := parseFlaws(text)
			return []any{flags, scenarios}, err
		},
	} {
		raw, err := texts.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		whole, err := read(string(raw))
		if err != nil {
			t.Fatal(err)
		}
		at, n := 0, 0
		for line := range strings.Lines(string(raw)) {
			if n++; file == flawsFile && n > 60 && n%101 != 0 { // a sample of the many
				at += len(line)
				continue
			}
			rest := string(raw[:at]) + string(raw[at+len(line):])
			at += len(line)
			if line == "\n" || line[0] == '#' {
				continue
			}
			if part, err := read(rest); err == nil && reflect.DeepEqual(part, whole) {
				t.Errorf("%s says the same without %q", file, line)
			}
			if cut, err := read(string(raw[:at-len(line)])); err == nil {
				t.Errorf("%s cut before %q is still read: %v", file, line, cut)
			}
		}
	}
}
