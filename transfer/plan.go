package transfer

// DefaultPartSize is the length of the ranges that several workers ask for.
const DefaultPartSize = 8 << 20

// Auto, as a number of threads, leaves it to the engine: one for each part, up to 8.
const Auto = -1

const autoThreads = 8

// maxParts bounds a plan, whose size is the server's word: 64 TiB in parts of
// the default size. S3's largest objects have 50 TB.
const maxParts = 1 << 23

// Range is a run of bytes of an object, both ends included, as HTTP counts them.
type Range struct{ First, Last int64 }

// Len is the number of bytes.
func (r Range) Len() int64 { return r.Last - r.First + 1 }

// Plan says which ranges the workers of a download ask for.
type Plan struct {
	Size    int64
	Threads int // workers that have something to do
	Ranges  []Range
}

// NewPlan cuts size bytes into parts, the last one shorter, for at most that many
// threads. A single worker takes everything in one range, and so pays the way to
// the first byte once. Zeros and [Auto] mean what they do in a [DownloadInput].
func NewPlan(size, partSize int64, threads int) Plan {
	p := Plan{Size: size}
	threads = workers(threads)
	if threads == 1 {
		partSize = size
	} else if partSize < 1 {
		partSize = DefaultPartSize
	}
	for first := int64(0); first < size; {
		length := min(partSize, size-first) // first+partSize might be too much for an int64
		p.Ranges = append(p.Ranges, Range{first, first + length - 1})
		first += length
	}
	p.Threads = min(threads, len(p.Ranges))
	return p
}

func workers(threads int) int {
	if threads == Auto {
		return autoThreads
	}
	return max(threads, 1)
}
