package s3client_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sigvier/sigvier/s3client"
)

var bySecret = cmp.Comparer(func(a, b s3client.Secret) bool { return a.Reveal() == b.Reveal() })

func whole(t testing.TB) s3client.Connection {
	t.Helper()
	c, err := s3client.ParseConnection(strings.NewReader(allFields))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestSavedConnectionIsLoaded(t *testing.T) {
	references := whole(t)
	references.AccessKeyID = "env:KEY_ID"
	references.SecretAccessKey, references.SessionToken = s3client.NewSecret("env:SECRET"), s3client.NewSecret("file:/run/secrets/<token> & more")
	for name, want := range map[string]s3client.Connection{
		"every field": whole(t), "references": references, "nothing": {}, "half": {Name: "reports", Region: "eu-central-1"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "reports.json")
			for range 2 { // and again over what is there
				if err := want.Save(path); err != nil {
					t.Fatal(err)
				}
			}
			got, err := s3client.LoadConnection(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got, bySecret); diff != "" {
				t.Errorf("after Save and LoadConnection (-want +got)\n%s", diff)
			}
			onlyFile(t, path)
		})
	}
}

// onlyFile finds what was left behind beside a file.
func onlyFile(t *testing.T, path string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 1 || entries[0].Name() != filepath.Base(path) {
		t.Errorf("in the folder there are %v, want %s alone", entries, filepath.Base(path))
	}
}

func TestSavedFileHasTheSecretsAndReferencesAsTheyAre(t *testing.T) {
	c := whole(t)
	c.SessionToken = s3client.NewSecret("file:/run/secrets/token")
	path := filepath.Join(t.TempDir(), "reports.json")
	if err := c.Save(path); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"secret_access_key": "` + secret + `"`, `"session_token": "file:/run/secrets/token"`, `"restrict_to_bucket": "data"`} {
		if n := bytes.Count(data, []byte(want)); n != 1 {
			t.Errorf("%s is %d times in\n%s", want, n, data)
		}
	}
	if bytes.Contains(data, []byte("REDACTED")) || !bytes.HasSuffix(data, []byte("}\n")) {
		t.Errorf("the file is\n%s", data)
	}
}

// What was printed and read again has lost its secrets, and must not take those
// with it that are stored.
func TestSaveRefusesARedactedSecret(t *testing.T) {
	path := filepath.Join(t.TempDir(), "reports.json")
	if err := whole(t).Save(path); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, edit := range []func(*s3client.Connection){
		func(c *s3client.Connection) { c.SecretAccessKey = s3client.NewSecret("REDACTED") },
		func(c *s3client.Connection) { c.SessionToken = s3client.NewSecret("REDACTED") },
	} {
		c := whole(t)
		edit(&c)
		wantErr(t, c.Save(path), s3client.ErrInvalidConnection)
		if after, err := os.ReadFile(path); err != nil || !bytes.Equal(before, after) {
			t.Errorf("the file has changed: %v", err)
		}
	}
	onlyFile(t, path)
}

func TestSaveRefusesWhatIsNoFile(t *testing.T) {
	folder := t.TempDir()
	err := whole(t).Save(folder)
	wantErr(t, err, s3client.ErrUnsafeFile)
	var at *s3client.FileError
	if !errors.As(err, &at) || at.Path != folder || at.Problem == "" || at.Advice == "" {
		t.Errorf("%v is no *FileError of %s", err, folder)
	}
	wantErr(t, whole(t).Save(filepath.Join(folder, "missing", "reports.json")), fs.ErrNotExist)
	if entries, err := os.ReadDir(folder); err != nil || len(entries) != 0 {
		t.Errorf("something is left behind: %v, %v", entries, err)
	}
}

func TestLoadConnectionRefuses(t *testing.T) {
	folder := t.TempDir()
	_, err := s3client.LoadConnection(folder)
	wantErr(t, err, s3client.ErrUnsafeFile)
	_, err = s3client.LoadConnection(filepath.Join(folder, "missing.json"))
	wantErr(t, err, fs.ErrNotExist)

	path := filepath.Join(folder, "reports.json")
	if err := os.WriteFile(path, []byte(`{"secret_access_key":"`+secret+`","restrict_to":"data"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := s3client.LoadConnection(path)
	wantErr(t, err)
	if !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "restrict_to") || c != (s3client.Connection{}) {
		t.Errorf("LoadConnection = %v, %v, want an error with the file and the field", c, err)
	}
}
