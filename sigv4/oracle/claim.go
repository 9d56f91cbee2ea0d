package oracle

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/sigvier/sigvier/sigv4"
)

// Claim is the signature that a request carries, as it is written there; what is
// missing is "".
type Claim struct {
	Query         bool   // in the query form
	Algorithm     string // AWS4-HMAC-SHA256
	AccessKeyID   string
	Date          string // the scope's
	Region        string
	Service       string
	Time          string // X-Amz-Date, or the header Date
	Expires       string // query form
	SignedHeaders []string
	Signature     string
}

// readClaim finds the signature that a request carries. It is lenient: a claim
// that a server would refuse is one all the same.
func readClaim(r Request) (c *Claim, token string) {
	fields := map[string]string{}
	_, query, _ := strings.Cut(r.URL, "?")
	query, _, _ = strings.Cut(query, "#")
	for p := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(p, "=")
		if name, err := url.QueryUnescape(name); err == nil && strings.HasPrefix(name, "X-Amz-") && fields[name] == "" {
			if plain, err := url.QueryUnescape(value); err == nil {
				value = plain
			}
			fields[name] = value
		}
	}
	if fields["X-Amz-Signature"] != "" || fields["X-Amz-Algorithm"] != "" {
		c = newClaim(fields)
		c.Query, c.Time, c.Expires = true, fields["X-Amz-Date"], fields["X-Amz-Expires"]
		return c, fields["X-Amz-Security-Token"]
	}
	algorithm, rest, ok := strings.Cut(strings.TrimSpace(r.header("Authorization")), " ")
	if !ok || !strings.HasPrefix(algorithm, "AWS4-") {
		return nil, ""
	}
	fields = map[string]string{"X-Amz-Algorithm": algorithm}
	for part := range strings.SplitSeq(rest, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		fields["X-Amz-"+name] = value
	}
	c = newClaim(fields)
	if c.Time = r.header("X-Amz-Date"); c.Time == "" {
		if t, err := http.ParseTime(r.header("Date")); err == nil {
			c.Time = t.UTC().Format(timeFormat)
		}
	}
	return c, r.header("X-Amz-Security-Token")
}

func newClaim(fields map[string]string) *Claim {
	c := &Claim{Algorithm: fields["X-Amz-Algorithm"], Signature: fields["X-Amz-Signature"]}
	scope := strings.Split(fields["X-Amz-Credential"], "/")
	// What stands before the last four parts is the access key ID.
	if n := len(scope); n >= 5 {
		c.AccessKeyID, c.Date, c.Region, c.Service = strings.Join(scope[:n-4], "/"), scope[n-4], scope[n-3], scope[n-2]
	} else {
		c.AccessKeyID = scope[0]
	}
	if list := fields["X-Amz-SignedHeaders"]; list != "" {
		c.SignedHeaders = strings.Split(list, ";")
	}
	return c
}

// settle takes from the signature that the request carries what its fields leave
// open.
func (r *Request) settle() {
	if said := r.header("X-Amz-Content-Sha256"); len(r.Body) == 0 && r.header("Content-Length") != "0" {
		// A body is signed, and there is none: it was not written down.
		hash, err := sigv4.ParsePayloadHash(said)
		r.BodyUnknown = r.BodyUnknown || err == nil && hash.IsDigest() && hash != sigv4.EmptyPayload()
	}
	c, token := readClaim(*r)
	if c == nil {
		return
	}
	r.Claim = c
	fill := func(field *string, value string) {
		if *field == "" {
			*field = value
		}
	}
	fill(&r.Service, c.Service)
	fill(&r.Region, c.Region)
	fill(&r.Time, c.Time)
	id, session := r.Credentials.AccessKeyID, r.Credentials.SessionToken()
	fill(&id, c.AccessKeyID)
	fill(&session, token)
	r.Credentials = sigv4.NewCredentials(id, r.Credentials.SecretAccessKey(), session)
	if r.Mode == "" && c.Query {
		r.Mode = "query"
	}
	if r.Expires == 0 {
		r.Expires, _ = strconv.ParseInt(c.Expires, 10, 64) // 0 is refused when it is signed
	}
	if r.SignedHeaders == nil {
		r.SignedHeaders = c.SignedHeaders
	}
}

// header is the value of the first header of a name.
func (r Request) header(name string) string {
	for _, h := range r.Headers {
		if strings.EqualFold(h[0], name) {
			return h[1]
		}
	}
	return ""
}

// signedAt is the time that the request says it was signed at.
func (r Request) signedAt() (time.Time, error) {
	t, err := time.Parse(timeFormat, r.Time)
	if err != nil || t.Format(timeFormat) != r.Time {
		return time.Time{}, fmt.Errorf("time is %q: the form 20150830T123600Z is expected", r.Time)
	}
	return t, nil
}
