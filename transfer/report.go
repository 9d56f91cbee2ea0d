package transfer

import "time"

// Verified says how far the bytes of a transfer were verified.
type Verified string

// How far.
const (
	// FullObject: a checksum of the whole content was compared.
	FullObject Verified = "full-object"
	// ETagOnly: every answer was of the pinned object, complete and in its place; no
	// checksum of the content was compared.
	ETagOnly Verified = "etag-only"
)

// Report says what a transfer did.
type Report struct {
	Size      int64 // bytes
	ETag      string
	VersionID string
	Threads   int // workers that took part
	Requests  int // GETs or PUTs that were answered
	Resumed   int // bodies that broke off and were resumed
	Verified  Verified
	Elapsed   time.Duration
}
