package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/sigvier/sigvier/sts/policy"
)

// checkedRole is what "sigvier role --check --json" prints.
type checkedRole struct {
	Dangerous bool             `json:"dangerous"`
	Findings  []policy.Finding `json:"findings"`
}

// checkRole judges a trust policy that is there already.
func (a *app) checkRole(ctx context.Context, f roleFlags) error {
	text, err := a.readRequest(ctx, f.check)
	if err != nil {
		return err
	}
	d, own, err := parseTrust(text)
	if err != nil {
		return err
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

// parseTrust reads a trust policy, also within what "aws iam get-role" prints, which
// names the role's own account too.
func parseTrust(text []byte) (d policy.Document, own []string, err error) {
	var answer struct {
		Role struct {
			Arn                      string
			AssumeRolePolicyDocument json.RawMessage
		}
	}
	if json.Unmarshal(text, &answer) == nil && len(answer.Role.AssumeRolePolicyDocument) > 0 {
		text = answer.Role.AssumeRolePolicyDocument
		if p := strings.Split(answer.Role.Arn, ":"); len(p) == 6 && accountID.MatchString(p[4]) {
			own = []string{p[4]}
		}
	}
	d, err = policy.Parse(text)
	return d, own, err
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
