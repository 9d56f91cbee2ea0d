package sts_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

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
		code   string // and behind it a message, if it counts
		want   []error
	}{
		{403, "AccessDenied", []error{sts.ErrAccessDenied}},
		{403, "AccessDenied The request signature we calculated does not match the signature you provided. Check your key and signing method.", []error{sts.ErrCredentialsRefused}},
		{403, "AccessDenied The Access Key Id you provided does not exist in our records.", []error{sts.ErrCredentialsRefused}},
		{403, "AccessDeniedException", []error{sts.ErrAccessDenied}},
		{403, "NotAuthorized", []error{sts.ErrAccessDenied}},
		{403, "ExpiredToken", []error{sts.ErrExpiredToken}},
		{400, "ExpiredTokenException", []error{sts.ErrExpiredToken}},
		{400, "ValidationError", []error{sts.ErrMalformed}},
		{400, "InvalidParameterValue", []error{sts.ErrMalformed}},
		{404, "InvalidAction", []error{sts.ErrMalformed}},
		{404, "MalformedQueryString", []error{sts.ErrMalformed}},
		{400, "MalformedHttpRequestException", []error{sts.ErrMalformed}},
		{413, "RequestEntityTooLargeException", []error{sts.ErrMalformed}},
		{404, "UnknownOperationException", []error{sts.ErrMalformed}},
		{400, "InvalidParameterCombination", []error{sts.ErrMalformed}},
		{400, "MissingParameter", []error{sts.ErrMalformed}},
		{400, "MissingAction", []error{sts.ErrMalformed}},
		{400, "MalformedPolicyDocument", []error{sts.ErrMalformed, sts.ErrMalformedPolicy}},
		{400, "PackedPolicyTooLarge", []error{sts.ErrMalformed, sts.ErrPackedPolicyTooLarge}},
		{404, "Throttling", []error{sts.ErrThrottled}},
		{404, "ThrottlingException", []error{sts.ErrThrottled}},
		{404, "RequestLimitExceeded", []error{sts.ErrThrottled}},
		{404, "SlowDown", []error{sts.ErrThrottled}},
		{404, "InternalFailure", []error{sts.ErrUnavailable}},
		{404, "ServiceUnavailable", []error{sts.ErrUnavailable}},
		{400, "RequestAbortedException", []error{sts.ErrUnavailable}},
		{408, "RequestTimeoutException", []error{sts.ErrUnavailable}},
		{403, "RegionDisabledException", []error{sts.ErrRegionDisabled}},
		{403, "InvalidClientTokenId", []error{sts.ErrCredentialsRefused}},
		{403, "UnrecognizedClientException", []error{sts.ErrCredentialsRefused}},
		{403, "SignatureDoesNotMatch", []error{sts.ErrCredentialsRefused}},
		{400, "IncompleteSignature", []error{sts.ErrCredentialsRefused}},
		{403, "MissingAuthenticationToken", []error{sts.ErrCredentialsRefused}},
		{403, "OptInRequired", []error{sts.ErrCredentialsRefused}},
		{400, "RequestExpired", []error{sts.ErrClockSkewed}},
		{403, "SignatureDoesNotMatch Signature expired: 20220127T001427Z is now earlier than 20220127T014428Z (20220127T015928Z - 15 min.)", []error{sts.ErrClockSkewed}},
		{403, "SignatureDoesNotMatch Signature not yet current: 20210502T183640Z is still later than 20210502T175140Z (20210502T173640Z + 15 min.)", []error{sts.ErrClockSkewed}},
		{403, "SignatureDoesNotMatch Credential should be scoped to a valid region, not 'us-east-2'. ", []error{sts.ErrCredentialsRefused}},
		{400, "InvalidIdentityToken", []error{sts.ErrIdentityToken}},
		{403, "IDPRejectedClaim", []error{sts.ErrIdentityProviderDenied}},
		{404, "IDPCommunicationError", []error{sts.ErrIdentityProviderDown}},
		{400, "InvalidAuthorizationMessageException", []error{sts.ErrAuthorizationMessage}},
		{400, "SomethingNew", nil},
	} {
		t.Run(test.code, func(t *testing.T) {
			code, message, ok := strings.Cut(test.code, " ")
			if !ok {
				message = "because"
			}
			a := refusal(test.status, code)
			a.body = strings.Replace(a.body, "because", message, 1)
			s := newServer(t, a)
			out, err := s.client().AssumeRole(t.Context(), role)
			if out != (sts.AssumeRoleOutput{}) {
				t.Errorf("beside the error: %v", out)
			}
			var api *sigv4http.APIError
			if !errors.As(err, &api) || api.Code != code || api.Status != test.status || api.RequestID != "request-2" {
				t.Errorf("got %v, want an APIError %s of status %d", err, code, test.status)
			}
			if !errors.Is(err, &sigv4http.APIError{Code: code}) {
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
			text := code + ": " + message + " (HTTP " + fmt.Sprint(test.status) + ", request ID request-2)"
			if len(test.want) > 0 {
				text = test.want[len(test.want)-1].Error() + ": " + text
			}
			if want := "sts: AssumeRole: " + text; err.Error() != want {
				t.Errorf("got  %s\nwant %s", err, want)
			}
		})
	}
}

// Codes that are none of STS's: a proxy's page has the name of its status, and
// MinIO codes of its own.
func TestRefusalsOfOthersAreTypedByTheirStatus(t *testing.T) {
	for _, test := range []struct {
		status int
		body   string
		want   error
		calls  int
	}{
		{429, "<html>", sts.ErrThrottled, 4},
		{429, refusal(429, "Calm").body, sts.ErrThrottled, 4},
		{500, refusal(500, "XMinioSomething").body, sts.ErrUnavailable, 4},
		{502, "<html>", sts.ErrUnavailable, 4},
		{503, refusal(503, "STSNotInitialized").body, sts.ErrUnavailable, 4},
		{504, "", sts.ErrUnavailable, 4},
		{599, "", sts.ErrUnavailable, 1},
		{404, "<html>", nil, 1},
	} {
		synctest.Test(t, func(t *testing.T) {
			calls := 0
			c := &sts.Client{Region: "eu-central-1", Provider: base, Base: roundTripper(func(req *http.Request) (*http.Response, error) {
				calls++
				req.Body.Close()
				return &http.Response{StatusCode: test.status, Body: io.NopCloser(strings.NewReader(test.body)), Request: req}, nil
			})}
			_, err := c.AssumeRole(t.Context(), role)
			kinds := 0
			for _, kind := range []error{sts.ErrThrottled, sts.ErrUnavailable, sts.ErrAccessDenied, sts.ErrMalformed} {
				if errors.Is(err, kind) {
					kinds++
				}
			}
			if test.want != nil && (kinds != 1 || !errors.Is(err, test.want)) || test.want == nil && kinds != 0 {
				t.Errorf("status %d: got %v, want %v", test.status, err, test.want)
			}
			var api *sigv4http.APIError
			if !errors.As(err, &api) || api.Status != test.status || calls != test.calls {
				t.Errorf("status %d: got %v after %d calls, want an APIError after %d", test.status, err, calls, test.calls)
			}
		})
	}
}
