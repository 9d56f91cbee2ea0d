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
// [ErrNotFound]. HeadBucket needs that permission too, and ListMultipartUploads one
// that AWS cannot keep to a path: there both are denied. A directory bucket's
// sessions know no path: there only the client keeps to it.
func (c Connection) SessionPolicy() string {
	restricted := c.RestrictToBucket != "" || c.Permissions != 0
	if c.AuthorizationType != IAMRole || c.NoSessionPolicy || !restricted {
		return ""
	}
	access := c.Access()
	access.Versions = true
	d := policy.Document{Version: policy.Version}
	for _, s := range append(access.Document().Statements, c.bucketStatements()...) {
		if actions := c.Permissions.effective().objectActions(s.Sid); actions != nil {
			s.Action = actions
		}
		if c.RestrictToBucket == "" {
			s.Resource = []string{"*"}
		}
		d.Statements = merge(d.Statements, s)
	}
	return asciiJSON(d.JSON())
}

// objectActions are those that the client admits about an object, more than a role is
// written for, by the statement of [policy.Access] in whose place they come. The
// wildcards stand for what the client admits with the same permission, and for
// nothing that it would refuse: all s3:GetObject* read an object or what is known of
// it, all s3:PutObject* write it (Service Authorization Reference, "Actions, resources,
// and condition keys for Amazon S3"). These include its ACL, which who may only write
// does not get: he would open to all what he may not read.
func (p Permissions) objectActions(sid string) []string {
	switch sid {
	case "Read":
		return []string{"s3:GetObject*"}
	case "Write":
		puts := []string{"s3:PutObject", "s3:PutObject*Tagging", "s3:PutObjectRetention", "s3:PutObjectLegalHold"}
		if p.allows(MayRead | MayWrite) {
			puts = []string{"s3:PutObject*"}
		}
		return append(puts, "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:DeleteObject*Tagging", "s3:RestoreObject", "s3:BypassGovernanceRetention")
	case "Delete":
		return []string{"s3:DeleteObject", "s3:DeleteObjectVersion", "s3:BypassGovernanceRetention"}
	}
	return nil
}

// merge adds a statement, without its name, to those about the same resource if
// there are any: each character counts, and the path is most of them.
func merge(all []policy.Statement, s policy.Statement) []policy.Statement {
	s.Sid = ""
	for i := range all {
		if slices.Equal(all[i].Resource, s.Resource) && all[i].Condition == nil && s.Condition == nil {
			all[i].Action = slices.Clip(all[i].Action)
			for _, action := range s.Action {
				if !slices.Contains(all[i].Action, action) {
					all[i].Action = append(all[i].Action, action)
				}
			}
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
	if directory := isDirectoryBucket(c.RestrictToBucket); c.onAWS() && (directory || c.RestrictToBucket == "") {
		c.allowSessions(allow)
	}
	if c.onAWS() {
		allow("*", policy.Conditions{"StringLike": {"kms:ViaService": {"s3.*"}}},
			slices.Concat(p.actions(MayRead|MayWrite, "kms:Decrypt"), p.actions(MayWrite, "kms:GenerateDataKey"))...)
	}
	return all
}

// allowSessions allows what the client needs of a directory bucket: sessions that only
// read where it asks for no others (Service Authorization Reference, "Actions,
// resources, and condition keys for Amazon S3 Express"), and making and removing it.
func (c Connection) allowSessions(allow func(resource string, condition policy.Conditions, actions ...string)) {
	bucket, p := "arn:"+c.s3Partition()+":s3express:*:*:bucket/"+c.RestrictToBucket, c.Permissions.effective()
	var readOnly policy.Conditions
	if p&(MayWrite|MayDelete) == 0 {
		readOnly = policy.Conditions{"StringEquals": {"s3express:SessionMode": {"ReadOnly"}}}
	}
	allow(bucket, readOnly, "s3express:CreateSession")
	if c.RestrictToPath == "" {
		allow(bucket, nil, slices.Concat(p.actions(MayWrite, "s3express:CreateBucket"), p.actions(MayDelete, "s3express:DeleteBucket"))...)
	}
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
