package s3client

import (
	"net"
	"net/url"
	"slices"
	"strings"
)

// Where requests go (Amazon S3 User Guide, "Virtual hosting of buckets"; AWS
// General Reference, "Amazon S3 endpoints and quotas").

type partition struct{ region, name, dnsSuffix string }

// partitions are AWS's, by the prefix of their regions' names (botocore,
// data/partitions.json).
var partitions = [...]partition{
	{"cn-", "aws-cn", "amazonaws.com.cn"},
	{"us-gov-", "aws-us-gov", "amazonaws.com"},
	{"us-iso-", "aws-iso", "c2s.ic.gov"},
	{"us-isob-", "aws-iso-b", "sc2s.sgov.gov"},
	{"eu-isoe-", "aws-iso-e", "cloud.adc-e.uk"},
	{"us-isof-", "aws-iso-f", "csp.hci.ic.gov"},
	{"eusc-", "aws-eusc", "amazonaws.eu"},
	{"", "aws", "amazonaws.com"}, // all others
}

// partitionOf gives a region's partition and its domain.
func partitionOf(region string) (name, dnsSuffix string) {
	i := slices.IndexFunc(partitions[:], func(p partition) bool { return strings.HasPrefix(region, p.region) })
	return partitions[i].name, partitions[i].dnsSuffix // the last has every prefix
}

func isPartition(name string) bool {
	return slices.ContainsFunc(partitions[:], func(p partition) bool { return p.name == name })
}

// onAWS reports whether the connection leads to AWS.
func (c Connection) onAWS() bool {
	u, err := url.Parse(c.Endpoint)
	return c.Endpoint == "" || err == nil && isAWSHost(u.Hostname())
}

func isAWSHost(host string) bool {
	for _, p := range partitions {
		if strings.HasSuffix(host, "."+p.dnsSuffix) {
			return true
		}
	}
	return false
}

// takesBucketLabel reports whether a bucket can be put before a host name: not
// before an IP address, and not before a single name such as localhost.
func takesBucketLabel(host string) bool {
	return net.ParseIP(host) == nil && strings.Contains(host, ".")
}

// stsEndpoint is where the role is assumed, "" for AWS's regional endpoint.
func (c Connection) stsEndpoint() string {
	if c.STSEndpoint != "" || c.Endpoint == "" {
		return c.STSEndpoint
	}
	if c.onAWS() {
		return "" // a VPC endpoint of S3 has no STS face
	}
	return c.Endpoint
}

// fitsHost reports whether a bucket's name, or what stands in its place, can be a part
// of a host name. A dot would break the wildcard certificate.
func fitsHost(bucket, scheme string) bool {
	if len(bucket) < 3 {
		return false
	}
	if scheme == "https" {
		return isHostLabel(bucket)
	}
	return !isIPv4(bucket) && !slices.ContainsFunc(strings.Split(bucket, "."), func(label string) bool { return !isHostLabel(label) })
}

// escapePath encodes all but the unreserved characters and the slashes. Most paths
// have nothing else.
func escapePath(path string) string {
	for i := range len(path) {
		if c := path[i]; c != '/' && !isUnreserved(c) {
			return strings.ReplaceAll(escape(path), "%2F", "/")
		}
	}
	return path
}

// isUnreserved tells the characters that stand for themselves (AWS Identity and Access
// Management User Guide, "Create a signed AWS API request", UriEncode).
func isUnreserved(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '.' || c == '_' || c == '~'
}

// escape encodes all but the unreserved characters.
func escape(s string) string {
	return strings.ReplaceAll(url.QueryEscape(s), "+", "%20")
}
