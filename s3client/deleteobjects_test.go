package s3client_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/s3client/s3test"
)

var _ s3client.Operation = s3client.DeleteObjectsInput{}

func identifiers(keys ...string) (all []s3client.ObjectIdentifier) {
	for _, key := range keys {
		all = append(all, s3client.ObjectIdentifier{Key: key})
	}
	return all
}

func TestDeleteObjects(t *testing.T) {
	srv := serve(t, s3test.Config{})
	c := open(t, form(srv), nil)
	for _, key := range []string{"a", "b & <c>", "tab\tnl\ncr\r", "ü"} {
		put(t, c, "data", key, "x")
	}
	kept := put(t, c, "data", "kept", "x")
	out, err := c.DeleteObjects(t.Context(), s3client.DeleteObjectsInput{Bucket: "data", Objects: append(identifiers("a", "b & <c>", "tab\tnl\ncr\r", "ü", "missing"),
		s3client.ObjectIdentifier{Key: "kept", ETag: `"other"`}, s3client.ObjectIdentifier{Key: "gone", ETag: kept.ETag})})
	if err != nil {
		t.Fatal(err)
	}
	want := []s3client.DeletedObject{{Key: "a"}, {Key: "b & <c>"}, {Key: "tab\tnl\ncr\r"}, {Key: "ü"}, {Key: "missing"}}
	if diff := cmp.Diff(want, out.Deleted); diff != "" {
		t.Errorf("deleted (-want +got)\n%s", diff)
	}
	if len(out.Errors) != 2 || out.Errors[0].Key != "kept" || !errors.Is(out.Errors[0], s3client.ErrPreconditionFailed) ||
		out.Errors[1].Key != "gone" || !errors.Is(out.Errors[1], s3client.ErrNotFound) {
		t.Errorf("errors are %v", out.Errors)
	}
	page, err := c.ListObjectsV2(t.Context(), s3client.ListObjectsV2Input{Bucket: "data"})
	if err != nil || len(page.Contents) != 1 || page.Contents[0].Key != "kept" {
		t.Errorf("what is there is %v, %v", page.Contents, err)
	}
	out, err = c.DeleteObjects(t.Context(), s3client.DeleteObjectsInput{Bucket: "data", Objects: append(identifiers("a"), s3client.ObjectIdentifier{Key: "kept", ETag: `"other"`}), Quiet: true})
	if err != nil || out.Deleted != nil || len(out.Errors) != 1 {
		t.Errorf("Quiet gives %+v, %v", out, err)
	}
}

func TestDeleteObjectsOfABucketWithVersions(t *testing.T) {
	srv := serve(t, s3test.Config{})
	c := open(t, form(srv), nil)
	versioned(t, c)
	first := put(t, c, "data", "k", "one")
	put(t, c, "data", "k", "two")
	out, err := c.DeleteObjects(t.Context(), s3client.DeleteObjectsInput{Bucket: "data", Objects: []s3client.ObjectIdentifier{{Key: "k"}, {Key: "k", VersionID: first.VersionID}}})
	if err != nil || len(out.Deleted) != 2 {
		t.Fatalf("%+v, %v", out, err)
	}
	marker, version := out.Deleted[0], out.Deleted[1]
	if !marker.DeleteMarker || marker.DeleteMarkerVersionID == "" || marker.VersionID != "" {
		t.Errorf("the marker is %+v", marker)
	}
	if version.VersionID != first.VersionID || version.DeleteMarker {
		t.Errorf("the version is %+v", version)
	}
}

// Each of many may fail by itself, in an answer of status 200.
func TestErrorsOfSingleObjectsTellWhatTheyAre(t *testing.T) {
	const doc = `<DeleteResult><Deleted><Key>a</Key></Deleted><Error><Key>b</Key><VersionId>v</VersionId><Code>AccessDenied</Code><Message>Access Denied</Message></Error>` +
		`<Error><Key>c</Key><Code>InternalError</Code><Message>We encountered an internal error. Please try again.</Message></Error></DeleteResult>`
	net := &recorder{answers: []answer{says(200, doc)}}
	out, err := open(t, aws(), &s3client.Options{Base: net}).DeleteObjects(t.Context(), s3client.DeleteObjectsInput{Bucket: "data", Objects: identifiers("a", "b", "c")})
	if err != nil || len(out.Errors) != 2 {
		t.Fatalf("%+v, %v", out, err)
	}
	denied, internal := out.Errors[0], out.Errors[1]
	if denied.Key != "b" || denied.VersionID != "v" {
		t.Errorf("%+v", denied)
	}
	wantErr(t, denied, s3client.ErrDenied, s3client.ErrAccessDenied)
	wantErr(t, internal, s3client.ErrInternalError)
	if errors.Is(internal, s3client.ErrDenied) || errors.Is(internal, s3client.ErrNotFound) {
		t.Errorf("%v is something else, too", internal)
	}
	var e *s3client.Error
	var api *s3client.APIError
	if !errors.As(denied, &e) || e.Op != "DeleteObjects" || e.Bucket != "data" || e.Key != "b" || !errors.As(denied, &api) || api.Message != "Access Denied" {
		t.Errorf("%v is %+v", denied, e)
	}
	if text := denied.Error(); !strings.Contains(text, "s3://data/b") || !strings.Contains(text, "version v") {
		t.Errorf("%q does not say of what", text)
	}
}

// Who asks to be told of each and is not told of one must not take it for removed.
func TestObjectsOfWhichNothingIsSaid(t *testing.T) {
	id := func(key, version string) s3client.ObjectIdentifier {
		return s3client.ObjectIdentifier{Key: key, VersionID: version}
	}
	deleted := func(ids ...s3client.ObjectIdentifier) (doc string) {
		for _, o := range ids {
			doc += "<Deleted><Key>" + o.Key + "</Key>"
			if o.VersionID != "" {
				doc += "<VersionId>" + o.VersionID + "</VersionId>"
			}
			doc += "</Deleted>"
		}
		return doc
	}
	for _, test := range []struct {
		name    string
		objects []s3client.ObjectIdentifier
		quiet   bool
		answer  string
		want    []s3client.ObjectIdentifier
	}{
		{"all are named", identifiers("a", "b"), false, deleted(identifiers("b", "a")...), nil},
		{"one is not", identifiers("a", "b", "c"), false, deleted(identifiers("c", "a")...), identifiers("b")},
		{"none is", identifiers("a", "b"), false, "", identifiers("a", "b")},
		{"none is, and none is to be", identifiers("a", "b"), true, "", nil},
		{"one has failed", identifiers("a", "b", "c"), false, deleted(id("a", "")) + "<Error><Key>b</Key><Code>AccessDenied</Code></Error>", identifiers("c")},
		{"another key", identifiers("a"), false, deleted(id("b", "")), identifiers("a")},
		{"a key is asked for twice", identifiers("a", "a"), false, deleted(id("a", "")), nil},
		{"a key is asked for twice, and unnamed", identifiers("a", "a"), false, "", identifiers("a")},
		{"one version of two", []s3client.ObjectIdentifier{id("a", "1"), id("a", "2")}, false, deleted(id("a", "2")), []s3client.ObjectIdentifier{id("a", "1")}},
		{"a version of another key", []s3client.ObjectIdentifier{id("a", "1"), id("b", "1")}, false, deleted(id("a", "1")), []s3client.ObjectIdentifier{id("b", "1")}},
		{"versions are left out", []s3client.ObjectIdentifier{id("a", "1"), id("a", "2")}, false, deleted(identifiers("a", "a")...), nil},
		{"versions are left out, and one key", []s3client.ObjectIdentifier{id("a", "1"), id("a", "2")}, false, deleted(id("a", "")), []s3client.ObjectIdentifier{id("a", "1"), id("a", "2")}},
		{"the key and a version", []s3client.ObjectIdentifier{id("a", ""), id("a", "1")}, false, deleted(id("a", "1")), []s3client.ObjectIdentifier{id("a", "")}},
		{"ends of lines that are not escaped", identifiers("a\r\nb\rc"), false, deleted(id("a\r\nb\rc", "")), nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			net := &recorder{answers: []answer{says(200, "<DeleteResult>"+test.answer+"</DeleteResult>")}}
			out, err := open(t, aws(), &s3client.Options{Base: net}).DeleteObjects(t.Context(), s3client.DeleteObjectsInput{Bucket: "data", Objects: test.objects, Quiet: test.quiet})
			if err != nil {
				t.Fatal(err)
			}
			var got []s3client.ObjectIdentifier
			for _, e := range out.Errors {
				if !errors.Is(e, s3client.ErrUnreported) {
					continue
				}
				got = append(got, id(e.Key, e.VersionID))
				var of *s3client.Error
				if !errors.As(e, &of) || of.Key != e.Key || !strings.Contains(e.Error(), "DeleteObjects s3://data/"+e.Key) {
					t.Errorf("%v does not say of what", e)
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("without a word (-want +got)\n%s", diff)
			}
		})
	}
}

func TestDeleteObjectsIsCheckedBeforeAByteIsSent(t *testing.T) {
	for _, test := range []struct {
		name    string
		objects []s3client.ObjectIdentifier
		want    string
		is      error
	}{
		{"none", nil, "no Objects", nil},
		{"1,001", make([]s3client.ObjectIdentifier, 1001), "", nil},
		{"an empty key", identifiers("reports/a", ""), "key 1: the key is empty", nil},
		{"a key outside", identifiers("reports/a", "secret", "reports/b"), "key 1", s3client.ErrRestricted},
		{"a key that leads out", identifiers("reports/a", "reports/../secret"), "key 1", s3client.ErrRestricted},
		{"a key that XML cannot have", identifiers("reports/a", "reports/\x01"), "use DeleteObject", nil},
		{"a key that is not UTF-8", identifiers("reports/\xff"), "use DeleteObject", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := aws()
			f.RestrictToBucket, f.RestrictToPath = "data", "reports/"
			if len(test.objects) > 1000 {
				for i := range test.objects {
					test.objects[i].Key = fmt.Sprint("reports/", i)
				}
				test.want = "1001 Objects"
			}
			net := &recorder{}
			_, err := open(t, f, &s3client.Options{Base: net}).DeleteObjects(t.Context(), s3client.DeleteObjectsInput{Bucket: "data", Objects: test.objects})
			if wantErr(t, err); !strings.Contains(err.Error(), test.want) || test.is != nil && !errors.Is(err, test.is) {
				t.Errorf("%v, want %q", err, test.want)
			}
			if len(net.requests) != 0 {
				t.Error("a request was sent")
			}
		})
	}
}

// The last of 2,500 keys is checked before the first is removed.
func TestBatchesAreCheckedBeforeAByteIsSent(t *testing.T) {
	f := aws()
	f.RestrictToBucket, f.RestrictToPath = "data", "reports/"
	net := &recorder{answers: []answer{says(200, "<DeleteResult/>")}}
	var list []string
	for i := range 2500 {
		list = append(list, fmt.Sprint("reports/", i))
	}
	list[2499] = "secret"
	n := 0
	for out, err := range open(t, f, &s3client.Options{Base: net}).DeleteObjectsBatches(t.Context(), s3client.DeleteObjectsInput{Bucket: "data", Objects: identifiers(list...)}) {
		n++
		wantErr(t, err, s3client.ErrRestricted)
		if out.Deleted != nil || out.Errors != nil {
			t.Errorf("beside the error there is %+v", out)
		}
	}
	if n != 1 || len(net.requests) != 0 {
		t.Errorf("%d outputs, %d requests", n, len(net.requests))
	}
}

func TestDeleteObjectsBatches(t *testing.T) {
	srv := serve(t, s3test.Config{})
	c := open(t, form(srv), nil)
	var list []string
	for i := range 2001 {
		list = append(list, fmt.Sprintf("%04d", i))
	}
	awkward := []string{"\x01", "ctl\x02\x03/\x04", "\uFFFE"}
	for _, key := range append([]string{"0000", "1999", "2000"}, awkward...) {
		put(t, c, "data", key, "x")
	}
	objects := identifiers(slices.Concat(awkward[:1], list, awkward[1:])...)
	before := slices.Clone(objects)
	var sizes []int
	var got []string
	for out, err := range c.DeleteObjectsBatches(t.Context(), s3client.DeleteObjectsInput{Bucket: "data", Objects: objects}) {
		if err != nil || len(out.Errors) != 0 {
			t.Fatal(err, out.Errors)
		}
		sizes = append(sizes, len(out.Deleted))
		for _, o := range out.Deleted {
			got = append(got, o.Key)
		}
	}
	if diff := cmp.Diff([]int{1000, 1000, 1, 3}, sizes); diff != "" {
		t.Errorf("batches (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff(slices.Concat(list, awkward), got); diff != "" {
		t.Errorf("keys (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff(before, objects); diff != "" {
		t.Errorf("the caller's list has changed (-want +got)\n%s", diff)
	}
	if page, err := c.ListObjectsV2(t.Context(), s3client.ListObjectsV2Input{Bucket: "data"}); err != nil || len(page.Contents) != 0 {
		t.Errorf("what is left is %v, %v", page.Contents, err)
	}
	if n := srv.Requests(); n["DeleteObjects"] != 3 || n["DeleteObject"] != 3 {
		t.Errorf("requests are %v", n)
	}
}

// It ends where it fails, and where its caller has had enough.
func TestDeleteObjectsBatchesEnd(t *testing.T) {
	for _, test := range []struct {
		name         string
		second       answer
		breakAtFirst bool
		outputs      int
	}{
		{"at an error", says(403, "<Error><Code>AccessDenied</Code></Error>"), false, 2},
		{"at a break", nil, true, 1},
	} {
		net := &recorder{answers: []answer{says(200, "<DeleteResult/>"), test.second}}
		n := 0
		var last error
		for _, err := range open(t, aws(), &s3client.Options{Base: net}).DeleteObjectsBatches(t.Context(), s3client.DeleteObjectsInput{Bucket: "data", Objects: identifiers(slices.Repeat([]string{"k"}, 3000)...)}) {
			n++
			if last = err; test.breakAtFirst {
				break
			}
		}
		if n != test.outputs || len(net.requests) != test.outputs || (last != nil) == test.breakAtFirst {
			t.Errorf("%s: %d outputs, %d requests, %v", test.name, n, len(net.requests), last)
		}
	}
}

// S3 takes the document with a checksum only.
func TestDeleteObjectsAsSent(t *testing.T) {
	if !md5Allowed(t) {
		return
	}
	const doc = `<?xml version="1.0" encoding="UTF-8"?>` + "\n" + `<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Quiet>true</Quiet>` +
		`<Object><Key>a&lt;b&gt;&#xD;</Key></Object><Object><Key>c</Key><VersionId>v</VersionId><ETag>&#34;e&#34;</ETag></Object></Delete>`
	for _, test := range []struct {
		policy s3client.ChecksumPolicy
		header string
	}{
		{"", "X-Amz-Checksum-Crc32"}, {s3client.ChecksumsAlways, "X-Amz-Checksum-Crc32"}, {s3client.ChecksumsNever, "Content-Md5"},
	} {
		f := aws()
		f.Checksums = test.policy
		net := &recorder{answers: []answer{says(200, "<DeleteResult/>")}}
		_, err := open(t, f, &s3client.Options{Base: net}).DeleteObjects(t.Context(), s3client.DeleteObjectsInput{Bucket: "data", Quiet: true, MFA: "serial 123456", BypassGovernanceRetention: true,
			Objects: []s3client.ObjectIdentifier{{Key: "a<b>\r"}, {Key: "c", VersionID: "v", ETag: `"e"`}}})
		if err != nil {
			t.Fatal(err)
		}
		r := net.requests[0]
		if r.Method != "POST" || r.URL.RequestURI() != "/?delete=" || net.bodies[0] != doc {
			t.Errorf("sent is %s %s\n%s", r.Method, r.URL, net.bodies[0])
		}
		for name, want := range map[string]string{"X-Amz-Mfa": "serial 123456", "X-Amz-Bypass-Governance-Retention": "true"} {
			if got := r.Header.Get(name); got != want {
				t.Errorf("%s is %q, want %q", name, got, want)
			}
		}
		for _, name := range []string{"X-Amz-Checksum-Crc32", "X-Amz-Checksum-Crc64nvme", "Content-Md5"} {
			if has := r.Header.Get(name) != ""; has != (name == test.header) {
				t.Errorf("checksums %q: %s is there: %v", test.policy, name, has)
			}
		}
	}
}

func TestPresignedDeleteObjects(t *testing.T) {
	srv := serve(t, s3test.Config{})
	c := open(t, form(srv), nil)
	put(t, c, "data", "a", "x")
	p, err := c.Presign(t.Context(), s3client.PresignInput{Operation: s3client.DeleteObjectsInput{Bucket: "data", Objects: identifiers("a")}, Expires: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	if status, answer := anyone(t, nil, p.Method, p, string(p.Body)); status != 200 || !strings.Contains(answer, "<Deleted><Key>a<") {
		t.Errorf("%d %s", status, answer)
	}
	if status, answer := anyone(t, nil, p.Method, p, strings.Replace(string(p.Body), ">a<", ">b<", 1)); status == 200 {
		t.Errorf("the URL takes another document: %s", answer)
	}
}
