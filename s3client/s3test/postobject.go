package s3test

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/sigvier/sigvier/sigv4/sigv4http"
)

// A browser's upload (Amazon S3 API Reference, "POST Object").

func (s *Server) postObject(w *answer, r *http.Request, q *request) error {
	form := sigv4http.PostedFormFrom(r.Context())
	if form == nil { // signed, but no form
		_, err := sigv4http.ReadPostedForm(r)
		return err
	}
	q.key = form.Get("key")
	if err := q.checkKey(); err != nil {
		return err
	}
	h, err := formHeaders(form)
	if err != nil {
		return err
	}
	if err := s.authorize(r, q, h); err != nil {
		return err
	}
	if err := s.charge(w, q, h); err != nil {
		return err
	}
	r.Body = http.MaxBytesReader(w, r.Body, s.cfg.MaxPutSize)
	o, err := s.storeObject(r, q, h)
	if err != nil {
		return err
	}
	s.setStored(w.Header(), q, o)
	w.Header().Set("Location", urlOf(r, q.key))
	return posted(w, r, q, form, o)
}

// formHeaders are the headers that a PUT of the object would have had.
func formHeaders(form *sigv4http.PostedForm) (http.Header, error) {
	h := http.Header{}
	for _, field := range form.Fields {
		switch name := strings.ToLower(field[0]); {
		case name == "tagging":
			tags, err := formTags(field[1])
			if err != nil {
				return nil, err
			}
			h.Set("X-Amz-Tagging", tags)
		case name == "acl":
			h.Set("X-Amz-Acl", field[1])
		case strings.HasPrefix(name, "x-amz-"), strings.HasPrefix(name, "content-"), name == "cache-control", name == "expires":
			h.Set(name, field[1])
		}
	}
	return h, nil
}

// formTags writes a form's tags, which are a document, as the header has them.
func formTags(document string) (string, error) {
	tags, err := parseTagging([]byte(document), maxObjectTags)
	if err != nil {
		return "", err
	}
	query := url.Values{}
	for _, t := range tags {
		query.Set(t.Key, t.Value)
	}
	return query.Encode(), nil
}

// urlOf is the URL that the request went to, or that of a key in the bucket that it
// went to: in one segment, its slashes encoded.
func urlOf(r *http.Request, key string) string {
	scheme := "http://"
	if r.TLS != nil {
		scheme = "https://"
	}
	if key == "" {
		return scheme + r.Host + r.URL.EscapedPath()
	}
	return scheme + r.Host + strings.TrimSuffix(r.URL.EscapedPath(), "/") + "/" + url.PathEscape(key)
}

// posted answers as the form wants it: with a redirect, if it names a URL, or
// with the status that it names, which is 204 if that is none of the three.
func posted(w *answer, r *http.Request, q *request, form *sigv4http.PostedForm, o *object) error {
	target := form.Get("success_action_redirect")
	if target == "" {
		target = form.Get("redirect")
	}
	if u, err := url.Parse(target); err == nil && u.Host != "" && (u.Scheme == "http" || u.Scheme == "https") {
		stored := "bucket=" + url.QueryEscape(q.bucket) + "&key=" + url.QueryEscape(q.key) + "&etag=" + url.QueryEscape(o.ETag)
		u.RawQuery = strings.TrimPrefix(u.RawQuery+"&"+stored, "&")
		w.Header().Set("Location", u.String())
		w.WriteHeader(http.StatusSeeOther)
		return nil
	}
	switch form.Get("success_action_status") {
	case "200":
		w.WriteHeader(http.StatusOK)
	case "201":
		var x xmlDoc
		x.start("PostResponse", "")
		x.element("Location", w.Header().Get("Location"))
		x.element("Bucket", q.bucket)
		x.element("Key", q.key)
		x.element("ETag", o.ETag)
		x.end("PostResponse")
		x.write(w, r, http.StatusCreated)
	default:
		w.WriteHeader(http.StatusNoContent)
	}
	return nil
}
