package transfer

import (
	"bytes"
	"context"
	"errors"
	"io"
	"runtime"
	"testing"
)

// coming is a body that asks for a buffer when something has come.
type coming struct{ io.Reader }

func (c coming) ReadLate(p pool) ([]byte, error) {
	b := p.Get()
	if b == nil {
		return nil, errors.New("no buffer")
	}
	n, err := c.Read(b)
	if n == 0 {
		p.Put(b)
	}
	return b[:n], err
}

func TestBuffersAreShared(t *testing.T) {
	b := newBuffers(1<<30, 64, false, NewBudget(0, 0).join(nil, "", nil))
	n := max(fewBuffers, min(runtime.GOMAXPROCS(0), manyBuffers))
	workers := make([]buffer, n+1)
	for i := range workers {
		workers[i].buffers = b
	}
	body := coming{bytes.NewReader(make([]byte, 1<<30/64))}
	for i := range n {
		if p, err := workers[i].read(t.Context(), body, 1<<40); len(p) != largeBuffer || err != nil {
			t.Fatalf("worker %d gets %d bytes, %v", i, len(p), err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if p, err := workers[n].read(ctx, body, 1<<40); err == nil {
		t.Errorf("one more gets %d bytes", len(p))
	}
	workers[0].release()
	workers[0].release() // does no harm
	if p, err := workers[n].read(t.Context(), body, 10); len(p) != 10 || err != nil {
		t.Errorf("of the buffer that came back: %d bytes, %v, want 10", len(p), err)
	}
}

// Who waits for the bytes, or for where they go, holds nobody up.
func TestBuffersOfOnesOwn(t *testing.T) {
	share := NewBudget(0, 0).join(nil, "", nil)
	for _, test := range []struct {
		name      string
		body      io.Reader
		sinkWaits bool
		size      int64
		want      int
	}{
		{"a body that cannot be asked", bytes.NewReader(make([]byte, 1<<30/8)), false, 1 << 30, allBuffers / 64},
		{"a sink that waits", coming{bytes.NewReader(make([]byte, 1<<30/8))}, true, 1 << 30, allBuffers / 64},
		{"not much for each", bytes.NewReader(make([]byte, 1<<30/8)), false, 1 << 20, leastBuffer},
	} {
		b := newBuffers(test.size, 64, test.sinkWaits, share)
		for range 64 {
			w := buffer{buffers: b}
			if p, err := w.read(t.Context(), test.body, 1<<40); len(p) != test.want || err != nil {
				t.Errorf("%s: %d bytes, %v, want %d", test.name, len(p), err, test.want)
			}
		}
	}
}

func TestBuffersWithinTheBudget(t *testing.T) {
	b := newBuffers(1<<30, 8, false, NewBudget(0, largeBuffer+1).join(nil, "", nil))
	body := coming{bytes.NewReader(make([]byte, 1<<30/8))}
	for i, want := range []int{largeBuffer, leastBuffer, leastBuffer} {
		w := buffer{buffers: b}
		if p, err := w.read(t.Context(), body, 1<<40); len(p) != want || err != nil {
			t.Errorf("buffer %d has %d bytes, %v, want %d", i, len(p), err, want)
		}
	}
}
