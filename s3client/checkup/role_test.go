package checkup_test

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/s3client/checkup"
	"github.com/sigvier/sigvier/s3client/s3test"
	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sts/policy"
)

func TestRoleThatIsNotAssumed(t *testing.T) {
	for _, test := range []struct {
		name    string
		server  func(*s3test.Config)
		change  func(*s3client.Connection)
		want    string
		advice  string
		missing []string // of which policies
	}{
		{"wrong external ID", nil, func(c *s3client.Connection) { c.ExternalID = "another-customer" },
			"failed: denied: the role does not trust these credentials, or demands another external ID", "letter by letter", []string{"the trust policy of " + roleARN}},
		{"no external ID", nil, func(c *s3client.Connection) { c.ExternalID = "" },
			"failed: denied: the role does not trust these credentials", "the form has none", []string{"the trust policy of " + roleARN}},
		{"unknown role of another account", nil, func(c *s3client.Connection) { c.IAMRoleARN = otherRole },
			"failed: denied", "both sides", []string{"the trust policy of " + otherRole, "a policy of arn:aws:iam::123456789012:user/" + keyID}},
		{"the caller may not", func(cfg *s3test.Config) { cfg.Users[0].Policies = []policy.Document{} }, func(*s3client.Connection) {},
			"failed: denied: these credentials may not assume roles", "", []string{"a policy of arn:aws:iam::123456789012:user/" + keyID}},
		{"too long", func(cfg *s3test.Config) { cfg.Roles[0].MaxSession = 3600e9 }, func(c *s3client.Connection) { c.DurationSeconds = 7200 },
			"failed: refused: ValidationError", "duration_seconds", nil},
		{"region disabled", faulty(t, "error=RegionDisabledException,op=AssumeRole"), func(*s3client.Connection) {},
			"failed: refused: RegionDisabledException", "Account settings", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.server == nil {
				test.server = func(*s3test.Config) {}
			}
			c := roleForm(serve(t, test.server))
			test.change(&c)
			r := check(t, t.Context(), c, checkup.Options{})
			want(t, r, map[string]string{"who am I": "ok: ", "role": test.want, "external ID": "skipped: the role is not assumed", "delete": "skipped: "})
			got := named(t, r, "role")
			if !strings.Contains(strings.Join(got.Advice, " "), test.advice) || len(got.Missing) != len(test.missing) {
				t.Fatalf("%+v", got)
			}
			for i, m := range got.Missing {
				if m.Policy != test.missing[i] {
					t.Errorf("missing in %s, want %s", m.Policy, test.missing[i])
				}
			}
		})
	}
}

func faulty(t *testing.T, specs ...string) func(*s3test.Config) {
	t.Helper()
	return func(cfg *s3test.Config) {
		for _, spec := range specs {
			f, err := s3test.ParseFault(spec)
			if err != nil {
				t.Fatal(err)
			}
			cfg.Faults = append(cfg.Faults, f)
		}
	}
}

func TestConfusedDeputy(t *testing.T) {
	trust := func(effect policy.Effect, condition policy.Conditions) policy.Statement {
		return policy.Statement{Effect: effect, Principal: policy.Principal{AWS: []string{account}}, Action: []string{"sts:AssumeRole"}, Condition: condition}
	}
	for _, test := range []struct {
		name, role, externalID string
		trust                  []policy.Statement
		want                   string
	}{
		{"demanded", otherRole, externalID, []policy.Statement{trust(policy.Allow, policy.Conditions{"StringEquals": {"sts:ExternalId": {externalID}}})}, "ok: needed"},
		{"not demanded", otherRole, externalID, []policy.Statement{trust(policy.Allow, nil)},
			"failed: THE ROLE LETS ANYBODY IN: it was assumed without any, and with a random one"},
		{"not demanded in the same account", roleARN, externalID, []policy.Statement{trust(policy.Allow, nil)}, "failed: THE ROLE LETS ANYBODY IN"},
		{"demanded of those who send one", otherRole, externalID, []policy.Statement{trust(policy.Allow, policy.Conditions{"StringEqualsIfExists": {"sts:ExternalId": {externalID}}})},
			"failed: THE ROLE LETS ANYBODY IN: it was assumed without any"},
		{"any will do", otherRole, externalID, []policy.Statement{trust(policy.Allow, policy.Conditions{"StringLike": {"sts:ExternalId": {"*"}}})},
			"failed: THE ROLE LETS ANYBODY IN: it was assumed with a random one"},
		{"denied to strangers", otherRole, externalID, []policy.Statement{trust(policy.Allow, nil),
			trust(policy.Deny, policy.Conditions{"StringNotEquals": {"sts:ExternalId": {externalID}}})}, "ok: needed"},
		{"none in the form, another account", otherRole, "", []policy.Statement{trust(policy.Allow, nil)}, "warning: THE ROLE LETS ANYBODY IN: it was assumed without any"},
		{"none in the form, the same account", roleARN, "", []policy.Statement{trust(policy.Allow, nil)}, "warning: THE ROLE LETS ANYBODY IN, as far as its own account sees: it was assumed without any, and with a random one"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var log bytes.Buffer
			srv := serve(t, func(cfg *s3test.Config) {
				cfg.Roles = []s3test.Role{{ARN: test.role, Trust: &policy.Document{Version: policy.Version, Statements: test.trust}}}
			})
			spy := &watched{before: func(req *http.Request) *http.Response {
				if req.GetBody != nil {
					sent, err := req.GetBody()
					if err != nil {
						t.Error(err)
					}
					io.Copy(&log, sent)
					log.WriteByte('\n')
				}
				return nil
			}}
			c := roleForm(srv)
			c.IAMRoleARN, c.ExternalID = test.role, test.externalID
			r := check(t, t.Context(), c, checkup.Options{Base: spy})
			want(t, r, map[string]string{"role": "ok: ", "external ID": test.want, "list": "ok: "})
			got := named(t, r, "external ID")
			if open := strings.Contains(test.want, "ANYBODY IN") && !strings.Contains(test.want, "as far as"); open != (len(got.Missing) == 1) || open && !strings.Contains(got.Missing[0].Statement.String(), "THE-EXTERNAL-ID") {
				t.Errorf("missing is %+v", got.Missing)
			}
			if makes := strings.Contains(strings.Join(got.Advice, " "), `"sigvier role" makes`); makes != (len(got.Missing) == 1 && test.externalID == "") {
				t.Errorf("advice is %q", got.Advice)
			}
			// The trials are for sessions that may do nothing.
			for line := range strings.Lines(log.String()) {
				mine := test.externalID != "" && strings.Contains(line, "ExternalId="+test.externalID) || test.externalID == "" && !strings.Contains(line, "ExternalId=")
				harmless := strings.Contains(line, "DurationSeconds=900") && strings.Contains(line, "Deny")
				if strings.Contains(line, "Action=AssumeRole") && mine == harmless {
					t.Errorf("AssumeRole was sent with %s", line)
				}
			}
		})
	}
	t.Run("where there are no session policies, none is sent", func(t *testing.T) {
		srv := serve(t)
		c := roleForm(srv)
		c.NoSessionPolicy = true
		roles := 0
		spy := &watched{before: func(req *http.Request) *http.Response {
			if req.GetBody == nil {
				return nil
			}
			body, err := req.GetBody()
			if err != nil {
				t.Error(err)
			}
			sent, _ := io.ReadAll(body)
			if strings.Contains(string(sent), "Action=AssumeRole") {
				roles++
				if strings.Contains(string(sent), "Policy=") {
					t.Errorf("a policy was sent: %s", sent)
				}
			}
			return nil
		}}
		want(t, check(t, t.Context(), c, checkup.Options{Base: spy}), map[string]string{"external ID": "ok: needed"})
		if roles != 3 {
			t.Errorf("the role was asked for %d times", roles)
		}
	})
	t.Run("neither yes nor no", func(t *testing.T) {
		srv := serve(t, faulty(t, "error=ValidationError,op=AssumeRole,skip=1"))
		want(t, check(t, t.Context(), roleForm(srv), checkup.Options{}), map[string]string{"external ID": "warning: the trial without any gave neither yes nor no", "list": "ok: "})
	})
	t.Run("a service without roles", func(t *testing.T) {
		srv := serve(t, func(cfg *s3test.Config) { cfg.Roles[0].ExternalID = "" })
		want(t, check(t, t.Context(), roleForm(srv), checkup.Options{Base: nameless{}}), map[string]string{
			"role": "ok: " + roleARN + " until", "external ID": "warning: not looked at", "list": "ok: "})
	})
}

// nameless takes the assumed role's name out of answers, as MinIO has none.
type nameless struct{}

func (nameless) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil || !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/xml") {
		return resp, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	before, rest, _ := strings.Cut(string(body), "<AssumedRoleUser>")
	if _, after, ok := strings.Cut(rest, "</AssumedRoleUser>"); ok {
		body = []byte(before + after)
	}
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return resp, nil
}

func TestSessionPolicy(t *testing.T) {
	srv := serve(t, func(cfg *s3test.Config) { cfg.Buckets = append(cfg.Buckets, "other") })
	for _, test := range []struct {
		name   string
		change func(*s3client.Connection)
		base   http.RoundTripper
		want   string
	}{
		{"taken", func(*s3client.Connection) {}, nil, "ok: taken, and "},
		{"not restricted", func(c *s3client.Connection) { c.RestrictToBucket, c.RestrictToPath = "", "" }, nil, "skipped: there is none"},
		{"switched off", func(c *s3client.Connection) { c.NoSessionPolicy = true }, nil, "warning: not sent (no_session_policy)"},
		{"not taken", func(*s3client.Connection) {}, policyless{400}, "failed: the service does not take it: refused: MalformedPolicyDocument"},
		{"dropped, for a path", func(*s3client.Connection) {}, policyless{}, "warning: taken, and not kept to: the session may list the whole bucket"},
		{"dropped, for a bucket", func(c *s3client.Connection) { c.RestrictToPath = "" }, policyless{}, "warning: taken, and not kept to: the session may list other buckets"},
		{"dropped, for permissions", func(c *s3client.Connection) { c.RestrictToPath, c.Permissions = "", s3client.MayRead }, policyless{}, "warning: taken, and not kept to: the session may list the bucket"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := roleForm(srv)
			test.change(&c)
			want(t, check(t, t.Context(), c, checkup.Options{Base: test.base, Bucket: "data"}), map[string]string{"role": "ok: ", "session policy": test.want, "bucket": "ok: "})
		})
	}
}

// policyless makes the embedded server one that refuses session policies, or, with
// status 0, drops them. For that the request is signed anew.
type policyless struct{ status int }

func (p policyless) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.GetBody == nil || !strings.Contains(req.Header.Get("Authorization"), "/sts/") {
		return http.DefaultTransport.RoundTrip(req)
	}
	sent, err := req.GetBody()
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(sent)
	if err != nil {
		return nil, err
	}
	form, err := url.ParseQuery(string(text))
	if err != nil {
		return nil, err
	}
	if p.status != 0 && form.Has("Policy") {
		return &http.Response{StatusCode: p.status, Header: http.Header{}, Request: req, Body: io.NopCloser(strings.NewReader(
			"<ErrorResponse><Error><Code>MalformedPolicyDocument</Code><Message>no</Message></Error></ErrorResponse>"))}, nil
	}
	form.Del("Policy")
	again, err := http.NewRequestWithContext(req.Context(), http.MethodPost, req.URL.String(), strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	again.Header.Set("Content-Type", req.Header.Get("Content-Type"))
	signer, err := sigv4.NewSigner("sts", "us-east-1", nil)
	if err != nil {
		return nil, err
	}
	if err := signer.Sign(again, sigv4.NewCredentials(keyID, secret, ""), sigv4.PayloadOf([]byte(form.Encode())), moment); err != nil {
		return nil, err
	}
	return http.DefaultTransport.RoundTrip(again)
}
