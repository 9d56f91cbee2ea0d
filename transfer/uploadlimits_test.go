package transfer

import (
	"errors"
	"fmt"
	"testing"
)

const (
	mib = int64(1) << 20
	gib = int64(1) << 30
	tib = int64(1) << 40
)

func TestPartSize(t *testing.T) {
	const most = 10_000 * 5 << 30
	for _, test := range []struct {
		size, asked, want int64 // want 0: refused
	}{
		{0, 0, 8 * mib},
		{1, 0, 8 * mib},
		{80_000 * mib, 0, 8 * mib}, // exactly 10,000 parts
		{80_000*mib + 1, 0, 9 * mib},
		{1 * tib, 0, 105 * mib},
		{most - 1, 0, 5 * gib},
		{most, 0, 5 * gib},
		{most + 1, 0, 0},
		{most + 1, 5 * gib, 0},
		{1, 5 * mib, 5 * mib},
		{50_000 * mib, 5 * mib, 5 * mib},
		{50_000*mib + 1, 5 * mib, 0},
		{most, 5 * gib, 5 * gib},
	} {
		got, err := s3Limits.partSize(test.size, test.asked, DefaultPartSize)
		if got != test.want || (err != nil) != (test.want == 0) || err != nil && !errors.Is(err, ErrLimits) {
			t.Errorf("partSize(%d, %d) = %d, %v, want %d", test.size, test.asked, got, err, test.want)
		}
		if err == nil && (test.size+got-1)/got > 10_000 {
			t.Errorf("partSize(%d, %d) = %d, which makes too many parts", test.size, test.asked, got)
		}
	}
}

func TestPartSizeThatIsAskedFor(t *testing.T) {
	for size, good := range map[int64]bool{
		0: true, 5 * mib: true, 5*mib + 1: true, 5 * gib: true,
		-1: false, 1: false, 5*mib - 1: false, 5*gib + 1: false, 1 << 62: false,
	} {
		if err := s3Limits.checkPart(size); (err == nil) != good || err != nil && !errors.Is(err, ErrLimits) {
			t.Errorf("checkPart(%d) = %v, want it good: %v", size, err, good)
		}
	}
}

// The parts of a stream are of one size each 1,000, never shorter than the one before,
// never beyond 5 GiB, and hold what the documentation says.
func TestPartsOfAStream(t *testing.T) {
	for _, test := range []struct{ first, last, atLeast int64 }{
		{8 * mib, 4 * gib, 7800 * gib},
		{5 * mib, 5 * mib << 9, 4800 * gib},
		{64 * mib, 5 * gib, 22 * tib},
		{5 * gib, 5 * gib, s3Limits.maxObject()},
	} {
		t.Run(fmt.Sprint(test.first), func(t *testing.T) {
			var sum, last int64
			for n := 1; n <= 10_000; n++ {
				size := s3Limits.streamPart(test.first, n)
				if size < max(last, test.first) || size > 5*gib || n <= 1000 && size != test.first {
					t.Fatalf("part %d has %d bytes, behind one of %d", n, size, last)
				}
				last = size
				sum += size
			}
			if last != test.last || sum < test.atLeast {
				t.Errorf("the last has %d bytes, all have %d, want %d and at least %d", last, sum, test.last, test.atLeast)
			}
		})
	}
}
