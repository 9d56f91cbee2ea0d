package s3client

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf16"

	"github.com/sigvier/sigvier/sts/policy"
)

// maxSessionPolicy is the most characters of a session policy (IAM User Guide,
// "IAM and AWS STS quotas", IAM and STS character limits).
const maxSessionPolicy = 2048

// SessionPolicy is the policy with which the role is assumed, so that the service,
// too, keeps the session to what the connection is restricted to, whoever gets
// hold of its credentials: the session may do what both the policy and the role
// allow (IAM User Guide, "Policies and permissions in IAM", Session policies). It
// is "" for a connection without restrictions, without a role, or with
// NoSessionPolicy.
//
// S3 tells that a key is missing only to who may list the whole bucket. With
// RestrictToPath, what does not exist is therefore [ErrDenied] on AWS, not
// [ErrNotFound].
func (c Connection) SessionPolicy() string {
	restricted := c.RestrictToBucket != "" || c.Permissions != 0
	if c.AuthorizationType != IAMRole || c.NoSessionPolicy || !restricted {
		return ""
	}
	access := c.Access()
	access.Versions = true
	d := policy.Document{Version: policy.Version}
	for _, s := range append(access.Document().Statements, c.bucketStatements()...) {
		if c.RestrictToBucket == "" {
			s.Resource = []string{"*"}
		}
		d.Statements = merge(d.Statements, s)
	}
	return asciiJSON(d.JSON())
}

// merge adds a statement, without its name, to those about the same resource if
// there are any: each character counts, and the path is most of them.
func merge(all []policy.Statement, s policy.Statement) []policy.Statement {
	s.Sid = ""
	for i := range all {
		if slices.Equal(all[i].Resource, s.Resource) && all[i].Condition == nil && s.Condition == nil {
			all[i].Action = slices.Concat(all[i].Action, s.Action)
			return all
		}
	}
	return append(all, s)
}

// Access is what the connection is restricted to, the bucket, the path and the
// permissions, for a policy of just this: that of the role it assumes.
func (c Connection) Access() policy.Access {
	p := c.Permissions.effective()
	return policy.Access{Partition: c.s3Partition(), Bucket: c.RestrictToBucket, Path: c.RestrictToPath,
		List: p&MayList != 0, Read: p&MayRead != 0, Write: p&MayWrite != 0, Delete: p&MayDelete != 0}
}

// bucketStatements allow what the client admits beside objects: making, configuring
// and removing the bucket, listing its uploads, and keys of AWS KMS as far as S3 uses them for the session
// (Amazon S3 User Guide, "Using server-side encryption with AWS KMS keys",
// Permissions; AWS KMS Developer Guide, "kms:ViaService").
func (c Connection) bucketStatements() []policy.Statement {
	var all []policy.Statement
	allow := func(resource string, condition policy.Conditions, actions ...string) {
		if len(actions) > 0 {
			all = append(all, policy.Statement{Effect: policy.Allow, Action: actions, Resource: []string{resource}, Condition: condition})
		}
	}
	p := c.Permissions.effective()
	if c.RestrictToPath == "" {
		allow("arn:"+c.s3Partition()+":s3:::"+c.RestrictToBucket, nil, p.bucketActions()...)
	}
	if c.RestrictToBucket == "" {
		allow("*", nil, p.actions(MayList, "s3:ListAllMyBuckets")...)
	}
	if c.onAWS() {
		allow("*", policy.Conditions{"StringLike": {"kms:ViaService": {"s3.*"}}},
			slices.Concat(p.actions(MayRead|MayWrite, "kms:Decrypt"), p.actions(MayWrite, "kms:GenerateDataKey"))...)
	}
	return all
}

// bucketActions are those about a bucket as a whole. A lifecycle may remove objects.
func (p Permissions) bucketActions() []string {
	all := slices.Concat(
		p.actions(MayWrite, "s3:CreateBucket"),
		p.actions(MayDelete, "s3:DeleteBucket"),
		p.actions(MayList, "s3:ListBucketMultipartUploads"),
		p.actions(MayRead, "s3:GetBucketVersioning", "s3:GetBucketTagging", "s3:GetLifecycleConfiguration", "s3:GetBucketCORS", "s3:GetBucketObjectLockConfiguration"),
		p.actions(MayWrite, "s3:PutBucketVersioning", "s3:PutBucketTagging", "s3:PutBucketCORS", "s3:PutBucketObjectLockConfiguration"))
	if p.allows(MayWrite | MayDelete) {
		all = append(all, "s3:PutLifecycleConfiguration")
	}
	return all
}

// actions are those given, if one of the permissions is there.
func (p Permissions) actions(any Permissions, actions ...string) []string {
	if p&any == 0 {
		return nil
	}
	return actions
}

// s3Partition is the partition in the names of buckets. Other services than AWS
// have theirs in roles, and "aws" in the names of buckets.
func (c Connection) s3Partition() string {
	if parts := strings.SplitN(c.IAMRoleARN, ":", 3); len(parts) == 3 && isPartition(parts[1]) {
		return parts[1]
	}
	return "aws"
}

// asciiJSON writes all that is not ASCII as \uxxxx: STS takes no character beyond
// \u00FF in a policy (AWS Security Token Service API Reference, "AssumeRole").
func asciiJSON(data []byte) string {
	var b strings.Builder
	for _, unit := range utf16.Encode([]rune(string(data))) {
		if unit < 0x80 {
			b.WriteByte(byte(unit))
		} else {
			fmt.Fprintf(&b, `\u%04x`, unit)
		}
	}
	return b.String()
}
