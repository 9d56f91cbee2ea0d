package checksum

import "strings"

// Algorithm is one of S3's checksum algorithms, by the name that
// x-amz-checksum-algorithm and x-amz-sdk-checksum-algorithm have for it. The zero
// value is none.
type Algorithm string

// The algorithms that this package computes. S3 has others by now (SHA512, MD5,
// XXHASH64, XXHASH3, XXHASH128), which a program may send and need not.
const (
	CRC32     Algorithm = "CRC32"     // of ISO-HDLC, zip and Ethernet; 4 bytes
	CRC32C    Algorithm = "CRC32C"    // Castagnoli's; 4 bytes
	CRC64NVME Algorithm = "CRC64NVME" // of the NVM Express specification; 8 bytes
	SHA1      Algorithm = "SHA1"      // 20 bytes
	SHA256    Algorithm = "SHA256"    // 32 bytes
)

// Algorithms are all that this package computes, the one that costs least first.
func Algorithms() []Algorithm { return []Algorithm{CRC32C, CRC32, CRC64NVME, SHA256, SHA1} }

// headerPrefix begins the name of a checksum's header or trailer.
const headerPrefix = "x-amz-checksum-"

// ParseAlgorithm reads the value of x-amz-checksum-algorithm, or a name that a
// program's own settings have, in upper or lower case. Errors are [ErrAlgorithm].
func ParseAlgorithm(name string) (Algorithm, error) {
	for _, a := range Algorithms() {
		if equalFold(string(a), name) {
			return a, nil
		}
	}
	return "", unknown(name)
}

// ParseHeader reads the name of a header or trailer, such as
// X-Amz-Checksum-Crc64nvme. Errors are [ErrAlgorithm]; also for x-amz-checksum-type,
// -mode and -algorithm, which hold no checksum.
func ParseHeader(name string) (Algorithm, error) {
	if n := len(headerPrefix); len(name) > n && equalFold(headerPrefix, name[:n]) {
		return ParseAlgorithm(name[n:])
	}
	return "", unknown(name)
}

// equalFold compares with a name in ASCII; Unicode has letters besides that fold to
// S and K, but not of one byte.
func equalFold(name, text string) bool {
	return len(text) == len(name) && strings.EqualFold(text, name)
}

// String is the name: "CRC64NVME".
func (a Algorithm) String() string { return string(a) }

// Header is the name of the header, or of the trailer, that holds the value:
// x-amz-checksum-crc64nvme. It is "" for an algorithm that this package does not
// have.
func (a Algorithm) Header() string {
	switch a {
	case CRC32:
		return headerPrefix + "crc32"
	case CRC32C:
		return headerPrefix + "crc32c"
	case CRC64NVME:
		return headerPrefix + "crc64nvme"
	case SHA1:
		return headerPrefix + "sha1"
	case SHA256:
		return headerPrefix + "sha256"
	}
	return ""
}

// Size is the length of a checksum in bytes, 0 for an algorithm that this package
// does not have.
func (a Algorithm) Size() int {
	switch a {
	case CRC32, CRC32C:
		return 4
	case CRC64NVME:
		return 8
	case SHA1:
		return 20
	case SHA256:
		return 32
	}
	return 0
}

// EncodedSize is the length of a full object's checksum in base64, which a trailer's
// length is computed from.
func (a Algorithm) EncodedSize() int { return (a.Size() + 2) / 3 * 4 }

// CanCombine reports whether the checksum of a whole follows from those of its
// parts: it does for the CRCs.
func (a Algorithm) CanCombine() bool { return a == CRC32 || a == CRC32C || a == CRC64NVME }

// Allows reports whether a multipart upload may have a checksum of the algorithm and
// the type: CRC64NVME is of the full object only, SHA-1 and SHA-256 are composite
// only, and CRC32 and CRC32C are either (section "Full object and composite checksum
// types"). An object that came in one piece has a FULL_OBJECT checksum of any
// algorithm.
func (a Algorithm) Allows(t Type) bool {
	switch t {
	case FullObject:
		return a.CanCombine()
	case Composite:
		return a.Size() > 0 && a != CRC64NVME
	}
	return false
}

// DefaultType is the type that a multipart upload gets if its creation names none:
// COMPOSITE where the algorithm has that, and FULL_OBJECT for CRC64NVME.
func (a Algorithm) DefaultType() Type {
	switch {
	case a.Allows(Composite):
		return Composite
	case a.Allows(FullObject):
		return FullObject
	}
	return ""
}

// Type is what x-amz-checksum-type says of a checksum. The zero value is nothing, as
// from servers that do not send it.
type Type string

// The types.
const (
	FullObject Type = "FULL_OBJECT" // of all bytes
	Composite  Type = "COMPOSITE"   // of the parts' checksums
)

// ParseType reads the value of x-amz-checksum-type, in upper or lower case; "" is
// the zero Type. Errors are [ErrValue].
func ParseType(text string) (Type, error) {
	for _, t := range [...]Type{"", FullObject, Composite} {
		if equalFold(string(t), text) {
			return t, nil
		}
	}
	return "", &Error{Kind: ErrValue, Subject: "checksum type " + quote(text), Problem: "is unknown: FULL_OBJECT or COMPOSITE is expected"}
}

// String is the type as S3 writes it.
func (t Type) String() string { return string(t) }
