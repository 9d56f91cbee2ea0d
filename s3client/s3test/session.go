package s3test

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/sigvier/sigvier/sts/policy"
)

// Callers, and the sessions that STS gives them.

// caller is an authenticated identity: a user, or a session.
type caller struct {
	user    *User    // nil for a role's session
	session *session // nil for a user's own key
}

func (s *Server) callerOf(accessKeyID string) (caller, error) {
	if u := s.users[accessKeyID]; u != nil {
		return caller{user: u}, nil
	}
	if t, ok := s.sessions.get(accessKeyID); ok {
		return caller{user: t.user, session: t}, nil
	}
	return caller{}, verifyError("InvalidAccessKeyId", accessKeyID)
}

func (c caller) arn() string {
	if c.user != nil {
		return c.user.ARN
	}
	return c.session.arn()
}

func (c caller) userID() string {
	if c.user != nil {
		return uniqueID("AIDA", c.user.AccessKeyID)
	}
	return uniqueID("AROA", c.session.role.ARN) + ":" + c.session.name
}

// role is nil for users, and for those who have no more than a web identity.
func (c caller) role() *Role {
	if c.user != nil || c.session == nil {
		return nil
	}
	return c.session.role
}

// uniqueID is as long as IAM's, and the same for the same name.
func uniqueID(prefix, name string) string {
	sum := sha256.Sum256([]byte(name))
	return prefix + base32.StdEncoding.EncodeToString(sum[:])[:17]
}

// context has the condition keys that say who asks (IAM User Guide, "AWS global
// condition context keys", Properties of the principal, Properties of a role
// session).
func (c caller) context(now time.Time) map[string][]string {
	keys := map[string][]string{
		"aws:PrincipalArn":     {c.arn()},
		"aws:PrincipalAccount": {accountOf(c.arn())},
		"aws:PrincipalType":    {"User"},
		"aws:userid":           {c.userID()},
	}
	if role := c.role(); role != nil {
		keys["aws:PrincipalArn"] = []string{role.ARN}
		keys["aws:PrincipalType"] = []string{"AssumedRole"}
	}
	for _, tag := range c.tags() {
		keys["aws:PrincipalTag/"+tag.key] = []string{tag.value}
	}
	t := c.session
	if t == nil {
		// With a user's own key, the keys of MFA are not there, which is not the same
		// as false: ("aws:MultiFactorAuthPresent").
		return keys
	}
	maps.Copy(keys, t.claims)
	keys["aws:TokenIssueTime"] = []string{t.issued.Format(time.RFC3339)}
	if t.user != nil {
		// The session of a role does not have them, even if it began with a password
		// (IAM User Guide, "Secure API access with MFA").
		keys["aws:MultiFactorAuthPresent"] = []string{strconv.FormatBool(t.mfa)}
	}
	if t.mfa {
		keys["aws:MultiFactorAuthAge"] = []string{strconv.Itoa(int(now.Sub(t.issued) / time.Second))}
	}
	if t.sourceIdentity != "" {
		keys["aws:SourceIdentity"] = []string{t.sourceIdentity}
	}
	return keys
}

// tags are those of the session, and those of the user or role that the session
// does not have in its own way (IAM User Guide, "Pass session tags in AWS STS",
// Things to know about session tags).
func (c caller) tags() []tag {
	var all []tag
	if c.session != nil {
		all = slices.Clone(c.session.tags)
	}
	own := map[string]string{}
	switch role := c.role(); {
	case role != nil:
		own = role.Tags
	case c.user != nil:
		own = c.user.Tags
	}
	for key, value := range own {
		if !slices.ContainsFunc(all, func(t tag) bool { return strings.EqualFold(t.key, key) }) {
			all = append(all, tag{key: key, value: value})
		}
	}
	return all
}

// session is a role that was assumed, or what a user got from GetSessionToken.
type session struct {
	user *User // of GetSessionToken
	role *Role
	name string // of the role's session

	accessKeyID, secret, token string
	issued, expires            time.Time

	policies       []policy.Document   // nil: no session policy
	tags           []tag               // session tags
	sourceIdentity string              // "" is none
	bucket         string              // of CreateSession: the one that it is for
	readOnly       bool                // of CreateSession
	mfa            bool                // of GetSessionToken: began with a one-time password
	claims         map[string][]string // condition keys of a web identity
}

type tag struct {
	key, value string
	transitive bool // goes on to the sessions that this one begins
}

// newKeys gives the session its credentials.
func (t *session) newKeys() {
	var secret [30]byte // 40 characters of base64
	var token [240]byte
	rand.Read(secret[:])
	rand.Read(token[:])
	t.accessKeyID = "ASIA" + rand.Text()[:16]
	t.secret = base64.StdEncoding.EncodeToString(secret[:])
	t.token = base64.StdEncoding.EncodeToString(token[:])
}

// arn is arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION; the role's path is not
// part of it.
func (t *session) arn() string {
	p := strings.SplitN(t.role.ARN, ":", 6)
	return "arn:" + p[1] + ":sts::" + p[4] + ":assumed-role/" + p[5][strings.LastIndex(p[5], "/")+1:] + "/" + t.name
}

// sessions has those that were begun, by access key ID. A session does not change
// once it is here.
type sessions struct {
	mu sync.Mutex
	m  map[string]*session
}

// forget is how long an expired session still gets the answer that it is expired.
const forget = 24 * time.Hour

func (s *sessions) add(t *session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.m == nil {
		s.m = make(map[string]*session)
	}
	for id, old := range s.m {
		if t.issued.Sub(old.expires) > forget {
			delete(s.m, id)
		}
	}
	s.m[t.accessKeyID] = t
}

func (s *sessions) get(accessKeyID string) (*session, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, ok := s.m[accessKeyID]
	return t, ok
}

// begin makes the session that was asked for and remembers it until after its end.
func (s *Server) beginSession(t *session, lasts time.Duration) *session {
	t.issued = s.now()
	t.expires = t.issued.Add(lasts).Truncate(time.Second)
	t.newKeys()
	s.sessions.add(t)
	return t
}
