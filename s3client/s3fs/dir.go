package s3fs

import (
	"context"
	"io"
	"io/fs"
	"sync"
	"sync/atomic"
)

// Dir is an open directory. It is safe for concurrent use, and must be closed.
type Dir struct {
	name   string
	cancel context.CancelFunc
	closed atomic.Bool

	mu      sync.Mutex
	listing *listing
}

var _ fs.ReadDirFile = (*Dir)(nil)

func (f *FS) openDir(name string) *Dir {
	ctx, cancel := context.WithCancel(f.ctx)
	return &Dir{name: name, cancel: cancel, listing: f.newListing(ctx, name, "")}
}

// Stat implements [fs.File].
func (d *Dir) Stat() (fs.FileInfo, error) {
	if d.closed.Load() {
		return nil, pathError("stat", d.name, fs.ErrClosed)
	}
	return dirInfo(d.name), nil
}

// Read is an error.
func (d *Dir) Read([]byte) (int, error) {
	if d.closed.Load() {
		return 0, pathError("read", d.name, fs.ErrClosed)
	}
	return 0, pathError("read", d.name, errIsDirectory)
}

// ReadDir implements [fs.ReadDirFile]. With n above 0 it holds one page of 1,000
// entries at a time, so that a directory may have any number of them. They come
// in S3's order, in which a directory a stands where a/ does: behind a-b.
func (d *Dir) ReadDir(n int) ([]fs.DirEntry, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	entries := []fs.DirEntry{}
	l := d.listing
	for n <= 0 || len(entries) < n {
		err := l.load()
		if d.closed.Load() {
			return nil, pathError("readdir", d.name, fs.ErrClosed)
		}
		if err != nil && (n <= 0 || len(entries) == 0) {
			return entries, pathError("readdir", d.name, err)
		}
		if len(l.page) == 0 {
			break
		}
		take := len(l.page)
		if n > 0 {
			take = min(take, n-len(entries))
		}
		for _, info := range l.page[:take] {
			entries = append(entries, fs.FileInfoToDirEntry(info))
		}
		l.page = l.page[take:]
	}
	if n > 0 && len(entries) == 0 {
		return nil, io.EOF
	}
	return entries, nil
}

// Close ends what is being listed and closes the directory.
func (d *Dir) Close() error {
	if d.closed.Swap(true) {
		return pathError("close", d.name, fs.ErrClosed)
	}
	d.cancel() // whoever lists comes back, and gives the lock free
	d.mu.Lock()
	defer d.mu.Unlock()
	d.listing.close()
	return nil
}
