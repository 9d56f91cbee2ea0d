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
