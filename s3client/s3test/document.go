package s3test

import (
	"encoding/xml"
	"net/http"
)

// What a bucket keeps as a document of its owner's, to give it back as it came: the
// lifecycle rules and the rules for browsers of other origins (Amazon S3 API
// Reference, "PutBucketLifecycleConfiguration", "PutBucketCors"). They are checked,
// and not acted upon.

type document struct {
	subresource string
	missing     string // the error's code where there is none
	check       func(body []byte) error
}

var (
	lifecycleDocument = document{"lifecycle", "NoSuchLifecycleConfiguration", checkLifecycle}
	corsDocument      = document{"cors", "NoSuchCORSConfiguration", checkCORS}
)

func (d document) get() handler {
	return func(s *Server, w *answer, r *http.Request, q *request) error {
		set, err := s.store.settings(q.bucket)
		if err != nil {
			return q.storeError(err)
		}
		body, ok := set.Documents[d.subresource]
		if !ok {
			return standard(d.missing, field{"BucketName", q.bucket})
		}
		writeText(w, r, http.StatusOK, "application/xml", body)
		return nil
	}
}

func (d document) put() handler {
	return func(s *Server, w *answer, _ *http.Request, q *request) error {
		if err := d.check(q.body); err != nil {
			return err
		}
		if err := s.store.configure(q.bucket, func(set *settings) error {
			set.setDocument(d.subresource, string(q.body))
			return nil
		}); err != nil {
			return q.storeError(err)
		}
		w.WriteHeader(http.StatusOK)
		return nil
	}
}

func (d document) delete() handler {
	return func(s *Server, w *answer, _ *http.Request, q *request) error {
		if err := s.store.configure(q.bucket, func(set *settings) error {
			set.setDocument(d.subresource, "")
			return nil
		}); err != nil {
			return q.storeError(err)
		}
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
}

// maxRules is the most that a lifecycle has; for browsers it is maxOrigins.
const (
	maxRules   = 1000
	maxOrigins = 100
)

func checkLifecycle(body []byte) error {
	var c struct {
		XMLName xml.Name `xml:"LifecycleConfiguration"`
		Rule    []struct {
			ID     string
			Status string
		}
	}
	if err := xml.Unmarshal(body, &c); err != nil || len(c.Rule) == 0 || len(c.Rule) > maxRules {
		return standard("MalformedXML")
	}
	seen := make(map[string]bool)
	for _, rule := range c.Rule {
		switch {
		case rule.Status != "Enabled" && rule.Status != "Disabled":
			return standard("MalformedXML")
		case len(rule.ID) > 255:
			return invalidArgument("ID length should not exceed allowed limit of 255", "ID", rule.ID)
		case rule.ID != "" && seen[rule.ID]:
			return invalidArgument("Rule ID must be unique. Found same ID for more than one rule", "ID", rule.ID)
		}
		seen[rule.ID] = true
	}
	return nil
}

func checkCORS(body []byte) error {
	var c struct {
		XMLName  xml.Name `xml:"CORSConfiguration"`
		CORSRule []struct {
			AllowedMethod []string
			AllowedOrigin []string
		}
	}
	if err := xml.Unmarshal(body, &c); err != nil || len(c.CORSRule) == 0 || len(c.CORSRule) > maxOrigins {
		return standard("MalformedXML")
	}
	for _, rule := range c.CORSRule {
		if len(rule.AllowedMethod) == 0 || len(rule.AllowedOrigin) == 0 {
			return standard("MalformedXML")
		}
		for _, method := range rule.AllowedMethod {
			switch method {
			case "GET", "PUT", "HEAD", "POST", "DELETE":
			default:
				return errorf("InvalidRequest", "Found unsupported HTTP method in CORS config. Unsupported method is "+method)
			}
		}
	}
	return nil
}
