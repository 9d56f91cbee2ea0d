package s3test

import (
	"io"
	"net/http"
)

// What faults do to the body of a request, on its way from the network to where its
// signature and its checksum are verified.

// requestBody is the body as it was sent. It is put in place before the signature is
// verified, and struck afterwards, before anything of it is read.
type requestBody struct {
	io.ReadCloser
	w       *answer
	request *http.Request
	pos     int64
	pace    *pace // nil is none
	strikes []strike
}

// tap gives the request a body that faults can strike, if there are any that do.
func (s *Server) tap(w *answer, r *http.Request) {
	for _, f := range s.faults {
		if f.Kind.ofUpload() && r.Body != nil && r.Body != http.NoBody {
			w.requestBody = &requestBody{ReadCloser: r.Body, w: w, request: r}
			r.Body = w.requestBody
			return
		}
	}
}

func (b *requestBody) strike(f strike) {
	if f.Kind == FaultUploadSlow {
		b.pace = &pace{rate: f.N}
		return
	}
	f.N, f.Random = f.at(max(0, b.request.ContentLength)), false
	b.strikes = append(b.strikes, f)
}

func (b *requestBody) Read(p []byte) (int, error) {
	for i := 0; i < len(b.strikes); i++ {
		f := b.strikes[i]
		switch {
		case f.Kind == FaultUploadFlip:
		case f.N > b.pos:
			p = p[:min(int64(len(p)), f.N-b.pos)]
		case f.Kind == FaultUploadReset:
			breakOff(b.w, b.request)
			return 0, io.ErrUnexpectedEOF
		default:
			b.strikes = append(b.strikes[:i], b.strikes[i+1:]...)
			i--
			pause(b.request.Context(), f.pause)
		}
	}
	if b.pace != nil {
		p = p[:min(len(p), b.pace.quantum())]
	}
	n, err := b.ReadCloser.Read(p)
	if b.pace != nil {
		b.pace.wait(n, b.request.Context().Done())
	}
	for _, f := range b.strikes {
		if at := f.N - b.pos; f.Kind == FaultUploadFlip && at >= 0 && at < int64(n) {
			p[at] ^= 0xff
		}
	}
	b.pos += int64(n)
	return n, err
}
