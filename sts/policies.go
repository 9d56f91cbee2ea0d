package sts

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"unicode/utf8"
)

// Session policies (IAM User Guide, "Policies and permissions in IAM", Session
// policies). What they may hold is for IAM to judge; their form is checked here.

const (
	maxPolicyARNs = 10 // "AssumeRole", PolicyArns: up to 10
	// Inline policy and ARNs together have this many characters at most ("IAM and
	// AWS STS quotas", IAM and STS character limits). What they take packed is
	// bounded, too, but that STS alone can tell: [ErrPackedPolicyTooLarge].
	maxPolicies = 2048
)

// checkPolicies checks "AssumeRole", Policy: [\u0009\u000A\u000D\u0020-\u00FF]+,
// and PolicyArns.
func checkPolicies(policy string, arns []string) error {
	var errs []error
	bad := func(field, problem string) {
		errs = append(errs, &InputError{Field: field, Problem: problem})
	}
	if policy != "" {
		i := strings.IndexFunc(policy, func(r rune) bool {
			return r > 0xFF || r < ' ' && r != '\t' && r != '\n' && r != '\r'
		})
		switch {
		case i >= 0 || !utf8.ValidString(policy):
			bad("Policy", `has a character that is none of tab, line feed, carriage return and U+0020 to U+00FF: write it as \u and four hexadecimal digits`)
		case !json.Valid([]byte(policy)) || !strings.HasPrefix(strings.TrimLeft(policy, " \t\r\n"), "{"):
			bad("Policy", `is no JSON object: expecting {"Version": "2012-10-17", "Statement": …}`)
		}
	}
	if len(arns) > maxPolicyARNs {
		bad("PolicyArns", fmt.Sprintf("are %d: expecting %d at most", len(arns), maxPolicyARNs))
	}
	size := utf8.RuneCountInString(policy)
	for i, arn := range arns {
		if problem := policyARNProblem(arn); problem != "" {
			bad(member("PolicyArns", i, "arn"), problem)
		}
		size += utf8.RuneCountInString(arn)
	}
	if size > maxPolicies {
		bad("Policy", fmt.Sprintf("and PolicyArns have %d characters together: expecting %d at most", size, maxPolicies))
	}
	return errors.Join(errs...)
}

// policyARNProblem checks arn:PARTITION:iam::ACCOUNT:policy/[PATH/]NAME ("IAM
// identifiers", IAM ARNs). The account may be AWS itself; MinIO and Ceph leave it
// out.
func policyARNProblem(arn string) string {
	if problem := lengthOfARN(arn, "arn:aws:iam::ACCOUNT:policy/NAME"); problem != "" {
		return problem
	}
	p := strings.SplitN(arn, ":", 6)
	name, isPolicy := strings.CutPrefix(p[len(p)-1], "policy/")
	if len(p) < 6 || p[0] != "arn" || !isPartition(p[1]) || p[2] != "iam" || p[3] != "" ||
		p[4] != "" && p[4] != "aws" && !isAccountID(p[4]) || !isPolicy || !isPathAndName(name) {
		return fmt.Sprintf("%q is no managed policy's: expecting arn:aws:iam::ACCOUNT:policy/NAME", arn)
	}
	return ""
}

func setPolicies(params url.Values, policy string, arns []string) {
	setIf(params, "Policy", policy)
	for i, arn := range arns {
		params.Set(member("PolicyArns", i, "arn"), arn)
	}
}
