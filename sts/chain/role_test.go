package chain_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sts"
	"github.com/sigvier/sigvier/sts/chain"
)

// An STS that checks who signs, keeps what it was asked, and gives sessions whose
// access key ID has the role's name.

type stsServer struct {
	t      *testing.T
	status int    // 0 is 200
	code   string // of the refusal

	mu    sync.Mutex
	calls []call
}

// call is one request to STS.
type call struct {
	Signer string // the access key ID, "" if nobody signed
	Form   url.Values
}

const sessionSecret = "je7MtGbClwBF/2Zp9Utk+h3yCo8nvbSESSIONKEY"

func (s *stsServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		s.t.Error(err)
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		s.t.Error(err)
	}
	c := call{Form: form}
	if r.Header.Get("Authorization") != "" {
		signer, err := sigv4.NewSigner("sts", "eu-central-1", nil)
		if err != nil {
			s.t.Fatal(err)
		}
		lookup := func(_ context.Context, id, _ string) (sigv4.Credentials, error) {
			c.Signer = id
			switch {
			case strings.HasPrefix(id, "ASIA"):
				return sigv4.NewCredentials(id, sessionSecret, token), nil
			case strings.HasPrefix(id, "AKIDTEMP"):
				return sigv4.NewCredentials(id, secret, token), nil
			}
			return sigv4.NewCredentials(id, secret, ""), nil
		}
		if _, err := signer.Verify(r, lookup, sigv4.PayloadOf(body), time.Now()); err != nil {
			s.t.Errorf("the signature does not verify: %v", err)
		}
	}
	s.mu.Lock()
	s.calls = append(s.calls, c)
	s.mu.Unlock()
	if s.status != 0 {
		w.WriteHeader(s.status)
		fmt.Fprintf(w, `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>%s</Code><Message>no</Message></Error></ErrorResponse>`, s.code)
		return
	}
	_, name, _ := strings.Cut(form.Get("RoleArn"), ":role/")
	fmt.Fprintf(w, `<%[1]sResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><%[1]sResult>
<AssumedRoleUser><Arn>arn:aws:sts::123456789012:assumed-role/%[2]s/x</Arn><AssumedRoleId>A:x</AssumedRoleId></AssumedRoleUser>
<Credentials><AccessKeyId>ASIA%[2]s</AccessKeyId><SecretAccessKey>%[3]s</SecretAccessKey><SessionToken>%[4]s</SessionToken><Expiration>%[5]s</Expiration></Credentials>
</%[1]sResult></%[1]sResponse>`, form.Get("Action"), name, sessionSecret, token, time.Now().Add(time.Hour).UTC().Format(time.RFC3339))
}

func role(name string) string { return "role_arn = arn:aws:iam::123456789012:role/" + name + "\n" }

const region = "region = eu-central-1\n"

func TestRoleIsAssumedWithItsSource(t *testing.T) {
	key1 := key("AKID1", secret)
	for _, test := range []struct {
		name string
		setup
		want    string   // the role's name
		signers []string // who asked, in turn
	}{
		{"another profile's key", setup{config: "[default]\n" + region + role("one") + "source_profile = base\n", credentials: "[base]\n" + key1}, "one", []string{"AKID1"}},
		{"its own key", setup{config: "[default]\n" + region + role("one") + "source_profile = default\n" + key1}, "one", []string{"AKID1"}},
		{"its own key in the other file", setup{config: "[profile a]\n" + region + role("one") + "source_profile = a\n", credentials: "[a]\n" + key1, profile: "a"}, "one", []string{"AKID1"}},
		{"three roles", setup{config: "[default]\n" + region + role("one") + "source_profile = two\n[profile two]\n" + role("two") +
			"source_profile = three\n[profile three]\n" + role("three") + "source_profile = base\n", credentials: "[base]\n" + key1}, "one",
			[]string{"AKID1", "ASIAthree", "ASIAtwo"}},
		{"a key before a role in a source, as the AWS CLI has it", setup{config: "[default]\n" + region + role("one") + "source_profile = two\n[profile two]\n" + role("two") +
			"source_profile = two\n" + key1}, "one", []string{"AKID1"}},
		{"the environment", setup{profile: "a", config: "[profile a]\n" + region + role("one") + "credential_source = Environment\n",
			env: map[string]string{"AWS_ACCESS_KEY_ID": "AKIDENV", "AWS_SECRET_ACCESS_KEY": secret}}, "one", []string{"AKIDENV"}},
		{"the container", setup{config: "[default]\n" + region + role("one") + "credential_source = EcsContainer\n",
			env: map[string]string{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/task"}, metadata: containerService{}}, "one", []string{"AKIDTEMP"}},
		{"the instance", setup{config: "[default]\n" + region + role("one") + "credential_source = Ec2InstanceMetadata\n",
			env: map[string]string{"AWS_EC2_METADATA_DISABLED": "false", "AWS_METADATA_SERVICE_TIMEOUT": "60"}, metadata: &instanceService{}}, "one", []string{"AKIDTEMP"}},
		{"a web identity", setup{config: "[default]\n" + region + role("one") + "source_profile = pod\n[profile pod]\n" + role("pod") + "web_identity_token_file = HOME/token\n"},
			"one", []string{"", "ASIApod"}},
		{"a role before a key", setup{config: "[default]\n" + region + role("one") + "source_profile = base\n" + key("AKIDNOT", secret2), credentials: "[base]\n" + key1}, "one", []string{"AKID1"}},
		{"a role before the environment's web identity", setup{config: "[default]\n" + region + role("one") + "source_profile = base\n", credentials: "[base]\n" + key1,
			env: map[string]string{"AWS_WEB_IDENTITY_TOKEN_FILE": "HOME/token", "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/pod"}}, "one", []string{"AKID1"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := &stsServer{t: t}
			test.sts = server
			c, home := test.chain(t)
			write(t, filepath.Join(home, "token"), token)
			replaceHome(t, home)
			cred, err := c.Credentials(t.Context())
			if err != nil || cred.AccessKeyID != "ASIA"+test.want || cred.SessionToken() != token || cred.Expires.IsZero() {
				t.Fatalf("got %v, %v, want a session of role %s", cred, err, test.want)
			}
			var signers []string
			for _, c := range server.calls {
				signers = append(signers, c.Signer)
			}
			if diff := cmp.Diff(test.signers, signers); diff != "" {
				t.Errorf("who asked (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRoleHasItsSettings(t *testing.T) {
	server := &stsServer{t: t}
	var asked []string
	c, _ := setup{sts: server, config: "[default]\n" + region + role("one") + `source_profile = default
external_id = external-1
role_session_name = me
duration_seconds = 1800
mfa_serial = arn:aws:iam::123456789012:mfa/me
` + key("AKID1", secret), mfa: func(_ context.Context, serial string) (string, error) {
		asked = append(asked, serial)
		return "123456", nil
	}}.chain(t)
	if _, err := c.Credentials(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := url.Values{
		"Action": {"AssumeRole"}, "Version": {"2011-06-15"}, "RoleArn": {"arn:aws:iam::123456789012:role/one"},
		"ExternalId": {"external-1"}, "RoleSessionName": {"me"}, "DurationSeconds": {"1800"},
		"SerialNumber": {"arn:aws:iam::123456789012:mfa/me"}, "TokenCode": {"123456"},
	}
	if diff := cmp.Diff(want, server.calls[0].Form); diff != "" {
		t.Errorf("the form (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"arn:aws:iam::123456789012:mfa/me"}, asked); diff != "" {
		t.Errorf("asked for the codes of (-want +got):\n%s", diff)
	}
}

func TestSessionNameHasADefault(t *testing.T) {
	for want, env := range map[string]map[string]string{"sigvier": nil, "pod-7": {"AWS_ROLE_SESSION_NAME": "pod-7"}} {
		server := &stsServer{t: t}
		c, _ := setup{sts: server, env: env, config: "[default]\n" + region + role("one") + "source_profile = default\n" + key("AKID1", secret)}.chain(t)
		if _, err := c.Credentials(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := server.calls[0].Form.Get("RoleSessionName"); got != want {
			t.Errorf("the session's name is %q, want %q", got, want)
		}
	}
}

func TestSTSIsWhereTheProfileSays(t *testing.T) {
	for _, test := range []struct {
		name, settings, arn string
		env                 map[string]string
		want                string // host
	}{
		{"region", "region = eu-west-1\n", "arn:aws:iam::123456789012:role/one", nil, "sts.eu-west-1.amazonaws.com"},
		{"no region", "", "arn:aws:iam::123456789012:role/one", nil, "sts.us-east-1.amazonaws.com"},
		{"no region, China", "", "arn:aws-cn:iam::123456789012:role/one", nil, "sts.cn-northwest-1.amazonaws.com.cn"},
		{"no region, Europe's sovereign cloud", "", "arn:aws-eusc:iam::123456789012:role/one", nil, "sts.eusc-de-east-1.amazonaws.eu"},
		{"no region, GovCloud", "", "arn:aws-us-gov:iam::123456789012:role/one", nil, "sts.us-gov-west-1.amazonaws.com"},
		{"environment", region, "arn:aws:iam::123456789012:role/one", map[string]string{"AWS_REGION": "eu-north-1"}, "sts.eu-north-1.amazonaws.com"},
		{"FIPS", "region = us-east-2\nuse_fips_endpoint = true\n", "arn:aws:iam::123456789012:role/one", nil, "sts-fips.us-east-2.amazonaws.com"},
		{"dual-stack", region, "arn:aws:iam::123456789012:role/one", map[string]string{"AWS_USE_DUALSTACK_ENDPOINT": "true"}, "sts.eu-central-1.api.aws"},
		{"endpoint", "region = us-east-2\nuse_fips_endpoint = true\nendpoint_url = http://minio:9000\n", "arn:aws:iam::123456789012:role/one", nil, "minio"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, _ := setup{env: test.env, config: "[default]\n" + test.settings + "role_arn = " + test.arn + "\nsource_profile = default\n" + key("AKID1", secret)}.chain(t)
			var hosts []string
			c.Base = roundTripper(func(req *http.Request) (*http.Response, error) {
				hosts = append(hosts, req.URL.Hostname())
				return &http.Response{StatusCode: http.StatusForbidden, Body: http.NoBody, Request: req}, nil
			})
			if _, err := c.Credentials(t.Context()); err == nil || strings.Join(hosts, " ") != test.want {
				t.Errorf("asked %q, %v, want %q", hosts, err, test.want)
			}
		})
	}
}

func TestRoleThatCannotBeAssumedIsAnError(t *testing.T) {
	key1 := key("AKID1", secret)
	for _, test := range []struct {
		name string
		setup
		kind    error
		problem string // a part of it
	}{
		{"a circle", setup{config: "[default]\n" + role("one") + "source_profile = a\n[profile a]\n" + role("a") + "source_profile = b\n[profile b]\n" + role("b") + "source_profile = a\n"},
			chain.ErrCycle, "default → a → b → a"},
		{"a circle, though the first has a key", setup{config: "[default]\n" + role("one") + "source_profile = a\n" + key1 + "[profile a]\n" + role("a") + "source_profile = default\n"},
			chain.ErrCycle, "source_profile of profile a closes it: default → a → default"},
		{"another's circle with itself", setup{config: "[default]\n" + role("one") + "source_profile = a\n[profile a]\n" + role("a") + "source_profile = a\n"}, chain.ErrCycle, "default → a → a"},
		{"itself without a key", setup{config: "[default]\n" + role("one") + "source_profile = default\n"}, chain.ErrCycle, "default → default"},
		{"no such source", setup{config: "[default]\n" + role("one") + "source_profile = nowhere\n"}, chain.ErrNoProfile, "profile nowhere is neither here nor in"},
		{"a source without the word profile", setup{config: "[default]\n" + role("one") + "source_profile = b\n[b]\n" + key1}, chain.ErrNoProfile, "[profile b] (it is the source_profile of default, "},
		{"a source without credentials", setup{config: "[default]\n" + role("one") + "source_profile = b\n[profile b]\n" + region}, chain.ErrNoCredentials, "source_profile of profile default has no credentials to assume the role with"},
		{"an environment without credentials", setup{config: "[default]\n" + role("one") + "credential_source = Environment\n"}, chain.ErrNoCredentials, "AWS_ACCESS_KEY_ID is not set"},
		{"no container", setup{config: "[default]\n" + role("one") + "credential_source = EcsContainer\n"}, chain.ErrNoCredentials, "is set"},
		{"no instance", setup{config: "[default]\n" + role("one") + "credential_source = Ec2InstanceMetadata\n"}, chain.ErrNoCredentials, "AWS_EC2_METADATA_DISABLED is true"},
		{"another source", setup{config: "[default]\n" + role("one") + "credential_source = SECRETIVE\n"}, chain.ErrMalformed, "is none of Environment, Ec2InstanceMetadata and EcsContainer"},
		{"two sources", setup{config: "[default]\n" + role("one") + "credential_source = Environment\nsource_profile = default\n" + key1}, chain.ErrMalformed, "stands beside source_profile"},
		{"nobody to ask for a code", setup{config: "[default]\n" + role("one") + "mfa_serial = SECRETIVE\nsource_profile = default\n" + key1}, chain.ErrIncomplete, "mfa_serial asks for a code"},
		{"a duration that is none", setup{config: "[default]\n" + role("one") + "duration_seconds = an hour\nsource_profile = default\n" + key1}, chain.ErrMalformed, "is no number from 900"},
		{"a duration that is too short", setup{config: "[default]\n" + role("one") + "duration_seconds = 899\nsource_profile = default\n" + key1}, chain.ErrMalformed, "is no number from 900"},
		{"no role's ARN", setup{config: "[default]\nregion = eu-central-1\nrole_arn = one\nsource_profile = default\n" + key1}, sts.ErrInput, "role_arn of profile default"},
		{"an external ID that cannot be", setup{config: "[default]\nregion = eu-central-1\n" + role("one") + "external_id = SECRETIVE!\nsource_profile = default\n" + key1}, sts.ErrInput, "ExternalId"},
		{"refused", setup{sts: &stsServer{t: t, status: 403, code: "AccessDenied"}, config: "[default]\n" + region + role("one") + "external_id = SECRETIVE\nsource_profile = default\n" + key1},
			sts.ErrAccessDenied, "was not assumed"},
		{"an ARN of two words", setup{config: "[default]\nrole_arn = SECRETIVE arn\nsource_profile = default\n" + key1}, chain.ErrMalformed, "role_arn has a blank in its value"},
		{"a session name of two words", setup{config: "[default]\n" + role("one") + "role_session_name = SECRETIVE me\nsource_profile = default\n" + key1}, chain.ErrMalformed, "role_session_name has a blank in its value"},
		{"an external ID of two lines", setup{config: "[default]\n" + role("one") + "external_id = SECRETIVE\n  me\nsource_profile = default\n" + key1}, chain.ErrMalformed, "external_id has a blank in its value"},
		{"a duration that is too long", setup{config: "[default]\n" + role("one") + "duration_seconds = 43201\nsource_profile = default\n" + key1}, chain.ErrMalformed, "is no number from 900"},
		{"a region of two words", setup{config: "[default]\n" + role("one") + "region = SECRETIVE one\nsource_profile = default\n" + key1}, chain.ErrMalformed, "region has a blank in its value"},
		{"an endpoint of two words", setup{config: "[default]\n" + role("one") + "endpoint_url = http://SECRETIVE one\nsource_profile = default\n" + key1}, chain.ErrMalformed, "endpoint_url has a blank in its value"},
		{"a source with half a key", setup{config: "[default]\n" + role("one") + "source_profile = b\n[profile b]\n" + role("two") + "source_profile = b\naws_access_key_id = AKID\n"}, chain.ErrIncomplete, "aws_secret_access_key is missing in profile b"},
		{"FIPS that is neither", setup{config: "[default]\n" + role("one") + "use_fips_endpoint = SECRETIVE\nsource_profile = default\n" + key1}, chain.ErrMalformed, "use_fips_endpoint is neither true nor false"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, _ := test.chain(t)
			cred, err := c.Credentials(t.Context())
			if show(cred) != "" || !errors.Is(err, test.kind) || !strings.Contains(err.Error(), test.problem) {
				t.Errorf("got %v, %v, want %v with %q", cred, err, test.kind, test.problem)
			}
			noSecret(t, err)
		})
	}
}

func TestMFAThatFailsIsTheError(t *testing.T) {
	gone := errors.New("the user has gone")
	c, _ := setup{config: "[default]\n" + region + role("one") + "mfa_serial = arn:aws:iam::123456789012:mfa/me\nsource_profile = default\n" + key("AKID1", secret),
		mfa: func(context.Context, string) (string, error) { return "", gone }}.chain(t)
	if _, err := c.Credentials(t.Context()); !errors.Is(err, gone) {
		t.Errorf("got %v, want %v", err, gone)
	}
}

func TestProfileServesAlone(t *testing.T) {
	home := t.TempDir()
	write(t, filepath.Join(home, ".aws", "config"), "[profile work]\n"+region+role("one")+"source_profile = work\n"+key("AKID1", secret))
	p := &chain.Profile{Name: "work", Home: home, Env: func(string) string { return "" },
		Base: hosts{"sts.eu-central-1.amazonaws.com": &stsServer{t: t}}.serve(t)}
	for range 2 {
		if cred, err := p.Fetch(t.Context()); err != nil || cred.AccessKeyID != "ASIAone" {
			t.Errorf("got %v, %v, want ASIAone", cred, err)
		}
	}
}
