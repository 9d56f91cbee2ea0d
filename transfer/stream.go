package transfer

import (
	"context"
	"fmt"
	"io"
)

// DownloadTo downloads an object into a stream, in order. With several threads up to
// in.Window bytes are kept in memory meanwhile. What was written before an error is
// the object's beginning.
func DownloadTo(ctx context.Context, src Source, in DownloadInput, w io.Writer) (Report, error) {
	if err := in.check(); err != nil {
		return Report{}, err
	}
	if in.Threads == 0 || in.Threads == 1 {
		d := newRun(src, in)
		return d.end(d.do(ctx, false, func(_ context.Context, d *run) (io.WriterAt, []piece, error) {
			d.passed = d.expected.newPassing(d.pin.size)
			return &inOrder{w: w, passed: d.passed}, nil, nil
		}))
	}
	r, err := NewReader(ctx, src, in)
	if err != nil {
		return Report{}, err
	}
	defer r.Close()
	if _, err := r.WriteTo(w); err != nil {
		return Report{}, err
	}
	return r.Report(), nil
}

// inOrder is a sink for one worker, whose writes come in order.
type inOrder struct {
	w      io.Writer
	passed *passing
	off    int64
}

func (s *inOrder) WriteAt(p []byte, off int64) (int, error) {
	if off != s.off {
		return 0, fmt.Errorf("transfer: internal error: a write at %d, and %d comes next", off, s.off)
	}
	n, err := s.w.Write(p)
	s.passed.write(p[:n])
	s.off += int64(n)
	if err == nil && n < len(p) {
		err = io.ErrShortWrite
	}
	return n, err
}
