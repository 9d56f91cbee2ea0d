package s3test

import (
	"encoding/xml"
	"net/http"
)

// Whether a bucket keeps versions (Amazon S3 API Reference, "GetBucketVersioning",
// "PutBucketVersioning").

func (s *Server) getBucketVersioning(w *answer, r *http.Request, q *request) error {
	set, err := s.store.settings(q.bucket)
	if err != nil {
		return q.storeError(err)
	}
	var x xmlDoc
	x.start("VersioningConfiguration", s3Namespace)
	if set.Versioning != "" {
		x.element("Status", set.Versioning)
	}
	x.end("VersioningConfiguration")
	x.write(w, r, http.StatusOK)
	return nil
}

func (s *Server) putBucketVersioning(w *answer, r *http.Request, q *request) error {
	var c struct {
		XMLName   xml.Name `xml:"VersioningConfiguration"`
		Status    string
		MFADelete string `xml:"MfaDelete"`
	}
	if err := xml.Unmarshal(q.body, &c); err != nil {
		return standard("MalformedXML")
	}
	switch {
	case c.Status == "" && c.MFADelete == "":
		return errorf("IllegalVersioningConfigurationException", "The Versioning element must be specified")
	case c.Status != versioningEnabled && c.Status != versioningSuspended:
		return standard("MalformedXML")
	case c.MFADelete != "" && c.MFADelete != "Disabled":
		return notImplemented("MFA delete is not implemented")
	}
	err := s.store.configure(q.bucket, func(set *settings) error {
		if set.ObjectLock && c.Status == versioningSuspended {
			return errorf("InvalidBucketState", "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.")
		}
		set.Versioning = c.Status
		return nil
	})
	if err != nil {
		return q.storeError(err)
	}
	w.WriteHeader(http.StatusOK)
	return nil
}
