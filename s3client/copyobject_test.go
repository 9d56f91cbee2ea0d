package s3client_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/s3client/checksum"
	"github.com/sigvier/sigvier/s3client/s3test"
)

const copied = `<CopyObjectResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><ETag>&quot;e&quot;</ETag></CopyObjectResult>`

// Any key can be the source and the copy, as any can be put.
func TestCopyOfEveryKey(t *testing.T) {
	styles(t, s3test.Config{}, func(t *testing.T, _ *s3test.Server, c *s3client.Client) {
		for _, key := range keys {
			put(t, c, "data", key, "of "+key)
			in := s3client.CopyObjectInput{Bucket: "data", Key: "copy", CopySource: s3client.CopySource{Bucket: "data", Key: key}}
			if _, err := c.CopyObject(t.Context(), in); err != nil {
				t.Errorf("CopyObject(%q): %v", key, err)
				continue
			}
			if got := get(t, c, "data", "copy"); got != "of "+key {
				t.Errorf("the copy of %q is %q", key, got)
			}
		}
	})
}

func TestCopySourceAsSent(t *testing.T) {
	ap := "arn:aws:s3:us-east-1:123456789012:accesspoint/my-access-point"
	for _, test := range []struct {
		name string
		in   s3client.CopySource
		want string
	}{
		{"a key", s3client.CopySource{Bucket: "data", Key: "reports/january.pdf"}, "data/reports/january.pdf"},
		{"a key that is escaped", s3client.CopySource{Bucket: "data", Key: "a b+c?d=1&e%41/é"}, "data/a%20b%2Bc%3Fd%3D1%26e%2541/%C3%A9"},
		{"slashes", s3client.CopySource{Bucket: "data", Key: "/a//b/"}, "data//a//b/"},
		{"a version", s3client.CopySource{Bucket: "data", Key: "k", VersionID: "a+b/c="}, "data/k?versionId=a%2Bb%2Fc%3D"},
		{"an access point", s3client.CopySource{Bucket: ap, Key: "reports/a b"},
			"arn%3Aaws%3As3%3Aus-east-1%3A123456789012%3Aaccesspoint/my-access-point/object/reports/a%20b"},
		{"a directory bucket", s3client.CopySource{Bucket: "data--use1-az5--x-s3", Key: "k"}, "data--use1-az5--x-s3/k"},
	} {
		net := &recorder{answers: []answer{says(200, copied)}}
		_, err := open(t, awsForm("us-east-1"), &s3client.Options{Base: net}).CopyObject(t.Context(), s3client.CopyObjectInput{Bucket: "target", Key: "k", CopySource: test.in})
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		h := net.requests[0].Header
		if got := h.Get("X-Amz-Copy-Source"); got != test.want {
			t.Errorf("%s: the source is %s, want %s", test.name, got, test.want)
		}
		if !strings.Contains(h.Get("Authorization"), "x-amz-copy-source") {
			t.Errorf("%s: the source is not signed", test.name)
		}
	}
}

func TestCopyObjectAsSent(t *testing.T) {
	if !md5Allowed(t) {
		return
	}
	form := aws()
	form.BucketOwner = owner
	net := &recorder{answers: []answer{says(200, copied)}}
	_, err := open(t, form, &s3client.Options{Base: net}).CopyObject(t.Context(), s3client.CopyObjectInput{
		Bucket: "data", Key: "copy",
		CopySource: s3client.CopySource{Bucket: "data", Key: "k", IfMatch: `"a"`, IfNoneMatch: `"b"`, IfModifiedSince: moment, IfUnmodifiedSince: moment.Add(time.Hour),
			CustomerKey: customerKey(t, 's')},
		MetadataDirective: "REPLACE", TaggingDirective: "REPLACE", ChecksumAlgorithm: checksum.SHA256,
		ObjectHeaders: s3client.ObjectHeaders{ContentType: "text/plain", Metadata: map[string]string{"m": "v"}, StorageClass: "STANDARD_IA", ACL: "private",
			Tags: []s3client.Tag{{Key: "a b", Value: "c&d"}}, WebsiteRedirectLocation: "/x"},
		IfNoneMatch: "*",
	})
	if err != nil {
		t.Fatal(err)
	}
	h := net.requests[0].Header
	for name, want := range map[string]string{
		"X-Amz-Copy-Source-If-Match": `"a"`, "X-Amz-Copy-Source-If-None-Match": `"b"`,
		"X-Amz-Copy-Source-If-Modified-Since":                         "Sun, 01 Mar 2026 12:00:00 GMT",
		"X-Amz-Copy-Source-If-Unmodified-Since":                       "Sun, 01 Mar 2026 13:00:00 GMT",
		"X-Amz-Copy-Source-Server-Side-Encryption-Customer-Algorithm": "AES256",
		"X-Amz-Source-Expected-Bucket-Owner":                          owner,
		"X-Amz-Expected-Bucket-Owner":                                 owner,
		"X-Amz-Metadata-Directive":                                    "REPLACE",
		"X-Amz-Tagging-Directive":                                     "REPLACE",
		"X-Amz-Checksum-Algorithm":                                    "SHA256",
		"Content-Type":                                                "text/plain",
		"X-Amz-Meta-M":                                                "v",
		"X-Amz-Storage-Class":                                         "STANDARD_IA",
		"X-Amz-Acl":                                                   "private",
		"X-Amz-Tagging":                                               "a+b=c%26d",
		"X-Amz-Website-Redirect-Location":                             "/x",
		"If-None-Match":                                               "*",
		"X-Amz-Server-Side-Encryption-Customer-Algorithm":             "",
		"X-Amz-Copy-Source-Server-Side-Encryption-Customer-Key-Md5":   "IEDLbNZE6yCm6d8DUnTp6Q==",
		"X-Amz-Copy-Source-Server-Side-Encryption-Customer-Key":       "c3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3M=",
	} {
		if got := h.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

func TestCopyObjectOutput(t *testing.T) {
	const sum = "n6Sc1iSYWAg="
	net := &recorder{answers: []answer{says(200, "<?xml version=\"1.0\"?>\n  \n<CopyObjectResult><ChecksumCRC64NVME>"+sum+"</ChecksumCRC64NVME><LastModified>2026-03-01T12:00:00.000Z</LastModified>"+
		"<ETag>&quot;e&quot;</ETag><ChecksumType>FULL_OBJECT</ChecksumType><ChecksumMD5>x</ChecksumMD5></CopyObjectResult>",
		"X-Amz-Version-Id", "v2", "X-Amz-Copy-Source-Version-Id", "v1", "X-Amz-Server-Side-Encryption", "AES256", "X-Amz-Expiration", "x", "X-Amz-Request-Charged", "requester")}}
	got, err := open(t, aws(), &s3client.Options{Base: net}).CopyObject(t.Context(), s3client.CopyObjectInput{Bucket: "data", Key: "c", CopySource: s3client.CopySource{Bucket: "data", Key: "k"}})
	if err != nil {
		t.Fatal(err)
	}
	v, err := checksum.Parse(checksum.CRC64NVME, sum, checksum.FullObject)
	if err != nil {
		t.Fatal(err)
	}
	want := s3client.CopyObjectOutput{ETag: `"e"`, LastModified: moment, Checksum: v, VersionID: "v2", CopySourceVersionID: "v1",
		EncryptedWith: s3client.EncryptedWith{ServerSideEncryption: "AES256"}, Expiration: "x", RequestCharged: "requester"}
	if got != want {
		t.Errorf("the output is %+v, want %+v", got, want)
	}
}

// What S3 says after it has begun to answer with 200 is an error, and its own failure
// is tried again.
func TestCopyThatFailsLate(t *testing.T) {
	in := s3client.CopyObjectInput{Bucket: "data", Key: "c", CopySource: s3client.CopySource{Bucket: "data", Key: "k"}}
	late := func(code string) answer {
		return says(200, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n \n \n<Error><Code>"+code+"</Code><Message>m</Message></Error>")
	}
	for _, test := range []struct {
		name     string
		answers  []answer
		want     error
		requests int
	}{
		{"slow down, then done", []answer{late("SlowDown"), says(200, copied)}, nil, 2},
		{"internal errors", []answer{late("InternalError")}, s3client.ErrInternalError, 3},
		{"denied", []answer{late("AccessDenied"), says(200, copied)}, s3client.ErrAccessDenied, 1},
	} {
		synctest.Test(t, func(t *testing.T) {
			net := &recorder{answers: test.answers}
			out, err := open(t, aws(), &s3client.Options{Base: net}).CopyObject(t.Context(), in)
			if !errors.Is(err, test.want) || (err == nil) != (out.ETag == `"e"`) {
				t.Errorf("%s: %+v, %v, want %v", test.name, out, err, test.want)
			}
			if len(net.requests) != test.requests {
				t.Errorf("%s: %d requests, want %d", test.name, len(net.requests), test.requests)
			}
		})
	}
	for _, body := range []string{"", "<CopyObjectResult><ETag>", "<html>busy</html>"} { // and never without one
		net := &recorder{answers: []answer{says(200, body)}}
		if out, err := open(t, aws(), &s3client.Options{Base: net}).CopyObject(t.Context(), in); err == nil || out != (s3client.CopyObjectOutput{}) {
			t.Errorf("the answer %q is %+v, %v", body, out, err)
		}
	}
}

// The source is an object to read, and restricted as one.
func TestCopySourceIsRestricted(t *testing.T) {
	for _, test := range []struct {
		name   string
		edit   func(*s3client.Connection)
		source s3client.CopySource
		ok     bool
	}{
		{"in the path", nil, s3client.CopySource{Bucket: "data", Key: "in/a"}, true},
		{"another bucket", nil, s3client.CopySource{Bucket: "other", Key: "in/a"}, false},
		{"out of the path", nil, s3client.CopySource{Bucket: "data", Key: "out/a"}, false},
		{"out of the path by dots", nil, s3client.CopySource{Bucket: "data", Key: "in/../out/a"}, false},
		{"out of the path by encoded dots", nil, s3client.CopySource{Bucket: "data", Key: "in/%2e%2e/out/a"}, false},
		{"an access point", nil, s3client.CopySource{Bucket: "arn:aws:s3:us-east-1:123456789012:accesspoint/in", Key: "in/a"}, false},
		{"who may not read", func(c *s3client.Connection) { c.Permissions = s3client.MayWrite }, s3client.CopySource{Bucket: "data", Key: "in/a"}, false},
		{"who may read alone", func(c *s3client.Connection) { c.Permissions = s3client.MayRead }, s3client.CopySource{Bucket: "data", Key: "in/a"}, false},
		{"of another owner", func(c *s3client.Connection) { c.BucketOwner = owner }, s3client.CopySource{Bucket: "data", Key: "in/a", ExpectedBucketOwner: "123456789012"}, false},
		{"of the owner", func(c *s3client.Connection) { c.BucketOwner = owner }, s3client.CopySource{Bucket: "data", Key: "in/a", ExpectedBucketOwner: owner}, true},
	} {
		form := aws()
		form.RestrictToBucket, form.RestrictToPath = "data", "in/"
		if test.edit != nil {
			test.edit(&form)
		}
		net := &recorder{answers: []answer{says(200, copied)}}
		client := open(t, form, &s3client.Options{Base: net})
		in := s3client.CopyObjectInput{Bucket: "data", Key: "in/copy", CopySource: test.source}
		_, err := client.CopyObject(t.Context(), in)
		p, errURL := client.Presign(t.Context(), s3client.PresignInput{Operation: in, Expires: time.Minute})
		if test.ok {
			if err != nil || errURL != nil {
				t.Errorf("%s: %v, presigned %v", test.name, err, errURL)
			}
			continue
		}
		wantErr(t, err, s3client.ErrRestricted)
		wantErr(t, errURL, s3client.ErrRestricted)
		if len(net.requests) != 0 || p.URL != "" {
			t.Errorf("%s: %d requests were sent, the URL is %q", test.name, len(net.requests), p.URL)
		}
	}
}

// What S3 would drop or refuse is refused before it is sent.
func TestCopiesThatMeanNothing(t *testing.T) {
	source := s3client.CopySource{Bucket: "data", Key: "k"}
	for _, test := range []struct {
		name string
		in   s3client.CopyObjectInput
		want string
	}{
		{"no source", s3client.CopyObjectInput{}, "the source of the copy: the bucket is empty"},
		{"no key of the source", s3client.CopyObjectInput{CopySource: s3client.CopySource{Bucket: "data"}}, "the source of the copy: the key is empty"},
		{"an unknown directive", s3client.CopyObjectInput{CopySource: source, MetadataDirective: "replace"}, `the MetadataDirective is "replace": COPY or REPLACE is expected`},
		{"metadata without REPLACE", s3client.CopyObjectInput{CopySource: source, ObjectHeaders: s3client.ObjectHeaders{Metadata: map[string]string{"a": "b"}}}, "set MetadataDirective to REPLACE"},
		{"a type with COPY", s3client.CopyObjectInput{CopySource: source, MetadataDirective: "COPY", ObjectHeaders: s3client.ObjectHeaders{ContentType: "text/plain"}}, "set MetadataDirective to REPLACE"},
		{"tags without REPLACE", s3client.CopyObjectInput{CopySource: source, MetadataDirective: "REPLACE", ObjectHeaders: s3client.ObjectHeaders{Tags: []s3client.Tag{{Key: "a"}}}}, "set TaggingDirective to REPLACE"},
		{"a multi-Region access point", s3client.CopyObjectInput{CopySource: s3client.CopySource{Bucket: "arn:aws:s3::123456789012:accesspoint/mfzwi23gnjvgw.mrap", Key: "k"}}, "access points of one Region alone"},
		{"an ARN of something else", s3client.CopyObjectInput{CopySource: s3client.CopySource{Bucket: "arn:aws:s3:::data", Key: "k"}}, "is that of no access point"},
	} {
		test.in.Bucket, test.in.Key = "data", "copy"
		net := &recorder{}
		_, err := open(t, aws(), &s3client.Options{Base: net}).CopyObject(t.Context(), test.in)
		if wantErr(t, err); !strings.Contains(err.Error(), test.want) || len(net.requests) != 0 {
			t.Errorf("%s: %v, want %q; %d requests", test.name, err, test.want, len(net.requests))
		}
	}
}

// A copy into a directory bucket is signed with the client's own credentials, and not
// with those of a session (Amazon S3 API Reference, "CopyObject").
func TestCopyIntoADirectoryBucket(t *testing.T) {
	net := &recorder{answers: []answer{says(200, copied)}}
	_, err := open(t, awsForm("us-east-1"), &s3client.Options{Base: net}).CopyObject(t.Context(), s3client.CopyObjectInput{
		Bucket: "data--use1-az5--x-s3", Key: "c", CopySource: s3client.CopySource{Bucket: "data", Key: "k"}})
	if err != nil {
		t.Fatal(err)
	}
	r := net.requests[0]
	if len(net.requests) != 1 || r.URL.Host != "data--use1-az5--x-s3.s3express-use1-az5.us-east-1.amazonaws.com" || r.Header.Get("X-Amz-S3session-Token") != "" ||
		!strings.Contains(r.Header.Get("Authorization"), keyID+"/") || !strings.Contains(r.Header.Get("Authorization"), "/s3express/") {
		t.Errorf("%d requests, to %s with %v", len(net.requests), r.URL.Host, r.Header)
	}
}

// Whoever has the URL must send the headers that are signed, the source among them.
func TestPresignedCopy(t *testing.T) {
	srv := serve(t, s3test.Config{})
	c := open(t, form(srv), nil)
	put(t, c, "data", "k", "text")
	p, err := c.Presign(t.Context(), s3client.PresignInput{Expires: time.Minute,
		Operation: s3client.CopyObjectInput{Bucket: "data", Key: "copy", CopySource: s3client.CopySource{Bucket: "data", Key: "k"}}})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(http.Header{"X-Amz-Copy-Source": {"data/k"}}, p.Header); diff != "" || p.Method != http.MethodPut {
		t.Errorf("%s (-want +got)\n%s", p.Method, diff)
	}
	if status, body := anyone(t, nil, p.Method, p, ""); status != 200 || get(t, c, "data", "copy") != "text" {
		t.Errorf("the URL gives %d %s", status, body)
	}
}
