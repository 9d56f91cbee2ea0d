package checksum_test

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/sigvier/sigvier/s3client/checksum"
)

func combine(t testing.TB, first, second checksum.Value, length int64) checksum.Value {
	t.Helper()
	v, err := checksum.Combine(first, second, length)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// TestPublishedParts: ceph/s3-tests' multipart checksums, three parts of 5 MiB; and
// what MinIO and versitygw v1.8.0 gave to an upload of 5 MiB of zeros, 5 MiB of 0x00,
// 0x01, … 0xff, 0x00, …, and "123456789".
func TestPublishedParts(t *testing.T) {
	const length = 5 << 20
	for _, test := range []struct {
		algorithm checksum.Algorithm
		parts     [3]string
		last      int64
		whole     string
	}{
		{checksum.CRC32, [3]string{"JRTCyQ==", "QoZTGg==", "YAgjqw=="}, length, "WgDhBQ=="},
		{checksum.CRC64NVME, [3]string{"L/E4WYn8v98=", "xW1l19VobYM=", "cK5MnNaWrW4="}, length, "i+6LR0y3eFo="},
		{checksum.CRC32, [3]string{"yTuzdQ==", "vb9oTQ==", "y/Q5Jg=="}, 9, "kMSJpA=="},
	} {
		c, err := checksum.NewCombiner(test.algorithm)
		if err != nil {
			t.Fatal(err)
		}
		for i, text := range test.parts {
			n := int64(length)
			if i == 2 {
				n = test.last
			}
			if err := c.Add(parse(t, test.algorithm, text), n); err != nil {
				t.Fatal(err)
			}
		}
		if c.Value().String() != test.whole || c.Len() != 2*length+test.last {
			t.Errorf("%s of the parts = %s of %d bytes, want %s", test.algorithm, c.Value(), c.Len(), test.whole)
		}
	}
}

func TestCombineIsTheChecksumOfTheWhole(t *testing.T) {
	data := string(random(5400))
	for _, a := range crcs {
		for _, cuts := range [][]int{{}, {0}, {0, 0, 0}, {1}, {len(data)}, {1, 2, 3}, {7, 7, 7, 4096}, {100, 1000, 5000}} {
			c, err := checksum.NewCombiner(a)
			if err != nil {
				t.Fatal(err)
			}
			start := 0
			for _, end := range append(cuts, len(data)) {
				if err := c.Add(sum(t, a, data[start:end]), int64(end-start)); err != nil {
					t.Fatal(err)
				}
				start = end
			}
			if want := sum(t, a, data); c.Value() != want || c.Len() != int64(len(data)) {
				t.Errorf("%s cut at %v = %s of %d bytes, want %s of %d", a, cuts, c.Value(), c.Len(), want, len(data))
			}
		}
		if c, err := checksum.NewCombiner(a); err != nil || c.Value() != sum(t, a, "") || c.Len() != 0 {
			t.Errorf("%s of no parts = %s, %v, want %s", a, c.Value(), err, sum(t, a, ""))
		}
	}
}

// Neighbours may be combined in whatever order they are done.
func TestCombineInAnyOrder(t *testing.T) {
	type run struct {
		value  checksum.Value
		length int64
	}
	random := rand.New(rand.NewPCG(1, 2))
	for _, a := range crcs {
		for range 20 {
			var whole strings.Builder
			var runs []run
			for range 12 {
				p := strings.Repeat(string(rune('a'+random.IntN(26))), random.IntN(300))
				whole.WriteString(p)
				runs = append(runs, run{sum(t, a, p), int64(len(p))})
			}
			for len(runs) > 1 {
				i := random.IntN(len(runs) - 1)
				left, right := runs[i], runs[i+1]
				runs[i] = run{combine(t, left.value, right.value, right.length), left.length + right.length}
				runs = append(runs[:i+1], runs[i+2:]...)
			}
			if want := sum(t, a, whole.String()); runs[0].value != want {
				t.Fatalf("%s = %s, want %s", a, runs[0].value, want)
			}
		}
	}
}

// TestHugeRuns: no such run can be hashed here, but that of zeros is found by
// doubling, and the length by which a run is shifted may be cut in any way.
func TestHugeRuns(t *testing.T) {
	for _, a := range crcs {
		zeros, n := sum(t, a, "\x00"), int64(1)
		known := map[int64]checksum.Value{1: zeros}
		for n < 1<<62 {
			zeros = combine(t, zeros, zeros, n)
			n *= 2
			known[n] = zeros
		}
		if want := sum(t, a, strings.Repeat("\x00", 1<<20)); known[1<<20] != want {
			t.Errorf("%s of 1 MiB of zeros by doubling = %s, want %s", a, known[1<<20], want)
		}
		start := sum(t, a, "start")
		for _, length := range []int64{5 << 40, 5<<40 + 1, 50 << 40, 1<<61 - 1, 1<<62 + 1<<61 + 12345, math.MaxInt64} {
			// By the bits of the length, from the lowest and from the highest.
			up, down := sum(t, a, ""), sum(t, a, "")
			for bit := int64(1); bit > 0 && bit <= length; bit <<= 1 {
				if length&bit != 0 {
					up = combine(t, up, known[bit], bit)
					down = combine(t, known[bit], down, length&(bit-1))
				}
			}
			if up != down {
				t.Errorf("%s of %d zeros = %s or %s", a, length, up, down)
			}
			whole := combine(t, start, up, length)
			half := combine(t, start, zerosOf(t, a, known, length/2), length/2)
			if got := combine(t, half, zerosOf(t, a, known, length-length/2), length-length/2); got != whole {
				t.Errorf("%s of start and %d zeros = %s, in two halves %s", a, length, whole, got)
			}
		}
	}
}

func zerosOf(t *testing.T, a checksum.Algorithm, known map[int64]checksum.Value, n int64) checksum.Value {
	v := sum(t, a, "")
	for bit := int64(1); bit > 0 && bit <= n; bit <<= 1 {
		if n&bit != 0 {
			v = combine(t, v, known[bit], bit)
		}
	}
	return v
}

func TestWhatCannotBeCombined(t *testing.T) {
	crc := sum(t, checksum.CRC32, "a")
	composite := parse(t, checksum.CRC32, "cmQJqg==-3")
	for _, test := range []struct {
		name          string
		first, second checksum.Value
		length        int64
	}{
		{"SHA-256", sum(t, checksum.SHA256, "a"), sum(t, checksum.SHA256, "b"), 1},
		{"SHA-1", parse(t, checksum.SHA1, emptySums[checksum.SHA1]), parse(t, checksum.SHA1, emptySums[checksum.SHA1]), 1},
		{"two algorithms", crc, sum(t, checksum.CRC32C, "b"), 1},
		{"composite first", composite, crc, 1},
		{"composite second", crc, composite, 1},
		{"none", checksum.Value{}, checksum.Value{}, 1},
		{"none second", crc, checksum.Value{}, 0},
		{"negative length", crc, crc, -1},
	} {
		got, err := checksum.Combine(test.first, test.second, test.length)
		var refused *checksum.Error
		if !got.IsZero() || !errors.Is(err, checksum.ErrCombine) || !errors.As(err, &refused) {
			t.Errorf("%s: Combine = %v, %v, want none, ErrCombine", test.name, got, err)
		}
	}

	c, err := checksum.NewCombiner(checksum.CRC32)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Add(crc, 1); err != nil {
		t.Fatal(err)
	}
	for name, add := range map[string]error{
		"another algorithm":   c.Add(sum(t, checksum.CRC32C, "b"), 1),
		"a composite":         c.Add(composite, 1),
		"a negative length":   c.Add(crc, -1),
		"more than 2⁶³ bytes": c.Add(crc, math.MaxInt64),
	} {
		if !errors.Is(add, checksum.ErrCombine) {
			t.Errorf("Add of %s: %v, want ErrCombine", name, add)
		}
	}
	if c.Value() != crc || c.Len() != 1 {
		t.Errorf("after refusals: %s of %d bytes, want %s of 1", c.Value(), c.Len(), crc)
	}
	for _, a := range []checksum.Algorithm{checksum.SHA1, checksum.SHA256} {
		if c, err := checksum.NewCombiner(a); c != nil || !errors.Is(err, checksum.ErrCombine) {
			t.Errorf("NewCombiner(%s) = %v, %v, want nil, ErrCombine", a, c, err)
		}
	}
	if c, err := checksum.NewCombiner("XXHASH64"); c != nil || !errors.Is(err, checksum.ErrAlgorithm) {
		t.Errorf("NewCombiner(XXHASH64) = %v, %v, want nil, ErrAlgorithm", c, err)
	}
}

// The checksum of an object from those of two halves that were read side by side.
func ExampleCombine() {
	first, err := checksum.CRC64NVME.Sum([]byte("Hello "))
	if err != nil {
		fmt.Println(err)
		return
	}
	second, err := checksum.CRC64NVME.Sum([]byte("world"))
	if err != nil {
		fmt.Println(err)
		return
	}
	whole, err := checksum.Combine(first, second, int64(len("world")))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(whole)
	// Output: OOJZ0D8xKts=
}

// The FULL_OBJECT checksum of a multipart upload from what the parts' answers said.
func ExampleCombiner() {
	whole, err := checksum.NewCombiner(checksum.CRC64NVME)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, header := range []string{"L/E4WYn8v98=", "xW1l19VobYM=", "cK5MnNaWrW4="} {
		part, err := checksum.Parse(checksum.CRC64NVME, header, checksum.FullObject)
		if err != nil {
			fmt.Println(err)
			return
		}
		if err := whole.Add(part, 5<<20); err != nil {
			fmt.Println(err)
			return
		}
	}
	fmt.Println(whole.Value(), whole.Len())
	// Output: i+6LR0y3eFo= 15728640
}
