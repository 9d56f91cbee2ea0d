package awsxml

import "io"

const (
	// maxToken bounds a tag, a comment, a run of text, the text of an element. A
	// key has at most 1,024 bytes, that is 6,144 if each is escaped, and the longest
	// text that S3 writes, the canonical request in an error, some 50,000.
	maxToken = 64 << 10

	firstBuffer = 4 << 10 // enough for most documents
	lastBuffer  = 2 * maxToken
)

// input is the document as a window that moves over it. At the beginning of a
// token the window holds the token whole, or there is something wrong with it: so
// no function that reads one has to ask for more.
type input struct {
	r        io.Reader
	buf      []byte
	pos, end int   // buf[pos:end] is what was read and is not used yet
	base     int64 // the bytes that were before buf[0]
	most     int64 // what the document may have
	err      error // why nothing more is read: io.EOF, ErrTooLarge, the reader's
}

// window gives the next bytes: maxToken of them, unless the document ends before.
// It does so however the reader cuts the document into pieces.
func (in *input) window() []byte {
	if in.end-in.pos < maxToken && in.err == nil {
		in.fill()
	}
	return in.buf[in.pos:min(in.end, in.pos+maxToken)]
}

func (in *input) fill() {
	for empty := 0; in.end-in.pos < maxToken && in.err == nil; {
		if in.end == len(in.buf) {
			in.makeRoom()
		}
		n, err := in.r.Read(in.buf[in.end:])
		in.end += n
		if over := in.base + int64(in.end) - in.most; over > 0 {
			in.end -= int(over)
			err = ErrTooLarge
		}
		if n > 0 {
			empty = 0
		} else if empty++; empty == 100 && err == nil {
			err = io.ErrNoProgress
		}
		in.err = err
	}
}

// makeRoom moves what is not used yet to the front, in a larger buffer if that
// gains too little. In the largest it gains half, for fill asks only for less than
// maxToken.
func (in *input) makeRoom() {
	rest := in.buf[in.pos:in.end]
	if in.pos <= len(in.buf)/2 {
		size := lastBuffer
		if in.buf == nil {
			size = firstBuffer
		}
		in.buf = make([]byte, size)
	}
	in.base += int64(in.pos)
	in.pos, in.end = 0, copy(in.buf, rest)
}

// offset says where in the document the window begins.
func (in *input) offset() int64 { return in.base + int64(in.pos) }
