package policy

import (
	"cmp"
	"slices"
	"strings"
)

// Request is what is decided on.
type Request struct {
	// Principal is the caller: the ARN of a user, role or session, the name of a
	// service, or that of an identity provider. Empty is an anonymous caller.
	Principal string
	Action    string // "s3:GetObject"
	Resource  string // "arn:aws:s3:::bucket/key"
	// Context holds the condition keys and their values; their case does not count.
	// What follows from Principal is there without being given: aws:PrincipalArn,
	// aws:PrincipalAccount, aws:PrincipalType, aws:username.
	Context map[string][]string
}

// Decision is what a policy says to a request.
type Decision int

// The decisions. What nothing allows is denied implicitly.
const (
	ImplicitDeny Decision = iota
	Allowed
	ExplicitDeny
)

func (d Decision) String() string {
	switch d {
	case Allowed:
		return "allowed"
	case ExplicitDeny:
		return "explicitly denied"
	}
	return "implicitly denied"
}

// Decide says what this policy alone says to a request, and the statement that
// decided it, nil if none did. A statement that denies wins over all that allow.
//
// IAM User Guide, "Policy evaluation logic", The difference between explicit and
// implicit denies.
func (d Document) Decide(r Request) (Decision, *Statement) {
	c := newContext(r, d.Version == Version)
	var allows *Statement
	for i := range d.Statements {
		s := &d.Statements[i]
		if s.Effect == Allow && allows != nil || !s.applies(c) {
			continue
		}
		if s.Effect != Allow {
			return ExplicitDeny, s
		}
		allows = s
	}
	if allows != nil {
		return Allowed, allows
	}
	return ImplicitDeny, nil
}

// Decide says what several policies say that must all allow, such as those of a
// role and its session. Without policies nothing is allowed.
//
// IAM User Guide, "Policies and permissions in IAM", Session policies: the
// permissions are the intersection.
func Decide(r Request, docs ...Document) Decision {
	all := Allowed
	for _, d := range docs {
		switch decision, _ := d.Decide(r); decision {
		case ExplicitDeny:
			return ExplicitDeny
		case ImplicitDeny:
			all = ImplicitDeny
		}
	}
	if len(docs) == 0 {
		return ImplicitDeny
	}
	return all
}

// Union says what several policies say of which one must allow and none may deny,
// such as those that are attached to the same user, and the statement that decided
// it, nil if none did.
//
// IAM User Guide, "Policy evaluation logic", Evaluating identity-based policies.
func Union(r Request, docs ...Document) (Decision, *Statement) {
	one, allows := ImplicitDeny, (*Statement)(nil)
	for _, d := range docs {
		switch decision, by := d.Decide(r); {
		case decision == ExplicitDeny:
			return ExplicitDeny, by
		case decision == Allowed && one != Allowed:
			one, allows = Allowed, by
		}
	}
	return one, allows
}

// applies reports whether a statement is about a request. Each element that is
// there must match; a policy for an identity has no principal, a trust policy no
// resource. A statement without any action, which [Document.Validate] refuses,
// never allows.
//
// A variable without a value in the resource is as one in a condition.
func (s *Statement) applies(c context) bool {
	allows := s.Effect == Allow
	switch {
	case allows && len(s.Action) == 0 && len(s.NotAction) == 0,
		!s.Principal.isZero() && !s.Principal.includes(c.request.Principal, !allows),
		!s.NotPrincipal.isZero() && s.NotPrincipal.includes(c.request.Principal, allows),
		len(s.Action) > 0 && !matchesAction(s.Action, c.request.Action),
		matchesAction(s.NotAction, c.request.Action),
		len(s.Resource) > 0 && !c.matchesResource(s.Resource, false),
		c.matchesResource(s.NotResource, allows):
		return false
	}
	return c.holds(s.Condition, s.Effect)
}

// matchesAction compares the names of actions, which are the same in either case.
//
// IAM User Guide, "IAM JSON policy elements: Action".
func matchesAction(patterns []string, action string) bool {
	action = strings.ToLower(action)
	return slices.ContainsFunc(patterns, func(p string) bool { return wildcards(strings.ToLower(p)).matches(action) })
}

// matchesResource gives void for a variable without a value.
func (c context) matchesResource(patterns []string, void bool) bool {
	return slices.ContainsFunc(patterns, func(s string) bool {
		p, ok := c.expand(s, true)
		return !ok && void || ok && p.matches(c.request.Resource)
	})
}

// context is a request with the keys that follow from its principal.
type context struct {
	request   Request
	derived   map[string]string
	variables bool // are replaced: Version, Variables need 2012-10-17
}

func newContext(r Request, variables bool) context {
	return context{request: r, derived: derive(r.Principal), variables: variables}
}

// values are those of a key, whatever its case, nil if the request does not have
// it. Names that differ by case alone are one key with the values of all.
//
// IAM User Guide, "IAM JSON policy elements: Condition": context key names are not
// case-sensitive; "Troubleshoot access denied error messages": names that differ
// only by case may deny access unexpectedly.
func (c context) values(key string) []string {
	var all []string
	given := false
	for name, v := range c.request.Context {
		if strings.EqualFold(name, key) {
			all, given = append(all, v...), true
		}
	}
	if v, ok := c.derived[strings.ToLower(key)]; ok && !given {
		return []string{v}
	}
	return all
}

// derive gives the keys that follow from the caller's ARN.
//
// IAM User Guide, "AWS global condition context keys", Properties of the
// principal: aws:PrincipalArn of a session is the role's ARN; aws:username is
// there for users only.
func derive(principal string) map[string]string {
	if principal == "" {
		return map[string]string{"aws:principaltype": "Anonymous"}
	}
	a, _ := parseARN(principal)
	if !a.isCaller() {
		return nil
	}
	keys := map[string]string{"aws:principalarn": principal, "aws:principalaccount": a.account}
	kind, name := a.kind()
	switch kind {
	case "root":
		keys["aws:principaltype"] = "Account"
	case "user":
		keys["aws:principaltype"] = "User"
		keys["aws:username"] = name[strings.LastIndex(name, "/")+1:]
	case "federated-user":
		keys["aws:principaltype"] = "FederatedUser"
	default:
		role, _ := a.role()
		keys["aws:principaltype"] = "AssumedRole"
		if kind == "assumed-role" {
			keys["aws:principalarn"] = "arn:" + a.partition + ":iam::" + a.account + ":role/" + role
		}
	}
	return keys
}

// Missing is the statement that would allow a request: its action on its resource,
// and for a listing with the prefix of its context. It has no principal, as the
// policies of users and roles have none.
func Missing(r Request) Statement {
	_, name, _ := strings.Cut(r.Action, ":")
	s := Statement{
		Sid:      "Allow" + strings.Map(alphanumeric, cmp.Or(name, r.Action)),
		Effect:   Allow,
		Action:   []string{r.Action},
		Resource: []string{cmp.Or(escape(r.Resource), "*")}, // s3:ListAllMyBuckets and the like are about none
	}
	c := newContext(r, false)
	if prefixes := c.values("s3:prefix"); len(prefixes) == 1 && prefixes[0] != "" && listsByPrefix(r.Action) {
		s.Condition = Conditions{"StringLike": {"s3:prefix": {escape(prefixes[0]) + "*"}}}
	}
	return s
}

// alphanumeric drops what a Sid cannot have.
//
// IAM User Guide, "IAM JSON policy elements: Sid".
func alphanumeric(r rune) rune {
	if r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' {
		return r
	}
	return -1
}

// listsByPrefix reports whether an action has the condition key s3:prefix.
//
// Service Authorization Reference, "Actions, resources, and condition keys for
// Amazon S3", Condition keys for Amazon S3. Not s3:ListBucketMultipartUploads.
func listsByPrefix(action string) bool {
	return strings.EqualFold(action, "s3:ListBucket") || strings.EqualFold(action, "s3:ListBucketVersions")
}
