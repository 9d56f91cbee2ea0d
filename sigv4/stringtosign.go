package sigv4

import (
	"crypto/sha256"
	"encoding/hex"
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

// appendTime appends the timestamp, which is that of a year from 1970 to 9999. A
// time that has none, the zero time above all, is an error.
func appendTime(dst []byte, t time.Time) ([]byte, error) {
	t = t.UTC()
	year, month, day := t.Date()
	hour, minute, second := t.Clock()
	if year < 1970 || year > 9999 {
		return dst, refuse(ErrTime, "time", "is out of range: a year from 1970 to 9999 is expected")
	}
	for i, n := range [...]int{year / 100, year % 100, int(month), day, hour, minute, second} {
		if i == 4 {
			dst = append(dst, 'T')
		}
		dst = append(dst, '0'+byte(n/10), '0'+byte(n%10))
	}
	return append(dst, 'Z'), nil
}

// parseTime reads a timestamp; one that appendTime would not write is an error.
func parseTime(s string) (time.Time, error) {
	var n [7]int
	if len(s) == len(timeFormat) {
		for i, two := range [...]string{s[:2], s[2:4], s[4:6], s[6:8], s[9:11], s[11:13], s[13:15]} {
			n[i] = int(two[0]-'0')*10 + int(two[1]-'0')
		}
	}
	t := time.Date(n[0]*100+n[1], time.Month(n[2]), n[3], n[4], n[5], n[6], 0, time.UTC)
	var buf [len(timeFormat)]byte
	if again, err := appendTime(buf[:0], t); err != nil || string(again) != s {
		return t, refuse(ErrTime, "time", "is not of the form 20150830T123600Z, or is none")
	}
	return t, nil
}

func (w *work) appendStringToSign() {
	dst := append(append(append(w.toSign, w.s.name...), '\n'), w.timestamp...)
	dst = append(append(append(dst, '\n'), w.key.scope...), '\n')
	sum := sha256.Sum256(w.canonical)
	w.toSign = hex.AppendEncode(dst, sum[:])
}
