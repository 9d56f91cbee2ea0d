package chain

import (
	"context"
	"errors"
	"time"

	"github.com/sigvier/sigvier/sigv4"
)

// Environment is the access key in the environment: AWS_ACCESS_KEY_ID,
// AWS_SECRET_ACCESS_KEY and, of a session, AWS_SESSION_TOKEN (AWS SDKs and Tools
// Reference Guide, "AWS access keys"). Half an access key is an error, and so is a
// session that has ended, where AWS_CREDENTIAL_EXPIRATION says when: "aws configure
// export-credentials --format env" sets it beside the others (AWS CLI Command
// Reference, "export-credentials").
type Environment struct {
	// Env looks up an environment variable; nil means os.Getenv.
	Env func(name string) string
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Fetch implements [Source].
func (e Environment) Fetch(context.Context) (sigv4.Credentials, error) {
	const idName, secretName, tokenName = "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"
	const endName = "AWS_CREDENTIAL_EXPIRATION"
	env := envOr(e.Env)
	id, secret := env(idName), env(secretName)
	missing, present := "", ""
	switch {
	case id == "" && secret == "":
		return sigv4.Credentials{}, none("environment", idName+" is not set")
	case id == "":
		missing, present = idName, secretName
	case secret == "":
		missing, present = secretName, idName
	default:
		cred := sigv4.NewCredentials(id, secret, env(tokenName))
		if part, problem := unusable(cred); problem != "" {
			return sigv4.Credentials{}, &SettingError{Kind: ErrMalformed, Source: "environment",
				Setting: [...]string{idName, secretName, tokenName}[part], Problem: problem}
		}
		if end := env(endName); end != "" {
			var ok bool
			if cred.Expires, ok = expiration(end); !ok {
				return sigv4.Credentials{}, &SettingError{Kind: ErrMalformed, Source: "environment", Setting: endName,
					Problem: "is no time of ISO 8601, such as 2026-01-02T15:04:05Z"}
			}
			if !cred.Expires.After(now(e.Now)) {
				return sigv4.Credentials{}, &SourceError{Source: "environment",
					Problem: "has credentials that ended at " + cred.Expires.UTC().Format(time.RFC3339) + " (" + endName + "): set new ones, or none"}
			}
		}
		return cred, nil
	}
	return sigv4.Credentials{}, &SettingError{Kind: ErrIncomplete, Source: "environment",
		Setting: missing, Problem: "is not set, and " + present + " is"}
}

// unusable says which part of an access key cannot sign, the ID, the secret or the
// token, and why; a problem of "" is none.
func unusable(cred sigv4.Credentials) (part int, problem string) {
	// Each part but one is replaced by one that can.
	const id, secret = "AKIDEXAMPLE", "wJalrXUtnFEMI"
	for part, c := range [...]sigv4.Credentials{
		sigv4.NewCredentials(cred.AccessKeyID, secret, ""),
		sigv4.NewCredentials(id, cred.SecretAccessKey(), ""),
		sigv4.NewCredentials(id, secret, cred.SessionToken()),
	} {
		if e := (*sigv4.InputError)(nil); errors.As(c.Validate(), &e) {
			return part, e.Problem
		}
	}
	return 0, ""
}
