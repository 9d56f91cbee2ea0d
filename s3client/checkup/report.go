package checkup

import (
	"encoding/json"

	"github.com/sigvier/sigvier/sts/policy"
)

// The checks, in their order. A report has each of them.
const (
	Form          = "form"           // every field is valid, and references lead to secrets
	Endpoint      = "endpoint"       // the service is reached: DNS, TCP, TLS, HTTP
	Clock         = "clock"          // how far this machine's is from the service's
	WhoAmI        = "who am I"       // whose the credentials are that assume the role, or sign
	Role          = "role"           // is assumed, and until when
	ExternalID    = "external ID"    // is demanded: the confused deputy
	SessionPolicy = "session policy" // keeps the role's session to the restrictions
	Bucket        = "bucket"         // is there, and in this region
	List          = "list"           // and these on the path
	Read          = "read"
	Write         = "write"
	Delete        = "delete"
)

var order = [...]string{Form, Endpoint, Clock, WhoAmI, Role, ExternalID, SessionPolicy, Bucket, List, Read, Write, Delete}

// Status is how a check ended.
type Status string

// The statuses. A warning is what works, and should not stay so.
const (
	OK      Status = "ok"
	Failed  Status = "failed"
	Warning Status = "warning"
	Skipped Status = "skipped"
)

// Cause is why a check failed, for programs.
type Cause string

// The causes.
const (
	Invalid  Cause = "invalid"   // the form, or the file or variable that it refers to
	Denied   Cause = "denied"    // credentials, signature, trust or permission
	NotFound Cause = "not_found" // there is no such bucket
	Other    Cause = "other"
)

// Check is what one check found. All of it may be shown.
type Check struct {
	Name    string    `json:"check"`
	Status  Status    `json:"status"`
	Cause   Cause     `json:"cause,omitempty"` // of a failure
	Found   string    `json:"found"`
	Service string    `json:"service,omitempty"` // what the service said, in its own words
	Advice  []string  `json:"advice,omitempty"`  // what to do, one thing each
	Missing []Missing `json:"missing,omitempty"`
}

// Missing is a statement that a policy lacks.
type Missing struct {
	Policy    string // which: "the permission policy of arn:aws:iam::123456789012:role/reader"
	Statement policy.Statement
}

// MarshalJSON writes the statement as it stands in a policy.
func (m Missing) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Policy    string          `json:"policy"`
		Statement json.RawMessage `json:"statement"`
	}{m.Policy, json.RawMessage(m.Statement.String())})
}

// Report is what all checks found.
type Report struct {
	Checks []Check
	// LeftBehind names what was written and could not be removed, as s3://BUCKET/KEY;
	// it is nearly always empty.
	LeftBehind []string
}

// Cause is that of the first check that failed, which mostly explains the others.
// It is "" if none failed.
func (r Report) Cause() Cause {
	for _, c := range r.Checks {
		if c.Status == Failed {
			return c.Cause
		}
	}
	return ""
}
