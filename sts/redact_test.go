package sts_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
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
		out, &out, client, provider, holder,
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
