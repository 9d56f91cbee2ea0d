package s3client_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/s3client/checksum"
	"github.com/sigvier/sigvier/s3client/s3test"
)

var (
	_ s3client.Operation = s3client.CreateMultipartUploadInput{}
	_ s3client.Operation = s3client.UploadPartInput{}
	_ s3client.Operation = s3client.UploadPartCopyInput{}
	_ s3client.Operation = s3client.CompleteMultipartUploadInput{}
	_ s3client.Operation = s3client.AbortMultipartUploadInput{}
	_ s3client.Operation = s3client.ListPartsInput{}
	_ s3client.Operation = s3client.ListMultipartUploadsInput{}
)

func begin(t *testing.T, c *s3client.Client, in s3client.CreateMultipartUploadInput) string {
	t.Helper()
	out, err := c.CreateMultipartUpload(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	return out.UploadID
}

func sumOf(t testing.TB, a checksum.Algorithm, s string) checksum.Value {
	t.Helper()
	v, err := a.Sum([]byte(s))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// Every algorithm and type that an upload can have.
func TestMultipartUpload(t *testing.T) {
	parts := []string{strings.Repeat("one", 10), strings.Repeat("two", 10), "three"}
	whole := strings.Join(parts, "")
	for _, test := range []struct {
		algorithm checksum.Algorithm
		kind      checksum.Type
		policy    s3client.ChecksumPolicy
		want      checksum.Type // of the object's checksum
	}{
		{"", "", "", checksum.FullObject}, // S3's own CRC64NVME
		{checksum.CRC64NVME, "", "", checksum.FullObject},
		{checksum.CRC64NVME, checksum.FullObject, s3client.ChecksumsNever, checksum.FullObject},
		{checksum.CRC32, checksum.FullObject, "", checksum.FullObject},
		{checksum.CRC32C, checksum.Composite, "", checksum.Composite},
		{checksum.SHA1, "", "", checksum.Composite},
		{checksum.SHA256, checksum.Composite, "", checksum.Composite},
		{"", "", s3client.ChecksumsAlways, checksum.FullObject},
	} {
		t.Run(fmt.Sprintf("%s %s %s", test.algorithm, test.kind, test.policy), func(t *testing.T) {
			srv := serve(t, s3test.Config{MinPartSize: 1})
			f := form(srv)
			f.Checksums = test.policy
			c := open(t, f, nil)
			created, err := c.CreateMultipartUpload(t.Context(), s3client.CreateMultipartUploadInput{Bucket: "data", Key: "k", ChecksumAlgorithm: test.algorithm, ChecksumType: test.kind,
				ObjectHeaders: s3client.ObjectHeaders{ContentType: "text/plain", Metadata: map[string]string{"owner": "Zoë"}, StorageClass: "STANDARD_IA",
					Encryption: s3client.Encryption{ServerSideEncryption: "AES256"}}})
			if err != nil {
				t.Fatal(err)
			}
			if created.UploadID == "" || created.ServerSideEncryption != "AES256" {
				t.Errorf("CreateMultipartUpload() = %+v", created)
			}
			if test.algorithm != "" && (created.ChecksumAlgorithm != test.algorithm || created.ChecksumType != test.want) {
				t.Errorf("the upload has checksums %s %s, want %s %s", created.ChecksumAlgorithm, created.ChecksumType, test.algorithm, test.want)
			}
			var done []s3client.CompletedPart
			for i, body := range parts {
				var r io.Reader = strings.NewReader(body)
				in := s3client.UploadPartInput{Bucket: "data", Key: "k", UploadID: created.UploadID, PartNumber: i + 1, Body: r, ChecksumAlgorithm: test.algorithm}
				if i == 1 {
					in.Body, in.ContentLength = io.MultiReader(r), int64(len(body)) // which can be read only once
				}
				out, err := c.UploadPart(t.Context(), in)
				if err != nil {
					t.Fatal(err)
				}
				if test.algorithm != "" && out.Checksum != sumOf(t, test.algorithm, body) {
					t.Errorf("part %d has the checksum %v", i+1, out.Checksum)
				}
				done = append(done, out.Part(i+1))
			}
			in := s3client.CompleteMultipartUploadInput{Bucket: "data", Key: "k", UploadID: created.UploadID, Parts: done, MpuObjectSize: int64(len(whole)), IfNoneMatch: "*"}
			if test.want == checksum.FullObject && test.algorithm != "" {
				in.Checksum, in.ChecksumType = sumOf(t, test.algorithm, whole), checksum.FullObject
			}
			out, err := c.CompleteMultipartUpload(t.Context(), in)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasSuffix(out.ETag, `-3"`) || out.ServerSideEncryption != "AES256" {
				t.Errorf("CompleteMultipartUpload() = %+v", out)
			}
			if out.Checksum.Type() != test.want || test.want == checksum.FullObject && out.Checksum != sumOf(t, out.Checksum.Algorithm(), whole) {
				t.Errorf("the object has the checksum %v, of the type %v", out.Checksum, out.Checksum.Type())
			}
			got, err := c.GetObject(t.Context(), s3client.GetObjectInput{Bucket: "data", Key: "k", ChecksumMode: true})
			if err != nil {
				t.Fatal(err)
			}
			if body := readAll(t, got.Body); body != whole || got.Metadata["owner"] != "Zoë" || got.StorageClass != "STANDARD_IA" {
				t.Errorf("the object is %q, %+v", body, got.ObjectInfo)
			}
			if got.Verifies != (test.want == checksum.FullObject) {
				t.Errorf("Verifies is %v", got.Verifies)
			}
			part, err := c.GetObject(t.Context(), s3client.GetObjectInput{Bucket: "data", Key: "k", PartNumber: 2})
			if err != nil {
				t.Fatal(err)
			}
			if body := readAll(t, part.Body); body != parts[1] || part.PartsCount != 3 {
				t.Errorf("part 2 is %q of %d", body, part.PartsCount)
			}
		})
	}
}

func TestCompleteMultipartUploadSaysWhatS3Refuses(t *testing.T) {
	srv := serve(t, s3test.Config{MinPartSize: 4})
	c := open(t, form(srv), nil)
	put(t, c, "data", "there", "x")
	for _, test := range []struct {
		name string
		key  string
		edit func(*s3client.CompleteMultipartUploadInput)
		want error
	}{
		{"another ETag of a part", "k", func(in *s3client.CompleteMultipartUploadInput) { in.Parts[0].ETag = `"other"` }, s3client.ErrInvalidPart},
		{"a part that is not there", "k", func(in *s3client.CompleteMultipartUploadInput) { in.Parts[1].PartNumber = 7 }, s3client.ErrInvalidPart},
		{"a small part that is not the last", "k", func(in *s3client.CompleteMultipartUploadInput) {
			in.Parts = append(in.Parts, s3client.CompletedPart{PartNumber: 3, ETag: in.Parts[0].ETag})
		}, s3client.ErrEntityTooSmall},
		{"another upload", "k", func(in *s3client.CompleteMultipartUploadInput) { in.UploadID = "other" }, s3client.ErrNoSuchUpload},
		{"another checksum", "k", func(in *s3client.CompleteMultipartUploadInput) {
			in.Checksum = sumOf(t, checksum.CRC64NVME, "other")
		}, s3client.ErrBadDigest},
		{"another size", "k", func(in *s3client.CompleteMultipartUploadInput) { in.MpuObjectSize = 999 }, s3client.ErrInvalidRequest},
		{"a key that is there", "there", func(in *s3client.CompleteMultipartUploadInput) { in.IfNoneMatch = "*" }, s3client.ErrPreconditionFailed},
		{"another ETag of the object", "there", func(in *s3client.CompleteMultipartUploadInput) { in.IfMatch = `"other"` }, s3client.ErrPreconditionFailed},
	} {
		t.Run(test.name, func(t *testing.T) {
			id := begin(t, c, s3client.CreateMultipartUploadInput{Bucket: "data", Key: test.key})
			in := s3client.CompleteMultipartUploadInput{Bucket: "data", Key: test.key, UploadID: id}
			for i, body := range []string{"long enough", "end", "long enough"} {
				out, err := c.UploadPart(t.Context(), s3client.UploadPartInput{Bucket: "data", Key: test.key, UploadID: id, PartNumber: i + 1, Body: strings.NewReader(body)})
				if err != nil {
					t.Fatal(err)
				}
				if i < 2 {
					in.Parts = append(in.Parts, out.Part(i+1))
				}
			}
			edited := in
			edited.Parts = append([]s3client.CompletedPart(nil), in.Parts...)
			test.edit(&edited)
			out, err := c.CompleteMultipartUpload(t.Context(), edited)
			wantErr(t, err, test.want)
			if out != (s3client.CompleteMultipartUploadOutput{}) {
				t.Errorf("beside the error there is %+v", out)
			}
			if _, err := c.CompleteMultipartUpload(t.Context(), in); err != nil {
				t.Errorf("after that it cannot be completed: %v", err)
			}
		})
	}
}

// What is malformed does not get to the service.
func TestMultipartInputsAreCheckedBeforeAByteIsSent(t *testing.T) {
	parts := func(numbers ...int) (all []s3client.CompletedPart) {
		for _, n := range numbers {
			all = append(all, s3client.CompletedPart{PartNumber: n, ETag: "e"})
		}
		return all
	}
	many := make([]int, 10_001)
	for i := range many {
		many[i] = i + 1
	}
	source := s3client.CopySource{Bucket: "data", Key: "s"}
	for _, test := range []struct {
		name string
		in   s3client.Operation
		want string
	}{
		{"part 0", s3client.UploadPartInput{Bucket: "data", Key: "k", UploadID: "u"}, "part number is 0: 1 to 10000"},
		{"part 10,001", s3client.UploadPartInput{Bucket: "data", Key: "k", UploadID: "u", PartNumber: 10_001}, "part number is 10001: 1 to 10000"},
		{"no upload ID", s3client.UploadPartInput{Bucket: "data", Key: "k", PartNumber: 1}, "upload ID is empty"},
		{"no upload ID to complete", s3client.CompleteMultipartUploadInput{Bucket: "data", Key: "k", Parts: parts(1)}, "upload ID is empty"},
		// Without it, it would remove the object.
		{"no upload ID to abort", s3client.AbortMultipartUploadInput{Bucket: "data", Key: "k"}, "upload ID is empty"},
		{"no upload ID to list", s3client.ListPartsInput{Bucket: "data", Key: "k"}, "upload ID is empty"},
		{"unknown algorithm", s3client.CreateMultipartUploadInput{Bucket: "data", Key: "k", ChecksumAlgorithm: "MD4"}, `ChecksumAlgorithm is "MD4"`},
		{"a type without algorithm", s3client.CreateMultipartUploadInput{Bucket: "data", Key: "k", ChecksumType: checksum.FullObject}, "no ChecksumAlgorithm"},
		{"a type that it cannot have", s3client.CreateMultipartUploadInput{Bucket: "data", Key: "k", ChecksumAlgorithm: checksum.SHA256, ChecksumType: checksum.FullObject}, "COMPOSITE is expected"},
		{"a composite of CRC64NVME", s3client.CreateMultipartUploadInput{Bucket: "data", Key: "k", ChecksumAlgorithm: checksum.CRC64NVME, ChecksumType: checksum.Composite}, "FULL_OBJECT is expected"},
		{"no parts", s3client.CompleteMultipartUploadInput{Bucket: "data", Key: "k", UploadID: "u"}, "no Parts"},
		{"too many parts", s3client.CompleteMultipartUploadInput{Bucket: "data", Key: "k", UploadID: "u", Parts: parts(many...)}, "10001 Parts"},
		{"a part 0 of the object", s3client.CompleteMultipartUploadInput{Bucket: "data", Key: "k", UploadID: "u", Parts: parts(0)}, "Parts[0] has the number 0"},
		{"a part 10,001 of the object", s3client.CompleteMultipartUploadInput{Bucket: "data", Key: "k", UploadID: "u", Parts: parts(1, 10_001)}, "Parts[1] has the number 10001"},
		{"descending parts", s3client.CompleteMultipartUploadInput{Bucket: "data", Key: "k", UploadID: "u", Parts: parts(2, 1)}, "ascending"},
		{"a part twice", s3client.CompleteMultipartUploadInput{Bucket: "data", Key: "k", UploadID: "u", Parts: parts(1, 1)}, "ascending"},
		{"a part without ETag", s3client.CompleteMultipartUploadInput{Bucket: "data", Key: "k", UploadID: "u", Parts: []s3client.CompletedPart{{PartNumber: 3}}}, "Parts[0], number 3, has no ETag"},
		{"a negative size", s3client.CompleteMultipartUploadInput{Bucket: "data", Key: "k", UploadID: "u", Parts: parts(1), MpuObjectSize: -1}, "MpuObjectSize is -1"},
		{"an open range", s3client.UploadPartCopyInput{Bucket: "data", Key: "k", UploadID: "u", PartNumber: 1, CopySource: source, CopySourceRange: "bytes=0-"}, "both ends"},
		{"a suffix", s3client.UploadPartCopyInput{Bucket: "data", Key: "k", UploadID: "u", PartNumber: 1, CopySource: source, CopySourceRange: "bytes=-5"}, "both ends"},
		{"a range backwards", s3client.UploadPartCopyInput{Bucket: "data", Key: "k", UploadID: "u", PartNumber: 1, CopySource: source, CopySourceRange: "bytes=5-4"}, "both ends"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := open(t, aws(), nil).Presign(t.Context(), s3client.PresignInput{Operation: test.in, Expires: time.Minute})
			if wantErr(t, err); !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v does not say %q", err, test.want)
			}
		})
	}
}

func TestUploadPartCopy(t *testing.T) {
	srv := serve(t, s3test.Config{MinPartSize: 1, Buckets: []string{"data", "other"}})
	c := open(t, form(srv), nil)
	source := put(t, c, "other", "a b+ü", "0123456789")
	id := begin(t, c, s3client.CreateMultipartUploadInput{Bucket: "data", Key: "k", ChecksumAlgorithm: checksum.CRC32C})
	in := s3client.UploadPartCopyInput{Bucket: "data", Key: "k", UploadID: id, PartNumber: 1, CopySourceRange: "bytes=2-4",
		CopySource: s3client.CopySource{Bucket: "other", Key: "a b+ü", IfMatch: source.ETag}}
	one, err := c.UploadPartCopy(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	if one.Checksum != sumOf(t, checksum.CRC32C, "234") || one.LastModified.IsZero() {
		t.Errorf("UploadPartCopy() = %+v", one)
	}
	in.PartNumber, in.CopySourceRange = 2, ""
	two, err := c.UploadPartCopy(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name string
		edit func(*s3client.UploadPartCopyInput)
		want error
	}{
		{"another ETag", func(in *s3client.UploadPartCopyInput) { in.CopySource.IfMatch = `"other"` }, s3client.ErrPreconditionFailed},
		{"not another ETag", func(in *s3client.UploadPartCopyInput) {
			in.CopySource.IfMatch, in.CopySource.IfNoneMatch = "", source.ETag
		}, s3client.ErrPreconditionFailed},
		{"no source", func(in *s3client.UploadPartCopyInput) { in.CopySource.Key = "missing" }, s3client.ErrNoSuchKey},
		{"a range behind the end", func(in *s3client.UploadPartCopyInput) { in.CopySourceRange = "bytes=5-10" }, s3client.ErrInvalidArgument},
		{"another upload", func(in *s3client.UploadPartCopyInput) { in.UploadID = "other" }, s3client.ErrNoSuchUpload},
	} {
		edited := in
		test.edit(&edited)
		_, err := c.UploadPartCopy(t.Context(), edited)
		if wantErr(t, err, test.want); err == nil {
			t.Errorf("%s: no error", test.name)
		}
	}
	if _, err := c.CompleteMultipartUpload(t.Context(), s3client.CompleteMultipartUploadInput{Bucket: "data", Key: "k", UploadID: id,
		Parts: []s3client.CompletedPart{one.Part(1), two.Part(2)}}); err != nil {
		t.Fatal(err)
	}
	if got := get(t, c, "data", "k"); got != "2340123456789" {
		t.Errorf("the object is %q", got)
	}
}

// The source of a part is restricted as an object to read is.
func TestUploadPartCopyIsRestrictedAtItsSource(t *testing.T) {
	for _, test := range []struct {
		name        string
		edit        func(*s3client.Connection)
		bucket, key string
	}{
		{"another bucket", func(c *s3client.Connection) { c.RestrictToBucket = "data" }, "other", "k"},
		{"another path", func(c *s3client.Connection) { c.RestrictToBucket, c.RestrictToPath = "data", "reports/" }, "data", "secret"},
		{"no permission to read", func(c *s3client.Connection) { c.Permissions = s3client.MayWrite }, "data", "reports/k"},
	} {
		f := aws()
		test.edit(&f)
		net := &recorder{}
		_, err := open(t, f, &s3client.Options{Base: net}).UploadPartCopy(t.Context(), s3client.UploadPartCopyInput{Bucket: "data", Key: "reports/k", UploadID: "u", PartNumber: 1,
			CopySource: s3client.CopySource{Bucket: test.bucket, Key: test.key}})
		wantErr(t, err, s3client.ErrRestricted)
		if len(net.requests) != 0 {
			t.Errorf("%s: a request was sent", test.name)
		}
	}
}

// S3 begins to answer before it has succeeded.
func TestLateErrorsOfMultipartUploads(t *testing.T) {
	const late = `<?xml version="1.0" encoding="UTF-8"?>` + "\n" + `<Error><Code>%s</Code><Message>We encountered an internal error.</Message></Error>`
	complete := s3client.CompleteMultipartUploadInput{Bucket: "data", Key: "k", UploadID: "u", Parts: []s3client.CompletedPart{{PartNumber: 1, ETag: "e"}}}
	t.Run("one that passes", func(t *testing.T) {
		net := &recorder{answers: []answer{says(200, "  \n "+fmt.Sprintf(late, "InternalError")), says(200, " \n<CompleteMultipartUploadResult><ETag>&quot;e-1&quot;</ETag></CompleteMultipartUploadResult>")}}
		out, err := open(t, aws(), &s3client.Options{Base: net}).CompleteMultipartUpload(t.Context(), complete)
		if err != nil || out.ETag != `"e-1"` || len(net.requests) != 2 {
			t.Errorf("%+v, %v after %d requests", out, err, len(net.requests))
		}
		if net.bodies[0] != net.bodies[1] || net.bodies[0] == "" {
			t.Errorf("%q was sent, and then %q", net.bodies[0], net.bodies[1])
		}
	})
	for _, code := range []string{"InvalidPart", "InternalError"} {
		net := &recorder{answers: []answer{says(200, fmt.Sprintf(late, code))}}
		c := open(t, aws(), &s3client.Options{Base: net})
		_, err := c.CompleteMultipartUpload(t.Context(), complete)
		wantErr(t, err, &s3client.APIError{Code: code})
		_, err = c.UploadPartCopy(t.Context(), s3client.UploadPartCopyInput{Bucket: "data", Key: "k", UploadID: "u", PartNumber: 1, CopySource: s3client.CopySource{Bucket: "data", Key: "s"}})
		wantErr(t, err, &s3client.APIError{Code: code})
	}
	for _, body := range []string{"", "<html>", "<CompleteMultipartUploadResult/>", "<CompleteMultipartUploadResult><ETag>e</ETag>"} {
		net := &recorder{answers: []answer{says(200, body)}}
		if out, err := open(t, aws(), &s3client.Options{Base: net}).CompleteMultipartUpload(t.Context(), complete); err == nil {
			t.Errorf("the answer %q is taken for %+v", body, out)
		}
	}
}

// What S3 gets, to the byte.
func TestMultipartRequestsAsSent(t *testing.T) {
	if !md5Allowed(t) {
		return
	}
	key, err := s3client.NewCustomerKey([]byte(strings.Repeat("k", 32)))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name   string
		do     func(c *s3client.Client) error
		answer string
		method string
		url    string
		header map[string]string
		body   string
	}{
		{"CreateMultipartUpload", func(c *s3client.Client) error {
			_, err := c.CreateMultipartUpload(t.Context(), s3client.CreateMultipartUploadInput{Bucket: "data", Key: "a b", ChecksumAlgorithm: checksum.CRC32C, ChecksumType: checksum.FullObject,
				ObjectHeaders: s3client.ObjectHeaders{ACL: "private", Tags: []s3client.Tag{{Key: "a", Value: "b c"}}, Encryption: s3client.Encryption{CustomerKey: key}}, Common: s3client.Common{RequestPayer: "requester"}})
			return err
		}, documents["CreateMultipartUpload"], "POST", "https://data.s3.eu-central-1.amazonaws.com/a%20b?uploads=", map[string]string{
			"X-Amz-Checksum-Algorithm": "CRC32C", "X-Amz-Checksum-Type": "FULL_OBJECT", "X-Amz-Acl": "private", "X-Amz-Tagging": "a=b+c",
			"X-Amz-Server-Side-Encryption-Customer-Algorithm": "AES256", "X-Amz-Request-Payer": "requester"}, ""},
		{"UploadPart", func(c *s3client.Client) error {
			_, err := c.UploadPart(t.Context(), s3client.UploadPartInput{Bucket: "data", Key: "k", UploadID: "u/+", PartNumber: 10_000, Body: strings.NewReader("x"), ChecksumAlgorithm: checksum.CRC32, CustomerKey: key})
			return err
		}, "", "PUT", "https://data.s3.eu-central-1.amazonaws.com/k?partNumber=10000&uploadId=u%2F%2B", map[string]string{
			"X-Amz-Checksum-Crc32": sumOf(t, checksum.CRC32, "x").String(), "X-Amz-Server-Side-Encryption-Customer-Algorithm": "AES256"}, "x"},
		{"UploadPartCopy", func(c *s3client.Client) error {
			_, err := c.UploadPartCopy(t.Context(), s3client.UploadPartCopyInput{Bucket: "data", Key: "k", UploadID: "u", PartNumber: 1, CopySourceRange: "bytes=0-9",
				CopySource: s3client.CopySource{Bucket: "other", Key: "ü", VersionID: "v", IfNoneMatch: "e", CustomerKey: key, ExpectedBucketOwner: "111122223333"}})
			return err
		}, documents["UploadPartCopy"], "PUT", "https://data.s3.eu-central-1.amazonaws.com/k?partNumber=1&uploadId=u", map[string]string{
			"X-Amz-Copy-Source": "other/%C3%BC?versionId=v", "X-Amz-Copy-Source-Range": "bytes=0-9", "X-Amz-Copy-Source-If-None-Match": "e",
			"X-Amz-Copy-Source-Server-Side-Encryption-Customer-Algorithm": "AES256", "X-Amz-Source-Expected-Bucket-Owner": "111122223333"}, ""},
		{"CompleteMultipartUpload", func(c *s3client.Client) error {
			_, err := c.CompleteMultipartUpload(t.Context(), s3client.CompleteMultipartUploadInput{Bucket: "data", Key: "k", UploadID: "u", IfMatch: "e0", MpuObjectSize: 2,
				Checksum: sumOf(t, checksum.CRC32C, "xy"), ChecksumType: checksum.FullObject,
				Parts: []s3client.CompletedPart{{PartNumber: 1, ETag: `"e1"`, Checksum: sumOf(t, checksum.CRC32C, "x")}, {PartNumber: 3, ETag: `"e2"`}}})
			return err
		}, documents["CompleteMultipartUpload"], "POST", "https://data.s3.eu-central-1.amazonaws.com/k?uploadId=u", map[string]string{
			"X-Amz-Checksum-Crc32c": sumOf(t, checksum.CRC32C, "xy").String(), "X-Amz-Checksum-Type": "FULL_OBJECT", "X-Amz-Mp-Object-Size": "2", "If-Match": "e0",
			"X-Amz-Checksum-Crc64nvme": ""}, // the document's own would be taken for the object's
			`<?xml version="1.0" encoding="UTF-8"?>` + "\n" + `<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">` +
				`<Part><ChecksumCRC32C>` + sumOf(t, checksum.CRC32C, "x").String() + `</ChecksumCRC32C><ETag>&#34;e1&#34;</ETag><PartNumber>1</PartNumber></Part>` +
				`<Part><ETag>&#34;e2&#34;</ETag><PartNumber>3</PartNumber></Part></CompleteMultipartUpload>`},
		{"AbortMultipartUpload", func(c *s3client.Client) error {
			_, err := c.AbortMultipartUpload(t.Context(), s3client.AbortMultipartUploadInput{Bucket: "data", Key: "k", UploadID: "u"})
			return err
		}, "", "DELETE", "https://data.s3.eu-central-1.amazonaws.com/k?uploadId=u", nil, ""},
		{"ListParts", func(c *s3client.Client) error {
			_, err := c.ListParts(t.Context(), s3client.ListPartsInput{Bucket: "data", Key: "k", UploadID: "u", PartNumberMarker: 5, MaxParts: 2})
			return err
		}, "<ListPartsResult/>", "GET", "https://data.s3.eu-central-1.amazonaws.com/k?max-parts=2&part-number-marker=5&uploadId=u", nil, ""},
		{"ListMultipartUploads", func(c *s3client.Client) error {
			_, err := c.ListMultipartUploads(t.Context(), s3client.ListMultipartUploadsInput{Bucket: "data", Prefix: "p/", Delimiter: "/", KeyMarker: "p/k", UploadIDMarker: "u", MaxUploads: 3})
			return err
		}, "<ListMultipartUploadsResult/>", "GET", "https://data.s3.eu-central-1.amazonaws.com/?delimiter=%2F&encoding-type=url&key-marker=p%2Fk&max-uploads=3&prefix=p%2F&upload-id-marker=u&uploads=", nil, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := aws()
			f.Checksums = s3client.ChecksumsAlways
			net := &recorder{answers: []answer{says(200, test.answer)}}
			if err := test.do(open(t, f, &s3client.Options{Base: net})); err != nil {
				t.Fatal(err)
			}
			r := net.requests[0]
			if r.Method != test.method || r.URL.String() != test.url || net.bodies[0] != test.body {
				t.Errorf("sent is %s %s\n%s\nwant %s %s\n%s", r.Method, r.URL, net.bodies[0], test.method, test.url, test.body)
			}
			for name, want := range test.header {
				if got := r.Header.Get(name); got != want {
					t.Errorf("%s is %q, want %q", name, got, want)
				}
			}
		})
	}
}

func TestAbortMultipartUpload(t *testing.T) {
	srv := serve(t, s3test.Config{})
	c := open(t, form(srv), nil)
	id := begin(t, c, s3client.CreateMultipartUploadInput{Bucket: "data", Key: "k"})
	in := s3client.AbortMultipartUploadInput{Bucket: "data", Key: "k", UploadID: id}
	if _, err := c.AbortMultipartUpload(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	_, err := c.AbortMultipartUpload(t.Context(), in)
	wantErr(t, err, s3client.ErrNoSuchUpload, s3client.ErrNotFound)
	_, err = c.UploadPart(t.Context(), s3client.UploadPartInput{Bucket: "data", Key: "k", UploadID: id, PartNumber: 1, Body: strings.NewReader("x")})
	wantErr(t, err, s3client.ErrNoSuchUpload)
}

func TestListParts(t *testing.T) {
	srv := serve(t, s3test.Config{MinPartSize: 1})
	c := open(t, form(srv), nil)
	id := begin(t, c, s3client.CreateMultipartUploadInput{Bucket: "data", Key: "k", ChecksumAlgorithm: checksum.SHA256})
	var want []s3client.Part
	for _, n := range []int{1, 2, 5, 10_000} {
		body := strings.Repeat("x", n%7+1)
		out, err := c.UploadPart(t.Context(), s3client.UploadPartInput{Bucket: "data", Key: "k", UploadID: id, PartNumber: n, Body: strings.NewReader(body), ChecksumAlgorithm: checksum.SHA256})
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, s3client.Part{PartNumber: n, Size: int64(len(body)), ETag: out.ETag, Checksum: sumOf(t, checksum.SHA256, body)})
	}
	var got []s3client.Part
	pages := 0
	for page, err := range c.ListPartsPages(t.Context(), s3client.ListPartsInput{Bucket: "data", Key: "k", UploadID: id, MaxParts: 2}) {
		if err != nil {
			t.Fatal(err)
		}
		if page.ChecksumAlgorithm != checksum.SHA256 || page.ChecksumType != checksum.Composite {
			t.Errorf("the page says %s %s", page.ChecksumAlgorithm, page.ChecksumType)
		}
		got = append(got, page.Parts...)
		pages++
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(s3client.Part{}, "LastModified"), cmp.Comparer(checksum.Value.Equal)); diff != "" || pages != 2 {
		t.Errorf("%d pages (-want +got)\n%s", pages, diff)
	}
	_, err := c.ListParts(t.Context(), s3client.ListPartsInput{Bucket: "data", Key: "other", UploadID: id})
	wantErr(t, err, s3client.ErrNoSuchUpload)
}

func TestListMultipartUploads(t *testing.T) {
	srv := serve(t, s3test.Config{})
	c := open(t, form(srv), nil)
	var want []string
	for _, key := range []string{"a/1", "a/2", "a/2", "a/\x01+%", "b", "c/x", "c/y"} {
		want = append(want, key+" "+begin(t, c, s3client.CreateMultipartUploadInput{Bucket: "data", Key: key}))
	}
	want[0], want[1], want[2], want[3] = want[3], want[0], want[1], want[2] // by key
	for _, size := range []int{0, 1, 2, 3} {
		var got []string
		for page, err := range c.ListMultipartUploadsPages(t.Context(), s3client.ListMultipartUploadsInput{Bucket: "data", MaxUploads: size}) {
			if err != nil {
				t.Fatal(err)
			}
			for _, u := range page.Uploads {
				if u.Initiated.IsZero() {
					t.Errorf("%+v does not say since when", u)
				}
				got = append(got, u.Key+" "+u.UploadID)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("pages of %d (-want +got)\n%s", size, diff)
		}
	}
	page, err := c.ListMultipartUploads(t.Context(), s3client.ListMultipartUploadsInput{Bucket: "data", Delimiter: "/"})
	if diff := cmp.Diff([]string{"a/", "c/"}, page.CommonPrefixes); err != nil || diff != "" || len(page.Uploads) != 1 {
		t.Errorf("%v, %d uploads (-want +got)\n%s", err, len(page.Uploads), diff)
	}
}

// S3 has no encoding-type for these answers, and writes what XML cannot hold as
// references.
func TestKeysWithControlCharactersSurviveMultipartAnswers(t *testing.T) {
	const element = "<Bucket>data</Bucket><Key>a&#x1;&#x1f;b</Key>"
	for _, test := range []struct {
		answer string
		do     func(c *s3client.Client) error
	}{
		{"<InitiateMultipartUploadResult>" + element + "<UploadId>u</UploadId></InitiateMultipartUploadResult>", func(c *s3client.Client) error {
			_, err := c.CreateMultipartUpload(t.Context(), s3client.CreateMultipartUploadInput{Bucket: "data", Key: "a\x01\x1fb"})
			return err
		}},
		{"<ListPartsResult>" + element + "</ListPartsResult>", func(c *s3client.Client) error {
			_, err := c.ListParts(t.Context(), s3client.ListPartsInput{Bucket: "data", Key: "a\x01\x1fb", UploadID: "u"})
			return err
		}},
		{"<CompleteMultipartUploadResult>" + element + "<ETag>e</ETag></CompleteMultipartUploadResult>", func(c *s3client.Client) error {
			_, err := c.CompleteMultipartUpload(t.Context(), s3client.CompleteMultipartUploadInput{Bucket: "data", Key: "a\x01\x1fb", UploadID: "u", Parts: []s3client.CompletedPart{{PartNumber: 1, ETag: "e"}}})
			return err
		}},
	} {
		if err := test.do(open(t, aws(), &s3client.Options{Base: &recorder{answers: []answer{says(200, test.answer)}}})); err != nil {
			t.Errorf("%s: %v", test.answer, err)
		}
	}
	srv := serve(t, s3test.Config{MinPartSize: 1})
	c := open(t, form(srv), nil)
	for _, key := range keys {
		id := begin(t, c, s3client.CreateMultipartUploadInput{Bucket: "data", Key: key})
		out, err := c.UploadPart(t.Context(), s3client.UploadPartInput{Bucket: "data", Key: key, UploadID: id, PartNumber: 1, Body: strings.NewReader(id)})
		if err != nil {
			t.Errorf("UploadPart(%q): %v", key, err)
			continue
		}
		if parts, err := c.ListParts(t.Context(), s3client.ListPartsInput{Bucket: "data", Key: key, UploadID: id}); err != nil || len(parts.Parts) != 1 {
			t.Errorf("ListParts(%q) = %+v, %v", key, parts, err)
		}
		list, err := c.ListMultipartUploads(t.Context(), s3client.ListMultipartUploadsInput{Bucket: "data", Prefix: key, MaxUploads: 1})
		if err != nil || len(list.Uploads) != 1 || list.Uploads[0].Key != key {
			t.Errorf("ListMultipartUploads with the prefix %q = %+v, %v", key, list.Uploads, err)
		}
		if _, err := c.CompleteMultipartUpload(t.Context(), s3client.CompleteMultipartUploadInput{Bucket: "data", Key: key, UploadID: id, Parts: []s3client.CompletedPart{out.Part(1)}}); err != nil {
			t.Errorf("CompleteMultipartUpload(%q): %v", key, err)
			continue
		}
		if got := get(t, c, "data", key); got != id {
			t.Errorf("the object %q is %q, want %q", key, got, id)
		}
	}
}

func TestListingsThatGoRoundEnd(t *testing.T) {
	for name, body := range map[string]string{
		"parts that go back":          "<ListPartsResult><IsTruncated>true</IsTruncated><NextPartNumberMarker>0</NextPartNumberMarker></ListPartsResult>",
		"parts that stay":             "<ListPartsResult><IsTruncated>true</IsTruncated><NextPartNumberMarker>3</NextPartNumberMarker></ListPartsResult>",
		"uploads without a marker":    "<ListMultipartUploadsResult><IsTruncated>true</IsTruncated></ListMultipartUploadsResult>",
		"uploads that stay":           "<ListMultipartUploadsResult><IsTruncated>true</IsTruncated><NextKeyMarker>k</NextKeyMarker><NextUploadIdMarker>u</NextUploadIdMarker></ListMultipartUploadsResult>",
		"versions without a marker":   "<ListVersionsResult><IsTruncated>true</IsTruncated></ListVersionsResult>",
		"versions that stay":          "<ListVersionsResult><IsTruncated>true</IsTruncated><NextKeyMarker>k</NextKeyMarker></ListVersionsResult>",
		"uploads with an ID, no key":  "<ListMultipartUploadsResult><IsTruncated>true</IsTruncated><NextUploadIdMarker>u</NextUploadIdMarker></ListMultipartUploadsResult>",
		"versions with an ID, no key": "<ListVersionsResult><IsTruncated>true</IsTruncated><NextVersionIdMarker>v</NextVersionIdMarker></ListVersionsResult>",
	} {
		c := open(t, aws(), &s3client.Options{Base: &recorder{answers: []answer{says(200, body)}}})
		var last error
		n := 0
		switch {
		case strings.HasPrefix(name, "parts"):
			for _, last = range c.ListPartsPages(t.Context(), s3client.ListPartsInput{Bucket: "data", Key: "k", UploadID: "u"}) {
				n++
			}
		case strings.HasPrefix(name, "uploads"):
			for _, last = range c.ListMultipartUploadsPages(t.Context(), s3client.ListMultipartUploadsInput{Bucket: "data"}) {
				n++
			}
		default:
			for _, last = range c.ListObjectVersionsPages(t.Context(), s3client.ListObjectVersionsInput{Bucket: "data"}) {
				n++
			}
		}
		var e *s3client.Error
		if !errors.As(last, &e) || n > 3 {
			t.Errorf("%s: %d pages, and then %v", name, n, last)
		}
	}
}

// Whoever has the URLs can upload in parts, without knowing anything of AWS.
func TestPresignedMultipartUpload(t *testing.T) {
	srv := serve(t, s3test.Config{MinPartSize: 1})
	f := form(srv)
	f.BucketOwner = "123456789012"
	c := open(t, f, nil)
	net := dialing(t, srv)
	use := func(in s3client.Operation, body string) string {
		t.Helper()
		p, err := c.Presign(t.Context(), s3client.PresignInput{Operation: in, Expires: time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		if p.Body != nil {
			body = string(p.Body)
		}
		status, answer := anyone(t, net, p.Method, p, body)
		if status >= 300 {
			t.Fatalf("%s %T gives %d %s", p.Method, in, status, answer)
		}
		return answer
	}
	answer := use(s3client.CreateMultipartUploadInput{Bucket: "data", Key: "k", ObjectHeaders: s3client.ObjectHeaders{ContentType: "text/plain"}}, "")
	_, id, _ := strings.Cut(answer, "<UploadId>")
	id, _, _ = strings.Cut(id, "<")
	use(s3client.UploadPartInput{Bucket: "data", Key: "k", UploadID: id, PartNumber: 1}, "one")
	use(s3client.UploadPartInput{Bucket: "data", Key: "k", UploadID: id, PartNumber: 2}, "two")
	put(t, c, "data", "three", "three")
	use(s3client.UploadPartCopyInput{Bucket: "data", Key: "k", UploadID: id, PartNumber: 3, CopySource: s3client.CopySource{Bucket: "data", Key: "three"}}, "")
	use(s3client.ListMultipartUploadsInput{Bucket: "data"}, "")
	parts, err := c.ListParts(t.Context(), s3client.ListPartsInput{Bucket: "data", Key: "k", UploadID: id})
	if err != nil || !strings.Contains(use(s3client.ListPartsInput{Bucket: "data", Key: "k", UploadID: id}, ""), "<PartNumber>3<") {
		t.Fatal(err)
	}
	in := s3client.CompleteMultipartUploadInput{Bucket: "data", Key: "k", UploadID: id}
	for _, p := range parts.Parts {
		in.Parts = append(in.Parts, s3client.CompletedPart{PartNumber: p.PartNumber, ETag: p.ETag})
	}
	use(in, "")
	if got := get(t, c, "data", "k"); got != "onetwothree" {
		t.Errorf("the object is %q", got)
	}
	use(s3client.AbortMultipartUploadInput{Bucket: "data", Key: "k", UploadID: begin(t, c, s3client.CreateMultipartUploadInput{Bucket: "data", Key: "k"})}, "")
}

// A part that nobody can read twice is not sent twice.
func TestUploadPartRetriesWhatItCan(t *testing.T) {
	for _, again := range []bool{true, false} {
		net := &recorder{answers: []answer{says(http.StatusServiceUnavailable, "<Error><Code>SlowDown</Code></Error>"), says(200, "", "Etag", `"e"`)}}
		in := s3client.UploadPartInput{Bucket: "data", Key: "k", UploadID: "u", PartNumber: 1, Body: strings.NewReader("part")}
		if !again {
			in.Body, in.ContentLength = io.MultiReader(strings.NewReader("part")), 4
		}
		out, err := open(t, aws(), &s3client.Options{Base: net}).UploadPart(t.Context(), in)
		if again {
			if err != nil || out.ETag != `"e"` || net.bodies[1] != "part" {
				t.Errorf("%+v, %v, %q", out, err, net.bodies)
			}
			continue
		}
		wantErr(t, err, s3client.ErrBodyUsed)
	}
}
