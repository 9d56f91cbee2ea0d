package main

import (
	"fmt"

	"github.com/sigvier/sigvier/s3client/checksum"
)

// waiting is an ordered reader whose next byte does not come for 2 s, nor those of the
// part behind: its CPU time is that of a small download, and no more.
func (b *bench) waiting(row string) error {
	const threads = 8
	objects, err := b.objects(checksum.CRC32C, (partLength+1<<20)*b.divide)
	if err != nil {
		return err
	}
	o := objects[0]
	l := limits{Faults: []string{"stall=2s,op=GetObject"}}
	names := []string{"net/http", "sigvier", "tm-range", "tm-part", "minio-go"}
	const bare, ours = 0, 1
	runs := each(row, l, o, threads, names...)
	for i := range runs {
		runs[i].job.Do = "read"
	}
	fmt.Fprintf(b.out, "\n%s: a reader of %s of which each body stalls for 2 s, medians of %d rounds\n\n", row, bytesText(o.size), b.rounds)
	rounds, err := b.measure(runs)
	if err != nil {
		return err
	}
	fmt.Fprintf(b.out, "%-14s%9s%9s\n", "by", "wall s", "CPU ms")
	for i, name := range names {
		fmt.Fprintf(b.out, "%-14s%9.3f%9.1f\n", name, of(rounds, i, wall), 1000*of(rounds, i, cpu))
	}
	fmt.Fprintln(b.out)
	b.atMost(row+": ms of CPU in 2 s, above net/http's", 1000*(of(rounds, ours, cpu)-of(rounds, bare, cpu)), 20)
	return nil
}
