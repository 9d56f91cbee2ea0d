package s3test

import (
	"fmt"
	"io"
	"testing"
)

// TestMemoryBlocks: what crosses the blocks comes back as it went in, written in
// pieces of any size and read from anywhere.
func TestMemoryBlocks(t *testing.T) {
	data := make([]byte, 3*blockSize+12345)
	for i := range data {
		data[i] = byte(i >> 10)
	}
	for _, chunk := range []int{1000, blockSize - 1, blockSize, blockSize + 1, len(data)} {
		up, err := memory{}.stage("data", 10) // a length that is wrong must not matter
		if err != nil {
			t.Fatal(err)
		}
		for rest := data; len(rest) > 0; rest = rest[min(chunk, len(rest)):] {
			if n, err := up.Write(rest[:min(chunk, len(rest))]); err != nil || n != min(chunk, len(rest)) {
				t.Fatalf("Write() = %d, %v", n, err)
			}
		}
		whole, err := up.finish()
		if err != nil || whole.Size != int64(len(data)) {
			t.Fatalf("finish() = %d bytes, %v", whole.Size, err)
		}
		for _, r := range [][2]int{{0, 0}, {0, len(data)}, {blockSize - 1, 2}, {blockSize, blockSize}, {1, 2 * blockSize}, {len(data) - 1, 1}, {len(data), 0}} {
			t.Run(fmt.Sprint(chunk, r), func(t *testing.T) {
				part, err := memory{}.open("data", []piece{whole}, int64(r[0]), int64(r[1]))
				if err != nil {
					t.Fatal(err)
				}
				got, err := io.ReadAll(part)
				if err != nil || string(got) != string(data[r[0]:r[0]+r[1]]) {
					t.Errorf("open(%d, %d) has %d bytes, %v, that are not those written", r[0], r[1], len(got), err)
				}
			})
		}
	}
}
