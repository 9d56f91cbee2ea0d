package s3test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// Reading objects (Amazon S3 API Reference, "GetObject", "HeadObject").

// getObject serves GET and HEAD, which differ in the body only.
func (s *Server) getObject(w *answer, r *http.Request, q *request) error {
	for {
		o, err := s.store.get(q.bucket, q.key, q.version)
		if err != nil {
			return s.absent(w, r, q, o, err)
		}
		if err := s.sendObject(w, r, q, o); !errors.Is(err, errNoSuchKey) {
			return err
		}
		// It was overwritten or deleted in between.
	}
}

// absent is the answer where there is no object, which says so if there is a
// delete marker instead.
func (s *Server) absent(w *answer, r *http.Request, q *request, marker *object, err error) error {
	if marker != nil {
		w.Header().Set("X-Amz-Delete-Marker", "true")
		w.Header().Set("X-Amz-Version-Id", marker.versionID())
	}
	switch {
	case errors.Is(err, errNoSuchKey):
		return s.missing(r, q)
	case errors.Is(err, errDeleteMarker):
		w.Header().Set("Last-Modified", httpTime(marker.Modified))
		w.Header().Set("Allow", "DELETE")
		return standard("MethodNotAllowed", field{"Method", r.Method}, field{"ResourceType", "DeleteMarker"})
	}
	return q.storeError(err)
}

func (s *Server) sendObject(w *answer, r *http.Request, q *request, o *object) error {
	h := w.Header()
	if err := o.Crypt.unlock(r.Header, customerHeader); err != nil {
		return err
	}
	if r.Method == http.MethodGet && o.archived(s.now()) {
		return standard("InvalidObjectState", field{"StorageClass", o.Class})
	}
	if err := getCondition(conditionsOf(r.Header), o); err != nil {
		if err.status() == http.StatusNotModified {
			h.Set("ETag", o.ETag)
			h.Set("Last-Modified", httpTime(o.Modified))
			s.setVersion(h, q.bucket, o)
		}
		return err
	}
	c, err := o.choose(r.Header.Get("Range"), q)
	if err != nil {
		return err
	}
	if c.partial && c.part == nil {
		c.length = max(1, c.length-q.shorten)
	}
	part, err := s.store.section(q.bucket, o, c.offset, c.length)
	if err != nil {
		return err
	}
	defer part.Close()
	if q.change {
		// Before the client can have the last byte of this answer.
		s.change(q.bucket, o)
	}

	o.setHeaders(h)
	for _, name := range keptHeaders {
		if v := q.query.Get("response-" + strings.ToLower(name)); v != "" {
			h.Set(name, v)
		}
	}
	s.setVersion(h, q.bucket, o)
	o.Lock.setHeaders(h)
	o.setRestore(h)
	if len(o.Tags) > 0 {
		h.Set("X-Amz-Tagging-Count", strconv.Itoa(len(o.Tags)))
	}
	h.Set("ETag", o.ETag)
	h.Set("Last-Modified", httpTime(o.Modified))
	h.Set("Accept-Ranges", "bytes")
	h.Set("Content-Length", strconv.FormatInt(c.length, 10))
	if q.query.Has("partNumber") && len(o.Parts) > 0 {
		h.Set("X-Amz-Mp-Parts-Count", strconv.Itoa(len(o.Parts)))
	}
	if strings.EqualFold(r.Header.Get("X-Amz-Checksum-Mode"), "ENABLED") {
		c.setChecksum(h, o)
	}
	status := http.StatusOK
	if c.partial {
		status = http.StatusPartialContent
		h.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", c.offset, c.offset+c.length-1, o.Size))
	}
	w.WriteHeader(status)
	if r.Method == http.MethodGet {
		io.Copy(w, part.Reader) // a client that went away is no error of the server's
	}
	return nil
}

// choice is what of an object is asked for.
type choice struct {
	offset, length int64
	partial        bool
	part           *objectPart // when it is exactly one
}

// choose understands the header Range and the parameter partNumber.
func (o *object) choose(header string, q *request) (c choice, err error) {
	if !q.query.Has("partNumber") {
		c.offset, c.length, c.partial, err = parseRange(header, o.Size)
		return c, err
	}
	number := q.query.Get("partNumber")
	n, err := partNumber(number)
	switch {
	case err != nil:
		return c, err
	case header != "":
		return c, errorf("InvalidRequest", "Cannot specify both Range header and partNumber query parameter")
	case len(o.Parts) == 0 && n == 1:
		return choice{length: o.Size, partial: o.Size > 0}, nil
	case n > len(o.Parts):
		return c, standard("InvalidPartNumber", field{"PartNumberRequested", n}, field{"ActualPartCount", max(1, len(o.Parts))})
	}
	for _, p := range o.Parts[:n-1] {
		c.offset += p.Size
	}
	c.part = &o.Parts[n-1]
	c.length, c.partial = c.part.Size, c.part.Size > 0
	return c, nil
}

// setChecksum gives the checksum of what is sent: no range has one, unless it was
// asked for as a part.
func (c choice) setChecksum(h http.Header, o *object) {
	switch {
	case c.part != nil && c.part.Sum != "":
		h.Set(o.Checksum.Header(), c.part.Sum)
		h.Set("X-Amz-Checksum-Type", o.checksumType())
	case c.part == nil && c.length == o.Size && (!c.partial || len(o.Parts) == 0 && c.offset == 0 && c.partial):
		o.setChecksum(h)
	}
}
