package s3fs

import (
	"context"
	"io"
	"io/fs"
	"sync"
	"sync/atomic"

	"github.com/sigvier/sigvier/s3client"
)

// File is an open object. Its bytes are those of the object as it was when it was
// opened: if it is replaced or removed, reading it gives [ErrChanged]. It is safe
// for concurrent use, though Read and Seek share its position. It must be closed.
type File struct {
	name   string
	object *object
	info   *info
	ctx    context.Context
	cancel context.CancelFunc
	closed atomic.Bool

	mu     sync.Mutex
	pos    int64
	stream *stream
}

var _ interface {
	fs.File
	io.ReaderAt
	io.Seeker
} = (*File)(nil)

func (f *FS) openFile(name string, head *s3client.HeadObjectOutput) (*File, error) {
	o, err := f.pin(f.prefix+name, head.ObjectInfo)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(f.ctx)
	return &File{name: name, object: o, info: fileInfo(name, head), ctx: ctx, cancel: cancel, stream: &stream{ctx: ctx, object: o, end: o.size}}, nil
}

// Stat says what [FS.Stat] would have said when the file was opened.
func (f *File) Stat() (fs.FileInfo, error) {
	if f.closed.Load() {
		return nil, f.fail("stat", fs.ErrClosed)
	}
	return f.info, nil
}

// Read reads on where the file stands, from one GET that goes to its end.
func (f *File) Read(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	n, err := f.read(p)
	return n, f.fail("read", err)
}

func (f *File) read(p []byte) (int, error) {
	if f.closed.Load() {
		return 0, fs.ErrClosed
	}
	if f.stream.pos != f.pos {
		f.stream.close()
		f.stream.pos = f.pos
	}
	n, err := f.stream.Read(p)
	f.pos += int64(n)
	return n, err
}

// Seek moves where the next Read begins. It sends nothing: if the next Read is to
// begin elsewhere than the last one ended, that asks anew.
func (f *File) Seek(offset int64, whence int) (int64, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed.Load() {
		return 0, f.fail("seek", fs.ErrClosed)
	}
	pos := offset
	switch whence {
	case io.SeekStart:
	case io.SeekCurrent:
		pos += f.pos
	case io.SeekEnd:
		pos += f.object.size
	default:
		return 0, f.fail("seek", fs.ErrInvalid)
	}
	if pos < 0 {
		return 0, f.fail("seek", fs.ErrInvalid)
	}
	f.pos = pos
	return pos, nil
}

// ReadAt reads len(p) bytes from byte off, with one GET of exactly this range. It
// does not move the file. What reads a file in many small pieces, as
// [archive/zip] does with its 4 KiB, is better off with a buffer between.
func (f *File) ReadAt(p []byte, off int64) (int, error) {
	switch {
	case f.closed.Load():
		return 0, f.fail("read", fs.ErrClosed)
	case off < 0:
		return 0, f.fail("read", fs.ErrInvalid)
	case len(p) == 0:
		return 0, nil
	case off >= f.object.size:
		return 0, io.EOF
	}
	s := &stream{ctx: f.ctx, object: f.object, pos: off, end: off + min(int64(len(p)), f.object.size-off)}
	defer s.close()
	n, err := io.ReadFull(s, p[:s.end-off])
	if err == nil {
		if err = s.finish(); err == io.EOF && n == len(p) {
			err = nil
		}
	}
	return n, f.fail("read", err)
}

// Close ends what is being read and closes the file.
func (f *File) Close() error {
	if f.closed.Swap(true) {
		return f.fail("close", fs.ErrClosed)
	}
	f.cancel() // whoever reads comes back, and gives the lock free
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stream.close()
	return nil
}

func (f *File) fail(op string, err error) error {
	if err != nil && err != io.EOF && f.ctx.Err() != nil && f.closed.Load() {
		err = fs.ErrClosed // which is why it was cancelled
	}
	return pathError(op, f.name, err)
}
