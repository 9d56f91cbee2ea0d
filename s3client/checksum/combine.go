package checksum

import (
	"hash/crc32"
	"math/bits"
	"strconv"
	"sync"
)

// Combine gives the CRC of two runs of bytes, one after the other, from those of
// each and the length of the second, in bytes. It takes at most 63 multiplications
// of the width of the CRC, and one for a length that is a power of two. Since it
// is associative, neighbours may be combined in any order. The runs may be empty:
// [Algorithm.Sum] of nothing is neutral.
//
// Errors are [ErrCombine]: SHA-1 and SHA-256 have no such thing, nor have two
// algorithms, composite checksums, or a negative length.
func Combine(first, second Value, secondLength int64) (Value, error) {
	f, err := fieldFor(first, second, secondLength)
	if err != nil {
		return Value{}, err
	}
	v := Value{algorithm: first.algorithm}
	v.setCRC(f.shift(first.crc(), secondLength)^second.crc(), f.bits/8)
	return v, nil
}

// Combiner adds the CRCs of parts, in their order, to that of the whole.
type Combiner struct {
	value  Value
	length int64
}

// NewCombiner begins with nothing. Errors are [ErrAlgorithm] and [ErrCombine].
func NewCombiner(a Algorithm) (*Combiner, error) {
	c := &Combiner{value: Value{algorithm: a}} // the CRCs of nothing are zero
	if a.Size() == 0 {
		return nil, unknown(string(a))
	}
	if !a.CanCombine() {
		return nil, notCombinable(a)
	}
	return c, nil
}

// Add takes the next part, by its checksum and its length in bytes. Errors are
// [ErrCombine], and change nothing.
func (c *Combiner) Add(part Value, length int64) error {
	if length >= 0 && c.length+length < c.length {
		return &Error{Kind: ErrCombine, Subject: "length " + strconv.FormatInt(length, 10), Problem: "makes the whole longer than 2⁶³-1 bytes"}
	}
	v, err := Combine(c.value, part, length)
	if err != nil {
		return err
	}
	c.value = v
	c.length += length
	return nil
}

// Value is the checksum of the parts so far.
func (c *Combiner) Value() Value { return c.value }

// Len is the length of the parts so far, in bytes.
func (c *Combiner) Len() int64 { return c.length }

func fieldFor(first, second Value, secondLength int64) (*field, error) {
	problem := ""
	switch a := first.algorithm; {
	case first.algorithm != second.algorithm:
		problem = "cannot be combined: two of one algorithm are expected"
	case a.Size() > 0 && !a.CanCombine():
		return nil, notCombinable(a)
	case a == "":
		problem = "cannot be combined: checksums are expected"
	case first.parts != 0 || second.parts != 0:
		problem = "cannot be combined: checksums of bytes are expected, not of checksums"
	case secondLength < 0:
		problem = "cannot be combined with the length " + strconv.FormatInt(secondLength, 10) + ": 0 bytes or more are expected"
	default:
		return a.field(), nil
	}
	return nil, &Error{Kind: ErrCombine, Subject: "a " + first.describe() + " and a " + second.describe(), Problem: problem}
}

func notCombinable(a Algorithm) error {
	return &Error{Kind: ErrCombine, Subject: string(a), Problem: "of a whole does not follow from those of its parts: CRC32, CRC32C or CRC64NVME is expected"}
}

// A CRC is a remainder of polynomials over GF(2), so that of two runs is that of the
// first, multiplied by x once for each bit of the second, plus that of the second.
// (That a CRC begins and ends with all ones cancels out.)

// field has the polynomials modulo a CRC's own, written with the lowest power in the
// highest bit, as the CRCs are.
type field struct {
	bits   int
	poly   uint64
	once   sync.Once
	powers [63]uint64 // x to the power of the bits in 1, 2, 4, 8, … bytes
}

var (
	fieldCRC32     = field{bits: 32, poly: crc32.IEEE}
	fieldCRC32C    = field{bits: 32, poly: crc32.Castagnoli}
	fieldCRC64NVME = field{bits: 64, poly: polyCRC64NVME}
)

// field is nil for SHA-1 and SHA-256.
func (a Algorithm) field() *field {
	switch a {
	case CRC32:
		return &fieldCRC32
	case CRC32C:
		return &fieldCRC32C
	case CRC64NVME:
		return &fieldCRC64NVME
	}
	return nil
}

// shift is what n bytes make of the CRC that stands before them.
func (f *field) shift(crc uint64, n int64) uint64 {
	if crc == 0 {
		return 0
	}
	f.once.Do(func() {
		f.powers[0] = 1 << (f.bits - 1 - 8)
		for i := 1; i < len(f.powers); i++ {
			f.powers[i] = f.multiply(f.powers[i-1], f.powers[i-1])
		}
	})
	for rest := uint64(n); rest != 0; rest &= rest - 1 {
		crc = f.multiply(f.powers[bits.TrailingZeros64(rest)], crc)
	}
	return crc
}

// multiply is a times b.
func (f *field) multiply(a, b uint64) (product uint64) {
	for a <<= 64 - f.bits; a != 0; a <<= 1 {
		product ^= b & -(a >> 63)
		b = b>>1 ^ f.poly&-(b&1) // times x
	}
	return product
}
