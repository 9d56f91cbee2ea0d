package transfer

import "time"

// Verified says how far the bytes of a transfer were verified.
type Verified string

// How far.
const (
	// FullObject: a checksum of the whole content was compared.
	FullObject Verified = "full-object"
	// PerPart: the service held each part of an upload against a hash of its bytes, and
	// says no checksum of the whole.
	PerPart Verified = "per-part"
	// ETagOnly: every answer was of the pinned object, complete and in its place; no
	// checksum of the content was compared.
	ETagOnly Verified = "etag-only"
)

// Report says what a transfer did.
type Report struct {
	Size      int64 // bytes
	ETag      string
	VersionID string
	Threads   int    // workers that took part
	Requests  int    // GETs or PUTs that were answered
	Resumed   int    // bodies that broke off and were resumed, or sent again
	Kept      int64  // bytes that an earlier run had uploaded
	Afresh    string // why an earlier run was not gone on with, if there was one
	Verified  Verified
	Elapsed   time.Duration
}
