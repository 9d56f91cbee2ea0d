package sigv4

import "errors"

// The kinds of refused input, for errors.Is.
var (
	ErrCredentials = errors.New("invalid credentials")
	ErrScope       = errors.New("invalid credential scope")
	ErrRequest     = errors.New("request cannot be signed")
	ErrPayloadHash = errors.New("invalid payload hash")
	ErrTime        = errors.New("invalid signing time")
	ErrExpires     = errors.New("invalid expiry")
)

// InputError says which input was refused, why, and what is expected instead.
type InputError struct {
	Kind    error  // one of the Err… values of this package
	Field   string // the input: "region", "header \"X-Foo\"", …
	Problem string // what is wrong with it and what is expected
}

func (e *InputError) Error() string {
	return "sigv4: " + e.Kind.Error() + ": " + e.Field + " " + e.Problem
}

// Unwrap gives the kind.
func (e *InputError) Unwrap() error { return e.Kind }

func refuse(kind error, field, problem string) error { return &InputError{kind, field, problem} }
