package s3test

import (
	"bytes"
	"io"
	"time"
)

// memory keeps objects in blocks, which are never moved and, once the object is
// whole, never written to again.
type memory struct{}

const blockSize = 1 << 20

func (memory) createBucket(string, time.Time) error { return nil }
func (memory) deleteBucket(string) error            { return nil }
func (memory) remove(string, *object) error         { return nil }
func (memory) replaced(string, *object)             {}

func (memory) stage(_ string, size int64) (staged, error) {
	return &memoryUpload{blocks: [][]byte{make([]byte, 0, min(size, blockSize))}}, nil
}

func (memory) section(_ string, o *object, offset, length int64) (*part, error) {
	var readers []io.Reader
	for length > 0 {
		b := o.blocks[offset/blockSize][offset%blockSize:]
		b = b[:min(int64(len(b)), length)]
		readers = append(readers, bytes.NewReader(b))
		offset, length = offset+int64(len(b)), length-int64(len(b))
	}
	return &part{io.MultiReader(readers...), io.NopCloser(nil)}, nil
}

type memoryUpload struct{ blocks [][]byte }

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
	return len(p), nil
}

func (u *memoryUpload) commit(o *object) error {
	o.blocks = u.blocks
	return nil
}

func (u *memoryUpload) discard() { u.blocks = nil }
