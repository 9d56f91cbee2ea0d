package sigv4

import (
	"crypto/sha256"
	"time"
)

// Steps 2 and 3 of "Create a signed AWS API request": hash the canonical
// request, and put the string to sign together:
//
//	AWS4-HMAC-SHA256 LF  timestamp LF  credential scope LF  hex(SHA-256(canonical request))
//
// with no final LF. Each signing key knows its scope.

const (
	algorithm  = "AWS4-HMAC-SHA256"
	terminator = "aws4_request"
	timeFormat = "20060102T150405Z"
	dateLen    = len("20060102")
)

// formatTime gives the timestamp, which is that of a year from 1970 to 9999. A
// time that has none, the zero time above all, is an error.
func formatTime(t time.Time) (string, error) {
	if t = t.UTC(); t.Year() < 1970 || t.Year() > 9999 {
		return "", refuse(ErrTime, "time", "is out of range: a year from 1970 to 9999 is expected")
	}
	return t.Format(timeFormat), nil
}

// parseTime reads a timestamp; one that formatTime would not write is an error.
func parseTime(s string) (time.Time, error) {
	t, err := time.Parse(timeFormat, s)
	if err == nil && (t.Year() < 1970 || t.Format(timeFormat) != s) {
		err = refuse(ErrTime, "time", "is not of the form 20150830T123600Z")
	}
	return t, err
}

func (w *work) appendStringToSign() {
	dst := append(append(append(w.toSign, w.s.name...), '\n'), w.timestamp...)
	dst = append(append(append(dst, '\n'), w.key.scope...), '\n')
	sum := sha256.Sum256(w.canonical)
	w.toSign = appendHex(dst, &sum)
}
