package sts_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sts"
)

func TestRoleChainRefusesWhatIsWrongBeforeACall(t *testing.T) {
	_, roles := rolesOf(3)
	hours := func(d ...time.Duration) []sts.AssumeRoleInput {
		in := make([]sts.AssumeRoleInput, len(d))
		for i := range d {
			in[i] = roles[i]
			in[i].Duration = d[i]
		}
		return in
	}
	const limit = "sts: DurationSeconds is 1h0m1s: expecting 3600 (1 hour) at most, since another role's session assumes this role"
	with := func(in sts.AssumeRoleInput, change func(*sts.AssumeRoleInput)) sts.AssumeRoleInput {
		change(&in)
		return in
	}
	client := (&cloud{}).client(base)
	ofChain, err := client.RoleChainProvider(role)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name   string
		client *sts.Client
		roles  []sts.AssumeRoleInput
		want   string
	}{
		{"no role", client, nil,
			"sts: RoleArn is missing: expecting at least one role"},
		{"more than an hour", client, hours(12*time.Hour, time.Hour+time.Second, time.Hour+time.Second),
			"role 2 of 3, arn:aws:iam::123456789012:role/link-2: " + limit + "\n" +
				"role 3 of 3, arn:aws:iam::123456789012:role/link-3: " + limit},
		{"more than an hour, on a role's session", (&cloud{}).client(client.AssumeRoleProvider(role)), hours(time.Hour + time.Second),
			"role 1 of 1, arn:aws:iam::123456789012:role/link-1: " + limit},
		{"more than an hour, on a web identity's session", (&cloud{}).client(client.AssumeRoleWithWebIdentityProvider(webRole)), hours(time.Hour + time.Second),
			"role 1 of 1, arn:aws:iam::123456789012:role/link-1: " + limit},
		{"more than an hour, on a chain's session", (&cloud{}).client(ofChain), hours(0, time.Hour+time.Second)[1:],
			"role 1 of 1, arn:aws:iam::123456789012:role/link-2: " + limit},
		{"what is wrong with any role", client, []sts.AssumeRoleInput{{}, {}, {SessionName: "x", RoleARN: roleARN}},
			"role 1 of 3, : sts: RoleArn is empty: expecting arn:aws:iam::ACCOUNT:role/NAME\nsts: RoleSessionName has a length of 0: expecting 2 to 64\n" +
				"role 2 of 3, : sts: RoleArn is empty: expecting arn:aws:iam::ACCOUNT:role/NAME\nsts: RoleSessionName has a length of 0: expecting 2 to 64\n" +
				"role 3 of 3, arn:aws:iam::123456789012:role/demo: sts: RoleSessionName has a length of 1: expecting 2 to 64"},
		{"an account that AWS has not", client, []sts.AssumeRoleInput{{RoleARN: "arn:aws:iam:::role/demo", SessionName: "TestAR"}},
			`role 1 of 1, arn:aws:iam:::role/demo: sts: RoleArn "arn:aws:iam:::role/demo" has an account ID that is not twelve digits`},
		{"a role that assumes itself", client, []sts.AssumeRoleInput{roles[0], roles[0]},
			"role 2 of 2, arn:aws:iam::123456789012:role/link-1: sts: RoleArn is that of role 1 already: expecting each role once in a chain"},
		{"a chain that comes back", client, []sts.AssumeRoleInput{roles[0], roles[1], roles[2], roles[1], roles[0]},
			"role 4 of 5, arn:aws:iam::123456789012:role/link-2: sts: RoleArn is that of role 2 already: expecting each role once in a chain\n" +
				"role 5 of 5, arn:aws:iam::123456789012:role/link-1: sts: RoleArn is that of role 1 already: expecting each role once in a chain"},
		{"a chain that comes back to its base", (&cloud{}).client(client.AssumeRoleProvider(roles[1])), []sts.AssumeRoleInput{roles[0], roles[1]},
			"role 2 of 2, arn:aws:iam::123456789012:role/link-2: sts: RoleArn is that of the base credentials already: expecting each role once in a chain"},
		{"a chain that comes back to its base's base", (&cloud{}).client((&cloud{}).client(ofChain).AssumeRoleProvider(roles[1])), []sts.AssumeRoleInput{roles[2], role},
			"role 2 of 2, arn:aws:iam::123456789012:role/demo: sts: RoleArn is that of the base credentials already: expecting each role once in a chain"},
		{"tags that are inherited", client, []sts.AssumeRoleInput{
			with(roles[0], func(in *sts.AssumeRoleInput) {
				in.Tags, in.TransitiveTagKeys = []sts.Tag{{"Department", "Sales"}, {"Own", ""}}, []string{"Department"}
			}),
			with(roles[1], func(in *sts.AssumeRoleInput) {
				in.Tags, in.TransitiveTagKeys = []sts.Tag{{"own", ""}, {"Project", ""}}, []string{"project"}
			}),
			with(roles[2], func(in *sts.AssumeRoleInput) {
				in.Tags = []sts.Tag{{"Own", ""}, {"department", "Sales"}, {"Project", "x"}}
			}),
		},
			`role 3 of 3, arn:aws:iam::123456789012:role/link-3: sts: Tags.member.2.Key "department" is a transitive tag of role 1, which this session inherits: expecting another key` + "\n" +
				`sts: Tags.member.3.Key "Project" is a transitive tag of role 2, which this session inherits: expecting another key`},
		{"a source identity that is inherited", client, []sts.AssumeRoleInput{
			roles[0],
			with(roles[1], func(in *sts.AssumeRoleInput) { in.SourceIdentity = "Alice" }),
			with(roles[2], func(in *sts.AssumeRoleInput) { in.SourceIdentity = "Bob" }),
		},
			`role 3 of 3, arn:aws:iam::123456789012:role/link-3: sts: SourceIdentity "Bob" is another than that of role 2, which this session inherits: expecting the same or none`},
		{"more than any session", client, hours(0, 13*time.Hour),
			"role 2 of 2, arn:aws:iam::123456789012:role/link-2: sts: DurationSeconds is 13h0m0s: expecting whole seconds, 900 (15 minutes) to 43200 (12 hours)"},
		{"the client as well", &sts.Client{Region: "eu-central-1"}, hours(0, 2*time.Hour),
			"sts: Provider is nil: expecting the base credentials\n" +
				"role 2 of 2, arn:aws:iam::123456789012:role/link-2: " + strings.Replace(limit, "1h0m1s", "2h0m0s", 1)},
	} {
		t.Run(test.name, func(t *testing.T) {
			p, err := test.client.RoleChainProvider(test.roles...)
			if p != nil || !errors.Is(err, sts.ErrInput) || err.Error() != test.want {
				t.Errorf("got  %v, %v\nwant %s", p, err, test.want)
			}
		})
	}
	for name, roles := range map[string][]sts.AssumeRoleInput{
		"the first may last longer":     hours(12*time.Hour, time.Hour, 15*time.Minute),
		"the usual duration, as 0 says": hours(0, 0, 0),
		"the same source identity twice": {
			with(roles[0], func(in *sts.AssumeRoleInput) { in.SourceIdentity = "Alice" }),
			roles[1],
			with(roles[2], func(in *sts.AssumeRoleInput) { in.SourceIdentity = "Alice" }),
		},
		"the same tag twice, if it is not handed on": {
			with(roles[0], func(in *sts.AssumeRoleInput) { in.Tags = []sts.Tag{{"Department", "Sales"}} }),
			with(roles[1], func(in *sts.AssumeRoleInput) { in.Tags = []sts.Tag{{"Department", "Finance"}} }),
		},
	} {
		if _, err := client.RoleChainProvider(roles...); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// One call knows of its base what a chain does.
func TestAssumeRoleWithARolesCredentialsIsForAnHourAtMost(t *testing.T) {
	another := role
	another.RoleARN += "-2"
	behind := sendNothing(func() { t.Error("the base's credentials were fetched") })
	chain, err := behind.RoleChainProvider(another)
	if err != nil {
		t.Fatal(err)
	}
	own := sts.NewProvider(func(context.Context) (sigv4.Credentials, error) { return base, nil })
	for _, test := range []struct {
		name     string
		provider sigv4.Provider
		length   time.Duration
		sent     bool
	}{
		{"a role's", behind.AssumeRoleProvider(another), time.Hour + time.Second, false},
		{"a web identity's", behind.AssumeRoleWithWebIdentityProvider(webRole), time.Hour + time.Second, false},
		{"a chain's", chain, 12 * time.Hour, false},
		{"a user's", base, 12 * time.Hour, true},
		{"whose, nobody knows", own, 12 * time.Hour, true},
	} {
		sent := false
		c := sendNothing(func() { sent = true })
		c.Provider = test.provider
		in := role
		in.Duration = test.length
		_, err := c.AssumeRole(t.Context(), in)
		if sent != test.sent {
			t.Errorf("%s: sent is %v, want %v: %v", test.name, sent, test.sent, err)
		}
		want := "sts: DurationSeconds is " + test.length.String() + ": expecting 3600 (1 hour) at most, since another role's session assumes this role"
		if !test.sent && (!errors.Is(err, sts.ErrInput) || err.Error() != want) {
			t.Errorf("%s:\ngot  %v\nwant %s", test.name, err, want)
		}
	}
}

// Where the base is nobody's that is known here, STS says it.
func TestRoleChainThatOnlySTSKnowsOf(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &cloud{}
		p := c.chainOf(t, 1)
		c.trust[roleARN] = "arn:aws:iam::123456789012:role/link-1"
		session, err := p.Credentials(t.Context()) // as from the environment
		if err != nil {
			t.Fatal(err)
		}
		in := role
		in.Duration = 2 * time.Hour
		_, err = c.client(session).AssumeRole(t.Context(), in)
		if want := "exceeds the 1 hour session limit for roles assumed by role chaining"; !errors.Is(err, sts.ErrMalformed) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want ErrMalformed: %s", err, want)
		}
	})
}
