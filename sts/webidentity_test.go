package sts_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sigvier/sigvier/sigv4/sigv4http"
	"github.com/sigvier/sigvier/sts"
)

const webToken = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl"

var (
	webRole     = sts.AssumeRoleWithWebIdentityInput{RoleARN: roleARN, SessionName: "TestAR", Token: sts.Fixed(webToken)}
	webResponse = answerOf("AssumeRoleWithWebIdentity", "<SubjectFromWebIdentityToken>alice</SubjectFromWebIdentityToken>"+
		"<Provider>https://issuer.example</Provider><Audience>sts.amazonaws.com</Audience>")
)

func TestAssumeRoleWithWebIdentitySendsTheForm(t *testing.T) {
	for _, test := range []struct {
		name string
		in   sts.AssumeRoleWithWebIdentityInput
		want url.Values
	}{
		{"the least", webRole, url.Values{"RoleArn": {roleARN}, "RoleSessionName": {"TestAR"}, "WebIdentityToken": {webToken}}},
		{
			"all",
			sts.AssumeRoleWithWebIdentityInput{RoleARN: roleARN, SessionName: "TestAR", Token: sts.Fixed(webToken), ProviderID: "graph.facebook.com",
				Duration: 12 * time.Hour, Policy: policy, PolicyARNs: []string{"arn:aws:iam::aws:policy/ReadOnlyAccess"}},
			url.Values{"RoleArn": {roleARN}, "RoleSessionName": {"TestAR"}, "WebIdentityToken": {webToken}, "ProviderId": {"graph.facebook.com"},
				"DurationSeconds": {"43200"}, "Policy": {policy}, "PolicyArns.member.1.arn": {"arn:aws:iam::aws:policy/ReadOnlyAccess"}},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newServer(t, answer{200, webResponse}) // which refuses a signature
			out, err := (&sts.Client{Endpoint: s.URL}).AssumeRoleWithWebIdentity(t.Context(), test.in)
			if err != nil {
				t.Fatal(err)
			}
			test.want.Set("Action", "AssumeRoleWithWebIdentity")
			test.want.Set("Version", "2011-06-15")
			if diff := cmp.Diff([]url.Values{test.want}, s.forms); diff != "" {
				t.Errorf("forms sent (-want +got):\n%s", diff)
			}
			if cred := out.Credentials; cred.AccessKeyID != sessionKeyID || cred.SecretAccessKey() != sessionKey || cred.SessionToken() != sessionToken ||
				!cred.Expires.Equal(time.Date(2019, 11, 9, 13, 34, 41, 0, time.UTC)) {
				t.Errorf("credentials are not those of the answer: %v", cred)
			}
			got := []any{out.AssumedRoleARN, out.AssumedRoleID, out.Subject, out.Provider, out.Audience, out.SourceIdentity, out.PackedPolicySize}
			want := []any{"arn:aws:sts::123456789012:assumed-role/demo/TestAR", "ARO123EXAMPLE123:TestAR", "alice", "https://issuer.example", "sts.amazonaws.com", "DevUser123", 6}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("output (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAssumeRoleWithWebIdentityIsRefused(t *testing.T) {
	for _, test := range []struct {
		answer answer
		want   error
	}{
		{refusal(400, "InvalidIdentityToken"), sts.ErrIdentityToken},
		{refusal(403, "IDPRejectedClaim"), sts.ErrIdentityProviderDenied},
		{refusal(400, "ExpiredTokenException"), sts.ErrExpiredToken},
		{answer{200, "<AssumeRoleWithWebIdentityResponse/>"}, sts.ErrResponse},
	} {
		s := newServer(t, test.answer)
		out, err := s.client().AssumeRoleWithWebIdentity(t.Context(), webRole)
		if !errors.Is(err, test.want) || out != (sts.AssumeRoleWithWebIdentityOutput{}) {
			t.Errorf("got %v, %v, want %v", out, err, test.want)
		}
		if len(s.forms) != 1 {
			t.Errorf("%v: %d calls, want 1", err, len(s.forms))
		}
	}
}

func TestUnsignedCallIsRetriedWithItsBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var bodies []string
		answers := []answer{{503, ""}, refusal(400, "IDPCommunicationError"), refusal(400, "Throttling"), {200, webResponse}}
		c := &sts.Client{Region: "eu-central-1", Base: roundTripper(func(req *http.Request) (*http.Response, error) {
			body, err := io.ReadAll(req.Body)
			if err != nil {
				t.Error(err)
			}
			bodies = append(bodies, string(body))
			a := answers[len(bodies)-1]
			return &http.Response{StatusCode: a.status, Body: io.NopCloser(strings.NewReader(a.body)), Request: req}, nil
		})}
		if _, err := c.AssumeRoleWithWebIdentity(t.Context(), webRole); err != nil {
			t.Fatal(err)
		}
		if len(bodies) != 4 || bodies[3] == "" || bodies[3] != bodies[0] {
			t.Errorf("got bodies %q, want the same four times", bodies)
		}
	})
}

// As in a file that an editor has written.
func TestWebIdentityTokenIsSentWithoutItsLineEnd(t *testing.T) {
	s := newServer(t, answer{200, webResponse})
	in := webRole
	in.Token = sts.Fixed(" " + webToken + "\r\n")
	if _, err := s.client().AssumeRoleWithWebIdentity(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	if got := s.forms[0].Get("WebIdentityToken"); got != webToken {
		t.Errorf("sent %q, want %q", got, webToken)
	}
}

func TestWebIdentityTokenIsAskedForAtEachRefresh(t *testing.T) {
	s := newServer(t, sessions(webResponse, 3)...)
	in, asked := webRole, 0
	in.Token = func(context.Context) (string, error) {
		asked++
		return fmt.Sprintf("%s-%d", webToken, asked), nil
	}
	p := s.client().AssumeRoleWithWebIdentityProvider(in)
	p.Now = func() time.Time { return time.Date(2019, 11, 9, 12, 34, 41, 0, time.UTC) }
	for n := 1; n <= 3; n++ {
		for range 2 {
			cred, err := p.Credentials(t.Context())
			if err != nil || cred.AccessKeyID != fmt.Sprint(sessionKeyID, n) {
				t.Fatalf("got %v, %v, want session %d", cred, err, n)
			}
			if len(s.forms) != n || s.forms[n-1].Get("WebIdentityToken") != fmt.Sprintf("%s-%d", webToken, n) {
				t.Fatalf("sent %v, want %d calls, the last with token %d", s.forms, n, n)
			}
			if asked != n {
				t.Fatalf("asked %d times, want %d", asked, n)
			}
		}
		cred, err := p.Credentials(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		p.Renew(cred)
	}
}

func TestProviderOfAWebIdentityNamesTheRole(t *testing.T) {
	p := newServer(t, refusal(403, "AccessDenied")).client().AssumeRoleWithWebIdentityProvider(webRole)
	_, err := p.Credentials(t.Context())
	var api *sigv4http.APIError
	if !errors.As(err, &api) || !strings.Contains(err.Error(), "role "+roleARN+": sts: AssumeRoleWithWebIdentity: access denied: ") {
		t.Errorf("got %v, want an APIError that names role and operation", err)
	}
}
