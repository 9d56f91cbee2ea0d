//go:build unix

package http1

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
)

// proxy is one of HTTP: it connects where it is told, and answers all else itself.
type proxy struct {
	*server
	mu  sync.Mutex
	got []string // the heads that it was sent
}

func serveProxy(t *testing.T, secure *tls.Config) *proxy {
	x := new(proxy)
	x.server = serve(t, func(_ int, p *peer) {
		if secure != nil {
			p.Conn = tls.Server(p.Conn, secure)
			p.in.Reset(p.Conn)
		}
		for {
			head := p.request()
			if head == "" {
				return
			}
			x.mu.Lock()
			x.got = append(x.got, head)
			x.mu.Unlock()
			method, rest, _ := strings.Cut(head, " ")
			target, _, _ := strings.Cut(rest, " ")
			if method != "CONNECT" {
				p.say(fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\nproxied %s", len("proxied ")+len(target), target))
				continue
			}
			there, err := net.Dial("tcp", target)
			if err != nil {
				p.say("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
				continue
			}
			p.say("HTTP/1.1 200 Connection established\r\n\r\n")
			go func() {
				io.Copy(there, p.in)
				there.Close()
			}()
			io.Copy(p.Conn, there)
		}
	})
	return x
}

func through(t *testing.T, proxy string) func(*http.Request) (*url.URL, error) {
	u, err := url.Parse(proxy)
	if err != nil {
		t.Fatal(err)
	}
	return func(*http.Request) (*url.URL, error) { return u, nil }
}

func TestProxyIsUsed(t *testing.T) {
	srv, trust := secure(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "hello "+r.RequestURI) })
	for _, scheme := range []string{"http", "https"} {
		t.Run("over "+scheme, func(t *testing.T) {
			var own *tls.Config
			if scheme == "https" {
				own = srv.TLS
			}
			x := serveProxy(t, own)
			tr := newTransport(t)
			tr.TLS = trust
			tr.Proxy = through(t, scheme+"://user:secret@"+strings.TrimPrefix(x.url, "http://"))
			for range 2 {
				wantGet(t, tr, "http://far.example/a?b", "proxied http://far.example/a?b")
				wantGet(t, tr, srv.URL+"/a?b", "hello /a?b")
			}
			if n := x.accepted(); n != 2 {
				t.Errorf("%d connections, want 2: one for each host", n)
			}
			const user = "Proxy-Authorization: Basic dXNlcjpzZWNyZXQ=\r\n"
			host := strings.TrimPrefix(srv.URL, "https://")
			want := []string{"GET http://far.example/a?b HTTP/1.1\r\nHost: far.example\r\n" + user + "\r\n",
				"CONNECT " + host + " HTTP/1.1\r\nHost: " + host + "\r\n" + user + "\r\n"}
			want = append(want, want[0])
			if got := strings.Join(x.got, ""); got != strings.Join(want, "") {
				t.Errorf("the proxy got\n%s\nwant\n%s", got, strings.Join(want, ""))
			}
		})
	}
}

func TestProxyThatRefuses(t *testing.T) {
	for _, test := range []struct{ name, answer, want string }{
		{"a password", "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n", `"407 Proxy Authentication Required"`},
		{"a redirection", "HTTP/1.1 302 Found\r\nLocation: https://evil.example\r\n\r\n", `"302 Found"`},
		{"nothing", "", io.ErrUnexpectedEOF.Error()},
		{"no HTTP", "SSH-2.0-x\r\n\r\n", ErrMalformed.Error()},
		{"bytes of its own before TLS", "HTTP/1.1 200 OK\r\n\r\nx", ErrMalformed.Error()},
		{"interim answers, and the end", "HTTP/1.1 100 Continue\r\n\r\n", io.ErrUnexpectedEOF.Error()},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := serve(t, closes(test.answer))
			tr := newTransport(t)
			tr.Proxy = through(t, "http://user:secret@"+strings.TrimPrefix(s.url, "http://"))
			_, err := get(t, tr, "https://far.example/")
			if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "far.example:443") {
				t.Errorf("the error is %v, want %s in it, and for whom", err, test.want)
			}
			if err != nil && strings.Contains(err.Error(), "secret") {
				t.Errorf("the error tells the password: %v", err)
			}
		})
	}
}

func TestServerBehindAProxyIsVerified(t *testing.T) {
	srv, _ := secure(t, func(http.ResponseWriter, *http.Request) { t.Error("a request was sent") })
	tr := newTransport(t)
	tr.Proxy = through(t, serveProxy(t, nil).url)
	_, err := get(t, tr, srv.URL)
	if verify := (*tls.CertificateVerificationError)(nil); !errors.As(err, &verify) {
		t.Errorf("the error is %v, want a %T", err, verify)
	}
}

func TestProxyThatCannotBeFound(t *testing.T) {
	tr := newTransport(t)
	tr.Proxy = func(*http.Request) (*url.URL, error) { return nil, errProxy }
	_, err := get(t, tr, "http://far.example")
	wantErr(t, err, errProxy)
}

var errProxy = errors.New("there is no telling which proxy")

// NO_PROXY, and all else of the environment, is net/http's.
func TestProxyOfTheEnvironmentIsTheDefault(t *testing.T) {
	tr := newTransport(t)
	s := serve(t, answers(small))
	wantGet(t, tr, s.url, "hello") // which never goes through a proxy on loopback
	if tr.Proxy == nil {
		t.Error("there is no default")
	}
}
