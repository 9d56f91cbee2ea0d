package chain

import (
	"context"
	"os"
	"slices"

	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sts"
)

// Source is one place where credentials may be. Each source of this package can
// be used alone: a program that names one does not link the others.
//
// Fetch looks there anew each time it is called, and not before. If the source is
// not set up, the error is a [*NoCredentialsError].
type Source interface {
	Fetch(ctx context.Context) (sigv4.Credentials, error)
}

// New makes a provider of sources. It tries them in turn when it is first asked,
// keeps what the first one gives, and asks again before that ends. A source that
// is set up and fails ends the search: what was meant to be used is never passed
// over for what stands behind it.
func New(sources ...Source) *sts.Provider {
	return sts.NewProvider(Sources(slices.Clone(sources)).Fetch)
}

// Sources are sources to try in turn. They are a source themselves.
type Sources []Source

// Fetch gives the first credentials there are. If no source is set up, the
// [*NoCredentialsError] lists them all. If one fails, the error is a [*SearchError]
// that lists those before it.
func (s Sources) Fetch(ctx context.Context) (sigv4.Credentials, error) {
	var tried []Attempt
	for _, source := range s {
		cred, err := source.Fetch(ctx)
		if err == nil {
			return cred, nil
		}
		// Only the source's own error counts, not one somewhere within: a role
		// whose source has no credentials is a role that failed.
		switch err := err.(type) {
		case *NoCredentialsError:
			tried = append(tried, err.Tried...)
		case *SearchError:
			return sigv4.Credentials{}, &SearchError{Before: append(tried, err.Before...), Err: err.Err}
		default:
			return sigv4.Credentials{}, &SearchError{Before: tried, Err: err}
		}
	}
	return sigv4.Credentials{}, &NoCredentialsError{Tried: tried}
}

// environment looks up a variable.
type environment func(name string) string

// envOr gives the process's environment if there is no other.
func envOr(env func(string) string) environment {
	if env == nil {
		return os.Getenv
	}
	return env
}
