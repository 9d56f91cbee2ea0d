package chain

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// A name is allowed for its address, and what it stands for is known only when it
// is dialled.
func TestAddressThatIsNotAllowedIsNotDialled(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the server was asked") }))
	defer server.Close()
	var dialled netip.Addr
	l := newLocal(nil, time.Minute, func(a netip.Addr) bool { dialled = a; return false })
	defer l.close()
	_, failure := l.ask(t.Context(), http.MethodGet, strings.Replace(server.URL, "127.0.0.1", "localhost", 1), http.Header{})
	if failure == nil || !errors.Is(failure, errNotAllowed) || failure.reached || !dialled.IsLoopback() {
		t.Errorf("got %v after %v, want %v", failure, dialled, errNotAllowed)
	}
}

func TestProxyIsNotAsked(t *testing.T) {
	l := newLocal(nil, time.Minute, nil)
	if l.own.Proxy != nil {
		t.Error("the transport asks for a proxy, which would see the credentials")
	}
}

func TestErrorCodeIsAWord(t *testing.T) {
	for code, want := range map[string]string{
		"AccessDenied": "AccessDenied", "a.b_C9": "a.b_C9", "two words": "an unknown error",
		"line\nend": "an unknown error", strings.Repeat("x", 65): "an unknown error",
	} {
		if got := codeWord(code); got != want {
			t.Errorf("codeWord(%q) = %q, want %q", code, got, want)
		}
	}
}
