package policy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Severity says how bad a finding is.
type Severity int

// The severities. Danger is what lets somebody in who should not be.
const (
	Info Severity = iota
	Warning
	Danger
)

func (s Severity) String() string {
	return [...]string{"info", "warning", "danger"}[max(Info, min(s, Danger))]
}

// MarshalText implements [encoding.TextMarshaler].
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Finding is one thing about a trust policy that is worth knowing.
type Finding struct {
	Severity Severity `json:"severity"`
	Code     string   `json:"code"` // "anyone", "no-external-id", …: it stays, where the words may change
	Path     string   `json:"path"` // Statement[0].Principal
	Problem  string   `json:"problem"`
	Advice   string   `json:"advice"`
}

// CheckTrust judges the trust policy of a role, the worst first. The accounts are
// the role's own and others of the same owner, which need no external ID; any
// other account does.
//
// IAM User Guide, "The confused deputy problem", Cross-account confused deputy
// prevention: the external ID keeps others who use the same service from reaching
// the role through it, if the role's policy demands it.
func CheckTrust(d Document, ownAccounts ...string) []Finding {
	c := checker{d: d, own: ownAccounts}
	for i := range d.Statements {
		c.statement(i)
	}
	if !c.assumable {
		c.add(Info, "nobody", "Statement", "no statement lets anybody assume the role", "Allow sts:AssumeRole to the principal that is to assume it.")
	}
	slices.SortStableFunc(c.findings, func(a, b Finding) int { return cmp.Compare(b.Severity, a.Severity) })
	return c.findings
}

type checker struct {
	d         Document
	own       []string
	assumable bool
	findings  []Finding
}

func (c *checker) add(severity Severity, code, path, problem, advice string) {
	c.findings = append(c.findings, Finding{severity, code, path, problem, advice})
}

func (c *checker) statement(i int) {
	s := c.d.Statements[i]
	path := fmt.Sprintf("Statement[%d]", i)
	c.keys(s, path)
	if len(s.Resource) > 0 || len(s.NotResource) > 0 {
		c.add(Warning, "resource", path+".Resource", "a trust policy has no resource: IAM refuses it", "Remove Resource.")
	}
	if s.Effect != Allow {
		return
	}
	c.actions(s, path)
	assume, web := s.about("sts:AssumeRole"), s.about("sts:AssumeRoleWithWebIdentity")
	c.assumable = c.assumable || assume || web || s.about("sts:AssumeRoleWithSAML")
	if assume || web || s.about("sts:AssumeRoleWithSAML") {
		c.principals(s, path)
	}
	if assume && !s.hasNoAccounts() {
		c.externalID(s, path)
	}
	if web {
		c.webIdentity(s, path)
	}
}

func (s Statement) about(action string) bool {
	if len(s.NotAction) > 0 {
		return !matchesAction(s.NotAction, action)
	}
	return matchesAction(s.Action, action)
}

// hasNoAccounts reports whether services or identity providers only are meant,
// which send no external ID.
func (s Statement) hasNoAccounts() bool {
	return s.NotPrincipal.isZero() && !s.Principal.isZero() && !s.Principal.Any && len(s.Principal.AWS) == 0
}

func (c *checker) actions(s Statement, path string) {
	if len(s.NotAction) > 0 {
		c.add(Warning, "action-wide", path+".NotAction", "NotAction allows every action but the named ones, also those that come later", "List the actions: sts:AssumeRole, and sts:TagSession if session tags are sent.")
		return
	}
	for _, a := range s.Action {
		if isOpen(a) {
			c.add(Warning, "action-wide", path+".Action", fmt.Sprintf("%q allows more than to assume the role", a), "List the actions: sts:AssumeRole, and sts:TagSession if session tags are sent.")
		}
	}
}

// principals judges who may assume the role.
func (c *checker) principals(s Statement, path string) {
	switch {
	case !s.NotPrincipal.isZero():
		c.add(Danger, "not-principal", path+".NotPrincipal", "NotPrincipal with Allow trusts everybody in the world but the named ones", "Name in Principal whom the role is to trust.")
		return
	case s.Principal.isZero():
		c.add(Warning, "no-principal", path, "the statement has no principal: IAM refuses a trust policy without", "Name in Principal whom the role is to trust.")
		return
	case s.Principal.anyone() && s.narrowed():
		c.add(Warning, "anyone", path+".Principal", "the principal is everybody, and a condition alone narrows it down", "Name in Principal whom the role is to trust; whoever edits the condition opens the role to the world.")
	case s.Principal.anyone():
		c.add(Danger, "anyone", path+".Principal", `the principal is "*": every AWS account in the world may assume the role, as far as the conditions let it; an external ID is no password`, "Name in Principal the account or, better, the role that is to assume this one.")
	}
	for _, p := range s.Principal.AWS {
		switch id, _, whole := accountOf(p); {
		case whole && !slices.Contains(c.own, id):
			c.add(Info, "account-root", path+".Principal", fmt.Sprintf("the whole account %s is trusted: each of its users and roles that its own administrators let", id), "If the other side tells the role or user that it calls with, name this one's ARN instead.")
		case isPrincipalID(p):
			c.add(Warning, "removed-principal", path+".Principal", fmt.Sprintf("%q is the ID of a user or role that has been removed since", p), "Name the principal that is meant by its ARN, or remove it.")
		}
	}
	for _, p := range slices.Concat(s.Principal.Service, s.Principal.Federated) {
		if isOpen(p) { // which IAM refuses
			c.add(Danger, "anyone", path+".Principal", fmt.Sprintf("the principal is %q: a wildcard stands for services or identity providers of whomever", p), "Name in Principal the one service or identity provider.")
		}
	}
	for _, p := range s.Principal.Service {
		if s.open("aws:SourceAccount", "000000000000") && s.open("aws:SourceArn", "arn:aws:sns:us-east-1:000000000000:probe") {
			c.add(Info, "service", path+".Principal", fmt.Sprintf("the service %s may assume the role on behalf of any account for which it can be told to", p), "If the service supports it, demand aws:SourceAccount or aws:SourceArn in a condition.")
		}
	}
}

// narrowed reports whether a condition keeps strangers out by who they are. That
// they must have a certain name does not: in an account of one's own, any name is
// to be had.
func (s Statement) narrowed() bool {
	return !s.open("aws:PrincipalAccount", s.strangers("aws:PrincipalAccount", "000000000000")...) ||
		!s.open("aws:PrincipalArn", s.strangers("aws:PrincipalArn", "arn:aws:iam::000000000000:role/probe")...) ||
		s.ofOrganization()
}

func (s Statement) ofOrganization() bool {
	return !s.open("aws:PrincipalOrgID", s.strangers("aws:PrincipalOrgID", "o-0000000000")...) ||
		!s.open("aws:PrincipalOrgPaths", s.strangers("aws:PrincipalOrgPaths", "o-0000000000/r-0000/")...)
}

// strangers are values that a key may have of somebody whom the conditions do not
// mean: a probe, and one for each pattern that leaves open whose the caller is.
func (s Statement) strangers(key, probe string) []string {
	fitting := strings.NewReplacer("*", "0", "?", "0").Replace
	all := []string{probe}
	for operator := range s.Condition {
		for _, value := range s.valuesOf(operator, key) {
			if key == "aws:PrincipalArn" {
				if a, ok := parseARN(value); !ok || isOpen(a.account) {
					if !ok { // a wildcard stands for more than one part
						a = arn{partition: "aws", account: "000000000000", resource: value[strings.LastIndex(value, ":")+1:]}
					}
					if isOpen(a.partition) {
						a.partition = "aws"
					}
					all = append(all, "arn:"+a.partition+":iam::"+fitting(a.account)+":"+fitting(a.resource))
				}
				continue
			}
			if owner, _, _ := strings.Cut(value, "/"); isOpen(owner) {
				all = append(all, fitting(value))
			}
		}
	}
	return all
}

// open reports whether the conditions on one key hold for a request that does not
// have the key, or has it with one of these values. The other keys are left out.
func (s Statement) open(key string, values ...string) bool {
	named := Conditions{}
	for operator, keys := range s.Condition {
		for name, wanted := range keys {
			if strings.EqualFold(name, key) {
				if named[operator] == nil {
					named[operator] = map[string][]string{}
				}
				named[operator][name] = wanted
			}
		}
	}
	without := newContext(Request{}, true)
	// The principal's own keys are not derived: the key is to be absent, or the probe's.
	without.derived = nil
	if without.holds(named, Allow) {
		return true
	}
	return slices.ContainsFunc(values, func(v string) bool {
		with := context{request: Request{Context: map[string][]string{key: {v}}}, variables: true}
		return with.holds(named, Allow)
	})
}

// valuesOf are those that an operator wants of a key, whatever its case.
func (s Statement) valuesOf(operator, key string) []string {
	for name, values := range s.Condition[operator] {
		if strings.EqualFold(name, key) {
			return values
		}
	}
	return nil
}

// webIdentity judges a trust in an OpenID Connect provider.
//
// IAM User Guide, "Create a role for OpenID Connect federation (console)",
// Configuring a role for GitHub OIDC identity provider: the condition on sub
// limits who can assume the role, and is to name the organization.
func (c *checker) webIdentity(s Statement, path string) {
	for _, p := range s.Principal.Federated {
		host := p
		if a, ok := parseARN(p); ok {
			kind, name := a.kind()
			if kind != "oidc-provider" {
				continue
			}
			host = name
		}
		key, probe := host+":sub", []string{"stranger", "repo:stranger/stranger:ref:refs/heads/main"}
		if host == "cognito-identity.amazonaws.com" { // where aud is the identity pool
			key, probe = host+":aud", []string{"us-east-1:00000000-0000-0000-0000-000000000000"}
		}
		if s.open(key, probe...) {
			c.add(Danger, "federated-open", path+".Condition", fmt.Sprintf("whoever has a token of %s may assume the role: no condition on %s keeps a stranger's out", host, key), fmt.Sprintf("Demand %s with StringEquals.", key))
			continue
		}
		for _, name := range sortedKeys(s.Condition) {
			if op, _ := parseOperator(name); op.base.wild && !op.base.negated && slices.ContainsFunc(s.valuesOf(name, key), hasOpenOwner) {
				c.add(Danger, "federated-pattern", path+".Condition."+name, "the owner of the repository is a pattern: whoever gives his organization a name that fits may assume the role", "Write the name of the organization in full, with the slash behind it: repo:ORGANIZATION/…")
			}
		}
	}
}

// hasOpenOwner reports whether a subject of GitHub Actions, repo:OWNER/NAME:…, has a
// wildcard in its owner.
func hasOpenOwner(subject string) bool {
	owner, _, _ := strings.Cut(subject, "/")
	return strings.HasPrefix(subject, "repo:") && isOpen(owner)
}

// keys looks for condition keys that no request to assume a role has.
func (c *checker) keys(s Statement, path string) {
	for _, operator := range sortedKeys(s.Condition) {
		for _, key := range sortedKeys(s.Condition[operator]) {
			if knownKey(key) {
				continue
			}
			effect := "so the statement never applies"
			if s.open(key) {
				effect = "so the condition always holds"
			}
			advice := "Use a key that AWS documents for sts:AssumeRole."
			if _, name, _ := strings.Cut(key, ":"); strings.EqualFold(name, "ExternalId") || strings.EqualFold(name, "External-Id") {
				advice = "Write " + externalID + "."
			}
			c.add(Warning, "unknown-key", join(path+".Condition."+operator, key), fmt.Sprintf("a request to assume a role has no condition key %q, %s", key, effect), advice)
		}
	}
}

// knownKey reports whether a request to assume a role may have a condition key.
//
// IAM User Guide, "AWS global condition context keys" and "IAM and AWS STS
// condition context keys". The keys of identity providers begin with their host.
func knownKey(key string) bool {
	service, name, _ := strings.Cut(strings.ToLower(key), ":")
	name, _, _ = strings.Cut(name, "/")
	switch {
	case service == "aws":
		return slices.Contains(globalKeys, name)
	case service == "sts":
		return slices.Contains(stsKeys, name)
	}
	return service == "saml" || service == "iam" || strings.Contains(service, ".")
}

var globalKeys = strings.Fields(`assumedroot calledvia calledviafirst calledvialast chatbotsourcearn currenttime
	ec2instancesourceprivateipv4 ec2instancesourcevpc epochtime federatedprovider multifactorauthage
	multifactorauthpresent principalaccount principalarn principalisawsservice principalorgid principalorgpaths
	principalservicename principalservicenameslist principaltag principaltype referer requestedregion requesttag
	resourceaccount resourceorgid resourceorgpaths resourcetag securetransport sourceaccount sourcearn sourceidentity
	sourceip sourceorgid sourceorgpaths sourcevpc sourcevpcarn sourcevpce tagkeys tokenissuetime useragent userid
	username viaawsservice vpceaccount vpceorgid vpceorgpaths vpcsourceip`)

var stsKeys = strings.Fields(`awsservicename durationseconds externalid requestcontext requestcontextproviders
	rolesessionname sourceidentity taskpolicyarn transitivetagkeys`)
