package checkup

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"time"

	"github.com/sigvier/sigvier/sts"
	"github.com/sigvier/sigvier/sts/policy"
)

// theExternalID stands for it where a statement is shown.
const theExternalID = "THE-EXTERNAL-ID-OF-THIS-CONNECTION"

// trust is the statement by which the role trusts whoever has these credentials,
// with an external ID.
func (r *run) trust() policy.Statement {
	return policy.Trust{Partition: r.partition(), AccountID: cmp.Or(r.caller.Account, "YOUR-ACCOUNT-ID"), ExternalID: theExternalID}.Document().Statements[0]
}

// checkExternalID is the confused deputy: whoever can have this service assume
// roles can name this one, so that only the external ID keeps him out (IAM User
// Guide, "The confused deputy problem").
func (r *run) checkExternalID(ctx context.Context) string {
	switch {
	case !r.isRole():
		r.add(Check{Name: ExternalID, Status: Skipped, Found: "there is no role"})
		return ""
	case r.wrongRegion:
		r.add(Check{Name: ExternalID, Status: Skipped, Found: "the region is wrong"})
		return ""
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	random, err := policy.NewExternalID(nil)
	if err != nil {
		r.add(Check{Name: ExternalID, Status: Warning, Found: err.Error()})
		return ""
	}
	var letIn []string
	for _, trial := range []struct{ id, how string }{{"", "without any"}, {random, "with a random one"}} {
		if trial.id == "" && r.form.ExternalID == "" {
			letIn = append(letIn, trial.how) // as checkRole has seen
			continue
		}
		err := r.tryExternalID(ctx, trial.id)
		switch {
		case err == nil:
			letIn = append(letIn, trial.how)
		case !errors.Is(err, sts.ErrAccessDenied):
			c := Check{Name: ExternalID, Status: Warning}
			c.Found, c.Service = say(err)
			c.Found = "the trial " + trial.how + " gave neither yes nor no: " + c.Found
			r.add(c)
			return ""
		}
	}
	r.add(r.judgeExternalID(letIn))
	return ""
}

// tryExternalID assumes the role for a session that may do nothing, and forgets it.
func (r *run) tryExternalID(ctx context.Context, id string) error {
	in := r.form.AssumeRoleInput()
	in.ExternalID, in.Policy = id, ""
	in.Duration = 15 * time.Minute // STS gives no shorter one
	if !r.form.NoSessionPolicy && r.noPolicy == nil {
		in.Policy = string(policy.Document{Version: policy.Version, Statements: []policy.Statement{
			{Effect: policy.Deny, Action: []string{"*"}, Resource: []string{"*"}}}}.JSON())
	}
	out, err := r.sts.AssumeRole(ctx, in)
	r.conceal(out.Credentials.SecretAccessKey(), out.Credentials.SessionToken())
	return err
}

func (r *run) judgeExternalID(letIn []string) Check {
	c := Check{Name: ExternalID}
	if len(letIn) == 0 {
		c.Status, c.Found = OK, "needed: without it, and with a random one, the role is not to be had"
		return c
	}
	how := strings.Join(letIn, ", and ")
	switch {
	case r.assumed.AssumedRoleARN == "": // as MinIO, whose roles are none
		c.Status, c.Found = Warning, "not looked at: the service gives a session "+how
		c.Advice = []string{"do not count on the external ID with this service"}
		return c
	case r.form.ExternalID == "":
		c.Status = Warning
	default:
		c.Status = Failed
	}
	c.Found = "THE ROLE LETS ANYBODY IN: it was assumed " + how
	if r.form.ExternalID == "" && r.caller.Account != "" && r.caller.Account == accountOf(r.form.IAMRoleARN) {
		// Others of the account are no strangers; what strangers get is not seen from here.
		c.Found = "THE ROLE LETS ANYBODY IN, as far as its own account sees: it was assumed " + how
		c.Advice = []string{"that is usual if nobody outside the account is to assume it, and its trust policy names the account: \"sigvier role --check\" judges it"}
		return c
	}
	c.Advice = []string{"whoever else uses the program or service that has these credentials, and knows or guesses the role's ARN, reaches the data through it (the confused deputy): demand the external ID in the role's trust policy"}
	if r.form.ExternalID == "" {
		c.Advice = append(c.Advice, `"sigvier role" makes a fresh external ID, and the policies with it`)
	}
	c.Missing = []Missing{{"the trust policy of " + r.form.IAMRoleARN + ", in place of what allows it now", r.trust()}}
	return c
}
