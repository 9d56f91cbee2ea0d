package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/s3client/s3test"
	"github.com/sigvier/sigvier/sts/policy"
)

const aFreshID = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"

// goldenRoles are runs of the command whose whole output is kept.
var goldenRoles = map[string][]string{
	"account": {"s3://example-reports", "--account-id", "123456789012", "--region", "eu-central-1"},
	"all": {"s3://example-reports/daily/", "--trust", "arn:aws-cn:iam::123456789012:role/reader", "--role-account", "210987654321", "--region", "cn-north-1",
		"--allow", "list,read,write,delete,versions", "--name", "partner", "--connection-name", "Daily reports", "--tag", "team=data", "--tag", "cost centre=a=b",
		"--max-session", "43200", "--session-tags", "--source-identity"},
}

func TestRoleAsPrinted(t *testing.T) {
	for name, args := range goldenRoles {
		r := shell{}.run(t, append([]string{"role", "--external-id", aFreshID}, args...)...)
		r.want(t, exitDone)
		golden(t, "role/"+name+".txt", r.stdout)
	}
}

// What is written as files is what is printed; the policies are valid for their
// use, the tags are as aws-cli takes them, and the connection can be opened.
func TestRoleFiles(t *testing.T) {
	for name, args := range goldenRoles {
		dir := filepath.Join(t.TempDir(), "new", "folder")
		args = append([]string{"role", "--external-id", aFreshID}, args...)
		printed := shell{}.run(t, args...)
		shell{}.run(t, append(args, "--dir", dir)...).want(t, exitDone, dir+": trust-policy.json, ", "Go on with steps.txt.")
		names := listDir(t, dir)
		want := []string{callerFile, connectionFile, permissionFile, stepsFile, trustFile}
		if name == "all" {
			want = []string{callerFile, connectionFile, permissionFile, stepsFile, tagsFile, trustFile}
		}
		if diff := gocmp.Diff(want, names); diff != "" {
			t.Errorf("%s: files (-want +got)\n%s", name, diff)
		}
		texts := map[string]string{}
		for _, n := range names {
			data, err := os.ReadFile(filepath.Join(dir, n))
			if err != nil {
				t.Fatal(err)
			}
			texts[n] = string(data)
			if !strings.Contains(printed.stdout, "--- "+n+"\n"+strings.TrimSuffix(texts[n], "\n")) {
				t.Errorf("%s: %s is not as printed:\n%s", name, n, data)
			}
			info, err := os.Stat(filepath.Join(dir, n))
			if err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
				t.Errorf("%s: %s has mode %v, %v, want 0600", name, n, info.Mode(), err)
			}
		}
		for n, use := range map[string]policy.Use{trustFile: policy.OfRole, permissionFile: policy.OfIdentity, callerFile: policy.OfIdentity} {
			d, err := policy.Parse([]byte(texts[n]))
			if err == nil {
				err = d.ValidateFor(use)
			}
			if err != nil {
				t.Errorf("%s: %s: %v", name, n, err)
			}
		}
		for _, n := range names {
			if !strings.Contains(texts[stepsFile], n) && n != stepsFile {
				t.Errorf("%s: the steps do not say what %s is for", name, n)
			}
		}
		c, err := s3client.ParseConnection(strings.NewReader(texts[connectionFile]))
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Validate(); (err == nil) != (name == "all") {
			t.Errorf("%s: the connection: %v, want it valid where the role's account is known", name, err)
		}
		c.IAMRoleARN = strings.Replace(c.IAMRoleARN, unknownAccount, "123456789012", 1)
		if err := c.Validate(); err != nil {
			t.Errorf("%s: the connection: %v", name, err)
		}
		// What is written is what the check is content with.
		checked := shell{}.run(t, "role", "--check", filepath.Join(dir, trustFile))
		if checked.code != exitDone || strings.Contains(checked.stdout, "warning") {
			t.Errorf("%s: --check = %+v", name, checked)
		}
	}
}

func TestRoleMakesAFreshExternalID(t *testing.T) {
	seen := map[string]bool{}
	for range 3 {
		r := shell{env: map[string]string{"AWS_REGION": "eu-central-1"}}.run(t, "role", "s3://example/a b/", "--account-id", "123456789012", "--role-account", "210987654321", "--json")
		r.want(t, exitDone)
		var out madeRole
		if err := json.Unmarshal([]byte(r.stdout), &out); err != nil || strings.Count(r.stdout, "\n") != 1 {
			t.Fatalf("%v: %s", err, r.stdout)
		}
		id := out.ExternalID
		if !regexp.MustCompile(`^[0-9a-f]{32}$`).MatchString(id) || seen[id] || out.Connection.ExternalID != id || !strings.Contains(string(out.TrustPolicy.JSON()), id) {
			t.Errorf("the external ID is %q: %s", id, r.stdout)
		}
		seen[id] = true
		if out.ARN != "arn:aws:iam::210987654321:role/sigvier-example" || out.Connection.IAMRoleARN != out.ARN || out.Name != "sigvier-example" ||
			out.Connection.Region != "eu-central-1" || out.Connection.RestrictToPath != "a b/" || out.Dir != "" || len(out.Console) == 0 || len(out.CLI) == 0 {
			t.Errorf("the role is %+v", out)
		}
		want := []string{"aws_cli", "caller_policy", "connection", "console", "external_id", "permission_policy", "role_arn", "role_name", "trust_policy"}
		if diff := gocmp.Diff(want, keysOf(objects(t, r.stdout)[0])); diff != "" {
			t.Errorf("the fields (-want +got)\n%s", diff)
		}
	}
}

func TestRoleWarnsOfAWeakExternalID(t *testing.T) {
	r := shell{}.run(t, "role", "s3://example", "--account-id", "123456789012", "--region", "eu-central-1", "--external-id", "12345")
	if r.code != exitDone || !strings.HasPrefix(r.stderr, "sigvier: warning: the external ID stands in the principal's own ARN") {
		t.Errorf("a weak external ID: %d, %q", r.code, r.stderr)
	}
}

func TestRoleReplacesFilesByForceOnly(t *testing.T) {
	dir := t.TempDir()
	args := []string{"role", "s3://example", "--account-id", "123456789012", "--region", "eu-central-1", "--dir", dir}
	mine := writeFile(t, dir, stepsFile, "mine")
	shell{}.run(t, args...).want(t, exitFailed, mine+" is there already, and nothing was written: --force replaces it")
	if got := listDir(t, dir); !slices.Equal(got, []string{stepsFile}) {
		t.Errorf("a refused run left %q", got)
	}
	if data, err := os.ReadFile(mine); err != nil || string(data) != "mine" {
		t.Errorf("the file that was there is %q, %v", data, err)
	}
	shell{}.run(t, append(args, "--force")...).want(t, exitDone)
	shell{}.run(t, append(args, "--force", "--json")...).want(t, exitDone, `"files":["trust-policy.json","permission-policy.json","caller-policy.json","steps.txt","connection.json"]`)
	if got := listDir(t, dir); len(got) != 5 {
		t.Errorf("two runs by force left %q", got)
	}
	shell{}.run(t, "role", "s3://example", "--account-id", "123456789012", "--region", "eu-central-1", "--dir", mine).want(t, exitFailed, stepsFile)
}

// What cannot be finished is undone: of several files, all are there or none.
func TestFilesAreWrittenAllOrNone(t *testing.T) {
	dir := t.TempDir()
	files := []newFile{{"a", "1"}, {"b", "2"}, {filepath.Join("missing", "c"), "3"}}
	if err := writeFiles(dir, files, false); err == nil {
		t.Error("a file in a folder that is not there was written")
	}
	if got := listDir(t, dir); len(got) != 0 {
		t.Errorf("a run that failed left %q", got)
	}
	// One that appears between the first look and the last.
	if err := put(writeFile(t, dir, "temp", "new"), writeFile(t, dir, "final", "old")); err == nil || !strings.Contains(err.Error(), "is there already") {
		t.Errorf("put over a file: %v", err)
	}
	if data, _ := os.ReadFile(filepath.Join(dir, "final")); string(data) != "old" {
		t.Errorf("put over a file made it %q", data)
	}
}

func TestRoleLinesThatCannotBeMeant(t *testing.T) {
	enough := []string{"s3://example", "--account-id", "123456789012", "--region", "eu-central-1"}
	for _, test := range []struct {
		args []string
		text string
	}{
		{nil, "an argument is missing: see sigvier role -h"},
		{[]string{"example"}, "s3:// is expected"},
		{[]string{"s3://"}, "a bucket is expected"},
		{[]string{"s3://example"}, "--account-id is missing"},
		{[]string{"s3://example", "--account-id", "123456789012"}, "--region is missing"},
		{[]string{"s3://example", "--account-id", "1234"}, "--account-id 1234: the twelve digits"},
		{append(enough, "--trust", "arn:aws:iam::123456789012:role/x"), "--account-id and --trust: one of the two"},
		{[]string{"s3://example", "--region", "eu-central-1", "--trust", "arn:aws:iam::123456789012:role/*"}, "--trust: policy: Statement[0].Principal.AWS: is"},
		{[]string{"s3://example", "--region", "eu-central-1", "--trust", "*"}, `the principal is "*"`},
		{[]string{"s3://example", "--region", "cn-north-1", "--trust", "arn:aws:iam::123456789012:role/x"}, "--trust arn:aws:iam::123456789012:role/x: the region is in the partition aws-cn"},
		{append([]string{"s3://example", "--region", "eu-central-1"}, manyTrusted...), "IAM takes 2048: trust fewer"},
		{append(enough, "--role-account", "me"), "--role-account me: the twelve digits"},
		{append(enough, "--allow", "list,Read"), `--allow "list,Read": list, read, write, delete and versions are expected`},
		{append(enough, "--allow", ""), `--allow "": list`},
		{append(enough, "--allow", "read,versions"), "versions adds to list or delete"},
		{append(enough, "--name", "a b"), `--name "a b": 1 to 64 letters`},
		{append(enough, "--name", strings.Repeat("a", 65)), "1 to 64 letters"},
		{append(enough, "--tag", "team"), `--tag "team": KEY=VALUE is expected`},
		{append(enough, "--tag", "=x"), "KEY=VALUE is expected"},
		{append(enough, "--tag", "team=a;b"), "KEY=VALUE is expected"},
		{append(enough, "--tag", "AWS:team=a"), "are AWS's own"},
		{append(enough, "--tag", "team=a", "--tag", "Team=b"), "the key stands twice"},
		{append(enough, "--max-session", "900"), "--max-session 900: 3600"},
		{append(enough, "--external-id", "a b"), "--external-id: sts: ExternalId has ' '"},
		{append(enough, "--region", "Frankfurt"), "region"},
		{[]string{"s3://Example", "--account-id", "123456789012", "--region", "eu-central-1"}, "restrict_to_bucket"},
		{[]string{"s3://example/../x", "--account-id", "123456789012", "--region", "eu-central-1"}, "restrict_to_path"},
		{[]string{"s3://example", "--check", "-"}, `"s3://example" is one argument too many: --check makes no role`},
	} {
		t.Run(strings.Join(test.args, " "), func(t *testing.T) {
			dir := t.TempDir()
			shell{}.run(t, append([]string{"role", "--dir", filepath.Join(dir, "made")}, test.args...)...).want(t, exitUsage, test.text)
			if got := listDir(t, dir); len(got) != 0 {
				t.Errorf("a refused run left %q", got)
			}
		})
	}
	fifty := slices.Clone(enough)
	for i := range 51 {
		fifty = append(fifty, "--tag", strings.Repeat("k", i+1)+"=v")
	}
	shell{}.run(t, append([]string{"role"}, fifty...)...).want(t, exitUsage, "at most 50")
}

// manyTrusted are more than fit into a trust policy.
var manyTrusted = func() (flags []string) {
	for range 40 {
		flags = append(flags, "--trust", "arn:aws:iam::123456789012:role/"+strings.Repeat("x", 40))
	}
	return flags
}()

func TestRoleNamesFitIAM(t *testing.T) {
	r := shell{}.run(t, "role", "s3://"+strings.Repeat("a", 63), "--account-id", "123456789012", "--region", "us-gov-west-1")
	r.want(t, exitDone, `"iam_role_arn": "arn:aws-us-gov:iam::YOUR-ACCOUNT-ID:role/sigvier-`+strings.Repeat("a", 56)+`"`)
}

func TestRoleCheck(t *testing.T) {
	trust := func(condition string) string {
		return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:role/reader"},"Action":"sts:AssumeRole"` + condition + `}]}`
	}
	good := trust(`,"Condition":{"StringEquals":{"sts:ExternalId":"` + aFreshID + `"}}`)
	answer := func(account, policy string) string {
		return `{"Role":{"Path":"/","RoleName":"x","Arn":"arn:aws:iam::` + account + `:role/x","AssumeRolePolicyDocument":` + policy + `,"MaxSessionDuration":3600}}`
	}
	for _, test := range []struct {
		name, input string
		args        []string
		code        int
		stdout      string
	}{
		{"good", good, nil, exitDone, "nothing to say against this trust policy\n"},
		{"good, as JSON", good, []string{"--json"}, exitDone, `{"dangerous":false,"findings":[]}` + "\n"},
		{"no external ID", trust(""), nil, exitFailed, "danger: Statement[0]: no external ID is demanded of arn:aws:iam::123456789012:role/reader, so that whoever uses the same service can have it assume this role\n" +
			"  Demand one with {\"StringEquals\": {\"sts:ExternalId\": \"…\"}}, and let the other side send it.\n"},
		{"no external ID, as JSON", trust(""), []string{"--json"}, exitFailed, `{"dangerous":true,"findings":[{"severity":"danger","code":"no-external-id","path":"Statement[0]","problem":"no external ID is demanded of arn:aws:iam::123456789012:role/reader, so that whoever uses the same service can have it assume this role","advice":"Demand one with {\"StringEquals\": {\"sts:ExternalId\": \"…\"}}, and let the other side send it."}]}` + "\n"},
		{"one's own account", trust(""), []string{"--role-account", "123456789012"}, exitDone, "nothing to say against this trust policy\n"},
		{"an answer of aws-cli", answer("210987654321", good), nil, exitDone, "nothing to say against this trust policy\n"},
		{"an answer of aws-cli, of one's own account", answer("123456789012", trust("")), nil, exitDone, "nothing to say against this trust policy\n"},
		{"without the word around it", `{"Arn":"arn:aws:iam::210987654321:role/x","AssumeRolePolicyDocument":` + good + `}`, nil, exitDone, "nothing to say against this trust policy\n"},
		{"percent-encoded", url.PathEscape(good) + "\n", nil, exitDone, "nothing to say against this trust policy\n"},
		{"percent-encoded, as a string", strconv.Quote(url.PathEscape(good)), nil, exitDone, "nothing to say against this trust policy\n"},
		{"percent-encoded, in an answer", answer("210987654321", strconv.Quote(url.PathEscape(good))), nil, exitDone, "nothing to say against this trust policy\n"},
		{"percent-encoded, in an answer, of one's own account", answer("123456789012", strconv.Quote(url.PathEscape(trust("")))), nil, exitDone, "nothing to say against this trust policy\n"},
		{"as a string, in an answer", answer("210987654321", strconv.Quote(good)), nil, exitDone, "nothing to say against this trust policy\n"},
		{"with the mark of Windows editors", "\ufeff" + good, nil, exitDone, "nothing to say against this trust policy\n"},
		{"a warning is no danger", trust(`,"Condition":{"StringEquals":{"sts:ExternalId":"12"}}`), nil, exitDone,
			"warning: Statement[0].Condition.StringEquals: the external ID stands in the principal's own ARN: anybody knows it\n  Use a fresh one of 128 random bits, as \"sigvier role\" and NewExternalID make them.\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			file := writeFile(t, t.TempDir(), "trust.json", test.input)
			for _, r := range []result{
				shell{}.run(t, append([]string{"role", "--check", file}, test.args...)...),
				shell{stdin: input(t, test.input)}.run(t, append([]string{"role", "--check", "-"}, test.args...)...),
			} {
				if diff := gocmp.Diff(result{test.code, test.stdout, ""}, r, gocmp.AllowUnexported(result{})); diff != "" {
					t.Errorf("--check (-want +got)\n%s", diff)
				}
			}
		})
	}
	shell{}.run(t, "role", "--check", filepath.Join(t.TempDir(), "none")).want(t, exitUsage, "none")
	shell{stdin: input(t, answer("210987654321", `{"Statement":[{"Effect":"Allow","Principal":"*","Action":"AssumeRole"}]}`))}.run(t, "role", "--check", "-").
		want(t, exitUsage, `policy: Statement[0].Action: is "AssumeRole": expected an action such as "s3:GetObject", or "*"`)
	for text, want := range map[string]string{
		"": "policy: is empty", `""`: "policy: is empty", "null": "policy: is null: expected an object",
		answer("210987654321", "null"): "policy: is null: expected an object", "trust": "policy: is no JSON",
	} {
		shell{stdin: input(t, text)}.run(t, "role", "--check", "-").want(t, exitUsage, want)
	}
}

// What is made is tried out: the policies in a server, the connection by connect.
func TestRoleThatIsMadeWorks(t *testing.T) {
	for _, test := range []struct {
		path, allow string
		write       int // the exit code of an upload
	}{
		{"", "list,read,write,delete", exitDone}, {"reports/", "list,read,write,delete,versions", exitDone},
		{"reports/", "list,read", exitDenied}, {"odd*?${x} ü/", "read,write,list,delete", exitDone}, {"reports/", "list,read,write", exitDone},
	} {
		dir := t.TempDir()
		shell{}.run(t, "role", "s3://data/"+test.path, "--account-id", "123456789012", "--role-account", "210987654321", "--region", "us-east-1",
			"--allow", test.allow, "--dir", dir).want(t, exitDone)
		parse := func(name string) policy.Document {
			data, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			d, err := policy.Parse(data)
			if err != nil {
				t.Fatal(err)
			}
			return d
		}
		trust := parse(trustFile)
		s := newSite(t, func(cfg *s3test.Config) {
			cfg.Users[0].Policies = []policy.Document{parse(callerFile)}
			cfg.Roles = []s3test.Role{{ARN: "arn:aws:iam::210987654321:role/sigvier-data", Trust: &trust, Policies: []policy.Document{parse(permissionFile)}}}
			cfg.Owners = map[string]string{"data": "210987654321"}
		})
		file := filepath.Join(dir, connectionFile)
		r := s.run(t, "connect", "--connection", file)
		if r.code != exitDone || !strings.Contains(r.stdout, "external ID     ok       needed") || !strings.Contains(r.stdout, "list            ok") {
			t.Errorf("%q, %s: connect = %+v", test.path, test.allow, r)
		}
		upload := s.run(t, "put", writeFile(t, t.TempDir(), "f", "content"), "s3://data/"+test.path+"k", "--connection", file)
		if upload.code != test.write {
			t.Errorf("%q, %s: put = %+v", test.path, test.allow, upload)
		}
		if outside := s.run(t, "ls", "s3://data/other/", "--connection", file); (outside.code == exitDone) != (test.path == "") {
			t.Errorf("%q, %s: ls elsewhere = %+v", test.path, test.allow, outside)
		}
	}
}

// The permission policy allows what is asked for, on the bucket and path, and
// nothing else, in every partition.
func TestPermissionPolicyIsExact(t *testing.T) {
	actions := map[string][]string{
		"list":  {"s3:ListBucket"},
		"read":  {"s3:GetObject", "s3:GetObjectVersion"},
		"write": {"s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"},
		// What deletes for good, or shows what was deleted, only with versions.
		"delete": {"s3:DeleteObject"},
	}
	never := []string{"s3:PutObjectAcl", "s3:PutBucketPolicy", "s3:DeleteBucket", "s3:CreateBucket", "s3:ListAllMyBuckets", "s3:BypassGovernanceRetention",
		"s3:PutObjectRetention", "s3:GetBucketPolicy", "s3:PutLifecycleConfiguration", "iam:PassRole", "sts:AssumeRole", "kms:Decrypt"}
	within := func(path, key string) bool {
		return path == "" || key == path || strings.HasPrefix(key, strings.TrimSuffix(path, "/")+"/")
	}
	paths := []string{"", "reports/", "reports", "a*b?/", "${aws:username}/", "$/", "日報/", "a b/\"c\"/", strings.Repeat("x", 600) + "/"}
	keys := []string{"reports", "reports/", "reports/a", "reports2/a", "reports-old/a", "Reports/a", "report", "a*b?/k", "aXbY/k", "a*bb/k", "${aws:username}/k", "alice/k", "$/k", "${$}/k",
		"日報/k", "a b/\"c\"/k", "", "/reports/a", strings.Repeat("x", 600) + "/k", strings.Repeat("x", 599) + "/k"}
	for _, region := range []struct{ name, partition string }{{"eu-central-1", "aws"}, {"cn-north-1", "aws-cn"}, {"us-gov-west-1", "aws-us-gov"}, {"eusc-de-east-1", "aws-eusc"}} {
		for _, path := range paths {
			for _, allow := range []string{"list", "read", "write", "delete", "list,read", "list,delete,versions", "list,read,write,delete"} {
				r := shell{}.run(t, "role", "s3://example/"+path, "--account-id", "123456789012", "--region", region.name, "--allow", allow, "--json")
				r.want(t, exitDone)
				var out madeRole
				if err := json.Unmarshal([]byte(r.stdout), &out); err != nil {
					t.Fatal(err)
				}
				may := func(action, resource string, prefix ...string) bool {
					decision, _ := out.PermissionPolicy.Decide(policy.Request{Principal: "arn:" + region.partition + ":sts::210987654321:assumed-role/x/y",
						Action: action, Resource: "arn:" + region.partition + ":s3:::" + resource, Context: map[string][]string{"s3:prefix": prefix}})
					return decision == policy.Allowed
				}
				fails := func(action, where string) {
					t.Errorf("%s %q, --allow %s: %s on %s is decided wrongly by %s", region.name, path, allow, action, where, out.PermissionPolicy.JSON())
				}
				for word, named := range actions {
					asked := slices.Contains(strings.Split(allow, ","), word)
					for _, action := range named {
						for _, key := range keys {
							switch {
							case word == "list":
								if want := asked && (path == "" || strings.HasPrefix(key, strings.TrimSuffix(path, "/")+"/")); may(action, "example", key) != want {
									fails(action, "the prefix "+key)
								}
								if may(action, "example2", key) {
									fails(action, "another bucket")
								}
							case key != "":
								if want := asked && within(path, key); may(action, "example/"+key) != want {
									fails(action, key)
								}
								if may(action, "example2/"+key) || may(action, "other/"+key) {
									fails(action, "another bucket")
								}
							}
						}
					}
				}
				versions, folder := strings.Contains(allow, "versions"), strings.TrimPrefix(strings.TrimSuffix(path, "/")+"/", "/")
				if may("s3:DeleteObjectVersion", "example/"+folder+"k") != versions || may("s3:ListBucketVersions", "example", folder) != versions {
					fails("versions", path)
				}
				if !may("s3:GetBucketLocation", "example") || may("s3:GetBucketLocation", "other") || allow != "list" && path != "" && may("s3:ListBucket", "example") {
					fails("s3:GetBucketLocation", "the bucket")
				}
				for _, action := range never {
					if may(action, "example") || may(action, "example/"+folder+"k") || may(action, "*") {
						fails(action, "anything")
					}
				}
			}
		}
	}
}

// A trust policy that looks safe: ForAllValues holds where there is no external ID.
func Example_roleCheck() {
	r, w, err := os.Pipe()
	if err != nil {
		panic(err)
	}
	io.WriteString(w, `{"Version": "2012-10-17", "Statement": [{
		"Effect": "Allow",
		"Principal": {"AWS": "arn:aws:iam::123456789012:role/reader"},
		"Action": "sts:AssumeRole",
		"Condition": {"ForAllValues:StringEquals": {"sts:ExternalId": "0f1e2d3c4b5a69788796a5b4c3d2e1f0"}}
	}]}`)
	w.Close()
	a := &app{stdin: r, stdout: os.Stdout, stderr: os.Stderr, getenv: os.Getenv}
	fmt.Println(a.run(context.Background(), []string{"role", "--check", "-"}))

	// Output:
	// danger: Statement[0].Condition: a condition names the external ID and lets requests with another one, or without one, in: ForAllValues holds where the key is absent
	//   Demand one with {"StringEquals": {"sts:ExternalId": "…"}}, and let the other side send it.
	// 1
}
