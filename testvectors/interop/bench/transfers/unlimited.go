package main

import (
	"fmt"

	"github.com/sigvier/sigvier/s3client/checksum"
)

// unlimited is a download as fast as the machine can: here the client's own work is
// what counts.
func (b *bench) unlimited(row string, l limits) error {
	const threads = 8
	light, err := b.objects(checksum.CRC32C, 2<<30)
	if err != nil {
		return err
	}
	heavy, err := b.objects(checksum.CRC64NVME, 2<<30)
	if err != nil {
		return err
	}
	runs := each(row, l, light[0], threads, "net/http", "sigvier", "manager", "tm-range", "tm-part", "minio-go")
	runs = append(runs, each(row, l, heavy[0], threads, "sigvier")...)
	const bare, crc32c, crc64 = 0, 1, 6
	peers := []int{2, 3, 4, 5}
	runs[crc32c].name, runs[crc64].name = "sigvier, CRC32C", "sigvier, CRC64NVME"
	fmt.Fprintf(b.out, "\n%s: %s%s, %d threads, medians of %d rounds\n\n", row, bytesText(light[0].size), l, threads, b.rounds)
	if err := b.warmUp(runs); err != nil {
		return err
	}
	rounds, err := b.measure(runs)
	if err != nil {
		return err
	}
	fmt.Fprintf(b.out, "%-22s%9s%9s%14s%9s%9s%10s\n", "by", "wall s", "MB/s", "CPU s per GB", "× wall", "× CPU", "peak MiB")
	for i, r := range runs {
		size := float64(r.object.size)
		fmt.Fprintf(b.out, "%-22s%9.3f%9.0f%14.3f%9.2f%9.2f%10.1f\n", r.name, of(rounds, i, wall), size/1e6/of(rounds, i, wall), of(rounds, i, cpu)/size*1e9,
			against(rounds, i, wall, bare), against(rounds, i, cpu, bare), of(rounds, i, peak))
	}
	fmt.Fprintln(b.out)
	if l.TLS {
		b.atMost(row+": CPU, CRC32C verified, against net/http", against(rounds, crc32c, cpu, bare), 1.05)
		return nil
	}
	b.atMost(row+": wall, CRC32C verified, against net/http", against(rounds, crc32c, wall, bare), 1.05)
	b.atMost(row+": CPU, CRC32C verified, against net/http", against(rounds, crc32c, cpu, bare), 1.05)
	b.atMost(row+": wall, CRC64NVME verified, against net/http", against(rounds, crc64, wall, bare), 1.25)
	b.atMost(row+": CPU, CRC64NVME verified, against net/http", against(rounds, crc64, cpu, bare), 1.25)
	b.atMost(row+": wall, CRC32C verified, against the best peer", against(rounds, crc32c, wall, peers...), 1)
	b.atMost(row+": CPU, CRC32C verified, against the best peer", against(rounds, crc32c, cpu, peers...), 1)
	return nil
}
