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
)

// IntegrityError says which answer was not what it must be.
type IntegrityError struct {
	Bucket, Key string
	Problem     string // what came, and what was expected
	Changed     bool   // the object was replaced or removed
}

func (e *IntegrityError) Error() string {
	return fmt.Sprintf("integrity of s3://%s/%s: %s", e.Bucket, e.Key, e.Problem)
}

// Is matches [ErrIntegrity] and, if the object changed, [ErrChanged].
func (e *IntegrityError) Is(target error) bool {
	return target == ErrIntegrity || target == ErrChanged && e.Changed
}
