package s3test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

func TestEveryOperationHasItsActions(t *testing.T) {
	for _, op := range s3Operations {
		if s3Needs[op.name].actions == "" {
			t.Errorf("%s needs no permission", op.name)
		}
	}
	for op, n := range s3Needs {
		for action := range strings.FieldsSeq(n.actions) {
			if !strings.HasPrefix(action, "s3:") {
				t.Errorf("%s: %q", op, action)
			}
			if n.versions && ofVersion(action) == action {
				t.Errorf("%s: there is no %s for versions", op, action)
			}
		}
	}
}

// TestWhatARequestNeeds: the actions, and on what.
func TestWhatARequestNeeds(t *testing.T) {
	const (
		bucket = "data"
		object = "data/reports/a"
	)
	for _, row := range []struct {
		op      string
		on      string
		query   string
		headers []string
		want    []string // ACTION RESOURCE
	}{
		{"ListBuckets", "", "", nil, []string{"ListAllMyBuckets *"}},
		{"CreateBucket", bucket, "", nil, []string{"CreateBucket data"}},
		{"CreateBucket", bucket, "", []string{"X-Amz-Acl", "private", "X-Amz-Bucket-Object-Lock-Enabled", "true", "X-Amz-Object-Ownership", "ObjectWriter"},
			[]string{"CreateBucket data", "PutBucketAcl data", "PutBucketObjectLockConfiguration data", "PutBucketVersioning data", "PutBucketOwnershipControls data"}},
		{"CreateSession", directory, "", nil, []string{"s3express:CreateSession arn:aws:s3express:us-east-1:123456789012:bucket/" + directory}},
		{"DeleteBucket", directory, "", nil, []string{"s3express:DeleteBucket arn:aws:s3express:us-east-1:123456789012:bucket/" + directory}},
		{"HeadBucket", bucket, "", nil, []string{"ListBucket data"}},
		{"ListObjectsV2", bucket, "prefix=x", nil, []string{"ListBucket data"}},
		{"ListObjectVersions", bucket, "", nil, []string{"ListBucketVersions data"}},
		{"ListMultipartUploads", bucket, "", nil, []string{"ListBucketMultipartUploads data"}},
		{"DeleteBucketCors", bucket, "", nil, []string{"PutBucketCORS data"}},
		{"GetBucketCors", bucket, "", nil, []string{"GetBucketCORS data"}},
		{"GetBucketLifecycleConfiguration", bucket, "", nil, []string{"GetLifecycleConfiguration data"}},
		{"PutBucketLifecycleConfiguration", bucket, "", nil, []string{"PutLifecycleConfiguration data"}},
		{"DeleteBucketLifecycle", bucket, "", nil, []string{"PutLifecycleConfiguration data"}},
		{"DeleteBucketTagging", bucket, "", nil, []string{"PutBucketTagging data"}},
		{"PutBucketVersioning", bucket, "", nil, []string{"PutBucketVersioning data"}},

		{"GetObject", object, "", nil, []string{"GetObject data/reports/a"}},
		{"GetObject", object, "versionId=1", nil, []string{"GetObjectVersion data/reports/a"}},
		{"HeadObject", object, "versionId=null", nil, []string{"GetObjectVersion data/reports/a"}},
		{"GetObjectAttributes", object, "", nil, []string{"GetObject data/reports/a", "GetObjectAttributes data/reports/a"}},
		{"GetObjectAttributes", object, "versionId=1", nil, []string{"GetObjectVersion data/reports/a", "GetObjectVersionAttributes data/reports/a"}},
		{"GetObjectTagging", object, "versionId=1", nil, []string{"GetObjectVersionTagging data/reports/a"}},
		{"PutObjectTagging", object, "", nil, []string{"PutObjectTagging data/reports/a"}},
		{"DeleteObjectTagging", object, "versionId=1", nil, []string{"DeleteObjectVersionTagging data/reports/a"}},
		{"PutObjectAcl", object, "versionId=1", nil, []string{"PutObjectVersionAcl data/reports/a"}},
		{"GetObjectRetention", object, "versionId=1", nil, []string{"GetObjectRetention data/reports/a"}},
		{"PutObjectRetention", object, "", []string{"X-Amz-Bypass-Governance-Retention", "true"}, []string{"PutObjectRetention data/reports/a", "BypassGovernanceRetention data/reports/a"}},
		{"PutObjectLegalHold", object, "", nil, []string{"PutObjectLegalHold data/reports/a"}},
		{"RestoreObject", object, "versionId=1", nil, []string{"RestoreObject data/reports/a"}},
		{"DeleteObject", object, "", nil, []string{"DeleteObject data/reports/a"}},
		{"DeleteObject", object, "versionId=1", []string{"X-Amz-Bypass-Governance-Retention", "true"}, []string{"DeleteObjectVersion data/reports/a", "BypassGovernanceRetention data/reports/a"}},
		{"DeleteObject", object, "", []string{"If-Match", `"etag"`}, []string{"DeleteObject data/reports/a", "GetObject data/reports/a"}},
		{"DeleteObject", object, "", []string{"If-Match", "*"}, []string{"DeleteObject data/reports/a"}},

		{"PutObject", object, "", nil, []string{"PutObject data/reports/a"}},
		{"PutObject", object, "", []string{"X-Amz-Tagging", "a=b", "X-Amz-Object-Lock-Mode", "GOVERNANCE", "X-Amz-Object-Lock-Retain-Until-Date", "2030-01-01T00:00:00Z", "X-Amz-Object-Lock-Legal-Hold", "ON"},
			[]string{"PutObject data/reports/a", "PutObjectTagging data/reports/a", "PutObjectRetention data/reports/a", "PutObjectLegalHold data/reports/a"}},
		{"PutObject", object, "", []string{"X-Amz-Grant-Read", "id=1"}, []string{"PutObject data/reports/a", "PutObjectAcl data/reports/a"}},
		{"PutObject", object, "", []string{"If-Match", `"etag"`}, []string{"PutObject data/reports/a", "GetObject data/reports/a"}},
		{"PutObject", object, "", []string{"If-None-Match", "*"}, []string{"PutObject data/reports/a"}},
		{"CopyObject", object, "", []string{"X-Amz-Copy-Source", "/other/b%20c"}, []string{"PutObject data/reports/a", "GetObject other/b c"}},
		{"CopyObject", object, "", []string{"X-Amz-Copy-Source", "other%2Fb?versionId=1"}, []string{"PutObject data/reports/a", "GetObjectVersion other/b"}},
		{"CopyObject", object, "", []string{"X-Amz-Copy-Source", "other/b?x=1"}, []string{"PutObject data/reports/a", "GetObject other/b"}},

		{"CreateMultipartUpload", object, "uploads", []string{"X-Amz-Acl", "private"}, []string{"PutObject data/reports/a", "PutObjectAcl data/reports/a"}},
		{"UploadPart", object, "uploadId=1&partNumber=1", nil, []string{"PutObject data/reports/a"}},
		{"UploadPartCopy", object, "uploadId=1&partNumber=1", []string{"X-Amz-Copy-Source", "other/b"}, []string{"PutObject data/reports/a", "GetObject other/b"}},
		{"CompleteMultipartUpload", object, "uploadId=1", []string{"If-Match", `"etag"`}, []string{"PutObject data/reports/a", "GetObject data/reports/a"}},
		{"AbortMultipartUpload", object, "uploadId=1", nil, []string{"AbortMultipartUpload data/reports/a"}},
		{"ListParts", object, "uploadId=1", nil, []string{"ListMultipartUploadParts data/reports/a"}},
	} {
		q := &request{op: row.op, region: "us-east-1", caller: caller{user: &User{ARN: "arn:aws:iam::123456789012:user/u"}}}
		q.bucket, q.key, _ = strings.Cut(row.on, "/")
		q.query, _ = url.ParseQuery(row.query)
		q.version = q.query.Get("versionId")
		h := http.Header{}
		for i := 0; i < len(row.headers); i += 2 {
			h.Set(row.headers[i], row.headers[i+1])
		}
		var got []string
		for _, n := range q.needed(q.on(), h, func(string, location) map[string][]string { return nil }) {
			got = append(got, strings.TrimPrefix(n.Action, "s3:")+" "+strings.TrimPrefix(n.Resource, "arn:aws:s3:::"))
		}
		if !slices.Equal(got, row.want) {
			t.Errorf("%s ?%s %q\n got %q\nwant %q", row.op, row.query, row.headers, got, row.want)
		}
	}
}
