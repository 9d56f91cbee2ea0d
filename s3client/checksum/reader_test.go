package checksum_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/sigvier/sigvier/s3client/checksum"
)

func newReader(t testing.TB, src io.Reader, want checksum.Value) *checksum.Reader {
	t.Helper()
	r, err := checksum.NewReader(src, want)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// sources give the same bytes in different ways.
var sources = map[string]func(io.Reader) io.Reader{
	"as they come":           func(r io.Reader) io.Reader { return r },
	"no WriterTo":            func(r io.Reader) io.Reader { return struct{ io.Reader }{r} },
	"one byte":               iotest.OneByteReader,
	"half":                   iotest.HalfReader,
	"end with the last byte": iotest.DataErrReader,
	"empty reads":            func(r io.Reader) io.Reader { return &pausing{src: r} },
}

// pausing gives nothing every other time.
type pausing struct {
	src   io.Reader
	pause bool
}

func (p *pausing) Read(b []byte) (int, error) {
	if p.pause = !p.pause; p.pause {
		return 0, nil
	}
	return p.src.Read(b)
}

// ways to read it all.
var ways = map[string]func(*checksum.Reader) (string, error){
	"ReadAll": func(r *checksum.Reader) (string, error) {
		b, err := io.ReadAll(r)
		return string(b), err
	},
	"Copy": func(r *checksum.Reader) (string, error) {
		var b strings.Builder
		_, err := io.Copy(&b, r)
		return b.String(), err
	},
	"ReadFrom": func(r *checksum.Reader) (string, error) {
		var b bytes.Buffer
		_, err := b.ReadFrom(r)
		return b.String(), err
	},
	"Read, then WriteTo": func(r *checksum.Reader) (string, error) {
		p := make([]byte, 3)
		n, err := io.ReadFull(r, p)
		if err != nil {
			return string(p[:n]), err
		}
		var b strings.Builder
		_, err = r.WriteTo(&b)
		return string(p) + b.String(), err
	},
}

func TestReaderVerifies(t *testing.T) {
	data := string(random(5000))
	for _, a := range algorithms() {
		want := sum(t, a, data)
		for sourceName, source := range sources {
			for wayName, way := range ways {
				r := newReader(t, source(strings.NewReader(data)), want)
				if r.Verified() {
					t.Fatal("verified before it was read")
				}
				got, err := way(r)
				if err != nil || got != data || !r.Verified() || r.Len() != int64(len(data)) {
					t.Errorf("%s, %s, %s: %d bytes, %v, verified %t; want %d, nil, true", a, sourceName, wayName, len(got), err, r.Verified(), len(data))
				}
				if n, err := r.Read(make([]byte, 1)); n != 0 || err != io.EOF {
					t.Errorf("after the end: %d, %v, want 0, EOF", n, err)
				}
				if n, err := r.WriteTo(io.Discard); n != 0 || err != nil {
					t.Errorf("WriteTo after the end: %d, %v, want 0, nil", n, err)
				}
			}
		}
	}
}

// The standard library's own test of readers, which also looks for bytes beside an
// error, reads after the end, and so on.
func TestReaderIsAReader(t *testing.T) {
	data := random(3000)
	r := newReader(t, bytes.NewReader(data), sum(t, checksum.CRC32C, string(data)))
	if err := iotest.TestReader(r, data); err != nil {
		t.Error(err)
	}
}

func TestReaderFindsDamage(t *testing.T) {
	data := string(random(5000))
	flipped := []byte(data)
	flipped[4999] ^= 1
	for _, a := range algorithms() {
		want := sum(t, a, data)
		for name, came := range map[string]string{
			"a flipped bit": string(flipped), "cut": data[:4999], "longer": data + "\x00", "nothing": "", "swapped": data[2500:] + data[:2500],
		} {
			for sourceName, source := range sources {
				for wayName, way := range ways {
					if name == "nothing" && wayName == "Read, then WriteTo" {
						continue // it gives no byte to read first
					}
					r := newReader(t, source(strings.NewReader(came)), want)
					got, err := way(r)
					var mismatch *checksum.MismatchError
					if !errors.Is(err, checksum.ErrMismatch) || !errors.As(err, &mismatch) || r.Verified() {
						t.Errorf("%s, %s, %s, %s: %v, verified %t, want a mismatch", a, name, sourceName, wayName, err, r.Verified())
						continue
					}
					if got != came {
						t.Errorf("%s, %s, %s, %s: %d bytes, want the %d that came", a, name, sourceName, wayName, len(got), len(came))
					}
					if *mismatch != (checksum.MismatchError{Algorithm: a, Got: sum(t, a, came), Want: want, Length: int64(len(came))}) {
						t.Errorf("%s, %s, %s, %s: %+v", a, name, sourceName, wayName, mismatch)
					}
					for _, text := range []string{string(a), mismatch.Got.String(), want.String(), fmt.Sprint(len(came))} {
						if !strings.Contains(err.Error(), text) {
							t.Errorf("%q does not say %s", err, text)
						}
					}
					if n, again := r.Read(make([]byte, 1)); n != 0 || again != err {
						t.Errorf("after the mismatch: %d, %v, want 0 and the same", n, again)
					}
					if n, again := r.WriteTo(io.Discard); n != 0 || again != err {
						t.Errorf("WriteTo after the mismatch: %d, %v, want 0 and the same", n, again)
					}
				}
			}
		}
	}
}

func TestReaderPassesErrorsOn(t *testing.T) {
	broken := errors.New("connection reset")
	data := "0123456789"
	for name, way := range ways {
		r := newReader(t, io.MultiReader(strings.NewReader(data[:5]), iotest.ErrReader(broken)), sum(t, checksum.CRC32, data))
		if got, err := way(r); got != data[:5] || err != broken || r.Verified() {
			t.Errorf("%s: %q, %v, verified %t, want %q, %v, false", name, got, err, r.Verified(), data[:5], broken)
		}
	}

	// A source that goes on after an error is read on, and verified.
	r := newReader(t, iotest.TimeoutReader(iotest.OneByteReader(strings.NewReader(data))), sum(t, checksum.CRC32, data))
	first, err := io.ReadAll(r)
	if err != iotest.ErrTimeout {
		t.Fatalf("%q, %v, want a timeout", first, err)
	}
	if rest, err := io.ReadAll(r); string(first)+string(rest) != data || err != nil {
		t.Errorf("%q, %q, %v, want all", first, rest, err)
	}
}

// A writer that takes no more.
type full struct {
	room int
	err  error
}

func (f *full) Write(p []byte) (int, error) {
	n := min(f.room, len(p))
	f.room -= n
	if n < len(p) {
		return n, f.err
	}
	return n, nil
}

func TestReaderAfterAnErrorOfTheWriter(t *testing.T) {
	data := string(random(100_000))
	for err, want := range map[error]error{os.ErrClosed: os.ErrClosed, nil: io.ErrShortWrite} {
		for name, source := range sources {
			r := newReader(t, source(strings.NewReader(data)), sum(t, checksum.CRC64NVME, data))
			if n, got := r.WriteTo(&full{50_000, err}); n != 50_000 || got != want {
				t.Errorf("%s: WriteTo = %d, %v, want 50000, %v", name, n, got, want)
			}
			if n, got := r.Read(make([]byte, 10)); n != 0 || got != want || r.Verified() {
				t.Errorf("%s: then Read = %d, %v, verified %t, want 0, %v, false", name, n, got, r.Verified(), want)
			}
		}
	}
}

func TestNoReader(t *testing.T) {
	uncounted, err := checksum.Parse(checksum.SHA256, "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=", checksum.Composite)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ want, value any }{
		{checksum.ErrComposite, parse(t, checksum.CRC32, "cmQJqg==-3")},
		{checksum.ErrComposite, uncounted},
		{checksum.ErrAlgorithm, checksum.Value{}},
	} {
		if r, err := checksum.NewReader(strings.NewReader(""), test.value.(checksum.Value)); r != nil || !errors.Is(err, test.want.(error)) {
			t.Errorf("NewReader of %v = %v, %v, want nil, %v", test.value, r, err, test.want)
		}
	}
}

type closer struct {
	io.Reader
	closed int
}

func (c *closer) Close() error { c.closed++; return os.ErrClosed }

func TestClose(t *testing.T) {
	src := &closer{Reader: strings.NewReader("abc")}
	r := newReader(t, src, sum(t, checksum.CRC32, "abc"))
	if err := r.Close(); err != os.ErrClosed || src.closed != 1 || r.Verified() {
		t.Errorf("Close = %v, %d times, verified %t, want the source's error, 1, false", err, src.closed, r.Verified())
	}
	if err := newReader(t, strings.NewReader(""), sum(t, checksum.CRC32, "")).Close(); err != nil {
		t.Errorf("Close of a source that is no Closer = %v", err)
	}
}

// A download, verified while it streams.
func ExampleNewReader() {
	want, err := checksum.Parse(checksum.CRC64NVME, "OOJZ0D8xKts=", checksum.FullObject) // the answer's x-amz-checksum-crc64nvme
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, body := range []string{"Hello world", "Hello w0rld"} {
		r, err := checksum.NewReader(strings.NewReader(body), want)
		if err != nil {
			fmt.Println(err)
			return
		}
		_, err = io.Copy(io.Discard, r)
		fmt.Println(r.Verified(), errors.Is(err, checksum.ErrMismatch))
	}
	// Output:
	// true false
	// false true
}
