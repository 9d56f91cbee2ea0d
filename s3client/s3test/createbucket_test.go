package s3test

import (
	"slices"
	"strings"
	"testing"
)

func TestBucketsAreMade(t *testing.T) {
	c := newClient(start(t, Config{Owners: map[string]string{"theirs": "111122223333"}, Buckets: []string{"data", "theirs"}}))
	const acl, own, lock = "X-Amz-Acl", "X-Amz-Object-Ownership", "X-Amz-Bucket-Object-Lock-Enabled"
	for _, test := range []struct {
		name    string
		bucket  string
		headers []string
		status  int
		code    string
	}{
		{"plain", "a-plain", nil, 200, ""},
		{"private", "a-private", []string{acl, "private"}, 200, ""},
		{"public, where ownership is enforced", "b", []string{acl, "public-read"}, 400, "InvalidBucketName"},
		{"public, where ownership is enforced", "public", []string{acl, "public-read"}, 400, "InvalidBucketAclWithObjectOwnership"},
		{"public", "public", []string{acl, "public-read", own, "ObjectWriter"}, 200, ""},
		{"unknown ACL", "unknown", []string{acl, "everybody", own, "ObjectWriter"}, 400, "InvalidBucketAclWithObjectOwnership"},
		{"unknown ownership", "unknown", []string{own, "Nobody"}, 400, "InvalidArgument"},
		{"lock", "locked", []string{lock, "true"}, 200, ""},
		{"no lock", "unlocked", []string{lock, "false"}, 200, ""},
		{"ours", "data", nil, 409, "BucketAlreadyOwnedByYou"},
		{"theirs", "theirs", nil, 409, "BucketAlreadyExists"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := c.do(t, "PUT", "/"+test.bucket, "", test.headers...)
			r.want(t, test.status, test.code)
			if test.status == 200 {
				r.wantHeader(t, "Location", "/"+test.bucket)
			}
		})
	}
	c.do(t, "GET", "/locked?object-lock", "").wantElements(t, "ObjectLockEnabled", "Enabled")
	c.do(t, "GET", "/locked?versioning", "").wantElements(t, "Status", "Enabled")
	c.do(t, "PUT", "/locked?versioning", suspended).want(t, 409, "InvalidBucketState")
	c.do(t, "GET", "/unlocked?object-lock", "").want(t, 404, "ObjectLockConfigurationNotFoundError")
	c.do(t, "PUT", "/tagged", `<CreateBucketConfiguration><Tags><Tag><Key>a</Key><Value>b</Value></Tag></Tags></CreateBucketConfiguration>`).want(t, 200, "")
	c.do(t, "GET", "/tagged?tagging", "").wantElements(t, "Tag/Key", "a", "Tag/Value", "b")
}

func TestBucketsAreListedByPages(t *testing.T) {
	c := newClient(start(t, Config{Buckets: []string{"a-1", "a-2", "b-1", "b-2", "b-3"}, Regions: map[string]string{"a-2": "eu-west-1", "b-3": "eu-west-1"}}))
	for query, want := range map[string]string{
		"":                                  "a-1 a-2 b-1 b-2 b-3",
		"prefix=b":                          "b-1 b-2 b-3",
		"bucket-region=eu-west-1":           "a-2 b-3",
		"bucket-region=eu-west-1&prefix=b-": "b-3",
		"prefix=c":                          "",
	} {
		for _, size := range []string{"", "1", "2", "3", "10000"} {
			var got []string
			token := ""
			for page := 0; page < 10; page++ {
				r := c.do(t, "GET", "/?"+query+"&max-buckets="+size+"&continuation-token="+strings.ReplaceAll(strings.ReplaceAll(token, "+", "%2B"), "=", "%3D"), "")
				r.want(t, 200, "")
				got = append(got, r.elements(t, "Bucket/Name")...)
				next := r.elements(t, "ContinuationToken")
				if len(next) == 0 {
					break
				}
				token = next[0]
			}
			if strings.Join(got, " ") != want {
				t.Errorf("?%s by %s: %q, want %s", query, size, got, want)
			}
		}
	}
	r := c.do(t, "GET", "/", "")
	if got := r.elements(t, "BucketRegion"); !slices.Equal(got, []string{"us-east-1", "eu-west-1", "us-east-1", "us-east-1", "eu-west-1"}) {
		t.Errorf("regions %q", got)
	}
	for _, query := range []string{"max-buckets=0", "max-buckets=10001", "max-buckets=x", "continuation-token=x"} {
		c.do(t, "GET", "/?"+query, "").want(t, 400, "InvalidArgument")
	}
}
