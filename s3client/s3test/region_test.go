package s3test

import (
	"strings"
	"testing"
	"time"

	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sigv4/sigv4a"
)

func (c *client) in(region string) *client {
	d := *c
	d.region = region
	return &d
}

func (c *client) at(host string) *client {
	d := *c
	d.host = host
	return &d
}

func TestWrongRegion(t *testing.T) {
	c := newClient(start(t, Config{Buckets: []string{"here", "there"}, Regions: map[string]string{"there": "eu-west-1"}}))
	c.in("eu-west-1").put(t, "/there/key", "x")
	c.put(t, "/here/key", "x")
	for _, test := range []struct {
		name    string
		region  string // signed for
		host    string
		method  string
		target  string
		status  int
		code    string
		learned string // region from the header
	}{
		{"right", "eu-west-1", "", "GET", "/there/key", 200, "", ""},
		{"right, virtual host", "eu-west-1", "there.s3.eu-west-1.amazonaws.com", "GET", "/key", 200, "", ""},
		{"path", "us-east-1", "", "GET", "/there/key", 301, "PermanentRedirect", "eu-west-1"},
		{"path, write", "us-east-1", "", "PUT", "/there/key", 301, "PermanentRedirect", "eu-west-1"},
		{"path, third region", "us-west-2", "", "GET", "/there?list-type=2", 301, "PermanentRedirect", "eu-west-1"},
		{"path, head", "us-east-1", "", "HEAD", "/there", 301, "", "eu-west-1"},
		{"virtual host", "us-east-1", "there.s3.amazonaws.com", "GET", "/key", 400, "AuthorizationHeaderMalformed", "eu-west-1"},
		{"virtual host, head", "us-east-1", "there.localhost", "HEAD", "/key", 400, "", "eu-west-1"},
		{"bucket of the server's region", "eu-west-1", "", "GET", "/here/key", 400, "AuthorizationHeaderMalformed", "us-east-1"},
		{"where it is, may be asked here", "us-east-1", "", "GET", "/there?location", 200, "", ""},
		{"where it is, but not anywhere", "us-west-2", "", "GET", "/there?location", 301, "PermanentRedirect", "eu-west-1"},
		{"bucket that is not there", "us-east-1", "", "GET", "/none/key", 404, "NoSuchBucket", ""},
		{"bucket that is not there", "eu-west-1", "", "GET", "/none/key", 400, "AuthorizationHeaderMalformed", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := c.in(test.region).at(test.host).do(t, test.method, test.target, "")
			r.want(t, test.status, test.code)
			r.wantHeader(t, "X-Amz-Bucket-Region", test.learned)
			switch test.code {
			case "PermanentRedirect":
				r.wantElements(t, "Endpoint", "there.s3.eu-west-1.amazonaws.com", "Bucket", "there")
				r.wantHeader(t, "Location", "")
			case "AuthorizationHeaderMalformed":
				if want := test.learned; want != "" {
					r.wantElements(t, "Region", want)
				}
			}
		})
	}
	c.send(t, c.presign(t, "GET", "/there/key", time.Hour)).want(t, 301, "PermanentRedirect")
	req := c.at("there.localhost").presign(t, "GET", "/key", time.Hour)
	req.Host, req.URL.Host = "there.localhost", strings.TrimPrefix(c.srv.URL, "http://")
	c.send(t, req).want(t, 400, "AuthorizationQueryParametersError")
	c.in("eu-west-1").do(t, "HEAD", "/there", "").wantHeader(t, "X-Amz-Bucket-Region", "eu-west-1")
}

func TestBucketsInOtherRegionsStay(t *testing.T) {
	dir := t.TempDir()
	first := start(t, Config{Dir: dir})
	newClient(first).do(t, "PUT", "/there", `<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint></CreateBucketConfiguration>`).want(t, 200, "")
	first.Close()
	c := newClient(start(t, Config{Dir: dir}))
	c.do(t, "GET", "/there/key", "").want(t, 301, "PermanentRedirect")
	c.in("eu-west-1").put(t, "/there/key", "x")
}

// TestSignaturesForSeveralRegions are those of SigV4a.
func TestSignaturesForSeveralRegions(t *testing.T) {
	c := newClient(start(t, Config{Buckets: []string{"data", "there"}, Regions: map[string]string{"there": "eu-west-1"}}))
	for _, test := range []struct {
		regions, bucket string
		status          int
		code            string
	}{
		{"*", "data", 404, "NoSuchKey"},
		{"us-east-1,eu-west-1", "there", 404, "NoSuchKey"},
		{"eu-*", "there", 404, "NoSuchKey"},
		{"eu-*", "data", 400, "AuthorizationHeaderMalformed"},
	} {
		signer, err := sigv4a.NewSigner("s3", test.regions, nil)
		if err != nil {
			t.Fatal(err)
		}
		req := c.request(t, "GET", "/"+test.bucket+"/key", "")
		if err := signer.Sign(req, c.cred, sigv4.EmptyPayload(), c.now()); err != nil {
			t.Fatal(err)
		}
		c.send(t, req).want(t, test.status, test.code)
	}
}

func TestS3sOwnHosts(t *testing.T) {
	for host, want := range map[string]string{
		"s3.amazonaws.com":                                             "",
		"s3.eu-west-1.amazonaws.com":                                   "",
		"data.s3.amazonaws.com":                                        "data",
		"data.s3.eu-west-1.amazonaws.com:443":                          "data",
		"my.data.s3.dualstack.us-gov-west-1.amazonaws.com":             "my.data",
		"data.s3-fips.us-east-1.amazonaws.com":                         "data",
		"data.s3-fips.dualstack.us-east-1.amazonaws.com":               "data",
		"data.s3-accelerate.amazonaws.com":                             "data",
		"data.s3-accelerate.dualstack.amazonaws.com":                   "data",
		"data.s3-eu-west-1.amazonaws.com":                              "data",
		"data.s3.cn-north-1.amazonaws.com.cn":                          "data",
		"d--use1-az4--x-s3.s3express-use1-az4.us-east-1.amazonaws.com": "d--use1-az4--x-s3",
		"s3.s3.amazonaws.com":                                          "s3",
		"localhost":                                                    "",
		"data.localhost:80":                                            "data",
		"example.com":                                                  "",
		"xs3.amazonaws.com":                                            "",
		"127.0.0.1:9000":                                               "",
		"[::1]:9000":                                                   "",
	} {
		if got := virtualHostBucket(host, nil); got != want {
			t.Errorf("%s names the bucket %q, want %q", host, got, want)
		}
	}
	if got := virtualHostBucket("data.s3.amazonaws.com", []string{"example.com"}); got != "" {
		t.Errorf("a host that is not among Domains names the bucket %q", got)
	}
}
