package checksum_test

import (
	"encoding/binary"
	"hash/crc64"
	"strings"
	"testing"

	"github.com/sigvier/sigvier/s3client/checksum"
)

// FuzzCRC64NVME holds it against hash/crc64, for bytes repeated until the long way is
// taken, and cut somewhere.
func FuzzCRC64NVME(f *testing.F) {
	table := crc64.MakeTable(0x9a6c9329ac4bc9b5)
	f.Add([]byte("123456789"), uint16(1), uint16(3))
	f.Add([]byte{0}, uint16(0xffff), uint16(77))
	f.Add([]byte("\xff\x00abc"), uint16(5000), uint16(9999))
	f.Fuzz(func(t *testing.T, data []byte, times, cut uint16) {
		if len(data) > 100 {
			times %= 1000
		}
		var all []byte
		for range times {
			if all = append(all, data...); len(all) > 100_000 {
				break
			}
		}
		first := all[:min(int(cut), len(all))]
		h := newHash(t, checksum.CRC64NVME)
		h.Write(first)
		h.Write(all[len(first):])
		if got, want := binary.BigEndian.Uint64(h.Sum(nil)), crc64.Checksum(all, table); got != want {
			t.Errorf("CRC64NVME of %d bytes, cut at %d = %x, want %x", len(all), len(first), got, want)
		}
	})
}

func FuzzCombine(f *testing.F) {
	f.Add("abc", "defg")
	f.Add("", strings.Repeat("\x00", 1000))
	f.Fuzz(func(t *testing.T, first, second string) {
		for _, a := range crcs {
			got := combine(t, sum(t, a, first), sum(t, a, second), int64(len(second)))
			if want := sum(t, a, first+second); got != want {
				t.Errorf("Combine of the %s of %q and %q = %s, want %s", a, first, second, got, want)
			}
		}
	})
}

// FuzzCombineOfAnyLength holds Combine against the plain way: one multiplication by x
// for each bit.
func FuzzCombineOfAnyLength(f *testing.F) {
	f.Add(uint64(1), uint64(2), uint16(0))
	f.Add(^uint64(0), uint64(0), uint16(65535))
	f.Fuzz(func(t *testing.T, first, second uint64, length uint16) {
		for _, test := range []struct {
			algorithm checksum.Algorithm
			bits      int
			poly      uint64
		}{
			{checksum.CRC32, 32, 0xedb88320},
			{checksum.CRC32C, 32, 0x82f63b78},
			{checksum.CRC64NVME, 64, 0x9a6c9329ac4bc9b5},
		} {
			value := func(crc uint64) checksum.Value {
				b := binary.BigEndian.AppendUint64(nil, crc)
				v, err := checksum.NewValue(test.algorithm, b[8-test.bits/8:])
				if err != nil {
					t.Fatal(err)
				}
				return v
			}
			low := ^uint64(0) >> (64 - test.bits)
			want := first & low
			for range 8 * int(length) {
				want = want>>1 ^ test.poly*(want&1)
			}
			want ^= second & low
			if got := combine(t, value(first), value(second), int64(length)); got != value(want) {
				t.Errorf("Combine(%s %x, %x, %d) = %s, want %s", test.algorithm, first&low, second&low, length, got, value(want))
			}
		}
	})
}

// FuzzParse: what is taken is written the same way again, and nothing panics.
func FuzzParse(f *testing.F) {
	for _, text := range []string{"y/Q5Jg==", "cmQJqg==-3", "rosUhgp5mIg=", "y/Q5Jg==-10001", "-", "=-1", strings.Repeat("A", 43) + "=-2"} {
		for _, a := range []string{"CRC32", "CRC64NVME", "SHA256", "MD5"} {
			f.Add(a, text, "")
			f.Add(a, text, "COMPOSITE")
		}
	}
	f.Fuzz(func(t *testing.T, algorithm, text, told string) {
		a, kind := checksum.Algorithm(algorithm), checksum.Type(told)
		v, err := checksum.Parse(a, text, kind)
		if err != nil {
			if !v.IsZero() {
				t.Errorf("Parse(%q, %q, %q) = %v beside %v", a, text, told, v, err)
			}
			return
		}
		if v.String() != text || v.Algorithm() != a || told != "" && v.Type() != kind || len(v.Bytes()) != a.Size() {
			t.Errorf("Parse(%q, %q, %q) = %s %s %s", a, text, told, v.Type(), v.Algorithm(), v)
		}
		if again, err := checksum.Parse(a, v.String(), v.Type()); err != nil || again != v {
			t.Errorf("Parse(%q, %q, %q) of its own = %v, %v", a, v, v.Type(), again, err)
		}
		if v.Type() == checksum.FullObject {
			if again, err := checksum.NewValue(a, v.Bytes()); err != nil || again != v {
				t.Errorf("NewValue(%q, %x) = %v, %v, want %v", a, v.Bytes(), again, err, v)
			}
		}
	})
}
