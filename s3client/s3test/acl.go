package s3test

import (
	"encoding/xml"
	"net/http"
	"slices"
	"strings"
)

// Canned access control lists (Amazon S3 User Guide, "Access control list (ACL)
// overview", Canned ACL; Amazon S3 API Reference, "PutObjectAcl", "PutBucketAcl").
// They are kept and told; what is allowed is a matter of policies.

// Who owns the objects in a bucket (Amazon S3 User Guide, "Controlling ownership of
// objects"). The first is the default, and has no lists but the owner's own.
var ownerships = []string{"BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter"}

var cannedACLs = strings.Fields("private public-read public-read-write aws-exec-read authenticated-read bucket-owner-read bucket-owner-full-control log-delivery-write")

const ownersFullControl = "bucket-owner-full-control"

// cannedACL reads the headers of an upload. In a bucket whose owner enforces
// ownership all but the owner's full control is refused.
func cannedACL(h http.Header, set *settings) (string, error) {
	for name := range h {
		if strings.HasPrefix(name, "X-Amz-Grant-") {
			if set.Ownership == "" {
				return "", standard("AccessControlListNotSupported")
			}
			return "", standard("NotImplemented", field{"Header", strings.ToLower(name)})
		}
	}
	acl := h.Get("X-Amz-Acl")
	switch {
	case acl == "" || acl == "private":
		return "", nil
	case !slices.Contains(cannedACLs, acl):
		return "", invalidArgument("", "x-amz-acl", acl)
	case set.Ownership == "" && acl != ownersFullControl:
		return "", standard("AccessControlListNotSupported")
	}
	return acl, nil
}

func (s *Server) getBucketACL(w *answer, r *http.Request, q *request) error {
	set, err := s.store.settings(q.bucket)
	if err != nil {
		return q.storeError(err)
	}
	writeACL(w, r, set.ACL)
	return nil
}

func (s *Server) putBucketACL(w *answer, r *http.Request, q *request) error {
	if err := s.store.configure(q.bucket, func(set *settings) (err error) {
		set.ACL, err = givenACL(r.Header, q.body, set)
		return err
	}); err != nil {
		return q.storeError(err)
	}
	w.WriteHeader(http.StatusOK)
	return nil
}

func (s *Server) getObjectACL(w *answer, r *http.Request, q *request) error {
	o, err := s.store.get(q.bucket, q.key, q.version)
	if err != nil {
		return s.absent(w, r, q, o, err)
	}
	s.setVersion(w.Header(), q.bucket, o)
	writeACL(w, r, o.ACL)
	return nil
}

func (s *Server) putObjectACL(w *answer, r *http.Request, q *request) error {
	set, err := s.store.settings(q.bucket)
	if err != nil {
		return q.storeError(err)
	}
	acl, err := givenACL(r.Header, q.body, set)
	if err != nil {
		return err
	}
	if err := s.amend(w, r, q, func(o *object) error {
		o.ACL = acl
		return nil
	}); err != nil {
		return err
	}
	w.WriteHeader(http.StatusOK)
	return nil
}

// givenACL reads what a request to change an ACL says: a header, or a document,
// which here may only be the owner's full control.
func givenACL(h http.Header, body []byte, set *settings) (string, error) {
	inHeader := h.Get("X-Amz-Acl") != ""
	for name := range h {
		inHeader = inHeader || strings.HasPrefix(name, "X-Amz-Grant-")
	}
	switch {
	case inHeader && len(body) > 0:
		return "", standard("UnexpectedContent")
	case inHeader:
		return cannedACL(h, set)
	case len(body) == 0:
		return "", standard("MissingSecurityHeader", field{"MissingHeaderName", "x-amz-acl"})
	}
	var policy struct {
		XMLName           xml.Name `xml:"AccessControlPolicy"`
		AccessControlList struct {
			Grant []struct {
				Grantee    struct{ ID string }
				Permission string
			}
		}
	}
	if err := xml.Unmarshal(body, &policy); err != nil {
		return "", errorf("MalformedACLError", "The XML you provided was not well-formed or did not validate against our published schema")
	}
	grants := policy.AccessControlList.Grant
	switch {
	case len(grants) == 1 && grants[0].Grantee.ID == ownerID && grants[0].Permission == "FULL_CONTROL":
		return "", nil
	case set.Ownership == "":
		return "", standard("AccessControlListNotSupported")
	}
	return "", notImplemented("Access control lists other than canned ones are not implemented")
}

// grant is what a canned ACL gives to others than the owner.
type grant struct{ kind, grantee, permission string }

const groups = "http://acs.amazonaws.com/groups/"

var cannedGrants = map[string][]grant{
	"public-read":        {{"Group", groups + "global/AllUsers", "READ"}},
	"public-read-write":  {{"Group", groups + "global/AllUsers", "READ"}, {"Group", groups + "global/AllUsers", "WRITE"}},
	"authenticated-read": {{"Group", groups + "global/AuthenticatedUsers", "READ"}},
	"aws-exec-read":      {{"CanonicalUser", "6aa5a366c34c1cbe25dc49211496e913e0351eb0e8c37aa3477e40942ec6b97c", "READ"}},
	"log-delivery-write": {{"Group", groups + "s3/LogDelivery", "WRITE"}, {"Group", groups + "s3/LogDelivery", "READ_ACP"}},
}

func writeACL(w *answer, r *http.Request, acl string) {
	var x xmlDoc
	x.start("AccessControlPolicy", s3Namespace)
	x.owner()
	x.start("AccessControlList", "")
	x.grant(grant{"CanonicalUser", ownerID, "FULL_CONTROL"})
	for _, g := range cannedGrants[acl] {
		x.grant(g)
	}
	x.end("AccessControlList")
	x.end("AccessControlPolicy")
	x.write(w, r, http.StatusOK)
}

func (x *xmlDoc) grant(g grant) {
	x.start("Grant", "")
	x.b.WriteString(`<Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="` + g.kind + `">`)
	if g.kind == "Group" {
		x.element("URI", g.grantee)
	} else {
		x.element("ID", g.grantee)
	}
	x.end("Grantee")
	x.element("Permission", g.permission)
	x.end("Grant")
}
