package s3test

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sigvier/sigvier/sts/policy"
)

// AssumeRole.

const (
	usualRoleSession   = time.Hour
	maxRoleSession     = 12 * time.Hour
	maxChainedSession  = time.Hour // "AssumeRole", DurationSeconds
	maxTags            = 50
	maxTransitiveTags  = 50
	externalIDKey      = "sts:ExternalId"
	roleSessionNameKey = "sts:RoleSessionName"
)

// roleRequest is what AssumeRole and AssumeRoleWithWebIdentity have in common.
type roleRequest struct {
	role     string // its ARN
	name     string
	duration time.Duration
	limits   limits
}

func (p *params) roleRequest() (in roleRequest, err error) {
	in.role = p.required("RoleArn", arn)
	in.name = p.required("RoleSessionName", sessionName)
	in.limits = p.limits()
	in.duration, err = p.duration(usualRoleSession, maxRoleSession)
	return in, err
}

func (s *Server) assumeRole(w *answer, r *http.Request, q *request, form url.Values) error {
	if form.Has("ProvidedContexts.member.1.ProviderArn") {
		return notImplemented("ProvidedContexts is not implemented")
	}
	p := &params{Values: form}
	in, err := p.roleRequest()
	if err != nil {
		return err
	}
	id := p.optional("ExternalId", externalID)
	source := p.optional("SourceIdentity", sourceIdentity)
	serial, code := p.optional("SerialNumber", mfaSerial), p.optional("TokenCode", mfaCode)
	tags, err := p.tags()
	if err := firstError(p.err(), err); err != nil {
		return err
	}
	if !roleARN.MatchString(in.role) {
		return errorf("ValidationError", in.role+" is invalid")
	}
	mfa, err := q.caller.oneTimePassword(serial, code)
	if err != nil {
		return err
	}

	context := s.context(r, q.caller)
	context[roleSessionNameKey] = []string{in.name}
	if form.Has("ExternalId") {
		context[externalIDKey] = []string{id}
	}
	if mfa {
		context["aws:MultiFactorAuthPresent"] = []string{"true"}
		context["aws:MultiFactorAuthAge"] = []string{"0"}
	}
	begun, err := s.beginRole(q.caller, in, asked{action: "sts:AssumeRole", tags: tags, sourceIdentity: source, context: context})
	if err != nil {
		return err
	}
	t := s.beginSession(begun.session, in.duration)

	var x xmlDoc
	x.start("AssumeRoleResponse", stsNamespace)
	x.start("AssumeRoleResult", "")
	x.assumedRole(t)
	x.credentials(t)
	begun.write(&x)
	x.end("AssumeRoleResult")
	x.metadata(w)
	x.end("AssumeRoleResponse")
	x.writeSTS(w, r, http.StatusOK)
	return nil
}

// asked is what is asked of a role's trust policy.
type asked struct {
	action         string
	principal      string // "" is the caller
	tags           []tag
	sourceIdentity string
	context        map[string][]string
}

// begun is a session that may begin.
type begun struct {
	session *session
	packed  int // percent
	limited bool
}

// beginRole decides whether a role's session may begin, and what it may do. The
// caller is nobody with a web identity.
func (s *Server) beginRole(c caller, in roleRequest, ask asked) (*begun, error) {
	inherited, err := c.inherit(&ask)
	if err != nil {
		return nil, err
	}
	docs, err := s.sessionPolicies(in.limits)
	if err != nil {
		return nil, err
	}
	packed, err := packedSize(in.limits, ask.tags)
	if err != nil {
		return nil, err
	}
	role := s.roles[in.role]
	if err := s.mayAssume(c, role, in.role, ask); err != nil {
		return nil, err
	}
	switch {
	case in.duration > role.MaxSession:
		return nil, errorf("ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
	case c.role() != nil && in.duration > maxChainedSession:
		return nil, errorf("ValidationError", "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.")
	}
	return &begun{
		session: &session{role: role, name: in.name, policies: docs, tags: append(inherited, ask.tags...), sourceIdentity: ask.sourceIdentity},
		packed:  packed,
		limited: docs != nil || len(ask.tags) > 0,
	}, nil
}

// inherit gives the tags that come down from the caller's own session, and fills
// in his source identity, which nobody can change (IAM User Guide, "Pass session
// tags in AWS STS", Chaining roles with session tags; "Monitor and control
// actions taken with assumed roles").
func (c caller) inherit(ask *asked) ([]tag, error) {
	if c.session == nil {
		return nil, nil
	}
	var inherited []tag
	for _, old := range c.session.tags {
		if !old.transitive {
			continue
		}
		if slices.ContainsFunc(ask.tags, func(t tag) bool { return strings.EqualFold(t.key, old.key) }) {
			return nil, invalidParameter("One of the specified tag keys can't be set because it conflicts with a transitive tag key from the calling session.")
		}
		inherited = append(inherited, old)
	}
	if ask.sourceIdentity == "" {
		ask.sourceIdentity = c.session.sourceIdentity
	}
	return inherited, nil
}

// mayAssume holds a caller against the role's trust policy and against his own
// policies. Tags and a source identity need permissions of their own.
func (s *Server) mayAssume(c caller, role *Role, arn string, ask asked) error {
	r := policy.Request{Principal: ask.principal, Action: ask.action, Resource: arn, Context: ask.conditions()}
	if ask.principal == "" {
		r.Principal = c.arn()
	}
	if role != nil {
		for key, value := range role.Tags {
			r.Context["aws:ResourceTag/"+key], r.Context["iam:ResourceTag/"+key] = []string{value}, []string{value}
		}
	}
	actions := []string{ask.action}
	if len(ask.tags) > 0 {
		actions = append(actions, "sts:TagSession")
	}
	if ask.sourceIdentity != "" {
		actions = append(actions, "sts:SetSourceIdentity")
	}
	if c.session != nil && c.session.sourceIdentity != "" && c.session.sourceIdentity != ask.sourceIdentity {
		r.Action = "sts:SetSourceIdentity"
		return s.deny(&denial{caller: c, request: r})
	}
	for _, action := range actions {
		r.Action = action
		if role == nil {
			return s.notTrusted(c, r, false, nil)
		}
		decision, by := role.Trust.Decide(r)
		if decision != policy.Allowed {
			return s.notTrusted(c, r, c != caller{} && accountOf(c.arn()) == accountOf(role.ARN), by)
		}
		if c == (caller{}) {
			continue
		}
		if d := c.permit(r, c.named(by, role)); d != nil {
			return s.deny(d)
		}
	}
	return nil
}

// notTrusted is the answer where a role's trust policy says no. Whether it does, or
// whether there is such a role at all, is nothing for another account to know.
func (s *Server) notTrusted(c caller, r policy.Request, sameAccount bool, by *policy.Statement) error {
	switch {
	case c == caller{}:
		return errorf("AccessDenied", "Not authorized to perform "+r.Action)
	case !sameAccount:
		return s.deny(&denial{caller: c, request: r})
	}
	return s.deny(&denial{caller: c, request: r, kind: ofTrust, by: by})
}

// named reports whether a trust policy names the caller, in the role's own
// account, and not merely the caller's account: then it alone is enough (IAM User
// Guide, "Policy evaluation logic", Evaluating policies within a single account).
func (c caller) named(by *policy.Statement, role *Role) bool {
	names := []string{c.arn()}
	if r := c.role(); r != nil {
		names = append(names, r.ARN)
	}
	return accountOf(c.arn()) == accountOf(role.ARN) &&
		slices.ContainsFunc(names, func(name string) bool { return slices.Contains(by.Principal.AWS, name) })
}

// conditions are the condition keys of what is asked (IAM User Guide, "IAM and AWS
// STS condition context keys").
func (a asked) conditions() map[string][]string {
	keys := maps.Clone(a.context)
	for _, t := range a.tags {
		keys["aws:RequestTag/"+t.key] = []string{t.value}
		keys["aws:TagKeys"] = append(keys["aws:TagKeys"], t.key)
		if t.transitive {
			keys["sts:TransitiveTagKeys"] = append(keys["sts:TransitiveTagKeys"], t.key)
		}
	}
	if a.sourceIdentity != "" {
		keys["sts:SourceIdentity"] = []string{a.sourceIdentity}
	}
	return keys
}

// tags reads Tags and TransitiveTagKeys (IAM User Guide, "Pass session tags in AWS
// STS", Things to know about session tags).
func (p *params) tags() ([]tag, error) {
	keys := p.list("Tags", ".Key", maxTags, tagKey)
	var all []tag
	for i, key := range keys {
		name := "Tags.member." + strconv.Itoa(i+1) + ".Value"
		p.must("'"+p.Get(name)+"'", "tags."+strconv.Itoa(i+1)+".member.value", tagValue.problem(p.Get(name)))
		all = append(all, tag{key: key, value: p.Get(name)})
	}
	return markTransitive(all, p.list("TransitiveTagKeys", "", maxTransitiveTags, tagKey))
}

// markTransitive checks tags. Their keys are the same in either case.
func markTransitive(tags []tag, transitive []string) ([]tag, error) {
	for i, t := range tags {
		if strings.HasPrefix(strings.ToLower(t.key), "aws:") {
			return nil, invalidParameter("Tag keys must not begin with aws:, which is reserved.")
		}
		if slices.ContainsFunc(tags[:i], func(other tag) bool { return strings.EqualFold(t.key, other.key) }) {
			return nil, invalidParameter("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
		}
	}
	for _, key := range transitive {
		i := slices.IndexFunc(tags, func(t tag) bool { return strings.EqualFold(t.key, key) })
		if i < 0 {
			return nil, invalidParameter("The specified transitive tag key must be included in the requested tags.")
		}
		tags[i].transitive = true
	}
	return tags, nil
}

func invalidParameter(problem string) error { return errorf("InvalidParameterValue", problem) }

// oneTimePassword checks the caller's MFA device, and reports whether there was a
// password.
func (c caller) oneTimePassword(serial, code string) (bool, error) {
	denied := func(problem string) (bool, error) {
		return false, errorf("AccessDenied", "MultiFactorAuthentication failed"+problem)
	}
	switch {
	case serial == "" && code == "":
		return false, nil
	case serial == "" || code == "":
		return denied(", must provide both MFA serial number and one time pass code.")
	case c.user == nil || c.user.MFA == nil || c.user.MFA.Serial != serial:
		return denied(", unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.")
	case !c.user.MFA.Valid(code):
		return denied(" with invalid MFA one time pass code.")
	}
	return true, nil
}

func firstError(all ...error) error {
	for _, err := range all {
		if err != nil {
			return err
		}
	}
	return nil
}

func (x *xmlDoc) assumedRole(t *session) {
	x.start("AssumedRoleUser", "")
	x.element("AssumedRoleId", caller{session: t}.userID())
	x.element("Arn", t.arn())
	x.end("AssumedRoleUser")
}

func (x *xmlDoc) credentials(t *session) {
	x.start("Credentials", "")
	x.element("AccessKeyId", t.accessKeyID)
	x.element("SecretAccessKey", t.secret)
	x.element("SessionToken", t.token)
	x.element("Expiration", t.expires.Format(time.RFC3339))
	x.end("Credentials")
}

// write says what else there is to say of a session.
func (b *begun) write(x *xmlDoc) {
	if b.session.sourceIdentity != "" {
		x.element("SourceIdentity", b.session.sourceIdentity)
	}
	if b.limited {
		x.element("PackedPolicySize", strconv.Itoa(b.packed))
	}
}
