package checksum

import (
	"errors"
	"strconv"
)

// What was refused, or found out; the Kind of an [Error].
var (
	// ErrAlgorithm: the algorithm is not one that this package computes.
	ErrAlgorithm = errors.New("unknown checksum algorithm")
	// ErrValue: the text or the bytes are not a checksum of the algorithm and type.
	ErrValue = errors.New("invalid checksum")
	// ErrCombine: the checksum of the whole does not follow from those of the parts.
	ErrCombine = errors.New("checksums cannot be combined")
	// ErrComposite: a checksum of checksums, where one of the bytes is needed; or the
	// algorithm has none.
	ErrComposite = errors.New("composite checksum")
	// ErrFIPS: GODEBUG=fips140=only forbids the algorithm.
	ErrFIPS = errors.New("forbidden in FIPS 140-only mode")
	// ErrMismatch: the bytes have another checksum. It is always a [*MismatchError].
	ErrMismatch = errors.New("checksum mismatch")
)

// Error says what was refused and what was expected.
type Error struct {
	Kind    error  // one of the package's errors, for errors.Is
	Subject string // `CRC32C value "AAA"`
	Problem string // "is …: … is expected"
}

func (e *Error) Error() string { return "checksum: " + e.Subject + " " + e.Problem }

// Unwrap gives the kind.
func (e *Error) Unwrap() error { return e.Kind }

// MismatchError says that bytes do not have the checksum that they should.
type MismatchError struct {
	Algorithm Algorithm
	Got       Value // of the bytes that came
	Want      Value // that was expected
	Length    int64 // of the bytes that came
}

func (e *MismatchError) Error() string {
	return "checksum: the " + string(e.Algorithm) + " of the " + strconv.FormatInt(e.Length, 10) + " bytes that came is " +
		e.Got.String() + ", and " + e.Want.String() + " is expected: the bytes were changed or cut on their way; ask for them again"
}

// Is matches [ErrMismatch].
func (e *MismatchError) Is(target error) bool { return target == ErrMismatch }

func unknown(name string) error {
	return &Error{Kind: ErrAlgorithm, Subject: "algorithm " + quote(name), Problem: "is not known here: CRC32, CRC32C, CRC64NVME, SHA1 or SHA256 is expected"}
}

// quote is for text that others wrote.
func quote(text string) string {
	const most = 80
	if len(text) > most {
		return strconv.Quote(text[:most]) + "…"
	}
	return strconv.Quote(text)
}
