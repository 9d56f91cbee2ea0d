package s3client

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/sigvier/sigvier/sts"
)

// Validate reports all that is wrong with the connection at once, as a
// [*ConnectionError]. It looks at nothing but the form: whether references lead to
// secrets is [Connection.Open]'s to find out, what the service says to all this
// the first operation's.
func (c Connection) Validate() error {
	e := new(ConnectionError)
	c.validateName(e)
	c.validateAuthorization(e)
	c.validateRestrictions(e)
	// Only a path can make it that long.
	size := utf8.RuneCountInString(c.SessionPolicy())
	e.adviseIf(size > maxSessionPolicy, "restrict_to_path", fmt.Sprintf("makes the role's session policy %d characters long, and STS takes %d", size, maxSessionPolicy),
		"restrict to a shorter path, such as a folder above it, or set no_session_policy, so that only this client keeps to the path")
	c.validateRest(e)
	return e.orNil()
}

// validateUse is Validate for [Connection.OpenWith], in whose programs each byte
// counts: it finds what the client could not be used with, or not safely, and leaves
// out the advice and what only a person would write.
func (c Connection) validateUse() error {
	e := new(ConnectionError)
	bucket, path := c.RestrictToBucket, c.RestrictToPath
	e.addIf(bucket != "" && (len(bucket) < 3 || len(bucket) > 63 || !consists(bucket, lower+digits+".-")), "restrict_to_bucket", "is no bucket's name")
	e.addIf(path != "" && (bucket == "" || hasDotSegment(path) || path[0] == '/'), "restrict_to_path", "needs restrict_to_bucket beside it, and has no slash first and no . or .. segment")
	e.addIf(c.Permissions&^mayAll != 0, "permissions", "has one that is not known: list, read, write and delete are expected")
	e.addIf(c.BucketOwner != "" && !isAccountID(c.BucketOwner), "bucket_owner", "is no account ID: twelve digits are expected")
	e.addIf(!isRegion(c.region()) || c.onAWS() && !isNumberedRegion(c.region()), "region", "is no region's code, such as us-east-1")
	e.addIf(c.DownloadThreads < 0 || c.DownloadThreads > 256, "download_threads", "is out of range: 1 to 256 is expected")
	e.addIf(!c.Checksums.known(), "checksums", "is not known: when_required, always or never is expected")
	e.addIf(c.Endpoint != "" && !isEndpoint(c.Endpoint), "endpoint", "is no URL of the form https://HOST[:PORT]")
	e.addIf(c.Endpoint != "" && (c.DualStack || c.FIPS || c.Accelerate) || c.Accelerate && (c.PathStyle || c.FIPS), "endpoint",
		"cannot go with dualstack, fips or accelerate, nor accelerate with path_style or fips")
	return e.orNil()
}

func (c Connection) validateRest(e *ConnectionError) {
	c.validateRegion(e)
	e.addIf(c.DownloadThreads < 0 || c.DownloadThreads > 256, "download_threads",
		"is "+strconv.Itoa(c.DownloadThreads)+": 1 to 256 is expected")
	e.addIf(!c.Checksums.known(), "checksums", "is "+strconv.Quote(string(c.Checksums))+": when_required, always or never is expected")
	c.validateEndpoints(e)
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
	c.validateKey(e)
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
		c.validateRole(e)
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
	if c.IAMRoleARN != "" || c.AuthorizationType == IAMRole {
		c.validateRoleARN(e)
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

func (c Connection) validateRestrictions(e *ConnectionError) {
	if bucket := c.RestrictToBucket; bucket != "" {
		if err := CheckBucketName(bucket); err != nil && !isDirectoryBucket(bucket) {
			e.advise("restrict_to_bucket", err.Error(), adviceOnBucket(bucket))
		}
		e.adviseIf(c.Accelerate && strings.Contains(bucket, "."), "accelerate", "goes with no bucket that has a dot in its name, as restrict_to_bucket has",
			"leave accelerate out") // Amazon S3 User Guide, "Configuring fast, secure file transfers using Amazon S3 Transfer Acceleration"
	}
	c.validatePath(e)
	e.addIf(c.Permissions&^mayAll != 0, "permissions", "has one that is not known: list, read, write and delete are expected")
	if owner := c.BucketOwner; owner != "" && !isAccountID(owner) {
		e.advise("bucket_owner", strconv.Quote(owner)+" is no account ID: twelve digits are expected", adviceOnAccount(owner))
	}
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
	e.adviseIf(isAddress(path), field, "is an address: what stands behind the bucket's name is expected", "give the folder or key alone, such as reports/")
	e.adviseIf(strings.HasSuffix(path, "*"), field, "ends in *, which is a character like any other", "for a folder, end in the slash before it")
}

// isAddress tells an address of the path from a path in which there is one.
func isAddress(path string) bool {
	for _, begin := range [...]string{"s3://", "https://", "http://", "arn:"} {
		if strings.HasPrefix(path, begin) {
			return true
		}
	}
	return false
}
