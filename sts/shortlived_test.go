package sts_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sigvier/sigvier/sts"
)

// What is asked for just before a call, because it lives for minutes only: MFA
// code, web identity token, context assertion.

const mfaSerial = "arn:aws:iam::123456789012:mfa/Alice"

// The providers of both operations, with an MFA device.
func TestMFACodeIsAskedForAtEachRefresh(t *testing.T) {
	for _, test := range []struct {
		operation string
		provider  func(*sts.Client, func(context.Context) (string, error)) *sts.Provider
	}{
		{"AssumeRole", func(c *sts.Client, code func(context.Context) (string, error)) *sts.Provider {
			in := role
			in.MFASerial, in.MFACode = mfaSerial, code
			return c.AssumeRoleProvider(in)
		}},
		{"GetSessionToken", func(c *sts.Client, code func(context.Context) (string, error)) *sts.Provider {
			return c.GetSessionTokenProvider(sts.GetSessionTokenInput{MFASerial: mfaSerial, MFACode: code})
		}},
	} {
		t.Run(test.operation, func(t *testing.T) {
			s := newServer(t, sessions(answerOf(test.operation, ""), 3)...)
			asked := 0
			p := test.provider(s.client(), func(context.Context) (string, error) {
				asked++
				return fmt.Sprintf("%06d", asked), nil
			})
			p.Now = func() time.Time { return time.Date(2019, 11, 9, 12, 34, 41, 0, time.UTC) }
			for n := 1; n <= 3; n++ {
				cred, err := p.Credentials(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				if _, err := p.Credentials(t.Context()); err != nil {
					t.Fatal(err)
				}
				if len(s.forms) != n || asked != n {
					t.Fatalf("%d calls, asked %d times, want %d", len(s.forms), asked, n)
				}
				if got, want := s.forms[n-1].Get("TokenCode"), fmt.Sprintf("%06d", n); got != want || s.forms[n-1].Get("SerialNumber") != mfaSerial {
					t.Fatalf("sent %v, want code %s", s.forms[n-1], want)
				}
				p.Renew(cred)
			}
		})
	}
}

// Nobody is asked for a code that then serves nothing.
func TestProofsAreAskedForWhenAllElseIsRight(t *testing.T) {
	asked := 0
	ask := func(context.Context) (string, error) {
		asked++
		return "123456", nil
	}
	bad := role
	bad.RoleARN, bad.MFASerial, bad.MFACode = "demo", mfaSerial, ask
	bad.Contexts = []sts.ProvidedContext{{ProviderARN: "arn:aws:iam::aws:contextProvider/IdentityCenter", Assertion: ask}}
	c := newServer(t, answer{200, assumeRoleResponse}).client()
	_, err1 := c.AssumeRole(t.Context(), bad)
	_, err2 := c.GetSessionToken(t.Context(), sts.GetSessionTokenInput{Duration: 1, MFASerial: mfaSerial, MFACode: ask})
	_, err3 := c.AssumeRoleWithWebIdentity(t.Context(), sts.AssumeRoleWithWebIdentityInput{RoleARN: "demo", SessionName: "TestAR", Token: ask})
	_, err4 := (&sts.Client{}).GetSessionToken(t.Context(), sts.GetSessionTokenInput{MFASerial: mfaSerial, MFACode: ask})
	for i, err := range []error{err1, err2, err3, err4} {
		if !errors.Is(err, sts.ErrInput) {
			t.Errorf("%d: got %v, want ErrInput", i+1, err)
		}
	}
	if asked != 0 {
		t.Errorf("asked %d times, want never", asked)
	}
}

func TestProofThatIsNoneIsRefused(t *testing.T) {
	left := errors.New("the user left")
	leave := func(context.Context) (string, error) { return "", left }
	long := strings.Repeat("secret.", 3000)
	withMFA := func(code func(context.Context) (string, error)) func(*sts.Client) error {
		return func(c *sts.Client) error {
			in := role
			in.MFASerial, in.MFACode = mfaSerial, code
			_, err := c.AssumeRole(t.Context(), in)
			_, other := c.GetSessionToken(t.Context(), sts.GetSessionTokenInput{MFASerial: mfaSerial, MFACode: code})
			if fmt.Sprint(err) != fmt.Sprint(other) {
				t.Errorf("AssumeRole says %v, GetSessionToken %v", err, other)
			}
			return err
		}
	}
	withToken := func(token func(context.Context) (string, error)) func(*sts.Client) error {
		return func(c *sts.Client) error {
			in := webRole
			in.Token = token
			_, err := c.AssumeRoleWithWebIdentity(t.Context(), in)
			return err
		}
	}
	withContext := func(assertion func(context.Context) (string, error)) func(*sts.Client) error {
		return func(c *sts.Client) error {
			in := role
			in.Contexts = []sts.ProvidedContext{{ProviderARN: "arn:aws:iam::aws:contextProvider/IdentityCenter", Assertion: assertion}}
			_, err := c.AssumeRole(t.Context(), in)
			return err
		}
	}
	const badCode = "sts: TokenCode is not 6 digits, as the MFA device shows them"
	for _, test := range []struct {
		call func(*sts.Client) error
		want string
		is   error
	}{
		{withMFA(leave), "sts: asking for the MFA code: the user left", left},
		{withMFA(sts.Fixed("")), badCode, sts.ErrInput},
		{withMFA(sts.Fixed("12345")), badCode, sts.ErrInput},
		{withMFA(sts.Fixed("1234567")), badCode, sts.ErrInput},
		{withMFA(sts.Fixed("12345a")), badCode, sts.ErrInput},
		{withMFA(sts.Fixed("123456\n")), badCode, sts.ErrInput},
		{withMFA(sts.Fixed("١٢٣٤٥٦")), badCode, sts.ErrInput},
		{withToken(leave), "sts: asking for the web identity token: the user left", left},
		{withToken(sts.Fixed("")), "sts: WebIdentityToken has a length of 0: expecting 4 to 20000", sts.ErrInput},
		{withToken(sts.Fixed(" abc\r\n")), "sts: WebIdentityToken has a length of 3: expecting 4 to 20000", sts.ErrInput},
		{withToken(sts.Fixed("abc")), "sts: WebIdentityToken has a length of 3: expecting 4 to 20000", sts.ErrInput},
		{withToken(sts.Fixed(long)), "sts: WebIdentityToken has a length of 21000: expecting 4 to 20000", sts.ErrInput},
		{withContext(leave), "sts: asking for the assertion of arn:aws:iam::aws:contextProvider/IdentityCenter: the user left", left},
		{withContext(sts.Fixed("abc")), "sts: ProvidedContexts.member.1.ContextAssertion has a length of 3: expecting 4 to 2048", sts.ErrInput},
		{withContext(sts.Fixed(long)), "sts: ProvidedContexts.member.1.ContextAssertion has a length of 21000: expecting 4 to 2048", sts.ErrInput},
	} {
		s := newServer(t, answer{200, assumeRoleResponse})
		err := test.call(s.client())
		if err == nil || err.Error() != test.want || !errors.Is(err, test.is) {
			t.Errorf("got  %v\nwant %s", err, test.want)
		}
		if len(s.forms) != 0 {
			t.Errorf("%v: %d calls, want none", err, len(s.forms))
		}
	}
}

func TestProofsGetTheCallersContext(t *testing.T) {
	type key struct{}
	ctx := context.WithValue(t.Context(), key{}, "mine")
	asked := 0
	ask := func(ctx context.Context) (string, error) {
		asked++
		if ctx.Value(key{}) != "mine" {
			t.Error("it is asked with another context than the caller's")
		}
		return "123456", nil
	}
	in := role
	in.MFASerial, in.MFACode = mfaSerial, ask
	in.Contexts = []sts.ProvidedContext{{ProviderARN: "arn:aws:iam::aws:contextProvider/IdentityCenter", Assertion: ask}}
	if _, err := newServer(t, answer{200, assumeRoleResponse}).client().AssumeRole(ctx, in); err != nil {
		t.Error(err)
	}
	web := webRole
	web.Token = ask
	if _, err := newServer(t, answer{200, webResponse}).client().AssumeRoleWithWebIdentity(ctx, web); err != nil {
		t.Error(err)
	}
	if asked != 3 {
		t.Errorf("asked %d times, want 3", asked)
	}
}
