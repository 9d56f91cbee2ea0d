package sigv4http_test

import (
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sigv4/sigv4http"
)

func TestSignsWhatGoesOverTheWire(t *testing.T) {
	signer := newSigner(t, "s3")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		lookup := func(context.Context, string, string) (sigv4.Credentials, error) { return longTerm, nil }
		got, err := signer.Verify(r, lookup, sigv4.PayloadOf(body), time.Now())
		if err != nil {
			t.Error(err)
		}
		io.WriteString(w, got.AccessKeyID)
	}))
	defer server.Close()
	client := &http.Client{Transport: &sigv4http.Transport{Signer: signer, Provider: longTerm}}

	for _, method := range []string{http.MethodGet, http.MethodPut} {
		t.Run(method, func(t *testing.T) {
			var body io.Reader
			if method == http.MethodPut {
				body = strings.NewReader("content")
			}
			req, err := http.NewRequestWithContext(t.Context(), method, server.URL+"/bucket/a%20b+c//d?list&x=1", body)
			if err != nil {
				t.Fatal(err)
			}
			resp, err := client.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if got, _ := io.ReadAll(resp.Body); resp.StatusCode != http.StatusOK || string(got) != longTerm.AccessKeyID {
				t.Errorf("got %d %q, want 200 %q", resp.StatusCode, got, longTerm.AccessKeyID)
			}
		})
	}
}

func TestSignsEachAttemptAfresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		transport, s := newTransport(t, status(503, "", "Retry-After", "2"), status(503, "", "Retry-After", "3"), ok)
		if code, _, err := do(t, transport, newRequest(t, http.MethodPut, strings.NewReader("content"))); code != 200 || err != nil {
			t.Fatalf("got %d, %v, want 200", code, err)
		}
		dates := map[string]bool{}
		for _, a := range s.attempts {
			dates[a.Header.Get("X-Amz-Date")] = true
			verify(t, a, transport.Signer, longTerm, a.at)
			if a.body != "content" {
				t.Errorf("an attempt's body is %q, want %q", a.body, "content")
			}
		}
		if len(s.attempts) != 3 || len(dates) != 3 {
			t.Errorf("%d attempts with %d dates, want 3 with 3", len(s.attempts), len(dates))
		}
	})
}

func TestLeavesTheRequestUntouched(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		transport, _ := newTransport(t, status(503, ""), ok)
		req := newRequest(t, http.MethodPut, strings.NewReader("content"))
		req.URL.RawQuery = "a=b+c" // which the signer rewrites in what it sends
		req.Header.Set("X-Amz-Acl", "private")
		header, url, host := maps.Clone(req.Header), req.URL.String(), req.Host
		if _, _, err := do(t, transport, req); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(header, req.Header); diff != "" {
			t.Errorf("the header changed (-before +after):\n%s", diff)
		}
		if req.URL.String() != url || req.Host != host {
			t.Errorf("the request is now for %s at %s, it was for %s at %s", req.URL, req.Host, url, host)
		}
	})
}

func TestPayloadIsWhatWithPayloadSays(t *testing.T) {
	digest := sigv4.PayloadOf([]byte("content")).String()
	for _, test := range []struct {
		name string
		with sigv4.PayloadHash // zero: not said
		body io.Reader
		want string
	}{
		{name: "no body", want: sigv4.EmptyPayload().String()},
		{name: "http.NoBody", body: http.NoBody, want: sigv4.EmptyPayload().String()},
		{name: "hashed here", body: strings.NewReader("content"), want: digest},
		{name: "said to be unsigned", with: sigv4.UnsignedPayload(), body: strings.NewReader("content"), want: "UNSIGNED-PAYLOAD"},
		{name: "said of a body that is read once", with: sigv4.PayloadOf([]byte("content")),
			body: iotest.OneByteReader(strings.NewReader("content")), want: digest},
	} {
		t.Run(test.name, func(t *testing.T) {
			transport, s := newTransport(t, ok)
			req := newRequest(t, http.MethodPut, test.body)
			if test.with != (sigv4.PayloadHash{}) {
				req = req.WithContext(sigv4http.WithPayload(req.Context(), test.with))
			}
			if _, _, err := do(t, transport, req); err != nil {
				t.Fatal(err)
			}
			if got := s.attempts[0].Header.Get("X-Amz-Content-Sha256"); got != test.want {
				t.Errorf("signed payload %q, want %q", got, test.want)
			}
		})
	}
}

// body counts how often it is opened and closed.
type body struct {
	text           string
	opened, closed atomic.Int32
}

func (b *body) open() io.ReadCloser {
	b.opened.Add(1)
	return &closer{Reader: strings.NewReader(b.text), closed: func() { b.closed.Add(1) }}
}

func TestClosesEveryBodyOnEveryPath(t *testing.T) {
	denied := providerFunc(func(context.Context) (sigv4.Credentials, error) { return sigv4.Credentials{}, errors.New("none") })
	tooShort := sigv4.NewCredentials("AKID", "short", "")
	for _, test := range []struct {
		name     string
		answers  []answer
		provider sigv4.Provider
		rewind   bool // the body has GetBody
		with     bool // WithPayload
		header   http.Header
		attempts int
		wantErr  bool
	}{
		{name: "success", answers: []answer{ok}, rewind: true, attempts: 1},
		{name: "retries", answers: []answer{status(503, "busy"), fails(errReset), ok}, rewind: true, attempts: 3},
		{name: "retries used up", answers: []answer{status(503, "busy")}, rewind: true, attempts: 4},
		{name: "connection errors used up", answers: []answer{fails(errReset)}, rewind: true, attempts: 4, wantErr: true},
		{name: "final error", answers: []answer{status(403, s3Error("AccessDenied"))}, rewind: true, attempts: 1},
		{name: "no credentials", answers: []answer{ok}, provider: denied, rewind: true, wantErr: true},
		{name: "not signable", answers: []answer{ok}, provider: tooShort, rewind: true, wantErr: true},
		{name: "not hashable", answers: []answer{ok}, wantErr: true},
		{name: "read once", answers: []answer{status(503, "busy"), ok}, with: true, attempts: 1},
		{name: "credentials gone at the retry", answers: []answer{status(503, ""), ok}, rewind: true, attempts: 1, wantErr: true,
			provider: changing(longTerm, nil)},
		{name: "credentials bad at the retry", answers: []answer{status(503, ""), ok}, rewind: true, attempts: 1, wantErr: true,
			provider: changing(longTerm, &tooShort)},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				transport, s := newTransport(t, test.answers...)
				if test.provider != nil {
					transport.Provider = test.provider
				}
				b := &body{text: "content"}
				req := newRequest(t, http.MethodPut, nil)
				req.Body, req.ContentLength = b.open(), int64(len(b.text))
				if test.rewind {
					req.GetBody = func() (io.ReadCloser, error) { return b.open(), nil }
				}
				if test.with {
					req = req.WithContext(sigv4http.WithPayload(req.Context(), sigv4.UnsignedPayload()))
				}
				_, _, err := do(t, transport, req)
				if (err != nil) != test.wantErr {
					t.Errorf("error %v, want one: %v", err, test.wantErr)
				}
				if len(s.attempts) != test.attempts {
					t.Errorf("%d attempts, want %d", len(s.attempts), test.attempts)
				}
				if b.opened.Load() != b.closed.Load() {
					t.Errorf("%d request bodies opened, %d closed", b.opened.Load(), b.closed.Load())
				}
				if s.open != 0 {
					t.Errorf("%d answers' bodies are left open", s.open)
				}
			})
		})
	}
}

func TestBodyThatCannotBeReadAgainIsAnError(t *testing.T) {
	lost := errors.New("the file is gone")
	for _, test := range []struct {
		name    string
		getBody func() (io.ReadCloser, error)
		want    error
	}{
		{"no GetBody", nil, sigv4http.ErrBody},
		{"GetBody fails", func() (io.ReadCloser, error) { return nil, lost }, lost},
		{"reading fails", func() (io.ReadCloser, error) { return io.NopCloser(iotest.ErrReader(lost)), nil }, lost},
	} {
		t.Run(test.name, func(t *testing.T) {
			transport, s := newTransport(t, ok)
			req := newRequest(t, http.MethodPut, strings.NewReader("content"))
			req.GetBody = test.getBody
			if _, _, err := do(t, transport, req); !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
			if len(s.attempts) != 0 {
				t.Errorf("%d attempts, want none", len(s.attempts))
			}
		})
	}

	t.Run("GetBody fails at the retry", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			transport, s := newTransport(t, status(503, ""), ok)
			req := newRequest(t, http.MethodPut, strings.NewReader("content"))
			req.GetBody = func() (io.ReadCloser, error) { return nil, lost }
			req = req.WithContext(sigv4http.WithPayload(req.Context(), sigv4.UnsignedPayload()))
			if _, _, err := do(t, transport, req); !errors.Is(err, lost) || len(s.attempts) != 1 {
				t.Errorf("got %v after %d attempts, want %v after 1", err, len(s.attempts), lost)
			}
		})
	})
}

func TestErrorSaysWhyNothingWasSent(t *testing.T) {
	noKey := errors.New("no key in the drawer")
	for _, test := range []struct {
		name     string
		provider sigv4.Provider
		want     error
		text     string
	}{
		{"no credentials", providerFunc(func(context.Context) (sigv4.Credentials, error) { return sigv4.Credentials{}, noKey }), noKey,
			"sigv4http: getting credentials: no key in the drawer"},
		{"empty credentials", sigv4.Credentials{}, sigv4.ErrCredentials, "sigv4http: signing: sigv4: invalid credentials: "},
	} {
		t.Run(test.name, func(t *testing.T) {
			transport, s := newTransport(t, ok)
			transport.Provider = test.provider
			_, _, err := do(t, transport, newRequest(t, http.MethodGet, nil))
			if !errors.Is(err, test.want) || !strings.HasPrefix(err.Error(), test.text) {
				t.Errorf("got %v, want %v: %v", err, test.text, test.want)
			}
			if len(s.attempts) != 0 {
				t.Errorf("%d attempts, want none", len(s.attempts))
			}
		})
	}
}

type providerFunc func(context.Context) (sigv4.Credentials, error)

func (f providerFunc) Credentials(ctx context.Context) (sigv4.Credentials, error) { return f(ctx) }

// changing gives first and then second; an error if that is nil.
func changing(first sigv4.Credentials, second *sigv4.Credentials) sigv4.Provider {
	var calls int
	return providerFunc(func(context.Context) (sigv4.Credentials, error) {
		if calls++; calls == 1 {
			return first, nil
		}
		if second == nil {
			return sigv4.Credentials{}, errors.New("none")
		}
		return *second, nil
	})
}

// TestRedirectToAnotherHostIsNotSigned: http.Client sends the redirected request
// through the Transport, which would sign it for whoever answered.
func TestRedirectToAnotherHostIsNotSigned(t *testing.T) {
	got := make(chan http.Header, 8)
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got <- r.Header }))
	defer other.Close()
	var first *httptest.Server
	first = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/elsewhere":
			http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
		case "/here":
			http.Redirect(w, r, first.URL+"/end", http.StatusTemporaryRedirect)
		}
	}))
	defer first.Close()
	client := &http.Client{Transport: &sigv4http.Transport{
		Signer: newSigner(t, "s3"), Provider: sigv4.NewCredentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG", "token"),
	}}
	if _, err := client.Get(first.URL + "/elsewhere"); err == nil || !strings.Contains(err.Error(), "another host") {
		t.Errorf("Get of a redirection to another host = %v, want an error that says so", err)
	}
	select {
	case header := <-got:
		t.Errorf("the other host got %v", header)
	default:
	}
	resp, err := client.Get(first.URL + "/here")
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("Get of a redirection to the same host = %v, %v", resp, err)
	}
	resp.Body.Close()
}
