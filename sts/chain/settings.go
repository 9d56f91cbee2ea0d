package chain

import (
	"cmp"
	"strings"
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
	if region := s.env.region(); region != "" {
		return region, nil
	}
	p, err := s.profile()
	if err != nil {
		return "", err
	}
	return p.word("region")
}

func (env environment) region() string {
	return cmp.Or(env("AWS_REGION"), env("AWS_DEFAULT_REGION"))
}

func (s *shared) endpoint(service string) (string, error) {
	ignore := s.env(ignoreEndpoints)
	if strings.EqualFold(ignore, "true") {
		return "", nil
	}
	fromEnv := s.env.endpoint(service)
	if fromEnv != "" && ignore != "" {
		return fromEnv, nil
	}
	p, err := s.profile()
	if err != nil {
		return "", err
	}
	if ignore == "" {
		if s, ok := p.get("ignore_configured_endpoint_urls"); ok && strings.EqualFold(s.value, "true") {
			return "", nil
		}
	}
	if fromEnv != "" {
		return fromEnv, nil
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

const ignoreEndpoints = "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"

// endpoint gives what the environment alone says, if it is not switched off.
func (env environment) endpoint(service string) string {
	if strings.EqualFold(env(ignoreEndpoints), "true") {
		return ""
	}
	return cmp.Or(env("AWS_ENDPOINT_URL_"+strings.ToUpper(snake(service))), env("AWS_ENDPOINT_URL"))
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

// regionOfRole is where STS is asked for a role if no region is set: the role's
// partition has one that every account has.
func regionOfRole(arn string) string {
	switch p := strings.SplitN(arn, ":", 3); {
	case len(p) > 1 && p[1] == "aws-cn":
		return "cn-north-1"
	case len(p) > 1 && p[1] == "aws-us-gov":
		return "us-gov-west-1"
	}
	return "us-east-1"
}
