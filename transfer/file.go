package transfer

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// file is a file under a temporary name beside its final one.
type file struct {
	*os.File
	path string       // the final name
	mode *fs.FileMode // of the file that is replaced, if there is one
	done bool
}

// createFile checks the final name before anything is downloaded, and creates
// the temporary file.
func createFile(path string) (*file, error) {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target // replace what a link points to, not the link
	}
	f := &file{path: path}
	info, err := os.Lstat(path)
	switch {
	case err == nil && info.IsDir():
		return nil, &fs.PathError{Op: "download to", Path: path, Err: fmt.Errorf("it is a folder: name a file in it")}
	case err == nil && !info.Mode().IsRegular():
		return nil, &fs.PathError{Op: "download to", Path: path, Err: fmt.Errorf("it is there and no regular file, and will not be replaced")}
	case err == nil:
		mode := info.Mode().Perm()
		f.mode = &mode
	case !os.IsNotExist(err):
		return nil, err
	}
	perm := fs.FileMode(0o666)
	if f.mode != nil {
		perm = *f.mode // nobody may read what is on its way who may not read it then
	}
	temp := filepath.Join(filepath.Dir(path), ".sigvier-"+rand.Text()+".part")
	if f.File, err = os.OpenFile(temp, os.O_CREATE|os.O_EXCL|os.O_WRONLY, perm); err != nil {
		return nil, f.named("create", err)
	}
	return f, nil
}

// named gives an error the final name, which the user knows, in place of the
// temporary one.
func (f *file) named(op string, err error) error {
	if p := (*fs.PathError)(nil); errors.As(err, &p) {
		return &fs.PathError{Op: op, Path: f.path, Err: p.Err}
	}
	return err
}

// WriteAt writes to the temporary file.
func (f *file) WriteAt(p []byte, off int64) (int, error) {
	n, err := f.File.WriteAt(p, off)
	return n, f.named("write", err)
}

// reserve makes the file as long as it will be.
func (f *file) reserve(size int64) error { return f.named("reserve room for", f.Truncate(size)) }

// commit brings the bytes to the disk and then the file to its final name, in
// this order: after a power loss there is no name without its bytes.
func (f *file) commit() error {
	if f.mode != nil {
		if err := f.Chmod(*f.mode); err != nil {
			return err
		}
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), f.path); err != nil {
		return err
	}
	f.done = true
	return syncDir(filepath.Dir(f.path))
}

// syncDir makes a rename last. Not every system can sync a folder, and there the
// file is whole all the same.
func syncDir(dir string) error {
	if d, err := os.Open(dir); err == nil {
		d.Sync()
		d.Close()
	}
	return nil
}

// discard removes the temporary file, unless it has become the final one.
func (f *file) discard() {
	if !f.done {
		f.Close()
		os.Remove(f.Name())
	}
}
