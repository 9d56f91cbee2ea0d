package sigv4

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"
)

// Before the first step: who signs.

// minSecret is the fewest characters of a secret access key. HMAC's key is
// "AWS4" and the secret; NIST SP 800-131A asks for at least 112 bits (14 bytes),
// and crypto/hmac panics below that under GODEBUG=fips140=only.
const minSecret = 10

// Credentials are an access key, or the temporary credentials of a session.
//
// However Go prints or encodes them, the secret access key and the session
// token do not appear: they stand behind pointers to strings, which package fmt
// does not follow even where it may not call methods (in another struct's
// unexported field). Their accessors are the one way to them.
type Credentials struct {
	AccessKeyID string
	Expires     time.Time // when the session ends; zero if it does not

	secretAccessKey, sessionToken *string
}

// NewCredentials makes credentials from an access key ID, its secret access key
// and, for temporary credentials, the session token (else "").
func NewCredentials(accessKeyID, secretAccessKey, sessionToken string) Credentials {
	secrets := [...]string{secretAccessKey, sessionToken}
	return Credentials{AccessKeyID: accessKeyID, secretAccessKey: &secrets[0], sessionToken: &secrets[1]}
}

// Provider gives the credentials for the next request. Whatever has credentials
// is one; those that refresh themselves must be safe for concurrent use.
type Provider interface {
	Credentials(ctx context.Context) (Credentials, error)
}

var _ Provider = Credentials{}

// Credentials makes fixed credentials a [Provider].
func (c Credentials) Credentials(context.Context) (Credentials, error) { return c, nil }

// SecretAccessKey returns the secret access key.
func (c Credentials) SecretAccessKey() string { return deref(c.secretAccessKey) }

// SessionToken returns the session token, "" for long-term credentials.
func (c Credentials) SessionToken() string { return deref(c.sessionToken) }

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// String names the access key ID, which is no secret, and nothing else.
func (c Credentials) String() string {
	return "sigv4.Credentials(" + c.AccessKeyID + ", secret redacted)"
}

// Format implements [fmt.Formatter] for every verb.
func (c Credentials) Format(f fmt.State, _ rune) { io.WriteString(f, c.String()) }

// MarshalText implements [encoding.TextMarshaler], and so JSON.
func (c Credentials) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// LogValue implements [slog.LogValuer].
func (c Credentials) LogValue() slog.Value { return slog.StringValue(c.String()) }

// Validate refuses what cannot sign: an empty part, one with blanks, or a secret
// access key of less than 10 characters. The error is an [*InputError] of kind
// [ErrCredentials].
func (c Credentials) Validate() error {
	const blank = "has a blank or a control byte: was it read with its line end?"
	switch id, secret, token := c.AccessKeyID, c.SecretAccessKey(), c.SessionToken(); {
	case !only(id, isVisible) || strings.ContainsAny(id, "/,"):
		return refuse(ErrCredentials, "access key ID", "is empty, or has a blank, a control byte, a slash or a comma")
	case len(secret) < minSecret:
		return refuse(ErrCredentials, "secret access key", "is empty or too short: at least 10 characters")
	case !only(secret, isVisible):
		return refuse(ErrCredentials, "secret access key", blank)
	case token != "" && !only(token, isVisible):
		return refuse(ErrCredentials, "session token", blank)
	}
	return nil
}
