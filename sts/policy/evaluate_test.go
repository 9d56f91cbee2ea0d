package policy_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sigvier/sigvier/sts/policy"
)

const (
	user    = "arn:aws:iam::123456789012:user/team/ann"
	role    = "arn:aws:iam::123456789012:role/path/reader"
	session = "arn:aws:sts::123456789012:assumed-role/reader/job"
	object  = "arn:aws:s3:::b/reports/x.csv"
)

func TestDecide(t *testing.T) {
	for _, test := range []struct {
		name, statements string
		request          policy.Request
		want             policy.Decision
		sid              string // of the statement that decided
	}{
		{"what nothing allows", `{"Effect":"Allow","Action":"s3:PutObject","Resource":"*"}`,
			policy.Request{Action: "s3:GetObject", Resource: object}, policy.ImplicitDeny, ""},
		{"the first that allows", `{"Sid":"1","Effect":"Allow","Action":"s3:*","Resource":"*"},{"Sid":"2","Effect":"Allow","Action":"*","Resource":"*"}`,
			policy.Request{Action: "s3:GetObject", Resource: object}, policy.Allowed, "1"},
		{"a denial behind wins", `{"Sid":"1","Effect":"Allow","Action":"s3:*","Resource":"*"},{"Sid":"2","Effect":"Deny","Action":"s3:Get*","Resource":"arn:aws:s3:::*/x.csv"}`,
			policy.Request{Action: "s3:GetObject", Resource: object}, policy.ExplicitDeny, "2"},
		{"a denial without an allowance", `{"Sid":"1","Effect":"Deny","Action":"s3:*","Resource":"*"}`,
			policy.Request{Action: "s3:GetObject", Resource: object}, policy.ExplicitDeny, "1"},
		{"actions in either case", `{"Sid":"1","Effect":"Allow","Action":"S3:getOBJ???","Resource":"*"}`,
			policy.Request{Action: "s3:GetObject", Resource: object}, policy.Allowed, "1"},
		{"resources in their case", `{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/Reports/*"}`,
			policy.Request{Action: "s3:GetObject", Resource: object}, policy.ImplicitDeny, ""},
		{"NotAction", `{"Sid":"1","Effect":"Allow","NotAction":["s3:Put*","s3:Delete*"],"Resource":"*"}`,
			policy.Request{Action: "s3:GetObject", Resource: object}, policy.Allowed, "1"},
		{"what NotAction names", `{"Effect":"Allow","NotAction":["s3:Put*","s3:get*"],"Resource":"*"}`,
			policy.Request{Action: "s3:GetObject", Resource: object}, policy.ImplicitDeny, ""},
		{"NotResource", `{"Sid":"1","Effect":"Deny","Action":"s3:*","NotResource":"arn:aws:s3:::b/other/*"}`,
			policy.Request{Action: "s3:GetObject", Resource: object}, policy.ExplicitDeny, "1"},
		{"what NotResource names", `{"Effect":"Deny","Action":"s3:*","NotResource":"arn:aws:s3:::b/reports/*"}`,
			policy.Request{Action: "s3:GetObject", Resource: object}, policy.ImplicitDeny, ""},
		{"a variable in the resource", `{"Sid":"1","Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/${aws:username}/*"}`,
			policy.Request{Principal: user, Action: "s3:GetObject", Resource: "arn:aws:s3:::b/ann/x"}, policy.Allowed, "1"},
		{"a role has no user name", `{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/${aws:username}*"}`,
			policy.Request{Principal: session, Action: "s3:GetObject", Resource: "arn:aws:s3:::b/ann/x"}, policy.ImplicitDeny, ""},
		{"a variable without value never widens NotResource", `{"Effect":"Allow","Action":"s3:*","NotResource":"arn:aws:s3:::b/${aws:username}*"}`,
			policy.Request{Principal: session, Action: "s3:GetObject", Resource: object}, policy.ImplicitDeny, ""},
		{"a variable without value keeps a denial", `{"Sid":"1","Effect":"Deny","Action":"s3:*","NotResource":"arn:aws:s3:::b/${aws:username}*"}`,
			policy.Request{Principal: session, Action: "s3:GetObject", Resource: object}, policy.ExplicitDeny, "1"},
		{"the ARN of a session's role", `{"Sid":"1","Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::123456789012:role/reader"}}}`,
			policy.Request{Principal: session, Action: "s3:GetObject", Resource: object}, policy.Allowed, "1"},
		{"a given key goes before a derived one", `{"Sid":"1","Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::123456789012:role/path/reader"}}}`,
			policy.Request{Principal: session, Action: "s3:GetObject", Resource: object, Context: map[string][]string{"AWS:PRINCIPALARN": {role}}}, policy.Allowed, "1"},
		{"a variable without value never widens a negated condition", `{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringNotEquals":{"aws:PrincipalTag/team":"${aws:username}"}}}`,
			policy.Request{Principal: session, Action: "s3:GetObject", Resource: object, Context: map[string][]string{"aws:PrincipalTag/team": {"x"}}}, policy.ImplicitDeny, ""},
		{"a variable without value keeps a negated denial", `{"Sid":"1","Effect":"Deny","Action":"s3:*","Resource":"*","Condition":{"StringNotEquals":{"aws:PrincipalTag/team":"${aws:username}"}}}`,
			policy.Request{Principal: session, Action: "s3:GetObject", Resource: object, Context: map[string][]string{"aws:PrincipalTag/team": {"x"}}}, policy.ExplicitDeny, "1"},
		{"a variable's value is no pattern", `{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/${aws:PrincipalTag/team}/*"}`,
			policy.Request{Principal: session, Action: "s3:GetObject", Resource: object, Context: map[string][]string{"aws:PrincipalTag/team": {"*"}}}, policy.ImplicitDeny, ""},
		{"a default", `{"Sid":"1","Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/${aws:PrincipalTag/team, 'reports'}/*"}`,
			policy.Request{Principal: session, Action: "s3:GetObject", Resource: object}, policy.Allowed, "1"},
		{"a default is no pattern", `{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/${aws:PrincipalTag/team, '*'}/*"}`,
			policy.Request{Principal: session, Action: "s3:GetObject", Resource: object}, policy.ImplicitDeny, ""},
		{"a key that is no path", `{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/reports/*"}`,
			policy.Request{Action: "s3:GetObject", Resource: "arn:aws:s3:::b/other/../reports/x"}, policy.ImplicitDeny, ""},
		{"a key with a line end", `{"Sid":"1","Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/reports/*"}`,
			policy.Request{Action: "s3:GetObject", Resource: "arn:aws:s3:::b/reports/a\nb"}, policy.Allowed, "1"},
		{"composed and decomposed are two", `{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/\u00e9"}`,
			policy.Request{Action: "s3:GetObject", Resource: "arn:aws:s3:::b/e\u0301"}, policy.ImplicitDeny, ""},
		{"NotAction and NotResource deny all the rest", `{"Sid":"1","Effect":"Deny","NotAction":"s3:Get*","NotResource":"arn:aws:s3:::b/reports/*"},{"Sid":"2","Effect":"Allow","Action":"*","Resource":"*"}`,
			policy.Request{Action: "s3:PutObject", Resource: "arn:aws:s3:::b/x"}, policy.ExplicitDeny, "1"},
		{"and nothing that either names", `{"Sid":"1","Effect":"Deny","NotAction":"s3:Get*","NotResource":"arn:aws:s3:::b/reports/*"},{"Sid":"2","Effect":"Allow","Action":"*","Resource":"*"}`,
			policy.Request{Action: "s3:GetObject", Resource: "arn:aws:s3:::b/x"}, policy.Allowed, "2"},
		{"a canonical user is nobody with an ARN", `{"Effect":"Allow","Principal":{"CanonicalUser":"79a5"},"Action":"s3:*","Resource":"*"}`,
			policy.Request{Principal: user, Action: "s3:GetObject", Resource: object}, policy.ImplicitDeny, ""},
		{"but may be him where he is denied", `{"Sid":"1","Effect":"Deny","Principal":{"CanonicalUser":"79a5"},"Action":"s3:*","Resource":"*"}`,
			policy.Request{Principal: user, Action: "s3:GetObject", Resource: object}, policy.ExplicitDeny, "1"},
		{"or where he alone is not allowed", `{"Effect":"Allow","NotPrincipal":{"CanonicalUser":"79a5"},"Action":"s3:*","Resource":"*"}`,
			policy.Request{Principal: user, Action: "s3:GetObject", Resource: object}, policy.ImplicitDeny, ""},
		{"or he alone not denied", `{"Sid":"1","Effect":"Deny","NotPrincipal":{"CanonicalUser":"79a5"},"Action":"s3:*","Resource":"*"}`,
			policy.Request{Principal: user, Action: "s3:GetObject", Resource: object}, policy.ExplicitDeny, "1"},
		{"no wildcard stands for a service", `{"Effect":"Allow","Principal":{"Service":"*.amazonaws.com"},"Action":"s3:*","Resource":"*"}`,
			policy.Request{Principal: "ec2.amazonaws.com", Action: "s3:GetObject", Resource: object}, policy.ImplicitDeny, ""},
		{"but may where services are denied", `{"Sid":"1","Effect":"Deny","Principal":{"Service":"*.amazonaws.com"},"Action":"s3:*","Resource":"*"}`,
			policy.Request{Principal: "ec2.amazonaws.com", Action: "s3:GetObject", Resource: object}, policy.ExplicitDeny, "1"},
		{"if it fits", `{"Effect":"Deny","Principal":{"Service":"*.amazonaws.com.cn"},"Action":"s3:*","Resource":"*"}`,
			policy.Request{Principal: "ec2.amazonaws.com", Action: "s3:GetObject", Resource: object}, policy.ImplicitDeny, ""},
		{"or where they alone are not allowed", `{"Effect":"Allow","NotPrincipal":{"Federated":"arn:*"},"Action":"s3:*","Resource":"*"}`,
			policy.Request{Principal: "arn:aws:iam::123456789012:oidc-provider/x", Action: "s3:GetObject", Resource: object}, policy.ImplicitDeny, ""},
		{"a service is no canonical user", `{"Effect":"Deny","Principal":{"CanonicalUser":"79a5"},"Action":"s3:*","Resource":"*"}`,
			policy.Request{Principal: "ec2.amazonaws.com", Action: "s3:GetObject", Resource: object}, policy.ImplicitDeny, ""},
		{"a condition that does not hold", `{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"true"}}}`,
			policy.Request{Action: "s3:GetObject", Resource: object}, policy.ImplicitDeny, ""},
		{"an anonymous caller", `{"Sid":"1","Effect":"Allow","Principal":{"AWS":"*"},"Action":"s3:*","Resource":"*"}`,
			policy.Request{Action: "s3:GetObject", Resource: object}, policy.Allowed, "1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := mustParse(t, `{"Version":"2012-10-17","Statement":[`+test.statements+`]}`)
			got, statement := d.Decide(test.request)
			sid := ""
			if statement != nil {
				sid = statement.Sid
			}
			if got != test.want || sid != test.sid {
				t.Errorf("Decide = %v by %q, want %v by %q", got, sid, test.want, test.sid)
			}
		})
	}
}

// A document that a program made and never validated fails closed.
func TestDecideOnWhatIsNoPolicy(t *testing.T) {
	all := policy.Statement{Effect: policy.Allow, Action: []string{"*"}, Resource: []string{"*"}}
	for name, test := range map[string]struct {
		change func(*policy.Statement)
		want   policy.Decision
	}{
		"as it should be":                   {func(s *policy.Statement) {}, policy.Allowed},
		"no action":                         {func(s *policy.Statement) { s.Action = nil }, policy.ImplicitDeny},
		"no action, denying":                {func(s *policy.Statement) { s.Action, s.Effect = nil, policy.Deny }, policy.ExplicitDeny},
		"no effect":                         {func(s *policy.Statement) { s.Effect = "" }, policy.ExplicitDeny},
		"another effect":                    {func(s *policy.Statement) { s.Effect = "allow" }, policy.ExplicitDeny},
		"an unknown operator":               {func(s *policy.Statement) { s.Condition = policy.Conditions{"StringIs": {"aws:x": {"y"}}} }, policy.ImplicitDeny},
		"an unknown operator, if it exists": {func(s *policy.Statement) { s.Condition = policy.Conditions{"StringIsIfExists": {"aws:x": {"y"}}} }, policy.ImplicitDeny},
		"an unknown operator without keys":  {func(s *policy.Statement) { s.Condition = policy.Conditions{"StringIs": {}} }, policy.ImplicitDeny},
		"an unknown operator, denying": {func(s *policy.Statement) {
			s.Effect, s.Condition = policy.Deny, policy.Conditions{"StringIs": {"aws:x": {"y"}}}
		}, policy.ExplicitDeny},
		"a condition without values": {func(s *policy.Statement) { s.Condition = policy.Conditions{"StringEquals": {"aws:x": nil}} }, policy.ImplicitDeny},
		"a number that is none":      {func(s *policy.Statement) { s.Condition = policy.Conditions{"NumericLessThan": {"aws:x": {"many"}}} }, policy.ImplicitDeny},
		"a range that is none":       {func(s *policy.Statement) { s.Condition = policy.Conditions{"IpAddress": {"aws:SourceIp": {"x"}}} }, policy.ImplicitDeny},
	} {
		s := all
		test.change(&s)
		r := policy.Request{Principal: user, Action: "s3:GetObject", Resource: object, Context: map[string][]string{"aws:x": {"1"}, "aws:SourceIp": {"203.0.113.1"}}}
		if got, _ := (policy.Document{Version: policy.Version, Statements: []policy.Statement{s}}).Decide(r); got != test.want {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}

// Variables are of 2012-10-17: before, they are text, with a wildcard in it or not.
func TestTheVersionDecidesOnVariables(t *testing.T) {
	for version, resource := range map[string]string{
		`"Version":"2012-10-17",`: "arn:aws:s3:::b/ann", `"Version":"2008-10-17",`: "arn:aws:s3:::b/${aws:username}", ``: "arn:aws:s3:::b/${aws:username}",
	} {
		d := mustParse(t, `{`+version+`"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/${aws:username}","Condition":{"StringEquals":{"aws:x":"${*}"}}}}`)
		x := "${*}"
		if strings.Contains(version, "2012") {
			x = "*"
		}
		r := policy.Request{Principal: user, Action: "s3:GetObject", Resource: resource, Context: map[string][]string{"aws:x": {x}}}
		if got, _ := d.Decide(r); got != policy.Allowed {
			t.Errorf("%q: %s: %v", version, resource, got)
		}
	}
}

func TestPrincipals(t *testing.T) {
	const (
		other    = "arn:aws:iam::210987654321:user/ann"
		china    = "arn:aws-cn:iam::123456789012:user/ann"
		provider = "arn:aws:iam::123456789012:oidc-provider/accounts.example.com"
	)
	for _, test := range []struct {
		principal string
		is, not   []string
	}{
		{`"*"`, []string{"", user, session, other, provider, "ec2.amazonaws.com"}, nil},
		{`{"AWS":"*"}`, []string{"", user, session, other}, nil},
		{`{"AWS":"123456789012"}`, []string{user, role, session, china, "arn:aws:iam::123456789012:root", "arn:aws:sts::123456789012:federated-user/bob"}, []string{"", other, provider, "123456789012x"}},
		{`{"AWS":"arn:aws:iam::123456789012:root"}`, []string{user, session}, []string{"", other, china, provider}},
		{`{"AWS":"` + user + `"}`, []string{user}, []string{"", other, session, "arn:aws:iam::123456789012:user/ann"}},
		{`{"AWS":"` + role + `"}`, []string{role, session}, []string{user, "arn:aws:sts::123456789012:assumed-role/Reader/job", "arn:aws:sts::123456789012:assumed-role/path/reader",
			"arn:aws:sts::210987654321:assumed-role/reader/job", "arn:aws-cn:sts::123456789012:assumed-role/reader/job", "arn:aws:iam::123456789012:role/reader"}},
		{`{"AWS":"` + session + `"}`, []string{session}, []string{role, "arn:aws:sts::123456789012:assumed-role/reader/other"}},
		{`{"Service":["ec2.amazonaws.com"]}`, []string{"ec2.amazonaws.com"}, []string{"", user, "ecs.amazonaws.com"}},
		{`{"Federated":"` + provider + `"}`, []string{provider}, []string{"", user}},
		{`{"CanonicalUser":"79a5"}`, []string{"79a5"}, []string{"", user}},
		{`{"AWS":["` + other + `","` + user + `"]}`, []string{user, other}, []string{session}},
	} {
		d := mustParse(t, oneStatement(`"Effect":"Allow","Action":"sts:AssumeRole","Principal":`+test.principal))
		not := mustParse(t, oneStatement(`"Effect":"Deny","Action":"sts:AssumeRole","NotPrincipal":`+test.principal))
		for i, callers := range [][]string{test.is, test.not} {
			for _, caller := range callers {
				r := policy.Request{Principal: caller, Action: "sts:AssumeRole"}
				if got, _ := d.Decide(r); (got == policy.Allowed) != (i == 0) {
					t.Errorf("%s and the caller %q: %v", test.principal, caller, got)
				}
				if got, _ := not.Decide(r); (got == policy.ImplicitDeny) != (i == 0) {
					t.Errorf("not %s and the caller %q: %v", test.principal, caller, got)
				}
			}
		}
	}
}

func TestSeveralPolicies(t *testing.T) {
	allow := mustParse(t, oneStatement(`"Effect":"Allow","Action":"s3:*","Resource":"*"`))
	deny := mustParse(t, oneStatement(`"Effect":"Deny","Action":"s3:*","Resource":"*"`))
	silent := mustParse(t, oneStatement(`"Effect":"Allow","Action":"ec2:*","Resource":"*"`))
	r := policy.Request{Action: "s3:GetObject", Resource: object}
	for _, test := range []struct {
		name       string
		docs       []policy.Document
		all, union policy.Decision
	}{
		{"none", nil, policy.ImplicitDeny, policy.ImplicitDeny},
		{"one allows", []policy.Document{allow}, policy.Allowed, policy.Allowed},
		{"all allow", []policy.Document{allow, allow}, policy.Allowed, policy.Allowed},
		{"one is silent", []policy.Document{allow, silent}, policy.ImplicitDeny, policy.Allowed},
		{"the first is silent", []policy.Document{silent, allow}, policy.ImplicitDeny, policy.Allowed},
		{"one denies", []policy.Document{allow, silent, deny}, policy.ExplicitDeny, policy.ExplicitDeny},
	} {
		if got := policy.Decide(r, test.docs...); got != test.all {
			t.Errorf("%s: Decide = %v, want %v", test.name, got, test.all)
		}
		got, by := policy.Union(r, test.docs...)
		if got != test.union || (by == nil) != (got == policy.ImplicitDeny) || by != nil && (by.Effect == policy.Allow) != (got == policy.Allowed) {
			t.Errorf("%s: Union = %v by %v, want %v", test.name, got, by, test.union)
		}
	}
}

// A statement that is said to be missing allows the request, and nothing beside it.
func TestMissing(t *testing.T) {
	for _, test := range []struct {
		request policy.Request
		want    string
	}{
		{policy.Request{Action: "s3:GetObject", Resource: object}, `{"Sid":"AllowGetObject","Effect":"Allow","Action":"s3:GetObject","Resource":"` + object + `"}`},
		{policy.Request{Action: "s3:GetObject", Resource: "arn:aws:s3:::b/a*?$"}, `{"Sid":"AllowGetObject","Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/a${*}${?}${$}"}`},
		{policy.Request{Action: "s3:a-zA*Z0_9b", Resource: object}, `{"Sid":"AllowazAZ09b","Effect":"Allow","Action":"s3:a-zA*Z0_9b","Resource":"` + object + `"}`},
		{policy.Request{Action: "s3:ListAllMyBuckets"}, `{"Sid":"AllowListAllMyBuckets","Effect":"Allow","Action":"s3:ListAllMyBuckets","Resource":"*"}`},
		{policy.Request{Action: "s3:ListBucket", Resource: "arn:aws:s3:::b", Context: map[string][]string{"s3:prefix": {"a*/"}}},
			`{"Sid":"AllowListBucket","Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::b","Condition":{"StringLike":{"s3:prefix":"a${*}/*"}}}`},
		{policy.Request{Action: "s3:ListBucket", Resource: "arn:aws:s3:::b"}, `{"Sid":"AllowListBucket","Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::b"}`},
		{policy.Request{Action: "s3:GetObject", Resource: object, Context: map[string][]string{"s3:prefix": {"a/"}}}, `{"Sid":"AllowGetObject","Effect":"Allow","Action":"s3:GetObject","Resource":"` + object + `"}`},
	} {
		s := policy.Missing(test.request)
		d := policy.Document{Version: policy.Version, Statements: []policy.Statement{s}}
		if want := `{"Version":"2012-10-17","Statement":[` + test.want + `]}`; string(d.JSON()) != want {
			t.Errorf("Missing = %s, want %s", d.JSON(), want)
		}
		if err := d.ValidateFor(policy.OfIdentity); err != nil {
			t.Errorf("%s: %v", d.JSON(), err)
		}
		if got, _ := d.Decide(test.request); got != policy.Allowed {
			t.Errorf("%s: %v, want it allowed", d.JSON(), got)
		}
		if test.request.Resource != "" {
			test.request.Resource += "x"
			if got, _ := d.Decide(test.request); got != policy.ImplicitDeny {
				t.Errorf("%s allows %s", d.JSON(), test.request.Resource)
			}
		}
	}
}

func TestDecisionsHaveNames(t *testing.T) {
	var names []string
	for _, d := range []policy.Decision{policy.ImplicitDeny, policy.Allowed, policy.ExplicitDeny} {
		names = append(names, d.String())
	}
	if diff := cmp.Diff("implicitly denied, allowed, explicitly denied", strings.Join(names, ", ")); diff != "" {
		t.Error(diff)
	}
}
