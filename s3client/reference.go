package s3client

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/sigvier/sigvier/sigv4"
)

// A secret can stay where it is kept: "env:NAME" is the environment variable
// NAME, "file:PATH" the content of a file, without the line end behind it. No
// access key, secret access key or session token of AWS's has a colon in it.

// reference is where a value is kept.
type reference struct{ kind, name string }

const (
	fromEnvironment = "env"
	fromFile        = "file"
)

// maxReferred bounds what is read of a file; session tokens stay below 16 KiB.
const maxReferred = 64 << 10

// isEnvironmentName matches letters, digits and underscores, and no digit first.
func isEnvironmentName(s string) bool {
	return consists(s, lower+upper+digits+"_") && !consists(s[:1], digits)
}

// parseReference tells a reference, which may be malformed, from a value.
func parseReference(s string) (r reference, is bool) {
	kind, name, found := strings.Cut(s, ":")
	return reference{kind, name}, found && (kind == fromEnvironment || kind == fromFile)
}

func (r reference) String() string { return r.kind + ":" + r.name }

// flaw says what is wrong with a reference by its form. It does not repeat it,
// for what is malformed may be a secret that somebody put behind the colon.
func (r reference) flaw() string {
	switch {
	case r.kind == fromEnvironment && !isEnvironmentName(r.name):
		return "begins with env: and names no environment variable: env:NAME is expected, NAME of letters, digits and _"
	case r.kind == fromFile && (r.name == "" || strings.ContainsAny(r.name, "\x00\n\r")):
		return "begins with file: and names no file: file:PATH is expected"
	}
	return ""
}

// follow gives the value. What is wrong names the reference, never the value.
func (r reference) follow(lookupEnv func(string) (string, bool)) (value, problem string, cause error) {
	if r.kind == fromEnvironment {
		value, found := lookupEnv(r.name)
		switch {
		case !found:
			return "", "refers to " + r.String() + ", and there is no such environment variable", fs.ErrNotExist
		case value == "":
			return "", "refers to " + r.String() + ", and that environment variable is empty", nil
		}
		return value, "", nil
	}
	data, err := readReferred(r.name)
	var at *fs.PathError
	switch {
	case errors.As(err, &at) && strings.HasPrefix(r.name, "~"):
		return "", fmt.Sprintf("refers to %q, and only a shell knows what ~ is", r.String()), err
	case errors.As(err, &at): // whose path is in the reference
		return "", fmt.Sprintf("refers to %q, which cannot be read: %v", r.String(), at.Err), err
	case err != nil:
		return "", fmt.Sprintf("refers to %q, %v", r.String(), err), nil
	}
	// One line end, as every editor and echo leaves it; any other blank is an
	// error of the value's own.
	value = strings.TrimSuffix(strings.TrimSuffix(string(data), "\n"), "\r")
	if value == "" {
		return "", fmt.Sprintf("refers to %q, and that file is empty", r.String()), nil
	}
	return value, "", nil
}

// readReferred reads a regular file, and no pipe, which might never end. Who else
// may read it is not looked at: containers mount secrets with a mode of their own.
func readReferred(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("which is no regular file")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxReferred+1))
	if err == nil && len(data) > maxReferred {
		err = fmt.Errorf("which is longer than %d bytes and no secret", maxReferred)
	}
	return data, err
}

// resolve puts the values in the place of their references. What cannot be found,
// and what then can sign nothing, is a [*ConnectionError].
func (c Connection) resolve(lookupEnv func(string) (string, bool)) (Connection, error) {
	if lookupEnv == nil {
		lookupEnv = os.LookupEnv
	}
	e := new(ConnectionError)
	follow := func(field, value string) string {
		r, is := parseReference(value)
		if !is {
			return value
		}
		value, problem, cause := r.follow(lookupEnv)
		if _, again := parseReference(value); again {
			problem = fmt.Sprintf("refers to %q, where there is another reference: the value itself is expected", r.String())
		}
		if problem != "" {
			e.advise(field, problem, adviceReference)
			if cause != nil {
				e.cause = cause
			}
		}
		return value
	}
	resolved := c
	resolved.AccessKeyID = follow("access_key_id", c.AccessKeyID)
	resolved.SecretAccessKey = NewSecret(follow("secret_access_key", c.SecretAccessKey.Reveal()))
	resolved.SessionToken = NewSecret(follow("session_token", c.SessionToken.Reveal()))
	if len(e.Fields) == 0 && resolved != c {
		resolved.validateKey(e)
		c.nameReferences(e)
	}
	if len(e.Fields) > 0 {
		return Connection{}, e
	}
	return resolved, nil
}

// nameReferences says of each value that is wrong where it is kept.
func (c Connection) nameReferences(e *ConnectionError) {
	written := map[string]string{"access_key_id": c.AccessKeyID, "secret_access_key": c.SecretAccessKey.Reveal(), "session_token": c.SessionToken.Reveal()}
	for i, f := range e.Fields {
		if r, is := parseReference(written[f.Field]); is {
			e.Fields[i].Problem = fmt.Sprintf("refers to %q, and the value there %s", r.String(), f.Problem)
		}
	}
}

const adviceReference = "set it, or name where the value is kept: env:NAME or file:PATH"

// validateKey checks what of the access key can be checked without looking
// anywhere: values, not references.
func (c Connection) validateKey(e *ConnectionError) {
	id, secret, token := c.AccessKeyID, c.SecretAccessKey.Reveal(), c.SessionToken.Reveal()
	// Each for itself, beside what has the form of the others.
	const form = "placeholder"
	c.validateKeyPart(e, "access_key_id", id, sigv4.NewCredentials(id, form, ""))
	c.validateKeyPart(e, "secret_access_key", secret, sigv4.NewCredentials(form, secret, ""))
	c.validateKeyPart(e, "session_token", token, sigv4.NewCredentials(form, form, token))
	// AWS Identity and Access Management User Guide, "IAM identifiers", "Understanding
	// unique ID prefixes": ASIA begins the IDs of temporary access keys.
	if strings.HasPrefix(id, "ASIA") && token == "" && c.Endpoint == "" {
		e.advise("session_token", "is empty, and an access_key_id that begins with ASIA is temporary and has one",
			"take all three from the same answer, or use a permanent access key")
	}
	e.adviseIf(isKeyID(secret), "secret_access_key", "has the form of an access key ID",
		"it is the longer one of the two that were shown together")
}

// validateKeyPart checks one part of the access key, if it is there, in credentials
// that have no other.
func (c Connection) validateKeyPart(e *ConnectionError, field, value string, with sigv4.Credentials) {
	if value == "" {
		return
	}
	if r, is := parseReference(value); is {
		if flaw := r.flaw(); flaw != "" {
			e.add(field, flaw)
		}
		return
	}
	if strings.HasPrefix(value, "$") && c.Endpoint == "" {
		e.advise(field, "begins with $, as no key of AWS's does", "to take it from an environment variable, write env:NAME")
		return
	}
	var input *sigv4.InputError
	if err := with.Validate(); errors.As(err, &input) {
		e.cause = err
		e.add(field, input.Problem)
	}
}

// isKeyID matches AWS's own access key IDs.
func isKeyID(s string) bool {
	return len(s) == 20 && (strings.HasPrefix(s, "AKIA") || strings.HasPrefix(s, "ASIA")) && consists(s, upper+digits)
}
