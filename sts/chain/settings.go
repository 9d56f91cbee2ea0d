package chain

import (
	"cmp"
	"strings"
)

// Region gives the region: AWS_REGION, else AWS_DEFAULT_REGION, else the
// profile's, else "".
func (c *Chain) Region() (string, error) {
	if region := cmp.Or(c.env("AWS_REGION"), c.env("AWS_DEFAULT_REGION")); region != "" {
		return region, nil
	}
	p, err := c.profile()
	if err != nil {
		return "", err
	}
	return p.word("region")
}

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
func (c *Chain) Endpoint(service string) (string, error) {
	ignore := c.env("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")
	if strings.EqualFold(ignore, "true") {
		return "", nil
	}
	fromEnv := cmp.Or(c.env("AWS_ENDPOINT_URL_"+strings.ToUpper(snake(service))), c.env("AWS_ENDPOINT_URL"))
	if fromEnv != "" && ignore != "" {
		return fromEnv, nil
	}
	p, err := c.profile()
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
			return "", &SettingError{Kind: ErrMalformed, Source: name.file, Line: name.line, Setting: "services",
				Problem: "names a section that is not in " + cmp.Or(p.config.name, "a config file")}
		}
		key := strings.ToLower(snake(service)) + ".endpoint_url"
		if s := services[key]; s.value != "" {
			return s.word(key)
		}
	}
	return p.word("endpoint_url")
}

// snake writes a service's name as its settings have it: "s3-control" becomes
// "s3_control".
func snake(service string) string {
	return strings.NewReplacer("-", "_", " ", "_").Replace(service)
}
