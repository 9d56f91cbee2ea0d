package checkup_test

import (
	"context"
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/s3client/checkup"
	"github.com/sigvier/sigvier/s3client/s3test"
	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sts/policy"
)

const everything = s3client.MayList | s3client.MayRead | s3client.MayWrite | s3client.MayDelete

func TestRightConnections(t *testing.T) {
	srv := serve(t)
	t.Run("role, all permissions named", func(t *testing.T) {
		c := roleForm(srv)
		c.Permissions = everything
		r := check(t, t.Context(), c, checkup.Options{})
		want(t, r, map[string]string{
			"form":           "ok: every field is valid",
			"endpoint":       "ok: " + srv.URL,
			"clock":          "ok: 0 s off",
			"who am I":       "ok: arn:aws:iam::123456789012:user/" + keyID,
			"role":           "ok: arn:aws:sts::123456789012:assumed-role/reader/sigvier until 2026-03-01T13:00:00Z (60 minutes)",
			"external ID":    "ok: needed",
			"session policy": "ok: taken, and ",
			"bucket":         "ok: s3://data is there",
			"list":           "ok: allowed",
			"read":           "ok: allowed: the object that was written",
			"write":          "ok: allowed: an object was stored",
			"delete":         "ok: allowed",
		})
		if r.Cause() != "" || len(r.LeftBehind) > 0 {
			t.Errorf("cause %q, left behind %v, want nothing", r.Cause(), r.LeftBehind)
		}
	})
	t.Run("access key, no permissions named", func(t *testing.T) {
		c := keyForm(srv)
		c.RestrictToBucket = "data"
		before := srv.Requests()
		r := check(t, t.Context(), c, checkup.Options{})
		want(t, r, map[string]string{
			"role": "skipped: ", "external ID": "skipped: ", "session policy": "skipped: this client alone",
			"bucket": "ok: in us-east-1", "list": "ok: is empty", "read": "ok: said to be missing",
			"write": "skipped: --write", "delete": "skipped: --write",
		})
		after := srv.Requests()
		for _, op := range []string{"PutObject", "DeleteObject"} {
			if after[op] != before[op] {
				t.Errorf("%s was tried without being asked for", op)
			}
		}
		want(t, check(t, t.Context(), c, checkup.Options{Write: true}), map[string]string{"write": "ok: ", "delete": "ok: "})
	})
	t.Run("the form names less than is asked for", func(t *testing.T) {
		c := roleForm(srv)
		c.Permissions = s3client.MayList | s3client.MayRead
		want(t, check(t, t.Context(), c, checkup.Options{Write: true}), map[string]string{
			"list": "ok: ", "write": "skipped: the form's permissions", "delete": "skipped: the form's permissions",
		})
	})
	t.Run("no bucket", func(t *testing.T) {
		want(t, check(t, t.Context(), keyForm(srv), checkup.Options{Write: true}), map[string]string{
			"bucket": "skipped: none is named", "list": "ok: allowed: buckets", "read": "skipped: no bucket is named", "write": "skipped: ",
		})
		want(t, check(t, t.Context(), keyForm(srv), checkup.Options{Bucket: "data", Path: "a/b.txt", Write: true}), map[string]string{
			"bucket": "ok: ", "list": "ok: s3://data/a/b.txt/ is empty", "delete": "ok: ",
		})
	})
	if got := keysIn(t, srv, "data"); len(got) > 0 {
		t.Errorf("left behind: %v", got)
	}
}

func TestEveryFieldThatIsWrongIsNamed(t *testing.T) {
	srv := serve(t)
	c := roleForm(srv)
	c.IAMRoleARN, c.RestrictToBucket, c.DownloadThreads = "reader", "Data", 300
	r := check(t, t.Context(), c, checkup.Options{})
	want(t, r, map[string]string{"form": "failed: IAM role ARN, Restrict to bucket, Download threads", "endpoint": "skipped: the form is not valid", "delete": "skipped: the form"})
	if advice := named(t, r, "form").Advice; len(advice) != 3 || !strings.HasPrefix(advice[2], "Download threads is 300: 1 to 256 is expected") {
		t.Errorf("advice is %q", advice)
	}
	if n := len(srv.Requests()); n > 0 {
		t.Errorf("%v was sent", srv.Requests())
	}

	c = roleForm(srv)
	c.SecretAccessKey = s3client.NewSecret("env:NOWHERE")
	r = check(t, t.Context(), c, checkup.Options{LookupEnv: func(string) (string, bool) { return "", false }})
	want(t, r, map[string]string{"form": "failed: Secret access key"})
	if advice := named(t, r, "form").Advice; !strings.Contains(advice[0], "env:NOWHERE") {
		t.Errorf("advice is %q, want it to name the reference", advice)
	}
}

func TestEndpointsThatCannotBeReached(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	plain := serve(t)
	encrypted := httptest.NewUnstartedServer(http.NotFoundHandler())
	encrypted.Config.ErrorLog = log.New(io.Discard, "", 0)
	encrypted.StartTLS()
	t.Cleanup(encrypted.Close)
	hangsUp := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	t.Cleanup(hangsUp.Close)
	noName := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "s3.example.com", IsNotFound: true}}
	}}
	refused := &http.Transport{Proxy: http.ProxyURL(&url.URL{Scheme: "http", Host: closed.Addr().String()})}
	for _, test := range []struct {
		name, endpoint string
		base           http.RoundTripper
		found, advice  string
	}{
		{"no name", "https://s3.example.com", noName, "DNS: data.s3.example.com is a name that nobody knows", "path_style"},
		{"nobody listens", "http://" + closed.Addr().String(), nil, "TCP: " + closed.Addr().String() + " refuses the connection", "port"},
		{"no TLS", "https" + strings.TrimPrefix(plain.URL, "http"), nil, "TLS: " + strings.TrimPrefix(plain.URL, "http://") + " speaks no TLS there", "https"},
		{"unknown authority", encrypted.URL, quiet(nil), "has a certificate that is not good: x509: ", "authority"},
		{"no answer", hangsUp.URL, nil, "HTTP: ", "S3 API"},
		{"no proxy", "http://192.0.2.1", refused, "proxy: 192.0.2.1 is not reached through the proxy: ", "HTTPS_PROXY"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := roleForm(plain)
			c.Endpoint = test.endpoint
			r := check(t, t.Context(), c, checkup.Options{Base: test.base})
			want(t, r, map[string]string{"form": "ok: ", "endpoint": "failed: " + test.found, "clock": "skipped: the service cannot be reached"})
			if advice := named(t, r, "endpoint").Advice; len(advice) != 1 || !strings.Contains(advice[0], test.advice) {
				t.Errorf("advice is %q, want %q", advice, test.advice)
			}
			if r.Cause() != checkup.Other {
				t.Errorf("cause %q", r.Cause())
			}
		})
	}
	t.Run("STS alone", func(t *testing.T) {
		c := roleForm(plain)
		c.STSEndpoint = "http://" + closed.Addr().String()
		want(t, check(t, t.Context(), c, checkup.Options{}), map[string]string{"endpoint": "failed: " + closed.Addr().String()})
	})
}

// quiet is a transport that trusts these authorities only.
func quiet(cfg *tls.Config) *http.Transport { return &http.Transport{TLSClientConfig: cfg} }

func TestEndpointSaysWhichTLS(t *testing.T) {
	inner := serve(t)
	at, err := url.Parse(inner.URL)
	if err != nil {
		t.Fatal(err)
	}
	outer := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { inner.ServeHTTP(w, r) }))
	t.Cleanup(outer.Close)
	c := roleForm(inner)
	c.Endpoint, c.STSEndpoint = outer.URL, at.String()
	r := check(t, t.Context(), c, checkup.Options{Base: outer.Client().Transport})
	want(t, r, map[string]string{"endpoint": "ok: " + outer.URL + " (TLS 1.3), " + inner.URL, "list": "ok: allowed"})

	c.Endpoint, c.STSEndpoint = "http://s3.example.com", ""
	there := &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, at.Host)
	}}
	t.Cleanup(there.CloseIdleConnections)
	r = check(t, t.Context(), c, checkup.Options{Base: there})
	want(t, r, map[string]string{"endpoint": "warning: http://data.s3.example.com"})
	for endpoint, status := range map[string]string{"http://192.0.2.1": "warning: ", "http://localhost:1": "ok: ", "http://[::1]:1": "ok: ", "http://127.8.8.8": "ok: "} {
		c.Endpoint = endpoint
		r := check(t, t.Context(), c, checkup.Options{Base: there})
		want(t, r, map[string]string{"endpoint": status + endpoint})
		if found := named(t, r, "endpoint").Found; found != endpoint {
			t.Errorf("%s: found is %s, want it once", endpoint, found)
		}
	}
}

func TestClock(t *testing.T) {
	for _, test := range []struct {
		server time.Duration // ahead of ours
		want   string
	}{
		{0, "ok: 0 s off"},
		{999 * time.Millisecond, "ok: 0 s off"},
		{-900 * time.Millisecond, "ok: 0 s off"},
		{5 * time.Second, "ok: 5s behind the service's"},
		{-5 * time.Second, "ok: 4s ahead of the service's"}, // at least
		{30 * time.Second, "warning: 30s behind"},
		{-4 * time.Minute, "warning: 3m59s ahead"},
		{5 * time.Minute, "failed: 5m0s behind"},
		{3 * time.Hour, "failed: 3h0m0s behind"},
		{-3 * time.Hour, "failed: 2h59m59s ahead"},
	} {
		srv := serve(t, func(cfg *s3test.Config) { cfg.Now = func() time.Time { return moment.Add(test.server) } })
		r := check(t, t.Context(), roleForm(srv), checkup.Options{})
		// All else works: the client corrects its clock by the service's.
		want(t, r, map[string]string{"clock": test.want, "list": "ok: allowed"})
	}
	srv := serve(t)
	undated := &watched{before: func(req *http.Request) *http.Response {
		if req.Header.Get("Authorization") != "" {
			return nil
		}
		return &http.Response{StatusCode: 200, Header: http.Header{}, Body: http.NoBody}
	}}
	want(t, check(t, t.Context(), roleForm(srv), checkup.Options{Base: undated}), map[string]string{"clock": "skipped: the service's answer has no date"})
}

func TestWhoAmI(t *testing.T) {
	srv := serve(t)
	for _, test := range []struct {
		name   string
		change func(*s3client.Connection)
		opts   checkup.Options
		want   string
		advice string
	}{
		{"wrong secret", func(c *s3client.Connection) { c.SecretAccessKey = s3client.NewSecret(strings.ToUpper(secret)) }, checkup.Options{}, "failed: refused: SignatureDoesNotMatch", "secret access key does not belong"},
		{"unknown key", func(c *s3client.Connection) { c.AccessKeyID = "AKIDUNKNOWN" }, checkup.Options{}, "failed: refused: InvalidClientTokenId", "does not know this access key ID"},
		{"no credentials", func(c *s3client.Connection) { c.AccessKeyID, c.SecretAccessKey = "", s3client.Secret{} }, checkup.Options{Credentials: failing{}}, "failed: there are no credentials", "AWS_ACCESS_KEY_ID"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := roleForm(srv)
			test.change(&c)
			r := check(t, t.Context(), c, test.opts)
			want(t, r, map[string]string{"who am I": test.want, "role": "skipped: ", "delete": "skipped: "})
			if r.Cause() != checkup.Denied || !strings.Contains(strings.Join(named(t, r, "who am I").Advice, " "), test.advice) {
				t.Errorf("cause %q, %+v", r.Cause(), named(t, r, "who am I"))
			}
		})
	}
	t.Run("credentials from elsewhere", func(t *testing.T) {
		c := roleForm(srv)
		c.AccessKeyID, c.SecretAccessKey = "", s3client.Secret{}
		want(t, check(t, t.Context(), c, checkup.Options{Credentials: sigv4.NewCredentials(keyID, secret, "")}), map[string]string{"who am I": "ok: " + keyID, "list": "ok: "})
	})
	t.Run("references", func(t *testing.T) {
		c := keyForm(srv)
		c.SecretAccessKey, c.RestrictToBucket = s3client.NewSecret("env:THE_SECRET"), "data"
		r := check(t, t.Context(), c, checkup.Options{LookupEnv: func(name string) (string, bool) { return secret, name == "THE_SECRET" }})
		want(t, r, map[string]string{"who am I": "ok: ", "list": "ok: "})
	})
	t.Run("a service that does not say", func(t *testing.T) {
		for _, test := range []struct {
			status int
			body   string
		}{
			{400, "<ErrorResponse><Error><Code>InvalidAction</Code><Message>no</Message></Error></ErrorResponse>"},
			{405, "<html>no</html>"},
			{200, "<html>hello</html>"},
		} {
			mute := &watched{before: func(req *http.Request) *http.Response { return asksWho(req, test.status, test.body) }}
			c := keyForm(srv)
			c.RestrictToBucket = "data"
			want(t, check(t, t.Context(), c, checkup.Options{Base: mute}), map[string]string{"who am I": "skipped: does not say", "list": "ok: "})
			want(t, check(t, t.Context(), roleForm(srv), checkup.Options{Base: mute}), map[string]string{"who am I": "skipped: does not say", "role": "ok: ", "list": "ok: "})
		}
	})
	t.Run("the root user", func(t *testing.T) {
		root := &watched{before: func(req *http.Request) *http.Response {
			return asksWho(req, 200, "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:root</Arn><UserId>1</UserId><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>")
		}}
		want(t, check(t, t.Context(), roleForm(srv), checkup.Options{Base: root}), map[string]string{"who am I": "warning: :root"})
	})
}

type failing struct{}

func (failing) Credentials(context.Context) (sigv4.Credentials, error) {
	return sigv4.Credentials{}, io.ErrUnexpectedEOF
}

// asksWho answers GetCallerIdentity, and nothing else.
func asksWho(req *http.Request, status int, body string) *http.Response {
	if req.GetBody == nil || req.Method != http.MethodPost {
		return nil
	}
	sent, err := req.GetBody()
	if err != nil {
		return nil
	}
	form, err := io.ReadAll(sent)
	if err != nil || !strings.Contains(string(form), "Action=GetCallerIdentity") {
		return nil
	}
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}
}

func TestRegionIsNamed(t *testing.T) {
	srv := serve(t, func(cfg *s3test.Config) { cfg.Region = "eu-central-1" })
	for _, c := range []s3client.Connection{roleForm(srv), keyForm(srv)} {
		c.RestrictToBucket = "data"
		r := check(t, t.Context(), c, checkup.Options{})
		want(t, r, map[string]string{"who am I": "failed: not in region us-east-1", "bucket": "failed: s3://data is in region eu-central-1, not in us-east-1", "list": "skipped: "})
		if r.Cause() != checkup.Other {
			t.Errorf("cause %q", r.Cause())
		}
		c.Region = "eu-central-1"
		want(t, check(t, t.Context(), c, checkup.Options{}), map[string]string{"bucket": "ok: data", "list": "ok: "})
	}
}

func TestBucket(t *testing.T) {
	srv := serve(t, func(cfg *s3test.Config) {
		cfg.Buckets = []string{"data", "squatted"}
		cfg.Owners = map[string]string{"squatted": "666666666666"}
		cfg.Users = append(cfg.Users, s3test.User{AccessKeyID: "AKIDNOTHING", SecretAccessKey: secret, Policies: []policy.Document{}})
	})
	for _, test := range []struct {
		name   string
		change func(*s3client.Connection)
		want   string
		cause  checkup.Cause
	}{
		{"a typo", func(c *s3client.Connection) { c.RestrictToBucket = "dta" }, "failed: there is no bucket dta", checkup.NotFound},
		{"another owner", func(c *s3client.Connection) { c.RestrictToBucket, c.BucketOwner = "squatted", account }, "failed: does not belong to account " + account, checkup.Denied},
		{"the owner", func(c *s3client.Connection) { c.BucketOwner = account }, "ok: s3://data is there", ""},
		{"nothing allowed", func(c *s3client.Connection) { c.AccessKeyID = "AKIDNOTHING" }, "ok: s3://data answers, in us-east-1, though it may not be looked at", checkup.Denied},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := keyForm(srv)
			c.RestrictToBucket = "data"
			test.change(&c)
			r := check(t, t.Context(), c, checkup.Options{})
			want(t, r, map[string]string{"bucket": test.want})
			if r.Cause() != test.cause {
				t.Errorf("cause %q, want %q", r.Cause(), test.cause)
			}
		})
	}
}

// What is denied is named with the statement that would allow it, and with that
// statement it is allowed.
func TestMissingStatementsAreWhatIsMissing(t *testing.T) {
	all := policy.Access{Path: path, List: true, Read: true, Write: true, Delete: true}
	for _, test := range []struct {
		name    string
		allowed policy.Access
	}{
		{"list", policy.Access{Path: path, Read: true, Write: true, Delete: true}},
		{"read", policy.Access{Path: path, List: true, Write: true, Delete: true}},
		{"write", policy.Access{Path: path, List: true, Read: true, Delete: true}},
		{"delete", policy.Access{Path: path, List: true, Read: true, Write: true}},
	} {
		t.Run(test.name, func(t *testing.T) {
			docs := allowing(test.allowed)
			run := func() (checkup.Report, *s3test.Server) {
				srv := serve(t, func(cfg *s3test.Config) { cfg.Roles[0].Policies = docs })
				store(t, srv, path+"there")
				c := roleForm(srv)
				c.Permissions = everything
				r := check(t, t.Context(), c, checkup.Options{})
				if diff := cmp.Diff([]string{path + "there"}, keysIn(t, srv, "data")); diff != "" {
					t.Errorf("keys afterwards (-want +got)\n%s", diff)
				}
				return r, srv
			}
			r, _ := run()
			c := named(t, r, test.name)
			if c.Status != checkup.Failed || c.Cause != checkup.Denied || len(c.Missing) != 1 || !strings.HasSuffix(c.Missing[0].Policy, roleARN) {
				t.Fatalf("%+v", c)
			}
			for _, other := range r.Checks {
				if other.Name != test.name && other.Status != checkup.OK {
					t.Errorf("%s: %s: %s", other.Name, other.Status, other.Found)
				}
			}
			ours, _ := policy.Access{Bucket: "data", Path: path, List: all.List, Read: all.Read, Write: all.Write, Delete: all.Delete}.Missing(c.Missing[0].Statement.Action[0])
			if diff := cmp.Diff(ours, c.Missing[0].Statement); diff != "" {
				t.Errorf("the statement (-want +got)\n%s", diff)
			}
			docs = append(docs, policy.Document{Version: policy.Version, Statements: []policy.Statement{c.Missing[0].Statement}})
			again, _ := run()
			want(t, again, map[string]string{test.name: "ok: "})
		})
	}
}

func TestExplicitDenyIsNotMendedByAnAllow(t *testing.T) {
	srv := serve(t, func(cfg *s3test.Config) {
		cfg.Roles[0].Policies = append(allowing(policy.Access{List: true, Read: true, Write: true, Delete: true}),
			policy.Document{Version: policy.Version, Statements: []policy.Statement{{Effect: policy.Deny, Action: []string{"s3:PutObject"}, Resource: []string{"*"}}}})
	})
	c := roleForm(srv)
	c.Permissions = everything
	r := check(t, t.Context(), c, checkup.Options{})
	want(t, r, map[string]string{"write": "failed: denied: s3:PutObject", "delete": "ok: "})
	if got := named(t, r, "write"); len(got.Missing) > 0 || len(got.Advice) != 1 || !strings.Contains(got.Advice[0], "no Allow helps") {
		t.Errorf("%+v", got)
	}
}

func TestReadOfWhatIsThere(t *testing.T) {
	srv := serve(t, func(cfg *s3test.Config) { cfg.Roles[0].Policies = allowing(policy.Access{List: true, Read: true}) })
	c := roleForm(srv)
	c.Permissions = s3client.MayList | s3client.MayRead
	// With a condition on the prefix, S3 tells nobody what is missing, but says that it
	// is the listing for want of which it does not.
	const untold = "ok: allowed: for a key that is not there the service denies only to say so"
	want(t, check(t, t.Context(), c, checkup.Options{}), map[string]string{"list": "ok: is empty", "read": untold})
	store(t, srv, path)
	want(t, check(t, t.Context(), c, checkup.Options{}), map[string]string{"list": "ok: there are keys", "read": untold})
	brief := &watched{before: func(req *http.Request) *http.Response { // as to another account's callers
		if !strings.Contains(req.URL.Path, "sigvier-connect-") {
			return nil
		}
		return &http.Response{StatusCode: 403, Header: http.Header{}, Body: readCloser("<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"), ContentLength: -1}
	}}
	want(t, check(t, t.Context(), c, checkup.Options{Base: brief}), map[string]string{"read": "warning: not to be told"})
	denied := serve(t, func(cfg *s3test.Config) { cfg.Roles[0].Policies = allowing(policy.Access{List: true}) })
	d := c
	d.Endpoint = denied.URL
	r := check(t, t.Context(), d, checkup.Options{})
	want(t, r, map[string]string{"list": "ok: is empty", "read": "failed: denied: s3:GetObject"})
	if got := named(t, r, "read").Missing; len(got) != 1 || got[0].Statement.Action[0] != "s3:GetObject" {
		t.Errorf("missing is %+v", got)
	}
	store(t, srv, path+"2026")
	want(t, check(t, t.Context(), c, checkup.Options{}), map[string]string{"read": `ok: allowed: "reports/2026"`})
	c.RestrictToPath = path + "2026"
	want(t, check(t, t.Context(), c, checkup.Options{}), map[string]string{"list": "ok: is empty", "read": `ok: allowed: "reports/2026"`})
	c.Permissions = s3client.MayRead
	want(t, check(t, t.Context(), c, checkup.Options{}), map[string]string{"list": "skipped: ", "read": "ok: "})
	c.Permissions = s3client.MayList
	want(t, check(t, t.Context(), c, checkup.Options{}), map[string]string{"list": "ok: ", "read": "skipped: "})
}

func TestChainIsAskedWithoutAKey(t *testing.T) {
	srv := serve(t)
	dir := t.TempDir()
	t.Setenv("AWS_ACCESS_KEY_ID", keyID)
	t.Setenv("AWS_SECRET_ACCESS_KEY", secret)
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(dir, "config"))
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(dir, "credentials"))
	c := roleForm(srv)
	c.AccessKeyID, c.SecretAccessKey = "", s3client.Secret{}
	want(t, check(t, t.Context(), c, checkup.Options{}), map[string]string{"who am I": "ok: " + keyID})
}

// What a service may say to reading, of an object that is listed, of the path, and of
// a key that is not there.
func TestWhatReadingMayBeAnswered(t *testing.T) {
	const listed, fresh = "/data/reports/listed", "sigvier-connect-"
	for _, test := range []struct {
		name   string
		path   string
		answer map[string]string // "404 NoSuchKey", by a part of the URL's path
		want   string
	}{
		{"a byte", path, map[string]string{listed: "206 "}, `ok: allowed: "reports/listed"`},
		{"an empty object", path, map[string]string{listed: "416 InvalidRange"}, `ok: allowed: "reports/listed"`},
		{"an archived object", path, map[string]string{listed: "403 InvalidObjectState"}, `ok: allowed: "reports/listed"`},
		{"denied", path, map[string]string{listed: "403 AccessDenied"}, "failed: denied: s3:GetObject"},
		{"broken", path, map[string]string{listed: "400 InvalidRequest"}, "failed: refused: InvalidRequest"},
		{"gone since it was listed", path, map[string]string{listed: "404 NoSuchKey", fresh: "404 NoSuchKey"}, "ok: allowed: a key that is not there is said to be missing"},
		{"the path is a key", "reports/other", map[string]string{"/data/reports/other": "206 "}, `ok: allowed: "reports/other"`},
		{"the path may be a key", "reports/other", map[string]string{"/data/reports/other": "403 AccessDenied"}, "warning: not to be told"},
		{"nothing is told", "reports/other/", map[string]string{fresh: "403 AccessDenied"}, "warning: not to be told"},
		{"all is listed, and nothing is told", "", map[string]string{listed: "404 NoSuchKey", fresh: "403 AccessDenied"}, "failed: denied: s3:GetObject"},
		{"everything is there", "reports/other/", map[string]string{fresh: "206 "}, "failed: the service gives an object for a key that nobody has used"},
	} {
		t.Run(test.name, func(t *testing.T) {
			srv := serve(t)
			store(t, srv, "reports/listed")
			base := &watched{before: func(req *http.Request) *http.Response {
				for part, answer := range test.answer {
					if req.Method != http.MethodGet || req.URL.RawQuery != "" || !strings.Contains(req.URL.Path, part) {
						continue
					}
					status, code, _ := strings.Cut(answer, " ")
					n, err := strconv.Atoi(status)
					if err != nil {
						t.Error(err)
					}
					body := "x"
					if code != "" {
						body = "<Error><Code>" + code + "</Code><Message>no</Message></Error>"
					}
					return &http.Response{StatusCode: n, Header: http.Header{}, Body: readCloser(body), ContentLength: int64(len(body))}
				}
				return nil
			}}
			c := roleForm(srv)
			c.RestrictToPath, c.Permissions = test.path, s3client.MayList|s3client.MayRead
			want(t, check(t, t.Context(), c, checkup.Options{Base: base}), map[string]string{"list": "ok: ", "read": test.want})
		})
	}
}
