package checksum

import (
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"hash/crc32"
)

// Sum computes the checksum of bytes in memory, without an allocation. Errors are
// [ErrAlgorithm] and, for SHA-1, [ErrFIPS].
func (a Algorithm) Sum(p []byte) (v Value, err error) {
	v.algorithm = a
	switch a {
	case CRC32:
		v.setCRC(uint64(crc32.ChecksumIEEE(p)), 4)
	case CRC32C:
		v.setCRC(uint64(crc32.Checksum(p, crc32.MakeTable(crc32.Castagnoli))), 4)
	case CRC64NVME:
		v.setCRC(updateCRC64NVME(0, p), 8)
	case SHA1:
		sum, err := sha1Sum(p)
		if err != nil {
			return Value{}, err
		}
		copy(v.sum[:], sum[:])
	case SHA256:
		v.sum = sha256.Sum256(p)
	default:
		return Value{}, unknown(string(a))
	}
	return v, nil
}

// Hash computes a checksum of bytes as they pass: it is a hash.Hash, an io.Writer
// for io.MultiWriter and io.TeeReader, and the hash of a trailer. It is made by
// [Algorithm.New], and used again after Reset.
type Hash struct {
	algorithm Algorithm
	length    int64
	crc       uint64
	update    func(crc uint64, p []byte) uint64 // of a CRC, that of nothing being 0
	sha       hash.Hash                         // in place of these two
	scratch   [sha256.Size]byte
}

var _ hash.Hash = (*Hash)(nil)

// New makes a hash of the algorithm. Errors are [ErrAlgorithm] and, for SHA-1,
// [ErrFIPS].
func (a Algorithm) New() (*Hash, error) {
	h := new(Hash)
	if err := h.init(a); err != nil {
		return nil, err
	}
	return h, nil
}

func (h *Hash) init(a Algorithm) (err error) {
	h.algorithm = a
	switch a {
	case CRC32:
		h.update = updateCRC32
	case CRC32C:
		h.update = updateCRC32C
	case CRC64NVME:
		h.update = updateCRC64NVME
	case SHA1:
		h.sha, err = newSHA1()
	case SHA256:
		h.sha = sha256.New()
	default:
		err = unknown(string(a))
	}
	return err
}

// Write adds bytes. It fails only on a Hash that New has not made.
func (h *Hash) Write(p []byte) (n int, err error) {
	switch {
	case h.update != nil:
		h.crc = h.update(h.crc, p)
	case h.sha != nil:
		if n, err = h.sha.Write(p); err != nil {
			return n, err
		}
	default:
		return 0, unknown(string(h.algorithm))
	}
	h.length += int64(len(p))
	return len(p), nil
}

// Sum appends the checksum, big-endian, to b.
func (h *Hash) Sum(b []byte) []byte {
	v := h.Value()
	return append(b, v.sum[:h.Size()]...)
}

// Value is the checksum of the bytes so far. [Value.String] is what a header or a
// trailer has.
func (h *Hash) Value() Value {
	v := Value{algorithm: h.algorithm}
	if h.sha != nil {
		copy(v.sum[:], h.sha.Sum(h.scratch[:0]))
	} else {
		v.setCRC(h.crc, h.Size())
	}
	return v
}

// Len is the number of the bytes so far.
func (h *Hash) Len() int64 { return h.length }

// Algorithm is the hash's.
func (h *Hash) Algorithm() Algorithm { return h.algorithm }

// Reset begins anew.
func (h *Hash) Reset() {
	h.length, h.crc = 0, 0
	if h.sha != nil {
		h.sha.Reset()
	}
}

// Size is the length of the checksum in bytes.
func (h *Hash) Size() int { return h.algorithm.Size() }

// BlockSize is 1 for the CRCs, which have no blocks, and 64 for SHA-1 and SHA-256.
func (h *Hash) BlockSize() int {
	if h.sha != nil {
		return h.sha.BlockSize()
	}
	return 1
}

func updateCRC32(crc uint64, p []byte) uint64 {
	return uint64(crc32.Update(uint32(crc), crc32.IEEETable, p))
}

func updateCRC32C(crc uint64, p []byte) uint64 {
	return uint64(crc32.Update(uint32(crc), crc32.MakeTable(crc32.Castagnoli), p))
}

// setCRC takes a CRC of 4 or 8 bytes.
func (v *Value) setCRC(crc uint64, size int) {
	binary.BigEndian.PutUint64(v.sum[:], crc<<(64-8*size))
}

// crc gives it back.
func (v *Value) crc() uint64 {
	return binary.BigEndian.Uint64(v.sum[:]) >> (64 - 8*v.algorithm.Size())
}
