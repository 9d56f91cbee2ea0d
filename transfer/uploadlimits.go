package transfer

import (
	"errors"
	"fmt"
)

// The sizes of the parts of an upload (Amazon S3 User Guide, "Amazon S3 multipart
// upload limits": 10,000 parts of 5 MiB to 5 GiB, the last one also shorter, and so
// 48.7.8 TiB in all; "Uploading objects": 5 GiB in one PutObject).

// ErrLimits is the error, for errors.Is, of an upload or a copy whose sizes are beyond
// what S3 takes. Nothing has been sent then, unless the input's length was not known.
var ErrLimits = errors.New("beyond the limits of S3")

// limits are those of a service.
type limits struct {
	minPart, maxPart int64 // bytes; the last part may be shorter
	maxParts         int
	growEvery        int // of an input of unknown length: so many parts of one size
}

var s3Limits = limits{minPart: 5 << 20, maxPart: 5 << 30, maxParts: 10_000, growEvery: 1000}

// maxObject is the largest object: 48.7.8 TiB.
func (l limits) maxObject() int64 { return int64(l.maxParts) * l.maxPart }

// checkPart checks the size of a part that somebody asks for; 0 is the default.
func (l limits) checkPart(partSize int64) error {
	if partSize != 0 && (partSize < l.minPart || partSize > l.maxPart) {
		return fmt.Errorf("transfer: a part size of %d bytes is %w: %d (5 MiB) to %d (5 GiB) are expected, or 0 for the default",
			partSize, ErrLimits, l.minPart, l.maxPart)
	}
	return nil
}

// partSize is that of the parts of size bytes: what is asked for, or from the default
// on so much that the parts suffice, in whole MiB.
func (l limits) partSize(size, asked, byDefault int64) (int64, error) {
	if size > l.maxObject() {
		return 0, fmt.Errorf("transfer: %d bytes are %w: an object has at most %d (48.7.8 TiB)", size, ErrLimits, l.maxObject())
	}
	least := (size + int64(l.maxParts) - 1) / int64(l.maxParts)
	if asked == 0 {
		const unit = 1 << 20
		return min(max(byDefault, (least+unit-1)/unit*unit), l.maxPart), nil
	}
	if asked < least {
		return 0, fmt.Errorf("transfer: %d bytes in parts of %d are %w: that makes more than %d parts; a part size of %d at least is expected",
			size, asked, ErrLimits, l.maxParts, least)
	}
	return asked, nil
}

// streamPart is the size of the nth part, from 1, of an input of unknown length, whose
// first has so many bytes. It doubles every so often: from the default of 8 MiB on,
// 10,000 parts are 7.8 TiB, and from 5 GiB on, the 48.8 TiB of the largest object.
func (l limits) streamPart(first int64, n int) int64 {
	for range (n - 1) / l.growEvery {
		if first = min(2*first, l.maxPart); first == l.maxPart {
			break
		}
	}
	return first
}
