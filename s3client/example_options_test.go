package s3client_test

import (
	"bytes"
	"context"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sigv4/sigv4http"
)

// With credentials of the program's own: what assumes roles is not linked.
func ExampleConnection_OpenWith() {
	srv := startServer()
	defer srv.Close()
	cred := sigv4.NewCredentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "")
	client, err := s3client.Connection{Endpoint: srv.URL, RestrictToBucket: "data"}.OpenWith(cred, nil)
	if err != nil {
		log.Fatal(err)
	}
	_, err = client.HeadBucket(context.Background(), s3client.HeadBucketInput{Bucket: "data"})
	fmt.Println(err)
	// Output: <nil>
}

// Each attempt of a request in a log, and nothing secret.
func ExampleOptions_onAttempt() {
	srv := startServer()
	defer srv.Close()
	var out bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	cred := sigv4.NewCredentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "")
	client, err := s3client.Connection{Endpoint: srv.URL}.OpenWith(cred, &s3client.Options{OnAttempt: sigv4http.LogAttempts(logger)})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := client.HeadBucket(context.Background(), s3client.HeadBucketInput{Bucket: "data"}); err != nil {
		log.Fatal(err)
	}
	for _, field := range strings.Fields(out.String()) {
		switch name, _, _ := strings.Cut(field, "="); name {
		case "level", "http.method", "http.path", "http.attempt", "http.status":
			fmt.Println(field)
		}
	}
	// Output:
	// level=DEBUG
	// http.method=HEAD
	// http.path=/data
	// http.attempt=1
	// http.status=200
}

// Every upload with a checksum, and every whole download held against it.
func ExampleConnection_checksums() {
	srv := startServer()
	defer srv.Close()
	ctx, cred := context.Background(), sigv4.NewCredentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "")
	client, err := s3client.Connection{Endpoint: srv.URL, Checksums: s3client.ChecksumsAlways}.OpenWith(cred, nil)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := client.PutObject(ctx, s3client.PutObjectInput{Bucket: "data", Key: "greeting", Body: strings.NewReader("hello")}); err != nil {
		log.Fatal(err)
	}
	out, err := client.GetObject(ctx, s3client.GetObjectInput{Bucket: "data", Key: "greeting"})
	if err != nil {
		log.Fatal(err)
	}
	defer out.Body.Close()
	fmt.Println(out.Verifies, out.Checksums["crc64nvme"])
	// Output: true M3eFcAZSQlc=
}

// An access point in the bucket's place, of whatever region.
func ExampleClient_Presign_accessPoint() {
	cred := sigv4.NewCredentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "")
	client, err := s3client.Connection{Region: "eu-central-1"}.OpenWith(cred, &s3client.Options{Endpoints: s3client.AllEndpoints})
	if err != nil {
		log.Fatal(err)
	}
	p, err := client.Presign(context.Background(), s3client.PresignInput{Expires: time.Minute,
		Operation: s3client.GetObjectInput{Bucket: "arn:aws:s3:us-west-2:123456789012:accesspoint/orders", Key: "2026/november"}})
	if err != nil {
		log.Fatal(err)
	}
	where, _, _ := strings.Cut(p.URL, "?")
	fmt.Println(p.Method == http.MethodGet, where)
	// Output: true https://orders-123456789012.s3-accesspoint.us-west-2.amazonaws.com/2026/november
}
