package s3client_test

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sigvier/sigvier/s3client"
)

func byRole() s3client.Connection {
	c := awsForm("eu-central-1")
	c.AuthorizationType = s3client.IAMRole
	c.AccessKeyID, c.SecretAccessKey = "", s3client.Secret{}
	c.IAMRoleARN = roleARN
	return c
}

// invalid are forms with one wrong field each.
var invalid = []struct {
	name  string
	form  func() s3client.Connection
	spoil func(*s3client.Connection)
	field string // that the error must name, and no other
}{
	{"no type", aws, func(c *s3client.Connection) { c.AuthorizationType = "" }, "authorization_type"},
	{"unknown type", aws, func(c *s3client.Connection) { c.AuthorizationType = "IAM_ROLE" }, "authorization_type"},
	{"no key ID", aws, func(c *s3client.Connection) { c.AccessKeyID = "" }, "access_key_id"},
	{"secret that is too short", aws, func(c *s3client.Connection) { c.SecretAccessKey = s3client.NewSecret("too-short") }, "secret_access_key"},
	{"secret with its line end", aws, func(c *s3client.Connection) { c.SecretAccessKey = s3client.NewSecret(secret + "\n") }, "secret_access_key"},
	{"key ID with a blank", aws, func(c *s3client.Connection) { c.AccessKeyID += " " }, "access_key_id"},
	{"token with its line end", aws, func(c *s3client.Connection) { c.SessionToken = s3client.NewSecret("token\n") }, "session_token"},
	{"token without a key", byRole, func(c *s3client.Connection) { c.SessionToken = s3client.NewSecret("token") }, "session_token"},
	{"a secret behind $", aws, func(c *s3client.Connection) { c.SecretAccessKey = s3client.NewSecret("$AWS_SECRET_ACCESS_KEY") }, "secret_access_key"},
	{"no secret", aws, func(c *s3client.Connection) { c.SecretAccessKey = s3client.Secret{} }, "secret_access_key"},
	{"a role's ARN beside an access key", aws, func(c *s3client.Connection) { c.IAMRoleARN = roleARN }, "iam_role_arn"},
	{"a role's external ID beside an access key", aws, func(c *s3client.Connection) { c.ExternalID = externalID }, "external_id"},

	{"a session name beside an access key", aws, func(c *s3client.Connection) { c.SessionName = "nightly" }, "session_name"},
	{"a duration beside an access key", aws, func(c *s3client.Connection) { c.DurationSeconds = 900 }, "duration_seconds"},
	{"a session policy turned off beside an access key", aws, func(c *s3client.Connection) { c.NoSessionPolicy = true }, "no_session_policy"},
	{"a temporary key without its token", aws, func(c *s3client.Connection) { c.AccessKeyID = "ASIAIOSFODNN7EXAMPLE" }, "session_token"},
	{"an access key ID for the secret", aws, func(c *s3client.Connection) { c.SecretAccessKey = s3client.NewSecret("AKIAIOSFODNN7EXAMPLE") }, "secret_access_key"},
	{"the word for a token", aws, func(c *s3client.Connection) { c.SessionToken = s3client.NewSecret("REDACTED") }, "session_token"},
	{"a secret in no environment variable", aws, func(c *s3client.Connection) { c.SecretAccessKey = s3client.NewSecret("env:") }, "secret_access_key"},
	{"a secret behind env:", aws, func(c *s3client.Connection) { c.SecretAccessKey = s3client.NewSecret("env:" + secret) }, "secret_access_key"},
	{"a token in no file", aws, func(c *s3client.Connection) { c.SessionToken = s3client.NewSecret("file:") }, "session_token"},
	{"a key ID in two files", aws, func(c *s3client.Connection) { c.AccessKeyID = "file:a\nb" }, "access_key_id"},

	{"a name of two lines", aws, func(c *s3client.Connection) { c.Name = "daily\nreports" }, "connection_name"},
	{"a name that is not UTF-8", aws, func(c *s3client.Connection) { c.Name = "\xff" }, "connection_name"},
	{"a name too long", aws, func(c *s3client.Connection) { c.Name = strings.Repeat("ü", 257) }, "connection_name"},

	{"a role of no account", byRole, func(c *s3client.Connection) { c.IAMRoleARN = "arn:aws:iam:::role/reader" }, "iam_role_arn"},
	{"a role of another partition", byRole, func(c *s3client.Connection) { c.IAMRoleARN = "arn:aws-cn:iam::123456789012:role/reader" }, "iam_role_arn"},
	{"a role of no partition", byRole, func(c *s3client.Connection) { c.IAMRoleARN = "arn:aws-eu:iam::123456789012:role/reader" }, "iam_role_arn"},
	{"no role", byRole, func(c *s3client.Connection) { c.IAMRoleARN = "" }, "iam_role_arn"},
	{"a user's ARN", byRole, func(c *s3client.Connection) { c.IAMRoleARN = "arn:aws:iam::123456789012:user/reader" }, "iam_role_arn"},
	{"a session's ARN", byRole, func(c *s3client.Connection) { c.IAMRoleARN = "arn:aws:sts::123456789012:assumed-role/reader/me" }, "iam_role_arn"},
	{"a role's name", byRole, func(c *s3client.Connection) { c.IAMRoleARN = "reader" }, "iam_role_arn"},
	{"a role's name in words", byRole, func(c *s3client.Connection) { c.IAMRoleARN = "arn:aws:iam::123456789012:role/the reader" }, "iam_role_arn"},
	{"an ARN with a blank before it", byRole, func(c *s3client.Connection) { c.IAMRoleARN = " " + roleARN }, "iam_role_arn"},
	{"an ARN with its line end", byRole, func(c *s3client.Connection) { c.IAMRoleARN = roleARN + "\n" }, "iam_role_arn"},
	{"a role's name too long", byRole, func(c *s3client.Connection) {
		c.IAMRoleARN = "arn:aws:iam::123456789012:role/team/" + strings.Repeat("x", 65)
	}, "iam_role_arn"},
	{"a role's path too long", byRole, func(c *s3client.Connection) {
		c.IAMRoleARN = "arn:aws:iam::123456789012:role/" + strings.Repeat("x", 511) + "/reader"
	}, "iam_role_arn"},
	{"an account with hyphens", byRole, func(c *s3client.Connection) { c.IAMRoleARN = "arn:aws:iam::1234-5678-9012:role/reader" }, "iam_role_arn"},
	{"external ID too short", byRole, func(c *s3client.Connection) { c.ExternalID = "x" }, "external_id"},
	{"external ID too long", byRole, func(c *s3client.Connection) { c.ExternalID = strings.Repeat("x", 1225) }, "external_id"},
	{"external ID with a blank", byRole, func(c *s3client.Connection) { c.ExternalID = "customer 4711" }, "external_id"},
	{"session name with a slash", byRole, func(c *s3client.Connection) { c.SessionName = "a/b" }, "session_name"},
	{"session name too long", byRole, func(c *s3client.Connection) { c.SessionName = strings.Repeat("x", 65) }, "session_name"},
	{"session too short", byRole, func(c *s3client.Connection) { c.DurationSeconds = 899 }, "duration_seconds"},
	{"session too long", byRole, func(c *s3client.Connection) { c.DurationSeconds = 43201 }, "duration_seconds"},
	{"session of negative length", byRole, func(c *s3client.Connection) { c.DurationSeconds = -1 }, "duration_seconds"},
	{"base key ID alone", byRole, func(c *s3client.Connection) { c.AccessKeyID = keyID }, "secret_access_key"},
	{"base secret alone", byRole, func(c *s3client.Connection) { c.SecretAccessKey = s3client.NewSecret(secret) }, "access_key_id"},

	{"bucket in capitals", aws, func(c *s3client.Connection) { c.RestrictToBucket = "Data" }, "restrict_to_bucket"},
	{"bucket with a dot beside accelerate", aws, func(c *s3client.Connection) { c.RestrictToBucket, c.Accelerate = "my.data", true }, "accelerate"},
	{"the ARN of a bucket", aws, func(c *s3client.Connection) { c.RestrictToBucket = "arn:aws:s3:::data" }, "restrict_to_bucket"},
	{"the URL of a bucket", aws, func(c *s3client.Connection) { c.RestrictToBucket = "s3://data" }, "restrict_to_bucket"},
	{"a bucket and a path", aws, func(c *s3client.Connection) { c.RestrictToBucket = "data/reports" }, "restrict_to_bucket"},
	{"a directory bucket without its zone", aws, func(c *s3client.Connection) { c.RestrictToBucket = "data--x-s3" }, "restrict_to_bucket"},
	{"checksums now and then", aws, func(c *s3client.Connection) { c.Checksums = "sometimes" }, "checksums"},
	{"an unknown permission", aws, func(c *s3client.Connection) { c.Permissions = 1 << 5 }, "permissions"},
	{"an owner of eleven digits", aws, func(c *s3client.Connection) { c.BucketOwner = "12345678901" }, "bucket_owner"},
	{"an owner with hyphens", aws, func(c *s3client.Connection) { c.BucketOwner = "1234-5678-9012" }, "bucket_owner"},
	{"an owner's ARN", aws, func(c *s3client.Connection) { c.BucketOwner = "arn:aws:iam::123456789012:root" }, "bucket_owner"},
	{"an owner with its line end", aws, func(c *s3client.Connection) { c.BucketOwner = "123456789012\n" }, "bucket_owner"},
	{"path that begins with a slash", restricted, func(c *s3client.Connection) { c.RestrictToPath = "/reports/" }, "restrict_to_path"},
	{"path with a star", restricted, func(c *s3client.Connection) { c.RestrictToPath = "reports/*" }, "restrict_to_path"},
	{"path that is a URL", restricted, func(c *s3client.Connection) { c.RestrictToPath = "s3://data/reports/" }, "restrict_to_path"},
	{"path that is an ARN", restricted, func(c *s3client.Connection) { c.RestrictToPath = "arn:aws:s3:::data/reports/" }, "restrict_to_path"},
	{"path with its line end", restricted, func(c *s3client.Connection) { c.RestrictToPath = "reports/\n" }, "restrict_to_path"},
	{"path that is not UTF-8", restricted, func(c *s3client.Connection) { c.RestrictToPath = "\xff/" }, "restrict_to_path"},
	{"path with an encoded ..", restricted, func(c *s3client.Connection) { c.RestrictToPath = "reports/%2e%2e/" }, "restrict_to_path"},
	{"path with a backslash and ..", restricted, func(c *s3client.Connection) { c.RestrictToPath = `reports\..\x` }, "restrict_to_path"},
	{"path longer than a key", restricted, func(c *s3client.Connection) { c.RestrictToPath = strings.Repeat("x", 1025) }, "restrict_to_path"},
	{"path too long for a session policy", byRole, func(c *s3client.Connection) {
		c.RestrictToBucket, c.RestrictToPath = "data", strings.Repeat("x", 1000)+"/"
	}, "restrict_to_path"},
	{"path without a bucket", aws, func(c *s3client.Connection) { c.RestrictToPath = "reports/" }, "restrict_to_path"},
	{"path with ..", aws, func(c *s3client.Connection) { c.RestrictToBucket, c.RestrictToPath = "data", "reports/../x" }, "restrict_to_path"},
	{"path with .", aws, func(c *s3client.Connection) { c.RestrictToBucket, c.RestrictToPath = "data", "./reports" }, "restrict_to_path"},
	{"no region", aws, func(c *s3client.Connection) { c.Region = "" }, "region"},
	{"region in capitals", aws, func(c *s3client.Connection) { c.Region = "EU-CENTRAL-1" }, "region"},
	{"a region's name", aws, func(c *s3client.Connection) { c.Region = "frankfurt" }, "region"},
	{"a region without its number", aws, func(c *s3client.Connection) { c.Region = "eu-central" }, "region"},
	{"another service's region", aws, func(c *s3client.Connection) { c.Region = "auto" }, "region"},
	{"a Local Zone", aws, func(c *s3client.Connection) { c.Region = "us-west-2-lax-1a" }, "region"},
	{"region with a slash", aws, func(c *s3client.Connection) { c.Region = "eu/central" }, "region"},
	{"region with a line end", aws, func(c *s3client.Connection) { c.Region = "eu-central-1\n" }, "region"},
	{"region with a dot", aws, func(c *s3client.Connection) { c.Region = "evil.example" }, "region"},
	{"region that ends in a hyphen", aws, func(c *s3client.Connection) { c.Region = "eu-" }, "region"},
	{"region too long", aws, func(c *s3client.Connection) { c.Region = strings.Repeat("a", 64) }, "region"},
	{"an Availability Zone", aws, func(c *s3client.Connection) { c.Region = "eu-central-1a" }, "region"},
	{"a FIPS endpoint's name", aws, func(c *s3client.Connection) { c.Region = "fips-us-gov-west-1" }, "region"},
	{"a FIPS endpoint's other name", aws, func(c *s3client.Connection) { c.Region = "us-gov-west-1-fips" }, "region"},
	{"no one region", aws, func(c *s3client.Connection) { c.Region = "aws-global" }, "region"},
	{"too many threads", aws, func(c *s3client.Connection) { c.DownloadThreads = 257 }, "download_threads"},
	{"fewer than no threads", aws, func(c *s3client.Connection) { c.DownloadThreads = -1 }, "download_threads"},

	{"endpoint without a scheme", aws, func(c *s3client.Connection) { c.Endpoint = "s3.example.org" }, "endpoint"},
	{"endpoint without a scheme, with a port", aws, func(c *s3client.Connection) { c.Endpoint = "localhost:9000" }, "endpoint"},
	{"endpoint of another scheme", aws, func(c *s3client.Connection) { c.Endpoint = "ftp://s3.example.org" }, "endpoint"},
	{"endpoint without a host", aws, func(c *s3client.Connection) { c.Endpoint = "https:///x" }, "endpoint"},
	{"endpoint with a query", aws, func(c *s3client.Connection) { c.Endpoint = "https://s3.example.org/?x=1" }, "endpoint"},
	{"endpoint with a fragment", aws, func(c *s3client.Connection) { c.Endpoint = "https://s3.example.org/#x" }, "endpoint"},
	{"endpoint with a password", aws, func(c *s3client.Connection) { c.Endpoint = "https://user:password@s3.example.org" }, "endpoint"},
	{"endpoint with a control byte", aws, func(c *s3client.Connection) { c.Endpoint = "https://s3.example.org\n" }, "endpoint"},
	{"endpoint with a user", aws, func(c *s3client.Connection) { c.Endpoint = "https://user@s3.example.org" }, "endpoint"},
	{"endpoint with port 0", aws, func(c *s3client.Connection) { c.Endpoint = "https://s3.example.org:0" }, "endpoint"},
	{"endpoint with a port that is none", aws, func(c *s3client.Connection) { c.Endpoint = "https://s3.example.org:65536" }, "endpoint"},
	{"endpoint with an empty port", aws, func(c *s3client.Connection) { c.Endpoint = "https://s3.example.org:" }, "endpoint"},
	{"endpoint with a port alone", aws, func(c *s3client.Connection) { c.Endpoint = "https://:9000" }, "endpoint"},
	{"endpoint with ..", aws, func(c *s3client.Connection) { c.Endpoint = "https://s3.example.org/a/../b" }, "endpoint"},
	{"endpoint with an empty query", aws, func(c *s3client.Connection) { c.Endpoint = "https://s3.example.org/?" }, "endpoint"},
	{"endpoint with the bucket", aws, func(c *s3client.Connection) { c.Endpoint = "https://data.s3.eu-central-1.amazonaws.com" }, "endpoint"},
	{"endpoint of another region", aws, func(c *s3client.Connection) { c.Endpoint = "https://s3.us-west-2.amazonaws.com" }, "endpoint"},
	{"endpoint of another region, in its old form", aws, func(c *s3client.Connection) { c.Endpoint = "https://s3-us-west-2.amazonaws.com" }, "endpoint"},
	{"VPC endpoint of another region", aws, func(c *s3client.Connection) {
		c.Endpoint = "https://bucket.vpce-1a2b3c4d-5e6f.s3.us-west-2.vpce.amazonaws.com"
	}, "endpoint"},
	{"endpoint with the bucket as its path", aws, func(c *s3client.Connection) { c.Endpoint = "https://s3.eu-central-1.amazonaws.com/data" }, "endpoint"},
	{"endpoint of websites", aws, func(c *s3client.Connection) { c.Endpoint = "https://data.s3-website.eu-central-1.amazonaws.com" }, "endpoint"},
	{"endpoint that is the console", aws, func(c *s3client.Connection) {
		c.Endpoint = "https://eu-central-1.console.aws.amazon.com/s3/buckets/data"
	}, "endpoint"},
	{"endpoint of STS", aws, func(c *s3client.Connection) { c.Endpoint = "https://sts.eu-central-1.amazonaws.com" }, "endpoint"},
	{"endpoint of one's own with the bucket", restricted, func(c *s3client.Connection) { c.Endpoint = "https://data.s3.example.org" }, "endpoint"},
	{"accelerate in China", aws, func(c *s3client.Connection) { c.Region, c.Accelerate = "cn-north-1", true }, "accelerate"},
	{"FIPS in China", aws, func(c *s3client.Connection) { c.Region, c.FIPS = "cn-north-1", true }, "fips"},
	{"STS endpoint without a scheme", byRole, func(c *s3client.Connection) { c.STSEndpoint = "sts.example.org" }, "sts_endpoint"},
	{"dual-stack beside an endpoint", aws, func(c *s3client.Connection) { c.Endpoint, c.DualStack = "https://s3.example.org", true }, "dualstack"},
	{"FIPS beside an endpoint", aws, func(c *s3client.Connection) { c.Endpoint, c.FIPS = "https://s3.example.org", true }, "fips"},
	{"accelerate beside an endpoint", aws, func(c *s3client.Connection) { c.Endpoint, c.Accelerate = "https://s3.example.org", true }, "accelerate"},
	{"accelerate with path style", aws, func(c *s3client.Connection) { c.Accelerate, c.PathStyle = true, true }, "accelerate"},
	{"accelerate with FIPS", aws, func(c *s3client.Connection) { c.Accelerate, c.FIPS = true, true }, "accelerate"},
}

func aws() s3client.Connection { return awsForm("eu-central-1") }

func restricted() s3client.Connection {
	c := aws()
	c.RestrictToBucket = "data"
	return c
}

func TestValidateNamesTheFieldThatIsWrong(t *testing.T) {
	for _, test := range invalid {
		t.Run(test.name, func(t *testing.T) {
			c := test.form()
			if err := c.Validate(); err != nil {
				t.Fatalf("before it is spoilt: %v", err)
			}
			test.spoil(&c)
			err := c.Validate()
			wantErr(t, err, s3client.ErrInvalidConnection)
			if got := fields(t, err); !slices.Equal(got, []string{test.field}) {
				t.Errorf("the error names %q, want %q: %v", got, test.field, err)
			}
			if strings.Contains(err.Error(), "password") {
				t.Errorf("the endpoint's password is in %q", err)
			}
			if !strings.Contains(err.Error(), test.field+" ") {
				t.Errorf("%q does not name %s", err, test.field)
			}
			client, err := c.Open(nil)
			wantErr(t, err, s3client.ErrInvalidConnection)
			if client != nil {
				t.Error("Open gives a client beside its error")
			}
		})
	}
}

func fields(t *testing.T, err error) []string {
	t.Helper()
	var e *s3client.ConnectionError
	if !errors.As(err, &e) {
		t.Fatalf("%v is no *ConnectionError", err)
	}
	var names []string
	for _, f := range e.Fields {
		names = append(names, f.Field)
	}
	return names
}

// All at once, and every field that can be wrong is so in the table above.
func TestValidateReportsAllAtOnce(t *testing.T) {
	key := s3client.Connection{
		Name:              "\n",
		AuthorizationType: s3client.AccessKey,
		SessionToken:      s3client.NewSecret("REDACTED"),
		IAMRoleARN:        roleARN,
		ExternalID:        externalID,
		RestrictToBucket:  "Data",
		RestrictToPath:    "..",
		Region:            "EU",
		Permissions:       1 << 7,
		BucketOwner:       "me",
		DownloadThreads:   1000,
		Endpoint:          "example.org",
		STSEndpoint:       "example.org",
		PathStyle:         true, DualStack: true, FIPS: true, Accelerate: true,
		SessionName: "nightly", DurationSeconds: 1, NoSessionPolicy: true,
	}
	role := s3client.Connection{
		AuthorizationType: s3client.IAMRole,
		AccessKeyID:       keyID,
		IAMRoleARN:        "reader",
		ExternalID:        "x",
		RestrictToPath:    "reports/",
		DownloadThreads:   -1,
		STSEndpoint:       "example.org",
		SessionName:       "/",
		DurationSeconds:   1,
	}
	for _, test := range []struct {
		name string
		form s3client.Connection
		want []string
	}{
		{"access key", key, []string{"connection_name", "session_token", "session_token", "access_key_id", "secret_access_key", "iam_role_arn", "external_id",
			"session_name", "duration_seconds", "no_session_policy", "restrict_to_bucket",
			"restrict_to_path", "permissions", "bucket_owner", "region", "download_threads", "endpoint", "sts_endpoint", "dualstack", "fips",
			"accelerate", "accelerate", "accelerate"}},
		{"role", role, []string{"iam_role_arn", "external_id", "session_name", "duration_seconds", "secret_access_key",
			"restrict_to_path", "region", "download_threads", "sts_endpoint"}},
		{"no type, and what is filled in for a role", s3client.Connection{IAMRoleARN: "reader", ExternalID: "x", SessionName: "/", DurationSeconds: 1, Region: "us-east-1"},
			[]string{"authorization_type", "iam_role_arn", "external_id", "session_name", "duration_seconds"}},
		{"all of a key", s3client.Connection{AuthorizationType: s3client.AccessKey, AccessKeyID: "a b", SecretAccessKey: s3client.NewSecret("short"),
			SessionToken: s3client.NewSecret("\n"), Region: "us-east-1"}, []string{"access_key_id", "secret_access_key", "session_token"}},
		{"a secret alone", s3client.Connection{AuthorizationType: s3client.AccessKey, SecretAccessKey: s3client.NewSecret("short"), Region: "us-east-1"},
			[]string{"secret_access_key", "access_key_id"}},
		{"nothing", s3client.Connection{}, []string{"authorization_type", "region"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := test.form.Validate()
			wantErr(t, err, s3client.ErrInvalidConnection)
			if diff := cmp.Diff(test.want, fields(t, err)); diff != "" {
				t.Errorf("Validate (-want +got)\n%s", diff)
			}
		})
	}

	alone := map[string]bool{}
	for _, test := range invalid {
		alone[test.field] = true
	}
	// What no value can make wrong by itself.
	for _, name := range []string{"path_style"} {
		alone[name] = true
	}
	form := reflect.TypeFor[s3client.Connection]()
	for i := range form.NumField() {
		name, _, _ := strings.Cut(form.Field(i).Tag.Get("json"), ",")
		if !alone[name] {
			t.Errorf("no test has %s wrong", name)
		}
	}
}

func TestValidateAdmits(t *testing.T) {
	for _, test := range []struct {
		name string
		edit func(*s3client.Connection)
	}{
		{"the longest session", func(c *s3client.Connection) { c.DurationSeconds = 43200 }},
		{"the shortest session", func(c *s3client.Connection) { c.DurationSeconds = 900 }},
		{"the most threads", func(c *s3client.Connection) { c.DownloadThreads = 256 }},
		{"one thread", func(c *s3client.Connection) { c.DownloadThreads = 1 }},
		{"a folder", func(c *s3client.Connection) { c.RestrictToBucket, c.RestrictToPath = "data", "reports/" }},
		{"a key", func(c *s3client.Connection) { c.RestrictToBucket, c.RestrictToPath = "data", "a..b/...c/.d" }},
		{"no region beside an endpoint", func(c *s3client.Connection) { c.Region, c.Endpoint = "", "http://127.0.0.1:9000" }},
		{"an endpoint with a path", func(c *s3client.Connection) { c.Endpoint = "https://example.org/s3/" }},
		{"FIPS and dual-stack", func(c *s3client.Connection) { c.FIPS, c.DualStack = true, true }},
		{"accelerate and dual-stack", func(c *s3client.Connection) { c.Accelerate, c.DualStack = true, true }},
		{"base credentials", func(c *s3client.Connection) {
			c.AccessKeyID, c.SecretAccessKey, c.SessionToken = keyID, s3client.NewSecret(secret), s3client.NewSecret(token)
		}},
		{"an external ID", func(c *s3client.Connection) { c.ExternalID = externalID }},
		{"a name in any script", func(c *s3client.Connection) { c.Name = "Täglich – 日報" }},
		{"references", func(c *s3client.Connection) {
			c.AccessKeyID, c.SecretAccessKey, c.SessionToken = "env:KEY_ID", s3client.NewSecret("env:_SECRET1"), s3client.NewSecret("file:/run/secrets/token")
		}},
		{"a temporary key of another service", func(c *s3client.Connection) {
			c.AccessKeyID, c.SecretAccessKey, c.Endpoint = "ASIAIOSFODNN7EXAMPLE", s3client.NewSecret(secret), "http://127.0.0.1:9000"
		}},
		{"a temporary key with a reference to its token", func(c *s3client.Connection) {
			c.AccessKeyID, c.SecretAccessKey, c.SessionToken = "ASIAIOSFODNN7EXAMPLE", s3client.NewSecret(secret), s3client.NewSecret("env:TOKEN")
		}},
		{"a role of another service", func(c *s3client.Connection) {
			c.IAMRoleARN, c.Endpoint = "arn:minio:iam:::role/reader", "http://127.0.0.1:9000"
		}},
		{"a role in China", func(c *s3client.Connection) {
			c.IAMRoleARN, c.Region = "arn:aws-cn:iam::123456789012:role/reader", "cn-north-1"
		}},
		{"a role in GovCloud", func(c *s3client.Connection) {
			c.IAMRoleARN, c.Region = "arn:aws-us-gov:iam::123456789012:role/reader", "us-gov-west-1"
		}},
		{"all permissions", func(c *s3client.Connection) {
			c.Permissions = s3client.MayList | s3client.MayRead | s3client.MayWrite | s3client.MayDelete
		}},
		{"an owner", func(c *s3client.Connection) { c.BucketOwner = "012345678901" }},
		{"a path with odd characters", func(c *s3client.Connection) { c.RestrictToBucket, c.RestrictToPath = "data", "a b/ü*?${x}/\"" }},
		{"a role's name and path of the longest", func(c *s3client.Connection) {
			c.IAMRoleARN = "arn:aws:iam::123456789012:role/" + strings.Repeat("x", 510) + "/" + strings.Repeat("y", 64)
		}},
		{"a path with an address in it", func(c *s3client.Connection) {
			c.RestrictToBucket, c.RestrictToPath = "data", "crawl/https://example.org/"
		}},
		{"a long path where nobody narrows the session", func(c *s3client.Connection) {
			c.RestrictToBucket, c.RestrictToPath, c.NoSessionPolicy = "data", strings.Repeat("x", 1023)+"/", true
		}},
		{"a VPC endpoint", func(c *s3client.Connection) {
			c.Endpoint = "https://bucket.vpce-1a2b3c4d-5e6f.s3.eu-central-1.vpce.amazonaws.com"
		}},
		{"a VPC endpoint in China", func(c *s3client.Connection) {
			c.Endpoint, c.Region = "https://bucket.vpce-1a2b3c4d-5e6f.s3.cn-north-1.vpce.amazonaws.com.cn", "cn-north-1"
			c.IAMRoleARN = "arn:aws-cn:iam::123456789012:role/reader"
		}},
		{"an endpoint that is an IPv6 address", func(c *s3client.Connection) { c.Endpoint = "http://[::1]:9000" }},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := byRole()
			test.edit(&c)
			if err := c.Validate(); err != nil {
				t.Error(err)
			}
		})
	}
}

// Each problem says what is expected or what to do, in one line.
func TestValidateSaysWhatIsExpected(t *testing.T) {
	for _, test := range []struct {
		form func() s3client.Connection
		edit func(*s3client.Connection)
		want s3client.FieldError
	}{
		{aws, func(c *s3client.Connection) { c.RestrictToBucket = "data/reports" }, s3client.FieldError{Field: "restrict_to_bucket",
			Problem: `"data/reports": only lower-case letters, digits, dots and hyphens are expected, and a letter or digit at both ends`,
			Advice:  "give the bucket's name alone, data; what stands behind the slash belongs into restrict_to_path"}},
		{aws, func(c *s3client.Connection) { c.RestrictToBucket = "s3://data" }, s3client.FieldError{Field: "restrict_to_bucket",
			Problem: `"s3://data": only lower-case letters, digits, dots and hyphens are expected, and a letter or digit at both ends`,
			Advice:  "give the bucket's name alone, data"}},
		{aws, func(c *s3client.Connection) { c.RestrictToBucket = "arn:aws:s3:::data/reports/*" }, s3client.FieldError{Field: "restrict_to_bucket",
			Problem: `"arn:aws:s3:::data/reports/*": only lower-case letters, digits, dots and hyphens are expected, and a letter or digit at both ends`,
			Advice:  "give the bucket's name alone, data; what stands behind the slash belongs into restrict_to_path"}},
		{aws, func(c *s3client.Connection) { c.RestrictToBucket = "https://data.s3.amazonaws.com/" }, s3client.FieldError{Field: "restrict_to_bucket",
			Problem: `"https://data.s3.amazonaws.com/": only lower-case letters, digits, dots and hyphens are expected, and a letter or digit at both ends`,
			Advice:  "give the bucket's name alone"}},
		{aws, func(c *s3client.Connection) {
			c.RestrictToBucket = "arn:aws:s3:eu-central-1:123456789012:accesspoint/x"
		}, s3client.FieldError{Field: "restrict_to_bucket",
			Problem: `"arn:aws:s3:eu-central-1:123456789012:accesspoint/x": only lower-case letters, digits, dots and hyphens are expected, and a letter or digit at both ends`,
			Advice:  "an access point is no bucket: give the name of the bucket behind it"}},
		{aws, func(c *s3client.Connection) { c.Region = "us-east-9x" }, s3client.FieldError{Field: "region",
			Problem: "is an Availability Zone: its region is expected, us-east-9"}},
		{aws, func(c *s3client.Connection) { c.Region = "europe" }, s3client.FieldError{Field: "region",
			Problem: "is no region's code: lower-case words and a number are expected, as in us-east-1", Advice: "the console shows it among the bucket's properties"}},
		{aws, func(c *s3client.Connection) { c.Endpoint = "s3.example.org:9000" }, s3client.FieldError{Field: "endpoint",
			Problem: "is no URL of the form https://HOST[:PORT]", Advice: "begin with https://, or with http:// for a service without encryption"}},
		{aws, func(c *s3client.Connection) { c.Endpoint = "https://s3.us-west-2.amazonaws.com" }, s3client.FieldError{Field: "endpoint",
			Problem: "is in us-west-2, and region is eu-central-1", Advice: "set region to us-west-2, or leave the endpoint out"}},
		{aws, func(c *s3client.Connection) { c.SecretAccessKey = s3client.NewSecret("$AWS_SECRET_ACCESS_KEY") }, s3client.FieldError{Field: "secret_access_key",
			Problem: "begins with $, as no key of AWS's does", Advice: "to take it from an environment variable, write env:NAME"}},
		{byRole, func(c *s3client.Connection) { c.IAMRoleARN = roleARN + " " }, s3client.FieldError{Field: "iam_role_arn",
			Problem: `"arn:aws:iam::123456789012:role/reader " has a blank or a line end, as no ARN has`, Advice: "leave it out, and see that nothing else was copied with it"}},
		{aws, func(c *s3client.Connection) { c.RestrictToBucket = "data--x-s3" }, s3client.FieldError{Field: "restrict_to_bucket",
			Problem: `"data--x-s3" ends in --x-s3, which S3 keeps for directory buckets, NAME--ZONE--x-s3`}},
		{aws, func(c *s3client.Connection) { c.Region = "eu-central-1a" }, s3client.FieldError{Field: "region",
			Problem: "is an Availability Zone: its region is expected, eu-central-1"}},
		{aws, func(c *s3client.Connection) { c.Region = "fips-us-gov-west-1" }, s3client.FieldError{Field: "region",
			Problem: "is the name of an endpoint: us-gov-west-1 is expected", Advice: "and fips to be set"}},
		{aws, func(c *s3client.Connection) { c.BucketOwner = "1234-5678-9012" }, s3client.FieldError{Field: "bucket_owner",
			Problem: `"1234-5678-9012" is no account ID: twelve digits are expected`, Advice: "leave out the hyphens that the console shows: 123456789012"}},
		{aws, func(c *s3client.Connection) { c.BucketOwner = "me" }, s3client.FieldError{Field: "bucket_owner",
			Problem: `"me" is no account ID: twelve digits are expected`}},
		{byRole, func(c *s3client.Connection) { c.Region = "cn-north-1" }, s3client.FieldError{Field: "iam_role_arn",
			Problem: "is of the partition aws, and region cn-north-1 is in aws-cn: expecting arn:aws-cn:iam::ACCOUNT:role/NAME",
			Advice:  "take a role of the account that has this region, or the region where the role is"}},
		{aws, func(c *s3client.Connection) { c.ExternalID = externalID }, s3client.FieldError{Field: "external_id",
			Problem: "is for authorization_type iam_role, but that is access_key", Advice: "leave it empty, or choose iam_role"}},
	} {
		c := test.form()
		test.edit(&c)
		err := c.Validate()
		var e *s3client.ConnectionError
		if !errors.As(err, &e) {
			t.Fatalf("%v is no *ConnectionError", err)
		}
		if diff := cmp.Diff([]s3client.FieldError{test.want}, e.Fields); diff != "" {
			t.Errorf("Validate (-want +got)\n%s", diff)
		}
		if want := "s3client: the connection is not filled in well; " + test.want.String(); err.Error() != want {
			t.Errorf("the error is %q, want %q", err, want)
		}
	}
}

// Whatever somebody writes in the place of a region's code.
func TestRegionsByTheirNames(t *testing.T) {
	for written, want := range map[string]string{
		"Frankfurt": "eu-central-1", "Europe (Frankfurt)": "eu-central-1", "Europe (Frankfurt) eu-central-1": "eu-central-1", "EU_CENTRAL_1": "eu-central-1",
		"eu-central1": "eu-central-1", " eu-central-1": "eu-central-1", "US East (N. Virginia)": "us-east-1", "virginia": "us-east-1", "us-west-2-lax-1a": "us-west-2",
		"Hong Kong": "ap-east-1", "Sao Paulo": "sa-east-1", "AWS GovCloud (US-West)": "us-gov-west-1", "UsGovEast1": "us-gov-east-1", "China (Ningxia)": "cn-northwest-1",
		"Canada West (Calgary)": "ca-west-1", "Canada": "ca-central-1", "EU": "eu-west-1", "Germany": "", "us-east": "", "global": "", "Europe": "", "aws-global": "",
	} {
		c := aws()
		c.Region = written
		err := c.Validate()
		if got := fields(t, err); !slices.Equal(got, []string{"region"}) {
			t.Errorf("region %q: the error names %q", written, got)
		}
		says := " is " + want
		if want == "" {
			says = "lower-case words and a number are expected"
		}
		if !strings.Contains(err.Error(), "region is no region's code: ") || !strings.Contains(err.Error(), says) {
			t.Errorf("region %q: %v, want %s", written, err, says)
		}
	}
	c := aws()
	for _, right := range []string{"us-east-1", "eu-isoe-west-1", "us-isob-east-1", "eusc-de-east-1", "mx-central-1", "xx-nowhere-12"} {
		if c.Region = right; c.Validate() != nil {
			t.Errorf("region %s: %v", right, c.Validate())
		}
	}
	c.Endpoint = "https://s3.example.org"
	for _, others := range []string{strings.Repeat("a", 63), "auto", "garage", "us", "nbg1", "default", "eu-central"} {
		if c.Region = others; c.Validate() != nil {
			t.Errorf("region %s of another service: %v", others, c.Validate())
		}
	}
}

// What is no role's ARN, and what to do about it.
func TestAdviceOnRoleARNs(t *testing.T) {
	for written, want := range map[string]string{
		"reader": "this looks like the role's name alone: the console shows the ARN in the role's summary",
		"https://console.aws.amazon.com/iam/home#/roles/reader": "the console shows the ARN in the role's summary",
		"arn:aws:sts::123456789012:assumed-role/reader/me":      "unless the role has a path, it is arn:aws:iam::123456789012:role/reader",
		"arn:aws:iam::123456789012:user/reader":                 "this is a user's, who has an access key; the console shows",
		"arn:aws:iam::123456789012:instance-profile/reader":     "an instance profile holds a role",
		"arn:aws:iam::1234-5678-9012:role/reader":               "leave out the hyphens that the console shows: 123456789012",
		"arn:aws:iam::123456789012:root":                        "the console shows the ARN in the role's summary",
		"arn:aws:iam::123456789012:policy/reader":               "the console shows the ARN in the role's summary",
		"arn:aws:s3:::reports":                                  "the console shows the ARN in the role's summary",
	} {
		c := byRole()
		c.IAMRoleARN = written
		var e *s3client.ConnectionError
		if err := c.Validate(); !errors.As(err, &e) || len(e.Fields) != 1 || !strings.HasPrefix(e.Fields[0].Advice, want) {
			t.Errorf("%s: %v, want the advice %q", written, err, want)
		}
	}
}

// Every field has the name that the form shows.
func TestLabels(t *testing.T) {
	want := map[string]string{"iam_role_arn": "IAM role ARN", "restrict_to_path": "Restrict to path", "access_key_id": "Access key ID",
		"external_id": "External ID", "sts_endpoint": "STS endpoint", "fips": "FIPS", "connection_name": "Connection name"}
	form := reflect.TypeFor[s3client.Connection]()
	for i := range form.NumField() {
		name, _, _ := strings.Cut(form.Field(i).Tag.Get("json"), ",")
		got := s3client.FieldError{Field: name}.Label()
		if w := want[name]; w != "" && got != w || got == "" || strings.Contains(got, "_") {
			t.Errorf("Label of %s = %q, want %q", name, got, w)
		}
	}
	if got := (s3client.FieldError{}).Label(); got != "" {
		t.Errorf("Label of no field = %q", got)
	}
}
