package s3test

import (
	"net/http"
	"slices"
	"strings"
)

// Canned access control lists (Amazon S3 User Guide, "Access control list (ACL)
// overview", Canned ACL). They are kept and told; what is allowed is a matter of
// policies.

var cannedACLs = strings.Fields("private public-read public-read-write aws-exec-read authenticated-read bucket-owner-read bucket-owner-full-control")

// cannedACL reads the headers of an upload. In a bucket whose owner enforces
// ownership, the default, all but the owner's full control is refused.
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
	case set.Ownership == "" && acl != "bucket-owner-full-control":
		return "", standard("AccessControlListNotSupported")
	}
	return acl, nil
}
