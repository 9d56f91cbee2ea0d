package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/sigvier/sigvier/sts/policy"
)

// checkedRole is what "sigvier role --check --json" prints.
type checkedRole struct {
	Dangerous bool             `json:"dangerous"`
	Findings  []policy.Finding `json:"findings"`
}

// checkRole judges a trust policy that is there already. What is none is an error of
// usage, so that exit code 1 is what is dangerous, and nothing else.
func (a *app) checkRole(ctx context.Context, f roleFlags) error {
	text, err := a.readRequest(ctx, f.check)
	if err != nil {
		return usageError("--check: " + err.Error())
	}
	d, own, err := parseTrust(text)
	if err != nil {
		return usageError("--check " + f.check + ": " + err.Error())
	}
	if f.roleAccount != "" {
		own = append(own, f.roleAccount)
	}
	out := checkedRole{Findings: append([]policy.Finding{}, policy.CheckTrust(d, own...)...)} // [] in JSON, not null
	out.Dangerous = slices.ContainsFunc(out.Findings, func(f policy.Finding) bool { return f.Severity == policy.Danger })
	if err := a.result(out, out.text()); err != nil {
		return err
	}
	if out.Dangerous {
		return reported(exitFailed)
	}
	return nil
}

// parseTrust reads a trust policy: as it is, as "aws iam get-role" prints it, which
// names the role's own account too, and as IAM's API gives it, percent-encoded (IAM
// API Reference, "GetRole").
func parseTrust(text []byte) (d policy.Document, own []string, err error) {
	text = decoded(bytes.TrimPrefix(text, []byte("\ufeff")))
	type role struct {
		Arn                      string
		AssumeRolePolicyDocument json.RawMessage
	}
	var answer struct {
		Role role
		role // the answer with --query Role
	}
	if json.Unmarshal(text, &answer) == nil {
		r := answer.Role
		if r.AssumeRolePolicyDocument == nil {
			r = answer.role
		}
		if r.AssumeRolePolicyDocument != nil {
			text = decoded(r.AssumeRolePolicyDocument)
		}
		if p := strings.Split(r.Arn, ":"); len(p) == 6 && accountID.MatchString(p[4]) {
			own = []string{p[4]}
		}
	}
	d, err = policy.Parse(text)
	return d, own, err
}

// decoded takes a policy out of a JSON string and out of its encoding for URLs, if it
// is in either.
func decoded(text []byte) []byte {
	var inner *string // nil after null, which is no string
	if json.Unmarshal(text, &inner) == nil && inner != nil {
		text = []byte(*inner)
	}
	if trimmed := bytes.TrimSpace(text); bytes.HasPrefix(trimmed, []byte("%")) {
		if plain, err := url.PathUnescape(string(trimmed)); err == nil {
			text = []byte(plain)
		}
	}
	return text
}

// text is for people, one finding after the other.
func (c checkedRole) text() string {
	if len(c.Findings) == 0 {
		return "nothing to say against this trust policy"
	}
	var lines []string
	for _, f := range c.Findings {
		lines = append(lines, fmt.Sprintf("%s: %s: %s\n  %s", f.Severity, printable(f.Path), printable(f.Problem), printable(f.Advice)))
	}
	return strings.Join(lines, "\n")
}
