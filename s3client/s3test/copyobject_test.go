package s3test

import (
	"net/url"
	"testing"
)

func (c *client) copy(t *testing.T, source, target string, headers ...string) result {
	t.Helper()
	return c.do(t, "PUT", target, "", append([]string{copySourceHeader, source}, headers...)...)
}

func TestCopies(t *testing.T) {
	inBothStores(t, func(t *testing.T, c *client) {
		c.put(t, "/other", "")
		const key = "a b+c/é%?versionId=x"
		source := "/data/" + url.PathEscape(key)
		put := c.put(t, source, "content", "Content-Type", "text/plain", "X-Amz-Meta-Colour", "red", "X-Amz-Tagging", "a=1&b=2",
			"X-Amz-Storage-Class", "STANDARD_IA", "X-Amz-Website-Redirect-Location", "/x", "X-Amz-Checksum-Sha256", sum("SHA256", "content"))

		r := c.copy(t, source, "/other/copy")
		r.want(t, 200, "")
		r.wantElements(t, "ETag", put.header.Get("ETag"), "ChecksumSHA256", sum("SHA256", "content"), "ChecksumType", "FULL_OBJECT")
		got := c.do(t, "GET", "/other/copy", "")
		got.wantBody(t, "content")
		for name, want := range map[string]string{
			"Content-Type": "text/plain", "X-Amz-Meta-Colour": "red", "X-Amz-Tagging-Count": "2",
			"X-Amz-Storage-Class": "", "X-Amz-Website-Redirect-Location": "", // "is not copied"
		} {
			got.wantHeader(t, name, want)
		}

		// What the request says instead.
		c.copy(t, source, "/other/copy", "X-Amz-Metadata-Directive", "REPLACE", "X-Amz-Tagging-Directive", "REPLACE", "X-Amz-Tagging", "c=3",
			"Content-Type", "text/html", "X-Amz-Storage-Class", "GLACIER_IR", "X-Amz-Checksum-Algorithm", "CRC32C").
			wantElements(t, "ChecksumCRC32C", sum("CRC32C", "content"))
		got = c.do(t, "GET", "/other/copy", "")
		for name, want := range map[string]string{
			"Content-Type": "text/html", "X-Amz-Meta-Colour": "", "X-Amz-Tagging-Count": "1", "X-Amz-Storage-Class": "GLACIER_IR",
		} {
			got.wantHeader(t, name, want)
		}

		// In place, the bytes stay.
		c.copy(t, source, source).want(t, 400, "InvalidRequest")
		c.copy(t, source, source, "X-Amz-Metadata-Directive", "REPLACE", "X-Amz-Meta-Colour", "blue").want(t, 200, "")
		got = c.do(t, "GET", source, "")
		got.wantBody(t, "content")
		got.wantHeader(t, "X-Amz-Meta-Colour", "blue")
	})
}

func TestCopiesOfVersions(t *testing.T) {
	c := newClient(start(t, Config{}))
	c.put(t, "/data?versioning", versioned)
	one := c.put(t, "/data/key", "one").header.Get("X-Amz-Version-Id")
	c.put(t, "/data/key", "two")
	r := c.copy(t, "data/key?versionId="+one, "/data/key")
	r.want(t, 200, "")
	r.wantHeader(t, "X-Amz-Copy-Source-Version-Id", one)
	if id := r.header.Get("X-Amz-Version-Id"); len(id) != 32 || id == one {
		t.Errorf("the copy is version %q", id)
	}
	c.do(t, "GET", "/data/key", "").wantBody(t, "one")
	marker := c.do(t, "DELETE", "/data/key", "").header.Get("X-Amz-Version-Id")
	c.copy(t, "data/key", "/data/copy").want(t, 404, "NoSuchKey")
	c.copy(t, "data/key?versionId="+marker, "/data/copy").want(t, 400, "InvalidRequest")
}

func TestCopiesAreRefused(t *testing.T) {
	c := newClient(start(t, Config{MaxPutSize: 10}))
	c.put(t, "/data/key", "content")
	const since = copySourceHeader + "-If-Unmodified-Since"
	for _, test := range []struct {
		name    string
		source  string
		headers []string
		status  int
		code    string
	}{
		{"no key", "data", nil, 400, "InvalidArgument"},
		{"no bucket", "//key", nil, 400, "InvalidArgument"},
		{"encoding", "data/%zz", nil, 400, "InvalidArgument"},
		{"version", "data/key?versionId=x", nil, 400, "InvalidArgument"},
		{"bucket that is not there", "none/key", nil, 404, "NoSuchBucket"},
		{"key that is not there", "data/none", nil, 404, "NoSuchKey"},
		{"version that is not there", "data/key?versionId=01234567890123456789012345678901", nil, 404, "NoSuchVersion"},
		{"metadata directive", "data/key", []string{"X-Amz-Metadata-Directive", "MOVE"}, 400, "InvalidArgument"},
		{"tagging directive", "data/key", []string{"X-Amz-Tagging-Directive", "MOVE"}, 400, "InvalidArgument"},
		{"algorithm", "data/key", []string{"X-Amz-Checksum-Algorithm", "CRC16"}, 400, "InvalidRequest"},
		{"if match", "data/key", []string{copySourceHeader + "-If-Match", anotherETag}, 412, "PreconditionFailed"},
		{"if none match", "data/key", []string{copySourceHeader + "-If-None-Match", etagOf("content")}, 412, "PreconditionFailed"},
		{"if unmodified since", "data/key", []string{since, "Mon, 02 Jan 2006 15:04:05 GMT"}, 412, "PreconditionFailed"},
		{"if modified since", "data/key", []string{copySourceHeader + "-If-Modified-Since", "Fri, 02 Jan 2099 15:04:05 GMT"}, 412, "PreconditionFailed"},
		{"if match, which outweighs the date", "data/key", []string{copySourceHeader + "-If-Match", etagOf("content"), since, "Mon, 02 Jan 2006 15:04:05 GMT"}, 200, ""},
		{"target's condition", "data/key", []string{"If-None-Match", "*"}, 412, "PreconditionFailed"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c.copy(t, test.source, "/data/copy", test.headers...).want(t, test.status, test.code)
		})
	}
	c.copy(t, "data/key", "/none/copy").want(t, 404, "NoSuchBucket")
	c.srv.cfg.MaxPutSize = 6
	c.copy(t, "data/key", "/data/copy").want(t, 400, "InvalidRequest")
}

// TestTheSourceOfACopyIsHidden from those who may not list its bucket.
func TestTheSourceOfACopyIsHidden(t *testing.T) {
	docs := policyOf(t, `[{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"*"}]`)
	c := newClient(start(t, Config{Users: userWith(docs)}))
	c.copy(t, "data/none", "/data/copy").want(t, 403, "AccessDenied")
}
