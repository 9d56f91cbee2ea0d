package transfer

import (
	"fmt"
	"io/fs"
	"math/bits"
	"os"
	"syscall"
)

// reserve gives a file its length. It stays sparse: what is not there takes no room,
// and a file system that has no room for all that is to come says so now, and not
// after hours. (Between now and then others may fill it all the same. fallocate(2)
// would keep the room; a sparse file can be given up and taken up at no cost, and
// shows how much of it is there.)
func reserve(file *os.File, info fs.FileInfo, size int64) error {
	var has int64
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		has = stat.Blocks * 512 // st_blocks counts these, whatever the file system's are
	}
	var system syscall.Statfs_t
	// Some file systems do not know how large they are, or have no end.
	if err := syscall.Fstatfs(int(file.Fd()), &system); err == nil && system.Blocks > 0 {
		// Bfree and not Bavail: whom the blocks are reserved for is the system's to judge.
		high, room := bits.Mul64(system.Bfree, uint64(system.Frsize))
		if high == 0 && size > has && uint64(size-has) > room {
			return &fs.PathError{Op: "reserve", Path: file.Name(),
				Err: fmt.Errorf("%w: %d bytes are to come, and the file system has room for %d", syscall.ENOSPC, size-has, room)}
		}
	}
	return file.Truncate(size)
}
