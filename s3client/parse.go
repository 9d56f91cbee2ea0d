package s3client

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxForm bounds what is read of a form, which is below 10 KiB.
const maxForm = 1 << 20

// ParseConnection reads a connection from JSON. What is wrong with the fields it
// says at once, as a [*ConnectionError]: values of another type, and names that it
// does not know or that stand twice, for they may be a misspelt or hidden
// restriction. Whether the form is filled in well is for [Connection.Validate].
func ParseConnection(r io.Reader) (Connection, error) {
	fail := func(format string, args ...any) (Connection, error) {
		return Connection{}, fmt.Errorf("s3client: reading a connection: "+format, args...)
	}
	data, err := io.ReadAll(io.LimitReader(r, maxForm+1))
	data = bytes.TrimPrefix(data, []byte("\ufeff")) // as editors on Windows leave it
	switch {
	case err != nil:
		return fail("%w", err)
	case len(data) > maxForm:
		return fail("it is longer than %d bytes", maxForm)
	case !utf8.Valid(data):
		return fail("it is not UTF-8: save it as that")
	case len(bytes.TrimSpace(data)) == 0:
		return fail("it is empty: a JSON object with the fields of the form is expected")
	}
	d := json.NewDecoder(bytes.NewReader(data))
	var c Connection
	e := new(ConnectionError)
	err = c.parse(d, e)
	if err == nil {
		if _, more := d.Token(); more != io.EOF {
			err = errors.New("something follows the JSON object")
		}
	}
	switch {
	case err != nil:
		line := 1 + bytes.Count(data[:min(d.InputOffset(), int64(len(data)))], []byte("\n"))
		return fail("line %d: %w", line, err)
	case len(e.Fields) > 0:
		return Connection{}, e
	}
	return c, nil
}

// parse reads one field after the other, for encoding/json takes a name in
// whatever case, and the last of several that are the same.
func (c *Connection) parse(d *json.Decoder, e *ConnectionError) error {
	if token, err := d.Token(); err != nil {
		return syntax(err)
	} else if token != json.Delim('{') {
		return errors.New("a JSON object with the fields of the form is expected")
	}
	places := c.places()
	seen := map[string]bool{}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return syntax(err)
		}
		name, _ := token.(string)
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return syntax(err)
		}
		place, known := places[name]
		switch {
		case !known:
			e.advise(strings.Trim(strconv.Quote(name), `"`), "is no field of the form", adviceOnName(name, places))
		case seen[name]:
			e.add(name, "stands there twice")
		default:
			e.addIf(json.Unmarshal(value, place) != nil, name, expected(value, place))
		}
		seen[name] = true
	}
	_, err := d.Token()
	return syntax(err)
}

// syntax says of an end that comes too early what it is.
func syntax(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return errors.New("it ends in the middle of the JSON object")
	}
	return err
}

// places are the fields of the form, by their JSON names.
func (c *Connection) places() map[string]any {
	places := map[string]any{}
	v := reflect.ValueOf(c).Elem()
	for i := range v.NumField() {
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		places[name] = v.Field(i).Addr().Interface()
	}
	return places
}

// expected says what is wrong with a value that does not fit in its place. It does
// not repeat it, for it may be a secret.
func expected(value json.RawMessage, place any) string {
	switch place := place.(type) {
	case *Permissions:
		if err := place.UnmarshalJSON(value); err != nil {
			return strings.TrimPrefix(err.Error(), "permissions ")
		}
	case *int:
		return "is no whole number: one without quotes is expected"
	case *bool:
		return "is neither true nor false, without quotes"
	}
	return "is no text: one in quotes is expected"
}

// adviceOnName names the fields that are like one that there is not.
func adviceOnName(name string, places map[string]any) string {
	var like []string
	for field := range places {
		a, b := letters(field), letters(name)
		if b != "" && (strings.Contains(a, b) || strings.Contains(b, a)) {
			like = append(like, field)
		}
	}
	if len(like) == 0 {
		return "its fields are those of s3client.Connection"
	}
	slices.Sort(like)
	return strings.Join(like, " or ") + " may be meant"
}
