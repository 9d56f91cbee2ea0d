package transfer

import (
	"context"
	"fmt"
	"hash"
	"io"

	"golang.org/x/sync/errgroup"

	"github.com/sigvier/sigvier/s3client/checksum"
)

// Checksums that cannot be combined, as SHA-256, are computed of the bytes in their
// order: as they pass, where they pass in order, and else by reading them from the
// sink when all are there, which a file mostly has in memory still.

// readBack calls read for each of the indices, by so many goroutines; or it gives
// errNoBytes.
func readBack(ctx context.Context, sink io.WriterAt, threads int, indices []int, read func(i int, buf []byte, r io.ReaderAt) error) error {
	if len(indices) == 0 {
		return nil
	}
	r, ok := sink.(io.ReaderAt)
	if !ok {
		return errNoBytes
	}
	group, ctx := errgroup.WithContext(ctx)
	next := make(chan int, len(indices))
	for _, i := range indices {
		next <- i
	}
	close(next)
	for range min(max(threads, 1), len(indices)) {
		group.Go(func() error {
			buf := make([]byte, bufferSize)
			for i := range next {
				if err := ctx.Err(); err != nil {
					return err
				}
				if err := read(i, buf, r); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return group.Wait()
}

// readRange reads a range for its hash.
func readRange(ctx context.Context, r io.ReaderAt, want Range, h hash.Hash, buf []byte) error {
	for at := want.First; at <= want.Last; {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := r.ReadAt(buf[:min(int64(len(buf)), want.Last+1-at)], at)
		h.Write(buf[:n])
		if at += int64(n); err != nil && at <= want.Last {
			return fmt.Errorf("reading back what was written: %w", err)
		}
	}
	return nil
}

// passing computes the checksums of bytes that pass in their order.
type passing struct {
	hash *checksum.Hash // nil: the ledger's sums do
	ends []int64        // behind each range
	at   int64
	sums []checksum.Value
	md5  hash.Hash // nil: not wanted
}

// newPassing makes what an expectation needs of bytes in order.
func (e expectation) newPassing(size int64) *passing {
	p := new(passing)
	if a := e.object.Algorithm(); a != "" && !a.CanCombine() {
		p.hash, _ = a.New() // which expect has tried
		for _, r := range e.ranges(size) {
			p.ends = append(p.ends, r.Last+1)
		}
	}
	if e.md5 != "" {
		p.md5, _ = checksum.NewMD5() // as expect did
	}
	return p
}

func (p *passing) write(b []byte) {
	if p.md5 != nil {
		p.md5.Write(b)
	}
	for p.hash != nil && len(b) > 0 && len(p.ends) > 0 {
		n := min(int64(len(b)), p.ends[0]-p.at)
		p.hash.Write(b[:n])
		if p.at += n; p.at == p.ends[0] {
			p.sums = append(p.sums, p.hash.Value())
			p.hash.Reset()
			p.ends = p.ends[1:]
		}
		b = b[n:]
	}
}
