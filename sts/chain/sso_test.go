package chain_test

import (
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sigvier/sigvier/sts/chain"
)

// portal is IAM Identity Center's.
type portal struct {
	status int
	body   string
}

func (p portal) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Method != http.MethodGet || r.URL.RequestURI() != "/federation/credentials?account_id=123456789012&role_name=Reader":
		http.Error(w, "?", http.StatusTeapot)
	case r.Header.Get("X-Amz-Sso_bearer_token") != "SECRETIVE-token":
		w.WriteHeader(http.StatusUnauthorized)
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
		{"an endpoint that is none", "", strings.Replace(sessionProfile, "[sso-", "endpoint_url = SECRETIVE\n[sso-", 1), cached, portal{}, chain.ErrMalformed, "endpoint is no URL"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, home := setup{profile: test.profile, config: test.config, sso: test.portal, now: signedIn}.chain(t)
			if test.cached != "" {
				write(t, filepath.Join(home, ".aws", "sso", "cache", sessionFile), test.cached)
			}
			cred, err := c.Credentials(t.Context())
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

func TestSingleSignOnServesAlone(t *testing.T) {
	home := t.TempDir()
	s := &chain.SSO{Session: "my-sso", Region: "eu-central-1", AccountID: "123456789012", RoleName: "Reader", Home: home,
		Base: hosts{"portal.sso.eu-central-1.amazonaws.com": portal{}}.serve(t), Now: func() time.Time { return signedIn }}
	_, err := s.Fetch(t.Context())
	if want := "; run: aws sso login --sso-session my-sso"; !errors.Is(err, chain.ErrSignIn) || !strings.HasSuffix(err.Error(), want) {
		t.Errorf("got %v, want %q", err, want)
	}
	write(t, filepath.Join(home, ".aws", "sso", "cache", sessionFile), cached)
	if cred, err := s.Fetch(t.Context()); err != nil || cred.AccessKeyID != "ASIASSO" {
		t.Errorf("got %v, %v, want ASIASSO", cred, err)
	}
	if _, err := new(chain.SSO).Fetch(t.Context()); !errors.Is(err, chain.ErrNoCredentials) {
		t.Errorf("got %v, want %v", err, chain.ErrNoCredentials)
	}
}
