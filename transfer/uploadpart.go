package transfer

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
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
	number  int // from 1
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
	buf := make([]byte, min(bufferSize, max(p.length, 1)))
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

// readError says of a read that gave too little why.
func readError(err error) error {
	if err == nil || err == io.EOF || err == io.ErrUnexpectedEOF {
		return fmt.Errorf("%w: it has become shorter", ErrSourceChanged)
	}
	return err
}

// body gives the part from its beginning, for one attempt or several: progress counts
// each byte once.
func (p *uploadPart) body(ctx context.Context, progress *Progress) io.Reader {
	return io.NewSectionReader(&partBody{ctx, p, progress}, 0, p.length)
}

type partBody struct {
	ctx      context.Context
	p        *uploadPart
	progress *Progress
}

func (b *partBody) ReadAt(buf []byte, off int64) (int, error) {
	if err := b.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := b.p.data.ReadAt(buf, off)
	if n < len(buf) && off+int64(n) < b.p.length {
		err = readError(err)
		b.p.broken.Store(&err)
		return n, err
	}
	b.p.count(b.progress, off+int64(n))
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
	// maxTries bounds how often a part is sent, each time with the client's own attempts.
	maxTries = 6
	// pauseTry is the wait before the second try, doubled each time.
	pauseTry = 200 * time.Millisecond
)

// persist sends a part, or asks for it to be copied, until it is there: what failed for
// a reason that may pass is tried again, after a pause.
func (u *upload) persist(ctx context.Context, p *uploadPart, send func() error) error {
	for try := 1; ; try++ {
		err := send()
		if err == nil {
			u.requests.Add(1)
			return nil
		}
		if cause := p.broken.Load(); cause != nil {
			return *cause // and not what the network made of it
		}
		if isMismatch(err) && ctx.Err() == nil {
			if err := p.unchanged(ctx); err != nil {
				return err
			}
		}
		if ctx.Err() != nil || try == maxTries || !mayPass(err) {
			return err
		}
		u.resent.Add(1)
		wait := pauseTry << (try - 1)
		if pause(ctx, wait/2+rand.N(wait/2)) != nil {
			return err
		}
	}
}

// mayPass reports whether a request that failed, after the attempts that the client has
// made, is worth another.
func mayPass(err error) bool {
	var api *s3client.APIError
	var network net.Error // and also what the system says of a connection
	switch {
	case !errors.As(err, &api):
		return errors.As(err, &network) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, s3client.ErrStalled)
	case api.Status >= 500 && api.Status != http.StatusNotImplemented, api.Status == http.StatusTooManyRequests, api.Status == http.StatusRequestTimeout:
		return true
	case isMismatch(err): // it was changed on its way
		return true
	}
	switch api.Code {
	case "SlowDown", "RequestTimeout", "IncompleteBody", "InternalError", "ServiceUnavailable", "Throttling", "ThrottlingException", "RequestLimitExceeded":
		return true
	}
	return false
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
