package sts_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/iotest"
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
			in: sts.AssumeRoleInput{
				RoleARN: roleARN, ExternalID: "a+b=c/d:e@f", SessionName: "x=y@z+w", Duration: 15 * time.Minute,
				Policy: policy, PolicyARNs: []string{"arn:aws:iam::aws:policy/ReadOnlyAccess", "arn:aws:iam::123456789012:policy/path/mine"},
				Tags:              []sts.Tag{{Key: "Department", Value: "Größe = Co"}, {Key: "empty"}},
				TransitiveTagKeys: []string{"department"},
				SourceIdentity:    "Alice@example.org",
				MFASerial:         "arn:aws:iam::123456789012:mfa/Alice", MFACode: sts.Fixed("012345"),
				Contexts: []sts.ProvidedContext{{ProviderARN: "arn:aws:iam::aws:contextProvider/IdentityCenter", Assertion: sts.Fixed("an assertion")}},
			},
			want: url.Values{
				"RoleArn": {roleARN}, "RoleSessionName": {"x=y@z+w"}, "ExternalId": {"a+b=c/d:e@f"}, "DurationSeconds": {"900"},
				"Policy": {policy}, "PolicyArns.member.1.arn": {"arn:aws:iam::aws:policy/ReadOnlyAccess"}, "PolicyArns.member.2.arn": {"arn:aws:iam::123456789012:policy/path/mine"},
				"Tags.member.1.Key": {"Department"}, "Tags.member.1.Value": {"Größe = Co"}, "Tags.member.2.Key": {"empty"}, "Tags.member.2.Value": {""},
				"TransitiveTagKeys.member.1": {"department"}, "SourceIdentity": {"Alice@example.org"},
				"SerialNumber": {"arn:aws:iam::123456789012:mfa/Alice"}, "TokenCode": {"012345"},
				"ProvidedContexts.member.1.ProviderArn": {"arn:aws:iam::aws:contextProvider/IdentityCenter"}, "ProvidedContexts.member.1.ContextAssertion": {"an assertion"},
			},
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
			if out.SourceIdentity != "DevUser123" || out.PackedPolicySize != 6 {
				t.Errorf("source identity %q, packed policy size %d, want DevUser123, 6", out.SourceIdentity, out.PackedPolicySize)
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
		{"too large", assumeRoleResponse + strings.Repeat(" ", 300<<10), "is larger than 262144 bytes, or has a part that is too large"},
		{"too deep", "<AssumeRoleResponse>" + strings.Repeat("<a>", 100), "is larger than 262144 bytes, or has a part that is too large"},
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

func TestAnswerThatBreaksOffIsAnError(t *testing.T) {
	broken := errors.New("broken")
	c := &sts.Client{Region: "us-east-1", Provider: base, Base: roundTripper(func(req *http.Request) (*http.Response, error) {
		req.Body.Close()
		body := io.MultiReader(strings.NewReader(assumeRoleResponse[:900]), iotest.ErrReader(broken))
		return &http.Response{StatusCode: 200, Body: io.NopCloser(body)}, nil
	})}
	out, err := c.AssumeRole(t.Context(), role)
	if !errors.Is(err, broken) || out != (sts.AssumeRoleOutput{}) {
		t.Errorf("got %v, %v, want %v", out, err, broken)
	}
	if want := "sts: AssumeRole: reading the answer: broken"; err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}
