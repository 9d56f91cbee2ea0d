package chain

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/sigvier/sigvier/sigv4"
)

// InstanceMetadata is the service that gives an EC2 instance the credentials of
// its role, in its version 2 (Amazon EC2 User Guide, "Use the Instance Metadata
// Service to access instance metadata"): a token is asked for, and with it the
// role's name and its credentials. It is asked directly, never through a proxy.
//
// These environment variables, and settings of the profile in a [Chain], change
// that (AWS SDKs and Tools Reference Guide, "IMDS credential provider" and "Amazon
// EC2 instance metadata"):
//
//	AWS_EC2_METADATA_DISABLED                                                        true: it is not asked
//	AWS_EC2_METADATA_V1_DISABLED            ec2_metadata_v1_disabled                 false: as [InstanceMetadata.AllowV1]
//	AWS_EC2_METADATA_SERVICE_ENDPOINT       ec2_metadata_service_endpoint            its URL
//	AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE  ec2_metadata_service_endpoint_mode       IPv4 or IPv6
//	AWS_METADATA_SERVICE_TIMEOUT            metadata_service_timeout                 seconds for each request, 1
//	AWS_METADATA_SERVICE_NUM_ATTEMPTS       metadata_service_num_attempts            how often each is made, 1
//
// Nobody sets this source up, so whatever it meets with means that it is not
// there: the error is a [*NoCredentialsError] that says what it was.
type InstanceMetadata struct {
	// Env looks up an environment variable; nil means os.Getenv.
	Env func(name string) string
	// Endpoint is the service's URL, before all settings.
	Endpoint string
	// AllowV1 allows for version 1, which has no token, if there is no version 2.
	// Any program on the instance that can be made to fetch a URL then gives the
	// credentials away.
	AllowV1 bool
	// Timeout bounds each request, before all settings.
	Timeout time.Duration
	// Base sends the requests; nil means a transport without a proxy.
	Base http.RoundTripper

	profile profile // whose settings count beside the environment's
}

const (
	imdsName = "EC2 instance metadata"
	imdsIPv4 = "http://169.254.169.254"
	imdsIPv6 = "http://[fd00:ec2::254]"
	rolePath = "/latest/meta-data/iam/security-credentials/"
	tokenTTL = "21600" // seconds, the most there is
)

// Fetch implements [Source].
func (m *InstanceMetadata) Fetch(ctx context.Context) (sigv4.Credentials, error) {
	env := envOr(m.Env)
	if strings.EqualFold(env("AWS_EC2_METADATA_DISABLED"), "true") {
		return sigv4.Credentials{}, none(imdsName, "AWS_EC2_METADATA_DISABLED is true")
	}
	i, err := m.instance(env)
	if err != nil {
		return sigv4.Credentials{}, err
	}
	cred, failure := i.credentials(ctx)
	switch {
	case failure == nil:
		return cred, nil
	case ctx.Err() != nil: // the caller gave up
		failure.Err = context.Cause(ctx)
		return sigv4.Credentials{}, failure
	}
	reason := failure.Problem
	if failure.Err != nil {
		reason += ": " + failure.Err.Error()
	}
	return sigv4.Credentials{}, &NoCredentialsError{Tried: []Attempt{{Source: imdsName, Reason: reason, Err: failure}}}
}

// instance is the metadata service of one search.
type instance struct {
	service
	endpoint string
	allowV1  bool
}

func (m *InstanceMetadata) instance(env environment) (*instance, error) {
	i := &instance{service: service{base: m.Base}, endpoint: m.Endpoint, allowV1: m.AllowV1}
	if v, _ := m.setting(env, "AWS_EC2_METADATA_V1_DISABLED", "ec2_metadata_v1_disabled"); strings.EqualFold(v, "false") {
		i.allowV1 = true
	}
	seconds, err := m.number(env, "AWS_METADATA_SERVICE_TIMEOUT", "metadata_service_timeout")
	if err != nil {
		return nil, err
	}
	if i.attempts, err = m.number(env, "AWS_METADATA_SERVICE_NUM_ATTEMPTS", "metadata_service_num_attempts"); err != nil {
		return nil, err
	}
	bad := func(problem string) error {
		return &SettingError{Kind: ErrMalformed, Source: imdsName, Setting: "Endpoint", Problem: problem}
	}
	if i.endpoint == "" {
		i.endpoint, bad = m.setting(env, "AWS_EC2_METADATA_SERVICE_ENDPOINT", "ec2_metadata_service_endpoint")
	}
	if i.endpoint == "" {
		i.endpoint = imdsIPv4
		mode, bad := m.setting(env, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "ec2_metadata_service_endpoint_mode")
		switch strings.ToLower(mode) {
		case "", "ipv4":
		case "ipv6":
			i.endpoint = imdsIPv6
		default:
			return nil, bad("is neither IPv4 nor IPv6")
		}
	}
	u, err := url.Parse(i.endpoint)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, bad("is no URL of the form http://HOST[:PORT]")
	}
	i.endpoint = strings.TrimSuffix(i.endpoint, "/")
	i.timeout = cmp.Or(m.Timeout, time.Duration(seconds)*time.Second)
	if i.base == nil {
		i.base = local(i.timeout, nil)
	}
	return i, nil
}

// setting gives the variable, else the profile's setting, and what says that it
// is wrong.
func (m *InstanceMetadata) setting(env environment, variable, name string) (value string, bad func(problem string) error) {
	if value := env(variable); value != "" {
		return value, func(problem string) error {
			return &SettingError{Kind: ErrMalformed, Source: "environment", Setting: variable, Problem: problem}
		}
	}
	s, _ := m.profile.get(name)
	return s.value, func(problem string) error { return s.bad(ErrMalformed, name, problem) }
}

// number gives a setting that is a number from 1 on, and is 1 if it is not set.
func (m *InstanceMetadata) number(env environment, variable, name string) (int, error) {
	value, bad := m.setting(env, variable, name)
	if value == "" {
		return 1, nil
	}
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 || n > 1000 {
		return 0, bad("is no number from 1 to 1000")
	}
	return n, nil
}

// credentials asks a second time if the token or the role has gone between two
// requests: tokens end, and the instance profile may be replaced (Amazon EC2 User
// Guide, "Use the Instance Metadata Service to access instance metadata", Query
// instance metadata; "Attach an IAM role to an instance").
func (i *instance) credentials(ctx context.Context) (sigv4.Credentials, *SourceError) {
	cred, failure, gone := i.roleCredentials(ctx)
	if gone {
		cred, failure, _ = i.roleCredentials(ctx)
	}
	return cred, failure
}

func (i *instance) roleCredentials(ctx context.Context) (cred sigv4.Credentials, failure *SourceError, gone bool) {
	header, failure := i.token(ctx)
	if failure != nil {
		return cred, failure, false
	}
	unauthorized := func(f *SourceError) bool { return f.Status == http.StatusUnauthorized && len(header) > 0 }
	a, failure := i.get(ctx, rolePath, header)
	if failure != nil {
		return cred, failure, unauthorized(failure)
	}
	// A list with one name.
	role, _, _ := strings.Cut(strings.TrimSpace(string(a.body)), "\n")
	role = strings.TrimSpace(role)
	if role == "" {
		return cred, &SourceError{Source: imdsName, Problem: "has no role: the instance has no instance profile"}, false
	}
	if a, failure = i.get(ctx, rolePath+url.PathEscape(role), header); failure != nil {
		return cred, failure, unauthorized(failure) || failure.Status == http.StatusNotFound
	}
	cred, code, problem := a.credentials()
	switch {
	case code != "":
		failure = &SourceError{Source: imdsName, Problem: "gave no credentials of the role (" + code + "): may EC2 assume it?", Status: a.status}
	case problem != "":
		failure = &SourceError{Source: imdsName, Problem: "gave an answer that " + problem, Status: a.status}
	}
	return cred, failure, false
}

// token gives the header that carries a token, an empty one for version 1.
func (i *instance) token(ctx context.Context) (http.Header, *SourceError) {
	a, err := i.ask(ctx, http.MethodPut, i.endpoint+"/latest/api/token", http.Header{"X-Aws-Ec2-Metadata-Token-Ttl-Seconds": {tokenTTL}})
	if err != nil {
		failure := &SourceError{Source: imdsName, Err: err}
		if !err.timeout || !err.reached {
			failure.Problem = "is not reached, so this is no EC2 instance, or one whose metadata service is off"
			return nil, failure
		}
		// The answer to the token's request may pass so many routers only, one
		// by default, and a container is behind one (Amazon EC2 User Guide,
		// "Configure the Instance Metadata Service options").
		failure.Problem = "did not answer the request for a token; in a container, " + hopLimit
		return i.version1(failure)
	}
	token := strings.TrimSpace(string(a.body))
	failed := func(problem string) *SourceError {
		return &SourceError{Source: imdsName, Problem: fmt.Sprintf("%s (status %d)", problem, a.status), Status: a.status}
	}
	switch {
	case a.status == http.StatusForbidden:
		return i.version1(failed("is switched off"))
	case a.status == http.StatusNotFound, a.status == http.StatusMethodNotAllowed:
		return i.version1(failed("has no version 2"))
	case a.status != http.StatusOK:
		return nil, failed("refused a token")
	case token == "" || strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }):
		return nil, failed("gave a token that is none")
	}
	return http.Header{"X-Aws-Ec2-Metadata-Token": {token}}, nil
}

const hopLimit = "the instance's hop limit must be 2 (aws ec2 modify-instance-metadata-options --http-put-response-hop-limit 2)"

// version1 goes on without a token where that is allowed (AWS SDKs and Tools
// Reference Guide, "IMDS credential provider": if version 2 fails with status 403,
// 404 or 405).
func (i *instance) version1(failure *SourceError) (http.Header, *SourceError) {
	if i.allowV1 {
		return http.Header{}, nil
	}
	failure.Problem += "; version 1 is not used unless it is allowed"
	return nil, failure
}

func (i *instance) get(ctx context.Context, path string, header http.Header) (answer, *SourceError) {
	a, err := i.ask(ctx, http.MethodGet, i.endpoint+path, header)
	failed := func(problem string) (answer, *SourceError) {
		return a, &SourceError{Source: imdsName, Problem: fmt.Sprintf("%s (status %d)", problem, a.status), Status: a.status}
	}
	switch {
	case err != nil:
		return a, &SourceError{Source: imdsName, Problem: "did not say which role the instance has", Err: err}
	case a.status == http.StatusOK:
		return a, nil
	case a.status == http.StatusNotFound:
		return failed("has no role: the instance has no instance profile")
	case a.status == http.StatusUnauthorized && len(header) == 0:
		return failed("wants version 2")
	}
	return failed("did not give the role's credentials")
}
