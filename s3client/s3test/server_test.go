package s3test

import (
	"bytes"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sts/policy"
)

func TestConfigIsChecked(t *testing.T) {
	users := []User{{AccessKeyID: testKey, SecretAccessKey: testSecret}}
	for name, test := range map[string]struct {
		cfg  Config
		want string
	}{
		"no user":           {Config{}, "Users"},
		"user without key":  {Config{Users: []User{{SecretAccessKey: testSecret}}}, "access key ID"},
		"short secret":      {Config{Users: []User{{AccessKeyID: testKey, SecretAccessKey: "short"}}}, "too short"},
		"user twice":        {Config{Users: append(users, users...)}, "twice"},
		"region":            {Config{Users: users, Region: "a/b"}, "region"},
		"role":              {Config{Users: users, Roles: []Role{{ARN: "admin"}}}, "Roles"},
		"role twice":        {Config{Users: users, Roles: []Role{{ARN: openRole}, {ARN: openRole}}}, "twice"},
		"external ID":       {Config{Users: users, Roles: []Role{{ARN: openRole, ExternalID: "a b"}}}, "external ID"},
		"user's ARN":        {Config{Users: []User{{AccessKeyID: testKey, SecretAccessKey: testSecret, ARN: openRole}}}, "no user's ARN"},
		"user's policy":     {Config{Users: []User{{AccessKeyID: testKey, SecretAccessKey: testSecret, Policies: []policy.Document{{}}}}}, "Policies"},
		"MFA":               {Config{Users: []User{{AccessKeyID: testKey, SecretAccessKey: testSecret, MFA: &MFADevice{Serial: mfaOfTester}}}}, "Valid"},
		"MFA's serial":      {Config{Users: []User{{AccessKeyID: testKey, SecretAccessKey: testSecret, MFA: &MFADevice{Serial: "1", Valid: func(string) bool { return true }}}}}, "Serial"},
		"trust twice":       {Config{Users: users, Roles: []Role{{ARN: openRole, ExternalID: goodExtID, Trust: &policy.Document{}}}}, "Trust"},
		"trust policy":      {Config{Users: users, Roles: []Role{{ARN: openRole, Trust: &policy.Document{Statements: []policy.Statement{{Effect: "Maybe"}}}}}}, "Trust"},
		"role's policy":     {Config{Users: users, Roles: []Role{{ARN: openRole, Policies: []policy.Document{{Version: "2026"}}}}}, "Policies"},
		"short MaxSession":  {Config{Users: users, Roles: []Role{{ARN: openRole, MaxSession: time.Minute}}}, "MaxSession"},
		"long MaxSession":   {Config{Users: users, Roles: []Role{{ARN: openRole, MaxSession: 13 * time.Hour}}}, "MaxSession"},
		"issuer":            {Config{Users: users, IdentityProviders: []IdentityProvider{{Issuer: "http://idp.example.com"}}}, "https://"},
		"issuer twice":      {Config{Users: users, IdentityProviders: []IdentityProvider{{Issuer: issuer}, {Issuer: issuer}}}, "twice"},
		"no audience":       {Config{Users: users, IdentityProviders: []IdentityProvider{{Issuer: issuer, Audiences: []string{}}}}, "Audiences"},
		"managed policy":    {Config{Users: users, ManagedPolicies: map[string]policy.Document{"arn:aws:iam::aws:policy/X": {Version: "2026"}}}, "ManagedPolicies"},
		"policy's ARN":      {Config{Users: users, ManagedPolicies: map[string]policy.Document{"ReadOnly": {}}}, "no policy's ARN"},
		"owner":             {Config{Users: users, Owners: map[string]string{"data": "me"}}, "twelve digits"},
		"bucket":            {Config{Users: users, Buckets: []string{"Data"}}, "naming rules"},
		"fault":             {Config{Users: users, Faults: []Fault{{Kind: "explode"}}}, "kinds are"},
		"fault's operation": {Config{Users: users, Faults: []Fault{{Kind: FaultDrop, Op: "Get"}}}, "GetObject"},
		"bandwidth":         {Config{Users: users, Bandwidth: -1}, "Bandwidth"},
		"address":           {Config{Users: users, Addr: "nowhere"}, "nowhere"},
	} {
		srv, err := Start(test.cfg)
		if err == nil {
			srv.Close()
		}
		if err == nil || !strings.Contains(err.Error(), test.want) || !strings.HasPrefix(err.Error(), "s3test: ") {
			t.Errorf("%s: %v", name, err)
		} else if strings.Contains(err.Error(), testSecret) {
			t.Errorf("%s: the error tells a secret", name)
		}
	}
}

func TestServerAsHandler(t *testing.T) {
	srv, err := New(Config{Users: []User{{AccessKeyID: testKey, SecretAccessKey: testSecret}}, Buckets: []string{"data"}})
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Close()
	outer := httptest.NewServer(srv)
	defer outer.Close()
	c := newClient(srv)
	srv.URL = outer.URL
	c.put(t, "/data/key", "x")
}

func TestPoliciesSeeTLS(t *testing.T) {
	secure := policyOf(t, `[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"true"}}}]`)
	srv, err := New(Config{Users: userWith(secure), Buckets: []string{"data"}})
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Close()
	outer := httptest.NewTLSServer(srv)
	defer outer.Close()
	c := newClient(srv)
	srv.URL = outer.URL
	req := c.request(t, "PUT", "/data/key", "")
	c.sign(t, "s3", req, sigv4.EmptyPayload())
	resp, err := outer.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != 200 {
		t.Errorf("PUT over TLS: %s", resp.Status)
	}
}

func TestLogHasNoSecrets(t *testing.T) {
	var log syncBuffer
	cfg := stsConfig()
	cfg.Log = slog.New(slog.NewTextHandler(&log, nil))
	c := newClient(start(t, cfg))
	temporary := c.sts(t, assume(guarded, "ExternalId", goodExtID)).credentials(t)
	c.as(temporary).put(t, "/data/secret-plan", "x")
	c.send(t, c.as(temporary).presign(t, "GET", "/data/secret-plan", time.Hour)).want(t, 200, "")
	c.as(sigv4.NewCredentials(testKey, "some/other/secret", "")).do(t, "GET", "/data/secret-plan", "").want(t, 403, "SignatureDoesNotMatch")
	c.srv.Close()

	text := log.String()
	if n := strings.Count(text, "\n"); n != 4 {
		t.Errorf("%d lines, want 4:\n%s", n, text)
	}
	for _, want := range []string{"operation=AssumeRole", "operation=PutObject", "bucket=data", "key=secret-plan", "status=403"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
	for _, secret := range []string{testSecret, temporary.SecretAccessKey(), temporary.SessionToken(), "X-Amz", "Signature", goodExtID} {
		if strings.Contains(text, secret) {
			t.Errorf("the log tells %q", secret)
		}
	}
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func TestLatency(t *testing.T) {
	c := newClient(start(t, Config{Latency: 50 * time.Millisecond}))
	start := time.Now()
	c.do(t, "HEAD", "/data", "").want(t, 200, "")
	if took := time.Since(start); took < 50*time.Millisecond {
		t.Errorf("took %v", took)
	}
}

func TestBandwidth(t *testing.T) {
	body := strings.Repeat("x", 200_000)
	c := newClient(start(t, Config{Bandwidth: 1_000_000}))
	for _, method := range []string{"PUT", "GET"} {
		sent := ""
		if method == "PUT" {
			sent = body
		}
		start := time.Now()
		c.do(t, method, "/data/key", sent).want(t, 200, "")
		// 200 ms, of which 50 may be made good after the connection's start.
		if took := time.Since(start); took < 140*time.Millisecond {
			t.Errorf("%s took %v", method, took)
		}
	}
}

func TestCloseBreaksRequestsOff(t *testing.T) {
	srv := start(t, Config{Latency: time.Hour})
	c := newClient(srv)
	done := make(chan result)
	go func() { done <- c.do(t, "GET", "/data/key", "") }()
	for deadline := time.Now().Add(5 * time.Second); ; {
		if srv.Requests()["GetObject"] > 0 || time.Now().After(deadline) {
			break
		}
		time.Sleep(time.Millisecond)
	}
	if err := srv.Close(); err != nil {
		t.Error(err)
	}
	if r := <-done; r.err == nil {
		t.Errorf("answer %d", r.status)
	}
	if err := srv.Close(); err != nil {
		t.Errorf("closed twice: %v", err)
	}
}

func TestRequestsWithoutSense(t *testing.T) {
	srv := start(t, Config{})
	for _, auth := range []string{"", "Basic eDp5", "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 Credential=////sts/", "AWS4-HMAC-SHA256 Credential=a/b/c/sts/aws4_request"} {
		for _, target := range []string{"/", "/data/key", "/?%zz", "/data?X-Amz-Signature=x", "//", "/%2e%2e"} {
			c := newClient(srv)
			req := c.request(t, "POST", "/", "Action=AssumeRole", "Authorization", auth)
			req.URL.Opaque = target
			resp, err := transport.RoundTrip(req)
			if err != nil {
				t.Fatal(err)
			}
			io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
			if resp.StatusCode/100 != 4 {
				t.Errorf("%q %s: %d", auth, target, resp.StatusCode)
			}
		}
	}
}

func BenchmarkPutAndGet(b *testing.B) {
	const size = 64 << 20
	c := newClient(start(b, Config{}))
	body := strings.Repeat("x", size)
	unsigned := parsePayload(b, "UNSIGNED-PAYLOAD")
	for _, method := range []string{http.MethodPut, http.MethodGet} {
		b.Run(method, func(b *testing.B) {
			b.SetBytes(size)
			for b.Loop() {
				sent := ""
				if method == http.MethodPut {
					sent = body
				}
				req := c.request(b, method, "/data/key", sent)
				c.sign(b, "s3", req, unsigned)
				resp, err := transport.RoundTrip(req)
				if err != nil {
					b.Fatal(err)
				}
				io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
			}
		})
	}
}

func TestURLCanBeDialled(t *testing.T) {
	for address, want := range map[string]string{
		"127.0.0.1:9000": "127.0.0.1:9000",
		"0.0.0.0:9000":   "127.0.0.1:9000",
		"[::]:9000":      "127.0.0.1:9000",
		"[::1]:9000":     "[::1]:9000",
	} {
		if got := reachable(net.TCPAddrFromAddrPort(netip.MustParseAddrPort(address))); got != want {
			t.Errorf("%s: %s, want %s", address, got, want)
		}
	}
}
