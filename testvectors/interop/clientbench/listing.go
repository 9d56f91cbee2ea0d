package main

import (
	"context"
	"fmt"
	"io"
	"os/exec"
	"regexp"
	"runtime"
	"runtime/metrics"
	"strings"
	"time"
)

// early is after how many keys the heap is looked at the first time.
const early = 100_000

// listing is what it took to list all keys.
type listing struct {
	took, cpu         time.Duration
	peakEarly, atPeak uint64 // bytes of the heap, up to early keys, and up to the last
}

// printListings prints what it costs to list keys, page by page. That the heap has
// the same peak in the first pages as in all shows that memory is constant.
func printListings(w io.Writer, url string, keys int) error {
	fmt.Fprintf(w, "\nlisting %d keys, %d to a page; net/http reads the pages and decodes nothing\n\n", keys, pageSize)
	fmt.Fprintf(w, "%-16s%12s%14s%26s%22s\n", "by", "keys/s", "CPU ns/key", fmt.Sprintf("peak heap, %d keys", early), fmt.Sprintf("%d keys", keys))
	all := make([]listing, len(clients))
	for i, c := range clients {
		l, err := measureListing(c.make, url, keys)
		if err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		all[i] = l
		fmt.Fprintf(w, "%-16s%12.0f%14.0f%23.1f MB%19.1f MB\n", c.name, float64(keys)/l.took.Seconds(), float64(l.cpu)/float64(keys),
			float64(l.peakEarly)/1e6, float64(l.atPeak)/1e6)
	}
	fmt.Fprintf(w, "\nkeys/s of sigvier are %.1f × those of aws-sdk-go-v2, of whose CPU time it takes %.2f\n",
		all[sdk].took.Seconds()/all[ours].took.Seconds(), float64(all[ours].cpu)/float64(all[sdk].cpu))
	grows := float64(all[ours].atPeak) / float64(all[ours].peakEarly)
	fmt.Fprint(w, printGoal("peak heap of the whole listing, against its beginning's", "≤ 1.5", fmt.Sprintf("%.2f", grows), grows <= 1.5))
	return printDecoder(w)
}

func measureListing(newClient func(string, int) (client, error), url string, keys int) (l listing, err error) {
	c, err := newClient(url, 1)
	if err != nil {
		return l, err
	}
	runtime.GC()
	cpu, err := cpuTime()
	if err != nil {
		return l, err
	}
	began, n := time.Now(), 0
	err = c.list(context.Background(), keys, func(listed int) {
		n += listed
		l.atPeak = max(l.atPeak, heap())
		if n <= early {
			l.peakEarly = l.atPeak
		}
	})
	l.took = time.Since(began)
	if err != nil {
		return l, err
	}
	if n != keys {
		return l, fmt.Errorf("%d keys were listed, want %d", n, keys)
	}
	ended, err := cpuTime()
	l.cpu = ended - cpu
	return l, err
}

// heap is the memory of all objects, those included that wait for the collector.
func heap() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// printDecoder prints how much faster than encoding/xml a page is decoded, by the
// benchmark of package s3client.
func printDecoder(w io.Writer) error {
	root, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/sigvier/sigvier").Output()
	if err != nil {
		return fmt.Errorf("go list: %w", err)
	}
	test := exec.Command("go", "-C", strings.TrimSpace(string(root)), "test", "-run=^$", "-bench=^BenchmarkReadPage$", "-benchtime=20x", "./s3client")
	text, err := test.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", strings.Join(test.Args, " "), err, text)
	}
	found := decoded.FindAllStringSubmatch(string(text), -1)
	if found == nil {
		return fmt.Errorf("%s printed no x-faster:\n%s", strings.Join(test.Args, " "), text)
	}
	for _, f := range found {
		var faster float64
		fmt.Sscan(f[2], &faster)
		name := "decoding a page of " + strings.ReplaceAll(f[1], "_", " ") + ", × encoding/xml's speed"
		fmt.Fprint(w, printGoal(name, "≥ 3", f[2], faster >= 3))
	}
	return nil
}

// decoded is a line of the benchmark.
var decoded = regexp.MustCompile(`(?m)^BenchmarkReadPage/(\S+?)(?:-\d+)?\s.*?([\d.]+) x-faster`)
