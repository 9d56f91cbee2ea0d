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
	{"no secret", aws, func(c *s3client.Connection) { c.SecretAccessKey = s3client.Secret{} }, "secret_access_key"},
	{"a role's ARN beside an access key", aws, func(c *s3client.Connection) { c.IAMRoleARN = roleARN }, "iam_role_arn"},
	{"a role's external ID beside an access key", aws, func(c *s3client.Connection) { c.ExternalID = externalID }, "external_id"},

	{"no role", byRole, func(c *s3client.Connection) { c.IAMRoleARN = "" }, "iam_role_arn"},
	{"a user's ARN", byRole, func(c *s3client.Connection) { c.IAMRoleARN = "arn:aws:iam::123456789012:user/reader" }, "iam_role_arn"},
	{"a session's ARN", byRole, func(c *s3client.Connection) { c.IAMRoleARN = "arn:aws:sts::123456789012:assumed-role/reader/me" }, "iam_role_arn"},
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
	{"path without a bucket", aws, func(c *s3client.Connection) { c.RestrictToPath = "reports/" }, "restrict_to_path"},
	{"path with ..", aws, func(c *s3client.Connection) { c.RestrictToBucket, c.RestrictToPath = "data", "reports/../x" }, "restrict_to_path"},
	{"path with .", aws, func(c *s3client.Connection) { c.RestrictToBucket, c.RestrictToPath = "data", "./reports" }, "restrict_to_path"},
	{"no region", aws, func(c *s3client.Connection) { c.Region = "" }, "region"},
	{"region in capitals", aws, func(c *s3client.Connection) { c.Region = "EU-CENTRAL-1" }, "region"},
	{"region with a slash", aws, func(c *s3client.Connection) { c.Region = "eu/central" }, "region"},
	{"region with a line end", aws, func(c *s3client.Connection) { c.Region = "eu-central-1\n" }, "region"},
	{"region with a dot", aws, func(c *s3client.Connection) { c.Region = "evil.example" }, "region"},
	{"region that ends in a hyphen", aws, func(c *s3client.Connection) { c.Region = "eu-" }, "region"},
	{"region too long", aws, func(c *s3client.Connection) { c.Region = strings.Repeat("a", 64) }, "region"},
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
	{"STS endpoint without a scheme", byRole, func(c *s3client.Connection) { c.STSEndpoint = "sts.example.org" }, "sts_endpoint"},
	{"dual-stack beside an endpoint", aws, func(c *s3client.Connection) { c.Endpoint, c.DualStack = "https://s3.example.org", true }, "dualstack"},
	{"FIPS beside an endpoint", aws, func(c *s3client.Connection) { c.Endpoint, c.FIPS = "https://s3.example.org", true }, "fips"},
	{"accelerate beside an endpoint", aws, func(c *s3client.Connection) { c.Endpoint, c.Accelerate = "https://s3.example.org", true }, "accelerate"},
	{"accelerate with path style", aws, func(c *s3client.Connection) { c.Accelerate, c.PathStyle = true, true }, "accelerate"},
	{"accelerate with FIPS", aws, func(c *s3client.Connection) { c.Accelerate, c.FIPS = true, true }, "accelerate"},
}

func aws() s3client.Connection { return awsForm("eu-central-1") }

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
		AuthorizationType: s3client.AccessKey,
		IAMRoleARN:        roleARN,
		ExternalID:        externalID,
		RestrictToBucket:  "Data",
		RestrictToPath:    "..",
		Region:            "EU",
		DownloadThreads:   1000,
		Endpoint:          "example.org",
		STSEndpoint:       "example.org",
		PathStyle:         true, DualStack: true, FIPS: true, Accelerate: true,
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
		{"access key", key, []string{"access_key_id", "secret_access_key", "iam_role_arn", "external_id", "restrict_to_bucket",
			"restrict_to_path", "region", "download_threads", "endpoint", "sts_endpoint", "dualstack", "fips",
			"accelerate", "accelerate", "accelerate"}},
		{"role", role, []string{"iam_role_arn", "external_id", "session_name", "duration_seconds", "secret_access_key",
			"restrict_to_path", "region", "download_threads", "sts_endpoint"}},
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
	for _, name := range []string{"connection_name", "session_token", "path_style"} {
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

func TestCheckBucketName(t *testing.T) {
	for _, name := range []string{"abc", "a-b", "a.b", "1bucket", "my.bucket.name", strings.Repeat("a", 63), "a--b", "1.2.3"} {
		if err := s3client.CheckBucketName(name); err != nil {
			t.Errorf("CheckBucketName(%q) = %v", name, err)
		}
	}
	for _, name := range []string{"", "ab", strings.Repeat("a", 64), "Abc", "a_b", "a b", "-ab", "ab-", ".ab", "ab.", "a..b", "192.168.0.1",
		"xn--abc", "sthree-abc", "amzn-s3-demo-abc", "abc-s3alias", "abc--ol-s3", "abc.mrap", "a/b", "a\nb", "abc\n", "ünde", "a%b"} {
		if err := s3client.CheckBucketName(name); err == nil {
			t.Errorf("CheckBucketName(%q) finds nothing wrong", name)
		}
	}
}
