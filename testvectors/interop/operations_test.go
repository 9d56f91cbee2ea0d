package interop

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/sigvier/sigvier/s3client"
)

func TestBuckets(t *testing.T) {
	each(t, func(t *testing.T, s server) {
		ctx := context.Background()
		c := open(t, s.connection())
		bucket := makeBucket(t, c, "interop-buckets")
		if _, err := c.CreateBucket(ctx, s3client.CreateBucketInput{Bucket: bucket}); !errors.Is(err, s3client.ErrBucketAlreadyOwned) {
			t.Errorf("CreateBucket() again = %v, want ErrBucketAlreadyOwned", err)
		}
		if _, err := c.HeadBucket(ctx, s3client.HeadBucketInput{Bucket: bucket}); err != nil {
			t.Errorf("HeadBucket() = %v", err)
		}
		if _, err := c.HeadBucket(ctx, s3client.HeadBucketInput{Bucket: "interop-missing"}); !errors.Is(err, s3client.ErrNotFound) {
			t.Errorf("HeadBucket(missing) = %v, want ErrNotFound", err)
		}
		var names []string
		for page, err := range c.ListBucketsPages(ctx, s3client.ListBucketsInput{}) {
			if err != nil {
				t.Fatalf("ListBuckets() = %v", err)
			}
			for _, b := range page.Buckets {
				names = append(names, b.Name)
			}
		}
		if !slices.Contains(names, bucket) {
			t.Errorf("ListBuckets() = %q, want %q among them", names, bucket)
		}
		put(t, c, bucket, "key", "body")
		if _, err := c.DeleteBucket(ctx, s3client.DeleteBucketInput{Bucket: bucket}); !errors.Is(err, s3client.ErrBucketNotEmpty) {
			t.Errorf("DeleteBucket() with a key in it = %v, want ErrBucketNotEmpty", err)
		}
		if _, err := c.DeleteBucket(ctx, s3client.DeleteBucketInput{Bucket: "interop-missing"}); !errors.Is(err, s3client.ErrNoSuchBucket) {
			t.Errorf("DeleteBucket(missing) = %v, want ErrNoSuchBucket", err)
		}
	})
}

func TestObjects(t *testing.T) {
	each(t, func(t *testing.T, s server) {
		ctx := context.Background()
		c := open(t, s.connection())
		bucket := makeBucket(t, c, "interop-objects")
		stored, err := c.PutObject(ctx, s3client.PutObjectInput{Bucket: bucket, Key: "key", Body: strings.NewReader("0123456789"),
			ObjectHeaders: s3client.ObjectHeaders{ContentType: "text/plain", Metadata: map[string]string{"owner": "sigvier"}}})
		if err != nil {
			t.Fatalf("PutObject() = %v", err)
		}
		head, err := c.HeadObject(ctx, s3client.HeadObjectInput{Bucket: bucket, Key: "key"})
		if err != nil {
			t.Fatalf("HeadObject() = %v", err)
		}
		if head.ContentLength != 10 || head.ETag != stored.ETag || head.ContentType != "text/plain" || head.Metadata["owner"] != "sigvier" || head.LastModified.IsZero() {
			t.Errorf("HeadObject() = %+v", head)
		}
		for _, test := range []struct {
			name string
			in   s3client.GetObjectInput
			body string
			want error
		}{
			{"whole", s3client.GetObjectInput{}, "0123456789", nil},
			{"range", s3client.GetObjectInput{Range: "bytes=2-4"}, "234", nil},
			{"open range", s3client.GetObjectInput{Range: "bytes=7-"}, "789", nil},
			{"suffix", s3client.GetObjectInput{Range: "bytes=-2"}, "89", nil},
			{"range and ETag", s3client.GetObjectInput{Range: "bytes=2-4", IfMatch: stored.ETag}, "234", nil},
			{"range behind the end", s3client.GetObjectInput{Range: "bytes=10-"}, "", s3client.ErrInvalidRange},
			{"another ETag", s3client.GetObjectInput{IfMatch: `"0123456789abcdef0123456789abcdef"`}, "", s3client.ErrPreconditionFailed},
			{"not another ETag", s3client.GetObjectInput{IfNoneMatch: stored.ETag}, "", s3client.ErrNotModified},
			{"missing key", s3client.GetObjectInput{Key: "missing"}, "", s3client.ErrNoSuchKey},
			{"missing bucket", s3client.GetObjectInput{Bucket: "interop-missing", Key: "key"}, "", s3client.ErrNoSuchBucket},
		} {
			if test.in.Bucket == "" {
				test.in.Bucket = bucket
			}
			if test.in.Key == "" {
				test.in.Key = "key"
			}
			out, err := c.GetObject(ctx, test.in)
			if test.want != nil {
				if !errors.Is(err, test.want) {
					t.Errorf("GetObject(%s) = %v, want %v", test.name, err, test.want)
				}
				continue
			}
			if err != nil {
				t.Errorf("GetObject(%s) = %v", test.name, err)
				continue
			}
			b, err := io.ReadAll(out.Body)
			out.Body.Close()
			if string(b) != test.body || err != nil || out.ETag != stored.ETag {
				t.Errorf("GetObject(%s) = %q, %v, ETag %s; want %q, ETag %s", test.name, b, err, out.ETag, test.body, stored.ETag)
			}
		}
		if _, err := c.HeadObject(ctx, s3client.HeadObjectInput{Bucket: bucket, Key: "missing"}); !errors.Is(err, s3client.ErrNotFound) {
			t.Errorf("HeadObject(missing) = %v, want ErrNotFound", err)
		}
		if _, err := c.PutObject(ctx, s3client.PutObjectInput{Bucket: bucket, Key: "key", IfNoneMatch: "*"}); !errors.Is(err, s3client.ErrPreconditionFailed) {
			t.Errorf("PutObject(If-None-Match: *) on a key that is there = %v, want ErrPreconditionFailed", err)
		}
		for range 2 { // removing what is not there is no error
			if _, err := c.DeleteObject(ctx, s3client.DeleteObjectInput{Bucket: bucket, Key: "key"}); err != nil {
				t.Errorf("DeleteObject() = %v", err)
			}
		}
		empty, err := c.PutObject(ctx, s3client.PutObjectInput{Bucket: bucket, Key: "empty"})
		if err != nil || empty.ETag == "" {
			t.Errorf("PutObject(empty) = %+v, %v", empty, err)
		}
	})
}

// TestStreams uploads what can be read only once: signed chunk by chunk.
func TestStreams(t *testing.T) {
	each(t, func(t *testing.T, s server) {
		ctx := context.Background()
		c := open(t, s.connection())
		bucket := makeBucket(t, c, "interop-streams")
		for _, length := range []int{1, 65536, 200000} {
			body := strings.Repeat("0123456789", length/10+1)[:length]
			_, err := c.PutObject(ctx, s3client.PutObjectInput{Bucket: bucket, Key: "key", Body: io.MultiReader(strings.NewReader(body)), ContentLength: int64(length)})
			if err != nil {
				t.Fatalf("PutObject(stream of %d bytes) = %v", length, err)
			}
			out, err := c.GetObject(ctx, s3client.GetObjectInput{Bucket: bucket, Key: "key"})
			if err != nil {
				t.Fatalf("GetObject() = %v", err)
			}
			b, err := io.ReadAll(out.Body)
			out.Body.Close()
			if string(b) != body || err != nil {
				t.Errorf("GetObject() has %d bytes, %v; want the %d that were streamed", len(b), err, length)
			}
		}
	})
}

func TestListObjectsV2(t *testing.T) {
	each(t, func(t *testing.T, s server) {
		c := open(t, s.connection())
		bucket := makeBucket(t, c, "interop-list")
		for _, key := range []string{"a", "b/1", "b/2", "b/c/3", "d", "é", "z z+z"} {
			put(t, c, bucket, key, key)
		}
		for _, test := range []struct {
			name     string
			in       s3client.ListObjectsV2Input
			keys     []string
			prefixes []string
		}{
			{"all", s3client.ListObjectsV2Input{}, []string{"a", "b/1", "b/2", "b/c/3", "d", "z z+z", "é"}, nil},
			{"pages of two", s3client.ListObjectsV2Input{MaxKeys: 2}, []string{"a", "b/1", "b/2", "b/c/3", "d", "z z+z", "é"}, nil},
			{"folders", s3client.ListObjectsV2Input{Delimiter: "/"}, []string{"a", "d", "z z+z", "é"}, []string{"b/"}},
			{"one folder", s3client.ListObjectsV2Input{Prefix: "b/", Delimiter: "/"}, []string{"b/1", "b/2"}, []string{"b/c/"}},
			{"folders in pages of one", s3client.ListObjectsV2Input{Delimiter: "/", MaxKeys: 1}, []string{"a", "d", "z z+z", "é"}, []string{"b/"}},
			{"start after", s3client.ListObjectsV2Input{StartAfter: "b/2"}, []string{"b/c/3", "d", "z z+z", "é"}, nil},
			{"prefix that is not there", s3client.ListObjectsV2Input{Prefix: "nothing"}, nil, nil},
		} {
			test.in.Bucket = bucket
			var keys, prefixes []string
			for page, err := range c.ListObjectsV2Pages(context.Background(), test.in) {
				if err != nil {
					t.Fatalf("ListObjectsV2Pages(%s) = %v", test.name, err)
				}
				for _, o := range page.Contents {
					keys = append(keys, o.Key)
					if o.Size != int64(len(o.Key)) || o.ETag == "" || o.LastModified.IsZero() {
						t.Errorf("ListObjectsV2Pages(%s) has %+v", test.name, o)
					}
				}
				prefixes = append(prefixes, page.CommonPrefixes...)
			}
			if !slices.Equal(keys, test.keys) || !slices.Equal(prefixes, test.prefixes) {
				t.Errorf("ListObjectsV2Pages(%s) = %q, prefixes %q; want %q, prefixes %q", test.name, keys, prefixes, test.keys, test.prefixes)
			}
		}
	})
}

func put(t *testing.T, c *s3client.Client, bucket, key, body string) {
	t.Helper()
	if _, err := c.PutObject(context.Background(), s3client.PutObjectInput{Bucket: bucket, Key: key, Body: strings.NewReader(body)}); err != nil {
		t.Fatalf("PutObject(%q) = %v", key, err)
	}
}
