package s3client_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/sigvier/sigvier/s3client"
)

// Each code that programs branch on: matched by its error and by no other, a denial or
// a thing that is not there or neither, with what to do.
var codes = []struct {
	err    error
	code   string
	status int
	denied bool
	hint   string // a part of it; "" where the service's own words say it all
}{
	{s3client.ErrNoSuchKey, "NoSuchKey", 404, false, ""},
	{s3client.ErrNoSuchBucket, "NoSuchBucket", 404, false, "check the bucket's name"},
	{s3client.ErrNoSuchVersion, "NoSuchVersion", 404, false, "check the version ID"},
	{s3client.ErrNoSuchUpload, "NoSuchUpload", 404, false, "begin a new one"},
	{s3client.ErrNoSuchTagSet, "NoSuchTagSet", 404, false, ""},
	{s3client.ErrNoSuchCORSConfiguration, "NoSuchCORSConfiguration", 404, false, ""},
	{s3client.ErrNoSuchLifecycleConfiguration, "NoSuchLifecycleConfiguration", 404, false, ""},
	{s3client.ErrNoSuchObjectLockConfiguration, "NoSuchObjectLockConfiguration", 404, false, ""},
	{s3client.ErrObjectLockNotConfigured, "ObjectLockConfigurationNotFoundError", 404, false, ""},
	{s3client.ErrBucketAlreadyExists, "BucketAlreadyExists", 409, false, ""},
	{s3client.ErrBucketAlreadyOwned, "BucketAlreadyOwnedByYou", 409, false, ""},
	{s3client.ErrBucketNotEmpty, "BucketNotEmpty", 409, false, ""},

	{s3client.ErrAccessDenied, "AccessDenied", 403, true, ""},
	{s3client.ErrSignatureDoesNotMatch, "SignatureDoesNotMatch", 403, true, "the secret access key does not belong"},
	{s3client.ErrInvalidAccessKeyID, "InvalidAccessKeyId", 403, true, "check the access key ID"},
	{s3client.ErrExpiredToken, "ExpiredToken", 400, true, "get new temporary credentials"},
	{s3client.ErrInvalidToken, "InvalidToken", 400, true, "take all three from the same answer"},
	{s3client.ErrRequestTimeTooSkewed, "RequestTimeTooSkewed", 403, true, "set this machine's clock"},
	{s3client.ErrAccessControlListNotSupported, "AccessControlListNotSupported", 400, false, "leave the ACL out"},
	{s3client.ErrAuthorizationHeaderMalformed, "AuthorizationHeaderMalformed", 400, true, ""},
	{s3client.ErrPermanentRedirect, "PermanentRedirect", 301, false, "check region and endpoint"},

	{s3client.ErrPreconditionFailed, "PreconditionFailed", 412, false, ""},
	{s3client.ErrConditionalRequestConflict, "ConditionalRequestConflict", 409, false, "look at it again, and try again"},

	{s3client.ErrInvalidRange, "InvalidRange", 416, false, ""},
	{s3client.ErrInvalidPart, "InvalidPart", 400, false, "complete with their ETags"},
	{s3client.ErrInvalidPartOrder, "InvalidPartOrder", 400, false, "in ascending order"},
	{s3client.ErrInvalidPartNumber, "InvalidPartNumber", 416, false, ""},
	{s3client.ErrEntityTooSmall, "EntityTooSmall", 400, false, "5 MiB"},
	{s3client.ErrEntityTooLarge, "EntityTooLarge", 400, false, "5 GiB"},
	{s3client.ErrBadDigest, "BadDigest", 400, false, "send it again"},
	{s3client.ErrIncompleteBody, "IncompleteBody", 400, false, "send it again"},
	{s3client.ErrMetadataTooLarge, "MetadataTooLarge", 400, false, "2 KB"},
	{s3client.ErrMalformedXML, "MalformedXML", 400, false, ""},
	{s3client.ErrInvalidArgument, "InvalidArgument", 400, false, ""},
	{s3client.ErrInvalidBucketName, "InvalidBucketName", 400, false, ""},
	{s3client.ErrInvalidRequest, "InvalidRequest", 400, false, ""},
	{s3client.ErrInvalidTag, "InvalidTag", 400, false, ""},
	{s3client.ErrMethodNotAllowed, "MethodNotAllowed", 405, false, "delete marker"},
	{s3client.ErrNotImplemented, "NotImplemented", 501, false, "leave out the option"},

	{s3client.ErrInvalidObjectState, "InvalidObjectState", 403, false, "must be restored before it is read"},
	{s3client.ErrObjectNotInActiveTier, "ObjectNotInActiveTierError", 403, false, "restore it first"},
	{s3client.ErrRestoreAlreadyInProgress, "RestoreAlreadyInProgress", 409, false, "HEAD says when it is there"},

	{s3client.ErrSlowDown, "SlowDown", 503, false, "send fewer requests"},
	{s3client.ErrServiceUnavailable, "ServiceUnavailable", 503, false, ""},
	{s3client.ErrInternalError, "InternalError", 500, false, ""},
	{s3client.ErrRequestTimeout, "RequestTimeout", 400, false, ""},
	{s3client.ErrOperationAborted, "OperationAborted", 409, false, "try again when it has ended"},
}

func TestErrorCodes(t *testing.T) {
	list := func(status int, code string) error {
		reply := says(status, "<Error><Code>"+code+"</Code><Message>the service's words</Message><RequestId>r</RequestId></Error>")
		c := open(t, aws(), &s3client.Options{Base: &recorder{answers: []answer{reply}}, MaxAttempts: 1})
		_, err := c.ListObjectsV2(t.Context(), s3client.ListObjectsV2Input{Bucket: "data"})
		return err
	}
	for _, test := range codes {
		err := list(test.status, test.code)
		wantErr(t, err, test.err)
		for _, other := range codes {
			if other.err != test.err && errors.Is(err, other.err) {
				t.Errorf("%v is %v, too", err, other.err)
			}
		}
		if denied, missing := errors.Is(err, s3client.ErrDenied), errors.Is(err, s3client.ErrNotFound); denied != test.denied || missing != (test.status == 404) {
			t.Errorf("%v: denied %v, want %v; not found %v", err, denied, test.denied, missing)
		}
		if text := err.Error(); !strings.Contains(text, test.code+": the service's words (HTTP ") || !strings.Contains(text, "): "+test.hint) && test.hint != "" && !strings.Contains(text, test.hint) ||
			test.hint == "" && !strings.HasSuffix(text, ")") {
			t.Errorf("%v: want the code, the service's words and %q", err, test.hint)
		}
		if wrapped := fmt.Errorf("while testing: %w", err); !errors.Is(wrapped, test.err) {
			t.Errorf("%v is not %v when it is wrapped", wrapped, test.err)
		}
		if test.err.Error() != test.code {
			t.Errorf("%q is not written as %q", test.err, test.code)
		}
	}
}

// The same by another name: STS's, another server's, or one that is made from the
// status of an answer without a document.
func TestOtherNamesOfErrors(t *testing.T) {
	for _, test := range []struct {
		status int
		code   string
		want   error
	}{
		{403, "InvalidClientTokenId", s3client.ErrInvalidAccessKeyID}, {404, "XAdminUserNotFound", s3client.ErrInvalidAccessKeyID},
		{400, "ExpiredTokenException", s3client.ErrExpiredToken}, {400, "XAmzContentChecksumMismatch", s3client.ErrBadDigest},
	} {
		c := open(t, aws(), &s3client.Options{Base: &recorder{answers: []answer{says(test.status, "<Error><Code>"+test.code+"</Code></Error>")}}, MaxAttempts: 1})
		_, err := c.HeadBucket(t.Context(), s3client.HeadBucketInput{Bucket: "data"})
		wantErr(t, err, test.want)
	}
	for _, test := range []struct {
		status int
		header []string
		want   []error
		hint   string
	}{
		{304, nil, []error{s3client.ErrNotModified}, "NotModified"},
		{400, nil, nil, "does not say why"},
		{400, []string{"X-Amz-Bucket-Region", "ap-south-1"}, nil, "the bucket is in region ap-south-1"},
		{403, nil, []error{s3client.ErrDenied}, "have no permission for this"},
		{404, nil, []error{s3client.ErrNotFound}, "there is no such bucket or key"},
		{404, []string{"X-Amz-Delete-Marker", "true"}, []error{s3client.ErrNotFound}, "there is no such bucket or key"},
		{405, []string{"X-Amz-Delete-Marker", "true", "Allow", "DELETE"}, []error{s3client.ErrMethodNotAllowed}, "the version is a delete marker"},
		{409, nil, nil, "Conflict"},
		{412, nil, []error{s3client.ErrPreconditionFailed}, "PreconditionFailed"},
		{413, nil, []error{s3client.ErrEntityTooLarge}, "upload in smaller parts"},
		{416, nil, []error{s3client.ErrInvalidRange}, "RequestedRangeNotSatisfiable"},
		{500, nil, nil, "InternalServerError"},
		{501, nil, []error{s3client.ErrNotImplemented}, "does not have this"},
		{503, nil, []error{s3client.ErrServiceUnavailable}, "ServiceUnavailable"},
	} {
		c := open(t, awsForm("eu-central-1"), &s3client.Options{Base: &recorder{answers: []answer{says(test.status, "", test.header...)}}, MaxAttempts: 1, StayInRegion: true})
		out, err := c.HeadObject(t.Context(), s3client.HeadObjectInput{Bucket: "data", Key: "k"})
		wantErr(t, err, test.want...)
		var api *s3client.APIError
		if !errors.As(err, &api) || api.Status != test.status || !strings.Contains(err.Error(), test.hint) || out.ETag != "" {
			t.Errorf("%s: %v, want %q", http.StatusText(test.status), err, test.hint)
		}
	}
}

// Servers say their region with every error; that is advice where it is about that.
func TestRegionIsNoAdviceOnOtherErrors(t *testing.T) {
	c := open(t, aws(), &s3client.Options{Base: &recorder{answers: []answer{says(400, "<Error><Code>InvalidTag</Code><Region>us-east-1</Region></Error>")}}})
	_, err := c.ListObjectsV2(t.Context(), s3client.ListObjectsV2Input{Bucket: "data"})
	if wantErr(t, err, s3client.ErrInvalidTag); strings.Contains(err.Error(), "region") {
		t.Errorf("%v is not about the region", err)
	}
}
