package sts_test

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sts"
)

// thirdParty is an STS to which somebody else brings the proof. It says 204 if
// the signature is good.
func thirdParty(t *testing.T) *httptest.Server {
	t.Helper()
	signer, err := sigv4.NewSigner("sts", "eu-central-1", nil)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		if _, err := signer.Verify(r, lookup, sigv4.PayloadOf(body), time.Now()); err != nil {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		if form, err := url.ParseQuery(r.URL.RawQuery + "&" + string(body)); err != nil || form.Get("Action") != "GetCallerIdentity" || form.Get("Version") != "2011-06-15" {
			t.Errorf("got %s %s, %v, want a GetCallerIdentity", r.URL, body, err)
		}
		w.WriteHeader(http.StatusNoContent)
	}))
	t.Cleanup(s.Close)
	return s
}

func status(t *testing.T, req *http.Request) int {
	t.Helper()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	return resp.StatusCode
}

func TestIdentityProofHoldsAtSTS(t *testing.T) {
	s := thirdParty(t)
	c := &sts.Client{Region: "eu-central-1", Endpoint: s.URL, Provider: base}
	header := http.Header{"x-k8s-aws-id": {"reports"}, "X-Vault-AWS-IAM-Server-ID": {"vault.example.com"}}
	for name, make := range map[string]func() (*http.Request, error){
		"presigned": func() (*http.Request, error) {
			p, err := c.PresignGetCallerIdentity(t.Context(), header, 15*time.Minute)
			if err != nil {
				return nil, err
			}
			req, err := http.NewRequest(http.MethodGet, p.URL, nil)
			req.Header = p.Header
			return req, err
		},
		"signed": func() (*http.Request, error) { return c.SignGetCallerIdentity(t.Context(), header) },
	} {
		t.Run(name, func(t *testing.T) {
			for _, test := range []struct {
				name   string
				change func(http.Header)
				want   int
			}{
				{"as it is", func(http.Header) {}, 204},
				{"for another cluster", func(h http.Header) { h.Set("X-K8s-Aws-Id", "other") }, 403},
				{"for no cluster", func(h http.Header) { h.Del("X-K8s-Aws-Id") }, 403},
				{"for another Vault", func(h http.Header) { h.Set("X-Vault-Aws-Iam-Server-Id", "other") }, 403},
			} {
				req, err := make()
				if err != nil {
					t.Fatal(err)
				}
				test.change(req.Header)
				if got := status(t, req); got != test.want {
					t.Errorf("%s: STS says %d, want %d", test.name, got, test.want)
				}
			}
		})
	}
	if diff := cmp.Diff(http.Header{"x-k8s-aws-id": {"reports"}, "X-Vault-AWS-IAM-Server-ID": {"vault.example.com"}}, header); diff != "" {
		t.Errorf("the caller's header has changed (-want +got):\n%s", diff)
	}
}

func TestPresignedIdentityLivesAsLongAsAsked(t *testing.T) {
	session := sigv4.NewCredentials(accessKeyID, secret, sessionToken)
	session.Expires = goldenTime.Add(30 * time.Second)
	for _, test := range []struct {
		name string
		cred sigv4.Credentials
		life time.Duration
		want string
	}{
		{"a minute of itself", base, 0, "60"},
		{"a second", base, time.Second, "1"},
		{"15 minutes", base, 15 * time.Minute, "900"},
		{"as long as the session", session, time.Minute, "30"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := &sts.Client{Region: "eu-central-1", Provider: test.cred, Now: func() time.Time { return goldenTime }}
			p, err := c.PresignGetCallerIdentity(t.Context(), nil, test.life)
			if err != nil {
				t.Fatal(err)
			}
			u, err := url.Parse(p.URL)
			if err != nil {
				t.Fatal(err)
			}
			if got := u.Query().Get("X-Amz-Expires"); got != test.want {
				t.Errorf("the URL lives for %s s, want %s", got, test.want)
			}
			if got, err := time.ParseDuration(test.want + "s"); err != nil || !p.Expires.Equal(goldenTime.Add(got)) {
				t.Errorf("it ends at %v, %v, want %v", p.Expires, err, goldenTime.Add(got))
			}
			if len(p.Header) != 0 {
				t.Errorf("headers %v must go with it, want none", p.Header)
			}
		})
	}
}

func TestIdentityProofIsRefused(t *testing.T) {
	down := errors.New("no credentials")
	ended := sigv4.NewCredentials(accessKeyID, secret, sessionToken)
	ended.Expires = goldenTime.Add(-time.Second)
	without := &sts.Client{Region: "eu-central-1", Provider: provider(func(context.Context) (sigv4.Credentials, error) { return sigv4.Credentials{}, down })}
	good := &sts.Client{Region: "eu-central-1", Provider: base}
	empty := &sts.Client{Region: "eu-central-1", Provider: sigv4.Credentials{}}
	for _, test := range []struct {
		name   string
		client *sts.Client
		header http.Header
		life   time.Duration
		want   string
		is     error
	}{
		{"a client of nothing", &sts.Client{}, nil, 0, "sts: Region is no region's name", sts.ErrInput},
		{"no credentials", without, nil, 0, "GetCallerIdentity: getting credentials: no credentials", down},
		{"credentials that cannot sign", empty, nil, 0, "GetCallerIdentity: sigv4: ", sigv4.ErrCredentials},
		{"a header that cannot be sent", good, http.Header{"X-K8s-Aws-Id": {"a\nb"}}, 0, "GetCallerIdentity: sigv4: ", sigv4.ErrRequest},
	} {
		p, err := test.client.PresignGetCallerIdentity(t.Context(), test.header, test.life)
		if err == nil || !strings.Contains(err.Error(), test.want) || !errors.Is(err, test.is) || p.URL != "" {
			t.Errorf("%s, presigned: got %v, want %s", test.name, err, test.want)
		}
		req, err := test.client.SignGetCallerIdentity(t.Context(), test.header)
		if err == nil || !strings.Contains(err.Error(), test.want) || !errors.Is(err, test.is) || req != nil {
			t.Errorf("%s, signed: got %v, want %s", test.name, err, test.want)
		}
	}

	c := &sts.Client{Region: "eu-central-1", Provider: ended, Now: func() time.Time { return goldenTime }}
	if p, err := c.PresignGetCallerIdentity(t.Context(), nil, 0); !errors.Is(err, sigv4.ErrExpires) || p.URL != "" {
		t.Errorf("with a session that has ended: got %v, want %v", err, sigv4.ErrExpires)
	}
	for _, life := range []time.Duration{-time.Second, 1, 1500 * time.Millisecond, 15*time.Minute + time.Second, 7 * 24 * time.Hour} {
		_, err := (&sts.Client{}).PresignGetCallerIdentity(t.Context(), nil, life)
		if diff := cmp.Diff([]string{"Region", "Provider", "X-Amz-Expires"}, fields(err)); diff != "" {
			t.Errorf("a life of %v: %v: fields (-want +got):\n%s", life, err, diff)
		}
		if want := "sts: X-Amz-Expires is " + life.String() + ": expecting whole seconds, 1 to 900 (15 minutes)"; !strings.HasSuffix(err.Error(), want) {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}

// What is not signed does not bind the proof to anybody.
func TestIdentityProofRefusesHeadersThatAreNotSigned(t *testing.T) {
	c := &sts.Client{Region: "eu-central-1", Provider: base}
	for _, test := range []struct {
		header            http.Header
		presigned, signed []string // the fields that are refused
	}{
		{http.Header{"X-K8s-Aws-Id": {"a"}, "x-other": {"b", "c"}}, nil, nil},
		{http.Header{"Content-Type": {"text/plain"}}, nil, nil},
		{http.Header{"User-Agent": {"reports"}, "X-Amzn-Trace-Id": {"1"}, "X-K8s-Aws-Id": {"a"}}, []string{"User-Agent", "X-Amzn-Trace-Id"}, []string{"User-Agent", "X-Amzn-Trace-Id"}},
		{http.Header{"Host": {"elsewhere"}}, []string{"Host"}, []string{"Host"}},
		{http.Header{"authorization": {"a"}}, []string{"authorization"}, []string{"authorization"}},
		{http.Header{"X-Amz-Date": {"a"}}, []string{"X-Amz-Date"}, []string{"X-Amz-Date"}},
		{http.Header{"X-Amz-Security-Token": {"a"}}, []string{"X-Amz-Security-Token"}, []string{"X-Amz-Security-Token"}},
		{http.Header{"Expect": {"100-continue"}}, []string{"Expect"}, []string{"Expect"}},
	} {
		p, err := c.PresignGetCallerIdentity(t.Context(), test.header, 0)
		if diff := cmp.Diff(test.presigned, fields(unwrapped(err))); diff != "" || (err == nil) != (p.URL != "") {
			t.Errorf("%v, presigned: %v, %v: fields (-want +got):\n%s", test.header, p, err, diff)
		}
		req, err := c.SignGetCallerIdentity(t.Context(), test.header)
		if diff := cmp.Diff(test.signed, fields(unwrapped(err))); diff != "" || (err == nil) != (req != nil) {
			t.Errorf("%v, signed: %v: fields (-want +got):\n%s", test.header, err, diff)
		}
	}
	// Two spellings of one name: which is meant?
	if _, err := c.SignGetCallerIdentity(t.Context(), http.Header{"X-K8s-Aws-Id": {"a"}, "x-k8s-aws-id": {"b"}}); !errors.Is(err, sts.ErrInput) {
		t.Errorf("one name, spelt in two ways: %v, want ErrInput", err)
	}
}

// unwrapped is what an error has been made of with one %w.
func unwrapped(err error) error {
	if inner := errors.Unwrap(err); inner != nil {
		return inner
	}
	return err
}

func TestEKSToken(t *testing.T) {
	session := sigv4.NewCredentials(accessKeyID, secret, sessionToken)
	session.Expires = goldenTime.Add(5 * time.Minute)
	for _, test := range []struct {
		name    string
		cred    sigv4.Credentials
		expires time.Duration
		life    string
	}{
		{"of a user", base, 14 * time.Minute, "60"},
		{"of a session", session, 5 * time.Minute, "60"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := &sts.Client{Region: "eu-central-1", Provider: test.cred, Now: func() time.Time { return goldenTime }}
			token, expires, err := c.EKSToken(t.Context(), "reports-cluster")
			if err != nil {
				t.Fatal(err)
			}
			if want := goldenTime.Add(test.expires); !expires.Equal(want) {
				t.Errorf("it ends at %v, want %v", expires, want)
			}
			encoded, ok := strings.CutPrefix(token, "k8s-aws-v1.")
			got, err := base64.RawURLEncoding.DecodeString(encoded)
			if !ok || err != nil {
				t.Fatalf("the token is %s: %v", token, err)
			}
			p, err := c.PresignGetCallerIdentity(t.Context(), http.Header{"x-k8s-aws-id": {"reports-cluster"}}, time.Minute)
			if err != nil || string(got) != p.URL {
				t.Errorf("it has\n%s, want\n%s, %v", got, p.URL, err)
			}
			u, err := url.Parse(string(got))
			if err != nil {
				t.Fatal(err)
			}
			if q := u.Query(); q.Get("X-Amz-SignedHeaders") != "host;x-k8s-aws-id" || q.Get("X-Amz-Expires") != test.life || q.Get("Action") != "GetCallerIdentity" {
				t.Errorf("its URL is %s, want one that signs the cluster's name and lives for %s s", u, test.life)
			}
		})
	}

	down := errors.New("no credentials")
	for _, test := range []struct {
		client  *sts.Client
		cluster string
		want    string
		is      error
	}{
		{&sts.Client{Region: "eu-central-1", Provider: base}, "", "sts: ClusterName is empty: expecting that of the cluster", sts.ErrInput},
		{&sts.Client{Region: "eu-central-1", Provider: base}, "a\nb", "sts: presigning GetCallerIdentity: sigv4: ", sigv4.ErrRequest},
		{&sts.Client{Region: "eu-central-1"}, "a", "sts: Provider is nil", sts.ErrInput},
		{&sts.Client{Region: "eu-central-1", Provider: provider(func(context.Context) (sigv4.Credentials, error) { return sigv4.Credentials{}, down })}, "a",
			"sts: presigning GetCallerIdentity: getting credentials: no credentials", down},
	} {
		token, expires, err := test.client.EKSToken(t.Context(), test.cluster)
		if token != "" || !expires.IsZero() || !errors.Is(err, test.is) || !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("%q: got %q, %v, %v, want %s", test.cluster, token, expires, err, test.want)
		}
	}
}

type provider func(context.Context) (sigv4.Credentials, error)

func (f provider) Credentials(ctx context.Context) (sigv4.Credentials, error) { return f(ctx) }
