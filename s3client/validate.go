package s3client

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/sigvier/sigvier/sts"
)

// ErrInvalidConnection is the error of a connection that is not filled in well,
// for errors.Is; errors.As finds the fields in a [*ConnectionError].
var ErrInvalidConnection = errors.New("the connection is not filled in well")

// ConnectionError lists every field that is wrong. An access key that could sign
// nothing makes it a [sigv4.ErrCredentials] too, a reference to what is not there
// an [fs.ErrNotExist].
type ConnectionError struct {
	Fields []FieldError

	cause error
}

// FieldError is one field of the form, by its JSON name, and what is wrong with it.
type FieldError struct {
	Field   string // "restrict_to_bucket"
	Problem string // what is wrong, and what is expected
	Advice  string // what to do, where that is not plain; may be empty
}

// Label is the field's name as the form shows it: "Restrict to bucket".
func (f FieldError) Label() string {
	words := strings.Split(f.Field, "_")
	for i, word := range words {
		switch word {
		case "id", "iam", "arn", "sts", "fips":
			words[i] = strings.ToUpper(word)
		}
	}
	label := strings.Join(words, " ")
	return strings.ToUpper(label[:min(1, len(label))]) + label[min(1, len(label)):]
}

func (f FieldError) String() string {
	if f.Advice == "" {
		return f.Field + " " + f.Problem
	}
	return f.Field + " " + f.Problem + " (" + f.Advice + ")"
}

func (e *ConnectionError) Error() string {
	var b strings.Builder
	b.WriteString("s3client: " + ErrInvalidConnection.Error())
	for _, f := range e.Fields {
		b.WriteString("; " + f.String())
	}
	return b.String()
}

// Is matches [ErrInvalidConnection].
func (e *ConnectionError) Is(target error) bool { return target == ErrInvalidConnection }

// Unwrap gives what is wrong with the access key or a reference, if anything is.
func (e *ConnectionError) Unwrap() error { return e.cause }

func (e *ConnectionError) add(field, problem string) { e.advise(field, problem, "") }

func (e *ConnectionError) addIf(wrong bool, field, problem string) {
	e.adviseIf(wrong, field, problem, "")
}

func (e *ConnectionError) advise(field, problem, advice string) {
	e.Fields = append(e.Fields, FieldError{field, problem, advice})
}

func (e *ConnectionError) adviseIf(wrong bool, field, problem, advice string) {
	if wrong {
		e.advise(field, problem, advice)
	}
}

func (e *ConnectionError) addErr(field string, err error) {
	if input := (*sts.InputError)(nil); errors.As(err, &input) {
		e.add(field, input.Problem)
	} else if err != nil {
		e.add(field, err.Error())
	}
}

// Validate reports all that is wrong with the connection at once, as a
// [*ConnectionError]. It looks at nothing but the form: whether references lead to
// secrets is [Connection.Open]'s to find out, what the service says to all this
// the first operation's.
func (c Connection) Validate() error {
	e := new(ConnectionError)
	c.validateName(e)
	c.validateAuthorization(e)
	c.validateRestrictions(e)
	c.validateRegion(e)
	e.addIf(c.DownloadThreads < 0 || c.DownloadThreads > 256, "download_threads",
		"is "+strconv.Itoa(c.DownloadThreads)+": 1 to 256 is expected")
	c.validateEndpoints(e)
	if len(e.Fields) > 0 {
		return e
	}
	return nil
}

// maxName keeps a label a label.
const maxName = 256

func (c Connection) validateName(e *ConnectionError) {
	n := utf8.RuneCountInString(c.Name)
	e.addIf(n > maxName, "connection_name", fmt.Sprintf("has %d characters: %d at most are expected", n, maxName))
	e.addIf(!utf8.ValidString(c.Name) || strings.ContainsFunc(c.Name, unicode.IsControl), "connection_name",
		"has a line end, a control character or bytes that are not UTF-8: one line of text is expected")
}

func (c Connection) validateAuthorization(e *ConnectionError) {
	hasID, hasSecret := c.AccessKeyID != "", !c.SecretAccessKey.IsZero()
	if hasID && hasSecret {
		c.validateKey(e)
	}
	c.validateNotRedacted(e)
	e.addIf(!c.SessionToken.IsZero() && !hasID, "session_token", "belongs to an access_key_id, and there is none")
	switch c.AuthorizationType {
	case AccessKey:
		e.addIf(!hasID, "access_key_id", "is empty")
		e.addIf(!hasSecret, "secret_access_key", "is empty")
		c.validateNoRole(e)
	case IAMRole:
		c.validateRole(e)
		e.addIf(hasID && !hasSecret, "secret_access_key", "is empty, but there is an access_key_id")
		e.addIf(!hasID && hasSecret, "access_key_id", "is empty, but there is a secret_access_key")
	default:
		e.add("authorization_type", "is "+strconv.Quote(string(c.AuthorizationType))+": access_key or iam_role is expected")
	}
}

func (c Connection) validateNotRedacted(e *ConnectionError) {
	const inItsPlace = "is the word that is shown in its place: put in the secret itself"
	e.addIf(c.SecretAccessKey.Reveal() == redacted, "secret_access_key", inItsPlace)
	e.addIf(c.SessionToken.Reveal() == redacted, "session_token", inItsPlace)
}

// validateNoRole finds what is for a role, where there is to be none: whoever
// filled it in believes something else of this connection.
func (c Connection) validateNoRole(e *ConnectionError) {
	for _, f := range [...]struct {
		name   string
		filled bool
	}{
		{"iam_role_arn", c.IAMRoleARN != ""}, {"external_id", c.ExternalID != ""}, {"session_name", c.SessionName != ""},
		{"duration_seconds", c.DurationSeconds != 0}, {"no_session_policy", c.NoSessionPolicy},
	} {
		e.adviseIf(f.filled, f.name, "is for authorization_type iam_role, but that is access_key", "leave it empty, or choose iam_role")
	}
}

func (c Connection) validateRole(e *ConnectionError) {
	if err := sts.CheckRoleARN(c.IAMRoleARN); err != nil {
		e.addErr("iam_role_arn", err)
	} else if c.stsEndpoint() == "" {
		c.validateRoleOfAWS(e)
	}
	if c.ExternalID != "" {
		e.addErr("external_id", sts.CheckExternalID(c.ExternalID))
	}
	if c.SessionName != "" {
		e.addErr("session_name", sts.CheckSessionName(c.SessionName))
	}
	e.addIf(c.DurationSeconds != 0 && (c.DurationSeconds < 900 || c.DurationSeconds > 43200),
		"duration_seconds", "is "+strconv.Itoa(c.DurationSeconds)+": 900 to 43200 is expected")
}

// validateRoleOfAWS checks of a role's ARN what only AWS has: twelve digits for
// the account, and a partition that is the region's, for no role reaches beyond it
// (IAM User Guide, "IAM identifiers", ARN format).
func (c Connection) validateRoleOfAWS(e *ConnectionError) {
	parts := strings.SplitN(c.IAMRoleARN, ":", 6)
	e.addIf(!accountID.MatchString(parts[4]), "iam_role_arn", strconv.Quote(c.IAMRoleARN)+" names no account: twelve digits are expected, arn:aws:iam::ACCOUNT:role/NAME")
	// A region without a number at its end may be anything.
	want, _ := partitionOf(c.region())
	e.adviseIf(numberedRegion.MatchString(c.region()) && parts[1] != want, "iam_role_arn",
		fmt.Sprintf("is of the partition %s, and region %s is in %s: expecting arn:%s:iam::ACCOUNT:role/NAME", parts[1], c.region(), want, want),
		"take a role of the account that has this region, or the region where the role is")
}

var (
	accountID      = regexp.MustCompile(`^[0-9]{12}$`)
	numberedRegion = regexp.MustCompile(`^[a-z]+(-[a-z]+)+-[0-9]+$`)
)

func (c Connection) validateRestrictions(e *ConnectionError) {
	if bucket := c.RestrictToBucket; bucket != "" {
		if err := CheckBucketName(bucket); err != nil {
			e.advise("restrict_to_bucket", err.Error(), adviceOnBucket(bucket))
		}
		e.adviseIf(c.Accelerate && strings.Contains(bucket, "."), "accelerate", "goes with no bucket that has a dot in its name, as restrict_to_bucket has",
			"leave accelerate out") // Amazon S3 User Guide, "Configuring fast, secure file transfers using Amazon S3 Transfer Acceleration"
	}
	c.validatePath(e)
	e.addIf(c.Permissions&^mayAll != 0, "permissions", "has one that is not known: list, read, write and delete are expected")
	e.adviseIf(c.BucketOwner != "" && !accountID.MatchString(c.BucketOwner), "bucket_owner",
		strconv.Quote(c.BucketOwner)+" is no account ID: twelve digits are expected", "leave the hyphens out that the console shows")
	// Only a path can make it that long.
	size := utf8.RuneCountInString(c.SessionPolicy())
	e.adviseIf(size > maxSessionPolicy, "restrict_to_path", fmt.Sprintf("makes the role's session policy %d characters long, and STS takes %d", size, maxSessionPolicy),
		"restrict to a shorter path, such as a folder above it, or set no_session_policy, so that only this client keeps to the path")
}

func adviceOnBucket(bucket string) string {
	switch {
	case strings.HasPrefix(bucket, "arn:"), strings.Contains(bucket, "://"):
		return "give the bucket's name alone, without what stands before it"
	case strings.Contains(bucket, "/"):
		return "give the bucket's name alone; what stands behind the slash belongs into restrict_to_path"
	}
	return ""
}

func (c Connection) validatePath(e *ConnectionError) {
	const field = "restrict_to_path"
	path := c.RestrictToPath
	if path == "" {
		return
	}
	e.addIf(c.RestrictToBucket == "", field, "needs restrict_to_bucket beside it")
	e.addIf(hasDotSegment(path), field, "has a . or .. segment")
	e.addIf(len(path) > maxKey, field, fmt.Sprintf("has %d bytes, and keys have %d at most", len(path), maxKey))
	e.addIf(!utf8.ValidString(path) || strings.ContainsFunc(path, unicode.IsControl), field,
		"has a line end, a control character or bytes that are not UTF-8: a key, or a folder such as reports/, is expected")
	e.adviseIf(strings.HasPrefix(path, "/"), field, "begins with a slash, and S3's keys do not", "leave that slash out")
	e.adviseIf(strings.Contains(path, "://"), field, "is a URL: what stands behind the bucket's name is expected", "give the folder or key alone, such as reports/")
	e.adviseIf(strings.HasSuffix(path, "*"), field, "ends in *, which is a character like any other", "for a folder, end in the slash before it")
}

func (c Connection) validateRegion(e *ConnectionError) {
	const field = "region"
	switch region := c.region(); {
	case region == "":
		e.advise(field, "is empty: the bucket's region, such as us-east-1, is expected", "the console shows it among the bucket's properties")
	case !isRegion(region):
		e.advise(field, "is malformed: lower-case letters, digits and hyphens are expected, as in us-east-1", "give the region's code, not its name")
	case zone.MatchString(region):
		e.add(field, "is an Availability Zone: its region is expected, "+region[:len(region)-1])
	case strings.HasPrefix(region, "fips-"), strings.HasSuffix(region, "-fips"):
		e.advise(field, "is the name of an endpoint: "+strings.TrimSuffix(strings.TrimPrefix(region, "fips-"), "-fips")+" is expected", "and fips to be set")
	case region == "aws-global" && c.Endpoint == "":
		e.add(field, "is no region of a bucket's: us-east-1 is expected, or where the bucket is")
	}
}

var zone = regexp.MustCompile(`^[a-z]+(-[a-z]+)+-[0-9]+[a-z]$`)

func (c Connection) validateEndpoints(e *ConnectionError) {
	for _, f := range [...]struct{ name, value string }{{"endpoint", c.Endpoint}, {"sts_endpoint", c.STSEndpoint}} {
		e.addIf(f.value != "" && !isEndpoint(f.value), f.name, "is no URL of the form https://HOST[:PORT]")
	}
	if c.Endpoint != "" {
		c.validateEndpointHost(e)
		const ours = "chooses among AWS's endpoints and cannot go with an endpoint of your own"
		e.addIf(c.DualStack, "dualstack", ours)
		e.addIf(c.FIPS, "fips", ours)
		e.addIf(c.Accelerate, "accelerate", ours)
	}
	e.addIf(c.Accelerate && c.PathStyle, "accelerate", "needs the bucket in the host name and cannot go with path_style")
	e.addIf(c.Accelerate && c.FIPS, "accelerate", "has no FIPS endpoint")
	partition, _ := partitionOf(c.region())
	e.addIf(c.Accelerate && partition != "aws", "accelerate", "has no endpoint in the partition "+partition)
	e.addIf(c.FIPS && partition == "aws-cn", "fips", "has no endpoint in the partition "+partition)
}

// isEndpoint says whether it is a URL that leads to a service, and nothing more:
// what is wrong is not repeated, for it may hold a password.
func isEndpoint(s string) bool {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" ||
		u.User != nil || u.RawQuery != "" || u.ForceQuery || strings.Contains(s, "#") || hasDotSegment(u.Path) {
		return false
	}
	port, err := strconv.ParseUint(u.Port(), 10, 16)
	return u.Port() == "" && !strings.HasSuffix(u.Host, ":") || err == nil && port > 0
}

// validateEndpointHost finds a bucket in the endpoint, before which the client
// would put the bucket again.
func (c Connection) validateEndpointHost(e *ConnectionError) {
	u, err := url.Parse(c.Endpoint)
	if err != nil {
		return
	}
	_, _, named := strings.Cut(u.Hostname(), ".s3.")
	named = named && isAWSHost(u.Hostname()) && !strings.Contains(u.Hostname(), vpcEndpoint)
	e.adviseIf(named || c.RestrictToBucket != "" && strings.HasPrefix(u.Hostname(), c.RestrictToBucket+".s3"), "endpoint",
		"has the bucket in its host name: that of the service is expected", "leave the bucket out, and on AWS the whole endpoint, where region says it all")
}

// vpcEndpoint is in the names of interface endpoints, which begin with their ID
// (Amazon S3 User Guide, "AWS PrivateLink for Amazon S3").
const vpcEndpoint = ".vpce."

var (
	regionPattern = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	bucketPattern = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)
	ipPattern     = regexp.MustCompile(`^\d+\.\d+\.\d+\.\d+$`)
)

func isRegion(s string) bool { return len(s) <= 63 && regionPattern.MatchString(s) }

// reserved begins or ends what is no name of a general purpose bucket.
var reserved = [...]struct{ prefix, suffix, use string }{
	{prefix: "xn--", use: "internationalized host names"},
	{prefix: "sthree-", use: "S3's own buckets"},
	{prefix: "amzn-s3-demo-", use: "the examples in AWS's documents"},
	{suffix: "-s3alias", use: "aliases of access points"},
	{suffix: "--ol-s3", use: "aliases of Object Lambda access points"},
	{suffix: ".mrap", use: "multi-Region access points"},
	{suffix: "--x-s3", use: "directory buckets, which this client does not know"},
	{suffix: "--table-s3", use: "table buckets"},
}

// CheckBucketName says what is wrong with a name for a general purpose bucket
// (Amazon S3 User Guide, "General purpose bucket naming rules").
func CheckBucketName(name string) error {
	bad := func(problem string) error { return errors.New(strconv.Quote(name) + problem) }
	switch {
	case len(name) < 3 || len(name) > 63:
		return bad(" has " + strconv.Itoa(len(name)) + " characters: 3 to 63 are expected")
	case !bucketPattern.MatchString(name):
		return bad(": only lower-case letters, digits, dots and hyphens are expected, and a letter or digit at both ends")
	case strings.Contains(name, ".."):
		return bad(" has two dots side by side")
	case ipPattern.MatchString(name):
		return bad(" looks like an IP address")
	}
	for _, r := range reserved {
		switch {
		case r.prefix != "" && strings.HasPrefix(name, r.prefix):
			return bad(" begins with " + r.prefix + ", which S3 keeps for " + r.use)
		case r.suffix != "" && strings.HasSuffix(name, r.suffix):
			return bad(" ends in " + r.suffix + ", which S3 keeps for " + r.use)
		}
	}
	return nil
}
