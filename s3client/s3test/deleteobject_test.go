package s3test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// deleteAll sends a DeleteObjects with the digest that S3 wants.
func (c *client) deleteAll(t *testing.T, body string, headers ...string) result {
	t.Helper()
	return c.do(t, "POST", "/data?delete", body, append(headers, "X-Amz-Checksum-Crc32", sum("CRC32", body))...)
}

func TestManyAreDeleted(t *testing.T) {
	inBothStores(t, func(t *testing.T, c *client) {
		c.put(t, "/data/a%26b", "x")
		c.put(t, "/data/kept", "x")
		r := c.deleteAll(t, `<Delete xmlns="`+s3Namespace+`"><Object><Key>a&amp;b</Key></Object><Object><Key>none</Key></Object>`+
			`<Object><Key>kept</Key><ETag>`+anotherETag+`</ETag></Object><Object><Key>none</Key><ETag>"x"</ETag></Object>`+
			`<Object><Key>kept</Key><VersionId>x</VersionId></Object><Object><Key></Key></Object></Delete>`)
		r.want(t, 200, "")
		if got := r.elements(t, "Deleted/Key"); !slices.Equal(got, []string{"a&b", "none"}) {
			t.Errorf("deleted %q", got)
		}
		if got := r.elements(t, "Error/Code"); !slices.Equal(got, []string{"PreconditionFailed", "NoSuchKey", "NoSuchVersion", "UserKeyMustBeSpecified"}) {
			t.Errorf("errors %q", got)
		}
		c.do(t, "GET", "/data/a%26b", "").want(t, 404, "NoSuchKey")
		c.do(t, "GET", "/data/kept", "").want(t, 200, "")

		r = c.deleteAll(t, `<Delete><Quiet>true</Quiet><Object><Key>kept</Key><ETag>`+etagOf("x")+`</ETag></Object><Object><Key>z</Key><VersionId>x</VersionId></Object></Delete>`)
		if got := r.elements(t, "Deleted"); got != nil {
			t.Errorf("a quiet request is told of %q", got)
		}
		r.wantElements(t, "Error/Key", "z")
		c.do(t, "GET", "/data/kept", "").want(t, 404, "NoSuchKey")
	})
}

func TestManyVersionsAreDeleted(t *testing.T) {
	c := newClient(start(t, Config{}))
	c.put(t, "/data?versioning", versioned)
	one := c.put(t, "/data/key", "one").header.Get("X-Amz-Version-Id")
	r := c.deleteAll(t, `<Delete><Object><Key>key</Key></Object></Delete>`)
	r.wantElements(t, "Key", "key", "DeleteMarker", "true")
	marker := r.element(t, "DeleteMarkerVersionId")
	r = c.deleteAll(t, `<Delete><Object><Key>key</Key><VersionId>`+marker+`</VersionId></Object></Delete>`)
	r.wantElements(t, "VersionId", marker, "DeleteMarker", "true", "DeleteMarkerVersionId", marker)
	c.do(t, "GET", "/data/key", "").wantBody(t, "one")
	r = c.deleteAll(t, `<Delete><Object><Key>key</Key><VersionId>`+one+`</VersionId></Object></Delete>`)
	r.wantElements(t, "VersionId", one)
	if got := r.elements(t, "DeleteMarker"); got != nil {
		t.Errorf("delete markers %q", got)
	}
	if got := c.versions(t, ""); got != nil {
		t.Errorf("left: %q", got)
	}
}

func TestDeleteObjectsRefuses(t *testing.T) {
	c := newClient(start(t, Config{}))
	list := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "<Object><Key>%d</Key></Object>", i)
		}
		return "<Delete>" + b.String() + "</Delete>"
	}
	if got := c.deleteAll(t, list(1000)).elements(t, "Deleted"); len(got) != 1000 {
		t.Errorf("of 1000 keys %d are deleted", len(got))
	}
	for _, body := range []string{list(1001), list(0), "", "<Delete>", "<Other><Object><Key>a</Key></Object></Other>"} {
		c.deleteAll(t, body).want(t, 400, "MalformedXML")
	}
	c.do(t, "POST", "/data?delete", list(1)).want(t, 400, "InvalidRequest")
	c.do(t, "POST", "/data?delete", list(1), "X-Amz-Checksum-Crc32", sum("CRC32", list(2))).want(t, 400, "BadDigest")
	c.do(t, "POST", "/data?delete", list(1), "Content-Md5", "x").want(t, 400, "InvalidDigest")
	c.do(t, "POST", "/none?delete", list(1), "X-Amz-Checksum-Crc32", sum("CRC32", list(1))).want(t, 404, "NoSuchBucket")
}

// TestManyAreDeletedByPermission, each of its own.
func TestManyAreDeletedByPermission(t *testing.T) {
	docs := policyOf(t, `[{"Effect":"Allow","Action":["s3:DeleteObject","s3:PutObject"],"Resource":"arn:aws:s3:::data/mine/*"}]`)
	c := newClient(start(t, Config{Users: userWith(docs)}))
	r := c.deleteAll(t, `<Delete><Object><Key>mine/a</Key></Object><Object><Key>theirs/a</Key></Object><Object><Key>mine/a</Key><VersionId>null</VersionId></Object></Delete>`)
	r.wantElements(t, "Deleted/Key", "mine/a")
	if got := r.elements(t, "Error/Code"); !slices.Equal(got, []string{"AccessDenied", "AccessDenied"}) {
		t.Errorf("errors %q", got)
	}
}

func TestConditionsOfDeleting(t *testing.T) {
	c := newClient(start(t, Config{}))
	c.put(t, "/data/key", "x")
	for _, test := range []struct {
		name   string
		header string
		value  string
		target string
		status int
		code   string
	}{
		{"another ETag", "If-Match", anotherETag, "/data/key", 412, "PreconditionFailed"},
		{"no object", "If-Match", "*", "/data/none", 404, "NoSuchKey"},
		{"size, of directory buckets", "X-Amz-If-Match-Size", "1", "/data/key", 501, "NotImplemented"},
		{"its ETag", "If-Match", etagOf("x"), "/data/key", 204, ""},
		{"gone", "If-Match", "*", "/data/key", 404, "NoSuchKey"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c.do(t, http.MethodDelete, test.target, "", test.header, test.value).want(t, test.status, test.code)
		})
	}
}
