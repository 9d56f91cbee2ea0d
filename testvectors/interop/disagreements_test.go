package interop

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"
)

// What servers do otherwise than a case wants: what Amazon's documents say, or that
// what was stored comes back. It is kept as a table: a case that fails must have a row
// that says what the server does, and a row whose case does not fail is out of date.
// With -v all cases are printed at the end, by server.

// deviation is a row.
type deviation struct {
	server string
	what   string // the case: "CopyObject: conditions"
	does   string // a part of what the case says of it
}

var cases struct {
	mu   sync.Mutex
	seen map[string]map[string]string // by case and server, "" where they agree
}

// agrees runs one case, which gives nil if the server does what it wants, or else what
// it does, and reports whether it does.
func agrees(t *testing.T, s server, known []deviation, what string, run func() error) bool {
	t.Helper()
	row := slices.IndexFunc(known, func(d deviation) bool { return d.server == s.name && d.what == what })
	err := run()
	did := ""
	switch {
	case err == nil && row >= 0:
		t.Errorf("%s: %s agrees with S3 now: remove its row", what, s.name)
	case err != nil && row < 0:
		t.Errorf("%s: %v", what, err)
	case err != nil && !strings.Contains(err.Error(), known[row].does):
		t.Errorf("%s: %v; its row says that it does %q", what, err, known[row].does)
	}
	if err != nil {
		did = err.Error()
	}
	cases.mu.Lock()
	defer cases.mu.Unlock()
	if cases.seen == nil {
		cases.seen = map[string]map[string]string{}
	}
	if cases.seen[what] == nil {
		cases.seen[what] = map[string]string{}
	}
	cases.seen[what][s.name] = did
	return err == nil
}

// checkRows says which rows are of no case.
func checkRows(t *testing.T, known []deviation) {
	t.Helper()
	for _, d := range known {
		if _, ran := cases.seen[d.what][d.server]; !ran {
			t.Errorf("the row of %s, %q, is of no case", d.server, d.what)
		}
	}
}

// printCases writes the table, and below it what each server does otherwise.
func printCases(w io.Writer) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprint(table, "case")
	for _, s := range servers {
		fmt.Fprint(table, "\t", s.name)
	}
	fmt.Fprintln(table)
	var notes []string
	for _, what := range slices.Sorted(maps.Keys(cases.seen)) {
		fmt.Fprint(table, what)
		for _, s := range servers {
			did, ran := cases.seen[what][s.name]
			switch {
			case !ran:
				fmt.Fprint(table, "\t-")
			case did == "":
				fmt.Fprint(table, "\tas S3")
			default:
				notes = append(notes, fmt.Sprintf("%s, %s: %s", what, s.name, strings.ReplaceAll(did, "\n", "; ")))
				fmt.Fprintf(table, "\t(%d)", len(notes))
			}
		}
		fmt.Fprintln(table)
	}
	table.Flush()
	for i, note := range notes {
		fmt.Fprintf(w, "(%d) %s\n", i+1, note)
	}
}

// wants is what a case says that must fail with target.
func wants(err, target error) error {
	switch {
	case errors.Is(err, target):
		return nil
	case err == nil:
		return fmt.Errorf("no error, want %w", target)
	}
	return fmt.Errorf("%w, want %w", err, target)
}
