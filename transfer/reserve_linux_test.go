package transfer

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// A file that is as long as the object takes no more room than what is there of it.
func TestReserveIsSparse(t *testing.T) {
	p, err := openPartial(filepath.Join(t.TempDir(), "file"), false)
	must(t, err)
	defer p.discard()
	var system syscall.Statfs_t
	must(t, syscall.Fstatfs(int(p.file.Fd()), &system))
	size := int64(min(system.Bfree*uint64(system.Bsize)/2, 1<<40))
	must(t, p.reserve(size))
	_, err = p.WriteAt([]byte("x"), size-1)
	must(t, err)
	info, err := p.file.Stat()
	must(t, err)
	if room := info.Sys().(*syscall.Stat_t).Blocks * 512; info.Size() != size || room > 1<<20 {
		t.Errorf("it has %d bytes in %d, want %d in some kilobytes", info.Size(), room, size)
	}
}

func TestReserveSaysWhatIsMissing(t *testing.T) {
	p := open(t, filepath.Join(t.TempDir(), "file"))
	defer p.discard()
	err := p.reserve(1<<63 - 1)
	if want := fmt.Sprintf("reserve room for %s: no space left on device: %d bytes are to come, and the file system has room for ", p.path, int64(1<<63-1)); !errors.Is(err, syscall.ENOSPC) || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("got %v, want %s…", err, want)
	}
}

// A folder that may not be written to: as root everyone may, so a thread is made
// another user's.
func TestPartialInAReadOnlyFolder(t *testing.T) {
	dir := t.TempDir()
	must(t, os.Chmod(filepath.Dir(dir), 0o711))
	must(t, os.Chmod(dir, 0o555))
	if os.Geteuid() == 0 {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		must(t, syscall.Setfsuid(65534))
		defer syscall.Setfsuid(0)
	}
	path := filepath.Join(dir, "file")
	for _, resume := range []bool{true, false} {
		p, err := openPartial(path, resume)
		if p != nil || !errors.Is(err, os.ErrPermission) || err.Error() != "create "+path+": permission denied" {
			t.Errorf("resume %v: got %v, %v, want that it cannot be created", resume, p, err)
		}
	}
	wantNames(t, dir)
}
