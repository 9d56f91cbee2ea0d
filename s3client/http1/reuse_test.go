//go:build unix

package http1

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestConnectionIsUsedAgainAfterTheAnswersEnd(t *testing.T) {
	for _, test := range []struct{ name, method, answer, body string }{
		{"by length", "GET", small, "hello"},
		{"empty", "GET", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", ""},
		{"in chunks", "GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", "hello"},
		{"to HEAD", "HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", ""},
		{"to HEAD, of chunks", "HEAD", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", ""},
		{"no content", "GET", "HTTP/1.1 204 No Content\r\n\r\n", ""},
		{"not modified", "GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", ""},
		{"larger than the buffer", "GET", "HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n" + strings.Repeat("x", 300000), strings.Repeat("x", 300000)},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := serve(t, answers(test.answer))
			tr := newTransport(t)
			for range 3 {
				resp, err := tr.RoundTrip(request(t, test.method, s.url))
				if err != nil {
					t.Fatal(err)
				}
				if got, err := io.ReadAll(resp.Body); string(got) != test.body || err != nil {
					t.Errorf("the body is %.100q, %v, want %.100q", got, err, test.body)
				}
				resp.Body.Close()
			}
			if n := s.accepted(); n != 1 {
				t.Errorf("%d connections, want 1", n)
			}
		})
	}
}

// A connection whose state is in doubt would give one request the answer of another.
func TestConnectionInDoubtIsNotUsedAgain(t *testing.T) {
	const poison = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison"
	for _, test := range []struct{ name, method, answer string }{
		{"another answer is behind it", "GET", small + poison},
		{"a byte is behind it", "GET", small + "\n"},
		{"another answer is behind an empty one", "GET", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" + poison},
		{"another answer is behind the chunks", "GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n" + poison},
		{"an answer to HEAD has a body", "HEAD", small},
		{"a 204 has a body", "GET", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello"},
		{"a 204 will have a body", "GET", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n"},
		{"a 204 will have chunks", "GET", "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n"},
		{"a 304 has a body", "GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\nhello"},
		{"it says close", "GET", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello"},
		{"it says close among others", "GET", "HTTP/1.1 200 OK\r\nConnection: x\r\nConnection: y , Close\r\nContent-Length: 5\r\n\r\nhello"},
		{"it says close, in chunks", "GET", "HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
		{"it is HTTP/1.0", "GET", "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello"},
		{"it is HTTP/1.0 and says keep-alive", "GET", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nhello"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := serve(t, answers(test.answer))
			tr := newTransport(t)
			for n := range 3 {
				resp, err := tr.RoundTrip(request(t, test.method, s.url))
				if err != nil {
					t.Fatal(err)
				}
				if b, err := io.ReadAll(resp.Body); string(b) == "poison" || err != nil {
					t.Errorf("the body is %q, %v", b, err)
				}
				resp.Body.Close()
				if got := s.accepted(); got != n+1 {
					t.Errorf("%d connections after %d requests", got, n+1)
				}
			}
		})
	}
}

func TestWhatComesWhileAConnectionIsIdleIsNoAnswer(t *testing.T) {
	for name, late := range map[string]string{
		"an answer": "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison", "a timeout": "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
		"a byte": "\n", "the end": "",
	} {
		t.Run(name, func(t *testing.T) {
			said := make(chan struct{})
			s := serve(t, func(n int, p *peer) {
				p.request()
				p.say(small)
				if n == 1 {
					time.Sleep(10 * time.Millisecond) // it is idle
					p.say(late)
					if late == "" {
						p.Close()
					}
					close(said)
				}
				for p.request() != "" {
					p.say(small)
				}
			})
			tr := newTransport(t)
			wantGet(t, tr, s.url, "hello")
			<-said
			time.Sleep(10 * time.Millisecond) // it is there
			wantGet(t, tr, s.url, "hello")
			if n := s.accepted(); n != 2 {
				t.Errorf("%d connections, want 2", n)
			}
		})
	}
}

// A connection is closed by the server at the moment when the next request is sent.
func TestRequestOnAStaleConnectionIsSentOnceMore(t *testing.T) {
	for _, test := range []struct {
		name, method  string
		second        string // the first connection's answer to its second request
		status, conns int    // no status: an error
	}{
		{"closed", "GET", "", 200, 2},
		{"closed, HEAD", "HEAD", "", 200, 2},
		{"timed out", "GET", "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", 200, 2},
		{"timed out and open", "GET", "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n", 408, 1},
		{"closed after the first byte", "GET", "H", 0, 1},
		{"malformed", "GET", "HTTP/1.1 200 OK\n\n", 0, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := serve(t, func(n int, p *peer) {
				p.request()
				p.say("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
				p.request()
				p.say(test.second)
			})
			tr := newTransport(t)
			wantGet(t, tr, s.url, "")
			resp, err := tr.RoundTrip(request(t, test.method, s.url))
			if err != nil && test.status != 0 || err == nil && resp.StatusCode != test.status {
				t.Errorf("the answer is %v, %v, want status %d", resp, err, test.status)
			}
			if n := s.accepted(); n != test.conns {
				t.Errorf("%d connections, want %d", n, test.conns)
			}
		})
	}
}

func TestRequestOnANewConnectionIsSentOnce(t *testing.T) {
	s := serve(t, closes(""))
	_, err := get(t, newTransport(t), s.url)
	wantErr(t, err, io.EOF)
	if n := s.accepted(); n != 1 {
		t.Errorf("%d connections, want 1", n)
	}
}

// A server that answers nobody twice is met twice a request, not more.
func TestStaleConnectionsAreNotTriedForEver(t *testing.T) {
	s := serve(t, func(n int, p *peer) {
		if p.request(); n == 1 {
			p.say("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
			p.request()
		}
	})
	tr := newTransport(t)
	wantGet(t, tr, s.url, "")
	_, err := get(t, tr, s.url)
	wantErr(t, err, io.EOF)
	if n := s.accepted(); n != 2 {
		t.Errorf("%d connections, want 2", n)
	}
}

func TestBodyThatIsClosedEarly(t *testing.T) {
	for _, test := range []struct {
		name, answer string
		conns        int
	}{
		{"when its rest has come", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 1},
		{"when its rest has come, and more", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhellox", 3},
		{"before its rest has come", "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello", 3},
		{"in chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", 3},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := serve(t, answers(test.answer))
			tr := newTransport(t)
			for range 3 {
				resp, err := tr.RoundTrip(request(t, "GET", s.url))
				if err != nil {
					t.Fatal(err)
				}
				io.ReadFull(resp.Body, make([]byte, 1))
				for range 2 {
					if err := resp.Body.Close(); err != nil {
						t.Error(err)
					}
				}
				if n, err := resp.Body.Read(make([]byte, 1)); n != 0 || err != http.ErrBodyReadAfterClose {
					t.Errorf("Read after Close gives %d, %v", n, err)
				}
			}
			if n := s.accepted(); n != test.conns {
				t.Errorf("%d connections, want %d", n, test.conns)
			}
		})
	}
}

func TestCloseWakesARead(t *testing.T) {
	s := serve(t, func(_ int, p *peer) {
		p.request()
		p.say("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
		p.request() // until the client goes
	})
	resp, err := newTransport(t).RoundTrip(request(t, "GET", s.url))
	if err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(20*time.Millisecond, func() { resp.Body.Close() })
	n, err := resp.Body.Read(make([]byte, 5))
	if n != 0 || err != http.ErrBodyReadAfterClose {
		t.Errorf("Read gives %d, %v", n, err)
	}
}

func TestSlowConnectionIsNotUsedAgain(t *testing.T) {
	s := serve(t, answers(small))
	tr := newTransport(t)
	for range 2 {
		resp, err := tr.RoundTrip(request(t, "GET", s.url))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.(interface{ Slow() }).Slow()
		if b, err := io.ReadAll(resp.Body); string(b) != "hello" || err != nil {
			t.Errorf("the body is %q, %v", b, err)
		}
		resp.Body.(interface{ Slow() }).Slow() // does no harm
	}
	if n := s.accepted(); n != 2 {
		t.Errorf("%d connections, want 2", n)
	}
}

func TestOneConnectionForEachWorker(t *testing.T) {
	const workers = 64
	var served atomic.Int64
	s := serve(t, func(n int, p *peer) {
		for {
			r := p.request()
			if r == "" {
				return
			}
			served.Add(1)
			path := strings.Fields(r)[1]
			p.say(fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(path), path))
		}
	})
	tr := newTransport(t)
	tr.MaxIdle = workers
	var group sync.WaitGroup
	for w := range workers {
		group.Go(func() {
			for n := range 20 {
				want := fmt.Sprintf("/%d/%d", w, n)
				if got, err := get(t, tr, s.url+want); got != want || err != nil {
					t.Errorf("the body is %q, %v, want %q", got, err, want)
				}
			}
		})
	}
	group.Wait()
	if n := s.accepted(); n > workers || served.Load() != workers*20 {
		t.Errorf("%d connections and %d requests for %d workers", n, served.Load(), workers)
	}
}

// A connection behind an answer without a body is another request's before the answer is
// given.
func TestAnswersWithoutABodyInParallel(t *testing.T) {
	s := serve(t, answers("HTTP/1.1 204 No Content\r\n\r\n"))
	tr := newTransport(t)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 100 {
				wantGet(t, tr, s.url, "")
			}
		})
	}
	group.Wait()
	if n := s.accepted(); n > 8 {
		t.Errorf("%d connections for 8 workers", n)
	}
}

func TestIdleConnectionsAreBounded(t *testing.T) {
	together := make(chan struct{})
	s := serve(t, func(_ int, p *peer) {
		for p.request() != "" {
			<-together
			p.say(small)
		}
	})
	tr := newTransport(t)
	tr.MaxIdle = 2
	var group sync.WaitGroup
	for range 5 {
		group.Go(func() { wantGet(t, tr, s.url, "hello") })
	}
	for s.accepted() < 5 {
		time.Sleep(time.Millisecond)
	}
	close(together)
	group.Wait()
	if n := len(tr.idle.conns[route{host: s.url[len("http://"):]}]); n != 2 {
		t.Errorf("%d idle connections, want 2", n)
	}
	tr.CloseIdleConnections()
	if len(tr.idle.conns) != 0 || tr.idle.timer != nil {
		t.Errorf("there are %v after CloseIdleConnections", tr.idle.conns)
	}
	wantGet(t, tr, s.url, "hello")
}

func TestIdleConnectionsAreClosedInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := new(Dialer)
		p := &idle{most: 3, timeout: time.Minute}
		put := func() *socket {
			s := &socket{Conn: wire{}, to: d.address(loopback)}
			p.put(&connection{socket: s})
			return s
		}
		a := put()
		time.Sleep(40 * time.Second)
		b := put()
		time.Sleep(19 * time.Second)
		synctest.Wait()
		if a.closed.Load() || b.closed.Load() {
			t.Error("one is closed before its time")
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if !a.closed.Load() || b.closed.Load() {
			t.Error("want the first to be closed, and not the second")
		}
		time.Sleep(40 * time.Second)
		synctest.Wait()
		if !b.closed.Load() || p.timer != nil || len(p.conns) != 0 {
			t.Error("want all closed, and no timer")
		}
	})
}

// Nothing runs for a connection that waits or is idle, and nothing stays when it ends.
func TestNoGoroutines(t *testing.T) {
	s := serve(t, answers(small))
	tr := newTransport(t)
	wantGet(t, tr, s.url, "hello")
	before := runtime.NumGoroutine()
	ctx, cancel := context.WithCancel(t.Context())
	for range 50 {
		resp, err := tr.RoundTrip(request(t, "GET", s.url).WithContext(ctx))
		if err != nil {
			t.Fatal(err)
		}
		io.Copy(io.Discard, resp.Body)
	}
	cancel()
	var stacks []byte
	for range 100 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(5 * time.Millisecond)
		stacks = make([]byte, 1<<16)
		stacks = bytes.TrimRight(stacks[:runtime.Stack(stacks, true)], "\x00")
	}
	t.Errorf("%d goroutines, want %d\n%s", runtime.NumGoroutine(), before, stacks)
}
