package s3client

import (
	"errors"
	"net/http"
	"strings"

	"github.com/sigvier/sigvier/sigv4/sigv4http"
)

// APIError is the service's own word: code, message, status, request ID.
type APIError = sigv4http.APIError

// Conditions that programs branch on, whatever operation says them.
var (
	// ErrNotFound: there is no such bucket, key or version (also where HEAD,
	// which has no error document, cannot say which).
	ErrNotFound = errors.New("not found")
	// ErrDenied: the credentials, the signature or a permission was refused.
	ErrDenied = errors.New("denied")
)

// Codes that programs branch on (Amazon S3 API Reference, "Error responses").
var (
	// About what is not there, or there already.
	ErrNoSuchKey           error = &APIError{Code: "NoSuchKey"}
	ErrNoSuchBucket        error = &APIError{Code: "NoSuchBucket"}
	ErrNoSuchVersion       error = &APIError{Code: "NoSuchVersion"}
	ErrNoSuchUpload        error = &APIError{Code: "NoSuchUpload"} // or it was completed or aborted
	ErrNoSuchTagSet        error = &APIError{Code: "NoSuchTagSet"}
	ErrBucketAlreadyExists error = &APIError{Code: "BucketAlreadyExists"}
	ErrBucketAlreadyOwned  error = &APIError{Code: "BucketAlreadyOwnedByYou"}
	ErrBucketNotEmpty      error = &APIError{Code: "BucketNotEmpty"}

	// About configurations that a bucket or an object does not have.
	ErrNoSuchCORSConfiguration       error = &APIError{Code: "NoSuchCORSConfiguration"}
	ErrNoSuchLifecycleConfiguration  error = &APIError{Code: "NoSuchLifecycleConfiguration"}
	ErrNoSuchObjectLockConfiguration error = &APIError{Code: "NoSuchObjectLockConfiguration"} // of an object
	ErrObjectLockNotConfigured       error = &APIError{Code: "ObjectLockConfigurationNotFoundError"}

	// About who asks.
	ErrAccessDenied                  error = &APIError{Code: "AccessDenied"}
	ErrSignatureDoesNotMatch         error = &APIError{Code: "SignatureDoesNotMatch"}
	ErrInvalidAccessKeyID            error = &APIError{Code: "InvalidAccessKeyId"}
	ErrExpiredToken                  error = &APIError{Code: "ExpiredToken"}
	ErrInvalidToken                  error = &APIError{Code: "InvalidToken"}
	ErrRequestTimeTooSkewed          error = &APIError{Code: "RequestTimeTooSkewed"}
	ErrAccessControlListNotSupported error = &APIError{Code: "AccessControlListNotSupported"}
	ErrPermanentRedirect             error = &APIError{Code: "PermanentRedirect"}
	ErrAuthorizationHeaderMalformed  error = &APIError{Code: "AuthorizationHeaderMalformed"}

	// About conditions.
	ErrPreconditionFailed         error = &APIError{Code: "PreconditionFailed"}
	ErrNotModified                error = &APIError{Code: "NotModified"}
	ErrConditionalRequestConflict error = &APIError{Code: "ConditionalRequestConflict"}

	// About what was asked for.
	ErrInvalidRange      error = &APIError{Code: "InvalidRange"}
	ErrInvalidPart       error = &APIError{Code: "InvalidPart"}
	ErrInvalidPartOrder  error = &APIError{Code: "InvalidPartOrder"}
	ErrInvalidPartNumber error = &APIError{Code: "InvalidPartNumber"}
	ErrEntityTooSmall    error = &APIError{Code: "EntityTooSmall"}
	ErrEntityTooLarge    error = &APIError{Code: "EntityTooLarge"}
	ErrBadDigest         error = &APIError{Code: "BadDigest"}
	ErrIncompleteBody    error = &APIError{Code: "IncompleteBody"}
	ErrMetadataTooLarge  error = &APIError{Code: "MetadataTooLarge"}
	ErrMalformedXML      error = &APIError{Code: "MalformedXML"}
	ErrInvalidArgument   error = &APIError{Code: "InvalidArgument"}
	ErrInvalidBucketName error = &APIError{Code: "InvalidBucketName"}
	ErrInvalidRequest    error = &APIError{Code: "InvalidRequest"}
	ErrInvalidTag        error = &APIError{Code: "InvalidTag"}
	ErrMethodNotAllowed  error = &APIError{Code: "MethodNotAllowed"}
	ErrNotImplemented    error = &APIError{Code: "NotImplemented"}

	// About archived objects.
	ErrInvalidObjectState       error = &APIError{Code: "InvalidObjectState"}
	ErrObjectNotInActiveTier    error = &APIError{Code: "ObjectNotInActiveTierError"} // of the source of a copy
	ErrRestoreAlreadyInProgress error = &APIError{Code: "RestoreAlreadyInProgress"}

	// About the service's own state.
	ErrSlowDown           error = &APIError{Code: "SlowDown"}
	ErrServiceUnavailable error = &APIError{Code: "ServiceUnavailable"}
	ErrInternalError      error = &APIError{Code: "InternalError"}
	ErrRequestTimeout     error = &APIError{Code: "RequestTimeout"}
	ErrOperationAborted   error = &APIError{Code: "OperationAborted"}
)

// Error says which operation failed on what, and why.
type Error struct {
	Op     string // "GetObject"
	Bucket string
	Key    string
	Err    error // an [*APIError], [ErrRestricted], a network error, …
}

func (e *Error) Error() string {
	at := ""
	if e.Bucket != "" {
		at = " s3://" + e.Bucket + "/" + e.Key
	}
	text := e.Op + at + ": " + e.Err.Error()
	if h := hint(e.Err); h != "" {
		if _, given := find[*Error](e.Err); !given { // as it is where there is no session, say
			text += ": " + h
		}
	}
	return text
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Is matches [ErrNotFound] and [ErrDenied], and the codes of S3 where STS, another
// server, or an answer without a document has another one for the same.
func (e *Error) Is(target error) bool {
	api, ok := find[*APIError](e.Err)
	if !ok {
		return false
	}
	switch target {
	case ErrNotFound:
		return isMissing(api) && !isDenial(api)
	case ErrDenied:
		return isDenial(api)
	case ErrInvalidAccessKeyID:
		return api.Code == "InvalidClientTokenId" || api.Code == versityUserNotFound
	case ErrExpiredToken:
		return api.Code == "ExpiredTokenException"
	case ErrInvalidRange:
		return api.Code == "RequestedRangeNotSatisfiable"
	case ErrBadDigest:
		return api.Code == "XAmzContentChecksumMismatch" // MinIO's
	case ErrEntityTooLarge:
		return api.Code == "RequestEntityTooLarge"
	}
	return false
}

// isMissing also knows what is missing by its code, of one of many objects in an
// answer of status 200.
func isMissing(e *APIError) bool {
	return e.Status == http.StatusNotFound || strings.HasPrefix(e.Code, "NoSuch")
}

// versityUserNotFound is versitygw's InvalidAccessKeyId, with status 404.
const versityUserNotFound = "XAdminUserNotFound"

func isDenial(e *APIError) bool {
	switch e.Code {
	case "AccessDenied", "ExpiredToken", "ExpiredTokenException", "InvalidToken", "AuthorizationHeaderMalformed", versityUserNotFound:
		return true
	case "InvalidObjectState", "ObjectNotInActiveTierError": // 403, and nobody is refused
		return false
	}
	return e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden
}

// find is errors.As without the reflection, which costs a small program 13 KB: it is
// errors.AsType, which Go has from 1.26 on.
func find[T error](err error) (found T, ok bool) {
	for err != nil {
		if found, ok = err.(T); ok {
			return found, true
		}
		switch e := err.(type) {
		case interface{ Unwrap() error }:
			err = e.Unwrap()
		case interface{ Unwrap() []error }:
			for _, err := range e.Unwrap() {
				if found, ok = find[T](err); ok {
					return found, true
				}
			}
			return found, false
		default:
			return found, false
		}
	}
	return found, false
}
