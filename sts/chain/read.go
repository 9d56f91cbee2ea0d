package chain

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// What is read is bounded: shared files, which have a few kilobytes, and tokens
// and what programs and services answer, which have one or two.
const (
	maxShared = 1 << 20
	maxAnswer = 64 << 10
)

// readUpTo reads what has no more than so many bytes.
func readUpTo(most int, r io.Reader) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(r, int64(most)+1))
	if err == nil && len(text) > most {
		err = tooMuch(most)
	}
	return text, err
}

func tooMuch(most int) error { return fmt.Errorf("more than %d bytes", most) }

func readFile(name string, most int) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readUpTo(most, f)
}

// unreadable is the error of a file that cannot be read; what it is stands before
// the operating system's reason.
func unreadable(name, what string, err error) *SettingError {
	reason := err
	if e := (*fs.PathError)(nil); errors.As(err, &e) {
		reason = e.Err // without the name, which stands before
	}
	return &SettingError{Kind: ErrUnreadable, Source: name, Problem: what + reason.Error(), Err: err}
}
