package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/sigvier/sigvier/s3client"
	"github.com/sigvier/sigvier/sts"
	"github.com/sigvier/sigvier/sts/policy"
)

// madeRole is all that belongs to a new role, and what "sigvier role --json" prints.
type madeRole struct {
	Name             string              `json:"role_name"`
	ARN              string              `json:"role_arn"`
	ExternalID       string              `json:"external_id"`
	TrustPolicy      policy.Document     `json:"trust_policy"`
	PermissionPolicy policy.Document     `json:"permission_policy"`
	CallerPolicy     policy.Document     `json:"caller_policy"` // of whoever assumes the role
	Tags             []roleTag           `json:"tags,omitempty"`
	Connection       s3client.Connection `json:"connection"`
	Console          []string            `json:"console"`
	CLI              []string            `json:"aws_cli"`
	Dir              string              `json:"dir,omitempty"` // where the files were written
	Files            []string            `json:"files,omitempty"`
}

// roleTag is one of the role's, as aws-cli reads it.
type roleTag struct {
	Key   string
	Value string
}

// roleFlags are what a role is made from.
type roleFlags struct {
	account, roleAccount   string
	trusted                []string
	allow, name, region    string
	externalID, connection string
	tags                   []string
	maxSession             int
	sessionTags, sourceID  bool
	dir, check             string
	force                  bool
}

func (f *roleFlags) register(a *app, fs *flag.FlagSet) {
	fs.StringVar(&f.account, "account-id", "", "the `ID` of the AWS account that is to assume the role, as in the console's \"Another AWS account\"")
	fs.Func("trust", "trust this `ARN` of a role or user only, in place of a whole account (repeatable)", func(s string) error {
		f.trusted = append(f.trusted, s)
		return nil
	})
	fs.StringVar(&f.roleAccount, "role-account", "", "the `ID` of the account that the role and the bucket are in; with --check, principals of it need no external ID")
	fs.StringVar(&f.allow, "allow", "list,read", "`WHAT` the role, and the connection, may do: list, read, write, delete, and versions, which adds the earlier versions to list and delete")
	fs.StringVar(&f.name, "name", "", "the role's `NAME` (default sigvier-BUCKET)")
	fs.StringVar(&f.externalID, "external-id", "", "the external `ID` to demand; without, a fresh one of 128 random bits")
	fs.StringVar(&f.region, "region", "", "the bucket's `REGION` (default AWS_REGION or AWS_DEFAULT_REGION)")
	fs.StringVar(&f.connection, "connection-name", "", "the connection's `NAME` (default the role's)")
	fs.Func("tag", "a tag of the role, `KEY=VALUE` (repeatable)", func(s string) error {
		f.tags = append(f.tags, s)
		return nil
	})
	fs.IntVar(&f.maxSession, "max-session", 3600, "`SECONDS` that a session of the role may last, 3600 to 43200")
	fs.BoolVar(&f.sessionTags, "session-tags", false, "let sessions have tags")
	fs.BoolVar(&f.sourceID, "source-identity", false, "let sessions have a source identity")
	fs.StringVar(&f.dir, "dir", "", "write the files into `DIR` instead of printing them")
	fs.BoolVar(&f.force, "force", false, "replace files that are there")
	fs.StringVar(&f.check, "check", "", "judge the trust policy in `FILE` instead, or what \"aws iam get-role\" prints; - is the standard input.\nExit code 1 if it is dangerous")
	fs.BoolVar(&a.json, "json", false, "print one JSON object")
}

// role writes what is otherwise clicked together in the console's "Create role".
func (a *app) role(ctx context.Context, fs *flag.FlagSet, args []string) error {
	var f roleFlags
	f.register(a, fs)
	args, err := parse(fs, args, 0, 1)
	switch {
	case err != nil:
		return err
	case f.roleAccount != "" && !accountID.MatchString(f.roleAccount):
		return usageError(fmt.Sprintf("--role-account %s: the twelve digits of an AWS account are expected", f.roleAccount))
	case f.check != "" && len(args) > 0:
		return usageError(fmt.Sprintf("%q is one argument too many: --check makes no role", args[0]))
	case f.check != "":
		return a.checkRole(ctx, f)
	case len(args) == 0:
		return usageError("an argument is missing: see sigvier role -h")
	}
	at, err := parseLocation(args[0])
	if err != nil {
		return err
	}
	r, err := a.newRole(f, at)
	if err != nil {
		return err
	}
	for _, finding := range policy.CheckTrust(r.TrustPolicy, f.roleAccount) {
		switch finding.Severity {
		case policy.Danger:
			return usageError(finding.Problem + ": " + finding.Advice)
		case policy.Warning:
			fmt.Fprintf(a.stderr, "sigvier: warning: %s. %s\n", finding.Problem, finding.Advice)
		}
	}
	if f.dir == "" {
		return a.result(r, r.text())
	}
	files, err := r.files()
	if err != nil {
		return err
	}
	if err := writeFiles(f.dir, files, f.force); err != nil {
		return err
	}
	r.Dir = f.dir
	for _, file := range files {
		r.Files = append(r.Files, file.name)
	}
	return a.result(r, fmt.Sprintf("%s: %s\nGo on with %s.", printable(f.dir), strings.Join(r.Files, ", "), stepsFile))
}

var (
	accountID = regexp.MustCompile(`^[0-9]{12}$`)
	// IAM API Reference, "CreateRole", RoleName.
	roleName = regexp.MustCompile(`^[A-Za-z0-9_+=,.@-]{1,64}$`)
	// IAM API Reference, "Tag".
	tagText = regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$`)
)

// newRole makes a role from the flags, or says which of them cannot be meant.
func (a *app) newRole(f roleFlags, at location) (madeRole, error) {
	f.region = cmp.Or(f.region, a.getenv("AWS_REGION"), a.getenv("AWS_DEFAULT_REGION"))
	switch {
	case at.bucket == "":
		return madeRole{}, usageError("a bucket is expected, such as s3://bucket/folder/")
	case f.account == "" && len(f.trusted) == 0:
		return madeRole{}, usageError("--account-id is missing: the AWS account that is to assume the role, or with --trust the role or user")
	case f.account != "" && len(f.trusted) > 0:
		return madeRole{}, usageError("--account-id and --trust: one of the two is expected")
	case f.account != "" && !accountID.MatchString(f.account):
		return madeRole{}, usageError(fmt.Sprintf("--account-id %s: the twelve digits of an AWS account are expected", f.account))
	case f.region == "":
		return madeRole{}, usageError("--region is missing: the bucket's, such as eu-central-1")
	case f.maxSession < 3600 || f.maxSession > 43200:
		return madeRole{}, usageError(fmt.Sprintf("--max-session %d: 3600 (one hour) to 43200 (twelve hours) is expected", f.maxSession))
	}
	name := cmp.Or(f.name, "sigvier-"+at.bucket)
	if f.name == "" && len(name) > 64 {
		name = name[:64]
	}
	if !roleName.MatchString(name) {
		return madeRole{}, usageError(fmt.Sprintf("--name %q: 1 to 64 letters, digits and _+=,.@- are expected", name))
	}
	r := madeRole{Name: name, ExternalID: f.externalID}
	partition := s3client.Connection{Region: f.region}.Partition()
	r.ARN = fmt.Sprintf("arn:%s:iam::%s:role/%s", partition, cmp.Or(f.roleAccount, unknownAccount), name)
	var err error
	if r.Tags, err = parseTags(f.tags); err != nil {
		return madeRole{}, err
	}
	if r.ExternalID == "" {
		if r.ExternalID, err = policy.NewExternalID(nil); err != nil {
			return madeRole{}, err
		}
	} else if err := sts.CheckExternalID(r.ExternalID); err != nil {
		return madeRole{}, usageError("--external-id: " + err.Error())
	}
	trust := policy.Trust{Partition: partition, AccountID: f.account, RoleARNs: f.trusted, ExternalID: r.ExternalID,
		TagSession: f.sessionTags, SourceIdentity: f.sourceID}
	r.TrustPolicy = trust.Document()
	if err := checkTrustPolicy(r.TrustPolicy, partition); err != nil {
		return madeRole{}, err
	}
	permissions, versions, err := parseAllow(f.allow)
	if err != nil {
		return madeRole{}, err
	}
	if r.Connection, err = r.connection(f, at, permissions); err != nil {
		return madeRole{}, err
	}
	access := r.Connection.Access()
	access.Versions = versions
	r.PermissionPolicy = access.Document()
	// In another account, the role's trust is not enough: IAM User Guide,
	// "Cross-account policy evaluation logic".
	caller := policy.Missing(policy.Request{Action: "sts:AssumeRole", Resource: r.ARN})
	for _, s := range r.TrustPolicy.Statements[1:] {
		caller.Action = append(caller.Action, s.Action...)
	}
	r.CallerPolicy = policy.Document{Version: policy.Version, Statements: []policy.Statement{caller}}
	r.Console, r.CLI = r.consoleSteps(f), r.cliSteps(f)
	return r, nil
}

// maxTrustPolicy is the most characters of a role's trust policy, not counting
// white space (IAM User Guide, "IAM and AWS STS quotas"; an account may have it
// doubled).
const maxTrustPolicy = 2048

func checkTrustPolicy(d policy.Document, partition string) error {
	if err := d.ValidateFor(policy.OfRole); err != nil {
		return usageError("--trust: " + err.Error())
	}
	for _, principal := range d.Statements[0].Principal.AWS {
		if p := strings.Split(principal, ":"); len(p) > 1 && p[1] != partition {
			return usageError(fmt.Sprintf("--trust %s: the region is in the partition %s, and no role trusts another's", principal, partition))
		}
	}
	if n := len(d.JSON()); n > maxTrustPolicy {
		return usageError(fmt.Sprintf("--trust: the trust policy has %d characters, and IAM takes %d: trust fewer, or a whole account with --account-id", n, maxTrustPolicy))
	}
	return nil
}

// connection is the filled-in form, checked as far as it can be.
func (r madeRole) connection(f roleFlags, at location, permissions s3client.Permissions) (s3client.Connection, error) {
	c := s3client.Connection{
		Name:              cmp.Or(f.connection, r.Name),
		AuthorizationType: s3client.IAMRole,
		IAMRoleARN:        r.ARN,
		ExternalID:        r.ExternalID,
		RestrictToBucket:  at.bucket,
		RestrictToPath:    at.key,
		Permissions:       permissions,
		BucketOwner:       f.roleAccount,
		Region:            f.region,
		DownloadThreads:   1,
	}
	if f.maxSession > 3600 {
		c.DurationSeconds = f.maxSession
	}
	known := c
	known.IAMRoleARN = strings.Replace(r.ARN, unknownAccount, "123456789012", 1)
	return c, known.Validate()
}

// parseAllow reads the permissions, and whether they are for versions, too.
func parseAllow(s string) (p s3client.Permissions, versions bool, err error) {
	words := strings.Split(s, ",")
	for i := range words {
		words[i] = strings.TrimSpace(words[i])
	}
	n := len(words)
	words = slices.DeleteFunc(words, func(word string) bool { return word == "versions" })
	versions = len(words) < n
	p, err = s3client.ParsePermissions(strings.Join(words, ","))
	switch {
	case versions && (len(words) == 0 || err == nil && p&(s3client.MayList|s3client.MayDelete) == 0):
		err = usageError(fmt.Sprintf("--allow %q: versions adds to list or delete, and neither is there", s))
	case err != nil:
		err = usageError(fmt.Sprintf("--allow %q: list, read, write, delete and versions are expected, with commas between them", s))
	}
	return p, versions, err
}

// parseTags reads tags. IAM User Guide, "Tags for AWS Identity and Access
// Management resources", Rules for tagging: no two keys differ by case alone.
func parseTags(all []string) (tags []roleTag, err error) {
	for _, s := range all {
		key, value, ok := strings.Cut(s, "=")
		switch {
		case !ok || key == "" || len([]rune(key)) > 128 || len([]rune(value)) > 256 || !tagText.MatchString(key) || !tagText.MatchString(value):
			return nil, usageError(fmt.Sprintf("--tag %q: KEY=VALUE is expected, of letters, digits, spaces and _.:/=+-@, at most 128 and 256 of them", s))
		case strings.HasPrefix(strings.ToLower(key), "aws:"):
			return nil, usageError(fmt.Sprintf("--tag %q: keys that begin with aws: are AWS's own", s))
		case slices.ContainsFunc(tags, func(t roleTag) bool { return strings.EqualFold(t.Key, key) }):
			return nil, usageError(fmt.Sprintf("--tag %q: the key stands twice", s))
		case len(tags) == 50:
			return nil, usageError("--tag: a role has at most 50")
		}
		tags = append(tags, roleTag{key, value})
	}
	return tags, nil
}
