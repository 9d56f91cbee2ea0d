package sigv4_test

// Bodies in pieces: package sigv4's chains and package sigv4http's encoder and
// decoder against the framing of spec_test.go.

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sigv4/sigv4http"
)

// specUpload is a body that is sent in chunks.
type specUpload struct {
	pattern  string // the data is this repeated
	length   int
	size     int // of a chunk
	unsigned bool
	trailers string // lines of name:value
	token    string
}

func (u specUpload) data() string {
	if u.pattern == "" {
		u.pattern = "a"
	}
	return strings.Repeat(u.pattern, u.length/len(u.pattern)+1)[:u.length]
}

// pairs are the trailers, nil if there are none.
func (u specUpload) pairs() []specPair {
	var pairs []specPair
	for line := range strings.SplitSeq(u.trailers, "\n") {
		if name, value, found := strings.Cut(line, ":"); found {
			pairs = append(pairs, specPair{name, value})
		}
	}
	return pairs
}

// trailer are the pairs as a server sees them.
func (u specUpload) trailer() http.Header {
	trailer := http.Header{}
	for _, p := range u.pairs() {
		trailer.Add(p.name, p.value)
	}
	return trailer
}

// payload is the word that announces the body (S3H, x-amz-content-sha256).
func (u specUpload) payload() string {
	switch {
	case u.unsigned:
		return "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
	case u.pairs() != nil:
		return "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
	}
	return "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
}

var specUploadTime = time.Date(2013, 5, 24, 0, 0, 0, 0, time.UTC)

func (u specUpload) signer() specSigner {
	s := specForService("s3")
	s.accessKeyID, s.secret, s.token, s.region = specAccessKeyID, specSecret, u.token, "us-east-1"
	s.time = specUploadTime.Format(specTimeFormat)
	return s
}

// body is what the specification sends behind the head.
func (u specUpload) body(seed string) string {
	if u.unsigned {
		return specUnsignedBody(u.data(), u.size, u.pairs())
	}
	return u.signer().signedBody(seed, u.data(), u.size, u.pairs())
}

// wire is the whole request as the specification sends it. The lengths are in
// the head (S3C: Content-Length or Transfer-Encoding, and always
// x-amz-decoded-content-length; S3T: x-amz-trailer).
func (u specUpload) wire() string {
	headers := []specPair{
		{"Content-Encoding", "aws-chunked"},
		{"X-Amz-Decoded-Content-Length", fmt.Sprint(u.length)},
	}
	if pairs := u.pairs(); pairs != nil {
		var names []string
		for _, p := range pairs {
			names = append(names, p.name)
		}
		headers = append(headers, specPair{"X-Amz-Trailer", strings.Join(names, ",")})
	}
	r := specRequest{method: "PUT", host: "s3.amazonaws.com", path: "/bucket/key", headers: headers, payload: u.payload()}
	signed, sent := u.signer().signHeader(r)
	body := u.body(signed.signature)

	var wire bytes.Buffer
	fmt.Fprintf(&wire, "PUT /bucket/key HTTP/1.1\r\nHost: s3.amazonaws.com\r\nContent-Length: %d\r\n", len(body))
	for _, h := range sent {
		fmt.Fprintf(&wire, "%s: %s\r\n", h.name, h.value)
	}
	return wire.String() + "\r\n" + body
}

// fast gives signer and credentials of package sigv4 for the upload.
func (u specUpload) fast(t testing.TB) (*sigv4.Signer, sigv4.Credentials) {
	t.Helper()
	signer, err := sigv4.NewSigner("s3", "us-east-1", nil)
	if err != nil {
		t.Fatal(err)
	}
	return signer, sigv4.NewCredentials(specAccessKeyID, specSecret, u.token)
}

// mayRefuse says why the encoder may refuse an upload, "" if it must not.
func (u specUpload) mayRefuse() string {
	const token = "abcdefghijklmnopqrstuvwxyz0123456789-"
	if u.size < sigv4http.MinChunk {
		return "chunks are of 8 KiB at least (S3C)"
	}
	if strings.ContainsFunc(u.token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "the session token is not visible ASCII"
	}
	if u.unsigned && u.pairs() == nil {
		return "STREAMING-UNSIGNED-PAYLOAD-TRAILER announces a trailer"
	}
	seen := map[string]bool{}
	for _, p := range u.pairs() {
		if strings.Trim(p.name, token) != "" || p.name == "" || seen[p.name] || p.name == "x-amz-trailer-signature" {
			return "a trailer's name is no header's in lower case, or is there twice"
		}
		seen[p.name] = true
		if p.value != strings.TrimSpace(p.value) || strings.ContainsFunc(p.value, func(r rune) bool { return r < ' ' || r > '~' }) {
			return "a trailer's value has blanks at its ends or is not ASCII"
		}
	}
	return ""
}

// mustRefuse says why the encoder has to refuse an upload: what it would send
// were not the trailers that were meant (RFC 9110, section 5.1 and 5.5).
func (u specUpload) mustRefuse() string {
	for _, p := range u.pairs() {
		if p.name == "" || strings.Trim(p.name, specTokenBytes) != "" {
			return "a trailer's name is no HTTP token"
		}
		if strings.ContainsFunc(p.value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
			return "a trailer's value has a control byte"
		}
	}
	return ""
}

// specSent keeps what a Transport sends.
type specSent struct {
	req  *http.Request
	body []byte
}

func (s *specSent) RoundTrip(req *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	s.req, s.body = req, body
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: http.NoBody, Request: req}, nil
}

// send puts the upload through package sigv4http.
func (u specUpload) send(t testing.TB) (*specSent, error) {
	t.Helper()
	signer, cred := u.fast(t)
	sent := &specSent{}
	client := &sigv4http.Transport{
		Signer: signer, Provider: cred, Base: sent, MaxAttempts: 1,
		Now: func() time.Time { return specUploadTime },
	}
	chunking := sigv4http.Chunking{Size: u.size, Unsigned: u.unsigned}
	if pairs := u.pairs(); pairs != nil {
		chunking.Trailers = func() []sigv4http.Trailer {
			var trailers []sigv4http.Trailer
			for _, p := range pairs {
				trailers = append(trailers, sigv4http.Trailer{Name: p.name, Value: p.value})
			}
			return trailers
		}
	}
	req, err := http.NewRequestWithContext(sigv4http.WithChunks(context.Background(), chunking),
		http.MethodPut, "https://s3.amazonaws.com/bucket/key", strings.NewReader(u.data()))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	return sent, resp.Body.Close()
}

// specCheckEncoder: what package sigv4http sends is the specification's framing,
// to the byte, after a head that verifies by the specification.
func specCheckEncoder(t testing.TB, u specUpload) specOutcome {
	t.Helper()
	sent, err := u.send(t)
	if err != nil {
		if u.mayRefuse() == "" {
			t.Fatalf("%+v: refused with %v, but must be accepted", u, err)
		}
		return specRefused
	}
	if why := u.mustRefuse(); why != "" {
		t.Fatalf("%+v: sent, but %s", u, why)
	}

	var headers []specPair
	for name, values := range sent.req.Header {
		for _, value := range values {
			headers = append(headers, specPair{name, value})
		}
	}
	r := specRequest{method: "PUT", host: "s3.amazonaws.com", path: "/bucket/key", headers: headers}
	if err := u.signer().verify(r, ""); err != nil {
		t.Fatalf("%+v: head: %v", u, err)
	}
	want := map[string]string{
		"X-Amz-Content-Sha256":         u.payload(),
		"X-Amz-Decoded-Content-Length": fmt.Sprint(u.length),
		"Content-Encoding":             "aws-chunked",
	}
	for name, value := range want {
		if got := sent.req.Header.Values(name); len(got) != 1 || got[0] != value {
			t.Fatalf("%+v: %s = %q, want %q", u, name, got, value)
		}
	}

	_, seed, _ := strings.Cut(sent.req.Header.Get("Authorization"), "Signature=")
	body := u.body(seed)
	if string(sent.body) != body {
		t.Fatalf("%+v: body (-want +got):\n%s", u, cmp.Diff(specVisible(body), specVisible(string(sent.body))))
	}
	if sent.req.ContentLength != int64(len(body)) {
		t.Fatalf("%+v: ContentLength = %d, want %d", u, sent.req.ContentLength, len(body))
	}
	return specAgreed
}

// specVisible shortens a body for a failure's text.
func specVisible(body string) []string {
	lines := strings.SplitAfter(body, "\r\n")
	for i, line := range lines {
		if len(line) > 200 {
			lines[i] = fmt.Sprintf("%.60q… of %d bytes, SHA-256 %s", line, len(line), specSHA256(line))
		}
	}
	return lines
}

// decode reads a request as a server does, with the fast verifier and decoder.
func (u specUpload) decode(t testing.TB, wire []byte) (data string, trailer http.Header, err error) {
	t.Helper()
	req, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(wire)))
	if err != nil {
		return "", nil, err
	}
	signer, cred := u.fast(t)
	lookup := func(context.Context, string, string) (sigv4.Credentials, error) { return cred, nil }
	verified, err := signer.Verify(req, lookup, sigv4.PayloadHash{}, specUploadTime)
	if err != nil {
		return "", nil, err
	}
	var r *sigv4http.ChunkedReader
	if u.unsigned {
		r, err = sigv4http.NewChunkedReader(req, nil)
	} else {
		chain, chainErr := signer.ChunkVerifier(verified, cred)
		if chainErr != nil {
			return "", nil, chainErr
		}
		r, err = sigv4http.NewChunkedReader(req, chain)
	}
	if err != nil {
		return "", nil, err
	}
	got, err := io.ReadAll(r)
	return string(got), r.Trailer, err
}

// specCheckDecoder: the decoder gives back what the specification has encoded.
func specCheckDecoder(t testing.TB, u specUpload) specOutcome {
	t.Helper()
	data, trailer, err := u.decode(t, []byte(u.wire()))
	if err != nil {
		if u.mayRefuse() == "" {
			t.Fatalf("%+v: %v", u, err)
		}
		return specRefused
	}
	if data != u.data() {
		t.Fatalf("%+v: decoded %d bytes, SHA-256 %s, want %d, %s", u, len(data), specSHA256(data), u.length, specSHA256(u.data()))
	}
	if diff := cmp.Diff(u.trailer(), trailer, cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("%+v: trailer (-want +got):\n%s", u, diff)
	}
	return specAgreed
}

// specCheckFlip: with one byte of the encoded body changed, the signed body is
// refused at the latest at its end; or nothing has changed, for the name of a
// trailer is hashed in lower case (S3T).
func specCheckFlip(t testing.TB, u specUpload, at int, mask byte) specOutcome {
	t.Helper()
	if u.unsigned || u.mayRefuse() != "" || mask == 0 {
		return specSkipped
	}
	wire := []byte(u.wire())
	start := bytes.Index(wire, []byte("\r\n\r\n")) + 4
	i := start + at%(len(wire)-start)
	wire[i] ^= mask
	data, trailer, err := u.decode(t, wire)
	if err != nil {
		return specRefused
	}
	if data != u.data() || !cmp.Equal(u.trailer(), trailer, cmpopts.EquateEmpty()) {
		t.Fatalf("%+v: byte %d of the body changed from %q to %q: accepted", u, i-start, wire[i]^mask, wire[i])
	}
	return specAgreed
}

// specUploads are the seeds: S3C's and S3T's example, and the edges.
func specUploads() []specUpload {
	return []specUpload{
		{pattern: "a", length: 66560, size: 65536},
		{pattern: "a", length: 66560, size: 65536, trailers: "x-amz-checksum-crc32c:sOO8/Q=="},
		{pattern: "a", length: 66560, size: 65536, unsigned: true, trailers: "x-amz-checksum-crc32c:sOO8/Q=="},
		{pattern: "a", length: 0, size: 8192},
		{pattern: "a", length: 0, size: 8192, trailers: "x-amz-checksum-crc32:AAAAAA=="},
		{pattern: "a", length: 0, size: 8192, unsigned: true, trailers: "x-amz-checksum-crc32:AAAAAA=="},
		{pattern: "\r\n0;chunk-signature=", length: 8191, size: 8192},
		{pattern: "abc", length: 8192, size: 8192},
		{pattern: "abc", length: 8193, size: 8192, token: "token/+="},
		{pattern: "\x00\xff", length: 24577, size: 8193, trailers: "b:2\na:1\nc:"},
		{pattern: "x", length: 3, size: 1 << 20, unsigned: true, trailers: "z:1\ny:2"},
		{pattern: "x", length: 100, size: 10}, // too small for S3, and for the encoder
	}
}

const specUploadCount = 12

func specFuzzUploads(f *testing.F, property func(t *testing.T, u specUpload, extra uint32)) {
	for i, u := range specUploads() {
		f.Add(u.pattern, uint32(u.length), uint32(u.size), u.unsigned, u.trailers, u.token, uint32(i)*7919+1)
	}
	f.Fuzz(func(t *testing.T, pattern string, length, size uint32, unsigned bool, trailers, token string, extra uint32) {
		property(t, specUpload{
			pattern: pattern, length: int(length % (1 << 17)), size: int(size%(1<<20)) + 1,
			unsigned: unsigned, trailers: trailers, token: token,
		}, extra)
	})
}

// Property: the encoder's bytes are the specification's framing.
func FuzzSpecEncoder(f *testing.F) {
	specFuzzUploads(f, func(t *testing.T, u specUpload, _ uint32) { specCheckEncoder(t, u) })
}

// Property: the decoder undoes the specification's framing, for chunks of any
// size.
func FuzzSpecDecoder(f *testing.F) {
	specFuzzUploads(f, func(t *testing.T, u specUpload, _ uint32) { specCheckDecoder(t, u) })
}

// Property: a changed byte in a body of signed chunks is refused.
func FuzzSpecFlippedChunk(f *testing.F) {
	specFuzzUploads(f, func(t *testing.T, u specUpload, extra uint32) { specCheckFlip(t, u, int(extra>>8), byte(extra)) })
}

// Property: ChunkSigner makes the specification's chain of chunks and trailers,
// in whatever order they come, or of events, each with its own time.
func FuzzSpecChain(f *testing.F) {
	f.Add("", "", int64(0))
	f.Add("cct", "hello", int64(1700000000))
	f.Add("eee", "\x05:date\x08\x00", int64(1369353600))
	f.Add("e", "x", int64(-1))
	f.Fuzz(func(t *testing.T, steps, data string, seconds int64) {
		u := specUpload{}
		signer, cred := u.fast(t)
		s := u.signer()
		req, err := http.NewRequest(http.MethodPut, "https://s3.amazonaws.com/bucket/key", nil)
		if err != nil {
			t.Fatal(err)
		}
		payload, err := sigv4.ParsePayloadHash("STREAMING-AWS4-HMAC-SHA256-EVENTS")
		if err != nil {
			t.Fatal(err)
		}
		if err := signer.Sign(req, cred, payload, specUploadTime); err != nil {
			t.Fatal(err)
		}
		chain, err := signer.ChunkSigner(req, cred)
		if err != nil {
			t.Fatal(err)
		}
		seed, _ := s.signHeader(specRequest{method: "PUT", host: "s3.amazonaws.com", path: "/bucket/key", payload: payload.String()})
		previous := seed.signature
		events := strings.HasPrefix(steps, "e") // a body has chunks or events, never both
		for i, step := range []byte(steps) {
			if i == 64 {
				break
			}
			piece := fmt.Sprint(i, data)
			var got []byte
			switch {
			case events:
				when := time.Unix(seconds, 0).UTC()
				if got, err = chain.Event(when, specSum(piece), specSum(data)); err != nil {
					if !specIsRefusal(err) || when.Year() >= 1970 && when.Year() <= 9999 {
						t.Fatalf("Event at %v: %v", when, err)
					}
					return
				}
				previous = s.eventSignature(previous, when.Format(specTimeFormat), piece, data)
				seconds++
			case step == 't':
				got = chain.Trailer(specSum("name:" + piece + "\n"))
				previous = s.trailerSignature(previous, []specPair{{"name", piece}})
			default:
				got = chain.Chunk(specSum(piece))
				previous = s.chunkSignature(previous, piece)
			}
			if string(got) != previous {
				t.Fatalf("step %d of %q: %s, want %s", i, steps, got, previous)
			}
		}
	})
}

// Every byte of a small body in signed chunks, changed in its lowest bit, in the
// bit that makes upper case of lower case, and in all.
func TestSpecEveryFlippedByteOfABodyIsRefused(t *testing.T) {
	for _, u := range []specUpload{
		{pattern: "hello ", length: 20, size: 8192, trailers: "x-amz-checksum-crc32c:sOO8/Q=="},
		{pattern: "hello ", length: 20, size: 8192},
	} {
		wire := u.wire()
		_, body, _ := strings.Cut(wire, "\r\n\r\n")
		accepted := 0
		for i := range len(body) {
			for _, mask := range []byte{1, 0x20, 0xff} {
				if specCheckFlip(t, u, i, mask) == specAgreed {
					accepted++
				}
			}
		}
		want := 0
		if u.trailers != "" {
			want = len("xamzchecksumcrcc") // the letters of the trailer's name, in upper case
		}
		if accepted != want {
			t.Errorf("%+v: %d changes accepted, want %d", u, accepted, want)
		}
	}
}

// A body that ends too early, or goes on, is refused at each length.
func TestSpecATruncatedBodyIsRefused(t *testing.T) {
	for _, u := range []specUpload{
		{pattern: "hello ", length: 20, size: 8192, trailers: "x-amz-checksum-crc32c:sOO8/Q=="},
		{pattern: "hello ", length: 20, size: 8192},
		{pattern: "hello ", length: 20, size: 8192, unsigned: true, trailers: "x-amz-checksum-crc32c:sOO8/Q=="},
	} {
		wire := []byte(u.wire())
		start := bytes.Index(wire, []byte("\r\n\r\n")) + 4
		for end := start; end < len(wire); end++ {
			if _, _, err := u.decode(t, wire[:end]); err == nil {
				t.Errorf("%+v: accepted with %d of %d bytes", u, end-start, len(wire)-start)
			}
		}
	}
}
