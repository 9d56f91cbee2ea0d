package sts_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/sigvier/sigvier/sigv4/sigv4http"
	"github.com/sigvier/sigvier/sts"
)

// Every code that the API Reference lists for these operations and among the
// common errors, with its status there. Those of 5xx and of throttling come after
// the retries, which TestCallIsRetriedWithItsBody has; here they come at once, as
// STS says them with other statuses, too.
func TestRefusalsAreTyped(t *testing.T) {
	sentinels := []error{
		sts.ErrInput, sts.ErrResponse, sts.ErrAccessDenied, sts.ErrExpiredToken, sts.ErrMalformed, sts.ErrThrottled, sts.ErrUnavailable,
		sts.ErrRegionDisabled, sts.ErrCredentialsRefused, sts.ErrClockSkewed, sts.ErrMalformedPolicy, sts.ErrPackedPolicyTooLarge,
		sts.ErrIdentityToken, sts.ErrIdentityProviderDenied, sts.ErrIdentityProviderDown, sts.ErrAuthorizationMessage,
	}
	for _, test := range []struct {
		status int
		code   string
		want   []error
	}{
		{403, "AccessDenied", []error{sts.ErrAccessDenied}},
		{403, "AccessDeniedException", []error{sts.ErrAccessDenied}},
		{403, "NotAuthorized", []error{sts.ErrAccessDenied}},
		{403, "ExpiredToken", []error{sts.ErrExpiredToken}},
		{400, "ExpiredTokenException", []error{sts.ErrExpiredToken}},
		{400, "ValidationError", []error{sts.ErrMalformed}},
		{400, "InvalidParameterValue", []error{sts.ErrMalformed}},
		{404, "InvalidAction", []error{sts.ErrMalformed}},
		{404, "MalformedQueryString", []error{sts.ErrMalformed}},
		{400, "MalformedPolicyDocument", []error{sts.ErrMalformed, sts.ErrMalformedPolicy}},
		{400, "PackedPolicyTooLarge", []error{sts.ErrMalformed, sts.ErrPackedPolicyTooLarge}},
		{404, "Throttling", []error{sts.ErrThrottled}},
		{404, "ThrottlingException", []error{sts.ErrThrottled}},
		{404, "InternalFailure", []error{sts.ErrUnavailable}},
		{404, "ServiceUnavailable", []error{sts.ErrUnavailable}},
		{403, "RegionDisabledException", []error{sts.ErrRegionDisabled}},
		{403, "InvalidClientTokenId", []error{sts.ErrCredentialsRefused}},
		{403, "SignatureDoesNotMatch", []error{sts.ErrCredentialsRefused}},
		{400, "IncompleteSignature", []error{sts.ErrCredentialsRefused}},
		{403, "MissingAuthenticationToken", []error{sts.ErrCredentialsRefused}},
		{403, "OptInRequired", []error{sts.ErrCredentialsRefused}},
		{400, "RequestExpired", []error{sts.ErrClockSkewed}},
		{400, "InvalidIdentityToken", []error{sts.ErrIdentityToken}},
		{403, "IDPRejectedClaim", []error{sts.ErrIdentityProviderDenied}},
		{404, "IDPCommunicationError", []error{sts.ErrIdentityProviderDown}},
		{400, "InvalidAuthorizationMessageException", []error{sts.ErrAuthorizationMessage}},
		{400, "SomethingNew", nil},
	} {
		t.Run(test.code, func(t *testing.T) {
			s := newServer(t, refusal(test.status, test.code))
			out, err := s.client().AssumeRole(t.Context(), role)
			if out != (sts.AssumeRoleOutput{}) {
				t.Errorf("beside the error: %v", out)
			}
			var api *sigv4http.APIError
			if !errors.As(err, &api) || api.Code != test.code || api.Status != test.status || api.RequestID != "request-2" {
				t.Errorf("got %v, want an APIError %s of status %d", err, test.code, test.status)
			}
			if !errors.Is(err, &sigv4http.APIError{Code: test.code}) {
				t.Errorf("%v does not match by code", err)
			}
			matched := 0
			for _, sentinel := range sentinels {
				want := false
				for _, w := range test.want {
					want = want || w == sentinel
				}
				if got := errors.Is(err, sentinel); got != want {
					t.Errorf("errors.Is(%v, %q) = %v", err, sentinel, got)
				} else if got {
					matched++
				}
			}
			if matched != len(test.want) {
				t.Errorf("%d sentinels match, want %d", matched, len(test.want))
			}
			// The text names the closest of them once.
			text := test.code + ": because (HTTP " + fmt.Sprint(test.status) + ", request ID request-2)"
			if len(test.want) > 0 {
				text = test.want[len(test.want)-1].Error() + ": " + text
			}
			if want := "sts: AssumeRole: " + text; err.Error() != want {
				t.Errorf("got  %s\nwant %s", err, want)
			}
		})
	}
}

// A proxy's page may repeat the request.
func TestRefusalDoesNotRepeatWhatWasSentInConfidence(t *testing.T) {
	const (
		token      = "eyJhbGciOiJSUzI1NiJ9.e30.c2lnbmF0dXJl+/="
		externalID = "customer/4711=="
		assertion  = "an assertion+of=the/caller"
	)
	client := func(body string) *sts.Client { return newServer(t, answer{400, body}).client() }
	role := role
	role.ExternalID = externalID
	role.Contexts = []sts.ProvidedContext{{ProviderARN: "arn:aws:iam::aws:contextProvider/IdentityCenter", Assertion: sts.Fixed(assertion)}}
	for _, secret := range []string{token, externalID, assertion} {
		for _, text := range []string{secret, strings.NewReplacer("/", "%2F", "=", "%3D", "+", "%2B", " ", "+").Replace(secret)} {
			for name, body := range map[string]string{
				"page":     "you sent " + text,
				"cut":      strings.Repeat(" ", 3) + strings.Repeat("x", 115-len(secret)/2) + text, // what is quoted ends within it
				"document": "<ErrorResponse><Error><Code>ValidationError</Code><Message>what is " + text + "?</Message></Error></ErrorResponse>",
			} {
				_, byToken := client(body).AssumeRoleWithWebIdentity(t.Context(), sts.AssumeRoleWithWebIdentityInput{RoleARN: roleARN, SessionName: "TestAR", Token: sts.Fixed(token)})
				_, byRole := client(body).AssumeRole(t.Context(), role)
				err := byRole
				if secret == token {
					err = byToken
				}
				if err == nil || strings.Contains(err.Error(), text[:10]) {
					t.Errorf("%s: %v repeats %s", name, err, text)
				}
				if name != "cut" && !strings.Contains(err.Error(), "[redacted]") {
					t.Errorf("%s: %v, want it to say that something was taken out", name, err)
				}
			}
		}
	}

	// What is too short to be a secret stays, for it is likely to be in any text.
	role.ExternalID = "iam"
	_, err := client("<ErrorResponse><Error><Code>AccessDenied</Code><Message>arn:aws:iam::123456789012:user/Alice may not</Message></Error></ErrorResponse>").AssumeRole(t.Context(), role)
	if want := "sts: AssumeRole: access denied: AccessDenied: arn:aws:iam::123456789012:user/Alice may not (HTTP 400, request ID request-1)"; err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}
