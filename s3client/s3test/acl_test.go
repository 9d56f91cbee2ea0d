package s3test

import (
	"slices"
	"testing"
)

func TestCannedACLs(t *testing.T) {
	c := newClient(start(t, Config{}))
	c.do(t, "PUT", "/public", "", "X-Amz-Acl", "public-read", "X-Amz-Object-Ownership", "ObjectWriter").want(t, 200, "")
	c.put(t, "/public/key", "x", "X-Amz-Acl", "public-read-write")
	c.put(t, "/data/key", "x", "X-Amz-Acl", "bucket-owner-full-control")
	const all, authenticated = groups + "global/AllUsers", groups + "global/AuthenticatedUsers"
	grants := func(target string, permissions, uris []string) {
		t.Helper()
		r := c.do(t, "GET", target, "")
		r.want(t, 200, "")
		if got := r.elements(t, "Permission"); !slices.Equal(got, permissions) {
			t.Errorf("%s: permissions %q, want %q", target, got, permissions)
		}
		if got := r.elements(t, "Grantee/URI"); !slices.Equal(got, uris) {
			t.Errorf("%s: groups %q, want %q", target, got, uris)
		}
		r.wantElements(t, "Owner/ID", ownerID)
	}
	grants("/data?acl", []string{"FULL_CONTROL"}, nil)
	grants("/data/key?acl", []string{"FULL_CONTROL"}, nil)
	grants("/public?acl", []string{"FULL_CONTROL", "READ"}, []string{all})
	grants("/public/key?acl", []string{"FULL_CONTROL", "READ", "WRITE"}, []string{all, all})

	c.do(t, "PUT", "/public/key?acl", "", "X-Amz-Acl", "authenticated-read").want(t, 200, "")
	grants("/public/key?acl", []string{"FULL_CONTROL", "READ"}, []string{authenticated})
	own := `<AccessControlPolicy><AccessControlList><Grant><Grantee><ID>` + ownerID + `</ID></Grantee><Permission>FULL_CONTROL</Permission></Grant></AccessControlList></AccessControlPolicy>`
	c.do(t, "PUT", "/public?acl", own).want(t, 200, "")
	grants("/public?acl", []string{"FULL_CONTROL"}, nil)

	for _, test := range []struct {
		name, target, body string
		headers            []string
		status             int
		code               string
	}{
		{"neither", "/public/key?acl", "", nil, 400, "MissingSecurityHeader"},
		{"both", "/public/key?acl", own, []string{"X-Amz-Acl", "private"}, 400, "UnexpectedContent"},
		{"unknown", "/public/key?acl", "", []string{"X-Amz-Acl", "everybody"}, 400, "InvalidArgument"},
		{"no document", "/public/key?acl", "<Other/>", nil, 400, "MalformedACLError"},
		{"grants", "/public/key?acl", "", []string{"X-Amz-Grant-Read", "id=1"}, 501, "NotImplemented"},
		{"enforced ownership", "/data/key?acl", "", []string{"X-Amz-Acl", "public-read"}, 400, "AccessControlListNotSupported"},
		{"enforced ownership, of a bucket", "/data?acl", "", []string{"X-Amz-Acl", "public-read"}, 400, "AccessControlListNotSupported"},
		{"enforced ownership, full control", "/data/key?acl", "", []string{"X-Amz-Acl", "bucket-owner-full-control"}, 200, ""},
		{"no object", "/data/none?acl", own, nil, 404, "NoSuchKey"},
		{"no bucket", "/none?acl", own, nil, 404, "NoSuchBucket"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c.do(t, "PUT", test.target, test.body, test.headers...).want(t, test.status, test.code)
		})
	}
	c.do(t, "GET", "/data/none?acl", "").want(t, 404, "NoSuchKey")
}
