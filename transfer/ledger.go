package transfer

import "github.com/sigvier/sigvier/s3client/checksum"

// piece is a run of bytes that are where they belong, and their checksum.
type piece struct {
	first, length int64
	sum           checksum.Value
}
