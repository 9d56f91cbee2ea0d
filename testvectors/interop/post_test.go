package interop

import (
	"bytes"
	"cmp"
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sigv4/sigv4http"
	"github.com/sigvier/sigvier/sts"
)

// otherPosts is what servers do with a form otherwise than S3 (Amazon S3 API
// Reference, "POST Object" and "POST Policy").
var otherPosts = map[string]map[string]string{
	"minio":     {"unsigned": "400 AuthorizationQueryParametersError"},
	"versitygw": {"the key with ${filename}": "user/${filename}"}, // which it leaves
}

// post sends a form as a browser does, and says the answer: its status, and the
// code of an error.
func post(t *testing.T, s server, bucket string, fields [][2]string, file string) string {
	t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for _, field := range fields {
		w.WriteField(field[0], field[1])
	}
	part, err := w.CreateFormFile("file", "portrait.jpg")
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(part, file)
	w.Close()
	resp, err := http.Post(s.url+"/"+bucket, w.FormDataContentType(), &body)
	if err != nil {
		return err.Error()
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return err.Error()
	}
	if resp.StatusCode < 300 {
		return fmt.Sprint(resp.StatusCode)
	}
	var doc struct{ Code string }
	if err := xml.Unmarshal(answer, &doc); err != nil {
		return fmt.Sprintf("%d %s", resp.StatusCode, answer)
	}
	return fmt.Sprintf("%d %s", resp.StatusCode, doc.Code)
}

// TestPostForms: a form that a PostPolicy makes is taken as it is, and refused when
// anything is not as its policy says.
func TestPostForms(t *testing.T) {
	signer, err := sigv4.NewSigner("s3", "us-east-1", nil)
	if err != nil {
		t.Fatal(err)
	}
	root := sigv4.NewCredentials(rootID, rootSecret, "")
	each(t, func(t *testing.T, s server) {
		c := open(t, s.connection())
		bucket := makeBucket(t, c, "interop-post")
		form := func(at time.Time, cred sigv4.Credentials, others ...sigv4http.Condition) [][2]string {
			t.Helper()
			form, err := sigv4http.PostPolicy{Expires: at.Add(10 * time.Minute), Conditions: append([]sigv4http.Condition{
				sigv4http.Exact("bucket", bucket), sigv4http.StartsWith("key", "user/"), sigv4http.StartsWith("Content-Type", "image/"),
				sigv4http.LengthRange(5, 10)}, others...)}.Sign(signer, cred, at)
			if err != nil {
				t.Fatal(err)
			}
			return append([][2]string{{"key", "user/${filename}"}, {"Content-Type", "image/jpeg"}}, form.Fields...)
		}
		set := func(fields [][2]string, name, value string) [][2]string {
			for i := range fields {
				if fields[i][0] == name {
					fields[i][1] = value
					return fields
				}
			}
			return append([][2]string{{name, value}}, fields...)
		}
		now := time.Now()
		wrong := sigv4.NewCredentials(rootID, "wrong-"+rootSecret, "")
		for _, row := range []struct {
			name   string
			fields [][2]string
			file   string
			want   string
		}{
			{"good", form(now, root), "picture", "204"},
			{"values that must be escaped", form(now, root, sigv4http.Exact("x-amz-meta-note", `a\b "c" <d> &`)), "picture", "204"},
			{"a dollar sign", form(now, root, sigv4http.Exact("x-amz-meta-price", "$5")), "picture", "204"},
			{"a key that is not ASCII", set(form(now, root, sigv4http.StartsWith("key", "user/résumé ☃")), "key", "user/résumé ☃ 1"), "picture", "204"},
			{"status 201", form(now, root, sigv4http.Exact("success_action_status", "201")), "picture", "201"},
			{"as short as may be", form(now, root), "short", "204"},
			{"as long as may be", form(now, root), "0123456789", "204"},
			{"too short", form(now, root), "four", "400 EntityTooSmall"},
			{"too long", form(now, root), "0123456789a", "400 EntityTooLarge"},
			{"another key", set(form(now, root), "key", "other/a"), "picture", "403 AccessDenied"},
			{"another type", set(form(now, root), "Content-Type", "text/html"), "picture", "403 AccessDenied"},
			{"a field that the policy does not have", set(form(now, root), "x-amz-meta-a", "b"), "picture", "403 AccessDenied"},
			{"a field that is to be ignored", set(form(now, root), "x-ignore-a", "b"), "picture", "204"},
			{"another value than the exact one", set(form(now, root, sigv4http.Exact("x-amz-meta-a", "b")), "x-amz-meta-a", "c"), "picture", "403 AccessDenied"},
			{"another policy", set(form(now, root), "Policy", "e30="), "picture", "403 SignatureDoesNotMatch"},
			{"wrong secret", form(now, wrong), "picture", "403 SignatureDoesNotMatch"},
			{"expired", form(now.Add(-20*time.Minute), root), "picture", "403 AccessDenied"},
			{"unsigned", [][2]string{{"key", "user/a"}}, "picture", "403 AccessDenied"},
		} {
			want := cmp.Or(otherPosts[s.name][row.name], row.want)
			if got := post(t, s, bucket, row.fields, row.file); got != want {
				t.Errorf("a form with %s = %s, want %s", row.name, got, want)
			}
		}
		list, err := c.ListObjectsV2(context.Background(), s3client.ListObjectsV2Input{Bucket: bucket})
		if err != nil {
			t.Fatal(err)
		}
		var keys []string
		for _, o := range list.Contents {
			keys = append(keys, o.Key)
		}
		if want := []string{cmp.Or(otherPosts[s.name]["the key with ${filename}"], "user/portrait.jpg"), "user/résumé ☃ 1"}; !slices.Equal(keys, want) {
			t.Errorf("the bucket has %q, want only what was accepted, %q", keys, want)
		}
	})
}

// TestASessionsPostForm has the session's token in the form and its policy.
func TestASessionsPostForm(t *testing.T) {
	signer, err := sigv4.NewSigner("s3", "us-east-1", nil)
	if err != nil {
		t.Fatal(err)
	}
	each(t, func(t *testing.T, s server) {
		if !s.sts {
			return
		}
		client := &sts.Client{Region: "us-east-1", Endpoint: s.url, Provider: sigv4.NewCredentials(rootID, rootSecret, "")}
		out, err := client.AssumeRole(context.Background(), sts.AssumeRoleInput{RoleARN: anyRole, SessionName: "interop", Duration: 15 * time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		bucket := makeBucket(t, open(t, s.connection()), "interop-post-session")
		form, err := sigv4http.PostPolicy{Expires: time.Now().Add(10 * time.Minute), Conditions: []sigv4http.Condition{
			sigv4http.Exact("bucket", bucket), sigv4http.Exact("key", "user/a")}}.Sign(signer, out.Credentials, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		if got := post(t, s, bucket, form.Fields, "picture"); got != "204" {
			t.Errorf("a form of a session = %s, want 204", got)
		}
		for i := range form.Fields {
			if form.Fields[i][0] == "X-Amz-Security-Token" {
				form.Fields[i][1] = "another"
			}
		}
		if got := post(t, s, bucket, form.Fields, "picture"); got[0] != '4' {
			t.Errorf("a form of a session with another token = %s, want it refused", got)
		}
	})
}
