package s3test

import (
	"io"
	"net/http"
	"sync"
)

// How the bytes of an object or a part come in.

var buffers = sync.Pool{New: func() any { return new([256 << 10]byte) }}

// receive takes the body in and holds it against all that was said of it.
func receive(up *upload, r *http.Request, q *request, sums *checksums) (int64, error) {
	body := &bodyReader{r: r.Body}
	writers := append(fanOut{up}, sums.writers()...)
	buf := buffers.Get().(*[256 << 10]byte)
	defer buffers.Put(buf)
	n, err := io.CopyBuffer(writers, body, buf[:])
	switch {
	case body.err != nil:
		return n, bodyError(body.err)
	case err == nil && r.ContentLength >= 0 && n != r.ContentLength:
		return n, standard("IncompleteBody")
	case err != nil:
		return n, err
	}
	if q.trailer != "" {
		if sums.want = r.Trailer.Get(q.trailer); sums.want == "" {
			return n, standard("MalformedTrailerError")
		}
	}
	return n, sums.verify()
}

// fanOut writes to all at the same time: the hashes take longer than the network,
// MD5 above all. Only the first may fail.
type fanOut []io.Writer

func (f fanOut) Write(p []byte) (int, error) {
	var wg sync.WaitGroup
	for _, w := range f[1:] {
		if len(p) < 64<<10 { // not worth a goroutine
			w.Write(p)
			continue
		}
		wg.Go(func() { w.Write(p) })
	}
	n, err := f[0].Write(p)
	wg.Wait()
	return n, err
}

// bodyReader tells a broken body from a disk that is full.
type bodyReader struct {
	r   io.Reader
	err error
}

func (b *bodyReader) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if err != nil && err != io.EOF {
		b.err = err
	}
	return n, err
}
