package s3test

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sts/policy"
)

// Who there is: users, roles, identity providers.

// User is an access key, and the user to whom it belongs.
type User struct {
	AccessKeyID     string
	SecretAccessKey string

	ARN      string            // "" is arn:aws:iam::123456789012:user/ACCESSKEYID
	Policies []policy.Document // what the user may do; nil is everything, an empty list nothing
	Tags     map[string]string // the condition keys aws:PrincipalTag/KEY
	MFA      *MFADevice        // nil: none
}

// MFADevice makes a user's one-time passwords for AssumeRole and GetSessionToken.
type MFADevice struct {
	Serial string                 // arn:aws:iam::ACCOUNT:mfa/NAME, or a number
	Valid  func(code string) bool // whether this is the password of the moment
}

// Role is what AssumeRole and AssumeRoleWithWebIdentity give to those whom its
// trust policy names. The trust policy is either Trust, or what ExternalID and
// Trusted say.
type Role struct {
	ARN        string   // arn:aws:iam::ACCOUNT:role/NAME
	ExternalID string   // must then be sent; "" is not required
	Trusted    []string // access key IDs of users, ARNs of users, roles, identity providers; empty is everyone

	Trust      *policy.Document
	Policies   []policy.Document // what the role may do; nil is everything, an empty list nothing
	Tags       map[string]string // aws:ResourceTag/KEY when it is assumed; aws:PrincipalTag/KEY of its sessions
	MaxSession time.Duration     // 1 to 12 hours; 0 is 12 hours, where IAM's default is 1
}

// IdentityProvider is an OpenID Connect provider in the accounts of all roles.
// Its ARN is arn:aws:iam::ACCOUNT:oidc-provider/ISSUER, without the issuer's
// https://.
type IdentityProvider struct {
	Issuer    string   // https://…, the tokens' claim iss
	Audiences []string // what the claim aud may be; nil is "sts.amazonaws.com"
	// Verify checks a token's signature. Nil takes the tokens that
	// [Server.WebIdentityToken] makes.
	Verify func(token string) error
}

// account has the users without an ARN, and the buckets without an owner.
const account = "123456789012"

var (
	accountID = regexp.MustCompile(`^[0-9]{12}$`)
	userARN   = regexp.MustCompile(`^arn:aws[a-z-]*:iam::[0-9]{12}:user/[\w+=,.@/-]+$`)
	roleARN   = regexp.MustCompile(`^arn:aws[a-z-]*:iam::[0-9]{12}:role/[\w+=,.@/-]+$`)
	policyARN = regexp.MustCompile(`^arn:aws[a-z-]*:iam::([0-9]{12}|aws):policy/[\w+=,.@/-]+$`)
)

func (s *Server) addUser(u User) error {
	trial := &http.Request{Method: http.MethodGet, URL: &url.URL{Scheme: "http", Host: "localhost", Path: "/"}, Header: http.Header{}}
	cred := sigv4.NewCredentials(u.AccessKeyID, u.SecretAccessKey, "")
	if err := s.s3.Sign(trial, cred, sigv4.EmptyPayload(), time.Now()); err != nil {
		return fmt.Errorf("s3test: Users: %q: %w", u.AccessKeyID, err)
	}
	if _, twice := s.users[u.AccessKeyID]; twice {
		return fmt.Errorf("s3test: Users: %q is there twice", u.AccessKeyID)
	}
	if u.ARN == "" {
		u.ARN = "arn:aws:iam::" + account + ":user/" + u.AccessKeyID
	} else if !userARN.MatchString(u.ARN) {
		return fmt.Errorf("s3test: Users: %q is no user's ARN, as arn:aws:iam::123456789012:user/NAME is", u.ARN)
	}
	if u.MFA != nil && (!mfaSerial.fits(u.MFA.Serial) || u.MFA.Valid == nil) {
		return fmt.Errorf("s3test: Users: the MFA device of %q must have Valid, and a Serial of 9 to 256 letters, digits or any of _+=/:,.@-", u.AccessKeyID)
	}
	if err := checkPolicies(policy.OfIdentity, u.Policies...); err != nil {
		return fmt.Errorf("s3test: Users: %q: Policies: %w", u.AccessKeyID, err)
	}
	if err := checkTags(u.Tags); err != nil {
		return fmt.Errorf("s3test: Users: %q: Tags: %w", u.AccessKeyID, err)
	}
	s.users[u.AccessKeyID] = &u
	return nil
}

// addRole is for when all users are there, whom it may name.
func (s *Server) addRole(r Role) error {
	if !roleARN.MatchString(r.ARN) {
		return fmt.Errorf("s3test: Roles: %q is no role's ARN, as arn:aws:iam::123456789012:role/NAME is", r.ARN)
	}
	if r.ExternalID != "" && !externalID.fits(r.ExternalID) {
		return fmt.Errorf("s3test: Roles: the external ID of %s must be 2 to 1224 letters, digits or any of _+=,.@:/-", r.ARN)
	}
	if _, twice := s.roles[r.ARN]; twice {
		return fmt.Errorf("s3test: Roles: %s is there twice", r.ARN)
	}
	if r.MaxSession == 0 {
		r.MaxSession = maxRoleSession
	}
	if r.MaxSession < time.Hour || r.MaxSession > maxRoleSession {
		return fmt.Errorf("s3test: Roles: MaxSession of %s must be 1 to 12 hours", r.ARN)
	}
	switch {
	case r.Trust == nil:
		trust := s.trustPolicy(r)
		r.Trust = &trust
	case r.ExternalID != "" || r.Trusted != nil:
		return fmt.Errorf("s3test: Roles: %s has Trust, so ExternalID and Trusted must be empty: say the same in Trust", r.ARN)
	}
	if err := checkPolicies(policy.OfRole, *r.Trust); err != nil {
		return fmt.Errorf("s3test: Roles: %s: Trust: %w", r.ARN, err)
	}
	if err := checkPolicies(policy.OfIdentity, r.Policies...); err != nil {
		return fmt.Errorf("s3test: Roles: %s: Policies: %w", r.ARN, err)
	}
	if err := checkTags(r.Tags); err != nil {
		return fmt.Errorf("s3test: Roles: %s: Tags: %w", r.ARN, err)
	}
	s.roles[r.ARN] = &r
	return nil
}

// trustPolicy is the one that Trusted and ExternalID stand for (IAM User Guide,
// "Access to AWS accounts owned by third parties").
func (s *Server) trustPolicy(r Role) policy.Document {
	who := policy.Principal{Any: len(r.Trusted) == 0}
	for _, name := range r.Trusted {
		if u := s.users[name]; u != nil {
			name = u.ARN
		}
		if strings.Contains(name, ":oidc-provider/") {
			who.Federated = append(who.Federated, name)
		} else {
			who.AWS = append(who.AWS, name)
		}
	}
	allow := policy.Statement{
		Effect: policy.Allow, Principal: who,
		Action: []string{"sts:AssumeRole", "sts:AssumeRoleWithWebIdentity", "sts:TagSession", "sts:SetSourceIdentity"},
	}
	if r.ExternalID != "" {
		allow.Condition = policy.Conditions{"StringEquals": {"sts:ExternalId": {r.ExternalID}}}
	}
	return policy.Document{Version: "2012-10-17", Statements: []policy.Statement{allow}}
}

func (s *Server) addProvider(p IdentityProvider) error {
	u, err := url.Parse(p.Issuer)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return errors.New("s3test: IdentityProviders: Issuer must be a URL of the form https://HOST[/PATH]")
	}
	if _, twice := s.providers[p.Issuer]; twice {
		return fmt.Errorf("s3test: IdentityProviders: %s is there twice", p.Issuer)
	}
	if p.Audiences == nil {
		p.Audiences = []string{"sts.amazonaws.com"}
	}
	if len(p.Audiences) == 0 || slices.Contains(p.Audiences, "") {
		return fmt.Errorf("s3test: IdentityProviders: %s: Audiences must not be empty", p.Issuer)
	}
	s.providers[p.Issuer] = &p
	return nil
}

func checkPolicies(use policy.Use, docs ...policy.Document) error {
	for _, d := range docs {
		if err := d.ValidateFor(use); err != nil {
			return err
		}
	}
	return nil
}

// checkTags holds tags against what IAM takes.
func checkTags(tags map[string]string) error {
	var all []tag
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		if !tagKey.fits(key) || !tagValue.fits(tags[key]) {
			return fmt.Errorf("%q: %q is no tag: expecting 1 to 128 and 0 to 256 letters, digits, spaces or any of _.:/=+-@", key, tags[key])
		}
		all = append(all, tag{key: key, value: tags[key]})
	}
	_, err := markTransitive(all, nil)
	return err
}

// partitionOf and accountOf are two of the parts of an ARN:
// arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE.
func partitionOf(arn string) string { return strings.SplitN(arn, ":", 6)[1] }
func accountOf(arn string) string   { return strings.SplitN(arn, ":", 6)[4] }
