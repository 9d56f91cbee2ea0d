package main

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/sigv4"
)

func (a *app) ls(ctx context.Context, fs *flag.FlagSet, args []string) error {
	var conn connectionFlags
	conn.register(a, fs)
	recursive := fs.Bool("recursive", false, "list what is in folders too")
	args, err := parse(fs, args, 0, 1)
	if err != nil {
		return err
	}
	var at location
	if len(args) == 1 {
		if at, err = parseLocation(args[0]); err != nil {
			return err
		}
		if at.bucket == "" && at.key != "" {
			return usageError(fmt.Sprintf("%q: a bucket is expected, such as s3://bucket/folder/", args[0]))
		}
	}
	client, _, err := conn.open(ctx, a)
	if err != nil {
		return err
	}
	if at.bucket == "" {
		return a.lsBuckets(ctx, client)
	}
	in := s3client.ListObjectsV2Input{Bucket: at.bucket, Prefix: at.key, Delimiter: "/"}
	if *recursive {
		in.Delimiter = ""
	}
	return a.lsObjects(ctx, client, in)
}

func (a *app) lsBuckets(ctx context.Context, client *s3client.Client) error {
	for page, err := range client.ListBucketsPages(ctx, s3client.ListBucketsInput{}) {
		if err != nil {
			return err
		}
		for _, b := range page.Buckets {
			err := a.result(struct {
				Bucket  string    `json:"bucket"`
				Created time.Time `json:"creation_date"`
			}{b.Name, b.CreationDate}, fmt.Sprintf("%s  %s", stamp(b.CreationDate), printable(b.Name)))
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func (a *app) lsObjects(ctx context.Context, client *s3client.Client, in s3client.ListObjectsV2Input) error {
	for page, err := range client.ListObjectsV2Pages(ctx, in) {
		if err != nil {
			return err
		}
		for _, prefix := range page.CommonPrefixes {
			err := a.result(struct {
				Prefix string `json:"prefix"`
			}{prefix}, fmt.Sprintf("%20s  %12s  %s", "", "folder", printable(prefix)))
			if err != nil {
				return err
			}
		}
		for _, o := range page.Contents {
			err := a.result(struct {
				Key          string    `json:"key"`
				Size         int64     `json:"size"`
				ETag         string    `json:"etag"`
				LastModified time.Time `json:"last_modified"`
				StorageClass string    `json:"storage_class,omitempty"`
			}{o.Key, o.Size, o.ETag, o.LastModified, o.StorageClass},
				fmt.Sprintf("%s  %12d  %s", stamp(o.LastModified), o.Size, printable(o.Key)))
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func (a *app) head(ctx context.Context, fs *flag.FlagSet, args []string) error {
	client, at, err := a.openOne(ctx, fs, args, parseBucketOrObject)
	if err != nil {
		return err
	}
	if at.key == "" {
		out, err := client.HeadBucket(ctx, s3client.HeadBucketInput{Bucket: at.bucket})
		if err != nil {
			return err
		}
		return a.result(struct {
			Bucket string `json:"bucket"`
			Region string `json:"region,omitempty"`
		}{at.bucket, out.Region}, "bucket: "+at.bucket+"\nregion: "+out.Region)
	}
	out, err := client.HeadObject(ctx, s3client.HeadObjectInput{Bucket: at.bucket, Key: at.key, ChecksumMode: true})
	if err != nil {
		return err
	}
	object := struct {
		Bucket       string            `json:"bucket"`
		Key          string            `json:"key"`
		Size         int64             `json:"size"`
		ETag         string            `json:"etag"`
		LastModified time.Time         `json:"last_modified"`
		ContentType  string            `json:"content_type,omitempty"`
		VersionID    string            `json:"version_id,omitempty"`
		StorageClass string            `json:"storage_class,omitempty"`
		Metadata     map[string]string `json:"metadata,omitempty"`
		Checksums    map[string]string `json:"checksums,omitempty"`
		ChecksumType string            `json:"checksum_type,omitempty"`
	}{at.bucket, at.key, out.ContentLength, out.ETag, out.LastModified, out.ContentType, out.VersionID,
		out.StorageClass, out.Metadata, out.Checksums, out.ChecksumType}
	var lines []string
	add := func(name, value string) {
		if value != "" {
			lines = append(lines, name+": "+printable(value))
		}
	}
	add("key", at.key)
	add("size", fmt.Sprint(out.ContentLength))
	add("etag", out.ETag)
	add("last modified", stamp(out.LastModified))
	add("content type", out.ContentType)
	add("version", out.VersionID)
	add("storage class", out.StorageClass)
	for _, name := range slices.Sorted(maps.Keys(out.Checksums)) {
		add("checksum "+name, out.Checksums[name]+" "+out.ChecksumType)
	}
	for _, name := range slices.Sorted(maps.Keys(out.Metadata)) {
		add("metadata "+name, out.Metadata[name])
	}
	return a.result(object, strings.Join(lines, "\n"))
}

func (a *app) rm(ctx context.Context, fs *flag.FlagSet, args []string) error {
	client, at, err := a.openOne(ctx, fs, args, parseObject)
	if err != nil {
		return err
	}
	if _, err := client.DeleteObject(ctx, s3client.DeleteObjectInput{Bucket: at.bucket, Key: at.key}); err != nil {
		return err
	}
	return a.result(struct {
		Removed string `json:"removed"`
	}{"s3://" + at.bucket + "/" + at.key}, "removed s3://"+at.bucket+"/"+printable(at.key))
}

func (a *app) mb(ctx context.Context, fs *flag.FlagSet, args []string) error {
	return a.onBucket(ctx, fs, args, "made", func(client *s3client.Client, bucket string) error {
		if err := s3client.CheckBucketName(bucket); err != nil {
			return usageError("the bucket name " + err.Error())
		}
		_, err := client.CreateBucket(ctx, s3client.CreateBucketInput{Bucket: bucket})
		return err
	})
}

func (a *app) rb(ctx context.Context, fs *flag.FlagSet, args []string) error {
	return a.onBucket(ctx, fs, args, "removed", func(client *s3client.Client, bucket string) error {
		_, err := client.DeleteBucket(ctx, s3client.DeleteBucketInput{Bucket: bucket})
		return err
	})
}

// onBucket runs a command that does one thing to one bucket.
func (a *app) onBucket(ctx context.Context, fs *flag.FlagSet, args []string, done string, do func(*s3client.Client, string) error) error {
	client, at, err := a.openOne(ctx, fs, args, parseBucket)
	if err != nil {
		return err
	}
	if err := do(client, at.bucket); err != nil {
		return err
	}
	return a.result(map[string]string{done: "s3://" + at.bucket}, done+" s3://"+at.bucket)
}

func (a *app) presign(ctx context.Context, fs *flag.FlagSet, args []string) error {
	var conn connectionFlags
	conn.register(a, fs)
	method := fs.String("method", http.MethodGet, "`METHOD` that the URL allows: GET, HEAD, PUT or DELETE")
	expires := fs.Duration("expires", 15*time.Minute, "how long the URL lives: 1s to 168h")
	args, err := parse(fs, args, 1, 1)
	if err != nil {
		return err
	}
	at, err := parseObject(args[0])
	if err != nil {
		return err
	}
	operation, known := map[string]s3client.Operation{
		http.MethodGet:    s3client.GetObjectInput{Bucket: at.bucket, Key: at.key},
		http.MethodHead:   s3client.HeadObjectInput{Bucket: at.bucket, Key: at.key},
		http.MethodPut:    s3client.PutObjectInput{Bucket: at.bucket, Key: at.key},
		http.MethodDelete: s3client.DeleteObjectInput{Bucket: at.bucket, Key: at.key},
	}[*method]
	if !known {
		return usageError(fmt.Sprintf("--method %s: GET, HEAD, PUT or DELETE is expected", *method))
	}
	if *expires < time.Second || *expires > sigv4.MaxExpires || *expires%time.Second != 0 {
		return usageError(fmt.Sprintf("--expires %s: whole seconds from 1s to 168h (seven days) are expected", *expires))
	}
	client, _, err := conn.open(ctx, a)
	if err != nil {
		return err
	}
	p, err := client.Presign(ctx, s3client.PresignInput{Operation: operation, Expires: *expires})
	if err != nil {
		return err
	}
	return a.result(struct {
		URL     string    `json:"url"`
		Expires time.Time `json:"expires"`
	}{p.URL, p.Expires.UTC()}, p.URL)
}
