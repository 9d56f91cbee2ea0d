package checkup

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/sigv4/sigv4http"
	"github.com/sigvier/sigvier/sts/policy"
)

// refused is the check of an operation that failed, with the statement that would
// allow its action.
func (r *run) refused(name, action string, err error) Check {
	c := Check{Name: name, Status: Failed}
	c.Found, c.Service = say(err)
	api := apiError(err)
	switch {
	case isAccessDenied(err):
		c.Cause = Denied
		r.explain(&c, action, api.Message)
	case errors.Is(err, s3client.ErrRestricted):
		c.Found = "the form's own restrictions keep it out: " + err.Error()
	case errors.Is(err, s3client.ErrNotFound):
		c.Cause = NotFound
	case errors.Is(err, s3client.ErrDenied):
		c.Cause = Denied
		c.Advice = credentialAdvice(api)
	}
	return c
}

// AWS says in a denial what was denied, and which kind of policy it was (IAM User
// Guide, "Troubleshoot access denied error messages").
var denial = regexp.MustCompile(`is not authorized to perform: ([A-Za-z0-9-]+:[A-Za-z0-9]+)(?: on resource: "?([^" ]+)"?)?`)

// deniedAction is what was denied, by the service's words, "" if it does not say.
func deniedAction(err error) string {
	if api := apiError(err); api != nil {
		if m := denial.FindStringSubmatch(api.Message); m != nil {
			return m[1]
		}
	}
	return ""
}

// otherPolicies are the kinds that are not of the caller's, by the words for them
// in a denial. Some say whom they allow something.
var otherPolicies = [...]struct {
	words, name string
	principal   bool
}{
	{"service control policy", "the organization's service control policies", false},
	{"resource control policy", "the organization's resource control policies", true},
	{"VPC endpoint policy", "the policy of the VPC endpoint", true},
	{"permissions boundary", "the permissions boundary of the user or role", false},
	{"resource-based policy", theBucketsPolicy, true},
}

const theBucketsPolicy = "the bucket's policy"

// explain fills in what is missing.
func (r *run) explain(c *Check, action, message string) {
	resource := ""
	if m := denial.FindStringSubmatch(message); m != nil {
		action, resource = m[1], m[2]
	}
	c.Found = "denied: " + action
	place, principal := "the permission policy of "+r.form.IAMRoleARN, false
	if !r.isRole() {
		place = "a policy of " + cmp.Or(r.caller.ARN, "the access key's user")
	}
	for _, other := range otherPolicies {
		if strings.Contains(message, other.words) {
			place, principal = other.name, other.principal
		}
	}
	isKey := strings.HasPrefix(action, "kms:") && place == theBucketsPolicy
	if isKey {
		place = "the key policy of " + resource
	}
	if strings.Contains(message, "explicit deny") {
		c.Advice = []string{"a statement with the effect Deny forbids it, in " + place + " by the service's words: no Allow helps against it; change its condition, or remove it"}
		return
	}
	if strings.Contains(message, "no session policy allows") {
		c.Advice = []string{"the session policy that this client sends leaves it out: it follows from restrict_to_bucket, restrict_to_path and permissions"}
		return
	}
	statement, ours := r.access().Missing(action)
	if !ours {
		statement = policy.Missing(policy.Request{Action: action, Resource: resource})
	}
	if isKey { // whose policy is about it alone
		statement.Resource = []string{"*"}
	}
	if principal {
		statement = r.forCaller(statement)
	}
	c.Missing = []Missing{{place, statement}}
	if ours && place != theBucketsPolicy && r.form.BucketOwner != "" && r.form.BucketOwner != r.account() && r.account() != "" {
		c.Advice = []string{"the bucket is another account's, so its policy must allow it, too"}
		c.Missing = append(c.Missing, Missing{theBucketsPolicy, r.forCaller(statement)})
	}
}

// forCaller says whom a statement allows something, as the policies of resources do.
func (r *run) forCaller(s policy.Statement) policy.Statement {
	if who := cmp.Or(r.form.IAMRoleARN, r.caller.ARN); who != "" {
		s.Principal = policy.Principal{AWS: []string{who}}
	}
	return s
}

// account is that in which the requests are made.
func (r *run) account() string {
	if r.isRole() {
		return accountOf(r.form.IAMRoleARN)
	}
	return r.caller.Account
}

// access is all that may be tried on the path, for the statements of it.
func (r *run) access() policy.Access {
	return policy.Access{Partition: r.partition(), Bucket: r.bucket, Path: r.path, List: true, Read: true, Write: true, Delete: true, Versions: true}
}

// say puts an error into a few words, and gives apart what the service said.
func say(err error) (found, service string) {
	api := apiError(err)
	if api == nil {
		if errors.Is(err, context.DeadlineExceeded) {
			return "no answer in time", ""
		}
		return err.Error(), ""
	}
	service = api.Message
	if api.RequestID != "" {
		service = strings.TrimSpace(service + " (request ID " + api.RequestID + ")")
	}
	return fmt.Sprintf("refused: %s (HTTP %d)", api.Code, api.Status), service
}

func apiError(err error) *s3client.APIError {
	var api *sigv4http.APIError
	errors.As(err, &api)
	return api
}
