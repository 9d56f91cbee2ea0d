package s3client_test

import (
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/sigvier/sigvier/s3client"
)

// FuzzGuard restricts a connection to a path and tries a key with every operation:
// what leaves the client, as a request, a URL or a form, is in the path for every
// reader of it; and whatever the client admits, the session policy allows.
func FuzzGuard(f *testing.F) {
	for _, path := range []string{"reports/", "reports", "a b/ü*?${x}", "a%2fb/"} {
		for _, key := range []string{"reports/a", "reports", "reports-old/a", "reports/../x", "reports/%2e%2e/x", "reports/%252e%252e/x", `reports\..\x`,
			"reports//a", "reports/..%5Cx", "/reports/a", "Reports/a", "reports/\x00", "reports/\xff", "a b/ü*?${x}", "a b/ü*?${x}/k", "a%2fb/%41", "reports/a?x=1#y", "reports/a;..", "%", ""} {
			f.Add(path, key)
		}
	}
	f.Fuzz(func(t *testing.T, path, key string) {
		c := byRole()
		c.RestrictToBucket, c.RestrictToPath = "data", path
		if path == "" || len(key) > 1100 || c.Validate() != nil { // S3 takes 1024
			return
		}
		session, text := sessionOf(t, c)
		if strings.ToValidUTF8(key, "") == key {
			if may(session, "s3:GetObject", "arn:aws:s3:::data/"+key, nil) != inFolder(path, key, "key") {
				t.Errorf("the session policy decides wrongly on the key %q: %s", key, text)
			}
			if may(session, "s3:ListBucket", "arn:aws:s3:::data", prefixed(key)) != inFolder(path, key, "prefix") {
				t.Errorf("the session policy decides wrongly on the prefix %q: %s", key, text)
			}
		}
		c.AuthorizationType, c.IAMRoleARN, c.AccessKeyID, c.SecretAccessKey = s3client.AccessKey, "", keyID, s3client.NewSecret(secret)
		c.PathStyle = true
		for name, op := range operations {
			if op.kind != "key" && op.kind != "prefix" {
				continue
			}
			net := &recorder{answers: []answer{says(200, documentOf(name))}}
			client := open(t, c, &s3client.Options{Base: net, Now: func() time.Time { return moment }})
			err := op.call(t.Context(), client, "data", key)
			if err != nil {
				if len(net.requests) != 0 {
					t.Errorf("%s: a request was sent in spite of %v", name, err)
				}
				continue
			}
			if !inPath(path, key, op.kind) {
				t.Errorf("%s: the key %q is outside of %q, and was admitted", name, key, path)
			}
			for i, r := range net.requests {
				if r.URL.Query().Has("delete") {
					checkDeleted(t, path, net.bodies[i])
					continue
				}
				checkSigned(t, name, path, op.kind, r.URL)
			}
			action, resource, context := "s3:GetObject", "arn:aws:s3:::data/"+key, map[string][]string(nil)
			if op.kind == "prefix" {
				action, resource, context = "s3:ListBucket", "arn:aws:s3:::data", prefixed(key)
			}
			if strings.ToValidUTF8(key, "") == key && !may(session, action, resource, context) {
				t.Errorf("%s: the key %q is admitted, and the session policy denies it: %s", name, key, session)
			}
		}
		client := open(t, c, &s3client.Options{Now: func() time.Time { return moment }})
		for _, method := range []string{"GET", "HEAD", "PUT", "DELETE"} {
			p, err := client.Presign(t.Context(), s3client.PresignInput{Operation: operationFor(method, "data", key), Expires: time.Minute})
			if err != nil {
				continue
			}
			u, err := url.Parse(p.URL)
			if err != nil {
				t.Fatal(err)
			}
			checkSigned(t, "Presign "+method, path, "key", u)
		}
		for _, in := range []s3client.PresignPostInput{{Key: key}, {KeyPrefix: key}} {
			in.Bucket, in.Expires = "data", time.Minute
			p, err := client.PresignPost(t.Context(), in)
			if err == nil {
				checkForm(t, path, p)
			} else if p.Fields != nil || !errors.As(err, new(*s3client.Error)) {
				t.Errorf("beside %v there is a form", err)
			}
		}
	})
}

// inPath is the rule in other words than the guard's: the segments of the path
// begin the key's, and none of the key's, however often it is decoded, leads up.
func inPath(path, key, kind string) bool {
	for range 1 + len(key)/2 {
		for _, segment := range strings.Split(strings.ReplaceAll(key, `\`, "/"), "/") {
			if segment == ".." || segment == "." {
				return false
			}
		}
		decoded, err := url.PathUnescape(key)
		if err != nil || decoded == key {
			break
		}
		if !inFolder(path, key, kind) {
			return false
		}
		key, path = decoded, mustUnescape(path)
	}
	return inFolder(path, key, kind)
}

func mustUnescape(s string) string {
	if decoded, err := url.PathUnescape(s); err == nil {
		return decoded
	}
	return s
}

func inFolder(path, key, kind string) bool {
	folder := path
	if !strings.HasSuffix(folder, "/") {
		folder += "/"
	}
	return kind == "key" && key == path || strings.HasPrefix(key, folder)
}

// checkSigned reads a signed URL as a server does.
func checkSigned(t *testing.T, name, path, kind string, u *url.URL) {
	t.Helper()
	rest, mine := strings.CutPrefix(u.EscapedPath(), "/data")
	if !mine || rest != "" && rest[0] != '/' {
		t.Fatalf("%s: %s leads to another bucket", name, u)
	}
	key := u.Query().Get("prefix")
	if kind == "key" {
		var err error
		if key, err = url.PathUnescape(rest[1:]); err != nil {
			t.Fatal(err)
		}
	}
	if !inPath(path, key, kind) {
		t.Errorf("%s: %s is signed, which leads out of %q", name, u, path)
	}
}

// checkDeleted reads the document of DeleteObjects as a server does.
func checkDeleted(t *testing.T, path, body string) {
	t.Helper()
	var list struct{ Object []struct{ Key string } }
	if err := xml.Unmarshal([]byte(body), &list); err != nil || len(list.Object) != 1 {
		t.Fatalf("%q is no document of one key: %v", body, err)
	}
	if key := list.Object[0].Key; !inPath(path, key, "key") {
		t.Errorf("%q is sent, which leads out of %q", body, path)
	}
}

// checkForm reads the signed policy of a form.
func checkForm(t *testing.T, path string, p s3client.PresignedPost) {
	t.Helper()
	var policy struct{ Conditions [][3]any }
	for _, field := range p.Fields {
		if field[0] == "Policy" {
			text, err := base64.StdEncoding.DecodeString(field[1])
			if err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(text, &policy); err != nil {
				t.Fatal(err)
			}
		}
	}
	keys := 0
	for _, c := range policy.Conditions {
		if c[1] != "$key" {
			continue
		}
		keys++
		kind := "key"
		if c[0] == "starts-with" {
			kind = "prefix"
		}
		if key := c[2].(string); !inPath(path, key, kind) {
			t.Errorf("a form for %s %q is signed, which leads out of %q", c[0], key, path)
		}
	}
	if keys != 1 {
		t.Errorf("%d conditions are about the key: %v", keys, policy.Conditions)
	}
}
