package s3test

import (
	"maps"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/sigvier/sigvier/sts/policy"
)

// What a caller may do: the policies of the user or role, and within them the
// session's own (IAM User Guide, "Policies and permissions in IAM", Session
// policies).

// unlimited reports whether no policy stands in the caller's way. None stands in that
// of a directory bucket's session, which has passed them.
func (c caller) unlimited() bool {
	return c.session != nil && c.session.bucket != "" || c.identityPolicies() == nil && !c.limited()
}

func (c caller) identityPolicies() []policy.Document {
	if role := c.role(); role != nil {
		return role.Policies
	}
	return c.user.Policies
}

// limited reports whether the session has policies of its own.
func (c caller) limited() bool { return c.session != nil && c.session.policies != nil }

// permit says why a request is denied, nil if it is not. If trusted, the other
// side has already allowed it to this very caller, whose own policies then need
// not.
func (c caller) permit(r policy.Request, trusted bool) *denial {
	var implicit *denial
	check := func(kind policyKind, docs []policy.Document, needed bool) *denial {
		switch decision, by := policy.Union(r, docs...); {
		case decision == policy.ExplicitDeny:
			return &denial{caller: c, request: r, kind: kind, by: by}
		case decision != policy.Allowed && needed && implicit == nil:
			implicit = &denial{caller: c, request: r, kind: kind}
		}
		return nil
	}
	if docs := c.identityPolicies(); docs != nil {
		if d := check(ofIdentity, docs, !trusted); d != nil {
			return d
		}
	}
	if c.limited() {
		if d := check(ofSession, c.session.policies, true); d != nil {
			return d
		}
	}
	return implicit
}

// context has the condition keys of every request (IAM User Guide, "AWS global
// condition context keys").
func (s *Server) context(r *http.Request, c caller) map[string][]string {
	now := s.now()
	keys := map[string][]string{
		"aws:SecureTransport":       {strconv.FormatBool(r.TLS != nil)},
		"aws:CurrentTime":           {now.Format(time.RFC3339)},
		"aws:EpochTime":             {strconv.FormatInt(now.Unix(), 10)},
		"aws:RequestedRegion":       {s.cfg.Region},
		"aws:PrincipalIsAWSService": {"false"},
		"aws:ViaAWSService":         {"false"},
	}
	if host, _, err := net.SplitHostPort(r.RemoteAddr); err == nil {
		keys["aws:SourceIp"] = []string{host}
	}
	for name, header := range map[string]string{"aws:UserAgent": "User-Agent", "aws:Referer": "Referer"} {
		if v := r.Header.Get(header); v != "" {
			keys[name] = []string{v}
		}
	}
	if c != (caller{}) {
		maps.Copy(keys, c.context(now))
	}
	return keys
}
