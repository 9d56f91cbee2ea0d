package interop

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/sigvier/sigvier/s3client"
)

// longKey has S3's longest key, 1,024 bytes, in segments that files can have.
var longKey = strings.Repeat("folder-8/", 113) + "seventh"

var keys = []string{
	"plain", "a b", " blank ", "a+b", "100%", "100%25", "%2F", "ünïcode/☃/日本語", "~tilde", "star*", "q?x=1&y", "hash#tag",
	"semi;colon", "quo'te\"s", "back\\slash", "<xml>&", "$dollar@at:,=!()[]{}|^`", "tab\tkey", "bell\akey", "line\nkey", longKey,
	"trailing/", "a//b", "//", "/leading", "a/../b", "../up", "..", "a/./b", ".",
}

// disagreements is what servers do with keys other than to take them as they are,
// which S3 does with all of these. A refusal is S3's kind of error; a server that
// keeps an object under another key loses it among others, and "a/../b" there is
// why a connection that is restricted to a path refuses dot segments.
var disagreements = map[string]map[string]string{
	"minio": {
		"a//b":     "PutObject: XMinioInvalidObjectName",
		"//":       "PutObject: XMinioInvalidObjectName",
		"/leading": `listed as "leading"`,
		"a/../b":   "PutObject: XMinioInvalidResourceName",
		"../up":    "PutObject: XMinioInvalidResourceName",
		"..":       "PutObject: XMinioInvalidResourceName",
		"a/./b":    "PutObject: XMinioInvalidResourceName",
		".":        "PutObject: XMinioInvalidResourceName",
	},
	"versitygw": {
		"bell\akey": `listed as "bell�key"`,
		"trailing/": "PutObject: DirectoryObjectContainsData",
		"a//b":      `listed as "a/b"`,
		"//":        "PutObject: 400",
		"/leading":  `listed as "leading"`,
		"a/../b":    `listed as "b"`,
		"../up":     "PutObject: 400",
		"..":        "PutObject: 400",
		"a/./b":     `listed as "a/b"`,
		".":         "PutObject: 400",
	},
}

func TestKeys(t *testing.T) {
	each(t, func(t *testing.T, s server) {
		c := open(t, s.connection())
		bucket := makeBucket(t, c, "interop-keys")
		for _, key := range keys {
			want, disagrees := disagreements[s.name][key]
			if !disagrees {
				want = "ok"
			}
			got := roundTrip(c, bucket, key)
			if got != want {
				t.Errorf("round trip of key %q = %s, want %s", key, got, want)
			}
			if disagrees {
				t.Logf("%-10s %-12q %s", s.name, key, got)
			}
		}
	})
}

// roundTrip says "ok", or what was the first thing to go another way.
func roundTrip(c *s3client.Client, bucket, key string) string {
	ctx := context.Background()
	body := "body of " + key
	if _, err := c.PutObject(ctx, s3client.PutObjectInput{Bucket: bucket, Key: key, Body: strings.NewReader(body)}); err != nil {
		return failed(err)
	}
	got, err := c.GetObject(ctx, s3client.GetObjectInput{Bucket: bucket, Key: key})
	if err != nil {
		return failed(err)
	}
	b, err := io.ReadAll(got.Body)
	got.Body.Close()
	if err != nil || string(b) != body {
		return fmt.Sprintf("GetObject: %q, %v", b, err)
	}
	if h, err := c.HeadObject(ctx, s3client.HeadObjectInput{Bucket: bucket, Key: key}); err != nil || h.ContentLength != int64(len(body)) {
		return fmt.Sprintf("HeadObject: length %d, %v", h.ContentLength, err)
	}
	list, err := c.ListObjectsV2(ctx, s3client.ListObjectsV2Input{Bucket: bucket})
	if err != nil {
		return failed(err)
	}
	if _, err := c.DeleteObject(ctx, s3client.DeleteObjectInput{Bucket: bucket, Key: key}); err != nil {
		return failed(err)
	}
	if len(list.Contents) != 1 {
		return fmt.Sprintf("listed %d keys: %v", len(list.Contents), list.Contents)
	}
	if listed := list.Contents[0].Key; listed != key {
		return fmt.Sprintf("listed as %q", listed)
	}
	return "ok"
}

// failed names the operation and the service's code.
func failed(err error) string {
	var e *s3client.Error
	var api *s3client.APIError
	if errors.As(err, &e) && errors.As(err, &api) {
		return e.Op + ": " + api.Code
	}
	return err.Error()
}
