package s3test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sts/policy"
)

const (
	mfaOfTester  = "arn:aws:iam::123456789012:mfa/tester"
	tester       = "arn:aws:iam::123456789012:user/tester"
	sameAccount  = "arn:aws:iam::123456789012:role/path/same"
	theirAccount = "arn:aws:iam::111122223333:role/theirs"
)

// trusting is a server with one user, tester, and roles by ARN.
func trusting(t *testing.T, user []policy.Document, roles map[string]string) *client {
	t.Helper()
	cfg := Config{Users: []User{{
		AccessKeyID: testKey, SecretAccessKey: testSecret, ARN: tester, Policies: user,
		MFA: &MFADevice{Serial: mfaOfTester, Valid: func(code string) bool { return code == "123456" }},
	}}}
	for arn, trust := range roles {
		doc := policyOf(t, trust)
		cfg.Roles = append(cfg.Roles, Role{ARN: arn, Trust: &doc})
	}
	return newClient(start(t, cfg))
}

// allow is a trust policy's statement.
func allow(principal, condition string, actions ...string) string {
	if len(actions) == 0 {
		actions = []string{"sts:AssumeRole"}
	}
	text, err := json.Marshal(actions)
	if err != nil {
		panic(err)
	}
	s := `{"Effect":"Allow","Principal":{"AWS":"` + principal + `"},"Action":` + string(text)
	if condition != "" {
		s += `,"Condition":` + condition
	}
	return `[` + s + `}]`
}

func TestTrustPoliciesAreEvaluated(t *testing.T) {
	const root = "arn:aws:iam::123456789012:root"
	needsID := `{"StringEquals":{"sts:ExternalId":"extern/4711"}}`
	for _, row := range []struct {
		name   string
		trust  string
		form   []string
		denied string // the action; "" is success
	}{
		{"user", allow(tester, ""), nil, ""},
		{"account", allow(root, ""), nil, ""},
		{"account's number", allow("123456789012", ""), nil, ""},
		{"anybody", allow("*", ""), nil, ""},
		{"another user", allow(tester+"2", ""), nil, "sts:AssumeRole"},
		{"another account", allow("arn:aws:iam::444455556666:root", ""), nil, "sts:AssumeRole"},
		{"another action", allow(tester, "", "sts:AssumeRoleWithWebIdentity"), nil, "sts:AssumeRole"},
		{"external ID", allow(root, needsID), []string{"ExternalId", goodExtID}, ""},
		{"wrong external ID", allow(root, needsID), []string{"ExternalId", "other"}, "sts:AssumeRole"},
		{"no external ID", allow(root, needsID), nil, "sts:AssumeRole"},
		{"session name", allow(root, `{"StringLike":{"sts:RoleSessionName":"test-*"}}`), nil, ""},
		{"another session name", allow(root, `{"StringEquals":{"sts:RoleSessionName":"${aws:username}"}}`), nil, "sts:AssumeRole"},
		{"by user name", allow(root, `{"StringEquals":{"sts:RoleSessionName":"${aws:username}"}}`), []string{"RoleSessionName", "tester"}, ""},
		{"explicit deny", `[` + strings.Trim(allow("*", ""), "[]") + `,{"Effect":"Deny","Principal":{"AWS":"` + tester + `"},"Action":"sts:AssumeRole"}]`, nil, "sts:AssumeRole"},
		{"by principal", allow("*", `{"ArnEquals":{"aws:PrincipalArn":"`+tester+`"}}`), nil, ""},

		{"tags", allow(root, "", "sts:AssumeRole", "sts:TagSession"), []string{"Tags.member.1.Key", "team", "Tags.member.1.Value", "red"}, ""},
		{"tags that are not allowed", allow(root, ""), []string{"Tags.member.1.Key", "team", "Tags.member.1.Value", "red"}, "sts:TagSession"},
		{"another tag", allow(root, `{"StringEquals":{"aws:RequestTag/team":"blue"}}`, "sts:AssumeRole", "sts:TagSession"), []string{"Tags.member.1.Key", "team", "Tags.member.1.Value", "red"}, "sts:AssumeRole"},
		{"transitive tags", allow(root, `{"ForAllValues:StringEquals":{"sts:TransitiveTagKeys":["team"]}}`, "sts:AssumeRole", "sts:TagSession"),
			[]string{"Tags.member.1.Key", "team", "Tags.member.1.Value", "red", "TransitiveTagKeys.member.1", "team"}, ""},
		{"source identity", allow(root, `{"StringLike":{"sts:SourceIdentity":"ann*"}}`, "sts:AssumeRole", "sts:SetSourceIdentity"), []string{"SourceIdentity", "ann@example.com"}, ""},
		{"another source identity", allow(root, `{"StringLike":{"sts:SourceIdentity":"ann*"}}`, "sts:*"), []string{"SourceIdentity", "bob"}, "sts:AssumeRole"},
		{"source identity that is not allowed", allow(root, ""), []string{"SourceIdentity", "ann"}, "sts:SetSourceIdentity"},

		{"MFA", allow(root, `{"Bool":{"aws:MultiFactorAuthPresent":"true"}}`), []string{"SerialNumber", mfaOfTester, "TokenCode", "123456"}, ""},
		{"young MFA", allow(root, `{"NumericLessThan":{"aws:MultiFactorAuthAge":"60"}}`), []string{"SerialNumber", mfaOfTester, "TokenCode", "123456"}, ""},
		{"no MFA", allow(root, `{"Bool":{"aws:MultiFactorAuthPresent":"true"}}`), nil, "sts:AssumeRole"},
		{"no MFA is not false", allow(root, `{"Bool":{"aws:MultiFactorAuthPresent":"false"}}`), nil, "sts:AssumeRole"},
		{"TLS", allow(root, `{"Bool":{"aws:SecureTransport":"true"}}`), nil, "sts:AssumeRole"},
	} {
		t.Run(row.name, func(t *testing.T) {
			for _, role := range []string{sameAccount, theirAccount} {
				c := trusting(t, nil, map[string]string{role: row.trust})
				r := c.sts(t, assume(role, row.form...))
				if row.denied == "" {
					c.as(r.credentials(t)).put(t, "/data/key", "x")
					continue
				}
				r.want(t, 403, "AccessDenied")
				why := ""
				switch {
				case role == theirAccount: // which is told nothing of the role
				case row.name == "explicit deny":
					why = " with an explicit deny in the role trust policy"
				default:
					why = " because no role trust policy allows the " + row.denied + " action"
				}
				r.wantElements(t, "Message", "User: "+tester+" is not authorized to perform: "+row.denied+" on resource: "+role+why)
			}
		})
	}
}

// TestBothSidesMustAllow: the trust policy, and the caller's own policies; but in
// one account a trust policy that names the caller is enough.
func TestBothSidesMustAllow(t *testing.T) {
	const root = "arn:aws:iam::123456789012:root"
	nothing := []policy.Document{}
	may := []policy.Document{policyOf(t, `[{"Effect":"Allow","Action":"sts:AssumeRole","Resource":["`+sameAccount+`","`+theirAccount+`"]}]`)}
	mayNot := []policy.Document{policyOf(t, `[{"Effect":"Deny","Action":"sts:*","Resource":"*"}]`)}
	const implicit = " because no identity-based policy allows the sts:AssumeRole action"
	for _, row := range []struct {
		name  string
		user  []policy.Document
		role  string
		trust string
		why   string
	}{
		{"both", may, sameAccount, root, ""},
		{"both, across accounts", may, theirAccount, root, ""},
		{"no policy of the user's, account trusted", nothing, sameAccount, root, implicit},
		{"no policy of the user's, user trusted", nothing, sameAccount, tester, ""},
		{"no policy of the user's, user trusted across accounts", nothing, theirAccount, tester, implicit},
		{"denied, user trusted", mayNot, sameAccount, tester, " with an explicit deny in an identity-based policy"},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := trusting(t, row.user, map[string]string{row.role: allow(row.trust, "")})
			r := c.sts(t, assume(row.role))
			if row.why == "" {
				r.want(t, 200, "")
				return
			}
			r.want(t, 403, "AccessDenied")
			r.wantElements(t, "Message", "User: "+tester+" is not authorized to perform: sts:AssumeRole on resource: "+row.role+row.why)
		})
	}
}

func TestChainedSessions(t *testing.T) {
	cfg := stsConfig()
	last := policyOf(t, allow(chained, "", "sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"))
	tagged := policyOf(t, `[{"Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::data/${aws:PrincipalTag/team}/*","Condition":{"StringEquals":{"aws:SourceIdentity":"ann"}}}]`)
	const end = "arn:aws:iam::111122223333:role/end"
	cfg.Roles = append(cfg.Roles, Role{ARN: end, Trust: &last, Policies: []policy.Document{tagged}})
	c := newClient(start(t, cfg))

	r := c.sts(t, assume(openRole, "SourceIdentity", "ann",
		"Tags.member.1.Key", "team", "Tags.member.1.Value", "red", "Tags.member.2.Key", "cost", "Tags.member.2.Value", "1", "TransitiveTagKeys.member.1", "TEAM"))
	r.wantElements(t, "SourceIdentity", "ann")
	if n, err := strconv.Atoi(r.element(t, "PackedPolicySize")); err != nil || n < 1 || n > 100 {
		t.Errorf("PackedPolicySize is %q", r.element(t, "PackedPolicySize"))
	}
	first := c.as(r.credentials(t))
	r = first.sts(t, assume(chained))
	r.wantElements(t, "SourceIdentity", "ann") // it goes on
	second := c.as(r.credentials(t))
	third := second.begin(t, end)
	third.put(t, "/data/red/key", "x") // as does the transitive tag
	third.do(t, "PUT", "/data/blue/key", "").want(t, 403, "AccessDenied")

	for _, row := range []struct {
		name string
		c    *client
		form url.Values
		code string
	}{
		{"an hour", first, assume(chained, "DurationSeconds", "3600"), ""},
		{"more than an hour", first, assume(chained, "DurationSeconds", "3601"), "ValidationError"},
		{"same source identity", first, assume(chained, "SourceIdentity", "ann"), ""},
		{"another source identity", first, assume(chained, "SourceIdentity", "bob"), "AccessDenied"},
		{"transitive tag again", first, assume(chained, "Tags.member.1.Key", "Team", "Tags.member.1.Value", "red"), "InvalidParameterValue"},
		{"another's tag, which was not transitive", first, assume(chained, "Tags.member.1.Key", "cost", "Tags.member.1.Value", "2"), ""},
		{"role that does not trust the first", first, assume(end), "AccessDenied"},
		{"MFA of a role", first, assume(chained, "SerialNumber", mfaOfTester, "TokenCode", "123456"), "AccessDenied"},
		{"session whose policy does not allow it", c.begin(t, openRole, "Policy", string(policy.Access{Bucket: "data", Read: true}.Document().JSON())), assume(chained), "AccessDenied"},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := row.c.sts(t, row.form)
			if got := r.code(t); got != row.code {
				t.Errorf("got %q, want %q:\n%s", got, row.code, r.body)
			}
		})
	}
}

func TestMaxSessionDuration(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	c := newClient(start(t, Config{Now: func() time.Time { return now }, Roles: []Role{{ARN: openRole, MaxSession: 2 * time.Hour}, {ARN: chained}}}))
	c.sts(t, assume(openRole, "DurationSeconds", "7200")).wantElements(t, "Expiration", "2026-11-23T14:00:00Z")
	c.sts(t, assume(chained, "DurationSeconds", "43200")).wantElements(t, "Expiration", "2026-11-24T00:00:00Z")
	r := c.sts(t, assume(openRole, "DurationSeconds", "7201"))
	r.want(t, 400, "ValidationError")
	r.wantElements(t, "Message", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")

	session := c.begin(t, openRole, "DurationSeconds", "7200")
	now = now.Add(7199 * time.Second)
	session.do(t, "GET", "/data", "").want(t, 200, "")
	now = now.Add(time.Second)
	session.do(t, "GET", "/data", "").want(t, 400, "ExpiredToken")
}

func TestOneTimePasswords(t *testing.T) {
	c := trusting(t, nil, map[string]string{sameAccount: allow("*", "")})
	for _, row := range []struct {
		name    string
		form    []string
		message string
	}{
		{"serial alone", []string{"SerialNumber", mfaOfTester}, "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code."},
		{"code alone", []string{"TokenCode", "123456"}, "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code."},
		{"another device", []string{"SerialNumber", mfaOfTester + "2", "TokenCode", "123456"},
			"MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user."},
		{"wrong code", []string{"SerialNumber", mfaOfTester, "TokenCode", "654321"}, "MultiFactorAuthentication failed with invalid MFA one time pass code."},
	} {
		t.Run(row.name, func(t *testing.T) {
			for _, action := range []string{"AssumeRole", "GetSessionToken"} {
				r := c.sts(t, assume(sameAccount, append(row.form, "Action", action)...))
				r.want(t, 403, "AccessDenied")
				r.wantElements(t, "Message", row.message)
			}
		})
	}
}

// TestARolesSessionHasNoMFA, though it took a one-time password to begin it.
func TestARolesSessionHasNoMFA(t *testing.T) {
	for condition, status := range map[string]int{
		`{"Bool":{"aws:MultiFactorAuthPresent":"true"}}`:         403,
		`{"Null":{"aws:MultiFactorAuthPresent":"true"}}`:         200,
		`{"NumericLessThan":{"aws:MultiFactorAuthAge":"86400"}}`: 403,
	} {
		trust := policyOf(t, allow("*", `{"Bool":{"aws:MultiFactorAuthPresent":"true"}}`))
		doc := policyOf(t, `[{"Effect":"Allow","Action":"*","Resource":"*","Condition":`+condition+`}]`)
		c := newClient(start(t, Config{
			Users: []User{{AccessKeyID: testKey, SecretAccessKey: testSecret, MFA: &MFADevice{Serial: mfaOfTester, Valid: func(code string) bool { return code == "123456" }}}},
			Roles: []Role{{ARN: sameAccount, Trust: &trust, Policies: []policy.Document{doc}}},
		}))
		session := c.begin(t, sameAccount, "SerialNumber", mfaOfTester, "TokenCode", "123456")
		if r := session.do(t, "PUT", "/data/key", ""); r.status != status {
			t.Errorf("%s: %d, want %d", condition, r.status, status)
		}
	}
}

func TestPolicyARNs(t *testing.T) {
	const readOnly, writeOnly = "arn:aws:iam::aws:policy/ReadOnly", "arn:aws:iam::111122223333:policy/team/WriteOnly"
	c := newClient(start(t, Config{
		Roles: []Role{{ARN: openRole}},
		ManagedPolicies: map[string]policy.Document{
			readOnly:  policyOf(t, `[{"Effect":"Allow","Action":["s3:Get*","s3:List*"],"Resource":"*"}]`),
			writeOnly: policyOf(t, `[{"Effect":"Allow","Action":"s3:PutObject","Resource":"*"}]`),
		},
	}))
	c.put(t, "/data/key", "x")
	one := c.begin(t, openRole, "PolicyArns.member.1.arn", readOnly)
	one.do(t, "GET", "/data/key", "").want(t, 200, "")
	one.do(t, "PUT", "/data/key", "").want(t, 403, "AccessDenied")
	// What one of a session's policies allows is allowed.
	two := c.begin(t, openRole, "PolicyArns.member.1.arn", readOnly, "PolicyArns.member.2.arn", writeOnly)
	two.put(t, "/data/key", "x")
	two.do(t, "GET", "/data/key", "").want(t, 200, "")
	two.do(t, "DELETE", "/data/key", "").want(t, 403, "AccessDenied")
	both := c.begin(t, openRole, "PolicyArns.member.1.arn", readOnly, "Policy", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:DeleteObject","Resource":"*"}}`)
	both.do(t, "DELETE", "/data/key", "").want(t, 204, "")
	both.do(t, "PUT", "/data/key", "").want(t, 403, "AccessDenied")

	c.sts(t, assume(openRole, "PolicyArns.member.1.arn", readOnly+"2")).want(t, 400, "MalformedPolicyDocument")
}

func TestLimitsOfAssumeRole(t *testing.T) {
	many := func(n int, name func(i int) (string, string)) []string {
		var all []string
		for i := range n {
			key, value := name(i + 1)
			all = append(all, key, value)
		}
		return all
	}
	tags := func(n, length int) []string {
		random := make([]byte, length)
		var all []string
		seed := uint32(1)
		for i := 1; i <= n; i++ {
			for j := range random { // a fixed sequence that does not pack
				seed = seed*1664525 + 1013904223
				random[j] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"[seed>>26]
			}
			all = append(all, fmt.Sprintf("Tags.member.%d.Key", i), fmt.Sprintf("key%d", i), fmt.Sprintf("Tags.member.%d.Value", i), string(random))
		}
		return all
	}
	long := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::data/` + strings.Repeat("a", 2048-103) + `"}}`
	c := newClient(start(t, Config{Roles: []Role{{ARN: openRole}}}))
	for _, row := range []struct {
		name    string
		form    []string
		code    string
		message string
	}{
		{"policy of 2048", []string{"Policy", long[:2048-3] + `"}}`}, "", ""},
		{"policy of 2049", []string{"Policy", long[:2048-3] + `a"}}`}, "ValidationError", "'policy' failed to satisfy constraint: Member must have length less than or equal to 2048"},
		{"empty policy", []string{"Policy", ""}, "ValidationError", "greater than or equal to 1"},
		{"policy with a sign that is not Latin", []string{"Policy", `{"Version":"2012-10-17","Id":"☃","Statement":[]}`}, "ValidationError", "regular expression"},
		{"policy that is no JSON", []string{"Policy", "{"}, "MalformedPolicyDocument", ""},
		{"policy with a principal", []string{"Policy", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"}}`}, "MalformedPolicyDocument", "principal"},
		{"policy without resources", []string{"Policy", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*"}}`}, "MalformedPolicyDocument", "has no resource"},
		{"policy with an Id", []string{"Policy", `{"Version":"2012-10-17","Id":"x","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}`}, "MalformedPolicyDocument", "Id"},
		{"policy with a Sid of two words", []string{"Policy", `{"Version":"2012-10-17","Statement":{"Sid":"a b","Effect":"Allow","Action":"s3:*","Resource":"*"}}`}, "MalformedPolicyDocument", "Sid"},
		{"policy with an operator that there is not", []string{"Policy", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringIs":{"s3:prefix":"a"}}}}`}, "MalformedPolicyDocument", "StringIs"},
		{"policy with the same element twice", []string{"Policy", `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Effect":"Allow","Action":"s3:*","Resource":"*"}}`}, "MalformedPolicyDocument", "twice"},
		{"policy of another version", []string{"Policy", `{"Version":"2026-01-01","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}`}, "MalformedPolicyDocument", "Version"},
		{"policy without statements", []string{"Policy", `{"Version":"2012-10-17","Statement":[]}`}, "MalformedPolicyDocument", "Statement"},
		{"10 policy ARNs that are not there", many(10, func(i int) (string, string) {
			return fmt.Sprintf("PolicyArns.member.%d.arn", i), "arn:aws:iam::aws:policy/None"
		}), "MalformedPolicyDocument", "None"},
		{"11 policy ARNs", many(11, func(i int) (string, string) {
			return fmt.Sprintf("PolicyArns.member.%d.arn", i), "arn:aws:iam::aws:policy/None"
		}), "ValidationError", "'policyArns' failed to satisfy constraint: Member must have length less than or equal to 10"},
		{"50 tags", tags(50, 1), "", ""},
		{"51 tags", tags(51, 1), "ValidationError", "'tags' failed to satisfy constraint: Member must have length less than or equal to 50"},
		{"tags that do not pack", tags(50, 256), "PackedPolicyTooLarge", "% of allotted space"},
		{"tag without a value", []string{"Tags.member.1.Key", "team"}, "", ""},
		{"tag without a key", []string{"Tags.member.1.Key", "", "Tags.member.1.Value", "red"}, "ValidationError", "tags.1.member.key"},
		{"tag with a sign that it cannot have", []string{"Tags.member.1.Key", "team", "Tags.member.1.Value", "r;d"}, "ValidationError", "tags.1.member.value"},
		{"tag of 128 and 256", []string{"Tags.member.1.Key", strings.Repeat("é", 128), "Tags.member.1.Value", strings.Repeat("é", 256)}, "", ""},
		{"tag of 129", []string{"Tags.member.1.Key", strings.Repeat("a", 129)}, "ValidationError", "equal to 128"},
		{"tag value of 257", []string{"Tags.member.1.Key", "a", "Tags.member.1.Value", strings.Repeat("a", 257)}, "ValidationError", "equal to 256"},
		{"tag twice", []string{"Tags.member.1.Key", "team", "Tags.member.2.Key", "TEAM"}, "InvalidParameterValue", "Duplicate tag keys"},
		{"tag of AWS's", []string{"Tags.member.1.Key", "AWS:team"}, "InvalidParameterValue", "aws:"},
		{"transitive tag that is none", []string{"TransitiveTagKeys.member.1", "team"}, "InvalidParameterValue", "must be included in the requested tags"},
		{"source identity of one", []string{"SourceIdentity", "a"}, "ValidationError", "sourceIdentity"},
		{"serial number that is too short", []string{"SerialNumber", "12345678", "TokenCode", "123456"}, "ValidationError", "serialNumber"},
		{"code of five", []string{"SerialNumber", mfaOfTester, "TokenCode", "12345"}, "ValidationError", "tokenCode"},
		{"code of letters", []string{"SerialNumber", mfaOfTester, "TokenCode", "12345a"}, "ValidationError", "tokenCode"},
		{"all at once", []string{"SourceIdentity", "a", "TokenCode", "1", "DurationSeconds", "1"}, "ValidationError", "3 validation errors detected: "},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := c.sts(t, assume(openRole, row.form...))
			if got := r.code(t); got != row.code {
				t.Fatalf("got %q, want %q:\n%s", got, row.code, r.body)
			}
			if row.code == "" {
				return
			}
			if got := r.element(t, "Message"); !strings.Contains(got, row.message) {
				t.Errorf("message %q, want %q", got, row.message)
			}
		})
	}
}

func TestGetSessionToken(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	doc := policyOf(t, `[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"},
		{"Effect":"Allow","Action":"s3:PutObject","Resource":"*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"},"NumericLessThan":{"aws:MultiFactorAuthAge":"3600"}}}]`)
	trust := policyOf(t, allow(tester, `{"Bool":{"aws:MultiFactorAuthPresent":"true"}}`))
	young := policyOf(t, allow(tester, `{"NumericLessThan":{"aws:MultiFactorAuthAge":"3600"}}`))
	c := newClient(start(t, Config{
		Users: []User{{AccessKeyID: testKey, SecretAccessKey: testSecret, ARN: tester, Policies: []policy.Document{doc},
			MFA: &MFADevice{Serial: mfaOfTester, Valid: func(code string) bool { return code == "123456" }}}},
		Roles: []Role{{ARN: sameAccount, Trust: &trust}, {ARN: sameAccount + "2", Trust: &young}},
		Now:   func() time.Time { return now },
	}))
	get := func(c *client, more ...string) result {
		form := url.Values{"Action": {"GetSessionToken"}, "Version": {stsVersion}}
		for i := 0; i < len(more); i += 2 {
			form.Set(more[i], more[i+1])
		}
		return c.sts(t, form)
	}
	whoAmI := url.Values{"Action": {"GetCallerIdentity"}, "Version": {stsVersion}}

	r := get(c)
	r.wantElements(t, "GetSessionTokenResult/Credentials/Expiration", "2026-11-24T00:00:00Z")
	plain := c.as(r.credentials(t))
	plain.sts(t, whoAmI).wantElements(t, "Arn", tester, "Account", "123456789012", "UserId", c.sts(t, whoAmI).element(t, "UserId"))
	strong := c.as(get(c, "SerialNumber", mfaOfTester, "TokenCode", "123456").credentials(t))

	c.do(t, "PUT", "/data/key", "").want(t, 403, "AccessDenied")
	plain.do(t, "PUT", "/data/key", "").want(t, 403, "AccessDenied")
	strong.put(t, "/data/key", "x")
	plain.do(t, "GET", "/data/key", "").want(t, 200, "")
	plain.sts(t, assume(sameAccount)).want(t, 403, "AccessDenied")
	strong.sts(t, assume(sameAccount, "DurationSeconds", "43200")).want(t, 200, "") // which is no chaining of roles
	strong.sts(t, assume(sameAccount+"2")).want(t, 200, "")
	now = now.Add(time.Hour)
	strong.do(t, "PUT", "/data/key", "").want(t, 403, "AccessDenied") // the password is too old
	strong.sts(t, assume(sameAccount+"2")).want(t, 403, "AccessDenied")

	get(c, "DurationSeconds", "899").want(t, 400, "ValidationError")
	get(c, "DurationSeconds", "129601").want(t, 400, "ValidationError")
	get(c, "DurationSeconds", "129600").want(t, 200, "")
	r = get(strong)
	r.want(t, 403, "AccessDenied")
	r.wantElements(t, "Message", "Cannot call GetSessionToken with session credentials")
	for action, more := range map[string]url.Values{"GetAccessKeyInfo": {"AccessKeyId": {testKey}}, "DecodeAuthorizationMessage": {"EncodedMessage": {"x"}}} {
		more.Set("Action", action)
		more.Set("Version", stsVersion)
		strong.sts(t, more).want(t, 403, "AccessDenied")
	}
	now = now.Add(11 * time.Hour)
	plain.do(t, "GET", "/data/key", "").want(t, 400, "ExpiredToken")
}

// presignSTS makes a presigned URL of STS's, as EKS and Vault use it.
func (c *client) presignSTS(t *testing.T, query string, header http.Header) *http.Request {
	t.Helper()
	req := c.request(t, http.MethodGet, "/?"+query, "")
	req.Body, req.ContentLength = nil, 0
	maps.Copy(req.Header, header)
	signer, err := sigv4.NewSigner("sts", c.region, nil)
	if err != nil {
		t.Fatal(err)
	}
	p, err := signer.Presign(req, c.cred, sigv4.EmptyPayload(), c.now(), time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	signed := c.request(t, http.MethodGet, "", "")
	if signed.URL, err = url.Parse(p.URL); err != nil {
		t.Fatal(err)
	}
	signed.Body, signed.ContentLength = nil, 0
	maps.Copy(signed.Header, header)
	return signed
}

func TestPresignedGetCallerIdentity(t *testing.T) {
	denied := policyOf(t, `[{"Effect":"Deny","Action":"*","Resource":"*"}]`)
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	c := newClient(start(t, Config{Users: userWith(denied), Roles: []Role{{ARN: openRole}}, Now: func() time.Time { return now }}))
	const query = "Action=GetCallerIdentity&Version=2011-06-15"
	cluster := http.Header{"X-K8s-Aws-Id": {"my-cluster"}}

	// It needs no permission, not even one that is denied.
	req := c.presignSTS(t, query, cluster)
	r := c.send(t, req)
	r.wantElements(t, "Arn", "arn:aws:iam::123456789012:user/"+testKey, "Account", "123456789012")

	req = c.presignSTS(t, query, cluster)
	req.Header.Set("X-K8s-Aws-Id", "another-cluster")
	c.send(t, req).want(t, 403, "SignatureDoesNotMatch")
	req = c.presignSTS(t, query, nil)
	req.URL.RawQuery = strings.Replace(req.URL.RawQuery, "GetCallerIdentity", "GetSessionToken", 1)
	c.send(t, req).want(t, 403, "SignatureDoesNotMatch")

	req = c.presignSTS(t, query, cluster)
	now = now.Add(time.Minute + time.Second)
	c.send(t, req).want(t, 403, "AccessDenied")
}

func TestPresignedGetCallerIdentityOfASession(t *testing.T) {
	c := newClient(start(t, stsConfig()))
	session := c.begin(t, openRole)
	session.send(t, session.presignSTS(t, "Action=GetCallerIdentity&Version=2011-06-15", nil)).wantElements(t,
		"Arn", "arn:aws:sts::111122223333:assumed-role/open/test-session")
}

func TestGetAccessKeyInfo(t *testing.T) {
	only := policyOf(t, `[{"Effect":"Allow","Action":"sts:GetAccessKeyInfo","Resource":"*"}]`)
	c := newClient(start(t, Config{
		Users: []User{{AccessKeyID: testKey, SecretAccessKey: testSecret, Policies: []policy.Document{only}}, {AccessKeyID: otherKey, SecretAccessKey: otherKeyMe, Policies: []policy.Document{}}},
		Roles: []Role{{ARN: sameAccount}, {ARN: openRole}},
	}))
	other := c.as(newCredentials(otherKey, otherKeyMe))
	info := func(c *client, id string) result {
		return c.sts(t, url.Values{"Action": {"GetAccessKeyInfo"}, "Version": {stsVersion}, "AccessKeyId": {id}})
	}
	info(c, otherKey).wantElements(t, "GetAccessKeyInfoResult/Account", "123456789012")
	info(c, "AKIANOBODYNOBODYNOBO").want(t, 400, "ValidationError")
	info(c, "AKIA").want(t, 400, "ValidationError")
	r := info(other, otherKey)
	r.want(t, 403, "AccessDenied")
	r.wantElements(t, "Message", "User: arn:aws:iam::123456789012:user/"+otherKey+
		" is not authorized to perform: sts:GetAccessKeyInfo because no identity-based policy allows the sts:GetAccessKeyInfo action")
}

func TestDeniedAccessIsEncodedAndDecoded(t *testing.T) {
	doc := policyOf(t, `[{"Effect":"Allow","Action":"*","Resource":"*"},
		{"Sid":"Keep","Effect":"Deny","Action":"s3:DeleteObject","Resource":"arn:aws:s3:::data/*","Condition":{"StringNotEquals":{"aws:PrincipalTag/team":"red"}}}]`)
	admin := User{AccessKeyID: otherKey, SecretAccessKey: otherKeyMe}
	c := newClient(start(t, Config{Users: append(userWith(doc), admin), EncodeDenials: true, Now: at("2026-11-23T12:00:00Z")}))
	r := c.do(t, "DELETE", "/data/key", "", "User-Agent", "tester")
	r.want(t, 403, "AccessDenied")
	message, encoded, _ := strings.Cut(r.element(t, "Message"), ". Encoded authorization failure message: ")
	if want := "User: arn:aws:iam::123456789012:user/" + testKey + ` is not authorized to perform: s3:DeleteObject on resource: "arn:aws:s3:::data/key" with an explicit deny in an identity-based policy`; message != want {
		t.Errorf("message %q, want %q", message, want)
	}
	decode := func(c *client, encoded string) result {
		return c.sts(t, url.Values{"Action": {"DecodeAuthorizationMessage"}, "Version": {stsVersion}, "EncodedMessage": {encoded}})
	}
	decoded := decode(c.as(newCredentials(otherKey, otherKeyMe)), encoded)
	decoded.want(t, 200, "")
	var got struct {
		Allowed, ExplicitDeny bool
		MatchedStatements     struct {
			Items []struct {
				StatementID, Effect string
				Actions             struct{ Items []struct{ Value string } }
			}
		}
		Context struct {
			Principal        struct{ ID, ARN string }
			Action, Resource string
			Conditions       struct {
				Items []struct {
					Key    string
					Values struct{ Items []struct{ Value string } }
				}
			}
		}
	}
	text := decoded.element(t, "DecodedMessage")
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	if got.Allowed || !got.ExplicitDeny || len(got.MatchedStatements.Items) != 1 || got.MatchedStatements.Items[0].StatementID != "Keep" ||
		got.MatchedStatements.Items[0].Actions.Items[0].Value != "s3:DeleteObject" || got.Context.Principal.ARN != "arn:aws:iam::123456789012:user/"+testKey ||
		got.Context.Action != "s3:DeleteObject" || got.Context.Resource != "arn:aws:s3:::data/key" {
		t.Errorf("decoded %s", text)
	}
	conditions := make(map[string]string)
	for _, c := range got.Context.Conditions.Items {
		conditions[c.Key] = c.Values.Items[0].Value
	}
	for key, want := range map[string]string{"aws:UserAgent": "tester", "aws:CurrentTime": "2026-11-23T12:00:00Z", "aws:SecureTransport": "false", "s3:authType": "REST-HEADER"} {
		if conditions[key] != want {
			t.Errorf("%s is %q, want %q", key, conditions[key], want)
		}
	}

	for name, bad := range map[string]string{"of the client's own making": "x", "changed": encoded[:len(encoded)-2] + "AA", "with a line end": encoded + "\n"} {
		if r := decode(c, bad); r.status != 400 || r.code(t) != "InvalidAuthorizationMessageException" {
			t.Errorf("%s: %d %s", name, r.status, r.body)
		}
	}
	another := newClient(start(t, Config{}))
	decode(another, encoded).want(t, 400, "InvalidAuthorizationMessageException")
	mayNot := newClient(start(t, Config{Users: userWith(policyOf(t, `[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]`))}))
	decode(mayNot, encoded).want(t, 403, "AccessDenied")
}

func TestOperationsAreAllKnown(t *testing.T) {
	if !slices.Contains(Operations(), "AssumeRoleWithWebIdentity") {
		t.Error(Operations())
	}
}
