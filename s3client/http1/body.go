package http1

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
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
	next    error // of the read behind what was read
	quiet   bool  // there was nothing behind it
	began   time.Time
	late    int64 // bytes that late reads gave since then
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
	c.socket.wakeAt(1)
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

// Read implements [io.Reader]. It gives all that has come, as far as p has room. A body
// that ends too early is an [io.ErrUnexpectedEOF].
func (b *body) Read(p []byte) (n int, err error) {
	b.reading.Lock()
	defer b.reading.Unlock()
	if b.err != nil || len(p) == 0 {
		return 0, b.err
	}
	c := b.conn.Load()
	switch {
	case c == nil:
		err = http.ErrBodyReadAfterClose
	case b.left < 0:
		n, err = b.source.Read(p)
	default:
		n, err = b.readFrom(c, p, true)
	}
	return n, b.count(n, err)
}

// ReadLate is Read into a buffer of a pool, that is asked for only when something has
// come. What it gives is the caller's, and belongs back into the pool. Where nobody can
// know when something has come the error is [errors.ErrUnsupported], and Read goes on.
func (b *body) ReadLate(pool Pool) ([]byte, error) {
	b.reading.Lock()
	defer b.reading.Unlock()
	if b.err != nil {
		return nil, b.err
	}
	c := b.conn.Load()
	if c == nil {
		return nil, b.count(0, http.ErrBodyReadAfterClose)
	}
	if b.left < 0 || !c.socket.able() {
		return nil, errors.ErrUnsupported
	}
	b.gather(c)
	p, err := b.readLate(c, pool)
	b.late += int64(len(p))
	return p, b.count(len(p), err)
}

// gather has the socket wake its reader for some bytes more than one, as network cards
// gather packets: to be woken costs more than to take a packet, or a record of TLS. That
// many must be to come yet, and so fast that nobody misses them meanwhile.
func (b *body) gather(c *connection) {
	least := 1
	if now := time.Now(); b.began.IsZero() {
		b.began = now
	} else if b.left > 2*gathered && float64(b.late) > gatherRate*now.Sub(b.began).Seconds() {
		least = gathered
	}
	c.socket.wakeAt(least)
}

const (
	// gathered is how many bytes of a body wake its reader. Twice as many must be to come:
	// of those, TLS has some already.
	gathered = 64 << 10
	// gatherRate is the least rate, in bytes a second.
	gatherRate = 2e6
)

func (b *body) readLate(c *connection, pool Pool) ([]byte, error) {
	if c.tls == nil && c.in.Buffered() == 0 && b.next == nil {
		return c.socket.readLate(pool, b.left)
	}
	for quiet := b.quiet; ; quiet = true {
		if quiet && b.next == nil {
			_, b.next = c.in.Peek(1) // waits, for a whole record
		}
		p := pool.Get()
		if len(p) == 0 {
			return nil, errNoBuffer
		}
		n, err := b.readFrom(c, p, false)
		if n > 0 {
			return p[:n], err
		}
		pool.Put(p)
		if err != errQuiet {
			return nil, err
		}
	}
}

// Pool lends buffers, as those of net/http/httputil do. Get may wait for one; nil means
// that there will be none. It has no type of its own, so that nobody needs this package
// to be one.
type Pool = interface {
	Get() []byte
	Put([]byte)
}

var errNoBuffer = errors.New("http1: there is no buffer to read into")

// readFrom reads what has come of a body with a length. If that is nothing it waits, or
// says errQuiet.
func (b *body) readFrom(c *connection, p []byte, waits bool) (n int, err error) {
	p = p[:min(int64(len(p)), b.left)]
	if err, b.next = b.next, nil; err != nil {
		return 0, err
	}
	if waits || c.in.Buffered() > 0 {
		n, err = c.in.Read(p)
	}
	// A socket gives all that it has at once; TLS a record, and a buffer what it holds.
	for all := false; err == nil && !all && n < len(p) && c.socket.able() && c.in.Buffered() == 0; {
		var more int
		more, err = c.readNow(p[n:])
		n, all = n+more, c.tls == nil
	}
	if b.quiet = err == errQuiet; n > 0 && !b.quiet {
		err, b.next = nil, err
	}
	return n, err
}

// count takes account of what was read, and of an error, which it explains.
func (b *body) count(n int, err error) error {
	if err == errQuiet {
		err = nil
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
		return nil
	case err == io.EOF:
		b.release()
	case b.ctx.Err() != nil:
		err = context.Cause(b.ctx)
	case b.conn.Load() == nil:
		err = http.ErrBodyReadAfterClose
	}
	b.abort()
	b.err = err
	return err
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
