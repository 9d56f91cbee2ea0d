package chain

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/sigvier/sigvier/sigv4"
)

// Container is the service that gives an ECS task or an EKS pod its credentials
// (AWS SDKs and Tools Reference Guide, "Container credential provider"). The
// environment says where it is:
//
//   - AWS_CONTAINER_CREDENTIALS_RELATIVE_URI, a path on 169.254.170.2 (ECS),
//   - else AWS_CONTAINER_CREDENTIALS_FULL_URI, a URL: https, or http on this
//     machine, 169.254.170.2 (ECS), 169.254.170.23 or [fd00:ec2::23] (EKS).
//
// It is sent as Authorization what is in the file AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE,
// which is read each time, for EKS writes a new one every so often; else
// AWS_CONTAINER_AUTHORIZATION_TOKEN. A token with a line end is refused, as the AWS
// CLI does, for it would be a second header.
//
// A service that does not answer, or says that it cannot now, is asked three times.
type Container struct {
	// Env looks up an environment variable; nil means os.Getenv.
	Env func(name string) string
	// Timeout bounds each request; 0 is two seconds.
	Timeout time.Duration
	// Base sends the request; nil means a transport without a proxy.
	Base http.RoundTripper
}

const (
	containerName = "container"
	relativeURI   = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
	fullURI       = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
	authToken     = "AWS_CONTAINER_AUTHORIZATION_TOKEN"
	authTokenFile = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"
)

// Fetch implements [Source].
func (c *Container) Fetch(ctx context.Context) (sigv4.Credentials, error) {
	env := envOr(c.Env)
	if env(relativeURI) == "" && env(fullURI) == "" {
		return sigv4.Credentials{}, none(containerName, "neither "+relativeURI+" nor "+fullURI+" is set")
	}
	u, err := containerURL(env)
	if err != nil {
		return sigv4.Credentials{}, err
	}
	header := http.Header{"Accept": {"application/json"}}
	token, err := containerToken(env)
	if err != nil {
		return sigv4.Credentials{}, err
	}
	if token != "" {
		header.Set("Authorization", token)
	}
	s := &service{base: c.Base, timeout: cmp.Or(c.Timeout, 2*time.Second), attempts: 3}
	if s.base == nil {
		allowed := containerHost
		if u.Scheme == "https" {
			allowed = nil
		}
		s.base = local(s.timeout, allowed)
	}
	a, failure := s.ask(ctx, http.MethodGet, u.String(), header)
	failed := func(problem string, err error) (sigv4.Credentials, error) {
		return sigv4.Credentials{}, &SourceError{Source: containerName, Problem: problem, Status: a.status, Err: err}
	}
	if failure != nil {
		return failed("did not give its credentials", failure)
	}
	cred, code, problem := a.credentials()
	switch {
	case a.status != http.StatusOK || code != "":
		problem = fmt.Sprintf("refused its credentials (status %d", a.status)
		if code != "" {
			problem += ", " + code
		}
		return failed(problem+")", nil)
	case problem != "":
		return failed("gave an answer that "+problem, nil)
	}
	return cred, nil
}

// containerURL is where the credentials are. An error does not repeat it, for
// whoever has the path has the credentials.
func containerURL(env environment) (*url.URL, error) {
	bad := func(name, problem string) (*url.URL, error) {
		return nil, &SettingError{Kind: ErrMalformed, Source: "environment", Setting: name, Problem: problem}
	}
	if path := env(relativeURI); path != "" {
		u, err := url.Parse("http://169.254.170.2" + path)
		if err != nil || path[0] != '/' || u.Host != "169.254.170.2" {
			return bad(relativeURI, "is no path that begins with a slash")
		}
		return u, nil
	}
	u, err := url.Parse(env(fullURI))
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "http" && u.Scheme != "https" {
		return bad(fullURI, "is no URL of the form http://HOST[:PORT]/PATH")
	}
	if host := u.Hostname(); u.Scheme == "http" && !strings.EqualFold(host, "localhost") {
		if addr, err := netip.ParseAddr(host); err != nil || !containerHost(addr) {
			return bad(fullURI, "has a host that credentials are not taken from: expecting https, or a loopback address, 169.254.170.2, 169.254.170.23 or [fd00:ec2::23]")
		}
	}
	return u, nil
}

// The services of ECS, and of EKS Pod Identity in both its forms.
var containerHosts = [...]netip.Addr{
	netip.MustParseAddr("169.254.170.2"), netip.MustParseAddr("169.254.170.23"), netip.MustParseAddr("fd00:ec2::23"),
}

// containerHost tells whether an address may be asked without encryption. It is
// asked again of the address that is dialled, for localhost is only a name.
func containerHost(a netip.Addr) bool {
	a = a.Unmap()
	for _, h := range containerHosts {
		if a == h {
			return true
		}
	}
	return a.IsLoopback()
}

func containerToken(env environment) (string, error) {
	source, setting, token := "environment", authToken, env(authToken)
	if file := env(authTokenFile); file != "" {
		text, err := readFile(file, maxAnswer)
		if err != nil {
			return "", unreadable(file, "it is what "+authTokenFile+" names: ", err)
		}
		if source, setting, token = file, "", string(text); strings.TrimSpace(token) == "" {
			return "", &SettingError{Kind: ErrMalformed, Source: file, Problem: "the token is empty"}
		}
	}
	for _, r := range token {
		if r < ' ' || r > '~' {
			return "", &SettingError{Kind: ErrMalformed, Source: source, Setting: setting, Problem: "has a line end or another character that no header may have: expecting the token and nothing behind it"}
		}
	}
	return token, nil
}
