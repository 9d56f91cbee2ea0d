package chain

import (
	"cmp"
	"strings"

	"github.com/sigvier/sigvier/sts"
)

// Region gives the region: AWS_REGION, else AWS_DEFAULT_REGION, else the
// profile's, else "".
func (c *Chain) Region() (string, error) { return c.shared().region() }

// Endpoint gives the URL of a service ("s3", "sts"), "" if it is AWS's own (AWS
// SDKs and Tools Reference Guide, "Service-specific endpoints"). The first that
// is set counts:
//
//  1. AWS_ENDPOINT_URL_SERVICE,
//  2. AWS_ENDPOINT_URL,
//  3. the service's endpoint_url in the services section that the profile names,
//  4. the profile's endpoint_url.
//
// AWS_IGNORE_CONFIGURED_ENDPOINT_URLS, else the profile's
// ignore_configured_endpoint_urls, switches all of them off if it is true.
func (c *Chain) Endpoint(service string) (string, error) { return c.shared().endpoint(service) }

func (s *shared) region() (string, error) {
	if region := cmp.Or(s.env("AWS_REGION"), s.env("AWS_DEFAULT_REGION")); region != "" {
		return region, nil
	}
	p, err := s.profile()
	if err != nil {
		return "", err
	}
	return p.word("region")
}

func (s *shared) endpoint(service string) (string, error) {
	ignore, err := s.flag("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls")
	if err != nil || ignore {
		return "", err
	}
	if url := cmp.Or(s.env("AWS_ENDPOINT_URL_"+strings.ToUpper(snake(service))), s.env("AWS_ENDPOINT_URL")); url != "" {
		return url, nil
	}
	p, err := s.profile()
	if err != nil {
		return "", err
	}
	if name, ok := p.get("services"); ok {
		services := configSection(p.config.sections, "services", name.value)
		if services == nil {
			return "", name.bad(ErrMalformed, "services", "names a section that is not in "+cmp.Or(p.config.name, "a config file"))
		}
		key := strings.ToLower(snake(service)) + ".endpoint_url"
		if s := services[key]; s.value != "" {
			return s.word(key)
		}
	}
	return p.word("endpoint_url")
}

// variants tells which of AWS's own endpoints are wanted (AWS SDKs and Tools
// Reference Guide, "Dual-stack and FIPS endpoints").
func (s *shared) variants() (fips, dualStack bool, err error) {
	if fips, err = s.flag("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint"); err == nil {
		dualStack, err = s.flag("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint")
	}
	return fips, dualStack, err
}

func (s *shared) flag(variable, name string) (bool, error) {
	value := s.env(variable)
	bad := func(problem string) error {
		return &SettingError{Kind: ErrMalformed, Source: "environment", Setting: variable, Problem: problem}
	}
	if value == "" {
		p, err := s.profile()
		if err != nil {
			return false, err
		}
		at, _ := p.get(name)
		value, bad = at.value, func(problem string) error { return at.bad(ErrMalformed, name, problem) }
	}
	switch strings.ToLower(value) {
	case "true":
		return true, nil
	case "false", "":
		return false, nil
	}
	return false, bad("is neither true nor false")
}

// snake writes a service's name as its settings have it: "s3-control" becomes
// "s3_control".
func snake(service string) string {
	return strings.NewReplacer("-", "_", " ", "_").Replace(service)
}

// sts is the STS that assumes a role. A region and an endpoint that are given go
// before those that are set.
func (s *shared) sts(role, region, endpoint string) (*sts.Client, error) {
	c := &sts.Client{Region: region, Endpoint: endpoint}
	var err error
	if c.Region == "" {
		if region, err = s.region(); err != nil {
			return nil, err
		}
		c.Region = cmp.Or(region, roleRegion(role))
	}
	if c.Endpoint == "" {
		if c.Endpoint, err = s.endpoint("sts"); err != nil {
			return nil, err
		}
	}
	if c.Endpoint == "" {
		c.FIPS, c.DualStack, err = s.variants()
	}
	return c, err
}

// roleRegions are the regions where STS is asked for a role if no region is set:
// those that every account of a partition has (botocore, data/partitions.json,
// implicitGlobalRegion).
var roleRegions = map[string]string{
	"aws":        "us-east-1",
	"aws-cn":     "cn-northwest-1",
	"aws-us-gov": "us-gov-west-1",
	"aws-eusc":   "eusc-de-east-1",
	"aws-iso":    "us-iso-east-1",
	"aws-iso-b":  "us-isob-east-1",
	"aws-iso-e":  "eu-isoe-west-1",
	"aws-iso-f":  "us-isof-south-1",
}

func roleRegion(arn string) string {
	_, rest, _ := strings.Cut(arn, ":")
	partition, _, _ := strings.Cut(rest, ":")
	return cmp.Or(roleRegions[partition], roleRegions["aws"])
}
