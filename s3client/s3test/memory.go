package s3test

import (
	"bytes"
	"io"
)

// memory keeps objects in blocks, which are never moved and, once the object is
// whole, never written to again.
type memory struct{}

const blockSize = 1 << 20

func (memory) saveBucket(string, *settings) error                     { return nil }
func (memory) removeBucket(string) error                              { return nil }
func (memory) saveKey(string, string, []*object) error                { return nil }
func (memory) saveUpload(string, *multipartUpload) error              { return nil }
func (memory) savePart(string, *multipartUpload, *uploadedPart) error { return nil }
func (memory) removeUpload(string, *multipartUpload) error            { return nil }
func (memory) drop(string, []piece)                                   {}

func (memory) stage(_ string, size int64) (staged, error) {
	return &memoryUpload{blocks: [][]byte{make([]byte, 0, min(size, blockSize))}}, nil
}

func (memory) open(_ string, pieces []piece, offset, length int64) (*part, error) {
	var readers []io.Reader
	for _, p := range pieces {
		if offset >= p.Size {
			offset -= p.Size
			continue
		}
		for length > 0 && offset < p.Size {
			b := p.blocks[offset/blockSize][offset%blockSize:]
			b = b[:min(int64(len(b)), length)]
			readers = append(readers, bytes.NewReader(b))
			offset, length = offset+int64(len(b)), length-int64(len(b))
		}
		offset = 0
	}
	return &part{io.MultiReader(readers...), io.NopCloser(nil)}, nil
}

type memoryUpload struct {
	blocks [][]byte
	size   int64
}

func (u *memoryUpload) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0; {
		last := &u.blocks[len(u.blocks)-1]
		if len(*last) == blockSize {
			u.blocks = append(u.blocks, make([]byte, 0, blockSize))
			continue
		}
		n := min(len(rest), blockSize-len(*last))
		*last = append(*last, rest[:n]...)
		rest = rest[n:]
	}
	u.size += int64(len(p))
	return len(p), nil
}

func (u *memoryUpload) finish() (piece, error) { return piece{Size: u.size, blocks: u.blocks}, nil }

func (u *memoryUpload) discard() { u.blocks = nil }
