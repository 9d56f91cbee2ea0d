package main

import (
	"fmt"

	"github.com/sigvier/sigvier/s3client/checksum"
)

// broken is many downloads of which one body in twenty ends at a random byte: what the
// origin has to send twice. There are too few in one download to say anything.
func (b *bench) broken(row string) error {
	const threads, times = 8, 50
	objects, err := b.objects(checksum.CRC32C, 64<<20)
	if err != nil {
		return err
	}
	o := objects[0]
	fmt.Fprintf(b.out, "\n%s: %d downloads of %s, 5 %% of the bodies break at a random byte, %d threads\n\n", row, times, bytesText(o.size), threads)
	fmt.Fprintf(b.out, "%-14s%9s%9s%14s%14s\n", "by", "wall s", "GETs", "MB sent", "% sent twice")
	ours := 0.0
	for _, name := range []string{"net/http", "sigvier", "manager", "tm-range", "tm-part"} {
		r := each(row, likeS3("truncate=random,op=GetObject,rate=5%"), o, threads, name)[0]
		r.job.Times = times
		u, err := b.one(r)
		if err != nil {
			return err
		}
		twice := float64(u.sent.Bytes)/float64(times*o.size) - 1
		if name == "sigvier" {
			ours = twice
		}
		fmt.Fprintf(b.out, "%-14s%9.3f%9d%14.1f%14.2f\n", name, wall(u), u.sent.Gets, float64(u.sent.Bytes)/1e6, 100*twice)
	}
	fmt.Fprintln(b.out)
	b.atMost(row+": % of the bytes sent twice", 100*ours, 3)
	return nil
}
