package s3test

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sigv4/sigv4http"
)

// post sends a browser's form: the fields that it has on its own, those that are
// signed, and a file.
func (c *client) post(t *testing.T, target string, conditions []sigv4http.Condition, file string, own ...string) result {
	t.Helper()
	signer, err := sigv4.NewSigner("s3", c.region, nil)
	if err != nil {
		t.Fatal(err)
	}
	form, err := sigv4http.PostPolicy{Expires: c.now().Add(time.Hour), Conditions: conditions}.Sign(signer, c.cred, c.now())
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(own); i += 2 {
		form.Fields = append(form.Fields, [2]string{own[i], own[i+1]})
	}
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for _, field := range form.Fields {
		w.WriteField(field[0], field[1])
	}
	part, err := w.CreateFormFile("file", "portrait.jpg")
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(part, file)
	w.WriteField("submit", "Upload")
	w.Close()
	req := c.request(t, http.MethodPost, target, body.String(), "Content-Type", w.FormDataContentType())
	if c.spoil != nil {
		c.spoil(req)
	}
	return c.send(t, req)
}

func conditions(others ...sigv4http.Condition) []sigv4http.Condition {
	return append([]sigv4http.Condition{sigv4http.Exact("bucket", "data"), sigv4http.StartsWith("key", "user/")}, others...)
}

func TestABrowserUploads(t *testing.T) {
	srv := start(t, Config{Region: "eu-central-1"})
	c := newClient(srv)
	r := c.post(t, "/data", conditions(sigv4http.StartsWith("Content-Type", "image/"), sigv4http.Exact("x-amz-meta-Owner", "eric"), sigv4http.Exact("acl", "private"),
		sigv4http.LengthRange(1, 100)), "picture", "key", "user/eric é/${filename}", "content-type", "image/jpeg")
	r.want(t, 204, "")
	location := srv.URL + "/data/user%2Feric%20%C3%A9%2Fportrait.jpg"
	r.wantHeader(t, "Location", location)
	r.wantHeader(t, "ETag", etagOf("picture"))
	r.wantHeader(t, "X-Amz-Checksum-Crc64nvme", sum("CRC64NVME", "picture"))
	if r.body != "" {
		t.Errorf("the answer has the body %q", r.body)
	}
	stored := c.do(t, "GET", "/data/user/eric%20%C3%A9/portrait.jpg", "")
	stored.want(t, 200, "")
	stored.wantHeader(t, "Content-Type", "image/jpeg")
	stored.wantHeader(t, "X-Amz-Meta-Owner", "eric")
	stored.wantHeader(t, "ETag", etagOf("picture"))
	if stored.body != "picture" {
		t.Errorf("stored %q", stored.body)
	}
	if n := srv.Requests()["PostObject"]; n != 1 {
		t.Errorf("%d forms were counted", n)
	}
}

func TestAFormSaysWhichAnswerItWants(t *testing.T) {
	srv := start(t, Config{})
	for _, row := range []struct {
		name   string
		fields []string
		status int
		header string // Location
	}{
		{"nothing", nil, 204, ""},
		{"200", []string{"success_action_status", "200"}, 200, ""},
		{"201", []string{"success_action_status", "201"}, 201, ""},
		{"204", []string{"success_action_status", "204"}, 204, ""},
		{"a status that is none of those", []string{"success_action_status", "404"}, 204, ""},
		{"redirect", []string{"success_action_redirect", "https://example.com/done"}, 303, "https://example.com/done?bucket=data&key=user%2Fa+b&etag=" + url.QueryEscape(etagOf("x"))},
		{"redirect by the old name, with a query", []string{"redirect", "https://example.com/?a=b"}, 303, "https://example.com/?a=b&bucket=data&key=user%2Fa+b&etag=" + url.QueryEscape(etagOf("x"))},
		{"redirect before status", []string{"success_action_status", "201", "success_action_redirect", "http://example.com"}, 303, "http://example.com?bucket=data&key=user%2Fa+b&etag=" + url.QueryEscape(etagOf("x"))},
		{"redirect that is no URL", []string{"success_action_redirect", "/done", "success_action_status", "201"}, 201, ""},
		{"redirect to a script", []string{"success_action_redirect", "javascript:alert(1)"}, 204, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			all := conditions()
			for i := 0; i < len(row.fields); i += 2 {
				all = append(all, sigv4http.StartsWith(row.fields[i], ""))
			}
			r := newClient(srv).post(t, "/data/", all, "x", append(row.fields, "key", "user/a b")...)
			r.want(t, row.status, "")
			want := row.header
			if want == "" {
				want = srv.URL + "/data/user%2Fa%20b"
			}
			r.wantHeader(t, "Location", want)
			if row.status != 201 {
				if r.body != "" {
					t.Errorf("the answer has the body %q", r.body)
				}
				return
			}
			r.wantElements(t, "PostResponse/Location", want, "PostResponse/Bucket", "data", "PostResponse/Key", "user/a b", "PostResponse/ETag", etagOf("x"))
		})
	}
}

func TestFormsAreRefusedAsS3Does(t *testing.T) {
	srv := start(t, Config{Buckets: []string{"data", "other"}, Roles: []Role{{ARN: "arn:aws:iam::123456789012:role/any"}}})
	for _, row := range []struct {
		name       string
		target     string
		change     func(*client)
		conditions []sigv4http.Condition
		fields     []string
		status     int
		code       string
		elements   []string
	}{
		{"good", "/data", nil, conditions(), []string{"key", "user/a"}, 204, "", nil},
		{"good, in virtual-host style", "/", func(c *client) { c.host = "data.localhost" }, conditions(), []string{"key", "user/a"}, 204, "", nil},
		{"another bucket", "/other", nil, conditions(), []string{"key", "user/a"}, 403, "AccessDenied",
			[]string{"Message", `Invalid according to Policy: Policy Condition failed: ["eq", "$bucket", "data"]`}},
		{"another bucket, in virtual-host style", "/data", func(c *client) { c.host = "other.localhost" }, conditions(), []string{"key", "user/a"}, 403, "AccessDenied", nil},
		{"another key", "/data", nil, conditions(), []string{"key", "other"}, 403, "AccessDenied",
			[]string{"Message", `Invalid according to Policy: Policy Condition failed: ["starts-with", "$key", "user/"]`}},
		{"no key", "/data", nil, conditions(), nil, 400, "InvalidArgument", []string{"ArgumentName", "key"}},
		{"key that is too long", "/data", nil, conditions(), []string{"key", "user/" + strings.Repeat("a", 1020)}, 400, "KeyTooLongError", nil},
		{"key that is not UTF-8", "/data", nil, conditions(), []string{"key", "user/\xff"}, 400, "InvalidURI", nil},
		{"field that the policy does not have", "/data", nil, conditions(), []string{"key", "user/a", "x-amz-meta-a", "b"}, 403, "AccessDenied",
			[]string{"Message", "Invalid according to Policy: Extra input fields: x-amz-meta-a"}},
		{"file that is too long", "/data", nil, conditions(sigv4http.LengthRange(0, 6)), []string{"key", "user/long"}, 400, "EntityTooLarge", []string{"MaxSizeAllowed", "6"}},
		{"file that is too short", "/data", nil, conditions(sigv4http.LengthRange(8, 9)), []string{"key", "user/short"}, 400, "EntityTooSmall", []string{"ProposedSize", "7", "MinSizeAllowed", "8"}},
		{"expired", "/data", func(c *client) { c.now = at("2020-01-01T00:00:00Z") }, conditions(), []string{"key", "user/a"}, 403, "AccessDenied",
			[]string{"Message", "Invalid according to Policy: Policy expired."}},
		{"wrong secret", "/data", func(c *client) { c.cred = sigv4.NewCredentials(testKey, "another/secret/access/key", "") }, conditions(), []string{"key", "user/a"}, 403, "SignatureDoesNotMatch",
			[]string{"AWSAccessKeyId", testKey}},
		{"unknown key", "/data", func(c *client) { c.cred = sigv4.NewCredentials("AKIAUNKNOWN", testSecret, "") }, conditions(), []string{"key", "user/a"}, 403, "InvalidAccessKeyId", nil},
		{"token with a user's key", "/data", func(c *client) { c.cred = sigv4.NewCredentials(testKey, testSecret, "token") }, conditions(), []string{"key", "user/a"}, 400, "InvalidToken", nil},
		{"other region", "/data", func(c *client) { c.region = "eu-west-1" }, conditions(), []string{"key", "user/a"}, 400, "InvalidArgument",
			[]string{"ArgumentName", "X-Amz-Credential", "Region", "us-east-1"}},
		{"missing bucket", "/missing", nil, []sigv4http.Condition{sigv4http.Exact("bucket", "missing"), sigv4http.StartsWith("key", "")}, []string{"key", "user/a"}, 404, "NoSuchBucket", nil},
		{"tags", "/data", nil, conditions(sigv4http.StartsWith("tagging", "")), []string{"key", "user/a", "tagging", "<Tagging/>"}, 400, "MalformedXML", nil},
		{"ACL", "/data", nil, conditions(sigv4http.StartsWith("acl", "")), []string{"key", "user/a", "acl", "public-read"}, 400, "AccessControlListNotSupported", nil},
		{"wrong checksum", "/data", nil, conditions(sigv4http.StartsWith("x-amz-checksum-crc32", "")), []string{"key", "user/a", "x-amz-checksum-crc32", "AAAAAA=="}, 400, "BadDigest", nil},
		{"not a form", "/data", func(c *client) { c.spoil = func(r *http.Request) { r.Header.Set("Content-Type", "text/html") } }, conditions(), []string{"key", "user/a"}, 412, "PreconditionFailed",
			[]string{"Condition", "Bucket POST must be of the enclosure-type multipart/form-data"}},
		{"a form to a key", "/data/key", nil, conditions(), []string{"key", "user/a"}, 403, "AccessDenied", nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := newClient(srv)
			if row.change != nil {
				row.change(c)
			}
			r := c.post(t, row.target, row.conditions, "content", row.fields...)
			r.want(t, row.status, row.code)
			r.wantElements(t, row.elements...)
			if strings.Contains(r.body, testSecret) {
				t.Error("the answer tells the secret")
			}
		})
	}
	list := newClient(srv).do(t, "GET", "/data?list-type=2", "")
	if keys := list.elements(t, "Contents/Key"); len(keys) != 1 || keys[0] != "user/a" {
		t.Errorf("the bucket has %q, want only what was accepted", keys)
	}
	signed := newClient(srv).do(t, "POST", "/data", "x", "Content-Type", "text/plain")
	signed.want(t, 412, "PreconditionFailed")
}

// TestARolesSessionPosts with its token in the form.
func TestARolesSessionPosts(t *testing.T) {
	srv := start(t, Config{Roles: []Role{{ARN: "arn:aws:iam::123456789012:role/any"}}})
	c := newClient(srv)
	r := c.sts(t, url.Values{"Action": {"AssumeRole"}, "Version": {stsVersion}, "RoleArn": {"arn:aws:iam::123456789012:role/any"}, "RoleSessionName": {"browser"}})
	r.want(t, 200, "")
	session := c.as(sigv4.NewCredentials(r.element(t, "AccessKeyId"), r.element(t, "SecretAccessKey"), r.element(t, "SessionToken")))
	session.post(t, "/data", conditions(), "x", "key", "user/a").want(t, 204, "")
	c.do(t, "GET", "/data/user/a", "").want(t, 200, "")
}

func TestFaultsStrikeForms(t *testing.T) {
	fault, err := ParseFault("error=SlowDown,op=PostObject,times=1")
	if err != nil {
		t.Fatal(err)
	}
	c := newClient(start(t, Config{Faults: []Fault{fault}}))
	c.post(t, "/data", conditions(), "x", "key", "user/a").want(t, 503, "SlowDown")
	c.post(t, "/data", conditions(), "x", "key", "user/a").want(t, 204, "")
}
