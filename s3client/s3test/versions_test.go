package s3test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
)

const versioned = `<VersioningConfiguration xmlns="` + s3Namespace + `"><Status>Enabled</Status></VersioningConfiguration>`

var suspended = strings.Replace(versioned, "Enabled", "Suspended", 1)

// inBothStores runs a test against objects in memory, and on disk. Parts may be small.
func inBothStores(t *testing.T, test func(t *testing.T, c *client)) {
	t.Run("memory", func(t *testing.T) { test(t, newClient(start(t, Config{MinPartSize: 8}))) })
	t.Run("disk", func(t *testing.T) { test(t, newClient(start(t, Config{MinPartSize: 8, Dir: t.TempDir()}))) })
}

func TestVersions(t *testing.T) {
	inBothStores(t, func(t *testing.T, c *client) {
		c.do(t, "GET", "/data?versioning", "").want(t, 200, "")
		if got := c.do(t, "GET", "/data?versioning", "").elements(t, "Status"); got != nil {
			t.Errorf("versioning of a new bucket: %q", got)
		}
		first := c.put(t, "/data/key", "null version")
		first.wantHeader(t, "X-Amz-Version-Id", "")
		c.put(t, "/data?versioning", versioned)
		c.do(t, "GET", "/data?versioning", "").wantElements(t, "Status", "Enabled")
		c.do(t, "GET", "/data/key", "").wantHeader(t, "X-Amz-Version-Id", "null")

		two := c.put(t, "/data/key", "two").header.Get("X-Amz-Version-Id")
		three := c.put(t, "/data/key", "three").header.Get("X-Amz-Version-Id")
		if len(two) != 32 || two == three {
			t.Fatalf("versions %q and %q", two, three)
		}
		for id, body := range map[string]string{"": "three", three: "three", two: "two", "null": "null version"} {
			target := "/data/key"
			if id != "" {
				target += "?versionId=" + id
			}
			r := c.do(t, "GET", target, "")
			r.want(t, 200, "")
			r.wantBody(t, body)
			if id != "" {
				r.wantHeader(t, "X-Amz-Version-Id", id)
				c.do(t, "HEAD", target, "").wantHeader(t, "X-Amz-Version-Id", id)
			}
		}

		gone := c.do(t, "DELETE", "/data/key", "")
		gone.want(t, 204, "")
		gone.wantHeader(t, "X-Amz-Delete-Marker", "true")
		marker := gone.header.Get("X-Amz-Version-Id")
		r := c.do(t, "GET", "/data/key", "")
		r.want(t, 404, "NoSuchKey")
		r.wantHeader(t, "X-Amz-Delete-Marker", "true")
		r.wantHeader(t, "X-Amz-Version-Id", marker)
		r = c.do(t, "GET", "/data/key?versionId="+marker, "")
		r.want(t, 405, "MethodNotAllowed")
		r.wantHeader(t, "X-Amz-Delete-Marker", "true")
		r.wantHeader(t, "Allow", "DELETE")
		c.do(t, "GET", "/data/key?versionId="+two, "").wantBody(t, "two")
		c.do(t, "GET", "/data/key?versionId="+strings.Repeat("x", 32), "").want(t, 404, "NoSuchVersion")
		c.do(t, "GET", "/data/key?versionId=x", "").want(t, 400, "InvalidArgument")
		c.do(t, "GET", "/data/key?versionId=", "").want(t, 400, "InvalidArgument")
		if got := c.do(t, "GET", "/data?list-type=2", "").elements(t, "Key"); got != nil {
			t.Errorf("a deleted key is listed: %q", got)
		}
		c.do(t, "DELETE", "/data", "").want(t, 409, "BucketNotEmpty")

		// Without the delete marker the key is there again.
		r = c.do(t, "DELETE", "/data/key?versionId="+marker, "")
		r.want(t, 204, "")
		r.wantHeader(t, "X-Amz-Delete-Marker", "true")
		r.wantHeader(t, "X-Amz-Version-Id", marker)
		c.do(t, "GET", "/data/key", "").wantBody(t, "three")
		r = c.do(t, "DELETE", "/data/key?versionId="+three, "")
		r.wantHeader(t, "X-Amz-Version-Id", three)
		r.wantHeader(t, "X-Amz-Delete-Marker", "")
		c.do(t, "GET", "/data/key", "").wantBody(t, "two")
		c.do(t, "DELETE", "/data/key?versionId="+three, "").want(t, 204, "")
	})
}

func TestSuspendedVersioning(t *testing.T) {
	inBothStores(t, func(t *testing.T, c *client) {
		c.put(t, "/data?versioning", versioned)
		kept := c.put(t, "/data/key", "kept").header.Get("X-Amz-Version-Id")
		c.put(t, "/data?versioning", suspended)
		c.put(t, "/data/key", "one").wantHeader(t, "X-Amz-Version-Id", "null")
		c.put(t, "/data/key", "two").wantHeader(t, "X-Amz-Version-Id", "null")
		c.do(t, "GET", "/data/key?versionId=null", "").wantBody(t, "two")
		c.do(t, "DELETE", "/data/key", "").wantHeader(t, "X-Amz-Version-Id", "null")
		c.do(t, "GET", "/data/key?versionId=null", "").want(t, 405, "MethodNotAllowed")
		c.do(t, "GET", "/data/key?versionId="+kept, "").wantBody(t, "kept")
		r := c.do(t, "GET", "/data?versions", "")
		r.wantElements(t, "DeleteMarker/VersionId", "null", "DeleteMarker/IsLatest", "true", "Version/VersionId", kept, "Version/IsLatest", "false")
	})
}

func TestVersioningConfigurationIsChecked(t *testing.T) {
	c := newClient(start(t, Config{}))
	for body, code := range map[string]string{
		"":                           "MalformedXML",
		"<VersioningConfiguration/>": "IllegalVersioningConfigurationException",
		"<Other><Status>Enabled</Status></Other>":      "MalformedXML",
		strings.Replace(versioned, "Enabled", "On", 1): "MalformedXML",
	} {
		c.do(t, "PUT", "/data?versioning", body).want(t, 400, code)
	}
	c.do(t, "PUT", "/none?versioning", versioned).want(t, 404, "NoSuchBucket")
	c.do(t, "GET", "/none?versioning", "").want(t, 404, "NoSuchBucket")
}

// TestVersionsAreListed, by pages of every size the same.
func TestVersionsAreListed(t *testing.T) {
	c := newClient(start(t, Config{}))
	c.put(t, "/data/a", "0")
	c.put(t, "/data?versioning", versioned)
	for i, key := range []string{"a", "dir/x", "dir/y", "a", "b%20c"} {
		c.put(t, "/data/"+key, fmt.Sprint(i+1))
	}
	c.do(t, "DELETE", "/data/dir/x", "").want(t, 204, "")
	c.do(t, "DELETE", "/data/none", "").want(t, 204, "")

	for _, test := range []struct {
		query string
		want  string // KEY=BODY, ! for the latest, x for a delete marker, and prefixes
	}{
		{"", "a=4! a=1 a=0 b+c=5! dir/x=2 dir/y=3! dir/x=x! none=x!"},
		{"prefix=dir/", "dir/x=2 dir/y=3! dir/x=x!"},
		{"delimiter=/", "a=4! a=1 a=0 b+c=5! none=x! >dir/"},
		{"key-marker=a", "b+c=5! dir/x=2 dir/y=3! dir/x=x! none=x!"},
		{"delimiter=/&key-marker=dir/", "none=x!"},
		{"key-marker=z", ""},
	} {
		all := c.versions(t, test.query)
		if got := strings.Join(all, " "); got != test.want {
			t.Errorf("?%s\n got %s\nwant %s", test.query, got, test.want)
		}
		for size := 1; size <= len(all)+1; size++ {
			paged := c.versions(t, test.query+"&max-keys="+fmt.Sprint(size))
			if slices.Sort(paged); !slices.Equal(paged, slices.Sorted(slices.Values(all))) {
				t.Errorf("?%s by %d: %q, want %q", test.query, size, paged, all)
			}
		}
	}
	r := c.do(t, "GET", "/data?versions&prefix=b", "")
	r.wantElements(t, "Key", "b c", "ETag", etagOf("5"), "Size", "1", "IsLatest", "true", "StorageClass", "STANDARD", "Owner/ID", ownerID, "ChecksumType", "FULL_OBJECT")
	c.do(t, "GET", "/data?versions&version-id-marker=null", "").want(t, 400, "InvalidArgument")
	c.do(t, "GET", "/data?versions&key-marker=a&version-id-marker=x", "").want(t, 400, "InvalidArgument")
	c.do(t, "GET", "/none?versions", "").want(t, 404, "NoSuchBucket")
}

// versions lists all pages.
func (c *client) versions(t *testing.T, query string) (all []string) {
	t.Helper()
	values, err := url.ParseQuery("versions&encoding-type=url&" + query)
	if err != nil {
		t.Fatal(err)
	}
	for page := 0; ; page++ {
		if page > 20 {
			t.Fatalf("?%s: the pages do not end", query)
		}
		r := c.do(t, "GET", "/data?"+values.Encode(), "")
		r.want(t, 200, "")
		latest := r.elements(t, "Version/IsLatest")
		etags := r.elements(t, "Version/ETag")
		for i, key := range r.elements(t, "Version/Key") {
			for body := range 10 {
				if etags[i] == etagOf(fmt.Sprint(body)) {
					all = append(all, key+"="+fmt.Sprint(body)+map[string]string{"true": "!"}[latest[i]])
				}
			}
		}
		latest = r.elements(t, "DeleteMarker/IsLatest")
		for i, key := range r.elements(t, "DeleteMarker/Key") {
			all = append(all, key+"=x"+map[string]string{"true": "!"}[latest[i]])
		}
		for _, prefix := range r.elements(t, "CommonPrefixes/Prefix") {
			all = append(all, ">"+prefix)
		}
		if r.element(t, "IsTruncated") == "false" {
			return all
		}
		key, err := url.QueryUnescape(r.element(t, "NextKeyMarker"))
		if err != nil {
			t.Fatal(err)
		}
		values.Set("key-marker", key)
		values.Del("version-id-marker")
		if id := r.elements(t, "NextVersionIdMarker"); len(id) > 0 {
			values.Set("version-id-marker", id[0])
		}
	}
}
