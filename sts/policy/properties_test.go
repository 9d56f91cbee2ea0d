package policy_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sigvier/sigvier/sts/policy"
)

// Properties that hold for all policies and requests. They are made from bytes, so
// that a fuzzer can drive them.

type dice struct{ bytes []byte }

// roll is a number below n.
func (d *dice) roll(n int) int {
	if len(d.bytes) == 0 {
		return 0
	}
	b := d.bytes[0]
	d.bytes = d.bytes[1:]
	return int(b) % n
}

func (d *dice) one(of ...string) string { return of[d.roll(len(of))] }

func (d *dice) some(of ...string) []string {
	var all []string
	for range 1 + d.roll(3) {
		all = append(all, d.one(of...))
	}
	return all
}

func (d *dice) statement() policy.Statement {
	s := policy.Statement{Effect: policy.Allow}
	if d.roll(3) == 0 {
		s.Effect = policy.Deny
	}
	actions := []string{"*", "s3:*", "s3:Get*", "s3:GetObject", "S3:getobject", "s3:Put?bject", "s3:PutObject", "sts:AssumeRole"}
	if d.roll(4) == 0 {
		s.NotAction = d.some(actions...)
	} else {
		s.Action = d.some(actions...)
	}
	resources := []string{
		"*", "arn:aws:s3:::b/*", "arn:aws:s3:::b/reports/*", "arn:aws:s3:::b/?eports/*", "arn:aws:s3:::*", "arn:aws:s3:::b/${aws:username}/*",
		"arn:aws:s3:::b/${aws:PrincipalTag/team, 'reports'}*", "arn:aws:s3:::b/a${*}b", "arn:aws:s3:::b/${aws:nothing}", "arn:aws:s3:::b/${aws:TagKeys}",
	}
	if d.roll(4) == 0 {
		s.NotResource = d.some(resources...)
	} else {
		s.Resource = d.some(resources...)
	}
	if d.roll(3) == 0 {
		who := policy.Principal{AWS: d.some("*", "123456789012", user, role, session, "210987654321")}
		switch d.roll(4) {
		case 0:
			who = policy.Principal{Any: true}
		case 1:
			who = policy.Principal{CanonicalUser: []string{"79a5"}, Service: []string{"ec2.amazonaws.com"}}
		}
		if d.roll(3) == 0 {
			s.NotPrincipal = who
		} else {
			s.Principal = who
		}
	}
	for range d.roll(3) {
		if s.Condition == nil {
			s.Condition = policy.Conditions{}
		}
		operator, values := "Null", []string{"true", "false"}
		switch d.roll(7) {
		case 0, 1:
			operator, values = d.one("StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringEqualsIgnoreCase"), []string{"a", "A", "*", "a*", "", "${aws:username}", "${aws:nothing}", "1"}
		case 2:
			operator, values = d.one("NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericGreaterThanEquals"), []string{"1", "10", "-2.5"}
		case 3:
			operator, values = d.one("DateLessThan", "DateNotEquals"), []string{"2026", "2026-01-31T00:00:00Z", "1769860800"}
		case 4:
			operator, values = d.one("IpAddress", "NotIpAddress"), []string{"203.0.113.0/24", "::/0", "10.0.0.1"}
		case 5:
			operator, values = d.one("ArnLike", "ArnNotEquals"), []string{"arn:aws:iam::*:user/*", "arn:aws:iam::123456789012:role/${aws:nothing}"}
		}
		if operator != "Null" {
			operator = d.one("", "", "ForAnyValue:", "ForAllValues:") + operator + d.one("", "", "IfExists")
		}
		s.Condition[operator] = map[string][]string{d.one(conditionKeys...): d.some(values...)}
	}
	return s
}

var conditionKeys = []string{"aws:PrincipalTag/team", "aws:username", "aws:TagKeys", "s3:prefix", "aws:SourceIp", "aws:PrincipalArn", "aws:CurrentTime", "AWS:principaltag/TEAM"}

func (d *dice) document() policy.Document {
	doc := policy.Document{Version: d.one(policy.Version, policy.Version, "2008-10-17", "")}
	for range 1 + d.roll(4) {
		doc.Statements = append(doc.Statements, d.statement())
	}
	return doc
}

func (d *dice) request() policy.Request {
	r := policy.Request{
		Principal: d.one(user, role, session, "", "ec2.amazonaws.com", "arn:aws:iam::210987654321:user/x"),
		Action:    d.one("s3:GetObject", "s3:PutObject", "S3:GETOBJECT", "sts:AssumeRole"),
		Resource:  d.one("arn:aws:s3:::b/reports/x", "arn:aws:s3:::b/ann/x", "arn:aws:s3:::b/a*b", "arn:aws:s3:::b", "arn:aws:s3:::c/\xff", ""),
		Context:   map[string][]string{},
	}
	for range d.roll(6) {
		r.Context[d.one(conditionKeys...)] = d.some("a", "A", "", "1", "10", "ten", "203.0.113.7", "2026", "arn:aws:iam::123456789012:user/ann", "*")
	}
	return r
}

// properties makes policies and a request, and gives what is decided on them.
func properties(t *testing.T, bytes []byte) policy.Decision {
	t.Helper()
	d := &dice{bytes}
	identity, session, r, more := d.document(), d.document(), d.request(), d.statement()
	if err := identity.Validate(); err != nil {
		t.Fatalf("the test's policy is none: %v\n%s", err, identity)
	}
	decision, by := identity.Decide(r)
	fail := func(what string, other policy.Document, got policy.Decision) {
		t.Helper()
		t.Errorf("%s: %v, before %v\nrequest %+v\n%s\n%s", what, got, decision, r, identity, other)
	}

	if (by == nil) != (decision == policy.ImplicitDeny) || by != nil && (by.Effect == policy.Allow) != (decision == policy.Allowed) {
		t.Errorf("%v by %+v", decision, by)
	}
	if again, err := policy.Parse(identity.JSON()); err != nil {
		t.Errorf("%v\n%s", err, identity)
	} else if got, _ := again.Decide(r); got != decision {
		fail("written and read again", again, got)
	} else if diff := cmp.Diff(identity.JSON(), again.JSON()); diff != "" {
		t.Errorf("written again (-want +got)\n%s", diff)
	}

	// One more statement that denies never allows more, one that allows never less,
	// but for what is denied in any case.
	longer := identity
	longer.Statements = append(longer.Statements[:len(longer.Statements):len(longer.Statements)], more)
	got, _ := longer.Decide(r)
	if more.Effect == policy.Deny && got != decision && got != policy.ExplicitDeny {
		fail("with one more denial", longer, got)
	}
	if more.Effect == policy.Allow && got != decision && (decision != policy.ImplicitDeny || got != policy.Allowed) {
		fail("with one more allowance", longer, got)
	}
	// Without its conditions a statement applies to no less.
	if more.Effect == policy.Allow && got == policy.Allowed {
		more.Condition = nil
		longer.Statements[len(longer.Statements)-1] = more
		if got, _ := longer.Decide(r); got != policy.Allowed {
			fail("without its conditions", longer, got)
		}
	}

	// A session never may more than the identity, nor than its own policy.
	limited, _ := session.Decide(r)
	both := policy.Decide(r, identity, session)
	if (both == policy.Allowed) != (decision == policy.Allowed && limited == policy.Allowed) || both != policy.Decide(r, session, identity) {
		fail("within the session", session, both)
	}
	either, _ := policy.Union(r, identity, session)
	if either == policy.Allowed && decision != policy.Allowed && limited != policy.Allowed || (either == policy.ExplicitDeny) != (decision == policy.ExplicitDeny || limited == policy.ExplicitDeny) {
		fail("together with", session, either)
	}

	// The case of actions and keys says nothing.
	shouted := r
	shouted.Action, shouted.Context = strings.ToUpper(r.Action), map[string][]string{}
	for key, values := range r.Context {
		if key != "AWS:principaltag/TEAM" || r.Context["aws:PrincipalTag/team"] == nil { // which are one
			shouted.Context[strings.ToUpper(key)] = values
		}
	}
	if got, _ := identity.Decide(shouted); got != decision && len(shouted.Context) == len(r.Context) {
		fail("in upper case", identity, got)
	}
	return decision
}

func TestPropertiesOfDecisions(t *testing.T) {
	counts := map[policy.Decision]int{}
	source := rand.NewChaCha8([32]byte{4})
	bytes := make([]byte, 200)
	for range 1_500 {
		source.Read(bytes)
		counts[properties(t, bytes)]++
		if t.Failed() {
			break
		}
	}
	for _, d := range []policy.Decision{policy.ImplicitDeny, policy.Allowed, policy.ExplicitDeny} {
		if counts[d] < 75 && !t.Failed() {
			t.Errorf("only %d of the decisions were %v", counts[d], d)
		}
	}
}

func FuzzDecide(f *testing.F) {
	source := rand.NewChaCha8([32]byte{5})
	for range 20 {
		seed := make([]byte, 200)
		source.Read(seed)
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, bytes []byte) { properties(t, bytes) })
}
