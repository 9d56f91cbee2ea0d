package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/sigvier/sigvier/s3client/checksum"
)

// The test's program is the origin and the clients, too, as the other one is.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && (os.Args[1] == serve || os.Args[1] == act) {
		main()
		return
	}
	os.Exit(m.Run())
}

func newBench(t *testing.T, divide int64) (*bench, *bytes.Buffer) {
	out := new(bytes.Buffer)
	return &bench{out: out, rounds: 1, divide: divide, dir: t.TempDir(), made: map[string]object{}}, out
}

// Each row in its smallest form: it prints numbers for all, and a verdict on each goal.
func TestEveryRowIsMeasured(t *testing.T) {
	verdict := regexp.MustCompile(`(?m)^(\S+): .* [≤≥] *[\d.]+ +-?[\d.]+  (reached|MISSED)$`)
	b, out := newBench(t, 64)
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			out.Reset()
			if err := r.print(b, r.name); err != nil {
				t.Fatal(err)
			}
			text := out.String()
			if strings.Contains(text, "NaN") || strings.Contains(text, "Inf") {
				t.Errorf("something was not measured:\n%s", text)
			}
			goals := verdict.FindAllStringSubmatch(text, -1)
			if len(goals) == 0 {
				t.Errorf("there is no goal:\n%s", text)
			}
			for _, g := range goals {
				if g[1] != r.name {
					t.Errorf("%q is a goal of another row", g[0])
				}
			}
		})
	}
}

// What is broken is not worth measuring.
func TestEveryClientMovesTheBytes(t *testing.T) {
	b, _ := newBench(t, 1)
	objects, err := b.objects(checksum.CRC64NVME, 2*partLength+1)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(b.dir, "source")
	source, err := makeFile(path, objects[0].size)
	if err != nil {
		t.Fatal(err)
	}
	if source.crc32c != objects[0].crc32c {
		t.Errorf("the file has CRC-32C %s and the object %s", source.crc32c, objects[0].crc32c)
	}
	for _, c := range clients {
		t.Run(c.name, func(t *testing.T) {
			r := each("", limits{}, objects[0], 2, c.name)[0]
			u, err := b.one(r)
			if err != nil {
				t.Fatal(err)
			}
			if u.Wall <= 0 || u.CPU <= 0 || u.Peak < 1<<20 {
				t.Errorf("usage is %+v", u)
			}
			if u.sent.Bytes < objects[0].size || u.sent.Gets == 0 {
				t.Errorf("the origin counts %+v for an object of %d bytes", u.sent, objects[0].size)
			}
			r.job.Do, r.job.Path, r.object.key = "upload", path, strings.ReplaceAll(c.name, "/", "-")
			if _, err := b.one(r); err != nil {
				t.Error(err)
			}
		})
	}
}

// A client that believes what comes is found out here.
func TestWrongBytesAreFound(t *testing.T) {
	b, _ := newBench(t, 1)
	objects, err := b.objects(checksum.CRC32C, 100_000)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, want string }{
		{"net/http", "which are not the 100000"},
		{"sigvier", "integrity"},
	} {
		if _, err := b.one(each("", limits{Faults: []string{"flip=5000,op=GetObject"}}, objects[0], 1, c.name)[0]); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want %q", c.name, err, c.want)
		}
	}
}

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		of   []float64
		want float64
	}{{[]float64{3}, 3}, {[]float64{9, 1, 2}, 2}, {[]float64{4, 1, 2, 9}, 3}} {
		if got := median(c.of, func(v float64) float64 { return v }); got != c.want {
			t.Errorf("median(%v) = %v, want %v", c.of, got, c.want)
		}
	}
}

// The best of the others is found within each round.
func TestAgainst(t *testing.T) {
	var rounds [][]usage
	for _, r := range [][3]int64{{10, 5, 20}, {12, 24, 6}, {9, 3, 9}} {
		rounds = append(rounds, []usage{{Peak: r[0] << 20}, {Peak: r[1] << 20}, {Peak: r[2] << 20}})
	}
	if got := fmt.Sprint(against(rounds, 0, peak, 1, 2), against(rounds, 0, peak, 2)); got != "2 1" {
		t.Errorf("against both and against one: %s, want 2 1", got)
	}
}
