package chain

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sts"
)

// SSO is a role that IAM Identity Center gives to who has signed in with
// "aws sso login" (AWS SDKs and Tools Reference Guide, "IAM Identity Center
// credential provider"). The token that this left behind is read each time and
// never renewed here: when it has ended the error is of kind [ErrSignIn], and
// says what to run.
type SSO struct {
	// Session is the name of the sso-session section, whose token is wanted; ""
	// means that of StartURL, as profiles without such a section have it.
	Session string
	// StartURL is the portal, if there is no Session.
	StartURL string
	// Region is that of IAM Identity Center, AccountID and RoleName say which role
	// is wanted.
	Region, AccountID, RoleName string
	// Endpoint is the URL of the portal's API; "" is AWS's own in the region, as
	// FIPS and DualStack say.
	Endpoint        string
	FIPS, DualStack bool
	// Home is the home directory; "" means os.UserHomeDir.
	Home string
	// Base sends the request; nil means http.DefaultTransport.
	Base http.RoundTripper
	// Now is the clock; nil means time.Now.
	Now func() time.Time

	profile string // "" if there is none
}

const ssoName = "IAM Identity Center"

// Fetch implements [Source].
func (s *SSO) Fetch(ctx context.Context) (sigv4.Credentials, error) {
	if s.Session == "" && s.StartURL == "" {
		return sigv4.Credentials{}, none(ssoName, "neither a session nor a start URL is given")
	}
	endpoint, err := s.url()
	if err != nil {
		return sigv4.Credentials{}, err
	}
	hash, err := sha1Hex(cmp.Or(s.Session, s.StartURL))
	if err != nil {
		return sigv4.Credentials{}, err
	}
	// Where "aws sso login" has put the token: the name is the SHA-1 of the
	// session's name, or of the start URL (AWS SDKs and Tools Reference Guide,
	// "Understand IAM Identity Center authentication").
	file := filepath.Join((&shared{home: s.Home}).homeDir(), ".aws", "sso", "cache", hash+".json")
	token, err := s.token(file)
	if err != nil {
		return sigv4.Credentials{}, err
	}
	// IAM Identity Center Portal API Reference, "GetRoleCredentials".
	portal := &service{base: s.Base, timeout: 30 * time.Second, attempts: 3}
	if portal.base == nil {
		portal.base = http.DefaultTransport
	}
	a, failure := portal.ask(ctx, http.MethodGet, endpoint, http.Header{"X-Amz-Sso_bearer_token": {token}, "Accept": {"application/json"}})
	failed := func(problem string, err error) (sigv4.Credentials, error) {
		return sigv4.Credentials{}, &SourceError{Source: ssoName, Problem: problem, Status: a.status, Err: err}
	}
	switch {
	case failure != nil:
		return failed("did not give the role's credentials", failure)
	case a.status == http.StatusUnauthorized:
		return sigv4.Credentials{}, s.signIn(file, "holds a session that was refused (status 401)")
	case a.status == http.StatusForbidden:
		return failed("does not give the role to who has signed in: are sso_account_id and sso_role_name right? (status 403)", nil)
	case a.status != http.StatusOK:
		return failed(fmt.Sprintf("did not give the role's credentials (status %d)", a.status), nil)
	}
	var doc struct {
		RoleCredentials struct {
			AccessKeyID     string `json:"accessKeyId"`
			SecretAccessKey string
			SessionToken    string
			Expiration      int64 // milliseconds since 1970
		}
	}
	if json.Unmarshal(a.body, &doc) != nil {
		return failed("gave an answer that is no JSON of the form {\"roleCredentials\": …}", nil)
	}
	r := doc.RoleCredentials
	cred, problem := temporary(r.AccessKeyID, r.SecretAccessKey, r.SessionToken, "")
	switch {
	case problem == "" && r.SessionToken == "":
		problem = "lacks sessionToken"
	case problem == "" && r.Expiration <= 0:
		problem = "lacks expiration"
	}
	if problem != "" {
		return failed("gave an answer that "+problem, nil)
	}
	cred.Expires = time.UnixMilli(r.Expiration).UTC()
	return cred, nil
}

func (s *SSO) url() (string, error) {
	bad := func(setting, problem string) (string, error) {
		return "", &SettingError{Kind: ErrMalformed, Source: ssoName, Setting: setting, Problem: problem}
	}
	switch {
	case len(s.AccountID) != 12 || !only(s.AccountID, digits):
		return bad("sso_account_id", "is not twelve digits")
	case s.RoleName == "":
		return bad("sso_role_name", "is empty")
	}
	base := s.Endpoint
	if base == "" {
		var err error
		if base, err = sts.RegionalEndpoint("portal.sso", s.Region, s.FIPS, s.DualStack); err != nil {
			return bad("sso_region", `is no region's name, such as "eu-central-1"`)
		}
	}
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return bad("endpoint", "is no URL of the form https://HOST[:PORT]")
	}
	u = u.JoinPath("federation", "credentials")
	u.RawQuery = url.Values{"account_id": {s.AccountID}, "role_name": {s.RoleName}}.Encode()
	return u.String(), nil
}

// token reads the cached token.
func (s *SSO) token(name string) (string, error) {
	text, err := readFile(name, maxAnswer)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", s.signIn(name, "is not there: nobody has signed in")
	case err != nil:
		return "", unreadable(name, "", err)
	}
	var cached struct{ AccessToken, ExpiresAt string }
	if json.Unmarshal(text, &cached) != nil || cached.AccessToken == "" ||
		strings.ContainsFunc(cached.AccessToken, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "", s.signIn(name, "has no token")
	}
	// Old versions of the AWS CLI wrote UTC for Z.
	ends, err := time.Parse(time.RFC3339, strings.Replace(cached.ExpiresAt, "UTC", "Z", 1))
	if err != nil {
		return "", s.signIn(name, "does not say when its session ends")
	}
	if !ends.After(now(s.Now)) {
		return "", s.signIn(name, "holds a session that ended at "+ends.UTC().Format(time.RFC3339))
	}
	return cached.AccessToken, nil
}

// signIn says what is the matter with the cached token, and what to run.
func (s *SSO) signIn(file, problem string) error {
	command := "aws sso login"
	switch {
	case s.profile != "":
		command += " --profile " + argument(s.profile)
	case s.Session != "":
		command += " --sso-session " + argument(s.Session)
	}
	return &SettingError{Kind: ErrSignIn, Source: file, Problem: "it " + problem + "; run: " + command}
}

// argument writes a name for a command line, for somebody who copies it.
func argument(name string) string {
	if name != "" && only(name, alphanumeric+"_.@%+:/,-") {
		return name
	}
	return strconv.Quote(name)
}
