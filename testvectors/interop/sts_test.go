package interop

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sts"
)

const anyRole = "arn:aws:iam::123456789012:role/interop"

func TestAssumeRoleThenS3(t *testing.T) {
	each(t, func(t *testing.T, s server) {
		ctx := context.Background()
		client := &sts.Client{Region: "us-east-1", Endpoint: s.url, Provider: sigv4.NewCredentials(rootID, rootSecret, "")}
		out, err := client.AssumeRole(ctx, sts.AssumeRoleInput{RoleARN: anyRole, ExternalID: "external-1", SessionName: "interop", Duration: 15 * time.Minute})
		if !s.sts {
			if err == nil {
				t.Errorf("AssumeRole() at a server without STS = %v, want an error", out)
			}
			return
		}
		if err != nil {
			t.Fatalf("AssumeRole() = %v", err)
		}
		cred := out.Credentials
		if cred.SessionToken() == "" || cred.AccessKeyID == rootID {
			t.Errorf("AssumeRole() = %v, want temporary credentials with a session token", cred)
		}
		if left := time.Until(cred.Expires); left < 14*time.Minute || left > 16*time.Minute {
			t.Errorf("AssumeRole() expires in %v, want 15 minutes", left)
		}

		form := s.connection()
		form.AuthorizationType = s3client.IAMRole
		form.IAMRoleARN, form.ExternalID = anyRole, "external-1"
		c := open(t, form)
		bucket := makeBucket(t, c, "interop-sts")
		if _, err := c.PutObject(ctx, s3client.PutObjectInput{Bucket: bucket, Key: "key", Body: strings.NewReader("by role")}); err != nil {
			t.Fatalf("PutObject() with the role's credentials = %v", err)
		}
		got, err := c.GetObject(ctx, s3client.GetObjectInput{Bucket: bucket, Key: "key"})
		if err != nil {
			t.Fatalf("GetObject() with the role's credentials = %v", err)
		}
		defer got.Body.Close()
		if b, err := io.ReadAll(got.Body); string(b) != "by role" || err != nil {
			t.Errorf("GetObject() = %q, %v", b, err)
		}

		form.SecretAccessKey = s3client.NewSecret("wrong-" + rootSecret)
		_, err = open(t, form).ListBuckets(ctx, s3client.ListBucketsInput{})
		if !errors.Is(err, s3client.ErrDenied) {
			t.Errorf("ListBuckets() with a role behind a wrong secret = %v, want ErrDenied", err)
		}
	})
}
