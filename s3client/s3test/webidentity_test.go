package s3test

import (
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sts/policy"
)

const (
	issuer    = "https://idp.example.com/tenant"
	elsewhere = "https://elsewhere.example.com"
	webRole   = "arn:aws:iam::111122223333:role/web"
	provider  = "arn:aws:iam::111122223333:oidc-provider/idp.example.com/tenant"
)

func webForm(role, token string, more ...string) url.Values {
	return assume(role, append([]string{"Action", "AssumeRoleWithWebIdentity", "WebIdentityToken", token}, more...)...)
}

// unsigned sends a form as those do who have a token and nothing else.
func (c *client) unsigned(t *testing.T, form url.Values) result {
	t.Helper()
	return c.send(t, c.request(t, http.MethodPost, "/", form.Encode(), "Content-Type", "application/x-www-form-urlencoded; charset=utf-8"))
}

func webServer(t *testing.T, now func() time.Time) *client {
	trust := policyOf(t, `[{"Effect":"Allow","Principal":{"Federated":"`+provider+`"},"Action":["sts:AssumeRoleWithWebIdentity","sts:TagSession","sts:SetSourceIdentity"],
		"Condition":{"StringEquals":{"idp.example.com/tenant:sub":"system:serviceaccount:ns:sa","idp.example.com/tenant:aud":"sts.amazonaws.com"}}}]`)
	own := policyOf(t, `[{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::data/${idp.example.com/tenant:sub}/*"},
		{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::data/${aws:PrincipalTag/team}/*","Condition":{"StringEquals":{"aws:FederatedProvider":"`+provider+`","aws:SourceIdentity":"ann"}}}]`)
	return newClient(start(t, Config{
		Now:   now,
		Roles: []Role{{ARN: webRole, Trust: &trust, Policies: []policy.Document{own}}, {ARN: openRole}, {ARN: guarded, ExternalID: goodExtID}, {ARN: private, Trusted: []string{testKey}}, {ARN: chained, Trusted: []string{provider}}},
		IdentityProviders: []IdentityProvider{
			{Issuer: issuer, Audiences: []string{"sts.amazonaws.com", "other"}},
			{Issuer: elsewhere, Verify: func(token string) error {
				if strings.HasSuffix(token, ".good") {
					return nil
				}
				return errors.New("it is not good")
			}},
		},
	}))
}

func (c *client) token(t *testing.T, id WebIdentity) string {
	t.Helper()
	if id.Issuer == "" {
		id.Issuer = issuer
	}
	if id.Subject == "" {
		id.Subject = "system:serviceaccount:ns:sa"
	}
	token, err := c.srv.WebIdentityToken(id)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestAssumeRoleWithWebIdentity(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	c := webServer(t, func() time.Time { return now })
	id := WebIdentity{Tags: map[string]string{"team": "red"}, SourceIdentity: "ann"}
	r := c.unsigned(t, webForm(webRole, c.token(t, id), "DurationSeconds", "900"))
	r.want(t, 200, "")
	r.wantElements(t, "SubjectFromWebIdentityToken", "system:serviceaccount:ns:sa", "Audience", "sts.amazonaws.com", "Provider", provider,
		"AssumedRoleUser/Arn", "arn:aws:sts::111122223333:assumed-role/web/test-session", "Expiration", "2026-11-23T12:15:00Z", "SourceIdentity", "ann")
	session := c.as(r.credentials(t))
	session.put(t, "/data/system:serviceaccount:ns:sa/key", "x")
	session.put(t, "/data/red/key", "x")
	session.do(t, "PUT", "/data/blue/key", "").want(t, 403, "AccessDenied")
	now = now.Add(15 * time.Minute)
	session.do(t, "PUT", "/data/red/key", "").want(t, 400, "ExpiredToken")

	// With a session policy; as a GET, as the API Reference has it; and with a
	// signature, which does not matter.
	form := webForm(openRole, c.token(t, WebIdentity{}), "Policy", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}}`)
	limited := c.as(c.send(t, c.request(t, http.MethodGet, "/?"+form.Encode(), "")).credentials(t))
	limited.do(t, "PUT", "/data/red/key", "").want(t, 403, "AccessDenied")
	limited.do(t, "GET", "/data/red/key", "").want(t, 200, "")
	c.as(newCredentials("AKIAUNKNOWN", otherKeyMe)).sts(t, form).want(t, 200, "")
	// Its first session is no chaining.
	c.unsigned(t, webForm(openRole, c.token(t, WebIdentity{}), "DurationSeconds", "43200")).want(t, 200, "")
	if n := c.srv.Requests()["AssumeRoleWithWebIdentity"]; n != 4 {
		t.Errorf("%d requests counted, want 4", n)
	}
}

func TestWebIdentitiesAreRefused(t *testing.T) {
	clock := at("2026-11-23T12:00:00Z")
	c := webServer(t, clock)
	segment := func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
	good := c.token(t, WebIdentity{})
	parts := strings.Split(good, ".")
	ofElsewhere := func(end string) string {
		return segment(`{}`) + "." + segment(`{"iss":"`+elsewhere+`","sub":"me","aud":["x","sts.amazonaws.com"],"exp":1795435201,"nbf":1795435200}`) + "." + end
	}
	for _, row := range []struct {
		name    string
		form    url.Values
		status  int
		code    string
		message string
	}{
		{"good", webForm(webRole, good), 200, "", ""},
		{"good, open to everyone", webForm(openRole, c.token(t, WebIdentity{Subject: "anybody"})), 200, "", ""},
		{"good, provider trusted", webForm(chained, c.token(t, WebIdentity{Subject: "anybody"})), 200, "", ""},
		{"good, another provider trusted", webForm(chained, ofElsewhere("good")), 403, "AccessDenied", "Not authorized"},
		{"good, of a provider with its own check", webForm(openRole, ofElsewhere("good")), 200, "", ""},
		{"another subject", webForm(webRole, c.token(t, WebIdentity{Subject: "system:serviceaccount:ns:other"})), 403, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity"},
		{"another audience of the provider", webForm(webRole, c.token(t, WebIdentity{Audience: "other"})), 403, "AccessDenied", "Not authorized"},
		{"another provider", webForm(webRole, ofElsewhere("good")), 403, "AccessDenied", "Not authorized"},
		{"role that wants an external ID", webForm(guarded, good), 403, "AccessDenied", "Not authorized"},
		{"role that trusts a user", webForm(private, good), 403, "AccessDenied", "Not authorized"},
		{"role that is not there", webForm(webRole+"2", good), 403, "AccessDenied", "Not authorized"},
		{"audience of nobody", webForm(webRole, c.token(t, WebIdentity{Audience: "nobody"})), 400, "InvalidIdentityToken", "Incorrect token audience"},
		{"expired", webForm(webRole, c.token(t, WebIdentity{Expires: clock()})), 400, "ExpiredTokenException", "Token expired: current date/time 1795435200 must be before the expiration date/time 1795435200"},
		{"unknown issuer", webForm(webRole, segment(`{}`)+"."+segment(`{"iss":"https://unknown.example.com","sub":"x"}`)+"."), 400, "InvalidIdentityToken", "No OpenIDConnect provider found in your account for https://unknown.example.com"},
		{"no signature", webForm(webRole, parts[0]+"."+parts[1]+"."), 400, "InvalidIdentityToken", "signature"},
		{"signature of something else", webForm(webRole, parts[0]+"."+strings.Split(c.token(t, WebIdentity{Subject: "x"}), ".")[1]+"."+parts[2]), 400, "InvalidIdentityToken", "signature"},
		{"bad, of a provider with its own check", webForm(openRole, ofElsewhere("bad")), 400, "InvalidIdentityToken", "it is not good"},
		{"not yet", webForm(openRole, strings.Replace(ofElsewhere("good"), segment(`{"iss":"`+elsewhere+`","sub":"me","aud":["x","sts.amazonaws.com"],"exp":1795435201,"nbf":1795435200}`),
			segment(`{"iss":"`+elsewhere+`","sub":"me","aud":"sts.amazonaws.com","exp":1795435202,"nbf":1795435201}`), 1)), 400, "InvalidIdentityToken", "not yet valid"},
		{"no JWT", webForm(webRole, "an-access-token"), 400, "InvalidIdentityToken", "not a valid JWT"},
		{"line end", webForm(webRole, good+"\n"), 400, "InvalidIdentityToken", "not a valid JWT"},
		{"no JSON", webForm(webRole, "a.b.c.d"), 400, "InvalidIdentityToken", "not a valid JWT"},
		{"no claims", webForm(webRole, segment(`{}`)+"."+segment(`{}`)+"."), 400, "InvalidIdentityToken", "not a valid JWT"},
		{"bad tags", webForm(openRole, c.token(t, WebIdentity{Tags: map[string]string{"a;b": "c"}})), 400, "InvalidIdentityToken", "session tags"},
		{"bad source identity", webForm(openRole, c.token(t, WebIdentity{SourceIdentity: "a b"})), 400, "InvalidIdentityToken", "source identity"},
		{"transitive tag that is none", webForm(openRole, c.token(t, WebIdentity{Tags: map[string]string{"a": "b"}, TransitiveTagKeys: []string{"c"}})), 400, "InvalidParameterValue", "transitive"},
		{"no token", assume(webRole, "Action", "AssumeRoleWithWebIdentity"), 400, "ValidationError", "'webIdentityToken' failed to satisfy constraint: Member must not be null"},
		{"role that is no ARN", webForm("role/that/is/no/arn/at/all", good), 400, "ValidationError", "Request ARN is invalid"},
		{"OAuth", webForm(webRole, good, "ProviderId", "www.amazon.com"), 501, "NotImplemented", "ProviderId"},
		{"too long", webForm(webRole, good, "DurationSeconds", "43201"), 400, "ValidationError", "durationSeconds"},
		{"malformed policy", webForm(webRole, good, "Policy", "{}"), 400, "MalformedPolicyDocument", ""},
		{"another operation without a signature", assume(openRole), 403, "MissingAuthenticationToken", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := c.unsigned(t, row.form)
			r.want(t, row.status, row.code)
			if row.code == "" {
				return
			}
			if got := r.element(t, "Message"); !strings.Contains(got, row.message) {
				t.Errorf("message %q, want %q", got, row.message)
			}
			if token := row.form.Get("WebIdentityToken"); len(token) > 100 && strings.Contains(r.body, token) {
				t.Error("the answer tells the token")
			}
		})
	}
}

func TestWebIdentityTokensAreMadeForProvidersOnly(t *testing.T) {
	c := webServer(t, nil)
	for _, id := range []WebIdentity{{Subject: "x"}, {Issuer: "https://unknown.example.com", Subject: "x"}, {Issuer: elsewhere, Subject: "x"}, {Issuer: issuer}} {
		if token, err := c.srv.WebIdentityToken(id); err == nil || token != "" || !strings.HasPrefix(err.Error(), "s3test: ") {
			t.Errorf("%+v: %q %v", id, token, err)
		}
	}
	// A token of another server's is none of this one's.
	token := webServer(t, nil).token(t, WebIdentity{})
	c.unsigned(t, webForm(webRole, token)).want(t, 400, "InvalidIdentityToken")
}

// TestARoleOfAWebIdentityAssumesAnother.
func TestARoleOfAWebIdentityAssumesAnother(t *testing.T) {
	c := webServer(t, nil)
	r := c.unsigned(t, webForm(openRole, c.token(t, WebIdentity{Tags: map[string]string{"team": "red"}, TransitiveTagKeys: []string{"team"}, SourceIdentity: "ann"})))
	session := c.as(r.credentials(t))
	session.sts(t, assume(openRole)).wantElements(t, "SourceIdentity", "ann")
	session.sts(t, assume(openRole, "DurationSeconds", "3601")).want(t, 400, "ValidationError")
	if cred := r.credentials(t); cred == (sigv4.Credentials{}) {
		t.Error("no credentials")
	}
}
