package main

import (
	"fmt"

	"github.com/sigvier/sigvier/s3client/checksum"
)

// waiting is an ordered reader whose next byte does not come for 2 s, nor those of the
// part behind, against the same without: what is waited for costs no CPU time.
func (b *bench) waiting(row string) error {
	const threads = 8
	objects, err := b.objects(checksum.CRC32C, (partLength+1<<20)*b.divide)
	if err != nil {
		return err
	}
	o := objects[0]
	names := []string{"net/http", "sigvier", "tm-range", "tm-part", "minio-go"}
	const ours = 1
	runs := append(each(row+"-without", limits{}, o, threads, names...),
		each(row, limits{Faults: []string{"stall=2s,op=GetObject"}}, o, threads, names...)...)
	for i := range runs {
		runs[i].job.Do = "read"
	}
	fmt.Fprintf(b.out, "\n%s: a reader of %s of which each body stalls for 2 s, medians of %d rounds\n\n", row, bytesText(o.size), b.rounds)
	rounds, err := b.measure(runs)
	if err != nil {
		return err
	}
	waited := func(i int) float64 { return 1000 * (of(rounds, i+len(names), cpu) - of(rounds, i, cpu)) }
	fmt.Fprintf(b.out, "%-14s%15s%9s%16s%13s\n", "by", "sound: wall s", "CPU ms", "stalls: wall s", "CPU ms more")
	for i, name := range names {
		fmt.Fprintf(b.out, "%-14s%15.3f%9.1f%16.3f%13.1f\n", name, of(rounds, i, wall), 1000*of(rounds, i, cpu), of(rounds, i+len(names), wall), waited(i))
	}
	fmt.Fprintln(b.out)
	b.atMost(row+": ms of CPU in 2 s, which is 1 %", waited(ours), 20)
	return nil
}
