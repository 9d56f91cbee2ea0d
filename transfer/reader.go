package transfer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"sync"
)

// Reader gives an object's bytes in their order while several workers bring them. It is
// made by [NewReader] and must be closed. Its methods are for one goroutine at a time,
// but for Close.
type Reader struct {
	window *window
	cancel context.CancelFunc
	ended  func() error  // why the caller's context has ended, if it has
	done   chan struct{} // closed when the download has ended
	report Report
	err    error // of the download; set before done is closed

	close sync.Once
}

// NewReader begins a download whose bytes are read in their order. Up to
// in.Window bytes are kept in memory ahead of the reader. It waits for the first
// answer, whose error it gives.
func NewReader(ctx context.Context, src Source, in DownloadInput) (*Reader, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	ended := ctx.Err
	ctx, cancel := context.WithCancel(ctx)
	d := newRun(src, in)
	r := &Reader{cancel: cancel, ended: ended, done: make(chan struct{})}
	opened := make(chan *window, 1)
	go func() {
		defer close(r.done)
		r.report, r.err = d.stream(ctx, func(w *window) { opened <- w })
	}()
	select {
	case r.window = <-opened:
		return r, nil
	case <-r.done:
		select {
		case r.window = <-opened: // an empty object is over at once
			return r, nil
		default:
		}
		cancel()
		return nil, r.err
	}
}

// Size is the number of the object's bytes.
func (r *Reader) Size() int64 { return r.window.size }

// Read gives io.EOF when all bytes were given and they are the object's: its checksum,
// if it has one, is compared before that.
func (r *Reader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if n := r.window.read(p); n > 0 {
		return n, nil
	}
	return 0, r.end()
}

// WriteTo writes all bytes to w, without a copy in between.
func (r *Reader) WriteTo(w io.Writer) (n int64, err error) {
	for {
		b := r.window.peek()
		if len(b) == 0 {
			if err := r.end(); err != io.EOF {
				return n, err
			}
			return n, nil
		}
		m, err := w.Write(b)
		r.window.advance(m)
		n += int64(m)
		if err == nil && m < len(b) {
			err = io.ErrShortWrite
		}
		if err != nil {
			return n, err
		}
	}
}

var errClosed = fmt.Errorf("transfer: the reader: %w", fs.ErrClosed)

// end waits for the download, when it gives no more bytes.
func (r *Reader) end() error {
	<-r.done
	switch {
	case r.err == nil && r.window.isEmpty():
		return io.EOF
	case r.err == nil || errors.Is(r.err, errClosed) || r.window.isClosed() && errors.Is(r.err, context.Canceled):
		return cmp.Or(r.ended(), errClosed)
	}
	return r.err
}

// Report says what the download did, once Read has given io.EOF.
func (r *Reader) Report() Report { return r.report }

// Close ends the download, if it has not ended, and waits until nothing of it is left.
func (r *Reader) Close() error {
	r.close.Do(func() {
		r.window.close()
		r.cancel()
	})
	<-r.done
	return nil
}

// stream downloads into a window, which it hands out.
func (d *run) stream(ctx context.Context, opened func(*window)) (Report, error) {
	var w *window
	report, err := d.do(ctx, false, func(working context.Context, d *run) (io.WriterAt, []piece, error) {
		part := d.in.PartSize
		if part == 0 {
			part = DefaultPartSize
		}
		most := workers(d.in.Threads, d.pin.size, part)
		size := d.in.Window
		if size == 0 && most > 1 {
			size = int64(most+1) * part
		}
		size = max(size, 2*bufferSize)
		size = d.share.memory(min(size, d.pin.size), min(2*bufferSize, d.pin.size))
		if size < d.pin.size {
			d.in.PartSize = min(part, size/int64(most+1)) // so that all have something to do
		}
		d.passed = d.expected.newPassing(d.pin.size)
		w = newWindow(d.pin.size, size, d.passed)
		context.AfterFunc(working, w.stop) // who waits for room is not to wait any more
		context.AfterFunc(ctx, w.close)
		d.window = w
		opened(w)
		return w, nil, nil
	})
	if w != nil {
		w.finish()
	}
	return d.end(report, err)
}

// window keeps the bytes between what the reader has taken and what the workers have
// brought, in a ring. The bytes in the middle may be missing still.
type window struct {
	size   int64
	passed *passing

	mu       sync.Mutex
	moved    func(limit int64) // told how far bytes are wanted, if not nil
	arrived  sync.Cond         // bytes, or the end
	taken    sync.Cond         // bytes were, or the window is closed
	ring     []byte
	at       int64   // what the reader takes next
	runs     []Range // that are in the ring, in order, none next to another
	stopped  bool    // no more bytes are taken
	finished bool    // no more bytes come
	closed   bool    // no more bytes are wanted
}

func newWindow(size, ring int64, passed *passing) *window {
	w := &window{size: size, passed: passed, ring: make([]byte, ring)}
	w.arrived.L, w.taken.L = &w.mu, &w.mu
	return w
}

// WriteAt takes bytes into the ring, and waits for room if there is none.
func (w *window) WriteAt(p []byte, off int64) (n int, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for n < len(p) {
		room := w.at + int64(len(w.ring)) - off
		if w.closed || w.stopped {
			return n, errClosed
		}
		if room <= 0 {
			w.taken.Wait()
			continue
		}
		i := off % int64(len(w.ring))
		m := copy(w.ring[i:], p[n:min(int64(len(p)), int64(n)+room)])
		w.add(Range{off, off + int64(m) - 1})
		n += m
		off += int64(m)
	}
	return n, nil
}

// add notes bytes that are in the ring now.
func (w *window) add(r Range) {
	i := len(w.runs)
	for i > 0 && w.runs[i-1].First > r.First {
		i--
	}
	switch {
	case i > 0 && w.runs[i-1].Last+1 == r.First:
		i--
		w.runs[i].Last = r.Last
	default:
		w.runs = append(w.runs, Range{})
		copy(w.runs[i+1:], w.runs[i:])
		w.runs[i] = r
	}
	if i+1 < len(w.runs) && w.runs[i].Last+1 == w.runs[i+1].First {
		w.runs[i].Last = w.runs[i+1].Last
		w.runs = append(w.runs[:i+1], w.runs[i+2:]...)
	}
	if i == 0 && w.runs[0].First == w.at {
		w.arrived.Broadcast()
	}
}

// peek waits for the next bytes, and gives those that lie in one piece; none at the end.
func (w *window) peek() []byte {
	w.mu.Lock()
	defer w.mu.Unlock()
	for {
		if len(w.runs) > 0 && w.runs[0].First == w.at && !w.closed {
			i := w.at % int64(len(w.ring))
			return w.ring[i:min(int64(len(w.ring)), i+w.runs[0].Len())]
		}
		if w.finished || w.closed {
			return nil
		}
		w.arrived.Wait()
	}
}

// advance takes bytes that peek gave.
func (w *window) advance(n int) {
	if n == 0 {
		return
	}
	w.mu.Lock()
	i := w.at % int64(len(w.ring))
	w.passed.write(w.ring[i : i+int64(n)])
	w.at += int64(n)
	if w.runs[0].First = w.at; w.runs[0].Len() == 0 {
		w.runs = w.runs[1:]
	}
	w.taken.Broadcast()
	moved, limit := w.moved, w.limit()
	w.mu.Unlock()
	if moved != nil {
		moved(limit)
	}
}

// follow has moved told how far bytes are wanted, from now on.
func (w *window) follow(moved func(limit int64)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.moved = moved
	moved(w.limit())
}

// limit is where the ring ends.
func (w *window) limit() int64 {
	return w.at + int64(len(w.ring))
}

func (w *window) read(p []byte) int {
	n := copy(p, w.peek())
	w.advance(n)
	return n
}

// stop says that no more bytes are taken.
func (w *window) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stopped = true
	w.taken.Broadcast()
}

// finish says that no more bytes come.
func (w *window) finish() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.finished = true
	w.arrived.Broadcast()
}

// close says that no more bytes are wanted.
func (w *window) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	w.arrived.Broadcast()
	w.taken.Broadcast()
}

// isEmpty reports whether all bytes were taken.
func (w *window) isEmpty() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.at == w.size
}

func (w *window) isClosed() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.closed
}

// drained waits until the reader has taken all bytes.
func (w *window) drained() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for w.at < w.size && !w.closed {
		w.taken.Wait()
	}
	if w.at < w.size {
		return errClosed
	}
	return nil
}

var _ io.WriterTo = (*Reader)(nil)
