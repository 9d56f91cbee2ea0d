package awsxml

import (
	"bytes"
	"strconv"
	"time"
)

// The values of an empty element are zero; white space around them is no matter.

// Int reads a count.
func (d *Decoder) Int() int { return int(d.integer(strconv.IntSize)) }

// Int64 reads a size.
func (d *Decoder) Int64() int64 { return d.integer(64) }

func (d *Decoder) integer(bits int) int64 {
	name, raw := d.trimmed()
	if len(raw) == 0 {
		return 0
	}
	n, err := strconv.ParseInt(string(raw), 10, bits)
	if err != nil {
		d.unexpected(name, raw, "an integer")
		return 0
	}
	return n
}

// Bool reads true or false.
func (d *Decoder) Bool() bool {
	name, raw := d.trimmed()
	if len(raw) == 0 {
		return false
	}
	v, err := strconv.ParseBool(string(raw))
	if err != nil {
		d.unexpected(name, raw, "true or false")
	}
	return v
}

// Time reads a time of [time.RFC3339].
func (d *Decoder) Time() time.Time {
	name, raw := d.trimmed()
	if len(raw) == 0 {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339, string(raw))
	if err != nil {
		d.unexpected(name, raw, "a time as 2009-10-12T17:50:30.000Z")
		return time.Time{}
	}
	return t
}

// trimmed gives the text of the current element, and its name, which is valid as
// long.
func (d *Decoder) trimmed() (name, text []byte) {
	name = d.local()
	return name, bytes.TrimSpace(d.Bytes())
}

func (d *Decoder) unexpected(name, text []byte, expected string) {
	d.fail(0, "<%s> is %q, expected %s", clip(name), clip(text), expected)
}
