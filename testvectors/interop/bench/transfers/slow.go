package main

import (
	"fmt"

	"github.com/sigvier/sigvier/s3client/checksum"
)

// slow is a download where one connection in eight has a tenth of the speed, against
// the same without: what one slow part costs those who wait for it. Shared out as well
// as it can be, it is 8 / 7.1, or 1.13.
func (b *bench) slow(row string) error {
	const threads = 8
	objects, err := b.objects(checksum.CRC32C, 512<<20)
	if err != nil {
		return err
	}
	o := objects[0]
	names := []string{"net/http", "sigvier", "manager", "tm-range", "tm-part"}
	const ours = 1
	runs := append(each(row+"-without", likeS3(), o, threads, names...),
		each(row, likeS3("slow=4000000,every-conn=8"), o, threads, names...)...)
	fmt.Fprintf(b.out, "\n%s: %s, one connection in eight has 4 MB/s and the others have 40 MB/s, %d threads, medians of %d rounds\n\n", row, bytesText(o.size), threads, b.rounds)
	rounds, err := b.measure(runs)
	if err != nil {
		return err
	}
	fmt.Fprintf(b.out, "%-14s%14s%14s%9s\n", "by", "all sound s", "one slow s", "×")
	for i, name := range names {
		fmt.Fprintf(b.out, "%-14s%14.3f%14.3f%9.2f\n", name, of(rounds, i, wall), of(rounds, i+len(names), wall), against(rounds, i+len(names), wall, i))
	}
	fmt.Fprintln(b.out)
	b.atMost(row+": wall, against all sound", against(rounds, ours+len(names), wall, ours), 1.3)
	return nil
}
