package transfer

import "time"

// Verified says how far the bytes of a transfer were verified.
type Verified string

// How far.
const (
	// FullObject: a checksum of the whole content was compared.
	FullObject Verified = "full-object"
	// PerPart: the checksum of each part of a multipart upload was compared, or that of
	// these checksums, which says as much; but there is none of the whole.
	PerPart Verified = "per-part"
	// ETagOnly: every answer was of the pinned object, complete and in its place; no
	// checksum of the content was compared.
	ETagOnly Verified = "etag-only"
	// None: the one answer had not even an ETag.
	None Verified = "none"
)

// Report says what a transfer did.
type Report struct {
	Size      int64 // bytes
	ETag      string
	VersionID string
	Threads   int    // workers that took part
	Requests  int    // GETs or PUTs that were answered
	Resumed   int    // bodies that broke off and were resumed, or sent again
	Stolen    int    // ranges that were taken over from a slower worker
	Hedged    int    // ranges that were asked for once more beside a slow answer
	Kept      int64  // bytes that an earlier run had brought
	Afresh    string // why an earlier run was not gone on with, if there was one
	Verified  Verified
	Elapsed   time.Duration
}
