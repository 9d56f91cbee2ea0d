package s3test

import (
	"encoding/xml"
	"net/http"
	"strconv"
	"time"
)

// Object Lock of a bucket (Amazon S3 API Reference, "GetObjectLockConfiguration",
// "PutObjectLockConfiguration").

// defaultRetention is that of objects which come without one.
type defaultRetention struct {
	Mode  string `json:"mode,omitempty"` // GOVERNANCE or COMPLIANCE; "" is none
	Days  int    `json:"days,omitempty"` // one of the two is not 0
	Years int    `json:"years,omitempty"`
}

func (d defaultRetention) begin(now time.Time) lock {
	if d.Mode == "" {
		return lock{}
	}
	return lock{Mode: d.Mode, Until: now.AddDate(d.Years, 0, d.Days)}
}

func (s *Server) getObjectLockConfiguration(w *answer, r *http.Request, q *request) error {
	set, err := s.store.settings(q.bucket)
	switch {
	case err != nil:
		return q.storeError(err)
	case !set.ObjectLock:
		return standard("ObjectLockConfigurationNotFoundError", field{"BucketName", q.bucket})
	}
	var x xmlDoc
	x.start("ObjectLockConfiguration", s3Namespace)
	x.element("ObjectLockEnabled", "Enabled")
	if d := set.Retention; d.Mode != "" {
		x.start("Rule", "")
		x.start("DefaultRetention", "")
		x.element("Mode", d.Mode)
		if d.Days != 0 {
			x.element("Days", strconv.Itoa(d.Days))
		} else {
			x.element("Years", strconv.Itoa(d.Years))
		}
		x.end("DefaultRetention")
		x.end("Rule")
	}
	x.end("ObjectLockConfiguration")
	x.write(w, r, http.StatusOK)
	return nil
}

func (s *Server) putObjectLockConfiguration(w *answer, _ *http.Request, q *request) error {
	var c struct {
		XMLName           xml.Name `xml:"ObjectLockConfiguration"`
		ObjectLockEnabled string
		Rule              *struct{ DefaultRetention defaultRetention }
	}
	if err := xml.Unmarshal(q.body, &c); err != nil || c.ObjectLockEnabled != "Enabled" {
		return standard("MalformedXML")
	}
	var d defaultRetention
	if c.Rule != nil {
		d = c.Rule.DefaultRetention
		switch {
		case d.Mode != governance && d.Mode != compliance, (d.Days == 0) == (d.Years == 0):
			return standard("MalformedXML")
		case d.Days < 0 || d.Years < 0:
			return errorf("InvalidArgument", "Default retention period must be a positive integer value.")
		case d.Days > 36500 || d.Years > 100:
			return errorf("InvalidArgument", "Default retention period too large.")
		}
	}
	if err := s.store.configure(q.bucket, func(set *settings) error {
		if set.Versioning != versioningEnabled {
			return errorf("InvalidBucketState", "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration")
		}
		set.ObjectLock, set.Retention = true, d
		return nil
	}); err != nil {
		return q.storeError(err)
	}
	w.WriteHeader(http.StatusOK)
	return nil
}
