package checksum_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/sigvier/sigvier/s3client/checksum"
)

func TestParse(t *testing.T) {
	const (
		crc32  = "y/Q5Jg=="
		nvme   = "rosUhgp5mIg="
		sha256 = "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU="
	)
	for _, test := range []struct {
		algorithm checksum.Algorithm
		text      string
		told      checksum.Type
		want      checksum.Type // "" if it is refused
		parts     int
		err       error
	}{
		{checksum.CRC32, crc32, "", checksum.FullObject, 0, nil},
		{checksum.CRC32, crc32, checksum.FullObject, checksum.FullObject, 0, nil},
		{checksum.CRC32, crc32 + "-1", "", checksum.Composite, 1, nil},
		{checksum.CRC32, crc32 + "-3", checksum.Composite, checksum.Composite, 3, nil},
		{checksum.CRC32C, crc32 + "-10000", "", checksum.Composite, 10_000, nil},
		{checksum.SHA256, sha256 + "-2", "", checksum.Composite, 2, nil},
		{checksum.SHA256, sha256, checksum.FullObject, checksum.FullObject, 0, nil}, // of one PUT
		{checksum.SHA256, sha256, checksum.Composite, checksum.Composite, -1, nil},  // in GetObjectAttributes
		{checksum.CRC64NVME, nvme, checksum.FullObject, checksum.FullObject, 0, nil},

		{checksum.CRC32, crc32 + "-3", checksum.FullObject, "", 0, checksum.ErrValue},
		{checksum.CRC32, crc32, "composite", "", 0, checksum.ErrValue}, // ParseType reads that
		{checksum.CRC32, crc32 + "-3", "PARTIAL", "", 0, checksum.ErrValue},
		{checksum.CRC64NVME, nvme + "-3", "", "", 0, checksum.ErrComposite},
		{checksum.CRC64NVME, nvme, checksum.Composite, "", 0, checksum.ErrComposite},

		{checksum.CRC32, "", "", "", 0, checksum.ErrValue},
		{checksum.CRC32, "-3", "", "", 0, checksum.ErrValue},
		{checksum.CRC32, crc32 + "-", "", "", 0, checksum.ErrValue},
		{checksum.CRC32, crc32 + "-0", "", "", 0, checksum.ErrValue},
		{checksum.CRC32, crc32 + "-03", "", "", 0, checksum.ErrValue},
		{checksum.CRC32, crc32 + "-+3", "", "", 0, checksum.ErrValue},
		{checksum.CRC32, crc32 + "--1", "", "", 0, checksum.ErrValue},
		{checksum.CRC32, crc32 + "-3-3", "", "", 0, checksum.ErrValue},
		{checksum.CRC32, crc32 + "-3 ", "", "", 0, checksum.ErrValue},
		{checksum.CRC32, crc32 + "-10001", "", "", 0, checksum.ErrValue},
		{checksum.CRC32, crc32 + "-99999999999999999999", "", "", 0, checksum.ErrValue},
		{checksum.CRC32, "y/Q5Jg", "", "", 0, checksum.ErrValue},
		{checksum.CRC32, "y_Q5Jg==", "", "", 0, checksum.ErrValue}, // URL's alphabet
		{checksum.CRC32, "y/Q5Jh==", "", "", 0, checksum.ErrValue}, // bits behind the end
		{checksum.CRC32, "y/Q5J\n==", "", "", 0, checksum.ErrValue},
		{checksum.CRC32, " " + crc32, "", "", 0, checksum.ErrValue},
		{checksum.CRC32, "cbf43926", "", "", 0, checksum.ErrValue}, // hex
		{checksum.CRC32, nvme, "", "", 0, checksum.ErrValue},
		{checksum.CRC64NVME, crc32, "", "", 0, checksum.ErrValue},
		{checksum.CRC64NVME, "rosUhgp5mIg0", "", "", 0, checksum.ErrValue}, // nine bytes
		{checksum.SHA256, strings.Repeat("A", 10_000), "", "", 0, checksum.ErrValue},
		{"MD5", "1B2M2Y8AsgTpgAmY7PhCfg==", "", "", 0, checksum.ErrAlgorithm},
		{"", crc32, "", "", 0, checksum.ErrAlgorithm},
	} {
		v, err := checksum.Parse(test.algorithm, test.text, test.told)
		if test.want == "" {
			if !v.IsZero() || !errors.Is(err, test.err) || len(err.Error()) > 300 {
				t.Errorf("Parse(%s, %q, %q) = %v, %v, want none, %v", test.algorithm, test.text, test.told, v, err, test.err)
			}
			continue
		}
		if err != nil || v.Algorithm() != test.algorithm || v.Type() != test.want || v.Parts() != test.parts || v.String() != test.text {
			t.Errorf("Parse(%s, %q, %q) = %s %s %s of %d parts, %v, want %s of %d", test.algorithm, test.text, test.told,
				v.Type(), v.Algorithm(), v, v.Parts(), err, test.want, test.parts)
		}
	}
}

func TestNewValue(t *testing.T) {
	for _, a := range algorithms() {
		want := sum(t, a, "123456789")
		if got, err := checksum.NewValue(a, want.Bytes()); got != want || err != nil {
			t.Errorf("NewValue(%s, %x) = %v, %v, want %v", a, want.Bytes(), got, err, want)
		}
		for _, n := range []int{0, a.Size() - 1, a.Size() + 1, 100} {
			if got, err := checksum.NewValue(a, make([]byte, n)); !got.IsZero() || !errors.Is(err, checksum.ErrValue) {
				t.Errorf("NewValue(%s, %d bytes) = %v, %v, want ErrValue", a, n, got, err)
			}
		}
		want.Bytes()[0]++
		if want != sum(t, a, "123456789") {
			t.Errorf("%s: who changes Bytes changes the Value", a)
		}
	}
	if got, err := checksum.NewValue("MD5", make([]byte, 16)); !got.IsZero() || !errors.Is(err, checksum.ErrAlgorithm) {
		t.Errorf("NewValue(MD5) = %v, %v, want ErrAlgorithm", got, err)
	}
}

func TestZeroValue(t *testing.T) {
	var v checksum.Value
	if !v.IsZero() || v.Algorithm() != "" || v.Type() != "" || v.Parts() != 0 || len(v.Bytes()) != 0 || v.String() != "" {
		t.Errorf("the zero Value is %q, %q, %d parts, %x, %q", v.Algorithm(), v.Type(), v.Parts(), v.Bytes(), v)
	}
}

func TestEqual(t *testing.T) {
	counted := parse(t, checksum.CRC32, "cmQJqg==-3")
	uncounted, err := checksum.Parse(checksum.CRC32, "cmQJqg==", checksum.Composite)
	if err != nil {
		t.Fatal(err)
	}
	whole := parse(t, checksum.CRC32, "cmQJqg==")
	for _, test := range []struct {
		a, b checksum.Value
		want bool
	}{
		{counted, counted, true}, {counted, uncounted, true}, {uncounted, uncounted, true}, {whole, whole, true},
		{counted, whole, false}, {uncounted, whole, false},
		{counted, parse(t, checksum.CRC32, "cmQJqg==-4"), false},
		{counted, parse(t, checksum.CRC32C, "cmQJqg==-3"), false},
		{uncounted, parse(t, checksum.CRC32, "y/Q5Jg==-3"), false},
		{checksum.Value{}, checksum.Value{}, true}, {checksum.Value{}, whole, false},
	} {
		if test.a.Equal(test.b) != test.want || test.b.Equal(test.a) != test.want {
			t.Errorf("%s %s Equal %s %s is not %t", test.a.Type(), test.a, test.b.Type(), test.b, test.want)
		}
	}
}

// TestCompositeOf: what MinIO and versitygw v1.8.0 gave to an upload of three parts,
// of 5 MiB of zeros, 5 MiB of 0x00, 0x01, … 0xff, 0x00, …, and "123456789".
func TestCompositeOf(t *testing.T) {
	for _, test := range []struct {
		algorithm checksum.Algorithm
		parts     [3]string
		want      string
	}{
		{checksum.CRC32, [3]string{"yTuzdQ==", "vb9oTQ==", "y/Q5Jg=="}, "cmQJqg==-3"},
		{checksum.SHA1, [3]string{"LpXXWCxTWD+or7VOD+eiWXySy7o=", "WYuzHYmVg5ui1wDwvZEbVUbQ2DY=", "98O8HYCOBHMq32eZZczDTKeuNEE="}, "lUQylfjhLUAkasFrjnEcvzd19QI=-3"},
		{checksum.SHA256, [3]string{"wDbLt1U6kJ+LiHfURhkkMH8n7LZs/5KO7q/VacOIfik=", "LnyrYxTpYUtvLaEmMGYcMDjlWSAl9lNLpYI8OzQKHLY=", "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU="},
			"jDU1RNNh5hIqG3RAL8bz/xID15NTRPQyl8HRs+1rKIU=-3"},
	} {
		if forbidden(test.algorithm) {
			continue
		}
		var parts []checksum.Value
		for _, text := range test.parts {
			parts = append(parts, parse(t, test.algorithm, text))
		}
		got, err := checksum.CompositeOf(parts...)
		if err != nil || got.String() != test.want || got != parse(t, test.algorithm, test.want) {
			t.Errorf("CompositeOf(%s %v) = %s, %v, want %s", test.algorithm, test.parts, got, err, test.want)
		}
	}
}

func TestNoCompositeOf(t *testing.T) {
	part := sum(t, checksum.CRC32, "a")
	for _, test := range []struct {
		name  string
		parts []checksum.Value
		want  error
	}{
		{"no parts", nil, checksum.ErrValue},
		{"too many parts", make([]checksum.Value, 10_001), checksum.ErrValue},
		{"CRC64NVME", []checksum.Value{sum(t, checksum.CRC64NVME, "a")}, checksum.ErrComposite},
		{"two algorithms", []checksum.Value{part, sum(t, checksum.CRC32C, "a")}, checksum.ErrValue},
		{"a composite", []checksum.Value{part, parse(t, checksum.CRC32, "cmQJqg==-3")}, checksum.ErrValue},
		{"a composite first", []checksum.Value{parse(t, checksum.CRC32, "cmQJqg==-3")}, checksum.ErrValue},
		{"a part without", []checksum.Value{part, {}}, checksum.ErrValue},
		{"a first part without", []checksum.Value{{}, part}, checksum.ErrAlgorithm},
	} {
		if got, err := checksum.CompositeOf(test.parts...); !got.IsZero() || !errors.Is(err, test.want) {
			t.Errorf("%s: CompositeOf = %v, %v, want none, %v", test.name, got, err, test.want)
		} else if text := err.Error(); !strings.HasPrefix(text, "checksum: ") || strings.Contains(text, "  ") {
			t.Errorf("%s: %q", test.name, text)
		}
	}
}

func ExampleParse() {
	for _, header := range []string{"cmQJqg==-3", "y/Q5Jg==", "cbf43926"} {
		sum, err := checksum.Parse(checksum.CRC32, header, "")
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Printf("%s, %d parts, %x\n", sum.Type(), sum.Parts(), sum.Bytes())
	}
	// Output:
	// COMPOSITE, 3 parts, 726409aa
	// FULL_OBJECT, 0 parts, cbf43926
	// checksum: CRC32 value "cbf43926" is no base64 of 4 bytes
}

// The checksum of a multipart upload of type COMPOSITE, as CompleteMultipartUpload
// answers it.
func ExampleCompositeOf() {
	var parts []checksum.Value
	for _, part := range []string{"the first part", "the second part"} {
		sum, err := checksum.SHA256.Sum([]byte(part))
		if err != nil {
			fmt.Println(err)
			return
		}
		parts = append(parts, sum)
	}
	whole, err := checksum.CompositeOf(parts...)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(whole, whole.Type())
	// Output: 3jSv0wKs9UieSxWSS/mZU400bygqPdElqalF3qUCgk4=-2 COMPOSITE
}

func ExampleParseHeader() {
	algorithm, err := checksum.ParseHeader("X-Amz-Checksum-Crc64nvme")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(algorithm, algorithm.Header(), algorithm.CanCombine(), algorithm.Allows(checksum.Composite))
	// Output: CRC64NVME x-amz-checksum-crc64nvme true false
}

func ExampleParseAlgorithm() {
	algorithm, err := checksum.ParseAlgorithm("sha256")
	fmt.Println(algorithm, err)
	_, err = checksum.ParseAlgorithm("XXHASH64")
	fmt.Println(err)
	// Output:
	// SHA256 <nil>
	// checksum: algorithm "XXHASH64" is not known here: CRC32, CRC32C, CRC64NVME, SHA1 or SHA256 is expected
}
