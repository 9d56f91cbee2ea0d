package checksum

// Part is a run of bytes and its sum, big-endian as hash.Hash gives it.
type Part struct {
	Length int64
	Sum    []byte
}

// CanCombine reports whether the sum of a whole follows from those of its parts.
func (a Algorithm) CanCombine() bool { return a == CRC32 || a == CRC32C || a == CRC64NVME }

// Combine gives the CRC of the parts one after another; nil if the algorithm has
// no such thing.
//
// A CRC is a remainder of polynomials over GF(2), so that of two runs is that of
// the first, multiplied by x once for each bit of the second, plus that of the
// second.
func Combine(a Algorithm, parts []Part) []byte {
	if !a.CanCombine() {
		return nil
	}
	f := field{bits: 32, poly: polyCRC32}
	switch a {
	case CRC32C:
		f.poly = polyCRC32C
	case CRC64NVME:
		f = field{bits: 64, poly: polyCRC64NVME}
	}
	var crc uint64
	for _, p := range parts {
		var next uint64
		for _, b := range p.Sum {
			next = next<<8 | uint64(b)
		}
		crc = f.multiply(f.power(p.Length), crc) ^ next
	}
	sum := make([]byte, f.bits/8)
	for i := range sum {
		sum[i] = byte(crc >> (f.bits - 8*(i+1)))
	}
	return sum
}

// field has the polynomials modulo a CRC's own, written with the lowest power in
// the highest bit, as the CRCs are.
type field struct {
	bits int
	poly uint64
}

// multiply is a times b.
func (f field) multiply(a, b uint64) (product uint64) {
	for bit := uint64(1) << (f.bits - 1); a != 0; bit >>= 1 {
		if a&bit != 0 {
			product ^= b
			a ^= bit
		}
		b = b>>1 ^ f.poly&-(b&1) // times x
	}
	return product
}

// power is x to the number of bits in n bytes.
func (f field) power(n int64) uint64 {
	result, square := uint64(1)<<(f.bits-1), uint64(1)<<(f.bits-2) // 1, and x
	for bits := uint64(n) * 8; bits > 0; bits >>= 1 {
		if bits&1 == 1 {
			result = f.multiply(result, square)
		}
		square = f.multiply(square, square)
	}
	return result
}
