package chain

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sts"
)

// Profile is one profile of the shared files, whichever way it gets its
// credentials. The ways are tried in this order (AWS CLI User Guide,
// "Authentication and access credentials", Configuration and credential
// precedence):
//
//  1. role_arn with source_profile or credential_source: the role is assumed, see
//     below,
//  2. role_arn with web_identity_token_file: see [WebIdentity],
//  3. sso_account_id and sso_role_name, with sso_session or sso_start_url and
//     sso_region: see [SSO],
//  4. the access key in the credentials file,
//  5. credential_process: see [Process],
//  6. the access key in the config file.
//
// A role is assumed with external_id, role_session_name, duration_seconds and
// mfa_serial (AWS SDKs and Tools Reference Guide, "Assume role credential
// provider"). The profile that source_profile names may have any of these ways,
// another role included; there an access key goes before a role, as the AWS CLI
// has it, and so may a profile name itself to have its role assumed with its own
// key. credential_source is Environment, Ec2InstanceMetadata or EcsContainer.
type Profile struct {
	// Name is the profile; "" means AWS_PROFILE, else AWS_DEFAULT_PROFILE, else
	// "default".
	Name string
	// Env looks up an environment variable; nil means os.Getenv.
	Env func(name string) string
	// Home is the home directory; "" means os.UserHomeDir.
	Home string
	// MFA gives the present code of an MFA device, where a profile has mfa_serial.
	// It is called each time a role is assumed, and must not outlast its context.
	MFA func(ctx context.Context, serial string) (code string, err error)
	// Base sends the requests to STS and IAM Identity Center; nil means
	// http.DefaultTransport.
	Base http.RoundTripper
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Fetch implements [Source].
func (p *Profile) Fetch(ctx context.Context) (sigv4.Credentials, error) {
	s := &shared{env: envOr(p.Env), home: p.Home, name: p.Name}
	return (&profileSearch{Profile: p, shared: s}).Fetch(ctx)
}

// profileSearch is one search in the shared files.
type profileSearch struct {
	*Profile
	shared *shared
	// webIdentity is the environment's, which goes between a profile's role and
	// its other ways; nil if it does not count.
	webIdentity Source
	// metadata sends the requests to a container's or an instance's service.
	metadata http.RoundTripper
}

func (s *profileSearch) Fetch(ctx context.Context) (sigv4.Credentials, error) {
	p, err := s.shared.profile()
	if err != nil {
		return sigv4.Credentials{}, err
	}
	if p.isRole() {
		return s.role(ctx, p, []string{p.name})
	}
	sources := Sources{fetch(func(ctx context.Context) (sigv4.Credentials, error) { return s.own(ctx, p) })}
	if s.webIdentity != nil {
		sources = slices.Insert(sources, 0, s.webIdentity)
	}
	return sources.Fetch(ctx)
}

// fetch makes a source of a function.
type fetch func(context.Context) (sigv4.Credentials, error)

func (f fetch) Fetch(ctx context.Context) (sigv4.Credentials, error) { return f(ctx) }

// isRole tells whether the profile has a role that credentials assume.
func (p profile) isRole() bool { return p.has("role_arn") && !p.has("web_identity_token_file") }

// role assumes the profile's role; path is how the search came here.
func (s *profileSearch) role(ctx context.Context, p profile, path []string) (sigv4.Credentials, error) {
	in, err := s.assumeRole(p)
	if err != nil {
		return sigv4.Credentials{}, err
	}
	client, err := s.client(in.RoleARN)
	if err != nil {
		return sigv4.Credentials{}, err
	}
	base, err := s.roleSource(ctx, p, path)
	if err != nil {
		return sigv4.Credentials{}, err
	}
	client.Provider = base
	out, err := client.AssumeRole(ctx, in)
	if err != nil {
		at, _ := p.get("role_arn")
		return sigv4.Credentials{}, &SourceError{Source: "role_arn of profile " + p.name, Err: err,
			Problem: "(" + at.at() + ") was not assumed"}
	}
	return out.Credentials, nil
}

// assumeRole takes the role's settings.
func (s *profileSearch) assumeRole(p profile) (in sts.AssumeRoleInput, err error) {
	var serial string
	for _, part := range [...]struct {
		name string
		dst  *string
	}{
		{"role_arn", &in.RoleARN}, {"external_id", &in.ExternalID}, {"mfa_serial", &serial},
	} {
		if *part.dst, err = p.word(part.name); err != nil {
			return in, err
		}
	}
	if in.SessionName, err = p.sessionName(s.shared.env); err != nil {
		return in, err
	}
	if in.Duration, err = p.duration(); err != nil || serial == "" {
		return in, err
	}
	if s.MFA == nil {
		at, _ := p.get("mfa_serial")
		return in, at.bad(ErrIncomplete, "mfa_serial", "asks for a code, which this program does not ask its user for (MFA is nil)")
	}
	in.MFASerial = serial
	in.MFACode = func(ctx context.Context) (string, error) { return s.MFA(ctx, serial) }
	return in, nil
}

// duration gives duration_seconds, 0 if it is not set.
func (p profile) duration() (time.Duration, error) {
	s, ok := p.get("duration_seconds")
	if !ok {
		return 0, nil
	}
	n, err := strconv.Atoi(s.value)
	if err != nil || n < 900 || n > 43200 {
		return 0, s.bad(ErrMalformed, "duration_seconds", "is no number from 900 (15 minutes) to 43200 (12 hours)")
	}
	return time.Duration(n) * time.Second, nil
}

// client is the STS that the profile asked for says, for all roles on the way.
func (s *profileSearch) client(role string) (*sts.Client, error) {
	c, err := s.shared.sts(role, "", "")
	if err != nil {
		return nil, err
	}
	c.Base, c.Now = s.Base, s.Now
	return c, nil
}

// roleSource gives the credentials that assume the profile's role.
func (s *profileSearch) roleSource(ctx context.Context, p profile, path []string) (sigv4.Credentials, error) {
	from, isProfile := p.get("source_profile")
	kind, isSource := p.get("credential_source")
	switch {
	case isProfile && isSource:
		return sigv4.Credentials{}, kind.bad(ErrMalformed, "credential_source", "stands beside source_profile in profile "+p.name+": expecting one of them")
	case isSource:
		return s.credentialSource(ctx, p, kind)
	case !isProfile:
		arn, _ := p.get("role_arn")
		return sigv4.Credentials{}, arn.bad(ErrIncomplete, "role_arn", "stands alone in profile "+p.name+": expecting source_profile, credential_source or web_identity_token_file beside it")
	}
	next := p.files.profile(from.value)
	hasKey := next.has("aws_access_key_id", "aws_secret_access_key")
	path = append(path, next.name)
	switch {
	case !next.exists():
		e := next.missing()
		e.Problem += " (it is the source_profile of " + p.name + ", " + from.at() + ")"
		return sigv4.Credentials{}, e
	case slices.Contains(path[:len(path)-1], next.name) && !(next.name == p.name && hasKey):
		return sigv4.Credentials{}, from.bad(ErrCycle, "source_profile", "of profile "+p.name+" closes it: "+strings.Join(path, " → "))
	case next.isRole() && !hasKey:
		return s.role(ctx, next, path)
	}
	cred, err := s.own(ctx, next)
	return cred, lacking(err, "source_profile of profile "+p.name)
}

// credentialSource gives the credentials of a source that a profile names.
func (s *profileSearch) credentialSource(ctx context.Context, p profile, kind setting) (sigv4.Credentials, error) {
	var source Source
	switch strings.ToLower(kind.value) {
	case "environment":
		source = Environment{Env: s.shared.env, Now: s.Now}
	case "ec2instancemetadata":
		source = &InstanceMetadata{Env: s.shared.env, Base: s.metadata, profile: p}
	case "ecscontainer":
		source = &Container{Env: s.shared.env, Base: s.metadata}
	default:
		return sigv4.Credentials{}, kind.bad(ErrMalformed, "credential_source", "is none of Environment, Ec2InstanceMetadata and EcsContainer")
	}
	cred, err := source.Fetch(ctx)
	return cred, lacking(err, "credential_source of profile "+p.name)
}

// lacking makes of a source that is not set up, though a role wants it, a failure.
func lacking(err error, source string) error {
	if err, ok := err.(*NoCredentialsError); ok {
		return &SourceError{Source: source, Problem: "has no credentials to assume the role with", Err: err}
	}
	return err
}

// own gives the profile's credentials in any way but an assumed role.
func (s *profileSearch) own(ctx context.Context, p profile) (sigv4.Credentials, error) {
	if p.has("web_identity_token_file") {
		return s.profileWebIdentity(ctx, p)
	}
	if p.has("sso_account_id", "sso_role_name") {
		return s.sso(ctx, p)
	}
	if cred, ok, err := p.accessKey(p.inCred); err != nil || ok {
		return cred, err
	}
	if at, ok := p.get("credential_process"); ok {
		process := Process{Command: at.value, Now: s.Now, profile: p.name, at: at}
		return process.Fetch(ctx)
	}
	if cred, ok, err := p.accessKey(p.inConfig); err != nil || ok {
		return cred, err
	}
	// What is left are halves of a way, and the one way that is not built.
	if name, at, ok := p.first("login_session"); ok {
		return sigv4.Credentials{}, at.bad(ErrUnsupported, name, "is how profile "+p.name+" gets its credentials; in another profile, let the AWS CLI print them: credential_process = aws configure export-credentials --profile "+argument(p.name)+" --format process")
	}
	if name, at, ok := p.first("sso_session", "sso_start_url"); ok {
		return sigv4.Credentials{}, at.bad(ErrIncomplete, name, "stands in profile "+p.name+" without sso_account_id and sso_role_name")
	}
	if name, at, ok := p.first("source_profile", "credential_source"); ok {
		return sigv4.Credentials{}, at.bad(ErrIncomplete, name, "stands in profile "+p.name+" without role_arn")
	}
	return sigv4.Credentials{}, &NoCredentialsError{Tried: []Attempt{
		{Source: cmp.Or(p.credentials.name, "shared credentials file"), Reason: p.without(p.credentials, p.inCred)},
		{Source: cmp.Or(p.config.name, "shared config file"), Reason: p.without(p.config, p.inConfig)}}}
}

// without says why a file has no credentials of the profile.
func (p profile) without(f file, s section) string {
	switch {
	case f.name == "":
		return "there is no home directory to look in"
	case f.sections == nil:
		return "is not there"
	case s == nil:
		return "has no profile " + p.name
	}
	return "has no access key, role, web identity, IAM Identity Center or credential_process in profile " + p.name
}

// profileWebIdentity assumes the profile's role with a token.
func (s *profileSearch) profileWebIdentity(ctx context.Context, p profile) (sigv4.Credentials, error) {
	at, _ := p.get("web_identity_token_file")
	w := WebIdentity{source: "web_identity_token_file of profile " + p.name + " (" + at.at() + ")"}
	var in sts.AssumeRoleWithWebIdentityInput
	var err error
	if in.RoleARN, err = p.word("role_arn"); err != nil {
		return sigv4.Credentials{}, err
	}
	if in.RoleARN == "" {
		return sigv4.Credentials{}, at.bad(ErrIncomplete, "web_identity_token_file", "stands in profile "+p.name+" without role_arn")
	}
	if in.SessionName, err = p.sessionName(s.shared.env); err != nil {
		return sigv4.Credentials{}, err
	}
	if in.Duration, err = p.duration(); err != nil {
		return sigv4.Credentials{}, err
	}
	client, err := s.client(in.RoleARN)
	if err != nil {
		return sigv4.Credentials{}, err
	}
	return w.assume(ctx, client, at.value, in)
}

// environmentWebIdentity is that of a pod of EKS, where region and endpoint may
// still be the profile's, and the role, too, as the AWS CLI has it.
func (s *profileSearch) environmentWebIdentity(ctx context.Context) (sigv4.Credentials, error) {
	env := s.shared.env
	file := env(webIdentityFile)
	if file == "" {
		return sigv4.Credentials{}, none(webIdentityName, webIdentityFile+" is not set")
	}
	p, err := s.shared.profile()
	if err != nil {
		return sigv4.Credentials{}, err
	}
	in := sts.AssumeRoleWithWebIdentityInput{RoleARN: env("AWS_ROLE_ARN"), SessionName: env("AWS_ROLE_SESSION_NAME")}
	if in.RoleARN == "" {
		if in.RoleARN, err = p.word("role_arn"); err != nil {
			return sigv4.Credentials{}, err
		}
	}
	if in.RoleARN == "" {
		return sigv4.Credentials{}, noRoleARN()
	}
	if in.SessionName == "" {
		if in.SessionName, err = p.sessionName(env); err != nil {
			return sigv4.Credentials{}, err
		}
	}
	client, err := s.client(in.RoleARN)
	if err != nil {
		return sigv4.Credentials{}, err
	}
	return (&WebIdentity{}).assume(ctx, client, file, in)
}

// sessionName is the profile's, else the environment's, else ours.
func (p profile) sessionName(env environment) (string, error) {
	name, err := p.word("role_session_name")
	return cmp.Or(name, env("AWS_ROLE_SESSION_NAME"), defaultSession), err
}

// sso takes the settings of IAM Identity Center, from the profile and from the
// section that it names.
func (s *profileSearch) sso(ctx context.Context, p profile) (sigv4.Credentials, error) {
	c := SSO{Home: s.shared.home, Base: s.Base, Now: s.Now, profile: p.name}
	name, at, _ := p.first("sso_account_id", "sso_role_name")
	session := section{}
	if ref, ok := p.get("sso_session"); ok {
		name, at = "sso_session", ref
		if session = configSection(p.config.sections, "sso-session", ref.value); session == nil {
			return sigv4.Credentials{}, ref.bad(ErrMalformed, "sso_session", "names a section [sso-session …] that is not in "+cmp.Or(p.config.name, "a config file"))
		}
		c.Session = ref.value
	}
	for _, part := range [...]struct {
		name string
		dst  *string
	}{
		{"sso_account_id", &c.AccountID}, {"sso_role_name", &c.RoleName},
		{"sso_region", &c.Region}, {"sso_start_url", &c.StartURL},
	} {
		own, _ := p.get(part.name)
		there := session[part.name]
		switch {
		case own.value == "" && there.value == "":
			return sigv4.Credentials{}, at.bad(ErrIncomplete, name, "stands in profile "+p.name+" without "+part.name)
		case own.value == "":
			own = there
		case there.value != "" && there.value != own.value:
			return sigv4.Credentials{}, own.bad(ErrMalformed, part.name, "is not what its sso-session says at "+there.at())
		}
		var err error
		if *part.dst, err = own.word(part.name); err != nil {
			return sigv4.Credentials{}, err
		}
	}
	var err error
	if c.Endpoint, err = s.shared.endpoint("sso"); err == nil && c.Endpoint == "" {
		c.FIPS, c.DualStack, err = s.shared.variants()
	}
	if err != nil {
		return sigv4.Credentials{}, err
	}
	return c.Fetch(ctx)
}
