package chain

import (
	"errors"
	"strconv"
	"strings"
)

// The kinds of error, for errors.Is.
var (
	ErrNoCredentials = errors.New("no credentials found")         // a [*NoCredentialsError]
	ErrIncomplete    = errors.New("access key is incomplete")     // an ID without a secret, or a secret without an ID
	ErrMalformed     = errors.New("malformed")                    // a line that is no setting, a value that cannot be
	ErrUnreadable    = errors.New("file cannot be read")          // it is there, though
	ErrNoProfile     = errors.New("no such profile")              // it was asked for by name
	ErrUnsupported   = errors.New("setting is not supported yet") // a way to credentials that is not built
)

// SettingError is a setting, or a file of settings, that is there and cannot be
// used.
type SettingError struct {
	Kind    error  // one of the Err… values of this package
	Source  string // "environment", or the file's name
	Line    int    // in the file; 0 if no line is to blame
	Setting string // "AWS_SECRET_ACCESS_KEY", "role_arn", "profile x"; "" for the file as a whole
	Problem string // what is wrong, never the value
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

// NoCredentialsError says where credentials were looked for.
type NoCredentialsError struct{ Tried []Attempt }

// Attempt is one source that did not serve.
type Attempt struct {
	Source string // "environment", or a file's name
	Reason string // "AWS_ACCESS_KEY_ID is not set"
}

func (e *NoCredentialsError) Error() string {
	var b strings.Builder
	b.WriteString("chain: " + ErrNoCredentials.Error())
	sep := ": "
	for _, a := range e.Tried {
		b.WriteString(sep + a.Source + " (" + a.Reason + ")")
		sep = ", "
	}
	return b.String()
}

// Unwrap gives [ErrNoCredentials].
func (e *NoCredentialsError) Unwrap() error { return ErrNoCredentials }
