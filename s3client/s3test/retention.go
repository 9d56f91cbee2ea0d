package s3test

import (
	"encoding/xml"
	"net/http"
	"time"
)

// Until when a version is kept (Amazon S3 API Reference, "GetObjectRetention",
// "PutObjectRetention").

func (s *Server) getObjectRetention(w *answer, r *http.Request, q *request) error {
	o, err := s.lockable(w, r, q)
	if err != nil {
		return err
	}
	if o.Lock.Mode == "" {
		return standard("NoSuchObjectLockConfiguration")
	}
	var x xmlDoc
	x.start("Retention", s3Namespace)
	x.element("Mode", o.Lock.Mode)
	x.element("RetainUntilDate", o.Lock.Until.Format(timestamp))
	x.end("Retention")
	x.write(w, r, http.StatusOK)
	return nil
}

// lockable finds a version in a bucket that has Object Lock.
func (s *Server) lockable(w *answer, r *http.Request, q *request) (*object, error) {
	set, err := s.store.settings(q.bucket)
	switch {
	case err != nil:
		return nil, q.storeError(err)
	case !set.ObjectLock:
		return nil, errorf("InvalidRequest", "Bucket is missing Object Lock Configuration")
	}
	o, err := s.store.get(q.bucket, q.key, q.version)
	if err != nil {
		return nil, s.absent(w, r, q, o, err)
	}
	return o, nil
}

func (s *Server) putObjectRetention(w *answer, r *http.Request, q *request) error {
	var c struct {
		XMLName         xml.Name `xml:"Retention"`
		Mode            string
		RetainUntilDate string
	}
	if err := xml.Unmarshal(q.body, &c); err != nil || (c.Mode == "") != (c.RetainUntilDate == "") {
		return standard("MalformedXML")
	}
	if _, err := s.lockable(w, r, q); err != nil {
		return err
	}
	var to lock // no retention, if nothing is named
	if c.Mode != "" {
		var err error
		if to, err = s.retention(c.Mode, c.RetainUntilDate); err != nil {
			return err
		}
	}
	now, bypass := s.now(), bypasses(r)
	if err := s.amend(w, r, q, func(o *object) error {
		if o.Lock.weaker(to, now) && (o.Lock.Mode == compliance || !bypass) {
			return errorf("AccessDenied", "Access Denied because object protected by object lock.")
		}
		to.Hold = o.Lock.Hold
		o.Lock = to
		return nil
	}); err != nil {
		return err
	}
	w.WriteHeader(http.StatusOK)
	return nil
}

// weaker reports whether another retention would let go of the version earlier, or
// more easily.
func (l lock) weaker(to lock, now time.Time) bool {
	return l.Mode != "" && now.Before(l.Until) && (to.Until.Before(l.Until) || l.Mode == compliance && to.Mode != compliance)
}
