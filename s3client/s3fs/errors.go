package s3fs

import (
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/sigvier/sigvier/s3client"
)

var (
	// ErrChanged: the object was replaced or removed while it was open.
	ErrChanged = errors.New("the object changed while it was open")
	// ErrIntegrity: an answer is not what was asked for, as from a server that
	// ignores Range.
	ErrIntegrity = errors.New("integrity")
)

var (
	errIsDirectory  = fmt.Errorf("%w: it is a directory", fs.ErrInvalid)
	errNotDirectory = fmt.Errorf("%w: it is not a directory", fs.ErrInvalid)
)

// refused reports whether the service or the connection does not allow something.
func refused(err error) bool {
	return errors.Is(err, s3client.ErrDenied) || errors.Is(err, s3client.ErrRestricted)
}

// pathError makes the error of an operation on a name. The end of a file stays
// what it is.
func pathError(op, name string, err error) error {
	switch {
	case err == nil || err == io.EOF:
		return err
	case errors.Is(err, fs.ErrNotExist): // denied, but known not to be there
	case errors.Is(err, s3client.ErrNotFound):
		err = fmt.Errorf("%w: %w", fs.ErrNotExist, err)
	case refused(err):
		err = fmt.Errorf("%w: %w", fs.ErrPermission, err)
	}
	return &fs.PathError{Op: op, Path: name, Err: err}
}
