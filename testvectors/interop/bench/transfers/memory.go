package main

import (
	"fmt"

	"github.com/sigvier/sigvier/s3client/checksum"
)

// memory is that a download needs no more of it for a larger object.
func (b *bench) memory(row string) error {
	objects, err := b.objects(checksum.CRC32C, 64<<20, 512<<20, 2<<30)
	if err != nil {
		return err
	}
	fmt.Fprintf(b.out, "\n%s: MiB that were resident at most, the program's own included, medians of %d rounds\n\n", row, b.rounds)
	names := []string{"net/http", "sigvier", "manager", "tm-range"}
	const ours, theirs = 1, 2
	fmt.Fprintf(b.out, "%-9s%-9s", "threads", "size")
	for _, name := range names {
		fmt.Fprintf(b.out, "%10s", name)
	}
	fmt.Fprintln(b.out)
	var goals []func()
	for _, threads := range []int{1, 8, 64} {
		for _, o := range objects {
			rounds, err := b.measure(each(row, limits{}, o, threads, names...))
			if err != nil {
				return err
			}
			fmt.Fprintf(b.out, "%-9d%-9s", threads, bytesText(o.size))
			for i := range names {
				fmt.Fprintf(b.out, "%10.1f", of(rounds, i, peak))
			}
			fmt.Fprintln(b.out)
			goals = append(goals, func() {
				name := fmt.Sprintf("%s: %d threads, %s: ", row, threads, bytesText(o.size))
				b.atMost(name+"MiB, 16 and 0.75 a thread", of(rounds, ours, peak), 16+0.75*float64(threads))
				b.atMost(name+"against manager", against(rounds, ours, peak, theirs), 1)
			})
		}
	}
	fmt.Fprintln(b.out)
	for _, print := range goals {
		print()
	}
	return nil
}
