package http1

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
)

func TestProxyIsUsed(t *testing.T) {
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "proxied "+r.RequestURI)
	}))
	defer proxy.Close()
	at, err := url.Parse(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	direct := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "direct "+r.RequestURI)
	}))
	defer direct.Close()
	tr := newTransport(t)
	tr.Proxy = func(r *http.Request) (*url.URL, error) {
		switch r.URL.Host {
		case "far.example":
			return at, nil
		case "broken.example":
			return nil, errProxy
		}
		return nil, nil
	}
	wantGet(t, tr, "http://far.example/a?b", "proxied http://far.example/a?b")
	wantGet(t, tr, direct.URL+"/a?b", "direct /a?b")
	_, err = get(t, tr, "http://broken.example")
	wantErr(t, err, errProxy)
}

var errProxy = errors.New("there is no telling which proxy")
