package checksum_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/sigvier/sigvier/s3client/checksum"
)

var crcs = []checksum.Algorithm{checksum.CRC32, checksum.CRC32C, checksum.CRC64NVME}

func sum(a checksum.Algorithm, data string) []byte {
	h := checksum.New(a)
	h.Write([]byte(data))
	return h.Sum(nil)
}

// TestPublishedChecksums: awslabs/aws-checksums tests, boto/botocore
// tests/functional/test_httpchecksum.py (both Apache-2.0); RFC 3720 B.4 for the
// CRC32C of zeros.
func TestPublishedChecksums(t *testing.T) {
	for _, test := range []struct {
		data                            string
		crc32, crc32c, crc64nvme, sha25 string
	}{
		{"", "AAAAAA==", "AAAAAA==", "AAAAAAAAAAA=", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="},
		{"123456789", "y/Q5Jg==", "4waSgw==", "rosUhgp5mIg=", "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU="},
		{strings.Repeat("\x00", 32), "GQpVrQ==", "ipE2qg==", "zzRzQ01Ozzs=", "Zmh6rfhivXdsj8GLjp+OIAiXFIVu4jOzkCpZHQ1fKSU="},
		{"Hello world", "i9aeUg==", "crUfeA==", "OOJZ0D8xKts=", "ZOyIygCyaOW6GjVnihtTFtIS9PNmskdyMlNKiuyjfzw="},
	} {
		for a, want := range map[checksum.Algorithm]string{checksum.CRC32: test.crc32, checksum.CRC32C: test.crc32c,
			checksum.CRC64NVME: test.crc64nvme, checksum.SHA256: test.sha25} {
			if got := checksum.Encode(sum(a, test.data)); got != want {
				t.Errorf("%s of %q = %s, want %s", a, test.data, got, want)
			}
		}
	}
	if checksum.New("md5") != nil {
		t.Error("New(md5) is not nil")
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
		var parts []checksum.Part
		for _, s := range test.parts {
			b, err := base64.StdEncoding.DecodeString(s)
			if err != nil {
				t.Fatal(err)
			}
			parts = append(parts, checksum.Part{Length: length, Sum: b})
		}
		if got := checksum.Encode(checksum.Combine(test.algorithm, parts)); got != test.whole {
			t.Errorf("Combine(%s) = %s, want %s", test.algorithm, got, test.whole)
		}
	}
}

func TestCombineIsTheChecksumOfTheWhole(t *testing.T) {
	data := strings.Repeat("0123456789abcdef\x00\xff", 300)
	for _, a := range crcs {
		for _, cuts := range [][]int{{}, {0}, {1}, {len(data)}, {1, 2, 3}, {7, 7, 7, 4096}, {100, 1000, 5000}} {
			var parts []checksum.Part
			start := 0
			for _, end := range append(cuts, len(data)) {
				parts = append(parts, checksum.Part{Length: int64(end - start), Sum: sum(a, data[start:end])})
				start = end
			}
			if got, want := checksum.Combine(a, parts), sum(a, data); !bytes.Equal(got, want) {
				t.Errorf("Combine(%s, cut at %v) = %x, want %x", a, cuts, got, want)
			}
		}
		if got, want := checksum.Combine(a, nil), sum(a, ""); !bytes.Equal(got, want) {
			t.Errorf("Combine(%s, nothing) = %x, want %x", a, got, want)
		}
	}
	if got := checksum.Combine(checksum.SHA256, []checksum.Part{{Length: 1, Sum: sum(checksum.SHA256, "a")}}); got != nil {
		t.Errorf("Combine(sha256) = %x, want nil", got)
	}
}

func FuzzCombine(f *testing.F) {
	f.Add("abc", "defg")
	f.Add("", strings.Repeat("\x00", 1000))
	f.Fuzz(func(t *testing.T, first, second string) {
		for _, a := range crcs {
			got := checksum.Combine(a, []checksum.Part{{Length: int64(len(first)), Sum: sum(a, first)}, {Length: int64(len(second)), Sum: sum(a, second)}})
			if want := sum(a, first+second); !bytes.Equal(got, want) {
				t.Errorf("Combine(%s, %q, %q) = %x, want %x", a, first, second, got, want)
			}
		}
	})
}

// The checksum of an object from those of two halves that were read side by side.
func ExampleCombine() {
	halves := [...]string{"Hello ", "world"}
	var parts []checksum.Part
	for _, half := range halves {
		h := checksum.New(checksum.CRC64NVME)
		h.Write([]byte(half))
		parts = append(parts, checksum.Part{Length: int64(len(half)), Sum: h.Sum(nil)})
	}
	fmt.Println(checksum.Encode(checksum.Combine(checksum.CRC64NVME, parts)))
	// Output: OOJZ0D8xKts=
}
