package http1

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
)

// server is one that a test writes byte for byte.
type server struct {
	url   string
	conns chan struct{} // one for each connection that was accepted
}

// serve has each connection, with its number from 1, served by a function, and closes it
// when that returns.
func serve(t *testing.T, one func(n int, c *peer)) *server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{url: "http://" + l.Addr().String(), conns: make(chan struct{}, 1000)}
	var running sync.WaitGroup
	var mu sync.Mutex
	open := map[net.Conn]bool{}
	running.Go(func() {
		for n := 1; ; n++ {
			c, err := l.Accept()
			if err != nil {
				return
			}
			s.conns <- struct{}{}
			mu.Lock()
			open[c] = true
			mu.Unlock()
			running.Go(func() {
				defer c.Close()
				one(n, &peer{c, bufio.NewReader(c)})
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		mu.Lock()
		for c := range open {
			c.Close()
		}
		mu.Unlock()
		running.Wait()
	})
	return s
}

// accepted is the number of connections so far.
func (s *server) accepted() int { return len(s.conns) }

// peer is a connection at the server's end.
type peer struct {
	net.Conn
	in *bufio.Reader
}

// request reads one to its empty line; "" is the end.
func (p *peer) request() string {
	var b strings.Builder
	for {
		line, err := p.in.ReadString('\n')
		if err != nil {
			return ""
		}
		b.WriteString(line)
		if line == "\r\n" {
			return b.String()
		}
	}
}

func (p *peer) say(text string) { io.WriteString(p, text) }

// answers answers each request of each connection alike.
func answers(text string) func(int, *peer) {
	return func(_ int, p *peer) {
		for p.request() != "" {
			p.say(text)
		}
	}
}

// closes answers one request and closes the connection.
func closes(text string) func(int, *peer) {
	return func(_ int, p *peer) {
		p.request()
		p.say(text)
	}
}

const small = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"

func newTransport(t *testing.T) *Bodiless {
	tr := new(Bodiless)
	t.Cleanup(tr.CloseIdleConnections)
	return tr
}

func request(t *testing.T, method, url string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	return req
}

// get gives the body of an answer, after its end.
func get(t *testing.T, tr *Bodiless, url string) (string, error) {
	t.Helper()
	resp, err := tr.RoundTrip(request(t, http.MethodGet, url))
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return string(b), err
}

func wantGet(t *testing.T, tr *Bodiless, url, want string) {
	t.Helper()
	if got, err := get(t, tr, url); got != want || err != nil {
		t.Fatalf("the body is %q, %v, want %q", got, err, want)
	}
}

func wantErr(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("the error is %v, want %v", err, want)
	}
}
