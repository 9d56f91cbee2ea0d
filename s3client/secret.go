package s3client

import (
	"fmt"
	"io"
	"log/slog"
)

// Secret is a string that prints, logs and encodes as "REDACTED", never as
// itself, and comes out by [Secret.Reveal] only. It stands behind a pointer so
// that package fmt cannot reach it in unexported fields either.
//
// It may also refer to where the secret is kept, as "env:NAME" or "file:PATH";
// see [Secret.Reference].
type Secret struct{ value *string }

const redacted = "REDACTED"

// NewSecret makes a secret, or a reference to one.
func NewSecret(s string) Secret {
	if s == "" {
		return Secret{}
	}
	return Secret{&s}
}

// Reveal returns the secret itself, or the reference that it is.
func (s Secret) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// Reference returns "env:NAME" or "file:PATH" where this is a reference to the
// secret, and "" where it is the secret itself. A reference is no secret: it is
// printed, logged and encoded as it is. [Connection.Open] follows it, once.
func (s Secret) Reference() string {
	if r, is := parseReference(s.Reveal()); is && r.flaw() == "" {
		return s.Reveal()
	}
	return ""
}

// IsZero reports whether there is none.
func (s Secret) IsZero() bool { return s.value == nil }

// String says only whether there is a secret, or where.
func (s Secret) String() string {
	if s.value == nil {
		return ""
	}
	if reference := s.Reference(); reference != "" {
		return reference
	}
	return redacted
}

// Format implements [fmt.Formatter] for every verb.
func (s Secret) Format(f fmt.State, _ rune) { io.WriteString(f, s.String()) }

// LogValue implements [slog.LogValuer].
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText redacts, in JSON too. [Connection.Save] writes the secret itself.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText takes the secret itself.
func (s *Secret) UnmarshalText(text []byte) error {
	*s = NewSecret(string(text))
	return nil
}
