package sts

import (
	"net/url"
	"regexp"
	"strings"
)

// Where STS is (AWS General Reference, "AWS Security Token Service endpoints and
// quotas"): https://sts.REGION.SUFFIX, where the partition gives the suffix.

// suffixes are the partitions whose names do not end in amazonaws.com, by the
// prefix of their regions (botocore, data/partitions.json).
var suffixes = [...]struct{ region, suffix string }{
	{"cn-", "amazonaws.com.cn"},
	{"eusc-", "amazonaws.eu"},
	{"us-iso-", "c2s.ic.gov"},
	{"us-isob-", "sc2s.sgov.gov"},
	{"eu-isoe-", "cloud.adc-e.uk"},
	{"us-isof-", "csp.hci.ic.gov"},
}

// regionName is one label of a host name, for that is what it becomes.
var regionName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

func regional(region string) (string, error) {
	if !regionName.MatchString(region) {
		return "", &InputError{Field: "Region", Problem: `is no region's name, such as "eu-central-1"`}
	}
	suffix := "amazonaws.com"
	for _, s := range suffixes {
		if strings.HasPrefix(region, s.region) {
			suffix = s.suffix
		}
	}
	return "https://sts." + region + "." + suffix + "/", nil
}

// custom checks an endpoint that was given. The error does not repeat it, for it
// may hold a password.
func custom(endpoint string) (string, error) {
	u, err := url.Parse(endpoint)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" ||
		u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return "", &InputError{Field: "Endpoint", Problem: "is no URL of the form https://HOST[:PORT][/PATH]"}
	}
	if u.Path == "" {
		u.Path = "/"
	}
	return u.String(), nil
}
