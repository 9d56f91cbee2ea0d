// Transfers measures downloads and uploads of whole objects: sigvier's beside those of
// the SDK (feature/s3/manager, and feature/s3/transfermanager by ranges and by parts)
// and of minio-go, and beside the floor, which is net/http alone: a HEAD for the size,
// then each thread gets one run of bytes with one request and writes it where it
// belongs. Sigvier verifies the checksum of the whole object in the same time; nobody
// else verifies anything but, by parts, the parts' own checksums.
//
//	go -C testvectors/interop run ./bench/transfers                        all rows, with the goals
//	go -C testvectors/interop run ./bench/transfers -run 'limited|upload'  some of them
//	go -C testvectors/interop run ./bench/transfers -rounds 3 -divide 8    fewer rounds, smaller objects
//	go -C testvectors/interop run ./bench/transfers -profiles DIR          where the CPU time goes, for go tool pprof
//
// The origin is s3test in another process, which keeps the objects in files, with
// limits like S3's where the row says so. Each transfer has a process of its own: its
// CPU time, user and system, and its peak memory are what that took. The clients run in
// turn, round after round, after one that does not count. A ratio is taken within a
// round, and the median over the rounds counts: what else a busy machine does then hits
// all of them alike, or one round only. All have the same threads and parts of 8 MiB;
// everything else is what they do if they are told nothing. What was downloaded is read
// and compared, outside of the time.
//
// The folder that -dir names should be in memory, and have 8 GiB to spare.
package main

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"strings"
)

// rows are what can be measured, by name.
var rows = []struct {
	name  string
	print func(b *bench, row string) error
}{
	{"unlimited", with(limits{}, (*bench).unlimited)},
	{"unlimited-tls", with(overTLS(limits{}), (*bench).unlimited)},
	{"limited", with(likeS3(), (*bench).limited)},
	{"limited-tls", with(overTLS(likeS3()), (*bench).limited)},
	{"slow", (*bench).slow},
	{"broken", (*bench).broken},
	{"memory", (*bench).memory},
	{"reading", (*bench).reading},
	{"waiting", (*bench).waiting},
	{"upload", with(limits{}, (*bench).upload)},
	{"upload-tls", with(overTLS(limits{}), (*bench).upload)},
	{"upload-limited", with(overTLS(likeS3()), (*bench).upload)},
}

func with(l limits, print func(*bench, string, limits) error) func(*bench, string) error {
	return func(b *bench, row string) error { return print(b, row, l) }
}

func main() {
	if len(os.Args) == 3 && os.Args[1] == serve {
		exitOn(runOrigin(os.Args[2]))
		return
	}
	if len(os.Args) == 3 && os.Args[1] == act {
		exitOn(runClient(os.Args[2]))
		return
	}
	var names []string
	for _, r := range rows {
		names = append(names, r.name)
	}
	pattern := flag.String("run", ".*", "measure only the rows whose whole name matches `regexp`: "+strings.Join(names, ", "))
	rounds := flag.Int("rounds", 5, "`rounds` of each")
	divide := flag.Int64("divide", 1, "divide the sizes of all objects by `n`, for a shorter run")
	dir := flag.String("dir", memoryFolder(), "keep the objects and files below `folder`")
	profiles := flag.String("profiles", "", "write a CPU profile of each client's first round to `folder`")
	check := flag.Bool("check", false, "exit with 1 if a goal is missed")
	flag.Parse()
	wanted, err := regexp.Compile("^(?:" + *pattern + ")$")
	if flag.NArg() > 0 || *rounds < 1 || *divide < 1 || err != nil {
		flag.Usage()
		os.Exit(2)
	}
	b := &bench{out: os.Stdout, rounds: *rounds, divide: *divide, profiles: *profiles, made: map[string]object{}}
	exitOn(b.in(*dir, func() error {
		fmt.Printf("%s, %s/%s, %d cores; %s\n", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), versions())
		for _, r := range rows {
			if wanted.MatchString(r.name) {
				if err := r.print(b, r.name); err != nil {
					return fmt.Errorf("%s: %w", r.name, err)
				}
			}
		}
		return nil
	}))
	if *check && b.missed > 0 {
		os.Exit(1)
	}
}

// in has the bench its own folder, for as long as it takes.
func (b *bench) in(parent string, do func() error) (err error) {
	if b.dir, err = os.MkdirTemp(parent, "sigvier-transfers-*"); err != nil {
		return err
	}
	defer os.RemoveAll(b.dir)
	return do()
}

// memoryFolder is one whose files are in memory, if the system has one.
func memoryFolder() string {
	const shm = "/dev/shm"
	if info, err := os.Stat(shm); err == nil && info.IsDir() {
		return shm
	}
	return os.TempDir()
}

func exitOn(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "transfers:", err)
		os.Exit(1)
	}
}
