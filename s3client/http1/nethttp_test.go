package http1

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/iotest"
)

// Bodies of every length arrive whole, by a reader or by one that fails.
func TestBodiesAreSent(t *testing.T) {
	content := make([]byte, 1<<20)
	for i := range content {
		content[i] = byte(i * i >> 5)
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got, err := io.ReadAll(r.Body)
		fmt.Fprint(w, len(got), err, bytes.Equal(got, content[:len(got)]))
	}))
	t.Cleanup(srv.Close)
	tr := new(Transport)
	t.Cleanup(tr.CloseIdleConnections)
	put := func(body io.Reader, length int) (string, error) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, srv.URL, body)
		if err != nil {
			t.Fatal(err)
		}
		req.ContentLength = int64(length)
		resp, err := tr.RoundTrip(req)
		if err != nil {
			return "", err
		}
		defer resp.Body.Close()
		said, err := io.ReadAll(resp.Body)
		return string(said), err
	}
	for _, length := range []int{1, 4095, 65_536, 131_072, 131_073, 1 << 20} {
		for name, read := range map[string]func(io.Reader) io.Reader{
			"at once": func(r io.Reader) io.Reader { return struct{ io.Reader }{r} }, "by halves": iotest.HalfReader,
		} {
			said, err := put(read(bytes.NewReader(content[:length])), length)
			if want := fmt.Sprint(length, nil, true); said != want || err != nil {
				t.Errorf("%d bytes %s: the server says %q, %v", length, name, said, err)
			}
		}
	}
	gone := errors.New("the disk is gone")
	_, err := put(io.MultiReader(bytes.NewReader(content[:300_000]), iotest.ErrReader(gone)), len(content))
	wantErr(t, err, gone)
}
