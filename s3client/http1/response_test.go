//go:build unix

package http1

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAnswerIsReadAsRFC9112HasIt(t *testing.T) {
	for _, test := range []struct {
		name, method, answer string
		status               string
		length               int64
		body                 string
		header               http.Header
	}{
		{"by length", "GET", small, "200 OK", 5, "hello", http.Header{"Content-Length": {"5"}}},
		{"in chunks", "GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\n\r\n", "200 OK", -1, "hello", http.Header{}},
		{"to the end of the connection", "GET", "HTTP/1.1 200 OK\r\n\r\nhello", "200 OK", -1, "hello", http.Header{}},
		{"of HTTP/1.0", "GET", "HTTP/1.0 200 OK\r\n\r\nhello", "200 OK", -1, "hello", http.Header{}},
		{"empty", "GET", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "200 OK", 0, "", http.Header{"Content-Length": {"0"}}},
		{"no content", "GET", "HTTP/1.1 204 No Content\r\n\r\n", "204 No Content", 0, "", http.Header{}},
		{"not modified", "GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", "304 Not Modified", 5, "", http.Header{"Content-Length": {"5"}}},
		{"to HEAD", "HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "200 OK", 5, "", http.Header{"Content-Length": {"5"}}},
		{"an error", "GET", "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno", "404 Not Found", 2, "no", http.Header{"Content-Length": {"2"}}},
		{"without a reason", "GET", "HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n", "200 ", 0, "", http.Header{"Content-Length": {"0"}}},
		{"without even its blank", "GET", "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", "200", 0, "", http.Header{"Content-Length": {"0"}}},
		{"after interim ones", "GET", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + small, "200 OK", 5, "hello", http.Header{"Content-Length": {"5"}}},
		{"names in any case", "GET", "HTTP/1.1 200 OK\r\ncontent-LENGTH: 0\r\nx-amz-id-2: a\r\nETAG: \"b\"\r\n\r\n", "200 OK", 0, "",
			http.Header{"Content-Length": {"0"}, "X-Amz-Id-2": {"a"}, "Etag": {`"b"`}}},
		{"values with blanks, empty, repeated", "GET", "HTTP/1.1 200 OK\r\nContent-Length:0\r\nA: \t x y \t\r\nB:\r\nA: z\r\n\r\n", "200 OK", 0, "",
			http.Header{"Content-Length": {"0"}, "A": {"x y", "z"}, "B": {""}}},
		{"values that are not ASCII", "GET", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nA: \xc3\xa4\xff\r\n\r\n", "200 OK", 0, "",
			http.Header{"Content-Length": {"0"}, "A": {"\xc3\xa4\xff"}}},
		{"lines that go on", "GET", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nA: x\r\n y\r\n\tz\r\n\r\n", "200 OK", 0, "",
			http.Header{"Content-Length": {"0"}, "A": {"x   y  \tz"}}},
		{"a head of almost 64 KiB", "GET", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nA: " + strings.Repeat("x", 65<<10-1100) + "\r\n\r\n", "200 OK", 0, "",
			http.Header{"Content-Length": {"0"}, "A": {strings.Repeat("x", 65<<10-1100)}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			// The bytes may come as they like.
			for _, atOnce := range []int{len(test.answer), 7, 1} {
				if atOnce < 7 && len(test.answer) > 1000 {
					continue
				}
				s := serve(t, func(_ int, p *peer) {
					p.request()
					for rest := test.answer; rest != ""; rest = rest[min(atOnce, len(rest)):] {
						p.say(rest[:min(atOnce, len(rest))])
					}
				})
				resp, err := newTransport(t).RoundTrip(request(t, test.method, s.url))
				if err != nil {
					t.Fatal(err)
				}
				body, err := io.ReadAll(resp.Body)
				resp.Body.Close()
				if string(body) != test.body || err != nil {
					t.Errorf("the body is %q, %v, want %q", body, err, test.body)
				}
				if resp.Status != test.status || resp.ContentLength != test.length {
					t.Errorf("the status is %q, the length %d, want %q and %d", resp.Status, resp.ContentLength, test.status, test.length)
				}
				if diff := cmp.Diff(test.header, resp.Header); diff != "" {
					t.Errorf("the header (-want +got)\n%s", diff)
				}
			}
		})
	}
}

func TestTrailersOfChunksAreGiven(t *testing.T) {
	s := serve(t, answers("HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: abc\r\n\r\n"))
	tr := newTransport(t)
	for range 2 {
		resp, err := tr.RoundTrip(request(t, "GET", s.url))
		if err != nil {
			t.Fatal(err)
		}
		if body, err := io.ReadAll(resp.Body); string(body) != "hello" || err != nil {
			t.Errorf("the body is %q, %v", body, err)
		}
		if got := resp.Trailer.Get("X-Sum"); got != "abc" {
			t.Errorf("the trailer is %q, want abc", got)
		}
	}
	if n := s.accepted(); n != 1 {
		t.Errorf("%d connections, want 1: the trailers are behind the body", n)
	}
}

func TestMalformedAnswerIsRefused(t *testing.T) {
	const status = "HTTP/1.1 200 OK\r\n"
	for _, test := range []struct{ name, answer string }{
		{"a version that is not spoken", "HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n"},
		{"no version", "ICY 200 OK\r\nContent-Length: 0\r\n\r\n"},
		{"nothing but an empty line", "\r\n\r\n"},
		{"HTTP/0.9", "<html>hello</html>\r\n\r\n"},
		{"a status of two digits", "HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n"},
		{"a status of four digits", "HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n"},
		{"a status below 100", "HTTP/1.1 099 OK\r\nContent-Length: 0\r\n\r\n"},
		{"a status with a sign", "HTTP/1.1 +20 OK\r\nContent-Length: 0\r\n\r\n"},
		{"a control byte in the reason", "HTTP/1.1 200 O\x00K\r\nContent-Length: 0\r\n\r\n"},
		{"a switch of protocols", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"},
		{"interim answers without end", strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 7) + small},
		{"a blank before the first field", status + " A: x\r\nContent-Length: 0\r\n\r\n"},
		{"a field without a name", status + ": x\r\nContent-Length: 0\r\n\r\n"},
		{"a field without a colon", status + "Content-Length\r\n\r\n"},
		{"a blank before the colon", status + "Content-Length : 0\r\n\r\n"},
		{"a name that is none", status + "Content(Length: 0\r\n\r\n"},
		{"a name that is not ASCII", status + "\xc3\xa4: 0\r\n\r\n"},
		{"a NUL in a value", status + "A: \x00\r\nContent-Length: 0\r\n\r\n"},
		{"a CR in a value", status + "A: x\rContent-Length: 5\r\nContent-Length: 0\r\n\r\n"},
		{"a LF alone at the end of a line", status + "A: x\nContent-Length: 0\r\n\r\n"},
		{"a LF alone at the end of the status line", "HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n"},
		{"a control byte in a line that goes on", status + "A: x\r\n y\x00\r\nContent-Length: 0\r\n\r\n"},
		{"a length that is none", status + "Content-Length: x\r\n\r\n"},
		{"an empty length", status + "Content-Length: \r\n\r\n"},
		{"a length with a sign", status + "Content-Length: +5\r\n\r\nhello"},
		{"a negative length", status + "Content-Length: -5\r\n\r\nhello"},
		{"a length in hex", status + "Content-Length: 0x5\r\n\r\nhello"},
		{"a length of 64 bits", status + "Content-Length: 18446744073709551615\r\n\r\nhello"},
		{"two lengths", status + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello"},
		{"the same length twice", status + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello"},
		{"a list of lengths", status + "Content-Length: 5, 5\r\n\r\nhello"},
		{"a length and chunks", status + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
		{"chunks in HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
		{"chunks twice", status + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
		{"another coding", status + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"},
		{"identity", status + "Transfer-Encoding: identity\r\n\r\nhello"},
		{"a head that is too long", status + "A: " + strings.Repeat("x", 64<<10) + "\r\n\r\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := serve(t, answers(test.answer))
			tr := newTransport(t)
			for n := range 2 {
				resp, err := tr.RoundTrip(request(t, "GET", s.url))
				wantErr(t, err, ErrMalformed)
				if resp != nil {
					t.Errorf("there is a response beside the error: %v", resp)
				}
				if got := s.accepted(); got != n+1 {
					t.Errorf("%d connections after %d requests: the one of a malformed answer was used again", got, n+1)
				}
			}
		})
	}
}

func TestHeadThatEndsEarlyIsAnError(t *testing.T) {
	const all = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"
	for n := range len(all) {
		s := serve(t, closes(all[:n]))
		_, err := get(t, newTransport(t), s.url)
		want := io.ErrUnexpectedEOF
		if n == 0 {
			want = io.EOF
		}
		wantErr(t, err, want)
		if err != nil && !strings.Contains(err.Error(), strings.TrimPrefix(s.url, "http://")) {
			t.Errorf("the error does not say of whom: %v", err)
		}
	}
}

func TestBodyThatEndsEarlyIsAnError(t *testing.T) {
	for _, test := range []struct{ name, answer, body string }{
		{"by length", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell", "hell"},
		{"by length, at once", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", ""},
		{"in a chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhell", "hell"},
		{"between chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", "hello"},
		{"before the trailers' end", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n", "hello"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := serve(t, closes(test.answer))
			tr := newTransport(t)
			for n := range 2 {
				got, err := get(t, tr, s.url)
				if got != test.body {
					t.Errorf("the body is %q, want %q", got, test.body)
				}
				if err == nil || !strings.Contains(err.Error(), "unexpected EOF") { // net/http has one of its own for trailers
					t.Errorf("the error is %v, want an unexpected EOF", err)
				}
				if s.accepted() != n+1 {
					t.Errorf("the connection was used again")
				}
			}
		})
	}
}

func TestMalformedChunksAreAnError(t *testing.T) {
	for _, chunks := range []string{"x\r\n", "-1\r\n", "5\r\nhelloX\r\n0\r\n\r\n", "fffffffffffffffff\r\n", "5 \n", "5\r\nhello\r\n0\r\nX\r\n\r\n"} {
		t.Run(fmt.Sprintf("%q", chunks), func(t *testing.T) {
			s := serve(t, answers("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"+chunks+"               "))
			tr := newTransport(t)
			for n := range 2 {
				if body, err := get(t, tr, s.url); err == nil {
					t.Errorf("the body is %q, want an error", body)
				}
				if s.accepted() != n+1 {
					t.Errorf("the connection was used again")
				}
			}
		})
	}
}
