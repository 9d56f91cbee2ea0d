package checksum_test

import (
	"crypto/sha256"
	"fmt"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"io"
	"math"
	"testing"
	"time"

	"github.com/sigvier/sigvier/s3client/checksum"
)

var sizes = []int{1, 8, 16, 64, 256, 1 << 10, 4 << 10, 16 << 10, 32 << 10, 256 << 10, 8 << 20}

func size(n int) string {
	switch {
	case n >= 1<<20:
		return fmt.Sprintf("%dMiB", n>>20)
	case n >= 1<<10:
		return fmt.Sprintf("%dKiB", n>>10)
	}
	return fmt.Sprintf("%dB", n)
}

// BenchmarkCRC64NVME: ours beside hash/crc64 with the table of the same polynomial,
// as a hash and as one call, in turns, so that what else the machine does hits both.
// The goal is 2.5 ×, and for small inputs 1 ×.
func BenchmarkCRC64NVME(b *testing.B) {
	table := crc64.MakeTable(0x9a6c9329ac4bc9b5)
	compare(b, checksum.CRC64NVME, "×hash/crc64", crc64.New(table), func(p []byte) { crc64.Checksum(p, table) })
}

// BenchmarkCRC32C and the next two: ours are the standard library's, with its use of
// the hardware. The goal is 1 ×, but for a few nanoseconds.
func BenchmarkCRC32C(b *testing.B) {
	table := crc32.MakeTable(crc32.Castagnoli)
	compare(b, checksum.CRC32C, "×hash/crc32", crc32.New(table), func(p []byte) { crc32.Checksum(p, table) })
}

func BenchmarkCRC32(b *testing.B) {
	compare(b, checksum.CRC32, "×hash/crc32", crc32.NewIEEE(), func(p []byte) { crc32.ChecksumIEEE(p) })
}

func BenchmarkSHA256(b *testing.B) {
	compare(b, checksum.SHA256, "×crypto/sha256", sha256.New(), func(p []byte) { sha256.Sum256(p) })
}

func compare(b *testing.B, a checksum.Algorithm, ratio string, peer hash.Hash, peerSum func([]byte)) {
	var h hash.Hash = newHash(b, a)
	for _, n := range sizes {
		p := random(n)
		b.Run("Hash/"+size(n), func(b *testing.B) {
			inTurns(b, n, ratio, func() { h.Reset(); h.Write(p) }, func() { peer.Reset(); peer.Write(p) })
		})
	}
	for _, n := range sizes {
		p := random(n)
		b.Run("Sum/"+size(n), func(b *testing.B) {
			inTurns(b, n, ratio, func() { a.Sum(p) }, func() { peerSum(p) })
		})
	}
}

// inTurns reports the speed over n bytes, the best of many runs, and its ratio to the
// peer's.
func inTurns(b *testing.B, n int, ratio string, ours, peers func()) {
	runs := max(1, 64<<10/(n+16)) // so that the clock is not what is measured
	best, peersBest := math.MaxFloat64, math.MaxFloat64
	for b.Loop() {
		start := time.Now()
		for range runs {
			peers()
		}
		middle := time.Now()
		for range runs {
			ours()
		}
		peersBest = min(peersBest, middle.Sub(start).Seconds()/float64(runs))
		best = min(best, time.Since(middle).Seconds()/float64(runs))
	}
	b.ReportMetric(0, "ns/op") // of both, many times
	b.ReportMetric(float64(n)/1e6/best, "MB/s")
	b.ReportMetric(peersBest/best, ratio)
}

func BenchmarkCombine(b *testing.B) {
	for _, a := range crcs {
		first, second := sum(b, a, "first"), sum(b, a, "second")
		for _, length := range []int64{8 << 20, 5<<40 - 1} {
			b.Run(fmt.Sprintf("%s/%d", a, length), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					checksum.Combine(first, second, length)
				}
			})
		}
	}
}

func BenchmarkReader(b *testing.B) {
	const n = 1 << 20
	p := random(n)
	for _, a := range algorithms() {
		want := sum(b, a, string(p))
		b.Run(a.String(), func(b *testing.B) {
			b.SetBytes(n)
			b.ReportAllocs()
			for b.Loop() {
				r := newReader(b, &onlyReader{p}, want)
				if _, err := io.Copy(io.Discard, r); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// onlyReader is a body from the network: no WriterTo.
type onlyReader struct{ rest []byte }

func (r *onlyReader) Read(p []byte) (int, error) {
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}
