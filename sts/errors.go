package sts

import (
	"errors"
	"fmt"

	"github.com/sigvier/sigvier/sigv4/sigv4http"
)

// The kinds of failure, for errors.Is. All but the first two are STS's answers,
// and the error is then also a [*sigv4http.APIError] (AWS Security Token Service
// API Reference, "AssumeRole", Errors, and "Common Errors").
var (
	ErrInput              = errors.New("invalid input")                                      // nothing was sent
	ErrResponse           = errors.New("the answer is none of STS's")                        // a [*ResponseError]
	ErrAccessDenied       = errors.New("access denied")                                      // the role does not trust the caller, or wants another external ID
	ErrExpiredToken       = errors.New("the session of the base credentials has ended")      // or the web identity token's
	ErrMalformed          = errors.New("the request was refused by its form")                // what only STS can check
	ErrThrottled          = errors.New("too many requests")                                  // retries included
	ErrRegionDisabled     = errors.New("STS is not activated in this region of the account") // an administrator can
	ErrCredentialsRefused = errors.New("the base credentials were refused")                  // unknown key, wrong secret, wrong token
)

// kindOf is the sentinel for an error code, nil if there is none.
func kindOf(code string) error {
	switch code {
	case "AccessDenied", "AccessDeniedException", "NotAuthorized":
		return ErrAccessDenied
	case "ExpiredToken", "ExpiredTokenException":
		return ErrExpiredToken
	case "ValidationError", "InvalidParameterValue", "InvalidParameterCombination", "MissingParameter",
		"MalformedInput", "MalformedPolicyDocument", "PackedPolicyTooLarge":
		return ErrMalformed
	case "Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequests":
		return ErrThrottled
	case "RegionDisabledException", "RegionDisabled":
		return ErrRegionDisabled
	case "InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId", "InvalidToken",
		"SignatureDoesNotMatch", "InvalidSignatureException", "IncompleteSignature",
		"MissingAuthenticationToken", "MissingAuthenticationTokenException", "OptInRequired":
		return ErrCredentialsRefused
	}
	return nil
}

// refused wraps what STS answered.
func refused(operation string, e *sigv4http.APIError) error {
	if kind := kindOf(e.Code); kind != nil {
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
