package s3test

import (
	"net/http"
	"slices"
	"strings"

	"github.com/sigvier/sigvier/sts/policy"
)

// Which actions an operation of S3 needs (Amazon S3 User Guide, "Required
// permissions for Amazon S3 API operations"; Service Authorization Reference,
// "Actions, resources, and condition keys for Amazon S3").

// needs is what policies must allow for an operation. Without a key in the
// request the actions are about the bucket, with one about the object.
type needs struct {
	actions  string         // all of them, with spaces between
	versions bool           // with a versionId they are about versions: s3:GetObjectVersion
	headers  []headerAction // that ask for more
	lists    bool           // prefix, delimiter and max-keys are condition keys
	creates  bool           // makes an object, as other operations with s3:PutObject do not: s3:ObjectCreationOperation
	batch    bool           // the objects are named in the body: for each, the handler asks authorizeObject
}

// headerAction is an action that a header needs besides, unless it has the value not.
type headerAction struct{ header, action, not string }

// s3Needs has a line for each operation. One without a line is for nobody.
var s3Needs = map[string]needs{
	"ListBuckets": {actions: "s3:ListAllMyBuckets"},

	"CreateSession":     {actions: "s3:CreateSession"},
	"CreateBucket":      {actions: "s3:CreateBucket", headers: createHeaders},
	"DeleteBucket":      {actions: "s3:DeleteBucket"},
	"GetBucketLocation": {actions: "s3:GetBucketLocation"},
	"HeadBucket":        {actions: "s3:ListBucket"},

	"ListMultipartUploads": {actions: "s3:ListBucketMultipartUploads"},
	"ListObjects":          {actions: "s3:ListBucket", lists: true},
	"ListObjectsV2":        {actions: "s3:ListBucket", lists: true},
	"ListObjectVersions":   {actions: "s3:ListBucketVersions", lists: true},

	"DeleteBucketCors":                   {actions: "s3:PutBucketCORS"},
	"DeleteBucketEncryption":             {actions: "s3:PutEncryptionConfiguration"},
	"DeleteBucketLifecycle":              {actions: "s3:PutLifecycleConfiguration"},
	"DeleteBucketOwnershipControls":      {actions: "s3:PutBucketOwnershipControls"},
	"DeleteBucketPolicy":                 {actions: "s3:DeleteBucketPolicy"},
	"DeleteBucketReplication":            {actions: "s3:PutReplicationConfiguration"},
	"DeleteBucketTagging":                {actions: "s3:PutBucketTagging"},
	"DeleteBucketWebsite":                {actions: "s3:DeleteBucketWebsite"},
	"DeletePublicAccessBlock":            {actions: "s3:PutBucketPublicAccessBlock"},
	"GetBucketAccelerateConfiguration":   {actions: "s3:GetAccelerateConfiguration"},
	"GetBucketAcl":                       {actions: "s3:GetBucketAcl"},
	"GetBucketCors":                      {actions: "s3:GetBucketCORS"},
	"GetBucketEncryption":                {actions: "s3:GetEncryptionConfiguration"},
	"GetBucketLifecycleConfiguration":    {actions: "s3:GetLifecycleConfiguration"},
	"GetBucketLogging":                   {actions: "s3:GetBucketLogging"},
	"GetBucketNotificationConfiguration": {actions: "s3:GetBucketNotification"},
	"GetBucketOwnershipControls":         {actions: "s3:GetBucketOwnershipControls"},
	"GetBucketPolicy":                    {actions: "s3:GetBucketPolicy"},
	"GetBucketPolicyStatus":              {actions: "s3:GetBucketPolicyStatus"},
	"GetBucketReplication":               {actions: "s3:GetReplicationConfiguration"},
	"GetBucketRequestPayment":            {actions: "s3:GetBucketRequestPayment"},
	"GetBucketTagging":                   {actions: "s3:GetBucketTagging"},
	"GetBucketVersioning":                {actions: "s3:GetBucketVersioning"},
	"GetBucketWebsite":                   {actions: "s3:GetBucketWebsite"},
	"GetObjectLockConfiguration":         {actions: "s3:GetBucketObjectLockConfiguration"},
	"GetPublicAccessBlock":               {actions: "s3:GetBucketPublicAccessBlock"},
	"PutBucketAccelerateConfiguration":   {actions: "s3:PutAccelerateConfiguration"},
	"PutBucketAcl":                       {actions: "s3:PutBucketAcl"},
	"PutBucketCors":                      {actions: "s3:PutBucketCORS"},
	"PutBucketEncryption":                {actions: "s3:PutEncryptionConfiguration"},
	"PutBucketLifecycleConfiguration":    {actions: "s3:PutLifecycleConfiguration"},
	"PutBucketLogging":                   {actions: "s3:PutBucketLogging"},
	"PutBucketNotificationConfiguration": {actions: "s3:PutBucketNotification"},
	"PutBucketOwnershipControls":         {actions: "s3:PutBucketOwnershipControls"},
	"PutBucketPolicy":                    {actions: "s3:PutBucketPolicy"},
	"PutBucketReplication":               {actions: "s3:PutReplicationConfiguration"},
	"PutBucketRequestPayment":            {actions: "s3:PutBucketRequestPayment"},
	"PutBucketTagging":                   {actions: "s3:PutBucketTagging"},
	"PutBucketVersioning":                {actions: "s3:PutBucketVersioning"},
	"PutBucketWebsite":                   {actions: "s3:PutBucketWebsite"},
	"PutObjectLockConfiguration":         {actions: "s3:PutBucketObjectLockConfiguration"},
	"PutPublicAccessBlock":               {actions: "s3:PutBucketPublicAccessBlock"},

	"GetObject":           {actions: "s3:GetObject", versions: true},
	"GetObjectAcl":        {actions: "s3:GetObjectAcl", versions: true},
	"GetObjectAttributes": {actions: "s3:GetObject s3:GetObjectAttributes", versions: true},
	"GetObjectLegalHold":  {actions: "s3:GetObjectLegalHold"},
	"GetObjectRetention":  {actions: "s3:GetObjectRetention"},
	"GetObjectTagging":    {actions: "s3:GetObjectTagging", versions: true},
	"HeadObject":          {actions: "s3:GetObject", versions: true},
	"SelectObjectContent": {actions: "s3:GetObject"},
	"CopyObject":          {actions: "s3:PutObject", headers: writeHeaders, creates: true},
	"PostObject":          {actions: "s3:PutObject", headers: writeHeaders, creates: true},
	"PutObject":           {actions: "s3:PutObject", headers: writeHeaders, creates: true},
	"PutObjectAcl":        {actions: "s3:PutObjectAcl", versions: true},
	"PutObjectLegalHold":  {actions: "s3:PutObjectLegalHold"},
	"PutObjectRetention":  {actions: "s3:PutObjectRetention", headers: []headerAction{bypass}},
	"PutObjectTagging":    {actions: "s3:PutObjectTagging", versions: true},
	"RestoreObject":       {actions: "s3:RestoreObject"},
	"DeleteObject":        {actions: "s3:DeleteObject", versions: true, headers: []headerAction{ifMatch, bypass}},
	"DeleteObjects":       {actions: "s3:DeleteObject", versions: true, headers: []headerAction{bypass}, batch: true},
	"DeleteObjectTagging": {actions: "s3:DeleteObjectTagging", versions: true},

	"AbortMultipartUpload":    {actions: "s3:AbortMultipartUpload"},
	"CompleteMultipartUpload": {actions: "s3:PutObject", headers: []headerAction{ifMatch}, creates: true},
	"CreateMultipartUpload":   {actions: "s3:PutObject", headers: writeHeaders},
	"ListParts":               {actions: "s3:ListMultipartUploadParts"},
	"UploadPart":              {actions: "s3:PutObject"},
	"UploadPartCopy":          {actions: "s3:PutObject"},
}

var (
	createHeaders = append(grants("s3:PutBucketAcl"),
		headerAction{"X-Amz-Bucket-Object-Lock-Enabled", "s3:PutBucketObjectLockConfiguration", "false"},
		headerAction{"X-Amz-Bucket-Object-Lock-Enabled", "s3:PutBucketVersioning", "false"},
		headerAction{"X-Amz-Object-Ownership", "s3:PutBucketOwnershipControls", ""},
	)
	writeHeaders = append(grants("s3:PutObjectAcl"),
		headerAction{"X-Amz-Tagging", "s3:PutObjectTagging", ""},
		headerAction{"X-Amz-Object-Lock-Mode", "s3:PutObjectRetention", ""},
		headerAction{"X-Amz-Object-Lock-Retain-Until-Date", "s3:PutObjectRetention", ""},
		headerAction{"X-Amz-Object-Lock-Legal-Hold", "s3:PutObjectLegalHold", ""},
		ifMatch,
	)
	// Amazon S3 User Guide, "How to prevent object overwrites with conditional
	// writes" and "Enforce conditional deletes on Amazon S3 buckets": who compares an
	// ETag gets to know it.
	ifMatch = headerAction{"If-Match", "s3:GetObject", "*"}
	bypass  = headerAction{"X-Amz-Bypass-Governance-Retention", "s3:BypassGovernanceRetention", "false"}
)

// grants are the headers that set an ACL.
func grants(action string) (all []headerAction) {
	for header := range strings.FieldsSeq(`X-Amz-Acl X-Amz-Grant-Full-Control X-Amz-Grant-Read X-Amz-Grant-Read-Acp
		X-Amz-Grant-Write X-Amz-Grant-Write-Acp`) {
		all = append(all, headerAction{header, action, ""})
	}
	return all
}

// location is what an action is about: without key a bucket, without bucket none.
type location struct{ bucket, key, version string }

// on is the target of the operation as a whole.
func (q *request) on() location { return location{q.bucket, q.key, q.version} }

// needed is the permission for the operation on a location, and those for what its
// headers ask for besides. Each has the condition keys of its own.
func (q *request) needed(on location, h http.Header, keys func(action string, on location) map[string][]string) []policy.Request {
	var all []policy.Request
	add := func(action string, on location) {
		one := q.need(action, on)
		if !slices.ContainsFunc(all, func(n policy.Request) bool { return n.Action == one.Action && n.Resource == one.Resource }) {
			one.Context = keys(action, on)
			all = append(all, one)
		}
	}
	n := s3Needs[q.op]
	for action := range strings.FieldsSeq(n.actions) {
		if n.versions && on.version != "" {
			action = ofVersion(action)
		}
		add(action, on)
	}
	for _, also := range n.headers {
		if v := h.Get(also.header); v != "" && v != also.not {
			add(also.action, on)
		}
	}
	if from, err := parseCopySource(h.Get(copySourceHeader)); err == nil {
		action := "s3:GetObject"
		if from.version != "" {
			action = ofVersion(action)
		}
		add(action, from)
	}
	return all
}

// ofVersion is the action for a version of what an action for an object is:
// s3:GetObjectVersionTagging of s3:GetObjectTagging.
func ofVersion(action string) string { return strings.Replace(action, "Object", "ObjectVersion", 1) }

func (q *request) need(action string, on location) policy.Request {
	resource := "arn:" + partitionOf(q.caller.arn()) + ":s3:::"
	switch {
	case isDirectory(on.bucket): // Service Authorization Reference, "… for Amazon S3 Express"
		action = expressService + action[strings.Index(action, ":"):]
		resource = "arn:" + partitionOf(q.caller.arn()) + ":" + expressService + ":" + q.region + ":" + account + ":bucket/" + on.bucket
	case on.bucket == "":
		resource += "*"
	case on.key == "":
		resource += on.bucket
	default:
		resource += on.bucket + "/" + on.key
	}
	return policy.Request{Principal: q.caller.arn(), Action: action, Resource: resource}
}
