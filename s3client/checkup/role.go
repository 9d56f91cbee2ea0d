package checkup

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/sigvier/sigvier/sts"
	"github.com/sigvier/sigvier/sts/policy"
)

// checkRole assumes the role as the connection itself does.
func (r *run) checkRole(ctx context.Context) string {
	if !r.isRole() {
		r.add(Check{Name: Role, Status: Skipped, Found: "there is none: the connection has an access key"})
		return ""
	}
	if r.wrongRegion {
		r.add(Check{Name: Role, Status: Skipped, Found: "the region is wrong"})
		return ""
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	in := r.form.AssumeRoleInput()
	out, err := r.sts.AssumeRole(ctx, in)
	if err != nil && in.Policy != "" && apiError(err) != nil && !errors.Is(err, sts.ErrAccessDenied) {
		// Perhaps it is the policy alone that is not taken.
		in.Policy = ""
		if without, again := r.sts.AssumeRole(ctx, in); again == nil {
			out, err, r.noPolicy = without, nil, err
		}
	}
	if err != nil {
		r.add(r.notAssumed(err))
		return "the role is not assumed"
	}
	r.assumed, r.session = out, out.Credentials
	r.conceal(r.session.SecretAccessKey(), r.session.SessionToken())
	left := r.session.Expires.Sub(r.opts.Now()).Round(time.Minute)
	r.add(Check{Name: Role, Status: OK, Found: fmt.Sprintf("%s until %s (%s)",
		cmp.Or(out.AssumedRoleARN, r.form.IAMRoleARN), r.session.Expires.UTC().Format(time.RFC3339), minutes(left))})
	return ""
}

func minutes(d time.Duration) string { return fmt.Sprintf("%d minutes", d/time.Minute) }

// notAssumed says what may be wrong. STS does not tell a wrong external ID from
// any other reason not to be trusted, on purpose.
func (r *run) notAssumed(err error) Check {
	c := Check{Name: Role, Status: Failed}
	c.Found, c.Service = say(err)
	api := apiError(err)
	switch {
	case errors.Is(err, sts.ErrAccessDenied):
		c.Cause = Denied
		c.Found = "denied: the role does not trust these credentials"
		own := Missing{"a policy of " + cmp.Or(r.caller.ARN, "the base credentials"),
			policy.Missing(policy.Request{Action: "sts:AssumeRole", Resource: r.form.IAMRoleARN})}
		if strings.Contains(api.Message, "identity-based policy") {
			c.Found = "denied: these credentials may not assume roles"
			c.Missing = []Missing{own}
			return c
		}
		if r.form.ExternalID == "" {
			c.Advice = append(c.Advice, "the role may demand an external ID, and the form has none: ask the role's owner")
		} else {
			c.Found += ", or demands another external ID"
			c.Advice = append(c.Advice, "compare the form's external ID with the one in the role's trust policy, letter by letter")
		}
		c.Advice = append(c.Advice, "check the role's ARN, and that its trust policy names these credentials")
		c.Missing = []Missing{{"the trust policy of " + r.form.IAMRoleARN, r.trust()}}
		if r.caller.Account != "" && r.caller.Account != accountOf(r.form.IAMRoleARN) {
			c.Advice = append(c.Advice, "the role is another account's, so both sides must allow it")
			c.Missing = append(c.Missing, own)
		}
	case refusesCredentials(err):
		c.Cause = Denied
		c.Advice = credentialAdvice(api)
	case errors.Is(err, sts.ErrRegionDisabled):
		c.Advice = []string{"an administrator of the account can activate STS in this region: IAM, Account settings"}
	case api != nil && strings.Contains(api.Message, "DurationSeconds"):
		c.Advice = []string{"set duration_seconds to no more than the role's maximum session duration (3600 when the base credentials are a role's themselves)"}
	}
	return c
}
