package transfer

import (
	"io/fs"
	"os"
	"syscall"
)

// noFollow: there is no such flag; what was opened is compared with what is there.
const noFollow = 0

// openLocked opens or creates a file and shares it with nobody, in any process, for
// as long as it is open (CreateFileW, dwShareMode 0). Of a link it opens the link,
// which is no regular file.
func openLocked(name string, create bool, _ fs.FileMode) (*os.File, error) {
	disposition := uint32(syscall.OPEN_EXISTING)
	if create {
		disposition = syscall.CREATE_NEW
	}
	path, err := syscall.UTF16PtrFromString(name)
	if err != nil {
		return nil, err
	}
	handle, err := syscall.CreateFile(path, syscall.GENERIC_READ|syscall.GENERIC_WRITE, 0, nil, disposition,
		syscall.FILE_ATTRIBUTE_NORMAL|syscall.FILE_FLAG_OPEN_REPARSE_POINT, 0)
	const sharingViolation = syscall.Errno(32) // ERROR_SHARING_VIOLATION
	if err == sharingViolation {
		return nil, errLocked
	}
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	return os.NewFile(uintptr(handle), name), nil
}

// ours: who may put files into a folder is what its access control list says, and
// a file that is there by that is as good as this user's.
func ours(fs.FileInfo) bool { return true }

// renameLocked closes a file and renames it: an open file has to keep its name. If
// another download takes it for its partial file in between, the rename fails.
func renameLocked(file *os.File, path string) error {
	file.Close()
	return os.Rename(file.Name(), path)
}

// removeLocked removes a file, which must be closed for that.
func removeLocked(file *os.File) {
	file.Close()
	os.Remove(file.Name())
}
