package sts_test

import (
	"errors"
	"net/url"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sts"
)

func TestGetSessionTokenSendsTheForm(t *testing.T) {
	for _, test := range []struct {
		name string
		in   sts.GetSessionTokenInput
		want url.Values
	}{
		{"the least", sts.GetSessionTokenInput{}, url.Values{}},
		{"all", sts.GetSessionTokenInput{Duration: 36 * time.Hour, MFASerial: mfaSerial, MFACode: sts.Fixed("123456")},
			url.Values{"DurationSeconds": {"129600"}, "SerialNumber": {mfaSerial}, "TokenCode": {"123456"}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newServer(t, answer{200, answerOf("GetSessionToken", "")})
			cred, err := s.client().GetSessionToken(t.Context(), test.in)
			if err != nil {
				t.Fatal(err)
			}
			if cred.AccessKeyID != sessionKeyID || cred.SecretAccessKey() != sessionKey || cred.SessionToken() != sessionToken || cred.Expires.IsZero() {
				t.Errorf("credentials are not those of the answer: %v", cred)
			}
			test.want.Set("Action", "GetSessionToken")
			test.want.Set("Version", "2011-06-15")
			if diff := cmp.Diff([]url.Values{test.want}, s.forms); diff != "" {
				t.Errorf("forms sent (-want +got):\n%s", diff)
			}
		})
	}
}

func TestGetSessionTokenFails(t *testing.T) {
	for _, test := range []struct {
		answer answer
		want   error
	}{
		{refusal(403, "AccessDenied"), sts.ErrAccessDenied},
		{answer{200, "<GetSessionTokenResponse/>"}, sts.ErrResponse},
	} {
		cred, err := newServer(t, test.answer).client().GetSessionToken(t.Context(), sts.GetSessionTokenInput{})
		if !errors.Is(err, test.want) || cred != (sigv4.Credentials{}) {
			t.Errorf("got %v, %v, want %v", cred, err, test.want)
		}
	}
}
