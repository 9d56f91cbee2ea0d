package transfer

import (
	"math"
	"slices"
	"sync"

	"github.com/sigvier/sigvier/s3client/checksum"
)

// piece is a run of bytes that are where they belong, and their checksum.
type piece struct {
	first, length int64
	sum           checksum.Value // the zero value if none is computed
}

func (p piece) end() int64 { return p.first + p.length }

// ledger is what has come of the object. It keeps as few pieces as it can: neighbours
// become one, but where the object's own parts meet, for then the checksum of each
// part is wanted by itself.
type ledger struct {
	algorithm checksum.Algorithm // of the sums, "" for none: a CRC, which combines
	cuts      []int64            // where parts begin, in order, without 0; nil: there are none

	mu     sync.Mutex
	pieces []piece // in order
}

// hash is for bytes in their order; nil if no sum is wanted.
func (l *ledger) hash() *checksum.Hash {
	if l.algorithm == "" {
		return nil
	}
	h, _ := l.algorithm.New() // a CRC, which nothing forbids
	return h
}

// cut is the end of the part that a byte is in.
func (l *ledger) cut(at int64) int64 {
	i, found := slices.BinarySearch(l.cuts, at)
	if found {
		i++
	}
	if i == len(l.cuts) {
		return math.MaxInt64
	}
	return l.cuts[i]
}

// add takes a piece that lies within a part, and that is not there yet.
func (l *ledger) add(p piece) {
	if p.length == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	i, _ := slices.BinarySearchFunc(l.pieces, p.first, func(q piece, first int64) int { return int(min(max(q.first-first, -1), 1)) })
	l.pieces = slices.Insert(l.pieces, i, p)
	if i+1 < len(l.pieces) && l.joins(l.pieces[i], l.pieces[i+1]) {
		l.join(i)
	}
	if i > 0 && l.joins(l.pieces[i-1], l.pieces[i]) {
		l.join(i - 1)
	}
}

func (l *ledger) joins(a, b piece) bool { return a.end() == b.first && l.cut(a.first) > b.first }

func (l *ledger) join(i int) {
	a, b := l.pieces[i], l.pieces[i+1]
	sum := a.sum
	if l.algorithm != "" {
		sum, _ = checksum.Combine(a.sum, b.sum, b.length) // of one algorithm, and a CRC's
	}
	l.pieces[i] = piece{a.first, a.length + b.length, sum}
	l.pieces = slices.Delete(l.pieces, i+1, i+2)
}

// all gives the pieces.
func (l *ledger) all() []piece {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.pieces)
}

// missing is what lies between the pieces, up to the object's end.
func (l *ledger) missing(size int64) (ranges []Range) {
	at := int64(0)
	for _, p := range l.all() {
		if p.first > at {
			ranges = append(ranges, Range{at, p.first - 1})
		}
		at = p.end()
	}
	if at < size {
		ranges = append(ranges, Range{at, size - 1})
	}
	return ranges
}
