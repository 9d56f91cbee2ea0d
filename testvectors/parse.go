package testvectors

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// record is one entry of a text: a case, a policy, a signing key, a pair, ...
type record struct {
	file       string
	line       int
	kind, name string
	fields     []field
}

// field is one key of a record. Its line is that of the default where it comes
// from one.
type field struct {
	line       int
	key, value string
}

// parser turns a text into records. It knows which keys exist and how often
// each may stand, so that a mistyped key cannot pass for an absent one.
type parser struct {
	file     string
	kinds    []string
	defaults []field
	records  []record

	// block is the key whose | lines are being read.
	block      field
	blockLines []string
}

// parse reads a text that may hold records of the given kinds. Its defaults are
// for the records of the first.
func parse(file, text string, kinds ...string) ([]record, error) {
	p := &parser{file: file, kinds: kinds}
	text, terminated := strings.CutSuffix(text, "\n")
	lines := strings.Split(text, "\n")
	if !terminated {
		return nil, p.errorf(len(lines), "the last line is cut: it has no line end")
	}
	for i, line := range lines {
		if err := p.readLine(i+1, line); err != nil {
			return nil, err
		}
	}
	if err := p.endBlock(); err != nil {
		return nil, err
	}
	p.applyDefaults()
	return p.records, nil
}

func (p *parser) errorf(line int, format string, args ...any) error {
	return fmt.Errorf("%s:%d: %s", p.file, line, fmt.Sprintf(format, args...))
}

func (p *parser) readLine(n int, line string) error {
	if err := p.checkBytes(n, line); err != nil {
		return err
	}
	if rest, ok := strings.CutPrefix(line, "|"); ok {
		return p.readBlockLine(n, rest)
	}
	if err := p.endBlock(); err != nil {
		return err
	}
	if line == "" || line[0] == '#' {
		return nil
	}
	key, value, _ := strings.Cut(line, " ")
	switch {
	case key == "default":
		return p.readDefault(n, value)
	case slices.Contains(p.kinds, key):
		return p.openRecord(n, key, value)
	case len(p.records) == 0:
		return p.errorf(n, "key %q before the first record", key)
	default:
		return p.readField(n, key, value)
	}
}

// checkBytes refuses what an editor or a checkout changes unseen.
func (p *parser) checkBytes(n int, line string) error {
	if !utf8.ValidString(line) {
		return p.errorf(n, "not UTF-8; quote the value")
	}
	for _, r := range line {
		if r < ' ' || r == 0x7f {
			return p.errorf(n, "control character %q; quote the value", r)
		}
	}
	if strings.HasSuffix(line, " ") {
		return p.errorf(n, "blank at the end; quote the value")
	}
	return nil
}

func (p *parser) readBlockLine(n int, rest string) error {
	if p.block.key == "" {
		return p.errorf(n, "| line without a key over it")
	}
	if rest != "" && rest[0] != ' ' {
		return p.errorf(n, "no blank after |")
	}
	p.blockLines = append(p.blockLines, strings.TrimPrefix(rest, " "))
	return nil
}

func (p *parser) endBlock() error {
	if p.block.key == "" {
		return nil
	}
	if len(p.blockLines) == 0 {
		return p.errorf(p.block.line, "no | lines after %q", p.block.key)
	}
	p.block.value = strings.Join(p.blockLines, "\n")
	r := &p.records[len(p.records)-1]
	r.fields = append(r.fields, p.block)
	p.block, p.blockLines = field{}, nil
	return nil
}

func (p *parser) readDefault(n int, rest string) error {
	if len(p.records) > 0 {
		return p.errorf(n, "default after the first record")
	}
	key, value, _ := strings.Cut(rest, " ")
	if ruleOf(p.kinds[0], key) != once {
		return p.errorf(n, "no default can be given for %q", key)
	}
	for _, d := range p.defaults {
		if d.key == key {
			return p.errorf(n, "default for %q again, first in line %d", key, d.line)
		}
	}
	value, err := p.value(n, key, value)
	if err != nil {
		return err
	}
	p.defaults = append(p.defaults, field{n, key, value})
	return nil
}

func (p *parser) openRecord(n int, kind, name string) error {
	if name == "" {
		return p.errorf(n, "%s without a name", kind)
	}
	for _, r := range p.records {
		if r.kind == kind && r.name == name {
			return p.errorf(n, "%s %s again, first in line %d", kind, name, r.line)
		}
	}
	p.records = append(p.records, record{file: p.file, line: n, kind: kind, name: name})
	return nil
}

func (p *parser) readField(n int, key, value string) error {
	r := &p.records[len(p.records)-1]
	rule := ruleOf(r.kind, key)
	if rule == unknown {
		return p.errorf(n, "unknown key %q in %s %s", key, r.kind, r.name)
	}
	if first := r.first(key); first != nil && rule != repeated {
		return p.errorf(n, "key %q again, first in line %d", key, first.line)
	}
	if rule == block {
		if value != "" {
			return p.errorf(n, "the value of %q belongs on | lines", key)
		}
		p.block = field{line: n, key: key}
		return nil
	}
	value, err := p.value(n, key, value)
	if err != nil {
		return err
	}
	r.fields = append(r.fields, field{n, key, value})
	return nil
}

// value resolves the quotes of a value.
func (p *parser) value(n int, key, value string) (string, error) {
	if value == "" {
		return "", p.errorf(n, "key %q without a value", key)
	}
	if value[0] != '"' {
		return value, nil
	}
	text, err := strconv.Unquote(value)
	if err != nil {
		return "", p.errorf(n, "value of %q is not a quoted Go string", key)
	}
	return text, nil
}

// applyDefaults gives every record of the first kind the defaults for the keys
// it does not set.
func (p *parser) applyDefaults() {
	for i := range p.records {
		r := &p.records[i]
		if r.kind != p.kinds[0] {
			continue
		}
		for _, d := range p.defaults {
			if r.first(d.key) == nil {
				r.fields = append(r.fields, d)
			}
		}
	}
}

func (r *record) first(key string) *field {
	for i := range r.fields {
		if r.fields[i].key == key {
			return &r.fields[i]
		}
	}
	return nil
}
