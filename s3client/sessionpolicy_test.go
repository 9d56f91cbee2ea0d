package s3client_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/sts/policy"
)

// sessionOf is the session policy of a connection, and its text.
func sessionOf(t testing.TB, c s3client.Connection) (policy.Document, string) {
	t.Helper()
	text := c.SessionPolicy()
	d, err := policy.Parse([]byte(text))
	if err != nil {
		t.Fatalf("the session policy %s is none: %v", text, err)
	}
	return d, text
}

// may is what a session may do, if the role may do everything.
func may(d policy.Document, action, resource string, context map[string][]string) bool {
	decision, _ := d.Decide(policy.Request{Principal: "arn:aws:sts::123456789012:assumed-role/reader/sigvier", Action: action, Resource: resource, Context: context})
	return decision == policy.Allowed
}

func prefixed(prefix string) map[string][]string { return map[string][]string{"s3:prefix": {prefix}} }

func TestSessionPolicyKeepsToTheRestrictions(t *testing.T) {
	const object, bucket = "arn:aws:s3:::data/", "arn:aws:s3:::data"
	const directory = "data--euc1-az1--x-s3"
	const express = "arn:aws:s3express:eu-central-1:123456789012:bucket/" + directory
	type request struct {
		action, resource string
		context          map[string][]string
	}
	all := s3client.MayList | s3client.MayRead | s3client.MayWrite | s3client.MayDelete
	for _, test := range []struct {
		name           string
		edit           func(*s3client.Connection)
		allows, denies []request
	}{
		{"a bucket", func(c *s3client.Connection) { c.RestrictToBucket = "data" },
			[]request{{"s3:GetObject", object + "k", nil}, {"s3:PutObject", object + "a/b", nil}, {"s3:DeleteObject", object + "k", nil}, {"s3:DeleteObjectVersion", object + "k", nil},
				{"s3:ListBucket", bucket, nil}, {"s3:ListBucket", bucket, prefixed("any")}, {"s3:CreateBucket", bucket, nil}, {"s3:DeleteBucket", bucket, nil}},
			[]request{{"s3:GetObject", "arn:aws:s3:::data2/k", nil}, {"s3:ListBucket", "arn:aws:s3:::other", nil}, {"s3:ListAllMyBuckets", "*", nil},
				{"s3:PutBucketPolicy", bucket, nil}, {"s3:PutBucketAcl", bucket, nil}, {"s3:DeleteObjectTagging", "arn:aws:s3:::other/k", nil}, {"iam:PassRole", "*", nil}, {"sts:AssumeRole", "*", nil}}},
		{"a folder", func(c *s3client.Connection) { c.RestrictToBucket, c.RestrictToPath = "data", "reports/" },
			[]request{{"s3:GetObject", object + "reports/a", nil}, {"s3:PutObject", object + "reports/a/b", nil}, {"s3:ListBucket", bucket, prefixed("reports/")},
				{"s3:ListBucket", bucket, prefixed("reports/a")}, {"s3:GetBucketLocation", bucket, nil}},
			[]request{{"s3:GetObject", object + "reports", nil}, {"s3:GetObject", object + "reports-old/a", nil}, {"s3:GetObject", object + "Reports/a", nil},
				{"s3:ListBucket", bucket, nil}, {"s3:ListBucket", bucket, prefixed("")}, {"s3:ListBucket", bucket, prefixed("reports")},
				{"s3:ListBucket", bucket, prefixed("reports-old/")}, {"s3:DeleteBucket", bucket, nil}, {"s3:CreateBucket", bucket, nil}}},
		{"a key, or the folder of its name", func(c *s3client.Connection) { c.RestrictToBucket, c.RestrictToPath = "data", "reports" },
			[]request{{"s3:GetObject", object + "reports", nil}, {"s3:GetObject", object + "reports/a", nil}, {"s3:ListBucket", bucket, prefixed("reports/")}},
			[]request{{"s3:GetObject", object + "reports2", nil}, {"s3:GetObject", object + "reports-old/a", nil}, {"s3:ListBucket", bucket, prefixed("reports")}}},
		{"a path with wildcards and variables", func(c *s3client.Connection) { c.RestrictToBucket, c.RestrictToPath = "data", "a*?/${aws:username}/" },
			[]request{{"s3:GetObject", object + "a*?/${aws:username}/k", nil}, {"s3:ListBucket", bucket, prefixed("a*?/${aws:username}/")}},
			[]request{{"s3:GetObject", object + "abc/${aws:username}/k", nil}, {"s3:GetObject", object + "a*?/x/k", nil}}},
		{"to list and to read", func(c *s3client.Connection) {
			c.RestrictToBucket, c.Permissions = "data", s3client.MayList|s3client.MayRead
		},
			[]request{{"s3:GetObject", object + "k", nil}, {"s3:ListBucket", bucket, nil}},
			[]request{{"s3:PutObject", object + "k", nil}, {"s3:DeleteObject", object + "k", nil}, {"s3:DeleteObjectVersion", object + "k", nil},
				{"s3:CreateBucket", bucket, nil}, {"s3:DeleteBucket", bucket, nil}}},
		{"to write", func(c *s3client.Connection) {
			c.RestrictToBucket, c.RestrictToPath, c.Permissions = "data", "in/", s3client.MayWrite
		},
			[]request{{"s3:PutObject", object + "in/k", nil}, {"s3:AbortMultipartUpload", object + "in/k", nil}, {"s3:PutObjectVersionTagging", object + "in/k", nil}, {"s3:RestoreObject", object + "in/k", nil}},
			[]request{{"s3:PutObjectAcl", object + "in/k", nil}, {"s3:PutObjectVersionAcl", object + "in/k", nil}, {"s3:DeleteObject", object + "in/k", nil}, {"s3:DeleteObjectVersion", object + "in/k", nil}, {"s3:GetObject", object + "in/k", nil}, {"s3:ListBucket", bucket, prefixed("in/")}, {"s3:PutObject", object + "k", nil}}},
		{"everything by name", func(c *s3client.Connection) { c.RestrictToBucket, c.Permissions = "data", all },
			[]request{{"s3:DeleteObject", object + "k", nil}}, []request{{"s3:GetObject", "arn:aws:s3:::other/k", nil}}},
		{"to read, in all buckets", func(c *s3client.Connection) { c.Permissions = s3client.MayRead },
			[]request{{"s3:GetObject", object + "k", nil}, {"s3:GetObject", "arn:aws:s3:::other/k", nil}},
			[]request{{"s3:PutObject", object + "k", nil}, {"s3:ListBucket", bucket, nil}, {"s3:ListAllMyBuckets", "*", nil}}},
		{"to list, in all buckets", func(c *s3client.Connection) { c.Permissions = s3client.MayList },
			[]request{{"s3:ListBucket", bucket, nil}, {"s3:ListAllMyBuckets", "*", nil}}, []request{{"s3:GetObject", object + "k", nil}}},
		{"a directory bucket", func(c *s3client.Connection) { c.RestrictToBucket = directory },
			[]request{{"s3express:CreateSession", express, nil}, {"s3express:CreateBucket", express, nil}, {"s3express:DeleteBucket", express, nil}},
			[]request{{"s3express:CreateSession", express + "2", nil}}},
		{"a directory bucket, to read", func(c *s3client.Connection) { c.RestrictToBucket, c.Permissions = directory, s3client.MayRead },
			[]request{{"s3express:CreateSession", express, map[string][]string{"s3express:SessionMode": {"ReadOnly"}}}},
			[]request{{"s3express:CreateSession", express, map[string][]string{"s3express:SessionMode": {"ReadWrite"}}}, {"s3express:CreateSession", express, nil}, {"s3express:DeleteBucket", express, nil}}},
		{"keys of KMS for S3 alone", func(c *s3client.Connection) { c.RestrictToBucket, c.Permissions = "data", s3client.MayRead },
			[]request{{"kms:Decrypt", "arn:aws:kms:eu-central-1:123456789012:key/k", map[string][]string{"kms:ViaService": {"s3.eu-central-1.amazonaws.com"}}}},
			[]request{{"kms:Decrypt", "arn:aws:kms:eu-central-1:123456789012:key/k", nil},
				{"kms:Decrypt", "arn:aws:kms:eu-central-1:123456789012:key/k", map[string][]string{"kms:ViaService": {"ec2.eu-central-1.amazonaws.com"}}},
				{"kms:GenerateDataKey", "arn:aws:kms:eu-central-1:123456789012:key/k", map[string][]string{"kms:ViaService": {"s3.eu-central-1.amazonaws.com"}}}}},
		{"a bucket in China", func(c *s3client.Connection) {
			c.RestrictToBucket, c.Region, c.IAMRoleARN = "data", "cn-north-1", "arn:aws-cn:iam::123456789012:role/reader"
		}, []request{{"s3:GetObject", "arn:aws-cn:s3:::data/k", nil}}, []request{{"s3:GetObject", object + "k", nil}}},
		{"a bucket of MinIO's", func(c *s3client.Connection) {
			c.RestrictToBucket, c.Endpoint, c.IAMRoleARN = "data", "http://127.0.0.1:9000", "arn:minio:iam:::role/reader"
		}, []request{{"s3:GetObject", object + "k", nil}}, []request{{"kms:Decrypt", "*", map[string][]string{"kms:ViaService": {"s3.eu-central-1.amazonaws.com"}}}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := byRole()
			test.edit(&c)
			if err := c.Validate(); err != nil {
				t.Fatal(err)
			}
			d, text := sessionOf(t, c)
			for _, r := range test.allows {
				if !may(d, r.action, r.resource, r.context) {
					t.Errorf("%s on %s %v is denied by %s", r.action, r.resource, r.context, text)
				}
			}
			for _, r := range test.denies {
				if may(d, r.action, r.resource, r.context) {
					t.Errorf("%s on %s %v is allowed by %s", r.action, r.resource, r.context, text)
				}
			}
		})
	}
}

// The names of buckets have the role's partition, whichever it is.
func TestSessionPolicyInEveryPartition(t *testing.T) {
	for region, partition := range map[string]string{"eu-central-1": "aws", "cn-north-1": "aws-cn", "us-gov-west-1": "aws-us-gov", "us-iso-east-1": "aws-iso",
		"us-isob-east-1": "aws-iso-b", "eu-isoe-west-1": "aws-iso-e", "us-isof-south-1": "aws-iso-f", "eusc-de-east-1": "aws-eusc"} {
		c := byRole()
		c.Region, c.IAMRoleARN, c.RestrictToBucket, c.RestrictToPath = region, "arn:"+partition+":iam::123456789012:role/reader", "data", "reports/"
		if err := c.Validate(); err != nil || c.Partition() != partition || c.Access().Partition != partition {
			t.Errorf("%s: %v, partition %s", region, err, c.Partition())
		}
		d, text := sessionOf(t, c)
		for _, other := range []string{"aws", "aws-cn", "aws-us-gov", "aws-eusc", partition} {
			if got := may(d, "s3:GetObject", "arn:"+other+":s3:::data/reports/k", nil); got != (other == partition) {
				t.Errorf("%s: a key in %s is allowed: %v by %s", region, other, got, text)
			}
		}
	}
}

func TestSessionPolicyIsThereOnlyWhereItNarrows(t *testing.T) {
	for _, test := range []struct {
		name string
		form func() s3client.Connection
		edit func(*s3client.Connection)
	}{
		{"no restriction", byRole, func(*s3client.Connection) {}},
		{"an owner is no permission", byRole, func(c *s3client.Connection) { c.BucketOwner = "123456789012" }},
		{"no role", aws, func(c *s3client.Connection) { c.RestrictToBucket, c.Permissions = "data", s3client.MayRead }},
		{"switched off", byRole, func(c *s3client.Connection) { c.RestrictToBucket, c.NoSessionPolicy = "data", true }},
	} {
		c := test.form()
		test.edit(&c)
		if got := c.SessionPolicy(); got != "" {
			t.Errorf("%s: the session policy is %s", test.name, got)
		}
	}
}

// STS takes tab, line feed, carriage return and U+0020 to U+00FF, and 2048 of them.
func TestSessionPolicyHasTheCharactersOfSTS(t *testing.T) {
	for _, path := range []string{"日報/", "täglich/", "🙂", "a\u2028b/", "<&>/", `"\`, "a\ufffdb"} {
		c := byRole()
		c.RestrictToBucket, c.RestrictToPath = "data", path
		if err := c.Validate(); err != nil {
			t.Fatal(err)
		}
		d, text := sessionOf(t, c)
		for i := range len(text) {
			if text[i] < ' ' || text[i] > '~' {
				t.Fatalf("path %q: byte %q at %d of %s", path, text[i], i, text)
			}
		}
		if !may(d, "s3:GetObject", "arn:aws:s3:::data/"+strings.TrimSuffix(path, "/")+"/k", nil) {
			t.Errorf("path %q is not allowed by %s", path, text)
		}
	}
}

// The longest path that Validate admits is one that STS takes.
func TestSessionPolicyThatIsTooLong(t *testing.T) {
	admitted := 0
	for n := 1; n <= 1024; n++ {
		c := byRole()
		c.RestrictToBucket, c.RestrictToPath = "data", strings.Repeat("x", n-1)+"/"
		if n == 1 {
			c.RestrictToPath = "x"
		}
		size, err := utf8.RuneCountInString(c.SessionPolicy()), c.Validate()
		switch {
		case size <= 2048:
			admitted = n
			if err != nil {
				t.Fatalf("a path of %d bytes, %d characters of policy: %v", n, size, err)
			}
		default:
			wantErr(t, err, s3client.ErrInvalidConnection)
			if want := fmt.Sprintf("restrict_to_path makes the role's session policy %d characters long, and STS takes 2048", size); !strings.Contains(err.Error(), want) {
				t.Fatalf("%v does not say %q", err, want)
			}
		}
	}
	if admitted < 600 {
		t.Errorf("a path of %d bytes is too long already", admitted+1)
	}
}

// The role is assumed with the policy, and STS gets it as it is.
func TestRoleIsAssumedWithTheSessionPolicy(t *testing.T) {
	for _, off := range []bool{false, true} {
		c := byRole()
		c.AccessKeyID, c.SecretAccessKey = keyID, s3client.NewSecret(secret)
		c.RestrictToBucket, c.RestrictToPath, c.NoSessionPolicy = "data", "täglich/", off
		net := &recorder{answers: []answer{stsDenies}}
		_, err := open(t, c, &s3client.Options{Base: net}).Credentials(t.Context())
		wantErr(t, err)
		if len(net.bodies) != 1 {
			t.Fatalf("%d requests were sent, want one to STS", len(net.bodies))
		}
		form, err := url.ParseQuery(net.bodies[0])
		if err != nil {
			t.Fatal(err)
		}
		if got, want := form.Get("Policy"), c.SessionPolicy(); got != want || form.Has("Policy") == off {
			t.Errorf("switched off %v: the policy sent is %q, want %q", off, got, want)
		}
	}
}
