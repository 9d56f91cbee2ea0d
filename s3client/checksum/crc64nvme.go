package checksum

import (
	"encoding/binary"
	"sync"
)

// CRC64NVME is the CRC-64 of the NVM Express specification ("NVM Command Set
// Specification", section "64b CRC Definition"): polynomial 0xad93d23594c93659,
// bits reflected, begun and ended with all ones. Other words for it are CRC-64/NVME
// and, before that specification, CRC-64/Rocksoft.
//
// hash/crc64 can compute it, at the speed of its tables: eight lookups for eight
// bytes, each step waiting for the one before. Here a long run goes another way.
// To a polynomial one may add any multiple of the CRC's own and not change the
// remainder. This is one with few terms, in y = x⁶⁴, that is, in words:
//
//	y²¹³ + y¹⁶⁸ + y¹⁵⁹ + y¹⁵² + y¹⁴⁰ + y¹³⁹ + y⁹³ + y⁶⁸ + y⁵⁴ + y⁵² + y⁵¹ + y²² + 1
//
// So a word may be struck out if it is added to the words that follow 45, 54, …
// and 213 places behind it. Seen from a word that is twelve XORs, none of which
// waits for the word next to it. What is left in the end, 213 words, goes through
// the tables. (The idea: Kadatch and Jenkins, "Everything we know about CRC but
// afraid to forget", 2007, on adding multiples; Russell, "Chorba", 2024, on sparse
// ones.)

// polyCRC64NVME is the polynomial, reversed.
const polyCRC64NVME = 0x9a6c9329ac4bc9b5

// updateCRC64NVME adds p to a CRC64NVME, that of nothing being 0, as
// [hash/crc64.Update] does with the table of this polynomial, at a multiple of its
// speed.
func updateCRC64NVME(crc uint64, p []byte) uint64 {
	t := tables()
	crc = ^crc
	if len(p) >= foldFrom {
		crc, p = fold(t, crc, p)
	}
	for len(p) >= 8 {
		crc = t.step(crc ^ binary.LittleEndian.Uint64(p))
		p = p[8:]
	}
	for _, b := range p {
		crc = t[0][byte(crc)^b] ^ crc>>8
	}
	return ^crc
}

// slices are the tables of eight bytes: slices[k][b] is the CRC of b and k zeros
// after it.
type slices [8][256]uint64

var nvme struct {
	once   sync.Once
	tables slices
}

func tables() *slices {
	nvme.once.Do(func() {
		t := &nvme.tables
		for b := range t[0] {
			crc := uint64(b)
			for range 8 {
				crc = crc>>1 ^ polyCRC64NVME&-(crc&1)
			}
			t[0][b] = crc
		}
		for k := 1; k < len(t); k++ {
			for b, crc := range t[k-1] {
				t[k][b] = t[0][byte(crc)] ^ crc>>8
			}
		}
	})
	return &nvme.tables
}

// step is the CRC of the eight bytes of w.
func (t *slices) step(w uint64) uint64 {
	return t[7][byte(w)] ^ t[6][byte(w>>8)] ^ t[5][byte(w>>16)] ^ t[4][byte(w>>24)] ^
		t[3][byte(w>>32)] ^ t[2][byte(w>>40)] ^ t[1][byte(w>>48)] ^ t[0][w>>56]
}

const (
	window   = 213 // words: the last tap
	block    = 512 // words that are struck out in one go
	foldFrom = 8 * (window + 128)
)

// history is the window of words struck out last, and a block behind it.
type history [window + block]uint64

// near and far are what the words struck out before add to word i.
func near(h *history, i int) uint64 {
	return h[i-45] ^ h[i-54] ^ h[i-61] ^ h[i-73] ^ h[i-74] ^ h[i-120]
}

func far(h *history, i int) uint64 {
	return h[i-145] ^ h[i-159] ^ h[i-161] ^ h[i-162] ^ h[i-191] ^ h[i-213]
}

// fold strikes out words until a window is left, and gives the CRC of that and the
// bytes that make no word.
func fold(t *slices, crc uint64, p []byte) (uint64, []byte) {
	var h history
	h[0] = crc // which the last tap alone adds to the first word, and nothing to others
	for left := len(p)/8 - window; left > 0; {
		n := min(left, block)
		for i, m := window, p[:8*n]; i < window+n; i++ {
			h[i] = binary.LittleEndian.Uint64(m[8*(i-window):]) ^ near(&h, i) ^ far(&h, i)
		}
		copy(h[:window], h[n:])
		p = p[8*n:]
		left -= n
	}
	clear(h[window:])
	crc = 0
	for i := window; i < 2*window; i++ {
		crc = t.step(crc ^ binary.LittleEndian.Uint64(p) ^ near(&h, i) ^ far(&h, i))
		p = p[8:]
	}
	return crc, p
}
