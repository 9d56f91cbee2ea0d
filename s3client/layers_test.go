package s3client_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/s3client/s3test"
)

// The restrictions hold three times. The tests here take the first away: they take
// a restricted role's credentials to a client without any restriction, as whoever
// has got hold of them would, and the service refuses.

func TestSessionIsRestrictedWithoutTheClientsGuard(t *testing.T) {
	srv := serve(t, s3test.Config{Roles: []s3test.Role{{ARN: roleARN, ExternalID: externalID}}, Buckets: []string{"data", "other"}})
	root := open(t, form(srv), nil)
	for _, bucket := range []string{"data", "other"} {
		for _, key := range []string{"k", "reports/a", "reports", "reports-old/a"} {
			put(t, root, bucket, key, "x")
		}
	}
	for _, test := range []struct {
		name   string
		edit   func(*s3client.Connection)
		allows func(op, bucket, key string) bool
	}{
		{"a bucket", func(c *s3client.Connection) { c.RestrictToBucket = "data" },
			func(op, bucket, key string) bool { return bucket == "data" }},
		{"a folder", func(c *s3client.Connection) { c.RestrictToBucket, c.RestrictToPath = "data", "reports/" },
			func(op, bucket, key string) bool { return bucket == "data" && strings.HasPrefix(key, "reports/") }},
		{"a key or folder", func(c *s3client.Connection) { c.RestrictToBucket, c.RestrictToPath = "data", "reports" },
			func(op, bucket, key string) bool {
				return bucket == "data" && (strings.HasPrefix(key, "reports/") || key == "reports" && op != "ListObjectsV2" && op != "ListObjectsV2Pages")
			}},
		{"to list and to read", func(c *s3client.Connection) { c.Permissions = s3client.MayList | s3client.MayRead },
			func(op, bucket, key string) bool { return neededFor[op]&(s3client.MayList|s3client.MayRead) != 0 }},
		{"to write in a bucket", func(c *s3client.Connection) { c.RestrictToBucket, c.Permissions = "data", s3client.MayWrite },
			func(op, bucket, key string) bool { return bucket == "data" && neededFor[op]&s3client.MayWrite != 0 }},
		{"nothing, with the session policy switched off", func(c *s3client.Connection) {
			c.RestrictToBucket, c.RestrictToPath, c.NoSessionPolicy = "data", "reports/", true
		}, func(op, bucket, key string) bool { return true }},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := roleForm(srv)
			test.edit(&c)
			cred, err := open(t, c, nil).Credentials(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			thief := open(t, form(srv), &s3client.Options{Credentials: cred})
			for _, op := range []string{"GetObject", "HeadObject", "PutObject", "ListObjectsV2", "ListObjectsV2Pages"} {
				for _, bucket := range []string{"data", "other"} {
					for _, key := range []string{"k", "reports/a", "reports", "reports-old/a"} {
						err := operations[op].call(t.Context(), thief, bucket, key)
						if test.allows(op, bucket, key) {
							if err != nil {
								t.Errorf("%s %s/%s: %v", op, bucket, key, err)
							}
							continue
						}
						wantErr(t, err, s3client.ErrDenied)
					}
				}
			}
			// A URL and a form are no way round it either.
			for _, key := range []string{"reports/a", "reports-old/a"} {
				p, err := thief.Presign(t.Context(), s3client.PresignInput{Operation: s3client.GetObjectInput{Bucket: "data", Key: key}, Expires: time.Minute})
				if err != nil {
					t.Fatal(err)
				}
				if status, body := anyone(t, nil, http.MethodGet, p, ""); (status == 200) != test.allows("GetObject", "data", key) {
					t.Errorf("a URL for %s gives %d %s", key, status, body)
				}
				post, err := thief.PresignPost(t.Context(), s3client.PresignPostInput{Bucket: "data", Key: key, Expires: time.Minute})
				if err != nil {
					t.Fatal(err)
				}
				if status, body := browser(t, nil, post, "x"); (status == 204) != test.allows("PutObject", "data", key) {
					t.Errorf("a form for %s gives %d %s", key, status, body)
				}
			}
		})
	}
}

// beyondAPath are what the client admits with a path, and the service cannot: it
// knows no path there.
var beyondAPath = []string{"HeadBucket", "ListMultipartUploads", "ListMultipartUploadsPages"}

// Client and service agree: what the one admits, the other does not deny.
func TestSessionAllowsWhatTheClientAdmits(t *testing.T) {
	for _, bucket := range []string{"", "data"} {
		for _, path := range []string{"", "reports/", "reports"} {
			for p := s3client.Permissions(0); p < 16; p++ {
				if bucket == "" && (path != "" || p == 0) {
					continue
				}
				srv := serve(t, s3test.Config{Roles: []s3test.Role{{ARN: roleARN, ExternalID: externalID}}})
				c := roleForm(srv)
				c.RestrictToBucket, c.RestrictToPath, c.Permissions = bucket, path, p
				client := open(t, c, nil)
				for name, op := range operations {
					needed, key := neededFor[name], "reports/k"
					if p != 0 && needed&^p != 0 || path != "" && op.kind == "whole bucket" || bucket != "" && op.kind == "service" ||
						name == "CreateSession" || path != "" && slices.Contains(beyondAPath, name) || name == "HeadBucket" && p != 0 && p&s3client.MayList == 0 {
						continue
					}
					put(t, open(t, form(srv), nil), "data", "reports/k", "x")
					if op.kind == "prefix" {
						key = "reports/"
					}
					err := op.call(t.Context(), client, "data", key)
					if e := (*s3client.Error)(nil); errors.Is(err, s3client.ErrRestricted) || errors.As(err, &e) && strings.Contains(err.Error(), "not authorized to perform") {
						t.Errorf("restricted to %q %q and %v: %s: %v", bucket, path, p, name, err)
					}
				}
			}
		}
	}
}

// To who may not list the whole bucket, S3 does not say that a key is missing.
func TestMissingKeyIsDeniedToARestrictedSession(t *testing.T) {
	srv := serve(t, s3test.Config{Roles: []s3test.Role{{ARN: roleARN, ExternalID: externalID}}})
	for _, test := range []struct {
		path        string
		permissions s3client.Permissions
		want        error
	}{
		{"", 0, s3client.ErrNotFound}, {"reports/", 0, s3client.ErrDenied}, {"", s3client.MayRead, s3client.ErrDenied}, {"", s3client.MayRead | s3client.MayList, s3client.ErrNotFound},
	} {
		c := roleForm(srv)
		c.RestrictToBucket, c.RestrictToPath, c.Permissions = "data", test.path, test.permissions
		client := open(t, c, nil)
		for _, op := range []string{"GetObject", "HeadObject"} {
			err := operations[op].call(t.Context(), client, "data", "reports/missing")
			wantErr(t, err, test.want)
			if got := strings.Contains(err.Error(), "there may be no such key"); got != (test.want == s3client.ErrDenied) {
				t.Errorf("%v", err)
			}
		}
	}
}

// A bucket that another account owns is refused, though all else is right.
func TestBucketOfAnotherOwnerIsRefused(t *testing.T) {
	srv := serve(t, s3test.Config{Buckets: []string{"data", "squatted"}, Owners: map[string]string{"data": owner, "squatted": "666666666666"}})
	f := form(srv)
	put(t, open(t, f, nil), "squatted", "k", "x")
	f.BucketOwner = owner
	c := open(t, f, nil)
	for name, op := range operations {
		if op.kind == "service" || op.kind == "whole bucket" || strings.HasPrefix(name, "Presign") {
			continue
		}
		if err := op.call(t.Context(), c, "data", "k"); errors.Is(err, s3client.ErrDenied) {
			t.Errorf("%s on a bucket of the owner's: %v", name, err)
		}
		wantErr(t, op.call(t.Context(), c, "squatted", "k"), s3client.ErrDenied)
	}
	for bucket, want := range map[string]int{"data": 200, "squatted": 403} {
		p, err := c.Presign(t.Context(), s3client.PresignInput{Operation: s3client.PutObjectInput{Bucket: bucket, Key: "k"}, Expires: time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		if status, body := anyone(t, nil, http.MethodPut, p, "x"); status != want {
			t.Errorf("a URL for bucket %s gives %d %s, want %d", bucket, status, body, want)
		}
	}
}
