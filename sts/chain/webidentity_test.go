package chain_test

import (
	"errors"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sigvier/sigvier/sts"
	"github.com/sigvier/sigvier/sts/chain"
)

func TestWebIdentity(t *testing.T) {
	pod := map[string]string{"AWS_WEB_IDENTITY_TOKEN_FILE": "HOME/token", "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/pod",
		"AWS_ROLE_SESSION_NAME": "pod-7", "AWS_REGION": "eu-central-1"}
	for _, test := range []struct {
		name string
		setup
		want, session, duration string
	}{
		{"of the environment", setup{env: pod}, "ASIApod", "pod-7", ""},
		{"before the profile's key", setup{env: pod, credentials: "[default]\n" + key("AKID", secret)}, "ASIApod", "pod-7", ""},
		{"with the profile's role", setup{env: map[string]string{"AWS_WEB_IDENTITY_TOKEN_FILE": "HOME/token"},
			config: "[default]\n" + region + role("profile") + "web_identity_token_file = /nowhere\nrole_session_name = me\n"}, "ASIAprofile", "me", ""},
		{"of the profile", setup{config: "[default]\n" + region + role("profile") + "duration_seconds = 900\nweb_identity_token_file = HOME/token\n"},
			"ASIAprofile", "sigvier", "900"},
		{"of the profile asked for", setup{env: pod, profile: "a", config: "[profile a]\n" + role("profile") + "web_identity_token_file = HOME/token\n"}, "ASIAprofile", "pod-7", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := &stsServer{t: t}
			test.sts = server
			c, home := test.chain(t)
			replaceHome(t, home)
			write(t, filepath.Join(home, "token"), token+"\n")
			cred, err := c.Credentials(t.Context())
			if err != nil || cred.AccessKeyID != test.want {
				t.Fatalf("got %v, %v, want %s", cred, err, test.want)
			}
			want := url.Values{"Action": {"AssumeRoleWithWebIdentity"}, "Version": {"2011-06-15"}, "WebIdentityToken": {token},
				"RoleArn": {"arn:aws:iam::123456789012:role/" + strings.TrimPrefix(test.want, "ASIA")}, "RoleSessionName": {test.session}}
			if test.duration != "" {
				want.Set("DurationSeconds", test.duration)
			}
			if diff := cmp.Diff([]call{{Form: want}}, server.calls); diff != "" {
				t.Errorf("STS was asked (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWebIdentityFileIsReadEachTime(t *testing.T) {
	server := &stsServer{t: t}
	file := filepath.Join(t.TempDir(), "token")
	env := map[string]string{"AWS_WEB_IDENTITY_TOKEN_FILE": file, "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/pod", "AWS_ENDPOINT_URL": "http://sts.eu-central-1.amazonaws.com"}
	w := &chain.WebIdentity{Env: func(name string) string { return env[name] }, Base: hosts{"sts.eu-central-1.amazonaws.com": server}.serve(t)}
	for _, text := range []string{"first-token", "second-token"} {
		write(t, file, text)
		if _, err := w.Fetch(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := server.calls[len(server.calls)-1].Form.Get("WebIdentityToken"); got != text {
			t.Errorf("STS got %q, want %q", got, text)
		}
	}
}

// Alone, it has nothing to do with profiles.
func TestWebIdentityServesAlone(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	write(t, file, token)
	for _, test := range []struct {
		name string
		env  map[string]string
		with chain.WebIdentity
		want string // host
	}{
		{"region", map[string]string{"AWS_REGION": "eu-west-1", "AWS_PROFILE": "work"}, chain.WebIdentity{}, "sts.eu-west-1.amazonaws.com"},
		{"the other variable for it", map[string]string{"AWS_DEFAULT_REGION": "eu-west-1"}, chain.WebIdentity{}, "sts.eu-west-1.amazonaws.com"},
		{"region that is given", map[string]string{"AWS_REGION": "eu-west-1"}, chain.WebIdentity{Region: "eu-west-2"}, "sts.eu-west-2.amazonaws.com"},
		{"no region", nil, chain.WebIdentity{}, "sts.us-east-1.amazonaws.com"},
		{"FIPS", map[string]string{"AWS_REGION": "us-east-2", "AWS_USE_FIPS_ENDPOINT": "true"}, chain.WebIdentity{}, "sts-fips.us-east-2.amazonaws.com"},
		{"endpoint", map[string]string{"AWS_USE_FIPS_ENDPOINT": "true", "AWS_ENDPOINT_URL": "http://all", "AWS_ENDPOINT_URL_STS": "http://its-own"}, chain.WebIdentity{}, "its-own"},
		{"endpoint that is given", map[string]string{"AWS_ENDPOINT_URL_STS": "http://its-own"}, chain.WebIdentity{Endpoint: "http://given"}, "given"},
		{"endpoint that is switched off", map[string]string{"AWS_ENDPOINT_URL": "http://all", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}, chain.WebIdentity{}, "sts.us-east-1.amazonaws.com"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var asked []string
			w := test.with
			w.TokenFile, w.RoleARN = file, "arn:aws:iam::123456789012:role/pod"
			w.Env = func(name string) string { return test.env[name] }
			w.Base = roundTripper(func(req *http.Request) (*http.Response, error) {
				asked = append(asked, req.URL.Hostname())
				return &http.Response{StatusCode: http.StatusForbidden, Body: http.NoBody, Request: req}, nil
			})
			if _, err := w.Fetch(t.Context()); err == nil || strings.Join(asked, " ") != test.want {
				t.Errorf("asked %q, %v, want %q", asked, err, test.want)
			}
		})
	}
}

func TestWebIdentityHasUsableSettings(t *testing.T) {
	pod := map[string]string{"AWS_WEB_IDENTITY_TOKEN_FILE": "HOME/token"}
	for _, test := range []struct {
		name string
		setup
		part string
	}{
		{"a role of two words", setup{config: "[default]\nweb_identity_token_file = HOME/token\nrole_arn = SECRETIVE arn\n"}, "role_arn has a blank"},
		{"a session name of two words", setup{config: "[default]\nweb_identity_token_file = HOME/token\nrole_session_name = SECRETIVE me\n" + role("one")}, "role_session_name has a blank"},
		{"a duration that is none", setup{config: "[default]\nweb_identity_token_file = HOME/token\nduration_seconds = SECRETIVE\n" + role("one")}, "duration_seconds is no number"},
		{"an endpoint of two words", setup{config: "[default]\nweb_identity_token_file = HOME/token\nendpoint_url = SECRETIVE one\n" + role("one")}, "endpoint_url has a blank"},
		{"the environment's, with a role of two words", setup{env: pod, config: "[default]\nweb_identity_token_file = x\nrole_arn = SECRETIVE arn\n"}, "role_arn has a blank"},
		{"the environment's, with a session name of two words", setup{env: pod, config: "[default]\nweb_identity_token_file = x\nrole_session_name = SECRETIVE me\n" + role("one")}, "role_session_name has a blank"},
		{"the environment's, with an endpoint of two words", setup{env: pod, config: "[default]\nweb_identity_token_file = x\nendpoint_url = SECRETIVE one\n" + role("one")}, "endpoint_url has a blank"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, home := test.chain(t)
			write(t, filepath.Join(home, "token"), token)
			_, err := c.Credentials(t.Context())
			if !errors.Is(err, chain.ErrMalformed) || !strings.Contains(err.Error(), test.part) {
				t.Errorf("got %v, want %v with %q", err, chain.ErrMalformed, test.part)
			}
			noSecret(t, err)
		})
	}
}

func TestWebIdentityThatFailsEndsTheSearch(t *testing.T) {
	good := "[default]\n" + key("AKID", secret)
	for _, test := range []struct {
		name  string
		env   map[string]string
		token string
		sts   http.Handler
		kind  error
		part  string
	}{
		{"without a role", map[string]string{"AWS_WEB_IDENTITY_TOKEN_FILE": "HOME/token"}, token, nil, chain.ErrIncomplete, "AWS_ROLE_ARN is not set"},
		{"without the file", map[string]string{"AWS_WEB_IDENTITY_TOKEN_FILE": "HOME/nowhere", "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/pod"}, token, nil, chain.ErrUnreadable, "HOME/nowhere: "},
		{"with an empty file", map[string]string{"AWS_WEB_IDENTITY_TOKEN_FILE": "HOME/token", "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/pod"}, " \n", nil, chain.ErrMalformed, "token is empty"},
		{"with a file that is too large", map[string]string{"AWS_WEB_IDENTITY_TOKEN_FILE": "HOME/token", "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/pod"}, strings.Repeat(token, 1<<12), nil, chain.ErrUnreadable, "more than 65536 bytes"},
		{"with a role that is none", map[string]string{"AWS_WEB_IDENTITY_TOKEN_FILE": "HOME/token", "AWS_ROLE_ARN": "pod", "AWS_REGION": "eu-central-1"}, token, nil, sts.ErrInput, "RoleArn"},
		{"refused", map[string]string{"AWS_WEB_IDENTITY_TOKEN_FILE": "HOME/token", "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/pod", "AWS_REGION": "eu-central-1"}, token,
			&stsServer{t: t, status: 403, code: "AccessDenied"}, sts.ErrAccessDenied, "gave no session of arn:aws:iam::123456789012:role/pod"},
		{"with a switch that is neither", map[string]string{"AWS_WEB_IDENTITY_TOKEN_FILE": "HOME/token", "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/pod", "AWS_USE_FIPS_ENDPOINT": "SECRETIVE"}, token,
			nil, chain.ErrMalformed, "AWS_USE_FIPS_ENDPOINT is neither true nor false"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, home := setup{env: test.env, credentials: good, sts: test.sts}.chain(t)
			write(t, filepath.Join(home, "token"), test.token)
			alone := &chain.WebIdentity{Env: c.Env, Base: c.Base}
			for _, fetch := range []chain.Source{alone, chainSource{c}} {
				cred, err := fetch.Fetch(t.Context())
				if show(cred) != "" || !errors.Is(err, test.kind) || !strings.Contains(err.Error(), strings.ReplaceAll(test.part, "HOME", home)) {
					t.Errorf("got %v, %v, want %v with %q", cred, err, test.kind, test.part)
				}
				noSecret(t, err)
			}
		})
	}
}
