package policy_test

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/sigvier/sigvier/sts/policy"
)

func TestTrustAsGenerated(t *testing.T) {
	const id = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
	for name, trust := range map[string]policy.Trust{
		"account": {AccountID: "123456789012", ExternalID: id},
		"roles":   {RoleARNs: []string{role, user}, ExternalID: id, TagSession: true, SourceIdentity: true},
		"china":   {Partition: "aws-cn", AccountID: "123456789012", ExternalID: id, TagSession: true},
		"own":     {AccountID: "123456789012"},
	} {
		d := trust.Document()
		if err := d.ValidateFor(policy.OfRole); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		golden(t, "trust/"+name+".json", d.String()+"\n")
		// What is generated is what the check asks for.
		for _, f := range policy.CheckTrust(d, map[string]string{"own": "123456789012"}[name]) {
			if f.Severity != policy.Info {
				t.Errorf("%s: the generated policy has the finding %+v", name, f)
			}
		}
	}
}

func TestGeneratedTrustDemandsTheExternalID(t *testing.T) {
	d := policy.Trust{AccountID: "123456789012", ExternalID: "right-id", TagSession: true}.Document()
	for _, test := range []struct {
		principal, action string
		externalID        []string
		want              policy.Decision
	}{
		{session, "sts:AssumeRole", []string{"right-id"}, policy.Allowed},
		{session, "sts:AssumeRole", []string{"Right-id"}, policy.ImplicitDeny},
		{session, "sts:AssumeRole", []string{""}, policy.ImplicitDeny},
		{session, "sts:AssumeRole", nil, policy.ImplicitDeny},
		{session, "sts:TagSession", nil, policy.Allowed},
		{session, "sts:SetSourceIdentity", nil, policy.ImplicitDeny},
		{"arn:aws:iam::210987654321:user/x", "sts:AssumeRole", []string{"right-id"}, policy.ImplicitDeny},
		{"", "sts:AssumeRole", []string{"right-id"}, policy.ImplicitDeny},
	} {
		r := policy.Request{Principal: test.principal, Action: test.action, Resource: role, Context: map[string][]string{"sts:ExternalId": test.externalID}}
		if got, _ := d.Decide(r); got != test.want {
			t.Errorf("%+v: %v, want %v", test, got, test.want)
		}
	}
}

func TestNewExternalID(t *testing.T) {
	id, err := policy.NewExternalID(bytes.NewReader([]byte("0123456789abcdef, and more")))
	if want := "30313233343536373839616263646566"; err != nil || id != want {
		t.Errorf("NewExternalID = %q, %v, want %q", id, err, want)
	}
	seen := map[string]bool{}
	for range 1000 {
		id, err := policy.NewExternalID(nil)
		if err != nil || !regexp.MustCompile(`^[0-9a-f]{32}$`).MatchString(id) || seen[id] {
			t.Fatalf("NewExternalID = %q, %v", id, err)
		}
		seen[id] = true
		d := policy.Trust{AccountID: "123456789012", ExternalID: id}.Document()
		if findings := policy.CheckTrust(d); len(findings) != 1 || findings[0].Code != "account-root" {
			t.Fatalf("%s is weak: %+v", id, findings)
		}
	}
	for _, source := range []io.Reader{strings.NewReader("short"), iotest.ErrReader(io.ErrClosedPipe)} {
		if id, err := policy.NewExternalID(source); id != "" || err == nil {
			t.Errorf("NewExternalID from a bad source = %q, %v", id, err)
		}
	}
	if _, err := policy.NewExternalID(iotest.ErrReader(io.ErrClosedPipe)); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("the error %v does not wrap that of the source", err)
	}
}

// Every finding by its code, the worst first.
func TestCheckTrust(t *testing.T) {
	const (
		account  = `"Principal":{"AWS":"arn:aws:iam::123456789012:root"}`
		one      = `"Principal":{"AWS":"arn:aws:iam::123456789012:role/reader"}`
		assume   = `"Effect":"Allow","Action":"sts:AssumeRole",`
		good     = `"sts:ExternalId":"7d9f3c1e52b84a06af11c0de9be1d2e3"`
		github   = `"Effect":"Allow","Action":"sts:AssumeRoleWithWebIdentity","Principal":{"Federated":"arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"}`
		denyElse = `{"Effect":"Deny","Principal":"*","Action":"sts:*","Condition":{"StringNotEquals":{` + good + `}}}`
	)
	when := func(conditions string) string { return `,"Condition":{` + conditions + `}` }
	for _, test := range []struct {
		name       string
		statements string // without braces if there is one
		own        []string
		want       []string
	}{
		{"as generated for one role", assume + one + when(`"StringEquals":{`+good+`}`), nil, nil},
		{"the key in another case", assume + one + when(`"StringEquals":{"STS:externalid":"7d9f3c1e52b84a06af11c0de9be1d2e3"}`), nil, nil},
		{"the whole account", assume + account + when(`"StringEquals":{`+good+`}`), nil, []string{"info account-root Statement[0].Principal"}},
		{"no external ID", assume + one, nil, []string{"danger no-external-id Statement[0]"}},
		{"no external ID of one's own account", assume + one, []string{"123456789012"}, nil},
		{"no external ID of another's beside one's own", assume + `"Principal":{"AWS":["123456789012","arn:aws:iam::210987654321:role/x"]}`, []string{"123456789012"}, []string{"danger no-external-id Statement[0]"}},
		{"no external ID of one's organization", assume + one + when(`"StringEquals":{"aws:PrincipalOrgID":"o-abcdefghij"}`), nil, []string{"warning no-external-id Statement[0]"}},
		{"a denial of everything else", `{` + assume + one + `},` + denyElse, nil, nil},
		{"a denial of others", `{` + assume + one + `},` + strings.Replace(denyElse, `"Principal":"*"`, `"Principal":{"AWS":"210987654321"}`, 1), nil, []string{"danger no-external-id Statement[0]"}},
		{"a denial that another condition may void", `{` + assume + one + `},` + strings.Replace(denyElse, `{"StringNotEquals"`, `{"Bool":{"aws:SecureTransport":"true"},"StringNotEquals"`, 1), nil, []string{"danger no-external-id Statement[0]"}},
		{"a denial where there is none, not of a wrong one", `{` + assume + one + `},{"Effect":"Deny","Principal":"*","Action":"sts:AssumeRole","Condition":{"Null":{"sts:ExternalId":"true"}}}`, nil, []string{"danger no-external-id Statement[0]"}},
		{"another condition is none", assume + one + when(`"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}`), nil, []string{"danger no-external-id Statement[0]"}},

		{"everybody", assume + `"Principal":"*"` + when(`"StringEquals":{`+good+`}`), nil, []string{"danger anyone Statement[0].Principal"}},
		{"everybody, without external ID", assume + `"Principal":"*"`, nil, []string{"danger anyone Statement[0].Principal", "danger no-external-id Statement[0]"}},
		{"everybody, as AWS", assume + `"Principal":{"AWS":["*"]}`, []string{"123456789012"}, []string{"danger anyone Statement[0].Principal", "danger no-external-id Statement[0]"}},
		{"everybody of an organization", assume + `"Principal":"*"` + when(`"StringEquals":{"aws:PrincipalOrgID":"o-abcdefghij",`+good+`}`), nil, []string{"warning anyone Statement[0].Principal"}},
		{"everybody with an ARN", assume + `"Principal":"*"` + when(`"StringEquals":{`+good+`},"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::123456789012:role/x*"}`), nil, []string{"warning anyone Statement[0].Principal"}},
		{"everybody whose role has a name", assume + `"Principal":"*"` + when(`"StringEquals":{`+good+`},"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/x"}`), nil, []string{"danger anyone Statement[0].Principal"}},
		{"everybody whose role has a name, in digits", assume + `"Principal":"*"` + when(`"StringEquals":{`+good+`},"StringLike":{"aws:PrincipalArn":"arn:aws:iam::????????????:role/x"}`), nil, []string{"danger anyone Statement[0].Principal"}},
		{"everybody whose role has a name, beside one account's", assume + `"Principal":"*"` + when(`"StringEquals":{`+good+`},"ArnLike":{"aws:PrincipalArn":["arn:aws:iam::123456789012:role/x","arn:*:iam::*:role/x"]}`), nil, []string{"danger anyone Statement[0].Principal"}},
		{"everybody whose role has a name, with a wildcard for all before it", assume + `"Principal":"*"` + when(`"StringEquals":{`+good+`},"StringLike":{"aws:PrincipalArn":"*/x"}`), nil, []string{"danger anyone Statement[0].Principal"}},
		{"everybody with an ARN of one account, or beginning as it", assume + `"Principal":"*"` + when(`"StringEquals":{`+good+`},"StringLike":{"aws:PrincipalArn":"arn:aws:iam::123456789012*"}`), nil, []string{"warning anyone Statement[0].Principal"}},
		{"everybody whose role has a name, and is one", assume + `"Principal":"*"` + when(`"StringEquals":{`+good+`},"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/x"},"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::123456789012:role/x"}`), nil, []string{"warning anyone Statement[0].Principal"}},
		{"everybody whose account begins so", assume + `"Principal":"*"` + when(`"StringEquals":{`+good+`},"StringLike":{"aws:PrincipalAccount":"1234*"}`), nil, []string{"danger anyone Statement[0].Principal"}},
		{"everybody whose organization begins so", assume + `"Principal":"*"` + when(`"StringEquals":{`+good+`},"StringLike":{"aws:PrincipalOrgID":"o-ab*"}`), nil, []string{"danger anyone Statement[0].Principal"}},
		{"everybody below a part of an organization", assume + `"Principal":"*"` + when(`"StringEquals":{`+good+`},"ForAnyValue:StringLike":{"aws:PrincipalOrgPaths":"o-abcdefghij/r-ab12/*"}`), nil, []string{"warning anyone Statement[0].Principal"}},
		{"everybody in China whose role has a name", assume + `"Principal":"*"` + when(`"StringEquals":{`+good+`},"ArnLike":{"aws:PrincipalArn":"arn:aws-cn:iam::*:role/x"}`), nil, []string{"danger anyone Statement[0].Principal"}},
		{"everybody with any ARN", assume + `"Principal":"*"` + when(`"StringEquals":{`+good+`},"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/*"}`), nil, []string{"danger anyone Statement[0].Principal"}},
		{"everybody but one", assume + `"NotPrincipal":{"AWS":"123456789012"}` + when(`"StringEquals":{`+good+`}`), nil, []string{"danger not-principal Statement[0].NotPrincipal"}},
		{"a removed principal", assume + `"Principal":{"AWS":"AROAEXAMPLEID1234567"}` + when(`"StringEquals":{`+good+`}`), nil, []string{"warning removed-principal Statement[0].Principal"}},
		{"nobody is named", assume[:len(assume)-1], nil, []string{"warning no-principal Statement[0]"}},

		{"a pattern for any", assume + one + when(`"StringLike":{"sts:ExternalId":"*"}`), nil, []string{"danger external-id-optional Statement[0].Condition"}},
		{"a pattern for some", assume + one + when(`"StringLike":{"sts:ExternalId":"customer-*"}`), nil, []string{"danger external-id-pattern Statement[0].Condition.StringLike"}},
		{"no pattern, with StringLike", assume + one + when(`"StringLike":{`+good+`}`), nil, nil},
		{"a pattern beside the right one", assume + one + when(`"StringLike":{"sts:ExternalId":"*"},"StringEquals":{`+good+`}`), nil, []string{"danger external-id-pattern Statement[0].Condition.StringLike"}},
		{"case", assume + one + when(`"StringEqualsIgnoreCase":{`+good+`}`), nil, []string{"warning external-id-case Statement[0].Condition.StringEqualsIgnoreCase"}},
		{"if it exists", assume + one + when(`"StringEqualsIfExists":{`+good+`}`), nil, []string{"danger external-id-optional Statement[0].Condition"}},
		{"the trap of ForAllValues", assume + one + when(`"ForAllValues:StringEquals":{`+good+`}`), nil, []string{"danger external-id-optional Statement[0].Condition"}},
		{"ForAnyValue is none", assume + one + when(`"ForAnyValue:StringEquals":{`+good+`}`), nil, nil},
		{"negated", assume + one + when(`"StringNotEquals":{`+good+`}`), nil, []string{"danger external-id-optional Statement[0].Condition"}},
		{"there is one, whichever", assume + one + when(`"Null":{"sts:ExternalId":"false"}`), nil, []string{"danger external-id-optional Statement[0].Condition"}},
		{"there is one, and the right one", assume + one + when(`"Null":{"sts:ExternalId":"false"},"StringEquals":{`+good+`}`), nil, nil},
		{"several", assume + one + when(`"StringEquals":{"sts:ExternalId":["7d9f3c1e52b84a06af11c0de9be1d2e3","1c3f3c1e52b84a06af11c0de9be1d2e4"]}`), nil, []string{"info external-id-several Statement[0].Condition.StringEquals"}},
		{"weak: a word", assume + one + when(`"StringEquals":{"sts:ExternalId":"AcmeCorporationReports"}`), nil, []string{"warning external-id-weak Statement[0].Condition.StringEquals"}},
		{"weak: short", assume + one + when(`"StringEquals":{"sts:ExternalId":"12345"}`), nil, []string{"warning external-id-weak Statement[0].Condition.StringEquals"}},
		{"weak: the same over and over", assume + one + when(`"StringEquals":{"sts:ExternalId":"11111111111111111111111111111111"}`), nil, []string{"warning external-id-weak Statement[0].Condition.StringEquals"}},
		{"weak: the account", assume + one + when(`"StringEquals":{"sts:ExternalId":"123456789012"}`), nil, []string{"warning external-id-weak Statement[0].Condition.StringEquals"}},
		{"a UUID is not weak", assume + one + when(`"StringEquals":{"sts:ExternalId":"6ba7b810-9dad-41d1-80b4-00c04fd430c8"}`), nil, nil},
		{"a variable", assume + one + when(`"StringEquals":{"sts:ExternalId":"${aws:PrincipalAccount}"}`), nil, []string{"warning external-id-variable Statement[0].Condition.StringEquals"}},
		{"a wildcard that is none", assume + one + when(`"StringEquals":{"sts:ExternalId":"customer-*"}`), nil, []string{"warning external-id-invalid Statement[0].Condition.StringEquals"}},
		{"too short to be sent", assume + one + when(`"StringEquals":{"sts:ExternalId":"x"}`), nil, []string{"warning external-id-invalid Statement[0].Condition.StringEquals"}},

		{"a key of nobody's", assume + one + when(`"StringEquals":{"aws:ExternalId":"7d9f3c1e52b84a06af11c0de9be1d2e3"}`), nil,
			[]string{"danger no-external-id Statement[0]", "warning unknown-key Statement[0].Condition.StringEquals.aws:ExternalId"}},
		{"S3's key", assume + one + when(`"StringEquals":{`+good+`},"StringNotEquals":{"s3:prefix":"x"}`), nil, []string{"warning unknown-key Statement[0].Condition.StringNotEquals.s3:prefix"}},
		{"known keys", assume + one + when(`"StringEquals":{`+good+`,"aws:PrincipalTag/Team":"x","sts:RoleSessionName":"y","aws:RequestTag/a:b":"z","saml:aud":"u","iam:ResourceTag/x":"v"},"Bool":{"aws:MultiFactorAuthPresent":"true"}`), nil, nil},

		{"all actions", `"Effect":"Allow","Action":"*",` + one + when(`"StringEquals":{`+good+`}`), nil, []string{"warning action-wide Statement[0].Action"}},
		{"all actions but one", `"Effect":"Allow","NotAction":"sts:TagSession",` + one, nil, []string{"danger no-external-id Statement[0]", "warning action-wide Statement[0].NotAction"}},
		{"a resource", assume + `"Resource":"*",` + one + when(`"StringEquals":{`+good+`}`), nil, []string{"warning resource Statement[0].Resource"}},
		{"nobody may", `"Effect":"Deny","Action":"sts:AssumeRole","Principal":"*"`, nil, []string{"info nobody Statement"}},
		{"tags alone", `"Effect":"Allow","Action":"sts:TagSession",` + one, nil, []string{"info nobody Statement"}},
		{"tags beside", `{` + assume + one + when(`"StringEquals":{`+good+`}`) + `},{"Effect":"Allow","Action":"sts:TagSession",` + one + `}`, nil, nil},

		{"a service", assume + `"Principal":{"Service":"glue.amazonaws.com"}`, nil, []string{"info service Statement[0].Principal"}},
		{"a service for one account", assume + `"Principal":{"Service":"glue.amazonaws.com"}` + when(`"StringEquals":{"aws:SourceAccount":"123456789012"}`), nil, nil},
		{"every service", assume + `"Principal":{"Service":"*.amazonaws.com"}` + when(`"StringEquals":{"aws:SourceAccount":"123456789012"}`), nil, []string{"danger anyone Statement[0].Principal"}},
		{"every identity provider", `"Effect":"Allow","Action":"sts:AssumeRoleWithSAML","Principal":{"Federated":["*"]}`, nil, []string{"danger anyone Statement[0].Principal"}},
		{"whoever has a token", github + when(`"StringEquals":{"token.actions.githubusercontent.com:aud":"sts.amazonaws.com"}`), nil, []string{"danger federated-open Statement[0].Condition"}},
		{"whatever repository", github + when(`"StringLike":{"token.actions.githubusercontent.com:sub":"repo:*"}`), nil, []string{"danger federated-open Statement[0].Condition"}},
		{"owners of whose names one is a part", github + when(`"StringLike":{"token.actions.githubusercontent.com:sub":["repo:example/app:*","repo:example*"]}`), nil, []string{"danger federated-pattern Statement[0].Condition.StringLike"}},
		{"owners that are one character longer", github + when(`"ForAnyValue:StringLike":{"Token.actions.githubusercontent.com:Sub":"repo:example?/app:*"}`), nil, []string{"danger federated-pattern Statement[0].Condition.ForAnyValue:StringLike"}},
		{"owners that are left out", github + when(`"StringLike":{"token.actions.githubusercontent.com:sub":"repo:example/*"},"StringNotLike":{"token.actions.githubusercontent.com:sub":"repo:exam*"}`), nil, nil},
		{"a star that is a character", github + when(`"StringEquals":{"token.actions.githubusercontent.com:sub":"repo:example*/app"}`), nil, nil},
		{"one repository", github + when(`"StringLike":{"token.actions.githubusercontent.com:sub":"repo:example/app:*"}`), nil, nil},
		{"whatever identity pool", `"Effect":"Allow","Action":"sts:AssumeRoleWithWebIdentity","Principal":{"Federated":"cognito-identity.amazonaws.com"}`, nil, []string{"danger federated-open Statement[0].Condition"}},
		{"one identity pool", `"Effect":"Allow","Action":"sts:AssumeRoleWithWebIdentity","Principal":{"Federated":"cognito-identity.amazonaws.com"}` + when(`"StringEquals":{"cognito-identity.amazonaws.com:aud":"us-east-1:11111111-1111-1111-1111-111111111111"}`), nil, nil},
		{"SAML", `"Effect":"Allow","Action":"sts:AssumeRoleWithSAML","Principal":{"Federated":"arn:aws:iam::123456789012:saml-provider/x"}`, nil, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			if !strings.HasPrefix(test.statements, "{") {
				test.statements = "{" + test.statements + "}"
			}
			d := mustParse(t, `{"Version":"2012-10-17","Statement":[`+test.statements+`]}`)
			var got []string
			for _, f := range policy.CheckTrust(d, test.own...) {
				got = append(got, f.Severity.String()+" "+f.Code+" "+f.Path)
				if f.Problem == "" || f.Advice == "" || strings.Contains(f.Problem+f.Advice, "7d9f3c1e") {
					t.Errorf("the finding %+v lacks words, or repeats the external ID", f)
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("CheckTrust (-want +got)\n%s", diff)
			}
		})
	}
}

// The words that the codes do not have.
func TestFindingsInWords(t *testing.T) {
	for _, test := range []struct{ principal, condition, want string }{
		{`"*"`, `"StringEquals":{"a:ExternalId":"x"}`, `no external ID is demanded of the principals, so that`},
		{`{"AWS":"*"}`, `"StringEquals":{"a:ExternalId":"x"}`, `no external ID is demanded of the principals, so that`},
		{`{"AWS":["123456789012","210987654321"]}`, `"StringEquals":{"a:ExternalId":"x"}`, `no external ID is demanded of the principals, so that`},
		{`{"AWS":"123456789012"}`, `"StringEquals":{"a:ExternalId":"x"}`, `no external ID is demanded of 123456789012, so that`},
		{`{"AWS":"123456789012"}`, `"StringEquals":{"a:external-id":"x"}`, `Write sts:ExternalId.`},
		{`{"AWS":"123456789012"}`, `"StringEquals":{"a:ExternalId":"x"}`, `Write sts:ExternalId.`},
		{`{"AWS":"123456789012"}`, `"StringEquals":{"a:Other":"x"}`, `Use a key that AWS documents for sts:AssumeRole.`},
		{`{"AWS":"123456789012"}`, `"StringEquals":{"a:Other":"x"}`, `has no condition key "a:Other", so the statement never applies`},
		{`{"AWS":"123456789012"}`, `"StringNotEquals":{"a:Other":"x"}`, `has no condition key "a:Other", so the condition always holds`},
		{`{"AWS":"123456789012"}`, `"ForAllValues:StringEquals":{"sts:ExternalId":"x"}`, `in: ForAllValues holds where the key is absent`},
		{`{"AWS":"123456789012"}`, `"StringEqualsIfExists":{"sts:ExternalId":"x"}`, `in: ...IfExists holds where the key is absent`},
		{`{"AWS":"123456789012"}`, `"StringNotLike":{"sts:ExternalId":"x"}`, `in: StringNotLike holds where the key is absent`},
		{`{"AWS":"123456789012"}`, `"StringLike":{"sts:ExternalId":"*"}`, `in: the pattern fits any`},
		{`{"AWS":"123456789012"}`, `"Null":{"sts:ExternalId":false}`, `in: Null asks only whether there is one, not which`},
	} {
		d := mustParse(t, oneStatement(`"Effect":"Allow","Action":"sts:AssumeRole","Principal":`+test.principal+`,"Condition":{`+test.condition+`}`))
		var words strings.Builder
		for _, f := range policy.CheckTrust(d) {
			words.WriteString(f.Problem + "\n" + f.Advice + "\n")
		}
		if !strings.Contains(words.String(), test.want) {
			t.Errorf("%s, %s: the findings lack %q:\n%s", test.principal, test.condition, test.want, &words)
		}
	}
}
