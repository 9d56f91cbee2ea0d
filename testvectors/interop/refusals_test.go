package interop

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sigvier/sigvier/s3client"
)

// otherCodes are the codes of servers that do not say what S3 says.
var otherCodes = map[string]map[string]string{
	"versitygw": {"unknown access key": "XAdminUserNotFound"}, // and with status 404
}

func TestRefusals(t *testing.T) {
	each(t, func(t *testing.T, s server) {
		bucket := makeBucket(t, open(t, s.connection()), "interop-refusals")
		for _, test := range []struct {
			name   string
			change func(*s3client.Connection)
			code   string
		}{
			{"wrong secret", func(c *s3client.Connection) { c.SecretAccessKey = s3client.NewSecret("wrong-" + rootSecret) }, "SignatureDoesNotMatch"},
			{"unknown access key", func(c *s3client.Connection) { c.AccessKeyID = "AKIAUNKNOWN" }, "InvalidAccessKeyId"},
			{"wrong region", func(c *s3client.Connection) { c.Region = "eu-west-1" }, "AuthorizationHeaderMalformed"},
		} {
			if other := otherCodes[s.name][test.name]; other != "" {
				test.code = other
			}
			form := s.connection()
			test.change(&form)
			client, err := form.Open(&s3client.Options{StayInRegion: true})
			if err != nil {
				t.Fatal(err)
			}
			_, err = client.ListObjectsV2(context.Background(), s3client.ListObjectsV2Input{Bucket: bucket})
			var api *s3client.APIError
			if !errors.Is(err, s3client.ErrDenied) || !errors.As(err, &api) || api.Code != test.code {
				t.Errorf("ListObjectsV2() with %s = %v, want ErrDenied with %s", test.name, err, test.code)
			}
			if err != nil && strings.Contains(err.Error(), rootSecret) {
				t.Errorf("ListObjectsV2() with %s tells the secret: %v", test.name, err)
			}
		}
	})
}

// All three servers say where the bucket is.
func TestRegionIsLearnt(t *testing.T) {
	each(t, func(t *testing.T, s server) {
		bucket := makeBucket(t, open(t, s.connection()), "interop-region")
		form := s.connection()
		form.Region = "eu-west-1"
		put(t, open(t, form), bucket, "k", "body")
	})
}

func TestPresignedURLs(t *testing.T) {
	each(t, func(t *testing.T, s server) {
		ctx := context.Background()
		c := open(t, s.connection())
		bucket := makeBucket(t, c, "interop-presign")
		put(t, c, bucket, "a b+c~é", "body")
		for _, test := range []struct {
			name   string
			ago    time.Duration
			status int
		}{
			{"valid", 0, http.StatusOK},
			{"expired", time.Hour, http.StatusForbidden},
		} {
			then, err := s.connection().Open(&s3client.Options{Now: func() time.Time { return time.Now().Add(-test.ago) }})
			if err != nil {
				t.Fatal(err)
			}
			p, err := then.Presign(ctx, s3client.PresignInput{Operation: s3client.GetObjectInput{Bucket: bucket, Key: "a b+c~é"}, Expires: time.Minute})
			if err != nil {
				t.Fatalf("Presign() = %v", err)
			}
			resp, err := http.Get(p.URL)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(resp.Body)
			resp.Body.Close()
			if resp.StatusCode != test.status || err != nil {
				t.Errorf("GET of a URL that is %s = %s, %v, %s; want %d", test.name, resp.Status, err, body, test.status)
			}
			if test.status == http.StatusOK && string(body) != "body" {
				t.Errorf("GET of a URL that is %s = %q", test.name, body)
			}
		}
	})
}
