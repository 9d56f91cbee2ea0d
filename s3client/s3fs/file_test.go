package s3fs_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"testing/synctest"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/s3client/s3fs"
	"github.com/sigvier/sigvier/s3client/s3test"
)

// A reader in every way that iotest knows, in one piece and in many.
func TestFileIsAReader(t *testing.T) {
	for _, size := range []int{0, 1, 1000, 100_000} {
		m := newMemory(size)
		m.get = func(n int, _ s3client.GetObjectInput, out *s3client.GetObjectOutput) error {
			switch n % 3 {
			case 1: // byte by byte, and the end with the last
				out.Body = io.NopCloser(iotest.DataErrReader(iotest.OneByteReader(out.Body)))
			case 2: // of unknown length
				out.ContentLength = -1
			}
			return nil
		}
		f := openFile(t, s3fs.New(t.Context(), m, "data", ""), "file")
		if err := iotest.TestReader(f, m.data); err != nil {
			t.Errorf("%d bytes: %v", size, err)
		}
		f.Close()
		m.wantClosed(t)
	}
}

func TestReadAt(t *testing.T) {
	m := newMemory(100)
	f := openFile(t, s3fs.New(t.Context(), m, "data", ""), "file")
	for _, test := range []struct {
		off   int64
		len   int
		n     int
		err   error
		asked string
	}{
		{0, 10, 10, nil, "0-9"},
		{90, 10, 10, nil, "90-99"},
		{90, 11, 10, io.EOF, "90-99"},
		{0, 100, 100, nil, ""}, // the whole
		{0, 200, 100, io.EOF, ""},
		{100, 1, 0, io.EOF, "none"},
		{1 << 62, 1, 0, io.EOF, "none"},
		{50, 0, 0, nil, "none"},
		{-1, 1, 0, fs.ErrInvalid, "none"},
	} {
		before := len(m.ranges())
		p := make([]byte, test.len)
		n, err := f.ReadAt(p, test.off)
		asked := "none"
		if all := m.ranges(); len(all) == before+1 {
			asked = all[before]
		}
		if n != test.n || !errors.Is(err, test.err) || asked != test.asked {
			t.Errorf("ReadAt of %d bytes at %d = %d, %v, asking for %q; want %d, %v, %q", test.len, test.off, n, err, asked, test.n, test.err, test.asked)
		}
		if n > 0 && !bytes.Equal(p[:n], m.data[test.off:test.off+int64(n)]) {
			t.Errorf("ReadAt of %d bytes at %d gives others", test.len, test.off)
		}
	}
	if pos, err := f.Seek(0, io.SeekCurrent); pos != 0 || err != nil {
		t.Errorf("ReadAt moved the file to %d, %v", pos, err)
	}
	m.wantClosed(t)
}

func TestSeek(t *testing.T) {
	m := newMemory(100)
	f := openFile(t, s3fs.New(t.Context(), m, "data", ""), "file")
	for _, test := range []struct {
		offset int64
		whence int
		pos    int64
		err    error
	}{
		{10, io.SeekStart, 10, nil},
		{5, io.SeekCurrent, 15, nil},
		{-1, io.SeekEnd, 99, nil},
		{7, io.SeekEnd, 107, nil}, // behind the end there is nothing
		{-1, io.SeekStart, 0, fs.ErrInvalid},
		{-101, io.SeekEnd, 0, fs.ErrInvalid},
		{0, 3, 0, fs.ErrInvalid},
	} {
		pos, err := f.Seek(test.offset, test.whence)
		if pos != test.pos || !errors.Is(err, test.err) {
			t.Errorf("Seek(%d, %d) = %d, %v, want %d, %v", test.offset, test.whence, pos, err, test.pos, test.err)
		}
	}
	if n, err := f.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		t.Errorf("Read behind the end = %d, %v", n, err)
	}
	f.Seek(40, io.SeekStart)
	if b, err := io.ReadAll(f); err != nil || !bytes.Equal(b, m.data[40:]) {
		t.Errorf("from byte 40 on: %d bytes, %v", len(b), err)
	}
	if got := m.ranges(); !slices.Equal(got, []string{"40-99"}) {
		t.Errorf("the ranges are %q", got)
	}
}

// A body that breaks off is taken up again where it did, however it did.
func TestResumes(t *testing.T) {
	reset := errors.New("connection reset by peer")
	for _, broken := range []error{reset, io.EOF, io.ErrUnexpectedEOF} {
		m := newMemory(1000)
		m.get = func(n int, _ s3client.GetObjectInput, out *s3client.GetObjectOutput) error {
			if n < 9 {
				out.Body = breaking(out.Body, 100, broken)
			}
			if n%2 == 1 { // the last bytes and the error at once
				out.Body = io.NopCloser(iotest.DataErrReader(out.Body))
			}
			return nil
		}
		fsys := s3fs.New(t.Context(), m, "data", "")
		want := []string{"", "100-999", "200-999", "300-999", "400-999", "500-999", "600-999", "700-999", "800-999", "900-999"}
		b, err := fsys.ReadFile("file")
		if err != nil || !bytes.Equal(b, m.data) || !slices.Equal(m.ranges(), want) {
			t.Errorf("after %v: ReadFile gives %d bytes, %v, by %q", broken, len(b), err, m.ranges())
		}
		m.asked = nil
		if b, err = io.ReadAll(openFile(t, fsys, "file")); err != nil || !bytes.Equal(b, m.data) || !slices.Equal(m.ranges(), want) {
			t.Errorf("after %v: Read gives %d bytes, %v, by %q", broken, len(b), err, m.ranges())
		}
		m.asked = nil
		m.get = func(n int, _ s3client.GetObjectInput, out *s3client.GetObjectOutput) error {
			if n == 0 {
				out.Body = breaking(out.Body, 100, broken)
			}
			return nil
		}
		b = make([]byte, 150)
		if _, err = openFile(t, fsys, "file").ReadAt(b, 10); err != nil || !bytes.Equal(b, m.data[10:160]) || !slices.Equal(m.ranges(), []string{"10-159", "110-159"}) {
			t.Errorf("after %v: ReadAt gives %v, by %q", broken, err, m.ranges())
		}
		for _, in := range m.asked[1:] {
			if in.IfMatch != m.etag {
				t.Errorf("the range %s was asked for without If-Match", in.Range)
			}
		}
		m.wantClosed(t)
	}
}

// Over a network, from a server that breaks off.
func TestResumesOverTheNetwork(t *testing.T) {
	data := string(random(1 << 20))
	srv, client := serve(t, s3test.Config{Faults: faults(t, "truncate=200000,op=GetObject,times=3")})
	put(t, client, "file", data)
	count := sent(srv)
	if b, err := io.ReadAll(openFile(t, s3fs.New(t.Context(), client, "data", ""), "file")); err != nil || string(b) != data {
		t.Errorf("%d bytes of %d, %v", len(b), len(data), err)
	}
	if got := count(); got != "4 GetObject, 1 HeadObject" {
		t.Errorf("the requests are %q", got)
	}
}

// Bodies that give nothing are not asked for without end.
func TestGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // with pauses
		m := newMemory(1000)
		m.get = func(_ int, in s3client.GetObjectInput, out *s3client.GetObjectOutput) error {
			out.Body = breaking(out.Body, map[bool]int64{true: 10}[in.Range == ""], io.ErrUnexpectedEOF)
			return nil
		}
		f := openFile(t, s3fs.New(t.Context(), m, "data", ""), "file")
		b, err := io.ReadAll(f)
		wantErr(t, err, "file", io.ErrUnexpectedEOF)
		if !bytes.Equal(b, m.data[:10]) || !strings.Contains(err.Error(), "5 bodies in a row broke off at byte 10") || len(m.ranges()) != 6 {
			t.Errorf("%d bytes, %v, after %d requests", len(b), err, len(m.ranges()))
		}
		m.get = nil // and a later Read goes on there
		if rest, err := io.ReadAll(f); err != nil || !bytes.Equal(append(b, rest...), m.data) {
			t.Errorf("then: %d bytes more, %v", len(rest), err)
		}
	})
}

// What gets on, however slowly, is not given up.
func TestDoesNotGiveUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(100)
		m.get = func(n int, _ s3client.GetObjectInput, out *s3client.GetObjectOutput) error {
			out.Body = breaking(out.Body, map[bool]int64{true: 10}[n%4 == 3], io.EOF)
			return nil
		}
		b, err := io.ReadAll(openFile(t, s3fs.New(t.Context(), m, "data", ""), "file"))
		if err != nil || !bytes.Equal(b, m.data) || len(m.ranges()) != 40 {
			t.Errorf("%d bytes, %v, by %d requests", len(b), err, len(m.ranges()))
		}
	})
}

// Whoever answers, the bytes are of one object, or there is an error.
func TestChangedUnderWay(t *testing.T) {
	type answer = func(int, s3client.GetObjectInput, *s3client.GetObjectOutput) error
	for _, test := range []struct {
		change string
		get    answer
		want   error
	}{
		{"replaced", func(int, s3client.GetObjectInput, *s3client.GetObjectOutput) error {
			return apiError("GetObject", 412, "PreconditionFailed")
		}, s3fs.ErrChanged},
		{"removed", func(int, s3client.GetObjectInput, *s3client.GetObjectOutput) error {
			return apiError("GetObject", 404, "NoSuchKey")
		}, s3fs.ErrChanged},
		{"shorter, by a server that ignores If-Match", func(int, s3client.GetObjectInput, *s3client.GetObjectOutput) error {
			return apiError("GetObject", 416, "InvalidRange")
		}, s3fs.ErrChanged},
		{"another ETag", func(_ int, _ s3client.GetObjectInput, out *s3client.GetObjectOutput) error {
			out.ETag = `"e2"`
			return nil
		}, s3fs.ErrChanged},
		{"no ETag", func(_ int, _ s3client.GetObjectInput, out *s3client.GetObjectOutput) error {
			out.ETag = ""
			return nil
		}, s3fs.ErrChanged},
		{"the whole for a range", func(_ int, _ s3client.GetObjectInput, out *s3client.GetObjectOutput) error {
			out.Status, out.ContentRange = 200, ""
			return nil
		}, s3fs.ErrIntegrity},
		{"another range", func(_ int, _ s3client.GetObjectInput, out *s3client.GetObjectOutput) error {
			out.ContentRange = strings.Replace(out.ContentRange, "bytes 5", "bytes 4", 1)
			return nil
		}, s3fs.ErrIntegrity},
		{"another size", func(_ int, _ s3client.GetObjectInput, out *s3client.GetObjectOutput) error {
			out.ContentRange = strings.Replace(out.ContentRange, "/100", "/101", 1)
			return nil
		}, s3fs.ErrIntegrity},
		{"another length", func(_ int, _ s3client.GetObjectInput, out *s3client.GetObjectOutput) error {
			out.ContentLength++
			return nil
		}, s3fs.ErrIntegrity},
		{"more bytes, of unknown number", func(_ int, _ s3client.GetObjectInput, out *s3client.GetObjectOutput) error {
			out.ContentLength = -1
			out.Body = io.NopCloser(io.MultiReader(out.Body, strings.NewReader("more")))
			return nil
		}, s3fs.ErrIntegrity},
	} {
		t.Run(test.change, func(t *testing.T) {
			m := newMemory(100)
			f := openFile(t, s3fs.New(t.Context(), m, "data", ""), "file")
			m.get = test.get
			_, err := f.ReadAt(make([]byte, 10), 50)
			wantErr(t, err, "file", test.want)
			f.Seek(50, io.SeekStart)
			_, err = io.ReadAll(f)
			wantErr(t, err, "file", test.want)
			m.wantClosed(t)

			// The same in the middle of ReadFile.
			m.get = func(n int, in s3client.GetObjectInput, out *s3client.GetObjectOutput) error {
				if in.Range == "" {
					out.Body = breaking(out.Body, 50, io.ErrUnexpectedEOF)
					return nil
				}
				return test.get(n, in, out)
			}
			b, err := s3fs.New(t.Context(), m, "data", "").ReadFile("file")
			wantErr(t, err, "file", test.want)
			if b != nil {
				t.Errorf("beside the error there are %d bytes", len(b))
			}
			m.wantClosed(t)
		})
	}
}

// Against a real server, which keeps to If-Match.
func TestReplacedAndRemoved(t *testing.T) {
	_, client := serve(t, s3test.Config{}, "file")
	f := openFile(t, s3fs.New(t.Context(), client, "data", ""), "file")
	put(t, client, "file", "next") // of the same length
	var api *s3client.APIError
	_, err := f.ReadAt(make([]byte, 2), 0)
	wantErr(t, err, "file", s3fs.ErrChanged, s3client.ErrPreconditionFailed)
	if !errors.As(err, &api) {
		t.Errorf("%v holds no *APIError", err)
	}
	if _, err := client.DeleteObject(t.Context(), s3client.DeleteObjectInput{Bucket: "data", Key: "file"}); err != nil {
		t.Fatal(err)
	}
	_, err = f.Read(make([]byte, 2))
	wantErr(t, err, "file", s3fs.ErrChanged)
}

// A first answer that does not say enough is refused, and so is a part for the whole.
func TestFirstAnswer(t *testing.T) {
	m := newMemory(10)
	for name, spoil := range map[string]func(*s3client.ObjectInfo){
		"no ETag":   func(o *s3client.ObjectInfo) { o.ETag = "" },
		"no length": func(o *s3client.ObjectInfo) { o.ContentLength = -1 },
	} {
		m.head = func(out *s3client.HeadObjectOutput) error { spoil(&out.ObjectInfo); return nil }
		m.get = func(_ int, _ s3client.GetObjectInput, out *s3client.GetObjectOutput) error {
			spoil(&out.ObjectInfo)
			return nil
		}
		for _, op := range []string{"Open", "ReadFile"} {
			t.Run(op+" "+name, func(t *testing.T) {
				wantErr(t, operations[op](s3fs.New(t.Context(), m, "data", ""), "file"), "file", s3fs.ErrIntegrity)
			})
		}
	}
	m.get = func(_ int, _ s3client.GetObjectInput, out *s3client.GetObjectOutput) error {
		out.Status = 206
		return nil
	}
	wantErr(t, operations["ReadFile"](s3fs.New(t.Context(), m, "data", ""), "file"), "file", s3fs.ErrIntegrity)
	m.wantClosed(t)
}

// A body that is found wrong once it has come whole is an error, not read again.
func TestVerifiedBody(t *testing.T) {
	wrong := errors.New("checksum")
	m := newMemory(1000)
	m.get = func(_ int, _ s3client.GetObjectInput, out *s3client.GetObjectOutput) error {
		out.Body = breaking(out.Body, 1000, wrong)
		return nil
	}
	fsys := s3fs.New(t.Context(), m, "data", "")
	wantErr(t, operations["ReadFile"](fsys, "file"), "file", wrong)
	_, err := io.ReadAll(openFile(t, fsys, "file"))
	wantErr(t, err, "file", wrong)
	if len(m.ranges()) != 2 {
		t.Errorf("there were %d requests", len(m.ranges()))
	}
}

func TestClose(t *testing.T) {
	_, client := serve(t, s3test.Config{}, "dir/file")
	fsys := s3fs.New(t.Context(), client, "data", "")
	f := openFile(t, fsys, "dir/file")
	d := openDir(t, fsys, "dir")
	if err := errors.Join(f.Close(), d.Close()); err != nil {
		t.Fatal(err)
	}
	for op, call := range map[string]func() error{
		"Read":   func() error { _, err := f.Read(make([]byte, 1)); return err },
		"ReadAt": func() error { _, err := f.ReadAt(make([]byte, 1), 0); return err },
		"Seek":   func() error { _, err := f.Seek(0, io.SeekStart); return err },
		"Stat":   func() error { _, err := f.Stat(); return err },
		"Close":  f.Close,
	} {
		t.Run(op, func(t *testing.T) { wantErr(t, call(), "dir/file", fs.ErrClosed) })
	}
	for op, call := range map[string]func() error{
		"Read":    func() error { _, err := d.Read(make([]byte, 1)); return err },
		"ReadDir": func() error { _, err := d.ReadDir(-1); return err },
		"Stat":    func() error { _, err := d.Stat(); return err },
		"Close":   d.Close,
	} {
		t.Run("Dir."+op, func(t *testing.T) { wantErr(t, call(), "dir", fs.ErrClosed) })
	}
}

// Close ends a Read that waits.
func TestCloseWhileReading(t *testing.T) {
	m := newMemory(10)
	waiting := make(chan struct{})
	m.get = func(_ int, _ s3client.GetObjectInput, out *s3client.GetObjectOutput) error {
		close(waiting)
		return nil
	}
	f := openFile(t, s3fs.New(t.Context(), &hanging{memory: m}, "data", ""), "file")
	read := make(chan error)
	go func() {
		_, err := f.Read(make([]byte, 1))
		read <- err
	}()
	<-waiting
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	wantErr(t, <-read, "file", fs.ErrClosed)
	m.wantClosed(t)
}

// hanging has bodies that give nothing until their context ends.
type hanging struct{ *memory }

func (h *hanging) GetObject(ctx context.Context, in s3client.GetObjectInput) (s3client.GetObjectOutput, error) {
	out, err := h.memory.GetObject(ctx, in)
	if err == nil {
		out.Body = &hung{ctx, out.Body}
	}
	return out, err
}

type hung struct {
	ctx context.Context
	io.Closer
}

func (h *hung) Read([]byte) (int, error) {
	<-h.ctx.Done()
	return 0, h.ctx.Err()
}

// ReadAt, Read, Stat and ReadDir from many sides at once.
func TestConcurrentUse(t *testing.T) {
	data := random(64 << 10)
	_, client := serve(t, s3test.Config{}, "dir/a", "dir/b")
	put(t, client, "file", string(data))
	fsys := s3fs.New(t.Context(), client, "data", "")
	f := openFile(t, fsys, "file")
	d := openDir(t, fsys, "dir")
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			p := make([]byte, 8<<10)
			if _, err := f.ReadAt(p, int64(i*len(p))); err != nil || !bytes.Equal(p, data[i*len(p):(i+1)*len(p)]) {
				t.Errorf("ReadAt of part %d: %v", i, err)
			}
			if _, err := f.Read(p); err != nil {
				t.Error(err)
			}
			if _, err := d.ReadDir(1); err != nil && err != io.EOF {
				t.Error(err)
			}
			if _, err := fsys.Stat("dir"); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

// Files of many gigabytes are no matter: only what is asked for is sent.
func TestSparse(t *testing.T) {
	m := newMemory(10)
	const size = 5 << 40
	m.head = func(out *s3client.HeadObjectOutput) error { out.ContentLength = size; return nil }
	f := openFile(t, s3fs.New(t.Context(), m, "data", ""), "file")
	f.ReadAt(make([]byte, 3), size-3)
	if want := fmt.Sprintf("%d-%d", int64(size-3), int64(size-1)); !slices.Equal(m.ranges(), []string{want}) {
		t.Errorf("the ranges are %q, want %s", m.ranges(), want)
	}
}
