package s3test

import (
	"encoding/xml"
	"errors"
	"net/http"
	"strconv"
	"strings"
)

// Deleting objects and versions (Amazon S3 API Reference, "DeleteObject",
// "DeleteObjects").

func (s *Server) deleteObject(w *answer, r *http.Request, q *request) error {
	for _, name := range []string{"X-Amz-If-Match-Last-Modified-Time", "X-Amz-If-Match-Size"} { // of directory buckets
		if r.Header.Get(name) != "" {
			return standard("NotImplemented", field{"Header", strings.ToLower(name)})
		}
	}
	done, err := s.delete(q.bucket, target{Key: q.key, VersionID: q.version, ETag: r.Header.Get("If-Match")}, bypasses(r))
	if err != nil {
		return q.storeError(err)
	}
	if done.version != "" {
		w.Header().Set("X-Amz-Version-Id", done.version)
	}
	if done.marker {
		w.Header().Set("X-Amz-Delete-Marker", "true")
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func bypasses(r *http.Request) bool { return r.Header.Get(bypassHeader) == "true" }

// target is what is to be deleted, and on which conditions.
type target struct {
	Key       string
	VersionID string `xml:"VersionId"`
	ETag      string // "" is any

	// Conditions of directory buckets.
	LastModifiedTime string
	Size             string
}

// delete deletes what is there; that nothing is there is no error.
func (s *Server) delete(bucket string, t target, bypass bool) (deletion, error) {
	now := s.now()
	done, err := s.store.delete(bucket, t.Key, t.VersionID, now, func(old *object) error {
		switch {
		case t.ETag != "" && old == nil:
			return errNoSuchKey
		case t.ETag != "" && !matches(t.ETag, old.ETag):
			return preconditionFailed("If-Match")
		case t.VersionID != "" && old != nil:
			return old.Lock.release(now, bypass)
		}
		return nil
	})
	if t.ETag == "" && (errors.Is(err, errNoSuchKey) || errors.Is(err, errNoSuchVersion)) {
		err = nil
	}
	return done, err
}

// maxDeleted is how many keys one request may name.
const maxDeleted = 1000

func (s *Server) deleteObjects(w *answer, r *http.Request, q *request) error {
	var list struct {
		XMLName xml.Name `xml:"Delete"`
		Object  []target
		Quiet   bool
	}
	if err := xml.Unmarshal(q.body, &list); err != nil || len(list.Object) == 0 || len(list.Object) > maxDeleted {
		return standard("MalformedXML")
	}
	var x xmlDoc
	x.start("DeleteResult", s3Namespace)
	for _, t := range list.Object {
		done, err := s.deleteListed(r, q, t)
		switch {
		case err != nil:
			x.deleteError(t, err)
		case !list.Quiet:
			x.deleted(t, done)
		}
	}
	x.end("DeleteResult")
	x.write(w, r, http.StatusOK)
	return nil
}

// deleteListed deletes one of many, each of which has its own permission.
func (s *Server) deleteListed(r *http.Request, q *request, t target) (deletion, error) {
	one := *q
	one.op, one.key, one.version = "DeleteObject", t.Key, t.VersionID
	switch {
	case t.Key == "":
		return deletion{}, standard("UserKeyMustBeSpecified")
	case t.VersionID != "" && !versionIDForm.MatchString(t.VersionID):
		return deletion{}, errorf("NoSuchVersion", "The specified version does not exist.")
	case t.LastModifiedTime != "" || t.Size != "":
		return deletion{}, standard("NotImplemented")
	}
	if err := one.checkKey(); err != nil {
		return deletion{}, err
	}
	if err := s.authorizeObject(r, &one, r.Header, one.on()); err != nil {
		return deletion{}, err
	}
	done, err := s.delete(q.bucket, t, bypasses(r))
	if err != nil {
		err = one.storeError(err)
	}
	return done, err
}

func (x *xmlDoc) deleted(t target, done deletion) {
	x.start("Deleted", "")
	x.element("Key", t.Key)
	if t.VersionID != "" {
		x.element("VersionId", t.VersionID)
	}
	if done.marker {
		x.element("DeleteMarker", strconv.FormatBool(done.marker))
		x.element("DeleteMarkerVersionId", done.version)
	}
	x.end("Deleted")
}

func (x *xmlDoc) deleteError(t target, err error) {
	var e *apiError
	if !errors.As(err, &e) {
		e = errorf("InternalError", statuses["InternalError"].message)
	}
	x.start("Error", "")
	x.element("Key", t.Key)
	if t.VersionID != "" {
		x.element("VersionId", t.VersionID)
	}
	x.element("Code", e.Code)
	x.element("Message", e.Message)
	x.end("Error")
}
