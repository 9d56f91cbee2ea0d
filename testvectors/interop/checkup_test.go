package interop

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/s3client/checkup"
	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sigv4/sigv4http"
	"github.com/sigvier/sigvier/sts"
)

// A checkup says of each server what is so, and leaves nothing behind, in a bucket
// that keeps versions too, whether or not they may be removed.
func TestCheckupLeavesNothingBehind(t *testing.T) {
	each(t, func(t *testing.T, s server) {
		ctx := context.Background()
		root := open(t, s.connection())
		keepsVersions := s.name == "minio"
		for _, versions := range []string{"", "Enabled", "Suspended"} {
			if versions != "" && !keepsVersions {
				continue
			}
			bucket := makeBucket(t, root, "interop-checkup"+strings.ToLower(versions))
			if versions != "" {
				s.raw(t, http.MethodPut, "/"+bucket+"?versioning", "<VersioningConfiguration><Status>"+versions+"</Status></VersioningConfiguration>")
			}
			all := sigv4.NewCredentials(rootID, rootSecret, "")
			callers := map[string]sigv4.Credentials{"all": all}
			if s.sts {
				client := &sts.Client{Region: "us-east-1", Endpoint: s.url, Provider: all}
				out, err := client.AssumeRole(ctx, sts.AssumeRoleInput{RoleARN: anyRole, SessionName: "interop", Duration: 15 * time.Minute,
					Policy: `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:ListBucket","s3:GetObject","s3:PutObject","s3:DeleteObject"],"Resource":"arn:aws:s3:::*"}]}`})
				if err != nil {
					t.Fatal(err)
				}
				callers["no versions"] = out.Credentials
			}
			for name, cred := range callers {
				form := s.connection()
				form.RestrictToBucket, form.RestrictToPath = bucket, "reports/"
				form.Permissions = s3client.MayList | s3client.MayRead | s3client.MayWrite | s3client.MayDelete
				report := checkup.Run(ctx, form, checkup.Options{Credentials: cred})
				for _, c := range report.Checks {
					if c.Status == checkup.Failed {
						t.Errorf("versions %q, caller with %s: %s failed: %s %s", versions, name, c.Name, c.Found, c.Service)
					}
				}
				query := "?list-type=2"
				if keepsVersions {
					query = "?versions"
				}
				if listing := s.raw(t, http.MethodGet, "/"+bucket+query, ""); len(report.LeftBehind) > 0 || strings.Contains(listing, "<Key>") {
					t.Errorf("versions %q, caller with %s: left behind, by its own words %v, is %s", versions, name, report.LeftBehind, listing)
				}
			}
		}
		wrong := s.connection()
		wrong.SecretAccessKey = s3client.NewSecret("wrong-" + rootSecret)
		if got := checkup.Run(ctx, wrong, checkup.Options{}).Cause(); got != checkup.Denied {
			t.Errorf("with a wrong secret the cause is %q, want denied", got)
		}
	})
}

// raw sends a signed request for which the client has no method.
func (s server) raw(t *testing.T, method, path, body string) string {
	t.Helper()
	signer, err := sigv4.NewSigner("s3", "us-east-1", nil)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequest(method, s.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	transport := &sigv4http.Transport{Signer: signer, Provider: sigv4.NewCredentials(rootID, rootSecret, "")}
	resp, err := transport.RoundTrip(req.WithContext(sigv4http.WithPayload(req.Context(), sigv4.PayloadOf([]byte(body)))))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode >= 300 {
		t.Fatalf("%s %s = %s %s %v", method, path, resp.Status, answer, err)
	}
	return string(answer)
}
