package policy

import (
	"fmt"
	"strings"
)

// Validate reports as an [*Error] the first thing that is wrong with a policy of
// whatever kind, however it was made. What [Parse] gives is valid.
func (d Document) Validate() error {
	if d.Version != "" && d.Version != Version && d.Version != oldVersion {
		return bad("Version", Version, "is %q", d.Version)
	}
	if len(d.Statements) == 0 {
		return bad("Statement", "at least one statement", "is missing or empty")
	}
	sids := map[string]bool{}
	for i, s := range d.Statements {
		path := fmt.Sprintf("Statement[%d]", i)
		if s.Sid != "" && sids[s.Sid] {
			return bad(path+".Sid", "one that no other statement has", "is %q, which stands twice", s.Sid)
		}
		sids[s.Sid] = true
		if err := s.validate(path, d.Version == Version); err != nil {
			return err
		}
	}
	return nil
}

func (s Statement) validate(path string, variables bool) error {
	switch {
	case s.Effect == "":
		return bad(path+".Effect", "Allow or Deny", "is missing")
	case s.Effect != Allow && s.Effect != Deny:
		return bad(path+".Effect", oneOf(string(s.Effect), []string{"Allow", "Deny"}), "is %q", string(s.Effect))
	case len(s.Action) == 0 && len(s.NotAction) == 0:
		return bad(path, "Action or NotAction", "has no action")
	case len(s.Action) > 0 && len(s.NotAction) > 0:
		return bad(path, "one of the two", "has Action and NotAction")
	case len(s.Resource) > 0 && len(s.NotResource) > 0:
		return bad(path, "one of the two", "has Resource and NotResource")
	case !s.Principal.isZero() && !s.NotPrincipal.isZero():
		return bad(path, "one of the two", "has Principal and NotPrincipal")
	}
	resource := func(path, value string) error { return checkResource(path, value, variables) }
	for _, list := range []struct {
		name   string
		values []string
		check  func(path, value string) error
	}{
		{"Action", s.Action, checkAction}, {"NotAction", s.NotAction, checkAction},
		{"Resource", s.Resource, resource}, {"NotResource", s.NotResource, resource},
		{"Principal.AWS", s.Principal.AWS, checkPrincipal}, {"NotPrincipal.AWS", s.NotPrincipal.AWS, checkPrincipal},
		{"Principal.Service", s.Principal.Service, checkName}, {"NotPrincipal.Service", s.NotPrincipal.Service, checkName},
		{"Principal.Federated", s.Principal.Federated, checkName}, {"NotPrincipal.Federated", s.NotPrincipal.Federated, checkName},
		{"Principal.CanonicalUser", s.Principal.CanonicalUser, checkName}, {"NotPrincipal.CanonicalUser", s.NotPrincipal.CanonicalUser, checkName},
	} {
		for i, value := range list.values {
			at := path + "." + list.name
			if len(list.values) > 1 {
				at += fmt.Sprintf("[%d]", i)
			}
			if err := list.check(at, value); err != nil {
				return err
			}
		}
	}
	return s.Condition.validate(path + ".Condition")
}

// IAM User Guide, "IAM JSON policy elements: Action": a service, a colon and the
// name of the action, which may have wildcards.
func isAction(s string) bool {
	service, name, _ := strings.Cut(s, ":")
	return s == "*" || service != "" && name != "" && only(service, word+".-") && only(name, word+".-*?")
}

func checkAction(path, value string) error {
	if !isAction(value) {
		return bad(path, `an action such as "s3:GetObject", or "*"`, "is %q", value)
	}
	return nil
}

// IAM User Guide, "IAM JSON policy elements: Resource"; "IAM policy elements:
// Variables and tags", Resource element: a variable is for the resource portion
// alone, after the fifth colon.
func checkResource(path, value string, variables bool) error {
	p := strings.SplitN(value, ":", 6)
	if variables && strings.Contains(strings.Join(p[:min(len(p), 5)], ":"), "${") {
		return bad(path, "policy variables after the fifth colon only", "is %q", value)
	}
	// A * at the end of a part, but not of the service, may stand for all behind it.
	isARN := p[0] == "arn" && (len(p) == 6 || len(p) > 3 && strings.HasSuffix(value, "*"))
	if isARN || value == "*" {
		return nil
	}
	return bad(path, `an ARN such as "arn:aws:s3:::bucket/*", or "*"`, "is %q", value)
}

// isPrincipalID matches A[A-Z0-9]{15,127}: the ID of a user or role that has been
// removed since the policy was written, which IAM puts in place of the ARN.
//
// IAM User Guide, "AWS JSON policy elements: Principal", IAM role principals.
func isPrincipalID(s string) bool {
	return len(s) >= 16 && len(s) <= 128 && s[0] == 'A' && only(s, upper+digits)
}

// IAM User Guide, "AWS JSON policy elements: Principal": no wildcard may stand for
// a part of a name or an ARN.
func checkPrincipal(path, value string) error {
	const expected = `"*", the twelve digits of an account, or an ARN such as "arn:aws:iam::123456789012:role/name"`
	switch a, _ := parseARN(value); {
	case value == "*" || isAccountID(value) || isPrincipalID(value):
		return nil
	case isOpen(value):
		return bad(path, expected+": a wildcard stands for a whole principal, never for a part of one", "is %q", value)
	case !a.isCaller() || a.account != "" && !isAccountID(a.account):
		return bad(path, expected, "is %q", value)
	}
	return nil
}

// checkName is for the principals that are named as they are: services, identity
// providers and canonical users. A wildcard among them is for [CheckTrust] to judge.
func checkName(path, value string) error {
	if value == "" {
		return bad(path, "the name of a service, an identity provider or a canonical user", "is empty")
	}
	return nil
}

func (c Conditions) validate(path string) error {
	for _, name := range sortedKeys(c) {
		at := join(path, name)
		op, ok := parseOperator(name)
		if !ok {
			return bad(at, oneOf(name, operators), "there is no operator %q", name)
		}
		seen := map[string]bool{}
		for _, key := range sortedKeys(c[name]) {
			folded := strings.ToLower(strings.ToUpper(key))
			switch {
			case !strings.Contains(key, ":"):
				return bad(join(at, key), `a key such as "aws:SourceIp", with the service before a colon`, "%q is no condition key", key)
			case seen[folded]:
				// IAM User Guide, "IAM Access Analyzer policy check reference", Duplicate
				// keys with different case.
				return bad(join(at, key), "each key once", "stands twice: keys are the same in either case")
			case len(c[name][key]) == 0:
				return bad(join(at, key), "at least one value", "has no value")
			}
			seen[folded] = true
			for i, value := range c[name][key] {
				if !op.base.valid(value) {
					return bad(fmt.Sprintf("%s[%d]", join(at, key), i), op.base.expected, "is %q", value)
				}
			}
		}
	}
	return nil
}

// operators are named in errors, without ForAllValues:, ForAnyValue: and IfExists.
var operators = []string{
	"StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "StringLike", "StringNotLike",
	"NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals", "NumericGreaterThan", "NumericGreaterThanEquals",
	"DateEquals", "DateNotEquals", "DateLessThan", "DateLessThanEquals", "DateGreaterThan", "DateGreaterThanEquals",
	"Bool", "BinaryEquals", "IpAddress", "NotIpAddress", "ArnEquals", "ArnNotEquals", "ArnLike", "ArnNotLike", nullOperator,
}

// Use is what a policy is for, which says whether it has principals and resources.
type Use int

// The uses of a policy.
const (
	OfIdentity Use = iota // of a user, a role or a session: resources, no principal
	OfResource            // of a bucket: principals and resources
	OfRole                // a role's trust policy: principals, no resource
)

// ValidateFor is Validate, and reports also what that use does not allow.
//
// IAM User Guide, "IAM JSON policy elements reference": Principal, Resource and
// Sid; "Grammar of the IAM JSON policy language", Policy grammar notes: Id.
func (d Document) ValidateFor(use Use) error {
	if err := d.Validate(); err != nil {
		return err
	}
	if use == OfIdentity && d.ID != "" {
		return bad("Id", "none in the policy of a user, role or session", "is %q", d.ID)
	}
	for i, s := range d.Statements {
		path := fmt.Sprintf("Statement[%d]", i)
		principal, resource := !s.Principal.isZero() || !s.NotPrincipal.isZero(), len(s.Resource) > 0 || len(s.NotResource) > 0
		switch {
		case use != OfResource && strings.ContainsFunc(s.Sid, func(r rune) bool { return alphanumeric(r) < 0 }):
			return bad(path+".Sid", "letters and digits, as IAM's own policies have them", "is %q", s.Sid)
		case use == OfIdentity && principal:
			return bad(path, "none in the policy of a user, role or session: it is about whom it is attached to", "has a principal")
		case use != OfIdentity && !principal:
			return bad(path, "Principal", "has no principal")
		case use == OfRole && resource:
			return bad(path, "none in a trust policy: it is about its role", "has a resource")
		case use != OfRole && !resource:
			return bad(path, "Resource", "has no resource")
		}
	}
	return nil
}
