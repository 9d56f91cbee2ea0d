package transfer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync/atomic"
	"time"
)

// Where the parts of an upload come from: a file, in which they are found by their
// places, or a stream, whose parts are kept in memory until they are sent.

// ErrSourceChanged is the error, for errors.Is, of an upload whose file was written to
// while it was read. There is no object of it.
var ErrSourceChanged = errors.New("the file changed during the upload")

// source gives the parts in their order, to several goroutines; io.EOF is the end.
type source interface {
	next(ctx context.Context) (*uploadPart, error)
	// unchanged reports whether what was read is of one piece.
	unchanged() error
}

// fileSource is a file as it was when the upload began.
type fileSource struct {
	file     *os.File
	info     fs.FileInfo
	partSize int64
	begun    atomic.Int64 // parts
}

func (s *fileSource) next(context.Context) (*uploadPart, error) {
	n := s.begun.Add(1)
	off := (n - 1) * s.partSize
	if off >= s.info.Size() {
		return nil, io.EOF
	}
	length := min(s.partSize, s.info.Size()-off)
	return &uploadPart{number: int(n), first: off, length: length, data: io.NewSectionReader(s.file, off, length)}, nil
}

func (s *fileSource) unchanged() error {
	now, err := s.file.Stat()
	switch {
	case err != nil:
		return err
	case now.Size() != s.info.Size():
		return fmt.Errorf("%w: it had %d bytes, and has %d", ErrSourceChanged, s.info.Size(), now.Size())
	case !now.ModTime().Equal(s.info.ModTime()):
		return fmt.Errorf("%w: it was written to at %s", ErrSourceChanged, now.ModTime().Format(time.RFC3339Nano))
	}
	return nil
}

// streamSource is a reader, read ahead by a goroutine of its own into as many buffers
// as may be in memory.
type streamSource struct {
	r        io.Reader
	limits   *limits
	partSize int64                         // of the first parts
	buffers  int                           // at most
	memory   func(want, least int64) int64 // gives more of it, in bytes
	full     chan *uploadPart
	inUse    atomic.Int64               // bytes of buffers
	spare    chan []byte                // buffers that are no longer in use
	freed    chan struct{}              // tells that there may be room
	err      error                      // why full was closed; io.EOF is as it should be
	ended    chan struct{}              // closed when the reader is let go
	head     atomic.Pointer[uploadPart] // taken by first, and given by next
}

// newStreamSource begins to read. The function that it gives ends that.
func newStreamSource(ctx context.Context, r io.Reader, l *limits, partSize int64, buffers int, memory func(want, least int64) int64) (*streamSource, func()) {
	s := &streamSource{r: r, limits: l, partSize: partSize, buffers: buffers, memory: memory,
		full: make(chan *uploadPart), spare: make(chan []byte, buffers), freed: make(chan struct{}, 1), ended: make(chan struct{})}
	ctx, cancel := context.WithCancel(ctx)
	go s.read(ctx)
	d, ok := r.(interface{ SetReadDeadline(time.Time) error })
	if !ok || d.SetReadDeadline(time.Time{}) != nil {
		return s, cancel // and read ends when the reader does
	}
	interrupted := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(interrupted)
		d.SetReadDeadline(time.Unix(1, 0))
	})
	return s, func() {
		select {
		case <-s.ended:
			if stop() {
				cancel()
				return
			}
		default:
		}
		cancel()
		<-interrupted
		<-s.ended
		d.SetReadDeadline(time.Time{})
	}
}

// read fills buffers until the end.
func (s *streamSource) read(ctx context.Context) {
	defer close(s.ended)
	defer close(s.full)
	var granted, first int64
	for n := 1; ; n++ {
		size := s.limits.streamPart(s.partSize, n)
		if want := int64(s.buffers) * size; granted < want {
			granted += s.memory(want-granted, size-granted)
		}
		for s.inUse.Load() > 0 && s.inUse.Load()+size > granted {
			select {
			case <-s.freed:
			case <-ctx.Done():
				s.err = ctx.Err()
				return
			}
		}
		buf := s.buffer(size)
		got, err := fill(ctx, s.r, buf)
		if err != nil && err != io.EOF {
			s.err = err
			return
		}
		if got > 0 || n == 1 {
			if n > s.limits.maxParts {
				s.err = fmt.Errorf("transfer: the input is %w: it has more than %d parts; begin with a part size of more than %d bytes", ErrLimits, s.limits.maxParts, s.partSize)
				return
			}
			p := &uploadPart{number: n, first: first, length: int64(got), data: bytes.NewReader(buf[:got]), release: func() { s.release(buf) }}
			select {
			case s.full <- p:
			case <-ctx.Done():
				s.err = ctx.Err()
				return
			}
		}
		first += int64(got)
		if err == io.EOF {
			s.err = io.EOF
			return
		}
	}
}

// buffer takes a buffer that is no longer in use, or makes one.
func (s *streamSource) buffer(size int64) []byte {
	s.inUse.Add(size)
	for {
		select {
		case b := <-s.spare:
			if int64(cap(b)) >= size {
				return b[:size]
			}
		default:
			return make([]byte, size)
		}
	}
}

// release gives a buffer back.
func (s *streamSource) release(b []byte) {
	select {
	case s.spare <- b:
	default:
	}
	s.inUse.Add(-int64(len(b)))
	select {
	case s.freed <- struct{}{}:
	default:
	}
}

// fill reads until the buffer is full, and tells io.EOF from an input that says itself
// that it was cut off (io.ErrUnexpectedEOF), as io.ReadFull does not.
func fill(ctx context.Context, r io.Reader, buf []byte) (n int, err error) {
	for empty := 0; n < len(buf); {
		got, err := r.Read(buf[n:])
		n += got
		if ctx.Err() != nil {
			return n, ctx.Err() // which may have ended the input, too
		}
		if err == io.EOF {
			return n, io.EOF
		}
		if empty++; got > 0 {
			empty = 0
		}
		if err == nil && empty == maxEmpty {
			err = io.ErrNoProgress
		}
		if err != nil {
			return n, fmt.Errorf("reading the input: %w", err)
		}
	}
	return n, nil
}

// first gives the part that is everything, or nil if there are more, or may be.
func (s *streamSource) first(ctx context.Context) (*uploadPart, error) {
	p, err := s.next(ctx)
	if err != nil {
		return nil, err
	}
	if p.length < s.partSize {
		return p, nil
	}
	s.head.Store(p)
	return nil, nil
}

func (s *streamSource) next(ctx context.Context) (*uploadPart, error) {
	if p := s.head.Swap(nil); p != nil {
		return p, nil
	}
	select {
	case p, ok := <-s.full:
		if !ok {
			return nil, s.err
		}
		return p, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (s *streamSource) unchanged() error { return nil }
