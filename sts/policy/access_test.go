package policy_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sigvier/sigvier/sts/policy"
)

var update = flag.Bool("update", false, "write the golden files")

func golden(t *testing.T, name, got string) {
	t.Helper()
	name = filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got)\n%s", name, diff)
	}
}

func TestAccessAsGenerated(t *testing.T) {
	for name, a := range map[string]policy.Access{
		"bucket":   {Bucket: "example", List: true, Read: true, Write: true, Delete: true},
		"folder":   {Bucket: "example", Path: "reports/", List: true, Read: true},
		"key":      {Partition: "aws-cn", Bucket: "example", Path: "a/b.txt", Read: true, Write: true},
		"versions": {Bucket: "example", List: true, Read: true, Write: true, Delete: true, Versions: true},
		"odd":      {Partition: "aws-us-gov", Bucket: "example", Path: "50% *?/${aws:username}/", List: true, Delete: true},
		"wide":     {Bucket: "example", Path: "éÿĀ/日本/😀 <&>/", List: true},
		"nothing":  {Bucket: "example"},
	} {
		d := a.Document()
		if err := d.ValidateFor(policy.OfIdentity); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(d, mustParse(t, d.String())); diff != "" {
			t.Errorf("%s read again (-want +got)\n%s", name, diff)
		}
		golden(t, "access/"+name+".json", d.String()+"\n")
	}
}

// Exactly what the access says is allowed: each action on each place, tried.
func TestAccessAllowsExactlyThat(t *testing.T) {
	actions := map[string]func(policy.Access) bool{
		"s3:GetBucketLocation":          func(policy.Access) bool { return true },
		"s3:ListBucket":                 func(a policy.Access) bool { return a.List },
		"s3:ListBucketVersions":         func(a policy.Access) bool { return a.List && a.Versions },
		"s3:ListBucketMultipartUploads": func(policy.Access) bool { return false },
		"s3:GetBucketPolicy":            func(policy.Access) bool { return false },
		"s3:PutBucketPolicy":            func(policy.Access) bool { return false },
		"s3:DeleteBucket":               func(policy.Access) bool { return false },
		"s3:GetObject":                  func(a policy.Access) bool { return a.Read },
		"s3:GetObjectVersion":           func(a policy.Access) bool { return a.Read },
		"s3:GetObjectAcl":               func(policy.Access) bool { return false },
		"s3:PutObject":                  func(a policy.Access) bool { return a.Write },
		"s3:PutObjectAcl":               func(policy.Access) bool { return false },
		"s3:AbortMultipartUpload":       func(a policy.Access) bool { return a.Write },
		"s3:ListMultipartUploadParts":   func(a policy.Access) bool { return a.Write },
		"s3:DeleteObject":               func(a policy.Access) bool { return a.Delete },
		"s3:DeleteObjectVersion":        func(a policy.Access) bool { return a.Delete && a.Versions },
		"s3:BypassGovernanceRetention":  func(policy.Access) bool { return false },
		"sts:AssumeRole":                func(policy.Access) bool { return false },
	}
	keys := []string{"x", "reports", "reports/", "reports/x", "reports/a/b", "reports2/x", "Reports/x", "reports.bak", "a*b/x", "axb/x", "${aws:username}/x"}
	prefixes := append([]string{"-", "", "r", "report"}, keys...)
	within := map[string]func(string) bool{
		"":                  func(string) bool { return true },
		"reports/":          func(k string) bool { return strings.HasPrefix(k, "reports/") },
		"reports":           func(k string) bool { return k == "reports" || strings.HasPrefix(k, "reports/") },
		"a*b/":              func(k string) bool { return strings.HasPrefix(k, "a*b/") },
		"${aws:username}/x": func(k string) bool { return k == "${aws:username}/x" },
	}
	tried := 0
	for path, inPath := range within {
		for bits := range 32 {
			a := policy.Access{Bucket: "b", Path: path, List: bits&1 > 0, Read: bits&2 > 0, Write: bits&4 > 0, Delete: bits&8 > 0, Versions: bits&16 > 0}
			d := a.Document()
			check := func(action, resource, prefix string, want bool) {
				tried++
				r := policy.Request{Principal: user, Action: action, Resource: resource, Context: map[string][]string{}}
				if prefix != "-" {
					r.Context["s3:prefix"] = []string{prefix}
				}
				if got, _ := d.Decide(r); (got == policy.Allowed) != want {
					t.Errorf("%+v: %s on %s, prefix %q: %v", a, action, resource, prefix, got)
				}
			}
			for action, allowed := range actions {
				bucketAction := strings.Contains(action, "Bucket")
				for _, key := range keys {
					check(action, "arn:aws:s3:::b/"+key, "-", !bucketAction && allowed(a) && inPath(key))
					check(action, "arn:aws:s3:::b2/"+key, "-", false)
				}
				for _, prefix := range prefixes {
					// The one key of a path is no prefix of it alone.
					inFolder := path == "" || prefix != "-" && inPath(prefix) && prefix != path || prefix == path && strings.HasSuffix(path, "/")
					check(action, "arn:aws:s3:::b", prefix, bucketAction && allowed(a) && (!strings.Contains(action, "List") || inFolder))
					check(action, "arn:aws:s3:::b2", prefix, false)
				}
			}
		}
	}
	if tried < 100_000 {
		t.Errorf("tried %d requests only", tried)
	}
}

func TestAccessNamesTheMissingStatement(t *testing.T) {
	a := policy.Access{Bucket: "example", Path: "reports/", List: true, Read: true}
	s, ok := a.Missing("s3:getobject")
	if want := `{
    "Sid": "Read",
    "Effect": "Allow",
    "Action": "s3:GetObject",
    "Resource": "arn:aws:s3:::example/reports/*"
}`; !ok || s.String() != want {
		t.Errorf("Missing = %v\n%s\nwant\n%s", ok, s, want)
	}
	s, ok = a.Missing("s3:ListBucket")
	if diff := cmp.Diff(policy.Conditions{"StringLike": {"s3:prefix": {"reports/*"}}}, s.Condition); diff != "" || !ok {
		t.Errorf("Missing (-want +got)\n%s", diff)
	}
	if s, ok := a.Missing("s3:PutObject"); ok {
		t.Errorf("the access has no s3:PutObject, and %s is said to be missing", s)
	}
}
