package s3test

import (
	"maps"
	"net/http"
	"slices"
	"strings"
)

// The operations of S3 that are here, and what tells a request for one from a
// request for another (Amazon S3 API Reference, "Actions", request syntax of
// each).

type operation struct {
	name   string
	method string
	level  level
	// query has the subresources that the request must name, and those that it may
	// name, with a question mark; another is one of another operation.
	query  string
	traits traits
	handle handler
}

type handler func(*Server, *answer, *http.Request, *request) error

type level int

const (
	onService level = iota
	onBucket
	onObject
)

type traits int

const (
	copies       traits = 1 << iota // the header x-amz-copy-source is there
	streams                         // the body is read by the operation, as it comes
	summed                          // the body has to have a digest or a checksum
	sumsAnObject                    // the checksum among the headers is not the body's
	long                            // the body may be longer than maxForm
)

const copySourceHeader = "X-Amz-Copy-Source"

var s3Operations = []operation{
	{"ListBuckets", "GET", onService, "", 0, (*Server).listBuckets},

	{"CreateBucket", "PUT", onBucket, "", 0, (*Server).createBucket},
	{"HeadBucket", "HEAD", onBucket, "", 0, (*Server).headBucket},
	{"DeleteBucket", "DELETE", onBucket, "", 0, (*Server).deleteBucket},
	{"GetBucketLocation", "GET", onBucket, "location", 0, (*Server).getBucketLocation},
	{"ListObjectsV2", "GET", onBucket, "list-type=2", 0, (*Server).listObjectsV2},
	{"ListObjects", "GET", onBucket, "", 0, (*Server).listObjects},
	{"ListObjectVersions", "GET", onBucket, "versions", 0, (*Server).listObjectVersions},
	{"GetBucketVersioning", "GET", onBucket, "versioning", 0, (*Server).getBucketVersioning},
	{"PutBucketVersioning", "PUT", onBucket, "versioning", 0, (*Server).putBucketVersioning},
	{"GetBucketTagging", "GET", onBucket, "tagging", 0, (*Server).getBucketTagging},
	{"PutBucketTagging", "PUT", onBucket, "tagging", summed, (*Server).putBucketTagging},
	{"DeleteBucketTagging", "DELETE", onBucket, "tagging", 0, (*Server).deleteBucketTagging},
	{"GetBucketLifecycleConfiguration", "GET", onBucket, "lifecycle", 0, lifecycleDocument.get()},
	{"PutBucketLifecycleConfiguration", "PUT", onBucket, "lifecycle", summed, lifecycleDocument.put()},
	{"DeleteBucketLifecycle", "DELETE", onBucket, "lifecycle", 0, lifecycleDocument.delete()},
	{"GetBucketCors", "GET", onBucket, "cors", 0, corsDocument.get()},
	{"PutBucketCors", "PUT", onBucket, "cors", summed, corsDocument.put()},
	{"DeleteBucketCors", "DELETE", onBucket, "cors", 0, corsDocument.delete()},
	{"GetBucketAcl", "GET", onBucket, "acl", 0, (*Server).getBucketACL},
	{"PutBucketAcl", "PUT", onBucket, "acl", 0, (*Server).putBucketACL},
	{"GetBucketRequestPayment", "GET", onBucket, "requestPayment", 0, (*Server).getBucketRequestPayment},
	{"PutBucketRequestPayment", "PUT", onBucket, "requestPayment", 0, (*Server).putBucketRequestPayment},
	{"GetObjectLockConfiguration", "GET", onBucket, "object-lock", 0, (*Server).getObjectLockConfiguration},
	{"PutObjectLockConfiguration", "PUT", onBucket, "object-lock", summed, (*Server).putObjectLockConfiguration},
	{"ListMultipartUploads", "GET", onBucket, "uploads", 0, (*Server).listMultipartUploads},
	{"CreateSession", "GET", onBucket, "session", 0, (*Server).createSession},
	{"DeleteObjects", "POST", onBucket, "delete", summed | long, (*Server).deleteObjects},
	{"PostObject", "POST", onBucket, "", streams, (*Server).postObject},

	{"CopyObject", "PUT", onObject, "", copies, (*Server).copyObject},
	{"PutObject", "PUT", onObject, "", streams, (*Server).putObject},
	{"GetObject", "GET", onObject, "versionId? partNumber?", 0, (*Server).getObject},
	{"HeadObject", "HEAD", onObject, "versionId? partNumber?", 0, (*Server).getObject},
	{"DeleteObject", "DELETE", onObject, "versionId?", 0, (*Server).deleteObject},

	{"GetObjectAttributes", "GET", onObject, "attributes versionId?", 0, (*Server).getObjectAttributes},
	{"GetObjectTagging", "GET", onObject, "tagging versionId?", 0, (*Server).getObjectTagging},
	{"PutObjectTagging", "PUT", onObject, "tagging versionId?", 0, (*Server).putObjectTagging},
	{"DeleteObjectTagging", "DELETE", onObject, "tagging versionId?", 0, (*Server).deleteObjectTagging},
	{"GetObjectAcl", "GET", onObject, "acl versionId?", 0, (*Server).getObjectACL},
	{"PutObjectAcl", "PUT", onObject, "acl versionId?", 0, (*Server).putObjectACL},
	{"GetObjectRetention", "GET", onObject, "retention versionId?", 0, (*Server).getObjectRetention},
	{"PutObjectRetention", "PUT", onObject, "retention versionId?", summed, (*Server).putObjectRetention},
	{"GetObjectLegalHold", "GET", onObject, "legal-hold versionId?", 0, (*Server).getObjectLegalHold},
	{"PutObjectLegalHold", "PUT", onObject, "legal-hold versionId?", summed, (*Server).putObjectLegalHold},
	{"RestoreObject", "POST", onObject, "restore versionId?", 0, (*Server).restoreObject},

	{"CreateMultipartUpload", "POST", onObject, "uploads", 0, (*Server).createMultipartUpload},
	{"UploadPartCopy", "PUT", onObject, "partNumber uploadId", copies, (*Server).uploadPartCopy},
	{"UploadPart", "PUT", onObject, "partNumber uploadId", streams, (*Server).uploadPart},
	{"CompleteMultipartUpload", "POST", onObject, "uploadId", sumsAnObject | long, (*Server).completeMultipartUpload},
	{"AbortMultipartUpload", "DELETE", onObject, "uploadId", 0, (*Server).abortMultipartUpload},
	{"ListParts", "GET", onObject, "uploadId", 0, (*Server).listParts},
}

func (o *operation) is(t traits) bool { return o.traits&t != 0 }

// findOperation gives the first that fits.
func (q *request) findOperation(r *http.Request) *operation {
	at := onObject
	switch {
	case q.bucket == "" && q.key == "":
		at = onService
	case q.bucket == "":
		return nil
	case q.key == "":
		at = onBucket
	}
	for i := range s3Operations {
		o := &s3Operations[i]
		if o.method == r.Method && o.level == at && (!o.is(copies) || r.Header.Get(copySourceHeader) != "") && q.fits(o.query) {
			return o
		}
	}
	return nil
}

// fits reports whether the query has all that it must have, and no subresource
// beyond that. Other unknown parameters are ignored, as S3 does.
func (q *request) fits(query string) bool {
	named := 0
	for name := range strings.FieldsSeq(query) {
		name, optional := strings.CutSuffix(name, "?")
		name, value, hasValue := strings.Cut(name, "=")
		has := q.query.Has(name) && (!hasValue || q.query.Get(name) == value)
		if !has && !optional {
			return false
		}
		if has && subresources[name] {
			named++
		}
	}
	for name := range q.query {
		if subresources[name] {
			named--
		}
	}
	return named == 0
}

// subresources are those of all operations, of those that are not here too: to
// ignore them would be to do something else than what was asked for.
var subresources = func() map[string]bool {
	set := make(map[string]bool)
	for name := range strings.FieldsSeq(`
		abac accelerate acl analytics annotation append attributes cors delete encryption
		intelligent-tiering inventory legal-hold lifecycle logging metadataConfiguration
		metadataInventoryTable metadataJournalTable metadataTable metrics notification
		object-lock ownershipControls partNumber policy policyStatus publicAccessBlock
		renameObject replication requestPayment restore retention select select-type session
		tagging torrent uploadId uploads versionId versioning versions website`) {
		set[name] = true
	}
	return set
}()

// Operations are the names that [Fault.Op] and [Server.Requests] know.
func Operations() []string {
	return slices.Sorted(maps.Keys(operations))
}

var operations = func() map[string]bool {
	all := make(map[string]bool)
	for _, o := range s3Operations {
		all[o.name] = true
	}
	for op := range stsOperations {
		all[op] = true
	}
	return all
}()
