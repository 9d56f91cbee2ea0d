package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/sigvier/sigvier/sigv4/oracle"
)

type signFailure struct {
	Name  string `json:"name"`
	Error string `json:"error"`
}

// maxLine bounds one line of JSON.
const maxLine = 64 << 20

func (a *app) sign(ctx context.Context, fs *flag.FlagSet, args []string) error {
	if _, err := parse(fs, args, 0, 0); err != nil {
		return err
	}
	input, err := a.input(ctx)
	if err != nil {
		return err
	}
	lines := bufio.NewScanner(input)
	lines.Buffer(make([]byte, 64<<10), maxLine)
	failed := false
	for lines.Scan() {
		if err := ctx.Err(); err != nil {
			return err
		}
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		var out any
		name, result, err := signLine(lines.Bytes())
		if out = result; err != nil {
			failed = true
			out = signFailure{name, err.Error()}
		}
		if err := writeJSON(a, out); err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := lines.Err(); errors.Is(err, bufio.ErrTooLong) {
		return fmt.Errorf("reading requests: a line is longer than %s", size(maxLine))
	} else if err != nil {
		return fmt.Errorf("reading requests: %w", err)
	}
	if failed {
		return reported(exitFailed)
	}
	return nil
}

// signLine signs the request of one line.
func signLine(line []byte) (name string, result oracle.Result, err error) {
	if !utf8.Valid(line) { // which would be replaced, and something else signed
		return nameOf(line), oracle.Result{}, errors.New("the line is no request as JSON: it is not UTF-8")
	}
	var r oracle.Request
	d := json.NewDecoder(bytes.NewReader(line))
	if err := d.Decode(&r); err != nil {
		return nameOf(line), oracle.Result{}, fmt.Errorf("the line is no request as JSON: %w", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return r.Name, oracle.Result{}, errors.New("something follows the JSON object in its line")
	}
	result, err = r.Sign()
	return r.Name, result, err
}

// nameOf finds the name of a line that is bad otherwise.
func nameOf(line []byte) string {
	var named struct {
		Name string `json:"name"`
	}
	_ = json.Unmarshal(line, &named) // best effort: the line is known to be bad
	return named.Name
}
