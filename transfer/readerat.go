package transfer

import (
	"context"
	"fmt"
	"io"
)

// Object is one object, as it was when it was opened, whose bytes are read anywhere: an
// [io.ReaderAt], safe for concurrent use. If the object changes, reading fails with
// [ErrChanged].
type Object struct {
	ctx context.Context
	src Source
	in  DownloadInput
	pin pin
}

// Open looks at an object and pins it. The context is for all reading; of in, what
// belongs to a whole download does not count.
func Open(ctx context.Context, src Source, in DownloadInput) (*Object, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	d := newRun(src, in)
	head, err := src.HeadObject(ctx, d.headInput())
	if err != nil {
		return nil, err
	}
	pin, err := newPinOfHead(in, head)
	if err != nil {
		return nil, err
	}
	in.Progress, in.OnProgress, in.Events = nil, nil, nil
	return &Object{ctx: ctx, src: src, in: in, pin: pin}, nil
}

// Size is the number of the object's bytes.
func (o *Object) Size() int64 { return o.pin.size }

// ReadAt implements [io.ReaderAt], with as many workers as the input has threads where p
// is long enough for them.
func (o *Object) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, fmt.Errorf("transfer: reading at %d: an offset is not negative", off)
	}
	if off >= o.pin.size {
		return 0, io.EOF
	}
	var end error
	if rest := o.pin.size - off; int64(len(p)) > rest {
		p, end = p[:rest], io.EOF
	}
	if len(p) == 0 {
		return 0, end
	}
	d := newRun(o.src, o.in)
	d.pin, d.sink, d.ledger = o.pin, bytesAt{p, off}, new(ledger)
	d.share = o.in.Budget.join(o.src, o.in.Bucket, nil)
	defer d.share.leave()
	if err := d.work(o.ctx, func() {}, beginning{}, []Range{{off, off + int64(len(p)) - 1}}); err != nil {
		if pieces := d.ledger.all(); len(pieces) > 0 && pieces[0].first == off {
			return int(pieces[0].length), err
		}
		return 0, err
	}
	return len(p), end
}

// bytesAt takes the bytes from an offset on.
type bytesAt struct {
	p    []byte
	from int64
}

func (b bytesAt) WriteAt(p []byte, off int64) (int, error) { return copy(b.p[off-b.from:], p), nil }
