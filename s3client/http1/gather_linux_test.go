package http1

import (
	"context"
	"errors"
	"io"
	"net/http"
	"syscall"
	"testing"
	"time"
)

// wakes is what a socket's reader is woken for.
func wakes(t *testing.T, s *socket) (bytes int) {
	t.Helper()
	s.raw.Control(func(fd uintptr) {
		var err error
		if bytes, err = syscall.GetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVLOWAT); err != nil {
			t.Error(err)
		}
	})
	return bytes
}

// A fast body wakes its reader for more than a byte; what is less than that is not waited
// for at the end, nor when the body breaks off.
func TestBytesGather(t *testing.T) {
	const length = 4 << 20
	for _, test := range []struct {
		name    string
		overTLS bool
		first   int // sent at once, but for a little
		rest    []int
		want    error
	}{
		{"to its end", false, length - 3, []int{1, 1, 1}, io.EOF},
		{"to its end over TLS", true, length - 3, []int{1, 1, 1}, io.EOF},
		{"slowly behind", false, length - 40_000, []int{10_000, 10_000, 10_000, 10_000}, io.EOF},
		{"slowly behind over TLS", true, length - 40_000, []int{10_000, 10_000, 10_000, 10_000}, io.EOF},
		{"broken off", false, 1 << 20, []int{100}, io.ErrUnexpectedEOF},
		{"broken off over TLS", true, 1 << 20, []int{100}, io.ErrUnexpectedEOF},
	} {
		t.Run(test.name, func(t *testing.T) {
			runs := make(chan []byte)
			b := flows(t, test.overTLS, length, runs).(*body)
			pool, got, most := newPool(512<<10), 0, 0
			go func() {
				for sent := 0; sent < test.first; sent += 32 << 10 {
					runs <- make([]byte, min(32<<10, test.first-sent))
				}
				for _, n := range test.rest {
					time.Sleep(5 * time.Millisecond)
					runs <- make([]byte, n)
				}
				close(runs)
			}()
			c := b.conn.Load()
			for {
				p, err := b.ReadLate(pool)
				if got += len(p); p != nil {
					pool.Put(p)
				}
				if err != nil {
					if !errors.Is(err, test.want) {
						t.Errorf("after %d bytes: %v, want %v", got, err, test.want)
					}
					break
				}
				if b.conn.Load() != nil {
					most = max(most, wakes(t, c.socket))
				}
			}
			if most < gathered {
				t.Errorf("the reader is woken by %d bytes, want %d", most, gathered)
			}
			if test.want == io.EOF && !test.overTLS {
				if n := wakes(t, c.socket); got != length || n != 1 {
					t.Errorf("after the end, of %d bytes, the next reader is woken by %d", got, n)
				}
			}
		})
	}
}

// A body that is not fast, or not long, wakes its reader for each byte.
func TestBytesDoNotGather(t *testing.T) {
	runs := make(chan []byte)
	b := flows(t, false, 4<<20, runs).(*body)
	pool := newPool(512 << 10)
	for range 5 {
		time.AfterFunc(10*time.Millisecond, func() { runs <- make([]byte, 1000) })
		p, err := b.ReadLate(pool)
		if len(p) == 0 || err != nil {
			t.Fatal(len(p), err)
		}
		pool.Put(p)
		if n := wakes(t, b.conn.Load().socket); n != 1 {
			t.Errorf("the reader of a slow body is woken by %d bytes", n)
		}
	}
	close(runs)
}

func TestCancelWhileBytesGather(t *testing.T) {
	s := serve(t, func(_ int, p *peer) {
		p.request()
		p.say("HTTP/1.1 200 OK\r\nContent-Length: 4000000\r\n\r\n")
		p.Write(make([]byte, 1_000_000))
		p.request()
	})
	ctx, cancel := context.WithCancel(t.Context())
	resp, err := newTransport(t).RoundTrip(request(t, http.MethodGet, s.url).WithContext(ctx))
	if err != nil {
		t.Fatal(err)
	}
	body, pool := resp.Body.(lateReader), newPool(10_000)
	time.AfterFunc(100*time.Millisecond, cancel)
	for got := 0; err == nil; {
		var p []byte
		p, err = body.ReadLate(pool)
		if got += len(p); got > 1_000_000 {
			t.Fatal("more than was sent")
		}
		if p != nil {
			pool.Put(p)
		}
	}
	wantErr(t, err, context.Canceled)
}
