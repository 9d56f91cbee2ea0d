package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/s3client/s3test"
	"github.com/sigvier/sigvier/sts/policy"
)

var update = flag.Bool("update", false, "write the golden files")

// rightForm is a connection to a site that is right in every field.
func rightForm(s site) s3client.Connection {
	return s3client.Connection{
		AuthorizationType: s3client.IAMRole,
		AccessKeyID:       keyID,
		SecretAccessKey:   s3client.NewSecret(secret),
		IAMRoleARN:        roleARN,
		ExternalID:        "tester-id",
		RestrictToBucket:  bucket,
		RestrictToPath:    "reports/",
		Permissions:       s3client.MayList | s3client.MayRead | s3client.MayWrite | s3client.MayDelete,
		Region:            "us-east-1",
		Endpoint:          s.URL,
	}
}

// connect runs the command with a connection that is saved in a file.
func (s site) connect(t *testing.T, c s3client.Connection, args ...string) result {
	t.Helper()
	file := filepath.Join(t.TempDir(), "connection.json")
	if err := c.Save(file); err != nil {
		t.Fatal(err)
	}
	r := s.run(t, append([]string{"connect", "--connection", file}, args...)...)
	for _, private := range []string{secret, "tester-id"} {
		if strings.Contains(r.stdout+r.stderr, private) {
			t.Errorf("the output holds %q", private)
		}
	}
	return r
}

// changing are what differs from run to run.
var changing = []struct {
	pattern *regexp.Regexp
	place   string
}{
	{regexp.MustCompile(`127\.0\.0\.1:\d+`), "127.0.0.1:9000"},
	{regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`), "2026-11-23T12:00:00Z"},
	{regexp.MustCompile(`(19m59|20m0|20m1)s`), "20m0s"},
	{regexp.MustCompile(`\b[0-9A-Z]{16}\)`), "4442587FB7D0A2F9)"},
	{regexp.MustCompile(`\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\)`), "01234567-89ab-cdef-0123-456789abcdef)"},
	{regexp.MustCompile(`sigvier-connect-[a-z2-7]{26}`), "sigvier-connect-abcdefghijklmnopqrstuvwxyz"},
}

// exactRole is the role of a site as "sigvier role" makes it.
func exactRole(cfg *s3test.Config) {
	trust := policy.Trust{AccountID: "123456789012", ExternalID: "tester-id"}.Document()
	access := policy.Access{Bucket: bucket, Path: "reports/", List: true, Read: true, Write: true, Delete: true}.Document()
	cfg.Roles[0] = s3test.Role{ARN: roleARN, Trust: &trust, Policies: []policy.Document{access}}
}

// transcripts are runs of the command itself: with a connection that is right, and
// with those that are wrong in one thing each.
var transcripts = []struct {
	name, about string
	server      func(*s3test.Config)
	change      func(*s3client.Connection)
	secret      string // in place of the right one
	code        int
}{
	{name: "right", about: "Everything is right, and the role is as \"sigvier role\" makes it.", code: exitDone},
	{name: "wrong-secret", about: "The secret access key is not that of the access key ID.",
		secret: "a-secret-that-is-another-one-altogether", code: exitDenied},
	{name: "unknown-key", about: "The service does not know the access key ID.",
		change: func(c *s3client.Connection) { c.AccessKeyID = "AKIDEXAMPLE000002" }, code: exitDenied},
	{name: "wrong-external-id", about: "The role demands another external ID.",
		change: func(c *s3client.Connection) { c.ExternalID = "another-id" }, code: exitDenied},
	{name: "no-external-id", about: "The role demands an external ID, and the connection has none.",
		change: func(c *s3client.Connection) { c.ExternalID = "" }, code: exitDenied},
	{name: "open-role", about: "The role's trust policy forgets the external ID: anybody gets in.",
		server: func(cfg *s3test.Config) {
			trust := policy.Trust{AccountID: "123456789012"}.Document()
			cfg.Roles[0].Trust = &trust
		}, code: exitFailed},
	{name: "open-role-of-another-account", about: "The role is another account's, which demands no external ID, and the connection has none.",
		server: func(cfg *s3test.Config) {
			trust := policy.Trust{AccountID: "123456789012"}.Document()
			cfg.Roles[0].ARN, cfg.Roles[0].Trust = "arn:aws:iam::210987654321:role/tester", &trust
		},
		change: func(c *s3client.Connection) {
			c.IAMRoleARN, c.ExternalID = "arn:aws:iam::210987654321:role/tester", ""
		}, code: exitDone},
	{name: "misspelt-bucket", about: "There is no such bucket.",
		change: func(c *s3client.Connection) { c.RestrictToBucket = "dta" },
		server: func(cfg *s3test.Config) { cfg.Roles[0].Policies = nil }, code: exitNotFound},
	{name: "wrong-region", about: "The bucket is in eu-central-1.",
		server: func(cfg *s3test.Config) { cfg.Region = "eu-central-1" }, code: exitFailed},
	{name: "path-without-permission", about: "The role may work in reports/ only.",
		change: func(c *s3client.Connection) { c.RestrictToPath = "invoices/" }, code: exitDenied},
	{name: "read-only", about: "The role may list and read, and the connection is for writing and deleting too.",
		server: func(cfg *s3test.Config) {
			cfg.Roles[0].Policies = []policy.Document{policy.Access{Bucket: bucket, Path: "reports/", List: true, Read: true}.Document()}
		}, code: exitDenied},
	{name: "skewed-clock", about: "The clock of this machine is 20 minutes behind.",
		server: func(cfg *s3test.Config) { cfg.Now = func() time.Time { return time.Now().Add(20 * time.Minute) } }, code: exitFailed},
	{name: "unreachable", about: "Nobody listens at the endpoint.",
		change: func(c *s3client.Connection) { c.Endpoint = "http://127.0.0.1:1" }, code: exitFailed},
	{name: "invalid-form", about: "The form is not filled in well: nothing is sent.",
		change: func(c *s3client.Connection) {
			c.Region, c.RestrictToPath, c.DownloadThreads, c.IAMRoleARN = "Frankfurt", "/reports", 300, "arn:aws:iam::123456789012:user/tester"
		}, code: exitUsage},
}

func TestConnectTranscripts(t *testing.T) {
	for _, test := range transcripts {
		t.Run(test.name, func(t *testing.T) {
			s := newSite(t, exactRole, func(cfg *s3test.Config) {
				if test.server != nil {
					test.server(cfg)
				}
			})
			c := rightForm(s)
			c.SecretAccessKey = s3client.NewSecret("env:SECRET")
			if test.change != nil {
				test.change(&c)
			}
			dir := t.TempDir()
			if err := c.Save(filepath.Join(dir, "connection.json")); err != nil {
				t.Fatal(err)
			}
			form, err := os.ReadFile(filepath.Join(dir, "connection.json"))
			if err != nil {
				t.Fatal(err)
			}
			args := []string{"connect", "--connection", "connection.json"}
			cmd := nowhere(t).with("SECRET="+cmp.Or(test.secret, secret)).command(t, args...)
			cmd.Dir = dir
			output, err := cmd.CombinedOutput()
			if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
				t.Fatal(err)
			}
			for _, private := range []string{secret, test.secret, "tester-id", "another-id"} {
				if private != "" && bytes.Contains(output, []byte(private)) {
					t.Errorf("the output holds %q", private)
				}
			}
			code := cmd.ProcessState.ExitCode()
			if code != test.code {
				t.Errorf("exit code %d, want %d", code, test.code)
			}
			golden(t, "connect/"+test.name+".txt", fmt.Sprintf("# %s\n\n$ cat connection.json\n%s\n$ sigvier %s\n%s\n$ echo $?\n%d\n",
				test.about, form, strings.Join(args, " "), output, code))
			s.holds(t)
		})
	}
}

// golden compares a text with a file in testdata, and writes it with -update.
func golden(t *testing.T, name, got string) {
	t.Helper()
	for _, c := range changing {
		got = c.pattern.ReplaceAllString(got, c.place)
	}
	file := filepath.Join("testdata", filepath.FromSlash(name))
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got)\n%s", file, diff)
	}
}

// holds checks that nothing was left behind beside these keys.
func (s site) holds(t *testing.T, keys ...string) {
	t.Helper()
	c := s3client.Connection{AuthorizationType: s3client.AccessKey, AccessKeyID: keyID, SecretAccessKey: s3client.NewSecret(secret), Endpoint: s.URL}
	if head, err := s.client(t).HeadBucket(t.Context(), s3client.HeadBucketInput{Bucket: bucket}); err != nil {
		c.Region = "eu-central-1" // as one of the tests has it
	} else {
		c.Region = head.Region
	}
	client, err := c.Open(nil)
	if err != nil {
		t.Fatal(err)
	}
	out, err := client.ListObjectsV2(t.Context(), s3client.ListObjectsV2Input{Bucket: bucket})
	got := []string{}
	for _, o := range out.Contents {
		got = append(got, o.Key)
	}
	if diff := gocmp.Diff(append([]string{}, keys...), got); diff != "" || err != nil {
		t.Errorf("keys in the bucket (-want +got)\n%s%v", diff, err)
	}
}

func TestConnectAsJSON(t *testing.T) {
	s := newSite(t, func(cfg *s3test.Config) {
		cfg.Roles[0].Policies = []policy.Document{policy.Access{Bucket: bucket, Path: "reports/", List: true, Read: true, Delete: true}.Document()}
	})
	r := s.connect(t, rightForm(s), "--json")
	all := objects(t, r.stdout)
	if r.code != exitDenied || len(all) != 12 {
		t.Fatalf("connect = %+v", r)
	}
	for _, o := range all {
		for _, key := range []string{"check", "status", "found"} {
			if text, _ := o[key].(string); text == "" {
				t.Errorf("%v lacks %s", o, key)
			}
		}
	}
	write := all[10]
	if write["check"] != "write" || write["status"] != "failed" || write["cause"] != "denied" {
		t.Fatalf("the eleventh is %v", write)
	}
	missing, err := json.Marshal(write["missing"])
	if err != nil {
		t.Fatal(err)
	}
	const want = `[{"policy":"the permission policy of arn:aws:iam::123456789012:role/tester",` +
		`"statement":{"Action":"s3:PutObject","Effect":"Allow","Resource":"arn:aws:s3:::data/reports/*","Sid":"Write"}}]`
	if diff := gocmp.Diff(want, string(missing)); diff != "" {
		t.Errorf("missing (-want +got)\n%s", diff)
	}
}

func TestConnectTakesWhatTheEnvironmentHas(t *testing.T) {
	s := newSite(t)
	for _, test := range []struct {
		args []string
		want []string
	}{
		{nil, []string{"bucket          skipped", "list            ok"}},
		{[]string{"s3://data"}, []string{"s3://data/ is empty", "write           skipped  not tried"}},
		{[]string{"s3://data/reports/2026/", "--write"}, []string{"s3://data/reports/2026/ is empty", "write           ok", "delete          ok"}},
		{[]string{"s3://data", "--role-arn", roleARN, "--external-id", "tester-id"}, []string{"external ID     ok       needed"}},
		{[]string{"s3://data/reports/", "--restrict-to-bucket", bucket, "--restrict-to-path", "reports/"}, []string{"an access key has none"}},
	} {
		s.run(t, append([]string{"connect"}, test.args...)...).want(t, exitDone, test.want...)
	}
	s.holds(t)
}

func TestConnectWithoutCredentials(t *testing.T) {
	s := newSite(t)
	for _, args := range [][]string{nil, {"--role-arn", roleARN}} {
		r := s.with("AWS_ACCESS_KEY_ID=", "AWS_SECRET_ACCESS_KEY=").run(t, append([]string{"connect"}, args...)...)
		if r.code != exitDenied || !strings.Contains(r.stdout, "who am I        failed   there are no credentials") || !strings.Contains(r.stdout, "AWS_ACCESS_KEY_ID is not set") {
			t.Errorf("connect %v = %+v", args, r)
		}
	}
	// What is wrong with the form is told, and not what is missing beside it.
	r := nowhere(t).run(t, "connect", "--region", "EU")
	if r.code != exitUsage || !strings.Contains(r.stdout, "form            failed   to be corrected: Region\n") {
		t.Errorf("connect = %+v", r)
	}
}

func TestConnectRefusesWhatTheConnectionDoesNotLeadTo(t *testing.T) {
	s := newSite(t)
	c := rightForm(s)
	for _, test := range []struct{ at, text string }{
		{"s3://other", "restricted to the bucket data"},
		{"s3://data/private/", "restricted to the path reports/"},
		{"data", "s3:// is expected"},
	} {
		s.connect(t, c, test.at).want(t, exitUsage, test.text)
	}
	s.run(t, "connect", "--connection", filepath.Join(t.TempDir(), "none")).want(t, exitUsage, "none")
	s.run(t, "connect", "--threads", "0").want(t, exitUsage, "--threads 0")
	if r := s.connect(t, c, "s3://data/reports/"); r.code != exitDone {
		t.Errorf("connect = %+v", r)
	}
}

// An interruption while the test object is there has it removed, and says so.
func TestInterruptedConnectLeavesNothing(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	s := newSite(t, func(cfg *s3test.Config) { cfg.Log = slog.New(onPut{slog.DiscardHandler, interrupt}) })
	file := filepath.Join(t.TempDir(), "connection.json")
	if err := rightForm(s).Save(file); err != nil {
		t.Fatal(err)
	}
	r := s.runContext(t, ctx, "connect", "--connection", file)
	if r.code != exitInterrupted || r.stderr != "sigvier: interrupted; no unfinished file or object was left behind\n" {
		t.Errorf("connect = %+v", r)
	}
	s.holds(t)
}

// onPut sees in the server's log when an object has been stored.
type onPut struct {
	slog.Handler
	do func()
}

func (onPut) Enabled(context.Context, slog.Level) bool { return true }

func (h onPut) Handle(_ context.Context, r slog.Record) error {
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "operation" && a.Value.String() == "PutObject" {
			h.do()
		}
		return true
	})
	return nil
}

func TestWhatConnectLeavesBehindIsNamed(t *testing.T) {
	s := newSite(t, withFaults(t, "error=AccessDenied,op=DeleteObject,skip=2"))
	r := s.connect(t, rightForm(s))
	if r.code != exitDenied || !strings.Contains(r.stdout, "LEFT BEHIND: the object s3://data/reports/sigvier-connect-") ||
		!strings.HasPrefix(r.stderr, "sigvier: left behind, to be removed by hand: s3://data/reports/sigvier-connect-") {
		t.Errorf("connect = %+v", r)
	}
}
