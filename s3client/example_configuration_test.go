package s3client_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"strings"

	"github.com/sigvier/sigvier/s3client"
)

func ExampleClient_PutBucketTagging() {
	srv := startServer()
	defer srv.Close()
	client := openExample(srv.URL)

	_, err := client.PutBucketTagging(context.Background(), s3client.PutBucketTaggingInput{Bucket: "data", TagSet: []s3client.Tag{{Key: "team", Value: "reports"}}})
	fmt.Println(err)
	// Output: <nil>
}

func ExampleClient_GetBucketTagging() {
	srv := startServer()
	defer srv.Close()
	client := openExample(srv.URL)

	_, err := client.GetBucketTagging(context.Background(), s3client.GetBucketTaggingInput{Bucket: "data"})
	fmt.Println(errors.Is(err, s3client.ErrNoSuchTagSet))
	// Output: true
}

func ExampleClient_DeleteBucketTagging() {
	srv := startServer()
	defer srv.Close()
	client := openExample(srv.URL)

	_, err := client.DeleteBucketTagging(context.Background(), s3client.DeleteBucketTaggingInput{Bucket: "data"})
	fmt.Println(err)
	// Output: <nil>
}

// Uploads that are given up are removed after a week, and what they cost with them.
const abortRule = `<LifecycleConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Rule><ID>uploads</ID><Filter/><Status>Enabled</Status>` +
	`<AbortIncompleteMultipartUpload><DaysAfterInitiation>7</DaysAfterInitiation></AbortIncompleteMultipartUpload></Rule></LifecycleConfiguration>`

func ExampleClient_PutBucketLifecycleConfiguration() {
	srv := startServer()
	defer srv.Close()
	client, ctx := openExample(srv.URL), context.Background()

	_, err := client.PutBucketLifecycleConfiguration(ctx, s3client.PutBucketLifecycleConfigurationInput{Bucket: "data", LifecycleConfiguration: []byte(abortRule)})
	fmt.Println(err)
	// What is no such document is not sent.
	_, err = client.PutBucketLifecycleConfiguration(ctx, s3client.PutBucketLifecycleConfigurationInput{Bucket: "data", LifecycleConfiguration: []byte("<Rule/>")})
	fmt.Println(err != nil)
	// Output:
	// <nil>
	// true
}

func ExampleClient_GetBucketLifecycleConfiguration() {
	srv := startServer()
	defer srv.Close()
	client := openExample(srv.URL)

	_, err := client.GetBucketLifecycleConfiguration(context.Background(), s3client.GetBucketLifecycleConfigurationInput{Bucket: "data"})
	fmt.Println(errors.Is(err, s3client.ErrNoSuchLifecycleConfiguration))
	// Output: true
}

func ExampleClient_DeleteBucketLifecycle() {
	srv := startServer()
	defer srv.Close()
	client := openExample(srv.URL)

	_, err := client.DeleteBucketLifecycle(context.Background(), s3client.DeleteBucketLifecycleInput{Bucket: "data"})
	fmt.Println(err)
	// Output: <nil>
}

// Pages of one site may read the bucket's objects.
const corsRule = `<CORSConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><CORSRule><AllowedOrigin>https://example.com</AllowedOrigin>` +
	`<AllowedMethod>GET</AllowedMethod></CORSRule></CORSConfiguration>`

func ExampleClient_PutBucketCors() {
	srv := startServer()
	defer srv.Close()
	client := openExample(srv.URL)

	_, err := client.PutBucketCors(context.Background(), s3client.PutBucketCorsInput{Bucket: "data", CORSConfiguration: []byte(corsRule)})
	fmt.Println(err)
	// Output: <nil>
}

func ExampleClient_GetBucketCors() {
	srv := startServer()
	defer srv.Close()
	client, ctx := openExample(srv.URL), context.Background()
	if _, err := client.PutBucketCors(ctx, s3client.PutBucketCorsInput{Bucket: "data", CORSConfiguration: []byte(corsRule)}); err != nil {
		log.Fatal(err)
	}

	out, err := client.GetBucketCors(ctx, s3client.GetBucketCorsInput{Bucket: "data"})
	fmt.Println(strings.Contains(string(out.CORSConfiguration), "https://example.com"), err)
	// Output: true <nil>
}

func ExampleClient_DeleteBucketCors() {
	srv := startServer()
	defer srv.Close()
	client := openExample(srv.URL)

	_, err := client.DeleteBucketCors(context.Background(), s3client.DeleteBucketCorsInput{Bucket: "data"})
	fmt.Println(err)
	// Output: <nil>
}

func ExampleClient_PutObjectLockConfiguration() {
	srv := startServer()
	defer srv.Close()
	client, ctx := openExample(srv.URL), context.Background()
	if _, err := client.CreateBucket(ctx, s3client.CreateBucketInput{Bucket: "archive", ObjectLockEnabledForBucket: true}); err != nil {
		log.Fatal(err)
	}

	// New objects are locked for thirty days.
	_, err := client.PutObjectLockConfiguration(ctx, s3client.PutObjectLockConfigurationInput{Bucket: "archive", ObjectLockConfiguration: []byte(
		`<ObjectLockConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><ObjectLockEnabled>Enabled</ObjectLockEnabled>` +
			`<Rule><DefaultRetention><Mode>GOVERNANCE</Mode><Days>30</Days></DefaultRetention></Rule></ObjectLockConfiguration>`)})
	fmt.Println(err)
	// Output: <nil>
}

func ExampleClient_GetObjectLockConfiguration() {
	srv := startServer()
	defer srv.Close()
	client := openExample(srv.URL)

	_, err := client.GetObjectLockConfiguration(context.Background(), s3client.GetObjectLockConfigurationInput{Bucket: "data"})
	fmt.Println(errors.Is(err, s3client.ErrObjectLockNotConfigured))
	// Output: true
}
