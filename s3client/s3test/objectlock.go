package s3test

import (
	"net/http"
	"strings"
	"time"
)

// Object Lock (Amazon S3 User Guide, "Locking objects with Object Lock").

// lock is what keeps a version from being deleted.
type lock struct {
	Mode  string    `json:"mode,omitempty"` // GOVERNANCE or COMPLIANCE; "" is no retention
	Until time.Time `json:"until,omitzero"`
	Hold  string    `json:"legal_hold,omitempty"` // ON or OFF; "" if there never was one
}

const (
	governance = "GOVERNANCE" // who has a permission of its own may bypass it
	compliance = "COMPLIANCE"
)

func (l lock) set() bool { return l.Mode != "" || l.held() }

func (l lock) held() bool { return l.Hold == "ON" }

const lockHeader = "X-Amz-Object-Lock-"

// lockHeaders reads the headers of an upload.
func (s *Server) lockHeaders(h http.Header, set *settings) (l lock, err error) {
	mode, until, hold := h.Get(lockHeader+"Mode"), h.Get(lockHeader+"Retain-Until-Date"), h.Get(lockHeader+"Legal-Hold")
	switch {
	case mode+until+hold == "":
		return set.Retention.begin(s.now()), nil
	case !set.ObjectLock:
		return l, errorf("InvalidRequest", "Bucket is missing Object Lock Configuration")
	case (mode == "") != (until == ""):
		return l, errorf("InvalidArgument", "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied",
			field{"ArgumentName", strings.ToLower(lockHeader) + "mode"})
	}
	if l = set.Retention.begin(s.now()); mode != "" {
		if l, err = s.retention(mode, until); err != nil {
			return l, err
		}
	}
	if l.Hold = hold; hold != "" && hold != "ON" && hold != "OFF" {
		return l, invalidArgument("Legal Hold must be either of 'ON' or 'OFF'", strings.ToLower(lockHeader)+"legal-hold", hold)
	}
	return l, nil
}

func (s *Server) retention(mode, until string) (lock, error) {
	if mode != governance && mode != compliance {
		return lock{}, invalidArgument("Unknown wormMode directive.", strings.ToLower(lockHeader)+"mode", mode)
	}
	t, err := time.Parse(time.RFC3339, until)
	switch {
	case err != nil:
		return lock{}, invalidArgument("The retain until date must be provided in ISO 8601 format", strings.ToLower(lockHeader)+"retain-until-date", until)
	case !t.After(s.now()):
		return lock{}, invalidArgument("The retain until date must be in the future!", strings.ToLower(lockHeader)+"retain-until-date", until)
	}
	return lock{Mode: mode, Until: t.UTC()}, nil
}

const bypassHeader = "X-Amz-Bypass-Governance-Retention"

// release is whether the version may be deleted.
func (l lock) release(now time.Time, bypass bool) error {
	if l.held() || l.Mode != "" && now.Before(l.Until) && (l.Mode == compliance || !bypass) {
		return errorf("AccessDenied", "Access Denied because object protected by object lock.")
	}
	return nil
}

func (l lock) setHeaders(h http.Header) {
	if l.Mode != "" {
		h.Set(lockHeader+"Mode", l.Mode)
		h.Set(lockHeader+"Retain-Until-Date", l.Until.Format(timestamp))
	}
	if l.Hold != "" {
		h.Set(lockHeader+"Legal-Hold", l.Hold)
	}
}
