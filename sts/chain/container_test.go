package chain_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sigvier/sigvier/sts/chain"
)

// containerService is what a container asks.
type containerService struct {
	authorization string        // what it wants
	status        int           // 0 is 200
	body          string        // "" are credentials
	busy          *atomic.Int32 // how many requests get 503 at first; nil is none
}

const temporary = `{"AccessKeyId":"AKIDTEMP","SecretAccessKey":"` + secret + `","Token":"` + token + `","Expiration":"2126-01-02T15:04:05Z","RoleArn":"TASK_ROLE_ARN"}`

func (s containerService) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Method != http.MethodGet || r.URL.RequestURI() != "/task?id=1" && r.URL.RequestURI() != "/task":
		http.Error(w, "?", http.StatusNotFound)
	case s.busy != nil && s.busy.Add(-1) >= 0:
		w.WriteHeader(http.StatusServiceUnavailable)
	case r.Header.Get("Authorization") != s.authorization:
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprint(w, `{"code":"AccessDenied","message":"SECRETIVE"}`)
	case s.status != 0:
		w.WriteHeader(s.status)
		fmt.Fprint(w, s.body)
	case s.body != "":
		fmt.Fprint(w, s.body)
	default:
		fmt.Fprint(w, temporary)
	}
}

func TestContainer(t *testing.T) {
	// One server, over http and on this machine's addresses.
	open := httptest.NewServer(containerService{})
	t.Cleanup(open.Close)
	port := open.URL[strings.LastIndex(open.URL, ":"):]
	guarded := httptest.NewServer(containerService{authorization: "Basic SECRETIVE"})
	t.Cleanup(guarded.Close)
	file := filepath.Join(t.TempDir(), "token")
	write(t, file, "Basic SECRETIVE")
	for _, test := range []struct {
		name string
		setup
	}{
		{"a path", setup{env: map[string]string{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/task?id=1"}, metadata: containerService{}}},
		{"a path before a URL", setup{env: map[string]string{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/task", "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://192.0.2.1/"}, metadata: containerService{}}},
		{"a URL of ECS", setup{env: map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.2/task"}, metadata: containerService{}}},
		{"a URL on this machine", setup{env: map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": open.URL + "/task"}}},
		{"localhost in capitals", setup{env: map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": "HTTP://LOCALHOST" + port + "/task"}}},
		{"localhost", setup{env: map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://localhost" + port + "/task"}}},
		{"a token", setup{env: map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": guarded.URL + "/task", "AWS_CONTAINER_AUTHORIZATION_TOKEN": "Basic SECRETIVE"}}},
		{"a token in a file", setup{env: map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": guarded.URL + "/task",
			"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": file, "AWS_CONTAINER_AUTHORIZATION_TOKEN": "another"}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, _ := test.chain(t)
			if test.metadata == nil {
				c.Metadata = nil // the source's own transport, on the loopback
			}
			alone := &chain.Container{Env: c.Env, Base: c.Metadata}
			for _, source := range []chain.Source{alone, chainSource{c}} {
				cred, err := source.Fetch(t.Context())
				if err != nil || show(cred) != "AKIDTEMP|"+secret+"|"+token || !cred.Expires.Equal(time.Date(2126, 1, 2, 15, 4, 5, 0, time.UTC)) {
					t.Errorf("got %v until %v, %v", show(cred), cred.Expires, err)
				}
			}
		})
	}
}

// A certificate says who it is, wherever that may be.
func TestContainerOverHTTPS(t *testing.T) {
	server := httptest.NewUnstartedServer(containerService{authorization: "Basic SECRETIVE"})
	server.TLS = &tls.Config{CurvePreferences: []tls.CurveID{tls.CurveP256}} // also in FIPS 140-only mode
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	defer server.Close()
	base := server.Client().Transport.(*http.Transport) // which knows the server as example.com
	base.TLSClientConfig.CurvePreferences = server.TLS.CurvePreferences
	base.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, server.Listener.Addr().String())
	}
	env := map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": "https://example.com/task", "AWS_CONTAINER_AUTHORIZATION_TOKEN": "Basic SECRETIVE"}
	c := &chain.Container{Env: func(name string) string { return env[name] }, Base: base}
	if cred, err := c.Fetch(t.Context()); err != nil || cred.AccessKeyID != "AKIDTEMP" {
		t.Errorf("got %v, %v, want AKIDTEMP", cred, err)
	}
	c.Base = nil // which does not know the certificate
	env["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = server.URL + "/task"
	var source *chain.SourceError
	if cred, err := c.Fetch(t.Context()); !errors.As(err, &source) {
		t.Errorf("got %v, %v, want a SourceError", cred, err)
	}
}

func TestContainerThatIsBusyIsAskedThreeTimes(t *testing.T) {
	for busy, ok := range map[int32]bool{2: true, 3: false} {
		service := containerService{busy: new(atomic.Int32)}
		service.busy.Store(busy)
		c, _ := setup{env: map[string]string{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/task"}, metadata: service}.chain(t)
		cred, err := c.Credentials(t.Context())
		if (err == nil) != ok || ok != (cred.AccessKeyID == "AKIDTEMP") || service.busy.Load() > 0 {
			t.Errorf("busy %d times: got %v, %v", busy, cred, err)
		}
	}
}

func TestContainerTokenFileIsReadEachTime(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	env := map[string]string{"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": file}
	for _, token := range []string{"first", "second"} {
		server := httptest.NewServer(containerService{authorization: token})
		env["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = server.URL + "/task"
		c := &chain.Container{Env: func(name string) string { return env[name] }}
		write(t, file, token)
		if _, err := c.Fetch(t.Context()); err != nil {
			t.Errorf("with the %s token: %v", token, err)
		}
		server.Close()
	}
}

func TestContainerRefusesOtherHosts(t *testing.T) {
	for _, test := range []struct {
		url string
		ok  bool
	}{
		{"http://127.0.0.1/task", true}, {"http://127.8.9.10:99/task", true}, {"http://[::1]/task", true}, {"http://localhost/task", true},
		{"http://169.254.170.2/task", true}, {"http://169.254.170.23/v1/credentials", true}, {"http://[fd00:ec2::23]/v1/credentials", true},
		{"https://credentials.example.com/task", true}, {"http://[::ffff:127.0.0.1]/task", true},
		{"http://169.254.170.3/task", false}, {"http://169.254.169.254/task", false}, {"http://[fd00:ec2::254]/task", false}, {"http://192.0.2.1/task", false},
		{"http://credentials.example.com/task", false}, {"http://localhost.example.com/task", false}, {"http://localhost@192.0.2.1/task", false},
		{"http://SECRETIVE@localhost/task", false}, {"ftp://localhost/task", false}, {"/task", false}, {"http:///task", false}, {"localhost", false}, {"http://%zz/", false},
	} {
		dialled := false
		env := map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": test.url}
		c := &chain.Container{Env: func(name string) string { return env[name] }, Base: roundTripper(func(*http.Request) (*http.Response, error) {
			dialled = true
			return &http.Response{StatusCode: http.StatusNotFound, Body: http.NoBody}, nil
		})}
		_, err := c.Fetch(t.Context())
		var setting *chain.SettingError
		if dialled != test.ok || errors.As(err, &setting) == test.ok {
			t.Errorf("%s: dialled %v, %v", test.url, dialled, err)
		}
		noSecret(t, err)
	}
}

func TestContainerThatFailsEndsTheSearch(t *testing.T) {
	path := map[string]string{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/task"}
	for _, test := range []struct {
		name    string
		env     map[string]string
		service http.Handler
		part    string
		status  int
	}{
		{"a token that is refused", path, containerService{authorization: "x"}, "refused its credentials (status 401, AccessDenied)", 401},
		{"not found", path, containerService{status: 404, body: "SECRETIVE"}, "refused its credentials (status 404)", 404},
		{"a code that is none", path, containerService{status: 400, body: `{"code":"SECRETIVE key"}`}, "(status 400, an unknown error)", 400},
		{"a redirect", path, containerService{status: 302}, "(status 302)", 302},
		{"no JSON", path, containerService{body: secret}, "gave an answer that is no JSON", 200},
		{"no key", path, containerService{body: `{"Token":"SECRETIVE","Expiration":"2126-01-02T15:04:05Z"}`}, "lacks AccessKeyId", 200},
		{"no token", path, containerService{body: `{"AccessKeyId":"AKID","SecretAccessKey":"` + secret + `","Expiration":"2126-01-02T15:04:05Z"}`}, "lacks Token", 200},
		{"no end", path, containerService{body: `{"AccessKeyId":"AKID","SecretAccessKey":"` + secret + `","Token":"t"}`}, "lacks Expiration", 200},
		{"an end that is none", path, containerService{body: strings.Replace(temporary, "2126-01-02", "SECRETIVE", 1)}, "has an Expiration that is no time", 200},
		{"a key that cannot sign", path, containerService{body: strings.Replace(temporary, "AKIDTEMP", "A KID", 1)}, "has an access key that cannot sign", 200},
		{"too much", path, containerService{body: temporary + strings.Repeat(" ", 1<<16)}, "more than 65536 bytes", 0},
		{"nobody there", path, nil, "did not give its credentials: the test has no 169.254.170.2", 0},
		{"a path without a slash", map[string]string{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "SECRETIVE.example.com/"}, nil, "is no path that begins with a slash", -1},
		{"a path that is a port", map[string]string{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": ":80/SECRETIVE"}, nil, "is no path that begins with a slash", -1},
		{"no token file", map[string]string{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/task", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "HOME/nowhere"}, nil, "it is what AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE names", -1},
		{"an empty token file", map[string]string{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/task", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "HOME/.aws/credentials"}, nil, "the token is empty", -1},
		{"a token file with a line end", map[string]string{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/task", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "HOME/token"}, nil, "HOME/token: malformed: has a line end", -1},
		{"a token file that is too large", map[string]string{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/task", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "HOME/large"}, nil, "names: more than 65536 bytes", -1},
		{"a token with a tab", map[string]string{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/task", "AWS_CONTAINER_AUTHORIZATION_TOKEN": "SECRETIVE\tX"}, nil, "AWS_CONTAINER_AUTHORIZATION_TOKEN has a line end", -1},
		{"a token of more than ASCII", map[string]string{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/task", "AWS_CONTAINER_AUTHORIZATION_TOKEN": "SECRETIVEü"}, nil, "AWS_CONTAINER_AUTHORIZATION_TOKEN has a line end", -1},
		{"a token with a line end", map[string]string{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/task", "AWS_CONTAINER_AUTHORIZATION_TOKEN": "SECRETIVE\r\nX: y"}, nil, "AWS_CONTAINER_AUTHORIZATION_TOKEN has a line end", -1},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, home := setup{env: test.env, metadata: test.service, credentials: " "}.chain(t)
			write(t, filepath.Join(home, "token"), "SECRETIVE\r\nX: y")
			write(t, filepath.Join(home, "large"), strings.Repeat("SECRETIVE", 10_000))
			cred, err := c.Credentials(t.Context())
			if show(cred) != "" || err == nil || !strings.Contains(err.Error(), strings.ReplaceAll(test.part, "HOME", home)) || errors.Is(err, chain.ErrNoCredentials) {
				t.Fatalf("got %v, %v, want %q", cred, err, test.part)
			}
			noSecret(t, err)
			var source *chain.SourceError
			if isSource := errors.As(err, &source); isSource != (test.status >= 0) || isSource && source.Status != test.status {
				t.Errorf("got %#v, want status %d", err, test.status)
			}
		})
	}
}
