//go:build !(darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd || windows)

package transfer

import (
	"io/fs"
	"os"
)

const noFollow = 0

// openLocked: without a lock, two downloads to the same file would write to the same
// partial one. So there is none that is found again.
func openLocked(string, bool, fs.FileMode) (*os.File, error) { return nil, errNoLocks }

func ours(fs.FileInfo) bool { return false }

func renameLocked(file *os.File, path string) error {
	file.Close() // synced already
	return os.Rename(file.Name(), path)
}

func removeLocked(file *os.File) {
	file.Close()
	os.Remove(file.Name())
}
