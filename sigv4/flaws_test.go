package sigv4_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/sigvier/sigvier/sigv4"
	"github.com/sigvier/sigvier/testvectors"
)

// TestFlawVectors runs every scenario of the known flaws: what must be signed has
// the signature that was computed elsewhere and verifies as it arrives, and what
// must be refused is refused for the right reason.
func TestFlawVectors(t *testing.T) {
	scenarios, err := testvectors.Flaws()
	if err != nil {
		t.Fatal(err)
	}
	flags, err := testvectors.Flags()
	if err != nil {
		t.Fatal(err)
	}
	run, refused := map[string]int{}, map[string]int{}
	total, totalRefused := 0, 0
	var kept keptSigners
	for _, s := range scenarios {
		if s.Sequence == "" || s.Sequence != kept.sequence {
			kept = keptSigners{sequence: s.Sequence, signers: map[[2]string]*sigv4.Signer{}}
		}
		total++
		t.Run(s.Name, func(t *testing.T) {
			switch s.Mode {
			case "print":
				testPrinted(t, s)
			case "verify":
				testVerified(t, s, &kept)
			default:
				testSigned(t, s, &kept)
			}
		})
		if s.Refusal != "" {
			totalRefused++
		}
		for _, name := range s.Flags {
			run[name]++
			if s.Refusal != "" {
				refused[name]++
			}
		}
	}
	if total != 497 || totalRefused != 330 {
		t.Errorf("%d scenarios with %d refusals, want 497 with 330", total, totalRefused)
	}
	var table strings.Builder
	fmt.Fprintf(&table, "flaws: %d vectors, %d refusals, by flag\n%-24s%8s%10s", total, totalRefused, "flag", "vectors", "refusals")
	for _, f := range flags {
		fmt.Fprintf(&table, "\n%-24s%8d%10d", f.Name, run[f.Name], refused[f.Name])
	}
	t.Log(table.String())
}

// keptSigners are the signers of one sequence, one for each scope: what they
// cache is what the scenarios of the sequence share.
type keptSigners struct {
	sequence string
	signers  map[[2]string]*sigv4.Signer
}

func (k *keptSigners) get(s testvectors.Scenario) (*sigv4.Signer, error) {
	scope := [2]string{s.Service, s.Region}
	if signer, ok := k.signers[scope]; ok && s.SignedHeaders == nil {
		return signer, nil
	}
	signer, err := sigv4.NewSigner(s.Service, s.Region, &sigv4.Options{SignedHeaders: s.SignedHeaders})
	if err == nil && s.SignedHeaders == nil {
		k.signers[scope] = signer
	}
	return signer, err
}

// scenarioTime reads one of the times of a scenario; "" is the zero time.
func scenarioTime(t *testing.T, text string) time.Time {
	t.Helper()
	if text == "" {
		return time.Time{}
	}
	at, err := time.Parse("20060102T150405Z", text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// scenarioRequest fills the header map as it stands: names are not made canonical.
func scenarioRequest(t *testing.T, s testvectors.Scenario) *http.Request {
	t.Helper()
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	req := &http.Request{
		Method: s.Method, URL: u, Host: s.Host, Header: http.Header{},
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}
	for _, h := range s.Headers {
		req.Header[h[0]] = append(req.Header[h[0]], h[1])
	}
	return req.WithContext(t.Context())
}

func scenarioPayload(text string) (sigv4.PayloadHash, error) {
	if text == "" {
		return sigv4.PayloadHash{}, nil
	}
	return sigv4.ParsePayloadHash(text)
}

// signedScenario is what came of signing: the request as it is sent, and the
// stages.
type signedScenario struct {
	sent  *http.Request
	trace sigv4.Trace
}

// signScenario signs and, apart from that, asks for the stages; a scenario is
// refused where any step to this is.
func signScenario(t *testing.T, s testvectors.Scenario, kept *keptSigners) (result signedScenario, err error) {
	t.Helper()
	signer, err := kept.get(s)
	if err != nil {
		return result, err
	}
	payload, err := scenarioPayload(s.Payload)
	if err != nil {
		return result, err
	}
	cred := sigv4.NewCredentials(s.AccessKeyID, s.SecretAccessKey, s.SessionToken)
	cred.Expires = scenarioTime(t, s.CredentialsEnd)
	at, life := scenarioTime(t, s.Time), time.Duration(s.Expires)*time.Second
	req := scenarioRequest(t, s)
	before := snapshotOf(req)
	var explainErr error
	if s.Mode == "presign" {
		var p sigv4.Presigned
		if p, err = signer.Presign(req, cred, payload, at, life); err == nil {
			result.sent = requestOf(t, s.Method, p)
		} else if p.URL != "" || p.Header != nil {
			t.Errorf("Presign = %+v beside an error, want nothing", p)
		}
		result.trace, explainErr = signer.ExplainPresign(req, cred, payload, at, life)
		untouched(t, "Presign", before, req)
	} else {
		result.trace, explainErr = signer.Explain(req, cred, payload, at)
		untouched(t, "Explain", before, req)
		if err = signer.Sign(req, cred, payload, at); err == nil {
			result.sent = req
		} else {
			untouched(t, "Sign", before, req)
		}
	}
	if (err == nil) != (explainErr == nil) {
		t.Errorf("signing = %v, but explaining = %v", err, explainErr)
	}
	return result, err
}

func testSigned(t *testing.T, s testvectors.Scenario, kept *keptSigners) {
	got, err := signScenario(t, s, kept)
	if s.Refusal != "" {
		kind, ok := map[string]error{
			"credentials": sigv4.ErrCredentials, "scope": sigv4.ErrScope, "request": sigv4.ErrRequest,
			"payload-hash": sigv4.ErrPayloadHash, "time": sigv4.ErrTime, "expires": sigv4.ErrExpires,
		}[s.Refusal]
		if !ok || !errors.Is(err, kind) {
			t.Fatalf("refused with %v, want the kind %s", err, s.Refusal)
		}
		tellsNoSecret(t, s, err)
		return
	}
	if err != nil {
		t.Fatalf("refused with %v, want it signed", err)
	}
	if diff := cmp.Diff(s.CanonicalRequest, got.trace.CanonicalRequest); diff != "" {
		t.Errorf("canonical request (-want +got):\n%s", diff)
	}
	if got.trace.Signature != s.Signature {
		t.Errorf("signature = %s, want %s", got.trace.Signature, s.Signature)
	}
	arrived, err := throughWire(got.sent)
	if err != nil {
		t.Fatal(err)
	}
	if sent := arrived.Header.Get("Authorization") + "&" + arrived.URL.RawQuery; !strings.Contains(sent, "Signature="+s.Signature) {
		t.Errorf("sent is %s, want the signature %s", sent, s.Signature)
	}
	signer, err := kept.get(s)
	if err != nil {
		t.Fatal(err)
	}
	payload, err := scenarioPayload(s.Payload)
	if err != nil {
		t.Fatal(err)
	}
	cred := sigv4.NewCredentials(s.AccessKeyID, s.SecretAccessKey, s.SessionToken)
	if _, err := signer.Verify(arrived, known(cred), payload, scenarioTime(t, s.Time)); err != nil {
		t.Errorf("Verify of what is sent = %v", err)
	}
}

func testVerified(t *testing.T, s testvectors.Scenario, kept *keptSigners) {
	signer, err := kept.get(s)
	if err != nil {
		t.Fatal(err)
	}
	payload, err := scenarioPayload(s.Payload)
	if err != nil {
		t.Fatal(err)
	}
	cred := sigv4.NewCredentials(s.AccessKeyID, s.SecretAccessKey, s.SessionToken)
	req := scenarioRequest(t, s)
	if req.Host == "" {
		req.Host = req.URL.Host // as it arrives
	}
	v, err := signer.Verify(req, known(cred), payload, scenarioTime(t, s.Now))
	if s.Refusal == "" {
		if err != nil || v.Signature != s.Signature || v.AccessKeyID != s.AccessKeyID {
			t.Errorf("Verify = %+v, %v, want the signature %s accepted", v, err, s.Signature)
		}
		return
	}
	var denied *sigv4.VerifyError
	if !errors.As(err, &denied) || denied.Code != s.Refusal {
		t.Fatalf("Verify = %v, want the code %s", err, s.Refusal)
	}
	if diff := cmp.Diff(sigv4.Verified{}, v, cmp.AllowUnexported(sigv4.PayloadHash{})); diff != "" {
		t.Errorf("Verify gives a result beside the error (-none +got):\n%s", diff)
	}
	tellsNoSecret(t, s, denied)
}

// tellsNoSecret checks an error's text; a secret of few characters may be in it
// by chance.
func tellsNoSecret(t *testing.T, s testvectors.Scenario, err error) {
	t.Helper()
	for _, secret := range []string{s.SecretAccessKey, s.SessionToken} {
		if len(secret) >= 10 && strings.Contains(err.Error(), secret) {
			t.Errorf("the error %q tells a secret", err)
		}
	}
	if name := leaks(err.Error()); name != "" {
		t.Errorf("the error %q tells the %s", err, name)
	}
}

func testPrinted(t *testing.T, s testvectors.Scenario) {
	cred := sigv4.NewCredentials(s.AccessKeyID, s.SecretAccessKey, s.SessionToken)
	if !strings.HasPrefix(s.SecretAccessKey, exampleSecret) || !strings.HasPrefix(s.SessionToken, exampleToken) {
		t.Fatalf("leaks knows other secrets than those of the scenario")
	}
	format, inField := strings.CutPrefix(s.Format, "field ")
	var subject any = cred
	if inField {
		subject = struct{ cred sigv4.Credentials }{cred}
	}
	text, err := printed(format, subject, cred)
	if err != nil || text == "" {
		t.Fatalf("printed as %s = %q, %v", s.Format, text, err)
	}
	if name := leaks(text); name != "" {
		t.Errorf("printed as %s = %q, which holds the %s", s.Format, text, name)
	}
}

func printed(format string, subject any, cred sigv4.Credentials) (string, error) {
	switch format {
	case "json":
		text, err := json.Marshal(subject)
		return string(text), err
	case "text":
		text, err := cred.MarshalText()
		return string(text), err
	case "log":
		var text strings.Builder
		slog.New(slog.NewTextHandler(&text, nil)).Info("signing", "credentials", subject)
		return text.String(), nil
	default:
		return fmt.Sprintf(format, subject), nil
	}
}
