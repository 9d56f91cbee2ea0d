package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/sigvier/sigvier/s3client/checksum"
)

// upload is a file that goes to the origin in parts. The floor puts the same parts, and
// says nothing of what is in them.
func (b *bench) upload(row string, l limits) error {
	const threads = 8
	size := 512 << 20 / b.divide
	path := filepath.Join(b.dir, "source")
	defer os.Remove(path)
	o, err := makeFile(path, size)
	if err != nil {
		return err
	}
	o.key = row
	names := []string{"net/http", "sigvier", "manager", "tm-range", "minio-go"}
	const bare, ours = 0, 1
	runs := each(row, l, o, threads, names...)
	for i := range runs {
		runs[i].job.Do, runs[i].job.Path = "upload", path
	}
	runs[3].name = "transfermanager" // which knows no ranges here
	fmt.Fprintf(b.out, "\n%s: %s in parts of %s%s, %d threads, medians of %d rounds\n\n", row, bytesText(size), bytesText(partLength), l, threads, b.rounds)
	if err := b.warmUp(runs); err != nil {
		return err
	}
	rounds, err := b.measure(runs)
	if err != nil {
		return err
	}
	fmt.Fprintf(b.out, "%-16s%9s%9s%14s%9s%9s%10s\n", "by", "wall s", "MB/s", "CPU s per GB", "× wall", "× CPU", "peak MiB")
	for i, r := range runs {
		fmt.Fprintf(b.out, "%-16s%9.3f%9.0f%14.3f%9.2f%9.2f%10.1f\n", r.name, of(rounds, i, wall), float64(size)/1e6/of(rounds, i, wall), of(rounds, i, cpu)/float64(size)*1e9,
			against(rounds, i, wall, bare), against(rounds, i, cpu, bare), of(rounds, i, peak))
	}
	fmt.Fprintln(b.out)
	b.atMost(row+": wall, against net/http", against(rounds, ours, wall, bare), 1.1)
	return nil
}

// makeFile writes a file with an object's content.
func makeFile(path string, size int64) (object, error) {
	o := object{size: size}
	h, err := checksum.CRC32C.New()
	if err != nil {
		return o, err
	}
	f, err := os.Create(path)
	if err != nil {
		return o, err
	}
	w := io.MultiWriter(f, h)
	for part := range o.parts() {
		if _, err = w.Write(o.content(part)); err != nil {
			break
		}
	}
	o.crc32c = h.Value()
	return o, errors.Join(err, f.Close())
}
