package chain

import (
	"context"
	"errors"

	"github.com/sigvier/sigvier/sigv4"
)

// Environment is the access key in the environment: AWS_ACCESS_KEY_ID,
// AWS_SECRET_ACCESS_KEY and, of a session, AWS_SESSION_TOKEN (AWS SDKs and Tools
// Reference Guide, "AWS access keys"). Half an access key is an error.
type Environment struct {
	// Env looks up an environment variable; nil means os.Getenv.
	Env func(name string) string
}

// Fetch implements [Source].
func (e Environment) Fetch(context.Context) (sigv4.Credentials, error) {
	const idName, secretName, tokenName = "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"
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
