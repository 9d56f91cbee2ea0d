package s3client_test

import (
	"cmp"
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/sigv4"
)

// operations are all methods of a client that touch a bucket or a key.
var operations = map[string]struct {
	kind string // what the operation names: key, prefix, bucket, whole bucket, service
	call func(ctx context.Context, c *s3client.Client, bucket, key string) error
}{
	"GetObject": {"key", func(ctx context.Context, c *s3client.Client, bucket, key string) error {
		out, err := c.GetObject(ctx, s3client.GetObjectInput{Bucket: bucket, Key: key})
		if err == nil {
			err = out.Body.Close()
		}
		return err
	}},
	"HeadObject": {"key", func(ctx context.Context, c *s3client.Client, bucket, key string) error {
		_, err := c.HeadObject(ctx, s3client.HeadObjectInput{Bucket: bucket, Key: key})
		return err
	}},
	"PutObject": {"key", func(ctx context.Context, c *s3client.Client, bucket, key string) error {
		_, err := c.PutObject(ctx, s3client.PutObjectInput{Bucket: bucket, Key: key, Body: strings.NewReader("x")})
		return err
	}},
	"DeleteObject": {"key", func(ctx context.Context, c *s3client.Client, bucket, key string) error {
		_, err := c.DeleteObject(ctx, s3client.DeleteObjectInput{Bucket: bucket, Key: key})
		return err
	}},
	"CopyObject": {"key", func(ctx context.Context, c *s3client.Client, bucket, key string) error {
		_, err := c.CopyObject(ctx, s3client.CopyObjectInput{Bucket: bucket, Key: key, CopySource: s3client.CopySource{Bucket: bucket, Key: key}})
		return err
	}},
	"GetObjectAttributes": {"key", func(ctx context.Context, c *s3client.Client, bucket, key string) error {
		_, err := c.GetObjectAttributes(ctx, s3client.GetObjectAttributesInput{Bucket: bucket, Key: key})
		return err
	}},
	"GetObjectAttributesPages": {"key", func(ctx context.Context, c *s3client.Client, bucket, key string) error {
		for _, err := range c.GetObjectAttributesPages(ctx, s3client.GetObjectAttributesInput{Bucket: bucket, Key: key}) {
			return err
		}
		return errors.New("no page and no error")
	}},
	"GetObjectTagging": {"key", func(ctx context.Context, c *s3client.Client, bucket, key string) error {
		_, err := c.GetObjectTagging(ctx, s3client.GetObjectTaggingInput{Bucket: bucket, Key: key})
		return err
	}},
	"PutObjectTagging": {"key", func(ctx context.Context, c *s3client.Client, bucket, key string) error {
		_, err := c.PutObjectTagging(ctx, s3client.PutObjectTaggingInput{Bucket: bucket, Key: key, TagSet: []s3client.Tag{{Key: "k", Value: "v"}}})
		return err
	}},
	"DeleteObjectTagging": {"key", func(ctx context.Context, c *s3client.Client, bucket, key string) error {
		_, err := c.DeleteObjectTagging(ctx, s3client.DeleteObjectTaggingInput{Bucket: bucket, Key: key})
		return err
	}},
	"GetObjectAcl": {"key", func(ctx context.Context, c *s3client.Client, bucket, key string) error {
		_, err := c.GetObjectAcl(ctx, s3client.GetObjectAclInput{Bucket: bucket, Key: key})
		return err
	}},
	"PutObjectAcl": {"key", func(ctx context.Context, c *s3client.Client, bucket, key string) error {
		_, err := c.PutObjectAcl(ctx, s3client.PutObjectAclInput{Bucket: bucket, Key: key, ACL: "private"})
		return err
	}},
	"RestoreObject": {"key", func(ctx context.Context, c *s3client.Client, bucket, key string) error {
		_, err := c.RestoreObject(ctx, s3client.RestoreObjectInput{Bucket: bucket, Key: key, Days: 1})
		return err
	}},
	"GetObjectRetention": {"key", func(ctx context.Context, c *s3client.Client, bucket, key string) error {
		_, err := c.GetObjectRetention(ctx, s3client.GetObjectRetentionInput{Bucket: bucket, Key: key})
		return err
	}},
	"PutObjectRetention": {"key", func(ctx context.Context, c *s3client.Client, bucket, key string) error {
		_, err := c.PutObjectRetention(ctx, s3client.PutObjectRetentionInput{Bucket: bucket, Key: key, Mode: "GOVERNANCE", RetainUntilDate: moment})
		return err
	}},
	"GetObjectLegalHold": {"key", func(ctx context.Context, c *s3client.Client, bucket, key string) error {
		_, err := c.GetObjectLegalHold(ctx, s3client.GetObjectLegalHoldInput{Bucket: bucket, Key: key})
		return err
	}},
	"PutObjectLegalHold": {"key", func(ctx context.Context, c *s3client.Client, bucket, key string) error {
		_, err := c.PutObjectLegalHold(ctx, s3client.PutObjectLegalHoldInput{Bucket: bucket, Key: key, Status: "ON"})
		return err
	}},
	"CreateMultipartUpload": {"key", func(ctx context.Context, c *s3client.Client, bucket, key string) error {
		_, err := c.CreateMultipartUpload(ctx, s3client.CreateMultipartUploadInput{Bucket: bucket, Key: key})
		return err
	}},
	"UploadPart": {"key", func(ctx context.Context, c *s3client.Client, bucket, key string) error {
		_, err := c.UploadPart(ctx, s3client.UploadPartInput{Bucket: bucket, Key: key, UploadID: "u", PartNumber: 1, Body: strings.NewReader("x")})
		return err
	}},
	"UploadPartCopy": {"key", func(ctx context.Context, c *s3client.Client, bucket, key string) error {
		_, err := c.UploadPartCopy(ctx, s3client.UploadPartCopyInput{Bucket: bucket, Key: key, UploadID: "u", PartNumber: 1, CopySource: s3client.CopySource{Bucket: bucket, Key: key}})
		return err
	}},
	"CompleteMultipartUpload": {"key", func(ctx context.Context, c *s3client.Client, bucket, key string) error {
		_, err := c.CompleteMultipartUpload(ctx, s3client.CompleteMultipartUploadInput{Bucket: bucket, Key: key, UploadID: "u", Parts: []s3client.CompletedPart{{PartNumber: 1, ETag: "e"}}})
		return err
	}},
	"AbortMultipartUpload": {"key", func(ctx context.Context, c *s3client.Client, bucket, key string) error {
		_, err := c.AbortMultipartUpload(ctx, s3client.AbortMultipartUploadInput{Bucket: bucket, Key: key, UploadID: "u"})
		return err
	}},
	"ListParts": {"key", func(ctx context.Context, c *s3client.Client, bucket, key string) error {
		_, err := c.ListParts(ctx, s3client.ListPartsInput{Bucket: bucket, Key: key, UploadID: "u"})
		return err
	}},
	"ListPartsPages": {"key", func(ctx context.Context, c *s3client.Client, bucket, key string) error {
		for _, err := range c.ListPartsPages(ctx, s3client.ListPartsInput{Bucket: bucket, Key: key, UploadID: "u"}) {
			return err
		}
		return errors.New("no page and no error")
	}},
	"ListMultipartUploads": {"prefix", func(ctx context.Context, c *s3client.Client, bucket, key string) error {
		_, err := c.ListMultipartUploads(ctx, s3client.ListMultipartUploadsInput{Bucket: bucket, Prefix: key})
		return err
	}},
	"ListMultipartUploadsPages": {"prefix", func(ctx context.Context, c *s3client.Client, bucket, key string) error {
		for _, err := range c.ListMultipartUploadsPages(ctx, s3client.ListMultipartUploadsInput{Bucket: bucket, Prefix: key}) {
			return err
		}
		return errors.New("no page and no error")
	}},
	"ListObjectVersions": {"prefix", func(ctx context.Context, c *s3client.Client, bucket, key string) error {
		_, err := c.ListObjectVersions(ctx, s3client.ListObjectVersionsInput{Bucket: bucket, Prefix: key})
		return err
	}},
	"ListObjectVersionsPages": {"prefix", func(ctx context.Context, c *s3client.Client, bucket, key string) error {
		for _, err := range c.ListObjectVersionsPages(ctx, s3client.ListObjectVersionsInput{Bucket: bucket, Prefix: key}) {
			return err
		}
		return errors.New("no page and no error")
	}},
	"DeleteObjects": {"key", func(ctx context.Context, c *s3client.Client, bucket, key string) error {
		_, err := c.DeleteObjects(ctx, s3client.DeleteObjectsInput{Bucket: bucket, Objects: []s3client.ObjectIdentifier{{Key: key}}})
		return err
	}},
	"DeleteObjectsBatches": {"key", func(ctx context.Context, c *s3client.Client, bucket, key string) error {
		for _, err := range c.DeleteObjectsBatches(ctx, s3client.DeleteObjectsInput{Bucket: bucket, Objects: []s3client.ObjectIdentifier{{Key: key}}}) {
			return err
		}
		return errors.New("no batch and no error")
	}},
	"GetBucketVersioning": {"whole bucket", func(ctx context.Context, c *s3client.Client, bucket, _ string) error {
		_, err := c.GetBucketVersioning(ctx, s3client.GetBucketVersioningInput{Bucket: bucket})
		return err
	}},
	"PutBucketVersioning": {"whole bucket", func(ctx context.Context, c *s3client.Client, bucket, _ string) error {
		_, err := c.PutBucketVersioning(ctx, s3client.PutBucketVersioningInput{Bucket: bucket, Status: "Enabled"})
		return err
	}},
	"GetBucketTagging": {"whole bucket", func(ctx context.Context, c *s3client.Client, bucket, _ string) error {
		_, err := c.GetBucketTagging(ctx, s3client.GetBucketTaggingInput{Bucket: bucket})
		return err
	}},
	"PutBucketTagging": {"whole bucket", func(ctx context.Context, c *s3client.Client, bucket, _ string) error {
		_, err := c.PutBucketTagging(ctx, s3client.PutBucketTaggingInput{Bucket: bucket, TagSet: []s3client.Tag{{Key: "k", Value: "v"}}})
		return err
	}},
	"DeleteBucketTagging": {"whole bucket", func(ctx context.Context, c *s3client.Client, bucket, _ string) error {
		_, err := c.DeleteBucketTagging(ctx, s3client.DeleteBucketTaggingInput{Bucket: bucket})
		return err
	}},
	"GetBucketLifecycleConfiguration": {"whole bucket", func(ctx context.Context, c *s3client.Client, bucket, _ string) error {
		_, err := c.GetBucketLifecycleConfiguration(ctx, s3client.GetBucketLifecycleConfigurationInput{Bucket: bucket})
		return err
	}},
	"PutBucketLifecycleConfiguration": {"whole bucket", func(ctx context.Context, c *s3client.Client, bucket, _ string) error {
		_, err := c.PutBucketLifecycleConfiguration(ctx, s3client.PutBucketLifecycleConfigurationInput{Bucket: bucket, LifecycleConfiguration: []byte("<LifecycleConfiguration/>")})
		return err
	}},
	"DeleteBucketLifecycle": {"whole bucket", func(ctx context.Context, c *s3client.Client, bucket, _ string) error {
		_, err := c.DeleteBucketLifecycle(ctx, s3client.DeleteBucketLifecycleInput{Bucket: bucket})
		return err
	}},
	"GetBucketCors": {"whole bucket", func(ctx context.Context, c *s3client.Client, bucket, _ string) error {
		_, err := c.GetBucketCors(ctx, s3client.GetBucketCorsInput{Bucket: bucket})
		return err
	}},
	"PutBucketCors": {"whole bucket", func(ctx context.Context, c *s3client.Client, bucket, _ string) error {
		_, err := c.PutBucketCors(ctx, s3client.PutBucketCorsInput{Bucket: bucket, CORSConfiguration: []byte("<CORSConfiguration/>")})
		return err
	}},
	"DeleteBucketCors": {"whole bucket", func(ctx context.Context, c *s3client.Client, bucket, _ string) error {
		_, err := c.DeleteBucketCors(ctx, s3client.DeleteBucketCorsInput{Bucket: bucket})
		return err
	}},
	"GetObjectLockConfiguration": {"whole bucket", func(ctx context.Context, c *s3client.Client, bucket, _ string) error {
		_, err := c.GetObjectLockConfiguration(ctx, s3client.GetObjectLockConfigurationInput{Bucket: bucket})
		return err
	}},
	"PutObjectLockConfiguration": {"whole bucket", func(ctx context.Context, c *s3client.Client, bucket, _ string) error {
		_, err := c.PutObjectLockConfiguration(ctx, s3client.PutObjectLockConfigurationInput{Bucket: bucket, ObjectLockConfiguration: []byte("<ObjectLockConfiguration/>")})
		return err
	}},
	"Presign": {"key", func(ctx context.Context, c *s3client.Client, bucket, key string) error {
		p, err := c.Presign(ctx, s3client.PresignInput{Operation: s3client.GetObjectInput{Bucket: bucket, Key: key}, Expires: time.Minute})
		if err != nil && p.URL != "" {
			return errors.New("there is a presigned URL beside the error")
		}
		return err
	}},
	"PresignPost": {"key", func(ctx context.Context, c *s3client.Client, bucket, key string) error {
		p, err := c.PresignPost(ctx, s3client.PresignPostInput{Bucket: bucket, Key: key, Expires: time.Minute})
		if err != nil && (p.URL != "" || p.Fields != nil) {
			return errors.New("there is a form beside the error")
		}
		return err
	}},
	"PresignPost of a prefix": {"prefix", func(ctx context.Context, c *s3client.Client, bucket, prefix string) error {
		if prefix == "" { // which is no prefix, and an error of its own
			prefix = "reports2/"
		}
		p, err := c.PresignPost(ctx, s3client.PresignPostInput{Bucket: bucket, KeyPrefix: prefix, Expires: time.Minute})
		if err != nil && (p.URL != "" || p.Fields != nil) {
			return errors.New("there is a form beside the error")
		}
		return err
	}},
	"ListObjectsV2": {"prefix", func(ctx context.Context, c *s3client.Client, bucket, key string) error {
		_, err := c.ListObjectsV2(ctx, s3client.ListObjectsV2Input{Bucket: bucket, Prefix: key})
		return err
	}},
	"ListObjectsV2Pages": {"prefix", func(ctx context.Context, c *s3client.Client, bucket, key string) error {
		for _, err := range c.ListObjectsV2Pages(ctx, s3client.ListObjectsV2Input{Bucket: bucket, Prefix: key}) {
			return err
		}
		return errors.New("no page and no error")
	}},
	"HeadBucket": {"bucket", func(ctx context.Context, c *s3client.Client, bucket, _ string) error {
		_, err := c.HeadBucket(ctx, s3client.HeadBucketInput{Bucket: bucket})
		return err
	}},
	"GetBucketLocation": {"bucket", func(ctx context.Context, c *s3client.Client, bucket, _ string) error {
		_, err := c.GetBucketLocation(ctx, s3client.GetBucketLocationInput{Bucket: bucket})
		return err
	}},
	"CreateSession": {"whole bucket", func(ctx context.Context, c *s3client.Client, bucket, _ string) error {
		_, err := c.CreateSession(ctx, s3client.CreateSessionInput{Bucket: bucket})
		return err
	}},
	"CreateBucket": {"whole bucket", func(ctx context.Context, c *s3client.Client, bucket, _ string) error {
		_, err := c.CreateBucket(ctx, s3client.CreateBucketInput{Bucket: bucket})
		return err
	}},
	"DeleteBucket": {"whole bucket", func(ctx context.Context, c *s3client.Client, bucket, _ string) error {
		_, err := c.DeleteBucket(ctx, s3client.DeleteBucketInput{Bucket: bucket})
		return err
	}},
	"ListBuckets": {"service", func(ctx context.Context, c *s3client.Client, _, _ string) error {
		_, err := c.ListBuckets(ctx, s3client.ListBucketsInput{})
		return err
	}},
	"ListBucketsPages": {"service", func(ctx context.Context, c *s3client.Client, _, _ string) error {
		for _, err := range c.ListBucketsPages(ctx, s3client.ListBucketsInput{}) {
			return err
		}
		return errors.New("no page and no error")
	}},
}

// Whoever adds an operation adds it to the guard's tests.
func TestGuardKnowsEveryOperation(t *testing.T) {
	client := reflect.TypeFor[*s3client.Client]()
	for i := range client.NumMethod() {
		switch name := client.Method(i).Name; name {
		case "Credentials", "DownloadThreads", "Checksums", "ProtectedInTransit": // neither bucket nor key
		default:
			if _, ok := operations[name]; !ok {
				t.Errorf("no test restricts %s", name)
			}
		}
	}
}

// guarded is a client that is restricted, with the recorder that must see
// nothing: it assumes a role, and not even that may be sent.
func guarded(t *testing.T, bucket, path string, answers ...answer) (*s3client.Client, *recorder) {
	t.Helper()
	c := byRole()
	if len(answers) > 0 {
		c = aws() // for what is admitted
	}
	c.RestrictToBucket, c.RestrictToPath = bucket, path
	net := &recorder{answers: answers}
	opts := &s3client.Options{Base: net}
	if len(answers) == 0 {
		opts.Credentials = noProvider{t}
	}
	return open(t, c, opts), net
}

type noProvider struct{ t *testing.T }

func (p noProvider) Credentials(context.Context) (cred sigv4.Credentials, err error) {
	p.t.Error("credentials were asked for")
	return cred, errors.New("no")
}

// operationName is the S3 operation of a row of the table.
func operationName(row string) string {
	name, _, _ := strings.Cut(strings.TrimSuffix(strings.TrimSuffix(row, "Pages"), "Batches"), " ")
	return name
}

const listing = `<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>`

// documents are what operations are answered with, if it is another one.
var documents = map[string]string{
	"ListBuckets": "<ListAllMyBucketsResult/>", "ListBucketsPages": "<ListAllMyBucketsResult/>",
	"GetBucketLocation":   "<LocationConstraint/>",
	"CopyObject":          "<CopyObjectResult/>",
	"GetObjectAttributes": "<GetObjectAttributesResponse/>", "GetObjectAttributesPages": "<GetObjectAttributesResponse/>",
	"GetObjectTagging": "<Tagging/>", "GetObjectAcl": "<AccessControlPolicy/>", "GetObjectRetention": "<Retention/>", "GetObjectLegalHold": "<LegalHold/>",
	"CreateMultipartUpload": "<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>",
	"UploadPartCopy":        "<CopyPartResult><ETag>e</ETag></CopyPartResult>", "CompleteMultipartUpload": "<CompleteMultipartUploadResult><ETag>e</ETag></CompleteMultipartUploadResult>",
	"ListParts": "<ListPartsResult/>", "ListPartsPages": "<ListPartsResult/>",
	"ListMultipartUploads": "<ListMultipartUploadsResult/>", "ListMultipartUploadsPages": "<ListMultipartUploadsResult/>",
	"ListObjectVersions": "<ListVersionsResult/>", "ListObjectVersionsPages": "<ListVersionsResult/>",
	"DeleteObjects": "<DeleteResult/>", "DeleteObjectsBatches": "<DeleteResult/>",
	"GetBucketVersioning": "<VersioningConfiguration/>", "GetBucketTagging": "<Tagging/>",
	"GetBucketLifecycleConfiguration": "<LifecycleConfiguration/>", "GetBucketCors": "<CORSConfiguration/>", "GetObjectLockConfiguration": "<ObjectLockConfiguration/>",
	"CreateSession": "<CreateSessionResult><Credentials><AccessKeyId>A</AccessKeyId><SecretAccessKey>S</SecretAccessKey><SessionToken>T</SessionToken></Credentials></CreateSessionResult>",
}

func documentOf(operation string) string { return cmp.Or(documents[operation], listing) }

func TestGuardRefusesBeforeAByteIsSent(t *testing.T) {
	const mine, path = "mine", "reports/"
	for name, op := range operations {
		t.Run(name, func(t *testing.T) {
			refuse := func(restrictBucket, restrictPath, bucket, key string) {
				t.Helper()
				client, net := guarded(t, restrictBucket, restrictPath)
				err := op.call(t.Context(), client, bucket, key)
				wantErr(t, err, s3client.ErrRestricted)
				if errors.Is(err, s3client.ErrDenied) || errors.Is(err, s3client.ErrNotFound) {
					t.Errorf("%v is the service's word too", err)
				}
				if n := len(net.requests); n != 0 {
					t.Errorf("restricted to %q %q, bucket %q, key %q: %d requests were sent", restrictBucket, restrictPath, bucket, key, n)
				}
				var e *s3client.Error
				if !errors.As(err, &e) || e.Op != operationName(name) {
					t.Errorf("%v is no *Error of %s", err, name)
				}
			}
			admit := func(restrictBucket, restrictPath, bucket, key string) {
				t.Helper()
				client, net := guarded(t, restrictBucket, restrictPath, says(200, documentOf(name)))
				if err := op.call(t.Context(), client, bucket, key); err != nil {
					t.Errorf("restricted to %q %q, bucket %q, key %q: %v", restrictBucket, restrictPath, bucket, key, err)
				}
				if n := len(net.requests); n != 1 && !strings.HasPrefix(name, "Presign") {
					t.Errorf("%d requests were sent, want 1", n)
				}
			}
			admit("", "", "other", "key")
			if op.kind == "service" {
				refuse(mine, "", "", "")
				refuse(mine, path, "", "")
				return
			}
			admit(mine, "", mine, "key")
			for _, bucket := range []string{"other", "mine2", "min", "MINE", "mine.", "mine%2f", "mine "} {
				refuse(mine, "", bucket, "key")
				refuse(mine, path, bucket, "reports/key")
			}
			switch op.kind {
			case "bucket":
				admit(mine, path, mine, "")
			case "whole bucket":
				refuse(mine, path, mine, "")
			case "key":
				// Keys with .. are S3's to take, unless they might lead out of the bucket.
				for _, key := range []string{"a/../b", "..a", "a/..", "a/b/../../c", "./a", "../other/k", "%2e%2e/other/k"} {
					if admit("", "", mine, key); !strings.Contains(key, "other") {
						admit(mine, "", mine, key)
					}
				}
				for _, key := range []string{"../other/k", "..", "a/../../other/k", "%2e%2e/other/k", "%252e%252e%252fother/k", `..\other\k`, "/../other/k", "./../other/k", "a//../../other/k"} {
					refuse(mine, "", mine, key)
				}
				for _, key := range []string{"reports/a", "reports/", "reports//a", "reports/a/b", "reports/..a", "reports/a..", "reports/...", "reports/%2e%2ea", "reports/100%/a", "reports/a%2fb"} {
					admit(mine, path, mine, key)
				}
				for _, key := range []string{"reports", "report", "reports2/a", "Reports/a", "/reports/a", "other/reports/a", "reports/../a",
					"reports/..", "reports/./a", "reports/a/..", "../reports/a", "reports/a/../../b", ".", "..",
					// A server may decode once more than it should, or take a backslash for a slash.
					"reports/%2e%2e/a", "reports/%2E./a", "reports/..%2fa", "reports/..%2F..%2Fa", "reports/%252e%252e/a", "reports/%25%32e./a", "reports/%%32%65./a", "reports/.%25252e/a",
					`reports/..\a`, `reports\..\a`, "reports/..%5ca", "reports//../a", "reports/%2e/a",
					"reports%2fa", "reports%2Fa", `reports\a`, "reports-old/a", "reports\x00/a"} {
					refuse(mine, path, mine, key)
				}
				// A path without a slash is a key, or a folder.
				admit(mine, "reports", mine, "reports")
				admit(mine, "reports", mine, "reports/a")
				refuse(mine, "reports", mine, "reports2")
				refuse(mine, "reports", mine, "reports.bak")
				refuse(mine, "reports", mine, "reports/../reports2")
			case "prefix":
				for _, prefix := range []string{"reports/", "reports/a", "reports//", "reports/a/b"} {
					admit(mine, path, mine, prefix)
				}
				for _, prefix := range []string{"", "rep", "reports", "reports2/", "other/", "/reports/", "reports/..", "reports/../", "reports/./", "reports/%2e%2e/", `reports/..\`, "reports-old/"} {
					refuse(mine, path, mine, prefix)
				}
				admit(mine, "reports", mine, "reports/")
				// It would show the names of reports2/… too.
				refuse(mine, "reports", mine, "reports")
			}
		})
	}
}

func TestMalformedNamesAreNotSent(t *testing.T) {
	for name, op := range operations {
		if op.kind == "service" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			refuse := func(bucket, key string) {
				t.Helper()
				client, net := guarded(t, "", "")
				wantErr(t, op.call(t.Context(), client, bucket, key))
				if n := len(net.requests); n != 0 {
					t.Errorf("bucket %q, key of %d bytes: %d requests were sent", bucket, len(key), n)
				}
			}
			for _, bucket := range []string{"", "a/b", "/", "..", ".", "a?b", "a#b", `a\b`, "data/.."} {
				refuse(bucket, "key")
			}
			if op.kind == "prefix" {
				refuse("data", strings.Repeat("k", 1025))
			}
			if op.kind == "key" {
				refuse("data", "")
				refuse("data", strings.Repeat("k", 1025))
				refuse("data", strings.Repeat("é", 513))
			}
			if name == "CreateBucket" {
				refuse("My_Data", "")
				refuse("192.168.0.1", "")
			}
		})
	}
}
