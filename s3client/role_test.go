package s3client_test

import (
	"errors"
	"io/fs"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/s3client/s3test"
	"github.com/sigvier/sigvier/sts"
)

func TestWhereRequestsGo(t *testing.T) {
	for _, test := range []struct {
		name          string
		edit          func(*s3client.Connection)
		s3, all, role string // URLs for the bucket "data", for all buckets, for the role
	}{
		{"AWS", func(c *s3client.Connection) {},
			"https://data.s3.eu-central-1.amazonaws.com/", "https://s3.eu-central-1.amazonaws.com/", "https://sts.eu-central-1.amazonaws.com/"},
		{"AWS, FIPS and dual-stack", func(c *s3client.Connection) { c.Region, c.FIPS, c.DualStack = "us-east-1", true, true },
			"https://data.s3-fips.dualstack.us-east-1.amazonaws.com/", "https://s3-fips.dualstack.us-east-1.amazonaws.com/", "https://sts-fips.us-east-1.api.aws/"},
		{"China", func(c *s3client.Connection) {
			c.Region, c.IAMRoleARN = "cn-north-1", "arn:aws-cn:iam::123456789012:role/reader"
		},
			"https://data.s3.cn-north-1.amazonaws.com.cn/", "https://s3.cn-north-1.amazonaws.com.cn/", "https://sts.cn-north-1.amazonaws.com.cn/"},
		{"an endpoint of one's own", func(c *s3client.Connection) { c.Endpoint = "http://127.0.0.1:9000" },
			"http://127.0.0.1:9000/data", "http://127.0.0.1:9000/", "http://127.0.0.1:9000/"},
		{"another for STS", func(c *s3client.Connection) {
			c.Endpoint, c.STSEndpoint = "https://s3.example.org/base/", "https://sts.example.org"
		},
			"https://data.s3.example.org/base/", "https://s3.example.org/base/", "https://sts.example.org/"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := byRole()
			test.edit(&c)
			for bucket, want := range map[string]string{"data": test.s3, "": test.all} {
				if got, err := c.URL(bucket); err != nil || got.String() != want {
					t.Errorf("URL(%q) = %v, %v, want %s", bucket, got, err, want)
				}
			}
			client, err := c.STS(nil)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := client.URL(); err != nil || got != test.role {
				t.Errorf("STS is at %s, %v, want %s", got, err, test.role)
			}
		})
	}
	broken := byRole()
	broken.Endpoint = "http://[::1"
	if u, err := broken.URL("data"); u != nil || err == nil {
		t.Errorf("URL of an endpoint that is none = %v, %v", u, err)
	}
	if client, err := broken.STS(nil); client != nil || !errors.Is(err, s3client.ErrInvalidConnection) {
		t.Errorf("STS of a form that is not valid = %v, %v", client, err)
	}
	referring := byRole()
	referring.AccessKeyID, referring.SecretAccessKey = keyID, s3client.NewSecret("file:/nowhere/at/all")
	if client, err := referring.STS(nil); client != nil || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("STS of a form with a reference to nothing = %v, %v", client, err)
	}
}

func TestAssumeRoleInputIsTheForms(t *testing.T) {
	c := byRole()
	want := sts.AssumeRoleInput{RoleARN: roleARN, SessionName: "sigvier"}
	if diff := cmp.Diff(want, c.AssumeRoleInput()); diff != "" {
		t.Errorf("of the least form (-want +got)\n%s", diff)
	}
	c.ExternalID, c.SessionName, c.DurationSeconds, c.RestrictToBucket = externalID, "nightly", 900, "data"
	want = sts.AssumeRoleInput{RoleARN: roleARN, ExternalID: externalID, SessionName: "nightly", Duration: 15 * time.Minute, Policy: c.SessionPolicy()}
	if diff := cmp.Diff(want, c.AssumeRoleInput()); diff != "" || want.Policy == "" {
		t.Errorf("of a whole form (-want +got)\n%s", diff)
	}
}

// STS signs with what assumes the role, and not with what the role gives.
func TestSTSHasTheBaseCredentials(t *testing.T) {
	srv := serve(t, s3test.Config{Roles: []s3test.Role{{ARN: roleARN, ExternalID: externalID}}})
	for name, c := range map[string]s3client.Connection{"access key": form(srv), "role": roleForm(srv)} {
		client, err := c.STS(&s3client.Options{Base: http.DefaultTransport})
		if err != nil {
			t.Fatal(err)
		}
		who, err := client.GetCallerIdentity(t.Context())
		if want := "arn:aws:iam::123456789012:user/" + keyID; err != nil || who.ARN != want {
			t.Errorf("%s: the caller is %v, %v, want %s", name, who, err, want)
		}
	}
}
