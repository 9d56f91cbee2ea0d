// Package checksum has the checksums that S3 keeps of objects: their names, their
// encoding, and, for the CRCs, how the checksum of a whole is found from those of
// its parts, in whatever order those came (Amazon S3 User Guide, "Checking object
// integrity in Amazon S3").
package checksum

import (
	"crypto/sha256"
	"encoding/base64"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"sync"
)

// Algorithm is one of S3's checksums, by the end of its header's name:
// x-amz-checksum-ALGORITHM.
type Algorithm string

// The algorithms that this package computes.
const (
	CRC32     Algorithm = "crc32"
	CRC32C    Algorithm = "crc32c"
	CRC64NVME Algorithm = "crc64nvme"
	SHA256    Algorithm = "sha256"
)

// The reversed polynomials of the CRCs.
const (
	polyCRC32     = crc32.IEEE
	polyCRC32C    = crc32.Castagnoli
	polyCRC64NVME = 0x9a6c9329ac4bc9b5
)

var nvmeTable = sync.OnceValue(func() *crc64.Table { return crc64.MakeTable(polyCRC64NVME) })

// New makes a hash of the algorithm; nil if the package does not compute it.
func New(a Algorithm) hash.Hash {
	switch a {
	case CRC32:
		return crc32.NewIEEE()
	case CRC32C:
		return crc32.New(crc32.MakeTable(crc32.Castagnoli))
	case CRC64NVME:
		return crc64.New(nvmeTable())
	case SHA256:
		return sha256.New()
	}
	return nil
}

// Encode is a sum as S3's headers have it: base64.
func Encode(sum []byte) string { return base64.StdEncoding.EncodeToString(sum) }
