package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// results holds what go test -bench printed, round after round.
type results struct {
	cpu   string
	names []string // of the benchmarks, in their order, as in "Sign/signer=sigvier"
	// values has for each benchmark and unit ("ns/op", …) one value per round.
	values map[string]map[string][]float64
}

// parse reads the lines of benchmarks,
//
//	BenchmarkSign/signer=sigvier-2    170000    1021 ns/op    320 B/op    2 allocs/op
//
// and leaves out all others.
func parse(raw io.Reader) (results, error) {
	r := results{values: map[string]map[string][]float64{}}
	lines := bufio.NewScanner(raw)
	for lines.Scan() {
		if cpu, ok := strings.CutPrefix(lines.Text(), "cpu: "); ok {
			r.cpu = cpu
		}
		fields := strings.Fields(lines.Text())
		if len(fields) < 4 || !strings.HasPrefix(fields[0], "Benchmark") {
			continue
		}
		name := procs.ReplaceAllString(strings.TrimPrefix(fields[0], "Benchmark"), "")
		if r.values[name] == nil {
			r.values[name] = map[string][]float64{}
			r.names = append(r.names, name)
		}
		for i := 2; i+1 < len(fields); i += 2 {
			value, err := strconv.ParseFloat(fields[i], 64)
			if err != nil {
				return r, fmt.Errorf("%s: %q is not a number", fields[0], fields[i])
			}
			unit := fields[i+1]
			r.values[name][unit] = append(r.values[name][unit], value)
		}
	}
	if err := lines.Err(); err != nil {
		return r, err
	}
	if len(r.names) == 0 {
		return r, errors.New("there are no results of benchmarks in what go test printed")
	}
	return r, nil
}

// procs is the GOMAXPROCS that go test puts behind a benchmark's name if it is
// not 1.
var procs = regexp.MustCompile(`-[0-9]+$`)

// median gives the median of a benchmark over the rounds.
func (r results) median(name, unit string) (float64, bool) {
	return median(r.values[name][unit])
}

// ratio gives the median over the rounds of the product of the values of some
// benchmarks, whose names stand in over, divided by that of those in under.
func (r results) ratio(unit, over, under string) (float64, bool) {
	var ratios []float64
	for round := 0; ; round++ {
		above, ok1 := r.product(round, unit, over)
		below, ok2 := r.product(round, unit, under)
		if !ok1 || !ok2 {
			return median(ratios)
		}
		ratios = append(ratios, above/below)
	}
}

func (r results) product(round int, unit, names string) (float64, bool) {
	product := 1.0
	for _, name := range strings.Fields(names) {
		values := r.values[name][unit]
		if round >= len(values) {
			return 0, false
		}
		product *= values[round]
	}
	return product, true
}

func median(values []float64) (float64, bool) {
	if len(values) == 0 {
		return 0, false
	}
	sorted := slices.Sorted(slices.Values(values))
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2, true
}
