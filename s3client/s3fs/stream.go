package s3fs

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"math"
	"time"
)

const (
	// maxBroken bounds the bodies in a row that break off without one good byte.
	maxBroken = 5
	// pauseBroken is the wait before the next try after such a body, doubled each time.
	pauseBroken = 100 * time.Millisecond
	// trusted is what is allocated at once because an answer says so, bytes.
	trusted = 16 << 20
)

// stream gives the bytes from pos up to end, in one answer if that does not break
// off. The answer is asked for with the first byte.
type stream struct {
	ctx      context.Context
	object   *object
	pos, end int64
	body     io.ReadCloser // what gives the byte at pos; nil: to be asked for
	from     int64         // where body began
	broken   int           // bodies in a row without a good byte
}

// Read implements [io.Reader].
func (s *stream) Read(p []byte) (n int, err error) {
	if len(p) == 0 {
		return 0, nil
	}
	if s.pos >= s.end {
		return 0, s.finish()
	}
	p = p[:min(int64(len(p)), s.end-s.pos)]
	for {
		if s.body == nil {
			if s.body, err = s.object.get(s.ctx, s.pos, s.end-1); err != nil {
				return 0, err
			}
			s.from = s.pos
		}
		n, err = s.body.Read(p)
		s.pos += int64(n)
		if err == nil {
			return n, nil
		}
		s.close()
		switch {
		case s.pos == s.end && err == io.EOF:
			return n, nil
		case s.pos == s.end: // it has come whole, and is not what it should be
			return n, err
		case s.ctx.Err() != nil:
			return n, s.ctx.Err()
		case n > 0:
			return n, nil // and the next Read goes on there
		}
		if err := s.again(err); err != nil {
			return 0, err
		}
	}
}

// again waits before the next try, if the body broke off at once.
func (s *stream) again(err error) error {
	if s.pos > s.from {
		s.broken = 0
		return nil
	}
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	if s.broken++; s.broken == maxBroken {
		s.broken = 0
		return fmt.Errorf("%d bodies in a row broke off at byte %d: %w", maxBroken, s.pos, err)
	}
	timer := time.NewTimer(pauseBroken << (s.broken - 1))
	defer timer.Stop()
	select {
	case <-s.ctx.Done():
		return s.ctx.Err()
	case <-timer.C:
		return nil
	}
}

// finish gives io.EOF once the body, too, has ended: one without a length may hold
// more, and one that is verified says only then what is wrong with it.
func (s *stream) finish() error {
	if s.body == nil {
		return io.EOF
	}
	defer s.close()
	n, err := io.ReadFull(s.body, make([]byte, 1))
	if n > 0 {
		return fmt.Errorf("%w: the answer goes on behind byte %d", ErrIntegrity, s.end-1)
	}
	return err
}

// readAll reads to the end.
func (s *stream) readAll() ([]byte, error) {
	if s.end >= math.MaxInt {
		return nil, fmt.Errorf("%w: %d bytes are more than a slice holds", fs.ErrInvalid, s.end)
	}
	data := make([]byte, 0, min(s.end-s.pos, trusted)+1) // one more, so that the end is seen without growing
	for {
		if len(data) == cap(data) {
			data = append(data, 0)[:len(data)]
		}
		n, err := s.Read(data[len(data):cap(data)])
		data = data[:len(data)+n]
		if err == io.EOF {
			return data, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

func (s *stream) close() {
	if s.body != nil {
		s.body.Close()
		s.body = nil
	}
}
