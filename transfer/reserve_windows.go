package transfer

import (
	"io/fs"
	"os"
	"syscall"
)

// reserve gives a file its length, as a sparse one: in another, Windows fills with
// zeros what is before a byte when that is written (SetFileValidData, section
// "Remarks").
func reserve(file *os.File, _ fs.FileInfo, size int64) error {
	const setSparse = 0x900c4 // FSCTL_SET_SPARSE
	var n uint32
	// Where the file system cannot, it does without.
	syscall.DeviceIoControl(syscall.Handle(file.Fd()), setSparse, nil, 0, nil, 0, &n, nil)
	return file.Truncate(size)
}
