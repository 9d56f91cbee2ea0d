package s3test

import (
	"strings"
	"testing"

	"github.com/sigvier/sigvier/sts/policy"
)

// TestPoliciesAreForTheirUse: a policy that would mean something else, or nothing,
// in the place that it is given for is refused before the server starts.
func TestPoliciesAreForTheirUse(t *testing.T) {
	identity := policyOf(t, `[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]`)
	bucket := policyOf(t, `[{"Effect":"Allow","Action":"s3:*","Resource":"*","Principal":"*"}]`)
	bare := policyOf(t, `[{"Effect":"Allow","Action":"sts:AssumeRole"}]`) // which would let everybody do it everywhere
	users := userWith()
	for _, row := range []struct {
		name string
		cfg  Config
		want string
	}{
		{"user's with a principal", Config{Users: userWith(bucket)}, "Policies: policy: Statement[0]: has a principal"},
		{"user's without a resource", Config{Users: userWith(bare)}, "Policies: policy: Statement[0]: has no resource"},
		{"role's with a principal", Config{Users: users, Roles: []Role{{ARN: openRole, Policies: []policy.Document{bucket}}}}, "Policies: policy: Statement[0]: has a principal"},
		{"managed with a principal", Config{Users: users, ManagedPolicies: map[string]policy.Document{"arn:aws:iam::aws:policy/X": bucket}}, "arn:aws:iam::aws:policy/X: policy: Statement[0]: has a principal"},
		{"trust without a principal", Config{Users: users, Roles: []Role{{ARN: openRole, Trust: &bare}}}, "Trust: policy: Statement[0]: has no principal"},
		{"trust with a resource", Config{Users: users, Roles: []Role{{ARN: openRole, Trust: &bucket}}}, "Trust: policy: Statement[0]: has a resource"},
		{"trust that is none", Config{Users: users, Roles: []Role{{ARN: openRole, Trust: &identity}}}, "Trust: policy: Statement[0]: has no principal"},
		{"trusted wildcard", Config{Users: users, Roles: []Role{{ARN: openRole, Trusted: []string{"arn:aws:iam::123456789012:user/*"}}}}, "wildcard"},
		{"user's tag", Config{Users: []User{{AccessKeyID: testKey, SecretAccessKey: testSecret, Tags: map[string]string{"a;b": "x"}}}}, `Tags: "a;b": "x" is no tag`},
		{"role's tags", Config{Users: users, Roles: []Role{{ARN: openRole, Tags: map[string]string{"team": "x", "Team": "y"}}}}, "Duplicate tag keys"},
		{"tag of AWS's", Config{Users: users, Roles: []Role{{ARN: openRole, Tags: map[string]string{"aws:x": "x"}}}}, "aws:"},
	} {
		if _, err := New(row.cfg); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: %v, want %q", row.name, err, row.want)
		}
	}
}

// TestTagsOfUsersAndRoles are conditions on who asks, and on the role that is
// assumed; a session's own tags go before those of its role.
func TestTagsOfUsersAndRoles(t *testing.T) {
	mine := policyOf(t, `[{"Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::data/${aws:PrincipalTag/team}/*"},
		{"Effect":"Allow","Action":["sts:AssumeRole","sts:TagSession"],"Resource":"*","Condition":{"StringEquals":{"aws:ResourceTag/team":"${aws:PrincipalTag/Team}"}}}]`)
	trust := policyOf(t, allow("arn:aws:iam::123456789012:root", "", "sts:AssumeRole", "sts:TagSession"))
	const red, blue = "arn:aws:iam::123456789012:role/red", "arn:aws:iam::123456789012:role/blue"
	c := newClient(start(t, Config{
		Users: []User{{AccessKeyID: testKey, SecretAccessKey: testSecret, Policies: []policy.Document{mine}, Tags: map[string]string{"Team": "red"}}},
		Roles: []Role{
			{ARN: red, Trust: &trust, Policies: []policy.Document{mine}, Tags: map[string]string{"team": "red"}},
			{ARN: blue, Trust: &trust, Tags: map[string]string{"team": "blue"}},
		},
	}))
	c.put(t, "/data/red/key", "x")
	c.do(t, "PUT", "/data/blue/key", "").want(t, 403, "AccessDenied")
	c.sts(t, assume(blue)).want(t, 403, "AccessDenied")
	role := c.begin(t, red)
	role.put(t, "/data/red/key", "x")
	role.do(t, "PUT", "/data/blue/key", "").want(t, 403, "AccessDenied")
	tagged := c.begin(t, red, "Tags.member.1.Key", "TEAM", "Tags.member.1.Value", "green")
	tagged.put(t, "/data/green/key", "x")
	tagged.do(t, "PUT", "/data/red/key", "").want(t, 403, "AccessDenied")
	session := c.as(c.sts(t, assume("", "Action", "GetSessionToken")).credentials(t))
	session.put(t, "/data/red/key", "x")
}
