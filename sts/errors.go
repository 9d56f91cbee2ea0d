package sts

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
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

// kindOf is the sentinel for an error code, nil if there is none.
func kindOf(code string) error {
	switch code {
	case "AccessDenied", "AccessDeniedException", "NotAuthorized":
		return ErrAccessDenied
	case "ExpiredToken", "ExpiredTokenException":
		return ErrExpiredToken
	case "MalformedPolicyDocument", "MalformedPolicyDocumentException":
		return ErrMalformedPolicy
	case "PackedPolicyTooLarge", "PackedPolicyTooLargeException":
		return ErrPackedPolicyTooLarge
	case "ValidationError", "InvalidParameterValue", "InvalidParameterCombination", "MissingParameter",
		"InvalidQueryParameter", "MalformedQueryString", "MalformedInput", "InvalidAction", "MissingAction":
		return ErrMalformed
	case "Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequests":
		return ErrThrottled
	case "InternalFailure", "InternalError", "ServiceUnavailable",
		"InternalServerError", "BadGateway", "GatewayTimeout": // these are names of statuses
		return ErrUnavailable
	case "RegionDisabledException", "RegionDisabled":
		return ErrRegionDisabled
	case "InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId", "InvalidToken",
		"SignatureDoesNotMatch", "InvalidSignatureException", "IncompleteSignature",
		"MissingAuthenticationToken", "MissingAuthenticationTokenException", "OptInRequired":
		return ErrCredentialsRefused
	case "RequestExpired", "RequestTimeTooSkewed":
		return ErrClockSkewed
	case "InvalidIdentityToken", "InvalidIdentityTokenException":
		return ErrIdentityToken
	case "IDPRejectedClaim", "IDPRejectedClaimException":
		return ErrIdentityProviderDenied
	case "IDPCommunicationError", "IDPCommunicationErrorException":
		return ErrIdentityProviderDown
	case "InvalidAuthorizationMessageException", "InvalidAuthorizationMessage":
		return ErrAuthorizationMessage
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

// readError reads the error that an answer holds. What was sent in confidence is
// taken out first: it is not STS that gives it back, but a proxy's page may.
func readError(resp *http.Response, sent url.Values) *sigv4http.APIError {
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxResponse)) // what came is what there is to say
	for name, values := range sent {
		// An MFA code is left: it has served, and six digits are in every ARN.
		if name != "WebIdentityToken" && name != "ExternalId" && !strings.HasSuffix(name, ".ContextAssertion") {
			continue
		}
		for _, value := range values {
			// Too short for a secret, and likely to stand in any text.
			if len(value) < 6 {
				continue
			}
			for _, form := range [...]string{value, url.QueryEscape(value)} {
				body = bytes.ReplaceAll(body, []byte(form), []byte("[redacted]"))
			}
		}
	}
	resp.Body = struct {
		io.Reader
		io.Closer
	}{bytes.NewReader(body), resp.Body}
	return sigv4http.ReadError(resp)
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
