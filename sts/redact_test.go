package sts_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/sts"
)

// Every way that Go prints or encodes a value, of everything that holds
// credentials.
func TestNothingPrintsASecret(t *testing.T) {
	session := sigv4.NewCredentials("ASIAOFTHISTEST", sessionKey, sessionToken)
	client := newServer(t, answer{200, assumeRoleResponse}).client()
	out, err := client.AssumeRole(t.Context(), role)
	if err != nil {
		t.Fatal(err)
	}
	out.Credentials.AccessKeyID = "ASIAOFTHISTEST"
	web, err := newServer(t, answer{200, webResponse}).client().AssumeRoleWithWebIdentity(t.Context(), webRole)
	if err != nil {
		t.Fatal(err)
	}
	web.Credentials.AccessKeyID = "ASIAOFTHISTEST"
	// What is given in confidence is behind functions, here in every way.
	confidence := role
	confidence.MFASerial, confidence.MFACode = mfaSerial, sts.Fixed(sessionKey)
	confidence.Contexts = []sts.ProvidedContext{{ProviderARN: roleARN, Assertion: sts.Fixed(sessionKey)}}
	token := webRole
	token.Token = sts.Fixed(sessionKey)
	mfa := sts.GetSessionTokenInput{MFASerial: mfaSerial, MFACode: sts.Fixed(sessionKey)}
	_, badCode := client.GetSessionToken(t.Context(), mfa)
	_, badAssertion := client.AssumeRole(t.Context(), sts.AssumeRoleInput{RoleARN: roleARN, SessionName: "TestAR",
		Contexts: []sts.ProvidedContext{{ProviderARN: roleARN, Assertion: sts.Fixed(strings.Repeat(sessionKey, 100))}}})
	for _, err := range []error{badCode, badAssertion} {
		if !errors.Is(err, sts.ErrInput) {
			t.Errorf("got %v, want ErrInput", err)
		}
	}

	provider := sts.NewProvider(func(context.Context) (sigv4.Credentials, error) { return session, nil })
	synctest.Test(t, func(t *testing.T) {
		if _, err := provider.Credentials(t.Context()); err != nil {
			t.Fatal(err)
		}
		synctest.Wait() // fmt reads unexported fields where it prints them
	})
	holder := struct {
		Exported   any
		unexported *sts.Provider
	}{provider, provider}

	for _, value := range []any{
		out, &out, web, &web, client, provider, holder,
		confidence, &confidence, token, &token, mfa, &mfa, badCode, badAssertion,
		client.AssumeRoleProvider(confidence), client.AssumeRoleWithWebIdentityProvider(token), client.GetSessionTokenProvider(mfa),
		map[string]any{"p": provider, "o": out},
		[]any{provider, out},
	} {
		for _, verb := range "vsdqxXobctTpeEfFgGUw" {
			for _, flag := range []string{"", "+", "#", " "} {
				noSecret(t, fmt.Sprintf("%"+flag+string(verb), value))
			}
		}
		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Info("m", "value", value)
		slog.New(slog.NewJSONHandler(&log, nil)).Info("m", "value", value)
		noSecret(t, log.String())
		encoded, err := json.Marshal(value)
		noSecret(t, fmt.Sprint(string(encoded), err))
	}
	if got, want := fmt.Sprint(provider), "sts.Provider(ASIAOFTHISTEST, secret redacted)"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
