package s3client

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// reserved begins or ends what is no name of a general purpose bucket.
var reserved = [...]struct{ prefix, suffix, use string }{
	{prefix: "xn--", use: "internationalized host names"},
	{prefix: "sthree-", use: "S3's own buckets"},
	{prefix: "amzn-s3-demo-", use: "the examples in AWS's documents"},
	{suffix: "-s3alias", use: "aliases of access points"},
	{suffix: "--ol-s3", use: "aliases of Object Lambda access points"},
	{suffix: ".mrap", use: "multi-Region access points"},
	{suffix: "--x-s3", use: "directory buckets, NAME--ZONE--x-s3"},
	{suffix: "--xa-s3", use: "access points of directory buckets"},
	{suffix: "--table-s3", use: "table buckets"},
}

// CheckBucketName says what is wrong with a name for a general purpose bucket
// (Amazon S3 User Guide, "General purpose bucket naming rules").
func CheckBucketName(name string) error {
	bad := func(problem string) error { return errors.New(strconv.Quote(name) + problem) }
	switch {
	case len(name) < 3 || len(name) > 63:
		return bad(" has " + strconv.Itoa(len(name)) + " characters: 3 to 63 are expected")
	case !consists(name, lower+digits+".-") || !isHostLabel(name[:1]) || !isHostLabel(name[len(name)-1:]):
		return bad(": only lower-case letters, digits, dots and hyphens are expected, and a letter or digit at both ends")
	case strings.Contains(name, ".."):
		return bad(" has two dots side by side")
	case isIPv4(name):
		return bad(" looks like an IP address")
	case strings.HasSuffix(name, "-an") && !inOwnNamespace(name):
		return bad(" ends in -an, which S3 keeps for an account's own namespace: NAME-ACCOUNT-REGION-an")
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

// inOwnNamespace matches what only its account can create: NAME-ACCOUNT-REGION-an.
func inOwnNamespace(name string) bool {
	words := strings.Split(strings.TrimSuffix(name, "-an"), "-")
	for i := 1; i < len(words)-1; i++ {
		if isAccountID(words[i]) {
			return true
		}
	}
	return false
}

// adviceOnBucket is for what stands in the place of a bucket's name.
func adviceOnBucket(written string) string {
	name, path := written, ""
	for _, before := range [...]string{":s3:::", "://"} {
		if _, rest, found := strings.Cut(name, before); found {
			name = rest
		}
	}
	name, path, _ = strings.Cut(name, "/")
	switch {
	case strings.Contains(written, ":accesspoint/"):
		return "an access point is no bucket: give the name of the bucket behind it"
	case name == written:
		return ""
	case CheckBucketName(name) != nil || strings.HasPrefix(written, "http"):
		return "give the bucket's name alone"
	case path != "":
		return fmt.Sprintf("give the bucket's name alone, %s; what stands behind the slash belongs into restrict_to_path", name)
	}
	return "give the bucket's name alone, " + name
}
