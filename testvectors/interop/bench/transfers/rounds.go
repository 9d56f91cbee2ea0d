package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sigvier/sigvier/s3client/checksum"
)

// bench is one run of this program.
type bench struct {
	out      io.Writer
	rounds   int
	divide   int64  // objects have this part of their size
	dir      string // where the origin's objects and the clients' files are
	profiles string // a folder; "" is none
	made     map[string]object
	missed   int // goals
}

// run is a job of a client whose usage is measured.
type run struct {
	row    string
	name   string // in the table
	limits limits // of the origin
	object object // that is transferred
	job    job
}

// each makes a run for each client.
func each(row string, l limits, o object, threads int, names ...string) (runs []run) {
	for _, name := range names {
		runs = append(runs, run{row, name, l, o, job{Client: name, Do: "download", Threads: threads}})
	}
	return runs
}

// objects makes objects of such sizes, those that are not there yet.
func (b *bench) objects(a checksum.Algorithm, sizes ...int64) ([]object, error) {
	at, err := startOrigin(b.dir, limits{})
	if err != nil {
		return nil, err
	}
	defer at.stop()
	objects := make([]object, len(sizes))
	for i, size := range sizes {
		size /= b.divide
		name := fmt.Sprint(a, size)
		if _, ok := b.made[name]; !ok {
			if b.made[name], err = makeObject(at.URL, size, a); err != nil {
				return nil, fmt.Errorf("making an object of %d bytes: %w", size, err)
			}
		}
		objects[i] = b.made[name]
	}
	return objects, nil
}

// measure has all runs in turn, round after round, and gives for each round what
// each took.
func (b *bench) measure(runs []run) ([][]usage, error) {
	taken := make([][]usage, b.rounds)
	for round := range taken {
		taken[round] = make([]usage, len(runs))
		for turn := range runs {
			i := (round + turn) % len(runs) // who is first changes
			r := runs[i]
			if b.profiles != "" && round == 0 {
				r.job.Profile = filepath.Join(b.profiles, r.profile())
			}
			var err error
			if taken[round][i], err = b.one(r); err != nil {
				return nil, err
			}
		}
	}
	return taken, nil
}

// warmUp is a round that does not count, after which the system has in its caches
// what it will have there.
func (b *bench) warmUp(runs []run) error {
	for _, r := range runs {
		if _, err := b.one(r); err != nil {
			return err
		}
	}
	return nil
}

// one has one run, with an origin of its own: its connections are the first ones. What
// is broken is not worth measuring, so what was transferred is read.
func (b *bench) one(r run) (u usage, err error) {
	at, err := startOrigin(b.dir, r.limits)
	if err != nil {
		return u, err
	}
	defer at.stop()
	j := r.job
	j.URL, j.CA, j.Key = at.URL, at.CA, r.object.key
	back := job{Client: "net/http", Do: "download", URL: j.URL, CA: j.CA, Key: j.Key, Path: filepath.Join(b.dir, "download"), Threads: 1}
	defer os.Remove(back.Path)
	if j.Do == "download" {
		j.Path = back.Path
	}
	if u, err = j.run(); err != nil {
		return u, err
	}
	if u.sent, err = at.sent(); err != nil {
		return u, err
	}
	if j.Do == "upload" {
		if _, err := back.run(); err != nil {
			return u, err
		}
	}
	if j.Do != "read" {
		err = r.object.check(back.Path)
	}
	return u, err
}

// profile is the name of a file for it.
func (r run) profile() string {
	name := fmt.Sprintf("%s-%d-%s.pprof", r.row, r.job.Threads, r.name)
	return strings.NewReplacer("/", "-", ", ", "-").Replace(name)
}

// median is that of a value over the rounds.
func median[T any](rounds []T, value func(T) float64) float64 {
	values := make([]float64, len(rounds))
	for i, r := range rounds {
		values[i] = value(r)
	}
	slices.Sort(values)
	return (values[(len(values)-1)/2] + values[len(values)/2]) / 2
}

func wall(u usage) float64 { return u.Wall.Seconds() }
func cpu(u usage) float64  { return u.CPU.Seconds() }
func peak(u usage) float64 { return float64(u.Peak) / (1 << 20) }

// of is the median of what one of the runs took.
func of(rounds [][]usage, i int, what func(usage) float64) float64 {
	return median(rounds, func(r []usage) float64 { return what(r[i]) })
}

// against is the median of the ratios within a round, of one run to the best of
// some: what else a busy machine does hits both alike, or one round only.
func against(rounds [][]usage, i int, what func(usage) float64, others ...int) float64 {
	return median(rounds, func(r []usage) float64 {
		best := what(r[others[0]])
		for _, o := range others[1:] {
			best = min(best, what(r[o]))
		}
		return what(r[i]) / best
	})
}

// goal prints whether a goal is reached.
func (b *bench) goal(text, wanted string, measured float64, reached bool) {
	verdict := "reached"
	if !reached {
		verdict = "MISSED"
		b.missed++
	}
	fmt.Fprintf(b.out, "%-72s%10s%10.3f  %s\n", text, wanted, measured, verdict)
}

func (b *bench) atMost(text string, measured, most float64) {
	b.goal(text, fmt.Sprintf("≤ %.3g", most), measured, measured <= most)
}

func (b *bench) atLeast(text string, measured, least float64) {
	b.goal(text, fmt.Sprintf("≥ %.3g", least), measured, measured >= least)
}

func bytesText(n int64) string {
	switch {
	case n >= 1<<30 && n%(1<<30) == 0:
		return fmt.Sprintf("%d GiB", n>>30)
	case n >= 1<<20:
		return fmt.Sprintf("%d MiB", n>>20)
	}
	return fmt.Sprintf("%d bytes", n)
}
