package transfer

import (
	"context"
	"io"
	"slices"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/sigvier/sigvier/s3client/checksum"
)

const (
	// rereaders are the goroutines that read a file again.
	rereaders = 4
	// rereadBlock is how many bytes one of them reads before it takes the next.
	rereadBlock = 32 << 20
)

// block is a run of bytes that is read in one go, with its sum by the algorithm that
// a piece has, and by the one that is wanted.
type block struct {
	first, length int64
	was, now      checksum.Value
}

// reread reads pieces of a file again and gives those whose bytes have their sum,
// with the sum by the algorithm that is wanted now, should that be another. What
// cannot be read is not there. Its error is the context's.
func reread(ctx context.Context, file io.ReaderAt, pieces []piece, want checksum.Algorithm) ([]piece, error) {
	var blocks []block
	for _, p := range pieces {
		for first, end := p.first, p.first+p.length; first < end; first += rereadBlock {
			blocks = append(blocks, block{first: first, length: min(rereadBlock, end-first)})
		}
	}
	var next atomic.Int64
	group, ctx := errgroup.WithContext(ctx)
	for range min(rereaders, len(blocks)) {
		group.Go(func() error {
			was, err := pieces[0].sum.Algorithm().New()
			if err != nil {
				return err
			}
			now, err := want.New()
			if err != nil {
				return err
			}
			buf := make([]byte, bufferSize)
			for {
				i := int(next.Add(1)) - 1
				if i >= len(blocks) {
					return nil
				}
				if err := blocks[i].read(ctx, file, was, now, buf); err != nil {
					return err
				}
			}
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	var found []piece
	for _, p := range pieces {
		n := int((p.length + rereadBlock - 1) / rereadBlock)
		whole, ok := joinBlocks(blocks[:n])
		if blocks = blocks[n:]; ok && whole.was == p.sum {
			found = append(found, piece{p.first, p.length, whole.now})
		}
	}
	return found, nil
}

// read computes the sums; they stay zero where the bytes cannot be read.
func (b *block) read(ctx context.Context, file io.ReaderAt, was, now *checksum.Hash, buf []byte) error {
	was.Reset()
	now.Reset()
	for at, end := b.first, b.first+b.length; at < end; {
		if err := ctx.Err(); err != nil {
			return err
		}
		chunk := buf[:min(int64(len(buf)), end-at)]
		if n, _ := file.ReadAt(chunk, at); n < len(chunk) {
			return nil
		}
		was.Write(chunk)
		if now.Algorithm() != was.Algorithm() {
			now.Write(chunk)
		}
		at += int64(len(chunk))
	}
	if b.was, b.now = was.Value(), now.Value(); now.Algorithm() == was.Algorithm() {
		b.now = b.was
	}
	return nil
}

// joinBlocks combines the sums of neighbours; not ok if one could not be read.
func joinBlocks(blocks []block) (whole block, ok bool) {
	whole = blocks[0]
	for _, b := range blocks[1:] {
		var err1, err2 error
		whole.was, err1 = checksum.Combine(whole.was, b.was, b.length)
		whole.now, err2 = checksum.Combine(whole.now, b.now, b.length)
		if err1 != nil || err2 != nil {
			return block{}, false
		}
	}
	return whole, !whole.was.IsZero()
}

// apart gives those pieces that share no byte with one of the others.
func apart(pieces, others []piece) []piece {
	return slices.DeleteFunc(slices.Clone(pieces), func(p piece) bool {
		return slices.ContainsFunc(others, func(o piece) bool { return p.first < o.first+o.length && o.first < p.first+p.length })
	})
}
