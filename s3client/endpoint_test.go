package s3client_test

import (
	"testing"

	"github.com/sigvier/sigvier/s3client"
)

func TestEndpoints(t *testing.T) {
	type C = s3client.Connection
	const key = "a b/c+d"
	const path = "/a%20b/c%2Bd"
	for _, test := range []struct {
		name   string
		region string
		edit   func(*C)
		bucket string
		want   string // the URL of the object
	}{
		{"virtual host", "eu-central-1", func(c *C) {}, "data", "https://data.s3.eu-central-1.amazonaws.com" + path},
		{"us-east-1 by its region too", "us-east-1", func(c *C) {}, "data", "https://data.s3.us-east-1.amazonaws.com" + path},
		{"path style", "eu-central-1", func(c *C) { c.PathStyle = true }, "data", "https://s3.eu-central-1.amazonaws.com/data" + path},
		{"dots break the wildcard certificate", "eu-central-1", func(c *C) {}, "my.data", "https://s3.eu-central-1.amazonaws.com/my.data" + path},
		{"dots without a certificate", "", func(c *C) { c.Endpoint = "http://s3.example.org" }, "my.data", "http://my.data.s3.example.org" + path},
		{"a name that fits no host", "eu-central-1", func(c *C) {}, "My_Data", "https://s3.eu-central-1.amazonaws.com/My_Data" + path},
		{"dual-stack", "eu-central-1", func(c *C) { c.DualStack = true }, "data", "https://data.s3.dualstack.eu-central-1.amazonaws.com" + path},
		{"FIPS", "us-east-2", func(c *C) { c.FIPS = true }, "data", "https://data.s3-fips.us-east-2.amazonaws.com" + path},
		{"FIPS and dual-stack", "us-gov-west-1", func(c *C) { c.FIPS, c.DualStack = true, true }, "data", "https://data.s3-fips.dualstack.us-gov-west-1.amazonaws.com" + path},
		{"FIPS, path style", "us-east-2", func(c *C) { c.FIPS, c.PathStyle = true, true }, "data", "https://s3-fips.us-east-2.amazonaws.com/data" + path},
		{"accelerate", "eu-central-1", func(c *C) { c.Accelerate = true }, "data", "https://data.s3-accelerate.amazonaws.com" + path},
		{"accelerate and dual-stack", "eu-central-1", func(c *C) { c.Accelerate, c.DualStack = true, true }, "data", "https://data.s3-accelerate.dualstack.amazonaws.com" + path},
		{"China", "cn-north-1", func(c *C) {}, "data", "https://data.s3.cn-north-1.amazonaws.com.cn" + path},
		{"China, dual-stack", "cn-northwest-1", func(c *C) { c.DualStack = true }, "data", "https://data.s3.dualstack.cn-northwest-1.amazonaws.com.cn" + path},
		{"GovCloud", "us-gov-east-1", func(c *C) {}, "data", "https://data.s3.us-gov-east-1.amazonaws.com" + path},
		{"ISO", "us-iso-east-1", func(c *C) {}, "data", "https://data.s3.us-iso-east-1.c2s.ic.gov" + path},
		{"ISOB", "us-isob-east-1", func(c *C) {}, "data", "https://data.s3.us-isob-east-1.sc2s.sgov.gov" + path},
		{"ISOE", "eu-isoe-west-1", func(c *C) {}, "data", "https://data.s3.eu-isoe-west-1.cloud.adc-e.uk" + path},
		{"ISOF", "us-isof-south-1", func(c *C) {}, "data", "https://data.s3.us-isof-south-1.csp.hci.ic.gov" + path},
		{"European Sovereign Cloud", "eusc-de-east-1", func(c *C) {}, "data", "https://data.s3.eusc-de-east-1.amazonaws.eu" + path},

		{"IPv4", "", func(c *C) { c.Endpoint = "http://127.0.0.1:9000" }, "data", "http://127.0.0.1:9000/data" + path},
		{"IPv6", "", func(c *C) { c.Endpoint = "http://[::1]:9000" }, "data", "http://[::1]:9000/data" + path},
		{"localhost", "", func(c *C) { c.Endpoint = "http://localhost:9000" }, "data", "http://localhost:9000/data" + path},
		{"a single name", "", func(c *C) { c.Endpoint = "http://minio" }, "data", "http://minio/data" + path},
		{"an endpoint with a domain", "", func(c *C) { c.Endpoint = "https://s3.example.org" }, "data", "https://data.s3.example.org" + path},
		{"an endpoint with a domain, path style", "", func(c *C) { c.Endpoint, c.PathStyle = "https://s3.example.org", true }, "data", "https://s3.example.org/data" + path},
		{"a domain with dots over https", "", func(c *C) { c.Endpoint = "https://s3.example.org" }, "my.data", "https://s3.example.org/my.data" + path},
		{"a port", "", func(c *C) { c.Endpoint = "https://s3.example.org:8443" }, "data", "https://data.s3.example.org:8443" + path},
		{"a slash at the end", "", func(c *C) { c.Endpoint = "http://localhost:9000/" }, "data", "http://localhost:9000/data" + path},
		{"a base path", "", func(c *C) { c.Endpoint = "http://localhost:9000/s3" }, "data", "http://localhost:9000/s3/data" + path},
		{"a base path with a slash", "", func(c *C) { c.Endpoint = "http://localhost:9000/s3/" }, "data", "http://localhost:9000/s3/data" + path},
		{"a base path, virtual host", "", func(c *C) { c.Endpoint = "https://example.org/s3" }, "data", "https://data.example.org/s3" + path},
		{"a base path to encode", "", func(c *C) { c.Endpoint = "http://localhost/a%20b" }, "data", "http://localhost/a%20b/data" + path},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := awsForm(test.region)
			test.edit(&c)
			net := &recorder{answers: []answer{says(200, "")}}
			client := open(t, c, &s3client.Options{Base: net})
			if _, err := client.HeadObject(t.Context(), s3client.HeadObjectInput{Bucket: test.bucket, Key: key}); err != nil {
				t.Fatal(err)
			}
			req := net.requests[0]
			if got := req.URL.String(); got != test.want {
				t.Errorf("the request goes to %s, want %s", got, test.want)
			}
			if req.Host != "" && req.Host != req.URL.Host {
				t.Errorf("the Host header is %q, want %q", req.Host, req.URL.Host)
			}
		})
	}
}

// The bucket alone, and the service alone.
func TestEndpointsOfBucketAndService(t *testing.T) {
	for _, test := range []struct {
		edit            func(*s3client.Connection)
		bucket, service string
	}{
		{func(c *s3client.Connection) {}, "https://data.s3.eu-central-1.amazonaws.com/", "https://s3.eu-central-1.amazonaws.com/"},
		{func(c *s3client.Connection) { c.PathStyle = true }, "https://s3.eu-central-1.amazonaws.com/data", "https://s3.eu-central-1.amazonaws.com/"},
		{func(c *s3client.Connection) { c.Endpoint = "http://localhost:9000/s3" }, "http://localhost:9000/s3/data", "http://localhost:9000/s3/"},
	} {
		c := awsForm("eu-central-1")
		test.edit(&c)
		net := &recorder{answers: []answer{says(200, ""), says(200, "<ListAllMyBucketsResult/>")}}
		client := open(t, c, &s3client.Options{Base: net})
		if _, err := client.HeadBucket(t.Context(), s3client.HeadBucketInput{Bucket: "data"}); err != nil {
			t.Fatal(err)
		}
		if _, err := client.ListBuckets(t.Context(), s3client.ListBucketsInput{}); err != nil {
			t.Fatal(err)
		}
		if got := net.requests[0].URL.String(); got != test.bucket {
			t.Errorf("HeadBucket goes to %s, want %s", got, test.bucket)
		}
		if got := net.requests[1].URL.String(); got != test.service {
			t.Errorf("ListBuckets goes to %s, want %s", got, test.service)
		}
	}
}

func TestSTSEndpoints(t *testing.T) {
	type C = s3client.Connection
	for _, test := range []struct {
		name   string
		region string
		edit   func(*C)
		want   string
	}{
		{"AWS's in the region", "eu-central-1", func(c *C) {}, "https://sts.eu-central-1.amazonaws.com/"},
		{"China", "cn-north-1", func(c *C) { c.IAMRoleARN = "arn:aws-cn:iam::123456789012:role/reader" }, "https://sts.cn-north-1.amazonaws.com.cn/"},
		{"the service's own endpoint", "", func(c *C) { c.Endpoint = "http://127.0.0.1:9000" }, "http://127.0.0.1:9000/"},
		{"its base path too", "", func(c *C) { c.Endpoint = "http://127.0.0.1:9000/minio" }, "http://127.0.0.1:9000/minio"},
		{"a VPC endpoint of S3 has no STS", "eu-central-1", func(c *C) { c.Endpoint = "https://bucket.vpce-1a2b3c4d.s3.eu-central-1.vpce.amazonaws.com" }, "https://sts.eu-central-1.amazonaws.com/"},
		{"nor has AWS's own in China", "cn-north-1", func(c *C) {
			c.Endpoint, c.IAMRoleARN = "https://s3.cn-north-1.amazonaws.com.cn", "arn:aws-cn:iam::123456789012:role/reader"
		}, "https://sts.cn-north-1.amazonaws.com.cn/"},
		{"nor in the European Sovereign Cloud", "eusc-de-east-1", func(c *C) {
			c.Endpoint, c.IAMRoleARN = "https://s3.eusc-de-east-1.amazonaws.eu", "arn:aws-eusc:iam::123456789012:role/reader"
		}, "https://sts.eusc-de-east-1.amazonaws.eu/"},
		{"a name that only looks like AWS's", "", func(c *C) { c.Endpoint = "https://notamazonaws.com" }, "https://notamazonaws.com/"},
		{"AWS's with FIPS", "us-east-1", func(c *C) { c.FIPS = true }, "https://sts-fips.us-east-1.amazonaws.com/"},
		{"AWS's with dual-stack", "us-east-1", func(c *C) { c.DualStack = true }, "https://sts.us-east-1.api.aws/"},
		{"FIPS is S3's alone beside an endpoint for STS", "us-east-1", func(c *C) { c.FIPS, c.STSEndpoint = true, "https://sts.example.org" }, "https://sts.example.org/"},
		{"one of its own", "eu-central-1", func(c *C) { c.STSEndpoint = "https://sts.example.org" }, "https://sts.example.org/"},
		{"one of its own beside an endpoint", "", func(c *C) { c.Endpoint, c.STSEndpoint = "http://127.0.0.1:9000", "http://127.0.0.1:9001" }, "http://127.0.0.1:9001/"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := awsForm(test.region)
			c.AuthorizationType, c.IAMRoleARN = s3client.IAMRole, roleARN
			test.edit(&c)
			net := &recorder{answers: []answer{stsDenies}}
			_, err := open(t, c, &s3client.Options{Base: net}).HeadBucket(t.Context(), s3client.HeadBucketInput{Bucket: "data"})
			wantErr(t, err, s3client.ErrDenied)
			if len(net.requests) != 1 {
				t.Fatalf("%d requests were sent, want one to STS", len(net.requests))
			}
			if got := net.requests[0].URL.String(); got != test.want {
				t.Errorf("the role is assumed at %s, want %s", got, test.want)
			}
		})
	}
}
