package transfer

import (
	"errors"
	"io/fs"
	"os"
)

// What keeps a partial file from being found again.
var (
	errLocked   = errors.New("another download to it is under way")
	errNotOurs  = errors.New("under the name of its partial file there is something that is no file of this user")
	errNoLocks  = errors.New("there are no file locks here")
	errReplaced = errors.New("it was replaced by another program")
)

// lockFile opens the file of that name for reading and writing, or creates it, and
// locks it against everyone else who does the same, in this process too. It follows
// no link, and takes no file that another user could have put there.
func lockFile(name string, perm fs.FileMode) (*os.File, error) {
	for range 100 {
		if info, err := os.Lstat(name); err == nil && !info.Mode().IsRegular() {
			return nil, errNotOurs
		}
		created := true
		file, err := openLocked(name, true, perm)
		if errors.Is(err, fs.ErrExist) {
			created = false
			file, err = openLocked(name, false, perm)
		}
		if errors.Is(err, fs.ErrNotExist) && !created {
			continue // it was removed in between
		}
		if err != nil {
			return nil, bare(err)
		}
		// Whoever had the lock may have renamed or removed the file meanwhile. The lock is
		// worth something only if it is the one of the file that is there.
		if !isAt(file, name) {
			file.Close()
			continue
		}
		if info, err := file.Stat(); err != nil || !info.Mode().IsRegular() || !created && !ours(info) {
			file.Close()
			return nil, errNotOurs
		}
		return file, nil
	}
	return nil, errLocked
}

// isAt reports whether the name is that of an open file.
func isAt(file *os.File, name string) bool {
	opened, err1 := file.Stat()
	there, err2 := os.Lstat(name)
	return err1 == nil && err2 == nil && os.SameFile(opened, there)
}

// bare is an error without the temporary name.
func bare(err error) error {
	if e := (*fs.PathError)(nil); errors.As(err, &e) {
		return e.Err
	}
	return err
}
