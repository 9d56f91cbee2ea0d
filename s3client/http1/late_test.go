//go:build unix

package http1

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

type lateReader interface {
	io.ReadCloser
	ReadLate(Pool) ([]byte, error)
}

// one is a pool that has one buffer.
type one chan []byte

func newPool(size int) one {
	p := make(one, 1)
	p <- make([]byte, size)
	return p
}

func (p one) Get() []byte  { return <-p }
func (p one) Put(b []byte) { p <- b[:cap(b)] }

// flows serves what it is given, each run at once, over TLS or not, and gives the body
// that a client has of them, of so many bytes.
func flows(t *testing.T, overTLS bool, length int, runs <-chan []byte) lateReader {
	t.Helper()
	tr := newTransport(t)
	handler := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", strconv.Itoa(length))
		w.(http.Flusher).Flush()
		for run := range runs {
			w.Write(run)
			w.(http.Flusher).Flush()
		}
	}
	url := ""
	if overTLS {
		srv, trust := secure(t, handler)
		tr.TLS, url = trust, srv.URL
	} else {
		url = serve(t, func(_ int, p *peer) {
			p.request()
			p.say(fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", length))
			for run := range runs {
				p.Write(run)
			}
		}).url
	}
	resp, err := tr.RoundTrip(request(t, "GET", url))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	return resp.Body.(lateReader)
}

// While nothing comes nobody has the buffer.
func TestReadLateWaitsWithoutABuffer(t *testing.T) {
	for _, overTLS := range []bool{false, true} {
		t.Run(fmt.Sprint("TLS ", overTLS), func(t *testing.T) {
			content := make([]byte, 390_102)
			for i := range content {
				content[i] = byte(i * i >> 3)
			}
			runs := make(chan []byte)
			body, pool := flows(t, overTLS, len(content), runs), newPool(1<<20)
			rest := content
			for _, size := range []int{1, 100, 20_000, 300_000, 1, 70_000} {
				sent := make(chan bool)
				time.AfterFunc(10*time.Millisecond, func() {
					select {
					case b := <-pool:
						pool <- b
					case <-time.After(10 * time.Second):
						t.Error("it waits with the buffer")
					}
					runs <- rest[:size]
					close(sent)
				})
				for got := 0; got < size; {
					p, err := body.ReadLate(pool)
					if len(p) == 0 || len(p) > size-got || !bytes.Equal(p, rest[got:][:len(p)]) || err != nil && !(err == io.EOF && len(rest) == size) {
						t.Fatalf("%d bytes, %v, of %d, or these are others", len(p), err, size-got)
					}
					got += len(p)
					pool.Put(p)
				}
				<-sent
				rest = rest[size:]
			}
			close(runs)
			if p, err := body.ReadLate(pool); len(p) != 0 || err != io.EOF || len(pool) != 1 {
				t.Errorf("at the end: %d bytes, %v, %d buffers back", len(p), err, len(pool))
			}
		})
	}
}

// What has come in one piece is given in one piece, more than is buffered, and more than
// a TLS record has.
func TestReadGivesWhatHasCome(t *testing.T) {
	for _, overTLS := range []bool{false, true} {
		t.Run(fmt.Sprint("TLS ", overTLS), func(t *testing.T) {
			const length = 60_000
			runs := make(chan []byte)
			body := flows(t, overTLS, length, runs)
			runs <- make([]byte, length)
			runs <- nil // when that is sent
			close(runs)
			pool := newPool(1 << 20)
			reads, got := 0, 0
			for late := true; got < length; late = !late {
				p, err := pool.Get(), error(nil)
				if n := 0; late {
					pool.Put(p)
					p, err = body.ReadLate(pool)
				} else {
					n, err = body.Read(p)
					p = p[:n]
				}
				if err != nil && err != io.EOF {
					t.Fatal(err)
				}
				reads, got = reads+1, got+len(p)
				pool.Put(p)
			}
			if reads > 2 { // the second of what had come with the head
				t.Errorf("it takes %d reads", reads)
			}
		})
	}
}

func TestReadLateOfWhatGoesWrong(t *testing.T) {
	for _, test := range []struct {
		name string
		end  func(*peer)
		want error
	}{
		{"closed", func(p *peer) {}, io.ErrUnexpectedEOF},
		{"reset", func(p *peer) { p.Conn.(*net.TCPConn).SetLinger(0) }, syscall.ECONNRESET},
	} {
		for _, late := range []bool{false, true} {
			t.Run(fmt.Sprint(test.name, ", late ", late), func(t *testing.T) {
				read := make(chan bool)
				s := serve(t, func(_ int, p *peer) {
					p.request()
					p.say("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhell")
					<-read
					test.end(p)
				})
				resp, err := newTransport(t).RoundTrip(request(t, "GET", s.url))
				if err != nil {
					t.Fatal(err)
				}
				body := resp.Body.(lateReader)
				buf := make([]byte, 100)
				if n, err := io.ReadAtLeast(body, buf, 4); string(buf[:n]) != "hell" || err != nil {
					t.Fatalf("%q, %v", buf[:n], err)
				}
				close(read)
				for i := range 2 {
					n, err := 0, error(nil)
					if pool := newPool(100); late {
						var p []byte
						p, err = body.ReadLate(pool)
						n = len(p)
						if len(pool) != 1 {
							t.Error("it keeps the buffer")
						}
					} else {
						n, err = body.Read(buf)
					}
					if n != 0 || !errors.Is(err, test.want) {
						t.Errorf("read %d: %d, %v, want %v", i, n, err, test.want)
					}
				}
			})
		}
	}
}

func TestReadLateEndsWithTheBody(t *testing.T) {
	s := serve(t, func(_ int, p *peer) {
		p.request()
		p.say("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n")
		p.request()
	})
	resp, err := newTransport(t).RoundTrip(request(t, "GET", s.url))
	if err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(20*time.Millisecond, func() { resp.Body.Close() })
	_, err = resp.Body.(lateReader).ReadLate(newPool(9))
	wantErr(t, err, http.ErrBodyReadAfterClose)
}

// Nobody can say when a chunk or a strange connection has something.
func TestReadLateWhereItCannot(t *testing.T) {
	chunked := serve(t, answers("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"))
	strange := newTransport(t)
	strange.Dialer = &Dialer{Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := new(net.Dialer).DialContext(ctx, network, address)
		return struct{ net.Conn }{c}, err
	}}
	for name, c := range map[string]struct {
		tr  *Bodiless
		url string
	}{"chunked": {newTransport(t), chunked.url}, "not a socket": {strange, serve(t, closes(small)).url}} {
		resp, err := c.tr.RoundTrip(request(t, "GET", c.url))
		if err != nil {
			t.Fatal(name, err)
		}
		if _, err := resp.Body.(lateReader).ReadLate(newPool(9)); err != errors.ErrUnsupported {
			t.Errorf("%s: %v", name, err)
		}
		if b, err := io.ReadAll(resp.Body); string(b) != "hello" || err != nil {
			t.Errorf("%s: %q, %v", name, b, err)
		}
	}
}

func TestLongHeads(t *testing.T) {
	for _, test := range []struct {
		length int
		ok     bool
	}{{10_000, true}, {17_000, true}, {60_000, true}, {66_000, false}} {
		head := "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", test.length) + "\r\n"
		s := serve(t, answers(head+"Content-Length: 20000\r\n\r\n"+strings.Repeat("y", 20_000)))
		tr := newTransport(t)
		for range 3 {
			got, err := get(t, tr, s.url)
			if ok := err == nil && got == strings.Repeat("y", 20_000); ok != test.ok {
				t.Errorf("a head of %d bytes: %d bytes, %v", test.length, len(got), err)
			}
		}
		if n := s.accepted(); test.ok && n != 1 {
			t.Errorf("a head of %d bytes: %d connections, want 1", test.length, n)
		}
	}
}
