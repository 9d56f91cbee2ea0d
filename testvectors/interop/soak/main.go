// Soak downloads objects for minutes on the worst of days, and counts how it ended: of
// all sizes, with all checksums, by up to twelve workers, to all sinks, under random
// faults. Each download must give the right bytes, or an error that a program can tell
// from others and nothing under the final name; one that keeps what has come must be
// gone on with to the right bytes.
//
//	go -C testvectors/interop run ./soak                        2,000 downloads, from a seed of its own, which it prints
//	go -C testvectors/interop run ./soak -seed 17               the same sizes, sinks and faults again
//	go -C testvectors/interop run ./soak -seed 17 -only 1203    one of them, and all that it does
//
// It exits with 1 if a single byte was wrong, an error had no type, or anything was left
// that should not be.
package main

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
)

func main() {
	downloads := flag.Int("downloads", 2000, "do `N` of them")
	seed := flag.Uint64("seed", 0, "begin the draws with `N`; 0 makes one up")
	only := flag.Int("only", 0, "do the `N`-th download alone")
	flag.Parse()
	if flag.NArg() > 0 || *downloads < 1 || *only < 0 {
		flag.Usage()
		os.Exit(2)
	}
	for *seed == 0 {
		*seed = rand.Uint64()
	}
	dir, err := os.MkdirTemp("", "sigvier-soak-")
	if err != nil {
		fmt.Fprintln(os.Stderr, "soak:", err)
		os.Exit(1)
	}
	s := &soak{dir: dir, seed: *seed, first: 1, last: *downloads}
	if *only > 0 {
		s.first, s.last, s.tell = *only, *only, true
	}
	wrong := s.run(context.Background(), os.Stdout)
	os.RemoveAll(dir)
	if wrong > 0 {
		os.Exit(1)
	}
}
