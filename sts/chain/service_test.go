package chain

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A name is allowed for its address, and what it stands for is known only when it
// is dialled.
func TestAddressThatIsNotAllowedIsNotDialled(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the server was asked") }))
	defer server.Close()
	var dialled netip.Addr
	s := &service{base: local(time.Minute, func(a netip.Addr) bool { dialled = a; return false }), timeout: time.Minute, attempts: 1}
	_, failure := s.ask(t.Context(), http.MethodGet, strings.Replace(server.URL, "127.0.0.1", "localhost", 1), http.Header{})
	if failure == nil || !errors.Is(failure, errNotAllowed) || failure.reached || !dialled.IsLoopback() {
		t.Errorf("got %v after %v, want %v", failure, dialled, errNotAllowed)
	}
}

func TestProxyIsNotAsked(t *testing.T) {
	if local(time.Minute, nil).Proxy != nil {
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

func TestServiceIsLeftAloneBetweenAttempts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var asked []time.Duration
		s := &service{timeout: time.Second, attempts: 4, base: transport(func(*http.Request) (*http.Response, error) {
			asked = append(asked, time.Since(start))
			return nil, errors.New("busy")
		})}
		if _, failure := s.ask(t.Context(), http.MethodGet, "http://localhost", nil); failure == nil {
			t.Error("no failure")
		}
		want := []time.Duration{0, 100 * time.Millisecond, 300 * time.Millisecond, 700 * time.Millisecond}
		if !slices.Equal(asked, want) {
			t.Errorf("asked after %v, want %v", asked, want)
		}

		// Nobody waits for the rest who has given up.
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		start, asked = time.Now(), nil
		if _, failure := s.ask(ctx, http.MethodGet, "http://localhost", nil); failure == nil || len(asked) != 2 || time.Since(start) != 200*time.Millisecond {
			t.Errorf("got %v after %v and %d attempts, want a failure after 200ms and 2", failure, time.Since(start), len(asked))
		}
	})
}

type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }
