package chain_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sigv4/sigv4http"
	"github.com/sigvier/sigvier/sts/chain"
)

var _ sigv4http.Renewer = (*chain.Chain)(nil)

func key(id, secret string) string {
	return "aws_access_key_id = " + id + "\naws_secret_access_key = " + secret + "\n"
}

func TestCredentialsComeFromTheFirstSourceThatHasThem(t *testing.T) {
	env := map[string]string{"AWS_ACCESS_KEY_ID": "AKIDENV", "AWS_SECRET_ACCESS_KEY": secret}
	with := func(more ...string) map[string]string {
		m := map[string]string{}
		for i := 0; i < len(more); i += 2 {
			m[more[i]] = more[i+1]
		}
		return m
	}
	for _, test := range []struct {
		name string
		setup
		want string
	}{
		{"environment", setup{env: env}, "AKIDENV|" + secret + "|"},
		{"environment with a token", setup{env: with("AWS_ACCESS_KEY_ID", "ASIAENV", "AWS_SECRET_ACCESS_KEY", secret, "AWS_SESSION_TOKEN", token)},
			"ASIAENV|" + secret + "|" + token},
		{"environment before files", setup{env: env, credentials: "[default]\n" + key("AKIDCRED", secret2)}, "AKIDENV|" + secret + "|"},
		{"environment before AWS_PROFILE, as the AWS CLI has it",
			setup{env: with("AWS_ACCESS_KEY_ID", "AKIDENV", "AWS_SECRET_ACCESS_KEY", secret, "AWS_PROFILE", "work"),
				credentials: "[work]\n" + key("AKIDWORK", secret2)}, "AKIDENV|" + secret + "|"},
		{"a profile asked for before the environment",
			setup{env: env, profile: "work", credentials: "[work]\n" + key("AKIDWORK", secret2)}, "AKIDWORK|" + secret2 + "|"},
		{"a token alone is no access key", setup{env: with("AWS_SESSION_TOKEN", token), credentials: "[default]\n" + key("AKIDCRED", secret)},
			"AKIDCRED|" + secret + "|"},
		{"credentials file", setup{credentials: "[default]\n" + key("AKIDCRED", secret)}, "AKIDCRED|" + secret + "|"},
		{"credentials file with a token", setup{credentials: "[default]\n" + key("ASIACRED", secret) + "aws_session_token=" + token},
			"ASIACRED|" + secret + "|" + token},
		{"credentials file before config file", setup{credentials: "[default]\n" + key("AKIDCRED", secret), config: "[default]\n" + key("AKIDCONF", secret2)},
			"AKIDCRED|" + secret + "|"},
		{"config file", setup{config: "[default]\n" + key("AKIDCONF", secret)}, "AKIDCONF|" + secret + "|"},
		{"config file, default with the word profile", setup{config: "[profile default]\n" + key("AKIDCONF", secret) + "[default]\n" + key("AKIDNOT", secret2)},
			"AKIDCONF|" + secret + "|"},
		{"credentials file without the key, config file with it",
			setup{credentials: "[default]\nregion = eu-central-1\n", config: "[default]\n" + key("AKIDCONF", secret)}, "AKIDCONF|" + secret + "|"},
		{"a token of one file does not go with a key of the other",
			setup{credentials: "[default]\n" + key("AKIDCRED", secret), config: "[default]\naws_session_token = " + token}, "AKIDCRED|" + secret + "|"},
		{"AWS_PROFILE, credentials file", setup{env: with("AWS_PROFILE", "work"), credentials: "[default]\n" + key("AKIDDEF", secret2) + "[work]\n" + key("AKIDWORK", secret)},
			"AKIDWORK|" + secret + "|"},
		{"AWS_PROFILE, config file", setup{env: with("AWS_PROFILE", "work"), config: "[profile work]\n" + key("AKIDWORK", secret)},
			"AKIDWORK|" + secret + "|"},
		{"AWS_DEFAULT_PROFILE", setup{env: with("AWS_DEFAULT_PROFILE", "work"), credentials: "[default]\n" + key("AKIDDEF", secret2) + "[work]\n" + key("AKIDWORK", secret)},
			"AKIDWORK|" + secret + "|"},
		{"AWS_PROFILE before AWS_DEFAULT_PROFILE", setup{env: with("AWS_PROFILE", "work", "AWS_DEFAULT_PROFILE", "play"), credentials: "[play]\n" + key("AKIDPLAY", secret2) + "[work]\n" + key("AKIDWORK", secret)},
			"AKIDWORK|" + secret + "|"},
		{"Profile before AWS_PROFILE", setup{env: with("AWS_PROFILE", "work"), profile: "play", credentials: "[work]\n" + key("AKIDWORK", secret2) + "[play]\n" + key("AKIDPLAY", secret)},
			"AKIDPLAY|" + secret + "|"},
		{"a quoted profile", setup{env: with("AWS_PROFILE", "my work"), config: "[profile \"my work\"]\n" + key("AKIDWORK", secret)},
			"AKIDWORK|" + secret + "|"},
		{"another credentials file", setup{env: with("AWS_SHARED_CREDENTIALS_FILE", "HOME/elsewhere/keys"), credentials: "[default]\n" + key("AKIDNOT", secret2)},
			"AKIDELSE|" + secret + "|"},
		{"another config file, in the home directory", setup{env: with("AWS_CONFIG_FILE", "~/elsewhere/keys")}, "AKIDELSE|" + secret + "|"},
		{"a key goes before other ways than a role", setup{credentials: "[default]\n" + key("AKIDCRED", secret), config: "[default]\ncredential_process = x\nsso_session = y\n"},
			"AKIDCRED|" + secret + "|"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, home := test.chain(t)
			write(t, filepath.Join(home, "elsewhere", "keys"), "[default]\n"+key("AKIDELSE", secret))
			cred, err := c.Credentials(t.Context())
			if err != nil || show(cred) != test.want {
				t.Errorf("got %q, %v, want %q", show(cred), err, test.want)
			}
		})
	}
}

func TestWhatIsThereAndCannotBeUsedIsAnError(t *testing.T) {
	good := "[default]\n" + key("AKIDCRED", secret)
	for _, test := range []struct {
		name string
		setup
		want    chain.SettingError // Source is relative to the home directory
		problem string             // a part of it
	}{
		{"environment without the secret", setup{env: map[string]string{"AWS_ACCESS_KEY_ID": "AKIDENV"}, credentials: good},
			chain.SettingError{Kind: chain.ErrIncomplete, Source: "environment", Setting: "AWS_SECRET_ACCESS_KEY"}, "is not set, and AWS_ACCESS_KEY_ID is"},
		{"environment without the ID", setup{env: map[string]string{"AWS_SECRET_ACCESS_KEY": secret}, credentials: good},
			chain.SettingError{Kind: chain.ErrIncomplete, Source: "environment", Setting: "AWS_ACCESS_KEY_ID"}, "is not set, and AWS_SECRET_ACCESS_KEY is"},
		{"profile without the secret", setup{credentials: "[default]\n\naws_access_key_id = AKID\n", config: good},
			chain.SettingError{Kind: chain.ErrIncomplete, Source: ".aws/credentials", Line: 3, Setting: "aws_secret_access_key"}, "is missing in profile default"},
		{"profile without the ID", setup{config: "[default]\naws_secret_access_key = " + secret},
			chain.SettingError{Kind: chain.ErrIncomplete, Source: ".aws/config", Line: 2, Setting: "aws_access_key_id"}, "is missing in profile default"},
		{"halves in two files", setup{credentials: "[default]\naws_access_key_id = AKID", config: "[default]\naws_secret_access_key = " + secret},
			chain.SettingError{Kind: chain.ErrIncomplete, Source: ".aws/credentials", Line: 2, Setting: "aws_secret_access_key"}, "is missing"},
		{"environment's secret that is too short", setup{env: map[string]string{"AWS_ACCESS_KEY_ID": "AKIDENV", "AWS_SECRET_ACCESS_KEY": "short"}, credentials: good},
			chain.SettingError{Kind: chain.ErrMalformed, Source: "environment", Setting: "AWS_SECRET_ACCESS_KEY"}, "is empty or too short: at least 10 characters"},
		{"environment's token with its line end", setup{env: map[string]string{"AWS_ACCESS_KEY_ID": "AKIDENV", "AWS_SECRET_ACCESS_KEY": secret, "AWS_SESSION_TOKEN": "SECRETIVE\n"}, credentials: good},
			chain.SettingError{Kind: chain.ErrMalformed, Source: "environment", Setting: "AWS_SESSION_TOKEN"}, "has a blank or a control byte"},
		{"ID that cannot sign", setup{credentials: "[default]\naws_access_key_id = AK/ID\naws_secret_access_key = " + secret},
			chain.SettingError{Kind: chain.ErrMalformed, Source: ".aws/credentials", Line: 2, Setting: "aws_access_key_id"}, "a slash or a comma"},
		{"secret that is too short", setup{config: "[default]\naws_access_key_id = AKID\naws_secret_access_key = short"},
			chain.SettingError{Kind: chain.ErrMalformed, Source: ".aws/config", Line: 3, Setting: "aws_secret_access_key"}, "is empty or too short"},
		{"secret with a blank", setup{credentials: "[default]\naws_access_key_id = AKID\naws_secret_access_key = SECRETIVE key"},
			chain.SettingError{Kind: chain.ErrMalformed, Source: ".aws/credentials", Line: 3, Setting: "aws_secret_access_key"}, "has a blank"},
		{"secret indented below the ID", setup{credentials: "[default]\naws_access_key_id = AKID\n  aws_secret_access_key = " + secret},
			chain.SettingError{Kind: chain.ErrIncomplete, Source: ".aws/credentials", Line: 2, Setting: "aws_secret_access_key"}, "is missing"},
		{"token with a second line", setup{credentials: good + "aws_session_token = " + token + "\n  " + token},
			chain.SettingError{Kind: chain.ErrMalformed, Source: ".aws/credentials", Line: 4, Setting: "aws_session_token"}, "a second line"},
		{"no such profile", setup{profile: "work", credentials: good, config: "[default]\n"},
			chain.SettingError{Kind: chain.ErrNoProfile, Source: ".aws/config", Setting: "profile work"}, "is neither here nor in "},
		{"no such profile, no file", setup{env: map[string]string{"AWS_PROFILE": "work"}},
			chain.SettingError{Kind: chain.ErrNoProfile, Source: ".aws/config", Setting: "profile work"}, "is neither here nor in "},
		{"config file's section without the word", setup{profile: "work", config: "[work]\n" + key("AKID", secret)},
			chain.SettingError{Kind: chain.ErrNoProfile, Source: ".aws/config", Setting: "profile work"}, "[profile work]"},
		{"credentials file's section with the word", setup{profile: "work", credentials: "[profile work]\n" + key("AKID", secret)},
			chain.SettingError{Kind: chain.ErrNoProfile, Source: ".aws/credentials", Setting: "profile work"}, "[work]"},
		{"a role without a source", setup{config: "[default]\nrole_arn = arn:aws:iam::123456789012:role/SECRETIVE\n", credentials: good},
			chain.SettingError{Kind: chain.ErrIncomplete, Source: ".aws/config", Line: 2, Setting: "role_arn"}, "expecting source_profile, credential_source or web_identity_token_file"},
		{"a web identity without a role", setup{config: "[default]\nweb_identity_token_file = /SECRETIVE\n"},
			chain.SettingError{Kind: chain.ErrIncomplete, Source: ".aws/config", Line: 2, Setting: "web_identity_token_file"}, "profile default without role_arn"},
		{"single sign-on that is not defined", setup{profile: "work", config: "[profile work]\nsso_session = SECRETIVE\nsso_account_id = 1\n"},
			chain.SettingError{Kind: chain.ErrMalformed, Source: ".aws/config", Line: 2, Setting: "sso_session"}, "names a section [sso-session …] that is not in"},
		{"single sign-on without a role", setup{config: "[default]\nsso_account_id = 1\nsso_start_url = https://SECRETIVE\n"},
			chain.SettingError{Kind: chain.ErrIncomplete, Source: ".aws/config", Line: 2, Setting: "sso_account_id"}, "profile default without sso_role_name"},
		{"single sign-on of nothing", setup{config: "[default]\nsso_start_url = https://SECRETIVE\n"},
			chain.SettingError{Kind: chain.ErrIncomplete, Source: ".aws/config", Line: 2, Setting: "sso_start_url"}, "without sso_account_id and sso_role_name"},
		{"a source without a role", setup{config: "[default]\ncredential_source = Ec2InstanceMetadata\n"},
			chain.SettingError{Kind: chain.ErrIncomplete, Source: ".aws/config", Line: 2, Setting: "credential_source"}, "profile default without role_arn"},
		{"a login", setup{config: "[default]\nlogin_session = SECRETIVE\n"},
			chain.SettingError{Kind: chain.ErrUnsupported, Source: ".aws/config", Line: 2, Setting: "login_session"}, "is how profile default gets its credentials"},
		{"a malformed file", setup{credentials: "[default]\n" + secret + "\n"},
			chain.SettingError{Kind: chain.ErrMalformed, Source: ".aws/credentials", Line: 2}, "neither a [section] nor a setting"},
		{"a malformed config file, though the other has the key", setup{credentials: good, config: "SECRETIVE = 1\n"},
			chain.SettingError{Kind: chain.ErrMalformed, Source: ".aws/config", Line: 1}, "before the first [section]"},
		{"a file that is too large", setup{credentials: good + strings.Repeat("# SECRETIVE\n", 100_000)},
			chain.SettingError{Kind: chain.ErrUnreadable, Source: ".aws/credentials"}, "more than 1048576 bytes"},
		{"a file that is a directory", setup{env: map[string]string{"AWS_CONFIG_FILE": "HOME"}},
			chain.SettingError{Kind: chain.ErrUnreadable, Source: ""}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, home := test.chain(t)
			cred, err := c.Credentials(t.Context())
			if show(cred) != "" {
				t.Errorf("beside the error: %v", cred)
			}
			var got *chain.SettingError
			if !errors.As(err, &got) {
				t.Fatalf("got %v, want a SettingError", err)
			}
			if test.want.Source != "environment" {
				test.want.Source = filepath.Join(home, test.want.Source)
			}
			if got.Kind != test.want.Kind || got.Source != test.want.Source || got.Line != test.want.Line || got.Setting != test.want.Setting {
				t.Errorf("got %#v, want %#v", got, test.want)
			}
			if !strings.Contains(got.Problem, test.problem) {
				t.Errorf("got problem %q, want %q in it", got.Problem, test.problem)
			}
			if !errors.Is(err, test.want.Kind) || errors.Is(err, chain.ErrNoCredentials) {
				t.Errorf("%v does not match its kind, or matches ErrNoCredentials", err)
			}
			noSecret(t, err)
		})
	}
}

func TestErrorTellsTheOperatingSystemsReason(t *testing.T) {
	c, home := setup{}.chain(t)
	c.Env = func(name string) string {
		return map[string]string{"AWS_CONFIG_FILE": home}[name] // a directory
	}
	_, err := c.Credentials(t.Context())
	var cause *fs.PathError
	if !errors.Is(err, chain.ErrUnreadable) || !errors.As(err, &cause) {
		t.Errorf("got %v, want ErrUnreadable with the cause", err)
	}
}

// noMetadata is what a chain says of the services that its setup has not.
var noMetadata = []chain.Attempt{
	{Source: "container", Reason: "neither AWS_CONTAINER_CREDENTIALS_RELATIVE_URI nor AWS_CONTAINER_CREDENTIALS_FULL_URI is set"},
	{Source: "EC2 instance metadata", Reason: "AWS_EC2_METADATA_DISABLED is true"},
}

func TestWhenAllFailOneErrorSaysWhatWasTried(t *testing.T) {
	for _, test := range []struct {
		name string
		setup
		want []chain.Attempt
	}{
		{"nothing", setup{}, []chain.Attempt{
			{Source: "environment", Reason: "AWS_ACCESS_KEY_ID is not set"},
			{Source: "web identity", Reason: "AWS_WEB_IDENTITY_TOKEN_FILE is not set"},
			{Source: ".aws/credentials", Reason: "is not there"},
			{Source: ".aws/config", Reason: "is not there"}}},
		{"a home directory that is a file", setup{env: map[string]string{"AWS_CONFIG_FILE": "HOME/.aws/credentials/config"}, credentials: "# empty"}, []chain.Attempt{
			{Source: "environment", Reason: "AWS_ACCESS_KEY_ID is not set"},
			{Source: "web identity", Reason: "AWS_WEB_IDENTITY_TOKEN_FILE is not set"},
			{Source: ".aws/credentials", Reason: "has no profile default"},
			{Source: ".aws/credentials/config", Reason: "is not there"}}},
		{"files without the profile", setup{credentials: "[work]\n" + key("AKID", secret), config: "[profile work]\n"}, []chain.Attempt{
			{Source: "environment", Reason: "AWS_ACCESS_KEY_ID is not set"},
			{Source: "web identity", Reason: "AWS_WEB_IDENTITY_TOKEN_FILE is not set"},
			{Source: ".aws/credentials", Reason: "has no profile default"},
			{Source: ".aws/config", Reason: "has no profile default"}}},
		{"a profile without a key", setup{profile: "work", credentials: "# empty", config: "[profile work]\nregion = eu-central-1"}, []chain.Attempt{
			{Source: "environment", Reason: "not looked at, for a profile was asked for"},
			{Source: ".aws/credentials", Reason: "has no profile work"},
			{Source: ".aws/config", Reason: "has no access key, role, web identity, IAM Identity Center or credential_process in profile work"}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, home := test.chain(t)
			cred, err := c.Credentials(t.Context())
			if show(cred) != "" {
				t.Errorf("beside the error: %v", cred)
			}
			for i, a := range test.want {
				if strings.HasPrefix(a.Source, ".aws") {
					test.want[i].Source = filepath.Join(home, a.Source)
				}
			}
			test.want = append(test.want, noMetadata...)
			var got *chain.NoCredentialsError
			if !errors.As(err, &got) || !errors.Is(err, chain.ErrNoCredentials) {
				t.Fatalf("got %v, want a NoCredentialsError", err)
			}
			if diff := cmp.Diff(test.want, got.Tried); diff != "" {
				t.Errorf("tried (-want +got):\n%s", diff)
			}
			for _, a := range test.want {
				if !strings.Contains(err.Error(), a.Source+" ("+a.Reason+")") {
					t.Errorf("%q does not say that of %s", err, a.Source)
				}
			}
			noSecret(t, err)
		})
	}
}

func TestSearchThatASourceEndsSaysWhatWasTriedBefore(t *testing.T) {
	c, home := setup{env: map[string]string{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/task"}, metadata: containerService{authorization: "x"}}.chain(t)
	_, err := c.Credentials(t.Context())
	dir := filepath.Join(home, ".aws") + string(filepath.Separator)
	want := "chain: container refused its credentials (status 401, AccessDenied); tried before: environment (AWS_ACCESS_KEY_ID is not set), " +
		"web identity (AWS_WEB_IDENTITY_TOKEN_FILE is not set), " + dir + "credentials (is not there), " + dir + "config (is not there)"
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

// Every source is set up, and would be noticed.
func TestNothingIsStartedOrDialledUntilAsked(t *testing.T) {
	asked := 0
	env := map[string]string{}
	getenv := func(name string) string { asked++; return env[name] }
	dialled := roundTripper(func(req *http.Request) (*http.Response, error) {
		t.Errorf("%s was dialled", req.URL.Host)
		return nil, errors.New("no answer")
	})
	home := t.TempDir()
	started := filepath.Join(home, "started")
	run := command(t, "mark", started)
	write(t, filepath.Join(home, ".aws", "credentials"), "[default]\n"+key("AKIDCRED", secret))
	write(t, filepath.Join(home, ".aws", "config"), "[default]\ncredential_process = "+run+"\n"+
		strings.TrimPrefix(sessionProfile, "[default]\n")+"[profile role]\n"+role("one")+"source_profile = default\nmfa_serial = arn:aws:iam::123456789012:mfa/me\n")
	mfa := func(context.Context, string) (string, error) { t.Error("a code was asked for"); return "", nil }
	c := &chain.Chain{Env: getenv, Home: home, MFA: mfa, Base: dialled, Metadata: dialled}
	chain.New(chain.Environment{Env: getenv}, &chain.Profile{Name: "role", Env: getenv, Home: home, MFA: mfa, Base: dialled},
		&chain.WebIdentity{TokenFile: started, RoleARN: "arn:aws:iam::123456789012:role/one", Env: getenv, Base: dialled},
		&chain.SSO{Session: "my-sso", Region: "eu-central-1", AccountID: "123456789012", RoleName: "Reader", Home: home, Base: dialled},
		&chain.Process{Command: run}, &chain.Container{Env: getenv, Base: dialled}, &chain.InstanceMetadata{Env: getenv, Base: dialled})
	_ = fmt.Sprint(c)
	if asked != 0 {
		t.Errorf("%d variables were looked up before anybody asked", asked)
	}

	// And then only as far as the search goes.
	env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"] = "AKIDENV", secret
	env["AWS_WEB_IDENTITY_TOKEN_FILE"], env["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = started, "/task"
	env["AWS_CONFIG_FILE"] = home // a directory, which cannot be read
	if cred, err := c.Credentials(t.Context()); err != nil || cred.AccessKeyID != "AKIDENV" {
		t.Errorf("got %v, %v, want AKIDENV", cred, err)
	}
	delete(env, "AWS_CONFIG_FILE")
	config := filepath.Join(home, ".aws", "config")
	write(t, config, "[default]\ncredential_process = "+run+"\n")
	named := &chain.Chain{Env: getenv, Home: home, Profile: "default", Base: dialled, Metadata: dialled}
	if cred, err := named.Credentials(t.Context()); err != nil || cred.AccessKeyID != "AKIDCRED" {
		t.Errorf("got %v, %v, want AKIDCRED", cred, err)
	}
	if _, err := os.Stat(started); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the program was started: %v", err)
	}
	// It would have been.
	if err := os.Remove(filepath.Join(home, ".aws", "credentials")); err != nil {
		t.Fatal(err)
	}
	late := &chain.Chain{Env: getenv, Home: home, Profile: "default", Base: dialled, Metadata: dialled}
	if cred, err := late.Credentials(t.Context()); err != nil || cred.AccessKeyID != "AKIDPROC" {
		t.Errorf("got %v, %v, want AKIDPROC", cred, err)
	}
	if _, err := os.Stat(started); err != nil {
		t.Error(err)
	}
}

func TestNothingIsReadUntilAskedAndThenOnce(t *testing.T) {
	reads := 0
	c, home := setup{credentials: "[default]\n" + key("AKID1", secret)}.chain(t)
	c.Env = func(string) string { reads++; return "" }
	if reads != 0 {
		t.Errorf("%d look-ups before the first question", reads)
	}
	get := func() string {
		cred, err := c.Credentials(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return cred.AccessKeyID
	}
	first := get()
	before := reads
	write(t, filepath.Join(home, ".aws", "credentials"), "[default]\n"+key("AKID2", secret))
	if second := get(); second != first || reads != before {
		t.Errorf("got %s after %s with %d more look-ups, want the same with none", second, first, reads-before)
	}

	c.Renew(sigv4.NewCredentials("AKIDOTHER", secret, ""))
	if got := get(); got != "AKID1" {
		t.Errorf("got %s, want AKID1: others were refused", got)
	}
	c.Renew(sigv4.NewCredentials("AKID1", secret, ""))
	if got := get(); got != "AKID2" {
		t.Errorf("got %s after a refusal, want AKID2", got)
	}
}

func TestZeroChainLooksIntoTheProcessEnvironment(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIDENV")
	t.Setenv("AWS_SECRET_ACCESS_KEY", secret)
	t.Setenv("AWS_SESSION_TOKEN", "")
	if cred, err := new(chain.Chain).Credentials(t.Context()); err != nil || show(cred) != "AKIDENV|"+secret+"|" {
		t.Errorf("got %v, %v, want AKIDENV", cred, err)
	}
}

func TestWithoutAHomeDirectoryThereAreNoFiles(t *testing.T) {
	for _, name := range []string{"HOME", "USERPROFILE", "home"} { // what os.UserHomeDir goes by
		t.Setenv(name, "")
	}
	c := &chain.Chain{Metadata: hosts{}.serve(t), Env: func(name string) string {
		return map[string]string{"AWS_EC2_METADATA_DISABLED": "true"}[name]
	}}
	_, err := c.Credentials(t.Context())
	var got *chain.NoCredentialsError
	if !errors.As(err, &got) {
		t.Fatalf("got %v, want a NoCredentialsError", err)
	}
	want := []chain.Attempt{
		{Source: "environment", Reason: "AWS_ACCESS_KEY_ID is not set"},
		{Source: "web identity", Reason: "AWS_WEB_IDENTITY_TOKEN_FILE is not set"},
		{Source: "shared credentials file", Reason: "there is no home directory to look in"},
		{Source: "shared config file", Reason: "there is no home directory to look in"},
	}
	want = append(want, noMetadata...)
	if diff := cmp.Diff(want, got.Tried); diff != "" {
		t.Errorf("tried (-want +got):\n%s", diff)
	}
}

func TestFailureIsNotKept(t *testing.T) {
	c, home := setup{}.chain(t)
	if _, err := c.Credentials(t.Context()); !errors.Is(err, chain.ErrNoCredentials) {
		t.Fatalf("got %v, want %v", err, chain.ErrNoCredentials)
	}
	write(t, filepath.Join(home, ".aws", "credentials"), "[default]\n"+key("AKID", secret))
	if cred, err := c.Credentials(t.Context()); err != nil || cred.AccessKeyID != "AKID" {
		t.Errorf("got %v, %v, want AKID", cred, err)
	}
}

func TestChainPrintsNoSecret(t *testing.T) {
	c, _ := setup{credentials: "[default]\n" + key("AKID", secret) + "aws_session_token = " + token}.chain(t)
	if _, err := c.Credentials(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, verb := range "vsdqxXp" {
		for _, flag := range []string{"", "+", "#"} {
			text := fmt.Sprintf("%"+flag+string(verb), c)
			if verb != 'p' && text != "chain.Chain(secrets redacted)" || strings.Contains(text, secret) {
				t.Errorf("%%%s%c prints more than it should: %s", flag, verb, text)
			}
		}
	}
}
