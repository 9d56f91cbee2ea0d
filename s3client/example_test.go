package s3client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/s3client/s3test"
	"github.com/sigvier/sigvier/sigv4/sigv4http"
)

// The examples run against an embedded server. Yours reach AWS by leaving
// Endpoint empty. Real keys come from the environment or a file, never from
// source code.
func startServer() *s3test.Server {
	srv, err := s3test.Start(s3test.Config{
		Users:   []s3test.User{{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}},
		Roles:   []s3test.Role{{ARN: "arn:aws:iam::123456789012:role/reader", ExternalID: "customer-4711"}},
		Buckets: []string{"data"},
	})
	if err != nil {
		log.Fatal(err)
	}
	return srv
}

func openExample(endpoint string) *s3client.Client {
	client, err := s3client.Connection{
		AuthorizationType: s3client.AccessKey,
		AccessKeyID:       "AKIDEXAMPLE",
		SecretAccessKey:   s3client.NewSecret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
		Endpoint:          endpoint,
	}.Open(nil)
	if err != nil {
		log.Fatal(err)
	}
	return client
}

func ExampleParseConnection() {
	c, err := s3client.ParseConnection(strings.NewReader(`{
		"connection_name": "monthly reports",
		"authorization_type": "access_key",
		"access_key_id": "AKIDEXAMPLE",
		"secret_access_key": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
		"region": "eu-central-1",
		"restrict_to_bucket": "data",
		"restrict_to_path": "reports/"
	}`))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(c.Name, c.Region, c.Threads(), c.SecretAccessKey)

	_, err = s3client.ParseConnection(strings.NewReader(`{"restrict_to_buckets": "data"}`))
	fmt.Println(err)
	// Output:
	// monthly reports eu-central-1 1 REDACTED
	// s3client: the connection is not filled in well; restrict_to_buckets is no field of the form (restrict_to_bucket may be meant)
}

func ExampleConnection_Validate() {
	err := s3client.Connection{
		AuthorizationType: s3client.AccessKey,
		AccessKeyID:       "AKIDEXAMPLE",
		Region:            "Frankfurt",
		DownloadThreads:   1000,
	}.Validate()
	var wrong *s3client.ConnectionError
	if errors.As(err, &wrong) {
		for _, f := range wrong.Fields {
			fmt.Printf("%s %s\n", f.Label(), f.Problem)
			if f.Advice != "" {
				fmt.Println("-", f.Advice)
			}
		}
	}
	// Output:
	// Secret access key is empty
	// Region is no region's code: that of Europe (Frankfurt) is eu-central-1
	// Download threads is 1000: 1 to 256 is expected
}

// A connection is stored with its secrets, for its owner alone, or with references
// to them, and then for whom it concerns.
// A connection also leads to STS: whose the credentials are that assume its role,
// before there is any need of S3.
func ExampleConnection_STS() {
	srv := startServer()
	defer srv.Close()
	client, err := s3client.Connection{
		AuthorizationType: s3client.IAMRole,
		AccessKeyID:       "AKIDEXAMPLE",
		SecretAccessKey:   s3client.NewSecret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
		IAMRoleARN:        "arn:aws:iam::123456789012:role/reader",
		ExternalID:        "customer-4711",
		Endpoint:          srv.URL,
	}.STS(nil)
	if err != nil {
		log.Fatal(err)
	}
	who, err := client.GetCallerIdentity(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(who.ARN)
	// Output: arn:aws:iam::123456789012:user/AKIDEXAMPLE
}

func ExampleConnection_Save() {
	folder, err := os.MkdirTemp("", "sigvier")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(folder)
	path := filepath.Join(folder, "reports.json")

	err = s3client.Connection{
		Name:              "reports",
		AuthorizationType: s3client.AccessKey,
		AccessKeyID:       "AKIDEXAMPLE",
		SecretAccessKey:   s3client.NewSecret("env:REPORTS_SECRET"), // or file:PATH, or the secret itself
		Region:            "eu-central-1",
	}.Save(path)
	if err != nil {
		log.Fatal(err)
	}
	c, err := s3client.LoadConnection(path)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(c.Name, c.SecretAccessKey)

	_, err = c.Open(&s3client.Options{LookupEnv: func(string) (string, bool) { return "", false }})
	fmt.Println(err)
	// Output:
	// reports env:REPORTS_SECRET
	// s3client: the connection is not filled in well; secret_access_key refers to env:REPORTS_SECRET, and there is no such environment variable (set it, or name where the value is kept: env:NAME or file:PATH)
}

// What the role's session may do at most, whoever has its credentials.
func ExampleConnection_SessionPolicy() {
	fmt.Println(s3client.Connection{
		AuthorizationType: s3client.IAMRole,
		IAMRoleARN:        "arn:aws:iam::123456789012:role/reader",
		RestrictToBucket:  "data",
		RestrictToPath:    "reports/",
		Permissions:       s3client.MayRead,
		Endpoint:          "https://s3.example.org", // on AWS keys of KMS come on top
	}.SessionPolicy())
	// Output:
	// {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetBucketLocation","Resource":"arn:aws:s3:::data"},{"Effect":"Allow","Action":"s3:GetObject*","Resource":"arn:aws:s3:::data/reports/*"}]}
}

// A form that lets a browser upload pictures of up to 10 MiB.
func ExampleClient_PresignPost() {
	srv := startServer()
	defer srv.Close()
	form, err := openExample(srv.URL).PresignPost(context.Background(), s3client.PresignPostInput{
		Bucket: "data", KeyPrefix: "user/eric/", MaxSize: 10 << 20, Expires: 15 * time.Minute,
		Conditions: []sigv4http.Condition{sigv4http.StartsWith("Content-Type", "image/")},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(strings.TrimPrefix(form.URL, srv.URL))
	for _, field := range form.Fields {
		fmt.Println(field[0]) // an <input type=hidden>
	}
	// The browser adds key, Content-Type and, as the last field, file.
	// Output:
	// /data
	// Policy
	// X-Amz-Algorithm
	// X-Amz-Credential
	// X-Amz-Date
	// X-Amz-Signature
}

// By a role with an external ID, restricted to one folder of one bucket.
func ExampleConnection_Open() {
	srv := startServer()
	defer srv.Close()
	ctx := context.Background()

	client, err := s3client.Connection{
		AuthorizationType: s3client.IAMRole,
		IAMRoleARN:        "arn:aws:iam::123456789012:role/reader",
		ExternalID:        "customer-4711",
		AccessKeyID:       "AKIDEXAMPLE", // the base credentials; left empty they come from the environment
		SecretAccessKey:   s3client.NewSecret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
		RestrictToBucket:  "data",
		RestrictToPath:    "reports/",
		Endpoint:          srv.URL,
	}.Open(nil)
	if err != nil {
		log.Fatal(err)
	}
	_, err = client.PutObject(ctx, s3client.PutObjectInput{Bucket: "data", Key: "reports/2026", Body: strings.NewReader("x")})
	if err != nil {
		log.Fatal(err)
	}
	_, err = client.GetObject(ctx, s3client.GetObjectInput{Bucket: "data", Key: "payroll"})
	fmt.Println(err)
	fmt.Println(srv.Requests())
	// Output:
	// GetObject s3://data/payroll: the connection is restricted to the path "reports/", and the key is "payroll"
	// map[AssumeRole:1 PutObject:1]
}

func ExampleClient_PutObject() {
	srv := startServer()
	defer srv.Close()
	client := openExample(srv.URL)
	ctx := context.Background()

	in := s3client.PutObjectInput{Bucket: "data", Key: "greeting", Body: strings.NewReader("hello"), IfNoneMatch: "*"}
	if _, err := client.PutObject(ctx, in); err != nil {
		log.Fatal(err)
	}
	_, err := client.PutObject(ctx, in) // IfNoneMatch: only if there is none
	fmt.Println(errors.Is(err, s3client.ErrPreconditionFailed))
	// Output:
	// true
}

func ExampleClient_GetObject() {
	srv := startServer()
	defer srv.Close()
	client := openExample(srv.URL)
	ctx := context.Background()
	if _, err := client.PutObject(ctx, s3client.PutObjectInput{Bucket: "data", Key: "greeting", Body: strings.NewReader("hello, world")}); err != nil {
		log.Fatal(err)
	}

	out, err := client.GetObject(ctx, s3client.GetObjectInput{Bucket: "data", Key: "greeting", Range: "bytes=7-"})
	if err != nil {
		log.Fatal(err)
	}
	defer out.Body.Close()
	body, err := io.ReadAll(out.Body)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(out.Status, out.ContentRange, string(body))

	_, err = client.GetObject(ctx, s3client.GetObjectInput{Bucket: "data", Key: "farewell"})
	fmt.Println(errors.Is(err, s3client.ErrNotFound))
	// Output:
	// 206 bytes 7-11/12 world
	// true
}

func ExampleClient_ListObjectsV2Pages() {
	srv := startServer()
	defer srv.Close()
	client := openExample(srv.URL)
	ctx := context.Background()
	for _, key := range []string{"reports/2024", "reports/2025", "reports/2026", "reports/drafts/2027", "payroll"} {
		if _, err := client.PutObject(ctx, s3client.PutObjectInput{Bucket: "data", Key: key, Body: strings.NewReader(key)}); err != nil {
			log.Fatal(err)
		}
	}

	in := s3client.ListObjectsV2Input{Bucket: "data", Prefix: "reports/", Delimiter: "/", MaxKeys: 2}
	for page, err := range client.ListObjectsV2Pages(ctx, in) {
		if err != nil {
			log.Fatal(err)
		}
		for _, o := range page.Contents {
			fmt.Println(o.Size, o.Key)
		}
		for _, folder := range page.CommonPrefixes {
			fmt.Println("folder", folder)
		}
	}
	// Output:
	// 12 reports/2024
	// 12 reports/2025
	// 12 reports/2026
	// folder reports/drafts/
}

// A URL for who has no credentials. It is a secret while it lives: this one is
// shown because its time is long past.
func ExampleClient_Presign() {
	client, err := s3client.Connection{
		AuthorizationType: s3client.AccessKey,
		AccessKeyID:       "AKIDEXAMPLE",
		SecretAccessKey:   s3client.NewSecret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
		Region:            "eu-central-1",
	}.Open(&s3client.Options{Now: func() time.Time { return time.Date(2015, time.August, 30, 12, 36, 0, 0, time.UTC) }})
	if err != nil {
		log.Fatal(err)
	}
	p, err := client.Presign(context.Background(), s3client.PresignInput{
		Operation: s3client.GetObjectInput{Bucket: "data", Key: "reports/2015 august"}, Expires: time.Hour,
	})
	if err != nil {
		log.Fatal(err)
	}
	object, query, _ := strings.Cut(p.URL, "?")
	fmt.Println(object)
	fmt.Println(strings.ReplaceAll(query, "&", "\n"))
	fmt.Println(p.Expires)
	// Output:
	// https://data.s3.eu-central-1.amazonaws.com/reports/2015%20august
	// X-Amz-Algorithm=AWS4-HMAC-SHA256
	// X-Amz-Credential=AKIDEXAMPLE%2F20150830%2Feu-central-1%2Fs3%2Faws4_request
	// X-Amz-Date=20150830T123600Z
	// X-Amz-Expires=3600
	// X-Amz-SignedHeaders=host
	// X-Amz-Signature=6d0cd836596a814c2654d640e13d2e37fa574dd939a2f4f9abe0ea6b5f82c3fb
	// 2015-08-30 13:36:00 +0000 UTC
}

// A bucket's life.
func ExampleClient_CreateBucket() {
	srv := startServer()
	defer srv.Close()
	ctx, client := context.Background(), openExample(srv.URL)

	if _, err := client.CreateBucket(ctx, s3client.CreateBucketInput{Bucket: "new-bucket"}); err != nil {
		log.Fatal(err)
	}
	head, err := client.HeadBucket(ctx, s3client.HeadBucketInput{Bucket: "new-bucket"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("made in", head.Region)
	if _, err := client.DeleteBucket(ctx, s3client.DeleteBucketInput{Bucket: "new-bucket"}); err != nil {
		log.Fatal(err)
	}
	_, err = client.HeadBucket(ctx, s3client.HeadBucketInput{Bucket: "new-bucket"})
	fmt.Println("gone:", errors.Is(err, s3client.ErrNotFound))
	// Output:
	// made in us-east-1
	// gone: true
}

func ExampleClient_ListBucketsPages() {
	srv := startServer()
	defer srv.Close()
	for page, err := range openExample(srv.URL).ListBucketsPages(context.Background(), s3client.ListBucketsInput{}) {
		if err != nil {
			log.Fatal(err)
		}
		for _, b := range page.Buckets {
			fmt.Println(b.Name)
		}
	}
	// Output: data
}

// What is known of an object, without reading it, and its removal.
func ExampleClient_HeadObject() {
	srv := startServer()
	defer srv.Close()
	ctx, client := context.Background(), openExample(srv.URL)
	if _, err := client.PutObject(ctx, s3client.PutObjectInput{Bucket: "data", Key: "hello", Body: strings.NewReader("hello"), ObjectHeaders: s3client.ObjectHeaders{ContentType: "text/plain"}}); err != nil {
		log.Fatal(err)
	}

	head, err := client.HeadObject(ctx, s3client.HeadObjectInput{Bucket: "data", Key: "hello", ChecksumMode: true})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(head.ContentLength, head.ContentType, head.ChecksumType, head.Checksums["crc64nvme"])
	if _, err := client.DeleteObject(ctx, s3client.DeleteObjectInput{Bucket: "data", Key: "hello"}); err != nil {
		log.Fatal(err)
	}
	_, err = client.HeadObject(ctx, s3client.HeadObjectInput{Bucket: "data", Key: "hello"})
	fmt.Println("gone:", errors.Is(err, s3client.ErrNotFound))
	// Output:
	// 5 text/plain FULL_OBJECT M3eFcAZSQlc=
	// gone: true
}
