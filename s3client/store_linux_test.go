package s3client_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
)

// asNobody runs f as a user who has no rights of root's, also where the tests run
// as root: on Linux each thread has its own user for files.
func asNobody(t *testing.T, f func()) {
	t.Helper()
	if os.Geteuid() != 0 {
		f()
		return
	}
	const nobody = 65534
	runtime.LockOSThread()
	if _, _, errno := syscall.RawSyscall(syscall.SYS_SETFSUID, nobody, 0, 0); errno != 0 {
		t.Fatal(errno)
	}
	f()
	if _, _, errno := syscall.RawSyscall(syscall.SYS_SETFSUID, 0, 0, 0); errno != 0 {
		t.Fatal(errno)
	}
	runtime.UnlockOSThread()
}

// In a folder that cannot be written, what is there stays as it is.
func TestSaveIntoAReadOnlyFolder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "reports.json")
	if err := whole(t).Save(path); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Dir(path)
	chmod(t, filepath.Dir(folder), 0o755) // for nobody to look into
	chmod(t, folder, 0o555)
	t.Cleanup(func() { chmod(t, folder, 0o755) })
	asNobody(t, func() { err = whole(t).Save(path) })
	wantErr(t, err, fs.ErrPermission)
	if after, err := os.ReadFile(path); err != nil || !bytes.Equal(before, after) {
		t.Errorf("the file has changed: %v", err)
	}
	onlyFile(t, path)
}
