package checkup_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/s3client/checkup"
	"github.com/sigvier/sigvier/sts/policy"
)

// answering is a transport that answers the listings and the looks at a bucket in
// the service's place.
func answering(status int, code, message string, headers ...string) *watched {
	return &watched{before: func(req *http.Request) *http.Response {
		if !strings.Contains(req.Header.Get("Authorization"), "/s3/") {
			return nil
		}
		h := http.Header{}
		for i := 0; i < len(headers); i += 2 {
			h.Set(headers[i], headers[i+1])
		}
		body := ""
		if req.Method != http.MethodHead && code != "" {
			body = "<Error><Code>" + code + "</Code><Message>" + message + "</Message></Error>"
		}
		return &http.Response{StatusCode: status, Header: h, Body: readCloser(body), ContentLength: int64(len(body))}
	}}
}

// AWS's words say which kind of policy stands in the way.
func TestDenialsNameThePolicy(t *testing.T) {
	const who = "User: arn:aws:sts::123456789012:assumed-role/reader/sigvier is not authorized to perform: "
	const list = who + `s3:ListBucket on resource: "arn:aws:s3:::data" `
	for _, test := range []struct {
		name, message string
		policy        string // that lacks a statement, "" if none does
		action        string
		advice        string
	}{
		{"identity", list + "because no identity-based policy allows the s3:ListBucket action", "the permission policy of " + roleARN, "s3:ListBucket", ""},
		{"in older words", "Access Denied", "the permission policy of " + roleARN, "s3:ListBucket", ""},
		{"bucket policy", list + "because no resource-based policy allows the s3:ListBucket action", "the bucket's policy", "s3:ListBucket", ""},
		{"organization", list + "because no service control policy allows the s3:ListBucket action", "the organization's service control policies", "s3:ListBucket", ""},
		{"boundary", list + "because no permissions boundary allows the s3:ListBucket action", "the permissions boundary of the user or role", "s3:ListBucket", ""},
		{"VPC endpoint", list + "because no VPC endpoint policy allows the s3:ListBucket action", "the policy of the VPC endpoint", "s3:ListBucket", ""},
		{"session", list + "because no session policy allows the s3:ListBucket action", "", "s3:ListBucket", "restrict_to_bucket"},
		{"explicit deny", list + "with an explicit deny in a resource-based policy", "", "s3:ListBucket", "in the bucket's policy"},
		{"a key of KMS", who + "kms:Decrypt on resource: arn:aws:kms:us-east-1:123456789012:key/1 because no identity-based policy allows the kms:Decrypt action",
			"the permission policy of " + roleARN, "kms:Decrypt", ""},
		{"the policy of a key of KMS", who + "kms:Decrypt on resource: arn:aws:kms:us-east-1:123456789012:key/1 because no resource-based policy allows the kms:Decrypt action",
			"the key policy of arn:aws:kms:us-east-1:123456789012:key/1", "kms:Decrypt", ""},
		{"resource control policy", list + "because no resource control policy allows the s3:ListBucket action", "the organization's resource control policies", "s3:ListBucket", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := check(t, t.Context(), roleForm(serve(t)), checkup.Options{Base: answering(403, "AccessDenied", test.message)})
			want(t, r, map[string]string{"bucket": "ok: may not be looked at", "list": "failed: denied: " + test.action})
			c := named(t, r, "list")
			var policies, actions []string
			for _, m := range c.Missing {
				policies, actions = append(policies, m.Policy), append(actions, m.Statement.Action...)
			}
			var wantPolicies, wantActions []string
			if test.policy != "" {
				wantPolicies, wantActions = []string{test.policy}, []string{test.action}
			}
			if diff := cmp.Diff(wantPolicies, policies) + cmp.Diff(wantActions, actions); diff != "" {
				t.Errorf("missing (-want +got)\n%s", diff)
			}
			// The policies of resources say whom they allow something, those of identities must not.
			for _, m := range c.Missing {
				d := policy.Document{Version: policy.Version, Statements: []policy.Statement{m.Statement}}
				use := policy.OfIdentity
				if strings.Contains(test.name, "bucket policy") || strings.Contains(test.name, "the policy of a key") || strings.Contains(test.name, "VPC") || strings.Contains(test.name, "resource control") {
					use = policy.OfResource
				}
				if err := d.ValidateFor(use); err != nil {
					t.Errorf("the statement %v cannot be added: %v", m.Statement, err)
				}
				if use == policy.OfResource && !slices.Equal(m.Statement.Principal.AWS, []string{roleARN}) {
					t.Errorf("the statement %v is not for the role", m.Statement)
				}
			}
			if !strings.Contains(strings.Join(c.Advice, " "), test.advice) || c.Cause != checkup.Denied {
				t.Errorf("%+v", c)
			}
		})
	}
	t.Run("another account's bucket", func(t *testing.T) {
		c := roleForm(serve(t))
		c.BucketOwner = "666666666666"
		r := check(t, t.Context(), c, checkup.Options{Base: answering(403, "AccessDenied", "Access Denied")})
		got := named(t, r, "list")
		if len(got.Advice) != 1 || !strings.Contains(got.Advice[0], "so its policy must allow it, too") || len(got.Missing) != 2 {
			t.Fatalf("%+v", got)
		}
		if m := got.Missing[1]; m.Policy != "the bucket's policy" || !slices.Equal(m.Statement.Principal.AWS, []string{roleARN}) || !slices.Equal(m.Statement.Action, []string{"s3:ListBucket"}) {
			t.Errorf("in the bucket's policy there lacks %v", m)
		}
	})
}

func TestWhatABucketMayAnswer(t *testing.T) {
	for _, test := range []struct {
		name  string
		base  *watched
		want  string
		cause checkup.Cause
	}{
		{"a redirection", answering(301, "PermanentRedirect", "no", "X-Amz-Bucket-Region", "eu-west-1"), "failed: is in region eu-west-1, not in us-east-1", checkup.Other},
		{"a redirection without a region", answering(307, "TemporaryRedirect", "no"), "failed: in another region than us-east-1", checkup.Other},
		{"another region, forgiven, of no S3 at all", answering(200, "", "", "X-Amz-Bucket-Region", "eu-west-1"), "warning: in eu-west-1", checkup.Other},
		{"expired", answering(400, "ExpiredToken", "no"), "failed: refused: ExpiredToken", checkup.Denied},
		{"unknown key", answering(403, "InvalidAccessKeyId", "no"), "failed: refused: InvalidAccessKeyId", checkup.Denied},
		{"something else", answering(418, "Teapot", "no"), "failed: refused: Teapot", checkup.Other},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := check(t, t.Context(), roleForm(serve(t)), checkup.Options{Base: test.base})
			want(t, r, map[string]string{"role": "ok: ", "bucket": test.want})
			if r.Cause() != test.cause { // where the bucket does not fail, its listing does
				t.Errorf("cause %q, want %q", r.Cause(), test.cause)
			}
		})
	}
	t.Run("HEAD alone is refused", func(t *testing.T) {
		refusing := &watched{before: func(req *http.Request) *http.Response {
			if req.Method != http.MethodHead || req.Header.Get("Authorization") == "" {
				return nil
			}
			return &http.Response{StatusCode: 403, Header: http.Header{"X-Amz-Bucket-Region": {"us-east-1"}}, Body: http.NoBody}
		}}
		want(t, check(t, t.Context(), roleForm(serve(t)), checkup.Options{Base: refusing}), map[string]string{"bucket": "ok: s3://data is there, in us-east-1", "list": "ok: "})
	})
	t.Run("buckets may not be listed", func(t *testing.T) {
		r := check(t, t.Context(), keyForm(serve(t)), checkup.Options{Base: answering(403, "AccessDenied", "Access Denied")})
		want(t, r, map[string]string{"list": "failed: denied: s3:ListAllMyBuckets"})
		if got := named(t, r, "list").Missing; len(got) != 1 || got[0].Statement.Action[0] != "s3:ListAllMyBuckets" || got[0].Policy != "a policy of arn:aws:iam::123456789012:user/"+keyID {
			t.Errorf("missing is %+v", got)
		}
	})
}

// A service that repeats what it was sent does not get it into the report.
func TestReportsHoldNoSecretThatAServiceRepeats(t *testing.T) {
	var token string
	srv := serve(t)
	repeating := answering(403, "AccessDenied", "")
	inner := repeating.before
	repeating.before = func(req *http.Request) *http.Response {
		resp := inner(req)
		if resp != nil && req.Method != http.MethodHead {
			token = req.Header.Get("X-Amz-Security-Token")
			resp.Body = readCloser("<Error><Code>AccessDenied</Code><Message>" + secret + " " + externalID + " " + token + "</Message></Error>")
			resp.ContentLength = -1
		}
		return resp
	}
	r := check(t, t.Context(), roleForm(srv), checkup.Options{Base: repeating})
	c := named(t, r, "list")
	if token == "" || strings.Contains(c.Service, token) || strings.Count(c.Service, "redacted") != 3 {
		t.Errorf("%+v", c)
	}
}

// In other partitions, the statements are of those.
func TestStatementsAreOfTheCallersPartition(t *testing.T) {
	srv := serve(t)
	base := answering(403, "AccessDenied", "Access Denied")
	inner := base.before
	base.before = func(req *http.Request) *http.Response {
		if resp := asksWho(req, 200, "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws-cn:iam::123456789012:user/u</Arn><UserId>1</UserId><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"); resp != nil {
			return resp
		}
		return inner(req)
	}
	c := keyForm(srv)
	c.RestrictToBucket, c.Permissions = "data", s3client.MayList
	r := check(t, t.Context(), c, checkup.Options{Base: base})
	if got := named(t, r, "list").Missing; len(got) != 1 || got[0].Statement.Resource[0] != "arn:aws-cn:s3:::data" {
		t.Errorf("missing is %+v", got)
	}
}
