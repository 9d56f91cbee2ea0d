package s3client_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sigvier/sigvier/s3client"
)

// FuzzParseConnection: whatever is read as a form can be judged, is stored and read
// again as the same form; and what is wrong is told without the secret.
func FuzzParseConnection(f *testing.F) {
	for _, in := range []string{allFields, `{}`, `{"region":"Frankfurt","iam_role_arn":"arn:aws:iam::1:user/x"}`, `{"restrict_to_path":"\ud800/","permissions":["list","list"]}`,
		`{"restrict_to_bucket":"arn:aws:s3:::a/b","endpoint":"https://s3.a.amazonaws.com/x"}`, `{"secret_access_key":"env:A","access_key_id":"file:b"}`,
		`{"download_threads":-1,"duration_seconds":1e3}`, `{"region":null}`, `{"a":{"b":[1]}}`, "{\"region\":\"x\",\n}", "\ufeff{}"} {
		f.Add(in)
	}
	path := filepath.Join(f.TempDir(), "connection.json")
	f.Fuzz(func(t *testing.T, in string) {
		c, err := s3client.ParseConnection(strings.NewReader(in))
		if err != nil {
			if c != (s3client.Connection{}) {
				t.Errorf("beside %v there is a connection", err)
			}
			noSecret(t, err.Error())
			return
		}
		if err := c.Validate(); err != nil {
			if len(fields(t, err)) == 0 {
				t.Errorf("%v names no field", err)
			}
			noSecret(t, err.Error())
		}
		if c.Save(path) != nil { // what was redacted
			return
		}
		again, err := s3client.LoadConnection(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c, again, bySecret); diff != "" {
			t.Errorf("after Save and LoadConnection (-want +got)\n%s", diff)
		}
	})
}
