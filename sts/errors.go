package sts

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/sigvier/sigvier/sigv4/sigv4http"
)

// The kinds of failure, for errors.Is. All but the first two are STS's answers,
// and the error is then also a [*sigv4http.APIError] (AWS Security Token Service
// API Reference, the Errors of each operation, and "Common Error Types").
var (
	ErrInput              = errors.New("invalid input")                                      // nothing was sent
	ErrResponse           = errors.New("the answer is none of STS's")                        // a [*ResponseError]
	ErrAccessDenied       = errors.New("access denied")                                      // the role does not trust the caller, or wants another external ID or MFA code
	ErrExpiredToken       = errors.New("the token has expired")                              // that of the base credentials, or the web identity token
	ErrMalformed          = errors.New("the request was refused by its form")                // what only STS can check
	ErrThrottled          = errors.New("too many requests")                                  // retries included
	ErrUnavailable        = errors.New("the service does not work at the moment")            // retries included
	ErrRegionDisabled     = errors.New("STS is not activated in this region of the account") // an administrator can
	ErrCredentialsRefused = errors.New("the base credentials were refused")                  // unknown key, wrong secret, wrong token
	ErrClockSkewed        = errors.New("the clock is wrong")                                 // by more than the transport could correct

	// These two are also [ErrMalformed].
	ErrMalformedPolicy      error = &malformed{"the session policy is malformed"}
	ErrPackedPolicyTooLarge error = &malformed{"the session policies and tags are too large when packed"}

	// Of AssumeRoleWithWebIdentity.
	ErrIdentityToken          = errors.New("the web identity token was not valid")       // get another
	ErrIdentityProviderDenied = errors.New("the identity provider rejected the claim")   // or the claim has expired or been revoked
	ErrIdentityProviderDown   = errors.New("the identity provider could not be reached") // retries included

	// Of DecodeAuthorizationMessage.
	ErrAuthorizationMessage = errors.New("the authorization message was not valid") // or it has expired
)

// malformed is a kind of [ErrMalformed].
type malformed struct{ text string }

func (e *malformed) Error() string { return e.text }
func (e *malformed) Unwrap() error { return ErrMalformed }

// kindOf is the sentinel for an answer, nil if there is none: by its code, and by
// its status where the code is none of STS's (a proxy's, MinIO's).
func kindOf(e *sigv4http.APIError) error {
	says := func(words ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.HasPrefix(e.Message, w) })
	}
	switch e.Code {
	case "AccessDenied", "AccessDeniedException", "NotAuthorized":
		// MinIO's STS has this code for all that S3 has several for, with S3's words.
		if says("The request signature we calculated does not match", "The Access Key Id you provided does not exist") {
			return ErrCredentialsRefused
		}
		return ErrAccessDenied
	case "ExpiredToken", "ExpiredTokenException":
		return ErrExpiredToken
	case "MalformedPolicyDocument", "MalformedPolicyDocumentException":
		return ErrMalformedPolicy
	case "PackedPolicyTooLarge", "PackedPolicyTooLargeException":
		return ErrPackedPolicyTooLarge
	case "ValidationError", "InvalidParameterValue", "InvalidParameterCombination", "MissingParameter",
		"InvalidQueryParameter", "MalformedQueryString", "MalformedInput", "InvalidAction", "MissingAction",
		"MalformedHttpRequestException", "RequestEntityTooLargeException", "UnknownOperationException":
		return ErrMalformed
	case "Throttling", "ThrottlingException", "RequestLimitExceeded", "SlowDown":
		return ErrThrottled
	case "InternalFailure", "InternalError", "ServiceUnavailable", "RequestAbortedException", "RequestTimeoutException":
		return ErrUnavailable
	case "RegionDisabledException", "RegionDisabled":
		return ErrRegionDisabled
	case "SignatureDoesNotMatch", "InvalidSignatureException":
		// STS has no code of its own for a clock, but words: "Signature expired: … is
		// now earlier than …" and "Signature not yet current: … is still later than …".
		if says("Signature expired", "Signature not yet current") {
			return ErrClockSkewed
		}
		return ErrCredentialsRefused
	case "RequestExpired", "RequestTimeTooSkewed":
		return ErrClockSkewed
	case "InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId", "InvalidToken", "IncompleteSignature",
		"MissingAuthenticationToken", "MissingAuthenticationTokenException", "OptInRequired":
		return ErrCredentialsRefused
	case "InvalidIdentityToken", "InvalidIdentityTokenException":
		return ErrIdentityToken
	case "IDPRejectedClaim", "IDPRejectedClaimException":
		return ErrIdentityProviderDenied
	case "IDPCommunicationError", "IDPCommunicationErrorException":
		return ErrIdentityProviderDown
	case "InvalidAuthorizationMessageException", "InvalidAuthorizationMessage":
		return ErrAuthorizationMessage
	}
	switch {
	case e.Status == http.StatusTooManyRequests:
		return ErrThrottled
	case e.Status >= http.StatusInternalServerError:
		return ErrUnavailable
	}
	return nil
}

// refused wraps what STS answered.
func refused(operation string, e *sigv4http.APIError) error {
	if kind := kindOf(e); kind != nil {
		return fmt.Errorf("sts: %s: %w: %w", operation, kind, e)
	}
	return fmt.Errorf("sts: %s: %w", operation, e)
}

// InputError says which input was refused, and why.
type InputError struct {
	Field   string // as the API names it: "RoleArn"; or a field of [Client]
	Problem string // what is wrong with it and what is expected
}

func (e *InputError) Error() string { return "sts: " + e.Field + " " + e.Problem }

// Is matches [ErrInput].
func (e *InputError) Is(target error) bool { return target == ErrInput }

// ResponseError says why an answer of status 200 cannot be used. It holds
// nothing of the answer's body, for that is where the credentials are.
type ResponseError struct {
	Operation string // "AssumeRole"
	Problem   string
	RequestID string
}

func (e *ResponseError) Error() string {
	s := "sts: " + e.Operation + ": " + ErrResponse.Error() + ": it " + e.Problem
	if e.RequestID != "" {
		s += " (request ID " + e.RequestID + ")"
	}
	return s
}

// Unwrap gives [ErrResponse].
func (e *ResponseError) Unwrap() error { return ErrResponse }
