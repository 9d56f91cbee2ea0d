package s3client_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/s3client/s3test"
)

var (
	_ s3client.Operation = s3client.ListObjectVersionsInput{}
	_ s3client.Operation = s3client.GetBucketVersioningInput{}
	_ s3client.Operation = s3client.PutBucketVersioningInput{}
)

// versioned makes the bucket "data" keep versions.
func versioned(t *testing.T, c *s3client.Client) {
	t.Helper()
	if _, err := c.PutBucketVersioning(t.Context(), s3client.PutBucketVersioningInput{Bucket: "data", Status: "Enabled"}); err != nil {
		t.Fatal(err)
	}
}

func TestBucketVersioning(t *testing.T) {
	srv := serve(t, s3test.Config{})
	c := open(t, form(srv), nil)
	status := func(want string) {
		t.Helper()
		got, err := c.GetBucketVersioning(t.Context(), s3client.GetBucketVersioningInput{Bucket: "data"})
		if err != nil || got.Status != want {
			t.Errorf("GetBucketVersioning() = %+v, %v, want %q", got, err, want)
		}
	}
	status("")
	versioned(t, c)
	status("Enabled")
	if _, err := c.PutBucketVersioning(t.Context(), s3client.PutBucketVersioningInput{Bucket: "data", Status: "Suspended"}); err != nil {
		t.Fatal(err)
	}
	status("Suspended")
	_, err := c.GetBucketVersioning(t.Context(), s3client.GetBucketVersioningInput{Bucket: "missing"})
	wantErr(t, err, s3client.ErrNoSuchBucket)
}

// Of MFA delete s3test knows nothing.
func TestMFADeleteAsSent(t *testing.T) {
	net := &recorder{answers: []answer{says(200, "<VersioningConfiguration><Status>Enabled</Status><MfaDelete>Enabled</MfaDelete></VersioningConfiguration>")}}
	c := open(t, aws(), &s3client.Options{Base: net})
	if _, err := c.PutBucketVersioning(t.Context(), s3client.PutBucketVersioningInput{Bucket: "data", Status: "Enabled", MFADelete: "Enabled", MFA: "arn:aws:iam::123456789012:mfa/root 123456"}); err != nil {
		t.Fatal(err)
	}
	const want = `<?xml version="1.0" encoding="UTF-8"?>` + "\n" + `<VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><MfaDelete>Enabled</MfaDelete><Status>Enabled</Status></VersioningConfiguration>`
	if got := net.bodies[0]; got != want || net.requests[0].Header.Get("X-Amz-Mfa") != "arn:aws:iam::123456789012:mfa/root 123456" || net.requests[0].URL.RequestURI() != "/?versioning=" {
		t.Errorf("sent is %s %v\n%s", net.requests[0].URL, net.requests[0].Header, got)
	}
	out, err := c.GetBucketVersioning(t.Context(), s3client.GetBucketVersioningInput{Bucket: "data"})
	if err != nil || out != (s3client.GetBucketVersioningOutput{Status: "Enabled", MFADelete: "Enabled"}) {
		t.Errorf("%+v, %v", out, err)
	}
	for _, in := range []s3client.PutBucketVersioningInput{{Status: ""}, {Status: "enabled"}, {Status: "Enabled", MFADelete: "Off"}} {
		in.Bucket = "data"
		sent := len(net.requests)
		if _, err := c.PutBucketVersioning(t.Context(), in); err == nil || len(net.requests) != sent {
			t.Errorf("%+v is sent: %v", in, err)
		}
	}
}

func TestListObjectVersions(t *testing.T) {
	srv := serve(t, s3test.Config{})
	c := open(t, form(srv), nil)
	versioned(t, c)
	var want []string // newest first within a key
	for _, key := range []string{"a\x01", "b/1", "b/2", "c"} {
		var of []string
		for i := range 3 {
			of = append(of, key+" "+put(t, c, "data", key, fmt.Sprint(i)).VersionID)
		}
		if key == "b/2" {
			out, err := c.DeleteObject(t.Context(), s3client.DeleteObjectInput{Bucket: "data", Key: key})
			if err != nil {
				t.Fatal(err)
			}
			of = append(of, key+" "+out.VersionID)
		}
		slices.Reverse(of)
		want = append(want, of...)
	}
	for _, size := range []int{0, 1, 2, 5} {
		var versions, markers, latest []string
		for page, err := range c.ListObjectVersionsPages(t.Context(), s3client.ListObjectVersionsInput{Bucket: "data", MaxKeys: size}) {
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range page.Versions {
				versions = append(versions, v.Key+" "+v.VersionID)
				if v.IsLatest {
					latest = append(latest, v.Key)
				}
			}
			for _, m := range page.DeleteMarkers {
				markers = append(markers, m.Key+" "+m.VersionID)
				if m.IsLatest {
					latest = append(latest, m.Key)
				}
			}
		}
		isMarker := func(s string) bool { return slices.Contains(markers, s) }
		if diff := cmp.Diff(slices.DeleteFunc(slices.Clone(want), isMarker), versions); diff != "" || len(markers) != 1 || !slices.Contains(want, markers[0]) {
			t.Errorf("pages of %d: markers %q, versions (-want +got)\n%s", size, markers, diff)
		}
		slices.Sort(latest)
		if diff := cmp.Diff([]string{"a\x01", "b/1", "b/2", "c"}, latest); diff != "" {
			t.Errorf("pages of %d: the latest (-want +got)\n%s", size, diff)
		}
	}
	page, err := c.ListObjectVersions(t.Context(), s3client.ListObjectVersionsInput{Bucket: "data", Delimiter: "/"})
	if diff := cmp.Diff([]string{"b/"}, page.CommonPrefixes); err != nil || diff != "" || len(page.Versions) != 6 {
		t.Errorf("%v, %d versions (-want +got)\n%s", err, len(page.Versions), diff)
	}
	page, err = c.ListObjectVersions(t.Context(), s3client.ListObjectVersionsInput{Bucket: "data", Prefix: "b/", KeyMarker: "b/1"})
	if err != nil || len(page.Versions) != 3 || page.Versions[0].Key != "b/2" {
		t.Errorf("behind b/1 there is %+v, %v", page, err)
	}
}

func TestKeysSurviveListingsOfVersions(t *testing.T) {
	srv := serve(t, s3test.Config{})
	c := open(t, form(srv), nil)
	versioned(t, c)
	for _, key := range keys {
		id := put(t, c, "data", key, "x").VersionID
		page, err := c.ListObjectVersions(t.Context(), s3client.ListObjectVersionsInput{Bucket: "data", Prefix: key, MaxKeys: 1})
		if err != nil || len(page.Versions) != 1 || page.Versions[0].Key != key || page.Versions[0].VersionID != id {
			t.Errorf("ListObjectVersions with the prefix %q = %+v, %v", key, page.Versions, err)
		}
	}
	var got []string
	for page, err := range c.ListObjectVersionsPages(t.Context(), s3client.ListObjectVersionsInput{Bucket: "data", MaxKeys: 7}) {
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range page.Versions {
			got = append(got, v.Key)
		}
	}
	if diff := cmp.Diff(slices.Compact(slices.Sorted(slices.Values(keys))), got); diff != "" {
		t.Errorf("page by page (-want +got)\n%s", diff)
	}
}

func TestListObjectVersionsAsSent(t *testing.T) {
	net := &recorder{answers: []answer{says(200, "<ListVersionsResult/>")}}
	_, err := open(t, aws(), &s3client.Options{Base: net}).ListObjectVersions(t.Context(), s3client.ListObjectVersionsInput{Bucket: "data",
		Prefix: "p/", Delimiter: "/", KeyMarker: "p/k +", VersionIDMarker: "v", MaxKeys: 3, Common: s3client.Common{ExpectedBucketOwner: owner}})
	if err != nil {
		t.Fatal(err)
	}
	const want = "/?delimiter=%2F&encoding-type=url&key-marker=p%2Fk%20%2B&max-keys=3&prefix=p%2F&version-id-marker=v&versions="
	if r := net.requests[0]; r.URL.RequestURI() != want || r.Header.Get("X-Amz-Expected-Bucket-Owner") != owner {
		t.Errorf("sent is %s %v, want %s", r.URL.RequestURI(), r.Header, want)
	}
}

func TestPresignedListings(t *testing.T) {
	srv := serve(t, s3test.Config{})
	c := open(t, form(srv), nil)
	versioned(t, c)
	put(t, c, "data", "k", "x")
	for _, in := range []s3client.Operation{s3client.ListObjectVersionsInput{Bucket: "data"}, s3client.ListObjectsV2Input{Bucket: "data"}} {
		p, err := c.Presign(t.Context(), s3client.PresignInput{Operation: in, Expires: time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		if status, answer := anyone(t, nil, p.Method, p, ""); status != 200 || !strings.Contains(answer, "<Key>k</Key>") {
			t.Errorf("%T gives %d %s", in, status, answer)
		}
	}
}
