package s3test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sigv4/sigv4http"
	"github.com/sigvier/sigvier/sts/policy"
)

// policyOf reads a policy of which only the statements are given.
func policyOf(t testing.TB, statements string) policy.Document {
	t.Helper()
	doc, err := policy.Parse([]byte(`{"Version":"2012-10-17","Statement":` + statements + `}`))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// userWith is a server's only user, and what it may do.
func userWith(docs ...policy.Document) []User {
	return []User{{AccessKeyID: testKey, SecretAccessKey: testSecret, Policies: docs}}
}

// begin assumes a role for a session with a policy.
func (c *client) begin(t *testing.T, role string, more ...string) *client {
	t.Helper()
	return c.as(c.sts(t, assume(role, more...)).credentials(t))
}

// TestASessionIsHeldToItsPolicy though its client has no guard: the server alone
// refuses all that is outside the folder.
func TestASessionIsHeldToItsPolicy(t *testing.T) {
	srv := start(t, Config{Buckets: []string{"data", "other"}, Roles: []Role{{ARN: openRole}}})
	all := newClient(srv)
	for _, target := range []string{"/data/reports/a", "/data/reports2", "/data/secret", "/other/reports/a"} {
		all.put(t, target, "content")
	}
	access := policy.Access{Bucket: "data", Path: "reports/", List: true, Read: true, Write: true}
	session := all.begin(t, openRole, "Policy", string(access.Document().JSON()))

	for _, row := range []struct {
		name    string
		method  string
		target  string
		headers []string
		status  int
		code    string
		denied  string // the action that is named
	}{
		{"read", "GET", "/data/reports/a", nil, 200, "", ""},
		{"read the head", "HEAD", "/data/reports/a", nil, 200, "", ""},
		{"read a version", "GET", "/data/reports/a?versionId=null", nil, 200, "", ""},
		{"write", "PUT", "/data/reports/b", nil, 200, "", ""},
		{"write over what was read", "PUT", "/data/reports/a", []string{"If-Match", "*"}, 200, "", ""},
		{"list the folder", "GET", "/data?list-type=2&prefix=reports%2F", nil, 200, "", ""},
		{"list below the folder", "GET", "/data?prefix=reports%2F2026%2F&delimiter=%2F", nil, 200, "", ""},
		{"where the bucket is", "GET", "/data?location", nil, 200, "", ""},
		{"bucket that is not there", "GET", "/missing/reports/a", nil, 404, "NoSuchBucket", ""},

		{"read outside", "GET", "/data/secret", nil, 403, "AccessDenied", "s3:GetObject"},
		{"read a neighbour", "GET", "/data/reports2", nil, 403, "AccessDenied", "s3:GetObject"},
		{"read the folder's own key", "GET", "/data/reports", nil, 403, "AccessDenied", "s3:GetObject"},
		{"read with dots", "GET", "/data/reports/%2E%2E/secret", nil, 403, "AccessDenied", "s3:ListBucket"}, // a key of its own, which is not there
		{"write outside", "PUT", "/data/secret", nil, 403, "AccessDenied", "s3:PutObject"},
		{"write with an ACL", "PUT", "/data/reports/a", []string{"X-Amz-Acl", "private"}, 403, "AccessDenied", "s3:PutObjectAcl"},
		{"copy from outside", "PUT", "/data/reports/c", []string{"X-Amz-Copy-Source", "/data/secret"}, 403, "AccessDenied", "s3:GetObject"},
		{"copy from outside, encoded", "PUT", "/data/reports/c", []string{"X-Amz-Copy-Source", "other%2Freports%2Fa"}, 403, "AccessDenied", "s3:GetObject"},
		{"copy from within", "PUT", "/data/reports/c", []string{"X-Amz-Copy-Source", "data/reports/a?versionId=null"}, 200, "", ""},
		{"delete", "DELETE", "/data/reports/a", nil, 403, "AccessDenied", "s3:DeleteObject"},
		{"delete a version", "DELETE", "/data/reports/a?versionId=null", nil, 403, "AccessDenied", "s3:DeleteObjectVersion"},
		{"list everything", "GET", "/data?list-type=2", nil, 403, "AccessDenied", "s3:ListBucket"},
		{"list the empty prefix", "GET", "/data?list-type=2&prefix=", nil, 403, "AccessDenied", "s3:ListBucket"},
		{"list a longer name", "GET", "/data?prefix=reports", nil, 403, "AccessDenied", "s3:ListBucket"},
		{"list another folder", "GET", "/data?list-type=2&prefix=secret%2F", nil, 403, "AccessDenied", "s3:ListBucket"},
		{"another bucket", "GET", "/other/reports/a", nil, 403, "AccessDenied", "s3:GetObject"},
		{"list another bucket", "GET", "/other?prefix=reports%2F", nil, 403, "AccessDenied", "s3:ListBucket"},
		{"all buckets", "GET", "/", nil, 403, "AccessDenied", "s3:ListAllMyBuckets"},
		{"make a bucket", "PUT", "/new-bucket", nil, 403, "AccessDenied", "s3:CreateBucket"},
		{"delete the bucket", "DELETE", "/data", nil, 403, "AccessDenied", "s3:DeleteBucket"},
		{"missing key", "GET", "/data/reports/none", nil, 403, "AccessDenied", "s3:ListBucket"},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := session.do(t, row.method, row.target, "", row.headers...)
			r.want(t, row.status, row.code)
			if row.denied == "" {
				return
			}
			message := r.element(t, "Message")
			who := "User: arn:aws:sts::111122223333:assumed-role/open/test-session is not authorized to perform: " + row.denied + " "
			why := " because no session policy allows the " + row.denied + " action"
			if !strings.HasPrefix(message, who) || !strings.HasSuffix(message, why) {
				t.Errorf("message %q, want %q … %q", message, who, why)
			}
		})
	}
	session.do(t, "GET", "/data/secret", "").wantElements(t, "Message", `User: arn:aws:sts::111122223333:assumed-role/open/test-session `+
		`is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::data/secret" because no session policy allows the s3:GetObject action`)
	if r := session.do(t, "HEAD", "/data", ""); r.status != 403 || r.body != "" {
		// HeadBucket needs s3:ListBucket, and has no prefix.
		t.Errorf("HEAD of the bucket: %d %q", r.status, r.body)
	} else {
		r.wantHeader(t, "X-Amz-Bucket-Region", "us-east-1") // which is no secret
	}
	all.do(t, "GET", "/data/secret", "").want(t, 200, "")

	t.Run("presigned", func(t *testing.T) {
		session.send(t, session.presign(t, "GET", "/data/reports/a", time.Hour)).want(t, 200, "")
		session.send(t, session.presign(t, "GET", "/data/secret", time.Hour)).want(t, 403, "AccessDenied")
		session.send(t, session.presign(t, "PUT", "/data/secret", time.Hour)).want(t, 403, "AccessDenied")
		session.send(t, session.presign(t, "GET", "/data?prefix=secret", time.Hour)).want(t, 403, "AccessDenied")
	})
	t.Run("form", func(t *testing.T) {
		any := []sigv4http.Condition{sigv4http.Exact("bucket", "data"), sigv4http.StartsWith("key", "")}
		session.post(t, "/data", any, "x", "key", "reports/form").want(t, 204, "")
		r := session.post(t, "/data", any, "x", "key", "secret")
		r.want(t, 403, "AccessDenied")
		if !strings.Contains(r.body, "s3:PutObject on resource: &quot;arn:aws:s3:::data/secret&quot;") {
			t.Error(r.body)
		}
		withACL := append(any, sigv4http.StartsWith("acl", ""))
		r = session.post(t, "/data", withACL, "x", "key", "reports/form", "acl", "private")
		r.want(t, 403, "AccessDenied")
		all.do(t, "GET", "/data/secret", "").wantBody(t, "content")
	})
}

func (r result) wantBody(t testing.TB, body string) {
	t.Helper()
	if r.status != 200 || r.body != body {
		t.Errorf("got %d %q, want 200 %q", r.status, r.body, body)
	}
}

func TestPoliciesOfUsersAndRoles(t *testing.T) {
	const allowAll = `{"Effect":"Allow","Action":"*","Resource":"*"}`
	for _, row := range []struct {
		name       string
		statements string // of the one policy
		method     string
		target     string
		headers    []string
		status     int
		why        string // the end of the message; "" is success
	}{
		{"allowed", `[` + allowAll + `]`, "GET", "/data/key", nil, 200, ""},
		{"not allowed", `[{"Effect":"Allow","Action":"s3:PutObject","Resource":"*"}]`, "GET", "/data/key", nil, 403, "because no identity-based policy allows the s3:GetObject action"},
		{"other resource", `[{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::data/other*"}]`, "GET", "/data/key", nil, 403, "because no identity-based policy allows the s3:GetObject action"},
		{"denied", `[` + allowAll + `,{"Sid":"NoKey","Effect":"Deny","Action":"s3:Get*","Resource":"arn:aws:s3:::data/k?y"}]`, "GET", "/data/key", nil, 403, "with an explicit deny in an identity-based policy"},
		{"all but", `[{"Effect":"Allow","NotAction":"s3:Delete*","Resource":"*"}]`, "DELETE", "/data/key", nil, 403, "because no identity-based policy allows the s3:DeleteObject action"},

		{"all buckets", `[{"Effect":"Allow","Action":"s3:ListAllMyBuckets","Resource":"arn:aws:s3:::*"}]`, "GET", "/", nil, 200, ""},
		{"prefix", `[{"Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::data","Condition":{"StringEquals":{"s3:prefix":["","home/"]}}}]`, "GET", "/data?prefix=", nil, 200, ""},
		{"delimiter", `[{"Effect":"Allow","Action":"s3:ListBucket","Resource":"*","Condition":{"StringEquals":{"s3:delimiter":"/"}}}]`, "GET", "/data?delimiter=%2F", nil, 200, ""},
		{"no delimiter", `[{"Effect":"Allow","Action":"s3:ListBucket","Resource":"*","Condition":{"StringEquals":{"s3:delimiter":"/"}}}]`, "GET", "/data", nil, 403, "allows the s3:ListBucket action"},
		{"few keys", `[{"Effect":"Allow","Action":"s3:ListBucket","Resource":"*","Condition":{"NumericLessThanEquals":{"s3:max-keys":"10"}}}]`, "GET", "/data?list-type=2&max-keys=10", nil, 200, ""},
		{"many keys", `[{"Effect":"Allow","Action":"s3:ListBucket","Resource":"*","Condition":{"NumericLessThanEquals":{"s3:max-keys":"10"}}}]`, "GET", "/data?list-type=2&max-keys=11", nil, 403, "allows the s3:ListBucket action"},

		{"as many keys as there are without max-keys", `[{"Effect":"Allow","Action":"s3:ListBucket","Resource":"*","Condition":{"NumericLessThanEquals":{"s3:max-keys":"1000"}}}]`, "GET", "/data", nil, 200, ""},
		{"few keys, and nothing said", `[{"Effect":"Allow","Action":"s3:ListBucket","Resource":"*","Condition":{"NumericLessThanEquals":{"s3:max-keys":"10"}}}]`, "GET", "/data", nil, 403, "allows the s3:ListBucket action"},
		{"a prefix is a key of listings only", `[{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringLike":{"s3:prefix":"reports/*"}}}]`, "GET", "/data/key?prefix=reports/", nil, 403, "allows the s3:GetObject action"},
		{"nor of the permission to know that a key is missing", `[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"},{"Effect":"Allow","Action":"s3:ListBucket","Resource":"*","Condition":{"StringLike":{"s3:prefix":"*"}}}]`, "GET", "/data/none?prefix=", nil, 403, "allows the s3:ListBucket action"},
		{"directly", `[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"aws:ViaAWSService":"false","aws:PrincipalIsAWSService":"false"}}}]`, "GET", "/data/key", nil, 200, ""},
		{"making an object", `[{"Effect":"Allow","Action":"s3:PutObject","Resource":"*","Condition":{"Bool":{"s3:ObjectCreationOperation":"true"}}}]`, "PUT", "/data/new", nil, 200, ""},
		{"not making one", `[{"Effect":"Allow","Action":"s3:PutObject","Resource":"*","Condition":{"Bool":{"s3:ObjectCreationOperation":"false"}}}]`, "PUT", "/data/new", nil, 403, "s3:PutObject action"},
		{"locking", `[` + allowAll + `,{"Effect":"Deny","Action":"s3:PutObject","Resource":"*","Condition":{"StringEquals":{"s3:object-lock-mode":"COMPLIANCE"}}}]`, "PUT", "/data/new", []string{"X-Amz-Object-Lock-Mode", "COMPLIANCE"}, 403, "explicit deny in an identity-based policy"},
		{"not locking", `[{"Effect":"Allow","Action":"s3:PutObject","Resource":"*","Condition":{"StringEquals":{"s3:object-lock-mode":"GOVERNANCE"}}}]`, "PUT", "/data/new", []string{"Object-Lock-Mode", "GOVERNANCE"}, 403, "s3:PutObject action"},
		{"a claim that is no header of S3's", `[{"Effect":"Allow","Action":"s3:PutObject","Resource":"*","Condition":{"Null":{"s3:if-none-match":"false"}}}]`, "PUT", "/data/new", []string{"X-Amz-If-None-Match", "*"}, 403, "s3:PutObject action"},
		{"permanent keys", `[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Null":{"aws:TokenIssueTime":"true"},"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:user/*"}}}]`, "GET", "/data/key", nil, 200, ""},
		{"only over TLS", `[` + allowAll + `,{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}]`, "GET", "/data/key", nil, 403, "explicit deny in an identity-based policy"},
		{"by principal", `[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::123456789012:user/*"}}}]`, "GET", "/data/key", nil, 200, ""},
		{"by another principal", `[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::123456789012:user/other"}}}]`, "GET", "/data/key", nil, 403, "s3:GetObject action"},
		{"own folder", `[{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::data/${aws:username}/*"}]`, "PUT", "/data/" + testKey + "/x", nil, 200, ""},
		{"another's folder", `[{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::data/${aws:username}/*"}]`, "PUT", "/data/OTHER/x", nil, 403, "s3:PutObject action"},
		{"by address", `[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"127.0.0.0/8"}}}]`, "GET", "/data/key", nil, 200, ""},
		{"by time", `[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"DateLessThan":{"aws:CurrentTime":"2000-01-01T00:00:00Z"}}}]`, "GET", "/data/key", nil, 403, "s3:GetObject action"},
		{"by agent", `[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringLike":{"aws:UserAgent":"tester/*"}}}]`, "GET", "/data/key", []string{"User-Agent", "tester/1"}, 200, ""},
		{"by owner", `[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"s3:ResourceAccount":"123456789012"}}}]`, "GET", "/data/key", nil, 200, ""},
		{"only in the header", `[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"s3:authType":"REST-HEADER"}}}]`, "GET", "/data/key", nil, 200, ""},
		{"encrypted", `[{"Effect":"Allow","Action":"s3:PutObject","Resource":"*","Condition":{"StringEquals":{"s3:x-amz-server-side-encryption":"AES256"}}}]`, "PUT", "/data/new", []string{"X-Amz-Server-Side-Encryption", "AES256"}, 200, ""},
		{"not encrypted", `[{"Effect":"Allow","Action":"s3:PutObject","Resource":"*","Condition":{"StringEquals":{"s3:x-amz-server-side-encryption":"AES256"}}}]`, "PUT", "/data/new", nil, 403, "s3:PutObject action"},
		{"unsigned payload", `[` + allowAll + `,{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringEquals":{"s3:x-amz-content-sha256":"UNSIGNED-PAYLOAD"}}}]`, "PUT", "/data/new", []string{"X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD"}, 403, "explicit deny in an identity-based policy"},
		{"only once", `[{"Effect":"Allow","Action":"s3:PutObject","Resource":"*","Condition":{"Null":{"s3:if-none-match":"false"}}}]`, "PUT", "/data/key", nil, 403, "s3:PutObject action"},
		{"overwriting needs reading", `[{"Effect":"Allow","Action":"s3:PutObject","Resource":"*"}]`, "PUT", "/data/key", []string{"If-Match", "etag"}, 403, "s3:GetObject action"},
		{"tags need their own", `[{"Effect":"Allow","Action":"s3:PutObject","Resource":"*"}]`, "PUT", "/data/key", []string{"X-Amz-Tagging", "a=b"}, 403, "s3:PutObjectTagging action"},
		{"missing key, may list", `[{"Effect":"Allow","Action":["s3:GetObject","s3:ListBucket"],"Resource":"*"}]`, "GET", "/data/none", nil, 404, "The specified key does not exist."},
		{"missing key, may not list", `[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]`, "GET", "/data/none", nil, 403, "because no identity-based policy allows the s3:ListBucket action"},
		{"missing key, may not get", `[{"Effect":"Allow","Action":"s3:ListBucket","Resource":"*"}]`, "GET", "/data/none", nil, 403, "because no identity-based policy allows the s3:GetObject action"},
	} {
		t.Run(row.name, func(t *testing.T) {
			doc := policyOf(t, row.statements)
			const admin = "AKIAADMINADMINADMIN1"
			srv := start(t, Config{
				Users: append(userWith(doc), User{AccessKeyID: admin, SecretAccessKey: otherKeyMe}),
				Roles: []Role{{ARN: "arn:aws:iam::123456789012:role/tester", Policies: []policy.Document{doc}, Trusted: []string{admin}}},
			})
			user := newClient(srv)
			boss := *user
			boss.cred = newCredentials(admin, otherKeyMe)
			boss.put(t, "/data/key", "content")
			check := func(c *client) {
				t.Helper()
				r := c.do(t, row.method, row.target, "", row.headers...)
				if row.why == "" {
					r.want(t, row.status, "")
					return
				}
				if r.status != row.status || !strings.HasSuffix(r.element(t, "Message"), row.why) {
					t.Errorf("got %d, want %d … %q:\n%s", r.status, row.status, row.why, r.body)
				}
			}
			check(user)
			if !strings.Contains(row.statements, "user") { // where it does not matter who asks, a role is no different
				check(boss.begin(t, "arn:aws:iam::123456789012:role/tester"))
			}
		})
	}
}

// TestAllOfAnIdentitysPoliciesCount: one must allow, none may deny; and an empty
// list allows nothing.
func TestAllOfAnIdentitysPoliciesCount(t *testing.T) {
	get := policyOf(t, `[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]`)
	put := policyOf(t, `[{"Effect":"Allow","Action":"s3:PutObject","Resource":"*"}]`)
	noGet := policyOf(t, `[{"Effect":"Deny","Action":"s3:GetObject","Resource":"*"}]`)
	for _, row := range []struct {
		name     string
		docs     []policy.Document
		get, put int
	}{
		{"both allow", []policy.Document{put, get}, 200, 200},
		{"one denies", []policy.Document{get, put, noGet}, 403, 200},
		{"none", []policy.Document{}, 403, 403},
		{"nil", nil, 200, 200},
	} {
		t.Run(row.name, func(t *testing.T) {
			users := []User{{AccessKeyID: testKey, SecretAccessKey: testSecret, Policies: row.docs}, {AccessKeyID: otherKey, SecretAccessKey: otherKeyMe}}
			c := newClient(start(t, Config{Users: users}))
			c.as(newCredentials(otherKey, otherKeyMe)).put(t, "/data/key", "x")
			if r := c.do(t, "GET", "/data/key", ""); r.status != row.get {
				t.Errorf("GET: %d, want %d", r.status, row.get)
			}
			if r := c.do(t, "PUT", "/data/key", ""); r.status != row.put {
				t.Errorf("PUT: %d, want %d", r.status, row.put)
			}
		})
	}
}

// TestASessionPolicyGivesNothing that the role does not have.
func TestASessionPolicyGivesNothing(t *testing.T) {
	role := Role{ARN: openRole, Policies: []policy.Document{
		policyOf(t, `[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"},{"Effect":"Deny","Action":"s3:GetObject","Resource":"arn:aws:s3:::data/secret"}]`),
	}}
	c := newClient(start(t, Config{Roles: []Role{role}}))
	c.put(t, "/data/key", "x")
	c.put(t, "/data/secret", "x")
	session := c.begin(t, openRole, "Policy", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`)
	session.do(t, "GET", "/data/key", "").want(t, 200, "")
	for _, row := range []struct{ method, target, why string }{
		{"PUT", "/data/key", "because no identity-based policy allows the s3:PutObject action"},
		{"GET", "/data/secret", "with an explicit deny in an identity-based policy"},
	} {
		r := session.do(t, row.method, row.target, "")
		r.want(t, 403, "AccessDenied")
		if got := r.element(t, "Message"); !strings.HasSuffix(got, row.why) {
			t.Errorf("message %q, want … %q", got, row.why)
		}
	}
	denying := c.begin(t, openRole, "Policy", `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:GetObject","Resource":"*"},{"Effect":"Allow","Action":"*","Resource":"*"}]}`)
	r := denying.do(t, "GET", "/data/key", "")
	r.want(t, 403, "AccessDenied")
	if got := r.element(t, "Message"); !strings.HasSuffix(got, "with an explicit deny in a session policy") {
		t.Errorf("message %q", got)
	}
}

func TestExpectedBucketOwner(t *testing.T) {
	c := newClient(start(t, Config{Buckets: []string{"data", "theirs"}, Owners: map[string]string{"theirs": "111122223333"}}))
	c.put(t, "/data/key", "x")
	c.put(t, "/theirs/key", "x")
	const header = "X-Amz-Expected-Bucket-Owner"
	for _, row := range []struct {
		name     string
		method   string
		target   string
		expected string
		status   int
		code     string
	}{
		{"ours", "GET", "/data/key", account, 200, ""},
		{"theirs", "GET", "/theirs/key", "111122223333", 200, ""},
		{"theirs in place of ours", "GET", "/theirs/key", account, 403, "AccessDenied"},
		{"write", "PUT", "/theirs/key", account, 403, "AccessDenied"},
		{"delete", "DELETE", "/theirs/key", account, 403, "AccessDenied"},
		{"list", "GET", "/theirs?list-type=2", account, 403, "AccessDenied"},
		{"location", "GET", "/theirs?location", account, 403, "AccessDenied"},
		{"delete the bucket", "DELETE", "/theirs", account, 403, "AccessDenied"},
		{"no account ID", "GET", "/theirs/key", "1111", 400, "InvalidBucketOwnerAWSAccountID"},
		{"bucket that is not there", "GET", "/missing/key", account, 404, "NoSuchBucket"},
		{"operations without it", "GET", "/", "111122223333", 200, ""},
		{"copy", "PUT", "/theirs/copy", "111122223333", 200, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			headers := []string{header, row.expected}
			if row.name == "copy" {
				headers = append(headers, "X-Amz-Copy-Source", "data/key", "X-Amz-Source-Expected-Bucket-Owner", account)
			}
			c.do(t, row.method, row.target, "", headers...).want(t, row.status, row.code)
		})
	}
	if r := c.do(t, "HEAD", "/theirs", "", header, account); r.status != 403 {
		t.Errorf("HEAD: %d", r.status)
	}
	c.do(t, "PUT", "/data/copy", "", header, account, "X-Amz-Copy-Source", "theirs/key", "X-Amz-Source-Expected-Bucket-Owner", account).want(t, 403, "AccessDenied")
	c.send(t, c.presign(t, "GET", "/theirs/key?x-amz-expected-bucket-owner="+account, time.Hour)).want(t, 403, "AccessDenied")
	c.post(t, "/theirs", []sigv4http.Condition{sigv4http.Exact("bucket", "theirs"), sigv4http.Exact("key", "k"), sigv4http.Exact("x-amz-expected-bucket-owner", account)}, "x").want(t, 403, "AccessDenied")
}

// TestConditionsOnTheTransport, over TLS and without.
func TestConditionsOnTheTransport(t *testing.T) {
	secure := policyOf(t, `[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"true"},"NumericGreaterThanEquals":{"s3:TlsVersion":"1.2"}}}]`)
	srv := start(t, Config{Users: userWith(secure)})
	outer := httptest.NewTLSServer(srv)
	defer outer.Close()
	c := newClient(srv)
	c.do(t, "PUT", "/data/key", "").want(t, 403, "AccessDenied")
	over := *c
	over.host = outer.Listener.Addr().String()
	req := over.request(t, "PUT", "/data/key", "", "X-Amz-Content-Sha256", sigv4.EmptyPayload().String())
	over.sign(t, "s3", req, sigv4.EmptyPayload())
	req.URL.Scheme, req.URL.Host = "https", over.host
	resp, err := outer.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != 200 {
		t.Errorf("over TLS: %d", resp.StatusCode)
	}
}

// TestTheSourceOfACopyHasItsOwnOwner, and its own conditions.
func TestTheSourceOfACopyHasItsOwnOwner(t *testing.T) {
	ours := policyOf(t, `[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:ResourceAccount":"123456789012"}}}]`)
	admin := User{AccessKeyID: otherKey, SecretAccessKey: otherKeyMe}
	c := newClient(start(t, Config{Users: append(userWith(ours), admin), Buckets: []string{"data", "theirs"}, Owners: map[string]string{"theirs": "111122223333"}}))
	c.as(newCredentials(otherKey, otherKeyMe)).put(t, "/theirs/key", "x")
	c.put(t, "/data/key", "x")
	r := c.do(t, "PUT", "/data/copy", "", "X-Amz-Copy-Source", "theirs/key")
	r.want(t, 403, "AccessDenied")
	if got := r.element(t, "Message"); !strings.Contains(got, `s3:GetObject on resource: "arn:aws:s3:::theirs/key"`) {
		t.Error(got)
	}
}

func TestPresignedURLsHaveAnAge(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	young := policyOf(t, `[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"s3:authType":"REST-QUERY-STRING"},"NumericLessThanEquals":{"s3:signatureAge":"600000"}}}]`)
	c := newClient(start(t, Config{Users: userWith(young), Now: func() time.Time { return now }}))
	put := c.presign(t, http.MethodPut, "/data/key", time.Hour)
	now = now.Add(10 * time.Minute)
	c.send(t, put).want(t, 200, "")
	now = now.Add(time.Second)
	c.send(t, put).want(t, 403, "AccessDenied")
	c.do(t, "PUT", "/data/key", "").want(t, 403, "AccessDenied")
}
