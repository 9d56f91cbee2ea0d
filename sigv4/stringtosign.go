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
// with no final LF.

const (
	algorithm  = "AWS4-HMAC-SHA256"
	terminator = "aws4_request"
	timeFormat = "20060102T150405Z"
	dateLen    = len("20060102")
)

// appendTime appends the timestamp, which is that of a year from 1970 to 9999. A
// time that has none, the zero time above all, is an error.
func appendTime(dst []byte, t time.Time) ([]byte, error) {
	if t = t.UTC(); t.Year() < 1970 || t.Year() > 9999 {
		return dst, refuse(ErrTime, "time", "is out of range: a year from 1970 to 9999 is expected")
	}
	return t.AppendFormat(dst, timeFormat), nil
}

// appendScope appends the credential scope: date/region/service/aws4_request.
func appendScope(dst, date []byte, region, service string) []byte {
	dst = append(dst, date...)
	dst = append(dst, '/')
	dst = append(dst, region...)
	dst = append(dst, '/')
	dst = append(dst, service...)
	return append(dst, "/"+terminator...)
}

func appendStringToSign(dst, timestamp, scope, canonicalRequest []byte) []byte {
	dst = append(dst, algorithm+"\n"...)
	dst = append(dst, timestamp...)
	dst = append(dst, '\n')
	dst = append(dst, scope...)
	dst = append(dst, '\n')
	sum := sha256.Sum256(canonicalRequest)
	return hex.AppendEncode(dst, sum[:])
}
