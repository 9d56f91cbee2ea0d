package transfer

import (
	"errors"
	"fmt"
)

// ErrIntegrity is the error, for errors.Is, of a transfer whose bytes cannot be
// trusted; ErrChanged that of one whose object was replaced or removed under way.
// An ErrChanged is an ErrIntegrity too.
var (
	ErrIntegrity = errors.New("integrity")
	ErrChanged   = errors.New("the object changed during the download")
	// ErrUnverified: a checksum is required, and there is none. It is an ErrIntegrity, too.
	ErrUnverified = errors.New("there is no checksum to compare")
)

// ResumableError is the error of a transfer that the same one goes on with.
type ResumableError struct {
	UploadID string // of an upload, whose bytes the service keeps
	Done     int64  // bytes that need not come again
	Err      error  // why it has ended
}

func (e *ResumableError) Error() string {
	if e.UploadID != "" {
		return fmt.Sprintf("%v (%d bytes are uploaded and kept by the service: the same upload goes on from there)", e.Err, e.Done)
	}
	return fmt.Sprintf("%v (%d bytes are kept: the same download goes on from there)", e.Err, e.Done)
}

// Unwrap gives the cause.
func (e *ResumableError) Unwrap() error { return e.Err }

// IntegrityError says which answer was not what it must be.
type IntegrityError struct {
	Bucket, Key string
	Problem     string // what came, and what was expected
	Changed     bool   // the object was replaced or removed
	Unverified  bool   // a checksum was required, and there is none
}

func (e *IntegrityError) Error() string {
	return fmt.Sprintf("integrity of s3://%s/%s: %s", e.Bucket, e.Key, e.Problem)
}

// Is matches [ErrIntegrity] and, if it is so, [ErrChanged] or [ErrUnverified].
func (e *IntegrityError) Is(target error) bool {
	return target == ErrIntegrity || target == ErrChanged && e.Changed || target == ErrUnverified && e.Unverified
}
