package s3client

import (
	"errors"
	"net/http"

	"github.com/sigvier/sigvier/sigv4/sigv4http"
	"github.com/sigvier/sigvier/sts"
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

// Codes that programs branch on.
var (
	ErrNoSuchKey             error = &APIError{Code: "NoSuchKey"}
	ErrNoSuchBucket          error = &APIError{Code: "NoSuchBucket"}
	ErrAccessDenied          error = &APIError{Code: "AccessDenied"}
	ErrPreconditionFailed    error = &APIError{Code: "PreconditionFailed"}
	ErrNotModified           error = &APIError{Code: "NotModified"}
	ErrInvalidRange          error = &APIError{Code: "InvalidRange"}
	ErrBucketAlreadyExists   error = &APIError{Code: "BucketAlreadyExists"}
	ErrBucketAlreadyOwned    error = &APIError{Code: "BucketAlreadyOwnedByYou"}
	ErrBucketNotEmpty        error = &APIError{Code: "BucketNotEmpty"}
	ErrSignatureDoesNotMatch error = &APIError{Code: "SignatureDoesNotMatch"}
	ErrExpiredToken          error = &APIError{Code: "ExpiredToken"}
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
		text += ": " + h
	}
	return text
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Is matches [ErrNotFound] and [ErrDenied].
func (e *Error) Is(target error) bool {
	var api *APIError
	if !errors.As(e.Err, &api) {
		return false
	}
	switch target {
	case ErrNotFound:
		return api.Status == http.StatusNotFound && !isDenial(api)
	case ErrDenied:
		return isDenial(api)
	}
	return false
}

func isDenial(e *APIError) bool {
	switch e.Code {
	case "ExpiredToken", "ExpiredTokenException", "InvalidToken", "AuthorizationHeaderMalformed",
		"XAdminUserNotFound": // versitygw's InvalidAccessKeyId, with status 404
		return true
	}
	return e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden
}

// hint says what to do about an error.
func hint(err error) string {
	var api *APIError
	if !errors.As(err, &api) {
		return ""
	}
	if errors.Is(err, sts.ErrAccessDenied) {
		return "the role does not trust these credentials, or wants another external ID"
	}
	switch api.Code {
	case "SignatureDoesNotMatch":
		return "the secret access key does not belong to this access key ID, or something on the way changed the request"
	case "InvalidAccessKeyId", "InvalidClientTokenId", "XAdminUserNotFound":
		return "check the access key ID, and that this is the service it belongs to"
	case "NoSuchBucket":
		return "check the bucket's name"
	case "ExpiredToken", "ExpiredTokenException":
		return "the session has ended: get new temporary credentials"
	case "PackedPolicyTooLarge":
		return "restrict to a shorter path, or set no_session_policy"
	case "RequestTimeTooSkewed":
		return "set this machine's clock"
	case "Forbidden":
		return "the credentials are wrong, or have no permission for this"
	case "NotFound":
		return "there is no such bucket or key"
	case "BadRequest":
		if api.Region == "" {
			return "the answer to HEAD does not say why: check the region and the credentials"
		}
	}
	if api.Region != "" && (api.Status == http.StatusMovedPermanently || api.Status == http.StatusBadRequest) {
		return "the bucket is in region " + api.Region + ": set the region to that"
	}
	if api.Status >= 300 && api.Status < 400 && api.Status != http.StatusNotModified {
		return "the service redirects: check region and endpoint"
	}
	return ""
}
