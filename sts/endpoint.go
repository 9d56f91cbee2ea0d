package sts

import (
	"errors"
	"net/url"
	"strings"
)

// Where STS is: https://sts.REGION.SUFFIX, where the partition gives the suffix
// (AWS General Reference, "AWS Security Token Service endpoints and quotas"; IAM
// User Guide, "AWS STS Regions and endpoints"). The global endpoint is legacy and
// not used.

// partitions are those whose names do not end as those of AWS and AWS GovCloud
// (US) do, by the prefix of their regions (botocore, data/partitions.json).
var partitions = [...]struct{ region, suffix, dualStack string }{
	{"cn-", "amazonaws.com.cn", "api.amazonwebservices.com.cn"},
	{"eusc-", "amazonaws.eu", "api.amazonwebservices.eu"},
	{"us-iso-", "c2s.ic.gov", "api.aws.ic.gov"},
	{"us-isob-", "sc2s.sgov.gov", "api.aws.scloud"},
	{"eu-isoe-", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"},
	{"us-isof-", "csp.hci.ic.gov", "api.aws.hci.ic.gov"},
}

// URL is where the client's calls go.
func (c *Client) URL() (string, error) { return c.endpoint() }

// endpoint gives the URL that the fields say.
func (c *Client) endpoint() (string, error) {
	if c.Endpoint == "" {
		return RegionalEndpoint("sts", c.Region, c.FIPS, c.DualStack)
	}
	var fips, dualStack error
	u, err := custom(c.Endpoint)
	// What the address has been given for, no field can change any more; and what
	// was asked for must not be left out silently.
	if c.FIPS {
		fips = &InputError{Field: "FIPS", Problem: "does not go with Endpoint: expecting one of them; the endpoint may be a FIPS one itself"}
	}
	if c.DualStack {
		dualStack = &InputError{Field: "DualStack", Problem: "does not go with Endpoint: expecting one of them; the endpoint may be a dual-stack one itself"}
	}
	return u, errors.Join(err, fips, dualStack)
}

// RegionalEndpoint gives AWS's own URL of a service in a region, for services
// whose hosts are named as those of STS are: "sts", and "portal.sso" of IAM
// Identity Center. A region that cannot be is an [*InputError].
func RegionalEndpoint(service, region string, fips, dualStack bool) (string, error) {
	if !isRegion(region) || len(region) > 63 || strings.HasPrefix(region, "fips-") {
		return "", &InputError{Field: "Region", Problem: `is no region's name, such as "eu-central-1"`}
	}
	suffix, dual := "amazonaws.com", "api.aws"
	for _, p := range partitions {
		if strings.HasPrefix(region, p.region) {
			suffix, dual = p.suffix, p.dualStack
		}
	}
	// In GovCloud the plain endpoints are the FIPS ones, but for dual-stack
	// (botocore, the endpoint rules of STS and SSO). In AWS's commercial partition only
	// the regions of the US have FIPS endpoints; asking elsewhere finds no host.
	if fips && (dualStack || !strings.HasPrefix(region, "us-gov-")) {
		service += "-fips"
	}
	if dualStack {
		suffix = dual
	}
	return "https://" + service + "." + region + "." + suffix + "/", nil
}

// custom checks an endpoint that was given. The error does not repeat it, for it
// may hold a password.
func custom(endpoint string) (string, error) {
	u, err := url.Parse(endpoint)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" ||
		u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return "", &InputError{Field: "Endpoint", Problem: "is no URL of the form https://HOST[:PORT][/PATH]"}
	}
	if u.Path == "" {
		u.Path = "/"
	}
	return u.String(), nil
}
