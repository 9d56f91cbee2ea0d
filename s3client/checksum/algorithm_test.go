package checksum_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/sigvier/sigvier/s3client/checksum"
)

// TestAlgorithms: names and headers as in the S3 API's model (shapes
// ChecksumAlgorithm and PutObjectRequest); types as in the user guide's table "Full
// object and composite checksum types", which MinIO and versitygw follow; default
// types as these two have them.
func TestAlgorithms(t *testing.T) {
	tests := []struct {
		algorithm                  checksum.Algorithm
		name, header               string
		size, encoded              int
		combines, whole, composite bool
		defaultType                checksum.Type
	}{
		{checksum.CRC32, "CRC32", "x-amz-checksum-crc32", 4, 8, true, true, true, checksum.Composite},
		{checksum.CRC32C, "CRC32C", "x-amz-checksum-crc32c", 4, 8, true, true, true, checksum.Composite},
		{checksum.CRC64NVME, "CRC64NVME", "x-amz-checksum-crc64nvme", 8, 12, true, true, false, checksum.FullObject},
		{checksum.SHA1, "SHA1", "x-amz-checksum-sha1", 20, 28, false, false, true, checksum.Composite},
		{checksum.SHA256, "SHA256", "x-amz-checksum-sha256", 32, 44, false, false, true, checksum.Composite},
		{"", "", "", 0, 0, false, false, false, ""},
		{"SHA512", "SHA512", "", 0, 0, false, false, false, ""},
	}
	for _, test := range tests {
		a := test.algorithm
		if a.String() != test.name || a.Header() != test.header || a.Size() != test.size || a.EncodedSize() != test.encoded {
			t.Errorf("%q: %q, %q, %d bytes, %d characters; want %q, %q, %d, %d",
				a, a.String(), a.Header(), a.Size(), a.EncodedSize(), test.name, test.header, test.size, test.encoded)
		}
		if a.CanCombine() != test.combines || a.Allows(checksum.FullObject) != test.whole || a.Allows(checksum.Composite) != test.composite ||
			a.DefaultType() != test.defaultType || a.Allows("") || a.Allows("OTHER") {
			t.Errorf("%q: combines %t, whole %t, composite %t, by default %q; want %t, %t, %t, %q", a, a.CanCombine(),
				a.Allows(checksum.FullObject), a.Allows(checksum.Composite), a.DefaultType(), test.combines, test.whole, test.composite, test.defaultType)
		}
		if test.header == "" {
			continue
		}
		for _, name := range []string{test.name, strings.ToLower(test.name), test.name[:1] + strings.ToLower(test.name[1:])} {
			if got, err := checksum.ParseAlgorithm(name); got != a || err != nil {
				t.Errorf("ParseAlgorithm(%q) = %q, %v, want %q", name, got, err, a)
			}
		}
		for _, name := range []string{test.header, http.CanonicalHeaderKey(test.header), strings.ToUpper(test.header)} {
			if got, err := checksum.ParseHeader(name); got != a || err != nil {
				t.Errorf("ParseHeader(%q) = %q, %v, want %q", name, got, err, a)
			}
		}
	}
	if got := len(checksum.Algorithms()); got != 5 {
		t.Errorf("there are %d Algorithms, want 5", got)
	}
}

func TestUnknownNames(t *testing.T) {
	for _, name := range []string{"", " CRC32", "CRC32 ", "CRC-32", "SHA-256", "CRC64", "MD5", "XXHASH3", "ſHA1", "CRC32\x00", strings.Repeat("x", 1000)} {
		got, err := checksum.ParseAlgorithm(name)
		var refused *checksum.Error
		if got != "" || !errors.Is(err, checksum.ErrAlgorithm) || !errors.As(err, &refused) || len(err.Error()) > 250 || !strings.Contains(err.Error(), "CRC64NVME") {
			t.Errorf("ParseAlgorithm(%q) = %q, %v, want ErrAlgorithm that names those that are known", name, got, err)
		}
	}
	for _, name := range []string{"", "crc32", "x-amz-checksum-", "x-amz-checksum-type", "x-amz-checksum-mode", "x-amz-checksum-algorithm",
		"x-amz-checksum-md5", "x-amz-checksum_crc32", "xx-amz-checksum-crc32", "x-amz-checksum-crc32 "} {
		if got, err := checksum.ParseHeader(name); got != "" || !errors.Is(err, checksum.ErrAlgorithm) {
			t.Errorf("ParseHeader(%q) = %q, %v, want ErrAlgorithm", name, got, err)
		}
	}
}

func TestParseType(t *testing.T) {
	for text, want := range map[string]checksum.Type{"FULL_OBJECT": checksum.FullObject, "COMPOSITE": checksum.Composite, "composite": checksum.Composite, "": ""} {
		if got, err := checksum.ParseType(text); got != want || err != nil {
			t.Errorf("ParseType(%q) = %q, %v, want %q", text, got, err, want)
		}
	}
	for _, text := range []string{"FULL", "FULL-OBJECT", " COMPOSITE", "ENABLED"} {
		if got, err := checksum.ParseType(text); got != "" || !errors.Is(err, checksum.ErrValue) {
			t.Errorf("ParseType(%q) = %q, %v, want ErrValue", text, got, err)
		}
	}
}
