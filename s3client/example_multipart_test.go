package s3client_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"strings"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/s3client/checksum"
)

// An upload in parts, with a checksum of the whole that S3 combines from those of the
// parts. All parts but the last have 5 MiB or more.
func ExampleClient_CreateMultipartUpload() {
	srv := startServer()
	defer srv.Close()
	client, ctx := openExample(srv.URL), context.Background()

	upload, err := client.CreateMultipartUpload(ctx, s3client.CreateMultipartUploadInput{Bucket: "data", Key: "big",
		ChecksumAlgorithm: checksum.CRC64NVME, ObjectHeaders: s3client.ObjectHeaders{ContentType: "text/plain"}})
	if err != nil {
		log.Fatal(err)
	}
	var parts []s3client.CompletedPart
	for i, body := range []string{strings.Repeat("a", 5<<20), "the end"} {
		part, err := client.UploadPart(ctx, s3client.UploadPartInput{Bucket: "data", Key: "big", UploadID: upload.UploadID, PartNumber: i + 1,
			Body: strings.NewReader(body), ChecksumAlgorithm: checksum.CRC64NVME})
		if err != nil {
			log.Fatal(err)
		}
		parts = append(parts, part.Part(i+1))
	}
	out, err := client.CompleteMultipartUpload(ctx, s3client.CompleteMultipartUploadInput{Bucket: "data", Key: "big", UploadID: upload.UploadID,
		Parts: parts, IfNoneMatch: "*"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(out.Checksum.Type(), out.Checksum.Algorithm())
	// Output: FULL_OBJECT CRC64NVME
}

// beginExample begins an upload of the key "big" with one part.
func beginExample(client *s3client.Client) (uploadID string, part s3client.CompletedPart) {
	ctx := context.Background()
	upload, err := client.CreateMultipartUpload(ctx, s3client.CreateMultipartUploadInput{Bucket: "data", Key: "big"})
	if err != nil {
		log.Fatal(err)
	}
	out, err := client.UploadPart(ctx, s3client.UploadPartInput{Bucket: "data", Key: "big", UploadID: upload.UploadID, PartNumber: 1, Body: strings.NewReader("part")})
	if err != nil {
		log.Fatal(err)
	}
	return upload.UploadID, out.Part(1)
}

func ExampleClient_UploadPart() {
	srv := startServer()
	defer srv.Close()
	client := openExample(srv.URL)
	uploadID, _ := beginExample(client)

	// A part can be uploaded again: the later one counts.
	out, err := client.UploadPart(context.Background(), s3client.UploadPartInput{Bucket: "data", Key: "big", UploadID: uploadID, PartNumber: 1,
		Body: strings.NewReader("another"), ChecksumAlgorithm: checksum.CRC64NVME})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(out.ETag != "")
	// Output: true
}

func ExampleClient_UploadPartCopy() {
	srv := startServer()
	defer srv.Close()
	client, ctx := openExample(srv.URL), context.Background()
	source, err := client.PutObject(ctx, s3client.PutObjectInput{Bucket: "data", Key: "source", Body: strings.NewReader("0123456789")})
	if err != nil {
		log.Fatal(err)
	}
	uploadID, _ := beginExample(client)

	part, err := client.UploadPartCopy(ctx, s3client.UploadPartCopyInput{Bucket: "data", Key: "big", UploadID: uploadID, PartNumber: 1,
		CopySource: s3client.CopySource{Bucket: "data", Key: "source", IfMatch: source.ETag}, CopySourceRange: "bytes=2-4"})
	if err != nil {
		log.Fatal(err)
	}
	_, err = client.CompleteMultipartUpload(ctx, s3client.CompleteMultipartUploadInput{Bucket: "data", Key: "big", UploadID: uploadID,
		Parts: []s3client.CompletedPart{part.Part(1)}, MpuObjectSize: 3})
	fmt.Println(err)
	// Output: <nil>
}

func ExampleClient_CompleteMultipartUpload() {
	srv := startServer()
	defer srv.Close()
	client := openExample(srv.URL)
	uploadID, part := beginExample(client)

	_, err := client.CompleteMultipartUpload(context.Background(), s3client.CompleteMultipartUploadInput{Bucket: "data", Key: "big", UploadID: uploadID,
		Parts: []s3client.CompletedPart{{PartNumber: 2, ETag: part.ETag}}})
	fmt.Println(errors.Is(err, s3client.ErrInvalidPart))
	// Output: true
}

func ExampleClient_AbortMultipartUpload() {
	srv := startServer()
	defer srv.Close()
	client, ctx := openExample(srv.URL), context.Background()
	uploadID, _ := beginExample(client)

	for range 2 {
		_, err := client.AbortMultipartUpload(ctx, s3client.AbortMultipartUploadInput{Bucket: "data", Key: "big", UploadID: uploadID})
		fmt.Println(err == nil, errors.Is(err, s3client.ErrNoSuchUpload))
	}
	// Output:
	// true false
	// false true
}

// What an upload that broke off has already need not be uploaded again.
func ExampleClient_ListPartsPages() {
	srv := startServer()
	defer srv.Close()
	client := openExample(srv.URL)
	uploadID, _ := beginExample(client)

	for page, err := range client.ListPartsPages(context.Background(), s3client.ListPartsInput{Bucket: "data", Key: "big", UploadID: uploadID}) {
		if err != nil {
			log.Fatal(err)
		}
		for _, p := range page.Parts {
			fmt.Println(p.PartNumber, p.Size)
		}
	}
	// Output: 1 4
}

func ExampleClient_ListParts() {
	srv := startServer()
	defer srv.Close()
	client := openExample(srv.URL)
	uploadID, _ := beginExample(client)

	page, err := client.ListParts(context.Background(), s3client.ListPartsInput{Bucket: "data", Key: "big", UploadID: uploadID, MaxParts: 10})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(page.Parts), page.IsTruncated)
	// Output: 1 false
}

// Uploads that nobody completes cost what their parts cost: abort them.
func ExampleClient_ListMultipartUploadsPages() {
	srv := startServer()
	defer srv.Close()
	client, ctx := openExample(srv.URL), context.Background()
	beginExample(client)

	for page, err := range client.ListMultipartUploadsPages(ctx, s3client.ListMultipartUploadsInput{Bucket: "data"}) {
		if err != nil {
			log.Fatal(err)
		}
		for _, u := range page.Uploads {
			_, err := client.AbortMultipartUpload(ctx, s3client.AbortMultipartUploadInput{Bucket: "data", Key: u.Key, UploadID: u.UploadID})
			fmt.Println(u.Key, err)
		}
	}
	// Output: big <nil>
}

func ExampleClient_ListMultipartUploads() {
	srv := startServer()
	defer srv.Close()
	client := openExample(srv.URL)
	beginExample(client)

	page, err := client.ListMultipartUploads(context.Background(), s3client.ListMultipartUploadsInput{Bucket: "data", Prefix: "bi"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(page.Uploads[0].Key)
	// Output: big
}
