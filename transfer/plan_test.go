package transfer_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sigvier/sigvier/transfer"
)

func TestNewPlan(t *testing.T) {
	type R = transfer.Range
	const most = math.MaxInt64
	for _, test := range []struct {
		name       string
		size, part int64
		threads    int
		want       transfer.Plan
	}{
		{"nothing", 0, 10, 4, transfer.Plan{}},
		{"nothing, one thread", 0, 10, 1, transfer.Plan{}},
		{"one byte", 1, 10, 4, transfer.Plan{Size: 1, Threads: 1, Ranges: []R{{0, 0}}}},
		{"less than a part", 9, 10, 4, transfer.Plan{Size: 9, Threads: 1, Ranges: []R{{0, 8}}}},
		{"a part", 10, 10, 4, transfer.Plan{Size: 10, Threads: 1, Ranges: []R{{0, 9}}}},
		{"a byte more", 11, 10, 4, transfer.Plan{Size: 11, Threads: 2, Ranges: []R{{0, 9}, {10, 10}}}},
		{"full parts", 30, 10, 4, transfer.Plan{Size: 30, Threads: 3, Ranges: []R{{0, 9}, {10, 19}, {20, 29}}}},
		{"fewer threads than parts", 25, 10, 2, transfer.Plan{Size: 25, Threads: 2, Ranges: []R{{0, 9}, {10, 19}, {20, 24}}}},
		{"one thread takes all at once", 25, 10, 1, transfer.Plan{Size: 25, Threads: 1, Ranges: []R{{0, 24}}}},
		{"parts of a byte", 3, 1, 256, transfer.Plan{Size: 3, Threads: 3, Ranges: []R{{0, 0}, {1, 1}, {2, 2}}}},
		{"the largest part", 10, most, 2, transfer.Plan{Size: 10, Threads: 1, Ranges: []R{{0, 9}}}},
		{"the largest of all", most, most, 2, transfer.Plan{Size: most, Threads: 1, Ranges: []R{{0, most - 1}}}},
		{"the largest in parts", most, most/2 + 1, 2, transfer.Plan{Size: most, Threads: 2, Ranges: []R{{0, most / 2}, {most/2 + 1, most - 1}}}},
		{"the default part size", transfer.DefaultPartSize + 1, 0, 2,
			transfer.Plan{Size: transfer.DefaultPartSize + 1, Threads: 2, Ranges: []R{{0, transfer.DefaultPartSize - 1}, {transfer.DefaultPartSize, transfer.DefaultPartSize}}}},
		{"no range is short", 20 << 20, 0, 256, transfer.Plan{Size: 20 << 20, Threads: 4, Ranges: []R{{0, 8<<20 - 1}, {8 << 20, 12<<20 - 1}, {12 << 20, 16<<20 - 1}, {16 << 20, 20<<20 - 1}}}},
		{"the default threads", 25, 10, 0, transfer.Plan{Size: 25, Threads: 1, Ranges: []R{{0, 24}}}},
		{"auto, few parts", 25, 10, transfer.Auto, transfer.Plan{Size: 25, Threads: 3, Ranges: []R{{0, 9}, {10, 19}, {20, 24}}}},
		{"auto, many parts", 9, 1, transfer.Auto, transfer.Plan{Size: 9, Threads: 8,
			Ranges: []R{{0, 0}, {1, 1}, {2, 2}, {3, 3}, {4, 4}, {5, 5}, {6, 6}, {7, 7}, {8, 8}}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, transfer.NewPlan(test.size, test.part, test.threads)); diff != "" {
				t.Errorf("NewPlan(%d, %d, %d) (-want +got)\n%s", test.size, test.part, test.threads, diff)
			}
		})
	}
}

// checkPlan: the ranges are contiguous, cover every byte, and none is empty or
// longer than a part.
func checkPlan(t *testing.T, size, part int64, threads int) {
	t.Helper()
	p := transfer.NewPlan(size, part, threads)
	next := int64(0)
	for i, r := range p.Ranges {
		if r.First != next || r.Last < r.First || r.Len() != r.Last-r.First+1 {
			t.Fatalf("NewPlan(%d, %d, %d): range %d is %+v, and byte %d comes next", size, part, threads, i, r, next)
		}
		if full := r.Len() == part; threads != 1 && !full && (r.Len() > part || i < len(p.Ranges)-1) {
			t.Fatalf("NewPlan(%d, %d, %d): range %d has %d bytes", size, part, threads, i, r.Len())
		}
		next = r.Last + 1
	}
	if next != size || p.Size != size {
		t.Fatalf("NewPlan(%d, %d, %d) ends at %d, and has size %d", size, part, threads, next, p.Size)
	}
	if p.Threads > threads || p.Threads > len(p.Ranges) || p.Threads < min(1, len(p.Ranges)) {
		t.Fatalf("NewPlan(%d, %d, %d) has %d threads for %d ranges", size, part, threads, p.Threads, len(p.Ranges))
	}
	if threads == 1 && len(p.Ranges) > 1 {
		t.Fatalf("NewPlan(%d, %d, 1) has %d ranges", size, part, len(p.Ranges))
	}
}

func TestPlansCoverEveryByte(t *testing.T) {
	for size := range int64(41) {
		for part := int64(1); part <= 42; part++ {
			for threads := 1; threads <= 5; threads++ {
				checkPlan(t, size, part, threads)
			}
		}
	}
}

func FuzzNewPlan(f *testing.F) {
	f.Add(int64(0), int64(1), 1)
	f.Add(int64(math.MaxInt64), int64(math.MaxInt64), 256)
	f.Add(int64(math.MaxInt64), int64(math.MaxInt64/3), 2)
	f.Add(int64(100<<30), int64(transfer.DefaultPartSize), 16)
	f.Fuzz(func(t *testing.T, size, part int64, threads int) {
		if size < 0 || part < 1 || size/part > 1e5 || threads < 1 {
			return
		}
		checkPlan(t, size, part, threads)
	})
}
