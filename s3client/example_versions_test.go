package s3client_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"strings"

	"github.com/sigvier/sigvier/s3client"
)

func putExamples(client *s3client.Client, keys ...string) {
	for _, key := range keys {
		if _, err := client.PutObject(context.Background(), s3client.PutObjectInput{Bucket: "data", Key: key, Body: strings.NewReader("x")}); err != nil {
			log.Fatal(err)
		}
	}
}

func ExampleClient_DeleteObjects() {
	srv := startServer()
	defer srv.Close()
	client := openExample(srv.URL)
	putExamples(client, "a", "b")

	out, err := client.DeleteObjects(context.Background(), s3client.DeleteObjectsInput{Bucket: "data", Objects: []s3client.ObjectIdentifier{
		{Key: "a"}, {Key: "b", ETag: `"of another"`}}})
	if err != nil {
		log.Fatal(err)
	}
	for _, o := range out.Deleted {
		fmt.Println("removed:", o.Key)
	}
	for _, e := range out.Errors {
		fmt.Println("kept:", e.Key, errors.Is(e, s3client.ErrPreconditionFailed))
	}
	// Output:
	// removed: a
	// kept: b true
}

func ExampleClient_DeleteObjectsBatches() {
	srv := startServer()
	defer srv.Close()
	client := openExample(srv.URL)
	putExamples(client, "0", "1499", "control \x01")

	objects := []s3client.ObjectIdentifier{{Key: "control \x01"}}
	for i := range 1500 {
		objects = append(objects, s3client.ObjectIdentifier{Key: fmt.Sprint(i)})
	}
	for out, err := range client.DeleteObjectsBatches(context.Background(), s3client.DeleteObjectsInput{Bucket: "data", Objects: objects}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(len(out.Deleted), len(out.Errors))
	}
	// Output:
	// 1000 0
	// 500 0
	// 1 0
}

func ExampleClient_PutBucketVersioning() {
	srv := startServer()
	defer srv.Close()
	client := openExample(srv.URL)

	_, err := client.PutBucketVersioning(context.Background(), s3client.PutBucketVersioningInput{Bucket: "data", Status: "Enabled"})
	fmt.Println(err)
	// Output: <nil>
}

func ExampleClient_GetBucketVersioning() {
	srv := startServer()
	defer srv.Close()
	client := openExample(srv.URL)

	out, err := client.GetBucketVersioning(context.Background(), s3client.GetBucketVersioningInput{Bucket: "data"})
	fmt.Printf("%q %v\n", out.Status, err)
	// Output: "" <nil>
}

// Every version of every key, with the markers of deletions.
func ExampleClient_ListObjectVersionsPages() {
	srv := startServer()
	defer srv.Close()
	client, ctx := openExample(srv.URL), context.Background()
	if _, err := client.PutBucketVersioning(ctx, s3client.PutBucketVersioningInput{Bucket: "data", Status: "Enabled"}); err != nil {
		log.Fatal(err)
	}
	putExamples(client, "k", "k")
	if _, err := client.DeleteObject(ctx, s3client.DeleteObjectInput{Bucket: "data", Key: "k"}); err != nil {
		log.Fatal(err)
	}

	for page, err := range client.ListObjectVersionsPages(ctx, s3client.ListObjectVersionsInput{Bucket: "data"}) {
		if err != nil {
			log.Fatal(err)
		}
		for _, v := range page.Versions {
			fmt.Println("version of", v.Key, v.IsLatest)
		}
		for _, m := range page.DeleteMarkers {
			fmt.Println("marker of", m.Key, m.IsLatest)
		}
	}
	// Output:
	// version of k false
	// version of k false
	// marker of k true
}

func ExampleClient_ListObjectVersions() {
	srv := startServer()
	defer srv.Close()
	client := openExample(srv.URL)
	putExamples(client, "a", "b")

	page, err := client.ListObjectVersions(context.Background(), s3client.ListObjectVersionsInput{Bucket: "data", MaxKeys: 1})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(page.Versions[0].Key, page.Versions[0].VersionID, page.IsTruncated, page.NextKeyMarker)
	// Output: a null true a
}
