package checksum

import "io"

// Reader gives the bytes of another reader, and, in place of their end, a
// [*MismatchError] if they do not have the checksum that they should. It is made by
// [NewReader].
type Reader struct {
	src  io.Reader
	want Value
	hash Hash
	end  error // after the end: io.EOF, the mismatch, or what ended it before
}

var (
	_ io.ReadCloser = (*Reader)(nil)
	_ io.WriterTo   = (*Reader)(nil)
)

// NewReader verifies what it reads from src against a full object's checksum. Bytes
// are handed out as they come: whoever uses them before the end uses what is not
// verified yet.
//
// Errors are [ErrComposite], since that cannot be found from the bytes alone,
// [ErrAlgorithm] for the zero Value, and, for SHA-1, [ErrFIPS].
func NewReader(src io.Reader, want Value) (*Reader, error) {
	if want.parts != 0 {
		return nil, &Error{Kind: ErrComposite, Subject: string(want.algorithm) + " value " + quote(want.String()),
			Problem: "is of parts: to verify bytes, a checksum of them is expected, or one Reader for each part"}
	}
	r := &Reader{src: src, want: want}
	if err := r.hash.init(want.algorithm); err != nil {
		return nil, err
	}
	return r, nil
}

// Read gives io.EOF only if the bytes before it had the checksum. Other errors of the
// source are passed on as they are.
func (r *Reader) Read(p []byte) (int, error) {
	if r.end != nil {
		return 0, r.end
	}
	n, err := r.src.Read(p)
	if _, refused := r.hash.Write(p[:n]); refused != nil {
		return 0, refused
	}
	if err == io.EOF {
		err = r.finish()
	}
	return n, err
}

// WriteTo writes all bytes to w and verifies them. The error is nil only if they
// had the checksum. After an error of w bytes are lost, and the Reader gives that
// error for ever.
func (r *Reader) WriteTo(w io.Writer) (int64, error) {
	if r.end != nil {
		return 0, failure(r.end)
	}
	t := &tee{w: w, hash: &r.hash}
	n, err := io.Copy(t, r.src)
	if err != nil {
		r.end = t.err
		return n, err
	}
	return n, failure(r.finish())
}

// tee hashes what it writes.
type tee struct {
	w    io.Writer
	hash *Hash
	err  error // of w
}

func (t *tee) Write(p []byte) (n int, err error) {
	if n, err = t.w.Write(p); err == nil && n != len(p) {
		err = io.ErrShortWrite
	}
	if err == nil {
		_, err = t.hash.Write(p)
	}
	t.err = err
	return n, err
}

// finish compares.
func (r *Reader) finish() error {
	r.end = io.EOF
	if got := r.hash.Value(); got != r.want {
		r.end = &MismatchError{Algorithm: r.want.algorithm, Got: got, Want: r.want, Length: r.hash.Len()}
	}
	return r.end
}

// failure is nil of an end that is as it should be.
func failure(err error) error {
	if err == io.EOF {
		return nil
	}
	return err
}

// Verified reports whether the end has been reached and the bytes had the checksum.
func (r *Reader) Verified() bool { return r.end == io.EOF }

// Len is the number of bytes that have been read.
func (r *Reader) Len() int64 { return r.hash.Len() }

// Close closes the source if it is an io.Closer. It verifies nothing: bytes that
// nobody read are not missed.
func (r *Reader) Close() error {
	if c, ok := r.src.(io.Closer); ok {
		return c.Close()
	}
	return nil
}
