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

// checkTime refuses what the four-digit year of a timestamp cannot say, and the
// zero time, which nobody means.
func checkTime(t time.Time) error {
	if y := t.UTC().Year(); t.IsZero() || y < 1970 || y > 9999 {
		return refuse(ErrTime, "time", "is out of range: a year from 1970 to 9999 is expected")
	}
	return nil
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
