package chain_test

import (
	"errors"
	"testing"

	"github.com/sigvier/sigvier/sts/chain"
)

func TestRegion(t *testing.T) {
	for _, test := range []struct {
		name string
		setup
		want string
		err  error
	}{
		{"nowhere", setup{}, "", nil},
		{"AWS_REGION first", setup{env: map[string]string{"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-2"}, config: "[default]\nregion = eu-west-3"}, "eu-west-1", nil},
		{"then AWS_DEFAULT_REGION", setup{env: map[string]string{"AWS_DEFAULT_REGION": "eu-west-2"}, config: "[default]\nregion = eu-west-3"}, "eu-west-2", nil},
		{"then the profile", setup{config: "[default]\nregion = eu-west-3"}, "eu-west-3", nil},
		{"the profile asked for", setup{profile: "work", config: "[default]\nregion = eu-west-3\n[profile work]\nREGION=eu-north-1 # here"}, "eu-north-1", nil},
		{"no other profile's", setup{profile: "work", config: "[default]\nregion = eu-west-3\n[profile work]\noutput = json"}, "", nil},
		{"the credentials file's before the config file's", setup{config: "[default]\nregion = eu-west-3", credentials: "[default]\nregion = eu-west-1"}, "eu-west-1", nil},
		{"an empty one in the credentials file", setup{config: "[default]\nregion = eu-west-3", credentials: "[default]\nregion ="}, "eu-west-3", nil},
		{"two words", setup{config: "[default]\nregion = eu west"}, "", chain.ErrMalformed},
		{"no such profile", setup{profile: "work"}, "", chain.ErrNoProfile},
		{"malformed file", setup{config: "region"}, "", chain.ErrMalformed},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, _ := test.chain(t)
			got, err := c.Region()
			if got != test.want || !errors.Is(err, test.err) {
				t.Errorf("Region() = %q, %v, want %q, %v", got, err, test.want, test.err)
			}
		})
	}
}

func TestEndpoint(t *testing.T) {
	const config = `
[default]
endpoint_url = http://profile
services = local
s3 =
  endpoint_url = http://not-this
  addressing_style = path
[services local]
s3 =
  endpoint_url = http://service-s3
s3_control =
  endpoint_url = http://service-s3-control
[profile plain]
endpoint_url = http://plain
[profile off]
endpoint_url = http://off
ignore_configured_endpoint_urls = true
[profile lost]
services = nowhere
[profile blank]
endpoint_url = http://a b
`
	env := func(pairs ...string) map[string]string {
		m := map[string]string{}
		for i := 0; i < len(pairs); i += 2 {
			m[pairs[i]] = pairs[i+1]
		}
		return m
	}
	all := env("AWS_ENDPOINT_URL", "http://env", "AWS_ENDPOINT_URL_S3", "http://env-s3", "AWS_ENDPOINT_URL_STS", "http://env-sts")
	for _, test := range []struct {
		name    string
		service string
		setup
		want string
		err  error
	}{
		{"nowhere", "s3", setup{}, "", nil},
		{"the service's variable", "s3", setup{env: all, config: config}, "http://env-s3", nil},
		{"another service's variable", "sts", setup{env: all, config: config}, "http://env-sts", nil},
		{"the variable for all", "sqs", setup{env: all, config: config}, "http://env", nil},
		{"the services section", "s3", setup{config: config}, "http://service-s3", nil},
		{"the services section, a name with a dash", "s3-control", setup{config: config}, "http://service-s3-control", nil},
		{"the profile", "sts", setup{config: config}, "http://profile", nil},
		{"the profile asked for", "s3", setup{config: config, profile: "plain"}, "http://plain", nil},
		{"variable before profile asked for", "s3", setup{env: all, config: config, profile: "plain"}, "http://env-s3", nil},
		{"switched off by the profile", "s3", setup{config: config, profile: "off"}, "", nil},
		{"switched off by the profile, variables too", "s3", setup{env: all, config: config, profile: "off"}, "", nil},
		{"switched off by the environment", "s3", setup{env: env("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "TRUE", "AWS_ENDPOINT_URL", "http://env"), config: config}, "", nil},
		{"switched on by the environment", "s3", setup{env: env("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "false"), config: config, profile: "off"}, "http://off", nil},
		{"switched on by the environment, with a variable", "s3", setup{env: env("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "false", "AWS_ENDPOINT_URL", "http://env"), config: config, profile: "off"}, "http://env", nil},
		{"services section that is not there", "s3", setup{config: config, profile: "lost"}, "", chain.ErrMalformed},
		{"two words", "s3", setup{config: config, profile: "blank"}, "", chain.ErrMalformed},
		{"switched by the environment to neither", "s3", setup{env: env("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "yes", "AWS_ENDPOINT_URL", "http://env")}, "", chain.ErrMalformed},
		{"switched by the profile to neither", "s3", setup{config: "[default]\nignore_configured_endpoint_urls = yes\nendpoint_url = http://x"}, "", chain.ErrMalformed},
		{"services section without the service", "sqs", setup{config: config}, "http://profile", nil},
		{"no such profile", "s3", setup{profile: "work"}, "", chain.ErrNoProfile},
		{"no such profile, switched on", "s3", setup{profile: "work", env: env("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "false")}, "", chain.ErrNoProfile},
		{"malformed file", "s3", setup{config: "x"}, "", chain.ErrMalformed},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, _ := test.chain(t)
			got, err := c.Endpoint(test.service)
			if got != test.want || !errors.Is(err, test.err) {
				t.Errorf("Endpoint(%q) = %q, %v, want %q, %v", test.service, got, err, test.want, test.err)
			}
		})
	}
}
