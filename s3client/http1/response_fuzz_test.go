package http1

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// seen is what a client makes of the bytes of a server.
type seen struct {
	Status  string
	Header  http.Header
	Length  int64
	Body    string
	Trailer http.Header
	Rest    int // bytes that are left for the next answer
}

// wire is a connection whose other end has sent all that it sends.
type wire struct {
	net.Conn
	sent *bytes.Reader
}

func (wire) Write(p []byte) (int, error)  { return len(p), nil }
func (wire) SetDeadline(time.Time) error  { return nil }
func (wire) Close() error                 { return nil }
func (w wire) Read(p []byte) (int, error) { return w.sent.Read(p) }

// byUs is what this package makes of them.
func byUs(data []byte, req *http.Request) (seen, error) {
	d := new(Dialer)
	s := &socket{Conn: wire{sent: bytes.NewReader(data)}, to: d.address(loopback)}
	c := &connection{socket: s, stream: s, in: bufio.NewReaderSize(s, bufferSize)}
	resp, err := new(Bodiless).send(c, req, nil, noTrace)
	if err != nil {
		return seen{}, err
	}
	return read(resp, c.in)
}

// byNetHTTP is what net/http makes of them.
func byNetHTTP(data []byte, req *http.Request) (seen, error) {
	in := bufio.NewReader(bytes.NewReader(data))
	for {
		resp, err := http.ReadResponse(in, req)
		if err != nil {
			return seen{}, err
		}
		if resp.StatusCode >= 200 {
			return read(resp, in)
		}
	}
}

func read(resp *http.Response, in *bufio.Reader) (seen, error) {
	body, err := io.ReadAll(resp.Body)
	rest, _ := io.ReadAll(in)
	h := resp.Header.Clone()
	for _, name := range []string{"Transfer-Encoding", "Trailer", "Connection"} { // which net/http moves elsewhere
		h.Del(name)
	}
	if h.Get("Pragma") == "no-cache" { // from which it makes a Cache-Control
		h.Del("Cache-Control")
	}
	for _, values := range h { // a line that goes on has one blank with it, and with us those that were there
		for i, v := range values {
			values[i] = strings.Join(strings.Fields(v), " ")
		}
	}
	return seen{resp.Status, h, resp.ContentLength, string(body), resp.Trailer, len(rest)}, err
}

// What is read here is what net/http reads; what net/http refuses is refused here, too.
func FuzzAnswerIsNetHTTPs(f *testing.F) {
	for _, s := range []string{
		small, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nA: b\r\n\r\nHTTP",
		"HTTP/1.0 200 OK\r\n\r\nhello", "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\nx", "HTTP/1.1 304 NM\r\nContent-Length: 7\r\n\r\n",
		"HTTP/1.1 100 Continue\r\nA: b\r\n\r\n" + small, "HTTP/1.1 200 OK\r\nA: x\r\n y\r\nContent-Length: 0\r\nConnection: x, close\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello", "HTTP/1.1 200 OK\r\nContent-Length : 5\r\n\r\nhello",
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "HTTP/1.1 200 OK\r\nA: b\rc\r\n\r\n",
		"HTTP/1.1 204 No\r\nTransfer-Encoding: chunked\r\n\r\n", "HTTP/1.1 200 OK\r\nTrailer: Content-Length\r\nContent-Length: 0\r\n\r\n",
	} {
		f.Add([]byte(s), true)
		f.Add([]byte(s), false)
	}
	f.Fuzz(func(t *testing.T, data []byte, isGet bool) {
		req := &http.Request{Method: http.MethodHead, URL: nil}
		if isGet {
			req.Method = http.MethodGet
		}
		req, _ = http.NewRequest(req.Method, "http://h/", nil)
		got, err := byUs(data, req)
		want, wantErr := byNetHTTP(data, req)
		if err != nil && got.Status == "" {
			return // we may be stricter
		}
		if got.Status[:3] == "304" {
			got.Length = want.Length // net/http says 0 or -1, we what the header says
		}
		if isGet && strings.HasPrefix(got.Status, "204") || err != nil && wantErr != nil {
			got.Rest = want.Rest
		}
		if diff := cmp.Diff(want, got); diff != "" || (err == nil) != (wantErr == nil) {
			t.Errorf("%q\nerrors %v, net/http's %v (-net/http +http1)\n%s", data, err, wantErr, diff)
		}
	})
}

// What is well formed is read by both, and alike.
func FuzzWellFormedAnswerIsRead(f *testing.F) {
	f.Add(uint16(200), "OK", "X-Amz-Meta-A", "value", []byte("hello"), uint8(0), true)
	f.Add(uint16(404), "", "ETag", `"x"`, []byte("hello"), uint8(2), true)
	f.Add(uint16(206), "Partial Content", "Content-Range", "bytes 0-4/5", []byte{}, uint8(1), false)
	f.Fuzz(func(t *testing.T, status uint16, reason, name, value string, body []byte, chunk uint8, isGet bool) {
		status = 200 + status%800
		if !areAll([]byte(reason+value), inValue) || name == "" || !areAll([]byte(name), inToken) {
			return
		}
		switch http.CanonicalHeaderKey(name) {
		case "Content-Length", "Transfer-Encoding", "Trailer", "Connection", "Pragma", "Cache-Control":
			return
		}
		var b bytes.Buffer
		fmt.Fprintf(&b, "HTTP/1.1 %d %s\r\n%s: %s\r\n", status, reason, name, value)
		bodiless := !isGet || status == 204 || status == 304
		switch {
		case bodiless && status != 204:
			fmt.Fprintf(&b, "Content-Length: %d\r\n\r\n", len(body))
		case bodiless:
			b.WriteString("\r\n")
		case chunk == 0:
			fmt.Fprintf(&b, "Content-Length: %d\r\n\r\n%s", len(body), body)
		default:
			b.WriteString("Transfer-Encoding: chunked\r\n\r\n")
			for rest := body; len(rest) > 0; rest = rest[min(len(rest), int(chunk)):] {
				fmt.Fprintf(&b, "%x\r\n%s\r\n", min(len(rest), int(chunk)), rest[:min(len(rest), int(chunk))])
			}
			b.WriteString("0\r\n\r\n")
		}
		if b.Len() > bufferSize/2 {
			return
		}
		b.WriteString("HTTP/1.1 500 ") // of the next
		method := http.MethodHead
		if isGet {
			method = http.MethodGet
		}
		req, _ := http.NewRequest(method, "http://h/", nil)
		got, err := byUs(b.Bytes(), req)
		want, err2 := byNetHTTP(b.Bytes(), req)
		if status == 304 {
			want.Length = int64(len(body))
		}
		if diff := cmp.Diff(want, got); err != nil || err2 != nil || diff != "" {
			t.Errorf("%q\n%v, net/http %v (-net/http +http1)\n%s", b.Bytes(), err, err2, diff)
		}
		if !bodiless && got.Body != string(body) || got.Rest != len("HTTP/1.1 500 ") {
			t.Errorf("the body is %q, and %d bytes are left; want %q", got.Body, got.Rest, body)
		}
	})
}
