package chain_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sigvier/sigvier/sts/chain"
)

// portal is IAM Identity Center's.
type portal struct {
	status int
	body   string
	busy   *atomic.Int32 // how many requests get 429 at first; nil is none
}

func (p portal) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Method != http.MethodGet || r.URL.RequestURI() != "/federation/credentials?account_id=123456789012&role_name=Reader":
		http.Error(w, "?", http.StatusTeapot)
	case r.Header.Get("X-Amz-Sso_bearer_token") != "SECRETIVE-token":
		w.WriteHeader(http.StatusUnauthorized)
	case p.busy != nil && p.busy.Add(-1) >= 0:
		w.WriteHeader(http.StatusTooManyRequests)
	case p.status != 0:
		w.WriteHeader(p.status)
		fmt.Fprint(w, `{"message":"SECRETIVE"}`)
	case p.body != "":
		fmt.Fprint(w, p.body)
	default:
		fmt.Fprintf(w, `{"roleCredentials":{"accessKeyId":"ASIASSO","secretAccessKey":%q,"sessionToken":%q,"expiration":4923209045000}}`, secret, token)
	}
}

const (
	sessionProfile = "[default]\nsso_session = my-sso\nsso_account_id = 123456789012\nsso_role_name = Reader\n" +
		"[sso-session my-sso]\nsso_region = eu-central-1\nsso_start_url = https://my-sso-portal.awsapps.com/start\nsso_registration_scopes = sso:account:access\n"
	legacyProfile = "[default]\nsso_start_url = https://my-sso-portal.awsapps.com/start\nsso_region = eu-central-1\nsso_account_id = 123456789012\nsso_role_name = Reader\n"

	// The SHA-1 of my-sso, and of the start URL.
	sessionFile = "0ad374308c5a4e22f723adf10145eafad7c4031c.json"
	legacyFile  = "c7aaaf71fcc8777ae2475525ed049d39fe16c484.json"
)

var (
	signedIn = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	cached   = `{"startUrl": "https://my-sso-portal.awsapps.com/start", "region": "eu-central-1", "accessToken": "SECRETIVE-token", "expiresAt": "2026-01-02T11:04:05Z", "refreshToken": "SECRETIVE"}`
)

func TestSingleSignOn(t *testing.T) {
	for _, test := range []struct {
		name, config, file, cached string
	}{
		{"a session", sessionProfile, sessionFile, cached},
		{"a session whose name is quoted", strings.Replace(sessionProfile, "[sso-session my-sso]", `[sso-session "my-sso"]`, 1), sessionFile, cached},
		{"a session and the same again", strings.Replace(sessionProfile, "[sso-", "sso_region = eu-central-1\n[sso-", 1), sessionFile, cached},
		{"as it was", legacyProfile, legacyFile, cached},
		{"as the AWS CLI wrote it once", legacyProfile, legacyFile, strings.Replace(cached, "05Z", "05UTC", 1)},
		{"before an access key", sessionProfile, sessionFile, cached},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, home := setup{config: test.config, credentials: "[default]\n" + key("AKIDNOT", secret2), sso: portal{}, now: signedIn}.chain(t)
			write(t, filepath.Join(home, ".aws", "sso", "cache", test.file), test.cached)
			cred, err := c.Credentials(t.Context())
			if withoutSHA1 {
				if !errors.Is(err, chain.ErrUnsupported) {
					t.Errorf("got %v, want %v", err, chain.ErrUnsupported)
				}
				return
			}
			if err != nil || show(cred) != "ASIASSO|"+secret+"|"+token || !cred.Expires.Equal(time.UnixMilli(4923209045000)) {
				t.Errorf("got %v until %v, %v", show(cred), cred.Expires, err)
			}
		})
	}
}

func TestSingleSignOnThatDoesNotServe(t *testing.T) {
	for _, test := range []struct {
		name    string
		profile string
		config  string
		cached  string // "" for no file
		portal  http.Handler
		kind    error // nil is a SourceError
		part    string
	}{
		{"nobody has signed in", "", sessionProfile, "", portal{}, chain.ErrSignIn, sessionFile + ": sign-in is needed: it is not there: nobody has signed in; run: aws sso login --profile default"},
		{"the session has ended", "", sessionProfile, strings.Replace(cached, "T11:", "T03:", 1), portal{}, chain.ErrSignIn, "it holds a session that ended at 2026-01-02T03:04:05Z; run: aws sso login --profile default"},
		{"the session was refused", "", sessionProfile, strings.Replace(cached, "SECRETIVE-token", "SECRETIVE-other", 1), portal{}, chain.ErrSignIn, "it holds a session that was refused (status 401); run: aws sso login --profile default"},
		{"another profile", "work", strings.Replace(sessionProfile, "[default]", "[profile work]", 1), "", portal{}, chain.ErrSignIn, "run: aws sso login --profile work"},
		{"another profile, with a blank", "my work", strings.Replace(sessionProfile, "[default]", "[profile my work]", 1), "", portal{}, chain.ErrSignIn, `run: aws sso login --profile "my work"`},
		{"a file that is too large", "", sessionProfile, strings.Repeat(cached, 1000), portal{}, chain.ErrUnreadable, sessionFile + ": file cannot be read: more than 65536 bytes"},
		{"no token", "", sessionProfile, `{"expiresAt": "2026-01-02T11:04:05Z"}`, portal{}, chain.ErrSignIn, "it has no token"},
		{"a token with a line end", "", sessionProfile, `{"accessToken": "SECRETIVE\r\nX: y", "expiresAt": "2026-01-02T11:04:05Z"}`, portal{}, chain.ErrSignIn, "it has no token"},
		{"no JSON", "", sessionProfile, "SECRETIVE", portal{}, chain.ErrSignIn, "it has no token"},
		{"no end", "", sessionProfile, `{"accessToken": "SECRETIVE"}`, portal{}, chain.ErrSignIn, "it does not say when its session ends"},
		{"no such role", "", sessionProfile, cached, portal{status: 403}, nil, "are sso_account_id and sso_role_name right? (status 403)"},
		{"throttled", "", sessionProfile, cached, portal{status: 429}, nil, "did not give the role's credentials (status 429)"},
		{"a redirect", "", sessionProfile, cached, portal{status: 302}, nil, "(status 302)"},
		{"an answer that is none", "", sessionProfile, cached, portal{body: secret}, nil, "gave an answer that is no JSON"},
		{"an answer without a token", "", sessionProfile, cached, portal{body: `{"roleCredentials":{"accessKeyId":"A","secretAccessKey":"` + secret + `"}}`}, nil, "lacks sessionToken"},
		{"an answer without an end", "", sessionProfile, cached, portal{body: `{"roleCredentials":{"accessKeyId":"A","secretAccessKey":"` + secret + `","sessionToken":"t"}}`}, nil, "lacks expiration"},
		{"nobody there", "", sessionProfile, cached, nil, nil, "did not give the role's credentials: the test has no portal.sso.eu-central-1.amazonaws.com"},
		{"an account that is none", "", strings.Replace(sessionProfile, "123456789012", "SECRETIVE", 1), cached, portal{}, chain.ErrMalformed, "sso_account_id is not twelve digits"},
		{"a region that is none", "", strings.Replace(sessionProfile, "= eu-central-1", "= SECRETIVE.example.com", 1), cached, portal{}, chain.ErrMalformed, "sso_region is no region's name"},
		{"a session without a region", "", strings.Replace(sessionProfile, "sso_region = eu-central-1\n", "", 1), cached, portal{}, chain.ErrIncomplete, "sso_session stands in profile default without sso_region"},
		{"a session that says otherwise", "", strings.Replace(sessionProfile, "[sso-", "sso_region = SECRETIVE\n[sso-", 1), cached, portal{}, chain.ErrMalformed, "sso_region is not what its sso-session says"},
		{"an endpoint of two words", "", strings.Replace(sessionProfile, "[sso-", "endpoint_url = SECRETIVE one\n[sso-", 1), cached, portal{}, chain.ErrMalformed, "endpoint_url has a blank"},
		{"a role of two words", "", strings.Replace(sessionProfile, "Reader", "SECRETIVE Reader", 1), cached, portal{}, chain.ErrMalformed, "sso_role_name has a blank"},
		{"an endpoint that is none", "", strings.Replace(sessionProfile, "[sso-", "endpoint_url = SECRETIVE\n[sso-", 1), cached, portal{}, chain.ErrMalformed, "endpoint is no URL"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, home := setup{profile: test.profile, config: test.config, sso: test.portal, now: signedIn}.chain(t)
			if test.cached != "" {
				write(t, filepath.Join(home, ".aws", "sso", "cache", sessionFile), test.cached)
			}
			cred, err := c.Credentials(t.Context())
			if withoutSHA1 && errors.Is(err, chain.ErrUnsupported) {
				return
			}
			if show(cred) != "" || err == nil || !strings.Contains(err.Error(), test.part) {
				t.Fatalf("got %v, %v, want %q", cred, err, test.part)
			}
			var source *chain.SourceError
			if test.kind != nil && !errors.Is(err, test.kind) || test.kind == nil && !errors.As(err, &source) {
				t.Errorf("got %#v, want %v", err, test.kind)
			}
			noSecret(t, err)
		})
	}
}

// withoutSHA1 is a Go and a mode in which no cached sign-in can be found.
var withoutSHA1 = strings.HasPrefix(runtime.Version(), "go1.25") && strings.Contains(os.Getenv("GODEBUG"), "fips140=only")

// In FIPS 140-only mode crypto/sha1 panics, unless it is told that this is no
// matter of security.
func TestSingleSignOnInFIPSMode(t *testing.T) {
	command(t)
	cmd := exec.Command(os.Args[0], "sso", t.TempDir())
	cmd.Env = append(os.Environ(), "GODEBUG=fips140=only")
	out, err := cmd.Output()
	want := "sign-in is needed: it is not there"
	if strings.HasPrefix(runtime.Version(), "go1.25") {
		want = "not supported: GODEBUG=fips140=only leaves no SHA-1"
	}
	if err != nil || !strings.Contains(string(out), want) {
		t.Errorf("got %s, %v, want %s", out, err, want)
	}
}

func TestSingleSignOnServesAlone(t *testing.T) {
	home := t.TempDir()
	s := &chain.SSO{Session: "my-sso", Region: "eu-central-1", AccountID: "123456789012", RoleName: "Reader", Home: home,
		Base: hosts{"portal.sso.eu-central-1.amazonaws.com": portal{}}.serve(t), Now: func() time.Time { return signedIn }}
	_, err := s.Fetch(t.Context())
	if withoutSHA1 && errors.Is(err, chain.ErrUnsupported) {
		return
	}
	if want := "; run: aws sso login --sso-session my-sso"; !errors.Is(err, chain.ErrSignIn) || !strings.HasSuffix(err.Error(), want) {
		t.Errorf("got %v, want %q", err, want)
	}
	write(t, filepath.Join(home, ".aws", "sso", "cache", sessionFile), cached)
	if cred, err := s.Fetch(t.Context()); err != nil || cred.AccessKeyID != "ASIASSO" {
		t.Errorf("got %v, %v, want ASIASSO", cred, err)
	}
	server := httptest.NewServer(portal{})
	defer server.Close()
	s.Endpoint, s.Base = server.URL, nil // what the program has
	if cred, err := s.Fetch(t.Context()); err != nil || cred.AccessKeyID != "ASIASSO" {
		t.Errorf("got %v, %v, want ASIASSO", cred, err)
	}
	s.RoleName = ""
	if _, err := s.Fetch(t.Context()); !errors.Is(err, chain.ErrMalformed) || !strings.Contains(err.Error(), "sso_role_name is empty") {
		t.Errorf("got %v, want %v", err, chain.ErrMalformed)
	}
	if _, err := new(chain.SSO).Fetch(t.Context()); !errors.Is(err, chain.ErrNoCredentials) {
		t.Errorf("got %v, want %v", err, chain.ErrNoCredentials)
	}
}

func TestSingleSignOnIsAskedThreeTimes(t *testing.T) {
	busy := new(atomic.Int32)
	busy.Store(2)
	c, home := setup{config: sessionProfile, sso: portal{busy: busy}, now: signedIn}.chain(t)
	write(t, filepath.Join(home, ".aws", "sso", "cache", sessionFile), cached)
	if cred, err := c.Credentials(t.Context()); (err != nil || cred.AccessKeyID != "ASIASSO") && !withoutSHA1 {
		t.Errorf("got %v, %v, want ASIASSO", cred, err)
	}
}

func TestSingleSignOnIsThatOfThePartition(t *testing.T) {
	for _, test := range []struct {
		region, settings, want string
	}{
		{"eu-central-1", "", "portal.sso.eu-central-1.amazonaws.com"},
		{"us-east-1", "use_fips_endpoint = true\n", "portal.sso-fips.us-east-1.amazonaws.com"},
		{"us-east-1", "use_dualstack_endpoint = true\n", "portal.sso.us-east-1.api.aws"},
		{"us-gov-west-1", "use_fips_endpoint = true\n", "portal.sso.us-gov-west-1.amazonaws.com"},
		{"cn-north-1", "", "portal.sso.cn-north-1.amazonaws.com.cn"},
		{"eusc-de-east-1", "", "portal.sso.eusc-de-east-1.amazonaws.eu"},
		{"us-iso-east-1", "", "portal.sso.us-iso-east-1.c2s.ic.gov"},
		{"us-isob-east-1", "", "portal.sso.us-isob-east-1.sc2s.sgov.gov"},
		{"us-east-1", "use_fips_endpoint = true\nendpoint_url = https://portal.example.com\n", "portal.example.com"},
		{"us-east-1", "services = mine\n[services mine]\nsso =\n  endpoint_url = https://portal.example.com/base\n", "portal.example.com"},
	} {
		config := strings.Replace(sessionProfile, "sso_region = eu-central-1", "sso_region = "+test.region, 1)
		c, home := setup{config: strings.Replace(config, "[sso-", test.settings+"[sso-", 1), now: signedIn}.chain(t)
		write(t, filepath.Join(home, ".aws", "sso", "cache", sessionFile), cached)
		var asked []string
		c.Base = roundTripper(func(req *http.Request) (*http.Response, error) {
			asked = append(asked, req.URL.Hostname())
			return &http.Response{StatusCode: http.StatusForbidden, Body: http.NoBody, Request: req}, nil
		})
		if _, err := c.Credentials(t.Context()); err == nil || strings.Join(asked, " ") != test.want && !withoutSHA1 {
			t.Errorf("%s %q: asked %q, %v, want %q", test.region, test.settings, asked, err, test.want)
		}
	}
}
