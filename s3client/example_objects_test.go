package s3client_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"strings"
	"time"

	"github.com/sigvier/sigvier/s3client"
)

// startWith gives a client of an embedded server with one object, s3://data/report.
func startWith(headers s3client.ObjectHeaders) (client *s3client.Client, stop func() error) {
	srv := startServer()
	client = openExample(srv.URL)
	in := s3client.PutObjectInput{Bucket: "data", Key: "report", Body: strings.NewReader("January"), ObjectHeaders: headers}
	if _, err := client.PutObject(context.Background(), in); err != nil {
		log.Fatal(err)
	}
	return client, srv.Close
}

// A copy with metadata of its own, if the source is what it was.
func ExampleClient_CopyObject() {
	client, stop := startWith(s3client.ObjectHeaders{ContentType: "text/plain"})
	defer stop()
	ctx := context.Background()
	head, err := client.HeadObject(ctx, s3client.HeadObjectInput{Bucket: "data", Key: "report"})
	if err != nil {
		log.Fatal(err)
	}
	copied, err := client.CopyObject(ctx, s3client.CopyObjectInput{
		Bucket: "data", Key: "archive/report",
		CopySource:        s3client.CopySource{Bucket: "data", Key: "report", IfMatch: head.ETag},
		MetadataDirective: "REPLACE",
		ObjectHeaders:     s3client.ObjectHeaders{ContentType: "text/plain", Metadata: map[string]string{"author": "Zoë"}},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(copied.ETag == head.ETag)
	_, err = client.CopyObject(ctx, s3client.CopyObjectInput{
		Bucket: "data", Key: "archive/report", CopySource: s3client.CopySource{Bucket: "data", Key: "report", IfNoneMatch: head.ETag},
	})
	fmt.Println(errors.Is(err, s3client.ErrPreconditionFailed))
	// Output:
	// true
	// true
}

func ExampleClient_GetObjectAttributes() {
	client, stop := startWith(s3client.ObjectHeaders{})
	defer stop()
	out, err := client.GetObjectAttributes(context.Background(), s3client.GetObjectAttributesInput{
		Bucket: "data", Key: "report", ObjectAttributes: []string{"ObjectSize", "StorageClass", "Checksum"},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(out.ObjectSize, out.StorageClass, out.Checksum.Algorithm())
	// Output: 7 STANDARD CRC64NVME
}

// The checksums of all parts of an object that was uploaded in parts; this one was not.
func ExampleClient_GetObjectAttributesPages() {
	client, stop := startWith(s3client.ObjectHeaders{})
	defer stop()
	in := s3client.GetObjectAttributesInput{Bucket: "data", Key: "report", ObjectAttributes: []string{"ObjectParts"}}
	for page, err := range client.GetObjectAttributesPages(context.Background(), in) {
		if err != nil {
			log.Fatal(err)
		}
		for _, part := range page.ObjectParts.Parts {
			fmt.Println(part.PartNumber, part.Size, part.Checksum)
		}
		fmt.Println(page.ObjectParts.TotalPartsCount)
	}
	// Output: 0
}

func ExampleClient_GetObjectTagging() {
	client, stop := startWith(s3client.ObjectHeaders{Tags: []s3client.Tag{{Key: "team", Value: "sales"}}})
	defer stop()
	out, err := client.GetObjectTagging(context.Background(), s3client.GetObjectTaggingInput{Bucket: "data", Key: "report"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(out.TagSet)
	// Output: [{team sales}]
}

// All tags are replaced: who adds one reads the others before.
func ExampleClient_PutObjectTagging() {
	client, stop := startWith(s3client.ObjectHeaders{Tags: []s3client.Tag{{Key: "team", Value: "sales"}}})
	defer stop()
	ctx := context.Background()
	now, err := client.GetObjectTagging(ctx, s3client.GetObjectTaggingInput{Bucket: "data", Key: "report"})
	if err != nil {
		log.Fatal(err)
	}
	tags := append(now.TagSet, s3client.Tag{Key: "year", Value: "2026"})
	if _, err := client.PutObjectTagging(ctx, s3client.PutObjectTaggingInput{Bucket: "data", Key: "report", TagSet: tags}); err != nil {
		log.Fatal(err)
	}
	head, err := client.HeadObject(ctx, s3client.HeadObjectInput{Bucket: "data", Key: "report"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(head.TagCount)
	// Output: 2
}

func ExampleClient_DeleteObjectTagging() {
	client, stop := startWith(s3client.ObjectHeaders{Tags: []s3client.Tag{{Key: "team", Value: "sales"}}})
	defer stop()
	ctx := context.Background()
	if _, err := client.DeleteObjectTagging(ctx, s3client.DeleteObjectTaggingInput{Bucket: "data", Key: "report"}); err != nil {
		log.Fatal(err)
	}
	out, err := client.GetObjectTagging(ctx, s3client.GetObjectTaggingInput{Bucket: "data", Key: "report"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(out.TagSet))
	// Output: 0
}

func ExampleClient_GetObjectAcl() {
	client, stop := startWith(s3client.ObjectHeaders{})
	defer stop()
	out, err := client.GetObjectAcl(context.Background(), s3client.GetObjectAclInput{Bucket: "data", Key: "report"})
	if err != nil {
		log.Fatal(err)
	}
	for _, grant := range out.Grants {
		fmt.Println(grant.Grantee.Type, grant.Grantee.ID == out.Owner.ID, grant.Permission)
	}
	// Output: CanonicalUser true FULL_CONTROL
}

// Buckets have no access control lists, unless they are made so.
func ExampleClient_PutObjectAcl() {
	client, stop := startWith(s3client.ObjectHeaders{})
	defer stop()
	_, err := client.PutObjectAcl(context.Background(), s3client.PutObjectAclInput{Bucket: "data", Key: "report", ACL: "public-read"})
	fmt.Println(errors.Is(err, s3client.ErrAccessControlListNotSupported))
	// Output: true
}

// What is archived is restored before it is read.
func ExampleClient_RestoreObject() {
	client, stop := startWith(s3client.ObjectHeaders{StorageClass: "DEEP_ARCHIVE"})
	defer stop()
	ctx := context.Background()
	_, err := client.GetObject(ctx, s3client.GetObjectInput{Bucket: "data", Key: "report"})
	if !errors.Is(err, s3client.ErrInvalidObjectState) {
		log.Fatal(err)
	}
	out, err := client.RestoreObject(ctx, s3client.RestoreObjectInput{Bucket: "data", Key: "report", Days: 3, Tier: "Bulk"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("there already:", out.AlreadyRestored)
	head, err := client.HeadObject(ctx, s3client.HeadObjectInput{Bucket: "data", Key: "report"}) // here at once, on AWS after hours
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(strings.HasPrefix(head.Restore, `ongoing-request="false"`))
	// Output:
	// there already: false
	// true
}

// startLocked gives a client with an object in a bucket with Object Lock.
func startLocked() (client *s3client.Client, stop func() error) {
	srv := startServer()
	client = openExample(srv.URL)
	ctx := context.Background()
	if _, err := client.CreateBucket(ctx, s3client.CreateBucketInput{Bucket: "records", ObjectLockEnabledForBucket: true}); err != nil {
		log.Fatal(err)
	}
	if _, err := client.PutObject(ctx, s3client.PutObjectInput{Bucket: "records", Key: "contract", Body: strings.NewReader("…")}); err != nil {
		log.Fatal(err)
	}
	return client, srv.Close
}

func ExampleClient_PutObjectRetention() {
	client, stop := startLocked()
	defer stop()
	ctx := context.Background()
	_, err := client.PutObjectRetention(ctx, s3client.PutObjectRetentionInput{
		Bucket: "records", Key: "contract", Mode: "GOVERNANCE", RetainUntilDate: time.Now().AddDate(10, 0, 0),
	})
	if err != nil {
		log.Fatal(err)
	}
	head, err := client.HeadObject(ctx, s3client.HeadObjectInput{Bucket: "records", Key: "contract"})
	if err != nil {
		log.Fatal(err)
	}
	_, err = client.DeleteObject(ctx, s3client.DeleteObjectInput{Bucket: "records", Key: "contract", VersionID: head.VersionID})
	fmt.Println(errors.Is(err, s3client.ErrAccessDenied))
	// Output: true
}

func ExampleClient_GetObjectRetention() {
	client, stop := startLocked()
	defer stop()
	_, err := client.GetObjectRetention(context.Background(), s3client.GetObjectRetentionInput{Bucket: "records", Key: "contract"})
	fmt.Println(errors.Is(err, s3client.ErrNoSuchObjectLockConfiguration)) // it is not kept
	// Output: true
}

func ExampleClient_PutObjectLegalHold() {
	client, stop := startLocked()
	defer stop()
	ctx := context.Background()
	if _, err := client.PutObjectLegalHold(ctx, s3client.PutObjectLegalHoldInput{Bucket: "records", Key: "contract", Status: "ON"}); err != nil {
		log.Fatal(err)
	}
	out, err := client.GetObjectLegalHold(ctx, s3client.GetObjectLegalHoldInput{Bucket: "records", Key: "contract"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(out.Status)
	// Output: ON
}

func ExampleClient_GetObjectLegalHold() {
	client, stop := startLocked()
	defer stop()
	ctx := context.Background()
	in := s3client.PutObjectInput{Bucket: "records", Key: "letter", Body: strings.NewReader("…"),
		ObjectHeaders: s3client.ObjectHeaders{ObjectLock: s3client.ObjectLock{ObjectLockLegalHoldStatus: "ON"}}}
	if _, err := client.PutObject(ctx, in); err != nil {
		log.Fatal(err)
	}
	out, err := client.GetObjectLegalHold(ctx, s3client.GetObjectLegalHoldInput{Bucket: "records", Key: "letter"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(out.Status)
	// Output: ON
}

// A key that only the program has (SSE-C). Who loses it loses the object: what was stored
// with it is read with it.
func ExampleNewCustomerKey() {
	key, err := s3client.NewCustomerKey([]byte("32 bytes that nobody else knows…"[:32]))
	if err != nil {
		log.Fatal(err)
	}
	stored := s3client.PutObjectInput{Bucket: "data", Key: "report", Body: strings.NewReader("January"),
		ObjectHeaders: s3client.ObjectHeaders{Encryption: s3client.Encryption{CustomerKey: key}}}
	read := s3client.GetObjectInput{Bucket: "data", Key: "report", CustomerKey: key}
	fmt.Println(stored.CustomerKey, read.CustomerKey)

	_, err = s3client.NewCustomerKey([]byte("a password"))
	fmt.Println(err)
	// Output:
	// REDACTED REDACTED
	// s3client: the customer key has 10 bytes: AES-256 expects 32
}
