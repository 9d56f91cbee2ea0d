package checkup_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/s3client/checkup"
	"github.com/sigvier/sigvier/s3client/s3test"
	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sts/policy"
)

const (
	keyID      = "AKIDEXAMPLE"
	secret     = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
	account    = "123456789012"
	roleARN    = "arn:aws:iam::123456789012:role/reader"
	otherRole  = "arn:aws:iam::210987654321:role/reader"
	externalID = "customer-4711-c0ffee"
	path       = "reports/"
)

var moment = time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)

func now() time.Time { return moment }

// serve starts an embedded server with a user, a role that demands an external ID,
// and the bucket "data".
func serve(t testing.TB, change ...func(*s3test.Config)) *s3test.Server {
	t.Helper()
	cfg := s3test.Config{
		Users:   []s3test.User{{AccessKeyID: keyID, SecretAccessKey: secret}},
		Roles:   []s3test.Role{{ARN: roleARN, ExternalID: externalID}},
		Buckets: []string{"data"},
		Now:     now,
	}
	for _, f := range change {
		f(&cfg)
	}
	srv, err := s3test.Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { srv.Close() })
	return srv
}

// keyForm is a connection by access key, without any restriction.
func keyForm(srv *s3test.Server) s3client.Connection {
	return s3client.Connection{
		AuthorizationType: s3client.AccessKey,
		AccessKeyID:       keyID,
		SecretAccessKey:   s3client.NewSecret(secret),
		Endpoint:          srv.URL,
	}
}

// roleForm is a connection by the role, restricted to a path.
func roleForm(srv *s3test.Server) s3client.Connection {
	c := keyForm(srv)
	c.AuthorizationType, c.IAMRoleARN, c.ExternalID = s3client.IAMRole, roleARN, externalID
	c.RestrictToBucket, c.RestrictToPath = "data", path
	return c
}

// allowing is a policy of access to the bucket.
func allowing(a policy.Access) []policy.Document {
	a.Bucket = "data"
	return []policy.Document{a.Document()}
}

// check runs a checkup, and checks that it tells no secrets and has every check
// once, in order.
func check(t *testing.T, ctx context.Context, c s3client.Connection, opts checkup.Options) checkup.Report {
	t.Helper()
	if opts.Now == nil {
		opts.Now = now
	}
	var told []checkup.Check
	opts.Each = func(c checkup.Check) { told = append(told, c) }
	report := checkup.Run(ctx, c, opts)
	var names, toldNames []string
	for _, c := range report.Checks {
		names = append(names, c.Name)
		if (c.Status == checkup.Failed) != (c.Cause != "") || c.Found == "" {
			t.Errorf("a check says too little, or too much: %+v", c)
		}
	}
	for _, c := range told {
		toldNames = append(toldNames, c.Name)
	}
	want := "form, endpoint, clock, who am I, role, external ID, session policy, bucket, list, read, write, delete"
	if got := strings.Join(names, ", "); got != want {
		t.Errorf("checks are %s, want %s", got, want)
	}
	if got := strings.Join(toldNames, ", "); got != want {
		t.Errorf("Each was told of %s, want %s", got, want)
	}
	text, err := json.Marshal(report.Checks)
	if err != nil {
		t.Fatal(err)
	}
	for _, private := range []string{secret, externalID} {
		if strings.Contains(string(text)+fmt.Sprintf("%+v", report), private) {
			t.Errorf("the report holds %q: %s", private, text)
		}
	}
	return report
}

// named gives one check of a report.
func named(t *testing.T, r checkup.Report, name string) checkup.Check {
	t.Helper()
	for _, c := range r.Checks {
		if c.Name == name {
			return c
		}
	}
	t.Fatalf("there is no check %s", name)
	return checkup.Check{}
}

// want checks that checks ended so, and what they found: "failed: there is no bucket".
func want(t *testing.T, r checkup.Report, wanted map[string]string) {
	t.Helper()
	for name, text := range wanted {
		c := named(t, r, name)
		status, found, _ := strings.Cut(text, ": ")
		if string(c.Status) != status || !strings.Contains(c.Found, found) {
			t.Errorf("%s: %s: %s (%s %v), want %s", name, c.Status, c.Found, c.Service, c.Advice, text)
		}
	}
}

// keysIn are all keys that are stored.
func keysIn(t *testing.T, srv *s3test.Server, bucket string) []string {
	t.Helper()
	client, err := keyForm(srv).Open(&s3client.Options{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	out, err := client.ListObjectsV2(t.Context(), s3client.ListObjectsV2Input{Bucket: bucket})
	if err != nil {
		t.Fatal(err)
	}
	keys := []string{}
	for _, o := range out.Contents {
		keys = append(keys, o.Key)
	}
	return keys
}

func store(t *testing.T, srv *s3test.Server, key string) {
	t.Helper()
	client, err := keyForm(srv).Open(&s3client.Options{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.PutObject(t.Context(), s3client.PutObjectInput{Bucket: "data", Key: key, Body: strings.NewReader("x")}); err != nil {
		t.Fatal(err)
	}
}

// watched is a transport that shows each request before it is sent, and may answer
// it itself.
type watched struct {
	before func(*http.Request) *http.Response

	mu sync.Mutex
}

func (w *watched) RoundTrip(req *http.Request) (*http.Response, error) {
	w.mu.Lock()
	resp := w.before(req)
	w.mu.Unlock()
	if resp != nil {
		if req.Body != nil {
			req.Body.Close()
		}
		resp.Request = req
		return resp, nil
	}
	return http.DefaultTransport.RoundTrip(req)
}

func readCloser(s string) io.ReadCloser { return io.NopCloser(strings.NewReader(s)) }

// content is what is written for a trial, contentSum its SHA-256.
const content = "A test of \"sigvier connect\", to be removed at once.\n"

var contentSum = sigv4.PayloadOf([]byte(content)).String()
