package policy_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sigvier/sigvier/sts/policy"
)

// oneStatement puts elements into a policy that is right otherwise.
func oneStatement(elements string) string {
	return `{"Version":"2012-10-17","Statement":[{` + elements + `}]}`
}

func mustParse(t *testing.T, text string) policy.Document {
	t.Helper()
	d, err := policy.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestParse(t *testing.T) {
	got := mustParse(t, `{
		"Id": "id", "Version": "2008-10-17",
		"Statement": {
			"Condition": {"NumericLessThan": {"s3:max-keys": 10.50}, "Bool": {"aws:SecureTransport": true, "aws:ViaAWSService": ["false"]}},
			"NotResource": "arn:aws:s3:::b/*", "NotAction": ["s3:Put*"], "Effect": "Deny", "Sid": "One",
			"NotPrincipal": {"AWS": "123456789012", "Service": ["ec2.amazonaws.com"], "Federated": "accounts.google.com", "CanonicalUser": "79a5"}
		}}`)
	want := policy.Document{Version: "2008-10-17", ID: "id", Statements: []policy.Statement{{
		Sid: "One", Effect: policy.Deny, NotAction: []string{"s3:Put*"}, NotResource: []string{"arn:aws:s3:::b/*"},
		NotPrincipal: policy.Principal{AWS: []string{"123456789012"}, Service: []string{"ec2.amazonaws.com"}, Federated: []string{"accounts.google.com"}, CanonicalUser: []string{"79a5"}},
		Condition:    policy.Conditions{"NumericLessThan": {"s3:max-keys": {"10.50"}}, "Bool": {"aws:SecureTransport": {"true"}, "aws:ViaAWSService": {"false"}}},
	}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Parse (-want +got)\n%s", diff)
	}
}

// What is printed is what was read, in the order of AWS's documents, with single
// values as strings.
func TestPrint(t *testing.T) {
	files, err := filepath.Glob("testdata/print/*.json")
	if err != nil || len(files) != 4 {
		t.Fatalf("%d files, want 4: %v", len(files), err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		d := mustParse(t, string(text))
		if diff := cmp.Diff(string(text), d.String()+"\n"); diff != "" {
			t.Errorf("%s printed (-want +got)\n%s", name, diff)
		}
		if diff := cmp.Diff(d, mustParse(t, string(d.JSON()))); diff != "" || strings.ContainsAny(string(d.JSON()), "\n\t") {
			t.Errorf("%s from one line (-want +got)\n%s", name, diff)
		}
		encoded, err := json.Marshal(struct{ Policy policy.Document }{d})
		if err != nil {
			t.Fatal(err)
		}
		var decoded struct{ Policy policy.Document }
		if err := json.Unmarshal(encoded, &decoded); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(d, decoded.Policy); diff != "" {
			t.Errorf("%s through encoding/json (-want +got)\n%s", name, diff)
		}
	}
}

func TestParseSaysWhatIsWrongAndWhere(t *testing.T) {
	const rest = `"Action":"s3:GetObject","Resource":"*"`
	for _, test := range []struct{ text, want string }{
		{``, `policy: is empty: expected one JSON object`},
		{" \r\n", `policy: is empty: expected one JSON object`},
		{`{"Version":`, `policy: Version: is no JSON: it ends at byte 11, in its middle`},
		{`{"Version":"2012-10-17",}`, `policy: is no JSON at byte 24: invalid character '}' looking for beginning of object key string`},
		{`[]`, `policy: is an array: expected an object`},
		{`{"Version":"2012-10-17"]`, `policy: is no JSON at byte 23: invalid character ']' after object key:value pair`},
		{"\"\xff\"", `policy: the policy is not UTF-8`},
		{`{"Version":"2012-10-17","Statement":[]} {}`, `policy: something follows the policy: expected one JSON object`},
		{`{"Version":"2012-10-17","Statement":[]}`, `policy: Statement: is missing or empty: expected at least one statement`},
		{`{}`, `policy: Statement: is missing or empty: expected at least one statement`},
		{`{"version":"2012-10-17"}`, `policy: has no element "version": expected Version`},
		{`{"Rules":1}`, `policy: has no element "Rules": expected Id, Statement, Version`},
		{`{"Version":"2012-10-18","Statement":{"Effect":"Allow",` + rest + `}}`, `policy: Version: is "2012-10-18": expected 2012-10-17`},
		{`{"Version":20121017}`, `policy: Version: is 20121017: expected a string`},
		{`{"Version":null}`, `policy: Version: is null: expected a string`},
		{`{"Statement":"x"}`, `policy: Statement: is "x": expected a statement, or an array of statements`},
		{`{"Statement":["x"]}`, `policy: Statement[0]: is "x": expected an object`},
		{oneStatement(rest), `policy: Statement[0].Effect: is missing: expected Allow or Deny`},
		{oneStatement(`"Effect":"allow",` + rest), `policy: Statement[0].Effect: is "allow": expected Allow`},
		{oneStatement(`"Effect":"Permit",` + rest), `policy: Statement[0].Effect: is "Permit": expected Allow, Deny`},
		{oneStatement(`"Effect":"Allow","Effect":"Deny",` + rest), `policy: Statement[0].Effect: stands twice: expected each key once`},
		{oneStatement(`"Effect":"Allow","Resource":"*"`), `policy: Statement[0]: has no action: expected Action or NotAction`},
		{oneStatement(`"Effect":"Allow","NotAction":"s3:*",` + rest), `policy: Statement[0]: has Action and NotAction: expected one of the two`},
		{oneStatement(`"Effect":"Allow","NotResource":"*",` + rest), `policy: Statement[0]: has Resource and NotResource: expected one of the two`},
		{oneStatement(`"Effect":"Allow","Principal":"*","NotPrincipal":"*",` + rest), `policy: Statement[0]: has Principal and NotPrincipal: expected one of the two`},
		{oneStatement(`"Effect":"Allow","Action":[],"Resource":"*"`), `policy: Statement[0].Action: is an empty array: expected a value, or an array of at least one`},
		{oneStatement(`"Effect":"Allow","Action":["s3:GetObject",7],"Resource":"*"`), `policy: Statement[0].Action[1]: is 7: expected a string`},
		{oneStatement(`"Effect":"Allow","Action":"GetObject","Resource":"*"`), `policy: Statement[0].Action: is "GetObject": expected an action such as "s3:GetObject", or "*"`},
		{oneStatement(`"Effect":"Allow","Action":["s3:GetObject","s3:"],"Resource":"*"`), `policy: Statement[0].Action[1]: is "s3:": expected an action such as "s3:GetObject", or "*"`},
		{oneStatement(`"Effect":"Allow","Action":"s3:*","Resource":"my-bucket/*"`), `policy: Statement[0].Resource: is "my-bucket/*": expected an ARN such as "arn:aws:s3:::bucket/*", or "*"`},
		{oneStatement(`"Effect":"Allow","Principal":"123456789012",` + rest), `policy: Statement[0].Principal: is "123456789012": expected "*" or an object such as {"AWS": "arn:aws:iam::123456789012:role/name"}`},
		{oneStatement(`"Effect":"Allow","Principal":{},` + rest), `policy: Statement[0].Principal: is empty: expected AWS, Service, Federated or CanonicalUser in it`},
		{oneStatement(`"Effect":"Allow","Principal":{"Aws":"*"},` + rest), `policy: Statement[0].Principal: has no element "Aws": expected AWS`},
		{oneStatement(`"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:role/*"},` + rest), `policy: Statement[0].Principal.AWS: is "arn:aws:iam::123456789012:role/*": expected "*", the twelve digits of an account, or an ARN such as "arn:aws:iam::123456789012:role/name": a wildcard stands for a whole principal, never for a part of one`},
		{oneStatement(`"Effect":"Allow","Principal":{"AWS":["*","1234"]},` + rest), `policy: Statement[0].Principal.AWS[1]: is "1234": expected "*", the twelve digits of an account, or an ARN such as "arn:aws:iam::123456789012:role/name"`},
		{oneStatement(`"Effect":"Allow","Condition":[],` + rest), `policy: Statement[0].Condition: is an array: expected an object such as {"StringEquals": {"sts:ExternalId": "…"}}`},
		{oneStatement(`"Effect":"Allow","Condition":{"StringEquals":"x"},` + rest), `policy: Statement[0].Condition.StringEquals: is "x": expected an object such as {"sts:ExternalId": "…"}`},
		{oneStatement(`"Effect":"Allow","Condition":{"stringEquals":{"a:b":"x"}},` + rest), `policy: Statement[0].Condition.stringEquals: there is no operator "stringEquals": expected StringEquals`},
		{oneStatement(`"Effect":"Allow","Condition":{"StringEquals":{"a:b":{}}},` + rest), `policy: Statement[0].Condition.StringEquals.a:b: is an object: expected a string, a number or a boolean`},
		{oneStatement(`"Effect":"Allow","Condition":{"StringEquals":{"a:b":[]}},` + rest), `policy: Statement[0].Condition.StringEquals.a:b: is an empty array: expected a value, or an array of at least one`},
		{oneStatement(`"Effect":"Allow","Condition":{"StringEquals":{"ExternalId":"x"}},` + rest), `policy: Statement[0].Condition.StringEquals.ExternalId: "ExternalId" is no condition key: expected a key such as "aws:SourceIp", with the service before a colon`},
		{oneStatement(`"Effect":"Allow","Condition":{"Bool":{"a.b:c":["true","yes"]}},` + rest), `policy: Statement[0].Condition.Bool["a.b:c"][1]: is "yes": expected true or false`},
		{oneStatement(`"Effect":"Allow","Condition":{"Null":{"a:b":"yes"}},` + rest), `policy: Statement[0].Condition.Null.a:b[0]: is "yes": expected true or false`},
		{oneStatement(`"Effect":"Allow","Condition":{"IpAddress":{"aws:SourceIp":"203.0.113.0/33"}},` + rest), `policy: Statement[0].Condition.IpAddress.aws:SourceIp[0]: is "203.0.113.0/33": expected an IP address or a range such as 203.0.113.0/24`},
		{oneStatement(`"Effect":"Allow","Condition":{"NumericEquals":{"a:b":"1e9"}},` + rest), `policy: Statement[0].Condition.NumericEquals.a:b[0]: is "1e9": expected a number such as 100 or 2.5`},
		{oneStatement(`"Effect":"Allow","Condition":{"DateLessThan":{"a:b":"31.1.2026"}},` + rest), `policy: Statement[0].Condition.DateLessThan.a:b[0]: is "31.1.2026": expected a time such as 2026-01-31T15:04:05Z, or the seconds since 1970`},
		{oneStatement(`"Effect":"Allow","Condition":{"ArnLike":{"a:b":"role/x"}},` + rest), `policy: Statement[0].Condition.ArnLike.a:b[0]: is "role/x": expected an ARN such as arn:aws:iam::123456789012:role/name, with wildcards within its parts`},
		{oneStatement(`"Effect":"Allow","Condition":{"BinaryEquals":{"a:b":"%"}},` + rest), `policy: Statement[0].Condition.BinaryEquals.a:b[0]: is "%": expected Base64`},
		{`{"Statement":[{"Sid":"A","Effect":"Allow",` + rest + `},{"Sid":"A","Effect":"Deny",` + rest + `}]}`, `policy: Statement[1].Sid: is "A", which stands twice: expected one that no other statement has`},
		{strings.Repeat("[", 9000), `policy: [0][0][0][0][0][0]: is nested deeper than anything in a policy`},
		{strings.Repeat(" ", 70000), `policy: the policy has 70000 bytes: expected at most 20480, which is AWS's bound`},
		{oneStatement(`"Effect":"Allow","Condition":{"StringEquals":{"aws:SourceIp":"x","AWS:sourceip":"y"}},` + rest), `policy: Statement[0].Condition.StringEquals.aws:SourceIp: stands twice: keys are the same in either case: expected each key once`},
		{oneStatement(`"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::b/\ud83dx"`), `policy: there is half a character at byte 95: \ud83d: expected both halves, such as "\ud83d\ude00", or neither`},
		{oneStatement(`"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::b/\uDE00\ud83d"`), `policy: there is half a character at byte 95: \uDE00: expected both halves, such as "\ud83d\ude00", or neither`},
		{oneStatement(`"Effect":"Allow","Action":"*","Resource":"${aws:x}"`), `policy: Statement[0].Resource: is "${aws:x}": expected policy variables after the fifth colon only`},
		{oneStatement(`"Effect":"Allow","Action":"*","Principal":{"Service":["a.com",""]}`), `policy: Statement[0].Principal.Service[1]: is empty: expected the name of a service, an identity provider or a canonical user`},
		{"{\"a\\u001b\":1,\"a\\u001b\":1}", `policy: ["a\x1b"]: stands twice: expected each key once`},
	} {
		d, err := policy.Parse([]byte(test.text))
		var typed *policy.Error
		if !errors.As(err, &typed) || err.Error() != test.want {
			t.Errorf("%.100s\n got %v\nwant %s", test.text, err, test.want)
		}
		if diff := cmp.Diff(policy.Document{}, d); diff != "" {
			t.Errorf("%.100s: a document beside the error (-want +got)\n%s", test.text, diff)
		}
	}
}

func TestParseTakesWhatIAMTakes(t *testing.T) {
	for _, elements := range []string{
		`"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:*"`,
		`"Effect":"Allow","Action":"S3:*","Resource":"arn:aws:s3:::b*"`,
		`"Effect":"Allow","Action":"*","Resource":"arn:aws:sqs:us-east-2:*:${aws:username}-queue"`,
		`"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::b/\\ud800\ud83d\ude00\uD83D\uDE00\ue000"`,
		`"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":["AIDAEXAMPLEID1234567","arn:aws:sts::123456789012:assumed-role/x/y","arn:aws:iam:::user/x"]}`,
		`"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"ArnLike":{"aws:SourceArn":"${aws:PrincipalArn}"},"IpAddress":{"aws:SourceIp":["::1","203.0.113.7"]}}`,
	} {
		mustParse(t, oneStatement(elements))
	}
	const small = `{"Statement":{"Effect":"Allow","Action":"*"}}`
	mustParse(t, small+strings.Repeat(" ", 64<<10-len(small)))
	for _, elements := range []string{
		`"Effect":"Allow","Action":"*","Resource":"arn:aws:*"`,
		`"Effect":"Allow","Action":"*","Resource":"${aws:PrincipalTag/arn}"`,
		`"Effect":"Allow","Action":"*","Resource":"arn:aws:iam::${aws:PrincipalAccount}:user/x"`,
		`"Effect":"Allow","Action":"*","NotResource":"arn:${aws:username}:*"`,
		`"Effect":"Allow","Action":"s3","Resource":"*"`,
		`"Effect":"Allow","Action":"","Resource":"*"`,
		`"Effect":"Allow","Action":"s3:Get Object","Resource":"*"`,
		`"Effect":"Allow","Action":"s3:Get\u004fbjec\u0166","Resource":"*"`,
		`"Effect":"Allow","Action":"*","Resource":""`,
		`"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"${aws:SecureTransport}"}}`,
		`"Effect":"Allow","Action":"*","Resource":"*","Condition":{"NullIfExists":{"aws:x":"true"}}`,
		`"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:x":null}}`,
		`"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:x":[["a"]]}}`,
		`"Effect":"Allow","Action":["*",["*"]],"Resource":"*"`,
		`"Effect":["Allow"],"Action":"*","Resource":"*"`,
		`"Effect":"Allow","Action":"*","Resource":"*","Principals":"*"`,
		`"Effect":"Allow","Action":"*","Principal":{"CanonicalUser":""}`,
		`"Effect":"Allow","Action":"*","NotPrincipal":{"Service":["ec2.amazonaws.com",""]}`,
		`"Effect":"Allow","Action":"*","Principal":{"Federated":""}`,
		`"Effect":"Allow","Action":"*","Principal":["*"]`,
		`"Effect":"Allow","Action":"*","Principal":{"AWS":[]}`,
		`"Effect":"Allow","Action":"*","Resource":"arn:aws:s3::b"`,
		`"Effect":"Allow","Action":"*","Resource":"urn:aws:s3:::b"`,
		`"Effect":"Allow","Action":"*","Resource":"urn:aws:s3:*"`,
		`"Effect":"Allow","Action":"*","Principal":{"AWS":"arn:aws:iam::1234:role/x"}`,
		`"Effect":"Allow","Action":"*","Principal":{"AWS":"arn:aws:iam::123456789012:oidc-provider/x"}`,
		`"Effect":"Allow","Action":"*","Principal":{"AWS":"arn:aws:s3:::b"}`,
	} {
		if _, err := policy.Parse([]byte(oneStatement(elements))); err == nil {
			t.Errorf("%s is taken", elements)
		}
	}
}

// What a program may put into a document, and [policy.Parse] would not let through.
func TestValidateADocumentMadeByHand(t *testing.T) {
	statement := policy.Statement{Effect: policy.Allow, Action: []string{"s3:*"}, Resource: []string{"*"}}
	for want, change := range map[string]func(*policy.Statement){
		"Statement[0].Condition.StringNotEquals.aws:x: has no value: expected at least one value": func(s *policy.Statement) {
			s.Condition = policy.Conditions{"StringNotEquals": {"aws:x": nil}}
		},
		`Statement[0].Condition.StringEqual: there is no operator "StringEqual": expected StringEquals, `: func(s *policy.Statement) {
			s.Condition = policy.Conditions{"StringEqual": {"aws:x": {"y"}}}
		},
		"Statement[0]: has no action: expected Action or NotAction": func(s *policy.Statement) { s.Action = nil },
	} {
		s := statement
		change(&s)
		err := policy.Document{Statements: []policy.Statement{s}}.Validate()
		if err == nil || !strings.HasPrefix(err.Error(), "policy: "+want) {
			t.Errorf("Validate = %v, want %s", err, want)
		}
	}
}

func TestPoliciesOfIAMHaveNarrowNames(t *testing.T) {
	for _, test := range []struct {
		text string
		use  policy.Use
		want string
	}{
		{`{"Statement":{"Sid":"Read it","Effect":"Allow","Action":"s3:*","Resource":"*"}}`, policy.OfIdentity, `policy: Statement[0].Sid: is "Read it": expected letters and digits, as IAM's own policies have them`},
		{`{"Statement":{"Sid":"Read-it","Effect":"Allow","Action":"sts:*","Principal":"*"}}`, policy.OfRole, `policy: Statement[0].Sid: is "Read-it": expected letters and digits, as IAM's own policies have them`},
		{`{"Statement":{"Sid":"Read it","Effect":"Allow","Action":"s3:*","Resource":"*","Principal":"*"}}`, policy.OfResource, ""},
		{`{"Id":"x","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}`, policy.OfIdentity, `policy: Id: is "x": expected none in the policy of a user, role or session`},
		{`{"Id":"x","Statement":{"Effect":"Allow","Action":"sts:*","Principal":"*"}}`, policy.OfRole, ""},
	} {
		got := ""
		if err := mustParse(t, test.text).ValidateFor(test.use); err != nil {
			got = err.Error()
		}
		if got != test.want {
			t.Errorf("%s: %s, want %s", test.text, got, test.want)
		}
	}
}

func TestAPolicyIsForOneUse(t *testing.T) {
	identity := mustParse(t, oneStatement(`"Effect":"Allow","Action":"s3:*","Resource":"*"`))
	bucket := mustParse(t, oneStatement(`"Effect":"Allow","Action":"s3:*","Resource":"*","Principal":"*"`))
	trust := mustParse(t, oneStatement(`"Effect":"Allow","Action":"sts:AssumeRole","Principal":"*"`))
	bare := mustParse(t, oneStatement(`"Effect":"Allow","Action":"s3:*"`))
	for _, test := range []struct {
		d    policy.Document
		want [3]string // OfIdentity, OfResource, OfRole
	}{
		{identity, [3]string{"", "has no principal", "has no principal"}},
		{bucket, [3]string{"has a principal", "", "has a resource"}},
		{trust, [3]string{"has a principal", "has no resource", ""}},
		{bare, [3]string{"has no resource", "has no principal", "has no principal"}},
		{policy.Document{}, [3]string{"is missing or empty", "is missing or empty", "is missing or empty"}},
	} {
		for use, want := range test.want {
			err := test.d.ValidateFor(policy.Use(use))
			if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
				t.Errorf("%s for use %d: %v, want %q", test.d.JSON(), use, err, want)
			}
		}
	}
}

// Whatever is read can be printed and read again as the same, and evaluated.
func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("testdata/*/*.json")
	if err != nil || len(files) == 0 {
		f.Fatalf("no seeds: %v", err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte(`{"Statement":{"Effect":"Deny","NotAction":"*","NotPrincipal":"*","Condition":{"ArnLike":{"a:${b":"${"}}}}`))
	f.Add([]byte(`{"Statement":{"Effect":"Allow","Action":"*","Condition":{}}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		d, err := policy.Parse(text)
		if err != nil {
			var typed *policy.Error
			if !errors.As(err, &typed) {
				t.Errorf("the error %v is no *policy.Error", err)
			}
			return
		}
		again, err := policy.Parse(d.JSON())
		if err != nil {
			t.Fatalf("%s is not read again: %v", d.JSON(), err)
		}
		if diff := cmp.Diff(d, again); diff != "" {
			t.Errorf("printed and read again (-want +got)\n%s", diff)
		}
		d.Decide(policy.Request{Principal: "arn:aws:iam::123456789012:user/a", Action: "s3:GetObject", Resource: "arn:aws:s3:::b/k",
			Context: map[string][]string{"aws:SourceIp": {"203.0.113.1"}}})
		policy.CheckTrust(d)
	})
}
