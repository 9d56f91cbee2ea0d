package s3client

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/sigvier/sigvier/s3client/checksum"
	"github.com/sigvier/sigvier/s3client/http1"
)

// ErrStalled is the error for an object's body that comes more slowly than
// [Options].MinRate, and for any answer's that does not come.
var ErrStalled = errors.New("the body has stalled")

// received is the body of an object as it comes: its errors say of what, its bytes
// are verified if there is a checksum to verify them against, and it may not stall.
type received struct {
	watched
	read   io.Reader // the body, or what verifies it
	verify *checksum.Reader
	lent   lent // to ReadLate
	k      call
}

func (c *Client) receive(k *call, body io.ReadCloser, want checksum.Value) *received {
	r := &received{k: call{op: k.op, bucket: k.bucket, key: k.key}}
	r.watch(body, c.stallTimeout)
	r.stall.least = int64(float64(c.minRate) * c.stallTimeout.Seconds())
	r.read = &r.watched
	if want != (checksum.Value{}) {
		if v, err := checksum.NewReader(&r.watched, want); err == nil { // else it is of a kind that nobody can verify so
			r.read, r.verify = v, v
		}
	}
	return r
}

func (r *received) Read(p []byte) (int, error) {
	n, err := r.read.Read(p)
	if err != nil && err != io.EOF {
		err = r.k.wrap(err)
	}
	return n, err
}

// ReadLate reads into a buffer of a pool, that is asked for when something has come. Where
// that cannot be known the error is [errors.ErrUnsupported]: so with an [Options].Base
// whose bodies cannot do that, and if the bytes are verified.
func (r *received) ReadLate(pool http1.Pool) ([]byte, error) {
	body, ok := r.body.(interface {
		ReadLate(http1.Pool) ([]byte, error)
	})
	if !ok || r.verify != nil {
		return nil, errors.ErrUnsupported
	}
	r.lent = lent{pool, &r.stall}
	r.stall.begin()
	p, err := body.ReadLate(&r.lent)
	if stalled := r.stall.end(len(p)); stalled != nil && err != io.EOF {
		err = stalled
	}
	if err != nil && err != io.EOF && err != errors.ErrUnsupported {
		err = r.k.wrap(err)
	}
	return p, err
}

// lent is a pool for whose buffers a body waits as for a slow reader.
type lent struct {
	http1.Pool
	stall *stall
}

func (l *lent) Get() []byte {
	l.stall.end(0)
	defer l.stall.begin()
	return l.Pool.Get()
}

// watched is a body that may not stall.
type watched struct {
	body  io.ReadCloser
	stall stall
}

func (w *watched) watch(body io.ReadCloser, window time.Duration) {
	w.body = body
	w.stall.window, w.stall.close = window, body.Close
}

func (w *watched) Read(p []byte) (int, error) {
	w.stall.begin()
	n, err := w.body.Read(p)
	if stalled := w.stall.end(n); stalled != nil && err != io.EOF {
		err = stalled
	}
	return n, err
}

func (w *watched) Close() error {
	w.stall.stop()
	return w.body.Close()
}

// Slow says that the body comes more slowly than those of others do: connections avoid
// the address that it comes from for some time. It does nothing with an
// [Options].Base whose bodies cannot be told so.
func (w *watched) Slow() {
	if body, ok := w.body.(interface{ Slow() }); ok {
		body.Slow()
	}
}

// watchDocument gives the body of an answer that is no object's, which may come as
// slowly as it likes, but has to come: S3 sends a blank now and then while it completes
// an upload.
func watchDocument(body io.ReadCloser, window time.Duration) io.ReadCloser {
	if body == http.NoBody {
		return body
	}
	w := new(watched)
	w.watch(body, window)
	return w
}

// watchedErrors watches the documents of errors, which are read for what to do next.
type watchedErrors struct {
	base   http.RoundTripper
	window time.Duration
}

func (w *watchedErrors) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := w.base.RoundTrip(req)
	if err == nil && resp.StatusCode >= 300 {
		resp.Body = watchDocument(resp.Body, w.window)
	}
	return resp, err
}

// stall watches a body. What counts is the time for which its reader waits, and not
// what it does meanwhile: a slow reader is no slow service.
type stall struct {
	window time.Duration // 0: it is not watched
	least  int64         // bytes that must come in a window, at least 1
	close  func() error  // makes the read that hangs return

	mu      sync.Mutex
	timer   *time.Timer
	reading bool
	began   time.Time
	waited  time.Duration // in this window
	got     int64         // in this window
	err     error
}

// begin is called before a read.
func (s *stall) begin() {
	if s.window <= 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reading, s.began = true, time.Now()
	if s.timer == nil {
		s.timer = time.AfterFunc(s.window-s.waited, s.expire)
	} else {
		s.timer.Reset(s.window - s.waited)
	}
}

// end is called after it.
func (s *stall) end(n int) error {
	if s.window <= 0 {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.timer.Stop()
	s.reading = false
	if n > 0 && s.least <= 1 { // anything at all is enough for another window
		s.waited, s.got = 0, 0
		return s.err
	}
	s.got += int64(n)
	if s.waited += time.Since(s.began); s.waited >= s.window {
		s.turn()
	}
	return s.err
}

// expire is called in the middle of a read, when a window ends.
func (s *stall) expire() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.reading {
		return // the read ended at the same moment
	}
	now := time.Now()
	if rest := s.window - s.waited - now.Sub(s.began); rest > 0 {
		s.timer.Reset(rest) // that read ended, and this is the next
		return
	}
	if s.turn(); s.err != nil {
		s.close()
		return
	}
	s.began = now
	s.timer.Reset(s.window)
}

// turn judges a window and begins the next.
func (s *stall) turn() {
	if s.err == nil && s.got < max(s.least, 1) {
		s.err = fmt.Errorf("%w: %d bytes came in %v, and %d are expected at least", ErrStalled, s.got, s.window, max(s.least, 1))
	}
	s.waited, s.got = 0, 0
}

func (s *stall) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.timer != nil {
		s.timer.Stop()
	}
}
