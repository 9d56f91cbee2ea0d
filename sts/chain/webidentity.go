package chain

import (
	"cmp"
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sts"
)

// WebIdentity is a role that is assumed with a token of an identity provider, as
// pods of EKS do (AWS SDKs and Tools Reference Guide, "Assume role credential
// provider"; Amazon EKS User Guide, "IAM roles for service accounts"). What is
// not given stands in the environment.
type WebIdentity struct {
	// TokenFile has the token; "" means AWS_WEB_IDENTITY_TOKEN_FILE. It is read
	// each time, for whoever writes it writes a new one before the token ends.
	TokenFile string
	// RoleARN is the role; "" means AWS_ROLE_ARN.
	RoleARN string
	// SessionName stands in the account's logs; "" means AWS_ROLE_SESSION_NAME,
	// else "sigvier".
	SessionName string
	// Duration is that of the session; 0 is an hour.
	Duration time.Duration
	// Region is where STS is asked; "" means AWS_REGION, else AWS_DEFAULT_REGION,
	// else the region that every account of the role's partition has.
	Region string
	// Endpoint is STS's URL; "" means AWS_ENDPOINT_URL_STS, else AWS_ENDPOINT_URL,
	// else AWS's own.
	Endpoint string
	// Env looks up an environment variable; nil means os.Getenv.
	Env func(name string) string
	// Base sends the request; nil means http.DefaultTransport.
	Base http.RoundTripper
	// Now is the clock; nil means time.Now.
	Now func() time.Time

	source string // what an error names; "" is web identity
}

const (
	webIdentityName = "web identity"
	webIdentityFile = "AWS_WEB_IDENTITY_TOKEN_FILE"
	defaultSession  = "sigvier"
)

// Fetch implements [Source].
func (w *WebIdentity) Fetch(ctx context.Context) (sigv4.Credentials, error) {
	env := envOr(w.Env)
	file := cmp.Or(w.TokenFile, env(webIdentityFile))
	if file == "" {
		return sigv4.Credentials{}, none(webIdentityName, webIdentityFile+" is not set")
	}
	role := cmp.Or(w.RoleARN, env("AWS_ROLE_ARN"))
	if role == "" {
		return sigv4.Credentials{}, noRoleARN()
	}
	// The environment alone, whichever profile it names.
	client, err := (&shared{env: env, name: "default", read: true}).sts(role, w.Region, w.Endpoint)
	if err != nil {
		return sigv4.Credentials{}, err
	}
	client.Base, client.Now = w.Base, w.Now
	return w.assume(ctx, client, file, sts.AssumeRoleWithWebIdentityInput{
		RoleARN:     role,
		SessionName: cmp.Or(w.SessionName, env("AWS_ROLE_SESSION_NAME"), defaultSession),
		Duration:    w.Duration,
	})
}

func noRoleARN() error {
	return &SettingError{Kind: ErrIncomplete, Source: "environment", Setting: "AWS_ROLE_ARN",
		Problem: "is not set, and " + webIdentityFile + " is"}
}

func (w *WebIdentity) assume(ctx context.Context, client *sts.Client, file string, in sts.AssumeRoleWithWebIdentityInput) (sigv4.Credentials, error) {
	text, err := readFile(file, maxAnswer)
	if err != nil {
		return sigv4.Credentials{}, unreadable(file, "it is to have the web identity's token: ", err)
	}
	token := strings.TrimSpace(string(text)) // an editor leaves a line end
	if token == "" {
		return sigv4.Credentials{}, &SettingError{Kind: ErrMalformed, Source: file, Problem: "the web identity's token is empty"}
	}
	in.Token = sts.Fixed(token)
	out, err := client.AssumeRoleWithWebIdentity(ctx, in)
	if err != nil {
		return sigv4.Credentials{}, &SourceError{Source: cmp.Or(w.source, webIdentityName), Problem: "gave no session of " + in.RoleARN, Err: err}
	}
	return out.Credentials, nil
}
