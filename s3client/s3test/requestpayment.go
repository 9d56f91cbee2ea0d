package s3test

import (
	"cmp"
	"encoding/xml"
	"net/http"
	"strings"
)

// Who pays for requests (Amazon S3 User Guide, "Using Requester Pays general purpose
// buckets"; Amazon S3 API Reference, "GetBucketRequestPayment",
// "PutBucketRequestPayment").

const requester = "Requester"

func (s *Server) getBucketRequestPayment(w *answer, r *http.Request, q *request) error {
	set, err := s.store.settings(q.bucket)
	if err != nil {
		return q.storeError(err)
	}
	var x xmlDoc
	x.start("RequestPaymentConfiguration", s3Namespace)
	x.element("Payer", cmp.Or(set.Payer, "BucketOwner"))
	x.end("RequestPaymentConfiguration")
	x.write(w, r, http.StatusOK)
	return nil
}

func (s *Server) putBucketRequestPayment(w *answer, _ *http.Request, q *request) error {
	var c struct {
		XMLName xml.Name `xml:"RequestPaymentConfiguration"`
		Payer   string
	}
	if err := xml.Unmarshal(q.body, &c); err != nil || c.Payer != requester && c.Payer != "BucketOwner" {
		return standard("MalformedXML")
	}
	if err := s.store.configure(q.bucket, func(set *settings) error {
		if set.Payer = ""; c.Payer == requester {
			set.Payer = requester
		}
		return nil
	}); err != nil {
		return q.storeError(err)
	}
	w.WriteHeader(http.StatusOK)
	return nil
}

// charge refuses callers of another account than the bucket's owner who do not say
// that they pay, where they have to; those who do are told that they did.
func (s *Server) charge(w *answer, q *request, h http.Header) error {
	set, err := s.store.settings(q.bucket)
	if err != nil || set.Payer != requester || accountOf(q.caller.arn()) == s.owner(q.bucket) {
		return nil
	}
	const name = "X-Amz-Request-Payer"
	if cmp.Or(h.Get(name), q.query.Get(name), q.query.Get(strings.ToLower(name))) != "requester" {
		return standard("AccessDenied")
	}
	w.Header().Set("X-Amz-Request-Charged", "requester")
	return nil
}
