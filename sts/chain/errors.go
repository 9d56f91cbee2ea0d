package chain

import (
	"errors"
	"strconv"
	"strings"
)

// The kinds of error, for errors.Is.
var (
	ErrNoCredentials = errors.New("no credentials found")      // a [*NoCredentialsError]
	ErrIncomplete    = errors.New("settings are incomplete")   // an ID without a secret, a role without a source
	ErrMalformed     = errors.New("malformed")                 // a line that is no setting, a value that cannot be
	ErrUnreadable    = errors.New("file cannot be read")       // it is there, though
	ErrNoProfile     = errors.New("no such profile")           // it was asked for by name
	ErrCycle         = errors.New("profiles lead in a circle") // each is the other's source_profile
	ErrSignIn        = errors.New("sign-in is needed")         // IAM Identity Center's session has ended, or never began
	ErrUnsupported   = errors.New("not supported")             // a way to credentials that is not built, or not in this mode
)

// SettingError is a setting, or a file of settings, that is there and cannot be
// used.
type SettingError struct {
	Kind    error  // one of the Err… values of this package
	Source  string // "environment", or the file's name
	Line    int    // in the file; 0 if no line is to blame
	Setting string // "AWS_SECRET_ACCESS_KEY", "role_arn", "profile x"; "" for the file as a whole
	Problem string // what is wrong, never a secret
	Err     error  // the operating system's, if any
}

func (e *SettingError) Error() string {
	var b strings.Builder
	b.WriteString("chain: " + e.Source)
	if e.Line > 0 {
		b.WriteString(":" + strconv.Itoa(e.Line))
	}
	b.WriteString(": " + e.Kind.Error() + ": ")
	if e.Setting != "" {
		b.WriteString(e.Setting + " ")
	}
	b.WriteString(e.Problem)
	return b.String()
}

// Unwrap gives the kind and the operating system's error.
func (e *SettingError) Unwrap() []error {
	if e.Err == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.Err}
}

// SourceError is a source that is set up, was asked, and gave no credentials.
type SourceError struct {
	Source  string // "container", "role_arn of profile x"
	Problem string // what went wrong, and what to do
	Status  int    // of HTTP; 0 if there was no answer, or no HTTP
	Err     error  // the cause, if there is one
}

func (e *SourceError) Error() string {
	s := "chain: " + e.Source + " " + e.Problem
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap gives the cause.
func (e *SourceError) Unwrap() error { return e.Err }

// NoCredentialsError says where credentials were looked for. A [Source] gives one
// if it is not set up; a list of sources then goes on to the next.
type NoCredentialsError struct{ Tried []Attempt }

// Attempt is one source that did not serve.
type Attempt struct {
	Source string // "environment", or a file's name
	Reason string // "AWS_ACCESS_KEY_ID is not set"
	Err    error  // what the source met with, if it was asked
}

func (e *NoCredentialsError) Error() string {
	s := "chain: " + ErrNoCredentials.Error()
	if len(e.Tried) > 0 {
		s += ": " + list(e.Tried)
	}
	return s
}

func list(tried []Attempt) string {
	var all []string
	for _, a := range tried {
		all = append(all, a.Source+" ("+a.Reason+")")
	}
	return strings.Join(all, ", ")
}

// Unwrap gives [ErrNoCredentials] and what the sources met with.
func (e *NoCredentialsError) Unwrap() []error {
	all := []error{ErrNoCredentials}
	for _, a := range e.Tried {
		if a.Err != nil {
			all = append(all, a.Err)
		}
	}
	return all
}

// SearchError is a search that a source ended: it is set up, and failed.
type SearchError struct {
	Before []Attempt // the sources before it, which are not set up
	Err    error     // the source's, a [*SettingError] or [*SourceError] for those of this package
}

func (e *SearchError) Error() string {
	if len(e.Before) == 0 {
		return e.Err.Error()
	}
	return e.Err.Error() + "; tried before: " + list(e.Before)
}

// Unwrap gives the source's error.
func (e *SearchError) Unwrap() error { return e.Err }

// none says of one source that it is not set up.
func none(source, reason string) error {
	return &NoCredentialsError{Tried: []Attempt{{Source: source, Reason: reason}}}
}
