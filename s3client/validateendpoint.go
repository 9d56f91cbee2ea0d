package s3client

import (
	"net/url"
	"strconv"
	"strings"
)

func (c Connection) validateEndpoints(e *ConnectionError) {
	for _, f := range [...]struct{ name, value string }{{"endpoint", c.Endpoint}, {"sts_endpoint", c.STSEndpoint}} {
		if f.value != "" && !isEndpoint(f.value) {
			e.advise(f.name, "is no URL of the form https://HOST[:PORT]", adviceOnEndpoint(f.value))
		}
	}
	if c.Endpoint != "" {
		c.validateEndpointHost(e)
		const ours = "chooses among AWS's endpoints and cannot go with an endpoint of your own"
		e.addIf(c.DualStack, "dualstack", ours)
		e.addIf(c.FIPS, "fips", ours)
		e.addIf(c.Accelerate, "accelerate", ours)
	}
	e.addIf(c.Accelerate && c.PathStyle, "accelerate", "needs the bucket in the host name and cannot go with path_style")
	e.addIf(c.Accelerate && c.FIPS, "accelerate", "has no FIPS endpoint")
	partition, _ := partitionOf(c.region())
	e.addIf(c.Accelerate && partition != "aws", "accelerate", "has no endpoint in the partition "+partition)
	e.addIf(c.FIPS && partition == "aws-cn", "fips", "has no endpoint in the partition "+partition)
}

// isEndpoint says whether it is a URL that leads to a service, and nothing more:
// what is wrong is not repeated, for it may hold a password.
func isEndpoint(s string) bool {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" ||
		u.User != nil || u.RawQuery != "" || u.ForceQuery || strings.Contains(s, "#") || hasDotSegment(u.Path) {
		return false
	}
	port, err := strconv.ParseUint(u.Port(), 10, 16)
	return u.Port() == "" && !strings.HasSuffix(u.Host, ":") || err == nil && port > 0
}

func adviceOnEndpoint(written string) string {
	if isEndpoint("https://" + written) {
		return "begin with https://, or with http:// for a service without encryption"
	}
	return ""
}

// validateEndpointHost finds in the endpoint what is said elsewhere in the form, or
// is no endpoint of S3's.
func (c Connection) validateEndpointHost(e *ConnectionError) {
	const (
		field   = "endpoint"
		leaveIt = "leave the endpoint out: on AWS region says it all"
	)
	u, err := url.Parse(c.Endpoint)
	if err != nil {
		return
	}
	host := u.Hostname()
	_, _, named := strings.Cut(host, ".s3.")
	named = named && isAWSHost(host) && !strings.Contains(host, vpcEndpoint)
	region := regionInHost(host)
	switch {
	case named, c.RestrictToBucket != "" && strings.HasPrefix(host, c.RestrictToBucket+".s3"):
		// Before which the client would put the bucket again.
		e.advise(field, "has the bucket in its host name: that of the service is expected", "leave the bucket out, and on AWS the whole endpoint, where region says it all")
	case strings.HasSuffix(host, "console.aws.amazon.com"):
		e.advise(field, "is the address of the console", leaveIt)
	case !isAWSHost(host):
	case strings.Contains(host, "s3-website"):
		e.advise(field, "is the address of websites, which knows no signatures", leaveIt)
	case strings.HasPrefix(host, "sts"):
		e.advise(field, "is that of STS", "it belongs into sts_endpoint")
	case strings.Trim(u.Path, "/") != "":
		e.advise(field, "has a path, as no endpoint of AWS's has", "the bucket belongs into restrict_to_bucket")
	case region != "" && region != c.region():
		e.advise(field, "is in "+region+", and region is "+c.region(), "set region to "+region+", or leave the endpoint out")
	}
}

// regionInHost is the region that a host name of AWS's names, "" if none.
func regionInHost(host string) string {
	for label := range strings.SplitSeq(host, ".") {
		if label = strings.TrimPrefix(label, "s3-"); isNumberedRegion(label) { // s3-us-west-2 is an old form
			return label
		}
	}
	return ""
}

// vpcEndpoint is in the names of interface endpoints, which begin with their ID
// (Amazon S3 User Guide, "AWS PrivateLink for Amazon S3").
const vpcEndpoint = ".vpce."
