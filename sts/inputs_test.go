package sts_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sigvier/sigvier/sts"
)

const policy = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::example-reports/daily/*"}]}`

// paddedPolicy has n characters.
func paddedPolicy(n int) string { return policy + strings.Repeat(" ", n-len(policy)) }

func manyTags(n int) []sts.Tag {
	tags := make([]sts.Tag, n)
	for i := range tags {
		tags[i].Key = fmt.Sprint("key ", i)
	}
	return tags
}

func manyARNs(n int) []string {
	arns := make([]string, n)
	for i := range arns {
		arns[i] = fmt.Sprintf("arn:aws:iam::aws:policy/%d", i)
	}
	return arns
}

// What each operation takes and refuses, with all that is said of it.
func TestInputsAreChecked(t *testing.T) {
	with := func(change func(*sts.AssumeRoleInput)) func() error {
		in := role
		change(&in)
		return in.Check
	}
	web := func(change func(*sts.AssumeRoleWithWebIdentityInput)) func() error {
		in := webRole
		change(&in)
		return in.Check
	}
	code := sts.Fixed("123456")
	type R = *sts.AssumeRoleInput
	type W = *sts.AssumeRoleWithWebIdentityInput
	for _, test := range []struct {
		name  string
		check func() error
		want  []string
	}{
		{"policy", with(func(in R) { in.Policy = policy }), nil},
		{"policy with blanks around and letters of Latin-1", with(func(in R) { in.Policy = "\t\r\n " + strings.Replace(policy, "daily", "täglich\x7fÿ", 1) + "\n" }), nil},
		{"policy of the full size", with(func(in R) { in.Policy = paddedPolicy(2048) }), nil},
		{"policy of the full size in characters, not bytes", with(func(in R) { in.Policy = strings.Replace(paddedPolicy(2048), "daily", "täglä", 1) }), nil},
		{"policy too large", with(func(in R) { in.Policy = paddedPolicy(2049) }), []string{"Policy and PolicyArns have 2049 characters together: expecting 2048 at most"}},
		{"policy and ARNs too large", with(func(in R) { in.Policy, in.PolicyARNs = paddedPolicy(2000), manyARNs(2) }), []string{"Policy and PolicyArns have 2050 characters together: expecting 2048 at most"}},
		{"policy that is no JSON", with(func(in R) { in.Policy = policy[:40] }), []string{`Policy is no JSON object: expecting {"Version": "2012-10-17", "Statement": …}`}},
		{"policy that is no object", with(func(in R) { in.Policy = `[]` }), []string{`Policy is no JSON object: expecting {"Version": "2012-10-17", "Statement": …}`}},
		{"policy beyond Latin-1", with(func(in R) { in.Policy = strings.Replace(policy, "daily", "Ā", 1) }),
			[]string{`Policy has a character that is none of tab, line feed, carriage return and U+0020 to U+00FF: write it as \u and four hexadecimal digits`}},
		{"policy that is no UTF-8", with(func(in R) { in.Policy = strings.Replace(policy, "daily", "\xe4", 1) }),
			[]string{`Policy has a character that is none of tab, line feed, carriage return and U+0020 to U+00FF: write it as \u and four hexadecimal digits`}},
		{"policy with a control character", with(func(in R) { in.Policy = policy + "\v" }),
			[]string{`Policy has a character that is none of tab, line feed, carriage return and U+0020 to U+00FF: write it as \u and four hexadecimal digits`}},
		{"policy ARNs", with(func(in R) {
			in.PolicyARNs = []string{"arn:aws:iam::aws:policy/ReadOnlyAccess", "arn:aws-cn:iam::123456789012:policy/a/b/_+=,.@-", "arn:minio:iam:::policy/x"}
		}), nil},
		{"ten policy ARNs", with(func(in R) { in.PolicyARNs = manyARNs(10) }), nil},
		{"eleven policy ARNs", with(func(in R) { in.PolicyARNs = manyARNs(11) }), []string{"PolicyArns are 11: expecting 10 at most"}},
		{"policy ARNs that are none", with(func(in R) {
			in.PolicyARNs = []string{"", "arn:aws:iam::aws:policy/ReadOnlyAccess", roleARN, "arn:aws:iam::aws:policy/path/", "arn:aws:iam::12345678901:policy/x", "arn:aws:s3::123456789012:policy/x", "arn:aws:iam:eu-central-1:123456789012:policy/x", "arn::iam::123456789012:policy/x", strings.Repeat("policy/", 3)}
		}), []string{
			`PolicyArns.member.1.arn has 0 characters, not 20 to 2048: expecting arn:aws:iam::ACCOUNT:policy/NAME`,
			`PolicyArns.member.3.arn "arn:aws:iam::123456789012:role/demo" is no managed policy's: expecting arn:aws:iam::ACCOUNT:policy/NAME`,
			`PolicyArns.member.4.arn "arn:aws:iam::aws:policy/path/" is no managed policy's: expecting arn:aws:iam::ACCOUNT:policy/NAME`,
			`PolicyArns.member.5.arn "arn:aws:iam::12345678901:policy/x" is no managed policy's: expecting arn:aws:iam::ACCOUNT:policy/NAME`,
			`PolicyArns.member.6.arn "arn:aws:s3::123456789012:policy/x" is no managed policy's: expecting arn:aws:iam::ACCOUNT:policy/NAME`,
			`PolicyArns.member.7.arn "arn:aws:iam:eu-central-1:123456789012:policy/x" is no managed policy's: expecting arn:aws:iam::ACCOUNT:policy/NAME`,
			`PolicyArns.member.8.arn "arn::iam::123456789012:policy/x" is no managed policy's: expecting arn:aws:iam::ACCOUNT:policy/NAME`,
			`PolicyArns.member.9.arn "policy/policy/policy/" is no managed policy's: expecting arn:aws:iam::ACCOUNT:policy/NAME`,
		}},
		{"policy ARN too long", with(func(in R) { in.PolicyARNs = []string{"arn:aws:iam::aws:policy/" + strings.Repeat("a", 2025)} }), []string{
			`PolicyArns.member.1.arn has 2049 characters, not 20 to 2048: expecting arn:aws:iam::ACCOUNT:policy/NAME`,
			`Policy and PolicyArns have 2049 characters together: expecting 2048 at most`,
		}},

		{"tags", with(func(in R) {
			in.Tags = []sts.Tag{{"Cost Center", "_.:/=+-@ 09 azAZ"}, {"Größe", "日本\u3000語²"}, {"k", ""}, {strings.Repeat("ä", 128), strings.Repeat("ä", 256)}, {"x aws:", "AWS:x"}}
			in.TransitiveTagKeys = []string{"cost center", "K"}
		}), nil},
		{"fifty tags", with(func(in R) {
			in.Tags = manyTags(50)
			for _, tag := range in.Tags {
				in.TransitiveTagKeys = append(in.TransitiveTagKeys, tag.Key)
			}
		}), nil},
		{"too many tags", with(func(in R) {
			in.Tags = manyTags(51)
			for _, tag := range in.Tags {
				in.TransitiveTagKeys = append(in.TransitiveTagKeys, tag.Key)
			}
		}), []string{"Tags are 51: expecting 50 at most", "TransitiveTagKeys are 51: expecting 50 at most"}},
		{"tags that are none", with(func(in R) {
			in.Tags = []sts.Tag{{"", "x"}, {"a&b", "c#d"}, {strings.Repeat("a", 129), strings.Repeat("a", 257)}, {"aws:a", "aws:b"}, {"tab\t", "\xff"}, {"Aws:c", ""}}
		}), []string{
			`Tags.member.1.Key has a length of 0: expecting 1 to 128`,
			`Tags.member.2.Key "a&b" has a character that is none of letters, digits, blanks and _.:/=+-@`,
			`Tags.member.2.Value "c#d" has a character that is none of letters, digits, blanks and _.:/=+-@`,
			`Tags.member.3.Key has a length of 129: expecting 1 to 128`,
			`Tags.member.3.Value has a length of 257: expecting 0 to 256`,
			`Tags.member.4.Key "aws:a" begins with aws:, which is reserved`,
			`Tags.member.4.Value "aws:b" begins with aws:, which is reserved`,
			`Tags.member.5.Key "tab\t" has a character that is none of letters, digits, blanks and _.:/=+-@`,
			`Tags.member.5.Value "\xff" has a character that is none of letters, digits, blanks and _.:/=+-@`,
			`Tags.member.6.Key "Aws:c" begins with aws:, which is reserved`,
		}},
		{"tags of the same key", with(func(in R) { in.Tags = []sts.Tag{{"Department", "a"}, {"b", ""}, {"department", "c"}} }),
			[]string{`Tags.member.3.Key "department" is there twice: expecting each key once, in upper or lower case`}},
		{"transitive keys of no tag", with(func(in R) { in.Tags, in.TransitiveTagKeys = []sts.Tag{{"a", ""}}, []string{"b", "A", ""} }),
			[]string{`TransitiveTagKeys.member.1 "b" is no key of Tags`, `TransitiveTagKeys.member.3 "" is no key of Tags`}},

		{"source identity", with(func(in R) { in.SourceIdentity = "azAZ09_+=,.@-" }), nil},
		{"source identity that is AWS's", with(func(in R) { in.SourceIdentity = "aws:x" }), []string{"SourceIdentity has ':' at position 4: expecting letters, digits and _+=,.@-"}},
		{"MFA", with(func(in R) { in.MFASerial, in.MFACode = mfaSerial, code }), nil},
		{"MFA with a hardware device", with(func(in R) { in.MFASerial, in.MFACode = "GAHT12345678", code }), nil},
		{"MFA with a bad serial", with(func(in R) { in.MFASerial, in.MFACode = "GAHT 12345678", code }), []string{"SerialNumber has ' ' at position 5: expecting letters, digits and _+=/:,.@-"}},
		{"MFA without a code", with(func(in R) { in.MFASerial = "short" }), []string{
			"SerialNumber has a length of 5: expecting 9 to 256",
			"TokenCode is missing, but there is an MFA serial number: expecting a function that gives the device's code",
		}},
		{"MFA without a serial", with(func(in R) { in.MFACode = code }), []string{
			"SerialNumber is empty, but there is an MFA code: expecting the device's serial number, or arn:aws:iam::ACCOUNT:mfa/NAME",
		}},
		{"contexts", with(func(in R) {
			in.Contexts = []sts.ProvidedContext{{"short", nil}, {"arn:aws:iam::aws:contextProvider/IdentityCenter", code}, {"xarn:aws:iam::aws:contextProvider/x", code}, {"arn:aws:iam::aws:context Provider", code}, {"arn:" + strings.Repeat("ä", 2045), code}, {}}
		}), []string{
			"ProvidedContexts are 6: expecting 5 at most",
			"ProvidedContexts.member.1.ProviderArn has 5 characters, not 20 to 2048: expecting arn:aws:iam::aws:contextProvider/NAME",
			"ProvidedContexts.member.1.ContextAssertion is nil: expecting a function that gives it",
			`ProvidedContexts.member.3.ProviderArn "xarn:aws:iam::aws:contextProvider/x" is no ARN: expecting arn:aws:iam::aws:contextProvider/NAME`,
			`ProvidedContexts.member.4.ProviderArn "arn:aws:iam::aws:context Provider" is no ARN: expecting arn:aws:iam::aws:contextProvider/NAME`,
			"ProvidedContexts.member.5.ProviderArn has 2049 characters, not 20 to 2048: expecting arn:aws:iam::aws:contextProvider/NAME",
			"ProvidedContexts.member.6.ProviderArn has 0 characters, not 20 to 2048: expecting arn:aws:iam::aws:contextProvider/NAME",
			"ProvidedContexts.member.6.ContextAssertion is nil: expecting a function that gives it",
		}},
		{"everything at once", sts.AssumeRoleInput{ExternalID: "#", Duration: time.Second, Policy: "{", Tags: []sts.Tag{{}}, SourceIdentity: "x", MFACode: code, Contexts: make([]sts.ProvidedContext, 1)}.Check, []string{
			"RoleArn is empty: expecting arn:aws:iam::ACCOUNT:role/NAME",
			"ExternalId has a length of 1: expecting 2 to 1224",
			"RoleSessionName has a length of 0: expecting 2 to 64",
			"DurationSeconds is 1s: expecting whole seconds, 900 (15 minutes) to 43200 (12 hours)",
			`Policy is no JSON object: expecting {"Version": "2012-10-17", "Statement": …}`,
			"Tags.member.1.Key has a length of 0: expecting 1 to 128",
			"SourceIdentity has a length of 1: expecting 2 to 64",
			"SerialNumber is empty, but there is an MFA code: expecting the device's serial number, or arn:aws:iam::ACCOUNT:mfa/NAME",
			"ProvidedContexts.member.1.ProviderArn has 0 characters, not 20 to 2048: expecting arn:aws:iam::aws:contextProvider/NAME",
			"ProvidedContexts.member.1.ContextAssertion is nil: expecting a function that gives it",
		}},

		{"web identity", web(func(in W) {}), nil},
		{"web identity with a provider", web(func(in W) { in.ProviderID = "graph.facebook.com" }), nil},
		{"web identity with the URL of a provider", web(func(in W) { in.ProviderID = "https://www.amazon.com" }),
			[]string{`ProviderId "https://www.amazon.com" has a scheme, port or path: expecting a host such as www.amazon.com`}},
		{"web identity with a port", web(func(in W) { in.ProviderID = "www.amazon.com:443" }),
			[]string{`ProviderId "www.amazon.com:443" has a scheme, port or path: expecting a host such as www.amazon.com`}},
		{"web identity with a short provider", web(func(in W) { in.ProviderID = "a.b" }), []string{`ProviderId has a length of 3: expecting 4 to 2048`}},
		{"web identity of nothing", sts.AssumeRoleWithWebIdentityInput{Duration: 13 * time.Hour, Policy: "x", PolicyARNs: []string{"x"}}.Check, []string{
			"RoleArn is empty: expecting arn:aws:iam::ACCOUNT:role/NAME",
			"RoleSessionName has a length of 0: expecting 2 to 64",
			"WebIdentityToken is nil: expecting a function that gives the identity provider's token",
			"DurationSeconds is 13h0m0s: expecting whole seconds, 900 (15 minutes) to 43200 (12 hours)",
			`Policy is no JSON object: expecting {"Version": "2012-10-17", "Statement": …}`,
			"PolicyArns.member.1.arn has 1 characters, not 20 to 2048: expecting arn:aws:iam::ACCOUNT:policy/NAME",
		}},

		{"session token", sts.GetSessionTokenInput{}.Check, nil},
		{"session token for 15 minutes", sts.GetSessionTokenInput{Duration: 15 * time.Minute}.Check, nil},
		{"session token for 36 hours", sts.GetSessionTokenInput{Duration: 36 * time.Hour}.Check, nil},
		{"session token for less", sts.GetSessionTokenInput{Duration: 899 * time.Second}.Check,
			[]string{"DurationSeconds is 14m59s: expecting whole seconds, 900 (15 minutes) to 129600 (36 hours)"}},
		{"session token for more, with half an MFA", sts.GetSessionTokenInput{Duration: 36*time.Hour + time.Second, MFASerial: mfaSerial}.Check, []string{
			"DurationSeconds is 36h0m1s: expecting whole seconds, 900 (15 minutes) to 129600 (36 hours)",
			"TokenCode is missing, but there is an MFA serial number: expecting a function that gives the device's code",
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := test.check()
			var got []string
			if err != nil {
				got = strings.Split(err.Error(), "\n")
			}
			for i, line := range got {
				got[i] = strings.TrimPrefix(line, "sts: ")
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
			if err != nil && !errors.Is(err, sts.ErrInput) {
				t.Errorf("%v does not match ErrInput", err)
			}
			if len(fields(err)) != len(test.want) {
				t.Errorf("%v: %d InputErrors, want %d", err, len(fields(err)), len(test.want))
			}
		})
	}
}
