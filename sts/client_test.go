package sts_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sigv4/sigv4http"
	"github.com/sigvier/sigvier/sts"
)

func TestAssumeRoleSendsTheForm(t *testing.T) {
	for _, test := range []struct {
		name string
		in   sts.AssumeRoleInput
		want url.Values
	}{
		{
			name: "the least",
			in:   role,
			want: url.Values{"RoleArn": {roleARN}, "RoleSessionName": {"TestAR"}, "DurationSeconds": {"3600"}},
		},
		{
			name: "all",
			in:   sts.AssumeRoleInput{RoleARN: roleARN, ExternalID: "a+b=c/d:e@f", SessionName: "x=y@z+w", Duration: 15 * time.Minute},
			want: url.Values{"RoleArn": {roleARN}, "RoleSessionName": {"x=y@z+w"}, "ExternalId": {"a+b=c/d:e@f"}, "DurationSeconds": {"900"}},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newServer(t, answer{200, assumeRoleResponse})
			if _, err := s.client().AssumeRole(t.Context(), test.in); err != nil {
				t.Fatal(err)
			}
			test.want.Set("Action", "AssumeRole")
			test.want.Set("Version", "2011-06-15")
			if diff := cmp.Diff([]url.Values{test.want}, s.forms); diff != "" {
				t.Errorf("forms sent (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAssumeRoleGivesTheSession(t *testing.T) {
	expires := time.Date(2019, 11, 9, 13, 34, 41, 0, time.UTC)
	const user = "<AssumedRoleUser>\n      <Arn>arn:aws:sts::123456789012:assumed-role/demo/TestAR</Arn>\n      <AssumedRoleId>ARO123EXAMPLE123:TestAR</AssumedRoleId>\n    </AssumedRoleUser>"
	for _, test := range []struct {
		name     string
		answer   string
		arn, id  string
		expiring time.Time
	}{
		{"AWS", assumeRoleResponse, "arn:aws:sts::123456789012:assumed-role/demo/TestAR", "ARO123EXAMPLE123:TestAR", expires},
		{"MinIO, which names no assumed role", strings.Replace(assumeRoleResponse, user, "<AssumedRoleUser><Arn></Arn><AssumeRoleId></AssumeRoleId></AssumedRoleUser>", 1), "", "", expires},
		{"no assumed role at all", strings.Replace(assumeRoleResponse, user, "", 1), "", "", expires},
		{"milliseconds", strings.Replace(assumeRoleResponse, "13:34:41Z", "13:34:41.250Z", 1),
			"arn:aws:sts::123456789012:assumed-role/demo/TestAR", "ARO123EXAMPLE123:TestAR", expires.Add(250 * time.Millisecond)},
	} {
		t.Run(test.name, func(t *testing.T) {
			out, err := newServer(t, answer{200, test.answer}).client().AssumeRole(t.Context(), role)
			if err != nil {
				t.Fatal(err)
			}
			if out.AssumedRoleARN != test.arn || out.AssumedRoleID != test.id {
				t.Errorf("assumed %q, %q, want %q, %q", out.AssumedRoleARN, out.AssumedRoleID, test.arn, test.id)
			}
			cred := out.Credentials
			if cred.AccessKeyID != sessionKeyID || cred.SecretAccessKey() != sessionKey || cred.SessionToken() != sessionToken {
				t.Errorf("credentials are not those of the answer: %v", cred)
			}
			if !cred.Expires.Equal(test.expiring) {
				t.Errorf("they end at %v, want %v", cred.Expires, test.expiring)
			}
		})
	}
}

func TestGetCallerIdentity(t *testing.T) {
	s := newServer(t, answer{200, `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
<Arn>arn:aws:iam::123456789012:user/Alice</Arn><UserId>AIDACKCEVSQ6C2EXAMPLE</UserId><Account>123456789012</Account>
</GetCallerIdentityResult></GetCallerIdentityResponse>`})
	got, err := s.client().GetCallerIdentity(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := sts.CallerIdentity{Account: "123456789012", ARN: "arn:aws:iam::123456789012:user/Alice", UserID: "AIDACKCEVSQ6C2EXAMPLE"}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if diff := cmp.Diff([]url.Values{{"Action": {"GetCallerIdentity"}, "Version": {"2011-06-15"}}}, s.forms); diff != "" {
		t.Errorf("forms sent (-want +got):\n%s", diff)
	}
}

func TestAnswerThatIsNoneIsRefused(t *testing.T) {
	without := func(element string) string {
		before, rest, _ := strings.Cut(assumeRoleResponse, "<"+element+">")
		_, after, _ := strings.Cut(rest, "</"+element+">")
		return before + after
	}
	for _, test := range []struct{ name, answer, want string }{
		{"empty", "", "is no AssumeRoleResponse document"},
		{"HTML", "<html><body>" + sessionKey + "</body></html>", "is no AssumeRoleResponse document"},
		{"truncated", assumeRoleResponse[:len(assumeRoleResponse)-100], "is no AssumeRoleResponse document"},
		{"another operation's", `<GetCallerIdentityResponse/>`, "is no AssumeRoleResponse document"},
		{"an error in spite of 200", refusal(200, "AccessDenied").body, "is no AssumeRoleResponse document"},
		{"a bad entity that quotes a secret", "<AssumeRoleResponse>&" + sessionKeyID + ";</AssumeRoleResponse>", "is no AssumeRoleResponse document"},
		{"too large", assumeRoleResponse + strings.Repeat(" ", 300<<10), "is larger than 262144 bytes"},
		{"no result", `<AssumeRoleResponse/>`, "lacks AccessKeyId"},
		{"no credentials", without("Credentials"), "lacks AccessKeyId"},
		{"no secret", without("SecretAccessKey"), "lacks SecretAccessKey"},
		{"no token", without("SessionToken"), "lacks SessionToken"},
		{"no end", without("Expiration"), "lacks Expiration"},
		{"unreadable end", strings.Replace(assumeRoleResponse, "2019-11-09T13:34:41Z", "tomorrow", 1), "has an Expiration that is no time of ISO 8601"},
		{"end at no time", strings.Replace(assumeRoleResponse, "2019-11-09T13:34:41Z", "0001-01-01T00:00:00Z", 1), "has an Expiration that is no time of ISO 8601"},
	} {
		t.Run(test.name, func(t *testing.T) {
			out, err := newServer(t, answer{200, test.answer}).client().AssumeRole(t.Context(), role)
			want := sts.ResponseError{Operation: "AssumeRole", Problem: test.want, RequestID: "request-1"}
			var got *sts.ResponseError
			if !errors.As(err, &got) || *got != want {
				t.Fatalf("got %v, want %v", err, &want)
			}
			if !errors.Is(err, sts.ErrResponse) {
				t.Error("it does not match ErrResponse")
			}
			if out != (sts.AssumeRoleOutput{}) {
				t.Errorf("beside the error: %v", out)
			}
			noSecret(t, err.Error())
		})
	}

	t.Run("GetCallerIdentity", func(t *testing.T) {
		_, err := newServer(t, answer{200, "<GetCallerIdentityResponse/>"}).client().GetCallerIdentity(t.Context())
		if !errors.Is(err, sts.ErrResponse) {
			t.Errorf("got %v, want ErrResponse", err)
		}
	})
}

func TestRefusalsAreTyped(t *testing.T) {
	for _, test := range []struct {
		status int
		code   string
		want   error // nil: no sentinel
	}{
		{403, "AccessDenied", sts.ErrAccessDenied},
		{403, "ExpiredToken", sts.ErrExpiredToken},
		{400, "ExpiredTokenException", sts.ErrExpiredToken},
		{400, "ValidationError", sts.ErrMalformed},
		{400, "MalformedPolicyDocument", sts.ErrMalformed},
		{400, "Throttling", sts.ErrThrottled},
		{403, "RegionDisabledException", sts.ErrRegionDisabled},
		{403, "InvalidClientTokenId", sts.ErrCredentialsRefused},
		{403, "SignatureDoesNotMatch", sts.ErrCredentialsRefused},
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
			for _, sentinel := range []error{sts.ErrInput, sts.ErrResponse, sts.ErrAccessDenied, sts.ErrExpiredToken, sts.ErrMalformed,
				sts.ErrThrottled, sts.ErrRegionDisabled, sts.ErrCredentialsRefused} {
				if got := errors.Is(err, sentinel); got != (sentinel == test.want) {
					t.Errorf("errors.Is(%v, %q) = %v", err, sentinel, got)
				}
			}
		})
	}
}

func TestCallIsRetriedWithItsBody(t *testing.T) {
	s := newServer(t, answer{503, ""}, refusal(400, "Throttling"), answer{200, assumeRoleResponse})
	if _, err := s.client().AssumeRole(t.Context(), role); err != nil {
		t.Fatal(err)
	}
	if len(s.forms) != 3 || s.forms[2].Get("RoleArn") != roleARN {
		t.Errorf("got forms %v, want the same three times", s.forms)
	}
}

func TestCallSignsItsOwnBody(t *testing.T) {
	// The provider is asked while an S3 request is signed, whose context says
	// what is signed of that request's body.
	ctx := sigv4http.WithPayload(t.Context(), sigv4.UnsignedPayload())
	if _, err := newServer(t, answer{200, assumeRoleResponse}).client().AssumeRole(ctx, role); err != nil {
		t.Fatal(err)
	}
}

func TestEndpointIsThatOfThePartition(t *testing.T) {
	for _, test := range []struct{ region, endpoint, want string }{
		{"eu-central-1", "", "https://sts.eu-central-1.amazonaws.com/"},
		{"us-gov-west-1", "", "https://sts.us-gov-west-1.amazonaws.com/"},
		{"cn-north-1", "", "https://sts.cn-north-1.amazonaws.com.cn/"},
		{"eusc-de-east-1", "", "https://sts.eusc-de-east-1.amazonaws.eu/"},
		{"us-iso-east-1", "", "https://sts.us-iso-east-1.c2s.ic.gov/"},
		{"us-isob-east-1", "", "https://sts.us-isob-east-1.sc2s.sgov.gov/"},
		{"us-east-1", "http://127.0.0.1:9000", "http://127.0.0.1:9000/"},
		{"us-east-1", "https://vpce-1.sts.eu-west-1.vpce.amazonaws.com/", "https://vpce-1.sts.eu-west-1.vpce.amazonaws.com/"},
		{"default", "https://ceph.example/sts", "https://ceph.example/sts"},
	} {
		t.Run(test.region+" "+test.endpoint, func(t *testing.T) {
			stop := errors.New("stop")
			var got string
			c := &sts.Client{Region: test.region, Endpoint: test.endpoint, Provider: base,
				Base: roundTripper(func(req *http.Request) (*http.Response, error) {
					got = req.URL.String()
					if scope := "/" + test.region + "/sts/aws4_request"; !strings.Contains(req.Header.Get("Authorization"), scope) {
						t.Errorf("signed %q, want scope %q", req.Header.Get("Authorization"), scope)
					}
					req.Body.Close()
					return &http.Response{StatusCode: 404, Body: io.NopCloser(strings.NewReader(stop.Error()))}, nil
				})}
			c.GetCallerIdentity(t.Context())
			if got != test.want {
				t.Errorf("called %s, want %s", got, test.want)
			}
		})
	}
}

func TestRedirectIsNotFollowed(t *testing.T) {
	calls := 0
	c := &sts.Client{Region: "us-east-1", Provider: base, Base: roundTripper(func(req *http.Request) (*http.Response, error) {
		calls++
		req.Body.Close()
		return &http.Response{StatusCode: 307, Header: http.Header{"Location": {"https://elsewhere.example/"}}, Body: http.NoBody}, nil
	})}
	_, err := c.GetCallerIdentity(t.Context())
	if api := (*sigv4http.APIError)(nil); !errors.As(err, &api) || api.Status != 307 || calls != 1 {
		t.Errorf("got %v after %d calls, want an error of status 307 after 1", err, calls)
	}
}

func TestErrorOfTheBaseIsKept(t *testing.T) {
	c := &sts.Client{Region: "us-east-1", Provider: base, Base: roundTripper(func(req *http.Request) (*http.Response, error) {
		return nil, context.Canceled
	})}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.AssumeRole(ctx, role); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

func noSecret(t *testing.T, text string) {
	t.Helper()
	for _, s := range []string{secret, sessionKey, sessionToken, sessionKeyID} {
		if strings.Contains(text, s) {
			t.Errorf("it holds what must not be there: %s", text)
		}
	}
}
