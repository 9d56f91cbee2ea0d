package sts_test

import (
	"strings"
	"testing"

	"github.com/sigvier/sigvier/sts"
)

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

	// A document may hide it in an entity.
	hidden := strings.NewReplacer("/", "&#47;", "=", "&#x3D;").Replace(externalID)
	_, err := client("<ErrorResponse><Error><Code>ValidationError</Code><Message>what is "+hidden+"?</Message></Error></ErrorResponse>").AssumeRole(t.Context(), role)
	if want := "sts: AssumeRole: " + sts.ErrMalformed.Error() + ": ValidationError: what is [redacted]? (HTTP 400, request ID request-1)"; err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}

	// What is too short to be a secret stays, for it is likely to be in any text.
	role.ExternalID = "iam"
	_, err = client("<ErrorResponse><Error><Code>AccessDenied</Code><Message>arn:aws:iam::123456789012:user/Alice may not</Message></Error></ErrorResponse>").AssumeRole(t.Context(), role)
	if want := "sts: AssumeRole: access denied: AccessDenied: arn:aws:iam::123456789012:user/Alice may not (HTTP 400, request ID request-1)"; err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

// An MFA code is good for half a minute yet when a proxy has kept the request.
func TestRefusalDoesNotRepeatTheMFACode(t *testing.T) {
	in := role
	in.MFASerial, in.MFACode = mfaSerial, sts.Fixed("123456")
	_, err := newServer(t, answer{400, "Action=AssumeRole&TokenCode=123456&RoleArn=arn:aws:iam::123456789012:role/demo"}).client().AssumeRole(t.Context(), in)
	want := `sts: AssumeRole: BadRequest: the answer is no AWS error document, it begins with "Action=AssumeRole&TokenCode=[redacted]&RoleArn=arn:aws:iam::123456789012:role/demo" (HTTP 400, request ID request-1)`
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

// Secrets of all kinds of bytes are taken out, and no answer is read without end.
func TestRefusalIsReadWhateverWasSent(t *testing.T) {
	for _, token := range []string{"\xff\xfe\xfd\xfc", "(((((", "a.b.c*", "$1$1$1", strings.Repeat("a", 20000)} {
		in := webRole
		in.Token = sts.Fixed(token)
		_, err := newServer(t, answer{400, "you sent " + token + strings.Repeat(".", 1<<20)}).client().AssumeRoleWithWebIdentity(t.Context(), in)
		want := `it begins with "you sent [redacted]` + strings.Repeat(".", 120-len("you sent [redacted]")) + `"`
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.10q: got %.300v\nwant %s", token, err, want)
		}
	}
}
