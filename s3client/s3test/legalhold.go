package s3test

import (
	"encoding/xml"
	"net/http"
)

// What keeps a version without an end (Amazon S3 API Reference,
// "GetObjectLegalHold", "PutObjectLegalHold").

func (s *Server) getObjectLegalHold(w *answer, r *http.Request, q *request) error {
	o, err := s.lockable(w, r, q)
	if err != nil {
		return err
	}
	if o.Lock.Hold == "" {
		return standard("NoSuchObjectLockConfiguration")
	}
	var x xmlDoc
	x.start("LegalHold", s3Namespace)
	x.element("Status", o.Lock.Hold)
	x.end("LegalHold")
	x.write(w, r, http.StatusOK)
	return nil
}

func (s *Server) putObjectLegalHold(w *answer, r *http.Request, q *request) error {
	var c struct {
		XMLName xml.Name `xml:"LegalHold"`
		Status  string
	}
	if err := xml.Unmarshal(q.body, &c); err != nil || c.Status != "ON" && c.Status != "OFF" {
		return standard("MalformedXML")
	}
	if _, err := s.lockable(w, r, q); err != nil {
		return err
	}
	if err := s.amend(w, r, q, func(o *object) error {
		o.Lock.Hold = c.Status
		return nil
	}); err != nil {
		return err
	}
	w.WriteHeader(http.StatusOK)
	return nil
}
