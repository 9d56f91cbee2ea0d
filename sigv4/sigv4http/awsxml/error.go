package awsxml

import (
	"errors"
	"fmt"
	"io"
)

// ErrTooLarge is in the chain when a document is longer than its reader allowed, has
// a text or a tag of more than 64 KiB, or more than 64 elements in each other.
var ErrTooLarge = errors.New("awsxml: the document is too large")

// SyntaxError says what is wrong with a document, and where. It quotes names, and
// numbers and times that are none; no other text, which may be a secret.
type SyntaxError struct {
	Offset  int64  // in bytes, from 0
	Problem string // what was found and what was expected
	Err     error  // io.ErrUnexpectedEOF where the document breaks off, else nil
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("awsxml: byte %d: %s", e.Offset, e.Problem)
}

// Unwrap gives Err.
func (e *SyntaxError) Unwrap() error { return e.Err }

// fail notes what is wrong at the i-th byte of the window.
func (d *Decoder) fail(i int, format string, args ...any) {
	if d.err == nil {
		d.err = &SyntaxError{Offset: d.in.offset() + int64(i), Problem: fmt.Sprintf(format, args...)}
	}
}

// tooLarge notes that a limit is passed.
func (d *Decoder) tooLarge(format string, args ...any) {
	if d.err == nil {
		d.err = fmt.Errorf("%w: "+format, append([]any{ErrTooLarge}, args...)...)
	}
}

// short notes that the window w ends where something was still expected.
func (d *Decoder) short(w []byte, expected string) {
	switch {
	case d.err != nil:
	case len(w) == maxToken:
		d.tooLarge("no %s within %d bytes of byte %d", expected, maxToken, d.in.offset())
	case d.in.err == io.EOF:
		d.fail(len(w), "the document breaks off, expected %s", expected)
		d.err.(*SyntaxError).Err = io.ErrUnexpectedEOF
	case d.in.err == ErrTooLarge:
		d.tooLarge("more than %d bytes", d.in.most)
	default:
		d.err = d.in.err // of the reader, as it is
	}
}

// clip shortens what a server sent, of which there may be much.
func clip(b []byte) string {
	const most = 64
	if len(b) > most {
		return string(b[:most]) + "…"
	}
	return string(b)
}
