package s3client

import (
	"errors"
	"net/http"

	"github.com/sigvier/sigvier/sts"
)

// hint says what to do about an error.
func hint(err error) string {
	api, ok := find[*APIError](err)
	if !ok {
		return ""
	}
	if errors.Is(err, sts.ErrAccessDenied) {
		return "the role does not trust these credentials, or wants another external ID"
	}
	if text := hintOnCode(api.Code); text != "" {
		return text
	}
	switch {
	case api.Region != "" && (api.Code != "BadRequest" && saysMoved(api) || isBareBadRequest(api)):
		return "the bucket is in region " + api.Region + ": set the region to that"
	case api.Code == illegalLocation:
		return "the service is that of another region than the one the bucket is in, or is to be in: check region and endpoint"
	case api.Status >= 300 && api.Status < 400 && api.Status != http.StatusNotModified:
		return "the service redirects: check region and endpoint"
	case isBareBadRequest(api):
		return "the answer to HEAD does not say why: check the region and the credentials"
	}
	return ""
}

// isBareBadRequest tells an answer of status 400 that does not say why, as one to HEAD
// cannot.
func isBareBadRequest(api *APIError) bool {
	return api.Status == http.StatusBadRequest && api.Code == "BadRequest" && api.Message == ""
}

// hintOnCode is what is to be said of a code whatever comes with it: S3's (Amazon S3
// API Reference, "Error responses"), and those that are made from the status of an
// answer without a document, as that to HEAD is.
func hintOnCode(code string) string {
	switch code {
	// Who asks.
	case "SignatureDoesNotMatch":
		return "the secret access key does not belong to this access key ID, or something on the way changed the request"
	case "InvalidAccessKeyId", "InvalidClientTokenId", versityUserNotFound:
		return "check the access key ID, and that this is the service it belongs to"
	case "ExpiredToken", "ExpiredTokenException":
		return "the session has ended: get new temporary credentials"
	case "InvalidToken":
		return "the session token does not belong to this access key ID: take all three from the same answer"
	case "PackedPolicyTooLarge":
		return "restrict to a shorter path, or set no_session_policy"
	case "RequestTimeTooSkewed":
		return "set this machine's clock"
	case "Forbidden":
		return "the credentials are wrong, or have no permission for this"
	case "AccessControlListNotSupported":
		return "the bucket's owner enforces ownership: leave the ACL out"

	// What is not there.
	case "NoSuchBucket":
		return "check the bucket's name"
	case "NotFound":
		return "there is no such bucket or key"
	case "NoSuchVersion":
		return "check the version ID: the version may have been deleted"
	case "NoSuchUpload":
		return "the upload was completed or aborted, or never begun: begin a new one"

	// What was asked for.
	case "InvalidPart":
		return "a part is missing, or was uploaded again since: list the parts, and complete with their ETags"
	case "InvalidPartOrder":
		return "complete with the parts in ascending order"
	case "EntityTooSmall":
		return "each part but the last must have 5 MiB"
	case "EntityTooLarge":
		return "one request uploads 5 GiB at most: upload in parts"
	case "RequestEntityTooLarge":
		return "something before the service takes no body of this length: upload in smaller parts"
	case "BadDigest":
		return "what arrived is not what was sent, or not what the given checksum is of: send it again"
	case "IncompleteBody":
		return "the body ended before its length: send it again"
	case "MetadataTooLarge":
		return "names and values of the metadata may have 2 KB together"
	case "MethodNotAllowed":
		return "the version is a delete marker, or the service does not do this here"
	case "NotImplemented":
		return "the service does not have this: leave out the option that it names"

	// What else there is.
	case "ConditionalRequestConflict":
		return "another request changed the object meanwhile: look at it again, and try again"
	case "OperationAborted":
		return "another operation on the bucket is under way: try again when it has ended"
	case "InvalidObjectState":
		return "the object is archived, and must be restored before it is read; or it is not archived, and cannot be restored"
	case "ObjectNotInActiveTierError":
		return "the source is archived: restore it first"
	case "RestoreAlreadyInProgress":
		return "it was asked for already: HEAD says when it is there"
	case "GlacierExpeditedRetrievalNotAvailable":
		return "try again later, or with the tier Standard"
	case "SlowDown", "RequestLimitExceeded":
		return "it was tried again and again: send fewer requests at a time, or spread them over more prefixes"
	}
	return ""
}
