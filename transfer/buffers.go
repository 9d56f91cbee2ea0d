package transfer

import (
	"context"
	"errors"
	"io"
	"runtime"
)

// buffers are what the workers of a download read into. Most of the time a worker waits
// for the network, and needs none: who can be told when something has come takes one of
// a few that all share, large ones, and gives it back when the bytes are where they
// belong. Who cannot has one of its own.
type buffers struct {
	shared chan []byte // nil ones are not made yet
	large  int64       // bytes of a shared one
	own    int64       // bytes of a worker's own
	share  *share      // of the budget, which memory is taken from
}

const (
	// largeBuffer is the size of a shared one, and leastLarge that where there is not
	// much to bring.
	largeBuffer = 512 << 10
	leastLarge  = 64 << 10
	// fewBuffers is how many are shared at least: one is written, and others are filled
	// and summed meanwhile.
	fewBuffers = 4
	// manyBuffers is how many are shared at most, on a machine with many cores.
	manyBuffers = 16
	// bufferSize is the most that one has of its own, and allBuffers what the workers'
	// own have together, but for the least; that is also for who gets no more from the
	// budget.
	bufferSize  = 256 << 10
	allBuffers  = 2 << 20
	leastBuffer = 32 << 10
)

// newBuffers are for a download of so many bytes. If what they are written to takes its
// time, by itself or for a network behind it, each worker needs one.
func newBuffers(size int64, workers int, sinkWaits bool, share *share) *buffers {
	b := &buffers{large: min(max(size/512, leastLarge), largeBuffer), share: share}
	b.own = max(min(bufferSize, allBuffers/int64(workers), size/int64(workers)/256), leastBuffer)
	n := workers
	if sinkWaits {
		b.large = b.own
	} else {
		n = min(n, max(fewBuffers, min(runtime.GOMAXPROCS(0), manyBuffers)))
	}
	b.shared = make(chan []byte, n)
	for range n {
		b.shared <- nil
	}
	return b
}

// alloc makes one of at most so many bytes.
func (b *buffers) alloc(size int64) []byte { return make([]byte, b.share.memory(size, leastBuffer)) }

// later is a body that asks for a buffer when something has come, as those of s3client.
type later interface {
	ReadLate(pool) ([]byte, error)
}

type pool = interface {
	Get() []byte
	Put([]byte)
}

// buffer is a worker's access to them.
type buffer struct {
	*buffers
	mine []byte
	held []byte // a shared one

	ctx  context.Context // of a read, which
	most int64           // bytes are wanted of
}

// read gives bytes of a body when some have come, at most so many. They are good until
// the next read, or release.
func (b *buffer) read(ctx context.Context, body io.Reader, most int64) ([]byte, error) {
	if body, ok := body.(later); ok {
		b.ctx, b.most = ctx, most
		if p, err := body.ReadLate(b); err != errors.ErrUnsupported {
			return p, err
		}
	}
	if b.mine == nil {
		b.mine = b.alloc(b.own)
	}
	n, err := body.Read(b.mine[:min(int64(len(b.mine)), most)])
	return b.mine[:n], err
}

// Get gives a shared one, or nil if the transfer has ended.
func (b *buffer) Get() []byte {
	select {
	case b.held = <-b.shared:
	case <-b.ctx.Done():
		return nil
	}
	if b.held == nil {
		b.held = b.alloc(b.large)
	}
	return b.held[:min(int64(len(b.held)), b.most)]
}

// Put takes it back.
func (b *buffer) Put([]byte) { b.release() }

// release gives a shared one back.
func (b *buffer) release() {
	if b.held != nil {
		b.shared <- b.held
		b.held = nil
	}
}
