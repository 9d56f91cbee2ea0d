package oracle

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// shell splits a command line into words, as a POSIX shell does ("Shell Command
// Language", 2.2 Quoting and 2.3 Token Recognition), and with $'…' as newer
// issues of that standard have it. It runs and expands nothing: what would need
// that is refused, but for the variables in which AWS credentials are passed
// around, whose place it marks.
type shell struct {
	text string
	at   int

	words   []string
	word    []byte
	started bool // a word, if an empty one: ''
}

// mark stands in a word for the value of a variable. A command line has no NUL.
func mark(variable string) string { return "\x00" + variable + "\x00" }

// isMarked names the variables whose place is marked.
func isMarked(variable string) bool {
	switch variable {
	case "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN":
		return true
	}
	return false
}

func (s *shell) fail(problem string) error {
	return &ParseError{Form: "curl command line", Line: 1 + strings.Count(s.text[:min(s.at, len(s.text))], "\n"), Problem: problem}
}

// splitShell gives the words of the first command; what follows it behind a pipe,
// a semicolon or a line end is not curl's.
func splitShell(text string) ([]string, error) {
	s := &shell{text: text}
	if strings.ContainsRune(text, 0) {
		return nil, s.fail("there is a NUL in it")
	}
	for s.at < len(s.text) {
		done, err := s.step()
		if err != nil {
			return nil, err
		}
		if done {
			break
		}
	}
	s.end()
	return s.words, nil
}

// end ends a word.
func (s *shell) end() {
	if s.started {
		s.words = append(s.words, string(s.word))
	}
	s.word, s.started = nil, false
}

// step reads one character, or what it begins.
func (s *shell) step() (done bool, err error) {
	c := s.text[s.at]
	s.at++
	switch c {
	case ' ', '\t':
		s.end()
	case '\n', '\r', ';', '|':
		if s.end(); c == '\r' && !strings.HasPrefix(s.text[s.at:], "\n") {
			return false, s.fail("there is a CR without its LF")
		}
		return true, nil
	case '&':
		if s.started && !strings.HasPrefix(s.text[s.at:], "&") {
			return false, s.fail("there is an & outside quotes, at which a shell ends the command: the URL belongs in quotes")
		}
		return true, nil
	case '>':
		return false, s.redirect()
	case '<':
		return false, s.fail("there is a < outside quotes: input from elsewhere cannot be read here")
	case '#':
		if !s.started { // a comment, up to the line's end
			return true, nil
		}
		s.add(c)
	case '\'':
		return false, s.single()
	case '"':
		return false, s.double()
	case '\\':
		return false, s.backslash()
	case '$':
		return false, s.dollar(false)
	case '`':
		return false, s.fail("there is a ` outside single quotes: commands are not run here, write out what it prints")
	case '^':
		if rest := s.text[s.at:]; rest != "" && strings.IndexByte("\"\r\n", rest[0]) >= 0 {
			return false, s.fail("this is quoted for cmd.exe: copy it as for bash")
		}
		s.add(c)
	default:
		s.add(c)
	}
	return false, nil
}

func (s *shell) add(c ...byte) { s.word, s.started = append(s.word, c...), true }

// redirect skips > FILE, and the number of a descriptor before it.
func (s *shell) redirect() error {
	if n, err := strconv.Atoi(string(s.word)); err != nil || n > 9 {
		s.end()
	}
	s.word, s.started = nil, false
	s.at += len(s.text[s.at:]) - len(strings.TrimLeft(s.text[s.at:], ">|& \t"))
	words := len(s.words)
	for s.at < len(s.text) && strings.IndexByte(" \t\r\n;|&<>", s.text[s.at]) < 0 {
		if _, err := s.step(); err != nil {
			return err
		}
	}
	s.words = s.words[:words]
	s.word, s.started = nil, false
	return nil
}

// single reads '…', in which nothing is special.
func (s *shell) single() error {
	i := strings.IndexByte(s.text[s.at:], '\'')
	if i < 0 {
		return s.fail("a ' is not closed")
	}
	s.add([]byte(s.text[s.at : s.at+i])...)
	s.at += i + 1
	return nil
}

// double reads "…", in which $, ` and some backslashes are special.
func (s *shell) double() error {
	s.started = true
	for s.at < len(s.text) {
		c := s.text[s.at]
		s.at++
		switch c {
		case '"':
			return nil
		case '`':
			return s.fail("there is a ` outside single quotes: commands are not run here, write out what it prints")
		case '$':
			if err := s.dollar(true); err != nil {
				return err
			}
		case '\\':
			switch rest := s.text[s.at:]; {
			case rest == "":
			case strings.IndexByte("$`\"\\", rest[0]) >= 0:
				s.add(rest[0])
				s.at++
			case !s.joined():
				s.add(c)
			}
		default:
			s.add(c)
		}
	}
	return s.fail("a \" is not closed")
}

// joined skips a line end behind a backslash.
func (s *shell) joined() bool {
	rest := s.text[s.at:]
	after := strings.TrimPrefix(strings.TrimPrefix(rest, "\r"), "\n")
	if !strings.HasPrefix(rest, "\n") && !strings.HasPrefix(rest, "\r\n") {
		return false
	}
	s.at += len(rest) - len(after)
	return true
}

// backslash reads one outside quotes.
func (s *shell) backslash() error {
	switch rest := s.text[s.at:]; {
	case rest == "", s.joined(): // the line goes on
	default:
		s.add(rest[0])
		s.at++
	}
	return nil
}

// dollar reads what a $ begins.
func (s *shell) dollar(quoted bool) error {
	rest := s.text[s.at:]
	if strings.HasPrefix(rest, "'") && !quoted {
		s.at++
		return s.ansi()
	}
	if strings.HasPrefix(rest, "\"") && !quoted { // $"…": a translation, of which there is none
		s.at++
		return s.double()
	}
	name, braces := rest, strings.HasPrefix(rest, "{")
	if braces {
		name = rest[1:]
	}
	n := 0
	for n < len(name) && (name[n] == '_' || name[n] >= '0' && name[n] <= '9' && n > 0 || name[n]|0x20 >= 'a' && name[n]|0x20 <= 'z') {
		n++
	}
	name = name[:n]
	switch {
	case name != "" && isMarked(name) && (!braces || strings.HasPrefix(rest[1+n:], "}")):
		if s.at += n; braces {
			s.at += 2
		}
		s.add([]byte(mark(name))...)
		return nil
	case name != "":
		return s.fail("the value of the variable " + name + " is not known here: write it out (only AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN may stay)")
	case rest != "" && strings.IndexByte("({?!@*#$-0123456789", rest[0]) >= 0:
		return s.fail("there is a $ outside single quotes that a shell would expand: write out what it gives, or put it in single quotes")
	}
	s.add('$')
	return nil
}

// ansi reads $'…', with the escapes of the C language.
func (s *shell) ansi() error {
	s.started = true
	for s.at < len(s.text) {
		c := s.text[s.at]
		s.at++
		switch c {
		case '\'':
			return nil
		case '\\':
			if err := s.escape(); err != nil {
				return err
			}
		default:
			s.add(c)
		}
	}
	return s.fail("a $' is not closed")
}

// escapes are those of one letter.
var escapes = map[byte]byte{'a': 7, 'b': 8, 'e': 27, 'E': 27, 'f': 12, 'n': 10, 'r': 13, 't': 9, 'v': 11, '\\': '\\', '\'': '\'', '"': '"', '?': '?'}

// escape reads what follows the backslash in $'…'.
func (s *shell) escape() error {
	if s.at == len(s.text) {
		return nil // and the quote is not closed
	}
	c := s.text[s.at]
	switch plain, ok := escapes[c]; {
	case ok:
		s.at++
		s.add(plain)
		return nil
	case c == 'x':
		s.at++
		return s.number(2, 16, false)
	case c == 'u':
		s.at++
		return s.number(4, 16, true)
	case c == 'U':
		s.at++
		return s.number(8, 16, true)
	case '0' <= c && c <= '7':
		return s.number(3, 8, false)
	}
	return s.fail("there is an escape in $'…' that is not known")
}

// number reads up to the given number of digits: a byte, or a character.
func (s *shell) number(digits, base int, character bool) error {
	rest, n := s.text[s.at:], 0
	for n < min(digits, len(rest)) {
		if _, err := strconv.ParseUint(rest[n:n+1], base, 8); err != nil {
			break
		}
		n++
	}
	v, err := strconv.ParseUint(rest[:n], base, 32)
	s.at += n
	switch {
	case err != nil || v == 0 || v > utf8.MaxRune || !character && v > 0xff:
		return s.fail("there is an escape in $'…' that gives no character")
	case character:
		s.add(utf8.AppendRune(nil, rune(v))...)
	default:
		s.add(byte(v))
	}
	return nil
}
