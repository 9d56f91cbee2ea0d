package main

import (
	"encoding/json"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// result prints a result: as JSON with --json, else as the line.
func (a *app) result(object any, line string) error {
	if !a.json {
		_, err := fmt.Fprintln(a.stdout, line)
		return err
	}
	return writeJSON(a, object)
}

func writeJSON(a *app, object any) error {
	e := json.NewEncoder(a.stdout)
	e.SetEscapeHTML(false)
	return e.Encode(object)
}

// printable shows a key as it is, unless a terminal would not.
func printable(s string) string {
	if !utf8.ValidString(s) {
		return strconv.Quote(s)
	}
	for _, r := range s {
		if !strconv.IsPrint(r) {
			return strconv.Quote(s)
		}
	}
	return s
}

// size writes a number of bytes for people.
func size(n int64) string {
	units := [...]string{"B", "KiB", "MiB", "GiB", "TiB"}
	v, i := float64(n), 0
	for v >= 1024 && i < len(units)-1 {
		v, i = v/1024, i+1
	}
	if i == 0 {
		return strconv.FormatInt(n, 10) + " B"
	}
	return strconv.FormatFloat(v, 'f', 1, 64) + " " + units[i]
}
