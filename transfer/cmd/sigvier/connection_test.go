package main

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sigvier/sigvier/s3client/s3test"
)

// connected is what a presigned URL tells of the connection it was made with,
// without a byte being sent.
type connected struct{ address, key, region, token string }

func presigned(t *testing.T, s shell, args ...string) connected {
	t.Helper()
	r := s.run(t, append([]string{"presign", "s3://bucket/k"}, args...)...)
	u, err := url.Parse(strings.TrimSpace(r.stdout))
	credential := strings.Split(u.Query().Get("X-Amz-Credential"), "/")
	if r.code != exitDone || err != nil || len(credential) != 5 {
		t.Fatalf("presign %q = %+v", args, r)
	}
	return connected{u.Scheme + "://" + u.Host + u.Path, credential[0], credential[2], u.Query().Get("X-Amz-Security-Token")}
}

// awsFiles are the AWS tools' files.
func awsFiles(t *testing.T, credentials, config string) shell {
	t.Helper()
	s := nowhere(t)
	for variable, text := range map[string]string{"AWS_SHARED_CREDENTIALS_FILE": credentials, "AWS_CONFIG_FILE": config} {
		writeFile(t, filepath.Dir(s.env[variable]), filepath.Base(s.env[variable]), text)
	}
	return s
}

func TestConnectionComesFromFileThenFlagsThenEnvironment(t *testing.T) {
	const (
		credentials = "[default]\naws_access_key_id = FROMPROFILE\naws_secret_access_key = " + secret + "\n" +
			"[office]\naws_access_key_id = FROMOFFICE\naws_secret_access_key = " + secret + "\naws_session_token = officetoken\n"
		config = "[default]\nregion = eu-profile-1\n[profile office]\nregion = eu-office-1\nendpoint_url = https://office.example.com\n"
	)
	env := []string{"AWS_ACCESS_KEY_ID=FROMENV", "AWS_SECRET_ACCESS_KEY=" + secret}
	aws := func(region string) string { return "https://bucket.s3." + region + ".amazonaws.com/k" }
	for _, test := range []struct {
		name string
		file string // "" is none
		args []string
		env  []string
		want connected
	}{
		{"profile", "", nil, nil, connected{aws("eu-profile-1"), "FROMPROFILE", "eu-profile-1", ""}},
		{"named profile", "", nil, []string{"AWS_PROFILE=office"}, connected{"https://bucket.office.example.com/k", "FROMOFFICE", "eu-office-1", "officetoken"}},
		{"key from the environment, region from the profile", "", nil, env, connected{aws("eu-profile-1"), "FROMENV", "eu-profile-1", ""}},
		{"token from the environment", "", nil, append(slices.Clone(env), "AWS_SESSION_TOKEN=envtoken"), connected{aws("eu-profile-1"), "FROMENV", "eu-profile-1", "envtoken"}},
		{"AWS_DEFAULT_REGION", "", nil, []string{"AWS_DEFAULT_REGION=eu-second-1"}, connected{aws("eu-second-1"), "FROMPROFILE", "eu-second-1", ""}},
		{"AWS_REGION before AWS_DEFAULT_REGION", "", nil, []string{"AWS_REGION=eu-first-1", "AWS_DEFAULT_REGION=eu-second-1"}, connected{aws("eu-first-1"), "FROMPROFILE", "eu-first-1", ""}},
		{"AWS_ENDPOINT_URL", "", nil, []string{"AWS_ENDPOINT_URL=http://all.example.com"}, connected{"http://bucket.all.example.com/k", "FROMPROFILE", "eu-profile-1", ""}},
		{"AWS_ENDPOINT_URL_S3 before AWS_ENDPOINT_URL", "", nil, []string{"AWS_ENDPOINT_URL=http://all.example.com", "AWS_ENDPOINT_URL_S3=http://s3.example.com"}, connected{"http://bucket.s3.example.com/k", "FROMPROFILE", "eu-profile-1", ""}},
		{"flags before the environment", "", []string{"--region", "eu-flag-1", "--endpoint", "http://flag.example.com"},
			append(slices.Clone(env), "AWS_REGION=eu-env-1", "AWS_ENDPOINT_URL=http://env.example.com"), connected{"http://bucket.flag.example.com/k", "FROMENV", "eu-flag-1", ""}},
		{"--path-style", "", []string{"--path-style"}, nil, connected{"https://s3.eu-profile-1.amazonaws.com/bucket/k", "FROMPROFILE", "eu-profile-1", ""}},
		{"file before flags before the environment", `{"authorization_type":"access_key","region":"eu-file-1"}`, []string{"--endpoint", "http://flag.example.com"},
			append(slices.Clone(env), "AWS_REGION=eu-env-1", "AWS_ENDPOINT_URL=http://env.example.com"), connected{"http://bucket.flag.example.com/k", "FROMENV", "eu-file-1", ""}},
		{"all in the file", `{"connection_name":"n","authorization_type":"access_key","access_key_id":"FROMFILE","secret_access_key":"` + secret + `","region":"eu-file-1","endpoint":"http://file.example.com","path_style":true}`, nil,
			append(slices.Clone(env), "AWS_SESSION_TOKEN=envtoken", "AWS_ENDPOINT_URL=http://env.example.com"), connected{"http://file.example.com/bucket/k", "FROMFILE", "eu-file-1", ""}},
		{"no authorization_type in the file", `{"region":"eu-file-1"}`, nil, nil, connected{aws("eu-file-1"), "FROMPROFILE", "eu-file-1", ""}},
	} {
		t.Run(test.name, func(t *testing.T) {
			args := test.args
			if test.file != "" {
				args = append([]string{"--connection", writeFile(t, t.TempDir(), "c.json", test.file)}, args...)
			}
			if got := presigned(t, awsFiles(t, credentials, config).with(test.env...), args...); got != test.want {
				t.Errorf("connected with %+v, want %+v", got, test.want)
			}
		})
	}
}

func TestFlagsThatTheFileOverrulesAreNamed(t *testing.T) {
	s := newSite(t)
	s.store(t, "k", pattern(1000))
	file := writeFile(t, t.TempDir(), "c.json", `{"region":"us-east-1","endpoint":"`+s.URL+`","download_threads":3}`)
	r := s.run(t, "get", "s3://data/k", filepath.Join(t.TempDir(), "f"), "--json", "--part-size", "10", "--connection", file, "--region", "eu-west-1", "--threads", "5", "--endpoint", s.URL)
	if want := "sigvier: --region is not used, for " + file + " says otherwise\nsigvier: --threads is not used, for " + file + " says otherwise\n"; r.stderr != want {
		t.Errorf("stderr is %q, want %q", r.stderr, want)
	}
	if r.code != exitDone || objects(t, r.stdout)[0]["threads"] != 3.0 {
		t.Errorf("get = %+v, want 3 threads", r)
	}
}

func TestConnectionFilesThatCannotBeUsed(t *testing.T) {
	const key = `"access_key_id":"A","secret_access_key":"` + secret + `","region":"us-east-1"`
	s := nowhere(t)
	for _, test := range []struct {
		name, file, text string
	}{
		{"unknown field", `{"authorization_type":"access_key","restrict_to_buckets":"b"}`, "restrict_to_buckets is no field of the form (restrict_to_bucket may be meant)"},
		{"no JSON", `region: us-east-1`, "c.json"},
		{"nothing", ``, "c.json"},
		{"two objects", `{}{}`, "c.json"},
		{"wrong type", `{"download_threads":"4"}`, "download_threads"},
		{"unknown authorization", `{"authorization_type":"password",` + key + `}`, "authorization_type"},
		{"threads out of range", `{"authorization_type":"access_key",` + key + `,"download_threads":257}`, "download_threads"},
		{"a role without its ARN", `{"authorization_type":"iam_role",` + key + `}`, "iam_role_arn"},
		{"an external ID without a role", `{"authorization_type":"access_key","external_id":"xy",` + key + `}`, "external_id"},
		{"an ID without its secret", `{"authorization_type":"access_key","access_key_id":"A","region":"us-east-1"}`, "secret_access_key"},
		{"a secret without its ID", `{"authorization_type":"access_key","secret_access_key":"` + secret + `","region":"us-east-1"}`, "access_key_id"},
		{"a path without its bucket", `{"authorization_type":"access_key",` + key + `,"restrict_to_path":"p"}`, "restrict_to_path"},
		{"an endpoint that is no URL", `{"authorization_type":"access_key",` + key + `,"endpoint":"localhost:9000"}`, "endpoint"},
		{"wrong, and no key beside it", `{"authorization_type":"access_key","region":"US EAST"}`, "region"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s.run(t, "ls", "--connection", writeFile(t, t.TempDir(), "c.json", test.file)).want(t, exitUsage, test.text)
		})
	}
	s.run(t, "ls", "--connection", filepath.Join(t.TempDir(), "none.json")).want(t, exitUsage, "none.json")
	s.run(t, "ls", "--connection", t.TempDir()).want(t, exitUsage)
	s.run(t, "ls", "--connection", "").want(t, exitDenied)
}

// What others may read is read already, and told; what they may change is not used.
func TestConnectionFilesThatOthersMayReadOrChange(t *testing.T) {
	if runtime.GOOS == "windows" {
		return // where files have no such modes
	}
	s := newSite(t)
	s.store(t, "k", "content")
	for _, test := range []struct {
		mode   os.FileMode
		code   int
		stderr string
	}{
		{0o600, exitDone, ""}, {0o400, exitDone, ""},
		{0o644, exitDone, "sigvier: warning: s3client: connection %q has a secret in it and may be read by others (mode 0644): run chmod 600 on it, or put env:NAME or file:PATH in the secret's place\n"},
		{0o664, exitUsage, "sigvier: s3client: connection %q may be written by others (mode 0664): run chmod 600 on it\n"},
		{0o602, exitUsage, "sigvier: s3client: connection %q may be written by others (mode 0602): run chmod 600 on it\n"},
	} {
		file := writeFile(t, t.TempDir(), "c.json", `{"access_key_id":"`+keyID+`","secret_access_key":"`+secret+`","endpoint":"`+s.URL+`"}`)
		if err := os.Chmod(file, test.mode); err != nil {
			t.Fatal(err)
		}
		r := s.run(t, "head", "--connection", file, "s3://data/k")
		want := test.stderr
		if want != "" {
			want = fmt.Sprintf(want, file)
		}
		if r.code != test.code || r.stderr != want {
			t.Errorf("mode %v: exit code %d, stderr %q, want %d and %q", test.mode, r.code, r.stderr, test.code, want)
		}
	}
}

func TestConnectionFileOfEachAuthorizationType(t *testing.T) {
	s := newSite(t)
	s.store(t, "k", "content")
	own := nowhere(t) // the file has all
	for name, form := range map[string]map[string]any{
		"access key": {"authorization_type": "access_key"},
		"role":       {"authorization_type": "iam_role", "iam_role_arn": roleARN, "external_id": "tester-id", "session_name": "me", "duration_seconds": 900},
		"open role":  {"authorization_type": "iam_role", "iam_role_arn": roleARN + "/open"},
		"restricted": {"authorization_type": "access_key", "restrict_to_bucket": bucket, "restrict_to_path": "k", "download_threads": 2},
	} {
		t.Run(name, func(t *testing.T) {
			form["access_key_id"], form["secret_access_key"], form["endpoint"] = keyID, secret, s.URL
			text, err := json.Marshal(form)
			if err != nil {
				t.Fatal(err)
			}
			file := writeFile(t, t.TempDir(), "c.json", string(text))
			own.run(t, "head", "--connection", file, "s3://data/k").want(t, exitDone, "size: 7")
		})
	}
}

func TestRoleByFlags(t *testing.T) {
	s := newSite(t)
	for _, test := range []struct {
		name string
		args []string
		code int
		text string
	}{
		{"its external ID", []string{"--role-arn", roleARN, "--external-id", "tester-id"}, exitDone, "data"},
		{"no external ID", []string{"--role-arn", roleARN}, exitDenied, "AssumeRole"},
		{"a wrong external ID", []string{"--role-arn", roleARN, "--external-id", "other-id"}, exitDenied, "AssumeRole"},
		{"an external ID that can be none", []string{"--role-arn", roleARN, "--external-id", "x"}, exitUsage, "external_id"},
		{"a role without one", []string{"--role-arn", roleARN + "/open"}, exitDone, "data"},
		{"an unknown role", []string{"--role-arn", roleARN + "/none"}, exitDenied, "AssumeRole"},
		{"no ARN", []string{"--role-arn", "tester"}, exitUsage, "iam_role_arn"},
		{"an external ID and no role", []string{"--external-id", "tester-id"}, exitUsage, "external_id"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := s.run(t, append([]string{"ls"}, test.args...)...)
			r.want(t, test.code, test.text)
			if strings.Contains(r.stderr, "other-id") {
				t.Errorf("the external ID is repeated: %s", r.stderr)
			}
		})
	}
	wrong := s.with("AWS_SECRET_ACCESS_KEY=a-wrong-secret-access-key")
	wrong.run(t, "ls", "--role-arn", roleARN, "--external-id", "tester-id").want(t, exitDenied, "AssumeRole")
}

func TestRoleIsAssumedAtItsEndpoint(t *testing.T) {
	for _, test := range []struct {
		name string
		args func(s3, sts string) []string
		env  func(s3, sts string) []string
	}{
		{"AWS_ENDPOINT_URL", func(s3, sts string) []string { return nil },
			func(s3, sts string) []string { return []string{"AWS_ENDPOINT_URL=" + sts} }},
		{"AWS_ENDPOINT_URL_STS", func(s3, sts string) []string { return nil },
			func(s3, sts string) []string {
				return []string{"AWS_ENDPOINT_URL=" + s3, "AWS_ENDPOINT_URL_STS=" + sts}
			}},
		{"--sts-endpoint", func(s3, sts string) []string { return []string{"--sts-endpoint", sts} },
			func(s3, sts string) []string { return []string{"AWS_ENDPOINT_URL=" + s3} }},
		{"--sts-endpoint and --endpoint", func(s3, sts string) []string { return []string{"--sts-endpoint", sts, "--endpoint", s3} },
			func(s3, sts string) []string { return nil }},
		{"--endpoint, and STS's in the environment", func(s3, sts string) []string { return []string{"--endpoint", s3} },
			func(s3, sts string) []string {
				return []string{"AWS_ENDPOINT_URL=" + s3, "AWS_ENDPOINT_URL_STS=" + sts}
			}},
		// Where the endpoint was given, the environment's must not get the requests
		// that assume the role.
		{"--endpoint, and another in the environment", func(s3, sts string) []string { return []string{"--endpoint", sts} },
			func(s3, sts string) []string { return []string{"AWS_ENDPOINT_URL=" + s3} }},
	} {
		t.Run(test.name, func(t *testing.T) {
			s3, sts := newSite(t), newSite(t)
			s := nowhere(t).with("AWS_ACCESS_KEY_ID="+keyID, "AWS_SECRET_ACCESS_KEY="+secret).with(test.env(s3.URL, sts.URL)...)
			got := presigned(t, s, append(test.args(s3.URL, sts.URL), "--role-arn", roleARN+"/open")...)
			if !strings.HasPrefix(got.key, "ASIA") || got.token == "" {
				t.Errorf("signed with %+v, want temporary credentials", got)
			}
			if n, m := sts.Requests()["AssumeRole"], s3.Requests()["AssumeRole"]; n != 1 || m != 0 {
				t.Errorf("the role was assumed %d times at its endpoint and %d times elsewhere, want 1 and 0", n, m)
			}
		})
	}
}

func TestNoCredentials(t *testing.T) {
	s := nowhere(t)
	for _, args := range [][]string{{"ls"}, {"ls", "--region", "us-east-1"}, {"get", "s3://b/k", "f"}, {"ls", "--role-arn", roleARN}} {
		s.run(t, args...).want(t, exitDenied, "AWS_ACCESS_KEY_ID is not set", s.env["AWS_SHARED_CREDENTIALS_FILE"], s.env["AWS_CONFIG_FILE"], "--connection")
	}
}

func TestNoRegion(t *testing.T) {
	s := nowhere(t).with("AWS_ACCESS_KEY_ID="+keyID, "AWS_SECRET_ACCESS_KEY="+secret)
	s.run(t, "ls").want(t, exitUsage, "region", "--region", "AWS_REGION")
}

func TestCredentialsThatCannotBeUsed(t *testing.T) {
	for _, test := range []struct {
		name, credentials, config string
		env                       []string
		text                      string
	}{
		{"an ID without a secret", "", "", []string{"AWS_ACCESS_KEY_ID=" + keyID}, "AWS_SECRET_ACCESS_KEY is not set"},
		{"a secret without an ID", "", "", []string{"AWS_SECRET_ACCESS_KEY=" + secret}, "AWS_ACCESS_KEY_ID is not set"},
		{"half a key in the file", "[default]\naws_access_key_id=A\n", "", nil, "aws_secret_access_key is missing"},
		{"a profile that is nowhere", "", "", []string{"AWS_PROFILE=typo"}, "profile typo"},
		{"a file that is none", "=\n", "", nil, "credentials:1"},
		{"a process that is not there", "", "[default]\ncredential_process = /nowhere/x\n", nil, "credential_process"},
		{"a secret that is too short", "", "", []string{"AWS_ACCESS_KEY_ID=" + keyID, "AWS_SECRET_ACCESS_KEY=short"}, "AWS_SECRET_ACCESS_KEY is empty or too short"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := awsFiles(t, test.credentials, test.config).with("AWS_ENDPOINT_URL=http://127.0.0.1:1").with(test.env...)
			s.run(t, "ls").want(t, exitDenied, test.text)
		})
	}
}

func TestUnreadableFileOfTheAWSTools(t *testing.T) {
	s := nowhere(t)
	if err := os.Mkdir(s.env["AWS_SHARED_CREDENTIALS_FILE"], 0o700); err != nil {
		t.Fatal(err)
	}
	s.run(t, "ls", "--region", "us-east-1").want(t, exitDenied, s.env["AWS_SHARED_CREDENTIALS_FILE"])
}

func TestThreads(t *testing.T) {
	s := newSite(t)
	s.store(t, "k", pattern(1000))
	for _, test := range []struct {
		threads string
		want    float64 // that took part; 0 is a refusal
	}{
		{"", 1}, {"1", 1}, {"8", 8}, {"256", 10}, {"auto", 8},
		{"0", 0}, {"257", 0}, {"-1", 0}, {"abc", 0}, {"8.5", 0}, {"AUTO", 0}, {"99999999999999999999", 0},
	} {
		t.Run(test.threads, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "f")
			args := []string{"get", "s3://data/k", file, "--json", "--part-size", "100"}
			if test.threads != "" {
				args = append(args, "--threads="+test.threads)
			}
			r := s.run(t, args...)
			if test.want == 0 {
				r.want(t, exitUsage, "--threads "+test.threads+": 1 to 256, or auto, is expected")
				return
			}
			r.want(t, exitDone)
			if got := objects(t, r.stdout)[0]["threads"]; got != test.want {
				t.Errorf("%v threads took part, want %v", got, test.want)
			}
			if data, err := os.ReadFile(file); err != nil || string(data) != pattern(1000) {
				t.Errorf("the file differs from the object (%v)", err)
			}
		})
	}
}

func TestRestrictions(t *testing.T) {
	s := newSite(t, func(cfg *s3test.Config) { cfg.Buckets = append(cfg.Buckets, "other") })
	s.store(t, "reports/a", "content")
	s.store(t, "reports-b", "content")
	dir := t.TempDir()
	file := writeFile(t, dir, "source", "content")
	before := s.Requests()
	for _, args := range [][]string{
		{"get", "s3://other/reports/a", filepath.Join(dir, "f")},
		{"get", "s3://data/reports-b", filepath.Join(dir, "f")},
		{"get", "s3://data/reports/../reports-b", filepath.Join(dir, "f")},
		{"put", file, "s3://data/x"},
		{"ls"},
		{"ls", "s3://data"},
		{"ls", "s3://other"},
		{"head", "s3://data/reports-b"},
		{"rm", "s3://data/reports-b"},
		{"mb", "s3://other"},
		{"rb", "s3://data"},
		{"presign", "s3://data/reports-b"},
	} {
		s.run(t, append(args, "--restrict-to-bucket", "data", "--restrict-to-path", "reports/")...).want(t, exitDenied, "restricted to the")
	}
	if d := cmp.Diff(before, s.Requests()); d != "" {
		t.Errorf("requests were sent (-before +after)\n%s", d)
	}
	if got := listDir(t, dir); !slices.Equal(got, []string{"source"}) {
		t.Errorf("the folder has %q, want the source only", got)
	}
	s.run(t, "ls", "s3://data/reports/", "--restrict-to-bucket", "data", "--restrict-to-path", "reports/").want(t, exitDone, "reports/a")
}

func TestPermissionsAndOwnerByFlags(t *testing.T) {
	s := newSite(t)
	s.store(t, "k", "content")
	s.run(t, "head", "s3://data/k", "--permissions", "list, read").want(t, exitDone, "size: 7")
	s.run(t, "rm", "s3://data/k", "--permissions", "list,read").want(t, exitDenied, "restricted to list, read")
	s.run(t, "rm", "s3://data/k", "--permissions", "list,admin").want(t, exitUsage, `permissions has "admin"`)
	s.run(t, "rm", "s3://data/k", "--permissions", "").want(t, exitUsage, `permissions has ""`)
	s.run(t, "head", "s3://data", "--bucket-owner", "123456789012").want(t, exitDone)
	s.run(t, "ls", "s3://data", "--bucket-owner", "210987654321").want(t, exitDenied, "which is its bucket_owner here")
	s.run(t, "ls", "s3://data", "--bucket-owner", "me").want(t, exitUsage, `bucket_owner "me" is no account ID`)
	file := writeFile(t, t.TempDir(), "c.json", `{"permissions":["read"],"bucket_owner":"123456789012"}`)
	r := s.run(t, "head", "s3://data/k", "--connection", file, "--permissions", "read,write", "--bucket-owner", "210987654321")
	if want := "sigvier: --bucket-owner is not used, for " + file + " says otherwise\nsigvier: --permissions is not used, for " + file + " says otherwise\n"; r.code != exitDone || r.stderr != want {
		t.Errorf("head = %+v, want stderr %q", r, want)
	}
}
