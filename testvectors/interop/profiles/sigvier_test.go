package profiles

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"testing"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sts"
	"github.com/sigvier/sigvier/sts/chain"
)

// askSigvier answers a row with the chain, and with clients that go where it says.
func (w *world) askSigvier(t *testing.T, r row) answer {
	t.Helper()
	home, env := w.home(t, r)
	c := &chain.Chain{Home: home, Profile: r.profile, Env: func(name string) string { return env[name] }}
	a, err := askChain(t.Context(), c)
	if err != nil {
		return answer{Refusal: refusal(err)}
	}
	return a
}

func askChain(ctx context.Context, c *chain.Chain) (a answer, err error) {
	if _, err := c.Credentials(ctx); err != nil {
		return a, err
	}
	region, err := c.Region()
	if err != nil {
		return a, err
	}
	stsURL, err := c.Endpoint("sts")
	if err != nil {
		return a, err
	}
	s3URL, err := c.Endpoint("s3")
	if err != nil {
		return a, err
	}
	who, err := (&sts.Client{Region: region, Endpoint: stsURL, Provider: c}).GetCallerIdentity(ctx)
	if err != nil {
		return a, err
	}
	a = served(who.ARN)
	client, err := s3client.Connection{AuthorizationType: s3client.AccessKey, Region: region, Endpoint: s3URL}.Open(&s3client.Options{Credentials: sigv4.Provider(c)})
	if err != nil {
		return a, err
	}
	out, err := client.ListObjectsV2(ctx, s3client.ListObjectsV2Input{Bucket: bucket})
	if err != nil {
		a.Objects = "refuses: " + refusal(err)
		return a, nil
	}
	var keys []string
	for _, o := range out.Contents {
		keys = append(keys, o.Key)
	}
	a.Objects = strings.Join(keys, " ")
	return a, nil
}

// refusal is the word for an error that [refusals] has for aws-cli's.
func refusal(err error) string {
	var api *s3client.APIError
	var source *chain.SourceError
	switch {
	case errors.As(err, &api):
		return api.Code
	case errors.Is(err, chain.ErrNoProfile):
		return "no such profile"
	case errors.Is(err, chain.ErrCycle):
		return "circle"
	case errors.Is(err, chain.ErrSignIn):
		return "sign-in"
	case errors.Is(err, fs.ErrNotExist):
		return "no such file"
	case errors.Is(err, chain.ErrIncomplete):
		return "incomplete"
	case errors.Is(err, chain.ErrMalformed):
		return "malformed"
	case errors.As(err, &source) && errors.Is(source.Err, chain.ErrNoCredentials):
		return "source without credentials"
	case errors.As(err, &source) && strings.HasPrefix(source.Source, "credential_process"):
		return "process"
	case errors.As(err, &source) && source.Source == "environment":
		return "ended" // for nothing else fails there
	case errors.As(err, &source) && source.Source == "container":
		return "container"
	case errors.As(err, &source) && source.Source == "IAM Identity Center" && source.Status == 403:
		return "ForbiddenException"
	case errors.Is(err, chain.ErrNoCredentials):
		return "no credentials"
	}
	return err.Error()
}
