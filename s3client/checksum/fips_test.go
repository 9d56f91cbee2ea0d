package checksum_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"github.com/sigvier/sigvier/s3client/checksum"
)

// TestFIPS140 runs the test below in a process of its own in each of the modes of
// GODEBUG=fips140, which are fixed when it begins.
func TestFIPS140(t *testing.T) {
	before126 := strings.HasPrefix(runtime.Version(), "go1.25")
	for _, mode := range []string{"off", "on", "only"} {
		t.Run(mode, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestInThisMode$", "-test.v")
			cmd.Env = append(os.Environ(), "GODEBUG=fips140="+mode)
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			want := []string{"CRC32 ok", "CRC32C ok", "CRC64NVME ok", "SHA256 ok", "SHA1 ok", "MD5 ok"}
			if mode == "only" {
				want[5] = "MD5 forbidden"
				if before126 {
					want[4] = "SHA1 forbidden"
				}
			}
			for _, line := range want {
				if !strings.Contains(string(out), line+"\n") {
					t.Errorf("fips140=%s: no %q in\n%s", mode, line, out)
				}
			}
		})
	}
}

// TestInThisMode says what works. Nothing panics.
func TestInThisMode(t *testing.T) {
	const data = "123456789"
	say := func(name string, err error) {
		switch {
		case err == nil:
			t.Log(name, "ok")
		case errors.Is(err, checksum.ErrFIPS) && strings.Contains(err.Error(), "fips140=only"):
			t.Log(name, "forbidden")
		default:
			t.Errorf("%s: %v, want nil or ErrFIPS", name, err)
		}
	}
	for _, a := range checksum.Algorithms() {
		v, err := a.Sum([]byte(data))
		say(a.String(), err)
		h, newErr := a.New()
		if (newErr == nil) != (err == nil) {
			t.Errorf("%s: Sum fails with %v, New with %v", a, err, newErr)
		}
		if err != nil {
			want, parseErr := checksum.Parse(a, emptySums[a], "")
			if _, err := checksum.NewReader(strings.NewReader(""), want); parseErr != nil || !errors.Is(err, checksum.ErrFIPS) {
				t.Errorf("NewReader of %s: %v, %v, want ErrFIPS", a, parseErr, err)
			}
			continue
		}
		for range 2 {
			if n, err := h.Write([]byte(data)); n != len(data) || err != nil {
				t.Errorf("%s: Write = %d, %v", a, n, err)
			}
			if h.Value() != v || string(h.Sum(nil)) != string(v.Bytes()) {
				t.Errorf("%s: %s and %s of the same bytes", a, h.Value(), v)
			}
			h.Reset()
		}
	}
	h, err := checksum.NewMD5()
	say("MD5", err)
	text, sumErr := checksum.ContentMD5([]byte(data))
	if err != nil {
		if h != nil || text != "" || !errors.Is(sumErr, checksum.ErrFIPS) {
			t.Errorf("NewMD5 is forbidden, and ContentMD5 = %q, %v", text, sumErr)
		}
		return
	}
	h.Write([]byte(data))
	if want := "JfnnlDI7RTiF9RgfG2JNCw=="; text != want || sumErr != nil || fmt.Sprintf("%x", h.Sum(nil)) != "25f9e794323b453885f5181f1b624d0b" {
		t.Errorf("ContentMD5 = %q, %v, NewMD5 gives %x", text, sumErr, h.Sum(nil))
	}
}
