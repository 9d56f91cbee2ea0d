package transfer

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/s3client/checksum"
	"github.com/sigvier/sigvier/sigv4"
)

// A part is read twice: once to be hashed, for the signature and the checksum come
// before the bytes, and once to be sent, by then from the page cache. (Both in one go
// would take a trailer, which not every service knows, or a buffer as large as the
// part.) The service holds the second reading against the hashes of the first, so a
// part that changes in between is refused.

// uploadPart is a part on its way out.
type uploadPart struct {
	number  int   // from 1
	first   int64 // where it is in the whole
	length  int64
	data    io.ReaderAt // its bytes, from 0
	sum     checksum.Value
	payload sigv4.PayloadHash
	release func() // gives its memory back; nil if it has none

	counted atomic.Int64 // bytes that progress has counted
	broken  atomic.Pointer[error]
}

// hash reads the part for what is said of it beforehand.
func (p *uploadPart) hash(ctx context.Context, sum, signed bool) error {
	p.payload = sigv4.UnsignedPayload()
	var crc *checksum.Hash
	var digest hash.Hash
	var hashes []io.Writer
	if sum {
		crc, _ = checksum.CRC64NVME.New() // which there always is
		hashes = append(hashes, crc)
	}
	if signed {
		digest = sha256.New()
		hashes = append(hashes, digest)
	}
	if len(hashes) == 0 {
		return ctx.Err()
	}
	buffer := hashBuffers.Get().(*[]byte)
	defer hashBuffers.Put(buffer)
	buf := *buffer
	for off := int64(0); off < p.length; {
		if err := ctx.Err(); err != nil {
			return err
		}
		b := buf[:min(int64(len(buf)), p.length-off)]
		if n, err := p.data.ReadAt(b, off); n < len(b) {
			return readError(err)
		}
		for _, h := range hashes {
			h.Write(b)
		}
		off += int64(len(b))
	}
	if crc != nil {
		p.sum = crc.Value()
	}
	if digest != nil {
		p.payload = sigv4.PayloadDigest([sha256.Size]byte(digest.Sum(nil)))
	}
	return nil
}

var hashBuffers = sync.Pool{New: func() any { b := make([]byte, bufferSize); return &b }}

// readError says of a read that gave too little why.
func readError(err error) error {
	if err == nil || err == io.EOF || err == io.ErrUnexpectedEOF {
		return fmt.Errorf("%w: it has become shorter", ErrSourceChanged)
	}
	return err
}

// body gives the part from its beginning, for one attempt or several, at the rate that
// the bandwidth allows: progress counts each byte once.
func (p *uploadPart) body(ctx context.Context, u *upload) io.Reader {
	return io.NewSectionReader(&partBody{ctx, p, u}, 0, p.length)
}

type partBody struct {
	ctx context.Context
	p   *uploadPart
	u   *upload
}

func (b *partBody) ReadAt(buf []byte, off int64) (int, error) {
	alive := b.ctx.Value(aliveKey{}).(*time.Timer)
	alive.Stop()
	n, err := b.p.data.ReadAt(buf, off)
	if n < len(buf) && off+int64(n) < b.p.length {
		err = readError(err)
		b.p.broken.Store(&err)
		return n, err
	}
	if err := b.u.in.Bandwidth.wait(b.ctx, n); err != nil {
		return 0, err
	}
	if err := b.ctx.Err(); err != nil {
		return 0, err
	}
	b.p.count(b.u.in.Progress, off+int64(n))
	if off+int64(n) < b.p.length {
		alive.Reset(stallTime) // what was given is to be sent by then
	}
	return n, err
}

// count counts up to the furthest byte, for a retry begins again.
func (p *uploadPart) count(progress *Progress, end int64) {
	for {
		done := p.counted.Load()
		if end <= done {
			return
		}
		if p.counted.CompareAndSwap(done, end) {
			progress.done.Add(end - done)
			return
		}
	}
}

const (
	// maxTries bounds how often a request is sent, each time with the client's own
	// attempts; if the service wants it to come later, maxThrottled does.
	maxTries = 6
	// stallTime is for how long a connection may take none of a part's bytes.
	stallTime = 30 * time.Second
)

type aliveKey struct{}

// ask sends one request, when the budget lets it.
func (u *upload) ask(ctx context.Context, send func(context.Context) error) error {
	ctx, permit, err := u.share.begin(ctx)
	if err != nil {
		return err
	}
	defer permit.end()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	alive := time.AfterFunc(time.Hour, func() { cancel(s3client.ErrStalled) })
	alive.Stop()
	defer alive.Stop()
	err = send(context.WithValue(ctx, aliveKey{}, alive))
	if err != nil && context.Cause(ctx) == s3client.ErrStalled {
		err = fmt.Errorf("%w: the connection has taken no byte for %v", s3client.ErrStalled, stallTime)
	}
	permit.answered(err)
	if err == nil {
		u.requests.Add(1)
	}
	return err
}

// persist sends a request until it is answered: what failed for a reason that may pass
// is tried again, after a pause. The part is the one that it is about, if it is about
// one.
func (u *upload) persist(ctx context.Context, p *uploadPart, send func(context.Context) error) error {
	for try := 1; ; try++ {
		if p != nil {
			u.in.Events.emit(Event{Kind: Requested, First: p.first, Last: p.first + p.length - 1})
		}
		err := u.ask(ctx, send)
		if err == nil || ctx.Err() != nil {
			return err
		}
		if p != nil {
			if cause := p.broken.Load(); cause != nil {
				return *cause // and not what the network made of it
			}
			if isMismatch(err) && p.data != nil {
				if err := p.unchanged(ctx); err != nil {
					return err
				}
			}
		}
		if try == maxThrottled || try >= maxTries && !isThrottling(err) || !mayPass(err) {
			return err
		}
		if p != nil {
			u.resent.Add(1)
			kind := Broken
			if errors.Is(err, s3client.ErrStalled) {
				kind = Stalled
			}
			u.in.Events.emit(Event{Kind: kind, First: p.first, Last: p.first + p.length - 1, Err: err})
		}
		wait := min(pauseBroken<<try, pauseThrottled)
		if pause(ctx, wait/2+rand.N(wait/2)) != nil {
			return err
		}
	}
}

// mayPass reports whether a request that failed, after the attempts that the client has
// made, is worth another.
func mayPass(err error) bool {
	return isTransient(err) || isMismatch(err) || // it was changed on its way
		errors.Is(err, s3client.ErrIncompleteBody) || errors.Is(err, s3client.ErrInternalError) // which may come late, with status 200
}

// isMismatch tells that the service got other bytes than were hashed.
func isMismatch(err error) bool {
	return errors.Is(err, s3client.ErrBadDigest) || errors.Is(err, errSHA256Mismatch)
}

var errSHA256Mismatch error = &s3client.APIError{Code: "XAmzContentSHA256Mismatch"}

// unchanged reads the part again, to see whether its bytes are what they were.
func (p *uploadPart) unchanged(ctx context.Context) error {
	again := &uploadPart{length: p.length, data: p.data}
	if err := again.hash(ctx, !p.sum.IsZero(), p.payload.IsDigest()); err != nil {
		return err
	}
	if again.sum != p.sum || again.payload != p.payload {
		return fmt.Errorf("%w: the bytes of part %d are others than they were", ErrSourceChanged, p.number)
	}
	return nil
}
