package http1

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"
)

// secure is a server of net/http's that would rather speak HTTP/2.
func secure(t *testing.T, h http.HandlerFunc) (srv *httptest.Server, trust *tls.Config) {
	srv = httptest.NewUnstartedServer(h)
	srv.EnableHTTP2 = true
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.StartTLS()
	t.Cleanup(srv.Close)
	return srv, &tls.Config{RootCAs: srv.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs}
}

func TestHTTPSIsHTTP1(t *testing.T) {
	remotes := map[string]bool{}
	srv, trust := secure(t, func(w http.ResponseWriter, r *http.Request) {
		remotes[r.RemoteAddr] = true
		io.WriteString(w, r.Proto)
	})
	tr := newTransport(t)
	tr.TLS = trust
	for range 3 {
		resp, err := tr.RoundTrip(request(t, "GET", srv.URL))
		if err != nil {
			t.Fatal(err)
		}
		if b, err := io.ReadAll(resp.Body); string(b) != "HTTP/1.1" || err != nil {
			t.Errorf("it speaks %q, %v", b, err)
		}
		if resp.TLS == nil || resp.TLS.NegotiatedProtocol == "h2" || !resp.TLS.HandshakeComplete || len(resp.TLS.VerifiedChains) == 0 {
			t.Errorf("the answer's TLS is %+v", resp.TLS)
		}
	}
	if len(remotes) != 1 {
		t.Errorf("%d connections, want 1", len(remotes))
	}
	if trust.NextProtos != nil || trust.ServerName != "" {
		t.Errorf("the caller's configuration has changed: %v %q", trust.NextProtos, trust.ServerName)
	}
}

func TestServerIsVerified(t *testing.T) {
	srv, trust := secure(t, func(http.ResponseWriter, *http.Request) { t.Error("a request was sent to somebody") })
	_, port, _ := net.SplitHostPort(srv.Listener.Addr().String())
	for _, test := range []struct {
		name, host string
		tls        *tls.Config
		want       any
	}{
		{"by an unknown authority", "127.0.0.1", nil, new(x509.UnknownAuthorityError)},
		{"for another host", "localhost", trust, new(x509.HostnameError)},
	} {
		t.Run(test.name, func(t *testing.T) {
			tr := newTransport(t)
			tr.TLS = test.tls
			_, err := get(t, tr, "https://"+net.JoinHostPort(test.host, port))
			if !errors.As(err, test.want) {
				t.Errorf("the error is %v, want a %T", err, test.want)
			}
			if verify := (*tls.CertificateVerificationError)(nil); !errors.As(err, &verify) || !strings.Contains(err.Error(), "TLS handshake with "+test.host) {
				t.Errorf("the error does not say of whom: %v", err)
			}
		})
	}
}

func TestHandshakeThatDoesNotEndInTime(t *testing.T) {
	s := serve(t, func(_ int, p *peer) { p.request() })
	tr := newTransport(t)
	tr.HandshakeTimeout = 50 * time.Millisecond
	_, err := get(t, tr, "https"+strings.TrimPrefix(s.url, "http"))
	if timeout := net.Error(nil); !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("the error is %v, want a timeout", err)
	}
}

func TestServerThatSpeaksNoTLS(t *testing.T) {
	s := serve(t, func(_ int, p *peer) {
		p.in.ReadByte()
		p.say("HTTP/1.1 400 Bad Request\r\n\r\n")
	})
	_, err := get(t, newTransport(t), "https"+strings.TrimPrefix(s.url, "http"))
	if record := (tls.RecordHeaderError{}); !errors.As(err, &record) {
		t.Errorf("the error is %v, want a %T", err, record)
	}
}

// The end, or an answer that nobody asked for, comes encrypted while a connection is
// idle.
func TestIdleTLSConnectionIsLookedAt(t *testing.T) {
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		for name, late := range map[string]string{"an answer": "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison", "the end": "", "nothing": "-"} {
			t.Run(tls.VersionName(version)+", "+name, func(t *testing.T) {
				srv, trust := secure(t, nil)
				config := srv.TLS.Clone()
				config.MaxVersion = version
				said := make(chan struct{}, 3)
				s := serve(t, func(n int, p *peer) {
					over := tls.Server(p.Conn, config)
					q := &peer{Conn: over, in: p.in}
					q.in.Reset(over)
					for q.request() != "" {
						q.say(small)
						if n == 1 && late != "-" {
							time.Sleep(10 * time.Millisecond)
							if q.say(late); late == "" {
								over.Close()
							}
						}
						said <- struct{}{}
					}
				})
				tr := newTransport(t)
				tr.TLS = trust
				url := "https" + strings.TrimPrefix(s.url, "http")
				wantGet(t, tr, url, "hello")
				<-said
				time.Sleep(10 * time.Millisecond)
				wantGet(t, tr, url, "hello")
				want := 2
				if late == "-" {
					want = 1
				}
				if n := s.accepted(); n != want {
					t.Errorf("%d connections, want %d", n, want)
				}
			})
		}
	}
}

func TestDeadlineOfTheHandshakeIsNotTheAnswers(t *testing.T) {
	srv, trust := secure(t, func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(300 * time.Millisecond)
		io.WriteString(w, "late")
	})
	tr := newTransport(t)
	tr.TLS, tr.HandshakeTimeout = trust, 200*time.Millisecond
	_, err := get(t, tr, srv.URL)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error(err)
	}
}
