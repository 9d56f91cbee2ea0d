package s3test

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/sigvier/sigvier/sigv4"
)

// The STS face (AWS Security Token Service API Reference).

const (
	stsNamespace = "https://sts.amazonaws.com/doc/2011-06-15/"
	stsVersion   = "2011-06-15"

	account = "123456789012" // of the users; roles have their own in their ARN
)

func (s *Server) serveSTS(w *answer, r *http.Request, q *request) {
	w.Header().Set("X-Amzn-Requestid", w.id)
	err := s.trySTS(w, r, q)
	if err != nil {
		writeSTSError(w, r, err)
	}
}

func (s *Server) trySTS(w *answer, r *http.Request, q *request) error {
	body, errBody := readBody(r)
	params := q.query
	if r.Method == http.MethodPost {
		var err error
		if params, err = url.ParseQuery(string(body)); err != nil {
			params = nil
		}
	}
	action := params.Get("Action")
	handle := stsOperations[action]
	if handle != nil {
		q.op = action
	}
	s.arrived(r, q)
	if errBody != nil {
		return errBody
	}

	if !signed(r, q) {
		return standard("MissingAuthenticationToken")
	}
	v, err := s.sts.Verify(r, s.lookup, sigv4.PayloadOf(body), s.now())
	if err != nil {
		return s.stsAuthError(err, r, q)
	}
	q.caller = s.callerOf(v.AccessKeyID)
	if err := s.disturb(w, r, q); err != nil {
		return err
	}
	switch version := params.Get("Version"); {
	case action == "":
		return errorf("MissingAction", "Missing Action parameter")
	case handle == nil || version != stsVersion:
		if version == "" {
			version = "NO_VERSION_SPECIFIED"
		}
		return errorf("InvalidAction", "Could not find operation "+action+" for version "+version)
	}
	return handle(s, w, r, q, params)
}

var stsOperations = map[string]func(*Server, *answer, *http.Request, *request, url.Values) error{
	"AssumeRole":        (*Server).assumeRole,
	"GetCallerIdentity": (*Server).getCallerIdentity,
}

// The patterns and lengths are those of "AssumeRole", request parameters.
var (
	sessionName = regexp.MustCompile(`^[\w+=,.@-]*$`)
	externalID  = regexp.MustCompile(`^[\w+=,.@:/-]*$`)
)

const minExternalID, maxExternalID = 2, 1224

func (s *Server) assumeRole(w *answer, r *http.Request, q *request, p url.Values) error {
	for _, name := range []string{"Policy", "SerialNumber", "TokenCode", "SourceIdentity", "PolicyArns.member.1.arn", "Tags.member.1.Key", "TransitiveTagKeys.member.1", "ProvidedContexts.member.1.ProviderArn"} {
		if p.Has(name) {
			// A session policy that is ignored would be a permission given away.
			return notImplemented(name + " is not implemented")
		}
	}
	arn, name, duration, err := assumeRoleParams(p)
	if err != nil {
		return err
	}
	role, known := s.roles[arn]
	if !known || !role.trusts(q.caller, p.Get("ExternalId")) {
		// Which of them it was is nothing for the caller to know.
		return errorf("AccessDenied", "User: "+q.caller.arn()+" is not authorized to perform: sts:AssumeRole on resource: "+arn)
	}
	if q.caller.session != nil && duration > time.Hour {
		return errorf("ValidationError", "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.")
	}

	t := newSession(role, name, s.now().Add(duration).Truncate(time.Second))
	s.sessions.add(t, s.now())

	var x xmlDoc
	x.start("AssumeRoleResponse", stsNamespace)
	x.start("AssumeRoleResult", "")
	x.start("AssumedRoleUser", "")
	x.element("AssumedRoleId", t.userID())
	x.element("Arn", t.arn())
	x.end("AssumedRoleUser")
	x.start("Credentials", "")
	x.element("AccessKeyId", t.accessKeyID)
	x.element("SecretAccessKey", t.secret)
	x.element("SessionToken", t.token)
	x.element("Expiration", t.expires.Format(time.RFC3339))
	x.end("Credentials")
	x.end("AssumeRoleResult")
	x.metadata(w)
	x.end("AssumeRoleResponse")
	x.writeSTS(w, r, http.StatusOK)
	return nil
}

// assumeRoleParams reports all that is wrong at once, in AWS's words.
func assumeRoleParams(p url.Values) (arn, name string, duration time.Duration, err error) {
	var wrong []string
	check := func(ok bool, value any, parameter, constraint string) {
		if !ok {
			wrong = append(wrong, fmt.Sprintf("Value %v at '%s' failed to satisfy constraint: Member must %s", value, parameter, constraint))
		}
	}
	required := func(parameter, member string, least, most int, re *regexp.Regexp, pattern string) string {
		v := p.Get(parameter)
		n := utf8.RuneCountInString(v)
		switch quoted := "'" + v + "'"; {
		case !p.Has(parameter):
			check(false, "null", member, "not be null")
		case n < least:
			check(false, quoted, member, fmt.Sprintf("have length greater than or equal to %d", least))
		case n > most:
			check(false, quoted, member, fmt.Sprintf("have length less than or equal to %d", most))
		case re != nil:
			check(re.MatchString(v), quoted, member, "satisfy regular expression pattern: "+pattern)
		}
		return v
	}
	arn = required("RoleArn", "roleArn", 20, 2048, nil, "")
	name = required("RoleSessionName", "roleSessionName", 2, 64, sessionName, `[\w+=,.@-]*`)
	if p.Has("ExternalId") {
		required("ExternalId", "externalId", minExternalID, maxExternalID, externalID, `[\w+=,.@:\/-]*`)
	}
	duration = time.Hour
	if v := p.Get("DurationSeconds"); v != "" {
		seconds, err := strconv.Atoi(v)
		if err != nil {
			return "", "", 0, errorf("MalformedInput", "DurationSeconds is not a number")
		}
		check(seconds >= 900, v, "durationSeconds", "have value greater than or equal to 900")
		check(seconds <= 43200, v, "durationSeconds", "have value less than or equal to 43200")
		duration = time.Duration(seconds) * time.Second
	}
	switch len(wrong) {
	case 0:
		if !roleARN.MatchString(arn) {
			return "", "", 0, errorf("ValidationError", arn+" is invalid")
		}
		return arn, name, duration, nil
	case 1:
		return "", "", 0, errorf("ValidationError", "1 validation error detected: "+wrong[0])
	}
	return "", "", 0, errorf("ValidationError", fmt.Sprintf("%d validation errors detected: %s", len(wrong), strings.Join(wrong, "; ")))
}

// trusts is the role's trust policy: the principal, and the external ID as a
// condition (AWS IAM User Guide, "Access to AWS accounts owned by third parties").
func (role Role) trusts(c caller, id string) bool {
	principal := c.accessKeyID
	if c.session != nil {
		principal = c.session.role.ARN
	}
	if len(role.Trusted) > 0 && !slices.Contains(role.Trusted, principal) {
		return false
	}
	return role.ExternalID == "" || subtle.ConstantTimeCompare([]byte(id), []byte(role.ExternalID)) == 1
}

func (s *Server) getCallerIdentity(w *answer, r *http.Request, q *request, _ url.Values) error {
	var x xmlDoc
	x.start("GetCallerIdentityResponse", stsNamespace)
	x.start("GetCallerIdentityResult", "")
	x.element("Arn", q.caller.arn())
	x.element("UserId", q.caller.userID())
	x.element("Account", strings.Split(q.caller.arn(), ":")[4])
	x.end("GetCallerIdentityResult")
	x.metadata(w)
	x.end("GetCallerIdentityResponse")
	x.writeSTS(w, r, http.StatusOK)
	return nil
}

func (c caller) arn() string {
	if c.session != nil {
		return c.session.arn()
	}
	return "arn:aws:iam::" + account + ":user/" + c.accessKeyID
}

func (c caller) userID() string {
	if c.session != nil {
		return c.session.userID()
	}
	return uniqueID("AIDA", c.accessKeyID)
}

// session is a role that was assumed.
type session struct {
	role                       Role
	name                       string
	accessKeyID, secret, token string
	expires                    time.Time
}

func newSession(role Role, name string, expires time.Time) session {
	var secret [30]byte // 40 characters of base64
	var token [240]byte
	rand.Read(secret[:])
	rand.Read(token[:])
	return session{
		role:        role,
		name:        name,
		accessKeyID: "ASIA" + rand.Text()[:16],
		secret:      base64.StdEncoding.EncodeToString(secret[:]),
		token:       base64.StdEncoding.EncodeToString(token[:]),
		expires:     expires,
	}
}

// arn is arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION; the role's path is not
// part of it.
func (t *session) arn() string {
	p := strings.SplitN(t.role.ARN, ":", 6)
	return "arn:" + p[1] + ":sts::" + p[4] + ":assumed-role/" + p[5][strings.LastIndex(p[5], "/")+1:] + "/" + t.name
}

func (t *session) userID() string { return uniqueID("AROA", t.role.ARN) + ":" + t.name }

// uniqueID is as long as IAM's, and the same for the same name.
func uniqueID(prefix, name string) string {
	sum := sha256.Sum256([]byte(name))
	return prefix + base32.StdEncoding.EncodeToString(sum[:])[:17]
}

type sessions struct {
	mu sync.Mutex
	m  map[string]session
}

// forget is how long an expired session still gets the answer that it is expired.
const forget = 24 * time.Hour

func (s *sessions) add(t session, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.m == nil {
		s.m = make(map[string]session)
	}
	for id, old := range s.m {
		if now.Sub(old.expires) > forget {
			delete(s.m, id)
		}
	}
	s.m[t.accessKeyID] = t
}

func (s *sessions) get(accessKeyID string) (session, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, ok := s.m[accessKeyID]
	return t, ok
}

// stsAuthError says in STS's words what [sigv4.Signer.Verify] says in S3's (AWS
// Security Token Service API Reference, "Common Errors").
func (s *Server) stsAuthError(err error, r *http.Request, q *request) error {
	var v *sigv4.VerifyError
	if !errors.As(err, &v) {
		return err
	}
	const layout = "20060102T150405Z"
	switch v.Code {
	case "InvalidAccessKeyId", "InvalidToken":
		return errorf("InvalidClientTokenId", "The security token included in the request is invalid.")
	case "ExpiredToken":
		return &apiError{Code: "ExpiredToken", Status: http.StatusForbidden, Message: "The security token included in the request is expired"}
	case "SignatureDoesNotMatch":
		return errorf(v.Code, "The request signature we calculated does not match the signature you provided. "+
			"Check your AWS Secret Access Key and signing method. Consult the service documentation for details.")
	case "RequestTimeTooSkewed":
		sent, now := r.Header.Get("X-Amz-Date"), s.now()
		if t, err := time.Parse(layout, sent); err == nil && t.After(now) {
			return errorf("SignatureDoesNotMatch", fmt.Sprintf("Signature not yet current: %s is still later than %s (%s + 15 min.)",
				sent, now.Add(sigv4.MaxSkew).Format(layout), now.Format(layout)))
		}
		return errorf("SignatureDoesNotMatch", fmt.Sprintf("Signature expired: %s is now earlier than %s (%s - 15 min.)",
			sent, now.Add(-sigv4.MaxSkew).Format(layout), now.Format(layout)))
	case "AuthorizationHeaderMalformed", "AuthorizationQueryParametersError":
		if v.Region != "" {
			return errorf("SignatureDoesNotMatch", "Credential should be scoped to a valid region.")
		}
		return errorf("IncompleteSignature", v.Message)
	}
	return &apiError{Code: v.Code, Status: v.Status, Message: v.Message}
}

func writeSTSError(w *answer, r *http.Request, err error) {
	var e *apiError
	if !errors.As(err, &e) {
		e = errorf("InternalFailure", err.Error())
		e.Status = http.StatusInternalServerError
	}
	kind := "Sender"
	if e.status() >= 500 {
		kind = "Receiver"
	}
	var x xmlDoc
	x.start("ErrorResponse", stsNamespace)
	x.start("Error", "")
	x.element("Type", kind)
	x.element("Code", e.Code)
	x.element("Message", e.Message)
	x.end("Error")
	x.element("RequestId", w.id)
	x.end("ErrorResponse")
	x.writeSTS(w, r, e.status())
}

func (x *xmlDoc) metadata(w *answer) {
	x.start("ResponseMetadata", "")
	x.element("RequestId", w.id)
	x.end("ResponseMetadata")
}

func (x *xmlDoc) writeSTS(w *answer, r *http.Request, status int) {
	x.writeAs(w, r, status, "text/xml")
}
