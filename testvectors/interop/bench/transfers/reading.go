package main

import (
	"fmt"
	"time"

	"github.com/sigvier/sigvier/s3client/checksum"
)

// reading is an ordered reader whose program is slower than the origin: what has come
// and waits for it is memory.
func (b *bench) reading(row string) error {
	const (
		threads   = 8
		window    = 16 << 20
		ours, own = 1, 5
	)
	objects, err := b.objects(checksum.CRC32C, 512<<20)
	if err != nil {
		return err
	}
	o := objects[0]
	runs := each(row, limits{}, o, threads, "net/http", "sigvier", "tm-range", "tm-part", "minio-go")
	runs = append(runs, runs[ours])
	runs[own].name = "sigvier, window of 16 MiB"
	runs[own].job.Window = window
	for i := range runs {
		runs[i].job.Do, runs[i].job.Rest = "read", 5*time.Millisecond
	}
	fmt.Fprintf(b.out, "\n%s: a reader of %s with a rest of 5 ms behind each MiB, %d threads, medians of %d rounds\n\n", row, bytesText(o.size), threads, b.rounds)
	rounds, err := b.measure(runs)
	if err != nil {
		return err
	}
	fmt.Fprintf(b.out, "%-28s%9s%9s%14s%10s\n", "by", "wall s", "MB/s", "CPU s per GB", "peak MiB")
	for i, r := range runs {
		size := float64(o.size)
		fmt.Fprintf(b.out, "%-28s%9.3f%9.0f%14.3f%10.1f\n", r.name, of(rounds, i, wall), size/1e6/of(rounds, i, wall), of(rounds, i, cpu)/size*1e9, of(rounds, i, peak))
	}
	fmt.Fprintln(b.out)
	b.atMost(row+": MiB with a window of 16, and 16 and 0.75 a thread", of(rounds, own, peak), window>>20+16+0.75*threads)
	return nil
}
