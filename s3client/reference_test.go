package s3client_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/sigv4"
)

// environment is one without the process's own.
func environment(vars map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		value, found := vars[name]
		return value, found
	}
}

func write(t testing.TB, content string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestReferencesAreFollowed(t *testing.T) {
	env := environment(map[string]string{"KEY_ID": keyID, "SECRET": secret, "TOKEN": token})
	for _, test := range []struct {
		name              string
		id, secret, token string
	}{
		{"the environment", "env:KEY_ID", "env:SECRET", "env:TOKEN"},
		{"files", "file:" + write(t, keyID), "file:" + write(t, secret), "file:" + write(t, token)},
		{"files with a line end", "file:" + write(t, keyID+"\n"), "file:" + write(t, secret+"\n"), "file:" + write(t, token+"\n")},
		{"files with that of Windows", "file:" + write(t, keyID+"\r\n"), "file:" + write(t, secret+"\r\n"), "file:" + write(t, token+"\r\n")},
		{"one of the three", keyID, "env:SECRET", token},
		{"no reference", keyID, secret, token},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, form := range []func() s3client.Connection{aws, byRole} {
				c := form()
				c.AccessKeyID, c.SecretAccessKey, c.SessionToken = test.id, s3client.NewSecret(test.secret), s3client.NewSecret(test.token)
				if err := c.Validate(); err != nil {
					t.Fatal(err)
				}
				net := &recorder{}
				client, err := c.Open(&s3client.Options{LookupEnv: env, Base: net})
				if err != nil {
					t.Fatal(err)
				}
				if c.AuthorizationType == s3client.IAMRole {
					client.Credentials(t.Context()) // which has no answer, but asks for the role
					if got := net.requests[0].Header.Get("X-Amz-Security-Token"); got != token {
						t.Errorf("the role is asked for with the token %q", got)
					}
					continue
				}
				cred, err := client.Credentials(context.Background())
				if err != nil || cred.AccessKeyID != keyID || cred.SecretAccessKey() != secret || cred.SessionToken() != token {
					t.Errorf("the credentials are not those referred to: %v, %v", cred, err)
				}
			}
		})
	}
}

// What is read is the process's environment, where Options say nothing else.
func TestReferencesToTheProcessEnvironment(t *testing.T) {
	t.Setenv("SIGVIER_TEST_SECRET", secret)
	c := aws()
	c.SecretAccessKey = s3client.NewSecret("env:SIGVIER_TEST_SECRET")
	cred, err := open(t, c, nil).Credentials(t.Context())
	if err != nil || cred.SecretAccessKey() != secret {
		t.Errorf("the credentials are not those referred to: %v, %v", cred, err)
	}
}

func TestReferencesThatLeadNowhere(t *testing.T) {
	folder := t.TempDir()
	for _, test := range []struct {
		name, reference, want string
		is                    error
	}{
		{"no variable", "env:MISSING", "refers to env:MISSING, and there is no such environment variable", fs.ErrNotExist},
		{"an empty variable", "env:EMPTY", "refers to env:EMPTY, and that environment variable is empty", nil},
		{"no file", "file:" + filepath.Join(folder, "missing"), `missing", which cannot be read: `, fs.ErrNotExist},
		{"a folder", "file:" + folder, `", which is no regular file`, nil},
		{"an empty file", "file:" + write(t, ""), `", and that file is empty`, nil},
		{"a line end alone", "file:" + write(t, "\n"), `", and that file is empty`, nil},
		{"a large file", "file:" + write(t, strings.Repeat("x", 64<<10+1)), `", which is longer than 65536 bytes`, nil},
		{"a secret with a blank", "env:BLANK", `refers to "env:BLANK", and the value there has a blank or a control byte: was it read with its line end?`, sigv4.ErrCredentials},
		{"a secret that is none", "env:SHORT", `refers to "env:SHORT", and the value there is empty or too short`, sigv4.ErrCredentials},
		{"two line ends", "file:" + write(t, secret+"\n\n"), `", and the value there has a blank or a control byte: was it read with its line end?`, sigv4.ErrCredentials},
		{"a home", "file:~/.secret", `refers to "file:~/.secret", and only a shell knows what ~ is`, fs.ErrNotExist},
		{"a reference to a reference", "env:NESTED", `refers to "env:NESTED", where there is another reference`, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			env := environment(map[string]string{"EMPTY": "", "BLANK": secret + " ", "SHORT": "short", "NESTED": "env:" + secret})
			c := aws()
			c.SecretAccessKey = s3client.NewSecret(test.reference)
			client, err := c.Open(&s3client.Options{LookupEnv: env})
			if client != nil {
				t.Error("there is a client beside the error")
			}
			wantErr(t, err, s3client.ErrInvalidConnection)
			if test.is != nil && !errors.Is(err, test.is) {
				t.Errorf("%v is no %v", err, test.is)
			}
			for _, private := range []string{secret, "short\""} {
				if strings.Contains(err.Error(), private) {
					t.Errorf("%v has the value", err)
				}
			}
			if got := fields(t, err); len(got) != 1 || got[0] != "secret_access_key" || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v, want one about secret_access_key with %q", err, test.want)
			}
		})
	}
}

// A program's own credentials are used in place of the form's, wherever those are.
func TestReferencesAreNotFollowedWithoutNeed(t *testing.T) {
	c := aws()
	c.SecretAccessKey = s3client.NewSecret("env:MISSING")
	own := sigv4.NewCredentials(keyID, secret, "")
	client, err := c.Open(&s3client.Options{Credentials: own, LookupEnv: environment(nil)})
	if err != nil {
		t.Fatal(err)
	}
	if cred, err := client.Credentials(t.Context()); err != nil || cred.SecretAccessKey() != secret {
		t.Errorf("Credentials() = %v, %v", cred, err)
	}
}

// All that lead nowhere are said at once.
func TestReferencesAreReportedAtOnce(t *testing.T) {
	c := aws()
	c.AccessKeyID, c.SecretAccessKey, c.SessionToken = "env:A", s3client.NewSecret("env:B"), s3client.NewSecret("file:/nonexistent/c")
	_, err := c.Open(&s3client.Options{LookupEnv: environment(nil)})
	wantErr(t, err, s3client.ErrInvalidConnection, fs.ErrNotExist)
	if got := strings.Join(fields(t, err), " "); got != "access_key_id secret_access_key session_token" {
		t.Errorf("the error names %s", got)
	}
}

// A reference is no secret, but what is behind the colon of a malformed one may be.
func TestReferencesArePrinted(t *testing.T) {
	for _, test := range []struct{ secret, want string }{
		{"env:NAME", "env:NAME"},
		{"file:/run/secrets/key", "file:/run/secrets/key"},
		{"file:C:\\secrets\\key", "file:C:\\secrets\\key"},
		{"env:", "REDACTED"},
		{"env:9", "REDACTED"},
		{"env:" + secret, "REDACTED"},
		{"file:", "REDACTED"},
		{"file:a\nb", "REDACTED"},
		{"ENV:NAME", "REDACTED"},
		{"environment", "REDACTED"},
		{secret, "REDACTED"},
	} {
		s := s3client.NewSecret(test.secret)
		if got := fmt.Sprintf("%v", s); got != test.want {
			t.Errorf("a secret prints as %q, want %q", got, test.want)
		}
		if got, err := json.Marshal(s); err != nil || strings.Contains(string(got), "REDACTED") != (test.want == "REDACTED") {
			t.Errorf("a secret is encoded as %s, %v, want %q", got, err, test.want)
		}
		want := test.want
		if want == "REDACTED" {
			want = ""
		}
		if got := s.Reference(); got != want {
			t.Errorf("Reference() = %q, want %q", got, want)
		}
	}
}
