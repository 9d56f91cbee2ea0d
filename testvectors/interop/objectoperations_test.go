package interop

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/s3client/checksum"
)

// objectDeviations are those of the operations on objects.
var objectDeviations = []deviation{
	{"minio", "CopyObject: If-None-Match: *", "no error"},
	{"minio", "CopyObject: If-Match of another", "no error"},
	{"versitygw", "CopyObject: If-None-Match: *", "no error"},
	{"versitygw", "CopyObject: If-Match of another", "no error"},
	{"versitygw", "CopyObject: source's If-None-Match", "NotModified (HTTP 304"},
	{"minio", "CopyObject: another checksum", "the checksum is"}, // it computes it, and does not say it
	{"minio", "PutObjectTagging: beyond ASCII", "InvalidTag"},
	{"minio", "GetObjectAcl", "Grantee:{Type: ID: "}, // neither owner nor grantee
	{"minio", "PutObjectAcl: bucket-owner-full-control", "NotImplemented"},
	{"minio", "PutObjectAcl: public-read, where ownership is enforced", "NotImplemented"},
	{"versitygw", "GetObjectAcl", "NotImplemented"},
	{"versitygw", "PutObjectAcl: bucket-owner-full-control", "NotImplemented"},
	{"versitygw", "PutObjectAcl: public-read, where ownership is enforced", "NotImplemented"},
	{"versitygw", "RestoreObject: of what is not archived", "NotImplemented"},
	{"minio", "SSE-C: PutObject and GetObject", "must be made over a secure connection"},   // on loopback too
	{"versitygw", "SSE-C: PutObject and GetObject", "not encrypted with the customer key"}, // it drops the headers without a word
	{"versitygw", "HeadObject: If-Modified-Since", "no error"},
	{"versitygw", "PutObject: unknown storage class", "no error"},
	{"minio", "Object Lock: DeleteObject of the version", "InvalidRequest: Object is WORM protected"},
	{"versitygw", "Object Lock: retention removed", "InvalidArgument"},
	// It keeps the text, as the S3 User Guide, "Working with object metadata", says.
	{"s3test", "metadata: encoded already", `"hi"`},
	{"s3test", "metadata: blanks", `"two  before, one behind"`},
}

func TestObjectOperations(t *testing.T) {
	each(t, func(t *testing.T, s server) {
		x := &objectCases{t: t, s: s, c: open(t, s.connection()), ctx: context.Background()}
		x.bucket = makeBucket(t, x.c, "interop-object-operations")
		x.copies()
		x.attributes()
		x.tags()
		x.acls()
		x.metadata()
		x.customerKeys()
		x.errors()
		x.locks()
	})
	checkRows(t, objectDeviations)
}

type objectCases struct {
	t      *testing.T
	s      server
	c      *s3client.Client
	ctx    context.Context
	bucket string
}

func (x *objectCases) agrees(what string, run func() error) bool {
	x.t.Helper()
	return agrees(x.t, x.s, objectDeviations, what, run)
}

func (x *objectCases) put(key, body string, o s3client.ObjectHeaders) s3client.PutObjectOutput {
	x.t.Helper()
	out, err := x.c.PutObject(x.ctx, s3client.PutObjectInput{Bucket: x.bucket, Key: key, Body: strings.NewReader(body), ObjectHeaders: o})
	if err != nil {
		x.t.Fatalf("PutObject(%q) = %v", key, err)
	}
	return out
}

// holds says what is not as it must be at a key.
func (x *objectCases) holds(in s3client.GetObjectInput, body string, is func(s3client.ObjectInfo) bool) error {
	in.Bucket = x.bucket
	out, err := x.c.GetObject(x.ctx, in)
	if err != nil {
		return err
	}
	defer out.Body.Close()
	b, err := io.ReadAll(out.Body)
	if err != nil {
		return err
	}
	if string(b) != body || is != nil && !is(out.ObjectInfo) {
		return fmt.Errorf("the object is %q, type %q, metadata %q", b, out.ContentType, out.Metadata)
	}
	return nil
}

func (x *objectCases) copies() {
	const source = "source/a b+c=é&?%41.txt"
	meta := map[string]string{"owner": "sigvier"}
	stored := x.put(source, "0123456789", s3client.ObjectHeaders{ContentType: "text/plain", Metadata: meta})
	from := s3client.CopySource{Bucket: x.bucket, Key: source}
	copyTo := func(key string, edit func(*s3client.CopyObjectInput)) (s3client.CopyObjectOutput, error) {
		in := s3client.CopyObjectInput{Bucket: x.bucket, Key: key, CopySource: from}
		if edit != nil {
			edit(&in)
		}
		return x.c.CopyObject(x.ctx, in)
	}

	x.agrees("CopyObject", func() error {
		out, err := copyTo("copy", nil)
		if err == nil && (out.ETag != stored.ETag || out.LastModified.IsZero()) {
			err = fmt.Errorf("the answer is %+v", out)
		}
		return errors.Join(err, x.holds(s3client.GetObjectInput{Key: "copy"}, "0123456789", func(o s3client.ObjectInfo) bool {
			return o.ContentType == "text/plain" && maps.Equal(o.Metadata, meta)
		}))
	})
	x.agrees("CopyObject: other metadata", func() error {
		_, err := copyTo("replaced", func(in *s3client.CopyObjectInput) {
			in.MetadataDirective, in.ContentType, in.Metadata = "REPLACE", "text/css", map[string]string{"other": "ü"}
		})
		return errors.Join(err, x.holds(s3client.GetObjectInput{Key: "replaced"}, "0123456789", func(o s3client.ObjectInfo) bool {
			return o.ContentType == "text/css" && maps.Equal(o.Metadata, map[string]string{"other": "ü"})
		}))
	})
	x.agrees("CopyObject: onto itself, other metadata", func() error {
		x.put("self", "self", s3client.ObjectHeaders{})
		_, err := copyTo("self", func(in *s3client.CopyObjectInput) {
			in.CopySource.Key, in.MetadataDirective, in.Metadata = "self", "REPLACE", meta
		})
		return errors.Join(err, x.holds(s3client.GetObjectInput{Key: "self"}, "self", func(o s3client.ObjectInfo) bool { return maps.Equal(o.Metadata, meta) }))
	})
	x.agrees("CopyObject: onto itself, nothing changed", func() error {
		_, err := copyTo(source, nil)
		return wants(err, s3client.ErrInvalidRequest)
	})
	tags := []s3client.Tag{{Key: "team", Value: "a b"}, {Key: "a+b=c", Value: "d:/@"}}
	x.agrees("CopyObject: tags copied", func() error {
		if _, err := x.c.PutObjectTagging(x.ctx, s3client.PutObjectTaggingInput{Bucket: x.bucket, Key: source, TagSet: tags}); err != nil {
			return err
		}
		_, err := copyTo("tagged", nil)
		return errors.Join(err, x.hasTags("tagged", tags))
	})
	x.agrees("CopyObject: other tags", func() error {
		_, err := copyTo("tagged", func(in *s3client.CopyObjectInput) { in.TaggingDirective, in.Tags = "REPLACE", tags[:1] })
		return errors.Join(err, x.hasTags("tagged", tags[:1]))
	})
	x.agrees("CopyObject: another checksum", func() error {
		out, err := copyTo("summed", func(in *s3client.CopyObjectInput) { in.ChecksumAlgorithm = checksum.SHA256 })
		if err != nil {
			return err
		}
		sum := sha256.Sum256([]byte("0123456789"))
		if out.Checksum.Algorithm() != checksum.SHA256 || !bytes.Equal(out.Checksum.Bytes(), sum[:]) {
			return fmt.Errorf("the checksum is %s %s", out.Checksum.Algorithm(), out.Checksum)
		}
		return nil
	})
	const other = `"0123456789abcdef0123456789abcdef"`
	past, future := time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	for _, test := range []struct {
		name string
		edit func(*s3client.CopyObjectInput)
		want error
	}{
		{"CopyObject: source's If-Match", func(in *s3client.CopyObjectInput) { in.CopySource.IfMatch = stored.ETag }, nil},
		{"CopyObject: source's If-Match of another", func(in *s3client.CopyObjectInput) { in.CopySource.IfMatch = other }, s3client.ErrPreconditionFailed},
		{"CopyObject: source's If-None-Match", func(in *s3client.CopyObjectInput) { in.CopySource.IfNoneMatch = stored.ETag }, s3client.ErrPreconditionFailed},
		{"CopyObject: source's If-None-Match of another", func(in *s3client.CopyObjectInput) { in.CopySource.IfNoneMatch = other }, nil},
		{"CopyObject: source's If-Modified-Since", func(in *s3client.CopyObjectInput) { in.CopySource.IfModifiedSince = past }, nil},
		{"CopyObject: source's If-Unmodified-Since", func(in *s3client.CopyObjectInput) { in.CopySource.IfUnmodifiedSince = past }, s3client.ErrPreconditionFailed},
		{"CopyObject: source's If-Unmodified-Since, which holds", func(in *s3client.CopyObjectInput) { in.CopySource.IfUnmodifiedSince = future }, nil},
		{"CopyObject: If-None-Match: *", func(in *s3client.CopyObjectInput) { in.Key, in.IfNoneMatch = "copy", "*" }, s3client.ErrPreconditionFailed},
		{"CopyObject: If-Match of another", func(in *s3client.CopyObjectInput) { in.Key, in.IfMatch = "copy", other }, s3client.ErrPreconditionFailed},
		{"CopyObject: a missing key", func(in *s3client.CopyObjectInput) { in.CopySource.Key = "missing" }, s3client.ErrNoSuchKey},
		{"CopyObject: a missing bucket", func(in *s3client.CopyObjectInput) { in.CopySource.Bucket = "interop-missing" }, s3client.ErrNoSuchBucket},
	} {
		x.agrees(test.name, func() error {
			_, err := copyTo("conditional", test.edit)
			if test.want == nil {
				return err
			}
			return wants(err, test.want)
		})
	}
}

func (x *objectCases) attributes() {
	x.agrees("GetObjectAttributes", func() error {
		in := s3client.PutObjectInput{Bucket: x.bucket, Key: "attributes", Body: strings.NewReader("0123456789"), ChecksumAlgorithm: checksum.CRC32C}
		stored, err := x.c.PutObject(x.ctx, in)
		if err != nil {
			return err
		}
		out, err := x.c.GetObjectAttributes(x.ctx, s3client.GetObjectAttributesInput{Bucket: x.bucket, Key: "attributes"})
		if err == nil && (out.ETag != stored.ETag || out.ObjectSize != 10 || out.StorageClass != "STANDARD" || out.LastModified.IsZero() || out.Checksum.String() != "KAwGng==") {
			err = fmt.Errorf("the answer is %+v", out)
		}
		return err
	})
	x.agrees("GetObjectAttributes: some of them", func() error {
		out, err := x.c.GetObjectAttributes(x.ctx, s3client.GetObjectAttributesInput{Bucket: x.bucket, Key: "attributes", ObjectAttributes: []string{"ObjectSize"}})
		if err == nil && (out.ETag != "" || out.ObjectSize != 10 || out.StorageClass != "" || !out.Checksum.IsZero()) {
			err = fmt.Errorf("the answer is %+v", out)
		}
		return err
	})
	x.agrees("GetObjectAttributes: a missing key", func() error {
		_, err := x.c.GetObjectAttributes(x.ctx, s3client.GetObjectAttributesInput{Bucket: x.bucket, Key: "missing"})
		return wants(err, s3client.ErrNoSuchKey)
	})
}

func (x *objectCases) hasTags(key string, want []s3client.Tag) error {
	out, err := x.c.GetObjectTagging(x.ctx, s3client.GetObjectTaggingInput{Bucket: x.bucket, Key: key})
	if err != nil {
		return err
	}
	byKey := func(a, b s3client.Tag) int { return strings.Compare(a.Key, b.Key) }
	got, want := slices.SortedFunc(slices.Values(out.TagSet), byKey), slices.SortedFunc(slices.Values(want), byKey)
	if !slices.Equal(got, want) {
		return fmt.Errorf("the tags are %q, want %q", got, want)
	}
	return nil
}

func (x *objectCases) tags() {
	tags := []s3client.Tag{{Key: "team", Value: "a b+c"}, {Key: "/e:@=", Value: ""}}
	x.agrees("PutObject: tags", func() error {
		_, err := x.c.PutObject(x.ctx, s3client.PutObjectInput{Bucket: x.bucket, Key: "tags", ObjectHeaders: s3client.ObjectHeaders{Tags: tags}})
		return errors.Join(err, x.hasTags("tags", tags))
	})
	x.agrees("PutObjectTagging", func() error {
		_, err := x.c.PutObjectTagging(x.ctx, s3client.PutObjectTaggingInput{Bucket: x.bucket, Key: "tags", TagSet: tags[:1]})
		return errors.Join(err, x.hasTags("tags", tags[:1]))
	})
	x.agrees("HeadObject: the count of tags", func() error {
		head, err := x.c.HeadObject(x.ctx, s3client.HeadObjectInput{Bucket: x.bucket, Key: "tags"})
		if err == nil && head.TagCount != 1 {
			err = fmt.Errorf("it is %d", head.TagCount)
		}
		return err
	})
	x.agrees("DeleteObjectTagging", func() error {
		_, err := x.c.DeleteObjectTagging(x.ctx, s3client.DeleteObjectTaggingInput{Bucket: x.bucket, Key: "tags"})
		return errors.Join(err, x.hasTags("tags", nil))
	})
	x.agrees("GetObjectTagging: a missing key", func() error {
		_, err := x.c.GetObjectTagging(x.ctx, s3client.GetObjectTaggingInput{Bucket: x.bucket, Key: "missing"})
		return wants(err, s3client.ErrNoSuchKey)
	})
	x.agrees("PutObjectTagging: beyond ASCII", func() error {
		wide := []s3client.Tag{{Key: "größe", Value: "日本語"}}
		_, err := x.c.PutObjectTagging(x.ctx, s3client.PutObjectTaggingInput{Bucket: x.bucket, Key: "tags", TagSet: wide})
		return errors.Join(err, x.hasTags("tags", wide))
	})
	x.agrees("PutObjectTagging: eleven", func() error {
		var many []s3client.Tag
		for i := range 11 {
			many = append(many, s3client.Tag{Key: fmt.Sprint(i)})
		}
		_, err := x.c.PutObjectTagging(x.ctx, s3client.PutObjectTaggingInput{Bucket: x.bucket, Key: "tags", TagSet: many})
		return wants(err, &s3client.APIError{Code: "BadRequest"})
	})
	x.agrees("PutObjectTagging: without a checksum, with Content-MD5", func() error {
		form := x.s.connection()
		form.Checksums = s3client.ChecksumsNever
		_, err := open(x.t, form).PutObjectTagging(x.ctx, s3client.PutObjectTaggingInput{Bucket: x.bucket, Key: "tags", TagSet: tags})
		return errors.Join(err, x.hasTags("tags", tags))
	})
}

func (x *objectCases) acls() {
	x.put("acl", "x", s3client.ObjectHeaders{})
	x.agrees("GetObjectAcl", func() error {
		out, err := x.c.GetObjectAcl(x.ctx, s3client.GetObjectAclInput{Bucket: x.bucket, Key: "acl"})
		if err == nil && (len(out.Grants) != 1 || out.Grants[0].Permission != "FULL_CONTROL" || out.Grants[0].Grantee.Type != "CanonicalUser" || out.Grants[0].Grantee.ID != out.Owner.ID || out.Owner.ID == "") {
			err = fmt.Errorf("the answer is %+v", out)
		}
		return err
	})
	x.agrees("PutObjectAcl: bucket-owner-full-control", func() error {
		_, err := x.c.PutObjectAcl(x.ctx, s3client.PutObjectAclInput{Bucket: x.bucket, Key: "acl", ACL: "bucket-owner-full-control"})
		return err
	})
	x.agrees("PutObjectAcl: public-read, where ownership is enforced", func() error {
		_, err := x.c.PutObjectAcl(x.ctx, s3client.PutObjectAclInput{Bucket: x.bucket, Key: "acl", ACL: "public-read"})
		return wants(err, s3client.ErrAccessControlListNotSupported)
	})
	x.agrees("RestoreObject: of what is not archived", func() error {
		_, err := x.c.RestoreObject(x.ctx, s3client.RestoreObjectInput{Bucket: x.bucket, Key: "acl", Days: 1})
		return wants(err, s3client.ErrInvalidObjectState)
	})
}

func (x *objectCases) metadata() {
	for name, value := range map[string]string{
		"ASCII": "plain value, with \"quotes\" and = signs", "empty": "", "Latin": "Zürich, Ærøskøbing", "beyond": "日本語 🚀",
		"long": strings.Repeat("日本語 🚀 ", 20), "encoded already": "=?UTF-8?B?aGk=?=", "blanks": "  two  before, one behind ", "a tab": "before\tbehind",
		"no UTF-8": "\xff\xfe", "a question": "what=?yes?=",
	} {
		x.agrees("metadata: "+name, func() error {
			meta := map[string]string{"value": value}
			_, err := x.c.PutObject(x.ctx, s3client.PutObjectInput{Bucket: x.bucket, Key: "metadata", ObjectHeaders: s3client.ObjectHeaders{Metadata: meta}})
			return errors.Join(err, x.holds(s3client.GetObjectInput{Key: "metadata"}, "", func(o s3client.ObjectInfo) bool { return maps.Equal(o.Metadata, meta) }))
		})
	}
}

func (x *objectCases) customerKeys() {
	key := func(b byte) s3client.CustomerKey {
		k, err := s3client.NewCustomerKey(bytes.Repeat([]byte{b}, 32))
		if err != nil {
			x.t.Fatal(err)
		}
		return k
	}
	works := x.agrees("SSE-C: PutObject and GetObject", func() error {
		_, err := x.c.PutObject(x.ctx, s3client.PutObjectInput{Bucket: x.bucket, Key: "secret", Body: strings.NewReader("secret"),
			ObjectHeaders: s3client.ObjectHeaders{Encryption: s3client.Encryption{CustomerKey: key('k')}}})
		if err != nil {
			return err
		}
		return x.holds(s3client.GetObjectInput{Key: "secret", CustomerKey: key('k')}, "secret", func(o s3client.ObjectInfo) bool { return o.SSECustomerAlgorithm == "AES256" })
	})
	if !works {
		return
	}
	x.agrees("SSE-C: GetObject without the key", func() error {
		return wants(x.holds(s3client.GetObjectInput{Key: "secret"}, "", nil), s3client.ErrInvalidRequest)
	})
	x.agrees("SSE-C: GetObject with another key", func() error {
		return wants(x.holds(s3client.GetObjectInput{Key: "secret", CustomerKey: key('l')}, "", nil), s3client.ErrAccessDenied)
	})
	x.agrees("SSE-C: CopyObject to another key", func() error {
		_, err := x.c.CopyObject(x.ctx, s3client.CopyObjectInput{Bucket: x.bucket, Key: "secret2", CopySource: s3client.CopySource{Bucket: x.bucket, Key: "secret", CustomerKey: key('k')},
			ObjectHeaders: s3client.ObjectHeaders{Encryption: s3client.Encryption{CustomerKey: key('l')}}})
		return errors.Join(err, x.holds(s3client.GetObjectInput{Key: "secret2", CustomerKey: key('l')}, "secret", nil))
	})
}

func (x *objectCases) errors() {
	x.put("key", "0123456789", s3client.ObjectHeaders{})
	head := func(in s3client.HeadObjectInput) error {
		in.Bucket = x.bucket
		_, err := x.c.HeadObject(x.ctx, in)
		return err
	}
	as := func(edit func(*s3client.Connection)) *s3client.Client {
		form := x.s.connection()
		edit(&form)
		return open(x.t, form)
	}
	const other = `"0123456789abcdef0123456789abcdef"`
	for _, test := range []struct {
		name string
		run  func() error
		want error
	}{
		{"HeadObject: a missing key", func() error { return head(s3client.HeadObjectInput{Key: "missing"}) }, s3client.ErrNotFound},
		{"HeadObject: a missing bucket", func() error {
			_, err := x.c.HeadObject(x.ctx, s3client.HeadObjectInput{Bucket: "interop-missing", Key: "key"})
			return err
		}, s3client.ErrNotFound},
		{"HeadObject: If-Match of another", func() error { return head(s3client.HeadObjectInput{Key: "key", IfMatch: other}) }, s3client.ErrPreconditionFailed},
		{"HeadObject: If-Modified-Since", func() error {
			return head(s3client.HeadObjectInput{Key: "key", IfModifiedSince: time.Now().Add(time.Second)})
		}, s3client.ErrNotModified},
		{"HeadObject: If-Unmodified-Since", func() error {
			return head(s3client.HeadObjectInput{Key: "key", IfUnmodifiedSince: time.Now().Add(-time.Hour)})
		}, s3client.ErrPreconditionFailed},
		{"HeadObject: a part that there is not", func() error { return head(s3client.HeadObjectInput{Key: "key", PartNumber: 2}) }, s3client.ErrInvalidRange},
		{"HeadObject: wrong secret", func() error {
			_, err := as(func(c *s3client.Connection) { c.SecretAccessKey = s3client.NewSecret("wrong-secret") }).HeadObject(x.ctx, s3client.HeadObjectInput{Bucket: x.bucket, Key: "key"})
			return err
		}, s3client.ErrDenied},
		{"GetObject: wrong secret", func() error {
			_, err := as(func(c *s3client.Connection) { c.SecretAccessKey = s3client.NewSecret("wrong-secret") }).GetObject(x.ctx, s3client.GetObjectInput{Bucket: x.bucket, Key: "key"})
			return err
		}, s3client.ErrSignatureDoesNotMatch},
		{"GetObject: unknown access key ID", func() error {
			_, err := as(func(c *s3client.Connection) { c.AccessKeyID = "AKIDUNKNOWN" }).GetObject(x.ctx, s3client.GetObjectInput{Bucket: x.bucket, Key: "key"})
			return err
		}, s3client.ErrInvalidAccessKeyID},
		{"PutObject: another checksum", func() error {
			sum, err := checksum.Parse(checksum.CRC32C, "AAAAAA==", checksum.FullObject)
			if err != nil {
				x.t.Fatal(err)
			}
			_, err = x.c.PutObject(x.ctx, s3client.PutObjectInput{Bucket: x.bucket, Key: "key", Body: strings.NewReader("0123456789"), Checksum: sum})
			return err
		}, s3client.ErrBadDigest},
		{"PutObject: too much metadata", func() error {
			_, err := x.c.PutObject(x.ctx, s3client.PutObjectInput{Bucket: x.bucket, Key: "key", ObjectHeaders: s3client.ObjectHeaders{Metadata: map[string]string{"k": strings.Repeat("v", 3000)}}})
			return err
		}, s3client.ErrMetadataTooLarge},
		{"PutObject: If-Match of another", func() error {
			_, err := x.c.PutObject(x.ctx, s3client.PutObjectInput{Bucket: x.bucket, Key: "key", Body: strings.NewReader("x"), IfMatch: other})
			return err
		}, s3client.ErrPreconditionFailed},
		{"PutObject: unknown storage class", func() error {
			_, err := x.c.PutObject(x.ctx, s3client.PutObjectInput{Bucket: x.bucket, Key: "key", ObjectHeaders: s3client.ObjectHeaders{StorageClass: "CELLAR"}})
			return err
		}, &s3client.APIError{Code: "InvalidStorageClass"}},
	} {
		x.agrees(test.name, func() error { return wants(test.run(), test.want) })
	}
}

// locks are in a bucket of their own, which stays: what is in it cannot be removed.
func (x *objectCases) locks() {
	bucket := x.bucket + "-locked"
	until := time.Now().Add(24 * time.Hour).UTC().Truncate(time.Second)
	x.agrees("Object Lock: a bucket with it", func() error {
		_, err := x.c.CreateBucket(x.ctx, s3client.CreateBucketInput{Bucket: bucket, ObjectLockEnabledForBucket: true})
		return err
	})
	var version string
	x.agrees("Object Lock: PutObject with retention", func() error {
		out, err := x.c.PutObject(x.ctx, s3client.PutObjectInput{Bucket: bucket, Key: "kept", Body: strings.NewReader("kept"), ObjectHeaders: s3client.ObjectHeaders{
			ObjectLock: s3client.ObjectLock{ObjectLockMode: "GOVERNANCE", ObjectLockRetainUntilDate: until}}})
		if version = out.VersionID; err != nil {
			return err
		}
		head, err := x.c.HeadObject(x.ctx, s3client.HeadObjectInput{Bucket: bucket, Key: "kept"})
		want := s3client.ObjectLock{ObjectLockMode: "GOVERNANCE", ObjectLockRetainUntilDate: until}
		if err == nil && !reflect.DeepEqual(head.ObjectLock, want) {
			err = fmt.Errorf("HEAD says %+v", head.ObjectLock)
		}
		return err
	})
	x.agrees("Object Lock: GetObjectRetention", func() error {
		out, err := x.c.GetObjectRetention(x.ctx, s3client.GetObjectRetentionInput{Bucket: bucket, Key: "kept"})
		if err == nil && (out.Mode != "GOVERNANCE" || !out.RetainUntilDate.Equal(until)) {
			err = fmt.Errorf("the answer is %+v", out)
		}
		return err
	})
	x.agrees("Object Lock: PutObjectRetention", func() error {
		later := until.Add(time.Hour)
		if _, err := x.c.PutObjectRetention(x.ctx, s3client.PutObjectRetentionInput{Bucket: bucket, Key: "kept", Mode: "GOVERNANCE", RetainUntilDate: later}); err != nil {
			return err
		}
		out, err := x.c.GetObjectRetention(x.ctx, s3client.GetObjectRetentionInput{Bucket: bucket, Key: "kept", VersionID: version})
		if err == nil && !out.RetainUntilDate.Equal(later) {
			err = fmt.Errorf("the answer is %+v", out)
		}
		return err
	})
	x.agrees("Object Lock: DeleteObject of the version", func() error {
		_, err := x.c.DeleteObject(x.ctx, s3client.DeleteObjectInput{Bucket: bucket, Key: "kept", VersionID: version})
		return wants(err, s3client.ErrAccessDenied)
	})
	x.agrees("Object Lock: PutObjectLegalHold", func() error {
		for _, status := range []string{"ON", "OFF"} {
			if _, err := x.c.PutObjectLegalHold(x.ctx, s3client.PutObjectLegalHoldInput{Bucket: bucket, Key: "kept", Status: status}); err != nil {
				return err
			}
			out, err := x.c.GetObjectLegalHold(x.ctx, s3client.GetObjectLegalHoldInput{Bucket: bucket, Key: "kept"})
			if err != nil {
				return err
			}
			if out.Status != status {
				return fmt.Errorf("the hold is %q, want %q", out.Status, status)
			}
		}
		return nil
	})
	x.agrees("Object Lock: retention removed", func() error {
		if _, err := x.c.PutObjectRetention(x.ctx, s3client.PutObjectRetentionInput{Bucket: bucket, Key: "kept", BypassGovernanceRetention: true}); err != nil {
			return err
		}
		_, err := x.c.GetObjectRetention(x.ctx, s3client.GetObjectRetentionInput{Bucket: bucket, Key: "kept"})
		return wants(err, s3client.ErrNoSuchObjectLockConfiguration)
	})
	x.agrees("Object Lock: GetObjectRetention where there is none", func() error {
		if _, err := x.c.PutObject(x.ctx, s3client.PutObjectInput{Bucket: bucket, Key: "free", ChecksumAlgorithm: checksum.CRC32}); err != nil {
			return err
		}
		_, err := x.c.GetObjectRetention(x.ctx, s3client.GetObjectRetentionInput{Bucket: bucket, Key: "free"})
		return wants(err, s3client.ErrNoSuchObjectLockConfiguration)
	})
	x.agrees("Object Lock: GetObjectLegalHold where there never was one", func() error {
		_, err := x.c.GetObjectLegalHold(x.ctx, s3client.GetObjectLegalHoldInput{Bucket: bucket, Key: "free"})
		return wants(err, s3client.ErrNoSuchObjectLockConfiguration)
	})
	x.agrees("Object Lock: GetObjectRetention in a bucket without", func() error {
		x.put("key", "x", s3client.ObjectHeaders{})
		_, err := x.c.GetObjectRetention(x.ctx, s3client.GetObjectRetentionInput{Bucket: x.bucket, Key: "key"})
		return wants(err, s3client.ErrInvalidRequest)
	})
}
