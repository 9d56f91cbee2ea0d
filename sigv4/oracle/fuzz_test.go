package oracle_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sigv4/oracle"
)

func parse(t testing.TB, text string) (oracle.Request, error) {
	t.Helper()
	r, err := oracle.Parse([]byte(text))
	var failure *oracle.ParseError
	if err != nil && !errors.As(err, &failure) {
		t.Fatalf("Parse(%q) = %v (%T), want a ParseError", text, err, err)
	}
	return r, err
}

// Whatever is written down, reading, signing and verifying it ends with a result
// or an error; and what was signed again from a request that carries a signature
// verifies.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		captured, strings.ReplaceAll(captured, "\r\n", "\n"), presigned, "GET " + presigned, `{"url":"` + presigned + `"}`,
		"curl -H 'Authorization: " + authorization + "' $'\\x41' \"b\\\"\" --aws-sigv4 aws:amz:r:s -u a:b -d x 2>&1 | jq",
		":method: GET\n:path: /\n:authority: h\n\nbody", "* x\n> GET / HTTP/2\n> Host: h\n>\n< HTTP/2 200\n",
		"PUT / HTTP/1.1\nHost: [::1]:80\nTransfer-Encoding: chunked\n\n1\na\n0\n\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := parse(t, string(data))
		if err != nil {
			_ = err.Error()
			return
		}
		_ = fmt.Sprintf("%v", r)
		if _, err := r.MarshalJSON(); err != nil {
			t.Errorf("MarshalJSON() = %v", err)
		}
		r = withSecret(r)
		trace, err := r.Trace()
		if err != nil && trace != (sigv4.Trace{}) {
			t.Errorf("Trace() gives %+v beside %v", trace, err)
		}
		_, signErr := r.Sign()
		if (signErr == nil) != (err == nil) && r.Mode != "post" {
			t.Errorf("Trace() = %v, but Sign() = %v", err, signErr)
		}
		if r.Time == docTime {
			_, _ = r.Verify(at(t, docTime))
		}
	})
}
