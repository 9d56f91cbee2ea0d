package s3test

import (
	"encoding/json"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sigvier/sigvier/sigv4"
)

func parsePayload(t testing.TB, s string) sigv4.PayloadHash {
	t.Helper()
	p, err := sigv4.ParsePayloadHash(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func decodeKey(t testing.TB, s string) string {
	t.Helper()
	key, err := url.QueryUnescape(s)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// wantFiles counts the files below a directory; "" is memory and has none.
func wantFiles(t testing.TB, dir string, want int) {
	t.Helper()
	if dir == "" {
		return
	}
	var files []string
	filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files = append(files, d.Name())
		}
		return err
	})
	if len(files) != want {
		t.Errorf("%d files, want %d: %q", len(files), want, files)
	}
}

func TestBucketLife(t *testing.T) {
	c := newClient(start(t, Config{Now: at("2026-11-23T12:00:00Z")}))
	r := c.do(t, "PUT", "/second", "")
	r.want(t, 200, "")
	r.wantHeader(t, "Location", "/second")
	r = c.do(t, "PUT", "/second", "")
	r.want(t, 409, "BucketAlreadyOwnedByYou")
	r.wantElements(t, "BucketName", "second")

	r = c.do(t, "GET", "/", "")
	r.want(t, 200, "")
	if got := r.elements(t, "Bucket/Name"); !slices.Equal(got, []string{"data", "second"}) {
		t.Errorf("buckets %q", got)
	}
	if got := r.elements(t, "CreationDate"); !slices.Equal(got, []string{"2026-11-23T12:00:00.000Z", "2026-11-23T12:00:00.000Z"}) {
		t.Errorf("dates %q", got)
	}
	r.wantElements(t, "Owner/ID", ownerID)
	c.do(t, "GET", "/?prefix=sec", "").wantElements(t, "Bucket/Name", "second")

	r = c.do(t, "HEAD", "/second", "")
	r.want(t, 200, "")
	r.wantHeader(t, "X-Amz-Bucket-Region", "us-east-1")
	c.do(t, "GET", "/second?location", "").wantElements(t, "LocationConstraint", "")

	c.put(t, "/second/key", "x")
	c.do(t, "DELETE", "/second", "").want(t, 409, "BucketNotEmpty")
	c.do(t, "DELETE", "/second/key", "").want(t, 204, "")
	c.do(t, "DELETE", "/second", "").want(t, 204, "")
	c.do(t, "HEAD", "/second", "").want(t, 404, "")
}

func TestLocationConstraint(t *testing.T) {
	constraint := func(region string) string {
		return `<CreateBucketConfiguration xmlns="` + s3Namespace + `"><LocationConstraint>` + region + `</LocationConstraint></CreateBucketConfiguration>`
	}
	for _, test := range []struct {
		region, body string
		status       int
		code         string
	}{
		{"us-east-1", "", 200, ""},
		{"us-east-1", constraint("us-east-1"), 400, "InvalidLocationConstraint"},
		{"us-east-1", constraint("eu-west-1"), 200, ""},
		{"us-east-1", constraint("nowhere"), 400, "InvalidLocationConstraint"},
		{"eu-west-1", constraint("EU"), 200, ""},
		{"eu-west-1", constraint("eu-central-1"), 400, "IllegalLocationConstraintException"},
		{"us-east-1", "<CreateBucketConfiguration>", 400, "MalformedXML"},
		{"us-east-1", "<Other/>", 400, "MalformedXML"},
		{"us-east-1", strings.Repeat(" ", maxForm+1), 400, "MaxMessageLengthExceeded"},
		{"eu-west-1", constraint("eu-west-1"), 200, ""},
		{"eu-west-1", "", 400, "IllegalLocationConstraintException"},
	} {
		c := newClient(start(t, Config{Region: test.region}))
		c.do(t, "PUT", "/another", test.body).want(t, test.status, test.code)
		if test.status == 200 && test.body != "" {
			c.do(t, "GET", "/another?location", "").wantElements(t, "LocationConstraint", "eu-west-1")
		}
	}
}

func TestBucketNames(t *testing.T) {
	c := newClient(start(t, Config{}))
	for _, name := range []string{"abc", "my.bucket-1", "0ab", strings.Repeat("a", 63)} {
		c.do(t, "PUT", "/"+name, "").want(t, 200, "")
	}
	for _, name := range []string{
		"ab", strings.Repeat("a", 64), "Upper", "under_score", "-ab", "ab-", ".ab", "ab.", "a..b", "192.168.5.4",
		"xn--a", "sthree-a", "amzn-s3-demo-a", "a-s3alias", "a--ol-s3", "a.mrap", "a--x-s3", "a--table-s3", "a%20b", "..", "a%2Fb",
	} {
		c.do(t, "PUT", "/"+name, "").want(t, 400, "InvalidBucketName")
	}
}

func TestNotImplementedIsSaid(t *testing.T) {
	c := newClient(start(t, Config{}))
	c.put(t, "/data/key", "x")
	for _, test := range []struct{ method, target string }{
		{"POST", "/"}, {"PUT", "/"}, {"GET", "/data?inventory"}, {"PUT", "/data?abac"}, {"GET", "/data?uploads&versions"},
		{"POST", "/data/key?select&select-type=2"}, {"GET", "/data/key?torrent"}, {"PUT", "/data/key?renameObject"},
		{"GET", "/data/key?attributes&uploadId=x"}, {"PATCH", "/data/key"}, {"OPTIONS", "/data/key"},
	} {
		c.do(t, test.method, test.target, "").want(t, 501, "NotImplemented")
	}
	c.do(t, "GET", "/data/key?versionId=null&x-id=GetObject&unknown", "").want(t, 200, "")
	if n := c.srv.Requests()[opUnknown]; n != 11 {
		t.Errorf("%d unknown requests", n)
	}
}

func TestVirtualHostStyle(t *testing.T) {
	srv := start(t, Config{Region: "eu-central-1", Buckets: []string{"data", "my.data"}})
	for _, test := range []struct{ host, target string }{
		{"", "/data/dir/key"},
		{"localhost", "/data/dir/key"},
		{"localhost:9000", "/data/dir/key"},
		{"[::1]:9000", "/data/dir/key"},
		{"example.com", "/data/dir/key"},
		{"s3.amazonaws.com", "/data/dir/key"},
		{"s3.eu-central-1.amazonaws.com", "/data/dir/key"},
		{"data.localhost", "/dir/key"},
		{"DATA.localhost:9000", "/dir/key"},
		{"data.s3.amazonaws.com", "/dir/key"},
		{"data.s3.eu-central-1.amazonaws.com:443", "/dir/key"},
	} {
		c := newClient(srv)
		c.host = test.host
		c.put(t, test.target, test.host)
		c.host = ""
		if got := c.do(t, "GET", "/data/dir/key", "").body; got != test.host {
			t.Errorf("%s%s is not /data/dir/key", test.host, test.target)
		}
	}

	c := newClient(srv)
	c.host = "my.data.localhost"
	c.put(t, "//key", "x")
	c.do(t, "HEAD", "/", "").wantHeader(t, "X-Amz-Bucket-Region", "eu-central-1")
	if got := c.do(t, "GET", "/?list-type=2", "").elements(t, "Key"); !slices.Equal(got, []string{"/key"}) {
		t.Errorf("keys %q", got)
	}
}

func TestObjectsOnDiskAreFoundAgain(t *testing.T) {
	dir := t.TempDir()
	first := start(t, Config{Dir: dir})
	c := newClient(first)
	c.put(t, "/data/a%2F%2Fb", "old")
	put := c.put(t, "/data/a%2F%2Fb", "content", "Content-Type", "text/plain", "X-Amz-Meta-A", "b")
	c.put(t, "/data/gone", "x")
	c.do(t, "DELETE", "/data/gone", "").want(t, 204, "")
	c.do(t, "PUT", "/empty", "").want(t, 200, "")
	c.do(t, "PUT", "/removed", "").want(t, 200, "")
	c.do(t, "DELETE", "/removed", "").want(t, 204, "")
	before := c.do(t, "GET", "/data/a%2F%2Fb", "", "X-Amz-Checksum-Mode", "ENABLED")
	listing := c.do(t, "GET", "/data?list-type=2", "").body
	first.Close()

	// What a crash may leave behind.
	for _, name := range []string{"X.tmp", "0123.X.data"} {
		if err := os.WriteFile(filepath.Join(dir, "bucket-data", name), []byte("part"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "bucket-half"), 0o777); err != nil {
		t.Fatal(err)
	}

	c = newClient(start(t, Config{Dir: dir}))
	after := c.do(t, "GET", "/data/a%2F%2Fb", "", "X-Amz-Checksum-Mode", "ENABLED")
	after.want(t, 200, "")
	after.wantHeader(t, "ETag", put.header.Get("ETag"))
	if after.body != "content" {
		t.Errorf("body %q", after.body)
	}
	for _, name := range []string{"ETag", "Last-Modified", "Content-Type", "X-Amz-Meta-A", "X-Amz-Checksum-Crc64nvme"} {
		after.wantHeader(t, name, before.header.Get(name))
	}
	if got := c.do(t, "GET", "/data?list-type=2", "").body; got != listing {
		t.Errorf("listing is now\n%s\nwas\n%s", got, listing)
	}
	if got := c.do(t, "GET", "/", "").elements(t, "Bucket/Name"); !slices.Equal(got, []string{"data", "empty"}) {
		t.Errorf("buckets %q", got)
	}
	wantFiles(t, dir, 4) // two bucket.json, the object's JSON and data
}

func TestDamagedDirectoryIsNotServed(t *testing.T) {
	dir := t.TempDir()
	first := start(t, Config{Dir: dir})
	newClient(first).put(t, "/data/key", "content")
	first.Close()
	data, err := filepath.Glob(filepath.Join(dir, "bucket-data", "*.data"))
	if err != nil || len(data) != 1 {
		t.Fatal(data, err)
	}
	if err := os.Truncate(data[0], 3); err != nil {
		t.Fatal(err)
	}
	if _, err := New(Config{Dir: dir, Users: []User{{AccessKeyID: testKey, SecretAccessKey: testSecret}}}); err == nil {
		t.Error("an object that is cut short was taken")
	}
}

// TestAnIndexLeadsNowhereElse: what a damaged or foreign index names is not served,
// nor removed, outside the bucket's folder.
func TestAnIndexLeadsNowhereElse(t *testing.T) {
	dir := t.TempDir()
	first := start(t, Config{Dir: dir})
	newClient(first).put(t, "/data/key", "content")
	first.Close()
	outside := filepath.Join(dir, "outside.data")
	if err := os.WriteFile(outside, []byte("content"), 0o666); err != nil {
		t.Fatal(err)
	}
	index := filepath.Join(dir, "bucket-data", objectFile("key"))
	b, err := os.ReadFile(index)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"../outside.data", outside, "bucket.json", ""} {
		var k keyFile
		if err := json.Unmarshal(b, &k); err != nil {
			t.Fatal(err)
		}
		k.Versions[0].Pieces[0].File = name
		changed, err := json.Marshal(k)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(index, changed, 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := New(Config{Dir: dir, Users: []User{{AccessKeyID: testKey, SecretAccessKey: testSecret}}}); err == nil {
			t.Errorf("%q was taken for a data file", name)
		}
	}
	if _, err := os.Stat(outside); err != nil {
		t.Error(err)
	}
}
