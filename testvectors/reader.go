package testvectors

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// reader takes the values out of one record. It keeps the first error, so that
// a record can be read straight through and the error asked for at the end.
type reader struct {
	record
	err error
}

func (r *reader) fail(line int, format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf("%s:%d: %s %s: %s", r.file, line, r.kind, r.name, fmt.Sprintf(format, args...))
	}
}

func (r *reader) has(key string) bool { return r.first(key) != nil }

func (r *reader) optional(key string) string {
	if f := r.first(key); f != nil {
		return f.value
	}
	return ""
}

// required takes a value that must be there and may not be empty; the second
// matters for quoted values only.
func (r *reader) required(key string) string {
	v := r.optional(key)
	if v == "" {
		r.fail(r.lineOf(key), "no %s", key)
	}
	return v
}

// lineOf is the line to blame for a key: its own, or that of the record.
func (r *reader) lineOf(key string) int {
	if f := r.first(key); f != nil {
		return f.line
	}
	return r.line
}

func (r *reader) flag(key string) bool {
	v := r.required(key)
	if v != "" && v != "yes" && v != "no" {
		r.fail(r.lineOf(key), "%s is %q, not yes or no", key, v)
	}
	return v == "yes"
}

func (r *reader) flagOr(key string, absent bool) bool {
	if !r.has(key) {
		return absent
	}
	return r.flag(key)
}

// digest takes 32 bytes in lowercase hex, so that a cut digest is found here.
func (r *reader) digest(key string) string {
	v := r.required(key)
	b, err := hex.DecodeString(v)
	if v != "" && (err != nil || len(b) != 32 || v != strings.ToLower(v)) {
		r.fail(r.lineOf(key), "%s is not 64 digits of lowercase hex", key)
	}
	return v
}

// der takes an ECDSA signature, which is random: only its form is known, a
// sequence of two integers of at most 33 bytes.
func (r *reader) der(key string) string {
	v := r.required(key)
	b, err := hex.DecodeString(v)
	if v != "" && (err != nil || len(b) < 8 || len(b) > 72 || b[0] != 0x30 || int(b[1]) != len(b)-2 || v != strings.ToLower(v)) {
		r.fail(r.lineOf(key), "%s is not DER in lowercase hex", key)
	}
	return v
}

// none takes the signature of a record for which none was published.
func (r *reader) none(key string) string {
	if r.has(key) {
		r.fail(r.lineOf(key), "%s, though none was published", key)
	}
	return ""
}

// bytes takes hex of any length, or nothing.
func (r *reader) bytes(key string) []byte {
	v := r.optional(key)
	b, err := hex.DecodeString(v)
	if err != nil || v != strings.ToLower(v) {
		r.fail(r.lineOf(key), "%s is not lowercase hex", key)
	}
	return b
}

func (r *reader) moment(key, layout string) string {
	v := r.required(key)
	if _, err := time.Parse(layout, v); v != "" && err != nil {
		r.fail(r.lineOf(key), "%s %q is not of the form %s", key, v, layout)
	}
	return v
}

func (r *reader) positive(key string) int {
	v := r.required(key)
	n, err := strconv.Atoi(v)
	if v != "" && (err != nil || n <= 0 || strconv.Itoa(n) != v) {
		r.fail(r.lineOf(key), "%s %q is not a positive number", key, v)
	}
	return n
}

// integer takes a number that may be none of the good ones.
func (r *reader) integer(key string) int {
	v := r.required(key)
	n, err := strconv.Atoi(v)
	if v != "" && (err != nil || strconv.Itoa(n) != v) {
		r.fail(r.lineOf(key), "%s %q is not a number", key, v)
	}
	return n
}

// named takes all values of a repeated key, each a name and a text divided by
// sep. What follows sep is kept raw.
func (r *reader) named(key, sep string) [][2]string {
	var all [][2]string
	for _, f := range r.fields {
		if f.key != key {
			continue
		}
		name, text, ok := strings.Cut(f.value, sep)
		if !ok || name == "" || strings.Contains(name, " ") {
			r.fail(f.line, "%s is not NAME%sVALUE", key, sep)
		}
		all = append(all, [2]string{name, text})
	}
	return all
}
