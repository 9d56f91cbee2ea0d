package s3test

import (
	"encoding/xml"
	"net/http"
	"slices"
	"time"
)

// Archived objects (Amazon S3 User Guide, "Working with archived objects"; Amazon S3
// API Reference, "RestoreObject"). A restore is done at once.

var archives = []string{"GLACIER", "DEEP_ARCHIVE"}

// archived reports whether the object has to be restored before it can be read.
func (o *object) archived(now time.Time) bool {
	return slices.Contains(archives, o.Class) && !now.Before(o.Restored)
}

func (o *object) setRestore(h http.Header) {
	if !o.Restored.IsZero() {
		h.Set("X-Amz-Restore", `ongoing-request="false", expiry-date="`+httpTime(o.Restored)+`"`)
	}
}

func (s *Server) restoreObject(w *answer, r *http.Request, q *request) error {
	var c struct {
		XMLName              xml.Name `xml:"RestoreRequest"`
		Days                 int
		Tier                 string
		GlacierJobParameters struct{ Tier string }
		Type                 string
	}
	if err := xml.Unmarshal(q.body, &c); err != nil {
		return standard("MalformedXML")
	}
	switch {
	case c.Type != "":
		return notImplemented("Restore requests of type " + c.Type + " are not implemented")
	case c.Days < 1:
		return standard("MalformedXML")
	}
	for _, tier := range []string{c.Tier, c.GlacierJobParameters.Tier} {
		if !slices.Contains([]string{"", "Standard", "Bulk", "Expedited"}, tier) {
			return standard("MalformedXML")
		}
	}
	status := http.StatusAccepted
	err := s.amend(w, r, q, func(o *object) error {
		now := s.now()
		if !slices.Contains(archives, o.Class) {
			return errorf("InvalidObjectState", "Restore is not allowed for the object's current storage class")
		}
		if !o.archived(now) {
			status = http.StatusOK // there already, and to stay longer
		}
		// The copy expires at the midnight that follows, in UTC.
		o.Restored = now.AddDate(0, 0, c.Days+1).Truncate(24 * time.Hour)
		return nil
	})
	if err != nil {
		return err
	}
	w.WriteHeader(status)
	return nil
}
