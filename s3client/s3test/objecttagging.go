package s3test

import "net/http"

// The tags of an object (Amazon S3 API Reference, "GetObjectTagging",
// "PutObjectTagging", "DeleteObjectTagging").

func (s *Server) getObjectTagging(w *answer, r *http.Request, q *request) error {
	o, err := s.store.get(q.bucket, q.key, q.version)
	if err != nil {
		return s.absent(w, r, q, o, err)
	}
	s.setVersion(w.Header(), q.bucket, o)
	writeTags(w, r, o.Tags)
	return nil
}

func (s *Server) putObjectTagging(w *answer, r *http.Request, q *request) error {
	tags, err := parseTagging(q.body, maxObjectTags)
	if err != nil {
		return err
	}
	return s.setObjectTags(w, r, q, tags, http.StatusOK)
}

func (s *Server) deleteObjectTagging(w *answer, r *http.Request, q *request) error {
	return s.setObjectTags(w, r, q, nil, http.StatusNoContent)
}

func (s *Server) setObjectTags(w *answer, r *http.Request, q *request, tags []objectTag, status int) error {
	err := s.amend(w, r, q, func(o *object) error {
		o.Tags = tags
		return nil
	})
	if err != nil {
		return err
	}
	w.WriteHeader(status)
	return nil
}

// amend changes what a version is besides its bytes.
func (s *Server) amend(w *answer, r *http.Request, q *request, change func(o *object) error) error {
	o, err := s.store.update(q.bucket, q.key, q.version, change)
	if err != nil {
		return s.absent(w, r, q, marker(o), err)
	}
	s.setVersion(w.Header(), q.bucket, o)
	return nil
}

// marker is o if that is a delete marker.
func marker(o *object) *object {
	if o != nil && o.Marker {
		return o
	}
	return nil
}
