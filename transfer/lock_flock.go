//go:build darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd

package transfer

import (
	"io/fs"
	"os"
	"syscall"
)

// noFollow opens no link, and waits for no one at the other end of a pipe.
const noFollow = syscall.O_NOFOLLOW | syscall.O_NONBLOCK

// openLocked opens or creates a file and locks it, as flock(2) does: for as long as
// it is open, and so not after the process has died.
func openLocked(name string, create bool, perm fs.FileMode) (*os.File, error) {
	flag := os.O_RDWR | noFollow
	if create {
		flag |= os.O_CREATE | os.O_EXCL
	}
	file, err := os.OpenFile(name, flag, perm)
	if err != nil {
		return nil, err
	}
	for {
		switch err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err {
		case nil:
			return file, nil
		case syscall.EINTR:
			continue
		case syscall.EWOULDBLOCK:
			err = errLocked
		default: // as some file systems of networks do
			if create {
				os.Remove(name)
			}
			err = errNoLocks
		}
		file.Close()
		return nil, err
	}
}

// ours reports whether a file is this user's, and under no other name, through which
// what is written would go elsewhere.
func ours(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Geteuid() && stat.Nlink == 1
}

// renameLocked renames a file and closes it, in this order: without the lock another
// download might take what is just becoming the final file for its partial one.
func renameLocked(file *os.File, path string) error {
	if err := os.Rename(file.Name(), path); err != nil {
		return err
	}
	file.Close() // synced already
	return nil
}

// removeLocked removes a file that may still be open.
func removeLocked(file *os.File) { os.Remove(file.Name()) }
