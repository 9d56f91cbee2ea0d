package sigv4http_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"hash/crc64"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sigv4/sigv4http"
)

// The documented example: 66,560 times "a" in chunks of 64 KiB (Amazon S3 API
// Reference, "Signature Calculations for the Authorization Header: Transferring
// Payload in Multiple Chunks" and "… Including Trailing Headers").
const documentedLength = 66560

func documentedRequest(t *testing.T, ctx context.Context) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, "https://s3.amazonaws.com/examplebucket/chunkObject.txt",
		strings.NewReader(strings.Repeat("a", documentedLength)))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Amz-Storage-Class", "REDUCED_REDUNDANCY")
	return req
}

// sent is what a transport sends of a request, body and all.
type sent struct {
	header http.Header
	length int64
	body   string
}

func (s *sent) RoundTrip(req *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(req.Body)
	*s = sent{req.Header, req.ContentLength, string(body)}
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: http.NoBody}, err
}

func documentedTransport(t *testing.T, base http.RoundTripper, opts *sigv4.Options) *sigv4http.Transport {
	t.Helper()
	signer, err := sigv4.NewSigner("s3", "us-east-1", opts)
	if err != nil {
		t.Fatal(err)
	}
	return &sigv4http.Transport{
		Signer:   signer,
		Provider: sigv4.NewCredentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", ""),
		Base:     base,
		Now:      func() time.Time { return time.Date(2013, 5, 24, 0, 0, 0, 0, time.UTC) },
	}
}

func TestChunksAreThoseOfTheDocumentedExamples(t *testing.T) {
	crc32c := func() []sigv4http.Trailer {
		return []sigv4http.Trailer{{Name: "x-amz-checksum-crc32c", Hash: crc32.New(crc32.MakeTable(crc32.Castagnoli))}}
	}
	for _, test := range []struct {
		name     string
		chunking sigv4http.Chunking
		signed   []string // exactly the headers that the example signs
		length   int64
		seed     string
		chunks   [3]string
		end      string
	}{
		{
			"chunks", sigv4http.Chunking{},
			[]string{"content-encoding", "host", "x-amz-content-sha256", "x-amz-date", "x-amz-decoded-content-length", "x-amz-storage-class"},
			66824, "", [3]string{}, "\r\n",
		},
		{
			"chunks and a trailer", sigv4http.Chunking{Trailers: crc32c},
			[]string{"content-encoding", "host", "x-amz-content-sha256", "x-amz-date", "x-amz-decoded-content-length", "x-amz-storage-class", "x-amz-trailer"},
			66946, "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e",
			[3]string{
				"b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
				"1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
				"2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992",
			},
			"x-amz-checksum-crc32c:sOO8/Q==\r\nx-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got sent
			transport := documentedTransport(t, &got, &sigv4.Options{SignedHeaders: test.signed})
			req := documentedRequest(t, sigv4http.WithChunks(t.Context(), test.chunking))
			if _, err := transport.RoundTrip(req); err != nil {
				t.Fatal(err)
			}
			if got.length != test.length || int64(len(got.body)) != test.length {
				t.Errorf("Content-Length = %d for a body of %d bytes, want %d", got.length, len(got.body), test.length)
			}
			if test.seed == "" {
				return // the example signs content-length too, which net/http keeps elsewhere; see package sigv4
			}
			if !strings.HasSuffix(got.header.Get("Authorization"), "Signature="+test.seed) {
				t.Errorf("Authorization = %s, want the seed signature %s", got.header.Get("Authorization"), test.seed)
			}
			want := "10000;chunk-signature=" + test.chunks[0] + "\r\n" + strings.Repeat("a", 65536) + "\r\n" +
				"400;chunk-signature=" + test.chunks[1] + "\r\n" + strings.Repeat("a", 1024) + "\r\n" +
				"0;chunk-signature=" + test.chunks[2] + "\r\n" + test.end
			if got.body != want {
				t.Errorf("the encoded body differs (-want +got):\n%s", cmp.Diff(want, got.body))
			}
		})
	}
}

func TestChunksRoundTrip(t *testing.T) {
	both := func() []sigv4http.Trailer {
		return []sigv4http.Trailer{
			{Name: "x-amz-checksum-crc64nvme", Hash: crc64.New(crc64.MakeTable(0x9a6c9329ac4bc9b5))},
			{Name: "X-Amz-Meta-Fixed", Value: "value"},
		}
	}
	for _, length := range []int{0, 1, 8191, 8192, 8193, 65535, 65536, 65537, 200000} {
		for _, size := range []int{0, 8192, 10000, 1 << 20} {
			for name, chunking := range map[string]sigv4http.Chunking{
				"signed":                {Size: size},
				"signed with trailers":  {Size: size, Trailers: both},
				"unsigned with trailer": {Size: size, Trailers: both, Unsigned: true},
				"unsigned":              {Size: size, Unsigned: true},
			} {
				t.Run(fmt.Sprintf("%s, %d bytes in chunks of %d", name, length, size), func(t *testing.T) {
					body := strings.Repeat("0123456789", length/10+1)[:length]
					got, decoded, err := sendChunks(t, body, chunking, nil)
					if err != nil || decoded != body {
						t.Fatalf("decoded %d bytes, %v; want the %d that were sent", len(decoded), err, length)
					}
					if got.length != int64(len(got.body)) {
						t.Errorf("Content-Length = %d for a body of %d bytes", got.length, len(got.body))
					}
				})
			}
		}
	}
}

func TestChangedChunksAreRefused(t *testing.T) {
	trailers := func() []sigv4http.Trailer { return []sigv4http.Trailer{{Name: "x-amz-checksum-x", Value: "value"}} }
	body := strings.Repeat("0123456789", 2000)
	for _, test := range []struct {
		name     string
		chunking sigv4http.Chunking
		change   func(s string) string
		want     error
	}{
		{"a byte of data", sigv4http.Chunking{Size: 8192}, func(s string) string { return strings.Replace(s, "01234", "01235", 1) }, sigv4http.ErrChunkSignature},
		{"a byte of the last data", sigv4http.Chunking{Size: 8192}, func(s string) string { i := strings.LastIndex(s, "56789"); return s[:i] + "5678x" + s[i+5:] }, sigv4http.ErrChunkSignature},
		{"a chunk's signature", sigv4http.Chunking{Size: 8192}, func(s string) string { return strings.Replace(s, "signature=", "signature=0", 1) }, sigv4http.ErrChunkSignature},
		{"chunks that change places", sigv4http.Chunking{Size: 8192}, func(s string) string {
			second := strings.Index(s[5:], "2000;") + 5
			third := strings.Index(s[second+5:], "e20;") + second + 5
			return s[second:third] + s[:second] + s[third:]
		}, sigv4http.ErrChunkSignature},
		{"a chunk left out", sigv4http.Chunking{Size: 8192}, func(s string) string { return s[strings.Index(s[5:], "2000;")+5:] }, sigv4http.ErrChunkSignature},
		{"cut in data", sigv4http.Chunking{}, func(s string) string { return s[:1000] }, io.ErrUnexpectedEOF},
		{"cut before the end", sigv4http.Chunking{}, func(s string) string { return s[:len(s)-2] }, io.ErrUnexpectedEOF},
		{"the last chunk left out", sigv4http.Chunking{}, func(s string) string { return s[:strings.LastIndex(s, "0;chunk")] }, io.ErrUnexpectedEOF},
		{"a trailer's value", sigv4http.Chunking{Trailers: trailers}, func(s string) string { return strings.Replace(s, ":value", ":other", 1) }, sigv4http.ErrChunkSignature},
		{"a trailer left out", sigv4http.Chunking{Trailers: trailers}, func(s string) string { return strings.Replace(s, "x-amz-checksum-x:value\r\n", "", 1) }, sigv4http.ErrChunkFormat},
		{"a trailer twice", sigv4http.Chunking{Trailers: trailers}, func(s string) string {
			return strings.Replace(s, "x-amz-checksum-x:value\r\n", "x-amz-checksum-x:value\r\nx-amz-checksum-x:value\r\n", 1)
		}, sigv4http.ErrChunkFormat},
		{"the trailers' signature left out", sigv4http.Chunking{Trailers: trailers}, func(s string) string {
			return s[:strings.Index(s, "x-amz-trailer-signature")] + "\r\n"
		}, sigv4http.ErrChunkSignature},
		{"a trailer that was not announced", sigv4http.Chunking{Trailers: trailers, Unsigned: true}, func(s string) string { return s[:len(s)-2] + "x-amz-other:1\r\n\r\n" }, sigv4http.ErrChunkFormat},
		{"unsigned data that is longer", sigv4http.Chunking{Unsigned: true}, func(s string) string { return "1\r\nx\r\n" + s }, sigv4http.ErrChunkFormat},
		{"unsigned data that is shorter", sigv4http.Chunking{Unsigned: true, Size: 10000}, func(s string) string { return s[strings.Index(s[5:], "2710\r\n")+5:] }, sigv4http.ErrChunkFormat},
		{"a length with a sign", sigv4http.Chunking{Unsigned: true}, func(s string) string { return "+" + s }, sigv4http.ErrChunkFormat},
		{"a length with zeros", sigv4http.Chunking{Unsigned: true}, func(s string) string { return "0" + s }, sigv4http.ErrChunkFormat},
		{"a length that is none", sigv4http.Chunking{Unsigned: true}, func(s string) string { return "x" + s }, sigv4http.ErrChunkFormat},
		{"a line without an end", sigv4http.Chunking{Unsigned: true}, func(s string) string { return strings.Repeat("1", 100000) }, sigv4http.ErrChunkFormat},
		{"a line with LF only", sigv4http.Chunking{Unsigned: true}, func(s string) string { return strings.Replace(s, "\r\n", "\n", 1) }, sigv4http.ErrChunkFormat},
		{"a chunk's end left out", sigv4http.Chunking{}, func(s string) string { return s[:strings.LastIndex(s, "\r\n0;chunk")] }, io.ErrUnexpectedEOF},
		{"something behind the end", sigv4http.Chunking{}, func(s string) string { return s + "x" }, sigv4http.ErrChunkFormat},
		{"another body behind the end", sigv4http.Chunking{Unsigned: true}, func(s string) string { return s + "0\r\n\r\n" }, sigv4http.ErrChunkFormat},
		{"a trailers' signature without trailers", sigv4http.Chunking{}, func(s string) string { return s[:len(s)-2] + "x-amz-trailer-signature:00\r\n\r\n" }, sigv4http.ErrChunkFormat},
		{"a trailers' signature where none are", sigv4http.Chunking{Trailers: trailers, Unsigned: true}, func(s string) string { return s[:len(s)-2] + "x-amz-trailer-signature:00\r\n\r\n" }, sigv4http.ErrChunkFormat},
		{"a trailer with a carriage return", sigv4http.Chunking{Trailers: trailers, Unsigned: true}, func(s string) string { return strings.Replace(s, ":value", ":va\rlue", 1) }, sigv4http.ErrChunkFormat},
		{"a trailer with a NUL", sigv4http.Chunking{Trailers: trailers, Unsigned: true}, func(s string) string { return strings.Replace(s, ":value", ":va\x00lue", 1) }, sigv4http.ErrChunkFormat},
		{"a trailer that is not ASCII", sigv4http.Chunking{Trailers: trailers, Unsigned: true}, func(s string) string { return strings.Replace(s, ":value", ":\u00a0value", 1) }, sigv4http.ErrChunkFormat},
		{"signatures where none are", sigv4http.Chunking{Unsigned: true}, func(s string) string { return strings.Replace(s, "\r\n", ";chunk-signature=00\r\n", 1) }, sigv4http.ErrChunkFormat},
		{"no signatures where they must be", sigv4http.Chunking{}, func(s string) string { return strconv.FormatInt(20000, 16) + s[strings.Index(s, "\r\n"):] }, sigv4http.ErrChunkFormat},
	} {
		t.Run(test.name, func(t *testing.T) {
			if _, _, err := sendChunks(t, body, test.chunking, test.change); !errors.Is(err, test.want) {
				t.Errorf("decoding = %v, want %v", err, test.want)
			}
		})
	}
}

// sendChunks sends a body in chunks to a server that verifies the request and
// decodes the body, after it was changed on the way.
func sendChunks(t *testing.T, body string, chunking sigv4http.Chunking, change func(string) string) (got sent, decoded string, err error) {
	t.Helper()
	return sendChunksSignedBy(t, documentedTransport(t, nil, nil).Signer, body, chunking, change)
}

func sendChunksSignedBy(t *testing.T, signer *sigv4.Signer, body string, chunking sigv4http.Chunking, change func(string) string) (got sent, decoded string, err error) {
	t.Helper()
	transport := documentedTransport(t, &got, nil)
	transport.Signer = signer
	req, err := http.NewRequestWithContext(sigv4http.WithChunks(t.Context(), chunking), http.MethodPut,
		"https://s3.amazonaws.com/bucket/key", io.NopCloser(strings.NewReader(body)))
	if err != nil {
		t.Fatal(err)
	}
	req.ContentLength = int64(len(body))
	if body == "" {
		req.Body = http.NoBody
	}
	if _, err := transport.RoundTrip(req); err != nil {
		t.Fatalf("RoundTrip() = %v", err)
	}
	cred, err := transport.Provider.Credentials(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	received := &http.Request{Method: http.MethodPut, URL: req.URL, Host: req.URL.Host, Header: got.header, ContentLength: got.length}
	lookup := func(context.Context, string, string) (sigv4.Credentials, error) { return cred, nil }
	v, err := transport.Signer.Verify(received, lookup, sigv4.PayloadHash{}, transport.Now())
	if err != nil {
		t.Fatalf("Verify() = %v", err)
	}
	var chain *sigv4.ChunkVerifier
	if !chunking.Unsigned {
		if chain, err = transport.Signer.ChunkVerifier(v, cred); err != nil {
			t.Fatal(err)
		}
	}
	wire := got.body
	if change != nil {
		if wire = change(wire); wire == got.body {
			t.Fatal("the change changes nothing")
		}
	}
	received.Body = io.NopCloser(strings.NewReader(wire))
	r, err := sigv4http.NewChunkedReader(received, chain)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(r)
	return got, string(data), err
}

func TestChunksOfABodyThatIsNotAsLongAsItsLength(t *testing.T) {
	for _, off := range []int64{-documentedLength + 1, -1, 1, documentedLength} {
		var got sent
		transport := documentedTransport(t, &got, nil)
		req := documentedRequest(t, sigv4http.WithChunks(t.Context(), sigv4http.Chunking{}))
		req.ContentLength += off
		if _, err := transport.RoundTrip(req); err == nil || !strings.Contains(err.Error(), "ContentLength") {
			t.Errorf("RoundTrip() with a ContentLength that is off by %d = %v, want an error that says so", off, err)
		}
		if strings.Contains(got.body, "\r\n0;chunk-signature") {
			t.Errorf("with a ContentLength that is off by %d the last chunk was sent", off)
		}
	}
}

// TestTrailersThatAreRefused: what is no trailer, or would be read as another, is
// refused before anything is sent.
func TestTrailersThatAreRefused(t *testing.T) {
	one := func(name, value string) []sigv4http.Trailer { return []sigv4http.Trailer{{Name: name, Value: value}} }
	hashed := func(name string) []sigv4http.Trailer {
		return []sigv4http.Trailer{{Name: name, Hash: crc32.NewIEEE()}}
	}
	const name, value, twice, most = "cannot be a trailer", "has a value", "is there twice", "at most 16"
	for _, row := range []struct {
		trailers []sigv4http.Trailer
		problem  string
	}{
		{one("", "v"), name},
		{one("x-amz-a b", "v"), name},
		{one("x-amz-a:", "v"), name},
		{one("x-amz-a\r\nx-amz-acl", "v"), name},
		{one("x-amz-\u212aey", "v"), name}, // which has k in lower case
		{one("Content-Length", "5"), name},
		{one("transfer-encoding", "chunked"), name},
		{one("TRAILER", "v"), name},
		{one("Host", "v"), name},
		{one("authorization", "v"), name},
		{one("If-Match", "v"), name},
		{one("Proxy-Authorization", "v"), name},
		{one("X-Amz-Trailer", "v"), name},
		{one("X-Amz-Trailer-Signature", "v"), name},
		{one("X-Amz-Date", "v"), name},
		{one("X-Amz-Security-Token", "v"), name},
		{one("X-Amz-Content-Sha256", "v"), name},
		{one("X-Amz-Decoded-Content-Length", "5"), name},
		{hashed(""), name},
		{hashed("x\n"), name},
		{hashed("content-length"), name},
		{one("x-amz-a", "v\r\nx-amz-acl:public-read"), value},
		{one("x-amz-a", "v\rw"), value},
		{one("x-amz-a", "v\nw"), value},
		{one("x-amz-a", "v\x00"), value},
		{one("x-amz-a", "v\tw"), value},
		{one("x-amz-a", "v\x7f"), value},
		{one("x-amz-a", "\u00fc"), value},
		{one("x-amz-a", "\xff"), value},
		{one("x-amz-a", " v"), value},
		{one("x-amz-a", "v "), value},
		{append(one("x-amz-a", "v"), hashed("X-Amz-A")...), twice},
		{make17(), most},
	} {
		for _, unsigned := range []bool{false, true} {
			var got sent
			chunking := sigv4http.Chunking{Unsigned: unsigned, Trailers: func() []sigv4http.Trailer { return row.trailers }}
			req := documentedRequest(t, sigv4http.WithChunks(t.Context(), chunking))
			_, err := documentedTransport(t, &got, nil).RoundTrip(req)
			var input *sigv4.InputError
			if !errors.As(err, &input) || input.Kind != sigv4.ErrRequest || !strings.Contains(input.Problem, row.problem) {
				t.Errorf("RoundTrip() with the trailers %q = %v, want an InputError that says %q", row.trailers, err, row.problem)
			}
			if got.header != nil {
				t.Errorf("with the trailers %q the request was sent", row.trailers)
			}
		}
	}
	var got sent
	chunking := sigv4http.Chunking{Trailers: func() []sigv4http.Trailer {
		return append(append(make17()[:14], one("x-amz-empty", "")...), one("x-!#$%&'*+-.^_`|~", "a b ~!")...)
	}}
	if _, err := documentedTransport(t, &got, nil).RoundTrip(documentedRequest(t, sigv4http.WithChunks(t.Context(), chunking))); err != nil ||
		!strings.Contains(got.body, "\r\nx-amz-empty:\r\nx-!#$%&'*+-.^_`|~:a b ~!\r\nx-amz-trailer-signature:") {
		t.Errorf("RoundTrip() with sixteen good trailers = %v, and sends %q", err, got.body[max(0, len(got.body)-200):])
	}
}

func make17() (trailers []sigv4http.Trailer) {
	for i := range 17 {
		trailers = append(trailers, sigv4http.Trailer{Name: fmt.Sprintf("x-amz-a%d", i), Value: "v"})
	}
	return trailers
}

// TestTheTrailersAnnouncedAreThoseSent, whatever the request's header says, and no
// Content-Encoding of the request's own is lost.
func TestTheTrailersAnnouncedAreThoseSent(t *testing.T) {
	var got sent
	chunking := sigv4http.Chunking{Trailers: func() []sigv4http.Trailer { return []sigv4http.Trailer{{Name: "X-Amz-A", Value: "v"}} }}
	req := documentedRequest(t, sigv4http.WithChunks(t.Context(), chunking))
	req.Header["X-Amz-Trailer"] = []string{"x-amz-a", "x-amz-other"}
	req.Header["Content-Encoding"] = []string{"gzip", "br"}
	if _, err := documentedTransport(t, &got, nil).RoundTrip(req); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"x-amz-a"}, got.header["X-Amz-Trailer"]); diff != "" {
		t.Errorf("X-Amz-Trailer (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"aws-chunked,gzip,br"}, got.header["Content-Encoding"]); diff != "" {
		t.Errorf("Content-Encoding (-want +got):\n%s", diff)
	}
}

// TestAnnouncedTrailersThatAreRefused: a server lets no trailer be announced that
// may not be one.
func TestAnnouncedTrailersThatAreRefused(t *testing.T) {
	var many []string
	for _, trailer := range make17() {
		many = append(many, trailer.Name)
	}
	for _, announced := range []string{"", "a b", "content-length", "x-amz-a,,x-amz-b", "x-amz-a, Authorization", "x-amz-trailer-signature", "\u00a0x-amz-a", strings.Join(many, ",")} {
		req := &http.Request{Header: http.Header{"X-Amz-Decoded-Content-Length": {"0"}, "X-Amz-Trailer": {announced}}, Body: http.NoBody}
		if _, err := sigv4http.NewChunkedReader(req, nil); !errors.Is(err, sigv4http.ErrChunkFormat) || !strings.Contains(err.Error(), "X-Amz-Trailer") {
			t.Errorf("NewChunkedReader() with X-Amz-Trailer: %q = %v, want an error that says so", announced, err)
		}
	}
	req := &http.Request{Header: http.Header{"X-Amz-Decoded-Content-Length": {"0"}, "X-Amz-Trailer": {" x-amz-a ,\tX-Amz-B", "x-amz-c"}},
		Body: io.NopCloser(strings.NewReader("0\r\nX-Amz-A: 1 \r\nx-amz-b:\t2\r\nx-amz-c:\r\n\r\n"))}
	r, err := sigv4http.NewChunkedReader(req, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(r); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(http.Header{"X-Amz-A": {"1"}, "X-Amz-B": {"2"}, "X-Amz-C": {""}}, r.Trailer); diff != "" {
		t.Errorf("the trailers, without the blanks that are not signed (-want +got):\n%s", diff)
	}
}

func TestDecodedLengthsThatAreNone(t *testing.T) {
	for _, length := range []string{"", "-1", "+1", "0x1", "1 ", "9223372036854775808"} {
		req := &http.Request{Header: http.Header{"X-Amz-Decoded-Content-Length": {length}}, Body: http.NoBody}
		if _, err := sigv4http.NewChunkedReader(req, nil); !errors.Is(err, sigv4http.ErrChunkFormat) {
			t.Errorf("NewChunkedReader() with X-Amz-Decoded-Content-Length: %q = %v, want %v", length, err, sigv4http.ErrChunkFormat)
		}
	}
}

// TestABodysOwnErrorAtItsEnd: what has an error in place of io.EOF is not what it
// should be, and must not become an object.
func TestABodysOwnErrorAtItsEnd(t *testing.T) {
	wrong := errors.New("the digest is wrong")
	var got sent
	req := documentedRequest(t, sigv4http.WithChunks(t.Context(), sigv4http.Chunking{}))
	req.Body, req.GetBody = io.NopCloser(io.MultiReader(req.Body, iotest.ErrReader(wrong))), nil
	if _, err := documentedTransport(t, &got, nil).RoundTrip(req); !errors.Is(err, wrong) {
		t.Errorf("RoundTrip() = %v, want %v", err, wrong)
	}
	if strings.Contains(got.body, "\r\n0;chunk-signature") {
		t.Error("the last chunk was sent")
	}
}

func TestChunksThatS3DoesNotTake(t *testing.T) {
	for name, change := range map[string]func(*http.Request) sigv4http.Chunking{
		"too short":      func(*http.Request) sigv4http.Chunking { return sigv4http.Chunking{Size: 8191} },
		"unknown length": func(r *http.Request) sigv4http.Chunking { r.ContentLength = -1; return sigv4http.Chunking{} },
		"length of a body that is left out": func(r *http.Request) sigv4http.Chunking {
			r.ContentLength = 0
			return sigv4http.Chunking{}
		},
	} {
		req := documentedRequest(t, t.Context())
		chunking := change(req)
		req = req.WithContext(sigv4http.WithChunks(t.Context(), chunking))
		if _, err := documentedTransport(t, &sent{}, nil).RoundTrip(req); !errors.Is(err, sigv4.ErrRequest) {
			t.Errorf("RoundTrip() with chunks, %s = %v, want an error of kind %q", name, err, sigv4.ErrRequest)
		}
	}
}

func FuzzChunkedReader(f *testing.F) {
	f.Add("5\r\nhello\r\n0\r\n\r\n", int64(5))
	f.Add("0\r\nx-amz-checksum-x:1\r\n\r\n", int64(0))
	f.Add("5;chunk-signature=00\r\nhello\r\n0\r\n\r\n", int64(5))
	f.Fuzz(func(t *testing.T, wire string, want int64) {
		req := &http.Request{Header: http.Header{"X-Amz-Decoded-Content-Length": {strconv.FormatInt(want, 10)}, "X-Amz-Trailer": {"x-amz-checksum-x"}},
			Body: io.NopCloser(strings.NewReader(wire))}
		r, err := sigv4http.NewChunkedReader(req, nil)
		if err != nil {
			return
		}
		data, err := io.ReadAll(r)
		if err == nil && int64(len(data)) != want {
			t.Errorf("decoded %d bytes of %q without an error, want %d", len(data), wire, want)
		}
	})
}

func ExampleWithChunks() {
	var wire bytes.Buffer
	print := roundTripper(func(req *http.Request) (*http.Response, error) {
		_, err := io.Copy(&wire, req.Body)
		fmt.Println(req.Header.Get("X-Amz-Content-Sha256"), req.ContentLength, err)
		return &http.Response{StatusCode: 200, Header: http.Header{}, Body: http.NoBody}, nil
	})
	signer, err := sigv4.NewSigner("s3", "us-east-1", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	client := &http.Client{Transport: &sigv4http.Transport{Signer: signer, Base: print,
		Provider: sigv4.NewCredentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "")}}
	ctx := sigv4http.WithChunks(context.Background(), sigv4http.Chunking{Trailers: func() []sigv4http.Trailer {
		return []sigv4http.Trailer{{Name: "x-amz-checksum-crc32", Hash: crc32.NewIEEE()}}
	}})
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, "https://bucket.s3.amazonaws.com/key", strings.NewReader("hello"))
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := client.Do(req); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(strings.Contains(wire.String(), "x-amz-checksum-crc32:NhCmhg=="))
	// Output:
	// STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER 298 <nil>
	// true
}

func ExampleChunking_Sign() {
	signer, err := sigv4.NewSigner("s3", "us-east-1", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	keys := sigv4.NewCredentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "")
	req, err := http.NewRequest(http.MethodPut, "https://bucket.s3.amazonaws.com/key", strings.NewReader("hello"))
	if err != nil {
		fmt.Println(err)
		return
	}
	at := time.Date(2013, time.May, 24, 0, 0, 0, 0, time.UTC)
	if err := (sigv4http.Chunking{}).Sign(req, signer, keys, at); err != nil {
		fmt.Println(err)
		return
	}
	encoded, err := io.ReadAll(req.Body)
	fmt.Println(int64(len(encoded)) == req.ContentLength, err)
	fmt.Printf("%.20s…\n", encoded)
	// Output:
	// true <nil>
	// 5;chunk-signature=70…
}

// TestChunkingSignLeavesARefusedRequestAlone: and gives an encoded body no GetBody,
// with which net/http would send the plain one again.
func TestChunkingSignLeavesARefusedRequestAlone(t *testing.T) {
	signer, at := newSigner(t, "s3"), time.Date(2013, time.May, 24, 0, 0, 0, 0, time.UTC)
	keys := sigv4.NewCredentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "")
	req, err := http.NewRequest(http.MethodPut, "https://bucket.s3.amazonaws.com/key", strings.NewReader("hello"))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Encoding", "aws-chunked,gzip")
	if err := (sigv4http.Chunking{}).Sign(req, signer, sigv4.Credentials{}, at); !errors.Is(err, sigv4.ErrCredentials) {
		t.Fatalf("Sign without credentials = %v, want ErrCredentials", err)
	}
	if len(req.Header) != 1 || req.ContentLength != 5 || req.GetBody == nil {
		t.Errorf("after a refusal the request has %v, a length of %d, and GetBody %t", req.Header, req.ContentLength, req.GetBody != nil)
	}
	if err := (sigv4http.Chunking{}).Sign(req, signer, keys, at); err != nil {
		t.Fatal(err)
	}
	if got := req.Header.Get("Content-Encoding"); got != "aws-chunked,gzip" || req.GetBody != nil {
		t.Errorf("Content-Encoding = %q, GetBody %t; want aws-chunked,gzip and none", got, req.GetBody != nil)
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }
