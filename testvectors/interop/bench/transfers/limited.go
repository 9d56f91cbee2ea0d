package main

import (
	"fmt"

	"github.com/sigvier/sigvier/s3client/checksum"
)

// limited is a download from an origin like S3, where threads are worth having. With 1,
// 4 and 8 of them it takes 3.4 s at the limit, of which the first byte's 30 ms are
// 1 %; who waits for it again for each part of 8 MiB, loses 13 %.
func (b *bench) limited(row string, l limits) error {
	objects, err := b.objects(checksum.CRC32C, 128<<20, 512<<20, 1<<30)
	if err != nil {
		return err
	}
	fmt.Fprintf(b.out, "\n%s: an object%s, medians of %d rounds\n\n", row, l, b.rounds)
	fmt.Fprintf(b.out, "%-9s%-9s%-14s%9s%9s%12s%14s%9s%10s\n", "threads", "size", "by", "wall s", "MB/s", "% of limit", "CPU s per GB", "× CPU", "peak MiB")
	const bare, ours = 0, 1
	var goals []func()
	for _, c := range []struct {
		threads int
		object  object
	}{{1, objects[0]}, {4, objects[1]}, {8, objects[2]}, {16, objects[2]}} {
		threads, o := c.threads, c.object
		runs := each(row, l, o, threads, "net/http", "sigvier", "manager", "tm-range", "tm-part")
		rounds, err := b.measure(runs)
		if err != nil {
			return err
		}
		limit := float64(threads) * float64(l.PerConn)
		for i, r := range runs {
			rate := float64(o.size) / of(rounds, i, wall)
			fmt.Fprintf(b.out, "%-9d%-9s%-14s%9.3f%9.1f%12.1f%14.3f%9.2f%10.1f\n", threads, bytesText(o.size), r.name, of(rounds, i, wall), rate/1e6, 100*rate/limit,
				of(rounds, i, cpu)/float64(o.size)*1e9, against(rounds, i, cpu, bare), of(rounds, i, peak))
		}
		fmt.Fprintln(b.out)
		goals = append(goals, func() {
			name := fmt.Sprintf("%s: %d threads, ", row, threads)
			if l.TLS {
				b.atMost(name+"CPU against net/http", against(rounds, ours, cpu, bare), 1.05)
			} else if threads <= 8 {
				b.atLeast(name+fmt.Sprintf("rate against %.0f MB/s", limit/1e6), float64(o.size)/of(rounds, ours, wall)/limit, 0.97)
			} else {
				b.atLeast(name+"rate against net/http", 1/against(rounds, ours, wall, bare), 1)
			}
		})
	}
	for _, print := range goals {
		print()
	}
	return nil
}
