package http1

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
)

// body is the body of an answer. It holds the connection, until somebody takes it away:
// its end, Close, or the end of the request's context, whichever is first.
type body struct {
	ctx     context.Context
	idle    *idle
	putIdle func(error) // of the trace

	conn   atomic.Pointer[connection]
	unbind func() bool // from the context; nil if that has no end

	reading sync.Mutex
	source  io.Reader
	left    int64 // bytes; -1 until the source ends
	reuse   bool  // the connection, after the body's end
	err     error // after which nothing is read
}

// hold makes the connection the body's.
func (b *body) hold(c *connection) {
	b.conn.Store(c)
	if b.ctx.Done() != nil {
		b.unbind = context.AfterFunc(b.ctx, func() { b.disconnect() }) // may run before hold returns
	}
}

// abort closes the connection, in the middle of a read or a write, too.
func (b *body) abort() {
	if b.disconnect() && b.unbind != nil {
		b.unbind()
	}
}

// disconnect closes the connection, and reports whether it was open.
func (b *body) disconnect() bool {
	c := b.conn.Swap(nil)
	if c == nil {
		return false
	}
	c.socket.Close()
	return true
}

// release gives the connection up for the next request, if its state is known.
func (b *body) release() {
	c := b.conn.Swap(nil)
	if c == nil {
		return // it is closed
	}
	bound := b.unbind == nil || b.unbind()
	if !bound || !b.reuse || c.in.Buffered() > 0 || c.socket.isSlow() {
		c.socket.Close()
		return
	}
	b.idle.put(c)
	if b.putIdle != nil {
		b.putIdle(nil)
	}
}

// Read implements [io.Reader]. A body that ends too early is an [io.ErrUnexpectedEOF].
func (b *body) Read(p []byte) (n int, err error) {
	b.reading.Lock()
	defer b.reading.Unlock()
	if b.err != nil || len(p) == 0 {
		return 0, b.err
	}
	if b.conn.Load() != nil {
		if b.left > 0 {
			p = p[:min(int64(len(p)), b.left)]
		}
		n, err = b.source.Read(p)
	} else {
		err = http.ErrBodyReadAfterClose
	}
	if b.left > 0 {
		if b.left -= int64(n); b.left == 0 {
			err = io.EOF
		} else {
			err = noEOF(err)
		}
	}
	switch {
	case err == nil:
		return n, nil
	case err == io.EOF:
		b.release()
	case b.ctx.Err() != nil:
		err = context.Cause(b.ctx)
	case b.conn.Load() == nil:
		err = http.ErrBodyReadAfterClose
	}
	b.abort()
	b.err = err
	return n, err
}

// Close implements [io.Closer]. It makes a Read that waits return. If the rest has come
// already, the connection is used again.
func (b *body) Close() error {
	if b.reading.TryLock() {
		defer b.reading.Unlock()
		if in, ok := b.source.(*bufio.Reader); ok && b.left > 0 && b.conn.Load() != nil && b.left <= int64(in.Buffered()) {
			in.Discard(int(b.left))
			b.release()
		}
		if b.err == nil {
			b.err = http.ErrBodyReadAfterClose
		}
	}
	b.abort()
	return nil
}

// Slow says that the connection is slower than others: new ones avoid its address for
// some time, and this one is not used again.
func (b *body) Slow() {
	if c := b.conn.Load(); c != nil {
		c.socket.reportSlow()
	}
}
