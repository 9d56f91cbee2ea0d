package s3client

import (
	"errors"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sts"
)

// ErrInvalidConnection is the error of a connection that is not filled in well,
// for errors.Is; errors.As finds the fields in a [*ConnectionError].
var ErrInvalidConnection = errors.New("the connection is not filled in well")

// ConnectionError lists every field that is wrong. An access key that could sign
// nothing makes it a [sigv4.ErrCredentials] too.
type ConnectionError struct {
	Fields []FieldError

	credentials error
}

// FieldError is one field of the form, by its JSON name, and what is wrong with it.
type FieldError struct{ Field, Problem string }

func (e *ConnectionError) Error() string {
	var b strings.Builder
	b.WriteString("s3client: " + ErrInvalidConnection.Error())
	for _, f := range e.Fields {
		b.WriteString("; " + f.Field + " " + f.Problem)
	}
	return b.String()
}

// Is matches [ErrInvalidConnection].
func (e *ConnectionError) Is(target error) bool { return target == ErrInvalidConnection }

// Unwrap gives what is wrong with the access key, if anything is.
func (e *ConnectionError) Unwrap() error { return e.credentials }

func (e *ConnectionError) add(field, problem string) {
	e.Fields = append(e.Fields, FieldError{field, problem})
}

func (e *ConnectionError) addIf(wrong bool, field, problem string) {
	if wrong {
		e.add(field, problem)
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
// [*ConnectionError].
func (c Connection) Validate() error {
	e := new(ConnectionError)
	c.validateAuthorization(e)
	if c.RestrictToBucket != "" {
		e.addErr("restrict_to_bucket", CheckBucketName(c.RestrictToBucket))
	}
	e.addIf(c.RestrictToPath != "" && c.RestrictToBucket == "", "restrict_to_path", "needs restrict_to_bucket beside it")
	e.addIf(hasDotSegment(c.RestrictToPath), "restrict_to_path", "has a . or .. segment")
	switch region := c.region(); {
	case region == "":
		e.add("region", "is empty: the bucket's region, such as us-east-1, is expected")
	case !isRegion(region):
		e.add("region", "is malformed: lower-case letters, digits and hyphens are expected, as in us-east-1")
	}
	e.addIf(c.DownloadThreads < 0 || c.DownloadThreads > 256, "download_threads",
		"is "+strconv.Itoa(c.DownloadThreads)+": 1 to 256 is expected")
	c.validateEndpoints(e)
	if len(e.Fields) > 0 {
		return e
	}
	return nil
}

func (c Connection) validateAuthorization(e *ConnectionError) {
	hasID, hasSecret := c.AccessKeyID != "", !c.SecretAccessKey.IsZero()
	if hasID && hasSecret {
		err := sigv4.NewCredentials(c.AccessKeyID, c.SecretAccessKey.Reveal(), c.SessionToken.Reveal()).Validate()
		if input := (*sigv4.InputError)(nil); errors.As(err, &input) {
			e.credentials = err
			e.add(strings.ReplaceAll(strings.ToLower(input.Field), " ", "_"), input.Problem)
		}
	}
	e.addIf(c.SecretAccessKey.Reveal() == redacted, "secret_access_key", "is the word that is shown in its place: put in the secret itself")
	e.addIf(!c.SessionToken.IsZero() && !hasID, "session_token", "belongs to an access_key_id, and there is none")
	switch c.AuthorizationType {
	case AccessKey:
		e.addIf(!hasID, "access_key_id", "is empty")
		e.addIf(!hasSecret, "secret_access_key", "is empty")
		e.addIf(c.IAMRoleARN != "", "iam_role_arn", "is for authorization_type iam_role, but that is access_key")
		e.addIf(c.ExternalID != "", "external_id", "is for authorization_type iam_role, but that is access_key")
	case IAMRole:
		e.addErr("iam_role_arn", sts.CheckRoleARN(c.IAMRoleARN))
		if c.ExternalID != "" {
			e.addErr("external_id", sts.CheckExternalID(c.ExternalID))
		}
		if c.SessionName != "" {
			e.addErr("session_name", sts.CheckSessionName(c.SessionName))
		}
		e.addIf(c.DurationSeconds != 0 && (c.DurationSeconds < 900 || c.DurationSeconds > 43200),
			"duration_seconds", "is "+strconv.Itoa(c.DurationSeconds)+": 900 to 43200 is expected")
		e.addIf(hasID && !hasSecret, "secret_access_key", "is empty, but there is an access_key_id")
		e.addIf(!hasID && hasSecret, "access_key_id", "is empty, but there is a secret_access_key")
	default:
		e.add("authorization_type", "is "+strconv.Quote(string(c.AuthorizationType))+": access_key or iam_role is expected")
	}
}

func (c Connection) validateEndpoints(e *ConnectionError) {
	for _, f := range [...]struct{ name, value string }{{"endpoint", c.Endpoint}, {"sts_endpoint", c.STSEndpoint}} {
		if f.value == "" {
			continue
		}
		u, err := url.Parse(f.value)
		e.addIf(err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil,
			f.name, "is no URL of the form https://HOST[:PORT]")
	}
	if c.Endpoint != "" {
		e.addIf(c.DualStack, "dualstack", "chooses among AWS's endpoints and cannot go with an endpoint of your own")
		e.addIf(c.FIPS, "fips", "chooses among AWS's endpoints and cannot go with an endpoint of your own")
		e.addIf(c.Accelerate, "accelerate", "chooses among AWS's endpoints and cannot go with an endpoint of your own")
	}
	e.addIf(c.Accelerate && c.PathStyle, "accelerate", "needs the bucket in the host name and cannot go with path_style")
	e.addIf(c.Accelerate && c.FIPS, "accelerate", "has no FIPS endpoint")
}

var (
	regionPattern = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	bucketPattern = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)
	ipPattern     = regexp.MustCompile(`^\d+\.\d+\.\d+\.\d+$`)
)

func isRegion(s string) bool { return len(s) <= 63 && regionPattern.MatchString(s) }

// CheckBucketName says what is wrong with a name for a general purpose bucket
// (Amazon S3 User Guide, "General purpose bucket naming rules").
func CheckBucketName(name string) error {
	switch {
	case len(name) < 3 || len(name) > 63:
		return errors.New(strconv.Quote(name) + " has " + strconv.Itoa(len(name)) + " characters: 3 to 63 are expected")
	case !bucketPattern.MatchString(name):
		return errors.New(strconv.Quote(name) + ": only lower-case letters, digits, dots and hyphens are expected, and a letter or digit at both ends")
	case strings.Contains(name, ".."):
		return errors.New(strconv.Quote(name) + " has two dots side by side")
	case ipPattern.MatchString(name):
		return errors.New(strconv.Quote(name) + " looks like an IP address")
	case strings.HasPrefix(name, "xn--"), strings.HasPrefix(name, "sthree-"), strings.HasPrefix(name, "amzn-s3-demo-"),
		strings.HasSuffix(name, "-s3alias"), strings.HasSuffix(name, "--ol-s3"), strings.HasSuffix(name, ".mrap"):
		return errors.New(strconv.Quote(name) + " has a prefix or suffix that S3 keeps for itself")
	}
	return nil
}
