package checksum

import (
	"encoding/binary"
	"sync"
)

// CRC64NVME is the CRC-64 of NVM Express (NVM Command Set Specification, section
// 5.2.1.3, "64b Guard Protection Information"): polynomial 0xad93d23594c93659, bits
// reflected, begun and ended with all ones. It is also known as CRC-64/NVME and
// CRC-64/Rocksoft.
//
// hash/crc64 can compute it: eight lookups for eight bytes, each step waiting for the
// one before. Here four steps go side by side, and a long run is made short first, by
// steps that need no lookup; [updateCRC64NVME] → fold → braid. Both ways are known:
//
//   - Kadatch and Jenkins, "Everything we know about CRC but afraid to forget", 2007
//     (braids, as zlib has them; adding multiples of the polynomial);
//   - Russell, "Chorba: A novel CRC32 implementation", 2024 (multiples of few terms).

// polyCRC64NVME is the polynomial, reversed.
const polyCRC64NVME = 0x9a6c9329ac4bc9b5

// updateCRC64NVME adds p to a CRC64NVME, that of nothing being 0, as
// [hash/crc64.Update] does with the table of this polynomial.
func updateCRC64NVME(crc uint64, p []byte) uint64 {
	t := tablesOfNVME()
	crc = ^crc
	if len(p) >= foldFrom {
		crc, p = t.fold(crc, p)
	}
	if len(p) >= 2*row {
		crc, p = t.braid(crc, p)
	}
	for len(p) >= 8 {
		crc = lookUp(&t.word, crc^binary.LittleEndian.Uint64(p))
		p = p[8:]
	}
	for _, b := range p {
		crc = t.word[0][byte(crc)^b] ^ crc>>8
	}
	return ^crc
}

// tables have the CRCs of a byte and zeros behind it, for each byte of a word.
type tables struct {
	word [8][256]uint64 // word[k][b]: b and k zeros
	row  [8][256]uint64 // row[k][b]: b, k zeros, and those of the words of the other lanes
}

var nvme struct {
	once sync.Once
	tables
}

func tablesOfNVME() *tables {
	nvme.once.Do(func() { nvme.fill(polyCRC64NVME) })
	return &nvme.tables
}

func (t *tables) fill(poly uint64) {
	for b := range t.word[0] {
		crc := uint64(b)
		for range 8 {
			crc = crc>>1 ^ poly&-(crc&1)
		}
		t.word[0][b] = crc
	}
	for b, crc := range t.word[0] {
		for k := 1; k < row; k++ {
			crc = t.word[0][byte(crc)] ^ crc>>8 // a zero more
			if k < 8 {
				t.word[k][b] = crc
			}
			if k >= row-8 {
				t.row[k-(row-8)][b] = crc
			}
		}
	}
}

// lookUp is the CRC of the eight bytes of w, and the zeros that the tables put
// behind them.
func lookUp(t *[8][256]uint64, w uint64) uint64 {
	return t[7][byte(w)] ^ t[6][byte(w>>8)] ^ t[5][byte(w>>16)] ^ t[4][byte(w>>24)] ^
		t[3][byte(w>>32)] ^ t[2][byte(w>>40)] ^ t[1][byte(w>>48)] ^ t[0][w>>56]
}

const (
	lanes = 4
	row   = 8 * lanes // bytes: a word for each lane
)

// braid adds all whole rows, of which there are two at least. Each lane has every
// fourth word, and need not wait for the others; in the last row they come together.
func (t *tables) braid(crc uint64, p []byte) (uint64, []byte) {
	var crc1, crc2, crc3 uint64
	for len(p) >= 2*row {
		m := (*[row]byte)(p)
		crc = lookUp(&t.row, crc^binary.LittleEndian.Uint64(m[0:]))
		crc1 = lookUp(&t.row, crc1^binary.LittleEndian.Uint64(m[8:]))
		crc2 = lookUp(&t.row, crc2^binary.LittleEndian.Uint64(m[16:]))
		crc3 = lookUp(&t.row, crc3^binary.LittleEndian.Uint64(m[24:]))
		p = p[row:]
	}
	m := (*[row]byte)(p)
	crc = lookUp(&t.word, crc^binary.LittleEndian.Uint64(m[0:]))
	crc = lookUp(&t.word, crc^crc1^binary.LittleEndian.Uint64(m[8:]))
	crc = lookUp(&t.word, crc^crc2^binary.LittleEndian.Uint64(m[16:]))
	crc = lookUp(&t.word, crc^crc3^binary.LittleEndian.Uint64(m[24:]))
	return crc, p[row:]
}

// To the bytes, a polynomial, one may add any multiple of the CRC's own and not
// change the remainder. This is one with few terms, in y = x⁶⁴, that is, in words:
//
//	y²¹³ + y¹⁶⁸ + y¹⁵⁹ + y¹⁵² + y¹⁴⁰ + y¹³⁹ + y⁹³ + y⁶⁸ + y⁵⁴ + y⁵² + y⁵¹ + y²² + 1
//
// So a word may be struck out if it is added to the words that follow 45, 54, … and
// 213 places behind it. Seen from a word that is twelve XORs, none of which waits for
// the word next to it.

const (
	window   = 213      // words: the last tap
	block    = 512      // words that are struck out before the window is moved back
	step     = 8        // words that are struck out in one go: fewer than the first tap
	foldFrom = 10 << 10 // bytes: a shorter run is braided in less time
)

// taps6 and taps12 are what the words struck out before add to word i: two halves,
// so that the compiler puts each in its place.
func taps6(w *[window + step]uint64, i int) uint64 {
	return w[i-45] ^ w[i-54] ^ w[i-61] ^ w[i-73] ^ w[i-74] ^ w[i-120]
}

func taps12(w *[window + step]uint64, i int) uint64 {
	return w[i-145] ^ w[i-159] ^ w[i-161] ^ w[i-162] ^ w[i-191] ^ w[i-213]
}

// fold strikes out words until those of a window are left and less than a step, and
// gives the CRC of the window and the bytes behind it.
func (t *tables) fold(crc uint64, p []byte) (uint64, []byte) {
	var h [window + block]uint64
	h[0] = crc // which the last tap alone adds to the first word, and nothing to others
	for left := (len(p)/8 - window) / step * step; left > 0; {
		n := min(left, block)
		for i := 0; i < n; i += step {
			// Arrays of a fixed size, so that no index needs a check.
			w, m := (*[window + step]uint64)(h[i:]), (*[8 * step]byte)(p)
			w[window+0] = binary.LittleEndian.Uint64(m[0:]) ^ taps6(w, window+0) ^ taps12(w, window+0)
			w[window+1] = binary.LittleEndian.Uint64(m[8:]) ^ taps6(w, window+1) ^ taps12(w, window+1)
			w[window+2] = binary.LittleEndian.Uint64(m[16:]) ^ taps6(w, window+2) ^ taps12(w, window+2)
			w[window+3] = binary.LittleEndian.Uint64(m[24:]) ^ taps6(w, window+3) ^ taps12(w, window+3)
			w[window+4] = binary.LittleEndian.Uint64(m[32:]) ^ taps6(w, window+4) ^ taps12(w, window+4)
			w[window+5] = binary.LittleEndian.Uint64(m[40:]) ^ taps6(w, window+5) ^ taps12(w, window+5)
			w[window+6] = binary.LittleEndian.Uint64(m[48:]) ^ taps6(w, window+6) ^ taps12(w, window+6)
			w[window+7] = binary.LittleEndian.Uint64(m[56:]) ^ taps6(w, window+7) ^ taps12(w, window+7)
			p = p[8*step:]
		}
		copy(h[:window], h[n:])
		left -= n
	}
	clear(h[window:])
	var rest [8 * window]byte
	for i := range window {
		w := (*[window + step]uint64)(h[i:])
		binary.LittleEndian.PutUint64(rest[8*i:], binary.LittleEndian.Uint64(p[8*i:])^taps6(w, window)^taps12(w, window))
	}
	crc, last := t.braid(0, rest[:]) // which leaves one word over
	return lookUp(&t.word, crc^binary.LittleEndian.Uint64(last)), p[8*window:]
}
