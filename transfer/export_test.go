package transfer

import "os"

// Limits are those of a service whose parts may be small, so that tests need not move
// GiBs.
type Limits struct {
	MinPart, MaxPart    int64
	MaxParts, GrowEvery int
}

// WithLimits gives an input for such a service.
func (in UploadInput) WithLimits(l Limits) UploadInput {
	in.limits = &limits{l.MinPart, l.MaxPart, l.MaxParts, l.GrowEvery}
	return in
}

// WithLimits gives an input for such a service.
func (in CopyInput) WithLimits(l Limits) CopyInput {
	in.limits = &limits{l.MinPart, l.MaxPart, l.MaxParts, l.GrowEvery}
	return in
}

// ReplaceFsync has files synced by another function until it is restored.
func ReplaceFsync(by func(*os.File) error) (restore func()) {
	old := fsync
	fsync = by
	return func() { fsync = old }
}
