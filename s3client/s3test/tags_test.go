package s3test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func tagSet(pairs ...string) string {
	var b strings.Builder
	for i := 0; i < len(pairs); i += 2 {
		b.WriteString("<Tag><Key>" + pairs[i] + "</Key><Value>" + pairs[i+1] + "</Value></Tag>")
	}
	return `<Tagging xmlns="` + s3Namespace + `"><TagSet>` + b.String() + "</TagSet></Tagging>"
}

func numbered(n int) (pairs []string) {
	for i := range n {
		pairs = append(pairs, fmt.Sprint(i), "x")
	}
	return pairs
}

func TestTagsOfBuckets(t *testing.T) {
	c := newClient(start(t, Config{}))
	c.do(t, "GET", "/data?tagging", "").want(t, 404, "NoSuchTagSet")
	c.summed(t, "/data?tagging", tagSet("a", "1", "b &amp; c", "")).want(t, 204, "")
	r := c.do(t, "GET", "/data?tagging", "")
	if got := r.elements(t, "Tag/Key"); !slices.Equal(got, []string{"a", "b & c"}) {
		t.Errorf("keys %q", got)
	}
	c.summed(t, "/data?tagging", tagSet(numbered(50)...)).want(t, 204, "")
	c.summed(t, "/data?tagging", tagSet(numbered(51)...)).want(t, 400, "BadRequest")
	c.do(t, "DELETE", "/data?tagging", "").want(t, 204, "")
	c.do(t, "GET", "/data?tagging", "").want(t, 404, "NoSuchTagSet")
}

func TestTagsOfObjects(t *testing.T) {
	inBothStores(t, func(t *testing.T, c *client) {
		c.put(t, "/data?versioning", versioned)
		one := c.put(t, "/data/key", "one", "X-Amz-Tagging", "a=1&b+c=%26").header.Get("X-Amz-Version-Id")
		two := c.put(t, "/data/key", "two").header.Get("X-Amz-Version-Id")
		old := "/data/key?tagging&versionId=" + one
		if got := c.do(t, "GET", old, "").elements(t, "Tag/Key"); !slices.Equal(got, []string{"a", "b c"}) {
			t.Errorf("keys %q", got)
		}
		r := c.do(t, "GET", "/data/key?tagging", "") // no tags are no error here
		r.want(t, 200, "")
		r.wantHeader(t, "X-Amz-Version-Id", two)
		r.wantElements(t, "TagSet", "")

		c.do(t, "PUT", "/data/key?tagging", tagSet("x", "y")).wantHeader(t, "X-Amz-Version-Id", two)
		c.do(t, "GET", "/data/key", "").wantHeader(t, "X-Amz-Tagging-Count", "1")
		c.do(t, "PUT", old, tagSet()).want(t, 200, "")
		c.do(t, "GET", "/data/key?versionId="+one, "").wantHeader(t, "X-Amz-Tagging-Count", "")
		c.do(t, "GET", "/data/key?tagging", "").wantElements(t, "Tag/Key", "x", "Tag/Value", "y")
		c.do(t, "DELETE", "/data/key?tagging", "").want(t, 204, "")
		c.do(t, "GET", "/data/key?tagging", "").wantElements(t, "TagSet", "")

		marker := c.do(t, "DELETE", "/data/key", "").header.Get("X-Amz-Version-Id")
		for _, method := range []string{"GET", "PUT", "DELETE"} {
			body := map[string]string{"PUT": tagSet("a", "b")}[method]
			c.do(t, method, "/data/key?tagging", body).want(t, 404, "NoSuchKey")
			c.do(t, method, "/data/none?tagging", body).want(t, 404, "NoSuchKey")
			c.do(t, method, "/data/key?tagging&versionId="+marker, body).want(t, 405, "MethodNotAllowed")
		}
		c.do(t, "GET", old, "").want(t, 200, "")
	})
}

func TestTagsAreChecked(t *testing.T) {
	c := newClient(start(t, Config{}))
	c.put(t, "/data/key", "x")
	for _, test := range []struct {
		name, body, code string
	}{
		{"none", "", "MalformedXML"},
		{"no set", "<Tagging></Tagging>", "MalformedXML"},
		{"another element", "<Other/>", "MalformedXML"},
		{"ten", tagSet(numbered(10)...), ""},
		{"eleven", tagSet(numbered(11)...), "BadRequest"},
		{"twice", tagSet("a", "1", "a", "2"), "InvalidTag"},
		{"empty key", tagSet("", "1"), "InvalidTag"},
		{"long key", tagSet(strings.Repeat("é", 128), "1"), ""},
		{"too long key", tagSet(strings.Repeat("é", 129), "1"), "InvalidTag"},
		{"long value", tagSet("a", strings.Repeat("é", 256)), ""},
		{"too long value", tagSet("a", strings.Repeat("é", 257)), "InvalidTag"},
		{"AWS's own", tagSet("AWS:x", "1"), "InvalidTag"},
	} {
		t.Run(test.name, func(t *testing.T) {
			status := 400
			if test.code == "" {
				status = 200
			}
			c.do(t, "PUT", "/data/key?tagging", test.body).want(t, status, test.code)
		})
	}
	for _, header := range []string{"a=1&a=2", "%zz=1", "a=%z"} {
		c.do(t, "PUT", "/data/key", "x", "X-Amz-Tagging", header).want(t, 400, "InvalidArgument")
	}
	c.do(t, "PUT", "/data/key", "x", "X-Amz-Tagging", "a=1&b&=").want(t, 400, "InvalidTag")
}
