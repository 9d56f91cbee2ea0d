package s3client

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/sigvier/sigvier/s3client/checksum"
)

// ErrStalled is the error for a body that comes more slowly than
// [Options].MinRate.
var ErrStalled = errors.New("the body has stalled")

// received is the body of an object as it comes: its errors say of what, its bytes
// are verified if there is a checksum to verify them against, and it may not stall.
type received struct {
	body   io.ReadCloser
	read   io.Reader // the body, or what verifies it
	verify *checksum.Reader
	stall  stall
	k      call
}

func (c *Client) receive(k *call, body io.ReadCloser, want checksum.Value) *received {
	r := &received{body: body, read: body, k: call{op: k.op, bucket: k.bucket, key: k.key}}
	r.stall = stall{window: c.stallTimeout, least: int64(float64(c.minRate) * c.stallTimeout.Seconds()), close: body.Close}
	if want != (checksum.Value{}) {
		if v, err := checksum.NewReader(body, want); err == nil { // else it is of a kind that nobody can verify so
			r.read, r.verify = v, v
		}
	}
	return r
}

func (r *received) Read(p []byte) (int, error) {
	r.stall.begin()
	n, err := r.read.Read(p)
	if stalled := r.stall.end(n); stalled != nil && err != io.EOF {
		err = stalled
	}
	if err != nil && err != io.EOF {
		err = r.k.wrap(err)
	}
	return n, err
}

func (r *received) Close() error {
	r.stall.stop()
	return r.body.Close()
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
