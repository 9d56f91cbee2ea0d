package policy

import (
	"slices"
	"strings"
)

// arn is an Amazon Resource Name: arn:partition:service:region:account:resource.
type arn struct{ partition, service, region, account, resource string }

func parseARN(s string) (arn, bool) {
	// The sixth part is the resource, which may have colons of its own.
	p := strings.SplitN(s, ":", 6)
	if len(p) < 6 || p[0] != "arn" || p[1] == "" || p[2] == "" {
		return arn{}, false
	}
	return arn{p[1], p[2], p[3], p[4], p[5]}, true
}

// kind is what stands before the first slash of the resource, name what stands
// behind it.
func (a arn) kind() (kind, name string) {
	kind, name, _ = strings.Cut(a.resource, "/")
	return kind, name
}

// The principals that an account has (IAM User Guide, "AWS JSON policy elements:
// Principal"): the account itself, users, roles, sessions of roles, and federated
// users. Identity providers have ARNs too, and are none of them.
func (a arn) isCaller() bool {
	kind, _ := a.kind()
	switch a.service {
	case "iam":
		return kind == "root" || kind == "user" || kind == "role"
	case "sts":
		return kind == "assumed-role" || kind == "federated-user"
	}
	return false
}

// role is the name, without path, of the role that this is or is a session of.
func (a arn) role() (name string, ok bool) {
	switch kind, name := a.kind(); {
	case a.service == "iam" && kind == "role":
		return name[strings.LastIndex(name, "/")+1:], true
	case a.service == "sts" && kind == "assumed-role":
		name, _, _ = strings.Cut(name, "/")
		return name, true
	}
	return "", false
}

// isAccountID reports whether s is twelve digits.
func isAccountID(s string) bool {
	return isDigits(s, 12, 12)
}

// accountOf is the account that a principal stands for as a whole: given by its
// ID, or by the ARN of its root.
func accountOf(principal string) (id, partition string, ok bool) {
	if isAccountID(principal) {
		return principal, "", true
	}
	if a, _ := parseARN(principal); a.service == "iam" && a.resource == "root" {
		return a.account, a.partition, true
	}
	return "", "", false
}

// isZero reports whether the element is absent.
func (p Principal) isZero() bool {
	return !p.Any && len(p.AWS) == 0 && len(p.Service) == 0 && len(p.Federated) == 0 && len(p.CanonicalUser) == 0
}

// anyone reports whether this is everybody: "*" and {"AWS": "*"} are the same.
//
// IAM User Guide, "AWS JSON policy elements: Principal", All principals.
func (p Principal) anyone() bool { return p.Any || slices.Contains(p.AWS, "*") }

// includes reports whether a caller is meant. A caller is given by ARN, by the
// name of a service, or by the name or ARN of an identity provider; "" is an
// anonymous one.
//
// Unknown is the answer where nobody can tell: whether a canonical user is the
// caller with an ARN, or what a wildcard means among services and identity
// providers, which have none.
func (p Principal) includes(caller string, unknown bool) bool {
	if p.anyone() {
		return true
	}
	if caller == "" {
		return false
	}
	named := slices.Concat(p.Service, p.Federated, p.CanonicalUser)
	if slices.Contains(named, caller) || slices.ContainsFunc(p.AWS, func(named string) bool { return names(named, caller) }) {
		return true
	}
	a, _ := parseARN(caller)
	return unknown && (len(p.CanonicalUser) > 0 && a.isCaller() ||
		slices.ContainsFunc(named, func(name string) bool { return wildcards(name).matches(caller) }))
}

// names reports whether a principal under "AWS" means a caller: it is the caller
// itself, the caller's account, or the role of which the caller is a session. The
// path of the role does not count, for the ARN of a session leaves it out, and no
// two roles of an account differ by it alone.
//
// IAM User Guide, "AWS JSON policy elements: Principal", AWS account principals,
// IAM role principals, Role session principals; "IAM identifiers", Friendly names
// and paths.
func names(principal, caller string) bool {
	if principal == caller {
		return true
	}
	c, ok := parseARN(caller)
	if !ok || !c.isCaller() {
		return false
	}
	if id, partition, ok := accountOf(principal); ok {
		return id != "" && id == c.account && (partition == "" || partition == c.partition)
	}
	p, ok := parseARN(principal)
	if !ok || p.service != "iam" || c.service != "sts" || p.partition != c.partition || p.account != c.account {
		return false
	}
	role, ok1 := p.role()
	of, ok2 := c.role()
	return ok1 && ok2 && role == of
}
