package main

import (
	"math"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// Three rounds: in the second the machine was twice as slow, in the third for
// sigvier alone.
const raw = `goos: linux
goarch: amd64
cpu: Some CPU @ 3.00GHz
BenchmarkSign/signer=floor-2       100   1000 ns/op     0 B/op   0 allocs/op
BenchmarkSign/signer=sigvier-2     100   2000 ns/op   320 B/op   2 allocs/op
BenchmarkSign/signer=minio-go-2    100  20000 ns/op  4000 B/op  90 allocs/op
BenchmarkLinear/of=headers/n=100-2  10  50000 ns/op  500.0 ns/item  0 B/op  2 allocs/op
PASS
cpu: Some CPU @ 3.00GHz
BenchmarkSign/signer=floor-2       100   2000 ns/op     0 B/op   0 allocs/op
BenchmarkSign/signer=sigvier-2     100   4000 ns/op   320 B/op   2 allocs/op
BenchmarkSign/signer=minio-go-2    100  40000 ns/op  4000 B/op  90 allocs/op
BenchmarkLinear/of=headers/n=100-2  10  70000 ns/op  700.0 ns/item  0 B/op  2 allocs/op
PASS
BenchmarkSign/signer=floor         100   1000 ns/op     0 B/op   0 allocs/op
BenchmarkSign/signer=sigvier       100   9000 ns/op   320 B/op   2 allocs/op
BenchmarkSign/signer=minio-go      100  20000 ns/op  4000 B/op  90 allocs/op
BenchmarkLinear/of=headers/n=100    10  60000 ns/op  600.0 ns/item  0 B/op  2 allocs/op
PASS
`

func parsed(t *testing.T) results {
	t.Helper()
	r, err := parse(strings.NewReader(raw))
	if err != nil {
		t.Fatalf("parse() = %v", err)
	}
	return r
}

func TestTheMedianIsOverTheRounds(t *testing.T) {
	r := parsed(t)
	for _, row := range []struct {
		name, unit string
		want       float64
	}{
		{"Sign/signer=sigvier", "ns/op", 4000},
		{"Sign/signer=sigvier", "allocs/op", 2},
		{"Linear/of=headers/n=100", "ns/item", 600},
	} {
		if got, ok := r.median(row.name, row.unit); !ok || got != row.want {
			t.Errorf("median(%q, %q) = %v, %v, want %v", row.name, row.unit, got, ok, row.want)
		}
	}
	if got, ok := median([]float64{4, 1, 3, 2}); !ok || got != 2.5 {
		t.Errorf("median of four = %v, %v, want 2.5", got, ok)
	}
	if got, ok := r.median("Sign/signer=nobody", "ns/op"); ok {
		t.Errorf("median of what has not run = %v, want none", got)
	}
}

func TestRatiosAreTakenWithinARound(t *testing.T) {
	r := parsed(t)
	for _, row := range []struct {
		over, under string
		want        float64 // 0: none
	}{
		{"Sign/signer=sigvier", "Sign/signer=floor", 2},
		{"Sign/signer=minio-go", "Sign/signer=sigvier", 10},
		{"Sign/signer=sigvier Sign/signer=floor", "Sign/signer=minio-go Sign/signer=sigvier", 0.05},
		{"Sign/signer=sigvier", "", 4000},
		{"Sign/signer=sigvier", "Sign/signer=nobody", 0},
		{"Sign/signer=nobody", "Sign/signer=sigvier", 0},
	} {
		got, ok := r.ratio("ns/op", row.over, row.under)
		if ok != (row.want != 0) || math.Abs(got-row.want) > 1e-9 {
			t.Errorf("ratio of (%s) to (%s) = %v, %v, want %v", row.over, row.under, got, ok, row.want)
		}
	}
}

func TestParseRefusesWhatIsNoResult(t *testing.T) {
	for _, text := range []string{"", "PASS\nok\n", "BenchmarkSign-2 100 many ns/op\n"} {
		if _, err := parse(strings.NewReader(text)); err == nil {
			t.Errorf("parse(%q) = nil, want an error", text)
		}
	}
}

func TestGoalsAreReachedOrMissed(t *testing.T) {
	goals := []goal{
		{"at most, reached", "Sign/signer=sigvier", "Sign/signer=floor", "ns/op", 2, 0},
		{"at most, missed", "Sign/signer=sigvier", "Sign/signer=floor", "ns/op", 1.9, 0},
		{"at least, reached", "Sign/signer=minio-go", "Sign/signer=sigvier", "ns/op", 0, 10},
		{"at least, missed", "Sign/signer=minio-go", "Sign/signer=sigvier", "ns/op", 0, 10.1},
		{"of one value", "Sign/signer=sigvier", "", "allocs/op", 2, 0},
		{"at most, not measured", "Sign/signer=nobody", "", "ns/op", 2, 0},
		{"at least, not measured", "Sign/signer=nobody", "", "ns/op", 0, 2},
	}
	var report strings.Builder
	missed := printGoals(&report, goals, parsed(t))
	const want = `
at most, reached                                         ≤ 2         2  reached
at most, missed                                        ≤ 1.9         2  MISSED
at least, reached                                       ≥ 10        10  reached
at least, missed                                      ≥ 10.1        10  MISSED
of one value                                             ≤ 2         2  reached
at most, not measured                                    ≤ 2   nothing  MISSED
at least, not measured                                   ≥ 2   nothing  MISSED
`
	if got := report.String(); got != want || missed != 4 {
		t.Errorf("printGoals() = %d missed, want 4, and printed\n%s\nwant\n%s", missed, got, want)
	}
}

func TestGoalsWithoutResultsCanBeLeftOut(t *testing.T) {
	kept := withResults([]goal{
		{"measured", "Sign/signer=sigvier", "Sign/signer=floor", "ns/op", 2, 0},
		{"without what it is against", "Sign/signer=sigvier", "Sign/signer=nobody", "ns/op", 2, 0},
		{"not measured", "Sign/signer=nobody", "", "ns/op", 2, 0},
	}, parsed(t))
	if len(kept) != 1 || kept[0].text != "measured" {
		t.Errorf("withResults() = %v, want the first alone", kept)
	}
}

func TestBothKindsOfCredentialsHaveTheSameGoals(t *testing.T) {
	var texts [2][]string
	for i, cred := range [...]string{"keys", "session"} {
		for _, g := range goals {
			if text, ok := strings.CutPrefix(g.text, cred+": "); ok {
				texts[i] = append(texts[i], text)
				if names := strings.Fields(g.over + " " + g.under); !strings.Contains(names[0], "/cred="+cred+"/") || !strings.Contains(names[len(names)-1], "/cred="+cred+"/") {
					t.Errorf("%s: compares %q, want results of cred=%s", g.text, names, cred)
				}
			}
		}
	}
	if len(texts[0]) == 0 || !slices.Equal(texts[0], texts[1]) {
		t.Errorf("goals are %q and %q, want the same", texts[0], texts[1])
	}
}

func TestTheReportFits100Columns(t *testing.T) {
	r, err := parse(strings.NewReader(`BenchmarkVerifyQuery/cred=session/signer=sigvier-2  10  12345678 ns/op  1234567 ns/item  12345678 B/op  123456 allocs/op
BenchmarkVerifyQuery/cred=session/signer=minio-go-reader-2  10  12345678 ns/op  1234567 ns/item  12345678 B/op  123456 allocs/op
BenchmarkVerifyQuery/cred=session/signer=floor-2  10  1234567 ns/op  12345 ns/item  12345678 B/op  123456 allocs/op
`))
	if err != nil {
		t.Fatalf("parse() = %v", err)
	}
	var report strings.Builder
	printTable(&report, r)
	printGoals(&report, goals, r)
	for line := range strings.Lines(report.String()) {
		if n := utf8.RuneCountInString(strings.TrimSpace(line)); n > 100 {
			t.Errorf("a line of %d columns, want 100 at most: %s", n, line)
		}
		if fields := strings.Fields(line); strings.HasPrefix(line, "VerifyQuery") && len(fields) != 8 {
			t.Errorf("%d fields, want 8 that are apart: %s", len(fields), line)
		}
	}
}

func TestTheTableHasALinePerBenchmark(t *testing.T) {
	var table strings.Builder
	printTable(&table, parsed(t))
	const want = `operation by ns/op B/op allocs/op × floor × sigvier ns/item
Sign floor 1000 0 0 1.00 0.50 -
Sign sigvier 4000 320 2 2.00 1.00 -
Sign minio-go 20000 4000 90 20.00 10.00 -
Linear/of=headers n=100 60000 0 2 - - 600
`
	var got strings.Builder
	for line := range strings.Lines(table.String()) {
		if words := strings.Fields(line); len(words) > 0 {
			got.WriteString(strings.Join(words, " ") + "\n")
		}
	}
	if got.String() != want {
		t.Errorf("printTable() printed\n%s\nwant\n%s", got.String(), want)
	}
}
