package chain

import (
	"errors"
	"io/fs"
	"strings"
	"syscall"
	"unicode/utf8"
)

// The shared files (AWS SDKs and Tools Reference Guide, "Shared config and
// credentials files", Format of the config file):
//
//	# remark
//	[profile work]                a section, until the next
//	region = eu-central-1         a setting; from " #" or " ;" on it is a remark
//	s3 =                          a setting of several, each on a line
//	  endpoint_url = http://…     that stands further right: s3.endpoint_url
//
// A setting given twice in a section is refused, as the AWS CLI does: which of
// two access keys is meant nobody can tell. A section may come twice.

// section is the settings of one section, by name in lower case.
type section map[string]setting

type setting struct {
	value string
	file  string
	line  int
}

// file is a parsed file; sections is nil if it is not there.
type file struct {
	name     string
	sections map[string]section
}

// readShared reads and parses a shared file. One that is not there is no error.
func readShared(name string) (file, error) {
	if name == "" {
		return file{}, nil
	}
	text, err := readFile(name, maxShared)
	switch {
	// ENOTDIR: daemons have /dev/null for a home directory.
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		return file{name: name}, nil
	case err != nil:
		return file{}, unreadable(name, "", err)
	}
	sections, err := parse(name, string(text))
	return file{name: name, sections: sections}, err
}

func parse(name, text string) (map[string]section, error) {
	p := parser{file: name, sections: map[string]section{}}
	text = strings.TrimPrefix(text, "\ufeff") // Windows' editors put it there
	for line := range strings.Lines(text) {
		p.number++
		if problem := p.line(strings.TrimRight(line, " \t\r\n")); problem != "" {
			return nil, &SettingError{Kind: ErrMalformed, Source: name, Line: p.number, Problem: problem}
		}
	}
	return p.sections, nil
}

type parser struct {
	file     string
	number   int
	sections map[string]section

	section section // nil before the first
	key     string  // the last setting of the section, "" if none
	indent  int     // how far right it stands
}

// line takes one line and says what is wrong with it.
func (p *parser) line(line string) (problem string) {
	if !utf8.ValidString(line) || strings.ContainsFunc(line, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
		return "the line holds bytes that are no text"
	}
	text := strings.TrimLeft(line, " \t")
	indent := len(line) - len(text)
	switch {
	case text == "" || text[0] == '#' || text[0] == ';':
		return ""
	case p.key != "" && indent > p.indent:
		return p.continued(text)
	case text[0] == '[':
		return p.header(text)
	case p.section == nil:
		return "a setting stands before the first [section]"
	}
	p.indent = indent
	return p.setting("", text)
}

func (p *parser) header(text string) (problem string) {
	inside, rest, ok := strings.Cut(text[1:], "]")
	rest = strings.TrimLeft(rest, " \t")
	name := strings.Join(strings.Fields(inside), " ")
	if !ok || name == "" || rest != "" && rest[0] != '#' && rest[0] != ';' {
		return "the line is no [section]"
	}
	if p.sections[name] == nil {
		p.sections[name] = section{}
	}
	p.section, p.key = p.sections[name], ""
	return ""
}

// setting takes NAME = VALUE; prefix is that of the setting it is part of.
func (p *parser) setting(prefix, text string) (problem string) {
	key, value, ok := strings.Cut(text, "=")
	key = strings.ToLower(strings.TrimRight(key, " \t"))
	if !ok || key == "" {
		return "the line is neither a [section] nor a setting NAME = VALUE"
	}
	key = prefix + key
	if _, twice := p.section[key]; twice {
		return "the section has this setting already"
	}
	p.section[key] = setting{value: cutRemark(value), file: p.file, line: p.number}
	if prefix == "" {
		p.key = key
	}
	return ""
}

// continued takes a line that stands further right than the setting before it:
// one setting of several if that has no value of its own, else more of its value.
func (p *parser) continued(text string) (problem string) {
	s := p.section[p.key]
	if s.value == "" {
		return p.setting(p.key+".", text)
	}
	s.value += "\n" + text // where no remark begins
	p.section[p.key] = s
	return ""
}

// cutRemark cuts a value before the first # or ; that follows a blank, and the
// blanks around it.
func cutRemark(value string) string {
	for i := 1; i < len(value); i++ {
		if (value[i] == '#' || value[i] == ';') && (value[i-1] == ' ' || value[i-1] == '\t') {
			value = value[:i]
		}
	}
	return strings.Trim(value, " \t")
}
