package transfer

import "cmp"

// DefaultPartSize is the length of the first range that several workers ask for, and
// of each range of an ordered [Reader].
const DefaultPartSize = 8 << 20

// Auto, as a number of threads, leaves it to the engine: one for each part, up to 8; and
// then more in a download, up to 64, as long as they bring more bytes a second. Of a
// download with few parts, up to 8 may help where a connection proves slow.
const Auto = -1

// leastRange is the least of a range behind the first, but for the last: what is shorter
// comes no sooner, for the first takes its time, and costs one more request and connection.
const leastRange = DefaultPartSize / 2

// maxParts bounds a plan, whose size is the server's word: 64 TiB in parts of
// the default size. S3's largest objects have 50 TB.
const maxParts = 1 << 23

// Range is a run of bytes of an object, both ends included, as HTTP counts them.
type Range struct{ First, Last int64 }

// Len is the number of bytes.
func (r Range) Len() int64 { return r.Last - r.First + 1 }

// Plan says which ranges the workers of a download begin with.
type Plan struct {
	Size    int64
	Threads int // workers that have something to do from the beginning
	Ranges  []Range
}

// NewPlan cuts size bytes into ranges, for at most that many threads. With a part
// size each has that many bytes, but for the last. With 0 there is one for each thread,
// of about the same length, so that each pays the way to the first byte once; but since
// the size is not known before the first answer, that is to a range of
// [DefaultPartSize], and no other one has less than half of that. A single worker takes everything at once. Zeros and [Auto] mean
// what they do in a [DownloadInput].
func NewPlan(size, partSize int64, threads int) Plan {
	p := Plan{Size: size}
	threads = workers(threads, size, partSize)
	part := partSize
	switch {
	case threads == 1:
		part = size
	case partSize < 1:
		p.add(DefaultPartSize)
		if part = (size + int64(threads) - 1) / int64(threads); part > DefaultPartSize {
			p.add(part - DefaultPartSize)
		} else {
			part = max((size-DefaultPartSize)/int64(threads-1)+1, leastRange)
		}
	}
	for p.add(part) {
	}
	p.Threads = min(threads, len(p.Ranges))
	return p
}

// add takes the next bytes, as long as there are any.
func (p *Plan) add(length int64) bool {
	first := int64(0)
	if n := len(p.Ranges); n > 0 {
		first = p.Ranges[n-1].Last + 1
	}
	if first >= p.Size {
		return false
	}
	length = min(length, p.Size-first) // first+length might be too much for an int64
	p.Ranges = append(p.Ranges, Range{first, first + length - 1})
	return true
}

func workers(threads int, size, part int64) int {
	if threads == Auto {
		return int(min(max(size-1, 0)/cmp.Or(part, DefaultPartSize)+1, autoThreads))
	}
	return max(threads, 1)
}

// helpers is how many workers there may be for so many bytes, though not each of them has
// a range from the beginning: if all is well, they wait, and cost nothing.
func helpers(threads int, bytes int64) int {
	if threads == Auto {
		threads = autoThreads
	}
	return int(min(int64(max(threads, 1)), max((bytes+leastSteal-1)/leastSteal, 2)))
}

// spread cuts ranges for so many workers.
func spread(ranges []Range, threads int) (cut []Range) {
	share := max((length(ranges)+int64(threads)-1)/int64(threads), leastSteal)
	for _, r := range ranges {
		for r.Len() > share+leastSteal {
			cut = append(cut, Range{r.First, r.First + share - 1})
			r.First += share
		}
		cut = append(cut, r)
	}
	return cut
}

func length(ranges []Range) (total int64) {
	for _, r := range ranges {
		total += r.Len()
	}
	return total
}
