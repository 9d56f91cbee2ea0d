package s3test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
)

func TestListing(t *testing.T) {
	c := newClient(start(t, Config{}))
	for _, key := range []string{"a", "a/1", "a/2", "a/b/3", "a0", "b/1", "b/2", "c", "é", "z z", "😀"} {
		c.put(t, "/data/"+url.PathEscape(key), key)
	}
	all := "a a/1 a/2 a/b/3 a0 b/1 b/2 c z+z %C3%A9 %F0%9F%98%80"
	for _, test := range []struct {
		name, query string
		want        string // keys and, with a > before, prefixes
	}{
		{"everything, in the order of bytes", "", all},
		{"prefix", "prefix=a/", "a/1 a/2 a/b/3"},
		{"prefix that is not there", "prefix=x", ""},
		{"delimiter", "delimiter=/", "a a0 c z+z %C3%A9 %F0%9F%98%80 >a/ >b/"},
		{"prefix and delimiter", "prefix=a/&delimiter=/", "a/1 a/2 >a/b/"},
		{"prefix without the delimiter", "prefix=a&delimiter=/", "a a0 >a/"},
		{"delimiter of two bytes", "delimiter=/b", "a a/1 a/2 a0 b/1 b/2 c z+z %C3%A9 %F0%9F%98%80 >a/b"},
		{"delimiter that is not there", "delimiter=%7C", all},
		{"start after", "start-after=b/1", "b/2 c z+z %C3%A9 %F0%9F%98%80"},
		{"start after what is not there", "start-after=b", "b/1 b/2 c z+z %C3%A9 %F0%9F%98%80"},
		{"start after the end", "start-after=%F4", ""},
		{"start after, and prefix", "prefix=a/&start-after=a/1", "a/2 a/b/3"},
		{"start before the prefix", "prefix=b/&start-after=a", "b/1 b/2"},
		{"start after a common prefix", "delimiter=/&start-after=a/", "a0 c z+z %C3%A9 %F0%9F%98%80 >b/"},
		{"start after what has no delimiter", "prefix=a&delimiter=/&start-after=a", "a0 >a/"},
		{"empty token is none", "continuation-token=", all},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := c.do(t, "GET", "/data?list-type=2&encoding-type=url&"+test.query, "")
			r.want(t, 200, "")
			got := names(t, r)
			if strings.Join(got, " ") != test.want {
				t.Errorf("got  %s\nwant %s", strings.Join(got, " "), test.want)
			}
			r.wantElements(t, "KeyCount", fmt.Sprint(len(got)), "IsTruncated", "false", "Name", "data", "MaxKeys", "1000", "EncodingType", "url")

			if strings.HasPrefix(test.query, "continuation-token") {
				return
			}
			// By pages of every size it is the same.
			for size := 1; size <= len(got)+1; size++ {
				var paged []string
				token := ""
				for page := 0; ; page++ {
					if page > len(got)+1 {
						t.Fatalf("pages of %d do not end", size)
					}
					query := "/data?list-type=2&encoding-type=url&max-keys=" + fmt.Sprint(size) + "&" + test.query
					if token != "" {
						query += "&continuation-token=" + url.QueryEscape(token)
					}
					r := c.do(t, "GET", query, "")
					r.want(t, 200, "")
					some := names(t, r)
					paged = append(paged, some...)
					r.wantElements(t, "KeyCount", fmt.Sprint(len(some)))
					if r.element(t, "IsTruncated") == "false" {
						if next := r.elements(t, "NextContinuationToken"); len(next) != 0 {
							t.Errorf("the last page has a next: %q", next)
						}
						break
					}
					if len(some) != size {
						t.Errorf("a page of %d has %d", size, len(some))
					}
					if token != "" {
						r.wantElements(t, "ContinuationToken", token)
					}
					token = r.element(t, "NextContinuationToken")
				}
				slices.Sort(paged)
				want := slices.Sorted(slices.Values(got))
				if !slices.Equal(paged, want) {
					t.Errorf("pages of %d: got %q, want %q", size, paged, want)
				}
			}
		})
	}
}

func names(t *testing.T, r result) []string {
	t.Helper()
	list := r.elements(t, "Contents/Key")
	for _, prefix := range r.elements(t, "CommonPrefixes/Prefix") {
		list = append(list, ">"+prefix)
	}
	return list
}

func TestListingSaysWhatItKnows(t *testing.T) {
	c := newClient(start(t, Config{Now: at("2026-11-23T12:00:00Z")}))
	c.put(t, "/data/a%26b", "content")
	r := c.do(t, "GET", "/data?list-type=2&fetch-owner=true&prefix=a&start-after=A%26&delimiter=/", "")
	r.wantElements(t, "Key", "a&b", "Size", "7", "ETag", etagOf("content"), "LastModified", "2026-11-23T12:00:00.000Z",
		"StorageClass", "STANDARD", "ChecksumAlgorithm", "CRC64NVME", "ChecksumType", "FULL_OBJECT", "Owner/ID", ownerID,
		"Prefix", "a", "StartAfter", "A&", "Delimiter", "/")
	if !strings.Contains(r.body, `<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">`) {
		t.Error(r.body)
	}
	r = c.do(t, "GET", "/data?list-type=2&max-keys=0", "")
	r.wantElements(t, "KeyCount", "0", "IsTruncated", "false", "MaxKeys", "0")
	c.do(t, "GET", "/data?list-type=2&max-keys=5000", "").wantElements(t, "MaxKeys", "1000")
}

func TestListingRefuses(t *testing.T) {
	c := newClient(start(t, Config{Buckets: []string{"data", "other"}}))
	c.put(t, "/other/a", "")
	c.put(t, "/other/b", "")
	foreign := c.do(t, "GET", "/other?list-type=2&max-keys=1", "").element(t, "NextContinuationToken")
	for query, argument := range map[string]string{
		"max-keys=-1":                                    "max-keys",
		"max-keys=x":                                     "max-keys",
		"max-keys=99999999999":                           "max-keys",
		"encoding-type=base64":                           "encoding-type",
		"continuation-token=a":                           "continuation-token",
		"continuation-token=AAAAAAAAAAA%3D":              "continuation-token",
		"continuation-token=" + url.QueryEscape(foreign): "continuation-token",
		"continuation-token=" + "%2B" + foreign[:len(foreign)-1]: "continuation-token",
	} {
		r := c.do(t, "GET", "/data?list-type=2&"+query, "")
		r.want(t, 400, "InvalidArgument")
		r.wantElements(t, "ArgumentName", argument)
	}
}

func TestListObjectsVersion1(t *testing.T) {
	c := newClient(start(t, Config{}))
	for _, key := range []string{"dir1/subdir/file.txt", "dir1/subdir.ext", "dir1/subdir1.ext", "dir1/subdir2.ext"} {
		c.put(t, "/data/"+key, "")
	}
	r := c.do(t, "GET", "/data?prefix=dir1/&delimiter=/&max-keys=2", "")
	r.wantElements(t, "NextMarker", "dir1/subdir/", "Key", "dir1/subdir.ext", "CommonPrefixes/Prefix", "dir1/subdir/", "IsTruncated", "true")
	r = c.do(t, "GET", "/data?prefix=dir1/&delimiter=/&marker=dir1/subdir/", "")
	if got := r.elements(t, "Key"); !slices.Equal(got, []string{"dir1/subdir1.ext", "dir1/subdir2.ext"}) {
		t.Errorf("got %q", got)
	}
	r.wantElements(t, "Marker", "dir1/subdir/", "IsTruncated", "false")
}
