package s3test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/sigvier/sigvier/sigv4"
)

const (
	openRole   = "arn:aws:iam::111122223333:role/open"
	guarded    = "arn:aws:iam::111122223333:role/team/guarded"
	private    = "arn:aws:iam::111122223333:role/private"
	chained    = "arn:aws:iam::111122223333:role/chained"
	goodExtID  = "extern/4711"
	otherKey   = "AKIAOTHEROTHEROTHER1"
	otherKeyMe = "the/secret/of/the/other/user"
)

func stsConfig() Config {
	return Config{
		Users: []User{{AccessKeyID: testKey, SecretAccessKey: testSecret}, {AccessKeyID: otherKey, SecretAccessKey: otherKeyMe}},
		Roles: []Role{
			{ARN: openRole},
			{ARN: guarded, ExternalID: goodExtID},
			{ARN: private, Trusted: []string{otherKey}},
			{ARN: chained, Trusted: []string{openRole}},
		},
	}
}

func assume(role string, more ...string) url.Values {
	form := url.Values{"Action": {"AssumeRole"}, "Version": {"2011-06-15"}, "RoleArn": {role}, "RoleSessionName": {"test-session"}}
	for i := 0; i < len(more); i += 2 {
		form.Set(more[i], more[i+1])
		if more[i+1] == "-" {
			form.Del(more[i])
		}
	}
	return form
}

func (r result) credentials(t *testing.T) sigv4.Credentials {
	t.Helper()
	r.want(t, 200, "")
	return sigv4.NewCredentials(r.element(t, "AccessKeyId"), r.element(t, "SecretAccessKey"), r.element(t, "SessionToken"))
}

func TestAssumeRole(t *testing.T) {
	cfg := stsConfig()
	cfg.Now = at("2026-11-23T12:00:00.9Z")
	c := newClient(start(t, cfg))
	r := c.sts(t, assume(guarded, "ExternalId", goodExtID))
	r.want(t, 200, "")
	r.wantHeader(t, "Content-Type", "text/xml")
	r.wantElements(t, "Credentials/Expiration", "2026-11-23T13:00:00Z",
		"AssumedRoleUser/Arn", "arn:aws:sts::111122223333:assumed-role/guarded/test-session",
		"ResponseMetadata/RequestId", r.header.Get("X-Amzn-Requestid"))
	for name, pattern := range map[string]string{
		"AccessKeyId": `^ASIA[A-Z2-7]{16}$`, "SecretAccessKey": `^[A-Za-z0-9+/]{40}$`, "SessionToken": `^[A-Za-z0-9+/=]{100,}$`,
		"AssumedRoleId": `^AROA[A-Z2-7]{17}:test-session$`, "RequestId": `^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`,
	} {
		if got := r.element(t, name); !regexp.MustCompile(pattern).MatchString(got) {
			t.Errorf("%s is %q", name, got)
		}
	}
	if !strings.Contains(r.body, `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">`) {
		t.Error(r.body)
	}
	c.sts(t, assume(openRole, "DurationSeconds", "900")).wantElements(t, "Expiration", "2026-11-23T12:15:00Z")

	session := c.as(r.credentials(t))
	session.put(t, "/data/key", "x")
	session.sts(t, url.Values{"Action": {"GetCallerIdentity"}, "Version": {"2011-06-15"}}).wantElements(t,
		"Arn", "arn:aws:sts::111122223333:assumed-role/guarded/test-session", "Account", "111122223333", "UserId", r.element(t, "AssumedRoleId"))
	c.sts(t, url.Values{"Action": {"GetCallerIdentity"}, "Version": {"2011-06-15"}}).wantElements(t,
		"Arn", "arn:aws:iam::123456789012:user/"+testKey, "Account", "123456789012")

	if n := c.srv.Requests(); n["AssumeRole"] != 2 || n["GetCallerIdentity"] != 2 || n["PutObject"] != 1 {
		t.Errorf("counted %v", n)
	}
}

func TestTrustPolicy(t *testing.T) {
	c := newClient(start(t, stsConfig()))
	other := c.as(sigv4.NewCredentials(otherKey, otherKeyMe, ""))
	session := c.as(c.sts(t, assume(openRole)).credentials(t))
	for _, test := range []struct {
		name   string
		who    *client
		form   url.Values
		denied bool
		why    string // told where role and caller are of one account
	}{
		{"open to everyone", c, assume(openRole), false, ""},
		{"open, external ID sent all the same", c, assume(openRole, "ExternalId", "any"), false, ""},
		{"external ID is right", c, assume(guarded, "ExternalId", goodExtID), false, ""},
		{"external ID is wrong", c, assume(guarded, "ExternalId", "extern/4712"), true, ""},
		{"external ID in other case", c, assume(guarded, "ExternalId", strings.ToUpper(goodExtID)), true, ""},
		{"external ID is missing", c, assume(guarded), true, ""},
		{"trusted user", other, assume(private), false, ""},
		{"user who is not trusted", c, assume(private), true, ""},
		{"role that is not there", c, assume("arn:aws:iam::111122223333:role/nobody"), true, ""},
		{"trusted role", session, assume(chained), false, ""},
		{"role that is not trusted", session, assume(private), true, " because no role trust policy allows the sts:AssumeRole action"},
		{"user where a role is trusted", c, assume(chained), true, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := test.who.sts(t, test.form)
			if !test.denied {
				r.want(t, 200, "")
				return
			}
			r.want(t, 403, "AccessDenied")
			who := "arn:aws:iam::123456789012:user/" + testKey
			if test.who == session {
				who = "arn:aws:sts::111122223333:assumed-role/open/test-session"
			}
			r.wantElements(t, "Type", "Sender", "RequestId", r.header.Get("X-Amzn-Requestid"),
				"Message", "User: "+who+" is not authorized to perform: sts:AssumeRole on resource: "+test.form.Get("RoleArn")+test.why)
		})
	}
	session.sts(t, assume(chained, "DurationSeconds", "3601")).want(t, 400, "ValidationError")
}

func TestAssumeRoleParameters(t *testing.T) {
	c := newClient(start(t, stsConfig()))
	for _, test := range []struct {
		name    string
		form    url.Values
		code    string
		message string
	}{
		{"no role", assume("", "RoleArn", "-"), "ValidationError", "1 validation error detected: Value null at 'roleArn' failed to satisfy constraint: Member must not be null"},
		{"no session name", assume(openRole, "RoleSessionName", "-"), "ValidationError", "Value null at 'roleSessionName'"},
		{"both", assume("", "RoleArn", "-", "RoleSessionName", "x"), "ValidationError", "2 validation errors detected: "},
		{"role that is no ARN", assume("role/that/is/no/arn/at/all"), "ValidationError", "is invalid"},
		{"session name with a slash", assume(openRole, "RoleSessionName", "a/b"), "ValidationError", `Value 'a/b' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w+=,.@-]*`},
		{"session name of one", assume(openRole, "RoleSessionName", "a"), "ValidationError", "have length greater than or equal to 2"},
		{"session name of 65", assume(openRole, "RoleSessionName", strings.Repeat("a", 65)), "ValidationError", "have length less than or equal to 64"},
		{"external ID with a blank", assume(openRole, "ExternalId", "a b"), "ValidationError", "externalId"},
		{"external ID of one", assume(openRole, "ExternalId", "a"), "ValidationError", "externalId"},
		{"too short", assume(openRole, "DurationSeconds", "899"), "ValidationError", "have value greater than or equal to 900"},
		{"too long", assume(openRole, "DurationSeconds", "43201"), "ValidationError", "have value less than or equal to 43200"},
		{"duration that is no number", assume(openRole, "DurationSeconds", "1h"), "MalformedInput", ""},
		{"no action", assume(openRole, "Action", "-"), "MissingAction", ""},
		{"other action", assume(openRole, "Action", "GetFederationToken"), "InvalidAction", "Could not find operation GetFederationToken for version 2011-06-15"},
		{"no version", assume(openRole, "Version", "-"), "InvalidAction", "NO_VERSION_SPECIFIED"},
		{"provided contexts", assume(openRole, "ProvidedContexts.member.1.ProviderArn", "arn:aws:iam::aws:contextProvider/IdentityCenter"), "NotImplemented", "ProvidedContexts"},
	} {
		t.Run(test.name, func(t *testing.T) {
			status := 400
			if test.code == "NotImplemented" {
				status = 501
			}
			r := c.sts(t, test.form)
			r.want(t, status, test.code)
			if got := r.element(t, "Message"); !strings.Contains(got, test.message) {
				t.Errorf("message %q, want %q", got, test.message)
			}
		})
	}
}

func TestSTSRefusesBadSignatures(t *testing.T) {
	cfg := stsConfig()
	cfg.Now = at("2026-11-23T12:00:00Z")
	srv := start(t, cfg)
	for _, test := range []struct {
		name    string
		change  func(*client)
		code    string
		message string
	}{
		{"unsigned", func(c *client) { c.spoil = func(r *http.Request) { r.Header.Del("Authorization") } },
			"MissingAuthenticationToken", "Request is missing Authentication Token"},
		{"unknown key", func(c *client) { c.cred = sigv4.NewCredentials("AKIAUNKNOWN", testSecret, "") },
			"InvalidClientTokenId", "The security token included in the request is invalid."},
		{"token of nobody", func(c *client) { c.cred = sigv4.NewCredentials(testKey, testSecret, "token") }, "InvalidClientTokenId", ""},
		{"wrong secret", func(c *client) { c.cred = sigv4.NewCredentials(testKey, otherKeyMe, "") }, "SignatureDoesNotMatch", "does not match"},
		{"slow", func(c *client) { c.now = at("2026-11-23T11:00:00Z") }, "SignatureDoesNotMatch",
			"Signature expired: 20261123T110000Z is now earlier than 20261123T114500Z (20261123T120000Z - 15 min.)"},
		{"fast", func(c *client) { c.now = at("2026-11-23T13:00:00Z") }, "SignatureDoesNotMatch",
			"Signature not yet current: 20261123T130000Z is still later than 20261123T121500Z (20261123T120000Z + 15 min.)"},
		{"wrong region", func(c *client) { c.region = "eu-west-1" }, "SignatureDoesNotMatch", "Credential should be scoped to a valid region."},
		{"another body", func(c *client) {
			c.spoil = func(r *http.Request) {
				body := c.request(t, "POST", "/", assume(guarded).Encode())
				r.Body, r.ContentLength = body.Body, body.ContentLength
			}
		}, "SignatureDoesNotMatch", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := newClient(srv)
			test.change(c)
			r := c.sts(t, assume(openRole))
			r.want(t, 403, test.code)
			if got := r.element(t, "Message"); !strings.Contains(got, test.message) {
				t.Errorf("message %q, want %q", got, test.message)
			}
			if !strings.Contains(r.body, `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">`) {
				t.Error(r.body)
			}
		})
	}
}

func TestTemporaryCredentials(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	cfg := stsConfig()
	cfg.Now = func() time.Time { return now }
	c := newClient(start(t, cfg))
	c.now = cfg.Now
	one := c.sts(t, assume(openRole, "DurationSeconds", "900")).credentials(t)
	two := c.sts(t, assume(openRole, "DurationSeconds", "900")).credentials(t)
	c.as(one).put(t, "/data/key", "x")
	if r := c.send(t, c.as(one).presign(t, "GET", "/data/key", time.Hour)); r.body != "x" {
		t.Errorf("presigned: %d %s", r.status, r.body)
	}

	get := func(key, secret, token string) result {
		return c.as(sigv4.NewCredentials(key, secret, token)).do(t, "GET", "/data/key", "")
	}
	get(one.AccessKeyID, one.SecretAccessKey(), "").want(t, 403, "InvalidAccessKeyId")
	get(one.AccessKeyID, one.SecretAccessKey(), two.SessionToken()).want(t, 400, "InvalidToken")
	token := one.SessionToken()
	for _, spoiled := range []string{token[:len(token)-1], token + "A", strings.ToLower(token), string(token[0]^1) + token[1:], "x"} {
		get(one.AccessKeyID, one.SecretAccessKey(), spoiled).want(t, 400, "InvalidToken")
		c.as(sigv4.NewCredentials(one.AccessKeyID, one.SecretAccessKey(), spoiled)).sts(t, assume(openRole)).want(t, 403, "InvalidClientTokenId")
	}
	c.as(sigv4.NewCredentials(one.AccessKeyID, one.SecretAccessKey(), "")).sts(t, assume(openRole)).want(t, 403, "InvalidClientTokenId")
	c.as(sigv4.NewCredentials(two.AccessKeyID, two.SecretAccessKey(), token)).sts(t, assume(openRole)).want(t, 403, "InvalidClientTokenId")
	get(one.AccessKeyID, two.SecretAccessKey(), one.SessionToken()).want(t, 403, "SignatureDoesNotMatch")
	get(testKey, testSecret, one.SessionToken()).want(t, 400, "InvalidToken")

	presigned := c.as(one).presign(t, "GET", "/data/key", time.Hour)
	now = now.Add(899 * time.Second)
	c.as(one).do(t, "GET", "/data/key", "").want(t, 200, "")
	now = now.Add(time.Second)
	c.as(one).do(t, "GET", "/data/key", "").want(t, 400, "ExpiredToken")
	c.as(one).sts(t, assume(openRole)).want(t, 403, "ExpiredToken")
	c.send(t, presigned).want(t, 400, "ExpiredToken") // a URL dies with its credentials
	now = now.Add(2 * forget)
	c.sts(t, assume(openRole)).want(t, 200, "")
	c.as(one).do(t, "GET", "/data/key", "").want(t, 403, "InvalidAccessKeyId")
}

func TestTheScopeDecidesTheFace(t *testing.T) {
	c := newClient(start(t, stsConfig()))
	// Signed for S3, a form is no call of STS.
	r := c.do(t, "POST", "/", assume(openRole).Encode(), "Content-Type", "application/x-www-form-urlencoded")
	r.want(t, 501, "NotImplemented")
	// GET is STS's too.
	req := c.request(t, "GET", "/?Action=GetCallerIdentity&Version=2011-06-15", "")
	c.sign(t, "sts", req, sigv4.EmptyPayload())
	c.send(t, req).wantElements(t, "Account", "123456789012")
}
