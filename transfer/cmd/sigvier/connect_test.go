package main

import (
	"context"
	"encoding/json"
	"flag"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/s3client/s3test"
	"github.com/sigvier/sigvier/sts/policy"
)

var updateTables = flag.Bool("update-tables", false, "write the golden tables of connect")

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
	{regexp.MustCompile(`127\.0\.0\.1:\d+`), "HOST:PORT"},
	{regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`), "TIME"},
	{regexp.MustCompile(`\d+ s behind`), "N s behind"},
	{regexp.MustCompile(`\b[0-9A-Z]{16}\)`), "ID)"},
	{regexp.MustCompile(`\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\)`), "ID)"},
	{regexp.MustCompile(`sigvier-connect-[a-z2-7]{26}`), "sigvier-connect-RANDOM"},
}

// The tables as they are printed: for a connection that is right, and for those
// that are wrong in one field each.
func TestConnectAsPrinted(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	readOnly := policy.Access{Bucket: bucket, Path: "reports/", List: true, Read: true}.Document()
	for _, test := range []struct {
		name   string
		server func(*s3test.Config)
		change func(*s3client.Connection)
		code   int
		failed string // on stderr
	}{
		{"right", nil, nil, exitDone, ""},
		{"wrong-secret", nil, func(c *s3client.Connection) { c.SecretAccessKey = s3client.NewSecret(strings.ToUpper(secret)) }, exitDenied, "who am I"},
		{"wrong-external-id", nil, func(c *s3client.Connection) { c.ExternalID = "another-id" }, exitDenied, "role"},
		{"bucket-with-a-typo", nil, func(c *s3client.Connection) { c.RestrictToBucket = "dta" }, exitNotFound, "bucket"},
		{"wrong-region", func(cfg *s3test.Config) { cfg.Region = "eu-central-1" }, nil, exitFailed, "who am I, bucket"},
		{"read-only", func(cfg *s3test.Config) { cfg.Roles[0].Policies = []policy.Document{readOnly} }, nil, exitDenied, "write, delete"},
		{"unreachable", nil, func(c *s3client.Connection) { c.Endpoint = "http://" + closed.Addr().String() }, exitFailed, "endpoint"},
		{"skewed-clock", func(cfg *s3test.Config) { cfg.Now = func() time.Time { return time.Now().Add(time.Hour) } }, nil, exitFailed, "clock"},
		{"open-role", nil, func(c *s3client.Connection) { c.IAMRoleARN += "/open" }, exitFailed, "external ID"},
		{"invalid-form", nil, func(c *s3client.Connection) { c.DownloadThreads, c.RestrictToPath = 300, "/reports" }, exitFailed, "form"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.server == nil {
				test.server = func(*s3test.Config) {}
			}
			s := newSite(t, test.server)
			var keys []string
			if test.name == "read-only" {
				keys = []string{"reports/2026"}
				s.store(t, keys[0], "x")
			}
			c := rightForm(s)
			if test.change != nil {
				test.change(&c)
			}
			r := s.connect(t, c)
			stderr := ""
			if test.failed != "" {
				stderr = "sigvier: the connection failed on: " + test.failed + "\n"
			}
			if r.code != test.code || r.stderr != stderr {
				t.Errorf("exit code %d, want %d; stderr %q, want %q", r.code, test.code, r.stderr, stderr)
			}
			got := r.stdout
			for _, c := range changing {
				got = c.pattern.ReplaceAllString(got, c.place)
			}
			golden := filepath.Join("testdata", "connect", test.name+".txt")
			if *updateTables {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("%s (-want +got)\n%s", golden, diff)
			}
			s.holds(t, keys...)
		})
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
	if diff := cmp.Diff(append([]string{}, keys...), got); diff != "" || err != nil {
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
	if diff := cmp.Diff(want, string(missing)); diff != "" {
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
	if r.code != exitFailed || !strings.Contains(r.stdout, "form            failed   to be corrected: Region\n") {
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
	s := newSite(t, withFaults(t, "error=AccessDenied,op=DeleteObject,skip=1"))
	r := s.connect(t, rightForm(s))
	if r.code != exitDenied || !strings.Contains(r.stdout, "LEFT BEHIND: the object s3://data/reports/sigvier-connect-") ||
		!strings.HasPrefix(r.stderr, "sigvier: left behind, to be removed by hand: s3://data/reports/sigvier-connect-") {
		t.Errorf("connect = %+v", r)
	}
}
