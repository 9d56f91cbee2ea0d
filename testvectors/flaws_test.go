package testvectors

import (
	"encoding/hex"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// TestFlawsAgreeWithThemselves makes the string to sign of what is to be signed
// out of its canonical request and signs it.
func TestFlawsAgreeWithThemselves(t *testing.T) {
	scenarios, err := Flaws()
	if err != nil {
		t.Fatal(err)
	}
	signed, refused := 0, 0
	for _, s := range scenarios {
		if !strings.HasPrefix(s.Name, s.Flags[0]+"/") {
			t.Errorf("%s: the name does not begin with the flag %s", s.Name, s.Flags[0])
		}
		if s.Refusal != "" {
			refused++
			continue
		}
		if s.Mode == "print" {
			continue
		}
		signed++
		date, signature := s.Time, s.Signature
		if s.Mode == "verify" {
			date, signature = claimed(t, s)
		}
		scope := strings.Join([]string{date[:8], s.Region, s.Service, "aws4_request"}, "/")
		toSign := strings.Join([]string{algorithmHMAC, date, scope, hexSum([]byte(s.CanonicalRequest))}, "\n")
		key := chain(s.SecretAccessKey, date[:8], s.Region, s.Service)[3]
		if got := hex.EncodeToString(mac(key, toSign)); got != s.Signature || signature != s.Signature {
			t.Errorf("%s: signature %s, but the canonical request gives %s and the request bears %s", s.Name, s.Signature, got, signature)
		}
		lines := strings.Split(s.CanonicalRequest, "\n")
		if lines[0] != s.Method || s.Mode != "verify" && lines[len(lines)-1] != s.Payload {
			t.Errorf("%s: canonical request of %s with the payload %s", s.Name, lines[0], lines[len(lines)-1])
		}
	}
	if len(scenarios) != 497 || refused != 330 || signed != 148 {
		t.Errorf("%d scenarios, %d refused, %d signed, want 497, 330, 148", len(scenarios), refused, signed)
	}
	if len(scenarios) <= 143 || 2*refused < len(scenarios) {
		t.Errorf("%d scenarios, %d refused: want more than 143 and at least half", len(scenarios), refused)
	}
}

// claimed gives the date and the signature that a request arrives with.
func claimed(t *testing.T, s Scenario) (date, signature string) {
	t.Helper()
	for _, h := range s.Headers {
		switch h[0] {
		case "X-Amz-Date":
			date = h[1]
		case "Authorization":
			_, signature, _ = strings.Cut(h[1], "Signature=")
		}
	}
	if date != "" {
		return date, signature
	}
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	query := u.Query()
	return query.Get("X-Amz-Date"), query.Get("X-Amz-Signature")
}

func TestFlags(t *testing.T) {
	flags, err := Flags()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range flags {
		names = append(names, f.Name)
	}
	want := []string{
		// A signer's.
		"stale-key", "ambiguous-cache-key", "semicolon-in-query", "sort-before-encoding", "inner-spaces",
		"secret-printed", "empty-input", "scope-injection", "host-in-header-map", "short-hmac-key",
		// A server's.
		"clock-skew", "expired-url", "duplicate-parameter", "unsigned-host", "smuggled-header",
		"scope-not-canonical", "mac-compare", "payload-word", "malformed-percent",
	}
	if !slices.Equal(names, want) {
		t.Errorf("flags %v, want %v", names, want)
	}
}

// TestSequences: what is called in order stands in order, with one service and
// region or with pairs that an ambiguous key would take for one.
func TestSequences(t *testing.T) {
	scenarios, err := Flaws()
	if err != nil {
		t.Fatal(err)
	}
	length := map[string]int{}
	for _, s := range scenarios {
		if s.Sequence != "" {
			length[s.Sequence]++
		}
	}
	for name, n := range length {
		if n < 2 {
			t.Errorf("sequence %s has %d scenario", name, n)
		}
	}
	if len(length) != 21 {
		t.Errorf("%d sequences, want 21", len(length))
	}
}
