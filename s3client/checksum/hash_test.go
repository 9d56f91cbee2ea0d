package checksum_test

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash/crc64"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/sigvier/sigvier/s3client/checksum"
)

var crcs = []checksum.Algorithm{checksum.CRC32, checksum.CRC32C, checksum.CRC64NVME}

// algorithms are those that may be computed: with Go 1.25 and GODEBUG=fips140=only
// not SHA-1, which TestFIPS140 makes sure of.
func algorithms() []checksum.Algorithm { return slices.DeleteFunc(checksum.Algorithms(), forbidden) }

func forbidden(a checksum.Algorithm) bool {
	_, err := a.New()
	return errors.Is(err, checksum.ErrFIPS)
}

func sum(t testing.TB, a checksum.Algorithm, data string) checksum.Value {
	t.Helper()
	v, err := a.Sum([]byte(data))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func newHash(t testing.TB, a checksum.Algorithm) *checksum.Hash {
	t.Helper()
	h, err := a.New()
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func parse(t testing.TB, a checksum.Algorithm, text string) checksum.Value {
	t.Helper()
	v, err := checksum.Parse(a, text, "")
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// random is the same bytes each time.
func random(n int) []byte {
	p := make([]byte, n)
	rand.NewChaCha8([32]byte{1}).Read(p)
	return p
}

// TestPublishedChecksums: awslabs/aws-checksums tests, boto/botocore
// tests/functional/test_httpchecksum.py (both Apache-2.0); RFC 3720 B.4 for the
// CRC32C of zeros; NVM Command Set Specification, "64b CRC Test Cases", for the
// CRC64NVME of 4 KiB; FIPS 180 examples for SHA-1 and SHA-256 of abc.
func TestPublishedChecksums(t *testing.T) {
	up, down := make([]byte, 4096), make([]byte, 4096)
	for i := range up {
		up[i], down[i] = byte(i), byte(255-i)
	}
	for _, test := range []struct {
		algorithm  checksum.Algorithm
		data, want string
	}{
		{checksum.CRC32, "", "AAAAAA=="},
		{checksum.CRC32C, "", "AAAAAA=="},
		{checksum.CRC64NVME, "", "AAAAAAAAAAA="},
		{checksum.SHA1, "", "2jmj7l5rSw0yVb/vlWAYkK/YBwk="},
		{checksum.SHA256, "", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="},

		{checksum.CRC32, "123456789", "y/Q5Jg=="},
		{checksum.CRC32C, "123456789", "4waSgw=="},
		{checksum.CRC64NVME, "123456789", "rosUhgp5mIg="}, // 0xAE8B14860A799888
		{checksum.SHA256, "123456789", "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU="},

		{checksum.CRC32, strings.Repeat("\x00", 32), "GQpVrQ=="},
		{checksum.CRC32C, strings.Repeat("\x00", 32), "ipE2qg=="},
		{checksum.CRC32C, strings.Repeat("\xff", 32), "YqirQw=="},
		{checksum.CRC64NVME, strings.Repeat("\x00", 32), "zzRzQ01Ozzs="},

		{checksum.CRC64NVME, strings.Repeat("\x00", 4096), "ZILTZ+sitk4="}, // 0x6482D367EB22B64E
		{checksum.CRC64NVME, strings.Repeat("\xff", 4096), "wN26cwLso6w="}, // 0xC0DDBA7302ECA3AC
		{checksum.CRC64NVME, string(up), "PnKfX2dQRJw="},                   // 0x3E729F5F6750449C
		{checksum.CRC64NVME, string(down), "mi32S46eUX4="},                 // 0x9A2DF64B8E9E517E

		{checksum.CRC32, "Hello world", "i9aeUg=="},
		{checksum.CRC32C, "Hello world", "crUfeA=="},
		{checksum.CRC64NVME, "Hello world", "OOJZ0D8xKts="},
		{checksum.SHA1, "Hello world", "e1AsOh9IyGCa4hLN+2Od7jlnP14="},
		{checksum.SHA256, "Hello world", "ZOyIygCyaOW6GjVnihtTFtIS9PNmskdyMlNKiuyjfzw="},

		{checksum.SHA1, "abc", "qZk+NkcGgWq6PiVxeFDCbJzQ2J0="},
		{checksum.SHA256, "abc", "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="},
	} {
		if forbidden(test.algorithm) {
			continue
		}
		name := test.data[:min(len(test.data), 12)]
		if got := sum(t, test.algorithm, test.data); got.String() != test.want {
			t.Errorf("%s of %q… (%d bytes) = %s = %x, want %s", test.algorithm, name, len(test.data), got, got.Bytes(), test.want)
		}
		h := newHash(t, test.algorithm)
		for _, b := range []byte(test.data) {
			h.Write([]byte{b})
		}
		if got := base64.StdEncoding.EncodeToString(h.Sum(nil)); got != test.want {
			t.Errorf("%s of %q…, byte by byte = %s, want %s", test.algorithm, name, got, test.want)
		}
	}
}

func TestCRC64NVMEIsThatOfTheStandardLibrary(t *testing.T) {
	table := crc64.MakeTable(0x9a6c9329ac4bc9b5)
	data := random(20_000)
	h := newHash(t, checksum.CRC64NVME)
	for n := 0; n < len(data); n += 1 + n/150 {
		// In two runs, so that the second begins at some state.
		h.Reset()
		first := n / 7
		h.Write(data[:first])
		h.Write(data[first:n])
		if got, want := h.Sum(nil), crc64.Checksum(data[:n], table); binary.BigEndian.Uint64(got) != want {
			t.Fatalf("CRC64NVME of %d bytes = %x, want %x", n, got, want)
		}
	}
}

// TestTablesOfConcurrentFirstUses is for the race detector; the tables are made at
// the first use, which in this package's tests is not always here.
func TestTablesOfConcurrentFirstUses(t *testing.T) {
	data := random(1000)
	for _, a := range crcs {
		var group sync.WaitGroup
		want := sum(t, a, string(data))
		for range 8 {
			group.Go(func() {
				first, second := sum(t, a, string(data[:400])), sum(t, a, string(data[400:]))
				if got, err := checksum.Combine(first, second, 600); err != nil || got != want {
					t.Errorf("%s of two runs = %s, %v, want %s", a, got, err, want)
				}
			})
		}
		group.Wait()
	}
}

func TestHashIsAStandardHash(t *testing.T) {
	data := random(30_000)
	for _, a := range algorithms() {
		h := newHash(t, a)
		want := sum(t, a, string(data))
		for _, size := range []int{1, 7, 8, 64, 1000, 15_000} {
			for rest := data; len(rest) > 0; rest = rest[min(size, len(rest)):] {
				p := rest[:min(size, len(rest))]
				if n, err := h.Write(p); n != len(p) || err != nil {
					t.Fatalf("%s: Write of %d bytes = %d, %v", a, len(p), n, err)
				}
				if size > 100 {
					h.Sum(nil) // changes nothing
					h.Value()
				}
			}
			if got := h.Value(); got != want || h.Len() != int64(len(data)) || h.Algorithm() != a {
				t.Errorf("%s in steps of %d = %s of %d bytes, want %s of %d", h.Algorithm(), size, got, h.Len(), want, len(data))
			}
			prefix := append(make([]byte, 0, 64), "prefix"...)
			if got := h.Sum(prefix); string(got) != "prefix"+string(want.Bytes()) || len(got) != len("prefix")+h.Size() {
				t.Errorf("%s: Sum behind a prefix = %x, want prefix and %x", a, got, want.Bytes())
			}
			h.Reset()
			if got := h.Value(); got != sum(t, a, "") || h.Len() != 0 {
				t.Errorf("%s after Reset = %s of %d bytes, want %s of 0", a, got, h.Len(), sum(t, a, ""))
			}
		}
		if block := h.BlockSize(); (block == 1) != a.CanCombine() {
			t.Errorf("%s: BlockSize = %d", a, block)
		}
	}
}

func TestHashesOfUnknownAlgorithms(t *testing.T) {
	for _, a := range []checksum.Algorithm{"", "crc32", "MD5", "SHA512", "XXHASH64"} {
		if h, err := a.New(); h != nil || !errors.Is(err, checksum.ErrAlgorithm) {
			t.Errorf("%q.New() = %v, %v, want nil, ErrAlgorithm", a, h, err)
		}
		if v, err := a.Sum(nil); !v.IsZero() || !errors.Is(err, checksum.ErrAlgorithm) {
			t.Errorf("%q.Sum() = %v, %v, want none, ErrAlgorithm", a, v, err)
		}
	}
	var zero checksum.Hash
	if n, err := zero.Write([]byte("abc")); n != 0 || !errors.Is(err, checksum.ErrAlgorithm) {
		t.Errorf("Write to a zero Hash = %d, %v, want 0, ErrAlgorithm", n, err)
	}
	if got := zero.Sum(nil); len(got) != 0 || !zero.Value().IsZero() {
		t.Errorf("Sum of a zero Hash = %x, %v, want nothing", got, zero.Value())
	}
	zero.Reset()
}

func TestAllocations(t *testing.T) {
	data := random(20_000)
	for _, a := range algorithms() {
		h := newHash(t, a)
		sink := make([]byte, 0, 64)
		for _, test := range []struct {
			name string
			most float64
			f    func()
		}{
			{"Sum", 0, func() { a.Sum(data) }},
			{"Write, Sum and Reset", 0, func() { h.Write(data); h.Sum(sink); h.Value(); h.Reset() }},
			{"New", 3, func() { a.New() }},
			{"Parse", 2, func() { checksum.Parse(a, emptySums[a], checksum.FullObject) }},
		} {
			if got := testing.AllocsPerRun(20, test.f); got > test.most {
				t.Errorf("%s: %s allocates %v times, want at most %v", a, test.name, got, test.most)
			}
		}
	}
	first, second := sum(t, checksum.CRC64NVME, "a"), sum(t, checksum.CRC64NVME, "b")
	if got := testing.AllocsPerRun(20, func() { checksum.Combine(first, second, 1) }); got != 0 {
		t.Errorf("Combine allocates %v times, want none", got)
	}
}

// emptySums are the checksums of nothing.
var emptySums = map[checksum.Algorithm]string{
	checksum.CRC32:     "AAAAAA==",
	checksum.CRC32C:    "AAAAAA==",
	checksum.CRC64NVME: "AAAAAAAAAAA=",
	checksum.SHA1:      "2jmj7l5rSw0yVb/vlWAYkK/YBwk=",
	checksum.SHA256:    "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
}
