package s3client_test

import (
	"strings"
	"testing"

	"github.com/sigvier/sigvier/s3client"
)

func TestCheckBucketName(t *testing.T) {
	for _, name := range []string{"abc", "a-b", "a.b", "1bucket", "my.bucket.name", strings.Repeat("a", 63), "a--b", "1.2.3", "data-123456789012-eu-central-1-an", "plan", "a-an-b", "xn-a", "s3alias"} {
		if err := s3client.CheckBucketName(name); err != nil {
			t.Errorf("CheckBucketName(%q) = %v", name, err)
		}
	}
	for _, name := range []string{"", "ab", strings.Repeat("a", 64), "Abc", "a_b", "a b", "-ab", "ab-", ".ab", "ab.", "a..b", "192.168.0.1",
		"xn--abc", "sthree-abc", "amzn-s3-demo-abc", "abc-s3alias", "abc--ol-s3", "abc.mrap", "abc--x-s3", "abc--table-s3", "sthree-configurator-a", "abc-an", "data-12345678901-eu-central-1-an", "123456789012-eu-central-1-an", "1.2.3.4", "999.999.999.999", "a/b", "a\nb", "abc\n", "ünde", "a%b"} {
		if err := s3client.CheckBucketName(name); err == nil {
			t.Errorf("CheckBucketName(%q) finds nothing wrong", name)
		}
	}
}

func TestCheckBucketNameSaysWhy(t *testing.T) {
	for name, want := range map[string]string{
		"ab":                    `"ab" has 2 characters: 3 to 63 are expected`,
		strings.Repeat("a", 64): "has 64 characters: 3 to 63 are expected",
		"my_bucket":             `"my_bucket": only lower-case letters, digits, dots and hyphens are expected, and a letter or digit at both ends`,
		"a..b":                  "has two dots side by side",
		"192.168.5.4":           "looks like an IP address",
		"amzn-s3-demo-bucket":   "begins with amzn-s3-demo-, which S3 keeps for the examples in AWS's documents",
		"data--table-s3":        "ends in --table-s3, which S3 keeps for table buckets",
		"data-an":               "ends in -an, which S3 keeps for an account's own namespace: NAME-ACCOUNT-REGION-an",
	} {
		if err := s3client.CheckBucketName(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("CheckBucketName(%q) = %v, want %q", name, err, want)
		}
	}
}
