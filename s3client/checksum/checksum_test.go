package checksum_test

import (
	"encoding/base64"
	"encoding/binary"
	"hash/crc64"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/sigvier/sigvier/s3client/checksum"
)

var crcs = []checksum.Algorithm{checksum.CRC32, checksum.CRC32C, checksum.CRC64NVME}

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

// TestPublishedParts: ceph/s3-tests' multipart checksums: three parts of 5 MiB.
func TestPublishedParts(t *testing.T) {
	const length = 5 << 20
	for _, test := range []struct {
		algorithm checksum.Algorithm
		parts     [3]string
		whole     string
	}{
		{checksum.CRC32, [3]string{"JRTCyQ==", "QoZTGg==", "YAgjqw=="}, "WgDhBQ=="},
		{checksum.CRC64NVME, [3]string{"L/E4WYn8v98=", "xW1l19VobYM=", "cK5MnNaWrW4="}, "i+6LR0y3eFo="},
	} {
		c, err := checksum.NewCombiner(test.algorithm)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range test.parts {
			if err := c.Add(parse(t, test.algorithm, text), length); err != nil {
				t.Fatal(err)
			}
		}
		if c.Value().String() != test.whole || c.Len() != 3*length {
			t.Errorf("%s of the parts = %s of %d bytes, want %s of %d", test.algorithm, c.Value(), c.Len(), test.whole, 3*length)
		}
	}
}
